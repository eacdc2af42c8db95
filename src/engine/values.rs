//! The values of a table's dimension: by the hundred thousand, and met again in every segment.
//!
//! Values are known by a hash of their text alone, so that most need no look at texts that lie far
//! apart, and are looked up many at a time, so that the waits for memory overlap.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::domain::dict::NONE;
use crate::domain::keys::Keys;
use crate::domain::texts::Texts;

/// A seed of this process keeps a hostile bill from preparing texts that collide.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0u8));

/// Distinct texts by number, each with its name; the empty text is [`NONE`].
#[derive(Clone, Default, Debug)]
pub struct Values {
    texts: Texts,
    known: Keys,
    names: Texts,
    /// For each value, the number of its name.
    name_of: Vec<u32>,
    /// For each value, a hash of its name: mostly a value comes with the same name again.
    name_keys: Vec<u64>,
}

impl Values {
    /// The number of a value, which is added if it is new.
    pub fn add(&mut self, text: &str, name: &str) -> u32 {
        let mut id = [NONE];
        self.add_all(std::iter::once((text, name)), &mut id);
        id[0]
    }

    /// The numbers of many values, each a text and its name; `ids` has a place for each.
    pub fn add_all<'t>(&mut self, values: impl Iterator<Item = (&'t str, &'t str)> + Clone, ids: &mut [u32]) {
        let keys: Vec<u128> = values.clone().map(|(text, _)| key_of(text)).collect();
        for (id, key) in ids.iter_mut().zip(&keys) {
            *id = self.known.get(*key).unwrap_or(NONE);
        }
        for ((id, key), (text, name)) in ids.iter_mut().zip(&keys).zip(values) {
            if text.is_empty() {
                *id = NONE;
                continue;
            }
            if *id == NONE {
                // It may have come twice.
                *id = self.known.get(*key).unwrap_or_else(|| self.append(*key, text));
            }
            self.call(*id, text, name);
        }
    }

    fn append(&mut self, key: u128, text: &str) -> u32 {
        let id = self.texts.push(text);
        self.known.insert(key, id);
        self.name_of.resize(id as usize + 1, NONE);
        self.name_keys.resize(id as usize + 1, 0);
        id
    }

    /// Calls a value by a name, if that is better than what it is called: of several names the
    /// smallest stays, whatever order they come in. A name that is the text itself is none.
    fn call(&mut self, id: u32, text: &str, name: &str) {
        if name.is_empty() {
            return;
        }
        let key = xxh3_64_with_seed(name.as_bytes(), *SEED);
        if key == self.name_keys[id as usize] || name == text {
            return;
        }
        let now = self.name_of[id as usize];
        if now == NONE || name < self.names.get(now) {
            self.name_keys[id as usize] = key;
            self.name_of[id as usize] = self.names.push(name);
        }
    }

    /// Takes over all values of another set; for each of its numbers, the number here.
    #[must_use]
    pub fn adopt(&mut self, other: &Values) -> Vec<u32> {
        let mut ids = vec![NONE; other.len()];
        for (key, theirs) in other.known.iter() {
            ids[theirs as usize] = self.known.get(key).unwrap_or(NONE);
        }
        for (key, theirs) in other.known.iter() {
            let id = &mut ids[theirs as usize];
            // A text is only looked at where it is needed.
            if *id == NONE {
                *id = self.append(key, other.text(theirs));
            }
            if other.name_keys[theirs as usize] != self.name_keys[*id as usize] {
                self.call(*id, other.text(theirs), other.name(theirs));
            }
        }
        ids
    }

    /// How many numbers there are, [`NONE`] among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text of a value.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        self.texts.get(id)
    }

    /// The name of a value, empty where it has none.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        self.names.get(self.name_of.get(id as usize).copied().unwrap_or(NONE))
    }
}

fn key_of(text: &str) -> u128 {
    xxh3_128_with_seed(text.as_bytes(), *SEED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: &Values) -> Vec<(&str, &str)> {
        (1..values.len() as u32).map(|id| (values.text(id), values.name(id))).collect()
    }

    #[test]
    fn numbers_each_value_once_and_keeps_the_smallest_name() {
        let mut values = Values::default();
        let mut ids = [NONE; 6];
        let given = [("a", "y"), ("b", ""), ("a", "x"), ("", "none"), ("b", "b"), ("c", "c name")];
        values.add_all(given.into_iter(), &mut ids);
        assert_eq!(ids, [1, 2, 1, NONE, 2, 3]);
        assert_eq!(all(&values), [("a", "x"), ("b", ""), ("c", "c name")]);
        assert_eq!((values.add("c", "d"), values.add("a", "y")), (3, 1));
        assert_eq!(all(&values), [("a", "x"), ("b", ""), ("c", "c name")]);
    }

    #[test]
    fn takes_over_another_set() {
        let (mut ours, mut theirs) = (Values::default(), Values::default());
        ours.add("a", "n");
        for (text, name) in [("b", "b name"), ("a", "m"), ("c", "")] {
            theirs.add(text, name);
        }
        let ids = ours.adopt(&theirs);
        let texts: Vec<&str> = ids.iter().map(|id| ours.text(*id)).collect();
        assert_eq!(texts, ["", "b", "a", "c"]);
        assert_eq!(ids.iter().map(|id| ours.name(*id)).collect::<Vec<_>>(), ["", "b name", "m", ""]);
    }
}
