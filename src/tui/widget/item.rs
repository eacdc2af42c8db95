//! Single charges of the bill in few words, and the words of all their columns.
//!
//! Knows no screen: what it gives is safe text.

use crate::domain::calendar::Granularity;
use crate::domain::charge::Metric;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::LineItem;

/// What a charge costs in a metric; `None` is unknown.
#[must_use]
pub fn cost(item: &LineItem, metric: Metric) -> Option<Amount> {
    let column = metric.quantity().focus_name();
    item.quantities.iter().find(|(name, _)| name == column).map(|(_, amount)| *amount)
}

/// What a charge is for, in the words of the bill: what it is, and of which resource.
#[must_use]
pub fn described(item: &LineItem) -> String {
    let of = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| item.columns.iter().find(|(column, _)| column == name))
            .map(|(_, text)| text.safe())
    };
    let what = of(&["ChargeDescription", "SkuMeter", "SkuId", "ServiceName", "ChargeCategory"]);
    let whose = of(&["ResourceName", "ResourceId"]);
    what.into_iter().chain(whose).map(SafeText::into_string).collect::<Vec<_>>().join("  ")
}

/// Every FOCUS column that a charge has, with its value: its time, its costs and quantities, its
/// texts.
#[must_use]
pub fn columns(item: &LineItem) -> Vec<(String, String)> {
    let moment = |seconds| Granularity::Hour.label(seconds);
    let mut out =
        vec![("ChargePeriodStart".to_owned(), moment(item.start)), ("ChargePeriodEnd".to_owned(), moment(item.end))];
    out.extend(item.quantities.iter().map(|(name, amount)| (name.clone(), amount.to_string())));
    out.extend(item.columns.iter().map(|(name, text)| (name.clone(), text.safe().into_string())));
    out
}
