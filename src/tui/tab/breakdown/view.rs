//! Draws the Breakdown tab: crumbs, a table whose columns follow the width, and a line for what
//! has no column.
//!
//! Pure: reads state, builds only the rows that are seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::State;
use super::columns::{Columns, GAP, MARKS};
use super::sort::Sort;
use super::state::{View, name, value};
use super::{compare, crumbs, hygiene_view, pane, pivot_view, treemap, units};
use crate::domain::text::SafeText;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, UnitFigure};
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::line::EditedLine;
use crate::tui::tab;
use crate::tui::text::{left, put, right, rule, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::{bar, money};

/// What stands for the cost of a row of which nothing has come.
const NOT_IN: &str = "not in";

/// What a table's rows are drawn with.
struct Table<'a> {
    state: &'a State,
    answer: &'a BreakdownAnswer,
    columns: Columns,
    places: u32,
    theme: &'a Theme,
}

/// Draws the tab, as it is shown.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let (state, answer, theme) = (&app.breakdown, app.breakdown_answer(), &app.theme);
    let open = app.pane_is_open();
    let (area, pane) = layout::beside(area, open);
    let columns = state.columns(area.width, answer);
    let parts = layout::breakdown(area, !open && !columns.complete(answer));
    if state.view == View::Hygiene {
        let tags = app.tags_answer();
        crumbs::draw_tags(state, tags, parts.crumbs, buf, theme);
        return hygiene_view::draw(&state.hygiene, tags, layout::below(area), &app.keymap, buf, theme);
    }
    let typing = matches!(app.overlay, Some(Overlay::Find(_)));
    crumbs::draw(state, answer, typing, parts.crumbs, buf, theme);
    let Some(answer) = answer else {
        put(buf, parts.rows, 0, &Line::from(Span::styled("   loading", theme.style(Role::Muted))));
        return;
    };
    let below = layout::below(area);
    match state.view {
        View::Table => {
            let none = app.keymap.say(match (state.found(), &app.overlay) {
                ("", _) => "nothing here: {filter} changes the filter, {period} the days",
                (_, Some(Overlay::Find(_))) => "no row is like that: {cancel} lists all",
                _ => "no row is like that: {back} lists all",
            });
            rows(state, answer, columns, &parts, &none, buf, theme);
        }
        View::Pivot => pivot_view::draw(state, answer, below, buf, theme),
        View::Overview => treemap::draw(state, answer, &app.keymap, below, buf, theme),
        View::Compared => compare::draw(state, answer, app.compared_details(), &app.keymap, below, buf, theme),
        View::Hygiene => {}
    }
    if open {
        let details = layout::details((area, pane));
        if details != pane {
            rule(buf, pane, 0, theme);
        }
        if let Some(paned) = app.paned() {
            pane::draw(state, answer, paned, &app.keymap, details, buf, theme);
        }
    }
}

/// Draws the line that rows are looked for with in place of the crumbs; returns where the terminal's
/// cursor belongs.
pub fn find_line(line: &EditedLine, body: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
    const PROMPT: &str = "find ";
    let area = layout::breakdown(body, false).crumbs;
    let area = Rect { width: area.width / 3, ..area }.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    Clear.render(area, buf);
    let room = usize::from(area.width).saturating_sub(PROMPT.len() + 1);
    let (text, cursor) = line.seen(room, theme.glyphs.ellipsis);
    put(buf, area, 0, &Line::from(vec![Span::styled(PROMPT, theme.style(Role::Accent)), Span::raw(text)]));
    Some(Position { x: (area.x + PROMPT.len() as u16 + cursor).min(area.right() - 1), y: area.y })
}

