//! Draws an explanation: the figure, its definition, its parts, what it rests on, its command and its
//! line items, as lines that scroll with the selected one. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::explain::{Explain, Level, Target, part_name};
use super::{begin_box, end_box};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::Card;
use crate::engine::answer::{ExplainAnswer, Explained, LineItem, Pending, QueryAnswer};
use crate::report::words;
use crate::tui::action::{Action, Place};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::tab::breakdown::crumbs::shortened;
use crate::tui::tab::spend::cards::days_words;
use crate::tui::text::{cut, left, put, put_at, right, width, wrap};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::{bar, item, money};

/// Columns of an explanation at most.
const COLUMNS: u16 = 132;
/// Columns of an amount, and of a bar.
const MONEY: usize = 16;
const BAR: usize = 16;
/// Columns of the figure's name before its parts, where not all of them fit.
const FIRST: usize = 18;

/// One line.
struct Row {
    line: Line<'static>,
    target: Option<Target>,
}

/// All that an explanation is drawn from.
pub struct Scene<'a> {
    /// The explanation.
    pub explain: &'a Explain,
    /// What a command needs to ask the same data.
    pub flags: &'a str,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Scene<'_> {
    /// Draws it over an area.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) {
        let (area, inner) = begin_box(overlay(area, COLUMNS, area.height), area, buf, self.theme);
        self.title(inner, buf);
        let rows = self.rows(usize::from(inner.width));
        let target = self.explain.target();
        let selected = rows.iter().position(|row| row.target.is_some() && row.target == target);
        let height = usize::from(area.height.saturating_sub(2));
        let most = rows.len().saturating_sub(height);
        // The selected line stands in the middle, so that what is between two lines is seen too.
        let first = selected.unwrap_or_default().saturating_sub(height / 2).min(most);
        for (at, row) in rows.iter().enumerate().skip(first).take(height) {
            let y = (at - first) as u16 + 1;
            put(buf, inner, y, &row.line);
            if Some(at) == selected {
                let line = Rect { y: area.y + y, height: 1, ..inner };
                buf.set_style(line, self.theme.style(Role::Selected));
                put_at(
                    buf,
                    area,
                    0,
                    y,
                    &Line::from(Span::styled(self.theme.glyphs.marks.0, self.theme.style(Role::Accent))),
                );
            }
        }
        end_box(area, buf, self.theme);
        let below = rows.len().saturating_sub(first + height);
        if area.height > 1 && below > 0 {
            let text = format!(" {below} lines below ");
            put_at(buf, inner, 0, area.height - 1, &Line::from(Span::styled(text, self.theme.style(Role::Muted))));
        }
    }

    fn title(&self, inner: Rect, buf: &mut Buffer) {
        let theme = self.theme;
        let item = self.explain.level().item.map(|_| "line item");
        let names: Vec<&str> = self.explain.path().map(SafeText::as_str).chain(item).collect();
        let wait = if self.explain.waiting() && self.explain.level().answer().is_some() { "loading " } else { "" };
        let room = usize::from(inner.width).saturating_sub(wait.len() + 2);
        let (first, below) = names.split_first().map_or(("", &[][..]), |(first, below)| (*first, below));
        let whole = names.join(&format!(" {} ", theme.glyphs.crumb));
        let text = if width(&whole) <= room {
            whole
        } else {
            let first = cut(first, FIRST, theme.glyphs.ellipsis);
            shortened(&first, below, room, &theme.glyphs).join(&format!(" {} ", theme.glyphs.crumb))
        };
        let spans = vec![
            Span::styled(format!(" {text} "), theme.style(Role::Strong)),
            Span::styled(wait, theme.style(Role::Unsure)),
        ];
        put(buf, inner, 0, &Line::from(spans));
    }

    fn rows(&self, columns: usize) -> Vec<Row> {
        let level = self.explain.level();
        let mut page = Page { scene: self, columns, rows: Vec::new() };
        if let Some(error) = &level.error {
            page.wrapped(&SafeText::from_outside(&error.message), Role::Error);
            for hint in &error.hints {
                page.wrapped(&SafeText::from_outside(hint), Role::Text);
            }
            let again = self.keymap.key_in(Action::Redraw, Place::Explain);
            page.say(&format!("{again} asks again"), Role::Muted);
            return page.rows;
        }
        let Some(answer) = level.answer() else {
            page.say("loading", Role::Unsure);
            return page.rows;
        };
        match level.open_item() {
            Some(item) => page.item(item),
            None => page.explained(level, answer),
        }
        page.rows
    }
}

struct Page<'a> {
    scene: &'a Scene<'a>,
    columns: usize,
    rows: Vec<Row>,
}

