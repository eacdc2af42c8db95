//! Single charges out of the store: line items for a screen, and all of them for an export.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::answer::{LineItem, LineItems};
use super::local::LocalEngine;
use super::opened::Opened;
use super::scan::{self, on_segments};
use super::selection::{Selection, Wanted};
use super::told::{Needed, Plan};
use super::{Cancel, Order, Page, sweep};
use crate::domain::batch::TermsRow;
use crate::domain::calendar::Day;
use crate::domain::charge::{Metric, Profile, Quantity, Terms};
use crate::domain::dict::Dict;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::{Numbers, UNKNOWN_WIDE};
use crate::domain::text::Untrusted;
use crate::domain::texts::Texts;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::Group;
use crate::store::segment::Segment;

/// All text columns of a segment.
pub struct Columns {
    profiles: Vec<(Texts, Vec<u32>)>,
    terms: Vec<(Texts, Vec<u32>)>,
    times: Vec<TermsRow>,
}

/// One charge of a segment.
pub struct Charge<'c> {
    columns: &'c Columns,
    profile: u32,
    terms: u32,
    /// The UTC day that it starts on.
    pub day: Day,
    /// First day of its billing period.
    pub billing_start: Day,
    quantities: &'c [Numbers],
    row: usize,
}

impl Columns {
    /// Reads all text columns.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn read(segment: &Segment<'_>) -> Result<Columns> {
        Ok(Columns {
            profiles: Profile::ALL.iter().map(|c| segment.profile_column(*c)).collect::<Result<_>>()?,
            terms: Terms::ALL.iter().map(|c| segment.terms_column(*c)).collect::<Result<_>>()?,
            times: segment.terms_times()?,
        })
    }
}

impl<'c> Charge<'c> {
    /// The text of a profile column, empty where it has none.
    #[must_use]
    pub fn profile(&self, column: Profile) -> &'c str {
        let (texts, ids) = &self.columns.profiles[column.index()];
        texts.get(ids[self.profile as usize])
    }

    /// The text of a terms column, empty where it has none.
    #[must_use]
    pub fn terms(&self, column: Terms) -> &'c str {
        let (texts, ids) = &self.columns.terms[column.index()];
        texts.get(ids[self.terms as usize])
    }

    /// A quantity, `None` where it is unknown.
    #[must_use]
    pub fn quantity(&self, quantity: Quantity) -> Option<Amount> {
        self.quantities[quantity.index()].get(self.row)
    }

    /// Start and end of the charge period, seconds since 1970.
    #[must_use]
    pub fn times(&self) -> (i64, i64) {
        let times = &self.columns.times[self.terms as usize];
        let start = self.day.seconds() + i64::from(times.start);
        (start, start + times.duration)
    }

    /// Day after the billing period.
    #[must_use]
    pub fn billing_end(&self) -> Day {
        self.columns.times[self.terms as usize].billing_end
    }

    /// The charge as a line item.
    #[must_use]
    pub fn item(&self) -> LineItem {
        let (start, end) = self.times();
        let texts = Profile::ALL.iter().map(|c| (c.focus_name(), self.profile(*c)));
        let texts = texts.chain(Terms::ALL.iter().map(|c| (c.focus_name(), self.terms(*c))));
        let columns =
            texts.filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), Untrusted::from(text)));
        let quantities = Quantity::ALL.iter().filter_map(|q| Some((q.focus_name().to_owned(), self.quantity(*q)?)));
        LineItem {
            start,
            end,
            columns: columns.collect(),
            quantities: quantities.collect(),
            currency: Untrusted::from(self.terms(Terms::Currency)),
        }
    }
}

