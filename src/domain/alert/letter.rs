//! A message on its way to a channel, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Kind, Message, Severity, Turn};
use crate::domain::text::{SafeText, Untrusted};

/// What became of a message of which there is nothing that could tell it.
pub const LEFT_OUT: &str = "left out";

/// A message on its way to one channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// The message.
    pub message: Message,
    /// The channel.
    pub channel: String,
    /// It is not tried before, seconds since 1970.
    pub not_before: i64,
    /// How often it was tried.
    pub tries: u32,
    /// When it was last tried, seconds since 1970; 0 for never.
    pub tried_at: i64,
    /// For how many seconds it has been tried: a time in which nobody could is not much of it.
    #[serde(default)]
    pub tried_for: i64,
    /// Why the last try failed.
    pub why: Option<String>,
    /// Whether it may be there all the same: a try had no answer.
    #[serde(default)]
    pub unsure: bool,
    /// Whether the channel was sent news of the same trouble before.
    #[serde(default)]
    pub follows: bool,
    /// Of the end of what may be so all the same: why it is told as over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapse: Option<Lapse>,
    /// Its place behind other news of the same trouble that was on its way already, whatever the clock said.
    #[serde(default)]
    pub rank: u32,
    /// Of a channel of several readers: those who have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub had: Vec<String>,
    /// And those who will not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

impl Letter {
    /// A letter that nobody has tried to bring.
    #[must_use]
    pub fn new(message: Message, channel: &str, not_before: i64) -> Letter {
        Letter {
            message,
            channel: channel.to_owned(),
            not_before,
            tries: 0,
            tried_at: 0,
            tried_for: 0,
            why: None,
            unsure: false,
            follows: false,
            lapse: None,
            rank: 0,
            had: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// What tells it from all others; the same for the same news to the same channel.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}|{}", self.channel, self.message.key)
    }

    /// Why it is not there yet, with those who will not have it however the others fare.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let why = self.why.as_deref().unwrap_or_default();
        let is_untold = |of: &&Refused| !why.contains(&Refused::words([*of]));
        let all = [Refused::words(self.refused.iter().filter(is_untold)), why.to_owned()];
        let said: Vec<String> = all.into_iter().filter(|said| !said.is_empty()).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The readers that it is not brought to any more.
    #[must_use]
    pub fn settled(&self) -> BTreeSet<&str> {
        let refused = self.refused.iter().map(|refused| refused.reader.as_str());
        self.had.iter().map(String::as_str).chain(refused).collect()
    }
}

/// Why a trouble is told as over though it may be so all the same: nobody asks for it any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// No rule that found it is left.
    NoRule,
    /// It is so, and none of those that are left is about it.
    NotCovered,
}

impl Lapse {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Lapse::NoRule => "its rule is no longer in the config",
            Lapse::NotCovered => "its rule no longer covers it",
        }
    }
}

/// The messages of letters, those of one beside each other, and the channels that each goes to.
pub fn by_message(letters: &[Letter]) -> impl Iterator<Item = (&Message, Vec<&str>)> {
    let of_one = letters.chunk_by(|a, b| a.message.key == b.message.key);
    of_one.map(|letters| (&letters[0].message, letters.iter().map(|letter| letter.channel.as_str()).collect()))
}

/// One of a channel's readers whom a message does not reach, though it reaches others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// Who.
    pub reader: String,
    /// What was said; safe to show.
    pub why: String,
}

impl Refused {
    /// Several in a line.
    #[must_use]
    pub fn words<'r>(of: impl IntoIterator<Item = &'r Refused>) -> String {
        let each = of.into_iter().map(|Refused { reader, why }| format!("{} has not got it: {why}", safe(reader)));
        each.collect::<Vec<_>>().join("; ")
    }
}

fn safe(text: &str) -> SafeText {
    SafeText::from_outside(text)
}

/// Letters that are brought to a channel as one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// The channel.
    pub channel: String,
    /// What is brought.
    pub message: Message,
    /// The names of the letters that it stands for.
    pub letters: Vec<String>,
    /// The channel's readers that it is not brought to any more.
    pub settled: Vec<String>,
}

/// What became of a try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is there.
    Delivered,
    /// It is there for some of the channel's readers.
    Partly {
        /// Those who have it.
        had: Vec<String>,
        /// Those who will never have it.
        refused: Vec<Refused>,
        /// Those who may have it the next time.
        later: Vec<Refused>,
    },
    /// It may be there the next time; not before so many seconds, where that was said.
    Failed {
        /// Why not; safe to show.
        why: String,
        /// Seconds to wait that the channel asked for.
        wait: Option<i64>,
        /// Whether it may be there all the same: nothing was answered.
        #[serde(default)]
        unsure: bool,
    },
    /// It will never be there by this way.
    Impossible {
        /// Why not; safe to show.
        why: String,
    },
    /// There is nothing here that could tell it, as a desktop in a session over SSH: nothing has failed.
    LeftOut {
        /// Why not; safe to show.
        why: String,
    },
}

/// What the log says of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The message's key.
    pub key: String,
    /// The channel.
    pub channel: String,
    /// What it was about.
    pub kind: Kind,
    /// How much it pressed.
    pub severity: Severity,
    /// Whether it began or ended.
    pub turn: Turn,
    /// What it said.
    pub title: Untrusted,
    /// What was known of it, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Untrusted>,
    /// Its figures, each with what it is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<(String, Untrusted)>,
    /// The command that shows more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// When it was found, seconds since 1970.
    pub found_at: i64,
    /// When it was brought, or given up, seconds since 1970.
    pub at: i64,
    /// Its place in the log: within a second, what was written later has the higher one.
    #[serde(default)]
    pub place: u64,
    /// How often it was tried.
    pub tries: u32,
    /// Why it was given up, or left out; nothing where it was brought.
    pub why: Option<String>,
    /// Whether it was left out: there is nothing that could tell it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// How many messages it was brought with, as one.
    pub with: usize,
    /// Readers of the channel who have not got it, though others have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

impl Entry {
    /// What became of it, in a word or two.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (&self.why, &self.refused[..]) {
            (Some(_), _) if self.left_out => LEFT_OUT,
            (Some(_), _) => "not told",
            (None, []) => "told",
            (None, _) => "partly told",
        }
    }

    /// Why it is not where it was to be.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.why.clone().or_else(|| (!self.refused.is_empty()).then(|| Refused::words(&self.refused)))
    }
}

/// Whether a channel is tried, from how it went before.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// Failures in a row.
    pub failures: u32,
    /// It is not tried before, seconds since 1970.
    pub shut_until: i64,
    /// When something was last brought, seconds since 1970; 0 for never.
    pub good_at: i64,
    /// When something last failed, seconds since 1970; 0 for never.
    pub failed_at: i64,
    /// Why.
    pub why: Option<String>,
    /// Of a channel that keeps troubles apart: what each that goes on was told as, by subject.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incidents: BTreeMap<String, Incident>,
}

/// What a channel that keeps troubles apart knows one as: by itself, or with others that came in one storm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// What all news of it share.
    pub name: String,
    /// How much the trouble pressed when it was last told.
    pub severity: Severity,
    /// What was said of it, with how much it presses; empty where that was not kept.
    #[serde(default)]
    pub headline: Untrusted,
    /// How many there were at first in the storm that it came in; 1 where it came by itself.
    #[serde(default)]
    pub of: usize,
}
