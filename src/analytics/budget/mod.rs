//! What became of a budget's periods: their limits, their pace, and whether they will hold.
//!
//! Pure functions over what days cost and what is foretold of those to come. Limits and spend are exact; a
//! forecast is a statistic, and only a state that says "will" or "may" rests on one. Knows no store, no model
//! of a forecast and no screen.
//!
//! * [`limits()`]: the limit of each period, with growth and with what goes over from the one before;
//! * [`standing`]: how one period stands;
//! * [`whatif`]: how it would stand if something else came.

mod limits;
#[cfg(test)]
mod tests;
pub mod whatif;

use serde::{Deserialize, Serialize};

pub use self::limits::{Came, Limit, PERIODS_MAX, base, limits, spans};
use crate::analytics::forecast::Band;
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::domain::percent::Percent;

/// What is known of a period.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Burn {
    /// What each day cost from the period's first on, as far as days are not yet to come; none where nothing
    /// is known of a day.
    pub days: Vec<Option<Amount>>,
    /// How many of the period's days have come: of a day that some lack, the share that is usual of the others.
    pub come: f64,
    /// Whether no day of the period lacks charges and none is restated any more.
    pub is_final: bool,
}

impl Burn {
    /// What was spent; none where nothing is known.
    #[must_use]
    pub fn spent(&self) -> Option<Amount> {
        let mut known = self.days.iter().flatten().peekable();
        known.peek()?;
        Some(known.copied().sum())
    }

    /// What was spent up to and with each day.
    pub fn sums(&self) -> impl Iterator<Item = Amount> {
        self.days.iter().scan(Amount::ZERO, |sum, day| {
            *sum += day.unwrap_or_default();
            Some(*sum)
        })
    }

    /// The day from which on the sum is above a limit, or has reached it: credits may take it back below, then
    /// it is the last such day that counts.
    fn since(&self, first: Day, over: impl Fn(Amount) -> bool) -> Option<Day> {
        let sums: Vec<Amount> = self.sums().collect();
        let below = sums.iter().rposition(|sum| !over(*sum)).map_or(0, |at| at + 1);
        (below < sums.len()).then(|| first.plus(below as i32))
    }
}

/// What is foretold of a period: for each day to come, and those that have not come whole, what the period
/// will have cost with it.
pub type Path = [(Day, Band)];

/// How a period stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// More was spent than the limit.
    Exceeded {
        /// Since this day.
        on: Day,
    },
    /// The forecast crosses the limit.
    WillExceed {
        /// On this day.
        on: Day,
    },
    /// The limit lies within the forecast's 80 % interval; without a forecast, spend is ahead of the calendar.
    AtRisk,
    /// Nothing speaks against it.
    OnTrack,
    /// The period is over, and cost no more than its limit.
    Kept,
    /// The first period is yet to come, and nothing that is foretold of it speaks against it.
    NotBegun,
    /// Nothing is known of what was spent.
    Unknown,
}

impl State {
    /// Its word in programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Exceeded { .. } => "exceeded",
            State::WillExceed { .. } => "will_exceed",
            State::AtRisk => "at_risk",
            State::OnTrack => "on_track",
            State::Kept => "kept",
            State::NotBegun => "not_begun",
            State::Unknown => "unknown",
        }
    }

    /// Whether the forecast crosses the limit on a day that lies behind: it is likely over, and its charges are late.
    #[must_use]
    pub fn is_likely_over(self, as_of: Day) -> bool {
        matches!(self, State::WillExceed { on } if on < as_of)
    }

    /// In words for people, of a period that ends before `to`, as of a day: of days that lie behind, what is only
    /// foretold is likely.
    #[must_use]
    pub fn words(self, to: Day, as_of: Day) -> String {
        match self {
            State::WillExceed { on } if self.is_likely_over(as_of) => format!("likely exceeded on {on}"),
            State::OnTrack if as_of >= to => "likely kept".to_owned(),
            State::Exceeded { on } => format!("exceeded on {on}"),
            State::WillExceed { on } => format!("will exceed on {on}"),
            State::AtRisk => "at risk".to_owned(),
            State::OnTrack => "on track".to_owned(),
            State::Kept => "kept".to_owned(),
            State::NotBegun => "not begun".to_owned(),
            State::Unknown => "no data".to_owned(),
        }
    }

    /// The day that it is about.
    #[must_use]
    pub fn on(self) -> Option<Day> {
        match self {
            State::Exceeded { on } | State::WillExceed { on } => Some(on),
            _ => None,
        }
    }

    /// How much it wants to be looked at: 0 most.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            State::Exceeded { .. } => 0,
            State::WillExceed { .. } => 1,
            State::AtRisk => 2,
            State::Unknown => 3,
            State::OnTrack => 4,
            State::Kept => 5,
            State::NotBegun => 6,
        }
    }
}

/// Spend held against the calendar.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pace {
    /// Which share of the limit was spent; none where there is no limit above zero.
    pub spent: Option<f64>,
    /// Which share of the period's days lies behind, as far as charges have come: each provider's days count by its
    /// share of what is usually spent, so that one who is late, however small, does not hold up the others.
    pub days: f64,
}

