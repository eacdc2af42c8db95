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
    let segments = segments(groups, clauses);
    let next = AtomicUsize::new(0);
    let at_once = threads::all(0).min(segments.len());
    let run = |_| -> Result<T> {
        let mut state = begin();
        while let Some((number, keys)) = segments.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(cancel)?;
            work(&mut state, &Segment::open(store.kv(), *number)?, keys)?;
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
    let parts = on_segments(
        store,
        (groups, request.clauses),
        cancel,
        || (Table::new(request.by.len()), Slots::default()),
        |(table, slots), segment, keys| Scan::new(request, segment, keys, table)?.run(table, slots, cancel),
    )?;
    let mut table = Table::new(request.by.len());
    parts.into_iter().for_each(|(part, _)| table.merge(part));
    Ok(table)
}

/// One segment's charges on their way into a table.
struct Scan<'s, 'r> {
    segment: &'s Segment<'s>,
    selection: Selection,
    metric: Metric,
    granularity: Option<Granularity>,
    grouping: Grouping<'r>,
}

impl<'s, 'r> Scan<'s, 'r> {
    fn new(
        request: &Request<'r>,
        segment: &'s Segment<'s>,
        keys: &BTreeSet<&GroupKey>,
        table: &mut Table,
    ) -> Result<Scan<'s, 'r>> {
        let Request { period, clauses, currency, .. } = *request;
        let selection = Selection::new(segment, keys, &Wanted { period, clauses, currency, hour: None })?;
        let mut grouping = Grouping::default();
        if !selection.is_empty() {
            grouping = Grouping::new(request, segment, table)?;
            if let Some(flags) = &selection.terms {
                grouping.admit_terms(flags);
            }
            if let Some(long) = request.long {
                let is_long = |times: &TermsRow| spans_days(times.duration);
                let flags: Vec<bool> = segment.terms_times()?.iter().map(|times| is_long(times) == long).collect();
                grouping.admit_terms(&flags);
            }
        }
        Ok(Scan { segment, selection, metric: request.metric, granularity: request.granularity, grouping })
    }

    fn run(mut self, table: &mut Table, slots: &mut Slots, cancel: &Cancel) -> Result<()> {
        if self.selection.is_empty() {
            return Ok(());
        }
        slots.make_room(self.grouping.places());
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
                if let Some(start) = start.filter(|start| *start != piece) {
                    self.grouping.flush(slots, start, table);
                }
                start = Some(piece);
                self.add(slots, &profiles[range.clone()], &terms[range.clone()], &costs, range.start);
            }
        }
        if let Some(start) = start {
            self.grouping.flush(slots, start, table);
        }
        Ok(())
    }

    /// The start of the piece of time that a day's charges lie in; hours are added by terms.
    fn piece(&self, day: Day) -> i64 {
        self.granularity.map_or(0, |g| g.floor(day.seconds()))
    }

    /// Adds charges; the first of them is the chunk's at `first`.
    fn add(&self, slots: &mut Slots, profiles: &[u32], terms: &[u32], costs: &Numbers, first: usize) {
        let admitted = self.selection.profiles.as_deref();
        let (profile_groups, terms_groups, shift) = self.grouping.numbers();
        for (row, (profile, term)) in profiles.iter().zip(terms).enumerate() {
            let group = terms_groups[*term as usize];
            if group == NO_GROUP || admitted.is_some_and(|flags| !flags[*profile as usize]) {
                continue;
            }
            let place = ((profile_groups[*profile as usize] as usize) << shift) + group as usize;
            slots.add(place, costs.units(first + row));
        }
    }
}
