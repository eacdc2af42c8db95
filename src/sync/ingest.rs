//! Takes a source's charges into the store, as one batch: all or nothing.
//!
//! Reader threads encode and write segments as batches come; rollup cells spill to disk. When the
//! source has ended well, what it brought is held against what is stored ([`super::groups`]), the
//! rollups are merged, and one commit makes it count. Until then nothing of it is seen, and a
//! refusal or a crash leaves only unreferenced values, which are removed.

mod refuse;
mod renew;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::billed::{self, Replaced};
use super::gather::{Groups, gather, is_better_name};
use super::groups::{self, Decisions, Fate, Incoming};
use super::merge::{Merge, Pieces, Spilled};
use super::overlap::{Overlap, Sources};
use super::{older, rebuild};
use crate::analytics::rollup::roll;
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Day;
use crate::error::{Error, Kind, Result};
use crate::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, Stop};
use crate::store::kv::{BATCH_MAX, Change};
use crate::store::manifest::{Group, Import, Manifest};
use crate::store::remote::Restated;
use crate::store::segment::{self, GroupKey, Identity};
use crate::store::spill::{self, Place, Spill};
use crate::store::{Store, rollups};
use refuse::{refuse, refuse_other_telling};
pub use renew::{Renewal, Window};

/// Account periods that refused rows are remembered of; beyond, all count as incomplete.
const REFUSED_MAX: usize = 10_000;

/// How to take a batch in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What was decided about groups that are stored from other files.
    pub decisions: Decisions,
    /// Refuse everything when one row is refused.
    pub strict: bool,
    /// Read and report only.
    pub dry_run: bool,
    /// What of a scope the batch brings anew; `None` where it is an import.
    pub renews: Option<Renewal>,
    /// Threads that make the rollups; 0 is one.
    pub threads: usize,
    /// When, seconds since 1970.
    pub taken_at: i64,
    /// Set to give up; nothing is then changed.
    pub cancelled: Arc<AtomicBool>,
}

/// What became of a batch.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// What was read.
    pub read: ReadSummary,
    /// Charges read.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// Each group that it holds, what happens to it, and its charges.
    pub groups: Vec<(GroupKey, Fate, u64)>,
    /// What replaced groups billed before and bill now; of those that are spelt alike, the first.
    pub replaced: BTreeMap<GroupKey, Replaced>,
    /// Account periods of which another source's charges counted before.
    pub overlaps: BTreeMap<GroupKey, Overlap>,
    /// The import's number; `None` where nothing was committed.
    pub import: Option<u64>,
    /// Whether the store held exactly these files already.
    pub already_stored: bool,
    /// First and last day of the charges.
    pub days: Option<(Day, Day)>,
    /// Days whose billed cost is another one than before, where a scope brought them anew.
    pub restated: Vec<Restated>,
    /// Account periods that a delivery no longer holds, although it is the whole of their billing period, with
    /// the charges that they had.
    #[serde(default)]
    pub gone: Vec<(GroupKey, u64)>,
    /// The refusal of what of a delivery is held back, where the rest of it was stored.
    #[serde(default)]
    pub held_back: Option<Error>,
}

/// Somebody who wants to know how it goes.
pub trait Watcher: Sync {
    /// Bytes of input and charges done so far.
    fn progress(&self, bytes: u64, rows: u64);
    /// A row was refused, or taken with a change.
    fn problem(&self, problem: &Problem);
}

struct Gathered {
    next_segment: u64,
    groups: Groups,
    pieces: Pieces,
    /// Groups that refused rows say they belong to; `None` is any.
    refused: BTreeSet<Option<(String, Day)>>,
    failed: Option<Error>,
}

struct Ingest<'a> {
    store: &'a Store,
    kinds: Vec<Vec<crate::domain::dimension::Dimension>>,
    gathered: Mutex<Gathered>,
    watcher: &'a dyn Watcher,
    options: &'a Options,
    bytes: AtomicU64,
    rows: AtomicU64,
    refused: AtomicU64,
}

/// Reads a source into the store.
///
/// # Errors
/// Kind `Usage` where the batch is refused (the message says what to decide), `Interrupted` where
/// it was given up, `Store` where the disk fails. The store then holds what it held before.
pub fn ingest(store: &Store, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
    let outcome = take_in(store, source, options, watcher)?;
    // What came has come: rollups that cannot be made anew are as good as before, until the store is opened again.
    if outcome.import.is_some()
        && !options.cancelled.load(Ordering::Relaxed)
        && older::renew(store, older::CHARGES).is_err()
    {
        store.renewed().store(true, Ordering::Release);
    }
    Ok(outcome)
}

