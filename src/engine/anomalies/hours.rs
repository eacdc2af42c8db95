//! What hours tell that no day does yet: what began so lately that none is over.
//!
//! Charges of single hours have no rollups: they are looked through, those of a few days alone. Charges longer
//! than an hour lie in none. Knows no records.

use super::bill::{Bill, TOP_HOURS, place_of, request, word_of};
use super::cause::Looker;
use super::find::{self, Found, settings};
use super::hour_costs::Costs;
use super::hour_place::Pieces;
use super::records::{provider_of, reach_of, with};
use crate::analytics::detect::event::{Direction, Shape};
use crate::analytics::detect::identity::SLACK;
use crate::analytics::detect::place::{Part, Place};
use crate::analytics::detect::scale::median;
use crate::analytics::detect::series::Settings;
use crate::analytics::detect::tree::{self, Kind, Node};
use crate::domain::anomaly::{Anomaly, Contributor, Course, Finding, Kind as Told, Reckoned, Severity, Spot};
use crate::domain::calendar::{DAY_HOURS, Day, Granularity, HOUR_SECONDS, Period};
use crate::domain::dimension::Dimension;
use crate::engine::Cancel;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::error::Result;

/// Days of hours that are learnt from.
const LEARN_DAYS: i32 = 21;
/// Hours back from the last one in which something may have begun that no day tells yet.
const LATELY: i64 = 36;
/// Anomalies of which is looked up who has them, at most.
const NAMED: usize = 8;
/// The share of an average day's cost that it must have come to.
const LEAST_SHARE: f64 = 0.003;
/// The share of what it cost beyond what was expected that it must have cost beyond what days tell of already.
const BEYOND: f64 = 0.5;

/// What began in the last hours and is in none of `days`.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn lately(engine: &LocalEngine, bill: &Bill, days: &[Found], cancel: &Cancel) -> Result<Vec<Found>> {
    let Some((nodes, first)) = nodes(engine, bill, cancel)? else { return Ok(Vec::new()) };
    let settled = settled_hours(bill, first, bill.settled);
    let settings =
        Settings { absolute: (settings(bill.daily).absolute / DAY_HOURS as f64).max(0.1), ..Settings::hourly() };
    let last = nodes[0].costs.len() as i64 - 1;
    let first_step = first.seconds() / HOUR_SECONDS;
    let found = tree::find(&nodes, first_step, settled, &settings);
    let wanted = |anomaly: &tree::Anomaly| {
        anomaly.event.direction == Direction::Up
            && matches!(anomaly.kind, Kind::Moved(Shape::Spike | Shape::Step))
            && anomaly.event.start - first_step > last - LATELY
            && anomaly.event.impact >= LEAST_SHARE * bill.daily
    };
    let mut found: Vec<tree::Anomaly> = found.into_iter().filter(wanted).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let pieces = Pieces::read(engine, bill, (&nodes, first), cancel)?;
    found = found.into_iter().map(|raw| pieces.placed(raw, settled, &settings)).collect();
    found.sort_by(|a, b| b.event.impact.total_cmp(&a.event.impact));
    let is_told = |raw: &tree::Anomaly| {
        let node = pieces.node(&raw.place);
        let place = billed(bill, &raw.place);
        days.iter().any(|known| is_of((raw, &place), known, node, first_step))
    };
    let mut told: Vec<Place> = Vec::new();
    found.retain(|raw| {
        // What was found at two places may be at one.
        let is_news = !is_told(raw) && !told.contains(&raw.place);
        told.push(raw.place.clone());
        is_news
    });
    let mut told = Vec::new();
    for raw in found {
        let hours = (raw.event.start, raw.event.last + 1);
        let come = pieces.node(&raw.place).map_or(&[][..], come);
        let missing = missing(come, raw.event.last - first_step);
        let going = raw.event.last - first_step >= come.len() as i64 - 2;
        told.extend(in_days(bill, raw, (missing, going)).map(|found| (found, hours)));
    }
    name(engine, bill, &mut told, cancel)?;
    Ok(told.into_iter().map(|(found, _)| found).collect())
}

/// Whether what rose in hours is of what days tell: it began with that, or they tell of a rise that has gone on for
/// longer, and on the days since the same hours cost hardly less. What is up by day alone begins anew each day; what
/// rises while something else around it is up is news.
fn is_of((raw, place): (&tree::Anomaly, &Place), known: &Found, node: Option<&Node>, first_step: i64) -> bool {
    let start = find::day(raw.event.start.div_euclid(DAY_HOURS as i64));
    // What is told of a provider is of the service that has nearly all of it there.
    let is_related = known.raw.place.holds(place) || raw.place.holds(&reach_of(&known.finding));
    if !is_related || !known.finding.rises || known.finding.last < start.plus(-1) {
        return false;
    }
    if i64::from(start.0 - known.finding.start.0) <= SLACK {
        return true;
    }
    let at = |step: i64| usize::try_from(step - first_step).unwrap_or(0);
    let since = at(i64::from(known.finding.start.0) * DAY_HOURS as i64);
    let (from, until) = (at(raw.event.start), at(raw.event.last + 1));
    let beyond = |costs: &[Option<f64>], hour: usize| {
        let before = (1..).map_while(|days| hour.checked_sub(days * DAY_HOURS)).take_while(|hour| *hour >= since);
        let before = before.filter(|hour| *hour < from).filter_map(|hour| costs[hour]);
        Some(costs[hour]? - before.max_by(f64::total_cmp)?)
    };
    let costs = node.map_or(&[][..], come);
    let beyond: f64 = (from..until.min(costs.len())).filter_map(|hour| beyond(costs, hour)).sum();
    beyond < BEYOND * raw.event.impact
}

