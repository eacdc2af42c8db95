//! What Cost Explorer will cost, before the first request is paid for. Pure.

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

/// How often a feed is asked, and for how many days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rhythm {
    /// Times a day.
    pub a_day: u32,
    /// Days each time.
    pub days: u32,
    /// Days of history, once.
    pub history: u32,
}

/// Paid requests, and what they cost.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Estimate {
    /// Requests a day.
    pub a_day: u64,
    /// Requests a month of 31 days.
    pub a_month: u64,
    /// Requests for the history, once.
    pub history: u64,
}

impl Estimate {
    /// What so many requests cost, as `0.12`.
    #[must_use]
    pub fn dollars(requests: u64) -> String {
        let cents = (requests * u64::from(REQUEST_MICRODOLLARS)).div_ceil(10_000);
        format!("{}.{:02}", cents / 100, cents % 100)
    }

    /// A sentence for `connect` and `doctor`.
    #[must_use]
    pub fn words(&self) -> String {
        let [day, month, history] = [self.a_day, self.a_month, self.history].map(Estimate::dollars);
        format!(
            "{} paid requests a day ({day} USD), {} a month ({month} USD), and {} once for the history ({history} USD)",
            self.a_day, self.a_month, self.history
        )
    }
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
    let hours = if feed.name == "hourly" { 24 } else { 1 };
    feed.tells.iter().map(|dimension| u64::from(values(dimension).max(1))).product::<u64>() * hours
}

/// Record types that one service has, about.
const RECORD_TYPES: u32 = 4;

/// What these feeds will cost, each in its rhythm; `page_rows` is what one page was seen to hold, where
/// that is known by now.
#[must_use]
pub fn estimate(feeds: &[(Feed, Rhythm)], size: &Size, page_rows: Option<u32>) -> Estimate {
    let mut sum = Estimate::default();
    for (feed, rhythm) in feeds {
        let page = u64::from(page_rows.unwrap_or(feed.page_rows).max(1));
        let pages = |days: u32| (rows_a_day(feed, size) * u64::from(days)).div_ceil(page).max(u64::from(days > 0));
        let reach = |days: u32| feed.reach.map_or(days, |reach| days.min(u32::from(reach)));
        sum.a_day += u64::from(rhythm.a_day) * pages(reach(rhythm.days));
        // Each question is whole pages.
        let (history, most) = (reach(rhythm.history), u32::from(feed.days_max.max(1)));
        sum.history += u64::from(history / most) * pages(most) + pages(history % most);
    }
    sum.a_month = sum.a_day * 31;
    sum
}

#[cfg(test)]
mod tests {
    use super::super::feeds::groupings;
    use super::super::settings::Settings;
    use super::*;

    fn feeds(settings: &Settings, rhythm: Rhythm) -> Vec<(Feed, Rhythm)> {
        groupings(settings).into_iter().map(|grouping| (grouping.feed, rhythm)).collect()
    }

    #[test]
    fn pages_are_counted_up_and_paid_one_by_one() {
        let size = Size { accounts: 20, services: 40, ..Size::default() };
        let base = &feeds(&Settings::new("aws"), Rhythm { a_day: 3, days: 10, history: 396 })[..1];
        // 800 rows a day: 8 pages of 1,000 for 10 days; 74 for 92 days four times, 23 for the other 28.
        let told = estimate(base, &size, None);
        assert_eq!(told, Estimate { a_day: 24, a_month: 744, history: 4 * 74 + 23 });
        assert_eq!(estimate(base, &size, Some(10_000)).a_day, 3);
        assert_eq!(
            told.words(),
            "24 paid requests a day (0.24 USD), 744 a month (7.44 USD), and 319 once for the history (3.19 USD)"
        );
    }

    #[test]
    fn an_empty_account_still_pays_for_asking() {
        let size = Size { accounts: 0, services: 0, ..Size::default() };
        let all = feeds(&Settings::new("aws"), Rhythm { a_day: 1, days: 10, history: 0 });
        let told = estimate(&all, &size, None);
        assert_eq!((told.a_day, told.history), (all.len() as u64, 0));
    }

    #[test]
    fn what_reaches_back_14_days_has_no_more_history() {
        let settings = Settings { hourly: true, ..Settings::new("aws") };
        let hourly: Vec<_> = feeds(&settings, Rhythm { a_day: 1, days: 30, history: 396 })
            .into_iter()
            .filter(|(feed, _)| feed.name == "hourly")
            .collect();
        let size = Size { accounts: 1, services: 10, ..Size::default() };
        let told = estimate(&hourly, &size, Some(1_000));
        assert_eq!((told.a_day, told.history), (4, 4));
    }
}
