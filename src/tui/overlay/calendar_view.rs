//! How the period's picker looks: presets at the left, months at the right, what would be chosen
//! below.
//!
//! Pure: draws a [`Calendar`] and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::calendar::{Calendar, Facts, Side};
use super::{begin_box, end_box};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::text::{cut, left, put, put_at, width};
use crate::tui::theme::{Role, Theme};

/// Columns of the presets, of a day and of a month with the air beside it.
const PRESETS: u16 = 20;
const DAY: u16 = 4;
const MONTH: u16 = 7 * DAY + 2;
/// Months beside each other at most.
const MONTHS_MAX: u16 = 3;
/// Rows of a month: its name, its weekdays and up to six weeks.
const MONTH_ROWS: u16 = 8;
/// Rows that are neither months nor presets: title, line, three of words, the rule below.
const OTHER_ROWS: u16 = 6;
/// Rows of all presets and the period that is looked at.
const PRESET_ROWS: u16 = PeriodSpec::PRESETS.len() as u16 + 1;

/// How many presets are seen at once in an area.
#[must_use]
pub fn page(area: Rect) -> usize {
    usize::from(body_rows(area)).max(1)
}

fn body_rows(area: Rect) -> u16 {
    PRESET_ROWS.max(MONTH_ROWS).min(area.height.saturating_sub(OTHER_ROWS))
}

/// Where a day stands among its month's weeks, which begin on Monday: row and column.
fn place(day: Day) -> (u16, u16) {
    let from = day.0 - day.month().first().week_start().0;
    ((from / 7) as u16, (from % 7) as u16)
}

/// The first of `months` months beside each other, so many that today's is the last of its page:
/// they turn as pages do, and stay while the cursor is in one of them.
fn first_month(day: Day, as_of: Day, months: i32) -> Month {
    let between = Period { from: day.month().first(), to: as_of.month().first() };
    let back = months_of(between) / months;
    as_of.month().plus(1 - months * (back + 1))
}

/// How many months lie between two firsts of months.
fn months_of(period: Period) -> i32 {
    let (from, to) = (period.from.month(), period.to.month());
    (to.year() - from.year()) * 12 + to.number() as i32 - from.number() as i32
}

struct View<'a> {
    calendar: &'a Calendar,
    facts: &'a Facts,
    keymap: &'a Keymap,
    theme: &'a Theme,
    chosen: Option<PeriodSpec>,
    days: Option<Period>,
}

/// Draws it over an area; returns where the terminal's cursor belongs, if anywhere.
pub fn draw(
    calendar: &Calendar,
    facts: &Facts,
    keymap: &Keymap,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) -> Option<Position> {
    let months = (area.width.saturating_sub(PRESETS) / MONTH).clamp(1, MONTHS_MAX);
    // One month leaves no room beside it that would show anything.
    let wide = if months == 1 { area.width } else { PRESETS + months * MONTH };
    let (area, inner) = begin_box(overlay(area, wide, body_rows(area) + OTHER_ROWS), area, buf, theme);
    let chosen = calendar.candidate(facts.as_of);
    let days = chosen.map(|spec| spec.resolve(facts.as_of));
    let view = View { calendar, facts, keymap, theme, chosen, days };
    put(buf, inner, 0, &Line::from(Span::styled(" Period ", theme.style(Role::Strong))));
    let cursor = view.line(Rect { y: inner.y + 1, height: inner.height.saturating_sub(1).min(1), ..inner }, buf);
    let height = area.height.saturating_sub(OTHER_ROWS);
    let body = Rect { y: inner.y + 2, height, ..inner };
    view.presets(Rect { width: inner.width.min(PRESETS - 1), ..body }, buf);
    let first = first_month(calendar.day(), facts.as_of, i32::from(months));
    for at in 0..months {
        let x = inner.x + PRESETS + at * MONTH;
        let width = (7 * DAY).min(inner.right().saturating_sub(x));
        view.month(first.plus(i32::from(at)), Rect { x, width, ..body }, buf);
    }
    let below = 2 + height;
    view.words(Rect { y: inner.y + below, height: area.height.saturating_sub(below), ..inner }, buf);
    end_box(area, buf, theme);
    cursor
}

