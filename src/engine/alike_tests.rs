//! Figures of groups of which days have not come, held against the same days alone.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::budget::{Budget, Cycle};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::engine::answer::{
    BreakdownAnswer, BudgetsAnswer, Figure, NoticeKind, Pending, QueryAnswer, QueryRow, SpendAnswer,
};
use crate::engine::budgets::{Asked, BudgetCommand, Was};
use crate::engine::local::LocalEngine;
use crate::engine::{Among, Answer, Cancel, Card, Command, Engine, Query, Question, Sort, bills};
use crate::store::Store;

const COLUMNS: &str = "BilledCost,EffectiveCost,PricingQuantity,PricingUnit,ChargePeriodStart,ChargePeriodEnd,\
                       BillingCurrency,ProviderName,ServiceName,SubAccountId,SkuId,ResourceId,ChargeCategory\n";

/// The day that is asked about: Nov 23.
fn today() -> Day {
    day("2026-11-23")
}

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// A service, its account, and what a day of it costs.
type Service<'s> = (&'s str, &'s str, fn(Day) -> i64);

/// A bill of one provider from October on, up to a day.
fn bill(provider: &str, through: &str, services: &[Service]) -> String {
    let mut text = String::from(COLUMNS);
    for at in (Period { from: day("2026-10-01"), to: day(through).plus(1) }).iter() {
        for (service, account, cost) in services {
            let (cost, next) = (cost(at), at.plus(1));
            if cost != 0 {
                writeln!(
                    text,
                    "{cost},{cost},{cost},h,{at}T00:00:00Z,{next}T00:00:00Z,USD,{provider},{service},{account},sku-{service},\
                     r-{service},Usage"
                )
                .expect("text");
            }
        }
    }
    text
}

/// Datadog has been silent since Nov 15, the others are in up to yesterday.
fn engine() -> LocalEngine {
    let store = Arc::new(Store::in_memory(&[]));
    let ended = |at: Day| if at < day("2026-11-01") { 10 } else { 0 };
    let late_in_month = |at: Day| if at.number() >= 20 { 40 } else { 0 };
    let dearer = |at: Day| if at < day("2026-11-01") { 100 } else { 103 };
    let datadog: &[Service] =
        &[("Infrastructure", "obs", |_| 250), ("Logs", "obs", late_in_month), ("Traces", "obs", ended)];
    let aws: &[Service] = &[("Alpha", "prod", dearer), ("Queue", "obs", dearer)];
    bills::import(&store, "dd", &bill("Datadog", "2026-11-14", datadog), day("2026-11-15").seconds());
    bills::import(&store, "aws", &bill("AWS", "2026-11-22", aws), today().seconds());
    LocalEngine::new(store, Config::default().settle, false)
}

fn lens(by: &[Dimension]) -> Lens {
    Lens { period: PeriodSpec::ThisMonth, comparison: Comparison::MonthBefore, by: by.to_vec(), ..Lens::default() }
}

fn ask(question: &Question) -> Answer {
    engine().ask(question, today(), &Cancel::default()).expect("an answer")
}

