//! What can be chosen from a list, and what choosing it does.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that fills lists and takes what was
//! chosen from them. Draws nothing.

use super::picker::{Item, Picker};
use crate::config::ThemeName;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::lens::DIMENSIONS_MAX;
use crate::domain::money::Amount;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::{SafeText, Untrusted};
use crate::report::money::{fixed, places};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::export::Form;
use crate::tui::tab::Tab;
use crate::tui::text::width;

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
    /// Show figures in this currency.
    Currency(String),
    /// Look like this.
    Theme(ThemeName),
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
        Dimension::FIXED.into_iter().chain(self.own_dimensions().iter().cloned()).collect()
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

    /// The four costs, each with what it means.
    pub(super) fn metrics(&self) -> Picker<Choice> {
        let item = |metric: Metric| {
            let label = SafeText::from_outside(&format!("{} cost", metric.name()));
            Item::new(label, Choice::Metric(metric)).note(SafeText::ours(metric.definition()))
        };
        let now = Choice::Metric(self.lens.metric);
        Picker::new("Metric", Metric::ALL.map(item)).select_where(|choice| *choice == now).explaining()
    }

    /// What figures can be held against, each with its days.
    pub(super) fn comparisons(&self) -> Picker<Choice> {
        let item = |comparison: Comparison| {
            let label = SafeText::from_outside(&comparison.name().replace('-', " "));
            Item::new(label, Choice::Comparison(comparison)).note(self.days_against(comparison))
        };
        let now = Choice::Comparison(self.lens.comparison);
        Picker::new("Compare with", Comparison::ALL.map(item)).select_where(|choice| *choice == now)
    }

    /// The days that figures would be held against.
    pub(super) fn days_against(&self, comparison: Comparison) -> SafeText {
        let days = comparison.against_spec(self.lens.period, self.as_of);
        SafeText::from_outside(&days.map_or_else(String::new, |days| days.words()))
    }

    /// The currencies of the tab's answer, each with its sum.
    pub(super) fn currency_choices(&self) -> Picker<Choice> {
        let sums: Vec<(&str, Option<Amount>)> = match self.tab {
            Tab::Spend => {
                let answers = self.spend.slot.shown.iter().flat_map(|shown| &shown.answers);
                answers.map(|a| (a.currency.as_str(), a.total.amount)).collect()
            }
            _ => {
                let answers = self.breakdown.slot.shown.iter().flat_map(|shown| &shown.answers);
                answers.map(|a| (a.currency.as_str(), a.total.amount)).collect()
            }
        };
        let now = self.shown_currency().map(|code| Choice::Currency(code.to_owned()));
        let texts: Vec<String> = sums.iter().map(|(code, sum)| fixed(*sum, places(code))).collect();
        let widest = texts.iter().map(|text| width(text)).max().unwrap_or_default();
        let items = sums.iter().zip(texts).map(|((code, _), sum)| {
            let note = SafeText::from_outside(&format!("{sum:>widest$}"));
            Item::new(SafeText::from_outside(code), Choice::Currency((*code).to_owned())).note(note)
        });
        Picker::new("Currency: they are never added", items).select_where(|choice| Some(choice) == now.as_ref())
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
                Choice::Currency(currency) => self.show_currency(currency),
                Choice::Theme(theme) => self.show_theme(theme),
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

    /// Demands a value beside what the filter demands already.
    fn narrow_to(&mut self, value: &Value) {
        let others = self.others_of(value);
        let others = others.iter().map(String::as_str);
        self.filter_by(self.lens.filter.and(value.dimension.clone(), value.raw.raw(), others));
    }
}
