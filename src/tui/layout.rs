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
    /// The tab.
    pub body: Rect,
    /// The keys that work now.
    pub footer: Rect,
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
    let lens = if height >= 6 { rows.top(1) } else { Rect::default() };
    let banner = if banner && height >= 10 { rows.top(1) } else { Rect::default() };
    if height >= 18 {
        rows.top(1);
    }
    // One column of air at the left, as the header has it.
    let mut body = rows.left;
    if body.width > 20 {
        body.x += 1;
        body.width -= 2;
    }
    Parts { header, lens, banner, body, footer }
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
}

/// The parts of the Breakdown tab's body.
#[must_use]
pub fn breakdown(body: Rect) -> Breakdown {
    let mut rows = Rows { left: body };
    let crumbs = rows.top(1);
    let heading = if body.height >= 3 { rows.top(1) } else { Rect::default() };
    Breakdown { crumbs, heading, rows: rows.left }
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
                let table = breakdown(all.body);
                let outer = [all.header, all.lens, all.banner, all.body, all.footer];
                let table = [table.crumbs, table.heading, table.rows];
                for (whole, parts) in [(area, &outer[..]), (all.body, &table[..])] {
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
