//! The days that have not come: which of them the chart has a place for, and what is foretold of each.
//!
//! Pure. Knows no screen and asks nothing.

use super::State;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::money::Amount;
use crate::domain::period::PeriodSpec;
use crate::engine::answer::{ForecastAnswer, Range, SpendAnswer};
use crate::tui::widget::chart::Ahead;

/// The days after those of an answer that are charted too: of a month to date, by day, those to its end. They
/// follow from the lens alone, so that nothing moves when a forecast comes.
#[must_use]
pub fn days(state: &State, answer: &SpendAnswer) -> Period {
    let to_date = state.slot.shown.as_ref().is_some_and(|shown| shown.lens.period == PeriodSpec::ThisMonth);
    let end = answer.period.to;
    let month = answer.as_of.month().plus(1).first();
    let to = if to_date && answer.granularity == Granularity::Day { month.max(end) } else { end };
    Period { from: end, to }
}

/// The first moment of each piece of time that is charted.
#[must_use]
pub fn starts(state: &State, answer: &SpendAnswer) -> Vec<i64> {
    answer.starts.iter().copied().chain(days(state, answer).iter().map(Day::seconds)).collect()
}

/// What is foretold of each piece that nothing is known of yet.
#[must_use]
pub fn values(forecast: Option<&ForecastAnswer>, answer: &SpendAnswer, starts: &[i64]) -> Vec<Option<Ahead>> {
    let Some(forecast) = forecast.filter(|_| answer.granularity == Granularity::Day) else { return Vec::new() };
    let value = |(at, start): (usize, &i64)| {
        let known = answer.totals.get(at).is_some_and(Option::is_some);
        let range = of_day(forecast, Day::of_seconds(*start)).filter(|_| !known)?;
        let [low, mid, high] = [range.low_80, range.forecast, range.high_80].map(Amount::to_f64);
        Some(Ahead { low, mid, high })
    };
    starts.iter().enumerate().map(value).collect()
}

/// What is foretold of a day.
#[must_use]
pub fn of_day(forecast: &ForecastAnswer, day: Day) -> Option<&Range> {
    let first = forecast.days.first()?.day;
    let found = forecast.days.get(usize::try_from(day.0 - first.0).ok()?)?;
    (found.day == day).then_some(&found.range)
}
