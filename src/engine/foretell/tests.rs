//! What comes again every month, and what is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gather::Stream;
use super::memory::{MAX, Memory, Name};
use super::recurring::put_back;
use super::{Aside, Foretold};
use crate::analytics::forecast::{Series, contest};
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;
use crate::domain::money::Amount;

fn day(text: &str) -> Day {
    Day::parse(text).expect("day")
}

/// What is put back of one stream: day, what came, what is expected.
fn told(came: &[(&str, i64)], first: &str, as_of: &str) -> Vec<(String, i64, i64)> {
    let stream = Stream { kind: Aside::Tax, account: "a".into(), long: true };
    let days = came.iter().map(|(at, sum)| (day(at), Amount::whole(*sum))).collect();
    let end = day(as_of).plus(46);
    let all = put_back(&BTreeMap::from([(stream, days)]), (day(first), end), day(as_of));
    let whole = |amount: Amount| amount.to_f64() as i64;
    let by_day = all.get(&Aside::Tax).into_iter().flatten();
    by_day.map(|(day, one)| (day.to_string(), whole(one.came), whole(one.expected))).collect()
}

#[test]
fn what_comes_every_month_is_expected_again_as_it_came_last() {
    let expected = |list: &[(&str, i64)]| list.iter().map(|(d, a)| ((*d).to_owned(), 0, *a)).collect::<Vec<_>>();
    // With the invoice: this month's is still to come although its day is settled.
    let tax = [("2026-09-01", 90), ("2026-10-01", 100)];
    assert_eq!(
        told(&tax, "2026-11-20", "2026-11-22"),
        expected(&[("2026-11-01", 100), ("2026-12-01", 100), ("2027-01-01", 100)])
    );
    // It has come: this month's is the newest.
    let come = [tax[0], tax[1], ("2026-11-01", 110)];
    assert_eq!(told(&come, "2026-11-20", "2026-11-22"), expected(&[("2026-12-01", 110), ("2027-01-01", 110)]));
    // In the first days of a month the invoice of the month before is open.
    let open = expected(&[("2026-11-01", 100), ("2026-12-01", 100), ("2027-01-01", 100)]);
    assert_eq!(told(&tax, "2026-11-29", "2026-12-02"), open);
    // Later it is not: what has not come since has ended.
    assert_eq!(told(&tax, "2026-12-12", "2026-12-15"), []);
    // Once is no habit, nor is what missed a month.
    assert_eq!(told(&tax[1..], "2026-11-20", "2026-11-22"), []);
    assert_eq!(told(&[("2026-08-01", 90), tax[1]], "2026-11-20", "2026-11-22"), []);
}

#[test]
fn the_last_of_a_month_stands_for_the_last_and_days_are_not_doubled() {
    let last = [("2026-09-30", 9), ("2026-10-31", 10)];
    let days: Vec<_> = told(&last, "2026-11-20", "2026-11-22").into_iter().map(|(day, ..)| day).collect();
    assert_eq!(days, ["2026-11-30", "2026-12-31"]);
}

#[test]
fn what_comes_daily_is_expected_of_days_ahead_alone_and_what_came_counts_as_it_came() {
    let from = day("2026-09-01");
    let texts: Vec<String> = (0..82).map(|n| from.plus(n).to_string()).filter(|d| d != "2026-11-05").collect();
    let daily: Vec<(&str, i64)> = texts.iter().map(|text| (text.as_str(), 3)).collect();
    let told = told(&daily, "2026-11-20", "2026-11-22");
    // 2026-11-20 and 21 have come; the day that lacks it is settled.
    assert_eq!(told[..3], [("2026-11-20".into(), 3, 0), ("2026-11-21".into(), 3, 0), ("2026-11-22".into(), 0, 3)]);
    assert!(told.iter().all(|(day, ..)| day.as_str() >= "2026-11-20"), "{told:?}");
    // Each day once, up to the end.
    assert_eq!(told.len(), 48);
}

#[test]
fn winners_are_of_a_day_and_a_series_that_is_only_continued() {
    let memory = Memory::default();
    let as_of = day("2026-11-22");
    let name = |scope: &str| Name { scope: scope.into(), metric: Metric::Effective, currency: "USD".into(), as_of };
    let value = |n: i32| Some(100.0 + f64::from(n % 7) * 9.0 + f64::from(n * 37 % 11));
    let mut series = Series { first: as_of.plus(-120), values: (0..118).map(value).collect() };
    let forecast = contest(&series, 90);
    let winner = forecast.winner.clone().expect("winner");
    memory.keep_winner(&name("a"), "", &series, &winner);
    let known = |name: &Name, series: &Series| memory.winner(name, "", series).map(|w| w.model);
    assert_eq!(known(&name("a"), &series), Some(winner.model));
    assert_eq!(known(&name("b"), &series), None);
    assert_eq!(known(&Name { as_of: as_of.plus(1), ..name("a") }, &series), None);
    // Each part of it has its own.
    assert!(memory.winner(&name("a"), "AWS", &series).is_none());
    memory.keep_winner(&name("a"), "AWS", &Series { first: as_of, ..series.clone() }, &winner);
    assert!(memory.winner(&name("a"), "AWS", &series).is_none());
    // A day more and a restated one go on; another history does not.
    series.values[110] = Some(1.0);
    series.values.push(Some(120.0));
    assert_eq!(known(&name("a"), &series), Some(winner.model));
    series.values[3] = Some(1.0);
    assert_eq!(known(&name("a"), &series), None);
    let foretold = Arc::new(Foretold {
        as_of,
        settled_through: None,
        late: Vec::new(),
        untold: Vec::new(),
        is_stale: false,
        aside: BTreeMap::new(),
        left_out: BTreeMap::new(),
        known_from: as_of,
        has_older: false,
        came: BTreeMap::new(),
        lacking: BTreeSet::new(),
        usual: BTreeMap::new(),
        more: BTreeMap::new(),
        forecasts: vec![forecast],
    });
    memory.keep(name("a"), 7, 90, &foretold);
    assert!(memory.answer(&name("a"), 7, 90).is_some_and(|known| Arc::ptr_eq(&known, &foretold)));
    assert!(memory.answer(&name("a"), 8, 90).is_none(), "of another commit");
    assert!(memory.answer(&name("a"), 7, 91).is_none(), "not so far");
    // The last used stay.
    for other in 0..MAX - 1 {
        memory.keep(name(&format!("{other}")), 7, 90, &foretold);
    }
    assert!(memory.answer(&name("a"), 7, 90).is_some());
    memory.keep(name("one more"), 7, 90, &foretold);
    assert!(memory.answer(&name("a"), 7, 90).is_some() && memory.answer(&name("0"), 7, 90).is_none());
}
