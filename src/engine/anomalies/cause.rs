//! What is behind an anomaly, looked up among the single charges of a few of its days.
//!
//! Rollups know pairs of dimensions; who has a move in all of accounts, regions, SKUs and resources, whether two
//! anomalies at places that cross are one, and what a commitment that ended had covered, only charges tell. Few
//! anomalies are looked into, the gravest, and days of two weeks at most of each: it is kept with them who has them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bill::{Bill, request, word_of};
use super::cells::{self, Cells};
use super::find::{self, Found, estimate, severity, share};
use super::once;
use crate::analytics::detect::event::Shape;
use crate::domain::anomaly::{Contributor, Course, Finding, HELD_DAYS, Kind, Spot, filter_of};
use crate::domain::calendar::{DAY_SECONDS, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Pattern};
use crate::domain::money::Amount;
use crate::domain::text::UNTOLD;
use crate::engine::Cancel;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::table::{Request, Table};
use crate::error::Result;

/// Anomalies that are looked into at most, of one currency.
const LOOKED_INTO: usize = 50;
/// The share of a move that makes a contributor, and how many of a dimension are named.
const PART: f64 = 0.1;
const NAMED: usize = 3;
/// The share of a move that must lie in what two places have in common for them to be one cause.
const SAME: f64 = 0.7;
/// How much one of two moves may be larger than the other for that.
const ALIKE: f64 = 0.6;
/// The share of a place's cost that a commitment must have covered for its end to be what made it dearer.
const COVERED: f64 = 0.1;
/// Resources that a commitment covered and that are looked for at most.
const RESOURCES_MAX: usize = 500;
/// Anomalies whose charges are read in one pass.
const TOGETHER: usize = 32;
/// Questions of two places that are asked in one pass.
const PAIRS_TOGETHER: usize = 64;
/// Days between the end of a commitment and what it made dearer.
const NEAR: i32 = 1;

/// What two places have in common, in some days and in others.
pub(super) struct Common<'f> {
    pub places: [&'f [Spot]; 2],
    pub now: Period,
    pub then: Period,
}

/// Reads charges of a few days.
pub struct Looker<'e> {
    /// Whose charges.
    pub engine: &'e LocalEngine,
    /// The bill.
    pub bill: &'e Bill,
    /// Gives up.
    pub cancel: &'e Cancel,
}

