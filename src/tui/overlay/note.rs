//! The line that a note beside a day is written on.
//!
//! Knows neither where notes are kept nor what else is written beside the day.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::foot::{Foot, ROWS, Wrong};
use super::line::EditedLine;
use crate::domain::calendar::Day;
use crate::domain::note;
use crate::engine::Command;
use crate::tui::action::Action;
use crate::tui::tab::short_day;
use crate::tui::theme::Theme;

/// A note that is written or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteLine {
    day: Day,
    /// The note that is changed; `None` where it is a new one.
    id: Option<u64>,
    line: EditedLine,
    wrong: Option<Wrong>,
}

impl NoteLine {
    /// A line for a new note of a day, or to change one.
    #[must_use]
    pub fn new(day: Day, changed: Option<&note::Note>) -> NoteLine {
        let text = changed.map_or_else(String::new, |note| note.text.raw().to_owned());
        let mut line = EditedLine::default();
        line.insert(&text);
        NoteLine { day: changed.map_or(day, |note| note.day), id: changed.map(|note| note.id), line, wrong: None }
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str) {
        self.line.insert(text);
        self.wrong = None;
    }

    /// Moves the cursor or deletes.
    pub fn edit(&mut self, action: Action) {
        if self.line.edit(action) {
            self.wrong = None;
        }
    }

    /// What is to be done with the text as it stands, at a moment in seconds since 1970; nothing where
    /// there is neither a text nor a note to remove.
    ///
    /// # Errors
    /// Why the text cannot be a note's, which is kept to be shown as well.
    pub fn command(&mut self, at: i64) -> Result<Option<Command>, String> {
        let day = self.day;
        match (self.id, note::clean(self.line.text())) {
            (Some(id), Ok(text)) => Ok(Some(Command::EditNote { id, day, text })),
            (None, Ok(text)) => Ok(Some(Command::AddNote { day, text, at })),
            (id, Err(_)) if self.line.text().trim().is_empty() => Ok(id.map(|id| Command::RemoveNote { id })),
            (_, Err(why)) => {
                self.wrong = Some(Wrong { at: None, message: why.clone(), suggestion: None });
                Err(why)
            }
        }
    }

    /// Draws it at the foot of an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = format!("Note of {} {}", self.day.weekday(), short_day(self.day));
        let hint = match self.id {
            None => "what happened that day, like: launch of X",
            Some(_) => "an empty line removes the note",
        };
        let foot = Foot { title: &title, sign: theme.glyphs.note, line: &self.line, rows: ROWS - 1 };
        foot.draw(self.wrong.as_ref(), hint, area, buf, theme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_to_be_done() {
        let kept = note::Note { id: 7, day: Day(5), text: "launch".into(), created_at: 1 };
        for (changed, typed, want) in [
            (None, " launch  of X ", Ok(Some(Command::AddNote { day: Day(9), text: "launch of X".into(), at: 3 }))),
            (None, "  ", Ok(None)),
            (Some(&kept), "ed", Ok(Some(Command::EditNote { id: 7, day: Day(5), text: "launched".into() }))),
        ] {
            let mut line = NoteLine::new(Day(9), changed);
            line.insert(typed);
            assert_eq!(line.command(3), want);
        }
        let mut line = NoteLine::new(Day(9), Some(&kept));
        line.edit(Action::DeleteAll);
        assert_eq!(line.command(3), Ok(Some(Command::RemoveNote { id: 7 })));
        line.insert(&"x".repeat(note::TEXT_MAX + 1));
        assert!(line.command(3).is_err_and(|why| why.contains("at most")));
        assert!(line.wrong.is_some());
    }
}
