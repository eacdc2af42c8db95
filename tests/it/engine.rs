//! The engine: rollups and scans agree on every question that both can answer, and answers hold
//! what the bill says.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use spendtop::cli::fill_with_demo_days;
use spendtop::config::Config;
use spendtop::domain::calendar::{Day, Granularity, Period};
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::aggregate::aggregate;
use spendtop::engine::answer::QueryAnswer;
use spendtop::engine::local::LocalEngine;
use spendtop::engine::table::{Request, Table};
use spendtop::engine::{Answer, Cancel, Card, Engine, Order, Page, Query, Question, Sort, scan};
use spendtop::store::Store;

use crate::support::{import, memory, tag_keys, write};

pub fn as_of() -> Day {
    Day::parse("2026-11-21").expect("day")
}

/// The demo's last weeks, generated once.
pub fn demo() -> &'static LocalEngine {
    static DEMO: OnceLock<LocalEngine> = OnceLock::new();
    DEMO.get_or_init(|| {
        let store = Store::in_memory(&tag_keys());
        fill_with_demo_days(&store, 1, as_of(), 40).expect("demo");
        LocalEngine::new(Arc::new(store), Config::default().settle, true)
    })
}

/// Tags that filters may name by their keys.
fn own() -> Vec<Dimension> {
    tag_keys().into_iter().map(Dimension::Tag).collect()
}

fn lens(by: &[&str], filter: &str) -> Lens {
    Lens {
        period: PeriodSpec::LastDays(30),
        comparison: Comparison::None,
        filter: Filter::parse(filter, &own()).expect(filter),
        by: by.iter().map(|d| Dimension::parse(d).expect(d)).collect(),
        ..Lens::default()
    }
}

fn query(lens: Lens, granularity: Option<Granularity>, limit: Option<usize>) -> Vec<QueryAnswer> {
    let question = Question::Query(Query { lens, granularity, sort: Sort::Cost, limit });
    match demo().ask(&question, as_of(), &Cancel::default()).expect("answer") {
        Answer::Query(answers) => answers,
        other => panic!("{other:?}"),
    }
}

/// A group in words: currency, start, values.
type Place = (String, i64, Vec<String>);

/// What a table says, whatever its numbers: sum, known and unknown charges.
fn said(table: &Table) -> BTreeMap<Place, (Amount, u64, u64)> {
    let entry = |(key, total): (spendtop::engine::table::Key, &spendtop::domain::numbers::Total)| {
        let texts = table.texts(&key.values).map(String::from).collect();
        let place = (table.currencies.get(key.currency).to_owned(), key.start, texts);
        (place, (total.sum, total.known, total.unknown))
    };
    table.groups().map(entry).collect()
}

#[test]
fn rollups_and_scans_give_the_same_totals() {
    let store = demo().store();
    let manifest = store.manifest();
    let period = Period { from: as_of().plus(-36), to: as_of().plus(-2) };
    let groups: Vec<_> = manifest.active().into_iter().filter(|g| g.overlaps(period)).collect();
    let (mut compared, mut corrected) = (0, 0);
    for by in [
        &["provider"][..],
        &["billing_account", "service"],
        &["service", "account"],
        &["region", "service"],
        &["tag:team", "service", "charge_category"],
        &["charge_class", "service"],
        &["charge_category", "class", "billing_account"],
        &["sku"],
        &["instance_type"],
        &["commitment_discount"],
        &["account", "region", "provider"],
        &[],
    ] {
        for filter in [
            "",
            "provider:aws",
            "-service:ec2",
            "charge:usage account:prod*",
            "team:data|ml",
            "env:\"\"",
            "class:correction",
            "-class:correction",
        ] {
            for (granularity, long) in [
                (None, None),
                (Some(Granularity::Day), None),
                (Some(Granularity::Week), Some(false)),
                (Some(Granularity::Month), Some(true)),
            ] {
                let lens = lens(by, filter);
                let request = Request {
                    period,
                    by: &lens.by,
                    clauses: &lens.filter.clauses,
                    metric: Metric::Billed,
                    granularity,
                    currency: None,
                    long,
                    parting: &[],
                };
                let cancel = Cancel::default();
                let answered = aggregate(store, &request, &cancel).expect("aggregate");
                let scanned = scan::totals(store, &request, &groups, &cancel).expect("scan");
                assert_eq!(said(&answered), said(&scanned), "by {by:?} where {filter} {granularity:?} {long:?}");
                compared += answered.len();
                corrected += if filter == "class:correction" { answered.len() } else { 0 };
            }
        }
    }
    assert!(compared > 5_000 && corrected > 5, "{compared} {corrected}");
}

