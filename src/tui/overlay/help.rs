//! The help: every key that works here, from the table of actions; this tab's own first.
//!
//! Knows no state but how far it is scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use crate::tui::action::{Entry, Group, Place, Scope, TABLE};
use crate::tui::keymap::shown_keys;
use crate::tui::layout::overlay;
use crate::tui::tab::Tab;
use crate::tui::text::{left, put, rule};
use crate::tui::theme::{Role, Theme};

/// The open help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Help {
    /// How many lines are scrolled away.
    pub scroll: usize,
}

enum Row {
    Heading(&'static str),
    Key(&'static Entry),
    Blank,
}

fn rows(tab: Tab) -> Vec<Row> {
    let mut out = Vec::new();
    for group in Group::ALL {
        let place = if group == Group::Edit { Place::FilterLine } else { Place::Tab(tab) };
        let serves = |e: &&Entry| {
            e.group == group && e.scope.holds(place) && (group != Group::Edit || e.scope == Scope::FilterLine)
        };
        let mut entries = TABLE.iter().filter(serves).peekable();
        if entries.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push(Row::Blank);
        }
        out.push(Row::Heading(group.title()));
        out.extend(entries.map(Row::Key));
    }
    out
}

impl Help {
    /// Scrolls by lines, no further than the last.
    pub fn scroll_by(&mut self, by: isize, tab: Tab) {
        self.scroll = self.scroll.saturating_add_signed(by).min(rows(tab).len().saturating_sub(1));
    }

    /// Draws it over an area.
    pub fn draw(&self, tab: Tab, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let rows = rows(tab);
        let area = overlay(area, 78, rows.len() as u16 + 3).intersection(buf.area);
        Clear.render(area, buf);
        let inner = Rect { x: area.x + u16::from(area.width > 4), width: area.width.saturating_sub(2), ..area };
        let room = usize::from(area.height.saturating_sub(3));
        let first = self.scroll.min(rows.len().saturating_sub(room));
        let more = rows.len().saturating_sub(first + room);
        let title = if more > 0 { format!("Keys {} {more} more below", theme.glyphs.dot) } else { "Keys".to_owned() };
        rule(buf, area, 0, theme);
        put(buf, inner, 0, &Line::from(Span::styled(format!(" {title} "), theme.style(Role::Strong))));
        for (at, row) in rows.iter().skip(first).take(room).enumerate() {
            let line = match row {
                Row::Blank => Line::default(),
                Row::Heading(title) => Line::from(Span::styled(*title, theme.style(Role::Muted))),
                Row::Key(entry) => Line::from(vec![
                    Span::styled(
                        left(&format!("  {}", shown_keys(entry, 3)), 24, theme.glyphs.ellipsis),
                        theme.style(Role::Accent),
                    ),
                    Span::raw(entry.doc),
                ]),
            };
            put(buf, inner, at as u16 + 1, &line);
        }
        if area.height > 2 {
            rule(buf, area, area.height - 1, theme);
        }
    }
}
