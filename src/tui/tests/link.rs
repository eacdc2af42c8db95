//! Where the clouds' consoles show what is selected, by script, and what of that is written to a terminal.

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use super::fake::{Mood, Session};
use super::snapshots::shot;
use crate::tui::action::Place;
use crate::tui::tab::Tab;
use crate::tui::theme::Env;
use crate::tui::{screen, terminal};

const SIZE: (u16, u16) = (120, 36);

/// What the open address adds to a frame.
fn written(s: &Session) -> String {
    let buffer = s.screen();
    let mut bytes = Vec::new();
    terminal::link(&mut CrosstermBackend::new(&mut bytes), &buffer, &screen::links(&s.app, buffer.area))
        .expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn see_the_selected_row_in_cost_explorer() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 o");
    let text = s.text();
    for wanted in ["AWS Cost Explorer", "2024-11-01 to 2024-11-20", "https://us-east-1.console.aws.amazon.com/cost"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    s.keys("y");
    assert!(s.copied().starts_with("https://us-east-1.console.aws.amazon.com/costmanagement/home?"), "{}", s.copied());
    assert!(s.text().contains("the address: sent to the terminal's clipboard"), "{}", s.text());
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Breakdown));
}

#[test]
fn go_from_a_line_item_to_its_resource_and_back_to_the_explanation() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 i j o");
    assert_eq!(s.app.place(), Place::Link);
    assert!(s.text().contains("service Amazon Elastic Compute Cloud"), "the part that is selected: {}", s.text());
    s.keys("q");
    assert_eq!(s.app.place(), Place::Explain);
    s.keys("G o");
    assert_eq!(s.app.place(), Place::Link, "{}", s.text());
    s.keys("o");
    assert_eq!(s.app.place(), Place::Explain);
    s.send(crate::tui::event::Event::Changed);
    s.keys("<enter> o <enter>");
    assert!(s.copied().starts_with("https://"), "{}", s.copied());
}

#[test]
fn an_explanation_under_an_address_hears_of_new_data() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 i o");
    assert_eq!(s.app.place(), Place::Link);
    let before = s.beside.len();
    s.send(crate::tui::event::Event::Changed);
    assert!(s.beside.len() > before, "it is asked for");
    s.keys("<esc>");
    assert!(!s.text().contains("loading"), "{}", s.text());
}

#[test]
fn what_has_no_address_says_why() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j j j o");
    assert!(s.text().contains("no address is known in the console of Datadog"), "{}", s.text());
    s.keys("1 o");
    assert!(s.text().contains("charges of several clouds"), "{}", s.text());
    let mut s = Session::started(Mood::Empty, SIZE);
    s.keys("o");
    assert!(s.text().contains("there is no figure here"), "{}", s.text());
}

#[test]
fn terminals_that_take_links_get_the_address_as_one() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 o");
    let written = written(&s);
    let opened = "\x1b]8;id=console;https://us-east-1.console.aws.amazon.com/";
    assert!(written.starts_with(opened) && written.contains("\x1b]8;;\x1b\\"), "{written:?}");
    // What is drawn is the address itself, piece by piece.
    assert!(written.matches(opened).count() > 1, "it takes several lines");
    let mut s = Session::new(Mood::Demo, SIZE, Env { term: "linux".into(), ..Env::default() });
    s.start();
    s.keys("2 o");
    assert!(s.text().contains("https://us-east-1.console"), "{}", s.text());
    assert!(screen::links(&s.app, Rect::new(0, 0, SIZE.0, SIZE.1)).is_empty(), "only as text");
}

#[test]
fn hostile_names_stay_harmless_in_addresses() {
    for keys in ["2 o", "2 i o", "2 i j o", "w o", "w i G o", "w i G <enter> o"] {
        let mut s = Session::started(Mood::Hostile, SIZE);
        s.app.lens.filter = crate::domain::filter::Filter::parse("provider=AWS", &[]).expect("filter");
        s.keys(keys);
        let text = s.text();
        let harm = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{200b}');
        assert!(!text.contains(harm), "{keys}: {text:?}");
        let written = written(&s);
        let addresses: Vec<&str> = written.split("\x1b]8;id=console;").skip(1).collect();
        assert!(s.app.place() != Place::Link || !addresses.is_empty(), "{keys}: {text}");
        for piece in addresses {
            let (address, rest) = piece.split_once("\x1b\\").expect("the sequence ends");
            assert!(address.bytes().all(|b| b.is_ascii_graphic()), "{keys}: {address:?}");
            assert_eq!(rest.matches("\x1b]").count(), 1, "nothing but its own end is in it: {rest:?}");
        }
    }
}

#[test]
fn addresses_at_every_size() {
    for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("2 o");
        let pieces = screen::links(&s.app, Rect::new(0, 0, size.0, size.1));
        let seen: usize = pieces.iter().map(|(place, _)| usize::from(place.width)).sum();
        assert_eq!(seen, pieces[0].1.len(), "all of the address: {}", s.text());
        shot(&format!("link-{}x{}", size.0, size.1), &s);
    }
}
