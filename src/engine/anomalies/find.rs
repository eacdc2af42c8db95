//! What is out of the ordinary in one bill, in money and days.
//!
//! Asks [`crate::analytics::detect`] and reckons what it found; knows no records and no store.

use super::bill::Bill;
use crate::analytics::detect::beside::Series;
use crate::analytics::detect::event::{Direction, Event, Phase, Shape};
use crate::analytics::detect::place::Place;
use crate::analytics::detect::series::Settings;
use crate::analytics::detect::tree::{self, Node};
use crate::domain::anomaly::{Contributor, Course, Finding, Kind, Reckoned, Severity};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::{Amount, Decimal};

/// Days for which what moved must have stood to be told as a step, also once it is over: what a night or a weekend's run
/// does is done by then, and as many days back are an end, so that nothing is called by another name when it ends.
pub(super) const STANDS: u32 = 3;
/// Differences that are looked at, a day, where a day costs [`USUAL_DAY`]; of a bill ten times as large those of six
/// times the money.
const LEAST: f64 = 10.0;
const USUAL_DAY: f64 = 2_500.0;
/// Days at the beginning of the series in which what comes each month is not known to: at most half of them.
const EARLY_DAYS: i32 = 60;
/// Days for which what climbs is looked for, and that are learnt from for it.
const CLIMBING_DAYS: i64 = 30;
const CLIMBING_LEARNT: usize = 120;
/// Days between the beginnings of what climbs and of what is told of the same.
const CLIMBING_NEAR: i64 = 2;
/// Days before an anomaly of which it is known whether they say what its place costs.
const UNLIKE_DAYS: i32 = 42;
/// From how much money at stake on an anomaly matters how much, where a month costs [`USUAL_MONTH`].
const BOUNDS: [(f64, Severity); 3] =
    [(10_000.0, Severity::Critical), (1_000.0, Severity::High), (100.0, Severity::Medium)];
/// The month that they are meant for. Of a bill ten times as large an anomaly matters as much at six times the money.
const USUAL_MONTH: f64 = 100_000.0;
const GROWTH: f64 = 0.75;
const LEAST_SCALE: f64 = 0.5;

/// An anomaly as the detector has it, and as it is told.
#[derive(Clone, Debug)]
pub struct Found {
    /// The detector's, by which it is known again.
    pub raw: tree::Anomaly,
    /// What is told.
    pub finding: Finding,
}

/// What a detector of a bill's days goes by, of which an average day costs so much.
#[must_use]
pub fn settings(daily: f64) -> Settings {
    let least = LEAST * (daily.max(0.0) / USUAL_DAY).powf(GROWTH);
    Settings { absolute: least.max(1.0), ..Settings::of_places() }
}

/// An estimate as money, to the hundredth of a cent.
#[must_use]
pub fn estimate(money: f64) -> Amount {
    let rounded = (money * 1e4).round() / 1e4;
    Decimal::from_f64(rounded, Amount::LIMIT).map_or(Amount::ZERO, Decimal::amount)
}

