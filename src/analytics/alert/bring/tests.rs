//! Bundles, tries and their consequences on a fixed clock.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_800_000_000;

fn letter(channel: &str, key: &str, severity: Severity) -> Letter {
    let message = Message {
        key: key.to_owned(),
        subject: key.to_owned(),
        kind: Kind::Anomaly,
        severity,
        turn: Turn::Raised,
        title: format!("{key} costs more").into(),
        ..Message::test("x", NOW)
    };
    Letter::new(message, channel, NOW)
}

fn letters(list: &[Letter]) -> BTreeMap<String, Letter> {
    list.iter().map(|letter| (letter.name(), letter.clone())).collect()
}

fn pairs(list: &[Letter]) -> Vec<(String, Letter)> {
    letters(list).into_iter().collect()
}

#[test]
fn a_storm_is_one_message() {
    let mut list = Vec::new();
    for i in 0..30 {
        let severity = if i == 7 { Severity::Critical } else { Severity::Warning };
        list.extend(["chat", "pager"].map(|channel| letter(channel, &format!("k{i:02}"), severity)));
    }
    list.push(letter("calm", "one", Severity::Info));
    let apart = |channel: &str| channel == "pager";
    let bundles = due(&letters(&list), &BTreeMap::new(), 5, &apart, NOW);
    let of = |channel: &str| bundles.iter().filter(|bundle| bundle.channel == channel).collect::<Vec<_>>();
    assert_eq!((of("chat").len(), of("pager").len(), of("calm").len()), (1, 1, 1));
    let storm = of("chat")[0];
    assert_eq!(storm.message.headline().raw(), "critical: 30 alerts: 1 critical, 29 medium");
    assert_eq!(storm.letters.len(), 30);
    assert_eq!(storm.message.lines.len(), 21);
    assert_eq!(storm.message.lines[0].raw(), "critical: k07 costs more", "the gravest first");
    assert_eq!(storm.message.lines[20].raw(), "and 10 more: `spendtop alert log`");
    let again = due(&letters(&list), &BTreeMap::new(), 5, &apart, NOW);
    assert_eq!(again, bundles, "the same storm has the same key");
}

/// What a channel that keeps troubles apart is given, all of which it takes; its gate afterwards.
fn page(gate: &mut Gate, list: &[Letter]) -> Vec<(Turn, Severity, String, usize)> {
    let all = letters(list);
    let gates = BTreeMap::from([("pager".to_owned(), gate.clone())]);
    let bundles = due(&all, &gates, 3, &|_| true, NOW);
    let told = |bundle: &Bundle| {
        let of: Vec<_> = bundle.letters.iter().map(|name| (name.clone(), all[name].clone())).collect();
        told_as(gate, &bundle.message.subject, &of);
        let Message { turn, severity, subject, .. } = &bundle.message;
        (*turn, *severity, subject.split('/').next().unwrap_or_default().to_owned(), of.len())
    };
    bundles.iter().map(told).collect()
}

#[test]
fn a_storm_is_one_incident_that_ends_with_the_last_of_it() {
    use Severity::{Critical, Info, Warning};
    use Turn::{Raised, Resolved};
    let raised = |key: &str, severity| letter("pager", key, severity);
    let over = |key: &str| {
        let mut letter = letter("pager", key, Info);
        (letter.message.key, letter.message.turn) = (format!("{key}/resolved"), Resolved);
        letter
    };
    let mut gate = Gate::default();
    assert_eq!(page(&mut gate, &[raised("old", Warning)]), [(Raised, Warning, "old".to_owned(), 1)]);
    let storm: Vec<Letter> =
        (0..5).map(|i| raised(&format!("k{i}"), if i == 0 { Critical } else { Warning })).collect();
    let said = |turn, severity, letters| (turn, severity, "storm".to_owned(), letters);
    let grave = Letter {
        message: Message { key: "old/worse".into(), ..raised("old", Critical).message },
        ..raised("old", Critical)
    };
    let with_old: Vec<Letter> = storm.iter().cloned().chain([grave]).collect();
    let paged = page(&mut gate, &with_old);
    assert_eq!(
        paged,
        [said(Raised, Critical, 5), (Raised, Critical, "old".to_owned(), 1)],
        "what it knows keeps its own"
    );
    assert_eq!(
        page(&mut gate, &[over("k1"), over("old")]),
        [said(Raised, Critical, 1), (Resolved, Info, "old".to_owned(), 1)]
    );
    assert_eq!(page(&mut gate, &[over("k0")]), [said(Raised, Warning, 1)]);
    assert_eq!(page(&mut gate, &[over("k2"), over("k3"), over("k4")]), [said(Resolved, Info, 3)]);
    assert!(gate.incidents.is_empty());
    assert_eq!(page(&mut gate, &[raised("k0", Warning)]), [(Raised, Warning, "k0".to_owned(), 1)], "another time");
}

