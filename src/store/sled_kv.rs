//! The database on disk: sled 0.34, opened and written the way that keeps it sound.
//!
//! What is guarded against here was measured, not guessed. sled's `flush` does not fsync on
//! Linux, so [`Kv::sync`] does. A crash while sled opens can leave `snap.*.generating`, after
//! which it never opens again, so that is removed first. Damaged files make it panic, so opening
//! is caught. Nothing outside of this file knows sled.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs2::FileExt;

use super::folder;
use super::kv::{BATCH_MAX, Change, Kv, VALUE_MAX};
use crate::domain::text::SafeText;
use crate::error::{Cause, Error, Kind, Result, guarded};

/// sled's page cache in bytes. It is no limit on memory (sled evicts late), so it is kept small.
const CACHE_BYTES: u64 = 4 << 20;

/// How long a database that was closed may still be locked. sled's threads keep its file, and the
/// lock with it, until they have done what they were given, which may be after it was closed. No
/// other process can have it: the store's own lock is held.
const UNLOCK_MAX: Duration = Duration::from_secs(10);
const UNLOCK_STEP: Duration = Duration::from_millis(10);

/// sled behind [`Kv`].
pub struct SledKv {
    database: sled::Db,
    folder: PathBuf,
}

impl SledKv {
    /// Opens or creates the database in `folder`. The caller holds the store's lock.
    ///
    /// # Errors
    /// Kind `Store` where sled reports damage, panics, or the disk fails.
    pub fn open(folder: &Path) -> Result<SledKv> {
        remove_unfinished_snapshots(folder)?;
        wait_until_unlocked(folder, std::thread::sleep)?;
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        match guarded(|| config.open()) {
            Ok(Ok(database)) => Ok(SledKv { database, folder: folder.to_owned() }),
            Ok(Err(sled::Error::Io(cause))) if Cause::of(&cause).is_some() => {
                let error = Error::io(Kind::Store, "open", folder, &cause);
                Err(error.hint("the database writes a little when it is opened, even to be read: a copy of the folder on another disk can be, with --data-dir COPY"))
            }
            Ok(Err(cause)) => Err(damaged(folder, &told(&cause))),
            Err(_) => Err(damaged(folder, "the database panicked while opening")),
        }
    }

    fn guarded<T>(&self, doing: &str, action: impl FnOnce() -> sled::Result<T>) -> Result<T> {
        match guarded(action) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(sled::Error::Io(cause))) => Err(Error::io(Kind::Store, doing, &self.folder, &cause)),
            Ok(Err(cause)) => Err(self.damaged(&told(&cause))),
            Err(_) => Err(self.damaged(&format!("the database panicked: cannot {doing} it"))),
        }
    }

    /// The error for damage that was met in use, marked for the next opening, which saves what it
    /// can.
    fn damaged(&self, cause: &str) -> Error {
        if let Some(place) = self.folder.parent() {
            folder::mark_damaged(place);
        }
        damaged(&self.folder, cause)
    }
}

/// Without sled's inner words.
fn told(cause: &sled::Error) -> String {
    match cause {
        sled::Error::Corruption { .. } => "a page cannot be read any more".to_owned(),
        other => other.to_string(),
    }
}

fn damaged(folder: &Path, cause: &str) -> Error {
    let folder = SafeText::path(folder);
    let cause = SafeText::from_outside(cause);
    Error::store(format!("the database in `{folder}` is damaged: {cause}"))
        .hint("run `spendtop store check`: it keeps what can be read, and says what to import again")
}

/// Waits for the file lock of a database that was closed a moment ago. sled tells of its lock in
/// words only, among which damage looks alike, so that is asked here.
fn wait_until_unlocked(folder: &Path, mut pause: impl FnMut(Duration)) -> Result<()> {
    let path = folder.join("db");
    let Ok(file) = fs::File::open(&path) else { return Ok(()) };
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock_exclusive() {
            Err(cause) if cause.kind() != std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(cause) if waited >= UNLOCK_MAX => return Err(Error::io(Kind::Store, "lock", &path, &cause)),
            Err(_) => pause(UNLOCK_STEP),
            Ok(()) => return Ok(()),
        }
        waited += UNLOCK_STEP;
    }
}

/// A snapshot that a crash left half written: sled would take it for the newest and refuse to open.
fn remove_unfinished_snapshots(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path()).map_err(|e| Error::io(Kind::Store, "remove", &entry.path(), &e))?;
        }
    }
    Ok(())
}

impl Kv for SledKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let value = self.guarded("read from", || self.database.get(key))?;
        Ok(value.map(|v| v.to_vec()))
    }

    fn write(&self, changes: Vec<Change>) -> Result<()> {
        let too_large = changes.iter().any(|(_, v)| v.as_ref().is_some_and(|v| v.len() > VALUE_MAX));
        if too_large || changes.len() > BATCH_MAX {
            return Err(Error::bug("a batch for the store is larger than the database bears"));
        }
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.guarded("write to", || self.database.apply_batch(batch))
    }

    fn next_key(&self, prefix: &[u8], from: &[u8]) -> Result<Option<Vec<u8>>> {
        let next = self.guarded("read from", || self.database.range(from..).keys().next().transpose())?;
        Ok(next.map(|k| k.to_vec()).filter(|k| k.starts_with(prefix)))
    }

    fn sync(&self) -> Result<()> {
        self.guarded("flush", || self.database.flush())?;
        // On Linux sled's flush is sync_file_range, which leaves file sizes and the drive's cache.
        for path in [self.folder.join("db"), self.folder.clone()] {
            let file = fs::File::open(&path).map_err(|e| Error::io(Kind::Store, "open", &path, &e))?;
            file.sync_all().map_err(|e| Error::io(Kind::Store, "sync", &path, &e))?;
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        folder_size(&self.folder)
    }
}

/// Bytes of the files in a folder, with its subfolders.
#[must_use]
pub fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => folder_size(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use fs2::FileExt;

    use super::*;

    #[test]
    fn a_database_that_was_just_closed_can_be_opened() {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path().join("db");
        drop(SledKv::open(&place).expect("open"));
        // As one of sled's threads, which may be a moment behind.
        let held = fs::File::open(place.join("db")).expect("the database's file");
        held.lock_exclusive().expect("lock");
        let error = wait_until_unlocked(&place, |_| ()).expect_err("still locked");
        assert!(error.message.contains("lock"), "{error:?}");
        let mut held = Some(held);
        wait_until_unlocked(&place, |_| drop(held.take())).expect("unlocked");
        let database = SledKv::open(&place).expect("open");
        database.write(vec![(b"k".to_vec(), Some(b"v".to_vec()))]).expect("write");
    }
}
