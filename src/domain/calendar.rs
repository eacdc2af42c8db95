//! Days, months and periods in UTC, and the timestamps that billing exports write.
//!
//! Knows no clock: "today" is always an argument. Period ends are exclusive everywhere, as in
//! FOCUS.

use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seconds in a day. UTC days of billing data have no leap seconds.
pub const DAY_SECONDS: i64 = 86_400;

/// Seconds in an hour.
pub const HOUR_SECONDS: i64 = 3_600;

/// Hours in a day.
pub const DAY_HOURS: usize = (DAY_SECONDS / HOUR_SECONDS) as usize;

/// A UTC calendar day, as the number of days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The day of a calendar date, or `None` where there is no such date.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        NaiveDate::from_ymd_opt(year, month, day).map(Day::from_date)
    }

    fn from_date(date: NaiveDate) -> Day {
        Day(date.num_days_from_ce() - 719_163)
    }

    /// The day that a moment in seconds since 1970 falls on.
    #[must_use]
    pub fn of_seconds(seconds: i64) -> Day {
        Day(seconds.div_euclid(DAY_SECONDS) as i32)
    }

    /// The calendar date. Days outside of chrono's range are drawn to its edge.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        let edge = if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        self.0.checked_add(719_163).and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or(edge)
    }

    /// The first moment of the day, in seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.0) * DAY_SECONDS
    }

    /// The day `n` days later (earlier when negative).
    #[must_use]
    pub fn plus(self, n: i32) -> Day {
        Day(self.0.saturating_add(n))
    }

    /// The month that this day is in.
    #[must_use]
    pub fn month(self) -> Month {
        let date = self.date();
        Month::new(date.year(), date.month())
    }

    /// Its number in its month, 1 to 31.
    #[must_use]
    pub fn number(self) -> u32 {
        self.date().day()
    }

    /// The Monday of this day's week (ISO 8601).
    #[must_use]
    pub fn week_start(self) -> Day {
        self.plus(-(self.date().weekday().num_days_from_monday() as i32))
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }

    /// Reads `2024-09-01`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        (bytes.len() == 10).then(|| parse_date(bytes)).flatten()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}
impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}
impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Day::parse(&text).ok_or_else(|| serde::de::Error::custom("not a date like 2024-09-01"))
        } else {
            i32::deserialize(deserializer).map(Day)
        }
    }
}

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month(i32);

impl Month {
    /// The month of a year, 1 to 12.
    #[must_use]
    pub fn new(year: i32, month: u32) -> Month {
        Month(year * 12 + month as i32 - 1)
    }

    /// The month `n` months later (earlier when negative).
    #[must_use]
    pub fn plus(self, n: i32) -> Month {
        Month(self.0 + n)
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Its number in the year, 1 to 12.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Day {
        Day::from_ymd(self.year(), self.number(), 1).unwrap_or_default()
    }

    /// Its first day to the next month's first day.
    #[must_use]
    pub fn period(self) -> Period {
        Period { from: self.first(), to: self.plus(1).first() }
    }

    /// Its English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        MONTHS[self.number() as usize - 1]
    }

    /// Reads `2024-09`, `sep 2024`, `September 2024`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Month> {
        if let Some((year, month)) = text.split_once('-')
            && let (Ok(year), Ok(month)) = (year.parse::<i32>(), month.parse::<u32>())
            && (1..=12).contains(&month)
            && (1..=9999).contains(&year)
            && text.len() == 7
        {
            return Some(Month::new(year, month));
        }
        let (name, year) = text.split_once([' ', '-'])?;
        let year: i32 = year.trim().parse().ok().filter(|y| (1..=9999).contains(y))?;
        month_number(name).map(|number| Month::new(year, number))
    }
}

