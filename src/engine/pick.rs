//! Answers [`super::Question::Values`] and [`super::Question::TagKeys`]: what there is to choose from,
//! for completion and pickers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Cancel;
use super::answer::{TagKeysAnswer, Value, ValuesAnswer};
use super::local::LocalEngine;
use super::query::{request, sums_by_currency};
use super::scan::on_segments;
use crate::domain::calendar::Day;
use crate::domain::charge::Profile;
use crate::domain::dict::NONE;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::tags;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Answers which values a dimension has in what a lens looks at, the costliest first, `limit` at most.
/// The filter's own clauses about the dimension are left out: a value that is chosen already does not hide
/// the others.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn values(
    engine: &LocalEngine,
    dimension: &Dimension,
    lens: &Lens,
    limit: usize,
    as_of: Day,
    cancel: &Cancel,
) -> Result<ValuesAnswer> {
    let (period, _) = lens.days(as_of);
    let mut lens = lens.clone();
    lens.filter.clauses.retain(|clause| clause.dimension.as_ref() != Some(dimension));
    let by = [dimension.clone()];
    let table = engine.aggregate(&request(&lens, period, &by, None), cancel)?;
    // In the currency that most is spent in first: amounts of several are never compared.
    let order: Vec<String> = sums_by_currency(&table).into_iter().map(|(currency, _)| currency).collect();
    let mut found: BTreeMap<u32, Vec<Total>> = BTreeMap::new();
    for (at, currency) in order.iter().enumerate() {
        for (key, total) in table.groups_in(currency) {
            let totals = found.entry(key.values.0[0]).or_insert_with(|| vec![Total::default(); order.len()]);
            totals[at].merge(total);
        }
    }
    let mut list: Vec<(u32, Vec<Total>)> = found.into_iter().collect();
    let total = list.len() as u64;
    let text = |id: u32| table.dimensions[0].text(id);
    let sums = |totals: &[Total]| totals.iter().map(|t| Reverse(t.sum.abs())).collect::<Vec<Reverse<Amount>>>();
    list.sort_by(|(a, x), (b, y)| sums(x).cmp(&sums(y)).then_with(|| text(*a).cmp(text(*b))));
    list.truncate(limit);
    let value = |(id, totals): (u32, Vec<Total>)| Value {
        value: text(id).into(),
        name: Some(table.dimensions[0].name(id)).filter(|name| id != NONE && !name.is_empty()).map(Untrusted::from),
        costs: order.iter().cloned().zip(totals).filter(|(_, t)| t.rows() > 0).map(|(c, t)| (c, t.value())).collect(),
    };
    Ok(ValuesAnswer { dimension: dimension.clone(), values: list.into_iter().map(value).collect(), total })
}

/// Answers which tag keys the bills of a lens's days have, the most frequent first. Looks at the tags that
/// resources have, not at charges: a filter is not asked.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn tag_keys(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<TagKeysAnswer> {
    let (period, _) = lens.days(as_of);
    let (_held, manifest) = engine.store().read();
    let groups = manifest.active_in(period);
    let found = on_segments(engine.store(), (&groups, &[]), cancel, BTreeMap::new, |keys, segment, _| {
        let (texts, _) = segment.profile_column(Profile::Tags)?;
        for text in texts.iter() {
            tags::each(text, |key, value| {
                if value.is_some_and(|value| !value.is_empty()) {
                    match keys.get_mut(key) {
                        Some(count) => *count += 1,
                        None => drop(keys.insert(key.to_owned(), 1u64)),
                    }
                }
                true
            });
        }
        Ok(())
    })?;
    let mut keys: BTreeMap<String, u64> = BTreeMap::new();
    for (key, count) in found.into_iter().flatten() {
        *keys.entry(key).or_default() += count;
    }
    let mut list: Vec<(String, u64)> = keys.into_iter().collect();
    list.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    for key in manifest.facets().filter(|facet| facet.group.overlaps(period)).flat_map(|facet| &facet.tells) {
        if let Dimension::Tag(key) = key
            && !list.iter().any(|(known, _)| known == key)
        {
            list.push((key.clone(), 0));
        }
    }
    let configured = manifest.tag_keys.iter().map(|key| Untrusted::from(key.as_str())).collect();
    Ok(TagKeysAnswer { configured, seen: list.into_iter().map(|(key, _)| key.into()).collect() })
}
