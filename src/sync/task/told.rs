//! What is told of a run of a scope besides what it asked for: what was restated, refused, or told by others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::Board;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::provider::Problem;
use crate::store::remote::Restated;
use crate::sync::ingest::{Outcome, Watcher};

/// By how much billed cost was restated, by currency, where both are known.
pub(super) fn restated(days: &[Restated]) -> BTreeMap<String, Amount> {
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for day in days {
        if let (Some(before), Some(after)) = (day.before, day.after) {
            let slot = sums.entry(day.currency.clone()).or_default();
            *slot = *slot + after - before;
        }
    }
    sums
}

/// What is to be known where another source has the same account periods.
pub(super) fn overlaps(outcome: &Outcome) -> Option<String> {
    let others: BTreeSet<&str> = outcome.overlaps.values().map(|overlap| overlap.before.as_str()).collect();
    let periods = outcome.overlaps.len();
    (periods > 0).then(|| {
        let others: Vec<String> = others.into_iter().map(|name| SafeText::from_outside(name).into_string()).collect();
        let counted = crate::domain::words::counted(periods as u64, "account period is", "account periods are");
        format!("{counted} also had from {}: one counts, the other is kept", others.join(", "))
    })
}

/// The first refused row is told in the log.
pub(super) struct Refusals<'a> {
    pub(super) board: &'a Board,
    pub(super) source: &'a str,
    pub(super) first: Mutex<Option<String>>,
}

impl Refusals<'_> {
    /// The first row that was refused, and why.
    pub(super) fn first(&self) -> Option<String> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.as_deref().map(|told| SafeText::from_outside(told).into_string())
    }

    /// That rows were refused although the others were taken.
    pub(super) fn told(&self, refused: u64) -> Option<String> {
        let refused = (refused > 0).then(|| crate::domain::words::counted(refused, "row was", "rows were"))?;
        let first = self.first().map_or(String::new(), |first| format!(": {first}"));
        Some(format!("{refused} refused, and in no figure{first}"))
    }
}

impl Watcher for Refusals<'_> {
    fn progress(&self, _: u64, rows: u64) {
        self.board.tell(self.source, |live| live.rows = rows);
    }

    fn problem(&self, problem: &Problem) {
        if problem.refused {
            let told = format!("{} line {}: {}", problem.file, problem.line, problem.reason);
            self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(told);
        }
    }
}
