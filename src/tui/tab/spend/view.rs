//! Draws the Spend tab: cards, warnings, chart with legend and read-out, moves.
//!
//! Pure: reads state, writes cells. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{Figure, Mover, Series, SpendAnswer};
use crate::tui::layout;
use crate::tui::tab::label;
use crate::tui::text::{cut, left, put, put_at, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Label, Layer};
use crate::tui::widget::money;

/// Draws the tab; `None` where no answer has come yet, which leaves the same places blank.
pub fn draw(
    state: &State,
    answer: Option<&SpendAnswer>,
    lens_words: Option<&str>,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let notices = answer.map_or(0, |a| a.notices.len()) as u16;
    let parts = layout::spend(area, notices);
    cards(answer, lens_words, parts.cards, buf, theme);
    let Some(answer) = answer else {
        put(buf, parts.legend, 0, &Line::from(Span::styled("Daily", theme.style(Role::Strong))));
        Chart::default().draw(parts.chart, buf, theme);
        put(buf, parts.readout, 0, &Line::from(Span::styled("loading", theme.style(Role::Muted))));
        return;
    };
    let paints = paints(answer);
    for (row, notice) in answer.notices.iter().take(usize::from(parts.notices.height)).enumerate() {
        let text = SafeText::from_outside(&format!("{}: {}", notice.text, notice.hint));
        let text = cut(&format!("! {text}"), usize::from(parts.notices.width), theme.glyphs.ellipsis);
        put(buf, parts.notices, row as u16, &Line::from(Span::styled(text, theme.style(Role::Unsure))));
    }
    let chart = chart(state, answer, &paints);
    legend(answer, &dimension(state), &chart, parts.legend, buf, theme);
    chart.draw(parts.chart, buf, theme);
    readout(state, answer, parts.readout, buf, theme);
    movers(state, answer, parts.movers, buf, theme);
}

fn cards(answer: Option<&SpendAnswer>, lens_words: Option<&str>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let none = Figure::default();
    let figures = answer.map_or([none; 4], |a| [a.month_to_date, a.yesterday, a.last_week, a.total]);
    let titles = ["Month to date", "Yesterday", "Last 7 days"].into_iter().chain(lens_words);
    let columns = (area.width / 4).min(28);
    let settled = answer.and_then(|a| a.settled_through);
    for (i, (title, figure)) in titles.zip(figures).enumerate() {
        let open = i == 1 && answer.zip(settled).is_some_and(|(a, day)| a.as_of.plus(-1) > day);
        let at = i as u16 * columns;
        let room = usize::from(columns.saturating_sub(2));
        let places = money::places(answer.map_or("", |a| &a.currency));
        let value = if answer.is_some() {
            money::amount_in(figure.amount, places, room)
        } else {
            theme.glyphs.ellipsis.to_owned()
        };
        let lines = [
            Span::styled(cut(title, room, theme.glyphs.ellipsis), theme.style(Role::Muted)),
            Span::styled(cut(&value, room, theme.glyphs.ellipsis), theme.style(Role::Strong)),
            if open { so_far(&figure, room, theme) } else { change(&figure, places, room, theme) },
        ];
        for (row, line) in lines.into_iter().enumerate() {
            put_at(buf, area, at, row as u16, &Line::from(line));
        }
    }
}

/// Amount and share of a change, or only the share where there is no room for both.
fn change(figure: &Figure, places: u32, room: usize, theme: &Theme) -> Span<'static> {
    let (role, sign) = money::direction(figure, &theme.glyphs);
    let percent = money::percent_change(figure);
    let amount = money::change(figure, places);
    // In ASCII the sign of the direction is the percentage's own.
    let brief = if theme.glyphs.ascii && !percent.is_empty() { percent.clone() } else { format!("{sign} {percent}") };
    // By the room and not by the figure, so that figures beside each other are spaced alike.
    let gap = if room >= 20 { "  " } else { " " };
    let whole = format!("{sign} {amount}{gap}{percent}");
    let text = if width(whole.trim()) <= room { whole } else { brief };
    Span::styled(cut(text.trim(), room, theme.glyphs.ellipsis), theme.style(role))
}

/// The share of a change of days that are not all in yet: no saving, so not in a saving's colour.
fn so_far(figure: &Figure, room: usize, theme: &Theme) -> Span<'static> {
    let percent = money::percent_change(figure);
    let whole = format!("{percent} so far").trim_start().to_owned();
    let text = if width(&whole) <= room { whole } else { format!("{percent} ?") };
    Span::styled(cut(text.trim(), room, theme.glyphs.ellipsis), theme.style(Role::Unsure))
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
    answer
        .series
        .iter()
        .map(|s| match s.key {
            None => None,
            Some(_) => fixed(s).or_else(|| free.next()),
        })
        .collect()
}

