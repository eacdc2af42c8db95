//! Google Cloud's billing export, standard and detailed, as it comes out of BigQuery: lines of JSON,
//! Parquet, or a CSV whose nested columns were flattened (`service.description`, `service_description`).
//!
//! | FOCUS | from | remarks |
//! |---|---|---|
//! | BilledCost, EffectiveCost | cost + the amounts of all credits | credits are negative, and their absence is told; fees of commitments count where they are billed, since no row says which usage they cover |
//! | ContractedCost | cost | before credits |
//! | ListCost | cost_at_list | |
//! | BillingCurrency | currency | |
//! | ChargePeriodStart, -End | usage_start_time, usage_end_time | |
//! | BillingPeriodStart | invoice.month | |
//! | BillingAccountId | billing_account_id | |
//! | SubAccountId, -Name | project.id, project.name | |
//! | ServiceName, ServiceCategory | service.description | by the table of services |
//! | RegionId, AvailabilityZone | location.region, else location.location; location.zone | |
//! | ResourceId, -Name | resource.global_name, resource.name | of the detailed export |
//! | SkuId, ChargeDescription | sku.id, sku.description | |
//! | x_InstanceType | the system label compute.googleapis.com/machine_spec | |
//! | ChargeCategory | cost_type; `Commitment ...` among SKUs is a purchase | adjustments and rounding are Adjustment |
//! | PricingCategory, CommitmentDiscount... | the first credit of a commitment | |
//! | ConsumedQuantity, PricingQuantity, units | usage.amount, usage.amount_in_pricing_units | |
//! | ContractedUnitPrice | price.effective_price | |
//! | PublisherName | seller_name | |
//! | Tags | labels, tags, project.labels, system_labels | of a key that comes twice, the first |
//!
//! Lost: which credits a charge had and of what kind, the conversion rate, the project's folders, price
//! tiers, adjustments' descriptions, `export_time`.

use std::sync::atomic::{AtomicBool, Ordering};

use super::header::{Header, sources};
use super::parts::{Tags, number, put_amount, put_service, records};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Amount;
use crate::domain::tags::value_of;
use crate::error::Result;
use crate::focus::dialect::{Dialect, Draft, Place, Record, Translate};
use crate::focus::layout::Time;

sources! {
    /// Columns that are read.
    Col {
        Cost = ["cost"],
        Credits = ["credits"],
        Currency = ["currency"],
        Start = ["usagestarttime"],
        End = ["usageendtime"],
        Account = ["billingaccountid"],
        Service = ["servicedescription"],
        SkuId = ["skuid"],
        Sku = ["skudescription"],
        Project = ["projectid"],
        ProjectName = ["projectname"],
        ProjectLabels = ["projectlabels"],
        Labels = ["labels"],
        SystemLabels = ["systemlabels"],
        Tags = ["tags"],
        Region = ["locationregion"],
        Location = ["locationlocation"],
        Zone = ["locationzone"],
        Resource = ["resourceglobalname"],
        ResourceName = ["resourcename"],
        Price = ["priceeffectiveprice"],
        Seller = ["sellername"],
        Amount = ["usageamount"],
        Unit = ["usageunit"],
        PricingAmount = ["usageamountinpricingunits"],
        PricingUnit = ["usagepricingunit"],
        Month = ["invoicemonth"],
        Type = ["costtype"],
        ListCost = ["costatlist"],
    }
}

/// The columns as BigQuery names them.
const KEYS: &[&str] = &[
    "cost",
    "credits",
    "currency",
    "usage_start_time",
    "usage_end_time",
    "billing_account_id",
    "service.description",
    "sku.id",
    "sku.description",
    "project.id",
    "project.name",
    "project.labels",
    "labels",
    "system_labels",
    "tags",
    "location.region",
    "location.location",
    "location.zone",
    "resource.global_name",
    "resource.name",
    "price.effective_price",
    "seller_name",
    "usage.amount",
    "usage.unit",
    "usage.amount_in_pricing_units",
    "usage.pricing_unit",
    "invoice.month",
    "cost_type",
    "cost_at_list",
];

/// The label that tells a machine's type.
const MACHINE: &str = "compute.googleapis.com/machine_spec";

/// The dialect.
pub struct Gcp;

