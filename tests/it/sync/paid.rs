//! What syncing costs: paid requests against caps, whatever is asked and whatever goes wrong.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use spendtop::domain::calendar::{DAY_SECONDS, Day};
use spendtop::domain::charge::Metric;
use spendtop::provider::remote::{Fault, FaultKind};
use spendtop::sync::meter::Caps;
use spendtop::sync::state::Place;

use super::{Bill, Cloud, HOUR, ROWS_A_PAGE, World, billed, day, steady};
use crate::support::sum;

/// So many services a day, each day; a page holds 50 charges.
fn of_services(from: &str, to: &str, services: i64) -> Arc<Mutex<Bill>> {
    let days = spendtop::domain::calendar::Period { from: day(from), to: day(to) };
    let bill = |_| (0..services).map(|service| (format!("s{service:03}"), 100 + service)).collect();
    Arc::new(Mutex::new(days.iter().map(|day| (day, bill(day))).collect::<BTreeMap<_, _>>()))
}

fn capped(requests: u64) -> Caps {
    Caps { requests_a_day: Some(requests), ..Caps::default() }
}

/// Syncs three times a day for so many days; the pages of each.
fn days(world: &World, cloud: &Cloud, days: usize) -> Vec<u64> {
    let pages = || cloud.pages.load(Ordering::Relaxed);
    let mut told = Vec::new();
    for _ in 0..days {
        let before = pages();
        for _ in 0..3 {
            world.pass();
            world.later(8 * HOUR);
        }
        told.push(pages() - before);
    }
    told
}

#[test]
fn paid_requests_stop_at_the_cap_and_what_is_new_goes_before_history() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let bill = steady("2025-09-01", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let caps = Caps { requests_a_day: Some(12), ..Caps::default() };
    let world = World::new(&[(&cloud, caps)], "2026-11-20", Some(place.clone()));
    let mut spent = Vec::new();
    for _ in 0..12 {
        let before = cloud.pages.load(Ordering::Relaxed);
        for _ in 0..3 {
            world.pass();
            world.later(8 * HOUR);
        }
        spent.push(cloud.pages.load(Ordering::Relaxed) - before);
        bill.lock().expect("bill").entry(Day::of_seconds(world.now())).or_default().insert("s0".into(), 100);
    }
    assert!(spent.iter().all(|pages| *pages <= 12), "{spent:?}");
    // Restarted, it knows what was spent today and goes on where it was.
    let state = world.syncer.state();
    let again = World::over(Arc::clone(&world.vault), &[(&cloud, caps)], world.now(), Some(place));
    assert_eq!(again.syncer.state(), state);
    for _ in 0..90 {
        again.pass();
        again.later(8 * HOUR);
    }
    let days = &again.store().manifest().scopes["aws.prod"].days;
    assert!(days["base"].contains_key(&day("2025-10-01")), "history came bit by bit");
    assert_eq!(again.syncer.state().scopes["aws.prod"].left, None);
}

