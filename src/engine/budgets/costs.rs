//! What a budget's charges cost, day by day.
//!
//! Knows a table and its days, not the budget.

use std::collections::{BTreeMap, BTreeSet};

use crate::analytics::budget::Burn;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::engine::answer::Pending;
use crate::engine::table::Table;

/// What a budget's charges cost, day by day.
pub(super) struct Costs {
    pub days: BTreeMap<Day, Total>,
    /// Which days were asked for.
    pub asked: Period,
    /// The days that any charge is known of.
    pub data: Option<Period>,
    /// Other currencies of the same charges.
    pub others: Vec<String>,
}

impl Costs {
    pub fn new(table: &Table, own: &str, days: Period, data: Option<Period>) -> Costs {
        let mut costs: BTreeMap<Day, Total> = BTreeMap::new();
        for (key, total) in table.groups_in(own) {
            costs.entry(Day::of_seconds(key.start)).or_default().merge(total);
        }
        let others = table.currencies.iter().filter(|currency| *currency != own);
        // The table knows all currencies of its segments, those of charges that the scope leaves out too.
        let others = others.filter(|currency| table.groups_in(currency).any(|(_, total)| total.rows() > 0));
        let others = others.map(str::to_owned).collect();
        let data = data.map(|data| Period { to: data.to.min(days.to).max(data.from), ..data });
        Costs { days: costs, asked: days, data, others }
    }

    fn total(&self, period: Period) -> Total {
        let mut sum = Total::default();
        self.days.range(period.from..period.to.max(period.from)).for_each(|(_, total)| sum.merge(total));
        sum
    }

    /// What some days cost; unknown where no data is of any of them.
    pub fn sum(&self, period: Period) -> Option<Amount> {
        let total = self.total(period);
        let is_known = total.rows() > 0 || self.data.is_some_and(|data| period.intersect(data).days() > 0);
        total.value().filter(|_| is_known)
    }

    /// The first day that any charge is known of, where that is after a period's first: of those before nobody knows.
    pub fn known_from(&self, period: Period) -> Option<Day> {
        let first = self.data?.from;
        (period.from < first && first < period.to).then_some(first)
    }

    pub fn unknown(&self, period: Period) -> u64 {
        self.total(period).unknown
    }

    /// What is known of a period, of which so much has not come; of each provider what it costs a day usually. Whether
    /// that is all of it others know.
    pub fn burn(&self, period: Period, pending: Option<&Pending>, usual: &BTreeMap<String, f64>, as_of: Day) -> Burn {
        let last = self.data.map_or(period.from, |data| data.to).min(period.to);
        let days = (Period { from: period.from, to: last.max(period.from) }).iter();
        let days: Vec<Option<Amount>> = days.map(|day| self.sum(Period { from: day, to: day.plus(1) })).collect();
        // Nobody may have charges every day: then none is late. Where too little is known to tell, data that ends is.
        let over = if usual.is_empty() { last.min(as_of) } else { as_of.min(period.to) };
        let from = self.known_from(period).unwrap_or(period.from);
        let over = Period { from, to: over.max(from) };
        Burn { days, come: come(over, pending, usual), is_final: false }
    }
}

/// How many of some days have come, each provider's by its share of what is usual; where that is not known those
/// that all have brought.
fn come(over: Period, pending: Option<&Pending>, usual: &BTreeMap<String, f64>) -> f64 {
    let Some(pending) = pending.filter(|pending| pending.missing > 0) else { return f64::from(over.days()) };
    let whole: f64 = usual.values().sum();
    if whole <= 0.0 {
        let through = pending.through.map_or(over.from, |last| last.plus(1));
        return f64::from(through.min(over.to).0 - over.from.0);
    }
    // Several scopes of a provider may lack the same day.
    let mut missing: BTreeMap<&str, BTreeSet<Day>> = BTreeMap::new();
    for behind in &pending.of {
        let days = behind.missing.iter().flat_map(|run| run.intersect(over).iter());
        missing.entry(behind.provider.raw()).or_default().extend(days);
    }
    let share = |provider: &str| usual.get(provider).copied().unwrap_or_default() / whole;
    let lost: f64 = missing.iter().map(|(provider, days)| share(provider) * days.len() as f64).sum();
    f64::from(over.days()) - lost
}
