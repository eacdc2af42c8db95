//! Keys that the config has changed: what is said on the screen names those, never the usual ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fake::{Mood, Session};
use super::first::{importing, undecided};
use crate::tui::Keymap;
use crate::tui::action::{Action, TABLE};
use crate::tui::event::Event;

const SIZE: (u16, u16) = (200, 60);

/// Every action on two function keys, one after the other.
fn changed() -> Keymap {
    let first = ["", "alt-"].into_iter().flat_map(|held| (1..=12).map(move |number| format!("{held}f{number}")));
    let both = first.flat_map(|one| (1..=12).map(move |other| format!("{one} f{other}")));
    let keys: BTreeMap<String, Vec<String>> =
        TABLE.iter().zip(both).map(|(entry, keys)| (entry.name.to_owned(), vec![keys])).collect();
    assert_eq!(keys.len(), TABLE.len(), "there are keys for all");
    Keymap::with(&keys).expect("no two are alike")
}

/// The usual keys that a screen names. Digits count tabs, and signs that stand in amounts, warnings, filters and
/// names are no keys there; neither are the word `a` and the unit `h`.
fn usual(text: &str) -> Vec<&str> {
    let keys: Vec<String> =
        TABLE.iter().flat_map(|entry| entry.keys).flat_map(|keys| keys.split(' ')).map(str::to_owned).collect();
    let named = ["Enter", "Esc", "Bksp", "Tab", "Shift-Tab", "Space", "PgUp", "PgDn", "Left", "Right", "Up", "Down"];
    let no_keys = ["a", "h", "!", "/", "=", "+", "-", ">", "["];
    let is_key = |word: &&str| {
        let one = word.chars().count() == 1 && !word.contains(|c: char| c.is_ascii_digit()) && !no_keys.contains(word);
        named.contains(word) || word.starts_with("Ctrl-") || one && keys.iter().any(|key| key == word)
    };
    text.split_whitespace().map(|word| word.trim_matches([':', ',', ';', '.'])).filter(is_key).collect()
}

/// Does the last thing with the changed keys, and looks at the screen.
fn look(mut s: Session, last: Option<Action>, what: &str) {
    (s.app.keymap, s.app.status) = (Arc::new(changed()), None);
    if let Some(action) = last {
        let effects = s.app.perform(action);
        s.answer(effects);
    }
    let text = s.text();
    assert_eq!(usual(&text), [""; 0], "{what}: {text}");
    assert!((1..=12).any(|number| text.contains(&format!(" F{number} "))), "{what} names keys: {text}");
}

#[test]
fn the_screen_names_the_keys_of_the_config() {
    for (keys, last) in [
        ("+ + + + + +", Action::ZoomIn),
        ("- - - - u u", Action::Pieces),
        ("", Action::Mouse),
        ("L s n i g h t", Action::Apply),
        ("L s n i g h t <enter> m L s n i g h t", Action::Apply),
        ("", Action::SaveLens),
        ("", Action::PasteLens),
        ("L s n i g h t <enter>", Action::SavedLenses),
        ("L s n i g h t <enter> '", Action::RenameLens),
        ("L s n i g h t <enter> '", Action::ForgetLens),
        ("", Action::Period),
        ("t <tab>", Action::Down),
        ("", Action::Filter),
        ("/", Action::SearchHistory),
        ("", Action::Export),
        ("", Action::Import),
        ("w w", Action::Open),
        ("v i", Action::Down),
        ("2 f z z z <enter>", Action::Down),
        ("2 d", Action::Down),
        ("2", Action::Compare),
        ("2 <space> <space> =", Action::Down),
        ("2 <space> <space> = c", Action::Down),
        ("2", Action::PivotPieces),
        ("2 v h", Action::Down),
        ("2 v h", Action::Sort),
        ("3", Action::Down),
        ("2 <enter> <enter> <enter> <enter> <enter>", Action::Open),
    ] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.keys(keys);
        look(s, Some(last), keys);
    }
    for mood in [Mood::Empty, Mood::Broken] {
        for keys in ["", "2", "2 v t", "2 v h"] {
            let mut s = Session::started(mood, SIZE);
            s.keys(keys);
            look(s, None, keys);
        }
    }
}

#[test]
fn so_does_the_first_screen() {
    for (keys, last) in [("", Action::Down), ("s", Action::Down), ("", Action::Import)] {
        let mut s = super::first::first((80, 24));
        s.keys(keys);
        look(s, Some(last), keys);
    }
    let mut s = importing();
    s.send(undecided());
    look(s, None, "an undecided import");
    let mut s = super::first::first((80, 24));
    s.keys("i");
    s.send(super::first::listing("/bills", &[]));
    look(s, None, "a folder without bills");
    let mut s = super::first::first((80, 24));
    s.keys("i");
    s.send(super::first::listing("/bills", &[("bill.csv", Some(1))]));
    s.send(Event::Paste("zzz".into()));
    look(s, None, "nothing of that name");
}
