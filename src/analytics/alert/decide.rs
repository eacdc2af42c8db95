//! What of all that is so is news, whom it goes to, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{self, Condition};
use super::{Facts, wording};
use crate::domain::alert::{DESKTOP, Kind, Letter, Message, Plan, Remembered, Severity, TERMINAL, Turn, is_ahead};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::domain::text::Untrusted;

/// Days that what is over, or was told once, is remembered.
const MEMORY_DAYS: i64 = 60;

/// What is remembered, by subject.
pub type Memory = BTreeMap<String, Remembered>;

/// What follows from a look.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// What is to be sent.
    pub letters: Vec<Letter>,
    /// What is remembered otherwise than before; `None` where it is forgotten.
    pub memory: BTreeMap<String, Option<Remembered>>,
}

/// One trouble, by all rules that found it.
struct Trouble {
    rules: Vec<String>,
    told: Condition,
    to: BTreeSet<String>,
}

/// Holds what is so against what is remembered.
#[must_use]
pub fn decide(plan: &Plan, facts: &Facts, memory: &Memory) -> Decision {
    let mut decision = Decision::default();
    let (troubles, unknown) = troubles(plan, facts);
    for (subject, trouble) in &troubles {
        let was = memory.get(subject);
        if trouble.told.known && was.is_none_or(|was| was.turn == Turn::Resolved) {
            // It goes to nobody: should it be taken back, it is news.
            continue;
        }
        if let Some((remembered, letters)) = news(plan, facts, trouble, was) {
            decision.letters.extend(letters);
            decision.memory.insert(subject.clone(), Some(remembered));
        }
    }
    for (subject, was) in memory.iter().filter(|(subject, _)| !troubles.contains_key(*subject)) {
        let is_known = |rule: &String| plan.rules.iter().any(|r| r.name == *rule && r.kind == was.kind);
        let today = Day::of_seconds(facts.now);
        let is_past = was.until.is_some_and(|until| today >= until);
        let old = facts.now - was.at > MEMORY_DAYS * DAY_SECONDS;
        if was.turn == Turn::Raised && was.kind.goes_on() && !is_past {
            if unknown.contains(&was.kind) {
                continue;
            }
            let over = Remembered { turn: Turn::Resolved, at: facts.now, ..was.clone() };
            if was.rules.iter().any(is_known) {
                decision.letters.extend(resolved(plan, facts, subject, was));
            }
            decision.memory.insert(subject.clone(), Some(over));
        } else if old || (is_past && was.turn == Turn::Raised) {
            decision.memory.insert(subject.clone(), None);
        }
    }
    decision
}

/// What is so, by subject; and what could not be found out.
fn troubles(plan: &Plan, facts: &Facts) -> (BTreeMap<String, Trouble>, BTreeSet<Kind>) {
    let (mut troubles, mut unknown) = (BTreeMap::<String, Trouble>::new(), BTreeSet::new());
    for rule in &plan.rules {
        let Some(found) = conditions::of(rule, facts) else {
            unknown.insert(rule.kind);
            continue;
        };
        let applies = rule.applies_at(facts.now + facts.offset);
        for told in found {
            let to = rule.to.iter().filter(|_| applies).filter(|to| rule.kind != Kind::Sync || !is_here(to)).cloned();
            let known = troubles.entry(told.subject.clone()).or_insert_with(|| Trouble {
                rules: Vec::new(),
                told: told.clone(),
                to: BTreeSet::new(),
            });
            known.rules.push(rule.name.clone());
            known.to.extend(to);
            if (told.severity, told.stage) > (known.told.severity, known.told.stage) {
                known.told = told;
            }
        }
    }
    (troubles, unknown)
}

/// Whether a channel is of this machine: whoever syncs tells it of what fails by itself.
fn is_here(channel: &str) -> bool {
    channel == DESKTOP || channel == TERMINAL
}

