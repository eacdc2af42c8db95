//! What Azure's directory says of scopes: names of subscriptions, their offers, and who pays. Small free
//! reads: names once a day, who pays once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::client::{Client, Read};
use super::normalise::{About, BillingAccount, Names};
use super::scope::ScopePath;
use crate::domain::calendar::DAY_SECONDS;
use crate::provider::remote::{Call, Fault, FaultKind};

const SUBSCRIPTIONS_VERSION: &str = "2022-12-01";
const BILLING_VERSION: &str = "2024-04-01";

/// Pages of the list of subscriptions at most: some thousands of them.
const PAGES_MAX: usize = 100;

/// The permission to read names.
pub const NAMES_PERMISSION: &str = "Microsoft.Resources/subscriptions/read";

/// The permission to read who pays.
pub const BILLING_PERMISSION: &str = "Microsoft.Billing/billingProperty/read";

/// A subscription.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub subscription_id: String,
    /// Its name.
    #[serde(default)]
    pub display_name: String,
    /// Whether it is enabled, in Azure's words.
    #[serde(default)]
    pub state: String,
    #[serde(default)]
    subscription_policies: Policies,
}

#[derive(Deserialize, Clone, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "camelCase", default)]
struct Policies {
    quota_id: String,
}

/// Beginnings of quota ids, which name an offer, of offers that Cost Management does not cover
/// (Microsoft's page "Understand Cost Management data").
const UNCOVERED: [&str; 6] = ["Sponsored_", "AzurePass_", "DreamSpark_", "AAD_", "CSP_2015", "LightweightTrial_"];

impl Subscription {
    /// The offer, where Cost Management does not cover it.
    #[must_use]
    pub fn uncovered_offer(&self) -> Option<&str> {
        let offer = self.subscription_policies.quota_id.as_str();
        UNCOVERED.iter().any(|begins| offer.starts_with(begins)).then_some(offer)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    value: Vec<Subscription>,
    #[serde(default)]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct Billing {
    properties: BillingProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct BillingProperties {
    billing_account_id: String,
    billing_account_display_name: String,
    billing_profile_id: String,
    billing_profile_display_name: String,
}

/// What was read, of all scopes of a connection.
#[derive(Default)]
pub struct Directory {
    /// When they were read, and the names.
    names: Mutex<Option<(i64, Names)>>,
    accounts: Mutex<HashMap<String, BillingAccount>>,
    /// The billing account of scopes whose own Azure does not tell.
    configured: Option<String>,
}

impl Directory {
    /// Nothing is read yet; `configured` is the billing account of scopes whose own Azure does not tell.
    #[must_use]
    pub fn new(configured: Option<String>) -> Directory {
        Directory { configured, ..Directory::default() }
    }

    /// What is known about a scope, and what could not be read of it. Names are no reason to fail.
    ///
    /// # Errors
    /// [`Fault`] where there is no login, and where who pays could be read another time: charges must not change
    /// their billing account because a read failed.
    pub async fn about(&self, client: &Client, scope: &ScopePath, call: &Call) -> Result<(About, Vec<String>), Fault> {
        let mut notes = Vec::new();
        let names = match self.names(client, scope, call).await {
            Ok(names) => names,
            Err(fault)
                if matches!(fault.kind, FaultKind::Cancelled | FaultKind::Expired | FaultKind::NoCredentials) =>
            {
                return Err(fault);
            }
            Err(fault) => {
                notes.push(format!("subscriptions are shown by their ids: {fault}"));
                Arc::default()
            }
        };
        let subscription = scope.subscription();
        let mut billing_account = match (scope.billing_account(), &subscription) {
            (Some((id, kind)), _) => BillingAccount { id, name: String::new(), kind: kind.to_owned() },
            (None, Some(id)) => self.account(client, scope, id, call).await?,
            (None, None) => BillingAccount::default(),
        };
        match (&self.configured, billing_account.id.is_empty()) {
            (Some(id), true) => billing_account.id.clone_from(id),
            (None, true) => notes.push(
                "Azure does not tell the billing account: beside an export of the same charges they would count \
                 twice; `billing_account` in the config names it"
                    .to_owned(),
            ),
            (_, false) => {}
        }
        Ok((About { billing_account, subscription, names }, notes))
    }

    async fn names(&self, client: &Client, scope: &ScopePath, call: &Call) -> Result<Names, Fault> {
        let held = self.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, names)) = held.filter(|(at, _)| (0..DAY_SECONDS).contains(&(call.now - at))) {
            return Ok(names);
        }
        let list = subscriptions(client, scope, call).await?;
        let names = list.into_iter().map(|s| (s.subscription_id.to_ascii_lowercase(), s.display_name)).collect();
        let names: Names = Arc::new(names);
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = Some((call.now, Arc::clone(&names)));
        Ok(names)
    }

    async fn account(
        &self,
        client: &Client,
        scope: &ScopePath,
        subscription: &str,
        call: &Call,
    ) -> Result<BillingAccount, Fault> {
        let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(subscription).cloned();
        if let Some(account) = known {
            return Ok(account);
        }
        let account = match payer(client, scope, subscription, call).await {
            Ok(account) => account,
            // Not told, or not under this agreement: that stays so.
            Err(fault) if matches!(fault.kind, FaultKind::Denied | FaultKind::NotThere | FaultKind::Refused) => {
                BillingAccount::default()
            }
            Err(fault) => return Err(fault),
        };
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(accounts.entry(subscription.to_owned()).or_insert(account).clone())
    }
}

/// All subscriptions that may be seen.
///
/// # Errors
/// [`Fault`].
pub async fn subscriptions(client: &Client, scope: &ScopePath, call: &Call) -> Result<Vec<Subscription>, Fault> {
    let read = Read { scope, permission: NAMES_PERMISSION, version: SUBSCRIPTIONS_VERSION };
    let mut answered = client.read(&read, "/subscriptions", call).await?;
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    loop {
        let List { value, next_link } = answered.json()?;
        all.extend(value);
        let Some(next) = next_link.filter(|link| !link.is_empty()) else { return Ok(all) };
        if !seen.insert(next.clone()) || seen.len() > PAGES_MAX {
            return Err(Fault::new(FaultKind::Garbled, "the list of subscriptions has no end"));
        }
        answered = client.read_next(&read, &next, call).await?;
    }
}

/// One subscription.
///
/// # Errors
/// [`Fault`].
pub async fn subscription(client: &Client, scope: &ScopePath, id: &str, call: &Call) -> Result<Subscription, Fault> {
    let read = Read { scope, permission: NAMES_PERMISSION, version: SUBSCRIPTIONS_VERSION };
    client.read(&read, &format!("/subscriptions/{id}"), call).await?.json()
}

/// Who pays for a subscription: under a Microsoft Customer Agreement the billing profile, as in FOCUS.
///
/// # Errors
/// [`Fault`].
pub async fn payer(client: &Client, scope: &ScopePath, id: &str, call: &Call) -> Result<BillingAccount, Fault> {
    let path = format!("/subscriptions/{id}/providers/Microsoft.Billing/billingProperty/default");
    let read = Read { scope, permission: BILLING_PERMISSION, version: BILLING_VERSION };
    let Billing { properties: p } = client.read(&read, &path, call).await?.json()?;
    let (id, name, kind) = if p.billing_profile_id.is_empty() {
        (p.billing_account_id, p.billing_account_display_name, "Billing Account")
    } else {
        (p.billing_profile_id, p.billing_profile_display_name, "Billing Profile")
    };
    let kind = if id.is_empty() { "" } else { kind };
    Ok(BillingAccount { id, name, kind: kind.to_owned() })
}
