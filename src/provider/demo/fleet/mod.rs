//! What the company runs: groups of resources, each resource with its life, tags and prices.
//!
//! Knows no charge: [`super::ledger`] lets time pass over it.

mod aws;
mod others;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::catalog::{self, Meter, Offer};
use super::company::{self, BILLERS, SubAccount};
use super::regions::{self, Region};
use super::rng::Rng;
use super::seasons::Shape;
use super::stories::{Stories, Story};
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::Profile;

/// The text of each [`Profile`] column.
pub(super) type Texts = [Cow<'static, str>; Profile::COUNT];

/// Twenty-four hours as a quantity.
const WHOLE_DAY: i64 = 240_000;

/// How long the resources of a group live.
#[derive(Clone, Copy, Debug)]
pub(super) enum Life {
    /// From some day to the end; most from the first.
    Long,
    /// So many days each, more or less, one after the other.
    Days(i64),
    /// From a day on.
    Since(Day),
    /// Up to a day.
    Before(Day),
}

/// Resources of a kind that belong together.
pub(super) struct Group {
    account: &'static str,
    offer: &'static str,
    name: &'static str,
    regions: &'static [&'static str],
    count: u32,
    team: &'static str,
    project: &'static str,
    shape: Shape,
    size: i64,
    life: Life,
    plan: Option<usize>,
    story: Option<Story>,
    tags: Option<&'static str>,
}

impl Group {
    /// So many resources of an offer, in turn in these regions, owned by a team for a project.
    fn new(
        account: &'static str,
        offer: &'static str,
        name: &'static str,
        regions: &'static [&'static str],
        count: u32,
        owner: (&'static str, &'static str),
    ) -> Group {
        Group {
            account,
            offer,
            name,
            regions,
            count,
            team: owner.0,
            project: owner.1,
            shape: Shape::Traffic,
            size: 1000,
            life: Life::Long,
            plan: None,
            story: None,
            tags: None,
        }
    }

    fn shape(mut self, shape: Shape) -> Group {
        self.shape = shape;
        self
    }

    /// So many permille of the offer's ordinary use.
    fn size(mut self, permille: i64) -> Group {
        self.size = permille;
        self
    }

    fn life(mut self, life: Life) -> Group {
        self.life = life;
        self
    }

    /// Covered by the commitment at this position of [`super::commitments::PLANS`].
    fn plan(mut self, plan: usize) -> Group {
        self.plan = Some(plan);
        self
    }

    fn story(mut self, story: Story) -> Group {
        self.story = Some(story);
        self
    }

    /// With these tags instead of the company's.
    fn tagged(mut self, json: &'static str) -> Group {
        self.tags = Some(json);
        self
    }
}

/// A meter of a resource.
pub(super) struct Item {
    /// What its charges are about.
    pub(super) texts: Texts,
    /// Position in [`BILLERS`].
    pub(super) biller: usize,
    /// Public price there.
    pub(super) list: i64,
    /// The company's price.
    pub(super) contracted: i64,
    /// Units a day when its season is 1000.
    pub(super) daily: i64,
    /// Consumed units in a pricing unit.
    pub(super) ratio: i64,
    /// How its use goes.
    pub(super) shape: Shape,
    /// See [`Offer::hourly`].
    pub(super) hourly: bool,
    /// See [`Offer::clocked`].
    pub(super) clocked: bool,
    /// Whether Google gives a discount for running it all month.
    pub(super) sustained: bool,
    /// Whether it is bought on the spot market.
    pub(super) spot: bool,
    /// Commitment that covers it.
    pub(super) plan: Option<usize>,
    /// What happens to it.
    pub(super) story: Option<Story>,
    /// Decides its chances.
    pub(super) key: u64,
    /// Days on which it exists.
    pub(super) life: Period,
}

/// All items of the company in a span of days, those of a billing account together.
pub(super) fn build(seed: u64, span: Period, stories: &Stories) -> Vec<Item> {
    let offers: BTreeMap<&str, Offer> = catalog::offers().into_iter().map(|o| (o.key, o)).collect();
    let mut items = Vec::new();
    for group in aws::groups(stories).iter().chain(&others::groups(stories)) {
        let account = company::SUB_ACCOUNTS.iter().find(|a| a.name == group.account);
        if let (Some(account), Some(offer)) = (account, offers.get(group.offer)) {
            Builder { seed, span, group, account, offer }.build(&mut items);
        }
    }
    items.sort_by_key(|item: &Item| item.biller);
    items
}

struct Builder<'a> {
    seed: u64,
    span: Period,
    group: &'a Group,
    account: &'static SubAccount,
    offer: &'a Offer,
}

