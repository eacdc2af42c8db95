//! Draws one budget in detail: burn-up chart, who spends it, thresholds, earlier periods, what else is to be known.
//!
//! Pure: reads state, writes cells. What there is no room for is left out from below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, gauge, history};
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, CrossingOf, Interval};
use crate::tui::app::App;
use crate::tui::tab::{label, short_day};
use crate::tui::text::{cut, left, paragraph, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::burnup::{Ahead, BurnUp};
use crate::tui::widget::money;

/// Columns from which on tables stand beside the chart.
const BESIDE: u16 = 96;

/// Draws the selected budget.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer) {
    let (state, theme) = (&app.budgets, &app.theme);
    let Some(answer) = state.budget() else { return };
    let head = header(answer, area, state.view == View::Detail, buf, theme);
    let rest = Rect { y: area.y + head.min(area.height), height: area.height.saturating_sub(head), ..area };
    let Some(detail) = state.detail() else {
        let said = match &state.detail.error {
            Some(error) => SafeText::from_outside(&error.message).into_string(),
            None => "loading".to_owned(),
        };
        return put(buf, rest, 0, &Line::from(Span::styled(said, theme.style(Role::Muted))));
    };
    // A shallow place has the chart at the left and the tables at the right of it.
    if area.width >= BESIDE {
        let width = area.width * 11 / 20;
        let chart = Rect { width, ..rest };
        let beside = Rect { x: rest.x + width + 3, width: rest.width - width - 3, ..rest };
        let tall = Rect { height: chart.height.min(22), ..chart };
        burn_up(detail, &[]).draw(tall, buf, theme);
        let below =
            Rect { y: chart.y + tall.height + 1, height: chart.height.saturating_sub(tall.height + 1), ..chart };
        let used = spenders(detail, beside, buf, theme);
        if below.height > 4 {
            let at = history::draw(answer, below, 0, buf, theme);
            thresholds(answer, below, at, buf, theme);
            remarks(answer, beside, used, buf, theme);
        } else {
            let used = remarks(answer, beside, used, buf, theme);
            let used = thresholds(answer, beside, used, buf, theme);
            history::draw(answer, beside, used, buf, theme);
        }
        return;
    }
    let height = (rest.height / 2).clamp(6.min(rest.height), 18);
    burn_up(detail, &[]).draw(Rect { height, ..rest }, buf, theme);
    let below = Rect { y: rest.y + height, height: rest.height - height, ..rest };
    let used = spenders(detail, below, buf, theme);
    let used = remarks(answer, below, used, buf, theme);
    let used = thresholds(answer, below, used, buf, theme);
    history::draw(answer, below, used, buf, theme);
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

fn header(answer: &BudgetAnswer, area: Rect, whole: bool, buf: &mut Buffer, theme: &Theme) -> u16 {
    let budget = &answer.budget;
    let dot = format!(" {} ", theme.glyphs.dot);
    let scope = if budget.scope.is_empty() { "all charges".to_owned() } else { budget.scope.to_string() };
    let mut words = vec![
        SafeText::from_outside(&scope).into_string(),
        format!("{} cost", budget.metric.name()),
        SafeText::from_outside(&budget.limit_words()).into_string(),
    ];
    if !budget.owner.raw().is_empty() {
        words.push(format!("owner {}", budget.owner.safe()));
    }
    let name = budget.name.safe().into_string();
    let room = usize::from(area.width).saturating_sub(name.chars().count() + 2);
    put(
        buf,
        area,
        0,
        &Line::from(vec![
            Span::styled(name, theme.style(Role::Strong)),
            Span::styled(
                format!("  {}", cut(&words.join(&dot), room, theme.glyphs.ellipsis)),
                theme.style(Role::Muted),
            ),
        ]),
    );
    let places = money::places(&budget.currency);
    let left = match answer.left {
        Some(left) if left < crate::domain::money::Amount::ZERO => format!("{} over", left.abs().grouped(places)),
        Some(left) => format!("{} left", left.grouped(places)),
        None => "n/a left".to_owned(),
    };
    let said = vec![
        Span::styled(gauge::state(answer), theme.style(gauge::role(answer))),
        Span::styled(format!("{dot}{} ", gauge::period(answer)), theme.style(Role::Muted)),
        Span::styled(money::amount(answer.spent, places), theme.style(Role::Strong)),
        Span::styled(format!(" of {}, {left}", answer.limit.total.grouped(places)), theme.style(Role::Text)),
    ];
    put(buf, area, 1, &Line::from(said));
    let mut row = 2;
    let foretold = match &answer.forecast {
        Some(forecast) => {
            let at = short_day(answer.period.to.plus(-1));
            let words = SafeText::from_outside(&forecast.words).into_string();
            let words = if theme.glyphs.only_ascii { words.replace('±', "+-") } else { words };
            (gauge::end_words(Some(&forecast.end), theme), format!(" at {at}: {words}"))
        }
        None => (String::new(), "nothing can be foretold yet".to_owned()),
    };
    let room = usize::from(area.width).saturating_sub(width(&foretold.0));
    let line = vec![
        Span::styled(foretold.0, theme.style(Role::Text)),
        Span::styled(cut(&foretold.1, room, theme.glyphs.ellipsis), theme.style(Role::Muted)),
    ];
    put(buf, area, row, &Line::from(line));
    row += 1;
    if whole && !budget.note.raw().is_empty() {
        row = paragraph(buf, area, row, &budget.note.safe(), theme.style(Role::Text));
    }
    row
}

pub(super) fn title(text: &str, area: Rect, row: u16, buf: &mut Buffer, theme: &Theme) -> u16 {
    put(buf, area, row, &Line::from(Span::styled(text.to_owned(), theme.style(Role::Strong))));
    row + 1
}

/// Who spends it, by as many dimensions as there is room for.
fn spenders(detail: &BudgetDetail, area: Rect, buf: &mut Buffer, theme: &Theme) -> u16 {
    let dots = theme.glyphs.ellipsis;
    let places = money::places(&detail.standing.budget.currency);
    let mut row = 0;
    let count = detail.spenders.len().max(1) as u16;
    let each = (area.height / count).clamp(3, 9);
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
