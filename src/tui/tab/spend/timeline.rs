//! The Spend tab's chart over time, its heading with the legend, and its series in numbers.
//!
//! Makes floats and labels of an answer's amounts and days. Asks nothing and changes nothing.

mod readout;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::pieces::{WHEN, labels, named_together};
use super::state::Pane;
use super::{State, ahead};
use crate::domain::calendar::{Day, Granularity};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::answer::{self, ForecastAnswer, Freshness, Series, SpendAnswer, SpendDetails};
use crate::engine::pending;
use crate::tui::tab::{label, layers, short_day};
use crate::tui::text::{cut, left, put, put_at, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Layer};
use crate::tui::widget::money;
use crate::tui::widget::plan::Plan;

/// What is said of days that may still change.
const OPEN: &str = "not settled";
/// Columns of a series' name in legend and read-out at most.
const NAME: usize = 20;
/// Columns of a share.
const SHARE: usize = 7;

/// An answer as it stands on a time axis.
pub struct Timeline<'a> {
    state: &'a State,
    answer: &'a SpendAnswer,
    forecast: Option<&'a ForecastAnswer>,
    by: Dimension,
    /// The first moment of each piece, those that have not come among them.
    starts: Vec<i64>,
    /// How many pieces of time a bar adds up.
    together: usize,
    /// What is drawn.
    pub chart: Chart,
}

