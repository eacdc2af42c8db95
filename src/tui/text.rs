//! Text cut and padded to columns, and lines put where there is room.
//!
//! Widths are of the display: a wide character takes two columns, a combining one none. Knows
//! nothing of what the text says; what came from outside must already be [`SafeText`].
//!
//! [`SafeText`]: crate::domain::text::SafeText

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::{Role, Theme};

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to `columns`, with `ellipsis` as its last sign where something was cut.
#[must_use]
pub fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    if columns >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// The end of a text that is seen in `columns`, after `ellipsis` where something was cut.
#[must_use]
pub fn cut_start(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let (mut from, mut used) = (text.len(), 0);
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > room {
            break;
        }
        from = at;
    }
    let sign = if columns >= ellipsis.width() { ellipsis } else { "" };
    format!("{sign}{}", &text[from..])
}

/// The text cut to `columns` between two words, with `ellipsis` after the last that fits; a word that
/// is longer by itself is cut.
#[must_use]
pub fn cut_words(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width() + 1);
    let ends = text.match_indices(' ').map(|(at, _)| at).take_while(|at| text[..*at].width() <= room);
    match ends.last() {
        Some(end) => format!("{} {ellipsis}", text[..end].trim_end_matches([',', ':', ';'])),
        None => cut(text, columns, ellipsis),
    }
}

/// The text in exactly `columns`, at the left.
#[must_use]
pub fn left(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut out = cut(text, columns, ellipsis);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(out.width())));
    out
}

/// The text in exactly `columns`, at the right.
#[must_use]
pub fn right(text: &str, columns: usize, ellipsis: &str) -> String {
    let text = cut(text, columns, ellipsis);
    let mut out = " ".repeat(columns.saturating_sub(text.width()));
    out.push_str(&text);
    out
}

/// Puts a line on a row of an area; what does not fit is left out.
pub fn put(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    put_at(buf, area, 0, row, line);
}

/// Puts a line on a row of an area, from a column on.
pub fn put_at(buf: &mut Buffer, area: Rect, column: u16, row: u16, line: &Line<'_>) {
    let area = area.intersection(buf.area);
    if row < area.height && column < area.width {
        buf.set_line(area.x + column, area.y + row, line, area.width - column);
    }
}

/// Puts text into an area as a paragraph: broken between words, at most `rows` rows from `row`
/// on. Returns the row after it.
pub fn paragraph(buf: &mut Buffer, area: Rect, row: u16, text: &str, style: Style) -> u16 {
    let mut at = row;
    for line in wrap(text, usize::from(area.width)) {
        if at >= area.height {
            break;
        }
        put(buf, area, at, &Line::from(Span::styled(line, style)));
        at += 1;
    }
    at
}

/// Breaks a text between words, and a word that is longer than a row wherever the row ends. What is
/// wider than a row by itself is left out.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        if used > 0 && used + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for (grapheme, width) in word.graphemes(true).map(|g| (g, g.width())).filter(|(_, width)| *width <= columns) {
            if used + width > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += width;
        }
    }
    lines.push(line);
    lines
}

/// Puts a rule over the whole width of a row.
pub fn rule(buf: &mut Buffer, area: Rect, row: u16, theme: &Theme) {
    let line = theme.glyphs.rule.to_string().repeat(usize::from(area.width));
    put(buf, area, row, &Line::from(Span::styled(line, theme.style(Role::Muted))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_display_width() {
        for (text, columns, want) in [
            ("prod", 4, "prod"),
            ("production", 6, "produ…"),
            ("本番環境", 5, "本番…"),
            ("本番環境", 4, "本…"),
            ("cafe\u{301}s", 4, "caf…"),
            ("x", 0, ""),
            ("xy", 1, "…"),
        ] {
            let cut = cut(text, columns, "…");
            assert_eq!(cut, want, "{text} in {columns}");
            assert!(cut.width() <= columns);
        }
        for (columns, want) in [(12, "/srv/本番/a"), (8, "…/本番/a"), (6, "…番/a"), (1, "…"), (0, "")] {
            assert_eq!(cut_start("/srv/本番/a", columns, "…"), want, "{columns}");
        }
        assert_eq!(left("本番", 6, "…"), "本番  ");
        assert_eq!(right("1.00", 6, "…"), "  1.00");
    }

    #[test]
    fn wraps_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("an unbreakable 本番環境 x", 4), ["an", "unbr", "eaka", "ble", "本番", "環境", "x"]);
        assert!(wrap("a b", 0).iter().all(|l| l.trim().is_empty()));
    }
}
