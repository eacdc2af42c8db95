//! What a batch has brought so far, group by group: bounded in memory however many charges there
//! are, and refused where there are too many groups. Knows no store.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::Incoming;
use crate::domain::batch::ChargeBatch;
use crate::domain::charge::{Profile, Quantity};
use crate::domain::dict::NONE;
use crate::domain::numbers::UNKNOWN_WIDE;
use crate::domain::rollup::METRICS;
use crate::domain::sketch::{Fingerprint, SIZE, SIZE_MIN};
use crate::error::{Error, Result};
use crate::store::manifest::Part;
use crate::store::segment::GroupKey;

/// Hashes that all groups' fingerprints hold together, about: some 60 MB. Where groups are so many
/// that [`SIZE_MIN`] of each are more, that many.
const HASHES_MAX: usize = 3 << 20;

/// Groups that one batch may hold. Each is in memory several times while the batch is committed
/// (here, in the manifest before and after, in the outcome): up to some 4 KB, 400 MB for all. Eight
/// thousand accounts have so many in a year; a column that numbers every row is no account.
pub const GROUPS_MAX: usize = 100_000;

/// Groups under way.
pub struct Groups {
    numbers: BTreeMap<GroupKey, u32>,
    found: Vec<Incoming>,
    /// Hashes in all fingerprints, and how many each sketch may hold.
    hashes: usize,
    size: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Groups { numbers: BTreeMap::new(), found: Vec::new(), hashes: 0, size: SIZE }
    }
}

impl Groups {
    /// Adds what a batch holds of each group, as the contents of `segment`; gives each group's
    /// number, in the batch's order.
    ///
    /// # Errors
    /// Kind `Usage` where there are more than [`GROUPS_MAX`].
    pub fn add(&mut self, batch: Vec<Incoming>, segment: Option<u64>) -> Result<Vec<u32>> {
        let mut numbers = Vec::with_capacity(batch.len());
        for mut more in batch {
            more.part.segments.extend(segment);
            if let Some(number) = self.numbers.get(&more.key) {
                numbers.push(*number);
                let group = &mut self.found[*number as usize];
                self.hashes -= group.fingerprint.len();
                merge(group, more);
                group.fingerprint.trim(self.size);
                self.hashes += group.fingerprint.len();
            } else {
                let number = self.found.len() as u32;
                if self.found.len() >= GROUPS_MAX {
                    return Err(self.too_many());
                }
                more.fingerprint.trim(self.size);
                self.hashes += more.fingerprint.len();
                self.numbers.insert(more.key.clone(), number);
                self.found.push(more);
                numbers.push(number);
            }
        }
        while self.hashes > HASHES_MAX && self.size > SIZE_MIN {
            self.size /= 2;
            self.found.iter_mut().for_each(|g| g.fingerprint.trim(self.size));
            self.hashes = self.found.iter().map(|g| g.fingerprint.len()).sum();
        }
        Ok(numbers)
    }

    /// Tells which column makes the groups so many.
    fn too_many(&self) -> Error {
        let keys = || self.numbers.keys();
        let (column, distinct) = [
            ("BillingAccountId", keys().map(|k| &k.account).collect::<BTreeSet<_>>().len()),
            ("BillingPeriodStart", keys().map(|k| k.billing_period).collect::<BTreeSet<_>>().len()),
            ("ProviderName", keys().map(|k| &k.provider).collect::<BTreeSet<_>>().len()),
        ]
        .into_iter()
        .max_by_key(|(_, distinct)| *distinct)
        .unwrap_or_default();
        Error::usage(format!(
            "the files hold more than {GROUPS_MAX} account periods, with {distinct} values of {column}: nothing was changed"
        ))
        .hint(format!("is {column} what it should be?"))
        .hint("if it is, import fewer months at a time")
    }

    /// The groups by key, and for each number that [`Self::add`] gave, the place among them.
    #[must_use]
    pub fn finish(self) -> (Vec<Incoming>, Vec<u32>) {
        let mut places = vec![0; self.found.len()];
        for (place, number) in self.numbers.values().enumerate() {
            places[*number as usize] = place as u32;
        }
        let mut found = self.found;
        found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        (found, places)
    }
}

fn merge(group: &mut Incoming, more: Incoming) {
    group.part.segments.extend(more.part.segments);
    more.part.days.iter().for_each(|(day, rows)| *group.part.days.entry(*day).or_default() += rows);
    group.part.sums.iter_mut().zip(more.part.sums).for_each(|(a, b)| *a = a.wrapping_add(b));
    group.fingerprint.merge(&more.fingerprint);
    if is_better_name(&more.account_name, &group.account_name) {
        group.account_name = more.account_name;
    }
}

/// Of two names the smaller, as everywhere where a value has several; no name is none.
#[must_use]
pub fn is_better_name(name: &str, than: &str) -> bool {
    !name.is_empty() && (than.is_empty() || name < than)
}

