//! Which part of the screen is whose, at any size.
//!
//! Pure arithmetic. Small screens lose, in this order: blank lines, the banner, the lens's
//! sentence, the footer. Knows nothing of what is drawn.

use ratatui::layout::Rect;

pub mod spend;

/// The screen's parts; an empty one is not drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Name, tabs, freshness.
    pub header: Rect,
    /// The lens as a sentence.
    pub lens: Rect,
    /// One line that must not be missed.
    pub banner: Rect,
    /// One line of air, or a hint.
    pub hint: Rect,
    /// The tab.
    pub body: Rect,
    /// The keys that work now.
    pub footer: Rect,
    /// Where overlays and the first screen lie: all but the footer.
    pub under: Rect,
}

/// Cuts rows off an area.
struct Rows {
    left: Rect,
}

impl Rows {
    fn top(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        let part = Rect { height, ..self.left };
        self.left.y += height;
        self.left.height -= height;
        part
    }

    fn bottom(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        self.left.height -= height;
        Rect { y: self.left.y + self.left.height, height, ..self.left }
    }
}

/// The parts of a whole screen.
#[must_use]
pub fn screen(area: Rect, banner: bool) -> Parts {
    let height = area.height;
    let mut rows = Rows { left: area };
    let header = rows.top(1);
    let footer = if height >= 4 { rows.bottom(1) } else { Rect::default() };
    let under = Rect { height: height - footer.height, ..area };
    let lens = if height >= 6 { rows.top(1) } else { Rect::default() };
    let banner = if banner && height >= 10 { rows.top(1) } else { Rect::default() };
    let hint = if height >= 18 { rows.top(1) } else { Rect::default() };
    // One column of air at the left, as the header has it.
    let mut body = rows.left;
    if body.width > 20 {
        body.x += 1;
        body.width -= 2;
    }
    Parts { header, lens, banner, hint, body, footer, under }
}

/// The parts of the Breakdown tab.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Breakdown {
    /// Where the rows are, and their sum.
    pub crumbs: Rect,
    /// The columns' names.
    pub heading: Rect,
    /// The rows.
    pub rows: Rect,
    /// A rule and what of the selected row has no column.
    pub detail: Rect,
}

/// The parts of the Breakdown tab's body; `detail` where something of a row has no column.
#[must_use]
pub fn breakdown(body: Rect, detail: bool) -> Breakdown {
    let mut rows = Rows { left: body };
    let crumbs = rows.top(1);
    let heading = if body.height >= 3 { rows.top(1) } else { Rect::default() };
    let detail = if detail && body.height >= 9 { rows.bottom(2) } else { Rect::default() };
    Breakdown { crumbs, heading, rows: rows.left, detail }
}

/// Columns of a screen on which the details of a row have a place at the right.
pub const PANE_BESIDE: u16 = 200;
/// Lines of that place below the rows where there are so many, and of what stands above it at least. More
/// would be more to write with each step of the selection, over slow lines too.
const PANE_BELOW: u16 = 14;
const ROWS_LEAST: u16 = 5;
/// Columns of that place, and of the air before it.
const PANE: (u16, u16) = (64, 3);

/// The Breakdown tab's body without and with the details of a row: at the right of a screen that is
/// wide enough, else below a rule.
#[must_use]
pub fn beside(body: Rect, open: bool) -> (Rect, Rect) {
    let mut rows = Rows { left: body };
    if !open {
        return (body, Rect::default());
    }
    // The body has a column of air at its sides.
    if body.width + 2 >= PANE_BESIDE {
        let width = body.width - PANE.0 - PANE.1;
        let pane = Rect { x: body.x + width + PANE.1, width: PANE.0, ..body };
        return (Rect { width, ..body }, pane);
    }
    // On a small screen the details take all but a few rows: less would say nothing.
    let small = PANE_BELOW.min(body.height.saturating_sub(ROWS_LEAST));
    let pane = rows.bottom((body.height / 2).max(small).min(PANE_BELOW));
    (rows.left, pane)
}

/// Where the details of a row are in their part of a body: below a rule, or where they stand beside
/// the rows, in all of it.
#[must_use]
pub fn details((rows, pane): (Rect, Rect)) -> Rect {
    let rule = u16::from(pane.y > rows.y).min(pane.height);
    Rect { y: pane.y + rule, height: pane.height - rule, ..pane }
}

