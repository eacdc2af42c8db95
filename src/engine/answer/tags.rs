//! The answer to how well charges are tagged.

use serde::{Deserialize, Serialize};

use super::Share;
use crate::analytics::spelling::Difference;
use crate::domain::calendar::Period;
use crate::domain::charge::Metric;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::TagHygiene`], for one currency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TagsAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// Over which days.
    pub period: Period,
    /// What all of it costs.
    pub total: Option<Amount>,
    /// The tag keys: those of the config, then the others that the bill has, by what has them.
    pub keys: Vec<TagKey>,
    /// How many keys there are, shown or not.
    pub keys_total: u64,
    /// Keys that are probably misspelt.
    pub misspelt_keys: Vec<Misspelt>,
}

/// How one tag key is used.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TagKey {
    /// The key.
    pub key: Untrusted,
    /// Whether the config names it.
    pub configured: bool,
    /// Of one that no charge has, the key of the bill that is probably meant.
    pub twin: Option<Untrusted>,
    /// The cost that has it; `None` is unknown.
    pub tagged: Option<Amount>,
    /// The cost that has it not.
    pub untagged: Option<Amount>,
    /// The cost of which the provider did not tell whether it has it; it is in neither of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Amount>,
    /// The cost that has it as a fraction of what is known of it, where that is above zero.
    pub coverage: Option<f64>,
    /// How many values it has.
    pub values: u64,
    /// The costliest of them.
    pub top: Vec<Share>,
    /// Values that are probably misspelt, the costliest first.
    pub misspelt: Vec<Misspelt>,
    /// What the misspelt values hold together.
    pub misspelt_cost: Amount,
    /// Where the untagged cost is, by service, as a part of it; the costliest.
    pub untagged_by: Vec<Share>,
}

/// A value or key that is probably misspelt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Misspelt {
    /// As it is written.
    pub value: Untrusted,
    /// What is probably meant.
    pub meant: Untrusted,
    /// How they differ.
    pub difference: Difference,
    /// What it holds; `None` is unknown.
    pub cost: Option<Amount>,
    /// How many charges have it.
    pub rows: u64,
}
