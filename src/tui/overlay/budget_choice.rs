//! Words of the budget form that are chosen: with left and right, or by their first letters.
//!
//! Knows a line and the words that it can be, not what they mean.

use super::line::EditedLine;
use crate::tui::action::Action;

/// What makes a longer form of a word: `monthly`.
const LONGER: &str = "ly";

/// What a line can be.
pub struct Choice {
    words: Vec<String>,
    /// Whether it can be something else that begins with no letter.
    others: bool,
}

impl Choice {
    /// One of some words.
    pub fn of(words: impl IntoIterator<Item = impl Into<String>>) -> Choice {
        Choice { words: words.into_iter().map(Into::into).collect(), others: false }
    }

    /// The same, or something else.
    pub fn or_others(self) -> Choice {
        Choice { others: true, ..self }
    }

    fn at(&self, line: &EditedLine) -> Option<usize> {
        self.words.iter().position(|word| word == line.text().trim())
    }

    /// Takes what is typed: letters go on with those `typed` before, or begin a word.
    pub fn insert(&self, line: &mut EditedLine, typed: &mut String, text: &str) {
        let new = text.trim().to_lowercase();
        let is_own = self.others && self.at(line).is_none() && !line.text().is_empty();
        if new.is_empty() {
            if is_own {
                typed.clear();
                return line.insert(text);
            }
            return self.step(line, typed, 1);
        }
        // After a whole word another may begin.
        let is_whole = self.words.iter().any(|word| word == typed);
        let begins = |tried: &str| self.words.iter().any(|word| word.starts_with(tried));
        let longer = format!("{typed}{new}");
        let tried = if is_whole && begins(&new) { [new.clone(), longer] } else { [longer, new.clone()] };
        for tried in tried {
            let is_longer = |word: &str| tried.strip_prefix(word).is_some_and(|rest| LONGER.starts_with(rest));
            let is_meant = |word: &&String| word.starts_with(&tried) || is_longer(word);
            if let Some(word) = self.words.iter().find(is_meant) {
                line.set(word);
                *typed = tried;
                return;
            }
        }
        if self.others && !new.starts_with(char::is_alphabetic) {
            if self.at(line).is_some() {
                line.set("");
            }
            line.insert(text);
            typed.clear();
        }
    }

    /// Chooses another word, or edits what is none of them.
    pub fn edit(&self, line: &mut EditedLine, typed: &mut String, action: Action) {
        let (is_word, is_empty) = (self.at(line).is_some(), line.text().is_empty());
        match action {
            Action::CursorLeft if is_word || is_empty => self.step(line, typed, -1),
            Action::CursorRight if is_word || is_empty => self.step(line, typed, 1),
            // Part of a word is none.
            Action::DeleteBefore
            | Action::DeleteAfter
            | Action::DeleteWord
            | Action::DeleteToEnd
            | Action::DeleteAll
                if self.others && is_word =>
            {
                line.edit(Action::DeleteAll);
                typed.clear();
            }
            action if self.others => drop(line.edit(action)),
            _ => typed.clear(),
        }
    }

    fn step(&self, line: &mut EditedLine, typed: &mut String, by: isize) {
        typed.clear();
        let count = self.words.len() as isize;
        let at = self.at(line).map_or(if by < 0 { -1 } else { 0 }, |at| at as isize + by);
        if let Some(word) = self.words.get(at.rem_euclid(count.max(1)) as usize) {
            line.set(word);
        }
    }

    /// All words, the chosen one between brackets, and at which character that is; nothing where none of them is
    /// chosen.
    pub fn shown(&self, line: &EditedLine) -> Option<(String, u16)> {
        let at = self.at(line)?;
        let mut text = String::new();
        let mut column = 0;
        for (n, word) in self.words.iter().enumerate() {
            if n == at {
                column = text.chars().count() as u16 + 1;
                text += &format!("[{word}]  ");
            } else {
                text += &format!("{word}  ");
            }
        }
        Some((text.trim_end().to_owned(), column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(choice: &Choice, begin: &str, keys: &str) -> String {
        let (mut line, mut typed) = (EditedLine::new(begin.to_owned()), String::new());
        for key in keys.chars() {
            match key {
                '<' => choice.edit(&mut line, &mut typed, Action::CursorLeft),
                '>' => choice.edit(&mut line, &mut typed, Action::CursorRight),
                '!' => choice.edit(&mut line, &mut typed, Action::DeleteBefore),
                key => choice.insert(&mut line, &mut typed, key.encode_utf8(&mut [0; 4])),
            }
        }
        line.text().to_owned()
    }

    #[test]
    fn words_are_chosen_by_keys_and_by_letters() {
        let rollover = Choice::of(["none", "unspent", "balance"]);
        for (keys, want) in [
            ("balance", "balance"),
            ("b", "balance"),
            ("Un", "unspent"),
            (">", "unspent"),
            ("<", "balance"),
            (">>>", "none"),
            (" ", "unspent"),
            ("xyz7!", "none"),
            ("bu", "unspent"),
            ("noneunspent", "unspent"),
            ("balancebalance", "balance"),
        ] {
            assert_eq!(after(&rollover, "none", keys), want, "{keys}");
        }
        // A word that is typed out holds up none that begins as it might go on.
        let metric = Choice::of(["effective", "billed", "list"]);
        for (keys, want) in [("billedlist", "list"), ("listbilled", "billed"), ("listeffective", "effective")] {
            assert_eq!(after(&metric, "effective", keys), want, "{keys}");
        }
        assert_eq!(rollover.shown(&EditedLine::new("unspent".into())), Some(("none  [unspent]  balance".into(), 7)));
    }

    #[test]
    fn days_are_typed_in_the_place_of_a_word() {
        let every = Choice::of(["month", "quarter", "year"]).or_others();
        let days = "2026-09-01..2026-12-01";
        for (begin, keys, want) in [
            ("month", days, days),
            ("month", "2026-09-01 .. 2026-12-01", "2026-09-01 .. 2026-12-01"),
            ("month", "quarterly", "quarter"),
            ("month", "quarterlymonthlyyear", "year"),
            ("quarter", "monthyearly", "year"),
            ("month", "yearlymonthlyquarter", "quarter"),
            ("month", " ", "quarter"),
            ("", " ", "month"),
            ("month", "!", ""),
            ("", ">", "month"),
            (days, "!2", "2026-09-01..2026-12-02"),
            (days, "<", days),
            (days, "y", "year"),
        ] {
            assert_eq!(after(&every, begin, keys), want, "{begin} {keys}");
        }
        assert_eq!(every.shown(&EditedLine::new(days.into())), None);
    }
}
