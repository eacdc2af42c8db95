//! What is told of alerts, and what keys do about them.

use std::collections::BTreeMap;

use super::fake::{HOSTILE, Mood, Session, as_of, poor};
use super::snapshots::shot;
use crate::domain::alert::{Entry, Fate, Gate, Kind, Letter, Message, Severity, Turn};
use crate::engine::alerts::AlertsAnswer;
use crate::error::Error;
use crate::host::alerting::{ChannelStanding, Standing};
use crate::host::courier::Silence;
use crate::host::syncing::Notice;
use crate::tui::action::Place;
use crate::tui::alerting::Snapshot;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::theme::Role;

/// When all of it is told: 9:30 UTC.
pub(super) fn now() -> i64 {
    as_of().seconds() + 9 * 3_600 + 30 * 60
}

fn entry(before: i64, channel: &str, severity: Severity, turn: Turn, title: &str, why: Option<&str>) -> Entry {
    Entry {
        key: title.to_owned(),
        channel: channel.to_owned(),
        kind: Kind::Anomaly,
        severity,
        turn,
        title: title.into(),
        lines: vec!["Figures of later days are missing, not zero.".into()],
        figures: vec![("Expected".to_owned(), "310 USD".into())],
        command: Some("spendtop anomalies show 5e1f02".to_owned()),
        found_at: now() - before,
        at: now() - before,
        place: 0,
        tries: 1,
        why: why.map(str::to_owned),
        left_out: false,
        with: 1,
        refused: Vec::new(),
    }
}

fn channel(name: &str, kind: &'static str, waiting: usize, gate: Gate) -> ChannelStanding {
    ChannelStanding {
        name: name.to_owned(),
        kind,
        waiting,
        next: (waiting > 0).then(|| now() + 40),
        gate,
        remark: None,
        unusable: None,
    }
}

pub(super) fn standing() -> Standing {
    let good = |before: i64| Gate { good_at: now() - before, ..Gate::default() };
    let failing =
        Gate { failures: 3, failed_at: now() - 20, why: Some("hooks.slack.com answered 503".into()), ..good(7_300) };
    let waits = |title: &str| {
        let message = Message {
            title: title.into(),
            severity: Severity::Critical,
            kind: Kind::Budget,
            ..Message::test("chat", now() - 60)
        };
        let letter = Letter { tries: 3, why: failing.why.clone(), ..Letter::new(message, "chat", now() + 40) };
        (letter.name(), letter)
    };
    let log = vec![
        entry(300, "pager", Severity::Critical, Turn::Raised, "Amazon EC2 costs 1,204.50 USD more a day", None),
        entry(4_000, "pager", Severity::Info, Turn::Resolved, "AWS tells nothing new since 2024-09-09", None),
        entry(90_000, "desktop", Severity::Warning, Turn::Raised, HOSTILE, Some("there is no session bus")),
    ];
    let answer = AlertsAnswer {
        outbox: BTreeMap::from([waits("budget platform is exceeded: 10,204.00 USD")]),
        log,
        channels: BTreeMap::new(),
        watched: None,
    };
    let channels = vec![
        channel("chat", "slack", 1, failing),
        channel("pager", "pagerduty", 0, good(300)),
        channel("desktop", "desktop", 0, Gate::default()),
        channel("terminal", "terminal", 0, good(300)),
    ];
    Standing {
        channels,
        answer,
        tested: [("pager".to_owned(), Fate::Delivered)].into(),
        silence: None,
        wrong: Vec::new(),
    }
}

fn told(session: &mut Session, standing: Result<Standing, Error>) {
    session.send(Event::Alerts(Some(Box::new(Snapshot { at: now(), standing }))));
}

#[test]
fn the_panel_at_three_sizes() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("N");
        told(&mut s, Ok(standing()));
        s.keys("j");
        s.app.status = None;
        shot(&format!("alerts-{}x{}", size.0, size.1), &s);
    }
    for (name, env) in poor() {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.keys("N");
        told(&mut s, Ok(standing()));
        shot(&format!("alerts-{name}"), &s);
    }
}

