//! Owners and those that attach, in one process over real sockets.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;

use super::frame;
use super::message::{Greeting, Hello, Numbered, Purpose, Reply, Request, Welcome};
use super::wire::Wire;
use super::*;
use crate::config::Config;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::engine::{Card, Page, Query, Sort};
use crate::provider::demo::Demo;
use crate::sync::ingest::{self, Options, Watcher};
use crate::sync::undo;

fn today() -> Day {
    Day::from_ymd(2024, 10, 15).expect("date")
}

fn setup(place: &Path) -> Setup {
    let config = Config::default();
    let (dimensions, lenses) = (config.dimensions.clone(), config.saved_lenses());
    let (connections, plan) = (Vec::new(), Default::default());
    let settings = Settings { settle: config.settle, dimensions, lenses, connections, prefers_api: false, plan };
    Setup {
        place: place.to_owned(),
        short: None,
        tag_keys: config.tags.keys,
        settings,
        after_change: Arc::new(|_| {}),
        waits: Arc::new(|| {}),
        program: None,
    }
}

struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, _: &crate::provider::Problem) {}
}

fn fill(owner: &Owner) {
    let mut source = Demo::new(1, today()).last_days(3);
    ingest::ingest(owner.serving().store(), &mut source, &Options::default(), &Unwatched).expect("filled");
}

/// A folder with an owner of some charges, and somebody who is attached.
fn pair() -> (tempfile::TempDir, Host, Host) {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let owner = Host::open(setup(&place), true).expect("owner");
    fill(&owner.owner().expect("owned"));
    let attached = Host::open(setup(&place), true).expect("attached");
    assert!(attached.owner().is_none());
    (folder, owner, attached)
}

fn questions() -> Vec<Question> {
    let lens = Lens { by: vec![Dimension::Service, Dimension::Tag("team".into())], ..Lens::default() };
    let items = (20, 0);
    vec![
        Question::Spend(Lens::default()),
        Question::Breakdown { lens: lens.clone(), limit: Some(50), pieces: None },
        Question::Query(Query { lens: lens.clone(), granularity: None, sort: Sort::Change, limit: None }),
        Question::Explain { lens: lens.clone(), card: Card::default(), items },
        Question::LineItems { lens, page: Page { limit: 20, ..Page::default() } },
    ]
}

#[test]
fn whoever_is_attached_gets_the_owners_answers() {
    let (_folder, owner, attached) = pair();
    for question in questions() {
        let ask = |host: &Host| host.ask(&question, today(), &Cancel::default()).expect("answer");
        assert_eq!(ask(&attached), ask(&owner), "{question:?}");
    }
    assert_eq!(attached.extent().expect("extent"), owner.extent().expect("extent"));
    assert_eq!(attached.about().expect("about"), owner.about().expect("about"));
    let wrong = Lens { by: vec![Dimension::Service; 9], ..Lens::default() };
    let question = Question::Breakdown { lens: wrong, limit: None, pieces: None };
    let refused = |host: &Host| host.ask(&question, today(), &Cancel::default()).expect_err("refused");
    assert_eq!(refused(&attached), refused(&owner));
}

#[test]
fn the_socket_is_the_owners_alone_and_goes_with_it() {
    let (folder, owner, attached) = pair();
    let socket = setup(&folder.path().join("store")).socket().expect("path");
    assert_eq!(std::fs::metadata(&socket).expect("socket").permissions().mode() & 0o777, 0o600);
    drop(attached);
    assert!(socket.exists());
    drop(owner);
    assert!(!socket.exists());
}

#[test]
fn a_commit_is_told_to_all_who_watch() {
    let (_folder, owner, attached) = pair();
    let (sender, told) = mpsc::channel();
    let listeners = [&owner, &attached].map(|host| {
        let sender = sender.clone();
        let listener: Listener<Event> = Arc::new(move |event| sender.send(event).expect("test listens"));
        host.subscribe(&listener);
        listener
    });
    undo::remove_import(owner.owner().expect("owned").serving().store(), 1).expect("removed");
    assert_eq!([told.recv(), told.recv()], [Ok(Event::Committed); 2]);
    assert_eq!(attached.extent().expect("extent").rows, 0);
    drop(listeners);
}

#[test]
fn a_command_is_done_by_the_owner_and_told_to_all() {
    let (_folder, owner, attached) = pair();
    let (sender, told) = mpsc::channel();
    let listener: Listener<Event> = Arc::new(move |event| sender.send(event).expect("test listens"));
    owner.subscribe(&listener);
    let command = Command::AddNote { day: today(), text: "launch".into(), at: 7 };
    assert!(
        matches!(attached.command(&command).expect("done"), Outcome::NoteKept(note) if note.text.raw() == "launch")
    );
    assert_eq!(told.recv(), Ok(Event::Committed));
    let notes = Question::Notes { period: None };
    let ask = |host: &Host| host.ask(&notes, today(), &Cancel::default()).expect("answer");
    assert_eq!(ask(&attached), ask(&owner));
    assert!(matches!(ask(&owner), Answer::Notes(notes) if notes.len() == 1));
    let gone = Command::RemoveNote { id: 9 };
    assert_eq!(attached.command(&gone).expect_err("none"), owner.command(&gone).expect_err("none"));
}

