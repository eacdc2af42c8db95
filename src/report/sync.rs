//! How syncing stands, its log, and what `doctor` found, in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Kind;
use super::kept::{grid, list};
use super::{Format, Style, json};
use crate::domain::calendar::{DAY_SECONDS, HOUR_SECONDS, format_timestamp};
use crate::domain::words::count;
use crate::engine::overview::{MeterOverview, Overview, ScopeOverview, Word};
use crate::engine::{MeterUnit, Run};

/// A span of time as a person says it: `40 s`, `12 min`, `3 h`, `5 days`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 60 => format!("{s} s"),
        s if s < HOUR_SECONDS => format!("{} min", s / 60),
        s if s < 2 * DAY_SECONDS => format!("{} h", s / HOUR_SECONDS),
        s => format!("{} days", s / DAY_SECONDS),
    }
}

/// How long ago a moment was.
#[must_use]
pub fn ago(at: i64, now: i64) -> String {
    if now - at < 5 { "now".to_owned() } else { format!("{} ago", span(now - at)) }
}

/// Writes how scopes stand, then what was spent: in JSON one object, [`Overview`] field by field.
///
/// # Errors
/// What the writer fails with.
pub fn scopes(overview: &Overview, now: i64, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(overview, out)?;
        return out.write_all(b"\n");
    }
    let columns = [
        ("scope", "Scope", Kind::Text),
        ("state", "State", Kind::Text),
        ("synced", "Synced", Kind::Text),
        ("next", "Next", Kind::Text),
        ("history", "History", Kind::Text),
        ("told", "", Kind::Text),
    ];
    let row = |scope: &ScopeOverview| {
        let synced = scope.good_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
        vec![
            scope.source.clone(),
            scope.word.name().to_owned(),
            synced,
            due_words(scope, now),
            history_words(scope),
            said_of(scope),
        ]
    };
    grid(&columns, overview.scopes.iter().map(row).collect(), style, out)?;
    if overview.meters.is_empty() || style.format == Format::Csv {
        return Ok(());
    }
    writeln!(out)?;
    let columns = [
        ("connection", "Connection", Kind::Text),
        ("unit", "Spent", Kind::Text),
        ("today", "Today", Kind::Number),
        ("cap", "Cap", Kind::Number),
        ("month", "Month", Kind::Number),
        ("cap_month", "Cap", Kind::Number),
        ("usd", "USD", Kind::Number),
    ];
    grid(&columns, overview.meters.iter().map(meter_words).collect(), style, out)
}

/// When a scope is asked next.
#[must_use]
pub fn due_words(scope: &ScopeOverview, now: i64) -> String {
    match scope.word {
        Word::Syncing => "now".to_owned(),
        _ if scope.due_at <= now => "due".to_owned(),
        _ => format!("in {}", span(scope.due_at - now)),
    }
}

/// How much of the history that is wanted has come; empty where none is.
#[must_use]
pub fn history_words(scope: &ScopeOverview) -> String {
    match scope.history {
        (_, 0) => String::new(),
        (come, wanted) if come >= wanted => "complete".to_owned(),
        (come, wanted) => format!("{} of {} days", count(u64::from(come)), count(u64::from(wanted))),
    }
}

fn said_of(scope: &ScopeOverview) -> String {
    match (&scope.doing, &scope.trouble, &scope.left) {
        (Some(doing), ..) => {
            doing.waits.as_ref().map_or_else(|| doing.what.clone(), |(why, _)| format!("waits: {why}"))
        }
        (None, Some(trouble), _) => trouble.message.clone(),
        (None, None, Some(left)) => left.clone(),
        (None, None, None) => String::new(),
    }
}

/// So much of a unit, without its name.
fn amount(unit: MeterUnit, amount: u64) -> String {
    match unit {
        MeterUnit::BytesScanned => format!("{:.1}", amount as f64 / f64::from(1 << 30)),
        MeterUnit::MilliQpu => format!("{:.1}", amount as f64 / 1_000.0),
        MeterUnit::PaidRequests | MeterUnit::FreeRequests => count(amount),
    }
}

fn unit_name(unit: MeterUnit) -> &'static str {
    match unit {
        MeterUnit::PaidRequests => "paid requests",
        MeterUnit::FreeRequests => "requests",
        MeterUnit::MilliQpu => "QPU",
        MeterUnit::BytesScanned => "GiB scanned",
    }
}

/// So much of a unit: `12 paid requests`.
#[must_use]
pub fn spent_words(unit: MeterUnit, spent: u64) -> String {
    format!("{} {}", amount(unit, spent), unit_name(unit))
}

