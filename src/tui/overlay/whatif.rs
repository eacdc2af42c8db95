//! What if: changes that are typed one after the other, and how a budget would stand with them beside how it stands.
//!
//! Knows what can be typed into it, not how it is worked out.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::line::EditedLine;
use super::{begin_box, end_box};
use crate::domain::money::Amount;
use crate::domain::scenario::{Change, Scenario};
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::answer::{BudgetState, Interval, Simulation};
use crate::engine::budgets::BudgetCommand;
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::tab::budgets::{detail::burn_up, gauge};
use crate::tui::text::{cut, left, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of what is foretold for the end, and of how far that is from the limit.
const END: usize = 22;
const AGAINST: usize = 14;

/// What follows from a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Followed {
    /// The changes are others now: they are to be worked out.
    Changed,
    /// Something is to be kept or removed.
    Do(BudgetCommand),
    /// Nothing.
    Nothing,
}

/// Changes that are thought of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhatIf {
    /// The budget.
    pub budget: String,
    /// What would be otherwise, in order.
    pub changes: Vec<Change>,
    line: EditedLine,
    wrong: Option<String>,
    tried: Option<Change>,
}

impl WhatIf {
    /// Nothing is otherwise yet.
    #[must_use]
    pub fn new(budget: String) -> WhatIf {
        WhatIf { budget, changes: Vec::new(), line: EditedLine::default(), wrong: None, tried: None }
    }

    /// Inserts typed or pasted text.
    pub fn insert(&mut self, text: &str) {
        self.line.insert(text);
        self.wrong = None;
    }

    /// Edits the line; at its start the last change is taken back.
    pub fn edit(&mut self, action: Action) -> Followed {
        if action == Action::DeleteBefore && self.line.text().is_empty() {
            return if self.changes.pop().is_some() { Followed::Changed } else { Followed::Nothing };
        }
        if self.line.edit(action) {
            self.wrong = None;
        }
        Followed::Nothing
    }

    /// Takes the line: a change, or `save NAME`, `use NAME`, `forget NAME` of a scenario.
    pub fn enter(&mut self, scenarios: &[Scenario]) -> Followed {
        let text = self.line.text().trim().to_owned();
        if text.is_empty() {
            return Followed::Nothing;
        }
        let followed = match text.split_once(char::is_whitespace) {
            Some(("save", name)) => self.save(name),
            Some(("use", name)) => self.take(name, scenarios),
            Some(("forget", name)) => Ok(Followed::Do(BudgetCommand::RemoveScenario { name: name.trim().to_owned() })),
            _ => text.parse().map(|change: Change| {
                self.tried = Some(change.clone());
                self.changes.push(change);
                Followed::Changed
            }),
        };
        match followed {
            Ok(followed) => {
                self.line.edit(Action::DeleteAll);
                self.wrong = None;
                followed
            }
            Err(why) => {
                self.wrong = Some(why);
                Followed::Nothing
            }
        }
    }

    fn save(&self, name: &str) -> Result<Followed, String> {
        let scenario = Scenario { name: Untrusted::from(name), changes: self.changes.clone() }.checked()?;
        Ok(Followed::Do(BudgetCommand::KeepScenario(scenario)))
    }

    fn take(&mut self, name: &str, scenarios: &[Scenario]) -> Result<Followed, String> {
        let found = scenarios.iter().find(|scenario| scenario.name.raw() == name.trim());
        let Some(found) = found else {
            let names: Vec<String> = scenarios.iter().map(|scenario| scenario.name.safe().into_string()).collect();
            let known =
                if names.is_empty() { "none is kept yet".to_owned() } else { format!("kept are {}", names.join(", ")) };
            return Err(format!("there is no scenario of that name: {known}"));
        };
        self.changes = found.changes.clone();
        Ok(Followed::Changed)
    }

    /// Says why changes could not be worked out, and gives back the one that was tried last to be mended.
    pub fn refuse(&mut self, why: String) {
        self.wrong = Some(why);
        if let Some(tried) = self.tried.take().filter(|tried| self.changes.last() == Some(tried)) {
            self.changes.pop();
            self.line.set(&tried.to_string());
        }
    }

    /// Takes note that changes were worked out: from now on they name services as the bill does.
    pub fn accepted(&mut self, changes: Vec<Change>) {
        self.tried = None;
        self.changes = changes;
    }

