//! What a provider itself expects and takes for unusual: a second opinion beside ours.
//!
//! It is told for the scope as a whole, by the provider's own ways, of which little is known. So it is
//! kept as it was told, with when, and is never added to or mixed with what is reckoned from charges.

use serde::{Deserialize, Serialize};

use super::{Call, Fault};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Who can be asked for an opinion.
///
/// Calls block, as those of [`super::Costs`] do.
pub trait Opines: Send + Sync {
    /// Metered requests that it takes at least.
    fn requests(&self) -> u64;

    /// Asks for it as of [`Call::now`].
    fn opinion(&self, call: &Call) -> Opinion;
}

/// A provider's opinion; each part comes by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opinion {
    /// What it expects, or why that was not to be had.
    pub forecast: Result<Forecast, Fault>,
    /// What it takes for unusual, or why that was not to be had.
    pub anomalies: Result<Anomalies, Fault>,
}

/// What a provider expects to charge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Forecast {
    /// The currency (ISO 4217).
    pub currency: String,
    /// The share of outcomes, in percent, that a day's interval is to hold.
    pub interval: u8,
    /// The days, in order.
    pub days: Vec<ForecastDay>,
}

/// What a provider expects to charge for a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ForecastDay {
    /// The day (UTC).
    pub day: Day,
    /// What is most likely.
    pub mean: Amount,
    /// The lower bound of the interval, where it is told.
    pub low: Option<Amount>,
    /// The upper bound of the interval, where it is told.
    pub high: Option<Amount>,
}

/// What a provider takes for unusual.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Anomalies {
    /// The days that were asked about.
    pub days: Period,
    /// Those that began or lasted on these days.
    pub found: Vec<Anomaly>,
    /// Whether there are more, which were not asked for.
    pub more: bool,
}

/// A cost that a provider takes for unusual.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Anomaly {
    /// The provider's id: the same from day to day, while it grows.
    pub id: Untrusted,
    /// The first day.
    pub from: Day,
    /// The last day so far; unknown while it lasts.
    pub last: Option<Day>,
    /// What was watched, as a service's name; empty where that is not told.
    pub watched: Untrusted,
    /// The currency of its amounts (ISO 4217).
    pub currency: String,
    /// What it cost more than expected, in all.
    pub impact: Amount,
    /// What was charged, where it is told.
    pub actual: Option<Amount>,
    /// What was expected, where it is told.
    pub expected: Option<Amount>,
    /// What the provider takes for its causes, the weightiest first.
    pub causes: Vec<Cause>,
}

/// What a provider takes for a cause of an anomaly; each text empty where it is not told.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// The service.
    pub service: Untrusted,
    /// The region.
    pub region: Untrusted,
    /// The account's id.
    pub account: Untrusted,
    /// What is used, as a usage type.
    pub sku: Untrusted,
}

/// A forecast of some days added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The first and the last of the days.
    pub days: (Day, Day),
    /// The sum of what is most likely.
    pub mean: Amount,
    /// The sums of the days' lower and upper bounds, where each day has both: the days' own intervals, added.
    /// As the days do not all err to the same side, their sum lies in it more often than a day does in its own.
    pub bounds: Option<(Amount, Amount)>,
}

impl Forecast {
    /// Adds up the days before `end`; `None` where there are none.
    #[must_use]
    pub fn before(&self, end: Day) -> Option<Expected> {
        let days: Vec<&ForecastDay> = self.days.iter().filter(|told| told.day < end).collect();
        let (first, last) = (days.first()?, days.last()?);
        let sum =
            |bound: fn(&ForecastDay) -> Option<Amount>| days.iter().map(|told| bound(told)).sum::<Option<Amount>>();
        Some(Expected {
            days: (first.day, last.day),
            mean: days.iter().map(|told| told.mean).sum(),
            bounds: sum(|told| told.low).zip(sum(|told| told.high)),
        })
    }
}

impl Anomalies {
    /// The one that cost most.
    #[must_use]
    pub fn largest(&self) -> Option<&Anomaly> {
        self.found.iter().max_by_key(|anomaly| anomaly.impact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_added_up_and_a_bound_that_is_not_told_stays_unknown() {
        let amount = |text: &str| text.parse::<Amount>().expect("an amount");
        let first = Day::parse("2026-11-29").expect("a day");
        let day = |n: i32, low: Option<&str>| ForecastDay {
            day: first.plus(n),
            mean: amount("10.5"),
            low: low.map(amount),
            high: Some(amount("12")),
        };
        let days = vec![day(0, Some("9")), day(1, Some("8.25")), day(2, None)];
        let forecast = Forecast { currency: "USD".into(), interval: 80, days };
        let told = forecast.before(first.plus(2)).expect("two days");
        assert_eq!((told.days, told.mean), ((first, first.plus(1)), amount("21")));
        assert_eq!(told.bounds, Some((amount("17.25"), amount("24"))));
        assert_eq!(forecast.before(first.plus(30)).expect("three days").bounds, None);
        assert_eq!(forecast.before(first), None);
    }
}
