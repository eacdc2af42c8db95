//! Periods as people say them ("last 30 days", "this month", "2024-09") and their comparisons.
//!
//! Knows no clock: a [`PeriodSpec`] becomes days only beside an as-of day.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::calendar::{Day, Month, Period, month_number};

/// A period in words, which moves with the day it is asked on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PeriodSpec {
    /// That many days, the as-of day the last of them.
    LastDays(u16),
    /// Monday of this week to the as-of day.
    ThisWeek,
    /// The seven days before this week.
    LastWeek,
    /// The first of this month to the as-of day.
    ThisMonth,
    /// The whole month before this.
    LastMonth,
    /// The quarter's first day to the as-of day.
    ThisQuarter,
    /// The whole quarter before this.
    LastQuarter,
    /// January 1st to the as-of day.
    ThisYear,
    /// The whole year before this.
    LastYear,
    /// One calendar month, whole.
    Month(Month),
    /// One calendar quarter, whole: year and 1 to 4.
    Quarter(i32, u32),
    /// One calendar year, whole.
    Year(i32),
    /// Given days, end exclusive.
    Range(Period),
}

use PeriodSpec as P;

impl PeriodSpec {
    /// The presets, in the order in which a menu offers them.
    pub const PRESETS: [PeriodSpec; 13] = [
        P::LastDays(7),
        P::LastDays(30),
        P::LastDays(90),
        P::LastDays(365),
        P::ThisWeek,
        P::LastWeek,
        P::ThisMonth,
        P::LastMonth,
        P::ThisQuarter,
        P::LastQuarter,
        P::ThisYear,
        P::LastYear,
        P::LastDays(1),
    ];

    /// Given days, as the whole month, quarter or year that they are where they are one.
    #[must_use]
    pub fn of_days(period: Period) -> PeriodSpec {
        let first = period.from.month();
        match whole_months(period) {
            Some(1) => P::Month(first),
            Some(3) if first.number() % 3 == 1 => P::Quarter(first.year(), first.number() / 3 + 1),
            Some(12) if first.number() == 1 => P::Year(first.year()),
            _ => P::Range(period),
        }
    }

    /// The days that it means when asked on `as_of`.
    #[must_use]
    pub fn resolve(self, as_of: Day) -> Period {
        let to = as_of.plus(1);
        let month = as_of.month();
        let quarter = month.plus(-((month.number() as i32 - 1) % 3));
        let months = |first: Month, n: i32| Period { from: first.first(), to: first.plus(n).first() };
        match self {
            P::LastDays(n) => Period { from: to.plus(-i32::from(n.max(1))), to },
            P::ThisWeek => Period { from: as_of.week_start(), to },
            P::LastWeek => Period { from: as_of.week_start().plus(-7), to: as_of.week_start() },
            P::ThisMonth => Period { from: month.first(), to },
            P::LastMonth => months(month.plus(-1), 1),
            P::ThisQuarter => Period { from: quarter.first(), to },
            P::LastQuarter => months(quarter.plus(-3), 3),
            P::ThisYear => Period { from: Month::new(month.year(), 1).first(), to },
            P::LastYear => months(Month::new(month.year() - 1, 1), 12),
            P::Month(m) => m.period(),
            P::Quarter(year, q) => months(Month::new(year, q * 3 - 2), 3),
            P::Year(year) => months(Month::new(year, 1), 12),
            P::Range(period) => period,
        }
    }

    /// Whether it ends with the day it is asked on, wherever in the calendar that is.
    fn is_to_date(self) -> bool {
        matches!(self, P::LastDays(_) | P::ThisWeek | P::ThisMonth | P::ThisQuarter | P::ThisYear)
    }

    /// Reads `30d`, `last 30 days`, `this month`, `mtd`, `last-quarter`, `2024-09`, `sep 2024`,
    /// `september` (the last one that has begun), `2024-Q3`, `2024`, `2024-09-01` and
    /// `2024-09-01..2024-10-01` (end exclusive).
    #[must_use]
    pub fn parse(text: &str, as_of: Day) -> Option<PeriodSpec> {
        let text = text.trim().to_ascii_lowercase();
        if let Some((from, to)) = text.split_once("..") {
            let (from, to) = (Day::parse(from.trim())?, Day::parse(to.trim())?);
            return (from < to).then_some(P::Range(Period { from, to }));
        }
        if let Some(day) = Day::parse(&text) {
            return Some(P::Range(Period { from: day, to: day.plus(1) }));
        }
        if let Some(month) = Month::parse(&text) {
            return Some(P::Month(month));
        }
        if let Some(spec) = parse_words(&text.replace(['-', '_'], " ")) {
            return Some(spec);
        }
        if let Some((year, quarter)) = text.split_once("-q").or_else(|| text.split_once(" q")) {
            let quarter: u32 = quarter.parse().ok().filter(|q| (1..=4).contains(q))?;
            return Some(P::Quarter(parse_year(year)?, quarter));
        }
        if let Some(year) = parse_year(&text) {
            return Some(P::Year(year));
        }
        let number = month_number(&text)?;
        let this_year = Month::new(as_of.month().year(), number);
        Some(P::Month(if this_year > as_of.month() { this_year.plus(-12) } else { this_year }))
    }

