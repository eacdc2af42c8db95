//! What is foretold of a budget's period: its cost with each day to come.
//!
//! Knows budgets and forecasts, not how either is made.

use crate::analytics::forecast::Band;
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::foretell::{DAYS, foretell_of};
use crate::engine::together::Together;
use crate::error::Result;

/// What is foretold of a period.
pub(super) struct Ahead {
    /// What it will have cost with each day that is not settled.
    pub path: Vec<(Day, Band)>,
    /// The first day that is foretold, of whatever period.
    pub first: Day,
    /// What it cost before the first of them.
    pub before: Amount,
    /// How, and how well that went before.
    pub words: String,
}

/// Foretells the period of a budget whose scope has its definitions; nothing where nothing can be foretold of it,
/// or nothing need be. `spent` is what days cost that are not foretold.
pub(super) fn of(
    together: &Together<'_>,
    budget: &Budget,
    period: Period,
    as_of: Day,
    spent: impl Fn(Period) -> Amount,
    cancel: &Cancel,
) -> Result<Option<Ahead>> {
    // A period to come is foretold as far as screens show what will come.
    let reach = as_of.plus(1 + i32::try_from(DAYS).unwrap_or(0));
    if period.from >= reach || together.engine().data_days().is_none() {
        return Ok(None);
    }
    let horizon = usize::try_from(period.to.0 - as_of.0).unwrap_or(0);
    let foretold = foretell_of(together, &budget.scope, (budget.metric, &budget.currency), as_of, horizon, cancel)?;
    // What is settled of it is over: only days that are not have a course.
    let first = foretold.first().max(period.from);
    if foretold.is_stale || first >= period.to {
        return Ok(None);
    }
    let before = spent(Period { from: period.from, to: first });
    let days = Period { from: first, to: period.to };
    // An invoice is dated at the beginning of its month, and is yet to come there.
    let known = (before + foretold.expected(Period { to: first, ..period })).to_f64();
    let up_to = |day: Day| Some((day, foretold.sum(Period { to: day.plus(1), ..days })?.plus(known)));
    let path: Option<Vec<(Day, Band)>> = days.iter().map(up_to).collect();
    Ok(path.map(|path| Ahead { path, first: foretold.first(), before, words: foretold.words() }))
}
