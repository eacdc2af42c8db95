//! The config's connections as scopes that can be asked.
//!
//! A connection that cannot be made, for a setting that is wrong or a provider that this build lacks, is
//! told and leaves the others alone. Nothing is asked here.

#[cfg(feature = "exports")]
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "exports")]
use self::names::Names;
use crate::config::connection::{self, To};
use crate::config::{Config, at_home};
#[cfg(any(feature = "aws", feature = "gcp"))]
use crate::provider::remote::Elsewhere;
use crate::provider::remote::{Costs, Fault, FaultKind};
use crate::sync::meter::Caps;
use crate::sync::task::Connection;

/// Seconds between two looks at exports: listing is free or nearly so, and clouds deliver a few times a day.
#[cfg(feature = "exports")]
const EXPORTS_EVERY: u32 = 3_600;

/// What was made of the config's connections.
#[derive(Default)]
pub struct Connections {
    /// Those that can be asked.
    pub connections: Vec<Connection>,
    /// Those that cannot, and why.
    pub wrong: Vec<(String, Fault)>,
}

/// Tries of a scope that may fail a day: an outage of a day has fewer, a storm does not end by itself.
const FAILED_A_DAY: u64 = 500;

/// What a connection's scopes are made with.
struct Made<'a> {
    #[cfg_attr(not(feature = "net"), expect(dead_code, reason = "a folder needs none of it"))]
    config: &'a Config,
    connection: &'a connection::Connection,
    home: Option<&'a Path>,
    /// A folder for files on their way.
    #[cfg_attr(not(feature = "exports"), expect(dead_code, reason = "only exports are brought as files"))]
    folder: &'a Path,
}

type Scopes = Vec<Arc<dyn Costs>>;

/// Makes the config's connections. `home` is what `~/` stands for, `folder` is for files on their way.
#[must_use]
pub fn of(config: &Config, home: Option<&Path>, folder: &Path) -> Connections {
    let mut made = Connections::default();
    for connection in &config.connections {
        let scopes = (Made { config, connection, home, folder }).scopes();
        match scopes.and_then(apart) {
            Ok(scopes) => made.connections.push(Connection {
                name: connection.name.clone(),
                every: connection.every,
                months: connection.months,
                caps: Caps { failed_a_day: Some(FAILED_A_DAY * scopes.len().max(1) as u64), ..caps(&connection.to) },
                accept_partial: connection.accept_partial,
                scopes,
            }),
            Err(fault) => made.wrong.push((connection.name.clone(), fault)),
        }
    }
    made
}

/// Refuses scopes of the same name: each would take the other's charges for its own of an earlier time.
fn apart(scopes: Scopes) -> Result<Scopes, Fault> {
    let mut known = BTreeSet::new();
    match scopes.iter().map(|scope| &scope.scope().source.name).find(|name| !known.insert(name.as_str())) {
        Some(name) => Err(wrong(format!("two of its scopes would both be called `{name}`"))),
        None => Ok(scopes),
    }
}

fn caps(to: &To) -> Caps {
    match to {
        To::Aws(aws) => Caps {
            requests_a_day: Some(aws.requests_per_day),
            requests_for_history: Some(aws.requests_for_history),
            ..Caps::default()
        },
        To::Gcp(gcp) => Caps {
            bytes_a_day: Some(gcp.scan_gib[1] << 30),
            bytes_a_month: Some(gcp.scan_gib[2] << 30),
            ..Caps::default()
        },
        To::Azure(_) | To::OpenCost(_) | To::Folder(_) => Caps::default(),
    }
}

fn wrong(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, why)
}

