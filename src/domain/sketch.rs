//! A sketch of a set: enough to tell a newer version of an export from another part of it.
//!
//! Keeps the smallest [`SIZE`] of the members' hashes (a bottom-k sketch: Thorup 2013,
//! "Bottom-k and priority sampling"). A set with fewer members is kept whole. Two sketches are
//! compared below the lower of their thresholds, where both are complete.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Hashes kept at most.
pub const SIZE: usize = 2_048;
/// Hashes that a trimmed sketch keeps at least: with fewer, nothing can be told.
pub const SIZE_MIN: usize = 32;

/// The smallest hashes of a set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sketch {
    hashes: BTreeSet<u64>,
    /// Up to which hash the sketch holds every member.
    threshold: u64,
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch { hashes: BTreeSet::new(), threshold: u64::MAX }
    }
}

impl Sketch {
    /// Adds a member by its hash.
    pub fn add(&mut self, hash: u64) {
        if hash <= self.threshold && self.hashes.insert(hash) && self.hashes.len() > SIZE {
            self.trim(SIZE);
        }
    }

    /// Adds another set's members.
    pub fn merge(&mut self, other: &Sketch) {
        if other.threshold < self.threshold {
            self.threshold = other.threshold;
            self.hashes.split_off(&self.threshold.saturating_add(1));
        }
        other.hashes.iter().for_each(|hash| self.add(*hash));
    }

    /// Keeps at most so many hashes, to need less room; what it tells is told from fewer members.
    pub fn trim(&mut self, size: usize) {
        if self.hashes.len() <= size.max(1) {
            return;
        }
        while self.hashes.len() > size.max(1) {
            self.hashes.pop_last();
        }
        self.threshold = self.hashes.last().copied().unwrap_or(u64::MAX);
    }

    /// How many hashes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether the set has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// How many members the set has, about.
    #[must_use]
    pub fn distinct(&self) -> f64 {
        let share = self.threshold as f64 / u64::MAX as f64;
        self.hashes.len() as f64 / share.max(f64::MIN_POSITIVE)
    }

    /// Which share of its members the other set has, about, and from how many members that was told;
    /// 1 where it has none.
    #[must_use]
    pub fn share_in(&self, other: &Sketch) -> (f64, usize) {
        let threshold = self.threshold.min(other.threshold);
        let ours = self.hashes.range(..=threshold).count();
        let shared = self.hashes.range(..=threshold).filter(|h| other.hashes.contains(h)).count();
        (if ours == 0 { 1.0 } else { shared as f64 / ours as f64 }, ours)
    }

    /// Which share of the smaller set's members the larger one has, about; and from how many
    /// members that was told.
    #[must_use]
    pub fn containment(&self, other: &Sketch) -> (f64, usize) {
        let threshold = self.threshold.min(other.threshold);
        let count = |s: &Sketch| s.hashes.range(..=threshold).count();
        let smaller = count(self).min(count(other));
        let shared = self.hashes.range(..=threshold).filter(|h| other.hashes.contains(h)).count();
        if smaller == 0 { (0.0, 0) } else { (shared as f64 / smaller as f64, smaller) }
    }
}

/// What a set of charges is known by: what names each, and each with its amount.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What names each charge across restatements.
    pub names: Sketch,
    /// The charges themselves: names with amounts.
    pub charges: Sketch,
}

impl Fingerprint {
    /// Adds a charge by what names it and by its amount in units of 1e-18.
    pub fn add(&mut self, name: u64, amount: i128) {
        self.names.add(name);
        let mixed = (name ^ (amount as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.charges.add(mixed ^ (mixed >> 32));
    }

    /// Keeps at most so many hashes of each.
    pub fn trim(&mut self, size: usize) {
        self.names.trim(size);
        self.charges.trim(size);
    }

    /// How many hashes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len() + self.charges.len()
    }

    /// Whether it has no charges.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Adds another set's charges.
    pub fn merge(&mut self, other: &Fingerprint) {
        self.names.merge(&other.names);
        self.charges.merge(&other.charges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(range: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        range.for_each(|i| sketch.add(xxhash_rust::xxh3::xxh3_64(&i.to_le_bytes())));
        sketch
    }

    #[test]
    fn tells_versions_from_parts() {
        let old = sketch(0..50_000);
        for (other, low, high) in [
            (0..50_000, 1.0, 1.0),
            (0..60_000, 0.97, 1.0),
            (50_000..100_000, 0.0, 0.01),
            (0..2_000, 0.9, 1.0),
            (25_000..75_000, 0.4, 0.6),
        ] {
            let (share, sample) = old.containment(&sketch(other.clone()));
            assert!((low..=high).contains(&share), "{other:?}: {share} from {sample}");
        }
        assert_eq!(sketch(0..10).containment(&sketch(5..30)), (0.5, 10));
        let (share, sample) = sketch(0..10).share_in(&sketch(2..30));
        assert!((share - 0.8).abs() < f64::EPSILON && sample == 10);
    }
}
