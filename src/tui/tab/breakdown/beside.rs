//! What stands beside the rows: their prices and quantities, and what the selected one is made of.
//!
//! Asked after the rows have come, on the thread for what may take a scan; a newer question takes
//! the place of one that waits or runs, so that the selection never waits. Draws nothing.

use std::collections::HashMap;

use super::pane::Plan;
use super::state::narrowed;
use super::{View, compare};
use crate::domain::lens::Lens;
use crate::engine::answer::{BreakdownRow, DetailAnswer, Driver, Key, LineItems};
use crate::engine::{Among, Answer, Order, Page, Question};
use crate::error::Result;
use crate::tui::app::App;
use crate::tui::app::ask::{ROWS_MAX, answered};
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::tab::Tab;
use crate::tui::worker::Asker;

/// What drives each row, by key: of one answer in one currency.
pub type Drivers = HashMap<Key, Driver>;

/// What the pane of details shows.
#[derive(Clone, Copy)]
pub struct Paned<'a> {
    /// Of which row.
    pub row: &'a BreakdownRow,
    /// What it is made of; `None` until that has come.
    pub detail: Option<&'a DetailAnswer>,
    /// Its line items in the currency that is shown, of which there may be none; `None` until they have come.
    pub items: Option<Option<&'a LineItems>>,
}

/// What the pane of details showed of a row once all of it had come.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    key: Key,
    /// Of which rows it was one.
    rows: Lens,
    detail: DetailAnswer,
    items: Vec<LineItems>,
}

impl App {
    /// Whether the pane of details is open.
    #[must_use]
    pub fn pane_is_open(&self) -> bool {
        let by_itself = self.size.0 >= layout::PANE_BESIDE;
        self.breakdown.view == View::Table && self.breakdown.pane.unwrap_or(by_itself)
    }

    /// How many line items the pane of details shows at once.
    pub(in crate::tui) fn items_of_a_page(&self) -> usize {
        Plan::of(layout::details(layout::beside(self.body(), true)).height).items
    }

    /// Asks what is missing beside the rows.
    pub(in crate::tui) fn ask_beside_rows(&mut self) -> Vec<Effect> {
        if self.tab != Tab::Breakdown || self.breakdown.slot.waiting() {
            return vec![];
        }
        let Some(lens) = self.breakdown.slot.shown.as_ref().map(|shown| shown.lens.clone()) else { return vec![] };
        let mut jobs: Vec<_> = self.tags_question(&lens).into_iter().chain(self.compared_questions()).collect();
        if self.breakdown.view != View::Hygiene && self.breakdown_columns().price > 0 {
            let question = Question::Drivers { lens: lens.clone(), among: Among::Costliest(ROWS_MAX) };
            let generation = self.breakdown.drivers.ask(&question, &lens, &[]);
            jobs.extend(generation.map(|generation| (Asker::Drivers, generation, question)));
        }
        if let Some(lens) = self.selected_lens().filter(|_| self.pane_is_open()) {
            let question = Question::Detail(lens.clone());
            let generation = self.breakdown.detail.ask(&question, &lens, &[]);
            jobs.extend(generation.map(|generation| (Asker::Detail, generation, question)));
            // Apart, since another page of them is no reason to take the row apart again.
            let page = Page { limit: self.items_of_a_page(), skip: self.breakdown.items_from, order: Order::Cost };
            let question = Question::LineItems { lens: lens.clone(), page };
            let generation = self.breakdown.items.ask(&question, &lens, &[]);
            jobs.extend(generation.map(|generation| (Asker::LineItems, generation, question)));
        }
        jobs.into_iter().map(|(asker, generation, question)| self.asking(asker, generation, question)).collect()
    }

    /// The questions of two rows side by side, where those are shown and that is not asked yet.
    fn compared_questions(&mut self) -> Vec<(Asker, u64, Question)> {
        let Some(lenses) = self.compared_lenses() else { return vec![] };
        let each = lenses.into_iter().zip(&mut self.breakdown.compared).enumerate();
        let asked = each.filter_map(|(which, (lens, slot))| {
            let question = Question::Detail(lens.clone());
            let generation = slot.ask(&question, &lens, &[])?;
            Some((Asker::Compared(which), generation, question))
        });
        asked.collect()
    }

    fn compared_lenses(&self) -> Option<[Lens; 2]> {
        if self.breakdown.view != View::Compared {
            return None;
        }
        let [one, other] = compare::rows(&self.breakdown, self.breakdown_answer()?)?;
        Some([self.row_lens(one)?, self.row_lens(other)?])
    }