#[test]
fn totals_are_over_everything_and_currencies_apart() {
    let answers = query(lens(&["service"], ""), None, Some(3));
    assert_eq!(answers.iter().map(|a| a.currency.as_str()).collect::<Vec<_>>(), ["USD", "EUR"]);
    let all = query(lens(&["service"], ""), None, None);
    for (few, all) in answers.iter().zip(&all) {
        assert!(few.rows.len() <= 3 && few.groups == all.rows.len() as u64);
        assert_eq!(few.total, Some(all.rows.iter().filter_map(|r| r.cost).sum()));
        assert_eq!(few.rows[..], all.rows[..few.rows.len()]);
    }
    let only = Lens { currency: Some("EUR".into()), ..lens(&[], "") };
    assert_eq!(query(only, None, None).len(), 1);
}

#[test]
fn cost_bounds_filter_groups_and_everything_else_charges() {
    let all = query(lens(&["account"], ""), None, None);
    let bound = query(lens(&["account"], "cost>2000"), None, None);
    let above = all[0].rows.iter().filter(|r| r.cost > Some(Amount::whole(2000))).count();
    assert!(above > 0 && above < all[0].rows.len());
    assert_eq!(bound[0].rows.len(), above);
    let ec2 = query(lens(&["service"], "service:ec2"), None, None);
    let names: Vec<&str> = ec2[0].rows.iter().map(|r| r.key[0].raw()).collect();
    assert_eq!(names, ["Amazon Elastic Compute Cloud"]);
    let free = query(lens(&["resource"], "service:ec2 \"train-gpu\""), None, None);
    assert!(free[0].rows.len() >= 3);
    let none = query(lens(&["service"], "service:nosuch"), None, None);
    assert!(none.is_empty());
}

#[test]
fn hours_hold_only_charges_of_an_hour() {
    let day = as_of().plus(-1);
    let mut hourly = lens(&[], "");
    hourly.period = PeriodSpec::Range(Period { from: day, to: day.plus(1) });
    let hours = query(hourly.clone(), Some(Granularity::Hour), None);
    let whole = query(hourly, None, None);
    assert_eq!(hours[0].rows.len(), 24);
    let hourly: Amount = hours[0].rows.iter().filter_map(|r| r.cost).sum();
    assert!(hourly > Amount::ZERO && Some(hourly) < whole[0].total, "{hourly} {:?}", whole[0].total);
    assert_eq!(hours[0].total, Some(hourly));
    // What lies in no hour is said, to the last digit, and nothing is left out of whole days.
    let left_out = hours[0].left_out.expect("the demo has daily charges");
    assert!(left_out.rows > 0);
    assert_eq!(left_out.cost.map(|cost| cost + hourly), whole[0].total);
    assert_eq!(whole[0].left_out, None);
}

#[test]
fn spend_breakdown_and_explain_agree_with_the_query() {
    let lens = Lens { comparison: Comparison::Previous, ..lens(&["provider"], "") };
    let total = query(lens.clone(), None, None)[0].total;
    let ask = |question| demo().ask(&question, as_of(), &Cancel::default()).expect("answer");
    let Answer::Spend(spend) = ask(Question::Spend(lens.clone())) else { panic!("spend") };
    assert_eq!(spend[0].total.amount, total);
    let layers: Amount = spend[0].series.iter().flat_map(|s| s.costs.iter().flatten().copied()).sum();
    assert_eq!(Some(layers), total);
    assert!(!spend[0].movers.is_empty() && spend[0].freshness.len() == 4);
    let Answer::Breakdown(rows) = ask(Question::Breakdown { lens: lens.clone(), limit: None, pieces: None }) else {
        panic!("rows")
    };
    assert_eq!(rows[0].total.amount, total);
    for pieces in [None, Some(Granularity::Week), Some(Granularity::Month)] {
        let question = Question::Breakdown { lens: lens.clone(), limit: None, pieces };
        let Answer::Breakdown(rows) = ask(question) else { panic!("rows") };
        assert_eq!(rows[0].granularity, pieces.unwrap_or(Granularity::Day));
        for row in &rows[0].rows {
            assert_eq!(row.trend.len(), rows[0].starts.len());
            assert_eq!(Some(row.trend.iter().flatten().copied().sum()), row.figure.amount, "{:?}", row.key);
        }
    }
    let Answer::Explain(explained) = ask(Question::Explain { lens, card: Card::Total, items: (5, 0) }) else {
        panic!("explain")
    };
    assert_eq!(explained.parts[0].total, total);
    let items = explained.items.iter().find(|items| items.currency == "USD").expect("items");
    assert!(
        items.items.len() == 5 && items.total > 1000 && explained.command.starts_with("spendtop query --by provider")
    );
}

