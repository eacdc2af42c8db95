//! Scans charges for what no rollup has: any filter, up to four dimensions, hours, line items.
//!
//! Reads only the columns that the question names, segment by segment, on as many threads as the
//! machine has. Stops between chunks when it is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;

use crate::analytics::rollup::canonical;
use crate::domain::batch::TermsRow;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::{Profile, Terms};
use crate::domain::dimension::{Dimension, Place};
use crate::domain::filter::Clause;
use crate::domain::numbers::{Numbers, Total};
use crate::domain::rollup::Values;
use crate::domain::tags;
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use crate::store::codec::Texts;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};

use super::Cancel;
use super::matcher;
use super::table::{Ids, Key, Request, Table};

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

/// Which of a segment's charges a question is about.
pub struct Selection {
    /// For each window, its day, if its charges count.
    pub windows: Vec<Option<Day>>,
    /// For each profile, whether the filter admits it; `None` is all.
    pub profiles: Option<Vec<bool>>,
    /// For each terms row, whether the filter admits it; `None` is all.
    pub terms: Option<Vec<bool>>,
}

impl Selection {
    /// Evaluates a period and clauses on a segment.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read.
    pub fn new(
        segment: &Segment<'_>,
        keys: &BTreeSet<&GroupKey>,
        period: Period,
        clauses: &[Clause],
    ) -> Result<Selection> {
        let windows = segment
            .head
            .windows
            .iter()
            .map(|w| (keys.contains(&w.group) && period.contains(w.day)).then_some(w.day))
            .collect();
        let mut selection = Selection { windows, profiles: None, terms: None };
        if selection.is_empty(segment) {
            return Ok(selection);
        }
        for clause in clauses {
            match matcher::place(clause) {
                None => {
                    let found = free_text(segment, clause)?;
                    narrow(&mut selection.profiles, found, clause.negated);
                }
                Some(Place::Terms(_)) => {
                    let found = terms_flags(segment, clause)?;
                    narrow(&mut selection.terms, found, clause.negated);
                }
                Some(_) => {
                    let found = profile_flags(segment, clause)?;
                    narrow(&mut selection.profiles, found, clause.negated);
                }
            }
        }
        Ok(selection)
    }

    /// Whether no window counts.
    #[must_use]
    pub fn is_empty(&self, segment: &Segment<'_>) -> bool {
        segment.head.windows.is_empty() || self.windows.iter().all(Option::is_none)
    }

    /// Whether a charge counts; its window must.
    #[must_use]
    pub fn admits(&self, profile: u32, terms: u32) -> bool {
        self.profiles.as_ref().is_none_or(|p| p[profile as usize])
            && self.terms.as_ref().is_none_or(|t| t[terms as usize])
    }
}

fn narrow(flags: &mut Option<Vec<bool>>, found: Vec<bool>, negated: bool) {
    let found = found.into_iter().map(|f| f != negated);
    *flags = Some(match flags.take() {
        Some(before) => before.into_iter().zip(found).map(|(a, b)| a && b).collect(),
        None => found.collect(),
    });
}

fn free_text(segment: &Segment<'_>, clause: &Clause) -> Result<Vec<bool>> {
    let mut found = vec![false; segment.head.profiles as usize];
    for column in matcher::FREE_TEXT {
        let (texts, ids) = segment.profile_column(column)?;
        let hits: Vec<bool> =
            texts.iter().map(|t| !t.is_empty() && clause.patterns.iter().any(|p| p.matches(t))).collect();
        found.iter_mut().zip(ids).for_each(|(f, id)| *f |= hits[id as usize]);
    }
    Ok(found)
}

fn profile_flags(segment: &Segment<'_>, clause: &Clause) -> Result<Vec<bool>> {
    let Some(dimension) = &clause.dimension else { return Ok(Vec::new()) };
    let place = dimension.place();
    if let Place::Tag(key) = place {
        let (texts, ids) = segment.profile_column(Profile::Tags)?;
        let hits: Vec<bool> = texts
            .iter()
            .map(|t| matcher::matches(dimension, &clause.patterns, &tags::value_of(t, key).unwrap_or_default(), ""))
            .collect();
        return Ok(ids.into_iter().map(|id| hits[id as usize]).collect());
    }
    let Place::Profile(column) = place else { return Ok(Vec::new()) };
    let (texts, ids) = segment.profile_column(column)?;
    let label = match dimension.label_place() {
        Some(Place::Profile(label)) => Some(segment.profile_column(label)?),
        _ => None,
    };
    let mut memo: HashMap<(u32, u32), bool> = HashMap::new();
    Ok(ids
        .into_iter()
        .enumerate()
        .map(|(profile, id)| {
            let name = label.as_ref().map_or(0, |(_, names)| names[profile]);
            *memo.entry((id, name)).or_insert_with(|| {
                let name = label.as_ref().map_or("", |(texts, _)| texts.get(name));
                matcher::matches(dimension, &clause.patterns, canonical(dimension, texts.get(id)), name)
            })
        })
        .collect())
}

