//! What is on this machine that a connection can use, and how that is said. Reads names, never a secret.

use std::path::Path;

use super::wanted::Kind;
use crate::domain::text::Untrusted;
use crate::provider::credentials::{self, Cloud, Credentials, Subscription};

/// What was found on this machine.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Credentials by name.
    pub clouds: Vec<Credentials>,
    /// The subscriptions of the Azure CLI's login.
    pub subscriptions: Vec<Subscription>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
}

impl Found {
    /// Looks.
    #[must_use]
    pub fn look(home: Option<&Path>) -> Found {
        let home = home.unwrap_or(Path::new(""));
        let variable = |name: &str| std::env::var_os(name);
        Found {
            clouds: credentials::find(home, &variable),
            subscriptions: credentials::subscriptions(home, &variable),
            profile: std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()),
        }
    }

    fn of(&self, cloud: Cloud) -> Option<&Credentials> {
        self.clouds.iter().find(|found| found.cloud == cloud)
    }

    /// The names of a cloud's profiles, subscriptions or configurations.
    #[must_use]
    pub fn names(&self, cloud: Cloud) -> Vec<String> {
        let names = self.of(cloud).map_or(&[][..], |found| &found.names);
        names.iter().map(|name| name.safe().into_string()).collect()
    }

    /// What of it a connection of a kind can use, in a few words: `profile prod, SSO`; `None` where there is
    /// nothing.
    #[must_use]
    pub fn words(&self, kind: Kind) -> Option<String> {
        let (cloud, one, many) = match kind {
            Kind::Aws => (Cloud::Aws, "profile", "profiles"),
            Kind::Azure => (Cloud::Azure, "subscription", "subscriptions"),
            Kind::Gcp => (Cloud::GoogleCloud, "configuration", "configurations"),
            Kind::OpenCost | Kind::Folder => return None,
        };
        let found = self.of(cloud)?;
        let named = |name: &Untrusted| match found.ways.iter().find(|(of, _)| of == name) {
            Some((_, way)) => format!("{}, {way}", name.safe()),
            None => name.safe().into_string(),
        };
        match found.names.as_slice() {
            [] => found.places.first().map(|place| format!("{} is there", place.safe())),
            [name] => Some(format!("{one} {}", named(name))),
            names => {
                let names: Vec<String> = names.iter().map(named).collect();
                Some(format!("{many} {}", names.join("; ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_said_by_name() {
        let of = |cloud, names: &[&str], places: &[&str], ways: &[(&str, &'static str)]| Credentials {
            cloud,
            names: names.iter().map(|name| (*name).into()).collect(),
            places: places.iter().map(|place| (*place).into()).collect(),
            ways: ways.iter().map(|(name, way)| ((*name).into(), *way)).collect(),
        };
        let words = |found: Credentials, kind| Found { clouds: vec![found], ..Found::default() }.words(kind);
        for (found, kind, want) in [
            (of(Cloud::Aws, &["prod"], &["c"], &[("prod", "SSO")]), Kind::Aws, Some("profile prod, SSO")),
            (of(Cloud::Aws, &["a", "b\x1b"], &["c"], &[("a", "SSO")]), Kind::Aws, Some("profiles a, SSO; b\\x1b")),
            (of(Cloud::Aws, &[], &["AWS_ACCESS_KEY_ID"], &[]), Kind::Aws, Some("AWS_ACCESS_KEY_ID is there")),
            (of(Cloud::Aws, &[], &[], &[]), Kind::Aws, None),
            (of(Cloud::Aws, &["prod"], &[], &[]), Kind::Azure, None),
            (of(Cloud::GoogleCloud, &["default"], &[], &[]), Kind::Gcp, Some("configuration default")),
            (of(Cloud::GoogleCloud, &["default"], &[], &[]), Kind::Folder, None),
        ] {
            assert_eq!(words(found, kind).as_deref(), want);
        }
    }
}
