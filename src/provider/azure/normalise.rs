//! What Cost Management tells, in FOCUS's columns. Pure: no wire, no clock.
//!
//! | source | FOCUS column | how, and what is lost |
//! |---|---|---|
//! | `ActualCost`, sum of `Cost` | `BilledCost` | exact; no credits, no taxes, no support plans: the API has none |
//! | `AmortizedCost`, sum of `Cost` | `EffectiveCost` | exact; see [`super::chains`] for what only one of them has |
//! | - | `ListCost`, `ContractedCost`, quantities, prices | unknown: the API does not tell them |
//! | `UsageDate` | `ChargePeriodStart`, `ChargePeriodEnd` | one UTC day; of a purchase the day it was made |
//! | `UsageDate` | `BillingPeriodStart`, `BillingPeriodEnd` | the calendar month: a pay-as-you-go bill that begins on another day is not told by day |
//! | `Currency` | `BillingCurrency` | |
//! | the scope, `Microsoft.Billing/billingProperty` | `BillingAccountId`, `-Name`, `-Type` | see below |
//! | `SubscriptionId`, the scope | `SubAccountId`, `-Type` | `/subscriptions/ID` in lower case, as Azure's FOCUS export writes it |
//! | `Microsoft.Resources/subscriptions` | `SubAccountName` | empty where it may not be read |
//! | `ServiceName` | `ServiceName`, `ServiceCategory` | [`azure_words::service`]; a category that is not known is left empty |
//! | `ResourceLocation` | `RegionId`, `RegionName` | [`azure_words::region`]; `Unassigned` is no region |
//! | `Meter` | `SkuId`, `SkuMeter` | the meter's name stands for its id, which a query could only tell in the service's place |
//! | `ResourceGroup` | `ResourceId`, `ResourceName`, `ResourceType` | as the resource that a group is; not its resources |
//! | `ResourceId` | `ResourceId`, `ResourceName`, `ResourceType`, `SubAccountId` | in lower case, as the export; the type is Azure's own |
//! | `ChargeType` | `ChargeCategory`, `ChargeClass`, `CommitmentDiscountStatus` | a type that is not known is left empty |
//! | `PricingModel` | `PricingCategory`, `CommitmentDiscountType`, `-Category` | which commitment is not told |
//! | `TagKey`, `TagValue` | `Tags` | one key a feed, spelled as configured; tags as they were when the charge was made |
//! | - | `ProviderName` | `Microsoft` |
//! | - | `PublisherName`, `InvoiceIssuerName` | empty: a marketplace and a partner are not told apart |
//!
//! **The billing account.** A billing scope has it in its path; under a Microsoft Customer Agreement FOCUS
//! means the billing profile, so that a scope of the whole billing account cannot be held against an
//! export of one profile. Of a subscription, Azure tells it, except under an Enterprise Agreement. A
//! management group may hold subscriptions of several: it is left empty.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::chains::Told;
use super::feeds::Group;
use crate::domain::batch::{Facts, Row};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::tags;
use crate::provider::azure_words;

/// The provider, as FOCUS names it.
pub const PROVIDER: &str = "Microsoft";

/// Names of subscriptions by id, lower case.
pub type Names = Arc<HashMap<String, String>>;

/// What is known about a scope besides its charges.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct About {
    /// The billing account that pays, where it is known.
    pub billing_account: BillingAccount,
    /// The id of the one subscription that all charges are of, lower case.
    pub subscription: Option<String>,
    /// What subscriptions are called.
    pub names: Names,
}

/// A billing account; empty where it is not known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct BillingAccount {
    /// `BillingAccountId`.
    pub id: String,
    /// `BillingAccountName`.
    pub name: String,
    /// `BillingAccountType`.
    pub kind: String,
}

