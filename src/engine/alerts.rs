//! What of alerts the store's journal keeps: what is on its way, what was brought, how channels stand, and what
//! is remembered of troubles.
//!
//! Entries are idempotent: the same news to the same channel has the same name. What follows from a try is one
//! write, so that a crash leaves a letter on its way or logged, never neither. Knows no channel.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::local::LocalEngine;
use crate::analytics::alert::bring;
pub use crate::analytics::alert::bring::KEPT_FOR;
use crate::analytics::alert::decide::Memory;
use crate::domain::alert::{Bundle, Entry, Fate, Gate, Letter, Message, Plan, Turn};
use crate::domain::calendar::Day;
use crate::error::Result;
use crate::store::journal::{Change, Journal};

/// Letters on their way, by their names.
const OUTBOX: &str = "outbox";
/// What was brought or given up, by names, and how channels stand.
const ALERT: &str = "alert";
/// What is remembered of troubles, by their subjects.
const RULE_STATE: &str = "rule-state";
/// What was last looked at.
const WATCHED: &str = "watched";
/// Names of [`ALERT`] that are no log.
const CHANNEL: &str = "channel/";
/// Entries that the log keeps.
const LOG_MAX: usize = 500;

/// How alerts stand.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct AlertsAnswer {
    /// What is on its way, by names.
    pub outbox: BTreeMap<String, Letter>,
    /// What was brought or given up, the newest first.
    pub log: Vec<Entry>,
    /// How channels stand that were used.
    pub channels: BTreeMap<String, Gate>,
    /// What was last looked at; `None` where nobody has looked.
    pub watched: Option<Watched>,
}

impl AlertsAnswer {
    /// What may be brought now; more than `storm` letters to a channel are one message, and one trouble of their own
    /// where `apart` says that it keeps troubles apart.
    #[must_use]
    pub fn due(&self, storm: usize, apart: &dyn Fn(&str) -> bool, now: i64) -> Vec<Bundle> {
        bring::due(&self.outbox, &self.channels, storm, apart, now)
    }

    /// What of it there is nothing to tell any more, by channels.
    #[must_use]
    pub fn moot(&self) -> BTreeMap<String, Vec<String>> {
        bring::moot(&self.outbox, &self.channels)
    }

    /// What will be told of what is on its way.
    #[must_use]
    pub fn going(&self) -> Vec<&Letter> {
        bring::going(&self.outbox, &self.channels)
    }

    /// Has what nobody has tried wait as the plan has it now, on a clock that is `offset` seconds ahead of UTC, and
    /// nothing for what a clock said that was ahead.
    pub fn wait_by(&mut self, plan: &Plan, now: i64, offset: i64) {
        bring::wait_by(&mut self.outbox, plan, now, offset);
        bring::wait_by_clock(&mut self.outbox, &mut self.channels, now);
    }

    /// Has what failed, and what waits for a channel that did, wait no longer.
    pub fn hurry(&mut self) {
        self.outbox.values_mut().filter(|letter| letter.tries > 0).for_each(|letter| letter.not_before = 0);
        self.channels.values_mut().for_each(|gate| gate.shut_until = 0);
    }

    /// When something is to be brought at the earliest.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        bring::next(&self.outbox, &self.channels)
    }
}

/// What was last looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Watched {
    /// The store's generation.
    pub generation: u64,
    /// As of which day.
    pub day: Day,
    /// How far each provider's data went, and since when: an export that is stuck may be delivered again and again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reached: BTreeMap<String, Reached>,
    /// The last day, by the plan's clock, on which each digest's rule was looked at when it was due.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digested: BTreeMap<String, Day>,
}

/// How far a provider's data goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reached {
    /// Its last day with charges.
    pub day: Day,
    /// When that came, seconds since 1970.
    pub at: i64,
}

