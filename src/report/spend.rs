//! The Spend answer in each format.
//!
//! Knows what a [`SpendAnswer`] says, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe, value};
use super::query::{compared_cell, compared_column, figure_cells, figure_columns, piece_heading, title};
use super::{Format, Style, json, markdown, money, table};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;
use crate::engine::Card;
use crate::engine::answer::{Figure, NoticeKind, Pending, PendingCard, SpendAnswer};

/// What the chart's series beyond the largest are called together.
const OTHER: &str = "(other)";

/// Writes the answers to the Spend question about `lens`, one a currency.
///
/// In CSV each line is a figure, a mover or a series' cost in one piece of time, as its `kind` says.
///
/// # Errors
/// What the writer fails with.
pub fn spend(lens: &Lens, answers: &[SpendAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => json::one_or_list(answers, out, |answer, out| json::value(answer, out)),
        Format::Csv => write_csv(lens, answers, style, out),
        Format::Table => table::write(&document(lens, answers), style.width, out),
        Format::Markdown => markdown::write(&document(lens, answers), out),
    }
}

fn figures(answer: &SpendAnswer) -> [(Card, &'static str, Figure); 5] {
    [
        (Card::Total, "Total", answer.total),
        (Card::MonthToDate, "Month to date", answer.month_to_date),
        (Card::Yesterday, "Yesterday", answer.yesterday),
        (Card::LastWeek, "Last 7 days", answer.last_week),
        (Card::LastMonth, "Last month", answer.last_month),
    ]
}

fn document(lens: &Lens, answers: &[SpendAnswer]) -> Document {
    answers.iter().flat_map(|answer| parts(lens, answer)).collect()
}

fn parts(lens: &Lens, answer: &SpendAnswer) -> Vec<Part> {
    let mut parts =
        vec![Part::Title(title(answer.metric.name(), answer.period, answer.previous_period, &answer.currency))];
    let rows = figures(answer).into_iter();
    let rows = rows.map(|(card, heading, figure)| {
        let mut cells = row(vec![heading.to_owned()], figure, &answer.currency);
        if answer.lacks(card).is_some() {
            // It is told below, over days that have come alone.
            let changes = cells.len() - 2..;
            cells[changes].fill(money::UNKNOWN.to_owned());
        }
        cells
    });
    let rows = rows.collect();
    parts.push(Part::Grid(Grid { columns: columns([Column::new("", Kind::Text)]), rows, total: None }));
    if let Some(by) = lens.by.first() {
        parts.push(Part::Title(format!("By {}", by.title().to_lowercase())));
        parts.push(Part::Grid(series(by, answer)));
    }
    if !answer.movers.is_empty() {
        let why = which_days(answer).map_or_else(String::new, |why| format!(" ({why})"));
        parts.push(Part::Title(format!("What changed most{why}")));
        parts.push(Part::Grid(movers(answer)));
    }
    if !answer.starts.is_empty() {
        parts.push(Part::Title(format!("By {}", answer.granularity.name())));
        parts.push(Part::Grid(pieces(answer)));
    }
    let fresh = answer.freshness.iter().map(|f| {
        format!("{}: charges through {}, settled through {}", f.provider.safe(), f.last_day, f.settled_through)
    });
    let fresh = fresh.chain(pending(answer));
    // What has not come each figure tells of by itself.
    let notices = answer.notices.iter().filter(|notice| notice.kind != NoticeKind::NotIn);
    let notices = notices.map(|n| safe(&format!("{} ({})", n.text, n.hint)));
    let notes = answer.notes.iter().map(|n| format!("{}: {}", n.day, n.text.safe()));
    // Charges of unknown cost are among the notices.
    for (title, lines) in [("Data", fresh.chain(notices).collect::<Vec<_>>()), ("Notes", notes.collect())] {
        if !lines.is_empty() {
            parts.push(Part::Title(title.to_owned()));
            parts.extend(lines.into_iter().map(Part::Note));
        }
    }
    parts
}

/// What the figures lack of days that have not come, a line each, and what they are over those that have.
#[must_use]
pub fn pending(answer: &SpendAnswer) -> Vec<String> {
    let figures = figures(answer);
    let named = |card: Card| figures.iter().find(|(of, ..)| *of == card).map_or("", |(_, name, _)| name);
    let code = answer.currency.as_str();
    let line = |lacks: &PendingCard| {
        let mut said: Vec<String> = lacks.now.words().into_iter().collect();
        said.extend(lacks.previous.as_ref().and_then(Pending::words).map(|words| format!("of those before, {words}")));
        let of = lacks.now.through.map(|last| format!("to {last}"));
        let of = if lacks.those_in { Some("of those in".to_owned()) } else { of };
        if let Some((alike, of)) = lacks.alike.as_ref().zip(of) {
            let (now, before) = (money::known(alike.amount, code), money::known(alike.previous, code));
            let percent = money::percent(alike.amount, alike.previous);
            said.push(format!("{of} {now}, before {before}, {percent}"));
        }
        format!("{}: {}", named(lacks.card), said.join("; "))
    };
    answer.pending.iter().filter(|lacks| lacks.misleads()).map(line).collect()
}

/// What a figure is called in CSV.
fn key_of_card(card: Card) -> &'static str {
    match card {
        Card::Total => "total",
        Card::MonthToDate => "month_to_date",
        Card::Yesterday => "yesterday",
        Card::LastWeek => "last_week",
        Card::LastMonth => "last_month",
        Card::LastHour => "last_hour",
        Card::Forecast => "forecast",
    }
}