/// What is to be remembered and sent of what is so; `None` where that is nothing new.
fn news(plan: &Plan, facts: &Facts, trouble: &Trouble, was: Option<&Remembered>) -> Option<(Remembered, Vec<Letter>)> {
    let told = &trouble.told;
    let fresh = |times: u32| Remembered {
        rules: trouble.rules.clone(),
        kind: told.kind,
        turn: Turn::Raised,
        stage: told.stage,
        severity: told.severity,
        times,
        at: facts.now,
        since: told.since,
        until: told.until,
        title: told.title.clone(),
        told: trouble.to.iter().cloned().collect(),
    };
    let (remembered, to): (Remembered, Vec<String>) = match was {
        None => (fresh(0), trouble.to.iter().cloned().collect()),
        Some(was) if was.turn == Turn::Resolved && is_the_same(plan, facts, told, was) => return None,
        Some(was) if was.turn == Turn::Resolved => (fresh(was.times + 1), trouble.to.iter().cloned().collect()),
        Some(was) => {
            let is_worse = (told.severity, told.stage) > (was.severity, was.stage) && !told.known;
            let missing: Vec<String> =
                trouble.to.iter().filter(|to| !told.known && !was.told.contains(to)).cloned().collect();
            let mut all: BTreeSet<String> = was.told.iter().chain(&missing).cloned().collect();
            let to = if is_worse { all.iter().cloned().collect() } else { missing };
            let mut now = Remembered { times: was.times, at: was.at, ..fresh(was.times) };
            if !is_worse {
                // Its figures change with each look.
                now.title.clone_from(&was.title);
                // What has become less bad is not told again when it is as bad as it was.
                (now.severity, now.stage) = (was.severity.max(told.severity), was.stage.max(told.stage));
            }
            now.told = std::mem::take(&mut all).into_iter().collect();
            if now == *was {
                return None;
            }
            (now, to)
        }
    };
    let message = Message {
        key: key(&told.subject, (told.severity, told.stage), remembered.times, Turn::Raised),
        subject: told.subject.clone(),
        kind: told.kind,
        severity: told.severity,
        turn: Turn::Raised,
        title: told.title.clone(),
        lines: told.lines.clone(),
        figures: told.figures.clone(),
        command: told.command.clone(),
        at: facts.now,
    };
    let mut letters = letters(plan, facts, &message, &to);
    let knows = |channel: &String| was.is_some_and(|was| was.turn == Turn::Raised && was.told.contains(channel));
    letters.iter_mut().for_each(|letter| letter.follows = knows(&letter.channel));
    Some((remembered, letters))
}

/// Whether a trouble that is back is told of yet: one that comes and goes is told once in a while, but for what is
/// graver than it was, or of which nobody has heard.
fn is_the_same(plan: &Plan, facts: &Facts, told: &Condition, was: &Remembered) -> bool {
    let is_graver = (told.severity, told.stage) > (was.severity, was.stage);
    let is_calm = facts.now - was.at < plan.cooldown && !is_ahead(was.at, facts.now);
    is_calm && !is_graver && !was.told.is_empty()
}

fn resolved(plan: &Plan, facts: &Facts, subject: &str, was: &Remembered) -> Vec<Letter> {
    let over = wording::over(subject, was, facts);
    let message = Message {
        key: key(subject, (was.severity, was.stage), was.times, Turn::Resolved),
        subject: subject.to_owned(),
        kind: was.kind,
        // It presses nobody any more.
        severity: Severity::Info,
        turn: Turn::Resolved,
        title: Untrusted::new(over.title),
        lines: Vec::new(),
        figures: over.fields,
        command: over.command,
        at: facts.now,
    };
    let mut letters = letters(plan, facts, &message, &was.told);
    letters.iter_mut().for_each(|letter| letter.follows = true);
    letters
}

fn letters(plan: &Plan, facts: &Facts, message: &Message, to: &[String]) -> Vec<Letter> {
    let not_before = plan.not_before(message.severity, facts.now, facts.offset);
    to.iter().map(|channel| Letter::new(message.clone(), channel, not_before)).collect()
}

fn key(subject: &str, (severity, stage): (Severity, u32), times: u32, turn: Turn) -> String {
    let turn = if turn == Turn::Raised { "raised" } else { "resolved" };
    format!("{subject}/{stage}/{}/{times}/{turn}", severity.name())
}

#[cfg(test)]
mod tests;
