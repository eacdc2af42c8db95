//! Draws the Budgets tab: the list with gauges, what the selected one is made of, and what could be budgets.
//!
//! Pure: reads state, writes cells. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{State, View, detail, gauge};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::answer::{BudgetAnswer, BudgetState as Stands};
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::text::{cut, left, paragraph, put, right, rule, width, wrap};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of a currency with the blank before it.
const CURRENCY: usize = 4;

/// Columns of the list.
struct Columns {
    name: usize,
    spent: usize,
    limit: usize,
    /// Where budgets have several; else none.
    currency: usize,
    gauge: usize,
    pace: usize,
    end: usize,
    owner: usize,
}

impl Columns {
    fn of(width: usize, budgets: &[BudgetAnswer]) -> Columns {
        let mut currencies = budgets.iter().map(|one| one.budget.currency.as_str());
        let first = currencies.next();
        let currency = if currencies.any(|other| Some(other) != first) { CURRENCY } else { 0 };
        let wide = width >= 116;
        let (spent, limit) = (12, 10);
        let (gauge, pace, end) = match width {
            150.. => (24, 22, 22),
            116.. => (14 - currency, 22, 18),
            96.. => (14, 6, 18),
            _ => (8, 6, 0),
        };
        let owner = if width >= 170 { 14 } else { 0 };
        let used = 2
            + spent
            + limit
            + currency
            + gauge
            + pace
            + end
            + owner
            + gauge::STATE
            + 2 * (4 + usize::from(end > 0) + usize::from(owner > 0));
        Columns {
            name: width.saturating_sub(used).clamp(8, if wide { 32 } else { 24 }),
            spent,
            limit,
            currency,
            gauge,
            pace,
            end,
            owner,
        }
    }
}

/// Where the list and the detail are in a body.
#[must_use]
pub fn parts(state: &State, body: Rect) -> (Rect, Rect) {
    if state.suggests() {
        return (body, Rect::default());
    }
    match state.view {
        View::Detail => (Rect::default(), body),
        _ if body.width + 2 >= layout::PANE_BESIDE => layout::beside(body, !state.budgets().is_empty()),
        _ => {
            // Few budgets leave the more room for the selected one.
            let rows = (state.budgets().len() as u16 + 2).min(body.height / 2).max(4).min(body.height);
            let list = Rect { height: rows, ..body };
            (list, Rect { y: body.y + rows, height: body.height - rows, ..body })
        }
    }
}

/// How all budgets stand, in one line.
#[must_use]
pub fn sentence(state: &State, dot: &str) -> String {
    if state.suggests() {
        return "budgets".to_owned();
    }
    said_of(state.budgets(), dot)
}

fn said_of(budgets: &[BudgetAnswer], dot: &str) -> String {
    let of = |wanted: fn(&BudgetAnswer) -> bool| {
        budgets.iter().filter(|one| !one.is_history() && wanted(one)).count() as u64
    };
    let all = of(|_| true);
    let is_likely = |one: &BudgetAnswer| one.state.is_likely_over(one.as_of);
    let will = |one: &BudgetAnswer| matches!(one.state, Stands::WillExceed { .. });
    let (likely, will) = (of(is_likely), of(will) - of(is_likely));
    let parts = [
        (of(|one| matches!(one.state, Stands::Exceeded { .. })), "over"),
        (likely, "likely over"),
        (will, "will be over"),
        (of(|one| one.state == Stands::AtRisk), "at risk"),
    ];
    let archived = budgets.iter().filter(|one| one.budget.archived).count() as u64;
    let ended = budgets.len() as u64 - all - archived;
    let said = parts.into_iter().chain([(ended, "ended"), (archived, "archived")]).filter(|(count, _)| *count > 0);
    let said = said.map(|(count, what)| format!("{count} {what}"));
    let all = [counted(all, "budget", "budgets")].into_iter().chain(said).collect::<Vec<_>>();
    all.join(dot)
}

/// The lines of the list that are seen.
#[must_use]
pub fn lines(app: &App, body: Rect) -> Rect {
    let state = &app.budgets;
    if state.suggests() {
        return suggested(app, body).1;
    }
    let (list, _) = parts(state, body);
    Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list }
}

/// The line at a place.
#[must_use]
pub fn row_at(app: &App, body: Rect, at: Position) -> Option<usize> {
    let lines = lines(app, body);
    let row = usize::from(at.y.checked_sub(lines.y)?);
    app.budgets.line_at(row, usize::from(lines.height)).filter(|_| lines.contains(at))
}

