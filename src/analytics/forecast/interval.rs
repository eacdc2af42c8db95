//! How far off a model was, and what that says about a forecast: intervals for a day and for sums of days.
//!
//! From each past day the winner continued the series, and the errors of each such path are kept in
//! units of the forecast. The interval of a day is the quantiles of what paths erred about as many
//! days ahead (split conformal prediction, Vovk 2005; by horizon, newer errors counting more). The
//! interval of a sum is the quantiles of what the *sums* of those paths erred: errors of neighbouring
//! days go together, so bounds of days must not be added. Paths that overlap are fewer than they
//! seem; quantiles are widened by how few.
//!
//! Knows no model.

use super::dues::Sum;
use super::robust::quantile;

/// Days in which an error comes to count half.
const HALF_LIFE: f64 = 120.0;
/// Of a forecast that is near zero, the unit is this share of what is usual.
const UNIT_MIN: f64 = 0.1;
/// Days ahead for which quantiles are kept; between them they are interpolated.
const KNOTS: [usize; 12] = [1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 63, 91];

/// A forecast value with its two intervals.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Band {
    /// In the middle: those of days add up to that of their sum.
    pub mid: f64,
    /// 80 % lie above this and below [`Self::hi80`].
    pub lo80: f64,
    /// See [`Self::lo80`].
    pub hi80: f64,
    /// 95 % lie above this and below [`Self::hi95`].
    pub lo95: f64,
    /// See [`Self::lo95`].
    pub hi95: f64,
}

impl Band {
    /// The same with a known amount on top.
    #[must_use]
    pub fn plus(self, known: f64) -> Band {
        let Band { mid, lo80, hi80, lo95, hi95 } = self;
        Band { mid: mid + known, lo80: lo80 + known, hi80: hi80 + known, lo95: lo95 + known, hi95: hi95 + known }
    }

    /// The two together, whose errors go their own ways.
    #[must_use]
    pub fn and(self, other: Band) -> Band {
        let mid = self.mid + other.mid;
        let low = |of: fn(&Band) -> f64| mid - (self.mid - of(&self)).hypot(other.mid - of(&other));
        let high = |of: fn(&Band) -> f64| mid + (of(&self) - self.mid).hypot(of(&other) - other.mid);
        Band { mid, lo80: low(|b| b.lo80), hi80: high(|b| b.hi80), lo95: low(|b| b.lo95), hi95: high(|b| b.hi95) }
    }

    /// The same with what is due on top, whose errors go their own way.
    pub(super) fn with(self, due: Sum, least: f64) -> Band {
        if due.mid == 0.0 && due.off == [0.0; 2] {
            return self;
        }
        let Band { mid, lo80, hi80, lo95, hi95 } = self;
        let low = |lo: f64, off: f64| (mid + due.mid - (mid - lo).hypot(off)).max(least);
        let high = |hi: f64, off: f64| (mid + due.mid + (hi - mid).hypot(off)).max(least);
        let (lo80, lo95) = (low(lo80, due.off[0]), low(lo95, due.off[1]));
        Band { mid: (mid + due.mid).max(least), lo80, hi80: high(hi80, due.off[0]), lo95, hi95: high(hi95, due.off[1]) }
    }

    /// The same about another middle, which it holds.
    pub(super) fn about(self, mid: f64) -> Band {
        let Band { lo80, hi80, lo95, hi95, .. } = self;
        Band { mid, lo80: lo80.min(mid), hi80: hi80.max(mid), lo95: lo95.min(mid), hi95: hi95.max(mid) }
    }

    /// Certain.
    #[must_use]
    pub const fn exactly(mid: f64) -> Band {
        Band { mid, lo80: mid, hi80: mid, lo95: mid, hi95: mid }
    }

    /// From offsets in some unit; never below `least`.
    pub(super) fn around(mid: f64, unit: f64, off: [f64; 4], least: f64) -> Band {
        let low = |off: f64| (mid + unit * off.min(0.0)).max(least);
        let high = |off: f64| mid + unit * off.max(0.0);
        Band { mid, lo80: low(off[1]), hi80: high(off[2]), lo95: low(off[0]), hi95: high(off[3]) }
    }
}

/// By how much bounds are widened for 80 % and for 95 %: so much divided by how many errors are
/// independent, and so much by the square of that.
type Widen = [[f64; 2]; 2];
const WIDEN_DAY: Widen = [[1.7, 1.5], [3.5, 5.0]];
const WIDEN_SUM: Widen = [[0.3, 1.4], [1.8, 3.2]];

