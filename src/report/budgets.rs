//! The answers about budgets, in each format.
//!
//! Knows what they say, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe};
use super::kept::{grid, list};
use super::{Format, Style, json, markdown, money, table};
use crate::domain::budget::period_words;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::scenario::Scenario;
use crate::domain::services;
use crate::domain::text::Untrusted;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, BudgetState, CrossingOf, Interval, Simulation, Suggestion};

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| money::UNKNOWN.to_owned(), |share| format!("{:.0}%", share * 100.0))
}

fn end(interval: Option<&Interval>, currency: &str) -> [String; 2] {
    let amount = |amount: Option<Amount>| money::known(amount, currency);
    [amount(interval.map(|end| end.mid)), amount(interval.map(Interval::give))]
}

fn scope(answer: &BudgetAnswer) -> String {
    let filter = answer.budget.scope.to_string();
    if filter.is_empty() { "all charges".to_owned() } else { safe(&filter) }
}

/// Writes how budgets stand: in JSON a list of [`BudgetAnswer`]s.
///
/// # Errors
/// What the writer fails with.
pub fn budgets(answers: &[BudgetAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => list(answers, out, |answer, out| json::value(answer, out)),
        Format::Csv => sheet(answers, style, out),
        format => {
            if answers.is_empty() {
                return Ok(());
            }
            let rows = answers.iter().map(row).collect();
            let columns = [
                ("Budget", Kind::Text),
                ("Period", Kind::Text),
                ("Spent", Kind::Number),
                ("Of", Kind::Number),
                ("", Kind::Text),
                ("Pace", Kind::Text),
                ("At end", Kind::Number),
                ("80% within +-", Kind::Number),
                ("State", Kind::Text),
                ("Owner", Kind::Text),
            ];
            let mut document: Document = vec![part(&columns, rows)];
            document.extend(remarks(answers));
            write(format, &document, style, out)
        }
    }
}

/// What is to be known of budgets, what is so of several in one line.
fn remarks(answers: &[BudgetAnswer]) -> Vec<Part> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for answer in answers {
        let name = answer.budget.name.safe().into_string();
        for remark in &answer.remarks {
            let remark = safe(remark);
            match said.iter_mut().find(|(known, _)| *known == remark) {
                Some((_, names)) => names.push(name.clone()),
                None => said.push((remark, vec![name.clone()])),
            }
        }
    }
    let line = |(remark, names): (String, Vec<String>)| {
        let whose = if names.len() == answers.len() && names.len() > 1 { "all".to_owned() } else { names.join(", ") };
        Part::Note(format!("{whose}: {remark}"))
    };
    said.into_iter().map(line).collect()
}

fn write(format: Format, document: &Document, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Markdown { markdown::write(document, out) } else { table::write(document, style.width, out) }
}

fn part(columns: &[(&str, Kind)], rows: Vec<Vec<String>>) -> Part {
    let columns = columns.iter().map(|(heading, kind)| Column::new(*heading, *kind)).collect();
    Part::Grid(Grid { columns, rows, total: None })
}

fn pace(answer: &BudgetAnswer) -> String {
    match answer.pace {
        Some(pace) => format!("{} at {} of days", percent(pace.spent), percent(Some(pace.days))),
        None => percent(answer.share()),
    }
}

fn row(answer: &BudgetAnswer) -> Vec<String> {
    let currency = &answer.budget.currency;
    let [mid, give] = end(answer.forecast.as_ref().map(|forecast| &forecast.end), currency);
    vec![
        safe(answer.budget.name.raw()),
        period_words(answer.period),
        money::known(answer.spent, currency),
        money::known(Some(answer.limit.total), currency),
        safe(currency),
        pace(answer),
        mid,
        give,
        answer.state_words(),
        safe(answer.budget.owner.raw()),
    ]
}

fn sheet(answers: &[BudgetAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(style, out);
    let columns = [
        "budget",
        "where",
        "metric",
        "currency",
        "from",
        "to",
        "spent",
        "limit",
        "left",
        "days_share",
        "end",
        "end_lo80",
        "end_hi80",
        "state",
        "on",
        "owner",
    ];
    columns.iter().try_for_each(|column| sheet.number(column))?;
    sheet.end()?;
    for answer in answers {
        let budget = &answer.budget;
        let amount = |amount: Option<Amount>| amount.map_or_else(String::new, |amount| amount.to_string());
        let end = answer.forecast.as_ref().map(|forecast| forecast.end);
        sheet.text(budget.name.raw())?;
        sheet.text(&budget.scope.to_string())?;
        sheet.text(budget.metric.name())?;
        sheet.text(&budget.currency)?;
        sheet.text(&answer.period.from.to_string())?;
        sheet.text(&answer.period.to.to_string())?;
        for value in [answer.spent, Some(answer.limit.total), answer.left] {
            sheet.number(&amount(value))?;
        }
        sheet.number(&answer.pace.map_or_else(String::new, |pace| format!("{:.4}", pace.days)))?;
        for value in [end.map(|e| e.mid), end.map(|e| e.lo80), end.map(|e| e.hi80)] {
            sheet.number(&amount(value))?;
        }
        sheet.text(answer.state.name())?;
        sheet.text(&answer.state.on().map_or_else(String::new, |day| day.to_string()))?;
        sheet.text(budget.owner.raw())?;
        sheet.end()?;
    }
    sheet.finish()
}

/// Writes one budget in detail: in JSON a [`BudgetDetail`], in CSV a line for each day.
///
/// # Errors
/// What the writer fails with.
pub fn budget(detail: &BudgetDetail, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => {
            json::value(detail, out)?;
            out.write_all(b"\n")
        }
        Format::Csv => days(detail, style, out),
        format => write(format, &document(detail), style, out),
    }
}

