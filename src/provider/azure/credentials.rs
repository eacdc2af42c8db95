//! Who asks: tokens for the management host, from one of Azure's ways to log in.
//!
//! | login | what it takes | by |
//! |---|---|---|
//! | `az` | what `az login` left, read by `az account get-access-token` | `azure_identity` |
//! | managed identity | a machine of Azure's that has one | `azure_identity` |
//! | secret | tenant, client id, the secret's reference | one request to the authority |
//! | certificate | tenant, client id, the PEM's reference ([`super::assertion`]) | the same request |
//! | workload identity | what AKS sets in the environment | the same request |
//!
//! The three last are one request (OAuth 2.0, client credentials) with another proof; it is made here, so
//! that it goes the way of all others: no redirect, no silent tries, a company's certificate, an
//! authority on this machine in tests. A token is for the management host alone, held in memory until
//! five minutes before its end, and never written anywhere. Secrets are read when they are needed, so that a
//! new one counts at once.

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, Executor, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::Settings;
use super::assertion;
use super::refusals::login;
use crate::provider::remote::fault::{innermost, words};
use crate::provider::remote::http::{Answered, Http};
use crate::provider::remote::secret::{Reference, Secret};
use crate::provider::remote::{Fault, FaultKind};

/// Seconds before its end that a token is no longer used.
const SPARE: i64 = 300;

/// How long a machine's own identity may take: elsewhere than in Azure nobody answers.
const IDENTITY_WITHIN: Duration = Duration::from_secs(15);

/// A way to log in.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// What the environment shows: a service principal's variables, a workload identity, a managed
    /// identity of App Service, else the Azure CLI. A virtual machine's identity shows nowhere; name it.
    Detect,
    /// The Azure CLI.
    AzureCli,
    /// A service principal by its secret.
    Secret(Reference),
    /// A service principal by its certificate and key, a PEM.
    Certificate(Reference),
    /// The machine's managed identity; a client id chooses among several.
    ManagedIdentity,
    /// A workload identity of Kubernetes.
    WorkloadIdentity,
}

/// A token, and whom it says that it is of.
#[derive(Clone, Debug)]
pub struct Token {
    /// What is sent.
    pub secret: Secret,
    /// The tenant that gave it.
    pub tenant: Option<String>,
    /// The object id of who has it.
    pub object: Option<String>,
    /// The name of who has it: a person's, else the application's id.
    pub name: Option<String>,
    until: i64,
}

#[derive(Deserialize, Default)]
struct Claims {
    tid: Option<String>,
    oid: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
    preferred_username: Option<String>,
    appid: Option<String>,
}

impl Token {
    /// What a token's own claims say, which nobody needs to believe: they are shown, not relied on.
    fn new(secret: Secret, until: i64) -> Token {
        let middle = secret.reveal().split('.').nth(1).unwrap_or_default();
        let claims = azure_core::base64::decode_url_safe(middle).unwrap_or_default();
        let claims: Claims = serde_json::from_slice(&claims).unwrap_or_default();
        let name = claims.upn.or(claims.unique_name).or(claims.preferred_username).or(claims.appid);
        Token { secret, tenant: claims.tid, object: claims.oid, name, until }
    }
}

/// The credentials of a connection; all its scopes share them.
pub struct Credentials {
    login: Login,
    tenant: Option<String>,
    client: Option<String>,
    authority: String,
    audience: String,
    http: Http,
    az: Arc<dyn Executor>,
    variable: fn(&str) -> Option<String>,
    held: Mutex<Option<Token>>,
}

impl Credentials {
    /// Credentials as configured. `az` runs the Azure CLI, `variable` reads the environment.
    #[must_use]
    pub fn new(settings: &Settings, http: Http, az: Arc<dyn Executor>, variable: fn(&str) -> Option<String>) -> Self {
        let login = match &settings.login {
            Login::Detect => detect(variable),
            login => login.clone(),
        };
        let of_environment = |name: &str| if login == Login::AzureCli { None } else { variable(name) };
        Credentials {
            tenant: settings.tenant.clone().or_else(|| of_environment("AZURE_TENANT_ID")),
            client: settings.client_id.clone().or_else(|| of_environment("AZURE_CLIENT_ID")),
            authority: settings.authority.trim_end_matches('/').to_owned(),
            audience: format!("{}/.default", settings.endpoint.trim_end_matches('/')),
            login,
            http,
            az,
            variable,
            held: Mutex::default(),
        }
    }

