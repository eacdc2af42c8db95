//! Backups: the whole store as one compressed, checksummed file, and back.
//!
//! The file is a zstd stream of length-prefixed keys and values, then the journal, and ends with
//! a BLAKE3 of all that. A restore verifies the file to its end before it touches the store.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::kv::{self, Change, Kv};
use super::{Store, folder, keys, read_manifest};
use crate::error::{Error, Kind, Result};

const MAGIC: &[u8; 12] = b"spendtopbak1";
const END: u32 = u32::MAX;

/// A writer that hashes what passes.
struct Hashed<W>(W, blake3::Hasher);

impl<W: Write> Hashed<W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.1.update(bytes);
        self.0.write_all(bytes)
    }

    fn put_block(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.put(&(bytes.len() as u32).to_le_bytes())?;
        self.put(bytes)
    }
}

/// Writes everything that the store holds to a new file. Returns how many values it has.
///
/// # Errors
/// Kind `Store` where the store cannot be read or the file not written; kind `Usage` where the
/// file exists.
pub fn write(store: &Store, path: &Path) -> Result<u64> {
    let failed = |e: &std::io::Error| Error::io(Kind::Store, "write", path, e);
    let file = match File::options().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let shown = crate::domain::text::SafeText::from_outside(&path.to_string_lossy());
            return Err(Error::usage(format!("`{shown}` exists already"))
                .hint("choose another file: a backup never overwrites one"));
        }
        Err(e) => return Err(failed(&e)),
    };
    let (_held, _) = store.read();
    let encoder = zstd::stream::Encoder::new(BufWriter::new(file), 3).map_err(|e| failed(&e))?;
    let mut out = Hashed(encoder, blake3::Hasher::new());
    out.put(MAGIC).map_err(|e| failed(&e))?;
    let mut values = 0;
    kv::each_key(store.kv(), b"", |key| {
        if let Some(value) = store.kv().get(key)? {
            out.put_block(key).and_then(|()| out.put_block(&value)).map_err(|e| failed(&e))?;
            values += 1;
        }
        Ok(())
    })?;
    out.put(&END.to_le_bytes()).map_err(|e| failed(&e))?;
    let journal = store.place().map(|p| std::fs::read(p.join("journal.jsonl")).unwrap_or_default()).unwrap_or_default();
    out.put_block(&journal).map_err(|e| failed(&e))?;
    let sum = out.1.finalize();
    let finish = || -> std::io::Result<()> {
        let mut encoder = out.0;
        encoder.write_all(sum.as_bytes())?;
        let file = encoder.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()
    };
    finish().map_err(|e| failed(&e))?;
    Ok(values)
}

/// Reads a backup's blocks, hashing what passes.
struct Blocks<R> {
    reader: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Blocks<R> {
    fn take(&mut self, len: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.reader.read_exact(&mut bytes)?;
        self.hasher.update(&bytes);
        Ok(bytes)
    }

    /// The next block; `None` at the end mark.
    fn block(&mut self, max: usize) -> std::io::Result<Option<Vec<u8>>> {
        let len = self.take(4)?.try_into().map_or(0, u32::from_le_bytes);
        if len == END {
            return Ok(None);
        }
        if len as usize > max {
            return Err(std::io::Error::other("a block is too long"));
        }
        self.take(len as usize).map(Some)
    }
}

/// Reads a whole backup; each value goes to `visit`. Returns the journal's text.
fn read(path: &Path, mut visit: impl FnMut(Vec<u8>, Vec<u8>) -> Result<()>) -> Result<Vec<u8>> {
    let shown = crate::domain::text::SafeText::from_outside(&path.to_string_lossy());
    let bad = |e: &dyn std::fmt::Display| {
        Error::usage(format!("`{shown}` is no whole spendtop backup: {e}")).hint("nothing was changed")
    };
    let file = File::open(path).map_err(|e| Error::io(Kind::Usage, "open", path, &e))?;
    let decoder = zstd::stream::Decoder::new(BufReader::new(file)).map_err(|e| bad(&e))?;
    let mut blocks = Blocks { reader: decoder, hasher: blake3::Hasher::new() };
    if blocks.take(MAGIC.len()).map_err(|e| bad(&e))? != MAGIC {
        return Err(bad(&"it starts differently"));
    }
    while let Some(key) = blocks.block(1_000).map_err(|e| bad(&e))? {
        let value = blocks.block(kv::VALUE_MAX).map_err(|e| bad(&e))?.ok_or_else(|| bad(&"it is cut"))?;
        visit(key, value)?;
    }
    let journal = blocks.block(1 << 30).map_err(|e| bad(&e))?.unwrap_or_default();
    let sum = blocks.hasher.finalize();
    let mut noted = [0; 32];
    blocks.reader.read_exact(&mut noted).map_err(|e| bad(&e))?;
    if sum.as_bytes() == &noted { Ok(journal) } else { Err(bad(&"its checksum does not fit")) }
}

/// Puts a backup in place of the store in a folder. What was there is kept beside it; its name is
/// returned.
///
/// # Errors
/// Kind `Usage` where the file is no whole backup: the store is then untouched.
pub fn restore(path: &Path, place: &Path) -> Result<Option<String>> {
    folder::prepare(place)?;
    let _lock = folder::Lock::take(place)?;
    let fresh = place.join("restoring");
    let _ = std::fs::remove_dir_all(&fresh);
    let failed = |e: &std::io::Error| Error::io(Kind::Store, "restore into", place, e);
    let made = restore_into(path, &fresh);
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&fresh);
    }
    let (journal, generation) = made?;
    let database = place.join("db");
    let kept = database
        .exists()
        .then(|| (0u32..).map(|n| place.join(format!("before-restore-{n}"))).find(|p| !p.exists()))
        .flatten();
    if let Some(kept) = &kept {
        std::fs::create_dir(kept).map_err(|e| failed(&e))?;
        for name in ["db", "journal.jsonl"] {
            if place.join(name).exists() {
                std::fs::rename(place.join(name), kept.join(name)).map_err(|e| failed(&e))?;
            }
        }
    }
    folder::note_generation(place, 0)?;
    std::fs::rename(&fresh, &database).map_err(|e| failed(&e))?;
    std::fs::write(place.join("journal.jsonl"), journal).map_err(|e| failed(&e))?;
    folder::note_generation(place, generation)?;
    folder::tighten(place);
    Ok(kept.map(|k| k.display().to_string()))
}

fn restore_into(path: &Path, fresh: &Path) -> Result<(Vec<u8>, u64)> {
    let database = super::sled_kv::SledKv::open(fresh)?;
    let mut batch: Vec<Change> = Vec::new();
    let mut bytes = 0;
    let journal = read(path, |key, value| {
        bytes += value.len();
        batch.push((key, Some(value)));
        if batch.len() == kv::BATCH_MAX || bytes > 2 << 20 {
            bytes = 0;
            database.write(std::mem::take(&mut batch))
        } else {
            Ok(())
        }
    })?;
    database.write(batch)?;
    database.sync()?;
    let generation = match database.get(keys::POINTER)? {
        Some(_) => read_manifest(&database)?.map_or(0, |m| m.generation),
        None => 0,
    };
    Ok((journal, generation))
}
