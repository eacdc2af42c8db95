//! What things look like: roles, colours by what the terminal can do, and glyphs with ASCII twins.
//!
//! Views name a [`Role`], never a colour. Knows nothing of what is drawn. A theme that fits the
//! terminal leaves the terminal's own background alone; one that was asked for by name and does not
//! fit paints its own.

#[cfg(test)]
mod contrast;
mod env;
mod glyphs;
mod palette;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub use self::env::{Depth, Env, MARKS, Tone, When};
pub use self::glyphs::Glyphs;
use self::palette::{Named, Palette, Shade};
pub use crate::config::ThemeName;
use crate::config::{Config, Screen};

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
    /// An address that can be followed.
    Link,
    /// Costs more.
    Warm,
    /// Costs less.
    Cool,
    /// Unsure, or to be minded.
    Unsure,
    /// Went wrong.
    Error,
}

impl Role {
    /// All.
    pub const ALL: [Role; 11] = [
        Role::Text,
        Role::Muted,
        Role::Strong,
        Role::Accent,
        Role::Selected,
        Role::Match,
        Role::Link,
        Role::Warm,
        Role::Cool,
        Role::Unsure,
        Role::Error,
    ];
}

/// Colours and glyphs for one terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Which theme was asked for.
    pub name: ThemeName,
    /// How many colours it shows.
    pub depth: Depth,
    /// What is drawn.
    pub glyphs: Glyphs,
    /// How many colours the terminal shows.
    able: Depth,
    /// The terminal's own background, where it is known.
    tone: Option<Tone>,
    /// Whether the environment says which.
    told: bool,
}

impl Theme {
    /// The theme for what the environment says.
    #[must_use]
    pub fn of(env: &Env) -> Theme {
        Theme::with(env, &Config::default().screen)
    }

    /// The theme for what the environment says and the config wants.
    #[must_use]
    pub fn with(env: &Env, screen: &Screen) -> Theme {
        let glyphs = Glyphs::of(env.ascii(), screen);
        let (able, tone) = (env.depth(), env.tone());
        Theme { name: screen.theme, depth: able, glyphs, able, tone, told: tone.is_some() }.named(screen.theme)
    }

    /// The same terminal with another theme.
    #[must_use]
    pub fn named(self, name: ThemeName) -> Theme {
        let depth = if name == ThemeName::Mono { Depth::Mono } else { self.able };
        Theme { name, depth, glyphs: self.glyphs.coloured(depth != Depth::Mono), ..self }
    }

    /// The next of the themes, round the end.
    #[must_use]
    pub fn next(self) -> Theme {
        let at = ThemeName::ALL.iter().position(|name| *name == self.name).map_or(0, |at| at + 1);
        let name = ThemeName::ALL[at % ThemeName::ALL.len()];
        self.named(name)
    }

    /// The same theme on a background that is now known.
    #[must_use]
    pub fn on(self, tone: Tone) -> Theme {
        Theme { tone: Some(tone), ..self }
    }

    /// The same theme on the background that was told last time, where nothing says another.
    #[must_use]
    pub fn remembering(self, tone: Option<Tone>) -> Theme {
        Theme { tone: self.tone.or(tone), ..self }
    }

    /// Whether it looks different on dark and on light: what has no colours does not.
    #[must_use]
    pub fn tells_tones_apart(&self) -> bool {
        self.able != Depth::Mono && !self.told
    }

    /// The terminal's own background, where it is known.
    #[must_use]
    pub fn tone(&self) -> Option<Tone> {
        self.tone
    }

    /// The background that the colours are meant for.
    fn ground_tone(&self) -> Option<Tone> {
        match self.name {
            // The named colours follow the terminal's palette, which fits the terminal's background.
            _ if self.depth == Depth::Ansi16 && self.tone.is_some() => self.tone,
            ThemeName::Auto => self.tone,
            ThemeName::Light => Some(Tone::Light),
            ThemeName::Dark => Some(Tone::Dark),
            ThemeName::HighContrast | ThemeName::ColourBlind | ThemeName::Mono => Some(self.tone.unwrap_or(Tone::Dark)),
        }
    }

