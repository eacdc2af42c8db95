//! A connection against a local server that answers as BigQuery does, until it is told to misbehave.

mod faults;
mod login;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::query::Column;
use super::*;
use crate::domain::batch::ChargeBatch;
use crate::domain::charge::{Profile, Quantity, Terms as TermsColumn};
use crate::provider::remote::call::Unwatched;
use crate::provider::remote::pace::Pace;
use crate::provider::remote::{Meter, Unit};
use crate::provider::{Problem, Stop};

/// 2026-11-22, 10:00 UTC.
const NOW: i64 = 1_795_341_600;

/// Which of BigQuery's doors a request knocks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Door {
    Table,
    DryRun,
    Insert,
    Job,
    Answer,
}

type Answering = Box<dyn Fn(usize, &Request) -> ResponseTemplate + Send + Sync>;

/// What a server does instead of what BigQuery would, by door.
type Misdeeds = BTreeMap<Door, Answering>;

struct BigQuery {
    runtime: Runtime,
    server: MockServer,
    asked: Arc<Mutex<BTreeMap<Door, usize>>>,
}

fn door(request: &Request) -> Door {
    let path = request.url.path();
    if path.contains("/tables/") {
        Door::Table
    } else if path.contains("/queries/") {
        Door::Answer
    } else if request.method == wiremock::http::Method::GET {
        Door::Job
    } else if request.body_json::<Value>().is_ok_and(|body| body["configuration"]["dryRun"] == true) {
        Door::DryRun
    } else {
        Door::Insert
    }
}

impl BigQuery {
    fn start(misdeeds: Misdeeds) -> BigQuery {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
        let asked: Arc<Mutex<BTreeMap<Door, usize>>> = Arc::default();
        let counted = asked.clone();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let answer = move |request: &Request| {
                let door = door(request);
                let mut asked = counted.lock().expect("lock");
                let before = asked.entry(door).or_default();
                *before += 1;
                match misdeeds.get(&door) {
                    Some(misdeed) => misdeed(*before - 1, request),
                    None => well(door),
                }
            };
            Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
            server
        });
        BigQuery { runtime, server, asked }
    }

    fn export(&self) -> BillingExport {
        let mut settings = settings();
        settings.endpoint = Some(self.server.uri());
        BillingExport::new(&settings).expect("a connection")
    }

    fn call(&self, meter: Arc<dyn Meter>) -> Call {
        call(&self.runtime, meter)
    }

    fn times(&self, door: Door) -> usize {
        self.asked.lock().expect("lock").get(&door).copied().unwrap_or(0)
    }
}

fn call(runtime: &Runtime, meter: Arc<dyn Meter>) -> Call {
    let millis = Duration::from_millis;
    let pace = Pace {
        tries: 3,
        first: millis(1),
        longest: millis(2),
        patience: millis(50),
        try_within: millis(2_000),
        ..Pace::default()
    };
    let (runtime, cancel, watch) = (runtime.handle().clone(), CancellationToken::new(), Arc::new(Unwatched));
    Call { runtime, cancel, pace, meter, watch, now: NOW }
}

fn settings() -> Settings {
    let table = TableName::parse("acme-billing.billing.gcp_billing_export_v1_01AB").expect("a table");
    Settings { labels: vec!["team".to_owned()], ..Settings::new("gcp.main", "acme-jobs", table) }
}

/// A meter with a cap.
#[derive(Default)]
struct Capped {
    most: Option<u64>,
    taken: AtomicU64,
}

impl Meter for Capped {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        assert_eq!(unit, Unit::BytesScanned);
        if self.most.is_some_and(|most| self.taken.load(Ordering::SeqCst) + amount > most) {
            return Err(Fault::new(FaultKind::Capped, "no more bytes today"));
        }
        self.taken.fetch_add(amount, Ordering::SeqCst);
        Ok(())
    }

    fn give_back(&self, _: Unit, amount: u64) {
        self.taken.fetch_sub(amount, Ordering::SeqCst);
    }

    fn left(&self, _: Unit) -> Option<u64> {
        self.most
    }
}

/// Counts charges.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Sink for Counting {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        self.0.fetch_add(batch.len(), Ordering::SeqCst);
        Ok(())
    }
    fn problem(&self, _: Problem) {}
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

