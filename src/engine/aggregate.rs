//! Adds charges up by group: from rollups where they have what is asked, else by scanning.
//!
//! The two ways give the same totals; a test holds that.

use std::ops::Range;

use crate::analytics::rollup::canonical;
use crate::domain::calendar::Granularity;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::rollup::is_free;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::{Group, Manifest};
use crate::store::rollups::{self, Rollup};

use super::Cancel;
use super::matcher;
use super::table::{Ids, Key, Request, Slots, Table};
use super::told::{Needed, Plan};
use super::{rest, scan};

/// Adds up what a request asks for over the groups that count.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn aggregate(store: &Store, request: &Request<'_>, cancel: &Cancel) -> Result<Table> {
    let (_held, manifest) = store.read();
    let plan = Plan::new(&manifest, request.period, &needed(request));
    by_plan((store, &manifest), request, &plan, cancel)
}

/// The same of those groups alone whose charges do not tell everything: what is made of single charges is
/// made of the others.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn aggregate_untold(store: &Store, request: &Request<'_>, cancel: &Cancel) -> Result<Table> {
    let (_held, manifest) = store.read();
    let mut plan = Plan::new(&manifest, request.period, &needed(request));
    plan.whole.retain(|group| manifest.tells(group).is_some());
    by_plan((store, &manifest), request, &plan, cancel)
}

/// Adds up several requests: what no rollup has of any of them is read once.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn together(store: &Store, requests: &[Request<'_>], cancel: &Cancel) -> Result<Vec<Table>> {
    let (_held, manifest) = store.read();
    let plan = |request: &Request<'_>| Plan::new(&manifest, request.period, &needed(request));
    let plans: Vec<Plan<'_>> = requests.iter().map(plan).collect();
    let (mut tables, mut to_scan) = (Vec::with_capacity(requests.len()), Vec::with_capacity(requests.len()));
    for (request, plan) in requests.iter().zip(&plans) {
        let (table, others) = from_rollups((store, &manifest), request, &plan.whole)?;
        tables.push(table);
        to_scan.push((request.clone(), others));
    }
    let scanned = scan::totals_of(store, &to_scan, cancel)?;
    for (((request, plan), table), scanned) in requests.iter().zip(&plans).zip(&mut tables).zip(scanned) {
        table.merge(scanned);
        for part in &plan.parts {
            rest::add((store, &manifest), request, part, table, cancel)?;
        }
    }
    Ok(tables)
}

fn needed<'r>(request: &Request<'r>) -> Needed<'r> {
    Needed::new(request.by, request.clauses, request.granularity == Some(Granularity::Hour))
}

fn by_plan(
    (store, manifest): (&Store, &Manifest),
    request: &Request<'_>,
    plan: &Plan<'_>,
    cancel: &Cancel,
) -> Result<Table> {
    let mut table = add_up((store, manifest), request, &plan.whole, cancel)?;
    for part in &plan.parts {
        rest::add((store, manifest), request, part, &mut table, cancel)?;
    }
    Ok(table)
}

/// Adds up what a request asks for over some groups.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn add_up(
    (store, manifest): (&Store, &Manifest),
    request: &Request<'_>,
    groups: &[&Group],
    cancel: &Cancel,
) -> Result<Table> {
    let (mut table, to_scan) = from_rollups((store, manifest), request, groups)?;
    if !to_scan.is_empty() {
        table.merge(scan::totals(store, request, &to_scan, cancel)?);
    }
    Ok(table)
}

