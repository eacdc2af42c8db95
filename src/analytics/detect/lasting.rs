//! What stays: a step or ramp at another level, held against the forecasts from before it until it is back there or has
//! settled.
//!
//! It is back where days are within their old band and nearer to the old level than to its own, or beyond that band on
//! its other side, so many of them that it is no pause. Those are not counted: it ended with the last day before them.
//! What is beyond the old level is a move of its own, told as that.

use super::{Bank, Detector, Direction, Event, Phase, Reading, Seen, Settings, Shape};

/// How many times as far as it had moved a step may go at once and be a ramp.
const FURTHER: f64 = 1.5;

/// How many times the threshold what came and went upon it must have been off to be told.
const CLEAR: f64 = 2.5;

/// A step or ramp that stays.
#[derive(Clone, Debug)]
pub(super) struct Lasting {
    pub(super) event: Event,
    /// The forecasts from before it.
    pub(super) old: Bank,
    /// How far the level moved.
    pub(super) by: f64,
    /// The step at which it was confirmed.
    pub(super) since: i64,
    /// The last steps, of those on which the cost was back: they count once it goes on.
    pub(super) back: Vec<(i64, f64, Reading)>,
    /// By how much each of its days was off, on the scale.
    pub(super) path: Vec<f64>,
    /// How it last went further: that may but come and go.
    pub(super) upon: Option<Upon>,
}

/// What stays before it went further, and what that would be by itself.
#[derive(Clone, Debug)]
pub(super) struct Upon {
    bank: Bank,
    by: f64,
    shape: Shape,
    event: Event,
}

/// Whether a move began after what stays was seen last, and is the other way.
fn is_other_way(lasting: &Event, open: &Event) -> bool {
    open.direction != lasting.direction && open.start > lasting.last
}

impl Lasting {
    /// Whether a day on which it was back was out of the old band on its other side: that is more than its end.
    fn is_beyond(&self, reading: &Reading) -> bool {
        reading.out && reading.score * self.event.direction.sign() < 0.0
    }

    fn went_beyond(&self) -> bool {
        self.back.iter().any(|(.., reading)| self.is_beyond(reading))
    }

    /// For how many days it must be back to be over.
    fn enough(&self, settings: &Settings) -> usize {
        match self.event.shape {
            // What moved slowly is back once it is for a week.
            Shape::Ramp => settings.seasons.last().copied().unwrap_or(1),
            _ => settings.back(),
        }
    }

    /// As it is told.
    pub(super) fn told(&self, settings: &Settings) -> Event {
        let event = Detector::shaped(self.event, &self.path);
        // What it went beyond to is not known yet to stay: until then it may come back to where it was.
        if self.back.len() >= self.enough(settings) { over(event, settings) } else { event }
    }
}

/// Steps for which a step that goes back was but a spike.
fn young(settings: &Settings) -> i64 {
    2 * settings.confirm as i64
}

/// What is over, by the shape that it had.
fn over(event: Event, settings: &Settings) -> Event {
    let is_short = event.last - event.start < young(settings) && event.shape == Shape::Step;
    let short = if event.direction == Direction::Up { Shape::Spike } else { Shape::Drop };
    Event { phase: Phase::Over, shape: if is_short { short } else { event.shape }, ..event }
}

impl Detector {
    /// Whether it is but the end of a step that had stayed for a few steps: then the old forecasts
    /// are taken again.
    pub(super) fn is_return(&mut self, seen: &Seen) -> bool {
        let Some(lasting) = &self.lasting else { return false };
        let young = seen.step - lasting.event.start <= young(&self.settings);
        let back = lasting.event.direction.sign() * seen.reading.score < 0.0;
        if !young || !back || self.see(&lasting.old, seen.step, seen.y, 0.0).reading.out {
            return false;
        }
        self.end_lasting();
        true
    }

    /// What stayed is over: what comes is held against the old forecasts again.
    fn end_lasting(&mut self) {
        let Some(lasting) = self.lasting.take() else { return };
        let event = over(Self::shaped(lasting.event, &lasting.path), &self.settings);
        // What seemed to be a move the other way was its end.
        self.open.take_if(|open| is_other_way(&event, &open.event) && !lasting.went_beyond());
        self.ended.push(event);
        let Lasting { old, by, .. } = lasting;
        if event.last - event.start > young(&self.settings) {
            self.bank.shift(-by);
        } else {
            self.bank = old;
        }
        self.bank.near();
        if let Some(past) = &mut self.past {
            past.forget();
        }
        self.before = [0.0; 2];
        if let Some(slow) = &mut self.slow {
            slow.shift(-by);
        }
    }