fn ask() -> Ask {
    let from = Day::from_ymd(2026, 11, 10).expect("a day");
    let Manner::Days(feeds) = BillingExport::new(&settings()).expect("a connection").manner() else { panic!("days") };
    Ask::Days { feed: feeds[0].clone(), days: Period { from, to: from.plus(10) } }
}

fn described() -> Value {
    let text = |name: &str| json!({ "name": name, "type": "STRING", "mode": "NULLABLE" });
    let record = |name: &str, mode: &str, names: &[&str]| json!({ "name": name, "type": "RECORD", "mode": mode, "fields": names.iter().map(|n| text(n)).collect::<Vec<_>>() });
    json!({
        "type": "TABLE", "location": "EU", "lastModifiedTime": format!("{}000", NOW - 7_200),
        "timePartitioning": { "type": "DAY" },
        "schema": { "fields": [
            text("billing_account_id"), record("service", "NULLABLE", &["id", "description"]),
            text("usage_start_time"), text("cost"), text("currency"), text("export_time"), text("cost_at_list"),
            record("labels", "REPEATED", &["key", "value"]),
            record("credits", "REPEATED", &["name", "amount", "type"]),
            record("invoice", "NULLABLE", &["month"]),
        ] },
    })
}

/// The columns that a window of [`described`] is asked with.
fn columns() -> Vec<Column> {
    let described: answers::Described = serde_json::from_value(described()).expect("a table");
    let table = Table::of(settings().table, described.schema.fields, table::Partition::Ingestion(table::Length::Day))
        .expect("a table");
    let labels = settings().labels;
    let Ask::Days { days, .. } = ask() else { panic!("days") };
    query::charges(&table, Wanted { labels: &labels, resources: false }, days, None).columns
}

fn row(day: &str, cost: &str) -> Value {
    let value = |column: &Column| match column {
        Column::Day => json!(day),
        Column::Month => json!("202611"),
        Column::Profile(Profile::BillingAccountId) => json!("01AB"),
        Column::Profile(Profile::ServiceName) => json!("BigQuery"),
        Column::Terms(TermsColumn::Currency) => json!("USD"),
        Column::Sum(Quantity::Billed | Quantity::Contracted) => json!(cost),
        _ => Value::Null,
    };
    json!({ "f": columns().iter().map(|column| json!({ "v": value(column) })).collect::<Vec<_>>() })
}

fn page(rows: Vec<Value>) -> Value {
    let fields: Vec<Value> =
        (0..columns().len()).map(|at| json!({ "name": format!("c{at}"), "type": "STRING" })).collect();
    json!({ "jobComplete": true, "schema": { "fields": fields }, "totalRows": rows.len().to_string(), "rows": rows })
}

