//! What an anomaly's place was expected to cost when it was found, and what its days cost then.
//!
//! Kept with the anomaly, so that what is found no more can be told from what is over and from what was restated.
//! Knows no detector.

use serde::{Deserialize, Serialize};

use super::anomaly::Spot;
use super::calendar::Day;
use super::money::Amount;

/// What an anomaly is held against for as long as it goes on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The place whose costs these are.
    pub place: Vec<Spot>,
    /// The first day.
    pub from: Day,
    /// What a day was expected to cost, by weekday, Monday first.
    pub week: [Amount; 7],
    /// How far below that a day may be.
    pub below: Amount,
    /// How far above it.
    pub above: Amount,
    /// What the settled days that it was found on cost, from the first on; none where that is not known.
    pub costs: Vec<Option<Amount>>,
    /// Whose charges they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
}

impl Held {
    /// The day after the last whose cost was kept.
    #[must_use]
    pub fn until(&self) -> Day {
        self.from.plus(self.costs.len() as i32)
    }

    /// What a day was expected to cost.
    #[must_use]
    pub fn expected(&self, day: Day) -> Amount {
        self.week[day.weekday().num_days_from_monday() as usize]
    }
}
