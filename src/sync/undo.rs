//! Undoes imports, and makes rollups anew.

use crate::error::Result;
use crate::store::kv::BATCH_MAX;
use crate::store::manifest::{Group, Manifest};
use crate::store::{Store, rollups};

use super::rebuild;

/// Removes what still counts of an import. Groups that other imports are part of keep their
/// charges.
///
/// # Errors
/// Kind `Store` where the store fails; it then holds what it held before.
pub fn remove_import(store: &Store, import: u64) -> Result<()> {
    let _writing = store.writing()?;
    let mut next = (*store.manifest()).clone();
    let mut touched = Vec::new();
    for (at, group) in next.groups.iter_mut().enumerate() {
        let before = group.parts.len();
        group.parts.retain(|p| p.import != import);
        if group.parts.len() < before {
            touched.push(at);
        }
    }
    touched.retain(|at| !next.groups[*at].parts.is_empty());
    renumber(store, &mut next, &touched)?;
    next.groups.retain(|g| !g.parts.is_empty());
    next.strike_import(import);
    next.forget_unused_imports();
    store.commit(next)
}

/// Takes as lost what damage took: it is told of no more. Returns how many account periods that was.
///
/// # Errors
/// Kind `Store` where the store fails; it then holds what it held before.
pub fn accept_loss(store: &Store) -> Result<usize> {
    let _writing = store.writing()?;
    let mut next = (*store.manifest()).clone();
    let lost = std::mem::take(&mut next.lost).len();
    if lost > 0 {
        next.forget_unused_imports();
        store.commit(next)?;
    }
    Ok(lost)
}

/// Makes all rollups anew, for these tag keys and these lists of keys of virtual dimensions.
///
/// # Errors
/// Kind `Store` where charges are missing or damaged; nothing was then changed.
pub fn rebuild_rollups(store: &Store, tag_keys: &[String], evidence: &[Vec<String>]) -> Result<usize> {
    let _writing = store.writing()?;
    let mut next = (*store.manifest()).clone();
    next.tag_keys = tag_keys.to_vec();
    next.evidence = evidence.to_vec();
    let all: Vec<usize> = (0..next.groups.len()).collect();
    renumber(store, &mut next, &all)?;
    let groups = next.groups.len();
    store.commit(next)?;
    Ok(groups)
}

/// Gives groups new numbers, under which their rollups, where they are to have them, are made from
/// their segments.
fn renumber(store: &Store, next: &mut Manifest, groups: &[usize]) -> Result<()> {
    let keep = rollups::worth_keeping(&next.groups.iter().map(Group::rows).collect::<Vec<_>>());
    let mut changes = Vec::new();
    for at in groups {
        let number = next.next.group;
        next.next.group += 1;
        let group = &mut next.groups[*at];
        store.put_fingerprint(&mut changes, number, &store.fingerprint(group.id)?);
        if changes.len() >= BATCH_MAX {
            store.write(std::mem::take(&mut changes))?;
        }
        group.id = number;
    }
    store.write(changes)?;
    let kept = groups.iter().filter(|at| keep[**at]).map(|at| &next.groups[*at]);
    rebuild::from_segments(store, &kept.map(|group| (group, group.id)).collect::<Vec<_>>(), &next.kinds())
}
