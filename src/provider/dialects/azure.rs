//! Azure's cost and usage details, of enterprise agreements, Microsoft customer agreements and
//! pay-as-you-go, actual and amortised, as exports of several years spell them, German ones too.
//!
//! | FOCUS | from | remarks |
//! |---|---|---|
//! | BilledCost, EffectiveCost | CostInBillingCurrency, else Cost, PreTaxCost | by the kind of row, see below |
//! | ListCost, ListUnitPrice | paygCostInBillingCurrency, PayGPrice | the price only where it is not 0, the cost where it is not 0 or the charge is free |
//! | ContractedCost, ContractedUnitPrice | the cost of usage that no commitment covers, UnitPrice | |
//! | BillingCurrency | BillingCurrency, BillingCurrencyCode, Currency | |
//! | ChargePeriodStart, -End | Date, UsageDateTime | the whole day: hours are not told |
//! | BillingPeriodStart, -End | BillingPeriodStartDate, -EndDate (inclusive) | else the month of the day |
//! | BillingAccountId, -Name, -Type | BillingAccountId, -Name; under a customer agreement BillingProfileId, -Name | as the path that Azure's FOCUS export and its API write, `/providers/Microsoft.Billing/billingAccounts/ID` |
//! | SubAccountId, -Name, -Type | SubscriptionId (SubscriptionGuid), -Name | as a path too, `/subscriptions/ID` in lower case |
//! | ServiceName, ServiceCategory | MeterCategory, else ConsumedService | by the table of services |
//! | RegionId, RegionName | ResourceLocation, Location, MeterRegion | by the table of regions; else the id without spaces, in lower case |
//! | ResourceId, -Name, -Type | ResourceId (InstanceId, InstanceName), ResourceName | the id in lower case, as the FOCUS export; the type out of it |
//! | SkuId, SkuPriceId, SkuMeter | MeterId, PartNumber, MeterName | |
//! | x_InstanceType | AdditionalInfo's ServiceType | |
//! | ChargeCategory, ChargeClass | ChargeType | by the table of words that the API's are read with too: a refund is a Purchase, as a Correction; one that is not known is Usage |
//! | ChargeFrequency | Frequency | |
//! | PricingCategory | PricingModel | |
//! | CommitmentDiscount... | benefitId, ReservationId, their names | |
//! | ConsumedQuantity, PricingQuantity, units | Quantity, UnitOfMeasure | |
//! | PublisherName, InvoiceId, Tags | the same | tags without braces are given them |
//!
//! Lost: invoice sections, cost centers, offers, plans, exchange rates, resource groups beside the id.
//!
//! **Actual and amortised** exports have the same columns, and most rows are in both. What tells them
//! apart is what commitments do to a row, and each row says itself which costs it knows:
//!
//! | row | in | BilledCost | EffectiveCost |
//! |---|---|---|---|
//! | purchase or refund of a commitment | actual | the cost | 0 |
//! | usage that a commitment covers, cost 0 | actual; amortised where it is free anyway | 0 | unknown |
//! | usage that a commitment covers, with a cost | amortised | 0 | the cost |
//! | what is unused of a commitment | amortised | 0 | the cost |
//! | everything else | both | the cost | the cost |
//!
//! So an actual export's billed cost is the invoice's; an amortised one's effective cost is whole, and
//! purchases are missing from its billed cost. The two are never added: in one import they are
//! refused, and of imports after one another the later takes the former's place.

use std::sync::atomic::{AtomicBool, Ordering};

use super::dates;
use super::header::{Header, english, sources};
use super::parts::{Tags, put_service};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::tags::value_of;
use crate::error::Result;
use crate::focus::dialect::{Dialect, Draft, Place, Record, Translate};
use crate::focus::layout::Time;
use crate::provider::azure_words;

/// What Azure's ids of billing accounts begin with.
const ACCOUNTS: &[u8] = b"/providers/Microsoft.Billing/billingAccounts/";

/// What an export of actual cost is called.
pub const ACTUAL: &str = "Azure actual cost";

/// What an export of amortised cost is called.
pub const AMORTISED: &str = "Azure amortised cost";

