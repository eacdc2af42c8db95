//! Undoes imports, and makes rollups anew.

use crate::error::Result;
use crate::store::manifest::{Group, Manifest};
use crate::store::{Store, rollups};

use super::rebuild;

/// Removes what still counts of an import. Groups that other imports are part of keep their
/// charges.
///
/// # Errors
/// Kind `Store` where the store fails; it then holds what it held before.
pub fn remove_import(store: &Store, import: u64) -> Result<()> {
    let mut next = (*store.manifest()).clone();
    let mut touched = Vec::new();
    for (at, group) in next.groups.iter_mut().enumerate() {
        let before = group.parts.len();
        group.parts.retain(|p| p.import != import);
        if group.parts.len() < before {
            touched.push(at);
        }
    }
    let keep = worth_keeping(&next);
    for at in &touched {
        if next.groups[*at].parts.is_empty() {
            continue;
        }
        renumber(store, &mut next, *at, keep[*at])?;
    }
    next.groups.retain(|g| !g.parts.is_empty());
    next.forget_unused_imports();
    store.commit(next)
}

/// Makes all rollups anew, for these tag keys.
///
/// # Errors
/// Kind `Store` where charges are missing or damaged; nothing was then changed.
pub fn rebuild_rollups(store: &Store, tag_keys: &[String]) -> Result<usize> {
    let mut next = (*store.manifest()).clone();
    next.tag_keys = tag_keys.to_vec();
    let keep = worth_keeping(&next);
    for (at, keep) in keep.into_iter().enumerate() {
        renumber(store, &mut next, at, keep)?;
    }
    let groups = next.groups.len();
    store.commit(next)?;
    Ok(groups)
}

/// Which of its groups are to have rollups.
fn worth_keeping(manifest: &Manifest) -> Vec<bool> {
    rollups::worth_keeping(&manifest.groups.iter().map(Group::rows).collect::<Vec<_>>())
}

/// Gives a group a new number, under which its rollups, where it is to have them, are made from
/// its segments.
fn renumber(store: &Store, next: &mut Manifest, at: usize, keep: bool) -> Result<()> {
    let number = next.next.group;
    next.next.group += 1;
    let group = &mut next.groups[at];
    let fingerprint = store.fingerprint(group.id)?;
    if keep {
        rebuild::from_segments(store, group, number, &next.tag_keys)?;
    }
    let mut changes = Vec::new();
    store.put_fingerprint(&mut changes, number, &fingerprint);
    store.write(changes)?;
    group.id = number;
    Ok(())
}
