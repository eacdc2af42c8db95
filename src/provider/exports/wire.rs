//! HTTP under an object store: our own client, so that no redirect is followed, a company's certificate
//! counts and nobody but this machine is spoken with unencrypted.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{BackoffConfig, CredentialProvider, RetryConfig};
use reqwest::Url;

use super::super::remote::http::{Http, speakable};
use super::super::remote::{Fault, FaultKind};
use super::shelf::Passed;

/// Gives an object store our client.
#[derive(Debug)]
pub struct Connector(Http);

impl Connector {
    /// With this client.
    #[must_use]
    pub fn new(http: Http) -> Connector {
        Connector(http)
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.client().clone()))
    }
}

/// Gives an object store credentials: what each cloud's adapter does in its own way.
pub trait Lends: Send + Sync + 'static {
    /// The object store's kind of credential.
    type Credential: Send + Sync + fmt::Debug;
    /// What the object store calls itself in its errors.
    const STORE: &'static str;

    /// A credential that holds now.
    fn lend(&self) -> impl Future<Output = Result<Arc<Self::Credential>, Fault>> + Send;
}

/// A [`Lends`] in the object store's words. Its faults pass through the store's errors ([`Passed`]).
pub struct Lent<L>(pub L);

impl<L> fmt::Debug for Lent<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent(***)")
    }
}

impl<L: Lends> CredentialProvider for Lent<L> {
    type Credential = L::Credential;

    fn get_credential<'a, 'b>(
        &'a self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<L::Credential>>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let passed = |fault| object_store::Error::Generic { store: L::STORE, source: Box::new(Passed(fault)) };
            self.0.lend().await.map_err(passed)
        })
    }
}

/// One try a request: [`super::super::remote::Call::tried`] tries again, and tells.
#[must_use]
pub fn once() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: std::time::Duration::from_secs(60) }
}

/// Whether an endpoint is spoken with unencrypted, which only this machine's may be.
///
/// # Errors
/// [`FaultKind::Refused`] where it is no URL, or another machine's without encryption.
pub fn is_plain(endpoint: &str) -> Result<bool, Fault> {
    let url = Url::parse(endpoint)
        .map_err(|error| Fault::new(FaultKind::Refused, format!("the endpoint is no URL: {error}")))?;
    speakable(&url).map(|_| url.scheme() == "http")
}

/// That a store cannot be made of its settings.
#[must_use]
pub fn unusable(error: &object_store::Error) -> Fault {
    super::shelf::fault("the object store's settings", error)
}
