//! Lenses that are kept by name, and lenses in one line.
//!
//! The part of [`App::update`] that keeps, lists, renames and forgets them. Draws nothing.

use super::App;
use crate::domain::lens::{Keeper, Lens, SavedLens, clean_name};
use crate::domain::text::SafeText;
use crate::engine::{Answer, Command, Outcome, Question};
use crate::error::{Error, Result};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::choice::Choice;
use crate::tui::overlay::foot::Wrong;
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::prompt::{Prompt, Purpose};
use crate::tui::worker::Asker;

/// The saved lenses, as last told.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Saved {
    generation: u64,
    /// By name.
    pub list: Vec<SavedLens>,
}

impl Saved {
    /// The one of a name, if there is one.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&SavedLens> {
        self.list.iter().find(|saved| saved.name.raw() == name)
    }

    /// The one that is the same as a lens, if one is.
    #[must_use]
    pub fn same(&self, lens: &Lens) -> Option<&SavedLens> {
        self.list.iter().find(|saved| saved.lens == *lens)
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", SafeText::from_outside(name))
}

/// An error and its first hint, in one line of the screen.
fn said(error: &Error) -> String {
    let parts = std::iter::once(&error.message).chain(error.hints.first());
    SafeText::from_outside(&parts.map(String::as_str).collect::<Vec<_>>().join(": ")).into_string()
}

impl App {
    /// Asks which lenses are kept.
    pub(in crate::tui) fn ask_lenses(&mut self) -> Effect {
        self.saved.generation += 1;
        self.asking(Asker::Lenses, self.saved.generation, Question::Lenses)
    }

    pub(super) fn accept_lenses(&mut self, generation: u64, answer: Result<Answer>) {
        // Where they cannot be read the tab's own question says why.
        if let (true, Ok(Answer::Lenses(list))) = (generation == self.saved.generation, answer) {
            self.saved.list = list;
        }
    }

    /// What became of a command.
    pub(super) fn done(&mut self, outcome: Result<Outcome>) -> Vec<Effect> {
        match outcome {
            Ok(Outcome::LensSaved { saved, .. }) => {
                self.status = Some(format!(
                    "kept as {}: {}",
                    quoted(saved.name.raw()),
                    self.keymap.say("press {saved-lenses} for all that are kept")
                ));
            }
            Ok(Outcome::LensRenamed { from, saved }) => {
                self.history.rename_lens(&from, saved.name.raw());
                self.status = Some(format!("{} is {} now", quoted(&from), quoted(saved.name.raw())));
            }
            Ok(Outcome::LensRemoved(saved)) => {
                self.status = Some(format!("{} is forgotten", quoted(saved.name.raw())));
            }
            Ok(Outcome::NoteKept(note)) => return self.noted(&note, true),
            Ok(Outcome::NoteRemoved(note)) => return self.noted(&note, false),
            Ok(Outcome::Budget(outcome)) => return self.budget_done(outcome),
            Ok(Outcome::OfAnomaly(said)) => return self.said_of_anomaly(&said),
            Ok(Outcome::Watched(_) | Outcome::Noted) => return Vec::new(),
            Err(error) => {
                let said = said(&error);
                self.budget_failed(&said);
                self.anomalies.undo.failed();
                self.status = Some(said);
            }
        }
        vec![self.ask_lenses()]
    }

    /// The saved lenses to choose from, those used last first.
    pub(in crate::tui) fn open_lenses(&mut self) {
        if self.saved.list.is_empty() {
            let key = self.keymap.key_of(Action::SaveLens);
            self.status = Some(format!("no lens is kept yet: {key} keeps this one under a name"));
            return;
        }
        let mut list: Vec<&SavedLens> = self.saved.list.iter().collect();
        let used = |saved: &&SavedLens| self.history.lenses.iter().position(|name| name == saved.name.raw());
        list.sort_by_key(|saved| used(saved).unwrap_or(usize::MAX));
        let item = |saved: &SavedLens| {
            let section = if saved.keeper == Keeper::Config { "config" } else { "" };
            let line = SafeText::from_outside(&saved.lens.to_line());
            Item::new(saved.name.safe(), Choice::Lens(saved.name.raw().to_owned())).note(line).section(section)
        };
        let items: Vec<_> = list.into_iter().map(item).collect();
        let now = self.saved.same(&self.looked_at()).map(|saved| Choice::Lens(saved.name.raw().to_owned()));
        let picker = Picker::new("Saved lenses", items).select_where(|choice| Some(choice) == now.as_ref());
        self.overlay = Some(Overlay::Pick(Box::new(picker)));
    }

    /// Looks through a saved lens.
    pub(in crate::tui) fn use_lens(&mut self, name: &str) {
        let Some(saved) = self.saved.named(name) else { return };
        self.status = Some(format!("looking through {}", quoted(name)));
        self.look_through(saved.lens.clone());
        self.history.keep_lens(name);
    }

    /// Looks through a lens from the top: what was opened is no part of it.
    fn look_through(&mut self, lens: Lens) {
        self.path.clear();
        self.currency.clone_from(&lens.currency);
        self.lens = lens;
        self.breakdown.seek(None);
        self.breakdown.arrange(self.currency.as_deref());
    }

