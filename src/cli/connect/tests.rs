//! Questions answered from memory, and what becomes of a config.

use std::io::Cursor;
use std::path::Path;

use clap::Parser;

use super::*;
use crate::cli::Cli;
use crate::cli::args::Command;
use crate::provider::credentials::Subscription;

fn to(words: &str) -> ConnectTo {
    let words = format!("spendtop connect {words}");
    match Cli::try_parse_from(words.split(' ')).unwrap_or_else(|e| panic!("{words}: {e}")).command {
        Some(Command::Connect(args)) => args.to,
        other => panic!("{other:?}"),
    }
}

/// What was answered on both streams, and how it ended.
fn connected(folder: &Path, words: &str, found: &Found, answers: Option<&str>) -> (Result<u8>, String) {
    let global =
        Global { config: Some(folder.join("config.toml")), data_dir: Some(folder.join("data")), ..Global::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams::new(&mut out, &mut err, None, false);
    let mut cursor = answers.map(|answers| Cursor::new(answers.to_owned()));
    let input = cursor.as_mut().map(|cursor| cursor as &mut dyn BufRead);
    let result = connect(&to(words), &global, found, &mut Asker { input, streams: &mut streams });
    (result, String::from_utf8_lossy(&[out, err].concat()).into_owned())
}

fn config(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("config.toml")).unwrap_or_default()
}

fn subscriptions() -> Found {
    let of = |id: &str, name: &str| Subscription { id: id.to_owned(), name: name.into() };
    Found { subscriptions: vec![of("aaa", "Prod"), of("bbb", "Test")], ..Found::default() }
}

#[test]
#[cfg(all(feature = "aws", feature = "azure", feature = "gcp", feature = "opencost"))]
fn flags_make_the_section_that_they_say() {
    for (words, want) in [
        ("aws --print", "[aws.main]\n"),
        (
            "aws --name prod --profile billing --role arn:aws:iam::111122223333:role/a --external-id env:X --tag team --months 6 --print",
            "[aws.prod]\nprofile = \"billing\"\nroles = [\"arn:aws:iam::111122223333:role/a\"]\nexternal_id = \"env:X\"\n\
             tags = [\"team\"]\nmonths = 6\n",
        ),
        (
            "aws --profile Billing --export s3://b/p --print",
            "[aws.billing]\nprofile = \"Billing\"\nexports = [\"s3://b/p\"]\n",
        ),
        ("azure --print", "[azure.main]\nscopes = [\"/subscriptions/aaa\", \"/subscriptions/bbb\"]\n"),
        (
            "azure --scope /subscriptions/c --secret env:S --client i --tenant t --print",
            "[azure.main]\nscopes = [\"/subscriptions/c\"]\ntenant = \"t\"\nclient = \"i\"\nsecret = \"env:S\"\n",
        ),
        ("gcp --table p.d.t --project q --print", "[gcp.main]\ntable = \"p.d.t\"\nproject = \"q\"\n"),
        ("gcp --table p.d.t --project p --print", "[gcp.main]\ntable = \"p.d.t\"\n"),
        ("opencost --on-no-bill --print", "[opencost.cluster]\nurl = \"http://localhost:9003\"\non_a_bill = false\n"),
        ("folder --path /srv/bills --print", "[folder.bills]\npath = \"/srv/bills\"\n"),
        ("folder --path ~/bills --print --yes --replace", "[folder.bills]\npath = \"~/bills\"\n"),
        ("folder --path ~/bills --print", "[folder.bills]\npath = \"~/bills\"\n"),
    ] {
        let folder = tempfile::tempdir().expect("folder");
        let (result, told) = connected(folder.path(), words, &subscriptions(), None);
        assert_eq!(result.map_err(|e| e.message), Ok(0), "{words}");
        assert_eq!(told, want, "{words}");
        assert!(!folder.path().join("config.toml").exists());
    }
}