impl Looker<'_> {
    fn request<'r>(&'r self, clauses: &'r [Clause], by: &'r [Dimension], period: Period) -> Request<'r> {
        request(Some(&self.bill.currency), period, (by, clauses), None)
    }

    fn table(&self, place: &[&[Spot]], more: &[Clause], by: &[Dimension], period: Period) -> Result<Table> {
        let clauses = clauses(place, more);
        self.engine.aggregate(&self.request(&clauses, by, period), self.cancel)
    }

    /// What anomalies' places cost in their last days and in those before, the charges read once for many.
    fn now_and_then(&self, findings: &[&Finding], by: &[Dimension]) -> Result<Vec<[(Table, Period); 2]>> {
        let mut all = Vec::with_capacity(findings.len());
        for some in findings.chunks(TOGETHER) {
            let places: Vec<Vec<Clause>> = some.iter().map(|finding| clauses(&[&finding.place], &[])).collect();
            let asked = places.iter().zip(some).flat_map(|(clauses, finding)| {
                let (during, before) = finding.held();
                [self.request(clauses, by, during), self.request(clauses, by, before)]
            });
            let asked: Vec<Request<'_>> = asked.collect();
            let mut tables = self.engine.aggregate_together(&asked, self.cancel)?.into_iter();
            for finding in some {
                let (during, before) = finding.held();
                let (Some(now), Some(then)) = (tables.next(), tables.next()) else { break };
                all.push([(now, during), (then, before)]);
            }
        }
        Ok(all)
    }

    /// How much more what places have in common cost in some days than in others, a day; the charges read once for
    /// many.
    pub(super) fn moved(&self, asked: &[Common<'_>]) -> Result<Vec<f64>> {
        let mut moved = Vec::with_capacity(asked.len());
        for some in asked.chunks(PAIRS_TOGETHER) {
            let all: Vec<Vec<Clause>> = some.iter().map(|common| clauses(&common.places, &[])).collect();
            let pairs = all.iter().zip(some);
            let requests: Vec<Request<'_>> = pairs
                .flat_map(|(clauses, of)| [of.now, of.then].map(|period| self.request(clauses, &[], period)))
                .collect();
            let tables = self.engine.aggregate_together(&requests, self.cancel)?;
            let daily: Vec<f64> =
                tables.iter().zip(&requests).map(|(table, request)| daily(table, request.period)).collect();
            moved.extend(daily.chunks(2).map(|pair| pair[0] - pair[1]));
        }
        Ok(moved)
    }

    /// The moves of anomalies' places in their last days, in pieces.
    pub(super) fn cells(&self, findings: &[&Finding], by: &[Dimension]) -> Result<Vec<Cells>> {
        let tables = self.now_and_then(findings, by)?;
        let cells = |[(now, during), (then, before)]: &[(Table, Period); 2]| {
            Cells::new(by, (now, during.days()), (then, before.days()))
        };
        Ok(tables.iter().map(cells).collect())
    }

    /// What some charges cost a day.
    pub(super) fn daily(&self, place: &[&[Spot]], more: &[Clause], period: Period) -> Result<f64> {
        Ok(daily(&self.table(place, more, &[], period)?, period))
    }

    /// Names who has each move, gives the end of commitments what they made dearer, and leaves out what is but
    /// another view of one that was found already.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
    pub fn look(&self, found: &mut Vec<Found>) -> Result<()> {
        self.end_commitments(found)?;
        once::tell(self, found)?;
        self.leave_out_echoes(found)?;
        find::net(self.bill, found);
        let mut gravest: Vec<&mut Found> = found.iter_mut().collect();
        gravest.sort_by_key(|found| std::cmp::Reverse(found.finding.impact.abs()));
        gravest.truncate(LOOKED_INTO);
        gravest.retain(|found| found.finding.kind != Kind::Expired);
        // Tables by resource are large: no more of them are kept than are read together.
        for some in gravest.chunks_mut(TOGETHER) {
            let findings: Vec<&Finding> = some.iter().map(|found| &found.finding).collect();
            let all_named = self.contributors(&findings)?;
            for (found, named) in some.iter_mut().zip(all_named) {
                let known = |spot: &Spot| named.iter().any(|c: &Contributor| c.spot.dimension == spot.dimension);
                found.finding.contributors.retain(|c| !known(&c.spot));
                found.finding.contributors.extend(named);
                found.finding.contributors.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
            }
        }
        Ok(())
    }

    /// Who has each move, by each dimension that its place leaves open.
    fn contributors(&self, findings: &[&Finding]) -> Result<Vec<Vec<Contributor>>> {
        let mut named = vec![Vec::new(); findings.len()];
        // The most that charges can be told apart by at a time.
        for by in [&cells::by(self.bill)[..], &[Dimension::Sku, Dimension::Resource]] {
            let tables = self.now_and_then(findings, by)?;
            for ((named, finding), [(now, during), (then, before)]) in named.iter_mut().zip(findings).zip(&tables) {
                named.extend(moves(by, [(now, *during), (then, *before)], &finding.place, None).1);
            }
        }
        Ok(named)
    }

    /// The same of one that has had but some hours, held against those of as many weeks before as it takes.
    pub(super) fn contributors_in_hours(&self, finding: &Finding, hours: Range<i64>) -> Result<Vec<Contributor>> {
        let mut named = Vec::new();
        let (during, before) = finding.held();
        let clauses = clauses(&[&finding.place], &[]);
        for by in [&cells::by(self.bill)[..], &[Dimension::Sku, Dimension::Resource]] {
            let hourly = Some(Granularity::Hour);
            let asked =
                [during, before].map(|period| Request { granularity: hourly, ..self.request(&clauses, by, period) });
            if let [now, then] = &self.engine.aggregate_together(&asked, self.cancel)?[..] {
                named.extend(moves(by, [(now, during), (then, before)], &finding.place, Some(hours.clone())).1);
            }
        }
        Ok(named)
    }

    /// Of two anomalies that stay, move alike and share most of it, the one that began first is told; of the gravest.
    fn leave_out_echoes(&self, found: &mut Vec<Found>) -> Result<()> {
        // What is known to the day is told rather than what was seen slowly.
        found.sort_by_key(|f| (f.finding.start, f.raw.event.shape == Shape::Ramp, f.finding.place.len()));
        let mut gravest: Vec<usize> = (0..found.len()).collect();
        gravest.sort_by_key(|at| std::cmp::Reverse(found[*at].finding.impact.abs()));
        gravest.truncate(LOOKED_INTO);
        gravest.sort_unstable();
        let (mut pairs, mut asked) = (Vec::new(), Vec::new());
        for (rank, later) in gravest.iter().enumerate() {
            for earlier in gravest[..rank].iter().filter(|earlier| may_be_one(&found[**earlier], &found[*later])) {
                let from = asked.len();
                asked.extend(in_both(&found[*earlier], &found[*later]));
                pairs.push((*earlier, *later, from..asked.len()));
            }
        }
        let moved = self.moved(&asked)?;
        let mut is_echo = vec![false; found.len()];
        // In their order: what is an echo itself has none.
        for (earlier, later, range) in pairs {
            is_echo[later] |= !is_echo[earlier] && is_shared(found[later].raw.moved, &moved[range]);
        }
        let mut is_echo = is_echo.into_iter();
        found.retain(|_| !is_echo.next().unwrap_or_default());
        Ok(())
    }

    /// What a commitment covered goes on at the public price when it ends: that is what it costs, and what rose
    /// there is no other anomaly.
    fn end_commitments(&self, found: &mut Vec<Found>) -> Result<()> {
        let is_ended = |f: &Found| f.finding.kind == Kind::Expired && !f.finding.rises;
        let (mut all_ended, mut others): (Vec<Found>, Vec<Found>) = found.drain(..).partition(is_ended);
        for ended in &mut all_ended {
            let covered = covered(&ended.finding);
            let before = Period { from: ended.finding.start.plus(-HELD_DAYS), to: ended.finding.start };
            self.dearer(ended, &covered, before)?;
            if !ended.finding.rises {
                continue;
            }
            let mut rest = Vec::with_capacity(others.len());
            for other in others {
                let near = (other.finding.start.0 - ended.finding.start.0).abs() <= NEAR && other.finding.rises;
                let covers = near && {
                    let place: &[&[Spot]] = &[&other.finding.place];
                    let (all, of_it) =
                        (self.daily(place, &[], before)?, self.daily(place, std::slice::from_ref(&covered), before)?);
                    // Of what began with it, it had covered nothing.
                    of_it > 0.0 && of_it >= COVERED * all
                };
                if !covers {
                    rest.push(other);
                }
            }
            others = rest;
        }
        found.extend(others.into_iter().chain(all_ended));
        Ok(())
    }

    /// Reckons the end of a commitment: what the resources that it covered cost since, beyond what they cost
    /// before.
    fn dearer(&self, ended: &mut Found, covered: &Clause, before: Period) -> Result<()> {
        let Some(of) = resources(self.engine, &self.bill.currency, (covered, before), self.cancel)? else {
            return Ok(());
        };
        let (during, _) = ended.finding.held();
        let by = [Dimension::Service, Dimension::SubAccount, Dimension::Sku];
        let now = self.table(&[], std::slice::from_ref(&of), &by, during)?;
        let then = self.table(&[], std::slice::from_ref(&of), &by, before)?;
        let (moved, contributors) = moves(&by, [(&now, during), (&then, before)], &ended.finding.place, None);
        if moved <= 0.0 {
            return Ok(());
        }
        let was = -ended.raw.moved;
        // What it made dearer is what had been cheaper with it: nothing moved the other way.
        ended.raw.cancels = None;
        let finding = &mut ended.finding;
        finding.cancels = None;
        let (impact, rate) = (moved * f64::from(finding.last.plus(1).0 - finding.start.0), moved);
        finding.rises = true;
        finding.impact = estimate(impact);
        finding.rate = estimate(rate);
        for reckoned in [&mut finding.day, &mut finding.peak.1] {
            reckoned.expected = estimate(was);
            reckoned.lower = estimate(was * 0.8);
            reckoned.upper = estimate(was * 1.2);
            reckoned.actual = estimate(was + moved);
        }
        finding.severity = severity(estimate(impact + rate * 30.0), true, self.bill.daily);
        finding.contributors = contributors;
        Ok(())
    }
}

