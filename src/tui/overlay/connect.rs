//! The wizard that connects a cloud, a cluster or a folder: what it is at, and what follows from a key.
//!
//! ```text
//! Choose -> Ask -> Checking -> Checked -> Review -> Writing -> Written
//! ```
//!
//! Nothing is asked of a provider before the questions are answered, and nothing is written before the last
//! step. A state machine: orders go out, what is told of them comes in. Draws nothing.

use super::line::EditedLine;
use crate::error::{Error, Result};
use crate::host::connect::Finding;
use crate::host::connect::ask::Question;
use crate::host::connect::desk::{Beginning, Review};
use crate::host::connect::script::{Asked, Next, Script};
use crate::host::connect::wanted::Kind;
use crate::tui::action::{Action, Place};
use crate::tui::connecting::{Order, Progress};

/// What the wizard is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// What is to be connected.
    Choose,
    /// A question.
    Ask,
    /// Its scopes are asked.
    Checking,
    /// What they said.
    Checked,
    /// What it costs, and the section.
    Review,
    /// It is being written.
    Writing,
    /// It is written.
    Written,
}

/// What follows from a key.
#[derive(Clone, PartialEq, Debug)]
pub enum Then {
    /// Nothing but another screen.
    Stay,
    /// Something is to be done.
    Do(Order),
    /// The wizard is left.
    Leave,
    /// Something is to be said.
    Say(&'static str),
}

/// The wizard.
#[derive(Clone, PartialEq, Debug)]
pub struct Wizard {
    /// What it is at.
    pub step: Step,
    /// What there is; `None` while it is looked for.
    pub beginning: Option<Result<Beginning>>,
    /// The line that is typed into.
    pub line: EditedLine,
    /// What is wrong with the answer, or why nothing was written.
    pub wrong: Option<Error>,
    /// How the review goes.
    pub progress: Option<Progress>,
    /// What became of it.
    pub reviewed: Option<Result<Review>>,
    /// Whether the history is paid for at once.
    pub pays_history: bool,
    /// The connection that was written.
    pub written: Option<String>,
    /// The selected line: of what there is to choose, or of what was checked.
    pub selected: usize,
    /// Lines that are scrolled away: from the foot while there is a question, else from the top.
    pub scroll: usize,
    script: Script,
    /// Which review is waited for.
    number: u64,
}

impl Default for Wizard {
    fn default() -> Wizard {
        Wizard {
            step: Step::Choose,
            beginning: None,
            line: EditedLine::default(),
            wrong: None,
            progress: None,
            reviewed: None,
            pays_history: false,
            written: None,
            selected: 0,
            scroll: 0,
            script: Script::new(Kind::Aws),
            number: 0,
        }
    }
}

impl Wizard {
    /// Where keys go.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.step {
            Step::Choose => Place::Connect,
            Step::Ask => Place::Question,
            Step::Checking | Step::Writing => Place::Checking,
            Step::Checked => Place::Checked,
            Step::Review => Place::Review,
            Step::Written => Place::Notice,
        }
    }

    /// What is connected to.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.script.kind
    }

    fn begun(&self) -> Option<&Beginning> {
        self.beginning.as_ref()?.as_ref().ok()
    }

    /// How far the questions are answered; `None` before it is known what there is.
    #[must_use]
    pub fn asked(&self) -> Option<Asked> {
        self.begun().map(|begun| self.script.asked(&begun.found, &begun.taken))
    }

    /// The question that is open.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        match self.asked()?.next {
            Next::Question(question, _) if self.step == Step::Ask => Some(question),
            _ => None,
        }
    }

    /// What was checked and reckoned.
    #[must_use]
    pub fn review(&self) -> Option<&Review> {
        self.reviewed.as_ref()?.as_ref().ok()
    }

    /// Whether Enter leads on, or while there is a question, arrows to what was found.
    #[must_use]
    pub fn leads_on(&self) -> bool {
        match self.step {
            Step::Ask => self.question().is_some_and(|question| !question.choices.is_empty()),
            Step::Checked => self.review().is_some(),
            Step::Review => self.review().is_some_and(|review| !review.is_missing()),
            _ => true,
        }
    }

    /// Takes what there is.
    pub fn begins(&mut self, beginning: Result<Beginning>) {
        self.beginning = Some(beginning);
    }

    /// Takes how a review goes, if it is the one that is waited for.
    pub fn goes_on(&mut self, number: u64, progress: Progress) {
        if number == self.number && self.step == Step::Checking {
            self.progress = Some(progress);
        }
    }

    /// Takes what became of a review, if it is the one that is waited for.
    pub fn reviewed(&mut self, number: u64, reviewed: Result<Review>) {
        if number != self.number || self.step != Step::Checking {
            return;
        }
        self.reviewed = Some(reviewed);
        self.show(Step::Checked);
        self.selected = 0;
    }

    /// The first of what was checked that is not as it should be, the gravest first.
    #[must_use]
    pub fn worst(&self) -> Option<usize> {
        let checks = &self.review()?.checks;
        let first = |finding| checks.iter().position(|(_, check)| check.finding == finding);
        [Finding::Missing, Finding::Wanting].into_iter().find_map(first)
    }

    /// Takes what became of writing; returns whether it is written.
    pub fn wrote(&mut self, written: Result<String>) -> bool {
        match written {
            Ok(name) => {
                self.written = Some(name);
                self.show(Step::Written);
                true
            }
            Err(error) => {
                self.show(Step::Review);
                self.wrong = Some(error);
                false
            }
        }
    }

    fn show(&mut self, step: Step) {
        (self.step, self.wrong, self.scroll) = (step, None, 0);
    }

    /// Selects another of what there is to choose.
    pub fn step_by(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(Kind::ALL.len() - 1);
    }

    /// Types or pastes text into the line.
    pub fn insert(&mut self, text: &str) {
        if self.step == Step::Ask {
            self.line.insert(text);
            (self.wrong, self.scroll) = (None, 0);
        }
    }

    fn edit(&mut self, action: Action) {
        if self.line.edit(action) {
            self.wrong = None;
        }
    }

    /// Does what an action says that neither moves nor copies.
    pub fn perform(&mut self, action: Action) -> Then {
        match (self.step, action) {
            (Step::Choose, Action::Choose) => return self.choose(),
            (Step::Ask, Action::Apply) => return self.answer(),
            (Step::Ask, Action::LineDown) => self.take_found(1),
            (Step::Ask, Action::LineUp) => self.take_found(-1),
            (Step::Ask, Action::Back) => self.question_before(),
            (Step::Ask, action) => self.edit(action),
            (Step::Checking, Action::Close) => {
                self.number += 1;
                self.question_before();
                return Then::Do(Order::GiveUp);
            }
            (Step::Writing, _) => return Then::Say("it is being written"),
            (Step::Checked, Action::Choose) if self.review().is_some() => self.show(Step::Review),
            (Step::Checked, Action::Choose) => return Then::Say("this cannot be used: answer otherwise"),
            (Step::Checked, Action::CheckAgain) => return self.check(),
            (Step::Checked, Action::Back) => self.question_before(),
            (Step::Review, Action::Choose | Action::WriteAnyway) => return self.write(action == Action::WriteAnyway),
            (Step::Review, Action::PayHistory) if self.review().is_some_and(|review| review.cost.history > 0) => {
                self.pays_history = !self.pays_history;
            }
            (Step::Review, Action::Back) => self.show(Step::Checked),
            (_, Action::Close) => return Then::Leave,
            _ => {}
        }
        Then::Stay
    }

    fn choose(&mut self) -> Then {
        if self.begun().is_none() {
            return Then::Stay;
        }
        self.script = Script::new(Kind::ALL[self.selected.min(Kind::ALL.len() - 1)]);
        self.ask("");
        Then::Stay
    }

    /// Asks the next question, with an answer to begin with.
    fn ask(&mut self, answer: &str) {
        self.show(Step::Ask);
        self.line = EditedLine::new(answer.to_owned());
        (self.pays_history, self.reviewed, self.progress) = (false, None, None);
    }

    /// Goes back to the last question that was answered, or to what there is to choose.
    fn question_before(&mut self) {
        match self.script.answers.pop() {
            Some(answer) => self.ask(&answer),
            None => {
                self.show(Step::Choose);
                self.selected = Kind::ALL.iter().position(|kind| *kind == self.script.kind).unwrap_or_default();
            }
        }
    }

    fn answer(&mut self) -> Then {
        self.script.answers.push(self.line.text().trim().to_owned());
        match self.asked().map(|asked| asked.next) {
            Some(Next::Section(_)) => self.check(),
            Some(Next::Refused(error)) => {
                self.script.answers.pop();
                self.wrong = Some(error);
                Then::Stay
            }
            _ => {
                self.ask("");
                Then::Stay
            }
        }
    }

    /// Has the section checked that the answers make.
    fn check(&mut self) -> Then {
        let Some(Next::Section(section)) = self.asked().map(|asked| asked.next) else { return Then::Stay };
        self.number += 1;
        self.show(Step::Checking);
        (self.reviewed, self.progress) = (None, None);
        Then::Do(Order::Review { number: self.number, section })
    }

    /// Puts an answer into the line that was found on this machine.
    fn take_found(&mut self, by: isize) {
        let Some(question) = self.question().filter(|question| !question.choices.is_empty()) else { return };
        let all = &question.choices;
        let now = all.iter().position(|choice| choice == self.line.text());
        let at = match now {
            Some(now) => now.saturating_add_signed(by).min(all.len() - 1),
            None if by < 0 => all.len() - 1,
            None => 0,
        };
        self.line.set(&all[at]);
        self.wrong = None;
    }

    fn write(&mut self, anyway: bool) -> Then {
        let Some(review) = self.review() else { return Then::Stay };
        if review.is_missing() && !anyway {
            return Then::Say("something is missing: it cannot sync yet");
        }
        let order = Order::Write { review: Box::new(review.clone()), pays_history: self.pays_history };
        self.show(Step::Writing);
        Then::Do(order)
    }

    /// What is copied of what was checked at an index, or of the section; and what that is called.
    #[must_use]
    pub fn copies(&self, check: Option<usize>) -> Option<(String, &'static str)> {
        let review = self.review()?;
        match self.step {
            Step::Checked => {
                let (_, check) = review.checks.get(check?)?;
                (!check.fix.is_empty()).then(|| (check.fix.clone(), "the fix"))
            }
            Step::Review => Some((review.section(self.pays_history).block(), "the section")),
            _ => None,
        }
    }
}
