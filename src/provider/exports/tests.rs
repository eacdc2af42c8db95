//! Layouts as clouds write them, in an object store in memory, and what may go wrong on the way.

mod manifests;
#[cfg(feature = "aws")]
mod wired;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use tokio_util::sync::CancellationToken;

use super::check::Remedy;
use super::layout::{Arranged, Entry, arrange};
use super::{Exports, Settings};
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Day;
use crate::provider::remote::call::{Unmetered, Unwatched};
use crate::provider::remote::pace::Pace;
use crate::provider::remote::{Ask, Call, Costs, Delivery, Fault, FaultKind, Finding, Found, Halt, Meter, Unit};
use crate::provider::testing::{Each, nowhere};
use crate::provider::{Sink, Stop};

const HEADER: &str = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ResourceId";

fn bill(rows: usize) -> String {
    let row = |i| format!("\n1.5,2026-11-01,2026-11-02,USD,AWS,r-{i}");
    format!("{HEADER}{}\n", (0..rows).map(row).collect::<String>())
}

/// A store with an export in it, and what it is read with.
struct Bench {
    store: Arc<InMemory>,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    cancel: CancellationToken,
}

impl Bench {
    fn new() -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Bench {
            store: Arc::new(InMemory::new()),
            folder: tempfile::tempdir().expect("folder"),
            runtime: runtime.expect("runtime"),
            cancel: CancellationToken::new(),
        }
    }

    fn put(&self, key: &str, content: &str) {
        put(&self.store, key, content);
    }

    /// When an object was written, seconds since 1970.
    fn modified(&self, key: &str) -> i64 {
        let path = Path::from(key);
        let head = self.store.head(&path).now_or_never().expect("memory does not wait").expect("an object");
        head.last_modified.timestamp()
    }

    fn exports(&self, prefix: &str) -> Exports {
        self.of(self.store.clone(), prefix)
    }

    fn of(&self, store: Arc<dyn object_store::ObjectStore>, prefix: &str) -> Exports {
        let remedy = Remedy { list: "s3:ListBucket".into(), get: "s3:GetObject".into(), grant: "POLICY".into() };
        let settings = Settings {
            source: "aws.prod".into(),
            provider: "AWS",
            location: "s3://bills".into(),
            prefix: prefix.into(),
            folder: self.folder.path().to_owned(),
            threads: 1,
            every: 3_600,
            months: 13,
            remedy,
        };
        Exports::new(store, settings).expect("a prefix")
    }

    fn call(&self) -> Call {
        Call {
            runtime: self.runtime.handle().clone(),
            cancel: self.cancel.clone(),
            pace: Pace { tries: 2, first: Duration::from_millis(1), ..Pace::default() },
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: Day::parse("2026-11-22").expect("day").seconds(),
        }
    }

    fn look(&self, prefix: &str) -> Result<Vec<Delivery>, Fault> {
        self.lying(prefix).map(|(whole, _)| whole)
    }

    /// What is whole, and the names of what is not.
    fn lying(&self, prefix: &str) -> Result<(Vec<Delivery>, Vec<String>), Fault> {
        match self.exports(prefix).look(None, &self.call())? {
            Found::Deliveries { whole, broken, .. } => Ok((whole, broken.into_iter().map(|(name, _)| name).collect())),
            other => panic!("{other:?}"),
        }
    }

    fn fetch(&self, prefix: &str, delivery: &Delivery, sink: &dyn Sink) -> Result<u64, Halt> {
        let brought = self.exports(prefix).fetch(&Ask::Delivery(delivery.clone()), &self.call(), sink);
        let left = std::fs::read_dir(self.folder.path()).expect("folder").count();
        assert_eq!(left, 0, "files are left behind");
        brought.map(|brought| brought.rows)
    }
}

fn put(store: &InMemory, key: &str, content: &str) {
    let path = Path::from(key);
    let put = store.put(&path, content.to_owned().into());
    put.now_or_never().expect("memory does not wait").expect("put");
}

