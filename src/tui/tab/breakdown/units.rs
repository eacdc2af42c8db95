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
/// Columns of what a price is of: ` /k`.
const MANY: usize = 3;
/// Columns of a quantity with its unit, and of a price.
pub const QUANTITY: usize = NUMBER + 1 + UNIT + 2;
pub const PRICE: usize = 13 + MANY;

/// How many units a price is told of: of so many that its first digits are seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// Of one.
    One,
    /// Of a thousand.
    Thousand,
    /// Of a million.
    Million,
}

impl Per {
    /// How a price of one is told.
    #[must_use]
    pub fn of(price: Option<Amount>) -> Per {
        match price.map(|price| price.to_f64().abs()) {
            Some(price) if price > 0.0 && price < 0.000_01 => Per::Million,
            Some(price) if price > 0.0 && price < 0.01 => Per::Thousand,
            _ => Per::One,
        }
    }

    fn units(self) -> i64 {
        match self {
            Per::One => 1,
            Per::Thousand => 1_000,
            Per::Million => 1_000_000,
        }
    }

    /// What stands before the unit.
    #[must_use]
    pub fn many(self) -> &'static str {
        match self {
            Per::One => "",
            Per::Thousand => "k ",
            Per::Million => "M ",
        }
    }
}

/// A price of one as that of so many.
#[must_use]
pub fn price(price: Option<Amount>, per: Per) -> String {
    price.map_or_else(|| UNKNOWN.to_owned(), |price| price.scale_by(per.units(), 1).grouped(PRICE_PLACES))
}

/// A price in a column, with what it is of where that is not one.
#[must_use]
pub fn price_cell(amount: Option<Amount>, ellipsis: &str) -> String {
    let per = Per::of(amount);
    let many = if per == Per::One { String::new() } else { format!(" /{}", per.many()) };
    right(&price(amount, per), PRICE - MANY, ellipsis) + &left(&many, MANY, "")
}

/// The heading of such a column.
#[must_use]
pub fn price_heading(title: &str, columns: usize) -> String {
    if columns == 0 { String::new() } else { right(title, PRICE - MANY, "") + &" ".repeat(MANY) }
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
            ("0.00000043", "0.4300 /M", "0.0"),
            ("0.000018", "0.0180 /k", "0.0"),
            ("0.0053", "5.3000 /k", "0.0"),
            ("-0.0053", "-5.3000 /k", "0.0"),
            ("0.01", "0.0100", "0.0"),
            ("0", "0.0000", "0.0"),
            ("123456", "123,456.0000", "123,456.0"),
            ("123456789012", "123,456,789,…", "123G"),
            ("", "n/a", "n/a"),
        ] {
            let cell = price_cell(of(text), "…");
            assert_eq!((cell.trim(), quantity(of(text)).as_str()), (price_text, quantity_text), "{text}");
            assert_eq!(crate::tui::text::width(&cell), PRICE, "{cell}");
        }
        let points = ["32.77264", "0.00000043"].map(|text| price_cell(of(text), "…").find('.'));
        assert_eq!(points[0], points[1], "points stand beneath each other");
        assert_eq!(quantity_cell(of("555.5"), "h", "…"), "         555.5 h       ");
        assert_eq!(quantity_cell(None, "h", "…").trim(), "n/a");
        assert!(crate::tui::text::width(&quantity_cell(of("9999999999"), "GB-Month-long", "…")) == QUANTITY);
    }
}
