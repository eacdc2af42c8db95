//! What can follow the keys pressed so far, while a sequence of keys is under way.
//!
//! Takes no keys of its own and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::clear;
use crate::tui::app::App;
use crate::tui::key::shown_sequence;
use crate::tui::text::{cut, left, put_at, rule};
use crate::tui::theme::Role;

/// Columns of one key with what it does.
const COLUMN: u16 = 38;
const KEYS: usize = 8;

/// Draws it at the foot of an area.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    let following = app.keymap.following(&app.pending, app.place());
    let columns = (area.width / COLUMN).max(1);
    let rows = following.len().div_ceil(usize::from(columns)) as u16;
    let height = (rows + 1).min(area.height);
    let area = Rect { y: area.bottom() - height, height, ..area }.intersection(buf.area);
    clear(area, buf);
    rule(buf, area, 0, theme);
    let title = format!(" {} then ", shown_sequence(&app.pending));
    put_at(buf, area, 1, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
    for (at, (keys, entry)) in following.iter().enumerate() {
        let (column, row) = (at as u16 / rows.max(1), at as u16 % rows.max(1));
        let room = usize::from(area.width.min(COLUMN)).saturating_sub(KEYS + 2);
        let line = Line::from(vec![
            Span::styled(left(keys, KEYS, ""), theme.style(Role::Accent)),
            Span::raw(cut(entry.doc, room, theme.glyphs.ellipsis)),
        ]);
        put_at(buf, area, 2 + column * COLUMN, row + 1, &line);
    }
}
