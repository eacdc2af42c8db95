//! What a provider brings, put by until all of it is here: the store is waited for, and held, only once
//! nothing more comes over a network.
//!
//! In memory up to some megabytes, beyond in a file of the user's alone that has no name once it is open:
//! whatever ends the process also ends the file. Knows no provider and no store.

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::ingest::Watcher;
use crate::domain::batch::ChargeBatch;
use crate::error::{Error, Kind, Result};
use crate::provider::remote::PART;
use crate::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, Stop};

/// Bytes that are kept in memory before they go to the file.
const MEMORY: usize = 4 << 20;
/// Bytes of a piece's length, before each piece.
const LENGTH: usize = 8;
/// How hard a piece is packed: it is read once and thrown away.
const LEVEL: i32 = 1;

/// Tells this process's files apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Something that came.
#[derive(Deserialize)]
enum Piece {
    Batch(Box<ChargeBatch>),
    Problem(Box<Problem>),
}

/// The same, lent.
#[derive(Serialize)]
enum Lent<'a> {
    Batch(&'a ChargeBatch),
    Problem(&'a Problem),
}

/// Pieces, in the order in which they came.
struct Held {
    /// Where the file is made; none is without a folder.
    folder: Option<PathBuf>,
    file: Option<File>,
    /// Bytes that are in the file.
    written: u64,
    /// Those that came after them.
    rest: Vec<u8>,
    failed: Option<Error>,
}

/// Takes what comes, and puts it by.
pub struct Spool<'a> {
    held: Mutex<Held>,
    watcher: &'a dyn Watcher,
    cancelled: &'a AtomicBool,
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl<'a> Spool<'a> {
    /// An empty one; its file is made in `folder`, and without one all is kept in memory.
    #[must_use]
    pub fn new(folder: Option<&Path>, watcher: &'a dyn Watcher, cancelled: &'a AtomicBool) -> Spool<'a> {
        let held = Held { folder: folder.map(Path::to_owned), file: None, written: 0, rest: Vec::new(), failed: None };
        Spool { held: Mutex::new(held), watcher, cancelled, bytes: 0.into(), rows: 0.into() }
    }

    /// Reads a source to its end; what came of it can then be read in its place.
    ///
    /// # Errors
    /// The source's, kind `Store` where the disk fails, `Interrupted` where it was given up.
    pub fn fill(self, source: &mut dyn CostSource) -> Result<Spooled> {
        let read = source.read(&self);
        let mut held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (read, held.failed.take()) {
            (Ok(summary), None) => Ok(Spooled { id: source.id(), summary, held }),
            (_, Some(error)) | (Err(Stop::Failed(error)), None) => Err(error),
            (Err(Stop::Cancelled), None) => Err(Error::new(Kind::Interrupted, "stopped: nothing was changed")),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, piece: &Lent<'_>) -> Result<()> {
        let bug = |e: &dyn std::fmt::Display| Error::bug(format!("what came cannot be put by: {e}"));
        let bytes = postcard::to_stdvec(piece).map_err(|e| bug(&e))?;
        let packed = zstd::encode_all(&bytes[..], LEVEL).map_err(|e| bug(&e))?;
        drop(bytes);
        self.held().put(&packed)
    }
}

impl Held {
    fn put(&mut self, packed: &[u8]) -> Result<()> {
        self.rest.extend_from_slice(&(packed.len() as u64).to_le_bytes());
        self.rest.extend_from_slice(packed);
        let Some(folder) = self.folder.as_deref().filter(|_| self.rest.len() > MEMORY) else { return Ok(()) };
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "write what came into", folder, e);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless(folder).map_err(|e| failed(&e))?),
        };
        file.write_all_at(&self.rest, self.written).map_err(|e| failed(&e))?;
        self.written += self.rest.len() as u64;
        self.rest.clear();
        Ok(())
    }

    /// The bytes from `at` on, of the file or of what is in memory.
    fn bytes(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        match (at.checked_sub(self.written), &self.file) {
            (None, Some(file)) => file.read_exact_at(&mut bytes, at)?,
            (None, None) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            (Some(at), _) => {
                let there = usize::try_from(at).ok().and_then(|at| self.rest.get(at..at.checked_add(length)?));
                bytes.copy_from_slice(there.ok_or(std::io::ErrorKind::UnexpectedEof)?);
            }
        }
        Ok(bytes)
    }

    /// The piece at `at`, and where the next one begins; `None` at the end.
    fn piece(&self, at: u64) -> std::io::Result<Option<(Piece, u64)>> {
        if at == self.written + self.rest.len() as u64 {
            return Ok(None);
        }
        let length = self.bytes(at, LENGTH)?.try_into().map_or(0, u64::from_le_bytes);
        let packed = self.bytes(at + LENGTH as u64, usize::try_from(length).map_err(std::io::Error::other)?)?;
        let bytes = zstd::decode_all(&packed[..])?;
        let piece = postcard::from_bytes(&bytes).map_err(std::io::Error::other)?;
        Ok(Some((piece, at + LENGTH as u64 + length)))
    }
}

/// A file of the folder for its owner alone, without a name.
fn nameless(folder: &Path) -> std::io::Result<File> {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("spool-{}-{number}{PART}", std::process::id()));
    let file = File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

impl Sink for Spool<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        if self.cancelled() {
            return Err(Stop::Cancelled);
        }
        self.put(&Lent::Batch(batch)).map_err(|error| {
            self.held().failed = Some(error.clone());
            Stop::Failed(error)
        })?;
        let rows = batch.len() as u64 + self.rows.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.watcher.progress(self.bytes.load(Ordering::Relaxed), rows);
        Ok(())
    }

    fn problem(&self, problem: Problem) {
        self.watcher.problem(&problem);
        if let Err(error) = self.put(&Lent::Problem(&problem)) {
            self.held().failed = Some(error);
        }
    }

    fn progress(&self, bytes: u64) {
        let bytes = bytes + self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.watcher.progress(bytes, self.rows.load(Ordering::Relaxed));
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What came, to be read as its source would have been, as often as need be.
pub struct Spooled {
    id: SourceId,
    summary: ReadSummary,
    held: Held,
}

impl CostSource for Spooled {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn size(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let mut at = 0;
        let lost = |e: std::io::Error| Stop::Failed(Error::store(format!("what came cannot be read again: {e}")));
        while let Some((piece, next)) = self.held.piece(at).map_err(lost)? {
            if sink.cancelled() {
                return Err(Stop::Cancelled);
            }
            match piece {
                Piece::Batch(batch) => sink.batch(&batch)?,
                Piece::Problem(problem) => sink.problem(*problem),
            }
            at = next;
        }
        Ok(self.summary.clone())
    }
}

/// Nobody is told again of what was told when it came.
pub struct Told;

impl Watcher for Told {
    fn progress(&self, _: u64, _: u64) {}

    fn problem(&self, _: &Problem) {}
}

#[cfg(test)]
mod tests;
