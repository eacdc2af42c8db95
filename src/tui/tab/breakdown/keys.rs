//! What actions do in the Breakdown tab.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that changes the tab's state. Draws
//! nothing and asks nothing.

use ratatui::layout::Rect;

use super::View;
use super::columns::Columns;
use super::pivot_view::Grid;
use super::treemap::{LEAST, Way, neighbour, tiles};
use crate::domain::calendar::Granularity;
use crate::engine::breakdown::usual_pieces;
use crate::tui::action::Action;
use crate::tui::app::{App, distance};
use crate::tui::layout;
use crate::tui::tab::Tab;

impl App {
    /// The tab's area without the pane of details.
    fn breakdown_area(&self) -> Rect {
        layout::beside(self.body(), self.pane_is_open()).0
    }

    /// The columns that rows have.
    pub(in crate::tui) fn breakdown_columns(&self) -> Columns {
        self.breakdown.columns(self.breakdown_area().width, self.breakdown_answer())
    }

    /// Where rows stand below each other; `None` where they do not.
    pub(in crate::tui) fn breakdown_rows(&self) -> Option<Rect> {
        let body = self.breakdown_area();
        match self.breakdown.view {
            View::Table => {
                let detail = !self.pane_is_open() && !self.breakdown_columns().complete(self.breakdown_answer());
                Some(layout::breakdown(body, detail).rows)
            }
            View::Pivot => Some(layout::pivot(layout::below(body)).rows),
            View::Hygiene => Some(self.hygiene_lines(body)),
            View::Overview | View::Compared => None,
        }
    }

    /// How many rows a page has.
    pub(in crate::tui) fn breakdown_page(&self) -> usize {
        let rows = self.breakdown_rows().unwrap_or_else(|| self.breakdown_area());
        usize::from(rows.height).max(1)
    }

    /// The size of the pieces that the tab's question must ask for; `None` where the usual will do.
    pub(in crate::tui) fn breakdown_pieces(&self) -> Option<Granularity> {
        let period = self.lens.period.resolve(self.as_of);
        let wanted = (self.breakdown.view == View::Pivot).then(|| self.breakdown.pivot.pieces(period));
        wanted.filter(|pieces| *pieces != usual_pieces(period))
    }

    /// Does what an action says to the rows.
    pub(in crate::tui) fn perform_breakdown(&mut self, action: Action) {
        let currency = self.currency.clone();
        let currency = currency.as_deref();
        let page = self.breakdown_page();
        let selected = self.breakdown.selected();
        match action {
            Action::Pivot => self.turn_to(View::Pivot),
            Action::Overview => self.turn_to_overview(),
            Action::Hygiene => self.turn_to(View::Hygiene),
            _ if self.breakdown.view == View::Hygiene => self.perform_tags(action),
            Action::Compare => self.compare(),
            _ if self.breakdown.view == View::Compared => self.say_way_back(),
            Action::Sort => self.breakdown.sort_next(currency),
            Action::Reverse => self.breakdown.reverse(currency),
            Action::Mark => {
                self.breakdown.mark(currency);
                self.breakdown.select(selected + 1, page, currency);
            }
            Action::Unmark => self.breakdown.marks.clear(),
            Action::Detail => self.toggle_pane(),
            Action::ItemsAfter => self.turn_page(true),
            Action::ItemsBefore => self.turn_page(false),
            Action::PivotPieces => self.next_pivot_pieces(),
            Action::CellBefore => self.step_aside(Way::Left),
            Action::CellAfter => self.step_aside(Way::Right),
            Action::Up if self.breakdown.view == View::Overview => self.step_aside(Way::Up),
            Action::Down if self.breakdown.view == View::Overview => self.step_aside(Way::Down),
            _ => {
                if let Some(by) = distance(action, page) {
                    self.breakdown.select(selected.saturating_add_signed(by), page, currency);
                }
            }
        }
    }

