//! Draws what one anomaly is: its figures, its days with their band, who has it, why, and what was said.
//!
//! Pure. What is not told yet has its room left free.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::view::{place, put_right};
use crate::domain::anomaly::Course;
use crate::domain::currency::{signed, written};
use crate::domain::text::SafeText;
use crate::engine::anomalies::words::{NOT_KNOWN, begun, held, history, is_taken_out, silence, since, span, spot, why};
use crate::engine::answer::{AnomalyAnswer, Listed};
use crate::tui::text::{cut, left, paragraph, put, put_at, right};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::band;

/// Columns from which on those who have it stand beside the days.
const BESIDE: u16 = 100;
/// Columns of those.
const WHO: u16 = 54;
/// Rows of the days at most, and at least.
const CHART: (u16, u16) = (16, 5);
/// Rows of those who have it at most, their heading among them, under the days.
const WHO_ROWS: u16 = 12;

/// Draws it in an area.
pub fn draw(listed: &Listed, answer: Option<&AnomalyAnswer>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let finding = &listed.anomaly.finding;
    let title = format!("{}, {}", finding.kind_words(), place(&listed.place_words, theme));
    let id = listed.anomaly.id.short();
    let room = usize::from(area.width).saturating_sub(id.len() + 2);
    let title = Span::styled(cut(&title, room, theme.glyphs.ellipsis), theme.style(Role::Strong));
    put(buf, area, 0, &Line::from(title));
    put_right(buf, area, 0, &id, Role::Muted, theme);
    let row = paragraph(buf, area, 1, &figures(listed), theme.style(Role::Text));
    let rest = Rect { y: area.y + row, height: area.height.saturating_sub(row), ..area };
    let Some(answer) = answer else {
        paragraph(buf, rest, 0, "loading its days", theme.style(Role::Muted));
        return;
    };
    let lines = below(answer, theme);
    let who = finding.contributors.iter().filter(|c| c.share > 0.0).count() as u16;
    let beside = area.width >= BESIDE && who > 0;
    // A line of its own each where all else has its room, or all in one line.
    let listed_under = (who + 1).min(WHO_ROWS) + 1;
    let under = !beside && who > 0 && rest.height > CHART.0 + lines.len() as u16 + listed_under;
    let who_rows = match (beside, under) {
        (true, _) => 0,
        (_, true) => listed_under,
        _ => u16::from(who > 0),
    };
    let wanted = lines.len() as u16 + who_rows;
    let chart = rest.height.saturating_sub(wanted).clamp(CHART.1, CHART.0).min(rest.height);
    let columns = if beside { rest.width - WHO - 2 } else { rest.width };
    let days = Rect { height: chart, width: columns, ..rest };
    band::draw(&answer.days, finding.rises, days, buf, theme);
    let mut row = chart;
    if beside {
        let who = Rect { x: days.right() + 2, width: WHO, height: chart, ..rest };
        draw_who(listed, who, buf, theme);
    } else if under {
        let who = Rect { y: rest.y + row + 1, height: listed_under - 1, ..rest };
        draw_who(listed, who, buf, theme);
        row += listed_under + 1;
    } else if who_rows > 0 {
        let text = format!("Who   {}", who_line(listed));
        let text = cut(&text, usize::from(rest.width), theme.glyphs.ellipsis);
        put(buf, rest, row, &Line::from(Span::raw(text)));
        row += 1;
    }
    for (text, role) in lines {
        let text = cut(&text, usize::from(rest.width), theme.glyphs.ellipsis);
        put(buf, rest, row, &Line::from(Span::styled(text, theme.style(role))));
        row += 1;
    }
}

/// What it cost and what was expected, in a sentence.
fn figures(listed: &Listed) -> String {
    let finding = &listed.anomaly.finding;
    let code = listed.anomaly.currency.as_str();
    let currency = SafeText::from_outside(code);
    let (money, signed) = (|amount| written(amount, code), |amount| signed(amount, code));
    let day = &finding.day;
    let goes_on = match finding.course {
        _ if is_taken_out(listed) => format!("; {NOT_KNOWN}"),
        Course::GoesOn | Course::Stays => format!("; {} a day if it goes on", signed(finding.rate)),
        course => format!("; {}", course.words()),
    };
    let impact = match finding.relabelled {
        true => format!("No money lost: {} without an owner", money(finding.impact)),
        false => format!("Impact {}", signed(finding.impact)),
    };
    let silence = silence(listed).map_or_else(String::new, |silence| format!(" {silence}."));
    format!(
        "A day {} {currency}, expected {} ({} to {}), since {}. {impact}{goes_on}.{silence}",
        money(day.actual),
        money(day.expected),
        money(day.lower),
        money(day.upper),
        since(finding),
    )
}

fn who_line(listed: &Listed) -> String {
    let mut all = listed.anomaly.finding.contributors.iter().filter(|c| c.share > 0.0);
    let named: Vec<String> =
        all.by_ref().take(5).map(|c| format!("{} {:.0} %", spot(&c.spot), c.share * 100.0)).collect();
    named.join(", ")
}

/// Those who have it, a line each, by what they are.
fn draw_who(listed: &Listed, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let muted = theme.style(Role::Muted);
    let heading =
        left("Who has it", usize::from(area.width) - 20, "") + &right("Share", 7, "") + &right("A day", 13, "");
    put(buf, area, 0, &Line::from(Span::styled(heading, muted)));
    let contributors = listed.anomaly.finding.contributors.iter().filter(|c| c.share > 0.0);
    for (row, contributor) in (1..area.height).zip(contributors) {
        let of = left(&contributor.spot.dimension.title().to_lowercase(), 13, theme.glyphs.ellipsis);
        let room = usize::from(area.width) - 20 - 13;
        let name = left(&cut(&spot(&contributor.spot), room - 1, theme.glyphs.ellipsis), room, "");
        let share = right(&format!("{:.0} %", contributor.share * 100.0), 7, "");
        let moved = right(&signed(contributor.moved, &listed.anomaly.currency), 13, "");
        put_at(buf, area, 0, row, &Line::from(vec![Span::styled(of, muted), Span::raw(name + &share + &moved)]));
    }
}

/// The lines under the days: why, and what happened last.
fn below(answer: &AnomalyAnswer, theme: &Theme) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let [_, before] = held(answer.held, answer.hours);
    let span = span(answer.held.0.days(), answer.hours);
    let currency = &answer.listed.anomaly.currency;
    if let Some(begun) = begun(&answer.listed.anomaly.finding, answer.hours) {
        lines.push((format!("Note  {begun}"), Role::Muted));
    }
    if let Some(why) = answer.driver.as_ref().and_then(|driver| why(driver, &span, currency)) {
        lines.push((format!("Why   {why}, against {before}"), Role::Text));
    }
    if let Some(cancels) = &answer.listed.anomaly.finding.cancels {
        let other: Vec<String> = cancels.iter().map(spot).collect();
        let other = place(&other.join(" | "), theme);
        lines.push((format!("But   about as much moved the other way at {other}"), Role::Text));
    }
    let happened = history(&answer.listed.anomaly);
    let last = happened.len().saturating_sub(2);
    for (at, line) in happened.into_iter().skip(last).enumerate() {
        lines.push((format!("{}{line}", if at == 0 { "Then  " } else { "      " }), Role::Muted));
    }
    lines
}
