//! What a period costs up to each of its days: what was spent as bars, what is foretold hatched with its
//! interval as dots, a limit as a line, and another course beside it.
//!
//! Knows floats and labels, not what they mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::text::{Line, Span};

use super::money::short;
use super::plan::AXIS;
use super::scale::Scale;
use crate::tui::text::{put_at, right, width};
use crate::tui::theme::{Role, Theme};

/// What is foretold up to a piece of time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ahead {
    /// In the middle.
    pub mid: f64,
    /// The interval's lower bound.
    pub low: f64,
    /// Its upper bound.
    pub high: f64,
}

/// What is charted, piece by piece.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BurnUp {
    /// What was spent up to each piece; none where nothing is known.
    pub spent: Vec<Option<f64>>,
    /// What is foretold up to each piece; none where nothing is.
    pub ahead: Vec<Option<Ahead>>,
    /// Another course; empty where there is none.
    pub other: Vec<Option<f64>>,
    /// Where the line is.
    pub limit: f64,
    /// What pieces are called, and which.
    pub labels: Vec<(usize, String)>,
}

impl BurnUp {
    fn pieces(&self) -> usize {
        self.spent.len().max(self.ahead.len())
    }

    fn most(&self) -> (f64, f64) {
        let spent = self.spent.iter().flatten().copied();
        let ahead = self.ahead.iter().flatten().flat_map(|ahead| [ahead.mid, ahead.high]);
        let all = spent.chain(ahead).chain(self.other.iter().flatten().copied()).chain([self.limit]);
        all.fold((0.0, 0.0), |(least, most): (f64, f64), value| (least.min(value), most.max(value)))
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        if area.width < AXIS + 8 || area.height < 4 || self.pieces() == 0 {
            return;
        }
        let plot = Rect { x: area.x + AXIS, width: area.width - AXIS, height: area.height - 2, ..area };
        let (least, most) = self.most();
        let scale = Scale::of(least, most, plot.height);
        self.axes(area, plot, &scale, buf, theme);
        for column in 0..plot.width {
            self.column(column, plot, &scale, buf, theme);
        }
        self.limit(plot, &scale, buf, theme);
        self.labels(area, plot, buf, theme);
    }

    /// The piece of a column: of several that share one the last, which says up to where it came.
    fn piece_of(&self, column: u16, plot: Rect) -> usize {
        ((usize::from(column) + 1) * self.pieces() - 1) / usize::from(plot.width.max(1))
    }

    fn column(&self, column: u16, plot: Rect, scale: &Scale, buf: &mut Buffer, theme: &Theme) {
        let at = self.piece_of(column, plot);
        let x = plot.x + column;
        let spent = self.spent.get(at).copied().flatten();
        let ahead = self.ahead.get(at).copied().flatten();
        if let Some(value) = spent.or(ahead.map(|ahead| ahead.mid)) {
            fill((plot, scale), x, value, spent.is_some(), buf, theme);
        }
        let sign = |value: f64, sign: char, role: Role, buf: &mut Buffer| {
            if let Some(cell) = row_of(plot, scale, value).and_then(|y| buf.cell_mut((x, y))) {
                cell.set_char(sign).set_style(theme.style(role));
            }
        };
        for bound in ahead.iter().filter(|_| spent.is_none()).flat_map(|ahead| [ahead.low, ahead.high]) {
            sign(bound, theme.glyphs.previous, Role::Unsure, buf);
        }
        if let Some(other) = self.other.get(at).copied().flatten() {
            sign(other, theme.glyphs.note, Role::Accent, buf);
        }
    }

    fn limit(&self, plot: Rect, scale: &Scale, buf: &mut Buffer, theme: &Theme) {
        let Some(y) = row_of(plot, scale, self.limit) else { return };
        let whole = theme.fill(Some(0)).to_string();
        for x in plot.x..plot.right() {
            let Some(cell) = buf.cell_mut((x, y)) else { continue };
            // Over bars it is drawn too, so that where they cross it is seen: one line from end to end, whatever
            // fills the cells, and on the colour of those that are full.
            let (is_full, colour) = (cell.symbol() == whole.as_str(), cell.fg);
            cell.set_char(theme.glyphs.rule).set_style(theme.style(Role::Warm));
            match (is_full, colour) {
                (true, Color::Reset) if !theme.glyphs.ascii_charts() => cell.modifier.insert(Modifier::REVERSED),
                (true, Color::Reset) | (false, _) => {}
                (true, colour) => drop(cell.set_bg(colour).set_fg(Color::Reset)),
            }
        }
    }

    fn axes(&self, area: Rect, plot: Rect, scale: &Scale, buf: &mut Buffer, theme: &Theme) {
        let muted = theme.style(Role::Muted);
        let glyphs = &theme.glyphs;
        let mut last = None;
        for row in (0..plot.height).rev() {
            let label = scale.label(row).filter(|label| last != Some(*label));
            let text = label.map_or(String::new(), short);
            last = label.or(last);
            let text = format!("{}{}", right(&text, usize::from(AXIS) - 1, ""), glyphs.axis.0);
            put_at(buf, area, 0, plot.height - 1 - row, &Line::from(Span::styled(text, muted)));
        }
        let floor: String = std::iter::repeat_n(glyphs.rule, usize::from(plot.width)).collect();
        let text = format!("{}{}{floor}", " ".repeat(usize::from(AXIS) - 1), glyphs.axis.1);
        put_at(buf, area, 0, plot.height, &Line::from(Span::styled(text, muted)));
    }