/// Adds up what rollups have of some groups, and says whose charges must be looked at.
fn from_rollups<'g>(
    (store, manifest): (&Store, &Manifest),
    request: &Request<'_>,
    groups: &[&'g Group],
) -> Result<(Table, Vec<&'g Group>)> {
    let mut table = Table::new(request.by.len());
    let mut slots = Slots::default();
    let mut to_scan = Vec::new();
    let asks_classes = needed(request).dimensions.contains(&&Dimension::ChargeClass);
    match kind_for(request, manifest) {
        Some(kind) => {
            for group in groups.iter().copied() {
                if !matcher::admits_group(request.clauses, group) {
                    continue;
                }
                let rollup = rollups::get(store.kv(), group.id, &kind, request.metric)?;
                let rollup = match rollup {
                    Some(rollup) if asks_classes && !rollup.tells_classes(store.kv(), group)? => None,
                    rollup => rollup,
                };
                match rollup.and_then(|rollup| Some((Admits::new(request, &kind, &rollup)?, rollup))) {
                    Some((admits, rollup)) => {
                        add_rollup(&mut table, &mut slots, request, &kind, group, &rollup, &admits)
                    }
                    None => to_scan.push(group),
                }
            }
        }
        None => to_scan = groups.to_vec(),
    }
    Ok((table, to_scan))
}

/// Whether rollups have what is asked; else all charges are looked at.
#[must_use]
pub fn is_kept(store: &Store, request: &Request<'_>) -> bool {
    kind_for(request, &store.manifest()).is_some()
}

/// The smallest kept grouping that has all dimensions of the request and its filter.
fn kind_for(request: &Request<'_>, manifest: &Manifest) -> Option<Vec<Dimension>> {
    if request.granularity == Some(Granularity::Hour) {
        return None;
    }
    let mut needed: Vec<&Dimension> = request.by.iter().filter(|d| !is_free(d)).collect();
    for clause in request.clauses {
        let dimension = clause.dimension.as_ref()?;
        if !is_free(dimension) && !needed.contains(&dimension) {
            needed.push(dimension);
        }
    }
    needed.dedup();
    let has = |kind: &[Dimension], needed: &Dimension| kind.iter().any(|kept| needed.is_told_from(kept));
    let fitting = manifest.kinds().into_iter().filter(|kind| needed.iter().all(|d| has(kind, d)));
    fitting.min_by_key(Vec::len)
}

/// Where a requested dimension's value comes from.
enum From<'r> {
    /// The dimension that is told from the kind's of this number; for each of the kind's values,
    /// the table's number once it is known.
    Kind(&'r Dimension, usize, Vec<u32>),
    /// The same for all cells.
    Group(u32),
    /// The cell's charge category; for each, the table's number.
    Category(Vec<u32>),
    /// The same of its charge class.
    Class(Vec<u32>),
}

fn add_rollup(
    table: &mut Table,
    slots: &mut Slots,
    request: &Request<'_>,
    kind: &[Dimension],
    group: &Group,
    rollup: &Rollup,
    admits: &Admits,
) {
    let currencies: Vec<Option<u32>> = rollup
        .currency_texts
        .iter()
        .map(|text| request.currency.is_none_or(|c| c == text).then(|| table.currencies.intern(text)))
        .collect();
    let froms: Vec<From<'_>> = request
        .by
        .iter()
        .zip(&mut table.dimensions)
        .map(|(d, values)| match d {
            Dimension::Provider => From::Group(values.add(&canonical(d, &group.key.provider), "")),
            Dimension::BillingAccount => From::Group(values.add(&group.key.account, &group.account_name)),
            Dimension::ChargeCategory => {
                From::Category(rollup.category_texts.iter().map(|t| values.add(t, "")).collect())
            }
            Dimension::ChargeClass => From::Class(rollup.class_texts.iter().map(|t| values.add(t, "")).collect()),
            other => {
                let at = kind.iter().position(|k| other.is_told_from(k)).unwrap_or_default();
                // Few of a long rollup's values may lie in the period: they are added when met.
                From::Kind(other, at, vec![u32::MAX; rollup.dimensions[at].texts.len()])
            }
        })
        .collect();
    let mut places = Places { froms, currencies, ..Places::default() };
    slots.make_room(places.count());
    let (mut last, mut from) = (None, 0);
    // Cells come day by day: each run of a day is numbered column by column, then added up.
    while from < rollup.len() {
        let run = from..from + rollup.days[from..].iter().take_while(|d| **d == rollup.days[from]).count();
        let day = rollup.day(from);
        from = run.end;
        if !request.period.contains(day) {
            continue;
        }
        let start = request.granularity.map_or(0, |g| g.floor(day.seconds()));
        if last != Some(start) {
            if let Some(last) = last {
                places.flush(slots, last, rollup, table);
            }
            last = Some(start);
        }
        places.number(rollup, run.clone(), admits);
        places.add(slots, rollup, run);
    }
    if let Some(last) = last {
        places.flush(slots, last, rollup, table);
    }
}

