//! Reads the keys of one section that has a name of the user's: a connection's, a channel's, a rule's.
//!
//! Knows no key. What may be a secret is not repeated in any mistake.

use std::ops::RangeInclusive;

use super::mistake::{Mistake, shown};
use super::raw::{Placed, Raw, words};
use crate::domain::calendar::{DAY_SECONDS, HOUR_SECONDS};
use crate::secret::{Reference, WAYS};

/// Reads one section's keys.
pub struct Reader<'a> {
    /// All that is written.
    pub raw: &'a Raw,
    /// What is wrong with it.
    pub mistakes: &'a mut Vec<Mistake>,
    /// The section, like `aws.prod`.
    pub section: String,
    /// Where it stands.
    pub at: usize,
}

impl Reader<'_> {
    /// A key's dotted name.
    pub fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.section)
    }

    /// Adds what is wrong with a key.
    pub fn mistake(&mut self, at: usize, key: &str, why: &str) {
        let message = format!("`{}` {why}", self.key(key));
        self.mistakes.push(Mistake::new(at, message));
    }

    /// A text that is not empty, as it is written.
    pub fn placed(&self, key: &str) -> Option<Placed<String>> {
        self.raw.texts.get(&self.key(key)).filter(|placed| !placed.value.trim().is_empty()).cloned()
    }

    /// A text that is not empty, without the space around it.
    pub fn text(&self, key: &str) -> Option<String> {
        self.placed(key).map(|placed| placed.value.trim().to_owned())
    }

    /// A list of texts, as it is written.
    pub fn list(&self, key: &str) -> Option<Placed<Vec<Placed<String>>>> {
        self.raw.lists.get(&self.key(key)).cloned()
    }

    /// A whole number.
    pub fn number(&mut self, key: &str, allowed: RangeInclusive<i128>) -> Option<i128> {
        let Placed { value, at } = *self.raw.numbers.get(&self.key(key))?;
        if allowed.contains(&value) {
            return Some(value);
        }
        self.mistake(at, key, &format!("must be from {} to {}, not {value}", allowed.start(), allowed.end()));
        None
    }

    /// One of several words.
    pub fn one_of<T: Copy>(&mut self, key: &str, allowed: &[(&str, T)]) -> Option<T> {
        let Placed { value, at } = self.placed(key)?;
        let found = allowed.iter().find(|(name, _)| *name == value.trim()).map(|(_, meant)| *meant);
        if found.is_none() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            let message =
                format!("`{}` cannot be \"{}\"; it is one of {}", self.key(key), shown(&value), words(names.iter()));
            self.mistakes.push(Mistake::new(at, message).meant(&value, &names));
        }
        found
    }

    /// A reference to a secret. What stands there instead is not repeated: it may be the secret.
    pub fn secret(&mut self, key: &str) -> Option<String> {
        let Placed { value, at } = self.placed(key)?;
        if Reference::parse(&value).is_ok() {
            return Some(value);
        }
        self.mistake(at, key, &format!("must refer to the secret, not hold it: {WAYS}"));
        None
    }

    /// A URL of something that is spoken with: https, or http on this machine.
    pub fn url(&mut self, key: &str) -> Option<String> {
        let Placed { value, at } = self.placed(key)?;
        if holds_more_than_a_place(&value) {
            self.mistake(at, key, "must be an address alone, without `?`, `#` and what stands before an `@`");
            return None;
        }
        let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let rest_fits = |start: &&str| {
            value.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        };
        if value.starts_with("https://") || here.iter().any(rest_fits) {
            return Some(value.trim_end_matches('/').to_owned());
        }
        self.mistake(at, key, "must begin with https:// (http:// only for this machine)");
        None
    }
}

/// Whether a place has a query, a fragment, or a user before its host: what signed links are made of.
pub fn holds_more_than_a_place(place: &str) -> bool {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    place.contains(['?', '#']) || rest.split('/').next().is_some_and(|host| host.contains('@'))
}

/// Seconds of `6h`, `30m`, `3d`.
pub fn span(text: &str) -> Option<i64> {
    let (end, unit) = text.char_indices().next_back()?;
    let count: i64 = text[..end].trim().parse().ok().filter(|count| *count >= 0)?;
    let unit = match unit {
        'm' => 60,
        'h' => HOUR_SECONDS,
        'd' => DAY_SECONDS,
        _ => return None,
    };
    count.checked_mul(unit)
}
