//! Draws the Spend tab: figures, warnings, chart with legend and read-out, moves.
//!
//! Pure: reads state, writes cells. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::attention::{self, Attention, Item};
use super::cards::{self, Cards, Kind};
use super::month_end::Told;
use super::state::Pane;
use super::timeline::{self, Timeline, heading};
use super::{State, month_end, movers, resources};
use crate::domain::calendar::Day;
use crate::domain::calendar::Granularity;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::answer::{DriversAnswer, ForecastAnswer, Key, SpendAnswer, SpendDetails};
use crate::tui::keymap::Keymap;
use crate::tui::layout::spend::{Parts, parts};
use crate::tui::text::put;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::chart::Chart;
use crate::tui::widget::money;

/// Where attention stands: in a block, or on lines of its own.
fn place_of_attention(parts: &Parts) -> Rect {
    if parts.attention.is_empty() { parts.notices } else { parts.attention }
}

/// All that the tab is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What is selected.
    pub state: &'a State,
    /// What followed later.
    pub details: Option<&'a SpendDetails>,
    /// Why what moved did.
    pub drivers: Option<&'a DriversAnswer>,
    /// What will come.
    pub forecast: Option<&'a ForecastAnswer>,
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
        // There is a line of it in any case: what follows later moves nothing.
        parts(body, self.answer.map_or(1, |a| a.notices.len().max(1)) as u16)
    }

    /// An answer as it is charted in there.
    #[must_use]
    pub fn timeline<'a>(&'a self, answer: &'a SpendAnswer, parts: &Parts) -> Timeline<'a> {
        Timeline::of(self.state, answer, self.forecast, parts.chart.width)
    }

    /// How many pieces of time a bar adds up in a body.
    #[must_use]
    pub fn together(&self, body: Rect) -> usize {
        self.answer.map_or(1, |answer| timeline::together(self.state, answer, self.parts(body).chart.width))
    }

    /// Whether anything in a body is drawn from the details.
    #[must_use]
    pub fn shows_details(&self, body: Rect) -> bool {
        let parts = self.parts(body);
        !place_of_attention(&parts).is_empty() || !parts.resources.is_empty()
    }

    /// Whether anything in a body is drawn from the forecast.
    #[must_use]
    pub fn shows_forecast(&self, body: Rect) -> bool {
        let ahead = self.answer.is_some_and(|answer| {
            let part_past = matches!(answer.granularity, Granularity::Week | Granularity::Month);
            self.state.charted(answer).to > answer.as_of || part_past && answer.period.contains(answer.as_of)
        });
        ahead || self.cards(body).contains(&Kind::Forecast)
    }

    /// The moves of which a body shows the reason.
    #[must_use]
    pub fn explained(&self, body: Rect) -> Vec<Key> {
        let parts = self.parts(body);
        let Some(answer) = self.answer.filter(|_| parts.movers.height > 1) else { return vec![] };
        if movers::Columns::of(answer, usize::from(parts.movers.width)).because == 0 {
            return vec![];
        }
        answer.movers.iter().map(|mover| mover.key.clone()).collect()
    }

    /// The figures that are shown in a body.
    #[must_use]
    pub fn cards(&self, body: Rect) -> Vec<Kind> {
        let mut kinds = cards::shown(self.parts(body).cards.width, self.lens);
        kinds.retain(|kind| *kind != Kind::ThisHour || self.details.is_some_and(|d| d.hour.is_some()));
        kinds
    }

    /// The panes in a body that the focus can go to, in its order.
    #[must_use]
    pub fn panes(&self, body: Rect) -> Vec<Pane> {
        let Some(answer) = self.answer else { return vec![] };
        let parts = self.parts(body);
        let there = |pane: &Pane| match pane {
            Pane::Chart => !parts.readout.is_empty(),
            Pane::Movers => parts.movers.height > 1 && !answer.movers.is_empty(),
            Pane::Resources => {
                let comes = self.state.details.waiting();
                !parts.resources.is_empty() && self.details.map_or(comes, |d| !d.resources.is_empty())
            }
            Pane::Attention => !place_of_attention(&parts).is_empty() && !self.attention().is_empty(),
            Pane::Cards => true,
        };
        const ORDER: [Pane; 5] = [Pane::Chart, Pane::Movers, Pane::Resources, Pane::Attention, Pane::Cards];
        ORDER.into_iter().filter(there).collect()
    }

    /// What needs attention.
    #[must_use]
    pub fn attention(&self) -> Vec<Item> {
        self.answer.map_or_else(Vec::new, |answer| attention::items(answer, self.details, self.state.budgets()))
    }

    /// Whether a body shows what needs attention.
    #[must_use]
    pub fn shows_attention(&self, body: Rect) -> bool {
        !place_of_attention(&self.parts(body)).is_empty()
    }

    /// The selected one of what needs attention.
    #[must_use]
    pub fn notice(&self) -> Option<Item> {
        let all = self.attention();
        self.state.notice(&all).and_then(|at| all.into_iter().nth(at))
    }

    /// Draws the tab.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let parts = self.parts(area);
        let (state, lens, as_of) = (self.state, self.lens, self.as_of);
        let selected = state.card(&self.cards(area));
        let (answer, details, told) = (self.answer, self.details, self.told());
        Cards { answer, details, told, lens, as_of, selected }.draw(parts.cards, buf, theme);
        let Some(answer) = self.answer else {
            let headings =
                [("Daily", parts.legend), ("Needs attention", parts.attention), ("Top resources", parts.resources)];
            for (title, place) in headings {
                heading(title, false, place, buf, theme);
            }
            Chart::default().draw(parts.chart, buf, theme);
            put(buf, parts.readout, 0, &Line::from(Span::styled("loading", theme.style(Role::Muted))));
            return;
        };
        let (items, waits) = (self.attention(), self.waits());
        let attention = Attention { state, items: &items, waits, keymap: self.keymap, theme };
        if parts.attention.is_empty() {
            attention.lines(parts.notices, buf);
        } else {
            attention.block(parts.attention, buf);
        }
        let timeline = self.timeline(answer, &parts);
        timeline.legend(parts.legend, parts.chart, buf, theme);
        timeline.chart.draw(parts.chart, buf, theme);
        timeline.readout(parts.readout, parts.numbers.is_empty(), buf, theme);
        if !parts.numbers.is_empty() {
            timeline.numbers(parts.numbers, buf, theme);
            resources::draw(state, self.details, self.keymap, parts.resources, buf, theme);
        }
        movers::draw(state, answer, self.drivers, self.keymap, parts.movers, buf, theme);
    }

    /// Whether more that needs attention may follow.
    fn waits(&self) -> bool {
        self.details.is_none() || self.state.budgets().is_none()
    }

    /// What will come, as far as it is known.
    fn told(&self) -> Told<'_> {
        match self.forecast {
            Some(forecast) => Told::Of(forecast),
            None if self.state.forecast.shown.is_some() && !self.state.forecast.waiting() => Told::Nothing,
            None if self.state.forecast.error.is_some() => Told::Nothing,
            None => Told::Waiting,
        }
    }

    /// The selected figure, piece of time or move as text to copy.
    #[must_use]
    pub fn row_text(&self, body: Rect) -> Option<String> {
        let (state, answer) = (self.state, self.answer?);
        let places = money::places(&answer.currency);
        match state.focus {
            Pane::Cards => state.card(&self.cards(body)).map(|kind| match (kind, self.forecast) {
                (Kind::Forecast, Some(forecast)) => month_end::text(answer, forecast, self.lens),
                _ => cards::text(kind, answer, self.details, self.lens),
            }),
            Pane::Movers => {
                let mover = state.selected_mover(answer)?;
                let names: Vec<String> = movers::labels(answer, mover).into_iter().map(SafeText::into_string).collect();
                let change = mover.figure.change().map_or_else(|| money::UNKNOWN.to_owned(), |c| c.grouped(places));
                let percent = money::percent_change(&mover.figure);
                Some(format!("{}\t{change} {}\t{percent}", names.join("\t"), answer.currency))
            }
            Pane::Resources => {
                let resource = state.selected_resource(self.details?)?;
                let amount = money::amount(resource.figure.amount, places);
                Some(format!("{}\t{amount} {}", resource.id.safe(), answer.currency))
            }
            Pane::Attention => {
                self.notice().map(|n| SafeText::from_outside(&format!("{}: {}", n.text, n.hint)).into_string())
            }
            Pane::Chart => self.timeline(answer, &self.parts(body)).row_text(),
        }
    }
}
