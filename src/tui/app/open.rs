//! What is opened and backed out of, and what is copied.
//!
//! Drilling is a change of the lens, remembered as a [`Crumb`]. Draws nothing.

use serde::{Deserialize, Serialize};

use super::App;
use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::period::PeriodSpec;
use crate::domain::text::SafeText;
use crate::engine::answer::Key as GroupKey;
use crate::engine::twin;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::notice::Notice;
use crate::tui::tab::spend::state::Pane;
use crate::tui::tab::{Tab, breakdown, narrowed, spend};

/// Something that was opened, and how to get back out of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Crumb {
    /// What it is called.
    pub label: SafeText,
    filter: Filter,
    by: Vec<Dimension>,
    period: Option<PeriodSpec>,
    key: Option<GroupKey>,
    tab: Tab,
    /// Whether only other days are looked at, whichever tab shows them.
    pub(super) zoomed: bool,
    /// How the Breakdown tab showed its rows.
    pub(super) view: breakdown::View,
}

impl App {
    /// Opens the selected day, move or row in the Breakdown tab. Not while what is on the screen
    /// answers an older question: its rows are not those of the lens.
    pub(super) fn open(&mut self) {
        if self.waiting() || self.error().is_some() {
            self.status = self.waiting().then(|| "loading".into());
            return;
        }
        if self.tab == Tab::Spend {
            return self.open_of_spend();
        }
        if self.breakdown.view == breakdown::View::Hygiene {
            return self.open_tags();
        }
        let Some(answer) = self.breakdown_answer() else { return };
        let Some(row) = self.breakdown.row(answer) else { return };
        let days = self.breakdown.opened_days(answer);
        let mut label = SafeText::from_outside(&breakdown::state::name(answer, row));
        if let Some(days) = days {
            label = SafeText::from_outside(&format!("{label}, {}", days.words()));
        }
        let (by, key) = (answer.by.clone(), row.key.clone());
        let filter = narrowed(&self.lens.filter, &by, &key, answer.rows.iter().map(|r| (&r.key, &r.names)));
        self.drill(by, key, filter, label, days);
    }

    fn open_of_spend(&mut self) {
        let Some(answer) = self.spend_answer() else { return };
        match self.spend.focus {
            Pane::Attention => {
                let scene = self.spend_scene();
                let Some(notice) = scene.notice(self.body()) else { return };
                self.overlay = Some(Overlay::Notice(Notice::new(&notice.text, &notice.hint)));
                return;
            }
            Pane::Cards => return self.explain(),
            Pane::Chart => {
                let Some(days) = self.spend.selected_days(answer) else { return };
                self.open_days(days);
            }
            Pane::Movers => {
                let Some(mover) = self.spend.selected_mover(answer) else { return };
                let (by, key) = (answer.movers_by.clone(), mover.key.clone());
                let label = join(spend::movers::labels(answer, mover));
                let all = answer.movers.iter().map(|m| (&m.key, &m.names));
                let filter = narrowed(&self.lens.filter, &by, &key, all);
                self.drill(by, key, filter, label, None);
            }
            Pane::Resources => {
                let details = self.spend_details();
                let Some((details, at)) = details.and_then(|d| Some((d, self.spend.resource(d)?))) else { return };
                let resource = &details.resources[at];
                let others = details.resources.iter().filter(|r| r.id != resource.id).map(|r| r.id.raw());
                let filter = self.lens.filter.and(Dimension::Resource, resource.id.raw(), others);
                self.push(spend::resources::name(resource), None, None);
                self.lens.filter = filter;
                // Nothing is finer than a resource but what it is billed for.
                self.lens.by = vec![Dimension::Sku];
            }
        }
        // Where there was nothing to open it is explained in its tab.
        if self.overlay.is_none() {
            self.tab = Tab::Breakdown;
        }
    }

    /// Looks at something else in the Breakdown tab; one step back undoes it.
    pub(super) fn open_lens(&mut self, label: SafeText, lens: Lens) {
        self.breakdown.levels.keep(self.path.len(), &self.lens.by);
        self.push(label, Some(self.lens.period), None);
        self.lens = lens;
        self.tab = Tab::Breakdown;
    }

