//! What actions do while an overlay is open.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that opens, feeds and closes them.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Overlay;
use super::calendar::{Calendar, Facts};
use super::calendar_view;
use super::complete::Known;
use super::files::FilePicker;
use super::filter::{FilterLine, Scene};
use super::help::Help;
use super::line::EditedLine;
use super::picker::Chosen;
use crate::engine::pending;
use crate::tui::action::Action;
use crate::tui::app::{App, distance};
use crate::tui::effect::Effect;

/// Lines that a page of a list or of the help moves by.
const PAGE: usize = 10;

impl App {
    /// Opens what an action opens.
    pub(in crate::tui) fn open_overlay(&mut self, action: Action) {
        if matches!(action, Action::Filter | Action::Palette) {
            self.take_note();
        }
        self.overlay = match action {
            Action::Help => Some(Overlay::Help(Help::new(self.welcome.is_some()))),
            // With a blank after what is there: what is typed is mostly one more term.
            Action::Filter => {
                let scene = Scene { known: &self.known, history: &self.history.filters };
                let text = self.lens.filter.to_string();
                Some(Overlay::Filter(FilterLine::new(if text.is_empty() { text } else { text + " " }, scene)))
            }
            Action::Find => Some(Overlay::Find(EditedLine::new(self.breakdown.found().to_owned()))),
            Action::Period => Some(Overlay::Period(Calendar::new(self.lens.period, &self.calendar_facts()))),
            Action::GroupBy => Some(Overlay::Pick(Box::new(self.groupings()))),
            Action::Palette => Some(Overlay::Pick(Box::new(self.palette()))),
            Action::ChooseMetric => Some(Overlay::Pick(Box::new(self.metrics()))),
            Action::ChooseComparison => Some(Overlay::Pick(Box::new(self.comparisons()))),
            Action::ChooseCurrency => Some(Overlay::Pick(Box::new(self.currency_choices()))),
            _ => None,
        };
    }

    /// What the days are like that can be chosen.
    #[must_use]
    pub fn calendar_facts(&self) -> Facts {
        Facts {
            as_of: self.as_of,
            data: self.extent.as_ref().and_then(|extent| extent.days),
            settled_through: pending::settled(&self.freshness, self.as_of),
            comparison: self.lens.comparison,
        }
    }

    /// Takes note of what a filter can be about: the values of the answers that are there.
    fn take_note(&mut self) {
        self.known = Known { own: self.own_dimensions().to_vec(), ..Known::default() };
        self.learn_choices();
        self.learn_answers();
    }

    /// Takes note of the values of the answers that are there, behind those that are known.
    fn learn_answers(&mut self) {
        let mut known = std::mem::take(&mut self.known);
        if let Some(answer) = self.breakdown_answer() {
            known.meet_groups(&answer.by, answer.rows.iter().map(|row| (&row.key, &row.names)));
        }
        if let Some(answer) = self.spend_answer() {
            known.meet_groups(&answer.movers_by, answer.movers.iter().map(|mover| (&mover.key, &mover.names)));
            let by = self.spend.slot.shown.as_ref().and_then(|shown| shown.lens.by.first());
            let layers =
                answer.series.iter().filter_map(|series| Some((by?, series.key.as_ref()?, series.name.as_ref())));
            known.meet(layers);
        }
        self.known = known;
    }

    /// Looks anew at what the open overlay can offer: more is known now.
    pub(in crate::tui) fn refresh_over(&mut self) {
        if !matches!(self.overlay, Some(Overlay::Filter(_))) {
            return;
        }
        self.known.own = self.own_dimensions().to_vec();
        self.learn_answers();
        let scene = Scene { known: &self.known, history: &self.history.filters };
        if let Some(Overlay::Filter(line)) = &mut self.overlay {
            line.refresh(scene);
        }
    }

    /// Puts typed or pasted text into the open overlay, where it has a line.
    pub(in crate::tui) fn type_over(&mut self, text: &str) -> Vec<Effect> {
        let facts = self.calendar_facts();
        let scene = Scene { known: &self.known, history: &self.history.filters };
        match &mut self.overlay {
            Some(Overlay::Filter(line)) => line.insert(text, scene),
            Some(Overlay::Period(calendar)) => calendar.insert(text, &facts),
            Some(Overlay::Pick(list)) => list.insert(text),
            Some(Overlay::Prompt(prompt)) => prompt.insert(text),
            Some(Overlay::Help(help)) => help.insert(text),
            Some(Overlay::Find(line)) => line.insert(text),
            Some(Overlay::Files(picker)) => {
                return picker.insert(text).map_or_else(Vec::new, |folder| vec![Effect::List(folder)]);
            }
            Some(Overlay::Note(line)) => line.insert(text),
            Some(Overlay::Connect(wizard)) => wizard.insert(text),
            Some(Overlay::BudgetForm(form)) => form.insert(text),
            Some(Overlay::WhatIf(whatif)) => whatif.insert(text),
            Some(
                Overlay::Importing(_)
                | Overlay::Notice(_)
                | Overlay::Link(_)
                | Overlay::Explain(_)
                | Overlay::Syncing(_)
                | Overlay::Alerts(_),
            )
            | None => {}
        }
        self.find_rows();
        self.ask_choices()
    }