    /// What lasted makes way for another: it is over where that took it back to where it was.
    pub(super) fn end_before(&mut self, event: &Event) {
        let Some(mut before) = self.lasting.take() else { return };
        let has_grown = before.event.shape == Shape::Ramp && event.start - before.event.start > self.settings.grown();
        let is_over = !before.back.is_empty() && is_other_way(&before.event, event) && !has_grown;
        before.event.phase = if is_over { Phase::Over } else { Phase::Settled };
        self.ended.push(before.event);
    }

    /// Whether a move is the other way on days on which what stays is back where it was: its end, if they are enough.
    pub(super) fn may_be_its_end(&self, open: &Event) -> bool {
        self.lasting.as_ref().is_some_and(|lasting| {
            !lasting.back.is_empty() && is_other_way(&lasting.event, open) && !lasting.went_beyond()
        })
    }

    /// Whether a step that was confirmed lately moves on in its direction, by not much more than it had moved: a ramp.
    /// What is more is a move of its own.
    pub(super) fn goes_further(&self, seen: &Seen) -> bool {
        let near = 2 * self.settings.confirm as i64;
        let is_it = |lasting: &Lasting| {
            let is_near = seen.step - lasting.since <= near;
            let direction = Direction::of(seen.reading.score);
            is_near && lasting.event.direction == direction && seen.residual.abs() <= FURTHER * lasting.by.abs()
        };
        self.lasting.as_ref().is_some_and(is_it)
    }

    /// Whether a step that has not settled would be found to go further what was confirmed lately.
    pub(in super::super) fn may_go_further(&self, step: i64, y: f64) -> bool {
        self.goes_further(&self.see_now(step, y))
    }

    /// Lets a ramp go further: the level follows.
    pub(super) fn resume(&mut self, seen: &Seen) {
        let was = self.bank.clone();
        self.bank.shift(seen.residual);
        if let Some(past) = &mut self.past {
            past.forget();
        }
        if let Some(lasting) = &mut self.lasting {
            // Of several days that each went further it is known from the first of them.
            if lasting.upon.is_none() {
                let event = Event::begin(Shape::Spike, seen.step, seen.step, seen.y, &seen.reading);
                lasting.upon = Some(Upon { bank: was, by: lasting.by, shape: lasting.event.shape, event });
            }
            lasting.since = seen.step;
            lasting.by += seen.residual;
            lasting.event.shape = Shape::Ramp;
        }
        if let Some(slow) = &mut self.slow {
            slow.shift(seen.residual);
        }
    }

    /// Whether what went further is back where it was within days: it came and went upon what stays, which did not
    /// go further. Then the forecasts from before it are taken again.
    pub(super) fn came_and_went(&mut self, seen: &Seen) -> bool {
        let Some(mut upon) = self.lasting.as_mut().and_then(|lasting| lasting.upon.take()) else { return false };
        if seen.step - upon.event.start > self.settings.confirm as i64 {
            return false;
        }
        let was = self.see(&upon.bank, seen.step, seen.y, 0.0);
        let is_back = !was.reading.out && self.is_back(&upon.event, &was);
        let Some(lasting) = &mut self.lasting else { return false };
        if !is_back {
            upon.event.add(seen.step, seen.y, &was.reading);
            lasting.upon = Some(upon);
            return false;
        }
        let over = lasting.by - upon.by;
        (lasting.by, lasting.event.shape) = (upon.by, upon.shape);
        self.bank = upon.bank;
        self.bank.near();
        if let Some(past) = &mut self.past {
            past.forget();
        }
        if let Some(slow) = &mut self.slow {
            slow.shift(-over);
        }
        self.before = [0.0; 2];
        let shape = if upon.event.direction == Direction::Up { Shape::Spike } else { Shape::Drop };
        // It may be the noise of a cost that leaps: it must be clear.
        if upon.event.score >= CLEAR * self.settings.threshold {
            self.ended.push(Event { phase: Phase::Over, shape, ..upon.event });
        }
        true
    }

