//! What a misbehaving BigQuery is taken for. Whatever it is: the window is not believed, and the next good
//! answer is.

use super::*;

/// A misdeed: what it is called, at which door, what is answered there, and the kind of fault it is; `None`
/// where the window comes home in spite of it.
type Case = (&'static str, Door, Answering, Option<FaultKind>);

fn body(status: u16, text: &'static str) -> Answering {
    Box::new(move |_, _| ResponseTemplate::new(status).set_body_string(text))
}

fn refusal(status: u16, reason: &'static str) -> Answering {
    Box::new(move |_, _| {
        let wrong = json!({ "reason": reason, "message": "no\u{1b}[31m" });
        ResponseTemplate::new(status).set_body_json(json!({ "error": { "message": "no", "errors": [wrong] } }))
    })
}

/// The whole answer, changed.
fn changed(change: impl Fn(&mut Value)) -> Answering {
    let mut body = whole();
    change(&mut body);
    always(body)
}

/// Misbehaves so often, and then well.
fn at_first(times: usize, door: Door, misdeed: Answering) -> Answering {
    Box::new(move |before, request| if before < times { misdeed(before, request) } else { well(door) })
}

fn described_without(column: &str) -> Answering {
    let mut table = described();
    if let Some(fields) = table["schema"]["fields"].as_array_mut() {
        fields.retain(|field| field["name"] != column);
    }
    always(table)
}

fn failed(reason: &str) -> Answering {
    always(json!({ "status": { "state": "DONE", "errorResult": { "reason": reason, "message": "why" } } }))
}

/// Pages that each lead on: as `token` names the next.
fn leading(token: impl Fn(usize) -> String + Send + Sync + 'static, rows: usize) -> Answering {
    Box::new(move |before, _| {
        let mut body = page((0..rows).map(|_| row("2026-11-12", "1")).collect());
        body["totalRows"] = json!("1000000");
        body["pageToken"] = json!(token(before));
        ok(&body)
    })
}

use Door as D;
use FaultKind as K;

fn requests() -> Vec<Case> {
    let moved =
        |_: usize, _: &Request| ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/");
    let later = |_: usize, _: &Request| ResponseTemplate::new(503).insert_header("retry-after", "3600");
    vec![
        ("an expired token", D::Table, body(401, "{\"error\":{\"message\":\"expired\"}}"), Some(K::Expired)),
        ("a token refused in between", D::Answer, body(401, ""), Some(K::Expired)),
        ("no right to see the table", D::Table, refusal(403, "accessDenied"), Some(K::Denied)),
        ("BigQuery is off", D::DryRun, refusal(403, "accessNotConfigured"), Some(K::Denied)),
        ("no right to run queries", D::DryRun, refusal(403, "accessDenied"), Some(K::Denied)),
        ("a proxy says no", D::Insert, body(403, "<html>no"), Some(K::Denied)),
        ("no table", D::Table, refusal(404, "notFound"), Some(K::NotThere)),
        ("a column that is needed is gone", D::Table, described_without("cost"), Some(K::Refused)),
        ("a table of something else", D::Table, always(json!({ "schema": { "fields": [] } })), Some(K::Refused)),
        ("too many requests", D::Insert, body(429, ""), Some(K::Throttled)),
        ("a rate limit", D::Insert, refusal(403, "rateLimitExceeded"), Some(K::Throttled)),
        ("a quota that is spent", D::Insert, refusal(403, "quotaExceeded"), Some(K::QuotaSpent)),
        ("a query that is wrong", D::DryRun, refusal(400, "invalidQuery"), Some(K::Refused)),
        ("more bytes than allowed", D::Insert, refusal(400, "bytesBilledLimitExceeded"), Some(K::Capped)),
        ("a dry run that tells no bytes", D::DryRun, always(json!({ "status": {} })), Some(K::Garbled)),
        ("a server error", D::Answer, body(500, "{}"), Some(K::Unavailable)),
        ("a gateway's page", D::Answer, body(502, "<html>Bad Gateway"), Some(K::Unavailable)),
        ("come again in an hour", D::Answer, Box::new(later), Some(K::Unavailable)),
        ("nothing", D::Answer, body(200, ""), Some(K::Garbled)),
        ("a login page", D::Table, body(200, "<html>Log in"), Some(K::Garbled)),
        ("elsewhere", D::Answer, Box::new(moved), Some(K::Garbled)),
        (
            "half of it",
            D::Answer,
            body(200, "{\"jobComplete\": true, \"rows\": [{\"f\": [{\"v\": \"2026-"),
            Some(K::Garbled),
        ),
        ("the job is there already", D::Insert, refusal(409, "duplicate"), None),
        ("a server error, twice", D::Answer, at_first(2, D::Answer, body(500, "")), None),
        ("a rate limit, once", D::Insert, at_first(1, D::Insert, refusal(403, "rateLimitExceeded")), None),
        ("garbage, once", D::Table, at_first(1, D::Table, body(200, "{")), None),
    ]
}

fn jobs() -> Vec<Case> {
    let told = |reason: &str| changed(|page| page["errors"] = json!([{ "reason": reason, "message": "why" }]));
    vec![
        ("a job that may not read", D::Insert, failed("accessDenied"), Some(K::Denied)),
        ("a job that fails again and again", D::Insert, failed("backendError"), Some(K::Unavailable)),
        ("a job that fails once", D::Insert, at_first(1, D::Insert, failed("jobBackendError")), None),
        ("a job that wants too much", D::Insert, failed("resourcesExceeded"), Some(K::Refused)),
        ("a success with an error in it", D::Answer, told("quotaExceeded"), Some(K::QuotaSpent)),
        ("a job that never ends", D::Answer, always(json!({ "jobComplete": false })), Some(K::Unavailable)),
        ("a job that ends late", D::Answer, at_first(3, D::Answer, always(json!({ "jobComplete": false }))), None),
    ]
}

fn answers() -> Vec<Case> {
    let cost = |text: &str| always(page(vec![row("2026-11-12", text)]));
    let cells = |change: fn(&mut Vec<Value>)| {
        changed(move |page| {
            if let Some(cells) = page["rows"][0]["f"].as_array_mut() {
                change(cells);
            }
        })
    };
    let other_page = |before: usize, _: &Request| {
        let mut body = whole();
        body["totalRows"] = json!("4");
        body["pageToken"] = json!("2");
        body["jobComplete"] = json!(before == 0);
        ok(&body)
    };
    vec![
        ("values of another type", D::Answer, cells(|cells| cells[0] = json!({ "v": 12 })), Some(K::Garbled)),
        ("a row that is too long", D::Answer, cells(|cells| cells.push(json!({ "v": "1" }))), Some(K::Garbled)),
        ("a row that is too short", D::Answer, cells(|cells| drop(cells.pop())), Some(K::Garbled)),
        ("no number", D::Answer, cost("NaN"), Some(K::Garbled)),
        ("no end", D::Answer, cost("Infinity"), Some(K::Garbled)),
        ("too much money", D::Answer, cost("1e400"), Some(K::Garbled)),
        ("money in words", D::Answer, cost("$ 12,00"), Some(K::Garbled)),
        ("a day that is none", D::Answer, always(page(vec![row("2026-02-30", "1")])), Some(K::Garbled)),
        (
            "other columns",
            D::Answer,
            changed(|page| page["schema"]["fields"][0]["name"] = json!("x")),
            Some(K::Garbled),
        ),
        ("fewer rows than it says", D::Answer, changed(|page| page["totalRows"] = json!("3")), Some(K::Garbled)),
        ("more rows than it says", D::Answer, changed(|page| page["totalRows"] = json!("1")), Some(K::Garbled)),
        ("a page that leads to itself", D::Answer, leading(|_| "again".into(), 1), Some(K::Garbled)),
        ("two pages that lead to each other", D::Answer, leading(|n| (n % 2).to_string(), 1), Some(K::Garbled)),
        ("empty pages without end", D::Answer, leading(|n| n.to_string(), 0), Some(K::Garbled)),
        ("a second page that is not done", D::Answer, Box::new(other_page), Some(K::Garbled)),
    ]
}

fn fault(name: &str, halt: Halt) -> Fault {
    match halt {
        Halt::Fault(fault) => fault,
        Halt::Stopped(stop) => panic!("{name}: {stop:?}"),
    }
}

#[test]
fn each_misdeed_is_the_fault_that_it_is() {
    let cases: Vec<Case> = requests().into_iter().chain(jobs()).chain(answers()).collect();
    assert!(cases.len() >= 28);
    for (name, door, misdeed, want) in cases {
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = Arc::clone(&mended);
        let until_mended: Answering =
            Box::new(
                move |before, request| {
                    if is_mended.load(Ordering::SeqCst) { well(door) } else { misdeed(before, request) }
                },
            );
        let server = BigQuery::start(Misdeeds::from([(door, until_mended)]));
        let (meter, sink, export) = (Arc::new(Capped::default()), Counting::default(), server.export());
        let brought = export.fetch(&ask(), &server.call(meter.clone()), &sink);
        match (brought, want) {
            (Ok(brought), None) => assert_eq!(brought.rows, 2, "{name}"),
            (Err(halt), Some(kind)) => {
                let fault = fault(name, halt);
                assert_eq!(fault.kind, kind, "{name}: {fault}");
                assert!(!fault.message.contains('\u{1b}'), "{name}: {fault}");
                assert!(kind != FaultKind::Denied || !fault.hints.is_empty(), "{name}: {fault}");
            }
            (brought, want) => panic!("{name}: {brought:?}, not {want:?}"),
        }
        // What a request costs is taken once, whatever it takes to get it answered.
        assert!(meter.taken.load(Ordering::SeqCst) <= 20 << 20, "{name}");
        assert!(server.times(Door::Insert) <= 3, "{name}");
        mended.store(true, Ordering::SeqCst);
        let sink = Counting::default();
        let brought = export.fetch(&ask(), &server.call(Arc::new(Capped::default())), &sink);
        let rows = brought.unwrap_or_else(|halt| panic!("{name}: not well again: {halt:?}")).rows;
        assert_eq!((rows, sink.0.load(Ordering::SeqCst)), (2, 2), "{name}");
    }
}

#[test]
fn what_is_missing_is_named_with_its_fix() {
    let checks = |door, misdeed| {
        let server = BigQuery::start(Misdeeds::from([(D::Answer, who()), (door, misdeed)]));
        server.export().check(&server.call(Arc::new(Capped::default())))
    };
    let data = "bq add-iam-policy-binding --member=user:YOU@EXAMPLE.COM --role=roles/bigquery.dataViewer \
                acme-billing:billing.gcp_billing_export_v1_01AB";
    let jobs = "gcloud projects add-iam-policy-binding acme-jobs --member=user:YOU@EXAMPLE.COM \
                --role=roles/bigquery.jobUser";
    let no_data = Box::new(|_: usize, _: &Request| {
        let message = "Access Denied: Table p:d.t: User does not have permission to query table p:d.t";
        let wrong = json!({ "reason": "accessDenied", "message": message });
        ResponseTemplate::new(403).set_body_json(json!({ "error": { "message": message, "errors": [wrong] } }))
    });
    let perimeter = body(403, "{\"error\": {\"message\": \"Request is prohibited by organization's policy.\"}}");
    for (door, misdeed, what, fix) in [
        (D::Insert, refusal(403, "accessDenied"), "bigquery.jobs.create", jobs),
        (D::Table, refusal(403, "accessDenied"), "bigquery.tables.get", data),
        (D::DryRun, no_data, "bigquery.tables.getData", data),
        (D::Table, perimeter, "bigquery.tables.get", "a service perimeter keeps this machine out"),
        (
            D::Table,
            refusal(404, "notFound"),
            "table",
            "is `acme-billing.billing.gcp_billing_export_v1_01AB` the table?",
        ),
    ] {
        let checks = checks(door, misdeed);
        let wrong = checks.iter().find(|check| check.finding == crate::provider::remote::Finding::Missing);
        let wrong = wrong.unwrap_or_else(|| panic!("{what}: {checks:?}"));
        assert_eq!(wrong.what, what, "{checks:?}");
        assert!(wrong.fix.starts_with(fix), "{}", wrong.fix);
    }
    let stale = Box::new(|_: usize, _: &Request| {
        let mut table = described();
        table["lastModifiedTime"] = json!(((NOW - 5 * DAY_SECONDS) * 1_000).to_string());
        ok(&table)
    });
    let stale = checks(D::Table, stale);
    let fresh = stale.iter().find(|check| check.what == "freshness").expect("freshness");
    assert_eq!(
        (fresh.finding, fresh.detail.as_str()),
        (crate::provider::remote::Finding::Wanting, "last changed 120 h ago")
    );
}

#[test]
fn a_day_that_was_not_asked_for_is_not_believed() {
    let stray = always(page(vec![row("2026-11-12", "1"), row("2026-11-20", "1")]));
    let server = BigQuery::start(Misdeeds::from([(Door::Answer, stray)]));
    let halt = server.export().fetch(&ask(), &server.call(Arc::new(Capped::default())), &Counting::default());
    let Err(Halt::Stopped(Stop::Failed(error))) = halt else { panic!("{halt:?}") };
    assert!(error.message.contains("charges of 2026-11-20"), "{error:?}");
}

#[test]
fn what_a_failed_job_took_is_given_back_and_no_other_name_is_lost() {
    let server = BigQuery::start(Misdeeds::from([
        (Door::Answer, refusal(400, "invalid")),
        (Door::Job, failed("bytesBilledLimitExceeded")),
    ]));
    let meter = Arc::new(Capped::default());
    let halt = server.export().fetch(&ask(), &server.call(meter.clone()), &Counting::default()).expect_err("failed");
    assert_eq!(fault("failed", halt).kind, FaultKind::Capped);
    assert_eq!(meter.taken.load(Ordering::SeqCst), 0);
}

#[test]
fn what_was_never_started_is_given_back_and_what_may_run_is_not() {
    for (misdeed, taken) in [
        (refusal(403, "quotaExceeded"), 0),
        (refusal(403, "accessDenied"), 0),
        (refusal(400, "invalidQuery"), 0),
        (refusal(403, "rateLimitExceeded"), 0),
        // It may have started it before its answer was lost.
        (body(503, ""), 20 << 20),
        (body(200, "{"), 20 << 20),
    ] {
        let server = BigQuery::start(Misdeeds::from([(D::Insert, misdeed)]));
        let meter = Arc::new(Capped::default());
        let halt =
            server.export().fetch(&ask(), &server.call(meter.clone()), &Counting::default()).expect_err("failed");
        assert_eq!(meter.taken.load(Ordering::SeqCst), taken, "{}", fault("failed", halt));
    }
}

#[test]
fn an_answer_that_does_not_come_is_an_outage() {
    let slow = |_: usize, _: &Request| well(D::Table).set_delay(Duration::from_secs(60));
    let server = BigQuery::start(Misdeeds::from([(D::Table, Box::new(slow) as Answering)]));
    let mut call = server.call(Arc::new(Capped::default()));
    call.pace.try_within = Duration::from_millis(20);
    let halt = server.export().fetch(&ask(), &call, &Counting::default()).expect_err("late");
    assert_eq!(fault("late", halt).kind, FaultKind::Unavailable);
}

#[test]
fn a_clock_that_is_off_is_told() {
    let dated = |_: usize, _: &Request| ok(&described()).insert_header("date", "Sun, 22 Nov 2026 11:00:00 GMT");
    let server = BigQuery::start(Misdeeds::from([(Door::Table, Box::new(dated) as Answering)]));
    let call = server.call(Arc::new(Capped::default()));
    let brought = server.export().fetch(&ask(), &call, &Counting::default()).expect("brought");
    assert!(brought.notes.iter().any(|note| note.contains("3600 s off")), "{:?}", brought.notes);
}

#[test]
fn a_connection_that_breaks_is_an_outage_and_a_stopped_call_ends_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = std::thread::spawn(move || {
        for (at, stream) in listener.incoming().take(3).enumerate() {
            use std::io::{Read, Write};
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4_096]);
            // The first is closed, the others promise more than they send.
            if at > 0 {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"type\":");
            }
        }
    });
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let export = BillingExport::new(&Settings { endpoint: Some(endpoint), ..settings() }).expect("a connection");
    let call = call(&runtime, Arc::new(Capped::default()));
    let halt = export.fetch(&ask(), &call, &Counting::default()).expect_err("broken");
    assert_eq!(fault("broken", halt).kind, FaultKind::Unavailable);
    serving.join().expect("served");
    call.cancel.cancel();
    let halt = export.fetch(&ask(), &call, &Counting::default()).expect_err("stopped");
    assert_eq!(fault("stopped", halt).kind, FaultKind::Cancelled);
}
