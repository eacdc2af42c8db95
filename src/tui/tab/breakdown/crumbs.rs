//! The line above the rows: what was opened to get here, and what the rows add up to.
//!
//! Both give way where there is little room: the path loses its middle, the sums their least
//! important part. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::state::settled_before_end;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::answer::{Behind, BreakdownAnswer, Pending, TagsAnswer};
use crate::tui::tab::{self, short_day};
use crate::tui::text::{cut, put, put_at, width};
use crate::tui::theme::{Glyphs, Role, Theme};
use crate::tui::widget::money;

/// Columns of one crumb, from roomy to tight.
const CRUMB: [usize; 3] = [30, 18, 12];

/// Draws the line over how charges are tagged.
pub fn draw_tags(state: &State, answer: Option<&TagsAnswer>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let total = |answer: &TagsAnswer| money::amount(answer.total, money::places(&answer.currency));
    let sums = answer.map_or_else(String::new, |answer| format!("{} in all", total(answer)));
    let mut names: Vec<&str> = state.slot.shown.iter().flat_map(|s| &s.crumbs).map(SafeText::as_str).collect();
    names.push("tag hygiene");
    line(&names, sums, area, buf, theme);
}

/// Draws the line; without the path while what is looked for is typed in its place.
pub fn draw(
    state: &State,
    answer: Option<&BreakdownAnswer>,
    typing: bool,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let room = usize::from(area.width);
    let sums = answer.map_or_else(String::new, |answer| sums(state, answer, room * 2 / 3, &theme.glyphs));
    if typing {
        return at_right(sums, area, buf, theme);
    }
    let found = format!("like {}", SafeText::from_outside(state.found()));
    let mut names: Vec<&str> = state.slot.shown.iter().flat_map(|s| &s.crumbs).map(SafeText::as_str).collect();
    if !state.found().is_empty() {
        names.push(&found);
    }
    line(&names, sums, area, buf, theme);
}

fn line(names: &[&str], sums: String, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let room = usize::from(area.width);
    let crumbs = shortened("all", names, room.saturating_sub(width(&sums) + 2), &theme.glyphs);
    let between = format!(" {} ", theme.glyphs.crumb);
    let mut spans = Vec::new();
    for (i, crumb) in crumbs.iter().enumerate() {
        if i > 0 {
            spans.push(Span::styled(between.clone(), theme.style(Role::Muted)));
        }
        let role = if i + 1 == crumbs.len() { Role::Strong } else { Role::Muted };
        spans.push(Span::styled(crumb.clone(), theme.style(role)));
    }
    put(buf, area, 0, &Line::from(spans));
    at_right(sums, area, buf, theme);
}

fn at_right(sums: String, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let column = area.width.saturating_sub(width(&sums) as u16);
    put_at(buf, area, column, 0, &Line::from(Span::styled(sums, theme.style(Role::Muted))));
}

/// A path in at most `room` columns: all of it, else each name shorter, else without its middle.
#[must_use]
pub fn shortened(first: &str, names: &[&str], room: usize, glyphs: &Glyphs) -> Vec<String> {
    let taken = |crumbs: &[String]| {
        let between = (width(glyphs.crumb) + 2) * crumbs.len().saturating_sub(1);
        crumbs.iter().map(|c| width(c)).sum::<usize>() + between
    };
    let all = |most: usize| {
        let named = names.iter().map(|name| cut(name, most, glyphs.ellipsis));
        std::iter::once(first.to_owned()).chain(named).collect::<Vec<_>>()
    };
    for most in CRUMB {
        let crumbs = all(most);
        if taken(&crumbs) <= room {
            return crumbs;
        }
    }
    // Where one is now, and as many of the levels above it as fit.
    for kept in (1..names.len()).rev() {
        for most in CRUMB {
            let mut crumbs = all(most);
            crumbs.splice(1..=names.len() - kept, [glyphs.ellipsis.to_owned()]);
            if taken(&crumbs) <= room {
                return crumbs;
            }
        }
    }
    vec![cut(names.last().unwrap_or(&first), room, glyphs.ellipsis)]
}

