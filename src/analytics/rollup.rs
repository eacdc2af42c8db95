//! Adds a batch of charges up into the cells of each rollup.
//!
//! Knows no store. Charges are taken in the batch's order (window, then profile), so that equal
//! neighbours are summed once and then added to every grouping's cell.

use hashbrown::HashMap;

use crate::domain::batch::{ChargeBatch, RowKey};
use crate::domain::charge::{Profile, Terms, spans_days};
use crate::domain::dict::NONE;
use crate::domain::dimension::{Dimension, Place};
use crate::domain::numbers::Numbers;
use crate::domain::rollup::{CellKey, Cells, METRICS, Sums};
use crate::domain::{services, tags};

/// The value of a dimension that a text of its column means.
#[must_use]
pub fn canonical<'a>(dimension: &Dimension, text: &'a str) -> &'a str {
    if *dimension == Dimension::Service { services::canonical(text) } else { text }
}

/// A dimension's value number for each profile or each terms row.
enum Column {
    Profile(Vec<u32>),
    Terms(Vec<u32>),
}

/// Adds up `batch` in the given order for each of `kinds`. Cells' groups are window numbers of
/// the batch.
#[must_use]
pub fn roll(batch: &ChargeBatch, order: &[u32], kinds: &[Vec<Dimension>]) -> Vec<Cells> {
    let mut builders: Vec<Builder> = kinds.iter().map(|kind| Builder::new(batch, kind)).collect();
    let classes = Classes::new(batch);
    let mut run: Vec<(u32, Sums)> = Vec::new();
    let mut last: Option<RowKey> = None;
    for at in order {
        let key = batch.rows[*at as usize];
        if let Some(before) = last
            && (before.window, before.profile) != (key.window, key.profile)
        {
            flush(&mut builders, batch, &classes, before, &mut run);
        }
        last = Some(key);
        let costs = costs(&batch.quantities, *at as usize);
        match run.iter_mut().find(|(terms, _)| classes.same(*terms, key.terms)) {
            Some((_, sums)) => sums.add_charge(costs),
            None => {
                let mut sums = Sums::default();
                sums.add_charge(costs);
                run.push((key.terms, sums));
            }
        }
    }
    if let Some(before) = last {
        flush(&mut builders, batch, &classes, before, &mut run);
    }
    builders.into_iter().map(|b| b.finish(batch)).collect()
}

fn costs(quantities: &[Numbers], row: usize) -> [i128; METRICS] {
    std::array::from_fn(|metric| quantities[metric].units(row))
}

/// Terms rows that no rollup tells apart are one class.
struct Classes {
    class: Vec<u32>,
    long: Vec<bool>,
}

impl Classes {
    fn new(batch: &ChargeBatch) -> Self {
        let mut seen = HashMap::new();
        let mut long = Vec::with_capacity(batch.terms.len());
        let mut class = Vec::with_capacity(batch.terms.len());
        for row in &batch.terms {
            let spans = spans_days(row.duration);
            let text = |column: Terms| row.texts[column.index()];
            let key = (text(Terms::Currency), text(Terms::ChargeCategory), text(Terms::PricingCategory), text(Terms::CommitmentId), spans);
            let next = seen.len() as u32;
            class.push(*seen.entry(key).or_insert(next));
            long.push(spans);
        }
        Classes { class, long }
    }

    fn same(&self, a: u32, b: u32) -> bool {
        a == b || self.class[a as usize] == self.class[b as usize]
    }
}

fn flush(builders: &mut [Builder], batch: &ChargeBatch, classes: &Classes, key: RowKey, run: &mut Vec<(u32, Sums)>) {
    for (terms, sums) in run.drain(..) {
        let row = &batch.terms[terms as usize];
        let base = CellBase {
            currency: row.texts[Terms::Currency.index()],
            category: row.texts[Terms::ChargeCategory.index()],
            long: classes.long[terms as usize],
        };
        for builder in builders.iter_mut() {
            builder.add(RowKey { terms, ..key }, base, &sums);
        }
    }
}

#[derive(Clone, Copy)]
struct CellBase {
    currency: u32,
    category: u32,
    long: bool,
}

