//! Rollups: daily sums of charges, kept beside them so that a screen never adds up a bill.
//!
//! A rollup is the answer to one fixed grouping per day, split by currency, charge category, charge class
//! and whether the charge spans days. Knows neither how charges are added up (analytics) nor how
//! sums are stored (store).

mod merger;

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use super::calendar::Day;
use super::charge::Metric;
use super::dict::{Dict, NONE};
use super::dimension::Dimension;
use super::money::Amount;
use super::numbers::{Total, UNKNOWN_WIDE};
pub use merger::{Merger, TEXT_BYTES};

/// How many costs a cell sums.
pub const METRICS: usize = Metric::ALL.len();

/// The grouping that splits charges by no dimension: what every cell knows without (provider and
/// billing account by its group, and the charge's category and class).
pub const WHOLE: &[Dimension] = &[];

/// The groupings that are kept for every commit: the whole, each dimension alone (resources are too
/// many: they are scanned), the pairs that screens ask for, and each configured tag key alone and
/// by service.
#[must_use]
pub fn kinds(tag_keys: &[String]) -> Vec<Vec<Dimension>> {
    let alone = |d: &Dimension| *d != Dimension::Resource && !is_free(d);
    let mut kinds = vec![WHOLE.to_vec()];
    kinds.extend(Dimension::FIXED.into_iter().filter(alone).map(|d| vec![d]));
    kinds.push(vec![Dimension::Service, Dimension::SubAccount]);
    kinds.push(vec![Dimension::Service, Dimension::Region]);
    kinds.push(vec![Dimension::SubAccount, Dimension::Region]);
    for key in tag_keys {
        kinds.push(vec![Dimension::Tag(key.clone())]);
        kinds.push(vec![Dimension::Tag(key.clone()), Dimension::Service]);
    }
    kinds
}

/// The groupings that are kept besides for virtual dimensions: the evidence of each of these lists
/// of tag keys, alone and by service.
#[must_use]
pub fn evidence_kinds(lists: &[Vec<String>]) -> Vec<Vec<Dimension>> {
    let evidence = |keys: &Vec<String>| Dimension::Evidence(keys.clone());
    lists.iter().flat_map(|keys| [vec![evidence(keys)], vec![evidence(keys), Dimension::Service]]).collect()
}

/// Whether every rollup knows a dimension: by its group or by its cells.
#[must_use]
pub fn is_free(dimension: &Dimension) -> bool {
    use Dimension as D;
    matches!(dimension, D::Provider | D::BillingAccount | D::ChargeCategory | D::ChargeClass)
}

/// What a cell is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CellKey {
    /// Which group of windows, a number of the holder's.
    pub group: u32,
    /// The charge day.
    pub day: Day,
    /// Number in [`Cells::currencies`].
    pub currency: u32,
    /// Of which category, and how long: see [`CellKind`].
    pub kind: CellKind,
    /// Number in [`Cells::classes`].
    pub class: u32,
    /// Number of each dimension's value in [`Cells::dimensions`]; 0 beyond the last dimension.
    pub values: [u32; 2],
}

// There are millions while a bill is imported.
const _: () = assert!(size_of::<CellKey>() == 28);

/// Twice the number of a charge category in [`Cells::categories`], plus one for charges longer than a day: as
/// it is stored, and a cell takes no more memory for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct CellKind(pub u32);

impl CellKind {
    /// Of a category's number.
    #[must_use]
    pub fn new(category: u32, long: bool) -> CellKind {
        CellKind(category << 1 | u32::from(long))
    }

    /// The category's number.
    #[must_use]
    pub fn category(self) -> u32 {
        self.0 >> 1
    }

    /// Whether the charges are longer than a day.
    #[must_use]
    pub fn is_long(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Hashed as few numbers: field by field is far slower.
impl Hash for CellKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        state.write_u64(pair(self.values[0], self.values[1]));
        state.write_u64(pair(self.group, self.day.0 as u32));
        // There are few of each: bits that both have do not meet.
        state.write_u64(pair(self.currency ^ self.class.rotate_right(8), self.kind.0));
    }
}

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Sum of each metric's known costs, in units of 1e-18.
    pub sums: [i128; METRICS],
    /// Charges whose cost is unknown, by metric.
    pub unknown: [u32; METRICS],
    /// Charges.
    pub rows: u32,
}