fn terms_flags(segment: &Segment<'_>, clause: &Clause) -> Result<Vec<bool>> {
    let (Some(dimension), Some(Place::Terms(column))) = (&clause.dimension, matcher::place(clause)) else {
        return Ok(Vec::new());
    };
    let (texts, ids) = segment.terms_column(column)?;
    let names = match dimension.label_place() {
        Some(Place::Terms(label)) => Some(segment.terms_column(label)?),
        _ => None,
    };
    Ok(ids
        .into_iter()
        .enumerate()
        .map(|(row, id)| {
            let name = names.as_ref().map_or("", |(texts, ids)| texts.get(ids[row]));
            matcher::matches(dimension, &clause.patterns, texts.get(id), name)
        })
        .collect())
}

/// One segment's charges on their way into a table.
struct Scan<'s> {
    segment: &'s Segment<'s>,
    selection: Selection,
    metric: crate::domain::charge::Metric,
    granularity: Option<Granularity>,
    /// For each profile, its group by the profile's dimensions, and each group's values.
    profile_groups: (Vec<u32>, Vec<Ids>),
    /// For each terms row, its group by currency and the terms' dimensions; `None` where its
    /// currency is not asked for.
    terms_groups: (Vec<Option<u32>>, Vec<(u32, Ids)>),
    times: Vec<TermsRow>,
}

impl<'s> Scan<'s> {
    fn new(
        request: &Request<'_>,
        segment: &'s Segment<'s>,
        keys: &BTreeSet<&GroupKey>,
        table: &mut Table,
    ) -> Result<Scan<'s>> {
        let selection = Selection::new(segment, keys, request.period, request.clauses)?;
        let mut scan = Scan {
            selection,
            metric: request.metric,
            granularity: request.granularity,
            profile_groups: (Vec::new(), Vec::new()),
            terms_groups: (Vec::new(), Vec::new()),
            times: Vec::new(),
            segment,
        };
        if !scan.selection.is_empty(segment) {
            scan.profile_groups = profile_groups(request.by, segment, table)?;
            scan.terms_groups = terms_groups(request, segment, table)?;
            if request.granularity == Some(Granularity::Hour) {
                scan.times = segment.terms_times()?;
            }
        }
        Ok(scan)
    }

    fn run(&self, table: &mut Table, slots: &mut Slots, cancel: &Cancel) -> Result<()> {
        let width = self.terms_groups.1.len().max(1);
        slots.make_room(self.profile_groups.1.len().max(1) * width);
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
                for hour in self.pieces() {
                    let piece = self.piece(day, hour);
                    if start != Some(piece) {
                        if let Some(start) = start {
                            self.flush(slots, start, width, table);
                        }
                        start = Some(piece);
                    }
                    self.add(slots, &profiles, &terms, &costs, range.clone(), hour, width);
                }
            }
        }
        if let Some(start) = start {
            self.flush(slots, start, width, table);
        }
        Ok(())
    }

    /// The hours to look at one by one; a single `None` where days are not cut.
    fn pieces(&self) -> impl Iterator<Item = Option<u32>> + use<> {
        let hours = self.granularity == Some(Granularity::Hour);
        (0..if hours { 24 } else { 1 }).map(move |h| hours.then_some(h))
    }

    fn piece(&self, day: Day, hour: Option<u32>) -> i64 {
        let second = day.seconds() + i64::from(hour.unwrap_or(0)) * 3600;
        self.granularity.map_or(0, |g| g.floor(second))
    }

    #[expect(clippy::too_many_arguments, reason = "the innermost loop, which everything is handed to")]
    fn add(
        &self,
        slots: &mut Slots,
        profiles: &[u32],
        terms: &[u32],
        costs: &Numbers,
        range: std::ops::Range<usize>,
        hour: Option<u32>,
        width: usize,
    ) {
        let (profile_groups, terms_groups) = (&self.profile_groups.0, &self.terms_groups.0);
        for row in range {
            let (profile, term) = (profiles[row], terms[row]);
            let Some(group) = terms_groups[term as usize] else { continue };
            if !self.selection.admits(profile, term) || !self.in_hour(term, hour) {
                continue;
            }
            let place = profile_groups[profile as usize] as usize * width + group as usize;
            slots.add(place, costs.units(row));
        }
    }

    /// Whether a charge lies in an hour. Charges that are longer than an hour lie in none.
    fn in_hour(&self, terms: u32, hour: Option<u32>) -> bool {
        hour.is_none_or(|hour| {
            let times = &self.times[terms as usize];
            times.duration <= 3600 && times.start / 3600 == hour
        })
    }

    fn flush(&self, slots: &mut Slots, start: i64, width: usize, table: &mut Table) {
        slots.drain(|place, total| {
            let (currency, mut values) = self.terms_groups.1[place % width];
            let profile = self.profile_groups.1[place / width];
            values.0.iter_mut().zip(profile.0).for_each(|(v, p)| *v |= p);
            table.add(Key { currency, start, values }, total);
        });
    }
}

