//! Opening a database that may be damaged, and saving what can be read of one that is.
//!
//! Damage shows when the database is opened, or only when a page is read. Either way everything
//! that can be read is verified and copied into a fresh database, the damaged files are kept in a
//! folder beside it, and what is missing is noted ([`super::lost`]). A reading or a write that
//! meets damage later leaves a mark, by which the next opening knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::folder::{self, DAMAGED};
use super::kv::{self, Change, Kv};
use super::lost::Lost;
use super::manifest::{Group, Manifest};
use super::segment::{self, Segment};
use super::sled_kv::SledKv;
use super::{BATCH_BYTES, check, fingerprint_of, keys, read_manifest, remove_unreferenced, rollups, witness};
use super::{write_batches, write_manifest};
use crate::domain::dimension::Dimension;
use crate::domain::text::SafeText;
use crate::error::{Cause, Error, Kind, Result};

/// A database that was opened.
pub struct Found {
    /// The database.
    pub kv: Box<dyn Kv>,
    /// What it holds.
    pub manifest: Manifest,
    /// What the opener must tell the user.
    pub notices: Vec<String>,
}

/// What is known of a store without its database.
struct Known<'a> {
    /// The manifest's copy, where it was needed and can be believed.
    witness: Option<Manifest>,
    /// Commits that there were at least.
    least: u64,
    /// Nothing says how many commits there were, although something should.
    doubtful: bool,
    tag_keys: &'a [String],
}

/// Opens the database; saves what can be read of it where it is damaged, and says so.
///
/// # Errors
/// Kind `Store` where the disk fails or it is of another schema.
pub fn open_database(place: &Path, tag_keys: &[String]) -> Result<Found> {
    folder::finish_replacement(place)?;
    folder::remove_leftovers(place);
    let note = folder::read_generation(place);
    // It can be long, and says no more than a sound note and a sound database.
    let witness = if matches!(note, Some(Ok(_))) { None } else { witness::read(place) };
    let witnessed = witness.as_ref().map_or(0, |w| w.generation);
    let mut known = Known {
        least: note.and_then(Result::ok).unwrap_or(witnessed),
        // Without the note a database that forgot its newest commits looks sound; one that is whole
        // at least holds together.
        doubtful: note == Some(Err(())) && witness.is_none(),
        witness,
        tag_keys,
    };
    let kv = match SledKv::open(&place.join("db")) {
        Ok(kv) => kv,
        Err(error) if error.cause.is_some() => return Err(error),
        Err(error) => return salvage(place, &error.message, None, &mut known),
    };
    match verify(&kv, &known) {
        Ok(manifest) if !place.join(DAMAGED).exists() => Ok(sound(place, kv, manifest, note, &known)),
        Ok(manifest) => match salvage(place, "reading or writing it failed", Some(kv), &mut known) {
            // Until there is room, what can be read is read where it lies.
            Err(error) if error.cause == Some(Cause::Machine) => {
                let mut found = sound(place, SledKv::open(&place.join("db"))?, manifest, note, &known);
                found.notices.push(format!("the store is damaged, and what is whole cannot be saved now: {error}"));
                Ok(found)
            }
            saved => saved,
        },
        Err(error) if error.cause.is_some() => Err(error),
        Err(error) => salvage(place, &error.message, Some(kv), &mut known),
    }
}

/// Makes sure that a database remembers its newest commit; where that is not known, that all that
/// it holds is whole. Removes what is left over in it, which also shows whether that works.
fn verify(kv: &dyn Kv, known: &Known<'_>) -> Result<Option<Manifest>> {
    let manifest = read_manifest(kv)?;
    let generation = manifest.as_ref().map_or(0, |m| m.generation);
    if generation < known.least {
        return Err(Error::store(format!("it remembers commit {generation}, the last was {}", known.least)));
    }
    if manifest.is_none() && known.doubtful {
        return Err(Error::store("it remembers no commit, but there was one"));
    }
    if let Some(manifest) = &manifest
        && known.doubtful
        && let Some(first) = check::run(kv, manifest, &mut |_, _| {})?.damage.first()
    {
        return Err(Error::store(first.clone()));
    }
    let empty = Manifest::empty(Vec::new());
    match remove_unreferenced(kv, manifest.as_ref().unwrap_or(&empty)) {
        // A full disk keeps nobody from reading.
        Err(error) if error.cause.is_none() => Err(error),
        _ => Ok(manifest),
    }
}

