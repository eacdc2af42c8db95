//! What a user was hinted at already, from run to run: a small file that nobody else can read.
//!
//! In the platform's state folder. Not worth an error: what cannot be read is not known, what cannot
//! be written is not remembered. Knows the file, not what its content is good for.

use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::config::project;
use crate::error::Result;
use crate::store::folder::keep;
use crate::tui::Hints;

const NAME: &str = "hints.json";

/// A file that is larger than this is not ours.
const BYTES_MAX: u64 = 4096;

fn file() -> Option<PathBuf> {
    project().map(|dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()).join(NAME))
}

/// What the user was hinted at; what a first start knows where there is no file.
pub fn remembered() -> Hints {
    file().map(|path| read(&path)).unwrap_or_default()
}

/// Remembers it for the next run.
pub fn remember(hints: &Hints) {
    // Without a folder for it the hints are shown again, which does no harm.
    let _ = file().map(|path| write(&path, hints));
}

fn read(path: &Path) -> Hints {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text));
    read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn write(path: &Path, hints: &Hints) -> Result<()> {
    let (Some(folder), Ok(text)) = (path.parent(), serde_json::to_string(hints)) else { return Ok(()) };
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    keep(folder, NAME, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_was_written_is_read_again_by_its_owner_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("state/hints.json");
        assert_eq!(read(&path), Hints::default());
        let mut hints = Hints::default();
        hints.begin();
        write(&path, &hints).expect("written");
        assert_eq!(read(&path), hints);
        assert_eq!(std::fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("state")).expect("folder").count(), 1, "nothing is left over");
        std::fs::write(&path, "not ours").expect("written");
        assert_eq!(read(&path), Hints::default());
    }
}
