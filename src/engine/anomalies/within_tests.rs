//! Which anomalies of made-up bills filters are about.

use std::fmt::Write as _;

use super::*;
use crate::domain::alert::{Plan, Rule};
use crate::engine::anomalies::list::{self, AnomalyQuery};
use crate::engine::anomalies::tests::{FIRST, engine};
use crate::engine::bills::import;

const DAYS: i32 = 90;

/// Whose charges, for what, in which account and region, what they cost a day, and what from a day on.
type Charged<'c> = (&'c str, &'c str, &'c str, &'c str, f64, (i32, f64));

fn engine_with(charged: &[Charged<'_>]) -> LocalEngine {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         SubAccountId,RegionId,ChargeCategory\n",
    );
    for (day, (at, of)) in (0..DAYS).flat_map(|day| (0..).zip(charged).map(move |of| (day, of))) {
        let (provider, service, account, region, usual, (since, raised)) = of;
        let cost = if day < *since { *usual } else { *raised };
        // Each has a noise of its own.
        let cost = cost * (1.0 + f64::from((day * 7 + at * 3) % 5 - 2) / 100.0);
        let (from, to) = (Day(FIRST + day), Day(FIRST + day + 1));
        let line = format!("{from}T00:00:00Z,{to}T00:00:00Z,USD,{provider},{service},{account},{region},Usage");
        writeln!(text, "{cost:.4},{cost:.4},{line}").expect("text");
    }
    let engine = engine();
    import(engine.store(), "bill", &text, 0);
    engine
}

/// The places of the anomalies that a filter is about.
fn places(engine: &LocalEngine, text: &str) -> Vec<String> {
    let filter = Filter::parse(text, &[]).expect(text);
    let query = AnomalyQuery { filter, ..AnomalyQuery::default() };
    let answer = list::answer(engine, &query, Day(FIRST + DAYS + 3), &Cancel::default()).expect("answer");
    answer.anomalies.into_iter().map(|listed| listed.place_words).collect()
}

#[test]
fn each_account_that_moved_by_enough_is_in_it_however_many_others_did() {
    let accounts: Vec<String> = (0..14).map(|at| format!("acct-{at:02}")).collect();
    let mut charged: Vec<Charged<'_>> = Vec::new();
    for (at, account) in (0..).zip(&accounts) {
        let usual = 400.0 + 40.0 * f64::from(at);
        let raised = if at == 9 { usual } else { 2.5 * usual };
        charged.push(("AWS", "Amazon EC2", account, "us-east-1", usual, (87, raised)));
        charged.push(("AWS", "Amazon S3", account, "us-east-1", 300.0, (87, 300.0)));
    }
    let engine = engine_with(&charged);
    let all = places(&engine, "");
    assert_eq!(all.len(), 1, "{all:?}");
    for (at, account) in accounts.iter().enumerate() {
        let told = places(&engine, &format!("account={account}")).len();
        assert_eq!(told, usize::from(at != 9), "{account}");
    }
    for (text, want) in [
        ("account=acct-0*", 1),
        ("-account=acct-09", 1),
        ("service:ec2 account=acct-03", 1),
        ("service:s3 account=acct-03", 0),
        ("service:s3", 0),
        ("region:us-*", 1),
        ("region:eu-*", 0),
        ("acct-03", 1),
        ("acct-09", 0),
        ("acct-99", 0),
        ("team=orca", 0),
    ] {
        assert_eq!(places(&engine, text).len(), want, "{text}");
    }
}