fn sound(place: &Path, kv: SledKv, mut manifest: Option<Manifest>, note: folder::Note, known: &Known<'_>) -> Found {
    let mut notices = Vec::new();
    if let Some(manifest) = &mut manifest {
        let generation = manifest.generation;
        if known.doubtful && manifest.lost.iter().all(|lost| lost.key.is_some()) {
            // What is here is whole, but nothing says that it is the newest.
            manifest.lost.push(Lost::unknown(manifest.next.import));
            if let Err(error) = write_manifest(&kv, manifest) {
                notices.push(format!("what may be lost could not be noted: {error}"));
            }
        }
        // These guard what follows; a disk that does not take them keeps nobody from reading.
        if note != Some(Ok(generation)) {
            let noted = folder::note_generation(place, generation);
            if known.doubtful && noted.is_ok() {
                let said = "the note of the last commit was damaged: every charge that is here was verified, and it was written anew";
                notices.push(said.to_owned());
            }
        }
        if note != Some(Ok(generation)) || !witness::exists(place) {
            witness::write(place, manifest);
        }
    }
    let manifest = manifest.unwrap_or_else(|| Manifest::empty(known.tag_keys.to_vec()));
    Found { kv: Box::new(kv), manifest, notices }
}

/// A database to save from.
struct Source {
    kv: SledKv,
    /// What it says that it holds; an error where that is damaged.
    manifest: Result<Option<Manifest>>,
}

impl Source {
    fn new(kv: SledKv) -> Result<Self> {
        let manifest = read_manifest(&kv);
        match manifest {
            Err(error) if error.cause.is_some() => Err(error),
            manifest => Ok(Source { kv, manifest }),
        }
    }

    fn generation(&self) -> Option<u64> {
        self.manifest.as_ref().ok()?.as_ref().map(|m| m.generation)
    }
}

/// Makes a sound database of a damaged one, in a folder of its own, and puts it in its place: the
/// damaged files are kept, and until the new one is whole they stay where they are.
fn salvage(place: &Path, why: &str, opened: Option<SledKv>, known: &mut Known<'_>) -> Result<Found> {
    known.witness = known.witness.take().or_else(|| witness::read(place));
    known.least = known.least.max(known.witness.as_ref().map_or(0, |w| w.generation));
    let next = folder::next_folder(place)?;
    let saved = save_into(place, &next, opened, known);
    let (manifest, said) = match saved {
        Ok(saved) => saved,
        Err(error) => {
            // What was copied so far may be what fills the disk.
            let _ = fs::remove_dir_all(&next);
            return Err(error);
        }
    };
    let kept = folder::replace(place, "corrupt", manifest.generation)?;
    witness::write(place, &manifest);
    let mut notices = vec![format!("the store was damaged: {why}; its files were kept in `{}`", SafeText::path(&kept))];
    notices.extend(said);
    Ok(Found { kv: Box::new(SledKv::open(&place.join("db"))?), manifest, notices })
}

fn save_into(place: &Path, next: &Path, opened: Option<SledKv>, known: &Known<'_>) -> Result<(Manifest, Vec<String>)> {
    let mut sources: Vec<Source> = opened.map(Source::new).transpose()?.into_iter().collect();
    let whole = sources.iter().any(|s| s.generation().is_some_and(|generation| generation >= known.least));
    let log = next.join("log");
    if !whole {
        // Its log alone may remember more than its index leads to.
        copy_log(&place.join("db"), &log)?;
        match SledKv::open(&log) {
            Ok(kv) => sources.push(Source::new(kv)?),
            Err(error) if error.cause == Some(Cause::OtherSchema) => return Err(error),
            Err(_) => {}
        }
    }
    sources.sort_by_key(|s| std::cmp::Reverse(s.generation()));
    let fresh = SledKv::open(&next.join("db"))?;
    let saved = save(&sources, &fresh, known);
    drop((sources, fresh));
    let _ = fs::remove_dir_all(&log);
    saved
}

/// The files that a database can be read from: snapshots are an index over the log, without them
/// sled reads it from its start; settings are written anew.
fn copy_log(from: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path, e: &std::io::Error| Error::io(Kind::Store, "copy", path, e);
    fs::create_dir_all(to).map_err(|e| failed(to, &e))?;
    for entry in fs::read_dir(from).map_err(|e| failed(from, &e))?.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with("snap.") || name == "conf" {
            continue;
        }
        if path.is_dir() {
            copy_log(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|e| failed(&path, &e))?;
        }
    }
    Ok(())
}

