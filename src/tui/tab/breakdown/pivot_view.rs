//! Draws the pivot: a row's cost in each piece of time, with its height among the row's others.
//!
//! Pure: reads state, builds only the cells that are seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::columns::{GAP, MARKS};
use super::pivot::{days, is_part, title};
use super::state::{name, settled_before_end};
use crate::domain::money::Amount;
use crate::domain::words::counted;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure};
use crate::tui::layout;
use crate::tui::text::{cut, left, put, right, rule, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// How much a cell differs from the middle one of its row before colour says so.
const APART: f64 = 0.1;

/// How wide a pivot's columns are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    name: usize,
    /// Columns of a piece: a gap, the amount, and its height beside it.
    cell: usize,
    total: usize,
    /// How many pieces are seen.
    pub seen: usize,
}

impl Grid {
    /// The grid for a width.
    #[must_use]
    pub fn of(columns: usize, state: &State, answer: &BreakdownAnswer) -> Grid {
        let measures = state.measures();
        let titles = answer.starts.iter().map(|start| width(&title(answer.granularity, *start))).max();
        let cell = measures.cell.max(titles.unwrap_or_default() + GAP + 1);
        let total = measures.money + GAP;
        let most = if columns >= 110 { 32 } else { 18 };
        let wanted = measures.names.iter().sum::<usize>() + 3 * measures.dimensions.saturating_sub(1);
        let name = wanted.min(most) + GAP;
        let seen = columns.saturating_sub(MARKS + name + total) / cell.max(1);
        Grid { name, cell, total, seen: seen.clamp(1, answer.starts.len().max(1)) }
    }
}

struct Pivoted<'a> {
    state: &'a State,
    answer: &'a BreakdownAnswer,
    grid: Grid,
    places: u32,
    theme: &'a Theme,
}

/// Draws rows, totals and the selected cell's figures.
pub fn draw(state: &State, answer: &BreakdownAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let parts = layout::pivot(area);
    let grid = Grid::of(usize::from(area.width), state, answer);
    let pivoted = Pivoted { state, answer, grid, places: money::places(&answer.currency), theme };
    put(buf, parts.heading, 0, &pivoted.heading());
    for (row, (at, found)) in state.visible(answer, usize::from(parts.rows.height)).enumerate() {
        put(buf, parts.rows, row as u16, &pivoted.row(found, at == state.selected()));
    }
    if !parts.total.is_empty() {
        // Beneath the last row, where the eye is, or at the bottom where there are more.
        let y = parts.rows.y + (state.listed() as u16).min(parts.rows.height);
        put(buf, Rect { y, ..parts.total }, 0, &pivoted.totals());
    }
    if !parts.detail.is_empty() {
        rule(buf, parts.detail, 0, theme);
        put(buf, parts.detail, 1, &pivoted.reading(usize::from(area.width)));
    }
}

