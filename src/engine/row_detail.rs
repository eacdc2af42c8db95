//! Answers [`super::Question::Detail`]: what one row is made of.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::answer::{Composition, Coverage, CurrencyDetail, DetailAnswer, Driver, Figure, Share, TagUse};
use super::local::LocalEngine;
use super::shares::{less, share, top};
use super::tally::{self, Asked, Tally};
use super::{Among, Cancel, drivers, sharing, untold};
use crate::domain::calendar::{Day, Period};
use crate::domain::dict::NONE;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Pattern;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::error::Result;

/// Dimensions that a composition shows at most.
const DIMENSIONS_SHOWN: usize = 6;
/// Values of a dimension: two compositions side by side mostly have the same.
const PARTS_SHOWN: usize = 40;
/// Values of a tag, a price or a commitment.
const VALUES_SHOWN: usize = 5;
/// Tag keys.
const KEYS_SHOWN: usize = 12;

/// The dimensions that may tell charges apart, coarse to fine.
const ORDER: [Dimension; 9] = [
    Dimension::Provider,
    Dimension::SubAccount,
    Dimension::Service,
    Dimension::Region,
    Dimension::ResourceType,
    Dimension::InstanceType,
    Dimension::Resource,
    Dimension::Sku,
    Dimension::ChargeCategory,
];

/// Answers what a lens that is narrowed to one row is made of.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<DetailAnswer> {
    let (period, previous_period) = lens.days(as_of);
    let dimensions: Vec<Dimension> = ORDER.into_iter().filter(|d| !is_pinned(lens, d)).collect();
    let asked = Asked { lens, period, dimensions: &dimensions, tags: Some(None) };
    let mut tally = tally::run(engine, &asked, cancel)?;
    let whole = Lens { by: Vec::new(), ..lens.clone() };
    let mut drivers: HashMap<u32, Driver> =
        drivers::answer(engine, &whole, &Among::Groups(vec![Vec::new()]), as_of, cancel)?
            .into_iter()
            .filter_map(|mut answer| Some((tally.currencies.intern(&answer.currency), answer.groups.pop()?)))
            .collect();
    // What is gone now was there before: its currency may be in the drivers alone.
    let known: BTreeSet<u32> = tally.totals.keys().chain(drivers.keys()).copied().collect();
    let ground = (lens, period, engine.data_days(), dimensions.as_slice());
    let details = known.into_iter().map(|currency| detail(&tally, currency, drivers.remove(&currency), ground));
    let mut currencies: Vec<CurrencyDetail> = details.collect();
    currencies.sort_by_key(|detail| Reverse(detail.figure.amount.map(Amount::abs)));
    let untold = untold::notices(engine.store(), lens, (period, &[]), cancel)?;
    let notices = untold.into_values().flatten().chain(sharing::notices(lens, engine.store())).collect();
    Ok(DetailAnswer { period, previous_period, currencies, notices })
}

/// Whether the filter leaves one value of a dimension.
fn is_pinned(lens: &Lens, dimension: &Dimension) -> bool {
    lens.filter.clauses.iter().any(|clause| {
        let single = matches!(
            clause.patterns.as_slice(),
            [Pattern::Is(_) | Pattern::Exactly(_) | Pattern::Missing | Pattern::Untold]
        );
        !clause.negated && single && clause.dimension.as_ref() == Some(dimension)
    })
}

/// The lens, its days, the days of the data, and the dimensions that were asked for.
type Ground<'a> = (&'a Lens, Period, Option<Period>, &'a [Dimension]);

fn detail(
    tally: &Tally,
    currency: u32,
    driver: Option<Driver>,
    (lens, period, data, dimensions): Ground<'_>,
) -> CurrencyDetail {
    let total = tally.totals.get(&currency).copied().unwrap_or_default();
    let day = |day: Day| {
        let total = tally.days.get(&(currency, day)).copied().unwrap_or_default();
        total.value().filter(|_| total.rows() > 0 || data.is_some_and(|data| data.contains(day)))
    };
    let previous = driver.as_ref().and_then(|driver| driver.figure.previous);
    let mine = |d: usize| tally.by[d].iter().filter(|((c, _), _)| *c == currency);
    let told_apart = dimensions.iter().enumerate().filter(|(d, _)| mine(*d).count() > 1).take(DIMENSIONS_SHOWN);
    let composition = told_apart.map(|(d, dimension)| {
        let totals = mine(d).map(|((_, id), total)| (*id, *total));
        let (values, others, rest) = top(&tally.values[d], totals, total.sum, PARTS_SHOWN);
        Composition { dimension: dimension.clone(), values, others, others_cost: rest.value() }
    });
    CurrencyDetail {
        metric: lens.metric,
        currency: tally.currencies.get(currency).to_owned(),
        rows: total.rows(),
        figure: Figure { amount: total.value(), previous },
        starts: period.iter().map(Day::seconds).collect(),
        trend: period.iter().map(day).collect(),
        composition: composition.collect(),
        tags: tags(tally, currency, &total),
        driver,
        coverage: coverage(tally, currency),
    }
}

fn tags(tally: &Tally, currency: u32, whole: &Total) -> Vec<TagUse> {
    let mut keys: HashMap<u32, Vec<(u32, Total)>> = HashMap::new();
    for ((_, key, value), total) in tally.tags.iter().filter(|((c, ..), _)| *c == currency) {
        keys.entry(*key).or_default().push((*value, *total));
    }
    let mut uses: Vec<(Total, TagUse)> = keys
        .into_iter()
        .map(|(key, totals)| {
            let mut tagged = Total::default();
            totals.iter().for_each(|(_, total)| tagged.merge(total));
            let (values, others, _) = top(&tally.tag_values, totals.into_iter(), whole.sum, VALUES_SHOWN);
            let mut told = *whole;
            let untold = tally.without_word(currency, Some(key)).into_iter().flat_map(HashMap::values);
            untold.for_each(|untold| told = less(&told, untold));
            let untagged = share("", "", &less(&told, &tagged), whole.sum);
            (tagged, TagUse { key: tally.keys.text(key).into(), values, others, untagged })
        })
        .collect();
    uses.sort_by(|(a, x), (b, y)| b.sum.cmp(&a.sum).then_with(|| x.key.cmp(&y.key)));
    uses.truncate(KEYS_SHOWN);
    uses.into_iter().map(|(_, tag)| tag).collect()
}

fn coverage(tally: &Tally, currency: u32) -> Coverage {
    let (mut all, mut unused) = (Total::default(), Total::default());
    let mut pricing: HashMap<u32, Total> = HashMap::new();
    let mut commitments: HashMap<u32, Total> = HashMap::new();
    for ((_, terms), total) in tally.usage.iter().filter(|((c, _), _)| *c == currency) {
        all.merge(total);
        pricing.entry(terms.pricing).or_default().merge(total);
        if terms.commitment != NONE {
            commitments.entry(terms.commitment).or_default().merge(total);
        }
        if terms.unused {
            unused.merge(total);
        }
    }
    let shares = |values, totals: HashMap<u32, Total>, limit| -> Vec<Share> {
        top(values, totals.into_iter(), all.sum, limit).0
    };
    let known = |total: &Total| total.value().filter(|_| total.rows() > 0);
    Coverage {
        usage: known(&all),
        pricing: shares(&tally.pricing, pricing, VALUES_SHOWN),
        commitments: shares(&tally.commitments, commitments, VALUES_SHOWN),
        unused: known(&unused),
    }
}
