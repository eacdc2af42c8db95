//! Rollups: daily sums of charges, kept beside them so that a screen never adds up a bill.
//!
//! A rollup is the answer to one fixed grouping per day, split by currency, charge category and
//! whether the charge spans days. Knows neither how charges are added up (analytics) nor how
//! sums are stored (store).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::ops::Range;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::calendar::Day;
use super::charge::Metric;
use super::dict::{Dict, NONE};
use super::dimension::Dimension;
use super::money::Amount;
use super::numbers::{Total, UNKNOWN_WIDE};

/// How many costs a cell sums.
pub const METRICS: usize = Metric::ALL.len();

/// The grouping that splits charges by no dimension: what every cell knows without (provider and
/// billing account by its group, and the charge category).
pub const WHOLE: &[Dimension] = &[];

/// The groupings that are kept for every commit: the whole, each dimension alone (resources are too
/// many: they are scanned), the pairs that screens ask for, and each configured tag key alone and
/// by service.
#[must_use]
pub fn kinds(tag_keys: &[String]) -> Vec<Vec<Dimension>> {
    let alone = |d: &Dimension| *d != Dimension::Resource && !is_free(d);
    let mut kinds = vec![WHOLE.to_vec()];
    kinds.extend(Dimension::FIXED.into_iter().filter(alone).map(|d| vec![d]));
    kinds.push(vec![Dimension::Service, Dimension::SubAccount]);
    kinds.push(vec![Dimension::Service, Dimension::Region]);
    kinds.push(vec![Dimension::SubAccount, Dimension::Region]);
    for key in tag_keys {
        kinds.push(vec![Dimension::Tag(key.clone())]);
        kinds.push(vec![Dimension::Tag(key.clone()), Dimension::Service]);
    }
    kinds
}

/// The groupings that are kept besides for virtual dimensions: the evidence of each of these lists
/// of tag keys, alone and by service.
#[must_use]
pub fn evidence_kinds(lists: &[Vec<String>]) -> Vec<Vec<Dimension>> {
    let evidence = |keys: &Vec<String>| Dimension::Evidence(keys.clone());
    lists.iter().flat_map(|keys| [vec![evidence(keys)], vec![evidence(keys), Dimension::Service]]).collect()
}

/// Whether every rollup knows a dimension: by its group or by its cells.
#[must_use]
pub fn is_free(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Provider | Dimension::BillingAccount | Dimension::ChargeCategory)
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
    /// Values with the other names that they have, [`NONE`] where a charge comes without: a filter
    /// may admit charges by one name and not by another.
    pub others: BTreeSet<(u32, u32)>,
}

impl Values {
    /// The number of a value. Of the names that it comes with the smallest stays its name:
    /// whatever order charges come in, and however they are cut into batches, the same bill gives
    /// the same name. A name that is the text itself is none.
    pub fn intern(&mut self, text: &str, name: &str) -> u32 {
        let id = self.texts.intern(text);
        let name = if name == text { "" } else { name };
        let at = id as usize;
        if self.name_of.len() <= at {
            self.name_of.resize(at + 1, NONE);
            if id != NONE {
                self.name_of[at] = self.names.intern(name);
            }
        } else if id != NONE && self.names.get(self.name_of[at]) != name {
            let (now, new) = (self.name_of[at], self.names.intern(name));
            let is_better = new != NONE && (now == NONE || name < self.names.get(now));
            let (name, other) = if is_better { (new, now) } else { (now, new) };
            self.name_of[at] = name;
            self.others.insert((id, other));
        }
        id
    }

