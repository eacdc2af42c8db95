//! Scopes beside each other: none holds another up, whatever becomes of it, and none holds the store up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spendtop::config::Notify;
use spendtop::domain::charge::Metric;
use spendtop::error::Error;
use spendtop::host::connections::Connections;
use spendtop::host::syncing::Syncing;
use spendtop::provider::remote::{Call, Costs, Fault, FaultKind};
use spendtop::store::Store;
use spendtop::sync::lock::{self, Holder, SyncLock};
use spendtop::sync::meter::Caps;
use spendtop::sync::state::Place;
use spendtop::sync::task::{Connection, Vault, Which};
use tokio_util::sync::CancellationToken;

use super::{Breaks, Cloud, HOUR, Here, World, billed, hears, steady};
use crate::support::sum;

#[test]
fn a_provider_that_breaks_and_a_store_that_fails_hold_no_other_up_and_are_tried_again() {
    let bill = steady("2026-10-01", "2026-11-21");
    let (good, bad) = (Cloud::new("aws.good", 0, &bill), Cloud::new("aws.bad", 0, &bill));
    let world = World::new(&[(&bad, Caps::default()), (&good, Caps::default())], "2026-11-20", None);
    let full = Error::store("no space left on device").hint("free some");
    let breaks = [(Breaks::Panics, "could not be dealt with"), (Breaks::Fails(full), "no space left")];
    for (breaks, told) in breaks {
        *bad.breaks.lock().expect("breaks") = Some(breaks);
        let passed = world.pass();
        assert_eq!((passed.asked, passed.failed), (2, 1), "{told}");
        let standing = world.syncer.state().scopes["aws.bad"].clone();
        let trouble = standing.trouble.expect("told");
        assert!(trouble.kind == FaultKind::Here && trouble.message.contains(told), "{trouble:?}");
        assert_eq!(world.syncer.live(), BTreeMap::new());
        assert!(standing.not_before > world.now() && world.syncer.state().running.is_none());
        world.later(8 * HOUR);
    }
    *bad.breaks.lock().expect("breaks") = None;
    assert_eq!(world.pass().failed, 0);
    let sources: BTreeSet<String> = world.store().manifest().groups.iter().map(|g| g.source.clone()).collect();
    assert_eq!(sources.len(), 2);
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_ends_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    // Nobody can append to a folder.
    std::fs::create_dir(place.log()).expect("in the way");
    let bill = steady("2026-11-15", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", Some(place.clone()));
    assert_eq!(world.pass().failed, 1);
    let trouble = world.syncer.state().scopes["aws.prod"].trouble.clone().expect("told");
    assert!(trouble.kind == FaultKind::Here && trouble.message.contains("log.jsonl"), "{trouble:?}");
    std::fs::remove_dir(place.log()).expect("out of the way");
    world.later(HOUR);
    assert_eq!(world.pass().failed, 0);
    assert_eq!(sum(world.store(), "USD", Metric::Billed), billed(&bill));
}

#[test]
fn a_wish_is_taken_once_whatever_keeps_a_scope_from_being_asked() {
    let bill = steady("2026-10-01", "2026-11-21");
    let (held, free) = (Cloud::new("azure.held", 0, &bill), Cloud::new("aws.free", 0, &bill));
    let world = World::new(&[(&held, Caps::default()), (&free, Caps::default())], "2026-11-20", None);
    held.faults.lock().expect("faults").push_back(
        Fault::new(FaultKind::Throttled, "fewer").wait(Some(Duration::from_secs(100 * HOUR.unsigned_abs()))),
    );
    let cancel = CancellationToken::new();
    let (listener, heard) = hears();
    world.syncer.subscribe(&listener);
    let looks = |cloud: &Cloud, than: u64| {
        while cloud.looks.load(Ordering::Relaxed) < than || !world.syncer.live().is_empty() {
            heard.recv_timeout(Duration::from_secs(60)).expect("it goes on");
        }
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| world.syncer.watch(&cancel));
        looks(&held, 1);
        looks(&free, 1);
        world.syncer.ask_now();
        looks(&free, 2);
        // Woken without a wish, whatever was wished for before is over.
        for _ in 0..20 {
            world.syncer.wake();
            std::thread::yield_now();
        }
        cancel.cancel();
        world.syncer.wake();
        run.join().expect("ended");
    });
    let all = |cloud: &Cloud| cloud.looks.load(Ordering::Relaxed);
    assert_eq!((all(&held), all(&free)), (1, 2));
}

