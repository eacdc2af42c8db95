//! What the app asks, and what becomes of the answers.
//!
//! The part of [`App::update`] that knows questions. Draws nothing.

use super::App;
use crate::engine::{Among, Answer, Question};
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::tab::{Tab, spend};
use crate::tui::worker::{Asker, Job, Reply};

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
        let mut effects = self.ask_tab();
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
        let mut questions = Vec::new();
        let moves = scene.explained(body);
        if !moves.is_empty() {
            let lens = spend::state::of_drivers(&shown.lens, answer);
            questions.push((Asker::Moves, Question::Drivers { lens: lens.clone(), among: Among::Groups(moves) }, lens));
        }
        if scene.shows_details(body) {
            let lens = spend::state::of_details(&shown.lens);
            let question = Question::SpendDetails { lens: lens.clone(), resources: RESOURCES_MAX };
            questions.push((Asker::SpendDetails, question, lens));
        }
        let mut effects = Vec::new();
        for (asker, question, lens) in questions {
            let generation = if asker == Asker::Moves {
                self.spend.drivers.ask(&question, &lens, &[])
            } else {
                self.spend.details.ask(&question, &lens, &[])
            };
            let job = |generation| Effect::Ask(Box::new(Job { asker, generation, question, as_of: self.as_of }));
            effects.extend(generation.map(job));
        }
        effects
    }

    fn ask_tab(&mut self) -> Vec<Effect> {
        let crumbs = self.crumbs();
        let (asker, question) = match self.tab {
            Tab::Spend => (Asker::Spend, Question::Spend(self.lens.clone())),
            Tab::Breakdown => {
                let pieces = self.breakdown_pieces();
                (Asker::Breakdown, Question::Breakdown { lens: self.lens.clone(), limit: Some(ROWS_MAX), pieces })
            }
            _ => return vec![],
        };
        let generation = match asker {
            Asker::Spend => self.spend.slot.ask(&question, &self.lens, &crumbs),
            _ => self.breakdown.slot.ask(&question, &self.lens, &crumbs),
        };
        let Some(generation) = generation else { return vec![] };
        vec![Effect::Ask(Box::new(Job { asker, generation, question, as_of: self.as_of }))]
    }

    pub(super) fn accept(&mut self, reply: Reply) {
        match reply.asker {
            Asker::Lenses => self.accept_lenses(reply.generation, reply.answer),
            Asker::Choices => self.accept_choices(reply.generation, reply.answer),
            Asker::Breakdown => {
                let answers = reply.answer.and_then(|answer| match answer {
                    Answer::Breakdown(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                if self.breakdown.slot.accept(reply.generation, answers) {
                    self.front = None;
                    self.freshness = self.breakdown_answer().map_or_else(Vec::new, |a| a.freshness.clone());
                    self.breakdown.arrange(self.currency.as_deref());
                }
            }
            Asker::Drivers => self.accept_drivers(reply.generation, reply.answer),
            Asker::Detail => self.accept_detail(reply.generation, reply.answer),
            Asker::LineItems => self.accept_items(reply.generation, reply.answer),
            Asker::Moves => {
                let answers = reply.answer.and_then(|answer| match answer {
                    Answer::Drivers(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                self.spend.drivers.accept(reply.generation, answers);
            }
            Asker::SpendDetails => {
                let answers = reply.answer.and_then(|answer| match answer {
                    Answer::SpendDetails(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                self.spend.details.accept(reply.generation, answers);
            }
            Asker::Explain => self.accept_explained(reply),
            Asker::Compared(which) => self.accept_compared(which, reply.generation, reply.answer),
            Asker::Tags => self.accept_tags(reply.generation, reply.answer),
            Asker::Spend => {
                let answers = reply.answer.and_then(|answer| match answer {
                    Answer::Spend(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                if self.spend.slot.accept(reply.generation, answers) {
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
