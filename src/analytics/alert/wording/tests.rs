//! What is said, of facts on fixed days.

use super::super::samples;
use super::*;
use crate::domain::alert::Turn;

fn shown(fields: &Fields) -> Vec<String> {
    fields.iter().map(|(name, value)| format!("{name}: {}", value.raw())).collect()
}

fn was(kind: Kind, severity: Severity, stage: u32) -> Remembered {
    Remembered {
        rules: Vec::new(),
        kind,
        turn: Turn::Raised,
        stage,
        severity,
        times: 0,
        at: 24 * 3_600,
        since: Some(0),
        until: None,
        title: "as it was called".into(),
        told: Vec::new(),
        ended: std::collections::BTreeMap::new(),
    }
}

#[test]
fn an_anomaly_is_told_by_what_where_how_much_and_against_what() {
    let fact = samples::anomaly("a1b2c3");
    assert_eq!(anomaly(&fact), "Amazon EC2 in Prod, us-east-1 costs 1,180 USD a day, expected 310");
    assert_eq!(
        shown(&of_anomaly(&fact)),
        [
            "Where: Amazon EC2 | Prod | us-east-1",
            "What: step up",
            "A day costs: 1,180 USD",
            "Expected: 310 USD",
            "Cost so far: +2,609 USD beyond that",
            "If it goes on: +870 USD a day",
            "Why: usage +280 % (+2,609.10) in 3 days",
            "Who: i-0abc 62 %",
            "Since: 2026-11-18 14:00 UTC",
        ]
    );
    let long = |times: usize| Untrusted::new("long and longer ".repeat(times));
    let fact = AnomalyFact { what: long(20), within: vec![long(9), "us-east-1".into()], ..fact };
    let title = anomaly(&fact);
    let money = title.find("1,180 USD a day, expected 310").expect("the money");
    assert!(money + 40 < 140, "no channel cuts it: {title}");
    let parted = AnomalyFact { mostly: vec!["Amazon Connect".into()], what: "Prod".into(), ..samples::anomaly("c") };
    for (within, words) in [
        (vec![], "Prod (mostly Amazon Connect)"),
        (vec!["eu-north-1".into()], "Prod (mostly Amazon Connect), eu-north-1"),
    ] {
        let title = anomaly(&AnomalyFact { within, ..parted.clone() });
        assert_eq!(title, format!("{words} costs 1,180 USD a day, expected 310"));
    }
    let long_all =
        AnomalyFact { what: long(9), mostly: vec![long(9), long(9)], within: vec![long(9)], ..samples::anomaly("d") };
    let money = anomaly(&long_all).find("1,180 USD a day").expect("the money");
    assert!(money + 15 < 140, "no channel cuts it: {}", anomaly(&long_all));
    let small =
        AnomalyFact { actual: "8.40".parse().expect("amount"), expected: Amount::ZERO, ..samples::anomaly("b") };
    assert!(anomaly(&small).ends_with(" costs 8.40 USD a day, expected 0"), "{}", anomaly(&small));
}

#[test]
fn a_budget_is_told_with_its_limit_share_and_day() {
    let day = Day::parse("2026-11-18");
    let fact = BudgetFact {
        name: "plat".into(),
        currency: "USD".into(),
        limit: Amount::whole(5_000),
        spent: "7204.71".parse().expect("amount"),
        forecast: Some(Amount::whole(9_100)),
        since: day,
        ..samples::budget()
    };
    assert_eq!(budget(&fact, 100), "budget plat is over: 7,204.71 of 5,000 USD (144 %), since Nov 18");
    assert_eq!(
        shown(&of_budget(&fact)),
        [
            "Scope: provider=AWS",
            "Limit: 5,000 USD",
            "Spent: 7,204.71 USD (144 %)",
            "Forecast: 9,100 USD (182 %)",
            "Since: 2026-11-18",
            "Who spends it: Prod 62 %, Dev 20 %",
            "Period: 2026-11-01 to 2026-11-30",
            "Owner: ana",
            "Note: https://wiki.example/runbook",
        ]
    );
    let fact = BudgetFact { spent: Amount::whole(4_999), exceeds_on: day, ..fact };
    assert_eq!(budget(&fact, 80), "budget plat has reached 80 %: 4,999 of 5,000 USD (99 %), since Nov 18");
    assert_eq!(forecast(&fact, 100), "budget plat will be over on Nov 18: 9,100 of 5,000 USD (182 %) is forecast");
    let late = BudgetFact { as_of: Day::parse("2026-11-19").expect("date"), ..fact.clone() };
    assert_eq!(forecast(&late, 100), "budget plat was likely over on Nov 18: 9,100 of 5,000 USD (182 %) is forecast");
    let late = BudgetFact { through: Day::parse("2026-11-15"), ..late };
    assert_eq!(
        forecast(&late, 100),
        "budget plat was likely over on Nov 18 (charges up to Nov 15): 9,100 of 5,000 USD (182 %) is forecast"
    );
    let above = BudgetFact { spent: "5000.01".parse().expect("amount"), ..fact.clone() };
    assert_eq!(budget(&above, 100), "budget plat is over: 5,000.01 of 5,000 USD (101 %), since Nov 18");
    let fact = BudgetFact { exceeds_on: None, forecast: Some(Amount::whole(4_500)), ..fact };
    assert_eq!(forecast(&fact, 90), "budget plat is forecast to reach 90 %: 4,500 of 5,000 USD (90 %) is forecast");
}

