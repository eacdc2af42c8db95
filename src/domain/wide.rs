//! Products of two 128-bit numbers divided by a third, exact in between.
//!
//! A cost times a quantity does not fit in 128 bits where both have 18 decimals. Knows no money.

/// `a * b / c`, rounded half to even; `None` where `c` is zero or the result does not fit.
#[must_use]
pub fn mul_div(a: i128, b: i128, c: i128) -> Option<i128> {
    if c == 0 {
        return None;
    }
    let negative = (a < 0) ^ (b < 0) ^ (c < 0);
    let divisor = c.unsigned_abs();
    let (quotient, rest) = div(mul(a.unsigned_abs(), b.unsigned_abs()), divisor)?;
    let up = match rest.cmp(&(divisor - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    let magnitude = i128::try_from(quotient.checked_add(u128::from(up))?).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// The high and low half of a product.
fn mul(a: u128, b: u128) -> (u128, u128) {
    let halves = |n: u128| (n >> 64, n & u128::from(u64::MAX));
    let ((a1, a0), (b1, b0)) = (halves(a), halves(b));
    let (middle, carry) = (a1 * b0).overflowing_add(a0 * b1);
    let (low, over) = (a0 * b0).overflowing_add(middle << 64);
    (a1 * b1 + (middle >> 64) + (u128::from(carry) << 64) + u128::from(over), low)
}

/// Quotient and rest, bit by bit; `None` where the quotient does not fit.
fn div((high, low): (u128, u128), by: u128) -> Option<(u128, u128)> {
    if high >= by {
        return None;
    }
    if high == 0 {
        return Some((low / by, low % by));
    }
    let (mut quotient, mut rest) = (0u128, high);
    for bit in (0..128).rev() {
        let over = rest >> 127 == 1;
        rest = rest << 1 | (low >> bit & 1);
        if over || rest >= by {
            rest = rest.wrapping_sub(by);
            quotient |= 1 << bit;
        }
    }
    Some((quotient, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_exact_where_the_product_does_not_fit() {
        let large = 10i128.pow(37);
        for (a, b, c, want) in [
            (7, 3, 2, Some(10)),
            (7, 5, 2, Some(18)),
            (-7, 3, 2, Some(-10)),
            (-7, -5, 2, Some(18)),
            (5, 1, -2, Some(-2)),
            (1, 1, 3, Some(0)),
            (2, 1, 3, Some(1)),
            (0, large, 7, Some(0)),
            (large, large, large, Some(large)),
            (large, large - 1, -large, Some(1 - large)),
            (large, large, 1, None),
            (1, 1, 0, None),
            (i128::MAX, i128::MAX, i128::MAX, Some(i128::MAX)),
        ] {
            assert_eq!(mul_div(a, b, c), want, "{a} * {b} / {c}");
        }
    }

    proptest! {
        #[test]
        fn is_what_128_bits_give_where_they_suffice(a in any::<i64>(), b in any::<i64>(), c in any::<i64>()) {
            let (a, b, c) = (i128::from(a), i128::from(b), i128::from(c));
            let Some(got) = mul_div(a, b, c) else { prop_assert_eq!(c, 0); return Ok(()) };
            prop_assert!((a * b - got * c).abs() * 2 <= c.abs());
        }

        #[test]
        fn a_product_divided_by_its_factor_is_the_other(a in any::<i128>(), b in any::<i128>()) {
            prop_assume!(b != 0 && a != i128::MIN && b != i128::MIN);
            prop_assert_eq!(mul_div(a, b, b), Some(a));
        }
    }
}
