//! One pass over charges that adds them up by many things at once, each alone: days, dimensions, tags.
//!
//! A charge is added to its profile, its terms and its day, and these few to everything else, so that
//! another dimension costs next to nothing. Knows no answer.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::Cancel;
use super::grouping::Column;
use super::local::LocalEngine;
use super::opened::{Known, Opened};
use super::selection::Wanted;
use super::sweep::{self, Pass, Run, Sweeper};
use super::told;
use super::values::Values;
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::{Profile, Terms};
use crate::domain::dict::{Dict, NONE};
use crate::domain::dimension::{Dimension, Place};
use crate::domain::lens::Lens;
use crate::domain::numbers::Total;
use crate::domain::tags;
use crate::domain::texts::Texts;
use crate::error::Result;

/// What to add up by.
pub(super) struct Asked<'a> {
    /// Which charges and which cost.
    pub lens: &'a Lens,
    /// Of which days.
    pub period: Period,
    /// By which dimensions, each alone.
    pub dimensions: &'a [Dimension],
    /// By tags, and which of the dimensions beside them.
    pub tags: Option<Option<usize>>,
}

/// What charges came to. All keys begin with the currency's number.
#[derive(Default)]
pub(super) struct Tally {
    /// Currencies.
    pub currencies: Dict,
    /// All of it.
    pub totals: BTreeMap<u32, Total>,
    /// By day.
    pub days: BTreeMap<(u32, Day), Total>,
    /// Each dimension's values.
    pub values: Vec<Values>,
    /// By value, for each dimension.
    pub by: Vec<HashMap<(u32, u32), Total>>,
    /// Tag keys.
    pub keys: Values,
    /// Tag values, of whatever key.
    pub tag_values: Values,
    /// By tag key and value.
    pub tags: HashMap<(u32, u32, u32), Total>,
    /// What has a tag, by its key and the value of the dimension beside tags.
    pub tagged: HashMap<(u32, u32, u32), Total>,
    /// Usage by its terms.
    pub usage: HashMap<(u32, UsageTerms), Total>,
    /// Pricing categories.
    pub pricing: Values,
    /// Commitment discounts.
    pub commitments: Values,
    /// What is told of costs whose charges do not tell everything, by tag key: that of which nobody told
    /// whether it has the tag, by the value of the dimension beside tags.
    pub untold: HashMap<(u32, u32), HashMap<u32, Total>>,
    /// All cost whose charges do not tell everything, in the same way: it has whatever key, as far as is told.
    pub apart: HashMap<u32, HashMap<u32, Total>>,
}

/// How usage was paid for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct UsageTerms {
    /// Number of its pricing category.
    pub pricing: u32,
    /// Number of its commitment discount.
    pub commitment: u32,
    /// Whether it is a commitment that nothing used.
    pub unused: bool,
}

/// Adds up what is asked for.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn run(engine: &LocalEngine, asked: &Asked<'_>, cancel: &Cancel) -> Result<Tally> {
    let quantities = [asked.lens.metric.quantity()];
    let pass = Pass { wanted: Wanted::of(asked.lens, asked.period), quantities: &quantities };
    let begin = || Gather { asked, tally: Tally::new(asked.dimensions.len()) };
    let mut tally = Tally::new(asked.dimensions.len());
    let (_held, manifest) = engine.store().read();
    let groups = told::tell_all(&manifest, asked.period);
    sweep::sweep(engine.store(), &groups, &pass, cancel, begin)?
        .into_iter()
        .for_each(|gather| tally.merge(gather.tally));
    if !manifest.scopes.is_empty() {
        super::tally_untold::add(engine, &manifest, asked, &mut tally, cancel)?;
    }
    Ok(tally)
}

impl Tally {
    /// The cost of which nobody told whether it has a tag, by the value of the dimension beside tags.
    pub fn without_word(&self, currency: u32, key: Option<u32>) -> Option<&HashMap<u32, Total>> {
        key.and_then(|key| self.untold.get(&(currency, key))).or_else(|| self.apart.get(&currency))
    }

    fn new(dimensions: usize) -> Tally {
        let values = vec![Values::default(); dimensions];
        Tally { values, by: vec![HashMap::new(); dimensions], ..Tally::default() }
    }

