//! Adds up what drives a change: costs and quantities of two periods by group, SKU, unit and region.
//!
//! Knows nothing of prices; [`super::drivers`] makes them.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::Cancel;
use super::aggregate::aggregate_untold;
use super::alike::{Before, Lacking};
use super::answer::Key;
use super::grouping::Column;
use super::local::LocalEngine;
use super::opened::Opened;
use super::query::request;
use super::selection::Wanted;
use super::sweep::{self, Pass, Run, Sweeper};
use super::table::{Request, Table};
use super::told;
use super::values::Values;
use crate::analytics::attribute::Measure;
use crate::domain::batch::TermsRow;
use crate::domain::calendar::{Day, HOUR_SECONDS, Period};
use crate::domain::charge::{Profile, Quantity};
use crate::domain::dict::{Dict, NONE};
use crate::domain::dimension::{Dimension, Place as Kept};
use crate::domain::filter::Clause;
use crate::domain::lens::{DIMENSIONS_MAX, Lens};
use crate::domain::money::Amount;
use crate::domain::numbers::{Total, UNKNOWN_WIDE};
use crate::domain::text::{UNTOLD, Untrusted};
use crate::error::Result;

/// The places of a [`Half`]'s measures: of pricing quantities, and of consumed ones.
pub(super) const UNIT_OF: [u8; 2] = [0, 1];

/// What some charges of one period came to.
#[derive(Clone, Copy, Default)]
pub(super) struct Half {
    /// What they cost, all of them.
    pub total: Total,
    /// Those with a pricing quantity; of the others, those with a consumed one.
    pub measures: [Measure; 2],
}

/// Of some days only these hours: from which second of the first on, and until which of the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hours {
    /// The seconds of the first day before the first hour.
    pub from: i64,
    /// The seconds of the last day before the end of the last hour.
    pub until: i64,
}

impl Hours {
    /// Whether a charge of some days is of these hours, that begins so many seconds into a day of theirs and is so long.
    fn hold(self, days: Period, day: Day, times: TermsRow) -> bool {
        let at = day.seconds() + i64::from(times.start);
        let to = days.to.plus(-1).seconds() + self.until;
        times.duration <= HOUR_SECONDS && (days.from.seconds() + self.from..to).contains(&at)
    }
}

/// The days that are looked at: a period, what it is held against, of both some hours alone, and what is left out of the
/// latter.
#[derive(Clone, Copy)]
pub(super) struct Days<'d> {
    pub period: Period,
    pub against: Option<Period>,
    pub hours: Option<Hours>,
    pub lacking: &'d [Lacking],
}

/// Before, and now.
pub(super) type Cell = [Half; 2];

/// Where a cell belongs, in numbers of [`Found`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Its currency.
    pub currency: u32,
    /// Its values of the lens's dimensions; 0 beyond the last.
    pub group: [u32; DIMENSIONS_MAX],
    /// Its SKU.
    pub sku: u32,
    /// Its pricing unit and its consumed unit.
    pub units: [u32; 2],
    /// Its region.
    pub region: u32,
}

/// Everything that was added up.
#[derive(Default)]
pub(super) struct Found {
    /// The cells.
    pub cells: HashMap<Place, Cell>,
    /// Currencies.
    pub currencies: Dict,
    /// SKUs, each with what people call it.
    pub skus: Values,
    /// Units of both kinds.
    pub units: Values,
    /// Regions.
    pub regions: Values,
    groups: Vec<Values>,
}

impl Found {
    /// The texts of a group's values.
    pub fn texts<'f>(&'f self, group: &'f [u32]) -> impl Iterator<Item = &'f str> {
        self.groups.iter().zip(group).map(|(values, id)| values.text(*id))
    }

    /// Names of ids in a group's values, by position.
    pub fn names(&self, group: &[u32]) -> BTreeMap<usize, Untrusted> {
        let names = self.groups.iter().zip(group).map(|(values, id)| values.name(*id)).enumerate();
        names.filter(|(_, name)| !name.is_empty()).map(|(d, name)| (d, name.into())).collect()
    }

