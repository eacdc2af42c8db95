//! What of charges no facet accounts for: added beside the facet's figures as a value that nobody told, so
//! that every total is exactly that of the charges.
//!
//! Days that a facet has not come for, charges restated meanwhile, or all of it where no facet tells what is
//! asked; it may be negative. A filter by what was not told leaves it out. Knows no question.

use hashbrown::HashMap;

use super::Cancel;
use super::aggregate::add_up;
use super::table::{Ids, Key, Request, Table};
use super::told::Part;
use crate::domain::calendar::Granularity;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Clause;
use crate::domain::numbers::Total;
use crate::domain::text::UNTOLD;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::Manifest;

/// Adds what a request asks for of groups whose charges do not tell all of it.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn add(
    (store, manifest): (&Store, &Manifest),
    request: &Request<'_>,
    part: &Part<'_>,
    table: &mut Table,
    cancel: &Cancel,
) -> Result<()> {
    let mut found = add_up((store, manifest), request, &part.facets, cancel)?;
    if is_admitted(request, part) && request.granularity == Some(Granularity::Hour) {
        // What lies in hours is the facet's; what no hour accounts for lies in none.
        let (rest, _) = in_all((store, manifest), request, part, cancel)?;
        found.left_out.clear();
        for (key, total) in rest.groups() {
            let currency = found.currencies.intern(rest.currencies.get(key.currency));
            found.left_out.entry(currency).or_default().merge(total);
        }
    } else if is_admitted(request, part) {
        let places: Vec<usize> = (0..request.by.len()).filter(|at| part.tells(&request.by[*at])).collect();
        let by: Vec<Dimension> = places.iter().map(|at| request.by[*at].clone()).collect();
        let clauses = told_clauses(request, part);
        let told = Request { by: &by, clauses: &clauses, ..request.clone() };
        let base = add_up((store, manifest), &told, &part.base, cancel)?;
        let accounted = if clauses.len() == request.clauses.len() {
            projected(&found, &places)
        } else {
            add_up((store, manifest), &told, &part.facets, cancel)?
        };
        found.merge(spread(less(base, &accounted), &places, request.by.len()));
    }
    table.merge(found);
    Ok(())
}

/// What no facet accounts for of a part, in all, of what the clauses that its charges tell of admit; whether
/// it is in the figures or a clause about what was not told leaves it out.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn in_all(
    (store, manifest): (&Store, &Manifest),
    request: &Request<'_>,
    part: &Part<'_>,
    cancel: &Cancel,
) -> Result<(Table, bool)> {
    let clauses = told_clauses(request, part);
    let told = Request { by: &[], clauses: &clauses, granularity: None, ..request.clone() };
    let base = add_up((store, manifest), &told, &part.base, cancel)?;
    let accounted = add_up((store, manifest), &told, &part.facets, cancel)?;
    Ok((less(base, &accounted), is_admitted(request, part)))
}

/// Whether every clause admits what was not told of its dimension.
fn is_admitted(request: &Request<'_>, part: &Part<'_>) -> bool {
    let admits = |(at, clause): (usize, &Clause)| {
        part.tells_of(clause) || clause.admits_untold() || request.parting.contains(&at)
    };
    request.clauses.iter().enumerate().all(admits)
}

fn told_clauses(request: &Request<'_>, part: &Part<'_>) -> Vec<Clause> {
    request.clauses.iter().filter(|clause| part.tells_of(clause)).cloned().collect()
}

/// A table by some of its dimensions.
fn projected(table: &Table, places: &[usize]) -> Table {
    let mut out = Table::new(places.len());
    out.currencies.clone_from(&table.currencies);
    out.dimensions = places.iter().map(|at| table.dimensions[*at].clone()).collect();
    for (key, total) in table.groups() {
        let mut values = Ids::default();
        places.iter().zip(&mut values.0).for_each(|(at, id)| *id = key.values.0[*at]);
        out.add(Key { values, ..key }, total);
    }
    out
}

/// What a table has and another has not; groups of which nothing is left are gone.
fn less(mut table: Table, other: &Table) -> Table {
    let numbers = table.adopt(other);
    let mut others: HashMap<Key, Total> = HashMap::new();
    for (key, total) in other.groups() {
        let key = Key { currency: numbers.currency(key.currency), values: numbers.ids(&key.values), ..key };
        others.entry(key).or_default().merge(total);
    }
    let mut out = Table::new(table.dimensions.len());
    for (key, total) in table.groups() {
        if let Some(left) = left(total, others.remove(&key)) {
            out.add(key, &left);
        }
    }
    for (key, gone) in others {
        if let Some(left) = left(&Total::default(), Some(gone)) {
            out.add(key, &left);
        }
    }
    out.currencies = table.currencies;
    out.dimensions = table.dimensions;
    out
}

/// What is left of a total. A charge that is split has more rows than one: those say nothing of the rest.
fn left(total: &Total, gone: Option<Total>) -> Option<Total> {
    let Some(gone) = gone else { return Some(*total) };
    let sum = total.sum - gone.sum;
    let known = u64::from(!sum.is_zero());
    let unknown = total.unknown.saturating_sub(gone.unknown);
    (known + unknown > 0).then_some(Total { sum, known, unknown })
}

/// A table by dimensions at some places among others, whose values nobody told.
fn spread(table: Table, places: &[usize], dimensions: usize) -> Table {
    let mut out = Table::new(dimensions);
    let untold: Vec<u32> = out.dimensions.iter_mut().map(|values| values.add(UNTOLD, "")).collect();
    for (from, at) in places.iter().enumerate() {
        out.dimensions[*at].clone_from(&table.dimensions[from]);
    }
    for (key, total) in table.groups() {
        let mut values = Ids::default();
        untold.iter().zip(&mut values.0).for_each(|(untold, id)| *id = *untold);
        places.iter().zip(key.values.0).for_each(|(at, id)| values.0[*at] = id);
        out.add(Key { values, ..key }, total);
    }
    out.currencies = table.currencies;
    out
}
