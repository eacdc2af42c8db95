//! What was opened on the way to what is looked at, and the way back out of it.
//!
//! Opening changes the lens; a step back takes that change back and leaves what was changed in
//! between. Draws nothing.

use serde::{Deserialize, Serialize};

use super::App;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::answer::Key as GroupKey;
use crate::tui::tab::{Tab, breakdown};

/// Something that was opened, and how to get back out of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Crumb {
    /// What it is called.
    pub label: SafeText,
    /// What was looked at before.
    before: Lens,
    /// What it changed that to.
    opened: Lens,
    key: Option<GroupKey>,
    tab: Tab,
    /// Whether only other days are looked at, whichever tab shows them.
    zoomed: bool,
    /// How the Breakdown tab showed its rows.
    view: breakdown::View,
}

impl Crumb {
    /// A lens without what was opened.
    fn undone(&self, now: &Lens) -> Lens {
        /// What was there before, where opening changed it.
        fn or<T: PartialEq + Clone>(before: &T, opened: &T, now: &T) -> T {
            if before == opened { now.clone() } else { before.clone() }
        }
        let (before, opened) = (&self.before, &self.opened);
        Lens {
            period: or(&before.period, &opened.period, &now.period),
            comparison: or(&before.comparison, &opened.comparison, &now.comparison),
            filter: undone(&before.filter, &opened.filter, &now.filter),
            metric: or(&before.metric, &opened.metric, &now.metric),
            by: or(&before.by, &opened.by, &now.by),
            granularity: or(&before.granularity, &opened.granularity, &now.granularity),
            currency: or(&before.currency, &opened.currency, &now.currency),
        }
    }

    /// Whether a filter still demands what was opened.
    fn holds(&self, filter: &Filter) -> bool {
        self.added().all(|clause| filter.clauses.contains(clause))
    }

    fn added(&self) -> impl Iterator<Item = &Clause> {
        self.opened.filter.clauses.iter().filter(|clause| !self.before.filter.clauses.contains(clause))
    }

    /// The account that was opened and nothing else, as the filter has it, and what it is called.
    fn account(&self) -> Option<(&Clause, &SafeText)> {
        let added: Vec<&Clause> = self.added().collect();
        let [clause] = added[..] else { return None };
        let account = matches!(clause.dimension, Some(Dimension::SubAccount | Dimension::BillingAccount))
            && matches!(clause.patterns[..], [Pattern::Is(_) | Pattern::Exactly(_)]);
        (account && self.key.is_some() && self.before.period == self.opened.period).then_some((clause, &self.label))
    }
}

/// A filter without what opening added to it, and with what that took away.
fn undone(before: &Filter, opened: &Filter, now: &Filter) -> Filter {
    fn terms<T: PartialEq + Clone>(before: &[T], opened: &[T], now: &[T]) -> Vec<T> {
        let kept = now.iter().filter(|term| before.contains(term) || !opened.contains(term));
        let taken = before.iter().filter(|term| !opened.contains(term) && !now.contains(term));
        kept.chain(taken).cloned().collect()
    }
    if now == opened {
        return before.clone();
    }
    Filter {
        clauses: terms(&before.clauses, &opened.clauses, &now.clauses),
        bounds: terms(&before.bounds, &opened.bounds, &now.bounds),
    }
}

impl App {
    /// The names of what was opened.
    pub(in crate::tui) fn crumbs(&self) -> Vec<SafeText> {
        self.path.iter().map(|crumb| crumb.label.clone()).collect()
    }

    /// The lens as people say it: accounts that were opened by what they are called.
    #[must_use]
    pub fn said_lens(&self) -> Lens {
        let mut lens = self.lens.clone();
        for (opened, label) in self.path.iter().filter_map(Crumb::account) {
            for clause in lens.filter.clauses.iter_mut().filter(|clause| *clause == opened) {
                clause.patterns = vec![Pattern::Is(label.to_string())];
            }
        }
        lens
    }

    /// Looks at what was opened: one step back undoes it, and selects `key` again.
    pub(super) fn enter(&mut self, label: SafeText, lens: Lens, key: Option<GroupKey>) {
        self.breakdown.levels.keep(self.path.len(), &self.lens.by);
        let view = std::mem::take(&mut self.breakdown.view);
        let before = std::mem::replace(&mut self.lens, lens.clone());
        self.path.push(Crumb { label, before, opened: lens, key, tab: self.tab, zoomed: false, view });
        self.breakdown.seek(None);
    }

    /// Looks at other days from where one is; one step back undoes all such steps that follow each
    /// other.
    pub(super) fn enter_days(&mut self, label: SafeText, lens: Lens) {
        let before = std::mem::replace(&mut self.lens, lens.clone());
        if let Some(last) = self.path.last_mut().filter(|last| last.zoomed) {
            (last.label, last.opened) = (label, lens);
            return;
        }
        let (tab, view) = (self.tab, self.breakdown.view);
        self.path.push(Crumb { label, before, opened: lens, key: None, tab, zoomed: true, view });
    }

    /// Leaves what was opened last.
    pub(super) fn leave(&mut self) {
        let depth = self.path.len();
        let Some(crumb) = self.path.pop() else { return };
        self.breakdown.levels.keep(depth, &self.lens.by);
        self.lens = crumb.undone(&self.lens);
        if !crumb.zoomed {
            self.tab = crumb.tab;
            self.breakdown.view = crumb.view;
            self.breakdown.seek(crumb.key);
        }
    }

    /// Leaves all that was opened.
    pub(super) fn leave_all(&mut self) {
        while let Some(crumb) = self.path.pop() {
            self.lens = crumb.undone(&self.lens);
        }
        self.breakdown.view = breakdown::View::default();
        self.breakdown.seek(None);
    }

    /// Changes the filter by hand. What it does not demand any more is not open any more.
    pub(in crate::tui) fn filter_by(&mut self, filter: Filter) {
        if filter == self.lens.filter {
            return;
        }
        let open = self.path.iter().take_while(|crumb| crumb.holds(&filter)).count();
        self.path.truncate(open);
        self.lens.filter = filter;
        self.breakdown.seek(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Filter {
        Filter::parse(text, &[]).expect("a filter")
    }

    #[test]
    fn a_step_back_leaves_what_was_changed_in_between() {
        for (before, opened, now, back) in [
            ("", "service:a", "service:a", ""),
            ("sku:x", "sku:x service:a", "sku:x service:a cost>5", "sku:x cost>5"),
            ("sku:x", "sku:x service:a", "service:a region:r", "region:r"),
            ("cost>5", "service:a", "service:a region:r", "region:r cost>5"),
            ("", "service:a", "service:b", "service:b"),
        ] {
            let undone = undone(&filter(before), &filter(opened), &filter(now));
            assert_eq!(undone.to_string(), back, "{before} | {opened} | {now}");
        }
    }
}
