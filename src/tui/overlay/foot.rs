//! A line at the foot of the screen, and what is wrong with it: the filter's, a note's, and answers to
//! what the app asks.
//!
//! Pure: draws an [`EditedLine`], knows nothing of what it means.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::line::EditedLine;
use crate::domain::text::SafeText;
use crate::tui::text::{cut, put, rule, width};
use crate::tui::theme::{Role, Theme};

/// Rows of the line with its rule, and what is said of it.
pub const ROWS: u16 = 4;
/// Columns before the text: a blank, as before all that is on the screen, and the sign of the prompt.
pub(super) const PROMPT: usize = 3;

/// What stands around a line.
#[derive(Clone, Copy, Debug)]
pub struct Foot<'a> {
    /// What the line is.
    pub title: &'a str,
    /// The sign before it.
    pub sign: char,
    /// The line.
    pub line: &'a EditedLine,
    /// Rows of all of it: [`ROWS`], or fewer where nothing is suggested.
    pub rows: u16,
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The byte position that the message is about, if it is about one.
    pub at: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl Foot<'_> {
    /// Draws it at the foot of an area, with what is wrong or else with a hint below; returns where the
    /// terminal's cursor belongs.
    pub fn draw(
        &self,
        wrong: Option<&Wrong>,
        hint: &str,
        area: Rect,
        buf: &mut Buffer,
        theme: &Theme,
    ) -> Option<Position> {
        let height = area.height.min(self.rows);
        let area = Rect { y: area.bottom() - height, height, ..area }.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        Clear.render(area, buf);
        rule(buf, area, 0, theme);
        let columns = usize::from(area.width);
        let title = format!(" {} ", cut(self.title, columns.saturating_sub(4), theme.glyphs.ellipsis));
        put(buf, area, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
        let row = u16::from(area.height > 1);
        let room = columns.saturating_sub(PROMPT + 1);
        let (shown, cursor) = self.line.seen(room, theme.glyphs.ellipsis);
        let sign = Span::styled(format!(" {} ", self.sign), theme.style(Role::Accent));
        put(buf, area, row, &Line::from(vec![sign, Span::raw(shown)]));
        let below = Rect { y: area.y + row, height: area.height - row, ..area };
        let say = |row: u16, text: &str, role: Role, buf: &mut Buffer| {
            put(
                buf,
                below,
                row,
                &Line::from(Span::styled(cut(text, columns, theme.glyphs.ellipsis), theme.style(role))),
            );
        };
        match wrong {
            Some(wrong) => {
                say(1, &self.pointed(wrong, room, columns), Role::Error, buf);
                if let Some(suggestion) = &wrong.suggestion {
                    say(2, &format!("   try: {}", SafeText::from_outside(suggestion)), Role::Unsure, buf);
                }
            }
            None => say(1, &format!("   {hint}"), Role::Muted, buf),
        }
        Some(Position { x: (area.x + PROMPT as u16 + cursor).min(area.right() - 1), y: area.y + row })
    }

    /// The message with a mark below what it is about, where both fit.
    fn pointed(&self, wrong: &Wrong, room: usize, columns: usize) -> String {
        let message = SafeText::from_outside(&wrong.message);
        match wrong.at.and_then(|at| self.line.column(at, room)).map(|column| PROMPT + usize::from(column)) {
            Some(column) if column + 2 + width(&message) <= columns => format!("{}^ {message}", " ".repeat(column)),
            Some(column) if width(&message) < column => {
                format!("{}{message} ^", " ".repeat(column - width(&message) - 1))
            }
            _ => format!("   {message}"),
        }
    }
}
