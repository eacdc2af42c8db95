//! Exports in object stores (S3, Blob storage, Cloud Storage): billing files that a cloud delivers by itself.
//!
//! [`layout`] says which files count, [`shelf`] is the wire, [`download`] holds a file while it is read, with
//! the same code as `spendtop import` ([`super::files`]). Only a month whose newest run is another than the
//! one that came last is brought; all of it or nothing.
//!
//! Knows no cloud's own library: each cloud's folder makes the store and its credentials.

pub mod answer;
pub mod check;
pub mod download;
pub mod layout;
mod runs;
pub mod shelf;
#[cfg(test)]
mod tests;
mod told;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Where files lie: each cloud's folder makes one.
pub use object_store::ObjectStore;
use tokio_util::sync::CancellationToken;

use self::check::Remedy;
use self::layout::{Arranged, Entry, Manifest, Run, arrange, stamp};
use self::runs::{Standing, is_young};
use self::shelf::{Shelf, changed};
use super::files::shards::{Bill, lacking, together};
use super::remote::fault::words;
use super::remote::{
    Ask, Brought, Call, Check, Costs, Delivery, Elsewhere, Fault, FaultKind, Found, Halt, Manner, RemoteFile, Scope,
    Terms,
};
use super::{Problem, Sink, SourceId, SourceKind, Stop, files};
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Month;
use crate::error::Error;

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

