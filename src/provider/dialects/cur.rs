//! AWS's cost and usage report: the legacy one (`lineItem/UnblendedCost`, in Parquet
//! `line_item_unblended_cost`) and CUR 2.0 (the same names, tags and products as maps).
//!
//! | FOCUS | from | remarks |
//! |---|---|---|
//! | BilledCost | NetUnblendedCost, else UnblendedCost | 0 where a savings plan covers the usage: the negation takes away what its line shows; the bill's sum stays the invoice's |
//! | EffectiveCost | by the kind of line, see `kind_of` | net columns where they are |
//! | ListCost, ListUnitPrice | pricing/publicOnDemandCost, -Rate | of credits, refunds and discounts the billed cost |
//! | ContractedCost | UnblendedCost of usage, covered by a savings plan or not | unknown where a reservation covers it, of fees and of taxes |
//! | ChargeCategory, ChargeFrequency, PricingCategory | LineItemType, UsageType (`SpotUsage`) | |
//! | ChargePeriodStart, -End | UsageStartDate, UsageEndDate | |
//! | BillingPeriodStart, -End, InvoiceId | bill/... | |
//! | BillingAccountId, -Name | bill/PayerAccountId, -Name | |
//! | SubAccountId, -Name | UsageAccountId, -Name | |
//! | ServiceName, ServiceCategory | product/ProductName, else servicecode, ProductCode | by the table of services |
//! | RegionId, RegionName | product/regionCode, else region; location | |
//! | AvailabilityZone, ResourceId | the same of lineItem | |
//! | SkuId, SkuPriceId, SkuMeter | product/sku, pricing/RateCode, UsageType | |
//! | x_InstanceType | product/instanceType | |
//! | ChargeDescription | LineItemDescription | |
//! | PublisherName, InvoiceIssuerName | LegalEntity, bill/InvoicingEntity | |
//! | ConsumedQuantity, PricingQuantity, units | UsageAmount, pricing/unit | of usage; of fees the latter only |
//! | CommitmentDiscountId, -Category, -Type, -Status | reservation or savings plan ARN | the name is not told |
//! | Tags | resourceTags | `user:` is left off, `aws:` stays |
//!
//! Lost: blended costs, cost categories, operations, split line items, the term and offering of a
//! commitment, and all other product columns.

use super::header::{Header, sources};
use super::parts::{Addend, Tags, number, put_amount, put_service, sum};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Amount;
use crate::error::Result;
use crate::focus::dialect::{Dialect, Draft, Place, Record, Translate};
use crate::focus::json::members;
use crate::focus::layout::Time;
use crate::provider::aws_words::Kind;

sources! {
    /// Columns that are read.
    Col {
        Kind = ["lineitemlineitemtype"],
        Cost = ["lineitemunblendedcost"],
        NetCost = ["lineitemnetunblendedcost"],
        Currency = ["lineitemcurrencycode"],
        Start = ["lineitemusagestartdate"],
        End = ["lineitemusageenddate"],
        Account = ["lineitemusageaccountid"],
        AccountName = ["lineitemusageaccountname"],
        Payer = ["billpayeraccountid"],
        PayerName = ["billpayeraccountname"],
        BillStart = ["billbillingperiodstartdate"],
        BillEnd = ["billbillingperiodenddate"],
        Invoice = ["billinvoiceid"],
        Issuer = ["billinvoicingentity"],
        LegalEntity = ["lineitemlegalentity"],
        ProductName = ["productproductname"],
        ServiceCode = ["productservicecode"],
        ProductCode = ["lineitemproductcode"],
        Region = ["productregioncode", "productregion"],
        Location = ["productlocation"],
        Zone = ["lineitemavailabilityzone"],
        Resource = ["lineitemresourceid"],
        Sku = ["productsku"],
        RateCode = ["pricingratecode"],
        UsageType = ["lineitemusagetype"],
        InstanceType = ["productinstancetype"],
        Description = ["lineitemlineitemdescription"],
        Amount = ["lineitemusageamount"],
        Unit = ["pricingunit"],
        ListCost = ["pricingpublicondemandcost"],
        ListPrice = ["pricingpublicondemandrate"],
        Reservation = ["reservationreservationarn"],
        ReservationCost = ["reservationeffectivecost"],
        NetReservationCost = ["reservationneteffectivecost"],
        UnusedUpfront = ["reservationunusedamortizedupfrontfeeforbillingperiod"],
        NetUnusedUpfront = ["reservationnetunusedamortizedupfrontfeeforbillingperiod"],
        UnusedRecurring = ["reservationunusedrecurringfee"],
        NetUnusedRecurring = ["reservationnetunusedrecurringfee"],
        Plan = ["savingsplansavingsplanarn"],
        PlanCost = ["savingsplansavingsplaneffectivecost"],
        NetPlanCost = ["savingsplannetsavingsplaneffectivecost"],
        PlanTotal = ["savingsplantotalcommitmenttodate"],
        PlanUsed = ["savingsplanusedcommitment"],
        TagMap = ["resourcetags"],
        Product = ["product"],
    }
}

