//! Why a cost changed: price, quantity and what contributed most, to the last digit.

use std::collections::BTreeMap;

use spendtop::domain::calendar::Period;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{Driver, DriversAnswer, Figure, Key, Presence};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Among, Answer, Cancel, Engine, Query, Question, Sort};

use crate::answers::{as_of, ask, day, engine, figure, lens};

const HEADER: &str =
    "ProviderName,ServiceName,RegionId,SkuId,SkuMeter,PricingQuantity,PricingUnit,ConsumedQuantity,ConsumedUnit";

fn drivers(engine: &LocalEngine, lens: Lens, only: Option<Vec<Key>>) -> DriversAnswer {
    let among = only.map_or(Among::Costliest(usize::MAX), Among::Groups);
    match ask(engine, &Question::Drivers { lens, among }) {
        Answer::Drivers(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

/// Quantity, price and other of a group.
fn effects(group: &Driver) -> [String; 3] {
    let effects = group.effects.expect("compared");
    [effects.quantity, effects.price, effects.other].map(|a| a.to_string())
}

fn said(group: &Driver) -> (&str, [String; 3], String, Option<Presence>) {
    let reason = group.reason.as_ref();
    (group.key[0].raw(), effects(group), reason.map(|r| r.text()).unwrap_or_default(), reason.map(|r| r.presence))
}

fn bill() -> LocalEngine {
    let rows = [
        // EC2: twice the hours of one size at the same price, another size that is new, in another region.
        "10 2023-10-02 2023-10-03 AWS,EC2,us-east-1,vm-a,large hours,5,Hours,,",
        "20 2023-11-02 2023-11-03 AWS,EC2,us-east-1,vm-a,large hours,10,Hours,,",
        "3 2023-11-02 2023-11-03 AWS,EC2,eu-west-1,vm-b,small hours,2,Hours,,",
        // S3: the same bytes, dearer; without a pricing quantity the consumed one counts.
        "4 2023-10-03 2023-10-04 AWS,S3,us-east-1,store,,,,8,GB",
        "6 2023-11-03 2023-11-04 AWS,S3,us-east-1,store,,,,8,GB",
        // Support: no quantity. Logs: gone.
        "5 2023-10-04 2023-10-05 AWS,Support,,fee,,,,,",
        "6 2023-11-04 2023-11-05 AWS,Support,,fee,,,,,",
        "7 2023-10-05 2023-10-06 AWS,Logs,us-east-1,ingest,,1,GB,,",
        // What nobody names is not one thing with a price.
        "1 2023-10-06 2023-10-07 AWS,Odd,,,,1,Units,,",
        "3 2023-11-06 2023-11-07 AWS,Odd,,,,2,Units,,",
    ];
    engine(HEADER, &rows)
}

#[test]
fn a_change_is_split_and_what_moved_most_is_named() {
    let answer = drivers(&bill(), lens(&["service"], ""), None);
    let effects = |parts: [&str; 3]| parts.map(str::to_owned);
    let said: Vec<_> = answer.groups.iter().map(said).collect();
    let want = [
        ("EC2", effects(["13", "0", "0"]), "large hours us-east-1".to_owned(), Some(Presence::Both)),
        ("Logs", effects(["-7", "0", "0"]), "ingest us-east-1".to_owned(), Some(Presence::Gone)),
        ("Odd", effects(["0", "0", "2"]), String::new(), Some(Presence::Both)),
        ("S3", effects(["0", "2", "0"]), "store us-east-1".to_owned(), Some(Presence::Both)),
        ("Support", effects(["0", "0", "1"]), "fee".to_owned(), Some(Presence::Both)),
    ];
    assert_eq!(said, want);
    let ec2 = &answer.groups[0];
    assert_eq!((ec2.figure, ec2.new_skus, ec2.gone_skus), (figure("23", "10"), 1, 0));
    let unit = ec2.unit.as_ref().expect("hours alone");
    assert_eq!(
        (unit.unit.raw(), unit.quantity, unit.price.previous),
        ("Hours", figure("12", "5"), figure("", "2").previous)
    );
    assert_eq!(unit.price.amount.map(|p| p.to_string()).as_deref(), Some("1.916666666666666667"));
    let logs = &answer.groups[1];
    assert_eq!((logs.figure, logs.gone_skus), (figure("0", "7"), 1));
    assert_eq!(logs.unit.as_ref().map(|u| u.price), Some(figure("", "7")));
    assert_eq!(answer.groups[4].unit, None);
}

#[test]
fn a_group_of_several_units_has_no_price() {
    let all = drivers(&bill(), lens(&["provider"], ""), None);
    assert_eq!((all.groups.len(), effects(&all.groups[0])), (1, ["6", "2", "3"].map(str::to_owned)));
    assert_eq!(all.groups[0].unit, None);
}

#[test]
fn only_the_groups_that_are_asked_for_are_looked_at() {
    let only =
        vec![vec!["S3".into(), "us-east-1".into()], vec!["Support".into(), "".into()], vec!["EC2".into(), "no".into()]];
    let answer = drivers(&bill(), lens(&["service", "region"], ""), Some(only));
    let keys: Vec<Vec<&str>> = answer.groups.iter().map(|g| g.key.iter().map(|v| v.raw()).collect()).collect();
    assert_eq!(keys, [vec!["S3", "us-east-1"], vec!["Support", ""]]);
}

#[test]
fn of_many_groups_those_are_looked_at_that_the_breakdown_has_first() {
    let lens = lens(&["service"], "");
    for limit in 0..6 {
        let among = Among::Costliest(limit);
        let Answer::Drivers(found) = ask(&bill(), &Question::Drivers { lens: lens.clone(), among }) else { panic!() };
        let question = Question::Breakdown { lens: lens.clone(), limit: Some(limit), pieces: None };
        let Answer::Breakdown(rows) = ask(&bill(), &question) else { panic!() };
        let found: BTreeMap<Key, Figure> =
            found.iter().flat_map(|a| &a.groups).map(|g| (g.key.clone(), g.figure)).collect();
        let rows: BTreeMap<Key, Figure> = rows[0].rows.iter().map(|r| (r.key.clone(), r.figure)).collect();
        assert_eq!((rows.len(), found), (limit.min(5), rows));
    }
}

#[test]
fn without_days_to_hold_against_there_is_a_price_and_no_change() {
    let alone = Lens { comparison: Comparison::None, ..lens(&["service"], "service:ec2") };
    let unknown = Lens { comparison: Comparison::YearBefore, ..lens(&["service"], "service:ec2") };
    for lens in [alone, unknown] {
        let answer = drivers(&bill(), lens, None);
        let group = &answer.groups[0];
        assert_eq!((group.figure, group.effects, group.reason.as_ref()), (figure("23", ""), None, None));
        assert_eq!(group.unit.as_ref().map(|u| u.quantity), Some(figure("12", "")));
    }
}

#[test]
fn days_of_both_periods_count_in_both() {
    let rows = ["1 2022-11-10 2022-11-11 AWS,S,r,k,,1,GB,,", "10 2023-11-10 2023-11-11 AWS,S,r,k,,2,GB,,"];
    let days = Period { from: day("2022-11-01"), to: day("2023-11-15") };
    let long = Lens { period: PeriodSpec::Range(days), comparison: Comparison::Previous, ..lens(&[], "") };
    let engine = engine(HEADER, &rows);
    assert_eq!(drivers(&engine, long.clone(), None).groups[0].figure, figure("11", ""));
    let shifted = Lens { comparison: Comparison::YearBefore, ..long };
    assert_eq!(drivers(&engine, shifted, None).groups[0].figure, figure("11", "1"));
}

/// The demo's changes, asked for both ways: by what the rollups say, and by charges and their prices.
#[test]
fn changes_are_those_of_the_rollups_and_their_parts_add_up() {
    let engine = crate::engine::demo();
    let mut compared = 0;
    for by in [&["provider"][..], &["service", "account"], &["charge_category", "tag:team"], &["resource"], &[]] {
        for filter in ["", "provider:aws", "-service:ec2 charge:usage", "pricing:committed"] {
            let lens = Lens { period: PeriodSpec::LastDays(14), comparison: Comparison::Previous, ..lens(by, filter) };
            let query = Query { lens: lens.clone(), granularity: None, sort: Sort::Key, limit: None };
            let cancel = Cancel::default();
            let as_of = crate::engine::as_of();
            let Ok(Answer::Query(asked)) = engine.ask(&Question::Query(query), as_of, &cancel) else { panic!() };
            let question = Question::Drivers { lens, among: Among::Costliest(usize::MAX) };
            let Ok(Answer::Drivers(found)) = engine.ask(&question, as_of, &cancel) else { panic!() };
            for asked in &asked {
                let found = found.iter().find(|a| a.currency == asked.currency).expect("the currency");
                for row in &asked.rows {
                    let group = found.groups.iter().find(|g| g.key == row.key).expect("the group");
                    assert_eq!(
                        (group.figure.amount, group.figure.previous),
                        (row.cost, row.previous),
                        "{by:?} {filter}"
                    );
                    let effects = group.effects.expect("compared");
                    assert_eq!(Some(effects.change()), group.figure.change(), "{by:?} {filter} {:?}", row.key);
                    compared += 1;
                }
                let change: Amount = found.groups.iter().filter_map(|g| g.figure.change()).sum();
                assert_eq!(Some(change), asked.total.zip(asked.previous_total).map(|(now, before)| now - before));
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn a_question_about_drivers_can_be_given_up() {
    let cancel = Cancel::default();
    cancel.cancel();
    let question = Question::Drivers { lens: lens(&[], ""), among: Among::Costliest(1) };
    let error = bill().ask(&question, as_of(), &cancel).expect_err("given up");
    assert_eq!(error.kind, spendtop::error::Kind::Interrupted);
}
