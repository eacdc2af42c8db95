//! What `connect` and `doctor` ask of AWS: who one is, and each permission by its name.
//!
//! Only what costs nothing is tried; paid requests are told with what they cost.

use super::super::remote::{Call, Check, Elsewhere, Fault, FaultKind, Finding};
use super::client::Client;
use super::estimate::dollars;
use super::policy;
use super::settings::{ExternalId, Role, Settings};

/// What stands in a trust policy for an external id that is only referred to.
const EXTERNAL_ID: &str = "THE-EXTERNAL-ID";

/// What stands in it for an account that is not known.
const ACCOUNT: &str = "YOUR-ACCOUNT";

/// Checks everything that a scope needs.
#[must_use]
pub fn check(client: &Client, call: &Call) -> Vec<Check> {
    // Whoever has logged in again since is found now.
    let forgotten = call.run(async {
        client.access.forget().await;
        Ok(())
    });
    if forgotten.is_err() {
        return Vec::new();
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
    match call.run(client.identity(call)) {
        Ok((account, arn)) => {
            checks.push(Check::new("credentials", Finding::Good, &format!("account {account} as {arn}")));
        }
        Err(fault) => {
            checks.push(missing("credentials", Finding::Missing, &fault));
            if let Some(role) = settings.role.as_ref().filter(|_| fault.kind == FaultKind::Denied) {
                checks.push(trust(settings, role, call));
            }
            return checks;
        }
    }
    checks.push(organization(client, call));
    checks.push(accounts(client, call));
    checks.extend(policy::actions(settings).into_iter().filter(|action| action.starts_with("ce:")).map(|action| {
        let detail = format!("not tried: a request costs {} USD", dollars(1));
        Check::new(action, Finding::Untried, &detail).fix(policy::policy(settings))
    }));
    checks
}

fn organization(client: &Client, call: &Call) -> Check {
    const WHAT: &str = "organizations:DescribeOrganization";
    match call.run(client.management_account(call)) {
        Ok(account) => Check::new(WHAT, Finding::Good, &format!("{account} pays")),
        Err(fault) if fault.kind == FaultKind::NotThere => {
            Check::new(WHAT, Finding::Good, "the account is in no organisation and pays for itself")
        }
        Err(fault) => missing(WHAT, Finding::Wanting, &fault),
    }
}

fn accounts(client: &Client, call: &Call) -> Check {
    const WHAT: &str = "organizations:ListAccounts";
    match call.run(client.account_names(call)) {
        Ok(names) => Check::new(WHAT, Finding::Good, &format!("{} accounts by name", names.len())),
        Err(fault) if fault.kind == FaultKind::NotThere => Check::new(WHAT, Finding::Good, "there is no organisation"),
        // A member account may not list the others; Cost Explorer names those that it tells of.
        Err(fault) => missing(WHAT, Finding::Wanting, &fault),
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
