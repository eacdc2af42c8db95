//! Rows of a billing export, added up by BigQuery, as charges of FOCUS. Pure.
//!
//! Standard and detailed export ("Structure of Standard data export", "Structure of Detailed data export",
//! Google Cloud documentation):
//!
//! | field | FOCUS column |
//! | --- | --- |
//! | `usage_start_time` | `ChargePeriodStart`: its UTC day. Hours are lost |
//! | `usage_end_time` | `ChargePeriodEnd`: the day's end; its own of a charge for more than a day |
//! | `invoice.month` | `BillingPeriodStart` and `BillingPeriodEnd`. Google's invoices keep US Pacific time: the last eight hours (seven in summer) of a Pacific month lie on the next month's first UTC day, and stay in the month that they are invoiced in |
//! | `billing_account_id` | `BillingAccountId` |
//! | `project.id`, `project.name` | `SubAccountId`, `SubAccountName`; `project.number` and the folders above are lost |
//! | `service.description` | `ServiceName`; `ServiceCategory` by our table of services; `service.id` is lost |
//! | `sku.id`, `sku.description` | `SkuId`, `ChargeDescription` |
//! | `location.region`, else `location.location` | `RegionId` |
//! | `location.zone` | `AvailabilityZone` |
//! | `resource.global_name`, else `resource.name` | `ResourceId`; its service and collection (`compute.googleapis.com/instances`) `ResourceType` |
//! | `resource.name` | `ResourceName` |
//! | `labels`, `tags`, `project.labels` | `Tags`: the keys that are asked for, of several the first of these |
//! | `system_labels`' machine type | `x_InstanceType` |
//! | `seller_name` of a third party's | `PublisherName`, else `Google Cloud` |
//! | `currency` | `BillingCurrency`; `currency_conversion_rate` is lost: it changes from row to row |
//! | `cost` | `ContractedCost`: the price that was agreed on, before credits; of a row without one all costs are unknown |
//! | `cost` + credits that are part of a price ([`DISCOUNTS`](super::query::DISCOUNTS)) | `BilledCost` and `EffectiveCost` |
//! | each other credit (`PROMOTION`, ...) | a charge of its own: `ChargeCategory` Credit, its `amount` as `BilledCost` and `EffectiveCost`, no list price. Of several on one row, the first by name |
//! | `cost_at_list` | `ListCost`; unknown where a row has none |
//! | `usage.amount`, `usage.unit` | `ConsumedQuantity`, `ConsumedUnit` |
//! | `usage.amount_in_pricing_units`, `usage.pricing_unit` | `PricingQuantity`, `PricingUnit` |
//! | `price.effective_price` | `ContractedUnitPrice`; tiers are lost |
//! | `cost_type` | `ChargeCategory`: `tax` Tax, `adjustment` and `rounding_error` Adjustment, else Usage; Purchase of a SKU that is a commitment's fee |
//! | `adjustment_info` | `ChargeClass` Correction where there is one |
//! | a commitment's credit | `CommitmentDiscountId`, `CommitmentDiscountName`, `CommitmentDiscountCategory` (Spend or Usage), Type `Committed Use Discount`, Status Used, `PricingCategory` Committed |
//!
//! **Commitments** are paid as they run, so that billed and effective cost are the same in total. Between the
//! fee's charges and the usage that it covers they are not: the export tells no fee by what it covers.
//!
//! A file of the same rows has one charge a row, with all its credits in it: both come to the same total.
//!
//! The FOCUS export's columns are kept as they are, but for the charge's hour, and `x_` columns, which are lost.

use std::borrow::Cow;

use super::query::Column;
use super::table::Kind;
use crate::domain::batch::{Facts, Row, YEARS};
use crate::domain::calendar::{Day, Month, parse_timestamp};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::{Amount, Decimal};
use crate::domain::{services, tags};
use crate::focus::rules::is_currency;

/// The provider, as FOCUS names it.
pub const PROVIDER: &str = "Google Cloud";

/// A charge whose texts are partly of the answer.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    profile: [Cow<'a, str>; Profile::COUNT],
    terms: [Cow<'a, str>; Terms::COUNT],
    facts: Facts,
}

impl Charge<'_> {
    /// As a batch takes it.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        Row {
            profile: self.profile.each_ref().map(AsRef::as_ref),
            terms: self.terms.each_ref().map(AsRef::as_ref),
            facts: self.facts,
        }
    }
}

/// What a row of an answer comes to.
#[derive(Clone, Debug)]
pub struct Charges<'a> {
    /// The charge.
    pub charge: Charge<'a>,
    /// The credit that stands beside it.
    pub credit: Option<Charge<'a>>,
    /// Amounts of usage that are more than can be kept.
    pub too_large: u32,
    /// Whether the export tells no cost of it.
    pub is_unpriced: bool,
}

