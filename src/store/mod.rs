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
pub mod journal;
pub mod keys;
pub mod kv;
pub mod manifest;
pub mod rollups;
pub mod segment;
pub mod sled_kv;
pub mod spill;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use crate::domain::sketch::Sketch;
use crate::error::{Error, Result};
use folder::Lock;
use frame::Damage;
use journal::Journal;
use kv::{BATCH_MAX, Change, Kv, MemoryKv};
use manifest::{Manifest, SCHEMA};

/// Bytes that one batch to the database holds at most, about.
const BATCH_BYTES: usize = 2 << 20;

/// The store, on disk or in memory.
pub struct Store {
    kv: Box<dyn Kv>,
    manifest: RwLock<Arc<Manifest>>,
    /// Held by readers; a commit takes it to remove what they might be reading.
    reading: RwLock<()>,
    journal: Option<Mutex<Journal>>,
    place: Option<PathBuf>,
    /// What the opener must tell the user.
    pub notices: Vec<String>,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens or creates the store in a folder.
    ///
    /// # Errors
    /// Kind `Store`: another process has it, a newer spendtop wrote it, or the disk fails. A
    /// damaged database is repaired or set aside, with a notice; it is no error.
    pub fn open(place: &Path, tag_keys: &[String]) -> Result<Store> {
        folder::prepare(place)?;
        let lock = Lock::take(place)?;
        let (kv, mut notices) = folder::open_database(place)?;
        let journal = Journal::open(&place.join("journal.jsonl"))?;
        if !journal.damaged_lines.is_empty() {
            notices
                .push(format!("the journal has damaged lines ({:?}): what they said is lost", journal.damaged_lines));
        }
        let manifest = read_manifest(&*kv)?.unwrap_or_else(|| Manifest::empty(tag_keys.to_vec()));
        let store = Store {
            kv,
            manifest: RwLock::new(Arc::new(manifest)),
            reading: RwLock::new(()),
            journal: Some(Mutex::new(journal)),
            place: Some(place.to_owned()),
            notices,
            _lock: Some(lock),
        };
        store.remove_unreferenced()?;
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
            journal: None,
            place: None,
            notices: Vec::new(),
            _lock: None,
        }
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

    /// What it holds now, kept in place while the guard lives.
    pub fn read(&self) -> (RwLockReadGuard<'_, ()>, Arc<Manifest>) {
        let guard = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        (guard, self.manifest())
    }

    /// The user's state, where the store is on disk.
    #[must_use]
    pub fn journal(&self) -> Option<&Mutex<Journal>> {
        self.journal.as_ref()
    }

    /// Writes values that no manifest names yet, in bounded batches.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full.
    pub fn write(&self, changes: Vec<Change>) -> Result<()> {
        let mut batch: Vec<Change> = Vec::new();
        let mut bytes = 0;
        for change in changes {
            bytes += change.0.len() + change.1.as_ref().map_or(0, Vec::len);
            batch.push(change);
            if bytes >= BATCH_BYTES || batch.len() == BATCH_MAX {
                self.kv.write(std::mem::take(&mut batch))?;
                bytes = 0;
            }
        }
        if batch.is_empty() { Ok(()) } else { self.kv.write(batch) }
    }

    /// Makes `next` what the store holds, then removes what it no longer names.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails: the store then holds what it held before.
    pub fn commit(&self, mut next: Manifest) -> Result<()> {
        let before = self.manifest();
        next.generation = before.generation + 1;
        next.schema = SCHEMA;
        let raw = postcard::to_stdvec(&next).map_err(|e| Error::bug(format!("the manifest cannot be written: {e}")))?;
        let mut changes = Vec::new();
        frame::put(&mut changes, &keys::manifest(next.generation), &raw);
        self.write(changes)?;
        self.kv.sync()?;
        self.kv.write(vec![(keys::POINTER.to_vec(), Some(frame::seal(&next.generation.to_le_bytes())))])?;
        self.kv.sync()?;
        if let Some(place) = &self.place {
            folder::note_generation(place, next.generation)?;
        }
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        let _alone = self.reading.write().unwrap_or_else(PoisonError::into_inner);
        self.remove_unreferenced()
    }