#[test]
fn news_of_a_storm_lists_what_goes_on_of_it_too() {
    let raised =
        |i: usize| letter("pager", &format!("k{i:02}"), if i == 3 { Severity::Critical } else { Severity::Warning });
    let mut gate = Gate::default();
    page(&mut gate, &(0..30).map(raised).collect::<Vec<_>>());
    let mut over = raised(0);
    (over.message.key, over.message.turn) = ("k00/resolved".to_owned(), Turn::Resolved);
    let gates = BTreeMap::from([("pager".to_owned(), gate)]);
    let bundles = due(&letters(&[over]), &gates, 3, &|_| true, NOW);
    let lines: Vec<&str> = bundles[0].message.lines.iter().map(|line| line.raw()).collect();
    assert_eq!(lines.len(), 1 + LISTED_MAX + 1, "{lines:?}");
    assert!(lines[0].starts_with("resolved: ") && lines[1].starts_with("goes on: critical: "), "{lines:?}");
    assert!(lines[2].starts_with("goes on: medium: ") && lines[LISTED_MAX + 1] == "and 9 more go on", "{lines:?}");
}

#[test]
fn what_nobody_has_tried_waits_as_the_plan_has_it_now() {
    let held = Letter { not_before: NOW + 9 * 3_600, ..letter("a", "k1", Severity::Info) };
    let tried = Letter { tries: 1, ..letter("a", "k2", Severity::Info) };
    let mut all = letters(&[Letter { not_before: NOW + 77, ..tried.clone() }, held]);
    let waits = |all: &BTreeMap<String, Letter>| all.values().map(|l| l.not_before - NOW).collect::<Vec<_>>();
    wait_by(&mut all, &Plan::default(), NOW, 0);
    assert_eq!(waits(&all), [0, 77], "there are no quiet hours any more");
    // 2027-01-15 08:00 UTC.
    let quiet = crate::domain::alert::Hours::parse("07:00-09:30");
    wait_by(&mut all, &Plan { quiet, ..Plan::default() }, NOW, 0);
    assert_eq!(waits(&all), [5_400, 77]);
}

#[test]
fn letters_wait_for_their_time_and_for_their_channel() {
    let (early, late) =
        (letter("a", "k1", Severity::Info), Letter { not_before: NOW + 60, ..letter("a", "k2", Severity::Info) });
    let all = letters(&[early.clone(), late]);
    let none = |_: &str| false;
    assert_eq!(due(&all, &BTreeMap::new(), 5, &none, NOW).len(), 1);
    assert_eq!(due(&all, &BTreeMap::new(), 5, &none, NOW + 60).len(), 2);
    let shut = BTreeMap::from([("a".to_owned(), Gate { shut_until: NOW + 90, ..Gate::default() })]);
    assert!(due(&all, &shut, 5, &none, NOW + 60).is_empty());
    assert_eq!((next(&all, &BTreeMap::new()), next(&all, &shut)), (Some(NOW), Some(NOW + 90)));
    assert_eq!(next(&BTreeMap::new(), &shut), None);
    assert_eq!(due(&all, &shut, 5, &none, NOW + 90).len(), 2, "half open: it is tried again");
}

