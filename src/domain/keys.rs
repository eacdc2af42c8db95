//! Numbers by 128-bit hash: what a reader knows its rows' texts again by.
//!
//! Half the size of a hash map, which is what its speed rests on: a batch has more entries than
//! the processor's cache. 96 bits of the hash are kept.

use hashbrown::HashTable;

/// Numbers by hash.
#[derive(Clone, Default, Debug)]
pub struct Keys(HashTable<(u64, u32, u32)>);

impl Keys {
    /// The number of a hash, if it was seen.
    #[must_use]
    pub fn get(&self, key: u128) -> Option<u32> {
        let (low, high) = halves(key);
        self.0.find(low, |(l, h, _)| *l == low && *h == high).map(|(_, _, id)| *id)
    }

    /// Adds a hash that was not seen.
    pub fn insert(&mut self, key: u128, id: u32) {
        let (low, high) = halves(key);
        self.0.insert_unique(low, (low, high, id), |(low, _, _)| *low);
    }

    /// All hashes, as far as they are kept, with their numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u128, u32)> {
        self.0.iter().map(|(low, high, id)| (u128::from(*high) << 64 | u128::from(*low), *id))
    }

    /// Forgets all but keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

fn halves(key: u128) -> (u64, u32) {
    (key as u64, (key >> 64) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_added() {
        let mut keys = Keys::default();
        keys.insert(7, 1);
        keys.insert(7 | 1 << 64, 2);
        assert_eq!((keys.get(7), keys.get(7 | 1 << 64), keys.get(8)), (Some(1), Some(2), None));
        let mut all: Vec<(u128, u32)> = keys.iter().collect();
        all.sort_unstable();
        assert_eq!(all, [(7, 1), (7 | 1 << 64, 2)]);
        keys.clear();
        assert_eq!(keys.get(7), None);
    }
}
