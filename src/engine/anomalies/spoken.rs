//! What people spoke of, what outgrows it, and when it counts again.
//!
//! A word is said of a cost of some size. What grows or spreads far beyond that is another matter, that nobody has
//! spoken of: at the same place the word counts no more, at a wider one another anomaly is told and the word stays where
//! it was. But charges that were only delivered wrongly, and are put right, were never another matter. Knows no detector.

use super::hold;
use super::records::Rule;
use crate::analytics::detect::identity::Known;
use crate::analytics::detect::tree::Anomaly as Anomalous;
use crate::domain::anomaly::{Anomaly, AnomalyId, Course, Finding, Happened, Saying};
use crate::domain::held::Held;
use crate::domain::money::Amount;

/// Times what was spoken of from which on what grew or spread to another place is another matter.
const SPREAD: i64 = 2;

/// By how much all was off that somebody spoke of, going on by itself or as a part, and that each of what was found
/// takes in, or the one around it that is more.
pub(super) fn amounts<'k>(all: impl Iterator<Item = (&'k Anomaly, &'k Known)>, found: &[Anomalous]) -> Vec<Amount> {
    let said = |anomaly: &Anomaly| {
        let course = anomaly.finding.course;
        let said = anomaly.said.as_ref().filter(|_| course.is_going() || course == Course::Within)?;
        Some(said.moved.unwrap_or_else(|| anomaly.finding.moved()))
    };
    let known: Vec<(&Known, Amount)> = all.filter_map(|(anomaly, known)| Some((known, said(anomaly)?))).collect();
    let of = |raw: &Anomalous| {
        let inner: Amount = known.iter().filter(|(known, _)| known.is_in(raw)).map(|(_, said)| *said).sum();
        let around = known.iter().filter(|(known, _)| known.is_around(raw)).map(|(_, said)| *said);
        around.fold(inner, Amount::max)
    };
    found.iter().map(of).collect()
}

/// Whether what was said of an anomaly, when it was off as `before`, is not said of what it is now, of which `spoken`
/// was spoken of in all.
pub(super) fn is_outgrown(
    anomaly: &Anomaly,
    (before, now): (&Finding, &Finding),
    spoken: Amount,
    rules: &[(AnomalyId, Rule)],
) -> bool {
    let outgrown = |said: &Saying| outgrows(said, (&anomaly.currency, now), before.moved(), spoken, rules);
    anomaly.said.as_ref().is_some_and(outgrown)
}

fn outgrows(
    said: &Saying,
    (currency, now): (&str, &Finding),
    was: Amount,
    spoken: Amount,
    rules: &[(AnomalyId, Rule)],
) -> bool {
    match said.like {
        Some(like) => !rules.iter().any(|(id, rule)| *id == like && rule.covers(currency, now)),
        None => now.moved() > said.moved.unwrap_or(was).max(spoken).scale_by(SPREAD, 1),
    }
}

/// What was said does not count any more.
pub(super) fn outgrow(anomaly: &mut Anomaly, now: i64) {
    let said = anomaly.said.take().map(Box::new);
    anomaly.note(Happened::Outgrown { at: now, said });
}

/// Lets what was outgrown count again where the charges were restated since, by what it was held against before, and it
/// is of the size that was spoken of. Whoever said something since has the last word.
pub(super) fn count_again(anomaly: &mut Anomaly, before: Option<&Held>, rules: &[(AnomalyId, Rule)], now: i64) -> bool {
    let counts = |happened: &&Happened| {
        !matches!(happened, Happened::Found { .. } | Happened::Moved { .. })
            && !matches!(happened, Happened::Resolved { .. } | Happened::Returned { .. })
    };
    let Some(Happened::Outgrown { said: Some(said), .. }) = anomaly.history.iter().rev().find(counts) else {
        return false;
    };
    let finding = &anomaly.finding;
    let is_restated = before.zip(anomaly.held.as_ref()).is_some_and(|(before, held)| hold::differ(before, held));
    if !is_restated || outgrows(said, (&anomaly.currency, finding), Amount::ZERO, Amount::ZERO, rules) {
        return false;
    }
    anomaly.said = Some(Saying::clone(said));
    anomaly.note(Happened::PutRight { at: now });
    true
}

#[cfg(test)]
#[path = "spoken_tests.rs"]
mod tests;
