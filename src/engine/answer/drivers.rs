//! The answer to what drives a change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Figure, Key};
use crate::analytics::attribute::Effects;
use crate::domain::calendar::Period;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::Drivers`], for one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DriversAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The lens's days.
    pub period: Period,
    /// The days that they are held against.
    pub previous_period: Option<Period>,
    /// What the groups are values of.
    pub by: Vec<Dimension>,
    /// The groups, the largest change first, up or down.
    pub groups: Vec<Driver>,
}

/// Why one group's cost changed. How a change is split: [`crate::analytics::attribute`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Driver {
    /// Its values.
    pub key: Key,
    /// Names for values that are ids, by position in `key`.
    pub names: BTreeMap<usize, Untrusted>,
    /// Its cost, and the cost that it is held against.
    pub figure: Figure,
    /// Its change, split; `None` where nothing is known of the days that it is held against.
    pub effects: Option<Effects>,
    /// Quantity and price, where all of it that has a quantity has one unit.
    pub unit: Option<UnitFigure>,
    /// SKUs that only the period has.
    pub new_skus: u64,
    /// SKUs that only the days before have.
    pub gone_skus: u64,
    /// What contributed most to the change.
    pub reason: Option<Reason>,
}

/// How much it was, and what one of it cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnitFigure {
    /// The unit, as the bill writes it.
    pub unit: Untrusted,
    /// The quantity, and the quantity that it is held against.
    pub quantity: Figure,
    /// The price of one, and the price that it is held against.
    pub price: Figure,
}

/// The SKU in a region that contributed most to a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// Its `SkuId`, or its meter where the bill has no id; empty where it has neither.
    pub sku: Untrusted,
    /// What people call it: its instance type or its meter.
    pub name: Option<Untrusted>,
    /// Its region; empty where the charges have none.
    pub region: Untrusted,
    /// Its cost, and the cost that it is held against.
    pub figure: Figure,
    /// Whether both periods have it.
    pub presence: Presence,
}

/// In which of two periods something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In both.
    Both,
    /// Only in the period.
    New,
    /// Only in the days before.
    Gone,
}

impl Reason {
    /// What to call it in a few words, `p4d.24xlarge us-east-1`; empty where the bill says nothing.
    #[must_use]
    pub fn text(&self) -> String {
        let name = self.name.as_ref().unwrap_or(&self.sku).safe();
        let words = [name.into_string(), self.region.safe().into_string()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
