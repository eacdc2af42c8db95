//! The store: charges, rollups and the user's state, kept so that nothing is lost and nothing
//! is half seen.
//!
//! Charges lie in [`segment`]s, written once; daily sums of them in [`rollups`]; a
//! [`manifest::Manifest`] says what counts. A commit writes segments and rollups, syncs, writes
//! the new manifest, syncs, and then moves one pointer: a crash leaves the old state or the new.
//! What a crash left behind unreferenced is removed at the next opening. The database itself sits
//! behind [`kv::Kv`].
//!
//! Knows no provider, no file format and no question.

pub mod backup;
pub mod check;
pub mod codec;
pub mod folder;
pub mod frame;
pub mod front;
pub mod journal;
pub mod keys;
pub mod kv;
pub mod listeners;
pub mod lost;
pub mod manifest;
pub mod remote;
pub mod reserve;
pub mod rollups;
pub mod salvage;
pub mod segment;
pub mod sled_kv;
pub mod spill;
pub mod witness;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, TryLockError};
use std::time::Duration;

use crate::domain::sketch::Fingerprint;
use crate::error::{Cause, Error, Kind, Result};
use folder::Lock;
use frame::Damage;
use journal::Journal;
use kv::{BATCH_MAX, Change, Kv, MemoryKv};
use listeners::{Listener, Listeners};
use manifest::{Manifest, SCHEMA};

/// Bytes that one batch to the database holds at most, about.
const BATCH_BYTES: usize = 2 << 20;

/// How often who waits to change the store looks whether to give up.
const LOOK: Duration = Duration::from_millis(20);

/// The store, on disk or in memory.
pub struct Store {
    kv: Box<dyn Kv>,
    manifest: RwLock<Arc<Manifest>>,
    /// Held by readers: what they might be reading is only removed while there are none.
    reading: RwLock<()>,
    /// Held by whoever changes the store.
    writing: Mutex<()>,
    /// Whether there may be values under numbers that the next change gives again: from the moment
    /// that one begins until it has committed, or what it wrote is removed.
    untidy: AtomicBool,
    changes: Listeners<()>,
    journal: Mutex<Journal>,
    place: Option<PathBuf>,
    /// What the opener must tell the user.
    pub notices: Vec<String>,
    /// The one of them that says what is lost.
    loss_at_opening: Option<String>,
    /// Whether something committed is no longer there, or opening lost a part of the journal. What
    /// could be repaired whole is not lost, nor an entry that a crash cut short before it was acknowledged.
    pub lost: bool,
    /// A commit failed after its pointer was written: which state the disk holds is not known.
    in_doubt: AtomicBool,
    /// Whether rollups of an older program were looked for and none is to be made anew any more.
    renewed: AtomicBool,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens or creates the store in a folder.
    ///
    /// # Errors
    /// Kind `Store`: another process has it, it is of another schema, or the disk fails. A
    /// damaged database is repaired or set aside, with a notice; it is no error.
    pub fn open(place: &Path, tag_keys: &[String]) -> Result<Store> {
        folder::prepare(place)?;
        Store::open_locked(place, tag_keys, Lock::take(place)?)
    }

    /// Opens or creates the store in a folder whose lock is held.
    ///
    /// # Errors
    /// As [`Store::open`]; the lock is then given back.
    pub fn open_locked(place: &Path, tag_keys: &[String], lock: Lock) -> Result<Store> {
        let salvage::Found { kv, manifest, mut notices } = match salvage::open_database(place, tag_keys) {
            // The disk may be full.
            Err(error) if error.cause == Some(Cause::Machine) && reserve::give_up(place) => {
                salvage::open_database(place, tag_keys)?
            }
            found => found?,
        };
        let mut lost = !manifest.lost.is_empty();
        let journal = Journal::open(&place.join(folder::JOURNAL))?;
        if !journal.damaged_lines.is_empty() {
            lost = true;
            notices
                .push(format!("the journal has damaged lines ({:?}): what they said is lost", journal.damaged_lines));
        }
        if journal.torn {
            notices.push("the journal's last entry was cut short, by a crash or by damage: it is lost".to_owned());
        }
        // Told at each opening: whoever reads an answer must know that it is too low.
        let loss_at_opening = manifest.loss_notice();
        notices.extend(loss_at_opening.clone());
        let store = Store {
            kv,
            manifest: RwLock::new(Arc::new(manifest)),
            reading: RwLock::new(()),
            writing: Mutex::default(),
            untidy: AtomicBool::new(false),
            changes: Listeners::default(),
            journal: Mutex::new(journal),
            place: Some(place.to_owned()),
            notices,
            loss_at_opening,
            lost,
            in_doubt: AtomicBool::new(false),
            renewed: AtomicBool::new(false),
            _lock: Some(lock),
        };
        reserve::keep(place);
        folder::tighten(place);
        Ok(store)
    }

