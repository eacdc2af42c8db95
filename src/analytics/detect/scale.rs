//! Costs on a scale on which noise is even, and how wide the noise is.
//!
//! **Transform.** `z = asinh(y / 2c)`: the inverse hyperbolic sine (Burbidge, Magee, Robb 1988,
//! JASA 83:123), a logarithm (plus `-ln c`) far above `c` and a straight line near zero. Costs vary in
//! proportion to their size, so that a logarithm makes their noise even; credits and days of
//! nothing have no logarithm, but they have this. With the absolute floor as `c`, what moves by less
//! than a floor's worth hardly moves at all.
//!
//! **Width.** The largest of two quantiles of the last residuals' sizes, each over what it is in a
//! normal distribution: the median (the MAD, Hampel 1974) and the ninth largest (or the 85th
//! percentile, where that is less). The first alone calls a series quiet that leaps on every third day;
//! the second alone is spoilt by a few events. A tail that thins out more slowly than a normal one
//! widens it: beyond the ninth largest it is taken for exponential (peaks over a threshold, Pickands 1975; as
//! in Siffer et al. 2017, SPOT, KDD), its mean from the sixth largest, which a few events do not move. Knows nothing of levels or seasons.

use std::collections::VecDeque;

/// The median size of a normal residual, in standard deviations.
const MEDIAN_NORMAL: f64 = 0.674_49;
/// Share of the residuals, and how many, that may be out of the ordinary.
const ODD_SHARE: f64 = 0.15;
const ODD: f64 = 8.0;
/// Of a heavy tail: which of the largest shows how it thins out (so many days of events do not), where that
/// is in an exponential tail of eight, how far out the width is taken, and what that is of a normal one.
const TAIL: usize = 6;
const TAIL_SPACE: f64 = 0.4345;
const TAIL_REACH: f64 = 4.0;
const TAIL_NORMAL: f64 = 3.9;

/// The transform; `c` is where it turns from a line into a logarithm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Transform {
    twice: f64,
}

impl Transform {
    /// A transform that is a line below about `c`.
    #[must_use]
    pub fn new(c: f64) -> Self {
        Transform { twice: 2.0 * c.max(f64::MIN_POSITIVE) }
    }

    /// Onto the scale.
    #[must_use]
    pub fn to(self, y: f64) -> f64 {
        (y / self.twice).asinh()
    }

    /// And back.
    #[must_use]
    pub fn from(self, z: f64) -> f64 {
        z.sinh() * self.twice
    }
}

/// The last residuals.
#[derive(Clone, Debug)]
pub struct Residuals {
    last: VecDeque<f64>,
    cap: usize,
    /// New ones after which the width is taken again.
    every: usize,
    since: usize,
    tailed: bool,
    width: f64,
    even: f64,
    sorted: Vec<f64>,
}

impl Residuals {
    /// Keeps the last `cap`.
    #[must_use]
    pub fn new(cap: usize) -> Self {
        let cap = cap.max(4);
        Residuals {
            last: VecDeque::with_capacity(cap + 1),
            cap,
            every: (cap / 64).max(1),
            since: 0,
            tailed: false,
            even: 0.0,
            width: 0.0,
            sorted: Vec::with_capacity(cap),
        }
    }

    /// The same, whose width knows heavy tails.
    #[must_use]
    pub fn with_tail(cap: usize) -> Self {
        Residuals { tailed: true, ..Residuals::new(cap) }
    }

    /// Adds one.
    pub fn push(&mut self, residual: f64) {
        if self.last.len() == self.cap {
            self.last.pop_front();
        }
        self.last.push_back(residual);
        self.since += 1;
        if self.since >= self.every || self.last.len() < 32 {
            self.measure();
        }
    }

    /// How many it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.last.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// One standard deviation, if they were normal.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The same without regard to a heavy tail.
    #[must_use]
    pub fn even_width(&self) -> f64 {
        self.even
    }

    fn measure(&mut self) {
        self.since = 0;
        self.sorted.clear();
        self.sorted.extend(self.last.iter().map(|r| r.abs()));
        self.width = match self.sorted.len() {
            0 => 0.0,
            n => {
                let odd = (ODD_SHARE * n as f64).min(ODD) as usize;
                let wide = *self.sorted.select_nth_unstable_by(n - 1 - odd, f64::total_cmp).1;
                let half = *self.sorted.select_nth_unstable_by(n / 2, f64::total_cmp).1;
                self.even = (half / MEDIAN_NORMAL).max(wide / normal_size((odd as f64 + 0.5) / n as f64));
                if odd < ODD as usize || !self.tailed {
                    self.even
                } else {
                    let tail = &mut self.sorted[n - odd..];
                    let sixth = *tail.select_nth_unstable_by(odd - TAIL, f64::total_cmp).1;
                    self.even.max((wide + TAIL_REACH * (sixth - wide) / TAIL_SPACE) / TAIL_NORMAL)
                }
            }
        };
    }
}

/// The size that a standard normal residual exceeds with probability `p` of 0 to 0.5: Abramowitz and
/// Stegun 26.2.23, within 0.0005.
fn normal_size(p: f64) -> f64 {
    let t = (-2.0 * (p / 2.0).max(1e-12).ln()).sqrt();
    let over = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let under = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - over / under
}

/// The median of some numbers, which are put in another order; 0 of none.
#[must_use]
pub fn median(numbers: &mut [f64]) -> f64 {
    match numbers.len() {
        0 => 0.0,
        n => *numbers.select_nth_unstable_by(n / 2, f64::total_cmp).1,
    }
}

/// The mean of some numbers; 0 of none.
#[must_use]
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    sum / f64::from(n.max(1))
}