    /// Adds what another thread gathered, whose numbers are its own.
    fn merge(&mut self, other: Tally) {
        if self.totals.is_empty() {
            *self = other;
            return;
        }
        let money = self.currencies.adopt(&other.currencies);
        let money = |id: u32| money[id as usize];
        for (currency, total) in other.totals {
            self.totals.entry(money(currency)).or_default().merge(&total);
        }
        for ((currency, day), total) in other.days {
            self.days.entry((money(currency), day)).or_default().merge(&total);
        }
        let mut beside = Vec::new();
        for (d, (values, by)) in other.values.iter().zip(other.by).enumerate() {
            let numbers = self.values[d].adopt(values);
            for ((currency, value), total) in by {
                self.by[d].entry((money(currency), numbers[value as usize])).or_default().merge(&total);
            }
            beside.push(numbers);
        }
        let (keys, tag_values) = (self.keys.adopt(&other.keys), self.tag_values.adopt(&other.tag_values));
        for ((currency, key, value), total) in other.tags {
            let place = (money(currency), keys[key as usize], tag_values[value as usize]);
            self.tags.entry(place).or_default().merge(&total);
        }
        for ((currency, key, value), total) in other.tagged {
            // There is one dimension beside tags: the first.
            let place = (money(currency), keys[key as usize], beside[0][value as usize]);
            self.tagged.entry(place).or_default().merge(&total);
        }
        let (pricing, commitments) = (self.pricing.adopt(&other.pricing), self.commitments.adopt(&other.commitments));
        for ((currency, terms), total) in other.usage {
            let terms = UsageTerms {
                pricing: pricing[terms.pricing as usize],
                commitment: commitments[terms.commitment as usize],
                ..terms
            };
            self.usage.entry((money(currency), terms)).or_default().merge(&total);
        }
    }
}

struct Gather<'a> {
    asked: &'a Asked<'a>,
    tally: Tally,
}

/// One segment's charges.
pub(super) struct Part<'a> {
    columns: Vec<Column<'a>>,
    tags: Option<Known>,
    usage: Vec<Option<UsageTerms>>,
    currencies: Vec<u32>,
    profile_count: usize,
    /// For each currency and profile.
    profiles: Vec<Vec<Total>>,
    terms: Vec<Total>,
    days: BTreeMap<(u32, Day), Total>,
}

impl<'a> Sweeper for Gather<'a> {
    type Part = Part<'a>;

    fn open(&mut self, segment: &Opened<'_>) -> Result<Part<'a>> {
        let currencies = sweep::currencies(segment, &mut self.tally.currencies)?;
        let asked = self.asked;
        Ok(Part {
            columns: asked.dimensions.iter().map(|d| Column::read(d, segment)).collect::<Result<_>>()?,
            tags: asked.tags.map(|_| segment.profile(Profile::Tags)).transpose()?,
            usage: self.usage_terms(segment)?,
            profile_count: segment.head.profiles as usize,
            profiles: vec![Vec::new(); self.tally.currencies.len()],
            terms: vec![Total::default(); currencies.len()],
            currencies,
            days: BTreeMap::new(),
        })
    }

    fn add(&self, part: &mut Part<'a>, run: &Run<'_>) {
        let [costs] = run.numbers else { return };
        let mut day = vec![Total::default(); part.profiles.len()];
        run.each(|row, profile, terms| {
            let currency = part.currencies[terms as usize];
            let units = costs.units(row);
            let own = &mut part.profiles[currency as usize];
            if own.is_empty() {
                own.resize(part.profile_count, Total::default());
            }
            own[profile as usize].add_units(units);
            part.terms[terms as usize].add_units(units);
            day[currency as usize].add_units(units);
        });
        for (currency, total) in day.iter().enumerate().filter(|(_, total)| total.rows() > 0) {
            part.days.entry((currency as u32, run.day)).or_default().merge(total);
        }
    }

    fn close(&mut self, part: Part<'a>) {
        let Part { columns, tags, usage, currencies, profiles, terms, days, .. } = part;
        for ((currency, day), total) in days {
            self.tally.totals.entry(currency).or_default().merge(&total);
            self.tally.days.entry((currency, day)).or_default().merge(&total);
        }
        for ((currency, usage), total) in currencies.iter().zip(usage).zip(&terms) {
            if let (Some(usage), true) = (usage, total.rows() > 0) {
                self.tally.usage.entry((*currency, usage)).or_default().merge(total);
            }
        }
        for (currency, totals) in profiles.iter().enumerate().filter(|(_, totals)| !totals.is_empty()) {
            if let (Some(tags), Some(beside)) = (&tags, self.asked.tags) {
                let beside = beside.and_then(|d| columns.get(d));
                self.add_tags(currency as u32, (&tags.0, &tags.1), beside.map(Column::ids), totals);
            }
        }
        // The numbers beside tags are the column's own until here.
        for (d, mut column) in columns.into_iter().enumerate() {
            let ids = column.ids();
            let of_terms = matches!(self.asked.dimensions[d].place(), Place::Terms(_));
            let mut sums: HashMap<(u32, u32), Total> = HashMap::new();
            if of_terms {
                let rows = currencies.iter().zip(ids).zip(&terms).filter(|(_, total)| total.rows() > 0);
                for ((currency, id), total) in rows {
                    sums.entry((*currency, *id)).or_default().merge(total);
                }
            }
            for (currency, totals) in profiles.iter().enumerate().filter(|_| !of_terms) {
                for (id, total) in ids.iter().zip(totals).filter(|(_, total)| total.rows() > 0) {
                    sums.entry((currency as u32, *id)).or_default().merge(total);
                }
            }
            let places: Vec<(u32, u32)> = sums.keys().copied().collect();
            let numbers = column.numbered(places.iter().map(|(_, id)| *id).collect(), &mut self.tally.values[d]);
            for (place, number) in places.iter().zip(&numbers) {
                self.tally.by[d].entry((place.0, *number)).or_default().merge(&sums[place]);
            }
            if self.asked.tags == Some(Some(d)) {
                self.number_beside(&places, &numbers);
            }
        }
    }
}

/// Stands in front of a dimension's number that is still the segment's own.
const OWN: u32 = 1 << 31;

impl Gather<'_> {
    fn usage_terms(&mut self, segment: &Opened<'_>) -> Result<Vec<Option<UsageTerms>>> {
        let (categories, category) = &*segment.of_terms(Terms::ChargeCategory)?;
        let (states, state) = &*segment.of_terms(Terms::CommitmentStatus)?;
        let mut number = |dimension: &Dimension, values: fn(&mut Tally) -> &mut Values| -> Result<Vec<u32>> {
            Ok(Column::read(dimension, segment)?.all_numbered(values(&mut self.tally)))
        };
        let pricing = number(&Dimension::PricingCategory, |tally| &mut tally.pricing)?;
        let commitments = number(&Dimension::CommitmentDiscount, |tally| &mut tally.commitments)?;
        let row = |at: usize| {
            let usage = categories.get(category[at]).eq_ignore_ascii_case("usage");
            let unused = states.get(state[at]).eq_ignore_ascii_case("unused");
            usage.then(|| UsageTerms { pricing: pricing[at], commitment: commitments[at], unused })
        };
        Ok((0..category.len()).map(row).collect())
    }