/// How many days errors are apart that say something of their own: the days ahead, and the days of a sum, to
/// this power. Levels wander: what was foretold far ahead is wrong the same way for long.
const APART_DAY: f64 = 0.7;
/// See [`APART_DAY`].
const APART_SUM: f64 = 1.05;

/// The four bounds, as shares of what lies below.
const BOUNDS: [f64; 4] = [0.025, 0.1, 0.9, 0.975];

/// What a model erred from one day on, in units.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// How long ago it began.
    pub ago: usize,
    /// The error of each day ahead; none where the day is not known.
    pub errors: Vec<Option<f32>>,
}

impl Path {
    fn weight(&self) -> f64 {
        0.5f64.powf(self.ago as f64 / HALF_LIFE)
    }
}

/// The unit of each day of a forecast from the day's size; `usual` is the size of a usual day, `log` whether errors
/// go with the size.
pub(super) fn units(sizes: &[f64], usual: f64, log: bool) -> Vec<f64> {
    sizes.iter().map(|f| if log { f.abs().max(UNIT_MIN * usual) } else { usual }).collect()
}

/// What past errors say.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors {
    paths: Vec<Path>,
    /// Quantiles of the errors so many days ahead.
    knots: Vec<(usize, [f64; 4])>,
    /// By how much bounds of sums are widened; those of days are.
    widening: Option<[f64; 2]>,
}

impl Errors {
    /// Of paths, for days up to `horizon` ahead.
    pub fn of(paths: Vec<Path>, horizon: usize) -> Errors {
        let knots = KNOTS.iter().filter(|k| **k < 2 * horizon).filter_map(|k| Some((*k, ahead(&paths, *k)?))).collect();
        Errors { paths, knots, widening: None }
    }

    /// Of a series too short for paths: its own spread, wide, and wider the further ahead.
    pub fn of_few(values: &[f64], usual: f64) -> Errors {
        let n = values.len();
        let centre = values.iter().sum::<f64>() / n.max(1) as f64;
        let square = values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / n.max(2) as f64;
        // A single day says nothing of its spread: half of it, at least.
        let least = if n < 7 { 0.5 } else { 0.1 };
        let one = (square.sqrt() / usual).max(least) * (1.0 + 3.0 / n.max(1) as f64);
        let off = [-1.96 * one, -1.28 * one, 1.28 * one, 1.96 * one];
        Errors { paths: Vec::new(), knots: vec![(n.max(7), off)], widening: None }
    }

    /// The same with wider bounds, those of 80 % and those of 95 % by so much.
    pub fn widened(mut self, by: [f64; 2]) -> Errors {
        self.knots.iter_mut().for_each(|(_, off)| *off = widened(*off, by));
        self.widening = Some(by);
        self
    }

    /// Offsets of the bounds so many days ahead, from 1, in units.
    pub fn day(&self, ahead: usize) -> [f64; 4] {
        let Some(after) = self.knots.iter().position(|(k, _)| *k >= ahead) else {
            // Further than was ever measured: errors of a level that wanders go with the root of time.
            let Some((k, off)) = self.knots.last() else { return [0.0; 4] };
            return off.map(|o| o * (ahead as f64 / *k as f64).sqrt());
        };
        let (k, off) = self.knots[after];
        if after == 0 || k == ahead {
            return off;
        }
        let (j, before) = self.knots[after - 1];
        let share = (ahead - j) as f64 / (k - j) as f64;
        std::array::from_fn(|b| before[b] + share * (off[b] - before[b]))
    }

    /// By how much each day is to be moved, in units, for sums of days to be right: what sums of up to `days` days
    /// were off on the whole, as far as that is more than chance.
    pub fn shift(&self, days: usize) -> f64 {
        let days = self.longest().min(days);
        let Some((mut found, apart)) = self.sums(0, &vec![1.0; days]) else { return 0.0 };
        let Some((mid, off)) = bounds(&mut found, apart, WIDEN_SUM) else { return 0.0 };
        let chance = ((off[2] - off[1]) / 2.56).powi(2) / (apart - 1.0).max(0.1);
        if mid == 0.0 { 0.0 } else { mid * (1.0 - chance / (mid * mid)).max(0.0) }
    }

