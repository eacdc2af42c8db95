//! Account periods that several sources have: whose charges count there, before and after a batch.
//!
//! The most trusted kind of source counts. Of equals the one that was there first does, so that no
//! import takes what counts out of the sums only by being newer; removing the other's imports lets it
//! count. Of exports that the config names the first of them does, and one that it names no more comes behind
//! the others ([`arrange`]), with each delivery and whenever a config is taken up ([`settle`]). Knows no store's
//! contents but the manifest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::billed::Billed;
use crate::domain::calendar::Period;
use crate::domain::charge::Metric;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::count;
use crate::error::Result;
use crate::provider::{SourceId, SourceKind};
use crate::store::Store;
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

    /// Of groups that are no parts of their own beside what `covers` says, the one that counts.
    #[must_use]
    pub fn best(&self, covers: &str, key: &GroupKey) -> Option<&'m Group> {
        let apart = |group: &&Group| are_apart(self.manifest.covers(&group.source), covers);
        let groups = self.of(key).iter().filter(|group| !apart(group)).copied();
        groups.min_by_key(|group| self.manifest.precedence(group))
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

/// Gives exports of the same account period their places: those that the config names are in its order, each in a
/// place where one of them was, and behind all of them come those that were synced and that it names no more.
pub fn arrange(next: &mut Manifest, configured: &[String]) {
    if configured.is_empty() {
        return;
    }
    let at = |source: &str| configured.iter().position(|name| name == source);
    let is_gone = |source: &str| {
        let was_synced = next.scopes.get(source).is_some_and(|synced| !synced.deliveries.is_empty());
        was_synced && at(source).is_none()
    };
    let mut alike: BTreeMap<Identity<'_>, Vec<&Group>> = BTreeMap::new();
    for group in next.groups.iter().filter(|group| group.rank == SourceKind::Export as u8) {
        alike.entry(group.key.identity()).or_default().push(group);
    }
    let mut places: BTreeMap<u64, u32> = BTreeMap::new();
    for mut groups in alike.into_values() {
        groups.sort_by_key(|group| group.place);
        let mut sources: Vec<&str> = Vec::new();
        for group in &groups {
            if !sources.contains(&group.source.as_str()) {
                sources.push(&group.source);
            }
        }
        if sources.len() < 2 {
            continue;
        }
        let slots: Vec<usize> = (0..sources.len()).filter(|slot| at(sources[*slot]).is_some()).collect();
        let mut named: Vec<&str> = slots.iter().map(|slot| sources[*slot]).collect();
        named.sort_by_key(|source| at(source));
        slots.iter().zip(named).for_each(|(slot, source)| sources[*slot] = source);
        sources.sort_by_key(|source| is_gone(source));
        let place = |group: &Group| sources.iter().position(|source| *source == group.source);
        let told = groups.iter().filter_map(|group| Some((group.id, u32::try_from(place(group)?).ok()?)));
        places.extend(told);
    }
    for group in &mut next.groups {
        group.place = places.get(&group.id).copied().unwrap_or(group.place);
    }
}

/// Has what is stored of exports count as the config that was taken up has them, and not only with the next
/// delivery; whether anything is another now.
///
/// # Errors
/// Kind `Store` where the store fails; it then holds what it held before.
pub fn settle(store: &Store, configured: &[String]) -> Result<bool> {
    let arranged = || {
        let before = store.manifest();
        let mut next = (*before).clone();
        arrange(&mut next, configured);
        (next.groups != before.groups).then_some(next)
    };
    // Nobody waits for an import where there is nothing to do.
    if arranged().is_none() {
        return Ok(false);
    }
    let _writing = store.writing()?;
    arranged().map_or(Ok(false), |next| store.commit(next).map(|()| true))
}

/// An account period where what counts tells much less than what is kept beside it: it may be of a part of the
/// account alone, of which nobody told.
pub struct Outdone<'m> {
    /// What counts: of several parts of the account all that are of what is kept.
    pub counts: Vec<&'m Group>,
    /// What is kept.
    pub kept: &'m Group,
}

/// The known billed cost of a group over all currencies, to be compared only.
fn billed(group: &Group) -> i128 {
    group.parts.iter().fold(0, |sum, part| sum.saturating_add(part.sums[Metric::Billed as usize]))
}

