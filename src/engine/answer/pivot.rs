//! Answers that lie across: costs by time in columns, and what there is to choose from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Key, LeftOut};
use crate::domain::calendar::{Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// Answer to [`crate::engine::Question::Pivot`], for one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PivotAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The lens's days.
    pub period: Period,
    /// What the rows are values of.
    pub by: Vec<Dimension>,
    /// The size of the pieces of time.
    pub granularity: Granularity,
    /// The columns: the first moment of each piece of time, seconds since 1970.
    pub starts: Vec<i64>,
    /// Pieces of the period before the first column: too many to show.
    pub earlier: u64,
    /// The rows, the costliest first.
    pub rows: Vec<PivotRow>,
    /// What each column holds over all groups, shown or not; `None` where nothing is known of it.
    pub columns: Vec<Option<Amount>>,
    /// Over all groups and pieces, shown or not.
    pub total: Option<Amount>,
    /// How many groups there are, shown or not.
    pub groups: u64,
    /// By the hour: charges that lie in none.
    pub left_out: Option<LeftOut>,
}

/// One group of a pivot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PivotRow {
    /// Its values.
    pub key: Key,
    /// Names for values that are ids, by position in `key`.
    pub names: BTreeMap<usize, Untrusted>,
    /// Its cost in each column; `None` where nothing is known of it.
    pub costs: Vec<Option<Amount>>,
    /// Its cost in the whole period.
    pub total: Option<Amount>,
}

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
