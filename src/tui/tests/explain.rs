//! What a person asks of a figure, by script: what it is, what it is made of, where it comes from.

use super::fake::{Mood, Session};
use super::snapshots::shot;
use crate::domain::calendar::Granularity;
use crate::engine::{Card, Question};
use crate::error::Error;
use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::tab::Tab;
use crate::tui::theme::Env;
use crate::tui::worker::{Asker, Reply};

const SIZE: (u16, u16) = (120, 36);

fn started() -> Session {
    Session::started(Mood::Demo, SIZE)
}

/// What was asked last: the filter, the period, the figure, and how many line items were passed over.
fn asked(s: &Session) -> (String, String, Card, usize) {
    match s.beside.iter().rev().find(|question| matches!(question, Question::Explain { .. })) {
        Some(Question::Explain { lens, card, items }) => {
            (lens.filter.to_string(), lens.period.to_string(), *card, items.1)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_hour_of_the_chart_is_explained_and_opened_as_its_whole_day() {
    let mut s = started();
    s.keys("u u u");
    assert_eq!(s.app.lens.granularity, Granularity::Hour);
    s.keys("i");
    assert!(s.text().contains("(the whole day)"), "{}", s.text());
    s.keys("<esc> <enter>");
    assert!(s.app.tab == Tab::Breakdown && s.text().contains("(the whole day)"), "{}", s.text());
}

#[test]
fn why_is_month_to_date_higher_than_last_month_down_to_the_line_item() {
    let mut s = started();
    s.keys("w w w <enter>");
    assert_eq!(asked(&s).2, Card::MonthToDate);
    let text = s.text();
    for wanted in
        ["Month to date", "The sum of", "Parts by service", "Rests on", "import 3: november.csv", "spendtop query"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    s.keys("j <enter>");
    assert_eq!(asked(&s).0, "service:\"Amazon EC2\"");
    s.keys("j <enter> j <enter> j <enter>");
    assert!(asked(&s).0.contains("resource:i-0f3a91"), "{:?}", asked(&s));
    s.keys("j <enter>");
    s.keys("j <enter>");
    assert!(s.text().contains("there are no finer parts"), "{}", s.text());
    s.keys("G <enter>");
    let text = s.text();
    assert!(
        text.contains("ChargePeriodStart") && text.contains("EffectiveCost") && text.contains("line item"),
        "{text}"
    );
    s.keys("j j y");
    assert_eq!(s.copied(), "EffectiveCost\t89.01");
    s.keys("<esc> <esc> <esc> <esc> <esc> <esc>");
    assert_eq!((s.app.place(), s.app.tab), (Place::Explain, Tab::Spend));
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend));
}

#[test]
fn the_way_down_keeps_as_many_of_its_last_steps_as_fit() {
    let mut s = Session::started(Mood::Demo, (60, 24));
    s.keys("v i j <enter> j <enter> j <enter> j <enter>");
    let path = "… › prod-ml › us-east-1 › i-0f3a91";
    assert!(s.text().contains(path), "{}", s.text());
}

#[test]
fn every_figure_at_the_top_says_what_it_is() {
    for (keys, card, period) in [
        ("w w w i", Card::MonthToDate, "this-month"),
        ("w w w <right> i", Card::Forecast, "this-month"),
        ("w w w <right> <right> i", Card::Yesterday, "this-month"),
        ("w w w <right> <right> <right> i", Card::LastWeek, "this-month"),
        ("w w w v i", Card::Total, "this-month"),
    ] {
        let mut s = started();
        s.keys(keys);
        let (_, asked_period, asked_card, _) = asked(&s);
        assert_eq!((asked_card, asked_period.as_str()), (card, period), "{keys}");
    }
}

#[test]
fn what_did_that_day_consist_of() {
    let mut s = started();
    s.keys("<left> <left> i");
    assert_eq!(asked(&s).1, "2024-11-18..2024-11-19");
    assert!(s.text().contains("2024-11-18"), "{}", s.text());
}

#[test]
fn what_stands_behind_a_move() {
    let mut s = started();
    s.keys("w i");
    assert!(asked(&s).0.contains("service:\"Amazon EC2\" sub_account:111122223333"), "{:?}", asked(&s));
    s.keys("b");
    assert_eq!(s.app.tab, Tab::Breakdown);
    assert!(s.app.lens.filter.to_string().contains("Amazon EC2"), "its charges as rows");
    s.keys("<backspace>");
    assert_eq!(s.app.tab, Tab::Spend);
    assert!(s.app.lens.filter.is_empty());
}

#[test]
fn what_stands_behind_a_row_and_behind_all_rows() {
    let mut s = started();
    s.keys("2 j i");
    assert_eq!(asked(&s).0, "provider:Microsoft");
    assert!(s.text().contains("Azure"));
    s.keys("q v i");
    assert_eq!((asked(&s).0.as_str(), asked(&s).2), ("", Card::Total));
    assert!(s.text().contains("All of November"), "{}", s.text());
}

#[test]
fn a_bound_on_rows_says_nothing_of_their_parts() {
    let mut s = started();
    s.keys("/ c o s t > 1 0 0 <enter> 2 i");
    assert_eq!(asked(&s).0, "provider:AWS");
}

#[test]
fn the_finest_level_is_explained() {
    let mut s = started();
    s.keys("2 <enter> <enter> <enter> <enter> <enter> <enter>");
    assert_eq!(s.app.place(), Place::Explain);
    assert!(s.text().contains("i-0f3a91"), "{}", s.text());
}

#[test]
fn line_items_page_on_and_back() {
    let mut s = started();
    s.keys("v i > >");
    assert_eq!(asked(&s).3, 200);
    assert!(s.text().contains("Line items 201 to 250 of 250"), "{}", s.text());
    s.keys(">");
    assert!(s.text().contains("there are no other line items"));
    s.keys("< <");
    assert_eq!(asked(&s).3, 0);
    s.keys("<");
    assert!(s.text().contains("there are no other line items"));
}

#[test]
fn the_command_of_what_is_explained_is_copied_with_its_flags() {
    let mut s = started();
    s.keys("2 j i Y");
    assert!(s.copied().starts_with("spendtop query --by provider"), "{}", s.copied());
    assert!(s.copied().contains("--where 'provider:Microsoft'") && s.copied().ends_with(" --demo"), "{}", s.copied());
    s.keys("y");
    assert_eq!(s.copied(), "Azure\t27,176.12 USD\t2024-11-01 to 2024-11-20");
    s.keys("j y");
    assert_eq!(s.copied(), "Amazon EC2\t18,204.11 USD");
    s.keys("G y");
    assert_eq!(s.copied(), "2024-11-20\tcharge 99 of the bill  i-0f3a91\t89.01 USD");
}

#[test]
fn the_newest_question_wins_and_an_old_answer_is_nobodys() {
    let mut s = started();
    s.keys("v i j");
    let job = |s: &mut Session, key: &str| {
        let effects = s.app.update(Event::Key(crate::tui::key::Key::parse(key).expect("key").event()));
        effects.into_iter().find_map(|e| match e {
            Effect::Ask(job) if job.asker == Asker::Explain => Some(job.generation),
            _ => None,
        })
    };
    let part = job(&mut s, "enter").expect("the part is asked");
    assert!(s.text().contains("loading"));
    assert_eq!(job(&mut s, "esc"), None, "the figure above is still known");
    let reply = Reply { asker: Asker::Explain, generation: part, answer: Err(Error::store("too late")) };
    s.send(Event::Answer(Box::new(reply)));
    assert!(!s.text().contains("too late"), "{}", s.text());
}

#[test]
fn new_data_are_asked_for_without_closing_what_is_open() {
    let mut s = started();
    s.keys("v i j <enter>");
    let before = s.beside.len();
    s.send(Event::Changed);
    assert!(s.beside[before..].iter().any(|q| matches!(q, Question::Explain { .. })));
    assert_eq!(s.app.place(), Place::Explain);
}

#[test]
fn what_cannot_be_explained_says_why_and_is_asked_again() {
    let mut s = started();
    s.app.perform(Action::ExplainTotal);
    let error = Error::store("cannot read the store").hint("spendtop store check says what is damaged");
    let reply = Reply { asker: Asker::Explain, generation: s.app.explained, answer: Err(error) };
    s.send(Event::Answer(Box::new(reply)));
    let text = s.text();
    assert!(text.contains("cannot read the store") && text.contains("r asks again"), "{text}");
    s.keys("r");
    assert!(s.text().contains("Parts by service"), "{}", s.text());
    let mut s = Session::started(Mood::Broken, SIZE);
    s.keys("i v i");
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend), "there is no figure to explain");
    let mut s = Session::started(Mood::Empty, SIZE);
    s.keys("i");
    assert!(s.text().contains("there is no figure here to explain"), "{}", s.text());
    s.keys("v i");
    assert!(s.text().contains("Parts: there are none"), "{}", s.text());
}

#[test]
fn explanations_at_every_size() {
    for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("v i j j");
        shot(&format!("explain-{}x{}", size.0, size.1), &s);
    }
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("v i G <enter> j");
    shot("explain-item-80x24", &s);
    let mut s = Session::new(Mood::Demo, (80, 24), Env { term: "linux".into(), ..Default::default() });
    s.start();
    s.keys("v i j");
    shot("explain-console", &s);
}
