//! Answers [`super::Question::Query`]: rows of costs by up to four dimensions.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::answer::{QueryAnswer, QueryRow};
use super::local::LocalEngine;
use super::table::{Key, Request, Table};
use super::{Cancel, Query, Sort};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::{DIMENSIONS_MAX, Lens};
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// The starts of a period's pieces, in order; the first may begin before the period.
#[must_use]
pub fn pieces(period: Period, granularity: Granularity) -> Vec<i64> {
    let step = if granularity == Granularity::Hour { 3600 } else { crate::domain::calendar::DAY_SECONDS };
    let mut starts: Vec<i64> = Vec::new();
    let mut second = period.from.seconds();
    while second < period.to.seconds() {
        let start = granularity.floor(second);
        if starts.last() != Some(&start) {
            starts.push(start);
        }
        second += step;
    }
    starts
}

/// A request for a lens over some days.
#[must_use]
pub fn request<'a>(lens: &'a Lens, period: Period, by: &'a [crate::domain::dimension::Dimension], granularity: Option<Granularity>) -> Request<'a> {
    Request { period, by, clauses: &lens.filter.clauses, metric: lens.metric, granularity, currency: lens.currency.as_deref() }
}

/// A group while an answer is made: its cost now and before.
#[derive(Clone, Default)]
struct Pair {
    now: Total,
    before: Total,
}

/// Values by text, so that two tables' groups can be held against each other.
type Texts = Vec<String>;

fn texts(table: &Table, key: &Key) -> Texts {
    table.texts(key).map(String::from).collect()
}

/// Names of ids in a group's values, by position.
#[must_use]
pub fn names(table: &Table, values: &[u32; DIMENSIONS_MAX]) -> BTreeMap<usize, Untrusted> {
    table
        .dimensions
        .iter()
        .enumerate()
        .filter_map(|(d, dimension)| {
            let name = dimension.name(values[d]);
            (!name.is_empty()).then(|| (d, Untrusted::from(name)))
        })
        .collect()
}

/// Answers a query.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, query: &Query, as_of: Day, cancel: &Cancel) -> Result<Vec<QueryAnswer>> {
    let lens = &query.lens;
    let (period, against) = lens.days(as_of);
    let now = engine.aggregate(&request(lens, period, &lens.by, query.granularity), cancel)?;
    let before = against.map(|p| engine.aggregate(&request(lens, p, &lens.by, query.granularity), cancel)).transpose()?;
    let mut currencies: BTreeSet<String> = now.currencies.iter().map(String::from).collect();
    currencies.extend(before.iter().flat_map(|t| t.currencies.iter().map(String::from)));
    let incomplete = incomplete(engine, period);
    let mut answers = Vec::new();
    for currency in currencies {
        let mut answer = QueryAnswer {
            metric: lens.metric,
            currency: currency.clone(),
            period,
            previous_period: against,
            by: lens.by.clone(),
            granularity: query.granularity,
            rows: Vec::new(),
            total: None,
            previous_total: None,
            groups: 0,
            unknown_rows: 0,
            incomplete,
        };
        fill(&mut answer, query, &now, before.as_ref());
        if !answer.rows.is_empty() || answer.total.is_some() {
            answers.push(answer);
        }
    }
    answers.sort_by_key(|a| Reverse(a.total.unwrap_or_default().abs()));
    Ok(answers)
}

/// Whether groups with refused rows are among the days.
#[must_use]
pub fn incomplete(engine: &LocalEngine, period: Period) -> bool {
    engine.store().manifest().active().iter().any(|g| g.incomplete && g.overlaps(period))
}

