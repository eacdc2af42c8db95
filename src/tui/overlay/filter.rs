//! The filter's line: edited as text, checked when it is applied.
//!
//! Knows the filter language, not what a filter is used for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::line::EditedLine;
use crate::domain::filter::{Filter, FilterError};
use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::text::{put, rule, width};
use crate::tui::theme::{Role, Theme};

/// Columns before the text: the sign of the prompt.
const PROMPT: u16 = 2;

/// A filter that is edited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineEditor {
    line: EditedLine,
    error: Option<FilterError>,
}

impl LineEditor {
    /// An editor with the cursor at the text's end.
    #[must_use]
    pub fn new(text: String) -> LineEditor {
        LineEditor { line: EditedLine::new(text), error: None }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str) {
        self.line.insert(text);
        self.error = None;
    }

    /// Moves the cursor or deletes; other actions change nothing.
    pub fn edit(&mut self, action: Action) {
        if self.line.edit(action) {
            self.error = None;
        }
    }

    /// The filter that the text means; where it means none, the error is kept to be shown.
    pub fn filter(&mut self, tag_keys: &[String]) -> Option<Filter> {
        match Filter::parse(self.text(), tag_keys) {
            Ok(filter) => Some(filter),
            Err(error) => {
                self.line.move_to(error.at);
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
        let (shown, cursor) = self.line.seen(room, theme.glyphs.ellipsis);
        let text = Line::from(vec![Span::styled("/ ", theme.style(Role::Accent)), Span::raw(shown)]);
        put(buf, area, line, &text);
        let column = PROMPT + cursor;
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
            _ if self.line.cursor() != error.at => format!("  {message}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_moves_the_cursor_to_its_place() {
        let mut line = LineEditor::new("env=prod servce:x".into());
        assert_eq!(line.filter(&[]), None);
        line.insert("!");
        assert_eq!(line.text(), "env=prod !servce:x");
    }
}