fn spend(lens: Lens) -> SpendAnswer {
    match ask(&Question::Spend(lens)) {
        Answer::Spend(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn breakdown(lens: Lens) -> BreakdownAnswer {
    match ask(&Question::Breakdown { lens, limit: None, pieces: None }) {
        Answer::Breakdown(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn query(lens: Lens, granularity: Option<Granularity>) -> QueryAnswer {
    match ask(&Question::Query(Query { lens, granularity, sort: Sort::Key, limit: None })) {
        Answer::Query(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn figure(amount: i64, previous: i64) -> Figure {
    Figure { amount: Some(Amount::whole(amount)), previous: Some(Amount::whole(previous)) }
}

const NOTHING: Figure = Figure { amount: None, previous: None };

#[test]
fn what_has_not_come_is_no_saving_among_the_moves() {
    let answer = spend(lens(&[]));
    let moves: Vec<_> = answer.movers.iter().map(|m| (m.key[0].raw().to_owned(), m.figure, m.through)).collect();
    let through = |text: &str| Some(day(text));
    // Infrastructure costs what it did, and Logs come late in the month alone: neither moved.
    assert_eq!(
        moves,
        [
            ("Traces".to_owned(), figure(0, 140), through("2026-11-14")),
            ("Alpha".to_owned(), figure(22 * 103, 22 * 100), through("2026-11-22")),
            ("Queue".to_owned(), figure(22 * 103, 22 * 100), through("2026-11-22")),
        ]
    );
    let told = answer.notices.iter().find(|notice| notice.kind == NoticeKind::NotIn).expect("told");
    assert!(told.text.ends_with("; the same days are left out of those before"), "{}", told.text);
}

#[test]
fn rows_of_any_dimension_leave_out_the_days_of_whoever_is_late_alone() {
    let of = |by| -> Vec<_> {
        let answer = breakdown(lens(&[by]));
        answer.rows.into_iter().map(|row| (row.key[0].raw().to_owned(), row.figure, row.through)).collect()
    };
    let (late, usual) = (Some(day("2026-11-14")), Some(day("2026-11-22")));
    assert_eq!(
        of(Dimension::Provider),
        [
            ("AWS".to_owned(), figure(44 * 103, 44 * 100), usual),
            ("Datadog".to_owned(), figure(14 * 250, 14 * 260), late),
        ]
    );
    // What is of both is held against all days of the one and some of the other.
    let obs = figure(22 * 103 + 14 * 250, 22 * 100 + 14 * 260);
    let prod = figure(22 * 103, 22 * 100);
    assert_eq!(of(Dimension::SubAccount), [("obs".to_owned(), obs, late), ("prod".to_owned(), prod, usual)]);
    let services = of(Dimension::Service);
    let service = |name: &str| services.iter().find(|row| row.0 == name).map(|row| (row.1, row.2));
    assert_eq!(service("Infrastructure"), Some((figure(14 * 250, 14 * 250), late)));
    assert_eq!(service("Logs"), Some((NOTHING, late)), "it is not in, and not gone");
    assert_eq!(service("Traces"), Some((figure(0, 140), late)), "it is gone");
    let total = breakdown(lens(&[Dimension::Service])).total;
    assert_eq!(total, figure(44 * 103 + 14 * 250, 44 * 100 + 14 * 260));
}

#[test]
fn a_query_says_the_same_by_whatever_pieces() {
    let whole = query(lens(&[Dimension::Service]), None);
    let rows: Vec<_> = whole.rows.iter().map(|row| (row.key[0].raw(), row.cost, row.previous)).collect();
    let some = |units: i64| Some(Amount::whole(units));
    assert_eq!(
        rows,
        [
            ("Alpha", some(2266), some(2200)),
            ("Infrastructure", some(3500), some(3500)),
            ("Logs", None, None),
            ("Queue", some(2266), some(2200)),
            ("Traces", some(0), some(140)),
        ]
    );
    assert_eq!((whole.total, whole.previous_total), (some(8032), some(8040)));
    for granularity in [Granularity::Day, Granularity::Week, Granularity::Month] {
        let cut = query(lens(&[Dimension::Service]), Some(granularity));
        assert_eq!((cut.total, cut.previous_total), (whole.total, whole.previous_total), "{granularity:?}");
        let logs: Vec<_> = cut.rows.iter().filter(|row| row.key[0].raw() == "Logs").collect();
        assert!(!logs.is_empty() && logs.iter().all(|row| row.cost.is_none() && row.previous.is_none()), "{logs:?}");
    }
    // What no rollup has is made of charges, and says the same.
    let resources = query(lens(&[Dimension::Service, Dimension::Resource, Dimension::Sku]), None);
    let costs = |answer: &QueryAnswer| answer.rows.iter().map(|row| (row.cost, row.previous)).collect::<Vec<_>>();
    assert_eq!(costs(&resources), costs(&whole));
}

#[test]
fn a_change_is_not_put_down_to_a_quantity_that_has_not_come() {
    let lens = lens(&[Dimension::Service]);
    let keys = ["Infrastructure", "Alpha"].map(|name| vec![name.into()]).to_vec();
    let Answer::Drivers(answers) = ask(&Question::Drivers { lens, among: Among::Groups(keys) }) else { panic!() };
    let effects: Vec<_> = answers[0]
        .groups
        .iter()
        .map(|group| (group.key[0].raw(), group.figure, group.effects.map(|effects| effects.quantity)))
        .collect();
    assert_eq!(
        effects,
        [
            ("Alpha", figure(2266, 2200), Some(Amount::whole(66))),
            ("Infrastructure", figure(3500, 3500), Some(Amount::ZERO)),
        ]
    );
}

#[test]
fn what_is_explained_is_held_against_the_same_days() {
    let explain = |card, filter: &str| {
        let lens = Lens { filter: Filter::parse(filter, &[]).expect("filter"), ..lens(&[]) };
        let Answer::Explain(answer) = ask(&Question::Explain { lens, card, items: (1, 0) }) else { panic!() };
        answer
    };
    for (card, filter, want) in [
        (Card::Total, "", figure(8032, 8040)),
        (Card::MonthToDate, "", figure(8032, 8040)),
        (Card::Total, "provider:Datadog", figure(3500, 3640)),
        (Card::Total, "account:obs", figure(2266 + 3500, 2200 + 3640)),
        (Card::LastWeek, "", figure(7 * 206, 7 * 206)),
        (Card::Yesterday, "", figure(206, 206)),
    ] {
        let answer = explain(card, filter);
        assert_eq!(answer.figures[0].figure, want, "{card:?} {filter}");
        let says =
            answer.definition.iter().any(|line| line.contains("are left out, since") && line.contains("Datadog"));
        assert_eq!((answer.same_days, says), (true, true), "{card:?} {filter}: {:?}", answer.definition);
        let parts = answer.parts[0].previous_total;
        assert!(card == Card::Yesterday || parts == want.previous, "{card:?} {filter}: {parts:?}");
    }
    let all_in = explain(Card::Yesterday, "provider:AWS");
    assert!(!all_in.same_days && !all_in.definition.iter().any(|line| line.contains("left out, since")));
}

#[test]
fn where_all_is_in_nothing_is_left_out() {
    let filter = Filter::parse("provider:AWS", &[]).expect("filter");
    let period = PeriodSpec::Range(Period { from: day("2026-11-01"), to: today() });
    let answer = breakdown(Lens { filter, period, ..lens(&[Dimension::Service]) });
    assert!(answer.rows.iter().all(|row| row.through.is_none()), "{:?}", answer.rows);
    assert!(answer.notices.iter().all(|notice| notice.kind != NoticeKind::NotIn), "{:?}", answer.notices);
}

#[test]
fn the_totals_change_is_the_sum_of_the_rows() {
    let one = |row: &QueryRow| (row.cost, row.previous);
    let sum = |all: Vec<Option<Amount>>| all.into_iter().flatten().sum::<Amount>();
    // Of one charge 34 days ago it is not known what came after; of one 52 days ago nothing more is to come.
    let charges: [fn(Day) -> i64; 2] =
        [|at| if at == day("2026-10-20") { 700 } else { 0 }, |at| if at == day("2026-10-02") { 700 } else { 0 }];
    for (charge, fly, previous) in [(charges[0], NOTHING, 44 * 100), (charges[1], figure(0, 700), 44 * 100 + 700)] {
        let store = Arc::new(Store::in_memory(&[]));
        let aws: &[Service<'_>] = &[("Alpha", "prod", |_| 103), ("Queue", "obs", |_| 97)];
        bills::import(&store, "aws", &bill("AWS", "2026-11-22", aws), today().seconds());
        bills::import(&store, "fly", &bill("Fly", "2026-10-30", &[("Machines", "old", charge)]), 0);
        let engine = LocalEngine::new(store, Config::default().settle, false);
        let ask = |question| engine.ask(&question, today(), &Cancel::default()).expect("an answer");
        for (by, name) in [
            (Dimension::Provider, "Fly"),
            (Dimension::Service, "Machines"),
            (Dimension::SubAccount, "old"),
            (Dimension::Resource, "r-Machines"),
        ] {
            for granularity in [None, Some(Granularity::Day), Some(Granularity::Week), Some(Granularity::Month)] {
                let question =
                    Query { lens: lens(std::slice::from_ref(&by)), granularity, sort: Sort::Key, limit: None };
                let Answer::Query(answers) = ask(Question::Query(question)) else { panic!() };
                let answer = &answers[0];
                let rows: Vec<_> = answer.rows.iter().map(one).collect();
                assert_eq!(Some(sum(rows.iter().map(|row| row.0).collect())), answer.total, "{by:?} {granularity:?}");
                assert_eq!(answer.previous_total, Some(Amount::whole(previous)), "{by:?} {granularity:?}");
                let whole = granularity.is_none();
                let of_fly = answer.rows.iter().find(|row| row.key[0].raw() == name).map(one);
                assert!(!whole || of_fly == Some((fly.amount, fly.previous)), "{by:?}: {of_fly:?}");
                assert!(!whole || sum(rows.iter().map(|row| row.1).collect()) == Amount::whole(previous), "{by:?}");
                assert!(rows.iter().all(|row| row.0.is_some() || row.1.is_none()), "{by:?} {granularity:?} {rows:?}");
            }
            let Answer::Breakdown(answers) =
                ask(Question::Breakdown { lens: lens(std::slice::from_ref(&by)), limit: None, pieces: None })
            else {
                panic!()
            };
            let of_fly = answers[0].rows.iter().find(|row| row.key[0].raw() == name).map(|row| row.figure);
            assert_eq!(of_fly, Some(fly), "{by:?}");
            assert_eq!(answers[0].total, figure(44 * 100, previous), "{by:?}");
            assert!(answers[0].pending.as_ref().is_none_or(|pending| named(Some(pending)) == ["AWS"]));
        }
    }
}

/// Whose days are said not to be in.
fn named(pending: Option<&Pending>) -> Vec<&str> {
    let of = pending.map(|pending| pending.of.as_slice()).unwrap_or_default();
    of.iter().map(|behind| behind.provider.raw()).collect()
}

#[test]
fn nobody_is_waited_for_whom_a_filter_has_no_charge_of() {
    let week = PeriodSpec::Range(Period { from: day("2026-11-16"), to: today() });
    for (filter, month, of_week) in [
        ("account:prod", vec!["AWS"], vec![]),
        ("service:Alpha", vec!["AWS"], vec![]),
        ("service:Infrastructure", vec!["Datadog"], vec!["Datadog"]),
        ("sku:sku-Infrastructure", vec!["Datadog"], vec!["Datadog"]),
        ("account:obs", vec!["AWS", "Datadog"], vec!["Datadog"]),
        ("account:none", vec![], vec![]),
        ("", vec!["AWS", "Datadog"], vec!["Datadog"]),
    ] {
        let filter = Filter::parse(filter, &[]).expect("filter");
        let own = Lens { filter: filter.clone(), ..lens(&[Dimension::Service]) };
        for (lens, want) in
            [(Lens { period: week, comparison: Comparison::None, ..own.clone() }, of_week), (own, month)]
        {
            let engine = engine();
            let ask = |question| engine.ask(&question, today(), &Cancel::default()).expect("an answer");
            let Answer::Breakdown(rows) = ask(Question::Breakdown { lens: lens.clone(), limit: None, pieces: None })
            else {
                panic!()
            };
            let question = Query { lens: lens.clone(), granularity: None, sort: Sort::Cost, limit: None };
            let Answer::Query(told) = ask(Question::Query(question)) else { panic!() };
            let Answer::Spend(spent) = ask(Question::Spend(lens)) else { panic!() };
            let of_rows: Vec<&str> = rows.iter().flat_map(|answer| named(answer.pending.as_ref())).collect();
            assert_eq!(of_rows, if rows.is_empty() { vec![] } else { want.clone() }, "{filter}");
            assert!(told.iter().all(|answer| named(answer.pending.as_ref()) == want), "{filter}");
            let of_total =
                |answer: &SpendAnswer| answer.pending.iter().find(|pending| pending.card == Card::Total).cloned();
            assert!(
                spent.iter().all(|answer| named(of_total(answer).map(|card| card.now).as_ref()) == want),
                "{filter}"
            );
        }
    }
}

#[test]
fn a_budget_waits_for_whom_it_has_charges_of() {
    let engine = engine();
    for (scope, want) in [("account:prod", vec![]), ("account:obs", vec!["Datadog"]), ("", vec!["Datadog"])] {
        let scope = Filter::parse(scope, &[]).expect("filter");
        let name = format!("budget of {scope}.");
        let plain = Budget::plain(name.as_str(), Amount::whole(9_000), "USD", Cycle::Month, day("2026-11-01"));
        let budget = Box::new(Budget { scope, ..plain });
        engine.command(&Command::Budget(BudgetCommand::Keep { budget, was: Was::New })).expect("kept");
        let Ok(Answer::Budgets(answer)) =
            engine.ask(&Question::Budgets(Asked::List { archived: false }), today(), &Cancel::default())
        else {
            panic!()
        };
        let BudgetsAnswer::List(list) = *answer else { panic!() };
        let own = list.iter().find(|one| one.budget.name.raw() == name).expect("kept");
        assert_eq!(named(own.pending.as_ref()), want, "{name}");
        assert_eq!(own.remarks.iter().any(|remark| remark.contains("not in yet: Datadog")), !want.is_empty(), "{name}");
    }
}
