//! What keys do on the Budgets tab, what it asks, and what becomes of what is changed.
//!
//! Knows no store: what is to be done goes out as an effect and comes back as an event.

use ratatui::layout::Position;

use super::App;
use super::ask::answered;
use super::perform::distance;
use crate::domain::budget::{Budget, Cycle};
use crate::domain::calendar::Period;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::period::PeriodSpec;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::answer::BudgetsAnswer;
use crate::engine::budgets::{Asked, BudgetCommand, BudgetOutcome, Was};
use crate::engine::{Command, Question, twin};
use crate::error::Result;
use crate::tui::action::{Action, Scope, TABLE};
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::budget_form::BudgetForm;
use crate::tui::overlay::whatif::{Followed, WhatIf};
use crate::tui::tab::Tab;
use crate::tui::tab::budgets::{View, detail, view};
use crate::tui::worker::{Asker, Reply};

/// Budgets that a page goes by.
const PAGE: usize = 10;

/// What one of the answers about budgets says; an error where it is another.
macro_rules! told {
    ($answer:expr, $kind:ident) => {
        answered!($answer, Budgets).and_then(|answer| match *answer {
            BudgetsAnswer::$kind(said) => Ok(said),
            _ => Err(crate::tui::app::odd()),
        })
    };
}

impl App {
    /// Asks how budgets stand.
    pub(super) fn ask_budgets(&mut self) -> Option<Effect> {
        let question = Question::Budgets(Asked::List { archived: self.budgets.archived });
        let generation = self.budgets.slot.ask(&question, &Lens::default(), &[])?;
        Some(self.asking(Asker::Budgets, generation, question))
    }

