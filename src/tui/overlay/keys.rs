//! What actions do while an overlay is open.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that opens, feeds and closes them.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Overlay;
use super::calendar::{Calendar, Facts};
use super::calendar_view;
use super::complete::Known;
use super::filter::{FilterLine, Scene};
use super::help::Help;
use super::line::EditedLine;
use super::picker::Chosen;
use crate::tui::action::Action;
use crate::tui::app::{App, distance};
use crate::tui::effect::Effect;
use crate::tui::layout;

/// Lines that a page of a list or of the help moves by.
const PAGE: usize = 10;

impl App {
    /// Opens what an action opens.
    pub(in crate::tui) fn open_overlay(&mut self, action: Action) {
        if matches!(action, Action::Filter | Action::Palette) {
            self.take_note();
        }
        self.overlay = match action {
            Action::Help => Some(Overlay::Help(Help::default())),
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
            _ => None,
        };
    }

    /// What the days are like that can be chosen.
    #[must_use]
    pub fn calendar_facts(&self) -> Facts {
        Facts {
            as_of: self.as_of,
            data: self.extent.as_ref().and_then(|extent| extent.days),
            settled_through: self.freshness.iter().map(|fresh| fresh.settled_through).min(),
            comparison: self.lens.comparison,
        }
    }

    /// Takes note of what a filter can be about: the values of the answers that are there.
    fn take_note(&mut self) {
        let own = self.extent.as_ref().map_or_else(Vec::new, |e| e.own.clone());
        let mut known = Known { own, ..Known::default() };
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
        self.take_note();
        let scene = Scene { known: &self.known, history: &self.history.filters };
        if let Some(Overlay::Filter(line)) = &mut self.overlay {
            line.refresh(scene);
        }
    }

    /// Puts typed or pasted text into the open overlay, where it has a line.
    pub(in crate::tui) fn type_over(&mut self, text: &str) {
        let facts = self.calendar_facts();
        let scene = Scene { known: &self.known, history: &self.history.filters };
        match &mut self.overlay {
            Some(Overlay::Filter(line)) => line.insert(text, scene),
            Some(Overlay::Period(calendar)) => calendar.insert(text, &facts),
            Some(Overlay::Pick(list)) => list.insert(text),
            Some(Overlay::Prompt(prompt)) => prompt.insert(text),
            Some(Overlay::Help(help)) => help.insert(text),
            Some(Overlay::Find(line)) => line.insert(text),
            None => {}
        }
        self.find_rows();
    }

    /// Lists the rows that are like what was typed so far.
    fn find_rows(&mut self) {
        if let Some(Overlay::Find(line)) = &self.overlay {
            self.breakdown.find(line.text(), self.currency.as_deref());
        }
    }

    /// Does what an action says to the open overlay.
    pub(in crate::tui) fn perform_over(&mut self, action: Action) -> Vec<Effect> {
        let keymap = Arc::clone(&self.keymap);
        let whole = Rect::new(0, 0, self.size.0, self.size.1);
        let footer = layout::screen(whole, self.banner.is_some()).footer.height;
        let under = Rect { height: whole.height - footer, ..whole };
        let facts = self.calendar_facts();
        let scene = Scene { known: &self.known, history: &self.history.filters };
        let mut effects = vec![];
        match (&mut self.overlay, action) {
            (Some(Overlay::Filter(line)), Action::Close) if line.is_searching() => line.leave_search(scene),
            (Some(Overlay::Period(calendar)), Action::Close) if calendar.start().is_some() => calendar.give_up(),
            (Some(Overlay::Help(help)), Action::Close) if help.searched() => *help = Help::default(),
            (Some(Overlay::Find(_)), Action::Close) => {
                self.overlay = None;
                self.breakdown.find("", self.currency.as_deref());
            }
            (Some(Overlay::Find(_)), Action::Apply) => self.overlay = None,
            (Some(Overlay::Find(line)), action) => {
                line.edit(action);
                self.find_rows();
            }
            (_, Action::Close) => self.overlay = None,
            (Some(Overlay::Help(help)), action) => match (distance(action, PAGE), action) {
                (Some(by), _) => help.scroll_by(by, self.tab, &keymap, under),
                (None, Action::Filter) => help.search(),
                (None, Action::Apply) => help.keep(),
                (None, action) => help.edit(action),
            },
            (Some(Overlay::Period(calendar)), Action::Choose) => {
                if let Some(period) = calendar.choose(self.as_of) {
                    self.lens.period = period;
                    self.overlay = None;
                }
            }
            (Some(Overlay::Period(calendar)), action) => calendar.edit(action, calendar_view::page(under), &facts),
            (Some(Overlay::Pick(list)), Action::Choose) => match list.chosen() {
                Chosen::Values(chosen) => {
                    self.overlay = None;
                    return self.choose(chosen);
                }
                Chosen::Idle(why) => self.status = Some(why),
                Chosen::Nothing => {}
            },
            (Some(Overlay::Pick(list)), Action::Mark) => {
                if !list.mark() {
                    self.status = Some(format!("at most {} at once", list.most()));
                }
            }
            (Some(Overlay::Pick(_)), Action::RenameLens | Action::ForgetLens) => self.ask_about(action),
            (Some(Overlay::Prompt(_)), Action::Apply) => effects = self.answer_prompt(),
            (Some(Overlay::Prompt(prompt)), action) => prompt.edit(action),
            (Some(Overlay::Pick(list)), action) => match distance(action, PAGE) {
                Some(by) => list.select(by),
                None => list.edit(action),
            },
            (Some(Overlay::Filter(line)), Action::Apply) => {
                if let Some(filter) = line.enter(scene) {
                    self.history.keep_filter(&filter.to_string());
                    // What was opened is part of the text that was edited: there is no way back out.
                    if filter != self.lens.filter {
                        self.path.clear();
                        self.lens.filter = filter;
                        self.breakdown.seek(None);
                    }
                    self.overlay = None;
                }
            }
            (Some(Overlay::Filter(line)), action) => line.edit(action, scene),
            (None, _) => {}
        }
        effects.extend(self.ask());
        effects
    }
}
