//! Of which days a scope told nothing at all, remembered from run to run. Knows no plan.

use std::collections::BTreeMap;

use super::Course;
use crate::domain::calendar::Day;
use crate::error::Result;
use crate::provider::remote::Ask;
use crate::store::remote::{Come, Synced};
use crate::sync::silence::Silence;

/// What the log tells of an answer that told nothing and is not believed.
pub(super) const UNBELIEVED: &str = "nothing was changed: it is believed once another answer, a day later, agrees";

impl Course<'_> {
    /// Of which days nothing was told.
    pub(super) fn silence(&self) -> Silence {
        let state = self.syncer.book.state();
        state.scopes.get(&self.source).map(|standing| standing.silence.clone()).unwrap_or_default()
    }

    /// Whether the scope's telling nothing of what is asked would be believed. Who is paid for each answer is
    /// believed at once where that takes nothing away and all after it has come, charges among it: before the first
    /// of an account there are none, and a second answer would be paid for too.
    pub(super) fn believes_silence(&self, ask: &Ask, synced: &Synced) -> bool {
        let Ask::Days { feed, days } = ask else { return false };
        let has_come = |come: &BTreeMap<Day, Come>| come.range(days.from..days.to.max(days.from)).next().is_some();
        let (silence, come) = (self.silence(), synced.days.get(&feed.name));
        let is_before = |come: &BTreeMap<Day, Come>| !has_come(come) && come.contains_key(&days.to);
        let has_charges = self.seen(&feed.name).is_some_and(|seen| seen.page_rows > 0);
        let is_paid = self.costs.scope().terms.request_microdollars > 0;
        is_paid && has_charges && come.is_some_and(is_before) && !silence.is_of(&feed.name)
            || silence.believes(&feed.name, *days, self.syncer.now())
    }

    /// Remembers whether anything was told of some days.
    pub(super) fn note_silence(&self, ask: &Ask, is_silent: bool) -> Result<()> {
        let Ask::Days { feed, days } = ask else { return Ok(()) };
        let (now, mut silence) = (self.syncer.now(), self.silence());
        if is_silent {
            silence.note(&feed.name, *days, now);
        } else {
            silence.forget(&feed.name, *days);
        }
        if silence == self.silence() {
            return Ok(());
        }
        self.syncer.stand(&self.source, |standing| standing.silence = silence)
    }
}
