//! Fuzzy matching: which texts a few typed letters mean, how well, and where they stand in them.
//!
//! Pure. Blanks part words that may stand in any order; case and accents do not matter. Knows
//! nothing of lists and screens.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use unicode_segmentation::UnicodeSegmentation;

/// The least score of a typed character, on average, where there are several. One that is found scores
/// 16, more at the beginning of a word or after another, less after a gap: what is scattered over a
/// text falls below and is no match.
const LEAST_OF_ONE: u32 = 18;

/// What is looked for, with the memory that looking takes.
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    least: u32,
    letters: Vec<char>,
}

impl Fuzzy {
    /// Looks for what was typed.
    #[must_use]
    pub fn new(typed: &str) -> Fuzzy {
        let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        let characters = typed.chars().filter(|c| !c.is_whitespace()).count() as u32;
        let least = if characters > 1 { characters * LEAST_OF_ONE } else { 0 };
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        Fuzzy { pattern, matcher: Matcher::new(config), least, letters: Vec::new() }
    }

    /// How well a text matches, higher is better; `None` where it does not. An empty search matches
    /// everything with 0.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let score = self.pattern.score(letters(text, &mut self.letters), &mut self.matcher)?;
        (score >= self.least).then_some(score)
    }

    /// The graphemes of a text that match, by number and in order.
    pub fn positions(&mut self, text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        self.pattern.indices(letters(text, &mut self.letters), &mut self.matcher, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The first character of each grapheme. Not [`Utf32Str::new`], which gives the bytes of a text whose
/// graphemes all begin with ASCII, whatever is combined with it.
fn letters<'a>(text: &'a str, into: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    into.clear();
    into.extend(text.graphemes(true).filter_map(|grapheme| grapheme.chars().next()));
    Utf32Str::Unicode(into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_match_and_scattered_ones_do_not() {
        for (typed, text, found) in [
            ("", "anything", true),
            ("reg", "Region", true),
            ("REG", "region", true),
            ("billacc", "Billing account", true),
            ("gbr", "group by Region", true),
            ("region group", "group by Region", true),
            ("usest", "us-east-1", true),
            ("cafe", "Café", true),
            ("本番", "本番環境", true),
            ("reigon", "Region", false),
            ("cab", "a b c", false),
            ("plan", "a trip to Oslo, to shape things", false),
            ("!x", "x", false),
        ] {
            assert_eq!(Fuzzy::new(typed).score(text).is_some(), found, "`{typed}` in `{text}`");
        }
    }

    #[test]
    fn what_begins_with_it_and_words_come_first() {
        for (typed, better, worse) in [
            ("re", "Region", "Provider"),
            ("gr", "group by Region", "mark the row and add it up: figures"),
            ("ser", "Service", "Amazon User Service"),
            ("s3", "Amazon S3", "us-east-3"),
        ] {
            let mut fuzzy = Fuzzy::new(typed);
            assert!(fuzzy.score(better) > fuzzy.score(worse), "`{typed}`: `{better}` before `{worse}`");
        }
    }

    #[test]
    fn positions_count_graphemes() {
        assert_eq!(Fuzzy::new("gn").positions("Region"), [2, 5]);
        assert_eq!(Fuzzy::new("s").positions("cafe\u{301}s"), [4]);
        assert_eq!(Fuzzy::new("ab ba").positions("ba ab"), [0, 1, 3, 4]);
        assert!(Fuzzy::new("").positions("Region").is_empty());
    }
}
