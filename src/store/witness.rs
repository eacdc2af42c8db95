//! The witness: a copy of the manifest in force, in a file of its own beside the database.
//!
//! It says what was committed when the database can no longer say so itself. It is written after
//! each commit and is never ahead of it. Damaged or missing, it is as good as none.

use std::fs;
use std::path::Path;

use super::manifest::Manifest;
use super::{folder, frame};

const NAME: &str = "witness";

/// Writes it; atomic and synced, readable by the folder's owner alone. Where the disk fails or is
/// full there is none from then on: an old one would say too little.
pub fn write(place: &Path, manifest: &Manifest) {
    let written = manifest.to_bytes().and_then(|raw| folder::keep(place, NAME, &frame::seal(&raw)));
    if written.is_err() {
        remove(place);
    }
}

/// Whether there is one, of which nothing is known yet.
#[must_use]
pub fn exists(place: &Path) -> bool {
    place.join(NAME).exists()
}

/// What it says, where it can be believed.
#[must_use]
pub fn read(place: &Path) -> Option<Manifest> {
    let raw = frame::open(&fs::read(place.join(NAME)).ok()?).ok()?;
    Manifest::from_bytes(&raw).ok()
}

/// Takes it away: another database comes in place of the one that it tells of.
pub fn remove(place: &Path) {
    let _ = fs::remove_file(place.join(NAME));
}
