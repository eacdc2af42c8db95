//! Anomalies by the hour: what a day of them costs, and where they are.

use std::fmt::Write as _;
use std::ops::Range;

use super::list::{self, AnomalyQuery};
use super::tests::{Charges, DB, FIRST, Of, VM, engine};
use super::*;
use crate::domain::anomaly::Anomaly;
use crate::domain::calendar::{HOUR_SECONDS, format_timestamp};
use crate::engine::answer::Listed;
use crate::engine::bills::import;

/// The first hour of the day that the latest anomalies begin on.
const NOON: i64 = 40 * 24;

/// Two services by the hour until an hour, one of which costs thrice as much from another on.
fn tripled(from: i64, until: i64) -> Charges {
    let mut charges = Charges::new();
    charges.hourly(VM, 0..until, 2.0);
    charges.hourly(DB, 0..until, 1.0);
    charges.hourly(Of { resource: "d-2", ..DB }, from..until, 2.0);
    charges
}

fn only(found: &[Listed]) -> &Listed {
    let [one] = found else { panic!("{:?}", found.iter().map(|one| &one.place_words).collect::<Vec<_>>()) };
    one
}

#[test]
fn what_began_in_an_evening_costs_a_whole_day_if_it_goes_on() {
    for begins in [6, 14, 19] {
        let engine = engine();
        for day in 1..=5 {
            let charges = tripled(NOON + begins, NOON + i64::from(day) * 24);
            let found = charges.found_in(&engine, 40 + day);
            let finding = &only(&found).anomaly.finding;
            let rate = finding.rate.to_f64();
            assert!((46.0..51.0).contains(&rate), "from {begins} on, after {day} days: {rate} a day, {finding:?}");
        }
    }
}

#[test]
fn hours_that_have_not_come_are_held_against_nothing() {
    let found = tripled(NOON + 7, NOON + 22).found_in(&engine(), 41);
    let finding = &only(&found).anomaly.finding;
    let (impact, rate) = (finding.impact.to_f64(), finding.rate.to_f64());
    // Fifteen hours of two.
    assert!((29.5..31.5).contains(&impact) && (46.0..51.0).contains(&rate), "{impact}, {rate} a day: {finding:?}");
    let off = finding.day.actual - finding.day.expected;
    assert!((off - finding.impact).abs().to_f64() < 0.01, "{finding:?}");
}

/// Charges of a service and account from an hour on: service, account, hours of each charge, cost of an hour.
type Line = (&'static str, &'static str, i64, f64);

fn bill(lines: &[(Line, Range<i64>)]) -> String {
    let mut text = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
                    ServiceName,SubAccountId,ResourceId,ChargeCategory\n"
        .to_owned();
    for ((service, account, long, cost), hours) in lines {
        for hour in hours.clone().step_by(*long as usize) {
            let start = Day(FIRST).seconds() + hour * HOUR_SECONDS;
            let (from, to) = (format_timestamp(start), format_timestamp(start + long * HOUR_SECONDS));
            let cost = (cost + (hour * 7 % 5) as f64 / 100.0) * *long as f64;
            writeln!(text, "{cost},{cost},{from},{to},USD,AWS,{service},{account},{service}-{account},Usage")
                .expect("text");
        }
    }
    text
}

const ALL: Range<i64> = 0..NOON + 22;
const EVENING: Range<i64> = NOON + 19..NOON + 22;

fn found(lines: &[(Line, Range<i64>)]) -> Vec<Listed> {
    let engine = engine();
    import(engine.store(), "bill", &bill(lines), 0);
    list::answer(&engine, &AnomalyQuery::default(), Day(FIRST + 41), &Cancel::default()).expect("answer").anomalies
}

#[test]
fn an_evening_is_told_of_the_service_and_account_that_had_it() {
    let rise = (("cache", "tickets", 1, 4.0), EVENING);
    // All other charges are of whole days, and no other is: of the hours it has all, of what it costs a part.
    for long in [24, 1] {
        let found = found(&[
            (("vm", "prod", long, 8.0), ALL),
            (("db", "prod", long, 4.0), ALL),
            (("vm", "tickets", long, 4.0), ALL),
            (("cache", "prod", long, 2.0), ALL),
            (("cache", "tickets", 1, 2.0), ALL),
            rise.clone(),
        ]);
        let one = only(&found);
        let finding = &one.anomaly.finding;
        assert_eq!(one.place_words, "cache | tickets", "charges of {long} h: {finding:?}");
        assert!(finding.hourly, "{finding:?}");
        let (impact, rate) = (finding.impact.to_f64(), finding.rate.to_f64());
        assert!((11.5..12.6).contains(&impact) && (92.0..101.0).contains(&rate), "{impact}, {rate}: {finding:?}");
        // Hours of two, and the rise; two that have not come are as usual.
        let day = finding.day.actual.to_f64();
        assert!((59.5..62.0).contains(&day), "{day}: {finding:?}");
        assert!((finding.day.actual - finding.day.expected - finding.impact).abs().to_f64() < 0.01, "{finding:?}");
    }
}

