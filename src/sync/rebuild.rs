//! Makes rollups of what is stored: by adding a stored group's to another's, and anew from segments.

use std::collections::BTreeMap;

use super::merge::{self, Merge, NOBODY, Pieces, Spilled};
use crate::analytics::rollup::roll;
use crate::domain::batch::{ChargeBatch, RowKey, Window};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::dimension::{Dimension, Place};
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{Cells, METRICS, Merger};
use crate::domain::texts::Texts;
use crate::error::{Error, Result};
use crate::store::manifest::Group;
use crate::store::rollups::CELLS_MAX;
use crate::store::segment::{GroupKey, Segment};
use crate::store::{Store, rollups, spill};

/// Adds a stored group's charges, of the days that are kept, to the rollups of another, where that has
/// any: they become one group.
///
/// # Errors
/// Kind `Store` where the store fails.
pub fn add_rollups(
    store: &Store,
    (from, keeps): (u64, &dyn Fn(Day) -> bool),
    (to, has_own): (u64, bool),
    kinds: &[Vec<Dimension>],
) -> Result<()> {
    for kind in kinds {
        let mut merger = Merger::new(kind.len(), CELLS_MAX);
        let all = |_: Day| true;
        let own = has_own.then_some((to, &all as &dyn Fn(Day) -> bool));
        // One after the other: a group's cells are large, and two groups' need not be held beside their sum.
        for (group, keeps) in [(from, keeps)].into_iter().chain(own) {
            match read_cells(store, group, kind, keeps)? {
                Some(cells) => {
                    merger.reserve(0, cells.keys.len());
                    merger.add(&cells, |_| Some(0));
                }
                None => merger.give_up(0),
            }
            if !merger.wants(0) {
                break;
            }
        }
        crate::store::kv::remove_prefix(store.kv(), &crate::store::keys::rollup_all(to, &rollups::kind_name(kind)))?;
        merge::write(store, kind, merger, |_| to)?;
    }
    Ok(())
}

/// A group's rollup of some days as cells of group 0, all metrics; `None` where it is not kept.
fn read_cells(store: &Store, group: u64, kind: &[Dimension], keeps: &dyn Fn(Day) -> bool) -> Result<Option<Cells>> {
    use crate::domain::charge::Metric;
    use crate::domain::rollup::{CellKey, Sums};
    let mut cells: Option<Cells> = None;
    for metric in Metric::ALL {
        let Some(rollup) = rollups::get(store.kv(), group, kind, metric)? else { return Ok(None) };
        let kept = || (0..rollup.len()).filter(|at| keeps(rollup.day(*at)));
        let cells = cells.get_or_insert_with(|| {
            let mut cells = Cells::new(kind.len());
            for at in kept() {
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
        for (at, sums) in kept().zip(&mut cells.sums) {
            let total = rollup.total(at);
            sums.sums[column] = total.sum.units();
            sums.unknown[column] = u32::try_from(total.unknown).unwrap_or(u32::MAX);
        }
    }
    Ok(cells)
}

/// Makes groups' rollups anew from their segments, each under the number beside it. Every segment
/// is read once, however many groups it holds.
///
/// # Errors
/// Kind `Store` where segments are missing or damaged.
pub fn from_segments(store: &Store, groups: &[(&Group, u64)], kinds: &[Vec<Dimension>]) -> Result<()> {
    let mut held: BTreeMap<u64, BTreeMap<&GroupKey, u32>> = BTreeMap::new();
    for (place, (group, _)) in groups.iter().enumerate() {
        for number in group.parts.iter().flat_map(|p| &p.segments) {
            held.entry(*number).or_default().insert(&group.key, place as u32);
        }
    }
    let mut pieces = Pieces::new(store.spill()?, kinds.len());
    for (number, ours) in held {
        let segment = Segment::open(store.kv(), number)?;
        let windows = segment.head.windows.iter();
        let groups: Vec<u32> = windows.map(|w| ours.get(&w.group).copied().unwrap_or(NOBODY)).collect();
        let batch = load(&segment, &groups, kinds)?;
        // Charges are stored in the order that they were rolled in.
        let order: Vec<u32> = (0..batch.len() as u32).collect();
        let mut places = vec![spill::Place::default(); kinds.len()];
        roll(&batch, &order, kinds, |kind, cells| {
            places[kind] = pieces.put(kind, &cells, &spill::encode(&cells), &groups)?;
            Ok::<(), Error>(())
        })?;
        pieces.push(Spilled { groups, places });
    }
    let numbers: Vec<u64> = groups.iter().map(|(_, number)| *number).collect();
    let places: Vec<u32> = (0..numbers.len() as u32).collect();
    let keep = vec![true; numbers.len()];
    Merge { store, numbers: &numbers, keep: &keep, places: &places, pieces: &pieces }.run(kinds, 1)
}

/// The charges of a segment as a batch, with what rollups of these kinds need of them; without
/// those of windows that are nobody's.
fn load(segment: &Segment<'_>, groups: &[u32], kinds: &[Vec<Dimension>]) -> Result<ChargeBatch> {
    let dict = |texts: &Texts| {
        let mut dict = Dict::default();
        texts.iter().for_each(|t| {
            dict.intern(t);
        });
        dict
    };
    let mut batch = ChargeBatch::default();
    for column in Profile::ALL {
        // A column that no rollup looks at stays empty.
        let (texts, ids) =
            if is_needed(*column, kinds) { segment.profile_column(*column)? } else { Default::default() };
        batch.profile_texts.push(dict(&texts));
        batch.profiles.push(ids);
    }
    batch.terms = segment.terms_times()?;
    for column in Terms::ALL {
        let (texts, ids) = segment.terms_column(*column)?;
        batch.terms_texts.push(dict(&texts));
        batch.terms.iter_mut().zip(ids).for_each(|(row, id)| row.texts[column.index()] = id);
    }
    let windows = segment.head.windows.iter();
    batch.windows = windows
        .map(|w| Window { provider: 0, account: 0, billing_period: w.group.billing_period, day: w.day })
        .collect();
    batch.quantities = vec![Numbers::default(); METRICS];
    for (chunk, runs) in segment.head.chunks.iter().enumerate() {
        let ours = |w: &u32| groups[*w as usize] != NOBODY;
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

/// Whether rollups of these kinds look at a profile column.
fn is_needed(column: Profile, kinds: &[Vec<Dimension>]) -> bool {
    kinds.iter().flatten().any(|dimension| {
        let names = dimension.label_place() == Some(Place::Profile(column));
        match dimension.place() {
            Place::Profile(place) => names || place == column,
            Place::Tag(_) => column == Profile::Tags,
            Place::Evidence(_) => {
                matches!(column, Profile::Tags | Profile::SubAccountId | Profile::SubAccountName)
            }
            Place::Terms(_) => names,
        }
    })
}
