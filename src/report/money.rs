//! Amounts as a person reads them: thousands, two decimals, more for tiny ones, changes signed.
//!
//! Knows no currency and no layout.

use crate::domain::money::{Amount, SCALE};

/// What stands for a figure that is not known.
pub const UNKNOWN: &str = "n/a";

/// `1,234.50`; an amount below a cent keeps two significant digits: `0.0000042`.
pub fn amount(value: Amount) -> String {
    value.grouped(places(value))
}

/// The same, or `n/a`.
pub fn known(value: Option<Amount>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), amount)
}

/// `+1,234.50`, `-3.00`, `0.00`, or `n/a`.
pub fn change(value: Option<Amount>) -> String {
    match value {
        Some(value) if value > Amount::ZERO => format!("+{}", amount(value)),
        other => known(other),
    }
}

/// The change from `previous` to `now` in percent of the earlier: `+12.5%`; `new` where there was
/// nothing before, `n/a` where either is unknown.
pub fn percent(now: Option<Amount>, previous: Option<Amount>) -> String {
    let (Some(now), Some(previous)) = (now, previous) else { return UNKNOWN.to_owned() };
    match (now - previous).ratio(previous.abs()) {
        None if now.is_zero() => "0.0%".to_owned(),
        None => "new".to_owned(),
        Some(ratio) if ratio.abs() >= 99.995 => (if ratio > 0.0 { ">+9999%" } else { "<-9999%" }).to_owned(),
        Some(ratio) if ratio.abs() < 0.0005 => "0.0%".to_owned(),
        Some(ratio) => format!("{:+.1}%", ratio * 100.0),
    }
}

/// Decimals that an amount is shown with.
fn places(value: Amount) -> u32 {
    let units = value.units().unsigned_abs();
    let cent = 10u128.pow(SCALE - 2);
    if units == 0 || units >= cent {
        return 2;
    }
    // 1e-18 has no second digit to show.
    (SCALE - units.ilog10() + 1).min(SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Amount {
        text.parse().expect(text)
    }

    #[test]
    fn shows_what_matters_of_an_amount() {
        for (value, want) in [
            ("0", "0.00"),
            ("1234567.891", "1,234,567.89"),
            ("-1234.5", "-1,234.50"),
            ("0.01", "0.01"),
            ("0.00999", "0.0100"),
            ("0.0000042", "0.0000042"),
            ("0.00000421", "0.0000042"),
            ("-0.005", "-0.0050"),
            ("0.000000000000000001", "0.000000000000000001"),
        ] {
            assert_eq!(amount(money(value)), want, "{value}");
        }
    }

    #[test]
    fn signs_changes() {
        assert_eq!(change(Some(money("5"))), "+5.00");
        assert_eq!(change(Some(money("-5"))), "-5.00");
        assert_eq!(change(Some(Amount::ZERO)), "0.00");
        assert_eq!(change(None), "n/a");
        for (now, previous, want) in [
            ("110", "100", "+10.0%"),
            ("90", "100", "-10.0%"),
            ("100", "100", "0.0%"),
            ("5", "0", "new"),
            ("0", "0", "0.0%"),
            ("-50", "-100", "+50.0%"),
            ("1000000", "1", ">+9999%"),
        ] {
            assert_eq!(percent(Some(money(now)), Some(money(previous))), want, "{now} {previous}");
        }
        assert_eq!(percent(None, Some(money("1"))), "n/a");
    }
}
