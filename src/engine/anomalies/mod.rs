//! Anomalies: found in the bills of a store, kept in its journal, and told.
//!
//! ```text
//! rollups -> bill (series of places) -> find (analytics::detect) + begun + hours -> records (what is kept) -> journal
//! journal -> list, detail -> answers
//! ```
//!
//! [`detect`] takes what it takes, over a large bill seconds, and changes nothing; [`Detected::changes`] is quick and
//! is made under the journal's lock, so that what somebody says meanwhile is not lost. Both are repeatable: the
//! same charges give the same records. Knows no face and no channel.

pub mod begun;
pub mod bill;
pub mod cause;
mod cells;
pub mod detail;
pub mod find;
pub mod hold;
mod hour_costs;
mod hour_place;
pub mod hours;
#[cfg(test)]
mod hours_tests;
mod known;
pub mod list;
mod once;
#[cfg(test)]
mod once_tests;
mod places;
pub mod records;
pub mod say;
mod silence;
mod spoken;
mod standing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;
pub mod within;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::bill::TooFew;
use self::records::{ANOMALY, Fresh, merge};
pub(super) use self::silence::late;
use super::Cancel;
use super::local::LocalEngine;
use super::scan::check;
use crate::domain::calendar::Day;
use crate::domain::money::Amount;
use crate::domain::services::canonical_provider;
use crate::error::Result;
use crate::store::journal::{Change, Journal};

/// The kind of the journal's entries that say what was looked at.
const WATCHED: &str = "watched";
/// Its name for anomalies.
const MARK: &str = "anomalies";
/// Days after the last of the charges in which something of them may still settle.
const AFTER_DAYS: i32 = 7;
/// Counted up when the same charges give other anomalies.
const EDITION: u32 = 23;

/// What was looked at last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The store's generation.
    pub generation: u64,
    /// As of which day.
    pub as_of: Day,
    /// By which edition of the detector.
    edition: u32,
    /// Currencies that are not known for long enough, and for how many settled days they are.
    pub too_few: Vec<TooFew>,
    /// How many series were looked at.
    pub series: u64,
    /// What an average day of each currency's bill costs.
    #[serde(default)]
    daily: BTreeMap<String, Amount>,
    /// The last day of each provider's charges.
    #[serde(default)]
    seen: BTreeMap<String, Day>,
}

/// What a detection found.
#[derive(Clone, Debug)]
pub struct Detected {
    fresh: Vec<Fresh>,
    mark: Mark,
    now: i64,
}

/// Looks for anomalies in all of a store's charges. Changes nothing.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn detect(engine: &LocalEngine, (as_of, now): (Day, i64), cancel: &Cancel) -> Result<Detected> {
    let generation = engine.store().manifest().generation;
    let bills = bill::read(engine, as_of, cancel)?;
    let (kept, before) = {
        let journal = engine.store().journal();
        (records::kept(&journal), mark(&journal))
    };
    // What another detector did not find had been there all the same.
    let seen = before.filter(|mark| mark.edition == EDITION).map(|mark| mark.seen).unwrap_or_default();
    let mut fresh = Vec::new();
    for bill in &bills.bills {
        check(cancel)?;
        let mut found = find::in_days(bill);
        cause::Looker { engine, bill, cancel }.look(&mut found)?;
        let known = |finding: &crate::domain::anomaly::Finding| hours::hour_is_known(&kept, &bill.currency, finding);
        begun::begin(engine, bill, &mut found, &known, cancel)?;
        let lately = hours::lately(engine, bill, &found, cancel)?;
        found.extend(lately);
        let before = kept.iter().filter(|anomaly| anomaly.currency == bill.currency).map(|anomaly| &anomaly.finding);
        let held = before.chain(found.iter().map(|found| &found.finding));
        let places = places::of(engine, bill, held, as_of, cancel)?;
        let (currency, seen) = (bill.currency.clone(), seen.clone());
        fresh.push(Fresh { currency, first: bill.first, daily: bill.daily, found, places, seen });
    }
    let series = bills.bills.iter().map(|bill| bill.nodes.len() as u64).sum();
    let daily = bills.bills.iter().map(|bill| (bill.currency.clone(), find::estimate(bill.daily))).collect();
    let mut seen = BTreeMap::<String, Day>::new();
    for fresh in engine.freshness(as_of) {
        let last = seen.entry(canonical_provider(fresh.provider.raw()).to_owned()).or_insert(fresh.last_day);
        *last = fresh.last_day.max(*last);
    }
    let mark = Mark { generation, as_of, edition: EDITION, too_few: bills.too_few, series, daily, seen };
    Ok(Detected { fresh, mark, now })
}

impl Detected {
    /// What follows for the records that a journal has: what is to be written, the mark that it was done last.
    ///
    /// # Errors
    /// None that the program knows of: an entry that cannot be written.
    pub fn changes(&self, journal: &Journal) -> Result<Vec<Change>> {
        let before = records::kept(journal);
        let rules = records::rules(journal, &before);
        let merged = merge(before, &self.fresh, &rules, (self.mark.as_of, self.now));
        let mut changes = Vec::new();
        for anomaly in merged.anomalies.iter().filter(|anomaly| merged.changed.contains(&anomaly.id)) {
            changes.push(Change::keep(ANOMALY, &anomaly.id.to_string(), anomaly)?);
        }
        changes.extend(merged.forgotten.iter().map(|id| Change::remove(ANOMALY, &id.to_string())));
        changes.push(Change::keep(WATCHED, MARK, &self.mark)?);
        Ok(changes)
    }
}

/// What was looked at last.
#[must_use]
pub fn mark(journal: &Journal) -> Option<Mark> {
    journal.kept(WATCHED).find(|(name, _)| *name == MARK).map(|(_, mark)| mark)
}

/// The day to look at a store as of: once all that it holds is settled, later days change nothing.
fn looked_at(engine: &LocalEngine, as_of: Day) -> Day {
    engine.data_days().map_or(as_of, |data| as_of.min(data.to.plus(AFTER_DAYS)))
}

/// Whether a store has been looked through as it is now, on this day or a later one.
#[must_use]
pub fn is_current(engine: &LocalEngine, as_of: Day) -> bool {
    let as_of = looked_at(engine, as_of);
    let generation = engine.store().manifest().generation;
    mark(&engine.store().journal())
        .is_some_and(|mark| mark.generation == generation && mark.as_of >= as_of && mark.edition == EDITION)
}

/// Looks for anomalies and writes what follows, where the store has changed since that was done last.
/// Tells whether something else is known now.
///
/// # Errors
/// As [`detect`]; kind `Store` where the disk fails.
pub fn refresh(engine: &LocalEngine, as_of: Day, cancel: &Cancel) -> Result<bool> {
    if is_current(engine, as_of) {
        return Ok(false);
    }
    // What is known of a later day is not unlearnt.
    let as_of = looked_at(engine, as_of);
    let as_of = mark(&engine.store().journal()).map_or(as_of, |mark| mark.as_of.max(as_of));
    let detected = detect(engine, (as_of, as_of.seconds()), cancel)?;
    let mut journal = engine.store().journal();
    let changes = detected.changes(&journal)?;
    let news = changes.len() > 1;
    journal.set_all(changes)?;
    Ok(news)
}
