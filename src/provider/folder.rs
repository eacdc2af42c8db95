//! A folder that is watched: whoever puts a billing file there has it imported.
//!
//! Each file is a delivery of its own, in the order in which they were written, so that a newer export of a
//! month takes the older one's place as with `spendtop import`. A file that is still being written is left
//! for the next look. Knows no network.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::files;
use super::remote::{
    Ask, Brought, Call, Check, Costs, Delivery, Fault, FaultKind, Finding, Found, Halt, Manner, RemoteFile, Scope,
    Terms,
};
use super::{Sink, SourceId, SourceKind};
use crate::domain::text::SafeText;

/// Seconds after which a file that nobody wrote to is taken for whole.
const AT_REST: i64 = 30;

/// Seconds between two looks.
const EVERY: u32 = 60;

/// What a file is at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct State {
    bytes: u64,
    /// When it was written to, nanoseconds since 1970.
    written: i128,
    file: u64,
}

impl State {
    fn of(path: &Path) -> Option<State> {
        let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let written = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
        Some(State { bytes: meta.len(), written, file: meta.ino() })
    }

    fn version(self) -> String {
        format!("{}-{}-{}", self.bytes, self.written, self.file)
    }
}

/// A watched folder as a scope.
pub struct Watched {
    scope: Scope,
    folder: PathBuf,
    threads: usize,
    /// What was there at the last look.
    seen: Mutex<BTreeMap<PathBuf, State>>,
}

impl Watched {
    /// The folder of the connection `source`; files are read on so many threads.
    #[must_use]
    pub fn new(source: &str, folder: PathBuf, threads: usize) -> Watched {
        let scope = Scope {
            source: SourceId { name: source.to_owned(), kind: SourceKind::Export },
            provider: "",
            title: SafeText::path(&folder).into_string(),
            terms: Terms { request_microdollars: 0, every: EVERY, settles: 5, months: u16::MAX },
        };
        Watched { scope, folder, threads, seen: Mutex::default() }
    }

    fn paths(&self) -> Result<Vec<PathBuf>, Fault> {
        files::below(&self.folder).map_err(|error| {
            let fault = Fault::new(FaultKind::NotThere, error.message);
            error.hints.into_iter().fold(fault, Fault::hint).hint("it is looked at again")
        })
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }
}

