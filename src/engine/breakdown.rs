//! Answers [`super::Question::Breakdown`]: rows with their change and trend.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::Cancel;
use super::answer::{BreakdownAnswer, BreakdownRow, Figure, Freshness};
use super::local::LocalEngine;
use super::query::{names, pieces, request, sums_by_currency};
use super::sharing::notices;
use super::spend::admitted;
use super::table::Table;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;
use crate::error::Result;

#[derive(Default)]
struct Group {
    names: BTreeMap<usize, Untrusted>,
    now: Total,
    before: Total,
    shared: Option<Amount>,
    seen: bool,
    trend: Vec<Option<Amount>>,
}

/// Answers a breakdown.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(
    engine: &LocalEngine,
    lens: &Lens,
    (limit, wanted): (Option<usize>, Option<Granularity>),
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<BreakdownAnswer>> {
    let (period, against) = lens.days(as_of);
    let granularity = wanted.filter(|g| *g != Granularity::Hour).unwrap_or_else(|| usual_pieces(period));
    let now = engine.aggregate(&request(lens, period, &lens.by, Some(granularity)), cancel)?;
    let before = match against {
        Some(p) => engine.aggregate(&request(lens, p, &lens.by, None), cancel)?,
        None => Table::new(lens.by.len()),
    };
    // Days that no data is of are unknown: nothing is held against them.
    let compared = !before.is_empty() || against.is_some_and(|days| engine.has_data(days));
    let starts = pieces(period, granularity);
    let blank = blank(engine, &starts, period);
    let mut order: Vec<String> = sums_by_currency(&now).into_iter().map(|(c, _)| c).collect();
    order.extend(sums_by_currency(&before).into_iter().map(|(c, _)| c));
    let mut answers: Vec<BreakdownAnswer> = Vec::new();
    for currency in order {
        if answers.iter().any(|a| a.currency == currency) {
            continue;
        }
        let groups = collect(&currency, &now, &before, (&starts, &blank));
        let mut answer =
            finish(lens, &currency, (period, against), compared, groups, (&starts, &blank, granularity), limit);
        answer.freshness = admitted(engine.freshness(as_of), lens);
        leave_blank(&mut answer);
        answer.notices = notices(lens, engine.store());
        answers.push(answer);
    }
    Ok(answers)
}

/// Leaves blank what begins after the last day of which a row's provider has data, or where rows are not
/// of a provider each, of which any that is looked at has.
fn leave_blank(answer: &mut BreakdownAnswer) {
    let provider = answer.by.iter().position(|dimension| *dimension == Dimension::Provider);
    for row in &mut answer.rows {
        let its = |fresh: &&Freshness| provider.is_none_or(|at| row.key.get(at) == Some(&fresh.provider));
        let Some(last) = answer.freshness.iter().filter(its).map(|fresh| fresh.last_day).max() else { continue };
        let course = answer.starts.iter().zip(&mut row.trend);
        for (_, cost) in course.filter(|(start, _)| Day::of_seconds(**start) > last) {
            *cost = cost.filter(|cost| !cost.is_zero());
        }
    }
}

/// The pieces of a row's course where no others are asked for: at most a few dozen.
#[must_use]
pub fn usual_pieces(period: Period) -> Granularity {
    match period.days() {
        ..=92 => Granularity::Day,
        93..=400 => Granularity::Week,
        _ => Granularity::Month,
    }
}

/// The course of what has no charge: a piece of time that no data has come of is unknown, not free.
fn blank(engine: &LocalEngine, starts: &[i64], period: Period) -> Vec<Option<Amount>> {
    let ends = starts.iter().skip(1).map(|start| Day::of_seconds(*start)).chain([period.to]);
    let days = starts.iter().zip(ends).map(|(start, to)| Period { from: Day::of_seconds(*start), to });
    days.map(|days| engine.has_data(days).then_some(Amount::ZERO)).collect()
}

fn collect(
    currency: &str,
    now: &Table,
    before: &Table,
    (starts, blank): (&[i64], &[Option<Amount>]),
) -> HashMap<Vec<String>, Group> {
    let mut groups: HashMap<Vec<String>, Group> = HashMap::new();
    let place: HashMap<i64, usize> = starts.iter().enumerate().map(|(i, s)| (*s, i)).collect();
    for (table, earlier) in [(now, false), (before, true)] {
        for (key, total) in table.groups_in(currency) {
            let group = groups.entry(table.texts(&key.values).map(String::from).collect()).or_default();
            if group.names.is_empty() {
                group.names = names(table, &key.values);
            }
            if earlier {
                group.before.merge(total);
                continue;
            }
            group.seen = true;
            group.now.merge(total);
            if let Some(share) = now.share(&key) {
                *group.shared.get_or_insert_default() += share;
            }
            if group.trend.is_empty() {
                group.trend = blank.to_vec();
            }
            if let Some(at) = place.get(&key.start) {
                group.trend[*at] = total.value();
            }
        }
    }
    groups
}

fn finish(
    lens: &Lens,
    currency: &str,
    (period, against): (Period, Option<Period>),
    compared: bool,
    groups: HashMap<Vec<String>, Group>,
    (starts, blank, granularity): (&[i64], &[Option<Amount>], Granularity),
    limit: Option<usize>,
) -> BreakdownAnswer {
    let mut total = (Total::default(), Total::default());
    let mut rows: Vec<BreakdownRow> = Vec::new();
    for (key, mut group) in groups {
        if !lens.filter.admits(group.now.value()) {
            continue;
        }
        total.0.merge(&group.now);
        total.1.merge(&group.before);
        if group.trend.is_empty() {
            group.trend = blank.to_vec();
        }
        rows.push(BreakdownRow {
            key: key.into_iter().map(Untrusted::from).collect(),
            names: group.names,
            figure: Figure { amount: group.now.value(), previous: if compared { group.before.value() } else { None } },
            shared: group.shared,
            trend: group.trend,
        });
    }
    rows.sort_by(|a, b| Reverse(a.figure.amount).cmp(&Reverse(b.figure.amount)).then_with(|| a.key.cmp(&b.key)));
    let groups = rows.len() as u64;
    rows.truncate(limit.unwrap_or(usize::MAX));
    BreakdownAnswer {
        metric: lens.metric,
        currency: currency.to_owned(),
        period,
        previous_period: against,
        by: lens.by.clone(),
        rows,
        total: Figure { amount: total.0.value(), previous: if compared { total.1.value() } else { None } },
        groups,
        unknown_rows: total.0.unknown,
        starts: starts.to_vec(),
        granularity,
        freshness: Vec::new(),
        notices: Vec::new(),
    }
}
