//! The first screen, choosing a billing export, and taking it in.
//!
//! The part of [`App::update`] that changes what there is to look at. Reads no file.

use std::path::{Path, PathBuf};

use super::App;
use super::perform::distance;
use crate::error::Result;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::intake::{Decision, Intake, Listing, NotTaken, Progress, Taken};
use crate::tui::overlay::Overlay;
use crate::tui::overlay::files::{Choice, FilePicker};
use crate::tui::overlay::importing::Importing;
use crate::tui::worker::Source;

impl App {
    /// Does what an action says on the first screen.
    pub(super) fn perform_welcome(&mut self, action: Action) -> Vec<Effect> {
        let under = self.parts().under;
        let Some(welcome) = &mut self.welcome else { return vec![] };
        match action {
            Action::Choose => welcome.chosen().map_or_else(Vec::new, |chosen| self.perform(chosen)),
            Action::Demo => self.ask_from(Source::Demo),
            Action::Import => self.pick_file(),
            Action::Connect => self.open_connect(),
            Action::Help => {
                self.open_overlay(Action::Help);
                vec![]
            }
            Action::Credentials => {
                welcome.show_credentials(true);
                vec![]
            }
            Action::Close => {
                welcome.show_credentials(false);
                vec![]
            }
            _ => {
                if let Some(by) = distance(action, usize::from(self.size.1 / 2)) {
                    welcome.step(by, under, &self.keymap);
                }
                vec![]
            }
        }
    }

    /// Opens the store or the demo, and asks what the tab shows.
    pub(super) fn ask_from(&mut self, source: Source) -> Vec<Effect> {
        self.welcome = None;
        self.overlay = None;
        self.front = None;
        self.leave_all();
        self.forget_asked();
        let mut effects = vec![Effect::Open(source)];
        effects.extend(self.ask());
        effects
    }

    /// Opens the picker of billing files where one was looked for last.
    pub(super) fn pick_file(&mut self) -> Vec<Effect> {
        let folder = self.folder.clone();
        self.overlay = Some(Overlay::Files(FilePicker::new(folder.clone())));
        vec![Effect::List(folder)]
    }

    /// Does what an action says to the picker of billing files.
    pub(in crate::tui) fn perform_files(&mut self, action: Action, page: usize) -> Vec<Effect> {
        let Some(Overlay::Files(picker)) = &mut self.overlay else { return vec![] };
        if action != Action::Choose {
            return picker.edit(action, page).map_or_else(Vec::new, |folder| vec![Effect::List(folder)]);
        }
        match picker.choose() {
            Some(Choice::Folder(folder)) => vec![Effect::List(folder)],
            Some(Choice::Take(path)) => self.take_in(Intake { path, decision: None }),
            None => vec![],
        }
    }

    /// Takes what a folder holds, if it is the one that was asked for last.
    pub(super) fn listed(&mut self, asked: &Path, found: Result<Listing>) {
        if let Some(Overlay::Files(picker)) = &mut self.overlay {
            picker.listed(asked, found);
            self.folder.clone_from(picker.folder());
        }
    }

    fn take_in(&mut self, intake: Intake) -> Vec<Effect> {
        self.overlay = Some(Overlay::Importing(Box::new(Importing::new(intake.clone()))));
        vec![Effect::Import(intake)]
    }

    /// Does what an action says while an import is under way, or its outcome is shown.
    pub(in crate::tui) fn perform_importing(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Importing(importing)) = &mut self.overlay else { return vec![] };
        let path: PathBuf = importing.path();
        match action {
            Action::Close if importing.is_over() => self.overlay = None,
            Action::Import if importing.is_over() => return self.pick_file(),
            Action::Close => {
                importing.give_up();
                return vec![Effect::GiveUpImport];
            }
            Action::AddPart if importing.may_add() => {
                return self.take_in(Intake { path, decision: Some(Decision::Part) });
            }
            Action::ReplaceStored if importing.may_replace() => {
                return self.take_in(Intake { path, decision: Some(Decision::Replace) });
            }
            _ => {}
        }
        vec![]
    }

    /// Takes how far an import is.
    pub(super) fn importing(&mut self, progress: Progress) {
        if let Some(Overlay::Importing(importing)) = &mut self.overlay {
            importing.progress(progress);
        }
    }

    /// Takes what became of an import: what it brought is looked at.
    pub(super) fn imported(&mut self, result: Result<Taken, NotTaken>) -> Vec<Effect> {
        let changed = matches!(&result, Ok(taken) if taken.changed);
        let Some(Overlay::Importing(importing)) = &mut self.overlay else { return vec![] };
        importing.ended(result);
        if !changed {
            return vec![];
        }
        // What was taken in stays on the screen until it is read.
        let shown = self.overlay.take();
        let effects = self.ask_from(Source::Store);
        self.overlay = shown;
        effects
    }
}