#[test]
fn an_evening_of_all_accounts_of_a_service_is_the_services() {
    let found = found(&[
        (("vm", "prod", 1, 8.0), ALL),
        (("vm", "tickets", 1, 4.0), ALL),
        (("cache", "prod", 1, 2.0), ALL),
        (("cache", "tickets", 1, 2.0), ALL),
        (("cache", "prod", 1, 4.0), EVENING),
        (("cache", "tickets", 1, 4.0), EVENING),
    ]);
    assert_eq!(only(&found).place_words, "cache");
}

#[test]
fn a_morning_is_held_against_mornings() {
    let morning = 0..NOON + 7;
    let rise = (("cache", "tickets", 1, 4.0), NOON + 2..NOON + 7);
    let engine = engine();
    let lines = [
        (("vm", "prod", 1, 8.0), morning.clone()),
        (("vm", "tickets", 1, 4.0), morning.clone()),
        (("cache", "prod", 1, 2.0), morning.clone()),
        (("cache", "tickets", 1, 2.0), morning),
        rise,
    ];
    import(engine.store(), "bill", &bill(&lines), 0);
    let as_of = Day(FIRST + 41);
    let found = list::answer(&engine, &AnomalyQuery::default(), as_of, &Cancel::default()).expect("answer").anomalies;
    let one = only(&found);
    let finding = &one.anomaly.finding;
    // Seven hours of two and five of four came; the others are as they are used to be: so is what was expected.
    let [actual, expected] = [finding.day.actual, finding.day.expected].map(|cost| cost.to_f64());
    assert!((67.0..70.5).contains(&actual) && (47.0..50.0).contains(&expected), "{actual}, {expected}: {finding:?}");
    let answer = detail::answer(&engine, &one.anomaly.id.to_string(), as_of, &Cancel::default()).expect("answer");
    let driver = answer.driver.expect("driver");
    let moved = driver.figure.amount.zip(driver.figure.previous).map(|(now, then)| (now - then).to_f64());
    assert!(moved.is_some_and(|moved| (19.0..21.0).contains(&moved)), "{:?}", driver.figure);
    // A day that has just begun is less than any before it.
    assert_eq!(answer.lens.comparison, crate::domain::period::Comparison::None);
    let says = |words: &str| assert!(answer.summary.contains(words), "{words}: {}", answer.summary);
    says("7 hours have come: the others count as what they usually cost.");
    says(" in 5 hours;");
    says(" Who: cache-tickets 100 %.");
    says(" Why: other (+20.");
}

/// The first bad hour of the only anomaly, from the beginning of the day that the latest begin on; and its first day.
fn first_hour(found: &[Listed]) -> (Option<i64>, i32) {
    let finding = &only(found).anomaly.finding;
    let hour = finding.start_hour.map(|at| (at - Day(FIRST).seconds()) / HOUR_SECONDS - NOON);
    (hour, finding.start.0 - FIRST - 40)
}

#[test]
fn a_rise_that_is_over_and_a_fall_have_their_first_hour() {
    let mut spike = tripled(NOON + 13, NOON + 17);
    spike.hourly(VM, NOON + 17..NOON + 4 * 24, 2.0);
    spike.hourly(DB, NOON + 17..NOON + 4 * 24, 1.0);
    assert_eq!(first_hour(&spike.found_in(&engine(), 44)), (Some(13), 0));
    for from in [6, 9] {
        let mut fall = Charges::new();
        fall.hourly(VM, 0..NOON + 4 * 24, 2.0);
        fall.hourly(DB, 0..NOON + from, 4.0);
        fall.hourly(DB, NOON + from..NOON + 4 * 24, 0.5);
        assert_eq!(first_hour(&fall.found_in(&engine(), 46)), (Some(from), 0), "from {from} on");
    }
}

