//! Azure Notification Hubs, by its REST interface: a message to the devices of a hub.
//!
//! A connection string's key signs a token for the hub that is good for a few minutes
//! (learn.microsoft.com/rest/api/notificationhubs/common-concepts).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::http::Net;
use super::outgoing::Failure;
use super::worded::{Worded, cut, fitting};
use crate::config::alert::HubFormat;
use crate::domain::text::percent_encoded;
use crate::secret::Secret;

/// Seconds that a token is good for.
const GOOD_FOR: i64 = 300;
/// Characters of a title.
const TITLE_MAX: usize = 120;
/// Characters of a body, as many of them as fit into a push,
const BODY_MAX: [usize; 3] = [900, 400, 100];
/// which has so many bytes.
const BYTES_MAX: usize = 4_000;

/// A hub, and which of its devices.
pub struct Hub<'a> {
    /// Its connection string.
    pub connection: &'a Secret,
    /// Its name.
    pub hub: &'a str,
    /// What its devices understand.
    pub format: HubFormat,
    /// Which devices; all where `None`.
    pub tags: Option<&'a str>,
}

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(net: &Net, to: &Hub<'_>, message: &Worded, now: i64) -> Result<(), Failure> {
    let Some(Connection { endpoint, name, key }) = Connection::parse(to.connection.reveal()) else {
        return Err(Failure::new(
            "what its secret holds is no connection string: that has Endpoint=, SharedAccessKeyName= and SharedAccessKey=",
        ));
    };
    let resource = format!("{endpoint}/{}", percent_encoded(to.hub));
    let format = match to.format {
        HubFormat::Template => "template",
        HubFormat::Fcm => "fcmv1",
        HubFormat::Apple => "apple",
    };
    let mut headers = vec![
        ("content-type", "application/json;charset=utf-8".to_owned()),
        ("authorization", token(&resource, name, key, now + GOOD_FOR)),
        ("servicebusnotification-format", format.to_owned()),
    ];
    headers.extend(to.tags.map(|tags| ("servicebusnotification-tags", tags.to_owned())));
    if to.format == HubFormat::Apple {
        headers.push(("servicebusnotification-apns-push-type", "alert".to_owned()));
    }
    let url = Secret::from(format!("{resource}/messages/?api-version=2015-01"));
    net.post(&url, &headers, payload(to.format, message).into_bytes()).await?.success(&[key])
}

/// A message as devices take it.
#[must_use]
pub fn payload(format: HubFormat, message: &Worded) -> String {
    let title = cut(&message.headline, TITLE_MAX);
    let figures = message.figures.iter().map(|figure| format!("{}: {}", figure.name, figure.value));
    let body: Vec<String> = message.lines.iter().cloned().chain(figures).collect();
    let body = body.join("\n");
    fitting(BYTES_MAX, &BODY_MAX, |most| pushed(format, message, &title, &cut(&body, most)).to_string())
}

fn pushed(format: HubFormat, message: &Worded, title: &str, body: &str) -> Value {
    match format {
        HubFormat::Template => json!({
            "title": title, "body": body, "severity": message.severity, "kind": message.kind, "state": message.state,
        }),
        HubFormat::Fcm => json!({"message": {"notification": {"title": title, "body": body}}}),
        HubFormat::Apple => json!({"aps": {"alert": {"title": title, "body": body}}}),
    }
}

/// What a connection string says.
struct Connection<'a> {
    endpoint: String,
    name: &'a str,
    key: &'a str,
}

impl<'a> Connection<'a> {
    fn parse(text: &'a str) -> Option<Connection<'a>> {
        let part = |name: &str| {
            let found = text.split(';').find_map(|part| part.trim().split_once('=').filter(|(key, _)| *key == name));
            found.map(|(_, value)| value).filter(|value| !value.is_empty())
        };
        let endpoint = part("Endpoint")?.trim_end_matches('/');
        let endpoint = match endpoint.strip_prefix("sb://") {
            Some(host) => format!("https://{host}"),
            None => endpoint.to_owned(),
        };
        Some(Connection { endpoint, name: part("SharedAccessKeyName")?, key: part("SharedAccessKey")? })
    }
}

/// A token for a resource, good until `until`.
fn token(resource: &str, name: &str, key: &str, until: i64) -> String {
    let resource = percent_encoded(&resource.to_lowercase());
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{until}").as_bytes()));
    format!(
        "SharedAccessSignature sr={resource}&sig={}&se={until}&skn={}",
        percent_encoded(&signature),
        percent_encoded(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_read_and_a_token_signed() {
        let text = "Endpoint=sb://costs.servicebus.windows.net/;SharedAccessKeyName=Send;SharedAccessKey=a2V5=";
        let found = Connection::parse(text).expect("sound");
        assert_eq!(
            (found.endpoint.as_str(), found.name, found.key),
            ("https://costs.servicebus.windows.net", "Send", "a2V5=")
        );
        for text in ["", "Endpoint=sb://x/;SharedAccessKeyName=Send", "SharedAccessKey=a;SharedAccessKeyName=b"] {
            assert!(Connection::parse(text).is_none(), "{text}");
        }
        // By Python: base64(hmac_sha256(b"a2V5=", quote_plus("https://costs.servicebus.windows.net/h") + "\n1700000300")).
        assert_eq!(
            token("https://costs.servicebus.windows.net/h", "Send", "a2V5=", 1_700_000_300),
            "SharedAccessSignature sr=https%3A%2F%2Fcosts.servicebus.windows.net%2Fh&sig=R1e22p3f0vkevN5fvhgINdeej2dmFbDkvTGiBsU7fBo%3D&se=1700000300&skn=Send"
        );
    }
}
