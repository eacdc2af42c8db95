//! How budgets stand and what is out of the ordinary, as facts that rules are held against.
//!
//! Figures are those of the Budgets and the Anomalies tab. What takes longer to find out, as who spends a budget and
//! why a cost moved, is found out of what nobody was told of yet. Knows no rule.

use std::collections::BTreeSet;

use super::super::Cancel;
use super::super::alerts;
use super::super::anomalies::{self, records, within, words};
use super::super::answer::{BudgetAnswer, Listed};
use super::super::budgets;
use super::super::local::LocalEngine;
use super::super::twin::word;
use super::Moment;
use crate::analytics::alert::conditions;
use crate::analytics::alert::decide::Memory;
use crate::analytics::alert::{AnomalyFact, BudgetFact, Facts, Place, Taken};
use crate::analytics::budget::{Of, State};
use crate::domain::alert::{Kind, Plan, Remembered, Rule, Turn};
use crate::domain::anomaly::{self, Contributor, Finding, NEWS_DAYS, Spot};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Filter, Pattern};
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Who is named of those who spend a budget, or contribute to an anomaly.
const NAMED_MAX: usize = 3;
/// Anomalies of which it is found out why, the gravest.
const WHY_MAX: usize = 10;

/// How budgets stand of which something is known.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn budgets(engine: &LocalEngine, (plan, moment): (&Plan, Moment), cancel: &Cancel) -> Result<Vec<BudgetFact>> {
    let memory = alerts::memory(&engine.store().journal());
    let mut facts = Vec::new();
    for answer in budgets::standings(engine, moment.day(), cancel)? {
        let (kept, period) = (answer.budget.clone(), answer.period);
        let Some(mut fact) = budget(answer) else { continue };
        let one = Facts { budgets: Some(vec![fact.clone()]), ..at(plan, moment) };
        let news = |kind: Kind, stage: Option<u32>| {
            let was = told_of(&memory, &format!("{}/{}", kind.name(), fact.subject()));
            let is_known = |was: &Remembered| Some(was.stage) >= stage && !is_missing(plan, &one, kind, was);
            stage.is_some() && !was.is_some_and(is_known)
        };
        if news(Kind::Budget, fact.reached) || news(Kind::Forecast, fact.foreseen) {
            let by = budgets::spenders(engine, &kept, (period, moment.day()), cancel)?;
            let several = by.iter().find(|by| by.values.len() > 1).or(by.first());
            let named = several.into_iter().flat_map(|by| by.values.iter().map(|value| (&by.dimension, value)));
            fact.spenders = named
                .take(NAMED_MAX)
                .map(|(dimension, of)| {
                    let spot = Spot { dimension: dimension.clone(), value: of.value.clone(), name: of.name.clone() };
                    let share = of.share.map_or_else(String::new, |share| format!(" {:.0} %", share * 100.0));
                    format!("{}{share}", words::spot(&spot))
                })
                .collect();
        }
        facts.push(fact);
    }
    Ok(facts)
}

/// What is remembered of a trouble that goes on, and that nobody has heard the end of.
fn told_of<'m>(memory: &'m Memory, subject: &str) -> Option<&'m Remembered> {
    memory.get(subject).filter(|was| was.turn == Turn::Raised && was.ended.is_empty())
}

/// Facts of which nothing is known but when it is.
fn at(plan: &Plan, moment: Moment) -> Facts {
    Facts { now: moment.at, offset: if plan.local_hours { moment.offset } else { 0 }, ..Facts::default() }
}

/// Whether a rule that finds the one thing of which facts are has a channel that was not told: one that was made since,
/// or whose hours begin.
fn is_missing(plan: &Plan, one: &Facts, kind: Kind, was: &Remembered) -> bool {
    let applies = |rule: &&Rule| rule.kind == kind && rule.applies_at(one.now + one.offset);
    let mut rules = plan.rules.iter().filter(applies).filter(|rule| rule.to.iter().any(|to| !was.told.contains(to)));
    rules.any(|rule| conditions::of(rule, one).is_some_and(|found| found.iter().any(|found| !found.known)))
}