/// A try that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Try {
    /// The channel.
    pub channel: String,
    /// The names of the letters that were brought as one.
    pub letters: Vec<String>,
    /// A message that was in no letter, as one that tries a channel.
    pub beside: Option<Message>,
    /// Where the channel keeps troubles apart: what they were told as.
    #[serde(default)]
    pub incident: Option<String>,
    /// Whether it was none: the letters are of what was over before the channel had heard of it.
    #[serde(default)]
    pub moot: bool,
    /// What became of it.
    pub fate: Fate,
    /// When, seconds since 1970.
    pub at: i64,
    /// How much of a wait is left to chance, in thousandths.
    pub jitter: u16,
}

/// How alerts stand.
#[must_use]
pub fn answer(engine: &LocalEngine) -> AlertsAnswer {
    let journal = engine.store().journal();
    let mut log: Vec<Entry> = entries(&journal).into_values().collect();
    log.sort_by(|a, b| (b.at, b.place, &a.key).cmp(&(a.at, a.place, &b.key)));
    AlertsAnswer { outbox: all(&journal, OUTBOX), log, channels: gates(&journal), watched: watched(&journal) }
}

/// What is remembered of troubles.
#[must_use]
pub fn memory(journal: &Journal) -> Memory {
    all(journal, RULE_STATE)
}

/// What is on its way.
#[must_use]
pub fn outbox(journal: &Journal) -> BTreeMap<String, Letter> {
    all(journal, OUTBOX)
}

/// What was last looked at.
#[must_use]
pub fn watched(journal: &Journal) -> Option<Watched> {
    all(journal, WATCHED).remove("")
}

/// The entries of what follows from a look: letters first, what is remembered of them next, and last the mark
/// that all of it is done. Only those that change anything.
///
/// # Errors
/// Kind `Bug`.
pub fn looked(
    journal: &Journal,
    decision: crate::analytics::alert::decide::Decision,
    mark: Watched,
) -> Result<Vec<Change>> {
    let outbox: BTreeMap<String, Letter> = all(journal, OUTBOX);
    let mut changes: Vec<Change> = decision.taken_back.iter().map(|name| Change::remove(OUTBOX, name)).collect();
    for mut letter in decision.letters {
        let name = letter.name();
        if outbox.contains_key(&name) {
            continue;
        }
        let same = outbox.values().filter(|other| bring::is_same_trouble(other, &letter));
        letter.rank = same.map(|other| other.rank + 1).max().unwrap_or(0);
        changes.push(Change::keep(OUTBOX, &name, &letter)?);
    }
    for (subject, remembered) in decision.memory {
        changes.push(changed(RULE_STATE, &subject, remembered.as_ref())?);
    }
    if watched(journal).as_ref() != Some(&mark) {
        changes.push(Change::keep(WATCHED, "", &mark)?);
    }
    Ok(changes)
}

