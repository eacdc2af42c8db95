//! Writes JSON without characters that a terminal would act on: escaped, they lose nothing.
//!
//! Knows no answer.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use crate::domain::text::is_hidden;

/// Writes a value on one line.
pub fn value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Escaping);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// Writes one answer as it is, none or several as a list.
pub fn one_or_list<T>(
    answers: &[T],
    out: &mut dyn Write,
    mut write: impl FnMut(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if let [one] = answers {
        write(one, out)?;
        return writeln!(out);
    }
    out.write_all(b"[")?;
    for (i, answer) in answers.iter().enumerate() {
        out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
        write(answer, out)?;
    }
    out.write_all(if answers.is_empty() { b"]\n" } else { b"\n]\n" })
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut from = 0;
        for (at, c) in fragment.char_indices() {
            if c.is_control() || is_hidden(c) || matches!(c, '\u{2028}' | '\u{2029}') {
                writer.write_all(&fragment.as_bytes()[from..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                from = at + c.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[from..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_act_on_and_loses_nothing() {
        let hostile = "a\x1b[2J\u{9b}31m\u{7f}\u{202e}\u{e0041}\"\\ é 本\u{2028}";
        let mut out = Vec::new();
        value(&hostile, &mut out).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, r#""a\u001b[2J\u009b31m\u007f\u202e\udb40\udc41\"\\ é 本\u2028""#);
        assert_eq!(serde_json::from_str::<String>(&text).expect("JSON"), hostile);
    }
}
