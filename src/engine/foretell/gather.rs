//! A filter's days of one currency: what goes on by itself, and what stays out of the fit; of providers that are
//! much later than others apart.
//!
//! Rollups answer where they have what the filter asks for; charges are looked at one by one where not. Knows no
//! model.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Aside, DAYS_READ, USUAL_DAYS, days as days_of};
use crate::analytics::forecast::Series;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::services::canonical_provider;
use crate::engine::Cancel;
use crate::engine::answer::Freshness;
use crate::engine::local::LocalEngine;
use crate::engine::pending::{self, Arrivals};
use crate::engine::query::request;
use crate::engine::spend::admitted;
use crate::engine::table::{Key, Request, Table};
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

/// Of fewer days nobody knows what is usual.
const KNOWN_DAYS: usize = 3;
/// Providers whose last settled days are no more days apart are foretold together.
const LATE_DAYS: i32 = 4;

/// What was found of providers that are settled up to about the same day.
pub(super) struct Part {
    /// Who they are.
    pub of: Vec<Freshness>,
    /// What goes on by itself, up to the last settled day.
    pub series: Series,
    /// What stays out of it, up to the day that is asked about.
    pub others: BTreeMap<Stream, BTreeMap<Day, Amount>>,
    /// All of it.
    pub totals: BTreeMap<Day, Amount>,
    /// The part of [`Self::totals`] that goes on by itself.
    pub usage: BTreeMap<Day, Amount>,
    /// The last day that nobody restates any more.
    pub settled: Option<Day>,
    /// Days up to that one of which not all has come.
    pub missing: BTreeSet<Day>,
    /// Those of them that nobody seems to have brought, by provider.
    pub holes: Vec<(String, Period)>,
}

/// What was found.
pub(super) struct Gathered {
    /// Those first that are settled last; one at least.
    pub parts: Vec<Part>,
    /// Whether there are charges before those that were read.
    pub has_older: bool,
    /// What each provider costs a day, by its canonical name; of those of which enough days are known.
    pub usual: BTreeMap<String, f64>,
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
    let (short, long) = (together.table(&wanted.short(), cancel)?, together.table(&wanted.long(), cancel)?);
    let freshness = admitted(together.engine().freshness(wanted.as_of), &wanted.lens);
    let began = began([&*short, &*long]);
    let with = with_charges(&freshness, &began);
    let is_any = !with.is_empty();
    let groups = by_settled(if is_any { with } else { freshness }, &began, wanted.as_of);
    let mut all = Found::new(&groups);
    all.add_short(&short);
    all.add_others(&long, true);
    all.add_totals(&long);
    // Only these are many times more by account.
    if all.has_others {
        all.add_others(&*together.table(&wanted.others(), cancel)?, false);
    }
    if all.has_corrections {
        all.add_others(&*together.table(&wanted.corrections(), cancel)?, false);
    }
    let usual = all.by_provider.iter().filter_map(|(name, days)| Some((name.clone(), a_day(days)?))).collect();
    let found = all.parts;
    let of = groups.into_iter().zip(found).take(if is_any { usize::MAX } else { 1 });
    let parts = of.map(|(of, found)| part(together.engine(), wanted, of, found)).collect();
    Ok(Gathered { parts, has_older: wanted.oldest < wanted.days.from, usual })
}

/// The first day of each provider among what was found, by its canonical name.
fn began(found: [&Table; 2]) -> BTreeMap<String, Day> {
    let mut began: BTreeMap<String, Day> = BTreeMap::new();
    for table in found {
        let mut by_number: BTreeMap<u32, i64> = BTreeMap::new();
        for (key, _) in table.groups() {
            let first = by_number.entry(key.values.0[0]).or_insert(key.start);
            *first = key.start.min(*first);
        }
        for (number, start) in by_number {
            let (name, day) = (canonical_provider(table.dimensions[0].text(number)), Day::of_seconds(start));
            let first = began.entry(name.to_owned()).or_insert(day);
            *first = day.min(*first);
        }
    }
    began
}

/// Those who have a charge among what was found: who has none neither holds up nor vouches for anybody.
fn with_charges(freshness: &[Freshness], began: &BTreeMap<String, Day>) -> Vec<Freshness> {
    let has = |fresh: &&Freshness| began.contains_key(canonical_provider(fresh.provider.raw()));
    freshness.iter().filter(has).cloned().collect()
}

