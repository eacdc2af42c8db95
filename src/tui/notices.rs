//! How a terminal tells a person who does not look: its bell, and a notification where it shows them.
//!
//! Which sequence, from what the environment says of the terminal; a terminal that is not known gets no more
//! than the bell. What is told is ASCII of a bounded length, whatever it came from. Pure.
//!
//! | sequence | form | terminals |
//! |---|---|---|
//! | BEL | `BEL` | all; tmux passes it on as `monitor-bell` says |
//! | OSC 9 | `ESC ] 9 ; text ST` | iTerm2, Ghostty, WezTerm, Windows Terminal |
//! | OSC 777 | `ESC ] 777 ; notify ; title ; body ST` | foot, urxvt |
//! | OSC 99 | `ESC ] 99 ; metadata ; base64 ST`, title and body apart | kitty |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::theme::Env;
use crate::domain::alert::Severity;
use crate::host::syncing::Notice;

/// Characters of a title, and of a body, at most.
const TITLE_MAX: usize = 120;
const BODY_MAX: usize = 240;
/// The bell.
pub(super) const BELL: &str = "\x07";

/// A sequence by which terminals show notifications.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Osc9,
    Osc777,
    Osc99,
}

/// By words in `TERM`.
const BY_TERM: [(&str, Form); 6] = [
    ("kitty", Form::Osc99),
    ("ghostty", Form::Osc9),
    ("wezterm", Form::Osc9),
    ("iterm", Form::Osc9),
    ("foot", Form::Osc777),
    ("rxvt-unicode", Form::Osc777),
];

/// By `TERM_PROGRAM`.
const BY_PROGRAM: [(&str, Form); 4] =
    [("kitty", Form::Osc99), ("ghostty", Form::Osc9), ("WezTerm", Form::Osc9), ("iTerm.app", Form::Osc9)];

/// By the [`MARKS`](super::theme::MARKS) of terminals: within tmux, where nothing else names the terminal,
/// and where `true`, elsewhere too.
const BY_MARK: [(&str, Form, bool); 6] = [
    ("KITTY_WINDOW_ID", Form::Osc99, false),
    ("GHOSTTY_RESOURCES_DIR", Form::Osc9, false),
    ("WEZTERM_PANE", Form::Osc9, false),
    ("ITERM_SESSION_ID", Form::Osc9, false),
    ("LC_TERMINAL", Form::Osc9, true),
    ("WT_SESSION", Form::Osc9, true),
];

/// How the terminal tells a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Teller {
    /// `None`: by its bell alone.
    form: Option<Form>,
    /// Whether tmux has to pass it on.
    within_tmux: bool,
}

impl Teller {
    /// What is right for a terminal.
    #[must_use]
    pub fn of(env: &Env) -> Teller {
        let within_tmux = !env.tmux.is_empty();
        let marked = |(name, form, anywhere): &(&str, Form, bool)| {
            (env.marks.iter().any(|mark| mark == name) && (within_tmux || *anywhere)).then_some(*form)
        };
        let by_term = BY_TERM.iter().find(|(word, _)| env.term.contains(word)).map(|(_, form)| *form);
        let by_program = BY_PROGRAM.iter().find(|(name, _)| env.program == *name).map(|(_, form)| *form);
        let form = by_term.or(by_program).or_else(|| BY_MARK.iter().find_map(marked));
        // Screen passes nothing on, and is no terminal of its own.
        let multiplexed = env.term.starts_with("screen") && !within_tmux;
        Teller { form: form.filter(|_| !multiplexed), within_tmux }
    }

    /// In a word, for those who ask how they would be told.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.form {
            None => "the bell",
            Some(Form::Osc9) => "the bell and OSC 9",
            Some(Form::Osc777) => "the bell and OSC 777",
            Some(Form::Osc99) => "the bell and OSC 99",
        }
    }

    /// What the terminal is given to tell a notice.
    #[must_use]
    pub fn sequence(self, notice: &Notice) -> String {
        let (title, body) = (plain(&notice.title, TITLE_MAX), plain(&notice.body, BODY_MAX));
        let told = match self.form {
            None => return BELL.to_owned(),
            Some(Form::Osc9) => vec![format!("9;{title}: {body}")],
            // The title ends with the first `;`.
            Some(Form::Osc777) => vec![format!("777;notify;{};{body}", title.replace(';', ","))],
            Some(Form::Osc99) => {
                let urgency = if notice.severity == Severity::Critical { 2 } else { 1 };
                // Both parts have the id of one notification, which another notice must not be taken for.
                let id = format!("spendtop-{:08x}", crc32c::crc32c(title.as_bytes()));
                let part = |rest: &str, text: &str| format!("99;i={id}:{rest}:e=1;{}", STANDARD.encode(text));
                vec![part(&format!("d=0:u={urgency}:p=title"), &title), part("d=1:p=body", &body)]
            }
        };
        let wrapped = told.into_iter().map(|text| self.passed_on(&format!("\x1b]{text}\x1b\\")));
        // tmux may pass nothing on, without a word: the bell reaches it in any case.
        wrapped.chain([BELL.to_owned()]).collect()
    }

    /// A sequence as tmux passes it on to its terminal (`allow-passthrough`).
    fn passed_on(self, sequence: &str) -> String {
        if !self.within_tmux {
            return sequence.to_owned();
        }
        format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
    }
}

