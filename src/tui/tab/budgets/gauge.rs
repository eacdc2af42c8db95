//! How a budget stands in few columns: a gauge with the calendar's place in it, the state in words.
//!
//! Pure: makes spans of an answer.

use ratatui::text::Span;

use crate::domain::budget::period_words;
use crate::domain::calendar::Day;
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetState as State, Interval};
use crate::tui::tab::short_day;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns that a state takes at most.
pub const STATE: usize = 19;

/// What a state of a period that ends before `to` is called on the screen, and how it looks. What wants to be minded
/// has a sign, too.
#[must_use]
pub fn state_words(state: State, to: Day, as_of: Day) -> (String, Role) {
    match state {
        _ if state.is_likely_over(as_of) => ("! likely over".to_owned(), Role::Warm),
        State::OnTrack if as_of >= to => ("likely kept".to_owned(), Role::Text),
        State::Exceeded { on } => (format!("! over since {}", short_day(on)), Role::Error),
        State::WillExceed { on } => (format!("! over on {}", short_day(on)), Role::Warm),
        State::AtRisk => ("? at risk".to_owned(), Role::Unsure),
        State::OnTrack => ("on track".to_owned(), Role::Text),
        State::Kept => ("kept".to_owned(), Role::Text),
        State::NotBegun => ("not begun".to_owned(), Role::Muted),
        State::Unknown => ("no data".to_owned(), Role::Unsure),
    }
}

fn of(answer: &BudgetAnswer) -> (String, Role) {
    state_words(answer.state, answer.period.to, answer.as_of)
}

/// How the state of an answer looks.
#[must_use]
pub fn role(answer: &BudgetAnswer) -> Role {
    if answer.is_history() { Role::Muted } else { of(answer).1 }
}

/// The state of an answer in words.
#[must_use]
pub fn state(answer: &BudgetAnswer) -> String {
    let words = of(answer).0;
    let Some(before) = answer.history_word() else { return words };
    if answer.budget.archived {
        // Only what it came to: nobody waits for what it will be.
        return match answer.state {
            State::Exceeded { .. } => "archived, over".to_owned(),
            State::Kept | State::Unknown => before.to_owned() + &words,
            _ => "archived".to_owned(),
        };
    }
    let words = words.trim_start_matches(['!', '?', ' ']);
    // Nothing goes on of days that are over.
    before.to_owned() + &words.replace("over since", "over")
}

/// A gauge of so many columns: what was spent, and a line where the calendar is.
#[must_use]
pub fn gauge(answer: &BudgetAnswer, columns: usize, theme: &Theme) -> Vec<Span<'static>> {
    let glyphs = &theme.glyphs;
    let share = answer.share().unwrap_or(0.0).clamp(0.0, 1.0);
    let full = (share * columns as f64).round() as usize;
    let full = if share > 0.0 { full.max(1) } else { 0 };
    let calendar =
        answer.pace.map(|pace| ((pace.days * columns as f64).round() as usize).min(columns.saturating_sub(1)));
    let rest = if glyphs.ascii { '.' } else { '░' };
    let role = role(answer);
    let mut spans: Vec<Span<'static>> = Vec::new();
    for at in 0..columns {
        let (sign, role) = match (Some(at) == calendar, at < full) {
            (true, _) => (glyphs.axis.0, Role::Strong),
            (false, true) => (glyphs.fills[0], role),
            (false, false) => (rest, Role::Muted),
        };
        spans.push(Span::styled(sign.to_string(), theme.style(role)));
    }
    spans
}

/// The share that was spent, beside the days that are behind where there is room.
#[must_use]
pub fn pace_words(answer: &BudgetAnswer, long: bool) -> String {
    let spent = money::share(answer.share());
    match answer.pace {
        Some(pace) if long => format!("{spent} at {:.0} % of days", pace.days * 100.0),
        _ => spent,
    }
}

/// What is foretold for the period's end: `58,900 ± 2,100`.
#[must_use]
pub fn end_words(end: Option<&Interval>, theme: &Theme) -> String {
    let Some(end) = end else { return "n/a".to_owned() };
    let sign = if theme.glyphs.only_ascii { "+-" } else { "±" };
    match end.give() {
        // Of too few days to measure any, or of none that is yet to come.
        Amount::ZERO => end.mid.grouped(0),
        give => format!("{} {sign} {}", end.mid.grouped(0), give.grouped(0)),
    }
}

/// What the column of ends is called: their day where all have the same.
#[must_use]
pub fn end_heading(answers: &[BudgetAnswer]) -> String {
    let mut ends = answers.iter().map(|answer| answer.period.to.plus(-1));
    match ends.next() {
        Some(first) if ends.all(|end| end == first) => format!("At {}", short_day(first)),
        _ => "At period end".to_owned(),
    }
}

/// A period in few columns: `November`, `Q4 2026`.
#[must_use]
pub fn period(answer: &BudgetAnswer) -> String {
    if answer.whole.as_month().is_some() {
        answer.whole.from.month().name().to_owned()
    } else {
        period_words(answer.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::budget::Cycle;
    use crate::tui::tab::budgets::samples;

    #[test]
    fn a_state_fits_its_column_and_says_what_is_over() {
        let day = |text: &str| Day::parse(text).unwrap_or_default();
        let on = day("2024-11-18");
        let mut answer = samples::answer("a", 5, 4, State::Exceeded { on }, day("2024-11-20"));
        assert_eq!(state(&answer), "! over since Nov 18");
        answer.budget.every = Cycle::Days(answer.period);
        (answer.as_of, answer.forecast) = (answer.period.to, None);
        assert_eq!((state(&answer), role(&answer)), ("ended, over Nov 18".to_owned(), Role::Muted));
        answer.budget.every = Cycle::Month;
        answer.state = State::WillExceed { on };
        assert_eq!(state(&answer), "! likely over");
        answer.state = State::OnTrack;
        assert_eq!(state(&answer), "likely kept");
    }

    #[test]
    fn what_is_archived_fits_too() {
        let day = |text: &str| Day::parse(text).unwrap_or_default();
        let (on, as_of) = (day("2024-11-18"), day("2024-11-20"));
        for (stands, want) in [
            (State::Exceeded { on }, "archived, over"),
            (State::WillExceed { on: as_of.plus(7) }, "archived"),
            (State::WillExceed { on }, "archived"),
            (State::AtRisk, "archived"),
            (State::OnTrack, "archived"),
            (State::Kept, "archived, kept"),
            (State::NotBegun, "archived"),
            (State::Unknown, "archived, no data"),
        ] {
            let mut answer = samples::answer("a", 5, 4, stands, as_of);
            answer.budget.archived = true;
            assert_eq!((state(&answer).as_str(), role(&answer)), (want, Role::Muted));
            assert!(want.len() <= STATE);
            (answer.as_of, answer.forecast) = (answer.period.to, None);
            answer.budget.every = Cycle::Days(answer.period);
            assert_eq!(state(&answer), want, "ended, too");
        }
    }
}
