//! Which columns a table of rows has room for, and how wide they are.
//!
//! Pure arithmetic on widths. Knows an answer's texts only by their measures, which are taken once
//! an answer, so that nothing moves while one scrolls.

use super::state::value;
use super::units;
use crate::domain::lens::DIMENSIONS_MAX;
use crate::domain::money::Amount;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure};
use crate::tui::tab;
use crate::tui::text::width;
use crate::tui::widget::money;

/// Columns of the marks before a row.
pub const MARKS: usize = 3;
/// Columns between a name and what follows it.
pub const GAP: usize = 2;
/// Columns that names should have before another column is worth showing: the first, each further.
const NAME_LEAST: usize = 22;
const FURTHER_LEAST: usize = 14;
const NAME_MOST: usize = 46;

/// How wide an answer's texts are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Measures {
    /// Its amounts, with a column before them.
    pub money: usize,
    /// The values of each dimension, or its title.
    pub names: [usize; DIMENSIONS_MAX],
    /// How many dimensions there are.
    pub dimensions: usize,
    /// The amounts of pieces of time with a gap and a sign before them, and their decimals.
    pub cell: usize,
    /// Decimals of the amounts of pieces of time: none where they are large.
    pub cell_places: u32,
}

/// Columns of the amount of a piece of time at most.
const CELL_MOST: usize = 12;
/// Units from which the amounts of pieces of time have no decimals.
const LARGE: f64 = 100.0;

impl Measures {
    /// Measures an answer.
    #[must_use]
    pub fn of(answer: &BreakdownAnswer) -> Measures {
        let figures = answer.rows.iter().map(|r| r.figure).chain([answer.total]);
        let largest = |f: Figure| [f.amount, f.previous].into_iter().flatten().map(Amount::abs).max();
        let most = figures.filter_map(largest).max().unwrap_or_default();
        let money = (width(&most.grouped(money::places(&answer.currency))) + 1).clamp(10, 24);
        let mut names = [0; DIMENSIONS_MAX];
        let pending = answer.pending.as_ref();
        let earlier = |row: &BreakdownRow| pending.and_then(|pending| pending.earlier(row.through));
        for (at, (longest, by)) in names.iter_mut().zip(&answer.by).enumerate() {
            // Beside the last of them stands which days are compared, where those are other ones.
            let days =
                answer.rows.iter().filter_map(|row| Some(width(&tab::compared_to(earlier(row)?, answer.period)) + 1));
            let days = if at + 1 == answer.by.len() { days.max().unwrap_or_default() } else { 0 };
            let values = answer.rows.iter().map(|row| width(value(answer, row, at).as_str()) + days);
            // The heading has the sign of the order beside it.
            *longest = values.max().unwrap_or_default().max(width(&by.title()) + 2);
        }
        let pieces = answer.rows.iter().flat_map(|row| row.trend.iter().flatten().map(|cost| cost.abs()));
        let most = pieces.max().unwrap_or_default();
        let cell_places = if most.to_f64() < LARGE { money::places(&answer.currency) } else { 0 };
        // A total of all rows is larger than the largest of them, mostly by a digit.
        let cell = (width(&most.grouped(cell_places)) + 1).clamp(5, CELL_MOST) + 3;
        Measures { money, names, dimensions: answer.by.len().min(DIMENSIONS_MAX), cell, cell_places }
    }
}

/// How wide each column is; nothing where it has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Columns {
    /// The values of each dimension, the gap after them included.
    pub names: [usize; DIMENSIONS_MAX],
    /// The cost.
    pub cost: usize,
    /// The share of the total as a bar.
    pub bar: usize,
    /// The share of the total in percent.
    pub share: usize,
    /// The cost that it is held against.
    pub previous: usize,
    /// The change behind its sign.
    pub change: usize,
    /// The change in percent.
    pub percent: usize,
    /// The course of the cost.
    pub trend: usize,
    /// The price of one.
    pub price: usize,
    /// The quantity with its unit.
    pub quantity: usize,
}

