//! What the terminal answers when it is asked for its background, told apart from keys.
//!
//! The question (OSC 11) goes out after the first frame and nothing waits for the answer, which may
//! come at any time or never. Crossterm does not know such answers: it makes keys of them, `Alt-]`
//! and then one a character. Here they become an answer again, so that they are never typed. Pure:
//! knows no terminal and no time.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::theme::Tone;

/// Asks for the background. Ended by BEL, as the answer is then: some terminals forget a part of the
/// longer end.
pub const QUESTION: &str = "\x1b]11;?\x07";
/// How every answer begins after its `ESC ]`.
const HEAD: &str = "11;";
/// Characters that an answer has at most.
const ANSWER_MAX: usize = 64;

/// What became of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// They are keys: pressed in this order.
    Keys(Vec<KeyEvent>),
    /// It may be a part of an answer: the next key tells.
    Held,
    /// It ended an answer; `None` where the answer says nothing.
    Tone(Option<Tone>),
}

/// Takes keys and gives back those that are.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    held: Vec<KeyEvent>,
    /// What came after `ESC ]`, while an answer may be on its way.
    text: Option<String>,
    expecting: bool,
}

impl Listener {
    /// Listens; an answer is expected where the question went out.
    #[must_use]
    pub fn new(expecting: bool) -> Listener {
        Listener { expecting, ..Listener::default() }
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub fn expecting(&self) -> bool {
        self.expecting
    }

    /// Whether a lone Esc is held, which must be let go if nothing follows it at once.
    #[must_use]
    pub fn holds_esc(&self) -> bool {
        self.text.is_none() && !self.held.is_empty()
    }

    /// Gives back what is held: nothing followed it.
    pub fn release(&mut self) -> Vec<KeyEvent> {
        self.text = None;
        std::mem::take(&mut self.held)
    }

    /// Takes a key.
    pub fn take(&mut self, key: KeyEvent) -> Told {
        match &self.text {
            Some(text) if text.starts_with(HEAD) => return self.inside(key),
            Some(_) => return self.beginning(key),
            None => {}
        }
        let begins = match (key.code, self.held.is_empty()) {
            (KeyCode::Char(']'), true) => key.modifiers == KeyModifiers::ALT,
            (KeyCode::Char(']'), false) => key.modifiers.is_empty(),
            _ => false,
        };
        if begins {
            self.held.push(key);
            self.text = Some(String::new());
            return Told::Held;
        }
        let mut keys = self.release();
        // A link may part an answer after its first byte, which is Esc's.
        if self.expecting && key.code == KeyCode::Esc {
            self.held.push(key);
            return if keys.is_empty() { Told::Held } else { Told::Keys(keys) };
        }
        keys.push(key);
        Told::Keys(keys)
    }

    /// A key that may belong to an answer's head.
    fn beginning(&mut self, key: KeyEvent) -> Told {
        self.held.push(key);
        if let (Some(text), KeyCode::Char(c), true) = (&mut self.text, key.code, key.modifiers.is_empty()) {
            text.push(c);
            if HEAD.starts_with(text.as_str()) {
                return Told::Held;
            }
        }
        Told::Keys(self.release())
    }

    /// A key that belongs to an answer.
    fn inside(&mut self, key: KeyEvent) -> Told {
        let text = self.text.get_or_insert_default();
        let ended = match key.code {
            KeyCode::Char('g') if key.modifiers == KeyModifiers::CONTROL => true,
            KeyCode::Char('\\') => true,
            // The first half of the longer end, parted from the second.
            KeyCode::Esc => return Told::Held,
            KeyCode::Char(c) => {
                text.push(c);
                text.len() > ANSWER_MAX
            }
            _ => {
                self.release();
                return Told::Keys(vec![key]);
            }
        };
        if !ended {
            return Told::Held;
        }
        let tone = tone(&text[HEAD.len()..]);
        self.release();
        self.expecting = false;
        Told::Tone(tone)
    }
}

/// Whether a colour as terminals write it (`rgb:1e1e/1e1e/2e2e`, `rgba:...`, `#1e1e2e`) is dark or
/// light: which of black and white stands out more on it.
#[must_use]
pub fn tone(colour: &str) -> Option<Tone> {
    let parts: Vec<&str> = match colour.split_once(':') {
        Some(("rgb" | "rgba", parts)) => parts.split('/').collect(),
        _ => {
            let digits =
                colour.strip_prefix('#').filter(|d| d.is_ascii() && !d.is_empty() && d.len().is_multiple_of(3))?;
            let each = digits.len() / 3;
            vec![&digits[..each], &digits[each..2 * each], &digits[2 * each..]]
        }
    };
    let [red, green, blue, ..] = parts[..] else { return None };
    let linear = |part: &str| {
        let most = 16f64.powi(i32::try_from(part.len()).ok().filter(|n| (1..=4).contains(n))?) - 1.0;
        Some((f64::from(u32::from_str_radix(part, 16).ok()?) / most).powf(2.2))
    };
    let luminance = 0.2126 * linear(red)? + 0.7152 * linear(green)? + 0.0722 * linear(blue)?;
    Some(if luminance > 0.18 { Tone::Light } else { Tone::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as crossterm makes them of bytes; `|` parts what comes apart, where a lone ESC is Esc.
    fn keys(bytes: &str) -> Vec<KeyEvent> {
        let mut keys = Vec::new();
        for part in bytes.split('|') {
            let mut chars = part.chars().peekable();
            while let Some(c) = chars.next() {
                let (code, modifiers) = match c {
                    '\x1b' => match chars.next() {
                        Some(c) => (KeyCode::Char(c), KeyModifiers::ALT),
                        None => (KeyCode::Esc, KeyModifiers::NONE),
                    },
                    '\x07' => (KeyCode::Char('g'), KeyModifiers::CONTROL),
                    c if c.is_uppercase() => (KeyCode::Char(c), KeyModifiers::SHIFT),
                    c => (KeyCode::Char(c), KeyModifiers::NONE),
                };
                keys.push(KeyEvent::new(code, modifiers));
            }
        }
        keys
    }

    /// What a listener makes of bytes: keys as text (`^` is Esc, `!` another with something held),
    /// and the tones.
    fn told(bytes: &str) -> (String, Vec<Option<Tone>>) {
        let mut listener = Listener::new(true);
        let (mut typed, mut tones) = (Vec::new(), Vec::new());
        for key in keys(bytes) {
            match listener.take(key) {
                Told::Keys(keys) => typed.extend(keys),
                Told::Held => {}
                Told::Tone(tone) => tones.push(tone),
            }
        }
        typed.extend(listener.release());
        let text = typed.iter().map(|key| match key.code {
            KeyCode::Char(c) if key.modifiers.is_empty() || key.modifiers == KeyModifiers::SHIFT => c,
            KeyCode::Esc => '^',
            _ => '!',
        });
        (text.collect(), tones)
    }

    #[test]
    fn answers_are_taken_out_of_the_keys_however_they_come() {
        let (dark, light) = (Some(Tone::Dark), Some(Tone::Light));
        for (bytes, typed, tones) in [
            ("\x1b]11;rgb:1e1e/1e1e/2e2e\x07", "", vec![dark]),
            ("\x1b]11;rgb:FFFF/ffff/FfFf\x1b\\", "", vec![light]),
            ("j\x1b]11;rgb:00/00/00\x07k", "jk", vec![dark]),
            ("\x1b|]11;rgb:ff/ff/ff\x07", "", vec![light]),
            ("\x1b]|11;rgb:ff/|ff/ff\x07", "", vec![light]),
            ("\x1b]11;rgb:ff/ff/ff\x1b|\\q", "q", vec![light]),
            ("\x1b]11;rgba:0000/0000/0000/ffff\x07", "", vec![dark]),
            ("\x1b]11;#fdf6e3\x07", "", vec![light]),
            ("\x1b]11;what\x07", "", vec![None]),
            ("\x1b]11;rgb:00/00/00\x07\x1b]11;rgb:ff/ff/ff\x07x", "x", vec![dark, light]),
            // Keys of people.
            ("\x1b|", "^", vec![]),
            ("\x1b|\x1b|j", "^^j", vec![]),
            ("\x1b|]", "^]", vec![]),
            ("\x1b]q", "!q", vec![]),
            ("\x1b]1x", "!1x", vec![]),
            ("]11;", "]11;", vec![]),
            ("j]q", "j]q", vec![]),
        ] {
            assert_eq!(told(bytes), (typed.to_owned(), tones), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_that_never_ends_holds_no_keys_for_ever() {
        let (typed, tones) = told(&format!("\x1b]11;{}jjj", "f".repeat(ANSWER_MAX)));
        assert_eq!(tones, [None]);
        assert!(typed.ends_with("jj"), "{typed}");
    }

    #[test]
    fn esc_is_held_only_while_an_answer_may_come() {
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        assert_eq!(Listener::new(false).take(esc), Told::Keys(vec![esc]));
        let mut listener = Listener::new(true);
        assert_eq!((listener.take(esc), listener.holds_esc()), (Told::Held, true));
        assert_eq!((listener.release(), listener.holds_esc()), (vec![esc], false));
    }

    #[test]
    fn backgrounds_of_real_terminals() {
        use Tone::{Dark, Light};
        for (colour, want) in [
            ("rgb:0000/0000/0000", Some(Dark)),
            ("rgb:0000/2b2b/3636", Some(Dark)),
            ("rgb:2e/34/36", Some(Dark)),
            ("rgb:fdfd/f6f6/e3e3", Some(Light)),
            ("rgb:f/f/f", Some(Light)),
            ("rgb:7f7f/7f7f/7f7f", Some(Light)),
            ("rgb:5f5f/5f5f/5f5f", Some(Dark)),
            ("#ffffffffffff", Some(Light)),
            ("#00", None),
            ("rgb:0/0", None),
            ("rgb:zz/00/00", None),
            ("rgb:00000/00000/00000", None),
            ("", None),
        ] {
            assert_eq!(tone(colour), want, "{colour}");
        }
    }
}
