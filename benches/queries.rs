//! How long questions take in a process that has the store open: what the tabs ask, and scans.
//!
//! `SPENDTOP_BENCH_STORE=~/.local/share/spendtop cargo bench --bench queries`

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]

mod small;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use divan::Bencher;
use spendtop::config::Settle;
use spendtop::domain::calendar::{Day, Granularity};
use spendtop::domain::dimension::Dimension;
use spendtop::domain::lens::Lens;
use spendtop::domain::period::PeriodSpec;
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Among, Cancel, Engine, Query, Question, Sort};
use spendtop::store::Store;

struct Opened {
    engine: LocalEngine,
    as_of: Day,
    _temporary: Option<tempfile::TempDir>,
}

fn opened() -> &'static Opened {
    static OPENED: OnceLock<Opened> = OnceLock::new();
    OPENED.get_or_init(|| {
        let given = small::given("SPENDTOP_BENCH_STORE", "a folder that `spendtop --data-dir` has imported into");
        let temporary = given.is_none().then(|| tempfile::tempdir().expect("a folder"));
        let place = given.unwrap_or_else(|| {
            let folder = temporary.as_ref().expect("made above").path();
            let (file, place) = (folder.join("small.csv"), folder.join("store"));
            small::write(&file, 200_000);
            small::import(&file, &place, 2);
            place
        });
        let before = Instant::now();
        let store = Store::open(&place, &small::tag_keys()).expect("the store");
        eprintln!("opened in {:.1} ms", before.elapsed().as_secs_f64() * 1e3);
        let settle = Settle { aws: 2, azure: 2, gcp: 3, other: 1 };
        let engine = LocalEngine::new(Arc::new(store), settle, false);
        let last = engine.extent().expect("the extent").days.map(|(_, last)| last);
        Opened { engine, as_of: last.expect("the store has charges"), _temporary: temporary }
    })
}

fn ask(bencher: Bencher<'_, '_>, question: &Question) {
    let opened = opened();
    bencher.bench_local(|| opened.engine.ask(question, opened.as_of, &Cancel::default()).expect("an answer"));
}

fn question(by: &[&str], period: &str, granularity: Option<Granularity>) -> Question {
    let as_of = opened().as_of;
    let by = by.iter().map(|word| Dimension::parse(word).expect("a dimension")).collect();
    let period = PeriodSpec::parse(period, as_of).expect("a period");
    let lens = Lens { by, period, comparison: spendtop::domain::period::Comparison::None, ..Lens::default() };
    Question::Query(Query { lens, granularity, sort: Sort::Cost, limit: Some(50) })
}

fn query(bencher: Bencher<'_, '_>, by: &[&str], period: &str, granularity: Option<Granularity>) {
    ask(bencher, &question(by, period, granularity));
}

#[divan::bench]
fn tab_spend(bencher: Bencher<'_, '_>) {
    ask(bencher, &Question::Spend(Lens::default()));
}

#[divan::bench]
fn tab_breakdown(bencher: Bencher<'_, '_>) {
    ask(bencher, &Question::Breakdown { lens: Lens::default(), limit: None, pieces: None });
}

#[divan::bench(args = ["service", "account", "region"], sample_count = 20)]
fn by_day(bencher: Bencher<'_, '_>, dimension: &str) {
    query(bencher, &[dimension], "90d", Some(Granularity::Day));
}

/// What looks at single charges of whatever the lens looks at: name, and the question.
fn looks(as_of: Day) -> [(&'static str, Question); 7] {
    let by = [Dimension::Service, Dimension::SubAccount].to_vec();
    let period = PeriodSpec::Range(as_of.month().period());
    let all = Lens { by, period, ..Lens::default() };
    let parse = |text| spendtop::domain::filter::Filter::parse(text, &[]).expect(text);
    let one = Lens { filter: parse("service:ec2 region:us-east-1"), ..all.clone() };
    let page = spendtop::engine::Page { limit: 50, ..Default::default() };
    [
        ("drivers", Question::Drivers { lens: all.clone(), among: Among::Costliest(5_000) }),
        ("drivers_of_one", Question::Drivers { lens: one.clone(), among: Among::Costliest(5_000) }),
        ("detail_of_one", Question::Detail(one)),
        ("items_of_all", Question::LineItems { lens: all.clone(), page }),
        ("detail_of_all", Question::Detail(all.clone())),
        ("tag_hygiene", Question::TagHygiene(all.clone())),
        ("spend_details", Question::SpendDetails { lens: all, resources: 50 }),
    ]
}

#[divan::bench(args = [0, 1, 2, 3, 4, 5, 6], sample_count = 5)]
fn look(bencher: Bencher<'_, '_>, which: usize) {
    ask(bencher, &looks(opened().as_of)[which].1);
}

/// What pickers and completion ask.
#[divan::bench]
fn tag_keys(bencher: Bencher<'_, '_>) {
    ask(bencher, &Question::TagKeys(Lens::default()));
}

#[divan::bench]
fn values_of_services(bencher: Bencher<'_, '_>) {
    let lens = Lens { period: PeriodSpec::LastDays(90), ..Lens::default() };
    ask(bencher, &Question::Values { dimension: Dimension::Service, lens, limit: 50 });
}

/// What no rollup has: name, dimensions, period, granularity.
const SCANS: [(&str, &[&str], &str, Option<Granularity>); 3] = [
    ("top_resources", &["resource"], "30d", None),
    ("tag_by_day", &["tag:environment"], "90d", Some(Granularity::Day)),
    ("four_dimensions", &["service", "region", "account", "charge_category"], "90d", None),
];

#[divan::bench(args = [0, 1, 2], sample_count = 5)]
fn scan(bencher: Bencher<'_, '_>, which: usize) {
    let (_, by, period, granularity) = SCANS[which];
    query(bencher, by, period, granularity);
}

/// Processor seconds of this process so far, all threads, user and system.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

fn status(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(field));
    line.map_or_else(|| "n/a".to_owned(), |l| l.trim_start_matches(':').trim().to_owned())
}

fn main() {
    let Opened { engine, as_of, .. } = opened();
    for question in
        [Question::Spend(Lens::default()), Question::Breakdown { lens: Lens::default(), limit: None, pieces: None }]
    {
        let before = Instant::now();
        engine.ask(&question, *as_of, &Cancel::default()).expect("an answer");
        eprintln!("first answer in {:.1} ms", before.elapsed().as_secs_f64() * 1e3);
    }
    eprintln!("resident after opening and both tabs: {}", status("VmRSS"));
    let scans = SCANS.map(|(name, by, period, granularity)| (name, question(by, period, granularity)));
    for (name, question) in scans.into_iter().chain(looks(*as_of)) {
        let answer = || engine.ask(&question, *as_of, &Cancel::default()).expect("an answer");
        answer();
        let before = cpu();
        (0..10).for_each(|_| drop(answer()));
        eprintln!("{name}: {:.2} s of CPU", (cpu() - before) / 10.0);
    }
    divan::main();
    eprintln!("resident at most: {}", status("VmHWM"));
}
