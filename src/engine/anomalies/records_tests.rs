//! Tests of what a new detection makes of the records.

use super::*;
use crate::analytics::detect::event::{Event, Phase, Shape};
use crate::analytics::detect::tree;
use crate::domain::anomaly::{Contributor, Kind, Reckoned, Severity, State};
use crate::domain::dimension::Dimension;

pub(in crate::engine::anomalies) const TODAY: Day = Day(20_000);

pub(in crate::engine::anomalies) fn spot(service: &str) -> Spot {
    Spot { dimension: Dimension::Service, value: service.into(), name: None }
}

pub(in crate::engine::anomalies) fn found(service: &str, start: i32, last: i32, by: i64, course: Course) -> Found {
    let amount = Amount::whole;
    let day = Reckoned { expected: amount(100), lower: amount(80), upper: amount(120), actual: amount(100 + by) };
    let finding = Finding {
        place: vec![spot(service)],
        kind: Kind::Step,
        unlike: Vec::new(),
        rises: by > 0,
        severity: Severity::High,
        start: Day(start),
        start_hour: None,
        evening: None,
        hourly: false,
        found: Day(start),
        last: Day(last),
        unsettled: 0,
        day,
        peak: (Day(start), day),
        impact: amount(by).scale_by(i64::from(last - start + 1), 1),
        rate: amount(by),
        relabelled: false,
        course,
        contributors: Vec::new(),
        cancels: None,
    };
    let event = Event {
        shape: Shape::Step,
        direction: if by > 0 { Direction::Up } else { Direction::Down },
        phase: Phase::Lasting,
        start: start.into(),
        found: start.into(),
        last: last.into(),
        score: 9.0,
        peak: start.into(),
        actual: finding.peak.1.actual.to_f64(),
        expected: 0.0,
        lower: 0.0,
        upper: 0.0,
        impact: 0.0,
        steps: 1,
        unsettled: 0,
        rate: 0.0,
    };
    let raw = tree::Anomaly {
        place: place_of(&finding.place),
        kind: tree::Kind::Moved(Shape::Step),
        event,
        moved: by as f64,
        is_net: false,
        has_further: false,
        contributors: Vec::new(),
        cancels: None,
    };
    Found { raw, finding }
}

pub(in crate::engine::anomalies) fn fresh(found: Vec<Found>) -> Vec<Fresh> {
    vec![Fresh { currency: "USD".into(), first: Day(19_800), found, ..Fresh::default() }]
}

pub(in crate::engine::anomalies) fn saying(word: Word) -> Saying {
    Saying { word, who: "ana".into(), at: 9, note: "mine".into(), like: None, moved: None }
}

pub(in crate::engine::anomalies) fn say(anomaly: &mut Anomaly, word: Word) {
    anomaly.say(saying(word));
}

#[test]
fn what_was_said_stays_through_another_detection_and_restated_days() {
    let first = merge(vec![], &fresh(vec![found("vm", 19_990, 19_995, 50, Course::GoesOn)]), &[], (TODAY, 1));
    assert_eq!((first.opened.len(), first.changed.len(), first.resolved.len()), (1, 1, 0));
    let mut kept = first.anomalies;
    say(&mut kept[0], Word::Acknowledged);
    let id = kept[0].id;
    // The same again changes nothing.
    let same = fresh(vec![found("vm", 19_990, 19_995, 50, Course::GoesOn)]);
    let again = merge(kept.clone(), &same, &[], (TODAY, 2));
    assert_eq!((again.changed, again.opened, &again.anomalies), (vec![], vec![], &kept));
    // Days later it goes on, began a day earlier, and costs more: it is the same.
    let later = merge(kept, &fresh(vec![found("vm", 19_989, 19_999, 70, Course::Stays)]), &[], (TODAY, 3));
    let anomaly = &later.anomalies[0];
    assert_eq!((later.anomalies.len(), anomaly.id, anomaly.state(TODAY)), (1, id, State::Acknowledged));
    assert_eq!((anomaly.finding.start, later.opened.len()), (Day(19_989), 0));
    // It ends by itself, returns, and is found no more: what was said is there all the time.
    let over = merge(later.anomalies, &fresh(vec![found("vm", 19_989, 19_999, 70, Course::Over)]), &[], (TODAY, 4));
    assert_eq!((over.resolved.as_slice(), over.anomalies[0].state(TODAY)), (&[id][..], State::Resolved));
    let back = merge(over.anomalies, &fresh(vec![found("vm", 19_989, 19_999, 70, Course::Stays)]), &[], (TODAY, 5));
    assert_eq!((back.opened.as_slice(), back.anomalies[0].state(TODAY)), (&[id][..], State::Acknowledged));
    let gone = merge(back.anomalies, &fresh(vec![]), &[], (TODAY, 6));
    assert_eq!((gone.resolved.as_slice(), gone.anomalies[0].finding.course), (&[id][..], Course::NotFound));
    let happened = &gone.anomalies[0].history;
    assert_eq!(happened.iter().filter(|h| matches!(h, Happened::Said(said) if said.who.raw() == "ana")).count(), 1);
    assert_eq!(happened.len(), 5, "{happened:?}");
}

