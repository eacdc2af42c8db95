//! The store's folder: permissions, the lock, and opening a database that may be damaged.
//!
//! The folder holds `lock`, the database in `db/`, `journal.jsonl`, the [`front`] page and
//! `generation`, which says how many commits the database must at least remember: a repair that
//! lost the newest commits would otherwise look sound.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs2::FileExt;

use super::front;
use super::kv::Kv;
use super::sled_kv::SledKv;
use super::{check, read_manifest, write_manifest};
use crate::domain::text::SafeText;
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
            return Err(Error::store(format!("{who} is using the store in `{}`", SafeText::path(place)))
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

/// Whether a folder holds a store.
#[must_use]
pub fn exists(place: &Path) -> bool {
    // While its files are replaced there may be no database for a moment; one that is gone although
    // commits were noted is for the opening to tell of.
    place.join("db").is_dir() || ["replacing", "generation"].iter().any(|name| place.join(name).exists())
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
    write_small(place, "generation", &generation.to_string())
}

/// How far the database had come when it was last noted; `None` where no sound note says.
#[must_use]
pub fn noted_generation(place: &Path) -> Option<u64> {
    read_small(place, "generation")?.ok()?.parse().ok()
}

/// Writes a line with its checksum as a file of its own.
fn write_small(place: &Path, name: &str, text: &str) -> Result<()> {
    put_file(place, name, format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes())).as_bytes())
}

/// Writes a file of the folder, readable by its owner alone; atomic and synced.
///
/// # Errors
/// Kind `Store` where the disk fails or is full.
pub(super) fn put_file(place: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = place.join(name);
    let fresh = place.join(format!("{name}.new"));
    let write = || -> std::io::Result<()> {
        let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(place)?.sync_all()
    };
    write().map_err(|e| Error::io(Kind::Store, "write", &path, &e))
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

/// A database that was opened.
pub struct Found {
    /// The database.
    pub kv: Box<dyn Kv>,
    /// What the opener must tell the user.
    pub notices: Vec<String>,
    /// Whether something that was committed is no longer there.
    pub lost: bool,
}

/// Opens the database; repairs it or sets it aside where it is damaged, and says so.
///
/// # Errors
/// Kind `Store` where the disk fails or a newer spendtop wrote it.
pub fn open_database(place: &Path) -> Result<Found> {
    finish_replacement(place)?;
    remove_leftovers(place);
    let folder = place.join("db");
    let note = read_small(place, "generation").map(|n| n.and_then(|text| text.parse::<u64>().map_err(|_| ())));
    let least = note.and_then(Result::ok).unwrap_or(0);
    // Without the note a database that forgot its newest commits looks sound; one that is whole at
    // least holds together.
    let doubtful = note == Some(Err(()));
    match sound(&folder, least, doubtful) {
        Ok((kv, generation)) if doubtful => {
            note_generation(place, generation)?;
            let said = "the note of the last commit was damaged: every charge was verified, and it was written anew";
            Ok(Found { kv, notices: vec![said.to_owned()], lost: false })
        }
        Ok((kv, _)) => Ok(Found { kv, notices: Vec::new(), lost: false }),
        Err(Opening::Refused(error)) => Err(error),
        Err(Opening::Damaged(why)) => repair(place, &why, least),
    }
}

enum Opening {
    /// Not ours to mend: a newer schema, a full disk, missing rights.
    Refused(Error),
    Damaged(String),
}

impl From<Error> for Opening {
    fn from(error: Error) -> Self {
        match error.cause {
            Some(_) => Opening::Refused(error),
            None => Opening::Damaged(error.message),
        }
    }
}

/// Opens a database and makes sure that it remembers its newest commit; `thoroughly` verifies
/// every value as well.
fn sound(folder: &Path, least: u64, thoroughly: bool) -> Result<(Box<dyn Kv>, u64), Opening> {
    let kv = SledKv::open(folder)?;
    let manifest = read_manifest(&kv)?;
    let generation = manifest.as_ref().map_or(0, |m| m.generation);
    if generation < least {
        return Err(Opening::Damaged(format!("it remembers commit {generation}, the last was {least}")));
    }
    if thoroughly && let Some(manifest) = &manifest {
        let report = check::run(&kv, manifest, &mut |_, _| {})?;
        if let Some(first) = report.damage.first() {
            return Err(Opening::Damaged(first.clone()));
        }
    }
    Ok((Box::new(kv), generation))
}

/// Makes a sound database of a damaged one, in a folder of its own, and puts it in its place: the
/// damaged files are kept, and until the new one is whole they stay where they are.
fn repair(place: &Path, why: &str, least: u64) -> Result<Found> {
    let next = next_folder(place)?;
    let database = next.join("db");
    copy_log(&place.join("db"), &database)?;
    let Mended { generation, said, lost } = match mend(&database, least) {
        Ok(mended) => mended,
        Err(Opening::Refused(error)) => return Err(error),
        Err(Opening::Damaged(_)) => {
            fs::remove_dir_all(&database).map_err(|e| Error::io(Kind::Store, "remove", &database, &e))?;
            drop(SledKv::open(&database)?);
            let said = "it could not be repaired: spendtop begins with an empty store; import the billing files again, or restore a backup";
            Mended { generation: 0, said: vec![said.to_owned()], lost: true }
        }
    };
    let kept = replace(place, "corrupt", generation)?;
    let mut notices =
        vec![format!("the store was damaged ({why}); its files were kept in `{}`", SafeText::path(&kept))];
    notices.extend(said);
    Ok(Found { kv: Box::new(SledKv::open(&place.join("db"))?), notices, lost })
}

/// A copied database of which only what is whole was left.
struct Mended {
    generation: u64,
    said: Vec<String>,
    lost: bool,
}

/// Leaves of a copied database what is whole.
fn mend(folder: &Path, least: u64) -> Result<Mended, Opening> {
    let kv = SledKv::open(folder)?;
    let Some(mut manifest) = read_manifest(&kv)? else {
        return Err(Opening::Damaged("it names nothing".to_owned()));
    };
    let report = check::run(&kv, &manifest, &mut |_, _| {})?;
    let mut said = Vec::new();
    let behind = manifest.generation < least;
    if behind {
        said.push(format!(
            "its newest commits are lost: it holds what it held after commit {} of {least}; import the newest files again",
            manifest.generation
        ));
    }
    let lost: Vec<String> = manifest
        .groups
        .iter()
        .filter(|g| report.charges_hit.contains(&g.id))
        .map(|g| format!("{} {} {}", g.key.provider, g.key.account, g.key.billing_period.month()))
        .collect();
    if !lost.is_empty() {
        let names = SafeText::from_outside(&lost.join(", ")).into_string();
        said.push(format!("it was repaired but for {names}: import these again"));
        manifest.groups.retain(|g| !report.charges_hit.contains(&g.id));
        manifest.forget_unused_imports();
        manifest.generation += 1;
        write_manifest(&kv, &manifest)?;
    } else if report.damage.is_empty() {
        said.push("it was repaired from its log, and every charge was verified".to_owned());
    } else {
        said.push(
            "its charges were repaired from the log; run `spendtop store rebuild` for what is kept beside them"
                .to_owned(),
        );
    }
    Ok(Mended { generation: manifest.generation, said, lost: behind || !lost.is_empty() })
}

/// The files that a database can be read from: snapshots are an index over the log, without them
/// sled reads it from its start; settings are written anew.
fn copy_log(from: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path, e: &std::io::Error| Error::io(Kind::Store, "copy", path, e);
    fs::create_dir_all(to).map_err(|e| failed(to, &e))?;
    for entry in fs::read_dir(from).map_err(|e| failed(from, &e))?.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with("snap.") || name == "conf" {
            continue;
        }
        if path.is_dir() {
            copy_log(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|e| failed(&path, &e))?;
        }
    }
    Ok(())
}

