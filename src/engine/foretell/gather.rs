//! A filter's days of one currency: what goes on by itself, and what stays out of the fit.
//!
//! Rollups answer where they have what the filter asks for; charges are looked at one by one where not. Knows no
//! model.

use std::collections::{BTreeMap, BTreeSet};

use super::{Aside, DAYS_READ};
use crate::analytics::forecast::Series;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::local::LocalEngine;
use crate::engine::pending::{self, Arrivals};
use crate::engine::query::request;
use crate::engine::spend::admitted;
use crate::engine::table::{Request, Table};
use crate::engine::together::Together;
use crate::error::Result;

/// Whose charges of which kind: what comes again comes of the same billing account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Stream {
    pub kind: Aside,
    pub account: String,
    /// A month's fee and a day's are not each other's.
    pub long: bool,
}

/// What was found.
pub(super) struct Gathered {
    /// What goes on by itself, up to the last settled day.
    pub series: Series,
    /// What stays out of it, up to the day that is asked about.
    pub others: BTreeMap<Stream, BTreeMap<Day, Amount>>,
    /// All of it.
    pub totals: BTreeMap<Day, Amount>,
    /// The last day that nobody restates any more.
    pub settled: Option<Day>,
    /// Whether there are charges before those that were read.
    pub has_older: bool,
}

/// What is read to foretell some charges.
pub(in crate::engine) struct Wanted {
    lens: Lens,
    /// The filter's clauses, and that charges are of a category that stays out of the fit and correct nothing.
    others: Vec<Clause>,
    /// The filter's clauses, and that charges correct earlier ones.
    corrections: Vec<Clause>,
    days: Period,
    oldest: Day,
    as_of: Day,
}

impl Wanted {
    pub(in crate::engine) fn new(
        engine: &LocalEngine,
        scope: &Filter,
        (metric, currency): (Metric, &str),
        as_of: Day,
    ) -> Wanted {
        let lens = Lens { filter: scope.clone(), metric, currency: Some(currency.to_owned()), ..Lens::default() };
        let and = |more: &[Clause]| [&scope.clauses, more].concat();
        let others = and(&[Aside::of_categories(false), Aside::of_class(true)]);
        let corrections = and(&[Aside::of_class(false)]);
        let oldest = engine.data_days().map_or(as_of, |data| data.from.min(as_of));
        let days = Period { from: oldest.max(as_of.plus(-DAYS_READ)), to: as_of.plus(1) };
        Wanted { lens, others, corrections, days, oldest, as_of }
    }

    fn request<'w>(&'w self, by: &'static [Dimension], clauses: &'w [Clause], long: bool) -> Request<'w> {
        let granularity = Some(Granularity::Day);
        Request { clauses, long: Some(long), ..request(&self.lens, self.days, by, granularity) }
    }

    /// All of a day or less, by its category and class.
    fn short(&self) -> Request<'_> {
        self.request(&BY_CATEGORY, &self.lens.filter.clauses, false)
    }

    /// What is longer.
    fn long(&self) -> Request<'_> {
        self.request(&BY_ACCOUNT, &self.lens.filter.clauses, true)
    }

    /// What of a day or less stays out of the fit by its category.
    fn others(&self) -> Request<'_> {
        self.request(&BY_ACCOUNT, &self.others, false)
    }

    /// What of a day or less does by its class.
    fn corrections(&self) -> Request<'_> {
        self.request(&BY_ACCOUNT, &self.corrections, false)
    }

    /// All that may be asked for.
    pub(in crate::engine) fn requests(&self) -> [Request<'_>; 4] {
        [self.short(), self.long(), self.others(), self.corrections()]
    }
}

/// Reads the days before one.
pub(super) fn gather(together: &Together<'_>, wanted: &Wanted, cancel: &Cancel) -> Result<Gathered> {
    let mut found = Found::default();
    found.add_short(&*together.table(&wanted.short(), cancel)?);
    let long = together.table(&wanted.long(), cancel)?;
    found.add_others(&long, true);
    long.groups().for_each(|(key, total)| *found.totals.entry(Day::of_seconds(key.start)).or_default() += total.sum);
    // Only these are many times more by account.
    if found.has_others {
        found.add_others(&*together.table(&wanted.others(), cancel)?, false);
    }
    if found.has_corrections {
        found.add_others(&*together.table(&wanted.corrections(), cancel)?, false);
    }
    let Period { from, .. } = wanted.days;
    let (settled, missing) = settled(together.engine(), &wanted.lens, wanted.days, wanted.as_of);
    let days = Period { from, to: settled.map_or(from, |last| last.plus(1)) };
    let value = |day: Day| {
        let usage = found.usage.get(&day).copied().unwrap_or_default();
        (!missing.contains(&day)).then(|| usage.to_f64())
    };
    let series = Series { first: from, values: days.iter().map(value).collect() };
    Ok(Gathered { series, others: found.others, totals: found.totals, settled, has_older: wanted.oldest < from })
}

const BY_CATEGORY: [Dimension; 2] = [Dimension::ChargeCategory, Dimension::ChargeClass];
const BY_ACCOUNT: [Dimension; 3] = [Dimension::BillingAccount, Dimension::ChargeCategory, Dimension::ChargeClass];

#[derive(Default)]
struct Found {
    usage: BTreeMap<Day, Amount>,
    totals: BTreeMap<Day, Amount>,
    others: BTreeMap<Stream, BTreeMap<Day, Amount>>,
    has_others: bool,
    has_corrections: bool,
}

impl Found {
    /// Adds what is not longer than a day.
    fn add_short(&mut self, table: &Table) {
        for (key, total) in table.groups() {
            let day = Day::of_seconds(key.start);
            *self.totals.entry(day).or_default() += total.sum;
            let [category, class] = [0, 1].map(|at| table.dimensions[at].text(key.values.0[at]));
            match Aside::of(category, class, false) {
                Some(Aside::Correction) => self.has_corrections = true,
                Some(_) => self.has_others = true,
                None => *self.usage.entry(day).or_default() += total.sum,
            }
        }
    }

    /// Adds what stays out of the fit.
    fn add_others(&mut self, table: &Table, long: bool) {
        for (key, total) in table.groups().filter(|(_, total)| !total.sum.is_zero()) {
            let [account, category, class] = [0, 1, 2].map(|at| table.dimensions[at].text(key.values.0[at]));
            let Some(kind) = Aside::of(category, class, long) else { continue };
            let stream = Stream { kind, account: account.to_owned(), long };
            *self.others.entry(stream).or_default().entry(Day::of_seconds(key.start)).or_default() += total.sum;
        }
    }
}

/// The last day that is settled of everybody that is looked at and still delivers, and days before it that have not come.
fn settled(engine: &LocalEngine, lens: &Lens, read: Period, as_of: Day) -> (Option<Day>, BTreeSet<Day>) {
    let freshness = admitted(engine.freshness(as_of), lens);
    let settled = pending::settled(&freshness, as_of).filter(|last| *last >= read.from).map(|last| last.min(as_of));
    let arrivals = Arrivals::of_those(engine, &lens.filter, &freshness, as_of);
    let missing = arrivals.missing(Period { to: settled.map_or(read.from, |last| last.plus(1)), ..read });
    let of = missing.map(|pending| pending.of).unwrap_or_default();
    (settled, of.iter().flat_map(|behind| &behind.missing).flat_map(|run| run.iter()).collect())
}
