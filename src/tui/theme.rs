//! What things look like: roles, colours by what the terminal can do, and glyphs with ASCII twins.
//!
//! Views name a [`Role`], never a colour. Knows nothing of what is drawn, and reads the
//! environment only where [`Env::read`] is called.

use ratatui::style::{Color, Modifier, Style};

/// What the environment says of the terminal, as plain strings; empty where it is not set.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Env {
    /// `TERM`.
    pub term: String,
    /// `NO_COLOR`.
    pub no_color: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: String,
}

impl Env {
    /// Reads this process's environment.
    #[must_use]
    pub fn read() -> Env {
        let read = |name: &str| std::env::var(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(read).find(|v| !v.is_empty()).unwrap_or_default();
        Env { term: read("TERM"), no_color: read("NO_COLOR"), colorterm: read("COLORTERM"), locale }
    }

    fn depth(&self) -> Depth {
        if !self.no_color.is_empty() {
            Depth::Mono
        } else if matches!(self.colorterm.as_str(), "truecolor" | "24bit") {
            Depth::True
        } else if self.term.ends_with("-256color") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }

    /// Whether only ASCII may be drawn. An unset locale says nothing of the terminal (containers
    /// and minimal SSH sessions have none), so only one that names another character set counts.
    fn ascii(&self) -> bool {
        let locale = self.locale.to_ascii_lowercase();
        self.term == "linux" || !(locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8"))
    }
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// What a piece of text is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Units, labels, what did not change.
    Muted,
    /// The name, headings, figures that count.
    Strong,
    /// What is selected: a tab, a day.
    Accent,
    /// A selected row, over its whole width.
    Selected,
    /// What of a text matches what was typed; laid over another role.
    Match,
    /// Costs more.
    Warm,
    /// Costs less.
    Cool,
    /// Unsure, or to be minded.
    Unsure,
    /// Went wrong.
    Error,
}

/// The signs that are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Whether everything must be ASCII.
    pub ascii: bool,
    /// Between parts of a sentence.
    pub dot: &'static str,
    /// Between crumbs.
    pub crumb: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// A rule's piece.
    pub rule: char,
    /// The vertical axis, and the corner where it meets the other.
    pub axis: (char, char),
    /// Costs more, costs less.
    pub change: (&'static str, &'static str),
    /// Before the selected row, and before a marked one.
    pub marks: (&'static str, &'static str),
    /// The comparison's line in a chart.
    pub previous: char,
    /// Days that may still change.
    pub hatch: char,
    /// Under the selected day.
    pub cursor: char,
    /// On a day that something is written down about.
    pub note: char,
    /// Heights of an eighth to eight eighths.
    pub heights: [char; 8],
    /// Widths of an eighth to eight eighths.
    pub widths: [char; 8],
    /// What stands for a layer in a legend.
    pub swatch: char,
    /// What tells layers apart where colour does not.
    pub fills: [char; 7],
    /// The text cursor's key, Enter.
    pub enter: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    ascii: false,
    dot: "·",
    crumb: "›",
    ellipsis: "…",
    rule: '─',
    axis: ('│', '└'),
    change: ("▲", "▼"),
    marks: ("▌", "✓"),
    previous: '·',
    hatch: '▒',
    cursor: '▲',
    note: '◆',
    heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    widths: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
    swatch: '■',
    fills: ['█', '▓', '░', '▚', '▤', '▥', '▧'],
    enter: "↵",
};

const ASCII: Glyphs = Glyphs {
    ascii: true,
    dot: "|",
    crumb: ">",
    ellipsis: "~",
    rule: '-',
    axis: ('|', '+'),
    change: ("+", "-"),
    marks: (">", "*"),
    previous: '.',
    hatch: ':',
    cursor: '^',
    note: '*',
    heights: ['_', '_', '.', '.', '-', '-', '=', '#'],
    widths: [' ', ' ', ' ', '-', '-', '=', '=', '#'],
    swatch: '#',
    fills: ['#', '=', '%', 'o', '*', '+', '@'],
    enter: "Enter",
};

/// Colours and glyphs for one terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    /// How many colours it shows.
    pub depth: Depth,
    /// What is drawn.
    pub glyphs: Glyphs,
}

/// A colour as truecolor, as an xterm index and as a named one.
type Shade = ((u8, u8, u8), u8, Color);

const MUTED: Shade = ((0x86, 0x8c, 0x96), 245, Color::DarkGray);
const ACCENT: Shade = ((0x3d, 0x8f, 0xd1), 74, Color::Cyan);
const WARM: Shade = ((0xd9, 0x6b, 0x43), 173, Color::Red);
const COOL: Shade = ((0x2f, 0x9e, 0x7e), 72, Color::Green);
const UNSURE: Shade = ((0xc9, 0x95, 0x1f), 178, Color::Yellow);
const ERROR: Shade = ((0xd8, 0x4a, 0x4a), 167, Color::Red);
const SELECTED: Shade = ((0x1f, 0x4e, 0x79), 24, Color::Blue);
const WHITE: Shade = ((0xf4, 0xf6, 0xf8), 231, Color::White);
const BLACK: Shade = ((0x10, 0x12, 0x14), 16, Color::Black);
/// Layers of charts, apart for most kinds of colour blindness (after Okabe and Ito).
const LAYERS: [Shade; 7] = [
    ((0x4b, 0x96, 0xd6), 68, Color::Blue),
    ((0xe0, 0x9a, 0x20), 178, Color::Yellow),
    ((0x2d, 0xa5, 0x80), 36, Color::Green),
    ((0xc4, 0x78, 0xa8), 175, Color::Magenta),
    ((0xd0, 0x62, 0x2f), 166, Color::Red),
    ((0x8f, 0x83, 0xd0), 104, Color::LightBlue),
    ((0x93, 0xa8, 0x4f), 107, Color::Cyan),
];

