//! Two rows side by side: their figures, what lies between them, their parts and their course over time.
//!
//! Pure: reads state and answer.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::columns::{GAP, MARKS};
use super::pane::PARTS;
use super::pivot::title;
use super::state::{name, open_from, provider};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Composition, DetailAnswer, Figure, Share};
use crate::tui::keymap::Keymap;
use crate::tui::layout;
use crate::tui::tab::{label, layers};
use crate::tui::text::{cut, left, put, right};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Label, Layer};
use crate::tui::widget::money;

/// Columns of what a line is called, of an amount with what stands beside it at most, and of that.
const LABEL: (usize, usize) = (12, 28);
const FIGURE_MOST: usize = 28;
const BESIDE: usize = 8;
/// In place of the cost of what a row has nothing of.
const ABSENT: &str = "-";
/// Bars of two rows with the air after them.
const PAIR: usize = 3;
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
        let figures = [0, 1].map(|at| match (found[at], costs[at]) {
            // What is not there is not a cost of nothing.
            (None, Some(_)) => (ABSENT.to_owned(), String::new()),
            (found, cost) => (money::amount(cost, places), money::share(found.and_then(|f| f.share))),
        });
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
    let chart = courses(answer, rows, parts.chart.width);
    let mut legend = vec![Span::raw(" ".repeat(MARKS))];
    for (layer, name) in chart.layers.iter().zip(&names) {
        legend.push(Span::styled(theme.swatch(layer.paint).to_string(), theme.layer(layer.paint)));
        legend.push(Span::raw(format!(" {name}   ")));
    }
    if chart.is_open() {
        let hatch = format!("{} may still change", theme.glyphs.hatch);
        legend.push(Span::styled(hatch, theme.style(Role::Muted)));
    }
    put(buf, parts.legend, 0, &Line::from(legend));
    chart.draw(parts.chart, buf, theme);
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

/// The course of a row as bars.
#[must_use]
pub fn course(answer: &BreakdownAnswer, row: &BreakdownRow) -> Chart {
    Chart {
        layers: vec![Layer { paint: Some(0), open_from: open_from(answer, row), values: money::floats(&row.trend) }],
        labels: labels(answer),
        ..Chart::default()
    }
}

/// What the pieces of a trend are called under an axis.
fn labels(answer: &BreakdownAnswer) -> Vec<Label> {
    let label = |start: &i64| {
        let title = title(answer.granularity, *start);
        let (group, name) = title.split_once(' ').unwrap_or(("", &title));
        Label { group: group.to_owned(), name: name.to_owned() }
    };
    answer.starts.iter().map(label).collect()
}

/// The courses of two rows, a bar of each beside the other's: of as many pieces of time together as it
/// takes for all to fit.
fn courses(answer: &BreakdownAnswer, rows: [&BreakdownRow; 2], columns: u16) -> Chart {
    let most = answer.starts.len().max(1);
    let fits = |chart: &Chart| chart.plan(columns).pieces <= 1;
    (1..most).map(|each| paired(answer, rows, each)).find(fits).unwrap_or_else(|| paired(answer, rows, most))
}

/// Bars of `each` pieces of time, those of two rows beside each other and air after them.
fn paired(answer: &BreakdownAnswer, rows: [&BreakdownRow; 2], each: usize) -> Chart {
    let [one, other] = rows.map(|row| provider(answer, row).map_or("", |provider| provider.raw()));
    // Two rows of one provider are told apart as any others are.
    let paints = layers(&[Some(one), Some(if other == one { "" } else { other })]);
    let layer = |at: usize| {
        let open = open_from(answer, rows[at]);
        let trend = money::floats(&rows[at].trend);
        let values = trend.chunks(each).flat_map(|pieces| {
            let sum = pieces.iter().flatten().copied().reduce(|a, b| a + b);
            // Where nothing stands something is known all the same: the floor under it is whole.
            let mut bars = [None, None, Some(0.0)];
            bars[at] = sum;
            bars
        });
        let values: Vec<Option<f64>> = values.collect();
        let open_from = if open < trend.len() { open / each * PAIR } else { values.len() };
        Layer { paint: paints[at], open_from, values }
    };
    let named = labels(answer).into_iter().step_by(each);
    Chart {
        layers: vec![layer(0), layer(1)],
        labels: named.flat_map(|label| std::iter::repeat_n(label, PAIR)).collect(),
        strides: &[1, 3, 6, 9, 12, 15, 18, 21, 24, 30, 36, 42, 48, 60, 72, 90, 120, 180, 240, 300, 600],
        ..Chart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::answer::Freshness;
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
            ["EC2|200.00 67 %|n/a|", "S3|100.00 33 %|80.00 80 %|+ 20.00", "RDS|-|10.00 10 %|- 10.00"],
            "what is not among the costliest is unknown where there are others, and nothing where there are none"
        );
    }

    #[test]
    fn two_courses_stand_beside_each_other_in_their_providers_colours() {
        let mut answer = samples::answer(&[("AWS", Some(4), None), ("Google Cloud", Some(2), None)]);
        let from = answer.period.from;
        answer.by = vec![Dimension::Provider];
        answer.period.to = from.plus(4);
        answer.starts = (0..4).map(|day| from.plus(day).seconds()).collect();
        for row in &mut answer.rows {
            row.trend = [1, 1, 1, 1].map(|cost| Some(samples::amount(cost))).to_vec();
        }
        answer.freshness = vec![Freshness {
            provider: "AWS".into(),
            last_day: from.plus(3),
            settled_through: from.plus(2),
            taken_at: 0,
        }];
        answer.settled_through = Some(from.plus(2));
        let rows = [&answer.rows[0], &answer.rows[1]];
        let chart = courses(&answer, rows, 100);
        assert_eq!(chart.layers.iter().map(|layer| layer.paint).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!((chart.layers[0].open_from, chart.labels.len()), (9, 12));
        assert_eq!(chart.layers[1].values[..3], [None, Some(1.0), Some(0.0)]);
        let narrow = courses(&answer, rows, 14);
        assert_eq!((narrow.labels.len(), narrow.layers[0].values[0], narrow.layers[0].open_from), (6, Some(2.0), 3));
        assert_eq!(courses(&answer, [rows[0], rows[0]], 100).layers[1].paint, Some(0), "one provider, two colours");
        courses(&samples::answer(&[("a", None, None), ("b", None, None)]), rows, 0);
    }
}