fn take_in(store: &Store, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
    let _writing = store.writing_unless(&options.cancelled)?;
    let manifest = store.manifest();
    let kinds = manifest.kinds();
    let gathered = Gathered {
        next_segment: manifest.next.segment,
        groups: Groups::default(),
        pieces: Pieces::new(store.spill()?, kinds.len()),
        refused: BTreeSet::new(),
        failed: None,
    };
    let ingest = Ingest {
        store,
        kinds,
        gathered: Mutex::new(gathered),
        watcher,
        options,
        bytes: 0.into(),
        rows: 0.into(),
        refused: 0.into(),
    };
    ingest.run(source)
}

impl Ingest<'_> {
    fn gathered(&self) -> std::sync::MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, source: &mut dyn CostSource) -> Result<Outcome> {
        let id = source.id();
        if self.options.decisions.part {
            source.leave_out(groups::stored_files(&self.store.manifest(), &id.name));
        }
        let read = source.read(self).map_err(|stop| match stop {
            Stop::Failed(error) => self.gathered().failed.take().unwrap_or(error),
            Stop::Cancelled => self
                .gathered()
                .failed
                .take()
                .unwrap_or_else(|| Error::new(Kind::Interrupted, "stopped: nothing was changed")),
        })?;
        let (rows, refused) = (self.rows.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed));
        let mut outcome = Outcome { read, rows, refused, ..Outcome::default() };
        if self.options.strict && refused > 0 {
            return Err(Error::usage(format!(
                "{refused} rows were refused, and --strict takes all or nothing: nothing was changed"
            ))
            .hint("leave --strict away to take the good rows"));
        }
        if let Some(Renewal::Window(window)) = &self.options.renews {
            outcome.import = Some(self.renew(&id, window, &mut outcome)?);
            return Ok(outcome);
        }
        if rows == 0 {
            self.keep_all(&id, &outcome.read)?;
            self.note_come(&id)?;
            outcome.already_stored = refused == 0 && !outcome.read.left_out.is_empty();
            self.tell_overlaps(&mut outcome, &id, &[]);
            return Ok(outcome);
        }
        let (incoming, places) = self.gathered_groups();
        let manifest = self.store.manifest();
        let hashes: Vec<String> = outcome.read.files.iter().map(|f| f.file.hash.clone()).collect();
        outcome.already_stored =
            refused == 0 && !self.options.decisions.replace && groups::already_stored(&manifest, &id.name, &hashes);
        let days = incoming.iter().flat_map(|i| i.part.days.keys().copied());
        outcome.days = days.clone().min().zip(days.max());
        if outcome.already_stored {
            self.note_come(&id)?;
            self.tell_overlaps(&mut outcome, &id, &incoming);
            return Ok(outcome);
        }
        if self.options.decisions.part {
            refuse_other_telling(&manifest, &id.name, &incoming, &outcome.read)?;
        }
        let fingerprint = |group| self.store.fingerprint(group).unwrap_or_default();
        let mut fates = groups::decide(&manifest, &id.name, &incoming, &fingerprint, self.options.decisions)
            .map_err(|c| refuse(&c))?;
        outcome.gone = self.gone(&manifest, &id, &incoming);
        outcome.held_back = self.keep(&manifest, &id, (&incoming, &outcome.gone), &outcome.read, &mut fates)?;
        outcome.groups = incoming.iter().zip(&fates).map(|(i, f)| (i.key.clone(), *f, i.part.rows())).collect();
        let replaced = outcome.groups.iter().filter(|(_, fate, _)| matches!(fate, Fate::Replaces { .. }));
        for (key, _, _) in replaced.take(billed::TOLD_MAX) {
            let before = billed::of(self.store, &manifest, &id.name, key);
            outcome.replaced.insert(key.clone(), Replaced { before, after: None });
        }
        self.tell_overlaps(&mut outcome, &id, &incoming);
        if self.options.dry_run {
            return Ok(outcome);
        }
        if fates.iter().all(|fate| *fate == Fate::Older) {
            self.note_come(&id)?;
            return Ok(outcome);
        }
        outcome.import = Some(self.commit(&manifest, &id, &outcome, incoming, &places, &fates)?);
        self.tell_after(&id, &mut outcome);
        Ok(outcome)
    }

    /// Tells what is billed now that it is stored.
    fn tell_after(&self, id: &SourceId, outcome: &mut Outcome) {
        let manifest = self.store.manifest();
        for (key, sums) in &mut outcome.replaced {
            sums.after = billed::of(self.store, &manifest, &id.name, key);
        }
        let sources = Sources::new(&manifest);
        for (key, overlap) in &mut outcome.overlaps {
            if let Some(counts) = sources.best(&outcome.read.covers, key) {
                overlap.now.clone_from(&counts.source);
            }
        }
        for (key, overlap) in outcome.overlaps.iter_mut().take(billed::TOLD_MAX) {
            overlap.billed_ours = billed::of(self.store, &manifest, &id.name, key);
        }
    }

    /// Finds the account periods of what came and of what was left out that another source has too.
    fn tell_overlaps(&self, outcome: &mut Outcome, id: &SourceId, incoming: &[Incoming]) {
        let manifest = self.store.manifest();
        let hashes = outcome.read.left_out.iter().map(|f| f.hash.as_str()).collect();
        let left_out = groups::periods_of(&manifest, &id.name, &hashes);
        let keys = incoming.iter().map(|i| &i.key).chain(&left_out);
        outcome.overlaps = Sources::new(&manifest).overlaps(id, &outcome.read.covers, keys, !outcome.already_stored);
        for (key, overlap) in outcome.overlaps.iter_mut().take(billed::TOLD_MAX) {
            overlap.billed_before = billed::of(self.store, &manifest, &overlap.before, key);
            overlap.billed_ours =
                outcome.already_stored.then(|| billed::of(self.store, &manifest, &id.name, key)).flatten();
        }
    }

    /// The groups, those that refused rows belong to marked (a row that cannot tell marks all), and
    /// each number's place among them.
    fn gathered_groups(&self) -> (Vec<Incoming>, Vec<u32>) {
        let mut gathered = self.gathered();
        let refused = std::mem::take(&mut gathered.refused);
        let (mut groups, places) = std::mem::take(&mut gathered.groups).finish();
        for group in &mut groups {
            let named = || refused.contains(&Some((group.key.account.clone(), group.key.billing_period)));
            group.incomplete = refused.contains(&None) || named();
        }
        (groups, places)
    }

    fn commit(
        &self,
        manifest: &Manifest,
        id: &SourceId,
        outcome: &Outcome,
        incoming: Vec<Incoming>,
        places: &[u32],
        fates: &[Fate],
    ) -> Result<u64> {
        let mut next = manifest.clone();
        let import = next.next.import;
        next.next.import += 1;
        let mut added_to: Vec<Option<u64>> = Vec::new();
        let mut changes: Vec<Change> = Vec::new();
        let mut adds = leave(&mut next.groups, &id.name, &incoming, fates);
        self.leave_period(&mut next.groups, id);
        self.note_delivery(&mut next, id, outcome.held_back.is_none());
        let (left, mut older) = (next.groups.len(), BTreeSet::new());
        let sources = Sources::new(manifest);
        for (mut group, fate) in incoming.into_iter().zip(fates) {
            let number = next.next.group;
            next.next.group += 1;
            group.part.import = import;
            let place = sources.place(id, &group.key);
            let mut stored = Group {
                id: number,
                source: id.name.clone(),
                rank: id.kind as u8,
                place,
                key: group.key,
                account_name: group.account_name,
                parts: vec![group.part],
                incomplete: group.incomplete,
            };
            let mut fingerprint = group.fingerprint;
            if fate.leaves() {
                // It has its place among the others until theirs are written, and none in the store.
                older.insert(number);
                added_to.push(None);
                next.groups.push(Group { parts: Vec::new(), ..stored });
                continue;
            }
            let added = if let Fate::Adds(old) = fate { adds.remove(old) } else { None };
            added_to.push(added.as_ref().map(|g| g.id));
            if let Some(old) = added {
                fingerprint.merge(&self.store.fingerprint(old.id)?);
                add_parts(&mut stored, old);
            }
            self.store.put_fingerprint(&mut changes, number, &fingerprint);
            if changes.len() >= BATCH_MAX {
                self.store.write(std::mem::take(&mut changes))?;
            }
            next.groups.push(stored);
        }
        self.store.write(changes)?;
        self.write_rollups(&next.groups[left..], places, &added_to)?;
        next.groups.retain(|group| !older.contains(&group.id));
        self.arrange(&mut next);
        next.next.segment = self.gathered().next_segment;
        next.imports.push(self.import_of(import, id, outcome));
        next.strike_found(self.options.decisions.part);
        next.forget_unused_imports();
        self.commit_unless_cancelled(next)?;
        Ok(import)
    }

    fn commit_unless_cancelled(&self, next: Manifest) -> Result<()> {
        if self.options.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Interrupted, "stopped: nothing was changed"));
        }
        self.store.commit(next)
    }

    fn import_of(&self, id: u64, source: &SourceId, outcome: &Outcome) -> Import {
        Import {
            id,
            source: source.name.clone(),
            taken_at: self.options.taken_at,
            files: outcome.read.files.iter().map(|f| f.file.clone()).collect(),
            rows: outcome.rows,
            refused: outcome.refused,
        }
    }

    /// Merges the spilled cells of all segments into each group's rollups, with those of the group
    /// that it is added to.
    fn write_rollups(&self, groups: &[Group], places: &[u32], added_to: &[Option<u64>]) -> Result<()> {
        let none = Pieces::new(Spill::Memory(Vec::new()), 0);
        let pieces = std::mem::replace(&mut self.gathered().pieces, none);
        let numbers: Vec<u64> = groups.iter().map(|g| g.id).collect();
        let rows: Vec<u64> = groups.iter().map(Group::rows).collect();
        let mut most = rollups::worth_keeping(&rows);
        most.iter_mut().zip(&rows).filter(|(_, rows)| **rows == 0).for_each(|(most, _)| *most = 0);
        let mut anew = Vec::new();
        for ((most, group), old) in most.iter_mut().zip(groups).zip(added_to) {
            // What was too small to have rollups may be worth them together with this part, and an older program's
            // are made anew.
            if let Some(old) = old
                && *most > 0
                && !rollups::can_grow(self.store.kv(), *old)?
            {
                anew.push((group, group.id));
                *most = 0;
            }
        }
        let merge = Merge { store: self.store, numbers: &numbers, most: &most, places, pieces: &pieces };
        merge.run(&self.kinds, self.options.threads)?;
        for ((number, old), most) in numbers.iter().zip(added_to).zip(most) {
            if let Some(old) = old
                && most > 0
            {
                rebuild::add_rollups(self.store, (*old, &|_| true), (*number, true, most), &self.kinds)?;
            }
        }
        if anew.is_empty() {
            return Ok(());
        }
        rebuild::from_segments(self.store, &anew, &self.kinds)
    }

    /// Encodes a batch on the calling thread and writes it as a segment.
    fn take(&self, batch: &ChargeBatch) -> Result<()> {
        let rows = batch.len() as u64;
        if matches!(self.options.renews, Some(Renewal::Window(_)))
            && batch.windows.windows(2).any(|pair| pair[0].day != pair[1].day)
        {
            return Err(Error::bug("a batch of several days came: days are replaced one by one"));
        }
        let (found, group_of) = gather(batch);
        if self.options.dry_run {
            self.gathered().groups.add(found, None)?;
        } else {
            let number = {
                let mut gathered = self.gathered();
                gathered.next_segment += 1;
                gathered.next_segment - 1
            };
            let order = batch.order();
            let (changes, _) = segment::encode(batch, &order, number);
            self.store.write(changes)?;
            let numbers = self.gathered().groups.add(found, Some(number))?;
            let mut spilled = Spilled {
                groups: group_of.into_iter().map(|g| numbers[g as usize]).collect(),
                places: vec![Place::default(); self.kinds.len()],
            };
            roll(batch, &order, &self.kinds, |kind, cells| {
                let bytes = spill::encode(&cells);
                spilled.places[kind] = self.gathered().pieces.put(kind, &cells, &bytes, &spilled.groups)?;
                Ok::<(), Error>(())
            })?;
            self.gathered().pieces.push(spilled);
        }
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        self.watcher.progress(self.bytes.load(Ordering::Relaxed), rows);
        Ok(())
    }
}

