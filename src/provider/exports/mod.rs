//! Exports in object stores (S3, Blob storage, Cloud Storage): billing files that a cloud delivers by itself.
//!
//! [`layout`] says which files count, [`shelf`] is the wire, [`download`] holds a file while it is read, with
//! the same code as `spendtop import` ([`super::files`]). Only a month whose newest run is another than the
//! one that came last is brought; all of it or nothing.
//!
//! Knows no cloud's own library: each cloud's folder makes the store and its credentials.

pub mod check;
pub mod download;
pub mod layout;
pub mod shelf;
#[cfg(test)]
mod tests;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Where files lie: each cloud's folder makes one.
pub use object_store::ObjectStore;
use tokio_util::sync::CancellationToken;

use self::check::Remedy;
use self::layout::{Arranged, Entry, Manifest, Run, Runs, arrange, manifest, run_of, run_without, said, stamp};
use self::shelf::{Shelf, changed};
use super::files::shards::{Bill, lacking, together};
use super::remote::{
    Ask, Brought, Call, Check, Costs, Delivery, Elsewhere, Fault, FaultKind, Found, Halt, Manner, RemoteFile, Scope,
    Terms,
};
use super::{Problem, Sink, SourceId, SourceKind, Stop, files};
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Month;

/// Runs of a month that are looked at for one whose files are all there.
const RUNS_MAX: usize = 5;

/// Within how long manifests are written that nobody wrote one after the other: the runs of an export are hours apart.
const MOMENT_MILLIS: i64 = 600_000;

/// Manifests of one moment that are read to tell which is the newest.
const COPIED_MAX: usize = 40;

/// What an export is, and where it is held while it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Its source in the store: `aws.prod`.
    pub source: String,
    /// The provider as FOCUS names it, empty where the charges say it.
    pub provider: &'static str,
    /// The store: `s3://bucket`.
    pub location: String,
    /// The folder of the export, whole.
    pub prefix: String,
    /// A folder for files on their way, which only its owner may read.
    pub folder: PathBuf,
    /// Threads that read a file.
    pub threads: usize,
    /// Seconds between two looks.
    pub every: u32,
    /// Months of history that are worth bringing, the current one not counted.
    pub months: u16,
    /// What lets these credentials read it.
    pub remedy: Remedy,
}

/// An export as a scope.
pub struct Exports {
    scope: Scope,
    shelf: Shelf,
    settings: Settings,
    /// Manifests that were read, by key, each with the tag that it had.
    manifests: Mutex<BTreeMap<String, (String, Manifest)>>,
    elsewhere: Option<Elsewhere>,
}

/// What lies there: deliveries that are whole, and those that are not.
type Lying = (Vec<Delivery>, Vec<(String, Fault)>);

impl Exports {
    /// Of a store; nothing is sent yet.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where the prefix is none.
    pub fn new(store: Arc<dyn ObjectStore>, settings: Settings) -> Result<Exports, Fault> {
        let shelf = Shelf::new(store, &settings.location, &settings.prefix)?;
        let scope = Scope {
            source: SourceId { name: settings.source.clone(), kind: SourceKind::Export },
            provider: settings.provider,
            title: shelf.name(),
            terms: Terms { request_microdollars: 0, every: settings.every, settles: 5, months: settings.months },
        };
        Ok(Exports { scope, shelf, settings, manifests: Mutex::default(), elsewhere: None })
    }

    /// Where it is not the cloud itself that is asked.
    #[must_use]
    pub fn at(self, elsewhere: Option<Elsewhere>) -> Exports {
        Exports { elsewhere, ..self }
    }

    /// What counts now, oldest first.
    fn deliveries(&self, entries: &[Entry], call: &Call) -> Result<Lying, Fault> {
        let months = match arrange(entries)? {
            Arranged::Files(files) => return Ok(self.bills(files)),
            Arranged::Months(months) => months,
        };
        let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
        self.manifests().retain(|key, (tag, _)| by_key.get(key.as_str()).is_some_and(|entry| entry.tag == *tag));
        let first = self.first_month(call);
        let (mut whole, mut broken) = (Vec::new(), Vec::new());
        for (month, runs) in months.into_iter().filter(|(month, _)| *month >= first) {
            match self.run(&runs, &by_key, call)? {
                Some(run) => whole.push(self.of_run(month, &run)),
                None => broken.push((month.to_string(), self.half_written(&month.to_string()))),
            }
        }
        Ok((whole, broken))
    }

