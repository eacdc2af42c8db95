//! What a detection found of an anomaly, and what follows from that alone.
//!
//! Knows nothing of what people said of it.

use serde::{Deserialize, Serialize};

use super::{Course, Kind, Severity, Spot};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;

/// Days of an anomaly that are held against others, at most, and by how many days those are earlier at least.
pub const HELD_DAYS: i32 = 7;
/// Weeks of which others may be taken instead, where the last before it says nothing.
const SKIPPED_MOST: i32 = 3;
/// Days in which somebody is sure to act.
const AHEAD: f64 = 30.0;

/// What a day was expected to cost and did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reckoned {
    /// What was expected.
    pub expected: Amount,
    /// The band around that: its low end.
    pub lower: Amount,
    /// And its high end.
    pub upper: Amount,
    /// What it cost.
    pub actual: Amount,
}

/// A part of an anomaly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contributor {
    /// By what it is narrower than the anomaly's place.
    pub spot: Spot,
    /// Its share of the move.
    pub share: f64,
    /// Its move a day.
    pub moved: Amount,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a detection found of an anomaly: replaced by the next one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Where: empty is all of it.
    pub place: Vec<Spot>,
    /// What kind.
    pub kind: Kind,
    /// Days before it that say nothing of what its place costs, since another anomaly came and went on them, or the place
    /// was another: none of them are held against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<Period>,
    /// Whether it costs more than expected.
    pub rises: bool,
    /// How much it matters.
    pub severity: Severity,
    /// Its first day.
    pub start: Day,
    /// The hour in which it began, seconds since 1970, where charges come by the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_hour: Option<i64>,
    /// What the evening of its first day was off, where only that is of it: it is in the impact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evening: Option<Amount>,
    /// Whether it was found among hours, before its day was over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hourly: bool,
    /// The day on which it showed.
    pub found: Day,
    /// The last day on which it was seen.
    pub last: Day,
    /// How many of its days, the last, have not settled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsettled: u32,
    /// A mean day of it.
    pub day: Reckoned,
    /// The day that was furthest out.
    pub peak: (Day, Reckoned),
    /// What it has cost beyond what was expected, so far; below zero where it costs less.
    pub impact: Amount,
    /// What each further day costs, if it goes on.
    pub rate: Amount,
    /// Whether but a tag was lost or changed: the cost is what it was, and the impact is what has no owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relabelled: bool,
    /// What became of the cost.
    pub course: Course,
    /// Who contributed, the largest first.
    pub contributors: Vec<Contributor>,
    /// The place of a move of about the same size in the other direction that began with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancels: Option<Vec<Spot>>,
}

impl Finding {
    /// Its last days, a week at most, and the same weekdays before it, which those are held against.
    #[must_use]
    pub fn held(&self) -> (Period, Period) {
        let to = self.last.plus(1);
        let now = Period { from: self.start.max(to.plus(-HELD_DAYS)), to };
        (now, self.before(now))
    }

    /// The same weekdays as some days of it, of the last week before it of which all days say what its place costs; of the
    /// last week where there is none.
    #[must_use]
    pub fn before(&self, now: Period) -> Period {
        let least = (now.to.0 - self.start.0 + HELD_DAYS - 1) / HELD_DAYS;
        let back = |weeks: i32| Period { from: now.from.plus(-weeks * HELD_DAYS), to: now.to.plus(-weeks * HELD_DAYS) };
        let says = |then: &Period| !self.unlike.iter().any(|days| days.from < then.to && then.from < days.to);
        (least..=least + SKIPPED_MOST).map(back).find(says).unwrap_or(back(least))
    }

    /// Whether a day before it says what its place costs.
    #[must_use]
    pub fn says(&self, day: Day) -> bool {
        !self.unlike.iter().any(|days| (days.from..days.to).contains(&day))
    }

    /// By how much a mean day of it is off.
    #[must_use]
    pub fn moved(&self) -> Amount {
        (self.day.actual - self.day.expected).abs()
    }

    /// Whether somebody pays for it: a fall saves, and what only lost its tag costs what it did.
    #[must_use]
    pub fn costs(&self) -> bool {
        self.rises && !self.relabelled
    }

    /// What it is called.
    #[must_use]
    pub fn kind_words(&self) -> &'static str {
        if self.relabelled { "tag lost" } else { self.kind.words(self.rises) }
    }

    /// Whether another begins on the first day of this one, or on the first that is whole.
    #[must_use]
    pub fn begins_with(&self, other: &Finding) -> bool {
        self.start == other.start || self.evening.is_some() && self.start.plus(1) == other.start
    }

    /// What it may come to: what it has cost, and what it will if nobody acts for thirty days. What stays costs that on
    /// each of them. What has gone on for `t` days and may end goes on for `x` more with `t / (t + x)` (Gott 1993, Nature
    /// 363:315), of the next thirty so for `t ln(1 + 30 / t)`. What only lost its tag costs nothing.
    #[must_use]
    pub fn at_stake(&self) -> Amount {
        if self.relabelled {
            return Amount::ZERO;
        }
        let days = match self.course {
            Course::Stays => AHEAD,
            Course::GoesOn => {
                let since = f64::from((self.last.0 - self.start.0).max(0)) + 1.0;
                since * (AHEAD / since).ln_1p()
            }
            _ => 0.0,
        };
        self.impact + self.rate.scale_by((days * 100.0).round() as i64, 100)
    }
}
