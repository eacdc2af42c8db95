//! Who brings, over small stores in memory: what is told here, what is left to others, and what hangs.

use std::sync::Arc;

use super::*;
use crate::engine::local::LocalEngine;
use crate::engine::{Extent, OpenFile, export};
use crate::store::Store;

/// An engine over a damaged store: nobody can look.
struct Blind(LocalEngine);

impl Engine for Blind {
    fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
        self.0.ask(question, as_of, cancel)
    }

    fn command(&self, command: &Command) -> Result<Outcome> {
        match command {
            Command::Watch(_) => Err(Error::store("a chunk is damaged")),
            command => self.0.command(command),
        }
    }

    fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64> {
        self.0.export(scope, open, cancel)
    }

    fn extent(&self) -> Result<Extent> {
        self.0.extent()
    }
}

#[test]
fn what_was_found_is_brought_even_where_nobody_can_look() {
    let folder = tempfile::tempdir().expect("folder");
    let store = Arc::new(Store::in_memory(&[]));
    put_on_its_way(&store, [(Message::test("a", 0), TERMINAL)]);
    let engine = Blind(LocalEngine::new(Arc::clone(&store), Config::default().settle, false));
    let courier = Courier::new(&Config::default(), Place::beside(&folder.path().join("store")), None, None);
    let told = std::cell::Cell::new(0);
    let terminal = |_: &Notice| {
        told.set(told.get() + 1);
        true
    };
    for _ in 0..2 {
        let round = courier.round(&engine, &terminal, &CancellationToken::new(), Duration::from_secs(5));
        assert!(round.expect_err("it is said").message.contains("a chunk is damaged"));
    }
    assert_eq!((told.get(), stands(&engine).expect("it stands").outbox.len()), (1, 0), "once");
    // Nothing is told by who is about to end.
    put_on_its_way(&store, [(Message::test("b", 1), TERMINAL)]);
    let ends = CancellationToken::new();
    ends.cancel();
    assert!(courier.round(&engine, &terminal, &ends, Duration::from_secs(5)).is_err());
    assert_eq!((told.get(), stands(&engine).expect("it stands").outbox.len()), (1, 1), "it stays on its way");
}

#[test]
fn the_end_of_what_a_channel_was_told_that_is_gone_is_said_once_to_be_untold() {
    let folder = tempfile::tempdir().expect("folder");
    let store = Arc::new(Store::in_memory(&[]));
    let end = Message { turn: crate::domain::alert::Turn::Resolved, ..Message::test("pager", 0) };
    put_on_its_way(&store, [(end, "pager")]);
    let engine = LocalEngine::new(store, Config::default().settle, false);
    let courier = Courier::new(&Config::default(), Place::beside(&folder.path().join("store")), None, None);
    let (none, most) = (CancellationToken::new(), Duration::from_secs(5));
    let tries =
        || courier.bring_due(&engine, &|_| panic!("it is the pager's"), &none, most).expect("noted").tried.len();
    assert_eq!((tries(), tries()), (1, 0), "once");
    let stands = stands(&engine).expect("it stands");
    assert_eq!((stands.outbox.len(), stands.log.len(), stands.log[0].state()), (0, 1, "not told"));
    assert_eq!(stands.log[0].why.as_deref(), Some("the config has no such channel any more"));
}

#[test]
fn a_certificate_at_home_is_found_there() {
    let mut config = Config::default();
    config.sync.certificate = Some("~/corp.pem".into());
    let of = |home| Courier::new(&config, Place::beside(Path::new("/s/store")), None, home).certificate;
    assert_eq!(of(Some(Path::new("/home/me"))), Some("/home/me/corp.pem".into()));
    assert_eq!(of(None), Some("~/corp.pem".into()));
}

