//! What a page of Cost Explorer says, as plain values: what [`super::normalise`] reads.
//!
//! Amounts stay the texts that AWS wrote. Made of the SDK's types by [`super::client`] alone.

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
    pub metrics: Metrics,
}

/// Amounts by metric: a few, of tens of thousands of groups on a page, which a map each would make twice as large.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Metrics(Vec<(String, String, String)>);

impl Metrics {
    /// A metric's amount and its unit.
    #[must_use]
    pub fn get(&self, metric: &str) -> Option<(&str, &str)> {
        self.0.iter().find(|(name, ..)| name == metric).map(|(_, amount, unit)| (amount.as_str(), unit.as_str()))
    }

    /// The metrics' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, ..)| name.as_str())
    }
}

impl FromIterator<(String, (String, String))> for Metrics {
    /// In the order of their names, whatever order they come in.
    fn from_iter<I: IntoIterator<Item = (String, (String, String))>>(metrics: I) -> Metrics {
        let mut metrics: Vec<_> = metrics.into_iter().map(|(name, (amount, unit))| (name, amount, unit)).collect();
        metrics.sort_unstable();
        metrics.shrink_to_fit();
        Metrics(metrics)
    }
}
