//! What a provider refuses by itself while all else comes.

use super::*;

#[test]
fn a_split_that_is_not_allowed_is_told_once_a_day_and_holds_nothing_else_up() {
    let bill = steady("2025-10-01", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    cloud.denied.lock().expect("denied").insert("service+region".into());
    let caps = Caps { requests_a_day: Some(500), ..Caps::default() };
    let world = World::new(&[(&cloud, caps)], "2026-11-20", None);
    assert_eq!(world.pass().failed, 0);
    assert_eq!(sum(world.store(), "USD", Metric::Billed), billed(&bill), "all history has come");
    let standing = world.syncer.state().scopes["aws.prod"].clone();
    assert_eq!((standing.trouble, standing.good_at), (None, world.now()));
    assert_eq!(standing.left.as_deref(), Some("`service+region` is not told: not allowed"));
    // With the next sync of that day it is not paid for again, on the next day it is.
    let asked = |later: i64| {
        world.later(later);
        assert_eq!(world.pass().failed, 0);
        world.syncer.state().scopes["aws.prod"].aside["service+region"].at
    };
    let first = world.now();
    assert_eq!((asked(8 * HOUR), asked(8 * HOUR)), (first, first));
    assert_eq!(asked(8 * HOUR), world.now());
    cloud.denied.lock().expect("denied").clear();
    world.later(24 * HOUR);
    assert_eq!(world.pass().failed, 0);
    let state = world.syncer.state().scopes["aws.prod"].clone();
    assert_eq!((state.left, state.aside.len()), (None, 0));
    assert!(world.store().manifest().scopes["aws.prod"].days.contains_key("service+region"));
}
