//! The mouse, by what it points at.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fake::{Mood, Session};
use crate::domain::dimension::Dimension;
use crate::tui::app::Target;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::tab::Tab;
use crate::tui::tab::spend::state::Pane;

const SIZE: (u16, u16) = (120, 36);

fn event(kind: MouseEventKind, column: u16, row: u16) -> Event {
    Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// Where a text stands on the screen.
fn place(s: &Session, text: &str) -> (u16, u16) {
    let screen = s.text();
    let found = screen.lines().enumerate().find_map(|(row, line)| Some((line.find(text)?, line, row)));
    let (at, line, row) = found.unwrap_or_else(|| panic!("no {text} in\n{screen}"));
    (line[..at].chars().count() as u16, row as u16)
}

/// Clicks a text's first character.
pub(super) fn click(s: &mut Session, text: &str) {
    let (column, row) = place(s, text);
    s.send(event(MouseEventKind::Down(MouseButton::Left), column, row));
}

fn wheel(s: &mut Session, text: &str, kind: MouseEventKind) {
    let (column, row) = place(s, text);
    s.send(event(kind, column, row));
}

#[test]
fn tabs_and_keys_of_the_footer_take_clicks() {
    let mut s = Session::started(Mood::Demo, SIZE);
    click(&mut s, "2 Breakdown");
    assert_eq!(s.app.tab, Tab::Breakdown);
    click(&mut s, "6 Leaderboard");
    assert_eq!(s.app.tab, Tab::Leaderboard);
    click(&mut s, "spendtop");
    assert_eq!(s.app.tab, Tab::Leaderboard, "the name is no tab");
    click(&mut s, "1 Spend");
    let metric = s.app.lens.metric;
    click(&mut s, "metric");
    assert_ne!(s.app.lens.metric, metric);
    click(&mut s, "quit");
    assert!(matches!(s.done.last(), Some(Effect::Quit(0))), "{:?}", s.done);
}

#[test]
fn a_row_is_selected_and_a_second_click_opens_it() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2");
    click(&mut s, "Google Cloud");
    assert_eq!((s.app.breakdown.selected(), s.app.path.len()), (2, 0));
    click(&mut s, "Google Cloud");
    assert_eq!(s.app.path.len(), 1);
    assert!(s.app.lens.filter.to_string().contains("provider:"), "{}", s.app.lens.filter);
}

#[test]
fn anomalies_and_budgets_take_clicks_and_the_wheel() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("5");
    click(&mut s, "-609.00");
    assert_eq!((s.app.anomalies.at(), s.app.tab), (2, Tab::Anomalies));
    wheel(&mut s, "prod-core", MouseEventKind::ScrollUp);
    assert_eq!(s.app.anomalies.at(), 0);
    wheel(&mut s, "prod-core", MouseEventKind::ScrollDown);
    assert_eq!(s.app.anomalies.at(), 3);
    click(&mut s, "CloudWatch Logs");
    click(&mut s, "CloudWatch Logs");
    assert_eq!(s.app.tab, Tab::Breakdown, "{}", s.text());
    let mut s = Session::started(Mood::Empty, SIZE);
    s.keys("4");
    click(&mut s, "team web");
    assert_eq!((s.app.budgets.suggestion_at(), s.app.overlay.is_none()), (1, true));
    click(&mut s, "team web");
    assert!(s.app.overlay.is_some(), "{}", s.text());
}

#[test]
fn a_list_stays_where_it_is_while_what_is_clicked_is_seen() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("4");
    let answers = &mut s.app.budgets.slot.shown.as_mut().expect("told").answers;
    let one = answers[3].clone();
    for n in 0..60 {
        let mut more = one.clone();
        more.budget.name = format!("more {n:02}").into();
        answers.push(more);
    }
    s.keys("G");
    assert!(s.text().contains("more 59"), "{}", s.text());
    let before = place(&s, "more 52");
    click(&mut s, "more 52");
    assert_eq!(
        (place(&s, "more 52").1, s.app.budgets.budget().map(|b| b.budget.name.raw())),
        (before.1, Some("more 52"))
    );
    click(&mut s, "more 52");
    assert_eq!(s.app.budgets.view, crate::tui::tab::budgets::View::Detail);
}

