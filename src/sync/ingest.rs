//! Takes a source's charges into the store, as one batch: all or nothing.
//!
//! Reader threads encode and write segments as batches come; rollup cells spill to disk. When the
//! source has ended well, what it brought is held against what is stored ([`super::groups`]), the
//! rollups are merged, and one commit makes it count. Until then nothing of it is seen, and a
//! refusal or a crash leaves only unreferenced values, which are removed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::groups::{self, Conflict, Decisions, Fate, Incoming};
use super::rebuild;
use crate::analytics::rollup::roll;
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity};
use crate::domain::dict::{Dict, NONE};
use crate::domain::numbers::UNKNOWN_WIDE;
use crate::domain::rollup::{METRICS, kinds};
use crate::domain::sketch::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, Stop};
use crate::store::manifest::{Group, Import, ImportedFile, Manifest, Part};
use crate::store::segment::{self, GroupKey};
use crate::store::spill::{self, Place, Spill};
use crate::store::{Store, kv::Change};

/// How to take a batch in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What was decided about groups that are stored from other files.
    pub decisions: Decisions,
    /// Refuse everything when one row is refused.
    pub strict: bool,
    /// Read and report only.
    pub dry_run: bool,
    /// When, seconds since 1970.
    pub taken_at: i64,
    /// Set to give up; nothing is then changed.
    pub cancelled: Arc<AtomicBool>,
}

/// What became of a batch.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// What was read.
    pub read: ReadSummary,
    /// Charges read.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// Each group that it holds, what happens to it, and its charges.
    pub groups: Vec<(GroupKey, Fate, u64)>,
    /// The import's number; `None` where nothing was committed.
    pub import: Option<u64>,
    /// Whether the store held exactly these files already.
    pub already_stored: bool,
    /// First and last day of the charges.
    pub days: Option<(Day, Day)>,
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
    groups: BTreeMap<GroupKey, Incoming>,
    /// For each rollup kind, the spilled cells of each segment and its windows' groups.
    spilled: Vec<Vec<(Place, Arc<Vec<GroupKey>>)>>,
    spill: Spill,
    /// Groups that refused rows say they belong to; `None` is any.
    refused: Vec<Option<(String, Day)>>,
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
    let manifest = store.manifest();
    let kinds = kinds(&manifest.tag_keys);
    let gathered = Gathered {
        next_segment: manifest.next.segment,
        groups: BTreeMap::new(),
        spilled: vec![Vec::new(); kinds.len()],
        spill: store.spill()?,
        refused: Vec::new(),
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
    let result = ingest.run(source);
    if !matches!(&result, Ok(outcome) if outcome.import.is_some()) {
        // What was written is unreferenced; failing to remove it now leaves it for the next opening.
        let cleaned = store.remove_unreferenced();
        if result.is_ok() {
            cleaned?;
        }
    }
    result
}

