//! Tests of what goes on already: it is told once, where it was, with all that it came to.

use super::super::records::merge;
use super::super::records::tests::{TODAY, at, say};
use super::*;
use crate::domain::anomaly::{AnomalyId, State, Word};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;

const FIRST: i32 = 19_800;

/// What was found, and the days of places that cost 100 and on some days more.
fn seen<'f>(found: Vec<Found>, places: impl IntoIterator<Item = (&'f Found, &'f dyn Fn(i32) -> f64)>) -> Vec<Fresh> {
    let days = |(found, more): (&Found, &dyn Fn(i32) -> f64)| {
        let costs: Vec<_> = (FIRST..TODAY.0).map(|day| Some(100.0 + more(day))).collect();
        let settled = costs.len();
        (found.raw.place.clone(), Days { first: Day(FIRST), costs, settled, providers: vec!["GCP".into()] })
    };
    let places = places.into_iter().map(days).collect();
    vec![Fresh { currency: "USD".into(), first: Day(FIRST), daily: 900.0, found, places, ..Fresh::default() }]
}

/// A step of a place until today, or until a day.
fn step(place: &[(Dimension, &str)], start: i32, last: i32, by: i64) -> Found {
    let mut found = at(place, &[], start, by);
    let course = if last + 1 < TODAY.0 { Course::Over } else { Course::GoesOn };
    (found.finding.last, found.finding.course) = (Day(last), course);
    found.finding.impact = Amount::whole(by).scale_by(i64::from(last - start + 1), 1);
    (found.raw.event.start, found.raw.event.last) = (start.into(), last.into());
    found
}

fn told(anomalies: &[Anomaly]) -> Vec<(AnomalyId, State, i32, i32, i64)> {
    let of = |anomaly: &Anomaly| {
        let Finding { start, last, impact, .. } = &anomaly.finding;
        (anomaly.id, anomaly.state(TODAY), start.0, last.0, impact.to_f64().round() as i64)
    };
    anomalies.iter().map(of).collect()
}

