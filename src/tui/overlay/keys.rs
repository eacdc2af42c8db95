//! What actions do while an overlay is open.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that opens, feeds and closes them.

use ratatui::layout::Rect;

use super::Overlay;
use super::filter::LineEditor;
use super::help::Help;
use super::picker::Picker;
use crate::domain::dimension::Dimension;
use crate::domain::period::PeriodSpec;
use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::app::{App, distance};
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::tab::Tab;

/// Lines that a page of a list or of the help moves by.
const PAGE: usize = 10;

impl App {
    /// Opens what an action opens.
    pub(in crate::tui) fn open_overlay(&mut self, action: Action) {
        self.overlay = match action {
            Action::Help => Some(Overlay::Help(Help::default())),
            // With a blank after what is there: what is typed is mostly one more term.
            Action::Filter => Some(Overlay::Filter(LineEditor::new(match self.lens.filter.to_string() {
                text if text.is_empty() => text,
                text => text + " ",
            }))),
            Action::Period => Some(Overlay::Period(self.periods())),
            Action::GroupBy => Some(Overlay::GroupBy(self.groupings())),
            _ => None,
        };
    }

    fn periods(&self) -> Picker {
        let lines = PeriodSpec::PRESETS.map(|p| {
            let days = p.resolve(self.as_of);
            let mut words = p.describe(self.as_of);
            if let Some(first) = words.get(..1).map(str::to_uppercase) {
                words.replace_range(..1, &first);
            }
            (words, days.words())
        });
        let selected = PeriodSpec::PRESETS.iter().position(|p| *p == self.lens.period).unwrap_or_default();
        Picker { title: "Period", lines: lines.to_vec(), selected }
    }

    fn dimensions(&self) -> Vec<Dimension> {
        let tags = self.extent.iter().flat_map(|e| &e.tag_keys).map(|key| Dimension::Tag(key.clone()));
        Dimension::FIXED.into_iter().chain(tags).collect()
    }

    fn groupings(&self) -> Picker {
        let all = self.dimensions();
        let selected = all.iter().position(|d| Some(d) == self.lens.by.first()).unwrap_or_default();
        let lines = all.iter().map(|d| (d.title(), SafeText::from_outside(&d.name()).into_string())).collect();
        Picker { title: "Group by", lines, selected }
    }

    /// Does what an action says to the open overlay.
    pub(in crate::tui) fn perform_over(&mut self, action: Action) -> Vec<Effect> {
        let tab: Tab = self.tab;
        let whole = Rect::new(0, 0, self.size.0, self.size.1);
        let footer = layout::screen(whole, self.banner.is_some()).footer.height;
        let under = Rect { height: whole.height - footer, ..whole };
        match (&mut self.overlay, action) {
            (_, Action::Close) => self.overlay = None,
            (Some(Overlay::Help(help)), action) => {
                if let Some(by) = distance(action, PAGE) {
                    help.scroll_by(by, tab, under);
                }
            }
            (Some(Overlay::Period(picker)), Action::Choose) => {
                if let Some(period) = PeriodSpec::PRESETS.get(picker.selected) {
                    self.lens.period = *period;
                }
                self.overlay = None;
            }
            (Some(Overlay::GroupBy(picker)), Action::Choose) => {
                let selected = picker.selected;
                if let Some(dimension) = self.dimensions().into_iter().nth(selected) {
                    self.lens.by = vec![dimension];
                    self.breakdown.seek(None);
                }
                self.overlay = None;
            }
            (Some(Overlay::Period(picker) | Overlay::GroupBy(picker)), action) => {
                if let Some(by) = distance(action, PAGE) {
                    picker.select(by);
                }
            }
            (Some(Overlay::Filter(line)), Action::Apply) => {
                let tag_keys = self.extent.as_ref().map_or(&[][..], |e| &e.tag_keys);
                if let Some(filter) = line.filter(tag_keys) {
                    // What was opened is part of the text that was edited: there is no way back out.
                    if filter != self.lens.filter {
                        self.path.clear();
                        self.lens.filter = filter;
                        self.breakdown.seek(None);
                    }
                    self.overlay = None;
                }
            }
            (Some(Overlay::Filter(line)), action) => line.edit(action),
            (None, _) => {}
        }
        self.ask()
    }
}
