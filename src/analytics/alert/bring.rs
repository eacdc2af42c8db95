//! Which letters are due, bundled where a storm of them is; what follows from how a try went.

mod order;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

pub use self::order::{End, is_before, is_same_trouble, unheard_ends};
use self::order::{Named as Due, chains};
use crate::domain::alert::{
    Bundle, Entry, Fate, Gate, Incident, Kind, Lapse, Letter, Message, Plan, Refused, Severity, Turn, is_ahead,
};
use crate::domain::calendar::DAY_SECONDS;
use crate::domain::text::Untrusted;
use crate::domain::words::counted;

/// Seconds after the first failure, doubled with each further one.
const FIRST_WAIT: i64 = 20;
/// And at most.
const WAIT_MAX: i64 = 3_600;
/// A channel that asks for more is asked again within a day all the same.
const ASKED_MAX: i64 = DAY_SECONDS;
/// Failures in a row after which a channel is left alone for a while.
const FAILURES_MAX: u32 = 4;
/// A letter that was tried for so long is given up, which the log says.
pub const KEPT_FOR: i64 = 7 * DAY_SECONDS;
/// Why nobody was told of what was over by then.
const UNHEARD: &str = "it was over before it could be told";
/// Why some readers did not get what others have.
const REPLACED: &str = "newer news has replaced it";
/// Titles that a bundle lists.
const LISTED_MAX: usize = 20;

/// Letters that may be tried now, oldest first, as what is brought at once: of a trouble the newest, for which older
/// news of it waits; more than `storm` to a channel are one message. Where `apart` says that the channel keeps troubles apart, such a storm is one trouble to it, which
/// goes on until all of it is over.
#[must_use]
pub fn due(
    letters: &BTreeMap<String, Letter>,
    gates: &BTreeMap<String, Gate>,
    storm: usize,
    apart: &dyn Fn(&str) -> bool,
    now: i64,
) -> Vec<Bundle> {
    // What some readers of a channel have goes to the others alone.
    let mut by_channel: BTreeMap<(&str, BTreeSet<&str>), Vec<Due<'_>>> = BTreeMap::new();
    let due = chains(letters).into_iter().filter(|chain| !chain.is_moot(gates)).map(|chain| chain.last);
    for (name, letter) in due.filter(|(_, letter)| letter.not_before <= now) {
        if gates.get(&letter.channel).is_none_or(|gate| gate.shut_until <= now) {
            by_channel.entry((&letter.channel, letter.settled())).or_default().push((name, letter));
        }
    }
    let mut bundles = Vec::new();
    for ((channel, _), mut due) in by_channel {
        due.sort_by_key(|(name, letter)| (letter.message.at, letter.message.turn, *name));
        if apart(channel) {
            let none = Gate::default();
            bundles.extend(incidents(channel, due, gates.get(channel).unwrap_or(&none), storm));
        } else if due.len() > storm {
            bundles.push(bundle(channel, &due));
        } else {
            bundles.extend(due.into_iter().map(single));
        }
    }
    bundles
}

/// What is on its way of which there is nothing to tell any more, channel by channel: it was over before the channel
/// had heard of it.
#[must_use]
pub fn moot(letters: &BTreeMap<String, Letter>, gates: &BTreeMap<String, Gate>) -> BTreeMap<String, Vec<String>> {
    let mut moot: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for chain in chains(letters).iter().filter(|chain| chain.is_moot(gates)) {
        let names = chain.all().map(|(name, _)| name.clone());
        moot.entry(chain.last.1.channel.clone()).or_default().extend(names);
    }
    moot
}

/// What will be told of what is on its way: of each trouble its newest news, channel by channel.
#[must_use]
pub fn going<'l>(letters: &'l BTreeMap<String, Letter>, gates: &BTreeMap<String, Gate>) -> Vec<&'l Letter> {
    chains(letters).into_iter().filter(|chain| !chain.is_moot(gates)).map(|chain| chain.last.1).collect()
}

fn settled(letter: &Letter) -> Vec<String> {
    letter.settled().into_iter().map(str::to_owned).collect()
}

