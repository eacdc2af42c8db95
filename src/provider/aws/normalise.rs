//! Pages of Cost Explorer into charges of FOCUS. Pure: knows no network and no clock.
//!
//! | Cost Explorer | FOCUS | what is lost |
//! |---|---|---|
//! | `TimePeriod` | ChargePeriodStart, ChargePeriodEnd; BillingPeriod is their month (UTC) | a fee's own period: it is on the day of its charge |
//! | `NetUnblendedCost`, else `UnblendedCost` | BilledCost | |
//! | `NetAmortizedCost`, else `AmortizedCost` | EffectiveCost | |
//! | -- | ListCost, ContractedCost | not told by this API: unknown |
//! | `BlendedCost` | -- | left out: an average over the organisation that nobody is billed |
//! | `UsageQuantity` | ConsumedQuantity, by usage type only | else not asked: it adds hours to gigabytes |
//! | `Unit` of a cost | BillingCurrency | |
//! | `LINKED_ACCOUNT` | SubAccountId | |
//! | account names of Organizations, else `DimensionValueAttributes` | SubAccountName, BillingAccountName | |
//! | the organisation's management account, else the caller's own | BillingAccountId | |
//! | `SERVICE` | ServiceName as it came, ServiceCategory of the table of services | `NoService` is none |
//! | `REGION` | RegionId | `NoRegion` is none; availability zones |
//! | `USAGE_TYPE` | SkuId, SkuMeter | AWS's own SKU: this is the nearest to it that is told |
//! | `RECORD_TYPE` | ChargeCategory, ChargeFrequency, PricingCategory ([`super::super::aws_words`]), ChargeDescription | ChargeClass |
//! | `RESOURCE_ID` | ResourceId | `NoResourceId` is none |
//! | tag `team$platform` | Tags | an empty tag is no tag |
//! | cost category `product$shop` | Tags, as `cost-category:product` | |
//! | `Estimated` | the day is called estimated | |
//!
//! ChargeCategory is unknown where a service's name does not tell it and record types were not asked.
//! Net costs are after negotiated discounts; an account without any may have none. Which of the two
//! is taken is settled by the first group of a chain of pages, and holds for all of it: an answer that
//! tells both ways is not believed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use xxhash_rust::xxh3::Xxh3;

use super::super::Stop;
use super::super::aws_words::{self, Kind};
use super::super::remote::fault::words;
use super::super::remote::{Fault, FaultKind, Halt};
use super::feeds::{Grain, Grouping, Key, RESOURCE_SERVICE, cost_category_tag};
use super::page::{Group, Page, Slice};
use crate::domain::batch::{Facts, Row, limit};
use crate::domain::calendar::{DAY_SECONDS, Day, HOUR_SECONDS, Period, parse_timestamp};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Decimal;
use crate::domain::{services, tags};
use crate::focus::rules::is_currency;

/// The provider, as FOCUS names it.
pub const PROVIDER: &str = "AWS";

/// Whose bill it is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Standing {
    /// The account that pays: `BillingAccountId`.
    pub payer: String,
    /// The account that asks: what is not the payer is told its own charges alone.
    pub own: String,
    /// Names of accounts, by id.
    pub names: BTreeMap<String, String>,
}

/// What a chain of pages told, besides its charges.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Told {
    /// Days that AWS calls estimated.
    pub estimated: BTreeSet<Day>,
    /// What the person who looks at the run should know.
    pub notes: Vec<String>,
}

/// Which metrics a chain of pages tells its costs by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Basis {
    billed: &'static str,
    /// None where only billed costs are told.
    effective: Option<&'static str>,
}

const NET: Basis = Basis { billed: "NetUnblendedCost", effective: Some("NetAmortizedCost") };
const PLAIN: Basis = Basis { billed: "UnblendedCost", effective: Some("AmortizedCost") };
const BILLED_ONLY: Basis = Basis { billed: "UnblendedCost", effective: None };

/// The metrics that are asked for, those after discounts only where the account has them.
#[must_use]
pub fn metrics(grouping: &Grouping, net: bool) -> Vec<&'static str> {
    let bases = if net { &[NET, PLAIN][..] } else { &[PLAIN] };
    let mut names: Vec<&str> = bases.iter().flat_map(|basis| [Some(basis.billed), basis.effective]).flatten().collect();
    names.extend(grouping.keys.contains(&Key::UsageType).then_some(QUANTITY));
    names
}