impl Made<'_> {
    fn scopes(&self) -> Result<Scopes, Fault> {
        match &self.connection.to {
            To::Aws(aws) => self.aws(aws),
            To::Azure(azure) => self.azure(azure),
            To::Gcp(gcp) => self.gcp(gcp),
            To::OpenCost(opencost) => self.opencost(opencost),
            To::Folder(path) => self.folder(path),
        }
    }

    /// A path whose `~/` is one's home.
    fn path(&self, path: &Path) -> PathBuf {
        at_home(path, self.home)
    }

    /// Further certificates that are trusted.
    #[cfg(feature = "net")]
    fn certificate(&self) -> Option<PathBuf> {
        self.config.sync.certificate.as_deref().map(|path| self.path(path))
    }

    /// Tag keys that a connection names, else the config's own.
    #[cfg(feature = "net")]
    fn tags(&self, named: Option<&Vec<String>>) -> Vec<String> {
        named.unwrap_or(&self.config.tags.keys).clone()
    }
}

/// A bucket and the prefix in it.
#[cfg(any(feature = "aws", feature = "gcp"))]
fn bucket(place: &str, scheme: &str) -> Result<(String, String), Fault> {
    let rest = place.strip_prefix(scheme).unwrap_or(place);
    let (name, prefix) = rest.split_once('/').map_or((rest, ""), |(name, prefix)| (name, prefix));
    if name.is_empty() {
        let place = crate::domain::text::SafeText::from_outside(place);
        return Err(wrong(format!("an export lies in `{scheme}BUCKET/PREFIX`, not in `{place}`")));
    }
    Ok((name.to_owned(), prefix.to_owned()))
}

#[cfg(feature = "exports")]
impl Made<'_> {
    #[cfg(any(feature = "aws", feature = "gcp"))]
    fn http(&self) -> Result<crate::provider::remote::http::Http, Fault> {
        crate::provider::remote::http::Http::new(self.certificate().as_deref())
    }

    fn exports(
        &self,
        store: Arc<dyn crate::provider::exports::ObjectStore>,
        source: String,
        provider: &'static str,
        location: String,
        prefix: String,
        remedy: crate::provider::exports::check::Remedy,
    ) -> Result<crate::provider::exports::Exports, Fault> {
        use crate::provider::exports::{Exports, Settings};
        let settings = Settings {
            source,
            provider,
            location,
            prefix,
            folder: self.folder.to_owned(),
            threads: crate::threads::all(1),
            every: EXPORTS_EVERY,
            months: self.connection.months,
            remedy,
        };
        Exports::new(store, settings)
    }
}

/// The facets whose words are written; the usual ones where nothing is.
#[cfg(any(feature = "aws", feature = "azure"))]
fn facets<F: Copy>(written: Option<&Vec<String>>, usual: Vec<F>, known: &[(&str, F)]) -> Result<Vec<F>, Fault> {
    let Some(written) = written else { return Ok(usual) };
    let find = |word: &String| {
        known.iter().find(|(name, _)| name == word).map(|(_, facet)| *facet).ok_or_else(|| {
            let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
            let word = crate::domain::text::SafeText::from_outside(word);
            wrong(format!("`split_by` holds `{word}`; it can hold {}", names.join(", ")))
        })
    };
    written.iter().map(find).collect()
}

#[cfg(any(feature = "azure", feature = "gcp", feature = "opencost"))]
fn reference(text: &str) -> Result<crate::provider::remote::secret::Reference, Fault> {
    crate::provider::remote::secret::Reference::parse(text).map_err(wrong)
}

#[cfg(not(all(feature = "aws", feature = "azure", feature = "gcp", feature = "opencost")))]
fn lacks(what: &str, feature: &str) -> Result<Scopes, Fault> {
    Err(wrong(format!("this spendtop was built without {what} (feature `{feature}`)")))
}

