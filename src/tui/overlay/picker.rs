//! A list to choose from by typing a few letters of what is meant.
//!
//! ```text
//! let items = presets.map(|p| Item::new(words(p), p).note(days(p)));
//! let picker = Picker::new("Period", items).select_where(|p| *p == now);   // one is chosen
//! let picker = Picker::new("Group by", items).several(4, &[0, 3]);         // up to four, in their order
//! ```
//!
//! Letters go to its line and narrow it, best match first; arrows move, Enter chooses, Esc closes;
//! where several may be chosen, Space or Tab marks the selected one or takes its mark away. The list is
//! virtual: thousands of items cost no more to draw than ten. Knows its items, not what choosing
//! one means: [`Choice`](super::choice::Choice) does. Draws nothing (`picker_view.rs` does).

use std::cmp::Reverse;

use unicode_segmentation::UnicodeSegmentation;

use super::fuzzy::Fuzzy;
use super::line::EditedLine;
use crate::domain::text::SafeText;
use crate::tui::action::Action;
use crate::tui::text::width;

/// What a match of a late item counts less: half a character, as much as one nearer to the beginning counts more.
const LATE: u32 = 8;

/// One thing to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item<T> {
    /// What it is called.
    pub label: SafeText,
    /// What it means, beside its name; may be empty.
    pub note: SafeText,
    /// What kind of thing it is, where a list has several kinds.
    pub section: &'static str,
    /// Other names that find it and are not shown: what begins as was typed comes first.
    pub also: Vec<String>,
    /// Why it cannot be chosen now: it is shown dimmed, with this for its note.
    pub idle: Option<String>,
    /// Whether it comes after what matches nearly as well: there are many of its kind.
    pub late: bool,
    /// What choosing it gives.
    pub value: T,
}

/// Whether its other name is what was typed or begins so, whether its label alone matches, and how well.
type Score = (Named, bool, u32);

/// What of an item's other name was typed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Named {
    No,
    Begun,
    Whole,
}

impl<T> Item<T> {
    /// An item with a name.
    #[must_use]
    pub fn new(label: SafeText, value: T) -> Item<T> {
        Item { label, note: SafeText::default(), section: "", also: Vec::new(), idle: None, late: false, value }
    }

    /// With what it means.
    #[must_use]
    pub fn note(self, note: SafeText) -> Item<T> {
        Item { note, ..self }
    }

    /// With its kind.
    #[must_use]
    pub fn section(self, section: &'static str) -> Item<T> {
        Item { section, ..self }
    }

    /// What stands beside its name.
    #[must_use]
    pub fn beside(&self) -> &str {
        self.idle.as_deref().unwrap_or(&self.note)
    }

    /// All its words, those that are shown first.
    fn words(&self) -> String {
        format!("{} {} {} {}", self.label, self.note, self.section, self.also.join(" "))
    }

    /// How well it matches what was typed, in lower case with hyphens for blanks: what is found in a label
    /// comes before what is found beside it.
    fn score(&self, typed: &str, fuzzy: &mut Fuzzy) -> Option<Score> {
        let least = if self.late { LATE } else { 0 };
        let named = |name: &String| match name.strip_prefix(typed).filter(|_| !typed.is_empty()) {
            None => Named::No,
            // What works here is meant before what is called so elsewhere.
            Some("") if self.idle.is_none() => Named::Whole,
            Some(_) => Named::Begun,
        };
        let named = self.also.iter().map(named).max().unwrap_or(Named::No);
        let by_label = fuzzy.score(&self.label).map(|score| (named, true, score.saturating_sub(least)));
        by_label.or_else(|| Some((named, false, fuzzy.score(&self.words())?)))
    }

    /// The graphemes of its label and of its note that match.
    pub fn positions(&self, fuzzy: &mut Fuzzy) -> (Vec<u32>, Vec<u32>) {
        if fuzzy.score(&self.label).is_some() {
            return (fuzzy.positions(&self.label), vec![]);
        }
        let note = self.label.graphemes(true).count() as u32 + 1;
        let (label, beside): (Vec<u32>, Vec<u32>) =
            fuzzy.positions(&self.words()).into_iter().partition(|at| *at < note);
        let beside = if self.idle.is_some() { vec![] } else { beside.into_iter().map(|at| at - note).collect() };
        (label, beside)
    }
}