/// The metrics that only an account with negotiated discounts has.
pub fn metrics_after_discounts() -> impl Iterator<Item = &'static str> {
    [Some(NET.billed), NET.effective].into_iter().flatten()
}

const QUANTITY: &str = "UsageQuantity";

/// Values of a key that mean that there is none.
const NOTHING: [&str; 4] = ["NoService", "NoRegion", "NoResourceId", "NoUsageType"];

/// Reads the pages of one chain, in order.
pub struct Reading<'r> {
    grouping: &'r Grouping,
    days: Period,
    standing: &'r Standing,
    basis: Option<Basis>,
    /// Hashes of the groups so far: two million have a one in ten million chance of a false match.
    seen: HashSet<u64>,
    slices: BTreeSet<i64>,
    names: HashMap<String, String>,
    /// Whether any charge has the tag or cost category that was asked for.
    is_tagged: bool,
    told: Told,
}

impl<'r> Reading<'r> {
    /// For the answer to a question about these days.
    #[must_use]
    pub fn new(grouping: &'r Grouping, days: Period, standing: &'r Standing) -> Self {
        Reading {
            grouping,
            days,
            standing,
            basis: None,
            seen: HashSet::new(),
            slices: BTreeSet::new(),
            names: HashMap::new(),
            is_tagged: false,
            told: Told::default(),
        }
    }

