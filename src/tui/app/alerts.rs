//! How alerts stand, their log, and trying a channel.
//!
//! The part of [`App::update`] for [`AlertsPanel`]. Asks nobody itself.

use super::App;
use super::perform::distance;
use crate::domain::alert::Severity;
use crate::domain::words::counted;
use crate::host::syncing::Notice;
use crate::tui::action::Action;
use crate::tui::alerting::Snapshot;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::alerts::{AlertsPanel, Scene};
use crate::tui::theme::Role;

/// What was told by the status line.
#[derive(Clone, Default, Debug)]
pub struct Noticed {
    /// As it was put.
    shown: Option<String>,
    /// All that nobody has seen yet.
    unseen: Vec<Notice>,
}

/// What is said of a test until it has an answer.
fn on_its_way(channel: &str) -> String {
    format!("a test is on its way to {channel}")
}

/// Lines that a page moves by.
const PAGE: usize = 10;

impl App {
    /// Takes how alerts stand.
    pub(super) fn alerts_stand(&mut self, snapshot: Option<Box<Snapshot>>) -> Vec<Effect> {
        self.alerts = snapshot;
        let standing = self.alerts.as_ref().and_then(|at| at.standing.as_ref().ok());
        let mut tested = standing.into_iter().flat_map(|standing| standing.tested.keys());
        // The answer stands in the panel.
        if tested.any(|channel| self.status.as_deref() == Some(on_its_way(channel).as_str())) {
            self.status = None;
        }
        let is_known = self.alerts.as_ref().is_some_and(|at| at.standing.is_ok());
        if let Some(Overlay::Alerts(panel)) = self.overlay.as_ref().filter(|_| is_known) {
            let targets = self.alerts_scene(panel).targets();
            if let Some(Overlay::Alerts(panel)) = &mut self.overlay {
                panel.close_gone(&targets);
            }
        }
        vec![]
    }

    /// Tells a person by the status line: of several things that nobody has seen yet the gravest, and how many there are.
    pub(super) fn noticed(&mut self, notice: &Notice) -> Vec<Effect> {
        let is_seen = self.noticed.shown.is_none() || self.noticed.shown != self.status;
        if is_seen {
            self.noticed.unseen.clear();
        }
        self.noticed.unseen.push(notice.clone());
        let said = match self.noticed.unseen.as_slice() {
            [one] => one.title.as_str().to_owned(),
            several => {
                // The first of those that press alike.
                let gravest = several.iter().rev().max_by_key(|notice| notice.severity).unwrap_or(notice);
                let gravest = gravest.title.as_str();
                let grave = match several.iter().filter(|notice| notice.severity == Severity::Critical).count() {
                    0 => String::new(),
                    count => format!(", {count} critical"),
                };
                let count = counted(several.len() as u64, "alert", "alerts");
                let title = gravest.strip_prefix("spendtop: ").unwrap_or(gravest);
                format!("{count}{grave}; {}: {title}", self.keymap.say("{alerts} shows them"))
            }
        };
        self.noticed.shown = Some(said.clone());
        self.status = Some(said);
        vec![Effect::Tell(self.teller.sequence(notice))]
    }

    /// How the status line looks where it tells alerts: its sign, and the role of the gravest.
    #[must_use]
    pub fn pressing(&self) -> Option<(&'static str, Role)> {
        let tells = self.noticed.shown.is_some() && self.noticed.shown == self.status;
        let unseen = tells.then_some(&self.noticed.unseen)?;
        Some(match unseen.iter().map(|notice| notice.severity).max()? {
            Severity::Critical => ("! ", Role::Error),
            Severity::High | Severity::Warning => ("", Role::Unsure),
            Severity::Info => ("", Role::Text),
        })
    }

    /// Opens the panel, and has it be of now.
    pub(super) fn open_alerts(&mut self) -> Vec<Effect> {
        self.overlay = Some(Overlay::Alerts(Box::default()));
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
            Action::Back if panel.back() => {}
            Action::Close | Action::Back => {
                self.overlay = None;
                return vec![];
            }
            Action::Open => panel.open(&self.alerts_scene(&panel).targets()),
            Action::TestChannel => {
                let Some(channel) = self.alerts_scene(&panel).channel() else {
                    self.status = Some("there is no channel to test".to_owned());
                    return vec![];
                };
                self.status = Some(on_its_way(&channel));
                return vec![Effect::TestChannel(channel)];
            }
            Action::CopyCommand => return self.copy(format!("spendtop alert list{}", self.flags), "the command"),
            action => {
                if let Some(by) = distance(action, PAGE) {
                    let targets = self.alerts_scene(&panel).targets();
                    panel.step(by, &targets);
                    let most = self.alerts_scene(&panel).scrolls(self.parts().under);
                    panel.hold_within(most);
                }
            }
        }
        self.overlay = Some(Overlay::Alerts(panel));
        vec![]
    }
}
