//! A file that charges were read from: what a source tells of it and an import remembers.

use serde::{Deserialize, Serialize};

/// A file that charges were read from.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its path as it was given, `-` for standard input.
    pub name: String,
    /// BLAKE3 of its uncompressed bytes, in hex: the same content is known again by it.
    pub hash: String,
    /// Its uncompressed size in bytes.
    pub bytes: u64,
    /// What it was recognised as: `FOCUS 1.0 CSV`.
    pub format: String,
    /// Charges taken.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}
