//! The tabs: which there are, and what they have in common.
//!
//! Knows no key and no terminal.

pub mod anomalies;
pub mod breakdown;
pub mod budgets;
pub mod later;
pub mod spend;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::services;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::Question;
use crate::engine::answer::Key;
use crate::error::{Error, Result};

/// A tab.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Tab {
    /// What it costs, day by day.
    Spend,
    /// What it is made of.
    Breakdown,
    /// What could be saved.
    Recommendations,
    /// Whether budgets hold.
    Budgets,
    /// What is out of the ordinary.
    Anomalies,
    /// Who saves most.
    Leaderboard,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Tab; 6] =
        [Tab::Spend, Tab::Breakdown, Tab::Recommendations, Tab::Budgets, Tab::Anomalies, Tab::Leaderboard];

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Tab::Spend => "Spend",
            Tab::Breakdown => "Breakdown",
            Tab::Recommendations => "Recommendations",
            Tab::Budgets => "Budgets",
            Tab::Anomalies => "Anomalies",
            Tab::Leaderboard => "Leaderboard",
        }
    }

    /// The tab so many further on, round the end.
    #[must_use]
    pub fn step(self, by: usize) -> Tab {
        let at = Tab::ALL.iter().position(|t| *t == self).unwrap_or_default();
        Tab::ALL[(at + by) % Tab::ALL.len()]
    }
}

/// An answer on the screen, with what it was asked for: a newer question may be under way.
#[derive(Clone, Debug)]
pub struct Shown<T> {
    /// What it answers.
    pub lens: Lens,
    /// What was opened to get there.
    pub crumbs: Vec<SafeText>,
    /// One a currency.
    pub answers: Vec<T>,
}

/// A question, with what belongs to its answer on the screen.
#[derive(Clone, Debug)]
struct Asked {
    question: Question,
    lens: Lens,
    crumbs: Vec<SafeText>,
}

/// What a part of the screen asked and what it was told.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    generation: u64,
    asked: Option<Asked>,
    /// The newest answer.
    pub shown: Option<Shown<T>>,
    /// Why there is no newer one.
    pub error: Option<Error>,
    waiting: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot { generation: 0, asked: None, shown: None, error: None, waiting: false }
    }
}

impl<T> Slot<T> {
    /// The generation to ask with, where this is not asked or answered already.
    pub fn ask(&mut self, question: &Question, lens: &Lens, crumbs: &[SafeText]) -> Option<u64> {
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.question == *question) {
            // The same charges may have been opened another way.
            asked.crumbs = crumbs.to_vec();
            if let Some(shown) = self.shown.as_mut().filter(|_| !self.waiting) {
                shown.crumbs = crumbs.to_vec();
            }
            return None;
        }
        self.generation += 1;
        self.asked = Some(Asked { question: question.clone(), lens: lens.clone(), crumbs: crumbs.to_vec() });
        self.waiting = true;
        // Why an older question has no answer says nothing of this one.
        self.error = None;
        Some(self.generation)
    }

    /// Takes note that what was asked is called otherwise by now, so that it is not asked again.
    pub fn is_asked_as(&mut self, question: Question) {
        if let Some(asked) = &mut self.asked {
            asked.question = question;
        }
    }

    /// Forgets what was asked, so that it is asked again.
    pub fn forget(&mut self) {
        self.asked = None;
    }

    /// Forgets what was asked where it could not be answered, so that it is asked again.
    pub fn forget_failed(&mut self) {
        if self.error.is_some() {
            self.forget();
        }
    }

    /// Takes an answer. `false` where a newer question has been asked since.
    pub fn accept(&mut self, generation: u64, answers: Result<Vec<T>>) -> bool {
        if generation != self.generation {
            return false;
        }
        self.waiting = false;
        match (answers, &self.asked) {
            (Ok(answers), Some(Asked { lens, crumbs, .. })) => {
                self.shown = Some(Shown { lens: lens.clone(), crumbs: crumbs.clone(), answers });
                self.error = None;
            }
            (Err(error), _) => self.error = Some(error),
            (Ok(_), None) => return false,
        }
        true
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.waiting
    }

    /// The answer in a currency; the first where there is none in it.
    pub fn answer(&self, currency: Option<&str>, of: impl Fn(&T) -> &str) -> Option<&T> {
        let answers = &self.shown.as_ref()?.answers;
        answers.iter().find(|a| Some(of(a)) == currency).or(answers.first())
    }
}