fn columns(first: impl IntoIterator<Item = Column>) -> Vec<Column> {
    first.into_iter().chain(figure_columns(true)).collect()
}

fn row(mut cells: Vec<String>, figure: Figure, currency: &str) -> Vec<String> {
    cells.extend(figure_cells(figure.amount, figure.previous, currency, true));
    cells
}

fn key_of(by: &Dimension, key: Option<&Untrusted>, name: Option<&Untrusted>) -> String {
    key.map_or_else(|| OTHER.to_owned(), |key| value(by, key, name))
}

fn series(by: &Dimension, answer: &SpendAnswer) -> Grid {
    let share = |cost: Option<Amount>| match (cost, answer.total.amount) {
        (Some(cost), Some(total)) => {
            cost.ratio(total).map_or_else(|| money::UNKNOWN.to_owned(), |r| format!("{:.1}%", r * 100.0))
        }
        _ => money::UNKNOWN.to_owned(),
    };
    let rows = answer
        .series
        .iter()
        .map(|s| {
            vec![key_of(by, s.key.as_ref(), s.name.as_ref()), money::known(s.total, &answer.currency), share(s.total)]
        })
        .collect();
    let columns = vec![Column::of(by), Column::new("Cost", Kind::Number), Column::new("Share", Kind::Number)];
    Grid { columns, rows, total: None }
}

fn movers(answer: &SpendAnswer) -> Grid {
    let pending = answer.lacks(Card::Total).map(|lacks| &lacks.now);
    let differ = differ(answer);
    let rows = answer.movers.iter().map(|mover| {
        let values = answer.movers_by.iter().zip(&mover.key).enumerate();
        let cells = values.map(|(i, (d, v))| value(d, v, mover.names.get(&i))).collect();
        let mut cells = row(cells, mover.figure, &answer.currency);
        cells.extend(differ.then(|| compared_cell(pending, mover.through, answer.period)));
        cells
    });
    let mut columns = columns(answer.movers_by.iter().map(Column::of));
    columns.extend(differ.then(compared_column));
    Grid { columns, rows: rows.collect(), total: None }
}

/// Which days the moves are of, where not all are in.
fn which_days(answer: &SpendAnswer) -> Option<String> {
    let lacks = answer.lacks(Card::Total)?;
    if differ(answer) {
        return Some("days that are in, against the same days alone".to_owned());
    }
    lacks.now.all_to(answer.period).map(|last| format!("to {last}")).or_else(|| lacks.why_not_held())
}