/// Draws the tab.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let (state, theme) = (&app.budgets, &app.theme);
    if state.slot.shown.is_none() {
        return put(buf, area, 0, &Line::from(Span::styled("   loading", theme.style(Role::Muted))));
    }
    if state.suggests() {
        return suggestions(app, area, buf);
    }
    let (list, pane) = parts(state, area);
    if !list.is_empty() {
        rows(state, list, buf, theme);
    }
    if !pane.is_empty() {
        let place = if state.view == View::Detail { pane } else { layout::details((list, pane)) };
        if place != pane {
            rule(buf, pane, 0, theme);
        }
        detail::draw(app, place, buf);
    }
}

fn rows(state: &State, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let columns = Columns::of(usize::from(area.width), state.budgets());
    let budgets = state.budgets();
    put(buf, area, 0, &heading(&columns, budgets, theme));
    let height = usize::from(area.height.saturating_sub(1));
    let from = state.first_visible(height);
    for (row, (at, answer)) in budgets.iter().enumerate().skip(from).take(height).enumerate() {
        let selected = at == state.at();
        put(buf, area, row as u16 + 1, &line(answer, &columns, selected, theme));
        if selected {
            let whole = Rect { y: area.y + row as u16 + 1, height: 1, ..area };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
}

fn heading(columns: &Columns, budgets: &[BudgetAnswer], theme: &Theme) -> Line<'static> {
    let dots = theme.glyphs.ellipsis;
    let mut text = format!(
        "  {}  {}  {}{}  {}",
        left("Budget", columns.name, dots),
        right("Spent", columns.spent, dots),
        right("of", columns.limit, dots),
        " ".repeat(columns.currency),
        left("Pace", columns.gauge + columns.pace, dots)
    );
    if columns.end > 0 {
        text += &format!("  {}", right(&gauge::end_heading(budgets), columns.end, dots));
    }
    text += &format!("  {}", left("State", gauge::STATE, dots));
    if columns.owner > 0 {
        text += &format!("  {}", left("Owner", columns.owner, dots));
    }
    Line::from(Span::styled(text, theme.style(Role::Muted)))
}

fn line(answer: &BudgetAnswer, columns: &Columns, selected: bool, theme: &Theme) -> Line<'static> {
    let dots = theme.glyphs.ellipsis;
    let places = money::places(&answer.budget.currency);
    let text = if answer.is_history() { Role::Muted } else { Role::Text };
    let mark = if selected { theme.glyphs.marks.0 } else { " " };
    let limit = money::amount_in(Some(answer.limit.total), 0, columns.limit);
    let currency = SafeText::from_outside(&answer.budget.currency);
    let mut spans = vec![
        Span::styled(format!("{mark} "), theme.style(Role::Strong)),
        Span::styled(left(&answer.budget.name.safe(), columns.name, dots), theme.style(text)),
        Span::styled(
            format!("  {}", right(&money::amount_in(answer.spent, places, columns.spent), columns.spent, dots)),
            theme.style(text),
        ),
        Span::styled(format!("  {}", right(&limit, columns.limit, dots)), theme.style(text)),
        Span::styled(format!("{}  ", right(&currency, columns.currency, dots)), theme.style(Role::Muted)),
    ];
    spans.extend(gauge::gauge(answer, columns.gauge, theme));
    let pace = gauge::pace_words(answer, columns.pace > 10);
    spans.push(Span::styled(right(&pace, columns.pace, dots), theme.style(text)));
    if columns.end > 0 {
        let end = gauge::end_words(answer.forecast.as_ref().map(|forecast| &forecast.end), theme);
        spans.push(Span::styled(format!("  {}", right(&end, columns.end, dots)), theme.style(text)));
    }
    spans.push(Span::styled(
        format!("  {}", left(&gauge::state(answer), gauge::STATE, dots)),
        theme.style(gauge::role(answer)),
    ));
    if columns.owner > 0 {
        spans.push(Span::styled(
            format!("  {}", left(&answer.budget.owner.safe(), columns.owner, dots)),
            theme.style(Role::Muted),
        ));
    }
    Line::from(spans)
}