/// Which lines of a list are seen: those that were, as long as the selected one is among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    offset: usize,
}

impl Window {
    /// The first line that is seen of so many, where `height` of them are.
    #[must_use]
    pub fn first(self, selected: usize, count: usize, height: usize) -> usize {
        let least = (selected + 1).saturating_sub(height.max(1));
        self.offset.min(count.saturating_sub(height)).clamp(least, selected)
    }

    /// Keeps the lines that are seen where they are.
    pub fn hold(&mut self, selected: usize, count: usize, height: usize) {
        self.offset = self.first(selected, count, height);
    }
}

/// A group of an answer: its values, and names for those that are ids.
pub type Named<'a> = (&'a Key, &'a BTreeMap<usize, Untrusted>);

/// A filter and the demand that charges are of one group, and of no other among `all`.
pub fn narrowed<'a>(
    filter: &Filter,
    by: &[Dimension],
    key: &Key,
    all: impl Iterator<Item = Named<'a>> + Clone,
) -> Filter {
    let of_one = |filter: Filter, (at, (dimension, value)): (usize, (&Dimension, &Untrusted))| {
        let others = all.clone().filter(|(key, _)| key[at] != *value);
        let texts = others.flat_map(|(key, names)| [Some(&key[at]), names.get(&at)]).flatten();
        filter.and(dimension.clone(), value.raw(), texts.map(Untrusted::raw))
    };
    by.iter().zip(key).enumerate().fold(filter.clone(), of_one)
}

/// Which of the theme's layers each of some values has: providers keep theirs whatever their rank, and what
/// is no value is all others together.
#[must_use]
pub fn layers(values: &[Option<&str>]) -> Vec<Option<usize>> {
    let fixed = |value: &str| match value {
        "Microsoft" => Some(0),
        "AWS" => Some(1),
        "Google Cloud" => Some(2),
        _ => None,
    };
    let taken: Vec<usize> = values.iter().flatten().filter_map(|value| fixed(value)).collect();
    let mut free = (0..).filter(|layer| !taken.contains(layer));
    values.iter().map(|value| value.and_then(|value| fixed(value).or_else(|| free.next()))).collect()
}

/// A day without its year: `Nov 9`.
#[must_use]
pub fn short_day(day: Day) -> String {
    format!("{} {}", &day.month().name()[..3], day.number())
}

/// Up to which day of a period a row is compared, in two or three words: `to Nov 14`.
#[must_use]
pub fn compared_to(through: Day, period: Period) -> String {
    if through < period.from { "part not in".to_owned() } else { format!("to {}", short_day(through)) }
}

/// How a group's value is called on screen: its name, the short word for a provider or service, or the word
/// for a missing one.
#[must_use]
pub fn label(dimension: &Dimension, value: &Untrusted, name: Option<&Untrusted>) -> SafeText {
    match (value.raw(), name) {
        ("", _) => dimension.missing(),
        (_, Some(name)) if !name.raw().is_empty() => name.safe(),
        (raw, _) => SafeText::from_outside(services::called(dimension, raw)),
    }
}

/// How a group is called on screen: its values, one after the other.
#[must_use]
pub fn group_name(by: &[Dimension], (key, names): Named<'_>) -> String {
    let labels = by.iter().zip(key).enumerate().map(|(at, (by, value))| label(by, value, names.get(&at)));
    labels.map(SafeText::into_string).collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::UNTOLD;

    #[test]
    fn opening_a_group_leaves_out_those_that_look_alike() {
        let rows = [("Prod", "a"), ("prod", "b"), ("web", "c"), ("x", "WEB"), ("", ""), (UNTOLD, "")];
        let rows: Vec<(Key, BTreeMap<usize, Untrusted>)> =
            rows.map(|(value, name)| (vec![value.into()], BTreeMap::from([(0, name.into())]))).to_vec();
        let by = [Dimension::Tag("env".to_owned())];
        let opened: Vec<String> = rows
            .iter()
            .map(|(key, _)| narrowed(&Filter::default(), &by, key, rows.iter().map(|(k, n)| (k, n))).to_string())
            .collect();
        assert_eq!(
            opened,
            ["tag:env==Prod", "tag:env==prod", "tag:env==web", "tag:env=x", "tag:env=\"\"", "tag:env=(unknown)"]
        );
    }
}
