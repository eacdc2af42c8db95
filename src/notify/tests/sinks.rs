//! HTTP sinks that take what comes, that want less of it, that fail, hang, point elsewhere, or never end.

use std::time::Duration;

use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{over, plain};
use crate::config::alert::{Channel, HubFormat, Via};
use crate::domain::alert::{Fate, Message};
use crate::notify::outgoing::{Means, bring};

const CANARY: &str = "canary-7c1e";

/// A file that holds a secret, as the config refers to it.
pub struct Kept {
    _folder: tempfile::TempDir,
    pub reference: String,
}

pub fn kept(secret: &str) -> Kept {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, secret).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    Kept { reference: format!("file:{}", path.display()), _folder: folder }
}

fn channel(via: Via) -> Channel {
    Channel { name: "ops".to_owned(), allow_private: vec!["127.0.0.1".to_owned()], via, wrong: None }
}

pub async fn sent(via: Via, message: &Message) -> Fate {
    bring(&channel(via), message, &Means { now: 1_700_000_000, ..Means::default() }).await
}

fn why(fate: &Fate) -> (&str, Option<i64>) {
    match fate {
        Fate::Failed { why, wait, .. } => (why, *wait),
        other => panic!("{other:?}"),
    }
}

pub async fn answering(template: ResponseTemplate) -> (MockServer, Kept) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(format!("/{CANARY}"))).respond_with(template).mount(&server).await;
    let address = kept(&format!("{}/{CANARY}", server.uri()));
    (server, address)
}

#[tokio::test]
async fn sinks_that_misbehave_lose_nothing_and_learn_nothing() {
    let later = ResponseTemplate::new(429)
        .insert_header("retry-after", "Sun, 22 Nov 2026 10:02:00 GMT")
        .insert_header("date", "Sun, 22 Nov 2026 10:00:00 GMT");
    for (template, said, wait) in [
        (ResponseTemplate::new(429).insert_header("retry-after", "30"), "127.0.0.1 answered 429", Some(30)),
        (later, "127.0.0.1 answered 429", Some(120)),
        (ResponseTemplate::new(503).set_body_string("<html>down</html>"), "127.0.0.1 answered 503", None),
        (
            ResponseTemplate::new(500).set_body_string(format!("no http://127.0.0.1/{CANARY}\x1b[0m")),
            "127.0.0.1 answered 500: no http://127.0.0.1/***\\x1b[0m",
            None,
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/latest/meta-data/"),
            "127.0.0.1 answered 302: it has moved, which is not followed",
            None,
        ),
        (
            ResponseTemplate::new(404).set_body_string("no_service"),
            "127.0.0.1 answered 404: the address is not there any more: no_service",
            None,
        ),
        (ResponseTemplate::new(403), "127.0.0.1 answered 403: it does not know the secret", None),
    ] {
        let (server, address) = answering(template).await;
        let fate = sent(Via::Slack(address.reference.clone()), &plain()).await;
        // What a sink repeats of the address is struck out, wherever it stands.
        assert_eq!(why(&fate), (said, wait));
        assert_eq!(server.received_requests().await.expect("recorded").len(), 1, "nothing is followed");
    }
}

#[tokio::test]
async fn no_channel_goes_where_an_answer_points() {
    let elsewhere = MockServer::start().await;
    Mock::given(path("/taken")).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        // The host is one that may be spoken with: it is not followed there either.
        let points = ResponseTemplate::new(status).insert_header("location", format!("{}/taken", elsewhere.uri()));
        let (server, address) = answering(points).await;
        let url = || address.reference.clone();
        for via in [Via::Slack(url()), Via::Teams(url()), Via::Webhook { url: url(), secret: None, template: None }] {
            let fate = sent(via, &plain()).await;
            let said = format!("127.0.0.1 answered {status}: it has moved, which is not followed");
            assert_eq!(why(&fate), (said.as_str(), None));
        }
        assert_eq!(server.received_requests().await.expect("recorded").len(), 3, "each asked once");
    }
    assert!(elsewhere.received_requests().await.expect("recorded").is_empty());
}