#[test]
fn a_resource_is_made_of_its_tags_costs_and_line_items() {
    let found = lens(&["resource"], "service:ec2 \"train-gpu-02\"");
    let answer = query(found, None, None).remove(0);
    let id = answer.rows[0].key[0].raw();
    let lens = lens(&[], &format!("resource=={id}"));
    let ask = |question| demo().ask(&question, as_of(), &Cancel::default()).expect("answer");
    let Answer::Detail(detail) = ask(Question::Detail(lens.clone())) else { panic!("no detail") };
    let [detail] = detail.currencies.as_slice() else { panic!("{detail:?}") };
    assert_eq!((&detail.currency, detail.figure.amount), (&answer.currency, answer.total));
    assert!(
        detail.tags.iter().any(|tag| tag.key.raw() == "project" && tag.values[0].value.raw() == "eta-forecast"),
        "{:?}",
        detail.tags
    );
    let page = Page { limit: 10, skip: 0, order: Order::Newest };
    let Answer::LineItems(items) = ask(Question::LineItems { lens, page }) else { panic!("no items") };
    assert_eq!((items.len(), items[0].total, items[0].items.len()), (1, detail.rows, 10));
    assert!(items[0].items.windows(2).all(|w| w[0].start >= w[1].start));
}

#[test]
fn a_question_can_be_given_up() {
    let cancel = Cancel::default();
    cancel.cancel();
    let question =
        Question::Query(Query { lens: lens(&["resource"], ""), granularity: None, sort: Sort::Cost, limit: None });
    let error = demo().ask(&question, as_of(), &cancel).expect_err("given up");
    assert_eq!(error.kind, spendtop::error::Kind::Interrupted);
}

/// Names that a bill gives a value several of, from rows in this order: by rollups and by scans.
fn names_of(rows: &[String]) -> Vec<String> {
    let head = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId,\
                BillingAccountName,SubAccountId,SubAccountName,RegionId,RegionName,ResourceId,ResourceName,\
                CommitmentDiscountId,CommitmentDiscountName";
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "shuffled.csv", format!("{head}\n{}\n", rows.join("\n")));
    let store = memory();
    import(&store, &file).expect("import");
    let engine = LocalEngine::new(Arc::new(store), Config::default().settle, false);
    let mut names = Vec::new();
    for by in ["billing_account", "account", "region", "resource", "commitment_discount", "region,resource"] {
        let by: Vec<&str> = by.split(',').collect();
        let lens = Lens { period: PeriodSpec::Year(2025), ..lens(&by, "") };
        let question = Question::Query(Query { lens, granularity: None, sort: Sort::Key, limit: None });
        let answer = engine.ask(&question, as_of(), &Cancel::default()).expect("answer");
        let Answer::Query(answers) = answer else { panic!("{answer:?}") };
        let rows = answers.iter().flat_map(|a| &a.rows);
        names.extend(rows.map(|r| format!("{by:?} {:?} {:?}", r.key, r.names)));
    }
    names
}

#[test]
fn the_name_of_a_value_does_not_depend_on_the_order_of_rows() {
    let row = |month: u32, name: &str| {
        format!(
            "1,USD,2025-{month:02}-03T00:00:00Z,2025-{month:02}-04T00:00:00Z,AWS,b,{name},s,{name},r,{name},x,{name},c,{name}"
        )
    };
    let mut rows = vec![row(1, "old"), row(1, ""), row(1, "new"), row(2, "zeta"), row(2, "mid"), row(2, "x")];
    let want = names_of(&rows);
    assert_eq!(want.len(), 6);
    assert!(want.iter().all(|name| name.contains("\"mid\"")), "{want:?}");
    for turn in 0..rows.len() {
        rows.rotate_left(1);
        rows.swap(0, turn);
        assert_eq!(names_of(&rows), want, "{rows:?}");
    }
}

