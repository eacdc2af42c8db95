//! Who is waited for by what a lens looks at: whoever its filter has charges of, and nobody else.
//!
//! A filter by a service or an account names no provider, and mostly is of one alone. Knows no figures.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Cancel;
use super::aggregate::is_kept;
use super::answer::Freshness;
use super::local::LocalEngine;
use super::matcher::is_of_groups;
use super::pending::Arrivals;
use super::query::request;
use super::table::Table;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::services::canonical_provider;
use crate::error::Result;

/// Whose charges they are: what is asked to tell it.
pub(super) const BY: [Dimension; 2] = [Dimension::Provider, Dimension::BillingAccount];
/// Days up to a provider's last in which it has charges of what it has any of.
const LATELY: i32 = 14;

/// What has come of those that a lens has charges of, in its days or lately.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn arrivals(
    engine: &LocalEngine,
    lens: &Lens,
    (freshness, as_of): (&[Freshness], Day),
    (period, against): (Period, Option<Period>),
    cancel: &Cancel,
) -> Result<Arc<Arrivals>> {
    let all = Arrivals::of_those(engine, &lens.filter, freshness, as_of);
    let says_whose = |dimension: &Option<Dimension>| dimension.as_ref().is_some_and(is_of_groups);
    let is_all = lens.filter.clauses.iter().all(|clause| says_whose(&clause.dimension));
    let lacks = all.missing(period).or_else(|| all.missing(against?));
    let last = || freshness.iter().map(|fresh| fresh.last_day);
    let (Some(first), Some(last)) = (last().min(), last().max()) else { return Ok(all) };
    if is_all || lacks.is_none() {
        return Ok(all);
    }
    let mut days = Period { from: first.plus(1 - LATELY), to: last.plus(1) };
    // Charges that no rollup has are not gone through twice.
    if is_kept(engine.store(), &request(lens, days, &BY, None)) {
        let earliest = against.map_or(period.from, |against| against.from.min(period.from));
        days = Period { from: days.from.min(earliest), to: days.to.max(period.to) };
    }
    let table = engine.aggregate(&request(lens, days, &BY, None), cancel)?;
    Ok(Arc::new(of_table(&all, (freshness, as_of), &table, None)))
}

/// The same of those that a table has charges of, which is by [`BY`]; of one currency alone, where one is named.
pub(super) fn of_table(
    all: &Arrivals,
    (freshness, as_of): (&[Freshness], Day),
    table: &Table,
    currency: Option<&str>,
) -> Arrivals {
    let whose: BTreeSet<(&str, &str)> = table
        .groups()
        .filter(|(key, _)| currency.is_none_or(|own| table.currencies.get(key.currency) == own))
        .map(|(key, _)| (table.dimensions[0].text(key.values.0[0]), table.dimensions[1].text(key.values.0[1])))
        .collect();
    let is_one = |fresh: &&Freshness| {
        let provider = canonical_provider(fresh.provider.raw());
        whose.iter().any(|(known, _)| *known == provider)
    };
    all.only(|provider, account| whose.contains(&(provider, account)), freshness.iter().filter(is_one), as_of)
}
