//! One pass over single charges, for answers that need more of them than totals by group.
//!
//! Goes through the segments on all cores and hands over what period and filter admit, run by run;
//! what is made of it is the sweeper's. Stops between chunks when it is given up.

use super::Cancel;
use super::opened::Opened;
use super::scan::{check, on_segments};
use super::selection::{Selection, Wanted};
use crate::domain::calendar::Day;
use crate::domain::charge::{Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::numbers::Numbers;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::Group;
use crate::store::segment::{GroupKey, Segment};

/// Charges, and what of them.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// Which charges.
    pub wanted: Wanted<'a>,
    /// Which of their amounts.
    pub quantities: &'a [Quantity],
}

/// What becomes of charges: a part a segment, then a whole a thread.
pub trait Sweeper: Sized + Send {
    /// What is gathered of one segment.
    type Part;

    /// Begins with a segment of which some charges may be admitted.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be read.
    fn open(&mut self, segment: &Opened<'_>) -> Result<Self::Part>;

    /// Takes charges of one day.
    fn add(&self, part: &mut Self::Part, run: &Run<'_>);

    /// Ends with the segment.
    fn close(&mut self, part: Self::Part);
}

/// Charges of one day, side by side in a chunk.
pub struct Run<'a> {
    /// The day that they start on.
    pub day: Day,
    /// Whose they are.
    pub key: &'a GroupKey,
    /// For each quantity of the pass, the chunk's values.
    pub numbers: &'a [Numbers],
    profiles: &'a [u32],
    terms: &'a [u32],
    first: usize,
    selection: &'a Selection,
}

impl Run<'_> {
    /// Calls `take` for each charge that is admitted: its place among the numbers, its profile, its
    /// terms row.
    pub fn each(&self, mut take: impl FnMut(usize, u32, u32)) {
        for (row, (profile, terms)) in self.profiles.iter().zip(self.terms).enumerate() {
            if self.selection.admits(*profile, *terms) {
                take(self.first + row, *profile, *terms);
            }
        }
    }
}

/// Sweeps over all charges of some groups that the pass admits: a sweeper a thread.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn sweep<S: Sweeper>(
    store: &Store,
    groups: &[&Group],
    pass: &Pass<'_>,
    cancel: &Cancel,
    begin: impl Fn() -> S + Sync,
) -> Result<Vec<S>> {
    on_segments(store, (groups, pass.wanted.clauses), cancel, begin, |sweeper, segment, keys| {
        let opened = Opened::new(segment);
        let selection = Selection::new(&opened, keys, &pass.wanted)?;
        if selection.is_empty() {
            return Ok(());
        }
        let mut part = sweeper.open(&opened)?;
        drop(opened);
        for chunk in 0..segment.head.chunks.len() as u32 {
            check(cancel)?;
            take_chunk(sweeper, &mut part, segment, chunk, &selection, pass.quantities)?;
        }
        sweeper.close(part);
        Ok(())
    })
}

fn take_chunk<S: Sweeper>(
    sweeper: &S,
    part: &mut S::Part,
    segment: &Segment<'_>,
    chunk: u32,
    selection: &Selection,
    quantities: &[Quantity],
) -> Result<()> {
    let runs = &segment.head.chunks[chunk as usize];
    if !runs.iter().any(|(w, _)| selection.windows[*w as usize].is_some()) {
        return Ok(());
    }
    let (profiles, terms) = (segment.chunk_profiles(chunk)?, segment.chunk_terms(chunk)?);
    if !profiles.iter().zip(&terms).any(|(profile, terms)| selection.admits(*profile, *terms)) {
        return Ok(());
    }
    let numbers: Vec<Numbers> = quantities.iter().map(|q| segment.chunk_numbers(chunk, *q)).collect::<Result<_>>()?;
    let mut at = 0;
    for (window, rows) in runs {
        let range = at..at + *rows as usize;
        at = range.end;
        if let Some(day) = selection.windows[*window as usize] {
            let (profiles, terms) = (&profiles[range.clone()], &terms[range.clone()]);
            let key = &segment.head.windows[*window as usize].group;
            sweeper.add(part, &Run { day, key, numbers: &numbers, profiles, terms, first: range.start, selection });
        }
    }
    Ok(())
}

/// Each terms row's currency, a number in `known`.
///
/// # Errors
/// Kind `Store` where data cannot be read.
pub fn currencies(segment: &Opened<'_>, known: &mut Dict) -> Result<Vec<u32>> {
    let (texts, ids) = &*segment.of_terms(Terms::Currency)?;
    let numbers: Vec<u32> = texts.iter().map(|text| known.intern(text)).collect();
    Ok(ids.iter().map(|id| numbers[*id as usize]).collect())
}
