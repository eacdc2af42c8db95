//! What a person does about anomalies, by script.

use super::fake::{Mood, Session, as_of, poor};
use super::snapshots::shot;
use crate::domain::anomaly::{Course, State, Word};
use crate::domain::money::Amount;
use crate::engine::anomalies::say::Said;
use crate::engine::answer::{AnomalyMark, HoursOf, Notice, NoticeKind, Severity, Silent};
use crate::engine::{Command, Outcome};
use crate::tui::effect::Effect;
use crate::tui::event::Event;

fn shown(size: (u16, u16)) -> Session {
    let mut s = Session::started(Mood::Demo, size);
    s.keys("5");
    s
}

/// The commands that were given.
fn commands(s: &Session) -> Vec<Command> {
    let done = s.done.iter();
    done.filter_map(|effect| if let Effect::Do(command) = effect { Some((**command).clone()) } else { None }).collect()
}

#[test]
fn screens_of_anomalies() {
    for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut s = shown(size);
        shot(&format!("anomalies-{}x{}", size.0, size.1), &s);
        s.keys("j j");
        shot(&format!("anomalies-drop-{}x{}", size.0, size.1), &s);
    }
    for (name, env) in poor() {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.keys("5");
        shot(&format!("anomalies-{name}"), &s);
    }
    let mut s = shown((120, 36));
    s.keys("a");
    shot("anomalies-acknowledge-120x36", &s);
}

#[test]
fn the_time_axis_of_spend_has_marks_and_its_notices_lead_here() {
    let mut s = Session::started(Mood::Demo, (120, 36));
    let details = &mut s.app.spend.details.shown.as_mut().expect("told").answers[0];
    details.anomalies = vec![AnomalyMark {
        id: "000001".into(),
        start: as_of().plus(-11),
        place_words: "NAT gateway | prod-ml".into(),
        impact: Amount::whole(9_570),
    }];
    details.notices = vec![Notice {
        kind: NoticeKind::Anomalies,
        severity: Severity::Warning,
        text: "1 anomaly, +9,570.00 so far: NAT gateway | prod-ml".into(),
        hint: "the Anomalies tab says what it is".into(),
    }];
    shot("spend-anomaly-120x36", &s);
    assert!(s.text().contains("1 anomaly, +9,570.00 so far"), "{}", s.text());
    s.keys("w");
    while s.app.spend.focus != crate::tui::tab::spend::state::Pane::Attention {
        s.keys("w");
    }
    s.keys("j <enter>");
    assert_eq!(s.app.tab, crate::tui::tab::Tab::Anomalies);
}

#[test]
fn each_step_of_its_life_has_a_key_and_is_taken_back() {
    let mut s = shown((120, 36));
    s.keys("a");
    s.send(Event::Paste("rolls back".into()));
    s.keys("<enter>");
    s.keys("j z <enter> x <enter> O");
    let said: Vec<(String, Word, String)> = commands(&s)
        .into_iter()
        .filter_map(|command| match command {
            Command::SayOfAnomaly { id, saying } => Some((id, saying.word, saying.note.raw().to_owned())),
            _ => None,
        })
        .collect();
    let until = as_of().plus(7);
    let (first, second) = ("0000010000000000".to_owned(), "0000020000000000".to_owned());
    let want = [
        (first.clone(), Word::Acknowledged, "rolls back".to_owned()),
        (second.clone(), Word::Snoozed(until), String::new()),
        (second.clone(), Word::Expected, String::new()),
        (second, Word::Reopened, String::new()),
    ];
    assert_eq!(said, want);
    s.keys("u");
    assert!(s.text().contains("nothing was said that could be taken back"), "{}", s.text());
    let outcome = |state| Said { id: first.clone(), place_words: "here".into(), state, before: None };
    s.send(Event::Done(Box::new(Ok(Outcome::OfAnomaly(outcome(State::Acknowledged))))));
    assert!(s.text().contains("here is acknowledged: u takes it back"), "{}", s.text());
    s.keys("u");
    assert!(matches!(commands(&s).last(), Some(Command::UnsayOfAnomaly { id, to: None, .. }) if *id == first));
    s.send(Event::Done(Box::new(Ok(Outcome::OfAnomaly(outcome(State::Open))))));
    assert!(s.text().contains("taken back: here is open again"), "{}", s.text());
    s.keys("z <ctrl-u> 3 <enter>");
    assert!(s.text().contains("a day that is yet to come"), "{}", s.text());
}