#[cfg(feature = "aws")]
impl Made<'_> {
    fn aws(&self, aws: &connection::Aws) -> Result<Scopes, Fault> {
        use crate::provider::aws::{CostExplorer, Settings};
        let (mut scopes, mut names): (Scopes, _) = (Vec::new(), Names::new(&self.connection.name, []));
        let roles = self.aws_roles(aws, &mut names)?;
        for (source, role) in roles.iter().filter(|_| aws.api).cloned() {
            let settings = Settings { role, ..self.aws_settings(aws, source)? };
            scopes.push(Arc::new(CostExplorer::new(settings)));
        }
        for place in &aws.exports {
            // Of several roles the first reads it: it lies in one bucket.
            let role = roles.first().and_then(|(_, role)| role.clone());
            let settings = Settings { role, ..self.aws_settings(aws, names.of_export(place)?)? };
            scopes.push(self.aws_exports(aws, place, settings)?);
        }
        Ok(scopes)
    }

    /// An export in S3.
    fn aws_exports(
        &self,
        aws: &connection::Aws,
        place: &str,
        settings: crate::provider::aws::Settings,
    ) -> Result<Arc<dyn Costs>, Fault> {
        use crate::provider::aws::access::{self, Access};
        use crate::provider::aws::objects::{self, Bucket};
        let (source, (name, prefix)) = (settings.source.clone(), bucket(place, "s3://")?);
        // Where the bucket is in another one, it says so and is asked there.
        let region = aws.region.clone().or_else(|| access::region(&settings));
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let (access, http, bucket) = (Arc::new(Access::new(settings)), self.http()?, name.clone());
        let store = move |region: &str| {
            let bucket = Bucket { name: bucket.clone(), region: region.to_owned() };
            objects::store(Arc::clone(&access), &bucket, http.clone())
        };
        let elsewhere = Elsewhere::of(aws.endpoint.as_deref(), "", "AWS");
        let remedy = objects::remedy(&name, &prefix);
        let exports = self.exports(store(&region)?, source, "", format!("s3://{name}"), prefix, remedy)?;
        Ok(Arc::new(exports.moving(Box::new(store)).at(elsewhere)))
    }

    /// The scopes' names, with the role that each takes on.
    fn aws_roles(
        &self,
        aws: &connection::Aws,
        names: &mut Names<'_>,
    ) -> Result<Vec<(String, Option<crate::provider::aws::Role>)>, Fault> {
        use crate::provider::aws::{ExternalId, Role};
        use crate::provider::remote::secret::Reference;
        if aws.roles.is_empty() {
            return Ok(vec![(self.connection.name.clone(), None)]);
        }
        let external_id = aws.external_id.as_ref().map(|text| match Reference::parse(text) {
            Ok(reference) => ExternalId::Referred(reference),
            Err(_) => ExternalId::Plain(text.clone()),
        });
        let role = |arn: &String| {
            let role = Role { arn: arn.clone(), external_id: external_id.clone(), session: None };
            Ok((names.of_role(arn)?, Some(role)))
        };
        aws.roles.iter().map(role).collect()
    }

    fn aws_settings(&self, aws: &connection::Aws, source: String) -> Result<crate::provider::aws::Settings, Fault> {
        use crate::provider::aws::{Facet, Settings};
        let known = Facet::ALL.map(|facet| (facet.name(), facet));
        Ok(Settings {
            profile: aws.profile.clone(),
            payer: aws.billing_account.clone(),
            endpoint: aws.endpoint.clone(),
            certificate: self.certificate(),
            facets: facets(aws.split_by.as_ref(), Facet::ALL.to_vec(), &known)?.into_iter().collect(),
            tags: self.tags(aws.tags.as_ref()),
            cost_categories: aws.cost_categories.clone(),
            hourly: aws.hourly,
            resources: aws.resources,
            opinion: aws.opinion,
            months: self.connection.months,
            ..Settings::new(source)
        })
    }
}

#[cfg(not(feature = "aws"))]
impl Made<'_> {
    fn aws(&self, _: &connection::Aws) -> Result<Scopes, Fault> {
        lacks("AWS", "aws")
    }
}

