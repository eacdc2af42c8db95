//! Which anomalies nothing more is heard of: a provider of theirs delivers nothing since they were last seen.
//!
//! Such an anomaly neither goes on nor is over, as far as is known. Who is late is what the notices say. Knows no words.

use crate::domain::anomaly::Anomaly;
use crate::domain::calendar::Day;
use crate::domain::services::canonical_provider;
use crate::engine::answer::{Freshness, Silent};
use crate::engine::local::LocalEngine;
use crate::engine::notices;

/// The providers that are later than they are used to be.
pub(in crate::engine) fn late(engine: &LocalEngine, as_of: Day) -> Vec<Freshness> {
    let all = engine.freshness(as_of);
    all.into_iter().filter(|fresh| notices::days_late(engine, fresh, as_of).is_some()).collect()
}

/// Since when nothing has come of an anomaly that goes on as far as is known, and from whom; `None` where it has, or
/// was seen since in what others deliver. What was seen in days that were taken out of the bill was seen in none.
pub(super) fn of(anomaly: &Anomaly, late: &[Freshness]) -> Option<Silent> {
    let (held, finding) = (anomaly.held.as_ref()?, &anomaly.finding);
    if !finding.course.is_going() {
        return None;
    }
    let name = |fresh: &Freshness| canonical_provider(fresh.provider.raw()).to_owned();
    let ends_before = |fresh: &Freshness| fresh.last_day < finding.last;
    let is_gone = |provider: &String| late.iter().any(|fresh| name(fresh) == *provider && ends_before(fresh));
    let all_gone = held.providers.iter().all(is_gone);
    let is_theirs = |fresh: &&Freshness| held.providers.contains(&name(fresh)) && (all_gone || !ends_before(fresh));
    let theirs = late.iter().filter(is_theirs);
    let since = theirs.clone().map(|fresh| fresh.last_day).min()?;
    let providers = theirs.filter(|fresh| fresh.last_day == since).map(|fresh| name(fresh).into()).collect();
    Some(Silent { providers, since })
}