/// Where less than half counts of what is kept, of a period's days or of all; the largest difference first.
#[must_use]
pub fn outdone(manifest: &Manifest, period: Option<Period>) -> Vec<Outdone<'_>> {
    let sources = Sources::new(manifest);
    let active: BTreeSet<u64> = manifest.active().iter().map(|group| group.id).collect();
    let is_active = |group: &&Group| active.contains(&group.id);
    let is_of_period = |group: &&Group| period.is_none_or(|period| group.overlaps(period));
    let mut all: Vec<Outdone<'_>> = Vec::new();
    // Nearly all have one source: what covers what is not looked at for them.
    for alike in sources.groups.values().filter(|alike| alike.len() > 1) {
        for kept in alike.iter().copied().filter(|group| !is_active(group)).filter(is_of_period) {
            let is_of_it = |group: &&Group| !are_apart(manifest.covers(&group.source), manifest.covers(&kept.source));
            let pair = Outdone { counts: alike.iter().copied().filter(is_active).filter(is_of_it).collect(), kept };
            // Of sums below nothing, as of credits, a half says nothing.
            if !pair.counts.is_empty() && billed(kept) > 0 && pair.billed() < billed(kept) / 2 {
                all.push(pair);
            }
        }
    }
    all.sort_by_key(|pair| Reverse(billed(pair.kept).saturating_sub(pair.billed())));
    all
}

impl Outdone<'_> {
    /// What all that counts bills.
    fn billed(&self) -> i128 {
        self.counts.iter().fold(0, |sum, group| sum.saturating_add(billed(group)))
    }

    /// The first of several in words, and what to do about it.
    #[must_use]
    pub fn words(all: &[Outdone<'_>]) -> Option<(String, String)> {
        let pair = all.first()?;
        let [ours, theirs] = [pair.counts.first()?, pair.kept].map(|group| SafeText::from_outside(&group.source));
        let [less, more] = [pair.billed(), billed(pair.kept)].map(|units| Amount::from_units(units).grouped(2));
        let counts = match pair.counts.len() as u64 {
            1 => format!("`{ours}` counts, which bills {less}"),
            parts => format!("`{ours}` and {} more count, which bill {less}", count(parts - 1)),
        };
        let others = if all.len() > 1 { format!(" (and {} more)", count(all.len() as u64 - 1)) } else { String::new() };
        let name = SafeText::from_outside(&pair.kept.key.name()).into_string();
        let text = format!("{name}{others}: {counts}, and `{theirs}`, which bills {more}, does not");
        let hint = format!(
            "is `{ours}` of a part of the account alone? take it out of the config and remove its imports (`spendtop \
             imports list`, `spendtop imports rm N`)"
        );
        Some((text, hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;
    use crate::store::manifest::Part;
    use crate::store::remote::Synced;

    #[test]
    fn parts_of_an_account_that_count_are_held_against_the_whole_together() {
        let group = |(id, source, rank, units): (u64, &str, u8, i128)| {
            let key = GroupKey { provider: "Microsoft".into(), account: "1".into(), billing_period: Day(20_000) };
            let mut part = Part { days: BTreeMap::from([(Day(20_000), 1)]), ..Part::default() };
            part.sums[Metric::Billed as usize] = units * 1_000_000_000_000_000_000;
            let (account_name, place) = (String::new(), u32::try_from(id).expect("small"));
            Group { id, source: source.into(), rank, place, key, account_name, parts: vec![part], incomplete: false }
        };
        let manifest = |parts: [i128; 3]| {
            let names = ["azure/a", "azure/b", "azure/c"];
            let apis = names.iter().zip(parts).zip(1..).map(|((name, units), id)| (id, *name, 1, units));
            let covers = |name: &&str| {
                let covers = format!("subscriptions/{}", name.replace('/', "-"));
                ((*name).to_owned(), Synced { covers, ..Synced::default() })
            };
            Manifest {
                groups: apis.chain([(4, "export", 0, 90)]).map(group).collect(),
                scopes: names.iter().map(covers).collect(),
                prefers_api: true,
                ..Manifest::default()
            }
        };
        assert!(outdone(&manifest([30, 30, 30]), None).is_empty());
        let less = manifest([10, 10, 10]);
        let (text, hint) = Outdone::words(&outdone(&less, None)).expect("told");
        let want = "`azure/a` and 2 more count, which bill 30.00, and `export`, which bills 90.00, does not";
        assert!(text.ends_with(want) && hint.contains("is `azure/a` of a part"), "{text} {hint}");
    }
}
