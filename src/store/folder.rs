//! The store's folder: permissions, the lock, and the small files beside the database.
//!
//! The folder holds `lock`, the database in `db/`, `journal.jsonl`, the [`front`] page, the
//! [`witness`] and `generation`, which says how many commits the database must at least remember:
//! one that lost the newest would otherwise look sound. `damaged` is there after the database
//! failed while it was in use, `reserve` unless the disk is full.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fs2::FileExt;

use super::{front, witness};
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};

/// The note of how many commits there were.
const GENERATION: &str = "generation";

/// The user's own state.
pub(super) const JOURNAL: &str = "journal.jsonl";

/// The mark that reading or writing the database failed.
pub(super) const DAMAGED: &str = "damaged";

/// How long somebody else's lock is waited for.
pub const WAIT_MAX: Duration = Duration::from_secs(2);
/// How often it is tried meanwhile.
pub const WAIT_STEP: Duration = Duration::from_millis(10);

/// The lock on a store's folder, given back when dropped or when the process ends.
pub struct Lock(File);

impl Lock {
    /// Takes the lock; waits a moment for a process that only asks something.
    ///
    /// # Errors
    /// Kind `Store` where another process holds it longer.
    pub fn take(place: &Path) -> Result<Lock> {
        Lock::take_pausing(place, std::thread::sleep)
    }

    /// Takes the lock where nobody holds it.
    ///
    /// # Errors
    /// Kind `Store` where its file cannot be opened.
    pub fn try_take(place: &Path) -> Result<Option<Lock>> {
        let file = Lock::file(place)?;
        Ok(file.try_lock_exclusive().is_ok().then(|| Lock::of(file)))
    }

    /// The lock's file, for a process that is to hold the lock too: it is free once both have let go.
    ///
    /// # Errors
    /// Where there is no room for another open file.
    pub fn hand_over(&self) -> std::io::Result<File> {
        self.0.try_clone()
    }

    /// A lock that another process has handed over; `None` where the file is not this store's lock.
    #[must_use]
    pub fn handed(file: File, place: &Path) -> Option<Lock> {
        let there = |meta: std::io::Result<fs::Metadata>| meta.ok().map(|meta| (meta.dev(), meta.ino()));
        let is_ours = there(file.metadata()).is_some_and(|id| there(fs::metadata(place.join("lock"))) == Some(id));
        (is_ours && file.try_lock_exclusive().is_ok()).then(|| Lock::of(file))
    }

    /// The error for a lock that another process keeps.
    #[must_use]
    pub fn held(place: &Path) -> Error {
        let mut holder = String::new();
        let _ = Lock::file(place).map(|mut file| file.read_to_string(&mut holder));
        let holder: String = holder.chars().filter(char::is_ascii_digit).take(10).collect();
        let who = if holder.is_empty() {
            "another spendtop".to_owned()
        } else {
            format!("another spendtop (process {holder})")
        };
        Error::store(format!("{who} is using the store in `{}`", SafeText::path(place)))
            .hint("wait for it to end, or use another --data-dir")
    }

    fn take_pausing(place: &Path, mut pause: impl FnMut(Duration)) -> Result<Lock> {
        let file = Lock::file(place)?;
        let mut waited = Duration::ZERO;
        while file.try_lock_exclusive().is_err() {
            if waited >= WAIT_MAX {
                return Err(Lock::held(place));
            }
            pause(WAIT_STEP);
            waited += WAIT_STEP;
        }
        Ok(Lock::of(file))
    }

    fn file(place: &Path) -> Result<File> {
        let path = place.join("lock");
        let failed = |e: &std::io::Error| {
            let error = Error::io(Kind::Store, "open", &path, e);
            match e.kind() {
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => error.hint(format!(
                    "the store must be writable even to be read (lock, database): copy the folder `{}`, and use --data-dir COPY",
                    SafeText::path(place)
                )),
                _ => error,
            }
        };
        File::options().create(true).read(true).write(true).truncate(false).open(&path).map_err(|e| failed(&e))
    }

    fn of(mut file: File) -> Lock {
        // Only for whoever is refused meanwhile: a full disk does not matter.
        let pid = format!("{}\n", std::process::id());
        let _ =
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(pid.as_bytes()));
        Lock(file)
    }
}

/// Whether a folder holds a store.
#[must_use]
pub fn exists(place: &Path) -> bool {
    // While its files are replaced there may be no database for a moment; one that is gone although
    // commits were noted is for the opening to tell of.
    place.join("db").is_dir() || ["replacing", GENERATION].iter().any(|name| place.join(name).exists())
}

/// Makes the folder, readable by its owner alone, and refuses another's.
///
/// # Errors
/// Kind `Store` where it cannot be made or belongs to somebody else.
pub fn prepare(place: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(place)
        .map_err(|e| Error::io(Kind::Store, "create", place, &e))?;
    let meta = fs::metadata(place).map_err(|e| Error::io(Kind::Store, "look at", place, &e))?;
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(Error::store(format!("`{}` belongs to another user", SafeText::path(place)))
            .hint("use a --data-dir of your own"));
    }
    Ok(())
}

/// Takes all permissions of others away: files 0600, folders 0700.
pub fn tighten(place: &Path) {
    let set = |path: &Path, mode| {
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    };
    set(place, 0o700);
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => tighten(&entry.path()),
            Ok(kind) if kind.is_file() => set(&entry.path(), 0o600),
            _ => {}
        }
    }
}

/// Remembers outside of the database how far it had come.
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub fn note_generation(place: &Path, generation: u64) -> Result<()> {
    write_small(place, GENERATION, &generation.to_string())
}

