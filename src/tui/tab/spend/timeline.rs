//! The Spend tab's chart over time, its heading with the legend, and the read-out under it.
//!
//! Makes floats and labels of an answer's amounts and days. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::cards::{change, days_words, so_far};
use super::state::Pane;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::answer::{Figure, Series, SpendAnswer};
use crate::engine::held;
use crate::engine::query::pieces;
use crate::tui::tab::{label, short_day};
use crate::tui::text::{cut, cut_words, left, put, put_at, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Label, Layer};
use crate::tui::widget::money;

/// Columns of a series' name in legend and read-out at most.
const NAME: usize = 20;
/// Columns of a piece's name in the read-out: `Wed Nov 20 14:00`.
const WHEN: usize = 16;
/// Columns of a share, and of a note's text at least and at most.
const SHARE: usize = 7;
const NOTE_MIN: usize = 8;
const NOTE_MAX: usize = 60;

/// An answer as it stands on a time axis.
pub struct Timeline<'a> {
    state: &'a State,
    answer: &'a SpendAnswer,
    by: Dimension,
    /// What is drawn.
    pub chart: Chart,
}

impl<'a> Timeline<'a> {
    /// An answer to what the state asked.
    #[must_use]
    pub fn of(state: &'a State, answer: &'a SpendAnswer) -> Timeline<'a> {
        let by = state.slot.shown.as_ref().and_then(|s| s.lens.by.first().cloned()).unwrap_or(Dimension::Provider);
        let layer = |(series, paint): (&Series, Option<usize>)| Layer {
            paint,
            values: money::floats(&series.costs),
            open_from: open_from(answer, &by, series),
        };
        let layers = answer.series.iter().zip(paints(answer)).map(layer).collect();
        let chart = Chart {
            layers,
            previous: money::floats(&answer.previous_series),
            labels: labels(&answer.starts, answer.granularity),
            strides: if answer.granularity == Granularity::Hour { &[1, 2, 3, 6, 12, 24, 48, 72, 168] } else { &[] },
            marks: marks(answer),
            cursor: state.cursor(answer),
        };
        Timeline { state, answer, by, chart }
    }

    fn name(&self, series: &Series) -> SafeText {
        match &series.key {
            None => SafeText::ours("other"),
            Some(key) => label(&self.by, key, series.name.as_ref()),
        }
    }

    /// Draws the heading with as much of the legend as fits.
    pub fn legend(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let (title, unit) = match self.answer.granularity {
            Granularity::Hour => ("Hourly", "hours"),
            Granularity::Day => ("Daily", "days"),
            Granularity::Week => ("Weekly", "weeks"),
            Granularity::Month => ("Monthly", "months"),
        };
        let shared = self.chart.plan(area.width).pieces;
        let title = if shared > 1 { format!("{title}, {shared} {unit} a bar") } else { title.to_owned() };
        heading(&title, self.state.focus == Pane::Chart, area, buf, theme);
        let muted = theme.style(Role::Muted);
        let sign = |layer: &Layer| Span::styled(theme.swatch(layer.paint).to_string(), theme.layer(layer.paint));
        let series = self.answer.series.iter().zip(&self.chart.layers);
        let series = series.map(|(s, layer)| (sign(layer), cut(&self.name(s), NAME, theme.glyphs.ellipsis)));
        let series: Vec<(Span<'_>, String)> = series.collect();
        // Series that do not fit are left to the read-out; what other signs mean is said first.
        let room = usize::from(area.width).saturating_sub(width(&title) + 3);
        let needs = |(_, name): &(Span<'_>, String)| width(name) + 4;
        let mut used: usize = series.iter().map(needs).sum();
        let mut notes: Vec<(Span<'_>, String)> = Vec::new();
        if self.answer.previous_period.is_some() {
            notes.push((Span::raw(theme.glyphs.previous.to_string()), "before".into()));
        }
        if self.chart.is_open() {
            let taken = used + notes.iter().map(needs).sum::<usize>() + 4;
            let settled = self.settled();
            let words = if taken + width(&settled) <= room { settled } else { "not settled".to_owned() };
            notes.push((Span::styled(theme.glyphs.hatch.to_string(), muted), words));
        }
        used = notes.iter().map(needs).sum();
        let mut all: Vec<(Span<'_>, String)> = Vec::new();
        for one in series {
            if used + needs(&one) > room {
                break;
            }
            used += needs(&one);
            all.push(one);
        }
        all.extend(notes);
        let spans =
            all.into_iter().flat_map(|(sign, name)| [Span::raw("  "), sign, Span::raw(" "), Span::styled(name, muted)]);
        put_at(buf, area, area.width.saturating_sub(used as u16), 0, &Line::from(spans.collect::<Vec<_>>()));
    }

    /// Up to where days are settled, and who keeps the others open.
    fn settled(&self) -> String {
        let fresh = &self.answer.freshness;
        let Some(oldest) = fresh.iter().min_by_key(|f| f.settled_through) else { return "not settled".to_owned() };
        let day = short_day(oldest.settled_through);
        if fresh.iter().all(|f| f.settled_through == oldest.settled_through) {
            return format!("settled through {day}");
        }
        let name = SafeText::from_outside(services::provider_short(oldest.provider.raw()));
        format!("{} settled through {day}", cut(&name, 14, ""))
    }

    /// Draws what the selected piece costs: on one row its total, on the next what is written down
    /// about it and, where that is asked for, each series.
    pub fn readout(&self, area: Rect, series: bool, buf: &mut Buffer, theme: &Theme) {
        let Some(at) = self.chart.cursor else { return };
        let Some(start) = self.answer.starts.get(at).copied() else { return };
        let mut first = self.total(at, start, usize::from(area.width), theme);
        let two = area.height > 1;
        let room = |used: &[Span<'_>]| usize::from(area.width).saturating_sub(used.iter().map(Span::width).sum());
        let mut second = if two { Vec::new() } else { std::mem::take(&mut first) };
        let most = room(&second).saturating_sub(4).min(NOTE_MAX);
        let note = self.chart.marks.iter().find(|(piece, _)| *piece == at && most >= NOTE_MIN);
        if let Some((_, words)) = note {
            let words = cut_words(words, most, theme.glyphs.ellipsis);
            let sign = Span::styled(format!("{} ", theme.glyphs.note), theme.style(Role::Accent));
            second.extend([sign, Span::raw(words), Span::raw("  ")]);
        }
        if series {
            second.extend(self.parts(at, room(&second), theme));
        }
        put(buf, area, 0, &Line::from(first));
        put(buf, area, u16::from(two), &Line::from(second));
    }

    /// Draws every series in numbers: of the selected piece, of the whole period, and its share.
    pub fn numbers(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let answer = self.answer;
        let at = self.chart.cursor.unwrap_or_default();
        let muted = theme.style(Role::Muted);
        let places = money::places(&answer.currency);
        let totals = answer.series.iter().map(|s| s.total).chain([answer.total.amount]);
        let whole = totals.map(|t| width(&money::amount(t, places))).max().unwrap_or_default().max(6) + 2;
        let one = columns(&answer.totals, places).max(WHEN) + 1;
        let names = usize::from(area.width).saturating_sub(whole + one + SHARE);
        let start = answer.starts.get(at).map(|start| named(*start, answer.granularity, answer.period));
        let start = start.unwrap_or_default();
        let words =
            left("", names, "") + &right(&start, one, "") + &right("in all", whole, "") + &right("share", SHARE, "");
        put(buf, area, 0, &Line::from(Span::styled(words, muted)));
        let amount = |value: Option<Amount>, room: usize| right(&money::amount_in(value, places, room - 1), room, "");
        let cells = |now: Option<Amount>, total: Option<Amount>| {
            let share = total.zip(answer.total.amount).and_then(|(part, all)| part.ratio(all));
            let share = right(&money::share(share), SHARE, "");
            [Span::raw(amount(now, one)), Span::raw(amount(total, whole)), Span::styled(share, muted)]
        };
        let mut row = 1;
        for (series, layer) in answer.series.iter().zip(&self.chart.layers) {
            let name = left(&self.name(series), names.saturating_sub(2), theme.glyphs.ellipsis);
            let sign = Span::styled(format!("{} ", theme.swatch(layer.paint)), theme.layer(layer.paint));
            let mut spans = vec![sign, Span::raw(name)];
            spans.extend(cells(series.costs.get(at).copied().flatten(), series.total));
            put(buf, area, row, &Line::from(spans));
            row += 1;
        }
        let mut spans = vec![Span::styled(left("  all", names, ""), muted)];
        spans.extend(cells(answer.totals.get(at).copied().flatten(), answer.total.amount));
        put(buf, area, row, &Line::from(spans));
        if answer.previous_period.is_some() {
            let words = left(&format!("{} before", theme.glyphs.previous), names, "");
            let mut spans = vec![Span::styled(words, muted)];
            let before = cells(answer.previous_series.get(at).copied().flatten(), answer.total.previous);
            spans.extend(before.into_iter().take(2));
            put(buf, area, row + 1, &Line::from(spans));
        }
    }

    /// The piece's name, cost, change, and what it is held against.
    fn total(&self, at: usize, start: i64, room: usize, theme: &Theme) -> Vec<Span<'static>> {
        let answer = self.answer;
        let places = money::places(&answer.currency);
        let amount = answer.totals.get(at).copied().flatten();
        let previous = answer.previous_series.get(at).copied().flatten();
        let figure = Figure { amount, previous };
        let muted = theme.style(Role::Muted);
        let amounts = columns(&answer.totals, places);
        let value = money::amount(amount, places);
        let mut spans = vec![
            Span::styled(left(&named(start, answer.granularity, answer.period), WHEN, ""), theme.style(Role::Accent)),
            Span::styled(format!(" {value:>amounts$}  "), theme.style(Role::Strong)),
        ];
        // What does not fit whole is left out: a part of a number is another number.
        let fits = |spans: &[Span<'_>], words: &str| {
            spans.iter().map(Span::width).sum::<usize>() + width(words.trim_end()) <= room
        };
        if amount.is_none() && fits(&spans, "nothing known yet") {
            spans.push(Span::styled("nothing known yet  ", muted));
        }
        let open = answer.settled_through.is_some_and(|settled| Day::of_seconds(start) > settled);
        if figure.change().is_some() {
            let text = if open { so_far(&figure, 16, theme) } else { change(&figure, places, 0, "", 12, theme) };
            if fits(&spans, &text.content) {
                spans.push(Span::styled(left(&text.content, 16, ""), text.style));
            }
        }
        if let Some((previous, before)) = previous.zip(self.held_against(at, start)) {
            let cost = previous.grouped(places);
            let words = [format!("{before} {cost}"), cost];
            if let Some(words) = words.into_iter().find(|words| fits(&spans, &format!("- {words}"))) {
                let sign = Span::raw(theme.glyphs.previous.to_string());
                spans.extend([sign, Span::styled(format!(" {words}  "), muted)]);
            }
        }
        let words = [self.settled(), "settling".to_owned()];
        if let Some(words) = words.into_iter().find(|words| open && fits(&spans, words)) {
            spans.push(Span::styled(words, theme.style(Role::Unsure)));
        }
        spans
    }

    /// What a piece is held against, by its name.
    fn held_against(&self, at: usize, start: i64) -> Option<String> {
        let answer = self.answer;
        let against = answer.previous_period?;
        if answer.granularity == Granularity::Hour {
            return pieces(against, Granularity::Hour).get(at).map(|start| when(*start, Granularity::Hour));
        }
        let days = held::days_against(answer.period, against, answer.granularity, start)?;
        Some(called(days, answer.granularity))
    }

    /// Each series' cost, as many as fit, and how many more there are.
    fn parts(&self, at: usize, room: usize, theme: &Theme) -> Vec<Span<'static>> {
        let places = money::places(&self.answer.currency);
        let muted = theme.style(Role::Muted);
        let mut spans = Vec::new();
        let mut used = 0;
        let all = self.answer.series.len();
        for (i, series) in self.answer.series.iter().enumerate() {
            let name = cut(&self.name(series), NAME, theme.glyphs.ellipsis);
            // As wide as the series' widest cost: moving over the days changes digits, not places.
            let amounts = columns(&series.costs, places);
            let cost = money::amount(series.costs.get(at).copied().flatten(), places);
            let more = if i + 1 < all { format!("{} more", all - i) } else { String::new() };
            let needs = width(&name) + 1 + amounts + 3;
            let after = if i + 1 < all { 8 } else { 0 };
            if used + needs + after > room + 3 {
                if used + width(&more) <= room {
                    spans.push(Span::styled(more, muted));
                }
                break;
            }
            used += needs;
            spans.extend([Span::styled(format!("{name} "), muted), Span::raw(format!("{cost:>amounts$}   "))]);
        }
        spans
    }
}

/// A pane's heading, in the accent where keys act on it.
pub fn heading(title: &str, focus: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let role = if focus { Role::Accent } else { Role::Strong };
    put(buf, area, 0, &Line::from(Span::styled(title.to_owned(), theme.style(role))));
}

/// Columns of the widest of some amounts.
fn columns(amounts: &[Option<Amount>], places: u32) -> usize {
    amounts.iter().map(|amount| width(&money::amount(*amount, places))).max().unwrap_or_default()
}

/// The user's notes by the piece that their day is in.
fn marks(answer: &SpendAnswer) -> Vec<(usize, String)> {
    let mut marks: Vec<(usize, String)> = Vec::new();
    for note in &answer.notes {
        let piece = answer.starts.partition_point(|start| *start <= note.day.seconds()).saturating_sub(1);
        let text = note.text.safe();
        match marks.last_mut() {
            Some((last, words)) if *last == piece => words.push_str(&format!("; {text}")),
            _ => marks.push((piece, text.into_string())),
        }
    }
    marks
}

/// Which of the theme's layers each series has: providers keep theirs whatever their rank.
fn paints(answer: &SpendAnswer) -> Vec<Option<usize>> {
    let fixed = |s: &Series| match s.key.as_ref().map(|k| k.raw()) {
        Some("Microsoft") => Some(0),
        Some("AWS") => Some(1),
        Some("Google Cloud") => Some(2),
        _ => None,
    };
    let taken: Vec<usize> = answer.series.iter().filter_map(fixed).collect();
    let mut free = (0..).filter(|i| !taken.contains(i));
    answer.series.iter().map(|s| s.key.as_ref().and_then(|_| fixed(s).or_else(|| free.next()))).collect()
}

/// The first piece that may still change: of a provider's own days where series are providers.
fn open_from(answer: &SpendAnswer, by: &Dimension, series: &Series) -> usize {
    let own = series
        .key
        .as_ref()
        .filter(|_| *by == Dimension::Provider)
        .and_then(|key| answer.freshness.iter().find(|f| f.provider == *key).map(|f| f.settled_through));
    let Some(settled) = own.or(answer.settled_through) else { return answer.starts.len() };
    let ends = answer.starts.iter().skip(1).copied().chain([answer.period.to.seconds()]);
    ends.take_while(|end| Day::of_seconds(end - 1) <= settled).count()
}

/// What pieces are called under the axis: days by their month, hours by their day, months by their
/// year.
fn labels(starts: &[i64], granularity: Granularity) -> Vec<Label> {
    let one = |start: &i64| {
        let day = Day::of_seconds(*start);
        let (month, year) = (&day.month().name()[..3], day.month().year());
        let (group, name) = match granularity {
            Granularity::Hour => (short_day(day), format!("{:02}h", start.rem_euclid(86_400) / 3_600)),
            Granularity::Month => (year.to_string(), month.to_owned()),
            Granularity::Day | Granularity::Week => (month.to_owned(), day.number().to_string()),
        };
        Label { group, name }
    };
    starts.iter().map(one).collect()
}

/// What a piece is called in a sentence: `Wed Nov 20`, `Wed Nov 20 14:00`, `week of Nov 18`,
/// `November 2024`.
#[must_use]
pub fn when(start: i64, granularity: Granularity) -> String {
    let day = Day::of_seconds(start);
    match granularity {
        Granularity::Hour => {
            format!("{} {} {:02}:00", day.weekday(), short_day(day), start.rem_euclid(86_400) / 3_600)
        }
        Granularity::Day => format!("{} {}", day.weekday(), short_day(day)),
        Granularity::Week => format!("week of {}", short_day(day)),
        Granularity::Month => format!("{} {}", day.month().name(), day.month().year()),
    }
}

/// What a piece of time within some days is called: by those of its days that lie in there.
fn named(start: i64, granularity: Granularity, period: Period) -> String {
    match granularity {
        Granularity::Hour => when(start, granularity),
        _ => called(held::days(period, granularity, start), granularity),
    }
}

/// What some days are called that a day, a week or a month has, or a part of it.
fn called(days: Period, granularity: Granularity) -> String {
    let (first, last) = (days.from, days.to.plus(-1));
    let start = granularity.floor(first.seconds());
    if days == held::days(days_around(days), granularity, start) {
        return when(start, granularity);
    }
    if granularity == Granularity::Month {
        // The same month of two years may stand side by side.
        return format!("{}-{} {}", short_day(first), last.number(), last.month().year());
    }
    if first == last {
        return when(first.seconds(), Granularity::Day);
    }
    days_words(days)
}

/// More than all pieces that days may be a part of.
fn days_around(days: Period) -> Period {
    Period { from: days.from.plus(-31), to: days.to.plus(31) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_called_as_people_call_them() {
        let at = |text: &str, hour: i64| Day::parse(text).expect("date").seconds() + hour * 3_600;
        for (start, granularity, words, group, name) in [
            (at("2024-11-20", 14), Granularity::Hour, "Wed Nov 20 14:00", "Nov 20", "14h"),
            (at("2024-11-20", 0), Granularity::Day, "Wed Nov 20", "Nov", "20"),
            (at("2024-11-18", 0), Granularity::Week, "week of Nov 18", "Nov", "18"),
            (at("2024-09-01", 0), Granularity::Month, "September 2024", "2024", "Sep"),
        ] {
            assert_eq!(when(start, granularity), words);
            assert!(width(words) <= WHEN);
            assert_eq!(labels(&[start], granularity), [Label { group: group.into(), name: name.into() }]);
        }
    }
}
