//! Days and sums: who adds days up finds the sum, of every kind of series.

use super::tests::{FIRST, Random, series};
use super::*;

/// Cost-shaped series, as `benches/forecast_peers.py` makes them, and one that costs on three days in ten alone.
const SHAPES: usize = 9;

fn made(shape: usize, days: usize, seed: u64) -> Series {
    let mut random = Random(1000 * shape as u64 + seed);
    let noise = if shape == 5 { 0.004 } else { 0.01 + 0.07 * random.next() };
    let (level, weekend, growth) = (20.0 + 500.0 * random.next(), 0.45 + 0.5 * random.next(), 0.006 * random.next());
    let (at_step, step) = (40 + (random.next() * 100.0) as usize, 0.4 + 1.8 * random.next());
    let odd: Vec<usize> = (0..3).map(|_| 20 + (random.next() * (days - 40) as f64) as usize).collect();
    let mut walk = 0.0;
    series(days, |at, day| {
        let is_weekend = day.weekday().num_days_from_monday() >= 5;
        walk += 0.03 * random.normal();
        let factor = match shape {
            0 => 1.0,
            1 => (growth * at as f64).exp(),
            2 if at >= at_step => step,
            3 if at % 30 >= 28 => 1.8,
            4 => 0.15 + if random.next() < 0.3 { -1.6 * random.next().max(1e-9).ln() } else { 0.0 },
            6 if odd.iter().any(|odd| (*odd..odd + 3).contains(&at)) => 4.0,
            7 => walk.exp(),
            8 if random.next() > 0.3 => 0.0,
            _ => 1.0,
        };
        let week = if is_weekend && matches!(shape, 0 | 1 | 3 | 6) { weekend } else { 1.0 };
        level * week * factor * (noise * random.normal()).exp()
    })
}

fn period(forecast: &Forecast, from: usize, to: usize) -> Period {
    Period { from: plus(forecast.first, from), to: plus(forecast.first, to) }
}

#[test]
fn the_days_of_every_series_add_up_to_their_sum() {
    for shape in 0..SHAPES {
        for seed in 0..2 {
            for given in [9, 30, 180] {
                let forecast = contest(&made(shape, given.max(60), seed).up_to(given), 90);
                for (from, to) in [(0, 90), (0, 8), (13, 14), (30, 75)] {
                    let sum = forecast.sum(period(&forecast, from, to)).unwrap();
                    let days: f64 = forecast.days[from..to].iter().map(|day| day.mid).sum();
                    let words = format!("{shape} {seed} {given} {from}..{to}: {sum:?} against {days}");
                    assert!((sum.mid - days).abs() <= 1e-9 * days.abs().max(1.0), "{words}");
                    assert!(sum.lo95 <= sum.lo80 && sum.lo80 <= sum.mid, "{words}");
                    assert!(sum.mid <= sum.hi80 && sum.hi80 <= sum.hi95, "{words}");
                }
            }
        }
    }
}

#[test]
fn what_comes_on_few_days_goes_on_as_its_mean_and_not_as_nothing() {
    let (mut off, mut inside) = (Vec::new(), 0);
    for seed in 0..12 {
        let all = made(8, 430, seed);
        let forecast = contest(&all.up_to(340), 90);
        let came: f64 = all.values[340..].iter().flatten().sum();
        let sum = forecast.sum(period(&forecast, 0, 90)).unwrap();
        assert!(forecast.days.iter().all(|day| day.mid > 0.0), "{seed}: {}", forecast.words());
        off.push(sum.mid / came - 1.0);
        inside += usize::from(sum.lo95 <= came && came <= sum.hi95);
    }
    // 27 of 90 days: the number alone differs by 16 % from one quarter to the next.
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    let away = off.iter().map(|off| off.abs()).sum::<f64>() / off.len() as f64;
    assert!(mean.abs() < 0.15 && away < 0.25 && inside >= 10, "{mean} {away} {inside}");
    // Of few days too.
    let few = contest(&made(8, 60, 1).up_to(30), 30);
    assert!(few.winner.is_none() && few.days.iter().all(|day| day.mid > 0.0), "{:?}", few.days[0]);
}

#[test]
fn odd_days_are_no_reason_to_expect_their_mean() {
    for seed in 0..6 {
        let all = made(6, 194, seed);
        let forecast = contest(&all.up_to(180), 14);
        assert!(!forecast.winner.as_ref().unwrap().model.is_mean(), "{seed}: {}", forecast.words());
        assert_eq!(all.first, FIRST);
    }
}

impl Series {
    /// Its first days.
    fn up_to(&self, days: usize) -> Series {
        Series { first: self.first, values: self.values[..days.min(self.values.len())].to_vec() }
    }
}
