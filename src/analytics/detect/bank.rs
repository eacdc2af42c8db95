//! What a cost should be next: a bank of small forecasts, and their average by how right they were.
//!
//! Each member is additive exponential smoothing on the transformed scale, level `l` and tables of
//! season `s`, taught by a clipped error (the robust Holt-Winters of Gelper, Fried, Croux 2010,
//! Journal of Forecasting 29:285, with Huber's psi):
//!
//! * `e = z - l - sum s[slot]`, `h = clamp(e, -k w, k w)` with `w` the width of the noise,
//! * `l += a h`, and each table in turn takes its part of what is left, `s[slot] += g h'`, `h' = (1 - a) h`,
//!   `(1 - g) h'`, ..; at first `a` and `g` are 1/n, a running mean.
//!
//! Members differ in `a` (how fast a level moves) and season: none; the shortest; or that, whole days of
//! the longer one, and all its slots, so that a weekend is known after one and not after 24 hours of each.
//! Their forecasts are averaged with weights `(1 / mean |e|)^p`, errors discounted: a random
//! walk, a weekly cycle and a flat reserve each find their member within weeks, and none has to be
//! chosen by a person (aggregation of experts: Cesa-Bianchi, Lugosi 2006, chapter 2).

/// How fast levels move, of the members of each season: by day, and where there are more steps a day.
const ALPHAS: [f64; 4] = [0.7, 0.3, 0.12, 0.04];
const ALPHAS_FINE: [f64; 4] = [0.7, 0.2, 0.04, 0.006];
/// How fast seasons move.
const GAMMA: f64 = 0.15;
/// And just after a step.
const GAMMA_FAST: f64 = 0.5;
/// Power of the weights.
const POWER: i32 = 6;
/// Errors beyond so many widths teach no more than this.
const CLIP: f64 = 2.5;

/// A table of a season: `slots` of `each` steps.
#[derive(Clone, Copy, Debug)]
struct Shape {
    slots: usize,
    each: usize,
}

impl Shape {
    fn slot(self, step: i64) -> usize {
        (step.div_euclid(self.each as i64)).rem_euclid(self.slots as i64) as usize
    }
}

#[derive(Clone, Debug)]
struct Member {
    alpha: f64,
    level: f64,
    /// The values of its first tables, as many as it has, one after another.
    slots: Vec<f64>,
    /// How many tables.
    tables: usize,
    /// Discounted mean size of its errors.
    loss: f64,
    /// The same of what it foretold a week before.
    far: f64,
}

/// The members.
#[derive(Clone, Debug)]
pub struct Bank {
    members: Vec<Member>,
    shapes: Vec<Shape>,
    /// Where each table begins among a member's slots.
    starts: Vec<usize>,
    /// How often each slot was seen.
    seen: Vec<u32>,
    /// The slots of the step in hand, by table.
    at: Vec<usize>,
    taught: u32,
    discount: f64,
    /// Whether members are trusted by what they foretold a week before.
    is_far: bool,
}

impl Bank {
    /// A bank for series with seasons of so many steps, each a multiple of the one before; losses are
    /// forgotten over `memory` steps.
    #[must_use]
    pub fn new(seasons: &[usize], memory: usize) -> Self {
        let (mut shapes, mut cuts) = (Vec::new(), vec![0]);
        for (i, season) in seasons.iter().copied().enumerate().filter(|(_, n)| *n > 1) {
            if let Some(shorter) = i.checked_sub(1).map(|i| seasons[i]).filter(|n| *n > 0 && season > *n) {
                shapes.push(Shape { slots: season / shorter, each: shorter });
            }
            shapes.push(Shape { slots: season, each: 1 });
            cuts.push(shapes.len());
        }
        let mut starts = vec![0];
        for shape in &shapes {
            starts.push(starts.last().copied().unwrap_or(0) + shape.slots);
        }
        let alphas = if seasons.len() > 1 { ALPHAS_FINE } else { ALPHAS };
        let member = |tables: &usize| {
            let slots = vec![0.0; starts[*tables]];
            let tables = *tables;
            alphas.map(|alpha| Member { alpha, level: 0.0, slots: slots.clone(), tables, loss: 0.0, far: 0.0 })
        };
        Bank {
            members: cuts.iter().flat_map(member).collect(),
            seen: vec![0; starts[shapes.len()]],
            at: vec![0; shapes.len()],
            shapes,
            starts,
            taught: 0,
            discount: 1.0 / memory.max(2) as f64,
            is_far: false,
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
        let loss = |member: &Member| if self.is_far { member.far } else { member.loss };
        let best = self.members.iter().map(loss).fold(f64::INFINITY, f64::min).max(1e-9);
        for member in &self.members {
            let weight = (best / loss(member).max(best)).powi(POWER);
            sum += weight * self.foretell(member, step);
            weights += weight;
        }
        if weights > 0.0 { sum / weights } else { 0.0 }
    }

    /// What one member expects at a step.
    fn foretell(&self, member: &Member, step: i64) -> f64 {
        let season = |table: usize| member.slots[self.starts[table] + self.shapes[table].slot(step)];
        member.level + (0..member.tables).map(season).sum::<f64>()
    }

    /// Trusts members by how right they were a week ahead: of what lasts, the next day's best is not the best.
    pub fn far(&mut self) {
        self.is_far = true;
    }

    /// Trusts them by the next step again.
    pub fn near(&mut self) {
        self.is_far = false;
    }

    /// Learns how right its members were a week before, as which `then` stands.
    pub fn judge(&mut self, then: &Bank, step: i64, z: f64, width: f64) {
        let discount = self.discount.max(1.0 / f64::from(self.taught.max(1)));
        for (member, was) in self.members.iter_mut().zip(&then.members) {
            let error = (z - then.foretell(was, step)).abs().min(2.0 * CLIP * width.max(1e-3));
            member.far += discount * (error - member.far);
        }
    }

    /// Teaches a step's value. `width` is the noise's; `fast` is whether seasons are to be learnt anew.
    pub fn teach(&mut self, step: i64, z: f64, width: f64, fast: bool) {
        let clip = if self.taught < 8 { f64::INFINITY } else { (CLIP * width).max(1e-3) };
        let first = 1.0 / f64::from(self.taught + 1);
        let discount = self.discount.max(1.0 / f64::from(self.taught.max(1)));
        let gamma = if fast { GAMMA_FAST } else { GAMMA };
        for (at, (shape, start)) in self.at.iter_mut().zip(self.shapes.iter().zip(&self.starts)) {
            *at = start + shape.slot(step);
        }
        for member in &mut self.members {
            let slots = &self.at[..member.tables];
            let error = z - member.level - slots.iter().map(|slot| member.slots[*slot]).sum::<f64>();
            let taught = error.clamp(-clip, clip);
            let alpha = member.alpha.max(first);
            member.level += alpha * taught;
            let mut left = (1.0 - alpha) * taught;
            for (slot, shape) in slots.iter().zip(&self.shapes) {
                let gamma = (gamma / shape.each as f64).max(1.0 / f64::from(self.seen[*slot] + 1));
                member.slots[*slot] += gamma * left;
                left *= 1.0 - gamma;
            }
            member.loss += discount * (error.abs().min(2.0 * clip) - member.loss);
        }
        for slot in &self.at {
            self.seen[*slot] += 1;
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
