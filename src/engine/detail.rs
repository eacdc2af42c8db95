//! Answers [`super::Question::ResourceDetail`]: everything about one resource.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::ResourceAnswer;
use super::charges::{self, ItemOrder};
use super::local::LocalEngine;
use super::{Cancel, Query, Sort, query};
use crate::domain::calendar::{Day, Granularity};
use crate::domain::charge::Profile;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::lens::Lens;
use crate::domain::tags;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Values of one column or tag that a resource's facts list at most.
const VALUES_MAX: usize = 8;

/// Answers about a resource; `None` where the bill does not have it in the lens's days.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn resource(
    engine: &LocalEngine,
    id: &str,
    lens: &Lens,
    items: (usize, usize),
    as_of: Day,
    cancel: &Cancel,
) -> Result<Option<ResourceAnswer>> {
    let (period, _) = lens.days(as_of);
    let clause = Clause {
        negated: false,
        dimension: Some(Dimension::Resource),
        patterns: vec![Pattern::Exactly(id.to_owned())],
    };
    let clauses = [clause];
    let (_held, manifest) = engine.store().read();
    let groups = charges::groups_of(&manifest, period);
    let (items_total, items) =
        charges::items(engine.store(), &groups, period, &clauses, ItemOrder::Newest, items, cancel)?;
    if items_total == 0 {
        return Ok(None);
    }
    let mut facts: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut pairs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    charges::each(engine.store(), &groups, period, &clauses, cancel, |charge| {
        for column in Profile::ALL.iter().filter(|c| **c != Profile::Tags) {
            let text = charge.profile(*column);
            let slot = facts.entry(column.index()).or_default();
            if !text.is_empty() && slot.len() < VALUES_MAX {
                slot.insert(text.to_owned());
            }
        }
        let text = charge.profile(Profile::Tags);
        if seen.insert(text.to_owned()) {
            tags::each(text, |key, value| {
                pairs.entry(key.to_owned()).or_default().insert(value.unwrap_or_default().into_owned());
                true
            });
        }
        Ok(())
    })?;
    drop(_held);
    let mut lens = lens.clone();
    lens.filter = Filter { clauses: clauses.to_vec(), bounds: Vec::new() };
    lens.by = vec![Dimension::Sku];
    let costs = query::answer(
        engine,
        &Query { lens, granularity: Some(Granularity::Day), sort: Sort::Time, limit: None },
        as_of,
        cancel,
    )?;
    let list = |values: BTreeSet<String>| values.into_iter().map(Untrusted::from).collect::<Vec<_>>();
    Ok(Some(ResourceAnswer {
        id: Untrusted::from(id),
        facts: facts
            .into_iter()
            .filter(|(_, v)| !v.is_empty())
            .map(|(c, v)| (Profile::ALL[c].focus_name().to_owned(), list(v)))
            .collect(),
        tags: pairs.into_iter().map(|(k, v)| (Untrusted::from(k), list(v))).collect(),
        costs,
        items,
        items_total,
    }))
}
