//! How syncing stands and its log: what of it is selected, and what is open.
//!
//! Selected by what it is, not by its line: what comes meanwhile moves nothing. Draws nothing and asks
//! nothing.

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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncLog {
    selected: Option<Target>,
    /// Whether what is selected is shown whole, and how many lines of it are scrolled away.
    open: Option<usize>,
}

impl SyncLog {
    /// What is selected: the first line before another one was, and where it has gone.
    #[must_use]
    pub fn selected(&self, overview: &Overview) -> Option<Target> {
        let all = targets(overview);
        self.selected.as_ref().filter(|target| all.contains(target)).cloned().or_else(|| all.into_iter().next())
    }

    /// Selects a line that many lines further, or scrolls what is shown whole.
    pub fn step(&mut self, by: isize, overview: &Overview) {
        if let Some(first) = &mut self.open {
            *first = first.saturating_add_signed(by);
            return;
        }
        let all = targets(overview);
        let now = self.selected(overview);
        let at = all.iter().position(|target| Some(target) == now.as_ref()).unwrap_or_default();
        self.selected = all.get(at.saturating_add_signed(by).min(all.len().saturating_sub(1))).cloned();
    }

    /// Lines that are scrolled away of what is shown whole; `None` while all is listed.
    #[must_use]
    pub fn opened(&self) -> Option<usize> {
        self.open
    }

    /// Shows what is selected whole.
    pub fn open(&mut self, overview: &Overview) {
        self.selected = self.selected(overview);
        self.open = self.selected.is_some().then_some(0);
    }

    /// Scrolls no further than that what is shown whole has lines.
    pub fn hold_within(&mut self, most: usize) {
        self.open = self.open.map(|first| first.min(most));
    }

    /// Goes back to the list; returns whether there was something to go back from.
    pub fn back(&mut self) -> bool {
        self.open.take().is_some()
    }
}
