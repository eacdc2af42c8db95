//! What a figure is and rests on: what was asked on the way down to it, and what is selected.
//!
//! A figure's part is a figure again, so that one leads to the next, down to a single charge. Draws
//! nothing and asks nothing.

use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::answer::{ExplainAnswer, Explained, LineItem, LineItems, QueryAnswer, QueryRow};
use crate::engine::{Card, Question};
use crate::error::Error;
use crate::tui::tab::group_name;
use crate::tui::widget::item;

/// Line items of a page.
pub const ITEMS: usize = 100;

/// A figure that can be explained.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// What it is called.
    pub title: SafeText,
    /// What is looked at.
    pub lens: Lens,
    /// Which figure of that.
    pub card: Card,
}

/// A line of an explanation that can be selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The figure itself.
    Figure,
    /// One of its parts.
    Part(usize),
    /// The command that prints it.
    Command,
    /// One of the line items of the page.
    Item(usize),
    /// A column of a line item.
    Column(usize),
}

/// A figure with what is known of it.
#[derive(Clone, Debug)]
pub struct Level {
    /// The figure.
    pub subject: Subject,
    /// Which currency is shown.
    currency: Option<String>,
    /// The newest answer.
    told: Option<Box<ExplainAnswer>>,
    /// Why there is no newer one.
    pub error: Option<Error>,
    /// The line item that is open, and its selected column.
    pub item: Option<(usize, usize)>,
    selected: usize,
    skip: usize,
    /// The question that is under way.
    asked: Option<u64>,
    stale: bool,
}

impl Level {
    fn new(subject: Subject, currency: Option<String>) -> Level {
        Level { subject, currency, told: None, error: None, item: None, selected: 0, skip: 0, asked: None, stale: true }
    }

    /// The answer, once it is there.
    #[must_use]
    pub fn answer(&self) -> Option<&ExplainAnswer> {
        self.told.as_deref()
    }

    /// The figure in the currency that is shown; the first where there is none in it.
    #[must_use]
    pub fn figure(&self) -> Option<&Explained> {
        let (figures, currency) = (&self.answer()?.figures, self.currency.as_ref());
        figures.iter().find(|figure| Some(&figure.currency) == currency).or(figures.first())
    }

    /// The figure's parts.
    #[must_use]
    pub fn parts(&self) -> Option<&QueryAnswer> {
        let shown = &self.figure()?.currency;
        self.answer()?.parts.iter().find(|parts| parts.currency == *shown)
    }

    /// The figure's line items.
    #[must_use]
    pub fn items(&self) -> Option<&LineItems> {
        let shown = &self.figure()?.currency;
        self.answer()?.items.iter().find(|items| items.currency == *shown)
    }

    /// The line item that is open.
    #[must_use]
    pub fn open_item(&self) -> Option<&LineItem> {
        self.items()?.items.get(self.item?.0)
    }

    /// The lines that can be selected, from the top.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        if let Some(item) = self.open_item() {
            return (0..item::columns(item).len()).map(Target::Column).collect();
        }
        if self.answer().is_none() {
            return Vec::new();
        }
        let parts = self.parts().map_or(0, |parts| parts.rows.len());
        let mut all = vec![Target::Figure];
        all.extend((0..parts).map(Target::Part));
        all.push(Target::Command);
        let items = self.items().map_or(0, |items| items.items.len());
        all.extend((0..items).map(Target::Item));
        all
    }

    /// The selected line.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let at = self.item.map_or(self.selected, |(_, column)| column);
        let targets = self.targets();
        targets.get(at.min(targets.len().saturating_sub(1))).copied()
    }

    fn select(&mut self, by: isize) {
        let last = self.targets().len().saturating_sub(1);
        let at = match &mut self.item {
            Some((_, column)) => column,
            None => &mut self.selected,
        };
        *at = (*at).min(last).saturating_add_signed(by).min(last);
    }

    /// Goes on to the next page of line items, or back to the one before. `false` where there is none.
    fn turn(&mut self, later: bool) -> bool {
        let total = self.items().map_or(0, |items| items.total) as usize;
        let to = if later { self.skip + ITEMS } else { self.skip.saturating_sub(ITEMS) };
        if to == self.skip || to >= total {
            return false;
        }
        (self.skip, self.stale, self.asked, self.item) = (to, true, None, None);
        let first = self.targets().iter().position(|target| matches!(target, Target::Item(_)));
        self.selected = first.unwrap_or(self.selected);
        true
    }
}

