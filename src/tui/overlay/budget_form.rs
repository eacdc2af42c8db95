//! The form in which a budget is made, changed or cloned: a line for each of its parts.
//!
//! Knows what can be typed into it, not what becomes of the budget.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::budget_choice::Choice;
use super::line::EditedLine;
use super::{begin_box, end_box};
use crate::domain::budget::{self, Budget, Cycle, Rollover, Thresholds};
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::budgets::Was;
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::text::{cut, left, put, width};
use crate::tui::theme::{Role, Theme};

/// The parts in their order: name, and what is typed into it.
const FIELDS: [(&str, &str); 13] = [
    ("Name", "what it is called"),
    ("Where", "a filter of charges, like team=platform provider:aws; empty is all"),
    ("Amount", "the limit of a whole period, like 50000 or 50k"),
    ("Currency", "a code like USD; charges in others do not count"),
    ("Every", "{cursor-right} chooses; or type days like 2026-09-01..2026-12-01 (end exclusive)"),
    ("From", "the first day that counts, like 2026-11-01"),
    ("Growth", "by how much each limit is larger than the one before, like 3%; 0 is fixed"),
    ("Rollover", "{cursor-right} chooses what goes over to the next period; balance: overspending, too"),
    ("Tell at", "shares of the limit once spent, like 80,100; none"),
    ("Foretell at", "shares of the limit once foretold, like 100; none"),
    ("Metric", "{cursor-right} chooses which cost counts"),
    ("Owner", "who answers for it"),
    ("Note", "what else is to be known"),
];

/// The words that a part can be, where it can be some only.
fn choice(at: usize) -> Option<Choice> {
    match FIELDS[at].0 {
        "Every" => Some(Choice::of([Cycle::Month, Cycle::Quarter, Cycle::Year].map(Cycle::name)).or_others()),
        "Rollover" => Some(Choice::of(Rollover::ALL.map(Rollover::name))),
        "Metric" => Some(Choice::of(Metric::ALL.map(Metric::name))),
        _ => None,
    }
}

/// A budget as it is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BudgetForm {
    title: String,
    /// What there was before.
    pub was: Was,
    archived: bool,
    /// The periods that the first day was proposed for.
    begins: (Cycle, Day),
    lines: Vec<EditedLine>,
    at: usize,
    /// The first letters of a word that is being chosen.
    typed: String,
    wrong: Option<(usize, String)>,
}

impl BudgetForm {
    /// A form with a budget in it.
    #[must_use]
    pub fn new(title: String, was: Was, budget: &Budget) -> BudgetForm {
        let thresholds = &budget.thresholds;
        let texts = [
            budget.name.raw().to_owned(),
            budget.scope.to_string(),
            if budget.amount.is_zero() { String::new() } else { budget.amount.to_string() },
            budget.currency.clone(),
            budget.every.name(),
            budget.from.to_string(),
            budget.growth.to_string() + "%",
            budget.rollover.name().to_owned(),
            budget::thresholds_line(&thresholds.actual),
            budget::thresholds_line(&thresholds.forecast),
            budget.metric.name().to_owned(),
            budget.owner.raw().to_owned(),
            budget.note.raw().to_owned(),
        ];
        let lines = texts.into_iter().map(EditedLine::new).collect();
        let begins = (budget.every, budget.from);
        BudgetForm { title, was, archived: budget.archived, begins, lines, at: 0, typed: String::new(), wrong: None }
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str) {
        match choice(self.at) {
            Some(choice) => choice.insert(&mut self.lines[self.at], &mut self.typed, text),
            None => self.lines[self.at].insert(text),
        }
        self.wrong = None;
    }

    /// Goes to another line, or edits the one that it is at.
    pub fn edit(&mut self, action: Action) {
        let count = FIELDS.len();
        match action {
            Action::LineDown | Action::LineUp => {
                self.at = (self.at + if action == Action::LineDown { 1 } else { count - 1 }) % count;
                self.typed.clear();
            }
            action => {
                if let Some(choice) = choice(self.at) {
                    choice.edit(&mut self.lines[self.at], &mut self.typed, action);
                    self.wrong = None;
                    return;
                }
                if self.lines[self.at].edit(action) {
                    self.wrong = None;
                }
            }
        }
    }

