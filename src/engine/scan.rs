//! Scans charges for what no rollup has: any filter, up to four dimensions, hours, line items.
//!
//! Reads only the columns that the question names, segment by segment, on as many threads as the
//! machine has. Stops between chunks when it is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::domain::batch::TermsRow;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::charge::{Metric, spans_days};
use crate::domain::filter::Clause;
use crate::domain::numbers::Numbers;
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};
use crate::threads;

use super::Cancel;
use super::grouping::{Grouping, NO_GROUP};
use super::matcher::admits_group;
use super::opened::Opened;
use super::selection::{Selection, Wanted};
use super::table::{Request, Slots, Table};

/// The segments of those groups that the clauses admit, and which groups count in each.
pub fn segments<'g>(groups: &[&'g Group], clauses: &[Clause]) -> Vec<(u64, BTreeSet<&'g GroupKey>)> {
    let mut segments: BTreeMap<u64, BTreeSet<&GroupKey>> = BTreeMap::new();
    for group in groups.iter().filter(|group| admits_group(clauses, group)) {
        for number in group.parts.iter().flat_map(|p| &p.segments) {
            segments.entry(*number).or_default().insert(&group.key);
        }
    }
    segments.into_iter().collect()
}

/// Runs `work` on each segment of the groups that the clauses admit, on all cores; each thread folds into its own state.
///
/// # Errors
/// The first error of `work`; kind `Interrupted` where it was given up.
pub fn on_segments<T: Send>(
    store: &Store,
    (groups, clauses): (&[&Group], &[Clause]),
    cancel: &Cancel,
    begin: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &Segment<'_>, &BTreeSet<&GroupKey>) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    on_each(store, &segments(groups, clauses), cancel, begin, work)
}

/// The same of segments by their numbers, whatever is to be known of each.
fn on_each<K: Sync, T: Send>(
    store: &Store,
    segments: &[(u64, K)],
    cancel: &Cancel,
    begin: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &Segment<'_>, &K) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let at_once = threads::all(0).min(segments.len());
    let run = |_| -> Result<T> {
        let mut state = begin();
        while let Some((number, known)) = segments.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(cancel)?;
            work(&mut state, &Segment::open(store.kv(), *number)?, known)?;
        }
        Ok(state)
    };
    threads::share(at_once, run).into_iter().collect()
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
    let tables = totals_of(store, &[(request.clone(), groups.to_vec())], cancel)?;
    Ok(tables.into_iter().next().unwrap_or_default())
}

