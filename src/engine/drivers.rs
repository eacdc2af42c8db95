//! Answers [`super::Question::Drivers`]: why the cost of each group changed.
//!
//! One pass over the charges of both periods, by group, SKU, unit and region; what is made of it is
//! [`attribute`]'s arithmetic. A charge's quantity is its `PricingQuantity` in `PricingUnit`, as
//! unit prices are, and where the bill has none its `ConsumedQuantity` in `ConsumedUnit`.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::answer::{Driver, DriversAnswer, Figure, Key, Presence, Reason, UnitFigure};
use super::driver_sweep::{self, Cell, Days, Found, Hours, Place, UNIT_OF};
use super::local::LocalEngine;
use super::spend::admitted;
use super::{Among, Cancel, breakdown, concerned};
use crate::analytics::attribute::{self, Effects, Measure};
use crate::domain::calendar::{Day, Period};
use crate::domain::dict::NONE;
use crate::domain::filter::{Clause, Pattern};
use crate::domain::lens::{DIMENSIONS_MAX, Lens};
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::{UNTOLD, Untrusted};
use crate::error::Result;

/// So many groups at most are looked for by a filter: each of more is looked for in every segment.
const NARROWED_MAX: usize = 100;

/// Answers why the costs of some groups changed, one a currency.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(
    engine: &LocalEngine,
    lens: &Lens,
    among: &Among,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<DriversAnswer>> {
    let keys = match among {
        Among::Groups(keys) => Cow::Borrowed(keys),
        Among::Costliest(limit) => Cow::Owned(breakdown::costliest(engine, lens, *limit, as_of, cancel)?),
    };
    let (period, against) = lens.days(as_of);
    let freshness = admitted(engine.freshness(as_of), lens);
    let arrivals = concerned::arrivals(engine, lens, (&freshness, as_of), (period, against), cancel)?;
    let lacking = arrivals.lacking(period, against);
    of_days(engine, lens, &keys, Days { period, against, hours: None, lacking: &lacking }, cancel)
}

/// The same of given groups, and of other days than the lens's, or of some hours of those.
///
/// # Errors
/// As [`answer`].
pub(super) fn of_groups(
    engine: &LocalEngine,
    lens: &Lens,
    keys: &[Key],
    (period, against, hours): (Period, Option<Period>, Option<Hours>),
    cancel: &Cancel,
) -> Result<Vec<DriversAnswer>> {
    of_days(engine, lens, keys, Days { period, against, hours, lacking: &[] }, cancel)
}

fn of_days(
    engine: &LocalEngine,
    lens: &Lens,
    keys: &[Key],
    days: Days<'_>,
    cancel: &Cancel,
) -> Result<Vec<DriversAnswer>> {
    let Days { period, against, .. } = days;
    let compared = against.filter(|days| engine.has_data(*days));
    let mut clauses = lens.filter.clauses.clone();
    if keys.len() <= NARROWED_MAX {
        clauses.extend(narrowed(lens, keys));
    }
    let found = driver_sweep::run(engine, lens, (&clauses, keys), Days { against: compared, ..days }, cancel)?;
    let mut groups: BTreeMap<(u32, [u32; DIMENSIONS_MAX]), Vec<Placed<'_>>> = BTreeMap::new();
    for (place, cell) in &found.cells {
        groups.entry((place.currency, place.group)).or_default().push((place, cell));
    }
    let mut answers: BTreeMap<u32, DriversAnswer> = BTreeMap::new();
    for ((currency, group), cells) in groups {
        let answer = answers.entry(currency).or_insert_with(|| empty(lens, (period, against), &found, currency));
        answer.groups.push(driver(&found, &group, &cells, compared.is_some()));
    }
    let change = |figure: &Figure| {
        let zero = Amount::ZERO;
        (figure.amount.unwrap_or(zero) - figure.previous.unwrap_or(zero)).abs()
    };
    let mut answers: Vec<DriversAnswer> = answers.into_values().collect();
    for answer in &mut answers {
        answer.groups.sort_by(|a, b| change(&b.figure).cmp(&change(&a.figure)).then_with(|| a.key.cmp(&b.key)));
    }
    let cost = |answer: &DriversAnswer| answer.groups.iter().filter_map(|g| g.figure.amount).sum::<Amount>().abs();
    answers.sort_by_key(|answer| Reverse(cost(answer)));
    Ok(answers)
}

fn empty(lens: &Lens, days: (Period, Option<Period>), found: &Found, currency: u32) -> DriversAnswer {
    DriversAnswer {
        metric: lens.metric,
        currency: found.currencies.get(currency).to_owned(),
        period: days.0,
        previous_period: days.1,
        by: lens.by.clone(),
        groups: Vec::new(),
    }
}

