//! A series as bars in front of the band that was expected of it: what stands out of it has another colour and
//! another sign, and its days are marked on the floor.
//!
//! Knows days and amounts, not what is told of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::money::short;
use crate::domain::money::Amount;
use crate::engine::answer::DayOf;
use crate::tui::tab::short_day;
use crate::tui::text::{put_at, right, width};
use crate::tui::theme::{Role, Theme};

/// Columns of the figures at the axis, with it.
const AXIS: u16 = 7;
/// Rows under the bars: the floor and its labels.
const FLOOR: u16 = 2;
/// Columns of a day at most, its gap among them.
const SLOT_MOST: u16 = 4;

/// The scale of a chart: values as eighths of a row above its floor.
struct Scale {
    least: f64,
    most: f64,
    rows: u16,
}

impl Scale {
    fn of(days: &[DayOf], rows: u16) -> Scale {
        let costs = days.iter().filter_map(|day| day.cost);
        let bands = days.iter().filter_map(|day| day.band).flatten();
        let values: Vec<f64> = costs.chain(bands).map(Amount::to_f64).collect();
        let least = values.iter().copied().fold(0.0, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        Scale { least, most: if most > least { most } else { least + 1.0 }, rows }
    }

    fn eighths(&self, value: Amount) -> i64 {
        let share = (value.to_f64() - self.least) / (self.most - self.least);
        (share * f64::from(self.rows) * 8.0).round() as i64
    }
}

/// Draws the days that there is room for, the last ones, in an area; nothing where it is too small.
pub fn draw(days: &[DayOf], rises: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.height < FLOOR + 2 || area.width < AXIS + 8 || days.is_empty() {
        return;
    }
    let columns = area.width - AXIS;
    let days = &days[days.len().saturating_sub(usize::from(columns))..];
    let slot = (columns / days.len() as u16).clamp(1, SLOT_MOST);
    let rows = area.height - FLOOR;
    let scale = Scale::of(days, rows);
    let plot = Plot { scale: &scale, rises, slot, x: area.x + AXIS, area, theme };
    for (at, day) in days.iter().enumerate() {
        plot.day(at as u16, day, buf);
    }
    let muted = theme.style(Role::Muted);
    for row in 0..rows {
        let label = match row {
            0 => short(scale.most),
            _ if row + 1 == rows => short(scale.least),
            _ => String::new(),
        };
        let text = right(&label, usize::from(AXIS) - 2, "") + " " + &theme.glyphs.axis.0.to_string();
        put_at(buf, area, 0, row, &Line::from(Span::styled(text, muted)));
    }
    plot.floor(days, rows, buf);
}

struct Plot<'a> {
    scale: &'a Scale,
    rises: bool,
    slot: u16,
    x: u16,
    area: Rect,
    theme: &'a Theme,
}

impl Plot<'_> {
    /// The sign and the look of one row of a day: `from` is its lower end in eighths.
    fn cell(&self, day: &DayOf, from: i64) -> Option<(char, Style)> {
        let glyphs = &self.theme.glyphs;
        let band = day.band.map(|[lower, _, upper]| (self.scale.eighths(lower), self.scale.eighths(upper)));
        let top = day.cost.map_or(0, |cost| self.scale.eighths(cost));
        let out = if self.rises { Role::Warm } else { Role::Cool };
        if top > from {
            let beyond = day.anomalous && self.rises && band.is_some_and(|(_, upper)| from >= upper);
            let role = match day {
                _ if beyond || day.anomalous && !self.rises => out,
                day if day.unsettled => Role::Unsure,
                _ => Role::Muted,
            };
            let whole = if beyond { glyphs.fills[1] } else { glyphs.fills[0] };
            let sign = if top - from >= 8 { whole } else { glyphs.heights[(top - from - 1).clamp(0, 7) as usize] };
            return Some((sign, self.theme.style(role)));
        }
        let (lower, upper) = band?;
        (lower < from + 8 && upper > from).then(|| (glyphs.hatch, self.theme.style(Role::Muted)))
    }

    fn day(&self, at: u16, day: &DayOf, buf: &mut Buffer) {
        let bar = if self.slot > 1 { self.slot - 1 } else { 1 };
        for row in 0..self.scale.rows {
            let from = i64::from(self.scale.rows - 1 - row) * 8;
            let Some((sign, style)) = self.cell(day, from) else { continue };
            for column in 0..bar {
                let place = (self.x + at * self.slot + column, self.area.y + row);
                if let Some(cell) = buf.cell_mut(place) {
                    cell.set_char(sign).set_style(style);
                }
            }
        }
    }

    /// The floor, with a mark under each day of the anomaly, and the days at its ends.
    fn floor(&self, days: &[DayOf], row: u16, buf: &mut Buffer) {
        let glyphs = &self.theme.glyphs;
        let muted = self.theme.style(Role::Muted);
        let columns = usize::from(self.slot) * days.len();
        let corner = " ".repeat(usize::from(AXIS) - 1) + &glyphs.axis.1.to_string();
        put_at(
            buf,
            self.area,
            0,
            row,
            &Line::from(Span::styled(corner + &glyphs.rule.to_string().repeat(columns), muted)),
        );
        let mark = Line::from(Span::styled(glyphs.note.to_string(), self.theme.style(Role::Unsure)));
        for (at, _) in days.iter().enumerate().filter(|(_, day)| day.anomalous) {
            put_at(buf, self.area, AXIS + at as u16 * self.slot, row, &mark);
        }
        let first = days.iter().position(|day| day.anomalous);
        let mut free = 0;
        for at in [Some(0), first, days.len().checked_sub(1)].into_iter().flatten() {
            let text = short_day(days[at].day);
            let columns = usize::from(self.area.width - AXIS);
            let from = (at * usize::from(self.slot)).min(columns.saturating_sub(width(&text)));
            if from >= free {
                let label = Line::from(Span::styled(text.clone(), muted));
                put_at(buf, self.area, AXIS + from as u16, row + 1, &label);
                free = from + width(&text) + 2;
            }
        }
    }
}