    /// Back to the lens of the start.
    pub(super) fn reset_lens(&mut self) {
        self.look_through(self.first_lens.clone());
        self.status = Some("looking through the config's lens again".to_owned());
    }

    /// Copies the lens as a line, unless it would not be one: in a shell a line break ends a command, and
    /// what cannot be shown is lost where it is pasted.
    pub(super) fn copy_lens(&mut self) -> Vec<Effect> {
        let line = self.looked_at().to_line();
        if SafeText::uncut(&line).as_str() != line {
            let why = "a name in this lens has characters that no line carries: {copy-command} copies the command";
            self.status = Some(self.keymap.say(why));
            return vec![];
        }
        let key = self.keymap.key_of(Action::PasteLens);
        self.copy(line, &format!("the lens in one line ({key} reads it)"))
    }

    /// Asks for what a lens is kept under, or for a lens.
    pub(in crate::tui) fn ask_for(&mut self, action: Action) {
        let own = |saved: &&SavedLens| saved.keeper == Keeper::Store;
        let prompt = match action {
            Action::SaveLens => {
                let name = self.saved.same(&self.looked_at()).filter(own).map_or("", |saved| saved.name.raw());
                Prompt::new(Purpose::SaveLens, name)
            }
            _ => Prompt::new(Purpose::PasteLens, ""),
        };
        self.overlay = Some(Overlay::Prompt(prompt));
    }

    /// Asks about the saved lens that is selected in the list; the config's are only told of.
    pub(in crate::tui) fn ask_about(&mut self, action: Action) {
        let Some(Overlay::Pick(list)) = &self.overlay else { return };
        let Some(Choice::Lens(name)) = list.item().map(|item| &item.value) else { return };
        if self.saved.named(name).is_some_and(|saved| saved.keeper == Keeper::Config) {
            self.status = Some(format!("{} is the config's, which spendtop never writes", quoted(name)));
            return;
        }
        let prompt = match action {
            Action::RenameLens => Prompt::new(Purpose::RenameLens(name.clone()), name),
            _ => Prompt::new(Purpose::ForgetLens(name.clone()), ""),
        };
        self.overlay = Some(Overlay::Prompt(prompt));
    }

    /// Takes the answer to what was asked.
    pub(in crate::tui) fn answer_prompt(&mut self) -> Vec<Effect> {
        let Some(Overlay::Prompt(prompt)) = &mut self.overlay else { return vec![] };
        let text = prompt.text().to_owned();
        let command = match prompt.purpose.clone() {
            Purpose::ForgetLens(name) => Command::RemoveLens { name },
            Purpose::PasteLens => return self.paste_lens(&text),
            Purpose::Export(form) => return self.export_to(form, &text),
            purpose @ (Purpose::Acknowledge(_) | Purpose::Snooze(_) | Purpose::Expect(_)) => {
                match self.said_by_prompt(&purpose, &text) {
                    Some(command) => command,
                    None => return vec![],
                }
            }
            purpose => match self.name_for(&purpose, &text) {
                Some(command) => command,
                None => return vec![],
            },
        };
        self.overlay = None;
        if let Command::SaveLens { name, .. } = &command {
            self.history.keep_lens(name);
        }
        vec![Effect::Do(Box::new(command))]
    }

    /// The command that gives a name; `None` where the name is refused, or was warned of just now.
    fn name_for(&mut self, purpose: &Purpose, text: &str) -> Option<Command> {
        let lens = self.looked_at();
        let Some(Overlay::Prompt(prompt)) = &mut self.overlay else { return None };
        let name = match clean_name(text) {
            Ok(name) => name,
            Err(message) => {
                prompt.refuse(Wrong { at: None, message, suggestion: None });
                return None;
            }
        };
        let taken = self.saved.named(&name);
        if taken.is_some_and(|saved| saved.keeper == Keeper::Config) {
            let message = format!("{} is the config's, which spendtop never writes: take another name", quoted(&name));
            prompt.refuse(Wrong { at: None, message, suggestion: None });
            return None;
        }
        match purpose {
            Purpose::RenameLens(from) if *from == name => {
                self.overlay = None;
                None
            }
            Purpose::RenameLens(_) if taken.is_some() => {
                let message = format!("{} is kept already: forget that one first", quoted(&name));
                prompt.refuse(Wrong { at: None, message, suggestion: None });
                None
            }
            Purpose::RenameLens(from) => Some(Command::RenameLens { from: from.clone(), to: name }),
            _ => {
                let other = taken.is_some_and(|saved| saved.lens != lens);
                let warning =
                    format!("{} is kept already: {}", quoted(&name), self.keymap.say("{apply} again replaces it"));
                let meant = !other || prompt.is_meant(warning);
                meant.then_some(Command::SaveLens { name, lens })
            }
        }
    }

    fn paste_lens(&mut self, text: &str) -> Vec<Effect> {
        match Lens::parse(text, self.own_dimensions(), self.as_of) {
            Ok(lens) => {
                self.overlay = None;
                self.look_through(lens);
            }
            Err(error) => {
                let wrong = Wrong { at: Some(error.at), message: error.message, suggestion: error.suggestion };
                if let Some(Overlay::Prompt(prompt)) = &mut self.overlay {
                    prompt.refuse(wrong);
                }
            }
        }
        vec![]
    }
}
