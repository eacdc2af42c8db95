//! A stacked bar chart over time: a colour a layer, the comparison as dots, what may still change
//! hatched, a broken floor where nothing is known, marks and a cursor on the floor.
//!
//! Knows floats and labels, not what they mean.

#[cfg(test)]
mod tests;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::money::short;
use super::plan::{AXIS, Plan};
use super::scale::Scale;
use crate::tui::text::{put_at, right, width};
use crate::tui::theme::{Depth, Role, Theme};

/// One layer of the stack.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// Which of the theme's layers; `None` is all others together.
    pub paint: Option<usize>,
    /// Its value in each piece of time.
    pub values: Vec<Option<f64>>,
    /// The first piece from which on its values may still change.
    pub open_from: usize,
}

/// What a piece of time will come to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ahead {
    /// The interval's lower end.
    pub low: f64,
    /// As likely too low as too high.
    pub mid: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// What a piece of time is called under the axis.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Label {
    /// What it has in common with its neighbours, a month: written where it is another than before.
    pub group: String,
    /// Its own name in there.
    pub name: String,
}

impl Label {
    fn whole(&self) -> String {
        if self.group.is_empty() { self.name.clone() } else { format!("{} {}", self.group, self.name) }
    }
}

/// What is charted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chart {
    /// From the bottom up.
    pub layers: Vec<Layer>,
    /// What is foretold of pieces on top of what is known of them.
    pub ahead: Vec<Option<Ahead>>,
    /// The comparison, piece by piece.
    pub previous: Vec<Option<f64>>,
    /// What each piece is called under the axis.
    pub labels: Vec<Label>,
    /// How many pieces may lie between two labels, or share a bar; any number beyond the last.
    pub strides: &'static [usize],
    /// Pieces that something is written down about, and what is written.
    pub marks: Vec<(usize, String)>,
    /// The selected piece.
    pub cursor: Option<usize>,
}

/// A stretch of a bar: its layer, from and to in eighths of a row.
#[derive(Clone, Copy)]
struct Stretch {
    paint: Option<usize>,
    hatched: bool,
    /// Whether it has not come.
    ahead: bool,
    from: i64,
    to: i64,
}

struct Bars<'a> {
    chart: &'a Chart,
    plan: Plan,
    scale: Scale,
    plot: Rect,
    theme: &'a Theme,
}

impl Chart {
    fn pieces(&self) -> usize {
        self.labels.len()
    }