fn fill(answer: &mut QueryAnswer, query: &Query, now: &Table, before: Option<&Table>) {
    let mut pairs: HashMap<(Texts, i64), Pair> = HashMap::new();
    let mut labels: HashMap<Texts, BTreeMap<usize, Untrusted>> = HashMap::new();
    let mut collect = |table: &Table, shift: &dyn Fn(i64) -> Option<i64>, earlier: bool| {
        let Some(currency) = table.currencies.find(&answer.currency) else { return };
        for (key, total) in table.totals.iter().filter(|(key, _)| key.currency == currency) {
            let Some(start) = shift(key.start) else { continue };
            let texts = texts(table, key);
            labels.entry(texts.clone()).or_insert_with(|| names(table, &key.values));
            let pair = pairs.entry((texts, start)).or_default();
            if earlier { pair.before.merge(total) } else { pair.now.merge(total) }
        }
    };
    collect(now, &Some, false);
    if let (Some(before), Some(against)) = (before, answer.previous_period) {
        // The n-th piece of the days before is held against the n-th piece of these.
        let moved: HashMap<i64, i64> = match query.granularity {
            Some(g) => pieces(against, g).into_iter().zip(pieces(answer.period, g)).collect(),
            None => HashMap::from([(0, 0)]),
        };
        collect(before, &|start| moved.get(&start).copied(), true);
    }
    let compared = before.is_some();
    // Bounds are about a group as a whole, whatever pieces it is cut into.
    let mut whole: HashMap<&Texts, Pair> = HashMap::new();
    for ((texts, _), pair) in &pairs {
        let sum = whole.entry(texts).or_default();
        sum.now.merge(&pair.now);
        sum.before.merge(&pair.before);
    }
    whole.retain(|_, pair| query.lens.filter.admits(pair.now.value()));
    let (mut total, mut total_before) = (Total::default(), Total::default());
    for pair in whole.values() {
        total.merge(&pair.now);
        total_before.merge(&pair.before);
    }
    answer.groups = whole.len() as u64;
    answer.unknown_rows = total.unknown;
    answer.total = (!whole.is_empty()).then(|| total.value()).flatten();
    answer.previous_total = compared.then(|| total_before.value()).flatten();
    let mut rows: Vec<(&Texts, i64, &Pair)> = pairs.iter().filter(|((t, _), _)| whole.contains_key(t)).map(|((t, s), p)| (t, *s, p)).collect();
    rows.sort_by(|a, b| order(&query.sort, &query.lens, a, b, &whole));
    if let Some(limit) = query.limit {
        cut(&mut rows, limit, query.granularity.is_some());
    }
    answer.rows = rows
        .into_iter()
        .map(|(texts, start, pair)| QueryRow {
            key: texts.iter().map(|t| Untrusted::from(t.as_str())).collect(),
            names: labels.get(texts).cloned().unwrap_or_default(),
            start: query.granularity.map(|_| start),
            cost: pair.now.value(),
            previous: if compared { pair.before.value() } else { None },
            unknown_rows: pair.now.unknown,
        })
        .collect();
}

/// Keeps the first `limit` groups, with all their pieces of time.
fn cut(rows: &mut Vec<(&Texts, i64, &Pair)>, limit: usize, pieces: bool) {
    if !pieces {
        rows.truncate(limit);
        return;
    }
    let mut kept: Vec<&Texts> = Vec::new();
    rows.retain(|(texts, _, _)| {
        if kept.contains(texts) {
            return true;
        }
        let room = kept.len() < limit;
        if room {
            kept.push(texts);
        }
        room
    });
}

type Row<'a> = (&'a Texts, i64, &'a Pair);

fn order(sort: &Sort, lens: &Lens, a: &Row<'_>, b: &Row<'_>, whole: &HashMap<&Texts, Pair>) -> Ordering {
    let of = |row: &Row<'_>| whole.get(row.0).cloned().unwrap_or_default();
    let by_cost = |x: &Pair, y: &Pair| y.now.sum.cmp(&x.now.sum);
    let by_change = |p: &Pair| Reverse((p.now.sum - p.before.sum).abs());
    let group = match sort {
        Sort::Cost => by_cost(&of(a), &of(b)),
        Sort::Change => by_change(&of(a)).cmp(&by_change(&of(b))),
        Sort::Key => Ordering::Equal,
        Sort::Time => a.1.cmp(&b.1).then_with(|| by_cost(a.2, b.2)),
        Sort::By(dimension) => match lens.by.iter().position(|d| d == dimension) {
            Some(at) => a.0[at].cmp(&b.0[at]).then_with(|| by_cost(&of(a), &of(b))),
            None => Ordering::Equal,
        },
    };
    group.then_with(|| a.0.cmp(b.0)).then(a.1.cmp(&b.1))
}

/// Sums by currency, largest first.
#[must_use]
pub fn sums_by_currency(table: &Table) -> Vec<(String, Amount)> {
    let mut sums: BTreeMap<u32, Amount> = BTreeMap::new();
    for (key, total) in &table.totals {
        *sums.entry(key.currency).or_default() += total.sum;
    }
    let mut list: Vec<(String, Amount)> = sums.into_iter().map(|(c, s)| (table.currencies.get(c).to_owned(), s)).collect();
    list.sort_by_key(|(_, sum)| Reverse(sum.abs()));
    list
}
