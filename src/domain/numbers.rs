//! A growing column of decimals, eight bytes a value while it can be.
//!
//! Values share one scale (decimal places); a value that needs a finer scale rescales the column,
//! and one that no longer fits in 64 bits widens it. Both are rare, so that a million charges
//! with eight quantities stay in 64 MB while they are read. Unknown values are kept apart from zero.

use super::money::{Amount, Decimal, POW10, SCALE};

/// Stands for "unknown" among narrow values; never a value itself.
pub const UNKNOWN_NARROW: i64 = i64::MIN;
/// Stands for "unknown" among wide values; never a value itself.
pub const UNKNOWN_WIDE: i128 = i128::MIN;

/// A column of decimals or unknowns.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Numbers {
    /// So many unknowns, and nothing else yet.
    Unknown(usize),
    /// Values x 10^-`scale`.
    Narrow {
        /// Decimal places of every value.
        scale: u8,
        /// The values; [`UNKNOWN_NARROW`] where unknown.
        values: Vec<i64>,
    },
    /// Values in units of 1e-18; [`UNKNOWN_WIDE`] where unknown.
    Wide(Vec<i128>),
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers::Unknown(0)
    }
}

impl Numbers {
    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Numbers::Unknown(n) => *n,
            Numbers::Narrow { values, .. } => values.len(),
            Numbers::Wide(values) => values.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its scale is one, and no value's magnitude is above `limit`, in units of 1e-18.
    #[must_use]
    pub fn are_within(&self, limit: i128) -> bool {
        match self {
            Numbers::Unknown(_) => true,
            Numbers::Narrow { scale, .. } if u32::from(*scale) > SCALE => false,
            Numbers::Narrow { scale, values } => {
                let limit = limit / i128::from(POW10[SCALE as usize - usize::from(*scale)]);
                values.iter().all(|v| *v == UNKNOWN_NARROW || i128::from(v.unsigned_abs()) <= limit)
            }
            Numbers::Wide(values) => {
                values.iter().all(|v| *v == UNKNOWN_WIDE || v.unsigned_abs() <= limit.unsigned_abs())
            }
        }
    }

    /// Forgets all values but keeps the memory and the scale, which the next values will need.
    pub fn clear(&mut self) {
        match self {
            Numbers::Unknown(n) => *n = 0,
            Numbers::Narrow { values, .. } => values.clear(),
            Numbers::Wide(_) => *self = Numbers::default(),
        }
    }

