//! The other questions over a scope that tells only some dimensions jointly: none has less than the charges,
//! none calls unknown what is none, and none counts what nobody told.

use std::sync::Arc;

use spendtop::config::{self, Config};
use spendtop::domain::calendar::{Granularity, Period};
use spendtop::domain::dimension::Dimension;
use spendtop::domain::lens::Lens;
use spendtop::domain::text::Untrusted;
use spendtop::engine::answer::{CurrencyDetail, Driver, LineItems, Notice, QueryRow, TagKey};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Among, Answer, Cancel, Card, Engine, Page, Query, Question, Sort, export};
use spendtop::focus::write::{Format, writer};
use spendtop::report::{self, Style};

use super::{Bill, Feed, World, asked, dimension, first, small, world};
use crate::support::{Random, amount};

fn ask(world: &World, question: &Question) -> Answer {
    world.engine.ask(question, first().plus(2), &Cancel::default()).expect("answered")
}

fn texts<'a>(values: impl IntoIterator<Item = &'a Untrusted>) -> Vec<String> {
    values.into_iter().map(|value| value.safe().into_string()).collect()
}

#[test]
fn a_chart_and_a_breakdown_have_a_layer_and_a_row_of_what_is_unknown() {
    let world = small();
    let lens = asked(&[2], "");
    let Answer::Spend(spend) = ask(&world, &Question::Spend(lens.clone())) else { panic!() };
    let layers: Vec<_> = spend[0].series.iter().map(|s| (texts(&s.key).concat(), s.total.expect("known"))).collect();
    let want = [("us", "10"), ("eu", "5"), ("(unknown)", "3")].map(|(key, cost)| (key.to_owned(), amount(cost)));
    assert_eq!((layers, spend[0].total.amount), (want.to_vec(), Some(amount("18"))));
    let question = Question::Breakdown { lens, limit: None, pieces: None };
    let Answer::Breakdown(rows) = ask(&world, &question) else { panic!() };
    let found: Vec<_> =
        rows[0].rows.iter().map(|row| (texts(&row.key).concat(), row.figure.amount.expect("known"))).collect();
    assert_eq!(found, want);
    // What a filter leaves out is said where it leaves nothing.
    for question in [
        Question::Spend(asked(&[], "region:mars")),
        Question::Breakdown { lens: asked(&[1], "region:mars"), limit: None, pieces: None },
    ] {
        let notices: Vec<Notice> = match ask(&world, &question) {
            Answer::Spend(answers) => answers[0].notices.clone(),
            Answer::Breakdown(answers) => answers[0].notices.clone(),
            other => panic!("{other:?}"),
        };
        assert!(notices.iter().any(|n| n.text.starts_with("3.00 USD left out: AWS has not told its region")));
    }
}

fn detail(world: &World, filter: &str) -> CurrencyDetail {
    let Answer::Detail(mut detail) = ask(world, &Question::Detail(asked(&[], filter))) else { panic!() };
    detail.currencies.remove(0)
}

#[test]
fn a_row_is_taken_apart_by_whatever_tells_it() {
    let found = detail(&small(), "");
    let composition = |dimension: &Dimension| -> Vec<(String, String)> {
        let of = found.composition.iter().find(|c| c.dimension == *dimension).expect("a composition");
        of.values.iter().map(|v| (v.value.safe().into_string(), v.cost.expect("known").to_string())).collect()
    };
    let text = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(key, cost)| ((*key).to_owned(), (*cost).to_owned())).collect()
    };
    assert_eq!(composition(&Dimension::SubAccount), text(&[("a1", "13"), ("a2", "5")]));
    assert_eq!(composition(&Dimension::Region), text(&[("us", "10"), ("eu", "5"), ("(unknown)", "3")]));
    assert_eq!(found.figure.amount, Some(amount("18")));
    assert_eq!(found.trend.iter().flatten().copied().sum::<spendtop::domain::money::Amount>(), amount("18"));
    let team = &found.tags[0];
    assert_eq!(
        (team.key.raw(), texts(team.values.iter().map(|v| &v.value))),
        ("team", vec!["data".into(), "web".into()])
    );
    assert_eq!(team.untagged.cost, Some(amount("5")));
    // What a charge was, nobody told: it is not usage.
    assert_eq!(found.coverage.usage, None);
    // One whose tag is not told is not untagged.
    let account = detail(&small(), "account:a1");
    assert!(account.tags.is_empty(), "{:?}", account.tags);
}

