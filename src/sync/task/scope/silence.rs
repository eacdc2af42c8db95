//! Of which days a scope told nothing at all, remembered from run to run. Knows no plan.

use super::Course;
use crate::error::Result;
use crate::provider::remote::Ask;
use crate::sync::silence::Silence;

impl Course<'_> {
    /// Of which days nothing was told.
    pub(super) fn silence(&self) -> Silence {
        let state = self.syncer.book.state();
        state.scopes.get(&self.source).map(|standing| standing.silence.clone()).unwrap_or_default()
    }

    /// Whether the scope's telling nothing of what is asked would be believed.
    pub(super) fn believes_silence(&self, ask: &Ask) -> bool {
        matches!(ask, Ask::Days { feed, days } if self.silence().believes(&feed.name, *days, self.syncer.now()))
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
