//! What a connection to AWS is made of, and what of its costs is asked for.
//!
//! Plain values: where they come from is the config's business. Knows no SDK.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::super::remote::secret::Reference;

/// A connection to one payer or account of AWS, through one identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Its source in the store, as `aws.prod` or `aws.prod/123456789012`.
    pub source: String,
    /// What a person calls it.
    pub title: String,
    /// A profile of the AWS CLI's files; none for the SDK's default chain (environment, default
    /// profile, web identity, container, instance).
    pub profile: Option<String>,
    /// A role that is taken on with these credentials.
    pub role: Option<Role>,
    /// Files to read profiles from, instead of `~/.aws/config` and `~/.aws/credentials`.
    pub files: Vec<PathBuf>,
    /// Where requests go instead of AWS: an emulator, or a gateway.
    pub endpoint: Option<String>,
    /// Further certificates to trust, as a company's proxy needs.
    pub certificate: Option<PathBuf>,
    /// The account that pays, where AWS does not tell it to this identity: `BillingAccountId`.
    pub payer: Option<String>,
    /// Which pairs of dimensions are asked for besides account and service.
    pub facets: BTreeSet<Facet>,
    /// Cost allocation tags that are asked for, each by service.
    pub tags: Vec<String>,
    /// Cost categories that are asked for, each by service.
    pub cost_categories: Vec<String>,
    /// Whether hours are asked for: opted into at AWS, 14 days back, and charged there.
    pub hourly: bool,
    /// Whether resources of EC2 are asked for: opted into at AWS, 14 days back.
    pub resources: bool,
    /// Whether AWS is asked for its own forecast and anomalies, once a day.
    pub opinion: bool,
    /// Months of history, the current one not counted; Cost Explorer has 13.
    pub months: u16,
    /// The time between two paid requests at least. AWS publishes no rate; one or two a second pass.
    pub apart: Duration,
}

impl Settings {
    /// The usual settings for a source of this name: all facets, no tags.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        let source = source.into();
        Settings {
            title: source.clone(),
            source,
            profile: None,
            role: None,
            files: Vec::new(),
            endpoint: None,
            certificate: None,
            payer: None,
            facets: Facet::ALL.into_iter().collect(),
            tags: Vec::new(),
            cost_categories: Vec::new(),
            hourly: false,
            resources: false,
            opinion: true,
            months: 13,
            apart: Duration::from_millis(600),
        }
    }
}

/// A role that is taken on by `sts:AssumeRole`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its trust policy wants to be told.
    pub external_id: Option<ExternalId>,
    /// What the session is called in the account's CloudTrail; `spendtop` where none is set.
    pub session: Option<String>,
}

/// What a role's trust policy wants to be told (`sts:ExternalId`). AWS does not treat it as a secret,
/// but whoever gave it may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExternalId {
    /// Itself.
    Plain(String),
    /// Where it is to be had.
    Referred(Reference),
}

/// A pair of dimensions that Cost Explorer tells jointly, besides account and service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Facet {
    /// Service by region.
    ServiceRegion,
    /// Service by usage type.
    ServiceUsageType,
    /// Account by region.
    AccountRegion,
    /// Service by record type, which says what is usage, purchase, tax and credit.
    ServiceRecordType,
}

impl Facet {
    /// All of them.
    pub const ALL: [Facet; 4] =
        [Facet::ServiceRegion, Facet::ServiceUsageType, Facet::AccountRegion, Facet::ServiceRecordType];

    /// Its name: its feed's, and the one that a config writes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Facet::ServiceRegion => "service+region",
            Facet::ServiceUsageType => "service+usage_type",
            Facet::AccountRegion => "account+region",
            Facet::ServiceRecordType => "service+record_type",
        }
    }
}
