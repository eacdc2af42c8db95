//! What the environment says of the terminal: how many colours, which signs, what background.
//!
//! Plain strings in, plain facts out. The environment is read only where [`Env::read`] is called.

/// Whether colours are wanted, as a flag says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum When {
    /// As the environment says.
    #[default]
    Auto,
    /// Whatever the environment says.
    Always,
    /// None.
    Never,
}

impl When {
    /// All, in the order that help lists them.
    pub const ALL: [When; 3] = [When::Auto, When::Always, When::Never];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            When::Auto => "auto",
            When::Always => "always",
            When::Never => "never",
        }
    }
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// None: signs, bold, dim and reverse only.
    Mono,
    /// The 16 named ones, which follow the user's own palette.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All.
    True,
}

/// Whether a background is dark or light.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Light text on it.
    Dark,
    /// Dark text on it.
    Light,
}

impl Tone {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tone::Dark => "dark",
            Tone::Light => "light",
        }
    }
}

/// What the environment says of the terminal, as plain strings; empty where it is not set.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Env {
    /// `--color`.
    pub color: When,
    /// `TERM`.
    pub term: String,
    /// `TERM_PROGRAM`.
    pub program: String,
    /// `TMUX`.
    pub tmux: String,
    /// `NO_COLOR`.
    pub no_color: String,
    /// `FORCE_COLOR`.
    pub force_color: String,
    /// `CLICOLOR_FORCE`.
    pub clicolor_force: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `COLORFGBG`.
    pub colorfgbg: String,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: String,
    /// Which of [`MARKS`] are set.
    pub marks: Vec<String>,
    /// `USER`: who sits here.
    pub user: String,
}

/// Parts of `TERM` by which terminals are known that answer what their background is. Others may
/// print the question, or stop at it.
const ANSWERING: [&str; 12] =
    ["xterm", "tmux", "rxvt", "alacritty", "kitty", "foot", "wezterm", "ghostty", "konsole", "vte", "contour", "iterm"];