    /// Offsets of the bounds of the sum of a run of days from `from` on, in sums of units, where each day was moved
    /// by `shift` of them. Nothing where nothing is known.
    pub fn sum(&self, from: usize, units: &[f64], shift: f64) -> Option<[f64; 4]> {
        if self.paths.is_empty() {
            // As if all days erred alike: wide, but nothing more is known.
            return (!self.knots.is_empty()).then(|| self.day(from + units.len()));
        }
        let wanted = from + units.len();
        let to = wanted.min(self.longest());
        let from = from.min(to.saturating_sub(units.len()).max(to / 2));
        let (mut found, apart) = self.sums(from, units.get(..to.checked_sub(from)?)?)?;
        let (mid, off) = bounds(&mut found, apart, WIDEN_SUM)?;
        let grow = (wanted as f64 / to as f64).sqrt();
        // What is not put right may be so all the same: bounds hold both.
        let low = |o: f64| (mid + (o - mid) * grow).min(shift + (o - mid) * grow);
        let high = |o: f64| (mid + (o - mid) * grow).max(shift + (o - mid) * grow);
        let off = [low(off[0]), low(off[1]), high(off[2]), high(off[3])].map(|o| o - shift);
        Some(widened(off, self.widening.unwrap_or([1.0; 2])))
    }

    /// Days of which there are paths enough: where fewer are longer, shorter ones speak for them.
    fn longest(&self) -> usize {
        let mut reach: Vec<usize> = self.paths.iter().map(|p| p.errors.len()).collect();
        reach.sort_unstable_by(|a, b| b.cmp(a));
        reach.get((self.paths.len() / 3).min(27)).copied().unwrap_or(0)
    }

    /// What sums of a run of days from `from` on were off, in sums of units and with weights; and how many of these
    /// are independent.
    fn sums(&self, from: usize, units: &[f64]) -> Option<(Vec<(f64, f64)>, f64)> {
        let to = from + units.len();
        let mut found: Vec<(f64, f64)> = Vec::with_capacity(self.paths.len());
        for path in self.paths.iter().filter(|p| p.errors.len() >= to) {
            let (mut sum, mut whole) = (0.0, 0.0);
            for (error, unit) in path.errors[from..to].iter().zip(units) {
                if let Some(error) = error {
                    sum += f64::from(*error) * unit;
                    whole += unit;
                }
            }
            if whole > 0.0 {
                found.push((sum / whole, path.weight()));
            }
        }
        let span = self.paths.iter().map(|p| p.ago).max()?.saturating_sub(to) as f64;
        Some((found, span / ((to - from) as f64).powf(APART_SUM) + 1.0))
    }
}

/// Bounds so many times as far away; the inner ones never beyond the outer ones.
fn widened(off: [f64; 4], [inner, outer]: [f64; 2]) -> [f64; 4] {
    let (low, high) = (off[1] * inner, off[2] * inner);
    [(off[0] * outer).min(low), low, high, (off[3] * outer).max(high)]
}

/// Quantiles of the errors about so many days ahead.
fn ahead(paths: &[Path], k: usize) -> Option<[f64; 4]> {
    // Of days k-1, as many before as after: a week at most to either side, so that all weekdays are in.
    let side = (k / 3).clamp(1, 10);
    let mut found = Vec::new();
    let mut span = 0;
    for path in paths {
        let reach = k.saturating_sub(1 + side)..(k + side).min(path.errors.len());
        if path.errors.len() < k {
            continue;
        }
        span = span.max(path.ago);
        let weight = path.weight();
        found.extend(path.errors[reach].iter().flatten().map(|e| (f64::from(*e), weight)));
    }
    let apart = span.saturating_sub(k) as f64 / (k as f64).powf(APART_DAY) + 1.0;
    bounds(&mut found, apart, WIDEN_DAY).map(|(_, off)| off)
}

/// The middle and the bounds of errors of which `apart` are independent.
fn bounds(found: &mut [(f64, f64)], apart: f64, widen: Widen) -> Option<(f64, [f64; 4])> {
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mid = quantile(found, 0.5)?;
    let mut off = [0.0; 4];
    for (off, p) in off.iter_mut().zip(BOUNDS) {
        let [once, twice] = widen[usize::from(!(0.05..0.95).contains(&p))];
        let widen = 1.0 + (once + twice / apart) / apart;
        *off = mid + (quantile(found, p)? - mid) * widen;
    }
    Some((mid, off))
}
