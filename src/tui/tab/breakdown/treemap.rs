//! The overview: every listed row as an area of its cost, the largest first.
//!
//! Pure: reads state. What is too small for words is one area together; what costs nothing or less
//! has none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::state::{name, provider};
use crate::domain::money::Amount;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow};
use crate::tui::keymap::Keymap;
use crate::tui::layout;
use crate::tui::tab::layers;
use crate::tui::text::{cut, put, put_at, rule, width, wrap};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;
use crate::tui::widget::treemap::squarify;

/// The least screen that it is drawn on.
pub const LEAST: (u16, u16) = (100, 24);
/// Characters that an area needs for its words, on average.
const CHARACTERS: u32 = 70;
/// Areas at most.
const AREAS_MAX: usize = 40;

/// A direction that the selection goes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// To the area at the left.
    Left,
    /// To the one at the right.
    Right,
    /// To the one above.
    Up,
    /// To the one below.
    Down,
}

/// An area and the row that it stands for, as an index into the answer; `None` for all others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tile {
    row: Option<usize>,
    /// What all others cost together, in their area.
    others: Option<Amount>,
    area: Rect,
}

/// So many columns of a name say something; fewer, with a sign that there is more, do not.
const NAME_MIN: usize = 6;

/// The areas of the rows of an answer, which are listed, and how many rows have none.
#[must_use]
pub fn tiles(answer: &BreakdownAnswer, listed: &[usize], area: Rect) -> (Vec<Tile>, usize) {
    let cost = |at: usize| answer.rows.get(at).and_then(|row| row.figure.amount).unwrap_or_default();
    let mut rows: Vec<usize> = listed.iter().copied().filter(|at| cost(*at) > Amount::ZERO).collect();
    let without = listed.len() - rows.len();
    rows.sort_by_key(|at| std::cmp::Reverse(cost(*at)));
    let total: f64 = rows.iter().map(|at| cost(*at).to_f64()).sum();
    // An area that has no room for words goes to the others.
    let least = total * f64::from(CHARACTERS) / f64::from(area.area().max(1));
    let large = rows.iter().take_while(|at| cost(**at).to_f64() >= least).count();
    let shown = large.clamp(1, AREAS_MAX).min(rows.len());
    let others = rows[shown..].iter().map(|at| cost(*at)).reduce(|sum, cost| sum + cost);
    let mut weighed: Vec<(Option<usize>, f64)> =
        rows[..shown].iter().map(|at| (Some(*at), cost(*at).to_f64())).collect();
    if let Some(others) = others.map(Amount::to_f64) {
        let at = weighed.iter().position(|(_, weight)| *weight < others).unwrap_or(weighed.len());
        weighed.insert(at, (None, others));
    }
    let weights: Vec<f64> = weighed.iter().map(|(_, weight)| *weight).collect();
    // The last column and row are those of the lines that close the areas.
    let inner = Rect { width: area.width.saturating_sub(1), height: area.height.saturating_sub(1), ..area };
    let parts = squarify(&weights, inner).into_iter().zip(weighed);
    let tile = |(area, (row, _)): (Rect, (Option<usize>, f64))| {
        let others = others.filter(|_| row.is_none());
        Tile { row, others, area }
    };
    (parts.map(tile).filter(|tile| !tile.area.is_empty()).collect(), without)
}

/// The row in the area next to a row's own, going some way; `None` at the edge.
#[must_use]
pub fn neighbour(tiles: &[Tile], row: Option<usize>, way: Way) -> Option<usize> {
    let from = tiles.iter().find(|tile| tile.row == row).or(tiles.first())?.area;
    let beyond = |area: Rect| match way {
        Way::Left => area.right() <= from.x,
        Way::Right => area.x >= from.right(),
        Way::Up => area.bottom() <= from.y,
        Way::Down => area.y >= from.bottom(),
    };
    // The nearest, and of those that touch the one with the longest edge in common.
    let far = |area: Rect| {
        let gap = |a: (u16, u16), b: (u16, u16)| i32::from(a.0.max(b.0)) - i32::from(a.1.min(b.1));
        let across = gap((area.x, area.right()), (from.x, from.right()));
        let down = gap((area.y, area.bottom()), (from.y, from.bottom()));
        let (along, aside) = if matches!(way, Way::Left | Way::Right) { (across, down) } else { (down, across) };
        (along.max(0) + 2 * aside.max(0), aside)
    };
    let others = tiles.iter().filter(|tile| tile.row.is_some() && beyond(tile.area));
    others.min_by_key(|tile| far(tile.area)).and_then(|tile| tile.row)
}

