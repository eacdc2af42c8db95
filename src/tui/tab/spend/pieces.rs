//! What pieces of time are called: under the chart's axis, and in a sentence.
//!
//! Pure. Knows no answer and no screen.

use super::cards::days_words;
use crate::domain::calendar::{DAY_SECONDS, Day, Granularity, Period};
use crate::tui::tab::short_day;
use crate::tui::widget::chart::Label;

/// Columns of a piece's name in a sentence: `Wed Nov 20 14:00`.
pub const WHEN: usize = 16;

const HOUR_SECONDS: i64 = 3_600;

/// What pieces are called under the axis: days by their month, hours by their day, months by their
/// year.
#[must_use]
pub fn labels(starts: &[i64], granularity: Granularity) -> Vec<Label> {
    let one = |start: &i64| {
        let day = Day::of_seconds(*start);
        let (month, year) = (&day.month().name()[..3], day.month().year());
        let (group, name) = match granularity {
            Granularity::Hour => (short_day(day), format!("{:02}h", start.rem_euclid(86_400) / 3_600)),
            Granularity::Month => (year.to_string(), month.to_owned()),
            Granularity::Day | Granularity::Week => (month.to_owned(), day.number().to_string()),
        };
        Label { group, name }
    };
    starts.iter().map(one).collect()
}

/// What a piece is called in a sentence: `Wed Nov 20`, `Wed Nov 20 14:00`, `week of Nov 18`,
/// `November 2024`.
#[must_use]
pub fn when(start: i64, granularity: Granularity) -> String {
    let day = Day::of_seconds(start);
    match granularity {
        Granularity::Hour => {
            format!("{} {} {:02}:00", day.weekday(), short_day(day), start.rem_euclid(86_400) / 3_600)
        }
        Granularity::Day => format!("{} {}", day.weekday(), short_day(day)),
        Granularity::Week => format!("week of {}", short_day(day)),
        Granularity::Month => format!("{} {}", day.month().name(), day.month().year()),
    }
}

/// What a piece of time within some days is called: by those of its days that lie in there.
#[must_use]
pub fn named(start: i64, granularity: Granularity, period: Period) -> String {
    match granularity {
        Granularity::Hour => when(start, granularity),
        _ => called(granularity.days_of(start).intersect(period), granularity),
    }
}

/// What the pieces of one bar are called together: `Nov 1 to 4`, `Wed Nov 20 10:00 to 15:00`.
#[must_use]
pub fn named_together(starts: &[i64], granularity: Granularity, period: Period) -> String {
    let (Some(first), Some(last)) = (starts.first().copied(), starts.last().copied()) else { return String::new() };
    if first == last {
        return named(first, granularity, period);
    }
    if granularity != Granularity::Hour {
        let whole = Period { from: granularity.days_of(first).from, to: granularity.days_of(last).to };
        return days_words(whole.intersect(period));
    }
    let end = last + HOUR_SECONDS;
    // Of less than a day it is plain which day its end is on.
    let whole = when(end, granularity);
    let brief = whole.rsplit(' ').next().unwrap_or_default();
    let end = if end - first < DAY_SECONDS { brief } else { &whole };
    format!("{} to {end}", when(first, granularity))
}

/// Columns that the names of bars take that add up so many pieces each.
#[must_use]
pub fn name_columns(granularity: Granularity, together: usize) -> usize {
    match (granularity, together) {
        (Granularity::Hour, 2..24) => WHEN + " to 00:00".len(),
        (Granularity::Hour, 24..) => 2 * WHEN + " to ".len(),
        _ => WHEN,
    }
}

/// What some days are called that a day, a week or a month has, or a part of it.
#[must_use]
pub fn called(days: Period, granularity: Granularity) -> String {
    let (first, last) = (days.from, days.to.plus(-1));
    let start = granularity.floor(first.seconds());
    if days == granularity.days_of(start) {
        return when(start, granularity);
    }
    if granularity == Granularity::Month {
        // The same month of two years may stand side by side.
        return format!("{}-{} {}", short_day(first), last.number(), last.month().year());
    }
    if first == last {
        return when(first.seconds(), Granularity::Day);
    }
    days_words(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text::width;

    #[test]
    fn pieces_are_called_as_people_call_them() {
        let at = |text: &str, hour: i64| Day::parse(text).expect("date").seconds() + hour * 3_600;
        for (start, granularity, words, group, name) in [
            (at("2024-11-20", 14), Granularity::Hour, "Wed Nov 20 14:00", "Nov 20", "14h"),
            (at("2024-11-20", 0), Granularity::Day, "Wed Nov 20", "Nov", "20"),
            (at("2024-11-18", 0), Granularity::Week, "week of Nov 18", "Nov", "18"),
            (at("2024-09-01", 0), Granularity::Month, "September 2024", "2024", "Sep"),
        ] {
            assert_eq!(when(start, granularity), words);
            assert!(width(words) <= WHEN);
            assert_eq!(labels(&[start], granularity), [Label { group: group.into(), name: name.into() }]);
        }
    }
    #[test]
    fn pieces_of_one_bar_are_called_by_where_it_begins_and_ends() {
        let day = |text: &str| Day::parse(text).expect("date");
        let period = Period { from: day("2024-11-01"), to: day("2024-12-01") };
        let hour = |text: &str, hour: i64| day(text).seconds() + hour * 3_600;
        for (first, last, granularity, words) in [
            (hour("2024-11-20", 10), hour("2024-11-20", 14), Granularity::Hour, "Wed Nov 20 10:00 to 15:00"),
            (hour("2024-11-20", 21), hour("2024-11-21", 1), Granularity::Hour, "Wed Nov 20 21:00 to 02:00"),
            (hour("2024-11-20", 0), hour("2024-11-21", 5), Granularity::Hour, "Wed Nov 20 00:00 to Thu Nov 21 06:00"),
            (hour("2024-11-02", 0), hour("2024-11-05", 0), Granularity::Day, "Nov 2 to 5"),
            (hour("2024-10-28", 0), hour("2024-11-04", 0), Granularity::Week, "Nov 1 to 10"),
            (hour("2024-11-20", 14), hour("2024-11-20", 14), Granularity::Hour, "Wed Nov 20 14:00"),
        ] {
            let named = named_together(&[first, last], granularity, period);
            assert_eq!(named, words);
            let pieces = (last - first) / 3_600 + 1;
            assert!(width(&named) <= name_columns(granularity, pieces as usize), "{named}");
        }
    }
}