    /// Removes segments, rollups, sketches and manifests that the manifest does not name: what a
    /// crash, a refused import or a replacement left.
    ///
    /// # Errors
    /// Kind `Store` where the database fails.
    pub fn remove_unreferenced(&self) -> Result<()> {
        let manifest = self.manifest();
        let segments = manifest.segments();
        let groups: std::collections::BTreeSet<u64> = manifest.groups.iter().map(|g| g.id).collect();
        let generation = manifest.generation;
        self.remove_numbers(keys::SEGMENTS, |n| segments.contains(&n))?;
        self.remove_numbers(keys::ROLLUPS, |n| groups.contains(&n))?;
        self.remove_numbers(keys::SKETCHES, |n| groups.contains(&n))?;
        self.remove_numbers(keys::MANIFESTS, |n| n == generation)
    }

    /// Removes all keys of the numbered things behind `prefix` that are not to be kept. Looks at
    /// one key a thing.
    fn remove_numbers(&self, prefix: &[u8], keep: impl Fn(u64) -> bool) -> Result<()> {
        let mut from = prefix.to_vec();
        while let Some(key) = self.kv.next_key(prefix, &from)? {
            let Some(number) = keys::number(&key) else {
                self.kv.write(vec![(key.clone(), None)])?;
                from = key;
                from.push(0);
                continue;
            };
            let mut all = prefix.to_vec();
            all.extend_from_slice(&number.to_be_bytes());
            if !keep(number) {
                kv::remove_prefix(&*self.kv, &all)?;
            }
            let Some(next) = number.checked_add(1) else { return Ok(()) };
            from = prefix.to_vec();
            from.extend_from_slice(&next.to_be_bytes());
        }
        Ok(())
    }

    /// A group's sketch of its charges' identities.
    ///
    /// # Errors
    /// Kind `Store` where it is damaged.
    pub fn sketch(&self, group: u64) -> Result<Sketch> {
        match frame::get(&*self.kv, &keys::sketch(group), "a group's sketch")? {
            Some(raw) => postcard::from_bytes(&raw).map_err(|e| Damage(e.to_string()).into()),
            None => Ok(Sketch::default()),
        }
    }

    /// The changes that keep a group's sketch.
    pub fn put_sketch(&self, changes: &mut Vec<Change>, group: u64, sketch: &Sketch) {
        frame::put(changes, &keys::sketch(group), &postcard::to_stdvec(sketch).unwrap_or_default());
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

/// The manifest in force; `None` in an empty database.
///
/// # Errors
/// Kind `Store` where it is damaged or a newer spendtop's.
pub fn read_manifest(kv: &dyn Kv) -> Result<Option<Manifest>> {
    let Some(pointer) = kv.get(keys::POINTER)? else { return Ok(None) };
    let pointer = frame::open(&pointer).map_err(|d| Error::from(Damage(format!("the pointer: {}", d.0))))?;
    let generation = pointer.try_into().map(u64::from_le_bytes).map_err(|_| Error::from(Damage::new("the pointer")))?;
    let raw = frame::must_get(kv, &keys::manifest(generation), "the manifest")?;
    let (schema, _) =
        postcard::take_from_bytes::<u32>(&raw).map_err(|e| Error::from(Damage(format!("the manifest: {e}"))))?;
    if schema > SCHEMA {
        return Err(Error::store(format!(
            "the store was written by a newer spendtop (schema {schema}, this one knows {SCHEMA})"
        ))
        .hint("upgrade spendtop, or point --data-dir at another folder"));
    }
    postcard::from_bytes(&raw).map(Some).map_err(|e| Damage(format!("the manifest: {e}")).into())
}
