//! Connecting from the app: opening the wizard, its keys, and what is told of its orders.
//!
//! The part of [`App::update`] for [`Wizard`]. Asks nobody itself.

use super::App;
use super::perform::distance;
use crate::tui::action::Action;
use crate::tui::connecting::{Order, Told};
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::connect::{Step, Then, Wizard};
use crate::tui::overlay::connect_view::{Scene, written_text};
use crate::tui::worker::Source;

/// Lines that a page moves by.
const PAGE: usize = 10;
/// Why nothing is connected where a made-up company is looked at.
const DEMO: &str = "this is the demo: nothing is connected to it; `spendtop` alone connects";

impl App {
    /// Opens the wizard, where something can be connected from here.
    pub(in crate::tui) fn open_connect(&mut self) -> Vec<Effect> {
        if !self.connects {
            self.status = Some(DEMO.to_owned());
            return vec![];
        }
        self.overlay = Some(Overlay::Connect(Box::default()));
        vec![Effect::Connect(Box::new(Order::Look))]
    }

    /// The wizard as it is drawn.
    #[must_use]
    pub fn connect_scene<'a>(&'a self, wizard: &'a Wizard) -> Scene<'a> {
        Scene { wizard, keymap: &self.keymap, theme: &self.theme }
    }

    /// What is copied of what the wizard shows, and what that is called; `None` where nothing is.
    pub(in crate::tui) fn wizard_copies(&self, wizard: &Wizard) -> Option<(String, &'static str)> {
        match wizard.step {
            Step::Written => Some((written_text(wizard), "the notice")),
            _ => wizard.copies(self.connect_scene(wizard).selected(self.parts().under)),
        }
    }

    /// Does what an action says to the wizard.
    pub(in crate::tui) fn perform_connect(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Connect(wizard)) = &self.overlay else { return vec![] };
        let under = self.parts().under;
        if action == Action::CopyRow {
            return match self.wizard_copies(wizard) {
                Some((text, what)) => self.copy(text, what),
                None => {
                    self.status = Some("there is nothing to put right on this line".to_owned());
                    vec![]
                }
            };
        }
        let mut wizard = wizard.clone();
        if let Some(by) = distance(action, PAGE) {
            let scene = self.connect_scene(&wizard);
            let (lines, most) = (scene.lines(under), scene.scrolls(under));
            match wizard.step {
                Step::Choose => wizard.step_by(by),
                Step::Checked => {
                    wizard.selected = wizard.selected.saturating_add_signed(by).min(lines.saturating_sub(1))
                }
                Step::Ask => wizard.scroll = wizard.scroll.saturating_add_signed(by.saturating_neg()).min(most),
                _ => wizard.scroll = wizard.scroll.saturating_add_signed(by).min(most),
            }
            self.overlay = Some(Overlay::Connect(wizard));
            return vec![];
        }
        let then = wizard.perform(action);
        self.overlay = Some(Overlay::Connect(wizard));
        match then {
            Then::Stay => vec![],
            Then::Do(order) => vec![Effect::Connect(Box::new(order))],
            Then::Say(said) => {
                self.status = Some(said.to_owned());
                vec![]
            }
            Then::Leave => {
                self.overlay = None;
                vec![]
            }
        }
    }

    /// Takes what is told of an order. What was written is synced from now on.
    pub(super) fn connecting(&mut self, told: Told) -> Vec<Effect> {
        let under = self.parts().under;
        let Some(Overlay::Connect(wizard)) = &mut self.overlay else { return vec![] };
        match told {
            Told::Beginning(beginning) => wizard.begins(beginning),
            Told::Progress(number, progress) => wizard.goes_on(number, progress),
            Told::Reviewed(number, reviewed) => {
                wizard.reviewed(number, reviewed);
                let wizard = wizard.clone();
                let line = wizard.worst().or(Some(0)).map(|check| self.connect_scene(&wizard).line_of(check, under));
                if let (Some(Overlay::Connect(wizard)), Some(line)) = (&mut self.overlay, line) {
                    wizard.selected = line;
                }
            }
            Told::Written(written) => {
                if wizard.wrote(written) {
                    // What became of it stays on the screen until it is read.
                    let shown = self.overlay.take();
                    let effects = self.ask_from(Source::Store);
                    self.overlay = shown;
                    return effects;
                }
            }
        }
        vec![]
    }
}
