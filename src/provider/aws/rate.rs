//! Keeps requests apart in time, so that AWS need not ask for it. Knows no request.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Lets one request pass at a time, each some time after the last.
#[derive(Debug)]
pub struct Rate {
    apart: Duration,
    turns: Mutex<Option<Interval>>,
}

impl Rate {
    /// Requests are at least `apart`.
    #[must_use]
    pub fn new(apart: Duration) -> Self {
        // An interval has some length.
        Rate { apart: apart.max(Duration::from_millis(1)), turns: Mutex::new(None) }
    }

    /// Waits for one's turn; the first does not wait.
    pub async fn turn(&self) {
        let mut turns = self.turns.lock().await;
        let turns = turns.get_or_insert_with(|| {
            let mut turns = interval(self.apart);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            turns
        });
        turns.tick().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_turn_comes_at_once_and_the_next_after_its_time() {
        let begun = crate::clock::instant();
        let rate = Rate::new(Duration::from_millis(20));
        rate.turn().await;
        rate.turn().await;
        rate.turn().await;
        assert!(begun.elapsed() >= Duration::from_millis(39), "{:?}", begun.elapsed());
    }
}
