//! The answer to a query in each format.
//!
//! Knows what a [`QueryAnswer`] says, not how a table, Markdown or CSV is set.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, value};
use super::{Format, Style, json, markdown, money, table};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::period::Comparison;
use crate::engine::Query;
use crate::engine::answer::{Pending, QueryAnswer, QueryRow};

/// Writes the answers to `query`, one a currency.
///
/// # Errors
/// What the writer fails with.
pub fn query(query: &Query, answers: &[QueryAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => json::one_or_list(answers, out, write_json),
        Format::Csv => write_csv(query, answers, style, out),
        Format::Table => table::write(&document(answers), style.width, out),
        Format::Markdown => markdown::write(&document(answers), out),
    }
}

fn change(now: Option<Amount>, previous: Option<Amount>) -> Option<Amount> {
    Some(now? - previous?)
}

fn exact(amount: Option<Amount>) -> Value {
    amount.map_or(Value::Null, |a| Value::String(a.to_string()))
}

/// The piece of time that a row is of, for people.
fn label(answer: &QueryAnswer, row: &QueryRow) -> Option<String> {
    Some(answer.granularity?.label(row.start?))
}

/// The piece of time that a row is of, for programs: its first moment, whatever its length.
fn start(answer: &QueryAnswer, row: &QueryRow) -> Option<String> {
    Some(match answer.granularity? {
        Granularity::Hour => Granularity::Hour.label(row.start?),
        _ => Day::of_seconds(row.start?).to_string(),
    })
}

/// One row a line, so that a long answer can be read and compared line by line.
fn write_json(answer: &QueryAnswer, out: &mut dyn Write) -> io::Result<()> {
    let compared = answer.previous_period.is_some();
    write!(out, "{{\"metric\":\"{}\",\"currency\":", answer.metric.name())?;
    json::value(&answer.currency, out)?;
    out.write_all(b",\"period\":")?;
    json::value(&answer.period, out)?;
    if let Some(previous) = answer.previous_period {
        out.write_all(b",\"previous_period\":")?;
        json::value(&previous, out)?;
    }
    out.write_all(b",\"by\":")?;
    json::value(&answer.by, out)?;
    if let Some(granularity) = answer.granularity {
        write!(out, ",\"granularity\":\"{}\"", granularity.name())?;
    }
    out.write_all(b",\"rows\":[")?;
    for (i, row) in answer.rows.iter().enumerate() {
        out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
        json::value(&json_row(answer, row, compared), out)?;
    }
    out.write_all(if answer.rows.is_empty() { b"],\"total\":" } else { b"\n],\"total\":" })?;
    json::value(&answer.total, out)?;
    if compared {
        out.write_all(b",\"previous_total\":")?;
        json::value(&answer.previous_total, out)?;
    }
    write!(out, ",\"groups\":{}", answer.groups)?;
    if answer.unknown_rows > 0 {
        write!(out, ",\"unknown_rows\":{}", answer.unknown_rows)?;
    }
    if answer.incomplete {
        out.write_all(b",\"incomplete\":true")?;
    }
    if let Some(from) = answer.previous_from {
        out.write_all(b",\"previous_from\":")?;
        json::value(&from, out)?;
    }
    for (name, pending) in [("pending", &answer.pending), ("previous_pending", &answer.previous_pending)] {
        if let Some(pending) = pending {
            write!(out, ",\"{name}\":")?;
            json::value(pending, out)?;
        }
    }
    if !answer.notices.is_empty() {
        out.write_all(b",\"notices\":")?;
        json::value(&answer.notices, out)?;
    }
    if let Some(left_out) = answer.left_out {
        out.write_all(b",\"left_out\":")?;
        json::value(&left_out, out)?;
    }
    out.write_all(b"}")
}

fn json_row(answer: &QueryAnswer, row: &QueryRow, compared: bool) -> Map<String, Value> {
    let mut out = Map::new();
    let mut key = Map::new();
    let mut names = Map::new();
    for (i, (dimension, value)) in answer.by.iter().zip(&row.key).enumerate() {
        let raw = match value.raw() {
            "" => Value::Null,
            _ => serde_json::to_value(value).unwrap_or_default(),
        };
        key.insert(dimension.name(), raw);
        if let Some(name) = row.names.get(&i) {
            names.insert(dimension.name(), json!(name.raw()));
        }
    }
    out.insert("key".to_owned(), Value::Object(key));
    if !names.is_empty() {
        out.insert("names".to_owned(), Value::Object(names));
    }
    if let Some(start) = start(answer, row) {
        out.insert("period".to_owned(), Value::String(start));
    }
    out.insert("cost".to_owned(), exact(row.cost));
    if compared {
        out.insert("previous".to_owned(), exact(row.previous));
        out.insert("change".to_owned(), exact(change(row.cost, row.previous)));
    }
    if let Some(through) = row.through {
        out.insert("through".to_owned(), json!(through));
    }
    if let Some(shared) = row.shared {
        out.insert("shared".to_owned(), exact(Some(shared)));
    }
    if row.unknown_rows > 0 {
        out.insert("unknown_rows".to_owned(), json!(row.unknown_rows));
    }
    out
}