fn budget(answer: BudgetAnswer) -> Option<BudgetFact> {
    let spent = answer.spent?;
    let highest = |of: Of| {
        let crossed = answer.thresholds.iter().filter(|crossing| crossing.of == of && crossing.on.is_some());
        crossed.map(|crossing| (whole(crossing.percent.share()), crossing.on)).max()
    };
    let exceeds_on = match answer.state {
        State::WillExceed { on } => Some(on),
        _ => None,
    };
    let reached = highest(Of::Actual);
    let since = match answer.state {
        State::Exceeded { on } => Some(on),
        _ => reached.and_then(|(_, on)| on),
    };
    let told = |text: Untrusted| Some(text).filter(|text| !text.raw().is_empty());
    let scope = &answer.budget.scope;
    Some(BudgetFact {
        place: place_of(scope),
        scope: if scope.is_empty() { "all spend".to_owned() } else { scope.to_string() },
        period: answer.period,
        currency: answer.budget.currency.clone(),
        limit: answer.limit.total,
        spent,
        forecast: answer.forecast.as_ref().map(|foreseen| foreseen.end.mid),
        exceeds_on,
        as_of: answer.as_of,
        through: answer.pending.as_ref().and_then(|pending| pending.through),
        reached: reached.map(|(percent, _)| percent),
        since,
        foreseen: highest(Of::Forecast).map(|(percent, _)| percent),
        spenders: Vec::new(),
        owner: told(answer.budget.owner),
        note: told(answer.budget.note),
        command: format!("spendtop budget show {}", word(answer.budget.name.raw())),
        name: answer.budget.name,
    })
}

