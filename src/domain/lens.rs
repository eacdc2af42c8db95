//! The lens: what all tabs and commands look through at once.
//!
//! Period, comparison, filter, metric, grouping and currency, shared by every view. Knows no
//! clock; an as-of day makes its words into days.

use serde::{Deserialize, Serialize};

use super::calendar::{Day, Granularity, Period};
use super::charge::Metric;
use super::dimension::Dimension;
use super::filter::Filter;
use super::period::{Comparison, PeriodSpec};

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
