//! What will come: a daily series continued, with intervals, by the model that did best on it.
//!
//! Models that are unlike each other (`models`) compete on the series itself: each continues it
//! from past days ("rolling origin"), and what then came says which was best ([`contest()`]). The seasonal
//! naive model, each day as a week before, wins unless it is beaten; error and coverage are told
//! as measured. Intervals are made of what the winner erred (`interval`), for days and, apart from those, for
//! sums of days such as a month's end. Large charges of certain days are no part of this: they are taken out
//! first, and put back with errors of their own (`dues`).
//!
//! The middles of days add up to the middle of their sum, whatever the days. The middle of a day that costs nothing
//! mostly and much now and then would be nothing, and so would be the sum: where days go further up than down, those
//! models compete whose days are means, by what sums of days were off. Else days are moved by what sums were off on
//! the whole, as far as that is more than chance.
//!
//! * [`contest()`] looks for the winner: once a day is enough;
//! * [`refresh`] continues a series, that may have grown, by a winner that is known.
//!
//! A series is one currency's units a day of what goes on by itself. Purchases, taxes, credits and
//! days that are not settled are the caller's: it leaves them out of the series and puts what is
//! known of them back onto the sums.
//!
//! Error is WAPE, `sum |came - foretold| / sum |came|`, which days of no cost do not blow up
//! (Kolassa and Schütz 2007). Statistics, so `f64`; money stays exact outside. Pure: the same series gives
//! the same forecast, on any day. Knows no store, no lens and no screen.

mod contest;
mod dues;
mod fresh;
mod interval;
mod models;
mod prepare;
mod robust;
mod rule;
mod shape;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_dues;
#[cfg(test)]
mod tests_of_shifts;
#[cfg(test)]
mod tests_of_sums;

use std::sync::Arc;

pub use interval::Band;
pub use models::{Level, Model};

use crate::domain::calendar::{Day, Period};
use contest::Outcome;
use dues::Ahead;
use fresh::Fresh;
use interval::Errors;
use models::Fit;
use prepare::{Ready, plus, ready};

/// Days of the sums that say by how much each day is to be moved: of longer ones too few are known.
const SHIFT_DAYS: usize = 28;

/// A daily series.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// The day of the first value.
    pub first: Day,
    /// One currency's units a day; none where there is no data for the day, or it is not settled.
    pub values: Vec<Option<f64>>,
}

/// What is odd about a series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing.
    Good,
    /// Many days are missing.
    Gappy {
        /// So many.
        missing: usize,
        /// Of so many.
        of: usize,
    },
    /// Known for too few days.
    Short {
        /// So many.
        days: usize,
    },
    /// Began so few days ago.
    New {
        /// So many.
        days: usize,
    },
    /// Nothing but zeros.
    Zero,
    /// Every day the same.
    Constant,
    /// No cost any more.
    Ended {
        /// The first day without.
        since: Day,
    },
    /// No day is known.
    Empty,
}

impl State {
    /// What a person is told, nothing where nothing is odd.
    #[must_use]
    pub fn words(self) -> Option<String> {
        Some(match self {
            State::Good => return None,
            State::Gappy { missing, of } => format!("{missing} of {of} days are missing"),
            State::Short { days } => format!("only {} known: too few for a contest of models", counted(days)),
            State::New { days } => format!("began {} ago: too few for a contest of models", counted(days)),
            State::Zero => String::from("no cost on any day"),
            State::Constant => String::from("the same cost every day"),
            State::Ended { since } => format!("no cost since {since}"),
            State::Empty => String::from("no day is known"),
        })
    }
}

/// A number of days in words.
fn counted(days: usize) -> String {
    if days == 1 { String::from("1 day") } else { format!("{days} days") }
}

/// How well a winner did on the days before, each time told only what was known then.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// Error of days; nothing where nothing came.
    pub wape: Option<f64>,
    /// The same for the seasonal naive model.
    pub naive_wape: Option<f64>,
    /// Error of sums of [`Self::sum_days`] days.
    pub sum_wape: Option<f64>,
    /// Days in such a sum.
    pub sum_days: usize,
    /// Share of days that came within the 80 % interval.
    pub coverage80: Option<f64>,
    /// Share of days that came within the 95 % interval.
    pub coverage95: Option<f64>,
    /// Measured over so many of the last days.
    pub over_days: usize,
    /// Whether the winner is better than the seasonal naive model.
    pub beats_naive: bool,
}

/// A model that won a contest, with what it erred.
#[derive(Clone, Debug)]
pub struct Winner {
    /// The model.
    pub model: Model,
    /// How well it did.
    pub measured: Measured,
    /// Whether large charges of certain days were put on top of it.
    pub has_dues: bool,
    errors: Arc<Errors>,
}

impl Winner {
    /// In one line, such as "seasonal naive, ±9 % on the last 3 months".
    #[must_use]
    pub fn words(&self) -> String {
        let mut out = String::from(self.model.name());
        if self.has_dues {
            out += ", large charges apart";
        }
        if let Some(wape) = self.measured.wape {
            let over = self.measured.over_days;
            let over = if over >= 84 { String::from("3 months") } else { counted(over) };
            out += &format!(", ±{} % on the last {over}", percent(wape));
        }
        if !self.measured.beats_naive {
            out += "; no model did better";
        }
        out
    }
}