/// Values of an answer's row by what they tell.
struct Told<'a> {
    labels: &'a [String],
    columns: &'a [Column],
    values: &'a [Option<String>],
}

impl<'a> Told<'a> {
    fn get(&self, column: Column) -> Option<&'a str> {
        let at = self.columns.iter().position(|c| *c == column)?;
        self.values.get(at)?.as_deref()
    }

    fn text(&self, column: Column) -> &'a str {
        self.get(column).unwrap_or_default()
    }

    /// An exact sum. A cost is read or refused; an amount of usage that is too large is left out.
    fn sum(&self, column: Column, too_large: &mut u32) -> Result<Option<Decimal>, String> {
        let Some(text) = self.get(column) else { return Ok(None) };
        let is_cost = !matches!(column, Column::Sum(Quantity::Consumed | Quantity::Pricing | Quantity::Commitment));
        let limit = if is_cost { Amount::LIMIT } else { Amount::QUANTITY_LIMIT };
        match Decimal::parse_within(text.as_bytes(), limit) {
            Ok(decimal) => Ok(Some(decimal)),
            Err(crate::domain::money::DecimalError::Range) if !is_cost => {
                *too_large += 1;
                Ok(None)
            }
            Err(why) => Err(format!("a cost or an amount is `{text}`: {why}")),
        }
    }

    fn tags(&self) -> Cow<'a, str> {
        let whole = self.text(Column::Profile(Profile::Tags));
        let pairs = self.labels.iter().enumerate();
        let pairs = pairs.filter_map(|(at, key)| Some((key.as_str(), Some(self.get(Column::Label(at))?))));
        if whole.is_empty() { tags::to_json(pairs).into() } else { whole.into() }
    }
}

/// The charges of a row.
///
/// # Errors
/// What cannot be read of it, with the value as it came.
pub fn charges<'a>(
    kind: Kind,
    columns: &'a [Column],
    labels: &'a [String],
    values: &'a [Option<String>],
) -> Result<Charges<'a>, String> {
    let told = Told { labels, columns, values };
    let mut too_large = 0;
    let mut charge = Charge {
        profile: std::array::from_fn(|at| told.text(Column::Profile(Profile::ALL[at])).into()),
        terms: std::array::from_fn(|at| told.text(Column::Terms(Terms::ALL[at])).into()),
        facts: facts(&told, &mut too_large)?,
    };
    let currency = &charge.terms[Terms::Currency.index()];
    if !is_currency(currency.as_bytes()) {
        let (day, service) = (told.text(Column::Day), &charge.profile[Profile::ServiceName.index()]);
        let has = if currency.is_empty() { "no currency".to_owned() } else { format!("the currency `{currency}`") };
        return Err(format!("a charge of {day}, `{service}`, has {has}"));
    }
    charge.profile[Profile::Tags.index()] = told.tags();
    provided(&mut charge);
    let is_unpriced = charge.facts.quantities[Quantity::Billed.index()].is_none();
    if kind == Kind::Focus {
        return Ok(Charges { charge, credit: None, too_large, is_unpriced });
    }
    export(&told, &mut charge);
    let credit = told.sum(Column::Credit, &mut too_large)?.filter(|amount| amount.mantissa != 0);
    let credit = credit.map(|amount| credit_of(&told, &charge, amount));
    Ok(Charges { charge, credit, too_large, is_unpriced })
}

/// When and how much.
fn facts(told: &Told<'_>, too_large: &mut u32) -> Result<Facts, String> {
    let text = told.text(Column::Day);
    let day = Day::parse(text).filter(|day| YEARS.contains(&day.seconds()));
    let day = day.ok_or_else(|| format!("a day is `{text}`"))?;
    let month = match told.text(Column::Month) {
        "" => day.month(),
        text => month(text).ok_or_else(|| format!("an invoice's month is `{text}`"))?,
    };
    let end = match told.get(Column::End) {
        None => day.plus(1).seconds(),
        Some(text) => parse_timestamp(text.as_bytes())
            .filter(|end| *end > day.seconds() && end - day.seconds() <= crate::domain::batch::PERIOD_MAX)
            .ok_or_else(|| format!("a charge ends at `{text}`"))?,
    };
    let mut quantities = [None; Quantity::COUNT];
    for quantity in Quantity::ALL {
        quantities[quantity.index()] = told.sum(Column::Sum(*quantity), too_large)?;
    }
    let billed = quantities[Quantity::Billed.index()];
    let effective = &mut quantities[Quantity::Effective.index()];
    *effective = effective.or(billed);
    let (billing_start, billing_end) = (month.first(), month.plus(1).first());
    Ok(Facts { start: day.seconds(), end, billing_start, billing_end, quantities })
}

/// Reads `202610`.
fn month(text: &str) -> Option<Month> {
    let digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = digits.then(|| text.split_at(4))?;
    let (year, month) = (year.parse().ok()?, month.parse().ok()?);
    ((1..=12).contains(&month) && (1990..2200).contains(&year)).then(|| Month::new(year, month))
}

