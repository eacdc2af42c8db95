//! The contest: models continue the series from past days, and what came then says which is best.
//!
//! Origins lie three days apart over the last three months; each model is scored by its mean absolute
//! error over the days that followed, newer origins counting more. The naive model wins unless it is
//! beaten. The winner then runs from origins over the whole series, for the errors that intervals are made of
//! ([`super::interval`]); the coverage told is that of intervals made only of what was known at each origin. Where
//! too much came outside of these, intervals are widened: at each origin by what had come outside before it.

use super::Measured;
use super::dues::{self, Ahead};
use super::interval::{Band, Errors, Path};
use super::models::{Fit, Model, by_weeks};
use super::prepare::{Ready, plus};
use super::robust::quantile;
use super::shape::Days;

/// Days that the contest is held over.
const OVER: usize = 91;
/// Days between its origins.
const STEP: usize = 3;
/// Days that sums are looked at over: they are few.
const OVER_SUMS: usize = 182;
/// By so much of what came a winner's sums are off one way where its days go further up than down.
const LOPSIDED: f64 = 0.12;
/// A day is far off by this share of a usual one. Where fewer days than that are, they are odd ones: nobody expects
/// them again.
const FAR: f64 = 0.5;
const OFTEN: f64 = 0.1;
/// What is clearly better has this share of the squares of errors.
const CLEARLY: f64 = 0.8;
/// Days ahead that are scored.
const AHEAD_MAX: usize = 28;
/// Days that a model is given at least.
const GIVEN_MIN: usize = 28;
/// Days in which a score comes to count half.
const HALF_LIFE: f64 = 60.0;
/// Days in which a day that lay outside comes to count half for how far intervals are widened.
const LATELY: f64 = 30.0;
/// So many days tell that, at least; by less than this it is chance, and by more than that no interval is meant.
const REACHED_MIN: usize = 40;
const WIDEN_FROM: f64 = 1.6;
const WIDEN_MOST: f64 = 3.0;
/// Paths that are kept at most.
const PATHS_MAX: usize = 128;

/// What came out.
pub(super) struct Outcome {
    pub model: Model,
    pub errors: Errors,
    pub measured: Measured,
}

/// Holds the contest over a series that is long enough.
pub(super) fn hold(ready: &Ready, horizon: usize) -> Outcome {
    let monthly = Fit::of(days(ready, ready.values.len()), true).is_monthly();
    let first = best(ready, horizon.min(AHEAD_MAX), monthly);
    let outcome = look_back(ready, first, horizon);
    // The contest weighs newer origins more and looks at fewer: who only wins by that, does not win.
    let better = outcome.measured.wape < outcome.measured.naive_wape;
    let outcome = if better || first == Model::Naive { outcome } else { look_back(ready, Model::Naive, horizon) };
    // Where days come near, too few are far.
    if outcome.measured.wape.is_some_and(|wape| wape < FAR * OFTEN) {
        return outcome;
    }
    match best_mean(ready, outcome.model, horizon.min(AHEAD_MAX)) {
        Some(mean) => look_back(ready, mean, horizon),
        None => outcome,
    }
}

/// The mean whose sums of days came nearest, where the winner's days do not add up: days that go further up than
/// down have a middle that is nearest to most of them, and a sum that is far from as many middles.
fn best_mean(ready: &Ready, winner: Model, ahead: usize) -> Option<Model> {
    let n = ready.values.len();
    if ahead == 0 {
        return None;
    }
    let (mut away, mut came, mut own) = (0.0, 0.0, 0.0);
    let (mut far, mut all) = (0, 0);
    let usual = usual(&ready.values[n.saturating_sub(OVER_SUMS)..]);
    let mut squares = [0.0; Model::MEANS.len()];
    let mut origin = n.saturating_sub(ahead.max(7));
    while origin >= GIVEN_MIN && origin + OVER_SUMS >= n {
        let fit = Fit::of(days(ready, origin), winner.is_monthly());
        let part = ahead.min(n - origin);
        let known: Vec<usize> = (0..part).filter(|k| ready.known[origin + k]).collect();
        let sum: f64 = known.iter().map(|k| ready.values[origin + k]).sum();
        let off = |path: &[f64]| sum - known.iter().map(|k| path[*k]).sum::<f64>();
        let path = fit.path(winner, part);
        far += known.iter().filter(|k| (ready.values[origin + **k] - path[**k]).abs() > FAR * usual).count();
        all += known.len();
        let of_winner = off(&path);
        (away, came, own) = (away + of_winner, came + sum.abs(), own + of_winner * of_winner);
        for (square, model) in squares.iter_mut().zip(Model::MEANS) {
            *square += off(&fit.path(model, part)).powi(2);
        }
        origin -= 2 * STEP;
    }
    // A mean takes the place of middles that are off one way; of copies, which are not, it has to be clearly better.
    let is_lopsided = away.abs() > LOPSIDED * came;
    if far as f64 <= OFTEN * all as f64 && away.abs() <= came / 2.0 {
        return None;
    }
    let mut least = (own * if is_lopsided { 1.0 } else { CLEARLY }, None);
    for (square, model) in squares.iter().zip(Model::MEANS) {
        // The longest is the calmest: a shorter one has to be clearly better.
        if *square < least.0 * if least.1.is_some() { CLEARLY } else { 1.0 } {
            least = (*square, Some(model));
        }
    }
    least.1
}