/// Calls `visit` for every charge of `groups` that is wanted, segment by segment, with all its
/// columns.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up; those of `visit`.
pub fn each(
    store: &Store,
    groups: &[&Group],
    wanted: &Wanted<'_>,
    cancel: &Cancel,
    mut visit: impl FnMut(&Charge<'_>) -> Result<()>,
) -> Result<()> {
    for (number, keys) in scan::segments(groups, wanted.clauses) {
        let segment = Segment::open(store.kv(), number)?;
        let selection = Selection::new(&Opened::new(&segment), &keys, wanted)?;
        if selection.is_empty() {
            continue;
        }
        let columns = Columns::read(&segment)?;
        for chunk in 0..segment.head.chunks.len() as u32 {
            scan::check(cancel)?;
            let rows = chosen(&segment, &selection, chunk)?;
            visit_rows(&segment, &columns, chunk, &rows, &mut visit)?;
        }
    }
    Ok(())
}

/// A charge's place in a chunk: row, window, profile, terms.
type Place = (usize, u32, u32, u32);

fn chosen(segment: &Segment<'_>, selection: &Selection, chunk: u32) -> Result<Vec<Place>> {
    let runs = &segment.head.chunks[chunk as usize];
    if !runs.iter().any(|(w, _)| selection.windows[*w as usize].is_some()) {
        return Ok(Vec::new());
    }
    let (profiles, terms) = (segment.chunk_profiles(chunk)?, segment.chunk_terms(chunk)?);
    let mut places = Vec::new();
    let mut at = 0;
    for (window, rows) in runs {
        let range = at..at + *rows as usize;
        at = range.end;
        if selection.windows[*window as usize].is_some() {
            places.extend(
                range
                    .filter(|r| selection.admits(profiles[*r], terms[*r]))
                    .map(|r| (r, *window, profiles[r], terms[r])),
            );
        }
    }
    Ok(places)
}

fn visit_rows(
    segment: &Segment<'_>,
    columns: &Columns,
    chunk: u32,
    rows: &[Place],
    visit: &mut impl FnMut(&Charge<'_>) -> Result<()>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let quantities: Vec<Numbers> =
        Quantity::ALL.iter().map(|q| segment.chunk_numbers(chunk, *q)).collect::<Result<_>>()?;
    for (row, window, profile, terms) in rows {
        let window = &segment.head.windows[*window as usize];
        let charge = Charge {
            columns,
            profile: *profile,
            terms: *terms,
            day: window.day,
            billing_start: window.group.billing_period,
            quantities: &quantities,
            row: *row,
        };
        visit(&charge)?;
    }
    Ok(())
}

/// Answers [`super::Question::LineItems`]. Where charges do not tell what the filter looks at, those of a
/// facet that does are listed in their place.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn page(engine: &LocalEngine, lens: &Lens, page: Page, as_of: Day, cancel: &Cancel) -> Result<Vec<LineItems>> {
    let (period, _) = lens.days(as_of);
    let (_held, manifest) = engine.store().read();
    let order = match page.order {
        Order::Cost => ItemOrder::Cost(lens.metric),
        Order::Newest => ItemOrder::Newest,
    };
    let groups = Plan::new(&manifest, period, &Needed::of(&lens.filter.clauses)).groups();
    items(engine.store(), &groups, &Wanted::of(lens, period), order, (page.limit, page.skip), cancel)
}

/// How line items are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemOrder {
    /// The costliest first, by magnitude.
    Cost(Metric),
    /// The newest first.
    Newest,
}

/// A line item while the first are looked for: its rank, segment, chunk and row. The worst stands on
/// top of a heap.
type Ranked = Reverse<(i128, u64, u32, usize)>;

/// One currency's line items while the first are looked for.
#[derive(Default)]
struct Best {
    total: u64,
    first: BinaryHeap<Ranked>,
}

impl Best {
    fn offer(&mut self, item: Ranked, keep: usize) {
        if self.first.len() < keep {
            self.first.push(item);
        } else if let Some(mut worst) = self.first.peek_mut().filter(|worst| item < **worst) {
            *worst = item;
        }
    }
}

/// Line items by currency while the first are looked for.
#[derive(Default)]
struct Search {
    currencies: Dict,
    best: Vec<Best>,
}

