//! A scope that tells what has changed: its mark passes nothing that was not brought.

use super::*;

#[test]
fn a_mark_passes_no_day_that_changed_and_told_nothing() {
    let bill = steady("2026-08-01", "2026-11-21");
    let cloud = Cloud::new("gcp.data", 0, &bill);
    *cloud.changes.lock().expect("changes") = Some(Vec::new());
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
    let stored = || sum(world.store(), "USD", Metric::Billed);
    let change = |days: &[&str]| {
        for text in days {
            bill.lock().expect("bill").entry(day(text)).or_default().insert("new".into(), 77);
            cloud.changes.lock().expect("changes").as_mut().expect("told").push(day(text));
        }
    };
    let pass = |later: i64| {
        world.later(later);
        assert_eq!(world.pass().failed, 0);
    };
    pass(0);
    assert_eq!(stored(), billed(&bill));
    // A day of long ago changes, and tells nothing for now.
    change(&["2026-09-10"]);
    cloud.mute.lock().expect("mute").insert(day("2026-09-10"));
    pass(8 * HOUR);
    assert_ne!(stored(), billed(&bill));
    // Another comes while it rests: who looks next still sees the first.
    change(&["2026-11-20"]);
    let wish = Which { now: true, ..Which::default() };
    world.later(HOUR);
    assert_eq!(world.syncer.pass(&wish, &CancellationToken::new()).failed, 0);
    cloud.mute.lock().expect("mute").clear();
    pass(8 * HOUR);
    assert_eq!(stored(), billed(&bill));
    // Once all has come it is looked at from there on.
    let mark = || world.store().manifest().scopes["gcp.data"].mark.clone();
    assert_eq!(mark(), "2");
    check_sound(world.store());
}
