//! What of one trouble goes to a channel while more of it comes, and by clocks that go back.

use super::*;

const NOW: i64 = 1_800_000_000;

/// News of a trouble, so many seconds later.
fn news(subject: &str, turn: Turn, severity: Severity, later: i64) -> Letter {
    let message = Message {
        key: format!("{subject}/{severity:?}/{turn:?}/{later}"),
        subject: subject.to_owned(),
        kind: Kind::Budget,
        severity,
        turn,
        title: format!("{subject} {severity:?}").into(),
        ..Message::test("x", NOW + later)
    };
    Letter { follows: turn == Turn::Resolved, ..Letter::new(message, "a", NOW + later) }
}

fn raised(severity: Severity, later: i64) -> Letter {
    news("s", Turn::Raised, severity, later)
}

fn over(later: i64) -> Letter {
    news("s", Turn::Resolved, Severity::Info, later)
}

fn named(list: &[Letter]) -> BTreeMap<String, Letter> {
    list.iter().map(|letter| (letter.name(), letter.clone())).collect()
}

fn no_gates() -> BTreeMap<String, Gate> {
    BTreeMap::new()
}

#[test]
fn of_a_trouble_the_newest_is_told_and_nothing_of_one_that_was_over_unheard() {
    use Severity::{Critical, Warning};
    let heard = |letter: Letter| Letter { follows: true, ..letter };
    let tried = |letter: Letter| Letter { tries: 1, not_before: NOW + 900, ..letter };
    let held = |letter: Letter| Letter { not_before: NOW + 9_000, ..letter };
    for (what, list, told, dropped) in [
        ("alone", vec![raised(Warning, 0)], vec![Turn::Raised], 0),
        ("its end alone", vec![over(1)], vec![Turn::Resolved], 0),
        ("over unheard", vec![raised(Warning, 0), over(1)], vec![], 2),
        ("over after a refusal", vec![tried(raised(Critical, 0)), held(over(1))], vec![], 2),
        (
            "it may be there",
            vec![Letter { unsure: true, ..tried(raised(Critical, 0)) }, over(1)],
            vec![Turn::Resolved],
            0,
        ),
        (
            "one reader has it",
            vec![Letter { had: vec!["r".into()], ..raised(Warning, 0) }, over(1)],
            vec![Turn::Resolved],
            0,
        ),
        ("worse, heard before", vec![heard(raised(Critical, 0)), over(1)], vec![Turn::Resolved], 0),
        ("held and worse", vec![held(raised(Warning, 0)), heard(raised(Critical, 1))], vec![Turn::Raised], 0),
        ("over, and again", vec![over(0), raised(Warning, 1)], vec![Turn::Raised], 0),
        ("over and over", vec![over(0), raised(Warning, 1), over(2)], vec![Turn::Resolved], 0),
        ("both unheard", vec![raised(Warning, 0), over(1), raised(Warning, 2), over(3)], vec![], 4),
        // The clock was ahead when it began: what comes behind it is newer all the same.
        (
            "a clock put right",
            vec![heard(raised(Critical, 900)), Letter { rank: 1, ..over(1) }],
            vec![Turn::Resolved],
            0,
        ),
    ] {
        let all = named(&list);
        let bundles = due(&all, &no_gates(), 5, &|_| false, NOW + 5);
        let turns: Vec<Turn> = bundles.iter().map(|bundle| bundle.message.turn).collect();
        let moot = moot(&all, &no_gates()).into_values().flatten().count();
        assert_eq!((turns, moot), (told, dropped), "{what}");
        let due_now = next(&all, &no_gates()).is_some_and(|next| next <= NOW + 5);
        assert!(due_now, "{what}");
    }
}

#[test]
fn what_lapsed_unheard_says_with_what() {
    for (lapse, why) in [
        (None, "it was over before it could be told"),
        (Some(Lapse::NoRule), "its rule is no longer in the config"),
        (Some(Lapse::NotCovered), "its rule no longer covers it"),
    ] {
        let other = news("other", Turn::Raised, Severity::Warning, 0);
        let list = [raised(Severity::Warning, 0), Letter { lapse, ..over(1) }, other];
        let log = unheard(&named(&list).into_iter().collect::<Vec<_>>(), NOW + 5);
        let said = |title: &str| log.iter().find(|e| e.title.raw().starts_with(title)).and_then(|e| e.why.clone());
        assert_eq!(said("s ").as_deref(), Some(why));
        assert_eq!(said("other").as_deref(), Some("it was over before it could be told"), "each trouble its own");
    }
}

#[test]
fn what_waits_for_newer_news_is_not_told_before_it() {
    // Critical, refused once; its end waits for the end of quiet hours; somebody may have it.
    let first = Letter { unsure: true, tries: 1, ..raised(Severity::Critical, 0) };
    let last = Letter { not_before: NOW + 9_000, ..over(1) };
    let all = named(&[first, last]);
    assert!(due(&all, &no_gates(), 5, &|_| false, NOW + 60).is_empty());
    assert_eq!(next(&all, &no_gates()), Some(NOW + 9_000));
    assert_eq!(going(&all, &no_gates()).len(), 1);
}

#[test]
fn an_incident_that_is_open_is_ended() {
    let incident = Incident { name: "s".into(), severity: Severity::Critical, headline: "".into(), of: 1 };
    let gate = Gate { incidents: BTreeMap::from([("s".to_owned(), incident)]), ..Gate::default() };
    let gates = BTreeMap::from([("a".to_owned(), gate)]);
    let all = named(&[raised(Severity::Warning, 0), over(1)]);
    assert!(moot(&all, &gates).is_empty());
    assert_eq!(due(&all, &gates, 5, &|_| true, NOW + 5)[0].message.turn, Turn::Resolved);
}

