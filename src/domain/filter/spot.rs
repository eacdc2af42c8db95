//! What stands at a place of a filter's text that is being written: what could come there, and which
//! piece of the text it would take the place of.
//!
//! Reads half-written filters too, so it never fails. Knows no values and no list of dimensions.

use std::ops::Range;

use crate::domain::words::write_value;

/// What could be written at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// A term's beginning: a dimension, or free text.
    Term,
    /// A tag's key, after `tag:`.
    TagKey,
    /// A value of a dimension, by the word that stands for it: `service`, `tag:team`.
    Value(String),
    /// Free text or an amount, of which nothing is known.
    Anything,
}

/// A place in a filter's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// What could be written there.
    pub wanted: Wanted,
    /// The bytes that it would take the place of: the piece that the place lies in.
    pub piece: Range<usize>,
    /// What of the piece stands before the place, without quotes.
    pub typed: String,
    /// The bytes of the term around it.
    pub term: Range<usize>,
}

/// What begins a word that names a tag.
const TAG: &str = "tag:";

/// What begins a word that names a virtual dimension.
const VIRTUAL: &str = "virtual:";

/// What stands at a byte position of a text, which must be a character's edge.
#[must_use]
pub fn spot(text: &str, at: usize) -> Spot {
    let mut reader = Reader { text, at: 0 };
    loop {
        reader.skip_space();
        if reader.at > at || reader.rest().is_empty() {
            let piece = at..at;
            return Spot { wanted: Wanted::Term, piece: piece.clone(), typed: String::new(), term: piece };
        }
        let start = reader.at;
        // Before the sign of a term there is nothing that its word could be put in the place of.
        let found = reader.term(at).filter(|(_, piece)| (piece.start..=piece.end).contains(&at));
        if at <= reader.at {
            let (wanted, piece) = found.unwrap_or((Wanted::Anything, start..reader.at));
            let typed = unquoted(&text[piece.start..at]);
            return Spot { wanted, piece, typed, term: start..reader.at };
        }
    }
}

/// A value as a filter writes it: in quotes where it needs them; none is `""`.
#[must_use]
pub fn value_text(value: &str) -> String {
    struct Written<'a>(&'a str);
    impl std::fmt::Display for Written<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write_value(f, self.0, false)
        }
    }
    Written(value).to_string()
}

