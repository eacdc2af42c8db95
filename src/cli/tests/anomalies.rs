//! Anomalies, from the command line to a store in a folder and back.

use std::fmt::Write as _;

use super::*;

#[test]
fn what_came_and_went_before_its_charges_came_is_new_until_somebody_says_a_word() {
    let folder = tempfile::tempdir().expect("folder");
    let bill = |days: std::ops::Range<i32>| {
        let mut bill = "BillingCurrency,BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,\
                        ServiceName,ChargeCategory\n"
            .to_owned();
        for day in days {
            let (from, to) = (today().plus(day), today().plus(day + 1));
            let cost = if day == -5 { 900 } else { 100 };
            writeln!(bill, "USD,{cost},{cost},{from}T00:00:00Z,{to}T00:00:00Z,AWS,Amazon EC2,Usage").expect("text");
        }
        let file = folder.path().join("bill.csv");
        std::fs::write(&file, bill).expect("write");
        file
    };
    let store = folder.path().join("store");
    let run = |words: &str| run_words(&format!("spendtop {words} --data-dir {} --as-of {}", store.display(), today()));
    let list = |format: &str| run(&format!("anomalies list --fail-on new --format {format}"));
    let file = bill(-80..-6);
    assert_eq!(run(&format!("import {}", file.display())).2, Ok(0));
    assert_eq!(list("table").2, Ok(0));
    let file = bill(-80..0);
    assert_eq!(run(&format!("import {} --replace", file.display())).2, Ok(0));
    let (out, err, code) = list("table");
    assert!(code == Ok(1) && out.contains("resolved, new"), "{out}{err}");
    let (json, ..) = list("json");
    assert!(json.contains(r#""late_news":true"#), "{json}");
    let id = list("csv").0.lines().nth(1).and_then(|line| line.split(',').next().map(ToOwned::to_owned)).expect("one");
    assert_eq!(run(&format!("anomalies ack {id} a batch run")).2, Ok(0));
    let (out, err, code) = list("table");
    assert!(code == Ok(0) && !out.contains("new"), "{out}{err}");
}
