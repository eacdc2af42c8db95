//! A line that the app asks for: a name for a lens, a lens to look through, whether to forget one.
//!
//! Knows what it asks, not what becomes of the answer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::foot::{Foot, ROWS, Wrong};
use super::line::EditedLine;
use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::export::Form;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A name to keep the lens under.
    SaveLens,
    /// Another name for a saved lens.
    RenameLens(String),
    /// Whether to forget a saved lens.
    ForgetLens(String),
    /// A lens in one line.
    PasteLens,
    /// A note to an anomaly that somebody looks into.
    Acknowledge(String),
    /// Until when an anomaly is to be left alone.
    Snooze(String),
    /// A note to an anomaly that is as it should be.
    Expect(String),
    /// The file that figures are written to.
    Export(Form),
}

/// What is asked, and the answer so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    /// What is asked.
    pub purpose: Purpose,
    line: EditedLine,
    wrong: Option<Wrong>,
    /// Whether this answer was warned of, and Enter means it.
    warned: bool,
    /// Whether the answer is ours: what is typed takes its place, unless it is edited first.
    proposed: bool,
}

impl Prompt {
    /// A question with an answer to begin with.
    #[must_use]
    pub fn new(purpose: Purpose, text: &str) -> Prompt {
        let mut line = EditedLine::default();
        line.insert(text);
        let proposed = matches!(purpose, Purpose::Export(_) | Purpose::Snooze(_));
        Prompt { purpose, line, wrong: None, warned: false, proposed }
    }

    /// The answer.
    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.proposed) {
            self.line.edit(Action::DeleteAll);
        }
        self.line.insert(text);
        (self.wrong, self.warned) = (None, false);
    }

    /// Edits the answer; other actions do nothing.
    pub fn edit(&mut self, action: Action) {
        self.proposed = false;
        if self.line.edit(action) {
            (self.wrong, self.warned) = (None, false);
        }
    }

    /// Says what is wrong with the answer, and goes to its place.
    pub fn refuse(&mut self, wrong: Wrong) {
        if let Some(at) = wrong.at {
            self.line.move_to(at);
        }
        self.wrong = Some(wrong);
    }

    /// Whether this answer was warned of already; else says so, and the next Enter means it.
    pub fn is_meant(&mut self, message: String) -> bool {
        let meant = self.warned;
        if !meant {
            self.warn(message);
        }
        meant
    }

    /// Warns of this answer: the next Enter means it.
    pub fn warn(&mut self, message: String) {
        self.warned = true;
        self.wrong = Some(Wrong { at: None, message, suggestion: None });
    }

    /// Whether this answer was warned of.
    #[must_use]
    pub fn was_warned(&self) -> bool {
        self.warned
    }

    /// Draws it at the foot of an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let (title, hint) = match &self.purpose {
            Purpose::SaveLens => (
                "Keep what is looked at under a name".to_owned(),
                "{apply} keeps it; {saved-lenses} lists what is kept",
            ),
            Purpose::RenameLens(name) => {
                (format!("Another name for `{}`", SafeText::from_outside(name)), "{apply} renames it")
            }
            Purpose::ForgetLens(name) => {
                (format!("Forget `{}`?", SafeText::from_outside(name)), "{apply} forgets it, {cancel} keeps it")
            }
            Purpose::Export(_) => (
                "Export to a file".to_owned(),
                "{apply} writes it, typing names another; ~/ is home; only you can read it",
            ),
            Purpose::Acknowledge(_) => (
                "Look into it: a note, or none".to_owned(),
                "{apply} acknowledges it, as you; like: ana rolls back the crawler",
            ),
            Purpose::Snooze(_) => (
                "Leave it alone until".to_owned(),
                "{apply} snoozes it until that day, if it still goes on then; or so many days: 7d",
            ),
            Purpose::Expect(_) => (
                "It is as it should be: why, or nothing".to_owned(),
                "{apply} expects it: what moves there as much again is no news",
            ),
            Purpose::PasteLens => (
                "Look through a lens in one line".to_owned(),
                "effective 30d vs previous by service,region where env=prod in USD per day",
            ),
        };
        Foot { title: &title, sign: '>', line: &self.line, rows: ROWS }.draw(
            self.wrong.as_ref(),
            &keymap.say(hint),
            area,
            buf,
            theme,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_given_once_for_each_answer() {
        let mut prompt = Prompt::new(Purpose::SaveLens, "incident");
        assert!(!prompt.is_meant("taken".into()));
        assert!(prompt.is_meant("taken".into()));
        prompt.insert("2");
        assert!(prompt.wrong.is_none() && !prompt.is_meant("taken".into()));
        prompt.edit(Action::DeleteBefore);
        assert!(!prompt.is_meant("taken".into()), "another answer between");
    }
}