/// What choosing did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chosen<T> {
    /// These were chosen, in the order in which they were marked; one where one may be chosen.
    Values(Vec<T>),
    /// The selected item cannot be chosen now, and why.
    Idle(String),
    /// Nothing is selected: nothing matches.
    Nothing,
}

/// A list with a line that narrows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picker<T> {
    /// What is chosen.
    pub title: &'static str,
    items: Vec<Item<T>>,
    line: EditedLine,
    /// Items that match, best first.
    matches: Vec<usize>,
    /// Where the selected one stands among them.
    selected: usize,
    /// Marked items in the order in which they were marked.
    marked: Vec<usize>,
    /// How many may be marked.
    most: usize,
    /// Whether a mark was set or taken away.
    touched: bool,
    /// Whether what the selected item means is told in sentences below the list.
    explains: bool,
    widest: Widths,
}

/// Columns that the widest of each part takes, so that nothing moves while the list is narrowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Widths {
    /// Of the labels.
    pub label: usize,
    /// Of what stands beside them.
    pub note: usize,
    /// Of the sections.
    pub section: usize,
}

impl<T> Picker<T> {
    /// A list of which one is chosen, the first selected.
    #[must_use]
    pub fn new(title: &'static str, items: impl IntoIterator<Item = Item<T>>) -> Picker<T> {
        let items: Vec<Item<T>> = items.into_iter().collect();
        let most = |of: fn(&Item<T>) -> usize| items.iter().map(of).max().unwrap_or_default();
        let widest = Widths {
            label: most(|i| width(&i.label)),
            note: most(|i| width(i.beside())),
            section: most(|i| width(i.section)),
        };
        let matches = (0..items.len()).collect();
        let line = EditedLine::default();
        Picker {
            title,
            items,
            line,
            matches,
            selected: 0,
            marked: vec![],
            most: 1,
            touched: false,
            explains: false,
            widest,
        }
    }

    /// With the first item selected whose value is meant.
    #[must_use]
    pub fn select_where(mut self, meant: impl Fn(&T) -> bool) -> Picker<T> {
        self.selected = self.items.iter().position(|i| meant(&i.value)).unwrap_or_default();
        self
    }

    /// With up to `most` items to mark; those of `marked` are marked already.
    #[must_use]
    pub fn several(mut self, most: usize, marked: &[usize]) -> Picker<T> {
        self.most = most.max(1);
        self.marked = marked.iter().copied().filter(|at| *at < self.items.len()).take(self.most).collect();
        self.selected = self.marked.first().copied().unwrap_or_default();
        self
    }

    /// With what the selected item means told in sentences below the list, not beside each.
    #[must_use]
    pub fn explaining(mut self) -> Picker<T> {
        self.explains = true;
        self.widest.note = 0;
        self
    }

    /// Whether it is.
    #[must_use]
    pub fn explains(&self) -> bool {
        self.explains
    }

    /// Whether several may be marked.
    #[must_use]
    pub fn takes_several(&self) -> bool {
        self.most > 1
    }

    /// How many may be marked.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many match what was typed.
    #[must_use]
    pub fn matching(&self) -> usize {
        self.matches.len()
    }

    /// What was typed.
    #[must_use]
    pub fn line(&self) -> &EditedLine {
        &self.line
    }

    /// Columns of the widest parts.
    #[must_use]
    pub fn widest(&self) -> Widths {
        self.widest
    }

    /// The selected item's place among those that match.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The selected item; `None` where nothing matches.
    #[must_use]
    pub fn item(&self) -> Option<&Item<T>> {
        self.items.get(*self.matches.get(self.selected)?)
    }

    /// The marked items, in their order.
    pub fn marked(&self) -> impl Iterator<Item = &Item<T>> {
        self.marked.iter().filter_map(|at| self.items.get(*at))
    }

