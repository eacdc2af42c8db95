//! Draws one budget in detail: burn-up chart, who spends it, thresholds, earlier periods, what else is to be known.
//!
//! Pure: reads state, writes cells. Beside the list what there is no room for is left out from below; a budget that is
//! shown whole is a page that scrolls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, gauge, history};
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, CrossingOf, Interval};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::tab::{label, short_day};
use crate::tui::text::{cut, left, paragraph, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::burnup::{Ahead, BurnUp};
use crate::tui::widget::money;

/// Columns from which on tables stand beside the chart.
const BESIDE: u16 = 96;

/// Rows of a page at most: what it can hold are a chart, a note, remarks, thresholds, a year and three lists.
const PAGE_ROWS: u16 = 160;
/// Rows of a chart at most.
const CHART: u16 = 22;

/// Draws the selected budget: over the whole tab as a page that scrolls, beside the list as much as there is room for.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let (state, theme) = (&app.budgets, &app.theme);
    let Some(answer) = state.budget() else { return };
    let head = header(answer, area, buf, theme);
    let rest = below(area, head);
    let Some(detail) = state.detail() else {
        let said = match &state.detail.error {
            Some(error) => SafeText::from_outside(&error.message).into_string(),
            None => "loading".to_owned(),
        };
        return put(buf, rest, 0, &Line::from(Span::styled(said, theme.style(Role::Muted))));
    };
    if state.view == View::Detail { scrolled(app, detail, rest, buf) } else { pane(detail, rest, buf, theme) }
}

/// The lower part of an area.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The columns for the chart, and those for what stands beside it where both have room.
fn sides(area: Rect) -> Option<(Rect, Rect)> {
    let width = area.width * 11 / 20;
    let beside = |width| Rect { x: area.x + width + 3, width: area.width - width - 3, ..area };
    (area.width >= BESIDE).then(|| (Rect { width, ..area }, beside(width)))
}

/// Draws what there is room for; what explains the figures comes first.
fn pane(detail: &BudgetDetail, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let answer = &detail.standing;
    // A shallow place has the chart at the left and the tables at the right of it.
    if let Some((chart, beside)) = sides(area) {
        let tall = Rect { height: chart.height.min(CHART), ..chart };
        burn_up(detail, &[]).draw(tall, buf, theme);
        let used = remarks(answer, beside, 0, buf, theme);
        let used = spenders(detail, beside, used, buf, theme);
        let under = below(chart, tall.height + 1);
        let (under, used) = if under.height > 4 { (under, 0) } else { (beside, used) };
        let used = thresholds(answer, under, used, buf, theme);
        history::draw(answer, under, used, buf, theme);
        return;
    }
    let height = (area.height / 2).clamp(6.min(area.height), 18);
    burn_up(detail, &[]).draw(Rect { height, ..area }, buf, theme);
    let under = below(area, height);
    let used = remarks(answer, under, 0, buf, theme);
    let used = spenders(detail, under, used, buf, theme);
    let used = thresholds(answer, under, used, buf, theme);
    history::draw(answer, under, used, buf, theme);
}

