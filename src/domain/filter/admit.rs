//! Whether a value is one that a clause means: by what the bill says, by its name where it is an id, and for services
//! and providers by the aliases that people type.
//!
//! Whoever holds a filter against values does it by this, charges and alerts alike. Knows no charge.

use super::Pattern;
use crate::domain::dimension::Dimension;
use crate::domain::services;

/// Whether a clause's patterns match a value or its name; negation is the caller's.
#[must_use]
pub fn matches(dimension: &Dimension, patterns: &[Pattern], value: &str, name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(value) || names(pattern, name) || by_alias(dimension, pattern, value))
}

/// Whether a clause's patterns match a value by its name alone.
#[must_use]
pub fn matches_name(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| names(pattern, name))
}

fn names(pattern: &Pattern, name: &str) -> bool {
    !name.is_empty() && matches!(pattern, Pattern::Is(_) | Pattern::Like(_)) && pattern.matches(name)
}

fn by_alias(dimension: &Dimension, pattern: &Pattern, value: &str) -> bool {
    let (Pattern::Is(word) | Pattern::Like(word)) = pattern else { return false };
    match dimension {
        Dimension::Service => services::named(word).contains(&value) || pattern.matches(services::short(value)),
        Dimension::Provider => {
            services::provider_named(word) == Some(services::canonical_provider(value))
                || pattern.matches(services::provider_short(value))
        }
        _ => false,
    }
}
