//! What is told of what had come and gone before its charges came.

use super::*;

/// Days up to today of two services; the first of them costs more on one.
fn with_spike_on(day: i32) -> LocalEngine {
    let store = Arc::new(Store::in_memory(&[]));
    let mut text = String::from(COLUMNS);
    for of in TODAY - 80..TODAY {
        charge(&mut text, of, ("AWS", "Amazon EC2", "Usage"), if of == day { 4_000 } else { 100 });
        charge(&mut text, of, ("AWS", "Amazon S3", "Usage"), 20);
    }
    bills::import(&store, "bill", &text, TAKEN_AT);
    engine(store, vec![rule(Of::Anomaly)])
}

fn on(days: i32) -> Moment {
    Moment { at: at(9).at + i64::from(days) * DAY_SECONDS, offset: 0 }
}

#[test]
fn what_was_over_when_its_charges_came_is_told_once_and_that_it_is_over() {
    let engine = with_spike_on(TODAY - 6);
    look(&engine, on(0));
    let first = told(&engine);
    assert!(first.len() == 1 && first[0].starts_with("high: Amazon EC2 cost 4,000 USD on "), "{first:?}");
    assert!(first[0].ends_with(", expected 100; it is over"), "{first:?}");
    look(&engine, on(0));
    assert_eq!(told(&engine), first, "once");
    for days in 1..5 {
        look(&engine, on(days));
    }
    let headlines = told(&engine);
    let over = headlines.iter().filter(|told| told.starts_with("resolved: Amazon EC2 ")).count();
    assert_eq!((headlines.len(), over), (2, 1), "{headlines:?}");
}

#[test]
fn what_was_long_over_is_told_to_nobody() {
    let engine = with_spike_on(TODAY - 12);
    for days in 0..3 {
        look(&engine, on(days));
    }
    assert_eq!(told(&engine), [] as [&str; 0]);
}

#[test]
fn a_rule_that_is_made_later_does_not_tell_what_was_found_over_before_it() {
    let engine = with_spike_on(TODAY - 6);
    let engine = engine.with_plan(Plan { local_hours: false, ..Plan::default() });
    look(&engine, on(0));
    let engine = engine.with_plan(Plan { rules: vec![rule(Of::Anomaly)], local_hours: false, ..Plan::default() });
    look(&engine, on(2));
    assert_eq!(told(&engine), [] as [&str; 0]);
}
