//! Draws a [`Picker`]: its line, and the matching items that there is room for.
//!
//! Pure: reads the list, writes cells. What matched is bold and underlined, so that it is told
//! without colour.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::fuzzy::Fuzzy;
use super::picker::{Item, Picker};
use super::{begin_box, emphasised, end_box};
use crate::domain::text::SafeText;
use crate::tui::layout::overlay;
use crate::tui::text::{cut, left, paragraph, put, put_at, width};
use crate::tui::theme::{Role, Theme};

/// Columns of the box at least and at most.
const WIDTHS: (u16, u16) = (52, 110);
/// Columns before a label: the selected row's sign, and a marked one's turn.
const MARK: usize = 2;
const TURN: usize = 2;
/// Columns of a label at most while there is something beside it.
const LABEL_MOST: usize = 56;
/// Columns that what an action does needs, and those of most keys beside it.
const DOES: usize = 41;
const KEY: usize = 7;
/// Rows beside those of items: two rules and the line.
const FRAME: u16 = 3;

/// How wide the parts of a row are.
#[derive(Clone, Copy)]
struct Columns {
    turn: usize,
    label: usize,
    note: usize,
    section: usize,
}

impl Columns {
    /// Columns of a row's label and of its note: what the note leaves free is the label's, before that is
    /// cut.
    fn of_row(self, label: usize, note: usize) -> (usize, usize) {
        let more = label.saturating_sub(self.label).min(self.note.saturating_sub(note));
        (self.label + more, self.note - more)
    }
}

/// Rows of what the selected item means, and a blank one before them.
const EXPLAINED: u16 = 4;

impl<T> Picker<T> {
    /// Draws it over an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, under: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let (area, inner) = begin_box(self.area(under), under, buf, theme);
        if area.is_empty() {
            return None;
        }
        put(buf, inner, 0, &Line::from(Span::styled(format!(" {} ", self.title), theme.style(Role::Strong))));
        self.draw_count(inner, buf, theme);
        let cursor = self.draw_line(inner, buf, theme);
        self.draw_items(self.rows(area), inner, buf, theme);
        self.explain(self.rows(area), inner, buf, theme);
        if area.height >= FRAME {
            end_box(area, buf, theme);
            self.draw_marked(inner, buf, theme);
        }
        cursor
    }

    /// Its box over an area.
    fn area(&self, under: Rect) -> Rect {
        overlay(under, self.wanted_width(), (self.len() as u16).saturating_add(FRAME + self.explained()))
    }

    /// Rows below those of items.
    fn explained(&self) -> u16 {
        if self.explains() { EXPLAINED } else { 0 }
    }

    /// The rows of items in a box.
    fn rows(&self, area: Rect) -> Rect {
        Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(FRAME + self.explained()), ..area }
    }

    /// What the selected item means.
    fn explain(&self, items: Rect, inner: Rect, buf: &mut Buffer, theme: &Theme) {
        let Some(item) = self.item().filter(|_| self.explains()) else { return };
        let (x, width) = (inner.x + MARK as u16, inner.width.saturating_sub(MARK as u16));
        let area = Rect { x, y: items.bottom() + 1, width, height: EXPLAINED - 1 };
        paragraph(buf, area.intersection(buf.area), 0, &item.note, theme.style(Role::Muted));
    }

    /// The item at a place, as its distance from the selected one.
    pub fn line_at(&self, under: Rect, at: Position) -> Option<isize> {
        let rows = self.rows(self.area(under));
        let row = rows.contains(at).then(|| usize::from(at.y - rows.y))?;
        let (found, ..) = self.seen(usize::from(rows.height)).nth(row)?;
        Some(found as isize - self.selected() as isize)
    }

    fn wanted_width(&self) -> u16 {
        let widest = self.widest();
        let apart = |columns: usize| if columns > 0 { columns + 2 } else { 0 };
        let turn = if self.takes_several() { TURN } else { 0 };
        let wanted = MARK + turn + widest.label.min(LABEL_MOST) + apart(widest.note) + apart(widest.section) + 3;
        (wanted.min(usize::from(WIDTHS.1)) as u16).max(WIDTHS.0)
    }

    fn columns(&self, width: usize) -> Columns {
        let widest = self.widest();
        let turn = if self.takes_several() { TURN } else { 0 };
        let room = width.saturating_sub(MARK + turn);
        let section = if widest.section > 0 && room > 40 { widest.section + 2 } else { 0 };
        let room = room - section;
        // What a note does not need is the label's, and it never has less than three fifths.
        let least = (room * 3 / 5).max(DOES.min(room.saturating_sub(KEY)));
        let label = match widest.note {
            0 => room,
            note => (widest.label + 2).min(LABEL_MOST).min(room.saturating_sub(note).max(least)),
        };
        Columns { turn, label, note: room - label, section }
    }

    fn draw_count(&self, inner: Rect, buf: &mut Buffer, theme: &Theme) {
        if self.line().text().is_empty() {
            return;
        }
        let text = format!(" {} of {} ", self.matching(), self.len());
        let column = inner.width.saturating_sub(width(&text) as u16);
        put_at(buf, inner, column, 0, &Line::from(Span::styled(text, theme.style(Role::Muted))));
    }

    fn draw_line(&self, inner: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        if inner.height < 2 {
            return None;
        }
        let room = usize::from(inner.width).saturating_sub(MARK + 1);
        let (shown, cursor) = self.line().seen(room, theme.glyphs.ellipsis);
        let text = match shown.is_empty() {
            true => Span::styled(cut("type to find", room, theme.glyphs.ellipsis), theme.style(Role::Muted)),
            false => Span::raw(shown),
        };
        put(buf, inner, 1, &Line::from(vec![Span::styled(">", theme.style(Role::Accent)), Span::raw(" "), text]));
        let column = (MARK as u16 + cursor).min(inner.width.saturating_sub(1));
        Some(Position { x: inner.x + column, y: inner.y + 1 })
    }

    fn draw_items(&self, rows: Rect, inner: Rect, buf: &mut Buffer, theme: &Theme) {
        let typed = self.line().text().trim();
        if self.matching() == 0 && rows.height > 0 {
            let why = if self.is_empty() {
                "there is nothing to choose from".to_owned()
            } else {
                format!("nothing matches `{}`", SafeText::from_outside(typed))
            };
            let part = Rect { y: rows.y, height: 1, ..inner };
            let why = cut(&format!("  {why}"), usize::from(inner.width), theme.glyphs.ellipsis);
            return put(buf, part, 0, &Line::from(Span::styled(why, theme.style(Role::Muted))));
        }
        let columns = self.columns(usize::from(inner.width));
        let mut fuzzy = Fuzzy::new(typed);
        for (row, (at, item, turn)) in self.seen(usize::from(rows.height)).enumerate() {
            let selected = at == self.selected();
            let part = Rect { y: rows.y + row as u16, height: 1, ..inner };
            put(buf, part, 0, &line(item, selected, turn, columns, &mut fuzzy, theme));
            if selected {
                buf.set_style(Rect { x: rows.x, width: rows.width, ..part }, theme.style(Role::Selected));
            }
        }
    }

    /// What is marked, in its order, on the lower rule.
    fn draw_marked(&self, inner: Rect, buf: &mut Buffer, theme: &Theme) {
        if !self.takes_several() {
            return;
        }
        let marked: Vec<&str> = self.marked().map(|i| i.label.as_str()).collect();
        let text = if self.touched() { marked.join(" / ") } else { format!("up to {}, in their order", self.most()) };
        let text = cut(&format!(" {text} "), usize::from(inner.width), theme.glyphs.ellipsis);
        let role = if self.touched() { Role::Strong } else { Role::Muted };
        put(buf, inner, inner.height - 1, &Line::from(Span::styled(text, theme.style(role))));
    }
}