impl Theme {
    /// The theme for what the environment says.
    #[must_use]
    pub fn of(env: &Env) -> Theme {
        Theme { depth: env.depth(), glyphs: if env.ascii() { ASCII } else { UNICODE } }
    }

    fn colour(&self, shade: Shade) -> Color {
        match self.depth {
            Depth::Mono => Color::Reset,
            Depth::Ansi16 => shade.2,
            Depth::Ansi256 => Color::Indexed(shade.1),
            Depth::True => Color::Rgb(shade.0.0, shade.0.1, shade.0.2),
        }
    }

    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let plain = Style::new();
        let mono = self.depth == Depth::Mono;
        match role {
            Role::Text => plain,
            Role::Muted if mono => plain.add_modifier(Modifier::DIM),
            Role::Muted => plain.fg(self.colour(MUTED)),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Accent if mono => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Accent => plain.fg(self.colour(ACCENT)).add_modifier(Modifier::BOLD),
            Role::Selected if mono => plain.add_modifier(Modifier::REVERSED),
            Role::Selected => plain.fg(self.colour(WHITE)).bg(self.colour(SELECTED)),
            Role::Match => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Warm => plain.fg(self.colour(WARM)),
            Role::Cool => plain.fg(self.colour(COOL)),
            Role::Unsure => plain.fg(self.colour(UNSURE)),
            Role::Error => plain.fg(self.colour(ERROR)).add_modifier(Modifier::BOLD),
        }
    }

    /// The colour of a chart's layer; `None` is all others together.
    #[must_use]
    pub fn layer(&self, layer: Option<usize>) -> Color {
        match layer {
            Some(index) => self.colour(LAYERS[index % LAYERS.len()]),
            None => self.colour(MUTED),
        }
    }

    /// The colour of a sign drawn over a layer.
    #[must_use]
    pub fn over_layer(&self) -> Color {
        self.colour(BLACK)
    }

    /// What fills a layer: a block in colour, a sign of its own without.
    #[must_use]
    pub fn fill(&self, layer: Option<usize>) -> char {
        let fills = self.glyphs.fills;
        match (self.depth, layer) {
            (Depth::Mono, Some(index)) => fills[index % fills.len()],
            (Depth::Mono, None) => fills[fills.len() - 1],
            _ => fills[0],
        }
    }

    /// What stands for a layer in a legend: its fill where colour does not tell it.
    #[must_use]
    pub fn swatch(&self, layer: Option<usize>) -> char {
        if self.depth == Depth::Mono { self.fill(layer) } else { self.glyphs.swatch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(term: &str, no_color: &str, colorterm: &str, locale: &str) -> Env {
        Env { term: term.into(), no_color: no_color.into(), colorterm: colorterm.into(), locale: locale.into() }
    }

    #[test]
    fn colours_follow_the_environment() {
        for (env, depth, ascii) in [
            (env("xterm-256color", "", "truecolor", "en_US.UTF-8"), Depth::True, false),
            (env("xterm-256color", "", "", "C.utf8"), Depth::Ansi256, false),
            (env("xterm-256color", "1", "truecolor", ""), Depth::Mono, false),
            (env("xterm", "", "", "UTF-8"), Depth::Ansi16, false),
            (env("linux", "", "", "en_US.UTF-8"), Depth::Ansi16, true),
            (env("screen-256color", "", "24bit", "POSIX"), Depth::True, true),
            (env("", "", "", "de_DE.ISO-8859-1"), Depth::Ansi16, true),
        ] {
            let theme = Theme::of(&env);
            assert_eq!((theme.depth, theme.glyphs.ascii), (depth, ascii), "{env:?}");
        }
    }

    #[test]
    fn sixteen_colours_are_named_ones_and_none_is_none() {
        let sixteen = Theme::of(&env("xterm", "", "", ""));
        let none = Theme::of(&env("xterm", "1", "", ""));
        for role in [Role::Text, Role::Muted, Role::Accent, Role::Selected, Role::Warm, Role::Cool, Role::Unsure] {
            for colour in [sixteen.style(role).fg, sixteen.style(role).bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{role:?}");
            }
            for colour in [none.style(role).fg, none.style(role).bg].into_iter().flatten() {
                assert_eq!(colour, Color::Reset, "{role:?}");
            }
        }
        let ascii = [ASCII.dot, ASCII.crumb, ASCII.ellipsis, ASCII.change.0, ASCII.marks.0, ASCII.enter];
        assert!(ascii.iter().all(|g| g.is_ascii()) && ASCII.fills.iter().chain(&ASCII.heights).all(char::is_ascii));
    }
}