    /// How a sentence says it: `last 30 days`, `November`, `Q3 2024`.
    #[must_use]
    pub fn describe(self, as_of: Day) -> String {
        match self {
            P::LastDays(1) => "today".to_owned(),
            P::LastDays(n) => format!("last {n} days"),
            P::ThisWeek => "this week".to_owned(),
            P::LastWeek => "last week".to_owned(),
            P::ThisMonth => format!("{} to date", as_of.month().name()),
            P::LastMonth => P::Month(as_of.month().plus(-1)).describe(as_of),
            P::ThisQuarter => "this quarter".to_owned(),
            P::LastQuarter => "last quarter".to_owned(),
            P::ThisYear => "this year".to_owned(),
            P::LastYear => "last year".to_owned(),
            P::Month(m) if m.year() == as_of.month().year() => m.name().to_owned(),
            P::Month(m) => format!("{} {}", m.name(), m.year()),
            P::Quarter(year, quarter) => format!("Q{quarter} {year}"),
            P::Year(year) => year.to_string(),
            P::Range(p) => p.words(),
        }
    }

    /// The period before or after this one, of the same kind. The one that `as_of` lies in ends
    /// with that day, so that stepping back and forth leads to where it began: days that are yet
    /// to come would be held against whole months that are past.
    #[must_use]
    pub fn step(self, by: i32, as_of: Day) -> PeriodSpec {
        let now = self.resolve(as_of);
        let stepped = match self {
            P::ThisMonth | P::LastMonth | P::Month(_) => P::Month(now.from.month().plus(by)),
            P::ThisQuarter | P::LastQuarter | P::Quarter(..) => {
                let first = now.from.month().plus(3 * by);
                P::Quarter(first.year(), (first.number() - 1) / 3 + 1)
            }
            P::ThisYear | P::LastYear | P::Year(_) => P::Year(now.from.month().year() + by),
            P::ThisWeek | P::LastWeek => {
                let from = now.from.plus(7 * by);
                P::Range(Period { from, to: from.plus(7) })
            }
            P::LastDays(_) | P::Range(_) => {
                let shift = now.days() * by;
                P::Range(Period { from: now.from.plus(shift), to: now.to.plus(shift) })
            }
        };
        let period = stepped.resolve(as_of);
        let this_week = Period { from: as_of.week_start(), to: as_of.week_start().plus(7) };
        match stepped {
            P::Month(_) if period.contains(as_of) => P::ThisMonth,
            P::Quarter(..) if period.contains(as_of) => P::ThisQuarter,
            P::Year(_) if period.contains(as_of) => P::ThisYear,
            P::Range(_) if period == this_week => P::ThisWeek,
            P::Range(_) if period.to == as_of.plus(1) => u16::try_from(period.days()).map_or(stepped, P::LastDays),
            other => other,
        }
    }
}

fn parse_year(text: &str) -> Option<i32> {
    (text.len() == 4).then(|| text.parse().ok()).flatten().filter(|y| (1970..=9999).contains(y))
}

fn parse_words(text: &str) -> Option<PeriodSpec> {
    Some(match text {
        "today" => P::LastDays(1),
        "this week" | "wtd" | "week" => P::ThisWeek,
        "last week" => P::LastWeek,
        "this month" | "mtd" | "month" => P::ThisMonth,
        "last month" => P::LastMonth,
        "this quarter" | "qtd" | "quarter" => P::ThisQuarter,
        "last quarter" => P::LastQuarter,
        "this year" | "ytd" | "year" => P::ThisYear,
        "last year" => P::LastYear,
        other => {
            let other = other.strip_prefix("last ").unwrap_or(other).trim();
            let digits = other.bytes().take_while(u8::is_ascii_digit).count();
            let count: u16 = other[..digits].parse().ok().filter(|n| *n > 0)?;
            let days = match other[digits..].trim() {
                "d" | "day" | "days" => count,
                "w" | "week" | "weeks" => count.checked_mul(7)?,
                _ => return None,
            };
            P::LastDays(days)
        }
    })
}