fn single((name, letter): Due<'_>) -> Bundle {
    let (channel, message) = (letter.channel.clone(), letter.message.clone());
    Bundle { channel, message, letters: vec![name.clone()], settled: settled(letter) }
}

/// What is brought to a channel that keeps troubles apart: news of a trouble goes to what it was told as, and what
/// it has not heard of is told one by one, or as one storm.
fn incidents(channel: &str, due: Vec<Due<'_>>, gate: &Gate, storm: usize) -> Vec<Bundle> {
    let (mut alone, mut fresh) = (Vec::new(), Vec::new());
    let mut stormy: BTreeMap<&str, Vec<Due<'_>>> = BTreeMap::new();
    for (name, letter) in due {
        match gate.incidents.get(&letter.message.subject) {
            Some(incident) if incident.name != letter.message.subject => {
                stormy.entry(&incident.name).or_default().push((name, letter));
            }
            None if letter.message.turn == Turn::Raised => fresh.push((name, letter)),
            _ => alone.push((name, letter)),
        }
    }
    let mut bundles: Vec<Bundle> = stormy.into_iter().map(|(name, due)| more(channel, name, &due, gate)).collect();
    if fresh.len() > storm {
        bundles.push(bundle(channel, &fresh));
    } else {
        alone.extend(fresh);
    }
    bundles.extend(alone.into_iter().map(single));
    bundles
}

