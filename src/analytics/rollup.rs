//! Adds a batch of charges up into the cells of each rollup.
//!
//! Knows no store. Charges are taken in the batch's order (window, then profile), so that equal
//! neighbours are summed once and then added to every grouping's cell.

mod cost;

use std::borrow::Cow;

use hashbrown::HashMap;

use self::cost::{Cost, fit_narrow};
use super::evidence::evidence;
use crate::domain::batch::{ChargeBatch, RowKey};
use crate::domain::charge::{Profile, Terms, spans_days};
use crate::domain::dict::NONE;
use crate::domain::dimension::{Dimension, Place};
use crate::domain::money::{POW10, SCALE};
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{CellKey, CellKind, Cells, METRICS, Sums};
use crate::domain::text::UNTOLD;
use crate::domain::{services, tags};

/// The value of a dimension that a text of its column means.
#[must_use]
pub fn canonical<'a>(dimension: &'a Dimension, text: &'a str) -> Cow<'a, str> {
    // What stands for what was not told is no value that a bill could have.
    let text = if text == UNTOLD { "" } else { text };
    match dimension {
        Dimension::Service => Cow::Borrowed(services::canonical(text)),
        Dimension::Provider => Cow::Borrowed(services::canonical_provider(text)),
        Dimension::Virtual(own) => own.definition().map_or(Cow::Borrowed(""), |definition| definition.owner_of(text)),
        _ => Cow::Borrowed(text),
    }
}

/// A dimension's value number for each profile or each terms row.
enum Column {
    Profile(Vec<u32>),
    Terms(Vec<u32>),
}

/// Adds up `batch` in the given order for each of `kinds`, and hands each kind's cells over as
/// soon as they are done. Cells' groups are window numbers of the batch.
///
/// Groupings that are coarser than another (services beside services by account) are summed from
/// the finer one's cells.
///
/// # Errors
/// Those of `give`.
pub fn roll<E>(
    batch: &ChargeBatch,
    order: &[u32],
    kinds: &[Vec<Dimension>],
    mut give: impl FnMut(usize, Cells) -> Result<(), E>,
) -> Result<(), E> {
    if fit_narrow(&batch.quantities) {
        roll_as::<i64, E>(batch, order, kinds, &mut give)
    } else {
        roll_as::<i128, E>(batch, order, kinds, &mut give)
    }
}

/// Cells that all groupings may have together while they are added up: so many a charge, and so
/// many in any case. Ordinary bills have far fewer; one with ever new values would have a cell a
/// charge in each, and is added up grouping by grouping rather than fill the memory.
const CELLS_A_CHARGE: usize = 2;
const CELLS_MIN: usize = 1 << 17;
/// How many charges are added up between looks at the number of cells.
const CHARGES_AT_ONCE: usize = 1 << 14;

/// [`Sums`] under way.
#[derive(Clone, Copy, Default)]
struct Adding<C> {
    sums: [C; METRICS],
    unknown: [u32; METRICS],
    rows: u32,
}

impl<C: Cost> Adding<C> {
    fn add_charge(&mut self, quantities: &[Numbers], row: usize) {
        self.rows += 1;
        for (metric, numbers) in quantities.iter().take(METRICS).enumerate() {
            match C::of(numbers, row) {
                Some(cost) => self.sums[metric] = self.sums[metric].plus(cost),
                None => self.unknown[metric] += 1,
            }
        }
    }

    fn merge(&mut self, other: &Adding<C>) {
        self.rows += other.rows;
        for metric in 0..METRICS {
            self.sums[metric] = self.sums[metric].plus(other.sums[metric]);
            self.unknown[metric] += other.unknown[metric];
        }
    }

    fn sums(&self, factors: &[i128; METRICS]) -> Sums {
        let sums = std::array::from_fn(|metric| self.sums[metric].units(factors[metric]));
        Sums { sums, unknown: self.unknown, rows: self.rows }
    }
}

