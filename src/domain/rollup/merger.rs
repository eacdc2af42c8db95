//! Adds rollup cells up, group by group, within bounds.
//!
//! Knows nothing of where cells come from or go to.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::{CellKey, CellKind, Cells, Sums};
use crate::domain::dict::{Dict, NONE};

/// Bytes of text that a group may have for each cell: more than values and their names mostly have.
pub const TEXT_BYTES: usize = 128;

/// Adds cells of the same grouping up, group by group, whatever numbers they came with.
///
/// Bounded: a group that has more cells than it may, or too much text, is given up.
pub struct Merger<'a> {
    dimensions: usize,
    cells_max: &'a dyn Fn(u32) -> usize,
    /// `None` where it was given up.
    groups: BTreeMap<u32, Option<Merging>>,
}

/// One group's cells.
struct Merging {
    cells: Cells,
    index: HashMap<CellKey, u32>,
}

impl<'a> Merger<'a> {
    /// For a grouping of so many dimensions; `cells_max` says how many cells a group may have.
    #[must_use]
    pub fn new(dimensions: usize, cells_max: &'a dyn Fn(u32) -> usize) -> Self {
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
            let cells_max = (self.cells_max)(group);
            if slot.as_mut().is_some_and(|merging| !merging.add(other, run, &mut numbers, cells_max)) {
                *slot = None;
            }
        }
    }

    /// Adds cells of days and values alone, whose sums come later with [`Self::sum`]; the places of the cells
    /// that they are added to, or `None` where the group is given up.
    pub fn place(&mut self, group: u32, other: &Cells) -> Option<Vec<u32>> {
        let slot = self.groups.entry(group).or_insert_with(|| Some(Merging::new(self.dimensions)));
        let places = slot.as_mut()?.place(other, (self.cells_max)(group));
        if places.is_none() {
            *slot = None;
        }
        places
    }

    /// Adds to the cells of a group at these places what `add` does, which is told how manyeth it is.
    pub fn sum(&mut self, group: u32, places: &[u32], mut add: impl FnMut(usize, &mut Sums)) {
        let Some(Some(merging)) = self.groups.get_mut(&group) else { return };
        for (at, place) in places.iter().enumerate() {
            add(at, &mut merging.cells.sums[*place as usize]);
        }
    }

    /// Gives a group up: not all of its cells can be had.
    pub fn give_up(&mut self, group: u32) {
        self.groups.insert(group, None);
    }

    /// Each group's cells, of group 0, ordered by day, currency, category, class and values; `None` of the
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
            let Some(at) = self.at(numbers, other, key, cells_max) else { return false };
            self.cells.sums[at as usize].merge(sums);
        }
        self.bears_texts(cells_max)
    }

    /// Where cells are that come without their sums.
    fn place(&mut self, other: &Cells, cells_max: usize) -> Option<Vec<u32>> {
        // Taken once: what grows step by step needs half as much again while it is moved.
        let more = other.keys.len().min(cells_max.saturating_sub(self.cells.keys.len()));
        self.cells.keys.reserve_exact(more);
        self.cells.sums.reserve_exact(more);
        self.index.reserve(more);
        let mut numbers = Numbering::of(other);
        numbers.begin();
        let places = other.keys.iter().map(|key| self.at(&mut numbers, other, key, cells_max)).collect();
        if self.bears_texts(cells_max) { places } else { None }
    }

    /// The place of a cell, which is a new one where there was none; `None` where there may be no more.
    fn at(&mut self, numbers: &mut Numbering, other: &Cells, key: &CellKey, cells_max: usize) -> Option<u32> {
        let key = numbers.key(&mut self.cells, other, key);
        match self.index.entry(key) {
            Entry::Occupied(at) => Some(*at.get()),
            Entry::Vacant(_) if self.cells.keys.len() >= cells_max => None,
            Entry::Vacant(free) => {
                self.cells.keys.push(key);
                self.cells.sums.push(Sums::default());
                Some(*free.insert(self.cells.keys.len() as u32 - 1))
            }
        }
    }

    /// Whether there is no more text than there may be.
    fn bears_texts(&self, cells_max: usize) -> bool {
        let texts = self.cells.dimensions.iter().flat_map(|v| [&v.texts, &v.names]);
        let Cells { currencies, categories, classes, .. } = &self.cells;
        let texts = texts.chain([currencies, categories, classes]);
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
    classes: Vec<(u32, u32)>,
    values: Vec<Vec<(u32, u32)>>,
    group: u32,
}

impl Numbering {
    fn of(cells: &Cells) -> Self {
        let none = |dict: &Dict| vec![(0, NONE); dict.len()];
        Numbering {
            currencies: none(&cells.currencies),
            categories: none(&cells.categories),
            classes: none(&cells.classes),
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
        let (currency, category, class) = (key.currency, key.kind.category(), key.class);
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
            kind: CellKind::new(
                number(&mut self.categories[category as usize], &mut || {
                    ours.categories.intern(theirs.categories.get(category))
                }),
                key.kind.is_long(),
            ),
            class: number(&mut self.classes[class as usize], &mut || ours.classes.intern(theirs.classes.get(class))),
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::Day;
    use crate::domain::numbers::UNKNOWN_WIDE;

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
                kind: CellKind::default(),
                class: NONE,
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
        let mut merger = Merger::new(1, &|_| 10);
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
    fn each_group_has_its_own_bound() {
        let mut merger = Merger::new(1, &|group| group as usize);
        for group in [1, 2] {
            merger.add(&cells(&[("a", 1), ("b", 2)]), |_| Some(group));
        }
        let kept: Vec<(u32, bool)> = merger.finish().map(|(group, cells)| (group, cells.is_some())).collect();
        assert_eq!(kept, [(1, false), (2, true)]);
    }

    #[test]
    fn a_group_with_too_many_cells_is_given_up_and_takes_no_more() {
        let mut merger = Merger::new(1, &|_| 3);
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
        let mut merger = Merger::new(1, &|_| 3);
        merger.add(&cells(&[("a", 1), (&"b".repeat(TEXT_BYTES * 4), 1)]), |_| Some(4));
        assert!(!merger.wants(4));
    }
}