/// Puts messages on their way, each to a channel.
pub fn put_on_its_way(store: &Store, messages: impl IntoIterator<Item = (Message, &'static str)>) {
    for (message, channel) in messages {
        let letter = Letter::new(message, channel, 0);
        let value = serde_json::to_value(&letter).expect("JSON");
        store.journal().set("outbox", &letter.name(), Some(value)).expect("kept");
    }
}

/// An engine over a store with a message on its way to each of some channels.
fn on_its_way(channels: &[&'static str], at: i64) -> LocalEngine {
    let store = Arc::new(Store::in_memory(&[]));
    put_on_its_way(&store, channels.iter().map(|channel| (Message::test("a", at), *channel)));
    LocalEngine::new(store, Config::default().settle, false)
}

#[test]
fn what_is_for_a_terminal_waits_for_one_but_not_for_ever() {
    let folder = tempfile::tempdir().expect("folder");
    let courier = Courier::new(&Config::default(), Place::beside(&folder.path().join("store")), None, None);
    let cron = courier.clone().unseen();
    let (none, most) = (CancellationToken::new(), Duration::from_secs(5));
    let engine = on_its_way(&[TERMINAL], clock::now_seconds());
    let round = cron.round(&engine, &|_| panic!("nobody sees it"), &none, most).expect("looked");
    assert_eq!(round, Round::default(), "nothing is tried, and nothing is waited for");
    assert_eq!(stands(&engine).expect("it stands").outbox.values().map(|l| l.tries).collect::<Vec<_>>(), [0]);
    let round = courier.round(&engine, &|_| true, &none, most).expect("looked");
    assert_eq!(round.tried.iter().map(|(_, fate)| fate).collect::<Vec<_>>(), [&Fate::Delivered]);
    let old = on_its_way(&[TERMINAL], clock::now_seconds() - KEPT_FOR);
    cron.round(&old, &|_| panic!("nobody sees it"), &none, most).expect("looked");
    let log = stands(&old).expect("it stands").log;
    assert_eq!(log[0].why.as_deref(), Some("nobody had a terminal open for a week"));
}

#[test]
fn one_that_never_answers_is_said_to_and_is_tried_again() {
    let folder = tempfile::tempdir().expect("folder");
    let mut config = Config::default();
    config.alerts.channels = ["slow", "good"]
        .map(|name| Channel {
            name: name.to_owned(),
            allow_private: Vec::new(),
            via: crate::config::alert::Via::Command(match name {
                "slow" => ["sleep", "600"].map(str::to_owned).to_vec(),
                _ => vec!["true".to_owned()],
            }),
            wrong: None,
        })
        .into();
    let courier = Courier::new(&config, Place::beside(&folder.path().join("store")), None, None);
    let now = clock::now_seconds();
    let engine = on_its_way(&["slow", "good", TERMINAL], now);
    let going = courier.going_to(&engine).expect("it stands");
    assert_eq!(going.iter().map(String::as_str).collect::<Vec<_>>(), ["good", "slow"]);
    let (none, most) = (CancellationToken::new(), Duration::from_secs(1));
    let round = courier.bring_due(&engine, &|_| true, &none, most).expect("brought");
    let fates: BTreeMap<&str, &Fate> = round.tried.iter().map(|(b, fate)| (b.channel.as_str(), fate)).collect();
    assert_eq!((fates.len(), fates["good"], fates[TERMINAL]), (3, &Fate::Delivered, &Fate::Delivered));
    assert!(matches!(fates["slow"], Fate::Failed { why, .. } if why == "no answer within 1 s"), "{fates:?}");
    let stands = stands(&engine).expect("it stands");
    let letter = stands.outbox.values().next().expect("it stays on its way");
    assert_eq!((letter.tries, letter.why.as_deref()), (1, Some("no answer within 1 s")));
}

#[test]
fn what_begins_late_in_a_round_has_not_failed_when_that_ends() {
    let folder = tempfile::tempdir().expect("folder");
    let heard = folder.path().join("heard");
    let slow = format!("sleep 0.5; echo x >>'{}'", heard.display());
    let via = crate::config::alert::Via::Command(["sh", "-c", &slow].map(str::to_owned).to_vec());
    let mut config = Config::default();
    config.alerts.channels = vec![Channel { name: "slow".into(), allow_private: Vec::new(), via, wrong: None }];
    let courier = Courier::new(&config, Place::beside(&folder.path().join("store")), None, None);
    let store = Arc::new(Store::in_memory(&[]));
    let news = |key: &str| Message { key: key.into(), subject: key.into(), ..Message::test("slow", 0) };
    put_on_its_way(&store, ["a", "b"].map(|key| (news(key), "slow")));
    let engine = LocalEngine::new(store, Config::default().settle, false);
    let (none, most) = (CancellationToken::new(), Duration::from_secs(2));
    // The second begins at 1.6 s, and ends after the round would.
    let round = courier.bring_due(&engine, &|_| true, &none, most).expect("brought");
    assert_eq!(round.tried.iter().map(|(_, fate)| fate).collect::<Vec<_>>(), [&Fate::Delivered; 2]);
    let lines = std::fs::read_to_string(&heard).expect("heard").lines().count();
    assert_eq!(lines, 2, "what was heard is noted: nothing of it is told twice");
}

#[test]
fn whoever_began_as_of_today_looks_after_midnight_too() {
    let place = || Place::beside(Path::new("/s/store"));
    let yesterday = clock::today().plus(-1);
    let began =
        |named: Day| Courier::begun(&Config::default(), place(), Some(named), None, yesterday.seconds() + 80_000);
    let (went_on, another) = (began(yesterday), began(yesterday.plus(1)));
    assert!(went_on.silence().is_none() && went_on.moment().day() > yesterday);
    // What was said when it began stays so.
    assert_eq!(another.silence(), Some(Silence::AsOf(yesterday.plus(1))));
}