#[test]
fn a_cap_of_nothing_asks_nothing_and_says_so() {
    let bill = steady("2026-10-01", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let caps = Caps { requests_a_day: Some(0), ..Caps::default() };
    let world = World::new(&[(&cloud, caps)], "2026-11-20", None);
    world.pass();
    assert_eq!(cloud.pages.load(Ordering::Relaxed), 0);
    let trouble = world.syncer.state().scopes["aws.prod"].trouble.clone().expect("told");
    assert_eq!(trouble.kind, FaultKind::Capped);
    assert!(trouble.hints[0].contains("requests_per_day"), "{trouble:?}");
}

#[test]
fn an_organisations_day_costs_twelve_requests_stays_fresh_and_its_history_comes() {
    // 40 charges a day on pages of 50, as 20 accounts with 40 services on pages of 1,000.
    let bill = of_services("2025-09-01", "2027-04-01", 40);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let world = World::new(&[(&cloud, capped(12))], "2026-11-20", None);
    for _ in 0..24 {
        let spent = days(&world, &cloud, 1);
        assert!(spent[0] <= 12, "{spent:?} on {}", Day::of_seconds(world.now()));
        let standing = world.syncer.state().scopes["aws.prod"].clone();
        assert_eq!(standing.trouble, None, "a day that was spent is none");
        let synced = world.store().manifest().scopes["aws.prod"].clone();
        let age = |feed: &str, back: i32| {
            let asked = Day::of_seconds(world.now() - 8 * HOUR).plus(-back);
            synced.days.get(feed).and_then(|days| days.get(&asked)).map(|come| (world.now() - come.at) / DAY_SECONDS)
        };
        assert!((0..2).all(|back| age("base", back).is_some_and(|days| days <= 2)), "the newest days");
    }
    let synced = world.store().manifest().scopes["aws.prod"].clone();
    let oldest = |feed: &str| synced.days[feed].keys().next().copied();
    // Three pages a day, of 50 charges each.
    assert!(oldest("base").is_some_and(|day| day < self::day("2026-09-01")), "history comes beside what is new");
}

#[test]
fn what_is_agreed_for_history_brings_it_at_once() {
    let bill = of_services("2025-09-01", "2026-11-21", 40);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let caps = Caps { requests_for_history: Some(10_000), ..capped(12) };
    let world = World::new(&[(&cloud, caps)], "2026-11-20", None);
    world.pass();
    let synced = world.store().manifest().scopes["aws.prod"].clone();
    assert!(["base", "service+region"].iter().all(|feed| synced.days[*feed].contains_key(&day("2025-10-01"))));
    let spent = world.syncer.state().spent["aws.prod"].clone();
    let (unit, today) = (spendtop::provider::remote::Unit::PaidRequests, Day::of_seconds(world.now()));
    assert!(spent.on(unit, today) <= 12 && spent.history[&unit] > 300, "{spent:?}");
    assert_eq!(spent.in_month_of(unit, today), cloud.pages.load(Ordering::Relaxed));
}

#[test]
fn an_account_without_charges_is_not_asked_again_and_again() {
    let cloud = Cloud::new("aws.empty", 10_000, &Arc::default());
    let world = World::new(&[(&cloud, capped(1_000))], "2026-11-20", None);
    world.pass();
    // Three days of each feed to see how much they are, the rest of ten, and thirteen months of history.
    let first = cloud.pages.load(Ordering::Relaxed);
    assert!(first <= 2 * (2 + 14), "{first}");
    // A second answer is waited for, a day later, but for the last days; then nothing is told of what was believed.
    let spent = days(&world, &cloud, 4);
    assert!(spent[0] <= 4 && spent[1] <= first + 4 && spent[2..].iter().all(|pages| *pages <= 5), "{first} {spent:?}");
    let come = world.store().manifest().scopes["aws.empty"].days["base"].len();
    assert!(come > 400, "{come}");
}

#[test]
fn what_a_paid_scope_does_not_tell_at_first_comes_all_the_same() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let bill = of_services("2025-10-01", "2026-12-01", 4);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    cloud.silent.store(true, Ordering::Relaxed);
    let world = World::new(&[(&cloud, capped(1_000))], "2026-11-20", Some(place.clone()));
    world.pass();
    assert!(!world.store().manifest().scopes.contains_key("aws.prod"), "nothing has come");
    let notes = |what: &str| {
        let runs = spendtop::sync::log::read(&place, usize::MAX);
        runs.into_iter().filter(|run| run.notes.iter().any(|note| note.contains(what))).count() as u64
    };
    let told = "a day later";
    assert_eq!(notes(told), cloud.pages.load(Ordering::Relaxed), "it is said of each answer");
    cloud.silent.store(false, Ordering::Relaxed);
    days(&world, &cloud, 2);
    let today = Day::of_seconds(world.now());
    bill.lock().expect("bill").retain(|day, _| *day < today);
    assert_eq!(sum(world.store(), "USD", Metric::Billed), billed(&bill));
}

