//! Room for a full disk: a file that holds two megabytes of it, and is given up when they are
//! needed. sled writes a little even to be read, and removing an import writes as well; without
//! the room, a disk that filled up would lock its owner out of the store.

use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use fs2::FileExt;

const NAME: &str = "reserve";
/// sled grows its file by half a megabyte at a time; a small commit needs a few of these.
const BYTES: u64 = 2 << 20;

/// Makes the reserve where there is none and the disk has the room. Nothing depends on it.
pub fn keep(place: &Path) {
    let path = place.join(NAME);
    let Ok(file) = File::options().create_new(true).write(true).mode(0o600).open(&path) else { return };
    // What is left of a reserve that was needed is taken back.
    if [BYTES, BYTES / 2, BYTES / 4].iter().all(|bytes| file.allocate(*bytes).is_err()) {
        let _ = fs::remove_file(&path);
    }
}

/// Gives the room back to the disk; whether there was any.
pub fn give_up(place: &Path) -> bool {
    fs::remove_file(place.join(NAME)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_reserve_takes_room_and_gives_it_back_once() {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path();
        keep(place);
        // A file system that cannot set room aside leaves no file.
        if let Ok(meta) = fs::metadata(place.join(NAME)) {
            assert!(meta.blocks() * 512 >= BYTES);
            assert!(give_up(place));
        }
        assert!(!give_up(place));
    }
}
