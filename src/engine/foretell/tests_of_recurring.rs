//! What stays out of the fit and comes again: on days of months, day by day, and no more.

use std::collections::BTreeMap;

use super::Aside;
use super::gather::Stream;
use super::recurring::put_back;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// A day by its date and the whole amount that is expected on it.
type Expected = Vec<(String, i64)>;

/// What is expected of one stream from a day on, of which all before are settled, for so many days.
fn expected(came: &[(Day, i64)], first: &str, ahead: i32) -> Expected {
    let stream = Stream { kind: Aside::Purchase, account: "a".into(), long: false };
    let days = came.iter().map(|(at, sum)| (*at, Amount::whole(*sum))).collect();
    let first = day(first);
    let all = put_back(&BTreeMap::from([(stream, days)]), (first, first.plus(ahead)), first.plus(2));
    let of = all.into_values().flatten().filter(|(_, one)| !one.expected.is_zero());
    of.map(|(day, one)| (day.to_string(), one.expected.to_f64() as i64)).collect()
}

/// The same amount on each of some days that is wanted.
fn each(from: &str, to: &str, sum: i64, is: impl Fn(Day) -> bool) -> Vec<(Day, i64)> {
    (Period { from: day(from), to: day(to) }).iter().filter(|at| is(*at)).map(|at| (at, sum)).collect()
}

fn dates(texts: &[&str], sum: i64) -> Expected {
    texts.iter().map(|text| ((*text).to_owned(), sum)).collect()
}

#[test]
fn what_ended_day_by_day_is_expected_no_more() {
    for (from, to, first) in [
        ("2026-06-01", "2026-11-05", "2026-11-18"),
        ("2026-06-01", "2026-10-10", "2026-11-21"),
        ("2026-10-05", "2026-11-15", "2026-11-18"),
        ("2026-10-20", "2026-11-03", "2026-11-21"),
    ] {
        assert_eq!(expected(&each(from, to, -80, |_| true), first, 90), [], "{from} to {to}, seen on {first}");
    }
    // A settled day or two without it are no end.
    assert_eq!(expected(&each("2026-06-01", "2026-11-16", -80, |_| true), "2026-11-18", 90).len(), 90);
}

#[test]
fn what_began_lately_goes_on_each_day() {
    for from in ["2026-10-20", "2026-11-05", "2026-11-18"] {
        let told = expected(&each(from, "2026-11-21", 60, |_| true), "2026-11-21", 90);
        assert_eq!(told.len(), 90, "since {from}");
        assert!(told.iter().all(|(_, sum)| *sum == 60), "since {from}: {told:?}");
    }
    // Two days are no habit.
    assert_eq!(expected(&each("2026-11-19", "2026-11-21", 60, |_| true), "2026-11-21", 90), []);
}

#[test]
fn what_comes_on_working_days_or_on_the_first_days_of_months_does_so_again() {
    let works = |at: Day| (at.0 + 3).rem_euclid(7) < 5;
    let weekdays = each("2026-06-01", "2026-11-21", 60, works);
    let ahead = each("2026-11-21", "2026-12-21", 60, works);
    let told: Vec<String> = expected(&weekdays, "2026-11-21", 30).into_iter().map(|(at, _)| at).collect();
    assert_eq!(told, ahead.into_iter().map(|(at, _)| at.to_string()).collect::<Vec<_>>());
    let is_free = |at: Day| at.number() < 10;
    for first in ["2026-11-05", "2026-11-12", "2026-11-21"] {
        let told = expected(&each("2026-06-01", first, -5, is_free), first, 60);
        let (from, to) = (day(first), day(first).plus(60));
        let wanted = each(first, &to.to_string(), -5, |at| is_free(at) && at >= from);
        let wanted: Vec<_> = wanted.into_iter().map(|(at, sum)| (at.to_string(), sum)).collect();
        assert_eq!(told, wanted, "as of {first}");
    }
}

