//! How anomalies of made-up bills are told: in which order, why, and as of which day.

use super::list::{self, AnomalyQuery};
use super::tests::{Charges, DB, FIRST, Of, VM, after_a_commitment, beside_oracle, engine, told};
use super::*;
use crate::domain::anomaly::{Course, Kind, State};
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::engine::answer::AnomalyAnswer;

#[test]
fn a_rise_and_a_fall_that_cancel_are_summed_apart_and_what_costs_comes_first() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    let [ml, cache] = ["ml", "cache"].map(|service| Of { service, resource: service, ..VM });
    charges.daily(cache, 0..80, 300.0);
    charges.daily(cache, 80..90, 40.0);
    charges.daily(ml, 0..80, 200.0);
    charges.daily(ml, 80..90, 430.0);
    let engine = engine();
    let found = charges.found_in(&engine, 93);
    assert_eq!(told(&found), [(Kind::Step, true, 80), (Kind::Step, false, 80)]);
    let stake = |at: usize| found[at].at_stake.abs();
    assert!(stake(1) > stake(0), "what fell is the larger move");
    let (marks, notice) =
        list::beside(&engine, (&Lens::default(), "USD"), Day(FIRST + 93), &Cancel::default()).expect("told");
    let text = notice.expect("told").text;
    assert!(
        text.starts_with("2 anomalies, +2,299") && text.contains(" and -2,600") && text.ends_with(" so far: ml"),
        "{text}"
    );
    assert_eq!(marks[0].place_words, "ml");
}

#[test]
fn why_a_commitments_end_costs_is_told_of_what_it_covered() {
    let engine = engine();
    let found = after_a_commitment().found_in(&engine, 105);
    let ended = found.iter().find(|one| one.anomaly.finding.kind == Kind::Expired);
    let ended = ended.unwrap_or_else(|| panic!("{:?}", told(&found)));
    assert_eq!(ended.anomaly.finding.cancels, None, "nothing moved the other way");
    let id = ended.anomaly.id.to_string();
    let answer = detail::answer(&engine, &id, Day(FIRST + 105), &Cancel::default()).expect("answer");
    // Two resources cost 40 a day more, for a week.
    let moved = answer.driver.and_then(|driver| Some(driver.figure.amount? - driver.figure.previous?));
    assert!(moved.is_some_and(|moved| (555.0..565.0).contains(&moved.to_f64())), "{moved:?}");
    assert!(answer.summary.contains(" Why: other (+5"), "{}", answer.summary);
    assert!(!answer.summary.contains("the other way"), "{}", answer.summary);
}

#[test]
fn the_end_of_a_commitment_is_the_same_one_each_day() {
    let bill = |days: i32| {
        let mut charges = Charges::new();
        for base in [VM, DB] {
            charges.daily(base, 0..days, 60.0);
            charges.daily(Of { resource: "new", commitment: "plan-b", ..base }, 0..85, 40.0);
            charges.daily(Of { resource: "new", ..base }, 85..days, 80.0);
        }
        charges.daily(Of { service: "ml", resource: "m-1", ..VM }, 86..days, 90.0);
        charges
    };
    let engine = engine();
    let ended = |days: i32| {
        let found = bill(days).found_in(&engine, days + 2);
        let ended = found.into_iter().filter(|one| one.anomaly.finding.kind == Kind::Expired);
        ended.map(|one| (one.anomaly.id, one.state)).collect::<Vec<_>>()
    };
    let first = ended(92);
    assert_eq!((first.len(), first[0].1), (1, State::Open));
    for days in 93..97 {
        assert_eq!(ended(days), first, "after {days} days");
    }
}

#[test]
fn under_a_provider_stands_what_is_of_its_charges_alone() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    let vault = Of { provider: "Oracle", service: "vault", resource: "v-1", ..VM };
    charges.daily(vault, 0..90, 40.0);
    charges.daily(Of { resource: "v-2", ..vault }, 80..90, 80.0);
    let engine = engine();
    assert_eq!(charges.found_in(&engine, 93).len(), 1);
    let beside = |text: &str| {
        let filter = Filter::parse(text, &[]).expect(text);
        let lens = Lens { filter: filter.clone(), ..Lens::default() };
        let query = AnomalyQuery { filter, ..AnomalyQuery::default() };
        let listed = list::answer(&engine, &query, Day(FIRST + 93), &Cancel::default()).expect("answer");
        let beside = list::beside(&engine, (&lens, "USD"), Day(FIRST + 93), &Cancel::default()).expect("told");
        (listed.anomalies.len(), beside.0.len())
    };
    for (text, want) in [("provider:oracle", 1), ("provider:aws", 0), ("-provider:oracle", 0), ("service:vault", 1)] {
        assert_eq!(beside(text), (want, want), "{text}");
    }
}