    /// Bytes that it holds in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Numbers::Unknown(_) => 0,
            Numbers::Narrow { values, .. } => values.len() * 8,
            Numbers::Wide(values) => values.len() * 16,
        }
    }

    /// Adds a value, or an unknown.
    pub fn push(&mut self, value: Option<Decimal>) {
        self.push_ref(value.as_ref());
    }

    /// The same, for a value that lies elsewhere: copying it costs more than adding it.
    pub fn push_ref(&mut self, value: Option<&Decimal>) {
        match (&mut *self, value) {
            (Numbers::Unknown(n), None) => *n += 1,
            (Numbers::Narrow { values, .. }, None) => values.push(UNKNOWN_NARROW),
            (Numbers::Wide(values), None) => values.push(UNKNOWN_WIDE),
            (Numbers::Narrow { scale, values }, Some(d)) if d.scale <= *scale => {
                let factor = POW10[usize::from(*scale - d.scale)];
                match i64::try_from(d.mantissa).ok().and_then(|m| m.checked_mul(factor)) {
                    Some(v) if v != UNKNOWN_NARROW => values.push(v),
                    _ => self.widen_and_push(*d),
                }
            }
            (Numbers::Wide(values), Some(d)) => values.push(d.amount().units()),
            (_, Some(d)) => self.refine_and_push(*d),
        }
    }

    /// Adds a value in units of 1e-18, or [`UNKNOWN_WIDE`].
    pub fn push_units(&mut self, units: i128) {
        self.push((units != UNKNOWN_WIDE).then_some(Decimal { mantissa: units, scale: SCALE as u8, rounded: false }));
    }

    /// A finer scale is needed, or the first value has come.
    fn refine_and_push(&mut self, value: Decimal) {
        let refined = match &*self {
            Numbers::Unknown(n) => Some(vec![UNKNOWN_NARROW; *n]),
            Numbers::Narrow { scale, values } => {
                let factor = POW10[usize::from(value.scale - *scale)];
                values.iter().map(|v| if *v == UNKNOWN_NARROW { Some(*v) } else { v.checked_mul(factor) }).collect()
            }
            Numbers::Wide(_) => None,
        };
        match (refined, i64::try_from(value.mantissa)) {
            (Some(mut values), Ok(mantissa)) if mantissa != UNKNOWN_NARROW => {
                values.push(mantissa);
                *self = Numbers::Narrow { scale: value.scale, values };
            }
            _ => self.widen_and_push(value),
        }
    }

    fn widen_and_push(&mut self, value: Decimal) {
        let mut values: Vec<i128> = (0..self.len()).map(|i| self.units(i)).collect();
        values.push(value.amount().units());
        *self = Numbers::Wide(values);
    }

    /// The value at `index` in units of 1e-18, [`UNKNOWN_WIDE`] where unknown.
    #[must_use]
    pub fn units(&self, index: usize) -> i128 {
        match self {
            Numbers::Unknown(_) => UNKNOWN_WIDE,
            Numbers::Narrow { scale, values } => match values[index] {
                UNKNOWN_NARROW => UNKNOWN_WIDE,
                v => i128::from(v) * i128::from(POW10[SCALE as usize - usize::from(*scale)]),
            },
            Numbers::Wide(values) => values[index],
        }
    }

    /// The value at `index`, `None` where unknown.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Amount> {
        match self.units(index) {
            UNKNOWN_WIDE => None,
            units => Some(Amount::from_units(units)),
        }
    }

    /// The values at `order`'s positions, in that order.
    #[must_use]
    pub fn gather(&self, order: &[u32]) -> Numbers {
        match self {
            Numbers::Unknown(_) => Numbers::Unknown(order.len()),
            Numbers::Narrow { scale, values } => {
                Numbers::Narrow { scale: *scale, values: order.iter().map(|i| values[*i as usize]).collect() }
            }
            Numbers::Wide(values) => Numbers::Wide(order.iter().map(|i| values[*i as usize]).collect()),
        }
    }
}

/// A sum that keeps unknown values apart.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Total {
    /// The sum of the known values.
    pub sum: Amount,
    /// How many values were known.
    pub known: u64,
    /// How many were not.
    pub unknown: u64,
}

impl Total {
    /// Adds one value in units of 1e-18, or [`UNKNOWN_WIDE`].
    pub fn add_units(&mut self, units: i128) {
        if units == UNKNOWN_WIDE {
            self.unknown += 1;
        } else {
            self.sum += Amount::from_units(units);
            self.known += 1;
        }
    }

    /// Adds another total.
    pub fn merge(&mut self, other: &Total) {
        self.sum += other.sum;
        self.known += other.known;
        self.unknown += other.unknown;
    }

    /// The sum, or `None` where every value was unknown.
    #[must_use]
    pub fn value(&self) -> Option<Amount> {
        (self.known > 0 || self.unknown == 0).then_some(self.sum)
    }

    /// How many charges it covers.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.known + self.unknown
    }

    /// Whether it covers no charge, and nothing is left of any.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.rows() == 0 && self.sum.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_is_not_zero() {
        let mut numbers = Numbers::default();
        numbers.push(None);
        numbers.push(Decimal::parse(b"0").ok());
        numbers.push(None);
        assert_eq!((0..3).map(|i| numbers.get(i)).collect::<Vec<_>>(), [None, Some(Amount::ZERO), None]);
        let mut total = Total::default();
        (0..3).for_each(|i| total.add_units(numbers.units(i)));
        assert_eq!((total.value(), total.unknown), (Some(Amount::ZERO), 2));
        let mut unknown = Total::default();
        unknown.add_units(UNKNOWN_WIDE);
        assert_eq!(unknown.value(), None);
    }

    proptest! {
        #[test]
        fn keeps_every_value_at_any_mix_of_scales(values in prop::collection::vec(prop::option::of((-9_000_000_000_000_000_000i64..9_000_000_000_000_000_000, 0u32..19)), 0..40)) {
            let mut numbers = Numbers::default();
            let mut want = Vec::new();
            for value in values {
                let decimal = value.and_then(|(m, e)| Decimal::parse(format!("{m}e-{e}").as_bytes()).ok());
                want.push(decimal.map(Decimal::amount));
                numbers.push(decimal);
            }
            prop_assert_eq!((0..want.len()).map(|i| numbers.get(i)).collect::<Vec<_>>(), want);
        }
    }
}