    /// Whether anything of what is charted may still change.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.layers.iter().any(|layer| layer.values.iter().skip(layer.open_from).any(Option::is_some))
    }

    /// The plan for an area of that many columns.
    #[must_use]
    pub fn plan(&self, columns: u16) -> Plan {
        Plan::within(self.pieces(), columns, self.strides)
    }

    /// The piece of time whose bar, or the axis under it, is at a place.
    #[must_use]
    pub fn piece_at(&self, area: Rect, at: Position) -> Option<usize> {
        let column = at.x.checked_sub(area.x + AXIS).filter(|_| area.contains(at))?;
        let plan = self.plan(area.width);
        Some(usize::from(column / plan.slot().max(1)) * plan.pieces).filter(|piece| *piece < self.pieces())
    }

    /// What is foretold of the pieces of one bar, together.
    fn ahead(&self, at: usize, pieces: usize) -> Option<Ahead> {
        let bar = self.ahead.get(at..(at + pieces).min(self.ahead.len()))?.iter().flatten().copied();
        bar.reduce(|a, b| Ahead { low: a.low + b.low, mid: a.mid + b.mid, high: a.high + b.high })
    }

    /// Whether anything of what is charted is foretold.
    #[must_use]
    pub fn is_foretold(&self) -> bool {
        self.ahead.iter().any(Option::is_some)
    }

    fn extremes(&self, plan: Plan) -> (f64, f64) {
        let (mut least, mut most) = (0.0f64, 0.0f64);
        let mut before = Vec::new();
        for at in (0..self.pieces()).step_by(plan.pieces) {
            let (mut up, mut down) = (0.0, 0.0);
            for layer in &self.layers {
                let value = sum(&layer.values, at, plan.pieces).unwrap_or_default();
                if value > 0.0 { up += value } else { down += value }
            }
            if let Some(ahead) = self.ahead(at, plan.pieces) {
                // Less may come than is known, since what is not settled is foretold anew.
                let known = up + down;
                up = (up + ahead.mid.max(0.0)).max(known + ahead.high);
                down = down.min(known + ahead.low);
            }
            let previous = sum(&self.previous, at, plan.pieces).unwrap_or_default();
            before.push(previous);
            most = most.max(up);
            least = least.min(down).min(previous);
        }
        (least, most.max(usual(before, most)))
    }

    /// Its bars in an area, and whether they stand for anything; `None` where it is too small for them.
    fn bars<'a>(&'a self, area: Rect, theme: &'a Theme) -> Option<(Bars<'a>, bool)> {
        if area.width < AXIS + 4 || area.height < 4 {
            return None;
        }
        let plot = Rect { x: area.x + AXIS, y: area.y, width: area.width - AXIS, height: area.height - 2 };
        let plan = self.plan(area.width);
        let (least, most) = self.extremes(plan);
        let scale = Scale::of(least, most, plot.height);
        Some((Bars { chart: self, plan, scale, plot, theme }, most > 0.0 || least < 0.0))
    }

    /// Whether in an area some of the comparison lies above the scale, which a sign of its own says.
    #[must_use]
    pub fn is_exceeded(&self, area: Rect, theme: &Theme) -> bool {
        let Some((bars, _)) = self.bars(area, theme) else { return false };
        (0..self.pieces())
            .step_by(bars.plan.pieces.max(1))
            .any(|at| bars.held_against(at).is_some_and(|(_, over)| over))
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        let Some((bars, any)) = self.bars(area, theme) else { return };
        let plan = bars.plan;
        bars.axes(area, buf, any);
        for index in 0..self.pieces().div_ceil(plan.pieces.max(1)) {
            bars.bar(index, buf);
        }
        bars.labels(area, buf);
        bars.marks(buf);
        bars.cursor(buf);
    }
}

/// Up to what values of the comparison are drawn to scale: a few that lie far above all others and above
/// `most` would flatten the bars.
fn usual(mut values: Vec<f64>, most: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let (Some(last), Some(nearly)) = (values.last(), values.get(values.len() * 9 / 10)) else { return most };
    if *last > 1.25 * most.max(*nearly) { *nearly } else { *last }
}

fn sum(values: &[Option<f64>], from: usize, pieces: usize) -> Option<f64> {
    let to = (from + pieces).min(values.len());
    values.get(from..to)?.iter().flatten().copied().reduce(|a, b| a + b)
}

