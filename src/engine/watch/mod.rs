//! The watch: looks at what the store holds after each change, and when time has passed, and puts what is news
//! on its way.
//!
//! Repeatable: it ends with one write to the journal, whose last line says what was looked at. Killed before,
//! it is done again by whoever looks next; killed afterwards, what it found is on its way. Looking twice tells
//! once, since the same news has the same name. Brings nothing to anybody.

mod digest;
mod facts;
mod findings;
mod spikes;

use super::Cancel;
use super::alerts::{self, Watched};
use super::local::LocalEngine;
use super::table::{Request, Table};
use crate::analytics::alert::Facts;
use crate::analytics::alert::decide::decide;
use crate::domain::alert::{Kind as Of, Letter, Plan, Rule};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::error::{Error, Kind, Result};

/// When somebody looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: i64,
    /// By how many seconds the clock of whoever looks is ahead of UTC.
    pub offset: i64,
}

impl Moment {
    /// The day that it lies on (UTC).
    #[must_use]
    pub fn day(self) -> Day {
        Day::of_seconds(self.at)
    }

    /// By how much the clock that a plan goes by is ahead of UTC.
    fn ahead(self, plan: &Plan) -> i64 {
        if plan.local_hours { self.offset } else { 0 }
    }
}

/// Looks, and puts what is news on its way; whether anything was written.
///
/// Generated charges are looked at by nobody: nothing that is told of them is so.
///
/// # Errors
/// Kind `Store` where data cannot be read or the disk fails, `Interrupted` where it was given up: nothing has
/// changed then.
pub fn run(engine: &LocalEngine, moment: Moment, cancel: &Cancel) -> Result<bool> {
    if engine.is_demo() {
        return Ok(false);
    }
    let (plan, facts, mark) = looked(engine, moment, cancel)?;
    let mut journal = engine.store().journal();
    let decision = decide(&plan, &facts, &alerts::memory(&journal), &alerts::outbox(&journal));
    let changes = alerts::looked(&journal, decision, mark)?;
    let is_news = !changes.is_empty();
    journal.set_all(changes)?;
    Ok(is_news)
}

/// What would be put on its way by a look, the gravest first; nothing of it is.
///
/// # Errors
/// As [`run`].
pub fn news(engine: &LocalEngine, moment: Moment, cancel: &Cancel) -> Result<Vec<Letter>> {
    let (plan, facts, _) = looked(engine, moment, cancel)?;
    let journal = engine.store().journal();
    let mut letters = decide(&plan, &facts, &alerts::memory(&journal), &alerts::outbox(&journal)).letters;
    letters.sort_by_cached_key(|letter| {
        let message = &letter.message;
        (message.turn, std::cmp::Reverse(message.severity), message.kind, message.key.clone(), letter.channel.clone())
    });
    Ok(letters)
}

/// The plan, what it is held against, and what is looked at thereby.
fn looked(engine: &LocalEngine, moment: Moment, cancel: &Cancel) -> Result<(Plan, Facts, Watched)> {
    let plan = bound(engine);
    let generation = engine.store().manifest().generation;
    let before = alerts::watched(&engine.store().journal());
    let (before, digested) = before.map(|before| (before.reached, before.digested)).unwrap_or_default();
    let reached = facts::reached(engine, moment.day(), &before);
    let facts = facts::gather(engine, &plan, (moment, &reached, &digested), cancel)?;
    if cancel.is_cancelled() {
        return Err(Error::new(Kind::Interrupted, "given up"));
    }
    let digests = plan.rules.iter().filter(|rule| rule.kind == Of::Digest);
    let local = moment.at + moment.ahead(&plan);
    let seen = |rule: &Rule| (rule.name.clone(), digest::seen(rule, local, digested.get(&rule.name).copied()));
    let digested = digests.map(seen).collect();
    Ok((plan, facts, Watched { generation, day: moment.day(), reached, digested }))
}

/// Effective costs by service, and maybe more, of the charges that a rule is about, and of which metric they are:
/// billed ones, where no effective cost of them is known.
fn costs(
    engine: &LocalEngine,
    (rule, by): (&Rule, &[Dimension]),
    (period, granularity): (Period, Option<Granularity>),
    cancel: &Cancel,
) -> Result<(Table, Metric)> {
    let of = |metric: Metric| {
        let clauses = &rule.scope.clauses;
        engine.aggregate(
            &Request { period, by, clauses, metric, granularity, currency: None, parting: &[], long: None },
            cancel,
        )
    };
    let table = of(Metric::Effective)?;
    let known = table.groups().any(|(_, total)| total.value().is_some());
    if known || table.is_empty() { Ok((table, Metric::Effective)) } else { Ok((of(Metric::Billed)?, Metric::Billed)) }
}

/// The plan with its virtual dimensions defined; a rule by one that is not is left out.
fn bound(engine: &LocalEngine) -> Plan {
    let mut plan = engine.plan().clone();
    plan.rules.retain_mut(|rule| engine.definitions().bind_filter(&mut rule.scope).is_ok());
    plan
}

#[cfg(test)]
mod tests;