fn rows(
    state: &State,
    answer: &BreakdownAnswer,
    columns: Columns,
    parts: &layout::Breakdown,
    none: &str,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let table = Table { state, answer, columns, places: money::places(&answer.currency), theme };
    put(buf, parts.heading, 0, &table.heading());
    for (row, (at, found)) in state.visible(answer, usize::from(parts.rows.height)).enumerate() {
        put(buf, parts.rows, row as u16, &table.line(found, at == state.selected()));
        if at == state.selected() {
            let whole = Rect { y: parts.rows.y + row as u16, height: 1, ..parts.rows };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
    if state.listed() == 0 {
        put(buf, parts.rows, 0, &Line::from(Span::styled(format!("   {none}"), theme.style(Role::Muted))));
    }
    if !parts.detail.is_empty() {
        rule(buf, parts.detail, 0, theme);
        if let Some(row) = state.row(answer) {
            put(buf, parts.detail, 1, &table.rest(row, usize::from(parts.detail.width)));
        }
    }
}

impl Table<'_> {
    /// A column's title with the sign of the order, where the rows are ordered by it.
    fn sorted(&self, sort: Sort, title: &str) -> String {
        if self.state.sort != sort {
            return title.to_owned();
        }
        let up = (sort == Sort::Name) != self.state.reversed;
        let signs = self.theme.glyphs.order;
        format!("{title} {}", if up { signs.0 } else { signs.1 })
    }

    fn heading(&self) -> Line<'static> {
        let c = self.columns;
        let mut text = " ".repeat(MARKS);
        for (at, (by, columns)) in self.answer.by.iter().zip(c.names).enumerate() {
            let title = if at == 0 { self.sorted(Sort::Name, &by.title()) } else { by.title() };
            text.push_str(&left(&title, columns, self.theme.glyphs.ellipsis));
        }
        let share = if c.bar == 0 { "Share" } else { "" };
        text.extend([
            right(&self.sorted(Sort::Cost, "Cost"), c.cost, ""),
            left("  Share", c.bar, ""),
            right(share, c.share, ""),
            right(&self.sorted(Sort::Previous, "Previous"), c.previous, ""),
            right(&self.sorted(Sort::Change, "Change"), c.change, ""),
            right(&self.sorted(Sort::Percent, "%"), c.percent, ""),
            left("  Trend", c.trend, ""),
            units::price_heading(&self.sorted(Sort::Price, "Unit price"), c.price),
            right(&self.sorted(Sort::Quantity, "Quantity"), c.quantity.saturating_sub(9), ""),
        ]);
        Line::from(Span::styled(text, self.theme.style(Role::Muted)))
    }

    fn mark(&self, row: &BreakdownRow, selected: bool) -> String {
        let (selection, marked) = self.theme.glyphs.marks;
        match (selected, self.state.marks.contains(&row.key)) {
            (true, false) => selection.to_owned(),
            (true, true) => format!("{selection}{marked}"),
            (false, true) => format!(" {marked}"),
            (false, false) => String::new(),
        }
    }

    /// The names, and in the room of the last which days are compared.
    fn names(&self, row: &BreakdownRow) -> Vec<Span<'static>> {
        let earlier = self.answer.pending.as_ref().and_then(|pending| pending.earlier(row.through));
        let earlier = earlier.filter(|_| row.figure.amount.is_some());
        let days = earlier.map_or_else(String::new, |through| tab::compared_to(through, self.answer.period));
        let last = row.key.len().saturating_sub(1);
        let named = row.key.iter().zip(self.columns.names).enumerate();
        let spans = named.flat_map(|(at, (key, columns))| {
            let days = Some(&days).filter(|days| at == last && !days.is_empty());
            let taken = days.map_or(0, |days| width(days) + GAP);
            let text = value(self.answer, row, at);
            let gap = if days.is_some() { 1 } else { GAP };
            let cell = left(&text, columns.saturating_sub(taken + gap), self.theme.glyphs.ellipsis);
            let role = if key.raw().is_empty() || key.is_untold() { Role::Muted } else { Role::Text };
            let name = Span::styled(left(&cell, columns.saturating_sub(taken), ""), self.theme.style(role));
            let days = days.map(|days| Span::styled(left(days, taken, ""), self.theme.style(Role::Unsure)));
            [Some(name), days].into_iter().flatten()
        });
        spans.collect()
    }

    fn line(&self, row: &BreakdownRow, selected: bool) -> Line<'static> {
        let (c, theme) = (self.columns, self.theme);
        let cut_by = theme.glyphs.ellipsis;
        let muted = theme.style(Role::Muted);
        let share = self.answer.total.amount.and_then(|total| row.figure.amount?.ratio(total));
        let (role, _) = money::direction(&row.figure, &theme.glyphs);
        let accent = Style::new().fg(theme.layer(Some(0)));
        let mut spans = vec![Span::raw(left(&self.mark(row, selected), MARKS, ""))];
        spans.extend(self.names(row));
        spans.extend([
            Span::raw(right(&self.cost(row), c.cost, cut_by)),
            Span::styled(framed(c.bar, |n| bar::bar(share.unwrap_or_default(), n, &theme.glyphs)), accent),
            Span::styled(right(&money::share(share), c.share, ""), muted),
            Span::styled(right(&self.previous(row, c.previous), c.previous, cut_by), muted),
            Span::styled(right(&self.change(row, c.change.saturating_sub(4)), c.change, cut_by), theme.style(role)),
            Span::styled(right(&money::percent_cell(&row.figure), c.percent, ""), theme.style(role)),
            Span::styled(framed(c.trend, |n| pane::trend(self.answer, row, n, theme)), muted),
        ]);
        let unit = self.state.driver(row).map(|driver| driver.unit.as_ref());
        if c.price > 0 {
            let amount = |unit: Option<&UnitFigure>| unit.and_then(|u| u.price.amount);
            spans.push(Span::raw(unit.map_or_else(String::new, |unit| units::price_cell(amount(unit), cut_by))));
        }
        if c.quantity > 0 {
            let name = unit.flatten().map_or(SafeText::ours(""), |unit| unit.unit.safe());
            let amount = |unit: Option<&UnitFigure>| unit.and_then(|u| u.quantity.amount);
            let text = unit.map_or_else(String::new, |unit| units::quantity_cell(amount(unit), &name, cut_by));
            spans.push(Span::raw(text));
        }
        Line::from(spans)
    }

    fn cost(&self, row: &BreakdownRow) -> String {
        match row.through {
            Some(_) if row.figure.amount.is_none() => NOT_IN.to_owned(),
            _ => money::amount_in(row.figure.amount, self.places, self.columns.cost),
        }
    }

    fn previous(&self, row: &BreakdownRow, room: usize) -> String {
        match self.answer.previous_period {
            Some(_) if row.through.is_some() && row.figure.amount.is_none() => String::new(),
            Some(_) => money::amount_in(row.figure.previous, self.places, room),
            None => String::new(),
        }
    }

    /// The change behind its sign, the amount in `room` columns.
    fn change(&self, row: &BreakdownRow, room: usize) -> String {
        let (_, sign) = money::direction(&row.figure, &self.theme.glyphs);
        row.figure.change().map_or_else(String::new, |change| {
            format!("{sign} {}", right(&money::amount_in(Some(change.abs()), self.places, room), room, ""))
        })
    }

    /// What of a row has no column, in `room` columns: each part in a place of its own, so that
    /// only what differs is drawn anew from row to row.
    fn rest(&self, row: &BreakdownRow, room: usize) -> Line<'static> {
        let (c, theme) = (self.columns, self.theme);
        let muted = theme.style(Role::Muted);
        let money = c.cost;
        let compared = self.answer.previous_period.is_some();
        let (role, _) = money::direction(&row.figure, &theme.glyphs);
        let mut spans = vec![Span::raw(" ".repeat(MARKS))];
        if compared && c.previous == 0 {
            spans.push(Span::styled("previous ", muted));
            spans.push(Span::raw(left(&self.previous(row, money), money + GAP, "")));
        }
        if compared && c.change == 0 {
            spans.push(Span::styled("change ", muted));
            spans.push(Span::styled(left(self.change(row, money).trim(), money + 2 + GAP, ""), theme.style(role)));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let columns = room.saturating_sub(used + MARKS + "trend ".len()).min(31);
        if c.trend == 0 && columns >= 8 {
            spans.push(Span::styled("trend ", muted));
            spans.push(Span::styled(pane::trend(self.answer, row, columns, theme), muted));
        }
        Line::from(spans)
    }
}

/// A picture two columns from what is before it; nothing where there is no room.
fn framed(columns: usize, picture: impl Fn(usize) -> String) -> String {
    if columns < 3 { String::new() } else { format!("  {}", picture(columns - 2)) }
}

/// The selected row as text to copy.
#[must_use]
pub fn row_text(state: &State, answer: &BreakdownAnswer) -> Option<String> {
    if state.view == View::Compared {
        return compare::rows(state, answer).map(|rows| rows.map(|row| copied(answer, row)).join("\n"));
    }
    let marked: Vec<String> =
        state.rows(answer).filter(|row| state.marks.contains(&row.key)).map(|row| copied(answer, row)).collect();
    if marked.is_empty() { state.row(answer).map(|row| copied(answer, row)) } else { Some(marked.join("\n")) }
}

/// A row as text.
fn copied(answer: &BreakdownAnswer, row: &BreakdownRow) -> String {
    let cost = money::amount(row.figure.amount, money::places(&answer.currency));
    format!("{}\t{cost} {}\t{}", name(answer, row), answer.currency, money::percent_change(&row.figure))
}
