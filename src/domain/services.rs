//! One name for each service and provider, whatever a source or a person calls it.
//!
//! The table `assets/services.csv` lists, for each provider's service, the value that its FOCUS
//! export writes, a short name for screens, other spellings that billing sources use, and the
//! aliases that engineers type. Knows no charge.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::dimension::Dimension;

/// A service that the table knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// The provider's name in FOCUS.
    pub provider: &'static str,
    /// `ServiceName` as the provider's FOCUS export writes it.
    pub name: &'static str,
    /// A short name for screens.
    pub short: &'static str,
    /// `ServiceCategory` in FOCUS.
    pub category: &'static str,
    /// What people type.
    pub aliases: Vec<&'static str>,
}

struct Table {
    services: Vec<Service>,
    by_name: HashMap<String, usize>,
    by_alias: HashMap<String, Vec<usize>>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table { services: Vec::new(), by_name: HashMap::new(), by_alias: HashMap::new() };
        let list = |text: &'static str| text.split('|').map(str::trim).filter(|t| !t.is_empty());
        for line in include_str!("../../assets/services.csv").lines().skip(1) {
            let mut fields = line.split(';');
            let mut field = || fields.next().unwrap_or_default().trim();
            let (provider, name, short, category, spellings, aliases) =
                (field(), field(), field(), field(), field(), field());
            let at = table.services.len();
            for spelling in list(spellings).chain([name]) {
                table.by_name.insert(spelling.to_lowercase(), at);
            }
            for alias in list(aliases) {
                table.by_alias.entry(alias.to_lowercase()).or_default().push(at);
            }
            let short = if short.is_empty() { name } else { short };
            table.services.push(Service { provider, name, short, category, aliases: list(aliases).collect() });
        }
        table
    })
}

/// All services that the table knows.
#[must_use]
pub fn all() -> &'static [Service] {
    &table().services
}

/// The service of that name, in any spelling that the table knows.
#[must_use]
pub fn find(name: &str) -> Option<&'static Service> {
    let table = table();
    table.by_name.get(&name.to_lowercase()).map(|at| &table.services[*at])
}

/// The one name of a service: FOCUS's where the table knows the spelling, else as it came.
#[must_use]
pub fn canonical(name: &str) -> &str {
    match table().by_name.get(&name.to_lowercase()) {
        Some(at) => table().services[*at].name,
        None => name,
    }
}

/// The names that a word means: an alias may stand for several services (`k8s`).
#[must_use]
pub fn named(alias: &str) -> Vec<&'static str> {
    let alias = alias.to_lowercase();
    let table = table();
    let mut names: Vec<&str> =
        table.by_alias.get(&alias).into_iter().flatten().map(|i| table.services[*i].name).collect();
    names.extend(table.by_name.get(&alias).map(|i| table.services[*i].name));
    names.sort_unstable();
    names.dedup();
    names
}

/// A name short enough for a column; the name itself where the table has none.
#[must_use]
pub fn short(name: &str) -> &str {
    table().by_name.get(&name.to_lowercase()).map_or(name, |at| table().services[*at].short)
}

/// What people type for providers, and how screens shorten them: FOCUS value, short name, aliases.
const PROVIDERS: [(&str, &str, &[&str]); 5] = [
    ("AWS", "AWS", &["aws", "amazon", "amazon web services"]),
    ("Microsoft", "Azure", &["azure", "microsoft", "microsoft azure", "az", "ms"]),
    ("Google Cloud", "Google Cloud", &["gcp", "google", "google cloud", "google cloud platform"]),
    ("Oracle", "Oracle", &["oci", "oracle", "oracle cloud"]),
    ("Alibaba Cloud", "Alibaba", &["alibaba", "aliyun", "alibaba cloud"]),
];

/// The FOCUS value of a provider that a word means.
#[must_use]
pub fn provider_named(alias: &str) -> Option<&'static str> {
    let alias = alias.to_lowercase();
    PROVIDERS.iter().find(|(_, _, aliases)| aliases.contains(&alias.as_str())).map(|(name, _, _)| *name)
}

/// What people type for a provider of that FOCUS value, in lower case; none for one that the table lacks.
#[must_use]
pub fn provider_aliases(focus: &str) -> &'static [&'static str] {
    PROVIDERS.iter().find(|(name, _, _)| *name == focus).map_or(&[], |(_, _, aliases)| aliases)
}

/// The one name of a provider: FOCUS's where the table knows the spelling, else as it came. A
/// provider renamed between two exports is still the same one by it.
#[must_use]
pub fn canonical_provider(name: &str) -> &str {
    let known = |aliases: &[&str]| aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
    PROVIDERS.iter().find(|(_, _, aliases)| known(aliases)).map_or(name, |(focus, _, _)| *focus)
}

