//! What the detector of one series found: an event, from its first step to its last.
//!
//! Money is `f64` here: an expected cost is an estimate, and so is every difference from it.

use serde::{Deserialize, Serialize};

/// How a cost moved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Up, and (as far as is known) down again.
    Spike,
    /// Down, and (as far as is known) up again.
    Drop,
    /// To another level, and staying there.
    Step,
    /// Slowly to another level.
    Ramp,
}

/// Which way a cost moved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It costs more.
    Up,
    /// It costs less.
    Down,
}

impl Direction {
    /// The direction of a difference.
    #[must_use]
    pub fn of(difference: f64) -> Self {
        if difference < 0.0 { Direction::Down } else { Direction::Up }
    }

    /// 1 or -1.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Direction::Up => 1.0,
            Direction::Down => -1.0,
        }
    }
}

/// Where an event stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It goes on; whether it will stay is not known yet.
    Open,
    /// It stays: what comes is held against the new level, its impact still against the old one.
    Lasting,
    /// The cost is where it was before.
    Over,
    /// It has stayed so long that it is what the cost is now.
    Settled,
}

/// An event of one series. Steps are days, or hours of an hourly series, since 1970.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// How it moved.
    pub shape: Shape,
    /// Which way.
    pub direction: Direction,
    /// Where it stands.
    pub phase: Phase,
    /// Its first step.
    pub start: i64,
    /// The step at which it was found: as soon as `start`, or later where small moves add up.
    pub found: i64,
    /// The last step at which the cost was out of its band, or at the other level.
    pub last: i64,
    /// The largest score, in widths of the noise.
    pub score: f64,
    /// The step that was furthest out, by money.
    pub peak: i64,
    /// What that step cost.
    pub actual: f64,
    /// What was expected of it.
    pub expected: f64,
    /// The band around that: its low end.
    pub lower: f64,
    /// And its high end.
    pub upper: f64,
    /// Sum of actual minus expected over its steps, so far.
    pub impact: f64,
    /// Steps whose cost is in `impact`.
    pub steps: u32,
    /// How many of those, the last, have not settled.
    pub unsettled: u32,
    /// The impact of its last step: what each further step costs if it goes on.
    pub rate: f64,
}

/// What the detector says of one step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// What was expected.
    pub expected: f64,
    /// The band's low end: below it, a cost is out of the ordinary.
    pub lower: f64,
    /// The band's high end.
    pub upper: f64,
    /// How far out the cost is, in widths of the noise; negative below.
    pub score: f64,
    /// Whether it is out of its band, by score and by floors.
    pub out: bool,
    /// Whether an event was found at this step.
    pub found: bool,
}

impl Event {
    /// An event that begins with a step's reading.
    #[must_use]
    pub(super) fn begin(shape: Shape, start: i64, step: i64, actual: f64, reading: &Reading) -> Self {
        let mut event = Event {
            shape,
            direction: Direction::of(reading.score),
            phase: Phase::Open,
            start,
            found: step,
            last: step,
            score: 0.0,
            peak: step,
            actual,
            expected: reading.expected,
            lower: reading.lower,
            upper: reading.upper,
            impact: 0.0,
            steps: 0,
            unsettled: 0,
            rate: 0.0,
        };
        event.add(step, actual, reading);
        event
    }

    /// Whether it is of a place that cost so much on the day of its peak, and not of one that holds that.
    #[must_use]
    pub fn is_of(&self, peak: f64) -> bool {
        (peak - self.actual).abs() <= 1e-6 * peak.abs().max(1.0)
    }

    /// The event where only a share of it is one: the rest was to be expected.
    #[must_use]
    pub(super) fn only(self, share: f64) -> Self {
        let by = (self.actual - self.expected) * (1.0 - share);
        Event {
            expected: self.expected + by,
            lower: self.lower + by,
            upper: self.upper + by,
            impact: self.impact * share,
            rate: self.rate * share,
            ..self
        }
    }

    /// The event without what a further one of its series and direction adds on the days that both have; as it is where
    /// nothing would be left of it.
    #[must_use]
    pub(super) fn without(self, further: &Event) -> Self {
        let steps = f64::from(further.steps.max(1));
        let (mean, both) = (further.impact / steps, (self.last - further.start + 1).max(0) as f64);
        let share = if further.last <= self.last { 1.0 } else { (both / steps).min(1.0) };
        let impact = self.impact - further.impact * share;
        if impact * self.impact <= 0.0 {
            return self;
        }
        let has = |step: i64| (further.start..=further.last).contains(&step);
        // Its rate is that of its last settled step.
        let rate = if has(self.last - i64::from(self.unsettled)) { self.rate - further.rate } else { self.rate };
        let by = if has(self.peak) { mean } else { 0.0 };
        let (expected, lower, upper) = (self.expected + by, self.lower + by, self.upper + by);
        Event { impact, rate, expected, lower, upper, ..self }
    }

    /// The event and another of its series and direction as one: from the first step of either to the last.
    #[must_use]
    pub(super) fn with(self, other: &Event) -> Self {
        let later = if other.last > self.last { *other } else { self };
        Event { start: self.start.min(other.start), impact: self.impact + other.impact, ..later }
    }

    /// Adds a step to it.
    pub(super) fn add(&mut self, step: i64, actual: f64, reading: &Reading) {
        let difference = actual - reading.expected;
        if self.steps == 0 || difference * self.direction.sign() > (self.actual - self.expected) * self.direction.sign()
        {
            (self.peak, self.actual, self.expected) = (step, actual, reading.expected);
            (self.lower, self.upper) = (reading.lower, reading.upper);
        }
        self.score = self.score.max(reading.score.abs());
        self.impact += difference;
        self.steps += 1;
        self.rate = difference;
        self.last = step;
    }
}
