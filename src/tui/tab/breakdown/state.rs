//! What the Breakdown tab remembers: its answer, order, selection, marks and what is looked for.
//!
//! Selection and marks are kept by key, so that they survive a new answer or order. Draws nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::beside::{Drivers, Kept};
use super::columns::{Columns, Measures};
use super::hygiene::Hygiene;
use super::levels::Levels;
use super::pivot::{Pivot, days};
use super::sort::Sort;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, DetailAnswer, Driver, DriversAnswer, Key, LineItems};
use crate::tui::overlay::fuzzy::Fuzzy;
use crate::tui::tab::{self, Slot, Window, group_name, label};

/// How rows are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum View {
    /// As a table.
    #[default]
    Table,
    /// As a table with a column for each piece of time.
    Pivot,
    /// As areas.
    Overview,
    /// The two marked ones side by side.
    Compared,
    /// How well charges are tagged, in place of rows.
    Hygiene,
}

/// The Breakdown tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it asked and was told.
    pub slot: Slot<BreakdownAnswer>,
    /// What drives the rows, as asked and told.
    pub drivers: Slot<DriversAnswer>,
    /// What the selected row is made of, as asked and told.
    pub detail: Slot<DetailAnswer>,
    /// Some of its line items, as asked and told.
    pub items: Slot<LineItems>,
    /// What the pane of details showed last in full.
    pub(super) kept: Option<Kept>,
    /// What each of two rows side by side is made of, as asked and told.
    pub compared: [Slot<DetailAnswer>; 2],
    /// How charges are tagged.
    pub hygiene: Hygiene,
    /// Whether the pane of details is open, where that was chosen.
    pub pane: Option<bool>,
    /// How many line items are passed over.
    pub items_from: usize,
    /// What drives each row that is shown.
    by_key: Drivers,
    /// How rows are shown.
    pub view: View,
    /// The pivot's pieces and its selected one.
    pub pivot: Pivot,
    /// How rows are ordered.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// Rows marked, by key.
    pub marks: BTreeSet<Key>,
    /// What rows must be like to be listed; empty lists all.
    find: String,
    /// What was opened by what, level by level.
    pub levels: Levels,
    /// How wide the answer's texts are.
    measures: Measures,
    /// Which rows are seen.
    window: Window,
    order: Vec<usize>,
    selected: usize,
    key: Option<Key>,
}

impl State {
    /// The answer in a currency.
    #[must_use]
    pub fn answer(&self, currency: Option<&str>) -> Option<&BreakdownAnswer> {
        self.slot.answer(currency, |a| &a.currency)
    }

    /// The columns of an answer's rows in a width.
    #[must_use]
    pub fn columns(&self, width: u16, answer: Option<&BreakdownAnswer>) -> Columns {
        let compared = answer.is_none_or(|a| a.previous_period.is_some());
        Columns::of(usize::from(width), &self.measures, compared)
    }