/// Groups profiles by the values of the dimensions that profiles have.
fn profile_groups(by: &[Dimension], segment: &Segment<'_>, table: &mut Table) -> Result<(Vec<u32>, Vec<Ids>)> {
    let mut tuples = vec![Ids::default(); segment.head.profiles as usize];
    for (d, dimension) in by.iter().enumerate() {
        let values = &mut table.dimensions[d];
        let ids = match dimension.place() {
            Place::Terms(_) => continue,
            Place::Tag(key) => tag_values(segment, key, values)?,
            Place::Profile(column) => profile_values(segment, dimension, column, values)?,
        };
        tuples.iter_mut().zip(ids).for_each(|(tuple, id)| tuple.0[d] = id);
    }
    Ok(distinct(tuples))
}

fn tag_values(segment: &Segment<'_>, key: &str, values: &mut Values) -> Result<Vec<u32>> {
    let (texts, ids) = segment.profile_column(Profile::Tags)?;
    let memo: Vec<u32> = texts.iter().map(|t| values.intern(&tags::value_of(t, key).unwrap_or_default(), "")).collect();
    Ok(ids.into_iter().map(|id| memo[id as usize]).collect())
}

fn profile_values(
    segment: &Segment<'_>,
    dimension: &Dimension,
    column: Profile,
    values: &mut Values,
) -> Result<Vec<u32>> {
    let (texts, ids) = segment.profile_column(column)?;
    let names: Option<(Texts, Vec<u32>)> = match dimension.label_place() {
        Some(Place::Profile(label)) => Some(segment.profile_column(label)?),
        _ => None,
    };
    let mut memo = vec![u32::MAX; texts.len()];
    Ok(ids
        .into_iter()
        .enumerate()
        .map(|(profile, id)| {
            let slot = &mut memo[id as usize];
            if *slot == u32::MAX {
                let name = names.as_ref().map_or("", |(texts, ids)| texts.get(ids[profile]));
                *slot = values.intern(canonical(dimension, texts.get(id)), name);
            }
            *slot
        })
        .collect())
}

/// Groups terms by currency and the values of the dimensions that terms have.
type TermsGroups = (Vec<Option<u32>>, Vec<(u32, Ids)>);

fn terms_groups(request: &Request<'_>, segment: &Segment<'_>, table: &mut Table) -> Result<TermsGroups> {
    let (currencies, ids) = segment.terms_column(Terms::Currency)?;
    let wanted = |id: u32| request.currency.is_none_or(|c| c == currencies.get(id));
    let mut tuples: Vec<(u32, Ids)> =
        ids.iter().map(|id| (table.currencies.intern(currencies.get(*id)), Ids::default())).collect();
    for (d, dimension) in request.by.iter().enumerate() {
        let Place::Terms(column) = dimension.place() else { continue };
        let (texts, ids) = segment.terms_column(column)?;
        let names = match dimension.label_place() {
            Some(Place::Terms(label)) => Some(segment.terms_column(label)?),
            _ => None,
        };
        for (row, (tuple, id)) in tuples.iter_mut().zip(ids).enumerate() {
            let name = names.as_ref().map_or("", |(texts, ids)| texts.get(ids[row]));
            tuple.1.0[d] = table.dimensions[d].intern(texts.get(id), name);
        }
    }
    let (groups, distinct) = distinct(tuples);
    Ok((groups.into_iter().zip(ids).map(|(group, id)| wanted(id).then_some(group)).collect(), distinct))
}

/// Numbers equal tuples alike.
fn distinct<T: Copy + Eq + std::hash::Hash>(tuples: Vec<T>) -> (Vec<u32>, Vec<T>) {
    let mut seen: HashMap<T, u32> = HashMap::new();
    let mut list = Vec::new();
    let groups = tuples
        .into_iter()
        .map(|tuple| {
            *seen.entry(tuple).or_insert_with(|| {
                list.push(tuple);
                list.len() as u32 - 1
            })
        })
        .collect();
    (groups, list)
}

/// Up to so many places are a table; more are a hash map.
const SLOTS_MAX: usize = 1 << 18;

/// Totals by place, quick to add to and to empty, and used again from segment to segment.
#[derive(Default)]
struct Slots {
    table: Vec<Total>,
    used: Vec<u32>,
    map: HashMap<usize, Total>,
    mapped: bool,
}

impl Slots {
    /// Makes ready for places below `places`; all are empty.
    fn make_room(&mut self, places: usize) {
        self.mapped = places > SLOTS_MAX;
        if !self.mapped && self.table.len() < places {
            self.table.resize(places, Total::default());
        }
    }

    fn add(&mut self, place: usize, units: i128) {
        if self.mapped {
            self.map.entry(place).or_default().add_units(units);
            return;
        }
        let total = &mut self.table[place];
        if total.rows() == 0 {
            self.used.push(place as u32);
        }
        total.add_units(units);
    }

    fn drain(&mut self, mut give: impl FnMut(usize, &Total)) {
        for place in self.used.drain(..) {
            give(place as usize, &self.table[place as usize]);
            self.table[place as usize] = Total::default();
        }
        self.map.drain().for_each(|(place, total)| give(place, &total));
    }
}
