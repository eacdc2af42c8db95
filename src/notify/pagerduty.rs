//! PagerDuty, by its Events API v2: a trouble is an incident, opened by its beginning and resolved by its end.

use serde_json::{Value, json};

use super::http::Net;
use super::outgoing::Failure;
use super::worded::{Worded, cut, name_of};
use crate::domain::alert::Severity;
use crate::secret::Secret;

/// Characters of a summary, and of a key (developer.pagerduty.com/docs/send-alert-event).
const SUMMARY_MAX: usize = 1_024;
const KEY_MAX: usize = 255;

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(
    net: &Net,
    endpoint: &str,
    key: &Secret,
    message: &Worded,
    severity: Severity,
) -> Result<(), Failure> {
    let url = Secret::from(format!("{}/v2/enqueue", endpoint.trim_end_matches('/')));
    net.post_json(&url, &payload(key, message, severity), (is_refused, &[key.reveal()])).await
}

/// Whether a success is none: its status is `success` (developer.pagerduty.com/docs/send-alert-event), or says why not.
fn is_refused(body: &str) -> bool {
    let said: Option<Value> = serde_json::from_str(body).ok();
    let status = said.as_ref().and_then(|said| said.get("status")).and_then(Value::as_str);
    status.is_some_and(|word| !["success", "ok", "accepted"].contains(&word))
}

/// A message as PagerDuty takes it. All news of one trouble have one key: what gets worse changes the incident,
/// and the end resolves it.
#[must_use]
pub fn payload(key: &Secret, message: &Worded, severity: Severity) -> Value {
    let dedup = match message.subject.chars().count() {
        ..=KEY_MAX => message.subject.clone(),
        _ => name_of(&message.subject),
    };
    let mut event = json!({
        "routing_key": key.reveal(),
        "event_action": if message.is_resolved() { "resolve" } else { "trigger" },
        "dedup_key": dedup,
    });
    if message.is_resolved() {
        return event;
    }
    let mut details = serde_json::Map::new();
    for figure in &message.figures {
        details.insert(figure.name.clone(), json!(figure.value));
    }
    if !message.lines.is_empty() {
        details.insert("Details".to_owned(), json!(message.lines));
    }
    if let Some(command) = &message.command {
        details.insert("More".to_owned(), json!(command));
    }
    event["payload"] = json!({
        "summary": cut(&message.title, SUMMARY_MAX),
        "source": "spendtop",
        "severity": match severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::High => "error",
            Severity::Critical => "critical",
        },
        "timestamp": message.found_at,
        "class": message.kind,
        "custom_details": details,
    });
    event["client"] = json!("spendtop");
    event
}
