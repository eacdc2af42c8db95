//! What account periods bill, for telling what a replacement changed.

use std::collections::BTreeMap;

use crate::domain::charge::Metric;
use crate::domain::currency::written;
use crate::domain::numbers::Total;
use crate::domain::rollup::WHOLE;
use crate::domain::text::SafeText;
use crate::store::manifest::Manifest;
use crate::store::segment::GroupKey;
use crate::store::{Store, rollups};

/// Replaced account periods that are told of at most: a bill may have tens of thousands.
pub const TOLD_MAX: usize = 100;

/// Billed sums by currency.
pub type Billed = BTreeMap<String, Total>;

/// A replaced account period's sums; `None` where they are not known: what was stored is damaged,
/// or nothing was committed.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Replaced {
    /// Before.
    pub before: Option<Billed>,
    /// After.
    pub after: Option<Billed>,
}

/// What a source's groups of this key's identity bill together.
#[must_use]
pub fn of(store: &Store, manifest: &Manifest, source: &str, key: &GroupKey) -> Option<Billed> {
    let mut billed = Billed::new();
    for group in manifest.alike(source, key.identity()) {
        let rollup = rollups::get(store.kv(), group.id, WHOLE, Metric::Billed).ok()??;
        for cell in 0..rollup.len() {
            let currency = rollup.currency_texts.get(rollup.currencies.get(cell));
            billed.entry(currency.to_owned()).or_default().merge(&rollup.total(cell));
        }
    }
    Some(billed)
}

/// `20.00 USD and 3.00 EUR`.
#[must_use]
pub fn words(billed: &Billed) -> String {
    let one = |(currency, total): (&String, &Total)| {
        let sum = total.value().map_or_else(|| "n/a".to_owned(), |sum| written(sum, currency));
        format!("{sum} {}", SafeText::from_outside(currency))
    };
    billed.iter().map(one).collect::<Vec<_>>().join(" and ")
}
