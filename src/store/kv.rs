//! The one narrow trait between the store and the database under it.
//!
//! Everything above speaks of keys, values, atomic batches and syncs; [`super::sled_kv`] puts
//! them on disk and [`MemoryKv`] keeps them for tests and the demo.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::error::Result;

/// The largest value that may be written: sled never frees values above 128 KiB.
pub const VALUE_MAX: usize = 100_000;
/// The most keys that one batch may change: larger batches multiply sled's memory.
pub const BATCH_MAX: usize = 1_000;

/// A key and what it is to hold; `None` removes it.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// An ordered map from bytes to bytes.
pub trait Kv: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// Kind `Store` where the database cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Makes changes, all or none. At most [`BATCH_MAX`], each value at most [`VALUE_MAX`] bytes.
    ///
    /// # Errors
    /// Kind `Store` where the database cannot be written.
    fn write(&self, changes: Vec<Change>) -> Result<()>;

    /// The first key at or after `from` that starts with `prefix`.
    ///
    /// # Errors
    /// Kind `Store` where the database cannot be read.
    fn next_key(&self, prefix: &[u8], from: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Makes all writes so far survive a crash of the machine.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full.
    fn sync(&self) -> Result<()>;

    /// Bytes on disk.
    fn size(&self) -> u64;
}

/// Calls `visit` for each key with `prefix`, in order.
///
/// # Errors
/// Those of the database and of `visit`.
pub fn each_key(kv: &dyn Kv, prefix: &[u8], mut visit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut from = prefix.to_vec();
    while let Some(key) = kv.next_key(prefix, &from)? {
        visit(&key)?;
        from = key;
        from.push(0);
    }
    Ok(())
}

/// Removes every key with `prefix`.
///
/// # Errors
/// Those of the database.
pub fn remove_prefix(kv: &dyn Kv, prefix: &[u8]) -> Result<()> {
    let mut changes: Vec<Change> = Vec::new();
    each_key(kv, prefix, |key| {
        changes.push((key.to_vec(), None));
        if changes.len() == BATCH_MAX { kv.write(std::mem::take(&mut changes)) } else { Ok(()) }
    })?;
    if changes.is_empty() { Ok(()) } else { kv.write(changes) }
}

/// A map in memory.
#[derive(Default)]
pub struct MemoryKv(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Kv for MemoryKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn write(&self, changes: Vec<Change>) -> Result<()> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            match value {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
        }
        Ok(())
    }

    fn next_key(&self, prefix: &[u8], from: &[u8]) -> Result<Option<Vec<u8>>> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let next = map.range::<[u8], _>((std::ops::Bound::Included(from), std::ops::Bound::Unbounded)).next();
        Ok(next.filter(|(key, _)| key.starts_with(prefix)).map(|(key, _)| key.clone()))
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn size(&self) -> u64 {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.iter().map(|(k, v)| (k.len() + v.len()) as u64).sum()
    }
}