    /// Reads a page and hands each of its charges to `take`.
    ///
    /// # Errors
    /// [`FaultKind::Garbled`] where it says what was not asked, says it twice, or cannot be read; and
    /// what `take` says.
    pub fn page(&mut self, page: &Page, take: &mut dyn FnMut(&Row<'_>) -> Result<(), Stop>) -> Result<(), Halt> {
        self.names.extend(page.names.iter().cloned());
        let Some(slices) = &page.slices else { return Err(garbled("no results at all".to_owned()).into()) };
        for slice in slices {
            let (start, end) = self.period(slice)?;
            let day = Day::of_seconds(start);
            self.slices.insert(start);
            if slice.estimated {
                self.told.estimated.insert(day);
            }
            for group in &slice.groups {
                let [first, second] = group.keys.as_slice() else {
                    return Err(garbled(format!("a group of {} keys, not 2", group.keys.len())).into());
                };
                let mut key = Xxh3::new();
                [start.to_le_bytes().as_slice(), first.as_bytes(), &[0xff], second.as_bytes()]
                    .iter()
                    .for_each(|part| key.update(part));
                if !self.seen.insert(key.digest()) {
                    let what = words(&format!("{first}, {second}"));
                    return Err(garbled(format!("`{what}` of {day} twice")).into());
                }
                self.charge(group, (start, end), take)?;
            }
        }
        Ok(())
    }

    /// When a slice begins and ends, where it is one of those asked for.
    fn period(&self, slice: &Slice) -> Result<(i64, i64), Fault> {
        let length = if self.grouping.grain == Grain::Hour { HOUR_SECONDS } else { DAY_SECONDS };
        let read = |text: &str| parse_timestamp(text.as_bytes());
        match (read(&slice.start), read(&slice.end)) {
            (Some(start), Some(end)) if start % length == 0 && end - start == length => {
                if self.days.contains(Day::of_seconds(start)) {
                    return Ok((start, end));
                }
                Err(garbled(format!("charges of {} where {} was asked for", Day::of_seconds(start), self.days.words())))
            }
            _ => Err(garbled(format!("a time slice from `{}` to `{}`", words(&slice.start), words(&slice.end)))),
        }
    }

    fn charge(
        &mut self,
        group: &Group,
        (start, end): (i64, i64),
        take: &mut dyn FnMut(&Row<'_>) -> Result<(), Stop>,
    ) -> Result<(), Halt> {
        let basis = self.settle(group)?;
        let (billed, currency) = cost(group, basis.billed)?;
        let effective = basis.effective.map(|metric| cost(group, metric)).transpose()?;
        if effective.is_some_and(|(_, unit)| unit != currency) {
            return Err(garbled("one charge in two currencies".to_owned()).into());
        }
        let month = Day::of_seconds(start).month().period();
        let mut quantities = [None; Quantity::COUNT];
        quantities[Quantity::Billed.index()] = Some(billed);
        quantities[Quantity::Effective.index()] = effective.map(|(amount, _)| amount);
        let mut profile = [""; Profile::COUNT];
        let mut terms = [""; Terms::COUNT];
        profile[Profile::Provider.index()] = PROVIDER;
        profile[Profile::BillingAccountId.index()] = &self.standing.payer;
        profile[Profile::BillingAccountName.index()] = name_of(self.standing, &self.names, &self.standing.payer);
        terms[Terms::Currency.index()] = currency;
        let mut tag = String::new();
        for (key, text) in self.grouping.keys.iter().zip(&group.keys) {
            let value = value(key, text)?;
            match key {
                Key::Account => {
                    profile[Profile::SubAccountId.index()] = value;
                    profile[Profile::SubAccountName.index()] = name_of(self.standing, &self.names, value);
                }
                Key::Service => {
                    profile[Profile::ServiceName.index()] = value;
                    terms[Terms::ChargeCategory.index()] = aws_words::category_of_service(value);
                }
                Key::Region => profile[Profile::RegionId.index()] = value,
                Key::UsageType => {
                    profile[Profile::SkuId.index()] = value;
                    profile[Profile::SkuMeter.index()] = value;
                    if let Some((amount, unit)) = consumed(group)? {
                        quantities[Quantity::Consumed.index()] = Some(amount);
                        profile[Profile::ConsumedUnit.index()] = unit;
                    }
                }
                Key::RecordType => {
                    profile[Profile::ChargeDescription.index()] = value;
                    if let Some(kind) = Kind::of(value.as_bytes()) {
                        terms[Terms::ChargeCategory.index()] = kind.category();
                        terms[Terms::ChargeFrequency.index()] = kind.frequency();
                        terms[Terms::PricingCategory.index()] = if kind.is_committed() { "Committed" } else { "" };
                    }
                }
                Key::Resource => {
                    profile[Profile::ResourceId.index()] = value;
                    profile[Profile::ServiceName.index()] = RESOURCE_SERVICE;
                }
                Key::Tag(name) if !value.is_empty() => tag = tags::to_json([(name.as_str(), Some(value))].into_iter()),
                Key::CostCategory(name) if !value.is_empty() => {
                    tag = tags::to_json([(cost_category_tag(name).as_str(), Some(value))].into_iter());
                }
                Key::Tag(_) | Key::CostCategory(_) => {}
            }
        }
        self.is_tagged |= !tag.is_empty();
        profile[Profile::Tags.index()] = &tag;
        profile[Profile::ServiceCategory.index()] = category(profile[Profile::ServiceName.index()]);
        let facts = Facts { start, end, billing_start: month.from, billing_end: month.to, quantities };
        take(&Row { profile, terms, facts })?;
        Ok(())
    }

    /// The metrics that the chain tells its costs by.
    fn settle(&mut self, group: &Group) -> Result<Basis, Fault> {
        let told = |basis: &Basis| {
            group.metrics.get(basis.billed).is_some()
                && basis.effective.is_none_or(|metric| group.metrics.get(metric).is_some())
        };
        let Some(found) = [NET, PLAIN, BILLED_ONLY].into_iter().find(told) else {
            let names: Vec<&str> = group.metrics.names().collect();
            return Err(garbled(format!(
                "a charge without a cost that was asked for, but with `{}`",
                words(&names.join(", "))
            )));
        };
        match self.basis {
            None => {
                self.basis = Some(found);
                self.told.notes.extend(note(found).map(str::to_owned));
                Ok(found)
            }
            Some(basis) if basis == found => Ok(basis),
            Some(basis) => {
                Err(garbled(format!("some costs as `{}` and some as `{}`", basis.billed, metric_of(found, basis))))
            }
        }
    }

    /// What the whole chain told; `today` is the day it is asked on.
    ///
    /// # Errors
    /// [`FaultKind::NotThere`] where it tells of no day at all, [`FaultKind::Garbled`] where days are
    /// missing that must be there: what is stored of them is not to be taken for gone.
    pub fn finish(mut self, today: Day) -> Result<Told, Fault> {
        if self.slices.is_empty() && self.days.days() > 0 {
            let what = format!("Cost Explorer has no figures of {}", self.days.words());
            return Err(Fault::new(FaultKind::NotThere, what)
                .hint("after Cost Explorer is opened for the first time, its figures take up to 24 hours"));
        }
        let step = if self.grouping.grain == Grain::Hour { HOUR_SECONDS } else { DAY_SECONDS };
        // The last days may not be computed yet.
        let sure = self.days.to.min(today.plus(-NOT_COMPUTED)).seconds();
        let mut at = self.days.from.seconds();
        while at < sure {
            if !self.slices.contains(&at) {
                return Err(garbled(format!("nothing of {}, which was asked for", Day::of_seconds(at))));
            }
            at += step;
        }
        self.note_gaps();
        Ok(self.told)
    }

    /// Notes what this feed leaves out.
    fn note_gaps(&mut self) {
        if self.grouping.grain == Grain::Resource {
            self.told.notes.push(format!("AWS tells resources of `{RESOURCE_SERVICE}` only"));
        }
        if self.is_tagged || self.seen.is_empty() {
            return;
        }
        self.told.notes.extend(self.grouping.keys.iter().filter_map(|key| match key {
            Key::Tag(name) => {
                Some(format!("no charge has the tag `{}`: is it activated as a cost allocation tag?", words(name)))
            }
            Key::CostCategory(name) => {
                Some(format!("no charge has the cost category `{}`: is it called so at AWS?", words(name)))
            }
            _ => None,
        }));
    }
}

/// Days before today that an answer may leave out.
const NOT_COMPUTED: i32 = 2;

fn garbled(what: String) -> Fault {
    Fault::new(FaultKind::Garbled, format!("Cost Explorer's answer cannot be believed: it has {what}"))
        .hint("nothing was changed; it is asked again with the next sync")
}

fn note(basis: Basis) -> Option<&'static str> {
    match basis {
        NET => None,
        PLAIN => {
            Some("AWS tells no net costs for this account: costs are before negotiated discounts, if there are any")
        }
        _ => Some("AWS told no amortised costs: the effective cost is unknown"),
    }
}

/// What tells two bases apart.
fn metric_of(found: Basis, other: Basis) -> &'static str {
    if found.billed == other.billed { found.effective.unwrap_or("no amortised cost") } else { found.billed }
}