    /// Lists the rows that are like what was typed so far.
    fn find_rows(&mut self) {
        if let Some(Overlay::Find(line)) = &self.overlay {
            self.breakdown.find(line.text(), self.currency.as_deref());
        }
    }

    /// Does what an action says to the open overlay.
    pub(in crate::tui) fn perform_over(&mut self, action: Action) -> Vec<Effect> {
        let under = self.parts().under;
        let mut effects = match &self.overlay {
            Some(Overlay::Importing(_)) => return self.perform_importing(action),
            Some(Overlay::Syncing(_)) => return self.perform_syncing(action),
            Some(Overlay::Alerts(_)) => return self.perform_alerts(action),
            Some(Overlay::Connect(_)) => return self.perform_connect(action),
            Some(Overlay::Files(_)) if action != Action::Close => {
                return self.perform_files(action, FilePicker::page(under));
            }
            Some(Overlay::Filter(_)) => self.perform_filter(action),
            Some(Overlay::Find(_)) => self.perform_find(action),
            Some(Overlay::Help(_)) => self.perform_help(action, under),
            Some(Overlay::Period(_)) => self.perform_period(action, under),
            Some(Overlay::Pick(_)) => self.perform_pick(action),
            Some(Overlay::Prompt(_)) if action == Action::Apply => self.answer_prompt(),
            _ if action == Action::Close => self.close(),
            Some(Overlay::Link(_)) => self.perform_link(action),
            Some(Overlay::BudgetForm(_)) => self.perform_form(action),
            Some(Overlay::WhatIf(_)) => self.perform_whatif(action),
            Some(Overlay::Notice(notice)) if action == Action::CopyRow => {
                let text = notice.text();
                self.copy(text, "the notice")
            }
            Some(Overlay::Note(_)) => self.perform_note(action),
            Some(Overlay::Prompt(_)) => {
                if let Some(Overlay::Prompt(prompt)) = &mut self.overlay {
                    prompt.edit(action);
                }
                vec![]
            }
            Some(Overlay::Files(_) | Overlay::Notice(_) | Overlay::Explain(_)) | None => vec![],
        };
        effects.extend(self.ask());
        effects
    }

    fn close(&mut self) -> Vec<Effect> {
        self.overlay = None;
        vec![]
    }

    fn perform_filter(&mut self, action: Action) -> Vec<Effect> {
        let scene = Scene { known: &self.known, history: &self.history.filters };
        let Some(Overlay::Filter(line)) = &mut self.overlay else { return vec![] };
        match action {
            Action::Close if line.is_searching() => line.leave_search(scene),
            Action::Close => return self.close(),
            Action::Apply => {
                if let Some(filter) = line.enter(scene) {
                    self.history.keep_filter(&filter.to_string());
                    self.filter_by(filter);
                    return self.close();
                }
            }
            action => line.edit(action, scene),
        }
        vec![]
    }

    fn perform_find(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Find(line)) = &mut self.overlay else { return vec![] };
        match action {
            Action::Close => {
                self.breakdown.find("", self.currency.as_deref());
                return self.close();
            }
            Action::Apply => return self.close(),
            action => line.edit(action),
        };
        self.find_rows();
        vec![]
    }

    fn perform_help(&mut self, action: Action, under: Rect) -> Vec<Effect> {
        let (tab, keymap) = (self.tab, Arc::clone(&self.keymap));
        let Some(Overlay::Help(help)) = &mut self.overlay else { return vec![] };
        match (distance(action, PAGE), action) {
            (Some(by), _) => help.scroll_by(by, tab, &keymap, under),
            (None, Action::Close) if help.searched() => help.clear(),
            (None, Action::Close) => return self.close(),
            (None, Action::Filter) => help.search(),
            (None, Action::CopyRow) => {
                let text = help.text(tab, &keymap);
                return self.copy(text, "the keys");
            }
            (None, Action::Apply) => help.keep(),
            (None, action) => help.edit(action),
        }
        vec![]
    }

    fn perform_period(&mut self, action: Action, under: Rect) -> Vec<Effect> {
        let facts = self.calendar_facts();
        let Some(Overlay::Period(calendar)) = &mut self.overlay else { return vec![] };
        match action {
            Action::Close if calendar.start().is_some() => calendar.give_up(),
            Action::Close => return self.close(),
            Action::Choose => {
                if let Some(period) = calendar.choose(self.as_of) {
                    self.lens.period = period;
                    return self.close();
                }
            }
            action => calendar.edit(action, calendar_view::page(under), &facts),
        }
        vec![]
    }

    fn perform_pick(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Pick(list)) = &mut self.overlay else { return vec![] };
        match action {
            Action::Close => return self.close(),
            Action::Choose => match list.chosen() {
                Chosen::Values(chosen) => {
                    self.overlay = None;
                    return self.choose(chosen);
                }
                Chosen::Idle(why) => self.status = Some(why),
                Chosen::Nothing => {}
            },
            Action::Mark => {
                if !list.mark() {
                    self.status = Some(format!("at most {} at once", list.most()));
                }
            }
            Action::RenameLens | Action::ForgetLens => self.ask_about(action),
            action => match distance(action, PAGE) {
                Some(by) => list.select(by),
                None => list.edit(action),
            },
        }
        vec![]
    }
}
