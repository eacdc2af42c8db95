//! The Anomalies tab's state: what was told, what is selected, what can be taken back.
//!
//! The selection is kept by the anomaly's name. Pure.

use crate::domain::anomaly::{AnomalyId, Saying, State as Stands};
use crate::domain::filter::Filter;
use crate::engine::answer::{AnomaliesAnswer, AnomalyAnswer, Listed};
use crate::engine::{AnomalyQuery, AnomalySort};
use crate::tui::tab::{Slot, Window};
use crate::tui::undo::Undo;

/// Which anomalies are listed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Only {
    /// All.
    #[default]
    All,
    /// Those that need somebody.
    Needing,
    /// Those that need nobody.
    Quiet,
}

impl Only {
    /// The next one, round the end.
    #[must_use]
    pub fn next(self) -> Only {
        match self {
            Only::All => Only::Needing,
            Only::Needing => Only::Quiet,
            Only::Quiet => Only::All,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Only::All => "all",
            Only::Needing => "open and acknowledged",
            Only::Quiet => "snoozed, expected and resolved",
        }
    }

    fn states(self) -> Vec<Stands> {
        match self {
            Only::All => Vec::new(),
            Only::Needing => Stands::ALL.into_iter().filter(|state| state.needs_somebody()).collect(),
            Only::Quiet => Stands::ALL.into_iter().filter(|state| !state.needs_somebody()).collect(),
        }
    }
}

/// What was said of which anomaly: what counted before.
#[derive(Clone, PartialEq, Debug)]
pub struct Before {
    /// The anomaly's whole name.
    pub id: String,
    /// What counted.
    pub said: Option<Saying>,
}

/// The tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Which there are.
    pub slot: Slot<AnomaliesAnswer>,
    /// What the selected one is.
    pub detail: Slot<AnomalyAnswer>,
    chosen: Option<AnomalyId>,
    window: Window,
    /// In which order.
    pub sort: AnomalySort,
    /// Which are listed.
    pub only: Only,
    /// What can be taken back.
    pub undo: Undo<Before>,
}

impl State {
    /// What the tab asks.
    #[must_use]
    pub fn query(&self, filter: &Filter) -> AnomalyQuery {
        AnomalyQuery { filter: filter.clone(), states: self.only.states(), sort: self.sort, ..AnomalyQuery::default() }
    }

    /// The answer that is shown.
    #[must_use]
    pub fn answer(&self) -> Option<&AnomaliesAnswer> {
        self.slot.shown.as_ref()?.answers.first()
    }

    /// The listed anomalies.
    #[must_use]
    pub fn listed(&self) -> &[Listed] {
        self.answer().map_or(&[], |answer| &answer.anomalies)
    }

    /// The place of the selected one; the first where what was selected is listed no more.
    #[must_use]
    pub fn at(&self) -> usize {
        let at = self.listed().iter().position(|listed| Some(listed.anomaly.id) == self.chosen);
        at.unwrap_or_default()
    }

    /// The selected one.
    #[must_use]
    pub fn selected(&self) -> Option<&Listed> {
        self.listed().get(self.at())
    }

    /// What the selected one is, once that is told.
    #[must_use]
    pub fn detail(&self) -> Option<&AnomalyAnswer> {
        let selected = self.selected()?.anomaly.id;
        let answer = self.detail.shown.as_ref()?.answers.first()?;
        (answer.listed.anomaly.id == selected).then_some(answer)
    }

    /// Moves the selection, where `height` lines are seen.
    pub fn go(&mut self, by: isize, height: usize) {
        let last = self.listed().len().saturating_sub(1);
        self.select(self.at().saturating_add_signed(by).min(last), height);
    }

    /// Selects one by its place, where `height` lines are seen.
    pub fn select(&mut self, at: usize, height: usize) {
        let (before, count) = (self.at(), self.listed().len());
        self.window.hold(before, count, height);
        self.chosen = self.listed().get(at).map(|listed| listed.anomaly.id);
        self.window.hold(self.at(), count, height);
    }

    /// The first visible line where `height` are seen.
    #[must_use]
    pub fn first_visible(&self, height: usize) -> usize {
        self.window.first(self.at(), self.listed().len(), height)
    }

    /// The next order.
    pub fn next_sort(&mut self) {
        let at = AnomalySort::ALL.iter().position(|sort| *sort == self.sort).map_or(0, |at| at + 1);
        self.sort = AnomalySort::ALL[at % AnomalySort::ALL.len()];
    }
}
