//! Budgets where not all has come: what goes over from a period that is not wholly settled, pace, and when one has
//! ended; over a store of made-up days.

use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::domain::budget::{Budget, Cycle, Rollover};
use crate::domain::calendar::Day;
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetState as State};
use crate::engine::{Command, Engine, bills};
use crate::store::Store;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// What a day costs: of AWS and of Hetzner.
fn cost(provider: &str, at: Day) -> i64 {
    if provider == "AWS" { 100 + i64::from(at.0 % 7) } else { 10 }
}

/// Days of both since June, the last of each on a day of its own.
fn engine(last_of_aws: &str, last: &str) -> LocalEngine {
    with(&[("AWS", last_of_aws), ("Hetzner", last)], |_| true)
}

/// Days since June of providers, the last of each on a day of its own, as far as days are wanted.
fn with(providers: &[(&str, &str)], wanted: fn(Day) -> bool) -> LocalEngine {
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName\n",
    );
    for (provider, last) in providers {
        let days = day(last).0 - day("2026-06-01").0;
        for at in (0..=days).map(|n| day("2026-06-01").plus(n)).filter(|at| wanted(*at)) {
            let (cost, to) = (cost(provider, at), at.plus(1));
            text.push_str(&format!("{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,USD,{provider},vm\n"));
        }
    }
    bills::import(engine.store(), "bill", &text, 0);
    engine
}

/// What October costs once all of it has come.
fn october() -> Amount {
    let days = (0..31).map(|n| day("2026-10-01").plus(n));
    Amount::whole(days.map(|at| cost("AWS", at) + cost("Hetzner", at)).sum())
}

fn standing(engine: &LocalEngine, rollover: Rollover, limit: Amount, as_of: &str) -> BudgetAnswer {
    let plain = Budget::plain("a", limit, "USD", Cycle::Month, day("2026-10-01"));
    let budget = Box::new(Budget { rollover, ..plain });
    engine.command(&Command::Budget(BudgetCommand::Keep { budget, was: Was::New })).expect("kept");
    standings(engine, day(as_of), &Cancel::default()).expect("standings").remove(0)
}

#[test]
fn what_is_foretold_of_days_that_have_not_come_is_not_left_over() {
    let limit = october() + Amount::whole(100);
    for rollover in [Rollover::Unspent, Rollover::Balance] {
        let answer = standing(&engine("2026-10-22", "2026-11-01"), rollover, limit, "2026-11-03");
        let carried = answer.limit.carried;
        // AWS lacks nine days, a thousand dollars: a hundred is left, and no more than that is sure.
        assert!((Amount::ZERO..=Amount::whole(101)).contains(&carried), "{carried}");
        let past = &answer.history[answer.history.len() - 1];
        assert_eq!(past.pending.as_ref().map(|pending| pending.missing), Some(9));
        let end = past.foretold.expect("foretold");
        assert!((end.mid - october()).abs() < Amount::whole(50) && end.hi80 >= end.mid, "{end:?}");
        assert_eq!(carried, (limit - end.hi80).max(Amount::ZERO));
        assert!(matches!(past.state, Some(State::OnTrack | State::AtRisk)), "it is not kept yet: {:?}", past.state);
        let said = answer.remarks.iter().find(|remark| remark.contains("October 2026")).expect("said");
        assert!(said.contains("9 of its days are not in yet") && said.contains("foretold"), "{said}");
    }
}

#[test]
fn what_is_overspent_counts_with_what_is_foretold() {
    let limit = october() - Amount::whole(300);
    let bill = || engine("2026-10-22", "2026-11-01");
    let owed = standing(&bill(), Rollover::Balance, limit, "2026-11-03");
    assert!((owed.limit.carried + Amount::whole(300)).abs() < Amount::whole(50), "{}", owed.limit.carried);
    assert!(owed.remarks.iter().any(|said| said.contains("overspent in October 2026")), "{:?}", owed.remarks);
    let nothing = standing(&bill(), Rollover::Unspent, limit, "2026-11-03");
    assert_eq!(nothing.limit.carried, Amount::ZERO);
    let said = nothing.remarks.iter().find(|remark| remark.contains("October 2026")).expect("said");
    assert!(said.starts_with("nothing is left over from October 2026"), "{said}");
    let past = &nothing.history[nothing.history.len() - 1];
    assert!(matches!(past.state, Some(State::WillExceed { .. })), "{:?}", past.state);
}

