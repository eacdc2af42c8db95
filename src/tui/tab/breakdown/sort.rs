//! The orders that rows can have: one a column.
//!
//! What is not known stands last whichever way the order is turned. Pure functions of an answer.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::beside::Drivers;
use super::state::name;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow};

/// What rows are ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Sort {
    /// Largest cost first, which is also the largest share.
    #[default]
    Cost,
    /// What grew by most first.
    Change,
    /// What grew by the largest part of itself first; what is new before all.
    Percent,
    /// The largest earlier cost first.
    Previous,
    /// The dearest unit first.
    Price,
    /// The largest quantity first, whatever its unit.
    Quantity,
    /// By name.
    Name,
}

impl Sort {
    /// In the order in which they are taken.
    pub const ALL: [Sort; 7] =
        [Sort::Cost, Sort::Change, Sort::Percent, Sort::Previous, Sort::Price, Sort::Quantity, Sort::Name];

    /// The next that the rows of an answer can have.
    #[must_use]
    pub fn next(self, answer: &BreakdownAnswer, drivers: &Drivers) -> Sort {
        let at = Sort::ALL.iter().position(|s| *s == self).unwrap_or_default();
        let following = Sort::ALL.iter().cycle().skip(at + 1).take(Sort::ALL.len());
        following.copied().find(|sort| sort.serves(answer, drivers)).unwrap_or_default()
    }

    fn serves(self, answer: &BreakdownAnswer, drivers: &Drivers) -> bool {
        match self {
            Sort::Change | Sort::Percent | Sort::Previous => answer.previous_period.is_some(),
            Sort::Price | Sort::Quantity => !drivers.is_empty(),
            Sort::Cost | Sort::Name => true,
        }
    }

    /// Orders rows, given as indices into the answer.
    pub fn order(self, reversed: bool, answer: &BreakdownAnswer, drivers: &Drivers, rows: &mut [usize]) {
        let row = |at: usize| &answer.rows[at];
        let unit = |at: usize| drivers.get(&row(at).key).and_then(|driver| driver.unit.as_ref());
        match self {
            Sort::Cost => largest(rows, reversed, |at| row(at).figure.amount),
            Sort::Change => largest(rows, reversed, |at| row(at).figure.change()),
            Sort::Percent => largest(rows, reversed, |at| growth(row(at))),
            Sort::Previous => largest(rows, reversed, |at| row(at).figure.previous),
            Sort::Price => largest(rows, reversed, |at| unit(at)?.price.amount),
            Sort::Quantity => largest(rows, reversed, |at| unit(at)?.quantity.amount),
            Sort::Name => {
                rows.sort_by_cached_key(|at| name(answer, row(*at)).to_lowercase());
                if reversed {
                    rows.reverse();
                }
            }
        }
    }
}

/// The change as a part of the earlier cost; boundless for what had none.
fn growth(row: &BreakdownRow) -> Option<f64> {
    let change = row.figure.change()?;
    let new = row.figure.previous.is_some_and(|p| p.is_zero()) && !change.is_zero();
    if new { Some(f64::INFINITY.copysign(change.to_f64())) } else { row.figure.change_ratio() }
}

fn largest<K: PartialOrd>(rows: &mut [usize], reversed: bool, key: impl Fn(usize) -> Option<K>) {
    rows.sort_by(|a, b| match (key(*a), key(*b)) {
        (Some(a), Some(b)) => {
            let order = b.partial_cmp(&a).unwrap_or(Ordering::Equal);
            if reversed { order.reverse() } else { order }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples::answer;

    #[test]
    fn every_column_orders_and_what_is_unknown_stays_last() {
        let answer = answer(&[
            ("web", Some(100), Some(50)),
            ("api", Some(300), Some(310)),
            ("batch", None, Some(400)),
            ("cache", Some(20), Some(0)),
        ]);
        let ordered = |sort: Sort, reversed| {
            let mut rows: Vec<usize> = (0..answer.rows.len()).collect();
            sort.order(reversed, &answer, &Drivers::new(), &mut rows);
            rows.into_iter().map(|at| answer.rows[at].key[0].raw().to_owned()).collect::<Vec<_>>().join(" ")
        };
        for (sort, down, up) in [
            (Sort::Cost, "api web cache batch", "cache web api batch"),
            (Sort::Change, "web cache api batch", "api cache web batch"),
            (Sort::Percent, "cache web api batch", "api web cache batch"),
            (Sort::Previous, "batch api web cache", "cache web api batch"),
            (Sort::Name, "api batch cache web", "web cache batch api"),
        ] {
            assert_eq!((ordered(sort, false), ordered(sort, true)), (down.to_owned(), up.to_owned()), "{sort:?}");
        }
    }

    #[test]
    fn orders_that_need_a_comparison_are_passed_over_without_one() {
        let mut answer = answer(&[("web", Some(1), None)]);
        answer.previous_period = None;
        assert_eq!(Sort::Cost.next(&answer, &Drivers::new()), Sort::Name);
        assert_eq!(Sort::Name.next(&answer, &Drivers::new()), Sort::Cost);
    }
}
