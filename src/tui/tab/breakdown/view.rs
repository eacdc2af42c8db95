//! Draws the Breakdown tab: crumbs, and a table whose columns follow the width.
//!
//! Pure: reads state, builds only the rows that are seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::State;
use super::state::{Sort, name};
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure};
use crate::tui::layout;
use crate::tui::text::{cut, left, put, put_at, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::{bar, money};

/// Columns of the marks before a row.
const MARKS: usize = 3;
/// Columns that a row's name should have before another column is worth showing.
const NAME_LEAST: usize = 22;
const NAME_MOST: usize = 48;

/// Which columns there is room for, and how wide they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Columns {
    name: usize,
    cost: usize,
    bar: usize,
    share: usize,
    previous: usize,
    change: usize,
    percent: usize,
    trend: usize,
}

impl Columns {
    fn of(width: usize, money: usize, comparison: bool) -> Columns {
        let mut columns = Columns { cost: money, ..Columns::default() };
        let mut left = width.saturating_sub(MARKS + money);
        let mut take = |column: &mut usize, wanted: usize, worth: bool| {
            if worth && left >= NAME_LEAST + wanted {
                *column = wanted;
                left -= wanted;
            }
        };
        take(&mut columns.share, 7, true);
        take(&mut columns.percent, 9, comparison);
        take(&mut columns.change, money + 3, comparison);
        take(&mut columns.bar, 12, true);
        take(&mut columns.previous, money + 2, comparison);
        take(&mut columns.trend, 20, true);
        columns.name = left.min(NAME_MOST);
        let spare = left - columns.name;
        if columns.bar > 0 {
            let more = spare.min(14);
            columns.bar += more;
            if columns.trend > 0 {
                columns.trend += (spare - more).min(30);
            }
        }
        columns
    }
}

/// How wide amounts are: the widest of the answer, so that nothing moves while scrolling.
fn money_width(answer: &BreakdownAnswer, places: u32) -> usize {
    let figures = answer.rows.iter().map(|r| r.figure).chain([answer.total]);
    let largest = |f: Figure| [f.amount, f.previous].into_iter().flatten().map(Amount::abs).max();
    let most = figures.filter_map(largest).max().unwrap_or_default();
    (width(&most.grouped(places)) + 1).clamp(10, 24)
}

