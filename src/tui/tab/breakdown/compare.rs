//! Two rows side by side: their figures, what lies between them, their parts and their course over time.
//!
//! Pure: reads state and answer.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::State;
use super::columns::{GAP, MARKS};
use super::pane::PARTS;
use super::pivot::title;
use super::state::name;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Composition, DetailAnswer, Figure, Share};
use crate::tui::keymap::Keymap;
use crate::tui::layout;
use crate::tui::tab::label;
use crate::tui::text::{cut, left, put, right};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Label, Layer};
use crate::tui::widget::money;

/// Columns of what a line is called, of an amount with what stands beside it at most, and of that.
const LABEL: (usize, usize) = (12, 28);
const FIGURE_MOST: usize = 28;
const BESIDE: usize = 8;
/// Lines of a chart and its legend at least.
const CHART: u16 = 9;

/// A line of the table: what it is called, the figure of each row with what stands beside it, and what
/// lies between them.
struct Compared {
    label: String,
    figures: [(String, String); 2],
    between: String,
}

/// The two rows that are marked, in the answer's order; `None` where there are more or fewer.
#[must_use]
pub fn rows<'a>(state: &State, answer: &'a BreakdownAnswer) -> Option<[&'a BreakdownRow; 2]> {
    let mut marked = answer.rows.iter().filter(|row| state.marks.contains(&row.key));
    match (marked.next(), marked.next(), marked.next()) {
        (Some(one), Some(other), None) => Some([one, other]),
        _ => None,
    }
}

fn lines(answer: &BreakdownAnswer, rows: [&BreakdownRow; 2]) -> Vec<Compared> {
    let places = money::places(&answer.currency);
    let between = |of: fn(&Figure) -> Option<Amount>| difference(rows.map(|row| of(&row.figure)), places);
    let each = |of: &dyn Fn(&Figure) -> (String, String)| rows.map(|row| of(&row.figure));
    let share = |figure: &Figure| money::share(answer.total.amount.and_then(|total| figure.amount?.ratio(total)));
    let change = |f: &Figure| f.change().map_or_else(|| money::UNKNOWN.to_owned(), |c| signed(c, places));
    let line = |label: &str, figures, between| Compared { label: label.to_owned(), figures, between };
    let mut lines = vec![line("cost", each(&|f| (money::amount(f.amount, places), share(f))), between(|f| f.amount))];
    if answer.previous_period.is_some() {
        let previous = each(&|f| (money::amount(f.previous, places), String::new()));
        lines.push(line("previous", previous, between(|f| f.previous)));
        lines.push(line("change", each(&|f| (change(f), money::percent_change(f))), between(Figure::change)));
    }
    lines
}

/// What lies between two amounts; empty where one of them is unknown.
fn difference([one, other]: [Option<Amount>; 2], places: u32) -> String {
    one.zip(other).map_or_else(String::new, |(one, other)| signed(one - other, places))
}

/// What two rows are made of, by the coarsest dimension that tells apart some of each.
fn parts(answer: &BreakdownAnswer, details: [&DetailAnswer; 2]) -> Option<(Dimension, Vec<Compared>)> {
    let made = details.map(|detail| {
        let of = detail.currencies.iter().find(|of| of.currency == answer.currency);
        of.map_or(&[][..], |of| &of.composition[..])
    });
    let has = |list: &[Composition], dimension: &Dimension| list.iter().any(|c| c.dimension == *dimension);
    let all = || made[0].iter().chain(made[1]).map(|c| &c.dimension);
    let by = all().find(|d| made.iter().all(|list| has(list, d))).or_else(|| all().next())?;
    let made = made.map(|list| list.iter().find(|c| c.dimension == *by));
    // What is not among the costliest of a row is one of its others, or not there at all.
    let absent = |c: Option<&Composition>| c.is_some_and(|c| c.others == 0).then_some(Amount::ZERO);
    let mut values: Vec<&Share> = made.iter().flatten().flat_map(|c| &c.values).collect();
    values.sort_by(|a, b| b.cost.map(Amount::abs).cmp(&a.cost.map(Amount::abs)).then_with(|| a.value.cmp(&b.value)));
    let mut met = BTreeSet::new();
    values.retain(|share| met.insert(&share.value));
    let places = money::places(&answer.currency);
    let line = |share: &Share| {
        let found = made.map(|c| c.and_then(|c| c.values.iter().find(|found| found.value == share.value)));
        let costs = [0, 1].map(|at| found[at].map_or_else(|| absent(made[at]), |found| found.cost));
        let figures =
            [0, 1].map(|at| (money::amount(costs[at], places), money::share(found[at].and_then(|f| f.share))));
        let label = label(by, &share.value, share.name.as_ref()).into_string();
        Compared { label, figures, between: difference(costs, places) }
    };
    Some((by.clone(), values.into_iter().map(line).collect()))
}

