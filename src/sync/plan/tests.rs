//! Plans, day by day.

use std::sync::LazyLock;

use super::*;
use crate::domain::calendar::Month;
use crate::provider::remote::Terms;
use crate::provider::{SourceId, SourceKind};

const EVERY: i64 = 8 * 3_600;

fn scope() -> Scope {
    Scope {
        source: SourceId { name: "aws.prod".into(), kind: SourceKind::Api },
        provider: "AWS",
        title: "prod".into(),
        terms: Terms { request_microdollars: 10_000, every: EVERY as u32, settles: 2, months: 13 },
    }
}

fn feed(name: &str) -> Feed {
    Feed { name: name.into(), tells: Vec::new(), days_max: 31, reach: None, page_rows: 5_000 }
}

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn now(at: i64, synced: &Synced) -> Now<'_> {
    static NONE: LazyLock<Silence> = LazyLock::new(Silence::default);
    static NOTHING: Renewed = Renewed::new();
    Now { at, every: EVERY, months: 13, rhythm: Rhythm::Full, wished: false, synced, silence: &NONE, brought: &NOTHING }
}

fn plan(synced: &Synced, at: i64, found: &Found, feeds: &[&str]) -> Vec<Job> {
    let manner = Manner::Days(feeds.iter().map(|name| feed(name)).collect());
    jobs(&scope(), &manner, found, &now(at, synced))
}

fn told(jobs: &[Job]) -> Vec<String> {
    let told = |job: &Job| match &job.ask {
        Ask::Days { feed, days } => format!("{} {days} {}", feed.name, job.why.name()),
        Ask::Delivery(delivery) => format!("{} {}", delivery.name, job.why.name()),
    };
    jobs.iter().map(told).collect()
}

/// Does everything that is planned, and counts how often each day of a feed came.
fn follow(synced: &mut Synced, at: i64, feeds: &[&str], asked: &mut BTreeMap<(String, Day), u32>) -> usize {
    let jobs = plan(synced, at, &Found::Unknown, feeds);
    for job in &jobs {
        let Ask::Days { feed, days } = &job.ask else { continue };
        days.iter().for_each(|day| *asked.entry((feed.name.clone(), day)).or_default() += 1);
        synced.come(&feed.name, *days, at, |_| false, &BTreeSet::new());
    }
    jobs.len()
}

/// Deliveries by name and version, oldest first: a month each, or any files.
fn found(deliveries: &[&str], months: bool) -> Found {
    let delivery = |told: &&str| {
        let (name, version) = told.split_once(' ').expect("a version");
        let billing_period = if months { Month::parse(name) } else { None };
        Delivery { name: name.into(), version: version.into(), billing_period, files: Vec::new(), written: 0 }
    };
    Found::Deliveries { whole: deliveries.iter().map(delivery).collect(), broken: Vec::new(), young: Vec::new() }
}

#[test]
fn the_base_has_one_name() {
    assert_eq!(Feed::BASE, crate::store::remote::BASE);
}

#[test]
fn at_first_the_newest_days_come_and_then_history_month_by_month() {
    let at = day("2026-11-22").seconds() + 3_600;
    let jobs = plan(&Synced::default(), at, &Found::Unknown, &["base", "service+region"]);
    let first: Vec<String> = told(&jobs).into_iter().take(3).collect();
    assert_eq!(
        first,
        [
            "base 2026-11-13..2026-11-23 last days",
            "service+region 2026-11-13..2026-11-23 split",
            "base 2026-10-13..2026-11-13 history",
        ]
    );
    let days = |name: &str| -> i32 {
        let of = |job: &Job| {
            if let Ask::Days { feed, days } = &job.ask { (feed.name == name).then_some(days.days()) } else { None }
        };
        jobs.iter().filter_map(of).sum()
    };
    // Thirteen months and what there is of this one.
    assert_eq!((days("base"), days("service+region")), (day("2026-11-23").0 - day("2025-10-01").0, days("base")));
}