#[test]
fn what_is_missing_or_secret_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    for (words, why) in [
        ("azure --yes", "no subscription was found"),
        ("gcp --yes", "--table project.dataset.table"),
        ("folder --yes", "--path /srv/bills"),
        ("aws --name Prod --yes", "small letters"),
        ("gcp --table t --yes", "whole name"),
        ("azure --scope /subscriptions/a --secret hunter2 --yes", "--secret: a secret is referred to"),
        ("azure --scope /subscriptions/a --key hunter2 --yes", "--key: a secret is referred to"),
        ("gcp --table p.d.t --key hunter2 --yes", "--key: a secret is referred to"),
        ("opencost --token hunter2 --yes", "--token: a secret is referred to"),
        ("opencost --url http://elsewhere --yes", "https://"),
        #[cfg(feature = "aws")]
        ("aws --role spendtop --yes", "named by its ARN"),
    ] {
        let (result, told) = connected(folder.path(), words, &Found::default(), None);
        let error = result.expect_err(words);
        assert_eq!(error.kind, Kind::Usage, "{words}");
        assert!(error.message.contains(why), "{words}: {error:?}");
        assert!(!format!("{error:?}{told}").contains("hunter2"), "{words}");
    }
    assert_eq!(config(folder.path()), "");
}

#[test]
#[cfg(feature = "azure")]
fn answers_are_taken_and_empty_ones_are_the_defaults() {
    let folder = tempfile::tempdir().expect("folder");
    let words = "azure --no-check";
    let (result, told) = connected(folder.path(), words, &subscriptions(), Some("2\nwork\n\n"));
    assert_eq!(result.map_err(|e| e.message), Ok(0), "{told}");
    assert!(told.contains("subscription 1: Prod (aaa)") && told.contains("Its name, as in [azure.NAME] [main]: "));
    assert!(told.contains("nothing: Cost Management's queries are free"), "{told}");
    assert!(told.contains("next: `spendtop sync azure.work`"), "{told}");
    assert_eq!(config(folder.path()), "[azure.work]\nscopes = [\"/subscriptions/bbb\"]\n");
    for answers in ["\n\nn\n", "\n\n", ""] {
        let error = connected(folder.path(), words, &subscriptions(), Some(answers)).0.expect_err("a no");
        assert_eq!(error.kind, Kind::Interrupted);
    }
    assert_eq!(config(folder.path()), "[azure.work]\nscopes = [\"/subscriptions/bbb\"]\n");
}

#[test]
#[cfg(feature = "aws")]
fn paid_requests_are_told_and_history_is_paid_for_only_where_that_is_agreed() {
    let allowed = |words: &str, answers| {
        let folder = tempfile::tempdir().expect("folder");
        let (result, told) = connected(folder.path(), words, &Found::default(), answers);
        assert_eq!(result.map_err(|e| e.message), Ok(0), "{told}");
        assert!(told.contains("paid requests: about ") && told.contains("13 months of history: "), "{told}");
        (config(folder.path()), told)
    };
    let (written, told) = allowed("aws --no-check --yes", None);
    assert!(!written.contains("requests_for_history") && told.contains("--history pays for it at once"), "{told}");
    let (written, _) = allowed("aws --no-check --yes --history", None);
    let agreed = written.split("requests_for_history = ").nth(1).expect("written").trim().parse::<u64>();
    assert!(agreed.is_ok_and(|requests| (20..1_000).contains(&requests)), "{written}");
    assert_eq!(allowed("aws --no-check", Some("\n\n\n\ny\ny\n")).0, written);
    assert_eq!(allowed("aws --no-check", Some("\n\n\n\nn\ny\n")).0, "[aws.main]\n");
    let (_, told) = allowed("aws --no-check --yes --accounts 200 --services 120", None);
    assert!(told.contains("the cap is 12 a day") && told.contains("--requests-per-day "), "{told}");
}

#[test]
fn a_folder_is_checked_and_the_rest_of_the_config_stays() {
    let folder = tempfile::tempdir().expect("folder");
    let before = "# mine\n[screen]\nmouse = true   # yes\n";
    std::fs::write(folder.path().join("config.toml"), before).expect("config");
    let bills = folder.path().join("bills");
    let words = format!("folder --path {} --yes", bills.display());
    let (result, told) = connected(folder.path(), &words, &Found::default(), None);
    assert_eq!(result.map_err(|e| e.message), Ok(1), "{told}");
    assert!(told.contains("missing") && told.contains("mkdir -p") && told.contains("cannot sync yet"), "{told}");
    let want = format!("{before}\n[folder.bills]\npath = \"{}\"\n", bills.display());
    assert_eq!(config(folder.path()), want);
    std::fs::create_dir(&bills).expect("bills");
    let error = connected(folder.path(), &words, &Found::default(), None).0.expect_err("taken");
    assert!(error.message.contains("`folder.bills`"), "{error:?}");
    let (result, told) = connected(folder.path(), &format!("{words} --replace"), &Found::default(), None);
    assert_eq!(result.map_err(|e| e.message), Ok(0), "{told}");
    assert_eq!(config(folder.path()), want);
}
