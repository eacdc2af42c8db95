//! What goes on already, by the days of its own place, and what is nothing but that told at another place.
//!
//! A detector looks anew each time: what began at one place it may find at one around it, at several within it, or once
//! more where it only paused. What is known of the money tells then what is new, and nothing is told twice. Knows no
//! store.

use std::collections::BTreeMap;

use super::bill::place_of;
use super::find::{self, Found};
use super::hold::{self, Days};
use super::records::{self, Fresh, provider_of_days, with, with_contributors};
use crate::analytics::detect::identity::{self, Known, SLACK};
use crate::analytics::detect::place::Place;
use crate::analytics::detect::tree::Anomaly as Anomalous;
use crate::domain::anomaly::{Anomaly, Course, Finding, Reckoned};
use crate::domain::calendar::Day;
use crate::domain::held::Held;
use crate::domain::money::Amount;

/// The share of what is known that something within it must have to be where it is.
const MOST: f64 = 0.9;
/// How many times what it was off before a pause something may be off after it and be the same.
const AGAIN: f64 = 1.25;

/// What goes on, or went on, at a place.
pub(super) struct Standing {
    place: Place,
    reach: Place,
    rises: bool,
    going: bool,
    impact: f64,
    /// What each day was off, that is of it.
    off: BTreeMap<Day, f64>,
    /// The settled day after the last.
    end: Day,
}

impl Standing {
    /// By what it is held against; a reach is its place and who has nearly all of it there.
    pub(super) fn of(finding: &Finding, reach: Place, held: Option<&Held>, days: &Days) -> Option<Standing> {
        if finding.hourly || finding.relabelled || finding.kind.is_news() {
            return None;
        }
        let (course, impact, off) = hold::stands(finding, held, days);
        let off: BTreeMap<Day, f64> = off.into_iter().collect();
        // What is told to be over goes on again where that will be told.
        let last = off.keys().next_back().map_or(0, |last| last.0 - finding.last.0);
        let going = course.is_going() && (finding.course.is_going() || last >= hold::BACK as i32);
        let place = place_of(&finding.place);
        Some(Standing { place, reach, rises: finding.rises, going, impact, off, end: days.end() })
    }

    fn start(&self) -> Day {
        self.off.keys().next().copied().unwrap_or_default()
    }

    fn last(&self) -> Day {
        self.off.keys().next_back().copied().unwrap_or_default()
    }

    fn mean(&self, days: std::ops::Range<Day>) -> Option<f64> {
        let off: Vec<f64> = self.off.iter().filter(|(day, _)| days.contains(day)).map(|(_, off)| *off).collect();
        (!off.is_empty()).then(|| off.iter().sum::<f64>() / off.len() as f64)
    }

    /// Whether something at its place or within it only came back with it after a pause, and it is off hardly more than
    /// before.
    fn is_back_with(&self, finding: &Finding, reach: &Place) -> bool {
        let (start, sign) = (finding.start, if self.rises { 1.0 } else { -1.0 });
        let paused = (start.0 - SLACK as i32..start.0).any(|day| !self.off.contains_key(&Day(day)));
        let (before, since) = (self.mean(self.start()..start), self.mean(start..self.end));
        let is_same = before.zip(since).is_some_and(|(before, since)| since * sign <= AGAIN * before * sign);
        self.going && paused && is_same && start > self.start().plus(SLACK as i32) && self.place.holds(reach)
    }

    /// Whether something within it that began with it has but a part of it.
    fn has_more(&self, finding: &Finding, reach: &Place) -> bool {
        let near = (finding.start.0 - self.start().0).abs() <= SLACK as i32;
        let covered = match finding.course.is_going() {
            true => self.going && finding.last <= self.last(),
            false => finding.last <= self.last().plus(SLACK as i32),
        };
        let less = finding.impact.to_f64().abs() < MOST * self.impact.abs();
        near && covered && less && self.place.holds(reach) && self.place != place_of(&finding.place)
    }

    /// Whether it is in what was found around it, and did not cost more before that began.
    fn is_in(&self, finding: &Finding, place: &Place) -> bool {
        let began = finding.start.plus(-(SLACK as i32));
        let is_around = place.holds(&self.reach) && !self.place.holds(place);
        self.start() >= began && self.start() <= finding.last && is_around
    }
}