/// Adds what a stored group is made of to the group that takes its place.
fn add_parts(group: &mut Group, mut old: Group) {
    old.parts.append(&mut group.parts);
    group.parts = old.parts;
    group.incomplete |= old.incomplete;
    if is_better_name(&old.account_name, &group.account_name) {
        group.account_name = old.account_name;
    }
}

/// Takes out of the stored groups what incoming ones replace; hands over, by number, what they
/// are added to.
fn leave(stored: &mut Vec<Group>, source: &str, incoming: &[Incoming], fates: &[Fate]) -> BTreeMap<u64, Group> {
    let replacing = incoming.iter().zip(fates).filter(|(_, fate)| matches!(fate, Fate::Replaces { .. }));
    let replaced: BTreeSet<Identity<'_>> = replacing.map(|(group, _)| group.key.identity()).collect();
    let added: BTreeSet<u64> =
        fates.iter().filter_map(|fate| if let Fate::Adds(old) = fate { Some(*old) } else { None }).collect();
    stored.retain(|g| g.source != source || !replaced.contains(&g.key.identity()));
    stored.extract_if(.., |g| added.contains(&g.id)).map(|g| (g.id, g)).collect()
}

impl Sink for Ingest<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        self.take(batch).map_err(|error| {
            self.gathered().failed = Some(error.clone());
            Stop::Failed(error)
        })
    }

    fn problem(&self, problem: Problem) {
        self.watcher.problem(&problem);
        if problem.refused {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let refused = &mut self.gathered().refused;
            // A file that names ever new accounts marks all groups rather than fill the memory.
            let group = problem.group.filter(|_| refused.len() < REFUSED_MAX);
            refused.insert(group);
        }
    }

    fn progress(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.watcher.progress(bytes, self.rows.load(Ordering::Relaxed));
    }

    fn cancelled(&self) -> bool {
        self.options.cancelled.load(Ordering::Relaxed)
    }
}
