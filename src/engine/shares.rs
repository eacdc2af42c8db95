//! Totals by value as parts of a whole: what compositions, tags and coverage are made of.

use std::cmp::Reverse;

use super::answer::Share;
use super::values::Values;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;

/// A part of a whole.
pub(super) fn share(value: &str, name: &str, total: &Total, whole: Amount) -> Share {
    Share {
        value: value.into(),
        name: Some(name).filter(|name| !name.is_empty()).map(Untrusted::from),
        cost: total.value(),
        share: total.value().filter(|_| whole > Amount::ZERO).and_then(|cost| cost.ratio(whole)),
    }
}

/// The costliest of some values, by number; how many others there are, and what they come to.
pub(super) fn top(
    values: &Values,
    totals: impl Iterator<Item = (u32, Total)>,
    whole: Amount,
    limit: usize,
) -> (Vec<Share>, u64, Total) {
    let mut all: Vec<(u32, Total)> = totals.collect();
    all.sort_by_key(|(id, total)| (Reverse(total.value()), values.text(*id)));
    let mut others = Total::default();
    let beyond = all.get(limit..).unwrap_or_default();
    beyond.iter().for_each(|(_, total)| others.merge(total));
    let shown = all.iter().take(limit).map(|(id, total)| share(values.text(*id), values.name(*id), total, whole));
    (shown.collect(), beyond.len() as u64, others)
}

/// What is left of a total.
pub(super) fn less(all: &Total, some: &Total) -> Total {
    Total {
        sum: all.sum - some.sum,
        known: all.known.saturating_sub(some.known),
        unknown: all.unknown.saturating_sub(some.unknown),
    }
}
