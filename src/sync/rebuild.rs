//! Makes rollups: by merging spilled cells, and anew from stored segments.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use crate::analytics::rollup::roll;
use crate::domain::batch::{ChargeBatch, RowKey, Window};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::dimension::Dimension;
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{Cells, METRICS, Merger, kinds};
use crate::domain::texts::Texts;
use crate::error::Result;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};
use crate::store::spill::{Place, Spill};
use crate::store::{Store, rollups};

/// Cells that are merged at a time, about, by all threads: bounds memory, at the cost of reading
/// spills again.
const CELLS_AT_ONCE: usize = 400_000;

/// One segment's rollup cells, put away.
pub struct Spilled {
    /// For each window of the segment, the number of its group.
    pub groups: Vec<u32>,
    /// Where each kind's cells are.
    pub places: Vec<Place>,
}

/// Rollups to be made of spilled cells.
pub struct Merge<'a> {
    /// Where they are kept.
    pub store: &'a Store,
    /// The groups' numbers in the store.
    pub numbers: &'a [u64],
    /// The groups' numbers of charges.
    pub rows: &'a [u64],
    /// For each group number of [`Spilled::groups`], its place in `numbers`.
    pub places: &'a [u32],
    /// What is to be merged.
    pub spilled: &'a [Spilled],
    /// Where it lies.
    pub spill: &'a Spill,
}

impl Merge<'_> {
    /// Merges all kinds, on so many threads.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails.
    pub fn run(&self, kinds: &[Vec<Dimension>], threads: usize) -> Result<()> {
        let cells = |kind: usize| self.spilled.iter().map(|s| s.places[kind].cells).sum::<usize>();
        // The largest first: the threads then end together.
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        order.sort_by_key(|kind| std::cmp::Reverse(cells(*kind)));
        let keep = rollups::worth_keeping(self.rows);
        let at_once = CELLS_AT_ONCE / threads.max(1);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(kind) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.kind(*kind, &kinds[*kind], &keep, cells(*kind), at_once)?;
            }
            Ok(())
        };
        if threads <= 1 {
            return work();
        }
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let join = |h: ScopedJoinHandle<'_, Result<()>>| h.join().unwrap_or_else(|p| std::panic::resume_unwind(p));
            handles.into_iter().try_for_each(join)
        })
    }

    fn kind(&self, at: usize, kind: &[Dimension], keep: &[bool], cells: usize, at_once: usize) -> Result<()> {
        let kept = self.rows.iter().zip(keep).filter(|(_, keep)| **keep);
        let cells = cells.min(usize::try_from(kept.map(|(rows, _)| rows).sum::<u64>()).unwrap_or(usize::MAX));
        let passes = cells.div_ceil(at_once).clamp(1, self.numbers.len().max(1));
        let per_pass = self.numbers.len().div_ceil(passes).max(1);
        for pass in 0..self.numbers.len().div_ceil(per_pass) {
            let range = pass * per_pass..(pass + 1) * per_pass;
            let mut merger = Merger::new(kind.len());
            for spilled in self.spilled {
                let ours = |window: u32| {
                    let place = self.places[spilled.groups[window as usize] as usize];
                    Some(place).filter(|p| range.contains(&(*p as usize)) && keep[*p as usize])
                };
                if (0..spilled.groups.len() as u32).any(|window| ours(window).is_some()) {
                    merger.add(&self.spill.get(spilled.places[at])?, ours);
                }
            }
            write(self.store, kind, self.numbers, &merger.finish())?;
        }
        Ok(())
    }
}

/// Writes ordered cells, whose groups index `numbers`, as each group's rollup.
fn write(store: &Store, kind: &[Dimension], numbers: &[u64], cells: &Cells) -> Result<()> {
    let mut start = 0;
    while start < cells.keys.len() {
        let group = cells.keys[start].group;
        let len = cells.keys[start..].iter().take_while(|k| k.group == group).count();
        if len <= rollups::CELLS_MAX {
            let mut changes = Vec::new();
            rollups::put(&mut changes, numbers[group as usize], kind, &slice(cells, start..start + len));
            store.write(changes)?;
        }
        start += len;
    }
    Ok(())
}

/// Some of the cells, with only the values that they have.
fn slice(cells: &Cells, range: std::ops::Range<usize>) -> Cells {
    let mut out = Cells::new(cells.dimensions.len());
    out.currencies = cells.currencies.clone();
    out.categories = cells.categories.clone();
    out.keys = cells.keys[range.clone()].to_vec();
    out.sums = cells.sums[range].to_vec();
    for (d, values) in cells.dimensions.iter().enumerate() {
        for key in &mut out.keys {
            let id = key.values[d];
            key.values[d] = out.dimensions[d].intern(values.texts.get(id), values.name(id));
        }
    }
    out
}

/// Adds a stored group's charges to the rollups of another: they become one group.
///
/// # Errors
/// Kind `Store` where the store fails.
pub fn add_rollups(store: &Store, from: u64, to: u64, kinds: &[Vec<Dimension>]) -> Result<()> {
    for kind in kinds {
        let mut merger = Merger::new(kind.len());
        let mut whole = true;
        for group in [from, to] {
            match read_cells(store, group, kind)? {
                Some(cells) => merger.add(&cells, |_| Some(0)),
                None => whole = false,
            }
        }
        crate::store::kv::remove_prefix(store.kv(), &crate::store::keys::rollup_all(to, &rollups::kind_name(kind)))?;
        if whole {
            write(store, kind, &[to], &merger.finish())?;
        }
    }
    Ok(())
}

