//! When the next frame is due: at once, but not too often.
//!
//! What comes by itself waits until some time after the last frame. What the user does waits only for
//! the last frame that was drawn for such: an answer that was shown just now holds no key up. Knows no
//! event and no terminal.

use std::time::{Duration, Instant};

/// The least time between two frames of a kind.
const FRAME: Duration = Duration::from_millis(16);

/// When frames were drawn, and whether there is something to draw.
pub(super) struct Pace {
    drawn: Instant,
    /// When the last was drawn for what the user did.
    answered: Option<Instant>,
    /// What there is to draw: nothing, or for what; `true` where the user did something.
    wanted: Option<bool>,
}

impl Pace {
    /// Of a screen that was drawn just now.
    pub(super) fn new(now: Instant) -> Pace {
        Pace { drawn: now, answered: None, wanted: None }
    }

    /// There is something to draw; `done` where it is what the user did.
    pub(super) fn want(&mut self, done: bool) {
        self.wanted = Some(done || self.wanted == Some(true));
    }

    /// From when on the next frame may be drawn; `None` where there is nothing to draw.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.wanted? {
            true => Some(self.answered.map_or(self.drawn, |answered| answered + FRAME)),
            false => Some(self.drawn + FRAME),
        }
    }

    /// A frame was drawn.
    pub(super) fn drew(&mut self, now: Instant) {
        self.drawn = now;
        if self.wanted.take() == Some(true) {
            self.answered = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_waits_for_the_last_key_and_an_answer_for_the_last_frame() {
        let start = crate::clock::instant();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut pace = Pace::new(start);
        assert_eq!(pace.due(), None);
        pace.want(false);
        assert_eq!(pace.due(), Some(at(16)));
        pace.want(true);
        pace.want(false);
        assert_eq!(pace.due(), Some(start), "a key is shown at once, with what else has come");
        pace.drew(at(2));
        assert_eq!(pace.due(), None);
        pace.want(true);
        assert_eq!(pace.due(), Some(at(18)), "a key that is held is shown so often only");
        pace.drew(at(18));
        pace.want(false);
        assert_eq!(pace.due(), Some(at(34)));
        pace.drew(at(34));
        pace.want(true);
        assert_eq!(pace.due(), Some(at(34)), "an answer holds no key up");
    }
}