fn roll_as<C: Cost, E>(
    batch: &ChargeBatch,
    order: &[u32],
    kinds: &[Vec<Dimension>],
    give: &mut impl FnMut(usize, Cells) -> Result<(), E>,
) -> Result<(), E> {
    let sources: Vec<Source> = kinds.iter().map(|kind| source(kind, kinds)).collect();
    let classes = Classes::new(batch);
    let mut left: Vec<usize> = (0..kinds.len()).filter(|at| matches!(sources[*at], Source::Charges)).collect();
    let cells_max = CELLS_MIN.max(order.len() * CELLS_A_CHARGE);
    while !left.is_empty() {
        let new = |at: &usize| (*at, Builder::new(batch, &kinds[*at], classes.cells.len()));
        let mut builders: Vec<(usize, Builder<C>)> = left.iter().map(new).collect();
        left = add_up(batch, order, &classes, &mut builders, cells_max);
        for (at, builder) in builders {
            let cells = builder.finish(batch);
            for (coarse, source) in sources.iter().enumerate() {
                if let Source::Coarser(fine, place) = source
                    && *fine == at
                {
                    give(coarse, coarser(&cells, *place))?;
                }
            }
            give(at, cells)?;
        }
    }
    Ok(())
}

/// Adds the charges up in every builder. Those that would have too many cells together are dropped
/// on the way, but for one at least; returns their numbers: they are for another round.
fn add_up<C: Cost>(
    batch: &ChargeBatch,
    order: &[u32],
    classes: &Classes,
    builders: &mut Vec<(usize, Builder<C>)>,
    cells_max: usize,
) -> Vec<usize> {
    let mut dropped = Vec::new();
    for (part, some) in order.chunks(CHARGES_AT_ONCE).enumerate() {
        add_some(batch, some, classes, builders);
        let done = (part * CHARGES_AT_ONCE + some.len()) as f64 / order.len() as f64;
        dropped.extend(drop_beyond(builders, cells_max, done));
    }
    dropped
}

/// Once builders have more cells than they may together, drops the largest of those that go on
/// as they began and would have too many in the end; returns their numbers.
fn drop_beyond<C: Cost>(builders: &mut Vec<(usize, Builder<C>)>, cells_max: usize, done: f64) -> Vec<usize> {
    let cells = |builder: &Builder<C>| builder.cells.keys.len();
    if builders.len() < 2 || builders.iter().map(|(_, b)| cells(b)).sum::<usize>() <= cells_max {
        return Vec::new();
    }
    builders.sort_by_key(|(_, builder)| cells(builder));
    let mut sum = 0.0;
    let fit = builders.iter().take_while(|(_, builder)| {
        sum += cells(builder) as f64 / done;
        sum <= cells_max as f64
    });
    let fit = fit.count().max(1);
    builders.drain(fit..).map(|(at, _)| at).collect()
}

fn add_some<C: Cost>(batch: &ChargeBatch, order: &[u32], classes: &Classes, builders: &mut [(usize, Builder<C>)]) {
    let mut run: Vec<(u32, Adding<C>)> = Vec::new();
    let mut last: Option<RowKey> = None;
    for at in order {
        let key = batch.rows[*at as usize];
        if let Some(before) = last
            && (before.window, before.profile) != (key.window, key.profile)
        {
            flush(builders, classes, before, &mut run);
        }
        last = Some(key);
        match run.iter_mut().find(|(terms, _)| classes.same(*terms, key.terms)) {
            Some((_, sums)) => sums.add_charge(&batch.quantities, *at as usize),
            None => {
                let mut sums = Adding::default();
                sums.add_charge(&batch.quantities, *at as usize);
                run.push((key.terms, sums));
            }
        }
    }
    if let Some(before) = last {
        flush(builders, classes, before, &mut run);
    }
}

/// What a grouping is summed from.
#[derive(Clone, Copy)]
enum Source {
    /// The charges.
    Charges,
    /// The cells of the grouping with this number, of whose dimensions it keeps one or none.
    Coarser(usize, Option<usize>),
}

fn source(kind: &[Dimension], kinds: &[Vec<Dimension>]) -> Source {
    let mut pairs = kinds.iter().enumerate().filter(|(_, k)| k.len() > 1);
    let found = match kind {
        [] => pairs.next().map(|(at, _)| Source::Coarser(at, None)),
        [dimension] => pairs.find_map(|(at, k)| {
            let place = k.iter().position(|d| d == dimension)?;
            Some(Source::Coarser(at, Some(place)))
        }),
        _ => None,
    };
    found.unwrap_or(Source::Charges)
}

