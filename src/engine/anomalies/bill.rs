//! The series of the places of a bill, read from rollups: what [`crate::analytics::detect`] looks at.
//!
//! One currency at a time, in effective cost, without what does not go on by itself (purchases, tax, credits,
//! adjustments, corrections of earlier bills). Of each dimension only the values that cost most are places of their own, and of each pair
//! of dimensions those of such values: the number of series is bounded whatever the bill. A place's day
//! has not come where one of its providers has not delivered it; before a provider's first day it cost nothing, and
//! is new in what it is a part of. Knows no detector.

mod shared;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use super::known::LEARN_DAYS;
use super::known::{self, Known, Providers};
use crate::analytics::detect::place::Place;
use crate::analytics::detect::tree::{KNOWN_DAYS, Node};
use crate::domain::anomaly::Spot;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Pattern};
use crate::domain::money::Amount;
use crate::domain::text::UNTOLD;
use crate::engine::Cancel;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::table::{Key, Request, Table};
use crate::error::Result;

/// Months before the one of the as-of day that are looked at: whole ones, so that the same days are learnt from
/// all month.
const MONTHS: i32 = 7;
/// And the months in which what is new must not have been billed.
const NEW_MONTHS: i32 = 13;
/// Days for which others are waited for.
const SETTLES_MOST: i32 = 3;

/// Places of a dimension, or of a pair, at most.
const PLACES_MAX: usize = 60;
/// Places of a dimension by the hour at most.
pub const TOP_HOURS: usize = 24;
/// The same of pairs.
const PAIRS_MAX: usize = 120;

/// Days whose charges tell which service a SKU is of.
const SKU_DAYS: i32 = 7;

/// The word of a dimension in a [`Place`], as the detector knows it.
#[must_use]
pub fn word_of(dimension: &Dimension) -> String {
    match dimension {
        Dimension::SubAccount => "account".to_owned(),
        Dimension::CommitmentDiscount => "commitment".to_owned(),
        other => other.name(),
    }
}

/// The bill of one currency.
#[derive(Debug)]
pub struct Bill {
    /// Its currency.
    pub currency: String,
    /// The providers whose charges it holds and that are known for long enough to be looked at by the hour.
    pub providers: BTreeSet<String>,
    /// The first day of all series.
    pub first: Day,
    /// How many days are settled, of the provider that is settled furthest.
    pub settled: usize,
    /// The places and their costs.
    pub nodes: Vec<Node>,
    /// What an average day costs.
    pub daily: f64,
    /// Names for values that are ids.
    names: HashMap<(String, String), String>,
}

/// Why a currency has no series.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct TooFew {
    /// The currency.
    pub currency: String,
    /// Settled days that are known of those who deliver.
    pub days: i32,
}

/// All bills, and the currencies that are not known for long enough.
#[derive(Debug, Default)]
pub struct Bills {
    /// One a currency, the largest first.
    pub bills: Vec<Bill>,
    /// Those without.
    pub too_few: Vec<TooFew>,
}

impl Bill {
    /// A place's parts, with names.
    #[must_use]
    pub fn spots(&self, place: &Place) -> Vec<Spot> {
        let mut spots: Vec<Spot> =
            place.parts().iter().filter_map(|part| self.spot(&part.dimension, &part.value)).collect();
        spots.sort();
        spots
    }

    /// One part, with its name.
    #[must_use]
    pub fn spot(&self, dimension: &str, value: &str) -> Option<Spot> {
        let name = self.names.get(&(dimension.to_owned(), value.to_owned()));
        Some(Spot {
            dimension: Dimension::parse(dimension)?,
            value: value.into(),
            name: name.map(|name| name.as_str().into()),
        })
    }

    /// The node of a place.
    #[must_use]
    pub fn node(&self, place: &Place) -> Option<&Node> {
        self.nodes.iter().find(|node| node.place == *place)
    }
}

/// The place that spots are of.
#[must_use]
pub fn place_of(spots: &[Spot]) -> Place {
    Place::new(spots.iter().map(|spot| (word_of(&spot.dimension), spot.value.raw().to_owned())))
}

/// Reads the bills of all currencies.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn read(engine: &LocalEngine, as_of: Day, cancel: &Cancel) -> Result<Bills> {
    let mut bills = Bills::default();
    let Some(reader) = Reader::new(engine, as_of, cancel) else { return Ok(bills) };
    let known = reader.known(None, as_of)?;
    for (currency, providers) in &known {
        let longest = providers.values().map(Known::days).max().unwrap_or(0);
        if longest < LEARN_DAYS {
            bills.too_few.push(TooFew { currency: currency.clone(), days: longest });
            continue;
        }
        bills.bills.push(reader.bill(currency, providers)?);
    }
    bills.bills.sort_by(|a, b| b.daily.total_cmp(&a.daily));
    Ok(bills)
}

