//! Answers as sentences that can be read aloud: one fact a line, words instead of signs.
//!
//! Pure: an answer in, lines out. Text from outside is made safe here. Knows no screen.

use crate::domain::calendar::{Day, Granularity};
use crate::domain::currency::written;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::Card;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure, NoticeKind, PendingCard, SpendAnswer};
use crate::report;
use crate::report::money::{Moved, fixed, places};
use crate::tui::tab::{breakdown, label, spend};

/// What is looked at, as one line.
#[must_use]
pub fn heading(title: &str, lens: &Lens, as_of: Day) -> String {
    let mut parts = lens.sentence(as_of);
    if let Some(days) = parts.get_mut(1) {
        *days = days.replacen(" vs ", ", compared with ", 1);
    }
    format!("{title}: {}.", parts.join(", "))
}

pub(super) fn currency(code: &str) -> SafeText {
    SafeText::from_outside(code)
}

/// `64,112.58 USD`, or that it is not known.
pub(super) fn cost(amount: Option<Amount>, code: &str) -> String {
    match amount {
        None => "cost unknown".to_owned(),
        some => format!("{} {}", fixed(some, places(code)), currency(code)),
    }
}

/// `, up 2,865.21, 4.7 percent`; nothing where no earlier figure is known.
pub(super) fn moved(figure: &Figure, code: &str) -> String {
    let Some(change) = figure.change() else { return String::new() };
    let word = match change.cmp(&Amount::ZERO) {
        std::cmp::Ordering::Less => "down",
        std::cmp::Ordering::Equal => return ", unchanged".to_owned(),
        std::cmp::Ordering::Greater => "up",
    };
    let share = match Moved::of(figure.amount, figure.previous) {
        Moved::Unknown => String::new(),
        Moved::New => ", nothing before".to_owned(),
        Moved::By(ratio) => format!(", {}", percent(ratio.abs())),
    };
    format!(", {word} {}{share}", written(change.abs(), code))
}

pub(super) fn percent(ratio: f64) -> String {
    match ratio * 100.0 {
        0.0 => "0 percent".to_owned(),
        p if p < 0.05 => "less than 0.1 percent".to_owned(),
        p if p < 9.95 => format!("{p:.1} percent"),
        p => format!("{p:.0} percent"),
    }
}

/// That a figure lacks days, and how it moved over those that are in.
fn without(lacks: &PendingCard, code: &str) -> String {
    let why = lacks.why_not_held().map_or_else(String::new, |why| format!(", {why}"));
    let of = lacks.now.through.map(|last| format!("to {last}"));
    let of = if lacks.those_in { Some("of those in".to_owned()) } else { of };
    let alike = lacks.alike.as_ref().zip(of).filter(|_| lacks.previous.is_none());
    let alike = alike.map(|(alike, of)| format!("; {of}{}", moved(alike, code).replacen(',', "", 1)));
    why + &alike.unwrap_or_default()
}

