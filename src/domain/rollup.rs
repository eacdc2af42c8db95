//! Rollups: daily sums of charges, kept beside them so that a screen never adds up a bill.
//!
//! A rollup is the answer to one fixed grouping per day, split by currency, charge category and
//! whether the charge spans days. Knows neither how charges are added up (analytics) nor how
//! sums are stored (store).

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

use super::calendar::Day;
use super::charge::Metric;
use super::dict::{Dict, NONE};
use super::dimension::Dimension;
use super::money::Amount;
use super::numbers::{Total, UNKNOWN_WIDE};

/// How many costs a cell sums.
pub const METRICS: usize = Metric::ALL.len();

/// The groupings that are kept for every commit: each dimension alone (resources are too many:
/// they are scanned), the pairs that screens ask for, and each configured tag key alone and by
/// service.
#[must_use]
pub fn kinds(tag_keys: &[String]) -> Vec<Vec<Dimension>> {
    let mut kinds: Vec<Vec<Dimension>> =
        Dimension::FIXED.into_iter().filter(|d| *d != Dimension::Resource).map(|d| vec![d]).collect();
    kinds.push(vec![Dimension::Service, Dimension::SubAccount]);
    kinds.push(vec![Dimension::Service, Dimension::Region]);
    kinds.push(vec![Dimension::SubAccount, Dimension::Region]);
    for key in tag_keys {
        kinds.push(vec![Dimension::Tag(key.clone())]);
        kinds.push(vec![Dimension::Tag(key.clone()), Dimension::Service]);
    }
    kinds
}

/// What a cell is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CellKey {
    /// Which group of windows, a number of the holder's.
    pub group: u32,
    /// The charge day.
    pub day: Day,
    /// Number in [`Cells::currencies`].
    pub currency: u32,
    /// Number in [`Cells::categories`].
    pub category: u32,
    /// Whether the charges are longer than a day.
    pub long: bool,
    /// Number of each dimension's value in [`Cells::dimensions`]; 0 beyond the last dimension.
    pub values: [u32; 2],
}

/// Hashed as few numbers: field by field is far slower.
impl Hash for CellKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        state.write_u64(pair(self.values[0], self.values[1]));
        state.write_u64(pair(self.group, self.day.0 as u32));
        state.write_u64(pair(self.currency << 1 | u32::from(self.long), self.category));
    }
}

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Sum of each metric's known costs, in units of 1e-18.
    pub sums: [i128; METRICS],
    /// Charges whose cost is unknown, by metric.
    pub unknown: [u32; METRICS],
    /// Charges.
    pub rows: u32,
}

impl Sums {
    /// Adds one charge's costs, in units of 1e-18 or [`UNKNOWN_WIDE`].
    pub fn add_charge(&mut self, costs: [i128; METRICS]) {
        self.rows += 1;
        for (i, cost) in costs.into_iter().enumerate() {
            if cost == UNKNOWN_WIDE {
                self.unknown[i] += 1;
            } else {
                self.sums[i] = self.sums[i].saturating_add(cost);
            }
        }
    }

    /// Adds another cell's sums.
    pub fn merge(&mut self, other: &Sums) {
        self.rows = self.rows.saturating_add(other.rows);
        for i in 0..METRICS {
            self.sums[i] = self.sums[i].saturating_add(other.sums[i]);
            self.unknown[i] = self.unknown[i].saturating_add(other.unknown[i]);
        }
    }

    /// One metric's total.
    #[must_use]
    pub fn total(&self, metric: Metric) -> Total {
        let i = metric.quantity().index();
        let unknown = u64::from(self.unknown[i]);
        Total {
            sum: Amount::from_units(self.sums[i]),
            known: u64::from(self.rows) - unknown.min(u64::from(self.rows)),
            unknown,
        }
    }
}

/// The values of one dimension, with the names that the bill has for them.
#[derive(Clone, Default, Debug)]
pub struct Values {
    /// The values.
    pub texts: Dict,
    /// For each value's number, the number of its name in [`Self::names`].
    pub name_of: Vec<u32>,
    /// The names.
    pub names: Dict,
}

impl Values {
    /// Values with the numbers of their names.
    #[must_use]
    pub fn of(texts: Dict, name_of: Vec<u32>, names: Dict) -> Self {
        Values { texts, name_of, names }
    }

    /// The number of a value. Of the names that it comes with the smallest stays: whatever order
    /// charges come in, and however they are cut into batches, the same bill gives the same name.
    pub fn intern(&mut self, text: &str, name: &str) -> u32 {
        let id = self.texts.intern(text);
        if self.name_of.len() <= id as usize {
            self.name_of.resize(id as usize + 1, NONE);
        }
        if id != NONE && self.is_better(id, text, name) {
            self.name_of[id as usize] = self.names.intern(name);
        }
        id
    }