    /// Whether marks were set or taken away, so that choosing gives what is marked.
    #[must_use]
    pub fn touched(&self) -> bool {
        self.touched && !self.marked.is_empty()
    }

    /// Matching items that are seen in so many rows, each with its place among the matches and, where it
    /// is marked, the number of its turn.
    pub fn seen(&self, rows: usize) -> impl Iterator<Item = (usize, &Item<T>, Option<usize>)> {
        let last = self.matches.len().saturating_sub(rows);
        let first = self.selected.saturating_sub(rows / 2).min(last);
        let shown = self.matches.iter().enumerate().skip(first).take(rows);
        shown.filter_map(|(at, item)| {
            let turn = self.marked.iter().position(|marked| marked == item).map(|turn| turn + 1);
            Some((at, self.items.get(*item)?, turn))
        })
    }

    /// Types or pastes text into the line.
    pub fn insert(&mut self, text: &str) {
        self.line.insert(text);
        self.narrow();
    }

    /// Edits the line; other actions change nothing.
    pub fn edit(&mut self, action: Action) {
        if self.line.edit(action) {
            self.narrow();
        }
    }

    /// Takes more items, behind those that are there; of those that are there already, what stands beside
    /// them. What is selected stays selected, and no column becomes wider.
    pub fn merge(&mut self, more: Vec<Item<T>>)
    where
        T: PartialEq,
    {
        let selected = self.matches.get(self.selected).copied();
        for item in more {
            match self.items.iter_mut().find(|there| there.value == item.value) {
                Some(there) => there.note = item.note,
                None => self.items.push(item),
            }
        }
        self.narrow();
        let place = |item| self.matches.iter().position(|at| *at == item);
        self.selected = selected.and_then(place).unwrap_or_default();
    }

    /// Selects another line.
    pub fn select(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.matches.len().saturating_sub(1));
    }

    /// Marks the selected item, or takes its mark away; `false` where no more may be marked.
    pub fn mark(&mut self) -> bool {
        let Some(item) = self.matches.get(self.selected).copied() else { return true };
        if let Some(turn) = self.marked.iter().position(|marked| *marked == item) {
            self.marked.remove(turn);
        } else if self.marked.len() < self.most {
            self.marked.push(item);
        } else {
            return false;
        }
        self.touched = true;
        true
    }

    fn narrow(&mut self) {
        let typed = self.line.text().trim();
        let named = typed.to_lowercase().replace(' ', "-");
        let mut fuzzy = Fuzzy::new(typed);
        let mut found: Vec<(Reverse<Score>, bool, usize, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            if let Some(score) = item.score(&named, &mut fuzzy) {
                // Of two that match alike the one that works now is meant, then the shorter.
                let long = if typed.is_empty() { 0 } else { item.label.len() };
                found.push((Reverse(score), item.idle.is_some(), long, at));
            }
        }
        found.sort_unstable();
        self.matches = found.into_iter().map(|(.., at)| at).collect();
        self.selected = 0;
    }
}