impl Pivoted<'_> {
    fn pieces(&self) -> std::ops::Range<usize> {
        let first = self.state.pivot.first(self.grid.seen, self.answer);
        first..(first + self.grid.seen).min(self.answer.starts.len())
    }

    /// Whether a piece has days that may still change.
    fn is_open(&self, at: usize) -> bool {
        let settled = settled_before_end(self.answer);
        settled.is_some_and(|settled| days(self.answer, at).is_some_and(|days| days.to.plus(-1) > settled))
    }

    /// What a piece is called, by the first of its days that is looked at.
    fn title(&self, at: usize) -> String {
        let start = days(self.answer, at).map_or(self.answer.starts[at], |days| days.from.seconds());
        title(self.answer.granularity, start)
    }

    fn heading(&self) -> Line<'static> {
        let by: Vec<String> = self.answer.by.iter().map(|d| d.title()).collect();
        let selected = self.state.pivot.selected(self.answer);
        let muted = self.theme.style(Role::Muted);
        let ellipsis = self.theme.glyphs.ellipsis;
        let pieces = self.pieces();
        // That there are others, before and after those that are seen.
        let more = |is: bool| if is { ellipsis } else { "" };
        let (before, after) = (more(pieces.start > 0), more(pieces.end < self.answer.starts.len()));
        let by = left(&by.join(" / "), self.grid.name - 1, ellipsis);
        let mut spans = vec![Span::styled(" ".repeat(MARKS) + &by + &left(before, 1, ""), muted)];
        for at in pieces {
            let title = self.title(at);
            let open = if self.is_open(at) { self.theme.glyphs.hatch } else { ' ' };
            let text = format!("{}{open} ", right(&title, self.grid.cell - GAP, ""));
            spans.push(Span::styled(text, if at == selected { self.theme.style(Role::Accent) } else { muted }));
        }
        spans.push(Span::styled(left(after, 1, "") + &right("Total", self.grid.total - 1, ""), muted));
        Line::from(spans)
    }

    fn row(&self, row: &BreakdownRow, selected: bool) -> Line<'static> {
        let theme = self.theme;
        let (selection, marked) = theme.glyphs.marks;
        let mark = if selected { selection } else { " " };
        let mark = if self.state.marks.contains(&row.key) { format!("{mark}{marked}") } else { mark.to_owned() };
        let named = cut(&name(self.answer, row), self.grid.name - GAP, theme.glyphs.ellipsis);
        let mut spans = vec![
            Span::styled(left(&mark, MARKS, ""), theme.style(Role::Strong)),
            Span::styled(
                left(&named, self.grid.name, ""),
                theme.style(if selected { Role::Strong } else { Role::Text }),
            ),
        ];
        let whole = |(at, cost): (usize, &Option<Amount>)| cost.filter(|_| !is_part(self.answer, at));
        let heights = Heights::of(&row.trend.iter().enumerate().map(whole).collect::<Vec<_>>());
        let chosen = self.state.pivot.selected(self.answer);
        for at in self.pieces() {
            let cost = row.trend.get(at).copied().flatten();
            let (sign, role) = heights.of_cell(cost, theme);
            // What may still grow is neither dear nor cheap yet, and a part of a piece has no height.
            let part = is_part(self.answer, at);
            let role = if self.is_open(at) || part { Role::Muted } else { role };
            let sign = if part { ' ' } else { sign };
            let room = self.grid.cell - GAP - 1;
            let text = right(&money::amount_in(cost, self.cell_places(), room), room, "");
            let style = if selected && at == chosen { theme.style(Role::Selected) } else { theme.style(role) };
            spans.push(Span::raw(" "));
            spans.push(Span::styled(format!("{text} {sign}"), style));
        }
        let total = money::amount_in(row.figure.amount, self.places, self.grid.total - GAP);
        spans.push(Span::raw(right(&total, self.grid.total, "")));
        Line::from(spans)
    }

    fn cell_places(&self) -> u32 {
        self.state.measures().cell_places
    }

    /// What the listed rows cost in each piece.
    fn totals(&self) -> Line<'static> {
        let listed = self.state.listed() as u64;
        let all = listed == self.answer.groups;
        let text = if all { "Total".to_owned() } else { format!("Total of {listed}") };
        let mut spans = vec![Span::raw(" ".repeat(MARKS) + &left(&text, self.grid.name, self.theme.glyphs.ellipsis))];
        for at in self.pieces() {
            let costs = self.state.rows(self.answer).filter_map(|row| *row.trend.get(at)?);
            let sum = costs.reduce(|a, b| a + b);
            let text = money::amount_in(sum, self.cell_places(), self.grid.cell - GAP - 1);
            spans.push(Span::raw(right(&text, self.grid.cell - GAP, "") + &" ".repeat(GAP)));
        }
        let total = if all { self.answer.total.amount } else { self.state.listed_cost(self.answer) };
        let total = money::amount_in(total, self.places, self.grid.total - GAP);
        spans.push(Span::raw(right(&total, self.grid.total, "")));
        Line::from(spans).style(self.theme.style(Role::Strong))
    }

    /// The selected cell in words.
    fn reading(&self, room: usize) -> Line<'static> {
        let (answer, theme) = (self.answer, self.theme);
        let at = self.state.pivot.selected(answer);
        let (Some(row), Some(period)) = (self.state.row(answer), days(answer, at)) else { return Line::default() };
        let cost = |at: usize| row.trend.get(at).copied().flatten();
        let before = at.checked_sub(1).and_then(cost);
        let figure = Figure { amount: cost(at), previous: before };
        let (role, sign) = money::direction(&figure, &theme.glyphs);
        let change = figure.change().map_or_else(String::new, |change| {
            let of = self.title(at - 1);
            let so_far = if self.is_open(at) { " so far" } else { "" };
            format!(
                "{sign} {} {}{so_far}, against {of}",
                change.abs().grouped(self.places),
                money::percent_change(&figure)
            )
        });
        let part = is_part(answer, at);
        let beside_part = part || at.checked_sub(1).is_some_and(|before| is_part(answer, before));
        let role = if self.is_open(at) || beside_part { Role::Muted } else { role };
        let (seen, all) = (self.pieces(), answer.starts.len());
        let days =
            if part { format!(", {} of it", counted(period.days() as u64, "day", "days")) } else { String::new() };
        let place = format!("{} {} of {all}{days}", answer.granularity.name(), at + 1);
        let others =
            if seen.len() < all { format!("{} to {} are seen", seen.start + 1, seen.end) } else { String::new() };
        let named = cut(&name(answer, row), room / 3, theme.glyphs.ellipsis);
        let mut spans = vec![
            Span::raw(" ".repeat(MARKS)),
            Span::styled(format!("{named}  "), theme.style(Role::Strong)),
            Span::styled(format!("{}  ", period.words()), theme.style(Role::Muted)),
            Span::styled(money::amount(figure.amount, self.places), theme.style(Role::Strong)),
        ];
        let muted = theme.style(Role::Muted);
        for (text, style) in [(change, theme.style(role)), (place, muted), (others, muted)] {
            let used: usize = spans.iter().map(Span::width).sum();
            if !text.is_empty() && used + text.chars().count() + 2 <= room {
                spans.push(Span::raw("  "));
                spans.push(Span::styled(text, style));
            }
        }
        Line::from(spans)
    }
}

