//! What is yet to come and what needs somebody, as sentences: forecast, budgets, anomalies.
//!
//! Pure: answers in, lines out. Text from outside is made safe here. Knows no screen.

use super::words::{cost, currency, moved, percent};
use crate::domain::currency::{signed, written};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::anomalies::words::{since, stands};
use crate::engine::answer::{AnomaliesAnswer, BudgetAnswer, BudgetState, ForecastAnswer, Listed};

/// What this month will come to, and how sure that is.
#[must_use]
pub fn forecast(answer: &ForecastAnswer) -> Vec<String> {
    let code = answer.currency.as_str();
    let Some(month) = &answer.month else {
        return vec![format!("No forecast: {}.", SafeText::from_outside(&answer.words))];
    };
    let amount = |amount| written(amount, code);
    let range = &month.range;
    let sure = match answer.few_days {
        Some(days) => {
            format!("only {} known: how far off that may be nobody can say", counted(days.into(), "day", "days"))
        }
        None => format!("four of five times between {} and {}", amount(range.low_80), amount(range.high_80)),
    };
    let (_, figure) = answer.figure();
    let moved = moved(&figure, code);
    let on = if moved.is_empty() { "" } else { " on the month before" };
    let last = month.period.to.plus(-1);
    vec![format!("Forecast to {last}: {}{moved}{on}; {sure}.", cost(Some(range.forecast), code))]
}

/// How budgets stand in one line: which are over, or will be.
#[must_use]
pub fn budgets_in_short(budgets: &[BudgetAnswer]) -> String {
    let minded = |one: &&BudgetAnswer| {
        !one.is_history() && matches!(one.state, BudgetState::Exceeded { .. } | BudgetState::WillExceed { .. })
    };
    let minded: Vec<String> =
        budgets.iter().filter(minded).map(|one| format!("{} {}", one.budget.name.safe(), one.state_words())).collect();
    match (budgets.len(), minded.is_empty()) {
        (0, _) => "Budgets: none is kept.".to_owned(),
        (count, true) => format!("Budgets: {count}, none is over or will be."),
        (count, false) => format!("Budgets: {count}. {}. budgets tells more.", minded.join("; ")),
    }
}

/// How each budget stands, a line each.
#[must_use]
pub fn budgets(budgets: &[BudgetAnswer]) -> Vec<String> {
    if budgets.is_empty() {
        return vec!["No budget is kept. In a shell, spendtop budget suggest says what could be budgets.".to_owned()];
    }
    budgets.iter().map(budget).collect()
}

fn budget(answer: &BudgetAnswer) -> String {
    let code = answer.budget.currency.as_str();
    let amount = |amount| written(amount, code);
    let (name, limit, state) = (answer.budget.name.safe(), amount(answer.limit.total), answer.state_words());
    let spent = match answer.period {
        // Of days to come nothing is spent.
        days if days.from > answer.as_of => format!("{limit} {} from {} on", currency(code), days.from),
        _ => format!("{} of {limit} spent", cost(answer.spent, code)),
    };
    let pace = answer.pace.map_or_else(String::new, |pace| {
        let share = pace.spent.map_or_else(String::new, |share| format!(", {}", percent(share)));
        format!("{share} at {} of the days", percent(pace.days))
    });
    let end = answer.forecast.as_ref().map_or_else(String::new, |forecast| {
        let end = &forecast.end;
        let between = match end.give().is_zero() {
            true => String::new(),
            false => format!(", four of five times between {} and {}", amount(end.lo80), amount(end.hi80)),
        };
        format!("; at its end {}{between}", amount(end.mid))
    });
    format!("{name}: {state}. {spent}{pace}{end}.")
}

/// How anomalies stand in one line: how many need somebody, and the gravest.
#[must_use]
pub fn anomalies_in_short(answer: &AnomaliesAnswer) -> String {
    let told = answer.counts.iter().filter(|(state, count)| *count > 0 && state.needs_somebody());
    let counts: Vec<String> = told.map(|(state, count)| format!("{count} {}", state.word())).collect();
    let first = answer.anomalies.iter().find(|listed| listed.state.needs_somebody());
    match first {
        None if answer.series == 0 => "Anomalies: too few days are settled to know what is ordinary.".to_owned(),
        None => "Anomalies: none needs anybody.".to_owned(),
        Some(first) => format!("Anomalies: {}. The first: {} anomalies tells more.", counts.join(", "), anomaly(first)),
    }
}

/// The anomalies, a line each.
#[must_use]
pub fn anomalies(answer: &AnomaliesAnswer) -> Vec<String> {
    if answer.anomalies.is_empty() {
        return vec![anomalies_in_short(answer)];
    }
    answer.anomalies.iter().map(|listed| format!("{}: {}", listed.anomaly.id.short(), anomaly(listed))).collect()
}

fn anomaly(listed: &Listed) -> String {
    let finding = &listed.anomaly.finding;
    let code = listed.anomaly.currency.as_str();
    let amount = |amount| written(amount, code);
    let place = SafeText::from_outside(&listed.place_words.replace(" | ", ", "));
    let state = stands(listed);
    format!(
        "{place}, {}, {} {} since {}; a day {} where {} was expected; {}, {state}.",
        finding.kind_words(),
        signed(finding.impact, code),
        currency(code),
        since(finding),
        amount(finding.day.actual),
        amount(finding.day.expected),
        finding.severity.word(),
    )
}