impl Builder<'_> {
    fn build(&self, items: &mut Vec<Item>) {
        let Group { name, account, offer, .. } = self.group;
        let mut rng = Rng::named(self.seed, &format!("{account}/{offer}/{name}"), 0);
        let mut number = 0;
        for slot in 0..self.group.count {
            for life in self.lives(slot, &mut rng) {
                number += 1;
                self.resource(number, slot, life, &mut rng, items);
            }
        }
    }

    /// The lives of the resources that follow each other in a slot.
    fn lives(&self, slot: u32, rng: &mut Rng) -> Vec<Period> {
        let Period { from, to } = self.span;
        // The later slots are the company's growth.
        let late = u64::from(slot) * 10 >= u64::from(self.group.count) * 6 && self.group.count > 2;
        let begin = if late { from.plus(rng.below(span_days(self.span)) as i32) } else { from };
        match self.group.life {
            Life::Long => vec![Period { from: begin, to }],
            Life::Since(day) => vec![Period { from: day.max(from), to }],
            Life::Before(day) => vec![Period { from, to: day.max(from) }],
            Life::Days(days) => {
                let mut lives = Vec::new();
                let mut at = begin.plus(-(rng.below(days as u64) as i32));
                while at < to {
                    let end = at.plus(rng.between(days / 2 + 1, days * 3 / 2) as i32);
                    if end > from {
                        lives.push(Period { from: at.max(from), to: end.min(to) });
                    }
                    at = end;
                }
                lives
            }
        }
    }

    fn resource(&self, number: u32, slot: u32, life: Period, rng: &mut Rng, items: &mut Vec<Item>) {
        let group = self.group;
        let region = regions::find(group.regions[slot as usize % group.regions.len().max(1)]);
        let hex = rng.letters(b"0123456789abcdef", 17);
        let zone = match (self.offer.zonal, self.account.biller) {
            (true, company::AWS) => format!("{}{}", region.id, rng.pick(&["a", "b", "c"])),
            (true, _) => format!("{}-{}", region.id, rng.pick(&["b", "c", "d"])),
            _ => String::new(),
        };
        let name = match group.name.starts_with('/') || group.count == 1 {
            true if group.count == 1 => group.name.to_owned(),
            _ => format!("{}-{number:02}", group.name),
        };
        let tags = match group.tags {
            Some(tags) => tags.to_owned(),
            None => company::tags(self.account, group.team, group.project, rng),
        };
        let size = if self.offer.clocked { group.size } else { group.size * rng.between(450, 1550) / 1000 };
        let sustained = self.offer.clocked && self.offer.zonal && self.account.biller != company::AWS;
        let key = rng.next();
        let place = Place { region, zone, name, hex, tags };
        for (position, meter) in self.offer.meters.iter().enumerate() {
            let list = price_in(meter.price, region.price);
            let contracted = price_in(list, BILLERS[self.account.biller].contract);
            // What is billed for merely being there, beside what is used of it.
            let standing = !self.offer.clocked && meter.unit == "Hrs" && meter.daily == WHOLE_DAY;
            let size = if standing { 1000 } else { size };
            items.push(Item {
                texts: self.texts(meter, &place, list, contracted),
                biller: self.account.biller,
                list,
                contracted,
                daily: (i128::from(meter.daily) * i128::from(size) / 1000) as i64,
                ratio: meter.ratio,
                shape: if standing { Shape::Always } else { group.shape },
                hourly: self.offer.hourly,
                clocked: self.offer.clocked || standing,
                sustained,
                spot: group.offer.starts_with("spot:"),
                plan: group.plan,
                // The gateway's bytes run away, not its hours.
                story: group.story.filter(|_| position + 1 == self.offer.meters.len()),
                key: key.wrapping_add(position as u64),
                life,
            });
        }
    }

    fn texts(&self, meter: &Meter, place: &Place, list: i64, contracted: i64) -> Texts {
        let (biller, offer, account) = (&BILLERS[self.account.biller], self.offer, self.account);
        let mut texts = account_texts(account);
        let mut set = |column: Profile, text: Cow<'static, str>| texts[column.index()] = text;
        set(Profile::ServiceCategory, offer.category.into());
        set(Profile::ServiceSubcategory, offer.subcategory.into());
        set(Profile::ServiceName, offer.service.into());
        set(Profile::RegionId, place.region.id.into());
        set(Profile::RegionName, place.region.name.into());
        set(Profile::AvailabilityZone, place.zone.clone().into());
        if !offer.id.is_empty() {
            let id = offer
                .id
                .replace("{region}", place.region.id)
                .replace("{zone}", &place.zone)
                .replace("{account}", account.id)
                .replace("{project}", self.group.project)
                .replace("{name}", &place.name)
                .replace("{hex}", &place.hex);
            set(Profile::ResourceId, id.into());
            set(Profile::ResourceName, place.name.clone().into());
            set(Profile::ResourceType, offer.kind.into());
        }
        let (sku, price) = sku_ids(biller.provider, meter.name, place.region.id);
        set(Profile::SkuId, sku.into());
        set(Profile::SkuPriceId, price.into());
        set(Profile::SkuMeter, meter.name.into());
        if !offer.instance.is_empty() {
            set(Profile::SkuPriceDetails, format!("{{\"InstanceType\":\"{}\"}}", offer.instance).into());
        }
        let text = meter.text.replace("{price}", &price_text(list)).replace("{region}", place.region.name);
        set(Profile::ChargeDescription, text.into());
        set(Profile::ListUnitPrice, price_text(list).into());
        set(Profile::ContractedUnitPrice, price_text(contracted).into());
        set(Profile::PricingUnit, meter.unit.into());
        set(Profile::ConsumedUnit, meter.consumed.into());
        set(Profile::Tags, place.tags.clone().into());
        texts
    }
}

