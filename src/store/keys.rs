//! The store's keys: which bytes stand for what.
//!
//! Keys of one column lie side by side, so that a question which names two columns touches only
//! their pages. Numbers are big-endian, so that they sort.

/// The pointer to the manifest in force.
pub const POINTER: &[u8] = b"M";
/// Keys of segments.
pub const SEGMENTS: &[u8] = b"s";
/// Keys of rollups.
pub const ROLLUPS: &[u8] = b"r";
/// Keys of groups' sketches.
pub const SKETCHES: &[u8] = b"k";
/// Keys of manifests.
pub const MANIFESTS: &[u8] = b"m";
/// Keys of what the user made.
pub const STATE: &[u8] = b"u";

/// The parts of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Part {
    /// What the segment holds.
    Head = 0,
    /// A profile column's texts.
    ProfileTexts = 1,
    /// A profile column's text number for each profile.
    Profiles = 2,
    /// A terms column's texts.
    TermsTexts = 3,
    /// A terms column's text number for each terms row; column 255 holds their times.
    Terms = 4,
    /// A chunk's profile (column 0) or terms (column 1) numbers.
    Rows = 5,
    /// A chunk's values of a quantity.
    Quantities = 6,
}

fn numbered(prefix: &[u8], number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(prefix.len() + 24);
    key.extend_from_slice(prefix);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// All keys of a segment start with this.
#[must_use]
pub fn segment(segment: u64) -> Vec<u8> {
    numbered(SEGMENTS, segment)
}

/// A column (of a chunk) of a segment.
#[must_use]
pub fn column(segment: u64, part: Part, column: u8, chunk: u32) -> Vec<u8> {
    let mut key = numbered(SEGMENTS, segment);
    key.push(part as u8);
    key.push(column);
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// All keys of a group's rollups start with this.
#[must_use]
pub fn group_rollups(group: u64) -> Vec<u8> {
    numbered(ROLLUPS, group)
}

/// All keys of a group's rollup of a kind start with this.
#[must_use]
pub fn rollup_all(group: u64, kind: &str) -> Vec<u8> {
    let mut key = numbered(ROLLUPS, group);
    let hash = xxhash_rust::xxh3::xxh3_64(kind.as_bytes());
    key.extend_from_slice(&hash.to_be_bytes());
    key
}

/// A section of a group's rollup of a kind.
#[must_use]
pub fn rollup(group: u64, kind: &str, section: u8) -> Vec<u8> {
    let mut key = rollup_all(group, kind);
    key.push(section);
    key
}

/// A group's sketch.
#[must_use]
pub fn sketch(group: u64) -> Vec<u8> {
    numbered(SKETCHES, group)
}

/// A manifest.
#[must_use]
pub fn manifest(generation: u64) -> Vec<u8> {
    numbered(MANIFESTS, generation)
}

/// The number behind the one-letter prefix of a key.
#[must_use]
pub fn number(key: &[u8]) -> Option<u64> {
    key.get(1..9).and_then(|b| b.try_into().ok()).map(u64::from_be_bytes)
}
