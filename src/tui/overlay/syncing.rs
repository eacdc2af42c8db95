//! How syncing stands and its log: what of it can be selected and opened. Draws nothing and asks nothing.

use super::log::Log;
use crate::engine::{Overview, Run};

/// A line that can be selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A scope, by its source.
    Scope(String),
    /// A connection that cannot be made, by its name.
    Wrong(String),
    /// A run: when it began, whose it was, and what was asked for.
    Run(i64, String, String),
}

impl Target {
    /// The one that is a run.
    #[must_use]
    pub fn of_run(run: &Run) -> Target {
        Target::Run(run.at, run.source.clone(), run.what.clone())
    }

    /// Whether it is a line of the log.
    #[must_use]
    pub fn is_run(&self) -> bool {
        matches!(self, Target::Run(..))
    }
}

/// All lines that can be selected, from the top.
#[must_use]
pub fn targets(overview: &Overview) -> Vec<Target> {
    let scopes = overview.scopes.iter().map(|scope| Target::Scope(scope.source.clone()));
    let wrong = overview.wrong.iter().map(|(name, _)| Target::Wrong(name.clone()));
    scopes.chain(wrong).chain(overview.runs.iter().map(Target::of_run)).collect()
}

/// The open log.
pub type SyncLog = Log<Target>;
