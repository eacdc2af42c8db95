//! Tests of what outgrows what was said, and of when that counts again.

use super::super::find::Found;
use super::super::hold::Days;
use super::super::records::tests::{TODAY, at, found, fresh, of_one_provider, say, saying};
use super::super::records::{Fresh, merge};
use super::*;
use crate::domain::anomaly::{State, Word};
use crate::domain::dimension::Dimension;

fn is_outgrown(happened: &Happened) -> bool {
    matches!(happened, Happened::Outgrown { at: 2, .. })
}

#[test]
fn what_grows_at_its_place_beyond_twice_what_was_spoken_of_is_open_again_but_for_its_first_day() {
    let step = |last, by| fresh(vec![found("vm", 19_995, last, by, Course::GoesOn)]);
    for (last, by, is_open) in [(19_997, 180, false), (19_997, 303, true), (19_995, 303, false)] {
        let mut kept = merge(vec![], &step(19_995, 92), &[], (TODAY, 1)).anomalies;
        // As the one who says it does, it is kept by how much it was off.
        kept[0].say(Saying { moved: Some(Amount::whole(92)), ..saying(Word::Acknowledged) });
        let grown = merge(kept, &step(last, by), &[], (TODAY, 2));
        let anomaly = &grown.anomalies[0];
        let (opened, outgrown) = (grown.opened.len() == 1, anomaly.history.iter().any(is_outgrown));
        let state = anomaly.state(TODAY) == State::Open;
        assert_eq!((state, opened, outgrown), (is_open, is_open, is_open), "{last}, {by}: {:?}", anomaly.history);
        // It is told once.
        let again = merge(grown.anomalies, &step(last, by), &[], (TODAY, 3));
        assert_eq!((again.opened.len(), again.changed.len()), (0, 0));
    }
}

#[test]
fn what_spreads_bit_by_bit_outgrows_what_was_spoken_of_as_well() {
    let places = [(Dimension::Service, "vm"), (Dimension::Provider, "GCP")];
    let [service, provider] = &places;
    let both = [service.clone(), (Dimension::Region, "east")];
    let steps = [at(&both, &[], 19_995, 50), at(std::slice::from_ref(service), &[], 19_995, 90)];
    let mut kept = merge(vec![], &of_one_provider(vec![steps[0].clone()], &[]), &[], (TODAY, 1)).anomalies;
    say(&mut kept[0], Word::Acknowledged);
    let second = merge(kept, &of_one_provider(vec![steps[1].clone()], &[&steps[0]]), &[], (TODAY, 2)).anomalies;
    assert_eq!((second.len(), second[0].state(TODAY)), (1, State::Acknowledged));
    let last = at(std::slice::from_ref(provider), &[], 19_995, 150);
    let third = merge(second, &of_one_provider(vec![last], &[&steps[1]]), &[], (TODAY, 3)).anomalies;
    // Its own name is told; the word stays with what it was said of.
    let states: Vec<_> = third.iter().map(|a| (a.state(TODAY), a.finding.course)).collect();
    assert_eq!(states, [(State::Resolved, Course::Within), (State::Open, Course::GoesOn)], "{:?}", third[0].history);
    // Of moves in a row the first place is told.
    let moves = |anomaly: &Anomaly| anomaly.history.iter().filter(|h| matches!(h, Happened::Moved { .. })).count();
    let back = merge(third, &of_one_provider(vec![steps[1].clone()], &[&steps[0]]), &[], (TODAY, 4)).anomalies;
    assert_eq!((back[0].state(TODAY), moves(&back[0])), (State::Acknowledged, 1), "{:?}", back[0].history);
}

/// What was found of a place of one provider that costs 100, and since `19_995` more.
fn of_days(found: &[Found], by: i64, others: &[(&Found, i64)]) -> Vec<Fresh> {
    let mut fresh = of_one_provider(found.to_vec(), &[]);
    let all = found.iter().map(|found| (found, by)).chain(others.iter().copied());
    let days = |(found, by): (&Found, i64)| {
        let cost = |day| Some(if day < 19_995 { 100.0 } else { 100.0 + by as f64 });
        let costs: Vec<_> = (19_800..TODAY.0).map(cost).collect();
        let settled = costs.len();
        let days = Days { first: crate::domain::calendar::Day(19_800), costs, settled, providers: vec!["GCP".into()] };
        (found.raw.place.clone(), days)
    };
    fresh[0].places = all.map(days).collect();
    fresh
}

#[test]
fn what_was_delivered_twice_and_is_put_right_leaves_what_was_said_at_its_place() {
    let step = |by| found("vm", 19_995, 19_999, by, Course::GoesOn);
    let mut kept = merge(vec![], &of_days(&[step(90)], 90, &[]), &[], (TODAY, 1)).anomalies;
    say(&mut kept[0], Word::Acknowledged);
    let said = kept[0].said.clone();
    let doubled = merge(kept, &of_days(&[step(280)], 280, &[]), &[], (TODAY, 2)).anomalies;
    assert_eq!(doubled[0].state(TODAY), State::Open);
    // As it was it counts again; what merely costs less on later days is another matter, and who spoke last is right.
    let right = merge(doubled.clone(), &of_days(&[step(90)], 90, &[]), &[], (TODAY, 3));
    assert_eq!((right.anomalies[0].state(TODAY), &right.anomalies[0].said), (State::Acknowledged, &said));
    assert_eq!(right.anomalies[0].history.last(), Some(&Happened::PutRight { at: 3 }));
    let again = merge(right.anomalies, &of_days(&[step(90)], 90, &[]), &[], (TODAY, 4));
    assert_eq!(again.changed, []);
    let less = merge(doubled.clone(), &of_days(&[step(90)], 280, &[]), &[], (TODAY, 3)).anomalies;
    assert_eq!(less[0].state(TODAY), State::Open, "{:?}", less[0].history);
    let mut spoken = doubled;
    say(&mut spoken[0], Word::Reopened);
    let right = merge(spoken, &of_days(&[step(90)], 90, &[]), &[], (TODAY, 3)).anomalies;
    assert_eq!(right[0].state(TODAY), State::Open);
}

#[test]
fn what_a_provider_delivered_twice_is_told_by_itself_and_is_resolved_once_it_is_put_right() {
    let step = found("vm", 19_995, 19_999, 90, Course::GoesOn);
    let mut wide = at(&[(Dimension::Provider, "GCP")], &[], 19_996, 900);
    wide.finding.last = TODAY.plus(-1);
    let alone = || of_days(std::slice::from_ref(&step), 90, &[(&wide, 90)]);
    let mut kept = merge(vec![], &alone(), &[], (TODAY, 1)).anomalies;
    say(&mut kept[0], Word::Acknowledged);
    let (id, said) = (kept[0].id, kept[0].said.clone());
    let doubled = merge(kept, &of_days(std::slice::from_ref(&wide), 900, &[(&step, 190)]), &[], (TODAY, 2));
    let states: Vec<_> = doubled.anomalies.iter().map(|a| (a.id == id, a.state(TODAY), a.finding.course)).collect();
    assert_eq!(states, [(true, State::Resolved, Course::Within), (false, State::Open, Course::GoesOn)]);
    let right = merge(doubled.anomalies, &alone(), &[], (TODAY, 3)).anomalies;
    let states: Vec<_> = right.iter().map(|a| (a.id == id, a.state(TODAY), a.finding.course)).collect();
    assert_eq!(states, [(true, State::Acknowledged, Course::GoesOn), (false, State::Resolved, Course::NotFound)]);
    assert_eq!((&right[0].said, right[0].finding.impact), (&said, step.finding.impact));
}
