//! What there is to choose from: values and tag keys, asked for as long as a filter or the palette is open.
//!
//! The part of [`App::update`] that asks one after the other, the one that is wanted now first. They are
//! those of all charges of the lens's days: the filter that is being written narrows nothing yet. Draws
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use crate::domain::dimension::Dimension;
use crate::domain::filter::admit::spellings;
use crate::domain::filter::{Filter, Pattern, nearest};
use crate::domain::lens::Lens;
use crate::domain::period::Comparison;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::answer::{Value, ValuesAnswer};
use crate::engine::{Answer, Question};
use crate::error::Result;
use crate::report::money::{fixed, places};
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::tab::label;
use crate::tui::worker::Asker;

/// Values of a dimension at most: who looks for a rarer one types it.
const VALUES_MAX: usize = 300;

/// The dimensions whose values are asked before anybody wants them: of all of them there are sums by day.
const MAIN: [Dimension; 5] =
    [Dimension::Provider, Dimension::Service, Dimension::SubAccount, Dimension::Region, Dimension::ServiceCategory];

/// What was asked and told.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Choices {
    generation: u64,
    /// What is under way.
    asked: Option<Question>,
    /// Whose days and metric the answers are of.
    lens: Option<Lens>,
    /// The costliest first; empty where they could not be read.
    values: BTreeMap<Dimension, Vec<Value>>,
    /// The most frequent first; empty where they could not be read.
    keys: Option<Vec<Untrusted>>,
}

impl Choices {
    /// Forgets what was told: the data has changed.
    pub fn forget(&mut self) {
        *self = Choices { generation: self.generation + 1, ..Choices::default() };
    }

    /// What is not known yet: what is wanted now, then what may be.
    fn next(&self, lens: &Lens, wanted: Option<Dimension>, keys: bool, own: &[Dimension]) -> Option<Question> {
        if keys && self.keys.is_none() {
            return Some(Question::TagKeys(lens.clone()));
        }
        let may_be = MAIN.iter().chain(own).cloned();
        let dimension = wanted.into_iter().chain(may_be).find(|dimension| !self.values.contains_key(dimension))?;
        Some(Question::Values { dimension, lens: lens.clone(), limit: VALUES_MAX })
    }
}

impl App {
    /// Asks what there is to choose from, where something that chooses from it is open.
    pub(in crate::tui) fn ask_choices(&mut self) -> Vec<Effect> {
        let (wanted, keys) = match &self.overlay {
            Some(Overlay::Filter(line)) => (line.wanted(&self.known), line.wants_tag_keys()),
            Some(over) if over.is_palette() => (None, false),
            _ => return vec![],
        };
        let lens = self.renew_choices();
        let Some(question) = self.choices.next(&lens, wanted, keys, &self.known.own) else { return vec![] };
        if self.choices.asked.as_ref() == Some(&question) {
            return vec![];
        }
        self.choices.generation += 1;
        self.choices.asked = Some(question.clone());
        vec![self.asking(Asker::Choices, self.choices.generation, question)]
    }

    /// What is chosen from is asked with; what was told of other days is forgotten.
    fn renew_choices(&mut self) -> Lens {
        let (filter, by) = (Filter::default(), Vec::new());
        let lens = Lens { comparison: Comparison::None, filter, by, currency: None, ..self.lens.clone() };
        if self.choices.lens.as_ref() != Some(&lens) {
            self.choices.forget();
            self.choices.lens = Some(lens.clone());
        }
        lens
    }

    pub(super) fn accept_choices(&mut self, generation: u64, answer: Result<Answer>) {
        if generation != self.choices.generation {
            return;
        }
        // What cannot be read is not asked again and again: the tab's own question says why.
        match (self.choices.asked.take(), answer) {
            (Some(Question::Values { dimension, .. }), Ok(Answer::Values(ValuesAnswer { values, .. }))) => {
                self.choices.values.insert(dimension.clone(), values);
                self.learn(&dimension);
                self.offer_values(&dimension);
            }
            (Some(Question::Values { dimension, .. }), _) => {
                self.choices.values.insert(dimension.clone(), Vec::new());
                self.learn(&dimension);
            }
            (Some(Question::TagKeys(_)), Ok(Answer::TagKeys(answer))) => {
                self.choices.keys = Some(answer.seen);
                self.learn_keys();
            }
            (Some(Question::TagKeys(_)), _) => self.choices.keys = Some(Vec::new()),
            _ => {}
        }
    }

    /// Takes note of all that was told.
    pub(in crate::tui) fn learn_choices(&mut self) {
        self.renew_choices();
        for dimension in self.choices.values.keys().cloned().collect::<Vec<_>>() {
            self.learn(&dimension);
        }
        self.learn_keys();
    }

    /// Takes note of a dimension's values, those that cost most first.
    fn learn(&mut self, dimension: &Dimension) {
        let Some(values) = self.choices.values.get(dimension) else { return };
        self.known.meet(values.iter().map(|value| (dimension, &value.value, value.name.as_ref())));
        let told: Vec<Untrusted> = values.iter().map(|value| value.value.clone()).collect();
        self.known.order(dimension, &told);
        let code = self.currency.as_deref();
        let costs = values.iter().filter_map(|value| {
            let (currency, cost) =
                value.costs.iter().find(|(c, _)| Some(c.as_str()) == code).or(value.costs.first())?;
            let text = format!("{} {currency}", fixed(*cost, places(currency)));
            Some((value.value.clone(), Untrusted::from(text.as_str()).safe()))
        });
        self.known.costs.insert(dimension.clone(), costs.collect());
    }

    /// Words of the filter that are spelled like no value that was told of, each with the value whose
    /// spelling is nearest.
    pub(in crate::tui) fn misspelt(&self) -> Vec<(&str, SafeText)> {
        let wanted = self.lens.filter.clauses.iter().filter(|clause| !clause.negated);
        let patterns = wanted.flat_map(|clause| clause.patterns.iter().map(|pattern| (&clause.dimension, pattern)));
        let meant = patterns.filter_map(|(dimension, pattern)| {
            let (Pattern::Is(word) | Pattern::Exactly(word)) = pattern else { return None };
            let dimension = dimension.as_ref()?;
            let values = self.choices.values.get(dimension)?;
            let spelled: Vec<(String, &Value)> = values
                .iter()
                .flat_map(|v| {
                    spellings(dimension, v.value.raw(), v.name.as_ref().map(Untrusted::raw))
                        .into_iter()
                        .map(move |text| (text, v))
                })
                .collect();
            let texts: Vec<&str> = spelled.iter().map(|(text, _)| text.as_str()).collect();
            let near = nearest(word, &texts).filter(|near| *near != word.to_lowercase())?;
            let (_, value) = spelled.iter().find(|(text, _)| text == near)?;
            Some((word.as_str(), label(dimension, &value.value, value.name.as_ref())))
        });
        meant.collect()
    }

    fn learn_keys(&mut self) {
        let own: BTreeSet<&Dimension> = self.known.own.iter().collect();
        let keys = self.choices.keys.iter().flatten().map(|key| Dimension::Tag(key.raw().to_owned()));
        self.known.tags = keys.filter(|tag| !own.contains(tag)).collect();
    }
}