/// Notes what became of a try, in one write.
///
/// # Errors
/// Kind `Store` where the disk fails: it is tried again then.
pub fn tried(engine: &LocalEngine, tried: &Try) -> Result<()> {
    let mut journal = engine.store().journal();
    let outbox: BTreeMap<String, Letter> = all(&journal, OUTBOX);
    let named = |name: &String| outbox.get(name).map(|letter| (name.clone(), letter.clone()));
    let mut letters: Vec<(String, Letter)> = tried.letters.iter().filter_map(named).collect();
    if let Some(message) = &tried.beside {
        let letter = Letter::new(message.clone(), &tried.channel, tried.at);
        letters.push((letter.name(), letter));
    }
    if tried.moot {
        // What is back by now is told.
        let moot = bring::moot(&outbox, &gates(&journal)).remove(&tried.channel).unwrap_or_default();
        letters.retain(|(name, _)| moot.contains(name));
        return unheard(&mut journal, &letters, tried.at);
    }
    let gate = gates(&journal).remove(&tried.channel).unwrap_or_default();
    let jitter = f64::from(tried.jitter.min(1_000)) / 1_000.0;
    // What was in no letter is not tried again.
    let fate = match (&tried.fate, &tried.beside) {
        (Fate::Failed { why, .. }, Some(_)) => Fate::Impossible { why: why.clone() },
        (Fate::Partly { had, refused, later }, Some(_)) => Fate::Partly {
            had: had.clone(),
            refused: refused.iter().chain(later).cloned().collect(),
            later: Vec::new(),
        },
        (fate, _) => fate.clone(),
    };
    let mut after = bring::after(&letters, &fate, &gate, tried.at, jitter);
    match (&fate, &tried.incident) {
        (Fate::Delivered, Some(incident)) => bring::told_as(&mut after.gate, incident, &letters),
        // It may have begun there all the same: its end goes to the same.
        (Fate::Failed { unsure: true, .. }, Some(incident)) => {
            let began = letters.iter().filter(|(_, letter)| letter.message.turn == Turn::Raised);
            bring::told_as(&mut after.gate, incident, &began.cloned().collect::<Vec<_>>());
        }
        _ => {}
    }
    let mut changes = Vec::new();
    let mut log = entries(&journal);
    let replaced = goes_with(&outbox, &after.letters).filter_map(|(_, letter)| bring::replaced(letter, tried.at));
    let fresh = replaced.chain(after.log).collect();
    for (name, entry) in placed(&log, fresh) {
        changes.push(Change::keep(ALERT, &name, &entry)?);
        log.insert(name, entry);
    }
    // What failed before has no reason to wait any longer.
    let woken = (fate == Fate::Delivered).then_some((tried.channel.as_str(), tried.at));
    changes.extend(on_its_way(&outbox, &after.letters, woken)?);
    if let Fate::Failed { .. } = fate {
        // Whoever has not heard of what goes on is told of it again.
        let ended = letters.iter().filter(|(name, _)| after.letters.get(name).is_some_and(Option::is_none));
        changes.extend(forgotten(&journal, ended.map(|(_, letter)| letter), Turn::Raised)?);
    }
    changes.extend(ended(&journal, tried, &outbox)?);
    changes.push(Change::keep(ALERT, &format!("{CHANNEL}{}", tried.channel), &after.gate)?);
    changes.extend(bring::too_many(&log, LOG_MAX).iter().map(|name| Change::remove(ALERT, name)));
    journal.set_all(changes)
}

/// Letters as they are after a try; with what is done with goes older news of the same trouble, which has waited for
/// it. What else failed on its way to the channel that is `woken` waits until then at most.
fn on_its_way(
    outbox: &BTreeMap<String, Letter>,
    after: &BTreeMap<String, Option<Letter>>,
    woken: Option<(&str, i64)>,
) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = goes_with(outbox, after).map(|(name, _)| Change::remove(OUTBOX, name)).collect();
    let gone: BTreeSet<&String> = goes_with(outbox, after).map(|(name, _)| name).collect();
    for (name, letter) in outbox.iter().filter(|(name, _)| !gone.contains(name)) {
        match (after.get(name), woken) {
            (Some(letter), _) => changes.push(changed(OUTBOX, name, letter.as_ref())?),
            (None, Some((channel, at))) if letter.channel == channel && letter.tries > 0 && letter.not_before > at => {
                changes.push(Change::keep(OUTBOX, name, &Letter { not_before: at, ..letter.clone() })?);
            }
            _ => {}
        }
    }
    Ok(changes)
}

/// Older news of the same trouble to the same channel as what is done with after a try.
fn goes_with<'l>(
    outbox: &'l BTreeMap<String, Letter>,
    after: &BTreeMap<String, Option<Letter>>,
) -> impl Iterator<Item = (&'l String, &'l Letter)> {
    let is_done = |(name, letter): (&String, &Option<Letter>)| letter.is_none().then(|| outbox.get(name)).flatten();
    let done: Vec<&Letter> = after.iter().filter_map(is_done).collect();
    let tried: BTreeSet<String> = after.keys().cloned().collect();
    let is_older = move |letter: &Letter| done.iter().any(|done| bring::is_before(letter, done));
    outbox.iter().filter(move |(name, letter)| !tried.contains(*name) && is_older(letter))
}