    /// The budget as it is typed; goes to the first line that is wrong, and says why.
    pub fn budget(&mut self, own: &[Dimension]) -> Option<Budget> {
        match self.read(own) {
            Ok(budget) => Some(budget),
            Err((at, why)) => {
                self.at = at;
                self.wrong = Some((at, why));
                None
            }
        }
    }

    /// Says why the budget could not be kept.
    pub fn refuse(&mut self, why: String) {
        self.wrong = Some((self.at, why));
    }

    fn read(&self, own: &[Dimension]) -> Result<Budget, (usize, String)> {
        let text = |at: usize| self.lines[at].text().trim();
        let at = |at: usize| move |why: String| (at, why);
        let name = budget::clean_name(text(0)).map_err(at(0))?;
        let scope = Filter::parse(text(1), own).map_err(|e| {
            let meant = e.suggestion.map(|s| format!("; try {s}")).unwrap_or_default();
            (1, format!("{}{meant}", e.message))
        })?;
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == text(10));
        let checked = Budget {
            name: name.into(),
            scope,
            amount: budget::amount(text(2)).map_err(at(2))?,
            currency: budget::currency(text(3)).map_err(at(3))?,
            every: text(4).parse().map_err(at(4))?,
            from: Day::parse(text(5)).ok_or_else(|| (5, "a day is written like 2026-11-01".to_owned()))?,
            growth: budget::parse_growth(text(6)).map_err(at(6))?,
            rollover: if text(7).is_empty() { Default::default() } else { text(7).parse().map_err(at(7))? },
            thresholds: Thresholds {
                actual: budget::parse_thresholds(text(8)).map_err(at(8))?,
                forecast: budget::parse_thresholds(text(9)).map_err(at(9))?,
            },
            metric: metric.ok_or_else(|| (10, "a metric is effective, billed, list or contracted".to_owned()))?,
            owner: Untrusted::from(text(11)),
            note: Untrusted::from(text(12)),
            archived: self.archived,
        };
        // Other periods begin whole, unless another day was typed.
        let (every, from) = self.begins;
        let checked = if checked.from == from {
            Budget { every, ..checked.clone() }.with_periods(checked.every)
        } else {
            checked
        };
        checked.checked().map_err(|why| {
            let about = |words: &[&str]| words.iter().any(|word| why.contains(word));
            let at = match () {
                () if about(&["scope"]) => 1,
                () if about(&["amount"]) => 2,
                () if about(&["day", "years"]) => 5,
                () if about(&["shrink", "grow"]) => 6,
                () if about(&["owner"]) => 11,
                () if about(&["note"]) => 12,
                () => 0,
            };
            (at, why)
        })
    }

    /// Draws it in the middle of an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, keymap: &Keymap, under: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let height = (FIELDS.len() as u16 + 5).min(under.height);
        let columns = under.width.min(96);
        let x = under.x + (under.width - columns) / 2;
        let y = under.y + (under.height - height) / 2;
        let (area, inner) = begin_box(Rect { x, y, width: columns, height }, under, buf, theme);
        if inner.height < 5 {
            return None;
        }
        put(buf, area, 0, &Line::from(Span::styled(format!(" {} ", self.title), theme.style(Role::Strong))));
        let rows = usize::from(inner.height - 4).min(FIELDS.len());
        let from = self.at.saturating_sub(rows.saturating_sub(1));
        let label = FIELDS.iter().map(|(name, _)| width(name)).max().unwrap_or_default() + 2;
        let room = usize::from(inner.width).saturating_sub(label + 3);
        let mut cursor = None;
        for (row, at) in (from..FIELDS.len()).take(rows).enumerate() {
            let y = row as u16 + 1;
            let selected = at == self.at;
            // Where words are chosen, all are seen.
            let words = choice(at).filter(|_| selected).and_then(|choice| choice.shown(&self.lines[at]));
            let words = words.filter(|(text, _)| width(text) <= room);
            let (text, column) = words.unwrap_or_else(|| self.lines[at].seen(room, theme.glyphs.ellipsis));
            let mark = if selected { theme.glyphs.marks.0 } else { " " };
            let role = if selected { Role::Strong } else { Role::Muted };
            let line = vec![
                Span::styled(format!("{mark} "), theme.style(Role::Accent)),
                Span::styled(left(FIELDS[at].0, label, ""), theme.style(role)),
                Span::raw(text),
            ];
            put(buf, inner, y, &Line::from(line));
            if selected {
                let x = inner.x + 2 + label as u16 + column;
                cursor = Some(Position { x: x.min(inner.right().saturating_sub(1)), y: inner.y + y });
            }
        }
        let (said, role) = match &self.wrong {
            Some((_, why)) => (SafeText::from_outside(why).into_string(), Role::Error),
            None => (keymap.say(FIELDS[self.at].1), Role::Muted),
        };
        let said = cut(&format!("  {said}"), usize::from(inner.width), theme.glyphs.ellipsis);
        // What a line wants stands apart from the lines where there is room.
        let foot = inner.height - 3;
        put(buf, inner, foot, &Line::from(Span::styled(said, theme.style(role))));
        let keys = keymap.say("  {apply} keeps it, {next-field} the next line, {cancel} leaves all as it was");
        put(buf, inner, foot + 1, &Line::from(Span::styled(keys, theme.style(Role::Muted))));
        end_box(area, buf, theme);
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::budgets::samples;

    #[test]
    fn what_is_typed_becomes_a_budget() {
        let budget = samples::budget("platform");
        let mut form = BudgetForm::new("x".into(), Was::New, &budget);
        assert_eq!(form.budget(&[]), Some(budget.clone()));
        form.edit(Action::LineDown);
        form.edit(Action::LineDown);
        form.edit(Action::DeleteAll);
        assert_eq!(form.budget(&[]), None);
        assert_eq!(form.wrong.as_ref().map(|(at, _)| *at), Some(2));
        form.insert("60k");
        assert_eq!(form.budget(&[]).map(|b| b.amount.to_string()).as_deref(), Some("60000"));
        form.edit(Action::LineUp);
        form.edit(Action::DeleteAll);
        form.insert("servce:x");
        assert_eq!((form.budget(&[]), form.at), (None, 1));
        assert!(form.wrong.as_ref().is_some_and(|(_, why)| why.contains("service")));
    }

    #[test]
    fn a_budget_that_cannot_be_says_which_line() {
        let budget = samples::budget("platform");
        let mut form = BudgetForm::new("x".into(), Was::New, &budget);
        (0..4).for_each(|_| form.edit(Action::LineDown));
        form.edit(Action::DeleteAll);
        form.insert("2026-11-01..2026-11-08");
        (0..2).for_each(|_| form.edit(Action::LineDown));
        form.edit(Action::DeleteAll);
        form.insert("3%");
        assert_eq!((form.budget(&[]), form.at), (None, 5));
        form.edit(Action::LineUp);
        assert_eq!(form.at, 4);
    }

    #[test]
    fn fixed_words_are_chosen_and_days_are_typed() {
        let mut form = BudgetForm::new("x".into(), Was::New, &samples::budget("platform"));
        let go = |form: &mut BudgetForm, at: usize| (form.at..at).for_each(|_| form.edit(Action::LineDown));
        go(&mut form, 4);
        form.edit(Action::CursorRight);
        go(&mut form, 7);
        "balance".chars().for_each(|c| form.insert(c.encode_utf8(&mut [0; 4])));
        go(&mut form, 10);
        form.insert("b");
        let budget = form.budget(&[]).expect("a budget");
        assert_eq!((budget.every, budget.rollover, budget.metric), (Cycle::Quarter, Rollover::Balance, Metric::Billed));
    }
}