/// A share in percent, with a digit after the point where it is small.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 0.95 { format!("{percent:.1}") } else { format!("{percent:.0}") }
}

/// What will come.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// The first day foretold: the one after the last that is known.
    pub first: Day,
    /// One for each day, from [`Self::first`] on.
    pub days: Vec<Band>,
    /// What is odd.
    pub state: State,
    /// Who won; nothing where no contest was held, because of [`Self::state`].
    pub winner: Option<Winner>,
    units: Vec<f64>,
    /// By how much days were moved for their sums to be right, in units.
    shift: f64,
    least: f64,
    errors: Arc<Errors>,
    due: Ahead,
    other: Option<Other>,
}

/// Days of a fresh level from which on middles go on at it; one day says less to intervals than two do.
const TAKEN_DAYS: usize = 3;
const HELD_DAYS: usize = 2;

/// What comes where a fresh level does what the middles do not: goes, or where it is too young, stays.
#[derive(Clone, Debug)]
struct Other {
    mids: Vec<f64>,
    units: Vec<f64>,
    since: Day,
    /// How many days the fresh level has lasted.
    lasted: usize,
}

impl Other {
    /// Intervals that hold both: where the fresh level is of one day, the outer one alone.
    fn held(&self, own: Band, other: Band) -> Band {
        let inner = if self.lasted >= HELD_DAYS { other } else { own };
        Band {
            mid: own.mid,
            lo80: own.lo80.min(inner.lo80),
            hi80: own.hi80.max(inner.hi80),
            lo95: own.lo95.min(other.lo95),
            hi95: own.hi95.max(other.hi95),
        }
    }
}

impl Forecast {
    /// In one line: the winner, or why there is none.
    #[must_use]
    pub fn words(&self) -> String {
        let fresh = self.other.as_ref().and_then(|other| match other.lasted {
            TAKEN_DAYS.. => Some(format!("at the level since {}, which may not last", other.since)),
            HELD_DAYS.. => Some(format!("the interval holds the level since {}, should it last", other.since)),
            _ => None,
        });
        let all = self.winner.as_ref().map(Winner::words).into_iter().chain(self.state.words()).chain(fresh);
        all.collect::<Vec<String>>().join("; ")
    }

    /// The sum of the days of a period that are foretold; nothing where none is. Its middle is the sum of the
    /// days' middles: who adds days up finds it. Its bounds are closer than the sums of theirs.
    #[must_use]
    pub fn sum(&self, period: Period) -> Option<Band> {
        let at = |day: Day| usize::try_from(day.0 - self.first.0).unwrap_or(0).min(self.days.len());
        let (from, to) = (at(period.from), at(period.to));
        if from >= to {
            return None;
        }
        let mid = self.days[from..to].iter().map(|day| day.mid).sum();
        let own = self.sum_of((from, to), mid, &self.units);
        let Some(other) = &self.other else { return Some(own) };
        Some(other.held(own, self.sum_of((from, to), other.mids[from..to].iter().sum(), &other.units)))
    }

    /// The sum of a run of days about a middle that holds what is due.
    fn sum_of(&self, (from, to): (usize, usize), mid: f64, units: &[f64]) -> Band {
        let due = self.due.sum(from, to);
        let units = &units[from..to];
        let unit: f64 = units.iter().sum();
        let least = self.least * (to - from) as f64;
        let Some(off) = self.errors.sum(from, units, self.shift) else {
            return Band::exactly(mid - due.mid).with(due, least).about(mid);
        };
        // What is due may lie below zero: with it the sum may not.
        let of_rest = if self.due.is_empty() { least } else { f64::NEG_INFINITY };
        Band::around(mid - due.mid, unit, off, of_rest).with(due, least).about(mid)
    }
}

/// Continues a series by the model that did best on it, `horizon` days beyond its end.
#[must_use]
pub fn contest(series: &Series, horizon: usize) -> Forecast {
    let Some(ready) = ready(series) else { return empty(series) };
    if let Some(plain) = without_contest(series, &ready, horizon) {
        return plain;
    }
    let days = beyond(series, &ready, horizon);
    let Outcome { model, errors, measured } = contest::hold(&ready, days);
    let has_dues = !ready.dues.is_empty();
    by(&ready, &Winner { model, measured, has_dues, errors: Arc::new(errors) }, days)
}

/// Continues a series by a winner of before: much less work than [`contest()`].
#[must_use]
pub fn refresh(series: &Series, winner: &Winner, horizon: usize) -> Forecast {
    let Some(ready) = ready(series) else { return empty(series) };
    match without_contest(series, &ready, horizon) {
        Some(plain) => plain,
        None => by(&ready, winner, beyond(series, &ready, horizon)),
    }
}

/// Days from the last known one to the horizon, which lies so far beyond the end of the series.
fn beyond(series: &Series, ready: &Ready, horizon: usize) -> usize {
    let end = plus(series.first, series.values.len());
    usize::try_from(end.0 - ready.end().0).unwrap_or(0) + horizon
}