#[test]
fn nobody_waits_for_the_store_while_a_provider_is_waited_for() {
    let bill = steady("2026-10-01", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
    let (seen, store) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&world.vault));
    let sees = Arc::clone(&seen);
    *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(move |_| {
        sees.lock().expect("seen").push(store.0.is_being_changed());
    }));
    assert_eq!(world.pass().failed, 0);
    *cloud.meanwhile.lock().expect("meanwhile") = None;
    let seen = seen.lock().expect("seen").clone();
    assert!(!seen.is_empty() && !seen.contains(&true), "{seen:?}");
}

#[test]
fn who_waits_to_change_the_store_can_be_given_up() {
    let bill = steady("2026-11-15", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
    let changes = world.store().writing().expect("alone");
    let cancel = CancellationToken::new();
    let given_up = cancel.clone();
    // The last thing that is brought before the store is waited for.
    *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(move |_| given_up.cancel()));
    assert_eq!(world.syncer.pass(&Which::default(), &cancel).stored, 0);
    drop(changes);
    assert_eq!(world.syncer.state().scopes["aws.prod"].trouble, None);
}

/// Clouds `aws.0`, `aws.1` and so on, of a year of history.
fn several(count: usize) -> Vec<Arc<Cloud>> {
    let bill = steady("2025-10-01", "2026-11-21");
    (0..count).map(|at| Cloud::new(&format!("aws.{at}"), 0, &bill)).collect()
}

fn world_of(clouds: &[Arc<Cloud>]) -> World {
    let members: Vec<(&Arc<Cloud>, Caps)> = clouds.iter().map(|cloud| (cloud, Caps::default())).collect();
    World::new(&members, "2026-11-20", None)
}

#[test]
fn history_gives_way_to_whoever_waits_for_a_place_and_comes_all_the_same() {
    let clouds = several(6);
    let world = world_of(&clouds);
    let asked: Arc<Mutex<Vec<usize>>> = Arc::default();
    for (at, cloud) in clouds.iter().enumerate() {
        let asked = Arc::clone(&asked);
        let notes = move |_: &Call| asked.lock().expect("asked").push(at);
        *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(notes));
    }
    let passed = world.pass();
    assert_eq!((passed.asked, passed.failed), (6, 0));
    let asked = asked.lock().expect("asked");
    for (at, cloud) in clouds.iter().enumerate() {
        let first = asked.iter().position(|asked| *asked == at).expect("asked");
        assert!(first < 20 && asked.len() > 100, "{at} was asked {first}th of {}", asked.len());
        assert_eq!(cloud.looks.load(Ordering::Relaxed), 1, "who goes on does not look again");
        let standing = &world.syncer.state().scopes[&format!("aws.{at}")];
        assert!(standing.good_at > 0 && standing.history.0 == standing.history.1, "{standing:?}");
    }
    assert_eq!(world.syncer.live(), BTreeMap::new());
    assert!(world.syncer.state().running.is_none());
}

#[test]
fn who_waits_for_a_provider_takes_no_place_from_others() {
    let clouds = several(7);
    let world = world_of(&clouds);
    let (told, heard) = std::sync::mpsc::channel();
    let heard = Arc::new(Mutex::new(heard));
    for (at, cloud) in clouds.iter().enumerate() {
        let (told, heard) = (told.clone(), Arc::clone(&heard));
        // All but the last are throttled until that one has been asked.
        let waits = move |call: &Call| {
            if at == 6 {
                (0..6).for_each(|_| told.send(()).expect("heard"));
                return;
            }
            call.watch.waits(&Fault::new(FaultKind::Throttled, "fewer"), Duration::from_secs(1_000));
            heard.lock().expect("heard").recv_timeout(Duration::from_secs(60)).expect("the last was asked");
        };
        let once = Mutex::new(Some(waits));
        let waits = move |call: &Call| {
            let waits = once.lock().expect("once").take();
            waits.into_iter().for_each(|waits| waits(call));
        };
        *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(waits));
    }
    assert_eq!(world.pass().failed, 0);
}