/// What an average day of a currency's bill costs, as [`read`] has it in [`Bill::daily`]; nothing where it has no
/// bill.
///
/// # Errors
/// As [`read`].
pub fn daily(engine: &LocalEngine, currency: &str, as_of: Day, cancel: &Cancel) -> Result<Option<f64>> {
    let Some(reader) = Reader::new(engine, as_of, cancel) else { return Ok(None) };
    let known = reader.known(Some(currency), as_of)?;
    let Some(providers) = known.get(currency) else { return Ok(None) };
    Ok(Some(reader.whole(currency, providers)?.bill(currency, 0).daily))
}

struct Reader<'e> {
    engine: &'e LocalEngine,
    cancel: &'e Cancel,
    window: Period,
    /// The first day of all charges.
    data_from: Day,
}

/// What is asked of charges wherever anomalies are looked for: what they cost in effect, in a period and in pieces of
/// it, by some dimensions and as far as clauses admit them.
pub(super) fn request<'r>(
    currency: Option<&'r str>,
    period: Period,
    (by, clauses): (&'r [Dimension], &'r [Clause]),
    granularity: Option<Granularity>,
) -> Request<'r> {
    Request { period, by, clauses, metric: Metric::Effective, granularity, currency, parting: &[], long: None }
}

impl<'e> Reader<'e> {
    /// One of the days that are looked at; none where there are none.
    fn new(engine: &'e LocalEngine, as_of: Day, cancel: &'e Cancel) -> Option<Reader<'e>> {
        let data = engine.data_days()?;
        let from = as_of.month().plus(-MONTHS).first().max(data.from);
        let window = Period { from, to: data.to.min(as_of.plus(1)) };
        (window.days() > 0).then_some(Reader { engine, cancel, window, data_from: data.from })
    }

    /// How far the providers of each currency are known.
    fn known(&self, currency: Option<&str>, as_of: Day) -> Result<BTreeMap<String, Providers>> {
        let days = self.table(&[Dimension::Provider], &[], (currency, self.window), Granularity::Day)?;
        let freshness = self.engine.freshness(as_of);
        // A drop of the last day that should be settled is often but late: that any other takes longer is waited for.
        let settles = freshness.iter().map(|fresh| self.engine.settles_in(fresh.provider.raw())).max().unwrap_or(0);
        let mut known = known::of_currencies(&days, &freshness, (as_of, as_of.plus(-settles.min(SETTLES_MOST))));
        for last in known::settled(&known) {
            let period = Period { from: last.plus(-1), to: last.plus(1) };
            let hours = self.table(&[Dimension::Provider], &[], (currency, period), Granularity::Hour)?;
            known::wait_for_hours(&mut known, last, (&hours, &days));
        }
        Ok(known)
    }

    /// The series of all of a currency alone.
    fn whole<'p>(&self, currency: &str, providers: &'p Providers) -> Result<Series<'p>> {
        let window = Period { from: known::span(providers).0, to: self.window.to };
        let mut series = Series::new(window, providers);
        series.add(&self.usage(&[], &[], (currency, window), Granularity::Day)?, &[]);
        Ok(series)
    }

    fn table(
        &self,
        by: &[Dimension],
        clauses: &[Clause],
        of: (Option<&str>, Period),
        in_: Granularity,
    ) -> Result<Table> {
        self.engine.aggregate(&request(of.0, of.1, (by, clauses), Some(in_)), self.cancel)
    }

    /// What goes on by itself, by a place's dimensions and those of [`by`]. What is not told of a charge's class
    /// does, as what is not told of its category.
    fn usage(
        &self,
        dimensions: &[&Dimension],
        clauses: &[Clause],
        of: (&str, Period),
        in_: Granularity,
    ) -> Result<Table> {
        let clauses = [clauses, &[Aside::of_class(true)]].concat();
        let (by, last) = (by(dimensions), [clauses.len() - 1]);
        let request = Request { parting: &last, ..request(Some(of.0), of.1, (&by, &clauses), Some(in_)) };
        self.engine.aggregate(&request, self.cancel)
    }

    fn bill(&self, currency: &str, providers: &Providers) -> Result<Bill> {
        let (first, settled) = known::span(providers);
        let window = Period { from: first, to: self.window.to };
        let mut series = self.whole(currency, providers)?;
        let tags = &self.engine.store().manifest().tag_keys;
        let team = tags.iter().find(|key| *key == "team").or(tags.first());
        let tag = team.map(|key| Dimension::Tag(key.clone()));
        let alone = [Dimension::SubAccount, Dimension::Service, Dimension::Region, Dimension::CommitmentDiscount];
        let mut top: Vec<(Dimension, Vec<String>)> = Vec::new();
        for dimension in alone.into_iter().chain(tag.clone()) {
            let months = self.usage(&[&dimension], &[], (currency, window), Granularity::Month)?;
            let values = largest(&months, providers, &dimension);
            let clause = clause(&dimension, &values);
            if values.is_empty() {
                continue;
            }
            let days = self.usage(&[&dimension], &[clause], (currency, window), Granularity::Day)?;
            series.add(&days, &[&dimension]);
            if dimension == Dimension::Service {
                series.add_shared(&days);
            }
            top.push((dimension, values));
        }
        self.add_skus(&mut series, currency, window)?;
        series.add_providers();
        let mut pairs = vec![
            (Dimension::Service, Dimension::SubAccount),
            (Dimension::Service, Dimension::Region),
            (Dimension::SubAccount, Dimension::Region),
        ];
        pairs.extend(tag.map(|tag| (tag, Dimension::Service)));
        for (a, b) in pairs {
            let of = |d: &Dimension| top.iter().find(|(known, _)| known == d).map(|(d, values)| clause(d, values));
            let (Some(one), Some(other)) = (of(&a), of(&b)) else { continue };
            let days = self.usage(&[&a, &b], &[one, other], (currency, window), Granularity::Day)?;
            series.add(&days, &[&a, &b]);
        }
        let mut bill = series.bill(currency, settled as usize);
        self.mark_billed_before(&mut bill, providers)?;
        Ok(bill)
    }

    /// Marks what begins within the days of a bill though it was billed in the year before them.
    fn mark_billed_before(&self, bill: &mut Bill, providers: &Providers) -> Result<()> {
        let from = self.window.from.month().plus(MONTHS - NEW_MONTHS).first();
        let before = Period { from: from.max(self.data_from), to: bill.first };
        if before.days() <= 0 {
            return Ok(());
        }
        for dimension in [Dimension::Provider, Dimension::SubAccount, Dimension::Service, Dimension::Region] {
            let word = word_of(&dimension);
            let begins = |node: &&mut Node| {
                let alone = matches!(node.place.parts(), [part] if part.dimension == word);
                alone && node.costs.iter().take(KNOWN_DAYS).all(|cost| cost.is_none_or(|cost| cost == 0.0))
            };
            let mut later: Vec<&mut Node> = bill.nodes.iter_mut().filter(begins).collect();
            if later.is_empty() {
                continue;
            }
            let of = |node: &Node| node.place.parts().first().map_or_else(String::new, |part| part.value.clone());
            let clause = clause(&dimension, &later.iter().map(|node| of(node)).collect::<Vec<_>>());
            // The provider of a charge is asked for anyhow.
            let (asked, at) = if dimension == Dimension::Provider { (vec![], 0) } else { (vec![&dimension], 1) };
            let clauses = if at == 0 { Vec::new() } else { vec![clause] };
            let table = self.usage(&asked, &clauses, (&bill.currency, before), Granularity::Month)?;
            let billed: BTreeSet<&str> = table
                .groups()
                .filter(|(_, total)| !total.sum.is_zero())
                .filter_map(|(key, _)| {
                    let name = provider(&table, &key, at, providers)?;
                    Some(if at == 0 { name } else { table.dimensions[0].text(key.values.0[0]) })
                })
                .collect();
            later.iter_mut().for_each(|node| node.was_billed = billed.contains(of(node).as_str()));
        }
        // What begins again begins again in its parts.
        let again: BTreeSet<Place> =
            bill.nodes.iter().filter(|node| node.was_billed).map(|node| node.place.clone()).collect();
        for node in bill.nodes.iter_mut().filter(|node| node.place.depth() > 1) {
            node.was_billed = again.iter().any(|place| place.holds(&node.place));
        }
        Ok(())
    }

    /// SKUs, each as a part of its service: which that is, a look at the charges of the last days tells.
    fn add_skus(&self, series: &mut Series<'_>, currency: &str, window: Period) -> Result<()> {
        let sku = Dimension::Sku;
        let months = self.usage(&[&sku], &[], (currency, window), Granularity::Month)?;
        let values = largest(&months, series.providers, &sku);
        if values.is_empty() {
            return Ok(());
        }
        let clauses = [clause(&sku, &values)];
        let last = Period { from: window.to.plus(-SKU_DAYS).max(window.from), to: window.to };
        let of =
            self.table(&[sku.clone(), Dimension::Service], &clauses, (Some(currency), last), Granularity::Month)?;
        let mut services: HashMap<String, Option<String>> = HashMap::new();
        for (key, _) in of.groups() {
            let [sku, service] = [0, 1].map(|at| of.dimensions[at].text(key.values.0[at]).to_owned());
            let known = services.entry(sku).or_insert_with(|| Some(service.clone()));
            // One that several services have is no part of any.
            known.take_if(|known| *known != service);
        }
        let days = self.usage(&[&sku], &clauses, (currency, window), Granularity::Day)?;
        series.add(&days, &[&sku]);
        series.put_into(&word_of(&sku), "service", &services);
        Ok(())
    }
}

