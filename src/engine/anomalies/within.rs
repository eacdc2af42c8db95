//! Whether an anomaly is one of the charges that a filter is about: as its place says, and of what that leaves open as
//! the charges themselves do.
//!
//! Of what is at a place a filter may admit a part. It is about the anomaly where that part moved itself, the same way
//! and by as much as would matter of it alone, however much others moved: whoever is small beside them is in it, and
//! whoever merely has charges at the place is not. So much is asked of the days, or hours, of many anomalies at once,
//! mostly of rollups: as often as filters leave other demands open at places of other dimensions. Knows no rule and no
//! face.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::bill::{by, clause, request};
use super::cause::{covered, resources};
use super::find::settings;
use super::{mark, words};
use crate::analytics::detect::scale::median;
use crate::domain::anomaly::{Course, Finding, HELD_DAYS, Kind, MOSTLY, left_open};
use crate::domain::calendar::{DAY_SECONDS, Day, Granularity, HOUR_SECONDS, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter};
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::answer::Listed;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::scan::check;
use crate::engine::table::{Request, Table};
use crate::error::Result;

/// Days before an anomaly that tell what its weekdays cost.
const BEFORE: i32 = 28;
/// The last of them, that tell at which level the cost was when it began.
const LATELY: usize = 3;
/// By how many widths of its days' noise a mean day must be off.
const NOISE: f64 = 3.0;
/// The median size of a normal residual, in standard deviations.
const MEDIAN_NORMAL: f64 = 0.674_49;
/// The share of a place's relative move that a part's must be, where all of it moved by little.
const ALONG: f64 = 0.5;
/// Questions that are asked in one pass over charges.
const TOGETHER: usize = 64;

/// Which of some anomalies each of some filters is about, in their order.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(in crate::engine) fn of(
    engine: &LocalEngine,
    all: &[&Listed],
    filters: &[&Filter],
    cancel: &Cancel,
) -> Result<Vec<Vec<bool>>> {
    let mut within = vec![vec![false; all.len()]; filters.len()];
    let (mut asked, mut ends): (Vec<Asked<'_>>, HashMap<usize, Option<Clause>>) = Default::default();
    for (of, filter) in filters.iter().enumerate() {
        for (at, listed) in all.iter().enumerate() {
            let finding = &listed.anomaly.finding;
            let Some(open) = left_open(&finding.place, &listed.providers, filter) else { continue };
            let of_end = if is_end(finding) && !open.is_empty() {
                match ends.entry(at) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(place) => place.insert(of_end(engine, listed, cancel)?).clone(),
                }
            } else {
                None
            };
            if open.is_empty() || is_gone(listed) || is_end(finding) && of_end.is_none() {
                within[of][at] = open.is_empty() || finding.was_within(filter, &listed.providers, &listed.place_words);
                continue;
            }
            Asked::put(&mut asked, (of, at), listed, open.into_iter().chain(of_end.as_ref()).cloned().collect());
        }
    }
    if asked.is_empty() {
        return Ok(within);
    }
    let daily = mark(&engine.store().journal()).map(|mark| mark.daily).unwrap_or_default();
    let least = |listed: &Listed| {
        let daily = daily.get(&listed.anomaly.currency).copied().unwrap_or_default();
        settings(daily.to_f64()).absolute
    };
    for some in asked.chunks(TOGETHER) {
        check(cancel)?;
        let questions: Vec<Question> = some.iter().map(|asked| asked.question(all)).collect();
        let requests: Vec<Request<'_>> =
            questions.iter().zip(some).map(|(question, asked)| question.of(asked)).collect();
        let tables = engine.aggregate_together(&requests, cancel)?;
        for ((asked, question), table) in some.iter().zip(&questions).zip(&tables) {
            let costs = by_place(table, &question.by, asked.place.len());
            for (of, at) in &asked.whose {
                let listed = all[*at];
                within[*of][*at] = matters(&listed.anomaly.finding, &asked.costs(listed, &costs), least(listed));
            }
        }
    }
    Ok(within)
}

/// Whether charges were restated or taken out since it was seen: they tell nothing of it any more.
fn is_gone(listed: &Listed) -> bool {
    listed.anomaly.finding.course == Course::NotFound || words::is_taken_out(listed)
}

/// Whether it is what the end of a commitment made dearer: that is not at the commitment.
fn is_end(finding: &Finding) -> bool {
    finding.kind == Kind::Expired && finding.rises
}

/// The charges that a commitment which ended had covered.
fn of_end(engine: &LocalEngine, listed: &Listed, cancel: &Cancel) -> Result<Option<Clause>> {
    let finding = &listed.anomaly.finding;
    let before = Period { from: finding.start.plus(-HELD_DAYS), to: finding.start };
    resources(engine, &listed.anomaly.currency, (&covered(finding), before), cancel)
}

