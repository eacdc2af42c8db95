//! Adds to a tally what is told of costs whose charges do not tell everything: days, dimensions and tags,
//! each from whatever of its charges and facets tells it.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::Cancel;
use super::aggregate::aggregate_untold;
use super::local::LocalEngine;
use super::query::request;
use super::table::Table;
use super::tally::{Asked, Tally};
use crate::domain::calendar::{Day, Granularity};
use crate::domain::dict::NONE;
use crate::domain::dimension::Dimension;
use crate::domain::numbers::Total;
use crate::domain::text::UNTOLD;
use crate::error::Result;
use crate::store::manifest::Manifest;

/// Adds what is asked for. How usage was paid for is not told without single charges.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn add(
    engine: &LocalEngine,
    manifest: &Manifest,
    asked: &Asked<'_>,
    tally: &mut Tally,
    cancel: &Cancel,
) -> Result<()> {
    let added_up = |by: &[Dimension], granularity: Option<Granularity>| {
        aggregate_untold(engine.store(), &request(asked.lens, asked.period, by, granularity), cancel)
    };
    let days = added_up(&[], Some(Granularity::Day))?;
    for (key, total) in days.groups() {
        let currency = tally.currencies.intern(days.currencies.get(key.currency));
        tally.totals.entry(currency).or_default().merge(total);
        tally.days.entry((currency, Day::of_seconds(key.start))).or_default().merge(total);
    }
    if days.is_empty() {
        return Ok(());
    }
    for (d, dimension) in asked.dimensions.iter().enumerate() {
        let table = added_up(std::slice::from_ref(dimension), None)?;
        for (key, total) in table.groups() {
            let currency = tally.currencies.intern(table.currencies.get(key.currency));
            let (text, name) = value(&table, 0, key.values.0[0]);
            let number = tally.values[d].add(text, name);
            tally.by[d].entry((currency, number)).or_default().merge(total);
        }
    }
    let Some(beside) = asked.tags else { return Ok(()) };
    let beside = beside.map(|d| (d, &asked.dimensions[d]));
    let by = |key: Option<&String>| -> Vec<Dimension> {
        let tag = key.map(|key| Dimension::Tag(key.clone()));
        tag.into_iter().chain(beside.map(|(_, dimension)| dimension.clone())).collect()
    };
    let told = manifest.facets().flat_map(|facet| &facet.tells).filter_map(|dimension| match dimension {
        Dimension::Tag(key) => Some(key),
        _ => None,
    });
    let keys: BTreeSet<&String> = told.collect();
    for key in keys {
        let table = added_up(&by(Some(key)), None)?;
        let number = tally.keys.add(key, "");
        add_tag(tally, number, &table, beside.map(|(d, _)| d));
    }
    let all = added_up(&by(None), None)?;
    for (key, total) in all.groups() {
        let currency = tally.currencies.intern(all.currencies.get(key.currency));
        let beside = beside.map_or(NONE, |(d, _)| number_of(tally, &all, (d, 0), key.values.0[0]));
        tally.apart.entry(currency).or_default().entry(beside).or_default().merge(total);
    }
    Ok(())
}

/// Adds what has a tag, and what nobody told that of.
fn add_tag(tally: &mut Tally, number: u32, table: &Table, beside: Option<usize>) {
    // A key that is told has its own, even where nothing of it is left.
    for currency in &table.currencies.iter().map(str::to_owned).collect::<Vec<_>>() {
        let currency = tally.currencies.intern(currency);
        tally.untold.entry((currency, number)).or_default();
    }
    for (key, total) in table.groups() {
        let currency = tally.currencies.intern(table.currencies.get(key.currency));
        let beside_number = beside.map_or(NONE, |d| number_of(tally, table, (d, 1), key.values.0[1]));
        let (text, _) = value(table, 0, key.values.0[0]);
        if text == UNTOLD {
            let untold: &mut HashMap<u32, Total> = tally.untold.entry((currency, number)).or_default();
            untold.entry(beside_number).or_default().merge(total);
        } else if !text.is_empty() {
            let value = tally.tag_values.add(text, "");
            tally.tags.entry((currency, number, value)).or_default().merge(total);
            if beside.is_some() {
                tally.tagged.entry((currency, number, beside_number)).or_default().merge(total);
            }
        }
    }
}

/// The tally's number of a value of its dimension `d`, which is the table's at `at`.
fn number_of(tally: &mut Tally, table: &Table, (d, at): (usize, usize), id: u32) -> u32 {
    let (text, name) = value(table, at, id);
    tally.values[d].add(text, name)
}

fn value(table: &Table, at: usize, id: u32) -> (&str, &str) {
    (table.dimensions[at].text(id), table.dimensions[at].name(id))
}