fn whole() -> Value {
    page(vec![row("2026-11-10", "1.5"), row("2026-11-19", "2")])
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn always(body: Value) -> Answering {
    Box::new(move |_, _| ok(&body))
}

/// Who asks.
fn who() -> Answering {
    always(json!({ "jobComplete": true, "totalRows": "1", "schema": { "fields": [{ "name": "who" }] },
        "rows": [{ "f": [{ "v": "me@acme.example" }] }] }))
}

fn well(door: Door) -> ResponseTemplate {
    let answer = ok(&match door {
        Door::Table => described(),
        Door::DryRun => json!({ "statistics": { "totalBytesProcessed": "20971520" } }),
        Door::Insert => json!({ "status": { "state": "RUNNING" } }),
        Door::Job => json!({ "status": { "state": "DONE" } }),
        Door::Answer => whole(),
    });
    answer.insert_header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
}

#[test]
fn a_window_comes_home_and_its_bytes_are_metered_before_it_is_read() {
    let server = BigQuery::start(Misdeeds::new());
    let (meter, sink) = (Arc::new(Capped::default()), Counting::default());
    let brought = server.export().fetch(&ask(), &server.call(meter.clone()), &sink).expect("brought");
    assert_eq!((brought.rows, brought.pages, sink.0.into_inner()), (2, 1, 2));
    assert_eq!(meter.taken.load(Ordering::SeqCst), 20 << 20);
    assert!(brought.notes.iter().any(|note| note == "read 20.0 MiB"), "{:?}", brought.notes);
    let requests = server.runtime.block_on(server.server.received_requests()).expect("requests");
    let inserted = requests.iter().find(|r| door(r) == Door::Insert).expect("an insert");
    let body: Value = inserted.body_json().expect("JSON");
    assert_eq!(body["configuration"]["query"]["maximumBytesBilled"], MAXIMUM_BYTES.to_string());
    assert_eq!(body["jobReference"]["location"], "EU");
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
}

#[test]
fn nothing_is_run_above_a_cap() {
    let server = BigQuery::start(Misdeeds::new());
    let meter = Arc::new(Capped { most: Some(1 << 20), ..Capped::default() });
    let halt = server.export().fetch(&ask(), &server.call(meter), &Counting::default()).expect_err("capped");
    assert!(matches!(halt, Halt::Fault(fault) if fault.kind == FaultKind::Capped));
    let mut settings = settings();
    (settings.endpoint, settings.maximum_bytes) = (Some(server.server.uri()), 15 << 20);
    let export = BillingExport::new(&settings).expect("a connection");
    let halt = export.fetch(&ask(), &server.call(Arc::new(Capped::default())), &Counting::default());
    let Err(Halt::Fault(fault)) = halt else { panic!("capped") };
    assert_eq!(fault.message, "a query would read 20.0 MiB, and may read 15.0 MiB");
    assert_eq!(fault.hints, ["raise `scan_gib_per_query` in [gcp.main]"]);
    assert_eq!(server.times(Door::Insert), 0);
}

#[test]
fn an_answer_from_the_cache_costs_nothing() {
    let mut cached = whole();
    cached["cacheHit"] = json!(true);
    let server = BigQuery::start(Misdeeds::from([(Door::Answer, always(cached))]));
    let meter = Arc::new(Capped::default());
    server.export().fetch(&ask(), &server.call(meter.clone()), &Counting::default()).expect("brought");
    assert_eq!(meter.taken.load(Ordering::SeqCst), 0);
}

/// What a request to insert a job asks.
fn asked(request: &Request) -> (String, Value) {
    let body: Value = request.body_json().expect("JSON");
    let query = &body["configuration"]["query"];
    (query["query"].as_str().expect("SQL").to_owned(), query["queryParameters"].clone())
}

#[test]
fn of_a_past_window_only_the_partitions_are_read_that_hold_it() {
    // Gibibytes: of all partitions since, of two columns of them, of those that hold the window.
    let sizes = |_: usize, request: &Request| {
        let (sql, parameters) = asked(request);
        let closed = parameters.to_string().contains("loaded_to");
        let gibibytes: u64 = if sql.contains("MAX(_PARTITIONTIME)") {
            1
        } else if closed {
            4
        } else {
            90
        };
        ok(&json!({ "statistics": { "query": { "totalBytesProcessed": (gibibytes << 30).to_string() } } }))
    };
    let last = json!({ "jobComplete": true, "totalRows": "1", "schema": { "fields": [{ "name": "last" }] },
        "rows": [{ "f": [{ "v": "2026-11-23" }] }] });
    let pages = move |before: usize, _: &Request| ok(&if before == 0 { last.clone() } else { whole() });
    let server = BigQuery::start(Misdeeds::from([
        (Door::DryRun, Box::new(sizes) as Answering),
        (Door::Answer, Box::new(pages) as Answering),
    ]));
    let meter = Arc::new(Capped::default());
    let mut call = server.call(meter.clone());
    call.now += 100 * DAY_SECONDS;
    let brought = server.export().fetch(&ask(), &call, &Counting::default()).expect("brought");
    assert_eq!((brought.rows, meter.taken.load(Ordering::SeqCst)), (2, 5 << 30));
    let requests = server.runtime.block_on(server.server.received_requests()).expect("requests");
    let inserted: Vec<Value> = requests.iter().filter(|r| door(r) == Door::Insert).map(|r| asked(r).1).collect();
    let until = inserted[1].as_array().expect("parameters").iter().find(|p| p["name"] == "loaded_to");
    assert_eq!(until.expect("a last partition")["parameterValue"]["value"], "2026-11-24T00:00:00Z");
}

#[test]
fn a_look_tells_changed_days_and_a_mark_to_look_from() {
    let changes = json!({
        "jobComplete": true, "totalRows": "2", "schema": { "fields": [{ "name": "day" }, { "name": "newest" }] },
        "rows": [{ "f": [{ "v": "2026-11-20" }, { "v": "1795330000000000" }] },
                 { "f": [{ "v": "2026-11-02" }, { "v": "1795320000000000" }] }],
    });
    let server = BigQuery::start(Misdeeds::from([(Door::Answer, always(changes))]));
    let call = server.call(Arc::new(Capped::default()));
    let found = server.export().look(Some("1795300000000000"), &call).expect("found");
    let days = [20, 2].map(|day| Day::from_ymd(2026, 11, day).expect("a day"));
    assert_eq!(found, Found::Changed { days: days.into(), mark: "1795330000000000".into() });
    let requests = server.runtime.block_on(server.server.received_requests()).expect("requests");
    let inserted = requests.iter().find(|r| door(r) == Door::Insert).expect("an insert");
    let since = inserted.body_json::<Value>().expect("JSON")["configuration"]["query"]["queryParameters"][0].clone();
    // Six hours before the mark.
    assert_eq!(since["parameterValue"]["value"], "2026-11-21T16:26:40Z");
}

#[test]
fn a_row_from_the_future_does_not_hide_those_that_come_before_it() {
    let changes = json!({
        "jobComplete": true, "totalRows": "1", "schema": { "fields": [{ "name": "day" }, { "name": "newest" }] },
        "rows": [{ "f": [{ "v": "2026-11-20" }, { "v": "1795999999000000" }] }],
    });
    let server = BigQuery::start(Misdeeds::from([(Door::Answer, always(changes))]));
    let call = server.call(Arc::new(Capped::default()));
    let Found::Changed { mark, .. } = server.export().look(Some("1795999999000000"), &call).expect("found") else {
        panic!("days")
    };
    assert_eq!(mark, format!("{NOW}000000"));
    let requests = server.runtime.block_on(server.server.received_requests()).expect("requests");
    let inserted = requests.iter().find(|r| door(r) == Door::Insert).expect("an insert");
    let (_, parameters) = asked(inserted);
    assert_eq!(parameters[0]["parameterValue"]["value"], "2026-11-22T04:00:00Z", "six hours before now");
}

#[test]
fn each_thing_is_checked_by_its_name() {
    let server = BigQuery::start(Misdeeds::from([(Door::Answer, who())]));
    let checks = server.export().check(&server.call(Arc::new(Capped::default())));
    let names: Vec<&str> = checks.iter().map(|check| check.what.as_str()).collect();
    assert_eq!(names, ["bigquery.jobs.create", "bigquery.tables.get", "table", "freshness", "bigquery.tables.getData"]);
    assert!(checks.iter().all(|check| check.finding == crate::provider::remote::Finding::Good), "{checks:?}");
    assert_eq!(checks[0].detail, "me@acme.example in acme-jobs");
    assert_eq!(checks[3].detail, "last changed 2 h ago");
    let cost =
        "a sync reads 40.0 MiB, a month of 120 syncs 4.6 GiB: 0.02 USD, within the first tebibyte, which is free";
    assert_eq!(checks[4].detail, cost);
}

#[test]
fn a_view_does_not_tell_when_its_rows_changed() {
    for kind in ["VIEW", "MATERIALIZED_VIEW"] {
        let mut view = described();
        view["type"] = json!(kind);
        view["lastModifiedTime"] = json!("1600000000000");
        let server = BigQuery::start(Misdeeds::from([(Door::Answer, who()), (Door::Table, always(view))]));
        let checks = server.export().check(&server.call(Arc::new(Capped::default())));
        let fresh = checks.iter().find(|check| check.what == "freshness").expect("a check");
        assert_eq!(fresh.finding, crate::provider::remote::Finding::Untried, "{fresh:?}");
    }
}

#[test]
fn a_table_without_credits_is_told() {
    let said = "the table has no `credits`: costs are before credits";
    let export = BillingExport::new(&settings()).expect("a connection");
    let told = |without: &str| {
        let mut described: answers::Described = serde_json::from_value(described()).expect("a table");
        described.schema.fields.retain(|field| field.name != without);
        let table = Table::of(settings().table, described.schema.fields, table::Partition::None).expect("a table");
        export.notes(&table, None).iter().any(|note| note == said)
    };
    assert_eq!((told("credits"), told("labels")), (true, false));
}