/// Draws the overview.
pub fn draw(state: &State, answer: &BreakdownAnswer, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let parts = layout::overview(area);
    let (tiles, without) = tiles(answer, state.order(), parts.0);
    let selected = state.row_index();
    let rows: Vec<Option<&BreakdownRow>> = tiles.iter().map(|tile| answer.rows.get(tile.row?)).collect();
    let providers: Vec<Option<&str>> =
        rows.iter().map(|row| provider(answer, (*row)?).map(|provider| provider.raw())).collect();
    let mut nameless = Vec::new();
    for ((tile, row), paint) in tiles.iter().zip(rows).zip(layers(&providers)) {
        let chosen = tile.row.is_some() && tile.row == selected;
        if !draw_tile(answer, (row, paint), *tile, chosen, buf, theme) {
            nameless.extend(row.map(|row| name(answer, row)));
        }
    }
    if !tiles.is_empty() {
        close(parts.0, buf, theme);
    }
    let shown = tiles.iter().filter(|tile| tile.row.is_some()).count();
    let mut words = vec![format!("the {shown} largest of {}", state.listed())];
    if !nameless.is_empty() {
        words.push(format!("without a name: {}", nameless.join(", ")));
    }
    if without > 0 {
        words.push(format!("{without} of no cost, less or unknown have no area"));
    }
    if tiles.is_empty() {
        words = vec![keymap.say("nothing here costs more than nothing: {back} goes back to the rows")];
    }
    let text = words.join(&format!(" {} ", theme.glyphs.dot));
    put(buf, parts.1, 0, &Line::from(Span::styled(text, theme.style(Role::Muted))));
}

/// The lines around all areas where these have none of their own.
fn close(area: Rect, buf: &mut Buffer, theme: &Theme) {
    let muted = theme.style(Role::Muted);
    for line in 1..area.height {
        let axis = Span::styled(theme.glyphs.axis.0.to_string(), muted);
        put_at(buf, area, area.width.saturating_sub(1), line, &Line::from(axis));
    }
    for line in [0, area.height.saturating_sub(1)] {
        rule(buf, area, line, theme);
    }
}

/// What a row is called in so many columns and lines: on several lines where it has no room on one.
fn named(name: &str, columns: usize, lines: usize, ellipsis: &str) -> Vec<String> {
    let broken = wrap(name, columns.max(1));
    match width(name) {
        whole if whole <= columns => vec![name.to_owned()],
        _ if columns >= NAME_MIN / 2 && broken.len() <= lines => broken,
        _ if columns < NAME_MIN => vec![String::new()],
        _ => vec![cut(name, columns, ellipsis)],
    }
}

