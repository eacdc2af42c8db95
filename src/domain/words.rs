//! Words that a person writes or reads: the one that was meant, quotes where they are needed, counts.
//!
//! Knows no list of words; callers bring theirs.

use std::fmt;

use super::calendar::{DAY_SECONDS, HOUR_SECONDS};
use super::money::Amount;
use super::text::{SafeText, UNTOLD, UNTOLD_WORD};

/// A count with its thousands apart: `1,234,567`.
#[must_use]
pub fn count(n: u64) -> String {
    Amount::whole(i64::try_from(n).unwrap_or(i64::MAX)).grouped(0)
}

/// From here on [`hours_or_days`] tells days.
const HOURS_MAX: i64 = 72;

/// Seconds by their hours, few by their minutes, many by their days: `5 min`, `26 h`, `3 days`.
#[must_use]
pub fn hours_or_days(seconds: i64) -> String {
    match seconds.max(0) / HOUR_SECONDS {
        0 => format!("{} min", seconds.max(0) / 60),
        hours @ ..HOURS_MAX => format!("{hours} h"),
        _ => counted((seconds / DAY_SECONDS).unsigned_abs(), "day", "days"),
    }
}

/// A count with what is counted, in the singular or the plural.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// The known word that is nearest to a misspelt one, if one is near enough to mean.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&word, k), *k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// Writes a message, the text that it is about and a mark below the byte position `at`.
pub(super) fn pointed(f: &mut fmt::Formatter<'_>, text: &str, at: usize, message: &str) -> fmt::Result {
    let column = SafeText::from_outside(&text[..at]).chars().count();
    write!(f, "{message}\n  {}\n  {:column$}^", SafeText::from_outside(text), "")
}

/// Quotes a value where the language needs it.
pub(super) fn write_value(f: &mut fmt::Formatter<'_>, text: &str, wild: bool) -> fmt::Result {
    if text == UNTOLD {
        return f.write_str(UNTOLD_WORD);
    }
    let plain = !text.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '|' | '"' | '\\'))
        && (wild || !text.contains(['*', '?']))
        && !text.starts_with('=')
        && text != "(none)"
        && text != UNTOLD_WORD
        && text != "(untagged)";
    if plain { f.write_str(text) } else { write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}