/// Whether some moves are of fewer days than others.
fn differ(answer: &SpendAnswer) -> bool {
    let pending = answer.lacks(Card::Total).map(|lacks| &lacks.now);
    answer.movers.iter().any(|mover| pending.is_some_and(|pending| pending.earlier(mover.through).is_some()))
}

/// The cost of each piece of time.
fn pieces(answer: &SpendAnswer) -> Grid {
    let compared = answer.previous_period.is_some();
    let mut columns = vec![Column::new(piece_heading(answer.granularity), Kind::Text)];
    columns.push(Column::new("Cost", Kind::Number));
    columns.extend(compared.then(|| Column::new("Previous", Kind::Number)));
    let rows = answer.starts.iter().enumerate().map(|(i, start)| {
        let cost = answer.totals.get(i).copied().flatten();
        let mut cells = vec![answer.granularity.label(*start), money::known(cost, &answer.currency)];
        let previous = answer.previous_series.get(i).copied().flatten();
        cells.extend(compared.then(|| money::known(previous, &answer.currency)));
        cells
    });
    Grid { columns, rows: rows.collect(), total: None }
}

fn write_csv(lens: &Lens, answers: &[SpendAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    // The dimensions of series and movers together, each once.
    let mut dimensions: Vec<Dimension> = lens.by.first().cloned().into_iter().collect();
    for dimension in answers.iter().flat_map(|a| &a.movers_by) {
        if !dimensions.contains(dimension) {
            dimensions.push(dimension.clone());
        }
    }
    let mut sheet = Sheet::new(style, out);
    sheet.number("kind")?;
    sheet.number("period")?;
    for dimension in &dimensions {
        sheet.text(&dimension.name())?;
    }
    for column in ["currency", "cost", "previous", "change", "missing_days"] {
        sheet.number(column)?;
    }
    sheet.end()?;
    for answer in answers {
        csv_answer(&dimensions, answer, &mut sheet)?;
    }
    sheet.finish()
}

fn csv_answer(dimensions: &[Dimension], answer: &SpendAnswer, sheet: &mut Sheet<'_>) -> io::Result<()> {
    let lacks = |card: Card| answer.lacks(card).map_or(0, |lacks| lacks.now.missing);
    // Where the days before lack some, nothing is held against them.
    let is_held = answer.lacks(Card::Total).is_none_or(|lacks| lacks.previous.is_none());
    type Told = (Option<Amount>, Option<u32>);
    let mut line = |kind: &str,
                    period: &str,
                    key: &[(&Dimension, &str)],
                    figure: Figure,
                    (change, missing): Told|
     -> io::Result<()> {
        sheet.number(kind)?;
        sheet.number(period)?;
        for dimension in dimensions {
            sheet.text(key.iter().find(|(d, _)| *d == dimension).map_or("", |(_, value)| value))?;
        }
        sheet.text(&answer.currency)?;
        sheet.amount(figure.amount)?;
        sheet.amount(figure.previous)?;
        sheet.amount(change)?;
        sheet.number(&missing.map_or_else(String::new, |missing| missing.to_string()))?;
        sheet.end()
    };
    for (card, _, figure) in figures(answer) {
        line(key_of_card(card), "", &[], figure, (answer.change(card, &figure), Some(lacks(card))))?;
    }
    for mover in &answer.movers {
        let key: Vec<_> = answer.movers_by.iter().zip(mover.key.iter().map(Untrusted::raw)).collect();
        let missing = mover.through.map_or(0, |through| (answer.period.to.0 - through.plus(1).0).unsigned_abs());
        line("mover", "", &key, mover.figure, (mover.figure.change().filter(|_| is_held), Some(missing)))?;
    }
    for series in &answer.series {
        let kind = if series.key.is_some() { "series" } else { "other" };
        let value = series.key.as_ref().map_or("", Untrusted::raw);
        let key: Vec<_> = dimensions.first().map(|d| (d, value)).into_iter().collect();
        for (start, cost) in answer.starts.iter().zip(&series.costs) {
            line(
                kind,
                &answer.granularity.label(*start),
                &key,
                Figure { amount: *cost, previous: None },
                (None, None),
            )?;
        }
    }
    Ok(())
}
