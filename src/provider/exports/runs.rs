//! Which run of a month counts: the newest whose files are all there. One that is not is told, whether one before
//! it counts or not.

use std::collections::BTreeMap;

use super::layout::{Entry, Lack, Manifest, Run, Runs, manifest, run_of, run_without, said};
use super::{Exports, allowing};
use crate::domain::calendar::Month;
use crate::provider::remote::fault::words;
use crate::provider::remote::{Call, Fault, FaultKind};

/// Runs of a month that are looked at for one whose files are all there: more than one costs something only where
/// the newest is not.
const RUNS_MAX: usize = 40;

/// Within how long manifests are written that nobody wrote one after the other: the runs of an export are hours apart.
const MOMENT_MILLIS: i64 = 600_000;

/// Manifests of one moment that are read to tell which is the newest.
const COPIED_MAX: usize = 40;

/// Milliseconds in which a run that is not whole yet is still being written, for all that anybody knows.
const YOUNG_MILLIS: i64 = 3_600_000;

/// What a month has.
#[derive(Default)]
pub(super) struct Standing {
    /// The run that counts.
    pub(super) run: Option<Run>,
    /// A newer one that does not, and why.
    pub(super) newer: Option<(Entry, Fault)>,
}

/// Whether a fault says something of one month alone, and nothing of who asks or of the way there.
fn is_of_month(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Denied | FaultKind::Refused | FaultKind::NotThere | FaultKind::Garbled)
}

/// Whether an object was written so recently that what it belongs to may not be whole yet.
pub(super) fn is_young(at: &Entry, call: &Call) -> bool {
    (0..YOUNG_MILLIS).contains(&(call.now.saturating_mul(1_000) - at.modified))
}

impl Exports {
    /// The newest run of a month whose files are all there.
    pub(super) fn standing(
        &self,
        month: Month,
        runs: &Runs,
        by_key: &BTreeMap<&str, &Entry>,
        call: &Call,
    ) -> Result<Standing, Fault> {
        if runs.manifests.is_empty() {
            return Ok(Standing { run: run_without(runs), newer: None });
        }
        let mut newer = None;
        for at in self.newest_first(runs, call)?.into_iter().take(RUNS_MAX) {
            let told = match self.manifest(at, call) {
                Ok(told) => run_of(&told, at, by_key).map_err(|lack| self.not_whole(month, &lack)),
                // It is being written, or was just taken away.
                Err(fault) if matches!(fault.kind, FaultKind::Garbled | FaultKind::NotThere) => {
                    Err(self.unread(month, at, &fault))
                }
                // What may not be read may be whole: nothing older takes its place.
                Err(fault) if is_of_month(&fault) => {
                    return Ok(Standing { run: None, newer: Some((at.clone(), fault)) });
                }
                Err(fault) => return Err(fault),
            };
            match told {
                Ok(run) => return Ok(Standing { run: Some(run), newer }),
                Err(fault) => newer = newer.or(Some((at.clone(), fault))),
            }
        }
        Ok(Standing { run: None, newer })
    }

    /// Reads a manifest, once as long as it is not another.
    fn manifest(&self, at: &Entry, call: &Call) -> Result<Manifest, Fault> {
        if let Some((_, told)) = self.manifests().get(&at.key).filter(|(tag, _)| *tag == at.tag) {
            return Ok(told.clone());
        }
        let told = self.shelf.small(at, call).and_then(|text| manifest(&text));
        let told = told.map_err(|fault| allowing(&self.settings.remedy.get, fault))?;
        self.manifests().insert(at.key.clone(), (at.tag.clone(), told.clone()));
        Ok(told)
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
                Err(fault) if !is_of_month(&fault) => return Err(fault),
                _ => return Ok(manifests),
            };
        }
        manifests[..copied].sort_by_key(|at| std::cmp::Reverse(began.get(at.key.as_str()).copied()));
        Ok(manifests)
    }

    /// That a file of a run is not there.
    pub(super) fn not_whole(&self, month: Month, lack: &Lack) -> Fault {
        let (export, file) = (self.shelf.name(), words(&self.shelf.name_of(&lack.key)));
        let what = format!("{export}: the newest run of {month} is not whole: `{file}`, which it names, {}", lack.what);
        Fault::new(FaultKind::NotThere, what).hint(STAYS)
    }

    /// That a manifest cannot be read.
    fn unread(&self, month: Month, at: &Entry, why: &Fault) -> Fault {
        let (export, name) = (self.shelf.name(), words(&self.shelf.name_of(&at.key)));
        let what = format!("{export}: the newest run of {month} is not whole: its manifest `{name}`: {}", why.message);
        Fault::new(FaultKind::NotThere, what).hint(STAYS)
    }
}

/// What holds as long as a run is not whole.
const STAYS: &str = "it is being written, or files were removed: it is looked at again, and until it is whole the last \
                     whole one counts";