#[tokio::test]
async fn a_part_of_an_address_that_is_repeated_is_struck_out() {
    let server = MockServer::start().await;
    let answer =
        ResponseTemplate::new(400).set_body_string(r#"{"no":"https:\/\/h\/T0AB\/canary-token and sig canary-sig="}"#);
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let address = kept(&format!("{}/services/T0AB/canary-token?sig=canary-sig", server.uri()));
    let fate = sent(Via::Teams(address.reference.clone()), &plain()).await;
    assert!(why(&fate).0.contains("answered 400") && !why(&fate).0.contains("canary"), "{fate:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_taken_for_what_it_begins_with() {
    let (_server, address) = answering(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 8 << 20])).await;
    assert_eq!(sent(Via::Slack(address.reference.clone()), &plain()).await, Fate::Delivered);
    let (_server, address) = answering(ResponseTemplate::new(500).set_body_bytes(vec![b'x'; 8 << 20])).await;
    let fate = sent(Via::Teams(address.reference.clone()), &plain()).await;
    assert!(why(&fate).0.len() < 300);
}

#[tokio::test]
async fn a_head_that_says_so_is_the_delivery_whatever_comes_after_it() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = kept(&format!("http://{}/hook", listener.local_addr().expect("address")));
    let drips = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut read = [0; 4_096];
        assert!(stream.read(&mut read).await.expect("asked") > 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\no";
        stream.write_all(head).await.expect("answered");
        stream
    };
    let message = plain();
    let (fate, _stays) = tokio::join!(sent(Via::Slack(address.reference.clone()), &message), drips);
    assert_eq!(fate, Fate::Delivered);
}

#[tokio::test]
async fn one_that_hangs_is_given_up() {
    let (_server, address) = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(300))).await;
    let net = crate::notify::http::Net::within(&["127.0.0.1".to_owned()], Duration::from_millis(200)).expect("client");
    let url =
        crate::secret::Reference::parse(&address.reference).expect("sound").resolve(|_| None).await.expect("there");
    let Err(failure) = net.post(&url, &[], Vec::new()).await else { panic!("it hangs") };
    assert_eq!((failure.why.as_str(), failure.unsure), ("127.0.0.1 did not answer in time", true));
}

#[tokio::test]
async fn nobody_inside_is_reached_unless_the_config_says_so() {
    let (server, address) = answering(ResponseTemplate::new(200)).await;
    let closed = Channel { allow_private: Vec::new(), ..channel(Via::Slack(address.reference.clone())) };
    let fate = bring(&closed, &plain(), &Means::default()).await;
    assert!(why(&fate).0.contains("unencrypted") && !why(&fate).0.contains(CANARY), "{fate:?}");
    assert!(server.received_requests().await.expect("recorded").is_empty());
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_a_failure_that_says_so() {
    let fate = sent(Via::Slack("env:SPENDTOP_NO_SUCH_HOOK".to_owned()), &plain()).await;
    assert_eq!(
        why(&fate).0,
        "`env:SPENDTOP_NO_SUCH_HOOK`: the variable is not set; set it where spendtop is started \
         (`export SPENDTOP_NO_SUCH_HOOK=...`), or refer to another place in the config"
    );
}

#[tokio::test]
async fn a_webhook_is_signed_and_says_which_news_it_is() {
    let server = MockServer::start().await;
    Mock::given(path("/hook"))
        .and(header("content-type", "application/json"))
        .and(header("x-spendtop-event", "anomaly.raised"))
        .and(header_exists("idempotency-key"))
        .respond_with(ResponseTemplate::new(202))
        .mount(&server)
        .await;
    let (url, secret) = (kept(&format!("{}/hook", server.uri())), kept(CANARY));
    let via = Via::Webhook { url: url.reference.clone(), secret: Some(secret.reference.clone()), template: None };
    for _ in 0..2 {
        assert_eq!(sent(via.clone(), &plain()).await, Fate::Delivered);
    }
    let requests = server.received_requests().await.expect("recorded");
    let of = |at: usize, name: &str| requests[at].headers[name].to_str().expect("text").to_owned();
    assert_eq!(of(0, "idempotency-key"), of(1, "idempotency-key"));
    let body = String::from_utf8(requests[0].body.clone()).expect("text");
    let signed = of(0, "x-spendtop-signature");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, CANARY.as_bytes());
    let hex = signed.strip_prefix("t=1700000000,v1=").expect("signed at its moment");
    let tag: Vec<u8> =
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect();
    aws_lc_rs::hmac::verify(&key, format!("1700000000.{body}").as_bytes(), &tag)
        .expect("whoever has the secret can tell");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).expect("JSON")["title"],
        "Amazon EC2 costs 300.00 USD more"
    );
}

