//! S3 as an object store, read with the connection's own identity: where AWS delivers exports.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use aws_credential_types::Credentials;
use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, AwsCredential};

use super::super::exports::check::Remedy;
use super::super::exports::wire::{Kept, Lends, is_plain, once, unusable, wired};
use super::super::remote::Fault;
use super::super::remote::http::Http;
use super::access::Access;

/// Seconds before their end that credentials are no longer used.
const SPARE: i64 = 60;

/// A bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The region that it is in.
    pub region: String,
}

/// The bucket as an object store; nothing is sent yet.
///
/// # Errors
/// [`super::super::remote::FaultKind::Refused`] where the endpoint would be spoken with unencrypted.
pub fn store(access: Arc<Access>, bucket: &Bucket, http: Http) -> Result<Arc<dyn ObjectStore>, Fault> {
    let mut builder =
        AmazonS3Builder::new().with_bucket_name(&bucket.name).with_region(&bucket.region).with_retry(once());
    if let Some(endpoint) = &access.settings().endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(is_plain(endpoint)?);
    }
    let (connector, lent) = wired(http, Keys { access, kept: Kept::default() });
    let store = builder.with_http_connector(connector).with_credentials(lent).build();
    Ok(Arc::new(store.map_err(|error| unusable(&error))?))
}

/// What lets an identity read the exports below a prefix.
#[must_use]
pub fn remedy(bucket: &str, prefix: &str) -> Remedy {
    let prefix = prefix.trim_matches('/');
    let objects = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": format!("arn:aws:s3:::{bucket}"),
                "Condition": { "StringLike": { "s3:prefix": [objects.clone()] } }
            },
            { "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/{objects}") }
        ]
    });
    Remedy { list: "s3:ListBucket".to_owned(), get: "s3:GetObject".to_owned(), grant: format!("{policy:#}") }
}

/// The connection's keys, in the words of the object store.
struct Keys {
    access: Arc<Access>,
    kept: Kept<AwsCredential>,
}

impl Lends for Keys {
    type Credential = AwsCredential;
    const STORE: &'static str = "S3";

    async fn lend(&self, anew: bool) -> Result<Arc<AwsCredential>, Fault> {
        let get = async {
            let keys = self.access.credentials().await?;
            let key = AwsCredential {
                key_id: keys.access_key_id().to_owned(),
                secret_key: keys.secret_access_key().to_owned(),
                token: keys.session_token().map(str::to_owned),
            };
            Ok((key, end(&keys)))
        };
        self.kept.or(anew, get).await
    }
}

/// When credentials are no longer to be used, where they end.
fn end(keys: &Credentials) -> Option<i64> {
    let end = keys.expiry()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(end.as_secs()).ok().map(|end| end - SPARE)
}
