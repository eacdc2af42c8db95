//! What the Breakdown tab remembers: its answer, order, selection and marks.
//!
//! Selection and marks are kept by key, so that they survive a new answer or order. Draws nothing.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Key};
use crate::tui::tab::{Slot, label};

/// The levels that Enter goes down by, coarse to fine.
pub const LEVELS: [Dimension; 6] = [
    Dimension::Provider,
    Dimension::SubAccount,
    Dimension::Service,
    Dimension::Region,
    Dimension::ResourceType,
    Dimension::Resource,
];

/// The level below what a lens groups by; `None` at the last.
#[must_use]
pub fn next_level(lens: &Lens) -> Option<Dimension> {
    let held = |d: &&Dimension| {
        lens.by.contains(d) || lens.filter.clauses.iter().any(|c| c.dimension.as_ref() == Some(*d) && !c.negated)
    };
    let at = lens.by.iter().filter_map(|d| LEVELS.iter().position(|l| l == d)).max();
    LEVELS.iter().skip(at.map_or(0, |at| at + 1)).find(|d| !held(d)).cloned()
}

/// How rows are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// Largest cost first.
    #[default]
    Cost,
    /// Largest change first, up or down.
    Change,
    /// By name.
    Name,
}

impl Sort {
    fn next(self) -> Sort {
        match self {
            Sort::Cost => Sort::Change,
            Sort::Change => Sort::Name,
            Sort::Name => Sort::Cost,
        }
    }

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sort::Cost => "cost",
            Sort::Change => "change",
            Sort::Name => "name",
        }
    }
}

/// The Breakdown tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it asked and was told.
    pub slot: Slot<BreakdownAnswer>,
    /// How rows are ordered.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// Rows marked, by key.
    pub marks: BTreeSet<Key>,
    /// The first visible row, as an index into the order.
    pub offset: usize,
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

    /// The first visible row where `height` rows are: the offset, moved so that the selected one
    /// is seen.
    fn first_visible(&self, height: usize) -> usize {
        let last = self.order.len().saturating_sub(height);
        let least = (self.selected + 1).saturating_sub(height.max(1));
        self.offset.min(last).clamp(least, self.selected)
    }

    /// The selected row.
    #[must_use]
    pub fn row<'a>(&self, answer: &'a BreakdownAnswer) -> Option<&'a BreakdownRow> {
        answer.rows.get(*self.order.get(self.selected)?)
    }

    /// Orders the rows anew and finds the selected one again.
    pub fn arrange(&mut self, currency: Option<&str>) {
        let Some(answer) = self.slot.answer(currency, |a| &a.currency) else { return };
        let mut order: Vec<usize> = (0..answer.rows.len()).collect();
        let cost = |at: &usize| answer.rows[*at].figure.amount;
        let change = |at: &usize| answer.rows[*at].figure.change().map(Amount::abs);
        match self.sort {
            Sort::Cost => order.sort_by_key(|at| std::cmp::Reverse(cost(at))),
            Sort::Change => order.sort_by_key(|at| std::cmp::Reverse(change(at))),
            Sort::Name => {
                let names: Vec<String> = answer.rows.iter().map(|r| name(answer, r).to_lowercase()).collect();
                order.sort_by(|a, b| names[*a].cmp(&names[*b]).then(Ordering::Equal));
            }
        }
        if self.reversed {
            order.reverse();
        }
        let found = self.key.as_ref().and_then(|key| order.iter().position(|at| answer.rows[*at].key == *key));
        self.selected = found.unwrap_or_else(|| self.selected.min(order.len().saturating_sub(1)));
        self.key = order.get(self.selected).map(|at| answer.rows[*at].key.clone());
        self.order = order;
    }

    /// Selects another row.
    pub fn select(&mut self, at: usize, page: usize, currency: Option<&str>) {
        self.offset = self.first_visible(page);
        self.selected = at.min(self.order.len().saturating_sub(1));
        self.offset = self.first_visible(page);
        self.key = self.answer(currency).and_then(|a| self.row(a)).map(|r| r.key.clone());
    }

    /// Selects a row by its key once its answer is there; the first where `None`.
    pub fn seek(&mut self, key: Option<Key>) {
        self.key = key;
        self.selected = 0;
        self.offset = 0;
        self.marks.clear();
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
        self.sort = self.sort.next();
        self.reversed = false;
        self.arrange(currency);
    }

    /// Turns the order round.
    pub fn reverse(&mut self, currency: Option<&str>) {
        self.reversed = !self.reversed;
        self.arrange(currency);
    }
}

/// What a row is called.
#[must_use]
pub fn name(answer: &BreakdownAnswer, row: &BreakdownRow) -> String {
    let values = answer.by.iter().zip(&row.key).enumerate();
    let labels: Vec<String> = values.map(|(i, (by, v))| label(by, v, row.names.get(&i)).into_string()).collect();
    labels.join(" / ")
}
