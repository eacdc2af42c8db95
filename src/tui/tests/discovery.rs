//! Stories of people who do not know the keys: they find what they want by typing what they mean.

use super::fake::{Mood, Session};
use crate::domain::dimension::Dimension;
use crate::tui::action::Place;
use crate::tui::event::Event;
use crate::tui::tab::Tab;

const SIZE: (u16, u16) = (120, 36);

#[test]
fn group_by_region_by_typing_a_part_of_it() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 b r e g");
    assert!(s.text().contains("> reg") && s.text().contains(" 1 of 16 "), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.place(), &s.app.lens.by[..]), (Place::Tab(Tab::Breakdown), &[Dimension::Region][..]));
}

#[test]
fn group_by_two_dimensions_in_their_order() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b r e g <space> <ctrl-u> s e r v <ctrl-n> <ctrl-p> <tab>");
    assert!(s.text().contains(" Provider / Region / "), "{}", s.text());
    s.keys("<ctrl-u> p r o v <space> <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Region, Dimension::Service]);
}

#[test]
fn no_more_than_four_dimensions_at_once() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b <down> <space> <down> <space> <down> <space> <down> <space>");
    assert!(s.app.status.as_deref().is_some_and(|text| text.contains("at most 4")), "{:?}", s.app.status);
    s.keys("<esc>");
    assert_eq!(s.app.lens.by, [Dimension::Provider], "closing changes nothing");
}

#[test]
fn letters_are_typed_and_never_move_or_quit() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b q j k ? 2 : / 1");
    assert!(s.text().contains("nothing matches `qjk?2:/1`"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.place(), s.done.len()), (Place::Several, 0), "nothing is chosen where nothing matches");
    s.keys("<ctrl-u>");
    s.send(Event::Paste("availability\x1b[2J zone\n".into()));
    s.keys("<ctrl-w> <ctrl-w> a v z o <enter>");
    assert_eq!(s.app.lens.by, [Dimension::AvailabilityZone]);
}

#[test]
fn a_list_opens_on_what_is_chosen_now() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b <down> <enter> b <enter>");
    assert_eq!(s.app.lens.by, [Dimension::BillingAccount]);
    s.keys("b <pgdn> <pgdn> <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Tag("env".into())]);
}