fn remove(store: &InMemory, key: &str) {
    store.delete(&Path::from(key)).now_or_never().expect("memory does not wait").expect("deleted");
}

/// Does something when the first charges come.
fn at_first<'a>(act: impl FnOnce() + Send + 'a) -> impl Sink + 'a {
    let act = Mutex::new(Some(act));
    Each(move |_: &ChargeBatch| {
        if let Some(act) = act.lock().expect("lock").take() {
            act();
        }
    })
}

/// Counts requests.
#[derive(Default)]
struct Requests(AtomicU64);

impl Meter for Requests {
    fn take(&self, _: Unit, amount: u64) -> Result<(), Fault> {
        self.0.fetch_add(amount, Ordering::Relaxed);
        Ok(())
    }
    fn give_back(&self, _: Unit, _: u64) {}
    fn left(&self, _: Unit) -> Option<u64> {
        None
    }
}

fn names(deliveries: &[Delivery]) -> Vec<(&str, Vec<&str>)> {
    deliveries
        .iter()
        .map(|d| (d.name.as_str(), d.files.iter().map(|f| f.name.rsplit('/').next().expect("name")).collect()))
        .collect()
}

const MANIFEST: &str = "ex/focus/metadata/BILLING_PERIOD=2026-11";
const DATA: &str = "ex/focus/data/BILLING_PERIOD=2026-11";

fn data_exports_manifest(run: &str, files: &[&str]) -> String {
    let files: Vec<String> = files.iter().map(|file| format!("\"s3://bills/{file}\"")).collect();
    format!("{{\"executionId\":\"{run}\",\"dataFiles\":[{}]}}", files.join(","))
}

#[test]
fn an_overwritten_data_export_is_brought_once_a_run() {
    let bench = Bench::new();
    let file = format!("{DATA}/focus-00001.csv");
    bench.put(&file, &bill(3));
    bench.put("ex/focus/data/BILLING_PERIOD=2026-10/focus-00001.csv", &bill(2));
    bench.put(&format!("{MANIFEST}/focus-Manifest.json"), &data_exports_manifest("run-1", &[&file]));
    let deliveries = bench.look("ex/focus").expect("look");
    assert_eq!(names(&deliveries), [("2026-10", vec!["focus-00001.csv"]), ("2026-11", vec!["focus-00001.csv"])]);
    assert_eq!((deliveries[1].version.as_str(), deliveries[1].files[0].bytes), ("run-1", Some(bill(3).len() as u64)));
    assert_eq!(deliveries[1].billing_period.map(|m| m.to_string()).as_deref(), Some("2026-11"));
    assert_eq!(bench.fetch("ex/focus", &deliveries[1], &nowhere()).expect("brought"), 3);
    assert_eq!(bench.look("ex/focus").expect("look"), deliveries, "nothing has changed");
    bench.put(&file, &bill(4));
    bench.put(&format!("{MANIFEST}/focus-Manifest.json"), &data_exports_manifest("run-2", &[&file]));
    let again = bench.look("ex/focus").expect("look");
    assert_eq!((again[0].version == deliveries[0].version, again[1].version.as_str()), (true, "run-2"));
    // What was looked at before is no longer there.
    let halt = bench.fetch("ex/focus", &deliveries[1], &nowhere()).expect_err("another run");
    assert!(matches!(halt, Halt::Fault(fault) if fault.kind == FaultKind::NotThere));
}

