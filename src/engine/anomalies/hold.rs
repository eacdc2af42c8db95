//! Whether an anomaly still is what it was found to be, by the days of its own place.
//!
//! A detector learns: what it told yesterday it may take for usual today, and then finds it no more. So each anomaly
//! keeps what its place was expected to cost when it was found ([`Held`]), and is held against that: it goes on for as
//! long as the cost is not back, it is over when settled days are, and it was restated where the very days that it was
//! found on cost something else now. Knows no detector and no store.

use std::collections::BTreeMap;

use super::bill::place_of;
use super::find::{STANDS, estimate, weigh};
use super::records::core_of;
use crate::analytics::detect::identity::SLACK;
use crate::analytics::detect::place::{Place, are_apart};
use crate::analytics::detect::scale::median;
use crate::domain::anomaly::{Anomaly, Course, Finding, Kind, Reckoned};
use crate::domain::calendar::Day;
use crate::domain::held::Held;
use crate::domain::money::Amount;

/// Weeks before an anomaly that tell what its weekdays cost.
const WEEKS: i32 = 4;
/// Settled days on end on which a cost must be back, at most, and of what moved slowly: those of a detector of days,
/// and its season.
pub(super) const BACK: usize = 3;
const BACK_SLOWLY: usize = 7;
/// Days after which what is still not back is what the cost is now, as it is to a detector.
pub(super) const LASTS: i32 = 30;
/// Days after which it is said to stay, as it is of a detector's step.
const STAYS: usize = 5;
/// The share of a day's cost by which it may differ and not have been restated.
const SAME: f64 = 0.01;
/// The share of what it cost beyond what was expected that must be left of restated days for it to go on.
const LEFT: f64 = 0.5;
/// Days between the beginnings of what may be one.
const TOGETHER: i32 = 10;
/// Days of which the mean is what each further day costs.
const LATELY: usize = 7;

/// The costs of a place.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Days {
    /// The first day.
    pub first: Day,
    /// What each day cost; `None` where none has come.
    pub costs: Vec<Option<f64>>,
    /// How many of them are settled.
    pub settled: usize,
    /// Whose charges they are.
    pub providers: Vec<String>,
}

impl Days {
    fn cost(&self, day: Day) -> Option<f64> {
        let at = usize::try_from(day.0 - self.first.0).ok()?;
        self.costs.get(at).copied().flatten()
    }

    /// The day after the last that is settled.
    pub(super) fn end(&self) -> Day {
        self.first.plus(self.settled.min(self.costs.len()) as i32)
    }

    /// The day after the last that is settled and has come.
    fn known_until(&self) -> Day {
        let settled = &self.costs[..self.settled.min(self.costs.len())];
        self.first.plus(settled.iter().rposition(Option::is_some).map_or(0, |last| last + 1) as i32)
    }
}

/// The costs of the places of a bill that are asked for.
pub type Places = BTreeMap<Place, Days>;

/// Whether the place of an anomaly has to be looked at: it goes on, or ended not long ago.
pub(super) fn is_held(finding: &Finding, as_of: Day) -> bool {
    !finding.hourly && (finding.course.is_going() || as_of.0 - finding.last.0 <= 2 * LASTS)
}

/// What an anomaly is held against, as it was found.
fn hold(finding: &Finding, days: &Days) -> Held {
    let mut usual = [0.0; 7];
    for (weekday, usual) in usual.iter_mut().enumerate() {
        let weeks = (1..=7 * WEEKS).map(|back| finding.start.plus(-back));
        let same = weeks.filter(|day| day.weekday().num_days_from_monday() as usize == weekday);
        let cost = |day: Day| Some((finding.says(day), days.cost(day)?));
        let all: Vec<(bool, f64)> = same.filter_map(cost).collect();
        // Another on each of the same weekdays says nothing of them.
        let telling = all.iter().any(|(says, _)| *says);
        *usual =
            median(&mut all.iter().filter(|(says, _)| *says || !telling).map(|(_, cost)| *cost).collect::<Vec<f64>>());
    }
    // Weekdays as they were, a mean day as the detector expected it, settled or not.
    let at = |day: Day| usual[day.weekday().num_days_from_monday() as usize];
    let (mut sum, mut n, mut seen) = (0.0, 0, [false; 7]);
    for day in (finding.start.0..=finding.last.0).map(Day) {
        (sum, n) = (sum + at(day), n + 1);
        seen[day.weekday().num_days_from_monday() as usize] = true;
    }
    let expected = finding.day.expected.to_f64();
    let mean = if n > 0 { sum / f64::from(n) } else { 0.0 };
    let by = expected / mean;
    // One quiet Saturday does not tell that each weekday is expected to be as quiet.
    let unseen = if finding.rises { by.max(1.0) } else { by.min(1.0) };
    let of = |weekday: usize| usual[weekday] * if seen[weekday] { by } else { unseen };
    let is_known = by.is_finite() && (0.5..=2.0).contains(&by);
    let week = if is_known { std::array::from_fn(of) } else { [expected; 7] };
    let settled = (finding.start.0..finding.last.plus(1).min(days.end()).0).map(Day);
    Held {
        place: finding.place.clone(),
        from: finding.start,
        week: week.map(estimate),
        below: finding.day.expected - finding.day.lower,
        above: finding.day.upper - finding.day.expected,
        costs: settled.map(|day| days.cost(day).map(estimate)).collect(),
        providers: days.providers.clone(),
    }
}

