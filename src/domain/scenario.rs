//! What if: changes that somebody thinks of, written as lines, and kept under a name.
//!
//! ```text
//! growth +10% of "Amazon EC2" from 2026-12-01
//! growth +3% a month
//! price -5% of AmazonS3
//! add 3 x 12.50 a day from 2026-12-01
//! buy 5000 on 2026-12-10
//! ```
//!
//! A change without a day begins with the first day to come. Knows neither what anything costs nor where
//! scenarios are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::budget;
use super::calendar::Day;
use super::money::Amount;
use super::percent::Percent;
use super::text::Untrusted;
use super::words::nearest;

/// Changes of a scenario at most.
pub const CHANGES_MAX: usize = 20;

/// One thing that would be otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// More is used, or less.
    Growth {
        /// By how much.
        percent: Percent,
        /// Each month anew, and not once.
        monthly: bool,
        /// Of this service alone.
        service: Option<Untrusted>,
        /// From this day on.
        from: Option<Day>,
    },
    /// The same costs more, or less.
    Price {
        /// By how much.
        percent: Percent,
        /// Of this service alone.
        service: Option<Untrusted>,
        /// From this day on.
        from: Option<Day>,
    },
    /// More resources, or fewer.
    Add {
        /// How many.
        count: Amount,
        /// What each costs a day.
        price: Amount,
        /// From this day on.
        from: Option<Day>,
    },
    /// Something is bought once.
    Buy {
        /// What it costs.
        amount: Amount,
        /// On this day.
        on: Option<Day>,
    },
}

impl Change {
    /// The service that it is about, where it is about one.
    #[must_use]
    pub fn service(&self) -> Option<&Untrusted> {
        match self {
            Change::Growth { service, .. } | Change::Price { service, .. } => service.as_ref(),
            Change::Add { .. } | Change::Buy { .. } => None,
        }
    }

    /// The day that it says.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        match self {
            Change::Growth { from, .. } | Change::Price { from, .. } | Change::Add { from, .. } => *from,
            Change::Buy { on, .. } => *on,
        }
    }
}

/// Prints what [`Change::from_str`] reads.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Growth { percent, monthly, .. } => {
                write!(f, "growth {}{}", percent.signed(), if *monthly { " a month" } else { "" })?;
            }
            Change::Price { percent, .. } => write!(f, "price {}", percent.signed())?,
            Change::Add { count, price, .. } => write!(f, "add {count} x {price} a day")?,
            Change::Buy { amount, .. } => write!(f, "buy {amount}")?,
        }
        if let Some(service) = self.service() {
            let text = service.raw();
            let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\\'));
            if plain {
                write!(f, " of {text}")?;
            } else {
                write!(f, " of \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        match self.day() {
            Some(day) if matches!(self, Change::Buy { .. }) => write!(f, " on {day}"),
            Some(day) => write!(f, " from {day}"),
            None => Ok(()),
        }
    }
}

const KINDS: [&str; 4] = ["growth", "price", "add", "buy"];

impl FromStr for Change {
    type Err = String;
    fn from_str(text: &str) -> Result<Change, String> {
        let mut words = Words::of(text)?;
        let kind = words.next().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        let change = match kind.as_str() {
            "growth" | "price" => {
                let percent = words.next().ok_or_else(|| format!("by how much? write it like {kind} +10%"))?;
                let percent: Percent = percent.parse()?;
                if percent < Percent::whole(-100) {
                    return Err("less than nothing cannot be used or paid: at most -100%".to_owned());
                }
                let monthly = kind == "growth" && words.take(&["a", "month"]);
                let service = words.take(&["of"]).then(|| words.next().ok_or("of which service?")).transpose()?;
                let service = service.map(Untrusted::from);
                let from = words.day("from")?;
                if kind == "price" {
                    Change::Price { percent, service, from }
                } else {
                    Change::Growth { percent, monthly, service, from }
                }
            }
            "add" => {
                let how = || "write it like add 3 x 12.50 a day".to_owned();
                let count = budget::amount(&words.next().ok_or_else(how)?)?;
                if !words.take(&["x"]) {
                    return Err(how());
                }
                let price = budget::amount(&words.next().ok_or_else(how)?)?;
                words.take(&["a", "day"]);
                let (many, much) = (count.abs() > Amount::whole(1_000_000), price.abs() > Amount::whole(1_000_000_000));
                if many || much {
                    return Err("at most 1,000,000 resources at 1,000,000,000 a day".to_owned());
                }
                Change::Add { count, price, from: words.day("from")? }
            }
            "buy" => {
                let amount = words.next().ok_or_else(|| "for how much? write it like buy 5000".to_owned())?;
                Change::Buy { amount: budget::amount(&amount)?, on: words.day("on")? }
            }
            other => {
                let meant = nearest(other, &KINDS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(format!("a change begins with growth, price, add or buy{meant}"));
            }
        };
        match words.next() {
            Some(more) => Err(format!("`{more}` was not understood; {}", example(&kind))),
            None => Ok(change),
        }
    }
}

fn example(kind: &str) -> &'static str {
    match kind {
        "growth" => "write it like growth +10% a month of \"Amazon EC2\" from 2026-12-01",
        "price" => "write it like price -5% of \"Amazon EC2\" from 2026-12-01",
        "add" => "write it like add 3 x 12.50 a day from 2026-12-01",
        _ => "write it like buy 5000 on 2026-12-10",
    }
}

