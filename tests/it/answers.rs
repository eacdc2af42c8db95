//! Answers over small bills, to the last digit.

use std::sync::Arc;

use spendtop::config::Config;
use spendtop::domain::calendar::{Day, Granularity};
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{ExplainAnswer, Figure, NoticeKind, Severity, SpendAnswer, SpendDetails, TopResource};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Card, Command, Engine, Query, Question, Sort};
use spendtop::sync::groups::Decisions;

use crate::support::{How, import_as, memory, write};

/// The day that every question is asked on; the bills were taken in on the evening before.
pub fn as_of() -> Day {
    day("2023-11-15")
}

pub fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// An engine over rows under a header; the columns that every bill has are put before them: a row
/// begins with cost, start and end, like `5 2023-11-01 2023-11-02T01:00:00Z`, then its own columns. A
/// cost is in dollars, or as in `5@EUR`.
pub fn engine(header: &str, rows: &[&str]) -> LocalEngine {
    let mut text = format!("BillingCurrency,EffectiveCost,BilledCost,ChargePeriodStart,ChargePeriodEnd,{header}\n");
    for row in rows {
        let mut words = row.splitn(4, ' ');
        let mut next = || words.next().unwrap_or_default();
        let (cost, start, end, own) = (next(), next(), next(), next());
        let (cost, currency) = cost.split_once('@').unwrap_or((cost, "USD"));
        text.push_str(&format!("{currency},{cost},1,{start},{end},{own}\n"));
    }
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "bill.csv", text);
    let store = memory();
    let (_, problems) = import_as(&store, &[&file], &How::default()).expect("import");
    assert!(problems.is_empty(), "{problems:?}");
    LocalEngine::new(Arc::new(store), Config::default().settle, false)
}

pub fn lens(by: &[&str], filter: &str) -> Lens {
    Lens {
        filter: Filter::parse(filter, &[Dimension::Tag("team".to_owned())]).expect(filter),
        by: by.iter().map(|d| Dimension::parse(d).expect(d)).collect(),
        ..Lens::default()
    }
}

pub fn ask(engine: &LocalEngine, question: &Question) -> Answer {
    engine.ask(question, as_of(), &Cancel::default()).expect("answer")
}

pub fn amount(text: &str) -> Option<Amount> {
    (!text.is_empty()).then(|| text.parse().expect(text))
}

pub fn figure(now: &str, before: &str) -> Figure {
    Figure { amount: amount(now), previous: amount(before) }
}

