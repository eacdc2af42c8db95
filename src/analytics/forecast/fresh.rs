//! A level that is so new that no model follows it yet: a step of the last days, or who began to charge.
//!
//! Models wait a week before they believe a jump ([`super::shape`]), since most of what is far off is over the day
//! after. Who looks in that week wants to know both: what it comes to if it lasts, and if it does not. So the last
//! days are looked at by themselves. Where all of them lie far beyond the days before, on the same side and near each
//! other, theirs is the level to go on at from the third day on, and the intervals hold the level of before as well. Two
//! days say too little to move the middle, as bursts last as long; the intervals hold them, and one day the outer one.
//!
//! Where such days came and went before, more than once, they are no news. Knows no model.

use super::prepare::Ready;
use super::robust::{median, median_of};
use super::shape::Shape;

/// Days of a fresh level at most: models follow what is older.
const DAYS_MAX: usize = 6;
/// Days that the level of before is told from, and those of them that lie nearest: a trend is no step.
const BEFORE: usize = 14;
const NEAREST: usize = 5;
/// Far is beyond so many times the noise,
const FAR_NOISE: f64 = 6.0;
/// and beyond this share of the level of before.
const FAR_SHARE: f64 = 0.25;
/// Days lie near each other that differ by no more than this share of how far they are off.
const APART: f64 = 0.5;
/// Days in which it is looked for others that came and went.
const LOOKED_AT: usize = 182;
/// So often: they will again.
const OFTEN: usize = 2;
/// Days after which a level has not gone: it stayed.
const STAYED: usize = 14;

/// A level of the last days, in a shape's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fresh {
    /// The number of its first day.
    pub since: usize,
    /// The level.
    pub level: f64,
    /// The level of before.
    pub before: f64,
    /// How many days it has lasted.
    pub days: usize,
}

/// The fresh level of a series taken apart, once as its model does and once without days of the month; nothing where
/// there is none.
pub(super) fn of(shape: &Shape, without_month: &Shape, ready: &Ready) -> Option<Fresh> {
    let known = shape.plain.iter().enumerate().filter(|(at, _)| ready.known[*at]);
    let (numbers, plain): (Vec<usize>, Vec<f64>) = known.unzip();
    let n = plain.len();
    let (from, off) = (1..=DAYS_MAX).rev().find_map(|days| {
        let from = n.checked_sub(days).filter(|from| *from > 2 * BEFORE)?;
        Some((from, off_together(shape, &plain, from)?))
    })?;
    let since = numbers[from];
    // What was due or is of the month came and went as well.
    let more = |at: usize| shape.apart(ready.whole[at], ready.values[at]);
    let earlier = without_month.plain[..since].iter().enumerate().filter(|(at, _)| ready.known_whole[*at]);
    let earlier = earlier.map(|(at, value)| value + more(at));
    if came_and_went(&earlier.collect::<Vec<f64>>(), n - from, off) {
        return None;
    }
    let before = median(&plain[from - BEFORE..from]);
    Some(Fresh { since, level: before + off, before, days: n - from })
}

/// How far the days from one on are off what was before them, if all are far off and near each other: their middle.
fn off_together(shape: &Shape, plain: &[f64], from: usize) -> Option<f64> {
    let before = median(&plain[from - BEFORE..from]);
    let nearest = median(&plain[from - NEAREST..from]);
    let share = if shape.log { FAR_SHARE.ln_1p() } else { FAR_SHARE * before.abs() };
    let far = share.max(FAR_NOISE * shape.noise);
    let side = (plain[from] - before).signum();
    let mut off: Vec<f64> = plain[from..].iter().map(|value| side * (value - before)).collect();
    let least = off.iter().copied().fold(f64::INFINITY, f64::min);
    let most = off.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median_of(&mut off)?;
    let is_far = far > 0.0 && least > far && least > side * (nearest - before) + far;
    (is_far && most - least <= APART * middle).then_some(side * middle)
}

/// Whether so many days, or more, were off as far on the same side before, more than once, and came back.
fn came_and_went(earlier: &[f64], days: usize, off: f64) -> bool {
    let (side, n) = (off.signum(), earlier.len());
    let (mut at, mut times) = (n.saturating_sub(LOOKED_AT).max(BEFORE), 0);
    while at < n {
        let before = median(&earlier[at - BEFORE..at]);
        let run = earlier[at..].iter().take_while(|value| side * (*value - before) > off.abs() / 2.0).count();
        times += usize::from(run >= days && run < STAYED);
        at += run.max(1);
    }
    times >= OFTEN
}