impl<T: Clone> Picker<T> {
    /// What is chosen now: what was marked, or else the selected item alone.
    #[must_use]
    pub fn chosen(&self) -> Chosen<T> {
        if self.touched() {
            return Chosen::Values(self.marked().map(|i| i.value.clone()).collect());
        }
        match self.item() {
            Some(Item { idle: Some(why), .. }) => Chosen::Idle(why.clone()),
            Some(item) => Chosen::Values(vec![item.value.clone()]),
            None => Chosen::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(labels: &[&str]) -> Picker<usize> {
        let items = labels.iter().enumerate().map(|(at, label)| Item::new(SafeText::from_outside(label), at));
        Picker::new("List", items)
    }

    fn labels(picker: &Picker<usize>) -> Vec<&str> {
        picker.seen(100).map(|(_, item, _)| item.label.as_str()).collect()
    }

    #[test]
    fn typing_narrows_and_the_best_match_is_selected() {
        let mut list = picker(&["Provider", "Billing account", "Region", "Resource"]);
        list.select(2);
        list.insert("re");
        assert_eq!(labels(&list), ["Region", "Resource"]);
        assert_eq!(list.chosen(), Chosen::Values(vec![2]));
        list.insert("s");
        assert_eq!(labels(&list), ["Resource"]);
        list.insert("zzz");
        assert_eq!((list.matching(), list.chosen()), (0, Chosen::Nothing));
        list.select(1);
        list.edit(Action::DeleteAll);
        assert_eq!((list.matching(), list.selected()), (4, 0));
    }

    #[test]
    fn names_come_before_notes_and_hidden_words_find_too() {
        let noted = |label, note, value| Item::new(SafeText::ours(label), value).note(SafeText::ours(note));
        let hidden = Item { also: vec!["copy-command".to_owned()], ..Item::new(SafeText::ours("the twin"), 3) };
        let mut list = Picker::new("", [noted("other", "cost by region", 1), noted("Region", "", 2), hidden]);
        list.insert("region");
        assert_eq!(labels(&list), ["Region", "other"]);
        list.edit(Action::DeleteAll);
        list.insert("copy command");
        assert_eq!(labels(&list), ["the twin"]);
    }

    #[test]
    fn several_are_marked_and_chosen_in_their_order() {
        let mut list = picker(&["a", "b", "c"]).several(2, &[1]);
        assert_eq!((list.selected(), list.chosen()), (1, Chosen::Values(vec![1])));
        list.select(-1);
        assert_eq!(list.chosen(), Chosen::Values(vec![0]), "the selected one alone where no mark was set");
        assert!(list.mark());
        assert_eq!(list.chosen(), Chosen::Values(vec![1, 0]));
        list.select(isize::MAX);
        assert!(!list.mark(), "no third one");
        list.insert("b");
        assert!(list.mark());
        assert_eq!(list.chosen(), Chosen::Values(vec![0]), "what is narrowed away stays marked");
        list.edit(Action::DeleteAll);
        assert_eq!(
            list.seen(9).map(|(_, item, turn)| (item.value, turn)).collect::<Vec<_>>(),
            [(0, Some(1)), (1, None), (2, None)]
        );
        list.mark();
        assert_eq!((list.touched(), list.chosen()), (false, Chosen::Values(vec![0])));
    }

    #[test]
    fn what_cannot_be_chosen_says_why() {
        let idle = Item { idle: Some("only one currency".into()), ..Item::new(SafeText::ours("currency"), 0) };
        assert_eq!(idle.beside(), "only one currency");
        assert_eq!(Picker::new("", [idle]).chosen(), Chosen::Idle("only one currency".into()));
        assert_eq!(picker(&[]).chosen(), Chosen::Nothing);
    }

    #[test]
    fn what_comes_later_stands_behind_and_moves_nothing() {
        let mut list = picker(&["resource a", "resource b", "resource c"]);
        list.insert("resource");
        list.select(1);
        let noted = |label, note, value| Item::new(SafeText::ours(label), value).note(SafeText::ours(note));
        list.merge(vec![noted("resource b", "1.00 USD", 1), noted("resource", "2.00 USD", 9)]);
        assert_eq!(list.item().map(|i| (i.value, i.note.as_str())), Some((1, "1.00 USD")));
        list.edit(Action::DeleteAll);
        assert_eq!(labels(&list), ["resource a", "resource b", "resource c", "resource"]);
        assert_eq!(list.widest().note, 0);
    }

    #[test]
    fn only_what_is_seen_is_given_out() {
        let many: Vec<String> = (0..20_000).map(|n| format!("resource {n}")).collect();
        let mut list = picker(&many.iter().map(String::as_str).collect::<Vec<_>>());
        list.select(isize::MAX);
        assert_eq!(list.seen(10).map(|(at, ..)| at).collect::<Vec<_>>(), (19_990..20_000).collect::<Vec<_>>());
        list.insert("19999");
        assert_eq!(labels(&list), ["resource 19999"]);
    }
}
