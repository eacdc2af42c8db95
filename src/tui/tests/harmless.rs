//! Names from outside, as hostile as they can be: what is written to the terminal and copied of them.

use std::path::{Path, PathBuf};

use super::fake::{HOSTILE, Mood, Session};
use super::first::{first, importing, listing};
use crate::domain::dimension::Dimension;
use crate::domain::text::{SafeText, is_hidden};
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::intake::{Refused, Taken};
use crate::tui::worker::{Asker, Reply};

/// The name as the screen has it, as far as it is seen everywhere.
const SHOWN: &str = "web\\x1b]52";

/// What of bytes for a terminal is neither text, nor a place, nor a colour.
fn harm(written: &str) -> Option<&str> {
    let mut rest = written;
    while let Some(at) = rest.find(|c: char| c.is_control() || is_hidden(c)) {
        let sequence = rest[at..].strip_prefix("\x1b[").unwrap_or_default();
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.map(|end| sequence.split_at(end)) {
            Some((_, after)) if after.starts_with(['H', 'C', 'K', 'm']) => rest = &after[1..],
            _ => return Some(&rest[at..]),
        }
    }
    None
}

/// Holds what is written for a screen, and what is copied of it, to be harmless.
fn look(s: &mut Session, what: &str) {
    let written = s.written();
    assert_eq!(harm(&written), None, "{what}: {}", s.text());
    for effect in s.done.drain(..) {
        if let Effect::Copy(text) = effect {
            assert!(!text.contains(|c: char| !matches!(c, '\t' | '\n') && c.is_control()), "{what}: {text:?}");
        }
    }
}

fn hostile(keys: &str, size: (u16, u16)) -> Session {
    let mut s = Session::started(Mood::Hostile, size);
    s.keys(keys);
    s
}

#[test]
fn harm_is_seen() {
    for (written, found) in [
        ("\x1b[2;3Hweb\x1b[38;5;1m", None),
        ("\x1b[2J", Some("\x1b[2J")),
        ("\x1b]52;c;x\x07", Some("\x1b]52;c;x\x07")),
        ("a\u{202e}b", Some("\u{202e}b")),
        ("\x1b[3", Some("\x1b[3")),
    ] {
        assert_eq!(harm(written), found, "{written:?}");
    }
    assert!(harm(HOSTILE).is_some());
}

#[test]
fn names_are_harmless_in_every_tab_and_view() {
    for size in [(60, 15), (80, 24), (200, 60)] {
        for keys in ["", "w", "w j", "w <enter>", "+ u", "w w", "w w j <enter>", "y", "w y", "w w y", "w w w y"] {
            look(&mut hostile(keys, size), keys);
        }
        for keys in ["", "p", "v t", "<space> <space> =", "f w", "f w <enter>", "d", "v h", "v h j j j j", "y", "v h y"]
        {
            let mut s = hostile("2", size);
            s.keys(keys);
            assert!(size.0 < 200 || s.written().contains(SHOWN), "{keys}: {}", s.text());
            look(&mut s, keys);
        }
    }
    let mut s = hostile("2", (120, 36));
    for keys in ["<enter>", "<enter>", "<enter>", "<backspace>", "X", "<esc> C", "<esc> ?", "<esc> 1"] {
        s.keys(keys);
        look(&mut s, keys);
    }
}

#[test]
fn names_are_harmless_in_every_list_and_line() {
    for (keys, typed) in [
        ("/", ""),
        ("/", HOSTILE),
        ("/ s e r v i c e :", ""),
        ("/", "servce:x"),
        ("/ w e b <enter> /", ""),
        ("/ w e b <tab>", ""),
        ("b", HOSTILE),
        ("b", ""),
        (":", ""),
        (": f i l t e r w e b", ""),
        (":", HOSTILE),
        ("?", ""),
        ("? /", HOSTILE),
        ("t", ""),
        ("t", HOSTILE),
        ("2 f", HOSTILE),
        ("L s", HOSTILE),
        ("L s x <enter> '", ""),
        ("L s x <enter> ' <ctrl-r>", HOSTILE),
        ("L s x <enter> ' <ctrl-d>", ""),
        ("L p", HOSTILE),
        ("L m", ""),
        ("n", HOSTILE),
        ("n", "plain"),
        ("e", HOSTILE),
    ] {
        for then in ["", "<enter>", "y Y"] {
            let mut s = hostile(keys, (120, 36));
            s.send(Event::Paste(typed.to_owned()));
            s.keys(then);
            look(&mut s, &format!("{keys} {typed:?} {then}"));
        }
    }
}

