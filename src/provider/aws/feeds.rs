//! What Cost Explorer is asked to group by, and the feeds that come of it.
//!
//! One request groups by two keys at most. Account by service is the base; every other pair is a
//! facet, which splits the same total another way. Knows no SDK and no wire.

use super::super::remote::Feed;
use super::settings::{Facet, Settings};
use crate::domain::dimension::Dimension;

/// Days that one question may span. Cost Explorer takes a year at once; a quarter keeps what is lost
/// with a broken chain of pages small.
const DAYS_MAX: u16 = 92;

/// Days back that hours and resources are told for (the model's `GetCostAndUsageWithResources`, and
/// hourly granularity).
const RECENT: u16 = 14;

/// Rows that a page is taken to hold, for estimates. AWS does not publish the size.
pub const PAGE_ROWS: u32 = 1_000;

/// The one service whose resources are told (the model's `Filter` of `GetCostAndUsageWithResources`).
pub const RESOURCE_SERVICE: &str = "Amazon Elastic Compute Cloud - Compute";

/// What charges are grouped by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// `LINKED_ACCOUNT`.
    Account,
    /// `SERVICE`.
    Service,
    /// `REGION`.
    Region,
    /// `USAGE_TYPE`.
    UsageType,
    /// `RECORD_TYPE`.
    RecordType,
    /// `RESOURCE_ID`.
    Resource,
    /// A cost allocation tag.
    Tag(String),
    /// A cost category.
    CostCategory(String),
}

impl Key {
    /// The dimension that its values are of.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        match self {
            Key::Account => Dimension::SubAccount,
            Key::Service => Dimension::Service,
            Key::Region => Dimension::Region,
            Key::UsageType => Dimension::Sku,
            Key::RecordType => Dimension::ChargeCategory,
            Key::Resource => Dimension::Resource,
            Key::Tag(key) => Dimension::Tag(key.clone()),
            Key::CostCategory(name) => Dimension::Tag(cost_category_tag(name)),
        }
    }

    /// What stands before a value of it, as in `team$platform`; none where values come alone.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        match self {
            Key::Tag(name) | Key::CostCategory(name) => Some(name),
            _ => None,
        }
    }
}

/// The tag key that a cost category is kept under: it may have the name of a real tag.
#[must_use]
pub fn cost_category_tag(name: &str) -> String {
    format!("cost-category:{name}")
}

/// How finely a question is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Days, of single resources.
    Resource,
}

/// A question to Cost Explorer, without its days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grouping {
    /// The feed that its answers are.
    pub feed: Feed,
    /// What it groups by.
    pub keys: [Key; 2],
    /// How finely.
    pub grain: Grain,
}

impl Grouping {
    fn new(name: impl Into<String>, keys: [Key; 2], grain: Grain) -> Self {
        let recent = (grain != Grain::Day).then_some(RECENT);
        let mut tells: Vec<Dimension> = keys.iter().map(Key::dimension).collect();
        if grain == Grain::Resource {
            tells.push(Dimension::Service);
        }
        let feed = Feed {
            name: name.into(),
            tells,
            days_max: recent.unwrap_or(DAYS_MAX),
            reach: recent,
            page_rows: PAGE_ROWS,
        };
        Grouping { feed, keys, grain }
    }
}

/// What is asked for with these settings, the base first. The names stay the same from run to run.
#[must_use]
pub fn groupings(settings: &Settings) -> Vec<Grouping> {
    let mut all = vec![Grouping::new(Feed::BASE, [Key::Account, Key::Service], Grain::Day)];
    for facet in &settings.facets {
        let keys = match facet {
            Facet::ServiceRegion => [Key::Service, Key::Region],
            Facet::ServiceUsageType => [Key::Service, Key::UsageType],
            Facet::AccountRegion => [Key::Account, Key::Region],
            Facet::ServiceRecordType => [Key::Service, Key::RecordType],
        };
        all.push(Grouping::new(facet.name(), keys, Grain::Day));
    }
    for key in &settings.tags {
        let keys = [Key::Service, Key::Tag(key.clone())];
        all.push(Grouping::new(format!("tag:{key}"), keys, Grain::Day));
    }
    for name in &settings.cost_categories {
        let keys = [Key::Service, Key::CostCategory(name.clone())];
        all.push(Grouping::new(cost_category_tag(name), keys, Grain::Day));
    }
    if settings.hourly {
        all.push(Grouping::new(Feed::HOURLY, [Key::Account, Key::Service], Grain::Hour));
    }
    if settings.resources {
        all.push(Grouping::new("resources", [Key::Account, Key::Resource], Grain::Resource));
    }
    let mut names = std::collections::BTreeSet::new();
    all.retain(|grouping| names.insert(grouping.feed.name.clone()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_keep_their_names_and_tell_what_they_group_by() {
        let mut settings = Settings::new("aws.prod");
        settings.tags = vec!["team".into(), "team".into()];
        settings.cost_categories = vec!["team".into()];
        (settings.hourly, settings.resources) = (true, true);
        let told: Vec<(String, Vec<String>)> = groupings(&settings)
            .into_iter()
            .map(|g| (g.feed.name, g.feed.tells.iter().map(Dimension::name).collect()))
            .collect();
        let want: [(&str, &[&str]); 9] = [
            ("base", &["sub_account", "service"]),
            ("service+region", &["service", "region"]),
            ("service+usage_type", &["service", "sku"]),
            ("account+region", &["sub_account", "region"]),
            ("service+record_type", &["service", "charge_category"]),
            ("tag:team", &["service", "tag:team"]),
            ("cost-category:team", &["service", "tag:cost-category:team"]),
            ("hourly", &["sub_account", "service"]),
            ("resources", &["sub_account", "resource", "service"]),
        ];
        let want = want.map(|(name, tells)| (name.to_owned(), tells.iter().map(|t| (*t).to_owned()).collect()));
        assert_eq!(told, want);
    }

    #[test]
    fn only_hours_and_resources_reach_back_14_days() {
        let mut settings = Settings::new("aws.prod");
        (settings.hourly, settings.resources) = (true, true);
        for grouping in groupings(&settings) {
            let recent = (grouping.grain != Grain::Day).then_some(14);
            assert_eq!(grouping.feed.reach, recent, "{}", grouping.feed.name);
            assert_eq!(grouping.feed.days_max, recent.unwrap_or(92));
        }
    }
}