/// Whose share of the limit a threshold is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// What was spent.
    Actual,
    /// What is foretold for the period's end.
    Forecast,
}

/// A threshold, and whether it is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Crossing {
    /// What is held against it.
    pub of: Of,
    /// The share of the limit.
    pub percent: Percent,
    /// The same as an amount.
    pub amount: Amount,
    /// The day on which it was reached, or is foretold to be; none where it is not.
    pub on: Option<Day>,
}

/// How a period of a budget stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// What was spent; none where nothing is known.
    pub spent: Option<Amount>,
    /// Held against the calendar, while the period runs and something is known.
    pub pace: Option<Pace>,
    /// How it stands.
    pub state: State,
    /// Its thresholds, those of what was spent first.
    pub thresholds: Vec<Crossing>,
}

/// How a period stands as of a day.
#[must_use]
pub fn standing(budget: &Budget, (period, limit): (Period, Amount), burn: &Burn, path: &Path, as_of: Day) -> Standing {
    let spent = burn.spent();
    let is_over = as_of >= period.to;
    let state = match spent {
        _ if as_of < period.from => not_begun(limit, path),
        None if path.is_empty() => State::Unknown,
        _ => state(period, limit, burn, path, is_over),
    };
    let pace = spent.filter(|_| !is_over && as_of >= period.from).map(|spent| pace(period, limit, burn, spent));
    Standing { spent, pace, state, thresholds: thresholds(budget, (period, limit), burn, path) }
}

/// Of a period to come what is foretold of it, where that speaks against it.
fn not_begun(limit: Amount, path: &Path) -> State {
    match ahead(limit, path) {
        Some(State::OnTrack) | None => State::NotBegun,
        Some(state) => state,
    }
}

/// What a forecast says of a limit; nothing where there is none.
fn ahead(limit: Amount, path: &Path) -> Option<State> {
    let top = limit.to_f64();
    if let Some(on) = crosses(path, |mid| mid > top) {
        return Some(State::WillExceed { on });
    }
    path.last().map(|(_, end)| if end.hi80 > top { State::AtRisk } else { State::OnTrack })
}

/// Parts of a day that spend is held against.
const DAY_PARTS: i64 = 1_000;

fn state(period: Period, limit: Amount, burn: &Burn, path: &Path, is_over: bool) -> State {
    if let Some(on) = burn.since(period.from, |sum| sum > limit) {
        return State::Exceeded { on };
    }
    if is_over && (burn.is_final || path.is_empty()) {
        return State::Kept;
    }
    if let Some(state) = ahead(limit, path) {
        return state;
    }
    // What was spent so far, as if each day to come cost as much as one behind.
    let behind = (burn.come * DAY_PARTS as f64).round() as i64;
    let days = i64::from(period.days()) * DAY_PARTS;
    let is_ahead = burn.spent().unwrap_or_default().scale_by(days, behind.max(DAY_PARTS)) > limit;
    if !is_over && is_ahead { State::AtRisk } else { State::OnTrack }
}

/// The day from which on a path's middle stays where `over` says.
fn crosses(path: &Path, over: impl Fn(f64) -> bool) -> Option<Day> {
    let below = path.iter().rposition(|(_, band)| !over(band.mid)).map_or(0, |at| at + 1);
    path.get(below).map(|(day, _)| *day)
}

fn pace(period: Period, limit: Amount, burn: &Burn, spent: Amount) -> Pace {
    let days = (burn.come / f64::from(period.days().max(1))).clamp(0.0, 1.0);
    Pace { spent: spent.ratio(limit).filter(|_| limit > Amount::ZERO), days }
}

/// A budget's thresholds. Where the limit is not above zero, all that was spent beyond it is beyond each.
fn thresholds(budget: &Budget, (period, limit): (Period, Amount), burn: &Burn, path: &Path) -> Vec<Crossing> {
    let has_limit = limit > Amount::ZERO;
    let actual = budget.thresholds.actual.iter().map(|percent| {
        let amount = percent.of(limit);
        let over = |sum: Amount| if has_limit { sum >= amount } else { sum > limit };
        Crossing { of: Of::Actual, percent: *percent, amount, on: burn.since(period.from, over) }
    });
    let forecast = budget.thresholds.forecast.iter().map(|percent| {
        let amount = percent.of(limit);
        let top = if has_limit { amount.to_f64() } else { limit.to_f64() };
        let foretold = crosses(path, |mid| if has_limit { mid >= top } else { mid > top });
        // What was spent already is no longer only foretold: it is as true of the end.
        let spent = burn.since(period.from, |sum| if has_limit { sum >= amount } else { sum > limit });
        let on = if path.is_empty() { spent } else { foretold.map(|day| spent.map_or(day, |spent| spent.min(day))) };
        Crossing { of: Of::Forecast, percent: *percent, amount, on }
    });
    actual.chain(forecast).collect()
}
