//! The hours of what was found by its days: in which of them it began, and what a day of it costs.
//!
//! The first day of an anomaly and its last are seldom whole: it began in an evening, or hours of today have not come.
//! Held against a whole day, such a day tells too little of it. So where there are charges by the hour, a day of it is
//! told by the hours that it has had, the last day's worth of them, for as long as no whole day of it has settled; and
//! hours that have not come count as what they usually cost. Knows no records.

use super::bill::{Bill, request};
use super::detail::clauses;
use super::find::{self, Found};
use crate::analytics::detect::event::Shape;
use crate::analytics::detect::scale::median;
use crate::domain::anomaly::{Finding, Kind};
use crate::domain::calendar::{DAY_HOURS, Granularity, HOUR_SECONDS, Period};
use crate::domain::filter::Clause;
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::local::LocalEngine;
use crate::engine::table::Table;
use crate::error::Result;

/// Anomalies whose hours are looked at, at most.
const LOOKED_FOR: usize = 8;
/// Days that an hour is held against.
const BEFORE_DAYS: i32 = 14;
/// Days for which an anomaly is young: later ones have whole days enough.
const YOUNG_DAYS: i32 = 7;
/// The share of what an anomaly cost that its hours must tell: the rest is of charges of whole days.
const TOLD: f64 = 0.5;
/// Hours of the evening before its first day in which it may have begun, and the share of what an hour of the first is off
/// that each of them must be.
const EVENING: usize = 8;
const EVENING_LEAST: f64 = 0.5;
/// How much a day may cost of what days before it did, for its hours to be held against theirs in that proportion.
const PROPORTION: std::ops::RangeInclusive<f64> = 0.5..=2.0;

/// Looks for the hours in which the latest of some anomalies began, and reckons by the hours what a day of those
/// costs that are young and go on. Of what is `known` the hour is known already.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn begin(
    engine: &LocalEngine,
    bill: &Bill,
    found: &mut [Found],
    known: &dyn Fn(&Finding) -> bool,
    cancel: &Cancel,
) -> Result<()> {
    let to = bill.first.plus(bill.settled as i32);
    // What is over, and what fell, is looked at while it is news.
    let is_sudden = |f: &Found| {
        f.raw.event.shape != Shape::Ramp && (matters(&f.finding) || f.finding.start.plus(BEFORE_DAYS) >= to)
    };
    let is_asked = |f: &&mut Found| is_sudden(f) && (is_young(&f.finding) || !known(&f.finding));
    let mut latest: Vec<&mut Found> = found.iter_mut().filter(is_asked).collect();
    latest.sort_by_key(|found| (!matters(&found.finding), std::cmp::Reverse(found.finding.start)));
    latest.truncate(LOOKED_FOR);
    let tables = read(engine, bill, &latest, cancel)?;
    for (found, table) in latest.into_iter().zip(&tables) {
        let Some(hours) = Hours::new(bill, &found.finding, table) else { continue };
        let Some(begun) = hours.begun() else { continue };
        if is_young(&found.finding) && found.finding.kind != Kind::Expired {
            hours.reckon(begun.max(0) as usize, &mut found.finding, bill.daily);
        }
        if !known(&found.finding) || begun < 0 {
            found.finding.start_hour = Some(found.finding.start.seconds() + begun * HOUR_SECONDS);
        }
        if begun < 0 {
            began_the_day_before(&mut found.finding, hours.evening(begun), bill.daily);
        }
    }
    Ok(())
}

fn matters(finding: &Finding) -> bool {
    finding.rises && finding.course.is_going()
}

fn is_young(finding: &Finding) -> bool {
    matters(finding) && finding.last.0 - finding.start.0 < YOUNG_DAYS
}

/// Whether hours of its last day that have not come count as what they usually cost; otherwise they count as nothing.
pub(super) fn counts_missing(finding: &Finding) -> bool {
    finding.hourly || is_young(finding) && finding.kind != Kind::Expired
}