/// The line items that are wanted, one answer a currency, for costs in two cannot be ranked: how many
/// there are, and `limit` of them after `skip`. Holds only the places of those while it looks for them.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn items(
    store: &Store,
    groups: &[&Group],
    wanted: &Wanted<'_>,
    order: ItemOrder,
    (limit, skip): (usize, usize),
    cancel: &Cancel,
) -> Result<Vec<LineItems>> {
    let keep = limit.saturating_add(skip);
    let searched = on_segments(store, (groups, wanted.clauses), cancel, Search::default, |search, segment, keys| {
        let opened = Opened::new(segment);
        let selection = Selection::new(&opened, keys, wanted)?;
        if selection.is_empty() { Ok(()) } else { search.segment(&opened, &selection, (order, keep), cancel) }
    })?;
    let mut found: BTreeMap<String, Best> = BTreeMap::new();
    for Search { currencies, best } in searched {
        for (currency, best) in best.into_iter().enumerate().filter(|(_, best)| best.total > 0) {
            let whole = found.entry(currencies.get(currency as u32).to_owned()).or_default();
            whole.total += best.total;
            best.first.into_iter().for_each(|item| whole.offer(item, keep));
        }
    }
    let answer = |(currency, best): (String, Best)| {
        let places: Vec<Ranked> = best.first.into_sorted_vec().into_iter().skip(skip).collect();
        Ok(LineItems { currency, skip: skip as u64, items: fetch(store, &places)?, total: best.total })
    };
    found.into_iter().map(answer).collect()
}

impl Search {
    fn segment(
        &mut self,
        segment: &Opened<'_>,
        selection: &Selection,
        (order, keep): (ItemOrder, usize),
        cancel: &Cancel,
    ) -> Result<()> {
        let currencies = sweep::currencies(segment, &mut self.currencies)?;
        self.best.resize_with(self.currencies.len(), Best::default);
        let times = if order == ItemOrder::Newest { segment.terms_times()? } else { Vec::new() };
        for chunk in 0..segment.head.chunks.len() as u32 {
            scan::check(cancel)?;
            let rows = chosen(segment, selection, chunk)?;
            let costs = match order {
                ItemOrder::Cost(metric) if !rows.is_empty() => Some(segment.chunk_numbers(chunk, metric.quantity())?),
                _ => None,
            };
            for (row, window, _, terms) in rows {
                let rank = match &costs {
                    Some(costs) => Some(costs.units(row)).filter(|u| *u != UNKNOWN_WIDE).map_or(-1, i128::abs),
                    None => i128::from(
                        segment.head.windows[window as usize].day.seconds() + i64::from(times[terms as usize].start),
                    ),
                };
                let best = &mut self.best[currencies[terms as usize] as usize];
                best.total += 1;
                best.offer(Reverse((rank, segment.number, chunk, row)), keep);
            }
        }
        Ok(())
    }
}

/// Reads chosen line items, each chunk once, and gives them back in the order asked for.
fn fetch(store: &Store, wanted: &[Ranked]) -> Result<Vec<LineItem>> {
    let mut items: Vec<Option<LineItem>> = vec![None; wanted.len()];
    let mut chunks: BTreeMap<u64, BTreeMap<u32, BTreeMap<usize, usize>>> = BTreeMap::new();
    for (at, Reverse((_, segment, chunk, row))) in wanted.iter().enumerate() {
        chunks.entry(*segment).or_default().entry(*chunk).or_default().insert(*row, at);
    }
    for (number, chunks) in chunks {
        let segment = Segment::open(store.kv(), number)?;
        let columns = Columns::read(&segment)?;
        for (chunk, rows) in chunks {
            let places = placed(&segment, chunk, rows.keys().copied())?;
            let mut slots = rows.values();
            visit_rows(&segment, &columns, chunk, &places, &mut |charge| {
                if let Some(slot) = slots.next() {
                    items[*slot] = Some(charge.item());
                }
                Ok(())
            })?;
        }
    }
    Ok(items.into_iter().flatten().collect())
}

/// The places of some rows of a chunk.
fn placed(segment: &Segment<'_>, chunk: u32, rows: impl Iterator<Item = usize>) -> Result<Vec<Place>> {
    let (profiles, terms) = (segment.chunk_profiles(chunk)?, segment.chunk_terms(chunk)?);
    let mut end = 0;
    let runs = segment.head.chunks[chunk as usize].iter().map(|(window, rows)| {
        end += *rows as usize;
        (end, *window)
    });
    let runs: Vec<(usize, u32)> = runs.collect();
    let window = |row: usize| runs.get(runs.partition_point(|(end, _)| *end <= row)).map_or(0, |(_, window)| *window);
    Ok(rows.map(|row| (row, window(row), profiles[row], terms[row])).collect())
}
