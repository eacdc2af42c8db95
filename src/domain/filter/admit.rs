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

/// Whether free text is in a value or a name as it is told: anywhere in it, and by no alias.
///
/// The same for charges, for anomalies and for what else alert rules are about.
#[must_use]
pub fn mentions(patterns: &[Pattern], text: &str) -> bool {
    !text.is_empty() && patterns.iter().any(|pattern| pattern.matches(text))
}

/// What a value can be written as, in lower case: as the bill has it, as screens call it, by a provider's aliases.
#[must_use]
pub fn spellings(dimension: &Dimension, value: &str, name: Option<&str>) -> Vec<String> {
    let missing = dimension.missing();
    let shown = match name.filter(|name| !name.is_empty()) {
        _ if value.is_empty() => missing.as_str(),
        Some(name) => name,
        None => services::called(dimension, value),
    };
    let aliases = if *dimension == Dimension::Provider { services::provider_aliases(value) } else { &[] };
    let all = [value, shown].into_iter().chain(aliases.iter().copied()).filter(|text| !text.is_empty());
    all.map(str::to_lowercase).collect()
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
        Dimension::Service => {
            let one = services::canonical(value);
            services::named(word).contains(&one) || pattern.matches(one) || pattern.matches(services::short(one))
        }
        Dimension::Provider => {
            let one = services::canonical_provider(value);
            services::provider_named(word) == Some(one)
                || pattern.matches(one)
                || pattern.matches(services::provider_short(one))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_the_one_name_but_to_what_is_meant_letter_by_letter() {
        let (is, like, exactly) = (Pattern::Is, Pattern::Like, Pattern::Exactly);
        for (dimension, pattern, value, want) in [
            (Dimension::Service, is("ec2".into()), "AmazonEC2", true),
            (Dimension::Service, is("Amazon Elastic Compute Cloud".into()), "AmazonEC2", true),
            (Dimension::Service, like("*elastic compute*".into()), "AmazonEC2", true),
            (Dimension::Service, is("s3".into()), "AmazonEC2", false),
            (Dimension::Service, exactly("AmazonEC2".into()), "AmazonEC2", true),
            (Dimension::Service, exactly("Amazon Elastic Compute Cloud".into()), "AmazonEC2", false),
            (Dimension::Provider, is("azure".into()), "Microsoft Azure", true),
            (Dimension::Provider, like("micro?oft".into()), "Microsoft Azure", true),
            (Dimension::Provider, exactly("Microsoft".into()), "Microsoft Azure", false),
            (Dimension::Region, is("ec2".into()), "AmazonEC2", false),
        ] {
            assert_eq!(matches(&dimension, std::slice::from_ref(&pattern), value, ""), want, "{pattern:?} of {value}");
        }
    }
}
