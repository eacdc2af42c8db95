//! What rules are held against, gathered from the store and from how syncing stands.

use std::collections::BTreeMap;

use super::super::Cancel;
use super::super::alerts::Reached;
use super::super::local::LocalEngine;
use super::super::notices::GONE_DAYS;
use super::super::overview::FaultKind;
use super::{Moment, digest, findings, spikes};
use crate::analytics::alert::{Facts, ProviderFact, SyncFact, wording};
use crate::domain::alert::{Kind, Plan};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::domain::services::canonical_provider;
use crate::domain::text::Untrusted;
use crate::error::Result;
use crate::sync::overview::Trouble;
use crate::sync::state::{Place, Standing, State};

/// Sources that are named of a provider.
const NAMED_MAX: usize = 3;

/// All that the plan's rules are held against.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn gather(
    engine: &LocalEngine,
    plan: &Plan,
    (moment, reached, digested): (Moment, &BTreeMap<String, Reached>, &BTreeMap<String, Day>),
    cancel: &Cancel,
) -> Result<Facts> {
    let offset = moment.ahead(plan);
    let of = |kind: Kind| plan.rules.iter().filter(move |rule| rule.kind == kind);
    let mut facts = Facts { now: moment.at, offset, ..Facts::default() };
    let state = engine.store().place().map(|place| Place::beside(place).read().0).unwrap_or_default();
    let sources = sources(engine);
    facts.providers = Some(providers(engine, (moment, reached), &sources, &state));
    facts.syncs = Some(syncs(&sources, &state));
    // What no rule asks for is not looked for.
    if of(Kind::Budget).chain(of(Kind::Forecast)).next().is_some() {
        facts.budgets = Some(findings::budgets(engine, (plan, moment), cancel)?);
    }
    if of(Kind::Anomaly).next().is_some() {
        facts.anomalies = Some(findings::anomalies(engine, (plan, moment), cancel)?);
    }
    let mut spends = Vec::new();
    for rule in of(Kind::Spike) {
        spends.extend(spikes::of(engine, rule, moment.day(), cancel)?);
    }
    facts.spends = Some(spends);
    let mut digests = Vec::new();
    for rule in of(Kind::Digest) {
        let seen = digested.get(&rule.name).copied();
        digests.extend(digest::of(engine, rule, (moment, offset, seen), cancel)?);
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
fn providers(
    engine: &LocalEngine,
    (moment, reached): (Moment, &BTreeMap<String, Reached>),
    sources: &Sources,
    state: &State,
) -> Vec<ProviderFact> {
    let today = moment.day();
    let fact = |fresh: super::super::answer::Freshness| {
        let expected = today.plus(-1 - engine.settles_in(fresh.provider.raw()));
        let late = expected.0 - fresh.last_day.0;
        let is_gone = late > GONE_DAYS;
        let late = if is_gone { 0 } else { late.max(0) };
        let since = reached.get(fresh.provider.raw()).map_or(fresh.taken_at, |reached| reached.at);
        let provider = canonical_provider(fresh.provider.raw());
        // Who brings its newest days; of those that end earlier nothing is awaited.
        let is_it = |of: &str, day: Day| of == provider && day == fresh.last_day;
        let by = || sources.iter().filter(|((of, _), day)| is_it(of, **day)).map(|((_, source), _)| source);
        let standing = by().find_map(|source| state.scopes.get_key_value(source));
        let trouble = standing.and_then(|(_, standing)| failing(standing));
        ProviderFact {
            provider: Untrusted::from(provider),
            last_day: fresh.last_day,
            expected,
            // A bill of last month that was just taken in is late by no more than since then.
            late: (i64::from(late) * DAY_SECONDS).min((moment.at - since).max(0)),
            is_gone,
            since,
            by: by().take(NAMED_MAX).map(|source| Untrusted::new(source.clone())).collect(),
            connection: standing.map(|(source, _)| wording::connection(source).to_owned()),
            said: trouble.map(|trouble| Untrusted::new(trouble.message.clone())),
        }
    };
    engine.freshness(today).into_iter().map(fact).collect()
}

/// By provider and source the last day with charges.
type Sources = BTreeMap<(String, String), Day>;

fn sources(engine: &LocalEngine) -> Sources {
    let mut sources = BTreeMap::new();
    for group in engine.store().manifest().active() {
        let Some(days) = group.days() else { continue };
        let of = (canonical_provider(&group.key.provider).to_owned(), group.source.clone());
        let last = sources.entry(of).or_insert(days.to.plus(-1));
        *last = (*last).max(days.to.plus(-1));
    }
    sources
}

/// What a scope fails by: what somebody gave up is no failure, and neither is a cap.
fn failing(standing: &Standing) -> Option<&Trouble> {
    let is_failure = |trouble: &&Trouble| !matches!(trouble.kind, FaultKind::Capped | FaultKind::Cancelled);
    standing.trouble.as_ref().filter(is_failure).filter(|_| standing.failing_since > 0)
}

/// Scopes that fail, as whoever syncs has written it down beside the store.
fn syncs(sources: &Sources, state: &State) -> Vec<SyncFact> {
    let fact = |(source, standing): (&String, &Standing)| {
        let trouble = failing(standing)?;
        let days = sources.iter().filter(|((_, of), _)| of == source).map(|(_, day)| *day);
        Some(SyncFact {
            source: source.clone(),
            needs_a_person: trouble.kind.needs_a_person(),
            expired: trouble.kind == FaultKind::Expired,
            since: standing.failing_since,
            good_at: standing.good_at,
            last_day: days.max(),
            brief: brief(trouble.kind),
            message: Untrusted::new(trouble.message.clone()),
            hint: trouble.hints.first().cloned().map(Untrusted::new),
        })
    };
    state.scopes.iter().filter_map(fact).collect()
}

/// What is the matter, in a few words.
fn brief(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::NoCredentials => "no credentials are found",
        FaultKind::Expired => "the login has expired",
        FaultKind::Denied => "access is denied",
        FaultKind::Throttled => "the provider wants fewer requests",
        FaultKind::QuotaSpent => "a quota is used up",
        FaultKind::Unavailable => "the provider cannot be reached",
        FaultKind::NotThere => "what it reads is not there",
        FaultKind::Refused => "the provider refuses the request",
        FaultKind::Garbled => "the answer cannot be understood",
        FaultKind::Capped => "the cap on requests is reached",
        FaultKind::Cancelled => "it was given up",
        FaultKind::Here => "this machine's store or disk fails",
    }
}