/// The dialect.
pub struct Cur;

impl Dialect for Cur {
    fn name(&self) -> &'static str {
        "AWS cost and usage reports (legacy CUR, CUR 2.0)"
    }

    fn recognise(&self, names: &[String]) -> Option<Result<Box<dyn Translate>>> {
        let header = Header::of(names, Col::NAMES);
        if !header.has(Col::Kind) || !(header.has(Col::Account) || header.has(Col::Cost)) {
            return None;
        }
        let modern = names.iter().any(|name| name == "resource_tags" || name == "bill_payer_account_name");
        let prefixed = names.iter().any(|name| name.contains('/'));
        let spelt = |legacy: &'static str, snake: &'static str| if prefixed { legacy } else { snake };
        let needed = [
            (Col::Cost, spelt("lineItem/UnblendedCost", "line_item_unblended_cost")),
            (Col::Currency, spelt("lineItem/CurrencyCode", "line_item_currency_code")),
            (Col::Start, spelt("lineItem/UsageStartDate", "line_item_usage_start_date")),
            (Col::End, spelt("lineItem/UsageEndDate", "line_item_usage_end_date")),
        ];
        if let Err(error) = header.need("an AWS cost and usage report", &needed) {
            return Some(Err(error.hint("choose all columns of the report where it is defined")));
        }
        Some(Ok(Box::new(Report { header, tags: tag_columns(names), modern })))
    }
}

/// Columns that are tags, each with its key.
fn tag_columns(names: &[String]) -> Vec<(usize, String)> {
    let tag = |(at, name): (usize, &String)| {
        // The last are members of a structure, which some writers make of the map.
        let prefixes = ["resourceTags/", "resource_tags_", "resource_tags."];
        let key = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))?;
        Some((at, tag_key(key)))
    };
    names.iter().enumerate().filter_map(tag).collect()
}

/// A tag's key: users' own without a prefix, AWS's with one.
fn tag_key(key: &str) -> String {
    let own = key.strip_prefix("user:").or_else(|| key.strip_prefix("user_"));
    match (own, key.strip_prefix("aws_")) {
        (Some(own), _) => own.to_owned(),
        (None, Some(theirs)) => format!("aws:{theirs}"),
        (None, None) => key.to_owned(),
    }
}

/// What a line is, by its type and whether it names a reservation; all that is not known by name is usage.
///
/// | LineItemType | category | billed | effective |
/// |---|---|---|---|
/// | Usage and all that is not named here | Usage | unblended | unblended |
/// | DiscountedUsage | Usage, committed | unblended (0) | reservation/EffectiveCost |
/// | SavingsPlanCoveredUsage | Usage, committed | 0 | SavingsPlanEffectiveCost |
/// | SavingsPlanNegation | Usage, no quantity | 0 | 0 |
/// | RIFee | Purchase, recurring | unblended | the unused part: unused upfront and recurring fee |
/// | SavingsPlanRecurringFee | Purchase, recurring | unblended | the unused part: commitment to date less what is used |
/// | SavingsPlanUpfrontFee, Fee of a reservation | Purchase, once | unblended | 0 |
/// | other Fee | Purchase, once | unblended | unblended |
/// | Tax | Tax | unblended | unblended |
/// | Credit | Credit | unblended | unblended |
/// | Refund, ...Discount | Adjustment | unblended | unblended |
fn kind_of(name: &[u8], names_reservation: bool) -> Kind {
    match Kind::of(name) {
        Some(Kind::Fee) if names_reservation => Kind::UpfrontFee,
        known => known.unwrap_or(Kind::Usage),
    }
}

/// A report's columns.
struct Report {
    header: Header,
    tags: Vec<(usize, String)>,
    modern: bool,
}

impl Translate for Report {
    fn format(&self) -> String {
        if self.modern { "AWS CUR 2.0".to_owned() } else { "AWS CUR".to_owned() }
    }

    fn reads(&self) -> Vec<usize> {
        let mut reads = self.header.found();
        reads.extend(self.tags.iter().map(|(at, _)| *at));
        reads
    }

