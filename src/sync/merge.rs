//! Merges rollup cells that were put away segment by segment into each group's rollups.
//!
//! Bounded in memory: how many cells a group can have at most is counted while they are put away,
//! groups are merged in passes that fit, and the threads share one room for them.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::domain::dimension::Dimension;
use crate::domain::rollup::{Cells, Merger, TEXT_BYTES};
use crate::error::Result;
use crate::store::rollups::CELLS_MAX;
use crate::store::spill::{Place, Spill};
use crate::store::{Store, rollups};
use crate::threads;

/// Cells that are merged at a time by all threads: bounds memory, at the cost of reading spills
/// again. One group's always fit.
const CELLS_AT_ONCE: usize = CELLS_MAX;

/// The number of a window's group where nobody asks for the window.
pub const NOBODY: u32 = u32::MAX;

/// One segment's rollup cells, put away.
pub struct Spilled {
    /// For each window of the segment, the number of its group.
    pub groups: Vec<u32>,
    /// Where each kind's cells are.
    pub places: Vec<Place>,
}

/// Rollup cells, put away until they are merged.
pub struct Pieces {
    spill: Spill,
    spilled: Vec<Spilled>,
    /// For each kind, how many cells each group can have at most once they are merged.
    most: Vec<Vec<u32>>,
}

impl Pieces {
    /// None yet, of so many kinds.
    #[must_use]
    pub fn new(spill: Spill, kinds: usize) -> Self {
        Pieces { spill, spilled: Vec::new(), most: vec![Vec::new(); kinds] }
    }

    /// Puts a kind's cells of a segment away: `bytes` are what [`encode`](crate::store::spill::encode) makes of them.
    /// `groups` are its windows' groups.
    ///
    /// # Errors
    /// Kind `Store` where the disk is full.
    pub fn put(&mut self, kind: usize, cells: &Cells, bytes: &[u8], groups: &[u32]) -> Result<Place> {
        let most = &mut self.most[kind];
        let weight = weight(cells);
        for run in cells.keys.chunk_by(|a, b| a.group == b.group) {
            let group = groups[run[0].group as usize] as usize;
            if most.len() <= group {
                most.resize(group + 1, 0);
            }
            most[group] = most[group].saturating_add((run.len() as u32).saturating_mul(weight));
        }
        self.spill.put(bytes)
    }

    /// Remembers where a segment's cells are.
    pub fn push(&mut self, spilled: Spilled) {
        self.spilled.push(spilled);
    }
}

/// For how many a cell counts: one with long texts for several.
fn weight(cells: &Cells) -> u32 {
    let mean = |dict: &crate::domain::dict::Dict| dict.text_bytes() / dict.len();
    let text: usize = cells.dimensions.iter().map(|values| mean(&values.texts) + mean(&values.names)).sum();
    u32::try_from(1 + text / TEXT_BYTES).unwrap_or(u32::MAX)
}

/// Rollups to be made of cells that were put away.
pub struct Merge<'a> {
    /// Where they are kept.
    pub store: &'a Store,
    /// The groups' numbers in the store.
    pub numbers: &'a [u64],
    /// How many cells each of them may have; 0 where it is to have no rollups.
    pub most: &'a [usize],
    /// For each group number of [`Spilled::groups`], its place in `numbers`.
    pub places: &'a [u32],
    /// What is to be merged.
    pub pieces: &'a Pieces,
}

impl Merge<'_> {
    /// Merges all kinds, on so many threads.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails.
    pub fn run(&self, kinds: &[Vec<Dimension>], at_once: usize) -> Result<()> {
        // The largest first: the threads then end together.
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        let cells = |kind: usize| self.pieces.most[kind].iter().map(|n| u64::from(*n)).sum::<u64>();
        order.sort_by_cached_key(|kind| std::cmp::Reverse(cells(*kind)));
        let cells_each = CELLS_AT_ONCE / at_once.max(1);
        let room = Room { free: Mutex::new(CELLS_AT_ONCE), freed: Condvar::new() };
        let next = AtomicUsize::new(0);
        let work = |_| {
            while let Some(kind) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let most = self.most(*kind);
                for pass in passes(&most, cells_each) {
                    let _taken = room.take(most[pass.clone()].iter().sum());
                    self.pass(*kind, &kinds[*kind], &pass)?;
                }
            }
            Ok(())
        };
        threads::share(at_once, work).into_iter().collect()
    }

    /// How many cells of a kind each group holds at most while it is merged.
    fn most(&self, kind: usize) -> Vec<usize> {
        let mut most = vec![0; self.numbers.len()];
        for (cells, place) in self.pieces.most[kind].iter().zip(self.places) {
            most[*place as usize] = (*cells as usize).min(self.most[*place as usize]);
        }
        most
    }

    /// Merges a kind's cells of some groups.
    fn pass(&self, at: usize, kind: &[Dimension], groups: &Range<usize>) -> Result<()> {
        let cells_max = |place: u32| self.most[place as usize];
        let mut merger = Merger::new(kind.len(), &cells_max);
        for spilled in &self.pieces.spilled {
            let ours = |number: &u32| {
                let place = *self.places.get(*number as usize)?;
                let is_ours =
                    groups.contains(&(place as usize)) && self.most[place as usize] > 0 && merger.wants(place);
                is_ours.then_some(place)
            };
            let wanted: Vec<Option<u32>> = spilled.groups.iter().map(ours).collect();
            if wanted.iter().any(Option::is_some) {
                merger.add(&self.pieces.spill.get(spilled.places[at])?, |window| wanted[window as usize]);
            }
        }
        write(self.store, kind, merger, |place| self.numbers[place as usize])
    }
}