/// One grouping under way. The index holds the current window's cells only: windows come in
/// order, and a small index stays in the processor's cache.
struct Builder {
    cells: Cells,
    columns: Vec<Column>,
    window: u32,
    index: HashMap<(u64, u64), u32>,
}

impl Builder {
    fn new(batch: &ChargeBatch, kind: &[Dimension]) -> Self {
        let mut cells = Cells::new(kind.len());
        let columns = kind.iter().zip(&mut cells.dimensions).map(|(dimension, values)| column(batch, dimension, values)).collect();
        cells.currencies = batch.terms_texts[Terms::Currency.index()].clone();
        cells.categories = batch.terms_texts[Terms::ChargeCategory.index()].clone();
        Builder { cells, columns, window: u32::MAX, index: HashMap::new() }
    }

    fn add(&mut self, row: RowKey, base: CellBase, sums: &Sums) {
        if self.window != row.window {
            self.window = row.window;
            self.index.clear();
        }
        let mut values = [NONE; 2];
        for (value, column) in values.iter_mut().zip(&self.columns) {
            *value = match column {
                Column::Profile(ids) => ids[row.profile as usize],
                Column::Terms(ids) => ids[row.terms as usize],
            };
        }
        let key = (
            u64::from(values[0]) << 32 | u64::from(values[1]),
            u64::from(base.currency) << 32 | u64::from(base.category) << 1 | u64::from(base.long),
        );
        let cells = &mut self.cells;
        let at = *self.index.entry(key).or_insert_with(|| {
            // The day is filled in at the end; until then the group is the window.
            let day = crate::domain::calendar::Day(0);
            let CellBase { currency, category, long } = base;
            cells.keys.push(CellKey { group: row.window, day, currency, category, long, values });
            cells.sums.push(Sums::default());
            cells.keys.len() as u32 - 1
        });
        cells.sums[at as usize].merge(sums);
    }

    fn finish(mut self, batch: &ChargeBatch) -> Cells {
        for key in &mut self.cells.keys {
            key.day = batch.windows[key.group as usize].day;
        }
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
            let mut memo = vec![u32::MAX; texts.len()];
            let numbers = ids.iter().enumerate().map(|(profile, id)| {
                let slot = &mut memo[*id as usize];
                if *slot == u32::MAX {
                    let name = label.map_or("", |l| batch.profile_text(profile as u32, l));
                    *slot = values.intern(canonical(dimension, texts.get(*id)), name);
                }
                *slot
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
            let facts = Facts { start: start.seconds(), end: start.plus(1).seconds(), billing_start: Day(0), billing_end: Day(31), quantities };
            builder.push(&Row { profile, terms, facts });
        }
        builder.take()
    }

    #[test]
    fn every_grouping_sums_to_the_same_total() {
        let batch = batch();
        let kinds = kinds(&["team".to_owned()]);
        for (kind, cells) in kinds.iter().zip(roll(&batch, &batch.order(), &kinds)) {
            let sum: i128 = cells.sums.iter().map(|s| s.sums[0]).sum();
            let (rows, unknown) = cells.sums.iter().fold((0, 0), |(r, u), s| (r + s.rows, u + s.unknown[0]));
            assert_eq!((sum, rows, unknown), (6_500_000_000_000_000_000, 5, 1), "{kind:?}");
        }
    }

    #[test]
    fn spellings_of_one_service_are_one_value() {
        let batch = batch();
        let kind = vec![Dimension::Service, Dimension::SubAccount];
        let cells = &roll(&batch, &batch.order(), &[kind])[0];
        let mut got: Vec<(i32, &str, &str)> = cells
            .keys
            .iter()
            .map(|k| (k.day.0, cells.dimensions[0].texts.get(k.values[0]), cells.dimensions[1].texts.get(k.values[1])))
            .collect();
        got.sort_unstable();
        assert_eq!(got, [(0, "Amazon Elastic Compute Cloud", "a"), (0, "Amazon Elastic Compute Cloud", "b"), (1, "Amazon Elastic Compute Cloud", "a"), (1, "S3", "a")]);
        assert_eq!(cells.dimensions[1].name(1), "Name");
    }
}
