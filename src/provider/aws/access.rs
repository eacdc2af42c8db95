//! Who spendtop is at AWS: credentials found lazily, the SDK's clients made with them, and both made
//! anew once they are no longer good.
//!
//! Holds no secret of its own, but remembers which ones were used, so that they can be struck out of
//! whatever AWS or a proxy says. Knows no cost.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::service_config::ServiceConfigKey;
use futures_util::FutureExt;

use super::super::remote::{Fault, FaultKind, http};
use super::settings::{ExternalId, Settings};
use super::wire;

/// The one region that Cost Explorer and Organizations are served from.
const REGION: &str = "us-east-1";

/// What is spoken with, by the names that an endpoint of their own is configured under.
const SERVICES: [&str; 5] = ["Cost Explorer", "Organizations", "STS", "SSO", "SSO OIDC"];

/// How long one request may take: the SDK itself would wait for ever.
const REQUEST_WITHIN: Duration = Duration::from_secs(50);

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long credentials may take: a command of the user's or a chain of roles may be behind them.
const CREDENTIALS_WITHIN: Duration = Duration::from_secs(30);

/// What a role's session is called where nobody named it.
const SESSION: &str = "spendtop";

/// The way to AWS with one identity.
pub struct Access {
    settings: Settings,
    clients: tokio::sync::Mutex<Option<Arc<Clients>>>,
    used: Arc<Used>,
}

/// Clients that share one identity.
pub struct Clients {
    /// Cost Explorer.
    pub costs: aws_sdk_costexplorer::Client,
    /// Organizations.
    pub organizations: aws_sdk_organizations::Client,
    /// The security token service.
    pub tokens: aws_sdk_sts::Client,
    /// The hosts that requests go to instead of AWS.
    pub elsewhere: Option<String>,
}

