//! Writes what changed on the screen in as few bytes as it can: people watch over slow lines.
//!
//! It knows what the terminal shows, which lets it do what a list of changed cells does not allow: erase
//! the rest of a line that is blank, write once more what lies between two changes where that is shorter
//! than to go there, and leave alone what would look the same. Sequences are those of ECMA-48 that every
//! terminal knows. Knows nothing of what is drawn.

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};
use ratatui::style::Color;

use super::pen::{Pen, VISIBLE_ON_BLANK};

/// Erases from the cursor to the line's end.
const ERASE: &str = "\x1b[K";

/// The other half of a wide cell: nothing is ever as it is.
const HALF: Cell = Cell::new("");

/// A terminal's screen, and what is shown on it.
pub struct Frugal<W: Write> {
    inner: CrosstermBackend<W>,
    /// Lines of cells; what lies beyond them was never written, and is blank.
    shown: Vec<Vec<Cell>>,
    /// Whether the cursor is seen, where that is known.
    cursor: Option<bool>,
}

impl<W: Write> Frugal<W> {
    /// A blank screen.
    pub fn new(writer: W) -> Self {
        Frugal { inner: CrosstermBackend::new(writer), shown: Vec::new(), cursor: None }
    }

    /// The screen as it is, to write what is shown already.
    pub fn plain(&mut self) -> &mut CrosstermBackend<W> {
        &mut self.inner
    }

    /// Takes a cell as shown, and adds the places, line and column, that are to be written for it.
    fn show(&mut self, x: u16, y: u16, cell: &Cell, changed: &mut Vec<(u16, u16)>) {
        if self.shown.len() <= usize::from(y) {
            self.shown.resize_with(usize::from(y) + 1, Vec::new);
        }
        let line = &mut self.shown[usize::from(y)];
        let at = usize::from(x);
        let end = x + cell.cell_width().max(1);
        if line.len() < usize::from(end) {
            line.resize(usize::from(end), Cell::EMPTY);
        }
        if alike(&line[at], cell) {
            return;
        }
        let covered = (x..end).map(|x| x + line[usize::from(x)].cell_width());
        let end_before = covered.max().unwrap_or(end);
        line[at] = cell.clone();
        changed.push((y, x));
        line[at + 1..usize::from(end)].fill(HALF);
        // What a terminal makes of the other half of a wide cell that was there is not known.
        for half in end..end_before {
            line[usize::from(half)] = Cell::EMPTY;
            changed.push((y, half));
        }
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(VISIBLE_ON_BLANK)
}

fn alike(one: &Cell, other: &Cell) -> bool {
    let visible = |cell: &Cell| cell.modifier & VISIBLE_ON_BLANK;
    let both_blank = one.symbol() == " " && other.symbol() == " ";
    let bare = both_blank && one.bg == other.bg && visible(one).is_empty() && visible(other).is_empty();
    bare || one == other
}

/// What is written for one frame: the text so far, where the cursor is, and how it writes.
struct Frame<'a> {
    shown: &'a [Vec<Cell>],
    text: String,
    /// Unknown after what a terminal may take for wider or narrower than it is.
    at: Option<Position>,
    pen: Pen,
}