/// What is asked at once: what charges that some clauses admit cost at places of the same dimensions.
struct Asked<'a> {
    currency: &'a str,
    place: Vec<Dimension>,
    open: Vec<Clause>,
    hourly: bool,
    /// For which filter and anomaly.
    whose: Vec<(usize, usize)>,
}

/// The same as it is asked.
struct Question {
    by: Vec<Dimension>,
    clauses: Vec<Clause>,
    last: [usize; 1],
    period: Period,
}

impl<'a> Asked<'a> {
    fn put(all: &mut Vec<Asked<'a>>, whose: (usize, usize), listed: &'a Listed, open: Vec<Clause>) {
        let (currency, finding) = (listed.anomaly.currency.as_str(), &listed.anomaly.finding);
        let (place, hourly) = (dimensions(finding), finding.hourly);
        let is_it = |asked: &&mut Asked<'_>| {
            asked.currency == currency && asked.place == place && asked.hourly == hourly && asked.open == open
        };
        match all.iter_mut().find(is_it) {
            Some(known) => known.whose.push(whose),
            None => all.push(Asked { currency, place, open, hourly, whose: vec![whose] }),
        }
    }

    fn question(&self, all: &[&Listed]) -> Question {
        let findings = || self.whose.iter().map(|(_, at)| &all[*at].anomaly.finding);
        let mut clauses = self.open.clone();
        for dimension in &self.place {
            let mut values: Vec<String> = findings().filter_map(|of| value(of, dimension)).map(str::to_owned).collect();
            values.sort();
            values.dedup();
            clauses.push(clause(dimension, &values));
        }
        clauses.push(Aside::of_class(true));
        let from = findings().map(|finding| finding.start).min().unwrap_or(Day(0)).plus(-BEFORE);
        let to = findings().map(|finding| finding.last).max().unwrap_or(from).plus(1);
        let place: Vec<&Dimension> = self.place.iter().collect();
        let mut by = by(&place);
        // A place of a provider has it twice else.
        if let Some(twice) = (1..by.len()).find(|at| by[..*at].contains(&by[*at])) {
            by.remove(twice);
        }
        Question { by, last: [clauses.len() - 1], clauses, period: Period { from, to } }
    }

    /// What the admitted charges of an anomaly's place cost.
    fn costs(&self, listed: &Listed, costs: &ByPlace<'_>) -> Costs {
        let finding = &listed.anomaly.finding;
        let values: Vec<&str> = self.place.iter().filter_map(|dimension| value(finding, dimension)).collect();
        let mut sums = Costs::default();
        let theirs = |provider: &str| listed.providers.is_empty() || listed.providers.iter().any(|own| own == provider);
        for (_, start, cost) in costs.get(&values).into_iter().flatten().filter(|of| theirs(of.0)) {
            *sums.0.entry(*start).or_default() += cost;
        }
        sums
    }
}

impl Question {
    fn of<'r>(&'r self, asked: &'r Asked<'_>) -> Request<'r> {
        let pieces = if asked.hourly { Granularity::Hour } else { Granularity::Day };
        let request = request(Some(asked.currency), self.period, (&self.by, &self.clauses), Some(pieces));
        Request { parting: &self.last, ..request }
    }
}

/// The dimensions of an anomaly's place. Of a SKU the service is known; what a commitment had covered is anywhere.
fn dimensions(finding: &Finding) -> Vec<Dimension> {
    let of: Vec<&Dimension> = finding.place.iter().map(|spot| &spot.dimension).filter(|_| !is_end(finding)).collect();
    let has_sku = of.contains(&&Dimension::Sku);
    of.into_iter().filter(|dimension| !has_sku || **dimension != Dimension::Service).cloned().collect()
}

fn value<'f>(finding: &'f Finding, dimension: &Dimension) -> Option<&'f str> {
    finding.place.iter().find(|spot| spot.dimension == *dimension).map(|spot| spot.value.raw())
}

/// By a place's values: by whom, when and how much.
type ByPlace<'t> = HashMap<Vec<&'t str>, Vec<(&'t str, i64, f64)>>;

/// What of a table goes on by itself, by its first dimensions.
fn by_place<'t>(table: &'t Table, by: &[Dimension], first: usize) -> ByPlace<'t> {
    let at = |of: &Dimension| by.iter().position(|dimension| dimension == of).unwrap_or_default();
    let (provider, category) = (at(&Dimension::Provider), at(&Dimension::ChargeCategory));
    let mut places = ByPlace::new();
    for (key, total) in table.groups() {
        let text = |at: usize| table.dimensions[at].text(key.values.0[at]);
        if Aside::of(text(category), "", false).is_none() {
            let place = places.entry((0..first).map(text).collect()).or_default();
            place.push((text(provider), key.start, total.sum.to_f64()));
        }
    }
    places
}