/// Copies into a fresh database what is whole, and puts a manifest of it in force. Returns it, and
/// what there is to say.
fn save(sources: &[Source], fresh: &dyn Kv, known: &Known<'_>) -> Result<(Manifest, Vec<String>)> {
    let stored = sources.iter().filter_map(|s| s.manifest.as_ref().ok()?.as_ref());
    let mut states: Vec<&Manifest> = stored.chain(&known.witness).collect();
    states.sort_by_key(|m| std::cmp::Reverse(m.generation));
    let mut manifest = states.first().map_or_else(|| Manifest::empty(known.tag_keys.to_vec()), |m| (*m).clone());
    let all = union(&manifest, &states);
    for number in all.segments() {
        copy_segment(sources, fresh, number)?;
    }
    for group in all.all_groups() {
        copy(sources, fresh, &keys::group_rollups(group.id))?;
        copy(sources, fresh, &keys::sketch(group.id))?;
    }
    copy(sources, fresh, keys::STATE)?;
    let report = check::run(fresh, &all, &mut |_, _| {})?;
    let hit: BTreeSet<u64> = report.charges_hit.iter().copied().collect();
    let before = manifest.lost.len();
    let lost: Vec<Group> = manifest.groups.extract_if(.., |g| hit.contains(&g.id)).collect();
    manifest.lost.extend(lost.iter().map(|g| Lost::group(g, all.next.import)));
    manifest.forget_lost(&lost, &hit);
    manifest.groups.extend(earlier(&lost, &states, &hit));
    let mut said = Vec::new();
    let empty = sources.iter().any(|s| matches!(s.manifest, Ok(None)));
    let nothing = states.is_empty() && (!empty || known.doubtful || known.least > 0);
    // Neither the note nor the witness can be read: nothing says whether there were newer commits.
    let blind = known.least == 0 && !states.is_empty();
    let missing = nothing || blind || manifest.generation < known.least;
    if nothing {
        said.push("it could not be repaired: spendtop begins with an empty store; import the billing files again, or restore a backup".to_owned());
    } else if manifest.generation < known.least {
        said.push(format!(
            "its newest commits are lost: it holds what it held after commit {} of {}; import the newest files again",
            manifest.generation, known.least
        ));
    } else if blind {
        said.push("how many commits there were is not known: the newest may be lost".to_owned());
    }
    if missing && manifest.lost.iter().all(|l| l.key.is_some()) {
        manifest.lost.push(Lost::unknown(all.next.import));
    }
    let beside: Vec<u64> = manifest.all_groups().map(|g| g.id).filter(|id| report.groups_hit.contains(id)).collect();
    for group in &beside {
        drop_sums(fresh, *group, &manifest.kinds())?;
    }
    if !beside.is_empty() {
        said.push("sums that are kept beside the charges were damaged: answers are slower, until `spendtop store rebuild` makes them anew".to_owned());
    } else if !missing && manifest.lost.len() == before {
        said.push("every charge was verified, and nothing is lost".to_owned());
    }
    manifest.generation = manifest.generation.max(known.least) + 1;
    manifest.next = all.next;
    manifest.imports = all.imports;
    manifest.forget_unused_imports();
    write_manifest(fresh, &manifest)?;
    Ok((manifest, said))
}

/// Everything that any of these states names, newest first.
fn union(newest: &Manifest, states: &[&Manifest]) -> Manifest {
    let mut all = newest.clone();
    for older in states {
        let (groups, imports) = (&mut all.groups, &mut all.imports);
        let held: BTreeSet<u64> = groups.iter().map(|g| g.id).collect();
        groups.extend(older.groups.iter().filter(|g| !held.contains(&g.id)).cloned());
        let held: BTreeSet<u64> = imports.iter().map(|i| i.id).collect();
        imports.extend(older.imports.iter().filter(|i| !held.contains(&i.id)).cloned());
        all.next.segment = all.next.segment.max(older.next.segment);
        all.next.group = all.next.group.max(older.next.group);
        all.next.import = all.next.import.max(older.next.import);
    }
    all.imports.sort_by_key(|i| i.id);
    all
}