    /// An empty store in memory.
    #[must_use]
    pub fn in_memory(tag_keys: &[String]) -> Store {
        Store {
            kv: Box::new(MemoryKv::default()),
            manifest: RwLock::new(Arc::new(Manifest::empty(tag_keys.to_vec()))),
            reading: RwLock::new(()),
            writing: Mutex::default(),
            untidy: AtomicBool::new(false),
            changes: Listeners::default(),
            journal: Mutex::new(Journal::in_memory()),
            place: None,
            notices: Vec::new(),
            loss_at_opening: None,
            lost: false,
            in_doubt: AtomicBool::new(false),
            renewed: AtomicBool::new(false),
            _lock: None,
        }
    }

    /// What its user must know now: [`Self::notices`], what was lost as it is told of today.
    #[must_use]
    pub fn notices_now(&self) -> Vec<String> {
        let told = self.notices.iter().filter(|notice| Some(*notice) != self.loss_at_opening.as_ref());
        told.cloned().chain(self.manifest().loss_notice()).collect()
    }

    /// Whether something that was committed is missing now, or opening lost a part of the journal.
    #[must_use]
    pub fn is_lost_now(&self) -> bool {
        !self.manifest().lost.is_empty() || (self.lost && self.loss_at_opening.is_none())
    }

    /// The folder that it is in; `None` in memory.
    #[must_use]
    pub fn place(&self) -> Option<&Path> {
        self.place.as_deref()
    }

    /// The database.
    #[must_use]
    pub fn kv(&self) -> &dyn Kv {
        &*self.kv
    }