/// What is said above the suggestions, and where they are.
fn suggested(app: &App, area: Rect) -> (String, Rect) {
    let state = &app.budgets;
    let ways = match (state.suggestions().is_empty(), state.suggested.waiting()) {
        (_, true) => "looking at what earlier months cost".to_owned(),
        (true, false) => {
            app.keymap.say("Nothing to suggest: it takes a week of charges that no budget is for yet. {new-budget} makes one from nothing.")
        }
        (false, false) => {
            app.keymap.say("By what earlier months cost: {open-budget} makes the selected one, {new-budget} one from nothing.")
        }
    };
    let from = wrap(&SafeText::from_outside(&ways), usize::from(area.width)).len() as u16 + 2;
    // Where reasons are cut off, that of the selected one stands below them.
    let most = state.suggestions().iter().map(|one| width(&SafeText::from_outside(&one.why))).max().unwrap_or_default();
    let below = if most > room_of_why(area) { 2 } else { 0 };
    let height = area.height.saturating_sub(from + below);
    (ways, Rect { y: area.y + from.min(area.height), height, ..area })
}

/// Columns of a suggestion's name.
fn suggested_name(area: Rect) -> usize {
    usize::from(area.width / 4).clamp(12, 30)
}

/// Columns that are left for its reason.
fn room_of_why(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(suggested_name(area) + 28)
}

fn suggestions(app: &App, area: Rect, buf: &mut Buffer) {
    let (state, theme) = (&app.budgets, &app.theme);
    let title = if state.is_empty() { "No budgets yet." } else { "Suggested budgets" };
    let (ways, place) = suggested(app, area);
    let row = paragraph(buf, area, 0, title, theme.style(Role::Strong));
    paragraph(buf, area, row, &ways, theme.style(Role::Muted));
    let (height, dots) = (usize::from(place.height), theme.glyphs.ellipsis);
    let (name, room) = (suggested_name(area), room_of_why(area));
    let skip = state.first_visible(height);
    for (row, (at, one)) in state.suggestions().iter().enumerate().skip(skip).take(height).enumerate() {
        let selected = at == state.suggestion_at();
        let mark = if selected { theme.glyphs.marks.0 } else { " " };
        let amount = format!("{} {} a month", one.budget.amount.grouped(0), one.budget.currency);
        let line = Line::from(vec![
            Span::styled(format!("{mark} "), theme.style(Role::Strong)),
            Span::styled(left(&one.budget.name.safe(), name, dots), theme.style(Role::Text)),
            Span::styled(format!(" {}  ", right(&amount, 22, dots)), theme.style(Role::Text)),
            Span::styled(cut(&SafeText::from_outside(&one.why), room, dots), theme.style(Role::Muted)),
        ]);
        put(buf, place, row as u16, &line);
        if selected {
            let whole = Rect { y: place.y + row as u16, height: 1, ..place };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
    let under = place.bottom() - area.y + 1;
    if let Some(one) = state.suggestion().filter(|_| under < area.height) {
        paragraph(buf, area, under, &SafeText::from_outside(&one.why), theme.style(Role::Muted));
    }
}

/// The selected budget as text to copy.
#[must_use]
pub fn row_text(state: &State) -> Option<String> {
    let answer = state.budget().filter(|_| !state.suggests())?;
    let places = money::places(&answer.budget.currency);
    let end = answer.forecast.as_ref().map_or_else(String::new, |forecast| {
        let end = &forecast.end;
        format!(
            "\t{} ({} to {}) at {}",
            end.mid.grouped(0),
            end.lo80.grouped(0),
            end.hi80.grouped(0),
            answer.period.to.plus(-1)
        )
    });
    let (spent, limit) = (money::amount(answer.spent, places), answer.limit.total.grouped(places));
    let (name, currency) = (answer.budget.name.safe(), SafeText::from_outside(&answer.budget.currency));
    Some(format!(
        "{name}\t{spent} of {limit} {currency}\t{}{end}\t{}",
        gauge::pace_words(answer, true),
        answer.state_words()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::budgets::samples;
    use crate::tui::tests::fake::as_of;

    #[test]
    fn what_lies_behind_is_likely_over_and_not_to_come() {
        let mut list = samples::list(as_of(), None);
        assert_eq!(said_of(&list, ", "), "4 budgets, 1 over, 1 will be over, 1 at risk");
        list[2].state = Stands::WillExceed { on: as_of().plus(-1) };
        assert_eq!(said_of(&list, ", "), "4 budgets, 1 over, 1 likely over, 1 will be over");
    }
}
