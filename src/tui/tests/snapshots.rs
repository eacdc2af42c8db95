//! Whole screens with their styles.

use super::fake::{Mood, Session, colours};
use crate::tui::theme::Env;

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
fn screens_of_other_themes() {
    for (name, env) in [
        ("no-colour", Env { no_color: "1".into(), ..colours() }),
        ("sixteen-colours", Env { term: "xterm".into(), locale: "C.UTF-8".into(), ..Env::default() }),
        ("console", Env { term: "linux".into(), ..Env::default() }),
    ] {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.keys("m");
        shot(&format!("spend-{name}"), &s);
    }
}

#[test]
fn an_error_says_what_to_do() {
    shot("broken-80x24", &Session::started(Mood::Broken, (80, 24)));
}
