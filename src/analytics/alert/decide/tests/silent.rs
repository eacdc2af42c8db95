//! What nothing is heard of is not over.

use super::*;

#[test]
fn an_anomaly_of_which_nothing_is_heard_goes_on_for_as_long_as_it_is_open() {
    let plan = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let at = |days: i64, taken: Taken| Facts {
        now: NOW + days * DAY_SECONDS,
        ..facts(vec![anomaly("a", Severity::Warning, taken)])
    };
    let mut memory = Memory::new();
    assert_eq!(look(&plan, &at(0, Taken::Open), &mut memory).len(), 1);
    for days in 1..60 {
        assert!(look(&plan, &at(days, Taken::Open), &mut memory).is_empty(), "after {days} days");
        assert_eq!(memory["anomaly/a"].turn, Turn::Raised);
    }
    assert!(look(&plan, &at(60, Taken::Known), &mut memory).is_empty());
    let over = look(&plan, &at(61, Taken::Over("over".to_owned())), &mut memory);
    assert!(told(&over)[0].1.starts_with("resolved: "), "{over:?}");

    let mut nobody = Memory::new();
    assert!(look(&plan, &at(8, Taken::Open), &mut nobody).is_empty() && nobody.is_empty(), "old ones are no news");
}