/// What lies there.
#[derive(Default)]
struct Lying {
    /// Deliveries that are whole.
    whole: Vec<Delivery>,
    /// Those that are not, by name.
    broken: Vec<(String, Fault)>,
    /// Those of which a newer run is being written, by the manifest's name.
    young: Vec<String>,
}

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

    /// Goes on in the region that the store says it is in.
    #[must_use]
    pub fn moving(self, moves: shelf::Moves) -> Exports {
        Exports { shelf: self.shelf.moving(moves), ..self }
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
        if let Some(root) = layout::above(entries, &self.settings.prefix) {
            return Err(self.too_deep(&root));
        }
        let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
        self.manifests().retain(|key, (tag, _)| by_key.get(key.as_str()).is_some_and(|entry| entry.tag == *tag));
        let first = self.first_month(call);
        let mut lying = Lying::default();
        for (month, runs) in months.into_iter().filter(|(month, _)| *month >= first) {
            let Standing { run, newer } = self.standing(month, &runs, &by_key, call)?;
            match (&run, newer) {
                (Some(_), Some((at, _))) if is_young(&at, call) => lying.young.push(self.shelf.name_of(&at.key)),
                (_, Some((_, fault))) => lying.broken.push((month.to_string(), fault)),
                (_, None) => {}
            }
            lying.whole.extend(run.map(|run| self.of_run(month, &run)));
        }
        Ok(lying)
    }

    /// That the prefix leads below the export's own folder.
    fn too_deep(&self, root: &str) -> Fault {
        let what = format!("{}: manifests lie beside it that say which of its files count", self.shelf.name());
        let right = if root.is_empty() { self.settings.location.clone() } else { self.shelf.name_of(root) };
        Fault::new(FaultKind::Refused, what).hint(format!("name the export's own folder: `{}`", words(&right)))
    }

    /// Files that no export is known of: bills, the one that was written last comes last.
    fn bills(&self, files: Vec<Entry>) -> Lying {
        let mut bills = together(files, |file| file.key.clone());
        bills.sort_by_cached_key(|bill| bill.files.iter().map(|file| (file.modified, file.key.clone())).max());
        let mut lying = Lying::default();
        for bill in bills {
            match &bill.lacks {
                None => lying.whole.push(self.of_bill(&bill)),
                Some(piece) => lying.broken.push((bill.name.clone(), lacking(&self.shelf.name_of(piece)))),
            }
        }
        lying
    }

    fn manifests(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (String, Manifest)>> {
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first_month(&self, call: &Call) -> Month {
        crate::domain::calendar::Day::of_seconds(call.now).month().plus(-i32::from(self.settings.months))
    }

    /// That nothing lies there.
    fn nothing(&self) -> Fault {
        let odd = self.shelf.odd().map_or(String::new(), |odd| format!(": {odd}"));
        let what = format!("{}: no billing file is there{odd}", self.shelf.name());
        Fault::new(FaultKind::NotThere, what)
            .hint("a new export comes within a day; is the prefix the export's own folder?")
    }

    /// That a file of a delivery is no longer there.
    fn gone(&self, name: &str) -> Fault {
        let what = format!("{} was taken away since it was listed: nothing of it was taken", words(name));
        Fault::new(FaultKind::NotThere, what).hint("it is looked at again with the next sync")
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
            written: run.began,
        }
    }

    fn file(&self, file: &Entry) -> RemoteFile {
        RemoteFile { name: self.shelf.name_of(&file.key), bytes: Some(file.bytes) }
    }

    fn list(&self, folder: Option<&str>, call: &Call) -> Result<Vec<Entry>, Fault> {
        self.shelf.list(folder, call).map_err(|fault| allowing(&self.settings.remedy.list, fault))
    }

    /// The delivery's files as they are listed now; only their folders are.
    fn listed(&self, delivery: &Delivery, call: &Call) -> Result<Vec<Entry>, Fault> {
        let keys = delivery.files.iter().filter_map(|file| self.shelf.key_of(&file.name));
        let folders: BTreeSet<&str> = keys.map(|key| key.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
        let mut entries = Vec::new();
        for folder in folders {
            entries.extend(self.list(Some(folder), call)?);
        }
        let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
        let find = |file: &RemoteFile| {
            let key = self.shelf.key_of(&file.name).unwrap_or_default();
            let entry = by_key.get(key).ok_or_else(|| self.gone(&file.name))?;
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
        let (mut brought, mut contents) = (Brought::default(), files::Contents::default());
        for entry in &entries {
            let held =
                download::download(&self.shelf, entry, &self.settings.folder, call, &tell).map_err(
                    |halt| match halt {
                        Halt::Fault(fault) => Halt::Fault(allowing(&self.settings.remedy.get, fault)),
                        stopped @ Halt::Stopped(_) => stopped,
                    },
                )?;
            let name = self.shelf.name_of(&entry.key);
            let file = files::read_one(&name, &held.path, self.settings.threads, &sink)?;
            contents.add(&brought.files, &file).map_err(once)?;
            brought.rows += file.file.rows;
            brought.pages += 1;
            brought.files.push(file);
        }
        // A file that was overwritten in the meantime would make two runs one.
        if self.listed(delivery, call)? != entries {
            return Err(changed(&self.shelf.name()).into());
        }
        brought.notes = told::told(&brought.files);
        brought.notes.extend(self.shelf.odd());
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
        let entries = self.list(None, call)?;
        let Lying { whole, mut broken, young } = self.deliveries(&entries, call)?;
        if !whole.is_empty() {
            return Ok(Found::Deliveries { whole, broken, young });
        }
        Err(broken.pop().map_or_else(|| self.nothing(), |(_, fault)| fault))
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        match ask {
            Ask::Delivery(delivery) => self.bring(delivery, call, sink),
            Ask::Days { .. } => Err(Fault::new(FaultKind::Refused, "an export is asked for deliveries").into()),
        }
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::check(self, call)
    }
}

/// Says which permission is missing.
fn allowing(permission: &str, fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Denied if fault.hints.is_empty() => {
            fault.hint(format!("allow `{permission}` to this identity: `spendtop doctor` prints what grants it"))
        }
        _ => fault,
    }
}

/// The same charges in two files of an export: nobody who names files is there.
fn once(error: Error) -> Stop {
    let hints = vec!["an export has each charge in one of its files: which of the two is a copy? take it away".into()];
    Stop::Failed(Error { hints, ..error })
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