/// Dates an anomaly a day earlier, which began in the evening before the first day that showed it, by what that evening
/// cost beyond what it usually does.
pub(super) fn began_the_day_before(finding: &mut Finding, evening: Amount, daily: f64) {
    finding.start = finding.start.plus(-1);
    finding.impact += evening;
    finding.evening = Some(evening);
    finding.severity = find::weigh(finding, daily);
}

/// The days whose hours of an anomaly are looked at: of an older one no more than tell when it began.
fn days_of(finding: &Finding) -> Period {
    let to = finding.last.min(finding.start.plus(YOUNG_DAYS));
    Period { from: finding.start.plus(-BEFORE_DAYS), to: to.plus(1) }
}

/// What some anomalies' places cost by the hour, the charges read once for all.
fn read(engine: &LocalEngine, bill: &Bill, found: &[&mut Found], cancel: &Cancel) -> Result<Vec<Table>> {
    let clauses: Vec<Vec<Clause>> = found.iter().map(|found| clauses(&found.finding)).collect();
    let asked = found.iter().zip(&clauses).map(|(found, clauses)| {
        request(Some(&bill.currency), days_of(&found.finding), (&[], clauses), Some(Granularity::Hour))
    });
    engine.aggregate_together(&asked.collect::<Vec<_>>(), cancel)
}

/// The hours of an anomaly's place.
struct Hours {
    /// Those of the days before it, of whole days.
    before: Vec<f64>,
    /// Those since the beginning of its first day, as far as they have come.
    since: Vec<f64>,
    /// What a day cost beside the days before it: a day of a weekend is held against hours that were less.
    proportion: f64,
    /// One where the cost rose, less than nothing where it fell.
    sign: f64,
}

impl Hours {
    /// `None` where its first day has no hours: a day whose charges all lie in one has none.
    fn new(bill: &Bill, finding: &Finding, table: &Table) -> Option<Hours> {
        let period = days_of(finding);
        let mut before = vec![0.0; period.days().max(0) as usize * DAY_HOURS];
        for (key, total) in table.groups() {
            let at = (key.start - period.from.seconds()) / HOUR_SECONDS;
            before.get_mut(at.max(0) as usize).into_iter().for_each(|hour| *hour += total.sum.to_f64());
        }
        let mut since = before.split_off((BEFORE_DAYS as usize * DAY_HOURS).min(before.len()));
        since.truncate(since.iter().rposition(|cost| *cost != 0.0).map_or(0, |last| last + 1));
        if since.iter().take(DAY_HOURS).filter(|cost| **cost != 0.0).count() < 2 {
            return None;
        }
        let proportion = days_before(bill, finding).map_or(1.0, |cost| finding.day.expected.to_f64() / cost);
        let proportion = if PROPORTION.contains(&proportion) { proportion } else { 1.0 };
        Some(Hours { before, since, proportion, sign: if finding.rises { 1.0 } else { -1.0 } })
    }

    /// What an hour of a day usually costs.
    fn usual(&self, hour: usize) -> f64 {
        median(&mut self.before.iter().skip(hour % DAY_HOURS).step_by(DAY_HOURS).copied().collect::<Vec<f64>>())
    }

    /// By how much the hours of the day before the first are off, and those of the first: the way that it moved. Hours
    /// that have not come say nothing of when it began.
    fn off(&self) -> (Vec<f64>, Vec<f64>) {
        let usual: Vec<f64> = (0..DAY_HOURS).map(|hour| self.usual(hour)).collect();
        let off = |costs: &[f64]| costs.iter().zip(&usual).map(|(cost, usual)| (cost - usual) * self.sign).collect();
        let yesterday = &self.before[self.before.len().saturating_sub(DAY_HOURS)..];
        (off(yesterday), off(&self.since[..DAY_HOURS.min(self.since.len())]))
    }

