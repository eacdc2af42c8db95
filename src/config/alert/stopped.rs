//! What is wrong with one channel or one rule: that stops it alone, and all else goes on.
//!
//! A channel that is stopped is a channel still, which brings nothing and says why; a rule that is stopped finds
//! nothing. Knows no key.

use std::collections::BTreeSet;

use super::super::mistake::Mistake;
use super::{Channel, PlaceOf, Via, Wrong};

/// Mistakes of single channels and rules, taken out of all.
pub(super) struct Stopped<'p> {
    mistakes: Vec<Mistake>,
    place: PlaceOf<'p>,
}

impl<'p> Stopped<'p> {
    /// Takes them out: what is left stops everything.
    pub(super) fn take(mistakes: &mut Vec<Mistake>, place: PlaceOf<'p>) -> Stopped<'p> {
        let (own, rest) = std::mem::take(mistakes).into_iter().partition(|mistake| mistake.of.is_some());
        *mistakes = rest;
        Stopped { mistakes: own, place }
    }

    /// What is wrong with a section, if anything is.
    pub(super) fn wrong(&self, section: &str) -> Option<Wrong> {
        let of_it = |mistake: &&Mistake| mistake.of.as_deref() == Some(section);
        let mut own: Vec<&Mistake> = self.mistakes.iter().filter(of_it).collect();
        own.sort_by_key(|mistake| mistake.at);
        let said: Vec<String> = own.iter().map(|mistake| mistake.said()).collect();
        Some(Wrong { place: (self.place)(own.first()?.at), said: said.join("; ") })
    }

    /// A channel as far as it was understood: one that has a mistake brings nothing, and lets nothing through.
    pub(super) fn channel(&self, name: &str, channel: Option<Channel>) -> Option<Channel> {
        let Some(wrong) = self.wrong(&section_of_channel(name)) else { return channel };
        let via = channel.map_or(Via::Unknown, |channel| channel.via);
        Some(Channel { name: name.to_owned(), allow_private: Vec::new(), via, wrong: Some(wrong) })
    }

    /// The names of the rules that are stopped, and what is wrong with them, of those that are written.
    pub(super) fn rules(&self, names: &[(String, usize)]) -> (BTreeSet<String>, Vec<Wrong>) {
        let found = names.iter().filter_map(|(name, _)| Some((name.clone(), self.wrong(&section_of_rule(name))?)));
        found.unzip()
    }
}

/// The section of a channel.
pub(super) fn section_of_channel(name: &str) -> String {
    format!("channels.{name}")
}

/// The section of a rule.
pub(super) fn section_of_rule(name: &str) -> String {
    format!("alerts.{name}")
}