#[test]
fn what_has_come_comes_again_by_how_far_back_it_lies() {
    let (mut synced, mut asked) = (Synced::default(), BTreeMap::new());
    let begin = day("2026-11-01").seconds() + 600;
    follow(&mut synced, begin, &["base", "facet"], &mut asked);
    asked.clear();
    let mut most = 0;
    for sync in 1..=90 {
        most = most.max(follow(&mut synced, begin + sync * EVERY, &["base", "facet"], &mut asked));
    }
    let times = |feed: &str, text: &str| asked.get(&(feed.to_owned(), day(text))).copied().unwrap_or(0);
    // 2026-11-15: three times a day while it is one of the last ten, then daily.
    assert_eq!(times("base", "2026-11-15"), 3 * 10 + 6);
    // The month before: while it was of the last ten days, then daily until the tenth, then weekly.
    assert!((18..=27).contains(&times("base", "2026-10-25")), "{}", times("base", "2026-10-25"));
    assert!((3..=5).contains(&times("base", "2026-09-10")), "{}", times("base", "2026-09-10"));
    assert_eq!((times("base", "2026-06-01"), times("facet", "2026-06-01")), (0, 0));
    assert!((10..=12).contains(&times("facet", "2026-11-15")), "{}", times("facet", "2026-11-15"));
    assert!(most <= 8, "{most} asks in one sync");
}

#[test]
fn after_a_long_sleep_each_day_is_asked_for_once() {
    let (mut synced, mut asked) = (Synced::default(), BTreeMap::new());
    let begin = day("2026-11-01").seconds();
    follow(&mut synced, begin, &["base"], &mut asked);
    asked.clear();
    // Nine days with the lid closed.
    follow(&mut synced, begin + 9 * DAY_SECONDS, &["base"], &mut asked);
    assert!(asked.values().all(|times| *times == 1));
    assert_eq!(follow(&mut synced, begin + 9 * DAY_SECONDS + 60, &["base"], &mut asked), 0);
}

#[test]
fn a_clock_that_was_put_back_asks_again_and_goes_on() {
    let (mut synced, mut asked) = (Synced::default(), BTreeMap::new());
    let begin = day("2026-11-20").seconds();
    follow(&mut synced, begin, &["base"], &mut asked);
    let back = begin - 40 * DAY_SECONDS;
    assert!(follow(&mut synced, back, &["base"], &mut asked) > 0);
    assert_eq!(follow(&mut synced, back + 60, &["base"], &mut asked), 0);
}

#[test]
fn who_tells_what_has_changed_is_asked_for_that_alone() {
    let (mut synced, mut asked) = (Synced::default(), BTreeMap::new());
    let begin = day("2026-11-20").seconds();
    follow(&mut synced, begin, &["base"], &mut asked);
    let yesterday = Period { from: day("2026-11-19"), to: day("2026-11-20") };
    synced.come("base", yesterday, begin + DAY_SECONDS / 2, |_| false, &BTreeSet::new());
    let days = [day("2026-09-30"), day("2026-11-20"), day("2026-11-21"), day("2020-01-01")].into();
    let found = Found::Changed { days, mark: "m".into() };
    let told = told(&plan(&synced, begin + DAY_SECONDS + 7_200, &found, &["base"]));
    assert_eq!(told, ["base 2026-11-20..2026-11-22 last days", "base 2026-09-30..2026-10-01 changed"]);
    // What is brought meanwhile is due no longer, for its feed; what is not is not forgotten.
    let renewed: Renewed = [("base".to_owned(), [day("2026-11-20"), day("2026-11-21")].into())].into();
    let (manner, at) = (Manner::Days(vec![feed("base")]), begin + DAY_SECONDS + 7_200);
    let later = Now { brought: &renewed, ..now(at, &synced) };
    let due = self::told(&jobs(&scope(), &manner, &found, &later));
    assert_eq!(due, ["base 2026-11-21..2026-11-22 last days", "base 2026-09-30..2026-10-01 changed"]);
    let waits = unrenewed(&scope(), &manner, &found, &later);
    assert_eq!(waits, [("base".to_owned(), [day("2026-09-30")].into())].into());
    let none = Found::Changed { days: BTreeSet::new(), mark: "m".into() };
    assert_eq!(self::told(&plan(&synced, begin + 7_200, &none, &["base"])), [""; 0]);
}

