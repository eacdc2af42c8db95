//! What the app asks, and what becomes of the answers.
//!
//! The part of [`App::update`] that knows questions. Draws nothing.

use super::App;
use crate::engine::budgets::Asked;
use crate::engine::{Among, Question, forecast};
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::tab::{Tab, spend};
use crate::tui::worker::{Asker, Job, Reply};

/// What an answer of one kind says; an error where it is of another kind.
macro_rules! answered {
    ($answer:expr, $kind:ident) => {
        $answer.and_then(|answer| match answer {
            $crate::engine::Answer::$kind(said) => Ok(said),
            _ => Err($crate::tui::app::odd()),
        })
    };
}
pub(in crate::tui) use answered;

/// Rows that a breakdown asks for at most.
pub(in crate::tui) const ROWS_MAX: usize = 5_000;
/// Resources that the Spend tab asks for at most.
const RESOURCES_MAX: usize = 40;

impl App {
    /// Asks what the tab shows, where that is not asked yet.
    pub(in crate::tui) fn ask(&mut self) -> Vec<Effect> {
        if self.welcome.is_some() {
            return vec![];
        }
        let mut effects: Vec<Effect> = self.ask_tab().into_iter().collect();
        effects.extend(self.ask_beside());
        effects.extend(self.ask_explained());
        effects.extend(self.ask_choices());
        effects
    }

    /// Asks what stands beside the tab's answer, once that is here and where it is seen.
    pub(in crate::tui) fn ask_beside(&mut self) -> Vec<Effect> {
        match self.tab {
            Tab::Spend => self.ask_beside_chart(),
            Tab::Breakdown => self.ask_beside_rows(),
            Tab::Budgets => self.ask_beside_budgets(),
            Tab::Anomalies => self.ask_beside_anomalies(),
            _ => vec![],
        }
    }

    /// Asks what stands beside the Spend tab's answer, once that is here and where it is seen.
    fn ask_beside_chart(&mut self) -> Vec<Effect> {
        // The answer of the front page is of an earlier moment.
        let settled = self.front.is_none() && !self.spend.slot.waiting();
        let Some(shown) = self.spend.slot.shown.as_ref().filter(|_| settled) else { return vec![] };
        let Some(answer) = shown.answers.first() else { return vec![] };
        let (scene, body) = (self.spend_scene(), self.body());
        let (shows_forecast, mut effects) = (scene.shows_forecast(body), Vec::new());
        let shows_attention = scene.shows_attention(body);
        let (moves, shows_details) = (scene.explained(body), scene.shows_details(body));
        // What stands at the top comes first.
        if shows_forecast {
            let lens = forecast::of(&shown.lens);
            let question = Question::Forecast(lens.clone());
            let generation = self.spend.forecast.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Forecast, generation, question)));
        }
        if shows_attention {
            let lens = crate::domain::lens::Lens::default();
            let question = Question::Budgets(Asked::List { archived: false });
            let generation = self.spend.budgets.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Standings, generation, question)));
        }
        if !moves.is_empty() {
            let lens = spend::state::of_drivers(&shown.lens, answer);
            let question = Question::Drivers { lens: lens.clone(), among: Among::Groups(moves) };
            let generation = self.spend.drivers.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::Moves, generation, question)));
        }
        if shows_details {
            let lens = spend::state::of_details(&shown.lens);
            let question = Question::SpendDetails { lens: lens.clone(), resources: RESOURCES_MAX };
            let generation = self.spend.details.ask(&question, &lens, &[]);
            effects.extend(generation.map(|generation| self.asking(Asker::SpendDetails, generation, question)));
        }
        effects
    }

    /// Has a question asked.
    pub(in crate::tui) fn asking(&self, asker: Asker, generation: u64, question: Question) -> Effect {
        Effect::Ask(Box::new(Job { asker, generation, question, as_of: self.as_of }))
    }

    fn ask_tab(&mut self) -> Option<Effect> {
        let (lens, crumbs) = (self.lens.clone(), self.crumbs());
        match self.tab {
            Tab::Spend => {
                let question = Question::Spend(lens);
                let generation = self.spend.slot.ask(&question, &self.lens, &crumbs)?;
                Some(self.asking(Asker::Spend, generation, question))
            }
            Tab::Breakdown => {
                let question = Question::Breakdown { lens, limit: Some(ROWS_MAX), pieces: self.breakdown_pieces() };
                let generation = self.breakdown.slot.ask(&question, &self.lens, &crumbs)?;
                Some(self.asking(Asker::Breakdown, generation, question))
            }
            Tab::Budgets => self.ask_budgets(),
            Tab::Anomalies => self.ask_anomalies(),
            _ => None,
        }
    }

    pub(super) fn accept(&mut self, reply: Reply) {
        match reply.asker {
            Asker::Anomalies => self.accept_anomalies(reply.generation, reply.answer),
            Asker::Anomaly => self.accept_anomaly(reply.generation, reply.answer),
            Asker::Lenses => self.accept_lenses(reply.generation, reply.answer),
            Asker::Choices => self.accept_choices(reply.generation, reply.answer),
            Asker::Breakdown => {
                if self.breakdown.slot.accept(reply.generation, answered!(reply.answer, Breakdown)) {
                    self.front = None;
                    self.freshness = self.breakdown_answer().map_or_else(Vec::new, |a| a.freshness.clone());
                    self.breakdown.arrange(self.currency.as_deref());
                }
            }
            Asker::Drivers => self.accept_drivers(reply.generation, reply.answer),
            Asker::Detail => self.accept_detail(reply.generation, reply.answer),
            Asker::LineItems => self.accept_items(reply.generation, reply.answer),
            Asker::Moves => {
                self.spend.drivers.accept(reply.generation, answered!(reply.answer, Drivers));
            }
            Asker::SpendDetails => {
                self.spend.details.accept(reply.generation, answered!(reply.answer, SpendDetails));
            }
            Asker::Forecast => {
                self.spend.forecast.accept(reply.generation, answered!(reply.answer, Forecast));
            }
            Asker::Explain => self.accept_explained(reply),
            Asker::Standings
            | Asker::Budgets
            | Asker::Budget
            | Asker::Suggested
            | Asker::Simulated
            | Asker::Scenarios => {
                self.accept_budgets(reply);
            }
            Asker::Compared(which) => self.accept_compared(which, reply.generation, reply.answer),
            Asker::Tags => self.accept_tags(reply.generation, reply.answer),
            Asker::Spend => {
                if self.spend.slot.accept(reply.generation, answered!(reply.answer, Spend)) {
                    self.front = None;
                    self.freshness = self.spend_answer().map_or_else(Vec::new, |a| a.freshness.clone());
                }
            }
        }
    }
}

/// What to say of an answer to a question that was not asked.
pub(in crate::tui) fn odd() -> Error {
    Error::bug("the engine answered another question")
}
