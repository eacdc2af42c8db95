//! A connection against a local server that answers as OpenCost does, or misbehaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::*;
use crate::domain::calendar::{Day, Period};
use crate::provider::remote::Finding;
use crate::provider::remote::call::{Unmetered, Unwatched};
use crate::provider::remote::pace::Pace;
use crate::provider::testing::nowhere;

const CANARY: &str = "canary-0c31";

/// What a day's answer holds.
const RECORDED: &str = include_str!("../../../tests/fixtures/opencost/allocation.json");

struct OpenCost {
    runtime: Runtime,
    server: MockServer,
}

fn start(answer: impl Fn(usize, &Request) -> ResponseTemplate + Send + Sync + 'static) -> OpenCost {
    let runtime = Runtime::new().expect("runtime");
    let asked = AtomicUsize::new(0);
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let answer = move |request: &Request| answer(asked.fetch_add(1, Ordering::SeqCst), request);
        Mock::given(matchers::path("/model/allocation")).respond_with(answer).mount(&server).await;
        server
    });
    OpenCost { runtime, server }
}

/// The recorded answer, for the day that is asked for.
fn well(request: &Request) -> ResponseTemplate {
    let window = request.url.query_pairs().find(|(name, _)| name == "window").expect("a window").1.into_owned();
    let (start, end) = window.split_once(',').expect("two ends");
    let text = RECORDED.replace("START", start).replace("END", end);
    ResponseTemplate::new(200).set_body_string(text)
}

impl OpenCost {
    fn settings(&self) -> Settings {
        let settings = Settings::new("opencost.main", &format!("{}/model/", self.server.uri()));
        Settings { labels: vec!["team".to_owned()], ..settings }
    }

    fn call(&self) -> Call {
        let millis = Duration::from_millis;
        let pace = Pace {
            tries: 2,
            first: millis(1),
            longest: millis(1),
            patience: millis(20),
            try_within: millis(2_000),
            ..Pace::default()
        };
        Call {
            runtime: self.runtime.handle().clone(),
            cancel: CancellationToken::new(),
            pace,
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: day().plus(3).seconds(),
        }
    }

    fn fetch(&self) -> Result<Brought, Halt> {
        let allocations = Allocations::new(&self.settings()).expect("a connection");
        allocations.fetch(&ask(), &self.call(), &nowhere())
    }
}

fn day() -> Day {
    Day::from_ymd(2026, 11, 12).expect("a day")
}

fn ask() -> Ask {
    let settings = Settings::new("opencost.main", "http://localhost:9003");
    let Manner::Days(feeds) = Allocations::new(&settings).expect("a connection").manner() else { panic!("days") };
    Ask::Days { feed: feeds[0].clone(), days: Period { from: day(), to: day().plus(2) } }
}

#[test]
fn each_day_is_asked_for_and_comes_home() {
    let server = start(|_, request| well(request));
    let brought = server.fetch().expect("brought");
    // Four allocations and one charge that takes them off again, on each of two days.
    // The day before the first is asked for too: whether that is forgotten.
    assert_eq!((brought.rows, brought.pages), (10, 3));
    assert_eq!(brought.notes, ["OpenCost could not compute 2 costs, which are unknown"]);
    let requests = server.runtime.block_on(server.server.received_requests()).expect("requests");
    let query = requests[2].url.query().expect("a query");
    let window = "window=2026-11-13T00%3A00%3A00Z%2C2026-11-14T00%3A00%3A00Z";
    let by = "aggregate=cluster%2Cnamespace%2CcontrollerKind%2Ccontroller%2Clabel%3Ateam";
    assert!(query.contains(window) && query.contains(by) && query.contains("step=1d"), "{query}");
    assert!(requests.iter().all(|request| request.method == wiremock::http::Method::GET));
}