/// Prints what [`PeriodSpec::parse`] reads.
impl fmt::Display for PeriodSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            P::LastDays(n) => write!(f, "{n}d"),
            P::ThisWeek => f.write_str("this-week"),
            P::LastWeek => f.write_str("last-week"),
            P::ThisMonth => f.write_str("this-month"),
            P::LastMonth => f.write_str("last-month"),
            P::ThisQuarter => f.write_str("this-quarter"),
            P::LastQuarter => f.write_str("last-quarter"),
            P::ThisYear => f.write_str("this-year"),
            P::LastYear => f.write_str("last-year"),
            P::Month(m) => write!(f, "{m}"),
            P::Quarter(year, quarter) => write!(f, "{year}-Q{quarter}"),
            P::Year(year) => write!(f, "{year}"),
            P::Range(p) => write!(f, "{p}"),
        }
    }
}
impl Serialize for PeriodSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for PeriodSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The as-of day only matters for a bare month name, which is never written.
        PeriodSpec::parse(&text, Day(0)).ok_or_else(|| serde::de::Error::custom(format!("unknown period `{text}`")))
    }
}

/// What an answer's period is held against.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Nothing.
    None,
    /// The period just before, as long; whole months against whole months.
    #[default]
    Previous,
    /// The same days of the month before; of what is longer than a month, of as many months before as it
    /// takes not to be held against a part of itself.
    MonthBefore,
    /// The same days a year before.
    YearBefore,
}

impl Comparison {
    /// All, in menu order.
    pub const ALL: [Comparison; 4] =
        [Comparison::Previous, Comparison::MonthBefore, Comparison::YearBefore, Comparison::None];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Comparison::None => "none",
            Comparison::Previous => "previous",
            Comparison::MonthBefore => "month-before",
            Comparison::YearBefore => "year-before",
        }
    }

    /// The days that a period in words is held against when asked on `as_of`. A period up to the
    /// day is never taken for whole months: on their last day it is still held against as many
    /// days as on the day before.
    #[must_use]
    pub fn against_spec(self, spec: PeriodSpec, as_of: Day) -> Option<Period> {
        let period = spec.resolve(as_of);
        match self {
            Comparison::Previous if spec.is_to_date() => {
                Some(Period { from: period.from.plus(-period.days()), to: period.from })
            }
            Comparison::MonthBefore if spec.is_to_date() => Some(months_before(period, same_days)),
            Comparison::YearBefore if spec.is_to_date() => Some(same_days(period, 12)),
            _ => self.against(period),
        }
    }

    /// The days that `period` is held against. A period of whole months goes back whole months;
    /// days that the other month lacks (the 31st) are left out, so that no day counts twice.
    #[must_use]
    pub fn against(self, period: Period) -> Option<Period> {
        let months = whole_months(period);
        match self {
            Comparison::None => None,
            Comparison::Previous => Some(match months {
                Some(n) => Period { from: period.from.month().plus(-n).first(), to: period.from },
                None => Period { from: period.from.plus(-period.days()), to: period.from },
            }),
            Comparison::MonthBefore => Some(months_before(period, back)),
            Comparison::YearBefore => Some(back(period, 12)),
        }
    }

    /// How a sentence says it, after "vs": `against` is what it came to.
    #[must_use]
    pub fn describe(self, against: Option<Period>) -> String {
        match (self, against) {
            (Comparison::Previous, Some(p)) => match p.as_month() {
                Some(m) => m.name().to_owned(),
                None if whole_months(p).is_some() => p.words(),
                None => format!("the {} days before", p.days()),
            },
            (Comparison::MonthBefore, Some(p)) if p.from.month() == p.to.plus(-1).month() => {
                format!("same days of {}", p.from.month().name())
            }
            (Comparison::MonthBefore, Some(p)) if p.days() > MONTH_DAYS => p.words(),
            (Comparison::MonthBefore, _) => "a month before".to_owned(),
            (Comparison::YearBefore, _) => "a year before".to_owned(),
            _ => "nothing".to_owned(),
        }
    }
}

/// How many whole calendar months a period is, if it is.
fn whole_months(period: Period) -> Option<i32> {
    let (from, to) = (period.from.month(), period.to.month());
    let whole = from.first() == period.from && to.first() == period.to && period.from < period.to;
    whole.then(|| (to.year() - from.year()) * 12 + to.number() as i32 - from.number() as i32)
}

