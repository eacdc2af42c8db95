//! What can be chosen from a list, and what choosing it does.
//!
//! The part of [`App::update`](crate::tui::app::App::update) that fills lists and takes what was
//! chosen from them. Draws nothing.

use super::picker::{Item, Picker};
use crate::domain::dimension::Dimension;
use crate::domain::text::SafeText;
use crate::tui::app::App;

/// How many dimensions figures are grouped by at most.
const DIMENSIONS_MAX: usize = 4;

/// Something that a list offers.
#[derive(Clone, PartialEq, Debug)]
pub enum Choice {
    /// Group by this; several chosen together in their order.
    GroupBy(Dimension),
}

impl App {
    /// Dimensions that there are, coarse to fine, tags last.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        let tags = self.extent.iter().flat_map(|e| &e.tag_keys).map(|key| Dimension::Tag(key.clone()));
        Dimension::FIXED.into_iter().chain(tags).collect()
    }

    /// Dimensions to group by.
    pub(super) fn groupings(&self) -> Picker<Choice> {
        let all = self.dimensions();
        let marked: Vec<usize> = self.lens.by.iter().filter_map(|by| all.iter().position(|d| d == by)).collect();
        let item = |dimension: Dimension| {
            let (title, name) = (SafeText::from_outside(&dimension.title()), SafeText::from_outside(&dimension.name()));
            Item::new(title, Choice::GroupBy(dimension)).note(name)
        };
        Picker::new("Group by", all.into_iter().map(item)).several(DIMENSIONS_MAX, &marked)
    }

    /// Does what was chosen.
    pub(super) fn choose(&mut self, chosen: Vec<Choice>) {
        let by: Vec<Dimension> = chosen.into_iter().map(|Choice::GroupBy(dimension)| dimension).collect();
        if !by.is_empty() {
            self.lens.by = by;
            self.breakdown.seek(None);
        }
    }
}
