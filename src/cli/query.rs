//! `spendtop query`, `spendtop spend`, `spendtop forecast` and `spendtop tags`: ask the engine, write the answer, explain an empty one.
//!
//! Knows no flag and no store: it is handed a question and whatever engine answers.

use super::args::FormatArgs;
use super::stdio::Streams;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::answer::{LeftOut, NoticeKind, QueryAnswer};
use crate::engine::{Answer, Cancel, Engine, Query, Question, forecast};
use crate::error::{Error, Result};
use crate::report::{self, Format, Style};

/// Runs `spendtop query`; returns the exit code.
///
/// # Errors
/// Where the engine or the output fails.
pub fn query(
    query: &Query,
    format: &FormatArgs,
    engine: &dyn Engine,
    as_of: Day,
    streams: &mut Streams<'_>,
) -> Result<u8> {
    let take = |answer| if let Answer::Query(answers) = answer { Some(answers) } else { None };
    let answers = ask(engine, &Question::Query(query.clone()), as_of, take)?;
    report::query(query, &answers, style(format, streams), streams.out).map_err(|e| streams.failed(&e))?;
    if format.format != Format::Json {
        answers.iter().try_for_each(|answer| say_left_out(answer, streams))?;
    }
    // CSV has no place for them.
    if format.format == Format::Csv {
        let mut warnings: Vec<String> = answers.iter().flat_map(report::warnings).collect();
        warnings.dedup();
        warnings.iter().try_for_each(|warning| streams.note(warning, &[]))?;
    }
    if answers.iter().all(|a| a.groups == 0 && a.rows.is_empty()) {
        explain_empty(&query.lens, (query.granularity, true), engine, as_of, streams)?;
    }
    Ok(0)
}

/// Runs `spendtop spend`; returns the exit code.
///
/// # Errors
/// Where the engine or the output fails.
pub fn spend(
    lens: &Lens,
    format: &FormatArgs,
    engine: &dyn Engine,
    as_of: Day,
    streams: &mut Streams<'_>,
) -> Result<u8> {
    let take = |answer| if let Answer::Spend(answers) = answer { Some(answers) } else { None };
    let answers = ask(engine, &Question::Spend(lens.clone()), as_of, take)?;
    report::spend(lens, &answers, style(format, streams), streams.out).map_err(|e| streams.failed(&e))?;
    // CSV has no place for them.
    if format.format == Format::Csv {
        let notices = answers.iter().flat_map(|a| &a.notices);
        let mut notices: Vec<_> = notices.filter(|notice| notice.kind != NoticeKind::NotIn).collect();
        notices.dedup();
        notices.iter().try_for_each(|notice| streams.note(&notice.text, &[&notice.hint]))?;
        let mut lacks: Vec<String> = answers.iter().flat_map(report::pending).collect();
        lacks.dedup();
        lacks.iter().try_for_each(|line| streams.note(line, &[]))?;
    }
    if answers.iter().all(|a| a.rows == 0) {
        explain_empty(lens, (None, true), engine, as_of, streams)?;
    }
    Ok(0)
}

/// Runs `spendtop forecast`; returns the exit code.
///
/// # Errors
/// Where the engine or the output fails.
pub fn forecast(
    lens: &Lens,
    by: Granularity,
    format: &FormatArgs,
    engine: &dyn Engine,
    as_of: Day,
    streams: &mut Streams<'_>,
) -> Result<u8> {
    let lens = forecast::of(lens);
    let take = |answer| if let Answer::Forecast(answers) = answer { Some(answers) } else { None };
    let answers = ask(engine, &Question::Forecast(lens.clone()), as_of, take)?;
    report::forecast(&answers, by, style(format, streams), streams.out).map_err(|e| streams.failed(&e))?;
    if format.format == Format::Csv {
        // CSV has no place for them.
        let lines = answers.iter().flat_map(report::forecast_lines);
        lines.into_iter().try_for_each(|line| streams.note(&line, &[]))?;
    }
    if answers.is_empty() {
        explain_empty(&lens, (None, false), engine, as_of, streams)?;
    }
    Ok(0)
}