/// Whose days have not come, in short names, each once.
fn behind(of: &[Behind]) -> String {
    let mut names: Vec<String> = Vec::new();
    for behind in of {
        let name = SafeText::from_outside(services::provider_short(behind.provider.raw())).into_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Up to which day rows are compared, where that is not as far as the period goes: of whoever has come least far,
/// where others have come farther.
fn compared(answer: &BreakdownAnswer, pending: &Pending) -> Option<String> {
    answer.previous_period.filter(|_| answer.rows.iter().any(|row| row.through.is_some()))?;
    let last = |behind: &Behind| behind.missing.first().map(|run| run.from.plus(-1));
    let least = pending.of.iter().filter_map(last).min();
    let Some(least) = pending.earlier(least) else {
        return Some(format!("compared {}", tab::compared_to(pending.all_to(answer.period)?, answer.period)));
    };
    let late: Vec<Behind> = pending.of.iter().filter(|behind| last(behind) == Some(least)).cloned().collect();
    let to = if least < answer.period.from { "not in".to_owned() } else { tab::compared_to(least, answer.period) };
    Some(format!("{} {to}", behind(&late)))
}

/// How many rows there are and what they cost, in at most `room` columns, the most important first.
fn sums(state: &State, answer: &BreakdownAnswer, room: usize, glyphs: &Glyphs) -> String {
    let places = money::places(&answer.currency);
    let (marked, sum) = state.marked(answer);
    let mut parts = if state.found().is_empty() {
        let at = if answer.rows.is_empty() { 0 } else { state.selected() + 1 };
        vec![format!("row {at} of {}", answer.groups), money::amount(answer.total.amount, places)]
    } else {
        let rows = format!("{} of {} rows", state.listed(), answer.groups);
        vec![rows, money::amount(state.listed_cost(answer), places)]
    };
    if marked > 0 {
        parts.push(format!("marked {marked} = {}", money::amount(sum, places)));
    }
    if let Some(pending) = answer.pending.as_ref().filter(|pending| pending.missing > 0) {
        parts.push(match compared(answer, pending) {
            Some(words) => words,
            None => format!("{} of {} days not in: {}", pending.missing, pending.days, behind(&pending.of)),
        });
    }
    if let Some(pending) = &answer.previous_pending {
        parts.push(format!("{} of {} days before not in: {}", pending.missing, pending.days, behind(&pending.of)));
    }
    if let Some(settled) = settled_before_end(answer) {
        parts.push(format!("{} not settled after {}", glyphs.hatch, short_day(settled)));
    }
    if answer.groups > answer.rows.len() as u64 {
        parts.push(format!("the largest {} are listed", answer.rows.len()));
    }
    if answer.unknown_rows > 0 {
        parts.push(format!("{} charges of unknown cost", answer.unknown_rows));
    }
    let between = format!(" {} ", glyphs.dot);
    while parts.len() > 1 && width(&parts.join(&between)) > room {
        parts.pop();
    }
    parts.join(&between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Day, Period};
    use crate::tui::tab::breakdown::samples;
    use crate::tui::theme::Env;

    #[test]
    fn whoever_has_come_least_far_is_named() {
        let mut answer = samples::answer(&[("web", Some(100), Some(50)), ("api", Some(300), Some(310))]);
        let to = answer.period.to;
        let behind = |provider: &str, days: i32| Behind {
            provider: provider.into(),
            source: None,
            missing: vec![Period { from: to.plus(-days), to }],
        };
        let pending = |newest: i32, of| {
            let newest = Some(to.plus(-newest));
            Pending { days: 3, missing: 2, unsettled: 0, through: None, newest, of }
        };
        let words = |answer: &BreakdownAnswer, pending: &Pending| compared(answer, pending);
        let of = pending(2, vec![behind("Datadog", 2), behind("AWS", 1)]);
        assert_eq!(words(&answer, &of), None, "nothing is left out of any row");
        answer.rows[0].through = Some(to.plus(-3));
        let last = |day: Day| tab::compared_to(day, answer.period);
        assert_eq!(words(&answer, &of), Some(format!("Datadog {}", last(to.plus(-3)))));
        let none = pending(2, vec![behind("Datadog", 3), behind("AWS", 1)]);
        assert_eq!(words(&answer, &none).as_deref(), Some("Datadog not in"));
        let all = pending(3, vec![behind("Datadog", 2), behind("AWS", 2)]);
        assert_eq!(words(&answer, &all), Some(format!("compared {}", last(to.plus(-3)))));
    }

    #[test]
    fn a_path_loses_its_middle_before_its_end() {
        let glyphs = Theme::of(&Env::default()).glyphs;
        let names = ["Amazon Web Services", "prod-machine-learning", "Amazon EC2", "us-east-1", "p4d.24xlarge"];
        for (room, want) in [
            (90, "all › Amazon Web Services › prod-machine-learning › Amazon EC2 › us-east-1 › p4d.24xlarge"),
            (86, "all › Amazon Web Servic… › prod-machine-lear… › Amazon EC2 › us-east-1 › p4d.24xlarge"),
            (74, "all › Amazon Web … › prod-machin… › Amazon EC2 › us-east-1 › p4d.24xlarge"),
            (64, "all › … › prod-machin… › Amazon EC2 › us-east-1 › p4d.24xlarge"),
            (40, "all › … › us-east-1 › p4d.24xlarge"),
            (24, "all › … › p4d.24xlarge"),
            (12, "p4d.24xlarge"),
            (5, "p4d.…"),
        ] {
            let text = shortened("all", &names, room, &glyphs).join(" › ");
            assert!(width(&text) <= room, "{room}: {text}");
            assert_eq!(text, want, "{room}");
        }
        assert_eq!(shortened("all", &[], 10, &glyphs), ["all"]);
    }
}
