//! How often something is tried, and how long is waited between. Pure: knows no clock.

use std::time::Duration;

use super::fault::Fault;

/// Tries in all of what may be charged for although it fails: a line that breaks must not use up a day's allowance.
const CHARGED_TRIES: u32 = 2;

/// When to try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Tries in all, of one request.
    pub tries: u32,
    /// The first wait at most; each further one is twice as long at most.
    pub first: Duration,
    /// No wait of our own choice is longer.
    pub longest: Duration,
    /// A wait that a provider asks for and that is longer than this is left to the next sync.
    pub patience: Duration,
    /// One try takes no longer.
    pub try_within: Duration,
    /// A try that has no answer by then is told of.
    pub quiet_for: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            tries: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(32),
            patience: Duration::from_secs(120),
            try_within: Duration::from_secs(60),
            quiet_for: Duration::from_secs(8),
        }
    }
}

impl Pace {
    /// How long to wait before the next try, after `failed` tries of which the last ended in `fault`;
    /// `None` where there is none. `chance` is in [0, 1): the wait is drawn from the whole span ("full
    /// jitter", Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015), so that
    /// many that failed together do not come again together. What the provider asks for is the least.
    #[must_use]
    pub fn wait(&self, failed: u32, fault: &Fault, chance: f64) -> Option<Duration> {
        let asked = fault.wait.unwrap_or_default();
        let tries = if fault.charged { self.tries.min(CHARGED_TRIES) } else { self.tries };
        if failed >= tries || !fault.kind.is_passing() || asked > self.patience {
            return None;
        }
        let span = self.first.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(self.longest);
        Some(asked + span.mul_f64(chance.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::remote::FaultKind;

    const fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn waits_grow_within_their_span_and_end() {
        let pace = Pace::default();
        let fault = Fault::new(FaultKind::Unavailable, "503");
        let waits: Vec<_> = (1..=5).map(|failed| pace.wait(failed, &fault, 0.5)).collect();
        let half = |s: u64| Some(seconds(s) / 2);
        assert_eq!(waits, [half(1), half(2), half(4), half(8), None]);
        assert_eq!(Pace { tries: 40, ..pace }.wait(39, &fault, 0.5), half(32));
    }

    #[test]
    fn what_the_provider_asks_for_is_the_least_and_too_long_is_left() {
        let pace = Pace::default();
        let throttled = |s| Fault::new(FaultKind::Throttled, "429").wait(Some(seconds(s)));
        assert_eq!(pace.wait(1, &throttled(45), 0.0), Some(seconds(45)));
        assert!(pace.wait(1, &throttled(45), 0.9).is_some_and(|wait| wait > seconds(45)));
        assert_eq!(pace.wait(1, &throttled(3_600), 0.0), None);
    }

    #[test]
    fn what_may_be_charged_for_is_tried_once_more() {
        let cut = Fault { charged: true, ..Fault::new(FaultKind::Unavailable, "the connection was reset") };
        let waits = [1, 2].map(|failed| Pace::default().wait(failed, &cut, 0.5).is_some());
        assert_eq!(waits, [true, false]);
    }

    #[test]
    fn what_a_person_must_mend_is_not_tried_again() {
        for kind in
            [FaultKind::Denied, FaultKind::Expired, FaultKind::Refused, FaultKind::Capped, FaultKind::QuotaSpent]
        {
            assert_eq!(Pace::default().wait(1, &Fault::new(kind, ""), 0.5), None);
        }
    }
}
