//! The detector of one series: told its costs step by step, it says what is out of the ordinary.
//!
//! Each step it forecasts ([`Bank`]), takes what comes every day, week or month off the residual ([`Seasons`], [`Months`]),
//! and divides by the width of the noise ([`Residuals`]): the score. An event is found where
//!
//! * a score is beyond the threshold, or the last two or three, `sum / sqrt(n)`, are together (as in
//!   a cumulative sum chart, Page 1954), or the mean of the last days is further off the forecasts from before them
//!   than such means are (`Past`), or a week's median has left the four weeks before it ([`Slow`]), or, where
//!   there are several steps a day, a cost was never so high or low (`Extremes`),
//! * **and** the difference in money is above both floors, absolute and relative.
//!
//! Where several days were needed, it began before it was found (`onset`): then all of it is held against the forecasts from
//! before it, whatever they learnt since. While an event is open nothing is learnt. Steps back inside
//! the band end it, a spike or a drop, as soon as noise alone would hardly bring them. One that stays for [`Settings::confirm`] steps is a step (or a
//! ramp, if it still moves): the level moves there at once, and its impact is still counted against the
//! old level until it is back there or has settled.
//!
//! A step costs a few microseconds whatever came before. Missing steps teach nothing. Steps that the
//! provider has not settled are only looked at ([`Detector::peek`]): they can rise, never drop.

use super::bank::Bank;
use super::event::{Direction, Event, Phase, Reading, Shape};
use super::extreme::Extremes;
use super::past::{Off, Past};
use super::recur::{Like, Months, Seasons};
use super::scale::{Residuals, Transform, median};
use super::slow::Slow;
use crate::domain::calendar::Day;

pub use super::settings::Settings;

#[path = "lasting.rs"]
mod lasting;
#[path = "learn.rs"]
mod learn;
#[path = "onset.rs"]
mod onset;
use lasting::Lasting;

/// How much of what a step brought may come and go by season, in widths of noise for all of it.
const UNSURE: f64 = 0.2;

/// The score of a surprise of 1.
const SURPRISE: f64 = 1.25;

/// From how many widths of noise on a residual may be one that comes every month.
const NOISE: f64 = 2.0;

/// How likely, as a logarithm, that an event is over must be; and how many days ahead is far.
const ENDED: f64 = 3.0;
const AHEAD: usize = 7;

/// How many steps of an event that is over are noise.
const TELLING: usize = 1;

/// By how much two months' days agree on the scale of costs, and by which share what comes on such a day may be more.
const AGREE: f64 = 0.2;
const MORE: f64 = 0.35;

/// An event that is not over, and what it is held against.
#[derive(Clone, Debug)]
struct Going {
    event: Event,
    /// Residuals of its steps, without what is usual.
    residuals: Vec<f64>,
    /// The last steps, of those on which the cost seemed to be back.
    back: Vec<(i64, f64)>,
    /// How likely those make it that it is over, as a logarithm.
    off: f64,
}

/// The detector of one series.
#[derive(Clone, Debug)]
pub struct Detector {
    settings: Settings,
    transform: Transform,
    bank: Bank,
    residuals: Residuals,
    seasons: Seasons,
    /// What came each month: on the scale, and in money, which stays when the rest of a sum changes.
    months: Option<[Months; 2]>,
    slow: Option<Slow>,
    past: Option<Past>,
    extremes: Option<Extremes>,
    open: Option<Going>,
    lasting: Option<Lasting>,
    /// Scores of the last quiet steps, the latest first.
    before: [f64; 2],
    ended: Vec<Event>,
    /// By how much the noise may be wider after a step, whose share has seasons of its own that
    /// are not known yet, and for how many steps more.
    unsure: (f64, u32),
    /// How many days of each month may yet be kept out of the noise.
    spared: f64,
}

/// A cost on the detector's scale, beside what was expected.
#[derive(Clone, Copy)]
struct Seen {
    step: i64,
    y: f64,
    /// Difference from the forecast on the transformed scale, without what is usual.
    residual: f64,
    /// What comes every day, week or month.
    usual: f64,
    /// What was expected without that, in money.
    forecast: f64,
    width: f64,
    reading: Reading,
}

fn day(step: i64) -> Day {
    Day(i32::try_from(step).unwrap_or(i32::MAX))
}

