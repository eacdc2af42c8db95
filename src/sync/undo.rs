//! Undoes imports, and makes rollups anew.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::store::kv::BATCH_MAX;
use crate::store::manifest::{Group, Manifest, Part};
use crate::store::remote::{BASE, Synced};
use crate::store::{Store, rollups};

use super::rebuild;

/// Removes what still counts of an import, in facets too. Groups that other imports are part of keep their
/// charges. What a scope brought is brought again with its next sync.
///
/// # Errors
/// Kind `Store` where the store fails; it then holds what it held before.
pub fn remove_import(store: &Store, import: u64) -> Result<()> {
    let _writing = store.writing()?;
    let mut next = (*store.manifest()).clone();
    let mut touched = BTreeSet::new();
    let mut take = |group: &mut Group| -> Vec<Part> {
        let gone: Vec<Part> = group.parts.extract_if(.., |p| p.import == import).collect();
        if !gone.is_empty() && !group.parts.is_empty() {
            touched.insert(group.id);
        }
        gone
    };
    for group in &mut next.groups {
        let gone = take(group);
        if let Some(synced) = next.scopes.get_mut(&group.source).filter(|_| !gone.is_empty()) {
            forget(synced, BASE, &gone);
            synced.bring_again();
        }
    }
    for synced in next.scopes.values_mut() {
        let gone: Vec<(String, Vec<Part>)> =
            synced.facets.iter_mut().map(|facet| (facet.feed.clone(), take(&mut facet.group))).collect();
        gone.iter().for_each(|(feed, parts)| forget(synced, feed, parts));
    }
    renumber(store, &mut next, |group| touched.contains(&group.id))?;
    next.groups.retain(|g| !g.parts.is_empty());
    next.scopes.values_mut().for_each(|synced| synced.facets.retain(|facet| !facet.group.parts.is_empty()));
    next.strike_import(import);
    next.forget_unused_imports();
    store.commit(next)
}

/// Forgets that the days of parts of a feed have come.
fn forget(synced: &mut Synced, feed: &str, gone: &[Part]) {
    synced.forget(feed, |day| gone.iter().any(|part| part.days.contains_key(&day)));
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
    renumber(store, &mut next, |_| true)?;
    let groups = next.groups.len();
    store.commit(next)?;
    Ok(groups)
}

/// Gives groups new numbers, under which their rollups, where they are to have them, are made from
/// their segments.
pub(super) fn renumber(store: &Store, next: &mut Manifest, wanted: impl Fn(&Group) -> bool) -> Result<()> {
    let kinds = next.kinds();
    let most = rollups::worth_keeping(&next.all_groups().map(Group::rows).collect::<Vec<_>>());
    let Manifest { groups, scopes, next: numbers, .. } = next;
    let facets = scopes.values_mut().flat_map(|synced| &mut synced.facets).map(|facet| &mut facet.group);
    let mut changes = Vec::new();
    let mut kept = Vec::new();
    for (group, most) in groups.iter_mut().chain(facets).zip(most).filter(|(group, _)| wanted(group)) {
        let number = numbers.group;
        numbers.group += 1;
        store.put_fingerprint(&mut changes, number, &store.fingerprint(group.id)?);
        if changes.len() >= BATCH_MAX {
            store.write(std::mem::take(&mut changes))?;
        }
        group.id = number;
        if most > 0 {
            kept.push((&*group, number));
        }
    }
    store.write(changes)?;
    rebuild::from_segments(store, &kept, &kinds)
}
