//! Ways to log in, and what goes wrong with them.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::super::assertion;
use super::super::credentials::Az;
use super::*;
use crate::provider::remote::FaultKind as F;
use crate::provider::remote::secret::Reference;

const SECRET: &str = "canary-secret-77aa";

/// A token with these claims.
fn token(claims: &str) -> String {
    format!("h.{}.{TOKEN}", azure_core::base64::encode_url_safe(claims))
}

fn granted(token: &str) -> Reply {
    Reply::json(200, &format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{token}"}}"#))
}

fn kept_secret(folder: &Path, text: &str) -> Reference {
    let path = folder.join("secret");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    Reference::File(path)
}

/// A service principal of a server, which answers a request for a token so.
fn principal(server: &Server, login: Login) -> CostManagement {
    costs(&Settings {
        login,
        tenant: Some("tenant-1".into()),
        client_id: Some("client-1".into()),
        ..settings(server, TOP)
    })
}

fn served(reply: Reply) -> Server {
    Server::start(move |request, _| {
        if request.target.contains("oauth2") {
            return reply.clone();
        }
        directory(request).unwrap_or_else(|| rows(r#"[1,20240103,"a","VM","USD"]"#))
    })
}

fn form(request: &Request) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{}", request.body)).expect("a form");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[test]
fn a_service_principal_logs_in_once_with_its_secret() {
    let folder = tempfile::tempdir().expect("folder");
    let server = served(granted(&token(r#"{"tid":"tenant-1","appid":"client-1"}"#)));
    let costs = principal(&server, Login::Secret(kept_secret(folder.path(), SECRET)));
    let bench = Bench::new();
    bench.fetch(&costs, "base").0.expect("brought");
    bench.fetch(&costs, "base").0.expect("brought again");
    let asked = server.asked();
    let logins: Vec<&Request> = asked.iter().filter(|r| r.target.contains("oauth2")).collect();
    assert_eq!(logins.len(), 1, "the token is held");
    assert_eq!(logins[0].target, "/tenant-1/oauth2/v2.0/token");
    let form = form(logins[0]);
    assert_eq!((form["client_secret"].as_str(), form["client_id"].as_str()), (SECRET, "client-1"));
    assert_eq!(form["scope"], format!("{}/.default", server.url), "for the management host alone");
    let others = asked.iter().filter(|r| !r.target.contains("oauth2"));
    assert!(others.into_iter().all(|r| !r.body.contains("canary") && !r.target.contains("canary")));
}

#[test]
fn a_service_principal_logs_in_with_its_certificate() {
    let folder = tempfile::tempdir().expect("folder");
    let server = served(granted(&token("{}")));
    let (pem, _) = assertion::tests::fresh();
    let costs = principal(&server, Login::Certificate(kept_secret(folder.path(), &pem)));
    Bench::new().fetch(&costs, "base").0.expect("brought");
    let asked = server.asked();
    let form = form(asked.iter().find(|r| r.target.contains("oauth2")).expect("a login"));
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let claims = form["client_assertion"].split('.').nth(1).expect("claims");
    let claims = azure_core::base64::decode_url_safe(claims).expect("base64");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("json");
    assert_eq!(claims["aud"], format!("{}/tenant-1/oauth2/v2.0/token", server.url));
}

#[test]
fn a_workload_identity_shows_the_token_of_its_pod() {
    // The environment is read by a plain function, which holds nothing.
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let folder = tempfile::tempdir().expect("folder");
    let path = FILE.get_or_init(|| folder.path().join("token"));
    std::fs::write(path, format!("{SECRET}\n")).expect("written");
    let variable = |name: &str| match name {
        "AZURE_FEDERATED_TOKEN_FILE" => FILE.get().map(|path| path.display().to_string()),
        "AZURE_TENANT_ID" => Some("tenant-2".to_owned()),
        "AZURE_CLIENT_ID" => Some("client-2".to_owned()),
        _ => None,
    };
    let server = served(granted(&token("{}")));
    let settings = Settings { login: Login::WorkloadIdentity, ..settings(&server, TOP) };
    let costs = connect_with(&settings, logged_in(), variable).expect("connected").remove(0);
    Bench::new().fetch(&costs, "base").0.expect("brought");
    let asked = server.asked();
    let login = asked.iter().find(|r| r.target == "/tenant-2/oauth2/v2.0/token").expect("a login");
    let form = form(login);
    assert_eq!((form["client_assertion"].as_str(), form["client_id"].as_str()), (SECRET, "client-2"));
}

#[test]
fn the_azure_cli_is_run_as_a_command() {
    use azure_identity::Executor as _;
    let args = ["-c", "echo out; echo err >&2; exit 3"].map(OsStr::new);
    let output = Bench::new().runtime.block_on(Az.run(OsStr::new("/bin/sh"), &args)).expect("run");
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn what_goes_wrong_at_the_authority_is_told_without_the_secret() {
    let folder = tempfile::tempdir().expect("folder");
    let oauth = |status, error: &str, text: &str| {
        Reply::json(status, &serde_json::json!({"error": error, "error_description": text}).to_string())
    };
    for (reply, kind, words) in [
        (
            oauth(401, "invalid_client", "AADSTS7000222: the secret has expired\r\nTrace"),
            F::Expired,
            "credential reset",
        ),
        (oauth(401, "invalid_client", "AADSTS7000215: wrong"), F::Expired, "--id client-1"),
        (oauth(400, "unauthorized_client", "AADSTS700016: no such application"), F::Refused, "client id"),
        (oauth(400, "invalid_request", "AADSTS90002: no tenant"), F::Refused, "tenant"),
        (oauth(400, "invalid_scope", "AADSTS70011"), F::Refused, "AADSTS70011"),
        (Reply::bare(503, &[]), F::Unavailable, "503"),
        (Reply::bare(429, &[]), F::Throttled, "429"),
        (Reply::Raw(Vec::new()), F::Unavailable, "127.0.0.1"),
        (Reply::Silence, F::Unavailable, "no answer"),
        (Reply::Http(200, Vec::new(), "<html>".into()), F::Garbled, "no token"),
        (Reply::json(200, r#"{"access_token":"canary","expires_in":"x"}"#), F::Garbled, "no token"),
        (oauth(400, "invalid_request", &format!("bad {SECRET}")), F::Refused, "repeats"),
        (Reply::bare(302, &[("location", "https://elsewhere.example/")]), F::Garbled, "302"),
        (Reply::json(200, &format!(r#"{{"access_token":"{TOKEN}","expires_in":60}}"#)), F::Expired, "clock"),
    ] {
        let server = served(reply.clone());
        let costs = principal(&server, Login::Secret(kept_secret(folder.path(), SECRET)));
        let (brought, _) = Bench::new().fetch(&costs, "base");
        let Err(Halt::Fault(fault)) = brought else { panic!("{reply:?}: {brought:?}") };
        let shown = format!("{fault} {fault:?}");
        assert_eq!(fault.kind, kind, "{reply:?}: {shown}");
        assert!(shown.contains(words) && !shown.contains("canary"), "{reply:?}: {shown}");
        assert!(server.asked().iter().all(|r| r.method == "POST" && r.target.contains("oauth2")), "{reply:?}");
        // Who is refused for the names' sake still asks for costs.
        let most = if fault.kind.is_passing() { 2 * 3 } else { 1 + usize::from(fault.kind == F::Refused) };
        assert!(server.asked().len() <= most, "{reply:?}: sent {} times", server.asked().len());
    }
}

#[test]
fn nothing_is_sent_without_what_a_login_needs() {
    let folder = tempfile::tempdir().expect("folder");
    let server = served(granted("x.y.z"));
    let bad_pem = Login::Certificate(kept_secret(folder.path(), "canary-no-pem"));
    let missing = Login::Secret(Reference::Env("SPENDTOP_NOT_SET".into()));
    for (login, tenant, words) in [
        (missing, Some("tenant-1"), "`env:SPENDTOP_NOT_SET`: the variable is not set"),
        (bad_pem, Some("tenant-1"), "it has no certificate"),
        (Login::WorkloadIdentity, Some("tenant-1"), "AZURE_FEDERATED_TOKEN_FILE is not set"),
        (Login::Secret(Reference::Env("X".into())), None, "needs the tenant's id"),
        (Login::Secret(Reference::Env("X".into())), Some("a/../b"), "needs the tenant's id"),
    ] {
        let settings = Settings {
            login,
            tenant: tenant.map(str::to_owned),
            client_id: Some("client-1".into()),
            ..settings(&server, TOP)
        };
        let (brought, _) = Bench::new().fetch(&costs(&settings), "base");
        let Err(Halt::Fault(fault)) = brought else { panic!("{brought:?}") };
        assert!(fault.kind == F::NoCredentials && fault.message.contains(words), "{fault:?}");
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn what_the_azure_cli_says_is_told_with_what_to_do() {
    for (status, out, error, kind, words) in [
        (127, "", "az: not found", F::NoCredentials, "install the Azure CLI"),
        (1, "", "ERROR: Please run 'az login' to setup account.", F::NoCredentials, "az login --tenant t-1"),
        (1, "", "ERROR: AADSTS700082: The refresh token has expired", F::Expired, "az login --tenant t-1"),
        (1, "", "ERROR: Failed to resolve 'login.microsoftonline.com'", F::Unavailable, "Failed to resolve"),
        (0, "no json: canary", "", F::Unavailable, "gives no token"),
        (0, r#"{"accessToken":"canary","expires_on":1,"tokenType":"Bearer"}"#, "", F::Expired, "az login --tenant t-1"),
    ] {
        let server = served(granted("x"));
        let settings = Settings { tenant: Some("t-1".into()), ..settings(&server, TOP) };
        let az = Arc::new(Cli { status, out: out.to_owned(), error: error.to_owned() });
        let costs = connect_with(&settings, az, |_| None).expect("connected").remove(0);
        let (brought, _) = Bench::new().fetch(&costs, "base");
        let Err(Halt::Fault(fault)) = brought else { panic!("{brought:?}") };
        let shown = format!("{fault:?}");
        assert!(fault.kind == kind && shown.contains(words) && !shown.contains("canary"), "{shown}");
        assert!(server.asked().is_empty());
    }
}

#[test]
fn a_token_that_was_revoked_is_got_anew_once() {
    let folder = tempfile::tempdir().expect("folder");
    let logins = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&logins);
    let server = Server::start(move |request, _| {
        if request.target.contains("oauth2") {
            return granted(&format!("x.y.{}", count.fetch_add(1, Ordering::Relaxed)));
        }
        if request.headers["authorization"] == "Bearer x.y.0" {
            return Reply::error(401, "ExpiredAuthenticationToken", "revoked");
        }
        directory(request).unwrap_or_else(|| rows(r#"[1,20240103,"a","VM","USD"]"#))
    });
    let costs = principal(&server, Login::Secret(kept_secret(folder.path(), SECRET)));
    assert_eq!(Bench::new().fetch(&costs, "base").0.expect("brought").rows, 1);
    assert_eq!(logins.load(Ordering::Relaxed), 2);
}

#[test]
fn whoever_may_not_and_whoever_is_checked_logs_in_anew() {
    let folder = tempfile::tempdir().expect("folder");
    let logins = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&logins);
    let server = Server::start(move |request, _| {
        if request.target.contains("oauth2") {
            return granted(&format!("x.y.{}", count.fetch_add(1, Ordering::Relaxed)));
        }
        let query = || match request.headers["authorization"].as_str() {
            "Bearer x.y.0" => Reply::error(403, "AuthorizationFailed", "no"),
            _ => rows(r#"[1,20240103,"a","VM","USD"]"#),
        };
        directory(request).unwrap_or_else(query)
    });
    let (costs, bench) = (principal(&server, Login::Secret(kept_secret(folder.path(), SECRET))), Bench::new());
    assert!(matches!(bench.fetch(&costs, "base").0, Err(Halt::Fault(fault)) if fault.kind == F::Denied));
    bench.fetch(&costs, "base").0.expect("somebody else has logged in");
    assert_eq!(logins.load(Ordering::Relaxed), 2);
    costs.check(&bench.call());
    assert_eq!(logins.load(Ordering::Relaxed), 3);
}

#[test]
fn the_environment_shows_which_login_it_is() {
    let server = served(granted("x"));
    let titled = |variable: fn(&str) -> Option<String>| {
        let settings = Settings { login: Login::Detect, ..settings(&server, TOP) };
        connect_with(&settings, logged_in(), variable).expect("connected")[0].client.credentials().title()
    };
    assert_eq!(titled(|_| None), "az login");
    assert_eq!(titled(|name| (name == "IDENTITY_ENDPOINT").then(|| "x".into())), "managed identity");
    assert_eq!(titled(|name| (name == "AZURE_FEDERATED_TOKEN_FILE").then(|| "x".into())), "workload identity");
    assert!(titled(|name| name.starts_with("AZURE_").then(|| "x".into())).contains("`env:AZURE_CLIENT_SECRET`"));
}
