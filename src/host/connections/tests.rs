//! What connections of a config become.

use super::*;

fn made(text: &str) -> Connections {
    let config = crate::config::parse(text, "c").unwrap_or_else(|error| panic!("{error}"));
    of(&config, Some(Path::new("/home/ana")), Path::new("/tmp"))
}

fn sources(text: &str) -> Vec<String> {
    let made = made(text);
    assert_eq!(made.wrong.iter().map(|(name, fault)| format!("{name}: {fault}")).collect::<Vec<_>>(), [""; 0]);
    let scopes = made.connections.iter().flat_map(|connection| &connection.scopes);
    scopes.map(|scope| format!("{} {}", scope.scope().source.name, scope.scope().title)).collect()
}

#[test]
#[cfg(all(feature = "aws", feature = "azure", feature = "gcp", feature = "opencost"))]
fn each_scope_is_a_source_of_its_own() {
    for (text, want) in [
        ("[aws.prod]\n", vec!["aws.prod aws.prod"]),
        (
            "[aws.org]\nroles = [\"arn:aws:iam::111122223333:role/a\", \"arn:aws:iam::444455556666:role/a\"]\n",
            vec!["aws.org/111122223333 aws.org/111122223333", "aws.org/444455556666 aws.org/444455556666"],
        ),
        ("[aws.e]\nexports = [\"s3://bills/focus/daily\"]\n", vec!["aws.e/daily s3://bills/focus/daily"]),
        (
            "[aws.b]\napi = true\nexports = [\"s3://bills/focus/daily\"]\n",
            vec!["aws.b aws.b", "aws.b/daily s3://bills/focus/daily"],
        ),
        (
            "[azure.x]\nexports = [\"https://acct.blob.core.windows.net/costs/daily/focus\"]\n",
            vec!["azure.x/focus https://acct.blob.core.windows.net/costs/daily/focus"],
        ),
        (
            "[gcp.e]\nexports = [\"gs://a/focus\", \"gs://b/focus\"]\n",
            vec!["gcp.e/focus gs://a/focus", "gcp.e/b/focus gs://b/focus"],
        ),
        ("[gcp.g]\ntable = \"p.d.t\"\n", vec!["gcp.g p.d.t"]),
        ("[folder.f]\npath = \"~/bills\"\n", vec!["folder.f /home/ana/bills"]),
    ] {
        assert_eq!(sources(text), want, "{text}");
    }
}

#[test]
#[cfg(all(feature = "aws", feature = "azure"))]
fn a_connection_that_cannot_be_made_leaves_the_others_alone() {
    let made = made(
        "[aws.a]\nsplit_by = [\"colour\"]\n[aws.b]\nroles = [\"spendtop\"]\n[azure.c]\nscopes = [\"/x\"]\nlogin = \"service-principal\"\n[folder.d]\npath = \"/srv\"\n[aws.e]\nexports = [\"s3://b/x\", \"s3://b/x\", \"s3://b/x/\"]\n",
    );
    let told: Vec<String> = made.wrong.iter().map(|(name, fault)| format!("{name}: {fault}")).collect();
    assert_eq!(made.connections.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["folder.d"]);
    assert!(told[0].starts_with("aws.a: `split_by` holds `colour`; it can hold `service+region`"), "{told:?}");
    assert!(told[1].contains("a role is named by its ARN"), "{told:?}");
    assert!(told[2].contains("needs `secret` or `certificate`"), "{told:?}");
    assert!(told[3].starts_with("aws.e: `b/x` is named twice"), "{told:?}");
}