/// All that is known of a budget, where `room` rows of so many columns are seen at once; and how many rows it has.
fn page(detail: &BudgetDetail, (columns, room): (u16, u16), theme: &Theme) -> (Buffer, u16) {
    let answer = &detail.standing;
    let area = Rect { x: 0, y: 0, width: columns, height: PAGE_ROWS };
    let mut page = Buffer::empty(area);
    let buf = &mut page;
    let blank = |rows: u16| rows + u16::from(rows > 0);
    if let Some((left, right)) = sides(area) {
        // Each with its title, and a blank row before it.
        let tables = 2 + answer.thresholds.len() + 2 + answer.history.len();
        let free = room.saturating_sub(u16::try_from(tables).unwrap_or(room));
        let height = free.clamp(10.min(room), CHART);
        burn_up(detail, &[]).draw(Rect { height, ..left }, buf, theme);
        let at = thresholds(answer, left, height + 1, buf, theme);
        let at = history::draw(answer, left, at, buf, theme);
        let said = blank(in_full(answer, (right, columns), 0, buf, theme));
        let said = remarks(answer, right, said, buf, theme);
        let beside = spenders(detail, right, said, buf, theme);
        return whole(page, at.max(beside).max(height));
    }
    let height = (room / 2).clamp(6.min(room), 18);
    burn_up(detail, &[]).draw(Rect { height, ..area }, buf, theme);
    let at = in_full(answer, (area, columns), height, buf, theme);
    let at = remarks(answer, area, at, buf, theme);
    let at = thresholds(answer, area, at, buf, theme);
    let at = history::draw(answer, area, at, buf, theme);
    let at = spenders(detail, area, at, buf, theme);
    whole(page, at)
}

/// A page without the blank rows at its end.
fn whole(page: Buffer, rows: u16) -> (Buffer, u16) {
    let is_blank =
        |row: &u16| (0..page.area.width).all(|x| page.cell((x, *row)).is_none_or(|cell| cell.symbol() == " "));
    let last = (0..rows.min(page.area.height)).rev().find(|row| !is_blank(row));
    (page, last.map_or(0, |row| row + 1))
}

/// Draws the rows of the page that are seen, and how many more there are.
fn scrolled(app: &App, detail: &BudgetDetail, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    let (page, rows) = page(detail, (area.width, area.height), theme);
    let first = app.budgets.scroll.min(usize::from(rows.saturating_sub(area.height))) as u16;
    for row in 0..area.height.min(rows) {
        for column in 0..area.width {
            let from = page.cell((column, first + row)).cloned();
            if let Some((cell, from)) = buf.cell_mut((area.x + column, area.y + row)).zip(from) {
                *cell = from;
            }
        }
    }
    let more = rows.saturating_sub(first + area.height);
    if more > 0 && area.height > 0 {
        // The row that it stands on is one more that is not seen.
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        let key = app.keymap.key_of(Action::Down);
        let said = format!("{} {} more below: {key} scrolls", theme.glyphs.dot, more + 1);
        let said = left(&said, usize::from(area.width), theme.glyphs.ellipsis);
        put(buf, last, 0, &Line::from(Span::styled(said, theme.style(Role::Muted))));
    }
}

/// Rows that may be scrolled away where the selected budget is shown whole over a body.
#[must_use]
pub fn scrolls(app: &App, body: Rect) -> usize {
    let Some(detail) = app.budgets.detail() else { return 0 };
    let rest = below(body, HEAD);
    let (_, rows) = page(detail, (rest.width, rest.height), &app.theme);
    usize::from(rows.saturating_sub(rest.height))
}

/// The burn-up of a budget, and another course beside it.
#[must_use]
pub fn burn_up(detail: &BudgetDetail, other: &[(Day, Interval)]) -> BurnUp {
    let period = detail.standing.period;
    let pieces = period.days().unsigned_abs() as usize;
    let at = |day: Day| usize::try_from(day.0 - period.from.0).ok().filter(|at| *at < pieces);
    let mut chart = BurnUp {
        spent: vec![None; pieces],
        ahead: vec![None; pieces],
        other: if other.is_empty() { Vec::new() } else { vec![None; pieces] },
        limit: detail.standing.limit.total.to_f64(),
        labels: Vec::new(),
    };
    let mut sum = crate::domain::money::Amount::ZERO;
    for (at, cost) in detail.days.iter().enumerate().take(pieces) {
        sum += cost.unwrap_or_default();
        chart.spent[at] = cost.map(|_| sum.to_f64());
    }
    for (day, interval) in &detail.path {
        if let Some(at) = at(*day) {
            let [mid, low, high] = [interval.mid, interval.lo80, interval.hi80].map(|amount| amount.to_f64());
            chart.ahead[at] = Some(Ahead { mid, low, high });
        }
    }
    for (day, interval) in other {
        if let Some(at) = at(*day).filter(|_| *day > detail.standing.as_of) {
            chart.other[at] = Some(interval.mid.to_f64());
        }
    }
    let step = if pieces > 100 { 0 } else { (pieces / 8).max(1) };
    chart.labels = period
        .iter()
        .enumerate()
        .filter(|(at, day)| if step == 0 { day.number() == 1 } else { at % step == 0 })
        .map(|(at, day)| (at, if step == 0 { day.month().name()[..3].to_owned() } else { short_day(day) }))
        .collect();
    chart
}