/// A charge's columns while they are filled.
struct Columns<'a> {
    profile: [Cow<'a, str>; Profile::COUNT],
    terms: [&'a str; Terms::COUNT],
}

/// Hands a charge over as FOCUS names it.
pub fn row<R>(told: &Told<'_>, groups: &[Group; 2], about: &About, take: impl FnOnce(&Row<'_>) -> R) -> R {
    let mut columns = Columns { profile: std::array::from_fn(|_| Cow::Borrowed("")), terms: [""; Terms::COUNT] };
    columns.set(Profile::Provider, PROVIDER);
    columns.set(Profile::BillingAccountId, about.billing_account.id.as_str());
    columns.set(Profile::BillingAccountName, about.billing_account.name.as_str());
    columns.set(Profile::BillingAccountType, about.billing_account.kind.as_str());
    columns.terms[Terms::Currency.index()] = told.currency;
    let value_of = |wanted: &str| {
        let at = groups.iter().position(|group| matches!(group, Group::Dimension(name) if *name == wanted))?;
        told.groups[at].filter(|value| !value.is_empty())
    };
    let subscription = value_of("SubscriptionId").map(str::to_ascii_lowercase).or_else(|| about.subscription.clone());
    if let Some(id) = &subscription {
        columns.subscription(id, about);
    }
    for (group, value) in groups.iter().zip(told.groups) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            columns.group(group, value, subscription.as_deref(), about);
        }
    }
    let month = told.day.month();
    let mut quantities = [None; Quantity::COUNT];
    quantities[Quantity::Billed.index()] = told.actual;
    quantities[Quantity::Effective.index()] = told.amortized;
    take(&Row {
        profile: std::array::from_fn(|at| columns.profile[at].as_ref()),
        terms: columns.terms,
        facts: Facts {
            start: told.day.seconds(),
            end: told.day.plus(1).seconds(),
            billing_start: month.first(),
            billing_end: month.plus(1).first(),
            quantities,
        },
    })
}

impl<'a> Columns<'a> {
    fn set(&mut self, column: Profile, value: impl Into<Cow<'a, str>>) {
        self.profile[column.index()] = value.into();
    }

    fn subscription(&mut self, id: &str, about: &'a About) {
        self.set(Profile::SubAccountId, format!("/subscriptions/{id}"));
        self.set(Profile::SubAccountType, "Subscription");
        self.set(Profile::SubAccountName, about.names.get(id).map_or("", String::as_str));
    }

    fn group(&mut self, group: &Group, value: &'a str, subscription: Option<&str>, about: &'a About) {
        match group {
            Group::Tag(key) => {
                let tag = tags::to_json([(key.as_str(), Some(value))].into_iter());
                self.set(Profile::Tags, tag);
            }
            Group::Dimension("ServiceName") => {
                let (name, category) = azure_words::service(value);
                self.set(Profile::ServiceName, name);
                self.set(Profile::ServiceCategory, category);
            }
            Group::Dimension("ResourceLocation") => {
                if let Some((id, name)) = azure_words::region(value) {
                    self.set(Profile::RegionId, id);
                    self.set(Profile::RegionName, name);
                }
            }
            Group::Dimension("Meter") => {
                self.set(Profile::SkuId, value);
                self.set(Profile::SkuMeter, value);
            }
            Group::Dimension("ResourceGroup") => self.resource_group(value, subscription),
            Group::Dimension("ResourceId") => self.resource(value, about),
            Group::Dimension("ChargeType") => {
                let charge = azure_words::charge(value);
                self.terms[Terms::ChargeCategory.index()] = charge.category;
                self.terms[Terms::ChargeClass.index()] = charge.class;
                self.terms[Terms::CommitmentStatus.index()] = charge.commitment_status;
            }
            Group::Dimension("PricingModel") => {
                let [category, kind, commitment] = azure_words::pricing(value);
                self.terms[Terms::PricingCategory.index()] = category;
                self.terms[Terms::CommitmentType.index()] = kind;
                self.terms[Terms::CommitmentCategory.index()] = commitment;
            }
            // The subscription is set before: other columns lean on it.
            Group::Dimension(_) => {}
        }
    }

    fn resource_group(&mut self, name: &'a str, subscription: Option<&str>) {
        let group = name.to_lowercase();
        let id = subscription.map_or(group.clone(), |id| format!("/subscriptions/{id}/resourcegroups/{group}"));
        self.set(Profile::ResourceId, id);
        self.set(Profile::ResourceName, name);
        self.set(Profile::ResourceType, "microsoft.resources/resourcegroups");
    }

    /// `/subscriptions/{id}/resourcegroups/{group}/providers/{namespace}/{type}/{name}/{type}/{name}`.
    fn resource(&mut self, id: &'a str, about: &'a About) {
        let lower = id.to_lowercase();
        let words: Vec<&str> = lower.trim_matches('/').split('/').collect();
        if let ["subscriptions", subscription, ..] = words.as_slice() {
            self.subscription(subscription, about);
        }
        if let Some(at) = words.iter().rposition(|word| *word == "providers")
            && let [namespace, types @ ..] = &words[at + 1..]
        {
            let types: Vec<&str> = types.iter().step_by(2).copied().collect();
            self.set(Profile::ResourceType, format!("{namespace}/{}", types.join("/")));
        }
        self.set(Profile::ResourceName, id.trim_end_matches('/').rsplit('/').next().unwrap_or(id));
        self.set(Profile::ResourceId, lower);
    }
}

