//! From when to when the providers of a bill are known.
//!
//! Each for itself: what one has delivered binds its own places, and the sums that it is in. Of a sum it cost nothing
//! before its first day, so that it is new there as anything else would be. Knows no places.

use std::collections::{BTreeMap, BTreeSet};

use super::hour_costs::Costs;
use crate::domain::calendar::{Day, HOUR_SECONDS};
use crate::domain::services::canonical_provider;
use crate::engine::answer::Freshness;
use crate::engine::table::{Key, Table};

/// Days that somebody must have been known for: before, all of it would be new.
pub const LEARN_DAYS: i32 = 28;
/// A provider that is so many days behind all others is gone: what it cost is left out.
const GONE_DAYS: i32 = 14;
/// The share of its days on which a provider must have charges.
const MOST_DAYS: f64 = 0.8;
/// Days without a charge of one that charges by the month: what is further apart was not the same beginning.
const GAP_DAYS: i32 = 45;
/// The share of its days without a charge up to which they were not delivered: of one that charges each day.
const LOST: f64 = 0.1;

/// How far a provider is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Its first day.
    pub first: Day,
    /// The last that has come.
    pub last: Day,
    /// The last that is settled.
    pub settled: Day,
    /// Days between them of which nothing at all came, of one that charges each day: a hole in the data is no saving.
    pub lost: BTreeSet<Day>,
}

/// Providers by name.
pub type Providers = BTreeMap<String, Known>;

impl Known {
    /// How many settled days are known.
    pub fn days(&self) -> i32 {
        (self.settled.plus(1).0 - self.first.0).max(0)
    }
}

/// The day from which on most days have charges: a correction of a day long ago is no beginning. Of one that charges
/// once a month or a week the first day that is not far from the next.
fn begins(days: &BTreeSet<Day>, otherwise: Day) -> Day {
    let Some(last) = days.last() else { return otherwise };
    let mut left = days.len() as i32;
    for day in days {
        let dense = f64::from(left) >= MOST_DAYS * f64::from(last.0 - day.0 + 1);
        if dense && 2 * left > days.len() as i32 {
            return *day;
        }
        left -= 1;
    }
    days.iter().rev().fold(*last, |first, day| if first.0 - day.0 <= GAP_DAYS { *day } else { first })
}

/// How many days lie between its charges, as a rule.
fn apart(days: &BTreeSet<Day>) -> i32 {
    let mut gaps: Vec<i32> = days.iter().zip(days.iter().skip(1)).map(|(day, next)| next.0 - day.0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1)
}

/// The days of which nothing came though there are charges of nearly all others from the first day on.
fn lost(days: &BTreeSet<Day>, first: Day) -> BTreeSet<Day> {
    let Some(last) = days.last() else { return BTreeSet::new() };
    let lost: BTreeSet<Day> = (first.0..last.0).map(Day).filter(|day| !days.contains(day)).collect();
    if lost.len() as f64 <= LOST * f64::from(last.0 - first.0) { lost } else { BTreeSet::new() }
}

/// How far the providers of each currency are known that still deliver, by a table of their days; none is settled
/// beyond a day.
pub fn of_currencies(
    table: &Table,
    freshness: &[Freshness],
    (as_of, settled_by): (Day, Day),
) -> BTreeMap<String, Providers> {
    let newest = freshness.iter().map(|f| f.last_day).max().unwrap_or(as_of).min(as_of);
    let mut come: BTreeMap<(String, String), BTreeSet<Day>> = BTreeMap::new();
    for (key, _) in table.groups() {
        let name = table.dimensions[0].text(key.values.0[0]).to_owned();
        let currency = table.currencies.get(key.currency).to_owned();
        come.entry((currency, name)).or_default().insert(Day::of_seconds(key.start));
    }
    let mut known: BTreeMap<String, Providers> = BTreeMap::new();
    for ((currency, name), days) in come {
        let Some(fresh) = freshness.iter().find(|f| canonical_provider(f.provider.raw()) == name) else { continue };
        let (mut last, mut settled) = (fresh.last_day.min(as_of), fresh.settled_through.min(as_of));
        // One that charges once a month is not behind because there was nothing to charge since.
        let apart = apart(&days);
        if apart > 1 && newest.0 - last.0 <= apart + apart / 4 {
            let settles = fresh.last_day.0 - fresh.settled_through.0;
            (last, settled) = (newest, settled.max(newest.plus(-settles)));
        }
        settled = settled.min(settled_by);
        if newest.0 - last.0 <= GONE_DAYS {
            let first = begins(&days, last);
            let known = known.entry(currency).or_default();
            known.insert(name, Known { first, last, settled, lost: lost(&days, first) });
        }
    }
    known
}

