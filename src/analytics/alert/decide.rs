//! What of all that is so is news, whom it goes to, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::bring::{End, unheard_ends};
use super::conditions::{self, Condition};
use super::{Facts, wording};
use crate::domain::alert::{
    DESKTOP, Kind, Lapse, Letter, Message, Plan, Remembered, Rule, Severity, TERMINAL, Turn, is_ahead,
};
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
    /// Names of letters that are sent no more: the trouble whose end they tell is back.
    pub taken_back: Vec<String>,
}

/// One trouble, by all rules that found it.
struct Trouble {
    rules: Vec<String>,
    told: Condition,
    to: BTreeSet<String>,
}

impl Trouble {
    /// What is remembered of it where it is told as new.
    fn begun(&self, facts: &Facts, times: u32) -> Remembered {
        let told = &self.told;
        Remembered {
            rules: self.rules.clone(),
            kind: told.kind,
            turn: Turn::Raised,
            stage: told.stage,
            severity: told.severity,
            times,
            at: facts.now,
            since: told.since,
            until: told.until,
            title: told.title.clone(),
            told: self.to.iter().cloned().collect(),
            ended: BTreeMap::new(),
        }
    }

    /// And where some know of it already.
    fn goes_on(&self, facts: &Facts, times: u32, was: &Remembered) -> Remembered {
        let mut now = self.begun(facts, times);
        if !self.told.is_worse_than(was) {
            // Its figures change with each look.
            now.title.clone_from(&was.title);
            // What has become less bad is not told again when it is as bad as it was; what became worse while somebody
            // knew of it was told to nobody.
            (now.severity, now.stage) = match self.told.known {
                true => (was.severity, was.stage),
                false => (was.severity.max(now.severity), was.stage.max(now.stage)),
            };
        }
        now
    }
}

impl Condition {
    /// Whether it is worse than it was, and nobody has said that they know.
    fn is_worse_than(&self, was: &Remembered) -> bool {
        (self.severity, self.stage) > (was.severity, was.stage) && !self.known
    }

    /// Whether it is of a budget that was over and is not any more, though it has still reached a lower threshold.
    fn is_no_longer_over(&self, was: &Remembered) -> bool {
        self.kind == Kind::Budget && was.severity == Severity::Critical && self.severity < was.severity
    }

    /// What is told of it as it begins, or gets worse, for the so-manieth time.
    fn message(&self, facts: &Facts, times: u32) -> Message {
        Message {
            key: key(&self.subject, (self.severity, self.stage), times, Turn::Raised),
            subject: self.subject.clone(),
            kind: self.kind,
            severity: self.severity,
            turn: Turn::Raised,
            title: self.title.clone(),
            lines: self.lines.clone(),
            figures: self.figures.clone(),
            command: self.command.clone(),
            at: facts.now,
        }
    }
}

/// What is remembered and sent of a budget that is no longer over: whoever has heard that it was is told so, whoever has
/// not is told what it has reached. That stands as told, so that it is news when it is over again, or below that.
fn no_longer_over(
    plan: &Plan,
    facts: &Facts,
    trouble: &Trouble,
    (was, outbox): (&Remembered, &BTreeMap<String, Letter>),
) -> (Remembered, Vec<Letter>) {
    let told = &trouble.told;
    let theirs = plan.rules.iter().filter(|rule| trouble.rules.contains(&rule.name)).flat_map(|rule| &rule.to);
    let theirs: BTreeSet<&String> = theirs.collect();
    let is_first = |letter: &Letter| letter.message.turn == Turn::Raised && !letter.follows;
    let is_unheard = |letter: &Letter| is_first(letter) && letter.had.is_empty() && !letter.unsure;
    let waits = |to: &String| {
        outbox.values().any(|one| one.channel == *to && one.message.subject == told.subject && is_unheard(one))
    };
    let (unheard, heard): (Vec<String>, Vec<String>) =
        was.told.iter().cloned().partition(|to| theirs.contains(to) && waits(to));
    let missing = trouble.to.iter().filter(|to| !was.told.contains(to)).cloned();
    let to: Vec<String> = unheard.into_iter().chain(missing).collect();
    let mut now = trouble.begun(facts, was.times + 1);
    let all: BTreeSet<String> = was.told.iter().filter(|to| theirs.contains(to)).chain(&to).cloned().collect();
    now.told = all.into_iter().collect();
    let mut sent = letters(plan, facts, &told.message(facts, now.times), &to);
    sent.extend(resolved(plan, facts, &told.subject, (was, &heard, None)));
    (now, sent)
}