#[test]
fn a_run_that_is_being_written_is_passed_over_for_the_one_before_it() {
    let bench = Bench::new();
    let (first, second) = (format!("{DATA}/r1/focus-00001.csv"), format!("{DATA}/r2/focus-00001.csv"));
    let missing = format!("{DATA}/r2/focus-00002.csv");
    bench.put(&first, &bill(1));
    bench.put(&format!("{MANIFEST}/r1/focus-Manifest.json"), &data_exports_manifest("r1", &[&first]));
    bench.put(&second, &bill(2));
    bench.put(&format!("{MANIFEST}/r2/focus-Manifest.json"), &data_exports_manifest("r2", &[&second, &missing]));
    assert_eq!(bench.look("ex/focus").expect("look")[0].version, "r1");
    bench.put(&missing, &bill(2));
    let deliveries = bench.look("ex/focus").expect("look");
    assert_eq!((deliveries[0].version.as_str(), deliveries[0].files.len()), ("r2", 2));
    // Only half of a run is there, and no other.
    remove(&bench.store, &format!("{MANIFEST}/r1/focus-Manifest.json"));
    remove(&bench.store, &missing);
    let fault = bench.look("ex/focus").expect_err("half written");
    assert!(fault.kind == FaultKind::NotThere && fault.message.contains("2026-11"), "{fault}");
    let halt = bench.fetch("ex/focus", &deliveries[0], &nowhere()).expect_err("half written");
    assert!(matches!(halt, Halt::Fault(fault) if fault.kind == FaultKind::NotThere));
    // A manifest that is cut off is none.
    bench.put(&format!("{MANIFEST}/r2/focus-Manifest.json"), "{\"executionId\":");
    assert_eq!(bench.look("ex/focus").expect_err("cut off").kind, FaultKind::NotThere);
}

#[test]
fn what_is_overwritten_while_it_is_read_is_not_taken() {
    let bench = Bench::new();
    let (one, two) = (format!("{DATA}/focus-00001.csv"), format!("{DATA}/focus-00002.csv"));
    bench.put(&one, &bill(1));
    bench.put(&two, &bill(3));
    let deliveries = bench.look("ex/focus").expect("look");
    for (key, content) in [(&two, bill(2)), (&one, bill(1))] {
        let store = bench.store.clone();
        let sink = at_first(move || put(&store, key, &content));
        let halt = bench.fetch("ex/focus", &deliveries[0], &sink).expect_err("overwritten");
        assert!(matches!(&halt, Halt::Fault(fault) if fault.kind == FaultKind::NotThere), "{halt:?}");
        bench.put(&two, &bill(3));
    }
    bench.cancel.cancel();
    let halt = bench.fetch("ex/focus", &deliveries[0], &nowhere()).expect_err("cancelled");
    assert!(matches!(halt, Halt::Fault(fault) if fault.kind == FaultKind::Cancelled));
}

#[test]
fn legacy_reports_and_azures_exports_are_found_by_their_manifests() {
    let bench = Bench::new();
    let report = "cur/r/20261101-20261201";
    bench.put("cur/r/r/year=2026/month=11/r-00001.csv", &bill(2));
    let told = r#"{"assemblyId":"a1","reportKeys":["cur/r/r/year=2026/month=11/r-00001.csv"],"bucket":"bills"}"#;
    bench.put(&format!("{report}/r-Manifest.json"), told);
    bench.put(&format!("{report}/a1/r-Manifest.json"), told);
    let deliveries = bench.look("cur/r").expect("look");
    assert_eq!(names(&deliveries), [("2026-11", vec!["r-00001.csv"])]);
    assert_eq!(deliveries[0].version, "a1");
    assert_eq!(bench.fetch("cur/r", &deliveries[0], &nowhere()).expect("brought"), 2);
    let month = "az/focus/20261101-20261130";
    for (run, rows) in [("11111111-aaaa", 1), ("22222222-bbbb", 2)] {
        bench.put(&format!("{month}/{run}/part_0_0001.csv"), &bill(rows));
        let blob = format!("focus/20261101-20261130/{run}/part_0_0001.csv");
        let told = format!("\u{feff}{{\"blobs\":[{{\"blobName\":\"{blob}\"}}],\"runInfo\":{{\"runId\":\"{run}\"}}}}");
        bench.put(&format!("{month}/{run}/manifest.json"), &told);
    }
    let deliveries = bench.look("az/focus").expect("look");
    assert_eq!((deliveries.len(), deliveries[0].version.as_str()), (1, "22222222-bbbb"));
    assert_eq!(bench.fetch("az/focus", &deliveries[0], &nowhere()).expect("brought"), 2);
}