/// A place's dimensions, and those that say, besides the class, what of it counts.
pub(super) fn by(dimensions: &[&Dimension]) -> Vec<Dimension> {
    let beside = [Dimension::Provider, Dimension::ChargeCategory];
    dimensions.iter().map(|d| (*d).clone()).chain(beside).collect()
}

pub(super) fn clause(dimension: &Dimension, values: &[String]) -> Clause {
    let patterns = values.iter().map(|value| Pattern::only(value)).collect();
    Clause { negated: false, dimension: Some(dimension.clone()), patterns }
}

/// The provider of a group, where it counts: `dimensions` is how many stand before those of [`by`].
fn provider<'t>(table: &'t Table, key: &Key, dimensions: usize, providers: &Providers) -> Option<&'t str> {
    let text = |at: usize| table.dimensions[at].text(key.values.0[at]);
    let name = text(dimensions);
    (providers.contains_key(name) && Aside::of(text(dimensions + 1), "", false).is_none()).then_some(name)
}

/// Whether a value is a place of its own: what has no region or service is no place, what has no tag is.
fn is_place(dimension: &Dimension, value: &str) -> bool {
    value != UNTOLD && (!value.is_empty() || matches!(dimension, Dimension::Tag(_)))
}

/// The values of a dimension that cost most in any month: what is new is young.
fn largest(months: &Table, providers: &Providers, dimension: &Dimension) -> Vec<String> {
    let mut most: BTreeMap<u32, (BTreeMap<i64, Amount>, &str)> = BTreeMap::new();
    for (key, total) in months.groups() {
        let value = months.dimensions[0].text(key.values.0[0]);
        if is_place(dimension, value) && provider(months, &key, 1, providers).is_some() {
            let sums = &mut most.entry(key.values.0[0]).or_insert((BTreeMap::new(), value)).0;
            *sums.entry(key.start).or_default() += total.sum;
        }
    }
    let size = |sums: &BTreeMap<i64, Amount>| sums.values().map(|sum| sum.abs()).max().unwrap_or_default();
    let mut values: Vec<(Amount, &str)> = most.values().map(|(sums, value)| (size(sums), *value)).collect();
    values.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    values.iter().take(PLACES_MAX).map(|(_, value)| (*value).to_owned()).collect()
}

