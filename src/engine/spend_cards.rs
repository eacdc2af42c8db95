//! The figures of the Spend tab whose days follow from the day that is asked about alone, and what of them
//! and of the lens's total has not come.
//!
//! Knows the costs of days, added up by whoever asks.

use std::collections::BTreeMap;

use super::Card;
use super::answer::{Figure, PendingCard};
use super::pending::Arrivals;
use super::table::Table;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::period::{Comparison, PeriodSpec};

/// The figures with days of their own.
pub(super) const CARDS: [Card; 4] = [Card::MonthToDate, Card::Yesterday, Card::LastWeek, Card::LastMonth];

/// Daily totals of one currency, as far as charges are known.
pub(super) struct Days {
    totals: BTreeMap<Day, Total>,
    data: Period,
}

impl Days {
    pub(super) fn new(table: &Table, currency: &str, data: Period) -> Days {
        let mut totals: BTreeMap<Day, Total> = BTreeMap::new();
        for (key, total) in table.groups_in(currency) {
            totals.entry(Day::of_seconds(key.start)).or_default().merge(total);
        }
        Days { totals, data }
    }

    /// What some days cost; unknown where no data is of any of them.
    pub(super) fn sum(&self, period: Period) -> Option<Amount> {
        let mut sum = Total::default();
        self.totals.range(period.from..period.to.max(period.from)).for_each(|(_, t)| sum.merge(t));
        sum.value().filter(|_| sum.rows() > 0 || period.intersect(self.data).days() > 0)
    }
}

/// The days of a figure, and those that it is held against: of yesterday those that it is the mean of.
pub(super) fn days_of(card: Card, as_of: Day) -> (Period, Option<Period>) {
    let before = |period: Period, days: i32| Some(Period { from: period.from.plus(-days), to: period.from });
    match card {
        Card::Yesterday => {
            let day = Period { from: as_of.plus(-1), to: as_of };
            (day, before(day, 7))
        }
        Card::LastWeek => {
            let week = Period { from: as_of.plus(-7), to: as_of };
            (week, before(week, 7))
        }
        Card::LastMonth => {
            let month = as_of.month().plus(-1);
            (month.period(), Some(month.plus(-1).period()))
        }
        Card::MonthToDate | Card::Total | Card::LastHour | Card::Forecast => {
            let days = Period { from: as_of.month().first(), to: as_of.plus(1) };
            (days, Comparison::MonthBefore.against_spec(PeriodSpec::ThisMonth, as_of))
        }
    }
}

/// One of the figures with days of their own.
pub(super) fn figure(card: Card, days: &Days, as_of: Day) -> Figure {
    let (period, against) = days_of(card, as_of);
    let previous = against.and_then(|against| days.sum(against));
    let previous = if card == Card::Yesterday { previous.map(mean) } else { previous };
    Figure { amount: days.sum(period), previous }
}

/// What a day cost of the seven that yesterday is held against.
pub(super) fn mean(week: Amount) -> Amount {
    week.scale_by(1, 7)
}

/// What of all figures has not come or may still change.
pub(super) fn pending(
    arrivals: &Arrivals,
    days: &Days,
    as_of: Day,
    (period, against): (Period, Option<Period>),
    of_total: impl Fn(Period) -> Option<Amount>,
) -> Vec<PendingCard> {
    let total = arrivals.card(Card::Total, (period, against), of_total);
    let others =
        CARDS.into_iter().filter_map(|card| arrivals.card(card, days_of(card, as_of), |days_| days.sum(days_)));
    total.into_iter().chain(others).collect()
}
