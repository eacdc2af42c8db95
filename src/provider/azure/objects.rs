//! Blob storage as an object store, read with the connection's own login or with the account's key: where
//! Cost Management delivers exports.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::azure::{AzureCredential, MicrosoftAzureBuilder};

use super::Settings;
use super::credentials::{Az, Credentials};
use crate::clock;
use crate::provider::exports::check::Remedy;
use crate::provider::exports::wire::{Connector, Lends, Lent, is_plain, once, unusable};
use crate::provider::remote::Fault;
use crate::provider::remote::http::Http;
use crate::provider::remote::secret::Reference;

/// What tokens for storage are asked for.
const AUDIENCE: &str = "https://storage.azure.com";

/// A container of a storage account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    /// The storage account.
    pub account: String,
    /// The container.
    pub name: String,
    /// Another endpoint than `https://ACCOUNT.blob.core.windows.net`, with the account in its path where it
    /// has it there.
    pub endpoint: Option<String>,
    /// The account's key, where no login is to be used.
    pub key: Option<Reference>,
}

/// The container as an object store; nothing is sent yet. `settings` are the connection's, of which the login
/// counts.
///
/// # Errors
/// [`crate::provider::remote::FaultKind::Refused`] where the endpoint would be spoken with unencrypted,
/// [`crate::provider::remote::FaultKind::NoCredentials`] where the key is not to be had.
pub fn store(settings: &Settings, container: &Container) -> Result<Arc<dyn ObjectStore>, Fault> {
    let variable = |name: &str| std::env::var(name).ok();
    let http = Http::new(settings.certificate.as_deref())?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(&container.account)
        .with_container_name(&container.name)
        .with_retry(once())
        .with_http_connector(Connector::new(http.clone()));
    if let Some(endpoint) = &container.endpoint {
        builder = builder.with_endpoint(endpoint.clone()).with_allow_http(is_plain(endpoint)?);
    }
    builder = match &container.key {
        Some(key) => builder.with_access_key(key.resolve(&variable)?.reveal()),
        None => {
            let settings = Settings { endpoint: AUDIENCE.to_owned(), ..settings.clone() };
            let tokens = Tokens(Credentials::new(&settings, http, Arc::new(Az), variable));
            builder.with_credentials(Arc::new(Lent(tokens)))
        }
    };
    let store = builder.build().map_err(|error| unusable(&error))?;
    Ok(Arc::new(store))
}

/// What lets an identity read a container.
#[must_use]
pub fn remedy(container: &Container) -> Remedy {
    let Container { account, name, .. } = container;
    let read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    let scope = format!(
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage/storageAccounts/{account}/\
         blobServices/default/containers/{name}"
    );
    Remedy {
        list: format!("{read} (list)"),
        get: read.to_owned(),
        grant: format!(
            "az role assignment create --role \"Storage Blob Data Reader\" --assignee YOU@EXAMPLE.COM --scope {scope}"
        ),
    }
}

/// The connection's tokens, in the words of the object store.
struct Tokens(Credentials);

impl Lends for Tokens {
    type Credential = AzureCredential;
    const STORE: &'static str = "Azure";

    async fn lend(&self) -> Result<Arc<AzureCredential>, Fault> {
        let token = self.0.token(clock::now_seconds()).await?;
        Ok(Arc::new(AzureCredential::BearerToken(token.secret.reveal().to_owned())))
    }
}