impl Access {
    /// For a connection; nothing is read or sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Access { settings, clients: tokio::sync::Mutex::new(None), used: Arc::default() }
    }

    /// The connection that it is for.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The clients; made at the first call, and at the first after [`Self::forget`].
    ///
    /// # Errors
    /// [`FaultKind::NoCredentials`] where the external id is not to be had, [`FaultKind::Refused`]
    /// where requests would go elsewhere unencrypted.
    pub async fn clients(&self) -> Result<Arc<Clients>, Fault> {
        let mut clients = self.clients.lock().await;
        if let Some(clients) = &*clients {
            return Ok(clients.clone());
        }
        let config = self.config().await?;
        let made = Arc::new(Clients {
            costs: aws_sdk_costexplorer::Client::new(&config),
            organizations: aws_sdk_organizations::Client::new(&config),
            tokens: aws_sdk_sts::Client::new(&config),
            elsewhere: self.elsewhere(&config)?,
        });
        *clients = Some(made.clone());
        Ok(made)
    }

    /// The credentials themselves, for what is signed elsewhere than in the SDK.
    ///
    /// # Errors
    /// As [`Self::clients`], and [`FaultKind::NoCredentials`] or [`FaultKind::Expired`] where there are none.
    pub async fn credentials(&self) -> Result<Credentials, Fault> {
        let config = self.config().await?;
        let none = || Fault::new(FaultKind::NoCredentials, "there are no credentials for AWS");
        let provider = config.credentials_provider().ok_or_else(none)?;
        provider.provide_credentials().await.map_err(|error| super::faults::of_credentials(&error, self))
    }

    /// Gives the credentials up: whoever logs in again is found at the next call, not at the next start.
    pub async fn forget(&self) {
        *self.clients.lock().await = None;
    }

    /// A text without the credentials that were used.
    #[must_use]
    pub fn without_secrets(&self, text: &str) -> String {
        self.used.strike(text)
    }

    async fn config(&self) -> Result<SdkConfig, Fault> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(REQUEST_WITHIN)
            .operation_attempt_timeout(REQUEST_WITHIN)
            .operation_timeout(REQUEST_WITHIN)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            // Every try is metered, and [`super::super::remote::Call::tried`] tries again.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_WITHIN).build());
        if let Ok(name) = AppName::new("spendtop") {
            loader = loader.app_name(name);
        }
        if let Some(endpoint) = &self.settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = &self.settings.profile {
            loader = self.with_profile(loader, profile);
        }
        if let Some(path) = &self.settings.certificate {
            loader = loader.http_client(wire::trusting(http::certificates(path)?)?);
        }
        let config = loader.load().await;
        // Before anything is sent there, a role's included.
        self.elsewhere(&config)?;
        let config = self.witnessed(&config);
        let Some(role) = &self.settings.role else { return Ok(config) };
        let session = role.session.as_deref().unwrap_or(SESSION);
        let mut taking = AssumeRoleProvider::builder(&role.arn).session_name(session).configure(&config);
        if let Some(id) = &role.external_id {
            taking = taking.external_id(self.external_id(id).await?);
        }
        let taken = SharedCredentialsProvider::new(taking.build().await);
        Ok(self.witnessed(&config.into_builder().credentials_provider(taken).build()))
    }

    /// The hosts that requests go to instead of AWS. The environment and a profile may name one for each
    /// service, which the SDK then takes before the general one.
    fn elsewhere(&self, config: &SdkConfig) -> Result<Option<String>, Fault> {
        let mut hosts = BTreeSet::new();
        for service in SERVICES {
            let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
            let own = key.build().ok().and_then(|key| config.service_config()?.load_config(key));
            let own = own.filter(|_| self.settings.endpoint.is_none());
            if let Some(endpoint) = own.as_deref().or(config.endpoint_url()) {
                hosts.insert(speakable(endpoint)?);
            }
        }
        Ok((!hosts.is_empty()).then(|| hosts.into_iter().collect::<Vec<_>>().join(", ")))
    }

    /// A named profile goes before the environment's keys, as with the AWS CLI.
    fn with_profile(&self, mut loader: ConfigLoader, profile: &str) -> ConfigLoader {
        let conf = ProviderConfig::without_region().with_region(Some(Region::new(REGION)));
        let mut provider = ProfileFileCredentialsProvider::builder().configure(&conf).profile_name(profile);
        if !self.settings.files.is_empty() {
            let files = profile_files(&self.settings);
            provider = provider.profile_files(files.clone());
            loader = loader.profile_files(files);
        }
        loader.profile_name(profile).credentials_provider(provider.build())
    }

    async fn external_id(&self, id: &ExternalId) -> Result<String, Fault> {
        match id {
            ExternalId::Plain(id) => Ok(id.clone()),
            ExternalId::Referred(reference) => {
                let secret = reference.resolve(|name| std::env::var(name).ok()).await?;
                self.used.note(secret.reveal());
                Ok(secret.reveal().to_owned())
            }
        }
    }

    /// The same configuration, whose credentials are remembered when they are used.
    fn witnessed(&self, config: &SdkConfig) -> SdkConfig {
        let Some(provider) = config.credentials_provider() else { return config.clone() };
        let witness = Witness { provider, used: self.used.clone() };
        config.to_builder().credentials_provider(SharedCredentialsProvider::new(witness)).build()
    }
}

/// The region that the SDK would take: the environment's, else the profile's. Nothing is sent.
#[must_use]
pub fn region(settings: &Settings) -> Option<String> {
    let told = |name| std::env::var(name).ok().filter(|region: &String| !region.is_empty());
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(told).or_else(|| profile_region(settings))
}

/// The region of the connection's profile, or of the one that the environment names, in the AWS CLI's files.
fn profile_region(settings: &Settings) -> Option<String> {
    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = &settings.profile {
        provider = provider.profile_name(profile);
    }
    if !settings.files.is_empty() {
        provider = provider.profile_files(profile_files(settings));
    }
    // The SDK reads files without waiting for anybody.
    let region = provider.build().region().now_or_never()??;
    Some(region.as_ref().to_owned()).filter(|region| !region.is_empty())
}

/// The SDK has named the type anew in a crate of its runtime; this name of it is the one it exports.
#[allow(deprecated)]
fn profile_files(settings: &Settings) -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    let kind = |path: &std::path::Path| match path.file_name().is_some_and(|name| name == "credentials") {
        true => ProfileFileKind::Credentials,
        false => ProfileFileKind::Config,
    };
    settings.files.iter().fold(ProfileFiles::builder(), |files, path| files.with_file(kind(path), path)).build()
}

/// The host of an endpoint, where it may be spoken with.
fn speakable(endpoint: &str) -> Result<String, Fault> {
    let url = reqwest::Url::parse(endpoint)
        .map_err(|error| Fault::new(FaultKind::Refused, format!("the endpoint for AWS is no URL: {error}")))?;
    http::speakable(&url)
}

/// Credentials that were used, to be struck out of texts.
#[derive(Default)]
struct Used(Mutex<Vec<String>>);