/// An engine over rows of day, provider and cost.
fn bill(rows: &[(&str, &str, &str)]) -> LocalEngine {
    let mut text = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName\n".to_owned();
    for (day, provider, cost) in rows {
        let next = Day::parse(day).expect("day").plus(1);
        text.push_str(&format!("{cost},USD,{day}T00:00:00Z,{next}T00:00:00Z,{provider},S\n"));
    }
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "bill.csv", text);
    let store = memory();
    import(&store, &file).expect("import");
    LocalEngine::new(Arc::new(store), Config::default().settle, false)
}

#[test]
fn what_days_before_cost_does_not_depend_on_the_pieces() {
    let engine = bill(&[
        ("2024-10-01", "AWS", "1"),
        ("2024-10-31", "AWS", "20"),
        ("2024-11-01", "AWS", "300"),
        ("2024-11-30", "AWS", "4000"),
    ]);
    for granularity in
        [None, Some(Granularity::Day), Some(Granularity::Week), Some(Granularity::Month), Some(Granularity::Hour)]
    {
        let mut lens = lens(&["service"], "");
        lens.metric = Metric::Billed;
        lens.period = PeriodSpec::parse("2024-11", as_of()).expect("period");
        lens.comparison = Comparison::MonthBefore;
        let query = Query { lens, granularity, sort: Sort::Change, limit: None };
        let answer = engine.ask(&Question::Query(query), as_of(), &Cancel::default()).expect("answer");
        let Answer::Query(answers) = answer else { panic!("{answer:?}") };
        if granularity == Some(Granularity::Hour) {
            assert_eq!(answers[0].left_out.map(|l| l.rows), Some(2));
            continue;
        }
        let total = |amount: Option<Amount>| amount.map(|a| a.to_string());
        assert_eq!(total(answers[0].total).as_deref(), Some("4300"), "{granularity:?}");
        assert_eq!(total(answers[0].previous_total).as_deref(), Some("21"), "{granularity:?}");
    }
}

fn spend(engine: &LocalEngine, lens: Lens, as_of: &str) -> Vec<spendtop::engine::answer::SpendAnswer> {
    let as_of = Day::parse(as_of).expect("day");
    let answer = engine.ask(&Question::Spend(lens), as_of, &Cancel::default()).expect("answer");
    let Answer::Spend(answers) = answer else { panic!("{answer:?}") };
    answers
}

#[test]
fn days_that_have_not_been_delivered_are_unknown_and_not_free() {
    let engine = bill(&[("2024-11-01", "AWS", "1"), ("2024-11-16", "Google Cloud", "2"), ("2024-11-18", "AWS", "4")]);
    let mut lens = lens(&["provider"], "");
    lens.metric = Metric::Billed;
    lens.period = PeriodSpec::parse("2024-11", as_of()).expect("period");
    let answer = &spend(&engine, lens.clone(), "2024-11-20")[0];
    let text = |amount: &Option<Amount>| amount.map_or_else(|| "?".to_owned(), |a| a.to_string());
    let totals: Vec<String> = answer.totals.iter().map(text).collect();
    assert_eq!((totals.len(), &totals[15..20]), (30, &["2", "0", "4", "?", "?"].map(String::from)[..]));
    // A provider's own newest day bounds what is known of it.
    let google = answer.series.iter().find(|s| s.key.as_ref().is_some_and(|k| k.raw() == "Google Cloud"));
    let google: Vec<String> = google.expect("a series").costs.iter().map(text).collect();
    assert_eq!(google[14..18], ["0", "2", "?", "?"].map(String::from));
    assert_eq!((answer.yesterday.amount, text(&answer.month_to_date.amount)), (None, "7".to_owned()));
    assert_eq!(answer.settled_through, Day::parse("2024-11-16"));
    // Another provider's delay is nothing to a lens that leaves it out.
    lens.filter = Filter::parse("provider:aws", &[]).expect("filter");
    let answer = &spend(&engine, lens, "2024-11-20")[0];
    assert_eq!((answer.freshness.len(), answer.settled_through), (1, Day::parse("2024-11-18")));
}

#[test]
fn one_provider_is_found_however_bills_spell_it() {
    let engine = bill(&[("2024-10-01", "AWS", "1"), ("2024-11-01", "Amazon Web Services", "20")]);
    let mut lens = lens(&[], "provider:aws");
    lens.metric = Metric::Billed;
    lens.period = PeriodSpec::Year(2024);
    let answer = &spend(&engine, lens, "2024-11-20")[0];
    assert_eq!(answer.total.amount, Some(Amount::whole(21)));
    assert_eq!(answer.freshness.len(), 1);
}

