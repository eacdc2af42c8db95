//! Connections: `[aws.NAME]`, `[azure.NAME]`, `[gcp.NAME]`, `[opencost.NAME]` and `[folder.NAME]`.
//!
//! What is written, with what it means where it is left out. Secrets are references; a value in the
//! place of one is refused without being repeated. Knows no provider.

use std::path::PathBuf;

use super::mistake::{Mistake, shown};
use super::raw::{Placed, Raw, words};
use super::reader::{Reader, holds_more_than_a_place, span};
use crate::domain::calendar::DAY_SECONDS;

/// Characters of a connection's name at most.
const NAME_MAX: usize = 40;
/// Months of history at most: what Cost Explorer keeps with its longest setting.
const MONTHS_MAX: i128 = 38;
/// Days back that a cluster's costs are asked for at most.
const REACH_MAX: i128 = 1_000;
/// No provider has anything new more often.
const EVERY_LEAST: i64 = 15 * 60;
/// Paid requests a day, unless it is said otherwise: 0.12 USD.
const REQUESTS_A_DAY: u64 = 12;
/// GiB that one query may scan, a day's, and a month's, unless it is said otherwise: within BigQuery's free
/// TiB a month (cloud.google.com/bigquery/pricing).
const SCAN_GIB: [u64; 3] = [20, 50, 900];

/// A connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// What it is called: `aws.prod`.
    pub name: String,
    /// Seconds between two syncs; the provider's own where `None`.
    pub every: Option<i64>,
    /// Months of history that are wanted, the current one not counted.
    pub months: u16,
    /// Whether files with refused rows may take the place of complete ones.
    pub accept_partial: bool,
    /// What it connects to.
    pub to: To,
}

/// What a connection connects to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum To {
    /// Amazon Web Services.
    Aws(Aws),
    /// Microsoft Azure.
    Azure(Azure),
    /// Google Cloud.
    Gcp(Gcp),
    /// OpenCost.
    OpenCost(OpenCost),
    /// A folder that is watched.
    Folder(PathBuf),
}

/// `[aws.NAME]`
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Aws {
    /// A profile of the AWS CLI; the SDK's default chain where `None`.
    pub profile: Option<String>,
    /// The account that pays, where AWS does not tell it.
    pub billing_account: Option<String>,
    /// Roles to take on, each a scope of its own; one's own where empty.
    pub roles: Vec<String>,
    /// What the roles' trust policies ask for: a text, or a reference to one.
    pub external_id: Option<String>,
    /// Whether Cost Explorer is asked.
    pub api: bool,
    /// By what costs are split besides account and service; the provider's own choice where `None`.
    pub split_by: Option<Vec<String>>,
    /// Tag keys that costs are split by; `[tags] keys` where `None`.
    pub tags: Option<Vec<String>>,
    /// Cost categories that costs are split by.
    pub cost_categories: Vec<String>,
    /// Whether the last two weeks are asked for by the hour.
    pub hourly: bool,
    /// Whether the last two weeks are asked for by resource.
    pub resources: bool,
    /// Whether AWS is asked for its own forecast and anomalies, once a day.
    pub opinion: bool,
    /// Exports in S3: `s3://bucket/prefix/name`.
    pub exports: Vec<String>,
    /// The exports' region.
    pub region: Option<String>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
    /// Paid requests a day at most.
    pub requests_per_day: u64,
    /// Paid requests for history, in all, besides those of each day.
    pub requests_for_history: u64,
}

/// `[azure.NAME]`
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Azure {
    /// Scopes of Cost Management: `/subscriptions/ID`, a management group, a billing account.
    pub scopes: Vec<String>,
    /// The billing account of scopes of which Azure does not tell it, as exports write it.
    pub billing_account: Option<String>,
    /// Exports in Blob storage: `https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH`.
    pub exports: Vec<String>,
    /// A reference to the storage account's key, where exports are not read with one's login.
    pub key: Option<String>,
    /// How to log in.
    pub login: Login,
    /// The tenant.
    pub tenant: Option<String>,
    /// A service principal's or managed identity's client id.
    pub client: Option<String>,
    /// A reference to a service principal's secret.
    pub secret: Option<String>,
    /// A reference to a service principal's certificate.
    pub certificate: Option<String>,
    /// As [`Aws::split_by`].
    pub split_by: Option<Vec<String>>,
    /// As [`Aws::tags`].
    pub tags: Option<Vec<String>>,
    /// Another endpoint than `https://management.azure.com`.
    pub endpoint: Option<String>,
    /// Another login authority than the public cloud's.
    pub authority: Option<String>,
}

/// How to log in to Azure.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Login {
    /// By what is there: a secret or certificate, workload identity, managed identity, the CLI.
    #[default]
    Auto,
    /// `az login`.
    Cli,
    /// A secret or a certificate.
    ServicePrincipal,
    /// The machine's.
    ManagedIdentity,
    /// The pod's.
    WorkloadIdentity,
}

