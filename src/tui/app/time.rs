//! What keys do in the Spend tab beyond moving about: panes, and how time is looked at.
//!
//! Nearer, further, earlier and later change the lens's days, so that every tab follows; one step
//! back undoes all of them. Draws nothing.

use super::App;
use crate::domain::calendar::{Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::answer::{DriversAnswer, ForecastAnswer, SpendDetails};
use crate::tui::action::Action;
use crate::tui::tab::spend::state::Pane;
use crate::tui::tab::spend::{Scene, zoom};

impl App {
    /// The Spend tab as it is drawn.
    #[must_use]
    pub fn spend_scene(&self) -> Scene<'_> {
        let lens = self.spend.slot.shown.as_ref().map_or(&self.lens, |s| &s.lens);
        Scene {
            state: &self.spend,
            details: self.spend_details(),
            drivers: self.spend_drivers(),
            forecast: self.spend_forecast(),
            answer: self.spend_answer(),
            lens,
            as_of: self.shown_as_of(),
            keymap: &self.keymap,
        }
    }

    pub(super) fn next_pane(&mut self) {
        let panes = self.spend_scene().panes(self.body());
        self.spend.next_pane(&panes);
    }

    /// The day or the figure before or after.
    pub(super) fn move_across(&mut self, by: isize) {
        if self.spend.focus == Pane::Cards {
            let shown = self.spend_scene().cards(self.body());
            return self.spend.move_card(by, &shown);
        }
        let currency = self.currency.clone();
        self.spend.move_cursor(by, self.spend_together(), currency.as_deref());
    }

    /// What one step across the Spend tab goes over.
    #[must_use]
    pub fn spend_step(&self) -> &'static str {
        match self.spend_answer() {
            _ if self.spend.focus == Pane::Cards => "figure",
            Some(_) if self.spend_together() > 1 => "bar",
            Some(answer) => answer.granularity.name(),
            None => self.lens.granularity.name(),
        }
    }

    /// How many pieces of time a bar of the Spend tab's chart adds up.
    pub(super) fn spend_together(&self) -> usize {
        self.spend_scene().together(self.body())
    }

    pub(super) fn zoom_or_pan(&mut self, action: Action) {
        let shown = self.lens.period.resolve(self.as_of);
        let first = self.extent.as_ref().and_then(|e| e.days).map(|(first, _)| first);
        let limits = zoom::limits(first, shown, self.as_of);
        let cursor = self.spend.cursor_day(self.currency.as_deref());
        let around = cursor.filter(|day| shown.contains(*day)).unwrap_or(shown.from.plus(shown.days() / 2));
        let (next, edge) = match action {
            Action::ZoomIn => {
                (zoom::nearer(shown, around), self.keymap.say("this is one day: {pieces} cuts it into hours"))
            }
            Action::ZoomOut => (zoom::further(shown, around, limits), "these are all the days there are".to_owned()),
            Action::PanEarlier => {
                (zoom::panned(shown, false, limits), format!("nothing is known of days before {}", limits.from))
            }
            _ => (zoom::panned(shown, true, limits), "these days are the newest".to_owned()),
        };
        match next {
            Some(period) => self.look_at(period),
            None => self.status = Some(edge),
        }
    }

    /// Looks at other days; what was looked at before the first of such steps is what one step back
    /// leads to.
    fn look_at(&mut self, days: Period) {
        let currency = self.currency.clone();
        self.spend.hold_cursor(days, currency.as_deref());
        let too_many = self.lens.granularity == Granularity::Hour && !zoom::hours_fit(days);
        let granularity = if too_many { Granularity::Day } else { self.lens.granularity };
        let lens = Lens { period: zoom::spec(days, self.as_of), granularity, ..self.lens.clone() };
        self.enter_days(SafeText::from_outside(&days.words()), lens);
    }

    pub(super) fn next_pieces(&mut self) {
        let days = self.lens.period.resolve(self.as_of);
        let next = zoom::next_pieces(self.lens.granularity, days);
        if next == Granularity::Day && self.lens.granularity == Granularity::Month {
            self.status = Some(self.keymap.say("hours can be seen of at most 92 days: {zoom-in} looks nearer"));
        }
        let currency = self.currency.clone();
        self.spend.hold_cursor(days, currency.as_deref());
        self.lens.granularity = next;
    }

    /// What followed the Spend tab's answer, in its currency.
    #[must_use]
    pub fn spend_details(&self) -> Option<&SpendDetails> {
        self.spend.details(self.spend_answer().map(|a| a.currency.as_str()))
    }

    /// What will come, in the answer's currency.
    #[must_use]
    pub fn spend_forecast(&self) -> Option<&ForecastAnswer> {
        self.spend.forecast(Some(self.spend_answer()?.currency.as_str()))
    }

    /// Why what moved did, in the answer's currency.
    #[must_use]
    pub fn spend_drivers(&self) -> Option<&DriversAnswer> {
        self.spend.drivers(self.spend_answer()?)
    }

    /// Whether Enter has something to open in the Spend tab.
    pub(super) fn spend_can_open(&self) -> bool {
        let Some(answer) = self.spend_answer() else { return false };
        match self.spend.focus {
            Pane::Cards => self.selected_subject().is_ok(),
            Pane::Chart => !answer.starts.is_empty(),
            Pane::Movers => self.spend.mover(answer).is_some(),
            Pane::Resources => self.spend_details().is_some_and(|details| self.spend.resource(details).is_some()),
            Pane::Attention => self.spend_scene().notice().is_some(),
        }
    }

    /// Moves the selection down or up in the pane that has the focus.
    pub(super) fn move_in_pane(&mut self, by: isize) {
        let scene = self.spend_scene();
        let (panes, attention) = (scene.panes(self.body()), scene.attention());
        let currency = self.currency.clone();
        let currency = currency.as_deref();
        match self.spend.focus {
            Pane::Resources => self.spend.move_resource(by, currency),
            Pane::Attention => self.spend.move_notice(by, &attention),
            Pane::Chart | Pane::Movers | Pane::Cards if panes.contains(&Pane::Movers) => {
                self.spend.move_mover(by, currency);
            }
            Pane::Chart | Pane::Movers | Pane::Cards => {}
        }
    }

    /// Keeps the focus on what is drawn.
    pub(super) fn settle_focus(&mut self) {
        let panes = self.spend_scene().panes(self.body());
        self.spend.settle(&panes);
    }
}
