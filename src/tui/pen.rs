//! How a terminal writes: colours and attributes, and the shortest way from one to another.
//!
//! Select Graphic Rendition of ECMA-48 (8.3.117), colours beyond the sixteen as xterm has them. Knows no
//! place.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What is seen of a cell without text, beside its background.
pub const VISIBLE_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// Attributes, what sets them and what ends them. What ends bold and dim ends both.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Colours and attributes; at first those that a terminal has by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pen {
    text: Color,
    background: Color,
    attributes: Modifier,
}

impl Pen {
    /// Whether it writes a cell as that should look.
    pub fn writes(&self, cell: &Cell) -> bool {
        self.fit_for(cell) == *self
    }

    /// Whether what it erases looks as if it had never been written.
    pub fn erases(&self) -> bool {
        self.background == Color::Reset && !self.attributes.intersects(VISIBLE_ON_BLANK)
    }

    /// The pen that a cell needs, as close to this one as may be: nobody sees a blank's colour of text.
    fn fit_for(&self, cell: &Cell) -> Pen {
        let wanted = Pen { text: cell.fg, background: cell.bg, attributes: cell.modifier };
        let seen = |pen: &Pen| pen.attributes & VISIBLE_ON_BLANK;
        if cell.symbol() == " " && seen(&wanted).is_empty() && seen(self).is_empty() {
            return Pen { background: cell.bg, ..*self };
        }
        wanted
    }

    /// Becomes what a cell needs, and writes how.
    pub fn turn_to(&mut self, cell: &Cell, out: &mut String) {
        let wanted = self.fit_for(cell);
        self.change_to(wanted, out);
    }

    /// Becomes what a terminal has by itself, and writes how.
    pub fn reset(&mut self, out: &mut String) {
        self.change_to(Pen::default(), out);
    }

    fn change_to(&mut self, wanted: Pen, out: &mut String) {
        if wanted == *self {
            return;
        }
        let step = self.step(&wanted);
        let anew = Pen::default().step(&wanted);
        match anew.as_str() {
            "" => out.push_str("\x1b[m"),
            anew if anew.len() + 2 < step.len() => drop(write!(out, "\x1b[0;{anew}m")),
            _ => drop(write!(out, "\x1b[{step}m")),
        }
        *self = wanted;
    }

    /// The parameters that lead from this one to another.
    fn step(&self, wanted: &Pen) -> String {
        let mut ends: Vec<u8> = Vec::new();
        let removed = self.attributes - wanted.attributes;
        for (attribute, _, end) in ATTRIBUTES {
            if removed.contains(attribute) && !ends.contains(&end) {
                ends.push(end);
            }
        }
        let begins = ATTRIBUTES.into_iter().filter(|(attribute, _, end)| {
            wanted.attributes.contains(*attribute) && (!self.attributes.contains(*attribute) || ends.contains(end))
        });
        let begins: Vec<u8> = begins.map(|(_, begin, _)| begin).collect();
        let mut parameters: Vec<String> = ends.iter().chain(&begins).map(u8::to_string).collect();
        if self.text != wanted.text {
            parameters.push(colour(wanted.text, 30));
        }
        if self.background != wanted.background {
            parameters.push(colour(wanted.background, 40));
        }
        parameters.join(";")
    }
}

/// A colour's parameters; `base` is 30 for text and 40 for what is behind it.
fn colour(colour: Color, base: u8) -> String {
    match (named(colour), colour) {
        (Some(at @ 0..8), _) => (base + at).to_string(),
        (Some(at), _) => (base + 60 + at - 8).to_string(),
        (None, Color::Indexed(at)) => format!("{};5;{at}", base + 8),
        (None, Color::Rgb(red, green, blue)) => format!("{};2;{red};{green};{blue}", base + 8),
        // The terminal's own.
        (None, _) => (base + 9).to_string(),
    }
}

/// Which of the sixteen a named colour is, from 0; the last eight are the bright ones.
pub fn named(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Indexed(_) | Color::Rgb(..) => return None,
    })
}
