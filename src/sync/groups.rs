//! What a batch does to the groups that are stored: the rules by which nothing is counted twice
//! and nothing is lost.
//!
//! A batch replaces exactly the groups (source, provider, account, billing period) that it holds.
//! A group that is stored from other files is replaced when the batch holds the same charges
//! (a newer version of the export); where the charges are others, it may be another part of the
//! same export, and somebody must decide. A provider that is spelt in several ways is one: its
//! groups are decided about together. Pure: knows no store.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::sketch::{Fingerprint, Sketch};
use crate::provider::dialects::tell_the_same;
use crate::store::manifest::{Group, Import, Manifest, Part};
use crate::store::segment::{GroupKey, Identity};

/// From which share of common charges on a batch counts as a newer version of a group.
const SAME_SHARE: f64 = 0.6;
/// Which share of a group of several parts a batch must have to be a newer version of all of them.
const WHOLE_SHARE: f64 = 0.9;
/// Names tell charges apart where there are at least so many names a charge.
const TELLING_SHARE: f64 = 0.5;
/// Which share of the very same charges versions have at least, where names do not tell.
const SAME_CHARGES_SHARE: f64 = 0.2;
/// Fewer compared charges than this say too little.
const SAMPLE_MIN: usize = 8;

/// What the caller decided beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Decisions {
    /// Add to groups that hold other charges.
    pub part: bool,
    /// Replace groups that hold other charges.
    pub replace: bool,
    /// Let a group with refused rows replace a complete one.
    pub accept_partial: bool,
}

/// What a batch holds of a group.
#[derive(Clone, PartialEq, Debug)]
pub struct Incoming {
    /// Which group.
    pub key: GroupKey,
    /// The account's name.
    pub account_name: String,
    /// Its charges.
    pub part: Part,
    /// What they are known by.
    pub fingerprint: Fingerprint,
    /// Whether rows of it were refused.
    pub incomplete: bool,
}

/// What happens to a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Fate {
    /// It is new.
    New,
    /// It and those alike take the place of what is stored of them.
    Replaces {
        /// The number of the first stored group.
        stored: u64,
        /// Charges that are stored of all of them.
        before: u64,
        /// Charges that the batch has of all of them.
        now: u64,
    },
    /// It is added to the stored group with this number.
    Adds(u64),
    /// It is an older version of what is stored, which stays.
    Older,
    /// It would take much away from what is stored, which stays until somebody decides.
    HeldBack,
}

impl Fate {
    /// Whether what is stored stays, and what came is left.
    #[must_use]
    pub fn leaves(self) -> bool {
        matches!(self, Fate::Older | Fate::HeldBack)
    }
}

/// Why a batch is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conflict {
    /// The stored group holds other charges, and nobody has decided.
    OtherCharges {
        /// Which group.
        key: GroupKey,
        /// Charges stored.
        stored: u64,
        /// Charges in the batch.
        incoming: u64,
    },
    /// The stored group was put together from several imports, and the batch is a newer version of
    /// some of it only.
    OneOfParts {
        /// Which group.
        key: GroupKey,
        /// Imports that it is made of.
        parts: usize,
        /// Charges stored.
        stored: u64,
        /// Charges in the batch.
        incoming: u64,
    },
    /// What came as a part is stored already: it would count twice.
    Twice {
        /// Which group.
        key: GroupKey,
        /// Charges stored.
        stored: u64,
        /// Charges in the batch.
        incoming: u64,
    },
    /// Rows were refused, and the stored group is complete.
    Incomplete {
        /// Which group.
        key: GroupKey,
    },
}