#[test]
fn a_day_that_shorter_months_lack_is_their_last() {
    let on = |number: u32| {
        move |at: Day| {
            let last = at.month().plus(1).first().plus(-1);
            at.number() == number || (at == last && last.number() < number)
        }
    };
    for (number, first, dates_ahead) in [
        (30, "2026-11-21", ["2026-11-30", "2026-12-30"]),
        (31, "2026-11-21", ["2026-11-30", "2026-12-31"]),
        (29, "2026-11-21", ["2026-11-29", "2026-12-29"]),
        (30, "2026-02-11", ["2026-02-28", "2026-03-30"]),
        (29, "2026-03-15", ["2026-03-29", "2026-04-29"]),
        (28, "2026-03-15", ["2026-03-28", "2026-04-28"]),
        (28, "2026-02-11", ["2026-02-28", "2026-03-28"]),
        (30, "2026-03-15", ["2026-03-30", "2026-04-30"]),
        (31, "2026-03-15", ["2026-03-31", "2026-04-30"]),
    ] {
        let came = each("2025-06-01", first, 700, on(number));
        assert_eq!(expected(&came, first, 50), dates(&dates_ahead, 700), "each {number}th, as of {first}");
    }
}

#[test]
fn what_came_a_day_late_is_not_expected_besides() {
    let came = |last: &str, sum| [(day("2026-09-01"), 90), (day("2026-10-01"), 100), (day(last), sum)];
    assert_eq!(expected(&came("2026-11-02", 100), "2026-11-21", 20), dates(&["2026-12-01"], 100));
    // Another amount is another charge.
    let both = dates(&["2026-11-01", "2026-12-01"], 100);
    assert_eq!(expected(&came("2026-11-02", 900), "2026-11-21", 20), both);
    assert_eq!(expected(&came("2026-11-12", 100), "2026-11-21", 20), both);
    assert_eq!(expected(&came("2026-11-07", 100), "2026-11-21", 20), dates(&["2026-12-01"], 100), "some days later");
}

#[test]
fn what_comes_every_quarter_is_expected_with_the_next() {
    let of = |texts: &[&str]| texts.iter().map(|text| (day(text), 3_000)).collect::<Vec<_>>();
    let quarters = ["2025-12-01", "2026-03-01", "2026-06-01", "2026-09-01"];
    assert_eq!(expected(&of(&quarters), "2026-11-21", 110), dates(&["2026-12-01", "2027-03-01"], 3_000));
    // It may be late, as all is that comes with an invoice; then it is over.
    assert_eq!(expected(&of(&quarters), "2027-01-20", 50), dates(&["2026-12-01", "2027-03-01"], 3_000));
    assert_eq!(expected(&of(&quarters), "2027-02-03", 50), []);
    // It has come; twice is no habit; and what comes each month is no quarter's.
    let come = [&quarters[..], &["2026-12-02"]].concat();
    assert_eq!(expected(&of(&come), "2026-12-05", 50), []);
    assert_eq!(expected(&of(&quarters[2..]), "2026-11-21", 110), []);
    let monthly = each("2026-01-01", "2026-11-21", 3_000, |at| at.number() == 1);
    assert_eq!(expected(&monthly, "2026-11-21", 45), dates(&["2026-12-01", "2027-01-01"], 3_000));
}

#[test]
fn what_comes_evenly_goes_on_at_its_pause_until_it_is_late() {
    for pause in [3, 7, 10, 14, 28] {
        let came = |until: Day| -> Vec<(Day, i64)> {
            let from = day("2026-06-03");
            (0..).map(|times| from.plus(pause * times)).take_while(|at| *at < until).map(|at| (at, 150)).collect()
        };
        for first in ["2026-11-18", "2026-11-21", "2026-11-24", "2026-11-30"] {
            let all = came(day(first));
            let last = all.last().expect("last").0;
            let wanted: Vec<_> =
                (1..).map(|times| last.plus(pause * times)).take_while(|at| *at < day(first).plus(60)).collect();
            let wanted: Expected = wanted.into_iter().map(|at| (at.to_string(), 150)).collect();
            assert_eq!(expected(&all, first, 60), wanted, "each {pause} days, as of {first}");
        }
        let ended = came(day("2026-10-20"));
        assert_eq!(expected(&ended, "2026-11-25", 60), [], "each {pause} days");
    }
}

#[test]
fn what_comes_on_the_last_working_day_is_expected_once_a_month() {
    let came: Vec<(Day, i64)> =
        ["2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-30"].map(|at| (day(at), 500)).to_vec();
    let told = expected(&came, "2026-11-21", 90);
    let months: Vec<&str> = told.iter().map(|(at, _)| &at[..7]).collect();
    assert_eq!(months, ["2026-11", "2026-12", "2027-01"], "{told:?}");
}