/// Draws an area. `false` where it has no room for the name of what it stands for.
fn draw_tile(
    answer: &BreakdownAnswer,
    (row, paint): (Option<&BreakdownRow>, Option<usize>),
    tile: Tile,
    selected: bool,
    buf: &mut Buffer,
    theme: &Theme,
) -> bool {
    let area = tile.area;
    // A line at the left and one above part an area from its neighbours.
    let axis = theme.glyphs.axis.0.to_string();
    let muted = theme.style(Role::Muted);
    let lines = theme.glyphs.rule.to_string().repeat(usize::from(area.width));
    put(buf, area, 0, &Line::from(Span::styled(cut(&lines, usize::from(area.width), ""), muted)));
    for line in 1..area.height {
        put(buf, area, line, &Line::from(Span::styled(axis.clone(), muted)));
    }
    let room = usize::from(area.width.saturating_sub(3));
    let inner = Rect { width: area.width.saturating_sub(1), ..area };
    let Some(row) = row else {
        let words = cut("all others", room, theme.glyphs.ellipsis);
        put_at(buf, inner, 2, 1, &Line::from(Span::styled(words, muted)));
        let share = money::share(tile.others.and_then(|cost| cost.ratio(answer.total.amount?)));
        let cost = money::amount_in(tile.others, money::places(&answer.currency), room);
        for (line, words) in [(2, cost), (3, share)] {
            if width(&words) <= room {
                put_at(buf, inner, 2, line, &Line::from(Span::styled(words, theme.style(Role::Text))));
            }
        }
        return true;
    };
    let mark = if selected { theme.glyphs.marks.0 } else { " " };
    let lead = if paint.is_some() { 2 } else { 0 };
    // The cost and its change have a line each below the name.
    let lines = usize::from(area.height.saturating_sub(3));
    let named = named(&name(answer, row), room.saturating_sub(lead), lines, theme.glyphs.ellipsis);
    let heading = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(1), height: 1 };
    if selected {
        buf.set_style(heading.intersection(buf.area), theme.style(Role::Selected));
    }
    let style = if selected { theme.style(Role::Selected) } else { theme.style(Role::Strong) };
    put_at(buf, inner, 1, 1, &Line::from(Span::styled(mark, style)));
    if let Some(paint) = paint {
        let swatch = Span::styled(theme.swatch(Some(paint)).to_string(), style.fg(theme.layer(Some(paint))));
        put_at(buf, inner, 2, 1, &Line::from(swatch));
    }
    for (at, text) in named.iter().enumerate() {
        let style = if at == 0 { style } else { theme.style(Role::Strong) };
        put_at(buf, inner, 2 + lead as u16, 1 + at as u16, &Line::from(Span::styled(text.clone(), style)));
    }
    let below = 1 + named.len() as u16;
    let cost = money::amount_in(row.figure.amount, money::places(&answer.currency), room);
    if width(&cost) <= room {
        put_at(buf, inner, 2, below, &Line::from(Span::styled(cost, theme.style(Role::Text))));
    }
    let (role, sign) = money::direction(&row.figure, &theme.glyphs);
    let change = format!("{sign} {}", money::percent_cell(&row.figure));
    if width(&change) <= room {
        put_at(buf, inner, 2, below + 1, &Line::from(Span::styled(change, theme.style(role))));
    }
    named.iter().any(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples;

    #[test]
    fn what_is_too_small_is_one_area_and_what_costs_nothing_has_none() {
        let mut rows = vec![("web", Some(600), None), ("api", Some(300), None), ("credit", Some(-5), None)];
        rows.extend((0..50).map(|_| ("small", Some(1), None)));
        rows.push(("unknown", None, None));
        let answer = samples::answer(&rows);
        let listed: Vec<usize> = (0..rows.len()).collect();
        let (tiles, without) = tiles(&answer, &listed, Rect::new(0, 0, 100, 20));
        assert_eq!(without, 2);
        assert_eq!(tiles.iter().map(|t| t.row).collect::<Vec<_>>(), [Some(0), Some(1), None]);
        assert_eq!(tiles.iter().map(|t| t.area.area()).sum::<u32>(), 99 * 19);
        let others: Vec<Option<Amount>> = tiles.iter().map(|t| t.others).collect();
        let small = answer.rows[3].figure.amount.expect("a cost");
        assert_eq!(others, [None, None, (1..50).try_fold(small, |sum, _| Some(sum + small))]);
    }

    #[test]
    fn a_name_is_broken_rather_than_left_out() {
        let of = |columns, lines| named("Datadog", columns, lines, "…");
        assert_eq!(of(7, 1), ["Datadog"]);
        assert_eq!(of(4, 2), ["Data", "dog"]);
        assert_eq!(of(4, 1), [""]);
        assert_eq!(of(6, 1), ["Datad…"]);
        assert_eq!(of(0, 5), [""]);
        assert_eq!(named("Google Cloud", 6, 2, "…"), ["Google", "Cloud"]);
    }

    #[test]
    fn the_selection_goes_to_the_area_next_to_it() {
        let answer = samples::answer(&[("a", Some(50), None), ("b", Some(30), None), ("c", Some(20), None)]);
        let (tiles, _) = tiles(&answer, &[0, 1, 2], Rect::new(0, 0, 100, 20));
        assert_eq!(neighbour(&tiles, Some(0), Way::Right), Some(1));
        assert_eq!(neighbour(&tiles, Some(1), Way::Right), Some(2));
        assert_eq!(neighbour(&tiles, Some(2), Way::Left), Some(1));
        assert_eq!(neighbour(&tiles, Some(2), Way::Down), None);
        assert_eq!(neighbour(&tiles, Some(0), Way::Left), None);
        assert_eq!(neighbour(&[], Some(0), Way::Left), None);
    }
}
