//! The read-out under the chart: what the selected bar costs or will, what it is held against, what is written
//! down about it, and each series.
//!
//! Makes text of an answer's amounts and days. Asks nothing and changes nothing.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::cards::{change, days_words, so_far};
use super::super::pieces::{called, name_columns, named_together};
use super::{NAME, OPEN, Timeline, within};
use crate::domain::calendar::{Granularity, Period};
use crate::domain::currency::written;
use crate::engine::answer::{self, Figure};
use crate::engine::held;
use crate::engine::query::pieces;
use crate::tui::text::{cut, cut_words, left, put, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of a note's text at least and at most.
const NOTE_MIN: usize = 8;
const NOTE_MAX: usize = 60;

impl Timeline<'_> {
    /// The selected bar as text to copy.
    #[must_use]
    pub fn row_text(&self) -> Option<String> {
        let (answer, bar) = (self.answer, self.bar()?);
        let starts = self.starts.get(bar.clone())?;
        let (first, last) = (answer.granularity.label(*starts.first()?), answer.granularity.label(*starts.last()?));
        let when = if first == last { first } else { format!("{first} to {last}") };
        let places = money::places(&answer.currency);
        if let Some(range) = self.foretold(&bar) {
            let [value, low, high] = self.ends(range);
            return Some(format!("{when}\t{value} {}\tforecast, 80 % {low} to {high}", answer.currency));
        }
        let amount = money::amount(within(&answer.totals, &bar), places);
        let forecast = self.expected(&bar).map_or_else(String::new, |range| {
            let [value, low, high] = self.ends(range);
            format!("\tforecast {value}, 80 % {low} to {high}")
        });
        Some(format!("{when}\t{amount} {}{forecast}", answer.currency))
    }

    /// Draws what the selected bar costs: on one row its total, on the next what is written down
    /// about it and, where that is asked for, each series.
    pub fn readout(&self, area: Rect, series: bool, buf: &mut Buffer, theme: &Theme) {
        let Some(bar) = self.bar() else { return };
        let mut first = self.total(&bar, usize::from(area.width), theme);
        let two = area.height > 1;
        let columns = usize::from(area.width);
        let room = |used: &[Span<'_>]| columns.saturating_sub(used.iter().map(Span::width).sum());
        let mut second = if two { Vec::new() } else { std::mem::take(&mut first) };
        let flag = self.flag(&bar, columns, theme);
        let needs: usize = flag.iter().map(Span::width).sum();
        // What is written down stands where it hides no figure; else it is cut.
        let beside = needs > 0 && two && needs + 2 <= room(&first);
        let keep = if beside { 0 } else { needs.min(columns / 4) };
        // What will come is foretold of all series together.
        if series && self.foretold(&bar).is_none() {
            second.extend(self.parts(&bar, room(&second).saturating_sub(keep), theme));
        }
        if beside {
            first.push(Span::raw("  "));
            first.extend(flag);
        } else if room(&second) >= NOTE_MIN {
            second.extend(self.flag(&bar, room(&second), theme));
        }
        put(buf, area, 0, &Line::from(first));
        put(buf, area, u16::from(two), &Line::from(second));
    }

    /// What is written down about a bar, in at most so many columns.
    fn flag(&self, bar: &Range<usize>, room: usize, theme: &Theme) -> Vec<Span<'static>> {
        let Some((_, words)) = self.chart.marks.iter().find(|(piece, _)| bar.contains(piece)) else { return vec![] };
        let sign = Span::styled(format!("{} ", theme.glyphs.note), theme.style(Role::Accent));
        let words = cut_words(words, room.saturating_sub(2).min(NOTE_MAX), theme.glyphs.ellipsis);
        vec![sign, Span::raw(words)]
    }

    /// What is foretold as text: as likely too low as too high, the interval's lower end, and its upper.
    fn ends(&self, range: &answer::Range) -> [String; 3] {
        let code = &self.answer.currency;
        [range.forecast, range.low_80, range.high_80].map(|amount| written(amount, code))
    }

    /// Whether anything of a bar may still change.
    fn is_open(&self, bar: &Range<usize>) -> bool {
        self.chart.layers.iter().any(|layer| bar.end > layer.open_from)
    }

    /// The bar's name, cost, change, and what it is held against.
    fn total(&self, bar: &Range<usize>, room: usize, theme: &Theme) -> Vec<Span<'static>> {
        let answer = self.answer;
        let places = money::places(&answer.currency);
        let (amount, previous) = (within(&answer.totals, bar), within(answer.held_series(), bar));
        let whole = within(&answer.previous_series, bar);
        let is_part = previous.is_some() && previous != whole;
        let figure = Figure { amount, previous };
        let muted = theme.style(Role::Muted);
        let amounts = self.columns(&answer.totals);
        let names = name_columns(answer.granularity, self.together);
        if let Some(range) = self.foretold(bar) {
            return self.ahead(bar, range, (names, amounts), room, theme);
        }
        let value = money::amount(amount, places);
        let mut spans = vec![
            Span::styled(left(&self.name_of(bar), names, ""), theme.style(Role::Accent)),
            Span::styled(format!(" {value:>amounts$}  "), theme.style(Role::Strong)),
        ];
        // What does not fit whole is left out: a part of a number is another number.
        let fits = |spans: &[Span<'_>], words: &str| {
            spans.iter().map(Span::width).sum::<usize>() + width(words.trim_end()) <= room
        };
        if amount.is_none() && fits(&spans, "nothing known yet") {
            spans.push(Span::styled("nothing known yet  ", muted));
        }
        let open = self.is_open(bar);
        if figure.change().is_some() {
            let text = if open { so_far(&figure, 16, theme) } else { change(&figure, places, 0, "", 12, theme) };
            if fits(&spans, &text.content) {
                spans.push(Span::styled(left(&text.content, 16, ""), text.style));
            }
        }
        if let Some((previous, before)) = previous.or(whole).zip(self.held_against(bar)) {
            let cost = previous.grouped(places);
            // What others cost then whose charges are not in now is left out.
            let of = if is_part { " of those in" } else { "" };
            let words = [format!("{before} {cost}{of}"), format!("{cost}{of}")];
            if let Some(words) = words.into_iter().find(|words| fits(&spans, &format!("- {words}"))) {
                let sign = Span::raw(theme.glyphs.previous.to_string());
                spans.extend([sign, Span::styled(format!(" {words}  "), muted)]);
            }
        }
        if let Some(range) = self.expected(bar) {
            let [value, low, high] = self.ends(range);
            let words = [format!("forecast {value}, {low} to {high}  "), format!("forecast {value}  ")];
            let words = words.into_iter().find(|words| fits(&spans, words));
            spans.extend(words.map(|words| Span::styled(words, theme.style(Role::Unsure))));
        }
        if open && fits(&spans, OPEN) {
            spans.push(Span::styled(OPEN, theme.style(Role::Unsure)));
        }
        spans
    }

    /// The name of a bar that has not come, what is foretold of it, and the interval.
    fn ahead(
        &self,
        bar: &Range<usize>,
        range: &answer::Range,
        (names, amounts): (usize, usize),
        room: usize,
        theme: &Theme,
    ) -> Vec<Span<'static>> {
        let [value, low, high] = self.ends(range);
        let mut spans = vec![
            Span::styled(left(&self.name_of(bar), names, ""), theme.style(Role::Accent)),
            Span::styled(format!(" {value:>amounts$}  "), theme.style(Role::Strong)),
        ];
        let used: usize = spans.iter().map(Span::width).sum();
        let words = [format!("forecast, 80 % between {low} and {high}"), format!("forecast, {low} to {high}")];
        let words =
            words.into_iter().find(|words| used + width(words) <= room).unwrap_or_else(|| "forecast".to_owned());
        spans.push(Span::styled(words, theme.style(Role::Unsure)));
        spans
    }

    /// What a bar is held against, by its name.
    fn held_against(&self, bar: &Range<usize>) -> Option<String> {
        let answer = self.answer;
        let (granularity, against) = (answer.granularity, answer.previous_period?);
        if granularity == Granularity::Hour {
            let hours = pieces(against, granularity);
            let hours = hours.get(bar.start..bar.end.min(hours.len())).filter(|hours| !hours.is_empty())?;
            return Some(named_together(hours, granularity, against));
        }
        let starts = answer.starts.get(bar.clone())?.iter();
        let mut days = starts.filter_map(|start| held::days_against(answer.period, against, granularity, *start));
        let first = days.next()?;
        Some(match days.next_back() {
            None => called(first, granularity),
            Some(last) => days_words(Period { from: first.from, to: last.to }),
        })
    }

    /// Each series' cost, as many as fit, and how many more there are.
    fn parts(&self, bar: &Range<usize>, room: usize, theme: &Theme) -> Vec<Span<'static>> {
        let places = money::places(&self.answer.currency);
        let muted = theme.style(Role::Muted);
        let mut spans = Vec::new();
        let mut used = 0;
        let all = self.answer.series.len();
        for (i, series) in self.answer.series.iter().enumerate() {
            let name = cut(&self.name(series), NAME, theme.glyphs.ellipsis);
            // As wide as the series' widest cost: moving over the days changes digits, not places.
            let amounts = self.columns(&series.costs);
            let cost = money::amount(within(&series.costs, bar), places);
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
