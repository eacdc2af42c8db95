//! Where the cloud's own console shows what is selected.
//!
//! The part of [`App::update`] for links. Opens no browser: the app often runs far from the user's. Draws
//! nothing.

use super::App;
use super::explain::part;
use crate::domain::calendar::{Day, Period};
use crate::domain::console::Known;
use crate::engine::answer::LineItem;
use crate::engine::explain;
use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::explain::{Explain, Target};
use crate::tui::overlay::link::LinkBox;
use crate::tui::tab::Tab;
use crate::tui::tab::spend::state::Pane;

impl App {
    /// Opens the address of what is selected, or says why there is none.
    pub(super) fn show_link(&mut self) {
        let found = match &self.overlay {
            Some(Overlay::Explain(explain)) => self.known_of_explained(explain),
            _ => self.known_of_selected(),
        };
        match found.and_then(|(known, days)| known.link(days)) {
            Ok(link) => {
                let copies = self.keymap.key_in(Action::CopyRow, Place::Link);
                self.lay_over(Overlay::Link(Box::new(LinkBox::new(link, self.clickable, copies))));
            }
            Err(why) => self.status = Some(why),
        }
    }

    /// Does what an action says to the open address.
    pub(in crate::tui) fn perform_link(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Link(shown)) = &self.overlay else { return vec![] };
        match action {
            Action::CopyRow => {
                let url = shown.link.url().to_owned();
                self.copy(url, "the address")
            }
            _ => vec![],
        }
    }

    /// What is known of the selected figure's charges, and their days.
    fn known_of_selected(&self) -> Result<(Known, Period), String> {
        if self.waiting() || self.error().is_some() {
            return Err("there is no figure here yet".to_owned());
        }
        let subject = self.selected_subject().map_err(|why| self.keymap.say(why))?;
        let mut known = self.known_of(Known::of(&subject.lens.filter));
        if self.tab == Tab::Spend
            && self.spend.focus == Pane::Resources
            && let Some(details) = self.spend_details()
            && let Some(resource) = self.spend.selected_resource(details)
        {
            known.learn_column("ServiceName", resource.service.raw());
        }
        let as_of = self.shown_as_of();
        Ok((known, explain::lens_of(subject.card, &subject.lens, as_of).period.resolve(as_of)))
    }

    /// The same of an explanation's selected line.
    fn known_of_explained(&self, explain: &Explain) -> Result<(Known, Period), String> {
        let level = explain.level();
        let answer = level.answer().ok_or("there is no figure here yet")?;
        let filter = match explain.target() {
            Some(Target::Part(at)) => {
                let subject = level.parts().and_then(|parts| part(&level.subject, parts, at).ok());
                subject.map_or_else(|| level.subject.lens.filter.clone(), |subject| subject.lens.filter)
            }
            _ => level.subject.lens.filter.clone(),
        };
        let known = Known::of(&filter);
        let item = match explain.target() {
            Some(Target::Item(at)) => level.items().and_then(|items| items.items.get(at)),
            _ => level.open_item(),
        };
        Ok(match item {
            Some(charge) => of_charge(known, charge),
            None => (self.known_of(known), answer.period),
        })
    }

    /// With the provider, where all that is shown is of one.
    fn known_of(&self, mut known: Known) -> Known {
        if let [only] = self.freshness.as_slice() {
            known.learn_column("ProviderName", only.provider.raw());
        }
        known
    }
}

/// With what a charge says, and its days.
fn of_charge(mut known: Known, charge: &LineItem) -> (Known, Period) {
    for (column, value) in &charge.columns {
        known.learn_column(column, value.raw());
    }
    let from = Day::of_seconds(charge.start);
    // Its end is exclusive; one within a day has that day.
    let to = Day::of_seconds(charge.end.max(charge.start + 1) - 1).plus(1);
    (known, Period { from, to })
}
