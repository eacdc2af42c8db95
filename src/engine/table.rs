//! Totals by group: what adding up charges yields, before an answer orders and cuts it.

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

use super::answer::LeftOut;
use super::values::Values;
use crate::domain::calendar::{Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dict::Dict;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Clause;
use crate::domain::lens::DIMENSIONS_MAX;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;

/// What to add up.
#[derive(Clone, PartialEq, Debug)]
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
    /// Only charges longer than a day, or only the others.
    pub long: Option<bool>,
    /// Places of clauses that only take a table apart: they admit what was not told of their dimensions,
    /// which those of a filter never do.
    pub parting: &'a [usize],
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
    /// By the hour: what lies in none, by number in [`Self::currencies`].
    pub left_out: HashMap<u32, Total>,
    /// What of a group's total is its share of costs that others bear with it, where it has any.
    shares: HashMap<Key, Amount>,
    pieces: Vec<Piece>,
    /// The piece of a currency and a start.
    numbers: HashMap<(u32, i64), u32>,
}

impl Table {
    /// An empty table of so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Table { dimensions: vec![Values::default(); dimensions], ..Table::default() }
    }

    /// The groups of one currency and one piece of time, by its start.
    pub fn piece(&mut self, currency: u32, start: i64) -> &mut Piece {
        let number = self.piece_number(currency, start);
        &mut self.pieces[number as usize]
    }

    fn piece_number(&mut self, currency: u32, start: i64) -> u32 {
        *self.numbers.entry((currency, start)).or_insert_with(|| {
            let dense = self.dimensions.len() <= 1 && self.pieces.len() < DENSE_PIECES;
            let index = if dense { Index::Dense(Vec::new()) } else { Index::Map(HashMap::new()) };
            self.pieces.push(Piece { currency, start, groups: Vec::new(), totals: Vec::new(), index });
            self.pieces.len() as u32 - 1
        })
    }

    /// Adds to many groups, all of which are looked up before any is added to: a look-up is mostly
    /// waiting for memory, and so many of them wait at the same time.
    pub fn add_all(&mut self, groups: &[Key], totals: &[Total]) {
        let (mut last, mut piece) = (None, 0);
        let mut pieces = Vec::with_capacity(groups.len());
        pieces.extend(groups.iter().map(|key| {
            if last != Some((key.currency, key.start)) {
                last = Some((key.currency, key.start));
                piece = self.piece_number(key.currency, key.start);
            }
            piece
        }));
        let find = |(key, piece): (&Key, &u32)| self.pieces[*piece as usize].find(&key.values);
        let found: Vec<Option<u32>> = groups.iter().zip(&pieces).map(find).collect();
        for (((key, piece), found), total) in groups.iter().zip(pieces).zip(found).zip(totals) {
            let piece = &mut self.pieces[piece as usize];
            match found {
                Some(number) => piece.totals[number as usize].merge(total),
                None => piece.at(key.values).merge(total),
            }
        }
    }

    /// Adds to one group.
    pub fn add(&mut self, key: Key, total: &Total) {
        self.piece(key.currency, key.start).at(key.values).merge(total);
    }

    /// Adds a share of a cost that others bear as well to one group.
    pub fn add_share(&mut self, key: Key, total: &Total) {
        self.add(key, total);
        *self.shares.entry(key).or_default() += total.sum;
    }

    /// What of a group's total is its share of costs that others bear with it; `None` where it has
    /// none.
    #[must_use]
    pub fn share(&self, key: &Key) -> Option<Amount> {
        self.shares.get(key).copied()
    }

    /// All groups and their totals.
    pub fn groups(&self) -> impl Iterator<Item = (Key, &Total)> {
        self.pieces.iter().flat_map(Piece::groups)
    }

    /// The groups of one currency and their totals.
    pub fn groups_in(&self, currency: &str) -> impl Iterator<Item = (Key, &Total)> {
        let currency = self.currencies.find(currency);
        self.pieces.iter().filter(move |piece| Some(piece.currency) == currency).flat_map(Piece::groups)
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.groups.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds another table, whose numbers are its own.
    pub fn merge(&mut self, other: Table) {
        if self.pieces.is_empty() && self.left_out.is_empty() {
            *self = other;
            return;
        }
        let numbers = self.adopt(&other);
        for theirs in &other.pieces {
            let ours = self.piece(numbers.currency(theirs.currency), theirs.start);
            theirs.groups.iter().zip(&theirs.totals).for_each(|(ids, total)| ours.at(numbers.ids(ids)).merge(total));
        }
        for (key, share) in &other.shares {
            let (currency, values) = (numbers.currency(key.currency), numbers.ids(&key.values));
            *self.shares.entry(Key { currency, start: key.start, values }).or_default() += *share;
        }
        for (currency, total) in &other.left_out {
            self.left_out.entry(numbers.currency(*currency)).or_default().merge(total);
        }
    }

    /// Takes away what another table has, whose numbers are its own and which has nothing that this one has not. A
    /// group of which nothing is left stays, without a charge.
    pub fn subtract(&mut self, other: &Table) {
        let numbers = self.adopt(other);
        for theirs in &other.pieces {
            let ours = self.piece(numbers.currency(theirs.currency), theirs.start);
            for (ids, gone) in theirs.groups.iter().zip(&theirs.totals) {
                let total = ours.at(numbers.ids(ids));
                *total = Total {
                    sum: total.sum - gone.sum,
                    known: total.known.saturating_sub(gone.known),
                    unknown: total.unknown.saturating_sub(gone.unknown),
                };
            }
        }
    }

    /// What of a currency lies in no hour, if anything does.
    #[must_use]
    pub fn left_out(&self, currency: &str) -> Option<LeftOut> {
        let total = self.left_out.get(&self.currencies.find(currency)?)?;
        Some(LeftOut { rows: total.rows(), cost: total.value() })
    }

    /// Takes over another table's currencies and values; its numbers as this table's.
    #[must_use]
    pub fn adopt(&mut self, other: &Table) -> Numbering {
        let currencies = self.currencies.adopt(&other.currencies);
        let values = self.dimensions.iter_mut().zip(&other.dimensions).map(|(ours, theirs)| ours.adopt(theirs));
        Numbering { currencies, values: values.collect() }
    }

    /// The texts of a group's values.
    pub fn texts<'a>(&'a self, values: &'a Ids) -> impl Iterator<Item = &'a str> {
        self.dimensions.iter().zip(values.0).map(|(dimension, id)| dimension.text(id))
    }
}

