//! Answers about one resource, and about what a figure rests on.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{ExplainAnswer, ResourceAnswer};
use super::charges::{self, ItemOrder};
use super::local::LocalEngine;
use super::{Cancel, Query, Sort, query, twin};
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

/// Explains the sum of what a lens admits.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn explain(
    engine: &LocalEngine,
    lens: &Lens,
    items: (usize, usize),
    as_of: Day,
    cancel: &Cancel,
) -> Result<ExplainAnswer> {
    let (period, _) = lens.days(as_of);
    let mut parts_lens = lens.clone();
    parts_lens.by = vec![finer(lens)];
    let question = Query { lens: parts_lens, granularity: None, sort: Sort::Cost, limit: Some(20) };
    let parts = query::answer(engine, &question, as_of, cancel)?;
    let (_held, manifest) = engine.store().read();
    let groups = charges::groups_of(&manifest, period);
    let (items_total, items) = charges::items(
        engine.store(),
        &groups,
        period,
        &lens.filter.clauses,
        ItemOrder::Cost(lens.metric),
        items,
        cancel,
    )?;
    let imports: BTreeSet<u64> = groups.iter().flat_map(|g| &g.parts).map(|p| p.import).collect();
    let imports = imports.into_iter().filter_map(|id| manifest.import(id)).map(|import| {
        let files: Vec<String> = import
            .files
            .iter()
            .take(3)
            .map(|f| crate::domain::text::SafeText::from_outside(&f.name).into_string())
            .collect();
        let more = if import.files.len() > 3 { format!(" and {} more", import.files.len() - 3) } else { String::new() };
        format!("import {}: {}{more}", import.id, files.join(", "))
    });
    Ok(ExplainAnswer {
        definition: definition(lens, as_of),
        parts,
        items,
        items_total,
        freshness: engine.freshness(as_of),
        imports: imports.collect(),
        command: twin::command(lens, as_of),
    })
}

fn definition(lens: &Lens, as_of: Day) -> Vec<String> {
    let (period, _) = lens.days(as_of);
    let mut lines = vec![
        format!("The sum of {}.", lens.metric.definition()),
        format!(
            "Over the charges whose charge period starts from {} to {} (UTC); a charge counts whole on the day it starts.",
            period.from,
            period.to.plus(-1)
        ),
    ];
    if !lens.filter.is_empty() {
        let filter = crate::domain::text::SafeText::from_outside(&lens.filter.to_string());
        lines.push(format!("Only what the filter admits: {filter}."));
    }
    lines.push("Currencies are never added together; charges without this cost are left out and counted.".to_owned());
    lines
}

/// The next dimension that is not pinned to one value yet.
fn finer(lens: &Lens) -> Dimension {
    let pinned: Vec<&Dimension> = lens
        .filter
        .clauses
        .iter()
        .filter(|c| !c.negated && c.patterns.len() == 1)
        .filter_map(|c| c.dimension.as_ref())
        .collect();
    let order = [
        Dimension::Provider,
        Dimension::Service,
        Dimension::SubAccount,
        Dimension::Region,
        Dimension::ResourceType,
        Dimension::Resource,
    ];
    order.into_iter().find(|d| !pinned.contains(&d)).unwrap_or(Dimension::Sku)
}
