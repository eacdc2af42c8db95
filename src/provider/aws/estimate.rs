//! How much Cost Explorer will answer, before the first request is paid for. Pure.

use super::super::remote::Feed;
use super::REQUEST_MICRODOLLARS;
use crate::domain::dimension::Dimension;

/// How large an organisation is, as far as it is known or guessed. Rows are counted as if everything
/// went with everything, so that the estimate is not exceeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Accounts with costs.
    pub accounts: u32,
    /// Services that they use.
    pub services: u32,
    /// Regions that they use.
    pub regions: u32,
    /// Usage types of one service, about.
    pub usage_types: u32,
    /// Values of one tag key or cost category.
    pub tag_values: u32,
    /// Resources with costs.
    pub resources: u32,
}

impl Default for Size {
    /// One account with what a small company uses.
    fn default() -> Self {
        Size { accounts: 1, services: 20, regions: 4, usage_types: 10, tag_values: 10, resources: 200 }
    }
}

/// What so many requests cost, as `0.12`.
#[must_use]
pub fn dollars(requests: u64) -> String {
    let cents = (requests * u64::from(REQUEST_MICRODOLLARS)).div_ceil(10_000);
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Rows of a day that a feed tells, at most.
#[must_use]
pub fn rows_a_day(feed: &Feed, size: &Size) -> u64 {
    let values = |dimension: &Dimension| match dimension {
        Dimension::SubAccount => size.accounts,
        Dimension::Service => size.services,
        Dimension::Region => size.regions,
        Dimension::Sku => size.usage_types,
        Dimension::ChargeCategory => RECORD_TYPES,
        Dimension::Tag(_) => size.tag_values,
        _ => 1,
    };
    if feed.tells.contains(&Dimension::Resource) {
        return u64::from(size.resources);
    }
    let hours = if feed.is_hourly() { 24 } else { 1 };
    feed.tells.iter().map(|dimension| u64::from(values(dimension).max(1))).product::<u64>() * hours
}

/// Record types that one service has, about.
const RECORD_TYPES: u32 = 4;

#[cfg(test)]
mod tests {
    use super::super::feeds::groupings;
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn rows_are_counted_as_if_everything_went_with_everything() {
        let settings = Settings { hourly: true, resources: true, ..Settings::new("aws") };
        let size = Size { accounts: 20, services: 40, ..Size::default() };
        let rows =
            |grouping: super::super::feeds::Grouping| (grouping.feed.name.clone(), rows_a_day(&grouping.feed, &size));
        let told: Vec<(String, u64)> = groupings(&settings).into_iter().map(rows).collect();
        let want = [
            ("base", 800),
            ("service+region", 160),
            ("service+usage_type", 400),
            ("account+region", 80),
            ("service+record_type", 160),
            ("hourly", 800 * 24),
            ("resources", 200),
        ];
        assert_eq!(told, want.map(|(name, rows)| (name.to_owned(), rows)));
        assert_eq!([0, 12, 1_044].map(dollars), ["0.00", "0.12", "10.44"]);
    }
}
