//! What is told of whom nothing is heard of.

use super::*;

#[test]
fn an_anomaly_that_is_open_is_not_told_as_over_because_nothing_more_has_come() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 4_000);
    let engine = engine(store, vec![rule(Of::Anomaly)]);
    for days in 0..20 {
        look(&engine, Moment { at: at(9).at + days * DAY_SECONDS, offset: 0 });
        let headlines = told(&engine);
        assert!(headlines.len() == 1 && headlines[0].starts_with("critical: Amazon EC2 "), "{days}: {headlines:?}");
    }
    // Told to somebody by then, it says how far it is known.
    let facts = findings::anomalies(
        &engine,
        (engine.plan(), Moment { at: at(9).at + 6 * DAY_SECONDS, offset: 0 }),
        &Cancel::default(),
    );
    let silence = facts.expect("facts")[0].silence.clone();
    assert_eq!(silence, Some(format!("{}: nothing has come from AWS since", Day(TODAY - 1))));
}

#[test]
fn a_provider_that_is_waited_for_no_more_is_not_told_to_have_come() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 100);
    let engine = engine(store, vec![rule(Of::Stale)]);
    look(&engine, Moment { at: at(9).at + 10 * DAY_SECONDS, offset: 0 });
    assert_eq!(told(&engine).len(), 1);
    look(&engine, Moment { at: at(9).at + 60 * DAY_SECONDS, offset: 0 });
    let headlines = told(&engine);
    let over = |told: &String| told.starts_with("resolved: AWS has told nothing since ");
    assert!(headlines.iter().any(over), "{headlines:?}");
}

#[test]
fn an_export_that_is_stuck_is_late_however_often_it_is_delivered_again() {
    let store = Arc::new(Store::in_memory(&[]));
    let engine = engine(Arc::clone(&store), vec![rule(Of::Stale)]);
    for day in 1..=9 {
        let (taken_at, last) = (Day(TODAY + day).seconds(), if day == 1 { TODAY - 1 } else { TODAY });
        // Restated each time, up to the same day.
        bills::import(&store, "bill", &bill(TODAY - 40..last, 100 + i64::from(day)), taken_at);
        look(&engine, Moment { at: taken_at + 60, offset: 0 });
        let late = told(&engine).iter().any(|told| told.starts_with("warning: AWS is "));
        assert_eq!(late, day >= 5, "a day after the last day came, and three: {day}");
    }
}
