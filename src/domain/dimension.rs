//! What a bill can be grouped and filtered by.
//!
//! Knows which FOCUS column stands behind each dimension, and the words people type for it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::charge::{Profile, Terms};

/// A way to group charges.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// `ProviderName`.
    Provider,
    /// `BillingAccountId`.
    BillingAccount,
    /// `SubAccountId`.
    SubAccount,
    /// `ServiceCategory`.
    ServiceCategory,
    /// `ServiceName`.
    Service,
    /// `RegionId`.
    Region,
    /// `AvailabilityZone`.
    AvailabilityZone,
    /// `ResourceType`.
    ResourceType,
    /// `InstanceType` among `SkuPriceDetails`.
    InstanceType,
    /// `ResourceId`.
    Resource,
    /// `SkuId`.
    Sku,
    /// `ChargeCategory`.
    ChargeCategory,
    /// `PricingCategory`.
    PricingCategory,
    /// `CommitmentDiscountId`.
    CommitmentDiscount,
    /// The value of one tag key.
    Tag(String),
}

/// Where a dimension's values are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place<'a> {
    /// A column of the profile.
    Profile(Profile),
    /// A column of the terms.
    Terms(Terms),
    /// A key among the profile's tags.
    Tag(&'a str),
}

use Dimension as D;

impl Dimension {
    /// All but tags, coarse to fine.
    pub const FIXED: [Dimension; 14] = [
        D::Provider,
        D::BillingAccount,
        D::SubAccount,
        D::ServiceCategory,
        D::Service,
        D::Region,
        D::AvailabilityZone,
        D::ResourceType,
        D::InstanceType,
        D::Resource,
        D::Sku,
        D::ChargeCategory,
        D::PricingCategory,
        D::CommitmentDiscount,
    ];

    /// Its word on the command line and in answers; a tag is `tag:key`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            D::Tag(key) => format!("tag:{key}"),
            fixed => fixed.words().first().copied().unwrap_or_default().to_owned(),
        }
    }

    /// Its name and other words that mean it.
    fn words(&self) -> &'static [&'static str] {
        match self {
            D::Provider => &["provider", "cloud"],
            D::BillingAccount => &["billing_account", "payer"],
            D::SubAccount => &["sub_account", "account", "subscription", "project_id"],
            D::ServiceCategory => &["service_category", "category"],
            D::Service => &["service"],
            D::Region => &["region"],
            D::AvailabilityZone => &["availability_zone", "zone", "az"],
            D::ResourceType => &["resource_type", "type"],
            D::InstanceType => &["instance_type", "instance"],
            D::Resource => &["resource"],
            D::Sku => &["sku"],
            D::ChargeCategory => &["charge_category", "charge"],
            D::PricingCategory => &["pricing_category", "pricing"],
            D::CommitmentDiscount => &["commitment_discount", "commitment"],
            D::Tag(_) => &[],
        }
    }

    /// How a person reads it: `Service`, `Tag team`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            D::Tag(key) => format!("Tag {}", super::text::SafeText::from_outside(key)),
            D::Sku => "SKU".to_owned(),
            fixed => {
                let name = fixed.name().replace('_', " ");
                let mut letters = name.chars();
                letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        }
    }

    /// The dimension that a word means: `service`, `service-category`, `account`, `tag:team`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Dimension> {
        if let Some(key) = word.strip_prefix("tag:") {
            let key = key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key);
            return (!key.is_empty()).then(|| D::Tag(key.to_owned()));
        }
        let word = word.trim().to_ascii_lowercase().replace('-', "_");
        let plain = word.replace('_', "");
        Self::FIXED.into_iter().find(|d| {
            d.words()
                .iter()
                .any(|w| *w == word || w.replace('_', "") == plain || format!("{}s", w.replace('_', "")) == plain)
        })
    }

    /// Every word that [`Self::parse`] knows, for suggestions.
    #[must_use]
    pub fn all_words() -> Vec<&'static str> {
        Self::FIXED.iter().flat_map(|d| d.words().iter().copied()).collect()
    }

    /// Where its values are kept.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        match self {
            D::Provider => Place::Profile(Profile::Provider),
            D::BillingAccount => Place::Profile(Profile::BillingAccountId),
            D::SubAccount => Place::Profile(Profile::SubAccountId),
            D::ServiceCategory => Place::Profile(Profile::ServiceCategory),
            D::Service => Place::Profile(Profile::ServiceName),
            D::Region => Place::Profile(Profile::RegionId),
            D::AvailabilityZone => Place::Profile(Profile::AvailabilityZone),
            D::ResourceType => Place::Profile(Profile::ResourceType),
            D::InstanceType => Place::Profile(Profile::InstanceType),
            D::Resource => Place::Profile(Profile::ResourceId),
            D::Sku => Place::Profile(Profile::SkuId),
            D::ChargeCategory => Place::Terms(Terms::ChargeCategory),
            D::PricingCategory => Place::Terms(Terms::PricingCategory),
            D::CommitmentDiscount => Place::Terms(Terms::CommitmentId),
            D::Tag(key) => Place::Tag(key),
        }
    }

    /// The column that names its values for people, where the values are ids.
    #[must_use]
    pub fn label_place(&self) -> Option<Place<'static>> {
        match self {
            D::BillingAccount => Some(Place::Profile(Profile::BillingAccountName)),
            D::SubAccount => Some(Place::Profile(Profile::SubAccountName)),
            D::Region => Some(Place::Profile(Profile::RegionName)),
            D::Resource => Some(Place::Profile(Profile::ResourceName)),
            D::Sku => Some(Place::Profile(Profile::SkuMeter)),
            D::CommitmentDiscount => Some(Place::Terms(Terms::CommitmentName)),
            _ => None,
        }
    }

    /// What a missing value is called.
    #[must_use]
    pub fn missing(&self) -> &'static str {
        match self {
            D::Tag(_) => "(untagged)",
            _ => "(none)",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}
impl<'de> Deserialize<'de> for Dimension {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Dimension::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown dimension `{text}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_is_read_back_from_its_name() {
        for dimension in Dimension::FIXED.into_iter().chain([D::Tag("k8s:namespace".into())]) {
            assert_eq!(Dimension::parse(&dimension.name()), Some(dimension));
        }
        assert_eq!(Dimension::parse("Account"), Some(D::SubAccount));
        assert_eq!(Dimension::parse("service-category"), Some(D::ServiceCategory));
        assert_eq!(Dimension::parse("services"), Some(D::Service));
        assert_eq!(Dimension::parse("serivce"), None);
    }
}