    /// Which login it is, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.login {
            Login::Detect | Login::AzureCli => "az login".to_owned(),
            Login::Secret(reference) => format!("service principal, secret from `{}`", reference.name()),
            Login::Certificate(reference) => format!("service principal, certificate from `{}`", reference.name()),
            Login::ManagedIdentity => "managed identity".to_owned(),
            Login::WorkloadIdentity => "workload identity".to_owned(),
        }
    }

    /// The tenant, where it is configured.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// A token that is good at this time, in seconds since 1970.
    ///
    /// # Errors
    /// [`FaultKind::NoCredentials`], [`FaultKind::Expired`] and what goes wrong on the way to the authority.
    pub async fn token(&self, now: i64) -> Result<Token, Fault> {
        // Held while one is got: many scopes then wait for one.
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.until - SPARE > now) {
            return Ok(token.clone());
        }
        *held = None;
        let token = match &self.login {
            Login::Detect | Login::AzureCli => self.of_cli().await,
            Login::ManagedIdentity => self.of_machine().await,
            Login::Secret(_) | Login::Certificate(_) | Login::WorkloadIdentity => self.of_authority(now).await,
        }?;
        if token.until - SPARE <= now {
            return Err(Fault::new(FaultKind::Expired, "the login gives tokens that have expired")
                .hint("check this machine's clock")
                .hint(login(self.tenant())));
        }
        Ok(held.insert(token).clone())
    }

    /// Lets go of a token that was refused; the next one is a new one.
    pub async fn forget(&self, refused: &Token) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|token| token.secret.reveal() == refused.secret.reveal()) {
            *held = None;
        }
    }

    /// Lets go of whatever is held: somebody else may have logged in.
    pub async fn forget_all(&self) {
        *self.held.lock().await = None;
    }

    async fn of_cli(&self) -> Result<Token, Fault> {
        let options = AzureCliCredentialOptions {
            tenant_id: self.tenant.clone(),
            executor: Some(Arc::clone(&self.az)),
            ..Default::default()
        };
        let credential = AzureCliCredential::new(Some(options)).map_err(|error| self.cli_fault(&error))?;
        self.of_crate(credential).await.map_err(|error| self.cli_fault(&error))
    }

    /// What the Azure CLI says: it has no codes, only words.
    fn cli_fault(&self, error: &azure_core::Error) -> Fault {
        let text = innermost(error);
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        let kind = if has(&["not found on PATH", "wasn't found"]) {
            FaultKind::NoCredentials
        } else if has(&["AADSTS", "expired", "re-authenticate", "Interactive authentication"]) {
            FaultKind::Expired
        } else if has(&["az login", "No subscription", "invalid tenant"]) {
            FaultKind::NoCredentials
        } else {
            FaultKind::Unavailable
        };
        let fault = Fault::new(kind, format!("the Azure CLI gives no token: {}", words(&text)));
        match kind {
            FaultKind::Unavailable => fault,
            _ if has(&["not found on PATH"]) => {
                fault.hint("install the Azure CLI, or configure a service principal").hint(login(self.tenant()))
            }
            _ => fault.hint(login(self.tenant())),
        }
    }

    async fn of_machine(&self) -> Result<Token, Fault> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.client.clone().map(UserAssignedId::ClientId),
            client_options: ClientOptions {
                transport: Some(Transport::new(Arc::new(self.http.client().clone()))),
                ..Default::default()
            },
        };
        let nobody = |why: &str| {
            Fault::new(FaultKind::NoCredentials, format!("no managed identity: {why}"))
                .hint("only machines of Azure's have one; elsewhere use `az login` or a service principal")
        };
        let credential =
            ManagedIdentityCredential::new(Some(options)).map_err(|error| nobody(&words(&innermost(&error))))?;
        match tokio::time::timeout(IDENTITY_WITHIN, self.of_crate(credential)).await {
            Ok(token) => token.map_err(|error| nobody(&words(&innermost(&error)))),
            Err(_) => Err(nobody("nobody answers on this machine")),
        }
    }

    async fn of_crate(&self, credential: Arc<dyn TokenCredential>) -> azure_core::Result<Token> {
        let token = credential.get_token(&[&self.audience], None).await?;
        Ok(Token::new(Secret::from(token.token.secret().to_owned()), token.expires_on.unix_timestamp()))
    }

    async fn of_authority(&self, now: i64) -> Result<Token, Fault> {
        let needs = |what: &str, from: &str| {
            Fault::new(FaultKind::NoCredentials, format!("the {} needs the {what}", self.title()))
                .hint(format!("configure it, or set {from}"))
        };
        let tenant = self.tenant.as_deref().filter(|tenant| is_plain(tenant));
        let tenant = tenant.ok_or_else(|| needs("tenant's id", "AZURE_TENANT_ID"))?;
        let client = self.client.as_deref().ok_or_else(|| needs("client id", "AZURE_CLIENT_ID"))?;
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.authority);
        let (field, proof) = self.proof(client, &url, now).await?;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("scope", self.audience.as_str()),
            (field, proof.reveal()),
        ];
        if field == "client_assertion" {
            form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        }
        let answered = self.http.send(self.http.client().post(&url).form(&form)).await?;
        self.granted(&answered, &proof, now)
    }

    /// What the principal shows: the form's field and its value.
    async fn proof(&self, client: &str, url: &str, now: i64) -> Result<(&'static str, Secret), Fault> {
        match &self.login {
            Login::Secret(reference) => Ok(("client_secret", reference.resolve(self.variable).await?)),
            Login::Certificate(reference) => {
                let pem = reference.resolve(self.variable).await?;
                let proof = assertion::sign(pem.reveal(), client, url, now).map_err(|why| {
                    let name = reference.name();
                    Fault::new(FaultKind::NoCredentials, format!("cannot use the certificate `{name}`: {why}"))
                })?;
                Ok(("client_assertion", Secret::from(proof)))
            }
            _ => {
                let file = (self.variable)("AZURE_FEDERATED_TOKEN_FILE").ok_or_else(|| {
                    Fault::new(FaultKind::NoCredentials, "no workload identity: AZURE_FEDERATED_TOKEN_FILE is not set")
                        .hint("the pod's service account must be bound to an identity; AKS sets the variable then")
                })?;
                let proof = std::fs::read_to_string(&file).map_err(|error| {
                    Fault::new(FaultKind::NoCredentials, format!("no workload identity: the token's file: {error}"))
                })?;
                Ok(("client_assertion", Secret::from(proof.trim().to_owned())))
            }
        }
    }

    fn granted(&self, answered: &Answered, proof: &Secret, now: i64) -> Result<Token, Fault> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
            expires_in: i64,
        }
        if repeats(&answered.body, proof) {
            return Err(echoes(&answered.host));
        }
        if answered.status.is_success() {
            // Nothing of the body is shown: it may hold a token.
            let granted: Granted = serde_json::from_slice(&answered.body)
                .map_err(|_| Fault::new(FaultKind::Garbled, format!("{} answered what is no token", answered.host)))?;
            return Ok(Token::new(Secret::from(granted.access_token), now.saturating_add(granted.expires_in)));
        }
        Err(self.refused(answered))
    }

    fn refused(&self, answered: &Answered) -> Fault {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Refused {
            error: String,
            error_description: String,
        }
        let Refused { error, error_description } = serde_json::from_slice(&answered.body).unwrap_or_default();
        let plain = answered.fault(&format!("{error}: {}", error_description.lines().next().unwrap_or_default()));
        let of = |kind: FaultKind| Fault { kind, ..plain.clone() };
        let client = words(self.client.as_deref().unwrap_or("ID"));
        let says = |code: &str| error_description.contains(code);
        if says("AADSTS700016") || says("AADSTS90002") {
            return of(FaultKind::Refused).hint("check the client id and the tenant");
        }
        match error.as_str() {
            "invalid_client" | "invalid_grant" => of(FaultKind::Expired)
                .hint(format!("make a new secret or certificate: az ad app credential reset --id {client}")),
            "temporarily_unavailable" => of(FaultKind::Unavailable),
            "" => plain,
            _ if answered.status.is_client_error() && answered.status.as_u16() != 429 => of(FaultKind::Refused),
            _ => plain,
        }
    }
}

