//! What the mouse points at, and what a click or a turn of its wheel does.
//!
//! The part of [`App::update`] for a mouse that was turned on. What stands where is asked of the same
//! functions that draw it. Draws nothing.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::App;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::screen;
use crate::tui::tab::Tab;
use crate::tui::tab::breakdown::View;
use crate::tui::tab::spend::movers;
use crate::tui::tab::spend::state::Pane;

/// Lines that one turn of the wheel goes.
const TURN: usize = 3;

/// Something that can be pointed at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A tab's name.
    Tab(Tab),
    /// A key of the footer.
    Key(Action),
    /// A row of the tab's list, by its place in the order.
    Row(usize),
    /// A move.
    Mover(usize),
    /// A piece of time of the chart.
    Piece(usize),
    /// A line of a list, so many lines from the selected one.
    Line(isize),
}

impl App {
    /// What is at a place of the screen.
    #[must_use]
    pub fn target(&self, at: Position) -> Option<Target> {
        let parts = self.parts();
        if parts.footer.contains(at) {
            return screen::key_at(self, parts.footer, at.x).map(Target::Key);
        }
        match &self.overlay {
            Some(Overlay::Pick(list)) => return list.line_at(parts.under, at).map(Target::Line),
            Some(_) => return None,
            None if self.welcome.is_some() => return None,
            None => {}
        }
        if parts.header.contains(at) {
            return screen::tab_at(self.tab, parts.header, at.x).map(Target::Tab);
        }
        if !parts.body.contains(at) || self.error().is_some() {
            return None;
        }
        match self.tab {
            Tab::Breakdown => {
                let rows = self.breakdown_rows().filter(|rows| rows.contains(at))?;
                let row = usize::from(at.y.checked_sub(rows.y)?);
                if self.breakdown.view == View::Hygiene {
                    return self.tags_item_at(row, usize::from(rows.height)).map(Target::Row);
                }
                let mut seen = self.breakdown.visible(self.breakdown_answer()?, usize::from(rows.height));
                seen.nth(row).map(|(at, _)| Target::Row(at))
            }
            Tab::Budgets => self.budget_at(at).map(Target::Row),
            Tab::Anomalies => self.anomaly_at(at).map(Target::Row),
            Tab::Spend => {
                let answer = self.spend_answer()?;
                let scene = self.spend_scene();
                let parts = scene.parts(parts.body);
                let mover = movers::row_at(&self.spend, answer, parts.movers, at).map(Target::Mover);
                mover.or_else(|| scene.timeline(answer, &parts).chart.piece_at(parts.chart, at).map(Target::Piece))
            }
            _ => None,
        }
    }

    pub(super) fn mouse(&mut self, event: &MouseEvent) -> Vec<Effect> {
        let at = Position { x: event.column, y: event.row };
        let (line, day) = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => return self.click(at),
            MouseEventKind::ScrollDown => (Action::Down, Action::DayAfter),
            MouseEventKind::ScrollUp => (Action::Up, Action::DayBefore),
            _ => return vec![],
        };
        self.pending.clear();
        if matches!(self.target(at), Some(Target::Piece(_))) {
            return self.perform(day);
        }
        (0..TURN).flat_map(|_| self.perform(line)).collect()
    }

    /// Selects what is clicked; what is selected already is opened.
    fn click(&mut self, at: Position) -> Vec<Effect> {
        let Some(target) = self.target(at) else { return vec![] };
        self.status = None;
        self.pending.clear();
        let currency = self.currency.clone();
        let currency = currency.as_deref();
        let selected = match target {
            Target::Tab(tab) => return self.perform(Action::Show(tab)),
            Target::Key(action) => return self.perform(action),
            Target::Line(0) => {
                let several = matches!(&self.overlay, Some(Overlay::Pick(list)) if list.takes_several());
                return self.perform(if several { Action::Mark } else { Action::Choose });
            }
            Target::Line(by) => {
                if let Some(Overlay::Pick(list)) = &mut self.overlay {
                    list.select(by);
                }
                return vec![];
            }
            Target::Row(at) if self.tab == Tab::Budgets => self.select_budget(at),
            Target::Row(at) if self.tab == Tab::Anomalies => self.select_anomaly(at),
            Target::Row(at) if self.breakdown.view == View::Hygiene => {
                let selected = self.tags_selected();
                self.select_tags(at);
                selected == Some(at)
            }
            Target::Row(at) => {
                let selected = self.breakdown.selected();
                let page = self.breakdown_page();
                self.breakdown.select(at, page, currency);
                selected == at
            }
            Target::Mover(at) => {
                let selected = self.spend_answer().and_then(|answer| self.spend.mover(answer));
                self.spend.select_mover(at, currency);
                selected == Some(at)
            }
            Target::Piece(at) => {
                let together = self.spend_together();
                let bar = self.spend_answer().and_then(|answer| self.spend.bar(answer, together));
                let before = bar.map_or(0, |bar| bar.start) / together;
                let focused = self.spend.focus == Pane::Chart;
                let by = (at / together) as isize - before as isize;
                self.spend.move_cursor(by, together, currency);
                focused && by == 0
            }
        };
        if selected { self.perform(Action::Open) } else { self.ask() }
    }

    pub(super) fn turn_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        let said = if self.mouse {
            "mouse on: the terminal's own selecting needs Shift (Option in iTerm2); {mouse} turns it off"
        } else {
            "mouse off"
        };
        self.status = Some(self.keymap.say(said));
        vec![Effect::Mouse(self.mouse)]
    }
}