#[test]
fn without_manifests_each_file_of_a_folder_counts_and_several_exports_are_refused() {
    let bench = Bench::new();
    bench.put("plain/a.csv", &bill(1));
    bench.put("plain/deep/b.csv", &bill(2));
    bench.put("plain/readme.txt", "x");
    bench.put("plain/empty.csv", "");
    let deliveries = bench.look("plain").expect("look");
    assert_eq!(deliveries.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["plain/a.csv", "plain/deep/b.csv"]);
    assert_eq!(bench.fetch("plain", &deliveries[1], &nowhere()).expect("brought"), 2);
    assert_eq!(bench.look("nothing").expect_err("empty").kind, FaultKind::NotThere);
    bench.put("two/actual/20261101-20261130/part_0_0001.csv", &bill(1));
    bench.put("two/amortized/20261101-20261130/part_0_0001.csv", &bill(1));
    let fault = bench.look("two").expect_err("two exports");
    assert!(fault.kind == FaultKind::Refused && fault.message.contains("`two/amortized`"), "{fault}");
    bench.put("daily/20261105-20261105/part_0_0001.csv", &bill(1));
    assert!(bench.look("daily").expect_err("days").hints[0].contains("month to date"));
}

#[test]
fn pieces_of_a_bill_are_one_delivery_and_one_that_is_missing_is_told() {
    let bench = Bench::new();
    for (at, piece) in ["x-000000000000.csv", "x-000000000001.csv", "x-000000000002.csv", "y.csv"].iter().enumerate() {
        bench.put(&format!("bq/{piece}"), &bill(at + 1));
    }
    let (whole, broken) = bench.lying("bq").expect("look");
    assert_eq!(
        (whole.iter().map(|d| (d.name.as_str(), d.files.len())).collect::<Vec<_>>(), broken.len()),
        (vec![("bq/x-*.csv", 3), ("bq/y.csv", 1)], 0)
    );
    assert_eq!(bench.fetch("bq", &whole[0], &nowhere()).expect("brought"), 6);
    remove(&bench.store, "bq/x-000000000001.csv");
    let (whole, broken) = bench.lying("bq").expect("look");
    assert_eq!((names(&whole), broken), (vec![("bq/y.csv", vec!["y.csv"])], vec!["bq/x-*.csv".to_owned()]));
}

#[test]
fn a_month_that_names_files_that_are_gone_is_told_beside_those_that_are_whole() {
    let bench = Bench::new();
    bench.put("ex/focus/data/BILLING_PERIOD=2026-10/focus-00001.csv", &bill(2));
    bench.put(
        &format!("{MANIFEST}/focus-Manifest.json"),
        &data_exports_manifest("run-1", &[&format!("{DATA}/gone.csv")]),
    );
    let (whole, broken) = bench.lying("ex/focus").expect("look");
    assert_eq!((names(&whole), broken), (vec![("2026-10", vec!["focus-00001.csv"])], vec!["2026-11".to_owned()]));
}

#[test]
fn a_manifest_is_read_once_as_long_as_it_is_not_another() {
    let bench = Bench::new();
    let file = format!("{DATA}/focus-00001.csv");
    bench.put(&file, &bill(3));
    let manifest =
        |run: &str| bench.put(&format!("{MANIFEST}/focus-Manifest.json"), &data_exports_manifest(run, &[&file]));
    manifest("run-1");
    let (exports, requests) = (bench.exports("ex/focus"), Arc::new(Requests::default()));
    let look = || {
        let call = Call { meter: requests.clone(), ..bench.call() };
        let found = exports.look(None, &call).expect("look");
        let Found::Deliveries { whole, .. } = found else { panic!("{found:?}") };
        (whole[0].version.clone(), requests.0.swap(0, Ordering::Relaxed))
    };
    assert_eq!(look(), ("run-1".into(), 2));
    assert_eq!(look(), ("run-1".into(), 1));
    manifest("run-2");
    assert_eq!(look(), ("run-2".into(), 2));
}