/// A share to the millionth: sums of the same charges in another order are the same.
#[must_use]
pub fn share(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// The day of a step.
#[must_use]
pub fn day(step: i64) -> Day {
    Day(i32::try_from(step).unwrap_or(i32::MAX))
}

/// Finds the anomalies of a bill's days.
#[must_use]
pub fn in_days(bill: &Bill) -> Vec<Found> {
    let mut found = tree::find(&bill.nodes, i64::from(bill.first.0), bill.settled, &settings(bill.daily));
    found.extend(climbing(bill, &found));
    let from = i64::from(bill.first.0) + i64::from(EARLY_DAYS.min(bill.settled as i32 / 2));
    let told = found.into_iter().filter(|raw| raw.event.start >= from);
    told.filter_map(|raw| Some(Found { finding: finding(bill, &raw)?, raw })).collect()
}

/// What began small and climbed for days. The hierarchy explains a slow move by the days before it was seen, which
/// show nothing yet of one that was seen at once; where no event is ever taken for a step, its first day explains it.
fn climbing(bill: &Bill, known: &[tree::Anomaly]) -> Vec<tree::Anomaly> {
    let never = Settings { confirm: usize::MAX, ..settings(bill.daily) };
    let last = i64::from(bill.first.0) + bill.settled as i64;
    let (from, days) = (bill.settled.saturating_sub(CLIMBING_LEARNT), CLIMBING_DAYS as usize);
    let mean = |costs: &[Option<f64>]| costs.iter().flatten().sum::<f64>() / costs.len().max(1) as f64;
    let settled = |node: &Node| node.settled.unwrap_or(bill.settled);
    // Most places did not move: they need not be looked at twice.
    let moved = |costs: &[Option<f64>]| {
        let (before, now) = costs.split_at(costs.len().saturating_sub(days / 2));
        (mean(now) - mean(&before[before.len().saturating_sub(days)..])).abs() > never.absolute / 2.0
    };
    let nodes: Vec<Node> = bill
        .nodes
        .iter()
        .filter(|node| node.place.depth() <= 1 || moved(&node.costs[..settled(node).min(node.costs.len())]))
        .map(|node| Node {
            costs: node.costs[from.min(node.costs.len())..].to_vec(),
            settled: Some(settled(node).saturating_sub(from)),
            ..node.clone()
        })
        .collect();
    let mut found = tree::find(&nodes, i64::from(bill.first.0) + from as i64, bill.settled - from, &never);
    found.retain(|raw| {
        let Event { start, phase, steps, .. } = raw.event;
        let lately = start > last - CLIMBING_DAYS && phase == Phase::Open && steps > 1;
        let is_move = matches!(raw.kind, tree::Kind::Moved(_));
        lately && is_move && !known.iter().any(|known| is_told_by(known, raw)) && !had_moved(bill, raw)
    });
    for raw in &mut found {
        raw.moved = raw.event.impact / f64::from(raw.event.steps.max(1));
        raw.event.phase = Phase::Lasting;
        raw.kind = tree::Kind::Moved(Shape::Step);
    }
    found
}

/// Whether the place of what climbs had moved that way for good before it did: where no event is ever taken for a step,
/// what it is held against is the level from before that.
fn had_moved(bill: &Bill, raw: &tree::Anomaly) -> bool {
    let Some(node) = bill.node(&raw.place) else { return false };
    let from = bill.first.0 + bill.settled.saturating_sub(CLIMBING_LEARNT) as i32;
    let events = tree::events(node, i64::from(bill.first.0), bill.settled, &settings(bill.daily));
    let earlier = |event: &&Event| event.start >= i64::from(from) && event.start + CLIMBING_NEAR < raw.event.start;
    let mut stays = events.iter().filter(earlier).filter(|event| event.phase != Phase::Over);
    stays.any(|event| event.direction == raw.event.direction)
}

/// Whether what climbs is told by an anomaly that began with it and may be of the same money.
fn is_told_by(known: &tree::Anomaly, raw: &tree::Anomaly) -> bool {
    let (of, own) = (&known.event, &raw.event);
    let is_commitment = known.place.parts().iter().any(|part| part.dimension == "commitment");
    let begins_with = (of.start - own.start).abs() <= CLIMBING_NEAR && of.shape != Shape::Ramp;
    let is_related = begins_with && known.place.meet(&raw.place).is_some();
    !is_commitment && of.direction == own.direction && is_related
}

/// How much an anomaly of a bill matters, of which an average day costs so much: what only lost its tag as a fall of that
/// much, for nobody pays for it.
#[must_use]
pub fn weigh(finding: &Finding, daily: f64) -> Severity {
    let money = if finding.relabelled { finding.impact + finding.rate.scale_by(30, 1) } else { finding.at_stake() };
    severity(money, finding.costs(), daily)
}

/// How much money at stake matters.
#[must_use]
pub fn severity(at_stake: Amount, rises: bool, daily: f64) -> Severity {
    let scale = (daily * 30.0 / USUAL_MONTH).max(0.0).powf(GROWTH).max(LEAST_SCALE);
    let money = at_stake.to_f64().abs();
    let severity = BOUNDS.iter().find(|(bound, _)| money >= bound * scale).map_or(Severity::Low, |(_, s)| *s);
    // What stopped costing may be something that broke, but nobody pays for it.
    if rises { severity } else { severity.min(Severity::Medium) }
}

/// What a few days on end have moved to is another level, whether it still stands or not; a spike or drop came back
/// sooner.
fn kind(raw: &tree::Anomaly) -> Kind {
    match raw.kind {
        tree::Kind::Moved(Shape::Spike | Shape::Drop) if raw.event.steps >= STANDS => Kind::Step,
        tree::Kind::Moved(Shape::Spike) => Kind::Spike,
        tree::Kind::Moved(Shape::Drop) => Kind::Drop,
        tree::Kind::Moved(Shape::Step) => Kind::Step,
        tree::Kind::Moved(Shape::Ramp) => Kind::Ramp,
        tree::Kind::NewService => Kind::NewService,
        tree::Kind::NewRegion => Kind::NewRegion,
        tree::Kind::NewAccount => Kind::NewAccount,
        tree::Kind::NewProvider => Kind::NewProvider,
        tree::Kind::Expired => Kind::Expired,
        tree::Kind::Untagged => Kind::Untagged,
    }
}

fn course(phase: Phase) -> Course {
    match phase {
        Phase::Open => Course::GoesOn,
        Phase::Lasting => Course::Stays,
        Phase::Over => Course::Over,
        Phase::Settled => Course::Usual,
    }
}

/// An event in the figures of its own place.
struct Own {
    impact: f64,
    rate: f64,
    day: [f64; 2],
    peak: [f64; 2],
    band: [f64; 2],
}

impl Own {
    /// The detector tells of a place that was not out by itself by the event of the one that holds it: then the
    /// figures are reckoned from the move. What it tells without others within it is off by that alone.
    fn new(node: &Node, first: Day, raw: &tree::Anomaly) -> Option<Own> {
        let event = &raw.event;
        let cost = |step: i64| node.costs.get((step - i64::from(first.0)).max(0) as usize).copied().flatten();
        let costs: Vec<f64> = (event.start..=event.last).filter_map(cost).collect();
        if costs.is_empty() {
            return None;
        }
        let days = costs.len() as f64;
        let actual = costs.iter().sum::<f64>() / days;
        let peak = cost(event.peak).unwrap_or(actual);
        let band = [event.expected - event.lower, event.upper - event.expected];
        let own = raw.is_net || event.is_of(peak);
        let (impact, rate, off) = if own {
            (event.impact, event.rate, event.actual - event.expected)
        } else {
            (raw.moved * days, raw.moved, raw.moved)
        };
        let scale = if own { 1.0 } else { (peak / event.actual).abs().min(1.0) };
        Some(Own {
            impact,
            rate,
            day: [actual, actual - impact / days],
            peak: [peak, peak - off],
            band: band.map(|half| half * scale),
        })
    }

    fn reckoned(&self, [actual, expected]: [f64; 2]) -> Reckoned {
        let [down, up] = self.band;
        // Costs that were never below zero are not expected there.
        let lower = if expected >= 0.0 && actual >= 0.0 { (expected - down).max(0.0) } else { expected - down };
        Reckoned {
            expected: estimate(expected),
            lower: estimate(lower),
            upper: estimate(expected + up),
            actual: estimate(actual),
        }
    }
}

/// Tells of what holds others that are told what it did beside them: of those that are left, once it is known which.
pub(super) fn net(bill: &Bill, found: &mut [Found]) {
    let is_given = |finding: &Finding| finding.kind == Kind::Expired && finding.rises;
    let is_reckoned = |found: &&mut Found| !found.finding.relabelled && !is_given(&found.finding);
    let mut reckoned: Vec<&mut Found> = found.iter_mut().filter(is_reckoned).collect();
    let mut raw: Vec<tree::Anomaly> = reckoned.iter().map(|found| found.raw.clone()).collect();
    let settings = settings(bill.daily);
    let other = Series::new(&bill.nodes, i64::from(bill.first.0), bill.settled, &settings).net(&mut raw);
    for ((found, raw), _) in reckoned.iter_mut().zip(raw).zip(other).filter(|(_, is_other)| *is_other) {
        if let Some(finding) = finding(bill, &raw) {
            **found = Found { finding, raw };
        }
    }
}

/// What is told of what the detector found.
pub(super) fn finding(bill: &Bill, raw: &tree::Anomaly) -> Option<Finding> {
    let Event { start, found, last, peak, direction, phase, .. } = raw.event;
    let own = Own::new(bill.node(&raw.place)?, bill.first, raw)?;
    let contributor = |c: &tree::Contributor| {
        let spot = bill.spot(&c.part.dimension, &c.part.value)?;
        Some(Contributor { spot, share: share(c.share), moved: estimate(c.moved) })
    };
    let rises = direction == Direction::Up;
    let course = course(phase);
    let (impact, rate) = (estimate(own.impact), estimate(own.rate));
    let mut finding = Finding {
        place: bill.spots(&raw.place),
        kind: kind(raw),
        unlike: if raw.kind == tree::Kind::Expired { Vec::new() } else { unlike(bill, &raw.place, day(start)) },
        rises,
        severity: Severity::Low,
        start: day(start),
        start_hour: None,
        evening: None,
        hourly: false,
        found: day(found),
        last: day(last),
        unsettled: raw.event.unsettled,
        day: own.reckoned(own.day),
        peak: (day(peak), own.reckoned(own.peak)),
        impact,
        rate,
        relabelled: false,
        course,
        contributors: raw.contributors.iter().filter_map(contributor).collect(),
        cancels: raw.cancels.as_ref().map(|place| bill.spots(place)),
    };
    finding.severity = weigh(&finding, bill.daily);
    Some(finding)
}

/// The days of the last weeks before an anomaly that say nothing of what its place costs: those of others that came and
/// went, and, where there are such, of what moved for good all before it, and what has not come.
pub(super) fn unlike(bill: &Bill, place: &Place, start: Day) -> Vec<Period> {
    let Some(node) = bill.node(place) else { return Vec::new() };
    let from = start.plus(-UNLIKE_DAYS);
    let events = tree::events(node, i64::from(bill.first.0), bill.settled, &settings(bill.daily));
    let earlier: Vec<&Event> = events.iter().filter(|event| day(event.start) < start).collect();
    if !earlier.iter().any(|event| event.phase == Phase::Over && day(event.last) >= from) {
        return Vec::new();
    }
    let days = |event: &Event| match event.phase {
        Phase::Over => Period { from: day(event.start).max(from), to: day(event.last).plus(1) },
        _ => Period { from, to: day(event.start) },
    };
    let mut unlike: Vec<Period> = earlier.into_iter().map(days).filter(|days| days.from < days.to).collect();
    let is_missing = |day: &Day| {
        let at = usize::try_from(day.0 - bill.first.0).ok();
        at.and_then(|at| node.costs.get(at).copied().flatten()).is_none()
    };
    let missing = (from.0..start.0).map(Day).filter(is_missing);
    unlike.extend(missing.map(|day| Period { from: day, to: day.plus(1) }));
    unlike
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::detect::place::Place;

    #[test]
    fn what_climbs_is_told_by_what_began_with_it() {
        let moved = |(dimension, value), (start, last), shape| {
            let event = Event {
                shape,
                direction: Direction::Up,
                phase: Phase::Lasting,
                start,
                found: start,
                last,
                score: 9.0,
                peak: last,
                actual: 2.0,
                expected: 1.0,
                lower: 0.5,
                upper: 1.5,
                impact: 1.0,
                steps: 1,
                unsettled: 0,
                rate: 1.0,
            };
            let (place, kind) = (Place::new([(dimension, value)]), tree::Kind::Moved(shape));
            tree::Anomaly {
                place,
                kind,
                event,
                moved: 1.0,
                is_net: false,
                has_further: false,
                contributors: Vec::new(),
                cancels: None,
            }
        };
        let climbs = moved(("provider", "AWS"), (40, 45), Shape::Step);
        for (known, want, what) in [
            (moved(("provider", "AWS"), (40, 45), Shape::Ramp), false, "what is known to the day is told rather"),
            (moved(("provider", "AWS"), (29, 38), Shape::Step), false, "what was over before it"),
            (moved(("account", "shop"), (41, 45), Shape::Step), true, "what it may have in common began with it"),
            (moved(("account", "shop"), (29, 45), Shape::Ramp), false, "what began long before it elsewhere"),
            (moved(("provider", "Azure"), (40, 45), Shape::Step), false, "another provider"),
            (moved(("commitment", "plan"), (40, 45), Shape::Step), false, "the end of a commitment"),
        ] {
            assert_eq!(is_told_by(&known, &climbs), want, "{what}");
        }
    }

    #[test]
    fn severity_goes_by_the_money_at_stake_and_the_size_of_the_bill() {
        let daily = USUAL_MONTH / 30.0;
        let of = |stake: i64, rises: bool, daily: f64| severity(Amount::whole(stake), rises, daily);
        for (stake, want) in
            [(99, Severity::Low), (100, Severity::Medium), (1_000, Severity::High), (10_000, Severity::Critical)]
        {
            assert_eq!(of(stake, true, daily), want, "{stake}");
        }
        assert_eq!(of(-10_000, false, daily), Severity::Medium, "a saving wakes nobody");
        assert_eq!((of(5_000, true, daily * 10.0), of(6_000, true, daily * 10.0)), (Severity::Medium, Severity::High));
        assert_eq!(of(50, true, 1.0), Severity::Medium, "of a small bill half as much matters");
    }
}