/// The months' English names.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The number of a month by its English name or the name's first three or more letters.
#[must_use]
pub fn month_number(name: &str) -> Option<u32> {
    let name = name.trim().to_ascii_lowercase();
    if name.len() < 3 {
        return None;
    }
    MONTHS.iter().position(|m| m.to_ascii_lowercase().starts_with(&name)).map(|i| i as u32 + 1)
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}
impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Days from `from` up to, not including, `to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: Day,
    /// The day after the last.
    pub to: Day,
}

impl Period {
    /// How many days it has; 0 where `to` is not after `from`.
    #[must_use]
    pub fn days(self) -> i32 {
        (self.to.0 - self.from.0).max(0)
    }

    /// Whether `day` is in it.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.from <= day && day < self.to
    }

    /// Its days in order.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        (self.from.0..self.to.0).map(Day)
    }

    /// How a sentence says it: `2024-09-01 to 2024-09-30`, both days included; a day by itself.
    #[must_use]
    pub fn words(self) -> String {
        match self.days() {
            1 => self.from.to_string(),
            _ => format!("{} to {}", self.from, self.to.plus(-1)),
        }
    }

    /// The month, when the period is exactly one.
    #[must_use]
    pub fn as_month(self) -> Option<Month> {
        let month = self.from.month();
        (month.period() == self).then_some(month)
    }

    /// The days that both periods have.
    #[must_use]
    pub fn intersect(self, other: Period) -> Period {
        let from = self.from.max(other.from);
        Period { from, to: self.to.min(other.to).max(from) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// How an answer cuts its period into pieces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// Clock hours, UTC. Only charges with periods of at most an hour are placed in one.
    Hour,
    /// UTC days.
    Day,
    /// ISO weeks, from Monday.
    Week,
    /// Calendar months.
    Month,
}

impl Granularity {
    /// All, finest first.
    pub const ALL: [Granularity; 4] = [Granularity::Hour, Granularity::Day, Granularity::Week, Granularity::Month];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Granularity::Hour => "hour",
            Granularity::Day => "day",
            Granularity::Week => "week",
            Granularity::Month => "month",
        }
    }

    /// The first moment, in seconds since 1970, of the piece that `second` falls in.
    #[must_use]
    pub fn floor(self, second: i64) -> i64 {
        match self {
            Granularity::Hour => second - second.rem_euclid(HOUR_SECONDS),
            Granularity::Day => Day::of_seconds(second).seconds(),
            Granularity::Week => Day::of_seconds(second).week_start().seconds(),
            Granularity::Month => Day::of_seconds(second).month().first().seconds(),
        }
    }

    /// The days of the whole piece that `second` falls in; of an hour its day.
    #[must_use]
    pub fn days_of(self, second: i64) -> Period {
        let from = Day::of_seconds(self.floor(second));
        let to = match self {
            Granularity::Hour | Granularity::Day => from.plus(1),
            Granularity::Week => from.plus(7),
            Granularity::Month => from.month().plus(1).first(),
        };
        Period { from, to }
    }

    /// Prints the piece that starts at `second`: `2024-09-01T13:00:00Z`, a date, or `2024-09`.
    #[must_use]
    pub fn label(self, second: i64) -> String {
        let day = Day::of_seconds(second);
        match self {
            Granularity::Hour => format!("{day}T{:02}:00:00Z", second.rem_euclid(DAY_SECONDS) / HOUR_SECONDS),
            Granularity::Day | Granularity::Week => day.to_string(),
            Granularity::Month => day.month().to_string(),
        }
    }
}

/// Reads the timestamps that exports write: `2024-09-01`, `2024-09-01 00:00:00`,
/// `2024-09-01T00:00:00Z`, with fractions of a second and any offset. Without an offset it is
/// UTC, as FOCUS says. Returns seconds since 1970.
#[must_use]
pub fn parse_timestamp(text: &[u8]) -> Option<i64> {
    let day = parse_date(text.get(..10)?)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(day.seconds());
    }
    let [b'T' | b't' | b' ', clock @ ..] = rest else { return None };
    let hour = two_digits(clock.get(..2)?)?;
    let (b':', minute) = (*clock.get(2)?, two_digits(clock.get(3..5)?)?) else { return None };
    let mut rest = &clock[5..];
    let mut second = 0;
    if let [b':', tail @ ..] = rest {
        second = two_digits(tail.get(..2)?)?;
        rest = &tail[2..];
        if let [b'.', tail @ ..] = rest {
            let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            rest = &tail[digits..];
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = day.seconds() + i64::from(hour * 3600 + minute * 60 + second);
    Some(local - parse_offset(rest)?)
}

fn parse_offset(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] | b"UTC" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let hours = two_digits(digits.get(..2)?)?;
    let minutes = match &digits[2..] {
        [] => 0,
        [b':', tail @ ..] | tail if tail.len() == 2 => two_digits(tail)?,
        _ => return None,
    };
    (hours <= 18 && minutes <= 59).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

fn parse_date(text: &[u8]) -> Option<Day> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two_digits(&[*y1, *y2])? * 100 + two_digits(&[*y3, *y4])?;
    Day::from_ymd(year as i32, two_digits(&[*m1, *m2])?, two_digits(&[*d1, *d2])?)
}

fn two_digits(text: &[u8]) -> Option<u32> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')),
        _ => None,
    }
}

/// Prints seconds since 1970 as FOCUS wants it: `2024-09-01T00:00:00Z`.
#[must_use]
pub fn format_timestamp(seconds: i64) -> String {
    let day = Day::of_seconds(seconds);
    let rest = seconds.rem_euclid(DAY_SECONDS);
    format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_timestamps_of_real_exports() {
        for (text, want) in [
            ("2024-09-01", "2024-09-01T00:00:00Z"),
            ("2024-09-18 22:00:00", "2024-09-18T22:00:00Z"),
            ("2024-09-01T00:00:00Z", "2024-09-01T00:00:00Z"),
            ("2024-09-01T00:00:00.000Z", "2024-09-01T00:00:00Z"),
            ("2024-09-01T00:00:00+02:00", "2024-08-31T22:00:00Z"),
            ("2024-09-01 00:00:00-0530", "2024-09-01T05:30:00Z"),
            ("2024-09-01T10:30Z", "2024-09-01T10:30:00Z"),
            ("2024-09-01 00:00:00 UTC", "2024-09-01T00:00:00Z"),
            ("2024-02-29T23:59:59+00", "2024-02-29T23:59:59Z"),
            ("1969-12-31T23:00:00Z", "1969-12-31T23:00:00Z"),
        ] {
            assert_eq!(parse_timestamp(text.as_bytes()).map(format_timestamp).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn refuses_other_dates() {
        for text in [
            "4/1/25",
            "2024-02-30",
            "2024-13-01",
            "2024-09-01T25:00:00Z",
            "2024-09-01x",
            "",
            "2024-09-01T",
            "2024-09-01T00:00:00+99:00",
            "2024-9-1",
        ] {
            assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn knows_weeks_and_months() {
        let day = Day::parse("2024-09-18").expect("day");
        assert_eq!(day.week_start().to_string(), "2024-09-16");
        assert_eq!((day.number(), day.month().first().number()), (18, 1));
        assert_eq!(day.month().period().to_string(), "2024-09-01..2024-10-01");
        assert_eq!(day.month().plus(-9).to_string(), "2023-12");
        assert_eq!(Month::parse("sep 2024"), Some(Month::new(2024, 9)));
        assert_eq!(Month::parse("2024-9"), None);
        for (granularity, days) in [
            (Granularity::Hour, "2024-09-18..2024-09-19"),
            (Granularity::Day, "2024-09-18..2024-09-19"),
            (Granularity::Week, "2024-09-16..2024-09-23"),
            (Granularity::Month, "2024-09-01..2024-10-01"),
        ] {
            assert_eq!(granularity.days_of(day.seconds() + HOUR_SECONDS).to_string(), days);
        }
    }
}
