//! Writes CSV: quoting, and the guard against formulas.
//!
//! Knows no answer.

use std::io::{self, Write};

use super::Style;
use crate::domain::formula::guarded;
use crate::domain::text::{SafeText, UNTOLD, UNTOLD_WORD};

/// A CSV file in the making.
pub struct Sheet<'a> {
    writer: ::csv::Writer<&'a mut dyn Write>,
    style: Style,
}

impl<'a> Sheet<'a> {
    /// An empty one.
    pub fn new(style: Style, out: &'a mut dyn Write) -> Sheet<'a> {
        Sheet { writer: ::csv::Writer::from_writer(out), style }
    }

    /// Adds a text cell: guarded, and safe where a terminal reads it.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        let safe = self.style.terminal.then(|| SafeText::from_outside(text));
        let text = if text == UNTOLD { UNTOLD_WORD } else { safe.as_deref().unwrap_or(text) };
        if self.style.raw { self.number(text) } else { self.number(&guarded(text)) }
    }

    /// Adds a cell of spendtop's own: a number, a date, a word.
    pub fn number(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_field(text).map_err(plain)
    }

    /// Adds an exact amount; an unknown one is an empty cell.
    pub fn amount(&mut self, amount: Option<crate::domain::money::Amount>) -> io::Result<()> {
        self.number(&amount.map(|a| a.to_string()).unwrap_or_default())
    }

    /// Ends the line.
    pub fn end(&mut self) -> io::Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(plain)
    }

    /// Hands everything to the writer beneath.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The failure of the writer beneath, which tells a closed pipe from a full disk.
fn plain(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