#[test]
fn what_nobody_is_told_is_shown_and_how_a_channel_is_made() {
    let message = |title: &str, kind: Kind, severity: Severity| Message {
        key: title.to_owned(),
        title: title.into(),
        kind,
        severity,
        ..Message::test("terminal", now())
    };
    let found = [
        message("Amazon EC2 in Prod, us-east-1 costs 1,465 USD a day, expected 366", Kind::Anomaly, Severity::Critical),
        message("budget platform will be over on Nov 27: 58,900 of 50,000 USD", Kind::Forecast, Severity::Warning),
        message(HOSTILE, Kind::Anomaly, Severity::Warning),
    ];
    let to = |channels: &'static [&str]| {
        let letters = found.iter().flat_map(move |m| channels.iter().map(move |to| Letter::new(m.clone(), to, now())));
        letters.collect::<Vec<Letter>>()
    };
    let remarked =
        |name: &str, remark| ChannelStanding { remark: Some(remark), ..channel(name, "terminal", 0, Gate::default()) };
    let channels = vec![
        ChannelStanding { kind: "desktop", ..remarked("desktop", "there is no session bus") },
        remarked("terminal", "the app's status line, and this log"),
    ];
    let of =
        |silence, news| Standing { channels: channels.clone(), silence: Some((silence, news)), ..Standing::default() };
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("N");
        told(&mut s, Ok(of(Silence::Demo, to(&["desktop", "terminal"]))));
        s.keys("j j j");
        shot(&format!("alerts-silent-{}x{}", size.0, size.1), &s);
    }
    let mut s = Session::started(Mood::Demo, (120, 36));
    s.keys("N");
    let mut apart = to(&["chat", "terminal"]);
    apart.remove(0);
    told(&mut s, Ok(of(Silence::AsOf(as_of()), apart)));
    assert!(s.text().contains("which is not today, nobody is told."), "{}", s.text());
    assert!(s.text().contains("What would be told: 3 messages") && s.text().contains("chat, terminal"), "{}", s.text());
    told(&mut s, Ok(of(Silence::Demo, Vec::new())));
    assert!(s.text().contains("There would be nothing new to tell."), "{}", s.text());
}

#[test]
fn what_the_config_cannot_mean_is_said_of_its_channel_and_of_the_plan() {
    let mut standing = standing();
    standing.wrong = vec!["c.toml:2:9: `alerts.quiet` must be hours which end; no hours are quiet".to_owned()];
    let chat = standing.channels.iter_mut().find(|channel| channel.name == "chat").expect("chat");
    chat.unusable = Some("`channels.chat.allow_private` must hold hosts, not \"*\" (c.toml:4:18)".to_owned());
    for size in [(80, 24), (120, 36)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("N");
        told(&mut s, Ok(standing.clone()));
        let text = s.text();
        assert!(text.contains("cannot be used: `ch") && text.contains("no hours are quiet"), "{text}");
        assert!(!text.contains("503"), "{text}");
        s.keys("<enter>");
        assert!(s.text().contains("It cannot be used: `channels.chat.allow_private` must hold hosts"), "{}", s.text());
    }
}

#[test]
fn a_channel_is_selected_and_tried() {
    let mut s = Session::started(Mood::Demo, (120, 36));
    s.keys("N t");
    assert!(s.text().contains("Looking how alerts stand."), "{}", s.text());
    assert_eq!((s.done.clone(), s.app.place()), (vec![Effect::LookAtAlerts], Place::Alerts));
    told(&mut s, Ok(standing()));
    s.keys("j t");
    assert_eq!(s.done.last(), Some(&Effect::TestChannel("pager".to_owned())));
    assert!(s.text().contains("a test is on its way to pager"), "{}", s.text());
    told(&mut s, Ok(standing()));
    assert!(!s.text().contains("a test is on its way"), "the answer is there: {}", s.text());
    s.keys("<enter>");
    assert_eq!(s.done.iter().filter(|done| matches!(done, Effect::TestChannel(_))).count(), 1, "reading sends nothing");
    assert!(s.text().contains("pager (pagerduty)") && s.text().contains("t sends it a test."), "{}", s.text());
    s.keys("<esc> G t");
    assert!(s.text().contains("there is no channel to test"), "{}", s.text());
    s.keys("Y");
    assert!(s.copied().starts_with("spendtop alert list"), "{}", s.copied());
    told(&mut s, Err(Error::store("the store is away")));
    assert!(s.text().contains("the store is away"), "{}", s.text());
    s.keys("q");
    assert!(s.app.overlay.is_none());
}