#[test]
fn its_charges_are_opened_and_a_summary_is_copied() {
    let mut s = shown((120, 36));
    s.keys("y Y");
    let copied = format!("{:?}", s.done);
    assert!(copied.contains("Cost anomaly 000001 (high, open): step up, NAT gateway | prod-ml (mostly"), "{copied}");
    assert!(copied.contains("spendtop anomalies show 000001"), "{copied}");
    s.keys("<enter>");
    assert_eq!(s.app.lens.filter.to_string(), "service:=\"NAT gateway\" sub_account:=1");
    assert!(s.text().contains("all › NAT gateway, prod-ml"), "{}", s.text());
    s.keys("<backspace>");
    assert!(s.app.tab == crate::tui::tab::Tab::Anomalies && s.app.lens.filter.is_empty(), "{}", s.text());
    s.keys("i");
    assert!(matches!(s.app.overlay, Some(crate::tui::overlay::Overlay::Explain(_))), "{}", s.text());
}

#[test]
fn what_is_listed_is_chosen_and_ordered() {
    let mut s = shown((120, 36));
    assert!(s.text().contains("2 open · 1 acknowledged · 1 resolved"), "{}", s.text());
    s.keys("f");
    assert_eq!(s.app.anomalies.listed().len(), 3);
    assert!(s.text().contains("listed: open and acknowledged"), "{}", s.text());
    s.keys("f s");
    assert_eq!(s.app.anomalies.listed().len(), 1);
    assert!(s.text().contains("resolved"), "{}", s.text());
    s.keys("f G");
    assert_eq!(s.app.anomalies.selected().map(|l| l.anomaly.id.short()).as_deref(), Some("000004"));
    s.keys("g");
    assert_eq!(s.app.anomalies.at(), 0);
}

#[test]
fn names_from_outside_are_harmless_here() {
    let mut s = Session::started(Mood::Hostile, (120, 36));
    s.keys("5 y");
    let text = s.text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let copied = s.copied();
    assert!(!copied.contains(['\u{1b}', '\u{202e}', '\u{7}', '\n']), "{copied:?}");
}

#[test]
fn what_became_what_the_cost_is_and_is_still_open_says_both() {
    for columns in [60, 80, 120] {
        let mut s = shown((columns, 24));
        let listed = &mut s.app.anomalies.slot.shown.as_mut().expect("told").answers[0].anomalies[0];
        (listed.anomaly.finding.course, listed.anomaly.finding.last) = (Course::Usual, as_of().plus(-20));
        let text = s.text();
        assert!(text.lines().any(|line| line.ends_with("open, stays")), "{text}");
        assert!(text.contains("acknowledged"), "{text}");
        if columns == 80 {
            shot("anomalies-stays-80x24", &s);
        }
    }
}

#[test]
fn a_day_that_has_just_begun_says_how_many_hours_have_come() {
    let mut s = shown((120, 36));
    let detail = &mut s.app.anomalies.detail.shown.as_mut().expect("told").answers[0];
    let from = as_of().seconds() + 2 * 3_600;
    detail.hours = Some(HoursOf { from, until: from + 5 * 3_600 });
    detail.listed.anomaly.finding.hourly = true;
    let text = s.text();
    let day = as_of();
    assert!(
        text.contains(&format!("Of {day} 7 hours have come: the others count as what they usually cost")),
        "{text}"
    );
    assert!(text.contains("in 5 hours, against the same hours of "), "{text}");
}

#[test]
fn what_nothing_is_heard_of_says_since_when_and_from_whom() {
    for (columns, rows) in [(60, 24), (80, 24), (120, 36)] {
        let mut s = shown((columns, rows));
        let listed = &mut s.app.anomalies.slot.shown.as_mut().expect("told").answers[0].anomalies[0];
        let last = as_of().plus(-10);
        listed.anomaly.finding.last = last;
        listed.silent = Some(Silent { providers: vec!["Google Cloud".into()], since: last });
        let text = s.text();
        assert!(text.lines().any(|line| line.ends_with("open, silent")), "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("Last seen {last}: nothing has come from Google Cloud since.")), "{text}");
        if columns == 80 {
            shot("anomalies-silent-80x24", &s);
        }
    }
}

#[test]
fn what_could_not_be_taken_back_still_can_be() {
    let mut s = shown((120, 36));
    s.keys("x <enter>");
    let id = "0000010000000000".to_owned();
    let said = |state| Said { id: id.clone(), place_words: "here".into(), state, before: None };
    s.send(Event::Done(Box::new(Ok(Outcome::OfAnomaly(said(State::Expected))))));
    s.keys("u u");
    assert_eq!(commands(&s).len(), 2, "it is taken back once: {:?}", commands(&s));
    s.send(Event::Done(Box::new(Err(crate::error::Error::store("the disk is full")))));
    s.keys("u");
    assert_eq!(commands(&s).len(), 3, "{:?}", s.app.status);
    s.send(Event::Done(Box::new(Ok(Outcome::OfAnomaly(said(State::Open))))));
    assert!(s.text().contains("taken back: here is open again"), "{}", s.text());
}
