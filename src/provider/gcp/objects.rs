//! Cloud Storage as an object store, read with the connection's own login: where exports may be put.

use std::sync::Arc;

use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::{CredentialProvider, ObjectStore};
use reqwest::Url;

use super::super::exports::check::Remedy;
use super::super::exports::wire::{Connector, Lends, is_plain, once, unusable, wired};
use super::super::remote::Fault;
use super::super::remote::http::Http;
use super::super::remote::secret::Secret;
use super::auth::{Login, Storage, is_googles};

/// The bucket as an object store; nothing is sent yet. `endpoint` is another than Google's; only one of Google's
/// own is lent tokens.
///
/// # Errors
/// [`super::super::remote::FaultKind::Refused`] where the endpoint is no URL, or would be spoken with unencrypted.
pub fn store(login: Login, bucket: &str, endpoint: Option<&str>, http: Http) -> Result<Arc<dyn ObjectStore>, Fault> {
    let tokens = Tokens { login, ready: tokio::sync::Mutex::default() };
    let (connector, lent) = wired(http, tokens);
    make(lent, bucket, endpoint, connector)
}

/// Whether tokens are lent to an endpoint.
fn lends_to(endpoint: Option<&str>) -> bool {
    endpoint.is_none_or(|endpoint| Url::parse(endpoint).is_ok_and(|url| is_googles(&url)))
}

type Provider = Arc<dyn CredentialProvider<Credential = GcpCredential>>;

fn make(
    tokens: Provider,
    bucket: &str,
    endpoint: Option<&str>,
    connector: Connector,
) -> Result<Arc<dyn ObjectStore>, Fault> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_retry(once())
        .with_credentials(tokens)
        .with_skip_signature(!lends_to(endpoint))
        .with_http_connector(connector);
    if let Some(endpoint) = endpoint {
        is_plain(endpoint)?;
        builder = builder.with_base_url(endpoint);
    }
    let store = builder.build().map_err(|error| unusable(&error))?;
    Ok(Arc::new(store))
}

/// What lets an identity read a bucket.
#[must_use]
pub fn remedy(bucket: &str) -> Remedy {
    Remedy {
        list: "storage.objects.list".to_owned(),
        get: "storage.objects.get".to_owned(),
        grant: format!(
            "gcloud storage buckets add-iam-policy-binding gs://{bucket} --member=user:YOU@EXAMPLE.COM \
             --role=roles/storage.objectViewer"
        ),
    }
}

/// The connection's tokens, in the words of the object store.
struct Tokens {
    login: Login,
    ready: tokio::sync::Mutex<Option<Arc<Storage>>>,
}

impl Tokens {
    async fn token(&self, anew: bool) -> Result<Secret, Fault> {
        // Held while one logs in: many requests then wait for one.
        let mut ready = self.ready.lock().await;
        if anew {
            *ready = None;
        }
        let storage = match &*ready {
            Some(storage) => storage.clone(),
            None => ready.insert(Arc::new(Storage::new(self.login.clone()).await?)).clone(),
        };
        let token = storage.token().await;
        if token.is_err() {
            *ready = None;
        }
        token
    }
}

impl Lends for Tokens {
    type Credential = GcpCredential;
    const STORE: &'static str = "GCS";

    async fn lend(&self, anew: bool) -> Result<Arc<GcpCredential>, Fault> {
        let token = self.token(anew).await?;
        Ok(Arc::new(GcpCredential { bearer: token.reveal().to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::super::remote::FaultKind;
    use super::*;

    struct Static;

    impl Lends for Static {
        type Credential = GcpCredential;
        const STORE: &'static str = "GCS";

        async fn lend(&self, _: bool) -> Result<Arc<GcpCredential>, Fault> {
            Ok(Arc::new(GcpCredential { bearer: "canary-1".to_owned() }))
        }
    }

    #[test]
    fn tokens_are_lent_to_google_alone() {
        let regional = "https://storage.europe-west1.rep.googleapis.com";
        for endpoint in [None, Some("https://storage.googleapis.com"), Some(regional)] {
            assert!(lends_to(endpoint), "{endpoint:?}");
        }
        for endpoint in [
            "https://storage.example",
            "https://googleapis.com.example",
            "https://notgoogleapis.com",
            "http://storage.googleapis.com",
            "http://127.0.0.1:4443",
            "storage",
        ] {
            assert!(!lends_to(Some(endpoint)), "{endpoint}");
        }
    }

    #[tokio::test]
    async fn an_emulators_bucket_is_listed_without_a_token_and_never_redirected() {
        let server = MockServer::start().await;
        let listed = "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><Contents><Key>focus/a.csv</Key>\
                      <LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>\"t\"</ETag><Size>7</Size></Contents>\
                      </ListBucketResult>";
        let answer = ResponseTemplate::new(200).set_body_string(listed);
        Mock::given(method("GET")).and(path("/bills")).respond_with(answer).mount(&server).await;
        let http = Http::new(None).expect("client");
        let store = |bucket: &str, endpoint: &str| {
            let (connector, lent) = wired(http.clone(), Static);
            make(lent, bucket, Some(endpoint), connector)
        };
        let bills = store("bills", &server.uri()).expect("store");
        let objects: Vec<_> = bills.list(None).try_collect().await.expect("listed");
        assert_eq!((objects.len(), objects[0].location.as_ref(), objects[0].size), (1, "focus/a.csv", 7));
        let to = ResponseTemplate::new(302).insert_header("location", format!("{}/bills/", server.uri()));
        Mock::given(path("/moved")).respond_with(to).mount(&server).await;
        let moved = store("moved", &server.uri()).expect("store");
        assert!(moved.list(None).try_collect::<Vec<_>>().await.is_err());
        let asked = server.received_requests().await.expect("requests");
        assert!(asked.iter().all(|request| !request.headers.contains_key("authorization")), "{asked:?}");
        let fault = store("bills", "http://storage.example").expect_err("unencrypted");
        assert_eq!(fault.kind, FaultKind::Refused);
    }
}