fn part(engine: &LocalEngine, wanted: &Wanted, of: Vec<Freshness>, found: FoundPart) -> Part {
    let FoundPart { usage, totals, others } = found;
    let Period { from, .. } = wanted.days;
    let arrivals = Arrivals::of_those(engine, &wanted.lens.filter, &of, wanted.as_of);
    let (settled, mut missing) = settled(&arrivals, &of, wanted.days, wanted.as_of);
    let holes: Vec<_> = arrivals.holes().map(|(of, hole)| (of.to_owned(), hole.intersect(wanted.days))).collect();
    missing.extend(holes.iter().flat_map(|(_, hole)| hole.iter()));
    // Days before the first charge are settled as nobody's.
    let settled = settled.filter(|last| totals.keys().next().is_none_or(|first| first <= last));
    let days = Period { from, to: settled.map_or(from, |last| last.plus(1)) };
    let value = |day: Day| {
        let usage = usage.get(&day).copied().unwrap_or_default();
        (!missing.contains(&day)).then(|| usage.to_f64())
    };
    let series = Series { first: from, values: days.iter().map(value).collect() };
    Part { of, series, others, totals, usage, settled, missing, holes }
}

/// What a provider's last days cost a day; none where too few are known.
fn a_day(days: &BTreeMap<Day, Amount>) -> Option<f64> {
    let (first, last) = (*days.first_key_value()?.0, *days.last_key_value()?.0);
    let from = first.max(last.plus(1 - days_of(USUAL_DAYS)));
    let sum: Amount = days.range(from..).map(|(_, amount)| *amount).sum();
    let cost = sum.to_f64() / f64::from(last.plus(1).0 - from.0);
    (days.len() >= KNOWN_DAYS).then_some(cost.max(0.0))
}

/// Those who still deliver, by the day up to which they are settled: one who is late, however small, must not hold
/// up the others. Who began after the last settled day of those with whom they would be is alone behind them, for no day
/// of theirs would count; those of whom no day is settled at all come last. Those who deliver no more are with the first:
/// what they cost since is nothing.
fn by_settled(freshness: Vec<Freshness>, began: &BTreeMap<String, Day>, as_of: Day) -> Vec<Vec<Freshness>> {
    let (live, mut gone): (Vec<_>, Vec<_>) =
        freshness.into_iter().partition(|fresh| pending::still_delivers(fresh, as_of));
    let began_after = |fresh: &Freshness, last: Day| {
        began.get(canonical_provider(fresh.provider.raw())).is_some_and(|first| *first > last)
    };
    let (unsettled, mut live): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|fresh| began_after(fresh, fresh.settled_through));
    live.sort_by_key(|fresh| Reverse(fresh.settled_through));
    let mut groups: Vec<Vec<Freshness>> = Vec::new();
    for fresh in live {
        let near = |of: &&mut Vec<Freshness>| of[0].settled_through.0 - fresh.settled_through.0 <= LATE_DAYS;
        match groups.last_mut().filter(near) {
            Some(group) => group.push(fresh),
            None => groups.push(vec![fresh]),
        }
    }
    let apart = |group: Vec<Freshness>| {
        let last = group.last().map_or(as_of, |fresh| fresh.settled_through);
        let (young, old): (Vec<_>, Vec<_>) = group.into_iter().partition(|fresh| began_after(fresh, last));
        [old].into_iter().chain(young.into_iter().map(|fresh| vec![fresh]))
    };
    let mut groups: Vec<Vec<Freshness>> = groups.into_iter().flat_map(apart).collect();
    if let (true, Some(last)) = (groups.is_empty(), unsettled.iter().map(|fresh| fresh.settled_through).min()) {
        gone.iter_mut().for_each(|fresh| fresh.settled_through = last.max(fresh.settled_through));
    }
    match groups.first_mut() {
        Some(first) => first.extend(gone),
        None if gone.is_empty() && !unsettled.is_empty() => {}
        None => groups.push(gone),
    }
    groups.extend((!unsettled.is_empty()).then_some(unsettled));
    groups
}

const BY_CATEGORY: [Dimension; 3] = [Dimension::Provider, Dimension::ChargeCategory, Dimension::ChargeClass];
const BY_ACCOUNT: [Dimension; 4] =
    [Dimension::Provider, Dimension::ChargeCategory, Dimension::ChargeClass, Dimension::BillingAccount];