#[test]
fn of_a_service_that_several_have_those_are_in_it_whose_charges_moved() {
    let engine = engine_with(&[
        ("Oracle Cloud", "Object Storage", "ocid-saddle", "eu-frankfurt-1", 90.0, (87, 540.0)),
        ("Scaleway", "Object Storage", "sw-kiln", "fr-par", 75.0, (87, 525.0)),
        ("Hetzner", "Object Storage", "hz-candle", "fsn1", 40.0, (87, 40.0)),
        ("Linode", "Object Storage", "lin-glove", "nl-ams", 50.0, (87, 50.0)),
        ("Hetzner", "Cloud Server", "hz-candle", "fsn1", 260.0, (87, 260.0)),
        ("AWS", "Amazon EC2", "4444", "eu-west-1", 800.0, (87, 800.0)),
    ]);
    assert!(!places(&engine, "").is_empty());
    for (text, want) in [
        ("provider:oracle", true),
        ("provider:Scaleway", true),
        ("provider:Hetzner", false),
        ("provider:Linode", false),
        ("provider:AWS", false),
        ("provider:\"Oracle Cloud\"|Scaleway", true),
        ("-provider:Hetzner", true),
        ("-provider:\"Oracle Cloud\" -provider:Scaleway", false),
        ("account=hz-candle", false),
        ("region=fsn1", false),
        ("Scaleway", true),
        ("hetzner", false),
    ] {
        assert_eq!(!places(&engine, text).is_empty(), want, "{text}: {:?}", places(&engine, text));
    }
}

#[test]
fn what_one_provider_did_in_a_service_that_others_have_is_told_of_its_charges_alone() {
    // What bills say of accounts and regions: nothing, or what says nothing, or enough.
    for (of_hetzner, of_linode) in
        [(["", ""], ["", ""]), (["default", "global"], ["default", "global"]), (["hz", "fsn1"], ["li", "ams"])]
    {
        let ([hz, fsn], [li, ams]) = (of_hetzner, of_linode);
        let engine = engine_with(&[
            ("Hetzner", "Load Balancer", hz, fsn, 135.0, (87, 690.0)),
            ("Hetzner", "Cloud Server", hz, fsn, 260.0, (87, 260.0)),
            ("Linode", "Load Balancer", li, ams, 90.0, (87, 90.0)),
            ("Linode", "Kubernetes", li, ams, 160.0, (87, 160.0)),
            ("Oracle Cloud", "Load Balancer", "ocid", "eu-frankfurt-1", 120.0, (87, 120.0)),
            ("Oracle Cloud", "Autonomous Database", "ocid", "eu-frankfurt-1", 340.0, (87, 340.0)),
        ]);
        let listed = |text: &str| {
            let filter = Filter::parse(text, &[]).expect(text);
            let query = AnomalyQuery { filter, ..AnomalyQuery::default() };
            list::answer(&engine, &query, Day(FIRST + DAYS + 3), &Cancel::default()).expect("answer").anomalies
        };
        let [one] = &listed("")[..] else { panic!("{hz}: {:?}", places(&engine, "")) };
        let day = one.anomaly.finding.day;
        let [actual, expected] = [day.actual, day.expected].map(Amount::to_f64);
        assert!((670.0..710.0).contains(&actual) && (130.0..140.0).contains(&expected), "{hz}: {one:?}");
        let want = if hz == "hz" { "Load Balancer | hz" } else { "Load Balancer | Hetzner" };
        assert!(one.place_words.starts_with(want), "{hz}: {}", one.place_words);
        for (text, want) in [("provider:Hetzner", 1), ("provider:Linode", 0), ("-provider:Hetzner", 0), ("Hetzner", 1)]
        {
            assert_eq!(listed(text).len(), want, "{hz}: {text}");
        }
    }
}