    /// What it holds now.
    #[must_use]
    pub fn manifest(&self) -> Arc<Manifest> {
        self.manifest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the rollups of a store without charges be of these lists of tag keys for virtual
    /// dimensions. In one that has charges they stay as they are until they are made anew.
    pub fn plan_evidence(&self, lists: &[Vec<String>]) {
        let mut manifest = self.manifest.write().unwrap_or_else(PoisonError::into_inner);
        if manifest.groups.is_empty() && manifest.evidence != lists {
            Arc::make_mut(&mut manifest).evidence = lists.to_vec();
        }
    }

    /// Has what APIs tell count where exports tell it too, or not.
    pub fn prefer_api(&self, prefers: bool) {
        let mut manifest = self.manifest.write().unwrap_or_else(PoisonError::into_inner);
        if manifest.prefers_api != prefers {
            Arc::make_mut(&mut manifest).prefers_api = prefers;
        }
    }

    /// What it holds now, kept in place while the guard lives.
    pub fn read(&self) -> (RwLockReadGuard<'_, ()>, Arc<Manifest>) {
        let guard = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        (guard, self.manifest())
    }

    /// Waits until nobody else changes the store. Whoever imports, removes or rebuilds keeps this
    /// until it has committed: numbers are given from the manifest.
    ///
    /// # Errors
    /// Kind `Store` where what a failed change left cannot be removed.
    pub fn writing(&self) -> Result<Writing<'_>> {
        self.alone(self.writing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`Self::writing`], unless it is given up meanwhile.
    ///
    /// # Errors
    /// As [`Self::writing`]; kind `Interrupted` where it is given up.
    pub fn writing_unless(&self, given_up: &AtomicBool) -> Result<Writing<'_>> {
        loop {
            match self.writing.try_lock() {
                Ok(alone) => return self.alone(alone),
                Err(TryLockError::Poisoned(alone)) => return self.alone(alone.into_inner()),
                Err(TryLockError::WouldBlock) if given_up.load(Ordering::Relaxed) => {
                    return Err(Error::new(Kind::Interrupted, "stopped: nothing was changed"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            }
        }
    }

    fn alone<'a>(&'a self, alone: MutexGuard<'a, ()>) -> Result<Writing<'a>> {
        if self.untidy.swap(true, Ordering::AcqRel) {
            let _nobody_reads = self.reading.write().unwrap_or_else(PoisonError::into_inner);
            self.remove_unnamed()?;
        }
        Ok(Writing { store: self, _alone: alone })
    }

    /// Whether rollups of an older program need not be looked for, as whoever did that has noted.
    pub fn renewed(&self) -> &AtomicBool {
        &self.renewed
    }

    /// Whether somebody changes the store.
    #[must_use]
    pub fn is_being_changed(&self) -> bool {
        matches!(self.writing.try_lock(), Err(TryLockError::WouldBlock))
    }

    /// Tells `listener` of each change, for as long as it is kept.
    pub fn on_change(&self, listener: &Listener<()>) {
        self.changes.add(listener);
    }

    /// Tells that the journal says something else than before; a commit is told by itself.
    pub fn tell_change(&self) {
        self.changes.tell(());
    }

    /// The user's state, for one reader or writer at a time.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes values that no manifest names yet, in bounded batches.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full.
    pub fn write(&self, changes: Vec<Change>) -> Result<()> {
        self.certain()?;
        write_batches(&*self.kv, changes)
    }

    /// Refuses to write after a failed commit, which the disk may hold all the same: its segments
    /// must not be written over.
    fn certain(&self) -> Result<()> {
        if self.in_doubt.load(Ordering::Acquire) {
            return Err(Error::store("the last commit failed while it was written: the store takes no more")
                .hint("start spendtop again: it then holds that commit whole, or what was there before"));
        }
        Ok(())
    }

    /// Makes `next` what the store holds, then removes what it no longer names.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails: the store then holds what it held before.
    pub fn commit(&self, mut next: Manifest) -> Result<()> {
        self.certain()?;
        // Only what makes the store smaller may need the room, and gives back more.
        let shrinks = next.segments().len() < self.manifest().segments().len();
        if let Some(place) = self.place.as_ref().filter(|_| shrinks) {
            reserve::give_up(place);
        }
        let before = self.manifest();
        next.generation = before.generation + 1;
        next.schema = SCHEMA;
        let changes = manifest_changes(&next)?;
        write_batches(&*self.kv, changes)?;
        self.kv.sync()?;
        // From here on the disk may hold either.
        if let Err(error) = point_to(&*self.kv, next.generation) {
            self.in_doubt.store(true, Ordering::Release);
            return Err(error);
        }
        if let Some(place) = &self.place {
            // The front page shows what the store held before.
            front::remove(place);
            // The commit is made: a note that is one behind only guards it less.
            let _ = folder::note_generation(place, next.generation);
            witness::write(place, &next);
        }
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.untidy.store(false, Ordering::Release);
        // What stays behind here is removed with the next commit, or at the next opening.
        let _ = self.remove_unreferenced();
        if let Some(place) = &self.place {
            reserve::keep(place);
        }
        self.changes.tell(());
        Ok(())
    }

    /// Removes segments, rollups, fingerprints and manifests that the manifest does not name: what a
    /// crash, a refused import or a replacement left. Does nothing while somebody reads, who may
    /// take minutes and need what was replaced meanwhile; whether it was done.
    ///
    /// # Errors
    /// Kind `Store` where the database fails.
    pub fn remove_unreferenced(&self) -> Result<bool> {
        match self.reading.try_write() {
            Ok(_alone) => self.remove_unnamed().map(|()| true),
            Err(std::sync::TryLockError::Poisoned(_alone)) => self.remove_unnamed().map(|()| true),
            Err(std::sync::TryLockError::WouldBlock) => Ok(false),
        }
    }

    fn remove_unnamed(&self) -> Result<()> {
        if self.in_doubt.load(Ordering::Acquire) {
            return Ok(());
        }
        remove_unreferenced(&*self.kv, &self.manifest())
    }

    /// Has the next opening save what can be read, and set the rest aside.
    pub fn mark_damaged(&self) {
        if let Some(place) = &self.place {
            folder::mark_damaged(place);
        }
    }

    /// What a group's charges are known by.
    ///
    /// # Errors
    /// Kind `Store` where it is damaged.
    pub fn fingerprint(&self, group: u64) -> Result<Fingerprint> {
        fingerprint_of(&*self.kv, group)
    }

    /// The changes that keep a group's fingerprint.
    pub fn put_fingerprint(&self, changes: &mut Vec<Change>, group: u64, fingerprint: &Fingerprint) {
        frame::put(changes, &keys::sketch(group), &postcard::to_stdvec(fingerprint).unwrap_or_default());
    }

    /// A place for rollup cells while an import runs.
    ///
    /// # Errors
    /// Kind `Store` where the disk refuses.
    pub fn spill(&self) -> Result<spill::Spill> {
        match &self.place {
            Some(place) => spill::Spill::in_folder(place),
            None => Ok(spill::Spill::Memory(Vec::new())),
        }
    }
}

/// Held by the one who changes the store ([`Store::writing`]). Where it ends without a commit, failed
/// or not, what it wrote is removed; where that cannot be done at once, the next change does it first.
pub struct Writing<'a> {
    store: &'a Store,
    _alone: MutexGuard<'a, ()>,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.store.untidy.load(Ordering::Acquire) {
            let removed = self.store.remove_unreferenced().unwrap_or(false);
            self.store.untidy.store(!removed, Ordering::Release);
        }
    }
}

