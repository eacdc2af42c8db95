//! The mark from which a scope is looked at for changes: it passes nothing that changed and was not brought.

use super::Course;
use crate::provider::remote::{Ask, Found};
use crate::store::remote::Synced;
use crate::sync::plan;

impl Course<'_> {
    /// From where it is looked at next time, once all that changed has been brought.
    pub(super) fn mark(&self) -> Option<String> {
        if let Found::Changed { mark, .. } = &self.found { Some(mark.clone()) } else { None }
    }

    /// Whether all that changed has been brought once this is: nothing rests, nothing is put off.
    pub(super) fn is_all_renewed_by(&self, ask: &Ask, synced: &Synced) -> bool {
        let Ask::Days { feed, days } = ask else { return true };
        let waits = self.planned(synced, plan::unrenewed);
        waits.into_iter().all(|(name, waits)| name == feed.name && waits.iter().all(|day| days.contains(*day)))
    }

    /// Notes what was brought.
    pub(super) fn note_renewed(&mut self, ask: &Ask) {
        if let (Found::Changed { .. }, Ask::Days { feed, days }) = (&self.found, ask) {
            self.renewed.entry(feed.name.clone()).or_default().extend(days.iter());
        }
    }
}