impl Sums {
    /// Adds one charge's costs, in units of 1e-18 or [`UNKNOWN_WIDE`].
    pub fn add_charge(&mut self, costs: [i128; METRICS]) {
        self.rows += 1;
        for (i, cost) in costs.into_iter().enumerate() {
            if cost == UNKNOWN_WIDE {
                self.unknown[i] += 1;
            } else {
                self.sums[i] = self.sums[i].saturating_add(cost);
            }
        }
    }

    /// Adds another cell's sums.
    pub fn merge(&mut self, other: &Sums) {
        self.rows = self.rows.saturating_add(other.rows);
        for i in 0..METRICS {
            self.sums[i] = self.sums[i].saturating_add(other.sums[i]);
            self.unknown[i] = self.unknown[i].saturating_add(other.unknown[i]);
        }
    }

    /// One metric's total.
    #[must_use]
    pub fn total(&self, metric: Metric) -> Total {
        let i = metric.quantity().index();
        let unknown = u64::from(self.unknown[i]);
        Total {
            sum: Amount::from_units(self.sums[i]),
            known: u64::from(self.rows) - unknown.min(u64::from(self.rows)),
            unknown,
        }
    }
}

/// The values of one dimension, with the names that the bill has for them.
#[derive(Clone, Default, Debug)]
pub struct Values {
    /// The values.
    pub texts: Dict,
    /// For each value's number, the number of its name in [`Self::names`].
    pub name_of: Vec<u32>,
    /// The names.
    pub names: Dict,
    /// Values with the other names that they have, [`NONE`] where a charge comes without: a filter
    /// may admit charges by one name and not by another.
    pub others: BTreeSet<(u32, u32)>,
}

impl Values {
    /// The number of a value. Of the names that it comes with the smallest stays its name:
    /// whatever order charges come in, and however they are cut into batches, the same bill gives
    /// the same name. A name that is the text itself is none.
    pub fn intern(&mut self, text: &str, name: &str) -> u32 {
        let id = self.texts.intern(text);
        let name = if name == text { "" } else { name };
        let at = id as usize;
        if self.name_of.len() <= at {
            self.name_of.resize(at + 1, NONE);
            if id != NONE {
                self.name_of[at] = self.names.intern(name);
            }
        } else if id != NONE && self.names.get(self.name_of[at]) != name {
            let (now, new) = (self.name_of[at], self.names.intern(name));
            let is_better = new != NONE && (now == NONE || name < self.names.get(now));
            let (name, other) = if is_better { (new, now) } else { (now, new) };
            self.name_of[at] = name;
            self.others.insert((id, other));
        }
        id
    }

    /// The number here of another set's value, with all its names.
    fn adopt(&mut self, theirs: &Values, id: u32) -> u32 {
        let text = theirs.texts.get(id);
        for (_, other) in theirs.others.range((id, 0)..=(id, u32::MAX)) {
            self.intern(text, theirs.names.get(*other));
        }
        self.intern(text, theirs.name(id))
    }

    /// The name of a value, empty where it has none.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        self.names.get(self.name_of.get(id as usize).copied().unwrap_or(NONE))
    }
}

/// Cells of one grouping.
#[derive(Clone, Default, Debug)]
pub struct Cells {
    /// The values of each dimension.
    pub dimensions: Vec<Values>,
    /// Currencies.
    pub currencies: Dict,
    /// Charge categories.
    pub categories: Dict,
    /// Charge classes: empty, or `Correction`.
    pub classes: Dict,
    /// What each cell is about.
    pub keys: Vec<CellKey>,
    /// What it holds.
    pub sums: Vec<Sums>,
}

impl Cells {
    /// No cells, of so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Cells { dimensions: vec![Values::default(); dimensions], ..Cells::default() }
    }
}
