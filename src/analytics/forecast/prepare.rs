//! Makes a series fit to be continued, and says what is odd about it.
//!
//! Days before the first cost and days after the last known one are cut off; missing days in between
//! are filled from the same weekday of the weeks around (the contest never measures on them). Knows no model.

use super::dues::{self, Dues, Parted};
use super::robust::median;
use super::{Series, State};
use crate::domain::calendar::Day;

/// Days that are looked at: a year and a month. What is older says little about the next weeks.
const DAYS_MAX: usize = 400;
/// What is more, or no number, is no cost of a day in any currency: it is taken as missing.
const VALUE_MAX: f64 = 1e18;
/// Known days from which on models compete.
const CONTEST_MIN: usize = 42;
/// Days without cost after which a series may have ended.
const ENDED_MIN: usize = 7;

/// A series without gaps.
pub(super) struct Ready {
    /// The day of the first value.
    pub first: Day,
    /// A value for each day, without what is due.
    pub values: Vec<f64>,
    /// Which of them the series knew: of those on which something was due only the whole is.
    pub known: Vec<bool>,
    /// A value for each day with what is due.
    pub whole: Vec<f64>,
    /// Which of these the series knew.
    pub known_whole: Vec<bool>,
    /// Large charges of certain days, apart from the rest.
    pub dues: Dues,
    /// Whether a value below zero was among them.
    pub negative: bool,
    /// What is odd.
    pub state: State,
}

impl Ready {
    /// The day after the last value.
    pub fn end(&self) -> Day {
        plus(self.first, self.values.len())
    }
}

/// A day so many days on.
pub(super) fn plus(day: Day, days: usize) -> Day {
    day.plus(i32::try_from(days).unwrap_or(i32::MAX))
}

/// Prepares a series; nothing where no day is known.
pub(super) fn ready(series: &Series) -> Option<Ready> {
    let sound = |v: &Option<f64>| v.filter(|v| v.abs() <= VALUE_MAX);
    let mut values: Vec<Option<f64>> = series.values.iter().map(sound).collect();
    let last = values.iter().rposition(Option::is_some)?;
    values.truncate(last + 1);
    let all = values.len();
    let begin = values.iter().position(|v| v.is_some_and(|v| v != 0.0)).unwrap_or(0);
    let late = values[..begin].iter().filter(|v| v.is_some()).count();
    let from = begin.max(all.saturating_sub(DAYS_MAX));
    let values = values.split_off(from);
    let known_whole: Vec<bool> = values.iter().map(Option::is_some).collect();
    let negative = values.iter().flatten().any(|v| *v < 0.0);
    let first = plus(series.first, from);
    let state = state_of(&values, first, late > 0);
    let whole = filled(&values);
    let may_part = matches!(state, State::Good | State::Gappy { .. });
    let parted = may_part.then(|| dues::part(first, &whole, &known_whole)).flatten();
    let (values, known, dues) = match parted {
        Some(Parted { rest, known, dues }) => (rest, known, dues),
        None => (whole.clone(), known_whole.clone(), Dues::default()),
    };
    Some(Ready { first, values, known, whole, known_whole, dues, negative, state })
}

/// What is odd about a series that begins with its first cost.
fn state_of(values: &[Option<f64>], first: Day, began_late: bool) -> State {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let days = known.len();
    if known.iter().all(|v| *v == 0.0) {
        return State::Zero;
    }
    if let Some(at) = end_of(values) {
        return State::Ended { since: plus(first, at) };
    }
    if days >= ENDED_MIN && known.iter().all(|v| *v == known[0]) {
        return State::Constant;
    }
    if days < CONTEST_MIN {
        return if began_late { State::New { days } } else { State::Short { days } };
    }
    let missing = values.len() - days;
    if missing * 5 > values.len() { State::Gappy { missing, of: values.len() } } else { State::Good }
}

/// Where cost ended: a run of zeros to the end, twice as long as any run before it.
fn end_of(values: &[Option<f64>]) -> Option<usize> {
    let (mut run, mut longest, mut since) = (0usize, 0usize, 0usize);
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(v) if *v != 0.0 => {
                longest = longest.max(run);
                run = 0;
                since = at + 1;
            }
            Some(_) => run += 1,
            None => {}
        }
    }
    (run >= ENDED_MIN && run > 2 * longest).then_some(since)
}

/// Fills missing days from known ones of the same weekday, up to three weeks away; else from the
/// nearest before.
pub(super) fn filled(values: &[Option<f64>]) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let filled = value.unwrap_or_else(|| {
            let like = |w: usize| [at.checked_sub(7 * w), Some(at + 7 * w)];
            let near =
                (1..=3).map(|w| like(w).into_iter().flatten().filter_map(|at| *values.get(at)?).collect::<Vec<f64>>());
            let near = near.into_iter().find(|found| !found.is_empty());
            near.map_or_else(|| out.last().copied().unwrap_or(0.0), |found| median(&found))
        });
        out.push(filled);
    }
    out
}