/// A tag's key as a filter writes it.
#[must_use]
pub fn key_text(key: &str) -> String {
    let plain = !key.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '\\'));
    if plain { key.to_owned() } else { format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// What stands in quotes that may not be closed yet, or the text itself.
fn unquoted(text: &str) -> String {
    let Some(inside) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::new();
    let mut escaped = false;
    for c in inside.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => break,
            c => {
                out.push(c);
                escaped = false;
            }
        }
    }
    out
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Goes on to where a character holds, or to the end.
    fn until(&mut self, holds: impl Fn(char) -> bool) {
        self.at += self.rest().find(holds).unwrap_or(self.rest().len());
    }

    /// Goes over a text in quotes, closed or not.
    fn quoted(&mut self) {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => {
                    self.at += at + 1;
                    return;
                }
                _ => escaped = false,
            }
        }
        self.at = self.text.len();
    }

    /// Goes over one term; the piece at a place in it and what could be written there, where something
    /// is known of it.
    fn term(&mut self, place: usize) -> Option<(Wanted, Range<usize>)> {
        self.at += usize::from(self.rest().starts_with(['-', '!']));
        let start = self.at;
        if self.bound() {
            return None;
        }
        if self.rest().starts_with('"') {
            self.quoted();
            return None;
        }
        if self.rest().starts_with(TAG) {
            self.at += TAG.len();
            let key = self.at;
            if self.rest().starts_with('"') {
                self.quoted()
            } else {
                self.until(|c| c.is_whitespace() || matches!(c, ':' | '='))
            }
            if (key..=self.at).contains(&place) {
                return Some((Wanted::TagKey, key..self.at));
            }
        } else {
            self.at += if self.rest().starts_with(VIRTUAL) { VIRTUAL.len() } else { 0 };
            self.until(|c| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '|' | '<' | '>'));
        }
        if !self.rest().starts_with([':', '=']) {
            let word = start..self.at;
            self.until(char::is_whitespace);
            return (word.end == self.at).then_some((Wanted::Term, word));
        }
        if place <= self.at {
            let word = start..self.at;
            self.values(place);
            return Some((Wanted::Term, word));
        }
        let word = match self.text[start..self.at].strip_prefix(TAG) {
            Some(key) => format!("{TAG}{}", unquoted(key)),
            None => self.text[start..self.at].to_owned(),
        };
        self.values(place).map(|piece| (Wanted::Value(word), piece))
    }

    /// Goes over `cost>100`, if that is what stands here.
    fn bound(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix("cost") else { return false };
        let rest = rest.trim_start();
        if !rest.starts_with(['<', '>']) {
            return false;
        }
        self.at = self.text.len() - rest.trim_start_matches(['<', '>', '=']).trim_start().len();
        self.until(char::is_whitespace);
        true
    }

    /// Goes over a separator and values with `|` between them; the one at a place.
    fn values(&mut self, place: usize) -> Option<Range<usize>> {
        let mut found = None;
        loop {
            // The separator, or the bar.
            self.at += 1;
            self.at += usize::from(self.rest().starts_with('='));
            let start = self.at;
            if self.rest().starts_with('"') {
                self.quoted()
            } else {
                self.until(|c| c.is_whitespace() || c == '|')
            }
            if (start..=self.at).contains(&place) {
                found = Some(start..self.at);
            }
            if !self.rest().starts_with('|') {
                // What follows a closed quote at once is a mistake, and part of the term still.
                self.until(char::is_whitespace);
                return found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cursor is at `^`.
    fn at(text: &str) -> (Wanted, String, String) {
        let place = text.find('^').expect("a cursor");
        let text = text.replacen('^', "", 1);
        let spot = spot(&text, place);
        (spot.wanted, text[spot.piece].to_owned(), spot.typed)
    }

    #[test]
    fn says_which_piece_the_cursor_is_in() {
        let value = |word: &str| Wanted::Value(word.to_owned());
        for (text, wanted, piece, typed) in [
            ("^", Wanted::Term, "", ""),
            ("  ^  ", Wanted::Term, "", ""),
            ("ser^", Wanted::Term, "ser", "ser"),
            ("s^er", Wanted::Term, "ser", "s"),
            ("-reg^", Wanted::Term, "reg", "reg"),
            ("-^", Wanted::Term, "", ""),
            ("^-", Wanted::Anything, "-", ""),
            ("< ^-=", Wanted::Anything, "-=", ""),
            ("^!env=prod", Wanted::Anything, "!env=prod", ""),
            ("virtual:te^", Wanted::Term, "virtual:te", "virtual:te"),
            ("virtual:team=w^eb", value("virtual:team"), "web", "w"),
            ("env=prod ^", Wanted::Term, "", ""),
            ("env=prod ^ region:x", Wanted::Term, "", ""),
            ("env=prod re^g", Wanted::Term, "reg", "re"),
            ("serv^ice:ec2", Wanted::Term, "service", "serv"),
            ("service^:ec2", Wanted::Term, "service", "service"),
            ("service:^", value("service"), "", ""),
            ("service:e^", value("service"), "e", "e"),
            ("service:^ec2 env=x", value("service"), "ec2", ""),
            ("service:ec2|^", value("service"), "", ""),
            ("service:ec2|r^ds|s3", value("service"), "rds", "r"),
            ("service:\"Amazon E^C2\"", value("service"), "\"Amazon EC2\"", "Amazon E"),
            ("service:\"Amazon E^", value("service"), "\"Amazon E", "Amazon E"),
            ("service:\"a \\\" b^", value("service"), "\"a \\\" b", "a \" b"),
            ("env==Pro^", value("env"), "Pro", "Pro"),
            ("-team=d^", value("team"), "d", "d"),
            ("tag:^", Wanted::TagKey, "", ""),
            ("tag:te^am", Wanted::TagKey, "team", "te"),
            ("tag:\"k8s:na^", Wanted::TagKey, "\"k8s:na", "k8s:na"),
            ("tag:\"k8s:namespace\"=w^", value("tag:k8s:namespace"), "w", "w"),
            ("tag:team=^", value("tag:team"), "", ""),
            ("tag:team=a|b^", value("tag:team"), "b", "b"),
            ("cos^", Wanted::Term, "cos", "cos"),
            ("cost>1^0", Wanted::Anything, "cost>10", "cost>1"),
            ("cost > ^5 env=x", Wanted::Anything, "cost > 5", "cost > "),
            ("\"free te^", Wanted::Anything, "\"free te", "free te"),
            ("\"free\" e^", Wanted::Term, "e", "e"),
            ("a|b^", Wanted::Anything, "a|b", "a|b"),
            ("région:é^", value("région"), "é", "é"),
        ] {
            assert_eq!(at(text), (wanted, piece.to_owned(), typed.to_owned()), "{text}");
        }
        assert_eq!(spot("a -service:ec2|rds b", 14).term, 2..18);
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        for value in ["web", "", "a b", "a|b", "quo\"te", "back\\slash", "=odd", "us-*", "(none)", "x:y=z", "é"] {
            let text = format!("service:{}", value_text(value));
            let filter = crate::domain::filter::Filter::parse(&text, &[]).unwrap_or_else(|e| panic!("{text}: {e}"));
            let pattern = &filter.clauses[0].patterns[0];
            assert!(pattern.matches(value), "{text}");
        }
        for key in ["team", "k8s:namespace", "a b", "q\"t", "b\\s"] {
            let text = format!("tag:{}=x", key_text(key));
            let filter = crate::domain::filter::Filter::parse(&text, &[]).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(filter.clauses[0].dimension, Some(crate::domain::dimension::Dimension::Tag(key.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_place_is_too_odd(text in "[a-z\"\\\\ :=|é<>-]{0,24}", at in 0usize..60) {
            let at = text.floor_char_boundary(at.min(text.len()));
            let spot = spot(&text, at);
            prop_assert!(spot.piece.start <= at && at <= spot.piece.end, "{text} {at} {spot:?}");
            prop_assert!(text.get(spot.piece).is_some() && text.get(spot.term).is_some());
        }
    }
}
