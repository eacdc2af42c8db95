//! HTTP under an object store: our own client, so that no redirect is followed, a company's certificate
//! counts and nobody but this machine is spoken with unencrypted.

use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{BackoffConfig, RetryConfig};
use reqwest::Url;

use super::super::remote::http::{Http, speakable};
use super::super::remote::{Fault, FaultKind};

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