    /// Asks what stands beside the list, where it is seen.
    pub(super) fn ask_beside_budgets(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let lens = Lens::default();
        if self.budgets.slot.waiting() || self.budgets.slot.shown.is_none() {
            return effects;
        }
        if self.budgets.suggests() {
            let question = Question::Budgets(Asked::Suggest);
            let generation = self.budgets.suggested.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Suggested, generation, question)));
            return effects;
        }
        if let Some(answer) = self.budgets.budget() {
            let question = Question::Budgets(Asked::Detail { name: answer.budget.name.raw().to_owned() });
            let generation = self.budgets.detail.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Budget, generation, question)));
        }
        if let Some(Overlay::WhatIf(whatif)) = &self.overlay {
            let question = simulated(whatif);
            let generation = self.budgets.simulated.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Simulated, generation, question)));
            let question = Question::Budgets(Asked::Scenarios);
            let generation = self.budgets.scenarios.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Scenarios, generation, question)));
        }
        effects
    }

    /// Takes an answer about budgets.
    pub(super) fn accept_budgets(&mut self, reply: Reply) {
        let (generation, answer) = (reply.generation, reply.answer);
        match reply.asker {
            Asker::Budgets => drop(self.budgets.slot.accept(generation, told!(answer, List))),
            Asker::Standings => drop(self.spend.budgets.accept(generation, told!(answer, List))),
            Asker::Budget => drop(self.budgets.detail.accept(generation, told!(answer, Detail).map(|one| vec![*one]))),
            Asker::Suggested => drop(self.budgets.suggested.accept(generation, told!(answer, Suggested))),
            Asker::Scenarios => drop(self.budgets.scenarios.accept(generation, told!(answer, Scenarios))),
            _ => self.accept_simulated(generation, told!(answer, Simulated).map(|one| vec![*one])),
        }
    }

    fn accept_simulated(&mut self, generation: u64, answer: Result<Vec<crate::engine::answer::Simulation>>) {
        let why = answer.as_ref().err().map(|error| {
            let hint = error.hints.first().map(|hint| format!("; {hint}")).unwrap_or_default();
            format!("{}{hint}", error.message)
        });
        if !self.budgets.simulated.accept(generation, answer) {
            return;
        }
        let Some(Overlay::WhatIf(whatif)) = &mut self.overlay else { return };
        if let Some(why) = why {
            return whatif.refuse(why);
        }
        // Services may have been called otherwise than the bill does.
        let shown = self.budgets.simulated.shown.iter().flat_map(|shown| shown.answers.first());
        whatif.accepted(shown.flat_map(|one| &one.changes).map(|(change, _)| change.clone()).collect());
        let question = simulated(whatif);
        self.budgets.simulated.is_asked_as(question);
    }

    /// Whether something is selected, and whether it can be opened.
    pub(super) fn budgets_context(&self) -> (bool, bool) {
        let budgets = &self.budgets;
        let selected = budgets.budget().is_some() && !budgets.suggests();
        (selected, selected || (budgets.suggests() && budgets.suggestion().is_some()))
    }

    /// Whether there is somewhere to go back to.
    pub(super) fn goes_back(&self) -> bool {
        if self.tab == Tab::Budgets {
            return self.budgets.view == View::Detail
                || (self.budgets.view == View::Suggested && !self.budgets.is_empty());
        }
        !self.path.is_empty()
    }

    /// Does what an action says on the Budgets tab.
    pub(super) fn perform_budgets(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Open if self.budgets.suggests() => {
                if let Some(one) = self.budgets.suggestion() {
                    let form = BudgetForm::new("New budget, as suggested".to_owned(), Was::New, &one.budget);
                    self.overlay = Some(Overlay::BudgetForm(Box::new(form)));
                }
            }
            Action::Open if self.budgets.view == View::Detail => self.look_through_budget(),
            Action::Open if self.budgets.budget().is_some() => self.budgets.open(),
            Action::Back => self.budgets.view = View::List,
            Action::NewBudget => {
                let form = BudgetForm::new("New budget".to_owned(), Was::New, &self.fresh_budget());
                self.overlay = Some(Overlay::BudgetForm(Box::new(form)));
            }
            Action::EditBudget | Action::CloneBudget => self.open_form(action == Action::CloneBudget),
            Action::ArchiveBudget => {
                let Some(budget) = self.chosen_budget() else { return vec![] };
                let was = Was::Seen(Box::new(budget.clone()));
                let archived = !budget.archived;
                return self.do_budget(BudgetCommand::Keep { budget: Box::new(Budget { archived, ..budget }), was });
            }
            Action::RemoveBudget => {
                let Some(budget) = self.chosen_budget() else { return vec![] };
                return self.do_budget(BudgetCommand::Remove { name: budget.name.raw().to_owned() });
            }
            Action::UndoBudget if self.budgets.undo.is_under_way() => self.status = Some("being undone".to_owned()),
            Action::UndoBudget => match self.budgets.undo.begin() {
                Some(command) => return self.do_budget(command),
                None => self.status = Some("nothing to undo".to_owned()),
            },
            Action::ShowArchived => {
                self.budgets.archived = !self.budgets.archived;
                let what = if self.budgets.archived {
                    "archived budgets are listed, too"
                } else {
                    "archived budgets are hidden"
                };
                self.status = Some(what.to_owned());
            }
            Action::SuggestBudgets => {
                let suggested = self.budgets.view == View::Suggested;
                self.budgets.view = if suggested { View::List } else { View::Suggested };
            }
            Action::WhatIf => {
                let Some(budget) = self.chosen_budget() else { return vec![] };
                self.overlay = Some(Overlay::WhatIf(Box::new(WhatIf::new(budget.name.raw().to_owned()))));
            }
            action => {
                let Some(by) = distance(action, PAGE) else { return self.ask() };
                if self.budgets.view == View::Detail {
                    let most = detail::scrolls(self, self.body());
                    self.budgets.scroll = self.budgets.scroll.min(most).saturating_add_signed(by).min(most);
                } else {
                    let height = self.budget_lines();
                    self.budgets.step(by, height);
                }
            }
        }
        self.ask()
    }

    /// Shows the charges of the selected budget's period as rows of Breakdown; one step back leads here again.
    fn look_through_budget(&mut self) {
        let Some(answer) = self.budgets.budget() else { return };
        let budget = &answer.budget;
        let to = answer.period.to.min(self.as_of.plus(1)).max(answer.period.from.plus(1));
        let days = Period { from: answer.period.from, to };
        let running = PeriodSpec::ThisMonth.resolve(self.as_of) == days;
        let lens = Lens {
            period: if running { PeriodSpec::ThisMonth } else { PeriodSpec::of_days(days) },
            filter: budget.scope.clone(),
            metric: budget.metric,
            currency: self.lens.currency.clone(),
            ..self.lens.clone()
        };
        let (label, currency) = (budget.name.safe(), budget.currency.clone());
        self.open_lens(label, lens);
        self.show_currency(currency);
    }

    /// The selected budget, where budgets are listed.
    fn chosen_budget(&mut self) -> Option<Budget> {
        if self.budgets.suggests() {
            self.status = Some(self.keymap.say("no budget is selected: {open-budget} makes the suggested one"));
            return None;
        }
        self.budgets.budget().map(|answer| answer.budget.clone())
    }

    fn open_form(&mut self, clone: bool) {
        let Some(budget) = self.chosen_budget() else { return };
        let name = budget.name.safe();
        let (title, was, budget) = if clone {
            let named = Untrusted::from(format!("{} copy", budget.name.raw()));
            (format!("Clone of {name}"), Was::New, Budget { name: named, archived: false, ..budget })
        } else {
            (format!("Change {name}"), Was::Seen(Box::new(budget.clone())), budget)
        };
        self.overlay = Some(Overlay::BudgetForm(Box::new(BudgetForm::new(title, was, &budget))));
    }

    /// A budget to begin with: of what is looked at.
    fn fresh_budget(&self) -> Budget {
        let currencies = self.extent.as_ref().map(|extent| extent.currencies.as_slice()).unwrap_or_default();
        // What Spend shows leads: the currency in which most is spent.
        let shown = || self.spend_answer().map(|answer| answer.currency.clone());
        let currency = self.currency.clone().or_else(shown).or_else(|| currencies.first().cloned());
        let scope = Filter { bounds: Vec::new(), ..self.lens.filter.clone() };
        let (currency, from) = (currency.unwrap_or_else(|| "USD".to_owned()), self.as_of.month().first());
        let none = Budget::plain("", Amount::ZERO, &currency, Cycle::Month, from);
        Budget { scope, metric: self.lens.metric, ..none }
    }

    fn do_budget(&mut self, command: BudgetCommand) -> Vec<Effect> {
        vec![Effect::Do(Box::new(Command::Budget(command)))]
    }

    /// Does what an action says to the form of a budget.
    pub(in crate::tui) fn perform_form(&mut self, action: Action) -> Vec<Effect> {
        let own = self.own_dimensions().to_vec();
        let Some(Overlay::BudgetForm(form)) = &mut self.overlay else { return vec![] };
        if action != Action::Apply {
            form.edit(action);
            return vec![];
        }
        let Some(budget) = form.budget(&own) else { return vec![] };
        let was = form.was.clone();
        let listed = |name: &Untrusted| self.budgets.budgets().iter().any(|one| one.budget.name == *name);
        let is_own = matches!(&was, Was::Seen(seen) if seen.name == budget.name);
        if !is_own && listed(&budget.name) {
            form.refuse(format!("there is a budget `{}` already", budget.name.safe()));
            return vec![];
        }
        self.budgets.sent = match self.overlay.take() {
            Some(Overlay::BudgetForm(form)) => Some(form),
            _ => None,
        };
        self.do_budget(BudgetCommand::Keep { budget: Box::new(budget), was })
    }

    /// Does what an action says to what is thought of.
    pub(in crate::tui) fn perform_whatif(&mut self, action: Action) -> Vec<Effect> {
        let scenarios = self.budgets.scenarios.shown.as_ref().map_or(&[][..], |shown| &shown.answers).to_vec();
        let Some(Overlay::WhatIf(whatif)) = &mut self.overlay else { return vec![] };
        let followed = if action == Action::Apply { whatif.enter(&scenarios) } else { whatif.edit(action) };
        match followed {
            Followed::Do(command) => self.do_budget(command),
            Followed::Changed | Followed::Nothing => vec![],
        }
    }

    /// Takes note that something could not be done: what was typed is there again, and what was to be undone can be.
    pub(super) fn budget_failed(&mut self, why: &str) {
        self.budgets.undo.failed();
        if let (Some(mut form), None) = (self.budgets.sent.take(), &self.overlay) {
            form.refuse(why.to_owned());
            self.overlay = Some(Overlay::BudgetForm(form));
        }
    }

    /// What became of a command about budgets.
    pub(super) fn budget_done(&mut self, outcome: BudgetOutcome) -> Vec<Effect> {
        self.budgets.sent = None;
        let undo = |undoing: bool| self.keymap.say(if undoing { "" } else { ": {undo-budget} undoes it" });
        match outcome {
            BudgetOutcome::Kept { budget, before, meanwhile } => {
                let name = budget.name.raw().to_owned();
                let meanwhile = meanwhile.map(|said| format!(", but {said}")).unwrap_or_default();
                let words = kept_words(&budget, before.as_deref()) + &meanwhile;
                let back = match before {
                    Some(before) => BudgetCommand::Keep { budget: before, was: Was::Seen(budget) },
                    None => BudgetCommand::Remove { name: name.clone() },
                };
                self.status = Some(words + &undo(self.budgets.undo.done(back)));
                self.budgets.select(&name);
                if self.budgets.view == View::Suggested {
                    self.budgets.view = View::List;
                }
            }
            BudgetOutcome::Removed(budget) => {
                let words = format!("budget {} is gone", budget.name.safe());
                self.status =
                    Some(words + &undo(self.budgets.undo.done(BudgetCommand::Keep { budget, was: Was::New })));
                self.budgets.view = View::List;
            }
            BudgetOutcome::ScenarioKept { scenario, .. } => {
                self.status = Some(format!("kept as scenario {}", scenario.name.safe()));
            }
            BudgetOutcome::ScenarioRemoved(scenario) => {
                self.status = Some(format!("scenario {} is forgotten", scenario.name.safe()));
            }
            BudgetOutcome::Applied { .. } => {}
        }
        self.budgets.forget();
        self.spend.budgets.forget();
        self.ask()
    }

    /// The line of the list at a place of the screen.
    pub(super) fn budget_at(&self, at: Position) -> Option<usize> {
        view::row_at(self, self.body(), at)
    }

    /// How many lines of the list are seen.
    fn budget_lines(&self) -> usize {
        usize::from(view::lines(self, self.body()).height)
    }

    /// Selects a line of the list; tells whether it was that already.
    pub(super) fn select_budget(&mut self, at: usize) -> bool {
        let height = self.budget_lines();
        self.budgets.select_at(at, height)
    }

    /// The selected budget as text to copy.
    pub(super) fn budget_row_text(&self) -> Option<String> {
        view::row_text(&self.budgets)
    }

    /// The command that prints what the Budgets tab shows.
    pub(super) fn budget_command(&self) -> String {
        let asked = match (self.budgets.suggests(), self.budgets.view, self.budgets.budget()) {
            (true, ..) => Asked::Suggest,
            (_, View::Detail, Some(answer)) => Asked::Detail { name: answer.budget.name.raw().to_owned() },
            _ => Asked::List { archived: self.budgets.archived },
        };
        twin::of(&Question::Budgets(asked), self.as_of).unwrap_or_default()
    }
}

/// Whether an action is one of the Budgets tab's own, or moves about in it.
pub(super) fn is_of_budgets(action: Action) -> bool {
    let own = TABLE.iter().any(|entry| entry.action == action && entry.scope == Scope::Only(Tab::Budgets));
    own || distance(action, PAGE).is_some()
}

/// What was done to a budget.
fn kept_words(budget: &Budget, before: Option<&Budget>) -> String {
    let name = budget.name.safe();
    match before {
        None => format!("budget {name} is kept: {}", SafeText::from_outside(&budget.limit_words())),
        Some(before) if before.archived != budget.archived => {
            format!("budget {name} is {}", if budget.archived { "archived" } else { "in use again" })
        }
        Some(before) if before.name != budget.name => format!("budget {} is {name} now", before.name.safe()),
        Some(_) => format!("budget {name} is changed"),
    }
}

/// What is asked about changes that are thought of.
fn simulated(whatif: &WhatIf) -> Question {
    Question::Budgets(Asked::Simulate { name: whatif.budget.clone(), changes: whatif.changes.clone() })
}
