//! What of charges no facet accounts for: added beside the facet's figures as a value that nobody told, so
//! that every total is exactly that of the charges.
//!
//! Days that a facet has not come for, charges restated meanwhile, or all of it where no facet tells what is
//! asked; it may be negative. A filter by what was not told leaves it out. What is left only because a cloud
//! rounds each amount that it tells is nobody's unknown: the largest of the values that were told has it. Knows
//! no question.

use std::cmp::Reverse;

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
        let rest = less(base, &accounted);
        found.merge(spread(rest.unknown, &places, request.by.len()));
        add_rounding(&mut found, &spread(rest.rounding, &places, request.by.len()), &places);
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
    Ok((less(base, &accounted).unknown, is_admitted(request, part)))
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
struct Rest {
    /// What nobody told.
    unknown: Table,
    /// What is left by rounding alone.
    rounding: Table,
}

fn less(mut table: Table, other: &Table) -> Rest {
    let numbers = table.adopt(other);
    let mut others: HashMap<Key, Total> = HashMap::new();
    for (key, total) in other.groups() {
        let key = Key { currency: numbers.currency(key.currency), values: numbers.ids(&key.values), ..key };
        others.entry(key).or_default().merge(total);
    }
    let (mut unknown, mut rounding) = (Table::new(table.dimensions.len()), Table::new(table.dimensions.len()));
    let mut put = |key: Key, total: &Total, gone: Option<Total>| {
        if let Some(left) = left(total, gone) {
            let by_rounding = gone.is_some_and(|gone| is_rounding(&left, total.known + gone.known));
            if by_rounding { rounding.add(key, &left) } else { unknown.add(key, &left) }
        }
    };
    for (key, total) in table.groups() {
        put(key, total, others.remove(&key));
    }
    for (key, gone) in others {
        put(key, &Total::default(), Some(gone));
    }
    for out in [&mut unknown, &mut rounding] {
        out.currencies.clone_from(&table.currencies);
        out.dimensions.clone_from(&table.dimensions);
    }
    Rest { unknown, rounding }
}

/// What is left of a total. A charge that is split has more rows than one: those say nothing of the rest.
fn left(total: &Total, gone: Option<Total>) -> Option<Total> {
    let Some(gone) = gone else { return Some(*total) };
    let sum = total.sum - gone.sum;
    let known = u64::from(!sum.is_zero());
    let unknown = total.unknown.saturating_sub(gone.unknown);
    (known + unknown > 0).then_some(Total { sum, known, unknown })
}

/// How far each amount may be from what it stands for, in units of 1e-18: clouds tell 8 decimals and more.
const ROUNDED: i128 = 5_000_000_000;

/// What is never taken for rounding, however many amounts there are: what a person sees of money.
const SEEN: i128 = 5_000_000_000_000_000;

/// Whether so many amounts that were rounded, each on its own, may leave that.
fn is_rounding(left: &Total, amounts: u64) -> bool {
    let most = ROUNDED.saturating_mul(i128::from(amounts)).min(SEEN);
    left.unknown == 0 && (-most..=most).contains(&left.sum.units())
}

/// Adds to a table what rounding left, to the largest of the values that were told of the same; what has none of
/// them stays unknown.
fn add_rounding(found: &mut Table, rounding: &Table, places: &[usize]) {
    if rounding.is_empty() {
        return;
    }
    let numbers = found.adopt(rounding);
    let same = |key: Key| {
        let mut values = Ids::default();
        places.iter().for_each(|at| values.0[*at] = key.values.0[*at]);
        Key { values, ..key }
    };
    let mut largest: HashMap<Key, (i128, Reverse<Key>)> = HashMap::new();
    for (key, total) in found.groups().filter(|(_, total)| total.known > 0) {
        let one = (total.sum.units().saturating_abs(), Reverse(key));
        let most = largest.entry(same(key)).or_insert(one);
        *most = one.max(*most);
    }
    for (key, left) in rounding.groups() {
        let key = Key { currency: numbers.currency(key.currency), values: numbers.ids(&key.values), ..key };
        match largest.get(&same(key)) {
            Some((_, Reverse(told))) => found.add(*told, &Total { known: 0, ..*left }),
            None => found.add(key, left),
        }
    }
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