/// How screens shorten a provider's name.
#[must_use]
pub fn provider_short(name: &str) -> &str {
    let focus = canonical_provider(name);
    PROVIDERS.iter().find(|(known, _, _)| *known == focus).map_or(name, |(_, short, _)| short)
}

/// How screens call a value of a dimension: the short name of a provider or service, else the value itself.
#[must_use]
pub fn called<'v>(dimension: &Dimension, value: &'v str) -> &'v str {
    match dimension {
        Dimension::Provider => provider_short(value),
        Dimension::Service => short(value),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_spellings_and_aliases() {
        for (spelling, want) in [
            ("AmazonEC2", "Amazon Elastic Compute Cloud"),
            ("Amazon Elastic Compute Cloud - Compute", "Amazon Elastic Compute Cloud"),
            ("Amazon CloudWatch", "AmazonCloudWatch"),
            ("Something Else", "Something Else"),
        ] {
            assert_eq!(canonical(spelling), want);
        }
        for (alias, want) in [
            ("ec2", "Amazon Elastic Compute Cloud"),
            ("S3", "Amazon Simple Storage Service"),
            ("bq", "BigQuery"),
            ("gke", "Kubernetes Engine"),
            ("rds", "Amazon Relational Database Service"),
        ] {
            assert_eq!(named(alias), [want], "{alias}");
        }
        assert!(named("k8s").len() >= 3);
        assert_eq!(provider_named("gcp"), Some("Google Cloud"));
        assert_eq!(provider_short("Microsoft"), "Azure");
    }

    #[test]
    fn the_table_is_sound() {
        let mut seen = std::collections::HashSet::new();
        for service in all() {
            assert!(!service.name.is_empty() && !service.category.is_empty(), "{service:?}");
            assert!(seen.insert((service.provider, service.name)), "twice: {service:?}");
        }
        assert!(all().len() > 80);
    }

    /// FOCUS 1.2's allowed values of `ServiceCategory`.
    const CATEGORIES: [&str; 19] = [
        "AI and Machine Learning",
        "Analytics",
        "Business Applications",
        "Compute",
        "Databases",
        "Developer Tools",
        "Multicloud",
        "Identity",
        "Integration",
        "Internet of Things",
        "Management and Governance",
        "Media",
        "Migration",
        "Mobile",
        "Networking",
        "Security",
        "Storage",
        "Web",
        "Other",
    ];

    #[test]
    fn every_category_is_one_of_focus() {
        for service in all() {
            assert!(CATEGORIES.contains(&service.category), "{service:?}");
            assert!(service.short.chars().count() <= 20, "too long for a column: {service:?}");
        }
        assert!(all().len() >= 130);
    }

    #[test]
    fn no_short_name_tells_a_cloud_that_the_name_does_not() {
        // Others have a `Load Balancer`, too.
        for service in all() {
            let (name, short) = (service.name.to_lowercase(), service.short.to_lowercase());
            let tells = |text: &str, cloud: &[&str]| cloud.iter().any(|word| text.contains(word));
            let clouds: [&[&str]; 5] =
                [&["aws", "amazon"], &["azure", "microsoft"], &["google", "gcp"], &["oracle", "oci"], &["alibaba"]];
            assert!(clouds.iter().all(|cloud| tells(&name, cloud) || !tells(&short, cloud)), "{service:?}");
        }
        assert_eq!(short("Load Balancer"), "Load Balancer");
    }

    #[test]
    fn every_spelling_means_one_service() {
        let mut owner = HashMap::new();
        for line in include_str!("../../assets/services.csv").lines().skip(1) {
            let fields: Vec<&str> = line.split(';').collect();
            assert_eq!(fields.len(), 6, "{line}");
            let spellings = fields[4].split('|').filter(|s| !s.is_empty()).chain([fields[1]]);
            for spelling in spellings {
                let before = owner.insert(spelling.to_lowercase(), fields[1]);
                assert!(before.is_none_or(|b| b == fields[1]), "{spelling} means {before:?} and {}", fields[1]);
            }
        }
    }

    #[test]
    fn cost_explorer_and_product_codes_lead_to_focus_names() {
        for (spelling, want) in [
            ("EC2 - Other", "Amazon Elastic Compute Cloud"),
            ("awskms", "AWS Key Management Service"),
            ("AWSELB", "Elastic Load Balancing"),
            ("Amazon Elastic Container Service for Kubernetes", "Amazon Elastic Container Service for Kubernetes"),
            ("Microsoft.Compute/virtualMachines", "Virtual Machines"),
            ("google kubernetes engine", "Kubernetes Engine"),
        ] {
            assert_eq!(canonical(spelling), want);
        }
        assert_eq!(short("Amazon Simple Storage Service"), "Amazon S3");
        assert_eq!(named("datadog").len(), 4);
    }
}
