//! Draws the Spend tab: figures, warnings, chart with legend and read-out, moves.
//!
//! Pure: reads state, writes cells. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cards::{self, Cards, Kind};
use super::state::Pane;
use super::timeline::{Timeline, heading};
use super::{State, movers};
use crate::domain::calendar::Day;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::answer::SpendAnswer;
use crate::tui::keymap::Keymap;
use crate::tui::layout::spend::{Parts, parts};
use crate::tui::text::{cut, put};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::Chart;
use crate::tui::widget::money;

/// All that the tab is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What is selected.
    pub state: &'a State,
    /// What is known; `None` where no answer has come yet, which leaves the same places blank.
    pub answer: Option<&'a SpendAnswer>,
    /// What the answer is to, or will be.
    pub lens: &'a Lens,
    /// As of which day.
    pub as_of: Day,
    /// What keys mean, for sentences that name one.
    pub keymap: &'a Keymap,
}

impl Scene<'_> {
    /// Where everything stands in a body.
    #[must_use]
    pub fn parts(&self, body: Rect) -> Parts {
        parts(body, self.answer.map_or(0, |a| a.notices.len()) as u16)
    }

    /// The figures that are shown in a body.
    #[must_use]
    pub fn cards(&self, body: Rect) -> Vec<Kind> {
        cards::shown(self.parts(body).cards.width, self.lens)
    }

    /// The panes in a body that the focus can go to, in its order.
    #[must_use]
    pub fn panes(&self, body: Rect) -> Vec<Pane> {
        let Some(answer) = self.answer else { return vec![] };
        let parts = self.parts(body);
        let there = |pane: &Pane| match pane {
            Pane::Chart => !parts.readout.is_empty(),
            Pane::Movers => parts.movers.height > 1 && !answer.movers.is_empty(),
            Pane::Cards => true,
        };
        [Pane::Chart, Pane::Movers, Pane::Cards].into_iter().filter(there).collect()
    }

    /// Draws the tab.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let parts = self.parts(area);
        let (state, lens, as_of) = (self.state, self.lens, self.as_of);
        let selected = state.card(&cards::shown(parts.cards.width, lens));
        Cards { answer: self.answer, lens, as_of, selected }.draw(parts.cards, buf, theme);
        let Some(answer) = self.answer else {
            heading("Daily", false, parts.legend, buf, theme);
            Chart::default().draw(parts.chart, buf, theme);
            put(buf, parts.readout, 0, &Line::from(Span::styled("loading", theme.style(Role::Muted))));
            return;
        };
        for (row, notice) in answer.notices.iter().take(usize::from(parts.notices.height)).enumerate() {
            let text = SafeText::from_outside(&format!("{}: {}", notice.text, notice.hint));
            let text = cut(&format!("! {text}"), usize::from(parts.notices.width), theme.glyphs.ellipsis);
            put(buf, parts.notices, row as u16, &Line::from(Span::styled(text, theme.style(Role::Unsure))));
        }
        let timeline = Timeline::of(state, answer);
        timeline.legend(parts.legend, buf, theme);
        timeline.chart.draw(parts.chart, buf, theme);
        timeline.readout(parts.readout, buf, theme);
        movers::draw(state, answer, self.keymap, parts.movers, buf, theme);
    }

    /// The selected figure, piece of time or move as text to copy.
    #[must_use]
    pub fn row_text(&self, body: Rect) -> Option<String> {
        let (state, answer) = (self.state, self.answer?);
        let places = money::places(&answer.currency);
        match state.focus {
            Pane::Cards => state.card(&self.cards(body)).map(|kind| cards::text(kind, answer, self.lens)),
            Pane::Movers => {
                let mover = state.selected_mover(answer)?;
                let names: Vec<String> = movers::labels(answer, mover).into_iter().map(SafeText::into_string).collect();
                let change = mover.figure.change().map_or_else(|| money::UNKNOWN.to_owned(), |c| c.grouped(places));
                let percent = money::percent_change(&mover.figure);
                Some(format!("{}\t{change} {}\t{percent}", names.join("\t"), answer.currency))
            }
            Pane::Chart => {
                let at = state.cursor(answer)?;
                let start = answer.granularity.label(*answer.starts.get(at)?);
                let amount = money::amount(answer.totals.get(at).copied().flatten(), places);
                Some(format!("{start}\t{amount} {}", answer.currency))
            }
        }
    }
}