impl<'a> Timeline<'a> {
    /// An answer to what the state asked, with what is foretold, in a chart of so many columns.
    #[must_use]
    pub fn of(
        state: &'a State,
        answer: &'a SpendAnswer,
        forecast: Option<&'a ForecastAnswer>,
        columns: u16,
    ) -> Timeline<'a> {
        let by = state.slot.shown.as_ref().and_then(|s| s.lens.by.first().cloned()).unwrap_or(Dimension::Provider);
        let layer = |(series, paint): (&Series, Option<usize>)| Layer {
            paint,
            values: money::floats(&series.costs),
            open_from: open_from(answer, &by, series),
        };
        let layers = answer.series.iter().zip(paints(answer)).map(layer).collect();
        // A week or month that begins before the period is named by the days of it that are looked at.
        let starts = ahead::starts(state, answer);
        let named: Vec<i64> = starts.iter().map(|start| (*start).max(answer.period.from.seconds())).collect();
        let chart = Chart {
            layers,
            ahead: ahead::values(forecast, answer, &starts),
            previous: money::floats(&answer.previous_series),
            labels: labels(&named, answer.granularity),
            strides: strides(answer.granularity),
            marks: marks(answer, state.details.answer(Some(&answer.currency), |details| &details.currency)),
            cursor: state.cursor(answer),
        };
        let together = together(state, answer, columns);
        Timeline { state, answer, forecast, by, starts, together, chart }
    }

    fn name(&self, series: &Series) -> SafeText {
        match &series.key {
            None => SafeText::ours("other"),
            Some(key) => label(&self.by, key, series.name.as_ref()),
        }
    }

    /// Draws the heading of the chart, which has an area of its own, with as much of the legend as fits.
    pub fn legend(&self, area: Rect, chart: Rect, buf: &mut Buffer, theme: &Theme) {
        let title = self.title();
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
            let exceeded = self.chart.is_exceeded(chart, theme);
            notes.push((Span::raw(theme.glyphs.previous.to_string()), "before".into()));
            notes.extend(exceeded.then(|| (Span::raw(theme.glyphs.beyond.to_string()), "higher".into())));
        }
        if self.chart.is_open() {
            let taken = used + notes.iter().map(needs).sum::<usize>() + 4;
            let since = self.open_since();
            let words = if taken + width(&since) <= room { since } else { OPEN.to_owned() };
            notes.push((Span::styled(theme.glyphs.hatch.to_string(), muted), words));
        }
        if self.chart.is_foretold() {
            notes.push((Span::styled(theme.glyphs.ahead.to_string(), muted), "forecast".into()));
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

    /// What is charted, what a bar of it is, and where charges begin after the first bar.
    fn title(&self) -> String {
        let (title, unit) = match self.answer.granularity {
            Granularity::Hour => ("Hourly", "hours"),
            Granularity::Day => ("Daily", "days"),
            Granularity::Week => ("Weekly", "weeks"),
            Granularity::Month => ("Monthly", "months"),
        };
        let mut title = title.to_owned();
        if self.together > 1 {
            title.push_str(&format!(", {} {unit} a bar", self.together));
        }
        let first = self.answer.totals.iter().position(Option::is_some).filter(|first| *first >= self.together);
        if let Some(start) = first.and_then(|first| self.answer.starts.get(first)) {
            let what = if self.answer.granularity == Granularity::Hour { unit } else { "charges" };
            title.push_str(&format!(", {what} begin {}", short_day(Day::of_seconds(*start))));
        }
        title
    }

    /// Those whose charges are charted.
    fn charted(&self) -> impl Iterator<Item = &Freshness> + Clone {
        let series = &self.answer.series;
        let all = self.by != Dimension::Provider || series.iter().any(|s| s.key.is_none());
        self.answer.freshness.iter().filter(move |f| all || series.iter().any(|s| s.key.as_ref() == Some(&f.provider)))
    }

    /// That days are not settled, after which one, and who keeps them open.
    fn open_since(&self) -> String {
        let mut charted = self.charted();
        let settled = pending::settled(charted.clone(), self.answer.as_of);
        let Some(oldest) = charted.clone().find(|f| Some(f.settled_through) == settled) else { return OPEN.to_owned() };
        let day = short_day(oldest.settled_through);
        if charted.all(|f| f.settled_through == oldest.settled_through) {
            return format!("{OPEN} after {day}");
        }
        let name = SafeText::from_outside(services::provider_short(oldest.provider.raw()));
        format!("{OPEN}: {} after {day}", cut(&name, 14, ""))
    }

    /// The pieces of the selected bar.
    fn bar(&self) -> Option<Range<usize>> {
        self.state.bar(self.answer, self.together)
    }

    /// The widest of some amounts, bar by bar.
    fn columns(&self, amounts: &[Option<Amount>]) -> usize {
        let places = money::places(&self.answer.currency);
        let bars = amounts.chunks(self.together).map(|bar| width(&money::amount(sum(bar), places)));
        bars.max().unwrap_or_default()
    }

    /// Draws every series in numbers: of the selected bar, of the whole period, and its share.
    pub fn numbers(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let answer = self.answer;
        let Some(bar) = self.bar() else { return };
        let muted = theme.style(Role::Muted);
        let places = money::places(&answer.currency);
        let totals = answer.series.iter().map(|s| s.total).chain([answer.total.amount]);
        let whole = totals.map(|t| width(&money::amount(t, places))).max().unwrap_or_default().max(6) + 2;
        let one = self.columns(&answer.totals).max(WHEN) + 1;
        let names = usize::from(area.width).saturating_sub(whole + one + SHARE);
        let name = self.name_of(&bar);
        // Its read-out names it in full.
        let name = if width(&name) < one { name } else { format!("{} {}s", bar.len(), answer.granularity.name()) };
        let words =
            left("", names, "") + &right(&name, one, "") + &right("in all", whole, "") + &right("share", SHARE, "");
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
            spans.extend(cells(within(&series.costs, &bar), series.total));
            put(buf, area, row, &Line::from(spans));
            row += 1;
        }
        let mut spans = vec![Span::styled(left("  all", names, ""), muted)];
        let ahead = self.foretold(&bar).map(|range| range.forecast);
        spans.extend(cells(ahead.or(within(&answer.totals, &bar)), answer.total.amount));
        put(buf, area, row, &Line::from(spans));
        if answer.previous_period.is_some() {
            let words = left(&format!("{} before", theme.glyphs.previous), names, "");
            let mut spans = vec![Span::styled(words, muted)];
            let before = cells(within(&answer.previous_series, &bar), answer.total.previous);
            spans.extend(before.into_iter().take(2));
            put(buf, area, row + 1, &Line::from(spans));
        }
    }

    /// What a bar is called.
    fn name_of(&self, bar: &Range<usize>) -> String {
        let starts = self.starts.get(bar.clone()).unwrap_or_default();
        // What has begun is named by the days of it that are looked at.
        let has_begun = starts.first().is_some_and(|start| *start < self.answer.period.to.seconds());
        let days = if has_begun { self.answer.period } else { self.state.charted(self.answer) };
        named_together(starts, self.answer.granularity, days)
    }

    /// What is foretold of a bar that is one piece of which nothing is known.
    fn foretold(&self, bar: &Range<usize>) -> Option<&answer::Range> {
        self.expected(bar).filter(|_| within(&self.answer.totals, bar).is_none())
    }

    /// What is foretold of a bar that is one piece, of which some may have come.
    fn expected(&self, bar: &Range<usize>) -> Option<&answer::Range> {
        let start = *self.starts.get(bar.start)?;
        ahead::of_piece(self.forecast.filter(|_| bar.len() == 1)?, self.answer, (bar.start, start))
    }
}