/// Ends of a trouble that are on their way, by channels.
type Ends = BTreeMap<String, End>;

/// Holds what is so against what is remembered, and against what is on its way.
#[must_use]
pub fn decide(plan: &Plan, facts: &Facts, memory: &Memory, outbox: &BTreeMap<String, Letter>) -> Decision {
    let mut decision = Decision::default();
    let (ends, none) = (unheard_ends(outbox), Ends::new());
    let (troubles, unknown) = troubles(plan, facts);
    for (subject, trouble) in &troubles {
        let was = memory.get(subject);
        let ends = ends.get(subject).filter(|_| was.is_some_and(|was| was.turn == Turn::Resolved)).unwrap_or(&none);
        let held = ends.values().filter(|end| !end.unsure).map(|end| end.name.clone());
        let mut held = held.peekable();
        if trouble.told.known && was.is_none_or(|was| was.turn == Turn::Resolved) && held.peek().is_none() {
            // It goes to nobody: should it be taken back, it is news.
            continue;
        }
        decision.taken_back.extend(held);
        let is_less = was.is_some_and(|was| was.turn == Turn::Raised && trouble.told.is_no_longer_over(was));
        let news = match was.filter(|_| is_less) {
            Some(was) => Some(no_longer_over(plan, facts, trouble, (was, outbox))),
            None => news(plan, facts, trouble, (was, ends)),
        };
        if let Some((remembered, letters)) = news {
            decision.letters.extend(letters);
            decision.memory.insert(subject.clone(), Some(remembered));
        }
    }
    for (subject, was) in memory.iter().filter(|(subject, _)| !troubles.contains_key(*subject)) {
        let today = Day::of_seconds(facts.now);
        let is_past = was.until.is_some_and(|until| today >= until);
        let old = facts.now - was.at > MEMORY_DAYS * DAY_SECONDS;
        if was.turn == Turn::Raised && was.kind.goes_on() && !is_past {
            let of_rule = lapse(plan, facts, subject, was);
            let is_stopped = is_stopped(plan, was) || of_rule == Some(Lapse::NoRule) && !plan.stopped.is_empty();
            if unknown.contains(&was.kind) || is_stopped || is_less_grave(plan, facts, subject, was) {
                continue;
            }
            let over = Remembered { turn: Turn::Resolved, at: facts.now, ..was.clone() };
            decision.letters.extend(resolved(plan, facts, subject, (was, &was.told, of_rule)));
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
fn news(
    plan: &Plan,
    facts: &Facts,
    trouble: &Trouble,
    (was, ends): (Option<&Remembered>, &Ends),
) -> Option<(Remembered, Vec<Letter>)> {
    let told = &trouble.told;
    let (remembered, to): (Remembered, Vec<String>) = match was {
        None => (trouble.begun(facts, 0), trouble.to.iter().cloned().collect()),
        Some(was) if was.turn == Turn::Resolved && !ends.is_empty() => back(plan, facts, trouble, (was, ends)),
        Some(was) if was.turn == Turn::Resolved && is_the_same(plan, facts, told, was) => return None,
        Some(was) if was.turn == Turn::Resolved => {
            (trouble.begun(facts, was.times + 1), trouble.to.iter().cloned().collect())
        }
        Some(was) => {
            let is_worse = told.is_worse_than(was);
            let rests = |to: &String| !is_worse && was.ended.get(to).is_some_and(|at| is_calm(plan, facts, *at));
            let is_missing = |to: &&String| !told.known && !was.told.contains(to) && !rests(to);
            let missing: Vec<String> = trouble.to.iter().filter(is_missing).cloned().collect();
            let all: BTreeSet<String> = was.told.iter().chain(&missing).cloned().collect();
            let to = if is_worse { all.iter().cloned().collect() } else { missing };
            let mut now = Remembered { at: was.at, ..trouble.goes_on(facts, was.times, was) };
            now.ended =
                was.ended.iter().filter(|(to, _)| !all.contains(*to)).map(|(to, at)| (to.clone(), *at)).collect();
            now.told = all.into_iter().collect();
            if now == *was {
                return None;
            }
            (now, to)
        }
    };
    let message = told.message(facts, remembered.times);
    let mut letters = letters(plan, facts, &message, &to);
    let goes_on = |channel: &String, was: &Remembered| was.turn == Turn::Raised || ends.contains_key(channel);
    let knows = |channel: &String| was.is_some_and(|was| was.told.contains(channel) && goes_on(channel, was));
    letters.iter_mut().for_each(|letter| letter.follows = knows(&letter.channel));
    Some((remembered, letters))
}

/// What is remembered, and who is told, of what is back before its end was brought to everybody: whoever has not heard
/// of that was told that it goes on, and it does. Whoever has is told again as of all that comes and goes; whoever may
/// have is told at once.
fn back(plan: &Plan, facts: &Facts, trouble: &Trouble, (was, ends): (&Remembered, &Ends)) -> (Remembered, Vec<String>) {
    let (told, mut now) = (&trouble.told, trouble.goes_on(facts, was.times + 1, was));
    let kept: BTreeSet<&String> = was.told.iter().filter(|to| ends.get(*to).is_some_and(|end| !end.unsure)).collect();
    let heard = was.told.iter().filter(|to| !ends.contains_key(*to)).map(|to| (to, was.at));
    let heard = was.ended.iter().map(|(to, at)| (to, *at)).chain(heard);
    let rests: BTreeMap<String, i64> =
        heard.filter(|(_, at)| is_calm(plan, facts, *at)).map(|(to, at)| (to.clone(), at)).collect();
    let is_worse = told.is_worse_than(was);
    let is_told = |to: &&String| !told.known && (is_worse || !(kept.contains(to) || rests.contains_key(*to)));
    let again = trouble.to.iter().chain(kept.iter().copied().filter(|_| is_worse));
    let to: BTreeSet<String> = again.filter(is_told).cloned().collect();
    now.ended = rests.into_iter().filter(|(channel, _)| !to.contains(channel)).collect();
    now.told = kept.into_iter().chain(&to).cloned().collect::<BTreeSet<_>>().into_iter().collect();
    (now, to.into_iter().collect())
}

/// Whether a trouble that is back is told of yet: one that comes and goes is told once in a while, but for what is
/// graver than it was, or of which nobody has heard.
fn is_the_same(plan: &Plan, facts: &Facts, told: &Condition, was: &Remembered) -> bool {
    let is_graver = (told.severity, told.stage) > (was.severity, was.stage);
    is_calm(plan, facts, was.at) && !is_graver && !was.told.is_empty()
}

/// Whether it is too early to tell again of what ended at a moment.
fn is_calm(plan: &Plan, facts: &Facts, at: i64) -> bool {
    facts.now - at < plan.cooldown && !is_ahead(at, facts.now)
}

fn resolved(
    plan: &Plan,
    facts: &Facts,
    subject: &str,
    (was, to, lapse): (&Remembered, &[String], Option<Lapse>),
) -> Vec<Letter> {
    let over = match lapse {
        Some(lapse) => wording::lapsed(lapse, was),
        None => wording::over(subject, was, facts),
    };
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
    let mut letters = letters(plan, facts, &message, to);
    letters.iter_mut().for_each(|letter| (letter.follows, letter.lapse) = (true, lapse));
    letters
}

/// Whether an anomaly that no rule finds is but less grave than its rule tells of: that is for what begins. What was
/// told goes on until it is over.
fn is_less_grave(plan: &Plan, facts: &Facts, subject: &str, was: &Remembered) -> bool {
    let theirs = |rule: &&Rule| rule.kind == was.kind && was.rules.contains(&rule.name);
    let of_any = |rule: &Rule| Rule { severity: Severity::Info, ..rule.clone() };
    was.kind == Kind::Anomaly
        && plan.rules.iter().filter(theirs).any(|rule| conditions::finds(&of_any(rule), facts, subject))
}

/// Whether a rule that found a trouble is one that the config cannot mean by now: whether it is over nobody knows.
fn is_stopped(plan: &Plan, was: &Remembered) -> bool {
    was.rules.iter().any(|rule| plan.stopped.contains(rule))
}

/// Whether a trouble that no rule finds has lapsed with its rule, and is not over by itself.
fn lapse(plan: &Plan, facts: &Facts, subject: &str, was: &Remembered) -> Option<Lapse> {
    let mut left = plan.rules.iter().filter(|rule| rule.kind == was.kind && was.rules.contains(&rule.name)).peekable();
    if left.peek().is_none() {
        return Some(Lapse::NoRule);
    }
    left.any(|rule| conditions::would_find(rule, facts, subject, was)).then_some(Lapse::NotCovered)
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