#[test]
fn what_is_expected_teaches_its_place_and_no_other() {
    let begun = merge(vec![], &fresh(vec![found("vm", 19_900, 19_905, 50, Course::Over)]), &[], (TODAY, 1));
    let mut kept = begun.anomalies;
    say(&mut kept[0], Word::Expected);
    let saying = kept[0].said.clone().expect("said");
    let rules = [(kept[0].id, Rule::of(&kept[0], &saying))];
    let old = || found("vm", 19_900, 19_905, 50, Course::Over);
    for (new, opened) in [
        (found("vm", 19_990, 19_995, 55, Course::GoesOn), 0),
        (found("vm", 19_990, 19_995, 90, Course::GoesOn), 1),
        (found("vm", 19_990, 19_995, -50, Course::GoesOn), 1),
        (found("db", 19_990, 19_995, 50, Course::GoesOn), 1),
    ] {
        let merged = merge(kept.clone(), &fresh(vec![old(), new.clone()]), &rules, (TODAY, 2));
        assert_eq!(merged.opened.len(), opened, "{:?}", new.finding);
        assert_eq!(merged.anomalies.len(), 2);
    }
    // What grows beyond it is open again.
    let new = found("vm", 19_990, 19_995, 55, Course::GoesOn);
    let like = merge(kept, &fresh(vec![old(), new]), &rules, (TODAY, 2)).anomalies;
    assert_eq!(like[1].state(TODAY), State::Expected);
    let grown = found("vm", 19_990, 19_998, 200, Course::GoesOn);
    let merged = merge(like, &fresh(vec![old(), grown]), &rules, (TODAY, 3));
    assert_eq!((merged.opened.len(), merged.anomalies[1].state(TODAY)), (1, State::Open));
}

#[test]
fn a_spike_that_is_expected_teaches_no_step() {
    let spike = || found("vm", 19_900, 19_900, 50, Course::Over);
    let mut kept = merge(vec![], &fresh(vec![spike()]), &[], (TODAY, 1)).anomalies;
    say(&mut kept[0], Word::Expected);
    let saying = kept[0].said.clone().expect("said");
    let rules = [(kept[0].id, Rule::of(&kept[0], &saying))];
    // For a few days it may be its like; then it is open.
    let young = found("vm", 19_990, 19_992, 40, Course::GoesOn);
    let merged = merge(kept, &fresh(vec![spike(), young]), &rules, (TODAY, 2));
    assert_eq!((merged.opened.len(), merged.anomalies[1].state(TODAY)), (0, State::Expected));
    let stays = found("vm", 19_990, 19_993, 40, Course::GoesOn);
    let merged = merge(merged.anomalies, &fresh(vec![spike(), stays.clone()]), &rules, (TODAY, 3));
    assert_eq!((merged.opened.len(), merged.anomalies[1].state(TODAY)), (1, State::Open));
    // What is expected while it goes on is, however long.
    let rules = rules.map(|(id, rule)| (id, Rule { lasted: None, ..rule }));
    let merged = merge(vec![], &fresh(vec![stays]), &rules, (TODAY, 2));
    assert_eq!(merged.anomalies[0].state(TODAY), State::Expected);
}

/// The same move at one place or another, of a service and an account that have nearly all of it.
pub(in crate::engine::anomalies) fn at(
    place: &[(Dimension, &str)],
    by: &[(Dimension, &str)],
    start: i32,
    amount: i64,
) -> Found {
    let spot = |(dimension, value): &(Dimension, &str)| Spot {
        dimension: dimension.clone(),
        value: (*value).into(),
        name: None,
    };
    let mut found = found("", start, start + 2, amount, Course::GoesOn);
    found.finding.place = place.iter().map(spot).collect();
    found.raw.place = place_of(&found.finding.place);
    let contributor = |of| Contributor { spot: spot(of), share: 0.96, moved: Amount::whole(amount) };
    found.finding.contributors = by.iter().map(contributor).collect();
    found
}

