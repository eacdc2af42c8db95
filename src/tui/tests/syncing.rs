//! What is told of syncing, and what keys do about it.

use super::fake::syncing::{failing, fresh, opinion, under_way};
use super::fake::{HOSTILE, Mood, Session, colours};
use super::snapshots::shot;
use crate::engine::overview::{FaultKind, Trouble};
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::syncing::Snapshot;
use crate::tui::theme::Env;
use crate::tui::worker::Standing;

fn told(session: &mut Session, snapshot: Snapshot) {
    session.send(Event::Syncing(Some(Box::new(snapshot))));
}

fn with(size: (u16, u16), snapshot: Snapshot) -> Session {
    let mut session = Session::started(Mood::Demo, size);
    told(&mut session, snapshot);
    session
}

/// Looks at a store, not at the demo.
fn on_a_store(session: &mut Session) {
    let standing = Standing { as_of: session.app.as_of, banner: None, flags: " --data-dir bill".to_owned() };
    session.send(Event::Opened(standing));
}

#[test]
fn the_log_at_two_sizes() {
    for size in [(80, 24), (120, 36)] {
        let named = |name: &str| format!("sync-{name}-{}x{}", size.0, size.1);
        for (name, snapshot) in [("full", fresh()), ("under-way", under_way()), ("failing", failing())] {
            let mut s = with(size, snapshot);
            shot(&named(&format!("{name}-line")), &s);
            s.keys("!");
            shot(&named(name), &s);
        }
        let mut s = with(size, failing());
        s.keys("! G k <enter>");
        shot(&named("run"), &s);
        let mut s = Session::started(Mood::Empty, size);
        on_a_store(&mut s);
        s.keys("!");
        shot(&named("nothing"), &s);
    }
}

#[test]
fn without_connections_and_in_the_demo_it_is_said_that_nothing_is_synced() {
    let mut s = Session::started(Mood::Demo, (100, 30));
    s.keys("R");
    assert!(s.text().contains("this is the demo: nothing of it is synced"), "{}", s.text());
    s.keys("!");
    assert!(s.text().contains("This is the demo"), "{}", s.text());
    s.keys("<esc>");
    on_a_store(&mut s);
    s.keys("R");
    assert!(s.text().contains("there is no connection to sync: A makes one"), "{}", s.text());
    assert!(!s.done.contains(&Effect::SyncNow));
    s.keys("!");
    assert!(s.text().contains("`spendtop connect aws`"), "{}", s.text());
    s.keys("j <enter> R Y");
    assert_eq!(s.copied(), "spendtop sync --status --data-dir bill");
}

#[test]
fn asking_now_works_in_the_log_and_out_of_it() {
    let mut s = with((100, 30), fresh());
    s.keys("R");
    assert_eq!(s.done, [Effect::SyncNow]);
    s.keys("! R");
    assert_eq!(s.done, [Effect::SyncNow, Effect::LookAtSyncing, Effect::SyncNow]);
    assert_eq!(s.app.place(), Place::Syncing);
    s.send(Event::Asked("aws.prod: cap of 12 requests reached, next at 00:00 UTC".to_owned()));
    assert!(s.text().contains("cap of 12 requests reached, next at 00:00 UTC"), "{}", s.text());
    s.send(Event::NotAsked(Box::new(crate::error::Error::store("the disk is full"))));
    assert!(s.text().contains("the disk is full"), "{}", s.text());
}

#[test]
fn what_is_selected_is_read_whole_and_stays_selected() {
    let mut s = with((100, 30), failing());
    on_a_store(&mut s);
    s.keys("! <enter>");
    assert!(s.text().contains("What to do") && s.text().contains("aws sso login"), "{}", s.text());
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Syncing, "back to the list");
    s.keys("Y");
    assert_eq!(s.copied(), "spendtop sync --status --data-dir bill");
    s.keys("G Y");
    assert_eq!(s.copied(), "spendtop sync --log --data-dir bill");
    let mut more = failing();
    let overview = more.overview.as_mut().expect("it stands somehow");
    overview.runs.insert(0, overview.runs[0].clone());
    overview.runs[0].at += 60;
    told(&mut s, more);
    s.keys("<enter>");
    assert!(s.text().contains("3 rows were refused") && s.text().contains("1,204"), "{}", s.text());
    s.keys("<esc> <esc>");
    assert!(s.app.overlay.is_none());
}

#[test]
fn what_is_gone_leaves_the_list_and_what_cannot_be_opened_is_not_offered() {
    let mut s = with((120, 36), fresh());
    s.keys("! G <enter>");
    let mut shorter = fresh();
    shorter.overview.as_mut().expect("it stands somehow").runs.pop();
    told(&mut s, fresh());
    let footer = |s: &Session| s.text().lines().last().unwrap_or_default().to_owned();
    assert!(!footer(&s).contains(" open"), "it is read: {}", s.text());
    told(&mut s, shorter);
    assert!(footer(&s).contains(" open"), "all is listed: {}", s.text());
    let overview = Err(crate::error::Error::store("the store is away"));
    told(&mut s, Snapshot { overview, ..fresh() });
    assert!(!footer(&s).contains(" open"), "{}", s.text());
    s.keys("<enter> <esc>");
    assert!(s.app.overlay.is_none(), "one key leaves it");
}

