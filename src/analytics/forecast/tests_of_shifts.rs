//! Levels that are days old: foretold as they are, with intervals that hold what was before, too.

use super::tests::{FIRST, Random, near, series};
use super::*;

/// What comes in all of the days ahead.
fn ahead(forecast: &Forecast) -> Band {
    forecast.sum(super::tests::all_of(forecast)).unwrap()
}

/// Two hundred days of 100 or so, of which the last are what is said.
fn with_last(last: &[f64], seed: u64) -> Series {
    let mut random = Random(seed);
    series(200, |at, _| {
        let factor = (at + last.len()).checked_sub(200).map_or(1.0, |k| last[k]);
        100.0 * factor * (0.03 * random.normal()).exp()
    })
}

#[test]
fn a_step_of_some_days_goes_on_and_may_be_over() {
    for days in 3..=6 {
        for seed in 0..2 {
            for factor in [6.0, 3.0, 0.3] {
                let forecast = contest(&with_last(&vec![factor; days], seed), 10);
                let (sum, lasts, is_over) = (ahead(&forecast), 1_000.0 * factor, 1_000.0);
                let about = format!("{days} days x{factor}, seed {seed}: {sum:?}, {}", forecast.words());
                assert!(near(sum.mid, lasts, 0.15), "{about}");
                for value in [lasts, is_over] {
                    assert!(sum.lo80 <= 1.02 * value && sum.hi80 >= 0.98 * value, "{value}, {about}");
                }
                assert!(sum.lo95 <= sum.lo80 && sum.hi95 >= sum.hi80, "{about}");
                // That it came is no reason for it to come again.
                assert!(sum.hi95 < 1.5 * lasts.max(is_over), "{about}");
                let since = format!("; at the level since {}, which may not last", plus(FIRST, 200 - days));
                assert!(forecast.words().ends_with(&since), "{about}");
                for day in &forecast.days {
                    assert!(near(day.mid, 100.0 * factor, 0.15), "{about}: {day:?}");
                    assert!(day.lo80 < 100.0 && day.hi80 > 100.0, "{about}: {day:?}");
                }
                let again = refresh(&with_last(&vec![factor; days], seed), forecast.winner.as_ref().unwrap(), 10);
                assert_eq!(ahead(&again), sum, "{about}");
            }
        }
    }
}

#[test]
fn who_began_to_charge_beside_others_is_foretold() {
    // 100 a day, and 500 a day more since three days.
    let forecast = contest(&with_last(&[6.0, 6.0, 6.0], 1), 8);
    assert!(near(ahead(&forecast).mid, 4_800.0, 0.1), "{:?}", ahead(&forecast));
}

#[test]
fn two_days_are_held_by_both_intervals_and_move_no_middle() {
    let (calm, two) = (contest(&with_last(&[], 2), 10), contest(&with_last(&[6.0, 6.0], 2), 10));
    let (calm, sum) = (ahead(&calm), ahead(&two));
    assert!(near(sum.mid, calm.mid, 0.03) && sum.hi80 > 5_900.0 && sum.lo80 < 1_000.0, "{sum:?}");
    assert!(
        two.words().ends_with(&format!("; the interval holds the level since {}, should it last", plus(FIRST, 198)))
    );
}

#[test]
fn one_day_is_held_by_the_outer_interval_alone() {
    let (calm, one) = (contest(&with_last(&[], 2), 10), contest(&with_last(&[6.0], 2), 10));
    let (calm, sum) = (ahead(&calm), ahead(&one));
    assert!(near(sum.mid, calm.mid, 0.03) && sum.hi80 < 1_200.0, "{sum:?}");
    assert!(sum.hi95 > 5_000.0 && one.days[0].hi95 > 500.0, "{sum:?}");
    assert!(!one.words().contains("level since"), "{}", one.words());
}

#[test]
fn what_is_over_or_small_or_usual_is_no_step() {
    let over: [&[f64]; 4] = [&[6.0, 1.0], &[6.0, 6.0, 1.0], &[6.0, 6.0, 6.0, 6.0, 1.0, 1.0], &[1.05; 4]];
    for last in over {
        let forecast = contest(&with_last(last, 4), 10);
        let sum = ahead(&forecast);
        assert!(near(sum.mid, 1_000.0, 0.08) && forecast.other.is_none(), "{last:?}: {sum:?}");
    }
    // Three days of every four weeks cost more, and those are the last.
    let mut random = Random(5);
    let often = series(199, |at, _| if at % 28 < 3 { 300.0 } else { 100.0 } * (0.03 * random.normal()).exp());
    assert!(contest(&often, 10).other.is_none());
    // A trend is no step.
    let steep = series(120, |at, _| 10.0 * 1.05f64.powi(at as i32) * (0.01 * random.normal()).exp());
    assert!(contest(&steep, 10).other.is_none());
}
