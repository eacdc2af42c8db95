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
/// those of rows beneath each other would run together.
#[must_use]
pub fn sparkline(values: &[Option<f64>], columns: usize, glyphs: &Glyphs) -> String {
    if columns == 0 {
        return String::new();
    }
    let piece = values.len().div_ceil(columns).max(1);
    // Whole pieces end at the newest value; the oldest piece may be smaller and is left out.
    let values = &values[values.len() % piece..];
    let pieces: Vec<Option<f64>> =
        values.chunks(piece).map(|c| c.iter().flatten().copied().reduce(|a, b| a + b)).collect();
    let most = pieces.iter().flatten().copied().fold(0.0, f64::max);
    let least = pieces.iter().flatten().copied().fold(f64::INFINITY, f64::min).max(0.0);
    let flat = pieces.len() > 1 && most - least < most * 0.02;
    let base = (2.0 * least - most).max(0.0);
    let mut out: String = pieces
        .iter()
        .map(|value| match value {
            None => ' ',
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
    fn sparklines_keep_unknown_apart_from_nothing() {
        let glyphs = Theme::of(&Env::default()).glyphs;
        let known = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        assert_eq!(sparkline(&known(&[0.0, 4.0, 8.0]), 3, &glyphs), "▁▄▇");
        assert_eq!(sparkline(&[None, Some(1.0)], 3, &glyphs), " ▄ ");
        assert_eq!(sparkline(&known(&[1.0, 1.0, 2.0, 2.0, 4.0, 4.0]), 3, &glyphs), "▂▄▇");
        assert_eq!(sparkline(&[], 2, &glyphs), "  ");
        assert_eq!(sparkline(&known(&[-1.0, 0.0]), 2, &glyphs), "▁▁");
        assert_eq!(sparkline(&known(&[100.0, 100.0, 101.0]), 3, &glyphs), "▄▄▄");
        assert_eq!(sparkline(&known(&[100.0, 110.0, 120.0]), 3, &glyphs), "▄▅▇");
    }
}