#[test]
fn what_the_provider_itself_thinks_is_read_with_its_scope() {
    let mut snapshot = fresh();
    snapshot.overview.as_mut().expect("it stands somehow").scopes[0].opinion = Some(opinion("AmazonEC2"));
    let mut s = with((120, 30), snapshot);
    s.keys("!");
    assert!(!s.text().contains("AWS expects"), "{}", s.text());
    s.keys("<enter>");
    let text = s.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("AWS expects 3,703.50 USD from "), "{text}");
    assert!(text.contains("(80 % a day: 3,600.00 to 3,900.75); 2 anomalies since "), "{text}");
    assert!(text.contains("the largest +430.40 USD on AmazonEC2 since "), "{text}");
}

#[test]
fn it_is_shown_beside_the_figures() {
    let mut s = with((200, 36), failing());
    let text = s.text();
    let header = text.lines().next().expect("header");
    assert!(header.contains("10 of 12 requests"), "{header}");
    assert!(header.contains("AWS 3 h old ! failing since 06:12 UTC"), "{header}");
    assert!(text.contains("aws.prod blocked: `aws sso login --profile billing` · 2 more fail · ! log"), "{text}");
    told(&mut s, under_way());
    let text = s.text();
    assert!(text.contains("aws.prod history 3 of 13 months, about 12 min left"), "{text}");
    assert!(text.contains("azure.main waits 40 s: too many requests"), "{text}");
    s.send(Event::Syncing(None));
    assert!(!s.text().contains("azure.main"), "{}", s.text());
}

#[test]
fn what_is_denied_is_told_in_words_and_leaves_room_for_the_log() {
    let denied = "`ce:GetCostAndUsage` is denied to `arn:aws:iam::111122223333:role/SpendtopReadOnlyRole`";
    let mut snapshot = failing();
    snapshot.overview.as_mut().expect("it stands somehow").scopes[0].trouble = Some(Trouble {
        kind: FaultKind::Denied,
        message: format!("{denied}: no policy allows it"),
        hints: vec!["allow it to this identity: {\"Action\":[\"ce:GetCostAndUsage\"]}".to_owned()],
    });
    let mut s = with((80, 24), snapshot);
    let text = s.text();
    assert!(text.contains("aws.prod blocked: `ce:GetCostAndUsage` is denied to"), "{text}");
    assert!(text.contains("2 more fail") && text.contains("! log") && !text.contains("Action"), "{text}");
    s.keys("!");
    assert!(s.text().contains("{\"Action\":[\"ce:GetCostAndUsage\"]}"), "{}", s.text());
}

#[test]
fn days_that_were_asked_for_are_read_whole() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut snapshot = fresh();
        let overview = snapshot.overview.as_mut().expect("it stands somehow");
        overview.runs[0].what = "2024-11-01..2024-11-20".to_owned();
        overview.scopes[0].elsewhere = Some("requests go to 127.0.0.1:5000, not to AWS".to_owned());
        let mut s = with(size, snapshot);
        s.keys("!");
        assert!(s.text().contains("2024-11-01..2024-11-20  "), "{}", s.text());
        assert!(s.text().contains("requests go to 127.0.0.1:5000, not to AWS"), "{}", s.text());
    }
}

#[test]
fn an_empty_store_says_whether_costs_are_on_their_way() {
    let mut s = Session::started(Mood::Empty, (80, 24));
    told(&mut s, under_way());
    assert!(s.text().contains("the first ones are on their way"), "{}", s.text());
    told(&mut s, failing());
    assert!(s.text().contains("what is connected cannot be synced"), "{}", s.text());
    told(&mut s, fresh());
    assert!(s.text().contains("was asked, and has none"), "{}", s.text());
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_it_came() {
    for size in [(40, 8), (60, 15), (80, 24), (120, 36), (200, 60)] {
        for env in
            [colours(), Env { term: "linux".into(), ..Env::default() }, Env { no_color: "1".into(), ..colours() }]
        {
            let mut s = Session::new(Mood::Demo, size, env);
            s.start();
            let mut snapshot = failing();
            let overview = snapshot.overview.as_mut().expect("it stands somehow");
            overview.scopes[0].source = HOSTILE.to_owned();
            overview.scopes[0].opinion = Some(opinion(HOSTILE));
            overview.wrong[0].0 = HOSTILE.to_owned();
            overview.runs[0].what = HOSTILE.to_owned();
            for trouble in overview.scopes.iter_mut().filter_map(|scope| scope.trouble.as_mut()) {
                trouble.message = HOSTILE.to_owned();
                trouble.hints = vec![HOSTILE.to_owned()];
            }
            told(&mut s, snapshot);
            for keys in ["!", "<enter>", "<esc> j j j <enter>", "<esc> j <enter> j", "<esc> <esc>"] {
                s.keys(keys);
                let raw = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{9b}');
                assert!(!s.text().chars().any(raw), "{:?}", s.text());
            }
        }
    }
}