fn floats(costs: &[Option<Amount>]) -> Vec<Option<f64>> {
    costs.iter().map(|c| c.map(Amount::to_f64)).collect()
}

fn chart(state: &State, answer: &SpendAnswer, paints: &[Option<usize>]) -> Chart {
    let layers = answer
        .series
        .iter()
        .zip(paints)
        .map(|(series, paint)| Layer { paint: *paint, values: floats(&series.costs) })
        .collect();
    let unsettled =
        answer.starts.iter().map(|s| answer.settled_through.is_some_and(|day| Day::of_seconds(*s) > day)).collect();
    Chart {
        layers,
        previous: floats(&answer.previous_series),
        unsettled,
        labels: labels(&answer.starts, answer.granularity),
        cursor: state.cursor(answer),
    }
}

/// What pieces are called under the axis: days by their month, others by themselves.
fn labels(starts: &[i64], granularity: Granularity) -> Vec<Label> {
    starts
        .iter()
        .map(|start| {
            let day = Day::of_seconds(*start);
            let month = &day.month().name()[..3];
            let number = day.0 - day.month().first().0 + 1;
            let (group, name) = match granularity {
                Granularity::Hour => ("", format!("{:02}h", start.rem_euclid(86_400) / 3_600)),
                Granularity::Month => ("", month.to_owned()),
                Granularity::Day | Granularity::Week => (month, number.to_string()),
            };
            Label { group: group.to_owned(), name }
        })
        .collect()
}

fn series_label(dimension: &Dimension, series: &Series) -> SafeText {
    match &series.key {
        None => SafeText::ours("other"),
        Some(key) => label(dimension, key, series.name.as_ref()),
    }
}

/// The first grouping dimension, which series are values of.
fn dimension(state: &State) -> Dimension {
    let by = state.slot.shown.as_ref().and_then(|s| s.lens.by.first().cloned());
    by.unwrap_or(Dimension::Provider)
}