/// Whether two sets of charges are versions of one another: most charges of the smaller one are
/// named alike in the other. Where names say little (many charges share one, as without resource
/// ids), some of the very same charges must be in both as well: two parts of an export have none.
#[must_use]
pub fn is_same(stored: &Fingerprint, incoming: &Fingerprint, stored_rows: u64, incoming_rows: u64) -> bool {
    let (share, sample) = stored.names.containment(&incoming.names);
    let small = stored_rows.min(incoming_rows) < SAMPLE_MIN as u64;
    let named_alike = share >= SAME_SHARE && (sample >= SAMPLE_MIN || small || stored.names == incoming.names);
    let tell_apart = is_telling(&stored.names, stored_rows) && is_telling(&incoming.names, incoming_rows);
    named_alike && (tell_apart || stored.charges.containment(&incoming.charges).0 >= SAME_CHARGES_SHARE)
}

/// Whether what charges are known by tells most of them apart.
fn is_telling(set: &Sketch, rows: u64) -> bool {
    set.distinct() >= rows as f64 * TELLING_SHARE
}

/// Whether a part would count charges twice: nearly all of them are stored, or nearly all that is
/// stored is among them (a newer version of the whole), or they are versions of stored ones with
/// other amounts. A few charges that only share their names with stored ones are a correction; where
/// many charges are the very same, two parts may well be alike, and only a stored part that is `equal`
/// in days and sums is told.
#[must_use]
pub fn is_twice(stored: (&Fingerprint, u64), part: (&Fingerprint, u64), equal: bool) -> bool {
    let ((stored, stored_rows), (part, part_rows)) = (stored, part);
    let within = |few: &Sketch, many: &Sketch| {
        let (share, sample) = few.share_in(many);
        share >= WHOLE_SHARE && sample > 0 && (sample >= SAMPLE_MIN || sample == few.len())
    };
    let charges = |few: &Sketch, rows: u64, many: &Sketch| within(few, many) && (equal || is_telling(few, rows));
    charges(&part.charges, part_rows, &stored.charges)
        || charges(&stored.charges, stored_rows, &part.charges)
        || (part_rows >= SAMPLE_MIN as u64
            && is_telling(&stored.names, stored_rows)
            && is_telling(&part.names, part_rows)
            && within(&part.names, &stored.names))
}

/// Whether a stored part of these groups has as many charges each day as what came, and its sums.
fn has_equal(stored: &[&Group], incoming: &[&Incoming]) -> bool {
    let [new] = incoming else { return false };
    stored.iter().flat_map(|g| &g.parts).any(|p| p.days == new.part.days && p.sums == new.part.sums)
}

/// Decides what happens to each incoming group.
///
/// # Errors
/// Every conflict that nobody has decided. The whole batch is then refused.
pub fn decide(
    manifest: &Manifest,
    source: &str,
    incoming: &[Incoming],
    stored_fingerprint: &dyn Fn(u64) -> Fingerprint,
    decisions: Decisions,
) -> Result<Vec<Fate>, Vec<Conflict>> {
    let mut alike: BTreeMap<Identity<'_>, Vec<&Incoming>> = BTreeMap::new();
    for group in incoming {
        alike.entry(group.key.identity()).or_default().push(group);
    }
    let mut known: BTreeMap<Identity<'_>, Vec<&Group>> = BTreeMap::new();
    for group in manifest.groups.iter().filter(|g| g.source == source) {
        known.entry(group.key.identity()).or_default().push(group);
    }
    let mut fates: BTreeMap<&GroupKey, Fate> = BTreeMap::new();
    let (mut conflicts, mut twice) = (Vec::new(), Vec::new());
    let (mut twice_rows, mut told) = (0, false);
    for (identity, groups) in alike {
        let stored = known.remove(&identity).unwrap_or_default();
        if decisions.part || stored.is_empty() {
            if let Some((conflict, rows, tells)) = counts_twice(&stored, &groups, stored_fingerprint) {
                twice.push(conflict);
                twice_rows += rows;
                told |= tells;
            }
            // A part of another spelling stands beside what is stored.
            let same = |key: &GroupKey| stored.iter().find(|g| g.key == *key);
            fates.extend(groups.iter().map(|g| (&g.key, same(&g.key).map_or(Fate::New, |old| Fate::Adds(old.id)))));
            continue;
        }
        match replaces(&stored, &groups, stored_fingerprint, decisions) {
            Ok((before, now)) => {
                // Whichever of them is first takes the place of all that is stored.
                let first = std::iter::once(Fate::Replaces { stored: stored[0].id, before, now });
                fates.extend(groups.iter().map(|g| &g.key).zip(first.chain(std::iter::repeat(Fate::New))));
            }
            Err(conflict) => conflicts.push(conflict),
        }
    }
    // Where an account has a charge or two, parts have the same ones by chance: that alone is no
    // reason to refuse the many charges beside them.
    let all: u64 = incoming.iter().map(|g| g.part.rows()).sum();
    if told || twice_rows * 2 > all {
        conflicts.append(&mut twice);
    }
    if conflicts.is_empty() {
        Ok(incoming.iter().filter_map(|g| fates.get(&g.key).copied()).collect())
    } else {
        Err(conflicts)
    }
}