sources! {
    /// Columns that are read.
    Col {
        Cost = ["costinbillingcurrency", "cost", "pretaxcost"],
        Currency = ["billingcurrency", "billingcurrencycode", "currency", "currencycode"],
        Date = ["date", "usagedatetime", "usagedate"],
        BillStart = ["billingperiodstartdate"],
        BillEnd = ["billingperiodenddate"],
        Account = ["billingaccountid"],
        AccountName = ["billingaccountname"],
        BillingProfile = ["billingprofileid"],
        ProfileName = ["billingprofilename"],
        Subscription = ["subscriptionid", "subscriptionguid"],
        SubscriptionName = ["subscriptionname"],
        Service = ["metercategory"],
        Consumed = ["consumedservice"],
        Location = ["resourcelocation"],
        OtherLocation = ["location"],
        MeterRegion = ["meterregion"],
        Zone = ["availabilityzone"],
        Resource = ["resourceid", "instanceid", "instancename"],
        ResourceName = ["resourcename"],
        Meter = ["meterid"],
        Part = ["partnumber"],
        MeterName = ["metername"],
        Product = ["productname", "product"],
        Info = ["additionalinfo"],
        Type = ["chargetype"],
        Frequency = ["frequency"],
        Model = ["pricingmodel"],
        Benefit = ["benefitid"],
        BenefitName = ["benefitname"],
        Reservation = ["reservationid"],
        ReservationName = ["reservationname"],
        Quantity = ["quantity", "usagequantity", "consumedquantity"],
        Unit = ["unitofmeasure"],
        UnitPrice = ["unitprice", "resourcerate"],
        ListCost = ["paygcostinbillingcurrency"],
        ListPrice = ["paygprice"],
        Publisher = ["publishername"],
        Invoice = ["invoiceid"],
        Tags = ["tags"],
    }
}

/// The dialect.
pub struct Azure;

impl Dialect for Azure {
    fn name(&self) -> &'static str {
        "Azure cost details (actual or amortised, of EA, MCA and pay-as-you-go)"
    }

    fn recognise(&self, names: &[String]) -> Option<Result<Box<dyn Translate>>> {
        let header = Header::of(names, Col::NAMES);
        let told = [Col::Cost, Col::Date, Col::Subscription, Col::Service, Col::Consumed, Col::Meter];
        if !header.has(Col::Service) || told.iter().filter(|column| header.has(**column)).count() < 4 {
            return None;
        }
        let needed = [(Col::Cost, "CostInBillingCurrency"), (Col::Currency, "BillingCurrency"), (Col::Date, "Date")];
        if let Err(error) = header.need("an Azure cost details export", &needed) {
            return Some(
                Err(error.hint("export it anew with all columns, best as \"Cost and usage details (FOCUS)\"")),
            );
        }
        let localised = names.iter().any(|name| english(name).is_some());
        let flag = AtomicBool::default;
        Some(Ok(Box::new(Details { header, localised, bought: flag(), free: flag(), spread: flag() })))
    }
}

/// What a row is, as far as commitments go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Bought or given back.
    Purchase,
    /// Usage that one covers.
    Covered,
    /// What nobody used of one.
    Unused,
    /// Nothing to do with them.
    Plain,
}

/// An export's columns.
struct Details {
    header: Header,
    /// Whether its header is in another language, and so its decimals may be.
    localised: bool,
    /// Whether a purchase or a refund of a commitment was seen, which only actual exports have.
    bought: AtomicBool,
    /// Whether usage that a commitment covers was seen that costs nothing: all of it in an actual export, and what is
    /// free anyway in an amortised one.
    free: AtomicBool,
    /// Whether a commitment's cost was seen on what it covers, which only amortised exports have.
    spread: AtomicBool,
}

impl Details {
    /// Whether it is an export of actual cost, and whether of amortised cost, as far as its rows tell.
    fn kinds(&self) -> (bool, bool) {
        let [bought, free, spread] = [&self.bought, &self.free, &self.spread].map(|flag| flag.load(Ordering::Relaxed));
        (bought || (free && !spread), spread)
    }
}

