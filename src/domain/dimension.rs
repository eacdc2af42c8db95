//! What a bill can be grouped and filtered by.
//!
//! Knows which FOCUS column stands behind each dimension, and the words people type for it; what a
//! virtual dimension's values are is [`super::virtuals`]' business.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::charge::{Profile, Terms};
use super::text::SafeText;
use super::virtuals::Virtual;

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
    /// `ChargeClass`: `Correction` where charges refund or restate those of an earlier billing period.
    ChargeClass,
    /// `PricingCategory`.
    PricingCategory,
    /// `CommitmentDiscountId`.
    CommitmentDiscount,
    /// The value of one tag key.
    Tag(String),
    /// A dimension that the config defines.
    Virtual(Virtual),
    /// The value of the first of these tag keys that a charge has, else its sub account: what
    /// rollups keep for virtual dimensions, and nobody asks for.
    Evidence(Vec<String>),
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
    /// The first of these keys among the profile's tags, else its sub account.
    Evidence(&'a [String]),
}

use Dimension as D;

impl Dimension {
    /// All but tags and virtual ones, coarse to fine.
    pub const FIXED: [Dimension; 15] = [
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
        D::ChargeClass,
        D::PricingCategory,
        D::CommitmentDiscount,
    ];

    /// Its word on the command line and in answers; a tag is `tag:key`, a virtual dimension
    /// `virtual:name`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            D::Tag(key) => format!("tag:{key}"),
            D::Virtual(own) => format!("virtual:{}", own.name()),
            D::Evidence(keys) => format!("evidence:{}", serde_json::json!(keys)),
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
            D::ChargeClass => &["charge_class", "class"],
            D::PricingCategory => &["pricing_category", "pricing"],
            D::CommitmentDiscount => &["commitment_discount", "commitment"],
            D::Tag(_) | D::Virtual(_) | D::Evidence(_) => &[],
        }
    }

    /// The word that people may type for one of their own dimensions, without saying whether it is
    /// a tag or a virtual one.
    #[must_use]
    pub fn bare(&self) -> Cow<'_, str> {
        match self {
            D::Tag(key) => Cow::Borrowed(key),
            D::Virtual(own) => Cow::Borrowed(own.name()),
            other => Cow::Owned(other.name()),
        }
    }

    /// How a person reads it: `Service`, `Tag team`, `Team`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            D::Tag(key) => format!("Tag {}", SafeText::from_outside(key)),
            D::Evidence(keys) => format!("Tag {} or account", SafeText::from_outside(&keys.join(", "))),
            D::Sku => "SKU".to_owned(),
            other => {
                let name = SafeText::from_outside(&other.bare()).into_string().replace('_', " ");
                let mut letters = name.chars();
                letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        }
    }

    /// The dimension that a word means: `service`, `service-category`, `account`, `tag:team`,
    /// `virtual:team`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Dimension> {
        if let Some(name) = word.strip_prefix("virtual:") {
            return Virtual::is_name(name).then(|| D::Virtual(Virtual::named(name)));
        }
        if let Some(keys) = word.strip_prefix("evidence:") {
            return serde_json::from_str(keys).ok().map(D::Evidence);
        }
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

    /// The dimension that a word means, where `own` may be written by their [`Self::bare`] names.
    #[must_use]
    pub fn among(word: &str, own: &[Dimension]) -> Option<Dimension> {
        Dimension::parse(word).or_else(|| own.iter().find(|d| d.bare() == word).cloned())
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
            D::ChargeClass => Place::Terms(Terms::ChargeClass),
            D::PricingCategory => Place::Terms(Terms::PricingCategory),
            D::CommitmentDiscount => Place::Terms(Terms::CommitmentId),
            D::Tag(key) => Place::Tag(key),
            D::Virtual(own) => Place::Evidence(own.tags()),
            D::Evidence(keys) => Place::Evidence(keys),
        }
    }

    /// Whether its values can be told from those of a dimension that a rollup keeps.
    #[must_use]
    pub fn is_told_from(&self, kept: &Dimension) -> bool {
        match (self, kept) {
            (D::Virtual(own), D::Evidence(keys)) => own.definition().is_some() && own.tags() == keys,
            _ => self == kept,
        }
    }

    /// Whether charges that tell these dimensions, besides provider and billing account, tell its value. A
    /// service tells its category, and who tells a charge's category tells its class with it.
    #[must_use]
    pub fn is_told_by(&self, tells: &[Dimension]) -> bool {
        let tags = |keys: &[String]| keys.iter().all(|key| tells.iter().any(|d| matches!(d, D::Tag(k) if k == key)));
        match self {
            D::Provider | D::BillingAccount => true,
            D::ServiceCategory => tells.contains(self) || tells.contains(&D::Service),
            D::ChargeClass => tells.contains(self) || tells.contains(&D::ChargeCategory),
            D::Virtual(own) => own.definition().is_some_and(|definition| {
                tags(definition.tags()) && (!definition.has_accounts() || tells.contains(&D::SubAccount))
            }),
            D::Evidence(keys) => tags(keys) && tells.contains(&D::SubAccount),
            other => tells.contains(other),
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
    pub fn missing(&self) -> SafeText {
        match self {
            D::Tag(_) => SafeText::ours("(untagged)"),
            D::Virtual(own) => SafeText::from_outside(&format!("(no {})", own.name())),
            _ => SafeText::ours("(none)"),
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
        let own = Virtual::named("team");
        let others = [D::Tag("k8s:namespace".into()), D::Virtual(own), D::Evidence(vec!["a\"b".into(), "c".into()])];
        for dimension in Dimension::FIXED.into_iter().chain(others) {
            assert_eq!(Dimension::parse(&dimension.name()), Some(dimension));
        }
        assert_eq!(Dimension::parse("Account"), Some(D::SubAccount));
        assert_eq!(Dimension::parse("service-category"), Some(D::ServiceCategory));
        assert_eq!(Dimension::parse("services"), Some(D::Service));
        assert_eq!(Dimension::parse("serivce"), None);
        assert_eq!(Dimension::parse("virtual:Team of=x"), None);
    }

    #[test]
    fn ones_own_dimensions_go_by_their_bare_names() {
        let own = [D::Virtual(Virtual::named("team")), D::Tag("team".into()), D::Tag("env".into())];
        assert_eq!(Dimension::among("team", &own), Some(own[0].clone()));
        assert_eq!(Dimension::among("tag:team", &own), Some(own[1].clone()));
        assert_eq!(Dimension::among("env", &own), Some(own[2].clone()));
        assert_eq!(Dimension::among("service", &own), Some(D::Service));
        assert_eq!(Dimension::among("project", &own), None);
        assert_eq!((own[0].title().as_str(), own[0].missing().as_str()), ("Team", "(no team)"));
    }
}
