//! The help: every key that works here, from the table of actions; this tab's own first.
//!
//! Knows no state but how far it is scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::clear;
use crate::tui::action::{Entry, Group, Place, TABLE};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::tab::Tab;
use crate::tui::text::{cut, put, rule, width};
use crate::tui::theme::{Role, Theme};

/// The open help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Help {
    /// How many lines are scrolled away.
    pub scroll: usize,
}

/// Columns of one list of keys, and of the keys in it.
const LIST: u16 = 78;
const KEYS: usize = 22;
/// The same of each of two lists beside each other, which show fewer of an action's keys.
const HALF: u16 = 60;
const FEWER_KEYS: usize = 18;

enum Row {
    Heading(&'static str),
    Key(&'static Entry),
    Blank,
}

fn rows(tab: Tab) -> Vec<Row> {
    let mut out = Vec::new();
    for group in Group::ALL {
        let place = match group {
            Group::List => Place::Several,
            Group::Edit => Place::Line,
            _ => Place::Tab(tab),
        };
        let serves = |e: &&Entry| e.group == group && e.scope.holds(place);
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

/// The rows in as many lists as there is room for beside each other, cut between groups.
fn lists(tab: Tab, width: u16) -> Vec<Vec<Row>> {
    let mut first = rows(tab);
    if width < 2 * HALF {
        return vec![first];
    }
    let half = first.len() / 2;
    let gaps = first.iter().enumerate().filter(|(_, row)| matches!(row, Row::Blank)).map(|(at, _)| at);
    let Some(gap) = gaps.min_by_key(|at| at.abs_diff(half)) else { return vec![first] };
    let second = first.split_off(gap + 1);
    first.pop();
    vec![first, second]
}

/// How many lines of an area are for keys, between the rules.
fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2))
}

fn lines(lists: &[Vec<Row>]) -> usize {
    lists.iter().map(Vec::len).max().unwrap_or_default()
}

fn line(row: &Row, keymap: &Keymap, columns: usize, halved: bool, theme: &Theme) -> Line<'static> {
    let by = theme.glyphs.ellipsis;
    let (keys, most) = if halved { (FEWER_KEYS, 2) } else { (KEYS, 3) };
    match row {
        Row::Blank => Line::default(),
        Row::Heading(title) => Line::from(Span::styled(*title, theme.style(Role::Muted))),
        Row::Key(entry) => {
            // The blanks beside the keys have no style: it may be an underline.
            let shown = cut(&keymap.shown(entry, most), keys.saturating_sub(2), by);
            let gap = keys.saturating_sub(2 + width(&shown));
            Line::from(vec![
                Span::raw("  "),
                Span::styled(shown, theme.style(Role::Accent)),
                Span::raw(" ".repeat(gap)),
                Span::raw(cut(entry.doc, columns.saturating_sub(keys + 1), by)),
            ])
        }
    }
}

impl Help {
    /// Scrolls by lines over an area, no further than the last.
    pub fn scroll_by(&mut self, by: isize, tab: Tab, area: Rect) {
        let most = lines(&lists(tab, area.width)).saturating_sub(room(area));
        self.scroll = self.scroll.saturating_add_signed(by).min(most);
    }

    /// Draws it over an area.
    pub fn draw(&self, tab: Tab, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let lists = lists(tab, area.width);
        let lines = lines(&lists);
        let wide = if lists.len() > 1 { 2 * HALF } else { LIST };
        let area = overlay(area, wide, lines as u16 + 2).intersection(buf.area);
        clear(area, buf);
        let inner = Rect { x: area.x + u16::from(area.width > 4), width: area.width.saturating_sub(2), ..area };
        let first = self.scroll.min(lines.saturating_sub(room(area)));
        let more = lines.saturating_sub(first + room(area));
        let dot = theme.glyphs.dot;
        let title = if more > 0 { format!("Keys {dot} {more} more below: j scrolls") } else { "Keys".to_owned() };
        rule(buf, area, 0, theme);
        put(buf, inner, 0, &Line::from(Span::styled(format!(" {title} "), theme.style(Role::Strong))));
        let columns = inner.width / lists.len().max(1) as u16;
        for (at, list) in lists.iter().enumerate() {
            let part = Rect { x: inner.x + at as u16 * columns, width: columns, ..inner };
            for (row, entry) in list.iter().skip(first).take(room(area)).enumerate() {
                put(buf, part, row as u16 + 1, &line(entry, keymap, usize::from(columns), lists.len() > 1, theme));
            }
        }
        if area.height > 1 {
            rule(buf, area, area.height - 1, theme);
        }
    }
}
