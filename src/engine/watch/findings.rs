//! How budgets stand and what is out of the ordinary, as facts that rules are held against.
//!
//! Figures are those of the Budgets and the Anomalies tab. Knows no rule.

use super::super::Cancel;
use super::super::anomalies::{self, records, words};
use super::super::answer::BudgetAnswer;
use super::super::budgets;
use super::super::local::LocalEngine;
use super::Moment;
use crate::analytics::alert::{AnomalyFact, BudgetFact, Place, Taken};
use crate::analytics::budget::{Of, State};
use crate::domain::alert::Severity;
use crate::domain::anomaly::{self, Anomaly};
use crate::domain::filter::{Filter, Pattern};
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Lines that tell of an anomaly's cause at most.
const LINES_MAX: usize = 3;

/// How budgets stand of which something is known.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn budgets(engine: &LocalEngine, moment: Moment, cancel: &Cancel) -> Result<Vec<BudgetFact>> {
    let standings = budgets::standings(engine, moment.day(), cancel)?;
    Ok(standings.into_iter().filter_map(budget).collect())
}

fn budget(answer: BudgetAnswer) -> Option<BudgetFact> {
    let spent = answer.spent?;
    let highest = |of: Of| {
        let crossed = answer.thresholds.iter().filter(|crossing| crossing.of == of && crossing.on.is_some());
        crossed.map(|crossing| whole(crossing.percent.share())).max()
    };
    let exceeds_on = match answer.state {
        State::WillExceed { on } => Some(on),
        _ => None,
    };
    Some(BudgetFact {
        place: place_of(&answer.budget.scope),
        period: answer.period,
        currency: answer.budget.currency.clone(),
        limit: answer.limit.total,
        spent,
        forecast: answer.forecast.as_ref().map(|foreseen| foreseen.end.mid),
        exceeds_on,
        reached: highest(Of::Actual),
        foreseen: highest(Of::Forecast),
        owner: Some(answer.budget.owner).filter(|owner| !owner.raw().is_empty()),
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
            Some((dimension.clone(), Untrusted::new(value.clone())))
        }
        _ => None,
    };
    scope.clauses.iter().filter_map(one).collect()
}

/// What is out of the ordinary as the store is now, and goes on.
///
/// # Errors
/// Kind `Store` where data cannot be read or the disk fails, `Interrupted` where it was given up.
pub fn anomalies(engine: &LocalEngine, moment: Moment, cancel: &Cancel) -> Result<Vec<AnomalyFact>> {
    anomalies::refresh(engine, moment.day(), cancel)?;
    let known = records::kept(&engine.store().journal());
    Ok(known.into_iter().filter_map(|anomaly| fact(anomaly, moment)).collect())
}

fn fact(anomaly: Anomaly, moment: Moment) -> Option<AnomalyFact> {
    use anomaly::State::{Acknowledged, Expected, Open, Resolved, Snoozed};
    let taken = match anomaly.state(moment.day()) {
        Open => Taken::Open,
        Acknowledged | Snoozed => Taken::Known,
        Expected | Resolved => return None,
    };
    let finding = &anomaly.finding;
    let title = format!("{}: {}", words::place(finding), finding.kind.words(finding.rises));
    let spots = finding.place.iter().map(|spot| (spot.dimension.clone(), spot.value.clone()));
    let lines = finding.contributors.iter().take(LINES_MAX).map(|part| Untrusted::new(words::spot(&part.spot)));
    Some(AnomalyFact {
        id: anomaly.id.to_string(),
        title: Untrusted::new(title),
        place: spots.collect(),
        severity: match finding.severity {
            anomaly::Severity::Low => Severity::Info,
            anomaly::Severity::Medium => Severity::Warning,
            anomaly::Severity::High | anomaly::Severity::Critical => Severity::Critical,
        },
        start: finding.start,
        last: finding.last,
        impact: finding.impact,
        per_day: finding.rate,
        currency: anomaly.currency.clone(),
        lines: lines.collect(),
        taken,
    })
}
