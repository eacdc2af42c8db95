//! Charges as one JSON array of objects: amounts as exact strings, tags as objects, nulls left out.

use std::io::{BufWriter, Write};

use super::{ChargeRow, ChargeWriter, Field, Value, failed};
use crate::domain::calendar::format_timestamp;
use crate::error::Result;

/// Writes JSON.
pub struct JsonWriter {
    out: BufWriter<Box<dyn Write + Send>>,
    fields: Vec<(&'static str, Field)>,
    begun: bool,
    line: Vec<u8>,
}

impl JsonWriter {
    /// A writer of an array that is empty so far.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>) -> JsonWriter {
        let out = BufWriter::with_capacity(256 * 1024, out);
        JsonWriter { out, fields: Field::all(), begun: false, line: Vec::new() }
    }
}

/// Whether a text is one JSON object, so that it can stand as it is.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

impl ChargeWriter for JsonWriter {
    fn write(&mut self, charge: &ChargeRow<'_>) -> Result<()> {
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(if self.begun { b",\n{" } else { b"[\n{" });
        self.begun = true;
        let mut first = true;
        let mut string = |name: &str, text: &str, whole: bool| {
            line.extend_from_slice(if first { b"\"" } else { b",\"" });
            first = false;
            line.extend_from_slice(name.as_bytes());
            line.extend_from_slice(b"\":");
            if whole {
                line.extend_from_slice(text.as_bytes());
                return Ok(());
            }
            serde_json::to_writer(&mut *line, text)
        };
        for (name, field) in &self.fields {
            let done = match field.of(charge) {
                Value::Text("") | Value::Amount(None) => Ok(()),
                Value::Text(text) => string(name, text, field.is_object() && is_object(text)),
                Value::Amount(Some(amount)) => string(name, &amount.to_string(), false),
                Value::Time(seconds) => string(name, &format_timestamp(seconds), false),
            };
            done.map_err(|e| failed(&e.into()))?;
        }
        self.line.push(b'}');
        self.out.write_all(&self.line).map_err(|e| failed(&e))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" }).map_err(|e| failed(&e))?;
        self.out.flush().map_err(|e| failed(&e))
    }
}