#[test]
fn the_same_money_at_another_place_is_the_same_anomaly_and_as_expected_as_before() {
    let (account, service, team) = (Dimension::SubAccount, Dimension::Service, Dimension::Tag("team".into()));
    let (prod, vm) = ((account.clone(), "prod"), (service, "vm"));
    let places = |start: i32, amount: i64| {
        [
            at(&[prod.clone(), vm.clone()], &[], start, amount),
            at(&[vm.clone(), (team.clone(), "ml")], std::slice::from_ref(&prod), start, amount),
            at(&[prod.clone(), (Dimension::Region, "east")], std::slice::from_ref(&vm), start, amount),
            at(&[(Dimension::Provider, "AWS")], &[prod.clone(), vm.clone()], start, amount),
        ]
    };
    for first in places(19_900, 100) {
        let begun = merge(vec![], &fresh(vec![first.clone()]), &[], (TODAY, 1)).anomalies;
        for again in places(19_901, 110) {
            let merged = merge(begun.clone(), &fresh(vec![again]), &[], (TODAY, 2)).anomalies;
            assert_eq!((merged.len(), merged[0].id), (1, begun[0].id));
        }
        let mut kept = begun;
        say(&mut kept[0], Word::Expected);
        let saying = kept[0].said.clone().expect("said");
        let rules = [(kept[0].id, Rule::of(&kept[0], &saying))];
        for later in places(19_990, 110) {
            let merged = merge(kept.clone(), &fresh(vec![first.clone(), later]), &rules, (TODAY, 2));
            assert_eq!((merged.anomalies.len(), merged.opened.len()), (2, 0));
        }
        let other = at(&[(account.clone(), "dev"), vm.clone()], &[], 19_990, 100);
        let merged = merge(kept, &fresh(vec![first, other]), &rules, (TODAY, 2));
        assert_eq!(merged.opened.len(), 1, "another account");
    }
}

/// Findings beside the days of their places, the charges of one provider.
pub(in crate::engine::anomalies) fn of_one_provider(found: Vec<Found>, others: &[&Found]) -> Vec<Fresh> {
    let places = found.iter().chain(others.iter().copied()).map(|found| {
        let (start, per_day) = (found.finding.start.0, found.finding.rate.to_f64());
        let cost = |day| Some(if day < start { 100.0 } else { 100.0 + per_day });
        let costs: Vec<_> = (19_800..TODAY.0).map(cost).collect();
        let settled = costs.len();
        (place_of(&found.finding.place), Days { first: Day(19_800), costs, settled, providers: vec!["GCP".into()] })
    });
    vec![Fresh {
        currency: "USD".into(),
        first: Day(19_800),
        daily: 900.0,
        places: places.collect(),
        found,
        ..Fresh::default()
    }]
}

#[test]
fn what_spreads_keeps_what_was_said_and_is_counted_once() {
    let service = |value| at(&[(Dimension::Service, value)], &[], 19_995, 50);
    let wide = |by| at(&[(Dimension::Provider, "GCP")], &[], 19_996, by);
    for by in [140, 190] {
        let (vm, db) = (service("vm"), service("db"));
        let mut kept = merge(vec![], &of_one_provider(vec![vm.clone(), db.clone()], &[]), &[], (TODAY, 1)).anomalies;
        kept.iter_mut().for_each(|anomaly| say(anomaly, Word::Acknowledged));
        let (first, second) = (kept[0].id, kept[1].id);
        // What neither service has alone is at the provider of both.
        let merged = merge(kept, &of_one_provider(vec![wide(by)], &[&vm, &db]), &[], (TODAY, 2));
        let state = |anomaly: &Anomaly| (anomaly.id, anomaly.state(TODAY), anomaly.finding.course);
        let is = State::Acknowledged;
        let states: Vec<_> = merged.anomalies.iter().map(state).collect();
        assert_eq!(states, [(first, is, Course::GoesOn), (second, State::Resolved, Course::Within)], "{by}");
        assert_eq!((merged.opened.len(), merged.resolved.as_slice()), (0, &[second][..]));
        let moved = Happened::Moved { at: 2, from: vec![spot("vm")] };
        assert!(merged.anomalies[0].history.contains(&moved), "{:?}", merged.anomalies[0].history);
        // The same again changes nothing; where it is told alone again, what was said is there.
        let again = merge(merged.anomalies, &of_one_provider(vec![wide(by)], &[&vm, &db]), &[], (TODAY, 3));
        assert_eq!((again.opened.as_slice(), again.resolved.as_slice()), (&[][..], &[][..]));
        let alone = merge(again.anomalies, &of_one_provider(vec![db.clone()], &[&wide(by)]), &[], (TODAY, 4));
        assert!(alone.anomalies.iter().any(|a| a.id == second && a.state(TODAY) == State::Acknowledged), "{by}");
    }
}

