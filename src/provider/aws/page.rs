//! What a page of Cost Explorer says, as plain values: what [`super::normalise`] reads.
//!
//! Amounts stay the texts that AWS wrote. Made of the SDK's types by [`super::client`] alone.

use std::collections::BTreeMap;

/// One page of an answer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Page {
    /// The time slices that it tells of; one may go on with the next page. None where the answer has
    /// no such field: it is of something else.
    pub slices: Option<Vec<Slice>>,
    /// Names of values: an account's id and its name.
    pub names: Vec<(String, String)>,
    /// What the next page is asked for with.
    pub next: Option<String>,
}

impl Page {
    /// Whether it tells of no group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slices.iter().flatten().all(|slice| slice.groups.is_empty())
    }
}

/// The groups of a day or an hour.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Slice {
    /// When it begins, as AWS wrote it: `2026-11-01`, or `2026-11-01T13:00:00Z`.
    pub start: String,
    /// When it ends, exclusive.
    pub end: String,
    /// Whether AWS calls it estimated.
    pub estimated: bool,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// The costs of one combination of keys.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Group {
    /// The values of the keys, in the order that they were asked in.
    pub keys: Vec<String>,
    /// Amounts and units, by the metric's name.
    pub metrics: BTreeMap<String, (String, String)>,
}
