//! Keys: how they are written in the table and the config, and how people read them.
//!
//! Knows no action.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

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
const NAMES: [(&str, KeyCode, &str); 22] = [
    ("enter", KeyCode::Enter, "Enter"),
    ("return", KeyCode::Enter, "Enter"),
    ("cr", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("escape", KeyCode::Esc, "Esc"),
    ("backspace", KeyCode::Backspace, "Bksp"),
    ("tab", KeyCode::Tab, "Tab"),
    ("backtab", KeyCode::BackTab, "Shift-Tab"),
    ("s-tab", KeyCode::BackTab, "Shift-Tab"),
    ("shift-tab", KeyCode::BackTab, "Shift-Tab"),
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
    ("del", KeyCode::Delete, "Del"),
    ("insert", KeyCode::Insert, "Ins"),
];

/// Function keys that terminals send.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=12;

impl Key {
    /// Reads `j`, `G`, `/`, `enter`, `f5`, `ctrl-l`, `alt-x`, and the same as vim writes them:
    /// `<C-l>`, `<A-x>`, `<CR>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Key> {
        if text.chars().count() > 1
            && let Some(inner) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'))
        {
            return Key::parse_held(inner, &["C-", "c-", "ctrl-"], &["A-", "a-", "M-", "m-", "alt-"]);
        }
        Key::parse_held(text, &["ctrl-"], &["alt-"])
    }

    fn parse_held(text: &str, ctrls: &[&str], alts: &[&str]) -> Option<Key> {
        let mut rest = text;
        let (mut ctrl, mut alt) = (false, false);
        let strip = |rest: &str, prefixes: &[&str]| {
            prefixes.iter().find_map(|p| rest.strip_prefix(p)).filter(|t| !t.is_empty()).map(str::len)
        };
        loop {
            if let Some(left) = strip(rest, ctrls) {
                ctrl = true;
                rest = &rest[rest.len() - left..];
            } else if let Some(left) = strip(rest, alts) {
                alt = true;
                rest = &rest[rest.len() - left..];
            } else {
                break;
            }
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            // Terminals send Ctrl with a letter's lower case, whatever is held beside it.
            (Some(c), None) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            (Some(c), None) => KeyCode::Char(c),
            _ => named(&rest.to_ascii_lowercase())?,
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

    /// The event of a terminal where it is pressed.
    #[must_use]
    pub fn event(self) -> KeyEvent {
        let ctrl = if self.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        let alt = if self.alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
        KeyEvent::new(self.code, ctrl | alt)
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
            KeyCode::F(number) => format!("F{number}"),
            code => NAMES.iter().find(|(_, c, _)| *c == code).map_or(String::new(), |(.., shown)| (*shown).to_owned()),
        };
        format!("{}{}{name}", if self.ctrl { "Ctrl-" } else { "" }, if self.alt { "Alt-" } else { "" })
    }
}

fn named(name: &str) -> Option<KeyCode> {
    if let Some(number) = name.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| FUNCTION_KEYS.contains(n)) {
        return Some(KeyCode::F(number));
    }
    NAMES.iter().find(|(known, ..)| *known == name).map(|(_, code, _)| *code)
}

/// Reads keys that are pressed one after the other, apart by blanks: `v p`.
#[must_use]
pub fn parse_sequence(text: &str) -> Option<Vec<Key>> {
    let keys: Option<Vec<Key>> = text.split_whitespace().map(Key::parse).collect();
    keys.filter(|keys| !keys.is_empty())
}

/// How a person reads keys that are pressed one after the other.
#[must_use]
pub fn shown_sequence(keys: &[Key]) -> String {
    keys.iter().map(|key| key.shown()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_shown() {
        for (text, shown) in [
            ("j", "j"),
            ("G", "G"),
            ("ctrl-l", "Ctrl-L"),
            ("<C-L>", "Ctrl-L"),
            ("<A-x>", "Alt-x"),
            ("<CR>", "Enter"),
            ("<F1>", "F1"),
            ("f12", "F12"),
            ("enter", "Enter"),
            ("space", "Space"),
            ("pgdn", "PgDn"),
            ("alt-x", "Alt-x"),
            ("-", "-"),
            ("<", "<"),
            (">", ">"),
        ] {
            assert_eq!(Key::parse(text).map(Key::shown).as_deref(), Some(shown), "{text}");
        }
        for text in ["nonsense", "f13", "<>", "ctrl-", ""] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::of(&shifted), Key::parse("G"));
        assert_eq!(parse_sequence("v p").map(|keys| shown_sequence(&keys)).as_deref(), Some("v p"));
        assert_eq!(parse_sequence("  "), None);
    }
}
