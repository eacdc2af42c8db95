//! Which part of the Spend tab's body is whose, at any size.
//!
//! Pure arithmetic. A small body loses, in this order: blank lines, what stands at the side, the
//! second line of the read-out, the moves, the warnings, the chart. Knows nothing of what is drawn.

use ratatui::layout::Rect;

use super::Rows;

/// The parts of the Spend tab; an empty one is not drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Figures beside each other.
    pub cards: Rect,
    /// What needs attention, with its heading.
    pub attention: Rect,
    /// Warnings.
    pub notices: Rect,
    /// The chart's heading and legend.
    pub legend: Rect,
    /// The chart with its axes.
    pub chart: Rect,
    /// The selected piece of time: its cost, and the cost of each series.
    pub readout: Rect,
    /// What moved most, with its heading.
    pub movers: Rect,
    /// The costliest resources, with their heading.
    pub resources: Rect,
    /// Every series in numbers.
    pub numbers: Rect,
}

/// Columns and rows from which on a column stands at the right of everything.
const GENEROUS: (u16, u16) = (150, 34);
/// Columns of that column, and of the air before it.
const SIDE: (u16, u16) = (50, 3);
/// Columns from which on attention stands beside the figures.
const WIDE: u16 = 112;
/// Columns of attention beside the figures.
const BESIDE: u16 = 34;
/// Rows of a chart at most: higher ones are no easier to read.
const CHART_MAX: u16 = 24;

/// The parts of the Spend tab's body, for so many warnings.
#[must_use]
pub fn parts(body: Rect, notices: u16) -> Parts {
    if body.width >= GENEROUS.0 && body.height >= GENEROUS.1 {
        let main = Rect { width: body.width - SIDE.0 - SIDE.1, ..body };
        let side = Rect { x: main.right() + SIDE.1, width: SIDE.0, ..body };
        return beside(main_parts(main, 0), side);
    }
    let wide = body.width >= WIDE && body.height >= 3;
    let mut parts = main_parts(body, if wide { 0 } else { notices });
    if wide {
        let cards = parts.cards;
        parts.attention = Rect { x: cards.right() - BESIDE, width: BESIDE, ..cards };
        parts.cards.width -= BESIDE + SIDE.1;
    }
    parts
}

/// The column at the right: attention as high as the figures and warnings, then numbers beside the chart,
/// and the resources.
fn beside(parts: Parts, side: Rect) -> Parts {
    let mut rows = Rows { left: side };
    let attention = rows.top(8);
    rows.top(1);
    let numbers = rows.top(11);
    rows.top(1);
    Parts { attention, numbers, resources: rows.left, ..parts }
}

fn main_parts(body: Rect, notices: u16) -> Parts {
    let mut rows = Rows { left: body };
    let roomy = body.height >= 17;
    let cards = rows.top(3);
    let notices = if body.height >= 14 { rows.top(notices.min(if roomy { 2 } else { 1 })) } else { Rect::default() };
    if roomy {
        rows.top(1);
    }
    if rows.left.height < 6 {
        return Parts { cards, notices, readout: rows.top(1), movers: rows.left, ..Parts::default() };
    }
    let legend = rows.top(1);
    let left = rows.left.height;
    let said = if left >= 13 { 2 } else { 1 };
    // The movers get a third, the chart at most so much; what is left over stays blank.
    let movers = if left >= 11 { (left / 3).max(4) } else { 0 };
    let gap = u16::from(movers > 0);
    let chart = rows.top((left - said - movers - gap).min(CHART_MAX));
    let readout = rows.top(said);
    rows.top(gap);
    let movers = if movers > 0 { rows.left } else { Rect::default() };
    Parts { cards, notices, legend, chart, readout, movers, ..Parts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &Parts) -> [Rect; 9] {
        let Parts { cards, attention, notices, legend, chart, readout, movers, resources, numbers } = *parts;
        [cards, attention, notices, legend, chart, readout, movers, resources, numbers]
    }

    #[test]
    fn parts_stay_inside_and_apart_at_every_size() {
        for (width, height) in (0..=220u16).flat_map(|w| (0..=64u16).map(move |h| (w, h))) {
            let body = Rect::new(1, 3, width, height);
            for notices in [0, 3] {
                let parts = all(&parts(body, notices));
                for (i, part) in parts.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
                    assert_eq!(part.intersection(body), *part, "{width}x{height}: {part:?}");
                    for other in &parts[..i] {
                        assert!(part.intersection(*other).is_empty(), "{width}x{height}: {part:?} on {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_there_is_room_for_follows_the_size() {
        for (width, height, chart, readout, movers, attention, resources) in [
            (58, 12, 7, 1, 0, 0, 0),
            (78, 19, 7, 2, 4, 0, 0),
            (78, 20, 7, 2, 5, 0, 0),
            (118, 32, 15, 2, 9, 3, 0),
            (158, 44, 23, 2, 13, 8, 23),
            (198, 56, 24, 2, 24, 8, 35),
        ] {
            let parts = parts(Rect::new(0, 0, width, height), 0);
            let heights =
                [parts.chart, parts.readout, parts.movers, parts.attention, parts.resources].map(|p| p.height);
            assert_eq!(heights, [chart, readout, movers, attention, resources], "{width}x{height}");
        }
    }
}
