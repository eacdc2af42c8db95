//! What the app asks, and what becomes of the answers.
//!
//! The part of [`App::update`] that knows questions. Draws nothing.

use super::App;
use crate::domain::text::SafeText;
use crate::engine::{Answer, Question};
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::tab::Tab;
use crate::tui::worker::{Asker, Job, Reply};

/// Rows that a breakdown asks for at most.
const ROWS_MAX: usize = 5_000;

impl App {
    /// Asks what the tab shows, where that is not asked yet.
    pub(in crate::tui) fn ask(&mut self) -> Vec<Effect> {
        if self.welcome.is_some() {
            return vec![];
        }
        let mut effects = self.ask_tab();
        effects.extend(self.ask_beside());
        effects
    }

    fn ask_tab(&mut self) -> Vec<Effect> {
        let crumbs: Vec<SafeText> = self.path.iter().map(|c| c.label.clone()).collect();
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
            Asker::Breakdown => {
                let answers = reply.answer.and_then(|answer| match answer {
                    Answer::Breakdown(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                if self.breakdown.slot.accept(reply.generation, answers) {
                    self.breakdown.arrange(self.currency.as_deref());
                }
            }
            Asker::Drivers => self.accept_drivers(reply.generation, reply.answer),
            Asker::Detail => self.accept_detail(reply.generation, reply.answer),
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