#[test]
fn a_hostile_file_is_harmless_while_it_is_named_and_once_it_is_written() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(HOSTILE);
    let mut s = hostile("e <enter> <ctrl-u>", (200, 36));
    s.send(Event::Paste(path.display().to_string()));
    look(&mut s, "a name");
    s.keys("<enter>");
    assert!(s.text().contains("wrote "), "{}", s.text());
    look(&mut s, "a file");
}

#[test]
fn a_hostile_tag_is_harmless_in_what_is_grouped_filtered_and_exported_by_it() {
    let mut s = hostile("", (120, 36));
    s.app.lens.by = vec![Dimension::Tag(HOSTILE.to_owned())];
    for keys in ["r", "2", "e <enter>", "<esc> i", "<esc> Y", "<enter> /", "<esc> :"] {
        s.keys(keys);
        look(&mut s, keys);
    }
}

#[test]
fn names_are_harmless_in_explanations() {
    for size in [(60, 15), (80, 24), (200, 60)] {
        let mut s = hostile("w i j <enter>", size);
        for keys in ["", "G <enter>", "G <enter>", "y", "Y"] {
            s.keys(keys);
            look(&mut s, keys);
        }
    }
}

#[test]
fn what_went_wrong_is_harmless() {
    let error = || Error::store(HOSTILE).hint(HOSTILE);
    for (keys, asker) in [("", Asker::Spend), ("2", Asker::Breakdown), ("i", Asker::Explain)] {
        let mut s = hostile(keys, (120, 36));
        s.hold().keys("r [");
        for generation in 0..20 {
            s.send(Event::Answer(Box::new(Reply { asker, generation, answer: Err(error()) })));
        }
        assert!(s.written().contains(SHOWN), "{keys}: {}", s.text());
        look(&mut s, keys);
    }
    let mut s = hostile("", (120, 36));
    for event in [Event::Done(Box::new(Err(error()))), Event::Exported(Box::new(Err(error())))] {
        s.send(event);
        assert!(s.written().contains(SHOWN), "{}", s.text());
        look(&mut s, "an error");
    }
    s.app.banner = Some(SafeText::from_outside(HOSTILE).into_string());
    look(&mut s, "a banner");
}

#[test]
fn names_are_harmless_before_there_is_a_bill() {
    let mut s = first((80, 24));
    look(&mut s, "the first screen");
    s.keys("s");
    look(&mut s, "credentials");
    s.keys("<esc> i");
    s.send(listing(&format!("/{HOSTILE}"), &[(HOSTILE, None), (HOSTILE, Some(1))]));
    assert!(s.written().contains(SHOWN), "{}", s.text());
    look(&mut s, "files");
    s.send(Event::Paste(HOSTILE.to_owned()));
    look(&mut s, "a typed path");
    let asked = Path::new("/").join(HOSTILE);
    let failed = Event::Listed { asked: PathBuf::from("/"), found: Box::new(Err(Error::usage(HOSTILE))) };
    let mut s = first((80, 24));
    s.keys("i");
    s.send(failed);
    assert!(s.written().contains(SHOWN), "{}", s.text());
    look(&mut s, "no folder");
    s.send(Event::Paste(asked.display().to_string()));
    s.keys("<enter>");
    look(&mut s, "an import under way");
    let safe = || SafeText::from_outside(HOSTILE);
    let taken = Taken {
        summary: vec![safe()],
        refused: Refused { first: vec![safe()], count: 1, listed_in: Some(safe()) },
        changed: false,
    };
    for result in [Ok(taken), Err(Error::usage(HOSTILE).hint(HOSTILE).into())] {
        let mut s = importing();
        s.send(Event::Imported(Box::new(result)));
        assert!(s.written().contains(SHOWN), "{}", s.text());
        look(&mut s, "an import that ended");
    }
}
