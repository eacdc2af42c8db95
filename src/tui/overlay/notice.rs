//! One notice in full: what is the matter, and what to do.
//!
//! Knows neither whose notice it is nor how grave.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{begin_box, end_box};
use crate::domain::text::SafeText;
use crate::tui::layout::overlay;
use crate::tui::text::{put, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the box.
const COLUMNS: u16 = 64;

/// A notice to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    text: SafeText,
    hint: SafeText,
}

impl Notice {
    /// A notice of what the engine said.
    #[must_use]
    pub fn new(text: &str, hint: &str) -> Notice {
        Notice { text: SafeText::from_outside(text), hint: SafeText::from_outside(hint) }
    }

    /// All of it as text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}", self.text, self.hint)
    }

    /// Draws it over an area.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let columns = usize::from(COLUMNS.min(area.width).saturating_sub(4));
        let mut lines: Vec<(String, Role)> = Vec::new();
        lines.extend(wrap(&self.text, columns).into_iter().map(|line| (line, Role::Strong)));
        lines.push((String::new(), Role::Text));
        lines.extend(wrap(&self.hint, columns).into_iter().map(|line| (line, Role::Text)));
        let (area, inner) = begin_box(overlay(area, COLUMNS, lines.len() as u16 + 4), area, buf, theme);
        put(buf, inner, 0, &Line::from(Span::styled(" Needs attention ", theme.style(Role::Strong))));
        for (row, (line, role)) in lines.into_iter().enumerate() {
            put(buf, inner, row as u16 + 2, &Line::from(Span::styled(format!(" {line}"), theme.style(role))));
        }
        end_box(area, buf, theme);
    }
}
