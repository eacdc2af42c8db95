//! Draws what a budget's earlier periods cost: as many columns as there is room for, none of them cut.
//!
//! Pure: an answer in, cells out.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::detail::title;
use super::gauge;
use crate::domain::budget::period_words;
use crate::domain::calendar::Day;
use crate::engine::answer::{BudgetAnswer, Past};
use crate::tui::text::{left, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// What is said of a period of which not all days are known, the longest words first.
const PART: [&str; 2] = ["not all days known", "in part"];

/// A period in text.
struct Row {
    period: String,
    spent: String,
    of: String,
    share: String,
    state: String,
    role: Role,
}

/// What is shown of each, the most first: months are called by less, limits and shares go, words never.
struct Shape {
    part: &'static str,
    brief: bool,
    of: bool,
    share: bool,
}

const SHAPES: [Shape; 5] = [
    Shape { part: PART[0], brief: false, of: true, share: true },
    Shape { part: PART[1], brief: false, of: true, share: true },
    Shape { part: PART[1], brief: true, of: true, share: true },
    Shape { part: PART[1], brief: true, of: false, share: true },
    Shape { part: PART[1], brief: true, of: false, share: false },
];

fn row(past: &Past, (currency, as_of): (&str, Day), shape: &Shape) -> Row {
    let limit = past.limit.map(|limit| limit.total);
    let share = past.spent.zip(limit).and_then(|(spent, limit)| spent.ratio(limit));
    let told = past.state.map(|state| gauge::state_words(state, past.period.to, as_of));
    let role = told.as_ref().map_or(Role::Muted, |(_, role)| *role);
    let state = past.state_words(as_of).map(|words| told.map_or(words, |(words, _)| words));
    let of = limit.filter(|_| shape.of);
    let part = past.is_part.then(|| shape.part.to_owned());
    let period = period_words(past.period);
    let month = past.period.as_month().filter(|_| shape.brief).map(|month| month.name());
    Row {
        period: month.map_or_else(|| period.clone(), |name| period.replacen(name, &name[..3], 1)),
        spent: money::amount(past.spent, money::places(currency)),
        of: of.map_or_else(String::new, |limit| format!(" of {}", limit.grouped(0))),
        share: share.filter(|_| shape.share).map_or_else(String::new, |share| money::share(Some(share))),
        state: state.into_iter().chain(past.open_words()).chain(part).collect::<Vec<_>>().join(", "),
        role,
    }
}

fn widest(rows: &[Row], of: impl Fn(&Row) -> &String) -> usize {
    rows.iter().map(|row| width(of(row))).max().unwrap_or_default()
}

/// Draws them, the newest first, from a row on; returns the row after them.
pub fn draw(answer: &BudgetAnswer, area: Rect, from: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    if answer.history.is_empty() || from + 2 > area.height {
        return from;
    }
    let mut at = title("Earlier periods", area, from, buf, theme);
    let shown = answer.history.iter().rev().take(usize::from(area.height - at));
    let shown: Vec<&Past> = shown.collect();
    let of = (answer.budget.currency.as_str(), answer.as_of);
    let rows = |shape: &Shape| -> Vec<Row> { shown.iter().map(|past| row(past, of, shape)).collect() };
    let columns = |rows: &[Row]| {
        let share = widest(rows, |row| &row.share);
        let columns = [
            widest(rows, |row| &row.period),
            widest(rows, |row| &row.spent) + 2,
            widest(rows, |row| &row.of),
            share + if share > 0 { 2 } else { 0 },
        ];
        (columns, columns.iter().sum::<usize>() + 2 + widest(rows, |row| &row.state))
    };
    let fits = |shape: &&Shape| columns(&rows(shape)).1 <= usize::from(area.width);
    let shape = SHAPES.iter().find(fits).unwrap_or(&SHAPES[SHAPES.len() - 1]);
    let rows = rows(shape);
    let ([period, spent, of, share], _) = columns(&rows);
    for row in &rows {
        let line = vec![
            Span::raw(left(&row.period, period, "")),
            Span::raw(right(&row.spent, spent, "")),
            Span::styled(left(&row.of, of, ""), theme.style(Role::Muted)),
            Span::raw(right(&row.share, share, "")),
            Span::styled(format!("  {}", row.state), theme.style(row.role)),
        ];
        put(buf, area, at, &Line::from(line));
        at += 1;
    }
    at + 1
}
