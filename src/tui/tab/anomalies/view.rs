//! Draws the Anomalies tab: the list, and beside or below it what the selected one is.
//!
//! Pure: reads state, draws only the lines that are seen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::State;
use super::detail;
use super::state::Only;
use crate::domain::anomaly::{Severity, State as Stands};
use crate::domain::filter::Filter;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::AnomalySort;
use crate::engine::anomalies::words::stands;
use crate::engine::answer::{AnomaliesAnswer, Listed};
use crate::tui::keymap::Keymap;
use crate::tui::tab::short_day;
use crate::tui::text::{cut, left, paragraph, put, put_at, right, rule, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns from which on the detail stands beside the list.
const WIDE: u16 = 170;
/// Columns of the detail there.
const PANE: u16 = 80;
/// Rows of the list at least, below which there is no detail.
const LIST_LEAST: u16 = 4;
const DETAIL_LEAST: u16 = 6;
/// Columns of the list's parts.
const MARK: usize = 2;
const MONEY: usize = 12;
const CURRENCY: usize = 4;
const SEVERITY: usize = 9;
/// A day; with the hour in which it began where there is one.
const SINCE: (usize, usize) = (8, 14);
const DAY: usize = 12;
const STATE: usize = 13;
/// Columns that a place has at least before another column is shown.
const PLACE: usize = 30;

/// Where the list and the detail are.
#[must_use]
pub fn parts(area: Rect, listed: usize) -> (Rect, Rect) {
    if area.width >= WIDE {
        let list = Rect { width: area.width - PANE - 3, ..area };
        return (list, Rect { x: list.right() + 3, width: PANE, ..area });
    }
    if area.height < LIST_LEAST + DETAIL_LEAST {
        return (area, Rect::default());
    }
    let wanted = listed as u16 + 1;
    let most = (area.height * 2 / 5).max(LIST_LEAST);
    let list = Rect { height: wanted.clamp(LIST_LEAST, most), ..area };
    let detail = Rect { y: list.bottom(), height: area.height - list.height, ..area };
    (list, detail)
}

/// Which columns there is room for, and how wide they are.
#[derive(Clone, Copy)]
struct Columns {
    severity: bool,
    days: bool,
    /// Zero where all are in one currency.
    currency: usize,
    since: usize,
    place: usize,
}

impl Columns {
    fn of(width: usize, listed: &[Listed]) -> Columns {
        let hours = listed.iter().any(|one| one.anomaly.finding.start_hour.is_some());
        let since = if hours { SINCE.1 } else { SINCE.0 };
        let mixed = listed.windows(2).any(|two| two[0].anomaly.currency != two[1].anomaly.currency);
        let currency = if mixed { CURRENCY } else { 0 };
        let mut room = width.saturating_sub(MARK + MONEY + currency + since + STATE);
        let mut take = |wanted: usize| {
            let fits = room >= wanted + PLACE;
            if fits {
                room -= wanted;
            }
            fits
        };
        let (days, severity) = (take(2 * DAY), take(SEVERITY));
        Columns { severity, days, currency, since, place: room }
    }
}

/// The lines of the list that are seen.
#[must_use]
pub fn lines(state: &State, body: Rect) -> Rect {
    let (list, _) = parts(body, state.listed().len());
    Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list }
}

/// The anomaly whose line is at a place.
#[must_use]
pub fn row_at(state: &State, body: Rect, at: Position) -> Option<usize> {
    let lines = lines(state, body);
    let row = usize::from(at.y.checked_sub(lines.y)?);
    let place = state.first_visible(usize::from(lines.height)) + row;
    (lines.contains(at) && place < state.listed().len()).then_some(place)
}

/// Draws the tab.
pub fn draw(state: &State, filter: &Filter, area: Rect, keymap: &Keymap, buf: &mut Buffer, theme: &Theme) {
    let Some(answer) = state.answer() else {
        paragraph(buf, area, 0, "Looking for what is out of the ordinary.", theme.style(Role::Muted));
        return;
    };
    if answer.anomalies.is_empty() {
        return none(state, answer, filter, area, keymap, buf, theme);
    }
    let (list, below) = parts(area, answer.anomalies.len());
    draw_list(state, answer, list, buf, theme);
    if below.is_empty() {
        return;
    }
    let below = if below.y > list.y {
        rule(buf, below, 0, theme);
        Rect { y: below.y + 1, height: below.height - 1, ..below }
    } else {
        below
    };
    if let Some(selected) = state.selected() {
        detail::draw(selected, state.detail(), below, buf, theme);
    }
}

