//! How alerts stand, their log, and trying a channel.
//!
//! The part of [`App::update`] for [`AlertsPanel`]. Asks nobody itself.

use super::App;
use super::perform::distance;
use crate::tui::action::Action;
use crate::tui::alerting::Snapshot;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::alerts::{AlertsPanel, Scene};

/// Lines that a page moves by.
const PAGE: usize = 10;

impl App {
    /// Takes how alerts stand.
    pub(super) fn alerts_stand(&mut self, snapshot: Option<Box<Snapshot>>) -> Vec<Effect> {
        self.alerts = snapshot;
        vec![]
    }

    /// Opens the panel, and has it be of now.
    pub(super) fn open_alerts(&mut self) -> Vec<Effect> {
        self.overlay = Some(Overlay::Alerts(AlertsPanel::default()));
        vec![Effect::LookAtAlerts]
    }

    /// The panel as it is drawn.
    #[must_use]
    pub fn alerts_scene<'a>(&'a self, panel: &'a AlertsPanel) -> Scene<'a> {
        Scene { panel, snapshot: self.alerts.as_deref(), keymap: &self.keymap, theme: &self.theme }
    }

    /// Does what an action says to the open panel.
    pub(in crate::tui) fn perform_alerts(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Alerts(panel)) = &self.overlay else { return vec![] };
        let mut panel = panel.clone();
        match action {
            Action::Close | Action::Back => {
                self.overlay = None;
                return vec![];
            }
            Action::TestChannel => {
                let Some(channel) = self.alerts_scene(&panel).selected().map(|channel| channel.name.clone()) else {
                    self.status = Some("there is no channel to test".to_owned());
                    return vec![];
                };
                self.status = Some(format!("a test is on its way to {channel}"));
                return vec![Effect::TestChannel(channel)];
            }
            Action::CopyCommand => return self.copy(format!("spendtop alert list{}", self.flags), "the command"),
            action => {
                if let Some(by) = distance(action, PAGE) {
                    let lines = self.alerts_scene(&panel).lines();
                    panel.step(by, lines);
                }
            }
        }
        self.overlay = Some(Overlay::Alerts(panel));
        vec![]
    }
}
