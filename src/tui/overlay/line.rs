//! A line of text that is edited: what overlays are typed into.
//!
//! What cannot be shown cannot be typed or pasted into it. Knows nothing of what the text means.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::text::{cut, cut_start, width};

/// How long a line may become by typing and pasting.
pub const BYTES_MAX: usize = 4096;

/// A text with a cursor in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EditedLine {
    text: String,
    /// A byte position at a grapheme's edge.
    cursor: usize,
    /// What was deleted last by the word or more, to be put back.
    killed: String,
}

impl EditedLine {
    /// A line with the cursor at the text's end.
    #[must_use]
    pub fn new(text: String) -> EditedLine {
        EditedLine { cursor: text.len(), text, killed: String::new() }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor to a byte position, or to the start of the character that it lies in.
    pub fn move_to(&mut self, at: usize) {
        let edges = self.text.grapheme_indices(true).map(|(edge, _)| edge).chain([self.text.len()]);
        self.cursor = edges.take_while(|edge| *edge <= at).last().unwrap_or_default();
    }

    /// Puts a text in the place of a range of bytes, the cursor after it.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
        self.insert(text);
    }

    /// Takes another text, the cursor at its end.
    pub fn set(&mut self, text: &str) {
        self.replace(0..self.text.len(), text);
    }

    /// Inserts typed or pasted text without what cannot be shown; line breaks become spaces.
    pub fn insert(&mut self, text: &str) {
        let shown = |c: &char| !c.is_control() && SafeText::from_outside(c.encode_utf8(&mut [0; 4])).chars().eq([*c]);
        let text = text.trim_end_matches(['\r', '\n']).replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        let room = BYTES_MAX.saturating_sub(self.text.len());
        let mut new = String::new();
        for c in text.chars().filter(shown) {
            if new.len() + c.len_utf8() > room {
                break;
            }
            new.push(c);
        }
        self.text.insert_str(self.cursor, &new);
        self.cursor += new.len();
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    /// The start of the word before the cursor. Words are apart by blanks, as a filter's terms are.
    fn word_before(&self) -> usize {
        let kept = self.text[..self.cursor].trim_end();
        kept.char_indices().rfind(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let word = rest.trim_start();
        self.text.len() - word.len() + word.find(char::is_whitespace).unwrap_or(word.len())
    }

    /// Moves the cursor or deletes; returns whether the text was touched. Other actions change nothing.
    pub fn edit(&mut self, action: Action) -> bool {
        let (here, end) = (self.cursor, self.text.len());
        let gone = match action {
            Action::DeleteBefore => self.before()..here,
            Action::DeleteAfter => here..self.after(),
            Action::DeleteWord => self.word_before()..here,
            Action::DeleteToEnd => here..end,
            Action::DeleteAll => 0..end,
            Action::PutBack => {
                let killed = self.killed.clone();
                self.insert(&killed);
                return true;
            }
            _ => {
                self.cursor = match action {
                    Action::CursorLeft => self.before(),
                    Action::CursorRight => self.after(),
                    Action::WordLeft => self.word_before(),
                    Action::WordRight => self.word_after(),
                    Action::CursorStart => 0,
                    Action::CursorEnd => end,
                    _ => here,
                };
                return false;
            }
        };
        self.cursor = gone.start;
        let gone: String = self.text.drain(gone).collect();
        if !gone.is_empty() && !matches!(action, Action::DeleteBefore | Action::DeleteAfter) {
            self.killed = gone;
        }
        true
    }

    /// What of the text is seen in so many columns, and the cursor's column in it. What is at the
    /// cursor is seen, not only what leads there.
    #[must_use]
    pub fn seen(&self, columns: usize, ellipsis: &str) -> (String, u16) {
        let before = SafeText::uncut(&self.text[..self.cursor]).into_string();
        let after = SafeText::uncut(&self.text[self.cursor..]).into_string();
        let ahead = width(&after).min(columns / 3);
        let before = cut_start(&before, columns - ahead, "");
        (cut(&format!("{before}{after}"), columns, ellipsis), width(&before) as u16)
    }

    /// The column at which a byte position is seen in so many columns; `None` where it is passed over.
    #[must_use]
    pub fn column(&self, at: usize, columns: usize) -> Option<u16> {
        let width_to = |at: usize| width(&SafeText::uncut(&self.text[..self.text.floor_char_boundary(at)]));
        let hidden = width_to(self.cursor) - usize::from(self.seen(columns, "").1);
        width_to(at).checked_sub(hidden).filter(|column| *column < columns).map(|column| column as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_by_what_people_see() {
        use Action as A;
        for (text, actions, want, cursor) in [
            ("env=prod cafe\u{301}", &[A::DeleteBefore][..], "env=prod caf", 12),
            ("env=prod caf", &[A::DeleteWord], "env=prod ", 9),
            ("env=prod  ", &[A::DeleteWord], "", 0),
            ("a\u{a0}b c", &[A::WordLeft, A::WordLeft, A::DeleteToEnd], "a\u{a0}", 3),
            ("one two three", &[A::WordLeft, A::DeleteToEnd, A::CursorStart, A::PutBack], "threeone two ", 5),
            ("one two", &[A::CursorStart, A::WordRight, A::DeleteAfter], "onetwo", 3),
            ("one two", &[A::DeleteAll, A::PutBack, A::PutBack], "one twoone two", 14),
            ("👩‍👩‍👧x", &[A::CursorLeft, A::DeleteBefore], "x", 0),
            ("x", &[A::CursorStart, A::DeleteBefore, A::CursorLeft, A::DeleteWord, A::Quit], "x", 0),
            ("", &[A::DeleteAll, A::DeleteAfter, A::CursorRight, A::WordRight, A::PutBack], "", 0),
        ] {
            let mut line = EditedLine::new(text.to_owned());
            for action in actions {
                line.edit(*action);
            }
            assert_eq!((line.text(), line.cursor()), (want, cursor), "{text} {actions:?}");
        }
    }

    #[test]
    fn a_paste_is_only_text() {
        let mut line = EditedLine::default();
        line.insert("a\x1b[2J\u{202e}b\r\nq\x03\n");
        assert_eq!(line.text(), "a[2Jb q");
        line.insert(&"x".repeat(100_000));
        assert_eq!(line.text().len(), BYTES_MAX);
        line.replace(0..BYTES_MAX - 1, "é");
        assert_eq!((line.text(), line.cursor()), ("éx", 2));
        line.move_to(1);
        assert_eq!(line.cursor(), 0, "never within a character");
    }

    #[test]
    fn what_is_at_the_cursor_is_seen() {
        let mut line = EditedLine::new("one two three".into());
        assert_eq!(line.seen(40, "…"), ("one two three".into(), 13));
        assert_eq!(line.seen(5, "…"), ("three".into(), 5));
        line.move_to(4);
        assert_eq!(line.seen(4, "…"), ("ne …".into(), 3));
        assert_eq!([4, 1, 0, 13].map(|at| line.column(at, 4)), [Some(3), Some(0), None, None]);
        let long = EditedLine::new("env=prod ".repeat(70) + "end");
        assert_eq!(long.seen(12, "…"), ("env=prod end".into(), 12));
        assert_eq!(long.column(long.text().len() - 3, 12), Some(9));
    }
}
