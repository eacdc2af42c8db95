//! The period's picker: presets, a calendar to choose days in, and a line for a period's words.
//!
//! What is typed goes to the line, whichever side the arrows move on; it narrows the presets and
//! may mean a period by itself. Knows no lens: choosing gives a [`PeriodSpec`]. Draws nothing
//! ([`calendar_view`](super::calendar_view)).

use super::line::EditedLine;
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::period::{Comparison, PeriodSpec};
use crate::tui::action::Action;

/// What the days are like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Today: the last day that can be chosen.
    pub as_of: Day,
    /// The first and the last day with charges, where they are known.
    pub data: Option<(Day, Day)>,
    /// The last day that no provider restates any more.
    pub settled_through: Option<Day>,
    /// What a period is held against.
    pub comparison: Comparison,
}

impl Facts {
    /// Whether there can be charges on a day; `true` while it is not known.
    #[must_use]
    pub fn has_data(&self, day: Day) -> bool {
        self.data.is_none_or(|(first, last)| first <= day && day <= last)
    }

    /// Whether a day with charges may still change.
    #[must_use]
    pub fn is_unsettled(&self, day: Day) -> bool {
        self.has_data(day) && day <= self.as_of && self.settled_through.is_some_and(|settled| day > settled)
    }
}

/// Where arrows move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Among the presets.
    Presets,
    /// Among the days.
    Days,
}

/// The open picker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    line: EditedLine,
    /// What is offered: the period that is looked at where it is no preset, then the presets.
    offered: Vec<PeriodSpec>,
    /// The selected one among [`Self::presets`].
    selected: usize,
    side: Side,
    day: Day,
    start: Option<Day>,
    refused: bool,
}

/// The same day of another month, or that month's last.
fn same_day(day: Day, months: i32) -> Day {
    let month = day.month().plus(months);
    Day(month.first().0 + day.0 - day.month().first().0).min(month.period().to.plus(-1))
}

impl Calendar {
    /// The picker over the period that is looked at.
    #[must_use]
    pub fn new(now: PeriodSpec, facts: &Facts) -> Calendar {
        let mut offered = PeriodSpec::PRESETS.to_vec();
        let selected = offered.iter().position(|p| *p == now).unwrap_or_else(|| {
            offered.insert(0, now);
            0
        });
        let line = EditedLine::default();
        let mut new =
            Calendar { line, offered, selected, side: Side::Presets, day: facts.as_of, start: None, refused: false };
        new.follow(facts);
        new
    }

    /// What was typed.
    #[must_use]
    pub fn line(&self) -> &EditedLine {
        &self.line
    }

    /// Where arrows move.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// The day at the cursor.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// The first day, once it was chosen.
    #[must_use]
    pub fn start(&self) -> Option<Day> {
        self.start
    }

    /// Whether Enter found no period in what was typed.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// The selected one among the presets.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The presets that what was typed leaves.
    #[must_use]
    pub fn presets(&self, as_of: Day) -> Vec<PeriodSpec> {
        let typed = self.line.text().to_lowercase().replace(['-', '_'], " ");
        let holds = |spec: &&PeriodSpec| {
            let words = format!("{} {}", spec.describe(as_of), spec).to_lowercase().replace('-', " ");
            typed.split_whitespace().all(|word| words.contains(word))
        };
        self.offered.iter().filter(holds).copied().collect()
    }

    /// The period that Enter would choose, or begins or ends.
    #[must_use]
    pub fn candidate(&self, as_of: Day) -> Option<PeriodSpec> {
        if !self.line.text().trim().is_empty() {
            let preset = || self.presets(as_of).get(self.selected).copied();
            return PeriodSpec::parse(self.line.text(), as_of).or_else(preset);
        }
        match self.side {
            Side::Presets => self.presets(as_of).get(self.selected).copied(),
            Side::Days => {
                let start = self.start.unwrap_or(self.day);
                Some(PeriodSpec::of_days(Period { from: start.min(self.day), to: start.max(self.day).plus(1) }))
            }
        }
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str, facts: &Facts) {
        self.line.insert(text);
        self.typed(facts);
    }

