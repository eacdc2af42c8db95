//! The signs that are drawn, each with an ASCII twin, and what charts are drawn with.
//!
//! Knows no colour and nothing of what is drawn.

use crate::config::{AmbiguousWidth, Charts, Screen};

/// The signs that are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Whether all signs are ASCII.
    pub ascii: bool,
    /// Whether nothing but ASCII may reach the terminal, names from outside included.
    pub only_ascii: bool,
    /// Whether characters of ambiguous width take two columns.
    pub wide: bool,
    /// Between parts of a sentence.
    pub dot: &'static str,
    /// Between crumbs.
    pub crumb: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// A rule's piece.
    pub rule: char,
    /// Costs more, costs less.
    pub change: (&'static str, &'static str),
    /// Sorted upwards, sorted downwards.
    pub order: (&'static str, &'static str),
    /// Before the selected row, and before a marked one.
    pub marks: (&'static str, &'static str),
    /// The text cursor's key, Enter.
    pub enter: &'static str,
    /// Of charts: the vertical axis, and the corner where it meets the other.
    pub axis: (char, char),
    /// The comparison's line in a chart.
    pub previous: char,
    /// In its place where it lies above the chart.
    pub beyond: char,
    /// Days that may still change.
    pub hatch: char,
    /// Days that have not come.
    pub ahead: char,
    /// The interval of what is foretold.
    pub interval: char,
    /// Under the selected day.
    pub cursor: char,
    /// On a day that something is written down about.
    pub note: char,
    /// Heights of an eighth to eight eighths.
    pub heights: [char; 8],
    /// Whether a cell can hold two layers: its sign in one colour on the other.
    pub two_colours: bool,
    /// Widths of an eighth to eight eighths.
    pub widths: [char; 8],
    /// What stands for a layer in a legend.
    pub swatch: char,
    /// What tells layers apart where colour does not.
    pub fills: [char; 7],
}

pub(super) const UNICODE: Glyphs = Glyphs {
    ascii: false,
    only_ascii: false,
    wide: false,
    dot: "·",
    crumb: "›",
    ellipsis: "…",
    rule: '─',
    change: ("▲", "▼"),
    order: ("↑", "↓"),
    marks: ("▌", "✓"),
    enter: "↵",
    axis: ('│', '└'),
    previous: '·',
    beyond: '↑',
    hatch: '▒',
    ahead: '░',
    interval: '│',
    cursor: '▲',
    note: '◆',
    heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    two_colours: true,
    widths: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
    swatch: '■',
    fills: ['█', '▓', '░', '▚', '▤', '▥', '▧'],
};

pub(super) const ASCII: Glyphs = Glyphs {
    ascii: true,
    only_ascii: true,
    wide: false,
    dot: "|",
    crumb: ">",
    ellipsis: "~",
    rule: '-',
    change: ("+", "-"),
    order: ("^", "v"),
    marks: (">", "*"),
    enter: "Enter",
    axis: ('|', '+'),
    previous: '.',
    beyond: '^',
    hatch: ':',
    ahead: '~',
    interval: '|',
    cursor: '^',
    note: '*',
    heights: ['_', '_', '.', '.', '-', '-', '=', '#'],
    two_colours: false,
    widths: [' ', ' ', ' ', '-', '-', '=', '=', '#'],
    swatch: '#',
    fills: ['#', '=', '%', 'o', '*', '+', '@'],
};

impl Glyphs {
    /// The signs for a terminal that shows ASCII only, or more, as the config wants them.
    #[must_use]
    pub fn of(only_ascii: bool, screen: &Screen) -> Glyphs {
        let wide = screen.ambiguous_width == AmbiguousWidth::Wide && !only_ascii;
        let signs = if only_ascii || wide { Glyphs { only_ascii, wide, ..ASCII } } else { UNICODE };
        match screen.charts {
            _ if only_ascii => signs,
            Charts::Auto => signs,
            // Braille is narrow everywhere.
            Charts::Braille => signs.with_braille(),
            Charts::Block if wide => signs,
            Charts::Block => signs.with_charts_of(&UNICODE),
            Charts::Ascii => signs.with_charts_of(&ASCII),
        }
    }

