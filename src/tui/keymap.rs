//! Keys, and which action a key means in a context.
//!
//! Pure: a context is a plain snapshot of facts. Knows the table of actions, not what they do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::{Action, Entry, Place, TABLE};

/// A key with what is held beside it. Shift is part of a character, not held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Whether Ctrl is held.
    pub ctrl: bool,
    /// Whether Alt is held.
    pub alt: bool,
}

/// Names of keys that are no characters; the first of a code's names is how it is shown.
const NAMES: [(&str, KeyCode, &str); 17] = [
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("backspace", KeyCode::Backspace, "Bksp"),
    ("tab", KeyCode::Tab, "Tab"),
    ("backtab", KeyCode::BackTab, "Shift-Tab"),
    ("space", KeyCode::Char(' '), "Space"),
    ("up", KeyCode::Up, "Up"),
    ("down", KeyCode::Down, "Down"),
    ("left", KeyCode::Left, "Left"),
    ("right", KeyCode::Right, "Right"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("pgup", KeyCode::PageUp, "PgUp"),
    ("pgdn", KeyCode::PageDown, "PgDn"),
    ("delete", KeyCode::Delete, "Del"),
    ("insert", KeyCode::Insert, "Ins"),
    ("del", KeyCode::Delete, "Del"),
];

impl Key {
    /// Reads `j`, `G`, `/`, `enter`, `ctrl-l`, `alt-x`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Key> {
        let mut rest = text;
        let (mut ctrl, mut alt) = (false, false);
        loop {
            if let Some(tail) = rest.strip_prefix("ctrl-").filter(|t| !t.is_empty()) {
                ctrl = true;
                rest = tail;
            } else if let Some(tail) = rest.strip_prefix("alt-").filter(|t| !t.is_empty()) {
                alt = true;
                rest = tail;
            } else {
                break;
            }
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => NAMES.iter().find(|(name, ..)| *name == rest)?.1,
        };
        Some(Key { code, ctrl, alt })
    }

    /// The key of a terminal's event; `None` for a key that is let go.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Option<Key> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Some(Key { code, ctrl, alt: event.modifiers.contains(KeyModifiers::ALT) })
    }

    /// The character that it types, if it is one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }

    /// How a person reads it: `j`, `Ctrl-L`, `Enter`.
    #[must_use]
    pub fn shown(self) -> String {
        let name = match self.code {
            KeyCode::Char(c) if c != ' ' && self.ctrl => c.to_ascii_uppercase().to_string(),
            KeyCode::Char(c) if c != ' ' => c.to_string(),
            code => NAMES.iter().find(|(_, c, _)| *c == code).map_or(String::new(), |(.., shown)| (*shown).to_owned()),
        };
        format!("{}{}{name}", if self.ctrl { "Ctrl-" } else { "" }, if self.alt { "Alt-" } else { "" })
    }
}

/// What decides which keys work now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Where keys go.
    pub place: Place,
    /// Whether something was opened that can be backed out of.
    pub can_go_back: bool,
    /// Whether there is something to open.
    pub can_open: bool,
    /// Whether there is more than one currency.
    pub currencies: bool,
}

impl Context {
    /// Whether an entry does something now, for the footer. Keys that do nothing now are still
    /// theirs: they say why instead of meaning something else.
    #[must_use]
    pub fn serves(&self, entry: &Entry) -> bool {
        entry.scope.holds(self.place)
            && match entry.action {
                Action::Back => self.can_go_back,
                Action::Open | Action::Sort | Action::Mark | Action::CopyRow | Action::DayBefore => self.can_open,
                Action::Currency => self.currencies,
                _ => true,
            }
    }
}

/// The action that a key means in a place.
#[must_use]
pub fn lookup(key: Key, place: Place) -> Option<Action> {
    TABLE.iter().find(|e| e.scope.holds(place) && e.keys.iter().any(|k| Key::parse(k) == Some(key))).map(|e| e.action)
}

/// The entries that belong in the footer now, most useful first, with the key to show.
#[must_use]
pub fn footer(context: &Context) -> Vec<(&'static Entry, String)> {
    let mut entries: Vec<&Entry> = TABLE.iter().filter(|e| e.footer.1 > 0 && context.serves(e)).collect();
    entries.sort_by_key(|e| e.footer.1);
    entries.into_iter().map(|e| (e, shown_keys(e, 1))).collect()
}

/// An entry's keys as people read them, `at_most` of them.
#[must_use]
pub fn shown_keys(entry: &Entry, at_most: usize) -> String {
    let keys: Vec<String> = entry.keys.iter().take(at_most).filter_map(|k| Key::parse(k)).map(Key::shown).collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tab::Tab;
    use super::*;

    #[test]
    fn keys_are_read_and_shown() {
        for (text, shown) in [
            ("j", "j"),
            ("G", "G"),
            ("ctrl-l", "Ctrl-L"),
            ("enter", "Enter"),
            ("space", "Space"),
            ("pgdn", "PgDn"),
            ("alt-x", "Alt-x"),
            ("-", "-"),
        ] {
            assert_eq!(Key::parse(text).map(Key::shown).as_deref(), Some(shown), "{text}");
        }
        assert_eq!(Key::parse("nonsense"), None);
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::of(&shifted), Key::parse("G"));
    }

    #[test]
    fn a_key_means_what_its_place_says() {
        let key = |text| Key::parse(text).expect(text);
        for (text, place, action) in [
            ("enter", Place::Tab(Tab::Spend), Some(Action::Open)),
            ("enter", Place::Picker, Some(Action::Choose)),
            ("enter", Place::FilterLine, Some(Action::Apply)),
            ("q", Place::Tab(Tab::Budgets), Some(Action::Quit)),
            ("q", Place::Help, Some(Action::Close)),
            ("q", Place::FilterLine, None),
            ("2", Place::FilterLine, None),
            ("ctrl-c", Place::FilterLine, Some(Action::Quit)),
            ("s", Place::Tab(Tab::Spend), None),
        ] {
            assert_eq!(lookup(key(text), place), action, "{text} in {place:?}");
        }
    }

    #[test]
    fn the_footer_has_only_what_works_now() {
        let place = Place::Tab(Tab::Breakdown);
        let context = Context { place, can_go_back: false, can_open: true, currencies: false };
        let names = |c: &Context| footer(c).into_iter().map(|(e, _)| e.name).collect::<Vec<_>>();
        let at_top = names(&context);
        assert!(!at_top.contains(&"back") && !at_top.contains(&"currency") && at_top.contains(&"sort"));
        let drilled = names(&Context { can_go_back: true, currencies: true, ..context });
        assert!(drilled.contains(&"back") && drilled.contains(&"currency"));
        assert!(!names(&Context { can_open: false, ..context }).contains(&"mark"));
    }
}
