//! What the Spend tab remembers: its answer, which pane has the focus, and what is selected in each.
//!
//! Selections are kept by moment and by key, so that they survive a new answer. Draws nothing.

use std::ops::Range;

use super::ahead;
use super::attention::Item;
use super::cards::Kind;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::text::Untrusted;
use crate::engine::answer::{
    BudgetAnswer, DriversAnswer, ForecastAnswer, Mover, NoticeKind, SpendAnswer, SpendDetails, TopResource,
};
use crate::engine::forecast;
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
    /// The costliest resources.
    Resources,
    /// What needs attention.
    Attention,
}

/// What of a lens the details follow from: not how the chart is cut.
#[must_use]
pub fn of_details(lens: &Lens) -> Lens {
    Lens { by: Vec::new(), granularity: Granularity::Day, ..lens.clone() }
}

/// What the reasons of an answer's moves are asked through.
#[must_use]
pub fn of_drivers(lens: &Lens, answer: &SpendAnswer) -> Lens {
    Lens { by: answer.movers_by.clone(), ..of_details(lens) }
}

/// Whether no charge lies in an answer's days or in those that they are held against.
fn is_nothing(answer: &SpendAnswer) -> bool {
    let left_out = answer.notices.iter().any(|notice| notice.kind == NoticeKind::InNoHour);
    answer.rows == 0 && answer.movers.is_empty() && !left_out
}

/// The Spend tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it asked and was told.
    pub slot: Slot<SpendAnswer>,
    /// What it asked besides, once that was answered.
    pub details: Slot<SpendDetails>,
    /// What will come, asked likewise.
    pub forecast: Slot<ForecastAnswer>,
    /// How budgets stand, asked likewise.
    pub budgets: Slot<BudgetAnswer>,
    /// Why what moved did, asked likewise.
    pub drivers: Slot<DriversAnswer>,
    /// What keys act on: one of the panes that are drawn.
    pub focus: Pane,
    /// What they act on as soon as it is drawn.
    wanted: Pane,
    cursor: Option<i64>,
    card: Option<Kind>,
    mover: Option<Vec<Untrusted>>,
    resource: Option<Untrusted>,
    notice: Option<Item>,
}

impl State {
    /// The answer in a currency.
    #[must_use]
    pub fn answer(&self, currency: Option<&str>) -> Option<&SpendAnswer> {
        self.slot.answer(currency, |a| &a.currency).filter(|answer| !is_nothing(answer))
    }

    /// Whether what was asked was told, and there is nothing in it.
    #[must_use]
    pub fn is_nothing(&self, currency: Option<&str>) -> Option<bool> {
        self.slot.shown.as_ref().map(|_| self.answer(currency).is_none())
    }

    /// The details in a currency; `None` where those that are here are of another lens than the
    /// answer is.
    #[must_use]
    pub fn details(&self, currency: Option<&str>) -> Option<&SpendDetails> {
        let lens = of_details(&self.slot.shown.as_ref()?.lens);
        self.details.shown.as_ref().filter(|shown| shown.lens == lens)?;
        self.details.answer(currency, |details| &details.currency).filter(|d| currency.is_none_or(|c| c == d.currency))
    }

    /// What will come, likewise.
    #[must_use]
    pub fn forecast(&self, currency: Option<&str>) -> Option<&ForecastAnswer> {
        let lens = forecast::of(&self.slot.shown.as_ref()?.lens);
        self.forecast.shown.as_ref().filter(|shown| shown.lens == lens)?;
        self.forecast.answer(currency, |told| &told.currency).filter(|told| currency.is_none_or(|c| c == told.currency))
    }

    /// The reasons of the moves, likewise.
    #[must_use]
    pub fn drivers(&self, answer: &SpendAnswer) -> Option<&DriversAnswer> {
        let lens = of_drivers(&self.slot.shown.as_ref()?.lens, answer);
        let shown = self.drivers.shown.as_ref().filter(|shown| shown.lens == lens)?;
        shown.answers.iter().find(|drivers| drivers.currency == answer.currency)
    }

    /// How budgets stand, once that is told.
    #[must_use]
    pub fn budgets(&self) -> Option<&[BudgetAnswer]> {
        Some(&self.budgets.shown.as_ref()?.answers)
    }

    /// The days that are charted: those that are looked at, and those ahead of them.
    #[must_use]
    pub fn charted(&self, answer: &SpendAnswer) -> Period {
        Period { from: answer.period.from, to: ahead::days(self, answer).to }
    }

    /// How many pieces of time are charted.
    #[must_use]
    pub fn pieces(&self, answer: &SpendAnswer) -> usize {
        ahead::starts(self, answer).len()
    }

    /// The selected piece of time: the one that holds the chosen moment, or else the newest with a
    /// known cost.
    #[must_use]
    pub fn cursor(&self, answer: &SpendAnswer) -> Option<usize> {
        let days = self.charted(answer);
        let within = |moment: &i64| days.contains(Day::of_seconds(*moment));
        let chosen = self.cursor.filter(within).and_then(|moment| {
            // A week or month can begin before the period does.
            ahead::starts(self, answer).partition_point(|start| *start <= moment).checked_sub(1)
        });
        let known = |at: &usize| answer.totals.get(*at).is_some_and(Option::is_some);
        chosen.or_else(|| (0..answer.starts.len()).rev().find(known)).or(answer.starts.len().checked_sub(1))
    }

