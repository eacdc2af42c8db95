//! What is told of a run of a scope besides what it asked for: what was restated, refused, or told by others.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Board;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::provider::Problem;
use crate::store::remote::Restated;
use crate::sync::billed::{Billed, words};
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

/// Account periods of which it is named what counts, at most.
const NAMED_MAX: usize = 3;

/// What is to be known where another source has the same account periods: which counts, with both sums.
pub(super) fn overlaps(outcome: &Outcome, source: &str) -> Option<String> {
    let periods = outcome.overlaps.len();
    let named = outcome.overlaps.iter().take(NAMED_MAX).map(|(key, overlap)| {
        let ours = (source, &overlap.billed_ours);
        let theirs = (overlap.before.as_str(), &overlap.billed_before);
        let (counts, kept) = if overlap.now == source { (ours, theirs) } else { (theirs, ours) };
        let told = |(source, billed): (&str, &Option<Billed>)| {
            let sum = billed.as_ref().map(|billed| format!(" ({})", words(billed)));
            format!("{}{}", SafeText::from_outside(source), sum.unwrap_or_default())
        };
        format!("{}: {} counts, {} is kept", SafeText::from_outside(&key.name()), told(counts), told(kept))
    });
    let named: Vec<String> = named.collect();
    let more = periods.saturating_sub(NAMED_MAX);
    let more = if more > 0 {
        format!(" and {} more", counted(more as u64, "account period", "account periods"))
    } else {
        String::new()
    };
    (periods > 0).then(|| format!("also had from another source: {}{more}", named.join("; ")))
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
        let refused = (refused > 0).then(|| counted(refused, "row was", "rows were"))?;
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