    fn open_days(&mut self, days: Period) {
        let period = Some(std::mem::replace(&mut self.lens.period, PeriodSpec::Range(days)));
        self.push(SafeText::from_outside(&days.words()), period, None);
    }

    /// Goes down into a group; into some days of it only where they are given.
    fn drill(&mut self, by: Vec<Dimension>, key: GroupKey, filter: Filter, label: SafeText, days: Option<Period>) {
        let lens = Lens { by, filter, ..self.lens.clone() };
        let depth = self.path.len();
        self.breakdown.levels.keep(depth, &self.lens.by);
        // Days can be opened of the finest level too.
        let finest = days.map(|_| self.lens.by.clone());
        let Some(next) = self.breakdown.levels.next(depth, &lens).or(finest) else {
            self.status = Some("this is the finest level: its line items are below".into());
            return self.explain_part(label, lens);
        };
        let period = days.map(|days| std::mem::replace(&mut self.lens.period, PeriodSpec::Range(days)));
        self.push(label, period, Some(key));
        self.lens.filter = lens.filter;
        self.lens.by = next;
    }

    /// Goes on to other charges, grouped some way.
    pub(in crate::tui) fn go(&mut self, label: SafeText, filter: Filter, by: Vec<Dimension>) {
        self.breakdown.levels.keep(self.path.len(), &self.lens.by);
        self.push(label, None, None);
        self.lens.filter = filter;
        self.lens.by = by;
    }

    fn push(&mut self, label: SafeText, period: Option<PeriodSpec>, key: Option<GroupKey>) {
        let (filter, by) = (self.lens.filter.clone(), self.lens.by.clone());
        let view = std::mem::take(&mut self.breakdown.view);
        self.path.push(Crumb { label, filter, by, period, key, tab: self.tab, zoomed: false, view });
        self.breakdown.seek(None);
    }

    /// Remembers the days that were looked at before a zoom.
    pub(super) fn push_zoom(&mut self, label: SafeText, period: PeriodSpec) {
        let (filter, by) = (self.lens.filter.clone(), self.lens.by.clone());
        let (tab, view) = (self.tab, self.breakdown.view);
        self.path.push(Crumb { label, filter, by, period: Some(period), key: None, tab, zoomed: true, view });
    }

    pub(super) fn back(&mut self) {
        if self.breakdown_back() {
            return;
        }
        let depth = self.path.len();
        let Some(crumb) = self.path.pop() else { return };
        self.breakdown.levels.keep(depth, &self.lens.by);
        self.lens.filter = crumb.filter;
        self.lens.by = crumb.by;
        if let Some(period) = crumb.period {
            self.lens.period = period;
        }
        if !crumb.zoomed {
            self.tab = crumb.tab;
            self.breakdown.view = crumb.view;
            self.breakdown.seek(crumb.key);
        }
    }

    pub(super) fn copy(&mut self, text: String, what: &str) -> Vec<Effect> {
        self.status = Some(format!("{what}: sent to the terminal's clipboard"));
        vec![Effect::Copy(text)]
    }

    pub(super) fn copy_command(&mut self) -> Vec<Effect> {
        let twin = match self.tab {
            Tab::Spend => twin::spend,
            Tab::Breakdown if self.breakdown.view == breakdown::View::Hygiene => twin::tags,
            _ => twin::command,
        };
        let command = format!("{}{}", twin(&self.lens, self.as_of), self.flags);
        self.copy(command, "the command")
    }

    pub(super) fn copy_row(&mut self) -> Vec<Effect> {
        let text = match self.tab {
            Tab::Spend => self.spend_scene().row_text(self.body()),
            Tab::Breakdown if self.breakdown.view == breakdown::View::Hygiene => self.tags_row_text(),
            Tab::Breakdown => self.breakdown_answer().and_then(|a| breakdown::view::row_text(&self.breakdown, a)),
            _ => None,
        };
        text.map_or_else(Vec::new, |text| self.copy(text, "the row"))
    }
}

fn join(labels: Vec<SafeText>) -> SafeText {
    let words: Vec<String> = labels.into_iter().map(SafeText::into_string).collect();
    SafeText::from_outside(&words.join(" / "))
}