/// `[gcp.NAME]`
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Gcp {
    /// The billing export: `project.dataset.table`; `None` where only exports in Cloud Storage are read.
    pub table: Option<String>,
    /// The project that queries run in; the table's where `None`.
    pub project: Option<String>,
    /// Where the dataset lies.
    pub location: Option<String>,
    /// Files in Cloud Storage: `gs://bucket/prefix`.
    pub exports: Vec<String>,
    /// A reference to a service account's key.
    pub key: Option<String>,
    /// A service account to impersonate.
    pub impersonate: Option<String>,
    /// Label keys that are kept; `[tags] keys` where `None`.
    pub labels: Option<Vec<String>>,
    /// Whether charges come by resource.
    pub resources: bool,
    /// Another endpoint than BigQuery's own.
    pub endpoint: Option<String>,
    /// Another endpoint than Cloud Storage's own.
    pub storage_endpoint: Option<String>,
    /// GiB that a query may scan, a day's queries, a month's.
    pub scan_gib: [u64; 3],
}

/// `[opencost.NAME]`
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OpenCost {
    /// Where it answers.
    pub url: String,
    /// A reference to a bearer token.
    pub token: Option<String>,
    /// The currency of its prices, which it does not tell.
    pub currency: String,
    /// Whether a cloud bills the cluster's machines, so that its estimates are not added to that bill.
    pub on_a_bill: bool,
    /// Pod labels that are kept; `[tags] keys` where `None`.
    pub labels: Option<Vec<String>>,
    /// Days back that it is asked for: what its Prometheus keeps; the provider's own choice where `None`.
    pub reach_days: Option<u16>,
}

/// Whether a connection can have a name: up to 40 small letters, digits, `-` and `_`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(fits)
}

/// Reads the connections; adds to `mistakes` what they cannot mean.
pub fn validate(raw: &Raw, mistakes: &mut Vec<Mistake>) -> Vec<Connection> {
    let mut connections = Vec::new();
    let mut written: Vec<_> = raw.connections.iter().collect();
    written.sort_by_key(|(_, _, at)| *at);
    for (kind, name, at) in written {
        if !is_name(name) {
            let message = format!(
                "`{kind}.{}`: a connection's name has up to {NAME_MAX} small letters, digits, `-` and `_`",
                shown(name)
            );
            mistakes.push(Mistake::new(*at, message));
            continue;
        }
        let mut reader = Reader { raw, mistakes, section: format!("{kind}.{name}"), at: *at };
        let every = reader.every();
        let months = reader.number("months", 0..=MONTHS_MAX).and_then(|n| u16::try_from(n).ok()).unwrap_or(13);
        let accept_partial = reader.flag("accept_partial", false);
        let to = match *kind {
            "aws" => To::Aws(reader.aws()),
            "azure" => To::Azure(reader.azure()),
            "gcp" => To::Gcp(reader.gcp()),
            "opencost" => To::OpenCost(reader.opencost()),
            _ => To::Folder(reader.folder()),
        };
        let name = reader.section;
        connections.push(Connection { name, every, months, accept_partial, to });
    }
    connections
}

