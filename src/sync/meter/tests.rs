//! Caps hold whatever is taken, held, given back and fails.

use super::*;

fn meter(history: bool, caps: Caps) -> ConnectionMeter {
    let book = Arc::new(Book::new(None, State::default()));
    ConnectionMeter::new("aws.prod", caps, history, book, Arc::new(|| 1_795_000_000))
}

#[test]
fn what_costs_nothing_is_written_with_what_is_written_next() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::beside(folder.path());
    place.prepare().expect("folder");
    let book = Arc::new(Book::new(Some(place.clone()), State::default()));
    let meter = ConnectionMeter::new("azure.main", Caps::default(), false, book, Arc::new(|| 1_795_000_000));
    let (day, written) =
        (meter.today(), |unit, day| place.read().0.spent.get("azure.main").map_or(0, |spent| spent.on(unit, day)));
    meter.take(Unit::FreeRequests, 3).expect("no cap");
    assert_eq!(written(Unit::FreeRequests, day), 0);
    meter.take(Unit::PaidRequests, 1).expect("no cap");
    assert_eq!([Unit::FreeRequests, Unit::PaidRequests].map(|unit| written(unit, day)), [3, 1]);
}

#[test]
fn nothing_is_spent_beyond_the_cap() {
    let caps = Caps { requests_a_day: Some(3), ..Caps::default() };
    let meter = meter(false, caps);
    for _ in 0..3 {
        meter.take(Unit::PaidRequests, 1).expect("below the cap");
    }
    let fault = meter.take(Unit::PaidRequests, 1).expect_err("at the cap");
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (FaultKind::Capped, "the cap of 3 paid requests a day is reached: 3 were made today")
    );
    assert!(fault.hints[0].contains("`requests_per_day` in [aws.prod]"), "{fault:?}");
    meter.give_back(Unit::PaidRequests, 1);
    assert_eq!(meter.left(Unit::PaidRequests), Some(1));
    meter.take(Unit::FreeRequests, 1_000).expect("no cap");
}

#[test]
fn what_is_left_before_a_cap_is_near_brings_nobody_near_it() {
    for (cap, spent) in [(0, 0), (1, 0), (2, 0), (3, 0), (12, 0), (12, 7), (12, 9), (12, 12), (100, 5)] {
        let left = before_near(spent, Some(cap));
        assert!(left == 0 || !is_near(spent + left, Some(cap)), "{left} of {cap}");
        assert!(cap == 0 || is_near(spent + left + 1, Some(cap)), "{left} of {cap}");
    }
    assert_eq!(before_near(7, Some(12)), 2);
    assert_eq!((before_near(9, None), is_near(9, None)), (u64::MAX, false));
}

#[test]
fn history_has_an_allowance_of_its_own_and_then_the_days() {
    let caps = Caps { requests_a_day: Some(3), requests_for_history: Some(2), ..Caps::default() };
    let meter = meter(true, caps);
    for left in [5, 4, 3, 2, 1] {
        assert_eq!(meter.left(Unit::PaidRequests), Some(left));
        meter.take(Unit::PaidRequests, 1).expect("left");
    }
    assert!(meter.take(Unit::PaidRequests, 1).is_err());
    assert_eq!(meter.book.state().spent["aws.prod"].history[&Unit::PaidRequests], 2);
    meter.give_back(Unit::PaidRequests, 4);
    assert_eq!(meter.left(Unit::PaidRequests), Some(4));
}

#[test]
fn neither_history_nor_what_is_new_takes_all_of_a_day() {
    let share = |left, history, later| {
        let share = Share { cap: 12, left, history, later, others: 0 };
        (share.of_new(true), share.of_history())
    };
    assert_eq!(share(12, 0, 2), (9, 10));
    // What is new took its share: the quarter is left for history.
    assert_eq!(share(3, 0, 6), (0, 3));
    // History had its quarter, and leaves what later syncs need.
    assert_eq!(share(7, 3, 2), (7, 5));
    assert_eq!(share(2, 5, 2), (2, 0));
    assert_eq!(share(0, 0, 0), (0, 0));
    // What the newest days of other scopes need is left to them.
    let share = Share { cap: 12, left: 12, history: 0, later: 2, others: 4 };
    assert_eq!((share.of_new(false), share.of_new(true), share.of_history()), (8, 5, 6));
}