/// What a part is called: the piece of time that it is, or its group.
#[must_use]
pub fn part_name(parts: &QueryAnswer, row: &QueryRow) -> String {
    match row.start.zip(parts.granularity) {
        Some((start, granularity)) => granularity.label(start),
        None => group_name(&parts.by, (&row.key, &row.names)),
    }
}

/// An open explanation.
#[derive(Clone, Debug)]
pub struct Explain {
    /// From the figure that was asked for down to the one that is shown; never empty.
    levels: Vec<Level>,
}

impl Explain {
    /// The explanation of a figure, before anything is known of it.
    #[must_use]
    pub fn new(subject: Subject, currency: Option<String>) -> Explain {
        Explain { levels: vec![Level::new(subject, currency)] }
    }

    /// What is shown.
    #[must_use]
    pub fn level(&self) -> &Level {
        // There is always one: it is never taken away.
        &self.levels[self.levels.len() - 1]
    }

    fn top(&mut self) -> &mut Level {
        let at = self.levels.len() - 1;
        &mut self.levels[at]
    }

    /// The figures from the one that was asked for to the one that is shown.
    pub fn path(&self) -> impl Iterator<Item = &SafeText> {
        self.levels.iter().map(|level| &level.subject.title)
    }

    /// The selected line.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.level().target()
    }

    /// Selects another line.
    pub fn select(&mut self, by: isize) {
        self.top().select(by);
    }

    /// Goes on to the next page of line items, or back. `false` where there is none.
    pub fn turn(&mut self, later: bool) -> bool {
        self.top().turn(later)
    }

    /// Goes down to a part.
    pub fn push(&mut self, subject: Subject) {
        let currency = self.level().currency.clone();
        self.levels.push(Level::new(subject, currency));
    }

    /// Opens a line item.
    pub fn open_item(&mut self, at: usize) {
        self.top().item = Some((at, 0));
    }

    /// One step up. `false` where this is the first.
    pub fn back(&mut self) -> bool {
        let was_open = self.top().item.take().is_some();
        was_open || (self.levels.len() > 1 && self.levels.pop().is_some())
    }

    /// Has everything asked again; what is known stays until the answer comes.
    pub fn forget(&mut self) {
        for level in &mut self.levels {
            (level.stale, level.asked) = (true, None);
        }
    }

    /// The question of what is shown, where it is neither answered nor under way as the newest of all.
    pub fn question(&mut self, newest: &mut u64) -> Option<Question> {
        let level = self.top();
        if !level.stale || level.asked == Some(*newest) {
            return None;
        }
        *newest += 1;
        level.asked = Some(*newest);
        let Subject { lens, card, .. } = &level.subject;
        Some(Question::Explain { lens: lens.clone(), card: *card, items: (ITEMS, level.skip) })
    }

    /// Takes the answer to the newest question.
    pub fn accept(&mut self, generation: u64, answer: Result<ExplainAnswer, Error>) {
        let level = self.top();
        if level.asked != Some(generation) {
            return;
        }
        (level.stale, level.asked) = (false, None);
        match answer {
            Ok(answer) => {
                level.item = None;
                level.told = Some(Box::new(answer));
                level.error = None;
            }
            Err(error) => level.error = Some(error),
        }
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.level().stale
    }
}