/// Draws the tab; `None` where no answer has come yet.
pub fn draw(state: &State, answer: Option<&BreakdownAnswer>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let parts = layout::breakdown(area);
    crumbs(state, answer, parts.crumbs, buf, theme);
    let Some(answer) = answer else {
        put(buf, parts.rows, 0, &Line::from(Span::styled("   loading", theme.style(Role::Muted))));
        return;
    };
    let places = money::places(&answer.currency);
    let compared = answer.previous_period.is_some();
    let columns = Columns::of(usize::from(area.width), money_width(answer, places), compared);
    heading(state, answer, columns, parts.heading, buf, theme);
    for (row, (at, found)) in state.visible(answer, usize::from(parts.rows.height)).enumerate() {
        let selected = at == state.selected();
        let mark = match (selected, state.marks.contains(&found.key)) {
            (true, false) => theme.glyphs.marks.0.to_owned(),
            (true, true) => format!("{}{}", theme.glyphs.marks.0, theme.glyphs.marks.1),
            (false, true) => format!(" {}", theme.glyphs.marks.1),
            (false, false) => String::new(),
        };
        let line = line(answer, found, columns, places, theme, &mark);
        put(buf, parts.rows, row as u16, &line);
        if selected {
            let whole = Rect { y: parts.rows.y + row as u16, height: 1, ..parts.rows };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
    if answer.rows.is_empty() {
        let why = "   nothing here: / changes the filter, t the days";
        put(buf, parts.rows, 0, &Line::from(Span::styled(why, theme.style(Role::Muted))));
    }
}

fn crumbs(state: &State, answer: Option<&BreakdownAnswer>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let path: Vec<&str> = state.slot.shown.iter().flat_map(|s| &s.crumbs).map(SafeText::as_str).collect();
    let mut spans = vec![Span::styled("all", theme.style(if path.is_empty() { Role::Strong } else { Role::Muted }))];
    for (i, crumb) in path.iter().enumerate() {
        let role = if i + 1 == path.len() { Role::Strong } else { Role::Muted };
        spans.push(Span::styled(format!(" {} ", theme.glyphs.crumb), theme.style(Role::Muted)));
        spans.push(Span::styled(cut(crumb, 30, theme.glyphs.ellipsis), theme.style(role)));
    }
    put(buf, area, 0, &Line::from(spans));
    let Some(answer) = answer else { return };
    let places = money::places(&answer.currency);
    let at = if answer.rows.is_empty() { 0 } else { state.selected() + 1 };
    let dot = theme.glyphs.dot;
    let mut text = format!("  row {at} of {} {dot} {}", answer.groups, money::amount(answer.total.amount, places));
    if answer.groups > answer.rows.len() as u64 {
        text = format!("{text} {dot} the largest {} are listed", answer.rows.len());
    }
    if answer.unknown_rows > 0 {
        text = format!("{text} {dot} {} charges of unknown cost", answer.unknown_rows);
    }
    let (marked, sum) = state.marked(answer);
    if marked > 0 {
        text = format!("{text} {dot} marked {marked} = {}", money::amount(sum, places));
    }
    let column = area.width.saturating_sub(width(&text) as u16);
    put_at(buf, area, column, 0, &Line::from(Span::styled(text, theme.style(Role::Muted))));
}

fn heading(state: &State, answer: &BreakdownAnswer, c: Columns, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let by: Vec<String> = answer.by.iter().map(|d| d.title()).collect();
    let sorted = |sort: Sort, title: &str| match (state.sort == sort, state.reversed) {
        (false, _) => title.to_owned(),
        (true, reversed) => {
            let up = (sort == Sort::Name) != reversed;
            let signs = theme.glyphs.order;
            format!("{title} {}", if up { signs.0 } else { signs.1 })
        }
    };
    let text = [
        " ".repeat(MARKS),
        left(&sorted(Sort::Name, &by.join(" / ")), c.name, theme.glyphs.ellipsis),
        right(&sorted(Sort::Cost, "Cost"), c.cost, ""),
        left("  Share", c.bar, ""),
        right(if c.bar == 0 { "Share" } else { "" }, c.share, ""),
        right("Previous", c.previous, ""),
        right(&sorted(Sort::Change, "Change"), c.change, ""),
        right(if c.change == 0 { "Change" } else { "" }, c.percent, ""),
        left("  Trend", c.trend, ""),
    ];
    put(buf, area, 0, &Line::from(Span::styled(text.concat(), theme.style(Role::Muted))));
}

fn line(
    answer: &BreakdownAnswer,
    row: &BreakdownRow,
    c: Columns,
    places: u32,
    theme: &Theme,
    mark: &str,
) -> Line<'static> {
    let cut_by = theme.glyphs.ellipsis;
    let (role, sign) = money::direction(&row.figure, &theme.glyphs);
    let share = answer.total.amount.and_then(|total| row.figure.amount?.ratio(total));
    let muted = theme.style(Role::Muted);
    let missing = row.key.iter().all(|k| k.raw().is_empty());
    let room = c.change.saturating_sub(4);
    let change = row.figure.change().map_or_else(String::new, |change| {
        format!("{sign} {}", right(&money::amount_in(Some(change.abs()), places, room), room, ""))
    });
    let trend: Vec<Option<f64>> = row.trend.iter().map(|t| t.map(Amount::to_f64)).collect();
    let previous = if answer.previous_period.is_some() {
        money::amount_in(row.figure.previous, places, c.previous)
    } else {
        String::new()
    };
    let accent = Style::new().fg(theme.layer(Some(0)));
    Line::from(vec![
        Span::styled(left(mark, MARKS, ""), theme.style(Role::Strong)),
        Span::styled(left(&name(answer, row), c.name, cut_by), if missing { muted } else { Style::new() }),
        Span::raw(right(&money::amount_in(row.figure.amount, places, c.cost), c.cost, cut_by)),
        Span::styled(framed(c.bar, |n| bar::bar(share.unwrap_or_default(), n, &theme.glyphs)), accent),
        Span::styled(right(&money::share(share), c.share, ""), muted),
        Span::styled(right(&previous, c.previous, cut_by), muted),
        Span::styled(right(&change, c.change, cut_by), theme.style(role)),
        Span::styled(right(&money::percent_cell(&row.figure), c.percent, ""), theme.style(role)),
        Span::styled(framed(c.trend, |n| bar::sparkline(&trend, n, &theme.glyphs)), muted),
    ])
}

/// A picture two columns from what is before it; nothing where there is no room.
fn framed(columns: usize, picture: impl Fn(usize) -> String) -> String {
    if columns < 3 { String::new() } else { format!("  {}", picture(columns - 2)) }
}

/// The selected row as text to copy.
#[must_use]
pub fn row_text(state: &State, answer: &BreakdownAnswer) -> Option<String> {
    let row = state.row(answer)?;
    let cost = money::amount(row.figure.amount, money::places(&answer.currency));
    Some(format!("{}\t{cost} {}\t{}", name(answer, row), answer.currency, money::percent_change(&row.figure)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_exceed_the_width() {
        for width in 0..260 {
            for compared in [false, true] {
                let c = Columns::of(width, 12, compared);
                let all = c.name + c.bar + c.share + c.previous + c.change + c.percent + c.trend;
                assert!(width < MARKS + 12 || MARKS + c.cost + all <= width, "{width}: {c:?}");
                assert!(compared || c.previous + c.change + c.percent == 0);
            }
        }
        let narrow = Columns::of(78, 12, true);
        assert!(narrow.change > 0 && narrow.share > 0 && narrow.trend == 0);
        assert!(Columns::of(118, 12, true).trend > 0);
    }
}