impl Detector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let week = settings.seasons.last().copied().unwrap_or(7);
        Detector {
            transform: Transform::new(settings.absolute),
            bank: Bank::new(&settings.seasons, settings.memory / 2),
            residuals: Residuals::with_tail(settings.memory),
            seasons: Seasons::new(if settings.per_day > 1 { &settings.seasons } else { &[] }, settings.per_day),
            months: (settings.per_day == 1).then(Default::default),
            slow: (settings.per_day == 1).then(|| Slow::new(week)),
            past: (settings.per_day == 1).then(Past::new),
            extremes: (settings.per_day > 1).then(Extremes::default),
            open: None,
            lasting: None,
            before: [0.0; 2],
            ended: Vec::new(),
            unsure: (0.0, 0),
            spared: settings.spared,
            settings,
        }
    }

    /// The events so far, in the order in which they began.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let open = self.open.iter().map(|open| open.event).filter(|open| !self.may_be_its_end(open));
        let going = self.lasting.iter().map(|lasting| lasting.told(&self.settings)).chain(open);
        let mut events: Vec<Event> = self.ended.iter().copied().chain(going).collect();
        events.sort_by_key(|event| event.start);
        events
    }

    /// What an unsettled step says: nothing is learnt from it, and only a rise is found, since what
    /// has not all come is always less.
    #[must_use]
    pub fn peek(&self, step: i64, y: f64) -> Reading {
        let mut reading = self.see_now(step, y).reading;
        reading.out &= reading.score > 0.0 && self.has_learnt();
        reading.found = reading.out && self.open.is_none();
        reading
    }

    /// Tells it the next settled step. Steps come in order; those that are missing are left out.
    pub fn push(&mut self, step: i64, y: f64) -> Reading {
        let mut seen = self.see_now(step, y);
        if self.count_lasting(step, y) {
            seen = self.see_now(step, y);
        }
        if let Some(extremes) = &mut self.extremes {
            extremes.learn(y);
        }
        if self.open.is_some() {
            self.go_on(&mut seen);
        } else {
            self.quiet(&mut seen);
        }
        self.seasons.learn(step, seen.residual + seen.usual);
        if let Some(months) = &mut self.months {
            months[0].learn(day(step), seen.residual + seen.usual);
            months[1].learn(day(step), y - seen.forecast);
        }
        seen.reading
    }

    fn has_learnt(&self) -> bool {
        self.bank.taught() >= self.settings.learn
    }

    /// The width of the noise, wider while few residuals are known.
    fn width(&self) -> f64 {
        let n = self.residuals.len() as f64;
        let known = self.residuals.width().max(self.settings.least_width) * (1.0 + 4.0 / (n + 1.0));
        known + if self.unsure.1 > 0 { self.unsure.0 } else { 0.0 }
    }

    /// A cost against some forecasts. What it never was ([`Extremes`], of so much surprise) is not usual.
    fn see(&self, bank: &Bank, step: i64, y: f64, surprise: f64) -> Seen {
        let width = self.width();
        let forecast = bank.expect(step);
        let raw = self.transform.to(y) - forecast;
        let may_be_usual = raw.abs() > NOISE * width && surprise <= self.settings.threshold;
        let usual = if may_be_usual { self.usual(step, (raw, y), forecast, (width, NOISE)) } else { 0.0 };
        self.seen((step, y), forecast, usual, surprise)
    }

    /// A cost against a forecast and what is usual beside that.
    fn seen(&self, (step, y): (i64, f64), forecast: f64, usual: f64, surprise: f64) -> Seen {
        let width = self.width();
        let residual = self.transform.to(y) - forecast - usual;
        let expected = self.transform.from(forecast + usual);
        let reach = width * self.settings.threshold;
        let floor = self.settings.absolute.max(self.settings.relative * expected.abs());
        let score = (residual / width).abs().max(surprise).copysign(residual);
        let reading = Reading {
            expected,
            lower: self.transform.from(forecast + usual - reach).min(expected - floor),
            upper: self.transform.from(forecast + usual + reach).max(expected + floor),
            score,
            out: score.abs() > self.settings.threshold && (y - expected).abs() > floor,
            found: false,
        };
        Seen { step, y, residual, usual, forecast: self.transform.from(forecast), width, reading }
    }

    /// A cost against the forecasts.
    fn see_now(&self, step: i64, y: f64) -> Seen {
        let Some(extremes) = &self.extremes else { return self.see(&self.bank, step, y, 0.0) };
        let sign = self.transform.to(y) - self.bank.expect(step);
        self.see(&self.bank, step, y, SURPRISE * extremes.surprise(y, sign))
    }

    /// What of a step's residual comes every day, week or month: all of it, or, where it is clearly more than what
    /// always came on that day of the months before, as much as that. What came then counts from so many widths on.
    fn usual(&self, step: i64, (raw, y): (f64, f64), forecast: f64, (width, least): (f64, f64)) -> f64 {
        let like = |residual: f64, least: f64| Like { residual, close: self.settings.alike, least };
        let least = least * width;
        if self.seasons.is_usual(step, like(raw, least)) {
            return raw;
        }
        let Some([scaled, money]) = &self.months else { return 0.0 };
        let base = self.transform.from(forecast);
        let known = [
            scaled.typical(day(step), AGREE).map(|known| self.transform.from(forecast + known) - base),
            money.typical(day(step), f64::INFINITY),
        ];
        let off = y - base;
        let of_it = |known: &f64| {
            let as_scaled = self.transform.to(base + known) - forecast;
            known * off > 0.0 && as_scaled.abs() > NOISE * width
        };
        let known = known.into_iter().flatten().filter(of_it).max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if let Some(known) = known.filter(|known| off.abs() > (1.0 + MORE) * known.abs()) {
            return self.transform.to(base + known) - forecast;
        }
        let least_off = (self.transform.from(forecast + least.copysign(raw)) - base).abs();
        let is_usual = scaled.is_usual(day(step), like(raw, least)) || money.is_usual(day(step), like(off, least_off));
        if is_usual { raw } else { 0.0 }
    }

    /// Whether a step's difference is worth a word, by its money.
    fn is_above_floors(&self, seen: &Seen) -> bool {
        self.is_above(seen, 1.0)
    }

    /// Whether it is more than a share of both floors.
    fn is_above(&self, seen: &Seen, share: f64) -> bool {
        let difference = (seen.y - seen.reading.expected).abs();
        let floor = self.settings.absolute.max(self.settings.relative * seen.reading.expected.abs());
        difference > share * floor
    }

    /// A step with no open event.
    fn quiet(&mut self, seen: &mut Seen) {
        if self.came_and_went(seen) {
            *seen = self.see_now(seen.step, seen.y);
        }
        // A day that is out by itself says nothing of those before it.
        let steps = match self.out_since(seen) {
            0 => self.out_for_days(seen),
            steps => steps,
        };
        let is_out = steps > 0 && self.has_learnt();
        let shift = |score: f64, before: [f64; 2]| [score, before[0]];
        if is_out && !self.is_return(seen) {
            if self.goes_further(seen) {
                self.resume(seen);
                self.learn_slow(seen.step, seen, 0.0);
            } else {
                self.begin(seen, steps);
            }
        } else {
            if is_out {
                *seen = self.see_now(seen.step, seen.y);
            }
            self.before =
                shift(seen.reading.score.clamp(-self.settings.threshold, self.settings.threshold), self.before);
            self.teach(seen);
        }
    }

    /// For how many steps it has been out: 0 where it is not.
    fn out_since(&self, seen: &Seen) -> usize {
        let score = seen.reading.score;
        if seen.reading.out {
            return 1;
        }
        if score.abs() < 0.5 * self.settings.threshold || !self.is_above_floors(seen) {
            return 0;
        }
        let two = score + self.before[0];
        let three = two + self.before[1];
        let beyond = |sum: f64, n: f64| sum * score > 0.0 && sum.abs() / n.sqrt() > self.settings.threshold;
        match (beyond(two, 2.0), beyond(three, 3.0)) {
            (true, _) => 2,
            (_, true) => 3,
            _ => 0,
        }
    }

    /// For how many days their mean has been out: 0 where it is not.
    fn out_for_days(&mut self, seen: &mut Seen) -> usize {
        let width = self.width();
        let now = (seen.step, self.transform.to(seen.y) - seen.usual);
        let Some(past) = &mut self.past else { return 0 };
        let Some(Off { days, score, mean }) = past.moved(now, width) else { return 0 };
        let Some(bank) = past.before(days - 1) else { return 0 };
        let level = bank.expect(seen.step);
        let (expected, actual) = (self.transform.from(level), self.transform.from(level + mean));
        let floor = self.settings.absolute.max(self.settings.relative * expected.abs());
        if score.abs() <= self.settings.threshold || (actual - expected).abs() <= floor {
            return 0;
        }
        // The day itself may be quiet: what is told of it is by all of them.
        seen.reading.score = seen.reading.score.abs().max(score.abs()).copysign(score);
        days
    }

    /// Whether a step of an open event is back inside the band.
    fn is_calm(&self, sign: f64, seen: &Seen) -> bool {
        // What moves about a floor is one event, not one each time that it is above.
        seen.reading.score * sign < 0.5 * self.settings.threshold || !self.is_above(seen, 0.5)
    }

    /// A step of an open event that is off by what the event is, without what is usual: it goes on, whatever came on
    /// such a day of the months before.
    fn as_before(&self, residuals: &[f64], seen: &Seen) -> Option<Seen> {
        if self.past.is_none() || seen.usual == 0.0 {
            return None;
        }
        let raw = seen.residual + seen.usual;
        let level = median(&mut residuals.to_vec());
        let forecast = self.transform.to(seen.y) - raw;
        let is_it = (raw - level).abs() <= NOISE * seen.width;
        is_it.then(|| self.seen((seen.step, seen.y), forecast, 0.0, 0.0))
    }

    /// A step of an open event.
    fn go_on(&mut self, seen: &mut Seen) {
        let Some(mut going) = self.open.take() else { return };
        if let Some(as_before) = self.as_before(&going.residuals, seen) {
            *seen = as_before;
        }
        if self.is_calm(going.event.direction.sign(), seen) {
            if self.past.is_some() && !self.is_over(&mut going, seen) {
                self.open = Some(going);
                return;
            }
            self.end(going, seen);
            return;
        }
        going.off = 0.0;
        for (step, y) in std::mem::take(&mut going.back) {
            let was = self.see(&self.bank, step, y, 0.0);
            going.event.add(step, y, &was.reading);
            going.residuals.push(was.residual);
        }
        going.event.add(seen.step, seen.y, &seen.reading);
        going.residuals.push(seen.residual);
        self.keep_open(going, seen);
    }

    /// Whether a step on which the cost seems to be back is enough for an event to be over: where noise is wide, it may
    /// go on tomorrow (a sequential test of the event's level against the one from before it; Page 1954).
    fn is_over(&self, going: &mut Going, seen: &Seen) -> bool {
        let sign = going.event.direction.sign();
        let level = sign * median(&mut going.residuals.clone()) / seen.width;
        going.off += level * (0.5 * level - sign * seen.residual / seen.width);
        going.back.push((seen.step, seen.y));
        going.off > ENDED || going.back.len() >= self.settings.back()
    }

    /// An event is over: what comes is quiet again, and so were the last steps.
    fn end(&mut self, mut going: Going, seen: &mut Seen) {
        going.event.phase = Phase::Over;
        self.ended.push(going.event);
        self.before = [0.0; 2];
        self.bank.near();
        // A cost that often leaps is noisy, one that leapt once for hours is not.
        for residual in going.residuals.iter().take(TELLING) {
            self.residuals.push(*residual);
        }
        going.back.pop();
        if let Some(past) = &mut self.past {
            past.forget();
        }
        for (step, y) in going.back {
            let mut was = self.see_now(step, y);
            self.teach(&mut was);
        }
        *seen = self.see_now(seen.step, seen.y);
        self.quiet(seen);
    }

    /// An event has stayed: the level moves.
    fn confirm(&mut self, mut going: Going, seen: &Seen) {
        let n = going.residuals.len();
        let half = n / 2;
        let early = median(&mut going.residuals[..half].to_vec());
        let late = median(&mut going.residuals[half..].to_vec());
        let moves = (late - early) * going.event.direction.sign() > 2.0 * seen.width;
        let by = if moves { seen.residual } else { late };
        going.event.shape = if moves { Shape::Ramp } else { Shape::Step };
        going.event.phase = Phase::Lasting;
        let old = self.bank.clone();
        self.bank.near();
        self.bank.shift(by);
        if let Some(past) = &mut self.past {
            past.forget();
        }
        let season = self.settings.seasons.first().copied().unwrap_or(1) as u32;
        self.unsure = (UNSURE * (1.0 - (-by.abs()).exp()), 2 * season);
        if !moves {
            for residual in &going.residuals {
                self.residuals.push(residual - late);
            }
        }
        if let Some(slow) = &mut self.slow {
            slow.shift(by);
        }
        self.end_before(&going.event);
        self.lasting = Some(Lasting {
            event: going.event,
            old,
            by,
            since: seen.step,
            back: Vec::new(),
            path: going.residuals,
            upon: None,
        });
        self.before = [0.0; 2];
    }
}
