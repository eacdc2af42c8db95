//! The manifest: what the store holds and what of it counts.
//!
//! Everything else in the store is reached from here. A commit writes a new manifest beside the
//! old one and then moves the pointer, so that a crash leaves one or the other.

mod older;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::frame::Damage;
use super::lost::Lost;
use super::remote::Scopes;
use super::segment::{GroupKey, Identity};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::rollup::{METRICS, evidence_kinds, kinds};
use crate::domain::source_file::SourceFile;
use crate::error::{Cause, Error, Result};

/// The schema that this program writes. A newer one is refused; 4 is read (it did not know since when a scope's
/// days are wanted), and 2 (it knew no scopes); 1 and 3 are refused, which no released version wrote.
pub const SCHEMA: u32 = 5;

/// What the store holds.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The schema of everything that it names.
    pub schema: u32,
    /// Commits so far.
    pub generation: u64,
    /// The next unused numbers.
    pub next: Next,
    /// Tag keys that have rollups.
    pub tag_keys: Vec<String>,
    /// Imports and syncs whose charges the store holds.
    pub imports: Vec<Import>,
    /// Groups of windows, active or not.
    pub groups: Vec<Group>,
    /// What damage took and nobody has brought back.
    pub lost: Vec<Lost>,
    /// Lists of tag keys whose evidence for virtual dimensions has rollups.
    pub evidence: Vec<Vec<String>>,
    /// Scopes that are synced.
    pub scopes: Scopes,
    /// Whether what a provider's API tells counts where an export tells it too.
    pub prefers_api: bool,
}

/// Unused numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Next {
    /// For segments.
    pub segment: u64,
    /// For groups.
    pub group: u64,
    /// For imports.
    pub import: u64,
}

/// One batch that was taken in.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Import {
    /// Its number, from 1.
    pub id: u64,
    /// The source that it is of.
    pub source: String,
    /// When, seconds since 1970.
    pub taken_at: i64,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// Charges taken.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// The charges of a billing account in a billing period, from one source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its number; a replaced group's successor has another.
    pub id: u64,
    /// The source.
    pub source: String,
    /// The kind of source: see [`Manifest::trust`].
    pub rank: u8,
    /// Its place behind sources of this kind that were there before it.
    pub place: u32,
    /// Provider, account and period.
    pub key: GroupKey,
    /// The account's name, where the bill has one.
    pub account_name: String,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Whether rows of it were refused.
    pub incomplete: bool,
}

/// What one import brought to a group.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The import.
    pub import: u64,
    /// The segments that hold it.
    pub segments: Vec<u64>,
    /// Charges of each day.
    pub days: BTreeMap<Day, u64>,
    /// The sum of each cost's known values over all currencies, in units of 1e-18: a checksum.
    pub sums: [i128; METRICS],
}

impl Part {
    /// Its charges.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.days.values().sum()
    }
}

impl Group {
    /// Its charges.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(Part::rows).sum()
    }

    /// Its first day to the day after its last.
    #[must_use]
    pub fn days(&self) -> Option<Period> {
        let first = self.parts.iter().filter_map(|p| p.days.keys().next()).min()?;
        let last = self.parts.iter().filter_map(|p| p.days.keys().next_back()).max()?;
        Some(Period { from: *first, to: last.plus(1) })
    }

    /// Whether it has charges on days of `period`.
    #[must_use]
    pub fn overlaps(&self, period: Period) -> bool {
        self.parts.iter().any(|p| p.days.range(period.from..period.to.max(period.from)).next().is_some())
    }

    /// Its newest import.
    #[must_use]
    pub fn newest_import(&self) -> u64 {
        self.parts.iter().map(|p| p.import).max().unwrap_or(0)
    }
}

impl Manifest {
    /// An empty store's.
    #[must_use]
    pub fn empty(tag_keys: Vec<String>) -> Self {
        Manifest { schema: SCHEMA, next: Next { segment: 1, group: 1, import: 1 }, tag_keys, ..Manifest::default() }
    }

