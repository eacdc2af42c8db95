//! What the store knows of scopes that are synced, besides their charges: which days have come of
//! them and when, which deliveries, what was restated, and their facets.
//!
//! A facet splits the same costs as a scope's charges by other dimensions. Its groups stand apart from
//! those of the manifest, so that no sum ever holds both. Knows no provider and no schedule.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::manifest::{Group, Manifest};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;

/// Restated days that a scope remembers, the newest.
const RESTATED_MAX: usize = 500;

/// The feed whose charges are the scope's, as `Feed::BASE` names it to whoever asks providers.
pub const BASE: &str = "base";

/// Seconds after a day has ended until those who bill have told what it had: AWS refreshes up to three times a day
/// and Azure every four hours, with what is then 8 to 24 hours old.
const TOLD_AFTER: i64 = 12 * 3_600;
/// A day that came so many days after it began was seen from its beginning.
const SOON: i32 = 3;
/// A day that still was seen so many days after it began, and not restated later, is settled.
const LONG_AFTER: i32 = 20;
/// So many days must have been seen before anything is learnt of them.
const LEARNT_FROM: usize = 20;

/// Scopes by their source's name.
pub type Scopes = BTreeMap<String, Synced>;

/// What is known of a scope.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Synced {
    /// The dimensions that its charges tell, besides provider, billing account and currency; empty where
    /// they tell all.
    pub tells: Vec<Dimension>,
    /// What part of its billing account it is, as a path of names and values (`subscriptions/ID`); empty where
    /// it is the whole.
    pub covers: String,
    /// By feed, which days have come, whether they had charges or not.
    pub days: BTreeMap<String, BTreeMap<Day, Come>>,
    /// Deliveries that have come, by name.
    pub deliveries: BTreeMap<String, Delivered>,
    /// Groups of its facets.
    pub facets: Vec<Facet>,
    /// What it gave when it was last looked at, to look from next time; empty before.
    pub mark: String,
    /// Days whose billed cost was another one than before, oldest first.
    pub restated: Vec<Restated>,
    /// What it can be asked for besides.
    pub asks: Asking,
    /// The first day that was wanted of its charges when days of them last came: none before it is missing.
    pub since: Option<Day>,
}

/// What a scope whose charges do not tell everything can be asked for, and at what price.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Asking {
    /// Whom it asks, as a person calls it: `AWS`. Empty where it cannot be asked for more.
    pub title: String,
    /// The dimensions that it can tell, besides any tag.
    pub dimensions: Vec<Dimension>,
    /// How many of them a request tells jointly.
    pub jointly: u8,
    /// Rows that a request brings at most; 0 where that is not known.
    pub page_rows: u32,
    /// The price of a request, in millionths of a US dollar; 0 where requests are free.
    pub request_microdollars: u32,
}

/// A day of a feed that has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Come {
    /// When it last came, seconds since 1970.
    pub at: i64,
    /// When it first came or last came with another billed cost than before.
    pub changed_at: i64,
    /// How many times its cost was another one.
    pub revision: u32,
    /// Whether the provider itself calls it estimated.
    pub estimated: bool,
}

impl Come {
    /// Whether it came once all that its day had was told, but for what settles later.
    #[must_use]
    pub fn is_whole(&self, day: Day) -> bool {
        self.at >= whole_from(day)
    }
}

/// From when on, seconds since 1970, what comes of a day is all that it had.
#[must_use]
pub fn whole_from(day: Day) -> i64 {
    day.plus(1).seconds() + TOLD_AFTER
}

/// A delivery that has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delivered {
    /// Its version; empty where it is to be brought again, another one where some of it was held back.
    pub version: String,
    /// When, seconds since 1970.
    pub at: i64,
}

/// Charges of an account in a billing period, split by what a feed tells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facet {
    /// The feed.
    pub feed: String,
    /// What it tells, besides provider, billing account and currency.
    pub tells: Vec<Dimension>,
    /// Whether its charges are of an hour each, and not of days as the scope's.
    pub hours: bool,
    /// Its charges.
    pub group: Group,
}

/// A day whose billed cost was another one than before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Restated {
    /// When that was seen, seconds since 1970.
    pub at: i64,
    /// The day.
    pub day: Day,
    /// The currency.
    pub currency: String,
    /// What it billed before, where its cost was known.
    pub before: Option<Amount>,
    /// What it bills now.
    pub after: Option<Amount>,
}

impl Synced {
    /// What has come, without facets' charges and what was restated: those may be much.
    #[must_use]
    pub fn come_alone(&self) -> Synced {
        Synced {
            tells: self.tells.clone(),
            covers: self.covers.clone(),
            days: self.days.clone(),
            deliveries: self.deliveries.clone(),
            facets: Vec::new(),
            mark: self.mark.clone(),
            restated: Vec::new(),
            asks: self.asks.clone(),
            since: self.since,
        }
    }

    /// Notes that days of a feed have come; of those that `changed` is true of, the cost is another one.
    pub fn come(
        &mut self,
        feed: &str,
        days: Period,
        at: i64,
        changed: impl Fn(Day) -> bool,
        estimated: &BTreeSet<Day>,
    ) {
        let known = self.days.entry(feed.to_owned()).or_default();
        for day in days.iter() {
            let estimated = estimated.contains(&day);
            known
                .entry(day)
                .and_modify(|come| {
                    if changed(day) {
                        (come.changed_at, come.revision) = (at, come.revision.saturating_add(1));
                    }
                    (come.at, come.estimated) = (at, estimated);
                })
                .or_insert(Come { at, changed_at: at, revision: 0, estimated });
        }
    }

