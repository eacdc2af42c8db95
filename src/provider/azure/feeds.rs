//! What two group-bys can tell: the base feed of a scope, and its facets. Pure.
//!
//! A query groups by two things at most. What they are decides which questions a charge answers:
//!
//! | feed | one subscription, resource group | management group, billing scopes |
//! |---|---|---|
//! | `base` | service x region | subscription x service |
//! | `region` | (the base tells it) | service x region |
//! | `meter` | service x meter | service x meter |
//! | `resource_group` | resource group x service | subscription x resource group |
//! | `resource` | resource x service | resource x service |
//! | `charge` | service x charge type | service x charge type |
//! | `pricing` | service x pricing model | service x pricing model |
//! | `tag:KEY` | service x the key's values | service x the key's values |
//!
//! Of one subscription the account is known without asking, so that its base spends the second place on
//! the region: account, service and region are then told jointly, which are the pairs that screens use.
//! A resource group, which no FOCUS column holds, is told as what it is in Azure, a resource. Facets split
//! the same total and are never joined with the base.

use crate::domain::dimension::Dimension;
use crate::provider::remote::Feed;

use super::scope::ScopeKind;

/// Days that one query of daily costs may span.
pub const DAYS_MAX: u16 = 31;

/// Rows of one page, for estimates: what the service sends where nothing else is asked for.
const PAGE_ROWS: u32 = 1_000;

/// What a query groups by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Group {
    /// A dimension, by the API's name.
    Dimension(&'static str),
    /// The values of a tag key.
    Tag(String),
}

impl Group {
    /// A dimension.
    #[must_use]
    pub const fn dimension(name: &'static str) -> Group {
        Group::Dimension(name)
    }

    /// What the API calls this sort of group.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Group::Dimension(_) => "Dimension",
            Group::Tag(_) => "TagKey",
        }
    }

    /// Its name in a query.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Group::Dimension(name) => name,
            Group::Tag(key) => key,
        }
    }

    /// Names that its column may have in an answer.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Group::Dimension("ResourceGroup") => vec!["ResourceGroup", "ResourceGroupName"],
            Group::Dimension(name) => vec![name],
            Group::Tag(key) => vec!["TagValue", key],
        }
    }
}

/// `SubscriptionId`.
pub const SUBSCRIPTION: Group = Group::dimension("SubscriptionId");
/// `ServiceName`.
pub const SERVICE: Group = Group::dimension("ServiceName");
/// `ResourceLocation`.
pub const LOCATION: Group = Group::dimension("ResourceLocation");
/// `Meter`.
pub const METER: Group = Group::dimension("Meter");
/// `ResourceGroup`.
pub const RESOURCE_GROUP: Group = Group::dimension("ResourceGroup");
/// `ResourceId`.
pub const RESOURCE: Group = Group::dimension("ResourceId");
/// `ChargeType`.
pub const CHARGE_TYPE: Group = Group::dimension("ChargeType");
/// `PricingModel`.
pub const PRICING_MODEL: Group = Group::dimension("PricingModel");

/// A way to split a scope's total, besides the base. Tag keys are configured apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Facet {
    /// Service by region.
    Region,
    /// Service by meter.
    Meter,
    /// Resource groups.
    ResourceGroup,
    /// Resources: many rows.
    Resource,
    /// Service by type of charge.
    Charge,
    /// Service by pricing model.
    Pricing,
}

impl Facet {
    /// All.
    pub const ALL: [Facet; 6] =
        [Facet::Region, Facet::Meter, Facet::ResourceGroup, Facet::Resource, Facet::Charge, Facet::Pricing];

    /// Its word in the config, and its feed's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Facet::Region => "region",
            Facet::Meter => "meter",
            Facet::ResourceGroup => "resource_group",
            Facet::Resource => "resource",
            Facet::Charge => "charge",
            Facet::Pricing => "pricing",
        }
    }
}

/// A feed, and what its queries group by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    /// The feed.
    pub feed: Feed,
    /// The groups.
    pub groups: [Group; 2],
}