fn draw_list(state: &State, answer: &AnomaliesAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let columns = Columns::of(usize::from(area.width), &answer.anomalies);
    heading(columns, area, buf, theme);
    let height = usize::from(area.height).saturating_sub(1);
    let first = state.first_visible(height);
    let chosen = state.at();
    for (row, (at, listed)) in answer.anomalies.iter().enumerate().skip(first).take(height).enumerate() {
        let row = row as u16 + 1;
        put(buf, area, row, &line(listed, columns, at == chosen, theme));
        if at == chosen {
            let whole = Rect { y: area.y + row, height: 1, ..area };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
}

/// How many stand how, which of them are listed and in which order, in one line.
#[must_use]
pub fn sentence(state: &State, filter: &Filter, dot: &str) -> String {
    let Some(answer) = state.answer() else { return "anomalies".to_owned() };
    let told = answer.counts.iter().filter(|(_, n)| *n > 0);
    let mut parts: Vec<String> = told.map(|(state, n)| format!("{n} {}", state.word())).collect();
    if parts.is_empty() {
        parts.push("no anomalies".to_owned());
    } else if state.only != Only::All {
        parts.push(format!("listed: {}", state.only.words()));
    }
    if !filter.is_empty() {
        parts.push(SafeText::from_outside(&filter.to_string()).into_string());
    }
    if answer.anomalies.len() > 1 {
        let by = match state.sort {
            AnomalySort::Impact => "most at stake first",
            AnomalySort::Severity => "gravest first",
            AnomalySort::Since => "newest first",
        };
        parts.push(by.to_owned());
    }
    parts.join(dot)
}

fn heading(columns: Columns, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let impact = left(&right("Impact", MONEY - 2, ""), MONEY + columns.currency, "");
    let mut text = " ".repeat(MARK) + &impact + &left("Since", columns.since, "");
    text.push_str(&left("Where", columns.place, ""));
    if columns.days {
        text.push_str(&right("Expected", DAY - 2, ""));
        text.push_str("  ");
        text.push_str(&right("A day", DAY - 2, ""));
        text.push_str("  ");
    }
    if columns.severity {
        text.push_str(&left("Severity", SEVERITY, ""));
    }
    text.push_str("State");
    put(buf, area, 0, &Line::from(Span::styled(text, theme.style(Role::Muted))));
}

/// A place's words with the theme's own sign between them.
#[must_use]
pub fn place(words: &str, theme: &Theme) -> String {
    words.replace(" | ", &format!(" {} ", theme.glyphs.dot))
}

/// An amount behind its sign, in so many columns.
fn signed(listed: &Listed, columns: usize) -> String {
    let impact = listed.anomaly.finding.impact;
    let sign = if impact < crate::domain::money::Amount::ZERO { "-" } else { "+" };
    let amount = money::amount_in(Some(impact.abs()), money::places(&listed.anomaly.currency), columns - 2);
    right(&format!("{sign}{amount}"), columns, "")
}

fn line(listed: &Listed, columns: Columns, chosen: bool, theme: &Theme) -> Line<'static> {
    let finding = &listed.anomaly.finding;
    let active = listed.state.needs_somebody();
    let faded = |role: Role| theme.style(if active { role } else { Role::Muted });
    let mark = if chosen { theme.glyphs.marks.0 } else { "" };
    let since = match finding.start_hour {
        Some(hour) => format!("{} {:02}:00", short_day(finding.start), hour.rem_euclid(86_400) / 3_600),
        None => short_day(finding.start),
    };
    let cost = if finding.rises { Role::Warm } else { Role::Cool };
    let currency = format!(" {}", SafeText::from_outside(&listed.anomaly.currency));
    let words = cut(&place(&listed.place_words, theme), columns.place.saturating_sub(2), theme.glyphs.ellipsis);
    let mut spans = vec![
        Span::styled(left(mark, MARK, ""), theme.style(Role::Strong)),
        Span::styled(signed(listed, MONEY - 2), faded(cost)),
        Span::styled(left(&currency, columns.currency, "") + "  ", faded(Role::Muted)),
        Span::styled(left(&since, columns.since, ""), faded(Role::Text)),
        Span::styled(left(&words, columns.place, ""), faded(Role::Text)),
    ];
    if columns.days {
        let places = money::places(&listed.anomaly.currency);
        for amount in [finding.day.expected, finding.day.actual] {
            let text = right(&money::amount_in(Some(amount), places, DAY - 2), DAY - 2, "");
            spans.push(Span::styled(text + "  ", faded(Role::Text)));
        }
    }
    if columns.severity {
        let role = match finding.severity {
            Severity::Critical => Role::Error,
            Severity::High => Role::Unsure,
            _ => Role::Muted,
        };
        spans.push(Span::styled(left(finding.severity.word(), SEVERITY, ""), faded(role)));
    }
    let who = listed.anomaly.said.as_ref().filter(|_| listed.state == Stands::Acknowledged);
    let who = who.map_or_else(String::new, |said| format!(" {} {}", theme.glyphs.dot, said.who.safe()));
    let stands = cut(&format!("{}{who}", stands(listed)), STATE, theme.glyphs.ellipsis);
    spans.push(Span::styled(stands, faded(if listed.state == Stands::Open { Role::Strong } else { Role::Text })));
    Line::from(spans)
}

/// Why nothing is listed, and which key helps.
fn none(
    state: &State,
    answer: &AnomaliesAnswer,
    filter: &Filter,
    area: Rect,
    keymap: &Keymap,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let say = |buf: &mut Buffer, row, text: &str, role| paragraph(buf, area, row, text, theme.style(role));
    let all: u64 = answer.counts.iter().map(|(_, n)| n).sum();
    if all > 0 {
        let text = format!("None is {}.", state.only.words());
        let row = say(buf, 0, &text, Role::Strong);
        let others = counted(all, "There is one in another state", "There are others in other states");
        let others = others.split_once(' ').map_or(others.as_str(), |(_, words)| words);
        say(buf, row + 1, &keymap.say(&format!("{others}: {{show-anomalies-of}} shows them.")), Role::Text);
        return;
    }
    if answer.series == 0 {
        let have = answer.too_few.iter().map(|(_, days)| *days).max().unwrap_or(0);
        let text = format!("Too few days to know what is ordinary: {have} of {} settled days.", answer.days_needed);
        let row = say(buf, 0, &text, Role::Strong);
        let more = "Days that a provider may still restate do not count. {import} takes in older bills.";
        say(buf, row + 1, &keymap.say(more), Role::Text);
        return;
    }
    let row = say(buf, 0, "Nothing is out of the ordinary.", Role::Strong);
    let series = counted(answer.series, "series of costs was", "series of costs were");
    let span = answer.days.map_or_else(String::new, |(_, last)| format!(" up to {last}"));
    let looked =
        format!("{series} looked at{span}: the total, providers, accounts, services, regions, SKUs and teams.");
    let mut row = say(buf, row + 1, &looked, Role::Text);
    if answer.unknown > 0 {
        let unseen = counted(answer.unknown, "charge was", "charges were");
        row = say(buf, row, &format!("{unseen} not looked at: no effective cost is known."), Role::Unsure);
    }
    if !filter.is_empty() {
        let filter = SafeText::from_outside(&filter.to_string());
        say(buf, row, &format!("The filter is {filter}: {}", keymap.say("{filter} changes it.")), Role::Text);
    }
}

/// Columns of a text, for what stands at the right.
pub(super) fn put_right(buf: &mut Buffer, area: Rect, row: u16, text: &str, role: Role, theme: &Theme) {
    let column = usize::from(area.width).saturating_sub(width(text));
    put_at(buf, area, column as u16, row, &Line::from(Span::styled(text.to_owned(), theme.style(role))));
}
