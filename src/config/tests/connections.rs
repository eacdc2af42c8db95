//! Connections as they are written, and what is wrong with them.

use crate::config::connection::{Connection, Login, To};
use crate::config::{Config, parse};

fn good(text: &str) -> Vec<Connection> {
    parse(text, "c").unwrap_or_else(|error| panic!("{error}")).connections
}

fn mistake(text: &str) -> String {
    parse(text, "c").expect_err("a mistake").message
}

#[test]
fn little_need_be_written() {
    let all = good(
        "[aws.prod]\n[azure.main]\nscopes = [\"/subscriptions/1\"]\n[gcp.g]\ntable = \"p.d.t\"\n[opencost.k8s]\nurl = \"http://localhost:9003/\"\n[folder.bills]\npath = \"/srv/bills\"\n",
    );
    let names: Vec<&str> = all.iter().map(|connection| connection.name.as_str()).collect();
    assert_eq!(names, ["aws.prod", "azure.main", "gcp.g", "opencost.k8s", "folder.bills"]);
    assert!(all.iter().all(|connection| (connection.every, connection.months) == (None, 13)));
    let To::Aws(aws) = &all[0].to else { panic!("{all:?}") };
    assert_eq!((aws.api, aws.requests_per_day, aws.requests_for_history), (true, 12, 0));
    let To::OpenCost(opencost) = &all[3].to else { panic!("{all:?}") };
    assert_eq!(opencost.url, "http://localhost:9003");
}

#[test]
fn a_cluster_is_asked_as_far_back_as_it_is_said_to_know() {
    let reach = |more: &str| {
        let connection = good(&format!("[opencost.a]\nurl = \"https://o\"\n{more}")).remove(0);
        if let To::OpenCost(opencost) = connection.to { opencost.reach_days } else { panic!("no OpenCost") }
    };
    assert_eq!((reach(""), reach("reach_days = 30")), (None, Some(30)));
}

#[test]
fn with_exports_the_paid_interface_is_asked_only_where_it_says_so() {
    let api = |more: &str| {
        let text = format!("[aws.prod]\nexports = [\"s3://b/p/n\"]\nevery = \"90m\"\n{more}");
        let connection = good(&text).remove(0);
        assert_eq!(connection.every, Some(90 * 60));
        if let To::Aws(aws) = connection.to { aws.api } else { panic!("no aws") }
    };
    assert_eq!((api(""), api("api = true")), (false, true));
}

#[test]
fn each_way_of_logging_in_is_known() {
    let text = "[azure.a]\nscopes = [\"/x\"]\nlogin = \"workload-identity\"\nsecret = \"file:/x\"\n";
    let To::Azure(azure) = good(text).remove(0).to else { panic!("no azure") };
    assert_eq!((azure.login, azure.secret.as_deref()), (Login::WorkloadIdentity, Some("file:/x")));
}

#[test]
fn a_secret_in_the_place_of_a_reference_is_refused_and_not_repeated() {
    for (text, key) in [
        ("[azure.a]\nscopes = [\"/x\"]\nsecret = \"canary-4f1d\"\n", "azure.a.secret"),
        ("[gcp.a]\ntable = \"p.d.t\"\nkey = \"canary-4f1d\"\n", "gcp.a.key"),
        ("[opencost.a]\nurl = \"https://o\"\ntoken = \"canary-4f1d\"\n", "opencost.a.token"),
    ] {
        let said = mistake(text);
        assert!(said.contains(key) && said.contains("env:NAME") && !said.contains("canary"), "{said}");
    }
}

#[test]
fn a_signed_link_in_the_place_of_a_place_is_refused_and_not_repeated() {
    for (kind, place) in [
        ("azure", "https://a.blob.core.windows.net/costs/daily?sv=2024&sig=canary-4f1d"),
        ("azure", "https://canary-4f1d@a.blob.core.windows.net/costs/daily"),
        ("azure", "http://127.0.0.1:10000/a/costs#canary-4f1d"),
        ("azure", "ftp://a/costs?sig=canary-4f1d"),
        ("aws", "s3://bills/focus?X-Amz-Signature=canary-4f1d"),
        ("gcp", "gs://user:canary-4f1d@bills/focus"),
    ] {
        let said = mistake(&format!("[{kind}.a]\nexports = [\"{place}\"]\n"));
        let placed = format!("c:2:12: `{kind}.a.exports` must hold places alone");
        assert!(said.starts_with(&placed) && said.contains("env:NAME") && !said.contains("canary"), "{said}");
    }
    let said = mistake("[opencost.a]\nurl = \"https://user:canary-4f1d@o/\"\n");
    assert!(said.contains("must be an address alone") && !said.contains("canary"), "{said}");
    assert_eq!(good("[aws.a]\nexports = [\"s3://b/a@b/c\"]\n").len(), 1);
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    for (text, said) in [
        ("[aws]\nprofile = \"p\"\n", "c:2:1: `aws.profile` must be a connection with a name: write `[aws.NAME]`"),
        ("[aws.Prod]\n", "c:1:6: `aws.Prod`: a connection's name has up to 40 small letters"),
        ("[aws.p]\nprofil = \"x\"\n", "did you mean `profile`?"),
        ("[aws.p]\nevery = \"soon\"\n", "c:2:9: `aws.p.every` must be from 15m to 31d, like \"8h\", not \"soon\""),
        ("[aws.p]\nrequests_per_day = -1\n", "must be from 0 to 1000000, not -1"),
        ("[aws.p]\napi = false\n", "`[aws.p]` needs `api = true`, `exports`"),
        ("[aws.p]\nexports = [\"bucket\"]\n", "must hold places like \"s3://...\", not \"bucket\""),
        ("[azure.a]\n", "`[azure.a]` needs `scopes`, `exports`"),
        ("[gcp.a]\ntable = \"t\"\n", "must be a table's whole name"),
        ("[opencost.a]\nurl = \"http://opencost.internal:9003\"\n", "must begin with https://"),
        ("[opencost.a]\nurl = \"http://localhost.evil.example\"\n", "must begin with https://"),
        (
            "[opencost.a]\nurl = \"https://o\"\nreach_days = 0\n",
            "`opencost.a.reach_days` must be from 1 to 1000, not 0",
        ),
        ("[gcp.a]\ntable = \"p.d.t\"\nstorage_endpoint = \"http://o\"\n", "must begin with https://"),
        ("[folder.a]\npath = \"bills\"\n", "must be an absolute path"),
    ] {
        let message = mistake(text);
        assert!(message.contains(said), "{text}: {message}");
    }
}

#[test]
fn the_app_syncs_unless_it_is_told_not_to() {
    assert!(Config::default().sync.auto);
    assert!(!parse("[sync]\nauto = false\n", "c").expect("good").sync.auto);
}

#[test]
fn the_examples_of_the_template_can_be_taken_as_they_are() {
    let example: Vec<&str> = crate::config::TEMPLATE.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    assert_eq!(good(&example.join("\n")).len(), 5);
}
