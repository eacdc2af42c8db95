//! Totals by group: what adding up charges yields, before an answer orders and cuts it.

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

use super::answer::LeftOut;
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

/// The numbers of a group's values; 0 beyond the last dimension.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Ids(pub [u32; DIMENSIONS_MAX]);

/// Hashed as one number: a slice of small ones is hashed far more slowly.
impl Hash for Ids {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d] = self.0.map(u64::from);
        state.write_u64(a << 32 | b);
        state.write_u64(c << 32 | d);
    }
}

/// A group: currency, start of its piece of time, values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// Number in [`Table::currencies`].
    pub currency: u32,
    /// Start of the piece of time in seconds since 1970; 0 without a granularity.
    pub start: i64,
    /// Number of each dimension's value in [`Table::dimensions`].
    pub values: Ids,
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
    /// By the hour: what lies in none, by number in [`Self::currencies`].
    pub left_out: HashMap<u32, Total>,
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
        let mut numbers = self.adopt(other);
        for (key, total) in &other.totals {
            let key = numbers.key(self, other, key);
            self.add(key, total);
        }
        for (currency, total) in &other.left_out {
            self.left_out.entry(numbers.currencies[*currency as usize]).or_default().merge(total);
        }
    }

    /// What of a currency lies in no hour, if anything does.
    #[must_use]
    pub fn left_out(&self, currency: &str) -> Option<LeftOut> {
        let total = self.left_out.get(&self.currencies.find(currency)?)?;
        Some(LeftOut { rows: total.rows(), cost: total.value() })
    }

    /// Takes over another table's currencies, and prepares to renumber its keys.
    #[must_use]
    pub fn adopt(&mut self, other: &Table) -> Numbering {
        let currencies =
            std::iter::once("").chain(other.currencies.iter()).map(|t| self.currencies.intern(t)).collect();
        Numbering { currencies, values: other.dimensions.iter().map(|v| vec![u32::MAX; v.texts.len()]).collect() }
    }

    /// The texts of a group's values.
    pub fn texts<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a str> {
        self.dimensions.iter().zip(key.values.0).map(|(values, id)| values.texts.get(id))
    }
}

/// Another table's numbers as a table's own.
pub struct Numbering {
    currencies: Vec<u32>,
    values: Vec<Vec<u32>>,
}

impl Numbering {
    /// A key of `other` in `table`'s numbers; values that `table` lacks are added to it.
    pub fn key(&mut self, table: &mut Table, other: &Table, key: &Key) -> Key {
        let mut values = Ids::default();
        for (d, (ours, theirs)) in table.dimensions.iter_mut().zip(&other.dimensions).enumerate() {
            let id = key.values.0[d];
            let slot = &mut self.values[d][id as usize];
            if *slot == u32::MAX {
                *slot = ours.add(theirs.texts.get(id), theirs.name(id));
            }
            values.0[d] = *slot;
        }
        Key { currency: self.currencies[key.currency as usize], values, ..*key }
    }
}

/// Up to so many places are a table; more are a hash map.
const SLOTS_MAX: usize = 1 << 21;

/// Totals by place, quick to add to and to empty, and used again from segment to segment.
#[derive(Default)]
pub struct Slots {
    /// For each place, one past its total's number; 0 where it has none.
    numbers: Vec<u32>,
    map: HashMap<usize, u32>,
    mapped: bool,
    places: Vec<usize>,
    totals: Vec<Total>,
}

impl Slots {
    /// Makes ready for places below `places`; all are empty.
    pub fn make_room(&mut self, places: usize) {
        self.mapped = places > SLOTS_MAX;
        if !self.mapped && self.numbers.len() < places {
            self.numbers.resize(places, 0);
        }
    }

    /// Adds a cost in units of 1e-18, or `UNKNOWN_WIDE`.
    pub fn add(&mut self, place: usize, units: i128) {
        self.at(place).add_units(units);
    }

    /// The total of a place.
    #[inline]
    pub fn at(&mut self, place: usize) -> &mut Total {
        let number = if self.mapped { self.map.entry(place).or_default() } else { &mut self.numbers[place] };
        if *number == 0 {
            self.places.push(place);
            self.totals.push(Total::default());
            *number = self.totals.len() as u32;
        }
        &mut self.totals[*number as usize - 1]
    }

    /// How many places have a total.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Hands over and forgets all totals.
    pub fn drain(&mut self, mut give: impl FnMut(usize, &Total)) {
        for (place, total) in self.places.drain(..).zip(self.totals.drain(..)) {
            if !self.mapped {
                self.numbers[place] = 0;
            }
            give(place, &total);
        }
        self.map.clear();
    }
}
