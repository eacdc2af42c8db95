//! Tests of what becomes of an anomaly that is found no more, by the days of its own place.

use super::super::records::tests::found;
use super::super::records::{Fresh, Merged, merge};
use super::*;
use crate::analytics::detect::series::Settings;
use crate::domain::anomaly::{Anomaly, AnomalyId, Happened, Saying, State, Word};
use crate::domain::calendar::Period;

const FIRST: i32 = 19_800;
const START: i32 = 19_990;

/// A place that costs 100 on weekdays and 60 at weekends, but for noise of 6 %, and 40 % more from a day on until another.
fn costs(seed: u64, until: i32, raised: std::ops::Range<i32>) -> Vec<f64> {
    let mut random = seed;
    let mut noise = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.12 * ((random >> 11) as f64 / (1u64 << 53) as f64) - 0.06
    };
    let week = |day: i32| if Day(day).weekday().num_days_from_monday() >= 5 { 60.0 } else { 100.0 };
    let by = |day: i32| if raised.contains(&day) { 1.4 } else { 1.0 };
    (FIRST..until).map(|day| week(day) * by(day) * (1.0 + noise())).collect()
}

/// What a detection found as of a day, over a place's days until then.
fn seen(costs: &[f64], day: i32, finding: Option<Course>) -> Vec<Fresh> {
    let known = &costs[..(day - FIRST) as usize];
    let found: Vec<_> = finding.map(|course| found("vm", START, day - 1, 40, course)).into_iter().collect();
    let costs = known.iter().copied().map(Some).collect();
    let days = Days { first: Day(FIRST), costs, settled: known.len(), providers: vec!["AWS".into()] };
    let places = [(place_of(&self::found("vm", START, START, 40, Course::GoesOn).finding.place), days)].into();
    vec![Fresh { currency: "USD".into(), first: Day(FIRST), daily: 100.0, found, places, ..Fresh::default() }]
}

fn look(before: Vec<Anomaly>, costs: &[f64], day: i32, finding: Option<Course>) -> Merged {
    merge(before, &seen(costs, day, finding), &[], (Day(day), i64::from(day)))
}

fn truth(costs: &[f64], days: std::ops::Range<i32>) -> f64 {
    days.map(|day| costs[(day - FIRST) as usize] * (1.0 - 1.0 / 1.4)).sum()
}

#[test]
fn what_is_found_no_more_stays_open_while_its_cost_is_up_and_is_counted_on() {
    for seed in 1..20 {
        let costs = costs(seed, START + 40, START..START + 15);
        let mut kept = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
        for day in START + 4..START + 15 {
            let merged = look(kept, &costs, day, None);
            assert_eq!(merged.resolved, [], "seed {seed} day {}", day - START);
            kept = merged.anomalies;
            let finding = &kept[0].finding;
            assert_eq!((kept[0].state(Day(day)), finding.last), (State::Open, Day(day - 1)), "seed {seed}");
            let (impact, want) = (finding.impact.to_f64(), truth(&costs, START..day));
            assert!((impact - want).abs() < 0.25 * want, "seed {seed}: {impact} of {want}");
        }
        assert_eq!((kept[0].finding.course, kept[0].finding.kind), (Course::Stays, Kind::Step));
        // All at once tells the same.
        let first = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
        assert_eq!(look(first, &costs, START + 14, None).anomalies[0].finding, kept[0].finding);
        // The first days back are no end yet, the third is.
        for (day, course) in [(16, Course::Stays), (17, Course::Stays), (18, Course::Over)] {
            let merged = look(kept, &costs, START + day, None);
            kept = merged.anomalies;
            assert_eq!((kept[0].finding.course, kept[0].finding.last), (course, Day(START + 14)), "seed {seed} {day}");
            assert_eq!(merged.resolved.len(), usize::from(course == Course::Over));
        }
    }
}

#[test]
fn a_weekday_is_held_against_itself_whatever_a_quiet_saturday_was_expected_to_be() {
    // It begins on a Saturday of which the detector expected little, and is back a week later.
    let saturday = (START..START + 7).find(|day| Day(*day).weekday().num_days_from_monday() == 5).expect("Saturday");
    for seed in 1..20 {
        let costs = costs(seed, saturday + 30, saturday..saturday + 7);
        let mut first = found("vm", saturday, saturday, 40, Course::GoesOn);
        let [expected, lower, upper, actual] = [45.0, 35.0, 55.0, 84.0].map(estimate);
        first.finding.day = Reckoned { expected, lower, upper, actual };
        let fresh = Fresh { found: vec![first], ..seen(&costs, saturday + 1, None).remove(0) };
        let mut kept = merge(vec![], &[fresh], &[], (Day(saturday + 1), 9)).anomalies;
        for day in saturday + 2..saturday + 30 {
            kept = look(kept, &costs, day, None).anomalies;
            let is_going = kept[0].finding.course.is_going();
            assert_eq!(is_going, day - saturday < 11, "seed {seed} day {}: {:?}", day - saturday, kept[0].finding);
        }
    }
}

