//! Logging in: what fails, and that no piece of a key or of a token's server's answer is shown.

use super::*;
use crate::provider::remote::secret::Reference;

const CANARY: &str = "canary-7be2";

/// A user's key whose token comes from a server that answers so.
fn login(answer: ResponseTemplate) -> (Runtime, MockServer, BillingExport, tempfile::TempDir) {
    let runtime = Runtime::new().expect("runtime");
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        server
    });
    let key = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": CANARY, "refresh_token": CANARY,
        "token_uri": server.uri(),
    });
    let (export, folder) = with_key(&key.to_string());
    (runtime, server, export, folder)
}

fn with_key(key: &str) -> (BillingExport, tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("key.json");
    std::fs::write(&path, key).expect("key");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    let login = Login { key: Some(Reference::File(path)), impersonate: None };
    (BillingExport::new(&Settings { login, ..settings() }).expect("a connection"), folder)
}

fn fails(runtime: &Runtime, export: &BillingExport) -> Fault {
    let call = call(runtime, Arc::new(Capped::default()));
    let fault = export.look(None, &call).expect_err("no token");
    let checks = export.check(&call);
    assert_eq!((checks.len(), checks[0].what.as_str()), (1, "credentials"), "{checks:?}");
    let shown = format!("{fault:?} {checks:?} {export:?}");
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(!checks[0].fix.is_empty());
    fault
}

#[test]
fn a_revoked_login_and_an_outage_are_told_apart() {
    let revoked = json!({ "error": "invalid_grant", "error_description": CANARY });
    for (answer, kind) in [
        (ResponseTemplate::new(400).set_body_json(revoked), FaultKind::Expired),
        (ResponseTemplate::new(503).set_body_string(CANARY), FaultKind::Unavailable),
        (ResponseTemplate::new(403).set_body_string(CANARY), FaultKind::NoCredentials),
    ] {
        let (runtime, _server, export, _folder) = login(answer);
        assert_eq!(fails(&runtime, &export).kind, kind);
    }
}

#[test]
fn a_key_that_is_none_is_not_repeated() {
    let runtime = Runtime::new().expect("runtime");
    for key in [
        CANARY.to_owned(),
        format!("{{\"type\": \"{CANARY}\"}}"),
        format!("{{\"type\": \"service_account\", \"private_key\": \"{CANARY}\"}}"),
        format!("{{\"type\": \"external_account\", \"audience\": [\"{CANARY}\"]}}"),
    ] {
        let (export, _folder) = with_key(&key);
        assert_eq!(fails(&runtime, &export).kind, FaultKind::NoCredentials, "{key}");
    }
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    for (refusals, well) in [(1, true), (9, false)] {
        let refused = json!({ "error": { "code": 401, "message": "expired", "errors": [{ "reason": "authError" }] } });
        let misdeed: Answering = Box::new(move |before, _| {
            if before < refusals {
                ResponseTemplate::new(401).set_body_json(&refused)
            } else {
                super::well(Door::Table)
            }
        });
        let server = BigQuery::start([(Door::Table, misdeed)].into());
        let token = json!({ "access_token": CANARY, "expires_in": 3599, "token_type": "Bearer" });
        let (runtime, _tokens, export, _folder) = login(ResponseTemplate::new(200).set_body_json(token));
        let login = export.settings().login.clone();
        let client = server.export().client.logged_in(login);
        let table = client.table(&call(&runtime, Arc::new(Capped::default())));
        assert_eq!(server.times(Door::Table), 2, "asked again, once");
        assert_eq!(table.is_ok(), well, "{table:?}");
        if let Err(fault) = table {
            assert_eq!(fault.kind, FaultKind::Expired);
            assert!(fault.hints[0].contains("renew what `file:"), "{fault:?}");
            assert!(!format!("{fault:?}").contains(CANARY));
        }
    }
}

#[test]
fn a_token_goes_to_google_alone() {
    for (endpoint, logs_in) in [
        (None, true),
        (Some("https://bigquery.europe-west3.rep.googleapis.com"), true),
        (Some("http://bigquery.googleapis.com"), false),
        (Some("https://googleapis.com.elsewhere.example"), false),
        (Some("http://127.0.0.1:9050"), false),
    ] {
        let settings = Settings { endpoint: endpoint.map(str::to_owned), ..settings() };
        let client = Client::new(&settings).expect("a client");
        assert_eq!(client.auth().is_some(), logs_in, "{endpoint:?}");
    }
}
