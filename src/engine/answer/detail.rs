//! The answer to what stands behind one row.

use serde::{Deserialize, Serialize};

use super::{Driver, Figure, Notice};
use crate::domain::calendar::Period;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::Detail`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DetailAnswer {
    /// The lens's days.
    pub period: Period,
    /// The days that they are held against.
    pub previous_period: Option<Period>,
    /// One a currency, the largest cost first.
    pub currencies: Vec<CurrencyDetail>,
    /// What the reader must know beside the figures.
    pub notices: Vec<Notice>,
}

/// What one currency's charges are made of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurrencyDetail {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// How many charges of the period it is of.
    pub rows: u64,
    /// What all of it costs, and cost before.
    pub figure: Figure,
    /// The days of the period, each its first second since 1970.
    pub starts: Vec<i64>,
    /// What each day cost; `None` where nothing is known of it.
    pub trend: Vec<Option<Amount>>,
    /// What it is made of by each dimension that tells some of it apart, coarse to fine.
    pub composition: Vec<Composition>,
    /// Its tags, the key that most of it has first.
    pub tags: Vec<TagUse>,
    /// Its change, split into price and quantity, with what drives it; its key is empty.
    pub driver: Option<Driver>,
    /// How its usage was paid for.
    pub coverage: Coverage,
}

/// What something is made of by one dimension.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Composition {
    /// The dimension.
    pub dimension: Dimension,
    /// Its costliest values.
    pub values: Vec<Share>,
    /// How many others there are.
    pub others: u64,
    /// What the others cost together; `None` where that is unknown.
    pub others_cost: Option<Amount>,
}

/// A value's part of a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Share {
    /// The value; empty where charges have none.
    pub value: Untrusted,
    /// A name for it, where it is an id and the bill has one.
    pub name: Option<Untrusted>,
    /// Its cost; `None` is unknown.
    pub cost: Option<Amount>,
    /// Its cost as a fraction of the whole, where the whole is above zero.
    pub share: Option<f64>,
}

/// How much of something has a tag.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TagUse {
    /// The tag's key.
    pub key: Untrusted,
    /// Its costliest values.
    pub values: Vec<Share>,
    /// How many others there are.
    pub others: u64,
    /// What has it not, as [`Share::value`] empty.
    pub untagged: Share,
}

/// How usage was paid for. Purchases, taxes and credits are no usage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// What all usage costs; `None` where there is none, or its cost is unknown.
    pub usage: Option<Amount>,
    /// By `PricingCategory`: standard (on demand), dynamic (spot), committed.
    pub pricing: Vec<Share>,
    /// By commitment discount, those that have one.
    pub commitments: Vec<Share>,
    /// Commitments that nothing used (`CommitmentDiscountStatus` is `Unused`); part of the usage.
    pub unused: Option<Amount>,
}
