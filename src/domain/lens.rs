//! The lens: what all tabs and commands look through at once.
//!
//! Period, comparison, filter, metric, grouping and currency, shared by every view. Knows no
//! clock; an as-of day makes its words into days.

use serde::{Deserialize, Serialize};

use super::calendar::{Day, Granularity, Period};
use super::charge::Metric;
use super::dimension::Dimension;
use super::filter::Filter;
pub use super::lens_line::LensError;
use super::period::{Comparison, PeriodSpec};
use super::text::{SafeText, Untrusted};

/// How many dimensions one question may group by.
pub const DIMENSIONS_MAX: usize = 4;

/// What a view looks at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lens {
    /// Which days.
    pub period: PeriodSpec,
    /// Held against which others.
    pub comparison: Comparison,
    /// Which charges and groups.
    pub filter: Filter,
    /// Which of the four costs.
    pub metric: Metric,
    /// By what, coarse first; at most [`DIMENSIONS_MAX`].
    pub by: Vec<Dimension>,
    /// In pieces of what size, where a view asks for a series.
    pub granularity: Granularity,
    /// Only this currency; all that there are where `None`.
    pub currency: Option<String>,
}

impl Default for Lens {
    fn default() -> Self {
        Lens {
            period: PeriodSpec::ThisMonth,
            comparison: Comparison::MonthBefore,
            filter: Filter::default(),
            metric: Metric::Effective,
            by: vec![Dimension::Provider],
            granularity: Granularity::Day,
            currency: None,
        }
    }
}

impl Lens {
    /// What its parts are called. Text from outside in them is made safe.
    #[must_use]
    pub fn words(&self, as_of: Day) -> Words {
        let safe = |text: &str| SafeText::from_outside(text).into_string();
        Words {
            days: self.period.describe(as_of),
            against: (self.comparison != Comparison::None).then(|| self.comparison.describe(self.days(as_of).1)),
            filter: (!self.filter.is_empty()).then(|| safe(&self.filter.to_string())),
            by: self.by.iter().map(|d| safe(&d.title().to_lowercase())).collect(),
            currency: self.currency.as_deref().map(safe),
        }
    }

    /// The lens as a sentence's parts, in reading order: metric, period with comparison, filter,
    /// grouping. Text from outside in it is made safe.
    #[must_use]
    pub fn sentence(&self, as_of: Day) -> Vec<String> {
        let words = self.words(as_of);
        let against = words.against.map_or_else(String::new, |against| format!(" vs {against}"));
        let mut parts = vec![format!("{} cost", self.metric.name()), words.days + &against];
        parts.extend(words.filter);
        if !words.by.is_empty() {
            parts.push(format!("by {}", words.by.join(", ")));
        }
        parts.extend(words.currency);
        parts
    }

    /// Its days and those that it is held against.
    #[must_use]
    pub fn days(&self, as_of: Day) -> (Period, Option<Period>) {
        (self.period.resolve(as_of), self.comparison.against_spec(self.period, as_of))
    }
}

/// What the parts of a lens are called, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// Its days: `November to date`.
    pub days: String,
    /// What they are held against: `same days of October`.
    pub against: Option<String>,
    /// Its filter, as it is written.
    pub filter: Option<String>,
    /// The dimensions that it groups by, coarse first.
    pub by: Vec<String>,
    /// The only currency that it looks at.
    pub currency: Option<String>,
}

/// Characters of a saved lens's name at most.
const NAME_MAX: usize = 40;

/// A lens that has a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SavedLens {
    /// Its name, as people write it.
    pub name: Untrusted,
    /// What it looks at.
    pub lens: Lens,
    /// Who keeps it.
    pub keeper: Keeper,
}

/// Who keeps a saved lens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keeper {
    /// The config file, which spendtop never writes.
    Config,
    /// The store's journal.
    Store,
}

/// A name for a lens, without space around it.
///
/// # Errors
/// What is wrong with it.
pub fn clean_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("a lens needs a name".to_owned()),
        n if n > NAME_MAX => Err(format!("a lens's name has at most {NAME_MAX} characters, this one has {n}")),
        _ if name.chars().any(|c| c.is_control() || super::text::is_hidden(c)) => {
            Err("a lens's name holds characters that nobody sees".to_owned())
        }
        _ => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_can_be_seen() {
        assert_eq!(clean_name(" prod by team "), Ok("prod by team".to_owned()));
        for (name, why) in [(" ", "needs a name"), ("a\u{1b}b", "nobody sees"), ("a\u{200b}", "nobody sees")] {
            assert!(clean_name(name).is_err_and(|e| e.contains(why)), "{name:?}");
        }
        assert!(clean_name(&"x".repeat(41)).is_err_and(|e| e.contains("at most 40")));
    }
}
