//! Two rows side by side: their figures, what lies between them, and their course over time.
//!
//! Pure: reads state and answer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::State;
use super::columns::MARKS;
use super::pivot::title;
use super::state::name;
use crate::domain::money::Amount;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure};
use crate::tui::layout;
use crate::tui::text::{cut, left, put, right};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::{Chart, Label, Layer};
use crate::tui::widget::money;

/// Columns of what a figure is called, and of an amount at most.
const LABEL: usize = 12;
const FIGURE_MOST: usize = 26;

/// A line of the table: what it is called, the figure of each row, and what lies between them.
type Compared = (&'static str, [String; 2], String);

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
    let between = |of: fn(&Figure) -> Option<Amount>| {
        let difference = of(&rows[0].figure).zip(of(&rows[1].figure)).map(|(one, other)| one - other);
        difference.map_or_else(String::new, |d| signed(d, places))
    };
    let each = |of: &dyn Fn(&Figure) -> String| rows.map(|row| of(&row.figure));
    let share = |figure: &Figure| money::share(answer.total.amount.and_then(|total| figure.amount?.ratio(total)));
    let mut lines = vec![
        ("cost", each(&|f| money::amount(f.amount, places)), between(|f| f.amount)),
        ("share", each(&share), String::new()),
    ];
    if answer.previous_period.is_some() {
        lines.extend([
            ("previous", each(&|f| money::amount(f.previous, places)), between(|f| f.previous)),
            ("change", each(&|f| f.change().map_or_else(String::new, |c| signed(c, places))), between(Figure::change)),
            ("change %", each(&money::percent_change), String::new()),
        ]);
    }
    lines
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

/// Draws the comparison.
pub fn draw(state: &State, answer: &BreakdownAnswer, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(rows) = rows(state, answer) else {
        let why = "   two rows must be marked: Esc goes back, Space marks one";
        return put(buf, area, 1, &Line::from(Span::styled(why, theme.style(Role::Muted))));
    };
    let parts = layout::compared(area, lines(answer, rows).len() as u16 + 1);
    let column = (usize::from(area.width).saturating_sub(MARKS + LABEL) / 3).min(FIGURE_MOST);
    let names = rows.map(|row| cut(&name(answer, row), column.saturating_sub(2), theme.glyphs.ellipsis));
    let mut heading = vec![Span::raw(" ".repeat(MARKS + LABEL))];
    heading.extend(names.iter().map(|name| Span::styled(right(name, column, ""), theme.style(Role::Strong))));
    heading.push(Span::styled(right("between them", column, ""), theme.style(Role::Muted)));
    put(buf, parts.table, 0, &Line::from(heading));
    for (at, (label, figures, between)) in lines(answer, rows).into_iter().enumerate() {
        let mut spans = vec![Span::styled(" ".repeat(MARKS) + &left(label, LABEL, ""), theme.style(Role::Muted))];
        for (figure, row) in figures.iter().zip(rows) {
            let changes = label.starts_with("change");
            let role = if changes { money::direction(&row.figure, &theme.glyphs).0 } else { Role::Text };
            spans.push(Span::styled(right(figure, column, ""), theme.style(role)));
        }
        spans.push(Span::raw(right(&between, column, "")));
        put(buf, parts.table, at as u16 + 1, &Line::from(spans));
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

/// The course of a row as bars, of another as dots over them.
#[must_use]
pub fn course(answer: &BreakdownAnswer, row: &BreakdownRow, other: Option<&BreakdownRow>) -> Chart {
    let course = |row: &BreakdownRow| row.trend.iter().map(|cost| cost.map(Amount::to_f64)).collect::<Vec<_>>();
    let label = |start: &i64| {
        let title = title(answer.granularity, *start);
        let (group, name) = title.split_once(' ').unwrap_or(("", &title));
        Label { group: group.to_owned(), name: name.to_owned() }
    };
    let values = course(row);
    Chart {
        layers: vec![Layer { paint: Some(0), open_from: values.len(), values }],
        previous: other.map_or_else(Vec::new, course),
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
        let compared = lines(&answer, [&answer.rows[0], &answer.rows[1]]);
        let texts: Vec<String> =
            compared.iter().map(|(label, [one, other], between)| format!("{label}|{one}|{other}|{between}")).collect();
        assert_eq!(
            texts,
            [
                "cost|300.00|100.00|+ 200.00",
                "share|75 %|25 %|",
                "previous|200.00|150.00|+ 50.00",
                "change|+ 100.00|- 50.00|+ 150.00",
                "change %|+50 %|-33 %|",
            ]
        );
        let unknown = samples::answer(&[("prod", None, Some(1)), ("staging", Some(1), None)]);
        let compared = lines(&unknown, [&unknown.rows[0], &unknown.rows[1]]);
        assert_eq!((compared[0].1[0].as_str(), compared[0].2.as_str()), ("n/a", ""));
    }
}