/// Days of the longest month.
const MONTH_DAYS: i32 = 31;

/// As few months before as no day is in both.
fn months_before(period: Period, back: impl Fn(Period, i32) -> Period) -> Period {
    let mut before = back(period, 1);
    let mut months = 2;
    while period.days() > MONTH_DAYS && before.to > period.from {
        before = back(period, months);
        months += 1;
    }
    before
}

/// The same days `months` before. Whole months stay whole; days that the earlier month lacks are
/// left out.
fn back(period: Period, months: i32) -> Period {
    if whole_months(period).is_some() {
        let first = |day: Day| day.month().plus(-months).first();
        return Period { from: first(period.from), to: first(period.to) };
    }
    same_days(period, months)
}

/// The same places in the month `months` before, at most the day after its last.
fn same_days(period: Period, months: i32) -> Period {
    let shift = |day: Day, edge: i32| {
        let month = day.month().plus(-months);
        Day(month.first().0 + day.0 - day.month().first().0 + edge).min(month.plus(1).first())
    };
    Period { from: shift(period.from, 0), to: shift(period.to.plus(-1), 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect(text)
    }

    #[test]
    fn reads_what_people_type() {
        let as_of = day("2026-11-21");
        for (text, want) in [
            ("30d", "2026-10-23..2026-11-22"),
            ("last 7 days", "2026-11-15..2026-11-22"),
            ("today", "2026-11-21..2026-11-22"),
            ("this week", "2026-11-16..2026-11-22"),
            ("last-week", "2026-11-09..2026-11-16"),
            ("mtd", "2026-11-01..2026-11-22"),
            ("last month", "2026-10-01..2026-11-01"),
            ("this-quarter", "2026-10-01..2026-11-22"),
            ("last quarter", "2026-07-01..2026-10-01"),
            ("2024-09", "2024-09-01..2024-10-01"),
            ("september", "2026-09-01..2026-10-01"),
            ("dec", "2025-12-01..2026-01-01"),
            ("2024-Q3", "2024-07-01..2024-10-01"),
            ("2024", "2024-01-01..2025-01-01"),
            ("2024-02-29", "2024-02-29..2024-03-01"),
            ("2024-09-01..2024-09-08", "2024-09-01..2024-09-08"),
        ] {
            let spec = PeriodSpec::parse(text, as_of).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(spec.resolve(as_of).to_string(), want, "{text}");
            assert_eq!(PeriodSpec::parse(&spec.to_string(), as_of), Some(spec), "{text}");
        }
        for text in ["", "0d", "soon", "2024-13", "2024-09-08..2024-09-01", "2024-Q5"] {
            assert_eq!(PeriodSpec::parse(text, as_of), None, "{text}");
        }
    }

    #[test]
    fn days_that_are_a_whole_month_quarter_or_year_are_called_so() {
        for (from, to, want) in [
            ("2024-02-01", "2024-03-01", "2024-02"),
            ("2023-02-01", "2023-03-01", "2023-02"),
            ("2023-02-01", "2023-02-28", "2023-02-01..2023-02-28"),
            ("2024-12-01", "2025-01-01", "2024-12"),
            ("2024-10-01", "2025-01-01", "2024-Q4"),
            ("2024-02-01", "2024-05-01", "2024-02-01..2024-05-01"),
            ("2024-01-01", "2025-01-01", "2024"),
            ("2023-12-01", "2024-12-01", "2023-12-01..2024-12-01"),
        ] {
            let spec = PeriodSpec::of_days(Period { from: day(from), to: day(to) });
            assert_eq!(spec.to_string(), want);
            assert_eq!(spec.resolve(day("2026-11-21")), Period { from: day(from), to: day(to) });
        }
    }

    #[test]
    fn compares_like_with_like() {
        let range = |from: &str, to: &str| Period { from: day(from), to: day(to) };
        for (comparison, period, want) in [
            (Comparison::Previous, range("2024-03-01", "2024-04-01"), "2024-02-01..2024-03-01"),
            (Comparison::Previous, range("2024-07-01", "2024-10-01"), "2024-04-01..2024-07-01"),
            (Comparison::Previous, range("2024-03-05", "2024-03-12"), "2024-02-27..2024-03-05"),
            (Comparison::MonthBefore, range("2024-11-01", "2024-11-22"), "2024-10-01..2024-10-22"),
            (Comparison::MonthBefore, range("2024-03-01", "2024-03-31"), "2024-02-01..2024-03-01"),
            (Comparison::MonthBefore, range("2024-03-31", "2024-04-03"), "2024-03-01..2024-03-03"),
            (Comparison::MonthBefore, range("2024-03-01", "2024-04-01"), "2024-02-01..2024-03-01"),
            (Comparison::YearBefore, range("2024-02-01", "2024-03-01"), "2023-02-01..2023-03-01"),
            (Comparison::YearBefore, range("2024-02-20", "2024-03-01"), "2023-02-20..2023-03-01"),
        ] {
            assert_eq!(
                comparison.against(period).map(|p| p.to_string()).as_deref(),
                Some(want),
                "{comparison:?} {period}"
            );
        }
        for (spec, as_of, comparison, want) in [
            (P::ThisMonth, "2024-11-29", Comparison::MonthBefore, "2024-10-01..2024-10-30"),
            (P::ThisMonth, "2024-11-30", Comparison::MonthBefore, "2024-10-01..2024-10-31"),
            (P::ThisMonth, "2024-12-01", Comparison::MonthBefore, "2024-11-01..2024-11-02"),
            (P::ThisMonth, "2024-03-31", Comparison::MonthBefore, "2024-02-01..2024-03-01"),
            (P::ThisMonth, "2024-02-29", Comparison::YearBefore, "2023-02-01..2023-03-01"),
            (P::ThisMonth, "2023-02-28", Comparison::YearBefore, "2022-02-01..2022-03-01"),
            (P::ThisMonth, "2024-11-30", Comparison::Previous, "2024-10-02..2024-11-01"),
            (P::ThisQuarter, "2024-09-30", Comparison::MonthBefore, "2024-04-01..2024-07-01"),
            (P::ThisQuarter, "2024-08-15", Comparison::MonthBefore, "2024-05-01..2024-06-16"),
            (P::LastQuarter, "2024-11-15", Comparison::MonthBefore, "2024-04-01..2024-07-01"),
            (P::LastDays(90), "2024-11-21", Comparison::MonthBefore, "2024-05-24..2024-08-22"),
            (P::LastDays(31), "2024-11-30", Comparison::MonthBefore, "2024-10-01..2024-10-31"),
            (P::ThisYear, "2024-12-31", Comparison::YearBefore, "2023-01-01..2024-01-01"),
            (P::LastDays(30), "2024-11-29", Comparison::Previous, "2024-10-01..2024-10-31"),
            (P::LastDays(30), "2024-11-30", Comparison::Previous, "2024-10-02..2024-11-01"),
            (P::LastDays(30), "2024-11-30", Comparison::MonthBefore, "2024-10-01..2024-10-31"),
            (P::LastDays(365), "2023-12-31", Comparison::Previous, "2022-01-01..2023-01-01"),
            (P::LastMonth, "2024-12-03", Comparison::MonthBefore, "2024-10-01..2024-11-01"),
            (P::Month(Month::new(2024, 11)), "2024-11-30", Comparison::MonthBefore, "2024-10-01..2024-11-01"),
        ] {
            let against = comparison.against_spec(spec, day(as_of)).map(|p| p.to_string());
            assert_eq!(against.as_deref(), Some(want), "{spec} {comparison:?} on {as_of}");
        }
        assert_eq!(Comparison::None.against(range("2024-03-01", "2024-04-01")), None);
    }

    #[test]
    fn a_step_back_and_one_forth_lead_to_where_it_began() {
        let as_of = day("2024-11-20");
        for spec in [P::ThisWeek, P::ThisMonth, P::ThisQuarter, P::ThisYear, P::LastDays(30), P::LastDays(1)] {
            assert_eq!(spec.step(-1, as_of).step(1, as_of), spec, "{spec}");
            assert_eq!(spec.step(-3, as_of).step(3, as_of), spec, "{spec}");
        }
        for (spec, want) in [
            (P::LastWeek, P::ThisWeek),
            (P::LastMonth, P::ThisMonth),
            (P::Quarter(2024, 3), P::ThisQuarter),
            (P::Year(2023), P::ThisYear),
            (P::Month(Month::new(2024, 9)), P::Month(Month::new(2024, 10))),
        ] {
            assert_eq!(spec.step(1, as_of), want, "{spec}");
        }
        // Whatever the day: the same days, whichever of two words for them it comes back as.
        for as_of in (Period { from: day("2023-12-01"), to: day("2025-01-10") }).iter() {
            for spec in PeriodSpec::PRESETS {
                let back = spec.step(-1, as_of).step(1, as_of);
                assert_eq!(back.resolve(as_of), spec.resolve(as_of), "{spec} on {as_of}");
            }
        }
    }
}