/// Whether rows may hold shares of costs that others bear with them.
fn may_share(by: &[Dimension]) -> bool {
    by.iter().any(|d| matches!(d, Dimension::Virtual(_)))
}

/// The columns follow from the question alone, so that they are the same whatever the data.
fn write_csv(query: &Query, answers: &[QueryAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let compared = query.lens.comparison != Comparison::None;
    let mut sheet = Sheet::new(style, out);
    if query.granularity.is_some() {
        sheet.number("period")?;
    }
    for dimension in &query.lens.by {
        sheet.text(&dimension.name())?;
        if dimension.label_place().is_some() {
            sheet.number(&format!("{}_name", dimension.name()))?;
        }
    }
    let figures: &[&str] = if compared { &["cost", "previous", "change"] } else { &["cost"] };
    let shared: &[&str] = if may_share(&query.lens.by) { &["shared"] } else { &[] };
    let to: &[&str] = if compared { &["compared_to"] } else { &[] };
    for column in ["currency"].iter().chain(figures).chain(shared).chain(&["unknown_rows"]).chain(to) {
        sheet.number(column)?;
    }
    sheet.end()?;
    for answer in answers {
        for row in &answer.rows {
            csv_row(query, answer, row, compared, &mut sheet)?;
        }
    }
    sheet.finish()
}

fn csv_row(
    query: &Query,
    answer: &QueryAnswer,
    row: &QueryRow,
    compared: bool,
    sheet: &mut Sheet<'_>,
) -> io::Result<()> {
    if query.granularity.is_some() {
        sheet.number(&start(answer, row).unwrap_or_default())?;
    }
    for (i, dimension) in query.lens.by.iter().enumerate() {
        sheet.text(row.key.get(i).map_or("", |v| v.raw()))?;
        if dimension.label_place().is_some() {
            sheet.text(row.names.get(&i).map_or("", |n| n.raw()))?;
        }
    }
    sheet.text(&answer.currency)?;
    sheet.amount(row.cost)?;
    if compared {
        sheet.amount(row.previous)?;
        sheet.amount(change(row.cost, row.previous))?;
    }
    if may_share(&query.lens.by) {
        sheet.amount(row.shared)?;
    }
    sheet.number(&row.unknown_rows.to_string())?;
    if compared {
        sheet.number(&row.through.map_or_else(String::new, |through| through.to_string()))?;
    }
    sheet.end()
}

fn document(answers: &[QueryAnswer]) -> Document {
    answers.iter().flat_map(parts).collect()
}

/// What the figures are: metric, days, what they are held against, currency.
pub fn title(metric: &str, period: Period, previous: Option<Period>, currency: &str) -> String {
    let mut letters = metric.chars();
    let metric: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let against = previous.map(|p| format!(", compared with {}", p.words())).unwrap_or_default();
    format!("{metric} cost, {}{against}, in {}", period.words(), super::grid::safe(currency))
}

/// Headings of a figure and, where it is compared, of what it is held against.
pub fn figure_columns(compared: bool) -> impl Iterator<Item = Column> {
    let headings: &[&str] = if compared { &["Cost", "Previous", "Change", "%"] } else { &["Cost"] };
    headings.iter().map(|h| Column::new(*h, Kind::Number))
}

/// The column of the days that rows are compared up to.
pub fn compared_column() -> Column {
    Column::new("Compared to", Kind::Text)
}

/// The cell under [`compared_column`].
pub fn compared_cell(pending: Option<&Pending>, through: Option<Day>, period: Period) -> String {
    match pending.and_then(|pending| pending.earlier(through)) {
        None => String::new(),
        Some(through) if through < period.from => "part not in".to_owned(),
        Some(through) => through.to_string(),
    }
}

/// The cells under [`figure_columns`].
pub fn figure_cells(now: Option<Amount>, previous: Option<Amount>, currency: &str, compared: bool) -> Vec<String> {
    let mut cells = vec![money::known(now, currency)];
    if compared {
        let change = money::change(change(now, previous), currency);
        cells.extend([money::known(previous, currency), change, money::percent(now, previous)]);
    }
    cells
}

fn parts(answer: &QueryAnswer) -> Vec<Part> {
    let compared = answer.previous_period.is_some();
    let mut columns: Vec<Column> = Vec::new();
    columns.extend(answer.granularity.map(|g| Column::new(piece_heading(g), Kind::Text)));
    columns.extend(answer.by.iter().map(Column::of));
    let texts = columns.len();
    columns.extend(figure_columns(compared));
    let shared = answer.rows.iter().any(|row| row.shared.is_some());
    columns.extend(shared.then(|| Column::new("Of which shared", Kind::Number)));
    let pending = answer.pending.as_ref();
    let differ = answer.rows.iter().any(|row| pending.is_some_and(|pending| pending.earlier(row.through).is_some()));
    columns.extend(differ.then(compared_column));
    // Without a grouping the one row is the total.
    let rows = if texts == 0 { &[][..] } else { &answer.rows };
    let cells = |row: &QueryRow| {
        let mut cells = table_row(answer, row, compared);
        cells.extend(shared.then(|| row.shared.map_or_else(String::new, |s| money::known(Some(s), &answer.currency))));
        cells.extend(differ.then(|| match row.cost {
            None if row.through.is_some() => "not in".to_owned(),
            _ => compared_cell(pending, row.through, answer.period),
        }));
        cells
    };
    let rows = rows.iter().map(cells).collect();
    let mut total = vec![String::new(); texts];
    if let Some(first) = total.first_mut() {
        "Total".clone_into(first);
    }
    total.extend(figure_cells(answer.total, answer.previous_total, &answer.currency, compared));
    total.extend(shared.then(String::new));
    total.extend(differ.then(String::new));
    let title = title(answer.metric.name(), answer.period, answer.previous_period, &answer.currency);
    let mut parts = vec![Part::Title(title), Part::Grid(Grid { columns, rows, total: Some(total) })];
    parts.extend(notes(answer).into_iter().map(Part::Note));
    parts
}

fn table_row(answer: &QueryAnswer, row: &QueryRow, compared: bool) -> Vec<String> {
    let mut cells: Vec<String> = Vec::new();
    cells.extend(answer.granularity.map(|_| label(answer, row).unwrap_or_default()));
    let values = answer.by.iter().zip(&row.key).enumerate();
    cells.extend(values.map(|(i, (d, v)): (usize, (&Dimension, _))| value(d, v, row.names.get(&i))));
    cells.extend(figure_cells(row.cost, row.previous, &answer.currency, compared));
    cells
}

/// How a column of pieces of time is headed.
pub fn piece_heading(granularity: Granularity) -> &'static str {
    match granularity {
        Granularity::Hour => "Hour (UTC)",
        Granularity::Day => "Day",
        Granularity::Week => "Week of",
        Granularity::Month => "Month",
    }
}