    /// Draws it over an area; returns where the terminal's cursor belongs.
    pub fn draw(
        &self,
        simulation: Option<&Simulation>,
        scenarios: &[Scenario],
        keymap: &Keymap,
        under: Rect,
        buf: &mut Buffer,
        theme: &Theme,
    ) -> Option<Position> {
        let simulation = simulation.filter(|one| one.today.standing.budget.name.raw() == self.budget);
        let lines = self.changes.len() as u16;
        let wants = lines + 8 + 16;
        let (area, inner) = begin_box(Rect { height: wants.min(under.height), ..under }, under, buf, theme);
        if inner.height < 8 {
            return None;
        }
        let name = SafeText::from_outside(&self.budget);
        put(buf, area, 0, &Line::from(Span::styled(format!(" What if: {name} "), theme.style(Role::Strong))));
        let worked_out = simulation.is_some_and(|simulation| self.is_of(simulation));
        let mut row = self.table(simulation, worked_out, inner, buf, theme);
        let chart = inner.height.saturating_sub(row + 5);
        if let Some(simulation) = simulation.filter(|_| chart >= 6) {
            let place = Rect { y: inner.y + row + 1, height: chart - 1, ..inner };
            let path: &[_] = if worked_out && !self.changes.is_empty() { &simulation.path } else { &[] };
            burn_up(&simulation.today, path).draw(place, buf, theme);
            row += chart;
        }
        let cursor = self.prompt(inner, row + 1, buf, theme);
        let (said, role) = match &self.wrong {
            Some(why) => (SafeText::from_outside(why).into_string(), Role::Error),
            None => ("growth +10% | growth +3% a month of \"Amazon EC2\" | price -5% | add 3 x 12.50 a day | buy 5000 on 2026-12-10".to_owned(), Role::Muted),
        };
        let dots = theme.glyphs.ellipsis;
        let columns = usize::from(inner.width);
        put(
            buf,
            inner,
            row + 2,
            &Line::from(Span::styled(cut(&format!("   {said}"), columns, dots), theme.style(role))),
        );
        let kept: Vec<String> = scenarios.iter().map(|scenario| scenario.name.safe().into_string()).collect();
        let kept = if kept.is_empty() { String::new() } else { format!(" (kept: {})", kept.join(", ")) };
        let keys = format!("   {}{kept}", keymap.say("{apply} adds it, {delete-before} takes the last back, save NAME, use NAME, forget NAME, {cancel} leaves"));
        put(buf, inner, row + 3, &Line::from(Span::styled(cut(&keys, columns, dots), theme.style(Role::Muted))));
        end_box(area, buf, theme);
        cursor
    }

    /// Whether it is of these changes that it tells what they come to: while others are worked out it is not.
    fn is_of(&self, simulation: &Simulation) -> bool {
        simulation.changes.iter().map(|(change, _)| change).eq(&self.changes)
    }

    fn prompt(&self, inner: Rect, row: u16, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let room = usize::from(inner.width).saturating_sub(5);
        let (text, column) = self.line.seen(room, theme.glyphs.ellipsis);
        put(buf, inner, row, &Line::from(vec![Span::styled(" > ", theme.style(Role::Accent)), Span::raw(text)]));
        (row < inner.height)
            .then(|| Position { x: (inner.x + 3 + column).min(inner.right().saturating_sub(1)), y: inner.y + row })
    }