/// A place, and the provider whose all charges there are.
fn billed(bill: &Bill, place: &Place) -> Place {
    with(place, provider_of(bill.node(place).map_or(&[], |node| &node.providers)))
}

/// A place's hours until the last that has come.
fn come(node: &Node) -> &[Option<f64>] {
    let known = node.costs.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    &node.costs[..known]
}

/// What the hours of the day of the last hour that has come usually cost that have not: what they did on the same weekday.
fn missing(come: &[Option<f64>], last: i64) -> f64 {
    let is_last = usize::try_from(last).is_ok_and(|last| last / DAY_HOURS == (come.len().max(1) - 1) / DAY_HOURS);
    let rest = come.len()..come.len().next_multiple_of(DAY_HOURS);
    let week = 7 * DAY_HOURS;
    let usual = |hour: usize| {
        let before = (1..).map_while(|weeks| hour.checked_sub(weeks * week));
        median(&mut before.filter_map(|hour| come.get(hour).copied().flatten()).collect::<Vec<f64>>())
    };
    if is_last { rest.map(usual).sum() } else { 0.0 }
}

/// Names who has what was found, by the hours that it has had and the same of the days before that it is held against.
fn name(engine: &LocalEngine, bill: &Bill, found: &mut [(Found, (i64, i64))], cancel: &Cancel) -> Result<()> {
    for (Found { finding, .. }, (from, until)) in found.iter_mut().take(NAMED) {
        let of = Looker { engine, bill, cancel };
        let named = of.contributors_in_hours(finding, (*from * HOUR_SECONDS)..(*until * HOUR_SECONDS))?;
        let known = |spot: &Spot| named.iter().any(|c: &Contributor| c.spot.dimension == spot.dimension);
        finding.contributors.retain(|c| !known(&c.spot));
        finding.contributors.extend(named);
        finding.contributors.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
    }
    Ok(())
}

/// An anomaly of hours in terms of days, by which it is known again once its day tells it too.
/// Hours of its last day that have not come, of which is known what they usually cost, are in a day of it.
fn in_days(bill: &Bill, raw: tree::Anomaly, (missing, going): (f64, bool)) -> Option<Found> {
    let event = raw.event;
    let hour = |step: i64| step * HOUR_SECONDS;
    let mut daily = raw.clone();
    for step in [&mut daily.event.start, &mut daily.event.found, &mut daily.event.last, &mut daily.event.peak] {
        *step = step.div_euclid(DAY_HOURS as i64);
    }
    let node = bill.node(&raw.place)?;
    let at = |step: i64| usize::try_from(step - i64::from(bill.first.0)).ok();
    let costs = node.costs.get(at(daily.event.start)?..=at(daily.event.last)?).unwrap_or_default();
    let days = (daily.event.last - daily.event.start + 1) as f64;
    let actual = (costs.iter().flatten().sum::<f64>().max(event.impact) + missing) / days;
    let expected = (actual - event.impact / days).max(0.0);
    let reckoned = Reckoned {
        expected: find::estimate(expected),
        lower: find::estimate(expected * 0.8),
        upper: find::estimate(expected * 1.2),
        actual: find::estimate(actual),
    };
    let impact = find::estimate(event.impact);
    let course = if going { Course::GoesOn } else { Course::Over };
    let contributors = raw.contributors.iter().filter_map(|c| {
        let spot = bill.spot(&c.part.dimension, &c.part.value)?;
        Some(Contributor { spot, share: find::share(c.share), moved: find::estimate(c.moved * DAY_HOURS as f64) })
    });
    let mut finding = Finding {
        place: bill.spots(&raw.place),
        kind: Told::Spike,
        unlike: find::unlike(bill, &daily.place, Day::of_seconds(hour(event.start))),
        rises: true,
        severity: Severity::Low,
        start: Day::of_seconds(hour(event.start)),
        start_hour: Some(hour(event.start)),
        evening: None,
        hourly: true,
        found: Day::of_seconds(hour(event.found)),
        last: Day::of_seconds(hour(event.last)),
        unsettled: 0,
        day: reckoned,
        peak: (Day::of_seconds(hour(event.peak)), reckoned),
        impact,
        // One hour is no day's worth: all that it has had are.
        rate: find::estimate(event.impact / f64::from(event.steps.max(1)) * DAY_HOURS as f64),
        relabelled: false,
        course,
        contributors: contributors.collect(),
        cancels: None,
    };
    finding.severity = find::weigh(&finding, bill.daily);
    Some(Found { raw: daily, finding })
}