#[test]
fn before_the_first_charges_of_an_account_it_is_believed_at_once_that_there_are_none() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let bill = of_services("2026-08-20", "2026-11-21", 4);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let world = World::new(&[(&cloud, capped(1_000))], "2026-11-20", Some(place.clone()));
    world.pass();
    let days = world.store().manifest().scopes["aws.prod"].days.clone();
    assert!(days.values().all(|days| days.contains_key(&day("2025-10-01"))), "all has come");
    let runs = spendtop::sync::log::read(&place, usize::MAX);
    assert!(runs.iter().all(|run| run.notes.is_empty()), "nothing is waited for");
}

#[test]
fn requests_that_failed_too_often_say_nothing_about_how_much_a_day_is() {
    let bill = of_services("2026-10-01", "2026-12-21", 4);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let world = World::new(&[(&cloud, capped(100))], "2026-11-20", None);
    world.pass();
    let seen = || world.syncer.state().scopes["aws.prod"].seen.clone();
    let before = seen();
    let storm = "500 requests have failed today: no more are sent before 00:00 UTC";
    cloud.faults.lock().expect("faults").push_back(Fault::new(FaultKind::Capped, storm));
    world.later(8 * HOUR);
    assert_eq!((world.pass().failed, seen()), (1, before));
}

#[test]
fn a_day_that_costs_more_than_the_cap_is_said_so_and_not_paid_for_again_and_again() {
    // 20 pages a day.
    let bill = of_services("2026-10-01", "2026-12-21", 20 * ROWS_A_PAGE as i64);
    let cloud = Cloud::new("aws.large", 10_000, &bill);
    let world = World::new(&[(&cloud, capped(12))], "2026-11-20", None);
    let spent = days(&world, &cloud, 10);
    assert!(spent.iter().all(|pages| *pages <= 12) && spent[3..].iter().all(|pages| *pages == 0), "{spent:?}");
    let trouble = world.syncer.state().scopes["aws.large"].trouble.clone().expect("told");
    assert_eq!(trouble.kind, FaultKind::Capped);
    assert!(trouble.message.contains("a day's charges take about "), "{trouble:?}");
    assert!(trouble.hints[0].contains("requests_per_day") && trouble.hints[0].contains("export in S3"), "{trouble:?}");
}

#[test]
fn a_clock_that_was_ahead_pays_for_no_history_twice() {
    let bill = of_services("2025-09-01", "2026-11-21", 4);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let caps = Caps { requests_for_history: Some(10_000), ..capped(100) };
    let world = World::new(&[(&cloud, caps)], "2026-11-21", None);
    world.pass();
    let before = cloud.pages.load(Ordering::Relaxed);
    world.later(-DAY_SECONDS);
    world.pass();
    let again = cloud.pages.load(Ordering::Relaxed) - before;
    // The last three months of two feeds, and not the thirteen.
    assert!((1..=20).contains(&again), "{again} of {before}");
}

#[test]
fn who_wishes_for_it_is_told_what_is_new_and_pays_once() {
    let bill = of_services("2026-10-01", "2026-12-21", 4);
    let cloud = Cloud::new("aws.prod", 10_000, &bill);
    let caps = Caps { requests_for_history: Some(10_000), ..capped(100) };
    let world = World::new(&[(&cloud, caps)], "2026-11-20", None);
    world.pass();
    world.later(HOUR);
    let wish = spendtop::sync::task::Which { now: true, ..Default::default() };
    let wished = || {
        let before = cloud.pages.load(Ordering::Relaxed);
        let passed = world.syncer.pass(&wish, &tokio_util::sync::CancellationToken::new());
        (passed.failed, cloud.pages.load(Ordering::Relaxed) - before)
    };
    assert_eq!(world.pass().asked, 0, "nothing is due");
    assert_eq!(wished(), (0, 1));
    assert_eq!(wished(), (0, 0), "at once again there is nothing new");
    world.later(HOUR);
    let expired = spendtop::provider::remote::Fault::new(FaultKind::Expired, "the login has expired");
    cloud.faults.lock().expect("faults").push_back(expired);
    assert_eq!(wished(), (1, 1), "and what is wrong is found out");
}