/// How many pieces of time a bar adds up in a chart of so many columns.
#[must_use]
pub fn together(state: &State, answer: &SpendAnswer, columns: u16) -> usize {
    Plan::within(state.pieces(answer), columns, strides(answer.granularity)).pieces
}

/// How many hours go into a day, and days into a week: bars of hours cross no midnight.
fn strides(granularity: Granularity) -> &'static [usize] {
    if granularity == Granularity::Hour { &[1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168] } else { &[] }
}

/// A pane's heading, in the accent where keys act on it.
pub fn heading(title: &str, focus: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let role = if focus { Role::Accent } else { Role::Strong };
    put(buf, area, 0, &Line::from(Span::styled(title.to_owned(), theme.style(role))));
}

/// What some pieces cost together, as far as it is known.
fn sum(amounts: &[Option<Amount>]) -> Option<Amount> {
    amounts.iter().flatten().copied().reduce(|a, b| a + b)
}

/// The same of those pieces of some that a bar adds up.
fn within(amounts: &[Option<Amount>], bar: &Range<usize>) -> Option<Amount> {
    sum(amounts.get(bar.start..bar.end.min(amounts.len())).unwrap_or_default())
}

/// The user's notes, and the anomalies once they are told, by the piece that their day is in.
fn marks(answer: &SpendAnswer, details: Option<&SpendDetails>) -> Vec<(usize, String)> {
    let mut marks: Vec<(usize, String)> = Vec::new();
    let notes = answer.notes.iter().map(|note| (note.day, note.text.safe().into_string()));
    let anomalies = details.into_iter().flat_map(|details| &details.anomalies);
    // What it is stands first; whose it is and where is told in its tab.
    let named = |words: &str| words.split(" | ").next().unwrap_or_default().to_owned();
    let anomalies = anomalies.map(|anomaly| (anomaly.start, named(&anomaly.place_words)));
    let mut all: Vec<(Day, String)> = notes.chain(anomalies).collect();
    all.sort_by_key(|(day, _)| *day);
    for (day, text) in all {
        let piece = answer.starts.partition_point(|start| *start <= day.seconds()).saturating_sub(1);
        match marks.last_mut() {
            Some((last, words)) if *last == piece => words.push_str(&format!("; {text}")),
            _ => marks.push((piece, text)),
        }
    }
    marks
}

/// Which of the theme's layers each series has.
fn paints(answer: &SpendAnswer) -> Vec<Option<usize>> {
    let keys: Vec<Option<&str>> = answer.series.iter().map(|s| s.key.as_ref().map(|k| k.raw())).collect();
    layers(&keys)
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