impl Ingest<'_> {
    fn gathered(&self) -> std::sync::MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, source: &mut dyn CostSource) -> Result<Outcome> {
        let id = source.id();
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
        if rows == 0 {
            return Ok(outcome);
        }
        self.mark_incomplete();
        let manifest = self.store.manifest();
        let hashes: Vec<String> = outcome.read.files.iter().map(|f| f.hash.clone()).collect();
        outcome.already_stored =
            refused == 0 && !self.options.decisions.replace && groups::already_stored(&manifest, &id.name, &hashes);
        let incoming: Vec<Incoming> = self.gathered().groups.values().cloned().collect();
        let days = incoming.iter().flat_map(|i| i.part.days.keys().copied());
        outcome.days = days.clone().min().zip(days.max());
        if outcome.already_stored {
            return Ok(outcome);
        }
        let fingerprint = |group| self.store.fingerprint(group).unwrap_or_default();
        let fates = groups::decide(&manifest, &id.name, &incoming, &fingerprint, self.options.decisions)
            .map_err(|c| refuse(&c))?;
        outcome.groups = incoming.iter().zip(&fates).map(|(i, f)| (i.key.clone(), *f, i.part.rows())).collect();
        if self.options.dry_run {
            return Ok(outcome);
        }
        outcome.import = Some(self.commit(&manifest, &id, &outcome, incoming, &fates)?);
        Ok(outcome)
    }

    /// Marks the groups that refused rows belong to; a row that cannot tell marks all.
    fn mark_incomplete(&self) {
        let mut gathered = self.gathered();
        let refused = std::mem::take(&mut gathered.refused);
        for (key, group) in &mut gathered.groups {
            group.incomplete = refused.iter().any(|r| match r {
                Some((account, period)) => *account == key.account && *period == key.billing_period,
                None => true,
            });
        }
    }

    fn commit(
        &self,
        manifest: &Manifest,
        id: &SourceId,
        outcome: &Outcome,
        incoming: Vec<Incoming>,
        fates: &[Fate],
    ) -> Result<u64> {
        let mut next = manifest.clone();
        let import = next.next.import;
        next.next.import += 1;
        let mut made: Vec<GroupKey> = Vec::new();
        let mut numbers: Vec<u64> = Vec::new();
        let mut olds: Vec<Option<Group>> = Vec::new();
        for (mut group, fate) in incoming.into_iter().zip(fates) {
            let number = next.next.group;
            next.next.group += 1;
            group.part.import = import;
            let old = match fate {
                Fate::New => None,
                Fate::Replaces(old, _) | Fate::Adds(old) => {
                    next.groups.iter().position(|g| g.id == *old).map(|at| next.groups.remove(at))
                }
            };
            let added = old.filter(|_| matches!(fate, Fate::Adds(_)));
            let mut parts = added.as_ref().map(|g| g.parts.clone()).unwrap_or_default();
            parts.push(group.part);
            let mut fingerprint = group.fingerprint;
            if let Some(old) = &added {
                fingerprint.merge(&self.store.fingerprint(old.id)?);
            }
            let mut changes: Vec<Change> = Vec::new();
            self.store.put_fingerprint(&mut changes, number, &fingerprint);
            self.store.write(changes)?;
            let incomplete = group.incomplete || added.as_ref().is_some_and(|g| g.incomplete);
            next.groups.push(Group {
                id: number,
                source: id.name.clone(),
                rank: id.kind as u8,
                key: group.key.clone(),
                account_name: group.account_name,
                parts,
                incomplete,
            });
            made.push(group.key);
            numbers.push(number);
            olds.push(added);
        }
        self.write_rollups(&made, &numbers, &olds)?;
        next.next.segment = self.gathered().next_segment;
        next.imports.push(self.import_of(import, id, outcome));
        next.forget_unused_imports();
        if self.options.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Interrupted, "stopped: nothing was changed"));
        }
        self.store.commit(next)?;
        Ok(import)
    }

    fn import_of(&self, id: u64, source: &SourceId, outcome: &Outcome) -> Import {
        let files = outcome.read.files.iter().map(|f| ImportedFile {
            name: f.name.clone(),
            hash: f.hash.clone(),
            bytes: f.bytes,
            format: f.format.clone(),
            rows: f.rows,
            refused: f.refused,
        });
        Import {
            id,
            source: source.name.clone(),
            taken_at: self.options.taken_at,
            files: files.collect(),
            rows: outcome.rows,
            refused: outcome.refused,
        }
    }

    /// Merges the spilled cells of all segments into each group's rollups.
    fn write_rollups(&self, keys: &[GroupKey], numbers: &[u64], olds: &[Option<Group>]) -> Result<()> {
        let index: BTreeMap<&GroupKey, u32> = keys.iter().enumerate().map(|(i, k)| (k, i as u32)).collect();
        for (at, kind) in self.kinds.iter().enumerate() {
            let mut gathered = self.gathered();
            let Gathered { spilled, spill, .. } = &mut *gathered;
            rebuild::merge_kind(self.store, kind, numbers, &index, &spilled[at], spill)?;
        }
        for (number, old) in numbers.iter().zip(olds) {
            // A part was added: its group's older charges count as well.
            if old.is_some() {
                let group = self.store.manifest();
                let old = old.as_ref().and_then(|o| group.groups.iter().find(|g| g.id == o.id));
                if let Some(old) = old {
                    rebuild::add_rollups(self.store, old.id, *number, &self.kinds)?;
                }
            }
        }
        Ok(())
    }

    /// Encodes a batch on the calling thread and writes it as a segment.
    fn take(&self, batch: &ChargeBatch) -> Result<()> {
        let order = batch.order();
        let rows = batch.len() as u64;
        let found = gather(batch);
        if !self.options.dry_run {
            let number = {
                let mut gathered = self.gathered();
                gathered.next_segment += 1;
                gathered.next_segment - 1
            };
            let (changes, head) = segment::encode(batch, &order, number);
            let windows = Arc::new(head.windows.into_iter().map(|w| w.group).collect::<Vec<_>>());
            self.store.write(changes)?;
            roll(batch, &order, &self.kinds, |kind, cells| {
                let bytes = spill::encode(&cells);
                let mut gathered = self.gathered();
                let place = gathered.spill.put(&bytes, cells.keys.len())?;
                gathered.spilled[kind].push((place, windows.clone()));
                Ok::<(), Error>(())
            })?;
            self.add(found, Some(number));
        } else {
            self.add(found, None);
        }
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        self.watcher.progress(self.bytes.load(Ordering::Relaxed), rows);
        Ok(())
    }

    fn add(&self, found: BTreeMap<GroupKey, Incoming>, segment: Option<u64>) {
        let mut gathered = self.gathered();
        for (key, mut more) in found {
            more.part.segments.extend(segment);
            match gathered.groups.entry(key) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(more);
                }
                std::collections::btree_map::Entry::Occupied(mut slot) => {
                    let group = slot.get_mut();
                    let known = &mut group.account_name;
                    if known.is_empty() || (!more.account_name.is_empty() && more.account_name < *known) {
                        *known = more.account_name;
                    }
                    group.part.segments.extend(more.part.segments);
                    more.part.days.iter().for_each(|(day, rows)| *group.part.days.entry(*day).or_default() += rows);
                    group.part.sums.iter_mut().zip(more.part.sums).for_each(|(a, b)| *a = a.wrapping_add(b));
                    group.fingerprint.merge(&more.fingerprint);
                }
            }
        }
    }
}

