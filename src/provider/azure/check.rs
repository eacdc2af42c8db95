//! What `connect` and `doctor` say of a scope of Azure: each thing that it needs, and the exact fix.
//!
//! Everything here is free: a query of one day takes a thousandth of an hour's quota.

use serde_json::json;

use super::CostManagement;
use super::credentials::Token;
use super::directory;
use super::page::{CostKind, body};
use super::refusals::{QUERY_PERMISSION, READER_ROLE, role_fix};
use crate::clock;
use crate::domain::calendar::{Day, Period};
use crate::provider::remote::{Call, Check, Fault, FaultKind, Finding};

/// Checks a scope.
#[must_use]
pub fn check(costs: &CostManagement, call: &Call) -> Vec<Check> {
    let credentials = costs.client.credentials();
    let token = match call.run(async {
        // Whoever has logged in again since is found now.
        credentials.forget_all().await;
        call.tried(|| credentials.token(clock::now_seconds())).await
    }) {
        Ok(token) => token,
        Err(fault) => return vec![failed("credentials", Finding::Missing, &fault)],
    };
    let mut checks = vec![known(&credentials.title(), &token)];
    let query = query(costs, CostKind::Actual, call);
    match costs.path.subscription() {
        Some(id) => subscription(costs, &id, &token, call, &mut checks),
        None => checks.push(names(costs, &token, call)),
    }
    let is_allowed = query.is_ok();
    checks.push(match query {
        Ok(()) => Check::new(QUERY_PERMISSION, Finding::Good, &format!("costs of the {} are told", costs.path.title())),
        Err(fault) => permission(costs, &token, &fault),
    });
    if is_allowed {
        checks.push(match query_amortized(costs, call) {
            Ok(()) => Check::new("amortised costs", Finding::Good, "EffectiveCost is told"),
            Err(fault) => failed("amortised costs", Finding::Wanting, &fault)
                .fix("nothing to be done: this agreement tells billed costs only, see them with `--metric billed`"),
        });
    }
    checks
}

fn known(login: &str, token: &Token) -> Check {
    let who = token.name.as_deref().or(token.object.as_deref()).unwrap_or("somebody");
    let tenant = token.tenant.as_deref().unwrap_or("unknown");
    Check::new("credentials", Finding::Good, &format!("{login}: {who}, tenant {tenant}"))
}

fn query(costs: &CostManagement, kind: CostKind, call: &Call) -> Result<(), Fault> {
    let yesterday = Day::of_seconds(call.now).plus(-1);
    let days = Period { from: yesterday, to: yesterday.plus(1) };
    call.run(costs.client.query(&costs.path, &body(kind, days, &[]), call, |_| Ok(()))).map(|_| ())
}

fn query_amortized(costs: &CostManagement, call: &Call) -> Result<(), Fault> {
    query(costs, CostKind::Amortized, call)
}

fn subscription(costs: &CostManagement, id: &str, token: &Token, call: &Call, checks: &mut Vec<Check>) {
    let role = role_fix(&costs.path, token.object.as_deref());
    match call.run(directory::subscription(&costs.client, &costs.path, id, call)) {
        Ok(found) => {
            checks.push(Check::new(
                directory::NAMES_PERMISSION,
                Finding::Good,
                &format!("{} ({})", found.display_name, found.state),
            ));
            if let Some(offer) = found.uncovered_offer() {
                let detail = format!("Cost Management does not cover the offer {offer}");
                checks.push(Check::new("offer", Finding::Missing, &detail).fix(
                    "import the invoice's usage file instead (`spendtop import FILE`): sponsorships, classic CSP and \
                     starter offers have no cost API",
                ));
            }
        }
        Err(fault) => {
            let check = failed(directory::NAMES_PERMISSION, Finding::Wanting, &fault);
            checks.push(match fault.kind {
                FaultKind::Denied => check.fix(&role),
                // Of one that is not there, who is allowed nothing is told the same.
                FaultKind::NotThere => check.fix(format!("{}\n{role}", fault.hints.join("\n")).trim()),
                _ => check,
            });
        }
    }
    checks.push(match call.run(directory::payer(&costs.client, &costs.path, id, call)) {
        Ok(payer) => Check::new(directory::BILLING_PERMISSION, Finding::Good, &format!("paid by {}", payer.id)),
        Err(fault) => {
            let without = "without it the billing account is empty (an Enterprise Agreement never tells it)";
            let check = failed(directory::BILLING_PERMISSION, Finding::Wanting, &fault);
            match fault.kind {
                FaultKind::Denied => check.fix(format!("# {without}; this role has it:\n{role}")),
                _ => check.fix(without),
            }
        }
    });
}

fn names(costs: &CostManagement, token: &Token, call: &Call) -> Check {
    let role = role_fix(&costs.path, token.object.as_deref());
    match call.run(directory::subscriptions(&costs.client, &costs.path, call)) {
        Ok(list) if !list.is_empty() => {
            let uncovered = list.iter().filter(|found| found.uncovered_offer().is_some()).count();
            let more = if uncovered == 0 { String::new() } else { format!(", {uncovered} of an offer without costs") };
            let detail = format!("{} subscriptions are seen{more}", list.len());
            Check::new(directory::NAMES_PERMISSION, Finding::Good, &detail)
        }
        Ok(_) => Check::new(directory::NAMES_PERMISSION, Finding::Wanting, "no subscription is seen: ids, not names")
            .fix(role),
        Err(fault) => failed(directory::NAMES_PERMISSION, Finding::Wanting, &fault).fix(role),
    }
}

fn permission(costs: &CostManagement, token: &Token, fault: &Fault) -> Check {
    let check = failed(QUERY_PERMISSION, Finding::Missing, fault);
    if fault.kind != FaultKind::Denied {
        return check;
    }
    let command = role_fix(&costs.path, token.object.as_deref());
    if !costs.path.kind().has_role_assignments() {
        return check.fix(command);
    }
    check.fix(format!(
        "{command}\n# or, tighter, first make this role: az role definition create --role-definition '{}'",
        role(costs)
    ))
}

/// A role that may read costs and nothing else: the built-in one can also open support tickets.
fn role(costs: &CostManagement) -> String {
    json!({
        "Name": "spendtop cost reader",
        "Description": format!("Reads costs, as Cost Management Reader ({READER_ROLE}) does, and opens no tickets"),
        "Actions": [
            "Microsoft.Consumption/*/read",
            "Microsoft.CostManagement/*/read",
            "Microsoft.Billing/billingPeriods/read",
            directory::BILLING_PERMISSION,
            directory::NAMES_PERMISSION,
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        "AssignableScopes": [costs.path.path()],
    })
    .to_string()
}

fn failed(what: &str, finding: Finding, fault: &Fault) -> Check {
    // A quota that others use up says nothing; who does not answer at all is not there.
    let untried = fault.kind == FaultKind::Throttled && finding == Finding::Missing;
    let finding = if untried { Finding::Untried } else { finding };
    Check::new(what, finding, &fault.message).fix(fault.hints.join("\n"))
}
