//! The answer to what will come.

use serde::{Deserialize, Serialize};

use super::Figure;
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::Metric;
use crate::domain::money::Amount;
pub use crate::engine::foretell::Aside;

/// Answer to [`crate::engine::Question::Forecast`], for one currency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForecastAnswer {
    /// Which cost is foretold.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The day that the answer is as of.
    pub as_of: Day,
    /// The last day that counts as it came; `None` where none does.
    pub settled_through: Option<Day>,
    /// All of this month; `None` where nothing can be foretold.
    pub month: Option<Ahead>,
    /// The 90 days after the one that is asked about.
    pub next_90_days: Option<Ahead>,
    /// Day by day, from the first that is not settled to the last of those 90.
    pub days: Vec<DayAhead>,
    /// Week by week, from the one that holds the first day that is not settled to the last whole one of those 90.
    #[serde(default)]
    pub weeks: Vec<PieceAhead>,
    /// Month by month, likewise.
    #[serde(default)]
    pub months: Vec<PieceAhead>,
    /// The model with its error, or why there is none, in one line.
    pub words: String,
    /// What is odd about the days that it rests on, where anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odd: Option<String>,
    /// How many days are known, where they are too few to say how far off it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub few_days: Option<u32>,
    /// The model that did best; `None` where too little is known for a contest.
    pub model: Option<Told>,
    /// What stays out of the fit, and is put back as known amounts.
    pub aside: Vec<LeftAside>,
}

impl ForecastAnswer {
    /// This month at its end, against the month before, with the currency.
    #[must_use]
    pub fn figure(&self) -> (String, Figure) {
        let month = self.month.as_ref();
        let amount = month.map(|month| month.range.forecast);
        (self.currency.clone(), Figure { amount, previous: month.and_then(|month| month.previous) })
    }
}

/// What some days will cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ahead {
    /// Which days.
    pub period: Period,
    /// What they will cost in all.
    #[serde(flatten)]
    pub range: Range,
    /// What of that is settled.
    pub settled: Amount,
    /// What of that stays out of the fit and was put back.
    pub put_back: Amount,
    /// What the month before cost, or as many days up to the one that is asked about; `None` is unknown.
    pub previous: Option<Amount>,
    /// What of those days has not come, in words: it is foretold, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_lacks: Option<String>,
}

/// An estimate with its intervals: 80 % lie between [`Self::low_80`] and [`Self::high_80`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Range {
    /// In the middle: those of days add up to that of their sum. Of days that cost much now and then, the mean.
    pub forecast: Amount,
    /// See [`Range`].
    pub low_80: Amount,
    /// See [`Range`].
    pub high_80: Amount,
    /// 95 % lie above this and below [`Self::high_95`].
    pub low_95: Amount,
    /// See [`Self::low_95`].
    pub high_95: Amount,
}

impl Range {
    /// How far the ends of its 80 % interval are from the middle, on average.
    #[must_use]
    pub fn margin(&self) -> Amount {
        (self.high_80 - self.low_80).scale_by(1, 2)
    }
}

/// What one day will cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DayAhead {
    /// Which day.
    pub day: Day,
    /// What it will cost.
    #[serde(flatten)]
    pub range: Range,
}

/// What a week or month will cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PieceAhead {
    /// Which days.
    pub period: Period,
    /// What they will cost in all, what has come of it among it.
    #[serde(flatten)]
    pub range: Range,
    /// What of that is settled.
    pub settled: Amount,
}

/// A model, and how well it did on the days before, each time told only what was known then.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Error of days, as a share of what they cost (WAPE).
    pub wape: Option<f64>,
    /// The same of the seasonal naive model: each day as a week before.
    pub naive_wape: Option<f64>,
    /// Error of sums of [`Self::sum_days`] days.
    pub sum_wape: Option<f64>,
    /// Days in such a sum.
    pub sum_days: u32,
    /// Share of days that came within the 80 % interval.
    pub coverage_80: Option<f64>,
    /// Share of days that came within the 95 % interval.
    pub coverage_95: Option<f64>,
    /// Measured over so many of the last days.
    pub over_days: u32,
    /// Whether it is better than the seasonal naive model.
    pub beats_naive: bool,
}

/// A kind of charge that stays out of the fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeftAside {
    /// Which kind.
    pub kind: Aside,
    /// What of it came in the days that were fitted.
    pub left_out: Amount,
    /// What of it is put back in this month: charged on days that are not settled.
    pub month_came: Amount,
    /// What of it is put back in this month: expected, as it came in the months before.
    pub month_expected: Amount,
    /// What of it is put back in the 90 days.
    pub next_90_days: Amount,
}