/// The conflict of a part that [`is_twice`] is of, how many charges it is about, and whether there are
/// enough of them that it is no chance.
fn counts_twice(
    stored: &[&Group],
    incoming: &[&Incoming],
    fingerprint: &dyn Fn(u64) -> Fingerprint,
) -> Option<(Conflict, u64, bool)> {
    let key = stored.first().and(incoming.first())?.key.clone();
    let (known, new) = (fingerprint_of(stored, fingerprint), together(incoming));
    let (before, now) = (stored.iter().map(|g| g.rows()).sum(), incoming.iter().map(|g| g.part.rows()).sum());
    let tells = known.charges.len().min(new.charges.len()) >= SAMPLE_MIN;
    is_twice((&known, before), (&new, now), has_equal(stored, incoming)).then_some((
        Conflict::Twice { key, stored: before, incoming: now },
        now,
        tells,
    ))
}

/// Whether incoming groups replace the stored ones of their identity; returns the stored charges and
/// the incoming ones.
fn replaces(
    stored: &[&Group],
    incoming: &[&Incoming],
    fingerprint: &dyn Fn(u64) -> Fingerprint,
    decisions: Decisions,
) -> Result<(u64, u64), Conflict> {
    let before: u64 = stored.iter().map(|g| g.rows()).sum();
    let now: u64 = incoming.iter().map(|g| g.part.rows()).sum();
    let key = || incoming.first().map_or_else(|| stored[0].key.clone(), |g| g.key.clone());
    if !decisions.replace {
        let (known, new) = (fingerprint_of(stored, fingerprint), together(incoming));
        if !is_same(&known, &new, before, now) {
            return Err(Conflict::OtherCharges { key: key(), stored: before, incoming: now });
        }
        let parts: BTreeSet<u64> = stored.iter().flat_map(|g| &g.parts).map(|p| p.import).collect();
        if parts.len() > 1 && known.names.share_in(&new.names).0 < WHOLE_SHARE {
            return Err(Conflict::OneOfParts { key: key(), parts: parts.len(), stored: before, incoming: now });
        }
    }
    let (partial, complete) = (incoming.iter().any(|g| g.incomplete), stored.iter().all(|g| !g.incomplete));
    if partial && complete && !decisions.accept_partial {
        return Err(Conflict::Incomplete { key: key() });
    }
    Ok((before, now))
}

fn merged(mut all: Fingerprint, more: Fingerprint) -> Fingerprint {
    all.merge(&more);
    all
}

/// What all these stored groups are known by.
fn fingerprint_of(stored: &[&Group], fingerprint: &dyn Fn(u64) -> Fingerprint) -> Fingerprint {
    stored.iter().map(|g| fingerprint(g.id)).reduce(merged).unwrap_or_default()
}

