//! The costliest resources, beside the days that they are held against.
//!
//! Draws only the rows that are seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::state::Pane;
use super::timeline::heading;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{SpendDetails, TopResource};
use crate::report::words;
use crate::tui::keymap::Keymap;
use crate::tui::tab::label;
use crate::tui::text::{left, put, put_at, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of a change's share.
const PERCENT: usize = 8;
/// Columns of an amount at most.
const COST_MAX: usize = 16;

/// What a resource is called: its name, or its id.
#[must_use]
pub fn name(resource: &TopResource) -> SafeText {
    label(&Dimension::Resource, &resource.id, resource.name.as_ref())
}

/// A filter and the demand that charges are of one resource, and of no other that is listed.
#[must_use]
pub fn narrowed(filter: &Filter, details: &SpendDetails, resource: &TopResource) -> Filter {
    let others = details.resources.iter().filter(|other| other.id != resource.id).map(|other| other.id.raw());
    filter.and(Dimension::Resource, resource.id.raw(), others)
}

/// Draws heading and rows; places stay blank while the details are on their way.
pub fn draw(
    state: &State,
    details: Option<&SpendDetails>,
    keymap: &Keymap,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    heading("Top resources", state.focus == Pane::Resources, area, buf, theme);
    let muted = theme.style(Role::Muted);
    let Some(details) = details else {
        let words = state.details.error.as_ref().map_or("loading", |_| "cannot be read: {redraw} asks again");
        let words = keymap.say(words);
        return put(buf, area, 1, &Line::from(Span::styled(words, muted)));
    };
    if details.resources.is_empty() {
        return put(buf, area, 1, &Line::from(Span::styled("no charge names a resource", muted)));
    }
    let count = format!("{} of {}", details.resources.len(), words::count(details.resources_total));
    put_at(buf, area, area.width.saturating_sub(width(&count) as u16), 0, &Line::from(Span::styled(count, muted)));
    let places = money::places(&details.currency);
    let costs = details.resources.iter().map(|r| r.figure.amount).chain([details.without_resource]);
    let cost = costs.map(|c| width(&money::amount(c, places))).max().unwrap_or_default().min(COST_MAX) + 1;
    let columns = usize::from(area.width).saturating_sub(cost + PERCENT + 2);
    let amount = |value: Option<Amount>| right(&money::amount_in(value, places, cost), cost, "");
    let selected = state.resource(details);
    // The last row is of what lies in no resource.
    let room = usize::from(area.height).saturating_sub(2);
    let first = selected.map_or(0, |at| (at + 1).saturating_sub(room));
    let mut row = 1;
    for (at, resource) in details.resources.iter().enumerate().skip(first).take(room) {
        let (role, sign) = money::direction(&resource.figure, &theme.glyphs);
        let mark = if selected == Some(at) { theme.glyphs.marks.0 } else { sign };
        let spans = vec![
            Span::styled(left(mark, 2, ""), theme.style(role)),
            Span::raw(left(&name(resource), columns, theme.glyphs.ellipsis)),
            Span::raw(amount(resource.figure.amount)),
            // The mark has its colour: a second change of it on every row would be bytes on a slow line.
            Span::raw(right(&money::percent_cell(&resource.figure), PERCENT, "")),
        ];
        put(buf, area, row, &Line::from(spans));
        if selected == Some(at) {
            let bar = Rect { y: area.y + row, height: 1, ..area };
            buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
        }
        row += 1;
    }
    if details.without_resource.is_some() {
        let spans = vec![
            Span::raw("  "),
            Span::styled(left("in no resource", columns, ""), muted),
            Span::styled(amount(details.without_resource), muted),
        ];
        put(buf, area, row, &Line::from(spans));
    }
}