/// Clauses that admit at least the charges of some groups: fewer are read.
fn narrowed(lens: &Lens, keys: &[Key]) -> Vec<Clause> {
    let clause = |(d, dimension): (usize, &crate::domain::dimension::Dimension)| {
        let values: BTreeSet<&str> = keys.iter().filter_map(|key| key.get(d)).map(Untrusted::raw).collect();
        Clause {
            negated: false,
            dimension: Some(dimension.clone()),
            patterns: values.into_iter().map(Pattern::only).collect(),
        }
    };
    lens.by.iter().enumerate().map(clause).collect()
}

/// A cell and where it belongs.
type Placed<'f> = (&'f Place, &'f Cell);

/// The measures of one SKU and unit, before and now.
type Measures = [Measure; 2];

fn driver(found: &Found, group: &[u32], cells: &[Placed<'_>], compared: bool) -> Driver {
    let mut totals = [Total::default(); 2];
    // By SKU and unit; by unit; by SKU; by SKU and region.
    let mut measures: HashMap<(u32, u8, u32), Measures> = HashMap::new();
    let mut units: BTreeMap<(u8, u32), Measures> = BTreeMap::new();
    let mut skus: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
    let mut places: BTreeMap<(u32, u32), [Total; 2]> = BTreeMap::new();
    let mut effects = Effects::default();
    for (place, cell) in cells {
        for half in 0..2 {
            totals[half].merge(&cell[half].total);
            skus.entry(place.sku).or_default()[half] += cell[half].total.rows();
            places.entry((place.sku, place.region)).or_default()[half].merge(&cell[half].total);
        }
        let unmeasured = |half: usize| cell[half].total.sum - cell[half].measures.iter().map(|m| m.cost).sum();
        effects.other += unmeasured(1) - unmeasured(0);
        for of in UNIT_OF {
            let unit = place.units[usize::from(of)];
            for half in 0..2 {
                let measure = &cell[half].measures[usize::from(of)];
                if measure.rows > 0 {
                    measures.entry((place.sku, of, unit)).or_default()[half].merge(measure);
                    units.entry((of, unit)).or_default()[half].merge(measure);
                }
            }
        }
    }
    for ((sku, ..), [before, now]) in &measures {
        let split = attribute::split(before, now);
        // Charges that nobody names are not one thing with a price.
        let other = Effects { other: split.change(), ..Effects::default() };
        effects.merge(if *sku == NONE { &other } else { &split });
    }
    let figure = figure(&totals, compared);
    skus.retain(|sku, _| *sku != NONE && found.skus.text(*sku) != UNTOLD);
    let only_in = |half: usize| skus.values().filter(|rows| rows[half] > 0 && rows[1 - half] == 0).count() as u64;
    Driver {
        key: found.texts(group).map(Untrusted::from).collect(),
        names: found.names(group),
        figure,
        effects: compared.then_some(effects),
        unit: unit(found, &units, compared),
        new_skus: if compared { only_in(1) } else { 0 },
        gone_skus: only_in(0),
        reason: if compared { reason(found, &places, figure) } else { None },
    }
}

fn figure([before, now]: &[Total; 2], compared: bool) -> Figure {
    Figure { amount: now.value(), previous: if compared { before.value() } else { None } }
}

/// Quantity and price of a group all of whose quantities are of one unit.
fn unit(found: &Found, units: &BTreeMap<(u8, u32), Measures>, compared: bool) -> Option<UnitFigure> {
    let mut units = units.iter();
    let (((_, unit), [before, now]), None) = (units.next()?, units.next()) else { return None };
    let previous = |amount| if compared { amount } else { None };
    (*unit != NONE).then(|| UnitFigure {
        unit: found.units.text(*unit).into(),
        quantity: Figure { amount: Some(now.quantity), previous: previous(Some(before.quantity)) },
        price: Figure { amount: now.price(), previous: previous(before.price()) },
    })
}

/// What moved most in the direction of the whole; where that did not move, what moved most.
fn reason(found: &Found, places: &BTreeMap<(u32, u32), [Total; 2]>, whole: Figure) -> Option<Reason> {
    let sign = whole.change().map_or(0, |change| change.units().signum());
    let change = |[before, now]: &[Total; 2]| now.sum - before.sum;
    let with = places.iter().filter(|((sku, _), totals)| {
        if found.skus.text(*sku) == UNTOLD {
            return false;
        }
        let own = change(totals).units().signum();
        own != 0 && (sign == 0 || own == sign)
    });
    let ((sku, region), totals) = with.max_by_key(|((sku, region), totals)| {
        (change(totals).abs(), Reverse((found.skus.text(*sku), found.regions.text(*region))))
    })?;
    let [before, now] = totals;
    Some(Reason {
        sku: found.skus.text(*sku).into(),
        name: Some(found.skus.name(*sku)).filter(|name| !name.is_empty()).map(Untrusted::from),
        region: found.regions.text(*region).into(),
        figure: figure(totals, true),
        presence: match (before.rows() > 0, now.rows() > 0) {
            (false, true) => Presence::New,
            (true, false) => Presence::Gone,
            _ => Presence::Both,
        },
    })
}
