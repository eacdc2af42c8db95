//! Notes on the time axis: what a person wrote beside a day, like "launch of X".
//!
//! Knows neither where notes are kept nor how a chart marks them.

use serde::{Deserialize, Serialize};

use super::calendar::Day;
use super::text::Untrusted;

/// Characters of a note at most: it stands on one line.
pub const TEXT_MAX: usize = 200;

/// A note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Its number among the notes.
    pub id: u64,
    /// The day that it is about.
    pub day: Day,
    /// What it says: one line. It may have come with a journal that somebody else wrote.
    pub text: Untrusted,
    /// When it was written, seconds since 1970.
    pub created_at: i64,
}

/// A note's text on one line, without space around it.
///
/// # Errors
/// What is wrong with it: it is empty, or too long.
pub fn clean(text: &str) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err("a note needs a text".to_owned()),
        1..=TEXT_MAX => Ok(text),
        n => Err(format!("a note has at most {TEXT_MAX} characters, this one has {n}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        assert_eq!(clean("  launch of\n\tX "), Ok("launch of X".to_owned()));
        assert!(clean(" \n").is_err_and(|why| why.contains("needs a text")));
        assert_eq!(clean(&"é".repeat(TEXT_MAX)), Ok("é".repeat(TEXT_MAX)));
        assert!(clean(&"é".repeat(TEXT_MAX + 1)).is_err_and(|why| why.contains("this one has 201")));
    }
}
