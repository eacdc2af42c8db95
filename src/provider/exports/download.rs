//! An object on its way through this machine: a private file that is gone once it was read.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::Stop;
use super::super::remote::call::Call;
use super::super::remote::{Fault, Halt};
use super::layout::Entry;
use super::shelf::Shelf;
use crate::error::{Error, Kind};

/// Bytes that are got at a time: what a lost connection costs.
const PIECE: u64 = 8 << 20;

/// Tells this process's files apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A file that is removed when it is dropped.
pub struct Held {
    /// Where it is.
    pub path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Gets an object into a file of the folder that only its owner can read. Each piece is tried again by itself.
///
/// # Errors
/// [`Halt`]: the store's fault, or the disk's.
pub fn download(shelf: &Shelf, entry: &Entry, folder: &Path, call: &Call, tell: &dyn Fn(u64)) -> Result<Held, Halt> {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let held = Held { path: folder.join(format!("export-{}-{number}.part", std::process::id())) };
    let disk = |e: std::io::Error| Halt::Stopped(Stop::Failed(Error::io(Kind::Store, "write", &held.path, &e)));
    // What an earlier process of the same number left is nobody's.
    let _ = std::fs::remove_file(&held.path);
    let mut file: File = File::options().write(true).create_new(true).mode(0o600).open(&held.path).map_err(disk)?;
    let mut done = 0;
    while done < entry.bytes {
        if call.cancel.is_cancelled() {
            return Err(Fault::cancelled().into());
        }
        let end = entry.bytes.min(done + PIECE);
        let piece = shelf.piece(entry, done..end, call)?;
        file.write_all(&piece).map_err(disk)?;
        tell(end - done);
        done = end;
    }
    Ok(held)
}
