//! Charges as CSV. An empty field is no value.

use std::io::Write;

use super::super::layout::needs_guard;
use super::{ChargeRow, ChargeWriter, Field, GUARD_COLUMN, Value, failed, price};
use crate::domain::calendar::format_timestamp;
use crate::error::Result;

/// Writes CSV.
pub struct CsvWriter {
    out: csv::Writer<Box<dyn Write + Send>>,
    fields: Vec<Field>,
    raw: bool,
    cell: String,
}

fn csv_failed(error: csv::Error) -> crate::error::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => failed(&e),
        other => failed(&std::io::Error::other(format!("{other:?}"))),
    }
}

impl CsvWriter {
    /// Writes the header.
    ///
    /// # Errors
    /// Kind `Usage` where the output takes nothing.
    pub fn new(out: Box<dyn Write + Send>, raw: bool) -> Result<CsvWriter> {
        let mut out = csv::WriterBuilder::new().buffer_capacity(256 * 1024).from_writer(out);
        let (mut names, fields): (Vec<&str>, Vec<Field>) = Field::all().into_iter().unzip();
        if !raw {
            names.push(GUARD_COLUMN);
        }
        out.write_record(names).map_err(csv_failed)?;
        Ok(CsvWriter { out, fields, raw, cell: String::new() })
    }
}

impl ChargeWriter for CsvWriter {
    fn write(&mut self, charge: &ChargeRow<'_>) -> Result<()> {
        for field in &self.fields {
            let done = match field.of(charge) {
                Value::Text(text) if !self.raw && needs_guard(text.as_bytes()) => {
                    if field.is_price() && price(text).is_some() {
                        self.out.write_field(text)
                    } else {
                        self.cell.clear();
                        self.cell.push('\'');
                        self.cell.push_str(text);
                        self.out.write_field(&self.cell)
                    }
                }
                Value::Text(text) => self.out.write_field(text),
                Value::Amount(None) => self.out.write_field(""),
                Value::Amount(Some(amount)) => self.out.write_field(amount.to_string()),
                Value::Time(seconds) => self.out.write_field(format_timestamp(seconds)),
            };
            done.map_err(csv_failed)?;
        }
        if !self.raw {
            self.out.write_field("").map_err(csv_failed)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(csv_failed)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(|e| failed(&e))
    }
}
