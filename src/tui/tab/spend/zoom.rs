//! Which days are looked at after a step nearer, further away, earlier or later.
//!
//! Pure arithmetic on days. Knows no lens and no screen.

use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::period::PeriodSpec;

/// Days that can be looked at in one step of the zoom.
const WIDTHS: [i32; 10] = [1, 3, 7, 14, 31, 92, 183, 366, 731, 1096];
/// Pieces of time that a chart is asked for at most: three months of hours.
const PIECES_MAX: i32 = 92 * 24;

/// The days that there is anything to see of: from the first charge to the day of asking.
#[must_use]
pub fn limits(first: Option<Day>, shown: Period, as_of: Day) -> Period {
    let to = as_of.plus(1).max(shown.to);
    Period { from: first.unwrap_or(shown.from).min(shown.from), to }
}

/// Fewer days, with `around` in their middle as far as they stay among those that are shown; `None`
/// where it is one day already.
#[must_use]
pub fn nearer(shown: Period, around: Day) -> Option<Period> {
    let days = WIDTHS.into_iter().rev().find(|w| *w < shown.days())?;
    Some(centred(days, around, shown))
}

/// More days, with `around` in their middle as far as they stay within `limits`; `None` where all of
/// these are shown.
#[must_use]
pub fn further(shown: Period, around: Day, limits: Period) -> Option<Period> {
    let days = WIDTHS.into_iter().find(|w| *w > shown.days()).unwrap_or(shown.days()).min(limits.days());
    let wider = centred(days, around, limits);
    (wider.days() > shown.days()).then_some(wider)
}

fn centred(days: i32, around: Day, within: Period) -> Period {
    let from = around.plus(-days / 2).min(within.to.plus(-days)).max(within.from);
    Period { from, to: from.plus(days) }
}

/// As many days, half their number earlier or later, within `limits`; `None` where it ends there.
#[must_use]
pub fn panned(shown: Period, later: bool, limits: Period) -> Option<Period> {
    let half = (shown.days() / 2).max(1);
    let by = if later { half.min(limits.to.0 - shown.to.0) } else { -half.min(shown.from.0 - limits.from.0) };
    (by != 0).then(|| Period { from: shown.from.plus(by), to: shown.to.plus(by) })
}

/// How a lens says the days: days up to the day of asking move on with it, and what is a whole month
/// is called by its name.
#[must_use]
pub fn spec(period: Period, as_of: Day) -> PeriodSpec {
    if period.to == as_of.plus(1)
        && let Ok(days) = u16::try_from(period.days())
    {
        return PeriodSpec::LastDays(days);
    }
    period.as_month().map_or(PeriodSpec::Range(period), PeriodSpec::Month)
}

/// The next coarser size of pieces, and after the coarsest the finest that is not too fine for so
/// many days.
#[must_use]
pub fn next_pieces(now: Granularity, period: Period) -> Granularity {
    let at = Granularity::ALL.iter().position(|g| *g == now).unwrap_or_default();
    let next = Granularity::ALL[(at + 1) % Granularity::ALL.len()];
    if next == Granularity::Hour && !hours_fit(period) { Granularity::Day } else { next }
}

/// Whether the hours of so many days can be looked at.
#[must_use]
pub fn hours_fit(period: Period) -> bool {
    period.days() <= PIECES_MAX / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: i32, to: i32) -> Period {
        Period { from: Day(from), to: Day(to) }
    }

    #[test]
    fn a_step_nearer_stays_among_the_days_that_are_shown() {
        for (shown, around, want) in [
            (days(100, 130), 115, Some(days(108, 122))),
            (days(100, 130), 100, Some(days(100, 114))),
            (days(100, 130), 129, Some(days(116, 130))),
            (days(100, 121), 110, Some(days(103, 117))),
            (days(100, 114), 107, Some(days(104, 111))),
            (days(100, 107), 103, Some(days(102, 105))),
            (days(100, 103), 102, Some(days(102, 103))),
            (days(100, 101), 100, None),
            (days(0, 400), 200, Some(days(17, 383))),
        ] {
            assert_eq!(nearer(shown, Day(around)), want, "{shown:?} around {around}");
        }
    }

    #[test]
    fn a_step_further_ends_where_the_charges_do() {
        let limits = days(0, 200);
        for (shown, around, want) in [
            (days(100, 101), 100, Some(days(99, 102))),
            (days(100, 107), 103, Some(days(96, 110))),
            (days(190, 197), 195, Some(days(186, 200))),
            (days(0, 7), 3, Some(days(0, 14))),
            (days(50, 142), 100, Some(days(9, 192))),
            (days(9, 192), 100, Some(days(0, 200))),
            (days(0, 200), 100, None),
        ] {
            assert_eq!(further(shown, Day(around), limits), want, "{shown:?} around {around}");
        }
    }

    #[test]
    fn any_walk_stays_within_the_limits_and_holds_the_day_in_the_middle() {
        let limits = days(0, 500);
        for from in (0..500).step_by(13) {
            for width in [1, 2, 7, 30, 200] {
                let shown = days(from, (from + width).min(500));
                for around in [shown.from, shown.to.plus(-1)] {
                    for next in [nearer(shown, around), further(shown, around, limits)].into_iter().flatten() {
                        assert!(
                            next.contains(around) && next.intersect(limits) == next,
                            "{shown:?} {around:?} {next:?}"
                        );
                    }
                }
                for next in [panned(shown, true, limits), panned(shown, false, limits)].into_iter().flatten() {
                    assert_eq!((next.days(), next.intersect(limits)), (shown.days(), next), "{shown:?}");
                }
            }
        }
    }

    #[test]
    fn a_pan_moves_by_half_and_ends_at_the_limits() {
        let limits = days(90, 135);
        for (shown, later, want) in [
            (days(100, 130), false, Some(days(90, 120))),
            (days(100, 130), true, Some(days(105, 135))),
            (days(105, 135), true, None),
            (days(100, 110), true, Some(days(105, 115))),
            (days(100, 101), false, Some(days(99, 100))),
        ] {
            assert_eq!(panned(shown, later, limits), want, "{shown:?} {later}");
        }
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        let as_of = Day::from_ymd(2024, 11, 20).expect("date");
        let period =
            |from: &str, to: &str| Period { from: Day::parse(from).expect("date"), to: Day::parse(to).expect("date") };
        for (from, to, want) in [
            ("2024-11-14", "2024-11-21", "7d"),
            ("2024-10-01", "2024-11-01", "2024-10"),
            ("2024-10-02", "2024-10-09", "2024-10-02..2024-10-09"),
        ] {
            assert_eq!(spec(period(from, to), as_of).to_string(), want);
            assert_eq!(spec(period(from, to), as_of).resolve(as_of), period(from, to));
        }
        let limits = limits(None, period("2024-10-02", "2024-10-09"), as_of);
        assert_eq!(limits.to_string(), "2024-10-02..2024-11-21");
    }

    #[test]
    fn pieces_go_round_and_hours_are_left_out_where_they_would_be_too_many() {
        use Granularity::{Day, Hour, Month, Week};
        for (now, length, want) in [
            (Hour, 30, Day),
            (Day, 30, Week),
            (Week, 30, Month),
            (Month, 30, Hour),
            (Month, 92, Hour),
            (Month, 93, Day),
        ] {
            assert_eq!(next_pieces(now, days(0, length)), want, "{now:?} in {length} days");
        }
    }
}
