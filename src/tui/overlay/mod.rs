//! What lies over a tab: help, lists to choose from, the filter's line.
//!
//! At most one at a time, which takes all keys that are not everywhere's. Knows no engine.

pub mod alerts;
mod budget_choice;
pub mod budget_form;
pub mod calendar;
pub mod calendar_view;
pub mod choice;
pub mod complete;
pub mod connect;
pub mod connect_view;
pub mod explain;
pub mod explain_view;
pub mod files;
pub mod filter;
pub mod following;
pub mod foot;
pub mod fuzzy;
pub mod help;
pub mod importing;
mod keys;
pub mod line;
pub mod link;
pub mod log;
pub mod note;
pub mod notice;
pub mod palette;
pub mod picker;
mod picker_view;
pub mod prompt;
pub mod syncing;
pub mod syncing_view;
pub mod whatif;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;

use super::action::Place;
use super::text::{put, put_at, rule};
use super::theme::{Role, Theme};
use crate::domain::words::counted;

/// An open overlay.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All keys, from the table of actions.
    Help(help::Help),
    /// Presets and days to choose from.
    Period(calendar::Calendar),
    /// A list to choose from.
    Pick(Box<picker::Picker<choice::Choice>>),
    /// The filter's line.
    Filter(filter::FilterLine),
    /// What a figure is and rests on.
    Explain(Box<explain::Explain>),
    /// What the Breakdown tab's rows must be like.
    Find(line::EditedLine),
    /// A line that the app asks for.
    Prompt(prompt::Prompt),
    /// Billing files to choose from.
    Files(files::FilePicker),
    /// An import under way, or what became of it.
    Importing(Box<importing::Importing>),
    /// A note's line.
    Note(note::NoteLine),
    /// A notice to read.
    Notice(notice::Notice),
    /// An address in a cloud's console.
    Link(Box<link::LinkBox>),
    /// How syncing stands, and its log.
    Syncing(Box<syncing::SyncLog>),
    /// A budget that is made or changed.
    BudgetForm(Box<budget_form::BudgetForm>),
    /// What if something else came.
    WhatIf(Box<whatif::WhatIf>),
    /// How alerts stand, and their log.
    Alerts(Box<alerts::AlertsPanel>),
    /// Connecting a cloud, a cluster or a folder.
    Connect(Box<connect::Wizard>),
}

impl Overlay {
    /// Whether it is the palette.
    #[must_use]
    pub fn is_palette(&self) -> bool {
        matches!(self, Overlay::Pick(list) if list.title == palette::TITLE)
    }

    /// Where keys go while it is open.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Overlay::Help(help) if help.is_searching() => Place::Line,
            Overlay::Help(_) => Place::Help,
            Overlay::Notice(_) => Place::Notice,
            Overlay::Explain(_) => Place::Explain,
            Overlay::Link(_) => Place::Link,
            Overlay::Syncing(_) => Place::Syncing,
            Overlay::Alerts(_) => Place::Alerts,
            Overlay::Connect(wizard) => wizard.place(),
            Overlay::Period(_) => Place::Calendar,
            Overlay::Pick(list) if list.takes_several() => Place::Several,
            Overlay::Pick(list) if list.item().is_some_and(|i| matches!(i.value, choice::Choice::Lens(_))) => {
                Place::Lenses
            }
            Overlay::Pick(_) => Place::Picker,
            Overlay::Filter(_) => Place::Filter,
            Overlay::Find(_) | Overlay::Note(_) | Overlay::Prompt(_) => Place::Line,
            Overlay::BudgetForm(_) => Place::Form,
            Overlay::WhatIf(_) => Place::Line,
            Overlay::Files(_) => Place::Files,
            Overlay::Importing(importing) if importing.is_over() => Place::Imported,
            Overlay::Importing(_) => Place::Importing,
        }
    }
}

/// Makes what lies under an overlay recede, so that the overlay needs no frame.
pub fn recede(area: Rect, buf: &mut Buffer, theme: &Theme) {
    let signs = Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED;
    let style = theme.style(Role::Muted).bg(Color::Reset).remove_modifier(signs);
    let area = area.intersection(buf.area);
    for at in area.positions() {
        let Some(cell) = buf.cell_mut(at) else { continue };
        // A bar's edge between two colours: both are one now.
        let sign = cell.symbol().chars().next().unwrap_or(' ');
        let of_a_bar = sign == theme.glyphs.previous || theme.glyphs.heights.contains(&sign);
        // In ASCII a bar has no edge, and its signs are a text's as well.
        if theme.glyphs.two_colours && cell.bg != Color::Reset && of_a_bar {
            cell.set_char(theme.glyphs.heights[7]);
        }
        cell.set_style(style);
    }
}