/// What a model would have said, and how well that did.
fn look_back(ready: &Ready, model: Model, horizon: usize) -> Outcome {
    let n = ready.values.len();
    // Both levels are held by what is foretold: that a fresh one came is no error that would come on top of it.
    let fresh = Fit::of(days(ready, n), model.is_monthly()).fresh(model, ready);
    let calm = fresh.map_or(n, |fresh| fresh.since);
    let paths = paths((ready, calm), model, horizon);
    let (measured, widening) = measure((ready, calm), model, &paths, horizon.min(AHEAD_MAX));
    let paths = paths.into_iter().map(|p| p.path).collect();
    Outcome { model, errors: Errors::of(paths, horizon).widened(widening), measured }
}

/// The days before an origin.
pub(super) fn days(ready: &Ready, origin: usize) -> Days<'_> {
    Days { first: ready.first, values: &ready.values[..origin] }
}

/// The size of a usual day before an origin.
pub(super) fn usual(values: &[f64]) -> f64 {
    let recent = &values[values.len().saturating_sub(28)..];
    let mean = recent.iter().map(|v| v.abs()).sum::<f64>() / recent.len().max(1) as f64;
    if mean > 0.0 { mean } else { 1.0 }
}

/// The model with the least error.
fn best(ready: &Ready, ahead: usize, monthly: bool) -> Model {
    let n = ready.values.len();
    let models: Vec<Model> = Model::ALL.into_iter().filter(|m| monthly || !m.is_monthly()).collect();
    let mut scores = vec![0.0; models.len()];
    let mut origin = n.saturating_sub(7);
    while origin >= GIVEN_MIN && origin + OVER >= n {
        let fit = Fit::of(days(ready, origin), monthly);
        let weight = 0.5f64.powf((n - origin) as f64 / HALF_LIFE);
        for (model, score) in models.iter().zip(&mut scores) {
            let path = fit.path(*model, ahead.min(n - origin));
            *score += weight * error(&ready.values, &ready.known, origin, &path).0;
        }
        origin -= STEP;
    }
    // The naive model is the first: only what is better takes its place.
    let mut least = 0;
    for (at, score) in scores.iter().enumerate() {
        if *score < scores[least] {
            least = at;
        }
    }
    models[least]
}

/// The sum of absolute errors of a path on known days, and of what they came to.
fn error(values: &[f64], known: &[bool], origin: usize, path: &[f64]) -> (f64, f64) {
    let came = values[origin..].iter().zip(&known[origin..]).zip(path);
    came.filter(|((_, known), _)| **known)
        .fold((0.0, 0.0), |(off, whole), ((v, _), f)| (off + (v - f).abs(), whole + v.abs()))
}

/// A path of the winner, with where it began and what it foretold.
struct Past {
    origin: usize,
    foretold: Vec<f64>,
    units: Vec<f64>,
    path: Path,
}

/// What the winner would have said from days over the whole series, and by how much that was off up to a day.
fn paths((ready, calm): (&Ready, usize), model: Model, horizon: usize) -> Vec<Past> {
    let n = ready.values.len();
    let step = (n - GIVEN_MIN).div_ceil(PATHS_MAX).max(1);
    let mut out = Vec::new();
    let mut origin = n - 1;
    while origin >= GIVEN_MIN {
        let fit = Fit::of(days(ready, origin), model.is_monthly());
        let mut foretold = fit.path(model, horizon.min(n - origin));
        if !ready.negative {
            foretold.iter_mut().for_each(|f| *f = f.max(0.0));
        }
        let units = fit.units(model, &foretold, usual(&ready.values[..origin]));
        let is_known = |at: usize| at < calm && ready.known[at];
        let off = |k: usize| is_known(origin + k).then(|| ((ready.values[origin + k] - foretold[k]) / units[k]) as f32);
        let errors = (0..foretold.len()).map(off).collect();
        out.push(Past { origin, foretold, units, path: Path { ago: n - origin, errors } });
        origin -= step;
    }
    out
}

