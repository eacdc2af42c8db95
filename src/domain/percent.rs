//! Percentages that people write, exact to a thousandth of a percent.
//!
//! Knows neither what they are of nor what follows from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::money::{Amount, Decimal};

/// Thousandths in a percent.
const PARTS: i64 = 1_000;
/// What is more is a slip of the finger.
const MOST: i64 = 100_000;

/// A percentage, in thousandths of a percent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Percent(i64);

impl Percent {
    /// Nothing.
    pub const ZERO: Percent = Percent(0);

    /// A whole number of percent.
    #[must_use]
    pub const fn whole(percent: i64) -> Percent {
        Percent(percent * PARTS)
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// So much of an amount, rounded half to even at the 18th decimal.
    #[must_use]
    pub fn of(self, amount: Amount) -> Amount {
        amount.scale_by(self.0, 100 * PARTS)
    }

    /// As a share, for statistics only.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0 as f64 / (100 * PARTS) as f64
    }

    /// With its sign, as what is added is written: `+10%`, `-2.5%`.
    #[must_use]
    pub fn signed(self) -> String {
        if self.0 < 0 { format!("{self}%") } else { format!("+{self}%") }
    }
}

/// Prints it without its sign `%`: `80`, `2.5`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Amount::whole(self.0).scale_by(1, PARTS))
    }
}

/// Reads `80`, `2.5%`, `+10 %`.
impl FromStr for Percent {
    type Err = String;
    fn from_str(text: &str) -> Result<Percent, String> {
        let number = text.trim().trim_end_matches('%').trim_end();
        let no = || "a percentage is written like 80 or 2.5%".to_owned();
        let amount = Decimal::parse(number.as_bytes()).map_err(|_| no())?.amount();
        let parts = amount.scale_by(PARTS, 1);
        let whole = parts.units() / Amount::whole(1).units();
        if Amount::from_units(whole * Amount::whole(1).units()) != parts {
            return Err("a percentage has at most three decimals".to_owned());
        }
        match i64::try_from(whole) {
            Ok(parts) if parts.abs() <= MOST * PARTS => Ok(Percent(parts)),
            _ => Err(format!("a percentage is at most {MOST}")),
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, want) in [("80", "80"), ("2.5%", "2.5"), ("+10 %", "10"), ("-0.125%", "-0.125"), ("0", "0")] {
            assert_eq!(text.parse::<Percent>().map(|p| p.to_string()).as_deref(), Ok(want), "{text}");
        }
        for (text, why) in [("", "like 80"), ("ten", "like 80"), ("1.2345", "three decimals"), ("1e9", "at most")] {
            assert!(text.parse::<Percent>().is_err_and(|e| e.contains(why)), "{text}");
        }
        assert_eq!(Percent::whole(10).signed(), "+10%");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_and_taken_exactly(parts in -100_000_000i64..=100_000_000, cents in -1_000_000_000i64..1_000_000_000) {
            let percent = Percent(parts);
            prop_assert_eq!(percent.to_string().parse::<Percent>(), Ok(percent));
            let amount = Amount::whole(cents).scale_by(1, 100);
            let want = Amount::from_units(amount.units() / 100_000 * i128::from(parts));
            prop_assert_eq!(percent.of(amount), want);
        }
    }
}
