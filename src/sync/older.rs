//! Makes the rollups of an older program anew, some with each commit.
//!
//! They do not know charge classes: where charges have some, every question about them would read those charges
//! again, for ever, since a month that is closed is never taken in again. A crash leaves what was made before, and the
//! next commit goes on with the rest. Knows no question.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::undo;
use crate::domain::charge::Metric;
use crate::domain::rollup::WHOLE;
use crate::error::Result;
use crate::store::manifest::Group;
use crate::store::{Store, rollups};

/// Charges whose rollups are made anew with one commit, about a second's; of a group that has more all are.
pub const CHARGES: u64 = 1_000_000;

/// Makes rollups that do not tell their charges' classes anew, the newest first, of groups with up to so many charges
/// together. Tells of how many groups; once none is left, a store is not looked through again.
///
/// # Errors
/// Kind `Store` where the store fails or charges are damaged; it then holds what it held before.
pub fn renew(store: &Store, charges: u64) -> Result<usize> {
    if store.renewed().load(Ordering::Acquire) {
        return Ok(0);
    }
    let _writing = store.writing()?;
    let mut next = (*store.manifest()).clone();
    let worth = rollups::worth_keeping(&next.all_groups().map(Group::rows).collect::<Vec<_>>());
    let mut groups: Vec<&Group> =
        next.all_groups().zip(worth).filter(|(_, most)| *most > 0).map(|(group, _)| group).collect();
    groups.sort_by_key(|group| Reverse(group.key.billing_period));
    let (mut wanted, mut sum, mut is_all) = (BTreeSet::new(), 0, true);
    for group in groups {
        if tells_classes(store, group)? {
            continue;
        }
        sum += group.rows();
        if !wanted.is_empty() && sum > charges {
            is_all = false;
            break;
        }
        wanted.insert(group.id);
    }
    if !wanted.is_empty() {
        undo::renumber(store, &mut next, |group| wanted.contains(&group.id))?;
        store.commit(next)?;
    }
    store.renewed().store(is_all, Ordering::Release);
    Ok(wanted.len())
}

/// Whether what a group's rollups tell of classes is what its charges do; one without rollups is scanned anyhow.
fn tells_classes(store: &Store, group: &Group) -> Result<bool> {
    match rollups::get(store.kv(), group.id, WHOLE, Metric::Billed)? {
        Some(rollup) => rollup.tells_classes(store.kv(), group),
        None => Ok(true),
    }
}
