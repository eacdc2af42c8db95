//! An address in a cloud's console: which page it is, what that shows, and how to get there.
//!
//! Knows neither whose address it is nor how terminals follow links.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{begin_box, end_box, inside};
use crate::domain::console::Link;
use crate::domain::text::SafeText;
use crate::tui::layout::overlay;
use crate::tui::text::{put, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the box: long addresses take fewer lines.
const COLUMNS: u16 = 100;
/// Rows that are the box's own: two rules.
const RULES: usize = 2;

/// An address that is shown.
#[derive(Clone, Debug)]
pub struct LinkBox {
    /// The address.
    pub link: Link,
    /// Whether the terminal is known to take links.
    clickable: bool,
    /// The key that copies the address, as people read it.
    copies: String,
}

/// A line of the box, and whether it is a piece of the address.
struct Row {
    text: String,
    role: Role,
    is_address: bool,
}

/// How much stands around the address; less where it has no room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Around {
    Nothing,
    /// What it is of, and the key.
    Brief,
    /// The hint in full.
    Hint,
    /// Blank lines too.
    Air,
}

impl LinkBox {
    /// One that is shown where links can be clicked, or only read; `copies` is the key that copies it.
    #[must_use]
    pub fn new(link: Link, clickable: bool, copies: String) -> LinkBox {
        LinkBox { link, clickable, copies }
    }

    /// Where pieces of the address stand when it is drawn over an area, from the first on; empty where the
    /// terminal is not known to take links.
    #[must_use]
    pub fn places(&self, area: Rect) -> Vec<Rect> {
        if !self.clickable {
            return Vec::new();
        }
        let (area, rows) = self.laid(area);
        let inner = inside(area);
        let addresses = rows.iter().enumerate().filter(|(_, row)| row.is_address);
        let place = |(at, row): (usize, &Row)| Rect {
            x: inner.x + 1,
            y: inner.y + at as u16 + 1,
            width: row.text.len() as u16,
            height: 1,
        };
        addresses.map(place).collect()
    }

    /// The box, and its rows: the whole address, and around it what there is room for.
    fn laid(&self, area: Rect) -> (Rect, Vec<Row>) {
        let columns = usize::from(COLUMNS.min(area.width).saturating_sub(4)).max(1);
        let room = usize::from(area.height).saturating_sub(RULES).max(1);
        let all = [Around::Air, Around::Hint, Around::Brief, Around::Nothing];
        let fitting = all.into_iter().map(|around| self.rows(columns, around)).find(|rows| rows.len() <= room);
        let rows = fitting.unwrap_or_else(|| {
            let mut rows = self.rows(columns, Around::Nothing);
            rows.truncate(room);
            let cut = rows.last_mut().filter(|last| last.text.len() > 3);
            cut.into_iter().for_each(|last| last.text.replace_range(last.text.len() - 3.., "..."));
            rows
        });
        (overlay(area, COLUMNS, (rows.len() + RULES) as u16), rows)
    }

    fn rows(&self, columns: usize, around: Around) -> Vec<Row> {
        let row = |text: String, role, is_address| Row { text, role, is_address };
        let said = |text: &str, role| wrap(text, columns).into_iter().map(move |line| row(line, role, false));
        let blank = || (around == Around::Air).then(|| row(String::new(), Role::Text, false));
        let of: Vec<&str> = self.link.of.iter().map(SafeText::as_str).collect();
        let mut rows: Vec<Row> = blank().into_iter().collect();
        if around > Around::Nothing {
            rows.extend(said(self.link.page, Role::Strong));
            rows.extend(said(&of.join(", "), Role::Muted).filter(|line| !line.text.is_empty()));
        }
        rows.extend(blank());
        // An address is ASCII: bytes are columns.
        let pieces = self.link.url().as_bytes().chunks(columns);
        rows.extend(pieces.map(|piece| row(String::from_utf8_lossy(piece).into_owned(), Role::Link, true)));
        rows.extend(blank());
        let follow = if self.clickable { "a click follows it, in many terminals with Ctrl or Cmd; " } else { "" };
        let brief = format!("{} copies the address", self.copies);
        match around {
            Around::Nothing => {}
            Around::Brief => rows.extend(said(&brief, Role::Text)),
            Around::Hint | Around::Air => {
                let hint = format!("{brief}; {follow}spendtop opens no browser: it may run far from yours");
                rows.extend(said(&hint, Role::Text));
            }
        }
        rows.extend(blank());
        rows
    }

    /// Draws it over an area.
    pub fn draw(&self, under: Rect, buf: &mut Buffer, theme: &Theme) {
        let (area, rows) = self.laid(under);
        let (area, inner) = begin_box(area, under, buf, theme);
        put(buf, inner, 0, &Line::from(Span::styled(" In the cloud's console ", theme.style(Role::Strong))));
        for (at, row) in rows.into_iter().enumerate() {
            let line = Line::from(vec![Span::raw(" "), Span::styled(row.text, theme.style(row.role))]);
            put(buf, inner, at as u16 + 1, &line);
        }
        end_box(area, buf, theme);
    }
}