/// The forecast of a winner.
fn by(ready: &Ready, winner: &Winner, horizon: usize) -> Forecast {
    let (model, errors) = (winner.model, &winner.errors);
    let fit = Fit::of(contest::days(ready, ready.values.len()), model.is_monthly());
    let least = if ready.negative { f64::NEG_INFINITY } else { 0.0 };
    // Means sum as they should.
    let shift = if model.is_mean() { 0.0 } else { errors.shift(SHIFT_DAYS) };
    let due = ready.dues.clone().ahead(ready.end(), horizon);
    let bands = |path: Vec<f64>| -> (Vec<Band>, Vec<f64>) {
        let path: Vec<f64> = path.iter().map(|mid| mid.max(least)).collect();
        let units = fit.units(model, &path, contest::usual(&ready.values));
        let band = |k: usize| {
            let mid = (path[k] + shift * units[k]).max(least);
            let off = errors.day(k + 1).map(|off| off - shift);
            Band::around(mid, units[k], off, least).with(due.sum(k, k + 1), least)
        };
        ((0..horizon).map(band).collect(), units)
    };
    let own = fit.path(model, horizon);
    let (days, units, other) = match fit.fresh(model, ready) {
        None => {
            let (days, units) = bands(own);
            (days, units, None)
        }
        Some(fresh) => {
            let (path, other) = fresh_paths(&fit, model, &fresh, own);
            let ((mut days, units), (others, of_other)) = (bands(path), bands(other));
            let mids = others.iter().map(|day| day.mid).collect();
            let since = plus(ready.first, fresh.since);
            let other = Other { mids, units: of_other, since, lasted: fresh.days };
            days.iter_mut().zip(others).for_each(|(day, of_other)| *day = other.held(*day, of_other));
            (days, units, Some(other))
        }
    };
    Forecast {
        first: ready.end(),
        days,
        state: ready.state,
        winner: Some(winner.clone()),
        units,
        shift,
        least,
        errors: errors.clone(),
        due,
        other,
    }
}

/// The path that is taken where there is a fresh level, and the other one that may come.
fn fresh_paths(fit: &Fit<'_>, model: Model, fresh: &Fresh, own: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let at = fit.at_level(model, fresh.level, own.len());
    if fresh.days < TAKEN_DAYS {
        return (own, at);
    }
    // A model may be half on its way: what is over is back at the level of before.
    let farther = if fresh.level > fresh.before { f64::min } else { f64::max };
    let before = fit.at_level(model, fresh.before, own.len());
    let other = own.iter().zip(before).map(|(own, before)| farther(*own, before)).collect();
    (at, other)
}

/// A forecast of a series that models cannot compete on.
fn without_contest(series: &Series, ready: &Ready, horizon: usize) -> Option<Forecast> {
    let horizon = beyond(series, ready, horizon);
    let mids = match ready.state {
        State::Good | State::Gappy { .. } => return None,
        State::Zero | State::Ended { .. } | State::Empty => vec![0.0; horizon],
        State::Constant => vec![ready.values.first().copied().unwrap_or(0.0); horizon],
        State::Short { .. } | State::New { .. } => return Some(of_few(ready, horizon)),
    };
    Some(plain(ready.end(), ready.state, mids))
}

/// Of a series with few days: their level, as far off as they were from each other.
fn of_few(ready: &Ready, horizon: usize) -> Forecast {
    let least = if ready.negative { f64::NEG_INFINITY } else { 0.0 };
    let zeros = ready.values.iter().filter(|v| **v == 0.0).count();
    // Of days of which some are nothing the middle may be nothing, and their sum is not.
    let is_rare = zeros * 5 > ready.values.len();
    let level = if is_rare { Model::Mean(42) } else { Model::Shaped(Level::Last(28), false) };
    let mids = Fit::of(contest::days(ready, ready.values.len()), false).path(level, horizon);
    let usual = contest::usual(&ready.values);
    let errors = Arc::new(Errors::of_few(&ready.values, usual));
    let units = vec![usual; horizon];
    let mids: Vec<f64> = mids.iter().map(|mid| mid.max(least)).collect();
    let days = mids.iter().enumerate().map(|(k, mid)| Band::around(*mid, usual, errors.day(k + 1), least)).collect();
    Forecast {
        first: ready.end(),
        days,
        state: ready.state,
        winner: None,
        units,
        shift: 0.0,
        least,
        errors,
        due: Ahead::default(),
        other: None,
    }
}

/// A forecast that is as sure as its state.
fn plain(first: Day, state: State, mids: Vec<f64>) -> Forecast {
    let days: Vec<Band> = mids.into_iter().map(Band::exactly).collect();
    let units = vec![0.0; days.len()];
    Forecast {
        first,
        days,
        state,
        winner: None,
        units,
        shift: 0.0,
        least: f64::NEG_INFINITY,
        errors: Arc::default(),
        due: Ahead::default(),
        other: None,
    }
}

/// Nothing is known: nothing is foretold.
fn empty(series: &Series) -> Forecast {
    plain(plus(series.first, series.values.len()), State::Empty, Vec::new())
}
