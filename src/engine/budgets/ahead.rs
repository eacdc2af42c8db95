//! What is foretold of a budget's period: its cost with each day to come.
//!
//! Knows budgets and forecasts, not how either is made.

use std::sync::Arc;

use crate::analytics::forecast::Band;
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::foretell::{DAYS, Foretold, foretell_of};
use crate::engine::together::Together;
use crate::error::Result;

/// What is foretold of a period.
pub(super) struct Ahead {
    /// What it will have cost with each day that is not settled.
    pub path: Vec<(Day, Band)>,
    /// The first day that is foretold, of whatever period.
    pub first: Day,
    /// What is foretold of each of these days, but for what is put back: what goes on by itself.
    pub usage: Vec<f64>,
    /// How, and how well that went before.
    pub words: String,
}

/// What will come of a budget's charges, its scope with definitions; nothing of a period that is too far, or where
/// there are no charges at all.
pub(super) fn foretold(
    together: &Together<'_>,
    budget: &Budget,
    period: Period,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Option<Arc<Foretold>>> {
    // A period to come is foretold as far as screens show what will come.
    let reach = as_of.plus(1 + i32::try_from(DAYS).unwrap_or(0));
    if period.from >= reach || together.engine().data_days().is_none() {
        return Ok(None);
    }
    let horizon = usize::try_from(period.to.0 - as_of.0).unwrap_or(0);
    foretell_of(together, &budget.scope, (budget.metric, &budget.currency), as_of, horizon, cancel).map(Some)
}

/// What is foretold of a period; nothing where nothing can be, or nothing need be. `spent` is what days cost that
/// are not foretold.
pub(super) fn of(foretold: &Foretold, period: Period, spent: impl Fn(Period) -> Amount) -> Option<Ahead> {
    let first = foretold.first();
    // Where all its days are settled its invoice may yet come; of days that others followed nothing is foretold.
    if first >= period.to && (foretold.expected(period).is_zero() || foretold.lacks(period)) {
        return None;
    }
    let path = Some(path(foretold, period, spent)).filter(|path| !path.is_empty())?;
    let usage = path.iter().map(|(day, _)| usage(foretold, *day)).collect();
    Some(Ahead { path, first, usage, words: foretold.how() })
}

/// What is foretold of a day, but for what is put back.
fn usage(foretold: &Foretold, day: Day) -> f64 {
    let one = Period { from: day, to: day.plus(1) };
    let known = foretold.came(one) + foretold.put_back(one);
    foretold.day(day).map_or(0.0, |band| band.mid - known.to_f64())
}

/// The days of a period that are not foretold.
fn behind(foretold: &Foretold, period: Period) -> Period {
    // What is settled of it is over: only days that are not have a course.
    Period { to: foretold.first().clamp(period.from, period.to), ..period }
}

/// What days that are not foretold cost. An invoice is dated at the beginning of its month, and is yet to come there.
fn known(foretold: &Foretold, behind: Period, spent: impl Fn(Period) -> Amount) -> Amount {
    spent(behind) + foretold.expected(behind)
}

/// What a period will have cost with each day that is foretold; where none is, and its invoice is yet to come, with
/// its last. Empty where nothing can be foretold. `spent` as above.
pub(super) fn path(foretold: &Foretold, period: Period, spent: impl Fn(Period) -> Amount) -> Vec<(Day, Band)> {
    if foretold.is_stale {
        return Vec::new();
    }
    let behind = behind(foretold, period);
    let days = Period { from: behind.to, ..period };
    let known = known(foretold, behind, spent).to_f64();
    if days.from == period.to {
        return vec![(period.to.plus(-1), Band::exactly(known))];
    }
    let up_to = |day: Day| Some((day, foretold.sum(Period { to: day.plus(1), ..days })?.plus(known)));
    days.iter().map(up_to).collect::<Option<_>>().unwrap_or_default()
}