#[cfg(test)]
mod tests {
    use super::super::feeds::{self, SERVICE};
    use super::*;
    use crate::domain::calendar::Day;
    use crate::domain::money::Decimal;

    /// The columns of a charge that hold something.
    fn columns(groups: [Group; 2], values: [Option<&str>; 2], about: &About) -> Vec<(&'static str, String)> {
        let day = Day::from_ymd(2024, 2, 29).expect("a day");
        let cost = Decimal::parse(b"1.10").ok();
        let told = Told { day, groups: values, currency: "EUR", actual: cost, amortized: None };
        row(&told, &groups, about, |row| {
            assert_eq!(row.facts.end - row.facts.start, 86_400);
            assert_eq!(row.facts.billing_end, Day::from_ymd(2024, 3, 1).expect("a day"));
            assert_eq!(row.facts.quantities[Quantity::Billed.index()], cost);
            let known = row.facts.quantities.iter().flatten().count();
            assert_eq!(known, 1, "what is not told is unknown");
            let profile = Profile::ALL.iter().map(|c| (c.focus_name(), row.profile[c.index()].to_owned()));
            let terms = Terms::ALL.iter().map(|c| (c.focus_name(), row.terms[c.index()].to_owned()));
            profile.chain(terms).filter(|(_, value)| !value.is_empty()).skip(1).collect()
        })
    }

    fn about(subscription: Option<&str>) -> About {
        About {
            subscription: subscription.map(str::to_owned),
            names: Arc::new([("s1".to_owned(), "Shop".to_owned())].into()),
            ..About::default()
        }
    }

    fn text(columns: &[(&str, String)]) -> String {
        columns.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_group_fills_its_columns() {
        let sub = "SubAccountId=/subscriptions/s1 SubAccountName=Shop SubAccountType=Subscription";
        for (groups, values, subscription, want) in [
            (
                [feeds::SUBSCRIPTION, SERVICE],
                [Some("S1"), Some("Storage")],
                None,
                format!("{sub} ServiceCategory=Storage ServiceName=Storage Accounts BillingCurrency=EUR"),
            ),
            (
                [SERVICE, feeds::LOCATION],
                [None, Some("US East")],
                Some("s1"),
                format!("{sub} RegionId=eastus RegionName=East US BillingCurrency=EUR"),
            ),
            (
                [SERVICE, feeds::METER],
                [Some(""), Some("D2 v3")],
                None,
                "SkuId=D2 v3 SkuMeter=D2 v3 BillingCurrency=EUR".to_owned(),
            ),
            (
                [feeds::SUBSCRIPTION, feeds::RESOURCE_GROUP],
                [Some("s1"), Some("Web")],
                None,
                format!(
                    "{sub} ResourceId=/subscriptions/s1/resourcegroups/web ResourceName=Web \
                     ResourceType=microsoft.resources/resourcegroups BillingCurrency=EUR"
                ),
            ),
            (
                [feeds::RESOURCE, SERVICE],
                [Some("/subscriptions/S1/resourceGroups/g/providers/Microsoft.Sql/servers/A/databases/B"), None],
                None,
                format!(
                    "{sub} ResourceId=/subscriptions/s1/resourcegroups/g/providers/microsoft.sql/servers/a/databases/b \
                     ResourceName=B ResourceType=microsoft.sql/servers/databases BillingCurrency=EUR"
                ),
            ),
            (
                [SERVICE, feeds::CHARGE_TYPE],
                [None, Some("UnusedReservation")],
                None,
                "BillingCurrency=EUR ChargeCategory=Usage CommitmentDiscountStatus=Unused".to_owned(),
            ),
            (
                [SERVICE, feeds::PRICING_MODEL],
                [None, Some("Spot")],
                None,
                "BillingCurrency=EUR PricingCategory=Dynamic".to_owned(),
            ),
            (
                [SERVICE, Group::Tag("team".into())],
                [None, Some("a\"b")],
                None,
                r#"Tags={"team":"a\"b"} BillingCurrency=EUR"#.to_owned(),
            ),
        ] {
            assert_eq!(text(&columns(groups.clone(), values, &about(subscription))), want, "{groups:?}");
        }
    }

    #[test]
    fn what_is_not_told_stays_empty() {
        let columns = columns([feeds::SUBSCRIPTION, SERVICE], [Some(""), None], &about(None));
        assert_eq!(text(&columns), "BillingCurrency=EUR");
    }
}