fn spend(engine: &LocalEngine, lens: Lens) -> SpendAnswer {
    match ask(engine, &Question::Spend(lens)) {
        Answer::Spend(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn details(engine: &LocalEngine, lens: Lens, resources: usize) -> SpendDetails {
    match ask(engine, &Question::SpendDetails { lens, resources }) {
        Answer::SpendDetails(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_card_has_its_own_days() {
    let rows = [
        "1000 2023-09-30 2023-10-01 AWS",
        "200 2023-10-01 2023-10-02 AWS",
        "30 2023-10-15 2023-10-16 AWS",
        "4 2023-10-31 2023-11-01 AWS",
        "7 2023-11-06 2023-11-07 AWS",
        "14 2023-11-07 2023-11-08 AWS",
        "0.7 2023-11-14 2023-11-15 AWS",
    ];
    let engine = engine("ProviderName", &rows);
    let answer = spend(&engine, lens(&["provider"], ""));
    assert_eq!(answer.month_to_date, figure("21.7", "230"));
    assert_eq!(answer.last_month, figure("234", "1000"));
    assert_eq!(answer.yesterday, figure("0.7", "2"));
    assert_eq!(answer.last_week, figure("0.7", "21"));
    assert_eq!((answer.settled_through, answer.settled_days), (Some(day("2023-11-13")), 45));
}

#[test]
fn a_week_is_held_against_as_many_days() {
    // Of this November the first is a Wednesday, of October a Sunday.
    let rows: Vec<String> = (1..=14)
        .flat_map(|day| {
            let next = day + 1;
            ["10", "11"].map(|month| format!("1 2023-{month}-{day:02} 2023-{month}-{next:02} AWS"))
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let engine = engine("ProviderName", &rows);
    let weekly = Lens { granularity: Granularity::Week, ..lens(&["provider"], "") };
    let answer = spend(&engine, weekly.clone());
    assert_eq!(answer.totals[..3], ["5", "7", "2"].map(amount));
    assert_eq!(answer.previous_series, ["5", "7", "2"].map(amount));
    let query = Query { lens: weekly, granularity: Some(Granularity::Week), sort: Sort::Time, limit: None };
    let Answer::Query(answers) = ask(&engine, &Question::Query(query)) else { panic!() };
    let told: Vec<_> = answers[0].rows.iter().map(|row| (row.cost, row.previous)).collect();
    assert_eq!(told, ["5", "7", "2"].map(|cost| (amount(cost), amount(cost))));
}

#[test]
fn the_last_whole_hour_is_held_against_the_same_hour_of_the_day_before() {
    let rows = [
        "5 2023-11-13T20:00:00Z 2023-11-13T21:00:00Z AWS",
        "50 2023-11-13T21:00:00Z 2023-11-13T22:00:00Z AWS",
        "6 2023-11-14T21:00:00Z 2023-11-14T22:00:00Z AWS",
        "0.5 2023-11-14T21:00:00Z 2023-11-14T21:05:00Z AWS",
        // Taken in at 22:13: this hour was not over.
        "1 2023-11-14T22:00:00Z 2023-11-14T23:00:00Z AWS",
        "100 2023-11-14 2023-11-15 AWS",
    ];
    let hourly = engine("ProviderName", &rows);
    let hour = details(&hourly, lens(&[], ""), 5).hour.expect("an hour");
    assert_eq!((hour.start, hour.figure), (day("2023-11-14").seconds() + 21 * 3600, figure("6.5", "50")));
    let daily = engine("ProviderName", &["1 2023-11-14 2023-11-15 AWS"]);
    assert_eq!(details(&daily, lens(&[], ""), 5).hour, None);
    let old = engine("ProviderName", &["1 2023-11-01T01:00:00Z 2023-11-01T02:00:00Z AWS"]);
    assert_eq!(details(&old, lens(&[], ""), 5).hour, None);
}

#[test]
fn the_costliest_resources_come_with_their_change_and_service() {
    let rows = [
        "10 2023-10-02 2023-10-03 AWS,S3,bucket,logs",
        "30 2023-11-02 2023-11-03 AWS,S3,bucket,logs",
        "1 2023-11-02 2023-11-03 AWS,Support,bucket,logs",
        "50 2023-11-03 2023-11-04 AWS,EC2,vm,",
        "9 2023-10-04 2023-10-05 AWS,EC2,gone,",
        "3 2023-11-04 2023-11-05 AWS,Tax,,",
    ];
    let engine = engine("ProviderName,ServiceName,ResourceId,ResourceName", &rows);
    let answer = details(&engine, lens(&["provider"], ""), 2);
    let name = |r: &TopResource| r.name.as_ref().map(|n| n.raw().to_owned());
    let told: Vec<_> = answer.resources.iter().map(|r| (r.id.raw(), name(r), r.service.raw(), r.figure)).collect();
    assert_eq!(
        told,
        [("vm", None, "EC2", figure("50", "0")), ("bucket", Some("logs".to_owned()), "S3", figure("31", "10"))]
    );
    assert_eq!((answer.resources_total, answer.without_resource), (2, amount("3")));
    let alone = Lens { comparison: Comparison::None, ..lens(&["provider"], "service:s3") };
    let answer = details(&engine, alone, 5);
    assert_eq!((answer.resources.len(), answer.resources[0].figure), (1, figure("30", "")));
}

#[test]
fn a_shorter_list_of_resources_begins_as_a_longer_one() {
    let mut rows =
        vec!["90 2023-10-04 2023-10-05 AWS,EC2,gone".to_owned(), "2 2023-11-04 2023-11-05 AWS,Tax,".to_owned()];
    for (at, cost) in [70, 40, 40, 40, 9, 0, -3].into_iter().enumerate() {
        rows.push(format!("{cost} 2023-11-02 2023-11-03 AWS,EC2,vm{at}"));
        rows.push(format!("{at} 2023-10-02 2023-10-03 AWS,EC2,vm{at}"));
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let engine = engine("ProviderName,ServiceName,ResourceId", &rows);
    for filter in ["", "service:ec2", "vm"] {
        let all = details(&engine, lens(&["provider"], filter), 99);
        let ids: Vec<&str> = all.resources.iter().map(|r| r.id.raw()).collect();
        assert_eq!(ids[..4], ["vm0", "vm3", "vm2", "vm1"], "of what costs the same the dearest before comes first");
        for limit in 0..all.resources.len() {
            let some = details(&engine, lens(&["provider"], filter), limit);
            assert_eq!(some.resources, all.resources[..limit], "{filter} {limit}");
            assert_eq!(some.resources_total, all.resources_total);
        }
    }
}

#[test]
fn cost_without_a_tag_needs_attention() {
    let rows = [
        r#"1 2023-11-02 2023-11-03 AWS,S3,"{""team"": ""web""}""#,
        r#"3 2023-11-02 2023-11-03 AWS,S3,"{""env"": ""prod""}""#,
        r#"4 2023-11-02 2023-11-03 AWS,EC2,"{""team"": ""data""}""#,
    ];
    let engine = engine("ProviderName,ServiceName,Tags", &rows);
    let told = |filter: &str| {
        let notices = details(&engine, lens(&[], filter), 0).notices;
        assert!(notices.iter().all(|n| n.kind == NoticeKind::Untagged));
        notices.into_iter().map(|n| (n.severity, n.text, n.hint)).collect::<Vec<_>>()
    };
    let all = told("");
    assert_eq!(all[0].1, "no tag `team`: 37.5 % of cost");
    assert_eq!(all[0].2, "`spendtop query --by service --where 'tag:team=\"\"'` says where");
    assert_eq!((all[1].0, all[1].1.as_str()), (Severity::Warning, "no tag `env`: 62.5 % of cost"));
    assert_eq!(told("-nosuch"), all, "charge by charge, where no sums are kept");
    let ec2 = told("service:ec2");
    assert_eq!((ec2.len(), ec2[0].1.as_str()), (1, "no tag `env`: all cost"));
}

#[test]
fn a_provider_that_is_late_is_told_where_it_shows() {
    let rows = ["1 2023-11-10 2023-11-11 AWS", "1 2023-11-12 2023-11-13 Microsoft", "1 2023-09-10 2023-09-11 Oracle"];
    let engine = engine("ProviderName", &rows);
    let late = |period: &str| {
        let period = PeriodSpec::parse(period, as_of()).expect(period);
        let notices = spend(&engine, Lens { period, ..lens(&["provider"], "") }).notices;
        notices.into_iter().filter(|n| n.kind == NoticeKind::Lagging).map(|n| n.text).collect::<Vec<_>>()
    };
    assert_eq!(late("this-month"), ["AWS 5 days behind: nothing after 2023-11-10, 2 are usual"]);
    assert!(late("2023-11-01..2023-11-11").is_empty());
}

#[test]
fn notices_come_with_the_gravest_first_and_notes_with_their_days() {
    let rows = ["1 2023-11-01 2023-11-02 AWS", " 2023-11-14 2023-11-15 AWS"];
    let engine = engine("ProviderName", &rows);
    for (on, text) in [("2023-10-31", "before"), ("2023-11-15", "launch"), ("2023-11-01", "new pool")] {
        engine.command(&Command::AddNote { day: day(on), text: text.into(), at: 0 }).expect("a note");
    }
    let answer = spend(&engine, Lens { metric: Metric::Effective, ..lens(&[], "cost>1") });
    let notes: Vec<&str> = answer.notes.iter().map(|n| n.text.raw()).collect();
    assert_eq!(notes, ["new pool", "launch"]);
    let kinds: Vec<NoticeKind> = answer.notices.iter().map(|n| n.kind).collect();
    assert_eq!(kinds, [NoticeKind::UnknownCost, NoticeKind::Beginning, NoticeKind::CostBound]);
    assert_eq!(answer.notices[0].text, "cost unknown: 1 charge, left out of the sums");
}

#[test]
fn refused_rows_are_told_of_until_what_they_belong_to_is_replaced() {
    let folder = tempfile::tempdir().expect("folder");
    let header =
        "BillingCurrency,EffectiveCost,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId";
    let october = "USD,1,1,2023-10-02,2023-10-03,AWS,1";
    let november = "USD,2,2,2023-11-02,2023-11-03,AWS,1";
    let take = |store: &_, name: &str, rows: &[&str]| {
        let file = write(folder.path(), name, format!("{header}\n{}\n", rows.join("\n")));
        let decisions = Decisions { replace: true, ..Decisions::default() };
        import_as(store, &[&file], &How { decisions, ..How::default() }).expect("import");
    };
    let told = |store| {
        let engine = LocalEngine::new(store, Config::default().settle, false);
        let period = PeriodSpec::parse("2023-10-01..2023-11-16", as_of()).expect("days");
        let lens = Lens { period, comparison: Comparison::None, ..lens(&["provider"], "") };
        let Answer::Spend(answers) = ask(&engine, &Question::Spend(lens)) else { panic!() };
        let kinds = answers[0].notices.iter().map(|notice| notice.kind);
        kinds.filter(|kind| matches!(kind, NoticeKind::Refused | NoticeKind::Incomplete)).collect::<Vec<_>>()
    };
    let store = Arc::new(memory());
    take(&store, "bad.csv", &[october, november, "USD,x,x,2023-11-03,2023-11-04,AWS,1"]);
    assert_eq!(told(Arc::clone(&store)), [NoticeKind::Incomplete]);
    take(&store, "mended.csv", &[november, "USD,3,3,2023-11-03,2023-11-04,AWS,1"]);
    assert_eq!(told(store), [], "october's import has no say in november any more");
    let store = Arc::new(memory());
    take(&store, "whole.csv", &[october, "USD,x,x,2023-10-03,2023-10-04,AWS,2"]);
    assert_eq!(told(store), [NoticeKind::Refused], "no charge of theirs is there to be replaced");
}

/// What is said of a figure of a small bill.
fn explained(card: Card) -> ExplainAnswer {
    let rows = [
        "30 2023-09-10 2023-09-11 AWS",
        "200 2023-10-01 2023-10-02 AWS",
        "14 2023-11-07 2023-11-08 AWS",
        "6 2023-11-14T21:00:00Z 2023-11-14T22:00:00Z AWS",
    ];
    let question = Question::Explain { lens: lens(&["provider"], ""), card, items: (5, 0) };
    match ask(&engine("ProviderName", &rows), &question) {
        Answer::Explain(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_card_is_explained_with_its_own_days_and_comparison() {
    for (card, days, against, want, items, words, command) in [
        (
            Card::Total,
            "2023-11-01..2023-11-16",
            "2023-10-01..2023-10-16",
            figure("20", "200"),
            2,
            "Held against",
            "--period this-month",
        ),
        (
            Card::MonthToDate,
            "2023-11-01..2023-11-16",
            "2023-10-01..2023-10-16",
            figure("20", "200"),
            2,
            "first of 2023-11 to 2023-11-15",
            "--compare month-before",
        ),
        (
            Card::Yesterday,
            "2023-11-14..2023-11-15",
            "",
            figure("6", "2"),
            1,
            "divided by 7",
            "--period 2023-11-14..2023-11-15",
        ),
        (
            Card::LastWeek,
            "2023-11-08..2023-11-15",
            "2023-11-01..2023-11-08",
            figure("6", "14"),
            1,
            "the seven before",
            "--compare previous",
        ),
        (
            Card::LastMonth,
            "2023-10-01..2023-11-01",
            "2023-09-01..2023-10-01",
            figure("200", "30"),
            1,
            "all of 2023-10",
            "--period 2023-10",
        ),
        (
            Card::LastHour,
            "2023-11-14..2023-11-15",
            "",
            figure("6", ""),
            1,
            "same hour of the day before",
            "--compare none",
        ),
    ] {
        let answer = explained(card);
        let previous = answer.previous_period.map(|days| days.to_string()).unwrap_or_default();
        assert_eq!((answer.period.to_string().as_str(), previous.as_str()), (days, against), "{card:?}");
        assert_eq!((answer.figures[0].figure, answer.items[0].total), (want, items), "{card:?}");
        assert!(answer.definition.join(" ").contains(words), "{card:?}: {:?}", answer.definition);
        assert!(answer.command.contains(command), "{card:?}: {}", answer.command);
        assert_eq!(answer.parts[0].total, want.amount, "{card:?}");
        assert_eq!(answer.figures[0].hour.is_some(), card == Card::LastHour);
    }
}

#[test]
fn the_last_hour_rests_on_the_charges_of_that_hour_alone() {
    let rows = [
        "6 2023-11-14T21:00:00Z 2023-11-14T22:00:00Z AWS",
        "2 2023-11-14T21:30:00Z 2023-11-14T22:00:00Z AWS",
        "1 2023-11-14T20:00:00Z 2023-11-14T21:00:00Z AWS",
        "90 2023-11-14 2023-11-15 AWS",
        "50 2023-11-14T21:00:00Z 2023-11-14T23:00:00Z AWS",
        "4@EUR 2023-11-13T08:00:00Z 2023-11-13T09:00:00Z AWS",
        "5@EUR 2023-11-14 2023-11-15 AWS",
        "7 2023-11-14 2023-11-15 Azure",
    ];
    let lens = lens(&["provider"], "provider:aws");
    let question = Question::Explain { lens, card: Card::LastHour, items: (5, 0) };
    let Answer::Explain(answer) = ask(&engine("ProviderName", &rows), &question) else { panic!() };
    let figures: Vec<_> = answer.figures.iter().map(|f| (f.currency.as_str(), f.figure.amount)).collect();
    assert_eq!(figures, [("USD", amount("8")), ("EUR", amount("4"))]);
    let items: Vec<_> = answer.items.iter().map(|i| (i.currency.as_str(), i.total, i.items.len())).collect();
    assert_eq!(items, [("USD", 2, 2), ("EUR", 1, 1)], "charges of the day and longer ones are no part of it");
    let parts: Vec<_> = answer.parts.iter().map(|p| (p.currency.as_str(), p.period.from, p.rows.len())).collect();
    assert_eq!(parts, [("USD", day("2023-11-14"), 2), ("EUR", day("2023-11-13"), 1)], "each has its own day");
    let definition = answer.definition.join(" ");
    assert!(definition.contains("2023-11-14T21:00:00Z (USD), 2023-11-13T08:00:00Z (EUR)"), "{definition}");
    let providers: Vec<&str> = answer.freshness.iter().map(|f| f.provider.raw()).collect();
    assert_eq!(providers, ["AWS"], "it rests on those that the filter admits");
}

#[test]
fn an_explanation_is_of_whole_days_however_the_chart_is_cut() {
    let rows = ["2 2023-11-14T21:00:00Z 2023-11-14T22:00:00Z AWS", "90 2023-11-14 2023-11-15 AWS"];
    let engine = engine("ProviderName", &rows);
    for card in [Card::Total, Card::MonthToDate, Card::Yesterday, Card::LastWeek, Card::LastMonth] {
        let explained = |granularity| {
            let lens = Lens { granularity, ..lens(&["provider"], "") };
            let Answer::Explain(answer) = ask(&engine, &Question::Explain { lens, card, items: (5, 0) }) else {
                panic!("{card:?}")
            };
            answer
        };
        let (hours, days) = (explained(Granularity::Hour), explained(Granularity::Day));
        assert_eq!(hours.figures, days.figures, "{card:?}");
        assert_eq!(hours.parts, days.parts, "{card:?}");
        let parts = hours.parts.first().and_then(|parts| parts.total);
        assert_eq!(hours.figures[0].figure.amount, parts, "{card:?}");
    }
}

#[test]
fn hours_are_held_against_days_that_have_hours_only() {
    let rows = ["2 2023-11-14T21:00:00Z 2023-11-14T22:00:00Z AWS", "90 2023-10-14 2023-10-15 AWS"];
    let lens = Lens { granularity: Granularity::Hour, ..lens(&["provider"], "") };
    let Answer::Spend(answers) = ask(&engine("ProviderName", &rows), &Question::Spend(lens)) else { panic!() };
    assert_eq!((answers[0].total, answers[0].previous_series.len()), (figure("2", ""), 0));
}

#[test]
fn what_is_explained_is_what_the_tab_shows() {
    let rows = ["3 2023-11-02 2023-11-03 AWS", "20@EUR 2023-10-02 2023-10-03 AWS", "5 2023-11-14 2023-11-15 AWS"];
    let engine = engine("ProviderName", &rows);
    let lens = lens(&["provider"], "");
    let Answer::Spend(shown) = ask(&engine, &Question::Spend(lens.clone())) else { panic!() };
    for card in [Card::Total, Card::MonthToDate, Card::Yesterday, Card::LastWeek, Card::LastMonth] {
        let question = Question::Explain { lens: lens.clone(), card, items: (0, 0) };
        let Answer::Explain(explained) = ask(&engine, &question) else { panic!() };
        let of_card = |a: &SpendAnswer| match card {
            Card::Total | Card::LastHour | Card::Forecast => a.total,
            Card::MonthToDate => a.month_to_date,
            Card::Yesterday => a.yesterday,
            Card::LastWeek => a.last_week,
            Card::LastMonth => a.last_month,
        };
        let want: Vec<_> = shown.iter().map(|a| (a.currency.as_str(), of_card(a))).collect();
        let found: Vec<_> = explained.figures.iter().map(|f| (f.currency.as_str(), f.figure)).collect();
        assert_eq!((found.len(), found), (2, want), "{card:?}");
    }
}