    /// How wide the answer's texts are.
    #[must_use]
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The listed rows in order, as indices into the answer.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The listed rows in order.
    pub fn rows<'a>(&self, answer: &'a BreakdownAnswer) -> impl Iterator<Item = &'a BreakdownRow> {
        self.order.iter().filter_map(|at| answer.rows.get(*at))
    }

    /// The selected row, as an index into the answer.
    #[must_use]
    pub fn row_index(&self) -> Option<usize> {
        self.order.get(self.selected).copied()
    }

    /// The days that are opened with the selected row: those of the pivot's selected piece.
    #[must_use]
    pub fn opened_days(&self, answer: &BreakdownAnswer) -> Option<Period> {
        (self.view == View::Pivot).then(|| days(answer, self.pivot.selected(answer))).flatten()
    }

    /// The selected row, as an index into the order.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Visible rows of an answer in order, with their index in it.
    pub fn visible<'a>(
        &'a self,
        answer: &'a BreakdownAnswer,
        height: usize,
    ) -> impl Iterator<Item = (usize, &'a BreakdownRow)> {
        let first = self.first_visible(height);
        let rows = self.order.iter().enumerate().skip(first).take(height);
        rows.filter_map(|(at, row)| Some((at, answer.rows.get(*row)?)))
    }

    /// The first visible row where `height` rows are.
    fn first_visible(&self, height: usize) -> usize {
        self.window.first(self.selected, self.order.len(), height)
    }

    /// The selected row.
    #[must_use]
    pub fn row<'a>(&self, answer: &'a BreakdownAnswer) -> Option<&'a BreakdownRow> {
        answer.rows.get(self.row_index()?)
    }

    /// Takes what is new: how wide texts are and what drives rows; then lists them.
    pub fn arrange(&mut self, currency: Option<&str>) {
        let Some(answer) = self.slot.answer(currency, |a| &a.currency) else { return };
        let of_rows = self
            .drivers
            .shown
            .as_ref()
            .filter(|drivers| self.slot.shown.as_ref().is_some_and(|shown| shown.lens == drivers.lens));
        let drivers = of_rows.and_then(|shown| shown.answers.iter().find(|a| a.currency == answer.currency));
        let groups = drivers.into_iter().flat_map(|drivers| &drivers.groups);
        self.by_key = groups.map(|driver| (driver.key.clone(), driver.clone())).collect();
        self.measures = Measures::of(answer);
        self.list(currency);
    }

    /// Lists and orders the rows anew and finds the selected one again.
    fn list(&mut self, currency: Option<&str>) {
        let Some(answer) = self.slot.answer(currency, |a| &a.currency) else { return };
        let mut order: Vec<usize> = (0..answer.rows.len()).collect();
        if !self.find.is_empty() {
            let mut fuzzy = Fuzzy::new(&self.find);
            order.retain(|at| fuzzy.score(&name(answer, &answer.rows[*at])).is_some());
        }
        self.sort.order(self.reversed, answer, &self.by_key, &mut order);
        let found = self.key.as_ref().and_then(|key| order.iter().position(|at| answer.rows[*at].key == *key));
        self.selected = found.unwrap_or_else(|| self.selected.min(order.len().saturating_sub(1)));
        // Where nothing is listed the row that was selected is again once it is.
        if let Some(at) = order.get(self.selected) {
            self.key = Some(answer.rows[*at].key.clone());
        }
        self.order = order;
    }

    /// Lists only rows that are like what was typed; all where that is empty.
    pub fn find(&mut self, typed: &str, currency: Option<&str>) {
        typed.clone_into(&mut self.find);
        // The first of what is found, where the selected row is not.
        self.selected = 0;
        self.items_from = 0;
        self.list(currency);
    }

    /// What rows must be like to be listed; empty where all are.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.find
    }

    /// What drives a row; `None` until it is known.
    #[must_use]
    pub fn driver(&self, row: &BreakdownRow) -> Option<&Driver> {
        self.by_key.get(&row.key)
    }

    /// Forgets what was asked, so that it is asked again.
    pub fn forget(&mut self) {
        self.slot.forget();
        self.drivers.forget();
        self.detail.forget();
        self.items.forget();
        self.hygiene.slot.forget();
        self.compared.iter_mut().for_each(Slot::forget);
    }

    /// Forgets what was asked beside the rows and could not be answered, so that it is asked again.
    pub fn forget_failed(&mut self) {
        self.drivers.forget_failed();
        self.detail.forget_failed();
        self.items.forget_failed();
        self.compared.iter_mut().for_each(Slot::forget_failed);
    }

    /// How many rows are listed.
    #[must_use]
    pub fn listed(&self) -> usize {
        self.order.len()
    }

    /// What the listed rows of known cost cost; `None` where no cost is known.
    #[must_use]
    pub fn listed_cost(&self, answer: &BreakdownAnswer) -> Option<Amount> {
        self.rows(answer).filter_map(|row| row.figure.amount).reduce(|a, b| a + b)
    }

    /// Selects another row.
    pub fn select(&mut self, at: usize, page: usize, currency: Option<&str>) {
        self.window.hold(self.selected, self.order.len(), page);
        self.items_from = 0;
        self.selected = at.min(self.order.len().saturating_sub(1));
        self.window.hold(self.selected, self.order.len(), page);
        self.key = self.answer(currency).and_then(|a| self.row(a)).map(|r| r.key.clone());
    }

    /// Selects a row by its key once its answer is there; the first where `None`.
    pub fn seek(&mut self, key: Option<Key>) {
        self.key = key;
        self.selected = 0;
        self.window = Window::default();
        self.items_from = 0;
        self.marks.clear();
        self.find.clear();
    }

    /// Marks the selected row, or takes its mark away.
    pub fn mark(&mut self, currency: Option<&str>) {
        let Some(key) = self.answer(currency).and_then(|a| self.row(a)).map(|r| r.key.clone()) else { return };
        if !self.marks.remove(&key) {
            self.marks.insert(key);
        }
    }

    /// How many rows are marked, and what those of known cost cost; `None` where no cost is known.
    #[must_use]
    pub fn marked(&self, answer: &BreakdownAnswer) -> (usize, Option<Amount>) {
        let rows = answer.rows.iter().filter(|r| self.marks.contains(&r.key));
        let costs: Vec<Option<Amount>> = rows.map(|r| r.figure.amount).collect();
        (costs.len(), costs.into_iter().flatten().reduce(|a, b| a + b))
    }

    /// Takes the next order.
    pub fn sort_next(&mut self, currency: Option<&str>) {
        self.sort = self.answer(currency).map_or(self.sort, |answer| self.sort.next(answer, &self.by_key));
        self.reversed = false;
        self.list(currency);
    }

    /// Turns the order round.
    pub fn reverse(&mut self, currency: Option<&str>) {
        self.reversed = !self.reversed;
        self.list(currency);
    }
}