    fn origins(&self) -> Vec<(Place, usize)> {
        let pairs: [(Place, Col); 14] = [
            (Quantity::Billed.into(), Col::Cost),
            (Quantity::Effective.into(), Col::Cost),
            (Quantity::List.into(), Col::ListCost),
            (Quantity::Contracted.into(), Col::Cost),
            (Quantity::Consumed.into(), Col::Amount),
            (Quantity::Pricing.into(), Col::Amount),
            (Terms::Currency.into(), Col::Currency),
            (Time::ChargeStart.into(), Col::Start),
            (Time::ChargeEnd.into(), Col::End),
            (Time::BillingStart.into(), Col::BillStart),
            (Time::BillingEnd.into(), Col::BillEnd),
            (Profile::Tags.into(), Col::TagMap),
            (Profile::ResourceId.into(), Col::Resource),
            (Profile::ChargeDescription.into(), Col::Description),
        ];
        pairs.into_iter().filter_map(|(place, column)| Some((place, self.header.at(column)?))).collect()
    }

    fn translate(&self, row: &dyn Record, draft: &mut Draft) {
        let reservation = self.header.get(row, Col::Reservation);
        let kind = kind_of(self.header.get(row, Col::Kind), !reservation.is_empty());
        self.what(row, draft);
        self.how(row, draft, kind, reservation);
        self.costs(row, draft, kind);
        self.put_tags(row, draft);
    }
}

impl Report {
    fn what(&self, row: &dyn Record, draft: &mut Draft) {
        draft.put(Profile::Provider, b"AWS");
        let same: [(Place, Col); 21] = [
            (Profile::Publisher.into(), Col::LegalEntity),
            (Profile::InvoiceIssuer.into(), Col::Issuer),
            (Profile::BillingAccountId.into(), Col::Payer),
            (Profile::BillingAccountName.into(), Col::PayerName),
            (Profile::SubAccountId.into(), Col::Account),
            (Profile::SubAccountName.into(), Col::AccountName),
            (Profile::RegionId.into(), Col::Region),
            (Profile::RegionName.into(), Col::Location),
            (Profile::AvailabilityZone.into(), Col::Zone),
            (Profile::ResourceId.into(), Col::Resource),
            (Profile::SkuId.into(), Col::Sku),
            (Profile::SkuPriceId.into(), Col::RateCode),
            (Profile::SkuMeter.into(), Col::UsageType),
            (Profile::InstanceType.into(), Col::InstanceType),
            (Profile::ChargeDescription.into(), Col::Description),
            (Profile::ListUnitPrice.into(), Col::ListPrice),
            (Terms::InvoiceId.into(), Col::Invoice),
            (Time::ChargeStart.into(), Col::Start),
            (Time::ChargeEnd.into(), Col::End),
            (Time::BillingStart.into(), Col::BillStart),
            (Time::BillingEnd.into(), Col::BillEnd),
        ];
        for (place, column) in same {
            draft.put(place, self.header.get(row, column));
        }
        // Newer reports keep the product's name in a map.
        let products = self.header.get(row, Col::Product);
        let name = self.header.get(row, Col::ProductName);
        if name.is_empty() && !products.is_empty() {
            let mut found = String::new();
            members(&String::from_utf8_lossy(products), &mut |key, value| {
                if key == "product_name" {
                    value.scalar().unwrap_or_default().clone_into(&mut found);
                }
            });
            if !found.is_empty() {
                return put_service(draft, found.as_bytes());
            }
        }
        put_service(draft, self.header.first(row, &[Col::ProductName, Col::ServiceCode, Col::ProductCode]));
    }

    fn how(&self, row: &dyn Record, draft: &mut Draft, kind: Kind, reservation: &[u8]) {
        let get = |column| self.header.get(row, column);
        draft.put(Terms::Currency, get(Col::Currency));
        draft.put(Terms::ChargeCategory, kind.category().as_bytes());
        draft.put(Terms::ChargeFrequency, kind.frequency().as_bytes());
        let is_spot = || get(Col::UsageType).windows(9).any(|part| part == b"SpotUsage");
        let pricing: &[u8] = match kind {
            Kind::Usage if is_spot() => b"Dynamic",
            Kind::Usage => b"Standard",
            kind if kind.is_committed() => b"Committed",
            _ => b"",
        };
        draft.put(Terms::PricingCategory, pricing);
        let plan = get(Col::Plan);
        let (id, category, name): (&[u8], &[u8], &[u8]) = match kind {
            Kind::Reserved | Kind::ReservationFee => (reservation, b"Usage", b"Reserved Instance"),
            Kind::Planned | Kind::PlanFee => (plan, b"Spend", b"Savings Plan"),
            Kind::UpfrontFee if plan.is_empty() => (reservation, b"Usage", b"Reserved Instance"),
            Kind::UpfrontFee => (plan, b"Spend", b"Savings Plan"),
            _ => return,
        };
        draft.put(Terms::CommitmentId, id);
        draft.put(Terms::CommitmentCategory, category);
        draft.put(Terms::CommitmentType, name);
        match kind {
            Kind::Reserved | Kind::Planned => draft.put(Terms::CommitmentStatus, b"Used"),
            Kind::ReservationFee | Kind::PlanFee => draft.put(Terms::CommitmentStatus, b"Unused"),
            _ => {}
        }
    }