/// See [`Store::remove_unreferenced`].
fn remove_unreferenced(kv: &dyn Kv, manifest: &Manifest) -> Result<()> {
    let segments = manifest.segments();
    let groups: std::collections::BTreeSet<u64> = manifest.all_groups().map(|g| g.id).collect();
    let generation = manifest.generation;
    remove_numbers(kv, keys::SEGMENTS, |n| segments.contains(&n))?;
    remove_numbers(kv, keys::ROLLUPS, |n| groups.contains(&n))?;
    remove_numbers(kv, keys::SKETCHES, |n| groups.contains(&n))?;
    remove_numbers(kv, keys::MANIFESTS, |n| n == generation)
}

/// Removes all keys of the numbered things behind `prefix` that are not to be kept. Looks at one
/// key a thing.
fn remove_numbers(kv: &dyn Kv, prefix: &[u8], keep: impl Fn(u64) -> bool) -> Result<()> {
    let mut from = prefix.to_vec();
    while let Some(key) = kv.next_key(prefix, &from)? {
        let Some(number) = keys::number(&key) else {
            kv.write(vec![(key.clone(), None)])?;
            from = key;
            from.push(0);
            continue;
        };
        let mut all = prefix.to_vec();
        all.extend_from_slice(&number.to_be_bytes());
        if !keep(number) {
            kv::remove_prefix(kv, &all)?;
        }
        let Some(next) = number.checked_add(1) else { return Ok(()) };
        from = prefix.to_vec();
        from.extend_from_slice(&next.to_be_bytes());
    }
    Ok(())
}

fn fingerprint_of(kv: &dyn Kv, group: u64) -> Result<Fingerprint> {
    match frame::get(kv, &keys::sketch(group), "a group's fingerprint")? {
        Some(raw) => postcard::from_bytes(&raw).map_err(|e| Damage(e.to_string()).into()),
        None => Ok(Fingerprint::default()),
    }
}

