//! What the clouds sell to the company: services, SKUs, public prices.
//!
//! Prices are public ones of 2026 where they are known, rounded. Knows no resource.

mod aws;
mod azure;
mod google;

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
    pub(super) name: String,
    /// `PricingUnit`.
    pub(super) unit: &'static str,
    /// `ConsumedUnit`.
    pub(super) consumed: &'static str,
    /// Consumed units in a pricing unit.
    pub(super) ratio: i64,
    /// Public price of a unit in the cheapest region, x 10^-[`PRICE_SCALE`].
    pub(super) price: i64,
    /// Units that an ordinary resource takes a day, x 10^-[`QUANTITY_SCALE`].
    pub(super) daily: i64,
    /// `ChargeDescription`, with `{price}` and `{region}`.
    pub(super) text: String,
}

/// A kind of resource that can be had.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// By which groups of resources name it.
    pub(super) key: String,
    /// `ServiceName`.
    pub(super) service: &'static str,
    /// `ServiceCategory`, where it is not the service's own.
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

impl Offer {
    fn new(key: &str, service: &'static str, subcategory: &'static str, kind: &'static str, id: &'static str) -> Offer {
        let category = services::all().iter().find(|s| s.name == service).map_or("Other", |s| s.category);
        Offer {
            key: key.to_owned(),
            service,
            category,
            subcategory,
            kind,
            instance: "",
            id,
            hourly: false,
            clocked: false,
            zonal: false,
            meters: Vec::new(),
        }
    }

    /// Adds a meter: its name, unit, price and what an ordinary resource uses a day.
    fn meter(mut self, name: &str, unit: &'static str, price: &str, daily: &str, text: &str) -> Offer {
        self.meters.push(Meter {
            name: name.to_owned(),
            unit,
            consumed: unit,
            ratio: 1,
            price: scaled(price, PRICE_SCALE),
            daily: scaled(daily, QUANTITY_SCALE),
            text: text.to_owned(),
        });
        self
    }

    /// Says that the last meter is priced by so many consumed units.
    fn per(mut self, ratio: i64, consumed: &'static str) -> Offer {
        if let Some(meter) = self.meters.last_mut() {
            (meter.ratio, meter.consumed) = (ratio, consumed);
        }
        self
    }

    /// Says that it runs by the clock: an instance of a type.
    fn machine(mut self, instance: &'static str) -> Offer {
        (self.instance, self.clocked) = (instance, true);
        self
    }

    fn hourly(mut self) -> Offer {
        self.hourly = true;
        self
    }

    fn zonal(mut self) -> Offer {
        self.zonal = true;
        self
    }

    fn in_category(mut self, category: &'static str) -> Offer {
        self.category = category;
        self
    }
}

/// A decimal text as an integer of so many places; 0 where it is none.
fn scaled(text: &str, scale: u8) -> i64 {
    let read = Decimal::parse(text.as_bytes()).ok().filter(|d| d.scale <= scale);
    read.map_or(0, |d| d.mantissa as i64 * POW10[usize::from(scale - d.scale)])
}

/// Everything that can be had.
pub(super) fn offers() -> Vec<Offer> {
    let mut offers = aws::offers();
    offers.extend(azure::offers());
    offers.extend(google::offers());
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_price_and_a_known_service() {
        let mut keys = std::collections::HashSet::new();
        for offer in offers() {
            assert!(keys.insert(offer.key.clone()), "twice: {}", offer.key);
            assert!(services::all().iter().any(|s| s.name == offer.service), "{}", offer.service);
            assert!(!offer.meters.is_empty(), "{}", offer.key);
            for meter in &offer.meters {
                assert!(meter.price > 0 && meter.daily > 0, "{} {meter:?}", offer.key);
            }
        }
        assert!(keys.len() >= 80);
    }
}
