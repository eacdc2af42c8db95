//! What the clouds sell to the company: services, SKUs, public prices.
//!
//! The table is `assets/demo/catalog.csv`, a line a meter; an offer with several meters has as
//! many lines in a row. Prices are public ones of 2026 where they are known, in each cloud's
//! cheapest large region. Knows no resource.

use crate::domain::money::{Decimal, POW10};
use crate::domain::services;

/// Decimal places of prices and costs.
pub(super) const PRICE_SCALE: u8 = 10;
/// Decimal places of quantities.
pub(super) const QUANTITY_SCALE: u8 = 4;

/// Something that is metered and has a price.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    /// `SkuMeter`.
    pub(super) name: &'static str,
    /// `PricingUnit`.
    pub(super) unit: &'static str,
    /// `ConsumedUnit`.
    pub(super) consumed: &'static str,
    /// Consumed units in a pricing unit.
    pub(super) ratio: i64,
    /// Public price of a unit, x 10^-[`PRICE_SCALE`].
    pub(super) price: i64,
    /// Units that an ordinary resource takes a day, x 10^-[`QUANTITY_SCALE`].
    pub(super) daily: i64,
    /// `ChargeDescription`, with `{price}` and `{region}`.
    pub(super) text: &'static str,
}

/// A kind of resource that can be had.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// By which groups of resources name it.
    pub(super) key: &'static str,
    /// `ServiceName`.
    pub(super) service: &'static str,
    /// `ServiceCategory`: the service's own, unless the table says another.
    pub(super) category: &'static str,
    /// `ServiceSubcategory`.
    pub(super) subcategory: &'static str,
    /// `ResourceType`.
    pub(super) kind: &'static str,
    /// The instance type, where there is one.
    pub(super) instance: &'static str,
    /// `ResourceId` with `{region} {zone} {account} {name} {hex} {project}`.
    pub(super) id: &'static str,
    /// Whether the last days are billed by the hour.
    pub(super) hourly: bool,
    /// Whether its use is a count of hours that cannot exceed the clock.
    pub(super) clocked: bool,
    /// Whether it lives in one availability zone.
    pub(super) zonal: bool,
    /// What is metered.
    pub(super) meters: Vec<Meter>,
}

/// Everything that can be had.
pub(super) fn offers() -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for line in include_str!("../../../assets/demo/catalog.csv").lines().skip(1) {
        let mut fields = line.split(';');
        let [key, service, category, subcategory, kind, instance, flags, id] =
            std::array::from_fn(|_| fields.next().unwrap_or_default());
        let [name, unit, price, daily, consumed, ratio, text] =
            std::array::from_fn(|_| fields.next().unwrap_or_default());
        let meter = Meter {
            name,
            unit,
            consumed: if consumed.is_empty() { unit } else { consumed },
            ratio: ratio.parse().unwrap_or(1),
            price: scaled(price, PRICE_SCALE),
            daily: scaled(daily, QUANTITY_SCALE),
            text,
        };
        if let Some(offer) = offers.last_mut().filter(|o| o.key == key) {
            offer.meters.push(meter);
            continue;
        }
        let own = || services::all().iter().find(|s| s.name == service).map_or("Other", |s| s.category);
        let flag = |flag| flags.split('|').any(|f| f == flag);
        offers.push(Offer {
            key,
            service,
            category: if category.is_empty() { own() } else { category },
            subcategory,
            kind,
            instance,
            id,
            hourly: flag("hourly"),
            clocked: flag("clocked"),
            zonal: flag("zonal"),
            meters: vec![meter],
        });
    }
    offers
}

/// A decimal text as an integer of so many places; 0 where it is none.
fn scaled(text: &str, scale: u8) -> i64 {
    let read = Decimal::parse(text.as_bytes()).ok().filter(|d| d.scale <= scale);
    read.map_or(0, |d| d.mantissa as i64 * POW10[usize::from(scale - d.scale)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_price_and_a_known_service() {
        let mut keys = std::collections::HashSet::new();
        for offer in offers() {
            assert!(keys.insert(offer.key), "twice, or its lines are apart: {}", offer.key);
            assert!(services::all().iter().any(|s| s.name == offer.service), "{}", offer.service);
            for meter in &offer.meters {
                assert!(meter.price > 0 && meter.daily > 0 && meter.ratio > 0, "{} {meter:?}", offer.key);
            }
        }
        assert!(keys.len() >= 80);
        let lines = include_str!("../../../assets/demo/catalog.csv").lines();
        lines.for_each(|line| assert_eq!(line.split(';').count(), 15, "{line}"));
    }
}
