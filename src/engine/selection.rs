//! Which of a segment's charges a period and a filter admit.

use std::collections::BTreeSet;

use super::matcher;
use super::opened::Opened;
use crate::domain::batch::TermsRow;
use crate::domain::calendar::{Day, HOUR_SECONDS, Period};
use crate::domain::charge::Terms;
use crate::domain::dimension::Place;
use crate::domain::filter::Clause;
use crate::domain::lens::Lens;
use crate::error::Result;
use crate::store::segment::{GroupKey, Segment};

/// Which charges a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of which days.
    pub period: Period,
    /// Only those that all of these admit.
    pub clauses: &'a [Clause],
    /// Only those in this currency.
    pub currency: Option<&'a str>,
    /// Only those that begin in the hour that this second begins, and are not longer than one.
    pub hour: Option<i64>,
}

impl<'a> Wanted<'a> {
    /// What a lens looks at, over some days.
    #[must_use]
    pub fn of(lens: &'a Lens, period: Period) -> Self {
        Wanted { period, clauses: &lens.filter.clauses, currency: lens.currency.as_deref(), hour: None }
    }
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
    /// Evaluates what is wanted on a segment, of which the groups of `keys` count.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read.
    pub fn new(segment: &Opened<'_>, keys: &BTreeSet<&GroupKey>, wanted: &Wanted<'_>) -> Result<Selection> {
        let period = match wanted.hour.map(Day::of_seconds) {
            Some(day) => wanted.period.intersect(Period { from: day, to: day.plus(1) }),
            None => wanted.period,
        };
        let windows = segment
            .head
            .windows
            .iter()
            .map(|w| (keys.contains(&w.group) && period.contains(w.day)).then_some(w.day))
            .collect();
        let mut selection = Selection { windows, profiles: None, terms: None };
        if selection.is_empty() {
            return Ok(selection);
        }
        if let Some(currency) = wanted.currency {
            let (texts, ids) = &*segment.of_terms(Terms::Currency)?;
            let found: Vec<bool> = ids.iter().map(|id| texts.get(*id) == currency).collect();
            narrow(&mut selection.terms, &found, false);
        }
        if let Some(hour) = wanted.hour {
            let second = hour - Day::of_seconds(hour).seconds();
            let within = |times: &TermsRow| {
                times.duration <= HOUR_SECONDS && (second..second + HOUR_SECONDS).contains(&i64::from(times.start))
            };
            let found: Vec<bool> = segment.terms_times()?.iter().map(within).collect();
            narrow(&mut selection.terms, &found, false);
        }
        // Those about a group as a whole were asked of the groups.
        let of_charges = |clause: &&Clause| !clause.dimension.as_ref().is_some_and(matcher::is_of_groups);
        for clause in wanted.clauses.iter().filter(of_charges) {
            let Some(dimension) = &clause.dimension else {
                narrow(&mut selection.profiles, &free_text(segment, clause)?, clause.negated);
                continue;
            };
            let flags = match dimension.place() {
                Place::Terms(_) => &mut selection.terms,
                Place::Profile(_) | Place::Tag(_) | Place::Evidence(_) => &mut selection.profiles,
            };
            narrow(flags, &segment.found(dimension, clause)?, clause.negated);
        }
        Ok(selection)
    }

    /// Whether no charge can count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nobody = |flags: &Option<Vec<bool>>| flags.as_ref().is_some_and(|flags| !flags.contains(&true));
        self.windows.iter().all(Option::is_none) || nobody(&self.profiles) || nobody(&self.terms)
    }

    /// Whether a charge counts; its window must.
    #[must_use]
    pub fn admits(&self, profile: u32, terms: u32) -> bool {
        self.profiles.as_ref().is_none_or(|p| p[profile as usize])
            && self.terms.as_ref().is_none_or(|t| t[terms as usize])
    }
}

fn narrow(flags: &mut Option<Vec<bool>>, found: &[bool], negated: bool) {
    match flags {
        Some(flags) => flags.iter_mut().zip(found).for_each(|(flag, found)| *flag &= *found != negated),
        None => *flags = Some(found.iter().map(|found| *found != negated).collect()),
    }
}

fn free_text(segment: &Segment<'_>, clause: &Clause) -> Result<Vec<bool>> {
    let mut found = vec![false; segment.head.profiles as usize];
    for column in matcher::FREE_TEXT {
        let (texts, ids) = segment.profile_column(column)?;
        let hits: Vec<bool> = texts.iter().map(|text| matcher::mentions(&clause.patterns, text)).collect();
        found.iter_mut().zip(ids).for_each(|(f, id)| *f |= hits[id as usize]);
    }
    Ok(found)
}