#[test]
fn moves_and_days_are_selected_and_opened() {
    let mut s = Session::started(Mood::Demo, SIZE);
    click(&mut s, "NAT gateway");
    assert_eq!((s.app.spend.focus, s.app.tab), (Pane::Movers, Tab::Spend));
    click(&mut s, "NAT gateway");
    assert_eq!(s.app.tab, Tab::Breakdown);
    assert!(s.app.lens.filter.to_string().contains("NAT gateway"));
    s.keys("<backspace>");
    let answer = s.app.spend_answer().expect("answer").clone();
    let (column, row) = place(&s, "Nov 1 ");
    let press = || event(MouseEventKind::Down(MouseButton::Left), column, row - 3);
    s.send(press());
    assert_eq!((s.app.spend.focus, s.app.spend.cursor(&answer)), (Pane::Chart, Some(0)));
    s.send(press());
    assert_eq!(s.app.tab, Tab::Breakdown);
    assert_eq!(s.app.lens.period.to_string(), "2024-11-01..2024-11-02");
}

#[test]
fn lists_take_clicks_and_what_lies_under_them_does_not() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b");
    let before = s.app.lens.by.clone();
    click(&mut s, "1 Spend");
    assert!(s.app.overlay.is_some(), "tabs lie under the list");
    click(&mut s, "Region");
    click(&mut s, "Region");
    s.keys("<enter>");
    assert!(s.app.overlay.is_none() && s.app.lens.by != before, "{:?}", s.app.lens.by);
    assert!(s.app.lens.by.contains(&Dimension::Region), "{:?}", s.app.lens.by);
}

#[test]
fn the_wheel_scrolls_rows_and_goes_over_days() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let answer = s.app.spend_answer().expect("answer").clone();
    let before = s.app.spend.cursor(&answer).expect("a day");
    let (column, row) = place(&s, "Nov 1 ");
    s.send(event(MouseEventKind::ScrollUp, column, row - 3));
    assert_eq!(s.app.spend.cursor(&answer), Some(before - 1));
    s.keys("2");
    wheel(&mut s, "Azure", MouseEventKind::ScrollDown);
    assert_eq!(s.app.breakdown.selected(), 3);
    wheel(&mut s, "Azure", MouseEventKind::ScrollUp);
    assert_eq!(s.app.breakdown.selected(), 0);
    s.keys("?");
    let first = s.text();
    s.app.size = (120, 12);
    s.send(event(MouseEventKind::ScrollDown, 5, 5));
    assert_ne!(s.text(), first);
}

#[test]
fn the_mouse_is_off_until_it_is_turned_on() {
    let mut s = Session::started(Mood::Demo, SIZE);
    assert!(!s.app.mouse);
    s.keys("M");
    assert!(s.app.mouse && s.text().contains("mouse on: the terminal's own selecting needs Shift"), "{}", s.text());
    s.keys("M");
    assert!(!s.app.mouse && s.text().contains("mouse off"));
    assert!(matches!(s.done[..], [Effect::Mouse(true), Effect::Mouse(false)]), "{:?}", s.done);
}

#[test]
fn nothing_is_pointed_at_outside_of_things_at_any_size() {
    for mood in [Mood::Demo, Mood::Empty, Mood::Broken, Mood::Hostile] {
        let mut s = Session::started(mood, SIZE);
        for keys in ["1", "2", "3", "4", "5", "? ", "<esc> b", "<esc> t", "<esc> /"] {
            s.keys(keys);
            for size in [(0, 0), (1, 1), (40, 8), (60, 15), (80, 24), (300, 100)] {
                s.app.size = size;
                for (x, y) in (0..=size.0).step_by(7).flat_map(|x| (0..=size.1).map(move |y| (x, y))) {
                    let target = s.app.target(ratatui::layout::Position { x, y });
                    assert!(target.is_none() || (x < size.0 && y < size.1), "{target:?} at {x},{y} of {size:?}");
                    // What could be a budget can be clicked where there is none.
                    let none = mood == Mood::Empty && keys != "4";
                    assert!(!none || !matches!(target, Some(Target::Row(_) | Target::Mover(_))));
                }
            }
            s.app.size = SIZE;
        }
    }
}