/// So many pieces of a table by one dimension find a group by its value's number: at most so many
/// small numbers are kept for each value.
const DENSE_PIECES: usize = 16;

/// The groups of one currency and one piece of time.
#[derive(Clone, Debug)]
pub struct Piece {
    currency: u32,
    start: i64,
    groups: Vec<Ids>,
    totals: Vec<Total>,
    index: Index,
}

/// Finds a group.
#[derive(Clone, Debug)]
enum Index {
    /// For each number of the one dimension's values, one past the group's; 0 where there is none.
    Dense(Vec<u32>),
    /// By values.
    Map(HashMap<Ids, u32>),
}

impl Piece {
    fn find(&self, values: &Ids) -> Option<u32> {
        match &self.index {
            Index::Dense(numbers) => numbers.get(values.0[0] as usize)?.checked_sub(1),
            Index::Map(numbers) => numbers.get(values).copied(),
        }
    }

    /// The total of a group.
    pub fn at(&mut self, values: Ids) -> &mut Total {
        let next = self.groups.len() as u32;
        let number = match &mut self.index {
            Index::Dense(numbers) => {
                let at = values.0[0] as usize;
                if at >= numbers.len() {
                    numbers.resize(at + 1, 0);
                }
                if numbers[at] == 0 {
                    numbers[at] = next + 1;
                }
                numbers[at] - 1
            }
            Index::Map(numbers) => *numbers.entry(values).or_insert(next),
        };
        if number == next {
            self.groups.push(values);
            self.totals.push(Total::default());
        }
        &mut self.totals[number as usize]
    }

    fn groups(&self) -> impl Iterator<Item = (Key, &Total)> {
        let key = |values: &Ids| Key { currency: self.currency, start: self.start, values: *values };
        self.groups.iter().map(key).zip(&self.totals)
    }
}

/// Another table's numbers as a table's own.
pub struct Numbering {
    currencies: Vec<u32>,
    values: Vec<Vec<u32>>,
}

impl Numbering {
    /// The number of another table's currency.
    #[must_use]
    pub fn currency(&self, theirs: u32) -> u32 {
        self.currencies[theirs as usize]
    }

    /// The numbers of another table's values.
    #[must_use]
    pub fn ids(&self, theirs: &Ids) -> Ids {
        let mut ids = Ids::default();
        let places = ids.0.iter_mut().zip(theirs.0).zip(&self.values);
        places.for_each(|((ours, theirs), values)| *ours = values[theirs as usize]);
        ids
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

    /// The places that have a total.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Hands over all places and their totals, and forgets them.
    pub fn drain(&mut self, give: impl FnOnce(&[usize], &[Total])) {
        give(&self.places, &self.totals);
        if !self.mapped {
            self.places.iter().for_each(|place| self.numbers[*place] = 0);
        }
        self.map.clear();
        self.places.clear();
        self.totals.clear();
    }
}