/// The charges that a commitment covered, at which an anomaly is.
pub(super) fn covered(finding: &Finding) -> Clause {
    Clause {
        negated: false,
        dimension: Some(Dimension::CommitmentDiscount),
        patterns: finding.place.iter().map(|spot| Pattern::only(spot.value.raw())).collect(),
    }
}

/// The resources whose charges in some days a commitment covered, those that cost most; `None` where it had none.
pub(super) fn resources(
    engine: &LocalEngine,
    currency: &str,
    (covered, before): (&Clause, Period),
    cancel: &Cancel,
) -> Result<Option<Clause>> {
    let clauses = clauses(&[], std::slice::from_ref(covered));
    let what = engine.aggregate(&request(Some(currency), before, (&[Dimension::Resource], &clauses), None), cancel)?;
    let mut resources: Vec<(f64, &str)> =
        what.groups().map(|(key, total)| (total.sum.to_f64(), what.dimensions[0].text(key.values.0[0]))).collect();
    resources.retain(|(_, id)| !id.is_empty() && *id != UNTOLD);
    resources.sort_by(|a, b| b.0.total_cmp(&a.0));
    resources.truncate(RESOURCES_MAX);
    let patterns: Vec<Pattern> = resources.iter().map(|(_, id)| Pattern::only(id)).collect();
    Ok((!patterns.is_empty()).then_some(Clause { negated: false, dimension: Some(Dimension::Resource), patterns }))
}

