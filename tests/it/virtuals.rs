//! Virtual dimensions: every charge has one owner whichever way it is added up, and what owners
//! share comes to the whole, to the last digit.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use spendtop::cli::fill_with_demo_days;
use spendtop::config::{self, Config};
use spendtop::domain::calendar::{Day, Granularity};
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::numbers::Total;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::aggregate::aggregate;
use spendtop::engine::answer::{BreakdownAnswer, NoticeKind, QueryAnswer};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::query::request;
use spendtop::engine::table::{Key, Table};
use spendtop::engine::{Answer, Cancel, Engine, Query, Question, Sort, scan};
use spendtop::store::Store;
use spendtop::sync::undo;

use crate::support::{amount, check_sound, import, tag_keys, write};

const CONFIG: &str = r#"
    [dimensions.team]
    tags = ["team", "owner"]
    aliases = { storefront = ["web", "Web Shop"] }
    accounts = { "559120837746" = "ml", "prod-core" = "core", "nimbus-analytics-prod" = "data" }
    shared = { platform = "proportional", logistics = "even", "(none)" = { core = 33.3, data = 66.7 } }
    [dimensions.stage]
    tags = ["env"]
    accounts = { staging = "staging", sandbox = "dev" }
    [dimensions.payer-team]
    accounts = { "prod-api" = "web" }
"#;

fn config() -> Config {
    config::parse(CONFIG, "c.toml").expect("config")
}

fn as_of() -> Day {
    Day::parse("2026-11-21").expect("day")
}

/// The demo's last weeks, generated once.
fn demo() -> &'static LocalEngine {
    static DEMO: OnceLock<LocalEngine> = OnceLock::new();
    DEMO.get_or_init(|| {
        let store = Store::in_memory(&tag_keys());
        store.plan_evidence(&config().dimensions.evidence());
        fill_with_demo_days(&store, 1, as_of(), 40).expect("demo");
        LocalEngine::new(Arc::new(store), Config::default().settle, true).with_dimensions(config().dimensions)
    })
}

fn lens(config: &Config, by: &[&str], filter: &str) -> Lens {
    let own = config.own_dimensions();
    Lens {
        period: PeriodSpec::LastDays(30),
        comparison: Comparison::None,
        filter: Filter::parse(filter, &own).expect(filter),
        by: by.iter().map(|d| Dimension::among(d, &own).expect(d)).collect(),
        ..Lens::default()
    }
}

fn query(engine: &LocalEngine, lens: &Lens, granularity: Option<Granularity>) -> Vec<QueryAnswer> {
    let question = Question::Query(Query { lens: lens.clone(), granularity, sort: Sort::Cost, limit: None });
    match engine.ask(&question, as_of(), &Cancel::default()).expect("answer") {
        Answer::Query(answers) => answers,
        other => panic!("{other:?}"),
    }
}

fn breakdown(engine: &LocalEngine, lens: &Lens) -> Vec<BreakdownAnswer> {
    let question = Question::Breakdown { lens: lens.clone(), limit: None, pieces: None };
    match engine.ask(&question, as_of(), &Cancel::default()).expect("answer") {
        Answer::Breakdown(answers) => answers,
        other => panic!("{other:?}"),
    }
}

/// A group in words: currency, start, values.
type Place = (String, i64, Vec<String>);

/// What a table says, whatever its numbers.
fn said(table: &Table) -> BTreeMap<Place, (Amount, u64, u64)> {
    let entry = |(key, total): (Key, &Total)| {
        let texts = table.texts(&key.values).map(String::from).collect();
        let place = (table.currencies.get(key.currency).to_owned(), key.start, texts);
        (place, (total.sum, total.known, total.unknown))
    };
    table.groups().map(entry).collect()
}

#[test]
fn owners_are_the_same_by_rollups_and_by_scans() {
    let engine = demo();
    let manifest = engine.store().manifest();
    let mut compared = 0;
    for by in [&["team"][..], &["stage"], &["payer-team"], &["team", "service"], &["service", "stage", "provider"]] {
        for filter in ["", "team=data|ml", "-team=storefront provider:aws", "team=\"\"", "stage=prod*"] {
            for granularity in [None, Some(Granularity::Day), Some(Granularity::Month)] {
                let mut lens = lens(&config(), by, filter);
                engine.definitions().bind_lens(&mut lens).expect("defined");
                let period = lens.days(as_of()).0;
                let groups: Vec<_> = manifest.active().into_iter().filter(|g| g.overlaps(period)).collect();
                let request = request(&lens, period, &lens.by, granularity);
                let cancel = Cancel::default();
                let answered = aggregate(engine.store(), &request, &cancel).expect("aggregate");
                let scanned = scan::totals(engine.store(), &request, &groups, &cancel).expect("scan");
                assert_eq!(said(&answered), said(&scanned), "by {by:?} where {filter} {granularity:?}");
                compared += answered.len();
            }
        }
    }
    assert!(compared > 2_000, "{compared}");
}