impl Frame<'_> {
    /// Writes a line's cells that changed, by their columns.
    fn line(&mut self, y: u16, changed: &[u16]) {
        let Some(cells) = self.shown.get(usize::from(y)) else { return };
        let tail = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
        let split = changed.partition_point(|x| usize::from(*x) < tail);
        let (text, blanks) = changed.split_at(split);
        for x in text {
            self.go(*x, y);
            self.cell(&cells[usize::from(*x)]);
        }
        let erased = if self.pen.erases() { ERASE.len() } else { ERASE.len() + 3 };
        if blanks.len() <= erased {
            for x in blanks {
                self.go(*x, y);
                self.cell(&Cell::EMPTY);
            }
        } else {
            // All between the text's end and the first of them is blank already.
            let there = self.at.is_some_and(|at| at.y == y && usize::from(at.x) == tail);
            if !there {
                self.go(blanks[0], y);
            }
            self.pen.reset(&mut self.text);
            self.text.push_str(ERASE);
        }
    }

    fn cell(&mut self, cell: &Cell) {
        self.pen.turn_to(cell, &mut self.text);
        self.text.push_str(cell.symbol());
        self.at = match (self.at, cell.cell_width()) {
            (Some(at), 1) if cell.symbol().chars().nth(1).is_none() => Some(Position { x: at.x + 1, ..at }),
            _ => None,
        };
    }

    /// Moves the cursor, the shortest way.
    fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some(at) if at == (Position { x, y }) => return,
            Some(at) if at.y == y && at.x < x => {
                if !self.over(at, x) {
                    let _ = match x - at.x {
                        1 => write!(self.text, "\x1b[C"),
                        steps => write!(self.text, "\x1b[{steps}C"),
                    };
                }
            }
            _ => {
                let _ = match x {
                    0 => write!(self.text, "\x1b[{}H", y + 1),
                    _ => write!(self.text, "\x1b[{};{}H", y + 1, x + 1),
                };
            }
        }
        self.at = Some(Position { x, y });
    }

    /// Goes to a column by writing what lies before it once more, where that is shorter.
    fn over(&mut self, at: Position, x: u16) -> bool {
        let most = if x - at.x == 1 { 3 } else { 4 };
        let cells = self.shown[usize::from(at.y)].get(usize::from(at.x)..usize::from(x)).unwrap_or_default();
        let bytes: usize = cells.iter().map(|cell| cell.symbol().len()).sum();
        let short = cells.len() == usize::from(x - at.x) && bytes <= most;
        if !short || cells.iter().any(|cell| cell.cell_width() != 1 || !self.pen.writes(cell)) {
            return false;
        }
        cells.iter().for_each(|cell| self.text.push_str(cell.symbol()));
        true
    }
}

