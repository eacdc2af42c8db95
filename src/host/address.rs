//! Where a store's socket lies: beside the store, or under a short name where that is too long.
//!
//! Knows no connection.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use crate::error::Result;
use crate::store::folder;

/// Bytes that a socket's path may have (`sun_path` without its closing zero, on every platform).
const PATH_MAX: usize = 103;

/// Where the socket of the store in `place` lies. `short` is a folder for those whose path would be
/// too long, made where it is needed; `None` where there is no path for it.
#[must_use]
pub fn of(place: &Path, short: Option<&Path>) -> Option<PathBuf> {
    let whole = fs::canonicalize(place).ok()?;
    let beside = whole.join("socket");
    if beside.as_os_str().len() <= PATH_MAX {
        return Some(beside);
    }
    let short = short?;
    let name = format!("{:032x}", xxh3_128(whole.as_os_str().as_bytes()));
    let path = short.join(name);
    // Others must neither read what passes there nor put a socket of their own in its place.
    let ours = || -> Result<()> {
        folder::prepare(short)?;
        folder::tighten(short);
        Ok(())
    };
    (path.as_os_str().len() <= PATH_MAX && ours().is_ok()).then_some(path)
}

/// What tells a store's folder from every other on this machine.
#[must_use]
pub fn identity(place: &Path) -> (u64, u64) {
    fs::metadata(place).map_or((0, 0), |meta| (meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_path_that_is_too_long_gets_a_short_name_that_is_the_stores_own() {
        let home = tempfile::tempdir().expect("folder");
        let deep = home.path().join("d".repeat(60)).join("e".repeat(60));
        let other = deep.join("f");
        fs::create_dir_all(&other).expect("folders");
        let beside = of(home.path(), None).expect("path");
        assert_eq!(beside, fs::canonicalize(home.path()).expect("path").join("socket"));
        assert_eq!(of(&deep, None), None);
        let short = home.path().join("s");
        let (ours, theirs) = (of(&deep, Some(&short)).expect("path"), of(&other, Some(&short)).expect("path"));
        assert!(ours != theirs && ours.starts_with(&short) && ours.as_os_str().len() <= PATH_MAX);
        assert_eq!(fs::metadata(&short).expect("made").permissions().mode() & 0o777, 0o700);
    }
}
