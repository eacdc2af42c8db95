//! What is told of what had come and gone before its charges came.

use super::*;

/// Days up to one of two services, of which the first costs more on another.
fn bill_until(until: i32, spike: i32) -> String {
    let mut text = String::from(COLUMNS);
    for day in TODAY - 80..until {
        charge(&mut text, day, ("AWS", "Amazon EC2", "Usage"), if day == spike { 4_000 } else { 100 });
        charge(&mut text, day, ("AWS", "Amazon S3", "Usage"), 20);
    }
    text
}

/// An engine over days up to today with such a spike; it was looked at before when it had those up to `known`.
fn with_spike_on(spike: i32, known: i32) -> LocalEngine {
    let engine = engine(Arc::new(Store::in_memory(&[])), vec![rule(Of::Anomaly)]);
    if known > TODAY - 80 {
        bills::import(engine.store(), "bill", &bill_until(known, spike), TAKEN_AT);
        look(&engine, on(known - TODAY));
    }
    bills::import(engine.store(), "bill", &bill_until(TODAY, spike), TAKEN_AT);
    engine
}

fn on(days: i32) -> Moment {
    Moment { at: at(9).at + i64::from(days) * DAY_SECONDS, offset: 0 }
}

#[test]
fn what_was_over_when_its_charges_came_is_told_once_and_that_it_is_over() {
    let engine = with_spike_on(TODAY - 6, TODAY - 7);
    look(&engine, on(0));
    let first = told(&engine);
    assert!(first.len() == 1 && first[0].starts_with("high: Amazon EC2 cost 4,000 USD on "), "{first:?}");
    assert!(first[0].ends_with(", expected 100; it is over"), "{first:?}");
    for days in 0..10 {
        look(&engine, on(days));
        assert_eq!(told(&engine), first, "{days} days later");
    }
}

#[test]
fn what_was_found_while_it_went_on_is_told_as_over_as_soon_as_it_is() {
    let engine = with_spike_on(TODAY - 1, TODAY - 2);
    look(&engine, on(0));
    let first = told(&engine);
    assert!(first.len() == 1 && first[0].contains(" costs 4,000 USD a day"), "{first:?}");
    bills::import(engine.store(), "bill", &bill_until(TODAY + 5, TODAY - 1), TAKEN_AT);
    look(&engine, on(5));
    let headlines = told(&engine);
    let over = headlines.iter().filter(|told| told.starts_with("resolved: Amazon EC2 ")).count();
    assert_eq!((headlines.len(), over), (2, 1), "{headlines:?}");
}

#[test]
fn what_was_long_over_or_is_history_of_a_store_that_is_new_is_told_to_nobody() {
    for (spike, known) in [(TODAY - 12, TODAY - 14), (TODAY - 6, TODAY - 80)] {
        let engine = with_spike_on(spike, known);
        for days in 0..3 {
            look(&engine, on(days));
        }
        assert_eq!(told(&engine), [] as [&str; 0], "{spike} {known}");
    }
}
