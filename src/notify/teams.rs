//! Microsoft Teams, by a webhook of Workflows: an adaptive card. What a bill says is in runs of text, which know
//! no markup.

use serde_json::{Value, json};

use super::http::Net;
use super::outgoing::Failure;
use super::worded::{Worded, cut, fitting};
use crate::secret::Secret;

/// Characters of a run of text, as many of them as fit into a card,
const TEXT_MAX: [usize; 4] = [700, 300, 120, 40];
/// which has 28 KB (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
const BYTES_MAX: usize = 27 << 10;
/// Lines of a card: all of a storm's, the last of which says how many it has beyond them.
const LINES_MAX: usize = 24;
/// Figures of a card.
const FIGURES_MAX: usize = 12;

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(net: &Net, url: &Secret, message: &Worded) -> Result<(), Failure> {
    net.post_json(url, &payload(message), (is_refused, &[url.reveal()])).await
}

/// Whether a success is none: Workflows answer 202 without a word, connectors `1`, and a flow what its maker wrote, but
/// Teams' own refusals come as successes, too (github.com/MicrosoftDocs/msteams-docs/issues/1810).
fn is_refused(body: &str) -> bool {
    let words = body.to_ascii_lowercase();
    words.contains("delivery failed") || words.contains("http error")
}

/// A message as Teams takes it.
#[must_use]
pub fn payload(message: &Worded) -> Value {
    fitting(BYTES_MAX, &TEXT_MAX, |most| card(message, most))
}

fn card(message: &Worded, most: usize) -> Value {
    let run = |text: &str| json!({"type": "TextRun", "text": cut(text, most)});
    let block = |inlines: Vec<Value>| json!({"type": "RichTextBlock", "inlines": inlines});
    let colour = match (message.state, message.severity) {
        ("resolved", _) => "good",
        (_, "critical") => "attention",
        (_, "warning" | "high") => "warning",
        _ => "default",
    };
    let mut title = run(&message.headline);
    title["size"] = json!("large");
    title["weight"] = json!("bolder");
    title["color"] = json!(colour);
    let mut body = vec![block(vec![title])];
    body.extend(message.lines.iter().take(LINES_MAX).map(|line| block(vec![run(line)])));
    let more = |all: usize, most: usize| (all > most).then(|| block(vec![run(&format!("and {} more", all - most))]));
    body.extend(more(message.lines.len(), LINES_MAX));
    for figure in message.figures.iter().take(FIGURES_MAX) {
        let mut name = run(&format!("{}: ", figure.name));
        name["isSubtle"] = json!(true);
        let mut of = block(vec![name, run(&figure.value)]);
        of["spacing"] = json!("small");
        body.push(of);
    }
    body.extend(more(message.figures.len(), FIGURES_MAX));
    let command = message.command.as_deref().map(|command| format!(" | more: {command}")).unwrap_or_default();
    let mut foot = run(&format!("spendtop | {} | found {}{command}", message.kind, message.found_at));
    foot["isSubtle"] = json!(true);
    foot["size"] = json!("small");
    body.push(block(vec![foot]));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": cut(&message.headline, most),
        "body": body,
        "msteams": {"width": "Full"},
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}
