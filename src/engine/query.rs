//! Answers [`super::Question::Query`]: rows of costs by up to four dimensions.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::alike::{self, Before, Through};
use super::answer::{QueryAnswer, QueryRow};
use super::local::LocalEngine;
use super::notices::outdone;
use super::reach::{Reach, known};
use super::sharing::notices;
use super::spend::admitted;
use super::table::{Ids, Key, Numbering, Request, Table};
use super::{Cancel, Query, Sort, concerned, held, pending, untold};
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
        long: None,
        parting: &[],
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
    let earlier = query.granularity.map(held::added_up_by);
    let freshness = admitted(engine.freshness(as_of), lens);
    let arrivals = concerned::arrivals(engine, lens, (&freshness, as_of), (period, against), cancel)?;
    let lacking = arrivals.lacking(period, against);
    let add_up = |days| Before::new(&request(lens, days, &lens.by, earlier), &lacking, |r| engine.aggregate(r, cancel));
    let before = against.map(add_up).transpose()?;
    // Days that no data is of are unknown: nothing is held against them.
    let before = before.filter(|b| !b.table.is_empty() || against.is_some_and(|days| engine.has_data(days)));
    let data = engine.data_days();
    let numbers = before.as_ref().map(|before| now.adopt(&before.table));
    let through = before.as_ref().map(|before| before.through(&mut now)).unwrap_or_default();
    let before = before.as_ref().map(|before| &before.table).zip(numbers.as_ref());
    let untold = untold::notices(engine.store(), lens, (period, &lens.by), cancel)?;
    let currencies: BTreeSet<String> = now.currencies.iter().map(String::from).chain(untold.keys().cloned()).collect();
    let incomplete = incomplete(engine, period);
    let reach = Reach::new(&freshness, &lens.by).told(&arrivals);
    let (come, come_before) = arrivals.both(period, against);
    let not_in = pending::notices(come.as_ref(), come_before.as_ref(), (period, against), &lacking);
    let outdone = outdone(&engine.store().manifest(), period);
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
            previous_from: against.zip(data).and_then(|(p, data)| (p.from < data.from).then_some(data.from)),
            pending: come.clone(),
            previous_pending: come_before.clone(),
            notices: untold
                .get(&currency)
                .into_iter()
                .flatten()
                .cloned()
                .chain(notices(lens, engine.store()))
                .chain(not_in.iter().cloned())
                .chain(outdone.iter().cloned())
                .collect(),
            left_out: now.left_out(&currency),
        };
        fill(&mut answer, query, (&now, &through), before);
        leave_blank(&mut answer, &reach);
        let says = untold.contains_key(&answer.currency);
        if says || !answer.rows.is_empty() || answer.total.is_some() || answer.left_out.is_some() {
            answers.push(answer);
        }
    }
    answers.sort_by_key(|a| Reverse(a.total.unwrap_or_default().abs()));
    Ok(answers)
}

/// Whether charges of these days were refused, or lost to damage.
#[must_use]
pub fn incomplete(engine: &LocalEngine, period: Period) -> bool {
    engine.store().manifest().is_incomplete(period)
}

/// A row while an answer is made.
#[derive(Clone, Copy)]
struct Row {
    ids: Ids,
    start: i64,
    pair: Pair,
    /// The number of its group's whole, where there is more than one piece of time.
    whole: u32,
}

/// One currency's groups, in the numbers of the table of now.
struct Found {
    rows: Vec<Row>,
    /// Of each group all pieces together, those before that no piece of now is held against among
    /// them; empty without a granularity, where a row is its group's whole.
    wholes: Vec<Pair>,
}

