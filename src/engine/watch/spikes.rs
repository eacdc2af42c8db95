//! The last days' costs against what such days usually cost, for rules that look for spikes.

use std::collections::BTreeMap;

use super::super::local::LocalEngine;
use super::super::table::Table;
use super::super::{Cancel, foretell::Aside, pending};
use super::costs;
use crate::analytics::alert::{SpendFact, money};
use crate::domain::alert::Rule;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::{SafeText, Untrusted};
use crate::error::Result;

/// Days that are looked at: what has not settled may still grow.
const LOOKED_AT: i32 = 4;
/// Days before that say what is usual.
const USUAL_DAYS: i32 = 28;
/// Of them at least so many must have charges.
const LEAST_DAYS: usize = 7;
/// And of its weekday so many, for these alone to say it.
const LEAST_ALIKE: usize = 3;
/// Services that are named.
const NAMED_MAX: usize = 3;
const BY: [Dimension; 3] = [Dimension::Service, Dimension::ChargeCategory, Dimension::ChargeClass];

/// What the last days of a rule's scope cost, by currency.
pub fn of(engine: &LocalEngine, rule: &Rule, today: Day, cancel: &Cancel) -> Result<Vec<SpendFact>> {
    let Some(last) = engine.data_days().map(|days| days.to.plus(-1).min(today)) else { return Ok(Vec::new()) };
    let looked_at = Period { from: last.plus(1 - LOOKED_AT), to: last.plus(1) };
    if today.0 - last.0 > LOOKED_AT + USUAL_DAYS {
        return Ok(Vec::new());
    }
    let settled = pending::settled(&engine.freshness(today), today);
    let days = Period { from: looked_at.from.plus(-USUAL_DAYS), to: looked_at.to };
    let (table, _) = costs(engine, (rule, &BY), (days, Some(Granularity::Day)), cancel)?;
    let mut facts = Vec::new();
    for currency in table.currencies.iter() {
        let of = Costs::of(&table, currency);
        for day in looked_at.iter() {
            let (Some(amount), Some(usual)) = (of.on(day), of.usual(day)) else { continue };
            facts.push(SpendFact {
                rule: rule.name.clone(),
                day,
                settled: settled.is_some_and(|settled| day <= settled),
                currency: currency.to_owned(),
                amount,
                usual,
                aside: of.aside(day),
                lines: of.named(day, currency),
            });
        }
    }
    Ok(facts)
}

/// Costs of a currency by day, in all, by service, and of what does not go on by itself.
struct Costs {
    days: BTreeMap<Day, Amount>,
    services: BTreeMap<String, BTreeMap<Day, Amount>>,
    aside: BTreeMap<Aside, BTreeMap<Day, Amount>>,
}

impl Costs {
    fn of(table: &Table, currency: &str) -> Costs {
        let mut costs = Costs { days: BTreeMap::new(), services: BTreeMap::new(), aside: BTreeMap::new() };
        for (key, total) in table.groups_in(currency) {
            let (Some(amount), day) = (total.value(), Day::of_seconds(key.start)) else { continue };
            *costs.days.entry(day).or_default() += amount;
            let [service, category, class] = [0, 1, 2].map(|at| table.dimensions[at].text(key.values.0[at]));
            *costs.services.entry(service.to_owned()).or_default().entry(day).or_default() += amount;
            if let Some(kind) = Aside::of(category, class, false) {
                *costs.aside.entry(kind).or_default().entry(day).or_default() += amount;
            }
        }
        costs
    }

    fn on(&self, day: Day) -> Option<Amount> {
        self.days.get(&day).copied()
    }

    /// The days before a day that say what is usual of it: those of its weekday, where there are enough of them.
    fn like(&self, day: Day) -> Option<Vec<Day>> {
        let before: Vec<Day> = self.days.range(day.plus(-USUAL_DAYS)..day).map(|(day, _)| *day).collect();
        let alike: Vec<Day> = before.iter().filter(|other| (day.0 - other.0) % 7 == 0).copied().collect();
        let is_known = before.len() >= LEAST_DAYS;
        is_known.then_some(if alike.len() >= LEAST_ALIKE { alike } else { before })
    }

    /// What such a day costs: the middle of those like it.
    fn usual(&self, day: Day) -> Option<Amount> {
        middle(self.like(day)?.iter().filter_map(|day| self.on(*day)).collect())
    }

    /// What of a day, by its own days, is beyond what it usually is of such days.
    fn above(&self, of: &BTreeMap<Day, Amount>, day: Day) -> Amount {
        let on = |day: &Day| of.get(day).copied().unwrap_or_default();
        let usual = self.like(day).unwrap_or_default().iter().map(on).collect();
        on(&day) - middle(usual).unwrap_or_default()
    }

    /// What does not go on by itself and is more than usual, the most first.
    fn aside(&self, day: Day) -> Vec<(&'static str, Amount)> {
        let above = self.aside.iter().map(|(kind, days)| (kind.name(), self.above(days, day)));
        let mut above: Vec<(&str, Amount)> = above.filter(|(_, above)| above.units() > 0).collect();
        above.sort_by_key(|(_, above)| std::cmp::Reverse(*above));
        above
    }

    /// The services that cost most beyond what they usually do.
    fn named(&self, day: Day, currency: &str) -> Vec<Untrusted> {
        let above = self.services.iter().map(|(service, days)| (self.above(days, day), service));
        let mut above: Vec<(Amount, &String)> = above.collect();
        above.sort_by(|a, b| b.cmp(a));
        let line = |(above, service): (Amount, &String)| {
            let service = if service.is_empty() { "(none)" } else { service };
            Untrusted::new(format!("{}: +{}", SafeText::from_outside(service), money(above, currency)))
        };
        above.into_iter().take(NAMED_MAX).filter(|(above, _)| above.units() > 0).map(line).collect()
    }
}

fn middle(mut amounts: Vec<Amount>) -> Option<Amount> {
    amounts.sort();
    amounts.get(amounts.len() / 2).copied()
}
