//! A budget in detail: its days, what is foretold of them, and who spends it.

use super::standing::{Ground, lens_of};
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Pattern;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::engine::Cancel;
use crate::engine::answer::{BudgetDetail, Composition};
use crate::engine::local::LocalEngine;
use crate::engine::query::request;
use crate::engine::shares::top;
use crate::engine::together::Together;
use crate::error::Result;

/// Values of a dimension that are listed.
const VALUES: usize = 8;

/// # Errors
/// Kind `Usage` where the scope means nothing any more, `Store` where data cannot be read, `Interrupted`.
pub(super) fn of(engine: &LocalEngine, budget: &Budget, as_of: Day, cancel: &Cancel) -> Result<BudgetDetail> {
    let ground = Ground::of(&Together::none(engine), budget, as_of, cancel)?;
    from(engine, &ground, cancel)
}

pub(super) fn from(engine: &LocalEngine, ground: &Ground, cancel: &Cancel) -> Result<BudgetDetail> {
    let path = ground.ahead.iter().flat_map(|ahead| &ahead.path).map(|(day, band)| (*day, band.into()));
    let spenders = spenders(engine, &ground.budget, (ground.span.period, ground.as_of), cancel)?;
    Ok(BudgetDetail { standing: ground.answer(), days: ground.burn.days.clone(), path: path.collect(), spenders })
}

/// Who spends a budget in a period, as far as that has come.
///
/// # Errors
/// Kind `Usage` where the scope means nothing any more, `Store` where data cannot be read, `Interrupted`.
pub fn spenders(
    engine: &LocalEngine,
    budget: &Budget,
    (period, as_of): (Period, Day),
    cancel: &Cancel,
) -> Result<Vec<Composition>> {
    let period = Period { to: period.to.min(as_of.plus(1)).max(period.from), ..period };
    let mut lens = lens_of(budget);
    engine.definitions().bind_lens(&mut lens).map_err(|name| engine.undefined(&name))?;
    let mut spenders = Vec::new();
    for dimension in dimensions(engine, &lens) {
        spenders.extend(composition(engine, &lens, period, &dimension, cancel)?);
    }
    Ok(spenders)
}

/// What may tell apart who spends it: the company's first own tag, accounts, services; not what the scope says.
fn dimensions(engine: &LocalEngine, lens: &Lens) -> Vec<Dimension> {
    let keys = engine.store().manifest().tag_keys.clone();
    let own = keys.into_iter().map(Dimension::Tag).filter(|dimension| !is_pinned(lens, dimension)).take(1);
    let fixed = [Dimension::SubAccount, Dimension::Service];
    own.chain(fixed.into_iter().filter(|dimension| !is_pinned(lens, dimension))).collect()
}

/// Whether the scope leaves one value of a dimension.
fn is_pinned(lens: &Lens, dimension: &Dimension) -> bool {
    lens.filter.clauses.iter().any(|clause| {
        clause.dimension.as_ref() == Some(dimension)
            && !clause.negated
            && matches!(clause.patterns.as_slice(), [Pattern::Is(_) | Pattern::Exactly(_) | Pattern::Missing])
    })
}

fn composition(
    engine: &LocalEngine,
    lens: &Lens,
    period: Period,
    dimension: &Dimension,
    cancel: &Cancel,
) -> Result<Option<Composition>> {
    let by = [dimension.clone()];
    let table = engine.aggregate(&request(lens, period, &by, None), cancel)?;
    let totals: Vec<(u32, Total)> = table.groups().map(|(key, total)| (key.values.0[0], *total)).collect();
    let mut whole = Total::default();
    totals.iter().for_each(|(_, total)| whole.merge(total));
    let (values, others, rest) =
        top(&table.dimensions[0], totals.into_iter(), whole.value().unwrap_or(Amount::ZERO), VALUES);
    let others_cost = (others > 0).then(|| rest.value()).flatten();
    Ok((!values.is_empty()).then(|| Composition { dimension: dimension.clone(), values, others, others_cost }))
}