    /// The hour of the first day from which on that and the day before differ most; below nothing one of the evening
    /// before it, which a day hardly shows.
    fn begun(&self) -> Option<i64> {
        let (yesterday, day) = self.off();
        let at = change_point(&[yesterday.as_slice(), &day].concat())?;
        if at >= yesterday.len() {
            return Some((at - yesterday.len()) as i64);
        }
        let least = EVENING_LEAST * day.iter().sum::<f64>() / day.len().max(1) as f64;
        let is_of_it = yesterday.len() - at <= EVENING && yesterday[at..].iter().all(|off| *off >= least);
        is_of_it.then_some(at as i64 - yesterday.len() as i64)
    }

    /// What the hours of the evening before cost beyond what they usually do.
    fn evening(&self, begun: i64) -> Amount {
        let (yesterday, _) = self.off();
        let from = yesterday.len().saturating_sub(begun.unsigned_abs() as usize);
        find::estimate(yesterday[from..].iter().sum::<f64>() * self.sign)
    }

    /// Reckons an anomaly that began in an hour of its first day by its hours.
    fn reckon(&self, begun: usize, finding: &mut Finding, daily: f64) {
        let days = (finding.last.0 - finding.start.0 + 1).max(1);
        let usual: Vec<f64> = (0..DAY_HOURS).map(|hour| self.usual(hour) * self.proportion).collect();
        // Of a last day without any hour nothing is known to be missing.
        let is_part = self.since.len() > (days as usize - 1) * DAY_HOURS;
        let late = if is_part { &usual[(self.since.len() - 1) % DAY_HOURS + 1..] } else { &[] };
        let missing: f64 = late.iter().sum();
        let excess: Vec<f64> =
            self.since.iter().enumerate().skip(begun).map(|(at, cost)| cost - usual[at % DAY_HOURS]).collect();
        if excess.iter().sum::<f64>() < TOLD * (finding.impact.to_f64() + missing) {
            return;
        }
        finding.impact += find::estimate(missing);
        finding.day.actual += find::estimate(missing / f64::from(days));
        if finding.peak.0 == finding.last {
            finding.peak.1.actual += find::estimate(missing);
        }
        let whole = days - finding.unsettled as i32 - i32::from(begun > 0);
        // What is new has no last day that has settled: its last is the rate.
        if whole <= 0 || finding.kind.is_news() && !late.is_empty() {
            let lately = &excess[excess.len().saturating_sub(DAY_HOURS)..];
            finding.rate = find::estimate(lately.iter().sum::<f64>() / lately.len().max(1) as f64 * DAY_HOURS as f64);
        }
        finding.severity = find::weigh(finding, daily);
    }
}

/// What a day of an anomaly's place cost in the weeks before it; `None` where that was nothing.
fn days_before(bill: &Bill, finding: &Finding) -> Option<f64> {
    let costs = &bill.node(&super::bill::place_of(&finding.place))?.costs;
    let to = usize::try_from(finding.start.0 - bill.first.0).ok()?.min(costs.len());
    let before = costs[to.saturating_sub(BEFORE_DAYS as usize)..to].iter().flatten();
    let (sum, n) = before.fold((0.0, 0), |(sum, n), cost| (sum + cost, n + 1));
    (n > 0 && sum > 0.0).then(|| sum / f64::from(n))
}

/// Where what follows differs most from what is before: the cut that leaves the least variance on both sides.
fn change_point(values: &[f64]) -> Option<usize> {
    let n = values.len() as f64;
    let all: f64 = values.iter().sum();
    let mut before = 0.0;
    let mut best: Option<(f64, usize)> = None;
    for (at, value) in values.iter().enumerate().skip(1).map(|(at, _)| (at, values[at - 1])) {
        before += value;
        let (left, right) = (at as f64, n - at as f64);
        let rise = (all - before) / right - before / left;
        let gain = rise * rise * left * right / n;
        if rise > 0.0 && best.is_none_or(|(most, _)| gain > most) {
            best = Some((gain, at));
        }
    }
    best.map(|(_, at)| at)
}