    /// Adds what another thread found, whose numbers are its own.
    fn merge(&mut self, other: Found) {
        if self.cells.is_empty() {
            *self = other;
            return;
        }
        let currencies = self.currencies.adopt(&other.currencies);
        let groups: Vec<Vec<u32>> =
            self.groups.iter_mut().zip(&other.groups).map(|(ours, theirs)| ours.adopt(theirs)).collect();
        let (skus, regions) = (self.skus.adopt(&other.skus), self.regions.adopt(&other.regions));
        let units = self.units.adopt(&other.units);
        for (mut place, cell) in other.cells {
            place.currency = currencies[place.currency as usize];
            groups.iter().zip(&mut place.group).for_each(|(numbers, id)| *id = numbers[*id as usize]);
            place.sku = skus[place.sku as usize];
            place.region = regions[place.region as usize];
            place.units = place.units.map(|unit| units[unit as usize]);
            self.add(place, &cell);
        }
    }

    fn add(&mut self, place: Place, cell: &Cell) {
        let ours = self.cells.entry(place).or_default();
        for (ours, theirs) in ours.iter_mut().zip(cell) {
            ours.total.merge(&theirs.total);
            ours.measures.iter_mut().zip(&theirs.measures).for_each(|(ours, theirs)| ours.merge(theirs));
        }
    }
}

/// Adds up the charges of a period, and of the days that it is held against, of some groups; or of the same hours of
/// both alone.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn run(
    engine: &LocalEngine,
    lens: &Lens,
    (clauses, groups): (&[Clause], &[Key]),
    days: Days<'_>,
    cancel: &Cancel,
) -> Result<Found> {
    let Days { period, against, hours, lacking } = days;
    let hull = against.map_or(period, |days| Period { from: days.from.min(period.from), to: days.to.max(period.to) });
    let quantities = [lens.metric.quantity(), Quantity::Pricing, Quantity::Consumed];
    let pass = Pass { wanted: Wanted { clauses, ..Wanted::of(lens, hull) }, quantities: &quantities };
    let begin = || Drive::new(lens, groups, days);
    let mut found = Found::new(lens.by.len());
    let (_held, manifest) = engine.store().read();
    let of_charges = told::tell_all(&manifest, hull);
    sweep::sweep(engine.store(), &of_charges, &pass, cancel, begin)?
        .into_iter()
        .for_each(|drive| found.merge(drive.found));
    for (half, days) in [against, Some(period)].into_iter().enumerate() {
        // What tells no SKU tells no hour.
        let Some(days) = days.filter(|_| !manifest.scopes.is_empty() && hours.is_none()) else { continue };
        let asked = Request { clauses, ..request(lens, days, &lens.by, None) };
        let lacking = if half == 0 { lacking } else { &[] };
        let untold = Before::new(&asked, lacking, |request| aggregate_untold(engine.store(), request, cancel))?;
        found.add_untold(half, &untold.table, groups);
    }
    Ok(found)
}

impl Found {
    /// Adds the costs of one period of charges that tell neither SKUs nor quantities.
    fn add_untold(&mut self, half: usize, table: &Table, groups: &[Key]) {
        let wanted: HashSet<Vec<&str>> = groups.iter().map(|key| key.iter().map(Untrusted::raw).collect()).collect();
        let (sku, region) = (self.skus.add(UNTOLD, ""), self.regions.add(UNTOLD, ""));
        for (key, total) in table.groups() {
            if total.is_nothing() || !wanted.contains(&table.texts(&key.values).collect::<Vec<_>>()) {
                continue;
            }
            let mut group = [NONE; DIMENSIONS_MAX];
            for (d, values) in self.groups.iter_mut().enumerate() {
                let (theirs, id) = (&table.dimensions[d], key.values.0[d]);
                group[d] = values.add(theirs.text(id), theirs.name(id));
            }
            let currency = self.currencies.intern(table.currencies.get(key.currency));
            let mut cell = Cell::default();
            cell[half].total = *total;
            self.add(Place { currency, group, sku, units: [NONE; 2], region }, &cell);
        }
    }

