//! The answer to what will come, in each format.
//!
//! Knows what a [`ForecastAnswer`] says, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe};
use super::{Format, Style, json, markdown, money, table};
use crate::domain::calendar::{Granularity, Period};
use crate::engine::answer::{Ahead, DayAhead, ForecastAnswer, LeftAside, PieceAhead, Range};
use crate::engine::forecast::{measured, of_before};

/// Writes what will come, one answer a currency, in days, weeks or months. In CSV each line is the month, the 90 days
/// or one of those, as its `kind` says.
///
/// # Errors
/// What the writer fails with.
pub fn forecast(answers: &[ForecastAnswer], by: Granularity, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => json::one_or_list(answers, out, |answer, out| json::value(answer, out)),
        Format::Csv => write_csv(answers, by, style, out),
        Format::Table => table::write(&document(answers, by), style.width, out),
        Format::Markdown => markdown::write(&document(answers, by), out),
    }
}

fn document(answers: &[ForecastAnswer], by: Granularity) -> Document {
    answers.iter().flat_map(|answer| parts(answer, by)).collect()
}

const RANGE: [&str; 5] = ["Forecast", "80 % from", "to", "95 % from", "to"];

fn columns(first: &str, more: &[&str]) -> Vec<Column> {
    let numbers = RANGE.iter().chain(more).map(|heading| Column::new(*heading, Kind::Number));
    std::iter::once(Column::new(first, Kind::Text)).chain(numbers).collect()
}

fn cells(range: &Range, currency: &str) -> Vec<String> {
    amounts(range).into_iter().map(|amount| money::known(Some(amount), currency)).collect()
}

fn amounts(range: &Range) -> [crate::domain::money::Amount; 5] {
    [range.forecast, range.low_80, range.high_80, range.low_95, range.high_95]
}

/// The sums with what they are called.
fn sums(answer: &ForecastAnswer) -> Vec<(&'static str, String, &Ahead)> {
    let month = answer.month.iter().map(|ahead| ("month", ahead.period.from.month().name().to_owned(), ahead));
    let next = answer.next_90_days.iter();
    let next = next.map(|ahead| ("next_90_days", format!("90 days to {}", ahead.period.to.plus(-1)), ahead));
    month.chain(next).collect()
}

/// The pieces of time that it is told in.
fn pieces(answer: &ForecastAnswer, by: Granularity) -> Vec<(Period, Range)> {
    let whole = |pieces: &[PieceAhead]| pieces.iter().map(|piece| (piece.period, piece.range)).collect();
    match by {
        Granularity::Week => whole(&answer.weeks),
        Granularity::Month => whole(&answer.months),
        Granularity::Day | Granularity::Hour => {
            let one = |day: &DayAhead| (Period { from: day.day, to: day.day.plus(1) }, day.range);
            answer.days.iter().map(one).collect()
        }
    }
}

fn parts(answer: &ForecastAnswer, by: Granularity) -> Vec<Part> {
    let code = answer.currency.as_str();
    let title = format!("Forecast of {} cost as of {}, {}", answer.metric.name(), answer.as_of, safe(code));
    let mut parts = vec![Part::Title(title)];
    let row = |(_, name, ahead): (&str, String, &Ahead)| {
        let mut row = vec![name];
        row.extend(cells(&ahead.range, code));
        row.extend([money::known(Some(ahead.settled), code), money::known(ahead.previous, code)]);
        row.push(money::percent(Some(ahead.range.forecast), ahead.previous));
        row
    };
    let rows: Vec<Vec<String>> = sums(answer).into_iter().map(row).collect();
    if !rows.is_empty() {
        let columns = columns("Days", &["Of it settled", "Before", "Change"]);
        parts.push(Part::Grid(Grid { columns, rows, total: None }));
    }
    parts.extend(lines(answer).into_iter().map(Part::Note));
    let pieces = pieces(answer, by);
    if !pieces.is_empty() {
        let (title, head) = match by {
            Granularity::Week => ("By week", "Week of"),
            Granularity::Month => ("By month", "Month"),
            Granularity::Day | Granularity::Hour => ("By day", "Day"),
        };
        parts.push(Part::Title(title.to_owned()));
        let row = |(period, range): &(Period, Range)| {
            std::iter::once(by.label(period.from.seconds())).chain(cells(range, code)).collect()
        };
        let rows = pieces.iter().map(row).collect();
        parts.push(Part::Grid(Grid { columns: columns(head, &[]), rows, total: None }));
    }
    parts
}

/// How a forecast came about, a sentence each.
#[must_use]
pub fn lines(answer: &ForecastAnswer) -> Vec<String> {
    let mut lines = vec![format!("model: {}", answer.words)];
    lines.extend(answer.model.iter().flat_map(measured));
    if let Some(last) = answer.settled_through {
        lines.push(format!("days up to {last} count as they came; later ones may still change and are foretold"));
    }
    lines.extend(answer.month.iter().chain(&answer.next_90_days).filter_map(of_before));
    lines.extend(answer.aside.iter().map(|kind| aside(kind, &answer.currency)));
    lines
}

/// What stays out of the fit, and what of it is put back.
fn aside(kind: &LeftAside, currency: &str) -> String {
    let amount = |amount| money::known(Some(amount), currency);
    let mut text = format!("left out of the fit: {}, {}", kind.kind.name(), amount(kind.left_out));
    if !kind.month_came.is_zero() {
        text += &format!("; put back this month as it came: {}", amount(kind.month_came));
    }
    if !kind.month_expected.is_zero() {
        text += &format!("; put back this month as in the months before: {}", amount(kind.month_expected));
    }
    if !kind.next_90_days.is_zero() {
        text += &format!("; in the 90 days: {}", amount(kind.next_90_days));
    }
    text
}

fn write_csv(answers: &[ForecastAnswer], by: Granularity, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(style, out);
    let heads = ["kind", "from", "to", "currency", "forecast", "low_80", "high_80", "low_95", "high_95", "previous"];
    heads.iter().try_for_each(|head| sheet.number(head))?;
    sheet.end()?;
    for answer in answers {
        let mut line = |kind: &str, from: String, to: String, range: &Range, previous| -> io::Result<()> {
            [kind, &from, &to].iter().try_for_each(|cell| sheet.number(cell))?;
            sheet.text(&answer.currency)?;
            amounts(range).into_iter().try_for_each(|amount| sheet.amount(Some(amount)))?;
            sheet.amount(previous)?;
            sheet.end()
        };
        for (kind, _, ahead) in sums(answer) {
            let Ahead { period, range, previous, .. } = ahead;
            line(kind, period.from.to_string(), period.to.to_string(), range, *previous)?;
        }
        for (period, range) in pieces(answer, by) {
            // The sum of this month is there already, by that name.
            let kind = if by == Granularity::Month { "whole_month" } else { by.name() };
            line(kind, period.from.to_string(), period.to.to_string(), &range, None)?;
        }
    }
    sheet.finish()
}