#[test]
fn what_is_over_is_told_with_how_it_stands_now() {
    let budget = BudgetFact { spent: Amount::whole(810), forecast: Some(Amount::whole(900)), ..samples::budget() };
    let reason = "over: back to what was expected".to_owned();
    let anomaly = AnomalyFact { taken: Taken::Over(reason), ..samples::anomaly("a1") };
    let facts =
        Facts { now: 26 * 3_600, budgets: Some(vec![budget]), anomalies: Some(vec![anomaly]), ..Facts::default() };
    let period = "2026-11-01..2026-12-01";
    for (subject, was, title, command) in [
        (
            format!("budget/platform/{period}"),
            was(Kind::Budget, Severity::Critical, 100),
            "budget platform is no longer over: 810 of 1,000 EUR (81 %)",
            "spendtop budget show platform",
        ),
        (
            format!("budget/platform/{period}"),
            was(Kind::Budget, Severity::Warning, 90),
            "budget platform is below 90 % again: 810 of 1,000 EUR (81 %)",
            "spendtop budget show platform",
        ),
        (
            format!("forecast/platform/{period}"),
            was(Kind::Forecast, Severity::Warning, 100),
            "budget platform is no longer forecast to be over: 900 of 1,000 EUR (90 %)",
            "spendtop budget show platform",
        ),
        (
            format!("budget/gone/{period}"),
            was(Kind::Budget, Severity::Critical, 100),
            "budget gone is no longer looked at: it was archived, removed or changed",
            "spendtop budget list --archived",
        ),
        (
            "anomaly/a1".to_owned(),
            was(Kind::Anomaly, Severity::Critical, 0),
            "Amazon EC2 in Prod, us-east-1 cost 2,609 USD more than expected since Nov 18; over: back to what was expected",
            "spendtop anomalies show a1",
        ),
        (
            "sync/aws.prod".to_owned(),
            was(Kind::Sync, Severity::Critical, 0),
            "aws.prod syncs again, after 26 h",
            "spendtop sync --status",
        ),
    ] {
        let over = over(&subject, &was, &facts);
        assert_eq!((over.title.as_str(), over.command.as_deref()), (title, Some(command)), "{subject}");
    }
    let unknown = over("anomaly/none", &was(Kind::Anomaly, Severity::Critical, 0), &facts);
    assert_eq!(unknown.title, "it is so no longer: as it was called");
}

#[test]
fn who_is_late_and_what_fails_say_how_long_against_what_and_what_to_do() {
    let now = Day::parse("2026-11-22").expect("date").seconds() + 10 * 3_600;
    let late = samples::provider(now, 5 * 86_400);
    assert_eq!(stale(&late), "AWS is 3 days late: charges up to Nov 16, expected up to Nov 19");
    assert_eq!(
        shown(&of_stale(&late)),
        [
            "Charges up to: 2026-11-16",
            "Expected up to: 2026-11-19",
            "Nothing new since: 2026-11-17 10:00 UTC",
            "Comes by: aws.prod/1111",
            "Next: nothing fails here: look whether the provider still writes its export",
        ]
    );
    let said = ProviderFact { said: Some("AccessDenied".into()), ..late.clone() };
    let fields = shown(&of_stale(&said));
    assert_eq!(fields[4..], ["It said: AccessDenied", "Next: mend what it said; it is asked again by itself"]);
    let file = ProviderFact { connection: None, ..late };
    assert_eq!(shown(&of_stale(&file))[4], "Next: import a newer file: spendtop import FILE");

    let fails = samples::sync(now - 26 * 3_600);
    assert_eq!(sync(&fails, now), "aws.prod/1111 has not synced for 26 h: access is denied");
    assert_eq!(
        shown(&of_sync(&fails, now)),
        [
            "Connection: aws.prod/1111",
            "Fails for: 26 h, since 2026-11-21 08:00 UTC",
            "Last synced: 2026-11-21 07:00 UTC",
            "Charges up to: 2026-11-18",
            "It said: AccessDenied: not authorized to perform s3:ListBucket",
            "Next: let it list the bucket",
        ]
    );
    let expired = SyncFact { expired: true, good_at: 0, ..fails };
    assert_eq!(sync(&expired, now), "the login of aws.prod/1111 has expired: not synced for 26 h");
    assert_eq!(shown(&of_sync(&expired, now))[2], "Last synced: never");
    assert_eq!(connection("folder.bills"), "folder.bills");
}
