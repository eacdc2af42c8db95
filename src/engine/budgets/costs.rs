//! What a budget's charges cost, day by day.
//!
//! Knows a table and its days, not the budget.

use std::collections::BTreeMap;

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

    pub fn unknown(&self, period: Period) -> u64 {
        self.total(period).unknown
    }

    /// What is known of a period, of which so much has not come.
    pub fn burn(&self, period: Period, pending: Option<&Pending>, as_of: Day) -> Burn {
        let last = self.data.map_or(period.from, |data| data.to).min(period.to);
        let days = (Period { from: period.from, to: last.max(period.from) }).iter();
        let days: Vec<Option<Amount>> = days.map(|day| self.sum(Period { from: day, to: day.plus(1) })).collect();
        let through = match pending.filter(|pending| pending.missing > 0) {
            Some(pending) => pending.through,
            None => Some(last.min(as_of).plus(-1)).filter(|day| *day >= period.from),
        };
        Burn { days, through, is_final: pending.is_none() && as_of >= period.to }
    }
}