struct Found<'g> {
    groups: &'g [Vec<Freshness>],
    /// One of each group.
    parts: Vec<FoundPart>,
    /// Of each provider what goes on by itself.
    by_provider: BTreeMap<String, BTreeMap<Day, Amount>>,
    has_others: bool,
    has_corrections: bool,
}

#[derive(Default)]
struct FoundPart {
    usage: BTreeMap<Day, Amount>,
    totals: BTreeMap<Day, Amount>,
    others: BTreeMap<Stream, BTreeMap<Day, Amount>>,
}

impl Found<'_> {
    fn new(groups: &[Vec<Freshness>]) -> Found<'_> {
        let parts = groups.iter().map(|_| FoundPart::default()).collect();
        let by_provider = BTreeMap::new();
        Found { groups, parts, by_provider, has_others: false, has_corrections: false }
    }

    /// Adds what is not longer than a day.
    fn add_short(&mut self, table: &Table) {
        let mut whose = whose(self.groups, table);
        let mut by_provider: BTreeMap<u32, BTreeMap<Day, Amount>> = BTreeMap::new();
        for (key, total) in table.groups() {
            let day = Day::of_seconds(key.start);
            let [category, class] = [1, 2].map(|at| table.dimensions[at].text(key.values.0[at]));
            let aside = Aside::of(category, class, false);
            self.has_corrections |= aside == Some(Aside::Correction);
            self.has_others |= aside.is_some_and(|kind| kind != Aside::Correction);
            let part = &mut self.parts[whose(&key)];
            *part.totals.entry(day).or_default() += total.sum;
            if aside.is_none() {
                *part.usage.entry(day).or_default() += total.sum;
                *by_provider.entry(key.values.0[0]).or_default().entry(day).or_default() += total.sum;
            }
        }
        for (number, days) in by_provider {
            let provider = canonical_provider(table.dimensions[0].text(number));
            let known = self.by_provider.entry(provider.to_owned()).or_default();
            days.into_iter().for_each(|(day, sum)| *known.entry(day).or_default() += sum);
        }
    }

    /// Adds to what all costs.
    fn add_totals(&mut self, table: &Table) {
        let mut whose = whose(self.groups, table);
        for (key, total) in table.groups() {
            *self.parts[whose(&key)].totals.entry(Day::of_seconds(key.start)).or_default() += total.sum;
        }
    }

    /// Adds what stays out of the fit.
    fn add_others(&mut self, table: &Table, long: bool) {
        let mut whose = whose(self.groups, table);
        for (key, total) in table.groups().filter(|(_, total)| !total.sum.is_zero()) {
            let [category, class, account] = [1, 2, 3].map(|at| table.dimensions[at].text(key.values.0[at]));
            let Some(kind) = Aside::of(category, class, long) else { continue };
            let stream = Stream { kind, account: account.to_owned(), long };
            let day = Day::of_seconds(key.start);
            *self.parts[whose(&key)].others.entry(stream).or_default().entry(day).or_default() += total.sum;
        }
    }
}

/// To which of some groups charges of a table belong, by their provider: told once for each of those.
fn whose<'t>(groups: &'t [Vec<Freshness>], table: &'t Table) -> impl FnMut(&Key) -> usize + 't {
    let mut known: Vec<Option<usize>> = Vec::new();
    move |key| {
        let number = key.values.0[0];
        let at = number as usize;
        known.resize(known.len().max(at + 1), None);
        *known[at].get_or_insert_with(|| {
            let provider = table.dimensions[0].text(number);
            let is_of = |group: &Vec<Freshness>| group.iter().any(|f| canonical_provider(f.provider.raw()) == provider);
            groups.iter().position(is_of).unwrap_or(0)
        })
    }
}

/// The last day that is settled of some who are looked at, and days before it that have not come.
fn settled(arrivals: &Arrivals, of: &[Freshness], read: Period, as_of: Day) -> (Option<Day>, BTreeSet<Day>) {
    let settled = pending::settled(of, as_of).filter(|last| *last >= read.from).map(|last| last.min(as_of));
    let missing = arrivals.missing(Period { to: settled.map_or(read.from, |last| last.plus(1)), ..read });
    let of = missing.map(|pending| pending.of).unwrap_or_default();
    (settled, of.iter().flat_map(|behind| &behind.missing).flat_map(|run| run.iter()).collect())
}