/// Rows of what stands above all else.
const HEAD: u16 = 3;

/// What a budget is, in words.
fn what(answer: &BudgetAnswer, theme: &Theme) -> String {
    let budget = &answer.budget;
    let scope = if budget.scope.is_empty() { "all charges".to_owned() } else { budget.scope.to_string() };
    let mut words = vec![
        SafeText::from_outside(&scope).into_string(),
        format!("{} cost", budget.metric.name()),
        SafeText::from_outside(&budget.limit_words()).into_string(),
    ];
    if !budget.owner.raw().is_empty() {
        words.push(format!("owner {}", budget.owner.safe()));
    }
    words.join(&format!(" {} ", theme.glyphs.dot))
}

/// What is foretold for the period's end, and how.
fn foretold(answer: &BudgetAnswer, theme: &Theme) -> (String, String) {
    let Some(forecast) = &answer.forecast else { return (String::new(), "nothing can be foretold yet".to_owned()) };
    let at = short_day(answer.period.to.plus(-1));
    let words = SafeText::from_outside(&forecast.words).into_string();
    let words = if theme.glyphs.only_ascii { words.replace('±', "+-") } else { words };
    (gauge::end_words(Some(&forecast.end), theme), format!(" at {at}: {words}"))
}

/// Columns that are left beside a name.
fn beside_name(name: &str, columns: u16) -> usize {
    usize::from(columns).saturating_sub(width(name) + 2)
}

/// How it stands, with so many places of money.
fn said(answer: &BudgetAnswer, places: u32, theme: &Theme) -> Line<'static> {
    let muted = theme.style(Role::Muted);
    let left = match answer.left {
        Some(left) if left < crate::domain::money::Amount::ZERO => format!("{} over", left.abs().grouped(places)),
        Some(left) => format!("{} left", left.grouped(places)),
        None => "n/a left".to_owned(),
    };
    let dot = format!(" {} ", theme.glyphs.dot);
    Line::from(vec![
        Span::styled(gauge::state(answer), theme.style(gauge::role(answer))),
        Span::styled(format!("{dot}{} ", gauge::period(answer)), muted),
        Span::styled(money::amount(answer.spent, places), theme.style(Role::Strong)),
        Span::styled(format!(" of {}, {left}", answer.limit.total.grouped(places)), theme.style(Role::Text)),
    ])
}

fn header(answer: &BudgetAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) -> u16 {
    let budget = &answer.budget;
    let (dots, muted) = (theme.glyphs.ellipsis, theme.style(Role::Muted));
    let name = budget.name.safe().into_string();
    let room = beside_name(&name, area.width);
    let words = Span::styled(format!("  {}", cut(&what(answer, theme), room, dots)), muted);
    put(buf, area, 0, &Line::from(vec![Span::styled(name, theme.style(Role::Strong)), words]));
    let said = said(answer, money::places(&budget.currency), theme);
    // Where cents take the room of words they are left out.
    let said = if said.width() > usize::from(area.width) { self::said(answer, 0, theme) } else { said };
    put(buf, area, 1, &said);
    let (end, words) = foretold(answer, theme);
    let room = usize::from(area.width).saturating_sub(width(&end));
    let words = Span::styled(cut(&words, room, dots), muted);
    put(buf, area, 2, &Line::from(vec![Span::styled(end, theme.style(Role::Text)), words]));
    HEAD
}

