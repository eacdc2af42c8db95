//! The order of what is on its way: of each trouble a channel is told the newest news, and nothing of one that was
//! over before the channel had heard of it.

use std::collections::BTreeMap;

use crate::domain::alert::{Gate, Letter, Turn};

/// A letter with its name.
pub type Named<'l> = (&'l String, &'l Letter);

/// News of one trouble that is on its way to one channel.
#[derive(Clone, Debug)]
pub struct Chain<'l> {
    /// The newest, which is what is brought.
    pub last: Named<'l>,
    /// What it replaces, the oldest first.
    pub replaced: Vec<Named<'l>>,
}

/// What is on its way, by channels and troubles.
#[must_use]
pub fn chains(letters: &BTreeMap<String, Letter>) -> Vec<Chain<'_>> {
    let mut by_trouble: BTreeMap<(&str, &str), Vec<Named<'_>>> = BTreeMap::new();
    for (name, letter) in letters {
        by_trouble.entry((&letter.channel, &letter.message.subject)).or_default().push((name, letter));
    }
    by_trouble.into_values().filter_map(chain).collect()
}

fn chain(mut all: Vec<Named<'_>>) -> Option<Chain<'_>> {
    all.sort_by_key(|(name, letter)| (place(letter), *name));
    all.pop().map(|last| Chain { last, replaced: all })
}

/// News that a trouble is over, on its way to a channel as the newest of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// The letter's name.
    pub name: String,
    /// Whether it may be there all the same.
    pub unsure: bool,
}

/// Ends that no reader of a channel is known to have heard of, by troubles and channels.
#[must_use]
pub fn unheard_ends(letters: &BTreeMap<String, Letter>) -> BTreeMap<String, BTreeMap<String, End>> {
    let mut ends: BTreeMap<String, BTreeMap<String, End>> = BTreeMap::new();
    let newest = chains(letters).into_iter().map(|chain| chain.last);
    for (name, letter) in newest.filter(|(_, of)| of.message.turn == Turn::Resolved && of.had.is_empty()) {
        let end = End { name: name.clone(), unsure: letter.unsure };
        ends.entry(letter.message.subject.clone()).or_default().insert(letter.channel.clone(), end);
    }
    ends
}

/// What says which of two letters of a trouble is the newer.
fn place(letter: &Letter) -> impl Ord {
    let message = &letter.message;
    (letter.rank, message.at, message.turn, message.severity)
}

/// Whether two letters are news of one trouble to one channel.
#[must_use]
pub fn is_same_trouble(letter: &Letter, other: &Letter) -> bool {
    letter.channel == other.channel && letter.message.subject == other.message.subject
}

/// Whether a letter is older news of the same trouble to the same channel than another.
#[must_use]
pub fn is_before(letter: &Letter, other: &Letter) -> bool {
    is_same_trouble(letter, other) && place(letter) < place(other)
}

impl<'l> Chain<'l> {
    /// Whether the trouble was over before the channel had heard of it: there is nothing to tell.
    #[must_use]
    pub fn is_moot(&self, gates: &BTreeMap<String, Gate>) -> bool {
        let (_, last) = self.last;
        let is_first = |(_, first): &Named<'_>| first.message.turn == Turn::Raised && !first.follows;
        let is_unheard = |(_, letter): &Named<'_>| letter.had.is_empty() && !letter.unsure;
        let is_known = || gates.get(&last.channel).is_some_and(|g| g.incidents.contains_key(&last.message.subject));
        last.message.turn == Turn::Resolved
            && self.replaced.first().is_some_and(is_first)
            && self.replaced.iter().chain([&self.last]).all(is_unheard)
            && !is_known()
    }

    /// All of it.
    pub fn all(&self) -> impl Iterator<Item = Named<'l>> + '_ {
        self.replaced.iter().copied().chain([self.last])
    }
}
