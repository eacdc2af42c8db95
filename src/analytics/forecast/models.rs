//! The models that compete: each continues a series from its days alone.
//!
//! Two copy days; the others continue the level of [`super::shape::Shape`] and put the week and the
//! days of the month back:
//!
//! * *level*: the trimmed mean of the last days, within what came after the last jump;
//! * *smoothing*, ETS(.,N,.): `l = l + a (x - l)`; *damped*, ETS(.,Ad,.): `l = (l + p b) + a e`,
//!   `b = p b + a c e` with `p` = 0.98 (Gardner and McKenzie 1985); `a` and `c` are those whose
//!   forecasts came nearest to the mean of the next seven days, in absolute error;
//! * *theta*: smoothing with half the slope as drift (Assimakopoulos and Nikolopoulos 2000, in the
//!   form of Hyndman and Billah 2003);
//! * *line*: Theil and Sen's slope from the days since the jump, damped;
//! * *MSTL*: seasons by repeated loess (Bandara, Hyndman and Bergmeir 2021; crate `stlrs`), what is
//!   left by smoothing;
//! * *median*: of several of these, day by day: errors of unlike models cancel;
//! * *mean*: of many days, for those that go further up than down; it competes by sums of days.
//!
//! `augurs` was measured and left: its ETS knows no season, and its MSTL is `stlrs` in half the
//! digits.

use stlrs::Mstl;

use super::fresh::{self, Fresh};
use super::interval::units;
use super::prepare::Ready;
use super::robust::{median, slope, trimmed};
use super::shape::{Days, Shape};

/// How fast a trend fades: what a day's step is of the day before's.
const FADING: f64 = 0.98;

/// How a level goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// The mean of the last days, so many.
    Last(u16),
    /// Exponential smoothing.
    Smoothing,
    /// Smoothing with a trend that fades.
    Damped,
    /// Smoothing with half the slope.
    Theta,
    /// A firm line that fades.
    Line,
}

/// A model of the contest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Model {
    /// Each day as a week before: what the others have to beat.
    Naive,
    /// Each day as the median of the last four of its weekday.
    Weeks,
    /// A level with its week, and with days of the month if so said.
    Shaped(Level, bool),
    /// Multiple seasonal-trend decomposition.
    Mstl,
    /// The median of level, smoothing, damped, theta and line; with days of the month if so said.
    Median(bool),
    /// Each day as the mean of the last ones, so many: for days that go further up than down.
    Mean(u16),
    /// Each day as the mean of its weekday in the last 26 weeks.
    MeanWeeks,
}

impl Model {
    /// All, the one to beat first.
    pub(super) const ALL: [Model; 19] = {
        use Level::{Damped, Last, Line, Smoothing, Theta};
        use Model::{Median, Mstl, Naive, Shaped, Weeks};
        [
            Naive,
            Weeks,
            Shaped(Last(7), false),
            Shaped(Last(28), false),
            Shaped(Last(180), false),
            Shaped(Smoothing, false),
            Shaped(Damped, false),
            Shaped(Theta, false),
            Shaped(Line, false),
            Mstl,
            Median(false),
            Shaped(Last(7), true),
            Shaped(Last(28), true),
            Shaped(Last(180), true),
            Shaped(Smoothing, true),
            Shaped(Damped, true),
            Shaped(Theta, true),
            Shaped(Line, true),
            Median(true),
        ]
    };

    /// Those whose days are means, not middles: their sums are right where days go further up than down.
    pub(super) const MEANS: [Model; 5] =
        [Model::Mean(400), Model::Mean(182), Model::Mean(91), Model::Mean(42), Model::MeanWeeks];

    /// Whether it is one of [`Self::MEANS`].
    pub(super) fn is_mean(self) -> bool {
        matches!(self, Model::Mean(_) | Model::MeanWeeks)
    }

    /// Whether it has days of the month.
    pub(super) fn is_monthly(self) -> bool {
        matches!(self, Model::Shaped(_, true) | Model::Median(true))
    }

    /// Its name, in plain words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Model::Naive => "seasonal naive",
            Model::Weeks => "median of four weeks",
            Model::Shaped(Level::Last(_), false) => "level with its week",
            Model::Shaped(Level::Last(_), true) => "level with its week and month",
            Model::Shaped(Level::Smoothing, false) => "ETS with its week",
            Model::Shaped(Level::Smoothing, true) => "ETS with its week and month",
            Model::Shaped(Level::Damped, false) => "ETS with a trend and its week",
            Model::Shaped(Level::Damped, true) => "ETS with a trend, its week and month",
            Model::Shaped(Level::Theta, false) => "theta with its week",
            Model::Shaped(Level::Theta, true) => "theta with its week and month",
            Model::Shaped(Level::Line, false) => "line with its week",
            Model::Shaped(Level::Line, true) => "line with its week and month",
            Model::Mstl => "MSTL",
            Model::Median(false) => "median of models with their week",
            Model::Median(true) => "median of models with their week and month",
            Model::Mean(42) => "mean of six weeks",
            Model::Mean(91) => "mean of three months",
            Model::Mean(182) => "mean of six months",
            Model::Mean(_) => "mean of a year",
            Model::MeanWeeks => "mean of each weekday in six months",
        }
    }
}

