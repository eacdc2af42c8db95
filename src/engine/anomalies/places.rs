//! The days of the places that anomalies are held against.
//!
//! Those that the bill's series have, and of a place that is none of them any more its own charges: others have
//! outgrown it, or its provider delivers nothing. That nobody looks at a place is no end of what goes on there. Knows
//! no detector.

use std::collections::BTreeSet;

use super::bill::{Bill, place_of, request};
use super::detail::clauses;
use super::hold::{self, Days, Places};
use crate::domain::anomaly::Finding;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::services::canonical_provider;
use crate::engine::Cancel;
use crate::engine::local::LocalEngine;
use crate::error::Result;

/// The days of a bill's places that something is held against; those without any charges are not among them.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn of<'f>(
    engine: &LocalEngine,
    bill: &Bill,
    findings: impl Iterator<Item = &'f Finding>,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Places> {
    let mut places = Places::new();
    // Of what goes on by the hour alone whose charges it is is asked too.
    let is_asked = |finding: &&Finding| hold::is_held(finding, as_of) || finding.hourly && finding.course.is_going();
    for finding in findings.filter(is_asked) {
        let place = place_of(&finding.place);
        if places.contains_key(&place) {
            continue;
        }
        let days = match bill.node(&place) {
            Some(node) => {
                let settled = node.settled.unwrap_or(bill.settled);
                let providers = node.providers.clone();
                Some(Days { first: bill.first, costs: node.costs.clone(), settled, providers })
            }
            None if finding.course.is_going() => own(engine, bill, finding, as_of, cancel)?,
            None => None,
        };
        places.extend(days.map(|days| (place, days)));
    }
    Ok(places)
}

/// A place's days by its own charges, as far as its providers' have settled: of later ones nothing is known.
fn own(engine: &LocalEngine, bill: &Bill, finding: &Finding, as_of: Day, cancel: &Cancel) -> Result<Option<Days>> {
    let Some(data) = engine.data_days() else { return Ok(None) };
    let period = Period { from: bill.first, to: data.to.min(as_of.plus(1)) };
    let clauses = clauses(finding);
    let request = request(Some(&bill.currency), period, (&[Dimension::Provider], &clauses), Some(Granularity::Day));
    let table = engine.aggregate(&request, cancel)?;
    let mut sums = vec![0.0; period.days().max(0) as usize];
    let mut providers = BTreeSet::new();
    for (key, total) in table.groups() {
        providers.insert(table.dimensions[0].text(key.values.0[0]));
        let at = usize::try_from(Day::of_seconds(key.start).0 - period.from.0).unwrap_or(usize::MAX);
        sums.get_mut(at).into_iter().for_each(|sum| *sum += total.sum.to_f64());
    }
    let freshness = engine.freshness(as_of);
    let theirs = freshness.iter().filter(|fresh| providers.contains(canonical_provider(fresh.provider.raw())));
    let Some(known) = theirs.map(|fresh| fresh.settled_through).min() else { return Ok(None) };
    let costs = period.iter().zip(sums).map(|(day, sum)| (day <= known).then_some(sum)).collect();
    let providers = providers.into_iter().map(str::to_owned).collect();
    Ok(Some(Days { first: bill.first, costs, settled: bill.settled, providers }))
}
