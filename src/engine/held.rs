//! Which pieces of time are held against which.
//!
//! Days, hours and months in their order: the n-th against the n-th. Weeks cannot be: the other days'
//! weeks begin elsewhere among them, so that a week of seven days would meet one of three. A week is held
//! against as many days, as far from their first. Pure.

use hashbrown::HashMap;

use super::query::pieces;
use crate::domain::calendar::{Day, Granularity, Period};

/// The pieces in which the earlier days of pieces of this size are added up.
#[must_use]
pub fn added_up_by(granularity: Granularity) -> Granularity {
    if granularity == Granularity::Week { Granularity::Day } else { granularity }
}

/// For the start of each piece (see [`added_up_by`]) of the days `against`, the start of the piece of
/// `period` that it is held against; none where there is no such piece.
#[must_use]
pub fn against(period: Period, against: Period, granularity: Granularity) -> HashMap<i64, i64> {
    let earlier = pieces(against, added_up_by(granularity)).into_iter();
    if granularity != Granularity::Week {
        return earlier.zip(pieces(period, granularity)).collect();
    }
    let days = (0..period.days()).map(|day| granularity.floor(period.from.plus(day).seconds()));
    earlier.zip(days).collect()
}

/// The days of `against` that the piece of `period` with this start is held against; none where there are
/// none.
#[must_use]
pub fn days_against(period: Period, against: Period, granularity: Granularity, start: i64) -> Option<Period> {
    if granularity != Granularity::Week {
        let at = pieces(period, granularity).iter().position(|piece| *piece == start)?;
        let piece = pieces(against, granularity).get(at).copied()?;
        return Some(granularity.days_of(piece).intersect(against));
    }
    let own = granularity.days_of(start).intersect(period);
    let moved = |day: Day| against.from.plus(day.0 - period.from.0);
    let days = Period { from: moved(own.from), to: moved(own.to) }.intersect(against);
    (days.days() > 0).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Period {
        Period { from: Day::parse(from).expect("date"), to: Day::parse(to).expect("date") }
    }

    #[test]
    fn weeks_are_held_against_as_many_days() {
        // 2026-11-01 is a Sunday, 2026-10-01 a Thursday.
        let (now, before) = (days("2026-11-01", "2026-11-22"), days("2026-10-01", "2026-10-22"));
        let held = |start: &str| {
            let start = Day::parse(start).expect("date").seconds();
            let of = |held: Option<Period>| held.map(|d| d.to_string());
            (
                Granularity::Week.days_of(start).intersect(now).to_string(),
                of(days_against(now, before, Granularity::Week, start)),
            )
        };
        for (start, own, earlier) in [
            ("2026-10-26", "2026-11-01..2026-11-02", "2026-10-01..2026-10-02"),
            ("2026-11-02", "2026-11-02..2026-11-09", "2026-10-02..2026-10-09"),
            ("2026-11-16", "2026-11-16..2026-11-22", "2026-10-16..2026-10-22"),
        ] {
            assert_eq!(held(start), (own.to_owned(), Some(earlier.to_owned())));
        }
        let all = against(now, before, Granularity::Week);
        assert_eq!(all.len(), 21, "each day once");
        let start = |day: &str| Day::parse(day).expect("date").seconds();
        assert_eq!(all[&start("2026-10-02")], start("2026-11-02"));
        assert_eq!(all[&start("2026-10-21")], start("2026-11-16"));
    }

    #[test]
    fn months_and_days_are_held_against_each_other_in_their_order() {
        let (now, before) = (days("2026-11-01", "2026-11-22"), days("2026-10-01", "2026-10-22"));
        let start = now.from.seconds();
        assert_eq!(days_against(now, before, Granularity::Month, start), Some(before));
        assert_eq!(days_against(now, before, Granularity::Day, start), Some(days("2026-10-01", "2026-10-02")));
        let longer = days("2026-11-01", "2026-12-01");
        let last = days("2026-11-30", "2026-12-01").from.seconds();
        assert_eq!(days_against(longer, days("2026-09-01", "2026-09-30"), Granularity::Day, last), None);
    }
}