#[cfg(feature = "azure")]
impl Made<'_> {
    fn azure(&self, azure: &connection::Azure) -> Result<Scopes, Fault> {
        use crate::provider::azure::{Settings, connect, feeds::Facet};
        let usual = Settings::new(&self.connection.name, azure.scopes.clone());
        let known = Facet::ALL.map(|facet| (facet.name(), facet));
        let mut scopes: Scopes = Vec::new();
        let settings = Settings {
            billing_account: azure.billing_account.clone(),
            login: self.azure_login(azure)?,
            tenant: azure.tenant.clone(),
            client_id: azure.client.clone(),
            endpoint: azure.endpoint.clone().unwrap_or(usual.endpoint),
            authority: azure.authority.clone().unwrap_or(usual.authority),
            certificate: self.certificate(),
            tags: self.tags(azure.tags.as_ref()),
            facets: facets(azure.split_by.as_ref(), usual.facets, &known)?,
            months: self.connection.months,
            ..Settings::new(&self.connection.name, azure.scopes.clone())
        };
        if !azure.scopes.is_empty() {
            scopes.extend(connect(&settings)?.into_iter().map(|scope| Arc::new(scope) as Arc<dyn Costs>));
        }
        let given = scopes.iter().map(|scope| scope.scope().source.name.clone());
        let mut names = Names::new(&self.connection.name, given.collect::<Vec<_>>());
        for place in &azure.exports {
            scopes.push(self.azure_exports(azure, &settings, place, names.of_export(place)?)?);
        }
        Ok(scopes)
    }

    /// An export in Blob storage: `https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH`, or an emulator's
    /// `http://127.0.0.1:PORT/ACCOUNT/CONTAINER/PATH`.
    fn azure_exports(
        &self,
        azure: &connection::Azure,
        settings: &crate::provider::azure::Settings,
        place: &str,
        source: String,
    ) -> Result<Arc<dyn Costs>, Fault> {
        use crate::provider::azure::objects::{self, Container};
        let missing = || {
            wrong(format!(
                "an export lies in `https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH`, not in `{}`",
                crate::domain::text::SafeText::from_outside(place)
            ))
        };
        let (account, endpoint, rest) = match place.strip_prefix("https://") {
            Some(rest) => {
                let (host, rest) = rest.split_once('/').ok_or_else(missing)?;
                let account = host.split('.').next().unwrap_or_default().to_owned();
                let own = host.ends_with(".blob.core.windows.net");
                (account, (!own).then(|| format!("https://{host}")), rest)
            }
            None => {
                let rest = place.strip_prefix("http://").ok_or_else(missing)?;
                let (host, rest) = rest.split_once('/').ok_or_else(missing)?;
                let (account, rest) = rest.split_once('/').ok_or_else(missing)?;
                (account.to_owned(), Some(format!("http://{host}/{account}")), rest)
            }
        };
        let (name, prefix) = rest.split_once('/').map_or((rest, ""), |(name, prefix)| (name, prefix));
        if account.is_empty() || name.is_empty() {
            return Err(missing());
        }
        let key = azure.key.as_deref().map(reference).transpose()?;
        let container = Container { account, name: name.to_owned(), endpoint, key };
        let location = place.strip_suffix(prefix).unwrap_or(place).trim_end_matches('/').to_owned();
        let store = objects::store(settings, &container)?;
        // Another host than Azure's stands in the place itself.
        let remedy = objects::remedy(&container);
        Ok(Arc::new(self.exports(store, source, "Microsoft", location, prefix.to_owned(), remedy)?))
    }

    fn azure_login(&self, azure: &connection::Azure) -> Result<crate::provider::azure::credentials::Login, Fault> {
        use crate::provider::azure::credentials::Login;
        let principal = || match (&azure.secret, &azure.certificate) {
            (Some(secret), _) => reference(secret).map(|secret| Some(Login::Secret(secret))),
            (None, Some(certificate)) => reference(certificate).map(|pem| Some(Login::Certificate(pem))),
            (None, None) => Ok(None),
        };
        Ok(match azure.login {
            connection::Login::Auto => principal()?.unwrap_or(Login::Detect),
            connection::Login::Cli => Login::AzureCli,
            connection::Login::ServicePrincipal => {
                principal()?.ok_or_else(|| wrong("`login = \"service-principal\"` needs `secret` or `certificate`"))?
            }
            connection::Login::ManagedIdentity => Login::ManagedIdentity,
            connection::Login::WorkloadIdentity => Login::WorkloadIdentity,
        })
    }
}