/// An amount that is a difference: behind its sign, as far from others as its digits ask.
#[must_use]
pub fn signed(amount: Amount, places: u32) -> String {
    let sign = match amount {
        a if a > Amount::ZERO => "+ ",
        a if a < Amount::ZERO => "- ",
        _ => "",
    };
    format!("{sign}{}", amount.abs().grouped(places))
}

/// Draws the comparison; `details` is `None` until what the rows are made of has come.
pub fn draw(
    state: &State,
    answer: &BreakdownAnswer,
    details: Option<[&DetailAnswer; 2]>,
    keymap: &Keymap,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let Some(rows) = rows(state, answer) else {
        let why = keymap.say("   two rows must be marked: {back} goes back, {mark} marks one");
        return put(buf, area, 1, &Line::from(Span::styled(why, theme.style(Role::Muted))));
    };
    let grid = Grid::of(usize::from(area.width));
    let lines = lines(answer, rows);
    let parts = layout::compared(area, lines.len() as u16 + 1, PARTS, CHART);
    let names = rows.map(|row| cut(&name(answer, row), grid.column.saturating_sub(GAP), theme.glyphs.ellipsis));
    let mut heading = vec![Span::raw(" ".repeat(MARKS + grid.label))];
    heading.extend(names.iter().map(|name| Span::styled(right(name, grid.column, ""), theme.style(Role::Strong))));
    heading.push(Span::styled(right("between them", grid.between, ""), theme.style(Role::Muted)));
    put(buf, parts.table, 0, &Line::from(heading));
    for (at, line) in lines.iter().enumerate() {
        let changes = line.label == "change";
        let role = |at: usize| if changes { money::direction(&rows[at].figure, &theme.glyphs).0 } else { Role::Text };
        put(buf, parts.table, at as u16 + 1, &grid.line(line, [role(0), role(1)], theme));
    }
    draw_parts(state, answer, details, grid, parts.parts, buf, theme);
    if parts.chart.is_empty() {
        return;
    }
    let swatch = |at: usize| Style::new().fg(theme.layer(Some(at)));
    let legend = Line::from(vec![
        Span::raw(" ".repeat(MARKS)),
        Span::styled(theme.swatch(Some(0)).to_string(), swatch(0)),
        Span::raw(format!(" {}   ", names[0])),
        Span::styled(theme.glyphs.previous.to_string(), theme.style(Role::Strong)),
        Span::raw(format!(" {}", names[1])),
    ]);
    put(buf, parts.legend, 0, &legend);
    course(answer, rows[0], Some(rows[1])).draw(parts.chart, buf, theme);
}

/// What both rows are made of, the costliest part of either first.
fn draw_parts(
    state: &State,
    answer: &BreakdownAnswer,
    details: Option<[&DetailAnswer; 2]>,
    grid: Grid,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let say = |buf: &mut Buffer, text: &str, role| {
        let room = usize::from(area.width).saturating_sub(MARKS);
        let text = " ".repeat(MARKS) + &cut(text, room, theme.glyphs.ellipsis);
        put(buf, area, 0, &Line::from(Span::styled(text, theme.style(role))));
    };
    if let Some(error) = state.compared.iter().find_map(|slot| slot.error.as_ref()) {
        return say(buf, &SafeText::from_outside(&error.message), Role::Error);
    }
    let Some(details) = details else { return say(buf, "parts  loading", Role::Muted) };
    let Some((by, lines)) = parts(answer, details) else {
        return say(buf, "all of both is alike in every dimension", Role::Muted);
    };
    say(buf, &format!("by {}", by.title().to_lowercase()), Role::Muted);
    for (row, line) in lines.iter().enumerate().take(usize::from(area.height.saturating_sub(1))) {
        put(buf, area, row as u16 + 1, &grid.line(line, [Role::Text; 2], theme));
    }
}

