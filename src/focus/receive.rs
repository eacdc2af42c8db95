//! What a reader tells its caller, whichever format it reads.

use super::dialect::Foreign;
use super::layout::Layout;
use crate::domain::batch::{ChargeBatch, Facts};
use crate::domain::calendar::Day;
use crate::error::Result;

/// Takes what a reader reads, from its threads.
pub trait Receive: Sync {
    /// A full batch.
    ///
    /// # Errors
    /// Where reading on is of no use.
    fn batch(&self, batch: &ChargeBatch) -> Result<()>;
    /// A row was refused. `group` is the billing account and period that it says it belongs to.
    fn refused(&self, line: u64, refusal: Refusal, group: Option<(String, Day)>);
    /// So many bytes of uncompressed input are done.
    fn progress(&self, bytes: u64);
    /// Whether reading on is of no use.
    fn cancelled(&self) -> bool;
}

/// Why a row is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The file's column; empty where the whole row is meant.
    pub column: String,
    /// The value, shortened.
    pub value: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Refusal {
    /// A refusal of a column's value.
    #[must_use]
    pub fn of(column: &str, value: &[u8], reason: impl Into<String>) -> Refusal {
        let mut value = String::from_utf8_lossy(&value[..value.len().min(200)]).into_owned();
        if value.chars().count() > 80 {
            value = value.chars().take(80).chain(['…']).collect();
        }
        Refusal { column: column.to_owned(), value, reason: reason.into() }
    }

    /// A refusal of the whole row.
    #[must_use]
    pub fn row(reason: impl Into<String>) -> Refusal {
        Refusal { column: String::new(), value: String::new(), reason: reason.into() }
    }
}

/// What became of rows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Charges taken.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// Values of charges with more than 18 decimals, rounded.
    pub rounded: u64,
    /// Charges with bytes that are not UTF-8, replaced.
    pub repaired: u64,
}

impl Tally {
    /// Counts a charge that is taken.
    pub fn take(&mut self, facts: &Facts) {
        self.rows += 1;
        self.rounded += facts.quantities.iter().flatten().filter(|value| value.rounded).count() as u64;
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.rows += other.rows;
        self.refused += other.refused;
        self.rounded += other.rounded;
        self.repaired += other.repaired;
    }
}

/// What was read from a file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// What the file was recognised as: `FOCUS 1.0`, `AWS CUR 2.0`.
    pub form: String,
    /// How it is written: `CSV`, `JSON`, `Parquet`.
    pub writing: &'static str,
    /// What became of its rows.
    pub tally: Tally,
    /// What the person who imports it should know of it.
    pub notes: Vec<String>,
    /// Columns that are not kept.
    pub dropped: Vec<String>,
    /// BLAKE3 of the uncompressed input, in hex.
    pub hash: String,
    /// Uncompressed bytes.
    pub bytes: u64,
}

impl Outcome {
    /// Of a FOCUS file with this layout and content.
    #[must_use]
    pub fn new(layout: &Layout, writing: &'static str, tally: Tally, hash: String, bytes: u64) -> Outcome {
        let form = format!("FOCUS {}", layout.version);
        Outcome { form, writing, tally, notes: Vec::new(), dropped: layout.dropped(), hash, bytes }
    }

    /// Of a file that was translated.
    #[must_use]
    pub fn of_foreign(foreign: &Foreign, writing: &'static str, tally: Tally, hash: String, bytes: u64) -> Outcome {
        let (form, notes, dropped) = (foreign.format(), foreign.notes(), foreign.dropped());
        Outcome { form, writing, tally, notes, dropped, hash, bytes }
    }
}
