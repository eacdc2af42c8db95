//! What a step with no open event teaches: the forecasts, the width of the noise, and the slow channel.

use super::lasting::Lasting;
use super::{AHEAD, Detector, Direction, Event, NOISE, Phase, Reading, Seen, Shape};

/// How fast the days of a month that are kept out of the noise are given again.
const SPARED_EACH: f64 = 0.125;

impl Detector {
    /// Learns a step: its level, its noise, and what comes slowly.
    pub(super) fn teach(&mut self, seen: &mut Seen) {
        // What seems to come each month teaches no level, though it may be noise.
        let raw = seen.residual + seen.usual;
        let may_come = self.months.is_some() && seen.usual == 0.0 && raw.abs() > NOISE * seen.width;
        let forecast = self.transform.to(seen.y) - raw;
        let usual =
            if may_come { self.usual(seen.step, (raw, seen.y), forecast, (seen.width, 0.0)) } else { seen.usual };
        let z = self.transform.to(seen.y) - usual;
        if let Some(past) = &mut self.past {
            if let Some(then) = past.before(AHEAD) {
                self.bank.judge(then, seen.step, z, seen.width);
            }
            past.keep(seen.step, (seen.y, z), self.bank.clone());
        }
        self.bank.teach(seen.step, z, seen.width, self.unsure.1 > 0);
        self.unsure.1 = self.unsure.1.saturating_sub(1);
        // What comes on a few days of each month says nothing of those between; on many days, it is the noise.
        self.spared = (self.spared + SPARED_EACH).min(self.settings.spared);
        let monthly = self.months.is_some() && usual != 0.0 && self.spared >= 1.0;
        if monthly {
            self.spared -= 1.0;
        }
        if self.bank.taught() as usize > self.settings.seasons.first().copied().unwrap_or(1) && !monthly {
            self.residuals.push(seen.residual + seen.usual);
        }
        self.learn_slow(seen.step, seen, seen.residual);
    }

    /// Tells the slow channel a step; a ramp that it finds is an event.
    pub(super) fn learn_slow(&mut self, step: i64, seen: &mut Seen, residual: f64) {
        let Some(slow) = &mut self.slow else { return };
        let forecast = self.transform.to(seen.y) - seen.usual - seen.residual;
        let Some(ramp) = slow.push(forecast + residual, self.residuals.even_width().max(self.settings.least_width))
        else {
            return;
        };
        let expected = self.transform.from(ramp.from);
        let now = self.transform.from(ramp.to);
        let difference = (now - expected).abs();
        if difference < self.settings.absolute || difference < 1.5 * self.settings.relative * expected.abs() {
            return;
        }
        let direction = Direction::of(now - expected);
        if self.open.is_some() || self.bank.taught() < self.settings.learn {
            return;
        }
        slow.rebase(ramp.to - ramp.from);
        if self
            .lasting
            .as_ref()
            .is_some_and(|l| l.event.direction == direction && step - l.since <= 3 * self.settings.confirm as i64)
        {
            return;
        }
        let mut reading = Reading { expected, score: ramp.score, ..seen.reading };
        (reading.lower, reading.upper) = (self.transform.from(ramp.low), self.transform.from(ramp.high));
        let begun = self.climb(ramp.days as usize + 1, direction);
        let (mut event, old, path) = begun.unwrap_or_else(|| {
            let mut old = self.bank.clone();
            old.shift(ramp.from - ramp.to);
            (Event::begin(Shape::Ramp, step - ramp.days, step, seen.y, &reading), old, Vec::new())
        });
        (event.phase, event.score) = (Phase::Lasting, event.score.max(ramp.score.abs()));
        if let Some(mut before) = self.lasting.take() {
            before.event.phase = Phase::Settled;
            self.ended.push(before.event);
        }
        self.lasting =
            Some(Lasting { event, old, by: ramp.to - ramp.from, since: step, back: Vec::new(), path, upon: None });
        seen.reading.found = true;
    }
}
