//! Rollups in the store: each group's cells of each grouping, in sections.
//!
//! Section 0 names the cells; the others hold one metric's sums each, so that an answer unpacks
//! only the metric that it shows. A grouping with more cells in one group than are worth it
//! ([`cells_worth`]) is not kept but noted; questions then scan.
//!
//! Charge classes stand behind everything else of section 0. An older program's cells have none there: a question
//! about classes asks the charges whether there are any ([`Rollup::tells_classes`]).

use serde::{Deserialize, Serialize};

use super::codec::{self, Ids, Reader};
use super::frame::{self, Damage};
use super::keys;
use super::kv::{Change, Kv};
use super::manifest::Group;
use super::segment;
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;
#[cfg(test)]
use crate::domain::dict::Dict;
use crate::domain::dimension::Dimension;
use crate::domain::money::{Amount, POW10, SCALE};
use crate::domain::numbers::{Numbers, Total};
use crate::domain::rollup::{CellKind, Cells, METRICS, WHOLE};
use crate::domain::texts::Texts;
use crate::error::{Error, Result};

/// Cells of one grouping that a group keeps at most.
pub const CELLS_MAX: usize = 400_000;

/// So many cells are kept however few charges they sum: they are read faster than anything is scanned.
const CELLS_ALWAYS: usize = 100_000;

/// Groups of one commit that have rollups whatever their size, the largest first.
const GROUPS_ALWAYS: usize = 1_000;

/// Groups with so many charges always have rollups.
pub(super) const CHARGES_ALWAYS: u64 = 4_096;

/// How many cells a grouping of so many charges may have to be kept. One that is hardly smaller than its charges
/// is read no faster than they are, and costs as much again to make: what an API tells by account and service is
/// such a grouping itself.
#[must_use]
pub fn cells_worth(charges: u64) -> usize {
    usize::try_from(charges / 2).unwrap_or(usize::MAX).clamp(CELLS_ALWAYS, CELLS_MAX)
}

/// How many cells of a grouping each of these groups may have, by their numbers of charges; 0 where it is to have
/// no rollups. A bill with tens of thousands of small accounts would have more rollups than charges; those accounts
/// are scanned.
#[must_use]
pub fn worth_keeping(charges: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..charges.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(charges[*at]));
    let mut keep: Vec<bool> = charges.iter().map(|n| *n >= CHARGES_ALWAYS).collect();
    order.iter().take(GROUPS_ALWAYS).for_each(|at| keep[*at] = true);
    keep.iter().zip(charges).map(|(keep, charges)| if *keep { cells_worth(*charges) } else { 0 }).collect()
}

/// The name under which a grouping is kept.
#[must_use]
pub fn kind_name(kind: &[Dimension]) -> String {
    kind.iter().map(Dimension::name).collect::<Vec<_>>().join("\u{1}")
}

/// What a rollup is called in messages.
#[must_use]
pub fn described(kind: &[Dimension]) -> String {
    match kind {
        [] => "the rollup of the whole".to_owned(),
        by => format!("the rollup by {}", by.iter().map(Dimension::name).collect::<Vec<_>>().join(" and ")),
    }
}

#[derive(Serialize, Deserialize)]
struct Names {
    cells: u32,
    dimensions: u8,
}

/// Writes one group's cells of a grouping; the cells are in order.
pub fn put(changes: &mut Vec<Change>, group: u64, kind: &[Dimension], cells: &Cells) {
    let name = kind_name(kind);
    let mut raw =
        postcard::to_stdvec(&Names { cells: cells.keys.len() as u32, dimensions: cells.dimensions.len() as u8 })
            .unwrap_or_default();
    put_cells(&mut raw, cells);
    frame::put(changes, &keys::rollup(group, &name, 0), &raw);
    for metric in 0..METRICS {
        raw.clear();
        put_sums(&mut raw, cells, metric);
        frame::put(changes, &keys::rollup(group, &name, 1 + metric as u8), &raw);
    }
}

/// The section that notes that a grouping has too many cells to be kept.
const TOO_LARGE: u8 = u8::MAX;

/// Notes that a group has too many cells of a grouping for a rollup.
pub fn put_too_large(changes: &mut Vec<Change>, group: u64, kind: &[Dimension]) {
    frame::put(changes, &keys::rollup(group, &kind_name(kind), TOO_LARGE), &[]);
}