    fn typed(&mut self, facts: &Facts) {
        self.selected = 0;
        self.refused = false;
        self.follow(facts);
    }

    /// Has the days show what would be chosen, while arrows do not move among them.
    fn follow(&mut self, facts: &Facts) {
        if (self.side == Side::Presets || !self.line.text().is_empty())
            && let Some(spec) = self.candidate(facts.as_of)
        {
            self.day = spec.resolve(facts.as_of).to.plus(-1).clamp(Day(0), facts.as_of);
        }
    }

    /// Moves, edits the line or changes sides; other actions do nothing. A page is a month, or `page`
    /// presets.
    pub fn edit(&mut self, action: Action, page: usize, facts: &Facts) {
        match (self.side, action) {
            (_, Action::OtherSide) => {
                self.side = if self.side == Side::Days { Side::Presets } else { Side::Days };
                self.follow(facts);
            }
            (Side::Presets, Action::DayAfter) => self.side = Side::Days,
            (_, Action::DeleteBefore) if self.line.text().is_empty() => self.give_up(),
            (Side::Presets, _) => match crate::tui::app::distance(action, page) {
                Some(by) => {
                    let last = self.presets(facts.as_of).len().saturating_sub(1);
                    self.selected = self.selected.saturating_add_signed(by).min(last);
                    self.follow(facts);
                }
                None => self.edit_line(action, facts),
            },
            (Side::Days, _) => match self.moved(action) {
                Some(day) => self.day = day.clamp(Day(0), facts.as_of),
                None => self.edit_line(action, facts),
            },
        }
    }

    fn edit_line(&mut self, action: Action, facts: &Facts) {
        if self.line.edit(action) {
            self.typed(facts);
        }
    }

    fn moved(&self, action: Action) -> Option<Day> {
        let month: Month = self.day.month();
        Some(match action {
            Action::DayBefore => self.day.plus(-1),
            Action::DayAfter => self.day.plus(1),
            Action::Up => self.day.plus(-7),
            Action::Down => self.day.plus(7),
            Action::PageUp => same_day(self.day, -1),
            Action::PageDown => same_day(self.day, 1),
            Action::First => month.first(),
            Action::Last => month.period().to.plus(-1),
            _ => return None,
        })
    }

    /// Takes what is selected: a period where one is chosen now. The first of two days is kept, and a
    /// text that means nothing is refused.
    pub fn choose(&mut self, as_of: Day) -> Option<PeriodSpec> {
        let chosen = self.candidate(as_of);
        let begins = self.side == Side::Days && self.line.text().trim().is_empty() && self.start.is_none();
        if begins {
            self.start = Some(self.day);
            return None;
        }
        self.refused = chosen.is_none();
        chosen
    }

    /// Gives the first day up.
    pub fn give_up(&mut self) {
        self.start = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect(text)
    }

    fn facts(as_of: &str) -> Facts {
        let as_of = day(as_of);
        Facts {
            as_of,
            data: Some((as_of.plus(-400), as_of)),
            settled_through: Some(as_of.plus(-3)),
            comparison: Comparison::Previous,
        }
    }

