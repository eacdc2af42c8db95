//! What follows from a try, over a journal in memory.

use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::domain::alert::{Kind, Refused, Remembered, Severity};
use crate::domain::calendar::DAY_SECONDS;
use crate::store::Store;

const NOW: i64 = 1_800_000_000;

/// News of one trouble, to one channel.
fn letter(turn: Turn, at: i64) -> Letter {
    let message = Message {
        key: format!("budget/plat/{turn:?}"),
        subject: "budget/plat".into(),
        kind: Kind::Budget,
        turn,
        at,
        ..Message::test("ops", at)
    };
    Letter { follows: turn == Turn::Resolved, ..Letter::new(message, "ops", at) }
}

fn engine() -> LocalEngine {
    LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false)
}

fn on_its_way(engine: &LocalEngine, letter: &Letter) {
    let change = Change::keep(OUTBOX, &letter.name(), letter).expect("JSON");
    engine.store().journal().set_all(vec![change]).expect("kept");
}

fn failed(unsure: bool) -> Fate {
    Fate::Failed { why: "dead".into(), wait: None, unsure }
}

/// Tries what is due; what is on its way then.
fn attempt(engine: &LocalEngine, fate: Fate, at: i64) -> BTreeMap<String, Letter> {
    for bundle in answer(engine).due(5, &|_| true, at) {
        let of = Try {
            channel: bundle.channel,
            letters: bundle.letters,
            beside: None,
            incident: Some(bundle.message.subject),
            moot: false,
            fate: fate.clone(),
            at,
            jitter: 0,
        };
        tried(engine, &of).expect("noted");
    }
    answer(engine).outbox
}

#[test]
fn older_news_that_waits_for_its_next_try_goes_with_what_replaces_it() {
    let engine = engine();
    on_its_way(&engine, &letter(Turn::Raised, NOW));
    let waits = attempt(&engine, failed(true), NOW);
    assert!(waits.values().all(|letter| letter.not_before > NOW + 1), "{waits:?}");
    on_its_way(&engine, &letter(Turn::Resolved, NOW + 1));
    let left = attempt(&engine, Fate::Delivered, NOW + 1);
    assert!(left.is_empty(), "nobody is told again that it began: {left:?}");
    let log = answer(&engine).log;
    assert_eq!(log.iter().map(|entry| entry.turn).collect::<Vec<_>>(), [Turn::Resolved]);
}

#[test]
fn the_log_keeps_what_some_readers_have_where_newer_news_takes_its_place() {
    let engine = engine();
    let of = |reader: &str, why: &str| Refused { reader: reader.into(), why: why.into() };
    on_its_way(&engine, &letter(Turn::Raised, NOW));
    let partly = Fate::Partly {
        had: vec!["ana".into()],
        refused: vec![of("bob", "550 no")],
        later: vec![of("eve", "451 wait")],
    };
    attempt(&engine, partly, NOW);
    on_its_way(&engine, &letter(Turn::Resolved, NOW + 1));
    assert!(attempt(&engine, Fate::Delivered, NOW + 1).is_empty());
    let said: Vec<(Turn, &str, Option<String>)> =
        answer(&engine).log.iter().rev().map(|entry| (entry.turn, entry.state(), entry.reason())).collect();
    let why = "bob has not got it: 550 no; the rest has not got it: newer news has replaced it";
    assert_eq!(said, [(Turn::Raised, "partly told", Some(why.to_owned())), (Turn::Resolved, "told", None)]);
}

#[test]
fn whoever_has_it_is_not_told_again_where_the_others_are_given_up() {
    for (first, told) in [
        (failed(false), &[][..]),
        (
            Fate::Partly {
                had: vec!["ana".into()],
                refused: Vec::new(),
                later: vec![Refused { reader: "bob".into(), why: "451 wait".into() }],
            },
            &["ops"],
        ),
    ] {
        let engine = engine();
        let raised = letter(Turn::Raised, NOW);
        let remembered = Remembered {
            rules: vec!["budget".into()],
            kind: Kind::Budget,
            turn: Turn::Raised,
            stage: 100,
            severity: Severity::Critical,
            times: 0,
            at: NOW,
            since: None,
            until: None,
            title: "plat".into(),
            told: vec!["ops".into()],
            ended: BTreeMap::new(),
        };
        let change = Change::keep(RULE_STATE, &raised.message.subject, &remembered).expect("JSON");
        engine.store().journal().set_all(vec![change]).expect("kept");
        on_its_way(&engine, &raised);
        attempt(&engine, first, NOW);
        for days in 1..9 {
            attempt(&engine, failed(false), NOW + days * DAY_SECONDS);
        }
        assert!(answer(&engine).outbox.is_empty(), "given up");
        assert_eq!(memory(&engine.store().journal())[&raised.message.subject].told, told);
    }
}

#[test]
fn within_a_second_the_log_has_the_order_in_which_it_was_written() {
    let engine = engine();
    let keys = ["m/warning", "z/critical", "a/resolved", "k/warning"];
    for key in keys {
        let fresh =
            Letter { message: Message { key: key.into(), ..Message::test("ops", NOW) }, ..letter(Turn::Raised, NOW) };
        on_its_way(&engine, &fresh);
        attempt(&engine, Fate::Delivered, NOW);
    }
    let log = answer(&engine).log;
    let shown: Vec<&str> = log.iter().rev().map(|entry| entry.key.as_str()).collect();
    assert_eq!(shown, keys, "the newest first");
}
