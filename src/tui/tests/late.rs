//! What becomes of keys while answers are on their way, by script.

use super::fake::{Mood, Session};
use crate::engine::Question;
use crate::tui::tab::Tab;

const SIZE: (u16, u16) = (120, 36);

#[test]
fn pages_of_line_items_are_headed_by_what_they_hold() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("v i").hold().keys("> >");
    s.answer_held();
    assert!(matches!(s.beside.last(), Some(Question::Explain { items: (100, 200), .. })), "{:?}", s.beside.last());
    assert!(s.text().contains("Line items 201 to 250 of 250"), "{}", s.text());
}

#[test]
fn an_error_goes_with_the_question_that_it_was_about() {
    let mut s = Session::new(Mood::Broken, SIZE, super::fake::colours());
    s.start();
    assert!(s.app.error().is_some());
    s.hold().keys("[");
    assert!(s.app.error().is_none() && s.app.waiting(), "nothing is known of these days yet");
    s.answer_held();
    assert!(s.app.error().is_some());
}

#[test]
fn a_row_is_not_opened_by_keys_that_come_before_its_answer() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2").hold().keys("] [ [ <enter> j");
    assert!(s.app.path.is_empty(), "the rows on the screen are of other days");
    s.answer_held();
    s.keys("<enter>");
    assert_eq!((s.app.path.len(), s.app.tab), (1, Tab::Breakdown));
}

#[test]
fn the_tab_that_is_shown_last_has_its_own_answer() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.hold().keys("2 1 2 [ 1");
    s.answer_held();
    assert!(s.text().contains("October"), "{}", s.text());
    assert!(!s.app.waiting());
}

#[test]
fn the_pane_stays_with_a_row_until_the_next_one_is_known() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 d");
    let (first, asked) = (s.text(), s.beside.len());
    s.hold().keys("j");
    let between = s.text();
    let below = |text: &str| text.split("────").last().unwrap_or_default().to_owned();
    assert_eq!(below(&between), below(&first), "nothing of it goes blank, and it says whose it is");
    s.answer_held();
    assert!(s.beside.len() > asked && below(&s.text()) != below(&first), "{}", s.text());
    assert!(!s.text().contains("loading"), "{}", s.text());
}
