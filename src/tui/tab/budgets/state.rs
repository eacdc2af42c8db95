//! What the Budgets tab remembers: its answers, what is selected, and how the last change is undone.
//!
//! Selections are kept by name, so that they survive a new answer. Draws nothing.

use crate::domain::scenario::Scenario;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, Simulation, Suggestion};
use crate::engine::budgets::BudgetCommand;
use crate::tui::overlay::budget_form::BudgetForm;
use crate::tui::tab::{Slot, Window};
use crate::tui::undo::Undo;

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
    /// Rows that are scrolled away of one that is shown whole.
    pub scroll: usize,
    selected: Option<String>,
    suggestion: usize,
    window: Window,
    /// The form whose budget is being kept: what is typed in it comes back where that cannot be.
    pub sent: Option<Box<BudgetForm>>,
    /// How the last changes are undone.
    pub undo: Undo<BudgetCommand>,
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

    /// Forgets what was asked beside the list and could not be answered, so that it is asked again.
    pub fn forget_failed(&mut self) {
        self.detail.forget_failed();
        self.suggested.forget_failed();
        self.simulated.forget_failed();
        self.scenarios.forget_failed();
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

    /// The selected line's place, and how many lines there are.
    fn place(&self) -> (usize, usize) {
        if self.suggests() {
            (self.suggestion_at(), self.suggestions().len())
        } else {
            (self.at(), self.budgets().len())
        }
    }

    /// Selects another line, where `height` lines are seen.
    pub fn step(&mut self, by: isize, height: usize) {
        let (at, count) = self.place();
        self.select_at(at.saturating_add_signed(by).min(count.saturating_sub(1)), height);
    }

    /// Selects a line by its place, where `height` lines are seen; tells whether it was that already.
    pub fn select_at(&mut self, to: usize, height: usize) -> bool {
        let (at, count) = self.place();
        self.window.hold(at, count, height);
        if self.suggests() {
            self.suggestion = to;
        } else {
            self.selected = self.budgets().get(to).map(|one| one.budget.name.raw().to_owned());
        }
        self.window.hold(self.place().0, count, height);
        at == to
    }

    /// Shows the selected budget whole, from its top.
    pub fn open(&mut self) {
        (self.view, self.scroll) = (View::Detail, 0);
    }

    /// The first line that is seen where `height` are.
    #[must_use]
    pub fn first_visible(&self, height: usize) -> usize {
        let (at, count) = self.place();
        self.window.first(at, count, height)
    }

    /// Which line is at a row of those that are seen.
    #[must_use]
    pub fn line_at(&self, row: usize, height: usize) -> Option<usize> {
        let at = self.first_visible(height) + row;
        (row < height && at < self.place().1).then_some(at)
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
}
