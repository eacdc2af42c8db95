//! The store's folder: permissions, the lock, and opening a database that may be damaged.
//!
//! The folder holds `lock`, the database in `db/`, `journal.jsonl` and `generation`, which says
//! how many commits the database must at least remember: a repair that lost the newest commits
//! would otherwise look sound.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs2::FileExt;

use super::kv::Kv;
use super::sled_kv::SledKv;
use super::{check, read_manifest};
use crate::error::{Error, Kind, Result};

/// The lock on a store's folder, given back when dropped or when the process ends.
pub struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

impl Lock {
    /// Takes the lock without waiting.
    ///
    /// # Errors
    /// Kind `Store` where another process holds it.
    pub fn take(place: &Path) -> Result<Lock> {
        let path = place.join("lock");
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "open", &path, e);
        let mut file =
            File::options().create(true).read(true).write(true).truncate(false).open(&path).map_err(|e| failed(&e))?;
        if file.try_lock_exclusive().is_err() {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder: String = holder.chars().filter(char::is_ascii_digit).take(10).collect();
            let who = if holder.is_empty() {
                "another spendtop".to_owned()
            } else {
                format!("another spendtop (process {holder})")
            };
            return Err(Error::store(format!("{who} is using the store in `{}`", shown(place)))
                .hint("wait for it to end, or use another --data-dir"));
        }
        let pid = format!("{}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(pid.as_bytes()))
            .map_err(|e| failed(&e))?;
        Ok(Lock(file))
    }
}

fn shown(path: &Path) -> String {
    crate::domain::text::SafeText::from_outside(&path.to_string_lossy()).into_string()
}

/// Whether a folder holds a store.
#[must_use]
pub fn exists(place: &Path) -> bool {
    place.join("db").is_dir()
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
        return Err(
            Error::store(format!("`{}` belongs to another user", shown(place))).hint("use a --data-dir of your own")
        );
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
    let path = place.join("generation");
    let fresh = place.join("generation.new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&fresh)?;
        writeln!(file, "{generation}")?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(place)?.sync_all()
    };
    write().map_err(|e| Error::io(Kind::Store, "write", &path, &e))
}

fn noted_generation(place: &Path) -> u64 {
    fs::read_to_string(place.join("generation")).ok().and_then(|t| t.trim().parse().ok()).unwrap_or(0)
}

/// Opens the database; repairs it or sets it aside where it is damaged, and says so.
///
/// # Errors
/// Kind `Store` where the disk fails or a newer spendtop wrote it.
pub fn open_database(place: &Path) -> Result<(Box<dyn Kv>, Vec<String>)> {
    let folder = place.join("db");
    let least = noted_generation(place);
    let first = match sound(&folder, least, false) {
        Ok(kv) => return Ok((kv, Vec::new())),
        Err(Opening::Refused(error)) => return Err(error),
        Err(Opening::Damaged(why)) => why,
    };
    let kept = set_aside(place, &folder)?;
    let mut notices = vec![format!("the store was damaged ({first}); its files were kept in `{}`", shown(&kept))];
    // Snapshots are an index over the log: without them sled reads the log from its start.
    copy_without_snapshots(&kept, &folder)?;
    match sound(&folder, least, true) {
        Ok(kv) => {
            notices.push("it was repaired from its log, and every charge was verified".to_owned());
            Ok((kv, notices))
        }
        Err(Opening::Refused(error)) => Err(error),
        Err(Opening::Damaged(_)) => {
            fs::remove_dir_all(&folder).map_err(|e| Error::io(Kind::Store, "remove", &folder, &e))?;
            notices.push("it could not be repaired: spendtop begins with an empty store; import the billing files again, or restore a backup".to_owned());
            note_generation(place, 0)?;
            let kv = SledKv::open(&folder)?;
            Ok((Box::new(kv), notices))
        }
    }
}

enum Opening {
    /// Not ours to mend: a newer schema, a full disk, missing rights.
    Refused(Error),
    Damaged(String),
}

/// Opens a database and makes sure that it remembers its newest commit; `thoroughly` verifies
/// every value as well.
fn sound(folder: &Path, least: u64, thoroughly: bool) -> Result<Box<dyn Kv>, Opening> {
    let kv = match SledKv::open(folder) {
        Ok(kv) => kv,
        Err(error) if is_environment(&error) => return Err(Opening::Refused(error)),
        Err(error) => return Err(Opening::Damaged(error.message)),
    };
    let damaged = |error: Error| {
        if error.message.contains("newer spendtop") { Opening::Refused(error) } else { Opening::Damaged(error.message) }
    };
    let manifest = read_manifest(&kv).map_err(damaged)?;
    let generation = manifest.as_ref().map_or(0, |m| m.generation);
    if generation < least {
        return Err(Opening::Damaged(format!("it remembers commit {generation}, the last was {least}")));
    }
    if thoroughly && let Some(manifest) = &manifest {
        let report = check::run(&kv, manifest, &mut |_, _| {}).map_err(damaged)?;
        if let Some(first) = report.damage.first() {
            return Err(Opening::Damaged(first.clone()));
        }
    }
    Ok(Box::new(kv))
}

/// Whether an error is the machine's (permissions, a full disk), not the data's.
fn is_environment(error: &Error) -> bool {
    ["Permission denied", "No space left", "Too many open files", "Read-only file system", "WouldBlock"]
        .iter()
        .any(|t| error.message.contains(t))
}

fn set_aside(place: &Path, folder: &Path) -> Result<PathBuf> {
    let kept = (0u32..)
        .map(|n| place.join(format!("corrupt-{n}")))
        .find(|p| !p.exists())
        .unwrap_or_else(|| place.join("corrupt"));
    fs::rename(folder, &kept).map_err(|e| Error::io(Kind::Store, "set aside", folder, &e))?;
    Ok(kept)
}

fn copy_without_snapshots(from: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path, e: &std::io::Error| Error::io(Kind::Store, "copy", path, e);
    fs::create_dir_all(to).map_err(|e| failed(to, &e))?;
    for entry in fs::read_dir(from).map_err(|e| failed(from, &e))?.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with("snap.") {
            continue;
        }
        if path.is_dir() {
            copy_without_snapshots(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|e| failed(&path, &e))?;
        }
    }
    Ok(())
}
