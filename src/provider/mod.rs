//! Where charges come from: one trait for sources of cost, and the sources.
//!
//! A source reads on as many threads as it likes and hands bounded [`ChargeBatch`]es to a
//! [`Sink`]; it never sees the store.

#[cfg(feature = "aws")]
pub mod aws;
pub mod aws_words;
#[cfg(feature = "azure")]
pub mod azure;
pub mod azure_words;
pub mod credentials;
pub mod demo;
pub mod dialects;
#[cfg(feature = "exports")]
pub mod exports;
pub mod files;
pub mod folder;
#[cfg(feature = "gcp")]
pub mod gcp;
#[cfg(feature = "opencost")]
pub mod opencost;
pub mod remote;
#[cfg(test)]
pub mod testing;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Day;
use crate::domain::source_file::SourceFile;
use crate::error::Error;

/// What a source is, in the store's words.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SourceId {
    /// Its name: one export or one API scope.
    pub name: String,
    /// What kind of source it is, which decides whose charges count where sources overlap.
    pub kind: SourceKind,
}

/// Kinds of sources, the most trusted first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A billing export.
    Export,
    /// A provider's cost API.
    Api,
    /// Generated data.
    Demo,
}

/// A charge that was not taken, or that was taken with a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Which file or page.
    pub file: String,
    /// Line in a text file, row (from 1) in others; 0 where the whole file is meant.
    pub line: u64,
    /// Which column, empty where the whole row is meant.
    pub column: String,
    /// The value, as it came.
    pub value: String,
    /// What is wrong with it, and what would be right.
    pub reason: String,
    /// Whether the row was left out (else it was taken with a change).
    pub refused: bool,
    /// The billing account and period that the row says it belongs to, where it can be told.
    pub group: Option<(String, Day)>,
}

/// Why a source stops early.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stop {
    /// The receiver wants no more.
    Cancelled,
    /// The input or the receiver failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// Takes what a source reads; called from the source's threads.
pub trait Sink: Sync {
    /// Takes a batch of charges. Blocks while the receiver is behind.
    ///
    /// # Errors
    /// [`Stop`] when reading on is of no use.
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop>;

    /// Takes note of a problem. Problems of one file come before those of the next, but in no order
    /// within it: several threads read it.
    fn problem(&self, problem: Problem);

    /// Takes note of progress: bytes of input read since the last call.
    fn progress(&self, bytes: u64);

    /// Whether reading on is of no use.
    fn cancelled(&self) -> bool;
}

/// A source of charges.
pub trait CostSource: Send {
    /// What it is.
    fn id(&self) -> SourceId;

    /// Bytes of input in all, where it can be told beforehand.
    fn size(&self) -> Option<u64>;

    /// Content, by its hash, that is to be left out: what is stored of it is not to come again. A
    /// source without files has none.
    fn leave_out(&mut self, _hashes: BTreeSet<String>) {}

    /// Reads everything into the sink.
    ///
    /// # Errors
    /// [`Stop`]; what was handed over until then must not be kept.
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop>;
}

/// What a source read.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ReadSummary {
    /// Each file that was read, in order.
    pub files: Vec<FileSummary>,
    /// Files that were left out, since their content was to be: names and hashes.
    pub left_out: Vec<SourceFile>,
    /// Days that the provider itself calls estimated.
    pub estimated: BTreeSet<Day>,
    /// What part of its billing account was read, as [`remote::Brought::covers`].
    pub covers: String,
    /// Days that it has forgotten: what is stored of them stays.
    pub left: BTreeSet<Day>,
}

/// What was read from one file.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct FileSummary {
    /// The file.
    pub file: SourceFile,
    /// Values of charges with more than 18 decimals, rounded.
    pub rounded: u64,
    /// Charges with bytes that are not UTF-8, replaced.
    pub repaired: u64,
    /// Charges whose tags are no JSON object, so that no tag can be read from them, and one such text.
    pub odd_tags: (u64, String),
    /// What the person who imports it should know of it.
    pub notes: Vec<String>,
    /// Columns that were there and are not kept.
    pub dropped_columns: Vec<String>,
}
