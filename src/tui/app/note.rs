//! Notes beside days: opening the line that one is written on, and what becomes of it.
//!
//! Knows no store: what is to be done goes out as an effect and comes back as an event.

use super::App;
use crate::domain::note::Note;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::note::NoteLine;
use crate::tui::tab::short_day;

impl App {
    /// Opens a line for a note beside the selected piece of time; where one is there, to change it.
    pub(super) fn open_note(&mut self) {
        let Some(answer) = self.spend_answer() else { return };
        let Some(days) = self.spend.selected_days(answer, self.spend_together()) else { return };
        let there = answer.notes.iter().find(|note| days.contains(note.day));
        self.overlay = Some(Overlay::Note(NoteLine::new(days.from, there)));
    }

    /// Does what an action says to the line of a note.
    pub(in crate::tui) fn perform_note(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Note(line)) = &mut self.overlay else { return vec![] };
        if action != Action::Apply {
            line.edit(action);
            return vec![];
        }
        let Ok(command) = line.command(crate::clock::now_seconds()) else { return vec![] };
        self.overlay = None;
        command.map(|command| Effect::Do(Box::new(command))).into_iter().collect()
    }

    /// Says what became of a note, and asks again what shows it.
    pub(super) fn noted(&mut self, note: &Note, kept: bool) -> Vec<Effect> {
        let day = format!("{} {}", note.day.weekday(), short_day(note.day));
        self.status = Some(format!("the note of {day} is {}", if kept { "kept" } else { "gone" }));
        self.spend.slot.forget();
        self.ask()
    }
}