/// Of two names the smaller, as everywhere where a value has several; no name is none.
fn smaller(texts: &Dict, a: u32, b: u32) -> u32 {
    if b == NONE || (a != NONE && texts.get(a) <= texts.get(b)) { a } else { b }
}

/// What a batch holds of each group.
fn gather(batch: &ChargeBatch) -> BTreeMap<GroupKey, Incoming> {
    let mut keys: Vec<GroupKey> = Vec::new();
    let provider = &batch.profile_texts[Profile::Provider.index()];
    let account = &batch.profile_texts[Profile::BillingAccountId.index()];
    for w in &batch.windows {
        keys.push(GroupKey {
            provider: provider.get(w.provider).to_owned(),
            account: account.get(w.account).to_owned(),
            billing_period: w.billing_period,
        });
    }
    let distinct: Vec<&GroupKey> = keys.iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let group_of: Vec<usize> = keys.iter().map(|k| distinct.binary_search(&k).unwrap_or_default()).collect();
    let mut window_rows = vec![0u64; keys.len()];
    let mut sums = vec![[0i128; METRICS]; distinct.len()];
    let mut fingerprints = vec![Fingerprint::default(); distinct.len()];
    let (account_names, name_of) = (
        &batch.profile_texts[Profile::BillingAccountName.index()],
        &batch.profiles[Profile::BillingAccountName.index()],
    );
    let mut names = vec![NONE; distinct.len()];
    for (at, row) in batch.rows.iter().enumerate() {
        let group = group_of[row.window as usize];
        window_rows[row.window as usize] += 1;
        let name = name_of[row.profile as usize];
        if name != names[group] {
            names[group] = smaller(account_names, names[group], name);
        }
        fingerprints[group].add(batch.identity(at), batch.quantities[Quantity::Billed.index()].units(at));
        for (sum, column) in sums[group].iter_mut().zip(&batch.quantities) {
            let units = column.units(at);
            *sum = sum.wrapping_add(if units == UNKNOWN_WIDE { 0 } else { units });
        }
    }
    let mut found: BTreeMap<GroupKey, Incoming> = BTreeMap::new();
    for (group, ((key, fingerprint), sums)) in distinct.iter().zip(fingerprints).zip(sums).enumerate() {
        let mut part = Part { sums, ..Part::default() };
        for (window, rows) in window_rows.iter().enumerate().filter(|(w, _)| group_of[*w] == group) {
            *part.days.entry(batch.windows[window].day).or_default() += rows;
        }
        let account_name = account_names.get(names[group]).to_owned();
        let incoming = Incoming { key: (*key).clone(), account_name, part, fingerprint, incomplete: false };
        found.insert((*key).clone(), incoming);
    }
    found
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
            let mut gathered = self.gathered();
            if !gathered.refused.contains(&problem.group) {
                gathered.refused.push(problem.group);
            }
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

fn shown(key: &GroupKey) -> String {
    let text = format!("{} {} {}", key.provider, key.account, key.billing_period.month());
    crate::domain::text::SafeText::from_outside(&text).into_string()
}

fn refuse(conflicts: &[Conflict]) -> Error {
    let more = |n: usize| if n > 1 { format!(" (and {} more)", n - 1) } else { String::new() };
    let others: Vec<&Conflict> = conflicts.iter().filter(|c| matches!(c, Conflict::OtherCharges { .. })).collect();
    match others.first().or(conflicts.first().as_ref().map(|c| c as &&Conflict)) {
        Some(Conflict::OtherCharges { key, stored, incoming }) => Error::usage(format!(
            "{}{} is stored from other files, with other charges ({stored} stored, {incoming} here): nothing was changed",
            shown(key),
            more(others.len())
        ))
        .hint("is this another part of the same export? add it with --part")
        .hint("is it to take the place of what is stored? --replace"),
        Some(Conflict::OneOfParts { key, parts, stored, incoming }) => Error::usage(format!(
            "{}{} is stored in {parts} parts, and not all of it is here ({stored} charges stored, {incoming} here): nothing was changed",
            shown(key),
            more(conflicts.len())
        ))
        .hint("import the newer versions of all parts in one command")
        .hint("is it to take the place of all that is stored? --replace"),
        Some(Conflict::Incomplete { key }) => Error::usage(format!(
            "rows of {}{} were refused, and what is stored of it is complete: nothing was changed",
            shown(key),
            more(conflicts.len())
        ))
        .hint("mend the refused rows and import again, or take the good ones with --accept-partial"),
        None => Error::bug("a batch was refused for no reason"),
    }
}
