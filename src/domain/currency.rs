//! How amounts of a currency are written: with its own decimals, two where nothing else is known of it.
//!
//! Knows no columns and no signs for currencies.

use super::money::Amount;

/// How many decimals a currency's amounts are shown with.
#[must_use]
pub fn places(currency: &str) -> u32 {
    match currency {
        // ISO 4217 has forint of a hundred fillér, which nobody bills.
        "BIF" | "CLP" | "DJF" | "GNF" | "HUF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// `1,204.10`; of yen `1,204`.
#[must_use]
pub fn written(amount: Amount, currency: &str) -> String {
    amount.grouped(places(currency))
}

/// The same behind its sign: `+1,204.10`, `-3.00`.
#[must_use]
pub fn signed(amount: Amount, currency: &str) -> String {
    let text = written(amount, currency);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_its_own_decimals() {
        let amount: Amount = "-1204.5678".parse().expect("amount");
        for (code, want, positive) in [
            ("USD", "-1,204.57", "+1,204.57"),
            ("JPY", "-1,205", "+1,205"),
            ("KRW", "-1,205", "+1,205"),
            ("KWD", "-1,204.568", "+1,204.568"),
            ("", "-1,204.57", "+1,204.57"),
        ] {
            assert_eq!((written(amount, code), signed(amount.abs(), code)), (want.to_owned(), positive.to_owned()));
        }
        assert_eq!(signed(Amount::ZERO, "USD"), "+0.00");
    }
}