/// What was found of a currency and is not just what goes on already, each also with who has it.
pub(super) fn what_is_new<'f>(
    known: &[(&Anomaly, &Known)],
    of: &'f Fresh,
    as_of: Day,
) -> (Vec<&'f Found>, Vec<Anomalous>) {
    let days = |finding: &Finding| of.places.get(&place_of(&finding.place));
    let is_told = |course: Course| course.is_going() || course == Course::Over;
    let held = known.iter().filter(|(a, _)| is_told(a.finding.course) && hold::is_held(&a.finding, as_of));
    let held = held.filter_map(|(anomaly, known)| {
        let finding = &anomaly.finding;
        Standing::of(finding, known.reach.clone(), anomaly.held.as_ref(), days(finding)?)
    });
    let standing: Vec<Standing> = held.collect();
    let all: Vec<(&Found, Anomalous)> =
        of.found.iter().map(|found| (found, with_contributors(found, &of.places))).collect();
    let beside = all
        .iter()
        .filter_map(|(found, raw)| Standing::of(&found.finding, identity::reach_of(raw), None, days(&found.finding)?));
    let beside: Vec<Standing> = beside.collect();
    let is_new = |found: &Found, raw: &Anomalous| {
        let is_its_own = known.iter().any(|(_, known)| known.is_at(raw));
        !is_nothing_new(found, raw, is_its_own, (&standing, &beside))
    };
    let new: Vec<bool> = all.iter().map(|(found, raw)| is_new(found, raw)).collect();
    all.into_iter().zip(new).filter(|(_, is_new)| *is_new).map(|(found, _)| found).unzip()
}

/// Whether what was found is nothing but what is known to go on, where that has no anomaly of its own place; or only came
/// back after a pause, with what is known or was found beside it.
fn is_nothing_new(
    found: &Found,
    raw: &Anomalous,
    is_its_own: bool,
    (known, beside): (&[Standing], &[Standing]),
) -> bool {
    let (finding, reach) = (&found.finding, identity::reach_of(raw));
    if finding.hourly || finding.relabelled || finding.kind.is_news() {
        return false;
    }
    let alike = |standing: &&Standing| standing.rises == finding.rises;
    let is_known = || {
        known.iter().filter(alike).any(|standing| standing.has_more(finding, &reach))
            || !found.raw.is_net && is_without(finding, &raw.place, known)
    };
    !is_its_own && is_known()
        || known.iter().chain(beside).filter(alike).any(|standing| standing.is_back_with(finding, &reach))
}

/// Whether what is known within a place leaves nothing of it that would be out by itself: neither of its furthest day nor
/// of a mean one.
fn is_without(finding: &Finding, place: &Place, known: &[Standing]) -> bool {
    let inner: Vec<&Standing> =
        known.iter().filter(|known| known.rises == finding.rises && known.is_in(finding, place)).collect();
    let (peak, furthest) = finding.peak;
    let at_peak: f64 = inner.iter().filter_map(|known| known.off.get(&peak)).sum();
    let days = f64::from(finding.last.0 - finding.start.0 + 1).max(1.0);
    let all = inner.iter().flat_map(|known| &known.off);
    let all = all.filter(|(day, _)| (finding.start..=finding.last).contains(*day)).map(|(_, off)| *off);
    let mean = all.sum::<f64>() / days;
    let within = |day: &Reckoned, less: f64| {
        let left = day.actual.to_f64() - less;
        if finding.rises { left <= day.upper.to_f64() } else { left >= day.lower.to_f64() }
    };
    !inner.is_empty() && within(&furthest, at_peak) && within(&finding.day, mean)
}

/// What is told of a place that goes on without what began later within it and is told by itself.
pub(super) fn without(told: Finding, seen: &[&Finding], of: &Fresh) -> Finding {
    let place = place_of(&told.place);
    let is_within = |other: &&&Finding| {
        let days = of.places.get(&place_of(&other.place));
        let reach = with(&records::reach_of(other), provider_of_days(days));
        let later = other.start.0 - told.start.0 > SLACK as i32 && other.rises == told.rises && !other.hourly;
        later && other.course.is_going() && place_of(&other.place) != place && place.holds(&reach)
    };
    let inner: Vec<&&Finding> = seen.iter().filter(is_within).collect();
    let (impact, rate): (Amount, Amount) =
        (inner.iter().map(|inner| inner.impact).sum(), inner.iter().map(|inner| inner.rate).sum());
    let left = (told.impact - impact).ratio(told.impact).is_some_and(|left| left > 0.0);
    if !told.course.is_going() || inner.is_empty() || !left {
        return told;
    }
    let share = (told.impact - impact).ratio(told.impact).unwrap_or(1.0);
    let off = find::estimate((told.day.actual - told.day.expected).to_f64() * share);
    let less = Finding {
        impact: told.impact - impact,
        rate: told.rate - rate,
        day: Reckoned { actual: told.day.expected + off, ..told.day },
        ..told
    };
    Finding { severity: find::weigh(&less, of.daily), ..less }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
