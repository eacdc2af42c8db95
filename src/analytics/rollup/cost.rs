//! Costs while they are added up: as narrow as they can be without overflow.
//!
//! Knows no charges and no cells.

use crate::domain::numbers::{Numbers, UNKNOWN_NARROW, UNKNOWN_WIDE};
use crate::domain::rollup::METRICS;

/// Whether no sum of some of the batch's costs can overflow 64 bits in the column's scale.
pub(super) fn fit_narrow(quantities: &[Numbers]) -> bool {
    quantities.iter().take(METRICS).all(|numbers| match numbers {
        Numbers::Unknown(_) => true,
        Numbers::Wide(_) => false,
        Numbers::Narrow { values, .. } => {
            let known = values.iter().filter(|v| **v != UNKNOWN_NARROW);
            i64::try_from(known.map(|v| u128::from(v.unsigned_abs())).sum::<u128>()).is_ok()
        }
    })
}

/// A cost while it is added up: in the column's scale where that cannot overflow, which takes
/// half the memory and time.
pub(super) trait Cost: Copy + Default {
    fn of(numbers: &Numbers, row: usize) -> Option<Self>;
    fn plus(self, other: Self) -> Self;
    /// In units of 1e-18.
    fn units(self, factor: i128) -> i128;
}

impl Cost for i64 {
    fn of(numbers: &Numbers, row: usize) -> Option<i64> {
        match numbers {
            Numbers::Narrow { values, .. } => Some(values[row]).filter(|v| *v != UNKNOWN_NARROW),
            _ => None,
        }
    }

    fn plus(self, other: i64) -> i64 {
        self.wrapping_add(other)
    }

    fn units(self, factor: i128) -> i128 {
        i128::from(self) * factor
    }
}

impl Cost for i128 {
    fn of(numbers: &Numbers, row: usize) -> Option<i128> {
        Some(numbers.units(row)).filter(|v| *v != UNKNOWN_WIDE)
    }

    fn plus(self, other: i128) -> i128 {
        self.saturating_add(other)
    }

    fn units(self, _: i128) -> i128 {
        self
    }
}
