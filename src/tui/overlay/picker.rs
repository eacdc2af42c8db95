//! A list to choose one line from.
//!
//! Knows its lines, not what choosing one means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::clear;
use crate::tui::layout::overlay;
use crate::tui::text::{left, put, rule};
use crate::tui::theme::{Role, Theme};

/// A list with one line selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picker {
    /// What is chosen.
    pub title: &'static str,
    /// A line's words, and what they mean.
    pub lines: Vec<(String, String)>,
    /// The selected line.
    pub selected: usize,
}

impl Picker {
    /// Selects another line.
    pub fn select(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.lines.len().saturating_sub(1));
    }

    /// Draws it over an area.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = overlay(area, 52, self.lines.len() as u16 + 2).intersection(buf.area);
        clear(area, buf);
        let room = usize::from(area.height.saturating_sub(2));
        let inner = Rect { x: area.x + u16::from(area.width > 4), width: area.width.saturating_sub(2), ..area };
        rule(buf, area, 0, theme);
        put(buf, inner, 0, &Line::from(Span::styled(format!(" {} ", self.title), theme.style(Role::Strong))));
        let first = (self.selected + 1).saturating_sub(room);
        for (row, (at, (words, meaning))) in self.lines.iter().enumerate().skip(first).take(room).enumerate() {
            let mark = if at == self.selected { theme.glyphs.marks.0 } else { " " };
            let line = Line::from(vec![
                Span::raw(format!("{mark} ")),
                Span::raw(left(words, 22, theme.glyphs.ellipsis)),
                Span::styled(left(meaning, 26, theme.glyphs.ellipsis), theme.style(Role::Muted)),
            ]);
            put(buf, inner, row as u16 + 1, &line);
            if at == self.selected {
                let bar = Rect { y: area.y + row as u16 + 1, height: 1, ..area };
                buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
            }
        }
        if area.height > 1 {
            rule(buf, area, area.height - 1, theme);
        }
    }
}