impl Reader<'_> {
    fn texts(&self, key: &str) -> Option<Vec<String>> {
        let list = self.raw.lists.get(&self.key(key))?;
        Some(list.value.iter().map(|placed| placed.value.trim().to_owned()).collect())
    }

    fn flag(&self, key: &str, usual: bool) -> bool {
        self.raw.flags.get(&self.key(key)).map_or(usual, |placed| placed.value)
    }

    fn count(&mut self, key: &str, usual: u64) -> u64 {
        self.number(key, 0..=1_000_000).and_then(|n| u64::try_from(n).ok()).unwrap_or(usual)
    }

    /// `every`: hours, minutes or days.
    fn every(&mut self) -> Option<i64> {
        let Placed { value, at } = self.placed("every")?;
        let seconds = span(value.trim());
        match seconds {
            Some(seconds) if (EVERY_LEAST..=31 * DAY_SECONDS).contains(&seconds) => Some(seconds),
            _ => {
                let why = format!("must be from 15m to 31d, like \"8h\", not \"{}\"", shown(&value));
                self.mistake(at, "every", &why);
                None
            }
        }
    }

    /// Exports that begin with a scheme. What looks like a signed link is not repeated.
    fn exports(&mut self, scheme: &str) -> Vec<String> {
        let Some(list) = self.raw.lists.get(&self.key("exports")).cloned() else { return Vec::new() };
        for placed in &list.value {
            if holds_more_than_a_place(&placed.value) {
                let why = "must hold places alone, without `?`, `#` and what stands before an `@`: a signed link is a \
                           secret; name the place, and refer to a key with `key = \"env:NAME\"` where one is needed";
                self.mistake(placed.at, "exports", why);
                continue;
            }
            let emulated = placed.value.starts_with("http://127.0.0.1") && scheme == "https://";
            if !placed.value.starts_with(scheme) && !emulated {
                let why = format!("must hold places like \"{scheme}...\", not \"{}\"", shown(&placed.value));
                self.mistake(placed.at, "exports", &why);
            }
        }
        list.value.into_iter().map(|placed| placed.value.trim_end_matches('/').to_owned()).collect()
    }

    fn needs_some(&mut self, there: bool, keys: &[&str]) {
        if !there {
            let message = format!("`[{}]` needs {}", self.section, words(keys.iter()));
            self.mistakes.push(Mistake::new(self.at, message));
        }
    }

    fn aws(&mut self) -> Aws {
        let exports = self.exports("s3://");
        let api = self.flag("api", exports.is_empty());
        self.needs_some(api || !exports.is_empty(), &["api = true", "exports"]);
        Aws {
            profile: self.text("profile"),
            billing_account: self.text("billing_account"),
            roles: self.texts("roles").unwrap_or_default(),
            external_id: self.text("external_id"),
            api,
            split_by: self.texts("split_by"),
            tags: self.texts("tags"),
            cost_categories: self.texts("cost_categories").unwrap_or_default(),
            hourly: self.flag("hourly", false),
            resources: self.flag("resources", false),
            opinion: self.flag("opinion", true),
            exports,
            region: self.text("region"),
            endpoint: self.url("endpoint"),
            requests_per_day: self.count("requests_per_day", REQUESTS_A_DAY),
            requests_for_history: self.count("requests_for_history", 0),
        }
    }

    fn azure(&mut self) -> Azure {
        let scopes = self.texts("scopes").unwrap_or_default();
        let exports = self.exports("https://");
        self.needs_some(!scopes.is_empty() || !exports.is_empty(), &["scopes", "exports"]);
        Azure {
            scopes,
            billing_account: self.text("billing_account"),
            exports,
            key: self.secret("key"),
            login: self.login(),
            tenant: self.text("tenant"),
            client: self.text("client"),
            secret: self.secret("secret"),
            certificate: self.secret("certificate"),
            split_by: self.texts("split_by"),
            tags: self.texts("tags"),
            endpoint: self.url("endpoint"),
            authority: self.url("authority"),
        }
    }

    fn login(&mut self) -> Login {
        let logins = [
            ("auto", Login::Auto),
            ("cli", Login::Cli),
            ("service-principal", Login::ServicePrincipal),
            ("managed-identity", Login::ManagedIdentity),
            ("workload-identity", Login::WorkloadIdentity),
        ];
        self.one_of("login", &logins).unwrap_or_default()
    }

    fn gcp(&mut self) -> Gcp {
        let (table, exports) = (self.text("table"), self.exports("gs://"));
        self.needs_some(table.is_some() || !exports.is_empty(), &["table", "exports"]);
        if let Some(placed) = self.placed("table").filter(|placed| placed.value.split('.').count() < 3) {
            let why =
                format!("must be a table's whole name, `project.dataset.table`, not \"{}\"", shown(&placed.value));
            self.mistake(placed.at, "table", &why);
        }
        Gcp {
            table,
            project: self.text("project"),
            location: self.text("location"),
            exports,
            key: self.secret("key"),
            impersonate: self.text("impersonate"),
            labels: self.texts("labels"),
            resources: self.flag("resources", false),
            endpoint: self.url("endpoint"),
            storage_endpoint: self.url("storage_endpoint"),
            scan_gib: [
                self.count("scan_gib_per_query", SCAN_GIB[0]),
                self.count("scan_gib_per_day", SCAN_GIB[1]),
                self.count("scan_gib_per_month", SCAN_GIB[2]),
            ],
        }
    }

    fn opencost(&mut self) -> OpenCost {
        let written = self.placed("url").is_some();
        self.needs_some(written, &["url"]);
        OpenCost {
            url: self.url("url").unwrap_or_default(),
            token: self.secret("token"),
            currency: self.text("currency").unwrap_or_else(|| "USD".to_owned()),
            on_a_bill: self.flag("on_a_bill", true),
            labels: self.texts("labels"),
            reach_days: self.number("reach_days", 1..=REACH_MAX).and_then(|n| u16::try_from(n).ok()),
        }
    }

    fn folder(&mut self) -> PathBuf {
        let path = self.text("path");
        self.needs_some(path.is_some(), &["path"]);
        let path = PathBuf::from(path.unwrap_or_default());
        let named = path.is_absolute() || path.starts_with("~");
        if let Some(placed) = self.placed("path").filter(|_| !named) {
            self.mistake(placed.at, "path", "must be an absolute path or begin with `~/`");
        }
        path
    }
}
