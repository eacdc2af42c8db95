//! Dates as exports of several countries write them.

use crate::domain::calendar::{Day, parse_timestamp};

/// The day of a date: `2024-09-21` with or without a time, `20240921`, `09/21/2024` with the month first,
/// `21.09.2024`. Years have four digits.
#[must_use]
pub fn day(raw: &[u8]) -> Option<Day> {
    if raw.get(4) == Some(&b'-') {
        return parse_timestamp(raw).map(Day::of_seconds);
    }
    let text = std::str::from_utf8(raw).ok()?;
    // A time may follow, and is midnight.
    let date = text.split([' ', 'T']).next()?;
    if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        return of(&date[..4], &date[4..6], &date[6..]);
    }
    let mark = if date.contains('/') { '/' } else { '.' };
    let mut parts = date.split(mark);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    if mark == '/' { of(year, first, second) } else { of(year, second, first) }
}

fn of(year: &str, month: &str, day: &str) -> Option<Day> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    Day::from_ymd(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_several_countries_are_read_and_none_is_guessed() {
        for raw in
            ["2024-09-21", "2024-09-21T00:00:00Z", "20240921", "09/21/2024", "9/21/2024 12:00:00 AM", "21.09.2024"]
        {
            assert_eq!(day(raw.as_bytes()).map(|d| d.to_string()).as_deref(), Some("2024-09-21"), "{raw}");
        }
        for raw in
            ["", "21/09/2024", "9/21/24", "2024-9-21", "09.21.2024", "45556", "2024092", "1/2/3/2024", "a/b/2024"]
        {
            assert_eq!(day(raw.as_bytes()), None, "{raw}");
        }
    }
}
