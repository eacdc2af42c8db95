//! What could be budgets, by what earlier months cost.

use std::collections::BTreeMap;

use super::kept;
use crate::domain::budget::{Budget, Cycle, NAME_MAX, clean_name};
use crate::domain::calendar::{Day, Granularity, Month, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::percent::Percent;
use crate::domain::text::{SafeText, UNTOLD, Untrusted};
use crate::domain::words::counted;
use crate::engine::Cancel;
use crate::engine::answer::Suggestion;
use crate::engine::local::LocalEngine;
use crate::engine::query::request;
use crate::engine::spend::currencies;
use crate::error::Result;

/// Whole months that are looked at.
const MONTHS: i32 = 6;
/// Days of a first month that say how much a whole one costs.
const DAYS_MIN: i32 = 7;
/// After so many days of a month without a charge nothing more is to come of what nearly ended the month before.
const BEGUN: u32 = 10;
/// Suggestions by a dimension at most.
const VALUES: usize = 6;
/// What is added to the costliest month.
const ROOM: Percent = Percent::whole(10);

/// Months that are known, and what they cost by value.
struct History {
    months: Vec<Month>,
    /// Days that stand for a month, where no whole month is known yet.
    part: Option<Period>,
}

impl History {
    fn of(engine: &LocalEngine, as_of: Day) -> Option<History> {
        let data = engine.data_days()?;
        let is_whole = |month: &Month| month.first() >= data.from && month.plus(1).first() <= data.to;
        let months: Vec<Month> = (1..=MONTHS).rev().map(|n| as_of.month().plus(-n)).filter(is_whole).collect();
        let days = Period { from: data.from, to: data.to.min(as_of) };
        let part = (months.is_empty() && days.days() >= DAYS_MIN).then_some(days);
        (!months.is_empty() || part.is_some()).then_some(History { months, part })
    }

    /// The days that are looked at: the month that runs, too.
    fn days(&self, as_of: Day) -> Option<Period> {
        self.part.or_else(|| Some(Period { from: self.months.first()?.first(), to: as_of.plus(1) }))
    }

    /// Whether what has such months has ended: next to nothing in the last of them, and nothing since.
    fn has_ended(&self, by_month: &BTreeMap<Month, Amount>, months: &[Amount], as_of: Day) -> bool {
        let (Some(last), Some(most)) = (months.last(), months.iter().max()) else { return false };
        let since = by_month.get(&as_of.month()).copied().unwrap_or_default();
        self.part.is_none() && as_of.number() > BEGUN && since.is_zero() && *last + *last < *most
    }

    /// What each month cost, in order; of days that stand for one as much as they make of a month of 30 days.
    fn costs(&self, by_month: &BTreeMap<Month, Amount>) -> Vec<Amount> {
        match self.part {
            Some(days) => {
                let sum: Amount = by_month.values().copied().sum();
                vec![sum.scale_by(30, i64::from(days.days()))]
            }
            None => self.months.iter().map(|month| by_month.get(month).copied().unwrap_or_default()).collect(),
        }
    }

    fn why(&self, months: &[Amount], currency: &str) -> String {
        let (least, most) = (months.iter().min().copied(), months.iter().max().copied());
        let [least, most] = [least, most].map(|amount| amount.unwrap_or_default().grouped(0));
        if let Some(days) = self.part {
            return format!(
                "{} make {most} {currency} of a month; 10 % more",
                counted(days.days() as u64, "day", "days")
            );
        }
        match months.len() {
            1 => format!("the month before cost {most} {currency}; 10 % more"),
            n => format!("the last {n} months cost {least} to {most} {currency}; the most and 10 % more"),
        }
    }
}

/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn all(engine: &LocalEngine, as_of: Day, cancel: &Cancel) -> Result<Vec<Suggestion>> {
    let Some(history) = History::of(engine, as_of) else { return Ok(Vec::new()) };
    let budgets = kept::budgets(&engine.store().journal());
    let keys = engine.store().manifest().tag_keys.clone();
    let mut found = by(engine, &history, None, as_of, cancel)?;
    let tag = keys.first().map(|key| Dimension::Tag(key.clone()));
    for dimension in tag.into_iter().chain([Dimension::SubAccount]) {
        let some = by(engine, &history, Some(dimension), as_of, cancel)?;
        let enough = some.len() > 1;
        found.extend(some);
        if enough {
            break;
        }
    }
    found.retain(|one| {
        let same = |budget: &Budget| budget.scope == one.budget.scope && budget.currency == one.budget.currency;
        !budgets.iter().any(same)
    });
    let mut taken: Vec<Untrusted> = budgets.into_iter().map(|budget| budget.name).collect();
    for one in &mut found {
        one.budget.name = free(&one.budget.name, &taken);
        taken.push(one.budget.name.clone());
    }
    Ok(found)
}

/// A name that no other has.
fn free(name: &Untrusted, taken: &[Untrusted]) -> Untrusted {
    let numbered = |n: usize| {
        let short: String = name.raw().chars().take(NAME_MAX - 4).collect();
        Untrusted::from(format!("{short} {n}"))
    };
    let names = std::iter::once(name.clone()).chain((2..1_000).map(numbered));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| name.clone())
}

