//! What comes again every month, and what is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gather::Stream;
use super::memory::{MAX, Memory, Name};
use super::recurring::{Missed, put_back};
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
    // The invoice of the month before is open as long as this month lasts.
    let open = |ahead: &[(&str, i64)]| expected(&[&[("2026-11-01", 100), ("2026-12-01", 100)], ahead].concat());
    assert_eq!(told(&tax, "2026-11-29", "2026-12-02"), open(&[("2027-01-01", 100)]));
    assert_eq!(told(&tax, "2026-12-28", "2026-12-31"), open(&[("2027-01-01", 100), ("2027-02-01", 100)]));
    // Then it is not, nor where this month's came without it.
    assert_eq!(told(&tax, "2026-12-29", "2027-01-01"), []);
    let without = [tax[0], tax[1], ("2026-12-01", 7)];
    assert_eq!(told(&without, "2026-12-12", "2026-12-15"), []);
    // Once is no habit, nor is what missed a month.
    assert_eq!(told(&tax[1..], "2026-11-20", "2026-11-22"), []);
    assert_eq!(told(&[("2026-08-01", 90), tax[1]], "2026-11-20", "2026-11-22"), []);
}

#[test]
fn what_came_every_month_and_does_not_is_told_before_and_after_it_is_given_up() {
    let missed = |came: &[(&str, i64)], as_of: &str| {
        let days: BTreeMap<Day, Amount> = came.iter().map(|(at, sum)| (day(at), Amount::whole(*sum))).collect();
        let of = |kind| Stream { kind, account: "a".into(), long: false };
        // What corrects earlier bills comes when it comes.
        let all = BTreeMap::from([(of(Aside::Tax), days.clone()), (of(Aside::Correction), days)]);
        let one = |missed: Missed| (missed.kind, missed.amount, missed.last.to_string(), missed.is_expected);
        super::recurring::missed(&all, day(as_of), day(as_of)).into_iter().map(one).collect::<Vec<_>>()
    };
    let tax = [("2026-08-01", 90), ("2026-09-01", 100), ("2026-09-17", 5)];
    let told = |is_expected| vec![(Aside::Tax, Amount::whole(100), "2026-09".to_owned(), is_expected)];
    for (as_of, told) in [
        ("2026-10-31", vec![]),
        ("2026-11-10", vec![]),
        ("2026-11-11", told(true)),
        ("2026-11-30", told(true)),
        ("2026-12-01", told(false)),
        ("2027-01-31", told(false)),
        ("2027-02-01", vec![]),
    ] {
        assert_eq!(missed(&tax, as_of), told, "{as_of}");
    }
    // It came, only later; or it came once.
    assert_eq!(missed(&[tax[0], tax[1], ("2026-10-05", 100)], "2026-11-20"), []);
    assert_eq!(missed(&tax[1..], "2026-11-20"), []);
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
        currency: "USD".into(),
        settled_through: None,
        late: Vec::new(),
        untold: Vec::new(),
        silent: Vec::new(),
        holes: Vec::new(),
        is_stale: false,
        aside: BTreeMap::new(),
        missed: Vec::new(),
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