/// All of a screen, however its lines are broken.
fn in_a_line(s: &Session) -> String {
    s.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn of_many_channels_the_selected_one_and_the_answer_to_its_test_are_in_view() {
    let mut stands = standing();
    stands.channels = (0..18).map(|i| channel(&format!("chat{i}"), "slack", 0, Gate::default())).collect();
    let why = "hooks.slack.com answered 404: the address is not there any more";
    let failed = || Fate::Failed { why: why.into(), wait: None, unsure: false };
    stands.tested = (0..18).map(|i| (format!("chat{i}"), failed())).collect();
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N");
    told(&mut s, Ok(stands));
    for i in 0..18 {
        let text = in_a_line(&s);
        let said = format!("chat{i} has not got the test: {why}");
        assert!(text.contains(&format!(" chat{i} ")) && text.contains(&said), "{i}: {text}");
        s.keys("<enter>");
        assert!(in_a_line(&s).contains(&said), "nor is it gone where the channel is read whole: {}", s.text());
        s.keys("<esc>");
        s.keys("j");
    }
}

#[test]
fn a_message_is_read_whole() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N");
    told(&mut s, Ok(standing()));
    // The newest stands first: on its way to `chat`.
    s.keys("j j j j <enter>");
    for part in [
        "critical: budget platform is exceeded: 10,204.00 USD",
        "chat: on its way, next try in 40 s, 3 tries: hooks.slack.com answered 503",
        "More: spendtop alert list",
    ] {
        assert!(s.text().contains(part), "{part}\n{}", s.text());
    }
    s.keys("<esc> j <enter>");
    for part in [
        "critical: Amazon EC2 costs 1,204.50 USD more a day",
        "Figures of later days are missing",
        "Expected: 310 USD",
        "pager: told, 09:25 UTC",
        "More: spendtop anomalies show 5e1f02",
    ] {
        assert!(s.text().contains(part), "{part}\n{}", s.text());
    }
    shot("alerts-message", &s);
    s.keys("<esc>");
    assert!(s.text().contains("What was found: 4 messages, 1 on its way, 1 not told"), "{}", s.text());
    s.keys("<enter> q");
    assert!(s.app.overlay.is_none());
}

/// The last row: what keys do here.
fn footer(s: &Session) -> String {
    s.text().lines().last().unwrap_or_default().to_owned()
}

#[test]
fn enter_is_offered_where_it_opens_something() {
    for syncs in [false, true] {
        let mut s = Session::started(Mood::Demo, (120, 36));
        if syncs {
            s.send(Event::Syncing(Some(Box::new(super::fake::syncing::fresh()))));
        }
        s.keys("N");
        assert!(!footer(&s).contains(" open"), "nothing is known yet: {}", footer(&s));
        told(&mut s, Ok(standing()));
        s.keys("j");
        assert!(footer(&s).contains(" open") && footer(&s).contains(" test it"), "{}", footer(&s));
        s.keys("<enter>");
        assert!(!footer(&s).contains(" open") && footer(&s).contains(" test it"), "it is open: {}", footer(&s));
        s.keys("<esc> G");
        assert!(footer(&s).contains(" open") && !footer(&s).contains(" test it"), "a message: {}", footer(&s));
        told(&mut s, Err(Error::store("the store is away")));
        assert!(!footer(&s).contains(" open"), "{}", footer(&s));
    }
}

#[test]
fn what_comes_meanwhile_moves_nothing() {
    let newer = || {
        let mut standing = standing();
        let come = entry(1, "pager", Severity::Warning, Turn::Raised, "AWS is 3 days late", None);
        standing.answer.log.insert(0, come);
        standing
    };
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N");
    told(&mut s, Ok(standing()));
    s.keys("j j j j j <enter>");
    let message = "critical: Amazon EC2 costs 1,204.50 USD more a day";
    assert!(s.text().contains(message), "{}", s.text());
    told(&mut s, Ok(newer()));
    assert!(s.text().contains(message), "{}", s.text());
    s.keys("<esc>");
    told(&mut s, Ok(standing()));
    told(&mut s, Ok(newer()));
    s.keys("<enter>");
    assert!(s.text().contains(message), "{}", s.text());
    let mut without = standing();
    without.answer.log.remove(0);
    told(&mut s, Ok(without));
    assert!(s.text().contains("What was found: 3 messages"), "what is gone leaves the list: {}", s.text());
    s.keys("<enter>");
    assert!(s.text().contains("chat (slack)"), "with its first line: {}", s.text());
}