/// Whether an answer holds a secret that was sent: whoever does that is no cloud, and nothing that it
/// says is shown.
#[must_use]
pub fn repeats(body: &[u8], secret: &Secret) -> bool {
    memchr::memmem::find(body, secret.reveal().as_bytes()).is_some()
}

/// That a host holds what it was sent against us: it is not sent there again.
#[must_use]
pub fn echoes(host: &str) -> Fault {
    Fault::new(FaultKind::Refused, format!("{host} repeats the secret that it was sent: it is no cloud"))
        .hint("check the endpoint and what stands before it, and take the secret for known")
}

/// Which login the environment shows.
fn detect(variable: fn(&str) -> Option<String>) -> Login {
    let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if has("AZURE_CLIENT_ID") && has("AZURE_TENANT_ID") && has("AZURE_CLIENT_SECRET") {
        Login::Secret(Reference::Env("AZURE_CLIENT_SECRET".to_owned()))
    } else if has("AZURE_FEDERATED_TOKEN_FILE") {
        Login::WorkloadIdentity
    } else if has("IDENTITY_ENDPOINT") {
        Login::ManagedIdentity
    } else {
        Login::AzureCli
    }
}

/// Whether a tenant's id or domain may stand in a URL.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
}

/// Runs the Azure CLI, and ends it when nobody waits for it any more.
#[derive(Debug)]
pub struct Az;

impl Executor for Az {
    fn run<'life0, 'life1, 'life2, 'life3, 'async_trait>(
        &'life0 self,
        program: &'life1 OsStr,
        args: &'life2 [&'life3 OsStr],
    ) -> Pin<Box<dyn Future<Output = io::Result<Output>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        'life3: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { tokio::process::Command::new(program).args(args).kill_on_drop(true).output().await })
    }
}