    /// The number here of another set's value, with all its names.
    fn adopt(&mut self, theirs: &Values, id: u32) -> u32 {
        let text = theirs.texts.get(id);
        for (_, other) in theirs.others.range((id, 0)..=(id, u32::MAX)) {
            self.intern(text, theirs.names.get(*other));
        }
        self.intern(text, theirs.name(id))
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

/// Bytes of text that a group may have for each cell: more than values and their names mostly have.
pub const TEXT_BYTES: usize = 128;

/// Adds cells of the same grouping up, group by group, whatever numbers they came with.
///
/// Bounded: a group that has more cells than it may, or too much text, is given up.
pub struct Merger {
    dimensions: usize,
    cells_max: usize,
    /// `None` where it was given up.
    groups: BTreeMap<u32, Option<Merging>>,
}

/// One group's cells.
struct Merging {
    cells: Cells,
    index: HashMap<CellKey, u32>,
}

impl Merger {
    /// For a grouping of so many dimensions, of which a group may have so many cells.
    #[must_use]
    pub fn new(dimensions: usize, cells_max: usize) -> Self {
        Merger { dimensions, cells_max, groups: BTreeMap::new() }
    }

    /// Whether a group's cells are still added up: not once it had too many.
    #[must_use]
    pub fn wants(&self, group: u32) -> bool {
        !matches!(self.groups.get(&group), Some(None))
    }

    /// Adds the cells for which `group_of` names a group, under that group's number.
    pub fn add(&mut self, other: &Cells, group_of: impl Fn(u32) -> Option<u32>) {
        let mut numbers = Numbering::of(other);
        let (mut from, mut last) = (0, None);
        while from < other.keys.len() {
            let theirs = other.keys[from].group;
            let run = from..from + other.keys[from..].iter().take_while(|k| k.group == theirs).count();
            from = run.end;
            let Some(group) = group_of(theirs) else { continue };
            if last != Some(group) {
                numbers.begin();
                last = Some(group);
            }
            let slot = self.groups.entry(group).or_insert_with(|| Some(Merging::new(self.dimensions)));
            if slot.as_mut().is_some_and(|merging| !merging.add(other, run, &mut numbers, self.cells_max)) {
                *slot = None;
            }
        }
    }

    /// Makes room for so many more cells of a group, so that none is taken in vain as they come.
    pub fn reserve(&mut self, group: u32, cells: usize) {
        let slot = self.groups.entry(group).or_insert_with(|| Some(Merging::new(self.dimensions)));
        if let Some(Merging { cells: ours, index }) = slot {
            let cells = cells.min(self.cells_max.saturating_sub(ours.keys.len()));
            ours.keys.reserve_exact(cells);
            ours.sums.reserve_exact(cells);
            index.reserve(cells);
        }
    }

    /// Gives a group up: not all of its cells can be had.
    pub fn give_up(&mut self, group: u32) {
        self.groups.insert(group, None);
    }

    /// Each group's cells, of group 0, ordered by day, currency, category and values; `None` of the
    /// groups that were given up.
    pub fn finish(self) -> impl Iterator<Item = (u32, Option<Cells>)> {
        self.groups.into_iter().map(|(group, merging)| (group, merging.map(Merging::finish)))
    }
}

impl Merging {
    fn new(dimensions: usize) -> Self {
        Merging { cells: Cells::new(dimensions), index: HashMap::new() }
    }

    /// Adds some cells; `false` where they are now more than there may be.
    fn add(&mut self, other: &Cells, run: Range<usize>, numbers: &mut Numbering, cells_max: usize) -> bool {
        for (key, sums) in other.keys[run.clone()].iter().zip(&other.sums[run]) {
            let key = numbers.key(&mut self.cells, other, key);
            let cells = &mut self.cells;
            match self.index.entry(key) {
                Entry::Occupied(at) => cells.sums[*at.get() as usize].merge(sums),
                Entry::Vacant(_) if cells.keys.len() >= cells_max => return false,
                Entry::Vacant(free) => {
                    free.insert(cells.keys.len() as u32);
                    cells.keys.push(key);
                    cells.sums.push(*sums);
                }
            }
        }
        let texts = self.cells.dimensions.iter().flat_map(|v| [&v.texts, &v.names]);
        let texts = texts.chain([&self.cells.currencies, &self.cells.categories]);
        texts.map(Dict::text_bytes).sum::<usize>() <= cells_max.saturating_mul(TEXT_BYTES)
    }

    fn finish(self) -> Cells {
        let mut cells = self.cells;
        drop(self.index);
        let mut order: Vec<u32> = (0..cells.keys.len() as u32).collect();
        order.sort_unstable_by_key(|i| cells.keys[*i as usize]);
        // In place: a copy of so many sums is half of what merging takes.
        arrange(order, |a, b| {
            cells.keys.swap(a, b);
            cells.sums.swap(a, b);
        });
        cells
    }
}

/// Swaps items until each place has the one that `order` names for it.
fn arrange(mut order: Vec<u32>, mut swap: impl FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at as u32) as usize;
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

/// The numbers that a group gives the texts of the cells that are added to it, each asked for
/// once; of a group that has few of them, only those.
struct Numbering {
    /// For each text, the group that asked for it, counted as they come, and its number there.
    currencies: Vec<(u32, u32)>,
    categories: Vec<(u32, u32)>,
    values: Vec<Vec<(u32, u32)>>,
    group: u32,
}

impl Numbering {
    fn of(cells: &Cells) -> Self {
        let none = |dict: &Dict| vec![(0, NONE); dict.len()];
        Numbering {
            currencies: none(&cells.currencies),
            categories: none(&cells.categories),
            values: cells.dimensions.iter().map(|v| none(&v.texts)).collect(),
            group: 0,
        }
    }

    /// Begins with the next group.
    fn begin(&mut self) {
        self.group += 1;
    }

    fn key(&mut self, ours: &mut Cells, theirs: &Cells, key: &CellKey) -> CellKey {
        let group = self.group;
        let number = |slot: &mut (u32, u32), give: &mut dyn FnMut() -> u32| {
            if slot.0 != group {
                *slot = (group, give());
            }
            slot.1
        };
        let (currency, category) = (key.currency, key.category);
        let mut values = [NONE; 2];
        for (d, (ours, theirs)) in ours.dimensions.iter_mut().zip(&theirs.dimensions).enumerate() {
            let id = key.values[d];
            let slot = &mut self.values[d][id as usize];
            values[d] = number(slot, &mut || ours.adopt(theirs, id));
        }
        CellKey {
            group: 0,
            day: key.day,
            currency: number(&mut self.currencies[currency as usize], &mut || {
                ours.currencies.intern(theirs.currencies.get(currency))
            }),
            category: number(&mut self.categories[category as usize], &mut || {
                ours.categories.intern(theirs.categories.get(category))
            }),
            long: key.long,
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arranges_in_place_as_a_copy_would(order in Just((0..50_u32).collect::<Vec<_>>()).prop_shuffle()) {
            let mut items: Vec<u32> = (100..150).collect();
            let copied: Vec<u32> = order.iter().map(|i| items[*i as usize]).collect();
            arrange(order, |a, b| items.swap(a, b));
            prop_assert_eq!(items, copied);
        }
    }

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
        let mut merger = Merger::new(1, 10);
        merger.add(&cells(&[("a", 1), ("b", 2)]), |g| (g == 7).then_some(0));
        merger.add(&cells(&[("b", 10), ("c", 20)]), |_| Some(0));
        merger.add(&cells(&[("b", 100)]), |_| Some(1));
        merger.add(&cells(&[("z", 10)]), |_| None);
        let merged: Vec<(u32, Cells)> = merger.finish().filter_map(|(group, cells)| Some((group, cells?))).collect();
        let got: Vec<(u32, &str, &str, i128, u32)> = merged
            .iter()
            .flat_map(|(group, cells)| {
                let values = &cells.dimensions[0];
                cells.keys.iter().zip(&cells.sums).map(move |(k, s)| {
                    (*group, values.texts.get(k.values[0]), values.name(k.values[0]), s.sums[0], s.unknown[2])
                })
            })
            .collect();
        assert_eq!(
            got,
            [
                (0, "a", "a name", 1, 1),
                (0, "b", "b name", 12, 2),
                (0, "c", "c name", 20, 1),
                (1, "b", "b name", 100, 1)
            ]
        );
    }

    #[test]
    fn a_group_with_too_many_cells_is_given_up_and_takes_no_more() {
        let mut merger = Merger::new(1, 3);
        for at in 0..100 {
            let texts = [format!("{at}a"), format!("{at}b")];
            merger.add(&cells(&[(&texts[0], 1), (&texts[1], 1)]), |_| Some(4));
            merger.add(&cells(&[("few", 1)]), |_| Some(5));
            assert_eq!(merger.wants(4), at == 0);
            let held = merger.groups.values().flatten().map(|m| m.cells.keys.len()).sum::<usize>();
            assert!(held <= 3 + 1, "{held}");
        }
        let cells = |(group, cells): (u32, Option<Cells>)| (group, cells.map(|c| c.keys.len()));
        assert_eq!(merger.finish().map(cells).collect::<Vec<_>>(), [(4, None), (5, Some(1))]);
    }

    #[test]
    fn a_group_with_too_much_text_is_given_up() {
        let mut merger = Merger::new(1, 3);
        merger.add(&cells(&[("a", 1), (&"b".repeat(TEXT_BYTES * 4), 1)]), |_| Some(4));
        assert!(!merger.wants(4));
    }
}