/// Secrets that are remembered: credentials change by the hour, messages come at once.
const USED_MAX: usize = 32;

impl Used {
    fn note(&self, secret: &str) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.is_empty() || used.iter().any(|known| known == secret) {
            return;
        }
        if used.len() == USED_MAX {
            used.remove(0);
        }
        used.push(secret.to_owned());
    }

    fn strike(&self, text: &str) -> String {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// Passes credentials on and remembers them.
struct Witness {
    provider: SharedCredentialsProvider,
    used: Arc<Used>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

impl ProvideCredentials for Witness {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            let texts = [Some(credentials.access_key_id()), Some(credentials.secret_access_key())];
            texts.into_iter().chain([credentials.session_token()]).flatten().for_each(|text| self.used.note(text));
            Ok(credentials)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_struck_out_of_every_text() {
        let used = Used::default();
        used.note("AKIACANARY");
        used.note("");
        assert_eq!(used.strike("key AKIACANARY, AKIACANARY"), "key ***, ***");
        (0..100).for_each(|n| used.note(&format!("token-{n}")));
        assert_eq!(used.strike("token-99"), "***");
        assert_eq!(used.0.lock().expect("lock").len(), USED_MAX);
    }

    /// A profile in a file of its own, with these settings and sections.
    fn profile(folder: &tempfile::TempDir, text: &str) -> Settings {
        let path = folder.path().join("config");
        let keys = "aws_access_key_id = KEY\naws_secret_access_key = canary";
        std::fs::write(&path, format!("[profile p]\n{keys}\n{text}")).expect("written");
        Settings { profile: Some("p".into()), files: vec![path], ..Settings::new("aws.p") }
    }

    #[tokio::test]
    async fn an_endpoint_of_one_service_is_spoken_with_encrypted_too() {
        let folder = tempfile::tempdir().expect("folder");
        for (service, host, wrong) in [
            ("cost-explorer", "http://host.example", true),
            ("sts", "http://host.example", true),
            ("sso-oidc", "http://host.example", true),
            ("organizations", "https://host.example", false),
            ("s3", "http://host.example", false),
        ] {
            let text = format!("services = s\n[services s]\n{service} =\n  endpoint_url = {host}\n");
            let settings = profile(&folder, &text);
            let clients = Access::new(settings.clone()).clients().await;
            let kind = clients.as_ref().err().map(|fault| fault.kind);
            assert_eq!(kind, wrong.then_some(FaultKind::Refused), "{service} {host}");
            if let Ok(clients) = clients {
                assert_eq!(clients.elsewhere.as_deref(), (service != "s3").then_some("host.example"), "{service}");
            }
            // What the connection names goes before all of them.
            let named = Settings { endpoint: Some("https://gateway.example".into()), ..settings };
            let clients = Access::new(named).clients().await.expect("encrypted");
            assert_eq!(clients.elsewhere.as_deref(), Some("gateway.example"));
        }
    }

    #[test]
    fn a_bucket_is_first_looked_for_in_the_profiles_region() {
        let folder = tempfile::tempdir().expect("folder");
        for (text, want) in [
            ("region = eu-central-1", Some("eu-central-1")),
            ("source_profile = base\n[profile base]\nregion = eu-west-1", Some("eu-west-1")),
            ("region =", None),
            ("[default]\nregion = eu-west-1", None),
        ] {
            assert_eq!(profile_region(&profile(&folder, text)).as_deref(), want, "{text}");
        }
        let missing = Settings { files: vec![folder.path().join("none")], ..Settings::new("aws.p") };
        assert_eq!(profile_region(&missing), None);
    }

    #[tokio::test]
    async fn a_certificate_that_is_none_is_refused_before_anything_is_sent() {
        let folder = tempfile::tempdir().expect("folder");
        let settings = profile(&folder, "");
        let settings = Settings { certificate: settings.files.first().cloned(), ..settings };
        let fault = Access::new(settings).clients().await.err().expect("refused");
        assert!(fault.kind == FaultKind::Refused && !fault.message.contains("canary"), "{fault}");
    }

    #[test]
    fn an_endpoint_elsewhere_is_spoken_with_encrypted() {
        for (endpoint, wrong) in [
            ("https://gateway.example", false),
            ("http://127.0.0.1:5555", false),
            ("http://gateway.example", true),
            ("gateway", true),
        ] {
            assert_eq!(speakable(endpoint).is_err(), wrong, "{endpoint}");
        }
    }
}
