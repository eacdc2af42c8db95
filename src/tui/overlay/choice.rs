//! What can be chosen from a list, and what choosing it does.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that fills lists and takes what was
//! chosen from them. Draws nothing.

use super::picker::{Item, Picker};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::{SafeText, Untrusted};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::export::Form;

/// How many dimensions figures are grouped by at most.
const DIMENSIONS_MAX: usize = 4;
/// How many choices are remembered, the newest first.
const RECENT_MAX: usize = 8;

/// Something that a list offers.
#[derive(Clone, PartialEq, Debug)]
pub enum Choice {
    /// Do this.
    Do(Action),
    /// Group by this; several chosen together in their order.
    GroupBy(Dimension),
    /// Look at charges of this value only.
    Filter(Value),
    /// Look at these days.
    Period(PeriodSpec),
    /// Look at this cost.
    Metric(Metric),
    /// Hold figures against these days.
    Comparison(Comparison),
    /// Export the figures in this form: to a file, or to the clipboard.
    Export(Form, bool),
    /// Look through the saved lens of this name.
    Lens(String),
}

/// A value of a dimension, with its name where the value is an id.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// Of which dimension.
    pub dimension: Dimension,
    /// As the bill has it; empty for none.
    pub raw: Untrusted,
    /// What people call it.
    pub name: Option<Untrusted>,
}

impl App {
    /// Dimensions that there are, coarse to fine, the company's own last.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        let own = self.extent.iter().flat_map(|e| e.own.clone());
        Dimension::FIXED.into_iter().chain(own).collect()
    }

    /// Dimensions to group by.
    pub(super) fn groupings(&self) -> Picker<Choice> {
        let all = self.dimensions();
        let marked: Vec<usize> = self.lens.by.iter().filter_map(|by| all.iter().position(|d| d == by)).collect();
        let item = |dimension: Dimension| {
            let (title, name) = (SafeText::from_outside(&dimension.title()), SafeText::from_outside(&dimension.name()));
            Item::new(title, Choice::GroupBy(dimension)).note(name)
        };
        Picker::new("Group by", all.into_iter().map(item)).several(DIMENSIONS_MAX, &marked)
    }

    /// Does what was chosen.
    pub(super) fn choose(&mut self, chosen: Vec<Choice>) -> Vec<Effect> {
        let mut by = Vec::new();
        let mut effects = Vec::new();
        for choice in chosen {
            self.recent.retain(|recent| *recent != choice);
            self.recent.insert(0, choice.clone());
            self.recent.truncate(RECENT_MAX);
            match choice {
                Choice::Do(action) => effects.extend(self.perform(action)),
                Choice::GroupBy(dimension) => by.push(dimension),
                Choice::Filter(value) => self.narrow_to(&value),
                Choice::Period(period) => self.lens.period = period,
                Choice::Metric(metric) => self.lens.metric = metric,
                Choice::Comparison(comparison) => self.lens.comparison = comparison,
                Choice::Lens(name) => self.use_lens(&name),
                Choice::Export(form, to_file) => effects.extend(self.export_as(form, to_file)),
            }
        }
        if !by.is_empty() {
            self.lens.by = by;
            self.breakdown.seek(None);
        }
        effects.extend(self.ask());
        effects
    }

    /// Demands a value beside what the filter demands already. What was opened stays part of the filter:
    /// there is no way back out of it.
    fn narrow_to(&mut self, value: &Value) {
        let others = self.others_of(value);
        let filter = &self.lens.filter;
        self.lens.filter = filter.and(value.dimension.clone(), value.raw.raw(), others.iter().map(String::as_str));
        self.path.clear();
        self.breakdown.seek(None);
    }
}