impl Found {
    /// Holds one currency's groups of two tables against each other.
    fn new(answer: &QueryAnswer, now: &Table, before: Option<(&Table, &Numbering)>) -> Found {
        let rows = now.groups_in(&answer.currency);
        let row = |(key, total): (Key, &Total)| {
            let pair = Pair { now: *total, before: Total::default() };
            Row { ids: key.values, start: key.start, pair, whole: 0 }
        };
        let mut found = Found { rows: rows.map(row).collect(), wholes: Vec::new() };
        // A group's piece stands in a table once: with nothing to hold it against there is nothing
        // to look up.
        let mut unmatched = Vec::new();
        if let Some(((before, numbers), against)) = before.zip(answer.previous_period) {
            let moved: HashMap<i64, i64> = match answer.granularity {
                Some(g) => held::against(answer.period, against, g),
                None => HashMap::from([(0, 0)]),
            };
            let known = found.rows.iter().enumerate().map(|(at, row)| ((row.ids, row.start), at as u32));
            let mut places: HashMap<(Ids, i64), u32> = known.collect();
            for (key, total) in before.groups_in(&answer.currency) {
                let ids = numbers.ids(&key.values);
                let Some(start) = moved.get(&key.start) else {
                    unmatched.push((ids, *total));
                    continue;
                };
                let rows = &mut found.rows;
                let at = *places.entry((ids, *start)).or_insert_with(|| {
                    rows.push(Row { ids, start: *start, pair: Pair::default(), whole: 0 });
                    rows.len() as u32 - 1
                });
                rows[at as usize].pair.before.merge(total);
            }
        }
        if answer.granularity.is_some() {
            found.add_up(&unmatched);
        }
        found
    }

    /// Adds up the groups' wholes.
    fn add_up(&mut self, unmatched: &[(Ids, Total)]) {
        let mut numbers: HashMap<Ids, u32> = HashMap::new();
        let wholes = &mut self.wholes;
        let mut number = |ids: Ids, pair: &Pair| {
            let number = *numbers.entry(ids).or_insert_with(|| {
                wholes.push(Pair::default());
                wholes.len() as u32 - 1
            });
            wholes[number as usize].merge(pair);
            number
        };
        self.rows.iter_mut().for_each(|row| row.whole = number(row.ids, &row.pair));
        for (ids, before) in unmatched {
            number(*ids, &Pair { now: Total::default(), before: *before });
        }
    }

    fn whole<'a>(&'a self, row: &'a Row) -> &'a Pair {
        self.wholes.get(row.whole as usize).unwrap_or(&row.pair)
    }

    /// Keeps the groups that the filter's bounds admit; how many there are, and their sum. Bounds
    /// are about a group as a whole, whatever pieces it is cut into.
    fn admit(&mut self, query: &Query) -> (usize, Pair) {
        let admitted = |pair: &Pair| query.lens.filter.admits(pair.now.value());
        let (mut groups, mut sum) = (0, Pair::default());
        let mut add = |pair: &Pair| {
            groups += 1;
            sum.merge(pair);
        };
        if query.granularity.is_none() {
            self.rows.retain(|row| admitted(&row.pair));
            self.rows.iter().for_each(|row| add(&row.pair));
        } else {
            let wholes = &self.wholes;
            self.rows.retain(|row| admitted(&wholes[row.whole as usize]));
            wholes.iter().filter(|whole| admitted(whole)).for_each(&mut add);
        }
        (groups, sum)
    }

    /// The rows in the order asked for, as many groups as are asked for.
    fn ordered(mut self, query: &Query, table: &Table) -> Vec<Row> {
        let mut rows = std::mem::take(&mut self.rows);
        let compare = |a: &Row, b: &Row| self.order(query, table, a, b);
        let limit = query.limit.unwrap_or(usize::MAX);
        if query.granularity.is_none() && limit < rows.len() {
            // Few of many: only those need an order.
            rows.select_nth_unstable_by(limit, compare);
            rows.truncate(limit);
        }
        rows.sort_unstable_by(compare);
        if query.granularity.is_some() {
            cut(&mut rows, limit);
        }
        rows
    }

