//! Answers [`super::Question::Breakdown`]: rows with their change and trend.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::alike::{self, Before, Lacking, Through};
use super::answer::{BreakdownAnswer, BreakdownRow, Key};
use super::local::LocalEngine;
use super::query::{names, pieces, request};
use super::reach::{Reach, known};
use super::sharing::notices;
use super::spend::{admitted, currencies};
use super::table::{Ids, Numbering, Table};
use super::{Cancel, concerned, pending, untold};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// A group's cost in both periods.
#[derive(Clone, Copy, Default)]
struct Pair {
    now: Total,
    before: Total,
}

/// The groups of two periods, in the numbers of the later.
struct Groups {
    now: Table,
    before: Table,
    numbers: Numbering,
    through: Through,
    currencies: Vec<String>,
}

impl Groups {
    fn new(
        engine: &LocalEngine,
        lens: &Lens,
        (period, against, lacking): (Period, Option<Period>, &[Lacking]),
        granularity: Option<Granularity>,
        cancel: &Cancel,
    ) -> Result<Groups> {
        let mut now = engine.aggregate(&request(lens, period, &lens.by, granularity), cancel)?;
        let before = match against {
            Some(p) => Before::new(&request(lens, p, &lens.by, None), lacking, |r| engine.aggregate(r, cancel))?,
            None => Before::none(lens.by.len()),
        };
        let numbers = now.adopt(&before.table);
        let through = before.through(&mut now);
        let before = before.table;
        let currencies = currencies([&now, &before]);
        Ok(Groups { now, before, numbers, through, currencies })
    }

    /// One currency's groups that the filter's bounds admit, by cost, the largest first; only the first
    /// `limit` of them are in order and kept. How many there are, and what they come to.
    fn ranked(&self, lens: &Lens, currency: &str, limit: usize) -> (Vec<(Ids, Pair)>, u64, Pair) {
        let mut groups: HashMap<Ids, Pair> = HashMap::new();
        for (key, total) in self.now.groups_in(currency) {
            groups.entry(key.values).or_default().now.merge(total);
        }
        for (key, total) in self.before.groups_in(currency) {
            groups.entry(self.numbers.ids(&key.values)).or_default().before.merge(total);
        }
        groups.retain(|_, pair| lens.filter.admits(pair.now.value()));
        let mut whole = Pair::default();
        groups.values().for_each(|pair| {
            whole.now.merge(&pair.now);
            whole.before.merge(&pair.before);
        });
        let mut ranked: Vec<(Ids, Pair)> = groups.into_iter().collect();
        let count = ranked.len() as u64;
        let order = |(a, x): &(Ids, Pair), (b, y): &(Ids, Pair)| {
            y.now.value().cmp(&x.now.value()).then_with(|| self.now.texts(a).cmp(self.now.texts(b)))
        };
        if limit < ranked.len() {
            ranked.select_nth_unstable_by(limit, order);
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by(order);
        (ranked, count, whole)
    }

    /// The courses of some groups, each as long as `blank`, and what of each is a share.
    fn courses(&self, currency: &str, of: &[(Ids, Pair)], starts: &[i64], blank: &[Option<Amount>]) -> Vec<Course> {
        let place: HashMap<i64, usize> = starts.iter().enumerate().map(|(i, s)| (*s, i)).collect();
        let rows: HashMap<Ids, usize> = of.iter().enumerate().map(|(row, (ids, _))| (*ids, row)).collect();
        let mut courses = vec![(blank.to_vec(), None); of.len()];
        for (key, total) in self.now.groups_in(currency) {
            let Some((trend, shared)) = rows.get(&key.values).and_then(|row| courses.get_mut(*row)) else { continue };
            if let Some(share) = self.now.share(&key) {
                *shared.get_or_insert_default() += share;
            }
            if let Some(at) = place.get(&key.start) {
                trend[*at] = total.value();
            }
        }
        courses
    }
}

/// A group's cost in each piece of time, and what of it is a share.
type Course = (Vec<Option<Amount>>, Option<Amount>);

/// The groups that [`answer`] has the rows of, of all its currencies.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn costliest(
    engine: &LocalEngine,
    lens: &Lens,
    limit: usize,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<Key>> {
    let (period, against) = lens.days(as_of);
    let groups = Groups::new(engine, lens, (period, against, &[]), None, cancel)?;
    let ranked = groups.currencies.iter().flat_map(|currency| groups.ranked(lens, currency, limit).0);
    let distinct: BTreeSet<Ids> = ranked.map(|(ids, _)| ids).collect();
    Ok(distinct.iter().map(|ids| groups.now.texts(ids).map(Untrusted::from).collect()).collect())
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
    let freshness = admitted(engine.freshness(as_of), lens);
    let arrivals = concerned::arrivals(engine, lens, (&freshness, as_of), (period, against), cancel)?;
    let lacking = arrivals.lacking(period, against);
    let groups = Groups::new(engine, lens, (period, against, &lacking), Some(granularity), cancel)?;
    // Days that no data is of are unknown: nothing is held against them.
    let compared = !groups.before.is_empty() || against.is_some_and(|days| engine.has_data(days));
    let figure = |pair: &Pair| alike::figure(&pair.now, &pair.before, compared);
    let starts = pieces(period, granularity);
    let blank = blank(engine, &starts, period);
    let (come, come_before) = arrivals.both(period, against);
    let mut notices = notices(lens, engine.store());
    notices.extend(pending::notices(come.as_ref(), come_before.as_ref(), (period, against), &lacking));
    let untold = untold::notices(engine.store(), lens, (period, &lens.by), cancel)?;
    let answer = |currency: &String| {
        let (ranked, count, whole) = groups.ranked(lens, currency, limit.unwrap_or(usize::MAX));
        let courses = groups.courses(currency, &ranked, &starts, &blank);
        let row = |((ids, pair), (trend, shared)): (&(Ids, Pair), Course)| BreakdownRow {
            key: groups.now.texts(ids).map(Untrusted::from).collect(),
            names: names(&groups.now, ids),
            figure: figure(pair),
            through: groups.through.of(groups.now.currencies.find(currency), ids),
            shared,
            trend,
        };
        let mut answer = BreakdownAnswer {
            metric: lens.metric,
            currency: currency.clone(),
            period,
            previous_period: against,
            by: lens.by.clone(),
            rows: ranked.iter().zip(courses).map(row).collect(),
            total: figure(&whole),
            groups: count,
            unknown_rows: whole.now.unknown,
            starts: starts.clone(),
            granularity,
            freshness: freshness.clone(),
            settled_through: pending::settled(&freshness, as_of),
            pending: come.clone(),
            previous_pending: come_before.clone(),
            notices: untold.get(currency).into_iter().flatten().chain(&notices).cloned().collect(),
        };
        leave_blank(&mut answer, &Reach::new(&freshness, &lens.by).told(&arrivals));
        answer
    };
    // What a filter left out is told of, where it left nothing else.
    let others = untold.keys().filter(|currency| !groups.currencies.contains(currency));
    Ok(groups.currencies.iter().chain(others).map(answer).collect())
}

/// Leaves blank what begins after the last day of the data.
fn leave_blank(answer: &mut BreakdownAnswer, reach: &Reach<'_>) {
    let from = answer.period.from;
    answer.total.amount = known(answer.total.amount, from, reach.any());
    for row in &mut answer.rows {
        let last = reach.of(&row.key);
        row.figure.amount = known(row.figure.amount, from, last);
        for (start, cost) in answer.starts.iter().zip(&mut row.trend) {
            *cost = known(*cost, Day::of_seconds(*start), last);
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
