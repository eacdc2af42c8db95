//! Budgets whose periods began before the first day that any charge is known of; over a store of made-up days.

use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::domain::budget::{Budget, Cycle, Rollover};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetState as State};
use crate::engine::{Command, Engine, bills};
use crate::store::Store;

const AS_OF: &str = "2026-11-22";

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// A hundred a day from a day on.
fn standing(first: &str, budget: Budget) -> BudgetAnswer {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName\n",
    );
    for at in (Period { from: day(first), to: day(AS_OF) }).iter() {
        writeln!(text, "100,100,{at}T00:00:00Z,{}T00:00:00Z,USD,Hetzner,vm", at.plus(1)).expect("text");
    }
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
    bills::import(engine.store(), "bill", &text, 0);
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
