//! What is on the screen as a picture (SVG) or as plain text.
//!
//! Pure: cells in, text out, the same for the same cells. Text stays text on a grid of columns; blocks and
//! rules, which fonts draw with gaps, are drawn as shapes. Knows neither what the cells say nor where it goes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::pen;

/// Pixels of a cell: both halve often enough for eighths of a block.
const CELL: (u16, u16) = (8, 16);
/// Pixels of air around the screen.
const AIR: u16 = 8;
/// Pixels from a row's top to the line that letters stand on.
const BASE: u16 = 12;
/// A size at which the letters of most monospaced fonts are as wide as a cell.
const FONT: &str =
    "font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13.3\"";

/// Red, green and blue.
pub type Rgb = (u8, u8, u8);

/// How the screen is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shape {
    /// As a picture with colours.
    #[default]
    Svg,
    /// As text without.
    Text,
}

impl Shape {
    /// All.
    pub const ALL: [Shape; 2] = [Shape::Svg, Shape::Text];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Shape::Svg => "svg",
            Shape::Text => "text",
        }
    }
}

/// The screen as text: its rows without blanks at their ends.
#[must_use]
pub fn text(screen: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(screen) {
        let line: String = cells(row).map(|(_, _, cell)| cell.symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as an SVG picture. `ground` is the text and the background where the cells name none: the
/// terminal's own.
#[must_use]
pub fn svg(screen: &Buffer, ground: (Rgb, Rgb)) -> String {
    let (columns, lines) = (screen.area.width, screen.area.height);
    let (width, height) = (columns * CELL.0 + 2 * AIR, lines * CELL.1 + 2 * AIR);
    let mut layers = Layers { ground, backs: BTreeMap::new(), shapes: BTreeMap::new(), texts: String::new() };
    for (at, row) in rows(screen).enumerate() {
        layers.row(at as u16 * CELL.1 + AIR, row);
    }
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" {FONT}>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\" stroke=\"#808080\" stroke-opacity=\".4\"/>\n",
        hex(ground.1)
    );
    for (colour, path) in &layers.backs {
        let _ = writeln!(out, "<path fill=\"{}\" d=\"{path}\"/>", hex(*colour));
    }
    for ((colour, opacity), path) in &layers.shapes {
        let faint = if *opacity < 100 { format!(" fill-opacity=\".{opacity}\"") } else { String::new() };
        let _ = writeln!(out, "<path fill=\"{}\"{faint} d=\"{path}\"/>", hex(*colour));
    }
    let _ = write!(out, "<g fill=\"{}\">\n{}</g>\n</svg>\n", hex(ground.0), layers.texts);
    out
}

fn rows(screen: &Buffer) -> impl Iterator<Item = &[Cell]> {
    screen.content.chunks(usize::from(screen.area.width).max(1))
}

/// The cells of a row that show something, each with its column and how many columns it takes: what a wide
/// character hides is left out.
fn cells(row: &[Cell]) -> impl Iterator<Item = (u16, u16, &Cell)> {
    let mut next = 0;
    row.iter().enumerate().filter_map(move |(at, cell)| {
        let wide = cell.symbol().width().max(1);
        (at >= next).then(|| {
            next = at + wide;
            (at as u16, wide as u16, cell)
        })
    })
}

/// What lies over what.
struct Layers {
    ground: (Rgb, Rgb),
    backs: BTreeMap<Rgb, String>,
    /// By colour and opacity in percent.
    shapes: BTreeMap<(Rgb, u8), String>,
    texts: String,
}

/// Neighbouring cells of one look.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    colour: Rgb,
    modifier: Modifier,
}

/// A rectangle in a cell: its place, its size, its opacity in percent.
type Block = (u16, u16, u16, u16, u8);

impl Layers {
    fn row(&mut self, top: u16, row: &[Cell]) {
        let mut back: Option<(Rgb, u16, u16)> = None;
        let mut block: Option<(Rgb, u16, Block)> = None;
        let mut run: Option<Run> = None;
        for (column, columns, cell) in cells(row) {
            let (colour, behind, modifier) = self.look(cell);
            let (x, wide) = (column * CELL.0 + AIR, columns * CELL.0);
            back = match back {
                Some((of, from, to)) if of == behind && to == x => Some((of, from, x + wide)),
                other => {
                    self.back(top, other);
                    Some((behind, x, x + wide))
                }
            };
            let found = cell
                .symbol()
                .chars()
                .next()
                .and_then(block_of)
                .map(|(bx, by, w, h, o)| (colour, x + bx, (bx, by, w, h, o)));
            block = match (block, found) {
                // Only what reaches from edge to edge goes on in the next cell.
                (Some((of, from, b)), Some((colour, _, now)))
                    if of == colour
                        && (b.1, b.3, b.4) == (now.1, now.3, now.4)
                        && b.0 == 0
                        && now.2 == CELL.0
                        && from + b.2 == x =>
                {
                    Some((of, from, (b.0, b.1, b.2 + now.2, b.3, b.4)))
                }
                (other, found) => {
                    self.block(top, other);
                    if cell.symbol() == "└" {
                        self.block(top, Some((colour, x + CELL.0 / 2, (0, 0, 1, CELL.1 / 2, 100))));
                    }
                    found
                }
            };
            let blank = cell.symbol() == " " || found.is_some();
            run = match run {
                Some(mut run)
                    if run.colour == colour
                        && run.modifier == modifier
                        && found.is_none()
                        && !(blank && run.text.ends_with(' ')) =>
                {
                    run.columns += columns;
                    run.text.push_str(cell.symbol());
                    Some(run)
                }
                other => {
                    self.text(top, other);
                    let text = cell.symbol().to_owned();
                    (!blank).then_some(Run { column, columns, text, colour, modifier })
                }
            };
        }
        self.back(top, back);
        self.block(top, block);
        self.text(top, run);
    }

    /// The colours of a cell's text and background, and what else its text is.
    fn look(&self, cell: &Cell) -> (Rgb, Rgb, Modifier) {
        let text = rgb(cell.fg).unwrap_or(self.ground.0);
        let behind = rgb(cell.bg).unwrap_or(self.ground.1);
        let (text, behind) = if cell.modifier.contains(Modifier::REVERSED) { (behind, text) } else { (text, behind) };
        let dim = |a: u8, b: u8| ((u16::from(a) * 3 + u16::from(b) * 2) / 5) as u8;
        let faint = (dim(text.0, behind.0), dim(text.1, behind.1), dim(text.2, behind.2));
        let text = if cell.modifier.contains(Modifier::DIM) { faint } else { text };
        (text, behind, cell.modifier & (Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED))
    }

    fn back(&mut self, top: u16, back: Option<(Rgb, u16, u16)>) {
        if let Some((colour, from, to)) = back.filter(|(colour, ..)| *colour != self.ground.1) {
            rectangle(self.backs.entry(colour).or_default(), from, top, to - from, CELL.1);
        }
    }

    fn block(&mut self, top: u16, block: Option<(Rgb, u16, Block)>) {
        if let Some((colour, x, (_, y, width, height, opacity))) = block {
            rectangle(self.shapes.entry((colour, opacity)).or_default(), x, top + y, width, height);
        }
    }

    fn text(&mut self, top: u16, run: Option<Run>) {
        let Some(run) = run else { return };
        let text = run.text.trim_end_matches(' ');
        let columns = run.columns - (run.text.len() - text.len()) as u16;
        let _ = write!(self.texts, "<text x=\"{}\" y=\"{}\"", run.column * CELL.0 + AIR, top + BASE);
        if columns > 1 {
            let _ = write!(self.texts, " textLength=\"{}\"", columns * CELL.0);
        }
        if run.colour != self.ground.0 {
            let _ = write!(self.texts, " fill=\"{}\"", hex(run.colour));
        }
        for (modifier, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
            (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        ] {
            if run.modifier.contains(modifier) {
                self.texts.push_str(attribute);
            }
        }
        self.texts.push('>');
        text.chars().for_each(|c| escape(c, &mut self.texts));
        self.texts.push_str("</text>\n");
    }
}

fn rectangle(path: &mut String, x: u16, y: u16, width: u16, height: u16) {
    let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
}

/// The shape that a sign is drawn as; `None` for letters.
fn block_of(sign: char) -> Option<Block> {
    let (wide, high) = CELL;
    let code = u32::from(sign);
    Some(match code {
        0x2500 => (0, high / 2, wide, 1, 100),
        0x2502 => (wide / 2, 0, 1, high, 100),
        // The corner's lower half is a rule like its neighbour's.
        0x2514 => (wide / 2, high / 2, wide / 2, 1, 100),
        0x2580 => (0, 0, wide, high / 2, 100),
        0x2581..=0x2588 => {
            let height = (code - 0x2580) as u16 * high / 8;
            (0, high - height, wide, height, 100)
        }
        0x2589..=0x258f => (0, 0, (0x2590 - code) as u16 * wide / 8, high, 100),
        0x2590 => (wide / 2, 0, wide / 2, high, 100),
        0x2591..=0x2593 => (0, 0, wide, high, (code - 0x2590) as u8 * 25),
        _ => return None,
    })
}

/// A character as XML has it; what XML cannot hold becomes the sign for that.
fn escape(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
        c => out.push(c),
    }
}

fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A colour; the named ones and the palette's as xterm has them. `None` is the terminal's own.
pub(in crate::tui) fn rgb(colour: Color) -> Option<Rgb> {
    const NAMED: [u32; 16] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
        0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];
    let of_sixteen = |at: u8| {
        let [_, red, green, blue] = NAMED[usize::from(at)].to_be_bytes();
        (red, green, blue)
    };
    match colour {
        Color::Rgb(red, green, blue) => Some((red, green, blue)),
        Color::Indexed(at @ 0..=15) => Some(of_sixteen(at)),
        Color::Indexed(at @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let at = at - 16;
            Some((level(at / 36), level(at / 6 % 6), level(at % 6)))
        }
        Color::Indexed(at) => Some([8 + 10 * (at - 232); 3].into()),
        colour => pen::named(colour).map(of_sixteen),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const GROUND: (Rgb, Rgb) = ((200, 200, 200), (16, 16, 16));

    fn screen(lines: &[&str]) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, lines.len() as u16));
        for (at, line) in lines.iter().enumerate() {
            buf.set_string(0, at as u16, line, Style::new());
        }
        buf
    }

    #[test]
    fn text_is_the_rows_as_they_are_read() {
        assert_eq!(text(&screen(&[" a  b   ", "", "本番 x<&", "e\u{301}"])), " a  b\n\n本番 x<&\ne\u{301}\n");
    }

    #[test]
    fn words_stand_on_their_columns() {
        let svg = svg(&screen(&["ab c    de", "本番 x<&\"\u{7}"]), GROUND);
        for wanted in [
            "<text x=\"8\" y=\"20\" textLength=\"32\">ab c</text>",
            "<text x=\"72\" y=\"20\" textLength=\"16\">de</text>",
            "<text x=\"8\" y=\"36\" textLength=\"72\">本番 x&lt;&amp;\"",
        ] {
            assert!(svg.contains(wanted), "{wanted}: {svg}");
        }
        assert!(svg.lines().count() < 10 && svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn colours_weights_and_blocks_are_kept() {
        let mut buf = screen(&["ab██▄▄x░─", "sel"]);
        buf.set_style(Rect::new(0, 0, 2, 1), Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        buf.set_style(Rect::new(2, 0, 4, 1), Style::new().fg(Color::Indexed(196)));
        buf.set_style(Rect::new(0, 1, 20, 1), Style::new().add_modifier(Modifier::REVERSED));
        let svg = svg(&buf, GROUND);
        for wanted in [
            "fill=\"#010203\" font-weight=\"bold\">ab</text>",
            // Two whole blocks in one, two halves in one.
            "<path fill=\"#ff0000\" d=\"M24 8h16v16h-16zM40 16h16v8h-16z\"/>",
            "fill-opacity=\".25\" d=\"M64 8h8v16h-8z\"",
            "M72 16h8v1h-8z",
            "<path fill=\"#c8c8c8\" d=\"M8 24h160v16h-160z\"/>",
            "fill=\"#101010\">sel</text>",
        ] {
            assert!(svg.contains(wanted), "{wanted}: {svg}");
        }
    }

    #[test]
    fn every_named_and_indexed_colour_is_one() {
        assert_eq!(rgb(Color::Reset), None);
        for (index, want) in
            [(1, (205, 0, 0)), (16, (0, 0, 0)), (231, (255, 255, 255)), (232, (8, 8, 8)), (255, (238, 238, 238))]
        {
            assert_eq!(rgb(Color::Indexed(index)), Some(want), "{index}");
        }
    }
}