#[test]
fn a_day_of_which_nothing_changes_any_more_is_asked_for_once_all_of_it_was_told() {
    let (mut synced, mut asked) = (Synced::default(), BTreeMap::new());
    let begin = day("2026-11-20").seconds() + 7_200;
    follow(&mut synced, begin, &["base"], &mut asked);
    let none = Found::Changed { days: BTreeSet::new(), mark: "m".into() };
    let due = |synced: &Synced, hours: i64| told(&plan(synced, begin + hours * 3_600, &none, &["base"]));
    assert_eq!(due(&synced, 9), [""; 0]);
    // The nineteenth came two hours after its end, the twentieth before its own.
    assert_eq!(due(&synced, 10), ["base 2026-11-19..2026-11-20 last days"]);
    assert_eq!(due(&synced, 34), ["base 2026-11-19..2026-11-22 last days"]);
    let all = Period { from: day("2026-11-19"), to: day("2026-11-22") };
    synced.come("base", all, begin + 34 * 3_600, |_| false, &BTreeSet::new());
    assert_eq!(due(&synced, 34), [""; 0]);
}

#[test]
fn deliveries_come_once_for_each_version_the_newest_first() {
    let found = found(&["2026-09 1", "2026-10 2", "2026-11 7"], true);
    let mut synced = Synced::default();
    let coming = |synced: &Synced| told(&jobs(&scope(), &Manner::Deliveries, &found, &now(0, synced)));
    assert_eq!(coming(&synced), ["2026-11 changed", "2026-10 history", "2026-09 history"]);
    for (name, version) in [("2026-11", "7"), ("2026-10", "1"), ("2026-09", "1")] {
        let delivered = crate::store::remote::Delivered { version: version.into(), at: 0 };
        synced.deliveries.insert(name.into(), delivered);
    }
    assert_eq!(coming(&synced), ["2026-10 changed"]);
}

#[test]
fn of_deliveries_that_may_be_versions_of_one_another_the_newest_comes_last() {
    let found = found(&["oct-v1.csv 1", "oct-v2.csv 1", "sep.csv 2"], false);
    let mut synced = Synced::default();
    // What has come before and was written anew keeps its place.
    synced.deliveries.insert("sep.csv".into(), crate::store::remote::Delivered { version: "1".into(), at: 0 });
    let jobs = jobs(&scope(), &Manner::Deliveries, &found, &now(0, &synced));
    assert_eq!(told(&jobs), ["oct-v1.csv changed", "oct-v2.csv changed", "sep.csv changed"]);
}

#[test]
fn what_was_silent_is_asked_again_once_and_apart_from_the_rest() {
    let at = day("2026-11-22").seconds() + 3_600;
    let (mut synced, mut silence) = (Synced::default(), Silence::default());
    synced.come("base", Period { from: day("2025-10-01"), to: day("2026-11-23") }, at, |_| false, &BTreeSet::new());
    let forgotten = |from: &str, to: &str| Period { from: day(from), to: day(to) };
    let (old, recent) = (forgotten("2026-01-01", "2026-01-03"), forgotten("2026-11-20", "2026-11-22"));
    for days in [old, recent] {
        synced.forget("base", |day| days.contains(day));
        silence.note("base", days, at);
    }
    let manner = Manner::Days(vec![feed("base")]);
    let coming = |price: u32, silence: &Silence, at| {
        let terms = Terms { request_microdollars: price, ..scope().terms };
        told(&jobs(&Scope { terms, ..scope() }, &manner, &Found::Unknown, &Now { silence, ..now(at, &synced) }))
    };
    let due = |silence: &Silence, at| coming(0, silence, at);
    assert_eq!(due(&silence, at), [""; 0]);
    let later = at + EVERY;
    assert_eq!(due(&silence, later)[0], "base 2026-11-13..2026-11-23 last days");
    assert_eq!(due(&silence, later).len(), 1, "history waits for a day");
    // So do days that are paid for, but for the newest.
    let (mut paid, early) = (silence.clone(), Period { from: day("2026-11-13"), to: day("2026-11-16") });
    paid.note("base", early, at);
    let mut synced = synced.clone();
    synced.forget("base", |day| early.contains(day));
    let now = Now { silence: &paid, ..now(later, &synced) };
    let asked = told(&jobs(&scope(), &manner, &Found::Unknown, &now));
    assert_eq!(asked, ["base 2026-11-16..2026-11-23 last days"]);
    silence.note("base", recent, later);
    let next = at + DAY_SECONDS;
    let asked = due(&silence, next);
    assert!(asked.contains(&"base 2026-11-20..2026-11-22 last days".to_owned()), "{asked:?}");
    assert!(asked.contains(&"base 2026-01-01..2026-01-03 history".to_owned()), "{asked:?}");
}