/// The last days of providers that are settled by the calendar.
pub fn settled(known: &BTreeMap<String, Providers>) -> BTreeSet<Day> {
    let all = known.values().flat_map(Providers::values);
    all.filter(|known| known.settled >= known.last).map(|known| known.last).collect()
}

/// A last day whose hours stop early is not settled, whatever the calendar says: more of it is yet to come. By a table of
/// its hours and those of the day before, and one of days.
pub fn wait_for_hours(known: &mut BTreeMap<String, Providers>, last: Day, (hours, days): (&Table, &Table)) {
    let before = last.plus(-1);
    let is_of = |table: &Table, key: &Key, of: (&String, &String)| {
        table.currencies.get(key.currency) == of.0 && table.dimensions[0].text(key.values.0[0]) == of.1
    };
    for (currency, providers) in known {
        for (name, known) in providers.iter_mut().filter(|(_, known)| known.last == last && known.settled >= last) {
            let of = (currency, name);
            let mut costs = Costs::default();
            for (key, total) in hours.groups().filter(|(key, _)| is_of(hours, key, of)) {
                let hour = (key.start - before.seconds()) / HOUR_SECONDS;
                costs.add(name, hour.max(0) as usize, total.sum.to_f64());
            }
            let is_before = |key: &Key| key.start == before.seconds() && is_of(days, key, of);
            let cost: f64 = days.groups().filter(|(key, _)| is_before(key)).map(|(_, total)| total.sum.to_f64()).sum();
            if costs.ends_early(cost) {
                known.settled = before;
            }
        }
    }
}

/// The days that a bill of some providers is of: its first, and how many are settled of the one that is settled
/// furthest.
pub fn span(providers: &Providers) -> (Day, i32) {
    let first = providers.values().map(|known| known.first).min().unwrap_or_default();
    let days = |known: &Known| known.settled.plus(1).0 - first.0;
    (first, providers.values().map(days).max().unwrap_or(0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins_on(days: impl IntoIterator<Item = i32>) -> i32 {
        begins(&days.into_iter().map(Day).collect(), Day(0)).0
    }

    #[test]
    fn a_correction_long_ago_is_no_beginning_and_a_monthly_bill_begins_with_its_first() {
        assert_eq!(begins_on(100..130), 100);
        assert_eq!(begins_on([20].into_iter().chain(100..130)), 100);
        assert_eq!(begins_on([20, 130]), 130);
        assert_eq!(begins_on((0..8).map(|month| 30 * month)), 0);
        assert_eq!(begins_on((0..140).filter(|day| day % 7 < 5)), 0, "office days only");
    }
    #[test]
    fn days_of_which_nothing_came_are_lost_where_each_day_is_charged_for() {
        let lost_of = |days: &dyn Fn(&i32) -> bool| {
            let days: BTreeSet<Day> = (0..90).filter(days).map(Day).collect();
            lost(&days, Day(0)).into_iter().map(|day| day.0).collect::<Vec<i32>>()
        };
        assert_eq!(lost_of(&|day| !(40..43).contains(day)), [40, 41, 42]);
        assert!(lost_of(&|day| *day < 80).is_empty(), "what ends has ended");
        assert!(lost_of(&|day| day % 7 < 5).is_empty(), "office days only");
        assert!(lost_of(&|day| day % 30 == 0).is_empty(), "monthly");
    }
}