fn line<T>(
    item: &Item<T>,
    selected: bool,
    turn: Option<usize>,
    columns: Columns,
    fuzzy: &mut Fuzzy,
    theme: &Theme,
) -> Line<'static> {
    let by = theme.glyphs.ellipsis;
    let (in_label, in_note) = item.positions(fuzzy);
    let mark = if selected { theme.glyphs.marks.0 } else { " " };
    // Blanks have no style: it may be an underline.
    let turn = turn.map_or_else(String::new, |turn| turn.to_string());
    let gap = " ".repeat(columns.turn.saturating_sub(width(&turn)));
    let mut spans =
        vec![Span::raw(left(mark, MARK, "")), Span::styled(turn, theme.style(Role::Accent)), Span::raw(gap)];
    let (name, beside) = if item.idle.is_some() { (Role::Muted, Role::Muted) } else { (Role::Text, Role::Muted) };
    let (label, note) = columns.of_row(width(&item.label) + 1, width(item.beside()));
    spans.extend(emphasised(&left(&item.label, label.saturating_sub(1), by), &in_label, name, theme));
    spans.push(Span::raw(" "));
    spans.extend(emphasised(&left(item.beside(), note, by), &in_note, beside, theme));
    spans.push(Span::styled(left(&format!("  {}", item.section), columns.section, by), theme.style(Role::Muted)));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_what_its_note_leaves_free() {
        let columns = Columns { turn: 0, label: 30, note: 10, section: 0 };
        for (label, note, want) in
            [(20, 5, (30, 10)), (34, 5, (34, 6)), (38, 5, (35, 5)), (38, 12, (30, 10)), (20, 18, (30, 10))]
        {
            assert_eq!(columns.of_row(label, note), want, "{label} {note}");
        }
    }
}