fn legend(answer: &SpendAnswer, by: &Dimension, chart: &Chart, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let title = match answer.granularity {
        Granularity::Hour => "Hourly",
        Granularity::Day => "Daily",
        Granularity::Week => "Weekly",
        Granularity::Month => "Monthly",
    };
    let pieces = chart.plan(area.width).pieces;
    let unit = match answer.granularity {
        Granularity::Hour => "hours",
        Granularity::Day => "days",
        Granularity::Week => "weeks",
        Granularity::Month => "months",
    };
    let title = if pieces > 1 { format!("{title}, {pieces} {unit} a bar") } else { title.to_owned() };
    put(buf, area, 0, &Line::from(Span::styled(title.clone(), theme.style(Role::Strong))));
    let muted = theme.style(Role::Muted);
    let mut notes: Vec<(Span<'_>, String)> = Vec::new();
    for (series, layer) in answer.series.iter().zip(&chart.layers) {
        let paint = layer.paint;
        let name = series_label(by, series);
        let sign = Span::styled(theme.swatch(paint).to_string(), theme.layer(paint));
        notes.push((sign, cut(&name, 20, theme.glyphs.ellipsis)));
    }
    if answer.previous_period.is_some() {
        notes.push((Span::raw(theme.glyphs.previous.to_string()), "before".into()));
    }
    if chart.unsettled.contains(&true) {
        notes.push((Span::styled(theme.glyphs.hatch.to_string(), muted), "not settled".into()));
    }
    // From the right; layers that do not fit are left to the read-out.
    let room = usize::from(area.width).saturating_sub(width(&title) + 3);
    let mut used = 0;
    let mut spans = Vec::new();
    for (sign, name) in notes {
        let needs = width(&name) + 4;
        if used + needs > room {
            continue;
        }
        used += needs;
        spans.extend([Span::raw("  "), sign, Span::raw(" "), Span::styled(name, muted)]);
    }
    put_at(buf, area, area.width.saturating_sub(used as u16), 0, &Line::from(spans));
}

fn readout(state: &State, answer: &SpendAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(at) = state.cursor(answer) else { return };
    let Some(start) = answer.starts.get(at) else { return };
    let places = money::places(&answer.currency);
    let day = Day::of_seconds(*start);
    let when = match answer.granularity {
        Granularity::Day => format!("{} {day}", day.weekday()),
        other => other.label(*start),
    };
    let total = answer.totals.get(at).copied().flatten();
    let previous = answer.previous_series.get(at).copied().flatten();
    let mut spans = vec![
        Span::styled(when, theme.style(Role::Accent)),
        Span::raw("  "),
        Span::styled(money::amount(total, places), theme.style(Role::Strong)),
        Span::raw("  "),
    ];
    let figure = Figure { amount: total, previous };
    let open = answer.settled_through.is_some_and(|settled| day > settled);
    if figure.change().is_some() {
        spans.push(if open { so_far(&figure, 16, theme) } else { change(&figure, places, 12, theme) });
        spans.push(Span::raw("  "));
    }
    let by = dimension(state);
    for series in answer.series.iter().filter(|_| total.is_some()) {
        let name = cut(&series_label(&by, series), 18, theme.glyphs.ellipsis);
        let cost = money::amount(series.costs.get(at).copied().flatten(), places);
        spans.push(Span::styled(format!(" {name} "), theme.style(Role::Muted)));
        spans.push(Span::raw(format!("{cost} ")));
    }
    put(buf, area, 0, &Line::from(spans));
}

fn movers(state: &State, answer: &SpendAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.height < 2 {
        return;
    }
    let columns = usize::from(area.width.min(110));
    let (change_width, percent_width) = (15, 9);
    let names = columns.saturating_sub(change_width + percent_width + 4);
    let muted = theme.style(Role::Muted);
    let heading = format!(
        "{}{}{}",
        left("Biggest moves", names + 2, ""),
        right("change", change_width, ""),
        right("%", percent_width, "")
    );
    put(buf, area, 0, &Line::from(Span::styled(heading, muted)));
    if answer.movers.is_empty() {
        let why = if answer.previous_period.is_none() { "nothing to compare with: x chooses" } else { "nothing moved" };
        put(buf, area, 1, &Line::from(Span::styled(why, muted)));
        return;
    }
    let places = money::places(&answer.currency);
    let amounts = answer.movers.iter().map(|m| width(&money::change(&m.figure, places))).max().unwrap_or_default();
    let selected = state.mover(answer);
    let room = usize::from(area.height) - 1;
    let first = selected.map_or(0, |at| at.saturating_sub(room - 1));
    for (row, (at, mover)) in answer.movers.iter().enumerate().skip(first).take(room).enumerate() {
        let (role, sign) = money::direction(&mover.figure, &theme.glyphs);
        let mark = if selected == Some(at) { theme.glyphs.marks.0 } else { sign };
        let by_key = mover_names(answer, mover, names, theme);
        let change = money::signed_change(&mover.figure, places, amounts, change_width);
        let spans = vec![
            Span::styled(left(mark, 2, ""), theme.style(role)),
            Span::raw(by_key),
            Span::styled(right(&change, change_width, theme.glyphs.ellipsis), theme.style(role)),
            Span::styled(right(&money::percent_cell(&mover.figure), percent_width, ""), theme.style(role)),
        ];
        put(buf, area, row as u16 + 1, &Line::from(spans));
        if selected == Some(at) {
            let bar = Rect { y: area.y + row as u16 + 1, height: 1, width: columns as u16, ..area };
            buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
        }
    }
}

/// A move's values side by side, the first the widest.
fn mover_names(answer: &SpendAnswer, mover: &Mover, columns: usize, theme: &Theme) -> String {
    let labels = mover_labels(answer, mover);
    let each = columns / labels.len().max(1);
    let cells: Vec<String> =
        labels.iter().map(|l| format!("{} ", left(l, each.saturating_sub(1), theme.glyphs.ellipsis))).collect();
    left(&cells.concat(), columns, "")
}

/// What a move's values are called.
#[must_use]
pub fn mover_labels(answer: &SpendAnswer, mover: &Mover) -> Vec<SafeText> {
    let values = answer.movers_by.iter().zip(&mover.key).enumerate();
    values.map(|(i, (by, value))| label(by, value, mover.names.get(&i))).collect()
}

/// The selected day or move as text to copy.
#[must_use]
pub fn row_text(state: &State, answer: &SpendAnswer) -> Option<String> {
    let places = money::places(&answer.currency);
    if let Some(mover) = state.selected_mover(answer) {
        let names: Vec<String> = mover_labels(answer, mover).into_iter().map(SafeText::into_string).collect();
        let change = mover.figure.change().map_or_else(|| money::UNKNOWN.to_owned(), |c| c.grouped(places));
        return Some(format!(
            "{}\t{change} {}\t{}",
            names.join("\t"),
            answer.currency,
            money::percent_change(&mover.figure)
        ));
    }
    let at = state.cursor(answer)?;
    let start = answer.granularity.label(*answer.starts.get(at)?);
    Some(format!("{start}\t{} {}", money::amount(answer.totals.get(at).copied().flatten(), places), answer.currency))
}
