//! The lock of the one process that syncs a store, and who holds it.
//!
//! The system gives it back however that process ends, so that what it left is told from what goes on.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::time::Duration;

use fs2::FileExt;
use serde::{Deserialize, Serialize};

use super::state::{Place, STATE, State};
use crate::error::{Error, Kind, Result};
use crate::provider::remote::PART;

/// Bytes of the file at most.
const BYTES_MAX: u64 = 1 << 10;
/// Somebody who looks who holds the lock has it for a moment: how often it is tried, and between tries.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(10);

/// Held by the one process that syncs a store.
pub struct SyncLock(#[expect(dead_code, reason = "kept: the lock goes with it")] File);

/// Who holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub process: u32,
    /// Whether it asks whatever becomes due; else it is done once all was asked for that somebody wished.
    pub by_itself: bool,
}

impl SyncLock {
    /// Takes it, if nobody has it, and clears away what a killed process left.
    ///
    /// # Errors
    /// Kind `Store` where the folder cannot be written to.
    pub fn try_take(place: &Place, by_itself: bool) -> Result<Option<SyncLock>> {
        let file = open(place)?;
        for tried in 1..=TRIES {
            if file.try_lock_exclusive().is_ok() {
                return taken(place, file, by_itself).map(Some);
            }
            if tried < TRIES {
                std::thread::sleep(BETWEEN);
            }
        }
        Ok(None)
    }

    /// Takes it once nobody has it any more; waits without waking.
    ///
    /// # Errors
    /// Kind `Store` where the folder cannot be written to.
    pub fn wait(place: &Place, by_itself: bool) -> Result<SyncLock> {
        let file = open(place)?;
        file.lock_exclusive().map_err(|e| Error::io(Kind::Store, "lock", &place.lock(), &e))?;
        taken(place, file, by_itself)
    }
}

fn open(place: &Place) -> Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    place.prepare()?;
    let open = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(place.lock());
    open.map_err(|e| Error::io(Kind::Store, "open", &place.lock(), &e))
}

fn taken(place: &Place, mut file: File, by_itself: bool) -> Result<SyncLock> {
    let holder = Holder { process: std::process::id(), by_itself };
    let text = serde_json::to_vec(&holder).map_err(|e| Error::bug(format!("who syncs: {e}")))?;
    // Where the disk is full it is held all the same; who it is is then not known.
    let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&text));
    sweep(place);
    Ok(SyncLock(file))
}

/// Removes files that only a process that syncs makes, and that it removes itself unless it is killed.
fn sweep(place: &Place) {
    for entry in fs::read_dir(place.folder()).into_iter().flatten().flatten() {
        let is_left =
            |name: &str| name.ends_with(PART) || name.strip_prefix(STATE).is_some_and(|rest| !rest.is_empty());
        if entry.file_name().to_str().is_some_and(is_left) {
            // What cannot be removed takes room, and nothing else.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Who holds the lock; nobody where it is free.
#[must_use]
pub fn holder(place: &Place) -> Option<Holder> {
    let file = File::open(place.lock()).ok()?;
    if FileExt::try_lock_shared(&file).is_ok() {
        return None;
    }
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).ok()?;
    // Between the lock and the word of who it is.
    Some(serde_json::from_str(&text).unwrap_or(Holder { process: 0, by_itself: false }))
}

/// The state as others than the one that syncs see it, and a word where it cannot be read: what a killed
/// process was at does not run.
#[must_use]
pub fn seen(place: &Place) -> (State, Option<String>) {
    let (mut state, told) = place.read();
    let by = state.running.as_ref().map(|running| running.process);
    if by.is_some() && holder(place).map(|holder| holder.process) != by {
        state.running = None;
    }
    (state, told)
}

#[cfg(test)]
mod tests {
    use super::super::state::Running;
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Place {
        Place::beside(folder.path())
    }

    #[test]
    fn one_process_syncs_at_a_time_and_says_who_it_is() {
        let folder = tempfile::tempdir().expect("folder");
        let place = place(&folder);
        assert_eq!(holder(&place), None);
        for by_itself in [true, false] {
            let held = SyncLock::try_take(&place, by_itself).expect("taken").expect("free");
            assert!(SyncLock::try_take(&place, true).expect("tried").is_none());
            assert_eq!(holder(&place), Some(Holder { process: std::process::id(), by_itself }));
            drop(held);
            assert_eq!(holder(&place), None);
        }
        assert!(SyncLock::wait(&place, true).is_ok());
    }

    #[test]
    fn what_a_killed_process_was_at_does_not_run_and_what_it_left_is_removed() {
        let folder = tempfile::tempdir().expect("folder");
        let place = place(&folder);
        place.prepare().expect("folder");
        let running = |process| Some(Running { process, scopes: [("aws.prod".to_owned(), "days".to_owned())].into() });
        let write = |process| place.write(&State { running: running(process), ..State::default() }).expect("written");
        write(std::process::id());
        assert_eq!(seen(&place).0.running, None);
        let left = ["export-7-0.part", "spool-7-0.part", "state.json.7-0"].map(|name| place.folder().join(name));
        left.iter().for_each(|path| fs::write(path, "x").expect("left"));
        let _held = SyncLock::try_take(&place, true).expect("taken").expect("free");
        assert!(left.iter().all(|path| !path.exists()));
        assert_eq!(seen(&place).0.running, running(std::process::id()));
        // Another one syncs by now.
        write(std::process::id() + 1);
        assert_eq!(seen(&place).0.running, None);
    }
}