#[test]
fn on_the_first_days_of_a_month_the_last_ones_of_the_one_before_count_as_foretold_until_they_are_settled() {
    let limit = october() + Amount::whole(100);
    let young = standing(&engine("2026-10-31", "2026-10-31"), Rollover::Unspent, limit, "2026-11-01");
    assert!(young.limit.carried <= Amount::whole(100), "{}", young.limit.carried);
    let said = young.remarks.iter().find(|remark| remark.contains("October 2026")).expect("said");
    assert!(said.contains("not settled"), "{said}");
    let settled = standing(&engine("2026-11-18", "2026-11-18"), Rollover::Unspent, limit, "2026-11-19");
    assert_eq!(settled.limit.carried, Amount::whole(100));
    let past = &settled.history[settled.history.len() - 1];
    assert_eq!((past.state, past.pending.is_none(), past.foretold), (Some(State::Kept), true, None));
    assert!(settled.remarks.iter().any(|said| said == "100.00 USD left over from October 2026 are in the limit"));
}

fn days_of_pace(engine: &LocalEngine, as_of: &str) -> f64 {
    standing(engine, Rollover::None, Amount::whole(9_000), as_of).pace.expect("a period that runs").days
}

#[test]
fn the_days_of_pace_are_those_of_the_money() {
    let is = |days: f64, want: f64| assert!((days * 30.0 - want).abs() < 0.2, "{} instead of {want}", days * 30.0);
    // One of 10 dollars of 113 a day is silent for 12 days: as much of each of them is missing.
    is(days_of_pace(&engine("2026-11-20", "2026-11-08"), "2026-11-21"), 20.0 - 12.0 * 10.0 / 113.0);
    is(days_of_pace(&engine("2026-11-08", "2026-11-20"), "2026-11-21"), 20.0 - 12.0 * 103.0 / 113.0);
    is(days_of_pace(&engine("2026-11-20", "2026-11-20"), "2026-11-21"), 20.0);
    // Today is not over, and what has no charge every day is not late.
    is(days_of_pace(&with(&[("AWS", "2026-11-20")], |at| at.number() == 5), "2026-11-21"), 20.0);
    // Of two days nobody knows when more should have come, nor of those before what they cost.
    let young = |at: Day| at >= Day::parse("2026-11-03").expect("day") && at <= Day::parse("2026-11-04").expect("day");
    is(days_of_pace(&with(&[("AWS", "2026-11-20")], young), "2026-11-21"), 2.0);
}

#[test]
fn a_budget_whose_days_are_over_and_settled_has_ended_and_stands_last() {
    let engine = engine("2026-11-18", "2026-11-18");
    let keep = |name: &str, every: Cycle, limit: i64| {
        let budget = Box::new(Budget::plain(name, Amount::whole(limit), "USD", every, day("2026-10-01")));
        engine.command(&Command::Budget(BudgetCommand::Keep { budget, was: Was::New })).expect("kept");
    };
    let days = |to: &str| Cycle::Days(crate::domain::calendar::Period { from: day("2026-10-05"), to: day(to) });
    keep("launch", days("2026-10-20"), 5);
    keep("fresh", days("2026-11-19"), 5);
    keep("all", Cycle::Month, 900_000);
    let list = standings(&engine, day("2026-11-19"), &Cancel::default()).expect("standings");
    let told: Vec<(&str, bool, String)> =
        list.iter().map(|one| (one.budget.name.raw(), one.has_ended(), one.state_words())).collect();
    let over = "exceeded on 2026-10-05";
    let want = [
        ("fresh", false, over.to_owned()),
        ("all", false, "on track".to_owned()),
        ("launch", true, format!("ended, {over}")),
    ];
    assert_eq!(told, want);
}

#[test]
fn what_is_foretold_of_days_behind_is_likely_and_not_to_come() {
    // November's limit is foretold to be crossed on the 11th, of which nothing has come.
    let answer = standing(&engine("2026-11-06", "2026-11-06"), Rollover::None, Amount::whole(1_200), "2026-11-19");
    let State::WillExceed { on } = answer.state else { panic!("{:?}", answer.state) };
    assert!(on < day("2026-11-19"));
    assert_eq!(answer.state_words(), format!("likely exceeded on {on}"));
}