    fn new(dimensions: usize) -> Found {
        Found { groups: vec![Values::default(); dimensions], ..Found::default() }
    }
}

struct Drive<'l> {
    lens: &'l Lens,
    days: [Option<Period>; 2],
    hours: Option<Hours>,
    lacking: &'l [Lacking],
    found: Found,
    /// The groups that are looked at: of the others nothing is kept.
    wanted: HashSet<[u32; DIMENSIONS_MAX]>,
}

/// One segment's charges: each profile and each terms row has a group, and a cell belongs to one of
/// each.
struct Part {
    profiles: Vec<u32>,
    terms: Vec<u32>,
    /// When the charges of each terms row begin and how long they are, where only some hours are looked at.
    times: Vec<TermsRow>,
    profile_places: Vec<Place>,
    terms_places: Vec<Place>,
    numbers: HashMap<u64, u32>,
    cells: Vec<(u64, Cell)>,
}

const EMPTY: Place = Place { currency: 0, group: [NONE; DIMENSIONS_MAX], sku: NONE, units: [NONE; 2], region: NONE };

impl Sweeper for Drive<'_> {
    type Part = Part;

    fn open(&mut self, segment: &Opened<'_>) -> Result<Part> {
        let currencies = sweep::currencies(segment, &mut self.found.currencies)?;
        let mut profiles = vec![EMPTY; segment.head.profiles as usize];
        let mut terms: Vec<Place> = currencies.into_iter().map(|currency| Place { currency, ..EMPTY }).collect();
        for (d, dimension) in self.lens.by.iter().enumerate() {
            let ids = Column::read(dimension, segment)?.all_numbered(&mut self.found.groups[d]);
            match dimension.place() {
                Kept::Terms(_) => terms.iter_mut().zip(ids).for_each(|(place, id)| place.group[d] = id),
                Kept::Profile(_) | Kept::Tag(_) | Kept::Evidence(_) => {
                    profiles.iter_mut().zip(ids).for_each(|(place, id)| place.group[d] = id);
                }
            }
        }
        self.place(segment, &mut profiles)?;
        let (profiles, profile_places) = grouped(profiles);
        let (terms, terms_places) = grouped(terms);
        let times = if self.hours.is_some() { segment.terms_times()? } else { Vec::new() };
        Ok(Part { profiles, terms, times, profile_places, terms_places, numbers: HashMap::new(), cells: Vec::new() })
    }

    fn add(&self, part: &mut Part, run: &Run<'_>) {
        let mut halves = self.days.map(|days| days.is_some_and(|days| days.contains(run.day)));
        halves[0] &= !self.lacking.iter().any(|lacking| lacking.holds(run.key, run.day));
        if halves == [false; 2] {
            return;
        }
        let [costs, pricing, consumed] = run.numbers else { return };
        run.each(|row, profile, terms| {
            let of_hours = |days: Option<Period>| {
                let (Some(hours), Some(days)) = (self.hours, days) else { return true };
                part.times.get(terms as usize).is_some_and(|times| hours.hold(days, run.day, *times))
            };
            let halves = [0, 1].map(|half| halves[half] && of_hours(self.days[half]));
            if halves == [false; 2] {
                return;
            }
            let terms = part.terms[terms as usize];
            let key = u64::from(part.profiles[profile as usize]) << 32 | u64::from(terms);
            let next = part.cells.len() as u32;
            let at = *part.numbers.entry(key).or_insert_with(|| {
                let group = group(&part.profile_places, &part.terms_places, key);
                if self.wanted.contains(&group) { next } else { NOBODY }
            });
            if at == NOBODY {
                return;
            }
            if at == next {
                part.cells.push((key, Cell::default()));
            }
            let cost = costs.units(row);
            let quantities = [pricing.units(row), consumed.units(row)];
            let of = quantities.iter().position(|quantity| *quantity != UNKNOWN_WIDE);
            for half in (0..2).filter(|half| halves[*half]) {
                let half = &mut part.cells[at as usize].1[half];
                half.total.add_units(cost);
                if let Some(of) = of.filter(|_| cost != UNKNOWN_WIDE) {
                    half.measures[of].add(Amount::from_units(cost), Amount::from_units(quantities[of]));
                }
            }
        });
    }

    fn close(&mut self, part: Part) {
        for (key, cell) in &part.cells {
            let (profile, terms) = (part.profile_places[(key >> 32) as usize], part.terms_places[*key as u32 as usize]);
            let group = group(&part.profile_places, &part.terms_places, *key);
            self.found.add(Place { currency: terms.currency, group, ..profile }, cell);
        }
    }
}