#[test]
fn of_months_without_manifests_the_newest_run_counts() {
    let entry = |key: &str, modified| Entry { key: key.into(), bytes: 1, tag: "t".into(), modified };
    let runs = |entries: &[Entry]| match arrange(entries).expect("arranged") {
        Arranged::Months(months) => super::layout::run_without(months.values().next().expect("month")).expect("run"),
        Arranged::Files(files) => panic!("{files:?}"),
    };
    let keys = |entries: &[Entry]| runs(entries).files.into_iter().map(|f| f.key).collect::<Vec<_>>();
    let at = "x/20261101-20261130";
    // Numbered files of a folder are one run; others are a run each.
    let parts = [entry(&format!("{at}/r1/part_0_0001.csv"), 9), entry(&format!("{at}/r2/part_0_0001.csv"), 10)];
    assert_eq!(keys(&parts), [format!("{at}/r2/part_0_0001.csv")]);
    let files = [entry(&format!("{at}/x_00c1e4f1-a.csv"), 2), entry(&format!("{at}/x_00c1e4f1-b.csv"), 3)];
    assert_eq!(keys(&files), [format!("{at}/x_00c1e4f1-b.csv")]);
    for chunks in [["x-00001.csv.gz", "x-00002.csv.gz"], ["x-000000000000.csv.gz", "x-000000000001.csv.gz"]] {
        assert_eq!(keys(&chunks.map(|name| entry(&format!("{at}/{name}"), 3))).len(), 2);
    }
    let days = [entry(&format!("{at}/x-20261101.csv"), 3), entry(&format!("{at}/x-20261102.csv"), 4)];
    assert_eq!(keys(&days), [days[1].key.clone()]);
}

#[test]
fn of_runs_that_were_copied_in_another_order_the_one_that_began_last_counts() {
    let bench = Bench::new();
    for run in ["2026-11-20T03:12:45.000Z-b", "2026-11-19T03:10:01.000Z-a"] {
        let file = format!("{DATA}/{run}/focus-00001.csv");
        bench.put(&file, &bill(2));
        bench.put(&format!("{MANIFEST}/{run}/focus-Manifest.json"), &data_exports_manifest(run, &[&file]));
    }
    assert_eq!(bench.look("ex/focus").expect("look")[0].version, "2026-11-20T03:12:45.000Z-b");
    for run in ["202611200312", "202611190310"] {
        let folder = format!("az/x/20261101-20261130/{run}/1f2e");
        bench.put(&format!("{folder}/part_0_0001.csv"), &bill(2));
    }
    let deliveries = bench.look("az/x").expect("look");
    assert!(deliveries[0].files[0].name.contains("/202611200312/"), "{deliveries:?}");
}

