//! A folder that is watched: whoever puts a billing file there has it imported.
//!
//! Each file is a delivery of its own, pieces of one bill ([`files::shards`]) are one together, in the order in which
//! they were written, so that a newer export of a month takes the older one's place as with `spendtop import`.
//! A file that is still being written is left for a later look. Knows no network.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::files;
use super::files::shards::{Bill, lacking, together};

use super::remote::{
    Ask, Brought, Call, Check, Costs, Delivery, Fault, FaultKind, Finding, Found, Halt, Manner, RemoteFile, Scope,
    Terms,
};
use super::{Sink, SourceId, SourceKind};
use crate::domain::text::SafeText;
use crate::domain::words::counted;

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

    /// Whether nobody has written to it for a while.
    fn rests(self, now: i64) -> bool {
        i128::from(now - AT_REST) * 1_000_000_000 >= self.written
    }

    /// When it was written to, seconds since 1970.
    fn seconds(self) -> i64 {
        i64::try_from(self.written / 1_000_000_000).unwrap_or_default()
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

    /// The billing files, as they are now.
    fn files(&self) -> Result<Vec<(PathBuf, State)>, Fault> {
        let paths = files::below(&self.folder).map_err(|error| {
            let fault = Fault::new(FaultKind::NotThere, error.message);
            error.hints.into_iter().fold(fault, Fault::hint).hint("it is looked at again")
        })?;
        Ok(paths.into_iter().filter_map(|path| State::of(&path).map(|state| (path, state))).collect())
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

    fn is_local(&self) -> bool {
        true
    }

    fn look(&self, _: Option<&str>, call: &Call) -> Result<Found, Fault> {
        let files = self.files()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |(path, state): &(PathBuf, State)| {
            state.rests(call.now) || (state.bytes > 0 && seen.get(path) == Some(state))
        };
        let mut bills = together(files.clone(), |(path, _)| self.name(path));
        bills.sort_by_cached_key(|bill| bill.files.iter().map(|(path, state)| (state.written, path.clone())).max());
        let (mut whole, mut broken, mut young) = (Vec::new(), Vec::new(), Vec::new());
        for bill in bills {
            let is_empty = |(_, state): &&(PathBuf, State)| state.bytes == 0;
            match (&bill.lacks, bill.files.iter().find(is_empty)) {
                _ if !bill.files.iter().all(rests) => young.push(bill.name.clone()),
                (Some(piece), _) => broken.push((bill.name.clone(), lacking(piece))),
                (None, Some((path, _))) => broken.push((bill.name.clone(), empty(&self.name(path)))),
                (None, None) => whole.push(delivery(&bill)),
            }
        }
        *seen = files.into_iter().collect();
        Ok(Found::Deliveries { whole, broken, young })
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Delivery(asked) = ask else {
            return Err(Fault::new(FaultKind::Refused, "a folder is asked for deliveries").into());
        };
        let paths = asked.files.iter().map(|file| PathBuf::from(&file.name));
        let state = |path: PathBuf| State::of(&path).map(|state| (path, state));
        let is_same = || {
            let files: Option<Vec<(PathBuf, State)>> = paths.clone().map(state).collect();
            files.is_some_and(|files| version(&files) == asked.version)
        };
        let changed = || {
            let name = SafeText::from_outside(&asked.name);
            let what = format!("`{name}` was written to while it was read: nothing of it was taken");
            Fault::new(FaultKind::NotThere, what).hint("it is read once nobody writes to it")
        };
        if !is_same() {
            return Err(changed().into());
        }
        let mut brought = Brought::default();
        for path in paths.clone() {
            if call.cancel.is_cancelled() {
                return Err(Fault::cancelled().into());
            }
            let file = files::read_one(&path.to_string_lossy(), &path, self.threads, sink)?;
            brought.rows += file.file.rows;
            brought.notes.extend(file.notes.iter().cloned());
            brought.files.push(file);
        }
        if !is_same() {
            return Err(changed().into());
        }
        Ok(brought)
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        let what = "folder";
        vec![match self.files() {
            Ok(files) => Check::new(what, Finding::Good, &format!("{}: {}", self.scope.title, told(&files, call.now))),
            Err(fault) => {
                let fix = match (self.folder.is_file(), self.folder.parent()) {
                    (true, Some(parent)) => {
                        format!("it is a file: name the folder that it lies in, `{}`", SafeText::path(parent))
                    }
                    _ if self.folder.is_dir() => fault.hints.join("\n"),
                    _ => format!("mkdir -p '{}', or name another folder", self.scope.title.replace('\'', r"'\''")),
                };
                Check::new(what, Finding::Missing, &fault.message).fix(fix)
            }
        }]
    }
}

/// That a file has nothing in it.
fn empty(name: &str) -> Fault {
    let what = format!("`{}` is empty: what is stored stays as it is", SafeText::from_outside(name));
    Fault::new(FaultKind::NotThere, what).hint("write it again, or take it away")
}

/// How many files there are, and how many of them are left for a later look.
fn told(files: &[(PathBuf, State)], now: i64) -> String {
    let young = files.iter().filter(|(_, state)| !state.rests(now)).count();
    let all = match files.len() {
        0 => return "no billing file is there yet".to_owned(),
        all => counted(all as u64, "billing file", "billing files"),
    };
    match young {
        0 => all,
        young => format!("{all}, {young} written to within {AT_REST} s: left until nobody writes to them"),
    }
}

fn delivery(bill: &Bill<(PathBuf, State)>) -> Delivery {
    let file = |(path, state): &(PathBuf, State)| RemoteFile {
        name: path.to_string_lossy().into_owned(),
        bytes: Some(state.bytes),
    };
    Delivery {
        name: bill.name.clone(),
        version: version(&bill.files),
        billing_period: None,
        files: bill.files.iter().map(file).collect(),
        written: bill.files.iter().map(|(_, state)| state.seconds()).max().unwrap_or_default(),
    }
}

/// A text that changes when any of these files does.
fn version(files: &[(PathBuf, State)]) -> String {
    let versions: Vec<String> = files.iter().map(|(_, state)| state.version()).collect();
    match versions.as_slice() {
        [one] => one.clone(),
        several => blake3::hash(several.join(" ").as_bytes()).to_hex()[..32].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::provider::remote::call::{Unmetered, Unwatched};
    use crate::provider::remote::pace::Pace;
    use crate::provider::testing::nowhere;

    const BILL: &str = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName\n\
                        1,2026-10-01,2026-10-02,USD,AWS\n";

    fn names(found: Found) -> Vec<String> {
        let Found::Deliveries { whole, broken, .. } = found else { panic!("{found:?}") };
        assert_eq!(broken, []);
        whole.into_iter().map(|delivery| delivery.name).collect()
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
        let checked = watched.check(&call).remove(0);
        assert!(checked.detail.ends_with("1 billing file, 1 written to within 30 s: left until nobody writes to them"));
        std::fs::write(&path, format!("{BILL}2,2026-10-01,2026-10-02,USD,AWS\n")).expect("write");
        assert_eq!(names(watched.look(None, &call).expect("look")), Vec::<String>::new());
        let found = watched.look(None, &call).expect("look");
        let Found::Deliveries { whole, .. } = found else { panic!("{found:?}") };
        let ask = Ask::Delivery(whole[0].clone());
        assert_eq!(watched.fetch(&ask, &call, &nowhere()).expect("read").rows, 2);
        std::fs::write(&path, BILL).expect("write");
        let halt = watched.fetch(&ask, &call, &nowhere()).expect_err("another file");
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