/// Where a row's costs lie, to tell how high one of them is among the others.
struct Heights {
    least: f64,
    most: f64,
    middle: f64,
}

impl Heights {
    fn of(costs: &[Option<Amount>]) -> Heights {
        let mut known: Vec<f64> = costs.iter().flatten().map(|c| c.to_f64()).collect();
        known.sort_by(f64::total_cmp);
        // The middle one, not the mean: a few days without a charge make no others dear.
        let at = |at: usize| known.get(at).copied().unwrap_or_default();
        Heights { least: at(0), most: at(known.len().saturating_sub(1)), middle: at(known.len() / 2) }
    }

    /// A cell's height as a sign, and the role of what lies apart from the row's middle. What is not
    /// known has no height, and nothing stands out where all are alike.
    fn of_cell(&self, cost: Option<Amount>, theme: &Theme) -> (char, Role) {
        let Some(cost) = cost.map(Amount::to_f64) else { return (' ', Role::Muted) };
        let span = self.most - self.least;
        if span <= self.most.abs().max(self.least.abs()) * 0.02 {
            return (if cost == 0.0 { ' ' } else { theme.glyphs.heights[3] }, Role::Muted);
        }
        let height = ((cost - self.least) / span * 6.0).round() as usize;
        let role = match (cost - self.middle) / self.middle.abs() {
            apart if apart > APART => Role::Warm,
            apart if apart < -APART => Role::Cool,
            _ => Role::Text,
        };
        (theme.glyphs.heights[height.min(6)], role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples::amount;
    use crate::tui::theme::Env;

    #[test]
    fn heights_tell_without_colour_what_colour_tells() {
        let theme = Theme::of(&Env::default());
        let heights = |costs: &[Option<i64>]| {
            let costs: Vec<Option<Amount>> = costs.iter().map(|c| c.map(amount)).collect();
            let all = Heights::of(&costs);
            let cells = costs.iter().map(|c| all.of_cell(*c, &theme));
            let (signs, roles): (String, Vec<Role>) = cells.unzip();
            (signs, roles)
        };
        let (signs, roles) = heights(&[Some(100), Some(10), None, Some(55)]);
        assert_eq!((signs.as_str(), &roles[..]), ("▇▁ ▄", &[Role::Warm, Role::Cool, Role::Muted, Role::Text][..]));
        assert_eq!(heights(&[Some(100), Some(101)]), ("▄▄".into(), vec![Role::Muted; 2]));
        assert_eq!(heights(&[Some(0), Some(0)]), ("  ".into(), vec![Role::Muted; 2]));
        assert_eq!(heights(&[Some(-5), Some(5)]).0, "▁▇");
        assert_eq!(heights(&[None]), (" ".into(), vec![Role::Muted]));
    }
}