fn places() -> [(Dimension, &'static str); 4] {
    let service = |value| (Dimension::Service, value);
    [(Dimension::Provider, "GCP"), service("vm"), service("db"), (Dimension::SubAccount, "prod")]
}

#[test]
fn what_pauses_for_two_days_is_one_and_its_money_is_told_once() {
    let [provider, vm, db, _] = places();
    let wide = step(&[provider], 19_988, 19_991, 100);
    let parts = [step(&[vm], 19_994, 19_999, 60), step(&[db], 19_994, 19_999, 40)];
    let on = |by: f64| move |day: i32| if (19_988..19_992).contains(&day) || day >= 19_994 { by } else { 0.0 };
    let (all, most, rest) = (on(100.0), on(60.0), on(40.0));
    let of = |found| seen(found, [(&wide, &all as &dyn Fn(i32) -> f64), (&parts[0], &most), (&parts[1], &rest)]);
    // All at once, and where it was acknowledged before it paused.
    let everything = || parts.iter().cloned().chain([wide.clone()]).collect::<Vec<_>>();
    let first = merge(vec![], &of(everything()), &[], (TODAY, 1)).anomalies;
    let mut kept = merge(vec![], &of(vec![wide.clone()]), &[], (TODAY, 1)).anomalies;
    let id = kept[0].id;
    assert_eq!(told(&first), [(id, State::Open, 19_988, 19_999, 1_000)]);
    say(&mut kept[0], Word::Acknowledged);
    for found in [everything(), parts.to_vec()] {
        let again = merge(kept.clone(), &of(found), &[], (TODAY, 2));
        assert_eq!(told(&again.anomalies), [(id, State::Acknowledged, 19_988, 19_999, 1_000)]);
        assert_eq!(again.opened, []);
    }
    // What is off more than before is something else beside it.
    let more = |day: i32| all(day) + if day >= 19_994 { 80.0 } else { 0.0 };
    let dearer = [step(&[places()[1].clone()], 19_994, 19_999, 140)];
    let fresh = seen(dearer.to_vec(), [(&wide, &more as &dyn Fn(i32) -> f64), (&dearer[0], &most)]);
    assert_eq!(merge(kept, &fresh, &[], (TODAY, 2)).opened.len(), 1);
}

#[test]
fn a_wider_place_is_told_only_of_what_would_be_out_without_what_is_known() {
    let [provider, vm, ..] = places();
    let own = step(std::slice::from_ref(&vm), 19_995, 19_999, 60);
    let on = |day: i32| if day >= 19_995 { 60.0 } else { 0.0 };
    for (by, is_new) in [(75, false), (110, true)] {
        let wide = step(std::slice::from_ref(&provider), 19_996, 19_999, by);
        let of = |found| seen(found, [(&own, &on as &dyn Fn(i32) -> f64), (&wide, &on)]);
        let kept = merge(vec![], &of(vec![own.clone()]), &[], (TODAY, 1)).anomalies;
        let merged = merge(kept.clone(), &of(vec![wide.clone()]), &[], (TODAY, 2)).anomalies;
        assert_eq!((merged.len(), merged[0].id), (1, kept[0].id));
        assert_eq!(merged[0].finding.place == wide.finding.place, is_new, "{by}");
        let want = if is_new { i64::from(by as i32) * 4 } else { 300 };
        assert_eq!(told(&merged)[0].4, want, "{by}");
    }
}

#[test]
fn a_place_within_takes_over_only_with_nearly_all_of_the_money_while_it_goes_on() {
    let [provider, .., prod] = places();
    let on = |day: i32| if day >= 19_990 { 100.0 } else { 0.0 };
    let over = |day: i32| if (19_990..19_995).contains(&day) { 100.0 } else { 0.0 };
    for (days, by, is_told) in [(&on as &dyn Fn(i32) -> f64, 60, false), (&on, 95, true), (&over, 60, true)] {
        let last = if days(19_999) > 0.0 { 19_999 } else { 19_994 };
        let wide = step(std::slice::from_ref(&provider), 19_990, last, 100);
        let inner = step(std::slice::from_ref(&prod), 19_990, 19_999, by);
        let of = |found| seen(found, [(&wide, days), (&inner, &on)]);
        let kept = merge(vec![], &of(vec![wide.clone()]), &[], (TODAY, 1)).anomalies;
        let merged = merge(kept, &of(vec![inner.clone()]), &[], (TODAY, 2)).anomalies;
        let is_inner = |anomaly: &Anomaly| anomaly.finding.place == inner.finding.place;
        assert_eq!(merged.iter().any(is_inner), is_told, "{by}: {:?}", told(&merged));
    }
    // Who has all of it there is the place.
    let wide = at(std::slice::from_ref(&provider), std::slice::from_ref(&prod), 19_990, 100);
    let inner = step(&[provider, prod], 19_990, 19_999, 100);
    let of = |found| seen(found, [(&wide, &on as &dyn Fn(i32) -> f64), (&inner, &on)]);
    let kept = merge(vec![], &of(vec![wide.clone()]), &[], (TODAY, 1)).anomalies;
    let merged = merge(kept, &of(vec![inner.clone()]), &[], (TODAY, 2)).anomalies;
    assert_eq!((merged.len(), &merged[0].finding.place), (1, &inner.finding.place));
}

#[test]
fn what_is_found_with_a_later_beginning_keeps_its_own() {
    let vm = [places()[1].clone()];
    let (first, later) = (step(&vm, 19_990, 19_999, 50), step(&vm, 19_993, 19_999, 50));
    // (What the days before the later beginning cost more, what it comes to.)
    for (before, start, want) in [(50.0, 19_990, 500), (0.0, 19_993, 350)] {
        let on = |day: i32| {
            if day >= 19_993 {
                50.0
            } else if day >= 19_990 {
                before
            } else {
                0.0
            }
        };
        let was = |day: i32| if day >= 19_990 { 50.0 } else { 0.0 };
        let kept = merge(vec![], &seen(vec![first.clone()], [(&first, &was as &dyn Fn(i32) -> f64)]), &[], (TODAY, 1));
        let fresh = seen(vec![later.clone()], [(&later, &on as &dyn Fn(i32) -> f64)]);
        let merged = merge(kept.anomalies.clone(), &fresh, &[], (TODAY, 2)).anomalies;
        assert_eq!(told(&merged), [(kept.anomalies[0].id, State::Open, start, 19_999, want)]);
    }
}

#[test]
fn what_began_later_within_a_place_and_is_told_by_itself_is_not_told_of_the_place_again() {
    let [provider, .., prod] = places();
    let all = |day: i32| {
        if day >= 19_996 {
            160.0
        } else if day >= 19_988 {
            100.0
        } else {
            0.0
        }
    };
    let part = |day: i32| if day >= 19_996 { 60.0 } else { 0.0 };
    let (wide, inner) = (step(&[provider], 19_988, 19_999, 100), step(&[prod], 19_996, 19_999, 60));
    let of = |found| seen(found, [(&wide, &all as &dyn Fn(i32) -> f64), (&inner, &part)]);
    let mut kept = merge(vec![], &of(vec![wide.clone()]), &[], (TODAY, 1)).anomalies;
    say(&mut kept[0], Word::Acknowledged);
    let merged = merge(kept, &of(vec![inner.clone()]), &[], (TODAY, 2)).anomalies;
    let impacts: Vec<i64> = told(&merged).iter().map(|told| told.4).collect();
    assert_eq!(impacts, [1_200, 240]);
    let again = merge(merged, &of(vec![inner.clone()]), &[], (TODAY, 3));
    assert_eq!((again.changed, told(&again.anomalies)[0].4), (vec![], 1_200));
}