    /// After how many days a day of these charges was restated no more, by what was seen: nineteen of twenty
    /// days had their last cost by then. `None` where too few days were seen from soon after they began until
    /// long after. A day that first came late says nothing about when it was settled.
    #[must_use]
    pub fn settles_in(&self) -> Option<u16> {
        let lag = |(day, come): (&Day, &Come)| {
            let (changed, seen) = (Day::of_seconds(come.changed_at).0 - day.0, Day::of_seconds(come.at).0 - day.0);
            let was_seen_early = come.revision > 0 || changed <= SOON;
            (seen >= LONG_AFTER && was_seen_early && changed <= LONG_AFTER).then_some(changed.max(0))
        };
        let mut lags: Vec<i32> = self.days.get(BASE)?.iter().filter_map(lag).collect();
        lags.sort_unstable();
        let at = lags.len().checked_sub(1).filter(|last| *last + 1 >= LEARNT_FROM)? * 19 / 20;
        u16::try_from(lags[at]).ok()
    }

    /// Remembers what was restated, the newest of it.
    pub fn restate(&mut self, restated: Vec<Restated>) {
        self.restated.extend(restated);
        let old = self.restated.len().saturating_sub(RESTATED_MAX);
        self.restated.drain(..old);
    }

    /// How many deliveries have come and are not to be brought again.
    #[must_use]
    pub fn come_deliveries(&self) -> usize {
        self.deliveries.values().filter(|delivery| !delivery.version.is_empty()).count()
    }

    /// Has all deliveries brought again, in their order: their names stay, which tell that they have come before.
    pub fn bring_again(&mut self) {
        self.deliveries.values_mut().for_each(|delivery| delivery.version.clear());
    }

    /// Forgets that days of a feed have come, so that they are brought again.
    pub fn forget(&mut self, feed: &str, gone: impl Fn(Day) -> bool) {
        if let Some(known) = self.days.get_mut(feed) {
            known.retain(|day, _| !gone(*day));
        }
    }
}

impl Manifest {
    /// Groups of facets, which no sum holds beside the others.
    pub fn facets(&self) -> impl Iterator<Item = &Facet> {
        self.scopes.values().flat_map(|synced| &synced.facets)
    }

    /// All groups, those of facets too: what keeps segments and rollups alive.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().chain(self.facets().map(|facet| &facet.group))
    }

    /// The dimensions that a group's charges tell, besides provider, billing account and currency; `None`
    /// where they tell all.
    #[must_use]
    pub fn tells(&self, group: &Group) -> Option<&[Dimension]> {
        let synced = self.scopes.get(&group.source)?;
        (!synced.tells.is_empty()).then_some(&synced.tells)
    }

    /// Takes out the facets that damage hit, and has what was lost of scopes brought again: their days and
    /// deliveries are no longer known to have come.
    pub fn forget_lost(&mut self, lost: &[Group], hit: &BTreeSet<u64>) {
        for group in lost {
            if let (Some(synced), Some(days)) = (self.scopes.get_mut(&group.source), group.days()) {
                synced.forget(BASE, |day| days.contains(day));
                synced.bring_again();
                synced.mark.clear();
            }
        }
        for synced in self.scopes.values_mut() {
            let gone: Vec<Facet> = synced.facets.extract_if(.., |facet| hit.contains(&facet.group.id)).collect();
            for (facet, days) in gone.iter().filter_map(|facet| Some((facet, facet.group.days()?))) {
                synced.forget(&facet.feed, |day| days.contains(day));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_comes_again_alike_keeps_when_it_changed() {
        let (mut synced, day) = (Synced::default(), Day(20_000));
        let days = Period { from: day, to: day.plus(2) };
        synced.come("base", days, 10, |_| false, &[day].into());
        synced.come("base", days, 20, |changed| changed == day, &BTreeSet::new());
        synced.come("base", Period { from: day, to: day.plus(1) }, 30, |_| false, &BTreeSet::new());
        let come = |at, changed_at, revision| Come { at, changed_at, revision, estimated: false };
        assert_eq!(synced.days["base"], [(day, come(30, 20, 1)), (day.plus(1), come(20, 10, 0))].into());
    }

    #[test]
    fn when_days_settle_is_learnt_from_those_that_were_seen_from_their_beginning() {
        let mut synced = Synced::default();
        let today = Day(20_100);
        let come = |day: Day, changed_after: i32, revision| Come {
            at: today.seconds(),
            changed_at: day.plus(changed_after).seconds(),
            revision,
            estimated: false,
        };
        let days = synced.days.entry("base".into()).or_default();
        // History that came at once says nothing, nor do days that are still young.
        days.extend((200..400).map(|back| (today.plus(-back), come(today.plus(-back), back, 0))));
        days.extend((0..20).map(|back| (today.plus(-back), come(today.plus(-back), 1, 3))));
        assert_eq!(synced.settles_in(), None);
        let days = synced.days.entry("base".into()).or_default();
        days.extend((20..60).map(|back| (today.plus(-back), come(today.plus(-back), back % 4 + 1, 2))));
        // One correction long after is no habit.
        days.insert(today.plus(-30), come(today.plus(-30), 19, 4));
        assert_eq!(synced.settles_in(), Some(4));
    }

    #[test]
    fn restated_days_are_remembered_up_to_a_number() {
        let mut synced = Synced::default();
        let restated = |at| Restated { at, day: Day(20_000), currency: "USD".into(), before: None, after: None };
        synced.restate((0..RESTATED_MAX as i64).map(restated).collect());
        synced.restate(vec![restated(-1)]);
        assert_eq!((synced.restated.len(), synced.restated[0].at), (RESTATED_MAX, 1));
    }
}
