//! The filter's line: edited as text, checked when it is applied.
//!
//! What cannot be shown cannot be typed or pasted into it. Knows the filter language, not what a
//! filter is used for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::filter::{Filter, FilterError};
use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::text::{cut, put, rule, width};
use crate::tui::theme::{Role, Theme};

/// How long a filter may become by typing and pasting.
const BYTES_MAX: usize = 4096;
/// Columns before the text: the sign of the prompt.
const PROMPT: u16 = 2;

/// A line that is edited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineEditor {
    text: String,
    /// A byte position at a grapheme's edge.
    cursor: usize,
    error: Option<FilterError>,
}

impl LineEditor {
    /// An editor with the cursor at the text's end.
    #[must_use]
    pub fn new(text: String) -> LineEditor {
        LineEditor { cursor: text.len(), text, error: None }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Inserts typed or pasted text without what cannot be shown; line breaks become spaces.
    pub fn insert(&mut self, text: &str) {
        let shown = |c: &char| !c.is_control() && SafeText::from_outside(c.encode_utf8(&mut [0; 4])).chars().eq([*c]);
        let text = text.trim_end_matches(['\r', '\n']).replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        for c in text.chars().filter(shown) {
            if self.text.len() + c.len_utf8() > BYTES_MAX {
                break;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
        self.error = None;
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    /// Moves the cursor or deletes; other actions change nothing.
    pub fn edit(&mut self, action: Action) {
        let here = self.cursor;
        let (from, to) = match action {
            Action::CursorLeft => return self.cursor = self.before(),
            Action::CursorRight => return self.cursor = self.after(),
            Action::CursorStart => return self.cursor = 0,
            Action::CursorEnd => return self.cursor = self.text.len(),
            Action::DeleteBefore => (self.before(), here),
            Action::DeleteAfter => (here, self.after()),
            Action::DeleteWord => {
                let kept = self.text[..here].trim_end();
                (kept.rfind(' ').map_or(0, |at| at + 1), here)
            }
            Action::DeleteAll => (0, self.text.len()),
            _ => return,
        };
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.error = None;
    }

    /// The filter that the text means; where it means none, the error is kept to be shown.
    pub fn filter(&mut self, tag_keys: &[String]) -> Option<Filter> {
        match Filter::parse(&self.text, tag_keys) {
            Ok(filter) => Some(filter),
            Err(error) => {
                self.cursor = error.at.min(self.text.len());
                while !self.text.is_char_boundary(self.cursor) {
                    self.cursor -= 1;
                }
                self.error = Some(error);
                None
            }
        }
    }

    /// Draws it at the foot of an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let height = area.height.min(4);
        let area = Rect { y: area.bottom() - height, height, ..area }.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        Clear.render(area, buf);
        rule(buf, area, 0, theme);
        let title = Line::from(Span::styled(" Filter ", theme.style(Role::Strong)));
        put(buf, area, 0, &title);
        let line = u16::from(area.height > 1);
        let room = usize::from(area.width.saturating_sub(PROMPT + 1));
        let before = SafeText::from_outside(&self.text[..self.cursor]).into_string();
        let after = SafeText::from_outside(&self.text[self.cursor..]).into_string();
        // What is at the cursor is seen, not only what leads there: it may be the mistake.
        let ahead = width(&after).min(room / 3);
        let hidden = (width(&before) + ahead).saturating_sub(room);
        let before = tail(&before, hidden);
        let shown = format!("{before}{after}");
        let text = Line::from(vec![
            Span::styled("/ ", theme.style(Role::Accent)),
            Span::raw(cut(&shown, room, theme.glyphs.ellipsis)),
        ]);
        put(buf, area, line, &text);
        let column = PROMPT + width(before) as u16;
        self.say(column, Rect { y: area.y + line, height: area.height - line, ..area }, buf, theme);
        Some(Position { x: (area.x + column).min(area.right() - 1), y: area.y + line })
    }

    /// What is wrong and what may have been meant, or what can be asked.
    fn say(&self, column: u16, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let Some(error) = &self.error else {
            let example = "service:ec2|rds  region:us-*  env=prod  -team:data  cost>100  \"free text\"";
            put(buf, area, 1, &Line::from(Span::styled(format!("  {example}"), theme.style(Role::Muted))));
            return;
        };
        let message = SafeText::from_outside(&error.message);
        let column = usize::from(column);
        let pointer = match format!("{}^ {message}", " ".repeat(column)) {
            // The cursor stands on the mistake until it is moved.
            _ if self.cursor != error.at => format!("  {message}"),
            right if width(&right) <= usize::from(area.width) => right,
            _ if width(&message) < column => format!("{}{message} ^", " ".repeat(column - width(&message) - 1)),
            _ => format!("  {message}"),
        };
        put(buf, area, 1, &Line::from(Span::styled(pointer, theme.style(Role::Error))));
        if let Some(suggestion) = &error.suggestion {
            let text = format!("  try: {}", SafeText::from_outside(suggestion));
            put(buf, area, 2, &Line::from(Span::styled(text, theme.style(Role::Unsure))));
        }
    }
}

/// The text without its first `columns`.
fn tail(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let mut at = 0;
    for grapheme in text.graphemes(true) {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(width(grapheme));
        at += grapheme.len();
    }
    &text[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_by_grapheme() {
        let mut line = LineEditor::new("env=prod".into());
        line.insert(" cafe\u{301}");
        line.edit(Action::DeleteBefore);
        assert_eq!(line.text(), "env=prod caf");
        line.edit(Action::DeleteWord);
        assert_eq!(line.text(), "env=prod ");
        line.edit(Action::CursorStart);
        line.insert("-");
        line.edit(Action::DeleteAfter);
        assert_eq!(line.text(), "-nv=prod ");
        line.edit(Action::DeleteAll);
        line.edit(Action::DeleteBefore);
        line.edit(Action::CursorLeft);
        assert_eq!(line.text(), "");
    }

    #[test]
    fn a_paste_is_only_text() {
        let mut line = LineEditor::default();
        line.insert("a\x1b[2J\u{202e}b\r\nq\x03\n");
        assert_eq!(line.text(), "a[2Jb q");
        line.insert(&"x".repeat(100_000));
        assert!(line.text().len() <= BYTES_MAX);
    }

    #[test]
    fn a_mistake_moves_the_cursor_to_its_place() {
        let mut line = LineEditor::new("env=prod servce:x".into());
        assert_eq!(line.filter(&[]), None);
        line.insert("!");
        assert_eq!(line.text(), "env=prod !servce:x");
    }
}
