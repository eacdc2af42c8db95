//! The least that AWS must allow, as policies ready to paste. Pure text.

use serde_json::{Value, json};

use super::settings::Settings;

/// Actions without which nothing works.
pub const NEEDED: [&str; 1] = ["ce:GetCostAndUsage"];

/// Actions that something works better with, and what.
pub const WANTED: [(&str, &str); 2] = [
    ("organizations:DescribeOrganization", "tells the account that pays"),
    ("organizations:ListAccounts", "tells the accounts' names"),
];

/// Actions that AWS's own opinion is told by: its forecast, and its anomalies.
pub const OPINION: [&str; 2] = ["ce:GetCostForecast", "ce:GetAnomalies"];

/// The action that resources are told by.
pub const RESOURCES: &str = "ce:GetCostAndUsageWithResources";

/// All actions that these settings use.
#[must_use]
pub fn actions(settings: &Settings) -> Vec<&'static str> {
    let mut actions = NEEDED.to_vec();
    actions.extend(settings.resources.then_some(RESOURCES));
    actions.extend(WANTED.iter().map(|(action, _)| *action));
    actions.extend(OPINION.iter().filter(|_| settings.opinion));
    actions
}

/// A statement that allows these actions, on one line. Cost Explorer's have no resources to name.
#[must_use]
pub fn statement(actions: &[&str]) -> String {
    allow(actions).to_string()
}

/// The whole policy for these settings.
#[must_use]
pub fn policy(settings: &Settings) -> String {
    pretty(&json!({"Version": "2012-10-17", "Statement": [allow(&actions(settings))]}))
}

/// What an identity must be allowed to take a role on, on one line.
#[must_use]
pub fn assume(role: &str) -> String {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}).to_string()
}

/// The trust policy of a role that `principal` (an ARN) takes on, telling `external_id` where it is
/// known: without one, another customer of whoever runs spendtop could have the role taken on
/// ("confused deputy").
#[must_use]
pub fn trust(principal: &str, external_id: Option<&str>) -> String {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    });
    if let Some(id) = external_id {
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    pretty(&json!({"Version": "2012-10-17", "Statement": [statement]}))
}

fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

fn pretty(policy: &Value) -> String {
    serde_json::to_string_pretty(policy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_what_is_used_and_no_more() {
        let mut settings = Settings::new("aws.prod");
        let read = |settings: &Settings| serde_json::from_str::<Value>(&policy(settings)).expect("JSON");
        assert_eq!(read(&settings)["Statement"][0]["Action"].as_array().map(Vec::len), Some(5));
        assert!(!policy(&settings).contains(RESOURCES));
        settings.resources = true;
        assert!(policy(&settings).contains(RESOURCES));
        assert!(OPINION.iter().all(|action| policy(&settings).contains(action)));
        settings.opinion = false;
        assert!(!OPINION.iter().any(|action| policy(&settings).contains(action)));
        assert!(!policy(&settings).contains("ReadOnly") && !policy(&settings).contains(":*"));
    }

    #[test]
    fn a_trust_policy_asks_for_the_external_id() {
        let text = trust("arn:aws:iam::111122223333:root", Some("a\"b"));
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "a\"b");
        assert!(!trust("arn:aws:iam::111122223333:root", None).contains("Condition"));
    }
}