#[test]
fn what_began_late_in_the_evening_began_on_that_day() {
    for begins in [21, 22, 23] {
        let engine = engine();
        let mut seen: Option<(crate::domain::anomaly::AnomalyId, f64)> = None;
        for day in 1..=14 {
            let found = tripled(NOON + begins, NOON + i64::from(day) * 24).found_in(&engine, 40 + day);
            // One hour is no anomaly yet.
            if found.is_empty() && day == 1 {
                continue;
            }
            assert_eq!(first_hour(&found), (Some(begins), 0), "from {begins} on, after {day} days");
            let one = only(&found);
            let impact = one.anomaly.finding.impact.to_f64();
            // Two an hour, since that hour.
            let want = 2.0 * (f64::from(day) * 24.0 - begins as f64);
            assert!((impact - want).abs() < 0.06 * want + 2.0, "{impact}, {want} after {day} days from {begins} on");
            assert!(seen.is_none_or(|(id, was)| id == one.anomaly.id && impact > was), "{day} days from {begins} on");
            seen = Some((one.anomaly.id, impact));
        }
    }
}

#[test]
fn what_goes_on_where_hours_come_late_is_not_over() {
    let gcp = Of { provider: "Google Cloud", service: "bigquery", resource: "b-1", ..VM };
    // Another provider whose hours come later, and another service of the same one.
    for late in [gcp, Of { provider: "AWS", ..gcp }] {
        // (Until when it was up, until when its hours have come, whether it goes on.)
        for (up, until, goes_on) in [(14, 14, true), (14, 20, false), (20, 20, true)] {
            let mut charges = Charges::new();
            charges.hourly(VM, 0..NOON + 20, 4.0);
            charges.hourly(late, 0..NOON + until, 2.0);
            charges.hourly(Of { resource: "b-2", ..late }, NOON + 10..NOON + up, 4.0);
            let found = charges.found_in(&engine(), 40);
            let one = only(&found);
            let finding = &one.anomaly.finding;
            let case = format!("{} up to {up}, known until {until}: {finding:?}", late.provider);
            assert_eq!(finding.course.is_going(), goes_on, "{case}");
            assert!(one.place_words.contains("BigQuery"), "{case}");
            // Hours that have not come count as what they usually cost.
            let day = finding.day.actual.to_f64();
            let want = 24.0 * 2.0 + (up - 10) as f64 * 4.0;
            assert!((day - want).abs() < 2.0, "{day}, {want}: {case}");
        }
    }
}

#[test]
fn days_of_a_provider_that_is_a_day_behind_are_told_by_their_hours() {
    let gcp = Of { provider: "Google Cloud", service: "bigquery", resource: "b-1", ..VM };
    let mut charges = Charges::new();
    charges.hourly(VM, 0..NOON + 48, 4.0);
    charges.hourly(gcp, 0..NOON + 10, 2.0);
    charges.hourly(Of { resource: "b-2", ..gcp }, NOON - 6..NOON + 10, 6.0);
    let engine = engine();
    let found = charges.found_in(&engine, 42);
    let one = only(&found);
    let as_of = Day(FIRST + 42);
    let answer = detail::answer(&engine, &one.anomaly.id.to_string(), as_of, &Cancel::default()).expect("answer");
    let until = answer.hours.map(|hours| (hours.until - Day(FIRST).seconds()) / HOUR_SECONDS - NOON);
    assert_eq!((one.anomaly.finding.last, until), (Day(FIRST + 40), Some(10)), "{:?}", one.anomaly.finding);
}

/// Two services of two accounts, all of which cost more since some days, in some hours of them.
fn raised(since: i64, (hours, by): (Range<i64>, f64)) -> Vec<(Line, Range<i64>)> {
    let all = [("vm", "prod", 8.0), ("vm", "tickets", 4.0), ("cache", "prod", 2.0), ("cache", "tickets", 2.0)];
    let days = (since..=40).map(|day| day * 24 + hours.start..(day * 24 + hours.end).min(ALL.end));
    let days: Vec<Range<i64>> = days.collect();
    let lines = all.into_iter().flat_map(|(service, account, cost)| {
        let usual = ((service, account, 1, cost), ALL);
        let more = days.clone().into_iter().map(move |hours| ((service, account, 1, by * cost), hours));
        std::iter::once(usual).chain(more)
    });
    lines.collect()
}

