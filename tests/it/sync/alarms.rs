//! What a person is told of what fails: once, and not of caps.

use super::*;

/// Fails once at each of so many hours; what was raised. A person is told, where `told` says so.
fn fails(world: &World, cloud: &Cloud, kind: FaultKind, hours: usize, told: bool) -> usize {
    let raised = Arc::new(AtomicU64::new(0));
    let ours = Arc::clone(&raised);
    let listener: spendtop::store::listeners::Listener<String> = Arc::new(move |_| {
        ours.fetch_add(1, Ordering::Relaxed);
    });
    world.syncer.on_alarm(&listener);
    for _ in 0..hours {
        cloud.faults.lock().expect("faults").push_back(Fault::new(kind, "no"));
        let wish = Which { now: true, ..Which::default() };
        world.syncer.pass(&wish, &CancellationToken::new());
        world.syncer.tell_a_person(&cloud.scope.source.name, |_| told).expect("written");
        world.later(HOUR);
    }
    cloud.faults.lock().expect("faults").clear();
    raised.load(Ordering::Relaxed) as usize
}

#[test]
fn a_person_is_told_once_of_a_trouble_and_not_of_caps() {
    use FaultKind::{Capped, Expired, Unavailable};
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let (bill, caps) = (steady("2026-10-01", "2026-11-21"), Caps::default());
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, caps)], "2026-11-20", Some(place.clone()));
    let told_at = || place.read().0.scopes["aws.prod"].told_at;
    assert_eq!(fails(&world, &cloud, Capped, 100, true), 0, "a cap");
    assert_eq!(fails(&world, &cloud, Unavailable, 24, true), 0, "hours of a cap are none of a failure");
    assert_eq!(fails(&world, &cloud, Unavailable, 3, false), 3, "until somebody is told");
    assert_eq!((fails(&world, &cloud, Unavailable, 30, true), told_at() > 0), (1, true), "once");
    assert_eq!(fails(&world, &cloud, Expired, 9, true), 0, "it never was good in between");
    world.later(HOUR);
    assert_eq!((world.pass().failed, told_at()), (0, 0), "it is good again");
    world.later(9 * HOUR);
    assert_eq!(fails(&world, &cloud, Expired, 2, true), 1, "at once");
    // Another process knows it.
    let again = World::over(Arc::clone(&world.vault), &[(&cloud, caps)], world.now(), Some(place.clone()));
    assert_eq!(fails(&again, &cloud, Expired, 2, true), 0);
}

#[test]
fn a_login_that_expired_is_told_once_for_all_scopes_of_its_connection() {
    let bill = steady("2026-10-01", "2026-11-21");
    let clouds: Vec<_> = ["azure.main/a", "azure.main/b", "azure.main/c"].map(|n| Cloud::new(n, 0, &bill)).into();
    let world = World::new(&[], "2026-11-20", None);
    let scopes = clouds.iter().map(|cloud| Arc::clone(cloud) as Arc<dyn Costs>).collect();
    let (name, caps) = ("azure.main".to_owned(), Caps::default());
    let connection = Connection { name, every: None, months: 13, caps, accept_partial: false, scopes };
    let vault = Arc::clone(&world.vault) as Arc<dyn Vault>;
    let (time, runtime) = (Arc::clone(&world.time), world.runtime.handle().clone());
    let clock: spendtop::sync::Clock = Arc::new(move || time.load(Ordering::Relaxed));
    let syncer = Syncer::new(Arc::new(vec![connection]), vault, None, clock, runtime, Pace::default());
    let mut told = Vec::new();
    for cloud in &clouds {
        cloud.faults.lock().expect("faults").push_back(Fault::new(FaultKind::Expired, "no"));
    }
    assert_eq!(syncer.pass(&Which::default(), &CancellationToken::new()).failed, 3);
    for cloud in &clouds {
        let bring = |alarm: &spendtop::engine::Alarm| {
            told.push(alarm.connection.clone());
            true
        };
        syncer.tell_a_person(&cloud.scope.source.name, bring).expect("told");
    }
    assert_eq!(told, ["azure.main"]);
    assert!(syncer.state().scopes.values().all(|standing| standing.told_at > 0), "and remembered for all");
}