/// How wide the columns of a comparison are.
#[derive(Clone, Copy)]
struct Grid {
    label: usize,
    /// A row's figure with what stands beside it.
    column: usize,
    between: usize,
}

impl Grid {
    fn of(width: usize) -> Grid {
        let label = (width / 4).clamp(LABEL.0, LABEL.1);
        let room = width.saturating_sub(MARKS + label);
        let column = ((room + BESIDE - GAP) / 3).min(FIGURE_MOST);
        Grid { label, column, between: column.saturating_sub(BESIDE) + GAP }
    }

    fn line(self, line: &Compared, roles: [Role; 2], theme: &Theme) -> Line<'static> {
        let muted = theme.style(Role::Muted);
        let label = left(&cut(&line.label, self.label - GAP, theme.glyphs.ellipsis), self.label, "");
        let mut spans = vec![Span::styled(" ".repeat(MARKS) + &label, muted)];
        for ((figure, beside), role) in line.figures.iter().zip(roles) {
            let figure = right(figure, self.column.saturating_sub(BESIDE), theme.glyphs.ellipsis);
            spans.push(Span::styled(figure, theme.style(role)));
            spans.push(Span::styled(
                right(beside, BESIDE, ""),
                if role == Role::Text { muted } else { theme.style(role) },
            ));
        }
        spans.push(Span::raw(right(&line.between, self.between, theme.glyphs.ellipsis)));
        Line::from(spans)
    }
}

/// The course of a row as bars, of another as dots over them.
#[must_use]
pub fn course(answer: &BreakdownAnswer, row: &BreakdownRow, other: Option<&BreakdownRow>) -> Chart {
    let label = |start: &i64| {
        let title = title(answer.granularity, *start);
        let (group, name) = title.split_once(' ').unwrap_or(("", &title));
        Label { group: group.to_owned(), name: name.to_owned() }
    };
    let values = money::floats(&row.trend);
    Chart {
        layers: vec![Layer { paint: Some(0), open_from: values.len(), values }],
        previous: other.map_or_else(Vec::new, |other| money::floats(&other.trend)),
        labels: answer.starts.iter().map(label).collect(),
        ..Chart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples;

    #[test]
    fn what_lies_between_two_rows_is_told_where_both_are_known() {
        let answer = samples::answer(&[("prod", Some(300), Some(200)), ("staging", Some(100), Some(150))]);
        let told = |lines: &[Compared]| -> Vec<String> {
            let one = |(figure, beside): &(String, String)| format!("{figure} {beside}").trim().to_owned();
            let told =
                |l: &Compared| format!("{}|{}|{}|{}", l.label, one(&l.figures[0]), one(&l.figures[1]), l.between);
            lines.iter().map(told).collect()
        };
        assert_eq!(
            told(&lines(&answer, [&answer.rows[0], &answer.rows[1]])),
            [
                "cost|300.00 75 %|100.00 25 %|+ 200.00",
                "previous|200.00|150.00|+ 50.00",
                "change|+ 100.00 +50 %|- 50.00 -33 %|+ 150.00",
            ]
        );
        let unknown = samples::answer(&[("prod", None, Some(1)), ("staging", Some(1), None)]);
        let compared = told(&lines(&unknown, [&unknown.rows[0], &unknown.rows[1]]));
        assert_eq!((compared[0].as_str(), compared[2].as_str()), ("cost|n/a|1.00 100 %|", "change|n/a|n/a|"));
        let one = samples::detail(&[("EC2", 200), ("S3", 100)], 0);
        let other = samples::detail(&[("S3", 80), ("RDS", 10)], 2);
        let (by, lines) = parts(&answer, [&one, &other]).expect("parts");
        assert_eq!(by, Dimension::Service);
        assert_eq!(
            told(&lines),
            ["EC2|200.00 67 %|n/a|", "S3|100.00 33 %|80.00 80 %|+ 20.00", "RDS|0.00|10.00 10 %|- 10.00"],
            "what is not among the costliest is unknown where there are others, and nothing where there are none"
        );
    }
}