/// The Breakdown tab's body without its crumbs.
#[must_use]
pub fn below(body: Rect) -> Rect {
    let mut rows = Rows { left: body };
    rows.top(1);
    rows.left
}

/// The parts of a table with a column for each piece of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pivot {
    /// The columns' names.
    pub heading: Rect,
    /// The rows.
    pub rows: Rect,
    /// What the rows add up to.
    pub total: Rect,
    /// A rule and the selected cell in words.
    pub detail: Rect,
}

/// The parts of a pivot, in the area below the crumbs.
#[must_use]
pub fn pivot(area: Rect) -> Pivot {
    let mut rows = Rows { left: area };
    let heading = rows.top(1);
    let detail = if area.height >= 7 { rows.bottom(2) } else { Rect::default() };
    let total = if area.height >= 5 { rows.bottom(1) } else { Rect::default() };
    Pivot { heading, rows: rows.left, total, detail }
}

/// The parts of a list of sections.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hygiene {
    /// The sections' lines.
    pub lines: Rect,
    /// A rule and the selected line in words.
    pub detail: Rect,
}

/// The parts of the tag hygiene view, in the area below the crumbs.
#[must_use]
pub fn hygiene(area: Rect) -> Hygiene {
    let mut rows = Rows { left: area };
    let detail = if area.height >= 7 { rows.bottom(2) } else { Rect::default() };
    Hygiene { lines: rows.left, detail }
}

/// The parts of an overview, in the area below the crumbs: the areas, and a line about them.
#[must_use]
pub fn overview(area: Rect) -> (Rect, Rect) {
    let mut rows = Rows { left: area };
    let line = rows.bottom(1);
    (rows.left, line)
}

/// The parts of two rows side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compared {
    /// Their figures.
    pub table: Rect,
    /// What they are made of.
    pub parts: Rect,
    /// Which is which in the chart.
    pub legend: Rect,
    /// Their course over time.
    pub chart: Rect,
}

/// The parts of two rows side by side, in the area below the crumbs, with so many lines of figures, so
/// many of what they are made of below a heading, and so many of a chart with its legend at least.
#[must_use]
pub fn compared(area: Rect, lines: u16, parts: usize, chart: u16) -> Compared {
    let mut rows = Rows { left: area };
    let table = rows.top(lines);
    rows.top(1);
    let parts = rows.top(parts as u16 + 1);
    if rows.left.height <= chart {
        return Compared { table, parts, ..Compared::default() };
    }
    rows.top(1);
    let legend = rows.top(1);
    Compared { table, parts, legend, chart: Rect { height: rows.left.height.min(16), ..rows.left } }
}

/// Columns at a box's sides too few to show anything of what lies under it.
const SLIVER: u16 = 6;

/// A box in the middle of an area, as large as it may be; as wide as the area rather than with a
/// sliver of what is under it at its sides.
#[must_use]
pub fn overlay(area: Rect, width: u16, height: u16) -> Rect {
    let width = if width + SLIVER > area.width { area.width } else { width };
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_and_apart_at_every_size() {
        for width in 0..=200u16 {
            for height in 0..=60u16 {
                let area = Rect::new(0, 0, width, height);
                let all = screen(area, true);
                let table = breakdown(all.body, true);
                let outer = [all.header, all.lens, all.banner, all.hint, all.body, all.footer];
                let table = [table.crumbs, table.heading, table.rows, table.detail];
                let beside: [Rect; 2] = beside(all.body, true).into();
                let inner = pivot(all.body);
                let pivot = [inner.heading, inner.rows, inner.total, inner.detail];
                let inner = hygiene(all.body);
                let hygiene = [inner.lines, inner.detail];
                let inner = compared(all.body, 4, 8, 9);
                let compared = [inner.table, inner.parts, inner.legend, inner.chart];
                let overview: [Rect; 2] = overview(all.body).into();
                let bodies =
                    [&table[..], &pivot, &compared, &overview, &hygiene, &beside].map(|parts| (all.body, parts));
                for (whole, parts) in [(area, &outer[..])].into_iter().chain(bodies) {
                    for (i, part) in parts.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
                        assert_eq!(part.intersection(whole), *part, "{width}x{height}: {part:?} leaves {whole:?}");
                        for other in &parts[..i] {
                            assert!(part.intersection(*other).is_empty(), "{width}x{height}: {part:?} on {other:?}");
                        }
                    }
                }
            }
        }
    }
}
