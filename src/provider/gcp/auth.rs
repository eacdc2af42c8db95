//! How one logs in to Google Cloud: Application Default Credentials, a key by reference, a service account in
//! one's place. All of it is Google's own library's work; here is which of it is used, and what its failures
//! mean in our words. Its messages are not repeated: they hold answers of the token's server and pieces of files.

use std::sync::{Mutex, PoisonError};

use google_cloud_auth::credentials::{
    AccessTokenCredentials, Builder, Credentials, external_account, impersonated, service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use reqwest::Url;
use serde_json::Value;

use super::super::remote::secret::{Reference, Secret};
use super::super::remote::{Call, Fault, FaultKind};
use crate::domain::text::SafeText;

/// What a token may be used for: `jobs.insert` takes no narrower one (BigQuery API v2, discovery document).
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// What a token that gets another one may be used for.
const SCOPE_OF_SOURCE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// What a token that reads objects of Cloud Storage may be used for.
const SCOPE_OF_STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";

/// Whether a token may be sent there: to Google alone, and encrypted.
#[must_use]
pub fn is_googles(url: &Url) -> bool {
    url.scheme() == "https" && url.host_str().is_some_and(|host| host.ends_with(".googleapis.com"))
}

/// How one logs in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Login {
    /// A key file's content: of a service account, of workload identity federation, of a user. `None`:
    /// Application Default Credentials, as `gcloud auth application-default login` leaves them.
    pub key: Option<Reference>,
    /// The e-mail address of a service account that is taken in place of oneself.
    pub impersonate: Option<String>,
}

/// Gets tokens, and keeps what gets them for the next.
#[derive(Debug)]
pub struct Auth {
    login: Login,
    ready: Mutex<Option<Ready>>,
}

#[derive(Clone, Debug)]
struct Ready {
    credentials: AccessTokenCredentials,
    who: String,
    /// The service account that asks, where it is one.
    account: Option<String>,
    /// The service account whose key it is, where it is one's.
    owner: Option<String>,
}

impl Auth {
    /// Logs in when a token is first wanted.
    #[must_use]
    pub fn new(login: Login) -> Auth {
        Auth { login, ready: Mutex::new(None) }
    }

    /// A token.
    ///
    /// # Errors
    /// [`FaultKind::NoCredentials`], [`FaultKind::Expired`], [`FaultKind::Denied`] where one may not take the
    /// service account's place, [`FaultKind::Unavailable`].
    pub fn token(&self, call: &Call) -> Result<Secret, Fault> {
        let ready = self.ready(call)?;
        let credentials = &ready.credentials;
        let token = call.run(call.tried(|| async {
            credentials.access_token().await.map_err(|error| failed(&error, &self.login, ready.owner.as_deref()))
        }));
        token.map(|token| Secret::from(token.token)).inspect_err(|_| self.forget())
    }

    /// Logs in anew next time: a token that was refused may come from a login that has changed since.
    pub fn forget(&self) {
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whose credentials they are, as far as they tell without asking anybody.
    ///
    /// # Errors
    /// See [`Self::token`].
    pub fn who(&self, call: &Call) -> Result<String, Fault> {
        Ok(self.ready(call)?.who)
    }

    /// How one logs in again.
    #[must_use]
    pub fn again(&self) -> String {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        again(&self.login, ready.as_ref().and_then(|ready| ready.owner.as_deref()))
    }

    /// The service account that asks, once it has logged in; `None` of a person.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.account.clone()
    }

    fn ready(&self, call: &Call) -> Result<Ready, Fault> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = &*ready {
            return Ok(ready.clone());
        }
        // The library keeps a task that renews the token, which needs a runtime to be started on.
        let built = call.run(async { build(key_of(&self.login).await?, &self.login, SCOPE) })?;
        *ready = Some(built.clone());
        Ok(built)
    }
}

/// A login that reads objects of Cloud Storage.
pub struct Storage {
    login: Login,
    ready: Ready,
}

impl Storage {
    /// Logs in.
    ///
    /// # Errors
    /// See [`Auth::token`].
    pub async fn new(login: Login) -> Result<Storage, Fault> {
        let ready = build(key_of(&login).await?, &login, SCOPE_OF_STORAGE)?;
        Ok(Storage { login, ready })
    }

    /// A token.
    ///
    /// # Errors
    /// See [`Auth::token`].
    pub async fn token(&self) -> Result<Secret, Fault> {
        let token = self.ready.credentials.access_token().await;
        let token = token.map_err(|error| failed(&error, &self.login, self.ready.owner.as_deref()))?;
        Ok(Secret::from(token.token))
    }
}

async fn key_of(login: &Login) -> Result<Option<Value>, Fault> {
    let Some(reference) = &login.key else { return Ok(None) };
    let secret = reference.resolve(|name| std::env::var(name).ok()).await?;
    serde_json::from_str(secret.reveal()).map(Some).map_err(|_| {
        // What does not parse is a secret all the same.
        Fault::new(FaultKind::NoCredentials, format!("`{}` holds no Google Cloud key: it is no JSON", reference.name()))
            .hint("refer to the key file itself: `file:/path/key.json`")
    })
}