/// Whether a group has too many cells of a grouping for a rollup; else one that is not there is
/// missing.
///
/// # Errors
/// Kind `Store` where the note is damaged.
pub fn is_too_large(kv: &dyn Kv, group: u64, kind: &[Dimension]) -> Result<bool> {
    let key = keys::rollup(group, &kind_name(kind), TOO_LARGE);
    Ok(frame::get(kv, &key, &described(kind))?.is_some())
}

/// Writes what cells are about: days, currencies, categories, counts, values and classes.
pub(super) fn put_cells(raw: &mut Vec<u8>, cells: &Cells) {
    let column = |value: &dyn Fn(usize) -> u32| -> Vec<u32> { (0..cells.keys.len()).map(value).collect() };
    codec::put_ids(raw, &column(&|i| cells.keys[i].day.0 as u32), true);
    codec::put_ids(raw, &column(&|i| cells.keys[i].currency), false);
    codec::put_ids(raw, &column(&|i| cells.keys[i].kind.0), false);
    codec::put_ids(raw, &column(&|i| cells.sums[i].rows), false);
    codec::put_dict(raw, &cells.currencies);
    codec::put_dict(raw, &cells.categories);
    for (d, values) in cells.dimensions.iter().enumerate() {
        codec::put_ids(raw, &column(&|i| cells.keys[i].values[d]), d == 0);
        codec::put_dict(raw, &values.texts);
        codec::put_ids(raw, &values.name_of, false);
        codec::put_dict(raw, &values.names);
    }
    for values in &cells.dimensions {
        let (ids, names): (Vec<u32>, Vec<u32>) = values.others.iter().copied().unzip();
        codec::put_ids(raw, &ids, true);
        codec::put_ids(raw, &names, false);
    }
    codec::put_ids(raw, &column(&|i| cells.keys[i].class), false);
    codec::put_dict(raw, &cells.classes);
}

/// Reads the other names of a dimension's values.
pub(super) fn get_others(reader: &mut Reader<'_>) -> Result<Vec<(u32, u32)>, Damage> {
    let (ids, names) = (codec::get_ids(reader)?, codec::get_ids(reader)?);
    if ids.len() != names.len() {
        return Err(Damage::new("values have other numbers of names than they say"));
    }
    Ok(ids.into_iter().zip(names).collect())
}

/// Writes one metric's sums and counts of unknowns.
pub(super) fn put_sums(raw: &mut Vec<u8>, cells: &Cells, metric: usize) {
    codec::put_numbers(raw, &codec::compact(cells.sums.iter().map(|s| s.sums[metric]).collect()), None);
    let unknown: Vec<u32> = cells.sums.iter().map(|s| s.unknown[metric]).collect();
    codec::put_ids(raw, &unknown, false);
}

/// One group's cells of a grouping, with one metric's totals.
pub struct Rollup {
    /// The charge day of each cell.
    pub days: Vec<u32>,
    /// The currency of each cell, a number in [`Self::currency_texts`].
    pub currencies: Ids,
    /// The [`CellKind`] of each cell, with numbers of [`Self::category_texts`].
    pub kinds: Ids,
    /// Charges of each cell.
    pub rows: Ids,
    /// Currencies.
    pub currency_texts: Texts,
    /// Charge categories.
    pub category_texts: Texts,
    /// The charge class of each cell, a number in [`Self::class_texts`].
    pub classes: Ids,
    /// Charge classes; the first is none.
    pub class_texts: Texts,
    /// Whether classes are known; an older program made the rollup else, and all cells have none.
    pub knows_classes: bool,
    /// Each dimension's values.
    pub dimensions: Vec<RollupValues>,
    /// Charges of each cell whose cost is unknown.
    pub unknown: Ids,
    sums: Numbers,
}

/// One dimension of a rollup.
pub struct RollupValues {
    /// Each cell's value, a number in [`Self::texts`].
    pub ids: Ids,
    /// The values.
    pub texts: Texts,
    name_of: Vec<u32>,
    names: Texts,
    /// Values with the numbers of other names that they have, in order.
    others: Vec<(u32, u32)>,
}

impl RollupValues {
    /// The other names of a value; an empty one where charges come without.
    pub fn other_names(&self, id: u32) -> impl Iterator<Item = &str> {
        let from = self.others.partition_point(|(value, _)| *value < id);
        self.others[from..].iter().take_while(move |(value, _)| *value == id).map(|(_, name)| self.names.get(*name))
    }

