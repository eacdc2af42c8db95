//! Budgets and their periods, by table and by property; knows no cost.

use proptest::prelude::*;

use super::*;
use crate::domain::calendar::Period;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn budget() -> Budget {
    let scope = Filter::parse("tag:team=platform", &[]).expect("filter");
    Budget { scope, ..Budget::plain("platform", Amount::whole(50_000), "USD", Cycle::Month, day("2026-01-01")) }
}

#[test]
fn what_is_wrong_with_a_budget_is_said() {
    let bounds = Filter::parse("cost>100", &[]).expect("filter");
    let days = Cycle::Days(Period { from: day("2026-02-01"), to: day("2026-03-01") });
    let cases: [(Budget, &str); 10] = [
        (Budget { name: " ".into(), ..budget() }, "needs a name"),
        (Budget { name: "a\u{200b}".into(), ..budget() }, "nobody sees"),
        (Budget { name: "x".repeat(41).into(), ..budget() }, "at most 40"),
        (Budget { scope: bounds, ..budget() }, "of groups only"),
        (Budget { currency: "dollar".to_owned(), ..budget() }, "three letters"),
        (Budget { amount: Amount::ZERO, ..budget() }, "more than 0"),
        (Budget { growth: Percent::whole(-100), ..budget() }, "cannot shrink"),
        (Budget { growth: Percent::whole(2), every: days, ..budget() }, "come once"),
        (Budget { from: day("0202-01-01"), ..budget() }, "of the years"),
        (Budget { note: "n".repeat(201).into(), ..budget() }, "note has at most 200"),
    ];
    for (budget, why) in cases {
        assert!(budget.clone().checked().is_err_and(|e| e.contains(why)), "{why}: {:?}", budget.checked());
    }
    let checked = Budget { name: "  a  b ".into(), currency: "eur".to_owned(), every: days, ..budget() }.checked();
    let checked = checked.expect("sound");
    assert_eq!((checked.name.raw(), checked.currency.as_str(), checked.from), ("a b", "EUR", day("2026-02-01")));
}

#[test]
fn longer_periods_begin_whole() {
    let begun = Budget { from: day("2026-11-01"), ..budget() };
    assert_eq!(begun.clone().with_periods(Cycle::Quarter).from, day("2026-10-01"));
    let late = Budget { from: day("2026-11-09"), ..budget() };
    assert_eq!(late.clone().with_periods(Cycle::Month), late, "as it was chosen");
}

#[test]
fn it_is_kept_as_it_was_and_read_without_what_is_usual() {
    let whole = Budget { growth: "2.5".parse().expect("percent"), rollover: Rollover::Balance, ..budget() };
    let json = serde_json::to_string(&whole).expect("json");
    assert_eq!(serde_json::from_str::<Budget>(&json).expect("read"), whole);
    let short = r#"{"name":"platform","scope":"tag:team=platform","metric":"effective","currency":"USD","amount":"50000","every":"month","from":"2026-01-01"}"#;
    assert_eq!(serde_json::from_str::<Budget>(short).expect("read"), budget());
}

#[test]
fn people_write_amounts_and_thresholds_in_many_ways() {
    for (text, want) in [("50000", "50000"), ("1,250.50", "1250.5"), ("50k", "50000"), ("1.2M", "1200000")] {
        assert_eq!(amount(text).map(|a| a.to_string()).as_deref(), Ok(want), "{text}");
    }
    for wrong in ["1.000,50", "1.234,5", "12,5", "10,00", "1,0000", ",500", "1234,567", "1.000,000", "12,5k"] {
        let said = amount(wrong).unwrap_err();
        assert!(said.contains("a comma stands between thousands"), "{wrong}: {said}");
    }
    assert!(amount("lots").is_err() && amount("").is_err() && amount("k").is_err());
    let line = |text: &str| parse_thresholds(text).map(|list| thresholds_line(&list));
    assert_eq!(line("100, 80%,80"), Ok("80,100".to_owned()));
    assert_eq!([line("none"), line("")], [Ok("none".to_owned()), Ok("none".to_owned())]);
    assert!(line("0").is_err() && line("1,2,3,4,5,6,7,8,9").is_err());
}

#[test]
fn periods_are_the_calendars() {
    let span = |cycle: Cycle, from: &str, number: usize| cycle.span(day(from), number).expect("a period");
    for (cycle, from, number, want) in [
        (Cycle::Month, "2024-01-31", 1, "2024-02-01..2024-03-01"),
        (Cycle::Month, "2023-12-05", 0, "2023-12-05..2024-01-01"),
        (Cycle::Quarter, "2024-02-29", 0, "2024-02-29..2024-04-01"),
        (Cycle::Quarter, "2024-02-29", 4, "2025-01-01..2025-04-01"),
        (Cycle::Year, "2024-02-29", 0, "2024-02-29..2025-01-01"),
        (Cycle::Year, "2024-02-29", 1, "2025-01-01..2026-01-01"),
    ] {
        assert_eq!(span(cycle, from, number).period.to_string(), want, "{cycle} from {from}, {number}");
    }
    let once: Cycle = "2026-09-15..2026-10-01".parse().expect("days");
    assert_eq!(once.span(day("2026-09-15"), 0).map(|s| s.period.days()), Some(16));
    assert_eq!(once.span(day("2026-09-15"), 1), None);
    assert_eq!(
        (once.number(day("2026-09-15"), day("2026-12-01")), once.to_string()),
        (Some(0), "2026-09-15..2026-10-01".into())
    );
    assert!("2026-09-15..2026-09-15".parse::<Cycle>().is_err() && "week".parse::<Cycle>().is_err());
    for (from, to, want) in [
        ("2026-11-01", "2026-12-01", "November 2026"),
        ("2026-10-01", "2027-01-01", "Q4 2026"),
        ("2026-01-01", "2027-01-01", "2026"),
        ("2026-11-09", "2026-12-01", "2026-11-09 to 2026-11-30"),
    ] {
        assert_eq!(period_words(Period { from: day(from), to: day(to) }), want);
    }
}

proptest! {
    #[test]
    fn periods_follow_each_other_without_gap(from in 7_000i32..60_000, months in prop::sample::select(vec![Cycle::Month, Cycle::Quarter, Cycle::Year]), number in 0usize..60) {
        let first = Day(from);
        let (this, next) = (months.span(first, number).expect("a period"), months.span(first, number + 1).expect("a period"));
        prop_assert_eq!(this.period.to, next.period.from);
        prop_assert_eq!(next.period, next.whole);
        prop_assert!(number > 0 || this.period.from == first);
        for inside in [this.period.from, this.period.to.plus(-1)] {
            prop_assert_eq!(months.number(first, inside), Some(number));
            prop_assert_eq!(months.period_of(inside), Some(this.whole));
        }
        prop_assert_eq!(months.number(first, first.plus(-1)), None);
    }
}
