//! Cuts a cost among those who bear it, to the last digit.
//!
//! Parts are rounded towards zero in the smallest unit of an amount, and what is left over goes,
//! a unit each, to those whose parts lost most: the parts always come to the whole. Knows no
//! owners, only weights.

use crate::domain::money::Amount;

/// Weights are taken to so many binary digits: products with them then fit.
const WEIGHT_BITS: u32 = 62;

/// Cuts an amount by weights, none of which is negative; nothing where all are zero. A negative
/// amount, a credit, is cut as the same cost would be.
#[must_use]
pub fn split(amount: Amount, weights: &[Amount]) -> Vec<Amount> {
    let weights = narrow(weights);
    let whole: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if whole == 0 {
        return Vec::new();
    }
    let units = amount.units().unsigned_abs();
    // Of `units * weight / whole`, without the product, which may not fit.
    let (times, rest) = (units / whole, units % whole);
    let part = |weight: &u64| {
        let product = rest * u128::from(*weight);
        (times * u128::from(*weight) + product / whole, product % whole)
    };
    let (mut parts, lost): (Vec<u128>, Vec<u128>) = weights.iter().map(part).unzip();
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| weights[*at] > 0).collect();
    order.sort_by_key(|at| std::cmp::Reverse(lost[*at]));
    let over = units - parts.iter().sum::<u128>();
    for at in order.into_iter().take(usize::try_from(over).unwrap_or(usize::MAX)) {
        parts[at] += 1;
    }
    let sign = amount.units().signum();
    parts.into_iter().map(|part| Amount::from_units(i128::try_from(part).unwrap_or(i128::MAX) * sign)).collect()
}

/// Weights in the same relation, whose sum has at most [`WEIGHT_BITS`] binary digits.
fn narrow(weights: &[Amount]) -> Vec<u64> {
    let units = || weights.iter().map(|w| u128::try_from(w.units()).unwrap_or(0));
    let bits = |number: u128| u128::BITS - number.leading_zeros();
    let shift = (bits(units().max().unwrap_or(0)) + bits(weights.len() as u128)).saturating_sub(WEIGHT_BITS);
    units().map(|w| u64::try_from(w >> shift).unwrap_or(u64::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(cost: &str, weights: &[&str]) -> Vec<String> {
        let amount = |text: &&str| text.parse::<Amount>().unwrap_or_else(|e| panic!("{text}: {e}"));
        let weights: Vec<Amount> = weights.iter().map(amount).collect();
        split(amount(&cost), &weights).iter().map(Amount::to_string).collect()
    }

    #[test]
    fn parts_are_as_the_weights_and_come_to_the_whole() {
        let third = "0.333333333333333333";
        assert_eq!(parts("1", &["1", "1", "1"]), ["0.333333333333333334", third, third]);
        assert_eq!(
            parts("-1", &["1", "1", "1"]),
            ["-0.333333333333333334", "-0.333333333333333333", "-0.333333333333333333"]
        );
        assert_eq!(parts("100", &["40", "60"]), ["40", "60"]);
        assert_eq!(parts("50.5", &["33.3", "66.7"]), ["16.8165", "33.6835"]);
        assert_eq!(parts("9", &["0", "3", "6"]), ["0", "3", "6"]);
        assert_eq!(
            parts("0.000000000000000002", &["0", "1", "1", "1"]),
            ["0", "0.000000000000000001", "0.000000000000000001", "0"]
        );
        assert_eq!(parts("0", &["1", "1"]), ["0", "0"]);
        assert_eq!(parts("5", &["0", "0"]), [""; 0]);
        assert_eq!(parts("5", &[]), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nobody_bears_more_than_a_unit_too_much(
            cost in -(1i128 << 120)..(1i128 << 120),
            weights in prop::collection::vec(0i128..(1 << 100), 1..40),
        ) {
            let amounts: Vec<Amount> = weights.iter().map(|w| Amount::from_units(*w)).collect();
            let parts = split(Amount::from_units(cost), &amounts);
            if weights.iter().all(|w| *w == 0) {
                prop_assert!(parts.is_empty());
            } else if !parts.is_empty() {
                prop_assert_eq!(parts.iter().map(|p| p.units()).sum::<i128>(), cost);
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert!(part.units().signum() * cost.signum() >= 0);
                    prop_assert!(*weight > 0 || part.is_zero());
                }
            }
        }

        #[test]
        fn larger_weights_bear_no_less(cost in 0i128..(1 << 90), weights in prop::collection::vec(1i128..1_000_000, 2..20)) {
            let mut weights = weights;
            weights.sort_unstable();
            let amounts: Vec<Amount> = weights.iter().map(|w| Amount::from_units(*w)).collect();
            let parts: Vec<i128> = split(Amount::from_units(cost), &amounts).iter().map(|p| p.units()).collect();
            let whole: i128 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = (cost as f64) * (*weight as f64) / (whole as f64);
                prop_assert!((*part as f64 - exact).abs() <= 1.0 + exact * 1e-12);
            }
            prop_assert!(parts.windows(2).all(|p| p[0] <= p[1] + 1));
        }
    }
}
