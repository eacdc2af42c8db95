//! Which values a filter's clause admits.
//!
//! How a value matches is the filter's ([`matches()`]); this is what of a charge is looked at.

use crate::analytics::rollup::canonical;
use crate::domain::charge::Profile;
use crate::domain::dimension::Dimension;
pub use crate::domain::filter::admit::{matches, matches_name, mentions};
use crate::domain::filter::{Clause, Filter};
use crate::store::manifest::Group;

/// Whether a filter's demands on a dimension admit a value.
#[must_use]
pub fn admits(filter: &Filter, dimension: &Dimension, value: &str, name: &str) -> bool {
    let mut clauses = filter.clauses.iter().filter(|clause| clause.dimension.as_ref() == Some(dimension));
    clauses.all(|clause| matches(dimension, &clause.patterns, &canonical(dimension, value), name) != clause.negated)
}

/// Whether a dimension's value is the same for all charges of a group of windows.
#[must_use]
pub fn is_of_groups(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Provider | Dimension::BillingAccount)
}

/// Whether the clauses about what all of a group's charges have in common admit it.
#[must_use]
pub fn admits_group(clauses: &[Clause], group: &Group) -> bool {
    clauses.iter().all(|clause| match &clause.dimension {
        Some(d @ Dimension::Provider) => {
            matches(d, &clause.patterns, &canonical(d, &group.key.provider), "") != clause.negated
        }
        Some(d @ Dimension::BillingAccount) => {
            matches(d, &clause.patterns, &group.key.account, &group.account_name) != clause.negated
        }
        _ => true,
    })
}

/// The columns that free text is looked for in.
pub const FREE_TEXT: [Profile; 16] = [
    Profile::Provider,
    Profile::BillingAccountName,
    Profile::SubAccountId,
    Profile::SubAccountName,
    Profile::ServiceCategory,
    Profile::ServiceName,
    Profile::RegionId,
    Profile::RegionName,
    Profile::ResourceId,
    Profile::ResourceName,
    Profile::ResourceType,
    Profile::InstanceType,
    Profile::SkuId,
    Profile::SkuMeter,
    Profile::ChargeDescription,
    Profile::Tags,
];