/// What charges cost a day.
fn daily(table: &Table, period: Period) -> f64 {
    let sum: Amount = table.groups().map(|(_, total)| total.sum).sum();
    sum.to_f64() / f64::from(period.days().max(1))
}

/// What admits the charges of all of some places that anomalies are looked for among.
fn clauses(places: &[&[Spot]], more: &[Clause]) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = places.iter().flat_map(|place| filter_of(place).clauses).collect();
    clauses.extend(Aside::none());
    clauses.extend_from_slice(more);
    clauses
}

/// How much more some days cost than others, a day, and who has that by each dimension that a place leaves open; or some
/// hours of the first, and the same of the others.
fn moves(
    by: &[Dimension],
    tables: [(&Table, Period); 2],
    place: &[Spot],
    hours: Option<Range<i64>>,
) -> (f64, Vec<Contributor>) {
    let [now, _] = tables.map(|(_, period)| period.from.seconds());
    let is_asked = |period: Period, start: i64| {
        hours.as_ref().is_none_or(|hours| hours.contains(&(start - period.from.seconds() + now)))
    };
    let days = |period: Period| match &hours {
        Some(hours) => (hours.end - hours.start) as f64 / DAY_SECONDS as f64,
        None => f64::from(period.days().max(1)),
    };
    let mut named = Vec::new();
    let mut all = 0.0;
    for (at, dimension) in by.iter().enumerate() {
        // Exact, and in one order: the same charges tell the same.
        let mut sums: BTreeMap<&str, ([Amount; 2], &str)> = BTreeMap::new();
        for (side, (table, period)) in tables.into_iter().enumerate() {
            for (key, total) in table.groups().filter(|(key, _)| is_asked(period, key.start)) {
                let (values, id) = (&table.dimensions[at], key.values.0[at]);
                sums.entry(values.text(id)).or_insert(([Amount::ZERO; 2], values.name(id))).0[side] += total.sum;
            }
        }
        let daily = tables.map(|(_, period)| days(period));
        let moved = |[now, then]: [Amount; 2]| now.to_f64() / daily[0] - then.to_f64() / daily[1];
        let moves: Vec<(&str, f64, &str)> =
            sums.into_iter().map(|(text, (sums, name))| (text, moved(sums), name)).collect();
        let whole: f64 = moves.iter().map(|(_, moved, _)| moved).sum();
        all = whole;
        if place.iter().any(|spot| spot.dimension == *dimension) {
            continue;
        }
        let tells =
            |text: &str, moved: f64| !text.is_empty() && text != UNTOLD && whole != 0.0 && moved / whole >= PART;
        let mut parts: Vec<(&str, f64, &str)> = moves.into_iter().filter(|part| tells(part.0, part.1)).collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(b.0)));
        named.extend(parts.into_iter().take(NAMED).map(|(text, moved, name)| Contributor {
            spot: Spot {
                dimension: dimension.clone(),
                value: text.into(),
                name: Some(name).filter(|name| !name.is_empty()).map(Into::into),
            },
            share: share(moved / whole),
            moved: estimate(moved),
        }));
    }
    named.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
    (all, named)
}