    /// What two rows side by side are made of; `None` until that has come of both.
    #[must_use]
    pub fn compared_details(&self) -> Option<[&DetailAnswer; 2]> {
        let lenses = self.compared_lenses()?;
        let told = |which: usize| {
            let shown = self.breakdown.compared[which].shown.as_ref()?;
            (shown.lens == lenses[which]).then(|| shown.answers.first()).flatten()
        };
        Some([told(0)?, told(1)?])
    }

    /// The lens that admits the selected row's charges alone.
    #[must_use]
    pub fn selected_lens(&self) -> Option<Lens> {
        self.row_lens(self.breakdown.row(self.breakdown_answer()?)?)
    }

    fn row_lens(&self, row: &BreakdownRow) -> Option<Lens> {
        let lens = &self.breakdown.slot.shown.as_ref()?.lens;
        let answer = self.breakdown_answer()?;
        let mut filter = narrowed(&lens.filter, answer, row);
        // A bound on a row's cost says nothing of its parts.
        filter.bounds.clear();
        Some(Lens { filter, ..lens.clone() })
    }

    /// What the pane of details shows. While what a row is made of that was just selected is on its way,
    /// the row before stays under its own name: a pane that goes blank for a moment flickers, and is
    /// written twice over a slow line.
    #[must_use]
    pub fn paned(&self) -> Option<Paned<'_>> {
        let answer = self.breakdown_answer()?;
        let row = self.breakdown.row(answer)?;
        let (detail, items) = (self.selected_detail(), self.selected_items());
        let slots = &self.breakdown;
        let coming = (detail.is_none() && slots.detail.waiting()) || (items.is_none() && slots.items.waiting());
        if let Some(kept) = slots.kept.as_ref().filter(|_| coming)
            && slots.slot.shown.as_ref().is_some_and(|shown| shown.lens == kept.rows)
            && let Some(before) = answer.rows.iter().find(|row| row.key == kept.key)
        {
            let items = kept.items.iter().find(|items| items.currency == answer.currency);
            return Some(Paned { row: before, detail: Some(&kept.detail), items: Some(items) });
        }
        Some(Paned { row, detail, items })
    }

    /// Keeps what the pane of details shows, once all of it is there.
    fn keep_paned(&mut self) {
        let Some(Paned { row, detail: Some(detail), items: Some(_) }) = self.paned() else { return };
        let (Some(rows), Some(items)) = (&self.breakdown.slot.shown, &self.breakdown.items.shown) else { return };
        if Some(row) == self.breakdown_answer().and_then(|answer| self.breakdown.row(answer)) {
            let (key, detail, items) = (row.key.clone(), detail.clone(), items.answers.clone());
            self.breakdown.kept = Some(Kept { key, rows: rows.lens.clone(), detail, items });
        }
    }

    /// What the selected row is made of; `None` until that has come.
    #[must_use]
    fn selected_detail(&self) -> Option<&DetailAnswer> {
        let shown = self.breakdown.detail.shown.as_ref()?;
        (Some(&shown.lens) == self.selected_lens().as_ref()).then(|| shown.answers.first()).flatten()
    }

    /// The selected row's line items in the currency that is shown, of which there may be none; `None`
    /// until they have come.
    #[must_use]
    pub fn selected_items(&self) -> Option<Option<&LineItems>> {
        let shown = self.breakdown.items.shown.as_ref()?;
        let currency = &self.breakdown_answer()?.currency;
        let found = shown.answers.iter().find(|items| items.currency == *currency);
        (Some(&shown.lens) == self.selected_lens().as_ref()).then_some(found)
    }

    /// Takes what drives the rows.
    pub(in crate::tui) fn accept_drivers(&mut self, generation: u64, answer: Result<Answer>) {
        if self.breakdown.drivers.accept(generation, answered!(answer, Drivers)) {
            self.breakdown.arrange(self.currency.as_deref());
        }
    }

    /// Takes what the selected row is made of.
    pub(in crate::tui) fn accept_detail(&mut self, generation: u64, answer: Result<Answer>) {
        self.breakdown.detail.accept(generation, answered!(answer, Detail).map(|detail| vec![detail]));
        self.keep_paned();
    }

    /// Takes some of the selected row's line items.
    pub(in crate::tui) fn accept_items(&mut self, generation: u64, answer: Result<Answer>) {
        self.breakdown.items.accept(generation, answered!(answer, LineItems));
        self.keep_paned();
    }

    /// Takes what one of two rows side by side is made of.
    pub(in crate::tui) fn accept_compared(&mut self, which: usize, generation: u64, answer: Result<Answer>) {
        if let Some(slot) = self.breakdown.compared.get_mut(which) {
            slot.accept(generation, answered!(answer, Detail).map(|detail| vec![detail]));
        }
    }
}
