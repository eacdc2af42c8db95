//! How figures leave the app, by script.

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::fake::{Mood, Session};
use super::snapshots::shot;
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::frugal::Frugal;
use crate::tui::screen;

const SIZE: (u16, u16) = (120, 36);

/// Types a text that may hold blanks.
fn paste(s: &mut Session, text: &str) {
    s.send(crate::tui::event::Event::Paste(text.to_owned()));
}

#[test]
fn send_the_services_as_markdown_to_the_incident_channel() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 e m a r k c l i p <enter>");
    assert!(s.copied().contains("| Amazon EC2 |"), "{}", s.copied());
    assert!(s.text().contains("the table: sent to the terminal's clipboard"), "{}", s.text());
}

#[test]
fn keep_the_days_of_the_month_as_csv_and_ask_before_writing_over_them() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("november.csv");
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("e <enter>");
    assert!(s.text().contains("spendtop-spend-2024-11-01-to-2024-11-20.csv"), "{}", s.text());
    s.keys("<ctrl-u>");
    paste(&mut s, &path.to_string_lossy());
    s.keys("<enter>");
    assert!(s.text().contains("wrote ") && s.text().contains(" bytes"), "{}", s.text());
    let first = std::fs::read_to_string(&path).expect("written");
    assert!(first.lines().count() > 1, "{first}");
    std::fs::write(&path, "mine").expect("written");
    s.keys("e <enter> <ctrl-u>");
    paste(&mut s, &path.to_string_lossy());
    s.keys("<enter>");
    assert!(s.text().contains("is there already: Enter again writes over it"), "{}", s.text());
    assert_eq!(std::fs::read_to_string(&path).expect("kept"), "mine");
    s.keys("<enter>");
    assert_eq!(std::fs::read_to_string(&path).expect("written"), first);
    assert_eq!(s.app.place(), Place::Tab(crate::tui::tab::Tab::Spend));
}

#[test]
fn what_cannot_be_written_says_why_and_keeps_the_name() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("e <enter> <ctrl-u> <enter>");
    assert!(s.text().contains("a file needs a name"), "{}", s.text());
    paste(&mut s, "/no/such/folder/a.csv");
    s.keys("<enter>");
    assert!(s.text().contains("cannot write") && s.text().contains("/no/such/folder/a.csv"), "{}", s.text());
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Tab(crate::tui::tab::Tab::Spend));
}

#[test]
fn hostile_names_leave_as_harmless_text() {
    let mut s = Session::started(Mood::Hostile, SIZE);
    for form in ["m a r k c l i p", "c s v c l i p", "j s o n c l i p"] {
        s.keys(&format!("2 e {form} <enter>"));
        let text = s.copied();
        assert!(!text.contains(|c: char| c != '\n' && c != '\r' && c.is_control()), "{form}: {text:?}");
    }
}

#[test]
fn the_parts_of_an_explained_figure_leave_by_themselves() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j i e m a r k c l i p <enter>");
    assert!(s.copied().contains("| Amazon EC2 |"), "its parts are services: {}", s.copied());
    assert_eq!(s.app.place(), Place::Explain, "it is still open");
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("azure.csv");
    s.keys("e <enter>");
    assert!(s.text().contains("spendtop-azure-2024-11-01-to-2024-11-20.csv"), "{}", s.text());
    s.keys("<ctrl-u>");
    paste(&mut s, &path.to_string_lossy());
    s.keys("<enter>");
    assert!(std::fs::read_to_string(&path).expect("written").starts_with("service,"));
    assert!(s.text().contains("wrote ") && s.app.place() == Place::Explain, "{}", s.text());
    s.keys("e <esc>");
    assert_eq!(s.app.place(), Place::Explain);
    s.keys("q");
    assert_eq!(s.app.place(), Place::Tab(crate::tui::tab::Tab::Breakdown));
}

#[test]
fn keys_and_notices_are_copied_as_they_are_listed() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("? / c o p y <enter> y");
    assert!(s.copied().contains("y\tcopy the row as text, or all marked ones\tcopy-row\n"), "{}", s.copied());
    assert!(!s.copied().contains("quit spendtop"), "only what is listed: {}", s.copied());
    s.keys("<esc> <esc> w w j j <enter> y");
    assert_eq!(s.copied(), "3 rows were refused\nspendtop imports show 4 lists them");
}

#[test]
fn hostile_names_reach_the_terminal_harmless_over_every_way_out() {
    let mut s = Session::started(Mood::Hostile, SIZE);
    let mut bytes = Vec::new();
    let explained = ["w i", "j", "G", "e", "<enter>", "<esc>", "o", "y", "<esc> <ctrl-s>", "y", "<enter> j y", "q"];
    let listed = ["2 e", "<enter>", "<ctrl-u> / x", "<esc> i", "e p a r q <enter>", "<esc> y Y", "q ? y", "<esc> :"];
    for script in explained.into_iter().chain(listed) {
        s.keys(script);
        let viewport = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1)) };
        let mut terminal = Terminal::with_options(Frugal::new(&mut bytes), viewport).expect("terminal");
        terminal.draw(|frame| screen::draw(&s.app, frame)).expect("drawn");
    }
    let written = String::from_utf8(bytes).expect("UTF-8");
    assert!(written.contains("web\\x1b]52"), "the name is shown, escaped");
    for harm in ["\x1b]", "\x07", "\u{9b}", "\u{202e}", "\u{200b}", "\r", "\n", "\x1b[2J"] {
        assert!(!written.contains(harm), "{harm:?} reached the terminal");
    }
    for effect in &s.done {
        let Effect::Copy(text) = effect else { continue };
        let harm = |c: char| !matches!(c, '\n' | '\t') && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(harm), "{text:?}");
    }
}

#[test]
fn the_list_of_exports() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("e");
    shot("export-80x24", &s);
    s.keys("<enter>");
    shot("export-file-80x24", &s);
}
