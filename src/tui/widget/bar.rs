//! Bars and sparklines of one row, in eighths of a column or of a row's height.
//!
//! Knows glyphs only.

use crate::tui::theme::Glyphs;

/// A bar that fills a share of `columns`, padded to them. Something above nothing is seen.
#[must_use]
pub fn bar(share: f64, columns: usize, glyphs: &Glyphs) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * columns as f64 * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    let mut out: String = std::iter::repeat_n(glyphs.widths[7], eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        out.push(glyphs.widths[eighths % 8 - 1]);
    }
    let used = eighths.div_ceil(8);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// The newest `columns` of a series as heights; a space where nothing is known. A longer series
/// is added up in equal pieces. Heights start below the least value, so that a shape is seen where
/// everything is high; a series without change is drawn at half height. None is a whole row high, or
/// those of rows beneath each other would run together. What may still change, from `open_from` on, has no
/// height: what has not come yet would look like a fall.
#[must_use]
pub fn sparkline(values: &[Option<f64>], open_from: usize, columns: usize, glyphs: &Glyphs) -> String {
    if columns == 0 {
        return String::new();
    }
    let piece = values.len().div_ceil(columns).max(1);
    // Whole pieces end at the newest value; the oldest piece may be smaller and is left out.
    let skipped = values.len() % piece;
    let pieces: Vec<Option<f64>> =
        values[skipped..].chunks(piece).map(|c| c.iter().flatten().copied().reduce(|a, b| a + b)).collect();
    let settled = open_from.saturating_sub(skipped) / piece;
    // Where nothing is settled, what is known has a shape of its own.
    let settled = if pieces.iter().take(settled).flatten().next().is_some() { settled } else { pieces.len() };
    let known = || pieces.iter().take(settled).flatten().copied();
    let (most, least) = (known().fold(0.0, f64::max), known().fold(f64::INFINITY, f64::min).max(0.0));
    let flat = pieces.len() > 1 && most - least < most * 0.02;
    let base = (least - (most - least) / 2.0).max(0.0);
    let mut out: String = pieces
        .iter()
        .enumerate()
        .map(|(at, value)| match value {
            None => ' ',
            Some(_) if at >= settled => glyphs.hatch,
            Some(_) if most <= 0.0 => glyphs.heights[0],
            Some(_) if flat => glyphs.heights[3],
            Some(v) => glyphs.heights[(((v - base) / (most - base) * 7.0).round() as usize).clamp(1, 7) - 1],
        })
        .collect();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(pieces.len())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Env, Theme};

    #[test]
    fn bars_fill_their_share() {
        let glyphs = Theme::of(&Env::default()).glyphs;
        for (share, want) in [
            (0.0, "    "),
            (1.0, "████"),
            (0.5, "██  "),
            (0.001, "▏   "),
            (0.53, "██▏ "),
            (f64::NAN, "    "),
            (7.0, "████"),
        ] {
            assert_eq!(bar(share, 4, &glyphs), want, "{share}");
        }
    }

    #[test]
    fn what_may_still_change_is_no_fall() {
        let glyphs = Theme::of(&Env::default()).glyphs;
        let values = [Some(100.0), Some(110.0), Some(120.0), Some(9.0), None];
        assert_eq!(sparkline(&values, 3, 5, &glyphs), "▂▅▇▒ ");
        assert_eq!(sparkline(&values, 3, 3, &glyphs), "▄▒ ", "a piece that is open in part is open");
        assert_eq!(sparkline(&values[..2], 0, 2, &glyphs), "▂▇", "nothing is settled");
    }

    #[test]
    fn sparklines_keep_unknown_apart_from_nothing() {
        let glyphs = Theme::of(&Env::default()).glyphs;
        let known = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        let drawn = |values: &[Option<f64>], columns| sparkline(values, values.len(), columns, &glyphs);
        assert_eq!(drawn(&known(&[0.0, 4.0, 8.0]), 3), "▁▄▇");
        assert_eq!(drawn(&[None, Some(1.0)], 3), " ▄ ");
        assert_eq!(drawn(&known(&[1.0, 1.0, 2.0, 2.0, 4.0, 4.0]), 3), "▂▄▇");
        assert_eq!(drawn(&[], 2), "  ");
        assert_eq!(drawn(&known(&[-1.0, 0.0]), 2), "▁▁");
        assert_eq!(drawn(&known(&[100.0, 100.0, 101.0]), 3), "▄▄▄");
        assert_eq!(drawn(&known(&[100.0, 110.0, 120.0]), 3), "▂▅▇");
    }
}