/// Sums the cells of a finer grouping into those of a coarser one, which keeps this dimension's
/// values. Cells come window by window.
fn coarser(fine: &Cells, place: Option<usize>) -> Cells {
    let mut out =
        Cells { dimensions: place.map(|at| fine.dimensions[at].clone()).into_iter().collect(), ..Cells::new(0) };
    out.currencies = fine.currencies.clone();
    out.categories = fine.categories.clone();
    out.classes = fine.classes.clone();
    let mut index: HashMap<CellKey, u32> = HashMap::new();
    let mut window = u32::MAX;
    for (key, sums) in fine.keys.iter().zip(&fine.sums) {
        if window != key.group {
            index.clear();
            window = key.group;
        }
        let key = CellKey { values: [place.map_or(NONE, |at| key.values[at]), NONE], ..*key };
        let at = *index.entry(key).or_insert_with(|| {
            out.keys.push(key);
            out.sums.push(Sums::default());
            out.keys.len() as u32 - 1
        });
        out.sums[at as usize].merge(sums);
    }
    out
}

/// Terms rows that no rollup tells apart are one class.
struct Classes {
    class: Vec<u32>,
    /// For each terms row, which of [`Self::cells`] it has.
    cell: Vec<u32>,
    /// What distinguishes cells of one value.
    cells: Vec<CellBase>,
}

impl Classes {
    fn new(batch: &ChargeBatch) -> Self {
        let mut seen = HashMap::new();
        let mut bases: HashMap<CellBase, u32> = HashMap::new();
        let mut classes = Classes { class: Vec::new(), cell: Vec::new(), cells: Vec::new() };
        for row in &batch.terms {
            let text = |column: Terms| row.texts[column.index()];
            let base = CellBase {
                currency: text(Terms::Currency),
                kind: CellKind::new(text(Terms::ChargeCategory), spans_days(row.duration)),
                class: text(Terms::ChargeClass),
            };
            let key = (base, text(Terms::PricingCategory), text(Terms::CommitmentId));
            let next = seen.len() as u32;
            classes.class.push(*seen.entry(key).or_insert(next));
            let cell = *bases.entry(base).or_insert_with(|| {
                classes.cells.push(base);
                classes.cells.len() as u32 - 1
            });
            classes.cell.push(cell);
        }
        classes
    }

    fn same(&self, a: u32, b: u32) -> bool {
        a == b || self.class[a as usize] == self.class[b as usize]
    }
}