impl View<'_> {
    fn line(&self, area: Rect, buf: &mut Buffer) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        let room = usize::from(area.width.saturating_sub(3));
        let (shown, cursor) = self.calendar.line().seen(room, self.theme.glyphs.ellipsis);
        let empty = shown.is_empty();
        let hint =
            if room < 56 { "30d, 2024-09, last-quarter" } else { "30d, last-quarter, 2024-09, 2024-09-01..2024-10-01" };
        let text = if empty {
            let typed = format!("type {hint}");
            Span::styled(cut(&typed, room, self.theme.glyphs.ellipsis), self.theme.style(Role::Muted))
        } else {
            Span::raw(shown)
        };
        put(buf, area, 0, &Line::from(vec![Span::styled("> ", self.theme.style(Role::Accent)), text]));
        let typing = self.calendar.side() == Side::Presets || !empty;
        typing.then_some(Position { x: (area.x + 2 + cursor).min(area.right() - 1), y: area.y })
    }

    fn presets(&self, area: Rect, buf: &mut Buffer) {
        let presets = self.calendar.presets(self.facts.as_of);
        let selected = self.calendar.selected();
        let rows = usize::from(area.height);
        let first = (selected + 1).saturating_sub(rows);
        for (row, (at, spec)) in presets.iter().enumerate().skip(first).take(rows).enumerate() {
            let here = at == selected && Some(*spec) == self.chosen;
            let mark = if here { self.theme.glyphs.marks.0 } else { " " };
            let room = usize::from(area.width).saturating_sub(2);
            let words = left(&spec.describe(self.facts.as_of), room, self.theme.glyphs.ellipsis);
            put(buf, area, row as u16, &Line::from(format!("{mark} {words}")));
            if here {
                let bar = Rect { y: area.y + row as u16, height: 1, ..area };
                let role = if self.calendar.side() == Side::Presets { Role::Selected } else { Role::Accent };
                buf.set_style(bar.intersection(buf.area), self.theme.style(role));
            }
        }
        if presets.is_empty() {
            put(buf, area, 0, &Line::from(Span::styled("  no preset", self.theme.style(Role::Muted))));
        }
    }

    fn month(&self, month: Month, area: Rect, buf: &mut Buffer) {
        let title = format!("{} {}", month.name(), month.year());
        put_at(buf, area, 1, 0, &Line::from(Span::styled(title, self.theme.style(Role::Strong))));
        let weekdays = " Mo  Tu  We  Th  Fr  Sa  Su ";
        put(buf, area, 1, &Line::from(Span::styled(weekdays, self.theme.style(Role::Muted))));
        for day in month.period().iter() {
            let (row, column) = place(day);
            put_at(buf, area, column * DAY, 2 + row, &Line::from(Span::styled(self.day(day), self.style(day))));
        }
    }

    /// A day's number, with a sign before the first and after the last that would be chosen.
    fn day(&self, day: Day) -> String {
        let chosen = |of: fn(&Period) -> Day| self.days.as_ref().is_some_and(|days| of(days) == day);
        let before = if chosen(|p| p.from) { '[' } else { ' ' };
        let after = match () {
            () if chosen(|p| p.to.plus(-1)) => ']',
            () if day == self.facts.as_of => '*',
            () if self.facts.is_unsettled(day) => self.theme.glyphs.hatch,
            () => ' ',
        };
        format!("{before}{:>2}{after}", day.number())
    }

    fn style(&self, day: Day) -> Style {
        let role = if self.calendar.side() == Side::Days && day == self.calendar.day() {
            Role::Selected
        } else if self.days.is_some_and(|days| days.contains(day)) {
            Role::Accent
        } else if day > self.facts.as_of || !self.facts.has_data(day) {
            Role::Muted
        } else {
            Role::Text
        };
        self.theme.style(role)
    }

    /// What would be chosen, what it would be held against, and what the day at the cursor is.
    fn words(&self, area: Rect, buf: &mut Buffer) {
        let room = usize::from(area.width);
        let mut say = |row: u16, text: &str, role: Role| {
            let text = cut(text, room, self.theme.glyphs.ellipsis);
            put(buf, area, row, &Line::from(Span::styled(text, self.theme.style(role))));
        };
        match (self.chosen, self.days) {
            (Some(spec), Some(days)) => {
                let (words, span) = (spec.describe(self.facts.as_of), days.words());
                let count = if days.days() == 1 { "1 day".to_owned() } else { format!("{} days", days.days()) };
                let brief = format!("{span}, {count}");
                let whole = format!("{words}: {brief}");
                let whole = if words == span || width(&whole) > room { brief } else { whole };
                say(0, &whole, Role::Strong);
                say(1, &self.against(spec), Role::Muted);
            }
            _ => {
                let typed = SafeText::from_outside(self.calendar.line().text().trim());
                let role = if self.calendar.refused() { Role::Error } else { Role::Unsure };
                say(0, &format!("`{typed}` is no period"), role);
                say(1, "write 30d, this-month, last-quarter, 2024-09, 2024-Q3 or 2024-09-01..2024-10-01", Role::Muted);
            }
        }
        let legend = format!("* today  {} may still change", self.theme.glyphs.hatch);
        if self.calendar.side() == Side::Presets {
            return say(2, &format!("{}   {legend}", self.keymap.say("{other-side}: pick days")), Role::Muted);
        }
        let readout = self.readout();
        let whole = format!("{readout}   {legend}");
        say(2, if width(&whole) <= room { &whole } else { &readout }, Role::Muted);
    }

    fn against(&self, spec: PeriodSpec) -> String {
        match self.facts.comparison.against_spec(spec, self.facts.as_of) {
            Some(days) if self.facts.comparison != Comparison::None => format!("held against {}", days.words()),
            _ => "held against nothing".to_owned(),
        }
    }

    fn readout(&self) -> String {
        let day = self.calendar.day();
        let mut words = vec![format!("{} {day}", day.weekday())];
        if !self.facts.has_data(day) {
            words.push("no charges".to_owned());
        }
        let which = if self.calendar.start().is_some() { "last" } else { "first" };
        words.push(self.keymap.say(&format!("{{choose-days}}: {which} day")));
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_in_every_month_of_every_kind_of_year() {
        let day = |text: &str| Day::parse(text).expect(text);
        for (text, want) in [
            ("2024-09-01", (0, 6)),
            ("2024-09-02", (1, 0)),
            ("2024-09-30", (5, 0)),
            ("2024-02-29", (4, 3)),
            ("2023-02-28", (4, 1)),
            ("2021-02-01", (0, 0)),
            ("2021-02-28", (3, 6)),
            ("2024-12-31", (5, 1)),
            ("2025-01-01", (0, 2)),
            ("1969-12-31", (4, 2)),
        ] {
            assert_eq!(place(day(text)), want, "{text}");
        }
        for day in (Period { from: day("1999-12-01"), to: day("2033-02-01") }).iter() {
            let (row, column) = place(day);
            assert!(row < MONTH_ROWS - 2 && column == day.weekday().num_days_from_monday() as u16, "{day}");
        }
    }

    #[test]
    fn months_turn_by_pages_of_which_todays_is_last() {
        let day = |text: &str| Day::parse(text).expect(text);
        for (at, months, want) in [
            ("2024-11-20", 1, "2024-11"),
            ("2024-11-01", 3, "2024-09"),
            ("2024-09-30", 3, "2024-09"),
            ("2024-08-31", 3, "2024-06"),
            ("2023-11-05", 2, "2023-10"),
            ("2023-12-31", 1, "2023-12"),
        ] {
            assert_eq!(first_month(day(at), day("2024-11-20"), months).to_string(), want, "{at} of {months}");
        }
    }
}