/// Keeps what an anomaly that was found is held against: its first expectation, and its days as they are now.
pub(super) fn keep(anomaly: &mut Anomaly, days: &Days) {
    let fresh = hold(&anomaly.finding, days);
    let first = anomaly.held.take().filter(|held| held.place == fresh.place && held.from <= fresh.from);
    anomaly.held = Some(match first {
        None => fresh,
        Some(first) => {
            let end = anomaly.finding.last.plus(1).min(days.end().max(first.until()));
            // What is waited for again cost what it did.
            let was = first.costs.iter().copied().chain(std::iter::repeat(None));
            let of_event = (first.from.0..end.0).map(Day);
            let costs = of_event.zip(was).map(|(day, was)| days.cost(day).map(estimate).or(was)).collect();
            Held { costs, providers: fresh.providers, ..first }
        }
    });
}

/// Where a cost stands against what it was expected to be.
struct Stood {
    course: Course,
    last: Day,
    /// What each day was off, without those on which it was back.
    off: Vec<f64>,
    /// The days that were off by themselves, and by how much.
    on: Vec<(Day, f64)>,
    peak: (Day, f64),
}

/// How much of an average day's move is expected of a day: a quiet day of the week moves by less.
fn share_of(held: &Held, day: Day) -> f64 {
    let usual = held.week.iter().map(|cost| cost.to_f64()).sum::<f64>() / 7.0;
    if usual > 0.0 { (held.expected(day).to_f64() / usual).max(0.0) } else { 1.0 }
}

/// What ends an anomaly: so many days on end on which its cost is back.
struct End {
    days: usize,
    /// How far off a usual day may be.
    reach: f64,
}

impl End {
    fn of(finding: &Finding, held: &Held) -> End {
        let reach = if finding.rises { held.above } else { held.below }.to_f64();
        End { days: if finding.kind == Kind::Ramp { BACK_SLOWLY } else { BACK }, reach }
    }

    /// Whether a day is back that is so far off, of which a share of a usual day's move is expected; a mean day was
    /// `moved` off, both counted in the direction of the anomaly.
    fn is_back(&self, (off, share): (f64, f64), moved: f64) -> bool {
        off <= self.reach * share && off < 0.5 * moved * share
    }
}

/// Goes through the settled days since an anomaly began.
fn walk(finding: &Finding, held: &Held, days: &Days) -> Stood {
    let sign = if finding.rises { 1.0 } else { -1.0 };
    let end = End::of(finding, held);
    let mut stood = Stood {
        course: Course::GoesOn,
        last: finding.start,
        off: Vec::new(),
        on: Vec::new(),
        peak: (finding.start, 0.0),
    };
    let mut pause: Vec<f64> = Vec::new();
    let (mut shares, mut paused) = (0.0f64, 0.0f64);
    for day in (finding.start.0..days.end().0).map(Day) {
        let is_settled = day.0 - finding.start.0 > LASTS;
        let Some(cost) = days.cost(day) else {
            if is_settled {
                stood.course = if pause.is_empty() { Course::Usual } else { Course::Over };
                return stood;
            }
            continue;
        };
        let (off, share) = (cost - held.expected(day).to_f64(), share_of(held, day));
        let mean = stood.off.iter().sum::<f64>() / shares.max(f64::MIN_POSITIVE);
        if end.is_back((off * sign, share), mean * sign) && day > finding.start {
            pause.push(off);
            paused += share;
            if pause.len() >= end.days.min(stood.off.len()) {
                stood.course = Course::Over;
                return stood;
            }
            continue;
        }
        // Of what is back when it would be settled it is first seen whether it stays so.
        if is_settled {
            stood.course = Course::Usual;
            return stood;
        }
        stood.off.append(&mut pause);
        stood.off.push(off);
        stood.on.push((day, off));
        shares += share + std::mem::take(&mut paused);
        stood.last = day;
        if stood.off.len() == 1 || off * sign > stood.peak.1 * sign {
            stood.peak = (day, off);
        }
    }
    if stood.off.len() >= STAYS {
        stood.course = Course::Stays;
    }
    stood
}

