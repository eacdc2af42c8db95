//! What can follow the keys pressed so far, while a sequence of keys is under way.
//!
//! Takes no keys of its own and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::clear;
use crate::tui::app::App;
use crate::tui::key::shown_sequence;
use crate::tui::text::{cut, left, put_at, rule, width};
use crate::tui::theme::Role;

/// Columns before the first key, and between a key and what it does, and between two lists.
const GAP: usize = 2;

/// Draws it at the foot of an area: as many lists beside each other as there is room for without
/// cutting what a key does.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    let following = app.keymap.following(&app.pending, app.place());
    let keys = following.iter().map(|(keys, _)| width(keys)).max().unwrap_or_default();
    let widest = following.iter().map(|(_, entry)| width(entry.doc)).max().unwrap_or_default();
    let each = GAP + keys + GAP + widest;
    let columns = (usize::from(area.width) / each).clamp(1, following.len().max(1));
    let rows = following.len().div_ceil(columns);
    let height = (rows as u16 + 1).min(area.height);
    let area = Rect { y: area.bottom() - height, height, ..area }.intersection(buf.area);
    clear(area, buf);
    rule(buf, area, 0, theme);
    let title = format!(" {} then ", shown_sequence(&app.pending));
    put_at(buf, area, 1, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
    for (at, (pressed, entry)) in following.iter().enumerate() {
        let (column, row) = (at / rows.max(1), at % rows.max(1));
        let room = usize::from(area.width).saturating_sub(2 * GAP + keys);
        let line = Line::from(vec![
            Span::styled(left(pressed, keys, ""), theme.style(Role::Accent)),
            Span::raw(" ".repeat(GAP)),
            Span::raw(cut(entry.doc, room, theme.glyphs.ellipsis)),
        ]);
        put_at(buf, area, (GAP + column * each) as u16, row as u16 + 1, &line);
    }
}
