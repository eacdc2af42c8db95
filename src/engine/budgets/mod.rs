//! Budgets: kept in the journal, held against what was spent and what is foretold.
//!
//! [`standings`] is what every face and the watch ask; [`crate::analytics::budget`] is the arithmetic. Knows no
//! face.

mod ahead;
mod costs;
mod detail;
mod earlier;
pub mod kept;
mod memory;
mod remarks;
mod simulate;
mod standing;
mod suggest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_begin;
#[cfg(test)]
mod tests_of_invoices;
#[cfg(test)]
mod tests_of_rollover;
#[cfg(test)]
mod tests_of_whatif;

use serde::{Deserialize, Serialize};

pub use self::detail::spenders;
pub use self::kept::{BudgetCommand, BudgetOutcome, Was};
pub use self::memory::Memory;
pub use self::standing::standings;
use super::Cancel;
use super::answer::BudgetsAnswer;
use super::local::LocalEngine;
use crate::domain::calendar::Day;
use crate::domain::scenario::Change;
use crate::error::Result;

/// What can be asked about budgets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Asked {
    /// How they stand.
    List {
        /// Those that are archived, too.
        archived: bool,
    },
    /// What they are, and nothing of what they cost.
    Kept,
    /// One of them in detail.
    Detail {
        /// Its name.
        name: String,
    },
    /// What could be budgets, by history.
    Suggest,
    /// How one would stand if something else came.
    Simulate {
        /// Its name.
        name: String,
        /// What would be otherwise.
        changes: Vec<Change>,
    },
    /// Scenarios that are kept.
    Scenarios,
}

/// Answers what is asked about budgets.
///
/// # Errors
/// Kind `Usage` where there is no such budget, `Store` where data cannot be read, `Interrupted` where it was
/// given up.
pub fn answer(engine: &LocalEngine, asked: &Asked, as_of: Day, cancel: &Cancel) -> Result<BudgetsAnswer> {
    Ok(match asked {
        Asked::List { archived } => BudgetsAnswer::List(standing::list(engine, *archived, as_of, cancel)?),
        Asked::Kept => BudgetsAnswer::Kept(kept::budgets(&engine.store().journal())),
        Asked::Detail { name } => {
            let budget = kept::find(&engine.store().journal(), name)?;
            BudgetsAnswer::Detail(Box::new(detail::of(engine, &budget, as_of, cancel)?))
        }
        Asked::Suggest => BudgetsAnswer::Suggested(suggest::all(engine, as_of, cancel)?),
        Asked::Simulate { name, changes } => {
            let budget = kept::find(&engine.store().journal(), name)?;
            BudgetsAnswer::Simulated(Box::new(simulate::of(engine, &budget, changes, as_of, cancel)?))
        }
        Asked::Scenarios => BudgetsAnswer::Scenarios(kept::scenarios(&engine.store().journal())),
    })
}