impl<'l> Drive<'l> {
    fn new(lens: &'l Lens, groups: &[Key], of: Days<'l>) -> Drive<'l> {
        let mut found = Found::new(lens.by.len());
        let mut number = |key: &Key| {
            let mut group = [NONE; DIMENSIONS_MAX];
            let values = group.iter_mut().zip(&mut found.groups).zip(key);
            values.for_each(|((id, values), text)| *id = values.add(text.raw(), ""));
            group
        };
        let wanted = groups.iter().map(&mut number).collect();
        let days = [of.against, Some(of.period)];
        Drive { lens, days, hours: of.hours, lacking: of.lacking, found, wanted }
    }
}

impl Drive<'_> {
    /// SKU, units and region of each profile.
    fn place(&mut self, segment: &Opened<'_>, profiles: &mut [Place]) -> Result<()> {
        let (skus, sku_ids) = segment.profile_column(Profile::SkuId)?;
        let (meters, meter_ids) = segment.profile_column(Profile::SkuMeter)?;
        let (types, type_ids) = segment.profile_column(Profile::InstanceType)?;
        let found = &mut self.found;
        let mut known: HashMap<[u32; 3], u32> = HashMap::new();
        for (at, place) in profiles.iter_mut().enumerate() {
            let ids = [sku_ids[at], meter_ids[at], type_ids[at]];
            place.sku = *known.entry(ids).or_insert_with(|| {
                let (sku, meter, instance) = (skus.get(ids[0]), meters.get(ids[1]), types.get(ids[2]));
                let name = if instance.is_empty() { meter } else { instance };
                found.skus.add(if sku.is_empty() { meter } else { sku }, name)
            });
        }
        for (at, column) in [Profile::PricingUnit, Profile::ConsumedUnit].into_iter().enumerate() {
            let (texts, ids) = segment.profile_column(column)?;
            let numbers: Vec<u32> = texts.iter().map(|text| found.units.add(text, "")).collect();
            profiles.iter_mut().zip(ids).for_each(|(place, id)| place.units[at] = numbers[id as usize]);
        }
        let ids = Column::read(&Dimension::Region, segment)?.all_numbered(&mut found.regions);
        profiles.iter_mut().zip(ids).for_each(|(place, id)| place.region = id);
        Ok(())
    }
}

/// The number of what belongs to a group that nobody asks for.
const NOBODY: u32 = u32::MAX;

/// The group of a profile's and a terms row's places: a dimension is of the one or the other, and 0 in
/// the other.
fn group(profiles: &[Place], terms: &[Place], key: u64) -> [u32; DIMENSIONS_MAX] {
    let (profile, terms) = (&profiles[(key >> 32) as usize], &terms[key as u32 as usize]);
    std::array::from_fn(|d| profile.group[d] | terms.group[d])
}

/// Equal places get one number each.
fn grouped(places: Vec<Place>) -> (Vec<u32>, Vec<Place>) {
    let (mut known, mut distinct) = (HashMap::new(), Vec::new());
    let mut number = |place: Place| {
        *known.entry(place).or_insert_with(|| {
            distinct.push(place);
            distinct.len() as u32 - 1
        })
    };
    let numbers = places.into_iter().map(&mut number).collect();
    (numbers, distinct)
}