impl Page<'_> {
    fn theme(&self) -> &Theme {
        self.scene.theme
    }

    fn push(&mut self, line: Line<'static>, target: Option<Target>) {
        self.rows.push(Row { line, target });
    }

    fn say(&mut self, text: &str, role: Role) {
        let text = cut(text, self.columns, self.theme().glyphs.ellipsis);
        let line = Line::from(Span::styled(text, self.theme().style(role)));
        self.push(line, None);
    }

    fn wrapped(&mut self, text: &str, role: Role) {
        for line in wrap(text, self.columns) {
            self.say(&line, role);
        }
    }

    /// A heading with air before it.
    fn heading(&mut self, text: &str) {
        self.say("", Role::Muted);
        self.say(text, Role::Muted);
    }

    /// Text at the left, cut, and text at the right.
    fn both(&mut self, text: &str, end: Vec<Span<'static>>, target: Target) {
        let taken: usize = end.iter().map(Span::width).sum();
        let text = left(text, self.columns.saturating_sub(taken), self.theme().glyphs.ellipsis);
        let mut spans = vec![Span::raw(text)];
        spans.extend(end);
        self.push(Line::from(spans), Some(target));
    }

    fn explained(&mut self, level: &Level, answer: &ExplainAnswer) {
        self.figure(level.figure(), answer);
        self.say("", Role::Muted);
        for sentence in &answer.definition {
            self.wrapped(sentence, Role::Text);
        }
        self.parts(level.parts(), answer.card);
        self.rests_on(answer);
        self.heading("The command that prints it");
        let command = format!("{}{}", answer.command, self.scene.flags);
        for (at, line) in wrap(&SafeText::uncut(&command), self.columns).into_iter().enumerate() {
            self.push(Line::from(Span::raw(line)), (at == 0).then_some(Target::Command));
        }
        self.items(level);
    }

    /// The figure and what it is held against.
    fn figure(&mut self, found: Option<&Explained>, answer: &ExplainAnswer) {
        let theme = self.theme().clone();
        let Some(found) = found else {
            let line = Line::from(Span::styled("n/a: no charge matches", theme.style(Role::Strong)));
            return self.push(line, Some(Target::Figure));
        };
        let places = money::places(&found.currency);
        let code = SafeText::from_outside(&found.currency);
        let amount = format!("{} {code}", money::amount(found.figure.amount, places));
        let room = self.columns.saturating_sub(width(&amount));
        let days = match found.hour {
            Some(start) => format!("   {}", Granularity::Hour.label(start)),
            None => days_in(answer.period, room),
        };
        let line = Line::from(vec![
            Span::styled(amount, theme.style(Role::Strong)),
            Span::styled(days, theme.style(Role::Muted)),
        ]);
        self.push(line, Some(Target::Figure));
        let of = |parts: &&QueryAnswer| parts.currency == found.currency;
        let parts = answer.parts.iter().find(of).or(answer.parts.first());
        let (now, before) = parts.map_or((None, None), |p| (p.pending.as_ref(), p.previous_pending.as_ref()));
        let lacks = now.and_then(Pending::words);
        lacks.iter().for_each(|words| self.wrapped(words, Role::Unsure));
        if let Some(words) = before.and_then(Pending::words) {
            // What has not come of them would all be a rise.
            return self.wrapped(&format!("not held against the days before: of those, {words}"), Role::Unsure);
        }
        if found.figure.previous.is_none() {
            return self.say("held against nothing that is known", Role::Muted);
        }
        let (role, sign) = money::direction(&found.figure, &theme.glyphs);
        let change =
            format!("{sign} {} {}", money::change(&found.figure, places), money::percent_change(&found.figure));
        // What is left out of the days before is no saving: the rest is compared.
        let is_open = lacks.is_some() && !answer.same_days;
        let so_far = match (is_open, answer.same_days) {
            (true, _) => " so far",
            (_, true) => " same days only",
            _ => "",
        };
        let before = format!("{so_far}   before {}", money::amount(found.figure.previous, places));
        let role = if is_open { Role::Unsure } else { role };
        let room = self.columns.saturating_sub(width(&change) + width(&before));
        let against = answer.previous_period.map_or_else(String::new, |days| days_in(days, room));
        let line = Line::from(vec![
            Span::styled(change, theme.style(role)),
            Span::styled(before + &against, theme.style(Role::Muted)),
        ]);
        self.push(line, None);
    }

    fn parts(&mut self, parts: Option<&QueryAnswer>, card: Card) {
        let Some(parts) = parts else { return self.heading("Parts: there are none") };
        let by: Vec<String> =
            parts.by.iter().map(|by| SafeText::from_outside(&by.title().to_lowercase()).into_string()).collect();
        let what = if card == Card::LastHour { "hours of its day".to_owned() } else { format!("by {}", by.join(", ")) };
        let (shown, all) = (parts.rows.len(), parts.groups as usize);
        let count = if shown < all { format!("the {shown} costliest of {all}") } else { format!("{shown} in all") };
        self.heading(&format!("Parts {what}, {count}"));
        let places = money::places(&parts.currency);
        let bars = if self.columns >= 70 { BAR } else { 0 };
        for (at, row) in parts.rows.iter().enumerate() {
            let whole = parts.total.filter(|whole| *whole > Amount::ZERO);
            let share = row.cost.zip(whole).and_then(|(cost, whole)| cost.ratio(whole));
            let fill = Style::new().fg(self.theme().layer(Some(0)));
            let end = vec![
                Span::raw(right(&money::amount_in(row.cost, places, MONEY), MONEY, "")),
                Span::styled(
                    format!("  {}", left(&bar::bar(share.unwrap_or_default(), bars, &self.theme().glyphs), bars, "")),
                    fill,
                ),
                Span::styled(right(&money::share(share), 7, ""), self.theme().style(Role::Muted)),
            ];
            self.both(&part_name(parts, row), end, Target::Part(at));
        }
    }

    /// How far the data goes, and where it comes from.
    fn rests_on(&mut self, answer: &ExplainAnswer) {
        self.heading("Rests on");
        for fresh in &answer.freshness {
            let name = SafeText::from_outside(services::provider_short(fresh.provider.raw()));
            let (last, settled) = (fresh.last_day, fresh.settled_through);
            self.say(&format!("{name}: charges to {last}, settled through {settled}"), Role::Text);
        }
        for import in &answer.imports {
            self.say(&SafeText::from_outside(import), Role::Text);
        }
        if answer.imports.is_empty() {
            self.say("no import has charges of these days", Role::Text);
        }
    }

    fn items(&mut self, level: &Level) {
        let Some(found) = level.items() else { return self.heading("Line items: there are none") };
        let grouped = |n: usize| words::count(n as u64);
        let (skip, shown, total) = (found.skip as usize, found.items.len(), found.total as usize);
        let from = grouped(skip + usize::from(shown > 0));
        let mut text = format!("Line items {from} to {} of {}", grouped(skip + shown), grouped(total));
        if total > shown {
            let key = |action| self.scene.keymap.key_in(action, Place::Explain);
            text = format!("{text}   {} {} other pages", key(Action::ItemsBefore), key(Action::ItemsAfter));
        }
        self.heading(&text);
        let places = money::places(&found.currency);
        for (at, charge) in found.items.iter().enumerate() {
            let cost = money::amount(item::cost(charge, level.subject.lens.metric), places);
            let text = format!("{}  {}", Day::of_seconds(charge.start), item::described(charge));
            let end = Span::raw(format!("  {cost}"));
            self.both(&text, vec![end], Target::Item(at));
        }
    }

    /// Every column of a charge.
    fn item(&mut self, charge: &LineItem) {
        let columns = item::columns(charge);
        let names = columns.iter().map(|(name, _)| width(name)).max().unwrap_or_default().min(self.columns / 2);
        for (at, (name, value)) in columns.iter().enumerate() {
            let room = self.columns.saturating_sub(names + 2);
            let ellipsis = self.theme().glyphs.ellipsis;
            let name = left(&SafeText::from_outside(name), names + 2, ellipsis);
            let line = Line::from(vec![
                Span::styled(name, self.theme().style(Role::Muted)),
                Span::raw(cut(value, room, ellipsis)),
            ]);
            self.push(line, Some(Target::Column(at)));
        }
    }
}

/// Days behind a gap, as exactly as there is room for: `2026-10-01 to 2026-10-22`, `Oct 1 to 22, 2026`.
fn days_in(days: Period, room: usize) -> String {
    let (first, last) = (days.from.month().year(), days.to.plus(-1).month().year());
    let brief = format!("{}, {last}", days_words(days));
    let all = std::iter::once(days.words()).chain((first == last).then_some(brief));
    all.map(|words| format!("   {words}")).find(|words| width(words) <= room).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_or_left_out() {
        let of = |from: &str, to: &str, room| {
            let day = |text: &str| Day::parse(text).expect("a day");
            days_in(Period { from: day(from), to: day(to) }, room)
        };
        for (room, want) in [(27, "   2026-10-01 to 2026-10-22"), (26, "   Oct 1 to 22, 2026"), (19, "")] {
            assert_eq!(of("2026-10-01", "2026-10-23", room), want, "{room}");
        }
        assert_eq!(of("2025-12-30", "2026-01-03", 26), "", "years that differ are said or nothing is");
    }
}