/// How far the database had come when it was last noted; `None` where no sound note says.
#[must_use]
pub fn noted_generation(place: &Path) -> Option<u64> {
    read_generation(place)?.ok()
}

/// How many commits were noted; `None` where nothing was, an error where the note is damaged.
pub(super) type Note = Option<Result<u64, ()>>;

/// Reads the note of the newest commit.
pub(super) fn read_generation(place: &Path) -> Note {
    read_small(place, GENERATION).map(|n| n.and_then(|text| text.parse().map_err(|_| ())))
}

/// What every change of what a store holds changes, to be read without opening it: commits noted,
/// and bytes of the journal.
pub type Mark = (Option<u64>, u64);

/// The mark of the store in a folder.
#[must_use]
pub fn mark(place: &Path) -> Mark {
    (noted_generation(place), fs::metadata(place.join(JOURNAL)).map_or(0, |meta| meta.len()))
}

/// Whether a file of the folder is one that [`mark`] reads.
#[must_use]
pub fn is_marking(name: &[u8]) -> bool {
    [GENERATION, JOURNAL].iter().any(|marking| marking.as_bytes() == name)
}

/// Writes a line with its checksum as a file of its own.
fn write_small(place: &Path, name: &str, text: &str) -> Result<()> {
    keep(place, name, format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes())).as_bytes())
}

/// Bytes of a small file of the folder at most.
const KEPT_MAX: u64 = 1 << 20;

/// A small file that a face keeps beside the store; `None` where there is none or it cannot be read.
#[must_use]
pub fn kept(place: &Path, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(place.join(name)).ok()?.take(KEPT_MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= KEPT_MAX).then_some(bytes)
}

/// Keeps a small file in a folder, of the store or beside it, readable by its owner alone; whole or
/// not at all, and synced. Several may do so at once: one of them is the last.
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub fn keep(place: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let path = place.join(name);
    let fresh = place.join(format!("{name}.{}-{}", std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed)));
    let write = || -> std::io::Result<()> {
        let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(place)?.sync_all()
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&fresh);
        Error::io(Kind::Store, "write", &path, &e)
    })
}

/// Has the next opening save what can be read, and set the rest aside.
pub(super) fn mark_damaged(place: &Path) {
    let _ = keep(place, DAMAGED, b"");
}

/// A line that [`write_small`] wrote: `None` where there is none, an error where it is damaged.
fn read_small(place: &Path, name: &str) -> Option<Result<String, ()>> {
    let bytes = fs::read(place.join(name)).ok()?;
    let whole = || {
        let (text, sum) = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?.rsplit_once(' ')?;
        (sum == format!("{:08x}", crc32c::crc32c(text.as_bytes()))).then(|| text.to_owned())
    };
    Some(whole().ok_or(()))
}

/// What a replacement may put in place.
const REPLACED: [&str; 2] = ["db", JOURNAL];

/// An empty folder for what is to take the place of the store's files ([`replace`]).
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub fn next_folder(place: &Path) -> Result<PathBuf> {
    let next = place.join("next");
    let _ = fs::remove_dir_all(&next);
    fs::create_dir(&next).map_err(|e| Error::io(Kind::Store, "create", &next, &e))?;
    Ok(next)
}

/// Puts what lies in [`next_folder`] in place; what was there is kept in a folder named after
/// `kept`, which is returned. A crash at any point leaves the old, or a replacement that the next
/// opening finishes.
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub fn replace(place: &Path, kept: &str, generation: u64) -> Result<PathBuf> {
    let name = (0u32..).map(|n| format!("{kept}-{n}")).find(|n| !place.join(n).exists()).unwrap_or_default();
    write_small(place, "replacing", &format!("{name} {generation}"))?;
    finish_replacement(place)?;
    Ok(place.join(name))
}

/// Finishes a replacement that a crash interrupted.
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub(super) fn finish_replacement(place: &Path) -> Result<()> {
    let marker = place.join("replacing");
    let Some(order) = read_small(place, "replacing") else { return Ok(()) };
    let order = order.ok().and_then(|text| {
        let (kept, generation) = text.split_once(' ')?;
        Some((place.join(kept), generation.parse::<u64>().ok()?))
    });
    let finish = |kept: &Path| -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(kept)?;
        let next = place.join("next");
        for name in REPLACED {
            if next.join(name).exists() {
                if place.join(name).exists() {
                    fs::rename(place.join(name), kept.join(name))?;
                }
                fs::rename(next.join(name), place.join(name))?;
            }
        }
        File::open(place)?.sync_all()
    };
    let failed = |e: &std::io::Error| Error::io(Kind::Store, "replace the files of", place, e);
    if let Some((kept, generation)) = order {
        // Another store may have counted to the same generation.
        front::remove(place);
        witness::remove(place);
        finish(&kept).map_err(|e| failed(&e))?;
        note_generation(place, generation)?;
        let _ = fs::remove_file(place.join(DAMAGED));
    }
    fs::remove_file(&marker).map_err(|e| failed(&e))?;
    let _ = fs::remove_dir_all(place.join("next"));
    Ok(())
}

/// Removes what a killed import or repair left beside the database.
pub(super) fn remove_leftovers(place: &Path) {
    let _ = fs::remove_dir_all(place.join("next"));
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("spill-") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_waited_for_and_then_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let mut held = Some(Lock::take(folder.path()).expect("lock"));
        let mut waited = Duration::ZERO;
        let refused = Lock::take_pausing(folder.path(), |step| waited += step).map(|_| ()).expect_err("held");
        assert!(refused.message.contains("is using the store") && waited == WAIT_MAX, "{refused} {waited:?}");
        Lock::take_pausing(folder.path(), |_| drop(held.take())).expect("given back meanwhile");
    }
}