/// The place of a cell that the clauses do not admit.
const NOWHERE: usize = usize::MAX;

/// Numbers a rollup's groups, so that its cells are added up without looking them up.
#[derive(Default)]
struct Places<'r> {
    froms: Vec<From<'r>>,
    currencies: Vec<Option<u32>>,
    /// For each cell of a run, its place, its charges, and those whose cost is unknown.
    places: Vec<usize>,
    rows: Vec<u32>,
    unknown: Vec<u32>,
}

impl Places<'_> {
    fn count(&self) -> usize {
        self.froms.iter().fold(self.currencies.len(), |count, from| count.saturating_mul(from.width()))
    }

    /// Adds a run's cells to their places.
    fn add(&mut self, slots: &mut Slots, rollup: &Rollup, cells: Range<usize>) {
        let Some((factor, sums)) = rollup.narrow_sums() else {
            let wanted = self.places.iter().zip(cells).filter(|(place, _)| **place != NOWHERE);
            return wanted.for_each(|(place, cell)| slots.at(*place).merge(&rollup.total(cell)));
        };
        for (ids, out) in [(&rollup.rows, &mut self.rows), (&rollup.unknown, &mut self.unknown)] {
            out.resize(cells.len(), 0);
            ids.each_with(cells.clone(), out.iter_mut(), |out, id| *out = id);
        }
        let counts = self.rows.iter().zip(&self.unknown);
        for ((place, sum), (rows, unknown)) in self.places.iter().zip(&sums[cells]).zip(counts) {
            if *place != NOWHERE {
                let (known, unknown) = (u64::from(rows.saturating_sub(*unknown)), u64::from(*unknown));
                let sum = Amount::from_units(i128::from(*sum) * i128::from(factor));
                slots.at(*place).merge(&Total { sum, known, unknown });
            }
        }
    }

    /// The place of each of some cells, [`NOWHERE`] where the clauses do not admit it.
    fn number(&mut self, rollup: &Rollup, cells: Range<usize>, admits: &Admits) {
        let places = &mut self.places;
        places.clear();
        places.resize(cells.len(), 0);
        rollup.currencies.each_with(cells.clone(), places.iter_mut(), |place, currency| *place = currency as usize);
        for from in &self.froms {
            let width = from.width();
            let (own, shift) = match from {
                From::Group(_) => continue,
                From::Class(_) => (&rollup.classes, 0),
                From::Category(_) => (&rollup.kinds, 1),
                From::Kind(_, at, _) => (&rollup.dimensions[*at].ids, 0),
            };
            own.each_with(cells.clone(), places.iter_mut(), |place, own| {
                *place = *place * width + (own >> shift) as usize;
            });
        }
        if !admits.is_all() {
            let left_out = places.iter_mut().zip(cells).filter(|(_, cell)| !admits.cell(rollup, *cell));
            left_out.for_each(|(place, _)| *place = NOWHERE);
        }
    }

    fn flush(&mut self, slots: &mut Slots, start: i64, rollup: &Rollup, table: &mut Table) {
        slots.drain(|places, totals| {
            let mut kept = Vec::with_capacity(places.len());
            let mut keys = Vec::with_capacity(places.len());
            for (place, total) in places.iter().zip(totals) {
                let mut place = *place;
                let mut values = Ids::default();
                for (d, from) in self.froms.iter_mut().enumerate().rev() {
                    let own = place % from.width();
                    place /= from.width();
                    values.0[d] = match from {
                        From::Group(id) => *id,
                        From::Category(ids) | From::Class(ids) => ids[own],
                        From::Kind(dimension, at, ids) => {
                            if ids[own] == u32::MAX {
                                let theirs = &rollup.dimensions[*at];
                                let (text, name) = (theirs.texts.get(own as u32), theirs.name(own as u32));
                                ids[own] = table.dimensions[d].add(&canonical(dimension, text), name);
                            }
                            ids[own]
                        }
                    };
                }
                if let Some(currency) = self.currencies[place] {
                    keys.push(Key { currency, start, values });
                    kept.push(*total);
                }
            }
            table.add_all(&keys, &kept);
        });
    }
}