/// Of lost groups what older states held: less or older charges are better than none, and their
/// days are marked. What was taken out of the store on purpose does not come back.
fn earlier(lost: &[Group], states: &[&Manifest], hit: &BTreeSet<u64>) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    for older in states.iter().skip(1) {
        let same = |a: &Group, b: &Group| a.source == b.source && a.key.identity() == b.key.identity();
        let wanted = |g: &&Group| lost.iter().any(|l| same(l, g)) && !found.iter().any(|f| same(f, g));
        let more: Vec<Group> = older.groups.iter().filter(wanted).filter(|g| !hit.contains(&g.id)).cloned().collect();
        found.extend(more);
    }
    found
}

/// Copies a segment; of one that no source has whole, what can be read: accounts that have no
/// charges in a damaged chunk need nothing of it.
fn copy_segment(sources: &[Source], fresh: &dyn Kv, number: u64) -> Result<()> {
    if copy(sources, fresh, &keys::segment(number))? {
        return Ok(());
    }
    let heads = sources.iter().filter_map(|s| Segment::open(&s.kv, number).ok());
    let Some(chunks) = heads.map(|s| s.head.chunks.len() as u32).next() else { return Ok(()) };
    for key in segment::columns(number, chunks) {
        copy(sources, fresh, &key)?;
    }
    Ok(())
}

/// Copies the values of one thing from the first source that has it whole; whether one has.
fn copy(sources: &[Source], fresh: &dyn Kv, prefix: &[u8]) -> Result<bool> {
    for source in sources {
        if copy_from(&source.kv, fresh, prefix)? {
            return Ok(true);
        }
        kv::remove_prefix(fresh, prefix)?;
    }
    Ok(false)
}

/// Whether a source has the thing and all of it could be read.
fn copy_from(source: &dyn Kv, fresh: &dyn Kv, prefix: &[u8]) -> Result<bool> {
    let mut changes: Vec<Change> = Vec::new();
    let (mut bytes, mut any, mut from) = (0, false, prefix.to_vec());
    loop {
        let read = source.next_key(prefix, &from).and_then(|key| {
            let Some(key) = key else { return Ok(None) };
            Ok(source.get(&key)?.map(|value| (key, value)))
        });
        match read {
            Ok(Some((key, value))) => {
                from.clone_from(&key);
                from.push(0);
                any = true;
                bytes += value.len();
                changes.push((key, Some(value)));
            }
            Ok(None) => {
                write_batches(fresh, changes)?;
                return Ok(any);
            }
            Err(error) if error.cause.is_some() => return Err(error),
            Err(_) => return Ok(false),
        }
        if bytes >= BATCH_BYTES {
            write_batches(fresh, std::mem::take(&mut changes))?;
            bytes = 0;
        }
    }
}

/// Takes a group's damaged rollups away and notes that there are none, so that its charges are
/// scanned.
fn drop_sums(fresh: &dyn Kv, group: u64, kinds: &[Vec<Dimension>]) -> Result<()> {
    kv::remove_prefix(fresh, &keys::group_rollups(group))?;
    let mut changes = Vec::new();
    for kind in kinds {
        rollups::put_too_large(&mut changes, group, kind);
    }
    write_batches(fresh, changes)?;
    if fingerprint_of(fresh, group).is_err() {
        kv::remove_prefix(fresh, &keys::sketch(group))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fs2::FileExt;

    use super::*;

    #[test]
    fn a_machine_that_refuses_is_no_damage() {
        let refused = |errno: rustix::io::Errno| {
            let cause = std::io::Error::from_raw_os_error(errno.raw_os_error());
            Error::io(Kind::Store, "open", Path::new("db"), &cause).cause.is_some()
        };
        assert!(refused(rustix::io::Errno::DQUOT), "a quota that is used up");
        assert!(refused(rustix::io::Errno::MFILE));
        assert!(!refused(rustix::io::Errno::IO), "the disk gives the bytes back no more");
        assert!(Error::store("the pointer says: Permission denied").cause.is_none(), "words decide nothing");
    }

    #[test]
    fn a_database_that_is_still_held_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path();
        drop(open_database(place, &[]).expect("new"));
        let file = fs::File::open(place.join("db/db")).expect("database");
        file.lock_exclusive().expect("lock");
        let error = open_database(place, &[]).map(|_| ()).expect_err("held");
        assert!(error.message.contains("lock"), "{error}");
        assert!(!place.join("corrupt-0").exists(), "nothing is set aside");
    }
}
