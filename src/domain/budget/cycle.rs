//! The periods of a budget: which days each has, and where a period begins late.
//!
//! Knows days, not money.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::calendar::{Day, Month, Period};

/// How long a budget's periods are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// Calendar years.
    Year,
    /// These days, once.
    Days(Period),
}

impl Cycle {
    /// Its word; of days of its own choice the days.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Cycle::Month => "month".to_owned(),
            Cycle::Quarter => "quarter".to_owned(),
            Cycle::Year => "year".to_owned(),
            Cycle::Days(days) => days.to_string(),
        }
    }

    /// Months of a period.
    fn months(self) -> Option<i32> {
        match self {
            Cycle::Month => Some(1),
            Cycle::Quarter => Some(3),
            Cycle::Year => Some(12),
            Cycle::Days(_) => None,
        }
    }

    /// The whole period that a day lies in; none outside of days that come once.
    #[must_use]
    pub fn period_of(self, day: Day) -> Option<Period> {
        let Some(months) = self.months() else { return self.days().filter(|days| days.contains(day)) };
        let month = day.month();
        let first = month.plus(-((month.number() as i32 - 1) % months));
        Some(Period { from: first.first(), to: first.plus(months).first() })
    }

    /// The days of its own choice.
    #[must_use]
    pub fn days(self) -> Option<Period> {
        if let Cycle::Days(days) = self { Some(days) } else { None }
    }

    /// The last day, where there is one.
    #[must_use]
    pub fn last(self) -> Option<Day> {
        self.days().map(|days| days.to.plus(-1))
    }

    /// The period that lies so many after the one of `from`, which may begin late in its own.
    #[must_use]
    pub fn span(self, from: Day, number: usize) -> Option<Span> {
        let Some(months) = self.months() else {
            let days = self.days().filter(|_| number == 0)?;
            return Some(Span { number, whole: days, period: days });
        };
        let first = self.period_of(from)?.from.month();
        let steps = i32::try_from(number).ok()?.checked_mul(months)?;
        let first: Month = first.plus(steps);
        let whole = Period { from: first.first(), to: first.plus(months).first() };
        Some(Span { number, whole, period: Period { from: whole.from.max(from), to: whole.to } })
    }

    /// How many periods lie before the one that holds `day`; none where it is before the first.
    #[must_use]
    pub fn number(self, from: Day, day: Day) -> Option<usize> {
        if day < from {
            return None;
        }
        let Some(months) = self.months() else { return Some(0) };
        let (first, now) = (self.period_of(from)?.from.month(), self.period_of(day)?.from.month());
        let apart = (now.year() - first.year()) * 12 + now.number() as i32 - first.number() as i32;
        usize::try_from(apart / months).ok()
    }
}

/// Reads `month`, `quarter`, `year` and `2026-09-01..2026-12-01` (end exclusive).
impl FromStr for Cycle {
    type Err = String;
    fn from_str(text: &str) -> Result<Cycle, String> {
        let text = text.trim();
        let no = || "a period is month, quarter, year, or days like 2026-09-01..2026-12-01 (end exclusive)".to_owned();
        if let Some((from, to)) = text.split_once("..") {
            let (from, to) = (Day::parse(from.trim()).ok_or_else(no)?, Day::parse(to.trim()).ok_or_else(no)?);
            if to <= from {
                return Err(format!("{text} holds no day: its end is the day after the last"));
            }
            return Ok(Cycle::Days(Period { from, to }));
        }
        match text.to_ascii_lowercase().as_str() {
            "month" | "monthly" => Ok(Cycle::Month),
            "quarter" | "quarterly" => Ok(Cycle::Quarter),
            "year" | "yearly" => Ok(Cycle::Year),
            _ => Err(no()),
        }
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
impl Serialize for Cycle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Cycle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One period of a budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// How many came before it.
    pub number: usize,
    /// The calendar's period.
    pub whole: Period,
    /// Its days from the first that counts.
    pub period: Period,
}

impl Span {
    /// Whether the budget began after its first day.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.period != self.whole
    }
}

/// What a period is called: `November 2026`, `Q4 2026`, `2026`, or its days.
#[must_use]
pub fn words(period: Period) -> String {
    use crate::domain::period::PeriodSpec;
    match PeriodSpec::of_days(period) {
        PeriodSpec::Month(month) => format!("{} {}", month.name(), month.year()),
        PeriodSpec::Quarter(year, quarter) => format!("Q{quarter} {year}"),
        PeriodSpec::Year(year) => year.to_string(),
        _ => period.words(),
    }
}