impl From<'_> {
    /// How many values there are.
    fn width(&self) -> usize {
        match self {
            From::Group(_) => 1,
            From::Category(ids) | From::Class(ids) | From::Kind(_, _, ids) => ids.len().max(1),
        }
    }
}

/// Which cells a request admits: for each clause on a kind's dimension or the category, a flag
/// for each value.
struct Admits {
    values: Vec<(usize, Vec<bool>)>,
    categories: Vec<Vec<bool>>,
    classes: Vec<Vec<bool>>,
    long: Option<bool>,
}

impl Admits {
    /// `None` where the cells cannot tell: some charges of a value are admitted by their name, and
    /// others of it, which have another, are not.
    fn new(request: &Request<'_>, kind: &[Dimension], rollup: &Rollup) -> Option<Admits> {
        let (values, categories, classes) = Default::default();
        let mut admits = Admits { values, categories, classes, long: request.long };
        for clause in request.clauses {
            let Some(dimension) = clause.dimension.as_ref().filter(|d| !matcher::is_of_groups(d)) else { continue };
            let check = |value: &str, name: &str| {
                matcher::matches(dimension, &clause.patterns, &canonical(dimension, value), name) != clause.negated
            };
            if *dimension == Dimension::ChargeCategory {
                admits.categories.push(rollup.category_texts.iter().map(|t| check(t, "")).collect());
                continue;
            }
            if *dimension == Dimension::ChargeClass {
                // Most bills have none: nothing is then left out, cell by cell.
                let flags: Vec<bool> = rollup.class_texts.iter().map(|t| check(t, "")).collect();
                admits.classes.extend(flags.contains(&false).then_some(flags));
                continue;
            }
            let at = kind.iter().position(|k| dimension.is_told_from(k))?;
            let theirs = &rollup.dimensions[at];
            let flag = |id: u32| {
                let text = theirs.texts.get(id);
                let admitted = check(text, theirs.name(id));
                theirs.other_names(id).all(|name| check(text, name) == admitted).then_some(admitted)
            };
            admits.values.push((at, (0..theirs.texts.len() as u32).map(flag).collect::<Option<_>>()?));
        }
        Some(admits)
    }

    /// Whether every cell of the group is admitted.
    fn is_all(&self) -> bool {
        self.values.is_empty() && self.categories.is_empty() && self.classes.is_empty() && self.long.is_none()
    }

    fn cell(&self, rollup: &Rollup, cell: usize) -> bool {
        let value = |at: usize| rollup.dimensions[at].ids.get(cell) as usize;
        let kind = rollup.kind(cell);
        let class = || rollup.classes.get(cell) as usize;
        self.values.iter().all(|(at, flags)| flags[value(*at)])
            && self.categories.iter().all(|flags| flags[kind.category() as usize])
            && self.classes.iter().all(|flags| flags[class()])
            && self.long.is_none_or(|long| long == kind.is_long())
    }
}
