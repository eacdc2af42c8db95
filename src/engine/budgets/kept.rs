//! The budgets and scenarios that the journal keeps, and the commands that change them.
//!
//! A command is done when its outcome is there. Knows nothing of what anything costs.

use serde::{Deserialize, Serialize};

use crate::domain::budget::{Budget, merged};
use crate::domain::scenario::Scenario;
use crate::domain::text::SafeText;
use crate::error::{Error, Result};
use crate::store::journal::{Change, Journal};

const BUDGET: &str = "budget";
const SCENARIO: &str = "scenario";

/// What can be done with budgets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum BudgetCommand {
    /// Keeps a budget.
    Keep {
        /// The budget.
        budget: Box<Budget>,
        /// What there was of it before.
        was: Was,
    },
    /// Removes a budget.
    Remove {
        /// Its name.
        name: String,
    },
    /// Keeps some budgets whatever was there, and removes others: all or nothing.
    Apply {
        /// To be kept.
        keep: Vec<Budget>,
        /// To be removed.
        remove: Vec<String>,
    },
    /// Keeps a scenario; one of the same name is replaced.
    KeepScenario(Scenario),
    /// Removes a scenario.
    RemoveScenario {
        /// Its name.
        name: String,
    },
}

/// What there was of a budget before it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Was {
    /// None of its name.
    New,
    /// It, as it was seen before it was changed: what somebody else changed since stays as they made it. No other has
    /// the name that it has now.
    Seen(Box<Budget>),
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum BudgetOutcome {
    /// A budget as it is kept now.
    Kept {
        /// The budget.
        budget: Box<Budget>,
        /// As it was.
        before: Option<Box<Budget>>,
        /// What somebody else changed of it since it was seen, and what became of that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meanwhile: Option<String>,
    },
    /// The budget that is gone.
    Removed(Box<Budget>),
    /// So many were kept, and so many removed.
    Applied {
        /// Kept anew or changed.
        kept: usize,
        /// Removed.
        removed: usize,
    },
    /// A scenario as it is kept now.
    ScenarioKept {
        /// The scenario.
        scenario: Scenario,
        /// What had the name before.
        before: Option<Scenario>,
    },
    /// The scenario that is gone.
    ScenarioRemoved(Scenario),
}

/// Does what a command says.
///
/// # Errors
/// Kind `Usage` where it cannot be done, `Store` where the disk fails: nothing has changed then.
pub fn run(journal: &mut Journal, command: &BudgetCommand) -> Result<BudgetOutcome> {
    match command {
        BudgetCommand::Keep { budget, was } => {
            let (budget, before, meanwhile) = match was {
                Was::New => (checked(budget)?, None, None),
                Was::Seen(seen) => {
                    let now = find(journal, seen.name.raw())?;
                    let merged = merged(seen, &checked(budget)?, &now);
                    (checked(&merged.budget)?, Some(Box::new(now)), merged.words())
                }
            };
            let name = budget.name.raw().to_owned();
            let is_other = before.as_ref().is_none_or(|before| before.name != budget.name);
            if is_other && journal.of_kind(BUDGET).any(|(of, _)| of == name) {
                return Err(Error::usage(format!("there is a budget `{}` already", SafeText::from_outside(&name)))
                    .hint("take another name, or edit that one"));
            }
            let old = before.as_ref().filter(|_| is_other).map(|old| Change::remove(BUDGET, old.name.raw()));
            journal.set_all([Change::keep(BUDGET, &name, &budget)?].into_iter().chain(old))?;
            Ok(BudgetOutcome::Kept { budget: Box::new(budget), before, meanwhile })
        }
        BudgetCommand::Remove { name } => {
            let budget = find(journal, name)?;
            journal.set(BUDGET, budget.name.raw(), None)?;
            Ok(BudgetOutcome::Removed(Box::new(budget)))
        }
        BudgetCommand::Apply { keep, remove } => {
            let keep: Vec<Budget> = keep.iter().map(checked).collect::<Result<_>>()?;
            let mut changes = Vec::with_capacity(keep.len() + remove.len());
            for budget in &keep {
                changes.push(Change::keep(BUDGET, budget.name.raw(), budget)?);
            }
            let known = budgets(journal);
            for name in remove {
                changes.push(Change::remove(BUDGET, named(&known, name)?.name.raw()));
            }
            journal.set_all(changes)?;
            Ok(BudgetOutcome::Applied { kept: keep.len(), removed: remove.len() })
        }
        BudgetCommand::KeepScenario(scenario) => {
            let scenario = scenario.clone().checked().map_err(Error::usage)?;
            let name = scenario.name.raw().to_owned();
            let before = scenarios(journal).into_iter().find(|s| s.name == scenario.name);
            journal.set_all([Change::keep(SCENARIO, &name, &scenario)?])?;
            Ok(BudgetOutcome::ScenarioKept { scenario, before })
        }
        BudgetCommand::RemoveScenario { name } => {
            let scenario = find_scenario(journal, name)?;
            journal.set(SCENARIO, scenario.name.raw(), None)?;
            Ok(BudgetOutcome::ScenarioRemoved(scenario))
        }
    }
}

fn checked(budget: &Budget) -> Result<Budget> {
    budget.clone().checked().map_err(Error::usage)
}

/// All budgets by name.
#[must_use]
pub fn budgets(journal: &Journal) -> Vec<Budget> {
    journal.kept(BUDGET).map(|(_, budget)| budget).collect()
}

/// All scenarios by name.
#[must_use]
pub fn scenarios(journal: &Journal) -> Vec<Scenario> {
    journal.kept(SCENARIO).map(|(_, scenario)| scenario).collect()
}

/// The budget of a name.
///
/// # Errors
/// Kind `Usage` where there is none.
pub fn find(journal: &Journal, name: &str) -> Result<Budget> {
    named(&budgets(journal), name).cloned()
}

fn named<'b>(all: &'b [Budget], name: &str) -> Result<&'b Budget> {
    let name = name.trim();
    let found = all.iter().find(|budget| budget.name.raw() == name);
    found.ok_or_else(|| unknown("budget", name, all.iter().map(|budget| budget.name.raw())))
}

fn find_scenario(journal: &Journal, name: &str) -> Result<Scenario> {
    let all = scenarios(journal);
    let name = name.trim();
    let found = all.iter().find(|scenario| scenario.name.raw() == name);
    found.cloned().ok_or_else(|| unknown("scenario", name, all.iter().map(|scenario| scenario.name.raw())))
}

/// The error for a budget or scenario that is not there.
pub fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let known: Vec<&str> = known.collect();
    let error = Error::usage(format!("there is no {what} `{}`", SafeText::from_outside(name)));
    let list = if what == "budget" { "spendtop budget list --archived" } else { "spendtop budget scenarios" };
    error.did_you_mean(name, &known).hint(format!("`{list}` shows them"))
}
