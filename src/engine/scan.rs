//! Scans charges for what no rollup has: any filter, up to four dimensions, hours, line items.
//!
//! Reads only the columns that the question names, segment by segment, on as many threads as the
//! machine has. Stops between chunks when it is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;

use crate::analytics::rollup::canonical;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::charge::{Profile, Terms};
use crate::domain::dict::NONE;
use crate::domain::dimension::{Dimension, Place};
use crate::domain::numbers::Numbers;
use crate::domain::rollup::Values;
use crate::domain::tags;
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use crate::store::codec::Texts;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};

use super::Cancel;
use super::selection::Selection;
use super::table::{Ids, Key, Request, Slots, Table};

/// The segments of some groups, and which groups count in each.
pub fn segments<'g>(groups: &[&'g Group]) -> Vec<(u64, BTreeSet<&'g GroupKey>)> {
    let mut segments: BTreeMap<u64, BTreeSet<&GroupKey>> = BTreeMap::new();
    for group in groups {
        for number in group.parts.iter().flat_map(|p| &p.segments) {
            segments.entry(*number).or_default().insert(&group.key);
        }
    }
    segments.into_iter().collect()
}

/// Runs `work` on each segment of the groups, on all cores; each thread folds into its own state.
///
/// # Errors
/// The first error of `work`; kind `Interrupted` where it was given up.
pub fn on_segments<T: Send>(
    store: &Store,
    groups: &[&Group],
    cancel: &Cancel,
    begin: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &Segment<'_>, &BTreeSet<&GroupKey>) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let segments = segments(groups);
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(segments.len()).max(1);
    let run = || -> Result<T> {
        let mut state = begin();
        while let Some((number, keys)) = segments.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(cancel)?;
            work(&mut state, &Segment::open(store.kv(), *number)?, keys)?;
        }
        Ok(state)
    };
    if threads == 1 {
        return Ok(vec![run()?]);
    }
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Whether the question was given up.
///
/// # Errors
/// Kind `Interrupted` where it was.
pub fn check(cancel: &Cancel) -> Result<()> {
    if cancel.is_cancelled() { Err(Error::new(Kind::Interrupted, "the question was given up")) } else { Ok(()) }
}

/// Adds up a request by scanning the charges of `groups`.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn totals(store: &Store, request: &Request<'_>, groups: &[&Group], cancel: &Cancel) -> Result<Table> {
    let parts = on_segments(
        store,
        groups,
        cancel,
        || (Table::new(request.by.len()), Slots::default()),
        |(table, slots), segment, keys| Scan::new(request, segment, keys, table)?.run(table, slots, cancel),
    )?;
    let mut parts = parts.into_iter().map(|(table, _)| table);
    let mut table = parts.next().unwrap_or_else(|| Table::new(request.by.len()));
    parts.for_each(|part| table.merge(&part));
    Ok(table)
}

/// One segment's charges on their way into a table.
struct Scan<'s> {
    segment: &'s Segment<'s>,
    selection: Selection,
    metric: crate::domain::charge::Metric,
    granularity: Option<Granularity>,
    /// For each profile, its group by the profile's dimensions.
    profiles: Groups,
    /// For each terms row, its group by currency, hour where hours are asked for, and the terms'
    /// dimensions.
    terms: TermsGroups,
}

/// The group of a terms row that no charge counts of.
const NO_GROUP: u32 = u32::MAX;
/// Stands for the hour of charges that are longer than one.
const NO_HOUR: u32 = u32::MAX;