/// A share as a whole percentage.
fn whole(share: f64) -> u32 {
    (share * 100.0).round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// The values that a filter demands one by one.
fn place_of(scope: &Filter) -> Place {
    let one = |clause: &crate::domain::filter::Clause| match (&clause.dimension, &clause.patterns[..]) {
        (Some(dimension), [Pattern::Is(value)]) if !clause.negated => {
            // As a person spelt it, it is the same service or provider.
            let value = match dimension {
                Dimension::Service => match &services::named(value)[..] {
                    [one] => one,
                    _ => services::canonical(value),
                },
                Dimension::Provider => services::canonical_provider(value),
                _ => value,
            };
            Some((dimension.clone(), Untrusted::new(value)))
        }
        _ => None,
    };
    scope.clauses.iter().filter_map(one).collect()
}

/// What is out of the ordinary as the store is now, and what was.
///
/// # Errors
/// Kind `Store` where data cannot be read or the disk fails, `Interrupted` where it was given up.
pub fn anomalies(engine: &LocalEngine, (plan, moment): (&Plan, Moment), cancel: &Cancel) -> Result<Vec<AnomalyFact>> {
    anomalies::refresh(engine, moment.day(), cancel)?;
    let (known, memory) = {
        let journal = engine.store().journal();
        (records::kept(&journal), alerts::memory(&journal))
    };
    let late = anomalies::late(engine, moment.day());
    let listed: Vec<Listed> = known.into_iter().map(|anomaly| words::listed(anomaly, moment.day(), &late)).collect();
    let mut facts: Vec<AnomalyFact> = listed.iter().map(fact).collect();
    name_rules(engine, (plan, &listed), &mut facts, cancel)?;
    facts.sort_by_key(|fact| {
        (std::cmp::Reverse(fact.severity), fact.impact < Amount::ZERO, std::cmp::Reverse(fact.impact.abs()))
    });
    let mut daily = anomalies::detail::Daily::new();
    for fact in facts.iter_mut().filter(|fact| is_news(fact, &memory, (plan, moment))).take(WHY_MAX) {
        let answer = anomalies::detail::one(engine, &fact.id, (moment.day(), &mut daily), cancel)?;
        let driver = answer.driver.as_ref();
        fact.why = driver
            .and_then(|driver| {
                let span = words::span(answer.held.0.days(), answer.hours);
                words::why(driver, &span, &answer.listed.anomaly.currency)
            })
            .map(Untrusted::new);
    }
    Ok(facts)
}

/// Names the rules whose scope each anomaly is within; what is over is told by none.
fn name_rules(
    engine: &LocalEngine,
    (plan, all): (&Plan, &[Listed]),
    facts: &mut [AnomalyFact],
    cancel: &Cancel,
) -> Result<()> {
    let is_scoped = |rule: &&Rule| rule.kind == Kind::Anomaly && !rule.scope.clauses.is_empty();
    let scopes: Vec<&Rule> = plan.rules.iter().filter(is_scoped).collect();
    let mut filters: Vec<&Filter> = Vec::new();
    for rule in &scopes {
        if !filters.contains(&&rule.scope) {
            filters.push(&rule.scope);
        }
    }
    let is_told = |fact: &AnomalyFact| !matches!(fact.taken, Taken::Over(_));
    let told: Vec<usize> = (0..facts.len()).filter(|at| is_told(&facts[*at])).collect();
    let asked: Vec<&Listed> = told.iter().map(|at| &all[*at]).collect();
    let within = within::of(engine, &asked, &filters, cancel)?;
    for (filter, within) in filters.iter().zip(within) {
        let of = || scopes.iter().filter(|rule| rule.scope == **filter).map(|rule| rule.name.clone());
        for at in told.iter().zip(within).filter(|(_, is)| *is).map(|(at, _)| *at) {
            facts[at].rules.extend(of());
        }
    }
    Ok(())
}

fn is_news(fact: &AnomalyFact, memory: &Memory, (plan, moment): (&Plan, Moment)) -> bool {
    let is_new = moment.day().0 - fact.last.0 <= NEWS_DAYS;
    let one = || Facts { anomalies: Some(vec![fact.clone()]), ..at(plan, moment) };
    let is_known = |was: &Remembered| was.severity >= fact.severity && !is_missing(plan, &one(), Kind::Anomaly, was);
    let was = told_of(memory, &format!("anomaly/{}", fact.id));
    matches!(fact.taken, Taken::Open | Taken::Late) && is_new && !was.is_some_and(is_known)
}

fn fact(listed: &Listed) -> AnomalyFact {
    use anomaly::State::{Acknowledged, Expected, Open, Resolved, Snoozed};
    let (anomaly, finding) = (&listed.anomaly, &listed.anomaly.finding);
    let taken = match listed.state {
        Open => Taken::Open,
        Acknowledged | Snoozed => Taken::Known,
        Expected => Taken::Over(words::said(anomaly).unwrap_or_else(|| "it is expected".to_owned())),
        Resolved if listed.late_news => Taken::Late,
        Resolved => Taken::Over(finding.course.words().to_owned()),
    };
    let (what, mostly, within) = named(finding);
    let share = |part: &Contributor| format!("{} {:.0} %", words::spot(&part.spot), part.share * 100.0);
    AnomalyFact {
        id: anomaly.id.to_string(),
        what,
        mostly,
        within,
        place_words: Untrusted::new(words::place(finding)),
        rules: BTreeSet::new(),
        kind: finding.kind_words(),
        severity: finding.severity.into(),
        start: finding.start,
        since: words::since(finding),
        last: finding.last,
        silence: words::unheard(listed),
        actual: finding.day.actual,
        expected: finding.day.expected,
        impact: finding.impact,
        per_day: finding.rate,
        currency: anomaly.currency.clone(),
        who: finding.contributors.iter().filter(|part| part.share > 0.0).map(share).take(NAMED_MAX).collect(),
        why: None,
        taken,
        command: format!("spendtop anomalies show {}", anomaly.id.short()),
    }
}

/// What an anomaly is, who has nearly all of it, and within what. A SKU is named where nothing else says what it is;
/// where nothing of its place does, the service that has nearly all of it: whose it is comes first then, and a region
/// is named where the figures are of it alone.
fn named(finding: &Finding) -> (Untrusted, Vec<Untrusted>, Vec<Untrusted>) {
    let rank = |dimension: &Dimension| match dimension {
        Dimension::CommitmentDiscount => Some(0),
        Dimension::Service => Some(1),
        Dimension::Sku => Some(2),
        _ => None,
    };
    let called = |spots: Vec<&Spot>| spots.into_iter().map(|spot| Untrusted::new(words::spot(spot))).collect();
    let (own, mostly) = (words::ordered(&finding.place), words::mostly(finding));
    let of = |dimensions: &[Dimension]| mostly.iter().copied().filter(|s| dimensions.contains(&s.dimension)).collect();
    let what = own.iter().filter(|spot| rank(&spot.dimension).is_some()).min_by_key(|spot| rank(&spot.dimension));
    let all_spend = || Untrusted::new("all spend");
    if what.is_none() && mostly.iter().any(|spot| spot.dimension == Dimension::Service) {
        let mut own: Vec<Untrusted> = called(own);
        let first = if own.is_empty() { all_spend() } else { own.remove(0) };
        return (first, called(of(&[Dimension::Service, Dimension::SubAccount])), own);
    }
    let within = own.iter().copied().filter(|spot| rank(&spot.dimension).is_none());
    let within = within.chain(of(&[Dimension::SubAccount, Dimension::Region]));
    let what = what.map_or_else(all_spend, |spot| Untrusted::new(words::spot(spot)));
    (what, Vec::new(), called(words::ordered(within)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_where_its_scope_says_however_that_is_spelt() {
        let scope = |text: &str| Filter::parse(text, &[]).expect("filter");
        let one =
            |text: &str| place_of(&scope(text)).iter().map(|(_, value)| value.raw().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            one("service:s3 provider:azure account:prod"),
            ["Amazon Simple Storage Service", "Microsoft", "prod"]
        );
    }
}