    fn costs(&self, row: &dyn Record, draft: &mut Draft, kind: Kind) {
        let get = |column| self.header.get(row, column);
        let (cost, net) = (get(Col::Cost), get(Col::NetCost));
        // A discount's own line is in the net costs of the others.
        let is_in_others = net.is_empty() && self.header.has(Col::NetCost) && get(Col::Kind).ends_with(b"Discount");
        let billed: &[u8] = match kind {
            Kind::Planned | Kind::Negation => b"0",
            _ if is_in_others => b"0",
            _ if net.is_empty() => cost,
            _ => net,
        };
        if cost.is_empty() && billed == b"0" {
            draft.refuse(self.header.at(Col::Cost).unwrap_or_default(), "a charge needs its unblended cost");
        }
        draft.put(Quantity::Billed, billed);
        match kind {
            Kind::Reserved => {
                draft.put(Quantity::Effective, self.better(row, Col::NetReservationCost, Col::ReservationCost).0)
            }
            Kind::Planned => draft.put(Quantity::Effective, self.better(row, Col::NetPlanCost, Col::PlanCost).0),
            Kind::Negation | Kind::UpfrontFee => draft.put(Quantity::Effective, b"0"),
            Kind::ReservationFee => {
                let upfront = self.better(row, Col::NetUnusedUpfront, Col::UnusedUpfront);
                let recurring = self.better(row, Col::NetUnusedRecurring, Col::UnusedRecurring);
                let told = self.header.has(Col::UnusedUpfront) || self.header.has(Col::UnusedRecurring);
                let unused = sum(draft, &[upfront, recurring]).or(told.then_some(Amount::ZERO));
                put_amount(draft, Quantity::Effective, unused);
            }
            Kind::PlanFee => {
                let told = self.header.has(Col::PlanTotal) && self.header.has(Col::PlanUsed);
                let unused = told.then(|| self.unused_plan(row, draft));
                put_amount(draft, Quantity::Effective, unused);
            }
            _ => draft.put(Quantity::Effective, billed),
        }
        let (list, amount, unit) = (get(Col::ListCost), get(Col::Amount), get(Col::Unit));
        match kind {
            Kind::Usage | Kind::Planned => draft.put(Quantity::Contracted, cost),
            Kind::Credit | Kind::Adjustment => draft.put(Quantity::Contracted, billed),
            _ => {}
        }
        match kind {
            Kind::Usage | Kind::Reserved | Kind::Planned => {
                draft.put(Quantity::List, list);
                draft.put(Quantity::Consumed, amount);
                draft.put(Profile::ConsumedUnit, unit);
            }
            Kind::Credit | Kind::Adjustment => draft.put(Quantity::List, billed),
            _ => {}
        }
        if !matches!(kind, Kind::Negation | Kind::Tax | Kind::Credit | Kind::Adjustment) {
            draft.put(Quantity::Pricing, amount);
            draft.put(Profile::PricingUnit, unit);
        }
    }

    /// The net value where there is one, else the other, with its column.
    fn better<'r>(&self, row: &'r dyn Record, net: Col, other: Col) -> Addend<'r> {
        let column = if self.header.get(row, net).is_empty() { other } else { net };
        (self.header.get(row, column), self.header.at(column))
    }

    /// What of a savings plan's commitment so far is not used.
    fn unused_plan(&self, row: &dyn Record, draft: &mut Draft) -> Amount {
        let mut value = |column: Col| {
            let raw = self.header.get(row, column);
            if raw.is_empty() { None } else { number(draft, raw, self.header.at(column)) }
        };
        let (total, used) = (value(Col::PlanTotal), value(Col::PlanUsed));
        total.unwrap_or(Amount::ZERO) - used.unwrap_or(Amount::ZERO)
    }

    fn put_tags(&self, row: &dyn Record, draft: &mut Draft) {
        let mut tags = Tags::default();
        for (at, key) in &self.tags {
            let value = row.field(*at);
            if !value.is_empty() {
                tags.add(key, Some(&String::from_utf8_lossy(value)));
            }
        }
        let map = self.header.get(row, Col::TagMap);
        if tags.add_all(map, &tag_key) {
            tags.put(draft);
        } else {
            // Kept as it came: the summary tells of tags that cannot be read.
            draft.put(Profile::Tags, map);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_columns_or_members_of_a_structure() {
        let names = ["resourceTags/user:team", "resource_tags_user_env", "resource_tags.user_owner", "resource_tags"];
        let found = tag_columns(&names.map(str::to_owned));
        assert_eq!(found, [(0, "team".to_owned()), (1, "env".to_owned()), (2, "owner".to_owned())]);
    }
}
