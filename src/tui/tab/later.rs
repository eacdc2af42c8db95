//! The tabs that are still to come: each says what it will show and what it will need.
//!
//! Knows no engine.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Tab;
use crate::tui::keymap::Keymap;
use crate::tui::text::paragraph;
use crate::tui::theme::{Role, Theme};

/// What a tab will show, and what it needs.
fn sentences(tab: Tab) -> (&'static str, &'static str) {
    match tab {
        Tab::Recommendations => (
            "Recommendations will list what could be saved, how sure that is, and the command that does it.",
            "It needs an inventory of resources, which this version does not read yet.",
        ),
        Tab::Leaderboard => (
            "Leaderboard will rank teams by verified savings, handled findings and tagged spend.",
            "It needs savings that were verified and findings that were handled, which this version does not know yet.",
        ),
        Tab::Spend | Tab::Breakdown | Tab::Budgets | Tab::Anomalies => ("", ""),
    }
}

/// Draws the tab.
pub fn draw(tab: Tab, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let (shows, needs) = sentences(tab);
    let narrow = Rect { width: area.width.min(76), ..area };
    let next = paragraph(buf, narrow, 0, shows, theme.style(Role::Text));
    let next = paragraph(buf, narrow, next, needs, theme.style(Role::Muted));
    let until = keymap.say("Until then: {show-spend} shows spend, {show-breakdown} breaks it down.");
    paragraph(buf, narrow, next + 1, &until, theme.style(Role::Muted));
}