#[test]
fn a_spike_that_was_first_seen_on_a_quiet_day_that_had_not_settled_stays_over() {
    let sunday = (START..START + 7).find(|day| Day(*day).weekday().num_days_from_monday() == 6).expect("Sunday");
    for seed in 1..20 {
        let mut costs = costs(seed, sunday + 30, 0..0);
        costs[(sunday - FIRST) as usize] *= 4.0;
        let mut first = found("vm", sunday, sunday, 180, Course::GoesOn);
        let [expected, lower, upper, actual] = [60.0, 50.0, 70.0, 240.0].map(estimate);
        first.finding.day = Reckoned { expected, lower, upper, actual };
        let mut fresh = Fresh { found: vec![first], ..seen(&costs, sunday + 1, None).remove(0) };
        fresh.places.values_mut().for_each(|days| days.settled -= 1);
        let mut kept = merge(vec![], &[fresh], &[], (Day(sunday + 1), 9)).anomalies;
        for day in sunday + 2..sunday + 30 {
            kept = look(kept, &costs, day, None).anomalies;
            let finding = &kept[0].finding;
            assert!(!finding.course.is_going(), "seed {seed} day {}: {finding:?}", day - sunday);
        }
    }
}

#[test]
fn days_are_counted_as_the_detector_counts_them() {
    let settings = Settings::of_places();
    assert_eq!((settings.back(), settings.seasons.last()), (BACK, Some(&BACK_SLOWLY)));
    assert_eq!((settings.settle, settings.confirm), (i64::from(LASTS), STAYS));
}

#[test]
fn what_never_goes_back_becomes_what_the_cost_is() {
    let costs = costs(3, START + 40, START..START + 40);
    let kept = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
    let kept = look(kept, &costs, START + 30, None).anomalies;
    assert_eq!(kept[0].finding.course, Course::Stays);
    let kept = look(kept, &costs, START + 35, None).anomalies;
    assert_eq!((kept[0].finding.course, kept[0].finding.last), (Course::Usual, Day(START + 30)));
}

#[test]
fn what_had_become_what_the_cost_is_is_over_once_the_cost_is_back_for_three_days() {
    let costs = costs(3, START + 70, START..START + 50);
    for finding in [None, Some(Course::Usual)] {
        let as_found = |kept, day: i32| {
            let mut fresh = seen(&costs, START + day, finding);
            fresh[0].found.iter_mut().for_each(|found| found.finding.last = Day(START + 30));
            merge(kept, &fresh, &[], (Day(START + day), i64::from(START + day)))
        };
        let mut kept = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
        for (day, course) in [(35, Course::Usual), (52, Course::Usual), (53, Course::Over), (60, Course::Over)] {
            kept = as_found(kept, day).anomalies;
            let finding = &kept[0].finding;
            assert_eq!((finding.course, finding.last), (course, Day(START + 30)), "{day}: {:?}", kept[0].history);
        }
        let ends = kept[0].history.iter().filter(|happened| matches!(happened, Happened::Resolved { .. }));
        assert_eq!(ends.count(), 2, "{:?}", kept[0].history);
    }
}

#[test]
fn restated_is_what_has_other_costs_on_the_days_that_it_was_found_on() {
    let before = costs(4, START + 10, START..START + 10);
    let kept = look(vec![], &before, START + 3, Some(Course::GoesOn)).anomalies;
    let restated = costs(4, START + 10, 0..0);
    let merged = look(kept.clone(), &restated, START + 4, None);
    assert_eq!((merged.anomalies[0].finding.course, merged.resolved.len()), (Course::NotFound, 1));
    // So it is of a bill that is known for a few weeks only.
    let short = |costs: &[f64], day| Fresh { first: Day(START - 30), ..seen(costs, day, None).remove(0) };
    let merged = merge(kept.clone(), &[short(&restated, START + 4)], &[], (Day(START + 4), 9));
    assert_eq!((merged.anomalies[0].finding.course, merged.resolved.len()), (Course::NotFound, 1));
    let merged = merge(kept.clone(), &[short(&before, START + 4)], &[], (Day(START + 4), 9));
    assert_eq!((merged.anomalies[0].finding.course.is_going(), merged.resolved.len()), (true, 0));
    // A cent more is no other cost, and what is hardly less goes on.
    let mut hardly = before.clone();
    hardly[(START - FIRST) as usize] -= 8.0;
    let merged = look(kept.clone(), &hardly, START + 4, None);
    assert_eq!((merged.anomalies[0].finding.course.is_going(), merged.resolved.len()), (true, 0));
    // A place without any charges was removed.
    let merged = merge(
        kept,
        &[Fresh { places: Places::new(), ..seen(&before, START + 4, None).remove(0) }],
        &[],
        (Day(START + 4), 9),
    );
    assert_eq!(merged.anomalies[0].finding.course, Course::NotFound);
}

