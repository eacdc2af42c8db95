//! What the selected day, move or row opens, and what is copied.
//!
//! Opening is a change of the lens, remembered as a [`Crumb`](super::Crumb). Draws nothing.

use super::App;
use crate::domain::calendar::{Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::period::PeriodSpec;
use crate::domain::text::SafeText;
use crate::engine::answer::Key as GroupKey;
use crate::engine::{Query, Question, Sort, twin};
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::notice::Notice;
use crate::tui::tab::spend::attention::Leads;
use crate::tui::tab::spend::state::Pane;
use crate::tui::tab::{Tab, breakdown, spend};

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
        let mut label = SafeText::from_outside(&breakdown::state::opened_name(answer, row));
        if let Some(days) = days {
            label = SafeText::from_outside(&format!("{label}, {}", days.words()));
        }
        let filter = breakdown::state::narrowed(&self.lens.filter, answer, row);
        self.drill(answer.by.clone(), row.key.clone(), filter, label, days);
    }

    fn open_of_spend(&mut self) {
        let Some(answer) = self.spend_answer() else { return };
        match self.spend.focus {
            Pane::Attention => {
                let Some(notice) = self.spend_scene().notice() else { return };
                match notice.leads {
                    Some(Leads::To(tab)) => self.tab = tab,
                    Some(Leads::ToTags) => {
                        (self.tab, self.breakdown.view) = (Tab::Breakdown, breakdown::View::Hygiene);
                    }
                    None => self.overlay = Some(Overlay::Notice(Notice::new(&notice.text, &notice.hint))),
                }
                return;
            }
            Pane::Cards => return self.explain(),
            Pane::Chart => {
                let Some(days) = self.spend.selected_days(answer, self.spend_together()) else { return };
                if days.from > answer.as_of {
                    self.status = Some(self.keymap.say("this day has not come: {explain} explains what is foretold"));
                    return;
                }
                self.open_days(Period { to: days.to.min(answer.period.to), ..days });
            }
            Pane::Movers => {
                let Some(mover) = self.spend.selected_mover(answer) else { return };
                let label = spend::movers::name(answer, mover);
                let filter = spend::movers::narrowed(&self.lens.filter, answer, mover);
                self.drill(answer.movers_by.clone(), mover.key.clone(), filter, label, None);
            }
            Pane::Resources => {
                let Some(details) = self.spend_details() else { return };
                let Some(resource) = self.spend.selected_resource(details) else { return };
                let filter = spend::resources::narrowed(&self.lens.filter, details, resource);
                // Nothing is finer than a resource but what it is billed for.
                let lens = Lens { filter, by: vec![Dimension::Sku], ..self.lens.clone() };
                self.enter(spend::resources::name(resource), lens, None);
            }
        }
        // Where there was nothing to open it is explained in its tab.
        if self.overlay.is_none() {
            self.tab = Tab::Breakdown;
        }
    }

    /// Looks at something else in the Breakdown tab; one step back undoes it.
    pub(super) fn open_lens(&mut self, label: SafeText, lens: Lens) {
        self.enter(label, lens, None);
        self.tab = Tab::Breakdown;
    }

    fn open_days(&mut self, days: Period) {
        let lens = Lens { period: PeriodSpec::Range(days), ..self.lens.clone() };
        self.enter(self.days_title(days), lens, None);
    }

    /// What the days of a piece of the chart are called: an hour opens its day, of which it is a part.
    pub(super) fn days_title(&self, days: Period) -> SafeText {
        let part = self.lens.granularity == Granularity::Hour && days.days() == 1;
        let whole = if part { " (the whole day)" } else { "" };
        SafeText::from_outside(&format!("{}{whole}", days.words()))
    }

    /// Goes down into a group; into some days of it only where they are given.
    fn drill(&mut self, by: Vec<Dimension>, key: GroupKey, filter: Filter, label: SafeText, days: Option<Period>) {
        let lens = Lens { by, filter, ..self.lens.clone() };
        let depth = self.path.len();
        self.breakdown.levels.keep(depth, &self.lens.by);
        // Days can be opened of the finest level too.
        let finest = days.map(|_| self.lens.by.clone());
        let Some(by) = self.breakdown.levels.next(depth, &lens).or(finest) else {
            self.status = Some("this is the finest level: its line items are below".into());
            return self.explain_part(label, lens);
        };
        let period = days.map_or(lens.period, PeriodSpec::Range);
        self.enter(label, Lens { by, period, ..lens }, Some(key));
    }

    /// Goes on to other charges, grouped some way.
    pub(in crate::tui) fn go(&mut self, label: SafeText, filter: Filter, by: Vec<Dimension>) {
        let lens = Lens { filter, by, ..self.lens.clone() };
        self.enter(label, lens, None);
    }

    pub(super) fn back(&mut self) {
        if !self.breakdown_back() {
            self.leave();
        }
    }

    pub(in crate::tui) fn copy(&mut self, text: String, what: &str) -> Vec<Effect> {
        self.status = Some(format!("{what}: sent to the terminal's clipboard"));
        vec![Effect::Copy(text)]
    }

    /// What is looked at: the lens, in the currency that is shown where one was chosen.
    pub(in crate::tui) fn looked_at(&self) -> Lens {
        let chosen = self.currency.as_deref().map(|chosen| self.shown_currency().unwrap_or(chosen));
        Lens { currency: chosen.map(str::to_owned), ..self.lens.clone() }
    }

    /// The question that all figures of the screen answer.
    pub(super) fn figures(&self) -> Question {
        let lens = self.looked_at();
        match (self.tab, self.breakdown.view) {
            (Tab::Spend, _) => Question::Spend(lens),
            (Tab::Breakdown, breakdown::View::Hygiene) => Question::TagHygiene(lens),
            (Tab::Breakdown, breakdown::View::Pivot) => {
                let pieces = self.breakdown.pivot.pieces(lens.period.resolve(self.as_of));
                Question::Query(Query { lens, granularity: Some(pieces), sort: Sort::Cost, limit: None })
            }
            _ => Question::Query(Query { lens, granularity: None, sort: Sort::Cost, limit: None }),
        }
    }

    /// The command that prints the figures of the screen.
    pub(in crate::tui) fn command(&self) -> String {
        if self.tab == Tab::Budgets {
            return self.budget_command() + &self.flags;
        }
        twin::of(&self.figures(), self.as_of).unwrap_or_default() + &self.flags
    }

    pub(super) fn copy_command(&mut self) -> Vec<Effect> {
        self.copy(self.command(), "the command")
    }

    pub(super) fn copy_row(&mut self) -> Vec<Effect> {
        let text = match self.tab {
            Tab::Budgets => self.budget_row_text(),
            Tab::Spend => self.spend_scene().row_text(self.body()),
            Tab::Breakdown if self.breakdown.view == breakdown::View::Hygiene => self.tags_row_text(),
            Tab::Breakdown => self.breakdown_answer().and_then(|a| breakdown::view::row_text(&self.breakdown, a)),
            _ => None,
        };
        text.map_or_else(Vec::new, |text| self.copy(text, "the row"))
    }
}