impl<W: Write> Backend for Frugal<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut changed: Vec<(u16, u16)> = Vec::new();
        for (x, y, cell) in content {
            self.show(x, y, cell, &mut changed);
        }
        changed.dedup();
        let mut frame = Frame { shown: &self.shown, text: String::new(), at: None, pen: Pen::default() };
        for line in changed.chunk_by(|one, other| one.0 == other.0) {
            let columns: Vec<u16> = line.iter().map(|(_, x)| *x).collect();
            frame.line(line[0].0, &columns);
        }
        // Whatever else is written finds the terminal as it was.
        frame.pen.reset(&mut frame.text);
        let text = frame.text;
        self.inner.write_all(text.as_bytes())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        if what == ClearType::All {
            // Somebody else may have had the terminal meanwhile.
            (self.shown, self.cursor) = (Vec::new(), None);
            return self.inner.clear_region(what);
        }
        // Nothing here does: what is shown would no longer be known.
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        match self.cursor.replace(false) {
            Some(false) => Ok(()),
            _ => self.inner.hide_cursor(),
        }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        match self.cursor.replace(true) {
            Some(true) => Ok(()),
            _ => self.inner.show_cursor(),
        }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Modifier, Style};

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 24, height: 4 };

    /// What a terminal is sent to show one screen after the other.
    fn sent(screens: &[Buffer]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut frugal = Frugal::new(&mut bytes);
        let mut before = Buffer::empty(AREA);
        for screen in screens {
            frugal.draw(before.diff(screen).into_iter()).expect("drawn");
            before = screen.clone();
        }
        bytes
    }

    /// What a terminal shows of it, cell by cell; of a blank only what is seen of it.
    fn seen(bytes: &[u8]) -> Vec<String> {
        let mut terminal = vt100::Parser::new(AREA.height, AREA.width, 0);
        terminal.process(bytes);
        let cells = AREA.positions().map(|at| terminal.screen().cell(at.y, at.x).expect("a cell").clone());
        let told = cells.map(|cell| {
            let blank = !cell.has_contents() || cell.contents() == " ";
            let (text, colour) = if blank { (" ", None) } else { (cell.contents(), Some(cell.fgcolor())) };
            let inverse = cell.inverse().then(|| cell.fgcolor());
            let attributes = [cell.bold(), cell.dim(), cell.italic()].map(|set| set && !blank);
            format!("{text} {colour:?} {:?} {inverse:?} {attributes:?} {}", cell.bgcolor(), cell.underline())
        });
        told.collect()
    }

    fn style() -> impl Strategy<Value = Style> {
        let colours = [Color::Reset, Color::Red, Color::LightCyan, Color::Indexed(123), Color::Rgb(1, 2, 3)];
        let weights = [Modifier::empty(), Modifier::BOLD, Modifier::DIM];
        let others = [Modifier::empty(), Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
        let text = prop::sample::select(colours.to_vec());
        let background = prop::sample::select(vec![Color::Reset, Color::Reset, Color::Reset, Color::Blue]);
        let (weight, other) = (prop::sample::select(weights.to_vec()), prop::sample::select(others.to_vec()));
        (text, background, weight, other).prop_map(|(text, background, weight, other)| {
            Style::new().fg(text).bg(background).add_modifier(weight | other)
        })
    }

    fn screen() -> impl Strategy<Value = Buffer> {
        let texts = ["a", "abc", " ", "          ", "x y z", "漢字", "é", "e\u{301}", "█▓░", "a  b", "12,345.67"];
        let piece = (0..AREA.width, 0..AREA.height, prop::sample::select(texts.to_vec()), style());
        prop::collection::vec(piece, 0..12).prop_map(|pieces| {
            let mut screen = Buffer::empty(AREA);
            for (x, y, text, style) in pieces {
                // Not over what is there: both bold and dim is one of them in some terminals.
                let style = style.remove_modifier(!style.add_modifier);
                screen.set_string(x, y, text, style);
            }
            screen
        })
    }

    proptest! {
        #[test]
        fn a_terminal_shows_what_the_plain_way_shows(screens in prop::collection::vec(screen(), 1..5)) {
            let mut plain = Vec::new();
            let mut backend = CrosstermBackend::new(&mut plain);
            let last = screens.last().expect("a screen");
            backend.draw(Buffer::empty(AREA).diff(last).into_iter()).expect("drawn");
            prop_assert_eq!(seen(&sent(&screens)), seen(&plain));
        }
    }

    #[test]
    fn little_is_written() {
        let red = Style::new().fg(Color::Red);
        let with = |pieces: &[(u16, u16, &str, Style)]| {
            let mut screen = Buffer::empty(AREA);
            pieces.iter().for_each(|(x, y, text, style)| screen.set_string(*x, *y, text, *style));
            screen
        };
        let plain = Style::new();
        let full = with(&[(2, 0, "one two three", plain), (2, 1, "four", red)]);
        let changed = with(&[(2, 0, "oNe Two three", plain), (2, 1, "four", red)]);
        let coloured = with(&[(2, 0, "one two three", plain), (2, 1, "f", red), (4, 1, "ur", red), (8, 1, " ", red)]);
        for (what, screens, wanted) in [
            ("text", vec![full.clone()], "\x1b[1;3Hone two three\x1b[2;3H\x1b[31mfour\x1b[m"),
            ("nothing", vec![full.clone(), full.clone()], ""),
            ("what lies between is shorter than to go there", vec![full.clone(), changed], "\x1b[1;4HNe T"),
            ("the rest of the line", vec![full.clone(), with(&[(2, 1, "four", red)])], "\x1b[1;3H\x1b[K"),
            ("a blank's colour is not seen", vec![full, coloured], "\x1b[2;4H "),
        ] {
            let before = sent(&screens[..screens.len() - 1]).len();
            let written = String::from_utf8(sent(&screens)).expect("UTF-8");
            assert_eq!(&written[before..], wanted, "{what}");
        }
    }
}
