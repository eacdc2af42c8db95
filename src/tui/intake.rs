//! Taking a billing export in from the app: what is asked for, and what is told of it.
//!
//! Plain data; the caller of [`run`](super::run) brings an [`Importer`], a thread of its own calls
//! it. Knows no file format and no store.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::error::{Error, Result};

/// What to do about charges of periods that are stored from other files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// They are another part of the same export: add them.
    Part,
    /// They take the place of what is stored.
    Replace,
}

/// Files to take in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intake {
    /// A file, a folder or a pattern.
    pub path: PathBuf,
    /// What was decided, where it had to be.
    pub decision: Option<Decision>,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Progress {
    /// Bytes of input read.
    pub bytes: u64,
    /// Bytes of input in all, where that is known.
    pub of: Option<u64>,
    /// Charges read.
    pub rows: u64,
}

impl Progress {
    /// The part that is done, 0 to 1; `None` where nobody knows how much there is.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let all = self.of.filter(|all| *all > 0)?;
        Some((self.bytes as f64 / all as f64).min(1.0))
    }
}

/// What became of it, in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// What was taken, line by line.
    pub summary: Vec<SafeText>,
    /// Rows that were not taken.
    pub refused: Refused,
    /// Whether the store holds anything new.
    pub changed: bool,
}

/// Rows that were refused.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refused {
    /// The first of them, place and reason.
    pub first: Vec<SafeText>,
    /// How many there are in all.
    pub count: u64,
    /// The file that lists them all.
    pub listed_in: Option<SafeText>,
}

/// Why nothing was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotTaken {
    /// What went wrong.
    pub error: Error,
    /// Rows that were refused until then.
    pub refused: Refused,
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> NotTaken {
        NotTaken { error, refused: Refused::default() }
    }
}

/// Gives an import up.
#[derive(Clone, Default, Debug)]
pub struct GiveUp(Arc<AtomicBool>);

impl GiveUp {
    /// Gives up: nothing is then changed.
    pub fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The flag, for whoever reads.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Takes files in; says now and then how far it is. Called on a thread of its own.
pub type Importer = Arc<dyn Fn(&Intake, &GiveUp, &(dyn Fn(Progress) + Sync)) -> Result<Taken, NotTaken> + Send + Sync>;

/// What a folder holds that could be taken in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// The folder, without `~` and `..`.
    pub folder: PathBuf,
    /// Folders, then billing files, each by name.
    pub entries: Vec<Entry>,
    /// Files that are no billing exports.
    pub others: usize,
    /// Folders and billing files that come behind these.
    pub beyond: usize,
}

/// A folder or a billing file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: SafeText,
    /// Bytes of a file; `None` for a folder.
    pub bytes: Option<u64>,
    /// The day when it was changed last, UTC.
    pub changed: Option<Day>,
}

/// Looks into a folder. Called on a thread of its own.
pub type Lister = Arc<dyn Fn(&std::path::Path) -> Result<Listing> + Send + Sync>;