#[test]
fn what_is_over_of_a_storm_unheard_is_no_part_of_it() {
    let mut list: Vec<Letter> = (0..7).map(|i| news(&format!("k{i}"), Turn::Raised, Severity::Critical, 0)).collect();
    list.extend((0..3).map(|i| news(&format!("k{i}"), Turn::Resolved, Severity::Info, 9)));
    let all = named(&list);
    let bundles = due(&all, &no_gates(), 3, &|_| true, NOW + 9);
    let told: Vec<(usize, &str)> = bundles.iter().map(|b| (b.letters.len(), b.message.title.raw())).collect();
    assert_eq!(told, [(4, "4 alerts: 4 critical")]);
    assert_eq!(moot(&all, &no_gates())["a"].len(), 6);
}

#[test]
fn a_storm_that_may_be_there_keeps_its_name_and_says_what_goes_on() {
    let list: Vec<Letter> = (0..7).map(|i| news(&format!("k{i}"), Turn::Raised, Severity::Critical, 0)).collect();
    let storm = due(&named(&list), &no_gates(), 3, &|_| true, NOW).remove(0);
    let mut gate = Gate::default();
    told_as(&mut gate, &storm.message.subject, &named(&list).into_iter().collect::<Vec<_>>());
    let gates = BTreeMap::from([("a".to_owned(), gate)]);
    let unsure = |letter: &Letter| Letter { unsure: true, tries: 1, ..letter.clone() };
    let mut again: Vec<Letter> = list.iter().map(unsure).collect();
    let retried = due(&named(&again), &gates, 3, &|_| true, NOW).remove(0);
    assert_eq!((retried.message.subject.as_str(), retried.letters.len()), (storm.message.subject.as_str(), 7));
    assert_eq!(retried.message.title.raw(), "7 alerts: 7 critical");
    again.extend((0..3).map(|i| news(&format!("k{i}"), Turn::Resolved, Severity::Info, 9)));
    let less = due(&named(&again), &gates, 3, &|_| true, NOW + 9).remove(0);
    assert_eq!(less.message.subject, storm.message.subject);
    assert_eq!((less.message.title.raw(), less.message.turn), ("4 of 7 alerts go on", Turn::Raised));
}

#[test]
fn a_storm_that_gets_worse_says_how_many_of_it_do_and_how_many_are_open() {
    let list: Vec<Letter> = (0..7).map(|i| news(&format!("k{i}"), Turn::Raised, Severity::Warning, 0)).collect();
    let storm = due(&named(&list), &no_gates(), 3, &|_| true, NOW).remove(0);
    let mut gate = Gate::default();
    told_as(&mut gate, &storm.message.subject, &named(&list).into_iter().collect::<Vec<_>>());
    let gates = BTreeMap::from([("a".to_owned(), gate)]);
    let worse = |i: usize| Letter { follows: true, ..news(&format!("k{i}"), Turn::Raised, Severity::Critical, 9) };
    let over = |i: usize| news(&format!("k{i}"), Turn::Resolved, Severity::Info, 9);
    for (fresh, title) in [
        (vec![worse(0), worse(1)], "2 worse, of 7 open: 2 critical"),
        (vec![worse(0), over(1), over(2)], "1 worse, of 5 open: 1 critical, 2 resolved"),
    ] {
        let told = due(&named(&fresh), &gates, 3, &|_| true, NOW + 9).remove(0).message;
        assert_eq!((told.title.raw(), told.severity, told.turn), (title, Severity::Critical, Turn::Raised));
        assert_eq!(told.subject, storm.message.subject);
    }
}

#[test]
fn nothing_waits_for_a_clock_that_was_ahead() {
    let day = DAY_SECONDS;
    for (failed, shut, waits) in [
        (0, 900, true),
        (0, ASKED_MAX, true),
        (30, 30 + 900, true),
        (2 * day, 2 * day + 3, false),
        (5 * 3_600, 5 * 3_600 + 3, false),
        (0, ASKED_MAX + 1, false),
    ] {
        let gate = Gate { failed_at: NOW + failed, shut_until: NOW + shut, failures: 9, ..Gate::default() };
        let letter =
            Letter { tries: 1, tried_at: NOW + failed, not_before: NOW + shut, ..raised(Severity::Critical, 0) };
        let (mut all, mut gates) = (named(&[letter]), BTreeMap::from([("a".to_owned(), gate)]));
        wait_by_clock(&mut all, &mut gates, NOW);
        assert_eq!(due(&all, &gates, 5, &|_| false, NOW).is_empty(), waits, "{failed} {shut}");
    }
    let shut = Gate { failed_at: NOW + day, shut_until: NOW + day, ..Gate::default() };
    let fate = Fate::Failed { why: "no".into(), wait: None, unsure: false };
    let next = after(&[("n".to_owned(), raised(Severity::Critical, 0))], &fate, &shut, NOW, 0.0);
    assert_eq!(next.gate.shut_until, 0, "it is not kept");
    let mut ahead = named(&[raised(Severity::Warning, 9 * day)]);
    wait_by(&mut ahead, &Plan::default(), NOW, 0);
    assert_eq!(due(&ahead, &no_gates(), 5, &|_| false, NOW).len(), 1, "found by a clock that was ahead");
}
