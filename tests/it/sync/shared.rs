//! Scopes that share one cap: none counts on what another is about to spend, and none starves.

use super::*;

const SOURCES: [&str; 2] = ["aws.main/a", "aws.main/b"];

/// Scopes of a connection that may make so many requests a day; so many charges a day on pages of 50.
fn shared(place: &Place, sources: &[&str], requests: u64, services: i64) -> (World, Vec<Arc<Cloud>>, Arc<Syncer>) {
    let days = spendtop::domain::calendar::Period { from: day("2025-09-01"), to: day("2026-12-20") };
    let services = |_| (0..services).map(|service| (format!("s{service:03}"), 100 + service)).collect();
    let bill = Arc::new(Mutex::new(days.iter().map(|day| (day, services(day))).collect::<Bill>()));
    let clouds: Vec<Arc<Cloud>> = sources.iter().map(|name| Cloud::new(name, 10_000, &bill)).collect();
    let world = World::new(&[], "2026-11-20", None);
    let connection = Connection {
        name: "aws.main".to_owned(),
        every: None,
        months: 13,
        caps: Caps { requests_a_day: Some(requests), ..Caps::default() },
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
    let (world, clouds, syncer) = shared(&place, &SOURCES, 12, 40);
    let (listener, heard) = hears();
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

#[test]
fn ten_scopes_under_a_small_cap_bring_their_newest_days_in_as_many_requests_as_they_take() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let names: Vec<String> = (0..10).map(|at| format!("aws.main/{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (world, clouds, syncer) = shared(&place, &names, 12, 4);
    let pages = || clouds.iter().map(|cloud| cloud.pages.load(Ordering::Relaxed)).sum::<u64>();
    let mut come = Vec::new();
    for _ in 0..7 {
        let before = pages();
        for _ in 0..3 {
            syncer.pass(&Which::default(), &CancellationToken::new());
            world.later(8 * HOUR);
        }
        assert!(pages() - before <= 12);
        // One request to see how much a day is, and one for the others of the last ten.
        let scopes = world.store().manifest().scopes.clone();
        let whole = names.iter().filter(|name| {
            scopes.get(**name).is_some_and(|synced| synced.days.get("base").is_some_and(|days| days.len() >= 10))
        });
        come.push(whole.count());
    }
    assert!(come[0] >= 4 && come[6] == 10, "{come:?} of ten have their newest days");
    // A quarter is kept for history, so that not all come each day: who did not goes first on the next.
    let (scopes, today) = (world.store().manifest().scopes.clone(), Day::of_seconds(world.now() - 1));
    let newest = |name: &&str| scopes[*name].days["base"].keys().next_back().map(|day| today.0 - day.0);
    let behind: Vec<Option<i32>> = names.iter().map(newest).collect();
    assert!(behind.iter().all(|days| days.is_some_and(|days| days <= 2)), "{behind:?} days behind");
}

#[test]
fn who_finds_all_that_is_left_held_for_another_asks_again_soon() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let (world, clouds, syncer) = shared(&place, &SOURCES, 1, 4);
    let (listener, heard) = hears();
    syncer.subscribe(&listener);
    // Who holds the one request does not make it before the other has ended.
    let heard = Arc::new(Mutex::new(heard));
    for (at, cloud) in clouds.iter().enumerate() {
        let (theirs, heard) = (Arc::downgrade(&syncer), Arc::clone(&heard));
        let meanwhile = move |_: &Call| {
            let syncer = theirs.upgrade().expect("it runs");
            while syncer.state().scopes.get(SOURCES[1 - at]).is_none_or(|other| other.trouble.is_none()) {
                let heard = heard.lock().expect("heard");
                heard.recv_timeout(Duration::from_secs(60)).expect("the other goes on");
            }
        };
        *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(meanwhile));
    }
    let pass = || syncer.pass(&Which::default(), &CancellationToken::new());
    let waits = || {
        let state = syncer.state();
        let waits = SOURCES.iter().filter_map(|name| state.scopes.get(*name)).filter(|known| known.trouble.is_some());
        waits.map(|known| known.not_before - world.now()).collect::<Vec<i64>>()
    };
    assert_eq!(pass().failed, 1);
    let [wait] = waits()[..] else { panic!("one of them: {:?}", waits()) };
    assert!((1..=300).contains(&wait), "{wait}");
    // By then it was made: the cap is reached, and it goes on tomorrow.
    world.later(wait);
    assert_eq!(pass().failed, 1);
    let midnight = Day::of_seconds(world.now()).plus(1).seconds() - world.now();
    assert_eq!(waits(), [midnight]);
}
