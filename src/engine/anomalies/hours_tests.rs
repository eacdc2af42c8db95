//! Anomalies by the hour: what a day of them costs.

use super::tests::{Charges, DB, Of, VM, engine};
use crate::engine::answer::Listed;

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
