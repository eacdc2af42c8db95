//! What moved most, up and down.
//!
//! Draws only the rows that are seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::State;
use super::state::Pane;
use crate::domain::text::SafeText;
use crate::engine::answer::{Mover, SpendAnswer};
use crate::tui::keymap::Keymap;
use crate::tui::tab::label;
use crate::tui::text::{cut, left, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of a change and of its share.
const CHANGE: usize = 15;
const PERCENT: usize = 9;
/// Columns of the table at most: further apart, a name and its change are no row any more.
const COLUMNS_MAX: u16 = 110;

/// Draws heading and rows.
pub fn draw(state: &State, answer: &SpendAnswer, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.height < 2 {
        return;
    }
    let columns = usize::from(area.width.min(COLUMNS_MAX));
    let names = columns.saturating_sub(CHANGE + PERCENT + 4);
    heading(state, names, area, buf, theme);
    if answer.movers.is_empty() {
        let why = if answer.previous_period.is_none() {
            "nothing to compare with; {comparison} chooses other days"
        } else {
            "nothing moved: {period} chooses other days, {comparison} what they are held against"
        };
        let why = cut(&keymap.say(why), usize::from(area.width), theme.glyphs.ellipsis);
        put(buf, area, 1, &Line::from(Span::styled(why, theme.style(Role::Muted))));
        return;
    }
    let places = money::places(&answer.currency);
    let amounts = answer.movers.iter().map(|m| width(&money::change(&m.figure, places))).max().unwrap_or_default();
    let selected = state.mover(answer);
    for (row, (at, mover)) in seen(state, answer, area).enumerate() {
        let (role, sign) = money::direction(&mover.figure, &theme.glyphs);
        let mark = if selected == Some(at) { theme.glyphs.marks.0 } else { sign };
        let change = money::signed_change(&mover.figure, places, amounts, CHANGE);
        let spans = vec![
            Span::styled(left(mark, 2, ""), theme.style(role)),
            Span::raw(row_names(answer, mover, names, theme)),
            Span::styled(right(&change, CHANGE, theme.glyphs.ellipsis), theme.style(role)),
            Span::styled(right(&money::percent_cell(&mover.figure), PERCENT, ""), theme.style(role)),
        ];
        put(buf, area, row as u16 + 1, &Line::from(spans));
        if selected == Some(at) {
            let bar = Rect { y: area.y + row as u16 + 1, height: 1, width: columns as u16, ..area };
            buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
        }
    }
}

/// The moves that are seen in an area, each with its place among all.
fn seen<'a>(state: &State, answer: &'a SpendAnswer, area: Rect) -> impl Iterator<Item = (usize, &'a Mover)> {
    let room = usize::from(area.height.saturating_sub(1));
    let first = state.mover(answer).map_or(0, |at| (at + 1).saturating_sub(room));
    answer.movers.iter().enumerate().skip(first).take(room)
}

/// The move that is drawn at a place.
#[must_use]
pub fn row_at(state: &State, answer: &SpendAnswer, area: Rect, at: Position) -> Option<usize> {
    let rows =
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), width: area.width.min(COLUMNS_MAX), ..area };
    let row = rows.contains(at).then(|| usize::from(at.y - rows.y))?;
    seen(state, answer, area).nth(row).map(|(at, _)| at)
}

fn heading(state: &State, names: usize, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let role = if state.focus == Pane::Movers { Role::Accent } else { Role::Strong };
    let muted = theme.style(Role::Muted);
    let spans = vec![
        Span::styled("Biggest moves", theme.style(role)),
        Span::styled(right("change", (names + 2 + CHANGE).saturating_sub(13), ""), muted),
        Span::styled(right("%", PERCENT, ""), muted),
    ];
    put(buf, area, 0, &Line::from(spans));
}

/// A move's values side by side, each in a column of its own.
fn row_names(answer: &SpendAnswer, mover: &Mover, columns: usize, theme: &Theme) -> String {
    let labels = labels(answer, mover);
    let each = columns / labels.len().max(1);
    let cells: Vec<String> =
        labels.iter().map(|l| format!("{} ", left(l, each.saturating_sub(1), theme.glyphs.ellipsis))).collect();
    left(&cells.concat(), columns, "")
}

/// What a move's values are called.
#[must_use]
pub fn labels(answer: &SpendAnswer, mover: &Mover) -> Vec<SafeText> {
    let values = answer.movers_by.iter().zip(&mover.key).enumerate();
    values.map(|(i, (by, value))| label(by, value, mover.names.get(&i))).collect()
}
