//! The Anomalies tab's state: what was told, what is selected, what can be taken back.
//!
//! The selection is kept by the anomaly's name. Pure.

use crate::domain::anomaly::{AnomalyId, Saying, State as Stands};
use crate::domain::filter::Filter;
use crate::engine::answer::{AnomaliesAnswer, AnomalyAnswer, Listed};
use crate::engine::{AnomalyQuery, AnomalySort};
use crate::tui::tab::Slot;

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

/// What was said last of which anomaly: what counted before.
#[derive(Clone, PartialEq, Debug)]
pub struct Undo {
    /// The anomaly's whole name.
    pub id: String,
    /// What counted.
    pub before: Option<Saying>,
}

/// The tab's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Which there are.
    pub slot: Slot<AnomaliesAnswer>,
    /// What the selected one is.
    pub detail: Slot<AnomalyAnswer>,
    chosen: Option<AnomalyId>,
    /// In which order.
    pub sort: AnomalySort,
    /// Which are listed.
    pub only: Only,
    /// What can be taken back, the newest last.
    pub undo: Vec<Undo>,
    /// Whether what comes back next is something taken back.
    pub undoing: bool,
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

    /// Moves the selection.
    pub fn go(&mut self, by: isize) {
        let last = self.listed().len().saturating_sub(1);
        let to = self.at().saturating_add_signed(by).min(last);
        self.chosen = self.listed().get(to).map(|listed| listed.anomaly.id);
    }

    /// The first visible line where `height` are seen, so that the selected one is.
    #[must_use]
    pub fn first_visible(&self, height: usize) -> usize {
        (self.at() + 1).saturating_sub(height.max(1))
    }

    /// The next order.
    pub fn next_sort(&mut self) {
        let at = AnomalySort::ALL.iter().position(|sort| *sort == self.sort).map_or(0, |at| at + 1);
        self.sort = AnomalySort::ALL[at % AnomalySort::ALL.len()];
    }
}
