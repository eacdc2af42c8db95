//! What is wrong in a config, and where: messages that finish the user's sentence.
//!
//! Knows places in a text, not what the keys mean.

use crate::domain::filter::nearest;
use crate::domain::text::SafeText;
use crate::error::Error;

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Byte position that it is about.
    pub at: usize,
    /// What is wrong, with the dotted key, the value and what is allowed.
    pub message: String,
    /// The known word that may have been meant.
    pub meant: Option<String>,
    /// The one channel or rule that it is of, as its section is called: nothing else waits for that.
    pub of: Option<String>,
}

impl Mistake {
    /// A mistake at a byte position.
    pub fn new(at: usize, message: impl Into<String>) -> Mistake {
        Mistake { at, message: message.into(), meant: None, of: None }
    }

    /// Adds the known word that is nearest to what was written, if one is near.
    pub fn meant(mut self, word: &str, known: &[&str]) -> Mistake {
        self.meant = nearest(word, known).map(str::to_owned);
        self
    }
}

impl Mistake {
    /// What is wrong, and what may have been meant.
    pub fn said(&self) -> String {
        let meant = self.meant.as_ref().map(|m| format!("; did you mean `{m}`?")).unwrap_or_default();
        format!("{}{meant}", self.message)
    }
}

/// Has mistakes be of one channel or rule, by its section.
pub fn of_one(mistakes: &mut [Mistake], section: &str) {
    mistakes.iter_mut().for_each(|mistake| mistake.of = Some(section.to_owned()));
}

/// Why a text is no TOML.
pub fn syntax(errors: Vec<toml::de::Error>) -> impl Iterator<Item = Mistake> {
    errors.into_iter().map(|error| {
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        Mistake::new(error.span().map_or(0, |span| span.start), format!("not TOML: {}", shown(&reason)))
    })
}

/// All mistakes of `what` as one error, in the order of the file.
pub fn error(what: &str, text: &str, file: &str, mut mistakes: Vec<Mistake>) -> Error {
    mistakes.sort_by_key(|m| m.at);
    let lines: Vec<String> = mistakes.iter().map(|m| sentence(text, file, m)).collect();
    Error::usage(match lines.as_slice() {
        [line] => line.clone(),
        lines => format!("{what} has {} mistakes\n  {}", lines.len(), lines.join("\n  ")),
    })
}

fn sentence(text: &str, file: &str, mistake: &Mistake) -> String {
    format!("{}: {}", place(text, file, mistake.at), mistake.said())
}

/// File, line and column, both from 1, columns in characters.
pub fn place(text: &str, file: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    format!("{file}:{}:{}", before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A value as it was written, safe and short enough for a message.
pub fn shown(value: &str) -> String {
    let safe = SafeText::from_outside(value).into_string();
    if safe.chars().count() <= 60 {
        return safe;
    }
    safe.chars().take(59).chain(['…']).collect()
}
