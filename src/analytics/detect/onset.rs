//! Where an event began, and how it is told from there: against the forecasts from before it, whatever they learnt of it
//! since.

use super::{Bank, Detector, Direction, Event, Going, Reading, Seen, Shape};
use crate::analytics::detect::past::{Page, climbed};

impl Detector {
    /// Opens an event at a step, of which the days before are a part for so many.
    pub(super) fn begin(&mut self, seen: &mut Seen, days: usize) {
        seen.reading.found = true;
        let direction = Direction::of(seen.reading.score);
        let shape = if direction == Direction::Up { Shape::Spike } else { Shape::Drop };
        let mut before = self.before_it(seen, days.saturating_sub(1));
        if let Some(first) = before.first() {
            self.bank = first.bank.clone();
            let now = self.see(&self.bank, seen.step, seen.y, 0.0);
            *seen = Seen { reading: Reading { found: true, ..now.reading }, ..now };
        } else if self.past.is_some() {
            self.bank.far();
        }
        // Where only the noise of several days was out, the first of them is where it begins.
        let early = seen.step - (days as i64 - 1).max(0);
        let mut all: Vec<Seen> = before.drain(..).map(|page| self.see(&self.bank, page.step, page.y, 0.0)).collect();
        all.push(*seen);
        let first = all[0];
        let start = first.step.min(early);
        let mut event = Event::begin(shape, start, first.step, first.y, &first.reading);
        all[1..].iter().for_each(|seen| event.add(seen.step, seen.y, &seen.reading));
        (event.direction, event.found) = (direction, seen.step);
        let residuals = all.iter().map(|seen| seen.residual).collect();
        self.keep_open(Going { event, residuals, back: Vec::new(), off: 0.0 }, seen);
    }

    /// Keeps an event open until it has stayed.
    pub(super) fn keep_open(&mut self, going: Going, seen: &mut Seen) {
        self.open = Some(going);
        self.learn_slow(seen.step, seen, 0.0);
        if let Some(going) = self.open.take_if(|going| going.residuals.len() >= self.settings.confirm) {
            self.confirm(going, seen);
        }
    }

    /// The days before a step that are part of what is seen there: for at least so many.
    fn before_it(&mut self, seen: &Seen, least: usize) -> Vec<Page> {
        let width = self.width();
        let Some(past) = &mut self.past else { return Vec::new() };
        let z = self.transform.to(seen.y) - seen.usual;
        let mut days: Vec<Page> = past.take(least);
        let mut path: Vec<(i64, f64)> = days.iter().map(Page::value).collect();
        path.push((seen.step, z));
        let more = past.onset(&path, width);
        let mut all = past.take(more);
        all.append(&mut days);
        all
    }

    /// A slow move that has been seen for so many days, from where it began on; the forecasts from before it, and by how
    /// much each day was off those.
    pub(super) fn climb(&mut self, days: usize, direction: Direction) -> Option<(Event, Bank, Vec<f64>)> {
        let width = self.width();
        let past = self.past.as_mut()?;
        let mut last = past.take(days);
        let path: Vec<(i64, f64)> = last.iter().map(Page::value).collect();
        let more = past.onset(&path, width);
        let mut all = past.take(more);
        all.append(&mut last);
        past.forget();
        let bank = all.first()?.bank.clone();
        let seen: Vec<Seen> = all.iter().map(|page| self.see(&bank, page.step, page.y, 0.0)).collect();
        let (first, now) = (seen.first()?, seen.last()?);
        let mut event = Event::begin(Shape::Ramp, first.step, first.step, first.y, &first.reading);
        seen[1..].iter().for_each(|seen| event.add(seen.step, seen.y, &seen.reading));
        (event.direction, event.found) = (direction, now.step);
        let is_so = event.impact * direction.sign() > 0.0;
        is_so.then(|| (event, bank, seen.iter().map(|seen| seen.residual).collect()))
    }

    /// The shape of what lasts, by all of its days: what climbed to where it is, or came there at once.
    pub(super) fn shaped(event: Event, path: &[f64]) -> Event {
        let sign = event.direction.sign();
        let path: Vec<f64> = path.iter().map(|off| off * sign).collect();
        let is_slow = event.shape == Shape::Step && climbed(&path);
        if is_slow { Event { shape: Shape::Ramp, ..event } } else { event }
    }
}