    /// Adds the profiles' totals to their tags; each distinct text is read once.
    fn add_tags(&mut self, currency: u32, (texts, ids): (&Texts, &[u32]), beside: Option<&[u32]>, totals: &[Total]) {
        let mut sums: HashMap<(u32, u32), Total> = HashMap::new();
        for (profile, total) in totals.iter().enumerate().filter(|(_, total)| total.rows() > 0) {
            let beside = beside.map_or(NONE, |ids| ids[profile]);
            sums.entry((ids[profile], beside)).or_default().merge(total);
        }
        let mut places: Vec<(u32, u32)> = sums.keys().copied().collect();
        places.sort_unstable();
        let (mut last, mut pairs) = (None, Vec::new());
        for place in places {
            if last != Some(place.0) {
                last = Some(place.0);
                self.read_tags(texts.get(place.0), &mut pairs);
            }
            let total = &sums[&place];
            for (key, value) in &pairs {
                self.tally.tags.entry((currency, *key, *value)).or_default().merge(total);
                if beside.is_some() {
                    self.tally.tagged.entry((currency, *key, place.1 | OWN)).or_default().merge(total);
                }
            }
        }
    }

    /// The numbers of a text's keys and values; a key without a value is no tag.
    fn read_tags(&mut self, text: &str, pairs: &mut Vec<(u32, u32)>) {
        pairs.clear();
        let (keys, values) = (&mut self.tally.keys, &mut self.tally.tag_values);
        tags::each(text, |key, value| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let key = keys.add(key, "");
                if pairs.iter().all(|(known, _)| *known != key) {
                    pairs.push((key, values.add(&value, "")));
                }
            }
            true
        });
    }

    /// Gives what was added beside tags the numbers that its dimension's values have by now.
    fn number_beside(&mut self, places: &[(u32, u32)], numbers: &[u32]) {
        let known: HashMap<u32, u32> = places.iter().map(|(_, id)| *id).zip(numbers.iter().copied()).collect();
        let own: Vec<(u32, u32, u32)> = self.tally.tagged.keys().filter(|place| place.2 & OWN > 0).copied().collect();
        for place in own {
            let Some(total) = self.tally.tagged.remove(&place) else { continue };
            let number = known.get(&(place.2 & !OWN)).copied().unwrap_or(NONE);
            self.tally.tagged.entry((place.0, place.1, number)).or_default().merge(&total);
        }
    }
}
