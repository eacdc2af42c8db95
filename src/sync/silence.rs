//! Days of which a scope told nothing at all, and whether that is believed. Pure.
//!
//! An API that answers without a row may have no costs to tell, or may not work. One such answer changes
//! nothing: what is stored stays, and the days have not come. They have, without a charge, once a second
//! answer tells nothing of them either, a day later or more.

use serde::{Deserialize, Serialize};

use crate::domain::calendar::{DAY_SECONDS, Day, Period};

/// Seconds after the first answer that told nothing that a second one is believed: a day, less an eighth, so that
/// syncs at the same time of day are enough.
const BELIEVED_AFTER: i64 = DAY_SECONDS - DAY_SECONDS / 8;

/// Days of a scope of which its last answer told nothing, and which is not believed yet.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Silence(Vec<Silent>);

/// Days of a feed that have been silent for equally long; no two are of the same day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Silent {
    feed: String,
    days: Period,
    /// When they first were, seconds since 1970.
    first: i64,
    /// When they last were.
    last: i64,
}

impl Silence {
    /// When an answer last told nothing of a day, seconds since 1970.
    #[must_use]
    pub fn last(&self, feed: &str, day: Day) -> Option<i64> {
        self.of(feed, day).map(|silent| silent.last)
    }

    /// Whether an answer told nothing of any day of a feed.
    #[must_use]
    pub fn is_of(&self, feed: &str) -> bool {
        self.0.iter().any(|silent| silent.feed == feed)
    }

    /// Whether an answer that tells nothing of a day is believed now.
    #[must_use]
    pub fn is_ripe(&self, feed: &str, day: Day, now: i64) -> bool {
        self.of(feed, day).is_some_and(|silent| now - silent.first >= BELIEVED_AFTER)
    }

    /// Whether an answer that tells nothing of these days is believed now.
    #[must_use]
    pub fn believes(&self, feed: &str, days: Period, now: i64) -> bool {
        days.iter().all(|day| self.is_ripe(feed, day, now))
    }

    /// Notes that an answer told nothing of these days.
    pub fn note(&mut self, feed: &str, days: Period, now: i64) {
        let mut noted: Vec<Silent> = Vec::new();
        for day in days.iter() {
            // A clock that was put back says nothing about how long it was.
            let first = self.of(feed, day).map_or(now, |silent| silent.first.min(now));
            match noted.last_mut().filter(|silent| silent.first == first) {
                Some(silent) => silent.days.to = day.plus(1),
                None => {
                    let days = Period { from: day, to: day.plus(1) };
                    noted.push(Silent { feed: feed.to_owned(), days, first, last: now });
                }
            }
        }
        self.forget(feed, days);
        self.0.append(&mut noted);
    }

    /// Forgets days: they were told, or it is believed that there is nothing to tell.
    pub fn forget(&mut self, feed: &str, days: Period) {
        let hit = |silent: &mut Silent| silent.feed == feed && silent.days.intersect(days).days() > 0;
        let gone: Vec<Silent> = self.0.extract_if(.., hit).collect();
        for silent in gone {
            let (before, after) =
                (Period { from: silent.days.from, to: days.from }, Period { from: days.to, to: silent.days.to });
            let rest = [before, after].into_iter().filter(|rest| rest.days() > 0);
            self.0.extend(rest.map(|days| Silent { days, ..silent.clone() }));
        }
    }

    fn of(&self, feed: &str, day: Day) -> Option<&Silent> {
        self.0.iter().find(|silent| silent.feed == feed && silent.days.contains(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_believed_before_a_second_look_a_day_later() {
        let (mut silence, day) = (Silence::default(), Day(20_000));
        let days = Period { from: day, to: day.plus(2) };
        assert!(!silence.believes("base", days, 0));
        silence.note("base", days, 1_000);
        silence.note("base", Period { from: day, to: day.plus(3) }, 30_000);
        assert!(!silence.believes("base", days, BELIEVED_AFTER + 999));
        assert!(silence.believes("base", days, BELIEVED_AFTER + 1_000));
        assert!(!silence.believes("base", Period { from: day, to: day.plus(3) }, BELIEVED_AFTER + 1_000));
        assert!(!silence.is_ripe("other", day, i64::MAX));
        assert_eq!(silence.last("base", day), Some(30_000));
        silence.note("base", days, 500);
        assert!(silence.believes("base", days, BELIEVED_AFTER + 500), "the clock was put back");
        silence.forget("base", Period { from: day.plus(1), to: day.plus(2) });
        let known: Vec<_> = (0..3).map(|at| silence.last("base", day.plus(at))).collect();
        assert_eq!(known, [Some(500), None, Some(30_000)]);
        silence.forget("base", Period { from: day, to: day.plus(3) });
        assert_eq!(silence, Silence::default());
    }
}
