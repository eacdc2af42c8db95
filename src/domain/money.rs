//! Exact decimal amounts: money and quantities as integers of 1e-18.
//!
//! Knows nothing of where a figure came from. No float takes part in a sum; a float that a
//! source prints is read by its shortest decimal form ([`Decimal::from_f64`]), which is the
//! decimal that any correct printer writes for it.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimal places that an [`Amount`] holds.
pub const SCALE: u32 = 18;
const ONE: i128 = 10i128.pow(SCALE);

/// Powers of ten up to 10^18, as `i64`.
pub const POW10: [i64; 19] = {
    let mut table = [1i64; 19];
    let mut i = 1;
    while i < table.len() {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// An exact decimal in units of 1e-18. Its currency or unit is kept beside it, never inside.
///
/// Arithmetic saturates instead of wrapping: 1.7e20 whole units is beyond any bill, and the
/// readers refuse a single value above [`Amount::LIMIT`], so that ten billion rows cannot reach
/// the edge unnoticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);
    /// The largest magnitude that a single charge may carry: 1e15 whole units, so that a hundred
    /// thousand such charges still add up exactly.
    pub const LIMIT: i128 = ONE * 1_000_000_000_000_000;
    /// The largest quantity: storage is measured in byte-seconds. Quantities are never summed over
    /// a bill.
    pub const QUANTITY_LIMIT: i128 = ONE * 10_000_000_000_000_000_000;

    /// An amount from units of 1e-18.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Amount(units)
    }

    /// The amount in units of 1e-18.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// A whole number of currency units.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Amount(n as i128 * ONE)
    }

    /// The distance from zero.
    #[must_use]
    pub const fn abs(self) -> Self {
        Amount(self.0.saturating_abs())
    }

    /// Whether this is exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The nearest float: for pixels and statistics only, never for sums.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// The share of `total` in `0.0..=1.0` (or beyond, with mixed signs); `None` when `total` is zero.
    #[must_use]
    pub fn ratio(self, total: Amount) -> Option<f64> {
        (total.0 != 0).then(|| self.0 as f64 / total.0 as f64)
    }

    /// Multiplies by a fraction, rounding half to even at the 18th decimal.
    #[must_use]
    pub fn scale_by(self, numerator: i64, denominator: i64) -> Self {
        if denominator == 0 {
            return Amount::ZERO;
        }
        let product = self.0.saturating_mul(i128::from(numerator));
        Amount(div_half_even(product, i128::from(denominator)))
    }

    /// Rounds half to even to `places` decimals and prints them all, with thousands separated:
    /// `1,234.50`.
    #[must_use]
    pub fn grouped(self, places: u32) -> String {
        let places = places.min(SCALE);
        let unit = 10i128.pow(SCALE - places);
        let rounded = div_half_even(self.0, unit);
        let text = rounded.unsigned_abs().to_string();
        let places = places as usize;
        let padded = format!("{text:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        let mut out = String::with_capacity(padded.len() + padded.len() / 3 + 2);
        if rounded < 0 {
            out.push('-');
        }
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        if places > 0 {
            out.push('.');
            out.push_str(fraction);
        }
        out
    }
}

fn div_half_even(value: i128, by: i128) -> i128 {
    let quotient = value / by;
    let rest = (value % by).unsigned_abs();
    let half = by.unsigned_abs();
    let up = match (rest * 2).cmp(&half) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
    };
    if !up {
        quotient
    } else if (value < 0) == (by < 0) {
        quotient + 1
    } else {
        quotient - 1
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }
}
impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }
}
impl Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(self.0.saturating_neg())
    }
}
impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other;
    }
}
impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(iter: I) -> Amount {
        iter.fold(Amount::ZERO, Add::add)
    }
}

/// Prints the exact value with no trailing zeros: `-0.0000004`, `12`, `3.5`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let (whole, fraction) = (units / ONE as u128, units % ONE as u128);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{fraction:018}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}
impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Written as an exact decimal string, so that no JSON reader rounds it.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let decimal = Decimal::parse(text.as_bytes()).map_err(serde::de::Error::custom)?;
            Ok(decimal.amount())
        } else {
            i128::deserialize(deserializer).map(Amount)
        }
    }
}
impl std::str::FromStr for Amount {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Decimal::parse(text.as_bytes()).map(|d| d.amount())
    }
}

/// Why a text is not an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point and exponent.
    #[error("not a decimal number")]
    Syntax,
    /// `NaN` or an infinity.
    #[error("not a finite number")]
    NotFinite,
    /// Beyond [`Amount::LIMIT`].
    #[error("out of range: more than a cost or a quantity can be")]
    Range,
}