impl Translate for Details {
    fn format(&self) -> String {
        match self.kinds() {
            (true, false) => ACTUAL.to_owned(),
            (false, true) => AMORTISED.to_owned(),
            _ => "Azure cost details".to_owned(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let note = match self.kinds() {
            (true, false) => {
                "an actual cost export: billed cost is whole; the effective cost of usage that commitments cover is \
                 not in it and stays unknown (an export as FOCUS has both)"
            }
            (false, true) => {
                "an amortised cost export: effective cost is whole; commitments' purchases are not in it, so that \
                 billed cost is less than the invoice (an export as FOCUS has both)"
            }
            (true, true) => {
                "actual and amortised cost are mixed in one file: sums of it are of no use; export them apart"
            }
            (false, false) => return Vec::new(),
        };
        vec![note.to_owned()]
    }

    fn reads(&self) -> Vec<usize> {
        self.header.found()
    }

    fn origins(&self) -> Vec<(Place, usize)> {
        let pairs: [(Place, Col); 13] = [
            (Quantity::Billed.into(), Col::Cost),
            (Quantity::Effective.into(), Col::Cost),
            (Quantity::Contracted.into(), Col::Cost),
            (Quantity::List.into(), Col::ListCost),
            (Quantity::Consumed.into(), Col::Quantity),
            (Quantity::Pricing.into(), Col::Quantity),
            (Terms::Currency.into(), Col::Currency),
            (Time::ChargeStart.into(), Col::Date),
            (Time::ChargeEnd.into(), Col::Date),
            (Time::BillingStart.into(), Col::BillStart),
            (Time::BillingEnd.into(), Col::BillEnd),
            (Profile::Tags.into(), Col::Tags),
            (Profile::ResourceId.into(), Col::Resource),
        ];
        pairs.into_iter().filter_map(|(place, column)| Some((place, self.header.at(column)?))).collect()
    }

    fn translate(&self, row: &dyn Record, draft: &mut Draft) {
        self.when(row, draft);
        self.what(row, draft);
        self.resource(row, draft);
        let kind = self.kind(row);
        self.how(row, draft, kind);
        self.costs(row, draft, kind);
    }
}

impl Details {
    fn when(&self, row: &dyn Record, draft: &mut Draft) {
        let mut day = |column: Col| {
            let raw = self.header.get(row, column);
            let day = dates::day(raw);
            if day.is_none() && !raw.is_empty() {
                draft.refuse(
                    self.header.at(column).unwrap_or_default(),
                    "not a date like 2024-09-21, 09/21/2024 (month first) or 21.09.2024",
                );
            }
            day
        };
        let (charged, from, to) = (day(Col::Date), day(Col::BillStart), day(Col::BillEnd));
        if let Some(day) = charged {
            draft.put(Time::ChargeStart, day.to_string().as_bytes());
            draft.put(Time::ChargeEnd, day.plus(1).to_string().as_bytes());
        }
        if let Some(from) = from {
            draft.put(Time::BillingStart, from.to_string().as_bytes());
        }
        if let Some(to) = to {
            // Some write the day after.
            let is_after = from.is_some_and(|from| to > from) && to == to.month().first();
            draft.put(Time::BillingEnd, to.plus(i32::from(!is_after)).to_string().as_bytes());
        }
    }

    fn what(&self, row: &dyn Record, draft: &mut Draft) {
        draft.put(Profile::Provider, b"Microsoft");
        draft.put(Profile::InvoiceIssuer, b"Microsoft");
        self.accounts(row, draft);
        let same: [(Place, Col); 10] = [
            (Profile::SubAccountName.into(), Col::SubscriptionName),
            (Profile::AvailabilityZone.into(), Col::Zone),
            (Profile::SkuId.into(), Col::Meter),
            (Profile::SkuPriceId.into(), Col::Part),
            (Profile::SkuMeter.into(), Col::MeterName),
            (Profile::ChargeDescription.into(), Col::Product),
            (Profile::ConsumedUnit.into(), Col::Unit),
            (Profile::PricingUnit.into(), Col::Unit),
            (Profile::Publisher.into(), Col::Publisher),
            (Terms::InvoiceId.into(), Col::Invoice),
        ];
        for (place, column) in same {
            draft.put(place, self.header.get(row, column));
        }
        draft.put(Terms::Currency, self.header.get(row, Col::Currency));
        put_service(draft, self.header.first(row, &[Col::Service, Col::Consumed]));
        let region = self.header.first(row, &[Col::Location, Col::OtherLocation, Col::MeterRegion]);
        if let Some((id, name)) = azure_words::region(&String::from_utf8_lossy(region)) {
            draft.put(Profile::RegionId, id.as_bytes());
            draft.put(Profile::RegionName, name.as_bytes());
        }
        for (place, column) in
            [(Profile::ContractedUnitPrice, Col::UnitPrice), (Profile::ListUnitPrice, Col::ListPrice)]
        {
            let price = self.decimal(row, column);
            // A price of nothing stands for none: reservations and what the marketplace sells.
            if price.iter().any(|b| (b'1'..=b'9').contains(b)) {
                draft.put(place, &price);
            }
        }
    }

    /// The billing account and the subscription, as paths: a file that has only their ids means the same.
    fn accounts(&self, row: &dyn Record, draft: &mut Draft) {
        let get = |column| self.header.get(row, column);
        let (account, profile) = (get(Col::Account), get(Col::BillingProfile));
        // Under an enterprise agreement both are the enrolment.
        let is_profile = !profile.is_empty() && profile != account;
        let (id, name) = if is_profile { (profile, Col::ProfileName) } else { (account, Col::AccountName) };
        let is_path = |id: &[u8]| id.first() == Some(&b'/');
        draft.write(Profile::BillingAccountId, |out| {
            if !id.is_empty() && !is_path(id) {
                out.extend_from_slice(if is_path(account) { b"" } else { ACCOUNTS });
                out.extend_from_slice(if is_profile { account } else { b"" });
                out.extend_from_slice(if is_profile { b"/billingProfiles/" } else { b"" });
            }
            out.extend_from_slice(id);
        });
        draft.put(Profile::BillingAccountName, get(name));
        let has_profile = is_profile || memchr::memmem::find(id, b"/billingProfiles/").is_some();
        let kind: &[u8] = if has_profile { b"Billing Profile" } else { b"Billing Account" };
        draft.put(Profile::BillingAccountType, if id.is_empty() { b"" } else { kind });
        let subscription = get(Col::Subscription);
        if subscription.is_empty() {
            return;
        }
        draft.write(Profile::SubAccountId, |out| {
            out.extend_from_slice(if is_path(subscription) { b"" } else { b"/subscriptions/" });
            out.extend(subscription.iter().map(u8::to_ascii_lowercase));
        });
        draft.put(Profile::SubAccountType, b"Subscription");
    }

    fn resource(&self, row: &dyn Record, draft: &mut Draft) {
        let id = self.header.get(row, Col::Resource);
        let lower = String::from_utf8_lossy(id).to_lowercase();
        draft.put(Profile::ResourceId, lower.as_bytes());
        let last = id.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let name = self.header.get(row, Col::ResourceName);
        draft.put(Profile::ResourceName, if name.is_empty() { last } else { name });
        draft.put(Profile::ResourceType, kind_of_resource(&lower).as_bytes());
        let info = braced(self.header.get(row, Col::Info));
        let size = value_of(&info, "ServiceType").unwrap_or_default();
        draft.put(Profile::InstanceType, size.as_bytes());
        let mut tags = Tags::default();
        let raw = self.header.get(row, Col::Tags);
        if tags.add_all(braced(raw).as_bytes(), &str::to_owned) {
            tags.put(draft);
        } else {
            // Kept as it came: the summary tells of tags that cannot be read.
            draft.put(Profile::Tags, raw);
        }
    }

    fn kind(&self, row: &dyn Record) -> Kind {
        let get = |column| self.header.get(row, column);
        let committed = is(get(Col::Model), "Reservation") || is(get(Col::Model), "SavingsPlan");
        match get(Col::Type) {
            t if is(t, "UnusedReservation") || is(t, "UnusedSavingsPlan") => Kind::Unused,
            t if is(t, "Purchase") || is(t, "Refund") => {
                let named = !get(Col::Reservation).is_empty() || !get(Col::Benefit).is_empty();
                if committed || named { Kind::Purchase } else { Kind::Plain }
            }
            t if committed && (t.is_empty() || is(t, "Usage")) => Kind::Covered,
            _ => Kind::Plain,
        }
    }

    fn how(&self, row: &dyn Record, draft: &mut Draft, kind: Kind) {
        let get = |column| self.header.get(row, column);
        let words = azure_words::charge(&String::from_utf8_lossy(get(Col::Type)));
        // Exports of before there were types of charges have usage alone.
        let category = if words.category.is_empty() { "Usage" } else { words.category };
        draft.put(Terms::ChargeCategory, category.as_bytes());
        draft.put(Terms::ChargeClass, words.class.as_bytes());
        let frequency: &[u8] = match get(Col::Frequency) {
            f if is(f, "UsageBased") => b"Usage-Based",
            f if is(f, "OneTime") => b"One-Time",
            f if is(f, "Recurring") => b"Recurring",
            _ => b"",
        };
        draft.put(Terms::ChargeFrequency, frequency);
        let model = get(Col::Model);
        let pricing: &[u8] = match model {
            _ if kind != Kind::Plain => b"Committed",
            m if is(m, "OnDemand") => b"Standard",
            m if is(m, "Spot") => b"Dynamic",
            _ => b"",
        };
        draft.put(Terms::PricingCategory, pricing);
        if kind == Kind::Plain {
            return;
        }
        let id = self.header.first(row, &[Col::Benefit, Col::Reservation]);
        let is_plan = is(model, "SavingsPlan") || is(get(Col::Type), "UnusedSavingsPlan");
        draft.put(Terms::CommitmentId, id);
        draft.put(Terms::CommitmentName, self.header.first(row, &[Col::BenefitName, Col::ReservationName]));
        draft.put(Terms::CommitmentCategory, if is_plan { b"Spend" } else { b"Usage" });
        draft.put(Terms::CommitmentType, if is_plan { b"Savings plan" } else { b"Reservation" });
        match kind {
            Kind::Covered => draft.put(Terms::CommitmentStatus, b"Used"),
            Kind::Unused => draft.put(Terms::CommitmentStatus, b"Unused"),
            Kind::Purchase | Kind::Plain => {}
        }
    }

    fn costs(&self, row: &dyn Record, draft: &mut Draft, kind: Kind) {
        let cost = self.decimal(row, Col::Cost);
        let is_free = is_zero(&cost);
        let (billed, effective): (&[u8], &[u8]) = match kind {
            Kind::Plain => (&cost, &cost),
            Kind::Purchase => (&cost, b"0"),
            Kind::Covered if is_free => (&cost, b""),
            Kind::Covered | Kind::Unused => (if cost.is_empty() { b"" } else { b"0" }, &cost),
        };
        match kind {
            Kind::Plain => draft.put(Quantity::Contracted, &cost),
            Kind::Purchase => self.bought.store(true, Ordering::Relaxed),
            Kind::Covered if is_free => self.free.store(true, Ordering::Relaxed),
            // Of nothing nobody can tell whose it is.
            Kind::Unused if is_free => {}
            Kind::Covered | Kind::Unused => self.spread.store(true, Ordering::Relaxed),
        }
        draft.put(Quantity::Billed, billed);
        draft.put(Quantity::Effective, effective);
        let list = self.decimal(row, Col::ListCost);
        // What costs something has a list price: nothing stands for none.
        if is_free || !is_zero(&list) {
            draft.put(Quantity::List, &list);
        }
        let quantity = self.decimal(row, Col::Quantity);
        draft.put(Quantity::Pricing, &quantity);
        if matches!(kind, Kind::Covered | Kind::Plain) && draft.text(Terms::ChargeCategory) == b"Usage" {
            draft.put(Quantity::Consumed, &quantity);
        }
    }

    /// A number as it is to be read: with a decimal comma, where the export is of such a language. The
    /// last of commas and points is the decimal one; thousands are never set apart by both.
    fn decimal(&self, row: &dyn Record, column: Col) -> Vec<u8> {
        let raw = self.header.get(row, column);
        if !self.localised || !raw.contains(&b',') {
            return raw.to_vec();
        }
        let at = raw.iter().rposition(|b| matches!(b, b',' | b'.')).unwrap_or_default();
        let mark = |(i, b): (usize, &u8)| match b {
            b',' | b'.' if i == at => Some(b'.'),
            b if *b == b'.' || (*b == b',' && raw[at] == b'.') => None,
            b => Some(*b),
        };
        raw.iter().enumerate().filter_map(mark).collect()
    }
}

/// Whether a number is nothing, or none at all.
fn is_zero(raw: &[u8]) -> bool {
    raw.iter().all(|b| matches!(b, b'0' | b'.' | b'-' | b'+'))
}

fn is(raw: &[u8], word: &str) -> bool {
    raw.eq_ignore_ascii_case(word.as_bytes())
}

/// An object of JSON whose braces an export may have left off.
fn braced(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    match text.trim() {
        "" | "\"\"" => String::new(),
        inner if inner.starts_with('"') => format!("{{{inner}}}"),
        whole => whole.to_owned(),
    }
}

/// `microsoft.compute/virtualmachines` out of a resource's id in lower case: the provider after the last `/providers/`,
/// and every other part behind it.
fn kind_of_resource(id: &str) -> String {
    let Some((_, path)) = id.rsplit_once("/providers/") else { return String::new() };
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let Some(provider) = parts.next() else { return String::new() };
    let kinds: Vec<&str> = parts.step_by(2).collect();
    if kinds.is_empty() { String::new() } else { format!("{provider}/{}", kinds.join("/")) }
}
