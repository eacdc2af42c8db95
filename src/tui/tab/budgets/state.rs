//! What the Budgets tab remembers: its answers, what is selected, and how the last change is undone.
//!
//! Selections are kept by name, so that they survive a new answer. Draws nothing.

use crate::domain::scenario::Scenario;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, Simulation, Suggestion};
use crate::engine::budgets::BudgetCommand;
use crate::tui::tab::Slot;

/// Changes that can be undone, the newest last.
const UNDO_MAX: usize = 50;

/// What of the tab is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum View {
    /// The list, with what the selected budget is made of beside it.
    #[default]
    List,
    /// One budget over the whole tab.
    Detail,
    /// What could be budgets.
    Suggested,
}

/// The Budgets tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// How budgets stand.
    pub slot: Slot<BudgetAnswer>,
    /// The selected one in detail.
    pub detail: Slot<BudgetDetail>,
    /// What could be budgets.
    pub suggested: Slot<Suggestion>,
    /// What would be if something else came.
    pub simulated: Slot<Simulation>,
    /// Scenarios that are kept.
    pub scenarios: Slot<Scenario>,
    /// What of it is shown.
    pub view: View,
    /// Whether those that are archived are listed, too.
    pub archived: bool,
    selected: Option<String>,
    suggestion: usize,
    undo: Vec<BudgetCommand>,
    /// Whether what is done now undoes something, so that it is not undone in turn.
    pub undoing: bool,
}

impl State {
    /// Forgets what was asked, so that it is asked again.
    pub fn forget(&mut self) {
        self.slot.forget();
        self.detail.forget();
        self.suggested.forget();
        self.simulated.forget();
        self.scenarios.forget();
    }

    /// The budgets that are listed.
    #[must_use]
    pub fn budgets(&self) -> &[BudgetAnswer] {
        self.slot.shown.as_ref().map_or(&[], |shown| &shown.answers)
    }

    /// What could be budgets.
    #[must_use]
    pub fn suggestions(&self) -> &[Suggestion] {
        self.suggested.shown.as_ref().map_or(&[], |shown| &shown.answers)
    }

    /// Whether it is known that there is no budget.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slot.shown.is_some() && self.budgets().is_empty()
    }

    /// Whether suggestions are listed, for they were asked for or there is nothing else.
    #[must_use]
    pub fn suggests(&self) -> bool {
        self.view == View::Suggested || self.is_empty()
    }

    /// The selected budget's place.
    #[must_use]
    pub fn at(&self) -> usize {
        let name = self.selected.as_deref();
        self.budgets().iter().position(|one| Some(one.budget.name.raw()) == name).unwrap_or(0)
    }

    /// The selected budget.
    #[must_use]
    pub fn budget(&self) -> Option<&BudgetAnswer> {
        self.budgets().get(self.at())
    }

    /// The selected suggestion's place.
    #[must_use]
    pub fn suggestion_at(&self) -> usize {
        self.suggestion.min(self.suggestions().len().saturating_sub(1))
    }

    /// The selected suggestion.
    #[must_use]
    pub fn suggestion(&self) -> Option<&Suggestion> {
        self.suggestions().get(self.suggestion_at())
    }

    /// Selects another line.
    pub fn step(&mut self, by: isize) {
        if self.suggests() {
            let last = self.suggestions().len().saturating_sub(1);
            self.suggestion = self.suggestion_at().saturating_add_signed(by).min(last);
            return;
        }
        let Some(last) = self.budgets().len().checked_sub(1) else { return };
        let at = self.at().saturating_add_signed(by).min(last);
        self.selected = self.budgets().get(at).map(|one| one.budget.name.raw().to_owned());
    }

    /// Selects a line by its place.
    pub fn select_at(&mut self, at: usize) {
        let now = if self.suggests() { self.suggestion_at() } else { self.at() };
        self.step(at as isize - now as isize);
    }

    /// Selects the budget of a name, once it is listed.
    pub fn select(&mut self, name: &str) {
        self.selected = Some(name.to_owned());
    }

    /// What the selected budget is made of; `None` where what is here is of another.
    #[must_use]
    pub fn detail(&self) -> Option<&BudgetDetail> {
        let name = &self.budget()?.budget.name;
        self.detail.shown.as_ref()?.answers.first().filter(|detail| detail.standing.budget.name == *name)
    }

    /// Remembers how a change is undone.
    pub fn keep_undo(&mut self, command: BudgetCommand) {
        if !std::mem::take(&mut self.undoing) {
            self.undo.push(command);
            let beyond = self.undo.len().saturating_sub(UNDO_MAX);
            self.undo.drain(..beyond);
        }
    }

    /// What undoes the last change.
    pub fn take_undo(&mut self) -> Option<BudgetCommand> {
        let command = self.undo.pop()?;
        self.undoing = true;
        Some(command)
    }

    /// Whether anything can be undone.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }
}