impl Dialect for Gcp {
    fn name(&self) -> &'static str {
        "Google Cloud billing exports (standard, detailed)"
    }

    fn keys(&self) -> &'static [&'static str] {
        KEYS
    }

    fn recognise(&self, names: &[String]) -> Option<Result<Box<dyn Translate>>> {
        let header = Header::of(names, Col::NAMES);
        let told = [Col::Cost, Col::Start, Col::Account, Col::Service, Col::Sku, Col::Month];
        if !header.has(Col::Start) || told.iter().filter(|column| header.has(**column)).count() < 4 {
            return None;
        }
        let needed = [
            (Col::Cost, "cost"),
            (Col::Currency, "currency"),
            (Col::Start, "usage_start_time"),
            (Col::End, "usage_end_time"),
        ];
        Some(header.need("a Google Cloud billing export", &needed).map(|()| {
            let detailed = header.has(Col::Resource) || header.has(Col::ResourceName);
            Box::new(Export { header, detailed, credited: false.into() }) as Box<dyn Translate>
        }))
    }
}

/// An export's columns.
struct Export {
    header: Header,
    detailed: bool,
    /// Whether any row tells its credits, be it that there are none.
    credited: AtomicBool,
}

impl Translate for Export {
    fn format(&self) -> String {
        let name = if self.detailed { "Google Cloud detailed export" } else { "Google Cloud billing export" };
        name.to_owned()
    }

    fn notes(&self) -> Vec<String> {
        let note = "no row tells `credits`: costs are before credits".to_owned();
        if self.credited.load(Ordering::Relaxed) { Vec::new() } else { vec![note] }
    }

    fn reads(&self) -> Vec<usize> {
        self.header.found()
    }

    fn origins(&self) -> Vec<(Place, usize)> {
        let pairs: [(Place, Col); 11] = [
            (Quantity::Billed.into(), Col::Cost),
            (Quantity::Effective.into(), Col::Cost),
            (Quantity::Contracted.into(), Col::Cost),
            (Quantity::List.into(), Col::ListCost),
            (Quantity::Consumed.into(), Col::Amount),
            (Quantity::Pricing.into(), Col::PricingAmount),
            (Terms::Currency.into(), Col::Currency),
            (Time::ChargeStart.into(), Col::Start),
            (Time::ChargeEnd.into(), Col::End),
            (Time::BillingStart.into(), Col::Month),
            (Profile::Tags.into(), Col::Labels),
        ];
        pairs.into_iter().filter_map(|(place, column)| Some((place, self.header.at(column)?))).collect()
    }

    fn translate(&self, row: &dyn Record, draft: &mut Draft) {
        self.what(row, draft);
        self.when(row, draft);
        self.put_tags(row, draft);
        self.charged(row, draft);
    }
}

impl Export {
    fn what(&self, row: &dyn Record, draft: &mut Draft) {
        draft.put(Profile::Provider, b"Google Cloud");
        draft.put(Profile::InvoiceIssuer, b"Google Cloud");
        let same: [(Place, Col); 17] = [
            (Profile::Publisher.into(), Col::Seller),
            (Profile::BillingAccountId.into(), Col::Account),
            (Profile::SubAccountId.into(), Col::Project),
            (Profile::SubAccountName.into(), Col::ProjectName),
            (Profile::AvailabilityZone.into(), Col::Zone),
            (Profile::ResourceName.into(), Col::ResourceName),
            (Profile::SkuId.into(), Col::SkuId),
            (Profile::ChargeDescription.into(), Col::Sku),
            (Profile::ContractedUnitPrice.into(), Col::Price),
            (Profile::ConsumedUnit.into(), Col::Unit),
            (Profile::PricingUnit.into(), Col::PricingUnit),
            (Terms::Currency.into(), Col::Currency),
            (Time::ChargeStart.into(), Col::Start),
            (Time::ChargeEnd.into(), Col::End),
            (Quantity::Consumed.into(), Col::Amount),
            (Quantity::Pricing.into(), Col::PricingAmount),
            (Quantity::List.into(), Col::ListCost),
        ];
        for (place, column) in same {
            draft.put(place, self.header.get(row, column));
        }
        put_service(draft, self.header.get(row, Col::Service));
        draft.put(Profile::RegionId, self.header.first(row, &[Col::Region, Col::Location]));
        draft.put(Profile::ResourceId, self.header.first(row, &[Col::Resource, Col::ResourceName]));
    }