/// Series as they are read.
struct Series<'p> {
    window: Period,
    providers: &'p Providers,
    places: HashMap<Place, (Vec<f64>, BTreeSet<&'p str>)>,
    names: HashMap<(String, String), String>,
    by_provider: BTreeMap<&'p str, Vec<f64>>,
}

impl<'p> Series<'p> {
    fn new(window: Period, providers: &'p Providers) -> Self {
        let (places, names, by_provider) = Default::default();
        Series { window, providers, places, names, by_provider }
    }

    fn add(&mut self, table: &Table, dimensions: &[&Dimension]) {
        let days = self.window.days().max(0) as usize;
        let mut found: HashMap<[u32; 2], (Vec<f64>, BTreeSet<&'p str>)> = HashMap::new();
        for (key, total) in table.groups() {
            let Some(name) = provider(table, &key, dimensions.len(), self.providers) else { continue };
            let Some((name, known)) = self.providers.get_key_value(name) else { continue };
            let day = Day::of_seconds(key.start);
            if day < known.first {
                continue;
            }
            let at = (day.0 - self.window.from.0) as usize;
            let mut ids = [0; 2];
            ids.iter_mut().zip(&key.values.0[..dimensions.len()]).for_each(|(id, value)| *id = *value);
            let (costs, of) = found.entry(ids).or_insert_with(|| (vec![0.0; days], BTreeSet::new()));
            if let Some(cost) = costs.get_mut(at) {
                *cost += total.sum.to_f64();
                of.insert(name);
            }
            if dimensions.is_empty() {
                let costs = self.by_provider.entry(name).or_insert_with(|| vec![0.0; days]);
                costs.get_mut(at).into_iter().for_each(|cost| *cost += total.sum.to_f64());
            }
        }
        let size = |costs: &[f64]| costs.iter().map(|cost| cost.abs()).sum::<f64>();
        let mut found: Vec<_> = found.into_iter().map(|(ids, series)| (size(&series.0), ids, series)).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, ids, series) in found.into_iter().take(if dimensions.len() > 1 { PAIRS_MAX } else { PLACES_MAX }) {
            let values = dimensions.iter().zip(&table.dimensions).zip(ids);
            let parts: Vec<(String, String)> =
                values.clone().map(|((d, values), id)| (word_of(d), values.text(id).to_owned())).collect();
            if !values.clone().all(|((d, values), id)| is_place(d, values.text(id))) {
                continue;
            }
            for (part, (_, name)) in parts.iter().zip(values.map(|((_, values), id)| ((), values.name(id)))) {
                if !name.is_empty() {
                    self.names.insert(part.clone(), name.to_owned());
                }
            }
            self.places.insert(Place::new(parts), series);
        }
    }