    /// Files that no export is known of: bills, the one that was written last comes last.
    fn bills(&self, files: Vec<Entry>) -> Lying {
        let mut bills = together(files, |file| file.key.clone());
        bills.sort_by_cached_key(|bill| bill.files.iter().map(|file| (file.modified, file.key.clone())).max());
        let (mut whole, mut broken) = (Vec::new(), Vec::new());
        for bill in bills {
            match &bill.lacks {
                None => whole.push(self.of_bill(&bill)),
                Some(piece) => broken.push((bill.name.clone(), lacking(&self.shelf.name_of(piece)))),
            }
        }
        (whole, broken)
    }

    fn manifests(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (String, Manifest)>> {
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a manifest, once as long as it is not another.
    fn manifest(&self, at: &Entry, call: &Call) -> Result<Manifest, Fault> {
        if let Some((_, told)) = self.manifests().get(&at.key).filter(|(tag, _)| *tag == at.tag) {
            return Ok(told.clone());
        }
        let told = self.shelf.small(at, call).and_then(|text| manifest(&text))?;
        self.manifests().insert(at.key.clone(), (at.tag.clone(), told.clone()));
        Ok(told)
    }

    fn first_month(&self, call: &Call) -> Month {
        crate::domain::calendar::Day::of_seconds(call.now).month().plus(-i32::from(self.settings.months))
    }

    /// The newest run of a month whose files are all there.
    fn run(&self, runs: &Runs, by_key: &BTreeMap<&str, &Entry>, call: &Call) -> Result<Option<Run>, Fault> {
        if runs.manifests.is_empty() {
            return Ok(run_without(runs));
        }
        for at in self.newest_first(runs, call)?.into_iter().take(RUNS_MAX) {
            let told = match self.manifest(at, call) {
                Ok(told) => told,
                // It is being written, or was just taken away.
                Err(fault) if matches!(fault.kind, FaultKind::Garbled | FaultKind::NotThere) => continue,
                Err(fault) => return Err(fault),
            };
            if let Some(run) = run_of(&told, at, runs, by_key) {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Manifests, the newest first: those of one moment by what they say of their runs.
    fn newest_first<'r>(&self, runs: &'r Runs, call: &Call) -> Result<Vec<&'r Entry>, Fault> {
        let mut manifests: Vec<&Entry> = runs.manifests.iter().collect();
        let newest = manifests.first().map_or(0, |at| at.modified);
        let copied = manifests.iter().take_while(|at| newest - at.modified <= MOMENT_MILLIS).count().min(COPIED_MAX);
        if copied < 2 || said(&runs.manifests) {
            return Ok(manifests);
        }
        let mut began = BTreeMap::new();
        for at in &manifests[..copied] {
            match self.manifest(at, call) {
                Ok(Manifest { submitted: Some(submitted), .. }) => began.insert(at.key.as_str(), submitted),
                Err(fault) if !matches!(fault.kind, FaultKind::Garbled | FaultKind::NotThere) => return Err(fault),
                _ => return Ok(manifests),
            };
        }
        manifests[..copied].sort_by_key(|at| std::cmp::Reverse(began.get(at.key.as_str()).copied()));
        Ok(manifests)
    }

    fn half_written(&self, month: &str) -> Fault {
        let what = format!("{}: the export of {month} names files that are not there", self.shelf.name());
        Fault::new(FaultKind::NotThere, what).hint("it is being written, or files were removed: it is looked at again")
    }

    fn of_bill(&self, bill: &Bill<Entry>) -> Delivery {
        let files = bill.files.iter().map(|file| self.file(file)).collect();
        let written = bill.files.iter().map(|file| file.modified).max().unwrap_or_default() / 1_000;
        Delivery { name: bill.name.clone(), version: stamp(&bill.files), billing_period: None, files, written }
    }

    fn of_run(&self, month: Month, run: &Run) -> Delivery {
        let files = run.files.iter().map(|file| self.file(file)).collect();
        Delivery {
            name: month.to_string(),
            version: run.version.clone(),
            billing_period: Some(month),
            files,
            written: 0,
        }
    }

    fn file(&self, file: &Entry) -> RemoteFile {
        RemoteFile { name: self.shelf.name_of(&file.key), bytes: Some(file.bytes) }
    }

    /// The delivery's files as they are listed now; only their folders are.
    fn listed(&self, delivery: &Delivery, call: &Call) -> Result<Vec<Entry>, Fault> {
        let keys = delivery.files.iter().filter_map(|file| self.shelf.key_of(&file.name));
        let folders: BTreeSet<&str> = keys.map(|key| key.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
        let mut entries = Vec::new();
        for folder in folders {
            entries.extend(self.shelf.list(Some(folder), call)?);
        }
        let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
        let find = |file: &RemoteFile| {
            let key = self.shelf.key_of(&file.name).unwrap_or_default();
            let entry = by_key.get(key).ok_or_else(|| self.half_written(&delivery.name))?;
            if file.bytes.is_some_and(|bytes| bytes != entry.bytes) {
                return Err(changed(&file.name));
            }
            Ok((*entry).clone())
        };
        delivery.files.iter().map(find).collect()
    }

    fn bring(&self, delivery: &Delivery, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let entries = self.listed(delivery, call)?;
        let (total, done) = (entries.iter().map(|e| e.bytes).sum::<u64>(), std::cell::Cell::new(0));
        let tell = |bytes: u64| {
            done.set(done.get() + bytes);
            call.watch.progress(done.get(), total);
        };
        let sink = Cancellable { sink, cancel: &call.cancel };
        let mut brought = Brought::default();
        for entry in &entries {
            let held = download::download(&self.shelf, entry, &self.settings.folder, call, &tell)?;
            let name = self.shelf.name_of(&entry.key);
            let file = files::read_one(&name, &held.path, self.settings.threads, &sink)?;
            brought.rows += file.file.rows;
            brought.pages += 1;
            brought.notes.extend(file.notes.iter().map(|note| format!("{name}: {note}")));
            brought.files.push(file);
        }
        // A file that was overwritten in the meantime would make two runs one.
        if self.listed(delivery, call)? != entries {
            return Err(changed(&self.shelf.name()).into());
        }
        Ok(brought)
    }
}

impl Costs for Exports {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Deliveries
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        self.elsewhere.clone()
    }

    fn look(&self, _: Option<&str>, call: &Call) -> Result<Found, Fault> {
        let entries = self.shelf.list(None, call)?;
        match self.deliveries(&entries, call)? {
            (whole, mut broken) if whole.is_empty() => Err(match broken.pop() {
                Some((_, fault)) => fault,
                None => {
                    let what = format!("{}: no billing file is there", self.shelf.name());
                    Fault::new(FaultKind::NotThere, what)
                        .hint("a new export comes within a day; is the prefix the export's own folder?")
                }
            }),
            (whole, broken) => Ok(Found::Deliveries { whole, broken, young: Vec::new() }),
        }
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        match ask {
            Ask::Delivery(delivery) => self.bring(delivery, call, sink),
            Ask::Days { .. } => Err(Fault::new(FaultKind::Refused, "an export is asked for deliveries").into()),
        }
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::check(&self.shelf, &self.settings.remedy, call)
    }
}

/// A sink that wants no more once the call is given up.
struct Cancellable<'s> {
    sink: &'s dyn Sink,
    cancel: &'s CancellationToken,
}

impl Sink for Cancellable<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { self.sink.batch(batch) }
    }

    fn problem(&self, problem: Problem) {
        self.sink.problem(problem);
    }

    fn progress(&self, bytes: u64) {
        self.sink.progress(bytes);
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_cancelled() || self.sink.cancelled()
    }
}