/// What a batch holds of each group, and for each of its windows, which of them it belongs to.
#[must_use]
pub fn gather(batch: &ChargeBatch) -> (Vec<Incoming>, Vec<u32>) {
    let provider = &batch.profile_texts[Profile::Provider.index()];
    let account = &batch.profile_texts[Profile::BillingAccountId.index()];
    let key = |w: &crate::domain::batch::Window| (w.provider, w.account, w.billing_period);
    let distinct: BTreeSet<_> = batch.windows.iter().map(key).collect();
    let index: BTreeMap<_, u32> = distinct.iter().copied().zip(0..).collect();
    let group_of: Vec<u32> = batch.windows.iter().map(|w| index[&key(w)]).collect();
    let mut groups: Vec<Incoming> = distinct
        .iter()
        .map(|(p, a, period)| Incoming {
            key: GroupKey {
                provider: provider.get(*p).to_owned(),
                account: account.get(*a).to_owned(),
                billing_period: *period,
            },
            account_name: String::new(),
            part: Part::default(),
            fingerprint: Fingerprint::default(),
            incomplete: false,
        })
        .collect();
    let mut window_rows = vec![0u64; batch.windows.len()];
    let mut named = vec![NONE; groups.len()];
    let (names, name_of) = (
        &batch.profile_texts[Profile::BillingAccountName.index()],
        &batch.profiles[Profile::BillingAccountName.index()],
    );
    for (at, row) in batch.rows.iter().enumerate() {
        let of = group_of[row.window as usize] as usize;
        let group = &mut groups[of];
        window_rows[row.window as usize] += 1;
        group.fingerprint.add(batch.identity(at), batch.quantities[Quantity::Billed.index()].units(at));
        for (sum, column) in group.part.sums[..METRICS].iter_mut().zip(&batch.quantities) {
            let units = column.units(at);
            *sum = sum.wrapping_add(if units == UNKNOWN_WIDE { 0 } else { units });
        }
        let name = name_of[row.profile as usize];
        if name != named[of] && is_better_name(names.get(name), names.get(named[of])) {
            named[of] = name;
        }
    }
    for (group, name) in groups.iter_mut().zip(named) {
        names.get(name).clone_into(&mut group.account_name);
    }
    for (window, rows) in window_rows.into_iter().enumerate() {
        *groups[group_of[window] as usize].part.days.entry(batch.windows[window].day).or_default() += rows;
    }
    (groups, group_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;

    fn incoming(account: usize, charges: std::ops::Range<u64>, name: &str) -> Incoming {
        let key = GroupKey { provider: "AWS".into(), account: account.to_string(), billing_period: Day(19_000) };
        let mut fingerprint = Fingerprint::default();
        charges.for_each(|i| fingerprint.add(xxhash_rust::xxh3::xxh3_64(&i.to_le_bytes()), 1));
        let part = Part { days: [(Day(19_000), 1)].into(), ..Part::default() };
        Incoming { key, account_name: name.into(), part, fingerprint, incomplete: false }
    }

    #[test]
    fn a_name_does_not_depend_on_the_order_of_batches() {
        let batches = [incoming(1, 0..1, "b"), incoming(1, 1..2, ""), incoming(1, 2..3, "a")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let mut groups = Groups::default();
            for at in order {
                groups.add(vec![batches[at].clone()], None).expect("few");
            }
            assert_eq!(groups.finish().0[0].account_name, "a");
        }
    }

    #[test]
    fn many_groups_share_the_room_for_fingerprints() {
        let mut groups = Groups::default();
        for account in 0..1_700 {
            groups.add(vec![incoming(account, 0..1_000, "")], Some(account as u64)).expect("few");
        }
        assert!(groups.hashes <= HASHES_MAX);
        let (found, places) = groups.finish();
        assert_eq!(found.len(), 1_700);
        // Numbers are given in order of appearance, places by key.
        assert_eq!((places[0], found[places[9] as usize].key.account.as_str()), (0, "9"));
        let (share, sample) = found[0].fingerprint.names.containment(&incoming(0, 0..1_000, "").fingerprint.names);
        assert!(share > 0.99 && sample >= SIZE_MIN, "{share} from {sample}");
    }

    #[test]
    fn groups_that_come_again_take_no_more_room_than_there_is() {
        let mut groups = Groups { size: SIZE_MIN, ..Groups::default() };
        for part in 0..5u64 {
            groups.add(vec![incoming(1, part * 1_000..(part + 1) * 1_000, "")], None).expect("few");
            assert!(groups.hashes <= 2 * SIZE_MIN, "{} hashes", groups.hashes);
        }
    }

    #[test]
    fn a_column_that_numbers_every_row_is_named() {
        let mut groups = Groups::default();
        let account = |account: usize| Incoming { fingerprint: Fingerprint::default(), ..incoming(account, 0..0, "") };
        groups.add((0..GROUPS_MAX).map(account).collect(), None).expect("as many as there may be");
        groups.add(vec![account(7)], None).expect("known already");
        let error = groups.add(vec![account(GROUPS_MAX)], None).expect_err("too many");
        assert!(error.message.contains("100000 values of BillingAccountId: nothing was changed"), "{error}");
        assert!(error.hints[0].contains("is BillingAccountId what it should be?"), "{error:?}");
    }
}
