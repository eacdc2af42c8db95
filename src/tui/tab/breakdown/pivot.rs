//! The pivot's state: which pieces of time its columns are, and which cell is selected.
//!
//! The cell is kept by the moment that its piece starts, so that it survives a new answer. Pure.

use crate::domain::calendar::{Day, Granularity, Period};
use crate::engine::answer::BreakdownAnswer;

/// The sizes of pieces, in the order in which they are taken.
const SIZES: [Granularity; 3] = [Granularity::Day, Granularity::Week, Granularity::Month];

/// Which pieces are shown and which of them is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pivot {
    /// How large the pieces are, where that was chosen.
    chosen: Option<Granularity>,
    /// The start of the selected piece, seconds since 1970; the newest with a cost where `None`.
    start: Option<i64>,
    /// The first visible piece, before the selected one is brought into view.
    offset: usize,
}

impl Pivot {
    /// How large the pieces of a period are.
    #[must_use]
    pub fn pieces(&self, period: Period) -> Granularity {
        self.chosen.unwrap_or(match period.days() {
            ..=45 => Granularity::Day,
            46..=190 => Granularity::Week,
            _ => Granularity::Month,
        })
    }

    /// Takes the next size.
    pub fn next_size(&mut self, period: Period) {
        let at = SIZES.iter().position(|size| *size == self.pieces(period)).unwrap_or_default();
        self.chosen = Some(SIZES[(at + 1) % SIZES.len()]);
        self.start = None;
    }

    /// The selected piece, as an index into the answer's.
    #[must_use]
    pub fn selected(&self, answer: &BreakdownAnswer) -> usize {
        let chosen = self.start.and_then(|start| answer.starts.iter().position(|s| *s == start));
        let spent = |at: &usize| {
            let mut costs = answer.rows.iter().filter_map(|row| *row.trend.get(*at)?);
            costs.any(|cost| !cost.is_zero())
        };
        let newest = || (0..answer.starts.len()).rev().find(spent);
        chosen.or_else(newest).unwrap_or(answer.starts.len().saturating_sub(1))
    }

    /// Selects a piece so many further on, where `room` of them are seen.
    pub fn step(&mut self, by: isize, room: usize, answer: &BreakdownAnswer) {
        self.offset = self.first(room, answer);
        let at = self.selected(answer).saturating_add_signed(by).min(answer.starts.len().saturating_sub(1));
        self.start = answer.starts.get(at).copied();
        self.offset = self.first(room, answer);
    }

    /// The first visible piece where `room` are seen, so that the selected one is.
    #[must_use]
    pub fn first(&self, room: usize, answer: &BreakdownAnswer) -> usize {
        let selected = self.selected(answer);
        let last = answer.starts.len().saturating_sub(room);
        let least = (selected + 1).saturating_sub(room.max(1));
        // Before anything was chosen the newest pieces are seen.
        let offset = if self.start.is_none() { last } else { self.offset };
        offset.min(last).clamp(least, selected)
    }
}

/// The days of a piece that lie in the answer's period.
#[must_use]
pub fn days(answer: &BreakdownAnswer, at: usize) -> Option<Period> {
    let from = Day::of_seconds(*answer.starts.get(at)?);
    let to = answer.starts.get(at + 1).map_or(answer.period.to, |next| Day::of_seconds(*next));
    Some(Period { from, to }.intersect(answer.period))
}

/// Whether only a part of a piece lies in the answer's period.
#[must_use]
pub fn is_part(answer: &BreakdownAnswer, at: usize) -> bool {
    let whole = match answer.granularity {
        Granularity::Hour | Granularity::Day => 1,
        Granularity::Week => 7,
        Granularity::Month => answer.starts.get(at).map_or(0, |start| Day::of_seconds(*start).month().period().days()),
    };
    days(answer, at).is_some_and(|days| days.days() < whole)
}

/// What a piece is called over its column: `Nov 9`, `Nov 2024`.
#[must_use]
pub fn title(granularity: Granularity, start: i64) -> String {
    let day = Day::of_seconds(start);
    match granularity {
        Granularity::Month => format!("{} {}", &day.month().name()[..3], day.month().year()),
        _ => crate::tui::tab::short_day(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples;

    /// An answer of so many days.
    fn long(days: usize) -> BreakdownAnswer {
        let mut answer = samples::answer(&[("web", Some(1), None)]);
        let from = answer.period.from;
        answer.period.to = from.plus(days as i32);
        answer.starts = (0..days as i32).map(|day| from.plus(day).seconds()).collect();
        answer.rows[0].trend = (0..days).map(|day| Some(samples::amount(i64::from(day < 20)))).collect();
        answer
    }

    #[test]
    fn the_selected_piece_is_always_in_view() {
        let answer = long(30);
        let mut pivot = Pivot::default();
        assert_eq!((pivot.selected(&answer), pivot.first(8, &answer)), (19, 19), "the newest that cost something");
        for by in [-3, -30, 5, 1, 1, 40, -2, isize::MIN, isize::MAX] {
            for room in [1, 5, 8, 30, 99] {
                pivot.step(by, room, &answer);
                let (at, first) = (pivot.selected(&answer), pivot.first(room, &answer));
                assert!(first <= at && at < first + room && at < 30, "{by} {room}: {at} from {first}");
            }
        }
        let none = long(0);
        pivot.step(1, 5, &none);
        assert_eq!((pivot.selected(&none), pivot.first(5, &none)), (0, 0));
    }

    #[test]
    fn stepping_scrolls_no_further_than_it_must() {
        let answer = long(30);
        let mut pivot = Pivot::default();
        pivot.step(-9, 8, &answer);
        assert_eq!((pivot.selected(&answer), pivot.first(8, &answer)), (10, 10));
        pivot.step(7, 8, &answer);
        assert_eq!((pivot.selected(&answer), pivot.first(8, &answer)), (17, 10));
        pivot.step(1, 8, &answer);
        assert_eq!((pivot.selected(&answer), pivot.first(8, &answer)), (18, 11));
    }

    #[test]
    fn sizes_follow_the_period_until_one_is_chosen() {
        let of = |days| Period { from: Day(0), to: Day(days) };
        let mut pivot = Pivot::default();
        for (days, size) in [(30, Granularity::Day), (92, Granularity::Week), (365, Granularity::Month)] {
            assert_eq!(pivot.pieces(of(days)), size);
        }
        pivot.next_size(of(30));
        assert_eq!(pivot.pieces(of(30)), Granularity::Week);
        pivot.next_size(of(365));
        pivot.next_size(of(365));
        assert_eq!(pivot.pieces(of(365)), Granularity::Day);
    }

    #[test]
    fn a_piece_has_the_days_of_the_period_only() {
        let mut answer = samples::answer(&[]);
        let monday = answer.period.from.week_start();
        answer.granularity = Granularity::Week;
        answer.starts = vec![monday.seconds()];
        assert!(monday < answer.period.from);
        assert_eq!(days(&answer, 0), Some(answer.period));
        assert_eq!(days(&answer, 1), None);
        answer.starts = vec![monday.seconds(), monday.plus(7).seconds()];
        assert!(is_part(&answer, 0) && days(&answer, 0).is_some_and(|days| days.days() < 7));
        assert_eq!(title(Granularity::Month, answer.starts[0]), "Oct 2024");
        assert_eq!(title(Granularity::Day, answer.period.from.seconds()), "Nov 1");
    }
}
