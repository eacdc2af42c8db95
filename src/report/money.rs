//! Figures as a person reads them, the same in every face: decimals, changes, percentages.
//!
//! The rules, for tables, Markdown and the app alike:
//!
//! * A currency's amounts have its own decimals ([`places`]): two, or none or three where it has other cents.
//! * Unknown is [`UNKNOWN`], never zero.
//! * A percentage is a share of the earlier amount, and only of one above zero ([`Moved::of`]): of a
//!   credit a share says nothing, since -50 after -100 is dearer and half as much at once.
//!
//! A face chooses how much of it there is room for. Knows no layout.

pub use crate::domain::currency::places;
use crate::domain::money::{Amount, SCALE};

/// What stands for a figure that is not known.
pub const UNKNOWN: &str = "n/a";

/// `1,234.50`, or `n/a`: all with the same decimals, for columns of a screen.
#[must_use]
pub fn fixed(value: Option<Amount>, places: u32) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |v| v.grouped(places))
}

/// The same where there is room for more: an amount too small for the currency's decimals keeps two
/// significant digits, `0.0000042`.
#[must_use]
pub fn known(value: Option<Amount>, currency: &str) -> String {
    fixed(value, value.map_or(0, |value| enough(value, places(currency))))
}

/// `+1,234.50`, `-3.00`, `0.00`, or `n/a`.
#[must_use]
pub fn change(value: Option<Amount>, currency: &str) -> String {
    let sign = if value.is_some_and(|v| v > Amount::ZERO) { "+" } else { "" };
    format!("{sign}{}", known(value, currency))
}

/// How an amount stands to the earlier one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moved {
    /// One of them is unknown, or the earlier one is a credit.
    Unknown,
    /// There was nothing before.
    New,
    /// By this share of the earlier amount.
    By(f64),
}

impl Moved {
    /// How `now` stands to `previous`.
    #[must_use]
    pub fn of(now: Option<Amount>, previous: Option<Amount>) -> Moved {
        let (Some(now), Some(previous)) = (now, previous) else { return Moved::Unknown };
        match (now - previous).ratio(previous) {
            None if now.is_zero() => Moved::By(0.0),
            None => Moved::New,
            Some(_) if previous < Amount::ZERO => Moved::Unknown,
            Some(ratio) => Moved::By(ratio),
        }
    }
}

/// The change from `previous` to `now`: `+12.5%`, `new`, or `n/a`.
#[must_use]
pub fn percent(now: Option<Amount>, previous: Option<Amount>) -> String {
    match Moved::of(now, previous) {
        Moved::Unknown => UNKNOWN.to_owned(),
        Moved::New => "new".to_owned(),
        Moved::By(ratio) if ratio.abs() >= 99.995 => (if ratio > 0.0 { ">+9999%" } else { "<-9999%" }).to_owned(),
        Moved::By(ratio) if ratio.abs() < 0.0005 => "0.0%".to_owned(),
        Moved::By(ratio) => format!("{:+.1}%", ratio * 100.0),
    }
}

/// Decimals that show an amount, at least so many.
fn enough(value: Amount, places: u32) -> u32 {
    let units = value.units().unsigned_abs();
    if units == 0 || units >= 10u128.pow(SCALE - places) {
        return places;
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
        for (value, currency, want) in [
            ("0", "USD", "0.00"),
            ("1234567.891", "USD", "1,234,567.89"),
            ("-1234.5", "USD", "-1,234.50"),
            ("0.01", "USD", "0.01"),
            ("0.00999", "USD", "0.0100"),
            ("0.0000042", "USD", "0.0000042"),
            ("0.00000421", "USD", "0.0000042"),
            ("-0.005", "USD", "-0.0050"),
            ("0.000000000000000001", "USD", "0.000000000000000001"),
            ("1234567.891", "JPY", "1,234,568"),
            ("0", "JPY", "0"),
            ("1", "JPY", "1"),
            ("0.25", "JPY", "0.25"),
            ("0.0042", "JPY", "0.0042"),
        ] {
            assert_eq!(known(Some(money(value)), currency), want, "{value} {currency}");
        }
        assert_eq!(known(None, "USD"), "n/a");
        assert_eq!(fixed(Some(money("0.0042")), places("EUR")), "0.00");
    }

    #[test]
    fn signs_changes() {
        assert_eq!(change(Some(money("5")), "USD"), "+5.00");
        assert_eq!(change(Some(money("5")), "JPY"), "+5");
        assert_eq!(change(Some(money("-5")), "USD"), "-5.00");
        assert_eq!(change(Some(Amount::ZERO), "USD"), "0.00");
        assert_eq!(change(None, "USD"), "n/a");
        for (now, previous, want) in [
            ("110", "100", "+10.0%"),
            ("90", "100", "-10.0%"),
            ("100", "100", "0.0%"),
            ("-50", "100", "-150.0%"),
            ("5", "0", "new"),
            ("0", "0", "0.0%"),
            ("-50", "-100", "n/a"),
            ("50", "-100", "n/a"),
            ("1000000", "1", ">+9999%"),
        ] {
            assert_eq!(percent(Some(money(now)), Some(money(previous))), want, "{now} {previous}");
        }
        assert_eq!(percent(None, Some(money("1"))), "n/a");
    }
}