/// What all these incoming groups are known by.
fn together(incoming: &[&Incoming]) -> Fingerprint {
    incoming.iter().map(|g| g.fingerprint.clone()).reduce(merged).unwrap_or_default()
}

/// Whether the store already holds exactly these files' charges: importing them again changes
/// nothing.
#[must_use]
pub fn already_stored(manifest: &Manifest, source: &str, hashes: &[String]) -> bool {
    let whole = whole_imports(manifest, source);
    let files = whole.iter().flat_map(|import| &import.files);
    let stored: BTreeSet<&String> = files.filter(|f| f.refused == 0).map(|f| &f.hash).collect();
    !hashes.is_empty() && hashes.iter().all(|hash| stored.contains(hash))
}

/// The hashes of a source's files of which all charges that were taken still count in its groups: as
/// a part they would count twice. Which charges of an import that was replaced in part are of which
/// file is not known; those are held against the stored ones instead.
#[must_use]
pub fn stored_files(manifest: &Manifest, source: &str) -> BTreeSet<String> {
    whole_imports(manifest, source).iter().flat_map(|i| &i.files).map(|f| f.hash.clone()).collect()
}

/// A stored account period of an incoming one's identity that files of one of these forms would tell in a
/// second way, as actual and amortised cost do: as a part they would count twice.
#[must_use]
pub fn told_otherwise<'m>(
    manifest: &'m Manifest,
    source: &str,
    incoming: &[Incoming],
    forms: &[&str],
) -> Option<&'m GroupKey> {
    let tells = |import: &&Import| {
        let mut stored = import.files.iter();
        import.source == source && stored.any(|f| forms.iter().any(|form| tell_the_same(&f.format, form)))
    };
    let imports: BTreeSet<u64> = manifest.imports.iter().filter(tells).map(|i| i.id).collect();
    let came: BTreeSet<Identity<'_>> = incoming.iter().map(|group| group.key.identity()).collect();
    let groups = manifest.groups.iter().filter(|g| g.source == source && came.contains(&g.key.identity()));
    let mut groups = groups.filter(|g| g.parts.iter().any(|part| imports.contains(&part.import)));
    groups.next().map(|g| &g.key)
}

/// The account periods that a source's files with these hashes are part of.
#[must_use]
pub fn periods_of(manifest: &Manifest, source: &str, hashes: &BTreeSet<&str>) -> Vec<GroupKey> {
    let holds = |i: &&Import| i.source == source && i.files.iter().any(|f| hashes.contains(f.hash.as_str()));
    let imports: BTreeSet<u64> = manifest.imports.iter().filter(holds).map(|i| i.id).collect();
    let is_theirs = |g: &&Group| g.parts.iter().any(|p| imports.contains(&p.import));
    manifest.groups.iter().filter(is_theirs).map(|g| g.key.clone()).collect()
}

