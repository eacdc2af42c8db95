//! Scopes that share one cap: none counts on what another is about to spend, and none starves.

use super::*;

const SOURCES: [&str; 2] = ["aws.main/a", "aws.main/b"];

/// Two scopes of a connection that may make twelve requests a day; 40 charges a day on pages of 50.
fn shared(place: &Place) -> (World, Vec<Arc<Cloud>>, Arc<Syncer>) {
    let days = spendtop::domain::calendar::Period { from: day("2025-09-01"), to: day("2026-12-20") };
    let services = |_| (0..40).map(|service| (format!("s{service:03}"), 100 + service)).collect();
    let bill = Arc::new(Mutex::new(days.iter().map(|day| (day, services(day))).collect::<Bill>()));
    let clouds: Vec<Arc<Cloud>> = SOURCES.map(|name| Cloud::new(name, 10_000, &bill)).into();
    let world = World::new(&[], "2026-11-20", None);
    let connection = Connection {
        name: "aws.main".to_owned(),
        every: None,
        months: 13,
        caps: Caps { requests_a_day: Some(12), ..Caps::default() },
        accept_partial: false,
        scopes: clouds.iter().map(|cloud| Arc::clone(cloud) as Arc<dyn Costs>).collect(),
    };
    let vault = Arc::clone(&world.vault) as Arc<dyn Vault>;
    let (time, runtime) = (Arc::clone(&world.time), world.runtime.handle().clone());
    let clock: spendtop::sync::Clock = Arc::new(move || time.load(Ordering::Relaxed));
    let place = Some(place.clone());
    let syncer = Arc::new(Syncer::new(Arc::new(vec![connection]), vault, place, clock, runtime, Pace::default()));
    (world, clouds, syncer)
}

#[test]
fn what_one_scope_is_about_to_spend_is_not_anothers() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let (world, clouds, syncer) = shared(&place);
    let (told, heard) = std::sync::mpsc::channel();
    let told = Mutex::new(told);
    let listener: spendtop::store::listeners::Listener<()> = Arc::new(move |()| {
        let _ = told.lock().expect("lock").send(());
    });
    syncer.subscribe(&listener);
    // The first has reckoned what it will spend, and spends it once the other is done with its run.
    let theirs = Arc::downgrade(&syncer);
    let once = Mutex::new(Some(heard));
    let meanwhile = move |_: &Call| {
        let Some(heard) = once.lock().expect("once").take() else { return };
        let syncer = theirs.upgrade().expect("it runs");
        let is_done = |standing: &spendtop::sync::state::Standing| standing.good_at > 0 || standing.trouble.is_some();
        while !syncer.state().scopes.get(SOURCES[1]).is_some_and(is_done) {
            heard.recv_timeout(Duration::from_secs(60)).expect("the other goes on");
        }
    };
    *clouds[0].meanwhile.lock().expect("meanwhile") = Some(Box::new(meanwhile));
    let pages = || clouds.iter().map(|cloud| cloud.pages.load(Ordering::Relaxed)).sum::<u64>();
    for _ in 0..8 {
        let before = pages();
        for _ in 0..3 {
            syncer.pass(&Which::default(), &CancellationToken::new());
            world.later(8 * HOUR);
        }
        assert!(pages() - before <= 12, "{} on {}", pages() - before, Day::of_seconds(world.now()));
        let today = Day::of_seconds(world.now() - 1);
        for source in SOURCES {
            let synced = world.store().manifest().scopes.get(source).cloned().unwrap_or_default();
            let newest = synced.days.get("base").and_then(|days| days.keys().next_back().copied());
            assert!(newest.is_some_and(|newest| today.0 - newest.0 <= 1), "{source} starves: {newest:?} on {today}");
        }
    }
    let lost = spendtop::sync::log::read(&place, usize::MAX)
        .into_iter()
        .filter(|run| run.trouble.as_ref().is_some_and(|trouble| trouble.kind == FaultKind::Capped));
    assert_eq!(lost.map(|run| (run.source, run.what, run.spent)).collect::<Vec<_>>(), []);
}