#[test]
fn a_long_message_is_read_to_its_end_and_back() {
    let mut standing = standing();
    standing.answer.log[0].lines = (1..=40).map(|at| format!("line {at} {}", "of many ".repeat(9)).into()).collect();
    for size in [(60, 15), (80, 24), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("N");
        told(&mut s, Ok(standing.clone()));
        s.keys("j j j j j <enter>");
        let begin = s.text();
        s.keys("G");
        let end = s.text();
        assert!(end.contains("More: spendtop anomalies show 5e1f02"), "{end}");
        s.keys("k");
        assert!(s.text() != end || end == begin, "a key scrolls it at once: {end}");
        s.keys("j");
        assert_eq!(s.text(), end);
        s.keys("g");
        assert_eq!(s.text(), begin);
    }
}

#[test]
fn nothing_is_opened_where_nothing_is_selected() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N <enter> <esc>");
    assert!(s.app.overlay.is_none(), "one key leaves it");
    s.keys("N");
    told(&mut s, Ok(standing()));
    s.keys("G");
    told(&mut s, Ok(Standing { answer: AlertsAnswer::default(), ..standing() }));
    s.keys("<enter>");
    assert!(s.text().contains("chat (slack)"), "the list is shorter: {}", s.text());
}

#[test]
fn what_nobody_is_told_any_more_is_not_counted() {
    let mut standing = standing();
    standing.answer.log.clear();
    let letter = standing.answer.outbox.values().next().expect("one waits").clone();
    let resolved = Letter {
        message: Message { key: "over".to_owned(), turn: Turn::Resolved, at: now(), ..letter.message.clone() },
        tries: 0,
        why: None,
        ..letter.clone()
    };
    let untried = Letter { tries: 0, why: None, ..letter };
    standing.answer.outbox = [untried, resolved].map(|letter| (letter.name(), letter)).into();
    assert!(standing.answer.going().is_empty(), "raised and gone before anybody heard: {:?}", standing.answer.going());
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N");
    told(&mut s, Ok(standing));
    assert!(s.text().contains("Nobody was told anything yet."), "{}", s.text());
}

#[test]
fn a_message_has_a_line_for_all_its_channels() {
    let mut standing = standing();
    let other = Entry { channel: "chat".to_owned(), why: Some("no".to_owned()), ..standing.answer.log[0].clone() };
    standing.answer.log.push(other);
    let mut s = Session::started(Mood::Demo, (120, 36));
    s.keys("N");
    told(&mut s, Ok(standing));
    assert_eq!(s.text().matches("Amazon EC2 costs 1,204.50").count(), 1, "{}", s.text());
    assert!(s.text().contains("pager told, chat not told"), "{}", s.text());
    assert!(s.text().contains("told 1 of 2") && s.text().contains("1 told in part"), "{}", s.text());
}

#[test]
fn a_message_that_only_a_desktop_that_is_not_there_lacks_is_told() {
    let mut standing = standing();
    let told_by = |channel: &str| Entry { channel: channel.to_owned(), ..standing.answer.log[0].clone() };
    let mut desktop = told_by("desktop");
    (desktop.why, desktop.left_out) = (Some("this is a session over SSH".to_owned()), true);
    standing.answer.log = vec![desktop, told_by("pager"), told_by("chat")];
    standing.answer.outbox.clear();
    let mut s = Session::started(Mood::Demo, (120, 36));
    s.keys("N");
    told(&mut s, Ok(standing.clone()));
    assert!(s.text().contains("What was found: 1 message") && !s.text().contains("1 message,"), "{}", s.text());
    assert!(s.text().contains(" pager, chat               told        critical"), "{}", s.text());
    s.keys("j j j j <enter>");
    assert!(s.text().contains("desktop: left out, 09:25 UTC: this is a session over SSH"), "{}", s.text());
    s.keys("<esc>");
    // Where there is no other, that it was left out is what there is to say.
    standing.answer.log.truncate(1);
    told(&mut s, Ok(standing));
    assert!(s.text().contains(" left out    critical"), "{}", s.text());
}