fn drivers(world: &World, lens: Lens) -> Vec<Driver> {
    let question = Question::Drivers { lens, among: Among::Costliest(10) };
    let Answer::Drivers(mut answers) = ask(world, &question) else { panic!() };
    answers.remove(0).groups
}

#[test]
fn a_change_without_told_quantities_is_neither_price_nor_quantity() {
    let world = small();
    let day = |plus: i32| Period { from: first().plus(plus), to: first().plus(plus + 1) };
    let (period, comparison) = (spendtop::domain::period::PeriodSpec::Range(day(1)), Default::default());
    let lens = Lens { period, comparison, ..asked(&[1, 2], "") };
    let found: Vec<_> = drivers(&world, Lens { comparison: spendtop::domain::period::Comparison::Previous, ..lens })
        .into_iter()
        .map(|driver| {
            assert!(driver.unit.is_none() && driver.reason.is_none());
            assert_eq!((driver.new_skus, driver.gone_skus), (0, 0));
            let effects = driver.effects.expect("compared");
            assert!(effects.price.is_zero() && effects.quantity.is_zero());
            (
                texts(&driver.key).join(" "),
                driver.figure.amount.unwrap_or_default().to_string(),
                effects.other.to_string(),
            )
        })
        .collect();
    let text = |rows: &[[&str; 3]]| -> Vec<(String, String, String)> {
        rows.iter().map(|[a, b, c]| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
    };
    assert_eq!(found, text(&[["s1 us", "0", "-10"], ["s1 eu", "0", "-5"], ["s2 (unknown)", "3", "3"]]));
}

fn items(world: &World, filter: &str) -> u64 {
    let page = Page { limit: 10, ..Page::default() };
    let Answer::LineItems(items) = ask(world, &Question::LineItems { lens: asked(&[], filter), page }) else {
        panic!()
    };
    items.iter().map(|items: &LineItems| items.total).sum()
}

#[test]
fn single_charges_are_those_that_tell_what_is_asked() {
    let world = small();
    for (filter, shown, exported) in [
        ("", 3, 3),
        ("account:a1", 2, 2),
        ("region:us", 1, 0),
        ("-region:us", 1, 0),
        ("region:\"\"", 0, 0),
        ("tag:team=\"\"", 1, 0),
        ("account:a1 region:us", 0, 0),
    ] {
        assert_eq!(items(&world, filter), shown, "{filter}");
        let lens = asked(&[], filter);
        let mut to = writer(Format::Json, Box::new(std::io::sink())).expect("a writer");
        let count = export::export(&world.engine, None, &lens.filter, None, &mut *to, &Cancel::default());
        assert_eq!(count.expect("exported"), exported, "{filter}");
    }
    let question = Question::Explain { lens: asked(&[], "region:us"), card: Card::Total, items: (10, 0) };
    let Answer::Explain(explained) = ask(&world, &question) else { panic!() };
    let said = explained.definition.join(" ");
    assert!(said.contains("The charges of aws tell sub account and service alone"), "{said}");
    assert!(said.contains("3.00 USD left out: AWS has not told its region"), "{said}");
    assert_eq!(explained.figures[0].figure.amount, Some(amount("10")));
    assert_eq!(explained.items.iter().map(|items| items.total).sum::<u64>(), 1);
}

#[test]
fn coverage_is_of_what_is_known_of_a_tag() {
    let world = small();
    let Answer::TagHygiene(answers) = ask(&world, &Question::TagHygiene(asked(&[], ""))) else { panic!() };
    let said = |key: &TagKey| {
        let amounts = [key.tagged, key.untagged, key.unknown].map(|a| a.map(|a| a.to_string()).unwrap_or_default());
        (key.key.raw().to_owned(), amounts.join(" "), key.coverage.map(|c| (c * 100.0).round()))
    };
    let want = [("team", "13 5 ", Some(72.0)), ("env", "0 0 18", None)];
    let keys: Vec<_> = answers[0].keys.iter().map(said).collect();
    assert_eq!(keys, want.map(|(key, amounts, coverage)| (key.to_owned(), amounts.to_owned(), coverage)));
    let without: Vec<_> = answers[0].keys.iter().map(|key| texts(key.untagged_by.iter().map(|s| &s.value))).collect();
    assert_eq!(without, [vec!["s1".to_owned()], vec![]]);
    let question = Question::SpendDetails { lens: asked(&[], ""), resources: 5 };
    let Answer::SpendDetails(details) = ask(&world, &question) else { panic!() };
    let notices: Vec<&str> = details[0].notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(notices, ["no tag `team`: 27.8 % of cost"]);
    assert_eq!((details[0].resources_total, details[0].without_resource), (0, None));
}

#[test]
fn what_there_is_to_choose_from_comes_from_facets() {
    let world = small();
    let question = Question::Values { dimension: dimension(2), lens: asked(&[], "account:*"), limit: 9 };
    let Answer::Values(values) = ask(&world, &question) else { panic!() };
    assert_eq!(texts(values.values.iter().map(|v| &v.value)), ["(unknown)"], "account and region are not told");
    let question = Question::Values { dimension: dimension(2), lens: asked(&[], ""), limit: 9 };
    let Answer::Values(values) = ask(&world, &question) else { panic!() };
    assert_eq!(texts(values.values.iter().map(|v| &v.value)), ["us", "eu", "(unknown)"]);
    let Answer::TagKeys(keys) = ask(&world, &Question::TagKeys(asked(&[], ""))) else { panic!() };
    assert_eq!(texts(&keys.seen), ["team"]);
}

#[test]
fn a_report_tells_unknown_from_none() {
    let world = small();
    let query = Query { lens: asked(&[2, 3], ""), granularity: None, sort: Sort::Key, limit: None };
    let lens = Lens { by: vec![dimension(1), dimension(3)], ..query.lens.clone() };
    for (lens, format, want) in [
        (&query.lens, report::Format::Json, r#""key":{"region":{"unknown":true},"tag:team":{"unknown":true}}"#),
        (&query.lens, report::Format::Csv, "(unknown),,(unknown),USD,18"),
        (&query.lens, report::Format::Markdown, "| (unknown) | (unknown) |"),
        (&lens, report::Format::Json, r#""key":{"service":"s1","tag:team":null}"#),
        (&lens, report::Format::Csv, "s1,,USD,5"),
        (&lens, report::Format::Markdown, "| s1 | (untagged) |"),
    ] {
        let query = Query { lens: lens.clone(), ..query.clone() };
        let Answer::Query(answers) = ask(&world, &Question::Query(query.clone())) else { panic!() };
        let style = Style { format, raw: false, width: None, terminal: false };
        let mut out = Vec::new();
        report::query(&query, &answers, style, &mut out).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert!(text.contains(want), "{want}\n{text}");
        // As another process hands it over.
        let json = serde_json::to_string(&Answer::Query(answers.clone())).expect("written");
        assert_eq!(serde_json::from_str::<Answer>(&json).expect("read"), Answer::Query(answers));
    }
}

#[test]
fn hours_come_from_the_feed_that_tells_them_and_the_rest_lies_in_none() {
    let mut world = small();
    let day = Period { from: first(), to: first().plus(1) };
    let bill: Bill = [((first(), ["a1", "s1", "", ""]), 900), ((first(), ["a2", "s1", "", ""]), 500)].into();
    let feed = Feed { source: "aws", payer: "first", tells: &[0, 1], bill: &bill, days: day, length: 3_600 };
    world.bring(feed, "hourly", vec![dimension(0), dimension(1)]);
    for (by, filter, want, left_out) in [
        (&[][..], "", vec![" 14"], "4"),
        (&[0], "", vec!["a1 9", "a2 5"], "4"),
        (&[0], "account:a1", vec!["a1 9"], "4"),
        // Hours by region are told by nobody.
        (&[2], "", vec![], "18"),
    ] {
        let answer = world.ask(&asked(by, filter), Some(Granularity::Hour)).expect("an answer");
        let row = |row: &QueryRow| format!("{} {}", texts(&row.key).join(" "), row.cost.expect("known"));
        assert_eq!(answer.rows.iter().map(row).collect::<Vec<_>>(), want, "{by:?}");
        assert_eq!(answer.left_out.and_then(|left| left.cost), Some(amount(left_out)), "{by:?}");
        let days = world.ask(&asked(by, filter), Some(Granularity::Day)).expect("an answer");
        assert_eq!(days.total, Some(amount(if filter.is_empty() { "18" } else { "13" })));
    }
}

const CONFIG: &str = r#"
    [dimensions.squad]
    tags = ["team"]
    shared = { web = "proportional" }
    [dimensions.crew]
    tags = ["team"]
    accounts = { a2 = "ops" }
    [dimensions.unit]
    accounts = { a2 = "ops" }
    shared = { "(none)" = "even" }
"#;

#[test]
fn owners_and_what_they_share_come_to_the_charges() {
    let config: Config = config::parse(CONFIG, "c.toml").expect("config");
    let owners = |world: &World, by: &[&str], filter: &str| {
        let engine = LocalEngine::new(Arc::clone(&world.store), Config::default().settle, false);
        let engine = engine.with_dimensions(config.dimensions.clone());
        let by = by.iter().map(|word| Dimension::parse(word).expect(word)).collect();
        let lens = Lens { by, ..asked(&[], filter) };
        let question = Question::Query(Query { lens, granularity: None, sort: Sort::Key, limit: None });
        let answer = engine.ask(&question, first().plus(60), &Cancel::default()).expect("answered");
        let Answer::Query(mut answers) = answer else { panic!() };
        answers.remove(0)
    };
    let rows = |by: &[&str]| -> Vec<String> {
        let answer = owners(&small(), by, "");
        let row = |row: &QueryRow| format!("{} {}", texts(&row.key).join(" "), row.cost.expect("known"));
        answer.rows.iter().map(row).collect()
    };
    assert_eq!(rows(&["virtual:squad"]), [" 5", "data 13"]);
    assert_eq!(rows(&["virtual:squad", "service"]), [" s1 5", "data s1 10", "data s2 3"]);
    assert_eq!(rows(&["virtual:crew"]), ["(unknown) 18"], "an account decides where a tag does not");
    assert_eq!(rows(&["virtual:unit"]), ["ops 18"]);
    assert_eq!(rows(&["virtual:unit", "region"]), ["ops (unknown) 18"]);
    let mut random = Random::seeded("owners");
    let world = world(&mut random);
    for by in ["virtual:squad", "virtual:crew", "virtual:unit"] {
        for beside in ["service", "account", "region", "provider"] {
            for filter in ["", "service:s1", "account:a1"] {
                let whole = owners(&world, &["provider"], filter).total;
                let answer = owners(&world, &[by, beside], filter);
                let sum: spendtop::domain::money::Amount = answer.rows.iter().filter_map(|row| row.cost).sum();
                assert_eq!((Some(sum), answer.total), (whole, whole), "by {by} and {beside} where {filter}");
            }
        }
    }
}
