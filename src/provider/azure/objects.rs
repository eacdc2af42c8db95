//! Blob storage as an object store, read with the connection's own login or with the account's key: where
//! Cost Management delivers exports.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::azure::{AzureAccessKey, AzureCredential, MicrosoftAzureBuilder};

use super::Settings;
use super::credentials::{Az, Credentials};
use crate::clock;
use crate::provider::exports::check::Remedy;
use crate::provider::exports::wire::{Kept, Lends, is_plain, once, unusable, wired};
use crate::provider::remote::http::Http;
use crate::provider::remote::secret::Reference;
use crate::provider::remote::{Fault, FaultKind};

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
/// [`FaultKind::Refused`] where the endpoint would be spoken with unencrypted.
pub fn store(settings: &Settings, container: &Container) -> Result<Arc<dyn ObjectStore>, Fault> {
    let http = Http::new(settings.certificate.as_deref())?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(&container.account)
        .with_container_name(&container.name)
        .with_retry(once());
    if let Some(endpoint) = &container.endpoint {
        builder = builder.with_endpoint(endpoint.clone()).with_allow_http(is_plain(endpoint)?);
    }
    let asks = match &container.key {
        Some(key) => Asks::Key(key.clone(), Kept::default()),
        None => {
            let settings = Settings { endpoint: AUDIENCE.to_owned(), ..settings.clone() };
            let credentials = Credentials::new(&settings, http.clone(), Arc::new(Az), |name| std::env::var(name).ok());
            Asks::Login(Box::new(credentials))
        }
    };
    let (connector, lent) = wired(http, asks);
    let store = builder.with_http_connector(connector).with_credentials(lent).build();
    Ok(Arc::new(store.map_err(|error| unusable(&error))?))
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

/// Who asks, in the words of the object store.
enum Asks {
    /// The connection's login.
    Login(Box<Credentials>),
    /// Whoever has the account's key.
    Key(Reference, Kept<AzureCredential>),
}

impl Lends for Asks {
    type Credential = AzureCredential;
    const STORE: &'static str = "Azure";

    async fn lend(&self, anew: bool) -> Result<Arc<AzureCredential>, Fault> {
        match self {
            Asks::Login(credentials) => {
                if anew {
                    credentials.forget_all().await;
                }
                let token = credentials.token(clock::now_seconds()).await?;
                Ok(Arc::new(AzureCredential::BearerToken(token.secret.reveal().to_owned())))
            }
            Asks::Key(reference, kept) => kept.or(anew, async { Ok((key(reference).await?, None)) }).await,
        }
    }
}

/// The storage account's key.
async fn key(reference: &Reference) -> Result<AzureCredential, Fault> {
    let secret = reference.resolve(|name| std::env::var(name).ok()).await?;
    // What is wrong with it is not repeated: it may be a piece of it.
    let key = AzureAccessKey::try_new(secret.reveal()).map_err(|_| {
        let what = format!("`{}` holds no key of a storage account", reference.name());
        Fault::new(FaultKind::NoCredentials, what)
    })?;
    Ok(AzureCredential::AccessKey(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use futures_util::TryStreamExt;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::Login;
    use super::*;

    async fn signature(server: &MockServer) -> Option<String> {
        let asked = server.received_requests().await?;
        Some(asked.last()?.headers["authorization"].to_str().ok()?.to_owned())
    }

    #[tokio::test]
    async fn a_key_is_read_when_it_is_needed_and_anew_once_it_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("key");
        let write = |key: &str| {
            std::fs::write(&path, key).expect("key");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
        };
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(403)).mount(&server).await;
        let settings = Settings { login: Login::AzureCli, ..Settings::new("azure.main", Vec::new()) };
        let container = Container {
            account: "bills".into(),
            name: "focus".into(),
            endpoint: Some(format!("{}/bills", server.uri())),
            key: Some(Reference::File(path.clone())),
        };
        let store = store(&settings, &container).expect("made without its key");
        let list = async || store.list(None).try_collect::<Vec<_>>().await.expect_err("refused").to_string();
        assert!(list().await.contains("No such file"));
        write("bm8gbW9yZQ==");
        list().await;
        let first = signature(&server).await.expect("signed");
        write("YW5vdGhlcg==");
        list().await;
        assert_ne!(signature(&server).await.expect("signed"), first);
        write("canary-4f1d!");
        assert!(!list().await.contains("canary"));
    }
}
