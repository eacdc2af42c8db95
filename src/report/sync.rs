//! How syncing stands, its log, and what `doctor` found, in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Kind;
use super::kept::{grid, list};
use super::{Format, Style, json};
use crate::domain::calendar::{DAY_SECONDS, HOUR_SECONDS, format_timestamp};
use crate::domain::currency::{signed, written};
use crate::domain::text::SafeText;
use crate::domain::words::count;
use crate::engine::overview::{Anomalies, Forecast, Kept, MeterOverview, OPINION, Overview, ScopeOverview, Word};
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
        vec![
            scope.source.clone(),
            scope.word.name().to_owned(),
            synced_words(scope, now),
            due_words(scope, now),
            history_words(scope),
            said_of(scope),
        ]
    };
    grid(&columns, overview.scopes.iter().map(row).collect(), style, out)?;
    if style.format != Format::Csv {
        elsewhere(overview, out)?;
        opinions(overview, now, out)?;
    }
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
        ("failed", "Failed today", Kind::Number),
    ];
    let row = |meter: &MeterOverview| {
        let failed = if meter.failed > 0 { count(meter.failed) } else { String::new() };
        meter_words(meter).into_iter().chain([failed]).collect()
    };
    grid(&columns, overview.meters.iter().map(row).collect(), style, out)
}

/// Scopes whose requests do not go to the provider itself, a line each.
fn elsewhere(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let told = |scope: &ScopeOverview| Some((scope.source.clone(), scope.elsewhere.clone()?));
    let told: Vec<(String, String)> = overview.scopes.iter().filter_map(told).collect();
    if !told.is_empty() {
        writeln!(out)?;
    }
    told.iter().try_for_each(|(source, words)| writeln!(out, "{}: {words}", SafeText::from_outside(source)))
}

/// What providers think of their scopes themselves, a line each.
fn opinions(overview: &Overview, now: i64, out: &mut dyn Write) -> io::Result<()> {
    let words = |scope: &ScopeOverview| Some((scope.source.clone(), opinion_words(scope.opinion.as_ref()?, now)?));
    let told: Vec<(String, String)> = overview.scopes.iter().filter_map(words).collect();
    if !told.is_empty() {
        writeln!(out)?;
    }
    told.iter().try_for_each(|(source, words)| writeln!(out, "{}: {words}", SafeText::from_outside(source)))
}

/// A provider's own opinion of a scope in a sentence: what it expects to the end of the next month, and what
/// it takes for unusual. `None` where it told neither.
#[must_use]
pub fn opinion_words(kept: &Kept, now: i64) -> Option<String> {
    let age = |at: i64| if now - at < 2 * DAY_SECONDS { String::new() } else { format!(" (told {})", ago(at, now)) };
    let expected = kept.forecast.as_ref().and_then(|told| Some(expected(&told.what)? + &age(told.at)));
    let unusual = kept.anomalies.as_ref().map(|told| unusual(&told.what) + &age(told.at));
    let by = SafeText::from_outside(&kept.by);
    match (expected, unusual) {
        (Some(expected), Some(unusual)) => Some(format!("{by} expects {expected}; {unusual}")),
        (Some(expected), None) => Some(format!("{by} expects {expected}")),
        (None, Some(unusual)) => Some(format!("{by} tells no forecast; {unusual}")),
        (None, None) => None,
    }
}

fn expected(forecast: &Forecast) -> Option<String> {
    let end = forecast.days.first()?.day.month().plus(2).first();
    let sum = forecast.before(end)?;
    let (from, last) = sum.days;
    let currency = SafeText::from_outside(&forecast.currency);
    let money = |amount| written(amount, &forecast.currency);
    let bounds = sum.bounds.map_or_else(String::new, |(low, high)| {
        format!(" ({} % a day: {} to {})", forecast.interval, money(low), money(high))
    });
    Some(format!("{} {currency} from {from} to {last}{bounds}", money(sum.mean)))
}

fn unusual(anomalies: &Anomalies) -> String {
    let found = crate::domain::words::counted(anomalies.found.len() as u64, "anomaly", "anomalies");
    let more = if anomalies.more { "at least " } else { "" };
    let all = format!("{more}{found} since {}", anomalies.days.from);
    let Some(largest) = anomalies.largest() else { return format!("no anomaly since {}", anomalies.days.from) };
    let watched = match largest.watched.raw() {
        "" => String::new(),
        _ => format!(" on {}", largest.watched.safe()),
    };
    let days = match largest.last {
        None => format!("since {}", largest.from),
        Some(last) if last == largest.from => format!("on {last}"),
        Some(last) => format!("from {} to {last}", largest.from),
    };
    let which = if anomalies.found.len() > 1 { "the largest " } else { "" };
    let (amount, currency) = (signed(largest.impact, &largest.currency), SafeText::from_outside(&largest.currency));
    format!("{all}, {which}{amount} {currency}{watched} {days}")
}