/// Costs by value of the first dimension.
fn by_owner(answer: &QueryAnswer) -> BTreeMap<String, Amount> {
    let mut costs: BTreeMap<String, Amount> = BTreeMap::new();
    for row in &answer.rows {
        *costs.entry(row.key[0].raw().to_owned()).or_default() += row.cost.unwrap_or_default();
    }
    costs
}

#[test]
fn what_owners_share_comes_to_the_whole_and_to_the_same_in_every_answer() {
    let engine = demo();
    for filter in ["", "provider:aws", "service:ec2|rds", "-stage=prod"] {
        let whole = query(engine, &lens(&config(), &[], filter), None);
        let team = lens(&config(), &["team"], filter);
        let want = query(engine, &team, None);
        assert_eq!(want.len(), whole.len());
        for (want, whole) in want.iter().zip(&whole) {
            assert_eq!((want.total, want.unknown_rows), (whole.total, whole.unknown_rows), "{filter}");
            assert_eq!(Some(want.rows.iter().filter_map(|r| r.cost).sum()), whole.total, "{filter}");
        }
        let names: Vec<&str> = want[0].rows.iter().map(|r| r.key[0].raw()).collect();
        assert!(!names.iter().any(|name| ["platform", "logistics", ""].contains(name)), "{names:?}");
        assert!(want[0].rows.iter().all(|row| row.shared.is_some_and(|s| s > Amount::ZERO && Some(s) < row.cost)));
        for granularity in [Granularity::Day, Granularity::Week, Granularity::Month] {
            let pieces = query(engine, &team, Some(granularity));
            let costs: Vec<_> = pieces.iter().map(by_owner).collect();
            assert_eq!(costs, want.iter().map(by_owner).collect::<Vec<_>>(), "{filter} {granularity:?}");
        }
        let rows = breakdown(engine, &team);
        for (row, want) in rows[0].rows.iter().zip(&want[0].rows) {
            assert_eq!((&row.key, row.figure.amount, row.shared), (&want.key, want.cost, want.shared));
        }
        // By what else it is grouped moves no more than last digits.
        let services = query(engine, &lens(&config(), &["team", "service", "stage"], filter), None);
        assert_eq!(services[0].total, want[0].total);
        for (owner, cost) in by_owner(&services[0]) {
            assert!((cost - by_owner(&want[0])[&owner]).abs() < amount("0.000000000001"), "{owner}");
        }
    }
}

#[test]
fn hours_are_shared_too_and_what_lies_in_none_is_left_out() {
    let engine = demo();
    let hours = query(engine, &lens(&config(), &["team"], ""), Some(Granularity::Hour));
    let whole = query(engine, &lens(&config(), &[], ""), Some(Granularity::Hour));
    assert_eq!((hours[0].total, hours[0].left_out), (whole[0].total, whole[0].left_out));
    assert!(hours[0].left_out.is_some());
}

/// An engine over rows of day, tags, billed and effective cost.
fn bill(config: &str, rows: &[(&str, &str, &str, &str)]) -> (LocalEngine, Config) {
    let mut text =
        "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,Tags\n".to_owned();
    for (day, team, billed, effective) in rows {
        let next = Day::parse(day).expect("day").plus(1);
        let tags = format!("\"{{\"\"team\"\":\"\"{team}\"\"}}\"");
        text.push_str(&format!("{billed},{effective},USD,{day}T00:00:00Z,{next}T00:00:00Z,AWS,{tags}\n"));
    }
    let config = config::parse(config, "c.toml").expect("config");
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "bill.csv", text);
    let store = Store::in_memory(&tag_keys());
    import(&store, &file).expect("import");
    let engine = LocalEngine::new(Arc::new(store), config.settle, false).with_dimensions(config.dimensions.clone());
    (engine, config)
}

fn rows(engine: &LocalEngine, config: &Config, period: &str, metric: Metric) -> Vec<String> {
    let period = PeriodSpec::parse(period, as_of()).expect("period");
    let lens = Lens { metric, period, ..lens(config, &["team"], "") };
    let text = |a: Option<Amount>| a.map_or_else(|| "n/a".to_owned(), |a| a.to_string());
    let row = |r: &spendtop::engine::answer::QueryRow| {
        let shared = r.shared.map(|s| format!(" of it {s}")).unwrap_or_default();
        format!("{} {}{shared}", r.key[0].raw(), text(r.cost))
    };
    query(engine, &lens, None).iter().flat_map(|a| &a.rows).map(row).collect()
}

