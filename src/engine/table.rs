//! Totals by group: what adding up charges yields, before an answer orders and cuts it.

use hashbrown::HashMap;

use crate::domain::calendar::{Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dict::Dict;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Clause;
use crate::domain::lens::DIMENSIONS_MAX;
use crate::domain::numbers::Total;
use crate::domain::rollup::Values;

/// What to add up.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Over which days.
    pub period: Period,
    /// By what; at most [`DIMENSIONS_MAX`].
    pub by: &'a [Dimension],
    /// Only charges that all of these admit.
    pub clauses: &'a [Clause],
    /// Which cost.
    pub metric: Metric,
    /// In pieces of time, if at all.
    pub granularity: Option<Granularity>,
    /// Only this currency.
    pub currency: Option<&'a str>,
}

/// A group: currency, start of its piece of time, values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// Number in [`Table::currencies`].
    pub currency: u32,
    /// Start of the piece of time in seconds since 1970; 0 without a granularity.
    pub start: i64,
    /// Number of each dimension's value in [`Table::dimensions`]; 0 beyond the last.
    pub values: [u32; DIMENSIONS_MAX],
}

/// Totals by group.
#[derive(Clone, Default, Debug)]
pub struct Table {
    /// The values of each dimension.
    pub dimensions: Vec<Values>,
    /// Currencies.
    pub currencies: Dict,
    /// The totals.
    pub totals: HashMap<Key, Total>,
}

impl Table {
    /// An empty table of so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Table { dimensions: vec![Values::default(); dimensions], ..Table::default() }
    }

    /// Adds to a group.
    pub fn add(&mut self, key: Key, total: &Total) {
        self.totals.entry(key).or_default().merge(total);
    }

    /// Adds another table, whose numbers are its own.
    pub fn merge(&mut self, other: &Table) {
        let currencies: Vec<u32> = std::iter::once("").chain(other.currencies.iter()).map(|t| self.currencies.intern(t)).collect();
        let mut memo: Vec<Vec<u32>> = other.dimensions.iter().map(|v| vec![u32::MAX; v.texts.len()]).collect();
        for (key, total) in &other.totals {
            let mut values = [0; DIMENSIONS_MAX];
            for (d, (ours, theirs)) in self.dimensions.iter_mut().zip(&other.dimensions).enumerate() {
                let id = key.values[d];
                let slot = &mut memo[d][id as usize];
                if *slot == u32::MAX {
                    *slot = ours.intern(theirs.texts.get(id), theirs.name(id));
                }
                values[d] = *slot;
            }
            let key = Key { currency: currencies[key.currency as usize], values, ..*key };
            self.add(key, total);
        }
    }

    /// The texts of a group's values.
    pub fn texts<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a str> {
        self.dimensions.iter().zip(key.values).map(|(values, id)| values.texts.get(id))
    }
}
