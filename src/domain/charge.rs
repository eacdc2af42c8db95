//! FOCUS's words for a charge: which columns spendtop keeps, and how they are grouped.
//!
//! A charge is *what* was charged (its [`Profile`] columns: account, service, region, resource,
//! SKU, tags ...), *how* (its [`Terms`]: category, pricing, commitment, currency ...), *when*, and
//! *how much* ([`Quantity`]). A day of a bill repeats few profiles and very few terms many
//! times, which is what the store's layout and the speed of every question rest on.
//!
//! Knows no file format: names are FOCUS 1.2's, of `CostAndUsage`; 1.3's and 1.4's
//! `ServiceProviderName` is read as `ProviderName` (FOCUS 1.3 deprecates the latter in its favour).

use serde::{Deserialize, Serialize};

macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $focus:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name { $(#[doc = concat!("FOCUS column `", $focus, "`.")] $variant,)* }
        impl $name {
            /// All of them, in storage order: append only, the store keys on the position.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// The column's name in FOCUS.
            #[must_use]
            pub const fn focus_name(self) -> &'static str {
                match self { $($name::$variant => $focus,)* }
            }
            /// Its position in [`Self::ALL`].
            #[must_use]
            pub const fn index(self) -> usize { self as usize }
        }
    };
}

columns! {
    /// What was charged: columns that a resource and its price carry from day to day.
    Profile {
        Provider = "ProviderName",
        Publisher = "PublisherName",
        InvoiceIssuer = "InvoiceIssuerName",
        HostProvider = "HostProviderName",
        BillingAccountId = "BillingAccountId",
        BillingAccountName = "BillingAccountName",
        BillingAccountType = "BillingAccountType",
        SubAccountId = "SubAccountId",
        SubAccountName = "SubAccountName",
        SubAccountType = "SubAccountType",
        ServiceCategory = "ServiceCategory",
        ServiceSubcategory = "ServiceSubcategory",
        ServiceName = "ServiceName",
        RegionId = "RegionId",
        RegionName = "RegionName",
        AvailabilityZone = "AvailabilityZone",
        ResourceId = "ResourceId",
        ResourceName = "ResourceName",
        ResourceType = "ResourceType",
        SkuId = "SkuId",
        SkuMeter = "SkuMeter",
        SkuPriceId = "SkuPriceId",
        SkuPriceDetails = "SkuPriceDetails",
        InstanceType = "x_InstanceType",
        ChargeDescription = "ChargeDescription",
        ListUnitPrice = "ListUnitPrice",
        ContractedUnitPrice = "ContractedUnitPrice",
        PricingUnit = "PricingUnit",
        ConsumedUnit = "ConsumedUnit",
        CapacityReservationId = "CapacityReservationId",
        CapacityReservationStatus = "CapacityReservationStatus",
        PricingCurrencyListUnitPrice = "PricingCurrencyListUnitPrice",
        PricingCurrencyContractedUnitPrice = "PricingCurrencyContractedUnitPrice",
        Tags = "Tags",
    }
}

/// The profile columns whose texts name a charge: stable when a provider restates amounts, names
/// or tags.
pub(super) const IDENTITY: [Profile; 9] = [
    Profile::SubAccountId,
    Profile::ServiceName,
    Profile::RegionId,
    Profile::ResourceId,
    Profile::SkuId,
    Profile::SkuPriceId,
    Profile::SkuMeter,
    Profile::ChargeDescription,
    Profile::PricingUnit,
];

