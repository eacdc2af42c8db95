//! The days that have not come: which of them the chart has a place for, and what is foretold of each.
//!
//! Pure. Knows no screen and asks nothing.

use super::State;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::period::PeriodSpec;
use crate::engine::answer::{ForecastAnswer, Range, SpendAnswer};
use crate::engine::forecast::next_days;
use crate::engine::query::pieces;
use crate::tui::widget::chart::Ahead;

/// The days after those of an answer that are charted too: of a month to date those to its end, and by week or month
/// the whole ones that a quarter or year to date still has, or the next ones of the last days. They follow from the
/// lens alone, so that nothing moves when a forecast comes.
#[must_use]
pub fn days(state: &State, answer: &SpendAnswer) -> Period {
    let (end, month) = (answer.period.to, answer.as_of.month());
    let none = Period { from: end, to: end };
    let Some(shown) = state.slot.shown.as_ref().filter(|_| answer.period.contains(answer.as_of)) else { return none };
    if answer.granularity == Granularity::Day && shown.lens.period == PeriodSpec::ThisMonth {
        return Period { from: end, to: month.plus(1).first().max(end) };
    }
    if !matches!(answer.granularity, Granularity::Week | Granularity::Month) {
        return none;
    }
    let number = month.number() as i32;
    let next = match shown.lens.period {
        PeriodSpec::ThisMonth => month.plus(1),
        PeriodSpec::ThisQuarter => month.plus(3 - (number - 1) % 3),
        PeriodSpec::ThisYear => month.plus(13 - number),
        PeriodSpec::LastDays(_) => month.plus(3),
        _ => return none,
    };
    let last = next.first().min(next_days(answer.as_of).to);
    let whole = Day::of_seconds(answer.granularity.floor(last.seconds()));
    let begins = answer.granularity.days_of(answer.as_of.seconds()).to;
    if whole > begins { Period { from: begins, to: whole } } else { none }
}

/// The first moment of each piece of time that is charted.
#[must_use]
pub fn starts(state: &State, answer: &SpendAnswer) -> Vec<i64> {
    let ahead = pieces(days(state, answer), answer.granularity);
    answer.starts.iter().copied().chain(ahead).collect()
}

/// What is foretold of each piece on top of what is known of it: of a day that nothing is known of, and of the week or
/// month that is part past, and of later ones.
#[must_use]
pub fn values(forecast: Option<&ForecastAnswer>, answer: &SpendAnswer, starts: &[i64]) -> Vec<Option<Ahead>> {
    let Some(forecast) = forecast else { return Vec::new() };
    let value = |(at, start): (usize, &i64)| {
        let known = answer.totals.get(at).copied().flatten().unwrap_or_default();
        let range = of_piece(forecast, answer, (at, *start))?;
        let [low, mid, high] = [range.low_80, range.forecast, range.high_80].map(|end| (end - known).to_f64());
        Some(Ahead { low, mid, high })
    };
    starts.iter().enumerate().map(value).collect()
}

/// What is foretold of a piece in all, what has come of it among it; `None` where all of it has come, or a part of it
/// is not looked at.
#[must_use]
pub fn of_piece<'f>(
    forecast: &'f ForecastAnswer,
    answer: &SpendAnswer,
    (at, start): (usize, i64),
) -> Option<&'f Range> {
    let from = Day::of_seconds(start);
    let whole = match answer.granularity {
        Granularity::Hour => return None,
        Granularity::Day => {
            let known = answer.totals.get(at).is_some_and(Option::is_some);
            return of_day(forecast, from).filter(|_| !known);
        }
        Granularity::Week => &forecast.weeks,
        Granularity::Month => &forecast.months,
    };
    let ends_later = |period: Period| period.to > answer.as_of.plus(1) && answer.period.to > answer.as_of;
    let found = whole.iter().find(|piece| piece.period.from == from)?;
    (ends_later(found.period) && from >= answer.period.from).then_some(&found.range)
}

/// What is foretold of a day.
fn of_day(forecast: &ForecastAnswer, day: Day) -> Option<&Range> {
    let first = forecast.days.first()?.day;
    let found = forecast.days.get(usize::try_from(day.0 - first.0).ok()?)?;
    (found.day == day).then_some(&found.range)
}