/// How the cost of a place stands: what became of it, what it came to, and by how much each day was off that was.
pub(super) fn stands(finding: &Finding, held: Option<&Held>, days: &Days) -> (Course, f64, Vec<(Day, f64)>) {
    let fresh = || hold(finding, days);
    let stood = walk(finding, &held.cloned().unwrap_or_else(fresh), days);
    (stood.course, stood.off.iter().sum(), stood.on)
}

/// What was found again with a later beginning, at its place or of the same service and account: since when and where it
/// was known, if it has gone on there since then and came to more.
pub(super) fn since_the_first(before: &Anomaly, now: Finding, places: &Places, daily: f64) -> Finding {
    let first = &before.finding;
    let is_there = first.place == now.place || core_of(first).is_some_and(|core| core_of(&now) == Some(core));
    let is_same = is_there && first.rises == now.rises && first.start < now.start;
    let by_day = !first.hourly && !now.hourly && first.evening.is_none() && now.unsettled == 0;
    let (Some(held), Some(days)) = (&before.held, places.get(&place_of(&first.place))) else { return now };
    if !is_same || !by_day || now.kind.is_news() || held.place != first.place || is_restated(first, held, days) {
        return now;
    }
    let (stood, end) = (walk(first, held, days), End::of(first, held));
    let sign = if first.rises { 1.0 } else { -1.0 };
    let (sum, mean) =
        (stood.off.iter().sum::<f64>() * sign, stood.off.iter().sum::<f64>() / stood.off.len().max(1) as f64);
    let is_off =
        |(day, off): &(Day, f64)| *day < now.start && !end.is_back((off * sign, share_of(held, *day)), mean * sign);
    let began = stood.on.iter().any(is_off);
    let same_end = stood.course.is_going() == now.course.is_going() && stood.last >= now.last;
    if !began || !same_end || sum <= now.impact.to_f64() * sign {
        return now;
    }
    let found = first.found.min(now.found);
    let told_as = if first.place == now.place { now } else { first.clone() };
    let unlike = first.unlike.clone();
    told(&Finding { start: first.start, found, unlike, ..told_as }, held, &stood, daily)
}

/// Whether a day costs something else than it did.
fn is_other(was: f64, is: f64) -> bool {
    (is - was).abs() > (SAME * was.abs()).max(0.01)
}

/// Whether a day that was known of a place was restated since.
pub(super) fn differ(before: &Held, now: &Held) -> bool {
    let days = (before.from.0..before.until().0).map(Day);
    let cost = |held: &Held, day: Day| {
        let at = usize::try_from(day.0 - held.from.0).ok()?;
        held.costs.get(at).copied().flatten().map(Amount::to_f64)
    };
    let is_other = |day| cost(before, day).zip(cost(now, day)).is_some_and(|(was, is)| is_other(was, is));
    before.place == now.place && days.into_iter().any(is_other)
}

/// Whether the days that an anomaly was found on cost something else now, and hardly anything of it is left. A day that
/// has not come, of a place that waits for another provider, was not restated: what was removed costs nothing.
fn is_restated(finding: &Finding, held: &Held, days: &Days) -> bool {
    let (mut then, mut now, mut changed) = (0.0, 0.0, false);
    for (day, cost) in (held.from.0..).map(Day).zip(&held.costs) {
        let (Some(was), Some(is)) = (cost, days.cost(day)) else { continue };
        let (expected, was) = (held.expected(day).to_f64(), was.to_f64());
        changed |= is_other(was, is);
        if day >= finding.start {
            (then, now) = (then + was - expected, now + is - expected);
        }
    }
    changed && now * then.signum() < LEFT * then.abs()
}

/// What is told of an anomaly by what it is held against.
fn told(finding: &Finding, held: &Held, stood: &Stood, daily: f64) -> Finding {
    let n = stood.off.len().max(1) as f64;
    let impact: f64 = stood.off.iter().sum();
    let lately = &stood.off[stood.off.len().saturating_sub(LATELY)..];
    let rate = lately.iter().sum::<f64>() / lately.len().max(1) as f64;
    let (impact_of, rate) = (estimate(impact), estimate(rate));
    let span = (finding.start.0..=stood.last.0).map(|day| held.expected(Day(day)).to_f64());
    let expected = span.clone().sum::<f64>() / span.count().max(1) as f64;
    let reckoned = |expected: Amount, actual: Amount| Reckoned {
        expected,
        lower: expected - held.below,
        upper: expected + held.above,
        actual,
    };
    let (peak, off) = stood.peak;
    let at_peak = held.expected(peak);
    // The evening before its first day is no day.
    let is_level = stood.off.len() - usize::from(finding.evening.is_some()).min(stood.off.len()) >= STANDS as usize;
    let told = Finding {
        kind: match finding.kind {
            Kind::Spike | Kind::Drop if is_level => Kind::Step,
            kind => kind,
        },
        last: stood.last,
        unsettled: 0,
        day: reckoned(estimate(expected), estimate(expected + impact / n)),
        peak: (peak, reckoned(at_peak, at_peak + estimate(off))),
        impact: impact_of,
        rate,
        course: stood.course,
        ..finding.clone()
    };
    Finding { severity: weigh(&told, daily), ..told }
}

