//! Bills made up for tests.

use crate::provider::Problem;
use crate::provider::files::BillingFiles;
use crate::store::Store;
use crate::sync::groups::Decisions;
use crate::sync::ingest::{self, Options, Watcher};

struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, problem: &Problem) {
        panic!("{problem:?}");
    }
}

/// Imports a bill as lines of CSV, in the place of what its source brought before.
pub(in crate::engine) fn import(store: &Store, source: &str, text: &str, taken_at: i64) {
    let decisions = Decisions { replace: true, ..Decisions::default() };
    import_with(store, source, text, Options { decisions, taken_at, ..Options::default() });
}

/// The same as a part of what its source brought before.
pub(in crate::engine) fn import_part(store: &Store, source: &str, text: &str) {
    let decisions = Decisions { part: true, ..Decisions::default() };
    import_with(store, source, text, Options { decisions, ..Options::default() });
}

fn import_with(store: &Store, source: &str, text: &str, options: Options) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("bill.csv");
    std::fs::write(&path, text).expect("written");
    let mut files = BillingFiles::new(source, &[path.to_string_lossy().into_owned()], 1).expect("files");
    ingest::ingest(store, &mut files, &options, &Unwatched).expect("imported");
}