#[test]
fn what_spreads_over_several_is_the_one_that_has_most_of_it_and_is_held_against_all_that_was_spoken_of() {
    let service = |value, start, by| at(&[(Dimension::Service, value)], &[], start, by);
    let parts = [service("vm", 19_995, 263), service("db", 19_994, 634), service("queue", 19_995, 151)];
    let mut kept = merge(vec![], &of_one_provider(parts.to_vec(), &[]), &[], (TODAY, 1)).anomalies;
    kept.iter_mut().for_each(|anomaly| say(anomaly, Word::Acknowledged));
    let most = kept.iter().find(|anomaly| anomaly.finding.moved() == Amount::whole(634)).expect("most").id;
    for (by, is_same) in [(1_500, true), (2_000, true), (2_200, false)] {
        let wide = at(&[(Dimension::Provider, "GCP")], &[], 19_995, by);
        let others: Vec<&Found> = parts.iter().collect();
        let merged = merge(kept.clone(), &of_one_provider(vec![wide], &others), &[], (TODAY, 2));
        let going = merged.anomalies.iter().filter(|anomaly| anomaly.finding.course.is_going());
        let going: Vec<_> = going.map(|anomaly| (anomaly.id == most, anomaly.state(TODAY))).collect();
        assert_eq!(going, [(is_same, if is_same { State::Acknowledged } else { State::Open })], "{by}");
    }
}

#[test]
fn a_provider_of_one_account_is_that_account() {
    let (kayak, ocean) = ((Dimension::SubAccount, "kayak"), (Dimension::Provider, "DigitalOcean"));
    let account = at(std::slice::from_ref(&kayak), &[], 19_990, 520);
    let provider = at(std::slice::from_ref(&ocean), std::slice::from_ref(&kayak), 19_990, 533);
    for (first, then) in [(account.clone(), provider.clone()), (provider, account)] {
        let mut kept = merge(vec![], &fresh(vec![first]), &[], (TODAY, 1)).anomalies;
        say(&mut kept[0], Word::Acknowledged);
        let merged = merge(kept.clone(), &fresh(vec![then]), &[], (TODAY, 2));
        assert_eq!((merged.opened.len(), merged.anomalies.len()), (0, 1));
        assert_eq!((merged.anomalies[0].id, merged.anomalies[0].state(TODAY)), (kept[0].id, State::Acknowledged));
    }
}

#[test]
fn currencies_are_apart_and_old_ones_that_nobody_spoke_of_are_forgotten() {
    let both = ["USD", "EUR"].map(|currency| Fresh {
        currency: currency.into(),
        first: Day(19_800),
        found: vec![found("vm", 19_990, 19_995, 50, Course::GoesOn)],
        ..Fresh::default()
    });
    let merged = merge(vec![], &both, &[], (TODAY, 1));
    assert_eq!(merged.anomalies.len(), 2);
    assert_ne!(merged.anomalies[0].id, merged.anomalies[1].id);
    // A currency that cannot be looked at leaves what is known of it alone.
    let again = merge(merged.anomalies, &both[..1], &[], (TODAY, 2));
    assert_eq!((again.changed.len(), again.anomalies.len()), (0, 2));
    let mut over = again.anomalies;
    over.iter_mut().for_each(|anomaly| anomaly.finding.course = Course::Over);
    say(&mut over[1], Word::Acknowledged);
    let later = merge(over, &[], &[], (TODAY.plus(KEPT_DAYS + 10), 3));
    assert_eq!((later.forgotten.len(), later.anomalies.len()), (1, 1));
}
