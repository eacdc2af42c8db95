//! What if where more than usage is to come: purchases, tax, credits and a month's charges beside it; over a store of
//! made-up days.

use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::domain::budget::{Budget, Cycle};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::answer::Simulation;
use crate::engine::{Answer, Command, Engine, Question, bills};
use crate::store::Store;

const AS_OF: &str = "2026-11-22";

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// Days of two services, 50 and 10 a day, and what comes of a category on one day of each month, of a service.
fn engine(others: &[(&str, u32, i64, &str)]) -> LocalEngine {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         ChargeCategory\n",
    );
    let mut add = |at: Day, to: Day, cost: i64, service: &str, category: &str| {
        writeln!(text, "{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,USD,Hetzner,{service},{category}").expect("text");
    };
    for at in (Period { from: day("2026-02-01"), to: day(AS_OF) }).iter() {
        add(at, at.plus(1), 50, "vm", "Usage");
        add(at, at.plus(1), 10, "store", "Usage");
        for (category, _, cost, service) in others.iter().filter(|(_, on, ..)| *on == at.number()) {
            let is_long = *category == "Long";
            let to = if is_long { at.month().plus(1).first() } else { at.plus(1) };
            add(at, to, *cost, service, if is_long { "Usage" } else { category });
        }
    }
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
    bills::import(engine.store(), "bill", &text, 0);
    let budget = Box::new(Budget::plain("a", Amount::whole(5_000), "USD", Cycle::Month, day("2026-11-01")));
    engine.command(&Command::Budget(BudgetCommand::Keep { budget, was: Was::New })).expect("kept");
    engine
}

fn simulated(engine: &LocalEngine, change: &str) -> Simulation {
    let changes = vec![change.parse().expect("change")];
    let asked = Question::Budgets(Asked::Simulate { name: "a".into(), changes });
    let Answer::Budgets(answer) = engine.ask(&asked, day(AS_OF), &Cancel::default()).expect("answer") else {
        panic!("another answer");
    };
    let BudgetsAnswer::Simulated(simulation) = *answer else { panic!("another answer") };
    *simulation
}

#[test]
fn growth_of_a_service_is_of_its_usage_whatever_else_is_to_come() {
    for others in [
        &[][..],
        &[("Purchase", 25, 1_000, "vm"), ("Tax", 27, 300, "tax")],
        &[("Purchase", 25, 1_000, "store")],
        &[("Credit", 26, -400, "vm"), ("Credit", 5, -400, "store")],
        &[("Long", 4, 3_000, "vm"), ("Long", 28, 700, "store")],
    ] {
        let engine = engine(others);
        // Eight days of November are to come.
        for (change, effect) in [
            ("growth +100% of store", 80),
            ("growth -100% of store", -80),
            ("growth +50% of vm", 200),
            ("price -50% of vm", -200),
            ("growth +100%", 480),
        ] {
            let would = simulated(&engine, change);
            let by = would.changes[0].1;
            assert!((by - Amount::whole(effect)).abs() < Amount::whole(2), "{others:?}: {change}: {by}");
            let today = would.today.standing.forecast.expect("foretold").end.mid;
            assert!((would.end.mid - today - by).abs() < Amount::whole(1), "{others:?}: {change}");
        }
    }
}
