//! The answers about anomalies.

use serde::{Deserialize, Serialize};

use super::Driver;
use crate::domain::anomaly::{Anomaly, State};
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::Anomalies`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnomaliesAnswer {
    /// The day that the answer is as of.
    pub as_of: Day,
    /// The day as of which was looked, where that is later: what is told is what was known then of all that had begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Day>,
    /// Those that the question admits, in its order.
    pub anomalies: Vec<Listed>,
    /// How many there are of each state, whether the question admits it or not.
    pub counts: Vec<(State, u64)>,
    /// How many series were looked at; 0 where nothing could be.
    pub series: u64,
    /// Charges of which no effective cost is known: what they moved is not seen.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unknown: u64,
    /// The first and last day of the charges; `None` where there are none.
    pub days: Option<(Day, Day)>,
    /// Currencies with too few settled days to know what is ordinary, and how many they have.
    pub too_few: Vec<(String, u64)>,
    /// How many settled days it takes.
    pub days_needed: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// An anomaly as it is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// How it stands.
    pub state: State,
    /// Where it is, in words: safe to be shown.
    pub place_words: String,
    /// What it may come to: what it has cost, and if it stays, thirty days more.
    pub at_stake: Amount,
    /// Whether it was over before its charges came, lately, and nobody has said anything: news all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late_news: bool,
    /// Since when nothing is heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<Silent>,
    /// Whose charges it has, where that is known. Not told: a filter is asked of it.
    #[serde(skip)]
    pub providers: Vec<String>,
    /// The rest.
    #[serde(flatten)]
    pub anomaly: Anomaly,
}

/// That providers which an anomaly is of deliver nothing since it was last seen: whether it goes on is not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Silent {
    /// Which do not.
    pub providers: Vec<Untrusted>,
    /// The last day that came of them.
    pub since: Day,
}

/// Answer to [`crate::engine::Question::Anomaly`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnomalyAnswer {
    /// The anomaly.
    #[serde(flatten)]
    pub listed: Listed,
    /// The days around it.
    pub days: Vec<DayOf>,
    /// The days of it that are looked into, and those that they are held against.
    pub held: (Period, Period),
    /// Of those days only these hours, where not all of the last have come: others are not held against them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<HoursOf>,
    /// Why those differ: price, usage, and what contributed most.
    pub driver: Option<Driver>,
    /// What looks at the charges behind it.
    pub lens: Lens,
    /// What to tell others, in one paragraph.
    pub summary: String,
}

/// The hours of an anomaly that have come, of which no day is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoursOf {
    /// When the first begins, seconds since 1970.
    pub from: i64,
    /// When the last ends.
    pub until: i64,
}

/// A day of the series of an anomaly's place.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct DayOf {
    /// The day.
    pub day: Day,
    /// What it cost; `None` where it has not come.
    pub cost: Option<Amount>,
    /// What was expected, and the band around that; `None` where too little is known before it.
    pub band: Option<[Amount; 3]>,
    /// Whether it is a day of the anomaly.
    pub anomalous: bool,
    /// Whether it may still be restated.
    pub unsettled: bool,
}

/// An anomaly beside a time axis.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnomalyMark {
    /// Its name, as people call it.
    pub id: String,
    /// Its first day.
    pub start: Day,
    /// Where it is, in words: safe to be shown.
    pub place_words: String,
    /// What it has cost so far.
    pub impact: Amount,
}