#[cfg(not(feature = "azure"))]
impl Made<'_> {
    fn azure(&self, _: &connection::Azure) -> Result<Scopes, Fault> {
        lacks("Azure", "azure")
    }
}

#[cfg(feature = "gcp")]
impl Made<'_> {
    fn gcp(&self, gcp: &connection::Gcp) -> Result<Scopes, Fault> {
        use crate::provider::gcp::{BillingExport, Settings, auth::Login, table::TableName};
        let mut scopes: Scopes = Vec::new();
        if let Some(table) = &gcp.table {
            let table = TableName::parse(table).map_err(wrong)?;
            let project = gcp.project.clone().unwrap_or_else(|| table.project.clone());
            let key = gcp.key.as_deref().map(reference).transpose()?;
            let settings = Settings {
                location: gcp.location.clone(),
                login: Login { key, impersonate: gcp.impersonate.clone() },
                endpoint: gcp.endpoint.clone(),
                labels: self.tags(gcp.labels.as_ref()),
                maximum_bytes: gcp.scan_gib[0] << 30,
                resources: gcp.resources,
                months: self.connection.months,
                authority: self.certificate(),
                ..Settings::new(&self.connection.name, &project, table)
            };
            scopes.push(Arc::new(BillingExport::new(&settings)?));
        }
        let mut names = Names::new(&self.connection.name, []);
        for place in &gcp.exports {
            use crate::provider::gcp::objects;
            let (name, prefix) = bucket(place, "gs://")?;
            let login =
                Login { key: gcp.key.as_deref().map(reference).transpose()?, impersonate: gcp.impersonate.clone() };
            let store = objects::store(login, &name, gcp.storage_endpoint.as_deref(), self.http()?)?;
            let source = names.of_export(place)?;
            let elsewhere = Elsewhere::of(gcp.storage_endpoint.as_deref(), "", "Google");
            let remedy = objects::remedy(&name);
            let exports = self.exports(store, source, "", format!("gs://{name}"), prefix, remedy)?;
            scopes.push(Arc::new(exports.at(elsewhere)));
        }
        Ok(scopes)
    }
}

#[cfg(not(feature = "gcp"))]
impl Made<'_> {
    fn gcp(&self, _: &connection::Gcp) -> Result<Scopes, Fault> {
        lacks("Google Cloud", "gcp")
    }
}

#[cfg(feature = "opencost")]
impl Made<'_> {
    fn opencost(&self, opencost: &connection::OpenCost) -> Result<Scopes, Fault> {
        use crate::provider::opencost::{Allocations, Settings};
        let usual = Settings::new(&self.connection.name, &opencost.url);
        let settings = Settings {
            token: opencost.token.as_deref().map(reference).transpose()?,
            labels: self.tags(opencost.labels.as_ref()),
            currency: opencost.currency.clone(),
            on_a_bill: opencost.on_a_bill,
            reach: opencost.reach_days.unwrap_or(usual.reach),
            authority: self.certificate(),
            ..usual
        };
        Ok(vec![Arc::new(Allocations::new(&settings)?)])
    }
}

#[cfg(not(feature = "opencost"))]
impl Made<'_> {
    fn opencost(&self, _: &connection::OpenCost) -> Result<Scopes, Fault> {
        lacks("OpenCost", "opencost")
    }
}

impl Made<'_> {
    fn folder(&self, path: &Path) -> Result<Scopes, Fault> {
        let threads = crate::threads::all(1);
        let watched = crate::provider::folder::Watched::new(&self.connection.name, self.path(path), threads);
        Ok(vec![Arc::new(watched)])
    }
}
