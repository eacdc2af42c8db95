//! What the Spend tab remembers: its answer, which pane has the focus, and what is selected in each.
//!
//! Selections are kept by moment and by key, so that they survive a new answer. Draws nothing.

use super::cards::{self, Kind};
use crate::domain::calendar::{Day, Period};
use crate::domain::text::Untrusted;
use crate::engine::answer::{Mover, SpendAnswer};
use crate::tui::tab::Slot;

/// A part of the tab that keys can act on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// The figures at the top.
    Cards,
    /// The chart's pieces of time.
    #[default]
    Chart,
    /// What moved most.
    Movers,
}

/// The Spend tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it asked and was told.
    pub slot: Slot<SpendAnswer>,
    /// What keys act on.
    pub focus: Pane,
    cursor: Option<i64>,
    card: Option<Kind>,
    mover: Option<Vec<Untrusted>>,
}

impl State {
    /// The answer in a currency.
    #[must_use]
    pub fn answer(&self, currency: Option<&str>) -> Option<&SpendAnswer> {
        self.slot.answer(currency, |a| &a.currency)
    }

    /// The selected piece of time: the one that holds the chosen moment, or else the newest with a
    /// known cost.
    #[must_use]
    pub fn cursor(&self, answer: &SpendAnswer) -> Option<usize> {
        let within = |moment: &i64| answer.period.contains(Day::of_seconds(*moment));
        let chosen = self.cursor.filter(within).and_then(|moment| {
            // A week or month can begin before the period does.
            answer.starts.partition_point(|start| *start <= moment).checked_sub(1)
        });
        let known = |at: &usize| answer.totals.get(*at).is_some_and(Option::is_some);
        chosen.or_else(|| (0..answer.starts.len()).rev().find(known)).or(answer.starts.len().checked_sub(1))
    }

    /// Moves the cursor over the pieces of time.
    pub fn move_cursor(&mut self, by: isize, currency: Option<&str>) {
        let Some(answer) = self.answer(currency) else { return };
        let Some(at) = self.cursor(answer) else { return };
        let at = at.saturating_add_signed(by).min(answer.starts.len() - 1);
        self.cursor = answer.starts.get(at).map(|start| (*start).max(answer.period.from.seconds()));
        self.focus = Pane::Chart;
    }

    /// Keeps the cursor where it is, or takes it to the nearest of some days: they are looked at next.
    pub fn hold_cursor(&mut self, within: Period, currency: Option<&str>) {
        let Some(day) = self.cursor_day(currency) else { return };
        let kept = self.cursor.filter(|moment| Day::of_seconds(*moment) == day && within.contains(day));
        let nearest = day.min(within.to.plus(-1)).max(within.from);
        self.cursor = Some(kept.unwrap_or(nearest.seconds()));
    }

    /// The day that the cursor is on, the first of a longer piece.
    #[must_use]
    pub fn cursor_day(&self, currency: Option<&str>) -> Option<Day> {
        let answer = self.answer(currency)?;
        self.selected_days(answer).map(|days| days.from)
    }

    /// The selected move's index, where moves have the focus.
    #[must_use]
    pub fn mover(&self, answer: &SpendAnswer) -> Option<usize> {
        (self.focus == Pane::Movers && !answer.movers.is_empty()).then(|| self.mover_at(answer))
    }

    fn mover_at(&self, answer: &SpendAnswer) -> usize {
        self.mover.as_ref().and_then(|key| answer.movers.iter().position(|m| m.key == *key)).unwrap_or(0)
    }

    /// The selected move.
    #[must_use]
    pub fn selected_mover<'a>(&self, answer: &'a SpendAnswer) -> Option<&'a Mover> {
        answer.movers.get(self.mover(answer)?)
    }

    /// Selects another move; the first step selects the one that was selected last.
    pub fn move_mover(&mut self, by: isize, currency: Option<&str>) {
        let Some(answer) = self.answer(currency) else { return };
        let Some(last) = answer.movers.len().checked_sub(1) else { return };
        let at = self.mover_at(answer);
        let at = if self.focus == Pane::Movers { at.saturating_add_signed(by).min(last) } else { at };
        self.mover = answer.movers.get(at).map(|m| m.key.clone());
        self.focus = Pane::Movers;
    }

    /// Selects a move by its place.
    pub fn select_mover(&mut self, at: usize, currency: Option<&str>) {
        let key = self.answer(currency).and_then(|answer| answer.movers.get(at)).map(|m| m.key.clone());
        if key.is_some() {
            self.mover = key;
            self.focus = Pane::Movers;
        }
    }

    /// The selected figure among those that are shown, where they have the focus.
    #[must_use]
    pub fn card(&self, shown: &[Kind]) -> Option<Kind> {
        let chosen = self.card.filter(|kind| shown.contains(kind));
        chosen.or(shown.first().copied()).filter(|_| self.focus == Pane::Cards)
    }

    /// Selects another of the figures that are shown.
    pub fn move_card(&mut self, by: isize, shown: &[Kind]) {
        let Some(at) = self.card(shown).and_then(|kind| shown.iter().position(|k| *k == kind)) else { return };
        let at = at.saturating_add_signed(by).min(shown.len() - 1);
        self.card = shown.get(at).copied();
    }

    /// Gives the focus to the next of the panes that are shown.
    pub fn next_pane(&mut self, shown: &[Pane]) {
        let at = shown.iter().position(|pane| *pane == self.focus);
        if let Some(next) = shown.get(at.map_or(0, |at| (at + 1) % shown.len())) {
            self.focus = *next;
        }
    }

    /// The days of the selected piece, as far as they are looked at.
    #[must_use]
    pub fn selected_days(&self, answer: &SpendAnswer) -> Option<Period> {
        let at = self.cursor(answer)?;
        let from = Day::of_seconds(*answer.starts.get(at)?);
        let to = answer.starts.get(at + 1).map_or(answer.period.to, |next| Day::of_seconds(*next));
        Some(Period { from: from.max(answer.period.from), to: to.max(from.plus(1)) })
    }

    /// The days of the selected figure; `None` where it is of no days.
    #[must_use]
    pub fn card_days(&self, answer: &SpendAnswer, shown: &[Kind]) -> Option<Period> {
        cards::days(self.card(shown)?, answer)
    }
}
