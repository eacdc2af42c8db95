//! The standard streams as commands see them: answers out, talk to stderr, a closed pipe noted.
//!
//! Knows no command.

use std::io::{self, Write};

use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};

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
}

impl Streams<'_> {
    /// Says something beside the answer, with hints.
    ///
    /// # Errors
    /// None: where stderr is closed there is nobody to tell.
    pub fn note(&mut self, message: &str, hints: &[&str]) -> Result<()> {
        // The answer first, where both go to the same screen.
        self.out.flush().map_err(|e| self.failed(&e))?;
        let _ = write_lines(self.err, "note", message, hints.iter().copied());
        Ok(())
    }

    /// Writes a text as the answer.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn print(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(|e| self.failed(&e))
    }

    /// The error for an answer that could not be written.
    #[must_use]
    pub fn failed(&self, cause: &io::Error) -> Error {
        let error = Error::new(Kind::Store, format!("cannot write the answer: {cause}"));
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

/// A writer that remembers whether its reader has gone, which is no error of anybody.
pub struct Watched<W: Write> {
    inner: W,
    closed: bool,
}

impl<W: Write> Watched<W> {
    /// Watches a writer.
    pub fn new(inner: W) -> Self {
        Watched { inner, closed: false }
    }

    /// Whether the reader has gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.closed |= error.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.watch(result)
    }
}