    fn labels(&self, area: Rect, plot: Rect, buf: &mut Buffer, theme: &Theme) {
        let mut free = 0;
        for (at, label) in &self.labels {
            let column = AXIS + (at * usize::from(plot.width) / self.pieces().max(1)) as u16;
            if column >= free && column + width(label) as u16 <= area.width {
                let text = Span::styled(label.clone(), theme.style(Role::Muted));
                put_at(buf, area, column, plot.height + 1, &Line::from(text));
                free = column + width(label) as u16 + 2;
            }
        }
    }
}

/// Fills a column from zero up to a value, or down to one below it.
fn fill((plot, scale): (Rect, &Scale), x: u16, value: f64, known: bool, buf: &mut Buffer, theme: &Theme) {
    let colour = theme.layer(known.then_some(0));
    let whole = if known { theme.fill(Some(0)) } else { theme.glyphs.hatch };
    let zero = f64::from(scale.below);
    let height = value / scale.unit + zero;
    let (from, to) = (height.min(zero), height.max(zero));
    for row in 0..plot.height {
        let (low, high) = (f64::from(row), f64::from(row) + 1.0);
        let part = (to.min(high) - from.max(low)).clamp(0.0, 1.0);
        let eighths = (part * 8.0).round() as usize;
        if eighths == 0 || (!known && part < 0.5) {
            continue;
        }
        let is_edge = eighths < 8 && value > 0.0 && known && !theme.glyphs.ascii_charts();
        let sign = if is_edge { theme.glyphs.heights[eighths - 1] } else { whole };
        if let Some(cell) = buf.cell_mut((x, plot.bottom() - 1 - row)) {
            cell.set_char(sign).set_fg(colour);
        }
    }
}

/// The row that a value is drawn in, where it is on the scale.
fn row_of(plot: Rect, scale: &Scale, value: f64) -> Option<u16> {
    let row = (value / scale.unit + f64::from(scale.below) - 0.5).round();
    (row >= 0.0 && row < f64::from(plot.height)).then(|| plot.bottom() - 1 - row as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Env;

    fn drawn(chart: &BurnUp, columns: u16, rows: u16) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        let env = Env { term: "linux".into(), ..Env::default() };
        chart.draw(area, &mut buf, &Theme::of(&env));
        let rows = buf.content().chunks(usize::from(columns));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn what_was_spent_what_will_be_and_the_limit_are_told_apart() {
        let ahead = |mid: f64| Some(Ahead { mid, low: mid - 10.0, high: mid + 10.0 });
        let chart = BurnUp {
            spent: vec![Some(10.0), Some(20.0), None, None],
            ahead: vec![None, None, ahead(30.0), ahead(40.0)],
            other: Vec::new(),
            limit: 35.0,
            labels: vec![(0, "Nov 1".into())],
        };
        let text = drawn(&chart, 18, 8).join("\n");
        assert!(text.contains('#') && text.contains(':') && text.contains('-') && text.contains("Nov 1"), "{text}");
        assert_eq!(drawn(&chart, 10, 8), vec![String::new(); 8], "too narrow to be read");
        assert_eq!(drawn(&BurnUp::default(), 18, 8), vec![String::new(); 8]);
    }

    #[test]
    fn the_limit_is_one_line_whatever_it_crosses() {
        let ahead = |mid: f64| Some(Ahead { mid, low: mid - 9.0, high: mid + 9.0 });
        let chart = BurnUp {
            spent: vec![Some(10.0), Some(33.0), Some(60.0), None, None],
            ahead: vec![None, None, None, ahead(70.0), ahead(80.0)],
            limit: 35.0,
            ..BurnUp::default()
        };
        for (term, colorterm) in [("linux", ""), ("xterm-256color", "truecolor"), ("xterm", "")] {
            let area = Rect::new(0, 0, 40, 12);
            let mut buf = Buffer::empty(area);
            let env = Env { term: term.into(), colorterm: colorterm.into(), ..Env::default() };
            let theme = Theme::of(&env);
            chart.draw(area, &mut buf, &theme);
            let rule = theme.glyphs.rule.to_string();
            let is_line = |row: &[ratatui::buffer::Cell]| row[AXIS as usize..].iter().all(|cell| cell.symbol() == rule);
            let lines = buf.content().chunks(40).take(10).filter(|row| is_line(row)).count();
            assert_eq!(lines, 1, "{term}: {buf:?}");
        }
    }

    #[test]
    fn each_piece_has_a_column_and_of_many_the_last_stands() {
        let days = |n: usize| BurnUp { spent: vec![Some(1.0); n], limit: 1.0, ..BurnUp::default() };
        let plot = Rect::new(0, 0, 60, 5);
        assert_eq!((days(30).piece_of(0, plot), days(30).piece_of(59, plot)), (0, 29));
        assert_eq!((days(365).piece_of(0, plot), days(365).piece_of(59, plot)), (6, 364));
    }
}
