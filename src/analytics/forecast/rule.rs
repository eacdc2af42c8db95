//! Days on which something may be charged: certain days of the month, working days, every so many days.
//!
//! Knows no series.

use chrono::{Datelike, Weekday};

use crate::domain::calendar::Day;

/// Days of a month that are told from its end, and working days from either.
const NEAR: u32 = 4;

/// When something is charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// A day of each month that is so far from its start or its end, from 1.
    OfMonth(Count),
    /// The same, every so many months only: those that leave this.
    OfMonths(Count, i32, i32),
    /// A working day of each month.
    Working(Count),
    /// A day of each month; where it is a weekend's, the next working day, or the one before.
    Moved(u32, Way),
    /// Every so many days: those that leave this.
    Every(i32, i32),
}

/// Where a day lies in its month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Count {
    FromStart(u32),
    FromEnd(u32),
}

/// To which side of a weekend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Before,
    After,
}

impl Rule {
    /// All there are; of those that say the same of a series the first holds.
    pub fn all() -> Vec<Rule> {
        let starts = || (1..=28).map(Count::FromStart);
        let ends = || (1..=NEAR).map(Count::FromEnd);
        let working = (1..=NEAR).flat_map(|n| [Count::FromStart(n), Count::FromEnd(n)]);
        let mut all: Vec<Rule> =
            starts().chain(ends()).chain([29, 30].map(Count::FromStart)).map(Rule::OfMonth).collect();
        all.extend(working.map(Rule::Working));
        all.extend((1..=28).flat_map(|n| [Rule::Moved(n, Way::Before), Rule::Moved(n, Way::After)]));
        all.extend([14, 28, 30].into_iter().flat_map(|step| (0..step).map(move |left| Rule::Every(step, left))));
        for step in [3, 2] {
            let of = move |count| (0..step).map(move |left| Rule::OfMonths(count, step, left));
            all.extend(starts().chain(ends()).flat_map(of));
        }
        all
    }

    /// Whether it comes with the months.
    pub fn is_monthly(self) -> bool {
        matches!(self, Rule::OfMonth(_) | Rule::Working(_) | Rule::Moved(..))
    }

    /// Whether a day is one of its days.
    pub fn has(self, day: Day) -> bool {
        match self {
            Rule::OfMonth(count) => count.is(day),
            Rule::OfMonths(count, step, left) => {
                let month = day.month();
                count.is(day)
                    && (month.year() * 12 + i32::try_from(month.number()).unwrap_or(0)).rem_euclid(step) == left
            }
            Rule::Working(count) => is_working(day) && worked(day, count),
            Rule::Moved(number, way) => is_working(day) && moved(day, number, way),
            Rule::Every(step, left) => day.0.rem_euclid(step) == left,
        }
    }
}

impl Count {
    fn is(self, day: Day) -> bool {
        match self {
            Count::FromStart(number) => day.date().day() == number,
            Count::FromEnd(number) => from_end(day) == number,
        }
    }
}

/// The number of a day from its month's end, from 1.
pub(super) fn from_end(day: Day) -> u32 {
    u32::try_from(day.month().plus(1).first().0 - day.0).unwrap_or(0)
}

fn is_working(day: Day) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Whether a working day is the one that is so far from its month's start or end.
fn worked(day: Day, count: Count) -> bool {
    let (number, first, way) = match count {
        Count::FromStart(number) => (number, day.month().first(), 1),
        Count::FromEnd(number) => (number, day.month().plus(1).first().plus(-1), -1),
    };
    let days = (day.0 - first.0).abs();
    // Beyond two weekends no such day lies.
    days < 14 && (0..=days).filter(|n| is_working(first.plus(n * way))).count() == number as usize
}

/// Whether a working day stands for the one of this number.
fn moved(day: Day, number: u32, way: Way) -> bool {
    let (step, beside) = match way {
        Way::Before => (1, Weekday::Fri),
        Way::After => (-1, Weekday::Mon),
    };
    let is = |day: Day| day.date().day() == number;
    is(day) || (day.weekday() == beside && (is(day.plus(step)) || is(day.plus(2 * step))))
}
