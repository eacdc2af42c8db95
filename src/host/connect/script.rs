//! Questions answered one after the other, where each may be taken back: what the app asks with.
//!
//! The questions are asked anew from the first one with every answer, since each may depend on those
//! before it. Pure.

use super::ask::{self, Asker, Question};
use super::found::Found;
use super::wanted::Kind;
use crate::config::connection::is_name;
use crate::config::section::Section;
use crate::error::{Error, Kind as ErrorKind, Result};

/// What is asked with, and answered so far.
#[derive(Clone, PartialEq, Debug)]
pub struct Script {
    /// What is connected to.
    pub kind: Kind,
    /// Answers so far, the first question's first.
    pub answers: Vec<String>,
}

/// How far the answers go.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// Questions that are answered, with what was answered.
    pub before: Vec<(Question, String)>,
    /// What comes then.
    pub next: Next,
}

/// What comes after the answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// Another question, and what is said before it.
    Question(Question, Vec<String>),
    /// All is answered.
    Section(Section),
    /// The last answer is refused.
    Refused(Error),
}

/// Answers out of a list.
struct Answering<'a> {
    answers: std::slice::Iter<'a, String>,
    /// Connections that there are, as `aws.prod`.
    taken: &'a [String],
    before: Vec<(Question, String)>,
    said: Vec<String>,
    open: Option<Question>,
}

impl Asker for Answering<'_> {
    fn is_heard(&self) -> bool {
        true
    }

    fn tell(&mut self, text: &str) -> Result<()> {
        self.said.push(text.to_owned());
        Ok(())
    }

    fn line(&mut self, question: &Question) -> Result<String> {
        let Some(answer) = self.answers.next() else {
            self.open = Some(question.clone());
            return Err(Error::new(ErrorKind::Interrupted, "no answer"));
        };
        let answer = if answer.trim().is_empty() { question.usual.clone() } else { answer.trim().to_owned() };
        if let Some(needs) = question.needs.filter(|_| answer.is_empty()) {
            return Err(Error::usage(needs));
        }
        if question.is_yes_or_no && !matches!(answer.to_lowercase().as_str(), "y" | "yes" | "n" | "no") {
            return Err(Error::usage("y or n"));
        }
        self.said.clear();
        self.before.push((question.clone(), answer.clone()));
        Ok(answer)
    }

    fn may_be_called(&self, kind: &str, name: &str) -> Result<()> {
        if !is_name(name) {
            return Err(Error::usage("a name has up to 40 small letters, digits, `-` and `_`"));
        }
        match self.is_taken(kind, name) {
            true => Err(Error::usage(format!("[{kind}.{name}] is in the config already: another name"))),
            false => Ok(()),
        }
    }

    fn free(&self, kind: &str, usual: &str) -> String {
        let others = (2..).map(|number: u32| format!("{usual}-{number}"));
        let mut names = std::iter::once(usual.to_owned()).chain(others);
        names.find(|name| !self.is_taken(kind, name)).unwrap_or_default()
    }
}

impl Answering<'_> {
    fn is_taken(&self, kind: &str, name: &str) -> bool {
        self.taken.iter().any(|taken| *taken == format!("{kind}.{name}"))
    }
}

impl Script {
    /// One without answers.
    #[must_use]
    pub fn new(kind: Kind) -> Script {
        Script { kind, answers: Vec::new() }
    }

    /// How far the answers go. `taken` are the connections that there are.
    #[must_use]
    pub fn asked(&self, found: &Found, taken: &[String]) -> Asked {
        let mut answering =
            Answering { answers: self.answers.iter(), taken, before: Vec::new(), said: Vec::new(), open: None };
        let made = ask::section(&self.kind.wanted(), found, &mut answering);
        let Answering { before, said, open, .. } = answering;
        let next = match (made, open) {
            (_, Some(question)) => Next::Question(question, said),
            (Ok(section), None) => Next::Section(section),
            (Err(error), None) => Next::Refused(error),
        };
        Asked { before, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: Kind, answers: &[&str]) -> Asked {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Script { kind, answers }.asked(&Found::default(), &["folder.taken".to_owned(), "folder.bills".to_owned()])
    }

    #[test]
    fn each_answer_leads_to_the_next_question_and_the_last_to_the_section() {
        for (kind, answers, want) in [
            (Kind::Folder, &[][..], "? The folder that billing files come to"),
            (Kind::Folder, &[" "], "! the folder must be named"),
            (Kind::Folder, &["/srv"], "? Its name, as in [folder.NAME]"),
            (Kind::Folder, &["/srv", "Bills"], "! a name has up to 40 small letters, digits, `-` and `_`"),
            (Kind::Folder, &["/srv", "taken"], "! [folder.taken] is in the config already: another name"),
            (Kind::Folder, &["/srv", "bills"], "! [folder.bills] is in the config already: another name"),
            (Kind::Folder, &["/srv", ""], "[folder.bills-2]\npath = \"/srv\"\n"),
            (Kind::Aws, &["", "", "arn:a"], "? The roles' external id, or a reference like env:NAME (none)"),
            (Kind::Aws, &["", "", "", ""], "[aws.main]\n"),
            (
                Kind::Azure,
                &[""],
                "! no subscription was found: `az login` signs in, or name one, like /subscriptions/ID",
            ),
            (Kind::Gcp, &["p.d.t", "p", "x"], "[gcp.x]\ntable = \"p.d.t\"\n"),
            (Kind::OpenCost, &["", "", "maybe"], "! y or n"),
            (
                Kind::OpenCost,
                &["", "", "n", ""],
                "[opencost.cluster]\nurl = \"http://localhost:9003\"\non_a_bill = false\n",
            ),
        ] {
            let said = match asked(kind, answers).next {
                Next::Question(question, _) => format!("? {}", question.text),
                Next::Refused(error) => format!("! {}", error.message),
                Next::Section(section) => section.block(),
            };
            assert_eq!(said, want, "{kind:?} {answers:?}");
        }
    }

    #[test]
    fn what_was_answered_is_told_with_its_question() {
        let asked = asked(Kind::Gcp, &["p.d.t", ""]);
        let before: Vec<_> =
            asked.before.iter().map(|(question, answer)| (question.text.as_str(), answer.as_str())).collect();
        assert_eq!(
            before,
            [("The billing export's table, project.dataset.table", "p.d.t"), ("The project that queries run in", "p")]
        );
        let Next::Question(_, said) = asked.next else { panic!("{asked:?}") };
        assert_eq!(said, [""; 0], "what was said belongs to the question before");
    }
}