    fn palette(&self) -> &'static Palette {
        use ThemeName::{ColourBlind, HighContrast};
        match (self.name, self.ground_tone()) {
            (HighContrast, Some(Tone::Light)) => &palette::CONTRAST_LIGHT,
            (HighContrast, _) => &palette::CONTRAST_DARK,
            (ColourBlind, Some(Tone::Light)) => &palette::COLOUR_BLIND_LIGHT,
            (ColourBlind, _) => &palette::COLOUR_BLIND_DARK,
            (_, Some(Tone::Light)) => &palette::LIGHT,
            (_, Some(Tone::Dark)) => &palette::DARK,
            (_, None) => &palette::EITHER,
        }
    }

    fn named_colours(&self) -> &'static Named {
        // Of an unknown background nothing may be assumed: these colours cannot paint their own.
        let tone = self.tone.or(self.ground_tone().filter(|_| matches!(self.name, ThemeName::Dark | ThemeName::Light)));
        match (self.name, tone) {
            (ThemeName::HighContrast, _) => &palette::NAMED_CONTRAST,
            (_, None) => &palette::NAMED_EITHER,
            (ThemeName::ColourBlind, Some(Tone::Dark)) => &palette::NAMED_COLOUR_BLIND_DARK,
            (ThemeName::ColourBlind, Some(Tone::Light)) => &palette::NAMED_COLOUR_BLIND_LIGHT,
            (_, Some(Tone::Dark)) => &palette::NAMED_DARK,
            (_, Some(Tone::Light)) => &palette::NAMED_LIGHT,
        }
    }

    /// Text and background where the theme paints its own: high contrast always does, others where
    /// the terminal's is not known to be what they are meant for.
    fn ground(&self) -> Option<(Color, Color)> {
        let fits = match self.name {
            ThemeName::Auto | ThemeName::Mono => true,
            ThemeName::HighContrast => false,
            _ => self.tone.is_some() && self.tone == self.ground_tone(),
        };
        let (text, back) = self.palette().ground;
        (!fits && self.depth >= Depth::Ansi256).then(|| (self.colour(text), self.colour(back)))
    }

    /// Paints the background under all that was drawn, where the theme has one of its own.
    pub fn paint_ground(&self, buf: &mut Buffer) {
        let Some((text, back)) = self.ground() else { return };
        for cell in &mut buf.content {
            if cell.fg == Color::Reset {
                cell.fg = text;
            }
            if cell.bg == Color::Reset {
                cell.bg = back;
            }
        }
    }

    /// Text and background of a picture where the terminal's own colours are meant.
    #[must_use]
    pub fn paper(&self) -> ((u8, u8, u8), (u8, u8, u8)) {
        let (text, back) = self.palette().ground;
        (text.0, back.0)
    }

    fn colour(&self, shade: Shade) -> Color {
        match self.depth {
            Depth::Mono | Depth::Ansi16 => Color::Reset,
            Depth::Ansi256 => Color::Indexed(shade.1),
            Depth::True => Color::Rgb(shade.0.0, shade.0.1, shade.0.2),
        }
    }

    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let weight = match role {
            Role::Strong | Role::Accent | Role::Error => Modifier::BOLD,
            Role::Match => Modifier::BOLD | Modifier::UNDERLINED,
            Role::Link => Modifier::UNDERLINED,
            _ => Modifier::empty(),
        };
        let plain = Style::new().add_modifier(weight);
        match self.depth {
            Depth::Mono => self.unnamed(role, plain),
            Depth::Ansi16 => {
                let named = self.named_colours();
                let colour = match role {
                    Role::Accent | Role::Link => named.accent,
                    Role::Warm => named.warm,
                    Role::Cool => named.cool,
                    Role::Unsure => named.unsure,
                    Role::Error => named.error,
                    Role::Text | Role::Muted | Role::Strong | Role::Selected | Role::Match => None,
                };
                colour.map_or_else(|| self.unnamed(role, plain), |colour| plain.fg(colour))
            }
            Depth::Ansi256 | Depth::True => {
                let palette = self.palette();
                let (text, back) = match role {
                    Role::Text | Role::Strong | Role::Match => return plain,
                    Role::Selected => (palette.selected.0, Some(palette.selected.1)),
                    Role::Muted => (palette.muted, None),
                    Role::Accent | Role::Link => (palette.accent, None),
                    Role::Warm => (palette.warm, None),
                    Role::Cool => (palette.cool, None),
                    Role::Unsure => (palette.unsure, None),
                    Role::Error => (palette.error, None),
                };
                let style = plain.fg(self.colour(text));
                back.map_or(style, |back| style.bg(self.colour(back)))
            }
        }
    }

    /// How a role looks in the terminal's own text colour.
    fn unnamed(&self, role: Role, plain: Style) -> Style {
        match role {
            Role::Muted if self.name == ThemeName::HighContrast => plain,
            // Not the named dark grey: some palettes have it as dark as their background.
            Role::Muted => plain.add_modifier(Modifier::DIM),
            Role::Accent => plain.add_modifier(Modifier::UNDERLINED),
            // What the cells of the row had before would be turned round with them.
            Role::Selected => plain.fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::REVERSED),
            _ => plain,
        }
    }

    /// The colour of a chart's layer; `None` is all others together.
    #[must_use]
    pub fn layer(&self, layer: Option<usize>) -> Color {
        match (self.depth, layer) {
            (Depth::Mono, _) => Color::Reset,
            (Depth::Ansi16, Some(index)) => self.named_colours().layers[index % 7],
            (Depth::Ansi16, None) => Color::DarkGray,
            (_, Some(index)) => self.colour(self.palette().layers[index % 7]),
            (_, None) => self.colour(self.palette().other),
        }
    }

    /// The colour of a sign drawn over a layer.
    #[must_use]
    pub fn over_layer(&self) -> Color {
        match self.depth {
            Depth::Mono => Color::Reset,
            Depth::Ansi16 => Color::Black,
            Depth::Ansi256 | Depth::True => self.colour(self.palette().over),
        }
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
