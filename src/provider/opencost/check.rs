//! What reading OpenCost needs: that it answers, and that it knows yesterday.

use std::collections::BTreeSet;

use super::super::remote::{Call, Check, FaultKind, Finding};
use super::Allocations;
use crate::domain::calendar::Day;

/// Asks for yesterday.
pub(super) fn all(allocations: &Allocations, call: &Call) -> Vec<Check> {
    let settings = allocations.client.settings();
    let yesterday = Day::of_seconds(call.now).plus(-1);
    let client = &allocations.client;
    let found = match client.token(call).and_then(|token| client.day(call, token.as_ref(), yesterday)) {
        Ok(found) => found,
        Err(fault) => {
            let what = match fault.kind {
                FaultKind::Expired | FaultKind::Denied | FaultKind::NoCredentials => "token",
                _ => "OpenCost",
            };
            let forward = "kubectl --namespace opencost port-forward service/opencost 9003";
            let mut fix = fault.hints;
            // Where this machine is to answer, whoever brings it here has ended or never begun.
            if fix.is_empty() || fault.kind == FaultKind::Unavailable && settings.url.starts_with("http://") {
                fix.insert(0, forward.to_owned());
            }
            return vec![Check::new(what, Finding::Missing, &fault.message).fix(fix.join("\n"))];
        }
    };
    let answers = Check::new("OpenCost", Finding::Good, &settings.url);
    let clusters: BTreeSet<&str> = found.iter().map(|allocation| allocation.properties.cluster.as_str()).collect();
    let allocation = if found.is_empty() {
        Check::new("allocation", Finding::Missing, &format!("it knows nothing of {yesterday}"))
            .fix("does it reach Prometheus? kubectl --namespace opencost logs deployment/opencost")
    } else {
        let names = clusters.into_iter().collect::<Vec<_>>().join(", ");
        let detail = format!("{} workloads of {names} on {yesterday}, in {}", found.len(), settings.currency);
        Check::new("allocation", Finding::Good, &detail)
    };
    let bill = if settings.on_a_bill {
        Check::new("bill", Finding::Good, "estimates are taken off again: a cloud bills the machines")
    } else {
        Check::new("bill", Finding::Good, "estimates count: no cloud bills the machines")
    };
    vec![answers, allocation, bill]
}