fn days(detail: &BudgetDetail, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let first = detail.standing.period.from;
    let text = |amount: Option<Amount>| amount.map_or_else(String::new, |amount| amount.to_string());
    let mut sum = Amount::ZERO;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, cost) in detail.days.iter().enumerate() {
        sum += cost.unwrap_or_default();
        let day = first.plus(at as i32);
        let ahead = detail.path.iter().find(|(other, _)| *other == day).map(|(_, interval)| interval);
        let bounds = [ahead.map(|i| i.mid), ahead.map(|i| i.lo80), ahead.map(|i| i.hi80)].map(text);
        rows.push([day.to_string(), text(*cost), text(Some(sum))].into_iter().chain(bounds).collect());
    }
    let behind = first.plus(detail.days.len() as i32);
    for (day, interval) in detail.path.iter().filter(|(day, _)| *day >= behind) {
        let bounds = [interval.mid, interval.lo80, interval.hi80].map(|amount| amount.to_string());
        rows.push([day.to_string(), String::new(), String::new()].into_iter().chain(bounds).collect());
    }
    let number = Kind::Number;
    let columns = [
        ("day", "Day", Kind::Text),
        ("cost", "Cost", number),
        ("spent", "Spent", number),
        ("foretold", "Foretold", number),
        ("lo80", "80% above", number),
        ("hi80", "80% below", number),
    ];
    grid(&columns, rows, style, out)
}

fn document(detail: &BudgetDetail) -> Document {
    let answer = &detail.standing;
    let currency = &answer.budget.currency;
    let known = |amount: Option<Amount>| money::known(amount, currency);
    let (text, number) = (Kind::Text, Kind::Number);
    let title = format!("{}: {}, {}", answer.budget.name.safe(), scope(answer), answer.budget.limit_words());
    let mut parts = vec![Part::Title(title)];
    for (what, said) in [("owner", &answer.budget.owner), ("note", &answer.budget.note)] {
        if !said.raw().is_empty() {
            parts.push(Part::Note(format!("{what}: {}", said.safe())));
        }
    }
    let now = format!(
        "{}: {} of {} {} spent, {}; {}",
        period_words(answer.period),
        known(answer.spent),
        known(Some(answer.limit.total)),
        safe(currency),
        pace(answer),
        answer.state_words()
    );
    parts.push(Part::Note(now));
    if let Some(forecast) = &answer.forecast {
        let end = &forecast.end;
        parts.push(Part::Note(format!(
            "at the end {} (80% between {} and {}): {}",
            known(Some(end.mid)),
            known(Some(end.lo80)),
            known(Some(end.hi80)),
            safe(&forecast.words)
        )));
    }
    parts.extend(answer.remarks.iter().map(|remark| Part::Note(safe(remark))));
    parts.extend(thresholds(answer));
    parts.extend(history(answer));
    for composition in &detail.spenders {
        let rows = composition.values.iter().map(|share| {
            vec![
                spender(&composition.dimension, &share.value, share.name.as_ref()),
                known(share.cost),
                percent(share.share),
            ]
        });
        let heading = safe(&composition.dimension.title());
        parts.extend([
            Part::Title(format!("Who spends it, by {}", heading.to_lowercase())),
            part(&[(&heading, text), ("Cost", number), ("Share", number)], rows.collect()),
        ]);
    }
    parts
}

/// A value as tables call it; a service by the shorter name that screens show.
fn spender(dimension: &Dimension, value: &Untrusted, name: Option<&Untrusted>) -> String {
    let short = services::short(value.raw());
    match dimension {
        Dimension::Service if !short.is_empty() => safe(short),
        _ => super::grid::value(dimension, value, name),
    }
}