#[test]
fn a_last_day_whose_hours_stop_early_is_no_drop_however_late_it_is() {
    let oracle = Of { provider: "Oracle", service: "oci", resource: "o-1", ..VM };
    let bill = |until: i64, (from, cost): (i64, f64)| {
        let mut charges = Charges::new();
        charges.hourly(VM, 0..NOON + 5 * 24, 2.0);
        charges.hourly(oracle, 0..from.min(until), 5.0);
        charges.hourly(oracle, from..until.max(from), cost);
        charges
    };
    for hours in [1, 6, 10, 20] {
        let found = bill(NOON + hours, (NOON + hours, 5.0)).found_in(&engine(), 45);
        assert!(found.is_empty(), "{hours} h: {:?}", found.iter().map(|one| &one.place_words).collect::<Vec<_>>());
        // A rise is told all the same.
        let found = bill(NOON + hours, (NOON - 24, 30.0)).found_in(&engine(), 45);
        assert!(only(&found).anomaly.finding.rises, "{hours} h");
    }
    // A whole day that costs less is a drop, and so is one on which it stopped where more days have come.
    for (until, since) in [(NOON + 24, (NOON, 1.0)), (NOON + 48, (NOON + 10, 0.5))] {
        let found = bill(until, since).found_in(&engine(), 45);
        assert!(!only(&found).anomaly.finding.rises, "{until}");
    }
}

#[test]
fn what_stands_for_days_keeps_no_hours_from_being_told() {
    let hourly = |found: &[Listed]| {
        let hourly = found.iter().filter(|one| one.anomaly.finding.hourly);
        hourly.map(|one| one.place_words.clone()).collect::<Vec<_>>()
    };
    // All of the day, and by day alone, as it is found again each day.
    for (hours, by) in [(0..24, 0.2), (8..18, 0.5)] {
        let mut lines = raised(29, (hours.clone(), by));
        let standing = found(&lines);
        assert!(standing.iter().any(|one| one.anomaly.finding.course.is_going()), "{hours:?}");
        assert_eq!(hourly(&standing), [""; 0], "{hours:?}");
        lines.push((("cache", "tickets", 1, 6.0), NOON + 12..NOON + 22));
        // By its hours, or by the day where that is out already.
        let known: Vec<&String> = standing.iter().map(|one| &one.place_words).collect();
        let now = found(&lines);
        let new: Vec<&String> = now.iter().map(|one| &one.place_words).filter(|place| !known.contains(place)).collect();
        assert_eq!(new, ["cache | tickets"], "{hours:?}");
    }
}

#[test]
fn an_hour_is_known_where_all_records_of_a_currency_have_it() {
    let kept = |id: u64, currency: &str, hour: Option<i64>| {
        let mut finding =
            super::records::tests::found("vm", FIRST, FIRST + 2, 50, crate::domain::anomaly::Course::GoesOn).finding;
        finding.start_hour = hour;
        let id = crate::domain::anomaly::AnomalyId(id);
        Anomaly { id, currency: currency.into(), finding, said: None, history: Vec::new(), held: None }
    };
    let (with, without, euros) = (kept(1, "USD", Some(9)), kept(2, "USD", None), kept(3, "EUR", None));
    let finding = with.finding.clone();
    for (kept, usd, eur) in [
        (vec![with.clone(), euros.clone()], true, false),
        (vec![euros, with.clone()], true, false),
        (vec![with, without], false, false),
        (vec![], false, false),
    ] {
        let known = ["USD", "EUR"].map(|currency| hours::hour_is_known(&kept, currency, &finding));
        assert_eq!(known, [usd, eur], "{kept:?}");
    }
}

#[test]
fn hours_of_a_service_that_others_have_are_told_of_the_one_provider_whose_they_are() {
    let mut charges = Charges::new();
    let of = |provider: &'static str| Of { provider, service: "Load Balancer", resource: provider, ..VM };
    for (provider, cost) in [("Hetzner", 2.0), ("Linode", 3.0)] {
        charges.hourly(of(provider), 0..NOON + 22, cost);
        charges.hourly(Of { service: provider, ..of(provider) }, 0..NOON + 22, 4.0);
    }
    charges.hourly(Of { resource: "more", ..of("Hetzner") }, NOON + 19..NOON + 22, 4.0);
    let found = charges.found_in(&engine(), 41);
    let one = only(&found);
    let finding = &one.anomaly.finding;
    assert!(finding.hourly && one.place_words.starts_with("Load Balancer | Hetzner"), "{one:?}");
    // A day of two, and three hours of four.
    let [actual, expected] = [finding.day.actual, finding.day.expected].map(|cost| cost.to_f64());
    assert!((59.0..62.0).contains(&actual) && (47.0..50.0).contains(&expected), "{actual}, {expected}: {finding:?}");
}
