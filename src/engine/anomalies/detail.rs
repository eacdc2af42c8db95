//! Answers [`crate::engine::Question::Anomaly`]: what one is, day by day, and why.

use std::collections::BTreeMap;

use super::bill::request;
use super::cause::{covered, resources};
use super::find::{day, estimate, settings};
use super::{bill, list, records, silence, words};
use crate::analytics::detect::series::{Detector, Settings};
use crate::domain::anomaly::{Anomaly, Finding, HELD_DAYS, Kind, filter_of};
use crate::domain::calendar::{Day, Granularity, HOUR_SECONDS, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::engine::answer::{AnomalyAnswer, DayOf, Driver, HoursOf};
use crate::engine::driver_sweep::Hours;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::{Cancel, drivers, pending};
use crate::error::{Error, Result};

/// Days before an anomaly that are shown, and that are learnt from.
const SHOWN_BEFORE: i32 = 35;
const LEARNT_BEFORE: i32 = 150;
/// Days after it that are shown.
const SHOWN_AFTER: i32 = 14;

/// Answers what one anomaly is.
///
/// # Errors
/// Kind `Usage` where there is none of this name, `Store` where data cannot be read, `Interrupted` where it was
/// given up.
pub fn answer(engine: &LocalEngine, name: &str, as_of: Day, cancel: &Cancel) -> Result<AnomalyAnswer> {
    one(engine, name, (as_of, &mut Daily::new()), cancel)
}

/// What an average day of each currency's bill costs, as far as it was asked for.
pub type Daily = BTreeMap<String, Option<f64>>;

/// The same of one of several as of one day.
///
/// # Errors
/// As [`answer`].
pub fn one(
    engine: &LocalEngine,
    name: &str,
    (as_of, daily): (Day, &mut Daily),
    cancel: &Cancel,
) -> Result<AnomalyAnswer> {
    let all = records::kept(&engine.store().journal());
    let id = list::named(&all, name)?;
    let found = all.into_iter().find(|anomaly| anomaly.id == id);
    let anomaly = found.ok_or_else(|| Error::bug("an anomaly was named that is not there"))?;
    let daily = match daily.get(&anomaly.currency) {
        Some(daily) => *daily,
        None => {
            let of = bill::daily(engine, &anomaly.currency, as_of, cancel)?;
            *daily.entry(anomaly.currency.clone()).or_insert(of)
        }
    };
    let days_of = series(engine, &anomaly, daily, as_of, cancel)?;
    let late = silence::late(engine, as_of);
    // Days that are no more in the bill explain nothing.
    let seen = silence::of(&anomaly, &late).map_or(anomaly.finding.last, |silent| silent.since);
    let seen = seen.max(anomaly.finding.start).min(anomaly.finding.last);
    let held = Finding { last: seen, ..anomaly.finding.clone() }.held();
    // What a commitment covered is what it covered before it ended.
    let ended = anomaly.finding.kind == Kind::Expired;
    let has_come = |day: &DayOf| day.anomalous && day.cost.is_some_and(|cost| cost != Amount::ZERO);
    let is_nothing = anomaly.finding.rises && !ended && !days_of.iter().any(has_come);
    let from = if ended { held.1.from } else { anomaly.finding.start };
    let hours = hours(engine, &anomaly, (held.0, &days_of), cancel)?;
    // A day that is not whole is less than one that is.
    let comparison = if hours.is_some() { Comparison::None } else { Comparison::Previous };
    let lens = Lens {
        period: PeriodSpec::Range(Period { from, to: seen.plus(1) }),
        comparison,
        filter: filter_of(&anomaly.finding.place),
        metric: Metric::Effective,
        by: vec![Dimension::Resource],
        granularity: Granularity::Day,
        currency: Some(anomaly.currency.clone()),
    };
    let driver = match &anomaly.finding {
        // Of what only lost its tag nothing is dearer, and nothing more is used.
        finding if finding.relabelled || ended && !finding.rises => None,
        _ if is_nothing => None,
        // What the commitment covered is dearer, not the commitment.
        finding if ended => {
            let before = Period { from: finding.start.plus(-HELD_DAYS), to: finding.start };
            let of = resources(engine, &anomaly.currency, (&covered(finding), before), cancel)?;
            let dearer = of.map(|of| Lens { filter: Filter { clauses: vec![of], bounds: Vec::new() }, ..lens.clone() });
            dearer.map(|lens| driver(engine, &lens, (held, None), cancel)).transpose()?.flatten()
        }
        _ => driver(engine, &lens, (held, hours), cancel)?,
    };
    let listed = words::listed(anomaly, as_of, &late);
    let span = words::span(held.0.days(), hours);
    let summary = words::summary(&listed, driver.as_ref().map(|driver| (driver, span.as_str())), hours);
    Ok(AnomalyAnswer { listed, days: days_of, held, hours, driver, lens, summary })
}

/// The hours of an anomaly among some days of it, where hours of the last have yet to come: whole days before it are no
/// measure of that one. `None` where its days are whole, or it is not known in which hour it began.
fn hours(
    engine: &LocalEngine,
    anomaly: &Anomaly,
    (during, days): (Period, &[DayOf]),
    cancel: &Cancel,
) -> Result<Option<HoursOf>> {
    let Anomaly { currency, finding, .. } = anomaly;
    let Some(from) = finding.start_hour else { return Ok(None) };
    // Of its own place: others' days may have come later.
    let has_later = days.iter().any(|day| day.day > finding.last && day.cost.is_some_and(|cost| cost != Amount::ZERO));
    let is_newest = engine.data_days().is_some_and(|data| data.to <= finding.last.plus(1));
    let is_last = !has_later && (finding.course.is_going() || is_newest);
    if !is_last && !finding.hourly {
        return Ok(None);
    }
    let day = Period { from: finding.last, to: finding.last.plus(1) };
    let clauses = clauses(finding);
    let request = request(Some(currency), day, (&[], &clauses), Some(Granularity::Hour));
    let table = engine.aggregate(&request, cancel)?;
    let last = table.groups().filter(|(_, total)| !total.sum.is_zero()).map(|(key, _)| key.start).max();
    let until = last.map(|last| last + HOUR_SECONDS).filter(|until| finding.hourly || *until < day.to.seconds());
    let from = from.max(during.from.seconds());
    Ok(until.filter(|until| *until > from).map(|until| HoursOf { from, until }))
}

fn driver(
    engine: &LocalEngine,
    lens: &Lens,
    (held, hours): ((Period, Period), Option<HoursOf>),
    cancel: &Cancel,
) -> Result<Option<Driver>> {
    let mut filter = lens.filter.clone();
    filter.clauses.extend(Aside::none());
    let lens = Lens { by: Vec::new(), filter, ..lens.clone() };
    let hours = hours.map(|HoursOf { from, until }| Hours {
        from: from - held.0.from.seconds(),
        until: until - held.0.to.plus(-1).seconds(),
    });
    let answers = drivers::of_groups(engine, &lens, &[Vec::new()], (held.0, Some(held.1), hours), cancel)?;
    let own = answers.into_iter().find(|answer| Some(&answer.currency) == lens.currency.as_ref());
    Ok(own.and_then(|mut answer| answer.groups.pop()))
}

/// The clauses that a place's series is read by: a SKU says its service, and has a rollup alone.
pub(super) fn clauses(finding: &Finding) -> Vec<Clause> {
    let mut place = finding.place.clone();
    if list::says(&place, &Dimension::Sku) {
        place.retain(|spot| spot.dimension != Dimension::Service);
    }
    let Filter { mut clauses, .. } = filter_of(&place);
    clauses.extend(Aside::none());
    clauses
}

/// The days around an anomaly, with the band that was held against them: of its own days that of before it.
/// `daily` is what an average day of its bill costs.
fn series(
    engine: &LocalEngine,
    Anomaly { currency, finding, .. }: &Anomaly,
    daily: Option<f64>,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<DayOf>> {
    let Some(data) = engine.data_days() else { return Ok(Vec::new()) };
    let to = finding.last.plus(1 + SHOWN_AFTER).min(data.to).min(as_of.plus(1));
    let learn = Period { from: finding.start.plus(-LEARNT_BEFORE).max(data.from), to };
    let clauses = clauses(finding);
    let request = request(Some(currency), learn, (&[], &clauses), Some(Granularity::Day));
    let table = engine.aggregate(&request, cancel)?;
    let mut costs = vec![Total::default(); learn.days().max(0) as usize];
    for (key, total) in table.groups() {
        let at = Day::of_seconds(key.start).0 - learn.from.0;
        costs.get_mut(at.max(0) as usize).into_iter().for_each(|cost| cost.merge(total));
    }
    let freshness = engine.freshness(as_of);
    let settled = pending::settled(&freshness, as_of).unwrap_or(as_of);
    let newest = freshness.iter().map(|fresh| fresh.last_day).max().unwrap_or(as_of);
    // As what found it: less than its floors is never told of, which a band without them would not show.
    let mut detector = Detector::new(daily.map_or_else(Settings::of_places, settings));
    let mut known = 0;
    let mut days = Vec::new();
    for (cost, at) in costs.iter().zip(learn.iter()) {
        let money = cost.sum.to_f64();
        let step = i64::from(at.0);
        let anomalous = at >= finding.start && at <= finding.last;
        // Of the time before a place was, nothing is learnt; that it cost nothing is shown.
        let is_learnt = at < finding.start && (known > 0 || money != 0.0);
        // From its first day on it is held against what was known before.
        let reading = if is_learnt { detector.push(step, money) } else { detector.peek(step, money) };
        known += i32::from(is_learnt);
        if at < finding.start.plus(-SHOWN_BEFORE) || day(step) > newest {
            continue;
        }
        let floor = |money: f64| if cost.sum >= Amount::ZERO { money.max(0.0) } else { money };
        let learnt = known >= 14;
        let band = [reading.lower, reading.expected, reading.upper].map(|money| estimate(floor(money)));
        days.push(DayOf {
            day: at,
            cost: cost.value(),
            band: learnt.then_some(band),
            anomalous,
            unsettled: at > settled,
        });
    }
    Ok(days)
}
