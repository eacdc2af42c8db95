//! Answers that say what there is to choose from.

use serde::{Deserialize, Serialize};

use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::Values`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ValuesAnswer {
    /// The dimension.
    pub dimension: Dimension,
    /// Its values, the costliest first.
    pub values: Vec<Value>,
    /// How many there are, shown or not.
    pub total: u64,
}

/// A value that can be chosen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Value {
    /// The value; empty is none.
    pub value: Untrusted,
    /// A name for it, where it is an id and the bill has one.
    pub name: Option<Untrusted>,
    /// What it costs by currency; `None` is unknown.
    pub costs: Vec<(String, Option<Amount>)>,
}

/// Answer to [`crate::engine::Question::TagKeys`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TagKeysAnswer {
    /// Those that the config names.
    pub configured: Vec<Untrusted>,
    /// Those that bills have, the most frequent first.
    pub seen: Vec<Untrusted>,
}