#[test]
fn shares_are_by_the_months_own_costs_of_those_who_have_any() {
    let bill_rows = [
        ("2024-10-01", "net", "90", "90"),
        ("2024-10-05", "a", "200", "200"),
        ("2024-10-06", "b", "100", "100"),
        ("2024-11-02", "net", "30", "30"),
        ("2024-11-02", "net", "-10", "-10"),
        ("2024-11-03", "a", "10", "10"),
        ("2024-11-04", "b", "-50", "-50"),
        ("2024-12-01", "net", "7", ""),
        ("2024-12-01", "net", "2", "2"),
    ];
    let even = "[dimensions.team]\ntags = [\"team\"]\nshared = { net = \"even\" }";
    let (engine, config) = bill(even, &bill_rows);
    assert_eq!(rows(&engine, &config, "2024-10", Metric::Billed), ["a 245 of it 45", "b 145 of it 45"]);
    assert_eq!(rows(&engine, &config, "2024-11", Metric::Billed), ["a 20 of it 10", "b -40 of it 10"]);
    // A month without owners leaves the cost where it is.
    assert_eq!(rows(&engine, &config, "2024-12", Metric::Billed), ["net 9"]);
    assert_eq!(rows(&engine, &config, "2024", Metric::Billed), ["a 265 of it 55", "b 105 of it 55", "net 9"]);

    let (engine, config) = bill(&even.replace("even", "proportional"), &bill_rows);
    assert_eq!(rows(&engine, &config, "2024-10", Metric::Billed), ["a 260 of it 60", "b 130 of it 30"]);
    // One day's share is by the whole month's costs.
    assert_eq!(rows(&engine, &config, "2024-10-01..2024-10-02", Metric::Billed), ["a 60 of it 60", "b 30 of it 30"]);
    // Who cost less than nothing bears nothing.
    assert_eq!(rows(&engine, &config, "2024-11", Metric::Billed), ["a 30 of it 20", "b -50"]);
    assert_eq!(rows(&engine, &config, "2024-12", Metric::Effective), ["net 2"]);

    let (engine, config) = bill(&even.replace("\"even\"", "{ a = 25, c = 75 }"), &bill_rows);
    assert_eq!(
        rows(&engine, &config, "2024-11", Metric::Billed),
        ["a 15 of it 5", "c 15 of it 15", "b -50"].map(|r| r.to_owned())
    );
    // What is unknown cannot be cut.
    assert_eq!(rows(&engine, &config, "2024-12", Metric::Effective), ["c 1.5 of it 1.5", "a 0.5 of it 0.5", "net n/a"]);
}

#[test]
fn a_filter_chooses_charges_and_says_that_it_leaves_shares_out() {
    let engine = demo();
    let own = query(engine, &lens(&config(), &["service"], "team=data"), None);
    let shared = query(engine, &lens(&config(), &["team"], ""), None);
    let data = shared[0].rows.iter().find(|r| r.key[0].raw() == "data").expect("data");
    let (cost, share) = (data.cost.expect("cost"), data.shared.expect("share"));
    assert_eq!(own[0].total, Some(cost - share));
    assert!(
        own[0].notices[0].text.contains("shares of `platform`, `logistics`, charges without team"),
        "{:?}",
        own[0].notices
    );
    assert!(shared[0].notices.iter().all(|n| n.kind == NoticeKind::NotIn), "{:?}", shared[0].notices);
    // A shared value can be looked at by itself, and by whom it is borne.
    let platform = query(engine, &lens(&config(), &["service"], "team=platform"), None)[0].total;
    let bearers = query(engine, &lens(&config(), &["team"], "team=platform"), None);
    assert_eq!(bearers[0].total, platform);
    assert!(bearers[0].rows.iter().all(|r| r.shared == r.cost));
}

#[test]
fn a_store_learns_the_tags_of_a_new_dimension_when_its_rollups_are_made_anew() {
    let store = Store::in_memory(&tag_keys());
    fill_with_demo_days(&store, 1, as_of(), 20).expect("demo");
    store.plan_evidence(&config().dimensions.evidence());
    let engine = LocalEngine::new(Arc::new(store), Config::default().settle, true).with_dimensions(config().dimensions);
    let lens = lens(&config(), &["team"], "");
    let scanned = query(&engine, &lens, None);
    assert!(scanned[0].notices[0].hint.contains("store rebuild"), "{:?}", scanned[0].notices);
    undo::rebuild_rollups(engine.store(), &tag_keys(), &config().dimensions.evidence()).expect("rebuild");
    check_sound(engine.store());
    let answered = query(&engine, &lens, None);
    assert!(answered[0].notices.iter().all(|n| n.kind == NoticeKind::NotIn), "{:?}", answered[0].notices);
    assert_eq!(answered[0].rows, scanned[0].rows);
}

#[test]
fn a_dimension_that_nobody_defined_is_refused_with_those_that_are() {
    let mut lens = lens(&config(), &[], "");
    lens.filter = Filter::parse("virtual:tem=x", &[]).expect("filter");
    let error = demo().ask(&Question::Spend(lens), as_of(), &Cancel::default()).expect_err("undefined");
    assert_eq!(error.message, "there is no virtual dimension `tem`");
    assert!(
        error.hints.iter().any(|h| h.contains("`team`")) && error.hints[1].contains("payer-team"),
        "{:?}",
        error.hints
    );
}

#[test]
fn what_a_row_is_made_of_says_that_it_is_without_shares() {
    let config = config();
    let row = lens(&config, &["team"], "team==data");
    let Ok(Answer::Detail(detail)) = demo().ask(&Question::Detail(row), as_of(), &Cancel::default()) else { panic!() };
    let kinds: Vec<NoticeKind> = detail.notices.iter().map(|n| n.kind).collect();
    assert_eq!(kinds, [NoticeKind::WithoutShares], "{:?}", detail.notices);
}