/// The note, and what had no room above where so many columns are.
fn in_full(answer: &BudgetAnswer, (area, columns): (Rect, u16), from: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    let note = answer.budget.note.safe().into_string();
    let mut row = from;
    if !note.is_empty() {
        row = paragraph(buf, area, row, &note, theme.style(Role::Text));
    }
    let what = what(answer, theme);
    let (end, how) = foretold(answer, theme);
    let is_cut = [
        width(&what) > beside_name(&answer.budget.name.safe(), columns),
        width(&end) + width(&how) > usize::from(columns),
    ];
    for (text, _) in [what, end + &how].iter().zip(is_cut).filter(|(_, is_cut)| *is_cut) {
        row = paragraph(buf, area, row, text, theme.style(Role::Muted));
    }
    row
}

pub(super) fn title(text: &str, area: Rect, row: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    put(buf, area, row, &Line::from(Span::styled(text.to_owned(), theme.style(Role::Strong))));
    row + 1
}

/// Who spends it, from a row on, by as many dimensions as there is room for.
fn spenders(detail: &BudgetDetail, area: Rect, from: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    let dots = theme.glyphs.ellipsis;
    let places = money::places(&detail.standing.budget.currency);
    let mut row = from;
    let count = detail.spenders.len().max(1) as u16;
    let each = (area.height.saturating_sub(from) / count).clamp(3, 9);
    for composition in &detail.spenders {
        if row + 2 > area.height {
            break;
        }
        let by = SafeText::from_outside(&composition.dimension.title().to_lowercase());
        row = title(&format!("Who spends it, by {by}"), area, row, buf, theme);
        let room = usize::from(each.saturating_sub(2).max(1));
        for share in composition.values.iter().take(room) {
            if row >= area.height {
                break;
            }
            let name = label(&composition.dimension, &share.value, share.name.as_ref());
            let columns = usize::from(area.width).saturating_sub(22);
            let line = Line::from(vec![
                Span::styled(left(&name, columns.min(40), dots), theme.style(Role::Text)),
                Span::styled(right(&money::amount_in(share.cost, places, 13), 14, dots), theme.style(Role::Text)),
                Span::styled(right(&money::share(share.share), 7, dots), theme.style(Role::Muted)),
            ]);
            put(buf, area, row, &line);
            row += 1;
        }
        row += 1;
    }
    row
}

fn remarks(answer: &BudgetAnswer, area: Rect, from: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    let mut row = from;
    for remark in &answer.remarks {
        row = paragraph(buf, area, row, &SafeText::from_outside(remark), theme.style(Role::Unsure));
    }
    row + u16::from(row > from)
}

fn thresholds(answer: &BudgetAnswer, area: Rect, from: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    if answer.thresholds.is_empty() || from + 2 > area.height {
        return from;
    }
    let mut row = title("Thresholds", area, from, buf, theme);
    for crossing in &answer.thresholds {
        let of = if crossing.of == CrossingOf::Actual { "spent" } else { "foretold" };
        let what = left(&format!("{} % {of}", crossing.percent), 16, theme.glyphs.ellipsis);
        let (on, role) = match crossing.on {
            Some(day) if day > answer.as_of => (format!("on {}", short_day(day)), Role::Unsure),
            Some(day) => (format!("since {}", short_day(day)), Role::Warm),
            None => ("not reached".to_owned(), Role::Muted),
        };
        let amount = right(&money::amount_in(Some(crossing.amount), 0, 12), 13, theme.glyphs.ellipsis);
        let line = vec![Span::raw(what), Span::raw(amount), Span::styled(format!("  {on}"), theme.style(role))];
        put(buf, area, row, &Line::from(line));
        row += 1;
    }
    row + 1
}