/// The last day that none of those who are looked at will change, where there are later ones.
#[must_use]
pub fn settled_before_end(answer: &BreakdownAnswer) -> Option<Day> {
    let settled = answer.settled_through?;
    (settled < answer.period.to.plus(-1)).then_some(settled)
}

/// The first piece of a row's trend that may still change: of its provider's own days where it has one.
#[must_use]
pub fn open_from(answer: &BreakdownAnswer, row: &BreakdownRow) -> usize {
    let settled = |provider: &Untrusted| {
        let own = answer.freshness.iter().find(|fresh| fresh.provider == *provider);
        own.map(|fresh| fresh.settled_through)
    };
    let own = provider(answer, row).and_then(settled);
    let Some(settled) = own.or(answer.settled_through) else { return answer.starts.len() };
    let ends = answer.starts.iter().skip(1).copied().chain([answer.period.to.seconds()]);
    ends.take_while(|end| Day::of_seconds(end - 1) <= settled).count()
}

/// The provider that a row is of, where rows tell providers apart.
#[must_use]
pub fn provider<'a>(answer: &BreakdownAnswer, row: &'a BreakdownRow) -> Option<&'a Untrusted> {
    row.key.get(answer.by.iter().position(|by| *by == Dimension::Provider)?)
}

/// What a row is called: its values, one after the other.
#[must_use]
pub fn name(answer: &BreakdownAnswer, row: &BreakdownRow) -> String {
    group_name(&answer.by, (&row.key, &row.names))
}

/// A filter and the demand that charges are of one row, and of no other.
#[must_use]
pub fn narrowed(filter: &Filter, answer: &BreakdownAnswer, row: &BreakdownRow) -> Filter {
    tab::narrowed(filter, &answer.by, &row.key, answer.rows.iter().map(|other| (&other.key, &other.names)))
}

/// What is called that a row leads to: of a row that bears shares of what others bear too, its own charges
/// alone.
#[must_use]
pub fn opened_name(answer: &BreakdownAnswer, row: &BreakdownRow) -> String {
    let own = if row.shared.is_some() { ", without its shares" } else { "" };
    name(answer, row) + own
}

/// What one of a row's values is called.
#[must_use]
pub fn value(answer: &BreakdownAnswer, row: &BreakdownRow, at: usize) -> SafeText {
    match (answer.by.get(at), row.key.get(at)) {
        (Some(by), Some(value)) => label(by, value, row.names.get(&at)),
        _ => SafeText::ours(""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn what_a_row_with_shares_leads_to_says_that_it_is_less() {
        let mut answer = samples::answer(&[("web", Some(30), None)]);
        assert_eq!(opened_name(&answer, &answer.rows[0]), "web");
        answer.rows[0].shared = Some(Amount::whole(10));
        assert_eq!(opened_name(&answer, &answer.rows[0]), "web, without its shares");
    }
}
