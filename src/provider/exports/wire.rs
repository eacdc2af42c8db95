//! HTTP under an object store: our own client, so that no redirect is followed, a company's certificate
//! counts and nobody but this machine is spoken with unencrypted; and credentials, got anew once the store
//! has refused them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, CredentialProvider, RetryConfig};
use reqwest::Url;

use super::super::remote::http::{Http, speakable};
use super::super::remote::{Fault, FaultKind};
use super::answer;
use super::shelf::Passed;
use crate::clock;

/// Seconds that a credential is kept at most: whoever logs in anew is found after that.
const KEEPS: i64 = 300;

/// Our client and somebody's credentials for an object store; what the store refuses is not lent again.
#[must_use]
pub fn wired<L: Lends>(http: Http, lends: L) -> (Connector, Arc<Lent<L>>) {
    let refused = Arc::new(AtomicBool::new(false));
    (Connector { http, refused: Arc::clone(&refused) }, Arc::new(Lent { lends, refused }))
}

/// Gives an object store our client.
#[derive(Debug)]
pub struct Connector {
    http: Http,
    refused: Arc<AtomicBool>,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Watching { client: self.http.client().clone(), refused: Arc::clone(&self.refused) }))
    }
}

/// Our client, which notes that an answer may mean that the credential is no longer good.
#[derive(Debug)]
struct Watching {
    client: reqwest::Client,
    refused: Arc<AtomicBool>,
}

impl HttpService for Watching {
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let is_list = request.method() == "GET" && ["list-type=2", "comp=list"].iter().any(|q| query.contains(q));
            let answered = self.client.call(request).await?;
            // S3 says with 400 that a token has ended.
            if matches!(answered.status().as_u16(), 400 | 401 | 403) {
                self.refused.store(true, Ordering::Relaxed);
            }
            match answered.status().as_u16() {
                200 if is_list => listed(&query, answered).await,
                300..=400 | 403 | 409 => refused(answered).await,
                _ => Ok(answered),
            }
        })
    }
}

/// An answer to a list, with keys marked that cannot be asked for.
async fn listed(query: &str, answered: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (mut head, body) = answered.into_parts();
    let body = body.bytes().await?;
    match answer::page(query, &body) {
        Ok(None) => Ok(HttpResponse::from_parts(head, body.into())),
        Ok(Some(marked)) => {
            head.headers.remove("content-length");
            Ok(HttpResponse::from_parts(head, marked.into()))
        }
        Err(fault) => Err(HttpError::new(HttpErrorKind::Unknown, Passed(fault))),
    }
}

/// An answer that is no success, as an error where the store's library would not tell what it says.
async fn refused(answered: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (head, body) = answered.into_parts();
    let body = body.bytes().await?;
    let region = head.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    match answer::refusal(head.status.as_u16(), region, &body) {
        Some(told) => Err(HttpError::new(HttpErrorKind::Unknown, told)),
        None => Ok(HttpResponse::from_parts(head, body.into())),
    }
}

/// Gives an object store credentials: what each cloud's adapter does in its own way.
pub trait Lends: Send + Sync + 'static {
    /// The object store's kind of credential.
    type Credential: Send + Sync + fmt::Debug;
    /// What the object store calls itself in its errors.
    const STORE: &'static str;

    /// A credential that holds now; `anew` where the last one was refused, so that none that is held is good.
    fn lend(&self, anew: bool) -> impl Future<Output = Result<Arc<Self::Credential>, Fault>> + Send;
}

/// A [`Lends`] in the object store's words. Its faults pass through the store's errors ([`Passed`]).
pub struct Lent<L> {
    lends: L,
    refused: Arc<AtomicBool>,
}

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
            let anew = self.refused.swap(false, Ordering::Relaxed);
            let lent = self.lends.lend(anew).await;
            lent.inspect_err(|_| self.refused.store(anew, Ordering::Relaxed)).map_err(passed)
        })
    }
}

/// A credential that is kept for a while, since many requests need one.
pub struct Kept<C>(tokio::sync::Mutex<Option<(i64, Arc<C>)>>);

impl<C> Default for Kept<C> {
    fn default() -> Self {
        Kept(tokio::sync::Mutex::default())
    }
}

impl<C> Kept<C> {
    /// The one that is kept, unless it is to be got anew: by `get`, which tells until when it is good, in
    /// seconds since 1970, where it ends.
    ///
    /// # Errors
    /// Those of `get`.
    pub async fn or(
        &self,
        anew: bool,
        get: impl Future<Output = Result<(C, Option<i64>), Fault>>,
    ) -> Result<Arc<C>, Fault> {
        let now = clock::now_seconds();
        // Held while one is got: many requests then wait for one login.
        let mut kept = self.0.lock().await;
        if let Some((_, credential)) = kept.as_ref().filter(|(until, _)| now < *until && !anew) {
            return Ok(Arc::clone(credential));
        }
        *kept = None;
        let (got, end) = get.await?;
        let got = Arc::new(got);
        *kept = Some((end.unwrap_or(i64::MAX).min(now.saturating_add(KEEPS)), Arc::clone(&got)));
        Ok(got)
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::TryStreamExt;
    use object_store::ObjectStore;
    use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
    use wiremock::matchers::{any, header};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    /// Lends `token-1`, `token-2` and so on; which were got anew.
    #[derive(Default)]
    struct Numbered {
        kept: Kept<GcpCredential>,
        got: Arc<Mutex<u32>>,
    }

    impl Lends for Numbered {
        type Credential = GcpCredential;
        const STORE: &'static str = "GCS";

        async fn lend(&self, anew: bool) -> Result<Arc<GcpCredential>, Fault> {
            let get = async {
                let mut got = self.got.lock().expect("lock");
                *got += 1;
                Ok((GcpCredential { bearer: format!("token-{got}") }, None))
            };
            self.kept.or(anew, get).await
        }
    }

    #[tokio::test]
    async fn what_was_refused_is_not_lent_again() {
        let server = MockServer::start().await;
        let listed = ResponseTemplate::new(200).set_body_string("<ListBucketResult></ListBucketResult>");
        let new = Mock::given(header("authorization", "Bearer token-2")).respond_with(listed);
        new.with_priority(1).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
        let lends = Numbered::default();
        let got = Arc::clone(&lends.got);
        let (connector, lent) = wired(Http::new(None).expect("client"), lends);
        let store = GoogleCloudStorageBuilder::new()
            .with_bucket_name("bills")
            .with_base_url(&server.uri())
            .with_retry(once())
            .with_credentials(lent)
            .with_http_connector(connector)
            .build()
            .expect("store");
        let list = async || store.list(None).try_collect::<Vec<_>>().await;
        assert!(list().await.is_err(), "the first one is refused");
        assert!(list().await.is_ok() && list().await.is_ok());
        assert_eq!(*got.lock().expect("lock"), 2, "the second one is kept");
    }
}
