//! Cuts the cost of shared values of virtual dimensions among those who bear it.
//!
//! A filter chooses charges; sharing applies where an answer is grouped by the dimension. Every
//! row of a shared value is cut day by day (hour by hour where hours are asked for), by weights of
//! the calendar month that the day lies in: what each owner cost of its own in that month, in the
//! same metric and currency, whatever the question's filter, period and pieces of time. A share is
//! then the same in every answer, and shares of days, services or accounts add up to those of
//! months and wholes, but for the last digit that rounding moves from one owner to another. The
//! sum over owners is the sum of the charges, exactly.
//!
//! Who bears: owners with charges of their own in that month and currency; neither other shared
//! values nor charges without an owner. Proportional shares are by own costs above zero; where
//! nobody has any, they are even. Where a month has no owner, the cost stays with the shared value.
//! A credit is cut as a cost is. Charges whose cost is unknown cannot be cut: they stay too. Where
//! charges are looked at one by one (what drives a change, line items, exports) nothing is cut: a
//! charge is its own value's.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::Cancel;
use super::aggregate::aggregate;
use super::answer::{Notice, NoticeKind, Severity};
use super::table::{Ids, Key, Numbering, Request, Table};
use super::values::Values;
use crate::analytics::split::split;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Pattern};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::UNTOLD;
use crate::domain::virtuals::{Definition, Split};
use crate::error::Result;
use crate::store::Store;

/// Adds up what a request asks for, shared values' costs cut among those who bear them.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn shared_out(store: &Store, request: &Request<'_>, cancel: &Cancel) -> Result<Table> {
    let shared: Vec<usize> = (0..request.by.len()).filter(|at| is_shared(&request.by[*at])).collect();
    cut(store, request, &shared, cancel)
}

/// A dimension's definition, where it is a virtual one that has one.
pub(super) fn definition(dimension: &Dimension) -> Option<&Arc<Definition>> {
    if let Dimension::Virtual(own) = dimension { own.definition() } else { None }
}

/// Whether costs of some of a dimension's values are cut among others.
#[must_use]
pub fn is_shared(dimension: &Dimension) -> bool {
    definition(dimension).is_some_and(|d| !d.shared().is_empty())
}

/// The same, of the dimensions at these places alone.
fn cut(store: &Store, request: &Request<'_>, places: &[usize], cancel: &Cancel) -> Result<Table> {
    let Some((at, others)) = places.split_first() else { return aggregate(store, request, cancel) };
    let dimension = &request.by[*at];
    let Some(definition) = definition(dimension) else { return cut(store, request, others, cancel) };
    let patterns: Vec<Pattern> = definition.shared().iter().map(|shared| Pattern::only(&shared.value)).collect();
    let clauses = |negated| {
        let clause = Clause { negated, dimension: Some(dimension.clone()), patterns: patterns.clone() };
        request.clauses.iter().cloned().chain([clause]).collect::<Vec<_>>()
    };
    let own = clauses(true);
    // What nobody told the value of is nobody's, and not shared.
    let parting: Vec<usize> = request.parting.iter().copied().chain([request.clauses.len()]).collect();
    let mut table = cut(store, &Request { clauses: &own, parting: &parting, ..request.clone() }, others, cancel)?;
    let shared = clauses(false);
    let atoms = if request.granularity == Some(Granularity::Hour) { Granularity::Hour } else { Granularity::Day };
    let shared = Request { clauses: &shared, granularity: Some(atoms), ..request.clone() };
    let shared = cut(store, &shared, others, cancel)?;
    if !shared.is_empty() || !shared.left_out.is_empty() {
        let bearers = Bearers::new(store, request, dimension, definition, cancel)?;
        add(&mut table, &shared, *at, request.granularity, &bearers);
    }
    Ok(table)
}

/// Adds the shares of shared groups, and what cannot be cut of them, to a table.
fn add(table: &mut Table, shared: &Table, at: usize, granularity: Option<Granularity>, bearers: &Bearers<'_>) {
    let numbers: Numbering = table.adopt(shared);
    for (currency, total) in &shared.left_out {
        table.left_out.entry(numbers.currency(*currency)).or_default().merge(total);
    }
    // Days by the hundred of groups by the thousand are cut by the same few weights.
    let mut cuts: HashMap<(u32, u32, Day), Cut> = HashMap::new();
    for (key, total) in shared.groups() {
        let currency = numbers.currency(key.currency);
        let start = granularity.map_or(0, |g| g.floor(key.start));
        let own = Key { currency, start, values: numbers.ids(&key.values) };
        let month = Day::of_seconds(key.start).month().first();
        let cut = cuts.entry((own.values.0[at], currency, month)).or_insert_with(|| {
            let value = shared.dimensions[at].text(key.values.0[at]);
            let weights = bearers.weights(value, shared.currencies.get(key.currency), month);
            Cut::new(&weights, &mut table.dimensions[at])
        });
        let parts = split(total.sum, &cut.weights);
        if parts.is_empty() {
            table.add(own, total);
            continue;
        }
        if total.unknown > 0 {
            table.add(own, &Total { unknown: total.unknown, ..Total::default() });
        }
        for (part, (owner, sum)) in cut.owners.iter().zip(parts).enumerate() {
            let known = if part == cut.most { total.known } else { 0 };
            if known == 0 && sum.is_zero() {
                continue;
            }
            let mut values: Ids = own.values;
            values.0[at] = *owner;
            table.add_share(Key { values, ..own }, &Total { sum, known, unknown: 0 });
        }
    }
}