/// More of a storm that was told as one trouble: it is over once nothing of it goes on.
fn more(channel: &str, name: &str, due: &[Due<'_>], gate: &Gate) -> Bundle {
    // Of each the newest news counts.
    let last: BTreeMap<&str, Turn> = due.iter().map(|(_, l)| (l.message.subject.as_str(), l.message.turn)).collect();
    let was: Vec<(&String, &Incident)> = gate.incidents.iter().filter(|(_, of)| of.name == name).collect();
    let all = was.iter().map(|(_, incident)| incident.of).max().unwrap_or(0).max(was.len());
    let on = was.iter().filter(|(subject, _)| last.get(subject.as_str()) != Some(&Turn::Resolved));
    let on: Vec<Severity> = on.map(|(_, incident)| incident.severity).collect();
    let mut bundle = bundle(channel, due);
    let quiet = was.iter().filter(|(subject, _)| !last.contains_key(subject.as_str())).copied();
    bundle.message.lines.extend(going_on(quiet.collect()));
    let message = &mut bundle.message;
    name.clone_into(&mut message.subject);
    message.turn = if on.is_empty() { Turn::Resolved } else { Turn::Raised };
    if let Some(gravest) = on.iter().max() {
        message.severity = message.severity.max(*gravest);
        // What it was told of already, and is told of again, has become worse.
        let worse = due.iter().filter(|(_, letter)| letter.message.turn == Turn::Raised && letter.follows).count();
        if worse > 0 {
            let parts = message.title.raw().split_once(": ").map_or("", |(_, parts)| parts).to_owned();
            message.title = Untrusted::new(format!("{worse} worse, of {} open: {parts}", on.len()));
        } else if on.len() < all {
            let go_on = if on.len() == 1 { "goes on" } else { "go on" };
            message.title = Untrusted::new(format!("{} of {all} alerts {go_on}", on.len()));
        }
    }
    bundle
}

/// What goes on of a storm and has no news, a line each, the gravest first.
fn going_on(mut quiet: Vec<(&String, &Incident)>) -> Vec<Untrusted> {
    quiet.sort_by_key(|(subject, incident)| (Reverse(incident.severity), *subject));
    let headline = |of: &Incident| Some(of.headline.raw()).filter(|headline| !headline.is_empty()).map(str::to_owned);
    let line = |(subject, of): &(&String, &Incident)| {
        Untrusted::new(format!("goes on: {}", headline(of).unwrap_or_else(|| (*subject).clone())))
    };
    let mut lines: Vec<Untrusted> = quiet.iter().take(LISTED_MAX).map(line).collect();
    if quiet.len() > LISTED_MAX {
        lines.push(Untrusted::new(format!("and {} more go on", quiet.len() - LISTED_MAX)));
    }
    lines
}

/// Has a channel that keeps troubles apart remembered by its gate what letters were told as.
pub fn told_as(gate: &mut Gate, incident: &str, letters: &[(String, Letter)]) {
    let mut messages: Vec<&Message> = letters.iter().map(|(_, letter)| &letter.message).collect();
    messages.sort_by_key(|message| (message.at, message.turn));
    let known = gate.incidents.values().find(|of| of.name == incident).map(|of| of.of);
    let of = known.unwrap_or(messages.len());
    for message in messages {
        match message.turn {
            // What is told and done has no end that is waited for.
            Turn::Raised if !message.kind.goes_on() => {}
            Turn::Raised => {
                let (name, headline) = (incident.to_owned(), message.headline());
                let told = Incident { name, severity: message.severity, headline, of };
                gate.incidents.insert(message.subject.clone(), told);
            }
            Turn::Resolved => drop(gate.incidents.remove(&message.subject)),
        }
    }
}

/// Letters that nobody has tried wait as the plan has it now, whatever it was when they were found.
pub fn wait_by(letters: &mut BTreeMap<String, Letter>, plan: &Plan, now: i64, offset: i64) {
    for letter in letters.values_mut().filter(|letter| letter.tries == 0) {
        letter.not_before = plan.not_before(letter.message.severity, now, offset);
    }
}

/// Nothing waits for a time that a clock said which was ahead, nor longer than anything waits at all.
pub fn wait_by_clock(letters: &mut BTreeMap<String, Letter>, gates: &mut BTreeMap<String, Gate>, now: i64) {
    gates.values_mut().for_each(|gate| *gate = by_clock(gate, now));
    for letter in letters.values_mut().filter(|letter| letter.tries > 0) {
        if is_ahead(letter.tried_at, now) || letter.not_before > now + ASKED_MAX {
            letter.not_before = 0;
        }
    }
}

fn by_clock(gate: &Gate, now: i64) -> Gate {
    let is_off = is_ahead(gate.failed_at, now) || gate.shut_until > now + ASKED_MAX;
    Gate { shut_until: if is_off { 0 } else { gate.shut_until }, ..gate.clone() }
}

fn bundle(channel: &str, due: &[(&String, &Letter)]) -> Bundle {
    let messages = || due.iter().map(|(_, letter)| &letter.message);
    let severity = messages().map(|message| message.severity).max().unwrap_or(Severity::Info);
    let all_over = messages().all(|message| message.turn == Turn::Resolved);
    let mut counts: BTreeMap<(Reverse<Severity>, &str), usize> = BTreeMap::new();
    for Message { severity, kind, .. } in messages().filter(|message| message.turn == Turn::Raised) {
        *counts.entry((Reverse(*severity), severity.word(*kind))).or_default() += 1;
    }
    let mut parts: Vec<String> = counts.iter().map(|((_, word), count)| format!("{count} {word}")).collect();
    let over = messages().filter(|message| message.turn == Turn::Resolved).count();
    parts.extend((over > 0).then(|| format!("{over} resolved")));
    let mut gravest: Vec<&Message> = messages().collect();
    gravest.sort_by_key(|message| (message.turn, Reverse(message.severity), message.at));
    let mut lines: Vec<Untrusted> = gravest.iter().take(LISTED_MAX).map(|message| message.headline()).collect();
    if gravest.len() > LISTED_MAX {
        lines.push(Untrusted::new(format!("and {} more: `spendtop alert log`", gravest.len() - LISTED_MAX)));
    }
    let keys: Vec<&str> = messages().map(|message| message.key.as_str()).collect();
    let sum = fingerprint(&keys);
    let message = Message {
        key: format!("storm/{channel}/{}/{sum:016x}", keys.len()),
        subject: format!("storm/{channel}/{sum:016x}"),
        kind: gravest.first().map_or(Kind::Test, |message| message.kind),
        severity,
        turn: if all_over { Turn::Resolved } else { Turn::Raised },
        title: Untrusted::new(format!("{}: {}", counted(keys.len() as u64, "alert", "alerts"), parts.join(", "))),
        lines,
        figures: Vec::new(),
        command: Some("spendtop alert log".to_owned()),
        at: messages().map(|message| message.at).max().unwrap_or(0),
    };
    let letters = due.iter().map(|(name, _)| (*name).clone()).collect();
    // All of them have the same.
    let settled = due.first().map_or_else(Vec::new, |(_, letter)| settled(letter));
    Bundle { channel: channel.to_owned(), message, letters, settled }
}

/// What names a bundle by the messages in it: the same ones, tried again or by another process, are known for the
/// same by whoever was told of them, and others are not.
fn fingerprint(keys: &[&str]) -> u64 {
    xxh3_64(keys.join("\n").as_bytes())
}

/// When something is to be done at the earliest; `None` where there is nothing.
#[must_use]
pub fn next(letters: &BTreeMap<String, Letter>, gates: &BTreeMap<String, Gate>) -> Option<i64> {
    let of = |letter: &Letter| letter.not_before.max(gates.get(&letter.channel).map_or(0, |gate| gate.shut_until));
    // What there is nothing to tell of is done with at once.
    chains(letters).iter().map(|chain| if chain.is_moot(gates) { 0 } else { of(chain.last.1) }).min()
}

/// What follows from a try.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct After {
    /// The letters as they are from now on; `None` where they are done with.
    pub letters: BTreeMap<String, Option<Letter>>,
    /// What the log says of those.
    pub log: Vec<Entry>,
    /// How the channel stands.
    pub gate: Gate,
}