/// The Spend tab.
#[must_use]
pub fn spend(lens: &Lens, answer: &SpendAnswer) -> Vec<String> {
    let code = answer.currency.as_str();
    // What it was to be held against is told of with what it lacks.
    let fact = |title: &str, card: Card, figure: &Figure, more: &str| {
        let lacks = answer.lacks(card).map_or_else(String::new, |lacks| without(lacks, code));
        let previous = figure.previous.filter(|_| answer.change(card, figure).is_some());
        let moved = moved(&Figure { previous, ..*figure }, code);
        format!("{title}: {}{moved}{lacks}{more}.", cost(figure.amount, code))
    };
    let open = answer.settled_through.is_some_and(|day| answer.as_of.plus(-1) > day);
    let mut lines = vec![
        fact("This period", Card::Total, &answer.total, ""),
        fact("Month to date", Card::MonthToDate, &answer.month_to_date, ""),
        fact(
            "Yesterday",
            Card::Yesterday,
            &answer.yesterday,
            if open { ", so far: not all charges are in" } else { "" },
        ),
        fact("Last 7 days", Card::LastWeek, &answer.last_week, ""),
    ];
    if let Some(day) = answer.settled_through {
        lines.push(format!("Settled through {day}: later days may still change."));
    }
    lines.extend(report::pending(answer).iter().map(|line| format!("{}.", SafeText::from_outside(line))));
    lines.extend(answer.freshness.iter().map(|fresh| {
        format!(
            "{}: charges up to {}, settled through {}.",
            fresh.provider.safe(),
            fresh.last_day,
            fresh.settled_through
        )
    }));
    let notices = answer.notices.iter().filter(|notice| notice.kind != NoticeKind::NotIn);
    lines.extend(notices.map(|notice| {
        format!("Warning: {}: {}.", SafeText::from_outside(&notice.text), SafeText::from_outside(&notice.hint))
    }));
    if answer.unknown_rows > 0 {
        lines.push(format!("{} charges have no known cost and are in no sum.", answer.unknown_rows));
    }
    let by = lens.by.first().cloned().unwrap_or(Dimension::Provider);
    section(&mut lines, &format!("By {}", by.title().to_lowercase()));
    lines.extend(answer.series.iter().map(|series| {
        let name = series.key.as_ref().map_or(SafeText::ours("Other"), |key| label(&by, key, series.name.as_ref()));
        format!("{name}: {}.", cost(series.total, code))
    }));
    let lacks = answer.lacks(Card::Total).and_then(PendingCard::why_not_held);
    section(&mut lines, &lacks.map_or_else(|| "Biggest moves".to_owned(), |why| format!("Biggest moves, {why}")));
    if answer.movers.is_empty() {
        lines.push(
            if answer.previous_period.is_none() { "Nothing to compare with." } else { "Nothing moved." }.to_owned(),
        );
    }
    lines.extend(answer.movers.iter().map(|mover| {
        let names: Vec<String> = spend::movers::labels(answer, mover).into_iter().map(SafeText::into_string).collect();
        let moved = moved(&mover.figure, code);
        let days = mover.through.map_or_else(String::new, |through| {
            if through < answer.period.from {
                ", part of it not in".to_owned()
            } else {
                format!(", compared to {through}")
            }
        });
        let now = cost(mover.figure.amount, code);
        format!("{}: {}, now {now}{days}.", names.join(", "), moved.trim_start_matches(", "))
    }));
    lines
}

/// The Spend tab's chart, as its numbers.
#[must_use]
pub fn series(answer: &SpendAnswer) -> Vec<String> {
    let code = answer.currency.as_str();
    let pieces = answer.starts.iter().zip(&answer.totals).enumerate();
    pieces
        .filter(|(_, (_, total))| total.is_some())
        .map(|(at, (start, total))| {
            let day = Day::of_seconds(*start);
            let name = match answer.granularity {
                Granularity::Day => format!("{} {day}", day.weekday()),
                other => other.label(*start),
            };
            let figure = Figure { amount: *total, previous: answer.held_series().get(at).copied().flatten() };
            let open = answer.settled_through.is_some_and(|settled| day > settled);
            let open = if open { ", not settled" } else { "" };
            format!("{name}: {}{}{open}.", cost(*total, code), moved(&figure, code))
        })
        .collect()
}

/// The Breakdown tab's head: where its rows are, and their sum.
#[must_use]
pub fn breakdown_head(answer: &BreakdownAnswer, crumbs: &[SafeText]) -> Vec<String> {
    let code = answer.currency.as_str();
    let mut lines = Vec::new();
    if !crumbs.is_empty() {
        let path: Vec<&str> = crumbs.iter().map(SafeText::as_str).collect();
        lines.push(format!("Inside: {}.", path.join(", then ")));
    }
    let rows = if answer.groups == 1 { "1 row".to_owned() } else { format!("{} rows", answer.groups) };
    lines.push(format!("Total: {}{}, in {rows}.", cost(answer.total.amount, code), moved(&answer.total, code)));
    if answer.unknown_rows > 0 {
        lines.push(format!("{} charges have no known cost and are in no sum.", answer.unknown_rows));
    }
    lines
}

/// One row of the Breakdown tab, numbered from one.
#[must_use]
pub fn row(answer: &BreakdownAnswer, row: &BreakdownRow, number: usize) -> String {
    let code = answer.currency.as_str();
    let name = SafeText::from_outside(&breakdown::state::name(answer, row));
    let share = answer.total.amount.and_then(|total| row.figure.amount?.ratio(total));
    let share = share.map_or(String::new(), |share| format!(", {} of the total", percent(share.abs())));
    format!("{number}. {name}: {}{share}{}.", cost(row.figure.amount, code), moved(&row.figure, code))
}

fn section(lines: &mut Vec<String>, title: &str) {
    lines.extend([String::new(), format!("{title}:")]);
}
