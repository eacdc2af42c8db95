//! The answer to what will come, in each format.
//!
//! Knows what a [`ForecastAnswer`] says, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe};
use super::{Format, Style, json, markdown, money, table};
use crate::engine::answer::{Ahead, ForecastAnswer, LeftAside, Range};
use crate::engine::forecast::measured;

/// Writes what will come, one answer a currency. In CSV each line is the month, the 90 days or a day, as its
/// `kind` says.
///
/// # Errors
/// What the writer fails with.
pub fn forecast(answers: &[ForecastAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => json::one_or_list(answers, out, |answer, out| json::value(answer, out)),
        Format::Csv => write_csv(answers, style, out),
        Format::Table => table::write(&document(answers), style.width, out),
        Format::Markdown => markdown::write(&document(answers), out),
    }
}

fn document(answers: &[ForecastAnswer]) -> Document {
    answers.iter().flat_map(parts).collect()
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

fn parts(answer: &ForecastAnswer) -> Vec<Part> {
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
    if !answer.days.is_empty() {
        parts.push(Part::Title("By day".to_owned()));
        let row = |day: &crate::engine::answer::DayAhead| {
            std::iter::once(day.day.to_string()).chain(cells(&day.range, code)).collect()
        };
        let rows = answer.days.iter().map(row).collect();
        parts.push(Part::Grid(Grid { columns: columns("Day", &[]), rows, total: None }));
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

fn write_csv(answers: &[ForecastAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
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
        for day in &answer.days {
            line("day", day.day.to_string(), day.day.plus(1).to_string(), &day.range, None)?;
        }
    }
    sheet.finish()
}