    /// The billing period of an invoice's month, `202611`.
    fn when(&self, row: &dyn Record, draft: &mut Draft) {
        let month = self.header.get(row, Col::Month);
        match month {
            [] => {}
            [year @ .., m1, m2] if year.len() == 4 && month.iter().all(u8::is_ascii_digit) => {
                draft.write(Time::BillingStart, |out| {
                    out.extend_from_slice(year);
                    out.extend_from_slice(&[b'-', *m1, *m2, b'-', b'0', b'1']);
                });
            }
            _ => draft.refuse(self.header.at(Col::Month).unwrap_or_default(), "not a month like 202611"),
        }
    }

    fn put_tags(&self, row: &dyn Record, draft: &mut Draft) {
        let mut tags = Tags::default();
        let mut sound = true;
        for column in [Col::Labels, Col::Tags, Col::ProjectLabels, Col::SystemLabels] {
            sound &= tags.add_all(self.header.get(row, column), &str::to_owned);
        }
        if !sound {
            // Kept as it came: the summary tells of tags that cannot be read.
            return draft.put(Profile::Tags, self.header.get(row, Col::Labels));
        }
        tags.put(draft);
        let found = value_of(&String::from_utf8_lossy(draft.text(Profile::Tags)), MACHINE)
            .map(|machine| machine.into_owned().into_bytes());
        draft.put(Profile::InstanceType, &found.unwrap_or_default());
    }

    fn charged(&self, row: &dyn Record, draft: &mut Draft) {
        let cost = self.header.get(row, Col::Cost);
        let credits = self.header.get(row, Col::Credits);
        if !credits.is_empty() && !self.credited.load(Ordering::Relaxed) {
            self.credited.store(true, Ordering::Relaxed);
        }
        let mut commitment = None;
        draft.put(Quantity::Contracted, cost);
        // Without credits the text is the cost as it came.
        if matches!(credits, b"" | b"[]" | b"{}") {
            draft.put(Quantity::Billed, cost);
            draft.put(Quantity::Effective, cost);
        } else if !cost.is_empty() {
            let (amounts, found) = self.credits(credits, draft);
            commitment = found;
            let total = number(draft, cost, self.header.at(Col::Cost)).map(|cost| cost + amounts);
            put_amount(draft, Quantity::Billed, total);
            put_amount(draft, Quantity::Effective, total);
        }
        let is_fee = self.header.get(row, Col::Sku).starts_with(b"Commitment");
        let (category, frequency): (&[u8], &[u8]) = match self.header.get(row, Col::Type) {
            b"tax" => (b"Tax", b""),
            b"adjustment" | b"rounding_error" => (b"Adjustment", b""),
            _ if is_fee => (b"Purchase", b"Recurring"),
            _ => (b"Usage", b"Usage-Based"),
        };
        draft.put(Terms::ChargeCategory, category);
        draft.put(Terms::ChargeFrequency, frequency);
        if category == b"Usage" || category == b"Purchase" {
            let committed = is_fee || commitment.is_some();
            draft.put(Terms::PricingCategory, if committed { b"Committed" } else { b"Standard" });
        }
        if let Some(Commitment { id, name, is_spend }) = commitment {
            draft.put(Terms::CommitmentId, id.as_bytes());
            draft.put(Terms::CommitmentName, name.as_bytes());
            draft.put(Terms::CommitmentCategory, if is_spend { b"Spend" } else { b"Usage" });
            draft.put(Terms::CommitmentType, b"Committed Use Discount");
            draft.put(Terms::CommitmentStatus, b"Used");
        }
    }

    /// The sum of a row's credits, and the first commitment among them.
    fn credits(&self, raw: &[u8], draft: &mut Draft) -> (Amount, Option<Commitment>) {
        let (mut total, mut commitment) = (Amount::ZERO, None);
        let at = self.header.at(Col::Credits);
        let whole = records(raw, &mut |get| {
            let amount = get("amount").unwrap_or_default();
            total += number(draft, amount.as_bytes(), at).unwrap_or(Amount::ZERO);
            let kind = get("type").unwrap_or_default();
            let name = get("full_name").or_else(|| get("name")).unwrap_or_default();
            if commitment.is_none() && kind.starts_with("COMMITTED_USAGE_DISCOUNT") {
                let is_spend = kind.ends_with("DOLLAR_BASE");
                commitment = Some(Commitment { id: get("id").unwrap_or_default(), name, is_spend });
            }
        });
        if !whole {
            draft.refuse(at.unwrap_or_default(), "not a list of credits, each with an amount");
        }
        (total, commitment)
    }
}

/// A commitment that a credit is of.
struct Commitment {
    id: String,
    name: String,
    is_spend: bool,
}