/// An amount and its currency.
fn cost<'g>(group: &'g Group, metric: &str) -> Result<(Decimal, &'g str), Fault> {
    let (amount, unit) = group.metrics.get(metric).unwrap_or_default();
    if !is_currency(unit.as_bytes()) {
        return Err(garbled(format!("`{metric}` in `{}`, which is no currency", words(unit))));
    }
    match Decimal::parse_within(amount.as_bytes(), limit(Quantity::Billed.index())) {
        Ok(amount) => Ok((amount, unit)),
        Err(error) => Err(garbled(format!("`{metric}` of `{}`: {error}", words(amount)))),
    }
}

/// How much was consumed of a usage type, where it has one unit.
fn consumed(group: &Group) -> Result<Option<(Decimal, &str)>, Fault> {
    let Some((amount, unit)) = group.metrics.get(QUANTITY) else { return Ok(None) };
    if unit.is_empty() || unit == "N/A" {
        return Ok(None);
    }
    match Decimal::parse_within(amount.as_bytes(), limit(Quantity::Consumed.index())) {
        Ok(amount) => Ok(Some((amount, unit))),
        Err(error) => Err(garbled(format!("`{QUANTITY}` of `{}`: {error}", words(amount)))),
    }
}

/// What a key's text says.
fn value<'t>(key: &Key, text: &'t str) -> Result<&'t str, Fault> {
    let Some(prefix) = key.prefix() else {
        return Ok(if NOTHING.contains(&text) { "" } else { text });
    };
    let value = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('$'));
    value.ok_or_else(|| garbled(format!("`{}` where values of `{}` were asked for", words(text), words(prefix))))
}

fn name_of<'n>(standing: &'n Standing, told: &'n HashMap<String, String>, account: &str) -> &'n str {
    standing.names.get(account).or_else(|| told.get(account)).map_or("", String::as_str)
}

/// FOCUS's category of a service; empty where the table lacks it.
fn category(service: &str) -> &'static str {
    services::find(service).filter(|found| found.provider == PROVIDER).map_or("", |found| found.category)
}

#[cfg(test)]
mod tests;