/// How a shared value is cut in a month.
struct Cut {
    /// Who bears it, in a table's numbers.
    owners: Vec<u32>,
    weights: Vec<Amount>,
    /// Who bears most: the charges count once, there.
    most: usize,
}

impl Cut {
    fn new(of: &[(&str, Amount)], owners: &mut Values) -> Cut {
        let most = (0..of.len()).rev().max_by_key(|part| of[*part].1).unwrap_or_default();
        Cut {
            owners: of.iter().map(|(owner, _)| owners.add(owner, "")).collect(),
            weights: of.iter().map(|(_, weight)| *weight).collect(),
            most,
        }
    }
}

/// Who bears the shared values of a dimension.
struct Bearers<'d> {
    definition: &'d Definition,
    /// By currency and first day of the month: owners, in order, with what they cost of their own.
    months: BTreeMap<(String, Day), Vec<(String, Amount)>>,
}

impl<'d> Bearers<'d> {
    fn new(
        store: &Store,
        request: &Request<'_>,
        dimension: &Dimension,
        definition: &'d Definition,
        cancel: &Cancel,
    ) -> Result<Bearers<'d>> {
        let mut months: BTreeMap<(String, Day), Vec<(String, Amount)>> = BTreeMap::new();
        if definition.shared().iter().any(|shared| !matches!(shared.split, Split::Shares(_))) {
            let Period { from, to } = request.period;
            let period = Period { from: from.month().first(), to: to.plus(-1).month().plus(1).first() };
            let by = std::slice::from_ref(dimension);
            let granularity = Some(Granularity::Month);
            let own = Request { period, by, clauses: &[], granularity, parting: &[], ..request.clone() };
            let table = aggregate(store, &own, cancel)?;
            for (key, total) in table.groups() {
                let owner = table.dimensions[0].text(key.values.0[0]);
                if !owner.is_empty()
                    && owner != UNTOLD
                    && definition.shared().iter().all(|shared| shared.value != owner)
                {
                    let month = (table.currencies.get(key.currency).to_owned(), Day::of_seconds(key.start));
                    months.entry(month).or_default().push((owner.to_owned(), total.sum));
                }
            }
            months.values_mut().for_each(|owners| owners.sort());
        }
        Ok(Bearers { definition, months })
    }

    /// Who bears a value's cost in a month, and with what weight; nobody, where none can.
    fn weights(&self, value: &str, currency: &str, month: Day) -> Vec<(&str, Amount)> {
        let Some(shared) = self.definition.shared().iter().find(|shared| shared.value == value) else {
            return Vec::new();
        };
        if let Split::Shares(shares) = &shared.split {
            return shares.iter().map(|(owner, share)| (owner.as_str(), *share)).collect();
        }
        let owners = self.months.get(&(currency.to_owned(), month)).map_or(&[][..], Vec::as_slice);
        let by_cost = shared.split == Split::Proportional && owners.iter().any(|(_, own)| *own > Amount::ZERO);
        let weight = |own: &Amount| if by_cost { (*own).max(Amount::ZERO) } else { Amount::whole(1) };
        owners.iter().map(|(owner, own)| (owner.as_str(), weight(own))).collect()
    }
}

/// What a reader must know of the virtual dimensions that a lens looks through.
#[must_use]
pub fn notices(lens: &Lens, store: &Store) -> Vec<Notice> {
    let manifest = store.manifest();
    let mut notices: Vec<Notice> = Vec::new();
    let filtered = lens.filter.clauses.iter().filter_map(|c| c.dimension.as_ref());
    for definition in filtered.clone().filter(|d| is_shared(d)).filter_map(definition) {
        let named = definition.shared().iter().map(|shared| match shared.value.as_str() {
            "" => format!("charges without {}", definition.name()),
            value => format!("`{}`", crate::domain::text::SafeText::from_outside(value)),
        });
        notices.push(Notice {
            kind: NoticeKind::WithoutShares,
            severity: Severity::Info,
            text: format!(
                "no shares of {}: `{}` in the filter chooses charges by their own value",
                named.collect::<Vec<_>>().join(", "),
                definition.name()
            ),
            hint: format!("grouped by {0} and without {0} in the filter, the shares show", definition.name()),
        });
    }
    for definition in filtered.chain(&lens.by).filter_map(definition) {
        let kept = manifest.groups.is_empty() || manifest.evidence.iter().any(|keys| keys == definition.tags());
        if !kept {
            notices.push(Notice {
                kind: NoticeKind::NoRollups,
                severity: Severity::Info,
                text: format!("no sums of `{}` yet: it is added up charge by charge", definition.name()),
                hint: "`spendtop store rebuild` makes them, and answers come at once".to_owned(),
            });
        }
    }
    let mut seen: Vec<String> = Vec::new();
    notices.retain(|notice| {
        !seen.contains(&notice.text) && {
            seen.push(notice.text.clone());
            true
        }
    });
    notices
}