    /// As it is stored.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(self).map_err(|e| Error::bug(format!("the manifest cannot be written: {e}")))
    }

    /// Reads what [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// Kind `Store` where it is damaged or of another schema.
    pub fn from_bytes(raw: &[u8]) -> Result<Manifest> {
        let damaged = |e| Error::from(Damage(format!("the manifest: {e}")));
        let (schema, _) = postcard::take_from_bytes::<u32>(raw).map_err(damaged)?;
        let (age, hint) = match schema.cmp(&SCHEMA) {
            Ordering::Equal => return postcard::from_bytes(raw).map_err(damaged),
            Ordering::Less if schema == 4 => return older::fourth(raw).map_err(damaged),
            Ordering::Less if schema == 2 => return older::second(raw).map_err(damaged),
            Ordering::Greater => ("a newer", "upgrade spendtop, or point --data-dir at another folder"),
            // No released version wrote one: there is nothing to migrate from.
            Ordering::Less => ("an unreleased", "import the bills again with --data-dir at another folder"),
        };
        let message = format!("the store was written by {age} spendtop (schema {schema}, this one knows {SCHEMA})");
        Err(Error::store(message).hint(hint).because(Some(Cause::OtherSchema)))
    }

    /// The groupings that its groups have rollups of.
    #[must_use]
    pub fn kinds(&self) -> Vec<Vec<Dimension>> {
        let mut kinds = kinds(&self.tag_keys);
        kinds.extend(evidence_kinds(&self.evidence));
        kinds
    }

    /// How much a kind of source is trusted, by [`Group::rank`]: the lowest counts where sources overlap.
    #[must_use]
    pub fn trust(&self, rank: u8) -> u8 {
        // Exports are 0 and APIs 1, as `provider::SourceKind` has them.
        if self.prefers_api && rank < 2 { 1 - rank } else { rank }
    }

    /// What decides whether a group counts where sources overlap: the lowest does.
    #[must_use]
    pub fn precedence(&self, group: &Group) -> (u8, u32, Reverse<u64>) {
        (self.trust(group.rank), group.place, Reverse(group.newest_import()))
    }

    /// The groups that count: where several sources have the same account and period, the most
    /// trusted kind, and of equals the one that was there first. The others are kept and never added,
    /// unless they are of another part of the account.
    #[must_use]
    pub fn active(&self) -> Vec<&Group> {
        let mut alike: BTreeMap<Identity<'_>, Vec<&Group>> = BTreeMap::new();
        for group in &self.groups {
            alike.entry(group.key.identity()).or_default().push(group);
        }
        let parts: BTreeMap<&str, Vec<String>> =
            self.scopes.iter().map(|(source, synced)| (source.as_str(), parts_of(&synced.covers))).collect();
        let whole = Vec::new();
        let part = |source: &str| parts.get(source).unwrap_or(&whole);
        let mut active: Vec<&Group> = Vec::with_capacity(self.groups.len());
        for mut groups in alike.into_values() {
            groups.sort_by_key(|group| self.precedence(group));
            let mut count: Vec<&str> = Vec::new();
            for group in groups {
                let ours = part(&group.source);
                let stands = |source: &&str| *source == group.source || differ(part(source), ours);
                if count.iter().all(stands) {
                    if count.last() != Some(&group.source.as_str()) {
                        count.push(&group.source);
                    }
                    active.push(group);
                }
            }
        }
        active.sort_by(|a, b| a.key.cmp(&b.key));
        active
    }

    /// What part of its billing account a source is; empty where it is the whole, as every export is.
    #[must_use]
    pub fn covers(&self, source: &str) -> &str {
        self.scopes.get(source).map_or("", |synced| &synced.covers)
    }

    /// Those of [`Self::active`] that have charges of some days.
    #[must_use]
    pub fn active_in(&self, period: Period) -> Vec<&Group> {
        self.active().into_iter().filter(|group| group.overlaps(period)).collect()
    }

    /// The segments that some group needs.
    #[must_use]
    pub fn segments(&self) -> BTreeSet<u64> {
        self.all_groups().flat_map(|g| &g.parts).flat_map(|p| p.segments.iter().copied()).collect()
    }

    /// The groups of a source with this identity: one for each spelling of the provider.
    pub fn alike(&self, source: &str, identity: Identity<'_>) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |g| g.source == source && g.key.identity() == identity)
    }

    /// An import by its number.
    #[must_use]
    pub fn import(&self, id: u64) -> Option<&Import> {
        self.imports.iter().find(|i| i.id == id)
    }

    /// First and last day with charges that count.
    #[must_use]
    pub fn extent(&self) -> Option<(Day, Day)> {
        let days: Vec<Period> = self.active().iter().filter_map(|g| g.days()).collect();
        let first = days.iter().map(|d| d.from).min()?;
        let last = days.iter().map(|d| d.to.plus(-1)).max()?;
        Some((first, last))
    }

    /// Forgets imports that no group needs any more, nor a loss to be named by.
    pub fn forget_unused_imports(&mut self) {
        let mut used: BTreeSet<u64> = self.all_groups().flat_map(|g| &g.parts).map(|p| p.import).collect();
        used.extend(self.lost.iter().flat_map(|l| &l.parts).map(|(import, _)| *import));
        self.imports.retain(|i| used.contains(&i.id));
    }
}

/// Whether parts of a billing account, as [`super::remote::Synced::covers`] has them, have no charge in common:
/// they give the same name another value. Of other names nobody knows, and a part is in the whole.
#[must_use]
pub fn are_apart(one: &str, other: &str) -> bool {
    differ(&parts_of(one), &parts_of(other))
}

/// A path's names and values, in turns.
fn parts_of(path: &str) -> Vec<String> {
    path.split('/').map(str::to_ascii_lowercase).collect()
}

fn differ(one: &[String], other: &[String]) -> bool {
    let differ = one.chunks_exact(2).zip(other.chunks_exact(2)).find(|(one, other)| one != other);
    differ.is_some_and(|(one, other)| one[0] == other[0])
}

#[cfg(test)]
mod tests {
    use super::super::remote::{Come, Synced};
    use super::*;

