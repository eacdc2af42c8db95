//! Backups: the whole store as one compressed, checksummed file, and back.
//!
//! The file is a zstd stream of length-prefixed keys and values, then the journal, and ends with
//! a BLAKE3 of all that. A restore verifies the file to its end before it touches the store.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
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
    let file = match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let shown = crate::domain::text::SafeText::path(path);
            return Err(Error::usage(format!("`{shown}` exists already"))
                .hint("choose another file: a backup never overwrites one"));
        }
        Err(e) => return Err(failed(&e)),
    };
    let written = fill(store, path, file);
    if written.is_err() {
        // Half a backup is none, and its name would be taken.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn fill(store: &Store, path: &Path, file: File) -> Result<u64> {
    let failed = |e: &std::io::Error| Error::io(Kind::Store, "write", path, e);
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
    let journal = store.place().map(|p| std::fs::read(p.join(folder::JOURNAL)).unwrap_or_default()).unwrap_or_default();
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
    let shown = crate::domain::text::SafeText::path(path);
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
    let made = !place.exists();
    folder::prepare(place)?;
    let lock = folder::Lock::take(place)?;
    let restored = put_in_place(path, place);
    drop(lock);
    if made && restored.is_err() {
        let _ = std::fs::remove_dir_all(place);
    }
    restored
}

fn put_in_place(path: &Path, place: &Path) -> Result<Option<String>> {
    let next = folder::next_folder(place)?;
    let made = restore_into(path, &next.join("db"));
    let (journal, generation) = match made {
        Ok(made) => made,
        Err(error) => {
            let _ = std::fs::remove_dir_all(&next);
            return Err(error);
        }
    };
    let target = next.join(folder::JOURNAL);
    File::create(&target)
        .and_then(|mut file| file.write_all(&journal).and_then(|()| file.sync_all()))
        .map_err(|e| Error::io(Kind::Store, "write", &target, &e))?;
    let existed = place.join("db").exists();
    let kept = folder::replace(place, "before-restore", generation)?;
    folder::tighten(place);
    Ok(existed.then(|| kept.display().to_string()))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::store::manifest::Manifest;

    /// A store on disk with a few values, an entry and two commits.
    fn filled(place: &Path) -> Store {
        let store = Store::open(place, &["team".to_owned()]).expect("open");
        for round in 0..2u64 {
            let mut next = (*store.manifest()).clone();
            next.next.import += 1;
            store.commit(next).expect("commit");
            let value = vec![round as u8; 5_000];
            store.write(vec![([keys::STATE, &round.to_be_bytes()].concat(), Some(value))]).expect("write");
        }
        let mut journal = store.journal();
        journal.set("note", "a", Some(json!("launch"))).expect("set");
        drop(journal);
        store
    }

    /// A folder with a filled store, now closed, and its backup; and what both hold.
    fn backed_up() -> (tempfile::TempDir, PathBuf, PathBuf, Everything) {
        let folder = tempfile::tempdir().expect("folder");
        let (place, file) = (folder.path().join("store"), folder.path().join("backup"));
        let store = filled(&place);
        let want = everything(&store);
        assert_eq!(write(&store, &file).expect("backup"), want.0.len() as u64);
        (folder, place, file, want)
    }

    type Everything = (BTreeMap<Vec<u8>, Vec<u8>>, Manifest, String);

    fn everything(store: &Store) -> Everything {
        let mut values = BTreeMap::new();
        kv::each_key(store.kv(), b"", |key| {
            values.insert(key.to_vec(), store.kv().get(key)?.unwrap_or_default());
            Ok(())
        })
        .expect("values");
        let journal = store.journal();
        (values, (*store.manifest()).clone(), format!("{:?}", journal.entries()))
    }

    fn files(place: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(place).expect("folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                all.extend(files(&path));
            } else if !path.ends_with("lock") {
                all.insert(path.clone(), std::fs::read(path).expect("read"));
            }
        }
        all
    }

    #[test]
    fn a_backup_brings_everything_back_and_keeps_what_was_there() {
        let (folder, place, file, want) = backed_up();
        let other = folder.path().join("other");
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).expect("meta")) & 0o777;
        assert_eq!(mode, 0o600);
        let again = write(&Store::in_memory(&[]), &file).expect_err("exists");
        assert!(again.message.contains("exists already"), "{again}");
        assert_eq!(restore(&file, &other).expect("into a new folder"), None);
        assert!(everything(&Store::open(&other, &[]).expect("open")) == want);
        // Over a store that has come further.
        let store = Store::open(&place, &[]).expect("open");
        store.commit((*store.manifest()).clone()).expect("commit");
        drop(store);
        let kept = restore(&file, &place).expect("over a store").expect("kept");
        let store = Store::open(&place, &[]).expect("open");
        assert_eq!(store.notices, Vec::<String>::new());
        assert!(everything(&store) == want);
        assert!(Path::new(&kept).join("db").is_dir() && Path::new(&kept).join("journal.jsonl").exists());
    }

    #[test]
    fn a_damaged_backup_is_refused_and_the_store_untouched() {
        let (_folder, place, file, want) = backed_up();
        let whole = std::fs::read(&file).expect("read");
        let mut before = files(&place);
        let steps = whole.len().div_ceil(60);
        for at in (0..whole.len()).step_by(steps) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            for bytes in [flipped, whole[..at].to_vec()] {
                std::fs::write(&file, bytes).expect("write");
                match restore(&file, &place) {
                    Err(error) => {
                        assert_eq!(error.kind, Kind::Usage, "byte {at}: {error}");
                        assert!(files(&place) == before, "byte {at}: the store was changed");
                    }
                    // Some bits of a zstd stream say nothing.
                    Ok(_) => {
                        assert!(everything(&Store::open(&place, &[]).expect("open")) == want, "byte {at}");
                        before = files(&place);
                    }
                }
            }
        }
    }

    #[test]
    fn a_restore_that_was_interrupted_is_finished_by_the_next_opening() {
        let (_folder, place, file, want) = backed_up();
        let store = Store::open(&place, &[]).expect("open");
        store.commit((*store.manifest()).clone()).expect("commit");
        drop(store);
        // All is ready, and the database was just moved away.
        let next = folder::next_folder(&place).expect("next");
        let (journal, generation) = restore_into(&file, &next.join("db")).expect("restore");
        std::fs::write(next.join("journal.jsonl"), journal).expect("write");
        std::fs::create_dir(place.join("before-restore-0")).expect("folder");
        std::fs::rename(place.join("db"), place.join("before-restore-0/db")).expect("move");
        let text = format!("before-restore-0 {generation}");
        std::fs::write(place.join("replacing"), format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes())))
            .expect("write");
        assert!(folder::exists(&place));
        let store = Store::open(&place, &[]).expect("open");
        assert!(store.notices.is_empty() && everything(&store) == want);
    }
}