/// A decimal as it was read: `mantissa` x 10^-`scale`, with what reading it lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal {
    /// The digits as an integer.
    pub mantissa: i128,
    /// How many of them stand behind the point, 0 to 18.
    pub scale: u8,
    /// Whether digits beyond the 18th decimal were rounded away (half to even).
    pub rounded: bool,
}

impl Decimal {
    /// Reads `-12.50`, `+3`, `.5`, `1E-7`. No thousands separators, no currency signs.
    ///
    /// # Errors
    /// See [`DecimalError`].
    pub fn parse(text: &[u8]) -> Result<Decimal, DecimalError> {
        Self::parse_within(text, Amount::LIMIT)
    }

    /// The same, with another largest magnitude, at most [`Amount::QUANTITY_LIMIT`].
    ///
    /// # Errors
    /// See [`DecimalError`].
    pub fn parse_within(text: &[u8], limit: i128) -> Result<Decimal, DecimalError> {
        match Self::parse_plain(text) {
            Some(decimal) => Ok(decimal),
            None => Self::parse_slow(text, limit),
        }
    }

    /// The common case in one pass: at most 18 digits, no exponent.
    fn parse_plain(text: &[u8]) -> Option<Decimal> {
        let (negative, digits) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if digits.is_empty() || digits.len() > 19 {
            return None;
        }
        let mut value: u64 = 0;
        let mut point = usize::MAX;
        for (i, byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if *byte == b'.' && point == usize::MAX {
                point = i;
            } else {
                return None;
            }
        }
        let count = digits.len() - usize::from(point != usize::MAX);
        if count == 0 || count > 18 {
            return None;
        }
        let scale = if point == usize::MAX { 0 } else { digits.len() - 1 - point };
        let mantissa = i128::from(value);
        if mantissa > Amount::LIMIT / ONE * i128::from(POW10[scale]) {
            return None;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Decimal { mantissa, scale: scale as u8, rounded: false })
    }

    fn parse_slow(text: &[u8], limit: i128) -> Result<Decimal, DecimalError> {
        let (negative, rest) = match text.first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
            None => return Err(DecimalError::Syntax),
        };
        if rest.eq_ignore_ascii_case(b"nan")
            || rest.eq_ignore_ascii_case(b"inf")
            || rest.eq_ignore_ascii_case(b"infinity")
        {
            return Err(DecimalError::NotFinite);
        }
        let (number, exponent) = match rest.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&rest[..at], parse_exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let mut digits: Vec<u8> = Vec::with_capacity(number.len());
        let mut decimals: i64 = 0;
        let mut point = false;
        for byte in number {
            match byte {
                b'0'..=b'9' => {
                    digits.push(byte - b'0');
                    decimals += i64::from(point);
                }
                b'.' if !point => point = true,
                _ => return Err(DecimalError::Syntax),
            }
        }
        if digits.is_empty() {
            return Err(DecimalError::Syntax);
        }
        finish(negative, &digits, decimals - exponent, limit)
    }

    /// Reads a float by its shortest decimal form, within a largest magnitude as
    /// [`Self::parse_within`] does.
    ///
    /// A value with at most 15 significant digits and at most 10 decimals, which is what billing
    /// exports hold, is found by one rounding that is then proved by dividing back: two decimals
    /// of 15 digits never share a float, so the one that divides back exactly is the shortest.
    ///
    /// # Errors
    /// [`DecimalError::NotFinite`] and [`DecimalError::Range`].
    pub fn from_f64(value: f64, limit: i128) -> Result<Decimal, DecimalError> {
        let scaled = (value * 1e10).round_ties_even();
        if scaled.abs() < 1e15 && scaled / 1e10 == value {
            return Ok(Decimal { mantissa: scaled as i128, scale: 10, rounded: false });
        }
        if !value.is_finite() {
            return Err(DecimalError::NotFinite);
        }
        Self::parse_within(format!("{value:e}").as_bytes(), limit)
    }

    /// The value in units of 1e-18.
    #[must_use]
    pub fn amount(self) -> Amount {
        let factor = POW10[(SCALE as usize).saturating_sub(self.scale as usize)];
        Amount(self.mantissa.saturating_mul(i128::from(factor)))
    }
}

fn parse_exponent(text: &[u8]) -> Result<i64, DecimalError> {
    let text = std::str::from_utf8(text).map_err(|_| DecimalError::Syntax)?;
    if text.is_empty() || text.len() > 6 {
        return Err(DecimalError::Syntax);
    }
    text.parse().map_err(|_| DecimalError::Syntax)
}

/// Digits before the point at most: with 18 behind it, they fit.
const WHOLE_DIGITS_MAX: i64 = 20;