fn notes(answer: &QueryAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    let shown = answer.rows.iter().map(|r| &r.key).collect::<BTreeSet<_>>().len() as u64;
    if shown < answer.groups && !answer.by.is_empty() {
        let what = if answer.granularity.is_some() { "groups" } else { "rows" };
        notes.push(format!("{shown} of {} {what}; the total is over all of them", answer.groups));
    }
    notes.extend(unknown_note(answer.unknown_rows));
    notes.extend(warnings(answer));
    notes
}

/// What the figures lack.
pub fn warnings(answer: &QueryAnswer) -> Vec<String> {
    let mut warnings = Vec::new();
    if answer.incomplete {
        let why = "rows of the bill were refused, or lost to damage";
        warnings.push(format!("incomplete: {why}, see `spendtop imports list`"));
    }
    if let Some((from, days)) = answer.previous_from.zip(answer.previous_period) {
        let what = if from < days.to {
            "the days before are known in part only"
        } else {
            "nothing is known of the days before"
        };
        warnings.push(format!("{what}: charges begin on {from}"));
    }
    warnings.extend(answer.notices.iter().map(|notice| format!("{}; {}", notice.text, notice.hint)));
    warnings
}

/// A word about charges that no sum holds.
fn unknown_note(rows: u64) -> Option<String> {
    match rows {
        0 => None,
        1 => Some("1 charge with unknown cost is in no sum".to_owned()),
        n => Some(format!("{n} charges with unknown cost are in no sum")),
    }
}