/// A group's rollup as cells of group 0, all metrics; `None` where it is not kept.
fn read_cells(store: &Store, group: u64, kind: &[Dimension]) -> Result<Option<Cells>> {
    use crate::domain::charge::Metric;
    use crate::domain::rollup::{CellKey, Sums};
    let mut cells: Option<Cells> = None;
    for metric in Metric::ALL {
        let Some(rollup) = rollups::get(store.kv(), group, kind, metric)? else { return Ok(None) };
        let cells = cells.get_or_insert_with(|| {
            let mut cells = Cells::new(kind.len());
            for at in 0..rollup.len() {
                let mut values = [0; 2];
                for (d, dimension) in rollup.dimensions.iter().enumerate() {
                    values[d] = cells.dimensions[d]
                        .intern(dimension.texts.get(dimension.ids.get(at)), dimension.name(dimension.ids.get(at)));
                }
                let currency = cells.currencies.intern(rollup.currency_texts.get(rollup.currencies.get(at)));
                let category = cells.categories.intern(rollup.category_texts.get(rollup.categories.get(at) >> 1));
                cells.keys.push(CellKey {
                    group: 0,
                    day: rollup.day(at),
                    currency,
                    category,
                    long: rollup.categories.get(at) & 1 == 1,
                    values,
                });
                cells.sums.push(Sums { rows: rollup.rows.get(at), ..Sums::default() });
            }
            cells
        });
        let column = metric.quantity().index();
        for (at, sums) in cells.sums.iter_mut().enumerate() {
            let total = rollup.total(at);
            sums.sums[column] = total.sum.units();
            sums.unknown[column] = u32::try_from(total.unknown).unwrap_or(u32::MAX);
        }
    }
    Ok(cells)
}

/// Makes a group's rollups anew from its segments, under the number `to`.
///
/// # Errors
/// Kind `Store` where its segments are missing or damaged.
pub fn from_segments(store: &Store, group: &Group, to: u64, tag_keys: &[String]) -> Result<()> {
    let kinds = kinds(tag_keys);
    let mut mergers: Vec<Merger> = kinds.iter().map(|k| Merger::new(k.len())).collect();
    for number in group.parts.iter().flat_map(|p| &p.segments) {
        let segment = Segment::open(store.kv(), *number)?;
        let batch = load(&segment, &group.key)?;
        let order = batch.order();
        roll(&batch, &order, &kinds, |kind, cells| {
            mergers[kind].add(&cells, |_| Some(0));
            Ok::<(), crate::error::Error>(())
        })?;
    }
    for (kind, merger) in kinds.iter().zip(mergers) {
        write(store, kind, &[to], &merger.finish())?;
    }
    Ok(())
}

/// A group's charges of a segment as a batch, with what rollups need of them.
fn load(segment: &Segment<'_>, group: &GroupKey) -> Result<ChargeBatch> {
    let dict = |texts: &Texts| {
        let mut dict = Dict::default();
        texts.iter().for_each(|t| {
            dict.intern(t);
        });
        dict
    };
    let mut batch = ChargeBatch::default();
    for column in Profile::ALL {
        let (texts, ids) = segment.profile_column(*column)?;
        batch.profile_texts.push(dict(&texts));
        batch.profiles.push(ids);
    }
    batch.terms = segment.terms_times()?;
    for column in Terms::ALL {
        let (texts, ids) = segment.terms_column(*column)?;
        batch.terms_texts.push(dict(&texts));
        batch.terms.iter_mut().zip(ids).for_each(|(row, id)| row.texts[column.index()] = id);
    }
    batch.windows = segment
        .head
        .windows
        .iter()
        .map(|w| Window { provider: 0, account: 0, billing_period: w.group.billing_period, day: w.day })
        .collect();
    batch.quantities = vec![Numbers::default(); METRICS];
    for (chunk, runs) in segment.head.chunks.iter().enumerate() {
        let ours = |w: &u32| segment.head.windows[*w as usize].group == *group;
        if !runs.iter().any(|(w, _)| ours(w)) {
            continue;
        }
        let chunk = chunk as u32;
        let (profiles, terms) = (segment.chunk_profiles(chunk)?, segment.chunk_terms(chunk)?);
        let costs =
            Quantity::ALL[..METRICS].iter().map(|q| segment.chunk_numbers(chunk, *q)).collect::<Result<Vec<_>>>()?;
        let mut at = 0;
        for (window, rows) in runs {
            for row in at..at + *rows as usize {
                if ours(window) {
                    batch.rows.push(RowKey { window: *window, profile: profiles[row], terms: terms[row] });
                    for (column, cost) in batch.quantities.iter_mut().zip(&costs) {
                        column.push_units(cost.units(row));
                    }
                }
            }
            at += *rows as usize;
        }
    }
    Ok(batch)
}