impl Bars<'_> {
    fn axes(&self, area: Rect, buf: &mut Buffer, numbers: bool) {
        let muted = self.theme.style(Role::Muted);
        let glyphs = &self.theme.glyphs;
        let mut last = None;
        for row in (0..self.plot.height).rev() {
            let label = self.scale.label(row).filter(|l| numbers && last != Some(*l));
            let text = label.map_or(String::new(), short);
            last = label.or(last);
            let text = format!("{}{}", right(&text, usize::from(AXIS) - 1, ""), glyphs.axis.0);
            put_at(buf, area, 0, self.plot.height - 1 - row, &Line::from(Span::styled(text, muted)));
        }
        let corner = format!("{}{}", " ".repeat(usize::from(AXIS) - 1), glyphs.axis.1);
        put_at(buf, area, 0, self.plot.height, &Line::from(Span::styled(corner, muted)));
        for column in 0..self.plot.width {
            // Nothing known is not nothing spent: there the floor is broken.
            let at = usize::from(column / self.plan.slot()) * self.plan.pieces;
            let on_bar = column % self.plan.slot() < self.plan.bar;
            if !(on_bar && at < self.chart.pieces() && self.unknown(at)) {
                self.on_floor(buf, self.plot.x + column, glyphs.rule, muted);
            }
        }
    }

    fn unknown(&self, at: usize) -> bool {
        let none = |layer: &Layer| sum(&layer.values, at, self.plan.pieces).is_none();
        self.chart.layers.iter().all(none) && self.chart.ahead(at, self.plan.pieces).is_none()
    }

    fn on_floor(&self, buf: &mut Buffer, x: u16, sign: char, style: Style) {
        if x < self.plot.right()
            && let Some(cell) = buf.cell_mut((x, self.plot.bottom()))
        {
            cell.set_char(sign).set_style(style);
        }
    }

    /// The first column of the bar that a piece is in.
    fn column(&self, piece: usize) -> u16 {
        self.plot.x + (piece / self.plan.pieces.max(1)) as u16 * self.plan.slot()
    }

    fn eighths(&self, value: f64) -> i64 {
        (value / self.scale.unit * 8.0).round() as i64
    }

    /// The layers of a bar as stretches above and below zero.
    fn stretches(&self, at: usize) -> Vec<Stretch> {
        let (mut up, mut down) = (0.0, 0.0);
        let mut out = Vec::new();
        for layer in &self.chart.layers {
            let value = sum(&layer.values, at, self.plan.pieces).unwrap_or_default();
            let edge = if value >= 0.0 { &mut up } else { &mut down };
            let from = *edge;
            *edge += value;
            let (a, b) = (self.eighths(from), self.eighths(*edge));
            if a != b {
                let hatched = at + self.plan.pieces > layer.open_from;
                out.push(Stretch { paint: layer.paint, hatched, ahead: false, from: a.min(b), to: a.max(b) });
            }
        }
        // What costs something is seen, however little.
        if out.is_empty()
            && up > 0.0
            && let Some(layer) = self.chart.layers.first()
        {
            let hatched = at + self.plan.pieces > layer.open_from;
            out.push(Stretch { paint: layer.paint, hatched, ahead: false, from: 0, to: 1 });
        }
        // Where less will come than is known nothing is added: the interval says it.
        let adds = |ahead: &Ahead| ahead.mid >= 0.0 || up <= 0.0;
        if let Some(ahead) = self.chart.ahead(at, self.plan.pieces).filter(adds) {
            let from = if ahead.mid >= 0.0 { up } else { down };
            let (a, b) = (self.eighths(from), self.eighths(from + ahead.mid));
            let (from, to) = (a.min(b), a.max(b).max(a.min(b) + 1));
            out.push(Stretch { paint: None, hatched: false, ahead: true, from, to });
        }
        out
    }

    /// The interval of what is foretold of a bar: a line in its middle, where the bar does not fill it.
    fn interval(&self, index: usize, buf: &mut Buffer) {
        let at = index * self.plan.pieces;
        let Some(ahead) = self.chart.ahead(at, self.plan.pieces) else { return };
        let known: f64 = self.chart.layers.iter().filter_map(|layer| sum(&layer.values, at, self.plan.pieces)).sum();
        let row = |value: f64| (self.eighths(known + value) + i64::from(self.scale.below) * 8).div_euclid(8);
        let top = i64::from(self.plot.height) - 1;
        let x = self.plot.x + index as u16 * self.plan.slot() + (self.plan.bar.saturating_sub(1)) / 2;
        for row in row(ahead.low).max(0)..=row(ahead.high).min(top) {
            let y = self.plot.y + (top - row) as u16;
            if let Some(cell) = buf.cell_mut((x, y)).filter(|_| x < self.plot.right()) {
                cell.set_char(self.theme.glyphs.interval).set_style(self.theme.style(Role::Unsure));
            }
        }
    }

    fn bar(&self, index: usize, buf: &mut Buffer) {
        let x = self.plot.x + index as u16 * self.plan.slot();
        let at = index * self.plan.pieces;
        let stretches = self.stretches(at);
        for row in 0..self.plot.height {
            let floor = (i64::from(row) - i64::from(self.scale.below)) * 8;
            if let Some((sign, style)) = self.cell(&stretches, floor) {
                self.paint(buf, x, row, sign, style);
            }
        }
        self.interval(index, buf);
        if let Some((row, over)) = self.held_against(at) {
            let sign = if over { self.theme.glyphs.beyond } else { self.theme.glyphs.previous };
            let y = self.plot.y + self.plot.height - 1 - row;
            match buf.cell((x, y)).map_or(Some(Style::new()), |under| self.over(under)) {
                Some(style) => self.paint(buf, x, row, sign, style),
                // A bar of signs would have holes: what is held against it stands beside it.
                None => self.beside(buf, x, y, sign),
            }
        }
    }

    /// The row, from the bottom, of what a bar is held against, and whether that lies above the scale.
    fn held_against(&self, at: usize) -> Option<(u16, bool)> {
        let previous = sum(&self.chart.previous, at, self.plan.pieces)?;
        let row = (previous / self.scale.unit + f64::from(self.scale.below)).floor();
        let top = f64::from(self.plot.height - 1);
        Some((row.clamp(0.0, top) as u16, row > top))
    }

    /// Writes a sign into the gap after a bar.
    fn beside(&self, buf: &mut Buffer, x: u16, y: u16, sign: char) {
        for x in x + self.plan.bar..(x + self.plan.slot()).min(self.plot.right()) {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.set_char(sign).set_style(Style::new().fg(Color::Reset).bg(Color::Reset));
            }
        }
    }

    /// How a sign looks over a cell of a bar: on the colour that fills most of it; `None` where the bar is
    /// told by signs, which carry no other.
    fn over(&self, under: &Cell) -> Option<Style> {
        let plain = Style::new().fg(Color::Reset).bg(Color::Reset);
        let glyphs = &self.theme.glyphs;
        let sign = under.symbol().chars().next().unwrap_or(' ');
        if sign == ' ' {
            return Some(plain);
        }
        if self.theme.depth == Depth::Mono || glyphs.ascii_charts() {
            return None;
        }
        let high = sign == glyphs.hatch || glyphs.heights.iter().position(|h| *h == sign).is_none_or(|at| at >= 3);
        Some(match (high, under.bg) {
            (true, _) => Style::new().fg(self.theme.over_layer()).bg(under.fg),
            (false, Color::Reset) => plain,
            (false, other) => Style::new().fg(self.theme.over_layer()).bg(other),
        })
    }

    fn paint(&self, buf: &mut Buffer, x: u16, row: u16, sign: char, style: Style) {
        let y = self.plot.y + self.plot.height - 1 - row;
        for x in x..(x + self.plan.bar).min(self.plot.right()) {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.set_char(sign).set_style(style);
            }
        }
        // A blank has no colour of its own: with its neighbour's the terminal is told of fewer changes.
        let gap = x + self.plan.bar..(x + self.plan.slot()).min(self.plot.right());
        let Some(colour) = style.fg.filter(|_| matches!(style.bg, None | Some(Color::Reset))) else { return };
        for x in gap {
            if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| cell.symbol() == " ") {
                cell.set_fg(colour);
            }
        }
    }

    /// What fills one cell of a bar whose lower edge is `floor` eighths above zero.
    fn cell(&self, stretches: &[Stretch], floor: i64) -> Option<(char, Style)> {
        let clipped: Vec<Stretch> = stretches
            .iter()
            .map(|s| Stretch { from: s.from.max(floor) - floor, to: s.to.min(floor + 8) - floor, ..*s })
            .filter(|s| s.from < s.to)
            .collect();
        let main = clipped.iter().max_by_key(|s| s.to - s.from)?;
        let covered: i64 = clipped.iter().map(|s| s.to - s.from).sum();
        let glyphs = &self.theme.glyphs;
        let colour = if main.ahead { self.theme.style(Role::Muted).fg } else { Some(self.theme.layer(main.paint)) };
        let style = Style::new().fg(colour.unwrap_or(Color::Reset));
        let whole_cells =
            main.hatched || main.ahead || self.theme.depth == Depth::Mono || floor < 0 || glyphs.ascii_charts();
        if whole_cells {
            let first = floor == 0 || (floor == -8);
            let sign = match main {
                Stretch { ahead: true, .. } => glyphs.ahead,
                Stretch { hatched: true, .. } => glyphs.hatch,
                _ => self.theme.fill(main.paint),
            };
            return (covered >= 4 || first).then_some((sign, style));
        }
        let heights = self.theme.glyphs.heights;
        if let [low @ Stretch { from: 0, to: edge, .. }, rest @ ..] = clipped.as_slice()
            && glyphs.two_colours
            && covered == 8
            && let Some(high) = rest.iter().max_by_key(|s| s.to - s.from)
        {
            let style = Style::new().fg(self.theme.layer(low.paint)).bg(self.theme.layer(high.paint));
            return Some((heights[*edge as usize - 1], style));
        }
        Some((heights[covered.clamp(1, 8) as usize - 1], style))
    }

    /// How many pieces lie between two labels, at least: whole bars of them.
    fn stride(&self) -> usize {
        let slot = usize::from(self.plan.slot()).max(1);
        let widest = self.chart.labels.iter().map(|l| width(&l.whole())).max().unwrap_or(1);
        let least = (widest + 2).div_ceil(slot).max(1) * self.plan.pieces.max(1);
        let even = |stride: &&usize| **stride >= least && stride.is_multiple_of(self.plan.pieces.max(1));
        self.chart.strides.iter().find(even).copied().unwrap_or(least)
    }

    fn labels(&self, area: Rect, buf: &mut Buffer) {
        let row = self.plot.height + 1;
        let muted = self.theme.style(Role::Muted);
        let mut group = "";
        for (at, label) in self.chart.labels.iter().enumerate().step_by(self.stride()) {
            let column = self.column(at) - area.x;
            let text = if label.group == group { label.name.clone() } else { label.whole() };
            if usize::from(column) + width(&text) <= usize::from(area.width) {
                put_at(buf, area, column, row, &Line::from(Span::styled(text, muted)));
                group = &label.group;
            }
        }
    }

    /// Signs on the floor under pieces that something is written down about, and the words above the
    /// bars where they hide nothing.
    fn marks(&self, buf: &mut Buffer) {
        let style = self.theme.style(Role::Accent);
        for (piece, words) in self.chart.marks.iter().filter(|(piece, _)| *piece < self.chart.pieces()) {
            let x = self.column(*piece);
            let sign = self.theme.glyphs.note;
            self.on_floor(buf, x, sign, style);
            let needs = width(words) as u16 + 2;
            let blank = |x: u16| buf.cell((x, self.plot.y)).is_some_and(|cell| cell.symbol() == " ");
            // Words that would run over the edge end above their bar.
            let (x, flag) = if x + needs <= self.plot.right() {
                (x, format!("{sign} {words}"))
            } else {
                ((x + 1).saturating_sub(needs).max(self.plot.x), format!("{words} {sign}"))
            };
            if x + needs <= self.plot.right() && (x..x + needs).all(blank) {
                let above = Rect { x, width: needs, height: 1, ..self.plot };
                put_at(buf, above, 0, 0, &Line::from(Span::styled(flag, self.theme.style(Role::Muted))));
            }
        }
    }

    fn cursor(&self, buf: &mut Buffer) {
        let Some(cursor) = self.chart.cursor.filter(|c| *c < self.chart.pieces()) else { return };
        // What is noted is not hidden where both have room.
        let bar = cursor / self.plan.pieces.max(1);
        let noted = self.chart.marks.iter().any(|(piece, _)| piece / self.plan.pieces.max(1) == bar);
        for x in u16::from(noted && self.plan.bar > 1)..self.plan.bar {
            let x = self.column(cursor) + x;
            self.on_floor(buf, x, self.theme.glyphs.cursor, self.theme.style(Role::Accent));
        }
    }
}
