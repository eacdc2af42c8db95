//! Slack, by an incoming webhook: Block Kit, in plain text only, so that nothing of a bill is markup or calls
//! anybody.

use serde_json::{Value, json};

use super::http::Net;
use super::outgoing::Failure;
use super::worded::{Worded, cut};
use crate::secret::Secret;

/// Characters of a header, of a section, and of one of its fields (docs.slack.dev/reference/block-kit/blocks).
const HEADER_MAX: usize = 150;
const SECTION_MAX: usize = 3_000;
const FIELD_MAX: usize = 2_000;
/// Fields of a section.
const FIELDS_MAX: usize = 10;

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(net: &Net, url: &Secret, message: &Worded) -> Result<(), Failure> {
    net.post_json(url, &payload(message), (is_refused, &[url.reveal()])).await
}

/// Whether a success is none: Slack says `ok`, or why not in a word such as `invalid_payload`
/// (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
fn is_refused(body: &str) -> bool {
    body.contains('_') && body.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

/// A message as Slack takes it.
#[must_use]
pub fn payload(message: &Worded) -> Value {
    let plain = |text: &str, most: usize| json!({"type": "plain_text", "text": cut(text, most), "emoji": false});
    let mut blocks = vec![json!({"type": "header", "text": plain(&message.headline, HEADER_MAX)})];
    let lines = message.lines.join("\n");
    if !lines.is_empty() {
        blocks.push(json!({"type": "section", "text": plain(&lines, SECTION_MAX)}));
    }
    for figures in message.figures.chunks(FIELDS_MAX) {
        let fields: Vec<Value> =
            figures.iter().map(|figure| plain(&format!("{}\n{}", figure.name, figure.value), FIELD_MAX)).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    let more = message.command.as_deref().map(|command| format!(" | more: {command}")).unwrap_or_default();
    let foot = format!("spendtop | {} | found {}{more}", message.kind, message.found_at);
    blocks.push(json!({"type": "context", "elements": [plain(&foot, FIELD_MAX)]}));
    // What notifications show, where markup counts.
    let text = cut(&message.headline, SECTION_MAX).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"text": text, "blocks": blocks, "unfurl_links": false, "unfurl_media": false})
}
