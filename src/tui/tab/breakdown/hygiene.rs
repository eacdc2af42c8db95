//! The tag hygiene view's state: what was told, and which of its lines is selected.
//!
//! Three sections with one selection: tag keys, what is probably misspelt, and the services of what has
//! not the key that was selected last. Selections are kept by what they are about. Pure.

use crate::domain::text::Untrusted;
use crate::engine::answer::{Misspelt, Share, TagKey, TagsAnswer};
use crate::tui::tab::Slot;

/// Something that can be selected.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Item<'a> {
    /// A tag key.
    Key(&'a TagKey),
    /// A key that is probably misspelt.
    OddKey(&'a Misspelt),
    /// A value of a key that is probably misspelt.
    OddValue(&'a TagKey, &'a Misspelt),
    /// All that has not a key.
    Untagged(&'a TagKey),
    /// What of a service has not a key.
    UntaggedOf(&'a TagKey, &'a Share),
}

/// A line of the view.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Entry<'a> {
    /// One of air.
    Blank,
    /// The headings of the keys.
    Keys,
    /// The headings of what is misspelt.
    Odd,
    /// The headings of what has not a key.
    Without(&'a TagKey),
    /// Said where a section has nothing.
    Nothing(&'static str),
    /// What can be selected, with its position among the others.
    Item(usize, Item<'a>),
}

/// What is selected, by what it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Chosen {
    Key(Untrusted),
    OddKey(Untrusted),
    OddValue(Untrusted, Untrusted),
    Untagged,
    UntaggedOf(Untrusted),
}

impl Chosen {
    fn of(item: Item<'_>) -> Chosen {
        match item {
            Item::Key(key) => Chosen::Key(key.key.clone()),
            Item::OddKey(found) => Chosen::OddKey(found.value.clone()),
            Item::OddValue(key, found) => Chosen::OddValue(key.key.clone(), found.value.clone()),
            Item::Untagged(_) => Chosen::Untagged,
            Item::UntaggedOf(_, service) => Chosen::UntaggedOf(service.value.clone()),
        }
    }
}

/// The view's state.
#[derive(Clone, Debug, Default)]
pub struct Hygiene {
    /// What it asked and was told.
    pub slot: Slot<TagsAnswer>,
    chosen: Option<Chosen>,
    /// The key that was selected last: services are those without it. The first where `None`.
    about: Option<Untrusted>,
    /// The first visible line, before the selected one is brought into view.
    offset: usize,
}

impl Hygiene {
    /// The answer in a currency.
    #[must_use]
    pub fn answer(&self, currency: Option<&str>) -> Option<&TagsAnswer> {
        self.slot.answer(currency, |a| &a.currency)
    }

    /// The key whose services are listed.
    fn about<'a>(&self, answer: &'a TagsAnswer) -> Option<&'a TagKey> {
        let chosen = self.about.as_ref().and_then(|about| answer.keys.iter().find(|key| key.key == *about));
        chosen.or(answer.keys.first())
    }

    /// The view's lines.
    #[must_use]
    pub fn entries<'a>(&self, answer: &'a TagsAnswer) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        let mut at = 0;
        let mut section = |heading: Entry<'a>, items: Vec<Item<'a>>, nothing: &'static str| {
            if !entries.is_empty() {
                entries.push(Entry::Blank);
            }
            entries.push(heading);
            if items.is_empty() {
                entries.push(Entry::Nothing(nothing));
            }
            for item in items {
                entries.push(Entry::Item(at, item));
                at += 1;
            }
        };
        section(Entry::Keys, answer.keys.iter().map(Item::Key).collect(), "no charge has a tag");
        let values = answer.keys.iter().flat_map(|key| key.misspelt.iter().map(move |odd| Item::OddValue(key, odd)));
        let odd = answer.misspelt_keys.iter().map(Item::OddKey).chain(values).collect();
        section(Entry::Odd, odd, "no key or value looks like another one misspelt");
        if let Some(key) = self.about(answer) {
            let services = key.untagged_by.iter().map(|service| Item::UntaggedOf(key, service));
            let mut items: Vec<Item<'_>> = services.collect();
            if items.len() > 1 {
                items.insert(0, Item::Untagged(key));
            }
            section(Entry::Without(key), items, "every charge has it");
        }
        entries
    }

    /// The selected item, and its position among all.
    #[must_use]
    pub fn selected<'a>(&self, entries: &[Entry<'a>]) -> Option<(usize, Item<'a>)> {
        let items = || {
            entries.iter().filter_map(|entry| if let Entry::Item(at, item) = entry { Some((*at, *item)) } else { None })
        };
        let chosen = self.chosen.as_ref().and_then(|chosen| items().find(|(_, item)| Chosen::of(*item) == *chosen));
        chosen.or_else(|| items().next())
    }

    /// The first visible line where `height` are seen, so that the selected one is, and the headings
    /// above the first item.
    #[must_use]
    pub fn first_visible(&self, entries: &[Entry<'_>], height: usize) -> usize {
        let selected = self.selected(entries).map_or(0, |(at, _)| at);
        let line = entries.iter().position(|entry| matches!(entry, Entry::Item(at, _) if *at == selected));
        let line = line.unwrap_or_default();
        let least = (line + 1).saturating_sub(height.max(1));
        let most = if height > 1 { line.saturating_sub(1) } else { line };
        self.offset.min(entries.len().saturating_sub(height)).clamp(least.min(most), most)
    }

    /// Selects the item at a position among all, where `height` lines are seen.
    pub fn select(&mut self, to: usize, height: usize, currency: Option<&str>) {
        let Some(answer) = self.slot.answer(currency, |a| &a.currency) else { return };
        let entries = self.entries(answer);
        let last = entries.iter().rev().find_map(|entry| if let Entry::Item(at, _) = entry { Some(*at) } else { None });
        let to = to.min(last.unwrap_or_default());
        let found = entries.iter().find_map(|entry| match entry {
            Entry::Item(at, item) if *at == to => Some(*item),
            _ => None,
        });
        let Some(item) = found else { return };
        let about = match item {
            Item::Key(key) | Item::OddValue(key, _) => Some(key.key.clone()),
            _ => None,
        };
        self.offset = self.first_visible(&entries, height);
        self.chosen = Some(Chosen::of(item));
        self.about = about.or(self.about.take());
        let Some(answer) = self.slot.answer(currency, |a| &a.currency) else { return };
        self.offset = self.first_visible(&self.entries(answer), height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::breakdown::samples;

    fn hygiene() -> Hygiene {
        let mut hygiene = Hygiene::default();
        let lens = crate::domain::lens::Lens::default();
        let question = crate::engine::Question::TagHygiene(lens.clone());
        let generation = hygiene.slot.ask(&question, &lens, &[]).expect("not asked before");
        hygiene.slot.accept(generation, Ok(vec![samples::tags()]));
        hygiene
    }

    /// The lines as words.
    fn lines(hygiene: &Hygiene) -> Vec<String> {
        let answer = hygiene.answer(None).expect("answer");
        let entries = hygiene.entries(answer);
        let selected = hygiene.selected(&entries).map(|(at, _)| at);
        let word = |entry: &Entry<'_>| match entry {
            Entry::Blank => String::new(),
            Entry::Keys => "keys:".to_owned(),
            Entry::Odd => "odd:".to_owned(),
            Entry::Without(key) => format!("without {}:", key.key.raw()),
            Entry::Nothing(why) => (*why).to_owned(),
            Entry::Item(at, item) => {
                let text = match item {
                    Item::Key(key) => key.key.raw().to_owned(),
                    Item::OddKey(odd) => format!("key {}", odd.value.raw()),
                    Item::OddValue(key, odd) => format!("{}={}", key.key.raw(), odd.value.raw()),
                    Item::Untagged(_) => "all".to_owned(),
                    Item::UntaggedOf(_, service) => service.value.raw().to_owned(),
                };
                if Some(*at) == selected { format!("> {text}") } else { text }
            }
        };
        entries.iter().map(word).collect()
    }

    #[test]
    fn one_selection_goes_through_all_sections() {
        let mut h = hygiene();
        let first = ["keys:", "> team", "env", "", "odd:", "key Team", "team=paymnets", "", "without team:"];
        assert_eq!(lines(&h)[..9], first);
        assert_eq!(lines(&h)[9..], ["all", "Amazon EC2", "Amazon S3"]);
        h.select(1, 20, None);
        assert_eq!(lines(&h)[7..], ["", "without env:", "every charge has it"]);
        h.select(99, 20, None);
        assert_eq!(lines(&h)[6], "> team=paymnets", "the last there is, and its key's services again");
        assert_eq!(lines(&h)[8], "without team:");
        h.select(6, 20, None);
        assert_eq!(lines(&h).last().map(String::as_str), Some("> Amazon S3"));
    }

    #[test]
    fn the_selected_line_is_seen_with_the_heading_above_it() {
        let mut h = hygiene();
        for height in 1..14 {
            for to in [0, 6, 0, 3, 2, 5, 1, 0] {
                h.select(to, height, None);
                let answer = h.answer(None).expect("answer");
                let entries = h.entries(answer);
                let first = h.first_visible(&entries, height);
                let (at, _) = h.selected(&entries).expect("an item");
                let seen = entries[first..].iter().take(height);
                assert!(seen.clone().any(|e| matches!(e, Entry::Item(i, _) if *i == at)), "{height} {to} from {first}");
                assert!(at > 0 || height == 1 || first == 0, "{height} {to}");
            }
        }
    }
}
