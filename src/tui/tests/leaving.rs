//! What was opened, what is changed in there, and what is left after the way back, by script.

use super::fake::{Mood, Session};
use crate::domain::period::Comparison;
use crate::domain::text::SafeText;
use crate::tui::event::Event;
use crate::tui::intake::{Entry, Listing, Taken};
use crate::tui::tab::Tab;
use crate::tui::tab::spend::state::Pane;

const SIZE: (u16, u16) = (120, 36);

fn filter(s: &Session) -> String {
    s.app.lens.filter.to_string()
}

#[test]
fn a_filter_that_was_added_inside_stays_outside() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <enter> <enter> / c o s t > 5 <enter>");
    assert!(filter(&s).starts_with("provider:AWS ") && filter(&s).ends_with(" cost>5"), "{}", filter(&s));
    assert_eq!(s.app.path.len(), 2, "what is open stays open");
    s.keys("<backspace> <backspace>");
    assert_eq!((filter(&s).as_str(), s.app.path.len()), ("cost>5", 0));
}

#[test]
fn what_the_filter_does_not_say_any_more_is_not_open() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <enter> <enter> / <ctrl-u> r e g i o n = x <enter>");
    assert_eq!((filter(&s).as_str(), s.app.path.len()), ("region:x", 0));
    assert!(!s.text().contains("all › AWS"), "{}", s.text());
}

#[test]
fn a_zoom_outlives_an_edit_of_the_filter() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let whole = s.app.lens.period;
    s.keys("+ / e c 2 <enter> <backspace>");
    assert_eq!((s.app.lens.period, filter(&s).as_str()), (whole, "\"ec2\""));
}

#[test]
fn a_card_that_is_looked_into_leaves_the_comparison_alone() {
    let mut s = Session::started(Mood::Demo, (200, 60));
    while s.app.spend.focus != Pane::Cards {
        s.keys("w");
    }
    let title = "─ Same days of October";
    for _ in 0..8 {
        s.keys("<right> i");
        if s.text().contains(title) {
            break;
        }
        s.keys("q");
    }
    assert!(s.text().contains(title), "{}", s.text());
    s.keys("b");
    assert_eq!((s.app.tab, s.app.lens.comparison), (Tab::Breakdown, Comparison::None));
    s.keys("<backspace>");
    assert_eq!(s.app.lens.comparison, Comparison::MonthBefore);
    assert_eq!(s.app.tab, Tab::Spend);
}

#[test]
fn what_leaves_the_app_is_in_the_currency_that_is_shown() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("Y");
    assert!(!s.copied().contains("--currency"), "{}", s.copied());
    s.keys("c Y");
    assert!(s.copied().contains(" --currency EUR"), "{}", s.copied());
    s.keys("L y");
    assert!(s.copied().contains("EUR"), "{}", s.copied());
    s.keys("L s e u r o <enter>");
    assert_eq!(s.app.saved.list[0].lens.currency.as_deref(), Some("EUR"));
}

#[test]
fn the_pivots_columns_and_the_tags_leave_as_they_are_shown() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 p Y");
    assert!(s.copied().contains(" --granularity day"), "{}", s.copied());
    s.keys("u Y");
    assert!(s.copied().contains(" --granularity week"), "{}", s.copied());
    s.keys("<esc>");
    s.keys("v h e c s v c l i p <enter>");
    assert!(s.copied().starts_with("kind,"), "{}", s.copied());
}

#[test]
fn what_an_import_brought_is_looked_at_from_the_top() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <enter> <enter> I");
    s.send(Event::Listed { asked: "/".into(), found: Box::new(Ok(listing())) });
    s.keys("<enter>");
    s.send(Event::Imported(Box::new(Ok(Taken { changed: true, ..Taken::default() }))));
    s.keys("<esc>");
    assert_eq!((filter(&s).as_str(), s.app.path.len(), s.app.tab), ("", 0, Tab::Breakdown));
}

/// A folder with one bill.
fn listing() -> Listing {
    let name = SafeText::ours("november.csv");
    let entry = Entry { name, path: "/bills/november.csv".into(), bytes: Some(9), changed: None };
    Listing { folder: "/bills".into(), entries: vec![entry], others: 0, beyond: 0 }
}