/// How well the winner did over the last three months, and by how much its intervals are to be widened now for what came
/// up to a day.
fn measure((ready, calm): (&Ready, usize), model: Model, paths: &[Past], ahead: usize) -> (Measured, [f64; 2]) {
    let n = ready.values.len();
    let mut own = (0.0, 0.0);
    let mut naive = (0.0, 0.0);
    let mut sums = (0.0, 0.0);
    let mut looked = Vec::new();
    let known = |at: usize| ready.known_whole[at];
    let step = paths.windows(2).map(|two| two[0].origin - two[1].origin).next().unwrap_or(1);
    let recent = paths.iter().filter(|p| p.origin + OVER >= n && p.origin + 7 <= n);
    for (number, past) in recent.enumerate() {
        let due = due_from(ready, past.origin, past.foretold.len().min(ahead));
        let whole = |k: usize| past.foretold[k] + due.sum(k, k + 1).mid;
        let foretold: Vec<f64> = (0..past.foretold.len().min(ahead)).map(whole).collect();
        let (off, whole) = error(&ready.whole, &ready.known_whole, past.origin, &foretold);
        own = (own.0 + off, own.1 + whole);
        let by_naive = by_weeks(&ready.whole[..past.origin], 1, foretold.len());
        let (off, whole) = error(&ready.whole, &ready.known_whole, past.origin, &by_naive);
        naive = (naive.0 + off, naive.1 + whole);
        if foretold.len() == ahead {
            let known = (0..ahead).filter(|k| known(past.origin + k));
            let (came, said) = known.fold((0.0, 0.0), |(c, s), k| (c + ready.whole[past.origin + k], s + foretold[k]));
            sums = (sums.0 + f64::abs(came - said), sums.1 + f64::abs(came));
        }
        if number.is_multiple_of(STEP.div_ceil(step)) {
            looked.push((past, due));
        }
    }
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let mut reached = Reached::default();
    // The oldest first: each is told what came before it, and no more.
    looked.iter().rev().for_each(|(past, due)| reached.add((ready, calm), paths, past, (due, ahead)));
    let measured = Measured {
        wape: share(own.0, own.1),
        naive_wape: share(naive.0, naive.1),
        sum_wape: share(sums.0, sums.1),
        sum_days: ahead,
        coverage80: share(reached.inside[0] as f64, reached.days.len() as f64),
        coverage95: share(reached.inside[1] as f64, reached.days.len() as f64),
        over_days: OVER.min(n - GIVEN_MIN),
        beats_naive: model != Model::Naive || (!ready.dues.is_empty() && own.0 < naive.0),
    };
    (measured, reached.widening(n))
}

/// How far days lay from what was foretold, in what the two intervals reached there; and how many lay inside.
#[derive(Default)]
struct Reached {
    days: Vec<(usize, [f64; 2])>,
    inside: [usize; 2],
}

impl Reached {
    /// Adds the days after a path's origin, each with the intervals that were known there.
    fn add(&mut self, (ready, calm): (&Ready, usize), paths: &[Past], past: &Past, (due, ahead): (&Ahead, usize)) {
        let cut = |p: &Past| {
            let errors = p.path.errors[..p.path.errors.len().min(past.origin - p.origin)].to_vec();
            Path { ago: past.origin - p.origin, errors }
        };
        let before: Vec<Path> = paths.iter().filter(|p| p.origin < past.origin).map(cut).collect();
        if before.len() < 21 {
            return;
        }
        let then = Errors::of(before, past.foretold.len());
        let widening = self.widening(past.origin);
        let is_known = |at: usize| at < calm && ready.known_whole[at];
        for k in (0..past.foretold.len().min(ahead)).filter(|k| is_known(past.origin + k)) {
            let band = Band::around(past.foretold[k], past.units[k], then.day(k + 1), f64::NEG_INFINITY);
            let band = band.with(due.sum(k, k + 1), f64::NEG_INFINITY);
            let off = ready.whole[past.origin + k] - band.mid;
            let above = off > 0.0;
            let reach = [(band.lo80, band.hi80), (band.lo95, band.hi95)]
                .map(|(low, high)| if above { high - band.mid } else { band.mid - low });
            for (inside, (reach, widening)) in self.inside.iter_mut().zip(reach.into_iter().zip(widening)) {
                *inside += usize::from(off.abs() <= reach * widening);
            }
            self.days.push((past.origin + k, reach.map(|reach| off.abs() / reach.max(f64::MIN_POSITIVE))));
        }
    }

    /// By how much intervals of before are to be widened to hold what came before an origin, newer days counting more
    /// (in the manner of Gibbs and Candes 2021): one, where they held it nearly.
    fn widening(&self, origin: usize) -> [f64; 2] {
        let widening = |which: usize, share: f64| {
            let before = self.days.iter().filter(|(day, _)| *day < origin);
            let weight = |day: usize| 0.5f64.powf((origin - day) as f64 / LATELY);
            let mut found: Vec<(f64, f64)> = before.map(|(day, reached)| (reached[which], weight(*day))).collect();
            found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let wanted = if found.len() < REACHED_MIN { None } else { quantile(&found, share) };
            wanted.filter(|wanted| *wanted > WIDEN_FROM).map_or(1.0, |wanted| wanted.min(WIDEN_MOST))
        };
        [widening(0, 0.8), widening(1, 0.95)]
    }
}

/// What was due from an origin on, as far as was known then.
fn due_from(ready: &Ready, origin: usize, horizon: usize) -> Ahead {
    if ready.dues.is_empty() {
        return Ahead::default();
    }
    let known = dues::part(ready.first, &ready.whole[..origin], &ready.known_whole[..origin]);
    known.map(|known| known.dues.ahead(plus(ready.first, origin), horizon)).unwrap_or_default()
}
