//! How syncing stands, its log, and asking for it now.
//!
//! The part of [`App::update`] for [`SyncLog`]. Asks nobody itself.

use super::App;
use super::perform::distance;
use crate::engine::Overview;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::syncing::{SyncLog, Target, targets};
use crate::tui::overlay::syncing_view::Scene;
use crate::tui::syncing::Snapshot;

/// Lines that a page of the log moves by.
const PAGE: usize = 10;
/// What the command needs to ask the demo, which is not synced.
const DEMO: &str = " --demo";

impl App {
    /// Has all connections asked now, where there are any.
    pub(super) fn sync_now(&mut self) -> Vec<Effect> {
        let said = match &self.syncing {
            Some(_) => "asked for: what has changed comes as soon as it can".to_owned(),
            None if self.shows_demo() => "this is the demo: nothing of it is synced".to_owned(),
            None => self.keymap.say("there is no connection to sync: {connect} makes one"),
        };
        self.status = Some(said);
        if self.syncing.is_some() { vec![Effect::SyncNow] } else { vec![] }
    }

    fn shows_demo(&self) -> bool {
        self.flags.contains(DEMO)
    }

    /// Opens the log, and has its times be those of now.
    pub(super) fn open_sync_log(&mut self) -> Vec<Effect> {
        self.overlay = Some(Overlay::Syncing(Box::default()));
        if self.syncing.is_some() { vec![Effect::LookAtSyncing] } else { vec![] }
    }

    /// The log as it is drawn.
    #[must_use]
    pub fn sync_scene<'a>(&'a self, log: &'a SyncLog) -> Scene<'a> {
        let snapshot = self.syncing.as_deref();
        Scene {
            log,
            snapshot,
            demo: self.shows_demo(),
            connects: self.connects,
            keymap: &self.keymap,
            theme: &self.theme,
        }
    }

    /// Takes how syncing stands.
    pub(super) fn syncing_stands(&mut self, snapshot: Option<Box<Snapshot>>) -> Vec<Effect> {
        self.syncing = snapshot;
        let targets = self.sync_overview().map(targets);
        if let (Some(Overlay::Syncing(log)), Some(targets)) = (&mut self.overlay, targets) {
            log.close_gone(&targets);
        }
        vec![]
    }

    /// All lines of the log that can be selected.
    pub(super) fn sync_targets(&self) -> Vec<Target> {
        self.sync_overview().map(targets).unwrap_or_default()
    }

    fn sync_overview(&self) -> Option<&Overview> {
        self.syncing.as_ref()?.overview.as_ref().ok()
    }

    /// Does what an action says to the open log.
    pub(in crate::tui) fn perform_syncing(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Syncing(log)) = &self.overlay else { return vec![] };
        let mut log = log.clone();
        match action {
            Action::Close => {
                self.overlay = None;
                return vec![];
            }
            Action::Back if log.back() => {}
            Action::Back => {
                self.overlay = None;
                return vec![];
            }
            Action::SyncNow => return self.sync_now(),
            Action::Connect => return self.open_connect(),
            Action::CopyCommand => return self.copy_sync_command(&log),
            Action::Open => log.open(&self.sync_targets()),
            action => {
                if let Some(by) = distance(action, PAGE) {
                    log.step(by, &self.sync_targets());
                    let most = self.sync_scene(&log).scrolls(self.parts().under);
                    log.hold_within(most);
                }
            }
        }
        self.overlay = Some(Overlay::Syncing(log));
        vec![]
    }

    /// Copies the command that prints the log where a run is selected, else how syncing stands.
    fn copy_sync_command(&mut self, log: &SyncLog) -> Vec<Effect> {
        let of_run = self
            .sync_overview()
            .and_then(|overview| log.selected(&targets(overview)))
            .is_some_and(|target| target.is_run());
        let what = if of_run { "--log" } else { "--status" };
        let flags = if self.shows_demo() { "" } else { &self.flags };
        let command = format!("spendtop sync {what}{flags}");
        self.copy(command, "the command")
    }
}