fn build(key: Option<Value>, login: &Login, scope: &str) -> Result<Ready, Fault> {
    let unusable = |error: google_cloud_auth::build_errors::Error| {
        let why = match () {
            () if error.is_loading() => "the file that `GOOGLE_APPLICATION_CREDENTIALS` names cannot be read",
            () if error.is_parsing() || error.is_missing_field() => "they are damaged, or of another kind",
            () => "they are of a kind that is not known",
        };
        Fault::new(FaultKind::NoCredentials, format!("the Google Cloud credentials cannot be used: {why}"))
            .hint(again(login, None))
    };
    let (who, login_of) = match &key {
        None => ("application default credentials".to_owned(), None),
        Some(key) => (owner(key), Some(key)),
    };
    let owner = login_of.and_then(|key| text(key, "client_email"));
    let Some(account) = &login.impersonate else {
        let credentials = direct(login_of, scope).map_err(unusable)?;
        return Ok(Ready { credentials, who, account: owner.clone(), owner });
    };
    let source: Credentials = direct(login_of, SCOPE_OF_SOURCE).map_err(unusable)?.into();
    let taken = impersonated::Builder::from_source_credentials(source)
        .with_target_principal(account)
        .with_scopes([scope])
        .build_access_token_credentials();
    let account = SafeText::from_outside(account).into_string();
    let who = format!("{account}, by {who}");
    Ok(Ready { credentials: taken.map_err(unusable)?, who, account: Some(account), owner })
}

type Built = Result<AccessTokenCredentials, google_cloud_auth::build_errors::Error>;

fn direct(key: Option<&Value>, scope: &str) -> Built {
    let Some(key) = key else { return Builder::default().with_scopes([scope]).build_access_token_credentials() };
    let key = key.clone();
    match key["type"].as_str() {
        Some("authorized_user") => {
            user_account::Builder::new(key).with_scopes([scope]).build_access_token_credentials()
        }
        Some("external_account") => {
            external_account::Builder::new(key).with_scopes([scope]).build_access_token_credentials()
        }
        Some("impersonated_service_account") => {
            impersonated::Builder::new(key).with_scopes([scope]).build_access_token_credentials()
        }
        _ => service_account::Builder::new(key)
            .with_access_specifier(service_account::AccessSpecifier::from_scopes([scope]))
            .build_access_token_credentials(),
    }
}

fn text(key: &Value, name: &str) -> Option<String> {
    key[name].as_str().map(|text| SafeText::from_outside(text).into_string())
}

/// Whose a key is: only what is no secret of it.
fn owner(key: &Value) -> String {
    match (text(key, "client_email"), key["type"].as_str()) {
        (Some(email), _) => email,
        (None, Some("external_account")) => "workload identity federation".to_owned(),
        (None, Some("authorized_user")) => "a user's credentials".to_owned(),
        (None, _) => "a key".to_owned(),
    }
}

/// How one logs in again: as a person, or with a new key. `owner` is the service account that the key is of.
fn again(login: &Login, owner: Option<&str>) -> String {
    let Some(key) = &login.key else { return "log in again: `gcloud auth application-default login`".to_owned() };
    match owner {
        Some(owner) => format!(
            "make a new key where `{}` is: `gcloud iam service-accounts keys create FILE --iam-account={owner}`",
            key.name()
        ),
        None => format!("renew what `{}` holds", key.name()),
    }
}

/// What a failure to get a token means. `owner` is the service account whose key was used, where it is one's.
fn failed(error: &CredentialsError, login: &Login, owner: Option<&str>) -> Fault {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said.push(' ');
        said.push_str(&error.to_string());
        cause = error.source();
    }
    let fault = |kind, message: &str| Fault::new(kind, message);
    if said.contains("gcloud auth application-default login") {
        return fault(FaultKind::NoCredentials, "no Google Cloud credentials were found")
            .hint("log in: `gcloud auth application-default login`")
            .hint("or name a key: `key = \"file:/path/key.json\"`");
    }
    if error.is_transient() {
        return fault(FaultKind::Unavailable, "Google's token server does not answer")
            .hint("the next sync asks again; is `oauth2.googleapis.com` reached from here?");
    }
    if said.contains("invalid_grant") || said.contains("invalid_rapt") {
        return fault(FaultKind::Expired, "the Google Cloud login has expired or was revoked")
            .hint(again(login, owner));
    }
    match &login.impersonate {
        Some(account) => {
            let account = SafeText::from_outside(account);
            let message = format!("these credentials may not take the place of `{account}`");
            let member = super::grant::member(owner);
            fault(FaultKind::Denied, &message).hint(format!(
                "gcloud iam service-accounts add-iam-policy-binding {account} --member={member} \
                 --role=roles/iam.serviceAccountTokenCreator"
            ))
        }
        None => fault(FaultKind::NoCredentials, "Google refuses these credentials").hint(again(login, owner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_put_right_for_who_was_refused() {
        let owner = Some("spendtop@p.iam.gserviceaccount.com");
        let key = Some(Reference::Env("KEY".into()));
        let refused = CredentialsError::from_msg(false, "no");
        for (key, impersonate, owner, want) in [
            (None, None, None, "gcloud auth application-default login"),
            (key.clone(), None, None, "renew what `env:KEY` holds"),
            (key.clone(), None, owner, "keys create FILE --iam-account=spendtop@p.iam.gserviceaccount.com"),
            (None, Some("r@p"), None, "add-iam-policy-binding r@p --member=user:YOU@EXAMPLE.COM "),
            (key, Some("r@p"), owner, "--member=serviceAccount:spendtop@p.iam.gserviceaccount.com "),
        ] {
            let login = Login { key, impersonate: impersonate.map(str::to_owned) };
            let fault = failed(&refused, &login, owner);
            assert!(fault.hints.join(" ").contains(want), "{want}: {fault:?}");
        }
    }
}
