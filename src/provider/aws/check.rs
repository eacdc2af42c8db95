//! What `connect` and `doctor` ask of AWS: who one is, and each permission by its name.
//!
//! Only what costs nothing is tried; paid requests are told with what they cost.

use std::collections::BTreeMap;

use super::super::remote::{Call, Check, Elsewhere, Fault, FaultKind, Finding};
use super::client::Client;
use super::estimate::dollars;
use super::policy;
use super::settings::{ExternalId, Role, Settings};
use crate::domain::words::counted;

/// What stands in a trust policy for an external id that is only referred to.
const EXTERNAL_ID: &str = "THE-EXTERNAL-ID";

/// What stands in it for an account that is not known.
const ACCOUNT: &str = "YOUR-ACCOUNT";

/// Checks everything that a scope needs; also how many accounts it tells the costs of, where that is learnt.
#[must_use]
pub fn check(client: &Client, call: &Call) -> (Vec<Check>, Option<u32>) {
    // Whoever has logged in again since is found now.
    let forgotten = call.run(async {
        client.access.forget().await;
        Ok(())
    });
    if forgotten.is_err() {
        return (Vec::new(), None);
    }
    let settings = client.access.settings();
    let mut checks = Vec::new();
    // What the config says of it is told of every cloud's scopes alike.
    if settings.endpoint.is_none()
        && let Ok(clients) = call.run(client.clients())
        && let Some(host) = &clients.elsewhere
    {
        let told = Elsewhere { host: host.clone(), not: "AWS" };
        checks.push(Check::new("endpoint", Finding::Good, &told.to_string()));
    }
    let own = match call.run(client.identity(call)) {
        Ok((account, arn)) => {
            checks.push(Check::new("credentials", Finding::Good, &format!("account {account} as {arn}")));
            account
        }
        Err(fault) => {
            checks.push(missing("credentials", Finding::Missing, &fault));
            if let Some(role) = settings.role.as_ref().filter(|_| fault.kind == FaultKind::Denied) {
                checks.push(trust(settings, role, call));
            }
            return (checks, None);
        }
    };
    let (organization, payer) = organization(client, call);
    let (accounts, count) = accounts(client, call);
    checks.extend([organization, accounts]);
    // Who does not pay is told its own costs alone.
    let count = match settings.payer.as_ref().or(payer.as_ref()) {
        Some(payer) if *payer != own => Some(1),
        Some(_) => count,
        None => None,
    };
    checks.extend(policy::actions(settings).into_iter().filter(|action| action.starts_with("ce:")).map(|action| {
        let detail = format!("not tried: a request costs {} USD", dollars(1));
        Check::new(action, Finding::Untried, &detail).fix(policy::policy(settings))
    }));
    (checks, count)
}

/// The check, and the account that pays where one is told.
fn organization(client: &Client, call: &Call) -> (Check, Option<String>) {
    const WHAT: &str = "organizations:DescribeOrganization";
    match call.run(client.management_account(call)) {
        Ok(account) => (Check::new(WHAT, Finding::Good, &format!("{account} pays")), Some(account)),
        Err(fault) if fault.kind == FaultKind::NotThere => {
            (Check::new(WHAT, Finding::Good, "the account is in no organisation and pays for itself"), None)
        }
        Err(fault) => (missing(WHAT, Finding::Wanting, &fault), None),
    }
}

/// The check, and how many accounts there are where that is told.
fn accounts(client: &Client, call: &Call) -> (Check, Option<u32>) {
    const WHAT: &str = "organizations:ListAccounts";
    let mut names = BTreeMap::new();
    match call.run(client.account_names(call, &mut names)) {
        Ok(()) => {
            let told = format!("{} by name", counted(names.len() as u64, "account", "accounts"));
            (Check::new(WHAT, Finding::Good, &told), u32::try_from(names.len()).ok())
        }
        Err(fault) if fault.kind == FaultKind::NotThere => {
            (Check::new(WHAT, Finding::Good, "there is no organisation"), None)
        }
        // A member account may not list the others; Cost Explorer names those that it tells of.
        Err(fault) => (missing(WHAT, Finding::Wanting, &fault), None),
    }
}

fn missing(what: &str, finding: Finding, fault: &Fault) -> Check {
    Check::new(what, finding, &fault.message).fix(fault.hints.join("\n"))
}

/// How a role is made to trust the identity that is to take it on.
fn trust(settings: &Settings, role: &Role, call: &Call) -> Check {
    let id = role.external_id.as_ref().map(|id| match id {
        ExternalId::Plain(id) => id.as_str(),
        ExternalId::Referred(_) => EXTERNAL_ID,
    });
    let without = Client::new(Settings { role: None, ..settings.clone() });
    let (account, detail) = match call.run(without.identity(call)) {
        Ok((account, arn)) => (account, format!("{arn} may not take on {}", role.arn)),
        Err(fault) => (ACCOUNT.to_owned(), fault.message),
    };
    let principal = format!("arn:aws:iam::{account}:root");
    let (trust, assume) = (policy::trust(&principal, id), policy::assume(&role.arn));
    let fix = format!("the role's trust policy:\n{trust}\nand allow this identity: {assume}");
    Check::new("sts:AssumeRole", Finding::Missing, &detail).fix(fix)
}