/// What follows from how a try of some letters went; `jitter` is from 0 to 1.
#[must_use]
pub fn after(letters: &[(String, Letter)], fate: &Fate, gate: &Gate, now: i64, jitter: f64) -> After {
    let gate = &by_clock(gate, now);
    let mut after = After { gate: gate.clone(), ..After::default() };
    let (why, wait) = match fate {
        Fate::Delivered => {
            let incidents = gate.incidents.clone();
            after.gate = Gate { good_at: now, failed_at: gate.failed_at, incidents, ..Gate::default() };
            (None, None)
        }
        Fate::Partly { had, refused, later } => return partly(letters, (had, refused, later), gate, now, jitter),
        Fate::Failed { why, wait, .. } => (Some(why), *wait),
        Fate::Impossible { why } | Fate::LeftOut { why } => (Some(why), None),
    };
    let left_out = matches!(fate, Fate::LeftOut { .. });
    if let Some(why) = why.filter(|_| !left_out) {
        let failures = gate.failures.saturating_add(1);
        let shut_until = match fate {
            // The next letter fares no better, whatever it says.
            Fate::Failed { .. } if wait.is_some() || failures >= FAILURES_MAX => now + backoff(failures, wait, jitter),
            _ => gate.shut_until,
        };
        after.gate = Gate { failures, shut_until, failed_at: now, why: Some(why.clone()), ..gate.clone() };
    }
    for (name, letter) in letters {
        let (tries, tried_for) = (letter.tries.saturating_add(1), tried_for(letter, now));
        let (is_over, unsure) = match fate {
            Fate::Delivered | Fate::Partly { .. } | Fate::Impossible { .. } | Fate::LeftOut { .. } => (true, false),
            Fate::Failed { unsure, .. } => (tried_for >= KEPT_FOR, *unsure || letter.unsure),
        };
        if is_over {
            let entry = entry(letter, tries, why.cloned(), letters.len(), now);
            after.log.push(Entry { left_out, ..entry });
            after.letters.insert(name.clone(), None);
        } else {
            let not_before = now + backoff(tries, wait, jitter);
            let again =
                Letter { tries, tried_at: now, tried_for, not_before, why: why.cloned(), unsure, ..letter.clone() };
            after.letters.insert(name.clone(), Some(again));
        }
    }
    after
}

