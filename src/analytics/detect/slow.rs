//! Slow moves: a week that has left the four weeks before it, though no day stood out.
//!
//! `d = median(last week) - median(the four weeks before)`, held against its own history: `(d - centre) /
//! width`, so that steady growth (a constant `d`) and a random walk (a wide one) are ordinary. Medians
//! pass over a spike of three days; whole weeks have no weekly season.

use std::collections::VecDeque;

use super::scale::{Residuals, median};

/// How far out `d` must be, in its widths.
const THRESHOLD: f64 = 4.0;
/// Weeks before the last one.
const WEEKS: usize = 4;
/// Values of `d` that its centre and width are taken from.
const HISTORY: usize = 56;

/// The slow channel of a daily series.
#[derive(Clone, Debug)]
pub struct Slow {
    week: usize,
    last: VecDeque<f64>,
    moves: Residuals,
    centre: VecDeque<f64>,
}

/// A slow move.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    /// The level before, on the transformed scale.
    pub from: f64,
    /// The level now.
    pub to: f64,
    /// Band of the level: its low end.
    pub low: f64,
    /// And high end.
    pub high: f64,
    /// How far out it is.
    pub score: f64,
    /// Since how many days it moves.
    pub days: i64,
}

impl Slow {
    /// A channel for a season of so many days.
    #[must_use]
    pub fn new(week: usize) -> Self {
        let week = week.max(2);
        Slow { week, last: VecDeque::new(), moves: Residuals::new(HISTORY), centre: VecDeque::new() }
    }

    /// Tells it a day's value, and the width of the days' noise.
    pub fn push(&mut self, z: f64, width: f64) -> Option<Ramp> {
        let cap = self.week * (WEEKS + 1);
        if self.last.len() == cap {
            self.last.pop_front();
        }
        self.last.push_back(z);
        if self.last.len() < cap {
            return None;
        }
        let values = self.last.make_contiguous();
        let (before, week) = values.split_at(self.week * WEEKS);
        let from = median(&mut before.to_vec());
        let to = median(&mut week.to_vec());
        let moved = to - from;
        let centre = median(&mut self.centre.iter().copied().collect::<Vec<f64>>());
        let spread = self.moves.width().max(0.6 * width);
        let score = (moved - centre) / spread;
        let known = self.centre.len() >= 2 * self.week;
        if known && score.abs() > THRESHOLD {
            let days = week.iter().rev().chain(before.iter().rev());
            let is_out = |z: &&f64| (*z - from) * moved.signum() > width;
            let days = days.take_while(is_out).count().max(1) as i64;
            let reach = THRESHOLD * spread;
            return Some(Ramp { from, to, low: from - reach, high: from + reach, score, days });
        }
        if self.centre.len() == HISTORY {
            self.centre.pop_front();
        }
        self.centre.push_back(moved);
        self.moves.push(moved - centre);
        None
    }

    /// Moves all that it remembers: the level has moved for good.
    pub fn shift(&mut self, by: f64) {
        for z in &mut self.last {
            *z += by;
        }
    }

    /// Takes the last week for what has always been: a ramp is known, and is not to be found again.
    pub fn rebase(&mut self, by: f64) {
        let before = self.last.len().saturating_sub(self.week);
        for z in self.last.iter_mut().take(before) {
            *z += by;
        }
    }
}