/// The levels that a median is of.
const MEDIAN_OF: [Level; 5] = [Level::Last(28), Level::Smoothing, Level::Damped, Level::Theta, Level::Line];

/// What all models share of a series, so that it is taken apart once.
pub(super) struct Fit<'a> {
    days: Days<'a>,
    plain: Shape,
    monthly: Option<Shape>,
}

impl<'a> Fit<'a> {
    /// Takes a series apart; with days of the month where asked for and where they stand out.
    pub fn of(days: Days<'a>, with_month: bool) -> Fit<'a> {
        let monthly = with_month.then(|| Shape::of(days, true)).filter(Shape::is_monthly);
        Fit { days, plain: Shape::of(days, false), monthly }
    }

    /// Whether it works on logarithms: errors then go with the size of a day.
    fn is_log(&self) -> bool {
        self.plain.log
    }

    /// Whether days of the month stand out.
    pub fn is_monthly(&self) -> bool {
        self.monthly.is_some()
    }

    /// The next days by a model.
    pub fn path(&self, model: Model, horizon: usize) -> Vec<f64> {
        let shape = self.shape(model);
        match model {
            Model::Naive => by_weeks(self.days.values, 1, horizon),
            Model::Weeks => by_weeks(self.days.values, 4, horizon),
            Model::Shaped(level, _) => self.put_back(shape, &levels(shape, level, horizon)),
            Model::Mean(days) => vec![mean_of(self.days.values.iter().rev().take(usize::from(days))); horizon],
            Model::MeanWeeks => mean_weeks(self.days.values, horizon),
            Model::Mstl => self.mstl(horizon).unwrap_or_else(|| by_weeks(self.days.values, 1, horizon)),
            Model::Median(_) => {
                let each = MEDIAN_OF.map(|level| levels(shape, level, horizon));
                let middle = |k: usize| median(&each.each_ref().map(|path| path[k]));
                self.put_back(shape, &(0..horizon).map(middle).collect::<Vec<f64>>())
            }
        }
    }

    /// The level of the last days where it is too new for models to follow.
    pub fn fresh(&self, model: Model, ready: &Ready) -> Option<Fresh> {
        // Days that are means hold both: those that cost much and those that cost little.
        if model.is_mean() { None } else { fresh::of(self.shape(model), &self.plain, ready) }
    }

    /// The next days at a level.
    pub fn at_level(&self, model: Model, level: f64, horizon: usize) -> Vec<f64> {
        self.put_back(self.shape(model), &vec![level; horizon])
    }

    /// The sizes of a path's days, of which errors go with the size: without days of the month.
    fn sizes(&self, model: Model, path: &[f64]) -> Vec<f64> {
        let (shape, n) = (self.shape(model), self.days.values.len());
        path.iter().enumerate().map(|(k, value)| shape.size(*value, self.days.day(n + k))).collect()
    }

    /// The units that errors of a path's days are told in.
    pub fn units(&self, model: Model, path: &[f64], usual: f64) -> Vec<f64> {
        units(&self.sizes(model, path), usual, self.is_log() || model.is_mean())
    }

    fn shape(&self, model: Model) -> &Shape {
        if model.is_monthly() { self.monthly.as_ref().unwrap_or(&self.plain) } else { &self.plain }
    }

    fn put_back(&self, shape: &Shape, levels: &[f64]) -> Vec<f64> {
        let n = self.days.values.len();
        levels.iter().enumerate().map(|(k, level)| shape.value(*level, self.days.day(n + k))).collect()
    }

    /// Seasons by MSTL, what is left by smoothing; nothing for a series too short for two seasons.
    fn mstl(&self, horizon: usize) -> Option<Vec<f64>> {
        let log = self.plain.log;
        let values: Vec<f64> = self.days.values.iter().map(|v| if log { v.ln() } else { *v }).collect();
        if values.len() < 21 {
            return None;
        }
        let parts = Mstl::fit(&values, &[7]).ok()?;
        let season = parts.seasonal().first()?;
        let rest: Vec<f64> = parts.trend().iter().zip(parts.remainder()).map(|(t, r)| t + r).collect();
        let level = smoothing(&rest).level;
        let value = |k: usize| level + season[season.len() - 7 + k % 7];
        Some((0..horizon).map(|k| if log { value(k).min(700.0).exp() } else { value(k) }).collect())
    }
}

/// Each day as the median of the same weekday in the last weeks.
pub(super) fn by_weeks(values: &[f64], weeks: usize, horizon: usize) -> Vec<f64> {
    let n = values.len();
    let week: Vec<f64> = (0..7)
        .map(|k| {
            let of_it = (1..=weeks).filter_map(|w| values.get((n + k).checked_sub(7 * w)?).copied());
            let each: Vec<f64> = of_it.collect();
            if each.is_empty() { values.last().copied().unwrap_or(0.0) } else { median(&each) }
        })
        .collect();
    (0..horizon).map(|k| week[k % 7]).collect()
}

/// The mean, zero of none.
fn mean_of<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Each day as the mean of its weekday in the last 26 weeks.
fn mean_weeks(values: &[f64], horizon: usize) -> Vec<f64> {
    let week: Vec<f64> = (0..7.min(values.len()))
        .map(|k| mean_of((1..=26).filter_map(|w| values.get((values.len() + k).checked_sub(7 * w)?))))
        .collect();
    (0..horizon).map(|k| week.get(k % 7).copied().unwrap_or(0.0)).collect()
}

/// The levels of the next days.
fn levels(shape: &Shape, level: Level, horizon: usize) -> Vec<f64> {
    let calm = &shape.calm;
    let n = calm.len();
    let since = &calm[shape.jump.min(n.saturating_sub(7))..];
    match level {
        Level::Last(days) => {
            let from = since.len().saturating_sub(usize::from(days));
            vec![trimmed(&since[from..]); horizon]
        }
        Level::Smoothing => vec![smoothing(calm).level; horizon],
        Level::Damped => fading(&damped(calm), horizon),
        Level::Theta => {
            let state = smoothing(calm);
            let drift = if since.len() >= 21 { slope(since, 7) / 2.0 } else { 0.0 };
            fading(&State { level: state.level, trend: drift }, horizon)
        }
        Level::Line => {
            let recent = &since[since.len().saturating_sub(84)..];
            if recent.len() < 21 {
                return vec![trimmed(recent); horizon];
            }
            let trend = slope(recent, recent.len() / 3);
            let tail = &recent[recent.len().saturating_sub(28)..];
            let level: Vec<f64> = tail.iter().rev().enumerate().map(|(ago, v)| v + trend * ago as f64).collect();
            fading(&State { level: trimmed(&level), trend }, horizon)
        }
    }
}

/// A level and its step a day.
#[derive(Clone, Copy)]
struct State {
    level: f64,
    trend: f64,
}

/// A level whose steps fade.
fn fading(state: &State, horizon: usize) -> Vec<f64> {
    let (mut level, mut step) = (state.level, state.trend);
    (0..horizon)
        .map(|_| {
            step *= FADING;
            level += step;
            level
        })
        .collect()
}

/// Smoothing with the best of some shares.
fn smoothing(values: &[f64]) -> State {
    best(values, &[0.03, 0.06, 0.1, 0.16, 0.25, 0.4, 0.6, 0.85], &[0.0])
}

/// Smoothing with a fading trend.
fn damped(values: &[f64]) -> State {
    best(values, &[0.05, 0.1, 0.2, 0.35, 0.6], &[0.02, 0.06, 0.15])
}

/// The state at the end, by the shares whose forecasts came nearest to the mean of the next week.
fn best(values: &[f64], shares: &[f64], trend_shares: &[f64]) -> State {
    let n = values.len();
    let start = State { level: median(&values[..n.min(7)]), trend: 0.0 };
    // Means of the seven days from each.
    let ahead: Vec<f64> = values.windows(7).map(|w| w.iter().sum::<f64>() / 7.0).collect();
    let mut least = (f64::INFINITY, start);
    for share in shares {
        for trend_share in trend_shares {
            let (mut state, mut error) = (start, 0.0);
            for (at, value) in values.iter().enumerate() {
                let expected = state.level + FADING * state.trend;
                let off = value - expected;
                state.level = expected + share * off;
                state.trend = FADING * state.trend + share * trend_share * off;
                if at >= 14
                    && let Some(next) = ahead.get(at + 1)
                {
                    error += (next - state.level - 4.0 * state.trend).abs();
                }
            }
            if error < least.0 {
                least = (error, state);
            }
        }
    }
    least.1
}