    fn order(&self, query: &Query, table: &Table, a: &Row, b: &Row) -> Ordering {
        let by_text = |d: usize| table.dimensions[d].text(a.ids.0[d]).cmp(table.dimensions[d].text(b.ids.0[d]));
        let by_cost = |x: &Pair, y: &Pair| y.now.sum.cmp(&x.now.sum);
        let change = |p: &Pair| Reverse((p.now.sum - p.before.sum).abs());
        let group = match &query.sort {
            Sort::Cost => by_cost(self.whole(a), self.whole(b)),
            Sort::Change => change(self.whole(a)).cmp(&change(self.whole(b))),
            Sort::Key => Ordering::Equal,
            Sort::Time => a.start.cmp(&b.start).then_with(|| by_cost(&a.pair, &b.pair)),
            Sort::By(dimension) => match query.lens.by.iter().position(|d| d == dimension) {
                Some(at) => by_text(at).then_with(|| by_cost(self.whole(a), self.whole(b))),
                None => Ordering::Equal,
            },
        };
        let by_key = || (0..table.dimensions.len()).map(by_text).find(|o| o.is_ne()).unwrap_or(Ordering::Equal);
        group.then_with(by_key).then(a.start.cmp(&b.start))
    }
}

fn fill(
    answer: &mut QueryAnswer,
    query: &Query,
    (now, through): (&Table, &Through),
    before: Option<(&Table, &Numbering)>,
) {
    let mut found = Found::new(answer, now, before);
    let (groups, sum) = found.admit(query);
    let compared = before.is_some();
    answer.groups = groups as u64;
    answer.unknown_rows = sum.now.unknown;
    let whole = alike::figure(&sum.now, &sum.before, compared);
    answer.total = whole.amount.filter(|_| groups > 0);
    answer.previous_total = if groups > 0 { whole.previous } else { compared.then_some(Amount::ZERO) };
    let currency = now.currencies.find(&answer.currency);
    let row = |row: Row| {
        let figure = alike::figure(&row.pair.now, &row.pair.before, compared);
        QueryRow {
            key: now.texts(&row.ids).map(Untrusted::from).collect(),
            names: names(now, &row.ids),
            start: query.granularity.map(|_| row.start),
            cost: figure.amount,
            previous: figure.previous,
            through: through.of(currency, &row.ids),
            shared: currency.and_then(|currency| now.share(&Key { currency, start: row.start, values: row.ids })),
            unknown_rows: row.pair.now.unknown,
        }
    };
    answer.rows = found.ordered(query, now).into_iter().map(row).collect();
}

/// Leaves blank what begins after the last day of the data.
fn leave_blank(answer: &mut QueryAnswer, reach: &Reach<'_>) {
    answer.total = known(answer.total, answer.period.from, reach.any());
    for row in &mut answer.rows {
        let begins = row.start.map_or(answer.period.from, Day::of_seconds);
        row.cost = known(row.cost, begins, reach.of(&row.key));
    }
}

/// Keeps the first `limit` groups, with all their pieces of time.
fn cut(rows: &mut Vec<Row>, limit: usize) {
    let mut kept: hashbrown::HashSet<Ids> = hashbrown::HashSet::new();
    rows.retain(|row| kept.contains(&row.ids) || (kept.len() < limit && kept.insert(row.ids)));
}

/// Sums by currency, largest first.
#[must_use]
pub fn sums_by_currency(table: &Table) -> Vec<(String, Amount)> {
    let mut sums: BTreeMap<u32, Amount> = BTreeMap::new();
    for (key, total) in table.groups() {
        *sums.entry(key.currency).or_default() += total.sum;
    }
    let mut list: Vec<(String, Amount)> =
        sums.into_iter().map(|(c, s)| (table.currencies.get(c).to_owned(), s)).collect();
    list.sort_by_key(|(_, sum)| Reverse(sum.abs()));
    list
}