/// Text as every terminal takes it: printable ASCII, of so many characters at most.
fn plain(text: &str, most: usize) -> String {
    let ascii = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let cut: String = text.chars().take(most).map(ascii).collect();
    if text.chars().nth(most).is_some() { cut + "..." } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::SafeText;

    fn notice(title: &str, body: &str, severity: Severity) -> Notice {
        Notice { title: SafeText::from_outside(title), body: SafeText::from_outside(body), severity }
    }

    /// An environment from `NAME=value` words; those without a value are marks.
    fn env(words: &str) -> Env {
        let mut env = Env::default();
        for word in words.split_whitespace() {
            match word.split_once('=') {
                Some(("TERM", value)) => env.term = value.to_owned(),
                Some(("TERM_PROGRAM", value)) => env.program = value.to_owned(),
                Some(("TMUX", value)) => env.tmux = value.to_owned(),
                Some(other) => panic!("{other:?}"),
                None => env.marks.push(word.to_owned()),
            }
        }
        env
    }

    #[test]
    fn each_terminal_gets_what_it_shows_and_an_unknown_one_its_bell() {
        for (words, told) in [
            ("", "the bell"),
            ("TERM=xterm-256color", "the bell"),
            ("TERM=linux", "the bell"),
            ("TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", "the bell"),
            ("TERM=xterm-256color TERM_PROGRAM=vscode", "the bell"),
            ("TERM=alacritty", "the bell"),
            ("TERM=xterm-kitty", "the bell and OSC 99"),
            ("TERM=xterm-256color TERM_PROGRAM=iTerm.app", "the bell and OSC 9"),
            ("TERM=xterm-256color TERM_PROGRAM=WezTerm", "the bell and OSC 9"),
            ("TERM=xterm-ghostty", "the bell and OSC 9"),
            ("TERM=foot", "the bell and OSC 777"),
            ("TERM=foot-extra", "the bell and OSC 777"),
            ("TERM=rxvt-unicode-256color", "the bell and OSC 777"),
            ("TERM=rxvt", "the bell"),
            // Over SSH, and from Windows.
            ("TERM=xterm-256color LC_TERMINAL", "the bell and OSC 9"),
            ("TERM=xterm-256color WT_SESSION", "the bell and OSC 9"),
            // xterm, started from kitty.
            ("TERM=xterm-256color KITTY_WINDOW_ID", "the bell"),
            // Within tmux, which names itself.
            ("TERM=tmux-256color TERM_PROGRAM=tmux TMUX=/tmp/t", "the bell"),
            ("TERM=tmux-256color TERM_PROGRAM=tmux TMUX=/tmp/t KITTY_WINDOW_ID", "the bell and OSC 99"),
            ("TERM=screen-256color TMUX=/tmp/t WEZTERM_PANE", "the bell and OSC 9"),
            ("TERM=screen-256color TMUX=/tmp/t TERM_PROGRAM=iTerm.app", "the bell and OSC 9"),
            // Within screen, which passes nothing on.
            ("TERM=screen-256color TERM_PROGRAM=iTerm.app LC_TERMINAL", "the bell"),
            ("TERM=screen.xterm-kitty", "the bell"),
        ] {
            assert_eq!(Teller::of(&env(words)).name(), told, "{words}");
        }
    }

    #[test]
    fn the_environment_is_read_for_all_marks() {
        assert_eq!(BY_MARK.map(|(name, ..)| name), crate::tui::theme::MARKS);
    }

    #[test]
    fn sequences_are_those_of_the_terminals() {
        let notice = notice("spendtop: no", "it; is so", Severity::Critical);
        for (words, written) in [
            ("TERM=xterm", "\x07"),
            ("TERM=xterm-ghostty", "\x1b]9;spendtop: no: it; is so\x1b\\\x07"),
            ("TERM=foot", "\x1b]777;notify;spendtop: no;it; is so\x1b\\\x07"),
            (
                "TERM=xterm-kitty",
                "\x1b]99;i=spendtop-ID:d=0:u=2:p=title:e=1;c3BlbmR0b3A6IG5v\x1b\\\x1b]99;i=spendtop-ID:d=1:p=body:e=1;aXQ7IGlzIHNv\x1b\\\x07",
            ),
            (
                "TERM=tmux-256color TMUX=/tmp/t LC_TERMINAL",
                "\x1bPtmux;\x1b\x1b]9;spendtop: no: it; is so\x1b\x1b\\\x1b\\\x07",
            ),
        ] {
            let id = format!("{:08x}", crc32c::crc32c(b"spendtop: no"));
            let told = Teller::of(&env(words)).sequence(&notice);
            assert_eq!(told, written.replace("ID", &id), "{words}");
        }
    }

    #[test]
    fn nothing_that_is_told_ends_a_sequence_or_begins_one() {
        let evil = "a;b\x1b\\\x07\x1b]52;c;eA==\u{9c}\u{9d}\u{202e}größe";
        let notice = notice(evil, &evil.repeat(100), Severity::Warning);
        for words in ["TERM=foot", "TERM=xterm-ghostty", "TERM=xterm-kitty", "TERM=tmux TMUX=1 WEZTERM_PANE"] {
            let told = Teller::of(&env(words)).sequence(&notice);
            assert!(told.is_ascii() && told.len() < 700, "{told:?}");
            assert_eq!(told.matches('\x07').count(), 1, "{told:?}");
            let sequences = if words.contains("kitty") { 2 } else { 1 };
            assert_eq!(told.matches("\x1b]").count(), sequences, "{told:?}");
            assert!(told.bytes().all(|b| b == 0x1b || b == 0x07 || (0x20..0x7f).contains(&b)), "{told:?}");
        }
        let told = Teller::of(&env("TERM=foot")).sequence(&notice);
        assert!(told.starts_with("\x1b]777;notify;a,b"), "{told:?}");
    }
}
