//! Costs that were never so high, or so low: found also where the noise is so uneven that hardly a band
//! holds it, as by the hour.
//!
//! Beyond the tenth largest value `u` of a series its tail is taken for exponential, of mean `m`, that of
//! the ten (peaks over a threshold, Pickands 1975, Annals of Statistics 3:119; on streams: Siffer et al. 2017,
//! KDD): a value of `y` comes once in `n / 10 * exp((y - u) / m)` steps, of `n` that were seen. The decimal
//! logarithm of that is its surprise, 3 being once in a thousand steps. The same from below. Ten values at either end
//! are all that is kept, so that a step costs the same after a year. Knows no forecasts.

/// How many of the largest are its tail.
const TAIL: usize = 10;
/// Steps before anything is surprising.
const FEW: u32 = 50;
/// A tail is no thinner than this share of where it begins.
const LEAST: f64 = 0.001;
/// The largest surprise.
const MOST: f64 = 100.0;

/// One end: the largest values, and the one below them, in order.
#[derive(Clone, Default, Debug)]
struct End {
    largest: Vec<f64>,
}

impl End {
    fn learn(&mut self, y: f64) {
        let at = self.largest.partition_point(|other| *other >= y);
        if at <= TAIL {
            self.largest.insert(at, y);
            self.largest.truncate(TAIL + 1);
        }
    }

    fn surprise(&self, y: f64, seen: u32) -> f64 {
        let [tail @ .., begins] = &self.largest[..] else { return 0.0 };
        if y <= *begins {
            return 0.0;
        }
        let mean = tail.iter().map(|of| of - begins).sum::<f64>() / tail.len() as f64;
        let mean = mean.max(LEAST * begins.abs()).max(f64::MIN_POSITIVE);
        let surprise = (f64::from(seen) / TAIL as f64).log10() + (y - begins) / mean * std::f64::consts::LOG10_E;
        surprise.clamp(0.0, MOST)
    }
}

/// The extremes of a series.
#[derive(Clone, Default, Debug)]
pub struct Extremes {
    high: End,
    low: End,
    seen: u32,
}

impl Extremes {
    /// Keeps a step's value.
    pub fn learn(&mut self, y: f64) {
        self.high.learn(y);
        self.low.learn(-y);
        self.seen = self.seen.saturating_add(1);
    }

    /// How surprising a value is that is above (`1.0`) or below (`-1.0`) what was expected.
    #[must_use]
    pub fn surprise(&self, y: f64, sign: f64) -> f64 {
        if self.seen < FEW {
            return 0.0;
        }
        if sign < 0.0 { self.low.surprise(-y, self.seen) } else { self.high.surprise(y, self.seen) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Extremes {
        let mut extremes = Extremes::default();
        values.into_iter().for_each(|y| extremes.learn(y));
        extremes
    }

    /// `n` values of an exponential distribution of mean 1, spread evenly over it.
    fn exponential(n: u32) -> impl Iterator<Item = f64> {
        (1..=n).map(move |i| -(1.0 - (f64::from(i) - 0.5) / f64::from(n)).ln())
    }

    #[test]
    fn a_surprise_is_how_rare_a_value_is() {
        for n in [200, 2_000, 20_000] {
            let extremes = of(exponential(n));
            for rare in [4.0f64, 6.0, 8.0] {
                let y = rare * std::f64::consts::LN_10;
                let surprise = extremes.surprise(y, 1.0);
                let known = f64::from(n).log10() > rare;
                assert!(known || (surprise - rare).abs() < 0.15 * rare, "once in 1e{rare} of {n}: {surprise}");
            }
        }
    }

    #[test]
    fn both_ends_are_known_and_what_is_between_surprises_nobody() {
        let extremes = of((0..500).map(|t| f64::from(t % 50)));
        assert_eq!((extremes.surprise(25.0, 1.0), extremes.surprise(25.0, -1.0)), (0.0, 0.0));
        assert!(extremes.surprise(80.0, 1.0) > 3.0 && extremes.surprise(-30.0, -1.0) > 3.0);
        assert_eq!(extremes.surprise(80.0, -1.0), 0.0, "it is high, not low");
    }

    #[test]
    fn what_has_come_is_no_surprise_again() {
        let mut extremes = of((0..500).map(|t| f64::from(t % 50)));
        let first = extremes.surprise(90.0, 1.0);
        (0..10).for_each(|_| extremes.learn(90.0));
        assert!(first > 4.0 && extremes.surprise(90.0, 1.0) < 2.5, "{first} {}", extremes.surprise(90.0, 1.0));
    }

    #[test]
    fn few_values_and_equal_ones_are_borne() {
        assert_eq!(of([1.0; 49]).surprise(1e9, 1.0), 0.0);
        let flat = of([0.0; 60]);
        assert_eq!((flat.surprise(0.0, 1.0), flat.surprise(1.0, 1.0)), (0.0, MOST));
    }
}