    /// Whether charts are drawn in ASCII, whose signs have no heights that could be told apart.
    #[must_use]
    pub fn ascii_charts(&self) -> bool {
        self.fills[0].is_ascii()
    }

    /// The same signs where colour tells layers apart, or none does: there what hatches is not one of the
    /// shades that fill.
    #[must_use]
    pub fn coloured(self, colours: bool) -> Glyphs {
        let hatch = match (self.hatch, colours) {
            ('▒', false) => '╱',
            ('╱', true) => '▒',
            (other, _) => other,
        };
        let ahead = match (self.ahead, colours) {
            ('░', false) => '┊',
            ('┊', true) => '░',
            (other, _) => other,
        };
        Glyphs { hatch, ahead, ..self }
    }

    fn with_charts_of(self, other: &Glyphs) -> Glyphs {
        let Glyphs { axis, previous, beyond, hatch, ahead, interval, cursor, note, .. } = *other;
        let Glyphs { heights, two_colours, widths, swatch, fills, .. } = *other;
        let marks = Glyphs { axis, previous, beyond, hatch, ahead, interval, cursor, note, ..self };
        Glyphs { heights, two_colours, widths, swatch, fills, ..marks }
    }

    /// Charts of dots, four to a cell's height and two to its width.
    fn with_braille(self) -> Glyphs {
        Glyphs {
            previous: '⠒',
            hatch: '⢕',
            ahead: '⠂',
            interval: '⡇',
            heights: ['⣀', '⣀', '⣤', '⣤', '⣶', '⣶', '⣿', '⣿'],
            two_colours: false,
            widths: ['⡀', '⡄', '⡆', '⡇', '⡇', '⣇', '⣧', '⣿'],
            fills: ['⣿', '⣭', '⠭', '⡪', '⠶', '⢸', '⠿'],
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar;

    use super::*;
    use crate::config::Config;

    fn with(charts: Charts, ambiguous_width: AmbiguousWidth) -> Screen {
        Screen { charts, ambiguous_width, ..Config::default().screen }
    }

    /// Every sign of a set, as one text.
    fn all(g: &Glyphs) -> String {
        let words = [g.dot, g.crumb, g.ellipsis, g.change.0, g.change.1, g.order.0, g.order.1, g.marks.0, g.marks.1];
        let mut text = words.concat() + g.enter;
        text.extend([g.rule, g.axis.0, g.axis.1, g.previous, g.hatch, g.ahead, g.interval, g.cursor, g.note, g.swatch]);
        text.extend(g.heights.iter().chain(&g.widths).chain(&g.fills));
        text
    }

    #[test]
    fn signs_follow_the_terminal_first_and_then_the_config() {
        use AmbiguousWidth::{Narrow, Wide};
        for (ascii, charts, width, dot, height) in [
            (false, Charts::Auto, Narrow, "·", '▄'),
            (false, Charts::Block, Narrow, "·", '▄'),
            (false, Charts::Braille, Narrow, "·", '⣤'),
            (false, Charts::Ascii, Narrow, "·", '.'),
            (false, Charts::Auto, Wide, "|", '.'),
            (false, Charts::Block, Wide, "|", '.'),
            (false, Charts::Braille, Wide, "|", '⣤'),
            (true, Charts::Auto, Narrow, "|", '.'),
            (true, Charts::Braille, Wide, "|", '.'),
        ] {
            let glyphs = Glyphs::of(ascii, &with(charts, width));
            assert_eq!((glyphs.dot, glyphs.heights[3]), (dot, height), "{ascii} {charts:?} {width:?}");
            assert_eq!(glyphs.only_ascii, ascii);
        }
    }

    #[test]
    fn every_sign_has_the_width_that_layout_counts_on() {
        for charts in [Charts::Auto, Charts::Block, Charts::Braille, Charts::Ascii] {
            let narrow = Glyphs::of(false, &with(charts, AmbiguousWidth::Narrow));
            assert!(all(&narrow).chars().all(|c| c.width() == Some(1)), "{charts:?}");
            let wide = Glyphs::of(false, &with(charts, AmbiguousWidth::Wide));
            assert!(all(&wide).chars().all(|c| c.width_cjk() == Some(1)), "{charts:?}");
            assert!(all(&Glyphs::of(true, &with(charts, AmbiguousWidth::Narrow))).is_ascii());
        }
    }
}
