//! Text from outside, and the only door through which it reaches a face.
//!
//! A resource name, a tag, a description or an error message of a server can hold anything:
//! escape sequences, direction overrides, invisible characters. The readers keep such text as it
//! came ([`Untrusted`]), because an export must give it back unchanged; whatever shows it to a
//! person must turn it into [`SafeText`] first. JSON and Parquet carry it raw.

use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::path::Path;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// How many graphemes of an outside text are shown at most.
pub const GRAPHEMES_MAX: usize = 512;
/// How many combining marks a grapheme may carry before the rest is dropped.
const MARKS_MAX: usize = 4;

/// Stands in answers for a value that the source did not tell, which is not the same as none. A character
/// that Unicode sets apart for use within a program (core specification, 23.7): where a bill has it for a
/// value, that is none.
pub const UNTOLD: &str = "\u{fdd0}";
/// How [`UNTOLD`] reads for people, and is written in filters.
pub const UNTOLD_WORD: &str = "(unknown)";

/// Text as a source wrote it. It does not print itself; see [`Untrusted::safe`].
///
/// Serialised as a string; [`UNTOLD`] as `{"unknown":true}`, which neither a text nor a missing one is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Untrusted(String);

/// How an [`Untrusted`] is serialised.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Untold { unknown: bool },
}

impl From<Untrusted> for Written {
    fn from(text: Untrusted) -> Written {
        if text.is_untold() { Written::Untold { unknown: true } } else { Written::Text(text.0) }
    }
}
impl From<Written> for Untrusted {
    fn from(written: Written) -> Untrusted {
        match written {
            Written::Text(text) => Untrusted(text),
            Written::Untold { .. } => Untrusted::from(UNTOLD),
        }
    }
}

impl Untrusted {
    /// Wraps text from outside.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Untrusted(text.into())
    }

    /// The text as it came: for comparing, storing and machine-readable output.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether it is a value that the source did not tell.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        self.0 == UNTOLD
    }

    /// The text made fit for a terminal, a log or a message.
    #[must_use]
    pub fn safe(&self) -> SafeText {
        SafeText::from_outside(&self.0)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Untrusted(text.to_owned())
    }
}
impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Untrusted(text)
    }
}

/// Text that a terminal may be given: one line, no control characters, nothing invisible.
///
/// What is read back from where it was written is made safe again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeText(String);

impl SafeText {
    /// Makes outside text fit for a face: line breaks and tabs become spaces, control characters
    /// are shown as `\x1b`, direction overrides, zero-width, tag and unassigned-plane characters
    /// as `\u{202e}`; combining marks beyond four a base and graphemes beyond
    /// [`GRAPHEMES_MAX`] are cut.
    #[must_use]
    pub fn from_outside(text: &str) -> SafeText {
        SafeText::within(text, GRAPHEMES_MAX)
    }

    /// The same of a text that says something else where its end is missing: a line that is edited, a
    /// command.
    #[must_use]
    pub fn uncut(text: &str) -> SafeText {
        SafeText::within(text, usize::MAX)
    }

    fn within(text: &str, most: usize) -> SafeText {
        if text == UNTOLD {
            return SafeText::ours(UNTOLD_WORD);
        }
        if text.len() <= most && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return SafeText(text.to_owned());
        }
        let mut out = String::with_capacity(text.len());
        for (count, grapheme) in text.graphemes(true).enumerate() {
            if count == most {
                out.push('…');
                break;
            }
            let mut marks = 0;
            for c in grapheme.chars() {
                if is_mark(c) {
                    marks += 1;
                    if marks > MARKS_MAX {
                        continue;
                    }
                }
                push_visible(&mut out, c);
            }
        }
        SafeText(out)
    }

    /// A path as a message shows it.
    #[must_use]
    pub fn path(path: &Path) -> SafeText {
        SafeText::from_outside(&path.to_string_lossy())
    }

    /// Takes text that spendtop wrote itself.
    #[must_use]
    pub fn ours(text: &'static str) -> SafeText {
        SafeText(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as an owned string.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for SafeText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl From<String> for SafeText {
    fn from(text: String) -> SafeText {
        SafeText::from_outside(&text)
    }
}
impl From<SafeText> for String {
    fn from(text: SafeText) -> String {
        text.0
    }
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => out.push(' '),
        c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c if is_hidden(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

/// Format characters and their like (Unicode Cf and default-ignorable), which change how other
/// text looks or hide text; private and surrogate planes are left to the terminal's font.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890 | 0x891 | 0x8E2 | 0x115F | 0x1160
        | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xFE00..=0xFE0E | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

fn is_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x610..=0x61A | 0x64B..=0x65F | 0x900..=0x903 | 0x93A..=0x94F
        | 0xE31 | 0xE34..=0xE3A | 0xE47..=0xE4E | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// A text as a part of an address: all but what RFC 3986 calls unreserved is percent-encoded.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(text: &str) -> String {
        Untrusted::new(text).safe().into_string()
    }

    #[test]
    fn what_was_not_told_is_neither_none_nor_a_text() {
        assert_eq!((safe(UNTOLD).as_str(), safe("").as_str()), ("(unknown)", ""));
        for (text, json) in [(UNTOLD, r#"{"unknown":true}"#), ("", r#""""#), ("(unknown)", r#""(unknown)""#)] {
            let text = Untrusted::from(text);
            assert_eq!(serde_json::to_string(&text).expect("written"), json);
            assert_eq!(serde_json::from_str::<Untrusted>(json).expect("read"), text);
        }
    }

    #[test]
    fn shows_what_would_move_the_cursor() {
        assert_eq!(safe("web\x1b[2Jprod"), "web\\x1b[2Jprod");
        assert_eq!(safe("a\u{9b}31mb\u{7f}"), "a\\x9b31mb\\x7f");
        assert_eq!(safe("two\r\nlines\tand tab"), "two  lines and tab");
        assert_eq!(safe("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
    }

    #[test]
    fn shows_what_would_hide_or_turn_text() {
        assert_eq!(safe("pay\u{202e}lla"), "pay\\u{202e}lla");
        assert_eq!(safe("zero\u{200b}width\u{feff}"), "zero\\u{200b}width\\u{feff}");
        assert_eq!(safe("tag\u{e0041}"), "tag\\u{e0041}");
    }

    #[test]
    fn keeps_ordinary_text_of_any_language() {
        for text in ["prod-api", "größe", "本番環境", "данные", "cafe\u{301}", "👍"] {
            assert_eq!(safe(text), text);
        }
    }

    #[test]
    fn bounds_marks_and_length() {
        let zalgo = format!("a{}", "\u{301}".repeat(50));
        assert_eq!(safe(&zalgo).chars().count(), 5);
        assert_eq!(safe(&"x".repeat(100_000)).chars().count(), GRAPHEMES_MAX + 1);
        assert_eq!(SafeText::uncut(&"é\x07".repeat(1_000)).as_str(), "é\\x07".repeat(1_000));
    }
}
