//! Answers [`super::Question::TagHygiene`]: how well charges are tagged, and how consistently.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::Cancel;
use super::answer::{Misspelt, TagKey, TagsAnswer};
use super::local::LocalEngine;
use super::shares::{less, top};
use super::tally::{self, Asked, Tally};
use crate::analytics::spelling::misspellings;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::error::Result;

/// Keys that an answer has at most, besides those of the config.
const KEYS_SHOWN: usize = 100;
/// Values of a key, and services without it.
const VALUES_SHOWN: usize = 8;

/// One key's values.
type Key<'a> = (&'a str, Vec<(u32, Total)>);

/// Answers how charges are tagged, one a currency.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<Vec<TagsAnswer>> {
    let (period, _) = lens.days(as_of);
    let asked = Asked { lens, period, dimensions: &[Dimension::Service], tags: Some(Some(0)) };
    let tally = tally::run(engine, &asked, cancel)?;
    let configured = engine.store().manifest().tag_keys.clone();
    let by_currency =
        |(currency, total): (&u32, &Total)| of_currency(&tally, *currency, total, &configured, (lens, period));
    let mut answers: Vec<TagsAnswer> = tally.totals.iter().map(by_currency).collect();
    answers.sort_by_key(|answer| Reverse(answer.total.map(Amount::abs)));
    Ok(answers)
}

fn of_currency(
    tally: &Tally,
    currency: u32,
    whole: &Total,
    configured: &[String],
    (lens, period): (&Lens, Period),
) -> TagsAnswer {
    let mut found: BTreeMap<&str, Vec<(u32, Total)>> =
        configured.iter().map(|key| (key.as_str(), Vec::new())).collect();
    for ((_, key, value), total) in tally.tags.iter().filter(|((c, ..), _)| *c == currency) {
        found.entry(tally.keys.text(*key)).or_default().push((*value, *total));
    }
    let keys_total = found.len() as u64;
    let sum = |values: &[(u32, Total)]| {
        let mut sum = Total::default();
        values.iter().for_each(|(_, total)| sum.merge(total));
        sum
    };
    let all: Vec<(&str, Total)> = found.iter().map(|(key, values)| (*key, sum(values))).collect();
    // A key of the config that no charge has is no spelling of the bill's, but its twin may be meant.
    let (misspelt_keys, twins): (Vec<Misspelt>, Vec<Misspelt>) = misspelt(&all).into_iter().partition(|m| m.rows > 0);
    let mut keys: Vec<(Key<'_>, Total)> = found.into_iter().zip(all.iter().map(|(_, total)| *total)).collect();
    let place = |key: &str| configured.iter().position(|known| known == key).unwrap_or(usize::MAX);
    keys.sort_by(|((a, _), x), ((b, _), y)| (place(a), Reverse(x.sum), a).cmp(&(place(b), Reverse(y.sum), b)));
    keys.truncate(configured.len() + KEYS_SHOWN);
    let key = |(key, tagged): (Key<'_>, Total)| TagKey {
        twin: twins.iter().find(|twin| twin.value.raw() == key.0).map(|twin| twin.meant.clone()),
        ..tag_key(tally, currency, key, &tagged, whole, configured)
    };
    TagsAnswer {
        metric: lens.metric,
        currency: tally.currencies.get(currency).to_owned(),
        period,
        total: whole.value(),
        keys: keys.into_iter().map(key).collect(),
        keys_total,
        misspelt_keys,
    }
}

fn tag_key(
    tally: &Tally,
    currency: u32,
    (key, values): Key<'_>,
    tagged: &Total,
    whole: &Total,
    configured: &[String],
) -> TagKey {
    let texts: Vec<(&str, Total)> =
        values.iter().map(|(value, total)| (tally.tag_values.text(*value), *total)).collect();
    let misspelt = misspelt(&texts);
    let number = (0..tally.keys.len() as u32).find(|id| tally.keys.text(*id) == key && !key.is_empty());
    let untold = tally.without_word(currency, number);
    let unknown = untold.into_iter().flat_map(HashMap::values).fold(Total::default(), |mut all, total| {
        all.merge(total);
        all
    });
    let told = less(whole, &unknown);
    let untagged = less(&told, tagged);
    let services = tally.by[0].iter().filter(|((c, _), _)| *c == currency).map(|((_, service), total)| {
        let tagged = number.and_then(|key| tally.tagged.get(&(currency, key, *service)));
        let untold = untold.and_then(|untold| untold.get(service)).copied().unwrap_or_default();
        (*service, less(&less(total, &untold), &tagged.copied().unwrap_or_default()))
    });
    let without = services.filter(|(_, total)| !total.is_nothing());
    let (untagged_by, ..) = top(&tally.values[0], without, untagged.sum, VALUES_SHOWN);
    TagKey {
        key: key.into(),
        configured: configured.iter().any(|known| known == key),
        twin: None,
        tagged: tagged.value(),
        untagged: untagged.value(),
        unknown: unknown.value().filter(|unknown| !unknown.is_zero()),
        coverage: tagged.value().filter(|_| told.sum > Amount::ZERO).and_then(|cost| cost.ratio(told.sum)),
        values: values.len() as u64,
        top: top(&tally.tag_values, values.into_iter(), whole.sum, VALUES_SHOWN).0,
        misspelt_cost: misspelt.iter().filter_map(|m| m.cost).sum(),
        misspelt,
        untagged_by,
    }
}

/// What is misspelt among some texts, the costliest first.
fn misspelt(texts: &[(&str, Total)]) -> Vec<Misspelt> {
    let frequent: Vec<(&str, u64)> = texts.iter().map(|(text, total)| (*text, total.rows())).collect();
    let of = |found: crate::analytics::spelling::Misspelling| {
        let (value, total) = &texts[found.value];
        Misspelt {
            value: (*value).into(),
            meant: texts[found.meant].0.into(),
            difference: found.difference,
            cost: total.value(),
            rows: total.rows(),
        }
    };
    let mut list: Vec<Misspelt> = misspellings(&frequent).into_iter().map(of).collect();
    list.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.value.cmp(&b.value)));
    list
}