#[test]
fn a_rule_is_told_by_what_its_own_charges_did() {
    let bill = [
        ("Oracle Cloud", "Object Storage", "ocid-saddle", "eu-frankfurt-1", 90.0, (87, 540.0)),
        ("Scaleway", "Object Storage", "sw-kiln", "fr-par", 75.0, (87, 525.0)),
        ("Hetzner", "Object Storage", "hz-candle", "fsn1", 40.0, (87, 40.0)),
    ];
    for (text, want) in [("Scaleway", true), ("provider:oracle", true), ("Hetzner", false), ("", true)] {
        let scope = Filter::parse(text, &[]).expect(text);
        let kind = crate::domain::alert::Kind::Anomaly;
        let rule = Rule { to: vec!["ops".to_owned()], scope, ..Rule::new("team", kind) };
        let engine = engine_with(&bill).with_plan(Plan { rules: vec![rule], ..Plan::default() });
        let moment = crate::engine::watch::Moment { at: Day(FIRST + DAYS + 1).seconds(), offset: 0 };
        let told = crate::engine::watch::news(&engine, moment, &Cancel::default()).expect("looked");
        assert_eq!(!told.is_empty(), want, "{text}");
    }
}

/// An anomaly that began on a day and was seen for so many.
fn finding(days: i32) -> Finding {
    let engine = engine_with(&[("AWS", "Amazon EC2", "a", "r", 100.0, (87, 300.0))]);
    let query = AnomalyQuery::default();
    let answer = list::answer(&engine, &query, Day(FIRST + DAYS + 3), &Cancel::default()).expect("answer");
    let found = answer.anomalies.into_iter().next().expect("one").anomaly.finding;
    Finding { start: Day(FIRST + 87), last: Day(FIRST + 86 + days), hourly: false, start_hour: None, ..found }
}

#[test]
fn what_had_moved_before_or_varies_as_much_did_not_move_with_it() {
    type Cost<'c> = &'c dyn Fn(i32) -> f64;
    let weekend = |day: i32| if Day(FIRST + day).weekday().num_days_from_monday() > 4 { 10.0 } else { 50.0 };
    let wild = |day: i32| 50.0 + f64::from(day * 37 % 11 - 5) * 8.0;
    let since = |from: i32, day: i32, before: f64, after: f64| if day < from { before } else { after };
    let cases: [(&str, Cost<'_>, bool); 11] = [
        ("flat", &|_| 50.0, false),
        ("trebles", &|day| since(87, day, 50.0, 150.0), true),
        ("a day later", &|day| since(88, day, 50.0, 150.0), true),
        ("is new", &|day| since(87, day, 0.0, 50.0), true),
        ("by less than matters", &|day| since(87, day, 0.5, 2.0), false),
        ("by a tenth", &|day| since(87, day, 50.0, 55.0), false),
        ("falls", &|day| since(87, day, 150.0, 50.0), false),
        ("each week", &weekend, false),
        ("wild", &wild, false),
        ("a step of the week before", &|day| since(79, day, 50.0, 150.0), false),
        ("new since ten days", &|day| since(77, day, 0.0, 50.0), false),
    ];
    for days in [1, 3, 12] {
        let finding = finding(days);
        for (name, cost, want) in &cases {
            let costs = (0..110).map(|day| (Day(FIRST + day).seconds(), cost(day))).collect();
            let is_late = days == 1 && *name == "a day later";
            assert_eq!(matters(&finding, &Costs(costs), 5.0), *want && !is_late, "{name}, {days} days");
        }
    }
}

#[test]
fn of_hours_those_are_held_against_the_same_hours() {
    let start = Day(FIRST + 87).seconds() + 14 * HOUR_SECONDS;
    let finding = Finding { hourly: true, start_hour: Some(start), ..finding(1) };
    let by_day = |hour: i64| if (8..18).contains(&(hour % 24)) { 20.0 } else { 2.0 };
    let costs = |of: &dyn Fn(i64) -> f64| {
        let first = Day(FIRST).seconds();
        let hours = (0..87 * 24 + 17).map(|hour| (first + hour * HOUR_SECONDS, of(hour)));
        Costs(hours.collect())
    };
    let risen = |hour: i64| by_day(hour) * if hour >= 87 * 24 + 14 { 3.0 } else { 1.0 };
    assert!(!matters(&finding, &costs(&by_day), 24.0));
    assert!(matters(&finding, &costs(&risen), 24.0));
}
