//! Account periods that several sources have: whose charges count there, before and after a batch.
//!
//! The most trusted kind of source counts. Of equals the one that was there first does, so that no
//! import takes what counts out of the sums only by being newer; removing the other's imports lets it
//! count. Knows no store's contents but the manifest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::billed::Billed;
use crate::provider::SourceId;
use crate::store::manifest::{Group, Manifest, are_apart};
use crate::store::segment::{GroupKey, Identity};

/// An account period of a batch that another source has as well, and whose charges did not only
/// count from the batch's source before.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Overlap {
    /// The source whose charges counted before.
    pub before: String,
    /// The source whose charges count now: `before`, or the batch's.
    pub now: String,
    /// The imports that brought what counted before.
    pub imports: BTreeSet<u64>,
    /// What `before` bills there, where it is known.
    pub billed_before: Option<Billed>,
    /// What the batch's source bills there, where it is known.
    pub billed_ours: Option<Billed>,
}

/// A manifest's groups by what they are of.
pub struct Sources<'m> {
    manifest: &'m Manifest,
    groups: BTreeMap<Identity<'m>, Vec<&'m Group>>,
}

impl<'m> Sources<'m> {
    /// Of all groups.
    #[must_use]
    pub fn new(manifest: &'m Manifest) -> Self {
        let mut groups: BTreeMap<Identity<'m>, Vec<&'m Group>> = BTreeMap::new();
        for group in &manifest.groups {
            groups.entry(group.key.identity()).or_default().push(group);
        }
        Sources { manifest, groups }
    }

    fn of<'a>(&'a self, key: &'a GroupKey) -> &'a [&'m Group] {
        self.groups.get(&key.identity()).map_or(&[], Vec::as_slice)
    }

    /// The place of a source's group: the one that it has there, else behind its equals.
    #[must_use]
    pub fn place(&self, id: &SourceId, key: &GroupKey) -> u32 {
        let equals = || self.of(key).iter().filter(|g| g.rank == id.kind as u8);
        match equals().find(|g| g.source == id.name) {
            Some(ours) => ours.place,
            None => equals().map(|g| g.place.saturating_add(1)).max().unwrap_or(0),
        }
    }

    /// Account periods among `keys` of which another source's charges counted; `comes` where a
    /// source's charges are only on their way, and `covers` the part of the account that they are of.
    #[must_use]
    pub fn overlaps<'k>(
        &self,
        id: &SourceId,
        covers: &str,
        keys: impl Iterator<Item = &'k GroupKey>,
        comes: bool,
    ) -> BTreeMap<GroupKey, Overlap> {
        let (mut told, mut overlaps) = (BTreeSet::new(), BTreeMap::new());
        for key in keys.filter(|key| told.insert(key.identity())) {
            let apart = |group: &&&Group| are_apart(self.manifest.covers(&group.source), covers);
            let groups: Vec<&Group> = self.of(key).iter().filter(|group| !apart(group)).copied().collect();
            let Some(best) = groups.iter().min_by_key(|g| self.manifest.precedence(g)).filter(|g| g.source != id.name)
            else {
                continue;
            };
            let ours = (self.manifest.trust(id.kind as u8), self.place(id, key), Reverse(u64::MAX));
            let counts = comes && ours < self.manifest.precedence(best);
            let counted = groups.iter().filter(|g| g.source == best.source);
            let overlap = Overlap {
                before: best.source.clone(),
                now: if counts { id.name.clone() } else { best.source.clone() },
                imports: counted.flat_map(|g| &g.parts).map(|p| p.import).collect(),
                ..Overlap::default()
            };
            overlaps.insert(key.clone(), overlap);
        }
        overlaps
    }
}