#[test]
fn a_wish_is_heard_while_history_comes() {
    let clouds = several(1);
    let (world, cloud) = (world_of(&clouds), &clouds[0]);
    let cancel = CancellationToken::new();
    let (asks, asked) = std::sync::mpsc::channel();
    let (goes, go) = std::sync::mpsc::channel::<()>();
    let number = AtomicU64::new(0);
    let meanwhile = move |_: &Call| {
        asks.send(number.fetch_add(1, Ordering::Relaxed)).expect("heard");
        let _ = go.recv();
    };
    *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(meanwhile));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| world.syncer.watch(&cancel));
        let mut wished = false;
        while cloud.looks.load(Ordering::Relaxed) < 2 {
            let number = asked.recv_timeout(Duration::from_secs(60)).expect("asked");
            assert!(number < 12, "it looks again before all of history has come");
            if number == 5 && !wished {
                wished = true;
                world.syncer.ask_now();
            }
            goes.send(()).expect("waits");
        }
        cancel.cancel();
        world.syncer.wake();
        drop(goes);
        run.join().expect("ended");
    });
}

#[test]
fn who_syncs_when_asked_for_it_leaves_the_lock_to_others_in_between() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    let cloud = Cloud::new("aws.prod", 0, &steady("2026-10-01", "2026-11-21"));
    let connections = vec![Connection {
        name: "aws.prod".into(),
        every: None,
        months: 1,
        accept_partial: false,
        caps: Caps::default(),
        scopes: vec![Arc::clone(&cloud) as Arc<dyn Costs>],
    }];
    let found = Connections { connections, wrong: Vec::new() };
    let vault: Arc<dyn Vault> = Arc::new(Here(Arc::new(Store::in_memory(&[]))));
    let notify = Notify { desktop: false, terminal: false };
    let syncing = Syncing::begin(found, None, vault, place.clone(), false, notify).expect("begun");
    let (listener, heard) = hears();
    syncing.subscribe(&listener);
    let (holds, held) = (place.clone(), Arc::new(Mutex::new(None)));
    let sees = Arc::clone(&held);
    let meanwhile = move |_: &Call| *sees.lock().expect("held") = lock::holder(&holds);
    *cloud.meanwhile.lock().expect("meanwhile") = Some(Box::new(meanwhile));
    let others = SyncLock::try_take(&place, true).expect("tried").expect("nobody syncs yet");
    syncing.ask_now().expect("asked");
    while place.asked_at() == 0 {
        heard.recv_timeout(Duration::from_secs(60)).expect("whoever has the lock is asked");
    }
    drop(others);
    // One that only syncs once does not hear of it: it is waited for.
    std::fs::remove_file(place.folder().join("asked")).expect("forgotten");
    let others = SyncLock::try_take(&place, false).expect("tried").expect("nobody syncs yet");
    syncing.ask_now().expect("asked");
    while place.asked_at() == 0 {
        heard.recv_timeout(Duration::from_secs(60)).expect("it is seen that another one syncs");
    }
    drop(others);
    let synced = || syncing.overview().expect("how it stands").scopes[0].good_at.is_some();
    while !synced() || lock::holder(&place).is_some() {
        heard.recv_timeout(Duration::from_secs(60)).expect("it goes on");
    }
    let process = std::process::id();
    assert_eq!(held.lock().expect("held").take(), Some(Holder { process, by_itself: false }));
    assert!(SyncLock::try_take(&place, true).expect("tried").is_some());
}