/// Adds up several requests, each by the charges of its groups, reading each charge once.
///
/// # Errors
/// As [`totals`].
pub fn totals_of(store: &Store, asked: &[(Request<'_>, Vec<&Group>)], cancel: &Cancel) -> Result<Vec<Table>> {
    let mut wanted: BTreeMap<u64, Vec<(usize, BTreeSet<&GroupKey>)>> = BTreeMap::new();
    for (at, (request, groups)) in asked.iter().enumerate() {
        for (number, keys) in segments(groups, request.clauses) {
            wanted.entry(number).or_default().push((at, keys));
        }
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let begin = || asked.iter().map(|(request, _)| Adding::new(request)).collect::<Vec<Adding>>();
    let parts = on_each(store, &wanted, cancel, begin, |adding, segment, wanted| {
        let mut scans = Vec::with_capacity(wanted.len());
        let opened = Opened::new(segment);
        for (at, keys) in wanted {
            scans.extend(Scan::new(&asked[*at].0, &opened, keys, &mut adding[*at].table)?.map(|scan| (*at, scan)));
        }
        drop(opened);
        run(segment, scans, adding, cancel)
    })?;
    let mut tables: Vec<Table> = asked.iter().map(|(request, _)| Table::new(request.by.len())).collect();
    for part in parts {
        tables.iter_mut().zip(part).for_each(|(table, adding)| table.merge(adding.table));
    }
    Ok(tables)
}

/// What a thread has added up of one request.
struct Adding {
    table: Table,
    slots: Slots,
}

impl Adding {
    fn new(request: &Request<'_>) -> Self {
        Adding { table: Table::new(request.by.len()), slots: Slots::default() }
    }
}

/// Scans a segment for several requests at once, by their numbers.
fn run(segment: &Segment<'_>, mut scans: Vec<(usize, Scan<'_>)>, adding: &mut [Adding], cancel: &Cancel) -> Result<()> {
    scans.iter().for_each(|(at, scan)| adding[*at].slots.make_room(scan.grouping.places()));
    for (chunk, runs) in segment.head.chunks.iter().enumerate() {
        let is_wanted = |scan: &Scan<'_>| runs.iter().any(|(w, _)| scan.windows[*w as usize].is_some());
        if !scans.iter().any(|(_, scan)| is_wanted(scan)) {
            continue;
        }
        check(cancel)?;
        let chunk = chunk as u32;
        let (profiles, terms) = (segment.chunk_profiles(chunk)?, segment.chunk_terms(chunk)?);
        let mut costs: Vec<(Metric, Numbers)> = Vec::with_capacity(1);
        for (at, scan) in scans.iter_mut().filter(|(_, scan)| is_wanted(scan)) {
            let known = costs.iter().position(|(metric, _)| *metric == scan.metric);
            let of = match known {
                Some(of) => of,
                None => {
                    costs.push((scan.metric, segment.chunk_numbers(chunk, scan.metric.quantity())?));
                    costs.len() - 1
                }
            };
            scan.take(runs, (&profiles, &terms, &costs[of].1), &mut adding[*at]);
        }
    }
    scans.iter_mut().for_each(|(at, scan)| scan.end(&mut adding[*at]));
    Ok(())
}

/// One segment's charges on their way into a table.
struct Scan<'r> {
    /// For each window, its day, if its charges count.
    windows: Vec<Option<Day>>,
    metric: Metric,
    granularity: Option<Granularity>,
    grouping: Grouping<'r>,
    /// The piece of time whose charges are being added up.
    start: Option<i64>,
}

impl<'r> Scan<'r> {
    /// `None` where no charge can count.
    fn new(
        request: &Request<'r>,
        segment: &Opened<'_>,
        keys: &BTreeSet<&GroupKey>,
        table: &mut Table,
    ) -> Result<Option<Scan<'r>>> {
        let Request { period, clauses, currency, .. } = *request;
        let selection = Selection::new(segment, keys, &Wanted { period, clauses, currency, hour: None })?;
        if selection.is_empty() {
            return Ok(None);
        }
        let mut grouping = Grouping::new(request, segment, &selection, table)?;
        if let Some(flags) = &selection.terms {
            grouping.admit_terms(flags);
        }
        if let Some(long) = request.long {
            let is_long = |times: &TermsRow| spans_days(times.duration);
            let flags: Vec<bool> = segment.terms_times()?.iter().map(|times| is_long(times) == long).collect();
            grouping.admit_terms(&flags);
        }
        let (metric, granularity) = (request.metric, request.granularity);
        Ok(Some(Scan { windows: selection.windows, metric, granularity, grouping, start: None }))
    }

    /// Takes a chunk: its runs of charges of one window each, and what it has of them.
    fn take(&mut self, runs: &[(u32, u32)], (profiles, terms, costs): (&[u32], &[u32], &Numbers), adding: &mut Adding) {
        let mut at = 0;
        for (window, rows) in runs {
            let range = at..at + *rows as usize;
            at = range.end;
            let Some(day) = self.windows[*window as usize] else { continue };
            let piece = self.piece(day);
            if let Some(start) = self.start.filter(|start| *start != piece) {
                self.grouping.flush(&mut adding.slots, start, &mut adding.table);
            }
            self.start = Some(piece);
            self.add(&mut adding.slots, &profiles[range.clone()], &terms[range.clone()], costs, range.start);
        }
    }

    /// Ends with the segment.
    fn end(&mut self, adding: &mut Adding) {
        if let Some(start) = self.start.take() {
            self.grouping.flush(&mut adding.slots, start, &mut adding.table);
        }
    }

    /// The start of the piece of time that a day's charges lie in; hours are added by terms.
    fn piece(&self, day: Day) -> i64 {
        self.granularity.map_or(0, |g| g.floor(day.seconds()))
    }

    /// Adds charges; the first of them is the chunk's at `first`.
    fn add(&self, slots: &mut Slots, profiles: &[u32], terms: &[u32], costs: &Numbers, first: usize) {
        let (profile_groups, terms_groups, shift) = self.grouping.numbers();
        for (row, (profile, term)) in profiles.iter().zip(terms).enumerate() {
            let (own, group) = (profile_groups[*profile as usize], terms_groups[*term as usize]);
            if own != NO_GROUP && group != NO_GROUP {
                slots.add(((own as usize) << shift) + group as usize, costs.units(first + row));
            }
        }
    }
}