/// What became of an anomaly that is found no more, by its own place; `None` where it stays what it was.
pub(super) fn missed(anomaly: &Anomaly, days: Option<&Days>, daily: f64) -> Option<Finding> {
    let finding = &anomaly.finding;
    let was = finding.course.is_going();
    let gone = || Finding { course: Course::NotFound, ..finding.clone() };
    // Without charges of its place they were removed.
    let Some(days) = days else { return was.then(gone) };
    let held = match &anomaly.held {
        Some(held) => held.clone(),
        None if was => hold(finding, days),
        None => return None,
    };
    if is_restated(finding, &held, days) {
        return Some(gone());
    }
    // Where less of it is known than was before, nothing is known of what became of it.
    if days.known_until() < held.until().max(finding.start.plus(1)) {
        return None;
    }
    let stood = walk(finding, &held, days);
    let is_told = was || stood.course.is_going();
    if is_told { Some(told(finding, &held, &stood, daily)) } else { gone_back(anomaly, days) }
}

/// What had become what the cost is, where the cost went back since for as many settled days as end what goes on. What
/// it came to until it was usual stays.
pub(super) fn gone_back(anomaly: &Anomaly, days: &Days) -> Option<Finding> {
    let (finding, held) = (&anomaly.finding, anomaly.held.as_ref()?);
    if finding.course != Course::Usual || finding.hourly {
        return None;
    }
    let sign = if finding.rises { 1.0 } else { -1.0 };
    let end = End::of(finding, held);
    let moved = (finding.day.actual - finding.day.expected).to_f64() * sign;
    let mut back = 0;
    for day in (finding.last.0 + 1..days.end().0).map(Day) {
        let Some(cost) = days.cost(day) else { continue };
        let off = (cost - held.expected(day).to_f64()) * sign;
        back = if end.is_back((off, share_of(held, day)), moved) { back + 1 } else { 0 };
        if back >= end.days {
            return Some(Finding { course: Course::Over, ..finding.clone() });
        }
    }
    None
}

/// What was found, all of it, and the days of its places.
pub(super) type Others<'f> = (&'f [&'f Finding], &'f Places);

/// Whether another that goes on is told of the same money.
pub(super) fn is_told(finding: &Finding, (others, places): Others<'_>) -> bool {
    let where_is = |finding: &Finding| core_of(finding).unwrap_or_else(|| place_of(&finding.place));
    let whose = |finding: &Finding| places.get(&place_of(&finding.place)).map_or(&[][..], |days| &days.providers);
    let (place, own) = (where_is(finding), whose(finding));
    others.iter().any(|other| {
        let near = (other.start.0 - finding.start.0).abs() <= TOGETHER || other.start >= finding.start;
        let meet = near && place.meet(&where_is(other)).is_some() && !are_apart(own, whose(other));
        meet && outweighs(other, finding)
    })
}

/// Whether one that goes on moves the same way as another, and by half as much at least.
fn outweighs(finding: &Finding, other: &Finding) -> bool {
    let is_alike = finding.course.is_going() && finding.rises == other.rises;
    is_alike && finding.rate.abs() >= other.rate.abs().scale_by(1, 2)
}

/// Whether an anomaly of a reach is a part of another that goes on, began with it and is told at a place that holds it.
pub(super) fn is_part(finding: &Finding, reach: &Place, others: &[&Finding]) -> bool {
    others.iter().any(|other| {
        let with_it = i64::from((other.start.0 - finding.start.0).abs()) <= SLACK;
        with_it && place_of(&other.place).holds(reach) && outweighs(other, finding)
    })
}

/// What an anomaly that is told to be over is, where its place's cost is still up; `None` where it is over.
pub(super) fn still(anomaly: &Anomaly, others: Others<'_>, days: &Days, daily: f64) -> Option<Finding> {
    let finding = &anomaly.finding;
    let is_of_charges = finding.kind.is_news() || finding.kind == Kind::Expired;
    if finding.course != Course::Over || finding.hourly || is_of_charges || is_told(finding, others) {
        return None;
    }
    let held = anomaly.held.as_ref()?;
    let stood = walk(finding, held, days);
    let goes_on = stood.course.is_going() && stood.last.0 - finding.last.0 >= BACK as i32;
    goes_on.then(|| told(finding, held, &stood, daily))
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