/// Columns that mostly come together: a new profile is nearly always a known account, price and
/// place beside a new resource, so that few of its texts need looking up one by one.
pub(super) const FACETS: [&[Profile]; 4] = [
    &[
        Profile::Provider,
        Profile::Publisher,
        Profile::InvoiceIssuer,
        Profile::HostProvider,
        Profile::BillingAccountId,
        Profile::BillingAccountName,
        Profile::BillingAccountType,
        Profile::SubAccountId,
        Profile::SubAccountName,
        Profile::SubAccountType,
    ],
    &[
        Profile::ServiceCategory,
        Profile::ServiceSubcategory,
        Profile::ServiceName,
        Profile::SkuId,
        Profile::SkuMeter,
        Profile::SkuPriceId,
        Profile::SkuPriceDetails,
        Profile::InstanceType,
        Profile::ChargeDescription,
        Profile::ListUnitPrice,
        Profile::ContractedUnitPrice,
        Profile::PricingUnit,
        Profile::ConsumedUnit,
        Profile::PricingCurrencyListUnitPrice,
        Profile::PricingCurrencyContractedUnitPrice,
    ],
    &[Profile::RegionId, Profile::RegionName, Profile::AvailabilityZone],
    &[
        Profile::ResourceId,
        Profile::ResourceName,
        Profile::ResourceType,
        Profile::CapacityReservationId,
        Profile::CapacityReservationStatus,
        Profile::Tags,
    ],
];

columns! {
    /// How it was charged: columns with few values, independent of the resource.
    Terms {
        Currency = "BillingCurrency",
        ChargeCategory = "ChargeCategory",
        ChargeClass = "ChargeClass",
        ChargeFrequency = "ChargeFrequency",
        PricingCategory = "PricingCategory",
        PricingCurrency = "PricingCurrency",
        CommitmentId = "CommitmentDiscountId",
        CommitmentName = "CommitmentDiscountName",
        CommitmentCategory = "CommitmentDiscountCategory",
        CommitmentType = "CommitmentDiscountType",
        CommitmentStatus = "CommitmentDiscountStatus",
        CommitmentUnit = "CommitmentDiscountUnit",
        InvoiceId = "InvoiceId",
    }
}

columns! {
    /// How much: the decimal columns of a charge. The first four are its costs.
    Quantity {
        Effective = "EffectiveCost",
        Billed = "BilledCost",
        List = "ListCost",
        Contracted = "ContractedCost",
        Consumed = "ConsumedQuantity",
        Pricing = "PricingQuantity",
        Commitment = "CommitmentDiscountQuantity",
        PricingCurrencyEffective = "PricingCurrencyEffectiveCost",
    }
}

/// Which of FOCUS's four costs an answer adds up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// `EffectiveCost`: amortised, after all discounts.
    #[default]
    Effective,
    /// `BilledCost`: what the invoice charges.
    Billed,
    /// `ListCost`: at public prices.
    List,
    /// `ContractedCost`: at negotiated prices, before commitments.
    Contracted,
}

impl Metric {
    /// All, in FOCUS column order of [`Quantity`].
    pub const ALL: [Metric; 4] = [Metric::Effective, Metric::Billed, Metric::List, Metric::Contracted];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Metric::Effective => "effective",
            Metric::Billed => "billed",
            Metric::List => "list",
            Metric::Contracted => "contracted",
        }
    }

    /// The column that it adds up.
    #[must_use]
    pub fn quantity(self) -> Quantity {
        match self {
            Metric::Effective => Quantity::Effective,
            Metric::Billed => Quantity::Billed,
            Metric::List => Quantity::List,
            Metric::Contracted => Quantity::Contracted,
        }
    }

    /// One sentence on what it means.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Metric::Effective => {
                "EffectiveCost: the amortised cost of the charge after all discounts, with upfront and recurring purchases spread over what they cover"
            }
            Metric::Billed => {
                "BilledCost: what the invoice charges for it, purchases in full on the day they are billed"
            }
            Metric::List => "ListCost: the quantity at the provider's public price",
            Metric::Contracted => "ContractedCost: the quantity at the negotiated price, before commitment discounts",
        }
    }
}

/// Charges longer than a day are purchases and fees that no single day consumed; charts set them
/// apart.
#[must_use]
pub fn spans_days(duration_seconds: i64) -> bool {
    duration_seconds > super::calendar::DAY_SECONDS
}