    /// The name that the bill has for a value, empty where it has none.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        self.names.get(self.name_of.get(id as usize).copied().unwrap_or(0))
    }
}

impl Rollup {
    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// The day of a cell.
    #[must_use]
    pub fn day(&self, cell: usize) -> Day {
        Day(self.days[cell] as i32)
    }

    /// Of which category the charges of a cell are, and how long.
    #[must_use]
    pub fn kind(&self, cell: usize) -> CellKind {
        CellKind(self.kinds.get(cell))
    }

    /// The charge class of a cell; empty where it has none, or none that is known.
    #[must_use]
    pub fn class(&self, cell: usize) -> &str {
        self.class_texts.get(self.classes.get(cell))
    }

    /// Whether its cells have the classes that the charges of its group have.
    ///
    /// # Errors
    /// Kind `Store` where they cannot be read.
    pub fn tells_classes(&self, kv: &dyn Kv, group: &Group) -> Result<bool> {
        if self.knows_classes {
            return Ok(true);
        }
        for number in group.parts.iter().flat_map(|part| &part.segments) {
            if segment::has_classes(kv, *number)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The metric's sums of all cells, and how many units of 1e-18 one of them is; `None` where
    /// they do not fit in 64 bits: [`Self::total`] then has them.
    #[must_use]
    pub fn narrow_sums(&self) -> Option<(i64, &[i64])> {
        match &self.sums {
            Numbers::Narrow { scale, values } => Some((POW10[SCALE as usize - usize::from(*scale)], values)),
            _ => None,
        }
    }

    /// The metric's total of a cell.
    #[must_use]
    pub fn total(&self, cell: usize) -> Total {
        let (rows, unknown) = (u64::from(self.rows.get(cell)), u64::from(self.unknown.get(cell)));
        Total { sum: Amount::from_units(self.sums.units(cell)), known: rows - unknown.min(rows), unknown }
    }
}

/// Whether a group has rollups that others can be added to: those of an older program do not know charge classes.
///
/// # Errors
/// Kind `Store` where they cannot be read.
pub fn can_grow(kv: &dyn Kv, group: u64) -> Result<bool> {
    Ok(get(kv, group, WHOLE, Metric::Billed)?.is_some_and(|rollup| rollup.knows_classes))
}

/// Reads a group's rollup for one metric; `None` where the grouping is not kept.
///
/// # Errors
/// Kind `Store` where it is damaged.
pub fn get(kv: &dyn Kv, group: u64, kind: &[Dimension], metric: Metric) -> Result<Option<Rollup>> {
    let name = kind_name(kind);
    let what = format!("{} of group {group}", described(kind));
    let Some(raw) = frame::get(kv, &keys::rollup(group, &name, 0), &what)? else { return Ok(None) };
    let section = 1 + metric.quantity().index() as u8;
    let sums = frame::must_get(kv, &keys::rollup(group, &name, section), &what)?;
    decode(&raw, &sums).map(Some).map_err(|d| Error::from(Damage(format!("{what}: {}", d.0))))
}

/// Makes a rollup what an older program wrote, which knew no charge classes: each of its classes' cells alone.
#[cfg(test)]
pub(crate) fn forget_classes(kv: &dyn Kv, group: u64, kind: &[Dimension]) {
    let key = keys::rollup(group, &kind_name(kind), 0);
    let rollup = get(kv, group, kind, Metric::Billed).expect("read").expect("kept");
    let ids: Vec<u32> = (0..rollup.len()).map(|at| rollup.classes.get(at)).collect();
    let mut classes = Vec::new();
    codec::put_ids(&mut classes, &ids, false);
    let mut texts = Dict::default();
    rollup.class_texts.iter().skip(1).for_each(|text| {
        texts.intern(text);
    });
    codec::put_dict(&mut classes, &texts);
    let raw = frame::get(kv, &key, "a rollup").expect("read").expect("kept");
    let before = raw.strip_suffix(classes.as_slice()).expect("classes stand last");
    let mut changes = Vec::new();
    frame::put(&mut changes, &key, before);
    kv.write(changes).expect("write");
}

fn decode(raw: &[u8], sums: &[u8]) -> Result<Rollup, Damage> {
    let (names, rest): (Names, _) = postcard::take_from_bytes(raw).map_err(|e| Damage(e.to_string()))?;
    let mut reader = Reader(rest);
    let cells = names.cells as usize;
    let other_length = || Damage::new("a column has another length");
    let ids = |reader: &mut Reader<'_>| {
        codec::get_short_ids(reader).and_then(|ids| if ids.len() == cells { Ok(ids) } else { Err(other_length()) })
    };
    let days = codec::get_ids(&mut reader)?;
    if days.len() != cells {
        return Err(other_length());
    }
    let (currencies, kinds, rows) = (ids(&mut reader)?, ids(&mut reader)?, ids(&mut reader)?);
    let (currency_texts, category_texts) = (codec::get_texts(&mut reader)?, codec::get_texts(&mut reader)?);
    let mut dimensions = Vec::new();
    for _ in 0..names.dimensions {
        let ids = ids(&mut reader)?;
        let texts = codec::get_texts(&mut reader)?;
        let name_of = codec::get_ids(&mut reader)?;
        let names = codec::get_texts(&mut reader)?;
        dimensions.push(RollupValues { ids, texts, name_of, names, others: Vec::new() });
    }
    for dimension in &mut dimensions {
        dimension.others = get_others(&mut reader)?;
    }
    let knows_classes = !reader.0.is_empty();
    let (classes, class_texts) = if knows_classes {
        (ids(&mut reader)?, codec::get_texts(&mut reader)?)
    } else {
        let mut none = Texts::default();
        none.push("");
        (Ids::Zeros(cells), none)
    };
    let mut reader = Reader(sums);
    let sums = codec::get_numbers(&mut reader, None)?;
    let unknown = ids(&mut reader)?;
    if sums.len() != cells {
        return Err(Damage::new("the sums have another length"));
    }
    Ok(Rollup {
        days,
        currencies,
        kinds,
        rows,
        currency_texts,
        category_texts,
        classes,
        class_texts,
        knows_classes,
        dimensions,
        sums,
        unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rollup::{CellKey, Sums};
    use crate::store::kv::MemoryKv;

    #[test]
    fn a_grouping_is_kept_where_it_is_much_smaller_than_its_charges() {
        assert_eq!([0, 10_000, 500_000, 10_000_000].map(cells_worth), [100_000, 100_000, 250_000, CELLS_MAX]);
        let many: Vec<u64> = (0..2_000).map(|at| if at < 2 { 1_000_000 } else { at }).collect();
        let most = worth_keeping(&many);
        assert_eq!((most[0], most[1_999], most[2]), (CELLS_MAX, CELLS_ALWAYS, 0), "a small one among many has none");
    }

    #[test]
    fn reads_the_cells_it_wrote() {
        let mut cells = Cells::new(1);
        let usd = cells.currencies.intern("USD");
        let usage = cells.categories.intern("Usage");
        for (day, value, sum) in [(19_000, "EC2", 12_345_678_900_000_000), (19_000, "S3", 5), (19_001, "", -7)] {
            let id = cells.dimensions[0].intern(value, "name");
            cells.keys.push(CellKey {
                group: 0,
                day: Day(day),
                currency: usd,
                kind: CellKind::new(usage, value.is_empty()),
                class: cells.classes.intern(if value == "S3" { "Correction" } else { "" }),
                values: [id, 0],
            });
            cells.sums.push(Sums { sums: [sum, sum * 2, 0, i128::MAX / 3], unknown: [0, 0, 2, 0], rows: 2 });
        }
        let kv = MemoryKv::default();
        let mut changes = Vec::new();
        put(&mut changes, 9, &[Dimension::Service], &cells);
        kv.write(changes).expect("write");
        let billed = get(&kv, 9, &[Dimension::Service], Metric::Billed).expect("read").expect("kept");
        assert_eq!(billed.len(), 3);
        assert_eq!((billed.day(2), billed.total(2).sum.units(), billed.kind(2).is_long()), (Day(19_001), -14, true));
        assert_eq!([0, 1, 2].map(|cell| billed.class(cell)), ["", "Correction", ""]);
        assert_eq!(billed.dimensions[0].texts.get(billed.dimensions[0].ids.get(1)), "S3");
        assert_eq!(billed.dimensions[0].name(billed.dimensions[0].ids.get(1)), "name");
        let list = get(&kv, 9, &[Dimension::Service], Metric::List).expect("read").expect("kept");
        assert_eq!(list.total(0).value(), None);
        assert!(get(&kv, 9, &[Dimension::Region], Metric::List).expect("read").is_none());
    }
}
