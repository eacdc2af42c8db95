//! What days are held against, where some of them have not come: of whoever is behind, the earlier days are left
//! out whose counterparts are not in, so that what is missing is told as no saving.
//!
//! By days and billing accounts, so that it holds for groups of any dimension, whoever's charges are in them; made of
//! sums by group, as the figures themselves are. Knows no arrivals and no face.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::answer::Figure;
use super::table::{Ids, Request, Table};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Pattern};
use crate::domain::numbers::Total;
use crate::domain::services::canonical_provider;
use crate::error::Result;
use crate::store::segment::GroupKey;

/// Days of earlier ones that nothing is held against: of the same accounts the days have not come that would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lacking {
    /// Whose, each by its canonical name.
    pub providers: BTreeSet<String>,
    /// Of which billing accounts of theirs; `None` is all.
    pub accounts: Option<BTreeSet<String>>,
    /// The earlier days, each run of them.
    pub days: Vec<Period>,
    /// The last of the later days before the first that has not come; before all of them where none has.
    pub through: Day,
}

impl Lacking {
    /// Whether a day of a group is among them.
    pub(super) fn holds(&self, key: &GroupKey, day: Day) -> bool {
        self.is_of(canonical_provider(&key.provider), &key.account, day)
    }

    /// Whether a day of an account is among them.
    pub(super) fn is_of(&self, provider: &str, account: &str, day: Day) -> bool {
        self.days.iter().any(|days| days.contains(day))
            && self.providers.contains(provider)
            && self.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
    }

    /// What a request demands, of these accounts alone.
    fn clauses(&self, of: &[Clause]) -> Vec<Clause> {
        let only = |dimension, values: &BTreeSet<String>| {
            let patterns = values.iter().map(|value| Pattern::only(value)).collect();
            Clause { negated: false, dimension: Some(dimension), patterns }
        };
        let accounts = self.accounts.as_ref().map(|accounts| only(Dimension::BillingAccount, accounts));
        of.iter().cloned().chain([only(Dimension::Provider, &self.providers)]).chain(accounts).collect()
    }
}

/// What earlier days cost that something is held against.
pub(super) struct Before {
    /// Without what is left out; a group of which nothing is left has no charges.
    pub table: Table,
    /// What is left out, with the last day that is held against them.
    left: Vec<(Day, Table)>,
}

impl Before {
    /// Adds up a request for the earlier days.
    ///
    /// # Errors
    /// Those of `aggregate`.
    pub(super) fn new(
        request: &Request<'_>,
        lacking: &[Lacking],
        aggregate: impl Fn(&Request<'_>) -> Result<Table>,
    ) -> Result<Before> {
        let mut before = Before { table: aggregate(request)?, left: Vec::new() };
        for lacking in lacking.iter().filter(|_| !before.table.is_empty()) {
            let clauses = lacking.clauses(request.clauses);
            let mut left = Table::new(request.by.len());
            for days in &lacking.days {
                left.merge(aggregate(&Request { period: *days, clauses: &clauses, ..request.clone() })?);
            }
            if !left.is_empty() {
                before.left.push((lacking.through, left));
            }
        }
        before.left.iter().for_each(|(_, left)| before.table.subtract(left));
        Ok(before)
    }

    /// No earlier days.
    pub(super) fn none(dimensions: usize) -> Before {
        Before { table: Table::new(dimensions), left: Vec::new() }
    }

    /// Up to which day each group is compared, of those that something is left out of; in the numbers of `now`.
    pub(super) fn through(&self, now: &mut Table) -> Through {
        let mut through: HashMap<(u32, Ids), Day> = HashMap::new();
        for (last, left) in &self.left {
            let numbers = now.adopt(left);
            for (key, _) in left.groups() {
                let of = through.entry((numbers.currency(key.currency), numbers.ids(&key.values))).or_insert(*last);
                *of = (*of).min(*last);
            }
        }
        Through(through)
    }
}

/// Up to which day groups are compared that something is left out of.
#[derive(Default)]
pub(super) struct Through(HashMap<(u32, Ids), Day>);

impl Through {
    /// That day; `None` of a group that nothing is left out of.
    pub(super) fn of(&self, currency: Option<u32>, ids: &Ids) -> Option<Day> {
        self.0.get(&(currency?, *ids)).copied()
    }
}

/// A group's figure: nothing is known of one that has no charge in either period, since all that it had is left out.
pub(super) fn figure(now: &Total, before: &Total, compared: bool) -> Figure {
    if is_not_in(now, before) {
        return Figure::default();
    }
    Figure { amount: now.value(), previous: if compared { before.value() } else { None } }
}

/// Whether there is nothing of a group in either period.
pub(super) fn is_not_in(now: &Total, before: &Total) -> bool {
    now.is_nothing() && before.is_nothing()
}