impl Costs for Watched {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Deliveries
    }

    fn look(&self, _: Option<&str>, call: &Call) -> Result<Found, Fault> {
        let paths = self.paths()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now: BTreeMap<PathBuf, State> =
            paths.into_iter().filter_map(|path| State::of(&path).map(|state| (path, state))).collect();
        let is_whole = |path: &PathBuf, state: &State| {
            let rests = i128::from(call.now - AT_REST) * 1_000_000_000 >= state.written;
            state.bytes > 0 && (rests || seen.get(path) == Some(state))
        };
        let mut found: Vec<(&PathBuf, &State)> = now.iter().filter(|(path, state)| is_whole(path, state)).collect();
        found.sort_by_key(|(path, state)| (state.written, path.as_path()));
        let delivery = |(path, state): (&PathBuf, &State)| Delivery {
            name: self.name(path),
            version: state.version(),
            billing_period: None,
            files: vec![RemoteFile { name: path.to_string_lossy().into_owned(), bytes: Some(state.bytes) }],
        };
        let deliveries = found.into_iter().map(delivery).collect();
        *seen = now;
        Ok(Found::Deliveries(deliveries))
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Delivery(delivery) = ask else {
            return Err(Fault::new(FaultKind::Refused, "a folder is asked for deliveries").into());
        };
        let path = self.folder.join(&delivery.name);
        let is_same = || State::of(&path).is_some_and(|state| state.version() == delivery.version);
        let changed = || {
            let what = format!("`{}` was written to while it was read: nothing of it was taken", SafeText::path(&path));
            Fault::new(FaultKind::NotThere, what).hint("it is read once nobody writes to it")
        };
        if call.cancel.is_cancelled() {
            return Err(Fault::cancelled().into());
        }
        if !is_same() {
            return Err(changed().into());
        }
        let file = files::read_one(&path.to_string_lossy(), &path, self.threads, sink)?;
        if !is_same() {
            return Err(changed().into());
        }
        let (rows, notes) = (file.file.rows, file.notes.clone());
        Ok(Brought { rows, files: vec![file], notes, ..Brought::default() })
    }

    fn check(&self, _: &Call) -> Vec<Check> {
        let what = "folder";
        vec![match self.paths() {
            Ok(paths) if paths.is_empty() => {
                Check::new(what, Finding::Good, &format!("{}: no billing file is there yet", self.scope.title))
            }
            Ok(paths) => {
                Check::new(what, Finding::Good, &format!("{}: {} billing files", self.scope.title, paths.len()))
            }
            Err(fault) => Check::new(what, Finding::Missing, &fault.message)
                .fix(format!("mkdir -p '{}', or name another folder", self.scope.title)),
        }]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::batch::ChargeBatch;
    use crate::provider::remote::call::{Unmetered, Unwatched};
    use crate::provider::remote::pace::Pace;
    use crate::provider::{Problem, Stop};

    struct Nothing;

    impl Sink for Nothing {
        fn batch(&self, _: &ChargeBatch) -> Result<(), Stop> {
            Ok(())
        }
        fn problem(&self, _: Problem) {}
        fn progress(&self, _: u64) {}
        fn cancelled(&self) -> bool {
            false
        }
    }

    const BILL: &str = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName\n\
                        1,2026-10-01,2026-10-02,USD,AWS\n";

    fn names(found: Found) -> Vec<String> {
        let Found::Deliveries(deliveries) = found else { panic!("{found:?}") };
        deliveries.into_iter().map(|delivery| delivery.name).collect()
    }

    #[test]
    fn a_file_counts_once_nobody_writes_to_it() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("runtime");
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.csv");
        std::fs::write(&path, BILL).expect("write");
        let written = State::of(&path).expect("state").written / 1_000_000_000;
        let call = Call {
            runtime: runtime.handle().clone(),
            cancel: tokio_util::sync::CancellationToken::new(),
            pace: Pace::default(),
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: written as i64 + 1,
        };
        let watched = Watched::new("folder.inbox", folder.path().to_owned(), 1);
        assert_eq!(names(watched.look(None, &call).expect("look")), Vec::<String>::new());
        std::fs::write(&path, format!("{BILL}2,2026-10-01,2026-10-02,USD,AWS\n")).expect("write");
        assert_eq!(names(watched.look(None, &call).expect("look")), Vec::<String>::new());
        let found = watched.look(None, &call).expect("look");
        let Found::Deliveries(deliveries) = found else { panic!("{found:?}") };
        let ask = Ask::Delivery(deliveries[0].clone());
        assert_eq!(watched.fetch(&ask, &call, &Nothing).expect("read").rows, 2);
        std::fs::write(&path, BILL).expect("write");
        let halt = watched.fetch(&ask, &call, &Nothing).expect_err("another file");
        assert!(matches!(halt, Halt::Fault(fault) if fault.kind == FaultKind::NotThere));
        // After a while it is whole at the first look, as after a restart.
        let later = Call { now: call.now + 2 * AT_REST, ..call };
        let again = Watched::new("folder.inbox", folder.path().to_owned(), 1);
        assert_eq!(names(again.look(None, &later).expect("look")), ["a.csv"]);
        let nowhere = Watched::new("folder.inbox", folder.path().join("none"), 1);
        assert_eq!(nowhere.look(None, &later).expect_err("no folder").kind, FaultKind::NotThere);
        assert_eq!(nowhere.check(&later)[0].finding, Finding::Missing);
    }
}
