//! Single charges out of the store: line items for a screen, and all of them for an export.

use std::collections::BTreeSet;

use super::Cancel;
use super::answer::LineItem;
use super::scan;
use super::selection::Selection;
use crate::domain::batch::TermsRow;
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::{Metric, Profile, Quantity, Terms};
use crate::domain::filter::Clause;
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

/// Calls `visit` for every charge of `groups` that the period and clauses admit, segment by
/// segment, with all its columns.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up; those of `visit`.
pub fn each(
    store: &Store,
    groups: &[&Group],
    period: Period,
    clauses: &[Clause],
    cancel: &Cancel,
    mut visit: impl FnMut(&Charge<'_>) -> Result<()>,
) -> Result<()> {
    for (number, keys) in scan::segments(groups, clauses) {
        let segment = Segment::open(store.kv(), number)?;
        let selection = Selection::new(&segment, &keys, period, clauses)?;
        if selection.is_empty(&segment) {
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

/// How line items are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemOrder {
    /// The costliest first, by magnitude.
    Cost(Metric),
    /// The newest first.
    Newest,
}

/// The line items that a period and clauses admit: how many there are, and `limit` of them after
/// `skip`. Holds only the places of those that are wanted while it looks for them.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn items(
    store: &Store,
    groups: &[&Group],
    period: Period,
    clauses: &[Clause],
    order: ItemOrder,
    (limit, skip): (usize, usize),
    cancel: &Cancel,
) -> Result<(u64, Vec<LineItem>)> {
    let keep = limit.saturating_add(skip);
    let mut total = 0u64;
    // Ordered worst first, so that the worst is dropped when there are too many.
    let mut best: BTreeSet<(i128, u64, u32, usize)> = BTreeSet::new();
    for (number, keys) in scan::segments(groups, clauses) {
        let segment = Segment::open(store.kv(), number)?;
        let selection = Selection::new(&segment, &keys, period, clauses)?;
        if selection.is_empty(&segment) {
            continue;
        }
        let times = if order == ItemOrder::Newest { segment.terms_times()? } else { Vec::new() };
        for chunk in 0..segment.head.chunks.len() as u32 {
            scan::check(cancel)?;
            let rows = chosen(&segment, &selection, chunk)?;
            total += rows.len() as u64;
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
                best.insert((rank, number, chunk, row));
                if best.len() > keep {
                    best.pop_first();
                }
            }
        }
    }
    let wanted: Vec<(i128, u64, u32, usize)> = best.into_iter().rev().skip(skip).collect();
    Ok((total, fetch(store, &wanted)?))
}

/// Reads chosen line items, each segment once, and gives them back in the order asked for.
fn fetch(store: &Store, wanted: &[(i128, u64, u32, usize)]) -> Result<Vec<LineItem>> {
    let mut items: Vec<Option<LineItem>> = vec![None; wanted.len()];
    let numbers: BTreeSet<u64> = wanted.iter().map(|w| w.1).collect();
    for number in numbers {
        let segment = Segment::open(store.kv(), number)?;
        let columns = Columns::read(&segment)?;
        for (slot, (_, _, chunk, row)) in items.iter_mut().zip(wanted).filter(|(_, w)| w.1 == number) {
            let mut at = 0;
            let window = segment.head.chunks[*chunk as usize].iter().find(|(_, rows)| {
                at += *rows as usize;
                at > *row
            });
            let (profiles, terms) = (segment.chunk_profiles(*chunk)?, segment.chunk_terms(*chunk)?);
            let place = (*row, window.map_or(0, |(w, _)| *w), profiles[*row], terms[*row]);
            visit_rows(&segment, &columns, *chunk, &[place], &mut |charge| {
                *slot = Some(charge.item());
                Ok(())
            })?;
        }
    }
    Ok(items.into_iter().flatten().collect())
}

/// The groups that count and have charges in a period.
#[must_use]
pub fn groups_of(manifest: &crate::store::manifest::Manifest, period: Period) -> Vec<&Group> {
    manifest.active().into_iter().filter(|g| g.overlaps(period)).collect()
}