#[test]
fn what_is_told_to_be_over_goes_on_while_its_cost_is_up() {
    for seed in 1..20 {
        let costs = costs(seed, START + 20, START..START + 20);
        let mut over = found("vm", START, START + 3, 40, Course::Over);
        over.finding.kind = Kind::Spike;
        let fresh = Fresh { found: vec![over], ..seen(&costs, START + 12, None).remove(0) };
        let merged = merge(vec![], &[fresh], &[], (Day(START + 12), 9));
        let finding = &merged.anomalies[0].finding;
        assert_eq!(
            (finding.course, finding.kind, finding.last),
            (Course::Stays, Kind::Step, Day(START + 11)),
            "{seed}"
        );
        assert_eq!(merged.opened.len(), 1);
    }
}

#[test]
fn what_is_over_stays_over_whatever_comes_later() {
    let mut costs = costs(5, START + 20, START..START + 4);
    costs[(START + 10 - FIRST) as usize..].iter_mut().for_each(|cost| *cost *= 1.5);
    let over = Fresh {
        found: vec![found("vm", START, START + 3, 40, Course::Over)],
        ..seen(&costs, START + 18, None).remove(0)
    };
    let merged = merge(vec![], &[over], &[], (Day(START + 18), 9));
    assert_eq!((merged.anomalies[0].finding.course, merged.anomalies[0].finding.last), (Course::Over, Day(START + 3)));
    let again = look(merged.anomalies.clone(), &costs, START + 19, None);
    assert_eq!((again.anomalies, again.changed), (merged.anomalies, vec![]));
}

/// An anomaly that is kept, and what is found a week later: the same money at a place around it.
fn told_wider() -> (Vec<Anomaly>, Fresh) {
    let costs = costs(6, START + 20, START..START + 20);
    let kept = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
    let mut wider = found("vm", START + 5, START + 9, 45, Course::Stays);
    wider.finding.place = Vec::new();
    wider.raw.place = place_of(&[]);
    let fresh = Fresh { found: vec![wider], ..seen(&costs, START + 10, None).remove(0) };
    (kept, fresh)
}

#[test]
fn what_is_told_at_another_place_is_not_told_twice() {
    let (kept, fresh) = told_wider();
    let merged = merge(kept, &[fresh], &[], (Day(START + 10), 9));
    assert_eq!(merged.anomalies.iter().filter(|a| a.finding.course.is_going()).count(), 1, "{:#?}", merged.anomalies);
}

fn say(anomaly: &mut Anomaly, word: Word, like: Option<AnomalyId>) {
    anomaly.say(Saying { word, who: "ana".into(), at: 9, note: "mine".into(), like, moved: None });
}

fn reopened(anomaly: &mut Anomaly) {
    say(anomaly, Word::Acknowledged, None);
    say(anomaly, Word::Reopened, None);
}

fn undone(anomaly: &mut Anomaly) {
    say(anomaly, Word::Acknowledged, None);
    anomaly.said = None;
    anomaly.note(Happened::Undone { at: 10 });
}

/// What was said of another one and is outgrown, nobody said of this one.
fn outgrown(anomaly: &mut Anomaly) {
    say(anomaly, Word::Expected, Some(AnomalyId(7)));
    super::super::spoken::outgrow(anomaly, 10);
}

#[test]
fn what_somebody_spoke_of_is_kept_though_its_money_is_told_at_another_place() {
    let (kept, fresh) = told_wider();
    let speak: [fn(&mut Anomaly); 3] = [reopened, undone, outgrown];
    let spoken = speak.map(|speak| {
        let mut spoken = kept.clone();
        speak(&mut spoken[0]);
        spoken
    });
    for (spoken, left) in spoken.into_iter().zip([2, 2, 1]) {
        let (id, history) = (spoken[0].id, spoken[0].history.clone());
        let merged = merge(spoken, std::slice::from_ref(&fresh), &[], (Day(START + 10), 9));
        assert_eq!((merged.anomalies.len(), merged.forgotten.len()), (left, 2 - left), "{history:?}");
        if left == 2 {
            let same = merged.anomalies.iter().find(|anomaly| anomaly.id == id).expect("kept");
            assert!(same.history.starts_with(&history), "{:?}", same.history);
        }
    }
}