/// Clears an overlay's area and a column of air at its sides.
fn clear(area: Rect, buf: &mut Buffer) {
    let x = area.x.saturating_sub(1);
    let air = Rect { x, width: area.right() + 1 - x, ..area };
    Clear.render(air.intersection(buf.area), buf);
}

/// What of a box lies inside its sides.
fn inside(area: Rect) -> Rect {
    Rect { x: area.x + u16::from(area.width > 4), width: area.width.saturating_sub(2), ..area }
}

/// Columns beside a box in which what lies under it can still be read.
const READABLE: u16 = 20;

/// A box with what is cleared around it, of all that lies under it: its sides, where too little of what is
/// there would be seen to be read, and then a line of air below it. Beside a box as high as all of it
/// nothing is whole.
fn cleared(area: Rect, under: Rect) -> Rect {
    let beside = area.x.saturating_sub(under.x).max(under.right().saturating_sub(area.right()));
    if area.height < under.height && beside >= READABLE {
        return area;
    }
    let height = area.height + u16::from(area.bottom() < under.bottom());
    Rect { x: under.x, width: under.width, height, ..area }
}

/// Clears a box over what lies under it and draws its upper rule; returns what of it is seen, and what of
/// that lies inside its sides.
fn begin_box(area: Rect, under: Rect, buf: &mut Buffer, theme: &Theme) -> (Rect, Rect) {
    let area = area.intersection(buf.area);
    clear(cleared(area, under.intersection(buf.area)), buf);
    rule(buf, area, 0, theme);
    (area, inside(area))
}

/// Draws a box's lower rule, over what has no room above it.
fn end_box(area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.height > 1 {
        rule(buf, area, area.height - 1, theme);
    }
}

/// One line of a box, span by span.
type Spans = Vec<(String, Role)>;

/// Draws those of a box's lines that there is room for under its upper rule, from one on, with the selected one
/// marked; then its lower rule, with how many there are below.
fn box_lines<'a>(
    (area, inner): (Rect, Rect),
    lines: impl ExactSizeIterator<Item = &'a Spans>,
    (first, selected): (usize, Option<usize>),
    buf: &mut Buffer,
    theme: &Theme,
) {
    let (height, count) = (usize::from(area.height.saturating_sub(2)), lines.len());
    for (at, spans) in lines.enumerate().skip(first).take(height) {
        let y = (at - first) as u16 + 1;
        let spans = spans.iter().map(|(text, role)| Span::styled(text.as_str(), theme.style(*role)));
        put(buf, inner, y, &Line::from(spans.collect::<Vec<_>>()));
        if Some(at) == selected {
            let line = Rect { y: area.y + y, height: 1, ..inner };
            buf.set_style(line, theme.style(Role::Selected));
            let mark = Span::styled(theme.glyphs.marks.0, theme.style(Role::Accent));
            put_at(buf, area, 0, y, &Line::from(mark));
        }
    }
    end_box(area, buf, theme);
    let below = count.saturating_sub(first + height);
    if area.height > 1 && below > 0 {
        let text = format!(" {} below ", counted(below as u64, "line", "lines"));
        put_at(buf, inner, 0, area.height - 1, &Line::from(Span::styled(text, theme.style(Role::Muted))));
    }
}

/// A text whose graphemes at `positions` are marked as what matched.
fn emphasised(text: &str, positions: &[u32], role: Role, theme: &Theme) -> Vec<Span<'static>> {
    let plain = theme.style(role);
    let found = plain.patch(theme.style(Role::Match));
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut last = None;
    for (at, grapheme) in text.graphemes(true).enumerate() {
        let hit = positions.binary_search(&(at as u32)).is_ok();
        match spans.last_mut() {
            Some(span) if last == Some(hit) => span.content.to_mut().push_str(grapheme),
            _ => spans.push(Span::styled(grapheme.to_owned(), if hit { found } else { plain })),
        }
        last = Some(hit);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scraps_are_left_around_a_box() {
        let under = Rect::new(0, 0, 120, 35);
        for (area, want) in [
            (Rect::new(40, 10, 40, 12), Rect::new(40, 10, 40, 12)),
            (Rect::new(10, 10, 100, 12), Rect::new(0, 10, 120, 13)),
            (Rect::new(40, 0, 40, 35), under),
            (Rect::new(10, 1, 100, 34), Rect::new(0, 1, 120, 34)),
            (Rect::new(0, 0, 120, 20), Rect::new(0, 0, 120, 21)),
        ] {
            assert_eq!(cleared(area, under), want, "{area:?}");
        }
    }
}