/// Writes changes in bounded batches.
fn write_batches(kv: &dyn Kv, changes: Vec<Change>) -> Result<()> {
    let mut batch: Vec<Change> = Vec::new();
    let mut bytes = 0;
    for change in changes {
        bytes += change.0.len() + change.1.as_ref().map_or(0, Vec::len);
        batch.push(change);
        if bytes >= BATCH_BYTES || batch.len() == BATCH_MAX {
            kv.write(std::mem::take(&mut batch))?;
            bytes = 0;
        }
    }
    if batch.is_empty() { Ok(()) } else { kv.write(batch) }
}

fn manifest_changes(manifest: &Manifest) -> Result<Vec<Change>> {
    let raw = manifest.to_bytes()?;
    let mut changes = Vec::new();
    frame::put(&mut changes, &keys::manifest(manifest.generation), &raw);
    Ok(changes)
}

/// Makes a written and synced manifest the one in force.
fn point_to(kv: &dyn Kv, generation: u64) -> Result<()> {
    kv.write(vec![(keys::POINTER.to_vec(), Some(frame::seal(&generation.to_le_bytes())))])?;
    kv.sync()
}

/// Writes a manifest and puts it in force.
fn write_manifest(kv: &dyn Kv, manifest: &Manifest) -> Result<()> {
    write_batches(kv, manifest_changes(manifest)?)?;
    kv.sync()?;
    point_to(kv, manifest.generation)
}

