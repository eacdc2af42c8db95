//! Days that have not come, told beside the figures that lack them; and what had come of a sync that was killed.

use std::sync::{Arc, Mutex};

use spendtop::config::Config;
use spendtop::domain::calendar::Period;
use spendtop::domain::lens::Lens;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{Figure, NoticeKind, PendingCard, QueryAnswer, SpendAnswer};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Card, Engine, Query, Question, Sort};
use spendtop::report::{self, Style};
use spendtop::sync::overview;

use super::*;

fn engine(world: &World) -> LocalEngine {
    LocalEngine::new(Arc::clone(&world.vault.0), Config::default().settle, false)
}

fn ask(world: &World, question: &Question) -> Answer {
    ask_of(&engine(world), world, question)
}

fn ask_of(engine: &LocalEngine, world: &World, question: &Question) -> Answer {
    engine.ask(question, Day::of_seconds(world.now()), &Cancel::default()).expect("an answer")
}

fn spend(world: &World) -> SpendAnswer {
    match ask(world, &Question::Spend(Lens { metric: Metric::Billed, ..Lens::default() })) {
        Answer::Spend(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn query(world: &World, period: &str) -> QueryAnswer {
    let period = PeriodSpec::parse(period, Day::of_seconds(world.now())).expect("a period");
    let lens = Lens { metric: Metric::Billed, period, comparison: Comparison::Previous, ..Lens::default() };
    match ask(world, &Question::Query(Query { lens, granularity: None, sort: Sort::Cost, limit: None })) {
        Answer::Query(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn lacks(answer: &SpendAnswer, card: Card) -> Option<&PendingCard> {
    answer.pending.iter().find(|pending| pending.card == card && pending.misleads())
}

fn days(from: &str, to: &str) -> Period {
    Period { from: day(from), to: day(to) }
}

/// What the made-up services of some days cost.
fn cost(bill: &Mutex<Bill>, days: Period) -> Figure {
    let bill = bill.lock().expect("bill");
    let cents: i64 = bill.range(days.from..days.to).flat_map(|(_, services)| services.values()).sum();
    Figure { amount: Some(amount(&format!("{cents}e-2"))), previous: None }
}

#[test]
fn a_sync_that_lags_is_told_beside_each_figure_and_only_days_that_came_are_compared() {
    let bill = steady("2024-12-01", "2025-02-13");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2025-02-10", None);
    world.later(DAY_SECONDS / 2);
    world.pass();
    world.later(3 * DAY_SECONDS);
    let answer = spend(&world);
    let week = lacks(&answer, Card::LastWeek).expect("told");
    // The tenth was not over when it came.
    assert_eq!((week.now.days, week.now.missing, week.now.through), (7, 3, Some(day("2025-02-09"))));
    assert_eq!(week.now.words().as_deref(), Some("3 of 7 days not in yet: aws.prod 2025-02-10 to 2025-02-12"));
    let figure = Figure {
        previous: cost(&bill, days("2025-01-30", "2025-02-03")).amount,
        ..cost(&bill, days("2025-02-06", "2025-02-10"))
    };
    assert_eq!((week.alike, week.previous.as_ref()), (Some(figure), None));
    let month = lacks(&answer, Card::MonthToDate).expect("told");
    assert_eq!((month.now.missing, month.now.days), (4, 13));
    assert_eq!(lacks(&answer, Card::Total).expect("told").alike, month.alike);
    assert!(lacks(&answer, Card::Yesterday).expect("told").alike.is_none());
    assert!(lacks(&answer, Card::LastMonth).is_none());
    assert!(answer.notices.iter().any(|notice| notice.kind == NoticeKind::NotIn), "{:?}", answer.notices);
    let told = query(&world, "2025-02-06..2025-02-13");
    assert_eq!(told.pending.as_ref().map(|pending| pending.missing), Some(3));
    let hints: Vec<&str> = told.notices.iter().map(|notice| notice.hint.as_str()).collect();
    assert_eq!(hints, ["--from 2025-02-06 --to 2025-02-10 compares days that are all in"]);
    assert_eq!(query(&world, "2025-02-06..2025-02-10").pending, None);
    assert_eq!(query(&world, "2025-01").pending, None);
    // Once it has caught up only today is not over.
    world.pass();
    let answer = spend(&world);
    assert_eq!(lacks(&answer, Card::LastWeek), None);
    assert_eq!(lacks(&answer, Card::MonthToDate).map(|month| month.now.missing), Some(1));
}

#[test]
fn what_has_not_come_of_the_days_before_is_no_rise() {
    // Two scopes, of which the younger breaks off once its newest days have come.
    let bill = steady("2024-12-01", "2025-02-13");
    let (old, young) = (Cloud::new("aws.prod", 0, &bill), Cloud::of_account("aws.young", "2", 0, &bill));
    let (asks, itself) = (AtomicU64::new(0), Arc::downgrade(&young));
    *young.meanwhile.lock().expect("meanwhile") = Some(Box::new(move |_| {
        if let Some(young) = itself.upgrade().filter(|_| asks.fetch_add(1, Ordering::Relaxed) > 0) {
            *young.breaks.lock().expect("breaks") = Some(Breaks::Fails(Error::store("the disk is full")));
        }
    }));
    let world = World::new(&[(&old, Caps::default()), (&young, Caps::default())], "2025-02-13", None);
    world.pass();
    let came = world.store().manifest().scopes["aws.young"].days["base"].keys().next().copied().expect("some days");
    assert!(came > day("2024-12-05"), "history has not come: {came}");
    let to = came.plus(10);
    let told = query(&world, &format!("{came}..{to}"));
    let before = told.previous_pending.expect("told");
    // Today has not begun to come: the day that it would be held against is left out, and so is not missing.
    assert_eq!((before.missing, before.days), (9, 10), "{before:?}");
    assert_eq!(before.of.len(), 1);
    assert_eq!(before.of[0].source.as_deref(), Some("aws.young"));
}

#[test]
fn days_that_nobody_is_asked_for_are_not_missing() {
    let bill = steady("2024-01-01", "2025-02-13");
    let old = Cloud::new("aws.prod", 0, &bill);
    let mut near = Cloud::of_account("aws.near", "2", 0, &bill);
    Arc::get_mut(&mut near).expect("nobody else has it").feeds[0].reach = Some(14);
    let world = World::new(&[(&old, Caps::default()), (&near, Caps::default())], "2025-02-13", None);
    world.later(DAY_SECONDS / 2);
    world.pass();
    assert_eq!(query(&world, "2025-01").pending, None);
    let answer = spend(&world);
    assert_eq!((lacks(&answer, Card::LastMonth), lacks(&answer, Card::LastWeek)), (None, None));
    let since = |source: &str| world.store().manifest().scopes[source].since;
    assert_eq!([since("aws.prod"), since("aws.near")], [Some(day("2024-01-01")), Some(day("2025-01-31"))]);
}

#[test]
fn a_connection_is_awaited_as_long_as_the_config_has_it() {
    let bill = steady("2024-12-01", "2025-06-01");
    let (old, young) = (Cloud::new("aws.prod", 0, &bill), Cloud::of_account("aws.young", "2", 0, &bill));
    let world = World::new(&[(&old, Caps::default()), (&young, Caps::default())], "2025-02-13", None);
    world.later(DAY_SECONDS / 2);
    world.pass();
    young.faults.lock().expect("faults").extend(vec![Fault::new(FaultKind::Expired, "made up"); 500]);
    let missing = |connections: &[&str]| -> Vec<String> {
        let lens = Lens { period: PeriodSpec::LastDays(7), metric: Metric::Billed, ..Lens::default() };
        let engine = engine(&world).with_connections(connections.iter().map(|name| (*name).to_owned()).collect());
        let Answer::Spend(mut answers) = ask_of(&engine, &world, &Question::Spend(lens)) else { panic!() };
        let pending = lacks(&answers.remove(0), Card::LastWeek).map(|card| card.now.of.clone()).unwrap_or_default();
        pending.into_iter().filter_map(|behind| behind.source).collect::<Vec<_>>()
    };
    // What was asked yesterday may be of a connection that is newer than what is known of the config.
    for (later, others) in [(1, 1), (5, 0), (60, 0)] {
        world.later(later * DAY_SECONDS);
        world.pass();
        assert_eq!(missing(&["aws.prod", "aws.young"]), ["aws.young"], "{later}");
        assert_eq!(missing(&["aws.prod"]), &["aws.young"][..others], "{later}");
    }
}

#[test]
fn what_had_come_of_a_sync_that_was_killed_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let place = || Place::beside(&folder.path().join("store"));
    place().prepare().expect("a folder");
    let bill = steady("2024-06-01", "2025-02-13");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2025-02-13", Some(place()));
    // As it stands on disk whenever something is asked: what a process that was killed then leaves.
    let (left, theirs) = (Arc::new(Mutex::new(Vec::new())), place());
    let keeps = Arc::clone(&left);
    *cloud.meanwhile.lock().expect("meanwhile") =
        Some(Box::new(move |_| keeps.lock().expect("left").push(theirs.read().0)));
    world.pass();
    let mut left = std::mem::take(&mut *left.lock().expect("left"));
    assert!(left.len() > 2, "{}", left.len());
    let told = |state: &spendtop::sync::state::State| {
        let overview = overview::of(
            world.syncer.connections(),
            state,
            &BTreeMap::new(),
            &BTreeMap::new(),
            Vec::new(),
            world.now() + 120,
        );
        let mut out = Vec::new();
        report::scopes(&overview, world.now() + 120, Style::default(), &mut out).expect("written");
        String::from_utf8(out).expect("text")
    };
    let first = told(&left.remove(0));
    assert!(first.contains("never"), "{first}");
    let last = told(&left.pop().expect("the last"));
    assert!(last.contains("part 2 min ago") && !last.contains("never"), "{last}");
    assert!(told(&world.syncer.state()).contains(" 2 min ago"));
}