fn flush<C: Cost>(
    builders: &mut [(usize, Builder<C>)],
    classes: &Classes,
    key: RowKey,
    run: &mut Vec<(u32, Adding<C>)>,
) {
    for (terms, sums) in run.drain(..) {
        let cell = classes.cell[terms as usize];
        for (_, builder) in builders.iter_mut() {
            builder.add(RowKey { terms, ..key }, cell, classes, &sums);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CellBase {
    currency: u32,
    kind: CellKind,
    class: u32,
}

/// A table of cells by value is used up to so many places; beyond, a hash map.
const SLOTS_MAX: usize = 1 << 19;

/// Finds the cells of the window under way: windows come one after the other.
enum Index {
    /// By place: one past the cell's number, 0 where there is none.
    Slots { slots: Vec<u32>, used: Vec<u32> },
    /// By value.
    Hash(HashMap<u64, u32>),
}

/// One grouping under way.
struct Builder<C> {
    /// Without their sums, which are under way.
    cells: Cells,
    sums: Vec<Adding<C>>,
    columns: Vec<Column>,
    /// How many values the second dimension has.
    width: u64,
    /// How many places the values of all dimensions have.
    area: u64,
    window: u32,
    index: Index,
}

impl<C: Cost> Builder<C> {
    fn new(batch: &ChargeBatch, kind: &[Dimension], bases: usize) -> Self {
        let mut cells = Cells::new(kind.len());
        let columns = kind
            .iter()
            .zip(&mut cells.dimensions)
            .map(|(dimension, values)| column(batch, dimension, values))
            .collect();
        [cells.currencies, cells.categories, cells.classes] =
            [Terms::Currency, Terms::ChargeCategory, Terms::ChargeClass].map(|c| batch.terms_texts[c.index()].clone());
        let count = |d: usize| cells.dimensions.get(d).map_or(1, |v| v.texts.len() as u64);
        let (width, area) = (count(1), count(0).saturating_mul(count(1)));
        let places = usize::try_from(area.saturating_mul(bases as u64)).unwrap_or(usize::MAX);
        let index = if places <= SLOTS_MAX {
            Index::Slots { slots: vec![0; places], used: Vec::new() }
        } else {
            Index::Hash(HashMap::new())
        };
        Builder { cells, sums: Vec::new(), columns, width, area, window: u32::MAX, index }
    }

    fn begin(&mut self, window: u32) {
        self.window = window;
        match &mut self.index {
            Index::Slots { slots, used } => used.drain(..).for_each(|place| slots[place as usize] = 0),
            Index::Hash(map) => map.clear(),
        }
    }

    fn add(&mut self, row: RowKey, cell: u32, classes: &Classes, sums: &Adding<C>) {
        if self.window != row.window {
            self.begin(row.window);
        }
        let mut values = [NONE; 2];
        for (value, column) in values.iter_mut().zip(&self.columns) {
            *value = match column {
                Column::Profile(ids) => ids[row.profile as usize],
                Column::Terms(ids) => ids[row.terms as usize],
            };
        }
        let place = u64::from(cell) * self.area + u64::from(values[0]) * self.width + u64::from(values[1]);
        let next = self.cells.keys.len() as u32;
        let at = match &mut self.index {
            Index::Slots { slots, used } => {
                let slot = &mut slots[place as usize];
                if *slot == 0 {
                    *slot = next + 1;
                    used.push(place as u32);
                }
                *slot - 1
            }
            Index::Hash(map) => *map.entry(place).or_insert(next),
        };
        if at == next {
            let CellBase { currency, kind, class } = classes.cells[cell as usize];
            // The day is filled in at the end.
            let day = crate::domain::calendar::Day(0);
            self.cells.keys.push(CellKey { group: row.window, day, currency, kind, class, values });
            self.sums.push(*sums);
        } else {
            self.sums[at as usize].merge(sums);
        }
    }

    fn finish(mut self, batch: &ChargeBatch) -> Cells {
        for key in &mut self.cells.keys {
            key.day = batch.windows[key.group as usize].day;
        }
        let factors = std::array::from_fn(|metric| match &batch.quantities[metric] {
            Numbers::Narrow { scale, .. } => i128::from(POW10[SCALE as usize - usize::from(*scale)]),
            _ => 1,
        });
        self.cells.sums = self.sums.iter().map(|sums| sums.sums(&factors)).collect();
        self.cells
    }
}

/// A dimension's value for each profile or terms row, with names for values that are ids.
fn column(batch: &ChargeBatch, dimension: &Dimension, values: &mut crate::domain::rollup::Values) -> Column {
    match dimension.place() {
        Place::Profile(place) => {
            let texts = &batch.profile_texts[place.index()];
            let ids = &batch.profiles[place.index()];
            let label = match dimension.label_place() {
                Some(Place::Profile(label)) => Some(label),
                _ => None,
            };
            // Each value's number, and the name that it last came with.
            let mut memo = vec![(u32::MAX, NONE); texts.len()];
            let numbers = ids.iter().enumerate().map(|(profile, id)| {
                let name = label.map_or(NONE, |l| batch.profiles[l.index()][profile]);
                let slot = &mut memo[*id as usize];
                if slot.0 == u32::MAX || slot.1 != name {
                    let text = label.map_or("", |l| batch.profile_texts[l.index()].get(name));
                    *slot = (values.intern(&canonical(dimension, texts.get(*id)), text), name);
                }
                slot.0
            });
            Column::Profile(numbers.collect())
        }
        Place::Tag(key) => {
            let texts = &batch.profile_texts[Profile::Tags.index()];
            let memo: Vec<u32> = (0..texts.len() as u32)
                .map(|id| values.intern(&tags::value_of(texts.get(id), key).unwrap_or_default(), ""))
                .collect();
            Column::Profile(batch.profiles[Profile::Tags.index()].iter().map(|id| memo[*id as usize]).collect())
        }
        Place::Evidence(keys) => {
            let texts = |column: Profile| &batch.profile_texts[column.index()];
            let ids = |column: Profile| batch.profiles[column.index()].as_slice();
            let of_tags = (0..texts(Profile::Tags).len() as u32).map(|id| texts(Profile::Tags).get(id));
            let columns = [Profile::Tags, Profile::SubAccountId, Profile::SubAccountName].map(ids);
            let account = |id, name| (texts(Profile::SubAccountId).get(id), texts(Profile::SubAccountName).get(name));
            Column::Profile(evidence(keys, of_tags, columns, account, |text| values.intern(text, "")))
        }
        Place::Terms(place) => {
            let texts = &batch.terms_texts[place.index()];
            let names = &batch.terms_texts[Terms::CommitmentName.index()];
            let named = place == Terms::CommitmentId;
            let numbers = batch.terms.iter().map(|row| {
                let name = if named { names.get(row.texts[Terms::CommitmentName.index()]) } else { "" };
                values.intern(texts.get(row.texts[place.index()]), name)
            });
            Column::Terms(numbers.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::batch::{BatchBuilder, Facts, Limits, Row};
    use crate::domain::calendar::Day;
    use crate::domain::charge::Quantity;
    use crate::domain::money::Decimal;
    use crate::domain::rollup::kinds;

    fn batch() -> ChargeBatch {
        let mut builder = BatchBuilder::new(Limits::default());
        for (day, service, account, tags, cost) in [
            (0, "AmazonEC2", "a", r#"{"team":"x"}"#, Some("1.5")),
            (0, "Amazon Elastic Compute Cloud", "b", "", Some("2")),
            (1, "AmazonEC2", "a", r#"{"team":"y"}"#, Some("4")),
            (1, "AmazonEC2", "a", r#"{"team":"y"}"#, None),
            (1, "S3", "a", "", Some("-1")),
        ] {
            let mut profile = [""; Profile::COUNT];
            profile[Profile::Provider.index()] = "AWS";
            profile[Profile::ServiceName.index()] = service;
            profile[Profile::SubAccountId.index()] = account;
            profile[Profile::SubAccountName.index()] = "Name";
            profile[Profile::Tags.index()] = tags;
            let mut terms = [""; Terms::COUNT];
            terms[Terms::Currency.index()] = "USD";
            let mut quantities = [None; Quantity::COUNT];
            quantities[Quantity::Effective.index()] = cost.and_then(|c| Decimal::parse(c.as_bytes()).ok());
            let start = Day(day);
            let facts = Facts {
                start: start.seconds(),
                end: start.plus(1).seconds(),
                billing_start: Day(0),
                billing_end: Day(31),
                quantities,
            };
            builder.push(&Row { profile, terms, facts });
        }
        builder.take()
    }

    fn rolled(batch: &ChargeBatch, kinds: &[Vec<Dimension>]) -> Vec<Cells> {
        let mut all = vec![Cells::default(); kinds.len()];
        let given = roll(batch, &batch.order(), kinds, |at, cells| {
            all[at] = cells;
            Ok::<(), ()>(())
        });
        assert_eq!(given, Ok(()));
        all
    }

    #[test]
    fn a_grouping_is_the_same_alone_and_beside_finer_ones() {
        let batch = batch();
        let kinds = kinds(&["team".to_owned()]);
        let all = rolled(&batch, &kinds);
        for (kind, beside) in kinds.iter().zip(&all).filter(|(k, _)| k.len() < 2) {
            let alone = &rolled(&batch, std::slice::from_ref(kind))[0];
            let list = |cells: &Cells| {
                let mut list: Vec<(i32, String, String, Sums)> = cells
                    .keys
                    .iter()
                    .zip(&cells.sums)
                    .map(|(k, s)| {
                        let values = cells.dimensions.first();
                        let text = values.map_or("", |v| v.texts.get(k.values[0]));
                        let name = values.map_or("", |v| v.name(k.values[0]));
                        (k.day.0, text.to_owned(), name.to_owned(), *s)
                    })
                    .collect();
                list.sort_by(|a, b| (a.0, &a.1, a.3.sums).cmp(&(b.0, &b.1, b.3.sums)));
                list
            };
            assert_eq!(list(alone), list(beside), "{kind:?}");
        }
    }

    #[test]
    fn every_grouping_sums_to_the_same_total() {
        let batch = batch();
        let kinds = kinds(&["team".to_owned()]);
        for (kind, cells) in kinds.iter().zip(rolled(&batch, &kinds)) {
            let sum: i128 = cells.sums.iter().map(|s| s.sums[0]).sum();
            let (rows, unknown) = cells.sums.iter().fold((0, 0), |(r, u), s| (r + s.rows, u + s.unknown[0]));
            assert_eq!((sum, rows, unknown), (6_500_000_000_000_000_000, 5, 1), "{kind:?}");
        }
    }

    #[test]
    fn ever_new_values_are_added_up_grouping_by_grouping() {
        let rows = 30_000;
        let mut builder = BatchBuilder::new(Limits::default());
        for at in 0..rows {
            let (service, kind) = (format!("service {at}"), format!("type {at}"));
            let mut profile = [""; Profile::COUNT];
            profile[Profile::ServiceName.index()] = &service;
            profile[Profile::ResourceType.index()] = &kind;
            let mut quantities = [None; Quantity::COUNT];
            quantities[Quantity::Effective.index()] = Decimal::parse(b"1").ok();
            let (start, end) = (Day(at % 30).seconds(), Day(at % 30 + 1).seconds());
            let facts = Facts { start, end, billing_start: Day(0), billing_end: Day(31), quantities };
            builder.push(&Row { profile, terms: [""; Terms::COUNT], facts });
        }
        let (batch, kinds) = (builder.take(), kinds(&["team".to_owned(), "env".to_owned()]));
        let (order, classes) = (batch.order(), Classes::new(&batch));
        let mut builders: Vec<(usize, Builder<i64>)> = Vec::new();
        for (at, kind) in kinds.iter().enumerate() {
            builders.push((at, Builder::new(&batch, kind, classes.cells.len())));
        }
        let cells_max = 50_000;
        let left = add_up(&batch, &order, &classes, &mut builders, cells_max);
        assert_eq!(left.len() + builders.len(), kinds.len());
        assert!(builders.iter().map(|(_, b)| b.cells.keys.len()).sum::<usize>() <= cells_max);
        assert!(
            left.iter().all(|at| kinds[*at].iter().any(|d| matches!(d, Dimension::Service | Dimension::ResourceType)))
        );
        // All are given once, and whole.
        let mut given = vec![0; kinds.len()];
        roll(&batch, &order, &kinds, |at, cells| {
            given[at] += 1;
            assert_eq!(cells.sums.iter().map(|s| s.rows).sum::<u32>(), rows as u32, "{:?}", kinds[at]);
            Ok::<(), ()>(())
        })
        .expect("rolled");
        assert!(given.iter().all(|n| *n == 1), "{given:?}");
    }

    #[test]
    fn spellings_of_one_service_are_one_value() {
        let batch = batch();
        let kind = vec![Dimension::Service, Dimension::SubAccount];
        let cells = &rolled(&batch, &[kind])[0];
        let mut got: Vec<(i32, &str, &str)> = cells
            .keys
            .iter()
            .map(|k| (k.day.0, cells.dimensions[0].texts.get(k.values[0]), cells.dimensions[1].texts.get(k.values[1])))
            .collect();
        got.sort_unstable();
        assert_eq!(
            got,
            [
                (0, "Amazon Elastic Compute Cloud", "a"),
                (0, "Amazon Elastic Compute Cloud", "b"),
                (1, "Amazon Elastic Compute Cloud", "a"),
                (1, "S3", "a")
            ]
        );
        assert_eq!(cells.dimensions[1].name(1), "Name");
    }
}
