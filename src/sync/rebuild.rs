//! Makes rollups of what is stored: by adding a stored group's to another's, and anew from segments.

use std::collections::BTreeMap;

use super::merge::{self, Merge, NOBODY, Pieces, Spilled};
use crate::analytics::rollup::roll;
use crate::domain::batch::{ChargeBatch, RowKey, Window};
use crate::domain::calendar::Day;
use crate::domain::charge::{Metric, Profile, Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::dimension::{Dimension, Place};
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{CellKey, CellKind, Cells, METRICS, Merger};
use crate::domain::texts::Texts;
use crate::error::{Error, Result};
use crate::store::manifest::Group;
use crate::store::rollups::Rollup;
use crate::store::segment::{GroupKey, Segment};
use crate::store::{Store, rollups, spill};

/// Adds a stored group's charges, of the days that are kept, to the rollups of another, where that has
/// any: they become one group, which may have `most` cells.
///
/// # Errors
/// Kind `Store` where the store fails.
pub fn add_rollups(
    store: &Store,
    (from, keeps): (u64, &dyn Fn(Day) -> bool),
    (to, has_own, most): (u64, bool, usize),
    kinds: &[Vec<Dimension>],
) -> Result<()> {
    let all = |_: Day| true;
    let own = has_own.then_some((to, &all as &dyn Fn(Day) -> bool));
    for kind in kinds {
        let cells_max = |_| most;
        let mut merger = Merger::new(kind.len(), &cells_max);
        for (group, keeps) in [(from, keeps)].into_iter().chain(own) {
            if !add_stored(store, &mut merger, group, kind, keeps)? {
                merger.give_up(0);
                break;
            }
        }
        crate::store::kv::remove_prefix(store.kv(), &crate::store::keys::rollup_all(to, &rollups::kind_name(kind)))?;
        merge::write(store, kind, merger, |_| to)?;
    }
    Ok(())
}

/// Adds a group's rollup of some days to group 0 of a merger, one metric after the other: all of them at
/// once are as much again as what they are added to. `false` where it is not kept or too large.
fn add_stored(
    store: &Store,
    merger: &mut Merger,
    group: u64,
    kind: &[Dimension],
    keeps: &dyn Fn(Day) -> bool,
) -> Result<bool> {
    let mut places: Option<Vec<u32>> = None;
    for metric in Metric::ALL {
        let Some(rollup) = rollups::get(store.kv(), group, kind, metric)? else { return Ok(false) };
        let kept: Vec<u32> = (0..rollup.len() as u32).filter(|at| keeps(rollup.day(*at as usize))).collect();
        let places = match &mut places {
            Some(places) => places,
            none => {
                let Some(new) = merger.place(0, &keys_of(&rollup, &kept)) else { return Ok(false) };
                merger.sum(0, &new, |at, sums| {
                    sums.rows = sums.rows.saturating_add(rollup.rows.get(kept[at] as usize));
                });
                none.insert(new)
            }
        };
        let column = metric.quantity().index();
        merger.sum(0, places, |at, sums| {
            let total = rollup.total(kept[at] as usize);
            sums.sums[column] = sums.sums[column].saturating_add(total.sum.units());
            let unknown = u32::try_from(total.unknown).unwrap_or(u32::MAX);
            sums.unknown[column] = sums.unknown[column].saturating_add(unknown);
        });
    }
    Ok(true)
}

/// What some cells of a rollup are about, without their sums.
fn keys_of(rollup: &Rollup, kept: &[u32]) -> Cells {
    let mut cells = Cells::new(rollup.dimensions.len());
    cells.keys.reserve_exact(kept.len());
    // The numbers that values have there, each asked for once.
    let mut numbers: Vec<Vec<Option<u32>>> = rollup.dimensions.iter().map(|d| vec![None; d.texts.len()]).collect();
    let mut currencies = vec![None; rollup.currency_texts.len()];
    let mut categories = vec![None; rollup.category_texts.len()];
    let mut classes = vec![None; rollup.class_texts.len()];
    for at in kept.iter().map(|at| *at as usize) {
        let mut values = [0; 2];
        for (d, dimension) in rollup.dimensions.iter().enumerate() {
            let id = dimension.ids.get(at);
            values[d] = *numbers[d][id as usize].get_or_insert_with(|| {
                let (text, into) = (dimension.texts.get(id), &mut cells.dimensions[d]);
                dimension.other_names(id).for_each(|name| {
                    into.intern(text, name);
                });
                into.intern(text, dimension.name(id))
            });
        }
        let once = |known: &mut [Option<u32>], id: u32, texts: &Texts, into: &mut Dict| {
            *known[id as usize].get_or_insert_with(|| into.intern(texts.get(id)))
        };
        let (id, texts) = (rollup.currencies.get(at), &rollup.currency_texts);
        let currency = once(&mut currencies, id, texts, &mut cells.currencies);
        let kind = rollup.kind(at);
        let category = once(&mut categories, kind.category(), &rollup.category_texts, &mut cells.categories);
        let kind = CellKind::new(category, kind.is_long());
        let class = once(&mut classes, rollup.classes.get(at), &rollup.class_texts, &mut cells.classes);
        cells.keys.push(CellKey { group: 0, day: rollup.day(at), currency, kind, class, values });
    }
    cells
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
    let most: Vec<usize> = groups.iter().map(|(group, _)| rollups::cells_worth(group.rows())).collect();
    Merge { store, numbers: &numbers, most: &most, places: &places, pieces: &pieces }.run(kinds, 1)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rollup::Sums;
    use crate::store::rollups::CELLS_MAX;

    /// Cells of one day: each value with its names, and what it cost by metric.
    fn put(store: &Store, group: u64, day: i32, values: &[(&str, &[&str], i128)]) {
        let mut cells = Cells::new(1);
        let currency = cells.currencies.intern("USD");
        let category = cells.categories.intern("Usage");
        for (text, names, cost) in values {
            let ids: Vec<u32> = names.iter().map(|name| cells.dimensions[0].intern(text, name)).collect();
            let (day, kind, values) = (Day(day), CellKind::new(category, false), [ids[0], 0]);
            cells.keys.push(CellKey { group: 0, day, currency, kind, class: 0, values });
            cells.sums.push(Sums { sums: [*cost, cost * 2, 0, cost * 4], unknown: [0, 0, 3, 0], rows: 3 });
        }
        let mut changes = Vec::new();
        rollups::put(&mut changes, group, &[Dimension::Service], &cells);
        store.write(changes).expect("write");
    }

    #[test]
    fn adds_days_that_are_kept_with_all_metrics_and_all_names() {
        let store = Store::in_memory(&[]);
        let kind = [Dimension::Service];
        put(&store, 1, 19_000, &[("ec2", &["Compute", "Elastic"], 5), ("s3", &[""], 7)]);
        put(&store, 2, 19_001, &[("s3", &["Storage"], 1), ("ec2", &["Compute"], 2)]);
        put(&store, 3, 19_000, &[("s3", &[""], 100)]);
        add_rollups(&store, (1, &|_| true), (2, true, CELLS_MAX), &[kind.to_vec()]).expect("add");
        add_rollups(&store, (3, &|day| day != Day(19_000)), (2, true, CELLS_MAX), &[kind.to_vec()]).expect("add");
        let read = |metric| rollups::get(store.kv(), 2, &kind, metric).expect("read").expect("kept");
        let told = |metric| {
            let rollup = read(metric);
            let cell = |at: usize| {
                let service = rollup.dimensions[0].texts.get(rollup.dimensions[0].ids.get(at)).to_owned();
                (rollup.day(at).0, service, rollup.total(at).sum.units(), rollup.total(at).unknown)
            };
            let mut cells: Vec<_> = (0..rollup.len()).map(cell).collect();
            cells.sort();
            cells
        };
        let cell = |day, service: &str, units, unknown| (day, service.to_owned(), units, unknown);
        let first = Metric::ALL.iter().find(|metric| metric.quantity().index() == 1).expect("a metric");
        let [ec2, s3] = [cell(19_000, "ec2", 10, 0), cell(19_000, "s3", 14, 0)];
        assert_eq!(told(*first), [ec2, s3, cell(19_001, "ec2", 4, 0), cell(19_001, "s3", 2, 0)]);
        let third = Metric::ALL.iter().find(|metric| metric.quantity().index() == 2).expect("a metric");
        assert_eq!(told(*third)[0], cell(19_000, "ec2", 0, 3));
        let rollup = read(*first);
        let values = &rollup.dimensions[0];
        let id = (0..rollup.len()).map(|at| values.ids.get(at)).find(|id| values.texts.get(*id) == "ec2").expect("ec2");
        let names: Vec<&str> = [values.name(id)].into_iter().chain(values.other_names(id)).collect();
        assert_eq!(names, ["Compute", "Elastic"], "a filter by a name asks for all of them");
    }

    #[test]
    fn what_becomes_too_large_is_noted_and_not_kept() {
        let store = Store::in_memory(&[]);
        let kind = [Dimension::Service];
        let texts: Vec<String> = (0..=CELLS_MAX).map(|at| at.to_string()).collect();
        let values: Vec<(&str, &[&str], i128)> = texts.iter().map(|text| (text.as_str(), &[""][..], 1)).collect();
        put(&store, 1, 19_000, &values[..CELLS_MAX]);
        put(&store, 2, 19_001, &values[CELLS_MAX..]);
        add_rollups(&store, (1, &|_| true), (2, true, CELLS_MAX), &[kind.to_vec()]).expect("add");
        assert!(rollups::get(store.kv(), 2, &kind, Metric::Billed).expect("read").is_none());
        assert!(rollups::is_too_large(store.kv(), 2, &kind).expect("read"));
    }
}
