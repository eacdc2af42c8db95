//! How a period would stand if something else came: changes applied to what is foretold.
//!
//! A change touches only days to come. Growth and prices act on the usage that is foretold of a day, or of a service on
//! the share of it that the service had of late; purchases, tax and credits that are put back there stay as they are.
//! What is added or bought comes on top. The interval grows with usage, and a certain sum on top moves it as it is.
//! Estimates, all of them. Knows no store and no screen.

use std::collections::BTreeMap;

use super::Path;
use crate::analytics::forecast::Band;
use crate::domain::calendar::Day;
use crate::domain::scenario::Change;

/// Days in a month of growth.
const MONTH_DAYS: f64 = 365.25 / 12.0;

/// What changes are applied to.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What is foretold, by day.
    pub path: &'a Path,
    /// What of each of these days is usage that is foretold.
    pub usage: &'a [f64],
    /// The period's first day.
    pub from: Day,
    /// The last day that nothing can change any more.
    pub as_of: Day,
    /// Which share of usage each service has.
    pub shares: &'a BTreeMap<String, f64>,
}

/// What would come.
#[derive(Clone, PartialEq, Debug)]
pub struct Otherwise {
    /// What the period would have cost with each day.
    pub path: Vec<(Day, Band)>,
    /// What each change adds to the period's end, after those before it.
    pub effects: Vec<f64>,
}

/// Applies changes one after the other.
#[must_use]
pub fn otherwise(ground: &Ground<'_>, changes: &[Change]) -> Otherwise {
    let mut added = vec![Added::default(); ground.path.len()];
    let mut effects = Vec::with_capacity(changes.len());
    for upto in 1..=changes.len() {
        let now = sums(ground, &changes[..upto]);
        let end = |sums: &[Added]| sums.last().map_or(0.0, |added| added.foretold + added.certain);
        effects.push(end(&now) - end(&added));
        added = now;
    }
    let mut path = Vec::with_capacity(added.len());
    let mut usage = 0.0;
    for (((day, band), of_day), added) in ground.path.iter().zip(ground.usage).zip(&added) {
        usage += of_day;
        path.push((*day, moved(band, *added, usage)));
    }
    Otherwise { path, effects }
}

/// What is to be known of each change besides what it adds: why it does not count, or counts otherwise than it
/// seems to.
#[must_use]
pub fn remarks(ground: &Ground<'_>, changes: &[Change]) -> Vec<Option<String>> {
    let Some((last, _)) = ground.path.last() else { return vec![None; changes.len()] };
    let is_bought = |change: &Change| matches!(change, Change::Buy { .. });
    // What moves all of a period to come moves it, however long before.
    let is_cut =
        |change: &Change| ground.from <= ground.as_of || matches!(change, Change::Growth { monthly: true, .. });
    let remark = |(at, change): (usize, &Change)| match change.day() {
        Some(day) if day > *last => Some(format!("does not count: the period ends on {last}")),
        Some(day) if is_bought(change) && ground.from > ground.as_of && day < ground.from => {
            Some(format!("does not count: the period begins on {}", ground.from))
        }
        Some(day) if is_bought(change) && day < ground.as_of => {
            Some(format!("does not count: on {day} it was bought or not, and is in what was spent"))
        }
        Some(day) if !is_bought(change) && day <= ground.as_of && is_cut(change) => {
            Some(format!("counts from {} on: what came before stays as it is", ground.as_of.plus(1)))
        }
        _ => {
            let first = changes[..at].iter().position(|other| other == change)?;
            Some(format!("the same as change {}: both count", first + 1))
        }
    };
    changes.iter().enumerate().map(remark).collect()
}

/// What changes add.
#[derive(Clone, Copy, Default)]
struct Added {
    /// Growth and prices: shares of usage that is foretold, as unsure as that.
    foretold: f64,
    /// What is added or bought: nothing is unsure about it.
    certain: f64,
}

/// A band moved, its width in proportion to the usage that is foretold up to it.
fn moved(band: &Band, by: Added, usage: f64) -> Band {
    let mid = band.mid + by.foretold;
    let factor = if usage > 0.0 { ((usage + by.foretold) / usage).max(0.0) } else { 1.0 };
    let at = |bound: f64| mid + (bound - band.mid) * factor;
    let band = Band { mid, lo80: at(band.lo80), hi80: at(band.hi80), lo95: at(band.lo95), hi95: at(band.hi95) };
    band.plus(by.certain)
}

/// What changes add up to and with each day.
fn sums(ground: &Ground<'_>, changes: &[Change]) -> Vec<Added> {
    let mut sum = Added::default();
    let mut sums = Vec::with_capacity(ground.path.len());
    for ((day, _), usage) in ground.path.iter().zip(ground.usage) {
        if *day > ground.as_of {
            let day = day_of(ground, changes, *day, *usage);
            sum = Added { foretold: sum.foretold + day.foretold, certain: sum.certain + day.certain };
        }
        sums.push(sum);
    }
    sums
}

/// What changes add to a day of which so much usage is foretold.
fn day_of(ground: &Ground<'_>, changes: &[Change], day: Day, usage: f64) -> Added {
    let first = ground.as_of.plus(1);
    let mut all = 1.0;
    let mut of: BTreeMap<&str, f64> = BTreeMap::new();
    let mut on_top = 0.0;
    for change in changes {
        let begins = change.day().map_or(first, |day| day.max(first));
        let factor = match change {
            Change::Buy { amount, on } => {
                // What was bought before is in what was spent, or in a period before one that is to come.
                let bought = on.map_or(first.max(ground.from), |on| on.max(first));
                let counts = day == bought && on.is_none_or(|on| on >= ground.as_of && on >= ground.from);
                on_top += if counts { amount.to_f64() } else { 0.0 };
                continue;
            }
            _ if day < begins => continue,
            Change::Add { count, price, .. } => {
                on_top += count.to_f64() * price.to_f64();
                continue;
            }
            Change::Price { percent, .. } | Change::Growth { percent, monthly: false, .. } => 1.0 + percent.share(),
            Change::Growth { percent, .. } => {
                let months = f64::from(day.0 + 1 - begins.0) / MONTH_DAYS;
                (1.0 + percent.share()).max(0.0).powf(months)
            }
        };
        match change.service() {
            Some(service) => *of.entry(service.raw()).or_insert(1.0) *= factor,
            None => all *= factor,
        }
    }
    let by_service: f64 =
        of.iter().map(|(name, factor)| ground.shares.get(*name).copied().unwrap_or(0.0) * (factor - 1.0)).sum();
    Added { foretold: usage * (all * (1.0 + by_service) - 1.0), certain: on_top }
}
