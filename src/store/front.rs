//! The front page: a small file beside the database, to be read before the store is open.
//!
//! It belongs to one commit and says which. A page of another commit, a damaged one, or one of
//! another format is as good as none, and is never told of: whoever shows it goes on without.
//! Knows nothing of what is on it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::folder;
use super::frame;
use crate::error::{Error, Result};

const NAME: &str = "front";
/// The format of the file and of what callers put on it.
const VERSION: u32 = 1;
/// Bytes of a page at most, unpacked and on disk.
const BYTES_MAX: usize = 1 << 20;
/// Version and generation before the page.
const HEAD: usize = 12;

/// Writes the page of a commit in a store's folder; atomic and synced, readable by its owner alone.
///
/// # Errors
/// Kind `Store` where the disk fails or is full, or the page is larger than a megabyte.
pub fn write(place: &Path, generation: u64, page: &[u8]) -> Result<()> {
    if page.len() + HEAD > BYTES_MAX {
        return Err(Error::store(format!("a front page of {} bytes is too large to keep", page.len())));
    }
    let mut raw = Vec::with_capacity(HEAD + page.len());
    raw.extend_from_slice(&VERSION.to_le_bytes());
    raw.extend_from_slice(&generation.to_le_bytes());
    raw.extend_from_slice(page);
    folder::keep(place, NAME, &frame::seal(&raw))
}

/// The page of the folder's newest commit, where there is one that can be believed. Needs no lock
/// and no database.
#[must_use]
pub fn read(place: &Path) -> Option<Vec<u8>> {
    // While the store's files are replaced, nobody knows yet what it will hold.
    if place.join("replacing").exists() {
        return None;
    }
    let noted = folder::noted_generation(place)?;
    let mut bytes = Vec::new();
    File::open(place.join(NAME)).ok()?.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
    let mut raw = frame::open_small(&bytes, BYTES_MAX).ok()?;
    let (version, generation) = (raw.get(..4)?.try_into().ok()?, raw.get(4..HEAD)?.try_into().ok()?);
    let fits = u32::from_le_bytes(version) == VERSION && u64::from_le_bytes(generation) == noted;
    fits.then(|| raw.split_off(HEAD))
}

/// Takes the page away: what it shows is no longer what the store holds.
pub fn remove(place: &Path) {
    let _ = fs::remove_file(place.join(NAME));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_page_is_read_only_while_it_is_whole_and_of_the_newest_commit() {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path();
        assert_eq!(read(place), None);
        folder::note_generation(place, 7).expect("note");
        write(place, 7, b"a page").expect("write");
        assert_eq!(read(place).as_deref(), Some(&b"a page"[..]));
        let mode = fs::metadata(place.join(NAME)).expect("page").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let whole = fs::read(place.join(NAME)).expect("page");
        for cut in 0..whole.len() {
            fs::write(place.join(NAME), &whole[..cut]).expect("cut");
            assert_eq!(read(place), None, "cut at {cut}");
            let mut changed = whole.clone();
            changed[cut] ^= 1;
            fs::write(place.join(NAME), changed).expect("change");
            assert_eq!(read(place), None, "changed at {cut}");
        }
        fs::write(place.join(NAME), &whole).expect("mend");
        folder::note_generation(place, 8).expect("note");
        assert_eq!(read(place), None, "it is of an older commit");
        assert!(write(place, 8, &vec![0; BYTES_MAX]).is_err());
        remove(place);
        assert!(!place.join(NAME).exists());
    }
}
