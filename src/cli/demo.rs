//! Budgets of the generated company: some hold, some do not, whatever its seed.

use crate::domain::budget::{Budget, Rollover};
use crate::domain::calendar::Day;
use crate::domain::percent::Percent;
use crate::engine::answer::BudgetsAnswer;
use crate::engine::budgets::{Asked, BudgetCommand, answer};
use crate::engine::local::LocalEngine;
use crate::engine::{Cancel, Command, Engine};
use crate::error::Result;

/// What share of the suggested amount each of the first suggestions has.
const SHARES: [i64; 5] = [92, 84, 84, 60, 88];
/// Months before this one in which they began.
const MONTHS: i32 = 5;

/// Makes budgets of what could be some.
///
/// # Errors
/// Those of the store.
pub fn give_budgets(engine: &LocalEngine, as_of: Day) -> Result<()> {
    let BudgetsAnswer::Suggested(found) = answer(engine, &Asked::Suggest, as_of, &Cancel::default())? else {
        return Ok(());
    };
    let keep: Vec<Budget> = found
        .into_iter()
        .zip(SHARES)
        .enumerate()
        .map(|(at, (one, share))| Budget {
            amount: Percent::whole(share).of(one.budget.amount),
            from: as_of.month().plus(-MONTHS).first(),
            growth: if at == 0 { Percent::whole(1) } else { Percent::ZERO },
            rollover: if at == 1 { Rollover::Unspent } else { Rollover::None },
            owner: if at == 0 { "finance".into() } else { one.budget.name.clone() },
            ..one.budget
        })
        .collect();
    engine.command(&Command::Budget(BudgetCommand::Apply { keep, remove: Vec::new() })).map(|_| ())
}