/// Words of a line; what is in quotes is one.
struct Words(std::collections::VecDeque<String>);

impl Words {
    fn of(text: &str) -> Result<Words, String> {
        let mut words = std::collections::VecDeque::new();
        let mut chars = text.chars().peekable();
        while let Some(first) = chars.peek().copied() {
            if first.is_whitespace() {
                chars.next();
                continue;
            }
            let mut word = String::new();
            if first == '"' {
                chars.next();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => word.extend(chars.next()),
                        Some(c) => word.push(c),
                        None => return Err("a quote is never closed".to_owned()),
                    }
                }
            } else {
                while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                    word.push(c);
                }
            }
            words.push_back(word);
        }
        Ok(Words(words))
    }

    fn next(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Takes these words, where they come next.
    fn take(&mut self, wanted: &[&str]) -> bool {
        let come = self.0.len() >= wanted.len() && self.0.iter().zip(wanted).all(|(a, b)| a.eq_ignore_ascii_case(b));
        if come {
            self.0.drain(..wanted.len());
        }
        come
    }

    fn day(&mut self, word: &str) -> Result<Option<Day>, String> {
        if !self.take(&[word]) {
            return Ok(None);
        }
        let day = self.next().unwrap_or_default();
        Day::parse(&day).map(Some).ok_or_else(|| format!("{word} which day? write it like {word} 2026-12-01"))
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Changes under a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scenario {
    /// What it is called; no two scenarios are called the same.
    pub name: Untrusted,
    /// What would be otherwise, in order.
    pub changes: Vec<Change>,
}

impl Scenario {
    /// The scenario with its name cleaned.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked(mut self) -> Result<Scenario, String> {
        self.name = budget::clean_name(self.name.raw()).map_err(|why| why.replace("a budget", "a scenario"))?.into();
        few(&self.changes)?;
        Ok(self)
    }
}

/// Whether there are changes, and not too many.
///
/// # Errors
/// Where it is not so.
pub fn few(changes: &[Change]) -> Result<(), String> {
    match changes.len() {
        0 => Err("nothing would be otherwise: give a change like growth +10%".to_owned()),
        1..=CHANGES_MAX => Ok(()),
        n => Err(format!("at most {CHANGES_MAX} changes are looked at at once, these are {n}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_read_and_printed() {
        for (text, want) in [
            ("growth 10%", "growth +10%"),
            (
                "Growth +10% a month of \"Amazon EC2\" from 2026-12-01",
                "growth +10% a month of \"Amazon EC2\" from 2026-12-01",
            ),
            ("price -5 of AmazonS3", "price -5% of AmazonS3"),
            ("add 3 x 12.50 a day", "add 3 x 12.5 a day"),
            ("add -2 x 1k from 2026-12-01", "add -2 x 1000 a day from 2026-12-01"),
            ("buy 5,000 on 2026-12-10", "buy 5000 on 2026-12-10"),
        ] {
            let change: Change = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(change.to_string(), want);
            assert_eq!(want.parse(), Ok(change));
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, why) in [
            ("", "begins with growth"),
            ("grwth 10%", "did you mean `growth`"),
            ("growth", "by how much"),
            ("growth lots", "like 80"),
            ("growth 10% of", "which service"),
            ("growth 10% of \"EC2", "never closed"),
            ("growth 10% soon", "`soon` was not understood"),
            ("price -101%", "less than nothing"),
            ("price 5% a month", "`a` was not understood"),
            ("add 3 12.50", "add 3 x 12.50"),
            ("add 2M x 5", "at most 1,000,000"),
            ("buy 5 on Monday", "on which day"),
        ] {
            assert!(text.parse::<Change>().is_err_and(|e| e.contains(why)), "{text}: {:?}", text.parse::<Change>());
        }
        let none = Scenario { name: "a".into(), changes: vec![] };
        assert!(none.checked().is_err_and(|e| e.contains("nothing would be otherwise")));
        let change = Change::Buy { amount: Amount::whole(1), on: None };
        let unnamed = Scenario { name: "".into(), changes: vec![change.clone()] };
        assert_eq!(unnamed.checked(), Err("a scenario needs a name".to_owned()));
        assert!(few(&vec![change; 21]).is_err_and(|e| e.contains("these are 21")));
    }

    proptest! {
        #[test]
        fn any_change_is_printed_as_it_is_read(percent in -100i64..10_000, monthly: bool, service in prop::option::of("\\PC{1,12}"), day in prop::option::of(0i32..60_000), price: bool) {
            let service = service.map(Untrusted::from);
            let (percent, from) = (Percent::whole(percent), day.map(Day));
            let change = if price { Change::Price { percent, service, from } } else { Change::Growth { percent, monthly, service, from } };
            prop_assert_eq!(change.to_string().parse(), Ok(change));
        }
    }
}
