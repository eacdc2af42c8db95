//! What a cost should be next: a bank of small forecasts, and their average by how right they were.
//!
//! Each member is additive exponential smoothing on the transformed scale, level `l` and season
//! `s[slot]`, taught by a clipped error (the robust Holt-Winters of Gelper, Fried, Croux 2010,
//! Journal of Forecasting 29:285, with Huber's psi):
//!
//! * `e = z - l - s[slot]`, `h = clamp(e, -k w, k w)` with `w` the width of the noise,
//! * `l += a h`, `s[slot] += g (1 - a) h`; at first `a` and `g` are 1/n, a running mean.
//!
//! Members differ in `a` (how fast a level moves) and season (none, of a day or week, of a week of
//! hours). Their forecasts are averaged with weights `(1 / mean |e|)^p`, errors discounted: a random
//! walk, a weekly cycle and a flat reserve each find their member within weeks, and none has to be
//! chosen by a person (aggregation of experts: Cesa-Bianchi, Lugosi 2006, chapter 2).

/// How fast levels move, of the members of each season.
const ALPHAS: [f64; 4] = [0.7, 0.3, 0.12, 0.04];
/// How fast seasons move.
const GAMMA: f64 = 0.15;
/// And just after a step.
const GAMMA_FAST: f64 = 0.5;
/// Power of the weights.
const POWER: i32 = 6;
/// Errors beyond so many widths teach no more than this.
const CLIP: f64 = 2.5;

#[derive(Clone, Debug)]
struct Member {
    alpha: f64,
    /// Which season: 0 is none.
    season: usize,
    level: f64,
    /// By slot of the season.
    slots: Vec<f64>,
    /// Discounted mean size of its errors.
    loss: f64,
}

/// The members.
#[derive(Clone, Debug)]
pub struct Bank {
    members: Vec<Member>,
    /// Lengths of the seasons, in steps; the first is 1.
    lengths: Vec<usize>,
    /// How often each slot was seen, by season.
    seen: Vec<Vec<u32>>,
    taught: u32,
    discount: f64,
}

impl Bank {
    /// A bank for series with seasons of so many steps; losses are forgotten over `memory` steps.
    #[must_use]
    pub fn new(seasons: &[usize], memory: usize) -> Self {
        let lengths: Vec<usize> = std::iter::once(1).chain(seasons.iter().copied().filter(|n| *n > 1)).collect();
        let member = |(season, n): (usize, &usize)| {
            let slots = vec![0.0; *n];
            ALPHAS.map(|alpha| Member { alpha, season, level: 0.0, slots: slots.clone(), loss: 0.0 })
        };
        Bank {
            members: lengths.iter().enumerate().flat_map(member).collect(),
            seen: lengths.iter().map(|n| vec![0; *n]).collect(),
            lengths,
            taught: 0,
            discount: 1.0 / memory.max(2) as f64,
        }
    }

    /// How many steps taught it.
    #[must_use]
    pub fn taught(&self) -> u32 {
        self.taught
    }

    /// What is expected at a step.
    #[must_use]
    pub fn expect(&self, step: i64) -> f64 {
        let mut sum = 0.0;
        let mut weights = 0.0;
        let best = self.members.iter().map(|m| m.loss).fold(f64::INFINITY, f64::min).max(1e-9);
        for member in &self.members {
            let slot = step.rem_euclid(self.lengths[member.season] as i64) as usize;
            let weight = (best / member.loss.max(best)).powi(POWER);
            sum += weight * (member.level + member.slots[slot]);
            weights += weight;
        }
        if weights > 0.0 { sum / weights } else { 0.0 }
    }

    /// Teaches a step's value. `width` is the noise's; `fast` is whether seasons are to be learnt anew.
    pub fn teach(&mut self, step: i64, z: f64, width: f64, fast: bool) {
        let clip = if self.taught < 8 { f64::INFINITY } else { (CLIP * width).max(1e-3) };
        let start = 1.0 / f64::from(self.taught + 1);
        for member in &mut self.members {
            let n = self.lengths[member.season];
            let slot = step.rem_euclid(n as i64) as usize;
            let error = z - member.level - member.slots[slot];
            let taught = error.clamp(-clip, clip);
            let alpha = member.alpha.max(start);
            member.level += alpha * taught;
            if member.season > 0 {
                let gamma = if fast { GAMMA_FAST } else { GAMMA };
                let gamma = gamma.max(1.0 / f64::from(self.seen[member.season][slot] + 1));
                member.slots[slot] += gamma * (1.0 - alpha) * taught;
            }
            let loss = error.abs().min(2.0 * clip);
            let discount = self.discount.max(1.0 / f64::from(self.taught.max(1)));
            member.loss += discount * (loss - member.loss);
        }
        for (seen, n) in self.seen.iter_mut().zip(&self.lengths) {
            seen[step.rem_euclid(*n as i64) as usize] += 1;
        }
        self.taught += 1;
    }

    /// Moves all levels: a step is confirmed.
    pub fn shift(&mut self, by: f64) {
        for member in &mut self.members {
            member.level += by;
        }
    }
}
