//! Prices and quantities as a column has room for them.
//!
//! Pure. Decimals are fixed, so that points stand beneath each other.

use crate::domain::money::Amount;
use crate::tui::text::{left, right};
use crate::tui::widget::money::{UNKNOWN, short};

/// Decimals of a price and of a quantity.
const PRICE_PLACES: u32 = 4;
const QUANTITY_PLACES: u32 = 1;
/// Columns of the number of a quantity, and of its unit.
const NUMBER: usize = 12;
const UNIT: usize = 8;
/// Columns of a quantity with its unit, and of a price.
pub const QUANTITY: usize = NUMBER + 1 + UNIT + 2;
pub const PRICE: usize = 13;

/// A price of one: with as many decimals as all have, more where those would say nothing.
#[must_use]
pub fn price(price: Option<Amount>) -> String {
    match price {
        None => UNKNOWN.to_owned(),
        Some(price) if !price.is_zero() && price.to_f64().abs() < 0.00005 => format!("{:.1e}", price.to_f64()),
        Some(price) => price.grouped(PRICE_PLACES),
    }
}

/// A quantity without its unit.
#[must_use]
pub fn quantity(quantity: Option<Amount>) -> String {
    match quantity.map(|amount| (amount, amount.grouped(QUANTITY_PLACES))) {
        None => UNKNOWN.to_owned(),
        Some((amount, whole)) if whole.len() > NUMBER => short(amount.to_f64()),
        Some((_, whole)) => whole,
    }
}

/// A quantity with its unit in a column.
#[must_use]
pub fn quantity_cell(amount: Option<Amount>, unit: &str, ellipsis: &str) -> String {
    let unit = if amount.is_some() { unit } else { "" };
    format!("  {} {}", right(&quantity(amount), NUMBER, ""), left(unit, UNIT, ellipsis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_quantities_keep_their_place() {
        let of = |text: &str| text.parse().ok();
        for (text, price_text, quantity_text) in [
            ("32.77264", "32.7726", "32.8"),
            ("0.000001", "1.0e-6", "0.0"),
            ("0", "0.0000", "0.0"),
            ("123456789012", "123,456,789,012.0000", "123G"),
            ("", "n/a", "n/a"),
        ] {
            assert_eq!((price(of(text)).as_str(), quantity(of(text)).as_str()), (price_text, quantity_text), "{text}");
        }
        assert_eq!(quantity_cell(of("555.5"), "h", "…"), "         555.5 h       ");
        assert_eq!(quantity_cell(None, "h", "…").trim(), "n/a");
        assert!(crate::tui::text::width(&quantity_cell(of("9999999999"), "GB-Month-long", "…")) == QUANTITY);
    }
}