    #[test]
    fn arrows_go_by_days_weeks_and_months_over_every_edge() {
        use Action as A;
        for (as_of, from, moves, want) in [
            ("2024-11-20", "2024-11-01", &[A::DayBefore][..], "2024-10-31"),
            ("2024-11-20", "2024-01-01", &[A::DayBefore], "2023-12-31"),
            ("2024-11-20", "2023-12-31", &[A::DayAfter], "2024-01-01"),
            ("2024-11-20", "2024-02-28", &[A::DayAfter], "2024-02-29"),
            ("2024-11-20", "2024-02-28", &[A::DayAfter, A::DayAfter], "2024-03-01"),
            ("2024-11-20", "2023-02-28", &[A::DayAfter], "2023-03-01"),
            ("2024-11-20", "2024-03-31", &[A::PageUp], "2024-02-29"),
            ("2024-11-20", "2023-03-31", &[A::PageUp], "2023-02-28"),
            ("2024-11-20", "2024-01-31", &[A::PageUp], "2023-12-31"),
            ("2024-11-20", "2023-12-15", &[A::PageDown], "2024-01-15"),
            ("2024-11-20", "2024-03-04", &[A::Up], "2024-02-26"),
            ("2024-11-20", "2023-12-28", &[A::Down], "2024-01-04"),
            ("2024-11-20", "2024-02-10", &[A::Last], "2024-02-29"),
            ("2024-11-20", "2024-02-10", &[A::First], "2024-02-01"),
            ("2024-11-20", "2024-11-20", &[A::DayAfter], "2024-11-20"),
            ("2024-11-20", "2024-11-18", &[A::Last], "2024-11-20"),
            ("1970-01-02", "1970-01-01", &[A::DayBefore], "1970-01-01"),
        ] {
            let facts = facts(as_of);
            let one = Period { from: day(from), to: day(from).plus(1) };
            let mut calendar = Calendar::new(PeriodSpec::Range(one), &facts);
            calendar.edit(A::OtherSide, 5, &facts);
            moves.iter().for_each(|action| calendar.edit(*action, 5, &facts));
            assert_eq!(calendar.day(), day(want), "{from} {moves:?}");
        }
    }

    #[test]
    fn two_days_in_any_order_are_a_period_and_whole_months_are_months() {
        let facts = facts("2024-11-20");
        for (first, second, want) in [
            ("2024-09-03", "2024-09-10", "2024-09-03..2024-09-11"),
            ("2024-09-10", "2024-09-03", "2024-09-03..2024-09-11"),
            ("2024-09-10", "2024-09-10", "2024-09-10..2024-09-11"),
            ("2024-09-01", "2024-09-30", "2024-09"),
            ("2024-09-30", "2024-07-01", "2024-Q3"),
        ] {
            let mut calendar = Calendar::new(PeriodSpec::ThisMonth, &facts);
            calendar.edit(Action::OtherSide, 5, &facts);
            calendar.day = day(first);
            assert_eq!(calendar.choose(facts.as_of), None, "the first day");
            assert_eq!(calendar.start(), Some(day(first)));
            calendar.day = day(second);
            assert_eq!(calendar.choose(facts.as_of).map(|p| p.to_string()).as_deref(), Some(want));
        }
    }

    #[test]
    fn what_is_typed_is_a_period_or_narrows_the_presets() {
        let facts = facts("2024-11-20");
        for (typed, want) in [
            ("2024-09", Some("2024-09")),
            ("last-quarter", Some("last-quarter")),
            ("last q", Some("last-quarter")),
            ("30d", Some("30d")),
            ("quarter", Some("this-quarter")),
            ("2024-09-01..2024-10-01", Some("2024-09-01..2024-10-01")),
            ("90", Some("90d")),
            ("november to", Some("this-month")),
            ("blue moon", None),
        ] {
            let mut calendar = Calendar::new(PeriodSpec::ThisMonth, &facts);
            calendar.insert(typed, &facts);
            let chosen = calendar.choose(facts.as_of).map(|p| p.to_string());
            assert_eq!((chosen.as_deref(), calendar.refused()), (want, want.is_none()), "{typed}");
        }
    }

    #[test]
    fn the_days_follow_the_presets_and_a_period_of_ones_own_comes_first() {
        let facts = facts("2024-11-20");
        let own = PeriodSpec::Month(Month::new(2024, 2));
        let mut calendar = Calendar::new(own, &facts);
        assert_eq!((calendar.presets(facts.as_of)[0], calendar.day()), (own, day("2024-02-29")));
        calendar.edit(Action::Last, 5, &facts);
        assert_eq!(calendar.candidate(facts.as_of), Some(PeriodSpec::LastDays(1)));
        assert_eq!(calendar.day(), facts.as_of);
        calendar.edit(Action::Up, 5, &facts);
        assert_eq!(calendar.day(), day("2023-12-31"));
        assert!(facts.is_unsettled(day("2024-11-19")) && !facts.is_unsettled(day("2024-11-17")));
        assert!(!facts.is_unsettled(day("2024-11-21")) && !facts.has_data(day("2022-11-21")));
    }
}
