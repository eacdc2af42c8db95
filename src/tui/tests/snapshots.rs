//! Whole screens with their styles.

use super::fake::{Mood, Session, colours, poor};
use crate::tui::event::Event;

pub fn shot(name: &str, session: &Session) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_debug_snapshot!(name, session.screen());
    });
}

#[test]
fn screens_at_two_sizes() {
    for size in [(80, 24), (120, 36)] {
        let named = |name: &str| format!("{name}-{}x{}", size.0, size.1);
        shot(&named("loading"), &Session::new(Mood::Demo, size, colours()));
        shot(&named("empty"), &Session::started(Mood::Empty, size));
        let mut s = Session::started(Mood::Demo, size);
        shot(&named("spend"), &s);
        s.keys("2 <enter> j <space>");
        shot(&named("breakdown"), &s);
        s.keys("?");
        shot(&named("help"), &s);
        s.keys("/ r o w");
        shot(&named("help-search"), &s);
        s.keys("<esc> <esc> :");
        shot(&named("palette"), &s);
        s.keys("c o p y");
        shot(&named("palette-copy"), &s);
        s.keys("<esc> b r e");
        shot(&named("picker"), &s);
        s.keys("<ctrl-u> x y z");
        shot(&named("picker-nothing"), &s);
    }
}

#[test]
fn the_spend_tab_with_all_that_it_can_show() {
    for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let named = |name: &str| format!("{name}-{}x{}", size.0, size.1);
        let mut s = Session::started(Mood::Demo, size);
        s.keys("<left> <left> <left> <left> n");
        s.send(Event::Paste("launch of X".into()));
        s.keys("<enter> <right> <right>");
        s.app.status = None;
        shot(&named("spend-noted"), &s);
        s.keys("w w j");
        shot(&named("spend-focus"), &s);
    }
    let mut s = Session::started(Mood::Demo, (120, 36));
    s.keys("<left> + + + u u u");
    s.app.status = None;
    shot("spend-hours-120x36", &s);
    s.keys("n");
    shot("spend-note-line-120x36", &s);
    s.keys("<esc> w w <enter>");
    shot("spend-notice-120x36", &s);
}

#[test]
fn screens_of_other_themes() {
    for (name, env) in poor() {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.keys("m");
        shot(&format!("spend-{name}"), &s);
    }
}

#[test]
fn an_error_says_what_to_do() {
    shot("broken-80x24", &Session::started(Mood::Broken, (80, 24)));
}