/// Where a resource is and what it is called.
struct Place {
    region: &'static Region,
    zone: String,
    name: String,
    hex: String,
    tags: String,
}

/// The texts that every charge of a sub account has.
pub(super) fn account_texts(account: &SubAccount) -> Texts {
    let biller = &BILLERS[account.biller];
    let mut texts: Texts = std::array::from_fn(|_| Cow::Borrowed(""));
    for (column, text) in [
        (Profile::Provider, biller.provider),
        (Profile::Publisher, biller.issuer),
        (Profile::InvoiceIssuer, biller.issuer),
        (Profile::HostProvider, biller.provider),
        (Profile::BillingAccountId, biller.id),
        (Profile::BillingAccountName, biller.name),
        (Profile::BillingAccountType, biller.kind),
        (Profile::SubAccountName, account.name),
        (Profile::SubAccountType, account.kind),
    ] {
        texts[column.index()] = text.into();
    }
    texts[Profile::SubAccountId.index()] = account.focus_id().into();
    texts
}

fn span_days(span: Period) -> u64 {
    span.days() as u64
}

/// A price times a permille. Prices of a tenth of a cent and above keep six decimals, as lists do.
fn price_in(price: i64, permille: i64) -> i64 {
    let exact = price * permille / 1000;
    if exact >= 10_000_000 { (exact + 5_000) / 10_000 * 10_000 } else { exact }
}

/// A price as decimal text.
fn price_text(price: i64) -> String {
    let text = format!("{}.{:010}", price / 10_000_000_000, price % 10_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The SKU and the price that a meter has in a region, in the provider's manner.
fn sku_ids(provider: &str, meter: &str, region: &str) -> (String, String) {
    const UPPER: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    const HEX: &[u8] = b"0123456789ABCDEF";
    let mut rng = Rng::named(u64::from(provider.len() as u32), &format!("{meter}@{region}"), 0);
    match provider {
        "AWS" => {
            let sku = rng.letters(UPPER, 16);
            let price = format!("{sku}.JRTCKXETXF.6YS6EN2CT7");
            (sku, price)
        }
        "Microsoft" => {
            let product = format!("DZH318Z0{}/{}", rng.letters(UPPER, 4), rng.letters(HEX, 4));
            let price = format!("{}_{product}", rng.letters(b"0123456789", 9));
            (product, price)
        }
        "Google Cloud" => {
            let part = |rng: &mut Rng| rng.letters(HEX, 4);
            let sku = format!("{}-{}-{}", part(&mut rng), part(&mut rng), part(&mut rng));
            let price = format!("{sku}/on-demand");
            (sku, price)
        }
        _ => (meter.to_owned(), meter.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_names_an_account_and_an_offer_that_exist() {
        let stories = Stories::until(Day(20_000));
        let offers = catalog::offers();
        for group in aws::groups(&stories).iter().chain(&others::groups(&stories)) {
            assert!(offers.iter().any(|o| o.key == group.offer), "{}", group.offer);
            assert!(company::SUB_ACCOUNTS.iter().any(|a| a.name == group.account), "{}", group.account);
            assert!(company::TEAMS.contains(&group.team), "{}", group.team);
            assert!(group.regions.iter().all(|r| regions::find(r).id == *r), "{:?}", group.regions);
        }
        let used: std::collections::HashSet<&str> =
            aws::groups(&stories).iter().chain(&others::groups(&stories)).map(|g| g.offer).collect();
        let idle: Vec<&str> = offers.iter().map(|o| o.key).filter(|k| !used.contains(k)).collect();
        assert!(idle.is_empty(), "offered and never bought: {idle:?}");
    }

    #[test]
    fn prices_print_as_lists_do() {
        assert_eq!(price_text(7_680_000_000), "0.768");
        assert_eq!(price_text(20_000_000_000), "2");
        assert_eq!(price_in(7_680_000_000, 1120), 8_601_600_000);
    }
}