    /// Makes places of one dimension parts of those of another; those that are of none are no places.
    fn put_into(&mut self, inner: &str, outer: &str, of: &HashMap<String, Option<String>>) {
        let is_inner = |place: &Place| matches!(place.parts(), [part] if part.dimension == inner);
        let (inner, others) = std::mem::take(&mut self.places).into_iter().partition(|(place, _)| is_inner(place));
        self.places = others;
        let inner: HashMap<Place, _> = inner;
        for (place, series) in inner {
            let Some(part) = place.parts().first() else { continue };
            if let Some(Some(value)) = of.get(&part.value).filter(|value| value.as_deref() != Some("")) {
                let parts = [(part.dimension.as_str(), part.value.as_str()), (outer, value.as_str())];
                self.places.insert(Place::new(parts), series);
            }
        }
    }

    /// One provider alone is all there is.
    fn add_providers(&mut self) {
        for (name, costs) in std::mem::take(&mut self.by_provider) {
            if self.providers.len() > 1 {
                self.places.insert(Place::new([("provider", name)]), (costs, BTreeSet::from([name])));
            }
        }
    }

    fn bill(self, currency: &str, settled: usize) -> Bill {
        let first = self.window.from;
        let until = |of: &BTreeSet<&str>, day: &dyn Fn(&Known) -> Day| {
            let last = of.iter().filter_map(|name| self.providers.get(*name)).map(day).min();
            last.map_or(0, |last| (last.plus(1).0 - first.0).max(0) as usize)
        };
        let mut nodes: Vec<Node> = self
            .places
            .into_iter()
            .map(|(place, (costs, of))| {
                let (come, settled) = (until(&of, &|known| known.last), until(&of, &|known| known.settled));
                let lost = |at: usize| {
                    let day = first.plus(at as i32);
                    of.iter().any(|name| self.providers.get(*name).is_some_and(|known| known.lost.contains(&day)))
                };
                let has_come = |at: usize| at < come && !lost(at);
                let costs = costs.into_iter().enumerate().map(|(at, cost)| has_come(at).then_some(cost)).collect();
                let providers = of.into_iter().map(str::to_owned).collect();
                Node { place, costs, settled: Some(settled), was_billed: false, providers }
            })
            .collect();
        nodes.sort_by(|a, b| a.place.cmp(&b.place));
        let daily = nodes.iter().find(|node| node.place.depth() == 0).map_or(0.0, |node| {
            let costs = node.costs.iter().flatten();
            costs.clone().sum::<f64>() / costs.count().max(1) as f64
        });
        let grown = |(name, known): (&String, &Known)| (known.days() >= LEARN_DAYS).then(|| name.clone());
        let providers = self.providers.iter().filter_map(grown).collect();
        Bill { currency: currency.to_owned(), providers, first, settled, nodes, daily, names: self.names }
    }
}