#[test]
fn a_split_that_has_nothing_is_asked_for_once_a_day() {
    let begin = day("2026-11-22").seconds() + 3_600;
    let mut synced = Synced::default();
    synced.come("resources", Period { from: day("2026-11-09"), to: day("2026-11-22") }, begin, |_| false, &[].into());
    let manner = Manner::Days(vec![Feed { reach: Some(14), ..feed("resources") }]);
    let (mut silence, mut asked) = (Silence::default(), 0);
    for sync in 0..3 {
        let at = begin + sync * EVERY;
        let now = Now { silence: &silence, ..now(at, &synced) };
        let due = jobs(&scope(), &manner, &Found::Unknown, &now);
        asked += due.len();
        for job in &due {
            let Ask::Days { days, .. } = &job.ask else { panic!("{job:?}") };
            silence.note("resources", *days, at);
        }
    }
    assert_eq!(asked, 1, "of today, which has no charge by resource");
}

#[test]
fn a_feed_with_a_short_reach_is_not_asked_for_more() {
    let manner = Manner::Days(vec![Feed { reach: Some(14), ..feed("hourly") }]);
    let synced = Synced::default();
    let at = day("2026-11-22").seconds();
    let jobs = jobs(&scope(), &manner, &Found::Unknown, &now(at, &synced));
    assert_eq!(told(&jobs), ["hourly 2026-11-09..2026-11-23 split"]);
}

#[test]
fn a_window_is_as_long_as_its_rows_may_be() {
    let days = Period { from: day("2026-11-01"), to: day("2026-11-23") };
    assert_eq!(shorten(days, 800, 5_000), Some(Period { from: day("2026-11-17"), to: day("2026-11-23") }));
    assert_eq!(shorten(days, 800, 1_000_000), Some(days));
    assert_eq!(shorten(days, 800, 799), None);
    assert_eq!(shorten(days, 0, 5_000), Some(days));
}

#[test]
fn what_is_late_comes_first_whatever_it_is() {
    let mut synced = Synced::default();
    let at = day("2026-11-22").seconds();
    let all = Period { from: day("2025-10-01"), to: day("2026-11-23") };
    synced.come("base", all, at, |_| false, &BTreeSet::new());
    synced.come("facet", all, at - 3 * DAY_SECONDS, |_| false, &BTreeSet::new());
    let jobs = plan(&synced, at + EVERY, &Found::Unknown, &["base", "facet"]);
    assert_eq!(
        told(&jobs),
        ["facet 2026-11-13..2026-11-23 split", "base 2026-11-13..2026-11-23 last days"],
        "a facet that waits for three days is before charges that just became due"
    );
    assert_eq!((jobs[0].late, jobs[1].late), (1, 0));
}

#[test]
fn history_is_asked_for_apart_from_what_is_new() {
    let mut synced = Synced::default();
    let at = day("2026-11-22").seconds();
    let known = Period { from: day("2026-11-10"), to: day("2026-11-23") };
    synced.come("base", known, at - DAY_SECONDS, |_| false, &BTreeSet::new());
    let told = told(&plan(&synced, at, &Found::Unknown, &["base"]));
    assert_eq!(told[..2], ["base 2026-11-10..2026-11-23 last days", "base 2026-10-10..2026-11-10 history"]);
}
