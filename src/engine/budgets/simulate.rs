//! A budget as it would stand if something else came.

use std::collections::BTreeMap;

use super::{detail, standing::Ground, standing::lens_of};
use crate::analytics::budget::{self as arithmetic, whatif};
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::scenario::{self, Change};
use crate::domain::services;
use crate::domain::text::{SafeText, UNTOLD};
use crate::engine::Cancel;
use crate::engine::answer::{Simulation, cents};
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::query::request;
use crate::engine::table::Request;
use crate::engine::together::Together;
use crate::error::{Error, Result};

/// Days that say which share a service has.
const SHARE_DAYS: i32 = 28;
/// Services that are named to choose from.
const SERVICES: usize = 50;

/// # Errors
/// Kind `Usage` where nothing is foretold that could be changed, or a service is not among the budget's; as
/// [`Ground::of`].
pub(super) fn of(
    engine: &LocalEngine,
    budget: &Budget,
    changes: &[Change],
    as_of: Day,
    cancel: &Cancel,
) -> Result<Simulation> {
    if !changes.is_empty() {
        scenario::few(changes).map_err(Error::usage)?;
    }
    let ground = Ground::of(&Together::none(engine), budget, as_of, cancel)?;
    let foretold = ground.ahead.as_ref().and_then(|ahead| Some((ahead, ahead.path.last()?)));
    let Some((ahead, (_, end))) = foretold else {
        let name = budget.name.safe();
        return Err(Error::usage(format!("nothing is foretold of budget `{name}`, so nothing can be changed"))
            .hint("it takes settled days of its charges, and days of its period to come"));
    };
    let shares = shares(engine, budget, &ground, cancel)?;
    let changes = changes.iter().map(|change| known(change, &shares)).collect::<Result<Vec<Change>>>()?;
    let by_name: BTreeMap<String, f64> = shares.iter().cloned().collect();
    let from = ground.span.period.from;
    let over = whatif::Ground { path: &ahead.path, usage: &ahead.usage, from, as_of, shares: &by_name };
    let would = whatif::otherwise(&over, &changes);
    let end = would.path.last().map_or(end, |(_, band)| band).into();
    let limit = (ground.span.period, ground.limit.total);
    let state = arithmetic::standing(budget, limit, &ground.burn, &would.path, as_of).state;
    let effects = would.effects.iter().map(|effect| cents(*effect));
    Ok(Simulation {
        today: detail::from(engine, &ground, cancel)?,
        remarks: whatif::remarks(&over, &changes),
        changes: changes.into_iter().zip(effects).collect(),
        end,
        state,
        path: would.path.iter().map(|(day, band)| (*day, band.into())).collect(),
        services: shares.into_iter().map(|(name, _)| name).take(SERVICES).collect(),
    })
}

/// A change whose service is written as the bill has it.
fn known(change: &Change, shares: &[(String, f64)]) -> Result<Change> {
    let Some(asked) = change.service() else { return Ok(change.clone()) };
    // As the bill has it, or by the shorter name that screens show.
    let called = |name: &str| name.eq_ignore_ascii_case(asked.raw());
    let found = shares.iter().find(|(name, _)| called(name));
    let found = found.or_else(|| shares.iter().find(|(name, _)| called(services::short(name))));
    let Some((name, _)) = found else {
        let names: Vec<&str> = shares.iter().map(|(name, _)| services::short(name)).collect();
        let shown: Vec<String> = names.iter().take(5).map(|name| SafeText::from_outside(name).into_string()).collect();
        return Err(Error::usage(format!("this budget has no usage of a service `{}`", asked.safe()))
            .did_you_mean(asked.raw(), &names)
            .hint(format!("its services are {}", shown.join(", "))));
    };
    let mut change = change.clone();
    if let Change::Growth { service, .. } | Change::Price { service, .. } = &mut change {
        *service = Some(name.as_str().into());
    }
    Ok(change)
}

/// Which share of what goes on by itself each service has in the last settled days, the largest first.
fn shares(engine: &LocalEngine, budget: &Budget, ground: &Ground, cancel: &Cancel) -> Result<Vec<(String, f64)>> {
    let mut lens = lens_of(budget);
    engine.definitions().bind_lens(&mut lens).map_err(|name| engine.undefined(&name))?;
    // A period to come begins long after the last of them.
    let last = ground.ahead.as_ref().map_or(ground.as_of, |ahead| ahead.first);
    let days = Period { from: last.plus(-SHARE_DAYS), to: last };
    lens.filter.clauses.extend(Aside::none());
    let short = Request { long: Some(false), ..request(&lens, days, &[Dimension::Service], None) };
    let table = engine.aggregate(&short, cancel)?;
    let mut found: Vec<(String, Amount)> = table
        .groups()
        .map(|(key, total)| (table.dimensions[0].text(key.values.0[0]).to_owned(), total.sum))
        .filter(|(name, cost)| !name.is_empty() && name != UNTOLD && *cost > Amount::ZERO)
        .collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let whole: Amount = table.groups().map(|(_, total)| total.sum).sum();
    Ok(found.into_iter().filter_map(|(name, cost)| Some((name, cost.ratio(whole)?))).collect())
}