/// The feeds of a scope, the base first.
#[must_use]
pub fn splits(kind: ScopeKind, facets: &[Facet], tags: &[String]) -> Vec<Split> {
    let is_one = kind.is_of_one_subscription();
    let base = if is_one { [SERVICE, LOCATION] } else { [SUBSCRIPTION, SERVICE] };
    let mut splits = vec![split(Feed::BASE, is_one, base)];
    for facet in Facet::ALL.into_iter().filter(|facet| facets.contains(facet)) {
        let groups = match facet {
            Facet::Region if is_one => continue,
            Facet::Region => [SERVICE, LOCATION],
            Facet::Meter => [SERVICE, METER],
            Facet::ResourceGroup if is_one => [RESOURCE_GROUP, SERVICE],
            Facet::ResourceGroup => [SUBSCRIPTION, RESOURCE_GROUP],
            Facet::Resource => [RESOURCE, SERVICE],
            Facet::Charge => [SERVICE, CHARGE_TYPE],
            Facet::Pricing => [SERVICE, PRICING_MODEL],
        };
        splits.push(split(facet.name(), is_one, groups));
    }
    for key in tags {
        splits.push(split(&format!("tag:{key}"), is_one, [SERVICE, Group::Tag(key.clone())]));
    }
    splits
}

fn split(name: &str, is_one: bool, groups: [Group; 2]) -> Split {
    let mut tells: Vec<Dimension> = Vec::new();
    if is_one {
        tells.push(Dimension::SubAccount);
    }
    for told in groups.iter().flat_map(told) {
        if !tells.contains(&told) {
            tells.push(told);
        }
    }
    let feed = Feed { name: name.to_owned(), tells, days_max: DAYS_MAX, reach: None, page_rows: PAGE_ROWS };
    Split { feed, groups }
}

/// The dimensions that a group tells.
fn told(group: &Group) -> Vec<Dimension> {
    match group {
        Group::Tag(key) => vec![Dimension::Tag(key.clone())],
        Group::Dimension("SubscriptionId") => vec![Dimension::SubAccount],
        Group::Dimension("ServiceName") => vec![Dimension::Service, Dimension::ServiceCategory],
        Group::Dimension("ResourceLocation") => vec![Dimension::Region],
        Group::Dimension("Meter") => vec![Dimension::Sku],
        Group::Dimension("ResourceGroup") => vec![Dimension::Resource, Dimension::ResourceType],
        Group::Dimension("ResourceId") => {
            vec![Dimension::SubAccount, Dimension::Resource, Dimension::ResourceType]
        }
        Group::Dimension("ChargeType") => vec![Dimension::ChargeCategory],
        Group::Dimension("PricingModel") => vec![Dimension::PricingCategory],
        Group::Dimension(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscription_tells_account_service_and_region_at_once() {
        let splits = splits(ScopeKind::Subscription, &Facet::ALL, &["team".to_owned()]);
        let names: Vec<&str> = splits.iter().map(|s| s.feed.name.as_str()).collect();
        assert_eq!(names, ["base", "meter", "resource_group", "resource", "charge", "pricing", "tag:team"]);
        use Dimension as D;
        assert_eq!(splits[0].feed.tells, [D::SubAccount, D::Service, D::ServiceCategory, D::Region]);
        assert_eq!(splits[6].feed.tells, [D::SubAccount, D::Service, D::ServiceCategory, D::Tag("team".into())]);
    }

    #[test]
    fn many_subscriptions_are_told_by_service() {
        let splits = splits(ScopeKind::ManagementGroup, &[Facet::ResourceGroup, Facet::Region], &[]);
        let names: Vec<&str> = splits.iter().map(|s| s.feed.name.as_str()).collect();
        assert_eq!(names, ["base", "region", "resource_group"]);
        use Dimension as D;
        assert_eq!(splits[0].feed.tells, [D::SubAccount, D::Service, D::ServiceCategory]);
        assert_eq!(splits[1].feed.tells, [D::Service, D::ServiceCategory, D::Region]);
        assert_eq!(splits[2].feed.tells, [D::SubAccount, D::Resource, D::ResourceType]);
    }
}
