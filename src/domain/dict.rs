//! A dictionary of texts: each distinct value once, named by a small number.
//!
//! Number 0 is always "no value". Knows nothing of what the texts mean.

use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

/// The number of "no value" in every dictionary.
pub const NONE: u32 = 0;

/// Distinct texts in the order in which they came, from number 1.
#[derive(Clone, Default, Debug)]
pub struct Dict {
    text: String,
    ends: Vec<u32>,
    hashes: Vec<u64>,
    /// Each text's short hash and number: most comparisons, and every growth of the table, then
    /// need no look at the text.
    index: HashTable<(u32, u32)>,
}

/// Spreads a short hash over the bits that the table looks at.
fn spread(short: u32) -> u64 {
    u64::from(short).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Dict {
    /// The number of `text`, added if it is new. The empty text is [`NONE`].
    pub fn intern(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return NONE;
        }
        let (texts, ends) = (&self.text, &self.ends);
        let hash = xxh3_64(text.as_bytes());
        let short = hash as u32;
        let same = |(hash, id): &(u32, u32)| *hash == short && slice(texts, ends, *id) == text;
        if let Some((_, id)) = self.index.find(spread(short), same) {
            return *id;
        }
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.hashes.push(hash);
        let id = self.ends.len() as u32;
        self.index.insert_unique(spread(short), (short, id), |(short, _)| spread(*short));
        id
    }

    /// The numbers of many texts, each added if it is new.
    ///
    /// In three passes, since a look-up is mostly waiting for memory: many of them then wait at
    /// the same time.
    pub fn intern_all(&mut self, texts: &[&str], ids: &mut Vec<u32>) {
        let hashes: Vec<u32> = texts.iter().map(|t| xxh3_64(t.as_bytes()) as u32).collect();
        let start = ids.len();
        ids.extend(hashes.iter().map(|short| {
            let found = self.index.find(spread(*short), |(hash, _)| hash == short);
            found.map_or(NONE, |(_, id)| *id)
        }));
        for (text, id) in texts.iter().zip(&mut ids[start..]) {
            if *id == NONE || slice(&self.text, &self.ends, *id) != *text {
                *id = self.intern(text);
            }
        }
    }

    /// Takes over all texts of another dictionary; for each of its numbers, the number here.
    #[must_use]
    pub fn adopt(&mut self, other: &Dict) -> Vec<u32> {
        (0..other.len() as u32).map(|id| self.intern(other.get(id))).collect()
    }

    /// Adds `text` without looking whether it is known; [`Self::find`] will not find it. For texts
    /// that are hardly ever equal or asked for.
    pub fn append(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return NONE;
        }
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.hashes.push(0);
        self.ends.len() as u32
    }

    /// The number of `text`, if it is known.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        if text.is_empty() {
            return Some(NONE);
        }
        let short = xxh3_64(text.as_bytes()) as u32;
        let same = |(hash, id): &(u32, u32)| *hash == short && slice(&self.text, &self.ends, *id) == text;
        self.index.find(spread(short), same).map(|(_, id)| *id)
    }

    /// The text of a number; empty for [`NONE`] and for numbers that were never given.
    #[must_use]
    pub fn get(&self, id: u32) -> &str {
        if id == NONE || id as usize > self.ends.len() { "" } else { slice(&self.text, &self.ends, id) }
    }

    /// A hash of a number's text, the same in every dictionary and every run; 0 for [`NONE`].
    #[must_use]
    pub fn hash(&self, id: u32) -> u64 {
        (id as usize).checked_sub(1).and_then(|at| self.hashes.get(at)).copied().unwrap_or(0)
    }

    /// Forgets all texts but keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.hashes.clear();
        self.index.clear();
    }

    /// How many numbers there are, [`NONE`] among them: valid numbers are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() + 1
    }

    /// Whether it holds no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes that it holds in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 24
    }

    /// Bytes of its texts.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// All texts by number, from 1.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (1..=self.ends.len() as u32).map(|id| slice(&self.text, &self.ends, id))
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], id: u32) -> &'a str {
    let at = id as usize - 1;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &text[start..ends[at] as usize]
}

/// As it is written: the texts end to end, and which of them are known by their text.
#[derive(Serialize, Deserialize)]
struct Written<T> {
    text: T,
    lengths: Vec<u32>,
    known: Vec<bool>,
}

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lengths = self.ends.iter().zip(starts).map(|(end, start)| end - start).collect();
        let known = self.hashes.iter().map(|hash| *hash != 0).collect();
        Written { text: self.text.as_str(), lengths, known }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Dict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { text, lengths, known } = Written::<String>::deserialize(deserializer)?;
        let bad = |what: &str| Err(serde::de::Error::custom(what));
        if lengths.len() != known.len() {
            return bad("a dictionary's texts do not fit together");
        }
        let (mut dict, mut rest) = (Dict::default(), text.as_str());
        for (at, (length, known)) in lengths.iter().zip(known).enumerate() {
            let Some((one, after)) = rest.split_at_checked(*length as usize) else {
                return bad("a dictionary's text is cut short");
            };
            let id = if known { dict.intern(one) } else { dict.append(one) };
            if id as usize != at + 1 {
                return bad("a dictionary holds a text twice, or none");
            }
            rest = after;
        }
        if rest.is_empty() { Ok(dict) } else { bad("a dictionary has more text than it says") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_each_text_once() {
        let mut dict = Dict::default();
        assert_eq!(dict.intern(""), NONE);
        let ids: Vec<u32> = ["a", "b", "a", "ab", "b"].iter().map(|t| dict.intern(t)).collect();
        assert_eq!(ids, [1, 2, 1, 3, 2]);
        assert_eq!(dict.iter().collect::<Vec<_>>(), ["a", "b", "ab"]);
        assert_eq!((dict.get(0), dict.get(3), dict.get(9)), ("", "ab", ""));
        assert_eq!(dict.find("ab"), Some(3));
        assert_eq!(dict.find("zz"), None);
    }
    #[test]
    fn is_read_as_it_was_written_and_refused_where_it_cannot_be_one() {
        let mut dict = Dict::default();
        for text in ["a", "", "ümlaut", "\u{1b}[2J"] {
            dict.intern(text);
        }
        dict.append("a");
        let bytes = postcard::to_stdvec(&dict).expect("written");
        let mut read: Dict = postcard::from_bytes(&bytes).expect("read");
        assert!(read.iter().eq(dict.iter()));
        assert_eq!((read.find("ümlaut"), read.hash(1), read.hash(4)), (Some(2), dict.hash(1), 0));
        assert_eq!(read.intern("b"), 5);
        let of = |text: &str, lengths: &[u32], known: &[bool]| {
            let written = Written { text, lengths: lengths.to_vec(), known: known.to_vec() };
            postcard::from_bytes::<Dict>(&postcard::to_stdvec(&written).expect("written")).is_ok()
        };
        assert!(of("ab", &[1, 1], &[true, false]));
        let refused = [
            of("aa", &[1, 1], &[true, true]),
            of("ab", &[1], &[true]),
            of("ab", &[3], &[true]),
            of("ü", &[1, 1], &[true, true]),
            of("a", &[1, 0], &[true, true]),
            of("a", &[1], &[]),
        ];
        assert_eq!(refused, [false; 6]);
    }
}
