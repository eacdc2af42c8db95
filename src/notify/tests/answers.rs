//! Successes that are none: what they say is read.

use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::plain;
use super::sinks::{answering, kept, sent};
use crate::config::alert::Via;
use crate::domain::alert::Fate;

const LOGIN: &str = "<!doctype html><title>Sign in to Guest WiFi</title>";
const REFUSED: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0";

#[tokio::test]
async fn a_success_counts_but_where_it_says_that_it_is_none() {
    type To = fn(String) -> Via;
    let (slack, teams): (To, To) = (Via::Slack, Via::Teams);
    let webhook: To = |url| Via::Webhook { url, secret: None, template: None };
    for (to, status, body, is_told) in [
        (slack, 200, "ok", true),
        (slack, 200, "ok\n", true),
        (slack, 200, r#"{"ok":true}"#, true),
        (slack, 200, r#"{"success":true}"#, true),
        (slack, 200, "invalid_payload", false),
        (slack, 200, r#"{"ok":false,"error":"no_service"}"#, false),
        (slack, 200, r#"{"ok":false,"error":"no_ser"#, false),
        (slack, 200, LOGIN, false),
        (slack, 200, "", true),
        (slack, 200, "received", true),
        (slack, 200, "{}", true),
        (slack, 200, "channel_not_found", false),
        (teams, 202, "", true),
        (teams, 200, "1", true),
        (teams, 200, "", true),
        (teams, 200, "Posted to the channel of costs", true),
        (teams, 200, REFUSED, false),
        (teams, 202, r#"{"error":{"code":"WorkflowTriggerIsNotEnabled"}}"#, false),
        (teams, 200, LOGIN, false),
        (webhook, 200, "whatever", true),
        (webhook, 204, "", true),
    ] {
        let (_server, address) = answering(ResponseTemplate::new(status).set_body_string(body)).await;
        let fate = sent(to(address.reference.clone()), &plain()).await;
        assert_eq!(fate == Fate::Delivered, is_told, "{status} {body}: {fate:?}");
    }
}

#[tokio::test]
async fn pagerduty_has_not_taken_what_it_says_is_no_event() {
    let key = kept("key");
    for (status, body, is_told) in [
        (202, r#"{"status":"success","message":"Event processed","dedup_key":"a"}"#, true),
        (202, "", true),
        (200, "", true),
        (202, "{}", true),
        (202, r#"{"status":"success","errors":[]}"#, true),
        (200, r#"{"status":"success"}"#, true),
        (200, r#"{"status":"invalid event","message":"Event object is invalid"}"#, false),
        (202, r#"{"status":"invalid event"}"#, false),
        (200, LOGIN, false),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let fate = sent(Via::PagerDuty { key: key.reference.clone(), endpoint: server.uri() }, &plain()).await;
        assert_eq!(fate == Fate::Delivered, is_told, "{status} {body}: {fate:?}");
    }
}

#[tokio::test]
async fn what_was_said_instead_is_the_reason() {
    for (body, said) in [
        ("invalid_payload", "127.0.0.1 answered 200, but has not taken it: invalid_payload"),
        (LOGIN, "127.0.0.1 answered 200, but has not taken it: a web page, as of a login"),
    ] {
        let (_server, address) = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        let fate = sent(Via::Slack(address.reference.clone()), &plain()).await;
        assert_eq!(fate, Fate::Failed { why: said.to_owned(), wait: None, unsure: true });
    }
}

/// What becomes of a message where a success says so much, and breaks off.
async fn broken_off(said: &str, via: impl FnOnce(String) -> Via) -> Fate {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let origin = format!("http://{}", listener.local_addr().expect("address"));
    let serve = async {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.expect("connection");
        let mut asked = vec![0; 65_536];
        let _ = stream.read(&mut asked).await.expect("request");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{said}");
        stream.write_all(head.as_bytes()).await.expect("answer");
    };
    let message = plain();
    let (fate, ()) = tokio::join!(sent(via(origin), &message), serve);
    fate
}

#[tokio::test]
async fn a_success_that_breaks_off_is_told_by_its_beginning() {
    for (said, is_told) in [
        (LOGIN, false),
        ("o", true),
        ("invalid_pay", false),
        (r#"{"ok":false,"error":"no_ser"#, false),
        (r#"{"ok":false"#, false),
        (r#"{"errors":["channel is archi"#, false),
        (r#"{"error":{"code":"Workflow"#, false),
        (r#"{"ok":true,"warn"#, true),
        ("{", true),
    ] {
        let address = |origin: String| kept(&format!("{origin}/"));
        let mut secret = None;
        let fate = broken_off(said, |origin| Via::Slack(secret.insert(address(origin)).reference.clone())).await;
        assert_eq!(fate == Fate::Delivered, is_told, "{said}: {fate:?}");
    }
    let key = kept("key");
    for (said, is_told) in [(r#"{"status":"invalid ev"#, false), (r#"{"status":"success","mess"#, true)] {
        let fate = broken_off(said, |endpoint| Via::PagerDuty { key: key.reference.clone(), endpoint }).await;
        assert_eq!(fate == Fate::Delivered, is_told, "{said}: {fate:?}");
    }
}

#[tokio::test]
async fn a_template_that_makes_no_json_is_never_sent() {
    let (server, address) = answering(ResponseTemplate::new(200)).await;
    let template = Some(r#"{"text":"{{ title }}"}"#.to_owned());
    let via = Via::Webhook { url: address.reference.clone(), secret: None, template };
    assert!(matches!(sent(via, &plain()).await, Fate::Failed { unsure: false, .. }));
    assert!(server.received_requests().await.expect("recorded").is_empty());
}
