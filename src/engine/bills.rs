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
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("bill.csv");
    std::fs::write(&path, text).expect("written");
    let mut files = BillingFiles::new(source, &[path.to_string_lossy().into_owned()], 1).expect("files");
    let decisions = Decisions { replace: true, ..Decisions::default() };
    let options = Options { decisions, taken_at, ..Options::default() };
    ingest::ingest(store, &mut files, &options, &Unwatched).expect("imported");
}