/// When all of a scope had last come, or where it never had, a part.
#[must_use]
pub fn synced_words(scope: &ScopeOverview, now: i64) -> String {
    match (scope.good_at, scope.stored_at) {
        (Some(at), _) => ago(at, now),
        (None, Some(at)) => format!("part {}", ago(at, now)),
        (None, None) => "never".to_owned(),
    }
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
        (None, Some(trouble), Some(left)) => format!("{}; {left}", trouble.message),
        (None, Some(trouble), None) => trouble.message.clone(),
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

/// A meter in words: `paid requests: 6 of 12 today, 214 this month, 2.14 USD`.
#[must_use]
pub fn meter_sentence(meter: &MeterOverview) -> String {
    let words = meter_words(meter);
    let [_, unit, today, cap, month, cap_month, dollars] = &words[..] else { return String::new() };
    let of = |spent: &str, cap: &str| if cap.is_empty() { spent.to_owned() } else { format!("{spent} of {cap}") };
    let paid = if dollars.is_empty() { String::new() } else { format!(", {dollars} USD") };
    // How many may fail is of interest once that is near.
    let failed = match (meter.failed, meter.cap_failed.filter(|cap| meter.failed * 2 >= *cap)) {
        (0, _) => String::new(),
        (failed, None) => format!(", {} failed today", count(failed)),
        (failed, Some(cap)) => format!(", {} of {} failed today", count(failed), count(cap)),
    };
    format!("{unit}: {} today, {} this month{paid}{failed}", of(today, cap), of(month, cap_month))
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
        vec![
            format_timestamp(run.at),
            run.source.clone(),
            run.what.clone(),
            run.why.map_or("", |why| why.name()).to_owned(),
            count(run.rows),
            count(run.requests()),
            run.seconds(),
            outcome(run),
        ]
    };
    grid(&columns, runs.iter().map(row).collect(), style, out)
}

/// What came of a run, in a few words, with its charges.
#[must_use]
pub fn told(run: &Run) -> String {
    let charges = crate::domain::words::counted(run.rows, "charge", "charges");
    let is_of_charges = run.trouble.is_none() && !run.what.is_empty() && run.what != OPINION;
    if is_of_charges { format!("{charges} {}", outcome(run)) } else { outcome(run) }
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
        said.push(format!("restated {} {currency}", signed(*amount, currency)));
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

/// Lines of a fix that may stand more than once.
const SHORT: usize = 2;

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
                let is_long = check.fix.lines().count() > SHORT;
                if !goes_on && (told.insert(&check.fix) || !is_long) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Day, Period};
    use crate::domain::text::Untrusted;
    use crate::engine::overview::{Anomaly, ForecastDay, Told};

    const NOW: i64 = 1_795_348_800;

    fn kept(last: Option<i32>, found: usize) -> Kept {
        let (today, amount) = (Day::of_seconds(NOW), |text: &str| text.parse().expect("an amount"));
        let day =
            |n: i32| ForecastDay { day: today.plus(n), mean: amount("300"), low: None, high: Some(amount("400")) };
        let forecast = Forecast { currency: "USD".into(), interval: 80, days: (0..92).map(day).collect() };
        let anomaly = Anomaly {
            id: Untrusted::new("a"),
            from: today.plus(-4),
            last: last.map(|n| today.plus(n)),
            watched: Untrusted::new("Amazon\u{1b}EC2"),
            currency: "USD".into(),
            impact: amount("430"),
            actual: None,
            expected: None,
            causes: Vec::new(),
        };
        let days = Period { from: today.plus(-30), to: today.plus(1) };
        let anomalies = Anomalies { days, found: vec![anomaly; found], more: found > 1 };
        let mut kept = Kept::new("aws.prod", "AWS");
        kept.forecast = Some(Told { at: NOW, what: forecast });
        kept.anomalies = Some(Told { at: NOW, what: anomalies });
        kept
    }

    #[test]
    fn an_opinion_is_a_sentence_that_says_no_more_than_was_told() {
        let words = |kept: &Kept, later: i64| opinion_words(kept, NOW + later).unwrap_or_default();
        let begin = "AWS expects 12,000.00 USD from 2026-11-22 to 2026-12-31";
        assert_eq!(words(&kept(None, 0), 0), format!("{begin}; no anomaly since 2026-10-23"));
        let one = words(&kept(None, 1), 0);
        let (watched, largest) = (SafeText::from_outside("Amazon\u{1b}EC2"), "+430.00 USD on");
        assert_eq!(one, format!("{begin}; 1 anomaly since 2026-10-23, {largest} {watched} since 2026-11-18"));
        assert!(!one.contains('\u{1b}'), "{one:?}");
        let more = words(&kept(Some(-2), 2), 0);
        let want = format!("the largest {largest} {watched} from 2026-11-18 to 2026-11-20");
        assert!(more.contains("; at least 2 anomalies since ") && more.ends_with(&want), "{more}");
        assert!(words(&kept(Some(-4), 1), 0).ends_with("on 2026-11-18"));
        let old = words(&kept(None, 0), 5 * DAY_SECONDS);
        assert_eq!(old.matches("(told 5 days ago)").count(), 2, "{old}");
        let mut none = kept(None, 0);
        none.forecast = None;
        assert_eq!(words(&none, 0), "AWS tells no forecast; no anomaly since 2026-10-23");
        none.anomalies = None;
        assert_eq!(opinion_words(&none, NOW), None);
    }
}
