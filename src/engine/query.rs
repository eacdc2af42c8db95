//! Answers [`super::Question::Query`]: rows of costs by up to four dimensions.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::answer::{QueryAnswer, QueryRow};
use super::local::LocalEngine;
use super::table::{Ids, Request, Table};
use super::{Cancel, Query, Sort};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
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
pub fn request<'a>(
    lens: &'a Lens,
    period: Period,
    by: &'a [crate::domain::dimension::Dimension],
    granularity: Option<Granularity>,
) -> Request<'a> {
    Request {
        period,
        by,
        clauses: &lens.filter.clauses,
        metric: lens.metric,
        granularity,
        currency: lens.currency.as_deref(),
    }
}

/// A group while an answer is made: its cost now and before.
#[derive(Clone, Copy, Default)]
struct Pair {
    now: Total,
    before: Total,
}

impl Pair {
    fn merge(&mut self, other: &Pair) {
        self.now.merge(&other.now);
        self.before.merge(&other.before);
    }
}

/// Names of ids in a group's values, by position.
#[must_use]
pub fn names(table: &Table, values: &Ids) -> BTreeMap<usize, Untrusted> {
    table
        .dimensions
        .iter()
        .enumerate()
        .filter_map(|(d, dimension)| {
            let name = dimension.name(values.0[d]);
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
    let mut now = engine.aggregate(&request(lens, period, &lens.by, query.granularity), cancel)?;
    let before =
        against.map(|p| engine.aggregate(&request(lens, p, &lens.by, query.granularity), cancel)).transpose()?;
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
            left_out: now.left_out(&currency),
        };
        fill(&mut answer, query, &mut now, before.as_ref());
        if !answer.rows.is_empty() || answer.total.is_some() || answer.left_out.is_some() {
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

/// A row while an answer is made.
#[derive(Clone, Copy)]
struct Row {
    ids: Ids,
    start: i64,
    pair: Pair,
    /// The group as a whole, over all its pieces of time.
    whole: Pair,
}

/// Pairs of cost now and before: by group and piece of time, in the numbers of `now`.
type Pairs = Vec<((Ids, i64), Pair)>;

/// Holds one currency's groups of two tables against each other. `now` learns the other's values.
fn pairs(answer: &QueryAnswer, granularity: Option<Granularity>, now: &mut Table, before: Option<&Table>) -> Pairs {
    let currency = now.currencies.find(&answer.currency);
    let totals = now.totals.iter().filter(|(key, _)| Some(key.currency) == currency);
    let pairs = totals.map(|(key, now)| ((key.values, key.start), Pair { now: *now, ..Pair::default() }));
    // A group stands in a table once: with nothing to hold it against there is nothing to look up.
    let (Some(before), Some(against)) = (before, answer.previous_period) else { return pairs.collect() };
    let mut pairs: HashMap<(Ids, i64), Pair> = pairs.collect();
    // The n-th piece of the days before is held against the n-th piece of these.
    let moved: HashMap<i64, i64> = match granularity {
        Some(g) => pieces(against, g).into_iter().zip(pieces(answer.period, g)).collect(),
        None => HashMap::from([(0, 0)]),
    };
    let mut numbers = now.adopt(before);
    if let Some(currency) = before.currencies.find(&answer.currency) {
        for (key, total) in before.totals.iter().filter(|(key, _)| key.currency == currency) {
            let Some(start) = moved.get(&key.start) else { continue };
            let ids = numbers.key(now, before, key).values;
            pairs.entry((ids, *start)).or_default().before.merge(total);
        }
    }
    pairs.into_iter().collect()
}

fn fill(answer: &mut QueryAnswer, query: &Query, now: &mut Table, before: Option<&Table>) {
    let pairs = pairs(answer, query.granularity, now, before);
    let (rows, groups, sum) = rows(pairs, query);
    let compared = before.is_some();
    answer.groups = groups as u64;
    answer.unknown_rows = sum.now.unknown;
    answer.total = (groups > 0).then(|| sum.now.value()).flatten();
    answer.previous_total = compared.then(|| sum.before.value()).flatten();
    let rows = ordered(rows, query, now);
    answer.rows = rows
        .into_iter()
        .map(|row| QueryRow {
            key: now
                .dimensions
                .iter()
                .zip(row.ids.0)
                .map(|(values, id)| Untrusted::from(values.texts.get(id)))
                .collect(),
            names: names(now, &row.ids),
            start: query.granularity.map(|_| row.start),
            cost: row.pair.now.value(),
            previous: if compared { row.pair.before.value() } else { None },
            unknown_rows: row.pair.now.unknown,
        })
        .collect();
}

/// The rows of the groups that the filter's bounds admit, how many groups that are, and their sum.
/// Bounds are about a group as a whole, whatever pieces it is cut into.
fn rows(pairs: Pairs, query: &Query) -> (Vec<Row>, usize, Pair) {
    let admitted = |pair: &Pair| query.lens.filter.admits(pair.now.value());
    let mut sum = Pair::default();
    if query.granularity.is_none() {
        let wholes = pairs.into_iter().filter(|(_, pair)| admitted(pair));
        let rows = wholes.map(|((ids, start), pair)| Row { ids, start, pair, whole: pair });
        let rows: Vec<Row> = rows.inspect(|row| sum.merge(&row.whole)).collect();
        let groups = rows.len();
        return (rows, groups, sum);
    }
    let mut whole: HashMap<Ids, Pair> = HashMap::new();
    for ((ids, _), pair) in &pairs {
        whole.entry(*ids).or_default().merge(pair);
    }
    whole.retain(|_, pair| admitted(pair));
    whole.values().for_each(|pair| sum.merge(pair));
    let row = |((ids, start), pair)| Some(Row { ids, start, pair, whole: *whole.get(&ids)? });
    let rows = pairs.into_iter().filter_map(row).collect();
    (rows, whole.len(), sum)
}

/// The rows in the order asked for, as many as are asked for.
fn ordered(mut rows: Vec<Row>, query: &Query, table: &Table) -> Vec<Row> {
    let compare = |a: &Row, b: &Row| order(query, table, a, b);
    let Some(limit) = query.limit else {
        rows.sort_unstable_by(compare);
        return rows;
    };
    if query.granularity.is_some() {
        rows.sort_unstable_by(compare);
        cut(&mut rows, limit);
        return rows;
    }
    // Few of many: only those need an order.
    if limit < rows.len() {
        rows.select_nth_unstable_by(limit, compare);
        rows.truncate(limit);
    }
    rows.sort_unstable_by(compare);
    rows
}

/// Keeps the first `limit` groups, with all their pieces of time.
fn cut(rows: &mut Vec<Row>, limit: usize) {
    let mut kept: hashbrown::HashSet<Ids> = hashbrown::HashSet::new();
    rows.retain(|row| kept.contains(&row.ids) || (kept.len() < limit && kept.insert(row.ids)));
}

fn order(query: &Query, table: &Table, a: &Row, b: &Row) -> Ordering {
    let texts = |row: &Row, d: usize| table.dimensions[d].texts.get(row.ids.0[d]);
    let by_text = |d: usize| texts(a, d).cmp(texts(b, d));
    let by_cost = |x: &Pair, y: &Pair| y.now.sum.cmp(&x.now.sum);
    let change = |p: &Pair| Reverse((p.now.sum - p.before.sum).abs());
    let group = match &query.sort {
        Sort::Cost => by_cost(&a.whole, &b.whole),
        Sort::Change => change(&a.whole).cmp(&change(&b.whole)),
        Sort::Key => Ordering::Equal,
        Sort::Time => a.start.cmp(&b.start).then_with(|| by_cost(&a.pair, &b.pair)),
        Sort::By(dimension) => match query.lens.by.iter().position(|d| d == dimension) {
            Some(at) => by_text(at).then_with(|| by_cost(&a.whole, &b.whole)),
            None => Ordering::Equal,
        },
    };
    let by_key = || (0..table.dimensions.len()).map(by_text).find(|o| o.is_ne()).unwrap_or(Ordering::Equal);
    group.then_with(by_key).then(a.start.cmp(&b.start))
}

/// Sums by currency, largest first.
#[must_use]
pub fn sums_by_currency(table: &Table) -> Vec<(String, Amount)> {
    let mut sums: BTreeMap<u32, Amount> = BTreeMap::new();
    for (key, total) in &table.totals {
        *sums.entry(key.currency).or_default() += total.sum;
    }
    let mut list: Vec<(String, Amount)> =
        sums.into_iter().map(|(c, s)| (table.currencies.get(c).to_owned(), s)).collect();
    list.sort_by_key(|(_, sum)| Reverse(sum.abs()));
    list
}