#[test]
fn whoever_is_attached_takes_over_and_is_asked_again() {
    let (folder, owner, attached) = pair();
    let third = Host::open(setup(&folder.path().join("store")), true).expect("attached");
    let before: Vec<u64> = [&attached, &third].map(|host| host.extent().expect("extent").rows).to_vec();
    drop(owner);
    let after: Vec<u64> = [&attached, &third].map(|host| host.extent().expect("extent").rows).to_vec();
    assert_eq!(after, before);
    assert!(attached.owner().is_some() != third.owner().is_some(), "one of them owns it");
}

/// Whoever listens for what a host tells.
fn told_by(host: &Host) -> (Listener<Event>, mpsc::Receiver<Event>) {
    let (sender, told) = mpsc::channel();
    let listener: Listener<Event> = Arc::new(move |event| sender.send(event).expect("test listens"));
    host.subscribe(&listener);
    (listener, told)
}

#[test]
fn an_owner_that_is_lost_is_looked_for_at_once() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().to_owned();
    let listener = std::os::unix::net::UnixListener::bind(setup(&place).socket().expect("path")).expect("bound");
    // One that welcomes who asks and who watches, then goes without a word.
    let short_lived = std::thread::spawn(move || {
        let welcomed = [(), ()].map(|()| {
            let mut wire = Wire::new(listener.accept().expect("knock").0).expect("wire");
            let _: Option<Hello> = wire.receive(1 << 20).expect("hello");
            wire.send(&Welcome { greeting: Greeting::ours(), process: 1, refused: None }).expect("sent");
            wire
        });
        (listener, welcomed)
    });
    let host = Host::open(setup(&place), true).expect("attached");
    let (_listener, told) = told_by(&host);
    drop(short_lived.join().expect("no panic"));
    assert_eq!([told.recv(), told.recv()], [Ok(Event::Reattaching), Ok(Event::Attached)]);
    assert!(host.owner().is_some());
}

#[test]
fn one_that_ends_by_itself_is_not_looked_for_and_what_others_do_meanwhile_is_told() {
    let (folder, owner, attached) = pair();
    let (_listener, told) = told_by(&attached);
    drop(owner);
    let beside = Host::open(setup(&folder.path().join("store")), false).expect("opened");
    assert!(beside.has_begun(), "nobody took the store");
    undo::remove_import(beside.owner().expect("owned").serving().store(), 1).expect("removed");
    drop(beside);
    if cfg!(target_os = "linux") {
        assert_eq!(told.recv(), Ok(Event::Committed));
    }
    assert_eq!(attached.extent().expect("extent").rows, 0);
    assert!(attached.has_begun());
}

#[test]
fn an_owner_that_is_not_asked_says_goodbye_and_one_whom_all_have_left_ends_at_once() {
    let (folder, owner, attached) = pair();
    let place = folder.path().join("store");
    let mut watcher = knock(&place, Purpose::Watch);
    owner.owner().expect("owned").serve_until_unused(Duration::from_millis(1));
    assert_eq!(watcher.receive::<News>(1 << 20).expect("read"), Some(News::Goodbye));
    drop((watcher, owner));
    assert_eq!(
        attached.extent().expect("extent").rows,
        Host::open(setup(&place), false).expect("opened").extent().expect("extent").rows
    );
    let owner = attached.owner().expect("took it over");
    drop(knock(&place, Purpose::Ask));
    owner.serve_until_unused(Duration::from_secs(3600));
}

#[test]
fn what_is_released_is_had_by_others_and_comes_back_with_the_next_question() {
    let (_folder, owner, attached) = pair();
    let rows = owner.extent().expect("extent").rows;
    owner.release();
    assert_eq!(attached.extent().expect("extent").rows, rows);
    assert!(attached.owner().is_some());
    assert_eq!(owner.extent().expect("extent").rows, rows);
    assert!(owner.owner().is_none());
}

#[test]
fn a_question_that_is_given_up_stops_in_the_owner() {
    let (_folder, _owner, attached) = pair();
    let cancel = Cancel::default();
    cancel.cancel();
    let error = attached.ask(&questions()[0], today(), &cancel).expect_err("given up");
    assert_eq!(error.kind, Kind::Interrupted);
    // Cancelling goes by the request's number: the next one on the same connection is not hit.
    assert!(attached.ask(&questions()[0], today(), &Cancel::default()).is_ok());
}

