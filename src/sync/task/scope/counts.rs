//! Counts what one ask of a scope spends and how often it is tried again, and tells how it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::Board;
use super::super::pool::Bell;
use crate::provider::remote::{Fault, FaultKind, Meter, Unit, Watch};
use crate::sync::Clock;
use crate::sync::meter::ConnectionMeter;

/// What a call spent and how often it was tried again; tells how it goes.
pub(super) struct Counts {
    pub(super) board: Arc<Board>,
    pub(super) bell: Arc<Bell>,
    pub(super) source: String,
    pub(super) clock: Clock,
    pub(super) tally: Mutex<Tally>,
}

#[derive(Default)]
pub(super) struct Tally {
    pub(super) spent: BTreeMap<Unit, u64>,
    pub(super) retries: u32,
    /// Whether a paid request was refused, since no more may be spent.
    pub(super) is_refused: bool,
}

impl Counts {
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Counts {
    fn waits(&self, fault: &Fault, wait: Duration) {
        self.tally().retries += 1;
        self.queues(fault, wait);
    }

    fn queues(&self, why: &Fault, wait: Duration) {
        let until = (self.clock)() + i64::try_from(wait.as_secs()).unwrap_or(0);
        self.board.tell(&self.source, |live| live.waits = Some((why.message.clone(), until)));
        // Its place is free for another.
        self.bell.ring();
    }

    fn progress(&self, done: u64, of: u64) {
        self.board.tell(&self.source, |live| {
            (live.pieces, live.waits) = ((done, of), None);
            // Of an answer that takes long some has come.
            live.silent_since = None;
        });
    }

    fn silent(&self, since: Duration) {
        let since = (self.clock)() - i64::try_from(since.as_secs()).unwrap_or(0);
        self.board.tell(&self.source, |live| (live.silent_since, live.waits) = (Some(since), None));
    }

    fn heard(&self) {
        self.board.tell(&self.source, |live| live.silent_since = None);
    }
}

/// A meter that also counts for one run.
pub(super) struct Counting {
    pub(super) meter: ConnectionMeter,
    pub(super) counts: Arc<Counts>,
}

impl Meter for Counting {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        self.meter.take(unit, amount).inspect_err(|fault| {
            let is_cap = unit == Unit::PaidRequests && fault.kind == FaultKind::Capped;
            self.counts.tally().is_refused |= is_cap;
        })?;
        *self.counts.tally().spent.entry(unit).or_default() += amount;
        Ok(())
    }

    fn give_back(&self, unit: Unit, amount: u64) {
        self.meter.give_back(unit, amount);
        let mut tally = self.counts.tally();
        let slot = tally.spent.entry(unit).or_default();
        *slot = slot.saturating_sub(amount);
    }

    fn left(&self, unit: Unit) -> Option<u64> {
        self.meter.left(unit)
    }

    fn may_try(&self) -> Result<(), Fault> {
        self.meter.may_try()
    }

    fn failed(&self, fault: &Fault) {
        self.meter.failed(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_not_answer_is_told_of_until_something_comes() {
        let board = Arc::new(Board::default());
        let (bell, clock): (_, Clock) = (Arc::default(), Arc::new(|| 1_000));
        let counts = Counts { board: Arc::clone(&board), bell, source: "a".into(), clock, tally: Mutex::default() };
        let silent = || board.lives().get("a").and_then(|live| live.silent_since);
        counts.silent(Duration::from_secs(8));
        assert_eq!(silent(), Some(992));
        counts.progress(1, 4);
        assert_eq!(silent(), None);
        counts.waits(&Fault::new(FaultKind::Throttled, "later"), Duration::from_secs(5));
        counts.queues(&Fault::new(FaultKind::Throttled, "its turn comes"), Duration::from_secs(5));
        assert_eq!(counts.tally().retries, 1, "whoever waits for its turn has not failed");
        let waits = board.lives().get("a").and_then(|live| live.waits.clone());
        assert_eq!(waits, Some(("its turn comes".to_owned(), 1_005)));
        counts.silent(Duration::from_secs(8));
        let waits = board.lives().get("a").and_then(|live| live.waits.clone());
        assert_eq!((silent(), waits), (Some(992), None), "what it waited for is over");
        counts.heard();
        assert_eq!(silent(), None);
    }
}
