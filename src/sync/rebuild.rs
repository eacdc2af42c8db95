//! Makes rollups: by merging spilled cells, and anew from stored segments.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analytics::rollup::roll;
use crate::domain::batch::{ChargeBatch, RowKey, Window};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::dimension::Dimension;
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{Cells, METRICS, Merger, kinds};
use crate::error::Result;
use crate::store::codec::Texts;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};
use crate::store::spill::{Place, Spill};
use crate::store::{Store, rollups};

/// Cells that are merged at a time, about: bounds memory, at the cost of reading spills again.
const CELLS_AT_ONCE: usize = 300_000;

/// Merges a grouping's spilled cells into rollups of the groups `numbers`.
///
/// # Errors
/// Kind `Store` where the disk fails.
pub fn merge_kind(
    store: &Store,
    kind: &[Dimension],
    numbers: &[u64],
    index: &BTreeMap<&GroupKey, u32>,
    spilled: &[(Place, Arc<Vec<GroupKey>>)],
    spill: &mut Spill,
) -> Result<()> {
    let cells: usize = spilled.iter().map(|(place, _)| place.cells).sum();
    let passes = cells.div_ceil(CELLS_AT_ONCE).clamp(1, numbers.len().max(1));
    let per_pass = numbers.len().div_ceil(passes);
    for (pass, chunk) in numbers.chunks(per_pass.max(1)).enumerate() {
        let range = (pass * per_pass) as u32..(pass * per_pass + chunk.len()) as u32;
        let mut merger = Merger::new(kind.len());
        for (place, windows) in spilled {
            let cells = spill.get(*place)?;
            let groups: Vec<Option<u32>> =
                windows.iter().map(|key| index.get(key).copied().filter(|g| range.contains(g))).collect();
            merger.add(&cells, |window| groups.get(window as usize).copied().flatten());
        }
        write(store, kind, numbers, &merger.finish())?;
    }
    Ok(())
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