/// `digits` x 10^-`decimals` as a [`Decimal`] of at most 18 decimals.
fn finish(negative: bool, digits: &[u8], decimals: i64, limit: i128) -> Result<Decimal, DecimalError> {
    let lead = digits.iter().take_while(|d| **d == 0).count();
    let mut digits = &digits[lead..];
    let mut decimals = decimals;
    while let [rest @ .., 0] = digits {
        if decimals <= 0 {
            break;
        }
        digits = rest;
        decimals -= 1;
    }
    if digits.is_empty() {
        return Ok(Decimal { mantissa: 0, scale: 0, rounded: false });
    }
    let whole_digits = digits.len() as i64 - decimals;
    if whole_digits > WHOLE_DIGITS_MAX {
        return Err(DecimalError::Range);
    }
    let cut = (decimals - i64::from(SCALE)).max(0);
    let kept = (digits.len() as i64 - cut).max(0) as usize;
    let mut mantissa: i128 = digits[..kept].iter().fold(0, |sum, d| sum * 10 + i128::from(*d));
    let mut scale = decimals;
    let mut rounded = false;
    if cut > 0 {
        scale = i64::from(SCALE);
        rounded = true;
        // Where the cut lies left of the first digit, that digit is not the one after the cut.
        let after = if cut > digits.len() as i64 { &[][..] } else { &digits[kept..] };
        let up = match after.first() {
            Some(d) if *d > 5 => true,
            Some(5) => after[1..].iter().any(|d| *d != 0) || mantissa % 2 != 0,
            _ => false,
        };
        mantissa += i128::from(up);
    }
    while scale < 0 {
        mantissa *= 10;
        scale += 1;
    }
    let value = Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale: scale as u8, rounded };
    if value.amount().0.abs() > limit {
        return Err(DecimalError::Range);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, DecimalError> {
        Decimal::parse(text.as_bytes()).map(|d| d.amount().to_string())
    }

    #[test]
    fn reads_what_the_clouds_write() {
        for (text, want) in [
            ("0.00000080000", "0.0000008"),
            ("-0.15688992", "-0.15688992"),
            ("1E-7", "0.0000001"),
            ("1.5e3", "1500"),
            ("+12", "12"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0", "0"),
            ("-0.0", "0"),
            ("0.001388888900000", "0.0013888889"),
            ("1000.000000000000000000", "1000"),
            ("123456789.123456789123456789", "123456789.123456789123456789"),
            ("1e10", "10000000000"),
            ("0e99999", "0"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn rounds_half_to_even_at_the_eighteenth_decimal_and_says_so() {
        for (text, want) in [
            ("0.0000000000000000005", "0"),
            ("0.0000000000000000015", "0.000000000000000002"),
            ("0.0000000000000000025", "0.000000000000000002"),
            ("0.00000000000000000251", "0.000000000000000003"),
            ("0.123456789012345678901", "0.123456789012345679"),
            ("-0.123456789012345678901", "-0.123456789012345679"),
            ("9e-30", "0"),
        ] {
            let d = Decimal::parse(text.as_bytes()).expect(text);
            assert_eq!(d.amount().to_string(), want, "{text}");
            assert!(d.rounded, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        use DecimalError::{NotFinite, Range, Syntax};
        for (text, want) in [
            ("", Syntax),
            ("-", Syntax),
            ("$50,000.00 ", Syntax),
            ("1,5", Syntax),
            ("1.2.3", Syntax),
            ("12a", Syntax),
            ("1e", Syntax),
            ("NaN", NotFinite),
            ("-inf", NotFinite),
            ("1e400", Range),
            ("1000000000000001", Range),
            ("100000000001e5", Range),
            ("99999999999999999999999", Range),
        ] {
            assert_eq!(read(text), Err(want), "{text}");
        }
    }

    #[test]
    fn groups_thousands_and_rounds_for_the_eye() {
        for (text, places, want) in [
            ("1234567.895", 2, "1,234,567.90"),
            ("-1234.5", 2, "-1,234.50"),
            ("0.005", 2, "0.00"),
            ("0.015", 2, "0.02"),
            ("999.999", 2, "1,000.00"),
            ("12", 0, "12"),
            ("-0.001", 2, "0.00"),
        ] {
            let amount: Amount = text.parse().expect(text);
            assert_eq!(amount.grouped(places), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn prints_and_reads_back_the_same(units in -Amount::LIMIT..Amount::LIMIT) {
            let amount = Amount::from_units(units);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
        }

        #[test]
        fn a_float_is_read_by_its_shortest_form(mantissa in -1_000_000_000_000_000i64..1_000_000_000_000_000, scale in 0u32..14) {
            let text = format!("{mantissa}e-{scale}");
            let float: f64 = text.parse().expect("float");
            let from_text = Decimal::parse(text.as_bytes()).map(Decimal::amount);
            let from_float = Decimal::from_f64(float, Amount::LIMIT).map(Decimal::amount);
            prop_assert_eq!(from_float, from_text);
        }
    }
}