    /// Whether a value that is `text` is called `name` rather than what it is called so far.
    fn is_better(&self, id: u32, text: &str, name: &str) -> bool {
        let now = self.name_of[id as usize];
        !name.is_empty() && name != text && (now == NONE || name < self.names.get(now))
    }

    /// The name of a value, empty where it has none.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        self.names.get(self.name_of.get(id as usize).copied().unwrap_or(NONE))
    }
}

/// Cells of one grouping.
#[derive(Clone, Default, Debug)]
pub struct Cells {
    /// The values of each dimension.
    pub dimensions: Vec<Values>,
    /// Currencies.
    pub currencies: Dict,
    /// Charge categories.
    pub categories: Dict,
    /// What each cell is about.
    pub keys: Vec<CellKey>,
    /// What it holds.
    pub sums: Vec<Sums>,
}

impl Cells {
    /// No cells, of so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Cells { dimensions: vec![Values::default(); dimensions], ..Cells::default() }
    }
}

/// Adds cells of the same grouping up, whatever numbers they came with.
#[derive(Default)]
pub struct Merger {
    cells: Cells,
    index: HashMap<CellKey, u32>,
}

impl Merger {
    /// For a grouping of so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Merger { cells: Cells::new(dimensions), index: HashMap::new() }
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.keys.is_empty()
    }

    /// Adds the cells for which `group_of` names a group, under that group's number.
    pub fn add(&mut self, other: &Cells, group_of: impl Fn(u32) -> Option<u32>) {
        let currency_of: Vec<u32> = renumber(&mut self.cells.currencies, &other.currencies);
        let category_of: Vec<u32> = renumber(&mut self.cells.categories, &other.categories);
        // Values are renumbered only when a kept cell has them: most cells may be other groups'.
        let mut value_of: Vec<Vec<u32>> = other.dimensions.iter().map(|v| vec![u32::MAX; v.texts.len()]).collect();
        for (key, sums) in other.keys.iter().zip(&other.sums) {
            let Some(group) = group_of(key.group) else { continue };
            let mut values = [NONE; 2];
            for (d, (ours, theirs)) in self.cells.dimensions.iter_mut().zip(&other.dimensions).enumerate() {
                let id = key.values[d];
                let slot = &mut value_of[d][id as usize];
                if *slot == u32::MAX {
                    *slot = ours.intern(theirs.texts.get(id), theirs.name(id));
                }
                values[d] = *slot;
            }
            let currency = currency_of[key.currency as usize];
            let category = category_of[key.category as usize];
            let key = CellKey { group, day: key.day, currency, category, long: key.long, values };
            let at = *self.index.entry(key).or_insert_with(|| {
                self.cells.keys.push(key);
                self.cells.sums.push(Sums::default());
                self.cells.keys.len() as u32 - 1
            });
            self.cells.sums[at as usize].merge(sums);
        }
    }

    /// The cells, ordered by group, day, currency, category and values.
    #[must_use]
    pub fn finish(self) -> Cells {
        let mut cells = self.cells;
        let mut order: Vec<u32> = (0..cells.keys.len() as u32).collect();
        order.sort_unstable_by_key(|i| cells.keys[*i as usize]);
        cells.keys = order.iter().map(|i| cells.keys[*i as usize]).collect();
        cells.sums = order.iter().map(|i| cells.sums[*i as usize]).collect();
        cells
    }
}

fn renumber(ours: &mut Dict, theirs: &Dict) -> Vec<u32> {
    std::iter::once("").chain(theirs.iter()).map(|text| ours.intern(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[(&str, i128)]) -> Cells {
        let mut cells = Cells::new(1);
        let currency = cells.currencies.intern("USD");
        for (value, cost) in values {
            let id = cells.dimensions[0].intern(value, &format!("{value} name"));
            cells.keys.push(CellKey {
                group: 7,
                day: Day(1),
                currency,
                category: NONE,
                long: false,
                values: [id, NONE],
            });
            let mut sums = Sums::default();
            sums.add_charge([*cost, *cost, UNKNOWN_WIDE, *cost]);
            cells.sums.push(sums);
        }
        cells
    }

    #[test]
    fn merges_by_text_whatever_the_numbers() {
        let mut merger = Merger::new(1);
        merger.add(&cells(&[("a", 1), ("b", 2)]), |g| (g == 7).then_some(0));
        merger.add(&cells(&[("b", 10), ("c", 20)]), |_| Some(0));
        merger.add(&cells(&[("z", 10)]), |_| None);
        let merged = merger.finish();
        let values = &merged.dimensions[0];
        let got: Vec<(&str, &str, i128, u32)> = merged
            .keys
            .iter()
            .zip(&merged.sums)
            .map(|(k, s)| (values.texts.get(k.values[0]), values.name(k.values[0]), s.sums[0], s.unknown[2]))
            .collect();
        assert_eq!(got, [("a", "a name", 1, 1), ("b", "b name", 12, 2), ("c", "c name", 20, 1)]);
    }
}