#[test]
fn bytes_are_capped_by_day_and_by_month() {
    let caps = Caps { bytes_a_day: Some(10), bytes_a_month: Some(15), ..Caps::default() };
    let (mut spent, day) = (Spent::default(), Day::parse("2026-11-22").expect("a day"));
    spent.add(Unit::BytesScanned, day.plus(-1), 9, 0, false);
    assert_eq!(caps.left(Unit::BytesScanned, &spent, day, false), (Some(6), 0));
    spent.add(Unit::BytesScanned, day, 6, 0, false);
    let fault = caps.told("gcp.main", Unit::BytesScanned, &spent, day, 0);
    assert!(fault.message.ends_with("1 GiB today, 1 GiB this month"), "{fault}");
}

#[test]
fn what_is_given_back_after_midnight_goes_to_the_day_it_was_taken_from() {
    use std::sync::atomic::AtomicI64;
    let (time, book) = (Arc::new(AtomicI64::new(86_399)), Arc::new(Book::new(None, State::default())));
    let now = Arc::clone(&time);
    let clock: Clock = Arc::new(move || now.load(Ordering::Relaxed));
    let caps = Caps { requests_a_day: Some(3), ..Caps::default() };
    let meter = || ConnectionMeter::new("aws.prod", caps, false, Arc::clone(&book), Arc::clone(&clock));
    let (before, after, unit) = (meter(), meter(), Unit::PaidRequests);
    before.take(unit, 2).expect("below the cap");
    time.store(86_401, Ordering::Relaxed);
    after.take(unit, 1).expect("a new day");
    before.give_back(unit, 1);
    let spent = || [Day(0), Day(1)].map(|day| book.state().spent["aws.prod"].on(unit, day));
    assert_eq!(spent(), [1, 1]);
    // Never more than was taken.
    after.give_back(unit, 5);
    assert_eq!(spent(), [1, 0]);
}

#[test]
fn what_is_held_for_one_is_no_others_and_free_once_it_ends() {
    let (book, unit) = (Arc::new(Book::new(None, State::default())), Unit::PaidRequests);
    let caps = Caps { requests_a_day: Some(12), requests_for_history: Some(4), ..Caps::default() };
    let meter = |history, held: Option<Held>| {
        let meter = ConnectionMeter::new("aws.prod", caps, history, Arc::clone(&book), Arc::new(|| 0));
        ConnectionMeter { hold: held.map(|held| Arc::new(book.hold("aws.prod", "aws.prod/a", held))), ..meter }
    };
    let one = meter(true, Some(Held { of_day: 5, aside: 3 }));
    let (other, past) = (meter(false, None), meter(true, None));
    let left = || [&one, &other, &past].map(|meter| meter.left(unit).expect("capped"));
    assert_eq!(left(), [16, 7, 8]);
    // Within what is held nobody else has less; beyond it they have.
    one.take(unit, 6).expect("held");
    assert_eq!((left(), book.state().spent["aws.prod"].history[&unit]), ([10, 7, 7], 4));
    assert!(other.take(unit, 8).expect_err("held for another").message.contains("3 are kept for what is under way"));
    other.take(unit, 7).expect("left");
    assert_eq!(left(), [3, 0, 0]);
    // What failed is tried again: it stays held.
    one.give_back(unit, 2);
    assert_eq!(left(), [5, 0, 0]);
    drop(one.hold);
    assert_eq!(other.left(unit), Some(5));
    assert_eq!(ConnectionMeter::new("aws.test", caps, false, Arc::clone(&book), Arc::new(|| 0)).left(unit), Some(12));
}

#[test]
fn who_asks_why_nothing_is_left_takes_nothing() {
    let meter = meter(false, Caps { requests_a_day: Some(3), ..Caps::default() });
    let told = meter.refusal(Unit::PaidRequests);
    assert!(told.kind == FaultKind::Capped && told.message.ends_with("0 were made today"), "{told}");
    assert_eq!((meter.left(Unit::PaidRequests), meter.book.state().spent.len()), (Some(3), 0));
}

#[test]
fn a_storm_of_tries_that_fail_has_an_end() {
    let meter = meter(false, Caps { failed_a_day: Some(3), ..Caps::default() });
    for kind in [FaultKind::Throttled, FaultKind::Capped, FaultKind::Cancelled, FaultKind::Denied] {
        meter.failed(&Fault::new(kind, "no"));
    }
    assert_eq!(meter.may_try(), Ok(()));
    meter.failed(&Fault::new(FaultKind::Unavailable, "no"));
    let fault = meter.may_try().expect_err("enough");
    assert_eq!(fault.message, "3 requests have failed today: no more are sent before 00:00 UTC");
    let tomorrow = ConnectionMeter { clock: Arc::new(|| 1_795_086_400), ..meter };
    assert_eq!(tomorrow.may_try(), Ok(()));
}
