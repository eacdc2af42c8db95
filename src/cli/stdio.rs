//! The standard streams as commands see them: answers out, talk to stderr, a closed pipe noted.
//!
//! Knows no command.

use std::io::{self, Write};

use crate::domain::text::SafeText;
use crate::error::{Error, Result};

/// Where a command writes, and what reads it.
pub struct Streams<'a> {
    /// Answers.
    pub out: &'a mut dyn Write,
    /// Everything else that is said.
    pub err: &'a mut dyn Write,
    /// Columns of the terminal that `out` is; `None` where it is none.
    pub width: Option<usize>,
    /// Whether `out` is a terminal.
    pub terminal: bool,
    reader_gone: bool,
}

impl<'a> Streams<'a> {
    /// Streams; `width` and `terminal` are of `out`.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, width: Option<usize>, terminal: bool) -> Self {
        Streams { out, err, width, terminal, reader_gone: false }
    }

    /// Whether the answer's reader has seen enough (`| head`), which is nobody's failure.
    #[must_use]
    pub fn is_reader_gone(&self) -> bool {
        self.reader_gone
    }

    /// Says something beside the answer, with hints.
    ///
    /// # Errors
    /// Where the answer before it cannot be written. A closed stderr has nobody to tell.
    pub fn note(&mut self, message: &str, hints: &[&str]) -> Result<()> {
        // The answer first, where both go to the same screen.
        self.flush()?;
        let _ = write_note(self.err, message, hints);
        Ok(())
    }

    /// Hands everything that was written to the reader.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(|e| self.failed(&e))
    }

    /// Writes a text as the answer.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn print(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(|e| self.failed(&e))
    }

    /// The error for an answer that could not be written; takes note of a reader that has gone.
    #[must_use]
    pub fn failed(&mut self, cause: &io::Error) -> Error {
        self.reader_gone |= cause.kind() == io::ErrorKind::BrokenPipe;
        let error = Error::usage(format!("cannot write the answer: {cause}"));
        match cause.kind() {
            io::ErrorKind::StorageFull => error.hint("the disk is full: free some space, then run the command again"),
            _ => error,
        }
    }
}

/// Prints an error with its hints.
///
/// # Errors
/// Where it cannot be written.
pub fn print_error(error: &Error, err: &mut dyn Write) -> io::Result<()> {
    write_lines(err, "error", &error.message, error.hints.iter().map(String::as_str))
}

/// Prints something beside the answer, with its hints.
///
/// # Errors
/// Where it cannot be written.
pub fn write_note(err: &mut dyn Write, message: &str, hints: &[&str]) -> io::Result<()> {
    write_lines(err, "note", message, hints.iter().copied())
}

fn write_lines<'a>(
    err: &mut dyn Write,
    kind: &str,
    message: &str,
    hints: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    // Each line by itself: a message may point at a place in a line above.
    let mut lines = message.lines().map(SafeText::from_outside);
    writeln!(err, "{kind}: {}", lines.next().unwrap_or_default())?;
    for line in lines {
        writeln!(err, "{line}")?;
    }
    for hint in hints {
        writeln!(err, "  hint: {}", SafeText::from_outside(hint))?;
    }
    err.flush()
}

/// Columns of the terminal that standard output is: `COLUMNS`, else what the terminal says.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let size = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    said.or_else(size).filter(|columns| *columns > 0)
}
