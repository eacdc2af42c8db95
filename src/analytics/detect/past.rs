//! The days before: what each cost, and what was forecast before it.
//!
//! Small moves add up before they are seen, and until then the forecasts follow them. So the last days are held
//! against the forecasts from before them, too ([`Past::moved`]), and where a move began is sought among the weeks
//! before it was seen ([`onset`]). Knows no events.

use std::collections::VecDeque;

use super::bank::Bank;
use super::scale::Residuals;

/// Days that are kept.
const DAYS: usize = 35;
/// Days whose mean is held against the forecasts from before them: what is large is seen in fewer of them.
const SPANS: [usize; 4] = [3, 5, 8, 14];
/// Quiet days before those that their forecasts must have.
const QUIET: usize = 14;
/// Means of which the width is taken, and from how many on.
const MEMORY: usize = 56;
const KNOWN: usize = 28;
/// Days before a move that tell the level from which it began.
const BEFORE: usize = 7;
/// By how many squares of the noise another beginning must fit better.
const BETTER: f64 = 10.0;

/// Days that tell a climb from a step.
const FEW: usize = 6;

/// One day.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) step: i64,
    pub(super) y: f64,
    /// On the scale of costs, without what is usual.
    z: f64,
    /// The forecasts before it.
    pub(super) bank: Bank,
}

impl Page {
    /// Its value on the scale.
    pub(super) fn value(&self) -> (i64, f64) {
        (self.step, self.z)
    }
}

/// The last days that were quiet.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pages: VecDeque<Page>,
    /// The means of each of [`SPANS`].
    means: [Residuals; SPANS.len()],
}

/// How far the last days are off the forecasts from before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Off {
    /// How many days.
    pub(super) days: usize,
    /// In widths of what such days are off.
    pub(super) score: f64,
    /// By how much a day, on the scale.
    pub(super) mean: f64,
}

impl Past {
    pub(super) fn new() -> Self {
        Past { pages: VecDeque::new(), means: std::array::from_fn(|_| Residuals::with_tail(MEMORY)) }
    }

    /// Keeps a day, of which `bank` was forecast.
    pub(super) fn keep(&mut self, step: i64, (y, z): (f64, f64), mut bank: Bank) {
        bank.far();
        if self.pages.len() == DAYS {
            self.pages.pop_front();
        }
        self.pages.push_back(Page { step, y, z, bank });
    }

    pub(super) fn forget(&mut self) {
        self.pages.clear();
    }

    /// The last so many days, and those before are all that is left.
    pub(super) fn take(&mut self, days: usize) -> Vec<Page> {
        self.pages.split_off(self.pages.len().saturating_sub(days)).into()
    }

    /// The forecasts from so many days before.
    pub(super) fn before(&self, days: usize) -> Option<&Bank> {
        Some(&self.pages.get(self.pages.len().checked_sub(days)?)?.bank)
    }

    /// How far the last days, until this one (step, value on the scale), are off the forecasts from before them, where that is known: for so many
    /// of them as it is most. Learns it.
    pub(super) fn moved(&mut self, (step, z): (i64, f64), width: f64) -> Option<Off> {
        let Past { pages, means } = self;
        let off = SPANS.iter().zip(means).filter_map(|(days, means)| {
            let from = pages.len().checked_sub(days - 1).filter(|from| *from >= QUIET)?;
            let bank = &pages[from].bank;
            let last = pages.iter().skip(from).map(|page| (page.step, page.z)).chain([(step, z)]);
            let mean = last.map(|(step, z)| z - bank.expect(step)).sum::<f64>() / *days as f64;
            let narrowest = width / (*days as f64).sqrt();
            let off = Off { days: *days, score: mean / means.width().max(narrowest), mean };
            let is_known = means.len() >= KNOWN;
            means.push(mean);
            is_known.then_some(off)
        });
        off.reduce(|most, off| if off.score.abs() > most.score.abs() { off } else { most })
    }

    /// For how many of the days before what was seen a move goes on that is seen in the last of these days (step, value on the scale).
    pub(super) fn onset(&self, seen: &[(i64, f64)], width: f64) -> usize {
        let Some(first) = self.pages.front() else { return 0 };
        let days = self.pages.iter().map(|page| (page.step, page.z)).chain(seen.iter().copied());
        let path: Vec<f64> = days.map(|(step, z)| z - first.bank.expect(step)).collect();
        self.pages.len() - onset(&path, self.pages.len(), width)
    }
}

/// Where a move began that is seen from `seen` on: as a step there, or as a step or climb before it that fits clearly better.
/// It is a step there, too, where days before it moved a little by themselves and that fits better than one move.
fn onset(path: &[f64], seen: usize, width: f64) -> usize {
    let own = misfit(path, seen, false);
    let sign = path[seen..].iter().sum::<f64>() - mean(&path[..seen]) * (path.len() - seen) as f64;
    let doubt = BETTER * width * width;
    let mut best = (own - doubt, seen);
    for from in BEFORE.min(seen)..seen {
        let all = path[from..].iter().sum::<f64>() - mean(&path[..from]) * (path.len() - from) as f64;
        if all * sign <= 0.0 {
            continue;
        }
        let twice = misfit(&path[..seen], from, false) + spread(&path[seen..]) + doubt;
        for (fit, from) in [(misfit(path, from, false), from), (misfit(path, from, true), from), (twice, seen)] {
            if fit < best.0 {
                best = (fit, from);
            }
        }
    }
    best.1
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// What is left of values, squared, that are level.
fn spread(values: &[f64]) -> f64 {
    let level = mean(values);
    values.iter().map(|z| (z - level).powi(2)).sum()
}

/// What is left of a path, squared, that is level until a day and steps or climbs from then on.
fn misfit(path: &[f64], from: usize, climbs: bool) -> f64 {
    let (before, after) = path.split_at(from);
    let level = mean(before);
    let rate = if climbs { climb(after, level) } else { mean(after) - level };
    let is = |at: usize| level + rate * if climbs { at as f64 + 1.0 } else { 1.0 };
    spread(before) + after.iter().enumerate().map(|(at, z)| (z - is(at)).powi(2)).sum::<f64>()
}

/// By how much a day values climb from a level.
fn climb(values: &[f64], level: f64) -> f64 {
    let (mut xy, mut xx) = (0.0, 0.0);
    for (at, z) in values.iter().enumerate() {
        let x = at as f64 + 1.0;
        (xy, xx) = (xy + x * (z - level), xx + x * x);
    }
    xy / xx.max(1.0)
}

/// Whether days that are off by so much climbed to that, rather than stepped there; they may have come to rest.
#[must_use]
pub(super) fn climbed(path: &[f64]) -> bool {
    if path.len() < FEW {
        return false;
    }
    let step = misfit(path, 0, false).min((1..3).map(|from| late(path, from)).fold(f64::INFINITY, f64::min));
    let at_rest = |days: usize| {
        let rate = (1..=path.len()).zip(path).fold((0.0, 0.0), |(xy, xx), (day, z)| {
            let x = day.min(days) as f64;
            (xy + x * z, xx + x * x)
        });
        let rate = rate.0 / rate.1;
        (1..=path.len()).zip(path).map(|(day, z)| (z - rate * day.min(days) as f64).powi(2)).sum::<f64>()
    };
    (5..=path.len()).map(at_rest).fold(f64::INFINITY, f64::min) < 0.6 * step
}

/// What is left of a path that is off from a day on only.
fn late(path: &[f64], from: usize) -> f64 {
    path[..from].iter().map(|z| z * z).sum::<f64>() + spread(&path[from..])
}
