//! What is looked at, chosen by key: periods, filters and lenses.

use super::fake::{Mood, Session, colours};
use super::snapshots::shot;
use crate::tui::action::Place;
use crate::tui::event::Event;
use crate::tui::tab::Tab;
use crate::tui::theme::Env;

const SIZE: (u16, u16) = (120, 36);

fn period(s: &Session) -> String {
    s.app.lens.period.to_string()
}

#[test]
fn september_is_compared_with_august() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("t s e p t e m b e r");
    assert!(s.text().contains("September: 2024-09-01 to 2024-09-30, 30 days"), "{}", s.text());
    s.keys("<enter> x x x");
    assert_eq!((period(&s).as_str(), s.app.lens.comparison.name()), ("2024-09", "previous"));
    assert!(s.text().contains("September vs August"), "{}", s.text());
    s.keys("t");
    assert!(s.text().contains("held against 2024-08-01 to 2024-08-31"), "{}", s.text());
}

#[test]
fn a_week_is_picked_from_the_calendar_day_by_day() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("t <tab> <pgup> <up> <left> <enter>");
    assert!(s.text().contains("Enter: last day"), "{}", s.text());
    s.keys("<down> <left>");
    assert!(s.text().contains("2024-10-12 to 2024-10-18, 7 days"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((period(&s).as_str(), s.app.place()), ("2024-10-12..2024-10-19", Place::Tab(Tab::Spend)));
}

#[test]
fn a_first_day_is_given_up_before_the_picker_is_closed() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let before = period(&s);
    s.keys("t <right> <left> <enter> <esc>");
    assert!(s.text().contains("Enter: first day"), "{}", s.text());
    s.keys("<enter> <backspace> <esc>");
    assert_eq!((period(&s), s.app.overlay.is_none()), (before, true));
}

#[test]
fn words_of_a_period_are_typed_or_pasted_and_nonsense_is_told() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for (typed, want) in
        [("30d", "30d"), ("last-q", "last-quarter"), ("2024-09-01..2024-09-15\n", "2024-09-01..2024-09-15")]
    {
        s.keys("t");
        s.send(Event::Paste(typed.into()));
        s.keys("<enter>");
        assert_eq!(period(&s), want, "{typed}");
    }
    s.keys("t b l u e <enter>");
    assert!(s.text().contains("`blue` is no period"), "{}", s.text());
    s.keys("<ctrl-u> 2 0 2 3 <enter>");
    assert_eq!(period(&s), "2023");
}

#[test]
fn the_calendar_at_every_size_and_without_colour() {
    for (name, size) in [("60x15", (60, 15)), ("80x24", (80, 24)), ("120x36", SIZE)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("t");
        shot(&format!("period-{name}"), &s);
        s.keys("<tab> <up> <enter> <up> <left>");
        shot(&format!("calendar-{name}"), &s);
    }
    let mut s = Session::new(Mood::Demo, (80, 24), Env { no_color: "1".into(), term: "linux".into(), ..colours() });
    s.start();
    s.keys("t <tab> <up> <enter> <up> <left>");
    shot("calendar-console-no-colour", &s);
}