    /// The pieces of time that the selected bar adds up, where each bar adds up so many.
    #[must_use]
    pub fn bar(&self, answer: &SpendAnswer, together: usize) -> Option<Range<usize>> {
        let from = self.cursor(answer)? / together * together;
        Some(from..(from + together).min(self.pieces(answer)))
    }

    /// Moves the cursor over bars that add up so many pieces of time each.
    pub fn move_cursor(&mut self, by: isize, together: usize, currency: Option<&str>) {
        let Some(answer) = self.answer(currency) else { return };
        let Some(at) = self.cursor(answer) else { return };
        let starts = ahead::starts(self, answer);
        let last = (starts.len() - 1) / together;
        let at = (at / together).saturating_add_signed(by).min(last) * together;
        self.cursor = starts.get(at).map(|start| (*start).max(answer.period.from.seconds()));
        self.turn_to(Pane::Chart);
    }

    /// Keeps the cursor where it is, or takes it to the nearest of some days: they are looked at next.
    pub fn hold_cursor(&mut self, within: Period, currency: Option<&str>) {
        let Some(piece) = self.answer(currency).and_then(|answer| self.selected_days(answer, 1)) else { return };
        let kept = self.cursor.filter(|moment| {
            let day = Day::of_seconds(*moment);
            piece.contains(day) && within.contains(day)
        });
        let nearest = piece.from.min(within.to.plus(-1)).max(within.from);
        self.cursor = Some(kept.unwrap_or(nearest.seconds()));
    }

    /// The day that the cursor is on, the first of a longer piece.
    #[must_use]
    pub fn cursor_day(&self, currency: Option<&str>) -> Option<Day> {
        let answer = self.answer(currency)?;
        self.selected_days(answer, 1).map(|days| days.from)
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
        self.turn_to(Pane::Movers);
    }

    /// Selects a move by its place.
    pub fn select_mover(&mut self, at: usize, currency: Option<&str>) {
        let key = self.answer(currency).and_then(|answer| answer.movers.get(at)).map(|m| m.key.clone());
        if key.is_some() {
            self.mover = key;
            self.turn_to(Pane::Movers);
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

    /// The selected resource's index, where resources have the focus.
    #[must_use]
    pub fn resource(&self, details: &SpendDetails) -> Option<usize> {
        (self.focus == Pane::Resources && !details.resources.is_empty()).then(|| self.resource_at(details))
    }

    /// The selected resource.
    #[must_use]
    pub fn selected_resource<'a>(&self, details: &'a SpendDetails) -> Option<&'a TopResource> {
        details.resources.get(self.resource(details)?)
    }

    fn resource_at(&self, details: &SpendDetails) -> usize {
        self.resource.as_ref().and_then(|id| details.resources.iter().position(|r| r.id == *id)).unwrap_or(0)
    }

    /// Selects another resource.
    pub fn move_resource(&mut self, by: isize, currency: Option<&str>) {
        let Some(details) = self.details(currency) else { return };
        let Some(last) = details.resources.len().checked_sub(1) else { return };
        let at = self.resource_at(details).saturating_add_signed(by).min(last);
        self.resource = details.resources.get(at).map(|r| r.id.clone());
    }

    /// The place of the selected item among all, where attention has the focus.
    #[must_use]
    pub fn notice(&self, all: &[Item]) -> Option<usize> {
        (self.focus == Pane::Attention && !all.is_empty()).then(|| self.notice_at(all))
    }

    fn notice_at(&self, all: &[Item]) -> usize {
        self.notice.as_ref().and_then(|notice| all.iter().position(|item| item == notice)).unwrap_or(0)
    }

    /// Selects another of what needs attention.
    pub fn move_notice(&mut self, by: isize, all: &[Item]) {
        let Some(last) = all.len().checked_sub(1) else { return };
        self.notice = all.get(self.notice_at(all).saturating_add_signed(by).min(last)).cloned();
    }

    /// Gives the focus to the next of the panes that are shown.
    pub fn next_pane(&mut self, shown: &[Pane]) {
        let at = shown.iter().position(|pane| *pane == self.focus);
        if let Some(next) = shown.get(at.map_or(0, |at| (at + 1) % shown.len())) {
            self.turn_to(*next);
        }
    }

    fn turn_to(&mut self, pane: Pane) {
        (self.focus, self.wanted) = (pane, pane);
    }

    /// Takes the focus out of a pane that is not among those that are drawn, until it is again.
    pub fn settle(&mut self, shown: &[Pane]) {
        let place = shown.iter().find(|pane| **pane == self.wanted).or(shown.first());
        self.focus = place.copied().unwrap_or(self.wanted);
    }

    /// The days of the selected bar, where each adds up so many pieces, as far as they are looked at.
    #[must_use]
    pub fn selected_days(&self, answer: &SpendAnswer, together: usize) -> Option<Period> {
        let bar = self.bar(answer, together)?;
        let starts = ahead::starts(self, answer);
        let from = Day::of_seconds(*starts.get(bar.start)?);
        let to = starts.get(bar.end).map_or(self.charted(answer).to, |next| Day::of_seconds(next - 1).plus(1));
        Some(Period { from: from.max(answer.period.from), to })
    }
}