#[test]
fn what_began_later_is_not_told_of_a_day_and_what_is_known_of_a_later_one_says_so() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    charges.daily(DB, 0..90, 40.0);
    charges.daily(Of { resource: "d-2", ..DB }, 80..90, 80.0);
    let engine = engine();
    assert_eq!(charges.found_in(&engine, 93).len(), 1);
    let on = |day: i32| {
        let answer = list::answer(&engine, &AnomalyQuery::default(), Day(FIRST + day), &Cancel::default());
        let answer = answer.expect("answer");
        (answer.anomalies.len(), answer.looked.map(|looked| looked.0 - FIRST))
    };
    assert_eq!([on(79), on(80), on(93)], [(0, Some(93)), (1, Some(93)), (1, None)]);
    let beside = |day: i32| {
        list::beside(&engine, (&Lens::default(), "USD"), Day(FIRST + day), &Cancel::default()).expect("told")
    };
    assert!(beside(79).1.is_none() && beside(93).1.is_some());
}

#[test]
fn what_nothing_was_seen_of_for_thirty_days_goes_on_no_more() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    charges.daily(DB, 0..80, 80.0);
    charges.daily(DB, 80..90, 20.0);
    let engine = engine();
    charges.found_in(&engine, 93);
    let state = |day: i32| {
        let answer = list::answer(&engine, &AnomalyQuery::default(), Day(FIRST + day), &Cancel::default());
        let [one] = &answer.expect("answer").anomalies[..] else { panic!("one") };
        one.state
    };
    assert_eq!([state(93), state(119), state(121)], [State::Open, State::Open, State::Resolved]);
}

#[test]
fn days_that_are_taken_out_of_a_bill_leave_their_step_silent_and_foretell_nothing() {
    let engine = engine();
    let [before] = &beside_oracle(79, 79).found_in(&engine, 80)[..] else { panic!("one") };
    let finding = &before.anomaly.finding;
    assert!(finding.course.is_going() && finding.rate > Amount::whole(70), "{finding:?}");
    let found = beside_oracle(80, 70).found_in(&engine, 81);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    assert_eq!((one.anomaly.id, words::stands(one).as_str()), (before.anomaly.id, "open, silent"));
    let last = Day(FIRST + 69);
    assert!(words::silence(one).is_some_and(|s| s.ends_with(&format!("nothing has come from Oracle since {last}"))));
    let finding = &one.anomaly.finding;
    assert_eq!((one.at_stake, finding.rate), (finding.impact, Amount::ZERO), "{finding:?}");
    let answer = detail::answer(&engine, &one.anomaly.id.to_string(), Day(FIRST + 81), &Cancel::default());
    let AnomalyAnswer { summary, driver, .. } = answer.expect("answer");
    assert!(summary.contains(words::NOT_KNOWN) && !summary.contains("if it goes on"), "{summary}");
    assert!(driver.is_none(), "{summary}");
    assert!(!summary.contains("usage -") && !summary.contains("other -"), "{summary}");
    // Once they have come again it is what it was.
    let [again] = &beside_oracle(81, 81).found_in(&engine, 82)[..] else { panic!("one") };
    assert_eq!((again.anomaly.id, words::stands(again).as_str()), (before.anomaly.id, "open"));
}

#[test]
fn steps_of_different_days_that_end_together_leave_no_fall_above_them() {
    const SERVICES: [&str; 6] = ["batch", "cache", "lex", "ml", "queue", "web"];
    // (What a step costs, or leaves, and whether it is a rise.)
    for (stepped, rises) in [(300.0, true), (5.0, false)] {
        let engine = engine();
        for days in [84, 86, 88, 90, 91, 95] {
            let mut charges = Charges::new();
            charges.daily(VM, 0..days, 60.0);
            for (at, service) in (0..).zip(SERVICES) {
                let (of, from) = (Of { service, resource: service, ..VM }, 70 + at % 3);
                charges.daily(of, 0..from, 60.0);
                charges.daily(of, from..days.min(85), stepped);
                charges.daily(of, 85..days.max(85), 60.0);
            }
            let found = charges.found_in(&engine, days + 3);
            let told = told(&found);
            assert!(told.iter().all(|(_, up, start)| *up == rises && *start < 75), "{stepped}, {days}: {told:?}");
            assert!(!told.is_empty() && told.len() <= SERVICES.len(), "{stepped}, {days}: {told:?}");
            let going = found.iter().filter(|one| one.anomaly.finding.course.is_going()).count();
            assert_eq!(going > 0, days < 88, "{stepped}, {days}: {told:?}");
            assert!(
                days < 90 || found.iter().all(|one| one.anomaly.finding.course == Course::Over),
                "{days}: {told:?}"
            );
        }
    }
}

#[test]
fn the_same_charges_tell_the_same_shares() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    for (resource, cost) in [("a", 0.7), ("b", 1.1), ("c", 1.3), ("d", 0.9), ("e", 1.7), ("f", 30.0), ("g", 50.0)] {
        charges.daily(Of { resource, ..DB }, 80..90, cost);
        charges.daily(Of { resource, ..DB }, 0..80, cost / 3.0);
    }
    let shares = || {
        let found = charges.found_in(&engine(), 93);
        let contributors = found.iter().flat_map(|one| &one.anomaly.finding.contributors);
        contributors.map(|part| (part.spot.value.raw().to_owned(), part.share.to_bits())).collect::<Vec<_>>()
    };
    let first = shares();
    assert!(first.len() >= 2, "{first:?}");
    for _ in 0..12 {
        assert_eq!(shares(), first);
    }
}
