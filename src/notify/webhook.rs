//! Anybody's webhook: the message as JSON, or as a template says, signed.
//!
//! `X-Spendtop-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA256, with the channel's secret, of the seconds, a dot
//! and the body. `Idempotency-Key` is the same whenever the same news is brought again.

use aws_lc_rs::hmac;

use super::http::Net;
use super::outgoing::Failure;
use super::worded::{Worded, name_of};
use crate::domain::alert::{Message, Turn};
use crate::domain::text::Untrusted;
use crate::secret::Secret;

/// Bytes of a body at most.
const BODY_MAX: usize = 256 << 10;
/// Steps that a template may take.
const FUEL: u64 = 200_000;

/// What of a message a template can name.
pub const NAMES: [&str; 11] =
    ["key", "subject", "kind", "severity", "state", "title", "headline", "lines", "figures", "command", "found_at"];
/// What every template can name.
const GLOBALS: [&str; 5] = ["range", "dict", "namespace", "debug", "loop"];

/// Brings a message, signed with a key where there is one, in the shape of a template where there is one.
///
/// # Errors
/// Why it is not there.
pub async fn bring(
    net: &Net,
    url: &Secret,
    (key, template): (Option<&Secret>, Option<&str>),
    message: &Worded,
    now: i64,
) -> Result<(), Failure> {
    let body = body(message, template)?;
    // A template may say nothing, of an end as a rule: then nobody is asked.
    if body.trim().is_empty() {
        return Ok(());
    }
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
    let kind = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
    let mut headers = vec![
        ("content-type", kind.to_owned()),
        ("idempotency-key", name_of(&message.key)),
        ("x-spendtop-event", format!("{}.{}", message.kind, message.state)),
    ];
    headers.extend(key.map(|key| ("x-spendtop-signature", signature(key, now, &body))));
    let secrets: Vec<&str> = [Some(url), key].into_iter().flatten().map(Secret::reveal).collect();
    net.post(url, &headers, body.into_bytes()).await?.success(&secrets)
}

/// What is sent.
///
/// # Errors
/// Where the template cannot be filled in.
pub fn body(message: &Worded, template: Option<&str>) -> Result<String, Failure> {
    let Some(template) = template else {
        return serde_json::to_string(message).map_err(|e| Failure::new(format!("the message is no JSON: {e}")));
    };
    let mut templates = minijinja::Environment::new();
    templates.set_fuel(Some(FUEL));
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let wrong = |e: minijinja::Error| Failure::said("the template cannot be filled in", &e.to_string(), &[]);
    let template = templates.template_from_str(template).map_err(wrong)?;
    // A filter would make `null` of what is not there.
    let named = template.undeclared_variables(false);
    let known = |name: &&String| NAMES.contains(&name.as_str()) || GLOBALS.contains(&name.as_str());
    if let Some(unknown) = named.iter().filter(|name| !known(name)).min() {
        let names = NAMES.join(", ");
        return Err(Failure::new(format!("the template has `{unknown}`, and a message has {names} alone")));
    }
    let text = template.render(minijinja::value::Serde(message)).map_err(wrong)?;
    if text.len() > BODY_MAX {
        return Err(Failure::new(format!("the template makes {} bytes, at most {BODY_MAX} are sent", text.len())));
    }
    Ok(text)
}

/// Fills a template in with messages like those that come, for whoever wants to know before one does.
///
/// # Errors
/// Why it cannot be filled in, or where JSON is meant, makes none of what a bill may say.
pub fn check(template: &str) -> Result<(), Failure> {
    let tame = Message::test("sample", 0);
    let end = Message { turn: Turn::Resolved, lines: Vec::new(), command: None, ..tame.clone() };
    let quoted = |text: &str| Untrusted::new(format!("{text}: \"Blue\" \\ harbour"));
    let wild = Message {
        title: quoted("A title"),
        lines: vec![quoted("A line")],
        figures: vec![("A figure".to_owned(), quoted("Its value"))],
        command: Some("spendtop budget show '\"Blue\" \\ harbour'".to_owned()),
        ..tame.clone()
    };
    for message in [tame, end, wild] {
        let body = body(&Worded::of(&message), Some(template))?;
        if body.trim().is_empty() && message.turn != Turn::Resolved {
            return Err(Failure::new("the template makes nothing of a message: {{ headline|tojson }} is its sentence"));
        }
        let is_meant = ["{", "[{"].iter().any(|begin| body.trim_start().starts_with(begin));
        if is_meant && serde_json::from_str::<serde::de::IgnoredAny>(&body).is_err() {
            let why = "the template makes no JSON where a text has a quote or a backslash, or is empty: write each as \
                       {{ title|tojson }}, without quotes around it";
            return Err(Failure::new(why));
        }
    }
    Ok(())
}

/// The signature of a body at a moment.
#[must_use]
pub fn signature(key: &Secret, now: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
    let tag = hmac::sign(&key, format!("{now}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={now},v1={hex}")
}