    /// How the budget stands and would stand, with what each change adds between; returns the row after it.
    fn table(
        &self,
        simulation: Option<&Simulation>,
        worked_out: bool,
        inner: Rect,
        buf: &mut Buffer,
        theme: &Theme,
    ) -> u16 {
        let dots = theme.glyphs.ellipsis;
        // What is left of the line beside figures and state, which are never cut.
        let what = usize::from(inner.width).saturating_sub(1 + END + 2 + AGAINST + 2 + gauge::STATE).clamp(6, 60);
        let Some(simulation) = simulation else {
            put(buf, inner, 1, &Line::from(Span::styled(" loading", theme.style(Role::Muted))));
            return 2;
        };
        let answer = &simulation.today.standing;
        let places = money::places(&answer.budget.currency);
        let limit = answer.limit.total;
        let end_day = crate::tui::tab::short_day(answer.period.to.plus(-1));
        let heading = format!(
            " {}{}  {}  {}",
            left("", what, dots),
            right(&format!("At {end_day}"), END, dots),
            right("Against limit", AGAINST, dots),
            left("State", gauge::STATE, dots)
        );
        put(buf, inner, 1, &Line::from(Span::styled(heading, theme.style(Role::Muted))));
        let line = |name: &str, end: &Interval, state: BudgetState| {
            let (words, role) = gauge::state_words(state, answer.period.to, answer.as_of);
            let over = end.mid - limit;
            let sign = if over > Amount::ZERO { "+" } else { "-" };
            let against = format!("{sign}{}", over.abs().grouped(0));
            Line::from(vec![
                Span::styled(format!(" {}", left(name, what, dots)), theme.style(Role::Strong)),
                Span::raw(right(&gauge::end_words(Some(end), theme), END, dots)),
                Span::styled(
                    format!("  {}  ", right(&against, AGAINST, dots)),
                    theme.style(if over > Amount::ZERO { Role::Warm } else { Role::Cool }),
                ),
                Span::styled(words, theme.style(role)),
            ])
        };
        let mut row = 2;
        if let Some(forecast) = &answer.forecast {
            put(buf, inner, row, &line("today", &forecast.end, answer.state));
            row += 1;
        }
        for (at, change) in self.changes.iter().enumerate() {
            let effect = simulation.changes.get(at).filter(|_| worked_out).map(|(_, effect)| *effect);
            let sign = if effect.is_some_and(|effect| effect < Amount::ZERO) { "-" } else { "+" };
            let adds = effect.map_or_else(String::new, |effect| format!("{sign}{}", effect.abs().grouped(places)));
            let text = SafeText::from_outside(&change.to_string());
            // It has the line to itself up to what it adds.
            let room = (what + END).saturating_sub(width(&adds) + 4);
            let remark = simulation.remarks.get(at).filter(|_| worked_out).and_then(Option::as_deref);
            let beside = usize::from(inner.width).saturating_sub(what + END + 3);
            let mut line = vec![
                Span::styled(format!("   {}", left(&text, room, dots)), theme.style(Role::Text)),
                Span::raw(format!("  {adds}")),
            ];
            let said = remark.map(|remark| format!("  {}", cut(remark, beside, dots)));
            line.extend(said.map(|said| Span::styled(said, theme.style(Role::Unsure))));
            put(buf, inner, row, &Line::from(line));
            row += 1;
        }
        if !self.changes.is_empty() && worked_out {
            put(buf, inner, row, &line("then", &simulation.end, simulation.state));
            row += 1;
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_add_changes_and_keep_them() {
        let mut whatif = WhatIf::new("platform".into());
        let mut enter = |text: &str, scenarios: &[Scenario]| {
            whatif.line.set(text);
            let followed = whatif.enter(scenarios);
            (followed, whatif.changes.len(), whatif.wrong.clone())
        };
        assert_eq!(enter("growth +10%", &[]), (Followed::Changed, 1, None));
        assert!(enter("growht 3", &[]).2.is_some_and(|why| why.contains("did you mean `growth`")));
        let (kept, ..) = enter("save a b", &[]);
        let Followed::Do(BudgetCommand::KeepScenario(scenario)) = kept else { panic!("{kept:?}") };
        assert_eq!((scenario.name.raw(), scenario.changes.len()), ("a b", 1));
        assert!(enter("use c", std::slice::from_ref(&scenario)).2.is_some_and(|why| why.contains("kept are a b")));
        let two = Scenario { changes: [scenario.changes.clone(), scenario.changes.clone()].concat(), ..scenario };
        assert_eq!(enter("use a b", &[two]), (Followed::Changed, 2, None));
        assert!(matches!(enter("forget a b", &[]).0, Followed::Do(BudgetCommand::RemoveScenario { .. })));
        assert_eq!((whatif.edit(Action::DeleteBefore), whatif.changes.len()), (Followed::Changed, 1));
    }

    #[test]
    fn a_service_that_is_called_by_its_short_name_is_the_one_of_the_bill() {
        let mut whatif = WhatIf::new("platform".into());
        whatif.insert("growth +10% of ec2");
        whatif.enter(&[]);
        let as_billed: Vec<Change> = vec!["growth +10% of \"Amazon EC2\"".parse().expect("change")];
        whatif.accepted(as_billed.clone());
        assert_eq!((&whatif.changes, whatif.line.text()), (&as_billed, ""));
    }

    #[test]
    fn a_change_that_cannot_be_worked_out_is_given_back() {
        let mut whatif = WhatIf::new("platform".into());
        whatif.insert("growth +10% of nothing");
        whatif.enter(&[]);
        whatif.refuse("no such service".into());
        assert_eq!((whatif.changes.len(), whatif.line.text()), (0, "growth +10% of nothing"));
    }
}
