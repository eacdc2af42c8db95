//! What the tag hygiene view asks, and what its lines open.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that is about tags. Draws nothing.

use ratatui::layout::Rect;

use super::View;
use super::hygiene::{Entry, Item};
use super::hygiene_view::{name, row_text};
use super::levels::Levels;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::lens::Lens;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::answer::{TagKey, TagsAnswer};
use crate::engine::{Answer, Question};
use crate::error::Result;
use crate::tui::action::Action;
use crate::tui::app::ask::answered;
use crate::tui::app::{App, distance};
use crate::tui::layout;
use crate::tui::worker::Asker;

impl App {
    /// How charges are tagged, in the chosen currency.
    #[must_use]
    pub fn tags_answer(&self) -> Option<&TagsAnswer> {
        self.breakdown.hygiene.answer(self.currency.as_deref())
    }

    /// The question of the view, where it is shown and that is not asked yet.
    pub(super) fn tags_question(&mut self, lens: &Lens) -> Option<(Asker, u64, Question)> {
        if self.breakdown.view != View::Hygiene {
            return None;
        }
        let question = Question::TagHygiene(lens.clone());
        let generation = self.breakdown.hygiene.slot.ask(&question, lens, &[])?;
        Some((Asker::Tags, generation, question))
    }

    /// Takes how charges are tagged.
    pub(in crate::tui) fn accept_tags(&mut self, generation: u64, answer: Result<Answer>) {
        self.breakdown.hygiene.slot.accept(generation, answered!(answer, TagHygiene));
    }

    /// Where the view's lines stand.
    pub(super) fn hygiene_lines(&self, body: Rect) -> Rect {
        layout::hygiene(layout::below(body)).lines
    }

    /// The item on a line of the view.
    pub(in crate::tui) fn tags_item_at(&self, line: usize, height: usize) -> Option<usize> {
        let hygiene = &self.breakdown.hygiene;
        let entries = hygiene.entries(self.tags_answer()?);
        match entries.get(hygiene.first_visible(&entries, height) + line) {
            Some(Entry::Item(at, _)) => Some(*at),
            _ => None,
        }
    }

    /// The selected item's position among all.
    pub(in crate::tui) fn tags_selected(&self) -> Option<usize> {
        let hygiene = &self.breakdown.hygiene;
        hygiene.selected(&hygiene.entries(self.tags_answer()?)).map(|(at, _)| at)
    }

    /// Selects an item by its position among all.
    pub(in crate::tui) fn select_tags(&mut self, at: usize) {
        let (page, currency) = (self.breakdown_page(), self.currency.clone());
        self.breakdown.hygiene.select(at, page, currency.as_deref());
    }

    /// Does what an action says to the view's lines.
    pub(super) fn perform_tags(&mut self, action: Action) {
        let by = distance(action, self.breakdown_page());
        match (by, self.tags_selected()) {
            (Some(by), Some(at)) => self.select_tags(at.saturating_add_signed(by)),
            (Some(_), None) => {}
            (None, _) => self.say_way_back(),
        }
    }

    /// Opens the selected line: groups by a key, or filters by what has a value or has not a key.
    pub(in crate::tui) fn open_tags(&mut self) {
        let hygiene = &self.breakdown.hygiene;
        let Some(answer) = self.tags_answer() else { return };
        let Some((_, item)) = hygiene.selected(&hygiene.entries(answer)) else { return };
        let (filter, by) = opened(&self.lens, item, &self.breakdown.levels, self.path.len());
        self.go(called(item), filter, by);
    }

    /// The charges that the selected line's cost is of, and what they are called: of a key those
    /// without it.
    pub(in crate::tui) fn tags_part(&self) -> Option<(SafeText, Filter)> {
        let hygiene = &self.breakdown.hygiene;
        let item = match hygiene.selected(&hygiene.entries(self.tags_answer()?))?.1 {
            Item::Key(key) => Item::Untagged(key),
            item => item,
        };
        let (filter, _) = opened(&hygiene.slot.shown.as_ref()?.lens, item, &self.breakdown.levels, self.path.len());
        Some((called(item), filter))
    }

    /// The selected line as text to copy.
    pub(in crate::tui) fn tags_row_text(&self) -> Option<String> {
        row_text(&self.breakdown.hygiene, self.tags_answer()?)
    }
}

/// What the charges of an item are called.
fn called(item: Item<'_>) -> SafeText {
    let text = match item {
        Item::Untagged(key) => format!("without {}", key.key.safe()),
        Item::UntaggedOf(key, _) => format!("{} without {}", name(item), key.key.safe()),
        _ => name(item),
    };
    SafeText::from_outside(&text)
}

/// The filter and grouping that an item is opened with.
fn opened(lens: &Lens, item: Item<'_>, levels: &Levels, depth: usize) -> (Filter, Vec<Dimension>) {
    let tag = |key: &Untrusted| Dimension::Tag(key.raw().to_owned());
    let without = |key: &TagKey| lens.filter.and(tag(&key.key), "", std::iter::empty());
    // Grouped by what is settled there would be one row.
    let other = |settled: &Dimension| {
        if lens.by.contains(settled) { vec![Dimension::Service] } else { lens.by.clone() }
    };
    match item {
        Item::Key(key) => (lens.filter.clone(), vec![tag(&key.key)]),
        Item::OddKey(odd) => {
            let dimension = tag(&odd.value);
            let mut filter = lens.filter.clone();
            filter.clauses.push(Clause {
                negated: true,
                dimension: Some(dimension.clone()),
                patterns: vec![Pattern::Missing],
            });
            (filter, vec![dimension])
        }
        Item::OddValue(key, odd) => {
            let dimension = tag(&key.key);
            let mut filter = lens.filter.clone();
            let by = other(&dimension);
            let patterns = vec![Pattern::Exactly(odd.value.raw().to_owned())];
            filter.clauses.push(Clause { negated: false, dimension: Some(dimension), patterns });
            (filter, by)
        }
        Item::Untagged(key) => (without(key), vec![Dimension::Service]),
        Item::UntaggedOf(key, share) => {
            let others = key.untagged_by.iter().filter(|other| other.value != share.value);
            let filter = without(key).and(Dimension::Service, share.value.raw(), others.map(|other| other.value.raw()));
            let opened = Lens { by: vec![Dimension::Service], filter: filter.clone(), ..lens.clone() };
            let next = levels.next(depth, &opened);
            (filter, next.unwrap_or_else(|| vec![Dimension::Resource]))
        }
    }
}