#[test]
fn of_azures_runs_that_were_copied_the_one_that_began_last_counts_and_one_without_a_name_is_told_by_its_files() {
    let bench = Bench::new();
    let run = |folder: &str, id: &str, submitted: &str, rows: usize| {
        let file = format!("{folder}/part_0_0001.csv");
        bench.put(&file, &bill(rows));
        let manifest = serde_json::json!({
            "runInfo": { "runId": id, "submittedTime": submitted }, "blobs": [{ "blobName": file }],
        });
        bench.put(&format!("{folder}/manifest.json"), &manifest.to_string());
        file
    };
    let month = "a/focus/20261101-20261130";
    run(&format!("{month}/2222"), "2222", "2026-11-19T01:00:00.1234567Z", 1);
    let last = run(&format!("{month}/0000"), "0000", "2026-11-21T01:00:00.1234567Z", 2);
    run(&format!("{month}/1111"), "1111", "2026-11-20T01:00:00.1234567Z", 3);
    let found = bench.look("a").expect("deliveries").remove(0);
    assert!(found.version == "0000" && found.files[0].name.ends_with(&last), "{found:?}");

    run("b/focus/20261101-20261130", "", "2026-11-21T01:00:00Z", 1);
    let before = bench.look("b").expect("deliveries").remove(0).version;
    run("b/focus/20261101-20261130", "", "2026-11-21T01:00:00Z", 2);
    let after = bench.look("b").expect("deliveries").remove(0).version;
    assert!(!before.is_empty() && before != after, "{before} {after}");
}

#[test]
fn permissions_are_tried_by_name() {
    let bench = Bench::new();
    let exports = bench.exports("ex");
    let found = |checks: Vec<crate::provider::remote::Check>| {
        checks.into_iter().map(|check| (check.what, check.finding)).collect::<Vec<_>>()
    };
    let (list, get) = ("s3:ListBucket".to_owned(), "s3:GetObject".to_owned());
    let nothing =
        vec![(list.clone(), Finding::Good), (get.clone(), Finding::Untried), ("export".to_owned(), Finding::Missing)];
    assert_eq!(found(exports.check(&bench.call())), nothing);
    bench.put("ex/a.csv", &bill(1));
    assert_eq!(found(exports.check(&bench.call())), [(list, Finding::Good), (get, Finding::Good)]);
    assert_eq!(exports.scope().title, "s3://bills/ex");
}

#[test]
fn a_file_is_held_for_its_owner_alone_and_a_broken_one_commits_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.put("ex/a.csv", &bill(1));
    let deliveries = bench.look("ex").expect("look");
    let folder = bench.folder.path().to_owned();
    let look = move || {
        let modes: Vec<u32> = std::fs::read_dir(&folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").metadata().expect("file").permissions().mode() & 0o777)
            .collect();
        assert_eq!(modes, [0o600]);
    };
    let sink = at_first(look);
    assert_eq!(bench.fetch("ex", &deliveries[0], &sink).expect("brought"), 1);
    bench.put("ex/b.csv", &format!("{HEADER}\n1,\"2026-11-01"));
    let broken = &bench.look("ex").expect("look")[1];
    let halt = bench.fetch("ex", broken, &nowhere()).expect_err("broken");
    let Halt::Stopped(Stop::Failed(error)) = halt else { panic!("{halt:?}") };
    assert!(error.message.starts_with("`s3://bills/ex/b.csv`: ") && error.message.contains("never closed"), "{error}");
}

#[test]
fn an_object_stores_words_are_not_repeated_where_they_may_hold_a_signature() {
    let signed = "error sending request for url (https://bills.s3.amazonaws.com/a?X-Amz-Signature=canary)";
    let error = object_store::Error::Generic { store: "S3", source: signed.into() };
    let fault = super::shelf::fault("s3://bills/a", &error);
    assert!(fault.kind == FaultKind::Unavailable && !fault.message.contains("canary"), "{fault}");
    let slow = object_store::Error::Generic {
        store: "S3",
        source: "Server returned non-2xx status code: 503 Slow Down: <Error>canary</Error>".into(),
    };
    let fault = super::shelf::fault("s3://bills/a", &slow);
    assert!(fault.kind == FaultKind::Throttled && !fault.message.contains("canary"), "{fault}");
    let passed = super::shelf::Passed(Fault::new(FaultKind::Expired, "log in"));
    let error = object_store::Error::Generic { store: "S3", source: Box::new(passed) };
    assert_eq!(super::shelf::fault("a", &error), Fault::new(FaultKind::Expired, "log in"));
}