/// What charges cost, by the second at which their day or hour begins.
#[derive(Default)]
struct Costs(BTreeMap<i64, f64>);

/// A day, and which seconds of it.
type Part = (Day, Range<i64>);

impl Costs {
    fn of(&self, day: Day, seconds: &Range<i64>) -> f64 {
        let from = day.seconds();
        self.0.range(from + seconds.start..from + seconds.end).map(|(_, cost)| cost).sum()
    }

    /// The days of an anomaly; of one that was found by the hour the hours of it that have come.
    fn days(&self, finding: &Finding) -> Vec<Part> {
        let days = (finding.start.0..=finding.last.0).map(Day);
        if !finding.hourly {
            return days.map(|day| (day, 0..DAY_SECONDS)).collect();
        }
        let from = finding.start_hour.unwrap_or(finding.start.seconds());
        let until = self.0.last_key_value().map_or(from, |(start, _)| start + HOUR_SECONDS);
        let part = |day: Day| {
            let [from, until] = [from, until].map(|second| (second - day.seconds()).clamp(0, DAY_SECONDS));
            (from < until).then_some((day, from..until))
        };
        days.filter_map(part).collect()
    }
}

/// What a part of each day usually cost before a day.
struct Usual {
    week: [f64; 7],
    /// By how much the last days were off that.
    level: f64,
    /// How far off it a day is.
    width: f64,
}

impl Usual {
    /// Of weekdays as they were, at the level of the last days: what had moved by then is what they cost.
    fn of(costs: &Costs, start: Day, seconds: &Range<i64>) -> Usual {
        let before = (start.0 - BEFORE..start.0).map(|day| (Day(day), costs.of(Day(day), seconds)));
        // Before there were any it cost nothing, and that is no measure of what came then.
        let before: Vec<(Day, f64)> = before.skip_while(|(_, cost)| *cost == 0.0).collect();
        let weekday = |day: Day| day.weekday().num_days_from_monday() as usize;
        let of_all = median(&mut before.iter().map(|(_, cost)| *cost).collect::<Vec<f64>>());
        let week = std::array::from_fn(|of| {
            let mut same: Vec<f64> =
                before.iter().filter(|(day, _)| weekday(*day) == of).map(|(_, cost)| *cost).collect();
            if same.is_empty() { of_all } else { median(&mut same) }
        });
        let off: Vec<f64> = before.iter().map(|(day, cost)| cost - week[weekday(*day)]).collect();
        let level = median(&mut off[off.len().saturating_sub(LATELY)..].to_vec());
        let width = median(&mut off.iter().map(|off| off.abs()).collect::<Vec<f64>>()) / MEDIAN_NORMAL;
        Usual { week, level, width }
    }

    fn on(&self, day: Day) -> f64 {
        self.week[day.weekday().num_days_from_monday() as usize] + self.level
    }
}

/// Whether some of the charges of an anomaly's place moved in its first days, or in its last, the way that it did and by
/// as much as would matter of them alone, or have nearly all of it. Less than `least` of a day matters to nobody.
fn matters(finding: &Finding, costs: &Costs, least: f64) -> bool {
    let days = costs.days(finding);
    let shown = days.len().min(HELD_DAYS as usize);
    [&days[..shown], &days[days.len() - shown..]].into_iter().any(|days| moved(finding, costs, days, least))
}

fn moved(finding: &Finding, costs: &Costs, days: &[Part], least: f64) -> bool {
    let n = days.len().max(1) as f64;
    let (mut off, mut expected, mut width, mut hours) = (0.0, 0.0, 0.0, 0.0);
    for (day, seconds) in days {
        let usual = Usual::of(costs, finding.start, seconds);
        off += (costs.of(*day, seconds) - usual.on(*day)) / n;
        expected += usual.on(*day) / n;
        width += usual.width / n;
        hours += (seconds.end - seconds.start) as f64 / DAY_SECONDS as f64 / n;
    }
    let off = if finding.rises { off } else { -off };
    let whole = finding.moved();
    let along = whole.ratio(finding.day.expected.abs()).map_or(f64::INFINITY, |share| ALONG * share);
    let settings = settings(0.0);
    let is_much =
        off >= least * hours && off >= settings.relative.min(along) * expected.abs() && off >= NOISE * width / n.sqrt();
    off > 0.0 && (is_much || whole > Amount::ZERO && off >= MOSTLY * whole.to_f64())
}

#[cfg(test)]
#[path = "within_tests.rs"]
mod tests;
