//! Alerts: what a person is to know, which rules say so, and by which channels they are told.
//!
//! A [`Plan`] of [`Rule`]s is the config's; [`crate::analytics::alert`] holds it against facts and makes
//! [`Message`]s; a [`Letter`] is a message on its way to one channel. Knows nobody who finds, keeps or brings
//! them.

mod letter;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::letter::{Bundle, Entry, Fate, Gate, Incident, LEFT_OUT, Lapse, Letter, Refused, by_message};
pub use self::plan::{Days, Every, Hours, Plan, Rule, minute, moment};
use super::anomaly;
use super::text::Untrusted;

/// The channel that is this machine's desktop.
pub const DESKTOP: &str = "desktop";
/// The channel that is the terminal of the app, or of the command.
pub const TERMINAL: &str = "terminal";

/// Seconds by which a clock is put right now and then.
const SKEW: i64 = 60;

/// Whether a moment was written down by a clock that was ahead: nothing waits for it.
#[must_use]
pub fn is_ahead(at: i64, now: i64) -> bool {
    at > now + SKEW
}

/// How much an alert presses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To look at now.
    High,
    /// To do something about.
    Critical,
}

impl From<anomaly::Severity> for Severity {
    fn from(of: anomaly::Severity) -> Severity {
        match of {
            anomaly::Severity::Low => Severity::Info,
            anomaly::Severity::Medium => Severity::Warning,
            anomaly::Severity::High => Severity::High,
            anomaly::Severity::Critical => Severity::Critical,
        }
    }
}

impl Severity {
    /// All, the least first.
    pub const ALL: [Severity; 4] = [Severity::Info, Severity::Warning, Severity::High, Severity::Critical];

    /// Its word, the same whatever it is of.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// Its word as people are told it: of an anomaly the anomaly's own.
    #[must_use]
    pub fn word(self, of: Kind) -> &'static str {
        match (of, self) {
            (Kind::Anomaly, Severity::Info) => anomaly::Severity::Low.word(),
            (Kind::Anomaly, Severity::Warning) => anomaly::Severity::Medium.word(),
            _ => self.name(),
        }
    }
}

/// What an alert is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A budget has reached a threshold.
    Budget,
    /// A budget is forecast to be exceeded.
    Forecast,
    /// Something is out of the ordinary.
    Anomaly,
    /// A day costs far more than usual.
    Spike,
    /// A provider tells nothing new.
    Stale,
    /// A connection cannot be synced.
    Sync,
    /// A summary, day by day or week by week.
    Digest,
    /// Somebody tries a channel.
    Test,
}

impl Kind {
    /// Those that rules are of.
    pub const RULES: [Kind; 7] =
        [Kind::Budget, Kind::Forecast, Kind::Anomaly, Kind::Spike, Kind::Stale, Kind::Sync, Kind::Digest];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Budget => "budget",
            Kind::Forecast => "forecast",
            Kind::Anomaly => "anomaly",
            Kind::Spike => "spike",
            Kind::Stale => "stale",
            Kind::Sync => "sync",
            Kind::Digest => "digest",
            Kind::Test => "test",
        }
    }

    /// Whether it goes on until it is over, which is told too; else it is told and done.
    #[must_use]
    pub fn goes_on(self) -> bool {
        !matches!(self, Kind::Spike | Kind::Digest | Kind::Test)
    }
}

/// Whether a trouble begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It is so.
    Raised,
    /// It is so no longer.
    Resolved,
}

/// What a person is told. Its texts may quote a bill: each channel makes them safe in its own way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// The same for the same news, whoever finds it and however often.
    pub key: String,
    /// What all news of one trouble share.
    pub subject: String,
    /// What it is about.
    pub kind: Kind,
    /// How much it presses.
    pub severity: Severity,
    /// Whether it begins or ends.
    pub turn: Turn,
    /// What is the matter, in a line.
    pub title: Untrusted,
    /// What is known of it, a line each.
    pub lines: Vec<Untrusted>,
    /// Its figures, each with what it is called.
    pub figures: Vec<(String, Untrusted)>,
    /// The command that shows more.
    pub command: Option<String>,
    /// When it was found, seconds since 1970.
    pub at: i64,
}

impl Message {
    /// The message by which somebody tries a channel.
    #[must_use]
    pub fn test(channel: &str, at: i64) -> Message {
        Message {
            key: format!("test/{channel}/{at}"),
            subject: format!("test/{channel}"),
            kind: Kind::Test,
            severity: Severity::Info,
            turn: Turn::Raised,
            title: format!("A test of the channel {channel}").into(),
            lines: vec!["If you read this, alerts of spendtop reach you here. Nothing is the matter.".into()],
            figures: vec![("Channel".to_owned(), channel.into())],
            command: Some("spendtop alert list".to_owned()),
            at,
        }
    }

    /// Its title with what it is: `resolved: ...`, `critical: ...`.
    #[must_use]
    pub fn headline(&self) -> Untrusted {
        let word = match (self.turn, self.kind) {
            (Turn::Resolved, _) => "resolved",
            (_, Kind::Digest | Kind::Test) => return self.title.clone(),
            (Turn::Raised, _) => self.severity.word(self.kind),
        };
        Untrusted::new(format!("{word}: {}", self.title.raw()))
    }
}

/// What is remembered of a trouble between two looks, by its subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remembered {
    /// The rules that found it.
    pub rules: Vec<String>,
    /// What it is about.
    pub kind: Kind,
    /// Whether it still is so.
    pub turn: Turn,
    /// How far it had come.
    pub stage: u32,
    /// How much it pressed.
    pub severity: Severity,
    /// How often it began before.
    pub times: u32,
    /// When it was found to begin or to end, seconds since 1970.
    pub at: i64,
    /// Since when it has been so, seconds since 1970, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// After this day it is forgotten without a word: its period is over.
    pub until: Option<super::calendar::Day>,
    /// What it was called.
    pub title: Untrusted,
    /// Who was told that it began; of what is over, who has heard of it.
    pub told: Vec<String>,
    /// Of what is back: who was told that it was over, and when; they hear of it again after a while.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<String, i64>,
}