/// What was found as of some days later, when of the anomaly's place no day has come from one on: another provider's
/// are waited for.
fn waits(costs: &[f64], from: i32, as_of: i32, finding: Option<Course>) -> Merged {
    let kept = look(vec![], costs, START + 4, Some(Course::GoesOn)).anomalies;
    let mut fresh = seen(costs, as_of, finding);
    for days in fresh[0].places.values_mut() {
        days.settled = (from - FIRST) as usize;
        days.costs.iter_mut().skip(days.settled).for_each(|cost| *cost = None);
    }
    merge(kept, &fresh, &[], (Day(as_of), 9))
}

#[test]
fn a_day_that_is_waited_for_was_not_restated() {
    let costs = costs(7, START + 20, START..START + 20);
    let kept = look(vec![], &costs, START + 4, Some(Course::GoesOn)).anomalies;
    for from in [START - 3, START, START + 2] {
        let merged = waits(&costs, from, START + 6, None);
        assert_eq!((&merged.resolved[..], &merged.changed[..]), (&[][..], &[][..]), "known until {}", from - START);
        assert_eq!(merged.anomalies[0].finding, kept[0].finding, "known until {}", from - START);
        // Once all has come, it is what it would have been; where it was restated meanwhile, that is seen.
        let later = look(merged.anomalies.clone(), &costs, START + 10, None);
        let course = later.anomalies[0].finding.course;
        assert!(later.opened.is_empty() && course == Course::Stays, "known until {}: {course:?}", from - START);
        let restated = self::costs(7, START + 20, 0..0);
        for merged in [merged, waits(&costs, from, START + 6, Some(Course::GoesOn))] {
            let later = look(merged.anomalies, &restated, START + 10, None);
            assert_eq!(later.anomalies[0].finding.course, Course::NotFound, "known until {}", from - START);
        }
    }
}

#[test]
fn what_another_provider_costs_tells_nothing_of_it() {
    let costs = costs(8, START + 20, START..START + 20);
    let kept = look(vec![], &costs, START + 3, Some(Course::GoesOn)).anomalies;
    let spot = |value: &str| crate::domain::anomaly::Spot {
        dimension: crate::domain::dimension::Dimension::SubAccount,
        value: value.into(),
        name: None,
    };
    // (Whose charges the other place holds, whether it may be of the same money.)
    for (provider, is_same) in [("Azure", false), ("AWS", true)] {
        for finding in [None, Some(Course::Over)] {
            let mut other = found("vm", START + 5, START + 9, 30, Course::Stays);
            other.finding.place = vec![spot("one")];
            other.raw.place = place_of(&other.finding.place);
            let mut fresh = seen(&costs, START + 10, finding).remove(0);
            let days = fresh.places.values().next().cloned().expect("days");
            fresh.places.insert(other.raw.place.clone(), Days { providers: vec![provider.into()], ..days });
            fresh.found.iter_mut().for_each(|over| over.finding.last = Day(START + 3));
            fresh.found.push(other);
            let merged = merge(kept.clone(), &[fresh], &[], (Day(START + 10), 9));
            let course = merged.anomalies.iter().find(|a| a.id == kept[0].id).map(|a| a.finding.course);
            let is = match finding {
                _ if !is_same => Some(Course::Stays),
                None => None,
                Some(_) => Some(Course::Over),
            };
            assert_eq!(course, is, "{provider}: {finding:?}");
        }
    }
}

#[test]
fn what_came_on_the_same_weekday_before_says_nothing_of_what_the_others_cost() {
    let sunday = (START..START + 7).find(|day| Day(*day).weekday().num_days_from_monday() == 6).expect("Sunday");
    for seed in 1..20 {
        let mut costs = costs(seed, sunday + 10, 0..0);
        for (day, times) in [(sunday - 14, 3.1), (sunday - 7, 4.1), (sunday, 2.6)] {
            costs[(day - FIRST) as usize] *= times;
        }
        let fresh = |day: i32| {
            let mut fresh = seen(&costs, day, Some(Course::Over));
            let finding = &mut fresh[0].found[0].finding;
            (finding.start, finding.last) = (Day(sunday), Day(sunday));
            finding.day.expected = crate::domain::money::Amount::whole(60);
            finding.unlike = [sunday - 14, sunday - 7].map(|day| Period { from: Day(day), to: Day(day + 1) }).into();
            fresh
        };
        let held =
            hold(&fresh(sunday + 8)[0].found[0].finding, fresh(sunday + 8)[0].places.values().next().expect("one"));
        let monday = held.expected(Day(sunday + 1)).to_f64();
        assert!((90.0..110.0).contains(&monday), "seed {seed}: {monday} on a Monday");
        let kept = merge(vec![], &fresh(sunday + 8), &[], (Day(sunday + 8), 1)).anomalies;
        assert_eq!((kept[0].finding.course, kept[0].finding.last), (Course::Over, Day(sunday)), "seed {seed}");
    }
}