/// A meter: its connection, its unit, today and its cap, the month and its cap, and US dollars; empty where
/// there is no cap or nothing to pay.
#[must_use]
pub fn meter_words(meter: &MeterOverview) -> Vec<String> {
    let cap = |cap: Option<u64>| cap.map_or_else(String::new, |cap| amount(meter.unit, cap));
    let cents = meter.microdollars.div_ceil(10_000);
    let dollars = if cents > 0 { format!("{}.{:02}", cents / 100, cents % 100) } else { String::new() };
    vec![
        meter.connection.clone(),
        unit_name(meter.unit).to_owned(),
        amount(meter.unit, meter.today),
        cap(meter.cap_today),
        amount(meter.unit, meter.month),
        cap(meter.cap_month),
        dollars,
    ]
}

/// Writes runs, as they are given: in JSON a list of [`Run`], field by field.
///
/// # Errors
/// What the writer fails with.
pub fn runs(runs: &[Run], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(runs, out, |run, out| json::value(run, out));
    }
    let columns = [
        ("at", "When", Kind::Text),
        ("scope", "Scope", Kind::Text),
        ("what", "Asked for", Kind::Text),
        ("why", "Why", Kind::Text),
        ("rows", "Charges", Kind::Number),
        ("requests", "Requests", Kind::Number),
        ("seconds", "Seconds", Kind::Number),
        ("outcome", "Outcome", Kind::Text),
    ];
    let row = |run: &Run| {
        let requests: u64 =
            [MeterUnit::PaidRequests, MeterUnit::FreeRequests].iter().filter_map(|unit| run.spent.get(unit)).sum();
        vec![
            format_timestamp(run.at),
            run.source.clone(),
            run.what.clone(),
            run.why.map_or("", |why| why.name()).to_owned(),
            count(run.rows),
            count(requests.max(u64::from(run.pages))),
            format!("{}.{}", run.took / 1_000, run.took % 1_000 / 100),
            outcome(run),
        ]
    };
    grid(&columns, runs.iter().map(row).collect(), style, out)
}

/// What came of a run, in a few words, with its charges.
#[must_use]
pub fn told(run: &Run) -> String {
    let charges = crate::domain::words::counted(run.rows, "charge", "charges");
    if run.trouble.is_some() || run.what.is_empty() { outcome(run) } else { format!("{charges} {}", outcome(run)) }
}

/// What came of a run, in a few words.
#[must_use]
pub fn outcome(run: &Run) -> String {
    let mut said: Vec<String> = Vec::new();
    match &run.trouble {
        Some(trouble) => said.push(trouble.message.clone()),
        None => said.push("stored".to_owned()),
    }
    for (currency, amount) in &run.restated {
        let sign = if *amount < Default::default() { "" } else { "+" };
        said.push(format!("restated {sign}{} {currency}", amount.grouped(2)));
    }
    if run.retries > 0 {
        said.push(format!("tried again {}", crate::domain::words::counted(u64::from(run.retries), "time", "times")));
    }
    said.extend(run.notes.iter().cloned());
    said.join("; ")
}

/// Something that was checked, of a connection or of the machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Checked {
    /// What it is of: a connection's scope, or `spendtop`.
    pub of: String,
    /// What was checked.
    pub what: String,
    /// How it stands: `ok`, `untried`, `wanting` or `missing`.
    pub finding: &'static str,
    /// More about it.
    pub detail: String,
    /// What puts it right; empty where nothing is to be done.
    pub fix: String,
}

/// Writes what was checked, a line each; a fix of several lines follows its line, indented. In JSON a list
/// of objects.
///
/// # Errors
/// What the writer fails with.
pub fn checks(checked: &[Checked], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => list(checked, out, |check, out| json::value(check, out)),
        Format::Table => {
            let widest = checked.iter().map(|check| check.of.chars().count()).max().unwrap_or(0);
            let mut told = std::collections::BTreeSet::new();
            for (at, check) in checked.iter().enumerate() {
                let detail = if check.detail.is_empty() { String::new() } else { format!(": {}", check.detail) };
                writeln!(out, "{:<8} {:<widest$}  {}{detail}", check.finding, check.of, check.what)?;
                // What puts several right stands once, behind the last of those that follow one another.
                let goes_on = checked.get(at + 1).is_some_and(|next| next.fix == check.fix);
                if !goes_on && told.insert(&check.fix) {
                    check.fix.lines().try_for_each(|line| writeln!(out, "         {line}"))?;
                }
            }
            Ok(())
        }
        Format::Csv | Format::Markdown => {
            let columns = [
                ("finding", "Finding", Kind::Text),
                ("of", "Of", Kind::Text),
                ("what", "What", Kind::Text),
                ("detail", "Detail", Kind::Text),
                ("fix", "Fix", Kind::Text),
            ];
            let row =
                |c: &Checked| vec![c.finding.to_owned(), c.of.clone(), c.what.clone(), c.detail.clone(), c.fix.clone()];
            grid(&columns, checked.iter().map(row).collect(), style, out)
        }
    }
}