/// The manifest in force; `None` in an empty database.
///
/// # Errors
/// Kind `Store` where it is damaged or of another schema.
pub fn read_manifest(kv: &dyn Kv) -> Result<Option<Manifest>> {
    let Some(pointer) = kv.get(keys::POINTER)? else { return Ok(None) };
    let pointer = frame::open(&pointer).map_err(|d| Error::from(Damage(format!("the pointer: {}", d.0))))?;
    let generation = pointer.try_into().map(u64::from_le_bytes).map_err(|_| Error::from(Damage::new("the pointer")))?;
    let raw = frame::must_get(kv, &keys::manifest(generation), "the manifest")?;
    Manifest::from_bytes(&raw).map(Some)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::domain::calendar::Day;
    use manifest::{Group, Part};
    use segment::GroupKey;

    /// A database in memory that fails on request, and keeps what it has.
    #[derive(Clone, Default)]
    struct Faulty(Arc<(MemoryKv, AtomicU64)>);

    impl Faulty {
        /// The `nth` write or sync from here on fails, and all after it.
        fn fail_from(&self, nth: u64) {
            self.0.1.store(nth, Ordering::Relaxed);
        }

        fn step(&self) -> Result<()> {
            match self.0.1.load(Ordering::Relaxed) {
                0 => Ok(()),
                1 => Err(Error::store("the disk is full")),
                n => {
                    self.0.1.store(n - 1, Ordering::Relaxed);
                    Ok(())
                }
            }
        }
    }

    impl Kv for Faulty {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
            self.0.0.get(key)
        }
        fn write(&self, changes: Vec<Change>) -> Result<()> {
            self.step()?;
            self.0.0.write(changes)
        }
        fn next_key(&self, prefix: &[u8], from: &[u8]) -> Result<Option<Vec<u8>>> {
            self.0.0.next_key(prefix, from)
        }
        fn sync(&self) -> Result<()> {
            self.step()
        }
        fn size(&self) -> u64 {
            self.0.0.size()
        }
    }

    fn store_on(kv: Faulty) -> Store {
        let manifest = read_manifest(&kv).expect("manifest").unwrap_or_else(|| Manifest::empty(Vec::new()));
        let mut store = Store::in_memory(&[]);
        store.kv = Box::new(kv);
        store.manifest = RwLock::new(Arc::new(manifest));
        store
    }

    fn segment_key(number: u64) -> Vec<u8> {
        keys::column(number, keys::Part::Head, 0, 0)
    }

    /// A manifest of one group with one segment of this number.
    fn holding(store: &Store, number: u64) -> Manifest {
        let mut next = (*store.manifest()).clone();
        let key = GroupKey { provider: "AWS".into(), account: "1".into(), billing_period: Day(19_000) };
        let part = Part { import: 1, segments: vec![number], ..Part::default() };
        next.next.segment = number + 1;
        next.groups = vec![Group {
            id: number,
            source: "s".into(),
            rank: 0,
            place: 0,
            key,
            account_name: String::new(),
            parts: vec![part],
            incomplete: false,
        }];
        next
    }

    fn put_segment(store: &Store, number: u64) -> Result<()> {
        let mut changes = Vec::new();
        frame::put(&mut changes, &segment_key(number), b"a segment");
        frame::put(&mut changes, &keys::rollup(number, "service", 0), b"a rollup");
        store.put_fingerprint(&mut changes, number, &Fingerprint::default());
        store.write(changes)
    }

    fn numbers(kv: &dyn Kv, prefix: &[u8]) -> Vec<u64> {
        let mut found = Vec::new();
        kv::each_key(kv, prefix, |key| {
            found.extend(keys::number(key));
            Ok(())
        })
        .expect("keys");
        found
    }

    #[test]
    fn a_commit_removes_what_it_replaces_and_nothing_else() {
        let kv = Faulty::default();
        let store = store_on(kv.clone());
        put_segment(&store, 1).expect("write");
        store.commit(holding(&store, 1)).expect("commit");
        // A refused import's leftovers, and a key of nobody's.
        put_segment(&store, 7).expect("write");
        store.write(vec![(b"s\x01".to_vec(), Some(vec![1])), (b"u-state".to_vec(), Some(vec![2]))]).expect("write");
        put_segment(&store, 2).expect("write");
        store.commit(holding(&store, 2)).expect("commit");
        for prefix in [keys::SEGMENTS, keys::ROLLUPS, keys::SKETCHES, keys::MANIFESTS] {
            assert_eq!(numbers(&kv, prefix), [2], "{:?}", prefix as &[u8]);
        }
        assert_eq!(kv.get(b"u-state").expect("get"), Some(vec![2]));
        assert_eq!(read_manifest(&kv).expect("read").expect("there"), *store.manifest());
        assert_eq!(store.manifest().generation, 2);
    }

    #[test]
    fn a_commit_that_fails_anywhere_leaves_the_old_or_the_new_whole() {
        let mut outcomes = Vec::new();
        for nth in 1..=9 {
            let kv = Faulty::default();
            let store = store_on(kv.clone());
            put_segment(&store, 1).expect("write");
            store.commit(holding(&store, 1)).expect("commit");
            put_segment(&store, 2).expect("write");
            kv.fail_from(nth);
            let made = store.commit(holding(&store, 2)).is_ok();
            // What follows a failed import.
            kv.fail_from(0);
            store.remove_unreferenced().expect("remove");
            if !made && put_segment(&store, 2).is_ok() {
                store.commit(holding(&store, 2)).expect("a commit that failed early can be tried again");
            }
            drop(store);
            let store = store_on(kv.clone());
            store.remove_unreferenced().expect("remove");
            let segments: Vec<u64> = store.manifest().segments().into_iter().collect();
            assert_eq!(numbers(&kv, keys::SEGMENTS), segments, "failed at step {nth}");
            outcomes.push((made, segments[0]));
        }
        assert!(outcomes.contains(&(true, 2)) && outcomes.contains(&(false, 2)), "{outcomes:?}");
    }

    #[test]
    fn what_a_change_wrote_and_did_not_commit_is_gone_before_the_next_whatever_ended_it() {
        for ending in ["the commit fails", "there is none", "a panic"] {
            let kv = Faulty::default();
            let store = store_on(kv.clone());
            let change = || {
                let _writing = store.writing().expect("alone");
                put_segment(&store, 1).expect("write");
                match ending {
                    "the commit fails" => {
                        kv.fail_from(1);
                        store.commit(holding(&store, 1)).expect_err("the disk is full");
                    }
                    "a panic" => panic!("in the middle of it"),
                    _ => {}
                }
            };
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(change));
            assert_eq!(ended.is_err(), ending == "a panic");
            kv.fail_from(0);
            let _writing = store.writing().expect("alone");
            for prefix in [keys::SEGMENTS, keys::ROLLUPS, keys::SKETCHES] {
                assert_eq!(numbers(&kv, prefix), [0u64; 0], "{ending}");
            }
        }
    }
}