impl Columns {
    /// The columns for a width; those of a comparison only where something is compared.
    #[must_use]
    pub fn of(width: usize, measures: &Measures, compared: bool) -> Columns {
        let money = measures.money;
        let mut columns = Columns { cost: money, ..Columns::default() };
        let mut left = width.saturating_sub(MARKS + money);
        let least = NAME_LEAST + FURTHER_LEAST * measures.dimensions.saturating_sub(1);
        let mut take = |column: &mut usize, wanted: usize, worth: bool| {
            if worth && left >= least + wanted {
                *column = wanted;
                left -= wanted;
            }
        };
        take(&mut columns.share, 7, true);
        take(&mut columns.percent, 9, compared);
        take(&mut columns.change, money + 3, compared);
        take(&mut columns.bar, 12, true);
        take(&mut columns.previous, money + 2, compared);
        take(&mut columns.trend, 18, true);
        take(&mut columns.price, units::PRICE, true);
        take(&mut columns.quantity, units::QUANTITY, true);
        columns.names = shared(left, measures);
        let spare = left - columns.names.iter().sum::<usize>();
        if columns.bar > 0 {
            let more = spare.min(6);
            columns.bar += more;
            if columns.trend > 0 {
                columns.trend += (spare - more).min(15);
            }
        }
        columns
    }

    /// Whether nothing of an answer's rows is left without a column.
    #[must_use]
    pub fn complete(&self, answer: Option<&BreakdownAnswer>) -> bool {
        self.trend > 0 && (self.previous > 0 || answer.is_some_and(|a| a.previous_period.is_none()))
    }
}

/// Room shared among the dimensions: each as wide as its texts where all fit, else what is too
/// wide gives way evenly.
fn shared(room: usize, measures: &Measures) -> [usize; DIMENSIONS_MAX] {
    let mut names = [0; DIMENSIONS_MAX];
    let count = measures.dimensions;
    for (name, wanted) in names.iter_mut().zip(&measures.names).take(count) {
        *name = (wanted + GAP).min(NAME_MOST);
    }
    // A lone name keeps its place from answer to answer.
    if count == 1 {
        names[0] = names[0].max(NAME_MOST);
    }
    let mut over = names.iter().sum::<usize>().saturating_sub(room);
    while over > 0 {
        let Some(widest) = names.iter_mut().max() else { break };
        *widest -= 1;
        over -= 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(names: &[usize]) -> Measures {
        let mut all = Measures { money: 12, dimensions: names.len(), ..Measures::default() };
        all.names[..names.len()].copy_from_slice(names);
        all
    }

    #[test]
    fn columns_never_exceed_the_width() {
        for width in 0..260 {
            for (compared, names) in [(false, &[30][..]), (true, &[30]), (true, &[12, 40]), (true, &[9, 40, 40, 40])] {
                let c = Columns::of(width, &measures(names), compared);
                let named: usize = c.names.iter().sum();
                let all = named + c.bar + c.share + c.previous + c.change + c.percent + c.trend + c.price + c.quantity;
                assert!(width < MARKS + 12 || MARKS + c.cost + all <= width, "{width}: {c:?}");
                assert!(compared || c.previous + c.change + c.percent == 0);
            }
        }
    }

    #[test]
    fn the_width_decides_which_columns_there_are() {
        let at = |width, names: &[usize]| {
            let c = Columns::of(width, &measures(names), true);
            let shown = [
                (c.share, "share"),
                (c.percent, "percent"),
                (c.change, "change"),
                (c.bar, "bar"),
                (c.previous, "previous"),
                (c.trend, "trend"),
                (c.price, "price"),
                (c.quantity, "quantity"),
            ];
            let names: Vec<&str> =
                shown.into_iter().filter(|(columns, _)| *columns > 0).map(|(_, name)| name).collect();
            names.join(" ")
        };
        assert_eq!(at(36, &[20]), "");
        assert_eq!(at(58, &[20]), "share percent");
        assert_eq!(at(78, &[20]), "share percent change");
        assert_eq!(at(118, &[20]), "share percent change bar previous trend");
        assert_eq!(at(118, &[20, 20]), "share percent change bar previous");
        assert_eq!(at(158, &[20, 20, 20]), "share percent change bar previous trend price");
        assert_eq!(at(158, &[20]), "share percent change bar previous trend price quantity");
        assert_eq!(at(131, &[20]), "share percent change bar previous trend price", "what a pane leaves");
    }

    #[test]
    fn names_that_are_too_wide_give_way_evenly() {
        assert_eq!(shared(100, &measures(&[10, 20])), [12, 22, 0, 0]);
        assert_eq!(shared(40, &measures(&[10, 60])), [12, 28, 0, 0]);
        assert_eq!(shared(20, &measures(&[60, 60])).iter().sum::<usize>(), 20);
        assert_eq!(shared(60, &measures(&[10])), [46, 0, 0, 0]);
    }
}