/// Notes that there is nothing to tell of letters any more.
fn unheard(journal: &mut Journal, letters: &[(String, Letter)], at: i64) -> Result<()> {
    let mut changes = Vec::new();
    for (name, entry) in placed(&entries(journal), bring::unheard(letters, at)) {
        changes.push(Change::keep(ALERT, &name, &entry)?);
    }
    changes.extend(letters.iter().map(|(name, _)| Change::remove(OUTBOX, name)));
    changes.extend(forgotten(journal, letters.iter().map(|(_, letter)| letter), Turn::Resolved)?);
    journal.set_all(changes)
}

/// What is remembered of troubles without the channels of letters that nobody has had: they do not know of what began
/// by them.
fn forgotten<'l>(journal: &Journal, letters: impl Iterator<Item = &'l Letter>, turn: Turn) -> Result<Vec<Change>> {
    let (mut memory, mut subjects) = (memory(journal), BTreeSet::new());
    for letter in letters.filter(|letter| letter.message.turn == Turn::Raised && letter.had.is_empty()) {
        let subject = &letter.message.subject;
        if let Some(was) = memory.get_mut(subject).filter(|was| was.turn == turn) {
            was.told.retain(|channel| *channel != letter.channel);
            subjects.insert(subject.clone());
        }
    }
    subjects.iter().map(|subject| changed(RULE_STATE, subject, memory.get(subject))).collect()
}

/// What is remembered of troubles whose end was taken back while it was being brought: the channel may have heard that
/// it is over, and is told again.
fn ended(journal: &Journal, tried: &Try, outbox: &BTreeMap<String, Letter>) -> Result<Vec<Change>> {
    if matches!(tried.fate, Fate::Failed { unsure: false, .. } | Fate::Impossible { .. } | Fate::LeftOut { .. }) {
        return Ok(Vec::new());
    }
    let log = entries(journal);
    let is_gone = |name: &&String| !outbox.contains_key(*name) && !log.contains_key(*name);
    let gone: Vec<&String> = tried.letters.iter().filter(is_gone).collect();
    let mut changes = Vec::new();
    for (subject, mut was) in memory(journal).into_iter().filter(|(_, was)| was.turn == Turn::Raised && was.times > 0) {
        let (begins, ends) = (format!("{}|{subject}/", tried.channel), format!("/{}/resolved", was.times - 1));
        if gone.iter().any(|name| name.starts_with(&begins) && name.ends_with(&ends)) {
            was.told.retain(|channel| *channel != tried.channel);
            changes.push(changed(RULE_STATE, &subject, Some(&was))?);
        }
    }
    Ok(changes)
}

/// Entries behind those of a log, with their names.
fn placed(log: &BTreeMap<String, Entry>, fresh: Vec<Entry>) -> Vec<(String, Entry)> {
    let last = log.values().map(|entry| entry.place).max().unwrap_or(0);
    let named = |(place, entry): (u64, Entry)| (format!("{}|{}", entry.channel, entry.key), Entry { place, ..entry });
    (last + 1..).zip(fresh).map(named).collect()
}

fn entries(journal: &Journal) -> BTreeMap<String, Entry> {
    let log = journal.kept(ALERT).filter(|(name, _)| !name.starts_with(CHANNEL));
    log.map(|(name, entry)| (name.to_owned(), entry)).collect()
}

fn gates(journal: &Journal) -> BTreeMap<String, Gate> {
    journal.kept(ALERT).filter_map(|(name, gate)| Some((name.strip_prefix(CHANNEL)?.to_owned(), gate))).collect()
}

fn all<T: DeserializeOwned>(journal: &Journal, kind: &str) -> BTreeMap<String, T> {
    journal.kept(kind).map(|(name, entry)| (name.to_owned(), entry)).collect()
}

/// An entry as it is from now on.
fn changed(kind: &str, name: &str, value: Option<&impl Serialize>) -> Result<Change> {
    value.map_or_else(|| Ok(Change::remove(kind, name)), |value| Change::keep(kind, name, value))
}

#[cfg(test)]
mod tests;
