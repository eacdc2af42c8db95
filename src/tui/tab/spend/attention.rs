//! What needs attention: the answer's notices and those that follow later, the gravest first.
//!
//! Draws only the rows that are seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::state::Pane;
use super::timeline::heading;
use crate::domain::text::SafeText;
use crate::engine::answer::{Notice, Severity, SpendAnswer, SpendDetails};
use crate::tui::text::{cut_words, put, put_at, width, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the sign before a notice.
const SIGN: u16 = 2;

/// All notices, in their order.
pub fn notices<'a>(answer: &'a SpendAnswer, details: Option<&'a SpendDetails>) -> impl Iterator<Item = &'a Notice> {
    answer.notices.iter().chain(details.into_iter().flat_map(|d| &d.notices))
}

fn sign(notice: &Notice, selected: bool, theme: &Theme) -> Span<'static> {
    let (sign, role) = match notice.severity {
        Severity::Alarm => ("!", Role::Error),
        Severity::Warning => ("!", Role::Unsure),
        Severity::Info => (theme.glyphs.dot, Role::Muted),
    };
    let (sign, role) = if selected { (theme.glyphs.marks.0, Role::Accent) } else { (sign, role) };
    Span::styled(sign, theme.style(role))
}

/// Draws heading and notices in a block, as many lines to each as it takes where there is room.
pub fn block(
    state: &State,
    answer: &SpendAnswer,
    details: Option<&SpendDetails>,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let all: Vec<&Notice> = notices(answer, details).collect();
    heading("Needs attention", state.focus == Pane::Attention, area, buf, theme);
    let muted = theme.style(Role::Muted);
    if all.is_empty() {
        let words = if details.is_some() { "nothing" } else { "loading" };
        return put(buf, area, 1, &Line::from(Span::styled(words, muted)));
    }
    let room = area.height.saturating_sub(1);
    let columns = usize::from(area.width.saturating_sub(SIGN));
    let texts = |notice: &Notice| -> Vec<String> {
        let text = SafeText::from_outside(&notice.text);
        if room > 3 { wrap(&text, columns) } else { vec![cut_words(&text, columns, theme.glyphs.ellipsis)] }
    };
    let selected = state.notice(answer, details);
    let mut first = 0;
    let heights: Vec<u16> = all.iter().map(|notice| texts(notice).len() as u16).collect();
    while selected.is_some_and(|at| heights[first..=at.max(first)].iter().sum::<u16>() > room && first < at) {
        first += 1;
    }
    let mut row = 1;
    let mut shown = first;
    for (at, notice) in all.iter().enumerate().skip(first) {
        let lines = texts(notice);
        if row + lines.len() as u16 > room + 1 {
            break;
        }
        put(buf, area, row, &Line::from(sign(notice, selected == Some(at), theme)));
        for line in lines {
            put_at(buf, area, SIGN, row, &Line::from(line));
            row += 1;
        }
        shown = at + 1;
    }
    if all.len() > shown - first {
        let more = format!("{} of {}", shown - first, all.len());
        let at = area.width.saturating_sub(width(&more) as u16);
        put_at(buf, area, at, 0, &Line::from(Span::styled(more, muted)));
    }
}

/// Draws notices with their hints on lines of their own, where there is no place for a block.
pub fn lines(state: &State, answer: &SpendAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let selected = state.notice(answer, None);
    let room = usize::from(area.height);
    let first = selected.map_or(0, |at| (at + 1).saturating_sub(room));
    for (row, (at, notice)) in answer.notices.iter().enumerate().skip(first).take(room).enumerate() {
        let text = SafeText::from_outside(&format!("{}: {}", notice.text, notice.hint));
        let text = cut_words(&text, usize::from(area.width.saturating_sub(SIGN)), theme.glyphs.ellipsis);
        let role = if notice.severity == Severity::Info { Role::Muted } else { Role::Unsure };
        let line = Line::from(vec![
            sign(notice, selected == Some(at), theme),
            Span::raw(" "),
            Span::styled(text, theme.style(role)),
        ]);
        put(buf, area, row as u16, &line);
    }
}