/// Writes merged cells as rollups of the groups with these numbers.
///
/// # Errors
/// Kind `Store` where the disk fails.
pub fn write(store: &Store, kind: &[Dimension], merger: Merger<'_>, number: impl Fn(u32) -> u64) -> Result<()> {
    for (group, cells) in merger.finish() {
        let mut changes = Vec::new();
        match cells {
            Some(cells) => rollups::put(&mut changes, number(group), kind, &cells),
            None => rollups::put_too_large(&mut changes, number(group), kind),
        }
        store.write(changes)?;
    }
    Ok(())
}

/// Cuts groups, by how many cells each holds at most, into runs that hold so many together; one
/// that holds more is alone.
fn passes(most: &[usize], at_once: usize) -> Vec<Range<usize>> {
    let mut passes = Vec::new();
    let (mut start, mut sum) = (0, 0);
    for (at, cells) in most.iter().enumerate() {
        if sum > 0 && sum + cells > at_once {
            passes.push(start..at);
            (start, sum) = (at, 0);
        }
        sum += cells;
    }
    if sum > 0 {
        passes.push(start..most.len());
    }
    passes
}

/// Room for cells that threads share.
struct Room {
    free: Mutex<usize>,
    freed: Condvar,
}

/// Room that was taken; given back when dropped.
struct Taken<'a>(&'a Room, usize);

impl Room {
    /// Takes room, once there is as much. A thread takes one at a time, so that none waits forever.
    fn take(&self, cells: usize) -> Taken<'_> {
        let cells = cells.min(CELLS_AT_ONCE);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *self.freed.wait_while(free, |free| *free < cells).unwrap_or_else(PoisonError::into_inner) -= cells;
        Taken(self, cells)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += self.1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;
    use crate::domain::charge::Metric;
    use crate::domain::rollup::{CellKey, CellKind, Sums};
    use crate::store::spill;

    /// Cells of one window, each with a value of its own.
    fn cells(values: Range<usize>) -> Cells {
        let mut cells = Cells::new(1);
        let currency = cells.currencies.intern("USD");
        for value in values {
            let value = cells.dimensions[0].intern(&format!("service {value}"), "");
            let (day, kind, class) = (Day(19_000), CellKind::default(), 0);
            cells.keys.push(CellKey { group: 0, day, currency, kind, class, values: [value, 0] });
            cells.sums.push(Sums { rows: 1, ..Sums::default() });
        }
        cells
    }

    #[test]
    fn passes_hold_no_more_than_they_may_whatever_the_groups_are() {
        assert_eq!(passes(&[3, 0, 4, 9, 1, 1, 20, 0, 0], 10), [0..3, 3..5, 5..6, 6..7]);
        assert!(passes(&[0, 0], 10).is_empty());
        let most = [CELLS_MAX; 5];
        assert_eq!(passes(&most, CELLS_AT_ONCE / 2).len(), 5);
    }

    #[test]
    fn cells_with_long_texts_count_for_several() {
        let mut long = Cells::new(1);
        assert_eq!(weight(&long), 1);
        long.dimensions[0].intern(&"x".repeat(TEXT_BYTES * 10), "");
        assert_eq!(weight(&long), 6);
    }

    #[test]
    fn a_group_with_too_many_cells_has_no_rollup_and_its_neighbours_have_theirs() {
        let store = Store::in_memory(&[]);
        let kinds = [vec![Dimension::Service]];
        let mut pieces = Pieces::new(store.spill().expect("spill"), 1);
        // The second group has a new service with every charge.
        for (group, values) in [(0, 0..10), (1, 0..CELLS_MAX), (2, 5..6), (1, CELLS_MAX..CELLS_MAX + 1), (0, 5..15)] {
            let cells = cells(values);
            let groups = vec![group];
            let places = vec![pieces.put(0, &cells, &spill::encode(&cells), &groups).expect("put")];
            pieces.push(Spilled { groups, places });
        }
        for threads in [1, 3] {
            let numbers = [10 * threads, 10 * threads + 1, 10 * threads + 2];
            let (store, pieces) = (&store, &pieces);
            let merge = Merge { store, numbers: &numbers, most: &[CELLS_MAX; 3], places: &[0, 1, 2], pieces };
            merge.run(&kinds, threads as usize).expect("merge");
            let kept = numbers.map(|number| {
                let rollup = rollups::get(store.kv(), number, &kinds[0], Metric::Billed).expect("read");
                rollup.map(|r| (r.len(), (0..r.len()).map(|cell| r.rows.get(cell)).sum::<u32>()))
            });
            assert_eq!(kept, [Some((15, 20)), None, Some((1, 1))]);
            let too_large = |number: u64| rollups::is_too_large(store.kv(), number, &kinds[0]).expect("read");
            assert_eq!(numbers.map(too_large), [false, true, false]);
        }
    }
}
