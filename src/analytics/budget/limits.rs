//! How much each period of a budget may cost: its amount with growth, and what goes over from the period before.
//!
//! Exact, but for what goes over from a period that is not settled: what is foretold of that counts as spent.

use serde::{Deserialize, Serialize};

use crate::domain::budget::{Budget, Span};
use crate::domain::calendar::Day;
use crate::domain::money::Amount;

/// Periods of a budget at most: a century of months.
pub const PERIODS_MAX: usize = 1_200;

/// How much a period may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limit {
    /// By amount and growth; of a period that begins late the share of its days.
    pub base: Amount,
    /// What went over from the period before; below zero where that one cost too much.
    pub carried: Amount,
    /// Both together.
    pub total: Amount,
}

/// What a period came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Came {
    /// Nothing is known.
    #[default]
    Unknown,
    /// This, and no more will come.
    Settled(Amount),
    /// Not all has come, or it may still change.
    Open {
        /// What has come.
        spent: Amount,
        /// What it will have come to: the middle of what is foretold, and the upper end of its 80 % interval.
        /// None where that cannot be told.
        foretold: Option<(Amount, Amount)>,
    },
}

impl Came {
    /// What is left of a limit; below zero where more was spent. What may yet be spent is not left over, so of a
    /// period that is open only what lies above the upper end of what is foretold counts; it is overspent by the middle.
    fn left(self, limit: Amount) -> Amount {
        match self {
            Came::Unknown => Amount::ZERO,
            Came::Settled(spent) => limit - spent,
            Came::Open { foretold: Some((_, high)), .. } if high < limit => limit - high,
            Came::Open { foretold: Some((mid, _)), .. } => (limit - mid).min(Amount::ZERO),
            Came::Open { spent, foretold: None } => (limit - spent).min(Amount::ZERO),
        }
    }
}

/// The periods of a budget up to the one that holds `day`, or the last before it; empty before the first.
#[must_use]
pub fn spans(budget: &Budget, day: Day) -> Vec<Span> {
    let Some(last) = budget.every.number(budget.from, day) else { return Vec::new() };
    (0..=last.min(PERIODS_MAX)).map_while(|number| budget.every.span(budget.from, number)).collect()
}

/// A period's limit before anything goes over to it.
#[must_use]
pub fn base(budget: &Budget, span: &Span) -> Amount {
    let mut limit = budget.amount;
    if !budget.growth.is_zero() {
        let largest = Amount::from_units(Amount::LIMIT);
        for _ in 0..span.number {
            limit = (limit + budget.growth.of(limit)).min(largest);
        }
    }
    limit.scale_by(i64::from(span.period.days()), i64::from(span.whole.days()))
}

/// The limits of periods that follow each other from a budget's first on, by what each came to. Where nothing is
/// known of one, nothing goes over from it.
#[must_use]
pub fn limits(budget: &Budget, spans: &[Span], came: &[Came]) -> Vec<Limit> {
    let mut carried = Amount::ZERO;
    let mut limits = Vec::with_capacity(spans.len());
    for (at, span) in spans.iter().enumerate() {
        let base = base(budget, span);
        let balance = base + carried;
        // What is owed from before can use a limit up; it never makes it less than nothing, and goes on being owed.
        limits.push(Limit { base, carried, total: balance.max(Amount::ZERO) });
        carried = budget.rollover.carries(came.get(at).copied().unwrap_or_default().left(balance));
    }
    limits
}
