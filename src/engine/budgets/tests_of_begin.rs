//! Budgets whose periods began before the first day that any charge is known of; over a store of made-up days.

use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::domain::budget::{Budget, Cycle, Rollover};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetState as State};
use crate::engine::{Answer, Command, Engine, Question, bills};
use crate::store::Store;

const AS_OF: &str = "2026-11-22";

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// A hundred a day from a day on.
fn engine(first: &str) -> LocalEngine {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName\n",
    );
    for at in (Period { from: day(first), to: day(AS_OF) }).iter() {
        writeln!(text, "100,100,{at}T00:00:00Z,{}T00:00:00Z,USD,Hetzner,vm", at.plus(1)).expect("text");
    }
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
    // What ended on Oct 3.
    for at in (Period { from: day(first), to: day("2026-10-04") }).iter() {
        writeln!(text, "40,40,{at}T00:00:00Z,{}T00:00:00Z,GBP,Hetzner,vm", at.plus(1)).expect("text");
    }
    bills::import(engine.store(), "bill", &text, 0);
    engine
}

fn standing(first: &str, budget: Budget) -> BudgetAnswer {
    let engine = engine(first);
    let keep = BudgetCommand::Keep { budget: Box::new(budget), was: Was::New };
    engine.command(&Command::Budget(keep)).expect("kept");
    standings(&engine, day(AS_OF), &Cancel::default()).expect("standings").remove(0)
}

fn plain(limit: i64, every: Cycle, from: &str) -> Budget {
    Budget::plain("a", Amount::whole(limit), "USD", every, day(from))
}

const FROM: &str = "charges are known from 2026-09-24 on: what was spent before is not counted";

#[test]
fn days_of_the_running_period_of_which_nothing_is_known_are_told_and_have_not_come() {
    let days = Cycle::Days(Period { from: day("2026-07-01"), to: day("2027-01-01") });
    for (every, from, of) in [(Cycle::Year, "2026-01-01", 365.0), (days, "2026-07-01", 184.0)] {
        let answer = standing("2026-09-24", plain(30_000, every, from));
        assert_eq!(answer.remarks.iter().filter(|said| *said == FROM).count(), 1, "{:?}", answer.remarks);
        // 59 days were spent of: those alone can have come.
        let pace = answer.pace.expect("runs");
        assert!((pace.days * of - 59.0).abs() < 0.2, "{every:?}: {}", pace.days * of);
        assert_eq!(answer.spent, Some(Amount::whole(5_900)));
    }
    for (first, from) in [("2025-12-31", "2026-01-01"), ("2026-01-01", "2026-01-01"), ("2026-09-24", "2026-10-01")] {
        let answer = standing(first, plain(30_000, Cycle::Year, from));
        assert!(!answer.remarks.iter().any(|said| said.contains("are known from")), "{:?}", answer.remarks);
    }
}

#[test]
fn days_that_are_not_known_are_no_money_left_over() {
    for (every, from, rollover, limit, carried) in [
        // Seven days of September are known.
        (Cycle::Month, "2026-09-01", Rollover::Unspent, 4_000, 900),
        (Cycle::Month, "2026-09-01", Rollover::Balance, 4_000, 900),
        (Cycle::Quarter, "2026-04-01", Rollover::Unspent, 10_000, 0),
        // What is known of them is more than was to be spent.
        (Cycle::Month, "2026-09-01", Rollover::Balance, 500, -200 - 2_600),
        (Cycle::Month, "2026-09-01", Rollover::Unspent, 500, 0),
    ] {
        let answer = standing("2026-09-24", Budget { rollover, ..plain(limit, every, from) });
        assert_eq!(answer.limit.carried, Amount::whole(carried), "{every:?} {rollover:?} {limit}");
        let said = answer.remarks.iter().any(|said| said.starts_with("of some earlier periods not all is known"));
        assert!(said, "{:?}", answer.remarks);
        let part = answer.history.iter().find(|past| past.is_part).expect("in part");
        assert!(!matches!(part.state, Some(State::Kept)), "{part:?}");
    }
}

#[test]
fn what_is_owed_beyond_a_limit_is_said_to_go_over() {
    let answer =
        standing("2026-05-01", Budget { rollover: Rollover::Balance, ..plain(1_000, Cycle::Month, "2026-09-01") });
    assert_eq!((answer.limit.carried, answer.limit.total), (Amount::whole(-4_100), Amount::ZERO));
    let said = "4,100.00 USD overspent in October 2026 use the limit up: 3,100.00 USD of it go over to the next";
    assert!(answer.remarks.iter().any(|remark| remark == said), "{:?}", answer.remarks);
}

#[test]
fn periods_that_are_not_over_are_no_earlier_ones() {
    let answer = standing("2026-05-01", plain(4_000, Cycle::Month, "2027-03-01"));
    let last = answer.history.last().expect("earlier ones");
    assert_eq!((answer.period.from, last.period.from), (day("2027-03-01"), day("2026-10-01")));
    assert!(last.pending.is_none(), "{last:?}");
}

#[test]
fn what_has_ended_is_not_suggested() {
    let engine = engine("2026-05-01");
    let suggested = |as_of: &str| -> Vec<String> {
        let asked = Question::Budgets(Asked::Suggest);
        let Answer::Budgets(answer) = engine.ask(&asked, day(as_of), &Cancel::default()).expect("answer") else {
            panic!("another answer");
        };
        let BudgetsAnswer::Suggested(found) = *answer else { panic!("another answer") };
        found.iter().map(|one| one.budget.name.raw().to_owned()).collect()
    };
    assert_eq!(suggested(AS_OF), ["all USD"]);
    assert_eq!(suggested("2026-10-02"), ["all USD", "all GBP"]);
}