impl<'s> Scan<'s> {
    fn new(
        request: &Request<'_>,
        segment: &'s Segment<'s>,
        keys: &BTreeSet<&GroupKey>,
        table: &mut Table,
    ) -> Result<Scan<'s>> {
        let selection = Selection::new(segment, keys, request.period, request.clauses)?;
        let (metric, granularity) = (request.metric, request.granularity);
        let mut scan = Scan {
            selection,
            metric,
            granularity,
            profiles: Groups::default(),
            terms: TermsGroups::default(),
            segment,
        };
        if !scan.selection.is_empty(segment) {
            scan.profiles = profile_groups(request.by, segment, table)?;
            scan.terms = terms_groups(request, segment, table)?;
            if let Some(flags) = &scan.selection.terms {
                let off = scan.terms.of.iter_mut().zip(flags).filter(|(_, admitted)| !**admitted);
                off.for_each(|(group, _)| *group = NO_GROUP);
            }
        }
        Ok(scan)
    }

    fn run(&self, table: &mut Table, slots: &mut Slots, cancel: &Cancel) -> Result<()> {
        let width = self.terms.values.len().max(1);
        slots.make_room(self.profiles.values.len().max(1) * width);
        let mut start = None;
        for (chunk, runs) in self.segment.head.chunks.iter().enumerate() {
            if !runs.iter().any(|(w, _)| self.selection.windows[*w as usize].is_some()) {
                continue;
            }
            check(cancel)?;
            let chunk = chunk as u32;
            let profiles = self.segment.chunk_profiles(chunk)?;
            let terms = self.segment.chunk_terms(chunk)?;
            let costs = self.segment.chunk_numbers(chunk, self.metric.quantity())?;
            let mut at = 0;
            for (window, rows) in runs {
                let range = at..at + *rows as usize;
                at = range.end;
                let Some(day) = self.selection.windows[*window as usize] else { continue };
                let piece = self.piece(day);
                if start != Some(piece) {
                    if let Some(start) = start {
                        self.flush(slots, start, width, table);
                    }
                    start = Some(piece);
                }
                self.add(slots, &profiles[range.clone()], &terms[range.clone()], &costs, range.start, width);
            }
        }
        if let Some(start) = start {
            self.flush(slots, start, width, table);
        }
        Ok(())
    }

    /// The start of the piece of time that a day's charges lie in; hours are added by terms.
    fn piece(&self, day: Day) -> i64 {
        self.granularity.map_or(0, |g| g.floor(day.seconds()))
    }

    /// Adds charges; the first of them is the chunk's at `first`.
    fn add(&self, slots: &mut Slots, profiles: &[u32], terms: &[u32], costs: &Numbers, first: usize, width: usize) {
        let admitted = self.selection.profiles.as_deref();
        let mut each = |units: &dyn Fn(usize) -> i128| {
            for (row, (profile, term)) in profiles.iter().zip(terms).enumerate() {
                let group = self.terms.of[*term as usize];
                if group == NO_GROUP || admitted.is_some_and(|flags| !flags[*profile as usize]) {
                    continue;
                }
                slots.add(self.profiles.of[*profile as usize] as usize * width + group as usize, units(row));
            }
        };
        each(&|row| costs.units(first + row));
    }

    fn flush(&self, slots: &mut Slots, start: i64, width: usize, table: &mut Table) {
        slots.drain(|place, total| {
            let (currency, seconds, mut values) = self.terms.values[place % width];
            if seconds == NO_HOUR {
                return table.left_out.entry(currency).or_default().merge(total);
            }
            let profile = self.profiles.values[place / width];
            values.0.iter_mut().zip(profile.0).for_each(|(v, p)| *v |= p);
            table.add(Key { currency, start: start + i64::from(seconds), values }, total);
        });
    }
}

/// Rows by group.
#[derive(Default)]
struct Groups {
    /// For each row, its group.
    of: Vec<u32>,
    /// For each group, its values.
    values: Vec<Ids>,
}

/// Pairs of numbers are told apart by a table up to so many; beyond, by a hash map.
const PAIRS_MAX: usize = 1 << 21;

impl Groups {
    /// All rows in one group.
    fn one(rows: usize) -> Groups {
        Groups { of: vec![0; rows], values: vec![Ids::default()] }
    }

    /// Splits the groups by one more dimension: `ids` are the rows' numbers among so many, and
    /// `value` gives the table's number for one.
    fn split(&mut self, dimension: usize, ids: &[u32], among: usize, mut value: impl FnMut(u32) -> u32) {
        let before = std::mem::take(&mut self.values);
        let mut values = Vec::new();
        let mut next = |group: u32, id: u32| {
            let mut tuple = before[group as usize];
            tuple.0[dimension] = value(id);
            values.push(tuple);
            values.len() as u32 - 1
        };
        let rows = self.of.iter_mut().zip(ids);
        if before.len() * among <= PAIRS_MAX {
            let mut numbers = vec![u32::MAX; before.len() * among];
            for (group, id) in rows {
                let number = &mut numbers[*group as usize * among + *id as usize];
                if *number == u32::MAX {
                    *number = next(*group, *id);
                }
                *group = *number;
            }
        } else {
            let mut numbers: HashMap<u64, u32> = HashMap::new();
            for (group, id) in rows {
                let pair = u64::from(*group) << 32 | u64::from(*id);
                *group = *numbers.entry(pair).or_insert_with(|| next(*group, *id));
            }
        }
        self.values = values;
    }
}

