//! Adds charges up by group: from rollups where they have what is asked, else by scanning.
//!
//! The two ways give the same totals; a test holds that.

use crate::analytics::rollup::canonical;
use crate::domain::calendar::Granularity;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Clause;
use crate::domain::rollup::kinds;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::{Group, Manifest};
use crate::store::rollups::{self, Rollup};

use super::Cancel;
use super::matcher;
use super::scan;
use super::table::{Ids, Key, Request, Slots, Table};

/// Adds up what a request asks for over the groups that count.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn aggregate(store: &Store, request: &Request<'_>, cancel: &Cancel) -> Result<Table> {
    let (_held, manifest) = store.read();
    let groups: Vec<&Group> = manifest.active().into_iter().filter(|g| g.overlaps(request.period)).collect();
    let mut table = Table::new(request.by.len());
    let mut slots = Slots::default();
    let mut to_scan = Vec::new();
    match kind_for(request, &manifest) {
        Some(kind) => {
            for group in groups {
                match rollups::get(store.kv(), group.id, &kind, request.metric)? {
                    Some(rollup) => add_rollup(&mut table, &mut slots, request, &kind, group, &rollup),
                    None => to_scan.push(group),
                }
            }
        }
        None => to_scan = groups,
    }
    if !to_scan.is_empty() {
        table.merge(&scan::totals(store, request, &to_scan, cancel)?);
    }
    Ok(table)
}

/// Dimensions that every rollup knows: by its group or by its cells.
fn is_free(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Provider | Dimension::BillingAccount | Dimension::ChargeCategory)
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
    let kinds = kinds(&manifest.tag_keys);
    let fitting = kinds.into_iter().filter(|kind| needed.iter().all(|d| kind.contains(d)));
    fitting.min_by_key(|kind| (kind.len(), kind.iter().filter(|d| !is_free(d)).count()))
}

/// Where a requested dimension's value comes from.
enum From {
    /// The kind's dimension of this number; for each of its values, the table's number.
    Kind(usize, Vec<u32>),
    /// The same for all cells.
    Group(u32),
    /// The cell's charge category; for each, the table's number.
    Category(Vec<u32>),
}

fn add_rollup(
    table: &mut Table,
    slots: &mut Slots,
    request: &Request<'_>,
    kind: &[Dimension],
    group: &Group,
    rollup: &Rollup,
) {
    let Some(admits) = Admits::new(request.clauses, kind, group, rollup) else { return };
    let currencies: Vec<Option<u32>> = rollup
        .currency_texts
        .iter()
        .map(|text| request.currency.is_none_or(|c| c == text).then(|| table.currencies.intern(text)))
        .collect();
    let froms: Vec<From> = request
        .by
        .iter()
        .zip(&mut table.dimensions)
        .map(|(d, values)| match d {
            Dimension::Provider => From::Group(values.add(&group.key.provider, "")),
            Dimension::BillingAccount => From::Group(values.add(&group.key.account, &group.account_name)),
            Dimension::ChargeCategory => {
                From::Category(rollup.category_texts.iter().map(|t| values.add(t, "")).collect())
            }
            other => {
                let at = kind.iter().position(|k| k == other).unwrap_or_default();
                let theirs = &rollup.dimensions[at];
                let mut used = vec![false; theirs.texts.len()];
                theirs.ids.iter().for_each(|id| used[*id as usize] = true);
                let ids = (0..theirs.texts.len() as u32)
                    .map(|id| if used[id as usize] { values.add(theirs.texts.get(id), theirs.name(id)) } else { 0 });
                From::Kind(at, ids.collect())
            }
        })
        .collect();
    let places = Places { froms, currencies };
    slots.make_room(places.count());
    let mut last = None;
    for cell in 0..rollup.len() {
        let day = rollup.day(cell);
        let currency = rollup.currencies[cell] as usize;
        if places.currencies[currency].is_none() || !request.period.contains(day) || !admits.cell(rollup, cell) {
            continue;
        }
        // Cells come day by day.
        let start = request.granularity.map_or(0, |g| g.floor(day.seconds()));
        if last != Some(start) {
            if let Some(last) = last {
                places.flush(slots, last, table);
            }
            last = Some(start);
        }
        slots.at(places.place(rollup, cell)).merge(&rollup.total(cell));
    }
    if let Some(last) = last {
        places.flush(slots, last, table);
    }
}

/// Numbers a rollup's groups, so that its cells are added up without looking them up.
struct Places {
    froms: Vec<From>,
    currencies: Vec<Option<u32>>,
}

impl Places {
    fn count(&self) -> usize {
        self.froms.iter().fold(self.currencies.len(), |count, from| count.saturating_mul(from.width()))
    }

    fn place(&self, rollup: &Rollup, cell: usize) -> usize {
        self.froms.iter().fold(rollup.currencies[cell] as usize, |place, from| {
            let own = match from {
                From::Group(_) => 0,
                From::Category(_) => rollup.categories[cell] >> 1,
                From::Kind(at, _) => rollup.dimensions[*at].ids[cell],
            };
            place * from.width() + own as usize
        })
    }

    fn flush(&self, slots: &mut Slots, start: i64, table: &mut Table) {
        slots.drain(|mut place, total| {
            let mut values = Ids::default();
            for (value, from) in values.0[..self.froms.len()].iter_mut().zip(&self.froms).rev() {
                let own = place % from.width();
                place /= from.width();
                *value = match from {
                    From::Group(id) => *id,
                    From::Category(ids) | From::Kind(_, ids) => ids[own],
                };
            }
            if let Some(currency) = self.currencies[place] {
                table.add(Key { currency, start, values }, total);
            }
        });
    }
}

impl From {
    /// How many values there are.
    fn width(&self) -> usize {
        match self {
            From::Group(_) => 1,
            From::Category(ids) | From::Kind(_, ids) => ids.len().max(1),
        }
    }
}

/// Which cells the clauses admit: for each clause on a kind's dimension or the category, a flag
/// for each value.
struct Admits {
    values: Vec<(usize, Vec<bool>)>,
    categories: Vec<Vec<bool>>,
}

impl Admits {
    /// `None` where the clauses admit nothing of the group.
    fn new(clauses: &[Clause], kind: &[Dimension], group: &Group, rollup: &Rollup) -> Option<Admits> {
        let mut admits = Admits { values: Vec::new(), categories: Vec::new() };
        for clause in clauses {
            let Some(dimension) = &clause.dimension else { continue };
            let check = |value: &str, name: &str| {
                matcher::matches(dimension, &clause.patterns, canonical(dimension, value), name) != clause.negated
            };
            match dimension {
                Dimension::Provider => check(&group.key.provider, "").then_some(())?,
                Dimension::BillingAccount => check(&group.key.account, &group.account_name).then_some(())?,
                Dimension::ChargeCategory => {
                    admits.categories.push(rollup.category_texts.iter().map(|t| check(t, "")).collect())
                }
                other => {
                    let at = kind.iter().position(|k| k == other)?;
                    let theirs = &rollup.dimensions[at];
                    let flags =
                        (0..theirs.texts.len() as u32).map(|id| check(theirs.texts.get(id), theirs.name(id))).collect();
                    admits.values.push((at, flags));
                }
            }
        }
        Some(admits)
    }

    fn cell(&self, rollup: &Rollup, cell: usize) -> bool {
        let value = |at: usize| rollup.dimensions[at].ids[cell] as usize;
        self.values.iter().all(|(at, flags)| flags[value(*at)])
            && self.categories.iter().all(|flags| flags[(rollup.categories[cell] >> 1) as usize])
    }
}