    /// Goes back to all rows, or from another way of showing them to the table; `false` where that is
    /// what is shown.
    pub(in crate::tui) fn breakdown_back(&mut self) -> bool {
        if self.tab != Tab::Breakdown {
            return false;
        }
        if !self.breakdown.found().is_empty() {
            self.breakdown.find("", self.currency.as_deref());
            return true;
        }
        let other = self.breakdown.view != View::Table;
        if other {
            self.turn_to(View::Table);
        }
        other
    }

    /// Shows the rows another way, or as a table again.
    fn turn_to(&mut self, view: View) {
        let page = self.breakdown_page();
        self.breakdown.view = if self.breakdown.view == view { View::Table } else { view };
        let (selected, currency) = (self.breakdown.selected(), self.currency.clone());
        self.breakdown.select(selected, page, currency.as_deref());
    }

    fn toggle_pane(&mut self) {
        if self.breakdown.view == View::Table {
            self.show_pane(!self.pane_is_open());
        } else {
            self.say_way_back();
        }
    }

    /// Says how the rows are seen that a key would act on.
    pub(super) fn say_way_back(&mut self) {
        self.status = Some(self.keymap.say("{back} goes back to the rows"));
    }

    /// Opens or closes the pane of details; the selected row stays in view.
    pub(in crate::tui) fn show_pane(&mut self, open: bool) {
        self.breakdown.pane = Some(open);
        let (selected, page, currency) = (self.breakdown.selected(), self.breakdown_page(), self.currency.clone());
        self.breakdown.select(selected, page, currency.as_deref());
    }

    /// Shows other line items in the pane.
    fn turn_page(&mut self, later: bool) {
        let total = self.selected_items().flatten().map_or(0, |items| items.total as usize);
        let from = self.breakdown.items_from;
        let page = self.items_of_a_page();
        let to = if later { from + page } else { from.saturating_sub(page) };
        if self.pane_is_open() && to < total {
            self.breakdown.items_from = to;
        }
    }

    fn turn_to_overview(&mut self) {
        if self.size.0 < LEAST.0 || self.size.1 < LEAST.1 {
            self.status = Some(format!("the overview needs {} columns and {} lines", LEAST.0, LEAST.1));
        } else {
            self.turn_to(View::Overview);
        }
    }

    fn compare(&mut self) {
        match self.breakdown.marks.len() {
            _ if self.breakdown.view == View::Compared => self.turn_to(View::Table),
            2 => self.turn_to(View::Compared),
            marked => {
                let mark = self.keymap.key_of(Action::Mark);
                self.status = Some(format!("two rows are compared, {marked} are marked: {mark} marks one"));
            }
        }
    }

    fn next_pivot_pieces(&mut self) {
        if self.breakdown.view == View::Pivot {
            self.breakdown.pivot.next_size(self.lens.period.resolve(self.as_of));
        } else {
            let pivot = self.keymap.key_of(Action::Pivot);
            self.status = Some(format!("{pivot} shows days, weeks or months as columns"));
        }
    }

    /// Selects the cell or the area beside the selected one.
    fn step_aside(&mut self, way: Way) {
        let body = layout::below(self.breakdown_area());
        let state = &self.breakdown;
        let Some(answer) = self.breakdown_answer() else { return };
        match state.view {
            View::Pivot => {
                let seen = Grid::of(usize::from(body.width), state, answer).seen;
                let mut pivot = state.pivot;
                pivot.step(if way == Way::Left { -1 } else { 1 }, seen, answer);
                self.breakdown.pivot = pivot;
            }
            View::Overview => {
                let (tiles, _) = tiles(answer, state.order(), layout::overview(body).0);
                let to = neighbour(&tiles, state.row_index(), way);
                let Some(at) = to.and_then(|row| state.order().iter().position(|at| *at == row)) else { return };
                let (page, currency) = (self.breakdown_page(), self.currency.clone());
                self.breakdown.select(at, page, currency.as_deref());
            }
            View::Table | View::Compared | View::Hygiene => {}
        }
    }
}