/// Groups profiles by the values of the dimensions that profiles have.
fn profile_groups(by: &[Dimension], segment: &Segment<'_>, table: &mut Table) -> Result<Groups> {
    let mut groups = Groups::one(segment.head.profiles as usize);
    for (d, dimension) in by.iter().enumerate() {
        let values = &mut table.dimensions[d];
        match dimension.place() {
            Place::Terms(_) => {}
            Place::Tag(key) => {
                let (texts, ids) = segment.profile_column(Profile::Tags)?;
                // Many tag texts have the same value of one key: few values are left to tell apart.
                let mut local = crate::domain::dict::Dict::default();
                let memo: Vec<u32> =
                    texts.iter().map(|t| local.intern(&tags::value_of(t, key).unwrap_or_default())).collect();
                let ids: Vec<u32> = ids.into_iter().map(|id| memo[id as usize]).collect();
                groups.split(d, &ids, local.len(), |id| values.add(local.get(id), ""));
            }
            Place::Profile(column) => split_by_column(&mut groups, d, segment, dimension, column, values)?,
        }
    }
    Ok(groups)
}

fn split_by_column(
    groups: &mut Groups,
    d: usize,
    segment: &Segment<'_>,
    dimension: &Dimension,
    column: Profile,
    values: &mut Values,
) -> Result<()> {
    let (texts, ids) = segment.profile_column(column)?;
    let names: Option<(Texts, Vec<u32>)> = match dimension.label_place() {
        Some(Place::Profile(label)) => Some(segment.profile_column(label)?),
        _ => None,
    };
    // Of several names the smallest is a value's, as in rollups.
    let mut name_of = vec![NONE; if names.is_some() { texts.len() } else { 0 }];
    if let Some((names, of)) = &names {
        for (id, name) in ids.iter().zip(of) {
            let best = &mut name_of[*id as usize];
            if *name != *best && *name != NONE && (*best == NONE || names.get(*name) < names.get(*best)) {
                *best = *name;
            }
        }
    }
    let mut memo = vec![u32::MAX; texts.len()];
    groups.split(d, &ids, texts.len(), |id| {
        let slot = &mut memo[id as usize];
        if *slot == u32::MAX {
            let name = names.as_ref().map_or("", |(texts, _)| texts.get(name_of[id as usize]));
            *slot = values.add(canonical(dimension, texts.get(id)), name);
        }
        *slot
    });
    Ok(())
}

/// Terms rows by group.
#[derive(Default)]
struct TermsGroups {
    /// For each terms row, its group; [`NO_GROUP`] where it is not asked for.
    of: Vec<u32>,
    /// For each group, its currency, the seconds from its day's start to its hour or [`NO_HOUR`],
    /// and its values.
    values: Vec<(u32, u32, Ids)>,
}

/// Groups terms by currency, hour and the values of the dimensions that terms have.
fn terms_groups(request: &Request<'_>, segment: &Segment<'_>, table: &mut Table) -> Result<TermsGroups> {
    let (currencies, ids) = segment.terms_column(Terms::Currency)?;
    let wanted: Vec<bool> = ids.iter().map(|id| request.currency.is_none_or(|c| c == currencies.get(*id))).collect();
    let mut tuples: Vec<(u32, u32, Ids)> =
        ids.iter().map(|id| (table.currencies.intern(currencies.get(*id)), 0, Ids::default())).collect();
    if request.granularity == Some(Granularity::Hour) {
        for (tuple, times) in tuples.iter_mut().zip(segment.terms_times()?) {
            tuple.1 = if times.duration > 3600 { NO_HOUR } else { times.start / 3600 * 3600 };
        }
    }
    for (d, dimension) in request.by.iter().enumerate() {
        let Place::Terms(column) = dimension.place() else { continue };
        let (texts, ids) = segment.terms_column(column)?;
        let names = match dimension.label_place() {
            Some(Place::Terms(label)) => Some(segment.terms_column(label)?),
            _ => None,
        };
        for (row, (tuple, id)) in tuples.iter_mut().zip(ids).enumerate() {
            let name = names.as_ref().map_or("", |(texts, ids)| texts.get(ids[row]));
            tuple.2.0[d] = table.dimensions[d].add(texts.get(id), name);
        }
    }
    let mut seen: HashMap<(u32, u32, Ids), u32> = HashMap::new();
    let mut groups = TermsGroups::default();
    for (tuple, wanted) in tuples.into_iter().zip(wanted) {
        let group = if wanted {
            *seen.entry(tuple).or_insert_with(|| {
                groups.values.push(tuple);
                groups.values.len() as u32 - 1
            })
        } else {
            NO_GROUP
        };
        groups.of.push(group);
    }
    Ok(groups)
}