/// Runs `spendtop tags`; returns the exit code.
///
/// # Errors
/// Where the engine or the output fails.
pub fn tags(
    lens: &Lens,
    format: &FormatArgs,
    engine: &dyn Engine,
    as_of: Day,
    streams: &mut Streams<'_>,
) -> Result<u8> {
    let take = |answer| if let Answer::TagHygiene(answers) = answer { Some(answers) } else { None };
    let answers = ask(engine, &Question::TagHygiene(lens.clone()), as_of, take)?;
    report::tags(&answers, style(format, streams), streams.out).map_err(|e| streams.failed(&e))?;
    if answers.is_empty() {
        explain_empty(lens, (None, true), engine, as_of, streams)?;
    }
    Ok(0)
}

/// Asks, and takes the answer for what was asked.
fn ask<T>(engine: &dyn Engine, question: &Question, as_of: Day, take: impl FnOnce(Answer) -> Option<T>) -> Result<T> {
    let answer = engine.ask(question, as_of, &Cancel::default())?;
    take(answer).ok_or_else(|| Error::bug("the engine answered another question"))
}

/// How the flags want the answer written.
pub(super) fn style(args: &FormatArgs, streams: &Streams<'_>) -> Style {
    Style { format: args.format, raw: args.raw, width: streams.width, terminal: streams.terminal }
}

/// Says on stderr which charges lie in no hour: no table or CSV has a row for them.
fn say_left_out(answer: &QueryAnswer, streams: &mut Streams<'_>) -> Result<()> {
    let Some(LeftOut { rows, cost }) = answer.left_out else { return Ok(()) };
    let what = counted(rows, "charge is", "charges are");
    let cost = cost.map_or_else(|| "unknown cost".to_owned(), |c| format!("{c} {}", safe(&answer.currency)));
    let message = format!("{what} longer than an hour and left out, from rows and total: {cost}");
    streams.note(&message, &["--granularity day has a place for all of them"])
}

fn safe(text: &str) -> SafeText {
    SafeText::from_outside(text)
}

/// Says on stderr why there is nothing to see, and which flag would show something. Of a command: by what it was asked for,
/// and whether it takes a period.
fn explain_empty(
    lens: &Lens,
    (granularity, takes_period): (Option<Granularity>, bool),
    engine: &dyn Engine,
    as_of: Day,
    streams: &mut Streams<'_>,
) -> Result<()> {
    let extent = engine.extent()?;
    let Some((first, last)) = extent.days else {
        return streams.note(
            "there is no data yet",
            &["`spendtop import FILE` reads a billing export", "`--demo` answers from a generated company"],
        );
    };
    let period = lens.period.resolve(as_of);
    let data = Period { from: first, to: last.plus(1) };
    if period.intersect(data).days() == 0 {
        let all = format!("for all of it: --from {first} --to {}", data.to);
        let there = format!("to stand at its last day: --as-of {last}");
        let message = format!("no charges in {}: the data covers {}", period.words(), data.words());
        let hints = [all.as_str(), &there];
        return streams.note(&message, if takes_period { &hints } else { &hints[1..] });
    }
    if let Some(code) = lens.currency.as_ref().filter(|c| !extent.currencies.contains(c)) {
        let known: Vec<_> = extent.currencies.iter().map(|c| safe(c).into_string()).collect();
        return streams.note(&format!("no charges in {code}: the data has {}", known.join(", ")), &[]);
    }
    if granularity == Some(Granularity::Hour) {
        let message = format!("no hourly charges in {}", period.words());
        return streams.note(&message, &["charges of whole days show with --granularity day"]);
    }
    if !lens.filter.is_empty() {
        let filter = safe(&lens.filter.to_string());
        let message = format!("no charges in {} match the filter {filter}", period.words());
        return streams.note(&message, &["--where '' leaves the filter out"]);
    }
    streams.note(&format!("no charges in {}: the data covers {}", period.words(), data.words()), &[])
}