    #[test]
    fn parts_of_an_account_are_apart_where_a_name_has_another_value() {
        for (one, other, apart) in [
            ("subscriptions/a", "subscriptions/b", true),
            ("subscriptions/a", "Subscriptions/A", false),
            ("subscriptions/a", "subscriptions/a/resourceGroups/x", false),
            ("subscriptions/a/resourceGroups/x", "subscriptions/a/resourceGroups/y", true),
            ("subscriptions/b/resourceGroups/x", "subscriptions/a/resourceGroups/x", true),
            // A department may be of any subscription.
            ("departments/1", "subscriptions/a", false),
            ("", "subscriptions/a", false),
            ("", "", false),
        ] {
            assert_eq!((are_apart(one, other), are_apart(other, one)), (apart, apart), "{one} and {other}");
        }
    }

    #[test]
    fn parts_of_an_account_add_up_and_the_whole_outranks_them() {
        let group = |source: &str, rank, place, period: i32| {
            let key = GroupKey { provider: "Microsoft".into(), account: "1".into(), billing_period: Day(period) };
            let (id, account_name, parts) = (0, String::new(), Vec::new());
            Group { id, source: source.into(), rank, place, key, account_name, parts, incomplete: false }
        };
        let groups = vec![
            group("azure/a", 1, 0, 1),
            group("azure/b", 1, 1, 1),
            group("azure/a/x", 1, 2, 1),
            group("azure/a", 1, 0, 2),
            group("azure/b", 1, 1, 2),
            group("export", 0, 0, 2),
        ];
        let covers = |of: &str| Synced { covers: of.into(), ..Synced::default() };
        let scopes = [
            ("azure/a".to_owned(), covers("subscriptions/a")),
            ("azure/b".to_owned(), covers("subscriptions/b")),
            ("azure/a/x".to_owned(), covers("subscriptions/a/resourceGroups/x")),
        ];
        let mut manifest = Manifest { groups, scopes: scopes.into(), ..Manifest::empty(Vec::new()) };
        let told = |manifest: &Manifest| -> Vec<(i32, String)> {
            manifest.active().iter().map(|group| (group.key.billing_period.0, group.source.clone())).collect()
        };
        let both = [(1, "azure/a".to_owned()), (1, "azure/b".to_owned())];
        assert_eq!(told(&manifest), [&both[..], &[(2, "export".to_owned())]].concat());
        manifest.prefers_api = true;
        assert_eq!(told(&manifest), [&both[..], &[(2, "azure/a".to_owned()), (2, "azure/b".to_owned())]].concat());
    }

    #[test]
    fn a_manifest_of_another_schema_is_refused_and_is_no_damage() {
        let manifest = Manifest::empty(vec!["team".into()]);
        assert_eq!(Manifest::from_bytes(&manifest.to_bytes().expect("bytes")).expect("manifest"), manifest);
        let evidence = vec![vec!["team".to_owned(), "owner".to_owned()], Vec::new()];
        let more = Manifest { evidence, ..manifest.clone() };
        assert_eq!(Manifest::from_bytes(&more.to_bytes().expect("bytes")).expect("manifest"), more);
        assert_eq!(more.kinds().len(), manifest.kinds().len() + 4);
        let Manifest { generation, next, tag_keys, imports, groups, lost, .. } = more.clone();
        let second = (2u32, generation, next, tag_keys, imports, groups, lost);
        let second = postcard::to_extend(&more.evidence, postcard::to_stdvec(&second).expect("bytes")).expect("bytes");
        assert_eq!(Manifest::from_bytes(&second).expect("an older one is read"), more);
        let come = Come { at: 7, changed_at: 6, revision: 1, estimated: true };
        let days = BTreeMap::from([("base".to_owned(), BTreeMap::from([(Day(5), come)]))]);
        let scope = Synced { covers: "subscriptions/a".into(), mark: "m".into(), days, ..Synced::default() };
        let Synced { tells, covers, days, deliveries, facets, mark, restated, asks, .. } = scope.clone();
        let scope4 = (tells, covers, days, deliveries, facets, mark, restated, asks);
        let fifth = Manifest { scopes: BTreeMap::from([("azure.a".to_owned(), scope)]), prefers_api: true, ..more };
        let Manifest { generation, next, tag_keys, imports, groups, lost, evidence, .. } = fifth.clone();
        let scopes4 = BTreeMap::from([("azure.a".to_owned(), scope4)]);
        let fourth = (4u32, generation, next, tag_keys, imports, groups, lost, evidence, scopes4, true);
        let fourth = postcard::to_stdvec(&fourth).expect("bytes");
        assert_eq!(Manifest::from_bytes(&fourth).expect("an older one is read"), fifth);
        for (schema, word) in [(SCHEMA + 1, "newer"), (3, "unreleased"), (1, "unreleased")] {
            let other = Manifest { schema, ..manifest.clone() }.to_bytes().expect("bytes");
            let error = Manifest::from_bytes(&other).expect_err("refused");
            assert!(error.message.contains(word) && error.cause == Some(Cause::OtherSchema), "{error:?}");
        }
        let error = Manifest::from_bytes(&[SCHEMA as u8, 0xff]).expect_err("cut short");
        assert_eq!(error.cause, None, "{error:?}");
    }
}
