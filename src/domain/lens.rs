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
use super::text::Untrusted;

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
    /// The lens as a sentence's parts, in reading order: metric, period with comparison, filter,
    /// grouping. Text from outside in it is made safe.
    #[must_use]
    pub fn sentence(&self, as_of: Day) -> Vec<String> {
        let mut parts = vec![format!("{} cost", self.metric.name())];
        let mut days = self.period.describe(as_of);
        if self.comparison != Comparison::None {
            days = format!("{days} vs {}", self.comparison.describe(self.days(as_of).1));
        }
        parts.push(days);
        if !self.filter.is_empty() {
            parts.push(super::text::SafeText::from_outside(&self.filter.to_string()).into_string());
        }
        if !self.by.is_empty() {
            let by: Vec<String> = self.by.iter().map(|d| d.title().to_lowercase()).collect();
            parts.push(format!("by {}", by.join(", ")));
        }
        parts.extend(self.currency.clone());
        parts
    }

    /// Its days and those that it is held against.
    #[must_use]
    pub fn days(&self, as_of: Day) -> (Period, Option<Period>) {
        (self.period.resolve(as_of), self.comparison.against_spec(self.period, as_of))
    }
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