/// What follows from a try that reached some of a channel's readers: the others are told of, and tried again where
/// that may help.
fn partly(
    letters: &[(String, Letter)],
    (had, refused, later): (&[String], &[Refused], &[Refused]),
    gate: &Gate,
    now: i64,
    jitter: f64,
) -> After {
    let why = Some(Refused::words(refused.iter().chain(later)));
    // The channel does what it can: what else is on its way to it does not wait.
    let gate =
        Gate { good_at: now, failed_at: now, why: why.clone(), incidents: gate.incidents.clone(), ..Gate::default() };
    let mut after = After { gate, ..After::default() };
    for (name, letter) in letters {
        let (tries, tried_for) = (letter.tries.saturating_add(1), tried_for(letter, now));
        let mut letter = Letter { tries, tried_at: now, tried_for, ..letter.clone() };
        letter.had.extend(had.iter().cloned());
        letter.refused.extend(refused.iter().cloned());
        if later.is_empty() || tried_for >= KEPT_FOR {
            letter.refused.extend(later.iter().cloned());
            after.log.push(entry(&letter, tries, None, letters.len(), now));
            after.letters.insert(name.clone(), None);
        } else {
            (letter.not_before, letter.why) = (now + backoff(tries, None, jitter), why.clone());
            after.letters.insert(name.clone(), Some(letter));
        }
    }
    after
}

/// What the log says of older news that goes with what has replaced it, where some readers have it: the others do not.
#[must_use]
pub fn replaced(letter: &Letter, now: i64) -> Option<Entry> {
    let is_told = !letter.had.is_empty();
    is_told.then(|| entry(letter, letter.tries, Some(REPLACED.to_owned()), 1, now))
}

/// For how long a letter has been tried by now. Between two tries there is a day at most: for longer nobody was there
/// to try it, or the clock was put right.
fn tried_for(letter: &Letter, now: i64) -> i64 {
    let since = if letter.tries == 0 { 0 } else { (now - letter.tried_at).clamp(0, ASKED_MAX) };
    letter.tried_for.saturating_add(since)
}

/// What the log says of letters of which there is nothing to tell any more.
#[must_use]
pub fn unheard(letters: &[(String, Letter)], now: i64) -> Vec<Entry> {
    let began = letters.iter().filter(|(_, letter)| letter.message.turn == Turn::Raised);
    let why = |letter: &Letter| {
        let mut same = letters.iter().filter(|(_, other)| is_same_trouble(other, letter));
        same.find_map(|(_, other)| other.lapse).map_or(UNHEARD, Lapse::words).to_owned()
    };
    began.map(|(_, letter)| entry(letter, letter.tries, Some(why(letter)), 1, now)).collect()
}

fn entry(letter: &Letter, tries: u32, mut why: Option<String>, with: usize, at: i64) -> Entry {
    let message = &letter.message;
    let mut refused = letter.refused.clone();
    if !letter.had.is_empty() {
        // Some have it: who has given up on the others has told somebody.
        let others = why.take().map(|why| Refused { reader: "the rest".to_owned(), why });
        refused.extend(others);
    }
    Entry {
        key: message.key.clone(),
        channel: letter.channel.clone(),
        kind: message.kind,
        severity: message.severity,
        turn: message.turn,
        title: message.title.clone(),
        lines: message.lines.clone(),
        figures: message.figures.clone(),
        command: message.command.clone(),
        found_at: message.at,
        at,
        // Whoever writes it says which.
        place: 0,
        tries,
        why,
        left_out: false,
        with,
        refused,
    }
}

/// Seconds until the next try: doubled with each one, a random half of it, and never less than was asked for.
fn backoff(tries: u32, wait: Option<i64>, jitter: f64) -> i64 {
    let whole = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(12)).min(WAIT_MAX);
    let own = whole / 2 + (whole as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as i64;
    own.max(wait.unwrap_or(0).clamp(0, ASKED_MAX))
}

/// The names of those of a log that are one too many: the oldest.
#[must_use]
pub fn too_many(log: &BTreeMap<String, Entry>, most: usize) -> BTreeSet<String> {
    let mut by_age: Vec<(i64, u64, &String)> = log.iter().map(|(name, entry)| (entry.at, entry.place, name)).collect();
    by_age.sort();
    by_age.into_iter().take(log.len().saturating_sub(most)).map(|(_, _, name)| name.clone()).collect()
}

#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod tests;
