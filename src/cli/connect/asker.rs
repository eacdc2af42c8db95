//! Asks in a terminal, line by line.
//!
//! Without a place to read answers from each question is answered by its default. Knows no question.

use std::io::BufRead;

use crate::cli::stdio::Streams;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::connect::ask::{self, Question, is_yes};

/// Asks.
pub struct Asker<'a, 'i, 's> {
    /// Where answers come from; nobody is asked where `None`.
    pub input: Option<&'i mut dyn BufRead>,
    /// Where questions are written.
    pub streams: &'a mut Streams<'s>,
}

impl Asker<'_, '_, '_> {
    /// A yes or a no.
    ///
    /// # Errors
    /// Kind `Interrupted` where the input ends.
    pub fn yes(&mut self, question: &str, usual: bool) -> Result<bool> {
        let answer = ask::Asker::line(self, &Question::yes_or_no(question, usual))?;
        Ok(is_yes(&answer))
    }
}

impl ask::Asker for Asker<'_, '_, '_> {
    fn is_heard(&self) -> bool {
        self.input.is_some()
    }

    fn tell(&mut self, text: &str) -> Result<()> {
        self.streams.note(text, &[])
    }

    fn line(&mut self, question: &Question) -> Result<String> {
        let usual = &question.usual;
        let Some(input) = &mut self.input else { return Ok(usual.clone()) };
        self.streams.flush()?;
        let usual_shown =
            if usual.is_empty() { String::new() } else { format!(" [{}]", SafeText::from_outside(usual)) };
        // A closed stderr has nobody to ask; the answer's end says so.
        let _ = write!(self.streams.err, "{}{usual_shown}: ", question.text).and_then(|()| self.streams.err.flush());
        let mut answer = String::new();
        let read = input.read_line(&mut answer);
        match read.map_err(|e| Error::usage(format!("the answer cannot be read: {e}")))? {
            0 => Err(Error::new(Kind::Interrupted, "no answer: nothing was written")),
            _ if answer.trim().is_empty() => Ok(usual.clone()),
            _ => Ok(answer.trim().to_owned()),
        }
    }
}