#[test]
fn each_misdeed_is_the_fault_that_it_is() {
    let text = |status: u16, text: &str| ResponseTemplate::new(status).set_body_string(text);
    let whole: Value = serde_json::from_str(RECORDED).expect("JSON");
    let with = |name: &str, value: Value| {
        let mut body = whole.clone();
        body["data"][0]["one/shop/deployment:web/web"][name] = value;
        text(200, &body.to_string().replace("START", "2026-11-12T00:00:00Z").replace("END", "2026-11-13T00:00:00Z"))
    };
    let other = RECORDED.replace("START", "2026-11-01T00:00:00Z").replace("END", "2026-11-02T00:00:00Z");
    use FaultKind as K;
    for (name, answer, kind) in [
        ("no token", text(401, ""), K::Expired),
        ("no right", text(403, "<html>"), K::Denied),
        ("another service", text(404, "404 page not found"), K::NotThere),
        ("too many requests", text(429, ""), K::Throttled),
        ("Prometheus is away", text(500, r#"{"code":500,"message":"no \u001b[0mPrometheus"}"#), K::Unavailable),
        ("a gateway's page", text(502, "<html>"), K::Unavailable),
        ("later", text(503, "").insert_header("retry-after", "900"), K::Unavailable),
        ("a failure in a success", text(200, r#"{"code":500,"message":"no"}"#), K::Unavailable),
        ("a refusal in a success", text(200, r#"{"code":400,"message":"bad window"}"#), K::Refused),
        ("a request that it takes for wrong", text(400, r#"{"code":400,"message":"bad"}"#), K::Refused),
        ("nothing", text(200, ""), K::Garbled),
        ("half of it", text(200, &RECORDED[..200]), K::Garbled),
        ("its pages", text(200, "<!doctype html>"), K::Garbled),
        ("elsewhere", text(302, "").insert_header("location", "https://elsewhere.example/"), K::Garbled),
        ("no data", text(200, r#"{"code":200}"#), K::Garbled),
        ("data of another shape", text(200, r#"{"code":200,"data":{"a":1}}"#), K::Garbled),
        ("a cost in words", with("totalCost", json!("much")), K::Garbled),
        ("too much money", with("totalCost", json!(1e300)), K::Garbled),
        ("another day", text(200, &other), K::Garbled),
        ("no time", with("window", json!({})), K::Garbled),
        ("days that are forgotten", text(200, r#"{"code":200,"data":[{}]}"#), K::NotThere),
        ("days that are null", text(200, r#"{"code":200,"data":[null]}"#), K::NotThere),
    ] {
        let server = start(move |_, _| answer.clone());
        let Err(Halt::Fault(fault)) = server.fetch() else { panic!("{name}") };
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert!(!fault.message.contains('\u{1b}'), "{name}: {fault}");
    }
    let server = start(|before, request| if before == 0 { ResponseTemplate::new(503) } else { well(request) });
    assert_eq!(server.fetch().expect("brought at the second try").rows, 10);
    let server = start(|before, request| {
        if before == 0 {
            ResponseTemplate::new(200).set_body_string(r#"{"code":200,"data":[{}]}"#)
        } else {
            well(request)
        }
    });
    let brought = server.fetch().expect("one day is there");
    assert_eq!((brought.rows, brought.left), (5, [day()].into()));
    let note = "OpenCost knows nothing of 2026-11-12: what is stored of that stays".to_owned();
    assert!(brought.notes.contains(&note), "{:?}", brought.notes);
}

#[test]
fn a_day_that_may_be_half_forgotten_does_not_come() {
    // What OpenCost knows from so many days before the window on, seen so many days after its first.
    for (knows, now, rows, left) in [(0, 3, 5, vec![day()]), (0, 2, 10, vec![]), (-1, 3, 10, vec![])] {
        let first = day().plus(knows);
        let server = start(move |_, request| {
            let is_known = request.url.query().is_some_and(|query| {
                let (_, from) = query.split_once("window=").expect("a window");
                Day::parse(&from[..10]).is_some_and(|day| day >= first)
            });
            let empty = ResponseTemplate::new(200).set_body_string(r#"{"code":200,"data":[{}]}"#);
            if is_known { well(request) } else { empty }
        });
        let allocations = Allocations::new(&server.settings()).expect("a connection");
        let call = Call { now: day().plus(now).seconds(), ..server.call() };
        let brought = allocations.fetch(&ask(), &call, &nowhere()).expect("brought");
        assert_eq!((brought.rows, brought.left.iter().copied().collect::<Vec<_>>()), (rows, left), "{knows} {now}");
        let told = brought.notes.iter().any(|note| note.starts_with("OpenCost knows nothing of before 2026-11-12"));
        assert_eq!(told, rows == 5, "{:?}", brought.notes);
    }
}

#[test]
fn of_days_before_opencost_was_there_is_nothing_and_that_is_no_failure() {
    // The window's last day is so many days ago.
    for (ago, is_failure) in [(0, true), (2, true), (3, false), (10, false)] {
        let server = start(|_, _| ResponseTemplate::new(200).set_body_string(r#"{"code":200,"data":[{}]}"#));
        let allocations = Allocations::new(&server.settings()).expect("a connection");
        let call = Call { now: day().plus(1 + ago).seconds(), ..server.call() };
        let brought = allocations.fetch(&ask(), &call, &nowhere());
        if is_failure {
            let Err(Halt::Fault(fault)) = brought else { panic!("{ago}: {brought:?}") };
            assert!(fault.kind == FaultKind::NotThere && fault.message.contains("OpenCost knows nothing"), "{fault}");
            continue;
        }
        let brought = brought.expect("nothing is there");
        assert_eq!((brought.rows, brought.left.len(), brought.silent), (0, 2, false), "{ago}");
        let want = "OpenCost knows nothing of 2026-11-12, 2026-11-13: what is stored of that stays";
        assert_eq!(brought.notes, [want], "{ago}");
    }
}

#[test]
fn a_tokens_command_is_run_once_a_window() {
    use crate::provider::remote::secret::Reference;
    let (server, folder) = (start(|_, request| well(request)), tempfile::tempdir().expect("a folder"));
    let runs = folder.path().join("runs");
    let token = Some(Reference::Command(format!("echo run >> {}; echo {CANARY}", runs.display())));
    let allocations = Allocations::new(&Settings { token, ..server.settings() }).expect("a connection");
    allocations.fetch(&ask(), &server.call(), &nowhere()).expect("brought");
    assert_eq!(std::fs::read_to_string(&runs).expect("runs"), "run\n");
}

#[test]
fn a_token_is_sent_and_never_shown() {
    use crate::provider::remote::secret::Reference;
    let server = start(|_, request| match request.headers.get("authorization") {
        Some(sent) if sent == "Bearer canary-0c31" => well(request),
        _ => ResponseTemplate::new(401).set_body_string(CANARY),
    });
    let token = Some(Reference::Command(format!("echo {CANARY}")));
    let settings = Settings { token, ..server.settings() };
    let allocations = Allocations::new(&settings).expect("a connection");
    let checks = allocations.check(&server.call());
    assert!(checks.iter().all(|check| check.finding == Finding::Good), "{checks:?}");
    assert_eq!(checks[1].detail, "4 workloads of one on 2026-11-14, in USD");
    assert_eq!(allocations.fetch(&ask(), &server.call(), &nowhere()).expect("brought").rows, 10);
    let wrong = Settings { token: Some(Reference::Command(format!("echo {CANARY}-old"))), ..server.settings() };
    let checks = Allocations::new(&wrong).expect("a connection").check(&server.call());
    assert_eq!((checks[0].what.as_str(), checks[0].finding), ("token", Finding::Missing));
    assert!(checks[0].fix.contains("token = "));
    assert!(!format!("{checks:?} {:?}", server.settings()).contains(CANARY));
}

#[test]
fn a_name_and_a_password_are_sent_as_such() {
    use crate::provider::remote::secret::Reference;
    let server = start(|_, request| match request.headers.get("authorization") {
        Some(sent) if sent == "Basic Y2FuYXJ5LTBjMzE6eA==" => well(request),
        _ => ResponseTemplate::new(401),
    });
    let token = Some(Reference::Command("echo Basic Y2FuYXJ5LTBjMzE6eA==".to_owned()));
    let allocations = Allocations::new(&Settings { token, ..server.settings() }).expect("a connection");
    assert_eq!(allocations.fetch(&ask(), &server.call(), &nowhere()).expect("brought").rows, 10);
}

#[test]
fn what_is_null_is_not_told() {
    let server = start(|_, request| {
        let window = request.url.query_pairs().find(|(name, _)| name == "window").expect("a window").1.into_owned();
        let (start, end) = window.split_once(',').expect("two ends");
        let properties =
            json!({ "cluster": null, "namespace": null, "controllerKind": null, "controller": null, "labels": null });
        let window = json!({ "start": start, "end": end });
        let with =
            |properties: &Value| json!({ "name": null, "properties": properties, "window": window, "totalCost": 2 });
        let body = json!({ "code": 200, "data": [{ "a": with(&properties), "b": with(&Value::Null) }] });
        ResponseTemplate::new(200).set_body_json(body)
    });
    assert_eq!(server.fetch().expect("brought").rows, 6, "two a day, and what takes them off again");
}

#[test]
fn an_address_that_cannot_be_is_refused() {
    for url in ["opencost", "", "http://user:canary-0c31@localhost:9003", "http://localhost:9003?key=canary-0c31"] {
        let fault = Allocations::new(&Settings::new("opencost.main", url)).expect_err("refused");
        assert!(fault.kind == FaultKind::Refused && !fault.message.contains("canary"), "{fault}");
    }
    let elsewhere = Allocations::new(&Settings::new("opencost.main", "http://opencost.example")).expect("a connection");
    let server = start(|_, request| well(request));
    let Err(Halt::Fault(fault)) = elsewhere.fetch(&ask(), &server.call(), &nowhere()) else { panic!("unencrypted") };
    assert_eq!(fault.kind, FaultKind::Refused);
    let settings = Settings { currency: "dollars".into(), ..Settings::new("opencost.main", "http://localhost:9003") };
    assert!(Allocations::new(&settings).is_err());
}
