//! Whose days have not come, and what is left out for that.

use super::*;

fn days(from: &str, to: &str) -> Period {
    let day = |text| Day::parse(text).expect(text);
    Period { from: day(from), to: day(to) }
}

fn member(provider: &str, source: &str, accounts: &[&str], last: &str) -> Member {
    Member {
        provider: provider.to_owned(),
        source: Some(source.to_owned()),
        came: Came::Through(Day::parse(last).expect(last)),
        since: None,
        accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
        begun: BTreeSet::new(),
        holes: Vec::new(),
        is_daily: true,
    }
}

fn arrivals(members: Vec<Member>) -> Arrivals {
    let oldest = Some(days("2026-01-01", "2026-01-02").from);
    Arrivals { members, oldest, settled: None, gone: BTreeSet::new() }
}

fn lacking(members: Vec<Member>, period: Period, against: Period) -> Vec<String> {
    let arrivals = arrivals(members);
    let one = |lacking: Lacking| {
        let whose: Vec<String> = lacking.providers.into_iter().chain(lacking.accounts.into_iter().flatten()).collect();
        let days: Vec<String> = lacking.days.iter().map(Period::to_string).collect();
        format!("{} {} to {}", whose.join("+"), days.join("+"), lacking.through)
    };
    arrivals.lacking(period, Some(against)).into_iter().map(one).collect()
}

#[test]
fn of_whoever_is_behind_the_same_days_are_left_out_of_those_before() {
    let (now, before) = (days("2026-11-01", "2026-11-24"), days("2026-10-01", "2026-10-24"));
    let (aws, datadog) = (member("AWS", "aws", &["1"], "2026-11-22"), member("Datadog", "dd", &[""], "2026-11-14"));
    let azure = || member("Microsoft", "azure", &["2", "3"], "2026-11-22");
    // Who lacks the same is asked for at once.
    assert_eq!(
        lacking(vec![aws, datadog, azure()], now, before),
        ["AWS+Microsoft 2026-10-23..2026-10-24 to 2026-11-22", "Datadog 2026-10-15..2026-10-24 to 2026-11-14"]
    );
    // Of a provider one of whose scopes is behind, those accounts alone that no other one brings.
    let behind = member("Microsoft", "old", &["3", "4"], "2026-11-20");
    assert_eq!(
        lacking(vec![azure(), behind], days("2026-11-01", "2026-11-23"), before),
        ["Microsoft+4 2026-10-21..2026-10-24 to 2026-11-20"]
    );
    let none = member("AWS", "aws", &["1"], "2026-10-22");
    assert_eq!(lacking(vec![none], now, before), ["AWS 2026-10-01..2026-10-24 to 2026-10-31"]);
}

#[test]
fn days_that_a_longer_or_shorter_period_has_go_with_its_last() {
    let aws = |last| vec![member("AWS", "aws", &["1"], last)];
    let (february, march) = (days("2026-02-01", "2026-03-01"), days("2026-03-01", "2026-04-01"));
    assert_eq!(lacking(aws("2026-02-25"), february, march), ["AWS 2026-03-26..2026-04-01 to 2026-02-25"]);
    assert_eq!(lacking(aws("2026-03-25"), march, february), ["AWS 2026-02-26..2026-03-01 to 2026-03-25"]);
    assert_eq!(lacking(aws("2026-03-29"), march, february), [] as [&str; 0], "nothing is held against those");
    assert_eq!(lacking(aws("2026-03-31"), march, february), [] as [&str; 0]);
}

#[test]
fn of_the_days_before_those_are_told_that_are_not_left_out() {
    let (now, before) = (days("2026-11-01", "2026-11-24"), days("2026-10-01", "2026-10-24"));
    let mut aws = member("AWS", "aws", &["1"], "2026-11-22");
    let without = |gap: &[&str]| {
        let gap: Vec<Day> = gap.iter().map(|day| Day::parse(day).expect(day)).collect();
        Came::Days(
            Period { from: before.from, to: days("2026-11-22", "2026-11-23").to }
                .iter()
                .filter(|day| !gap.contains(day))
                .collect(),
        )
    };
    let told = |aws: &Member| {
        let (_, before) = arrivals(vec![aws.clone()]).both(now, Some(before));
        before.and_then(|pending| pending.words())
    };
    // Nov 23 has not come, and so Oct 23 is in nothing.
    aws.came = without(&["2026-10-23"]);
    assert_eq!(told(&aws), None);
    aws.came = without(&["2026-10-12", "2026-10-23"]);
    assert_eq!(told(&aws).as_deref(), Some("1 of 23 days not in yet: aws 2026-10-12"));
}

#[test]
fn who_has_charges_now_and_then_is_not_late_and_held_against_what_is_known() {
    let (now, before) = (days("2026-11-01", "2026-11-24"), days("2026-10-01", "2026-10-24"));
    let fly = Member { is_daily: false, ..member("Fly", "fly", &["1"], "2026-10-25") };
    assert_eq!(arrivals(vec![fly.clone()]).of(now), None);
    assert_eq!(lacking(vec![fly], now, before), ["Fly 2026-10-01..2026-10-24 to 2026-10-31"]);
}

#[test]
fn a_day_that_has_mostly_come_is_held_against_a_whole_one() {
    let mut aws = member("AWS", "aws", &["1"], "2026-11-20");
    aws.begun.insert(Day::parse("2026-11-21").expect("date"));
    let (now, before) = (days("2026-11-01", "2026-11-23"), days("2026-10-01", "2026-10-23"));
    assert_eq!(lacking(vec![aws], now, before), ["AWS 2026-10-22..2026-10-23 to 2026-11-21"]);
}
