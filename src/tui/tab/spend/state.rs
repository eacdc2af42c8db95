//! What the Spend tab remembers: its answer, the selected day and the selected move.
//!
//! Selections are kept by moment and by key, so that they survive a new answer. Draws nothing.

use crate::domain::calendar::{Day, Period};
use crate::domain::text::Untrusted;
use crate::engine::answer::{Mover, SpendAnswer};
use crate::tui::tab::Slot;

/// What Enter opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Focus {
    /// The selected day.
    #[default]
    Day,
    /// The selected move.
    Mover,
}

/// The Spend tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it asked and was told.
    pub slot: Slot<SpendAnswer>,
    /// What was moved last.
    pub focus: Focus,
    cursor: Option<i64>,
    mover: Option<Vec<Untrusted>>,
}

impl State {
    /// The answer in a currency.
    #[must_use]
    pub fn answer(&self, currency: Option<&str>) -> Option<&SpendAnswer> {
        self.slot.answer(currency, |a| &a.currency)
    }

    /// The selected piece of time: the one that was chosen, or else the newest with a known cost.
    #[must_use]
    pub fn cursor(&self, answer: &SpendAnswer) -> Option<usize> {
        let chosen = self.cursor.and_then(|start| answer.starts.iter().position(|s| *s == start));
        let known = |at: &usize| answer.totals.get(*at).is_some_and(Option::is_some);
        chosen.or_else(|| (0..answer.starts.len()).rev().find(known)).or(answer.starts.len().checked_sub(1))
    }

    /// Moves the day cursor.
    pub fn move_cursor(&mut self, by: isize, currency: Option<&str>) {
        let Some(answer) = self.answer(currency) else { return };
        let Some(at) = self.cursor(answer) else { return };
        let at = at.saturating_add_signed(by).min(answer.starts.len() - 1);
        self.cursor = answer.starts.get(at).copied();
        self.focus = Focus::Day;
    }

    /// The selected move's index, where moves have the focus.
    #[must_use]
    pub fn mover(&self, answer: &SpendAnswer) -> Option<usize> {
        (self.focus == Focus::Mover && !answer.movers.is_empty())
            .then(|| self.mover.as_ref().and_then(|key| answer.movers.iter().position(|m| m.key == *key)).unwrap_or(0))
    }

    /// The selected move.
    #[must_use]
    pub fn selected_mover<'a>(&self, answer: &'a SpendAnswer) -> Option<&'a Mover> {
        answer.movers.get(self.mover(answer)?)
    }

    /// Selects another move; the first step selects the first.
    pub fn move_mover(&mut self, by: isize, currency: Option<&str>) {
        let Some(answer) = self.answer(currency) else { return };
        let Some(last) = answer.movers.len().checked_sub(1) else { return };
        let at = self.mover(answer).map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.mover = answer.movers.get(at).map(|m| m.key.clone());
        self.focus = Focus::Mover;
    }

    /// The days of the selected piece.
    #[must_use]
    pub fn selected_days(&self, answer: &SpendAnswer) -> Option<Period> {
        let at = self.cursor(answer)?;
        let from = Day::of_seconds(*answer.starts.get(at)?);
        let to = answer.starts.get(at + 1).map_or(answer.period.to, |next| Day::of_seconds(*next));
        Some(Period { from, to: to.max(from.plus(1)) })
    }
}
