//! What `connect` and `doctor` say of a scope.

use super::*;
use crate::provider::remote::{Check, Finding};

fn checks(scope: &str, query: Reply) -> Vec<Check> {
    let server = Server::start(move |request, _| directory(request).unwrap_or_else(|| query.clone()));
    costs(&settings(&server, scope)).check(&Bench::new().call())
}

fn found(checks: &[Check]) -> Vec<(&str, Finding)> {
    checks.iter().map(|check| (check.what.as_str(), check.finding)).collect()
}

#[test]
fn a_scope_that_has_all_says_so() {
    let checks = checks("/subscriptions/s1", rows(""));
    use Finding::Good;
    assert_eq!(
        found(&checks),
        [
            ("credentials", Good),
            ("Microsoft.Resources/subscriptions/read", Good),
            ("Microsoft.Billing/billingProperty/read", Good),
            ("Microsoft.CostManagement/query/read", Good),
            ("amortised costs", Good),
        ]
    );
    assert_eq!(checks[1].detail, "Shop (Enabled)");
    assert_eq!(checks[2].detail, "paid by /providers/Microsoft.Billing/billingAccounts/7");
}

#[test]
fn a_missing_role_is_told_with_the_command_and_a_tighter_role() {
    let checks = checks("/subscriptions/s1", Reply::error(403, "AuthorizationFailed", "no"));
    let check = checks.iter().find(|c| c.what == "Microsoft.CostManagement/query/read").expect("checked");
    assert_eq!(check.finding, Finding::Missing);
    let (command, role) = check.fix.split_once('\n').expect("two fixes");
    assert!(command.starts_with("az role assignment create --assignee "), "{command}");
    assert!(command.ends_with("--role 72fafb9e-0641-4937-9268-a91bfd8191a3 --scope /subscriptions/s1"), "{command}");
    let json = role.split_once('\'').and_then(|(_, rest)| rest.strip_suffix('\'')).expect("a definition");
    let role: serde_json::Value = serde_json::from_str(json).expect("json");
    assert_eq!(role["AssignableScopes"][0], "/subscriptions/s1");
    let actions = role["Actions"].as_array().expect("actions");
    assert!(actions.iter().all(|action| action.as_str().is_some_and(|a| a.ends_with("/read"))), "{actions:?}");
    assert!(!checks.iter().any(|c| c.what == "amortised costs"));
}

#[test]
fn each_missing_permission_is_told_with_the_command_for_who_asks() {
    let denied = || Reply::error(403, "AuthorizationFailed", "no");
    for (scope, what, denies) in [
        ("/subscriptions/s1", "Microsoft.Billing/billingProperty/read", "billingProperty"),
        ("/subscriptions/s1", "Microsoft.Resources/subscriptions/read", "/subscriptions/s1?"),
        (TOP, "Microsoft.Resources/subscriptions/read", "/subscriptions?"),
    ] {
        let server = Server::start(move |request, _| {
            let is_denied = request.method == "GET" && request.target.contains(denies);
            if is_denied { denied() } else { directory(request).unwrap_or_else(|| rows("")) }
        });
        // `{"oid":"0b1f"}` are its claims.
        let out = r#"{"accessToken":"x.eyJvaWQiOiIwYjFmIn0.x","expires_on":4102444800,"tokenType":"Bearer"}"#;
        let az = Arc::new(Cli { status: 0, out: out.to_owned(), error: String::new() });
        let costs = connect_with(&settings(&server, scope), az, |_| None).expect("connected").remove(0);
        let checks = costs.check(&Bench::new().call());
        let check = checks.iter().find(|c| c.finding == Finding::Wanting).expect(what);
        assert_eq!(check.what, what);
        let command = check.fix.lines().last().unwrap_or_default();
        let start = "az role assignment create --assignee 0b1f ";
        assert!(command.starts_with(start) && command.ends_with(&format!("--scope {scope}")), "{}", check.fix);
    }
}

#[test]
fn a_billing_scope_names_the_role_of_billing() {
    let scope = "/providers/Microsoft.Billing/billingAccounts/7/billingProfiles/p";
    let checks = checks(scope, Reply::error(401, "RBACAccessDenied", "no"));
    let check = checks.iter().find(|c| c.finding == Finding::Missing).expect("missing");
    assert!(check.fix.contains("reader role of the billing profile"), "{}", check.fix);
}

#[test]
fn an_offer_without_costs_is_told() {
    let server = Server::start(|request, _| {
        if request.method == "GET" && !request.target.contains("billingProperty") {
            return Reply::json(
                200,
                r#"{"subscriptionId":"s1","displayName":"Start","state":"Enabled","subscriptionPolicies":{"quotaId":"Sponsored_2016-01-01"}}"#,
            );
        }
        Reply::error(404, "NotFound", "Given subscription s1 doesn't have valid WebDirect/AIRS offer type.")
    });
    let checks = costs(&settings(&server, "/subscriptions/s1")).check(&Bench::new().call());
    let offer = checks.iter().find(|c| c.what == "offer").expect("told");
    assert!(offer.detail.contains("Sponsored_2016-01-01") && offer.fix.contains("import"), "{offer:?}");
}

#[test]
fn without_a_login_nothing_else_is_tried() {
    let server = Server::start(|_, _| Reply::Silence);
    let az = Arc::new(Cli { status: 1, out: String::new(), error: "Please run 'az login'".into() });
    let costs = connect_with(&settings(&server, TOP), az, |_| None).expect("connected").remove(0);
    let checks = costs.check(&Bench::new().call());
    assert_eq!(found(&checks), [("credentials", Finding::Missing)]);
    assert_eq!(checks[0].fix, "az login");
    assert!(server.asked().is_empty());
}