fn set<'a, const N: usize>(texts: &mut [Cow<'a, str>; N], at: usize, text: impl Into<Cow<'a, str>>) {
    if texts[at].is_empty() {
        texts[at] = text.into();
    }
}

/// What all charges of Google Cloud have, where they do not say otherwise.
fn provided(charge: &mut Charge<'_>) {
    let profile = &mut charge.profile;
    for column in [Profile::Provider, Profile::InvoiceIssuer, Profile::HostProvider] {
        set(profile, column.index(), PROVIDER);
    }
    let category = services::find(&profile[Profile::ServiceName.index()]).map_or("Other", |service| service.category);
    set(profile, Profile::ServiceCategory.index(), category);
}

/// What the standard and the detailed export tell in words of their own.
fn export<'a>(told: &Told<'a>, charge: &mut Charge<'a>) {
    let Charge { profile, terms, .. } = charge;
    set(profile, Profile::BillingAccountType.index(), "Billing Account");
    if !profile[Profile::SubAccountId.index()].is_empty() {
        set(profile, Profile::SubAccountType.index(), "Project");
    }
    if matches!(told.text(Column::Transaction), "" | "GOOGLE") {
        profile[Profile::Publisher.index()] = PROVIDER.into();
    }
    set(profile, Profile::Publisher.index(), PROVIDER);
    let resource_type = resource_type(&profile[Profile::ResourceId.index()]);
    let name = profile[Profile::ResourceName.index()].clone();
    set(profile, Profile::ResourceId.index(), name);
    profile[Profile::ResourceType.index()] = resource_type.unwrap_or_default().into();
    let sku = &profile[Profile::ChargeDescription.index()];
    let is_fee = sku.to_ascii_lowercase().starts_with("commitment");
    let category = match told.text(Column::CostType) {
        "tax" => "Tax",
        "adjustment" | "rounding_error" => "Adjustment",
        _ if is_fee => "Purchase",
        _ => "Usage",
    };
    let commitment = told.text(Column::Commitment);
    let pricing = match category {
        "Tax" | "Adjustment" => "",
        _ if is_fee || !commitment.is_empty() => "Committed",
        _ if sku.contains("Spot") || sku.contains("Preemptible") => "Dynamic",
        _ => "Standard",
    };
    let mut term = |column: Terms, text: &'static str| terms[column.index()] = text.into();
    term(Terms::ChargeCategory, category);
    term(Terms::ChargeFrequency, if category == "Purchase" { "Recurring" } else { "Usage-Based" });
    term(Terms::PricingCategory, pricing);
    if told.get(Column::Adjusts).is_some() {
        term(Terms::ChargeClass, "Correction");
    }
    if !commitment.is_empty() {
        let by_spend = commitment == "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE";
        term(Terms::CommitmentCategory, if by_spend { "Spend" } else { "Usage" });
        term(Terms::CommitmentType, "Committed Use Discount");
        term(Terms::CommitmentStatus, "Used");
    }
}

/// The service and the collection of a resource's full name:
/// `//compute.googleapis.com/projects/1/zones/z/instances/2` is of `compute.googleapis.com/instances`.
fn resource_type(full: &str) -> Option<String> {
    let mut parts = full.strip_prefix("//")?.split('/');
    let service = parts.next()?;
    let collection = parts.rev().nth(1)?;
    Some(format!("{service}/{collection}"))
}

/// A credit of its own beside a charge.
fn credit_of<'a>(told: &Told<'a>, beside: &Charge<'a>, amount: Decimal) -> Charge<'a> {
    let mut credit = beside.clone();
    let name = told.text(Column::CreditName);
    credit.profile[Profile::ChargeDescription.index()] = if name.is_empty() { "Credit".into() } else { name.into() };
    for column in [Profile::ContractedUnitPrice, Profile::PricingUnit, Profile::ConsumedUnit] {
        credit.profile[column.index()] = "".into();
    }
    let currency = std::mem::take(&mut credit.terms[Terms::Currency.index()]);
    credit.terms = std::array::from_fn(|_| Cow::Borrowed(""));
    credit.terms[Terms::Currency.index()] = currency;
    credit.terms[Terms::ChargeCategory.index()] = "Credit".into();
    credit.terms[Terms::ChargeFrequency.index()] = "One-Time".into();
    let none = Decimal { mantissa: 0, scale: 0, rounded: false };
    credit.facts.quantities = [None; Quantity::COUNT];
    for (quantity, value) in [
        (Quantity::Billed, amount),
        (Quantity::Effective, amount),
        (Quantity::List, none),
        (Quantity::Contracted, none),
    ] {
        credit.facts.quantities[quantity.index()] = Some(value);
    }
    credit
}

#[cfg(test)]
mod tests;