fn thresholds(answer: &BudgetAnswer) -> Vec<Part> {
    let known = |amount: Option<Amount>| money::known(amount, &answer.budget.currency);
    let rows: Vec<Vec<String>> = answer
        .thresholds
        .iter()
        .map(|crossing| {
            let of = if crossing.of == CrossingOf::Actual { "spent" } else { "foretold" };
            let on = crossing.on.map_or_else(|| "-".to_owned(), |day| day.to_string());
            vec![format!("{}% {of}", crossing.percent), known(Some(crossing.amount)), on]
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [("Share", Kind::Text), ("Amount", Kind::Number), ("On", Kind::Text)];
    vec![Part::Title("Thresholds".to_owned()), part(&columns, rows)]
}

fn history(answer: &BudgetAnswer) -> Vec<Part> {
    if answer.history.is_empty() {
        return Vec::new();
    }
    let known = |amount: Option<Amount>| money::known(amount, &answer.budget.currency);
    let (text, number) = (Kind::Text, Kind::Number);
    let rows = answer.history.iter().map(|past| {
        let limit = past.limit.map(|limit| limit.total);
        let of = limit.map_or_else(|| "-".to_owned(), |limit| known(Some(limit)));
        let share = past.spent.zip(limit).and_then(|(spent, limit)| spent.ratio(limit));
        let part = past.is_part.then(|| "not all days known".to_owned());
        let state = past.state_words(answer.as_of).into_iter().chain(past.open_words()).chain(part);
        let state = state.collect::<Vec<_>>().join(", ");
        vec![
            period_words(past.period),
            known(past.spent),
            of,
            share.map_or_else(|| "-".to_owned(), |s| percent(Some(s))),
            state,
        ]
    });
    let columns = [("Period", text), ("Spent", number), ("Of", number), ("Share", number), ("State", text)];
    vec![Part::Title("Earlier periods".to_owned()), part(&columns, rows.collect())]
}

/// Writes what could be budgets: in JSON a list of [`Suggestion`]s.
///
/// # Errors
/// What the writer fails with.
pub fn suggestions(found: &[Suggestion], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(found, out, |one, out| json::value(one, out));
    }
    let rows = found.iter().map(|one| {
        let budget = &one.budget;
        let amount = if style.format == Format::Csv { budget.amount.to_string() } else { budget.amount.grouped(0) };
        let (name, scope) = (budget.name.raw().to_owned(), budget.scope.to_string());
        vec![name, scope, amount, budget.currency.clone(), budget.every.name(), one.why.clone()]
    });
    let columns = [
        ("budget", "Budget", Kind::Text),
        ("where", "Where", Kind::Text),
        ("amount", "Amount", Kind::Number),
        ("currency", "", Kind::Text),
        ("every", "Every", Kind::Text),
        ("why", "Why", Kind::Text),
    ];
    grid(&columns, rows.collect(), style, out)
}

/// Writes what would be if something else came, beside what is: in JSON a [`Simulation`].
///
/// # Errors
/// What the writer fails with.
pub fn simulation(simulation: &Simulation, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        json::value(simulation, out)?;
        return out.write_all(b"\n");
    }
    let answer = &simulation.today.standing;
    let currency = &answer.budget.currency;
    let raw = style.format == Format::Csv;
    let known = |amount: Amount| if raw { amount.to_string() } else { money::known(Some(amount), currency) };
    let line = |what: String, added: String, end: &Interval, state: String| {
        vec![what, added, known(end.mid), known(end.lo80), known(end.hi80), known(end.mid - answer.limit.total), state]
    };
    let words = |state: BudgetState| state.words(answer.period.to, answer.as_of);
    let mut rows = Vec::new();
    if let Some(forecast) = &answer.forecast {
        rows.push(line("today".to_owned(), String::new(), &forecast.end, words(answer.state)));
    }
    for (at, (change, effect)) in simulation.changes.iter().enumerate() {
        let remark = simulation.remarks.get(at).cloned().flatten().unwrap_or_default();
        let rest = vec![String::new(); 4].into_iter().chain([remark]);
        let added = if raw { effect.to_string() } else { money::change(Some(*effect), currency) };
        rows.push([safe(&change.to_string()), added].into_iter().chain(rest).collect());
    }
    rows.push(line("then".to_owned(), String::new(), &simulation.end, words(simulation.state)));
    let number = Kind::Number;
    let columns = [
        ("what", "What", Kind::Text),
        ("adds", "Adds", number),
        ("end", "At end", number),
        ("lo80", "80% above", number),
        ("hi80", "80% below", number),
        ("over", "Over limit", number),
        ("state", "State", Kind::Text),
    ];
    grid(&columns, rows, style, out)
}

/// Writes scenarios that are kept: in JSON a list of objects with `name` and `changes`.
///
/// # Errors
/// What the writer fails with.
pub fn scenarios(all: &[Scenario], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.format == Format::Json {
        return list(all, out, |one, out| json::value(one, out));
    }
    let rows = all.iter().map(|one| {
        let changes: Vec<String> = one.changes.iter().map(ToString::to_string).collect();
        vec![one.name.raw().to_owned(), changes.join("; ")]
    });
    grid(&[("scenario", "Scenario", Kind::Text), ("changes", "Changes", Kind::Text)], rows.collect(), style, out)
}