#[test]
fn what_fails_is_tried_again_later_and_later_and_what_is_there_is_logged() {
    let mut gate = Gate::default();
    let mut list = pairs(&[letter("a", "k1", Severity::Info)]);
    let mut waits = Vec::new();
    for _ in 0..10 {
        let fate = Fate::Failed { why: "no".into(), wait: None, unsure: false };
        let next = after(&list, &fate, &gate, NOW, 1.0);
        assert!(next.log.is_empty());
        gate = next.gate;
        list = next.letters.into_iter().map(|(name, letter)| (name, letter.expect("kept"))).collect();
        waits.push(list[0].1.not_before - NOW);
    }
    assert_eq!(waits, [20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
    assert_eq!((gate.failures, gate.shut_until - NOW, gate.why.as_deref()), (10, 3_600, Some("no")));
    let done = after(&list, &Fate::Delivered, &gate, NOW + 9, 0.0);
    assert_eq!(done.letters.values().collect::<Vec<_>>(), [&None]);
    assert_eq!((done.log[0].tries, done.log[0].at, &done.log[0].why), (11, NOW + 9, &None));
    assert_eq!(done.gate, Gate { good_at: NOW + 9, failed_at: NOW, ..Gate::default() });
}

#[test]
fn a_channel_that_asks_to_wait_is_left_alone_for_so_long() {
    let list = pairs(&[letter("a", "k1", Severity::Info)]);
    for (wait, seconds) in [(Some(7), 10), (Some(300), 300), (Some(i64::MAX), ASKED_MAX), (Some(-5), 10)] {
        let fate = Fate::Failed { why: "slow down".into(), wait, unsure: false };
        let next = after(&list, &fate, &Gate::default(), NOW, 0.0);
        let letter = next.letters.values().next().expect("one").as_ref().expect("kept");
        assert_eq!((letter.not_before - NOW, next.gate.shut_until - NOW), (seconds, seconds), "{wait:?}");
    }
}

#[test]
fn nothing_is_given_up_before_a_week_and_never_without_a_word() {
    let fate = Fate::Failed { why: "dead".into(), wait: None, unsure: false };
    let age = |tried_for| Letter { tries: 3, tried_at: NOW, tried_for, ..letter("a", "k1", Severity::Info) };
    let over = |tried_for, waited| after(&pairs(&[age(tried_for)]), &fate, &Gate::default(), NOW + waited, 0.5);
    let (day, week) = (DAY_SECONDS, KEPT_FOR);
    // Nobody was there to try it, or the clock was put right: that is no week of tries.
    for (tried_for, waited, is_over) in
        [(0, 8 * day, false), (0, 400 * day, false), (week - day, day - 1, false), (0, -9 * day, false)]
    {
        assert_eq!(!over(tried_for, waited).log.is_empty(), is_over, "{tried_for} {waited}");
    }
    let again = over(day, 3_600).letters.into_values().next().flatten().expect("kept");
    assert_eq!((again.tried_for, again.tried_at), (day + 3_600, NOW + 3_600));
    let list = pairs(&[age(week - day)]);
    let over = after(&list, &fate, &Gate::default(), NOW + 9 * day, 0.5);
    assert_eq!((over.letters.values().next(), over.log[0].why.as_deref()), (Some(&None), Some("dead")));
    let never = Fate::Impossible { why: "no desktop".into() };
    let over = after(&list, &never, &Gate::default(), NOW, 0.5);
    assert_eq!((over.log[0].why.as_deref(), over.gate.shut_until), (Some("no desktop"), 0));
}

#[test]
fn the_log_keeps_the_newest() {
    let log = |at: i64| {
        let of = letter("a", &at.to_string(), Severity::Info);
        (of.name(), Entry { at, ..entry(&of, 1, None, 1, at) })
    };
    let all: BTreeMap<String, Entry> = (0..7).map(log).collect();
    assert_eq!(too_many(&all, 5), ["a|0", "a|1"].map(str::to_owned).into());
    assert!(too_many(&all, 7).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_letter_is_in_exactly_one_bundle(
        sent in proptest::collection::vec((0_u8..3, 0_u8..40, -5_i64..5), 0..60), storm in 1_usize..10,
    ) {
        let list: Vec<Letter> = sent.iter().map(|(channel, key, wait)| {
            Letter { not_before: NOW + wait, ..letter(&channel.to_string(), &key.to_string(), Severity::Warning) }
        }).collect();
        let all = letters(&list);
        let bundles = due(&all, &BTreeMap::new(), storm, &|channel| channel == "0", NOW);
        let mut names: Vec<&String> = bundles.iter().flat_map(|bundle| &bundle.letters).collect();
        names.sort();
        let want: Vec<&String> = all.iter().filter(|(_, l)| l.not_before <= NOW).map(|(name, _)| name).collect();
        prop_assert_eq!(names, want);
        for channel in ["0", "1", "2"] {
            prop_assert!(bundles.iter().filter(|bundle| bundle.channel == channel).count() <= storm);
        }
    }

    #[test]
    fn a_try_loses_no_letter(tries in 0_u32..80, wait in proptest::option::of(any::<i64>()), jitter in 0.0_f64..1.0, age in 0..KEPT_FOR) {
        let list = pairs(&[Letter { tries, tried_at: NOW, ..letter("a", "k", Severity::Info) }]);
        let gate = Gate { failures: tries, ..Gate::default() };
        let next = after(&list, &Fate::Failed { why: "no".into(), wait, unsure: false }, &gate, NOW + age, jitter);
        let kept = next.letters.values().next().cloned().flatten();
        prop_assert!(kept.is_some_and(|letter| (NOW + age + 10..=NOW + age + ASKED_MAX).contains(&letter.not_before)));
    }
}

#[test]
fn who_has_it_is_not_told_again_and_who_is_refused_is_named() {
    let of = |reader: &str, why: &str| Refused { reader: reader.into(), why: why.into() };
    let list = pairs(&[letter("mail", "k1", Severity::Warning), letter("mail", "k2", Severity::Warning)]);
    let (had, refused, later) = (vec!["a".to_owned()], vec![of("b", "550 no")], vec![of("c", "451 wait")]);
    let fate = Fate::Partly { had: had.clone(), refused: refused.clone(), later };
    let first = after(&list, &fate, &Gate { failures: 9, ..Gate::default() }, NOW, 0.0);
    assert_eq!((first.gate.failures, first.gate.good_at, first.gate.shut_until), (0, NOW, 0), "the rest does not wait");
    assert_eq!(first.gate.why.as_deref(), Some("b has not got it: 550 no; c has not got it: 451 wait"));
    assert!(first.log.is_empty());
    let left: BTreeMap<String, Letter> =
        first.letters.iter().filter_map(|(n, l)| Some((n.clone(), l.clone()?))).collect();
    assert_eq!(left.values().map(|l| (l.tries, l.not_before - NOW)).collect::<Vec<_>>(), [(1, 10), (1, 10)]);
    let (_, one) = left.first_key_value().expect("it is tried again");
    let said = "b has not got it: 550 no; c has not got it: 451 wait";
    assert_eq!(one.reason().as_deref(), Some(said), "each once");
    // Who was refused is told of for as long as another one waits.
    let later = vec![of("c", "452 full")];
    for (fate, said) in [
        (
            Fate::Partly { had: Vec::new(), refused: Vec::new(), later },
            "b has not got it: 550 no; c has not got it: 452 full",
        ),
        (
            Fate::Failed { why: "the server is away".into(), wait: None, unsure: false },
            "b has not got it: 550 no; the server is away",
        ),
    ] {
        let next = after(&[("n".to_owned(), one.clone())], &fate, &Gate::default(), NOW + 10, 0.0);
        let waits = next.letters["n"].as_ref().expect("it waits");
        assert_eq!(waits.reason().as_deref(), Some(said));
    }
    // With what is new it is no storm: that goes to all.
    let mut all = left.clone();
    all.extend(letters(&[letter("mail", "k3", Severity::Warning)]));
    let bundles = due(&all, &BTreeMap::new(), 1, &|_| false, NOW + 10);
    let told: Vec<(usize, Vec<String>)> = bundles.iter().map(|b| (b.letters.len(), b.settled.clone())).collect();
    assert_eq!(told, [(1, vec![]), (2, vec!["a".to_owned(), "b".to_owned()])]);
    let left: Vec<(String, Letter)> =
        left.into_iter().map(|(name, of)| (name, Letter { tried_for: KEPT_FOR - DAY_SECONDS, ..of })).collect();
    let state = |fate: &Fate, now: i64| {
        let log = after(&left, fate, &Gate::default(), now, 0.0).log;
        log.first().map(|entry| (entry.state(), entry.reason(), entry.with))
    };
    let said = |why: &str| Some(("partly told", Some(why.to_owned()), 2));
    assert_eq!(state(&Fate::Delivered, NOW + 10), said("b has not got it: 550 no"));
    let no_more = Fate::Partly { had: Vec::new(), refused: vec![of("c", "550 no")], later: Vec::new() };
    assert_eq!(state(&no_more, NOW + 10), said("b has not got it: 550 no; c has not got it: 550 no"));
    let still = Fate::Partly { had: Vec::new(), refused: Vec::new(), later: vec![of("c", "451 wait")] };
    assert_eq!(state(&still, NOW + 10), None, "it is tried again");
    assert_eq!(state(&still, NOW + DAY_SECONDS), said("b has not got it: 550 no; c has not got it: 451 wait"));
    let gone = Fate::Failed { why: "the server is away".into(), wait: None, unsure: false };
    assert_eq!(
        state(&gone, NOW + DAY_SECONDS),
        said("b has not got it: 550 no; the rest has not got it: the server is away")
    );
}
