//! The Spend tab's figures where somebody has brought nothing for weeks: those who have are held against themselves.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::engine::answer::{Figure, ForecastAnswer, SpendAnswer};
use crate::engine::local::LocalEngine;
use crate::engine::{Answer, Cancel, Card, Engine, Question, bills};
use crate::store::Store;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// Two providers that cost 100 and 50 a day, and 103 and 50 from November on, each up to a day.
fn engine(last: &str, last_of_vultr: &str) -> LocalEngine {
    engine_of((last, last_of_vultr), 1)
}

/// The same as it was brought so many days after the last day.
fn engine_of((last, last_of_vultr): (&str, &str), later: i32) -> LocalEngine {
    let store = Arc::new(Store::in_memory(&[]));
    for (provider, last, cost) in [("Hetzner", last, 100), ("Vultr", last_of_vultr, 50)] {
        let mut text = String::from(
            "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName\n",
        );
        for at in (Period { from: day("2026-07-01"), to: day(last).plus(1) }).iter() {
            let cost = if provider == "Hetzner" && at >= day("2026-11-01") { 103 } else { cost };
            let mut add = |cost: i64, service: &str| {
                let to = at.plus(1);
                writeln!(text, "{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,USD,{provider},{service}").expect("text");
            };
            add(cost, "vm");
            // Of a day that is not over most is missing.
            if later > 0 || at < day(last) {
                ["dns", "cdn"].into_iter().for_each(|free| add(0, free));
            }
        }
        bills::import(&store, provider, &text, day(last).plus(later).seconds());
    }
    LocalEngine::new(store, Config::default().settle, false)
}

fn answer(last: &str, last_of_vultr: &str) -> SpendAnswer {
    answer_of(&engine(last, last_of_vultr))
}

fn answer_of(engine: &LocalEngine) -> SpendAnswer {
    let lens = Lens { period: PeriodSpec::LastDays(7), comparison: Comparison::MonthBefore, ..Lens::default() };
    match engine.ask(&Question::Spend(lens), day("2026-11-23"), &Cancel::default()).expect("an answer") {
        Answer::Spend(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn figure(amount: i64, previous: Amount) -> Option<Figure> {
    Some(Figure { amount: Some(Amount::whole(amount)), previous: Some(previous) })
}

#[test]
fn of_those_who_have_brought_no_day_the_others_are_held_against_themselves() {
    let answer = answer("2026-11-22", "2026-10-28");
    let alike = |card: Card| answer.pending.iter().find(|one| one.card == card).expect("lacks").clone();
    for (card, amount, previous) in [
        (Card::MonthToDate, 22 * 103, Amount::whole(22 * 100)),
        (Card::Yesterday, 103, Amount::whole(103)),
        (Card::LastWeek, 7 * 103, Amount::whole(7 * 103)),
    ] {
        let pending = alike(card);
        assert_eq!((pending.alike, pending.those_in), (figure(amount, previous), true), "{card:?}");
        let whose = pending.now.words().expect("told");
        assert!(whose.contains("Vultr") && answer.change(card, &answer.month_to_date).is_none(), "{whose}");
    }
    let total = alike(Card::Total);
    assert!(total.those_in && total.previous.is_none(), "{total:?}");
    let days = answer.totals.iter().flatten().count() as i64;
    assert_eq!(total.alike, figure(103 * days, Amount::whole(100 * days)));
    // Each day is held against those who have it.
    let (now, before) = (&answer.totals, answer.held_series());
    let held = |at: usize| (now[at], before[at]);
    let last = answer.starts.iter().position(|start| *start == day("2026-11-22").seconds()).expect("a day");
    assert_eq!(held(last), (Some(Amount::whole(103)), Some(Amount::whole(100))));
    assert_eq!(answer.previous_series[last], Some(Amount::whole(150)), "what it did cost");
}

#[test]
fn where_days_have_come_of_all_those_are_compared_and_where_nobody_is_in_none() {
    let late = answer("2026-11-22", "2026-11-19");
    let week = late.pending.iter().find(|one| one.card == Card::LastWeek).expect("lacks");
    assert_eq!((week.those_in, week.alike), (false, figure(4 * 153, Amount::whole(4 * 153))));
    let yesterday = late.pending.iter().find(|one| one.card == Card::Yesterday).expect("lacks");
    assert_eq!((yesterday.those_in, yesterday.alike), (true, figure(103, Amount::whole(103))));
    let nobody = answer("2026-11-19", "2026-11-19");
    let yesterday = nobody.pending.iter().find(|one| one.card == Card::Yesterday).expect("lacks");
    assert_eq!((yesterday.those_in, yesterday.alike), (false, None));
    // Of today one has something, and nobody all: what it did cost is no measure.
    let today = answer_of(&engine_of(("2026-11-23", "2026-11-22"), 0));
    let at = today.starts.iter().position(|start| *start == day("2026-11-23").seconds()).expect("a day");
    let (now, held, was) = (today.totals[at], today.held_series()[at], today.previous_series[at]);
    assert_eq!((now, held, was), (Some(Amount::whole(103)), None, Some(Amount::whole(150))));
    let all = answer("2026-11-22", "2026-11-22");
    let lacking_today = all.pending.iter().find(|one| one.card == Card::Yesterday);
    assert!(lacking_today.is_none_or(|one| !one.those_in), "{lacking_today:?}");
}

#[test]
fn a_forecast_is_held_against_days_that_are_whole() {
    let told = |last: &str, last_of_vultr: &str| -> ForecastAnswer {
        let question = Question::Forecast(Lens::default());
        match engine(last, last_of_vultr).ask(&question, day("2026-11-23"), &Cancel::default()).expect("an answer") {
            Answer::Forecast(mut answers) if answers.len() == 1 => answers.remove(0),
            other => panic!("{other:?}"),
        }
    };
    let late = told("2026-11-22", "2026-10-13");
    let month = late.month.expect("foretold");
    let before = month.previous.expect("held against October");
    assert!((before - Amount::whole(31 * 150)).abs() < Amount::whole(50), "{before}");
    assert!(month.previous_lacks.expect("told").contains("18 of 31 days not in yet: Vultr"), "its days are foretold");
    let whole = told("2026-11-22", "2026-11-20").month.expect("foretold");
    assert_eq!((whole.previous, whole.previous_lacks), (Some(Amount::whole(31 * 150)), None));
}
