//! What people say of anomalies: acknowledged, snoozed, expected, open again; and taken back.
//!
//! Kept in the journal with the anomaly. What is said to be expected is kept apart as well, for the place: it teaches
//! what comes there later ([`super::records`]).

use serde::{Deserialize, Serialize};

use super::records::{ANOMALY, EXPECTED, Rule};
use super::{list, records, words};
use crate::domain::anomaly::{Happened, Saying, State, Word, clean_note};
use crate::domain::calendar::Day;
use crate::engine::local::LocalEngine;
use crate::error::{Error, Result};
use crate::store::journal::Change;

/// What became of what somebody said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// The anomaly's whole name.
    pub id: String,
    /// Where it is, in words.
    pub place_words: String,
    /// How it stands now.
    pub state: State,
    /// What was said before, which undoing takes back to.
    pub before: Option<Saying>,
}

/// Takes what somebody says of an anomaly that is called by the beginning of its name.
///
/// # Errors
/// Kind `Usage` where there is no such anomaly or the words cannot be taken, `Store` where the disk fails.
pub fn say(engine: &LocalEngine, name: &str, saying: &Saying) -> Result<Said> {
    let day = Day::of_seconds(saying.at);
    let note = clean_note(saying.note.raw()).map_err(Error::usage)?;
    if let Word::Snoozed(until) = saying.word
        && until <= day
    {
        return Err(Error::usage(format!("{until} is no day to snooze until")).hint("name a day that is yet to come"));
    }
    let saying = Saying { note: note.into(), ..saying.clone() };
    change(engine, name, day, |anomaly| anomaly.say(saying.clone()))
}

/// Takes back what was said last: what counts now is what counted before it.
///
/// # Errors
/// As [`say`].
pub fn unsay(engine: &LocalEngine, name: &str, to: Option<&Saying>, at: i64) -> Result<Said> {
    change(engine, name, Day::of_seconds(at), |anomaly| {
        anomaly.said = to.cloned();
        anomaly.note(Happened::Undone { at });
    })
}

fn change(
    engine: &LocalEngine,
    name: &str,
    day: Day,
    change: impl FnOnce(&mut crate::domain::anomaly::Anomaly),
) -> Result<Said> {
    let mut journal = engine.store().journal();
    let all = records::kept(&journal);
    let id = list::named(&all, name)?;
    let found = all.into_iter().find(|anomaly| anomaly.id == id);
    let mut anomaly = found.ok_or_else(|| Error::bug("an anomaly was named that is not there"))?;
    let before = anomaly.said.clone();
    change(&mut anomaly);
    let name = id.to_string();
    let taught = anomaly.said.as_ref().filter(|said| said.word == Word::Expected && said.like.is_none());
    let taught = taught.map(|said| Change::keep(EXPECTED, &name, &Rule::of(&anomaly, said))).transpose()?;
    let has_rule = || journal.of_kind(EXPECTED).any(|(of, _)| of == name);
    let taught = taught.or_else(|| has_rule().then(|| Change::remove(EXPECTED, &name)));
    // What is taught comes first: should a crash leave that alone, nothing was said yet.
    let said = Change::keep(ANOMALY, &name, &anomaly)?;
    journal.set_all(taught.into_iter().chain([said]))?;
    let listed = words::listed(anomaly, day, &[]);
    Ok(Said { id: name, place_words: listed.place_words, state: listed.state, before })
}