fn by(
    engine: &LocalEngine,
    history: &History,
    dimension: Option<Dimension>,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<Suggestion>> {
    let Some(days) = history.days(as_of) else { return Ok(Vec::new()) };
    let dimensions: Vec<Dimension> = dimension.into_iter().collect();
    let lens = Lens { by: Vec::new(), ..Lens::default() };
    let table = engine.aggregate(&request(&lens, days, &dimensions, Some(Granularity::Month)), cancel)?;
    let mut found = Vec::new();
    for currency in currencies([&table]) {
        let mut values: BTreeMap<(String, String), BTreeMap<Month, Amount>> = BTreeMap::new();
        for (key, total) in table.groups_in(&currency) {
            let text = |of: fn(&crate::engine::values::Values, u32) -> &str| {
                table.dimensions.first().map_or(String::new(), |values| of(values, key.values.0[0]).to_owned())
            };
            let value = (text(|values, id| values.text(id)), text(|values, id| values.name(id)));
            *values.entry(value).or_default().entry(Day::of_seconds(key.start).month()).or_default() += total.sum;
        }
        let all: Vec<String> = values.keys().map(|(value, _)| value.clone()).collect();
        let mut costly: Vec<((String, String), Vec<Amount>)> = values
            .into_iter()
            .map(|(value, by_month)| (value, history.costs(&by_month), by_month))
            .filter(|(_, months, by_month)| !history.has_ended(by_month, months, as_of))
            .map(|(value, months, _)| (value, months))
            .collect();
        costly.retain(|((value, _), months)| {
            let told = dimensions.is_empty() || (!value.is_empty() && value != UNTOLD);
            told && months.last().is_some_and(|last| *last > Amount::whole(1))
        });
        costly.sort_by(|a, b| b.1.iter().max().cmp(&a.1.iter().max()).then_with(|| a.0.cmp(&b.0)));
        for ((value, name), months) in costly.into_iter().take(VALUES) {
            let scope = match dimensions.first() {
                Some(dimension) => Filter::default().and(
                    dimension.clone(),
                    &value,
                    all.iter().map(String::as_str).filter(|other| *other != value),
                ),
                None => Filter::default(),
            };
            let name = if dimensions.is_empty() {
                format!("all {currency}")
            } else if name.is_empty() {
                value
            } else {
                name
            };
            found.extend(suggestion(&name, scope, history, months, &currency, as_of));
        }
    }
    Ok(found)
}

fn suggestion(
    name: &str,
    scope: Filter,
    history: &History,
    months: Vec<Amount>,
    currency: &str,
    as_of: Day,
) -> Option<Suggestion> {
    let most = months.iter().max().copied()?;
    let short: String = SafeText::from_outside(name).as_str().chars().take(NAME_MAX).collect();
    let (name, limit) = (clean_name(&short).ok()?, rounded_up(most + ROOM.of(most)));
    let budget = Budget { scope, ..Budget::plain(name, limit, currency, Cycle::Month, as_of.month().first()) };
    let why = history.why(&months, &SafeText::from_outside(currency));
    Some(Suggestion { budget: budget.checked().ok()?, why, months })
}

/// The next amount with two digits that count.
fn rounded_up(amount: Amount) -> Amount {
    let whole = i64::try_from(amount.units() / Amount::whole(1).units()).unwrap_or(i64::MAX / 100).max(0) + 1;
    let step = 10i64.pow(whole.max(1).ilog10().saturating_sub(1));
    Amount::whole((whole + step - 1) / step * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_up_to_two_digits() {
        for (amount, want) in [("0.5", 1), ("9", 10), ("99", 100), ("100", 110), ("45310.2", 46_000), ("1", 2)] {
            assert_eq!(rounded_up(amount.parse().expect("amount")), Amount::whole(want), "{amount}");
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = ["a".into(), "a 2".into()];
        assert_eq!([free(&"a".into(), &taken), free(&"b".into(), &taken)], ["a 3".into(), "b".into()]);
    }
}
