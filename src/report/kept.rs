//! Notes and saved lenses in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use serde_json::json;

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe};
use super::{Format, Style, json, markdown, table};
use crate::domain::calendar::format_timestamp;
use crate::domain::lens::{Keeper, SavedLens};
use crate::domain::note::Note;

/// Writes notes: in JSON a list of objects with `id`, `day`, `text` and `created_at` (seconds since 1970).
///
/// # Errors
/// What the writer fails with.
pub fn notes(notes: &[Note], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(notes, out, |note, out| json::value(note, out));
    }
    let rows = notes.iter().map(|note| {
        let written = format_timestamp(note.created_at);
        vec![note.id.to_string(), note.day.to_string(), note.text.raw().to_owned(), written]
    });
    let columns = [
        ("id", "Id", Kind::Number),
        ("day", "Day", Kind::Text),
        ("text", "Note", Kind::Text),
        ("created_at", "Written", Kind::Text),
    ];
    grid(&columns, rows.collect(), style, out)
}

/// Writes saved lenses: in JSON a list of objects with `name`, `lens` (in one line) and `keeper`
/// (`config` or `store`).
///
/// # Errors
/// What the writer fails with.
pub fn lenses(lenses: &[SavedLens], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(lenses, out, |saved, out| {
            let object = json!({"name": saved.name, "lens": saved.lens.to_line(), "keeper": saved.keeper});
            json::value(&object, out)
        });
    }
    let rows = lenses.iter().map(|saved| {
        let keeper = match saved.keeper {
            Keeper::Config => "config",
            Keeper::Store => "store",
        };
        vec![saved.name.raw().to_owned(), saved.lens.to_line(), keeper.to_owned()]
    });
    let columns = [("name", "Name", Kind::Text), ("lens", "Lens", Kind::Text), ("keeper", "Kept in", Kind::Text)];
    grid(&columns, rows.collect(), style, out)
}

pub(super) fn list<T>(
    items: &[T],
    out: &mut dyn Write,
    mut write: impl FnMut(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (i, item) in items.iter().enumerate() {
        out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
        write(item, out)?;
    }
    out.write_all(if items.is_empty() { b"]\n" } else { b"\n]\n" })
}

pub(super) fn grid(
    columns: &[(&str, &str, Kind)],
    rows: Vec<Vec<String>>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if style.format == Format::Csv {
        let mut sheet = Sheet::new(style, out);
        columns.iter().try_for_each(|(name, ..)| sheet.number(name))?;
        sheet.end()?;
        for row in &rows {
            row.iter().zip(columns).try_for_each(|(cell, (_, _, kind))| match plain(cell) {
                Some(number) if *kind == Kind::Number => sheet.number(&number),
                _ => sheet.text(cell),
            })?;
            sheet.end()?;
        }
        return sheet.finish();
    }
    if rows.is_empty() {
        return Ok(());
    }
    let columns = columns.iter().map(|(_, heading, kind)| Column::new(*heading, *kind)).collect();
    let rows = rows.iter().map(|row| row.iter().map(|cell| safe(cell)).collect()).collect();
    let document: Document = vec![Part::Grid(Grid { columns, rows, total: None })];
    match style.format {
        Format::Markdown => markdown::write(&document, out),
        _ => table::write(&document, style.width, out),
    }
}

/// A number as programs read it: without the signs that only help people; `None` where a cell is none.
fn plain(cell: &str) -> Option<String> {
    let bare = cell.strip_prefix('+').unwrap_or(cell).replace(',', "");
    let is_number = bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    (is_number && bare.parse::<f64>().is_ok()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;
    use crate::domain::lens::Lens;

    fn written(format: Format, write: impl Fn(Style, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(Style { format, ..Style::default() }, &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn numbers_of_csv_are_plain_and_what_is_none_is_guarded() {
        let columns = [("id", "Id", Kind::Text), ("cost", "Cost", Kind::Number)];
        let cells = ["-1,400.78", "+76.69", "12,345", "0.0001", "-", "-2+3", "", "50%"];
        let rows = cells.map(|cell| vec!["-x".to_owned(), cell.to_owned()]);
        let csv = written(Format::Csv, |style, out| grid(&columns, rows.to_vec(), style, out));
        let told: Vec<&str> = csv.lines().skip(1).collect();
        let want = ["-1400.78", "76.69", "12345", "0.0001", "'-", "'-2+3", "", "50%"].map(|cell| format!("'-x,{cell}"));
        assert_eq!(told, want);
    }

    #[test]
    fn notes_are_safe_for_people_and_exact_for_programs() {
        let day = Day::from_ymd(2024, 9, 1).expect("date");
        let note = Note { id: 3, day, text: "=launch\u{1b}[2J".into(), created_at: 0 };
        let all = [note];
        let said = |format| written(format, |style, out| notes(&all, style, out));
        let table = "Id  Day         Note            Written\n 3  2024-09-01  =launch\\x1b[2J  1970-01-01T00:00:00Z\n";
        assert_eq!(said(Format::Table), table);
        assert_eq!(said(Format::Csv), "id,day,text,created_at\n3,2024-09-01,'=launch\u{1b}[2J,1970-01-01T00:00:00Z\n");
        assert_eq!(
            said(Format::Json),
            "[\n{\"id\":3,\"day\":\"2024-09-01\",\"text\":\"=launch\\u001b[2J\",\"created_at\":0}\n]\n"
        );
        assert_eq!(written(Format::Json, |style, out| notes(&[], style, out)), "[]\n");
        assert_eq!(written(Format::Table, |style, out| notes(&[], style, out)), "");
    }

    #[test]
    fn lenses_are_written_as_their_line() {
        let all = [SavedLens { name: "prod".into(), lens: Lens::default(), keeper: Keeper::Config }];
        let line = "effective this-month vs month-before by provider per day";
        let said = |format| written(format, |style, out| lenses(&all, style, out));
        assert_eq!(
            said(Format::Markdown),
            format!("| Name | Lens | Kept in |\n| --- | --- | --- |\n| prod | {line} | config |\n")
        );
        assert_eq!(
            said(Format::Json),
            format!("[\n{{\"name\":\"prod\",\"lens\":\"{line}\",\"keeper\":\"config\"}}\n]\n")
        );
    }
}