#[test]
fn a_test_from_within_a_channel_says_there_how_it_went() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("N");
    let mut standing = standing();
    standing.tested.clear();
    told(&mut s, Ok(standing.clone()));
    s.keys("<enter> t");
    assert!(s.text().contains("a test is on its way to chat"), "{}", s.text());
    let failed = Fate::Failed { why: "hooks.slack.com answered 503".into(), wait: None, unsure: false };
    for (fate, said) in
        [(Fate::Delivered, "chat has the test."), (failed, "chat has not got the test: hooks.slack.com answered 503")]
    {
        standing.tested = [("chat".to_owned(), fate)].into();
        told(&mut s, Ok(standing.clone()));
        assert!(s.text().contains(said) && !s.text().contains("on its way to chat"), "{}", s.text());
    }
}

#[test]
fn of_several_alerts_the_gravest_stands_with_their_count() {
    let mut s = Session::started(Mood::Demo, (100, 30));
    let notice = |text: &str, severity| {
        let title = crate::domain::text::SafeText::from_outside(text);
        Event::Notice(Box::new(Notice { body: title.clone(), title, severity }))
    };
    s.send(notice("spendtop: critical: Redshift costs 859 USD a day", Severity::Critical));
    s.send(notice("spendtop: warning: budget all has reached 80 %", Severity::Warning));
    let both = "2 alerts, 1 critical; N shows them: critical: Redshift costs 859 USD a day";
    assert!(s.text().contains(both), "{}", s.text());
    s.send(notice("spendtop: warning: AWS is 3 days late", Severity::Warning));
    assert!(s.text().contains("3 alerts, 1 critical"), "{}", s.text());
    s.keys("j");
    s.send(notice("spendtop: low: S3 costs 12 USD a day", Severity::Info));
    s.send(notice("spendtop: high: EC2 costs 1,180 USD a day", Severity::High));
    s.send(notice("spendtop: warning: Azure is 2 days late", Severity::Warning));
    assert!(s.text().contains("3 alerts; N shows them: high: EC2 costs 1,180 USD a day"), "{}", s.text());
    s.keys("j");
    s.send(notice("spendtop: warning: Azure is 3 days late", Severity::Warning));
    assert!(s.text().contains("warning: Azure is 3 days late") && !s.text().contains("alerts,"), "{}", s.text());
}

#[test]
fn an_alert_in_the_status_line_looks_as_it_presses() {
    for (title, severity, wanted) in [
        ("spendtop: critical: Redshift costs more", Severity::Critical, ("! ", Role::Error)),
        ("spendtop: warning: AWS is late", Severity::Warning, ("", Role::Unsure)),
        ("spendtop: aws.prod has not synced for 26 h", Severity::Warning, ("", Role::Unsure)),
        ("spendtop: high: EC2 costs more", Severity::High, ("", Role::Unsure)),
        ("spendtop: spend, 2026-11-22: 420.00 USD", Severity::Info, ("", Role::Text)),
        ("spendtop: A test of the channel desktop", Severity::Info, ("", Role::Text)),
    ] {
        let mut s = Session::started(Mood::Demo, (100, 30));
        let title = crate::domain::text::SafeText::from_outside(title);
        s.send(Event::Notice(Box::new(Notice { body: title.clone(), title: title.clone(), severity })));
        assert_eq!(s.app.pressing(), Some(wanted), "{title}");
        s.app.status = Some("copied".to_owned());
        assert_eq!(s.app.pressing(), None, "what is said besides is no alert");
    }
}

#[test]
fn one_line_below_is_told_as_one() {
    let texts: Vec<String> = (10..34)
        .map(|rows| {
            let mut s = Session::started(Mood::Demo, (100, rows));
            s.keys("N");
            told(&mut s, Ok(standing()));
            s.text()
        })
        .collect();
    assert!(texts.iter().any(|text| text.contains(" 1 line below ")), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains(" 1 lines ")), "{texts:?}");
}

#[test]
fn an_alert_is_in_the_status_line_and_rings() {
    let mut s = Session::started(Mood::Demo, (100, 30));
    let title = crate::domain::text::SafeText::from_outside("spendtop: critical: a\x1b costs more");
    let notice = Notice { body: title.clone(), title, severity: Severity::Critical };
    s.send(Event::Notice(Box::new(notice)));
    assert!(s.text().contains(" ! spendtop: critical: a\\x1b costs more"), "{}", s.text());
    assert!(matches!(s.done.last(), Some(Effect::Tell(sequence)) if sequence.ends_with('\x07')));
}
