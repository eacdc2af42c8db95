//! Anomalies, from the command line to a store in a folder and back.

use std::fmt::Write as _;

use super::*;

#[test]
fn what_came_and_went_before_its_charges_came_is_new_on_the_day_it_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bill =
        "BillingCurrency,BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,ChargeCategory\n"
            .to_owned();
    for day in 1..=80 {
        let (from, to) = (today().plus(-day), today().plus(1 - day));
        let cost = if day == 5 { 900 } else { 100 };
        writeln!(bill, "USD,{cost},{cost},{from}T00:00:00Z,{to}T00:00:00Z,AWS,Amazon EC2,Usage").expect("text");
    }
    let file = folder.path().join("bill.csv");
    std::fs::write(&file, bill).expect("write");
    let store = folder.path().join("store");
    let run =
        |words: &str, day: Day| run_words(&format!("spendtop {words} --data-dir {} --as-of {day}", store.display()));
    assert_eq!(run(&format!("import {}", file.display()), today()).2, Ok(0));
    let list = |day| {
        let (out, err, code) = run("anomalies list --fail-on new --format csv", day);
        assert!(out.contains("resolved"), "on {day}: {out}{err}");
        code
    };
    assert_eq!([0, 1, 2].map(|days| list(today().plus(days))), [Ok(1), Ok(1), Ok(0)]);
}