/// What a replacement may put in place.
const REPLACED: [&str; 2] = ["db", "journal.jsonl"];

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

fn finish_replacement(place: &Path) -> Result<()> {
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
        finish(&kept).map_err(|e| failed(&e))?;
        note_generation(place, generation)?;
    }
    fs::remove_file(&marker).map_err(|e| failed(&e))?;
    let _ = fs::remove_dir_all(place.join("next"));
    Ok(())
}

/// Removes what a killed import or repair left beside the database.
fn remove_leftovers(place: &Path) {
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
    fn a_machine_that_refuses_is_no_damage() {
        let refused = |error: Error| matches!(Opening::from(error), Opening::Refused(_));
        let io = |errno: rustix::io::Errno| {
            Error::io(Kind::Store, "open", Path::new("db"), &std::io::Error::from_raw_os_error(errno.raw_os_error()))
        };
        assert!(refused(io(rustix::io::Errno::DQUOT)), "a quota that is used up");
        assert!(refused(io(rustix::io::Errno::MFILE)));
        assert!(!refused(io(rustix::io::Errno::IO)), "the disk gives the bytes back no more");
        assert!(!refused(Error::store("the pointer says: Permission denied")), "words decide nothing");
    }

    #[test]
    fn a_database_that_is_still_held_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path();
        drop(open_database(place).expect("new"));
        let file = File::open(place.join("db/db")).expect("database");
        file.lock_exclusive().expect("lock");
        let error = open_database(place).map(|_| ()).expect_err("held");
        assert!(error.message.contains("lock"), "{error}");
        assert!(!place.join("corrupt-0").exists(), "nothing is set aside");
    }
}