fn knock(place: &Path, purpose: Purpose) -> Wire {
    let stream = UnixStream::connect(setup(place).socket().expect("path")).expect("connected");
    let mut wire = Wire::new(stream).expect("wire");
    let store = address::identity(place);
    let hello = Hello { greeting: Greeting::ours(), store, settings: setup(place).settings, purpose };
    wire.send(&hello).expect("sent");
    let welcome: Welcome = wire.receive(1 << 20).expect("read").expect("welcome");
    assert_eq!(welcome.refused, None);
    wire
}

#[test]
fn nonsense_costs_only_the_connection_that_said_it() {
    let (folder, _owner, attached) = pair();
    let place = folder.path().join("store");
    let socket = setup(&place).socket().expect("path");
    let framed = |bytes: &[u8]| {
        let mut out = Vec::new();
        frame::write(&mut out, frame::Kind::Json, bytes).expect("framed");
        out
    };
    let deep = "[".repeat(1 << 19);
    for said in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], &framed(b"{}"), &framed(deep.as_bytes()), b""] {
        let mut stream = UnixStream::connect(&socket).expect("connected");
        // It may be hung up on before all is said.
        let _ = stream.write_all(said);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        assert_eq!(frame::read(&mut stream, 1 << 20).ok().flatten(), None);
    }
    let mut eager = knock(&place, Purpose::Ask);
    let question = |number| Numbered { number, what: Request::Ask(questions().remove(3), today()) };
    let _ = eager.send(&question(1)).and_then(|()| eager.send(&question(2))).and_then(|()| eager.send(&question(3)));
    while let Ok(Some(_)) = eager.receive::<Numbered<Reply>>(1 << 30) {}
    let mut watcher = knock(&place, Purpose::Watch);
    watcher.send(&question(1)).expect("sent");
    assert!(!matches!(watcher.receive::<Event>(1 << 20), Ok(Some(_))));
    assert!(attached.extent().is_ok(), "the owner goes on");
}

#[test]
fn who_asks_and_reads_nothing_holds_nobody_up() {
    let (folder, owner, attached) = pair();
    let place = folder.path().join("store");
    let deaf: Vec<Wire> = (0..4).map(|_| knock(&place, Purpose::Ask)).collect();
    let all = Query {
        lens: Lens { by: vec![Dimension::Resource], ..Lens::default() },
        granularity: None,
        sort: Sort::Cost,
        limit: None,
    };
    for wire in &deaf {
        wire.send(&Numbered { number: 1, what: Request::Ask(Question::Query(all.clone()), today()) }).expect("sent");
    }
    assert!(attached.ask(&questions()[0], today(), &Cancel::default()).is_ok());
    undo::remove_import(owner.owner().expect("owned").serving().store(), 1).expect("a commit waits for nobody");
}

#[test]
fn another_version_is_told_which_and_what_to_do() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().to_owned();
    let listener = std::os::unix::net::UnixListener::bind(setup(&place).socket().expect("path")).expect("bound");
    let other = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("knock");
        let mut wire = Wire::new(stream).expect("wire");
        let hello: Hello = wire.receive(1 << 20).expect("read").expect("hello");
        assert_eq!(hello.greeting, Greeting::ours());
        let greeting = Greeting { protocol: 99, version: "9.9.9".into() };
        wire.send(&Welcome { greeting, process: 1, refused: Some("another version".into()) }).expect("sent");
    });
    let error = Host::open(setup(&place), false).map(|_| ()).expect_err("refused");
    other.join().expect("no panic");
    assert!(error.message.contains("spendtop 9.9.9") && error.message.contains(message::VERSION), "{error}");
    assert!(error.hints.iter().any(|h| h.contains("quit that one")), "{:?}", error.hints);
}

#[test]
fn a_config_of_the_greatest_size_reaches_the_owner() {
    let folder = tempfile::tempdir().expect("folder");
    let owner = Host::open(setup(folder.path()), false).expect("owner");
    let mut text = "[dimensions.team]\naccounts = {".to_owned();
    for number in 0.. {
        let next = format!(" \"{number}\" = \"{number}\",");
        if text.len() + next.len() >= 1 << 20 {
            break;
        }
        text.push_str(&next);
    }
    let dimensions = crate::config::parse(&(text + "}"), "large.toml").expect("config").dimensions;
    let large = Setup { settings: Settings { dimensions, ..setup(folder.path()).settings }, ..setup(folder.path()) };
    let attached = Host::open(large, true).expect("attached");
    assert_eq!(attached.extent().expect("extent").rows, owner.extent().expect("extent").rows);
}

#[test]
fn a_socket_that_was_left_behind_is_nobodys() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().to_owned();
    drop(std::os::unix::net::UnixListener::bind(setup(&place).socket().expect("path")).expect("bound"));
    let host = Host::open(setup(&place), false).expect("opened");
    assert!(host.owner().is_some());
    assert!(Host::open(setup(&place), false).expect("attached").owner().is_none());
}

mod imports;