/// Variables that terminals set for themselves; who is started from one has them as well, whatever terminal that
/// is. iTerm2's `LC_TERMINAL` is passed on by SSH.
pub const MARKS: [&str; 6] =
    ["KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "WEZTERM_PANE", "ITERM_SESSION_ID", "LC_TERMINAL", "WT_SESSION"];

impl Env {
    /// Reads this process's environment; `color` is the flag's.
    #[must_use]
    pub fn read(color: When) -> Env {
        let read = |name: &str| std::env::var(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(read).find(|v| !v.is_empty()).unwrap_or_default();
        Env {
            color,
            term: read("TERM"),
            program: read("TERM_PROGRAM"),
            tmux: read("TMUX"),
            no_color: read("NO_COLOR"),
            force_color: read("FORCE_COLOR"),
            clicolor_force: read("CLICOLOR_FORCE"),
            colorterm: read("COLORTERM"),
            colorfgbg: read("COLORFGBG"),
            locale,
            user: ["USER", "LOGNAME", "USERNAME"].map(read).into_iter().find(|v| !v.is_empty()).unwrap_or_default(),
            marks: MARKS.into_iter().filter(|name| !read(name).is_empty()).map(str::to_owned).collect(),
        }
    }

    /// How many colours: the flag, `NO_COLOR`, `TERM=dumb`, `FORCE_COLOR` and `CLICOLOR_FORCE`,
    /// `COLORTERM`, `TERM`, whichever comes first.
    #[must_use]
    pub fn depth(&self) -> Depth {
        let forced = match self.color {
            When::Never => return Depth::Mono,
            When::Always => Some(Depth::Ansi16),
            When::Auto if !self.no_color.is_empty() || self.term == "dumb" => return Depth::Mono,
            When::Auto => match self.forced() {
                Some(Depth::Mono) => return Depth::Mono,
                forced => forced,
            },
        };
        let known = self.known_depth();
        forced.map_or(known, |least| known.max(least))
    }

    /// The least that `FORCE_COLOR` (0 to 3) and `CLICOLOR_FORCE` ask for.
    fn forced(&self) -> Option<Depth> {
        match self.force_color.as_str() {
            "0" | "false" => Some(Depth::Mono),
            "2" => Some(Depth::Ansi256),
            "3" => Some(Depth::True),
            "" => (!matches!(self.clicolor_force.as_str(), "" | "0")).then_some(Depth::Ansi16),
            _ => Some(Depth::Ansi16),
        }
    }

    fn known_depth(&self) -> Depth {
        let term = self.term.as_str();
        if matches!(self.colorterm.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            Depth::True
        } else if term.ends_with("-256color") || matches!(term, "alacritty" | "xterm-kitty" | "xterm-ghostty" | "foot")
        {
            Depth::Ansi256
        } else if term.starts_with("vt") && term[2..].starts_with(|c: char| c.is_ascii_digit()) {
            // DEC's terminals have one colour.
            Depth::Mono
        } else {
            Depth::Ansi16
        }
    }

    /// Whether only ASCII may be drawn. An unset locale says nothing of the terminal (containers
    /// and minimal SSH sessions have none), so only one that names another character set counts.
    #[must_use]
    pub fn ascii(&self) -> bool {
        let locale = self.locale.to_ascii_lowercase();
        self.term == "linux" || !(locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8"))
    }

    /// The background, where the environment tells it: the last number of `COLORFGBG` is one of the
    /// 16 named colours. The console's is black.
    #[must_use]
    pub fn tone(&self) -> Option<Tone> {
        if self.term == "linux" {
            return Some(Tone::Dark);
        }
        match self.colorfgbg.rsplit(';').next()?.parse().ok()? {
            0..=6 | 8 => Some(Tone::Dark),
            7 | 9..=15 => Some(Tone::Light),
            _ => None,
        }
    }

    /// Whether the terminal may be asked for its background.
    #[must_use]
    pub fn answers(&self) -> bool {
        let multiplexed = self.term.starts_with("screen") && !self.tmux.is_empty();
        multiplexed || ANSWERING.iter().any(|part| self.term.contains(part))
    }

    /// Whether hyperlinks may be written (OSC 8). Those that show them take them, and others that know
    /// such sequences at all, which those do that answer, pass over what they do not know.
    #[must_use]
    pub fn links(&self) -> bool {
        self.answers()
    }

    /// What tells this terminal from the user's others, as far as the environment knows.
    #[must_use]
    pub fn terminal(&self) -> String {
        format!("{}/{}", self.term, self.program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment from `NAME=value` words.
    fn env(words: &str) -> Env {
        let mut env = Env::default();
        for (name, value) in words.split_whitespace().filter_map(|w| w.split_once('=')) {
            let value = value.to_owned();
            match name {
                "--color" => env.color = When::ALL.into_iter().find(|w| w.name() == value).expect("when"),
                "TERM" => env.term = value,
                "TMUX" => env.tmux = value,
                "NO_COLOR" => env.no_color = value,
                "FORCE_COLOR" => env.force_color = value,
                "CLICOLOR_FORCE" => env.clicolor_force = value,
                "COLORTERM" => env.colorterm = value,
                "COLORFGBG" => env.colorfgbg = value,
                "LANG" => env.locale = value,
                other => panic!("{other}"),
            }
        }
        env
    }

    #[test]
    fn colours_follow_the_flag_then_the_environment_in_order() {
        for (words, depth) in [
            ("TERM=xterm-256color COLORTERM=truecolor", Depth::True),
            ("TERM=xterm-256color COLORTERM=24bit", Depth::True),
            ("TERM=xterm-direct", Depth::True),
            ("TERM=xterm-256color", Depth::Ansi256),
            ("TERM=tmux-256color", Depth::Ansi256),
            ("TERM=alacritty", Depth::Ansi256),
            ("TERM=xterm", Depth::Ansi16),
            ("TERM=tmux", Depth::Ansi16),
            ("TERM=screen", Depth::Ansi16),
            ("TERM=linux", Depth::Ansi16),
            ("TERM=never-heard-of", Depth::Ansi16),
            ("", Depth::Ansi16),
            ("TERM=vt220", Depth::Mono),
            ("TERM=vte", Depth::Ansi16),
            ("TERM=dumb COLORTERM=truecolor", Depth::Mono),
            ("NO_COLOR=1 TERM=xterm-256color COLORTERM=truecolor", Depth::Mono),
            ("NO_COLOR=1 FORCE_COLOR=3 TERM=xterm", Depth::Mono),
            ("FORCE_COLOR=3 TERM=xterm", Depth::True),
            ("FORCE_COLOR=2 TERM=xterm", Depth::Ansi256),
            ("FORCE_COLOR=1 TERM=xterm-256color", Depth::Ansi256),
            ("FORCE_COLOR=0 TERM=xterm-256color", Depth::Mono),
            ("FORCE_COLOR=1 TERM=vt220", Depth::Ansi16),
            ("CLICOLOR_FORCE=1 TERM=vt220", Depth::Ansi16),
            ("CLICOLOR_FORCE=0 TERM=vt220", Depth::Mono),
            ("FORCE_COLOR=3 TERM=dumb", Depth::Mono),
            ("--color=always NO_COLOR=1 TERM=xterm-256color", Depth::Ansi256),
            ("--color=always TERM=vt220", Depth::Ansi16),
            ("--color=never TERM=xterm-256color COLORTERM=truecolor FORCE_COLOR=3", Depth::Mono),
        ] {
            assert_eq!(env(words).depth(), depth, "{words}");
        }
    }

    #[test]
    fn signs_follow_the_terminal_and_the_locale() {
        for (words, ascii) in [
            ("TERM=xterm-256color LANG=en_US.UTF-8", false),
            ("TERM=xterm-256color LANG=C.utf8", false),
            ("TERM=xterm", false),
            ("TERM=linux LANG=en_US.UTF-8", true),
            ("TERM=xterm LANG=POSIX", true),
            ("TERM=xterm LANG=de_DE.ISO-8859-1", true),
        ] {
            assert_eq!(env(words).ascii(), ascii, "{words}");
        }
    }

    #[test]
    fn the_background_is_told_or_asked_for_or_unknown() {
        for (words, tone, answers) in [
            ("TERM=xterm-256color", None, true),
            ("TERM=xterm COLORFGBG=15;0", Some(Tone::Dark), true),
            ("TERM=rxvt-unicode COLORFGBG=0;default;15", Some(Tone::Light), true),
            ("TERM=xterm COLORFGBG=0;7", Some(Tone::Light), true),
            ("TERM=xterm COLORFGBG=12;8", Some(Tone::Dark), true),
            ("TERM=xterm COLORFGBG=0;default", None, true),
            ("TERM=linux", Some(Tone::Dark), false),
            ("TERM=screen", None, false),
            ("TERM=screen-256color TMUX=/tmp/tmux", None, true),
            ("TERM=tmux-256color", None, true),
            ("TERM=dumb", None, false),
            ("TERM=vt220", None, false),
            ("", None, false),
        ] {
            assert_eq!((env(words).tone(), env(words).answers()), (tone, answers), "{words}");
        }
    }
}
