//! Pictures of the screen, by script.

use super::fake::{HOSTILE, Mood, Session};
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::export::{Exported, Form};
use crate::tui::picture::Shape;
use crate::tui::theme::{Env, ThemeName};

const SIZE: (u16, u16) = (120, 36);

/// Takes a picture without writing it: its name, and what is in it.
fn taken(s: &mut Session, keys: &str) -> (String, String) {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        let key = crate::tui::key::Key::parse(key).expect("key");
        effects = s.app.update(Event::Key(key.event()));
    }
    let [Effect::Export(order)] = effects.as_slice() else { panic!("{effects:?}") };
    let crate::tui::export::Content::Screen(picture) = &order.content else { panic!("{order:?}") };
    let taken = (order.path.clone().expect("name").to_string_lossy().into_owned(), picture.clone());
    s.send(Event::Exported(Box::new(Ok(Exported::Exists("a".into())))));
    taken
}

#[test]
fn one_export_waits_for_the_other() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let pressed = |s: &mut Session, key: char| {
        s.app.update(Event::Key(crossterm::event::KeyEvent::new(
            crossterm::event::KeyCode::Char(key),
            crossterm::event::KeyModifiers::NONE,
        )))
    };
    s.keys("<ctrl-s>");
    assert_eq!(pressed(&mut s, 's').len(), 1);
    s.keys("<ctrl-s>");
    assert!(pressed(&mut s, 's').is_empty());
    assert!(s.text().contains("the export before this one is not done yet"), "{}", s.text());
}

#[test]
fn send_the_screen_to_the_incident_channel() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let shown = s.text();
    s.keys("<ctrl-s>");
    assert!(s.text().contains("Ctrl-S then") && s.text().contains("as a picture (SVG file)"), "{}", s.text());
    s.keys("y");
    let Some(Effect::Copy(text)) = s.done.last() else { panic!("{:?}", s.done) };
    assert_eq!(*text, shown, "what was on the screen, without the keys that may follow");
    assert!(s.text().contains("the screen: sent to the terminal's clipboard"), "{}", s.text());
}

#[test]
fn a_picture_is_of_what_is_open_and_leaves_it_open() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 i");
    let (name, picture) = taken(&mut s, "ctrl-s s");
    assert_eq!(name, "spendtop-breakdown-2024-11-20.svg");
    assert!(picture.contains("Parts by") && picture.starts_with("<svg "), "{picture}");
    assert_eq!(s.app.place(), Place::Explain);
    s.keys("<up>");
    let shown = s.text();
    let (name, text) = taken(&mut s, "ctrl-s t");
    assert_eq!((name, text), ("spendtop-breakdown-2024-11-20.txt".to_owned(), shown));
    // The name of a file that is asked for is not answered by a picture of the question.
    s.keys("q e <enter>");
    let form = Form::Screen(Shape::Svg);
    let file = Exported::File { path: "/tmp/a.svg".into(), items: None, bytes: 1_234, form };
    s.send(Event::Exported(Box::new(Ok(file))));
    assert_eq!(s.app.place(), Place::Line);
    assert!(s.text().contains("wrote /tmp/a.svg: 1,234 bytes"), "{}", s.text());
}

#[test]
fn a_picture_fits_the_theme_and_is_the_same_again() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let dark = s.app.picture(Shape::Svg);
    assert_eq!(dark, s.app.picture(Shape::Svg));
    assert!(dark.len() < 100_000 && dark.contains("#12151a") && dark.contains("Month to date"), "{}", dark.len());
    s.app.theme = s.app.theme.clone().named(ThemeName::Light);
    assert!(s.app.picture(Shape::Svg).contains("<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\""));
    let mut s = Session::new(Mood::Demo, SIZE, Env { term: "linux".into(), ..Env::default() });
    s.start();
    assert!(s.app.picture(Shape::Text).is_ascii());
}

#[test]
fn hostile_names_stay_harmless_in_pictures() {
    let mut s = Session::started(Mood::Hostile, SIZE);
    for keys in ["1", "2", "i", "<esc> ?"] {
        s.keys(keys);
        for shape in [Shape::Svg, Shape::Text] {
            let picture = s.app.picture(shape);
            let harm = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{200b}');
            assert!(!picture.contains(harm), "{keys}: {picture:?}");
        }
    }
    assert!(HOSTILE.contains('\u{1b}'));
}
