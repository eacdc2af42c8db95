//! Channels, rules, and what was told, in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Kind;
use super::kept::grid;
use super::sync::{ago, span};
use super::{Format, Style, json};
use crate::domain::alert::{Entry, Every, Kind as Of, Letter, Plan, Rule, Severity, Turn, by_message};
use crate::domain::calendar::format_timestamp;
use crate::domain::words::counted;
use crate::engine::alerts::AlertsAnswer;

/// A channel as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChannelRow {
    /// Its name.
    pub channel: String,
    /// What it is.
    pub kind: &'static str,
    /// Messages on their way to it.
    pub waiting: usize,
    /// When it is tried again, seconds since 1970.
    pub next_at: Option<i64>,
    /// When something was last brought, seconds since 1970.
    pub good_at: Option<i64>,
    /// When something last failed, seconds since 1970.
    pub failed_at: Option<i64>,
    /// Why it last failed; nothing where it went well since.
    pub why: Option<String>,
    /// Why it brings nothing until the config is mended.
    pub unusable: Option<String>,
}

/// Channels and rules as one JSON object.
#[derive(Serialize)]
struct Listed<'a> {
    channels: &'a [ChannelRow],
    plan: &'a Plan,
}

/// Writes channels and how each stands, then the rules.
///
/// # Errors
/// What the writer fails with.
pub fn alerts(channels: &[ChannelRow], plan: &Plan, now: i64, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(&Listed { channels, plan }, out)?;
        return out.write_all(b"\n");
    }
    let columns = [
        ("channel", "Channel", Kind::Text),
        ("kind", "Kind", Kind::Text),
        ("brought", "Last brought", Kind::Text),
        ("waiting", "On its way", Kind::Number),
        ("next", "Next try", Kind::Text),
        ("why", "", Kind::Text),
    ];
    let row = |channel: &ChannelRow| {
        vec![
            channel.channel.clone(),
            channel.kind.to_owned(),
            channel.good_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
            channel.waiting.to_string(),
            next_words(channel.next_at, now),
            why_words(channel, now),
        ]
    };
    grid(&columns, channels.iter().map(row).collect(), style, out)?;
    if style.format == Format::Csv {
        return Ok(());
    }
    writeln!(out)?;
    let columns = [
        ("rule", "Rule", Kind::Text),
        ("about", "About", Kind::Text),
        ("what", "When", Kind::Text),
        ("where", "Of", Kind::Text),
        ("to", "To", Kind::Text),
    ];
    let row = |rule: &Rule| {
        vec![
            rule.name.clone(),
            rule.kind.name().to_owned(),
            rule_words(rule),
            if rule.scope.is_empty() { "everything".to_owned() } else { rule.scope.to_string() },
            if rule.to.is_empty() { "nobody".to_owned() } else { rule.to.join(", ") },
        ]
    };
    grid(&columns, plan.rules.iter().map(row).collect(), style, out)
}

/// When a channel is tried again.
#[must_use]
pub fn next_words(next: Option<i64>, now: i64) -> String {
    match next {
        None => String::new(),
        Some(at) if at <= now => "now".to_owned(),
        Some(at) => format!("in {}", span(at - now)),
    }
}

fn why_words(channel: &ChannelRow, now: i64) -> String {
    if let Some(why) = &channel.unusable {
        return format!("cannot be used: {why}");
    }
    let Some(why) = &channel.why else { return String::new() };
    let when = channel.failed_at.map_or_else(String::new, |at| format!(" ({})", ago(at, now)));
    format!("{why}{when}")
}

/// What a rule waits for, in words.
#[must_use]
pub fn rule_words(rule: &Rule) -> String {
    let mut words = match rule.kind {
        Of::Budget => "a threshold is reached".to_owned(),
        Of::Forecast => "the limit will be exceeded".to_owned(),
        Of::Anomaly => format!("{} or worse", rule.severity.word(rule.kind)),
        Of::Spike => format!("{} % and {} above usual", rule.percent, rule.above),
        Of::Stale => format!("nothing new, {} late", span(rule.after)),
        Of::Sync => format!("it fails for {}", span(rule.after)),
        Of::Digest => {
            let each = if rule.every == Every::Day { "each day" } else { "each Monday" };
            format!("{each} at {:02}:{:02}", rule.minute / 60, rule.minute % 60)
        }
        Of::Test => String::new(),
    };
    if rule.severity > Severity::Info && rule.kind != Of::Anomaly {
        words.push_str(&format!(", {} or worse", rule.severity.name()));
    }
    if let Some(hours) = rule.hours {
        words.push_str(&format!(", {}", hours.words()));
    }
    words
}

/// Writes what is on its way, and what was told, the newest first: in JSON one object,
/// [`AlertsAnswer`] field by field.
///
/// # Errors
/// What the writer fails with.
pub fn alert_log(stands: &AlertsAnswer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(stands, out)?;
        return out.write_all(b"\n");
    }
    let columns = [
        ("at", "At", Kind::Text),
        ("channel", "Channel", Kind::Text),
        ("state", "State", Kind::Text),
        ("severity", "Severity", Kind::Text),
        ("title", "Message", Kind::Text),
        ("why", "", Kind::Text),
    ];
    let mut waiting: Vec<&Letter> = stands.going();
    waiting.sort_by_key(|letter| (letter.message.at, &letter.channel));
    let mut rows: Vec<Vec<String>> = waiting.into_iter().rev().map(letter_row).collect();
    rows.extend(stands.log.iter().map(entry_row));
    grid(&columns, rows, style, out)
}

/// Writes what would be told, and to whom, a line for each message: in JSON the letters.
///
/// # Errors
/// What the writer fails with.
pub fn alert_news(letters: &[Letter], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(&letters, out)?;
        return out.write_all(b"\n");
    }
    if letters.is_empty() {
        return Ok(());
    }
    let columns = [("severity", "Severity", Kind::Text), ("title", "Message", Kind::Text), ("to", "To", Kind::Text)];
    let rows = by_message(letters).map(|(message, to)| {
        vec![
            turned(message.turn, message.severity.word(message.kind)),
            message.title.safe().into_string(),
            to.join(", "),
        ]
    });
    grid(&columns, rows.collect(), style, out)
}

fn letter_row(letter: &Letter) -> Vec<String> {
    let message = &letter.message;
    let tries = match letter.tries {
        0 => String::new(),
        tries => format!("{}: ", counted(tries.into(), "try", "tries")),
    };
    vec![
        format_timestamp(message.at),
        letter.channel.clone(),
        "on its way".to_owned(),
        turned(message.turn, message.severity.word(message.kind)),
        message.title.safe().into_string(),
        format!("{tries}{}", letter.reason().unwrap_or_default()),
    ]
}

fn entry_row(entry: &Entry) -> Vec<String> {
    let together = if entry.with > 1 { format!("one of {}", entry.with) } else { String::new() };
    vec![
        format_timestamp(entry.at),
        entry.channel.clone(),
        entry.state().to_owned(),
        turned(entry.turn, entry.severity.word(entry.kind)),
        entry.title.safe().into_string(),
        entry.reason().unwrap_or(together),
    ]
}

fn turned(turn: Turn, severity: &str) -> String {
    if turn == Turn::Resolved { "resolved".to_owned() } else { severity.to_owned() }
}
