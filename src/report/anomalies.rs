//! Anomalies in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Kind;
use super::kept::{grid, list};
use super::{Format, Style, json};
use crate::domain::anomaly::State;
use crate::domain::currency::{signed, written};
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::anomalies::words::{held, history, since, span, spot, stands, why};
use crate::engine::answer::{AnomaliesAnswer, AnomalyAnswer, Driver, Listed};

/// One of a list for machines.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AnomalyTold {
    /// What is listed.
    #[serde(flatten)]
    pub listed: Listed,
    /// Why it cost more: price, usage, and what contributed most, where that was looked up.
    pub driver: Option<Driver>,
    /// What to tell others, in one paragraph.
    pub summary: String,
}

/// Writes a list for machines: [`AnomalyTold`] field by field.
///
/// # Errors
/// What the writer fails with.
pub fn anomalies_told(told: &[AnomalyTold], out: &mut dyn Write) -> io::Result<()> {
    list(told, out, |told, out| json::value(told, out))
}

/// Writes a list: in JSON a list of objects, [`Listed`] field by field.
///
/// # Errors
/// What the writer fails with.
pub fn anomalies(answer: &AnomaliesAnswer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(&answer.anomalies, out, |listed, out| json::value(listed, out));
    }
    let columns = [
        ("id", "Id", Kind::Text),
        ("impact", "Impact", Kind::Number),
        ("currency", "", Kind::Text),
        ("since", "Since", Kind::Text),
        ("last_seen", "Last seen", Kind::Text),
        ("where", "Where", Kind::Text),
        ("kind", "What", Kind::Text),
        ("expected", "Expected/day", Kind::Number),
        ("actual", "Actual/day", Kind::Number),
        ("severity", "Severity", Kind::Text),
        ("state", "State", Kind::Text),
    ];
    let raw = style.format == Format::Csv;
    grid(&columns, answer.anomalies.iter().map(|listed| row(listed, raw)).collect(), style, out)?;
    if style.format == Format::Csv || answer.anomalies.is_empty() {
        return Ok(());
    }
    let told = answer.counts.iter().filter(|(_, n)| *n > 0);
    let counts: Vec<String> = told.map(|(state, n)| format!("{n} {}", state.word())).collect();
    let looked = counted(answer.series, "series", "series");
    writeln!(out, "{}; {looked} looked at{}", counts.join(", "), unseen(answer))
}

/// A line of the list; `raw` is for programs, which know a state by its word and read exact numbers.
fn row(listed: &Listed, raw: bool) -> Vec<String> {
    let (finding, currency) = (&listed.anomaly.finding, &listed.anomaly.currency);
    let money = |amount: Amount, written: fn(Amount, &str) -> String| {
        if raw { amount.to_string() } else { written(amount, currency) }
    };
    vec![
        listed.anomaly.id.short(),
        money(finding.impact, signed),
        currency.clone(),
        since(finding),
        finding.last.to_string(),
        listed.place_words.clone(),
        finding.kind_words().to_owned(),
        money(finding.day.expected, written),
        money(finding.day.actual, written),
        finding.severity.word().to_owned(),
        if raw { listed.state.word().to_owned() } else { stands(listed) },
    ]
}

/// Writes one: in JSON an object, [`AnomalyAnswer`] field by field.
///
/// # Errors
/// What the writer fails with.
pub fn anomaly(answer: &AnomalyAnswer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(answer, out)?;
        return out.write_all(b"\n");
    }
    if style.format == Format::Csv {
        let columns = [
            ("day", "Day", Kind::Text),
            ("cost", "Cost", Kind::Number),
            ("lower", "Lower", Kind::Number),
            ("expected", "Expected", Kind::Number),
            ("upper", "Upper", Kind::Number),
            ("anomalous", "Anomalous", Kind::Text),
        ];
        let row = |day: &crate::engine::answer::DayOf| {
            let band = |at: usize| day.band.map_or_else(String::new, |band| band[at].to_string());
            let cost = day.cost.map_or_else(String::new, |cost| cost.to_string());
            vec![day.day.to_string(), cost, band(0), band(1), band(2), day.anomalous.to_string()]
        };
        return grid(&columns, answer.days.iter().map(row).collect(), style, out);
    }
    writeln!(out, "{}\n", answer.summary)?;
    let columns = [("what", "Who", Kind::Text), ("share", "Share", Kind::Number), ("moved", "A day", Kind::Number)];
    let (finding, currency) = (&answer.listed.anomaly.finding, &answer.listed.anomaly.currency);
    let rows = finding.contributors.iter().map(|c| {
        let of = format!("{} {}", c.spot.dimension.title().to_lowercase(), spot(&c.spot));
        vec![of, format!("{:.0} %", c.share * 100.0), signed(c.moved, currency)]
    });
    grid(&columns, rows.collect(), style, out)?;
    if let Some(driver) = &answer.driver {
        let [during, before] = held(answer.held, answer.hours);
        let span = span(answer.held.0.days(), answer.hours);
        let why = why(driver, &span, currency).unwrap_or_else(|| "nothing that the charges tell".to_owned());
        writeln!(out, "\nWhy {during} against {before}: {why}")?;
    }
    writeln!(out, "\nHistory")?;
    history(&answer.listed.anomaly).iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    let lens = SafeText::from_outside(&crate::engine::twin::query(&answer.lens, None, finding.last)).into_string();
    writeln!(out, "\nThe charges behind it\n  {lens}")
}

/// That nothing is seen of what charges cost of which no effective cost is known.
fn unseen(answer: &AnomaliesAnswer) -> String {
    match answer.unknown {
        0 => String::new(),
        count => {
            format!("; {} not looked at: no effective cost is known", counted(count, "charge was", "charges were"))
        }
    }
}

/// Why a list is empty, and what helps: `states` is what was asked for.
#[must_use]
pub fn why_none(answer: &AnomaliesAnswer, states: &[State]) -> (String, String) {
    let all: u64 = answer.counts.iter().map(|(_, n)| n).sum();
    if answer.days.is_none() {
        return ("there is no data yet".into(), "`spendtop import FILE` reads a billing export".into());
    }
    if all > 0 && !states.is_empty() {
        let words: Vec<&str> = states.iter().map(|state| state.word()).collect();
        let others = answer.counts.iter().filter(|(_, n)| *n > 0);
        let others: Vec<String> = others.map(|(state, n)| format!("{n} {}", state.word())).collect();
        return (
            format!("none is {} now, of {}", words.join(" or "), others.join(", ")),
            "`--state all` lists them".into(),
        );
    }
    if all > 0 {
        return ("none matters as much as is asked for".into(), "`--severity low` lists them".into());
    }
    if answer.series == 0 {
        let few = answer.too_few.first();
        let have = few.map_or(0, |(_, days)| *days);
        let need = answer.days_needed;
        let text = format!("it takes {need} settled days to know what is ordinary; there are {have}");
        return (text, "older bills can be imported as well".into());
    }
    let (first, last) =
        answer.days.map_or_else(Default::default, |(first, last)| (first.to_string(), last.to_string()));
    let looked = counted(answer.series, "series", "series");
    (format!("nothing out of the ordinary in {looked}, {first} to {last}{}", unseen(answer)), String::new())
}