/// A source's imports that nothing has replaced since, not even in part.
fn whole_imports<'m>(manifest: &'m Manifest, source: &str) -> Vec<&'m Import> {
    let mut held: BTreeMap<u64, u64> = BTreeMap::new();
    for part in manifest.groups.iter().flat_map(|g| &g.parts) {
        *held.entry(part.import).or_default() += part.rows();
    }
    let is_whole = |i: &&Import| i.source == source && held.get(&i.id) == Some(&i.rows);
    manifest.imports.iter().filter(is_whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;

    fn key() -> GroupKey {
        GroupKey { provider: "AWS".into(), account: "1".into(), billing_period: Day(19_000) }
    }

    /// Charges named by the numbers of a range, each with this amount.
    fn named(range: std::ops::Range<u64>, amount: i128) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        range.for_each(|i| fingerprint.add(xxhash_rust::xxh3::xxh3_64(&i.to_le_bytes()), amount));
        fingerprint
    }

    fn incoming(rows: u64, range: std::ops::Range<u64>, incomplete: bool) -> Incoming {
        let part = Part { import: 2, segments: vec![2], days: [(Day(19_000), rows)].into(), ..Part::default() };
        Incoming { key: key(), account_name: String::new(), part, fingerprint: named(range, 1), incomplete }
    }

    fn stored(rows: u64, incomplete: bool) -> Manifest {
        let part = Part { import: 1, segments: vec![1], days: [(Day(19_000), rows)].into(), ..Part::default() };
        let group = Group {
            id: 7,
            source: "s".into(),
            rank: 0,
            place: 0,
            key: key(),
            account_name: String::new(),
            parts: vec![part],
            incomplete,
        };
        Manifest { groups: vec![group], ..Manifest::default() }
    }

    fn replaces(before: u64, now: u64) -> Fate {
        Fate::Replaces { stored: 7, before, now }
    }

    #[test]
    fn replaces_versions_adds_parts_and_asks_otherwise() {
        let none = Decisions::default();
        let decide = |manifest: &Manifest, incoming: Incoming, decisions| {
            decide(manifest, "s", &[incoming], &|_| named(0..100, 1), decisions).map(|f| f[0])
        };
        let complete = stored(100, false);
        assert_eq!(decide(&Manifest::default(), incoming(100, 0..100, false), none), Ok(Fate::New));
        assert_eq!(decide(&complete, incoming(110, 0..110, false), none), Ok(replaces(100, 110)));
        assert_eq!(decide(&complete, incoming(40, 0..40, false), none), Ok(replaces(100, 40)));
        let other = incoming(100, 100..200, false);
        assert!(matches!(
            decide(&complete, other.clone(), none).expect_err("conflict")[0],
            Conflict::OtherCharges { stored: 100, .. }
        ));
        assert_eq!(decide(&complete, other.clone(), Decisions { part: true, ..none }), Ok(Fate::Adds(7)));
        assert_eq!(decide(&complete, other, Decisions { replace: true, ..none }), Ok(replaces(100, 100)));
        let partial = incoming(99, 0..99, true);
        assert!(matches!(
            decide(&complete, partial.clone(), none).expect_err("conflict")[0],
            Conflict::Incomplete { .. }
        ));
        assert_eq!(
            decide(&complete, partial.clone(), Decisions { accept_partial: true, ..none }),
            Ok(replaces(100, 99))
        );
        assert_eq!(decide(&stored(98, true), partial, none), Ok(replaces(98, 99)));
    }

    #[test]
    fn parts_whose_charges_have_no_names_are_not_taken_for_versions() {
        let days = |amounts: std::ops::Range<i128>| {
            let mut fingerprint = Fingerprint::default();
            amounts.for_each(|amount| fingerprint.add(amount.rem_euclid(30) as u64, amount));
            fingerprint
        };
        // Thirty names for three hundred charges each: the names are the same, the charges are not.
        assert!(!is_same(&days(0..300), &days(300..600), 300, 300));
        assert!(is_same(&days(0..300), &days(100..400), 300, 300));
        // Where names tell, every amount may have been restated.
        assert!(is_same(&named(0..300, 1), &named(0..300, 2), 300, 300));
    }

    #[test]
    fn knows_a_file_again_while_all_of_it_counts() {
        let mut manifest = stored(100, false);
        let file = crate::domain::source_file::SourceFile { hash: "h".into(), rows: 100, ..Default::default() };
        manifest.imports = vec![crate::store::manifest::Import {
            id: 1,
            source: "s".into(),
            files: vec![file],
            rows: 100,
            ..Default::default()
        }];
        assert!(already_stored(&manifest, "s", &["h".into()]));
        assert!(!already_stored(&manifest, "other", &["h".into()]));
        assert!(!already_stored(&manifest, "s", &["h".into(), "g".into()]));
        manifest.imports[0].rows = 150;
        assert!(!already_stored(&manifest, "s", &["h".into()]));
    }
}