    /// Whether a step is within the band from before an event or beyond it, and nearer to that level than to the event's.
    fn is_back(&self, event: &Event, seen: &Seen) -> bool {
        let sign = event.direction.sign();
        // What came and went upon it says nothing of its level.
        let open = self.open.iter().map(|open| &open.event);
        let upon = self.ended.iter().chain(open).filter(|other| other.start > event.start);
        let upon: f64 = upon.filter(|other| other.direction == event.direction).map(|other| other.impact).sum();
        let mean = (event.impact - upon) * sign / f64::from(event.steps.max(1));
        // What comes each month is no way back: on its days all of a higher level may be usual.
        let is_in_band = (seen.residual + seen.usual) * sign <= self.settings.threshold * seen.width;
        is_in_band && (seen.y - seen.forecast) * sign < 0.5 * mean
    }

    /// Counts a step's cost to what stays. Says whether that is over.
    pub(super) fn count_lasting(&mut self, step: i64, y: f64) -> bool {
        let Some(mut lasting) = self.lasting.take() else { return false };
        let seen = self.see(&lasting.old, step, y, 0.0);
        let seen = self.as_before(&lasting.path, &seen).unwrap_or(seen);
        let reading = seen.reading;
        let is_back = self.is_back(&lasting.event, &seen);
        // Of what is back by then it is first seen whether it stays so: its end is no move of its own.
        if step - lasting.event.start > self.settings.settle && !is_back {
            lasting.event.phase = Phase::Settled;
            self.ended.push(Self::shaped(lasting.event, &lasting.path));
            return false;
        }
        if is_back {
            lasting.back.push((step, y, reading));
            let level = lasting.back.iter().rev().take_while(|(.., reading)| !lasting.is_beyond(reading)).count();
            let over = level >= lasting.enough(&self.settings);
            self.lasting = Some(lasting);
            if over {
                self.end_lasting();
            }
            return over;
        }
        for (step, y, reading) in std::mem::take(&mut lasting.back) {
            // What was beyond the old level is told by itself.
            if !lasting.is_beyond(&reading) {
                lasting.event.add(step, y, &reading);
            }
        }
        lasting.event.add(step, y, &reading);
        lasting.path.push(seen.residual + seen.usual);
        self.lasting = Some(lasting);
        false
    }

    /// The events, and what the unsettled steps after them add to a rise that goes on: as long as they are high.
    pub fn events_with(&self, unsettled: impl IntoIterator<Item = (i64, f64)>) -> Vec<Event> {
        let mut events = self.events();
        let going = |event: &&mut Event| {
            matches!(event.phase, Phase::Open | Phase::Lasting) && event.direction == Direction::Up
        };
        let Some(event) = events.iter_mut().rfind(going) else { return events };
        let old = self
            .lasting
            .as_ref()
            .filter(|lasting| lasting.event.start == event.start && lasting.event.last == event.last);
        if old.is_some_and(|lasting| !lasting.back.is_empty()) {
            return events;
        }
        for (step, y) in unsettled {
            let seen = match old {
                Some(lasting) => {
                    let seen = self.see(&lasting.old, step, y, 0.0);
                    self.as_before(&lasting.path, &seen).unwrap_or(seen)
                }
                None => self.see_now(step, y),
            };
            let is_calm = if old.is_some() { self.is_back(event, &seen) } else { self.is_calm(1.0, &seen) };
            if is_calm || seen.reading.score <= 0.0 {
                break;
            }
            // More of such a day may yet come: a further day costs what the last whole one did.
            let rate = event.rate;
            event.add(step, y, &seen.reading);
            (event.rate, event.unsettled) = (rate, event.unsettled + 1);
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    #[test]
    fn what_was_trusted_a_week_ahead_while_it_lasted_is_not_after_it() {
        let mut detector = Detector::new(Settings::daily());
        for day in 0..160 {
            let noise = f64::from((day * 37) % 17 - 8) / 200.0;
            let cost = if (80..105).contains(&day) { 200.0 } else { 100.0 };
            detector.push(i64::from(day), cost * (1.0 + noise));
        }
        let over: Vec<Event> = detector.events();
        assert!(over.len() == 1 && over[0].phase == Phase::Over, "{over:#?}");
        let mut next = detector.bank.clone();
        next.near();
        assert!((0..7).all(|ahead| detector.bank.expect(160 + ahead).total_cmp(&next.expect(160 + ahead)).is_eq()));
    }
}