#[tokio::test]
async fn pagerduty_opens_an_incident_and_ends_the_same() {
    let server = MockServer::start().await;
    Mock::given(path("/v2/enqueue")).respond_with(ResponseTemplate::new(202)).mount(&server).await;
    let key = kept(CANARY);
    let via = Via::PagerDuty { key: key.reference.clone(), endpoint: server.uri() };
    // A test is over as soon as it has come.
    for message in [plain(), over(), Message::test("ops", 0)] {
        assert_eq!(sent(via.clone(), &message).await, Fate::Delivered);
    }
    let requests = server.received_requests().await.expect("recorded");
    let bodies: Vec<serde_json::Value> = requests.iter().map(|r| r.body_json().expect("JSON")).collect();
    let actions: Vec<_> = bodies.iter().map(|body| body["event_action"].as_str().expect("an action")).collect();
    assert_eq!(actions, ["trigger", "resolve", "trigger", "resolve"]);
    assert_eq!((&bodies[0]["dedup_key"], &bodies[2]["dedup_key"]), (&bodies[1]["dedup_key"], &bodies[3]["dedup_key"]));
}

#[tokio::test]
async fn a_hub_is_given_a_token_that_its_key_signed() {
    let server = MockServer::start().await;
    Mock::given(path("/costs/messages/"))
        .and(header("servicebusnotification-format", "fcmv1"))
        .and(header("servicebusnotification-tags", "oncall"))
        .and(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(201))
        .mount(&server)
        .await;
    let text = format!("Endpoint={}/;SharedAccessKeyName=Send;SharedAccessKey={CANARY}=", server.uri());
    let connection = kept(&text);
    let via = Via::AzureHub {
        connection: connection.reference.clone(),
        hub: "costs".into(),
        format: HubFormat::Fcm,
        tags: Some("oncall".into()),
    };
    assert_eq!(sent(via, &plain()).await, Fate::Delivered);
    let request = server.received_requests().await.expect("recorded").remove(0);
    let token = request.headers["authorization"].to_str().expect("text");
    assert!(
        token.starts_with("SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%3A") && !token.contains(CANARY),
        "{token}"
    );
    assert!(token.contains("&se=1700000300&skn=Send"), "{token}");
}

#[tokio::test]
async fn no_error_has_a_secret_whatever_is_at_the_other_end() {
    let via = |via: Via| channel(via);
    let (url, key) = (kept(&format!("http://127.0.0.1:1/{CANARY}")), kept(CANARY));
    let hub = kept(&format!("Endpoint=http://127.0.0.1:1/;SharedAccessKeyName=a;SharedAccessKey={CANARY}"));
    for channel in [
        via(Via::Slack(url.reference.clone())),
        via(Via::Teams(url.reference.clone())),
        via(Via::Webhook { url: url.reference.clone(), secret: Some(key.reference.clone()), template: None }),
        via(Via::PagerDuty { key: key.reference.clone(), endpoint: "http://127.0.0.1:1".into() }),
        via(Via::AzureHub {
            connection: hub.reference.clone(),
            hub: "h".into(),
            format: HubFormat::Template,
            tags: None,
        }),
    ] {
        let fate = bring(&channel, &plain(), &Means::default()).await;
        assert!(!format!("{fate:?}").contains(CANARY) && why(&fate).0.starts_with("127.0.0.1: "), "{fate:?}");
    }
}