/// The last days' hours of the whole, its services and accounts; `None` where there are no charges by the hour.
fn nodes(engine: &LocalEngine, bill: &Bill, cancel: &Cancel) -> Result<Option<(Vec<Node>, Day)>> {
    let Some(data) = engine.data_days() else { return Ok(None) };
    let first = data.to.plus(-LEARN_DAYS).max(bill.first);
    let period = Period { from: first, to: data.to };
    let count = period.days().max(0) as usize * DAY_HOURS;
    let mut places = vec![(Place::default(), Costs::default())];
    for dimension in [Dimension::Service, Dimension::SubAccount] {
        let word = word_of(&dimension);
        let alone = |node: &&Node| matches!(node.place.parts(), [part] if part.dimension == word);
        let mut kept: Vec<&Node> = bill.nodes.iter().filter(alone).collect();
        kept.sort_by(|a, b| recent(b).total_cmp(&recent(a)));
        let values: Vec<&str> =
            kept.iter().take(TOP_HOURS).flat_map(|node| node.place.parts()).map(|part| part.value.as_str()).collect();
        let by = [dimension.clone(), Dimension::Provider];
        let clauses = Aside::none();
        let request = request(Some(&bill.currency), period, (&by, &clauses), Some(Granularity::Hour));
        let table = engine.aggregate(&request, cancel)?;
        let from = places.len();
        places.extend(values.iter().map(|value| (Place::new([(word.clone(), *value)]), Costs::default())));
        for (key, total) in table.groups() {
            let provider = table.dimensions[1].text(key.values.0[1]);
            let at = ((key.start - period.from.seconds()) / HOUR_SECONDS).max(0) as usize;
            if at >= count || !bill.providers.contains(provider) {
                continue;
            }
            let text = table.dimensions[0].text(key.values.0[0]);
            let place = values.iter().position(|value| *value == text).map(|at| from + at);
            // Each charge is in the whole once.
            for place in place.into_iter().chain((dimension == Dimension::Service).then_some(0)) {
                places[place].1.add(provider, at, total.sum.to_f64());
            }
        }
    }
    let hours = places[0].1.hours();
    // Of a service that several have each one's is a place, as it is of days.
    let apart = |(place, costs): &(Place, Costs)| -> Vec<(Place, Costs)> {
        let of = |provider: &str| {
            with(place, Some(Part { dimension: word_of(&Dimension::Provider), value: provider.to_owned() }))
        };
        costs.apart().map(|(provider, costs)| (of(provider), costs)).collect()
    };
    let shared: Vec<(Place, Costs)> = places.iter().flat_map(apart).collect();
    places.extend(shared.into_iter().filter(|(place, _)| place.depth() > 1 && bill.node(place).is_some()));
    let node = |(place, costs): (Place, Costs)| node(bill, first, (place, &costs), hours);
    Ok((hours > DAY_HOURS * 4).then(|| (places.into_iter().map(node).collect(), first)))
}

/// So many hours of a place from a day on, as far as they have come.
pub(super) fn node(bill: &Bill, first: Day, (place, costs): (Place, &Costs), hours: usize) -> Node {
    let settled = bill.node(&place).and_then(|of_days| of_days.settled);
    let settled = settled.map(|settled| settled_hours(bill, first, settled));
    let costs = costs.come(hours, settled.unwrap_or_else(|| settled_hours(bill, first, bill.settled)));
    Node { place, costs, settled, ..Node::default() }
}

/// How many hours from a day on are settled, where so many of a bill's days are.
fn settled_hours(bill: &Bill, first: Day, settled: usize) -> usize {
    (bill.first.0 + settled as i32 - first.0).max(0) as usize * DAY_HOURS
}

/// What a place cost in the last days.
fn recent(node: &Node) -> f64 {
    node.costs.iter().rev().take(LEARN_DAYS as usize).flatten().sum()
}

/// Whether an anomaly is at a place where another is already.
#[must_use]
pub fn same_place(a: &Finding, b: &Finding) -> bool {
    place_of(&a.place) == place_of(&b.place) && a.rises == b.rises
}

/// Whether the hour is known in which an anomaly began: all that are kept of it have it.
#[must_use]
pub fn hour_is_known(kept: &[Anomaly], currency: &str, finding: &Finding) -> bool {
    let is_same =
        |a: &&Anomaly| a.currency == currency && same_place(&a.finding, finding) && a.finding.begins_with(finding);
    let mut same = kept.iter().filter(is_same).map(|a| a.finding.start_hour.is_some()).peekable();
    same.peek().is_some() && same.all(|is_known| is_known)
}