/// What is asked of the charges that two places have in common: how much they have moved since before the earlier, and,
/// where both came at once and a week or more apart, how much they had on such days of the week before the later.
fn in_both<'f>(earlier: &'f Found, later: &'f Found) -> impl Iterator<Item = Common<'f>> {
    let (a, b) = (&earlier.finding, &later.finding);
    let ((now, _), (_, then)) = (b.held(), a.held());
    let common = move |now: Period| Common { places: [&a.place, &b.place], now, then };
    let from = b.start.plus(-HELD_DAYS);
    let had = Period { from, to: from.plus(now.days()).min(b.start) };
    let is_sudden = [earlier, later].iter().all(|found| found.raw.event.shape != Shape::Ramp);
    [Some(now), (is_sudden && from >= a.start).then_some(had)].into_iter().flatten().map(common)
}

/// Whether what moved later is what both have in common, of which most had moved before: else it is a step upon a step.
fn is_shared(own: f64, moved: &[f64]) -> bool {
    let [now, had @ ..] = moved else { return false };
    now / own >= SAME && had.iter().all(|had| (now - had) / own <= once::MORE)
}

/// Whether two anomalies are worth a look at what they have in common.
fn may_be_one(earlier: &Found, later: &Found) -> bool {
    let (a, b) = (&earlier.finding, &later.finding);
    let size = |found: &Found| found.raw.moved.abs();
    let alike = size(earlier).min(size(later)) >= ALIKE * size(earlier).max(size(later));
    let both_stay = a.rises == b.rises && b.course != Course::Over && a.last.plus(2) >= b.start;
    let slow = earlier.raw.event.shape == Shape::Ramp && later.raw.event.shape == Shape::Ramp;
    let commitment = word_of(&Dimension::CommitmentDiscount);
    let plain = |found: &Found| found.raw.place.parts().iter().all(|part| part.dimension != commitment);
    both_stay && alike && !slow && plain(earlier) && plain(later) && earlier.raw.place.meet(&later.raw.place).is_some()
}
