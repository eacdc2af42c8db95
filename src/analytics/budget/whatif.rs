//! How a period would stand if something else came: changes applied to what is foretold.
//!
//! A change touches only days to come. Growth and prices act on what is foretold of a day, or of a service the
//! share of it that the service had of late; what is added or bought comes on top. The interval grows with what
//! is foretold, and a certain sum on top moves it as it is. Estimates, all of them. Knows no store and no screen.

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
    /// What was spent before the path's first day.
    pub before: f64,
    /// The period's first day.
    pub from: Day,
    /// The last day that nothing can change any more.
    pub as_of: Day,
    /// Which share of what is foretold each service has.
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
    for ((day, band), added) in ground.path.iter().zip(&added) {
        path.push((*day, moved(band, *added, ground.before)));
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
    /// Growth and prices: shares of what is foretold, as unsure as that.
    foretold: f64,
    /// What is added or bought: nothing is unsure about it.
    certain: f64,
}

/// A band moved, its width in proportion to what is still to come and foretold.
fn moved(band: &Band, by: Added, before: f64) -> Band {
    let mid = band.mid + by.foretold;
    let to_come = band.mid - before;
    let factor = if to_come > 0.0 { ((mid - before) / to_come).max(0.0) } else { 1.0 };
    let at = |bound: f64| mid + (bound - band.mid) * factor;
    let band = Band { mid, lo80: at(band.lo80), hi80: at(band.hi80), lo95: at(band.lo95), hi95: at(band.hi95) };
    band.plus(by.certain)
}

/// What changes add up to and with each day.
fn sums(ground: &Ground<'_>, changes: &[Change]) -> Vec<Added> {
    let mut sum = Added::default();
    let mut last = ground.before;
    let mut sums = Vec::with_capacity(ground.path.len());
    for (day, band) in ground.path {
        let cost = band.mid - last;
        last = band.mid;
        if *day > ground.as_of {
            let day = day_of(ground, changes, *day, cost);
            sum = Added { foretold: sum.foretold + day.foretold, certain: sum.certain + day.certain };
        }
        sums.push(sum);
    }
    sums
}

/// What changes add to a day that is foretold to cost so much.
fn day_of(ground: &Ground<'_>, changes: &[Change], day: Day, cost: f64) -> Added {
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
    Added { foretold: cost * (all * (1.0 + by_service) - 1.0), certain: on_top }
}