#[test]
fn figures_that_a_cost_bound_does_not_choose_say_so() {
    let notices = |filter| spend(demo(), lens(&["provider"], filter), "2026-11-21")[0].notices.clone();
    assert!(notices("cost>1000").iter().any(|n| n.text.contains("`cost`")));
    assert!(!notices("provider:aws").iter().any(|n| n.text.contains("`cost`")));
}

#[test]
fn a_renamed_account_is_filtered_alike_by_rollups_and_by_scans() {
    let head = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId,\
                BillingAccountName,SubAccountId,SubAccountName,ServiceName";
    let row = |cost: u32, day: u32, name: &str, id: &str| {
        let days = format!("2025-01-{day:02}T00:00:00Z,2025-01-{:02}T00:00:00Z", day + 1);
        format!("{cost},USD,{days},AWS,b,bill {id},{id},{name},S")
    };
    let rows = [
        row(1, 3, "alpha", "x1"),
        row(10, 4, "beta", "x1"),
        row(100, 5, "", "x1"),
        row(1000, 6, "alpha", "x2"),
        row(10_000, 7, "x3", "x3"),
    ];
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "renamed.csv", format!("{head}\n{}\n", rows.join("\n")));
    let store = memory();
    import(&store, &file).expect("import");
    let manifest = store.manifest();
    let groups = manifest.active();
    for (filter, want) in [
        ("account:alpha", 1001),
        ("account:beta", 10),
        ("-account:beta", 11_101),
        ("account:x1", 111),
        ("account==x1", 111),
        ("account:x*", 11_111),
        ("account:*a", 1011),
        ("account:beta|x1", 111),
        ("billing_account:\"bill x1\"", 11_111),
        ("billing_account:\"bill x2\"", 0),
        ("-billing_account:b", 0),
    ] {
        let lens = lens(&["service"], filter);
        let period = PeriodSpec::Year(2025).resolve(as_of());
        let (by, clauses) = (&lens.by[..], &lens.filter.clauses[..]);
        let request = Request {
            period,
            by,
            clauses,
            metric: Metric::Billed,
            granularity: None,
            currency: None,
            long: None,
            parting: &[],
        };
        let cancel = Cancel::default();
        let answered = aggregate(&store, &request, &cancel).expect("aggregate");
        let scanned = scan::totals(&store, &request, &groups, &cancel).expect("scan");
        assert_eq!(said(&answered), said(&scanned), "{filter}");
        let sum: Amount = answered.groups().map(|(_, total)| total.sum).sum();
        assert_eq!(sum, Amount::whole(want), "{filter}");
    }
}

#[test]
fn days_that_no_charge_is_known_of_are_not_held_against() {
    let engine = bill(&[("2024-09-05", "AWS", "1"), ("2024-09-20", "AWS", "2")]);
    let ask = |period: &str, comparison| {
        let mut lens = lens(&["service"], "");
        lens.metric = Metric::Billed;
        lens.period = PeriodSpec::parse(period, as_of()).expect("period");
        lens.comparison = comparison;
        let query = Query { lens: lens.clone(), granularity: None, sort: Sort::Cost, limit: None };
        let answer = engine.ask(&Question::Query(query), as_of(), &Cancel::default()).expect("answer");
        let Answer::Query(query) = answer else { panic!("{answer:?}") };
        let answer = engine.ask(
            &Question::Breakdown { lens: lens.clone(), limit: None, pieces: None },
            as_of(),
            &Cancel::default(),
        );
        let Ok(Answer::Breakdown(rows)) = answer else { panic!("{answer:?}") };
        let spend = spend(&engine, lens, "2024-09-21");
        let figures =
            [query[0].previous_total, query[0].rows[0].previous, rows[0].total.previous, spend[0].total.previous];
        (figures.map(|f| f.map(|a| a.to_string())), query[0].previous_from.is_some(), spend[0].movers.len())
    };
    assert_eq!(ask("2024-09", Comparison::YearBefore), ([const { None }; 4], true, 0));
    let one = || Some("1".to_owned());
    assert_eq!(ask("2024-09-16..2024-09-30", Comparison::Previous), ([one(), one(), one(), one()], true, 1));
    let none = || Some("0".to_owned());
    assert_eq!(ask("2024-09-20..2024-09-22", Comparison::Previous), ([none(), none(), none(), none()], false, 1));
}
