//! What rules are held against, gathered from the store and from how syncing stands.

use std::collections::BTreeMap;

use super::super::Cancel;
use super::super::alerts::Reached;
use super::super::local::LocalEngine;
use super::super::notices::GONE_DAYS;
use super::super::overview::FaultKind;
use super::{Moment, digest, findings, spikes};
use crate::analytics::alert::{Facts, ProviderFact, SyncFact};
use crate::domain::alert::{Kind, Plan};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::domain::services::canonical_provider;
use crate::domain::text::Untrusted;
use crate::error::Result;
use crate::sync::state::{Place, Standing};

/// All that the plan's rules are held against.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn gather(
    engine: &LocalEngine,
    plan: &Plan,
    (moment, reached): (Moment, &BTreeMap<String, Reached>),
    cancel: &Cancel,
) -> Result<Facts> {
    let offset = if plan.local_hours { moment.offset } else { 0 };
    let of = |kind: Kind| plan.rules.iter().filter(move |rule| rule.kind == kind);
    let mut facts = Facts { now: moment.at, offset, ..Facts::default() };
    facts.providers = Some(providers(engine, moment, reached));
    facts.syncs = Some(syncs(engine));
    // What no rule asks for is not looked for.
    if of(Kind::Budget).chain(of(Kind::Forecast)).next().is_some() {
        facts.budgets = Some(findings::budgets(engine, moment, cancel)?);
    }
    if of(Kind::Anomaly).next().is_some() {
        facts.anomalies = Some(findings::anomalies(engine, moment, cancel)?);
    }
    let mut spends = Vec::new();
    for rule in of(Kind::Spike) {
        spends.extend(spikes::of(engine, rule, moment.day(), cancel)?);
    }
    facts.spends = Some(spends);
    let mut digests = Vec::new();
    for rule in of(Kind::Digest) {
        digests.extend(digest::of(engine, rule, (moment, offset), cancel)?);
    }
    facts.digests = Some(digests);
    Ok(facts)
}

/// How far each provider's data goes, and since when: what is delivered again without another day is nothing new.
pub fn reached(engine: &LocalEngine, today: Day, before: &BTreeMap<String, Reached>) -> BTreeMap<String, Reached> {
    let of = |fresh: super::super::answer::Freshness| {
        let name = fresh.provider.raw().to_owned();
        let (day, at) = (fresh.last_day, fresh.taken_at);
        let since = before.get(&name).filter(|was| day <= was.day).map_or(at, |was| was.at.min(at));
        (name, Reached { day, at: since })
    };
    engine.freshness(today).into_iter().map(of).collect()
}

/// How far providers' data goes; those that have told nothing for long are no longer used, and not late.
fn providers(engine: &LocalEngine, moment: Moment, reached: &BTreeMap<String, Reached>) -> Vec<ProviderFact> {
    let today = moment.day();
    let fact = |fresh: super::super::answer::Freshness| {
        let expected = today.plus(-1 - engine.settles_in(fresh.provider.raw()));
        let late = expected.0 - fresh.last_day.0;
        let late = if late > GONE_DAYS { 0 } else { late.max(0) };
        let since = reached.get(fresh.provider.raw()).map_or(fresh.taken_at, |reached| reached.at);
        ProviderFact {
            provider: Untrusted::from(canonical_provider(fresh.provider.raw())),
            last_day: fresh.last_day,
            // A bill of last month that was just taken in is late by no more than since then.
            late: (i64::from(late) * DAY_SECONDS).min((moment.at - since).max(0)),
        }
    };
    engine.freshness(today).into_iter().map(fact).collect()
}

/// Scopes that fail, as whoever syncs has written it down beside the store.
fn syncs(engine: &LocalEngine) -> Vec<SyncFact> {
    let Some(place) = engine.store().place() else { return Vec::new() };
    let (state, _) = Place::beside(place).read();
    let fact = |(source, standing): (String, Standing)| {
        let trouble = standing.trouble?;
        // What somebody gave up is no failure, and neither is a cap.
        let fails = standing.failing_since > 0 && !matches!(trouble.kind, FaultKind::Capped | FaultKind::Cancelled);
        fails.then(|| SyncFact {
            source,
            needs_a_person: trouble.kind.needs_a_person(),
            expired: trouble.kind == FaultKind::Expired,
            since: standing.failing_since,
            message: Untrusted::new(trouble.message),
            hint: trouble.hints.into_iter().next().map(Untrusted::new),
        })
    };
    state.scopes.into_iter().filter_map(fact).collect()
}
