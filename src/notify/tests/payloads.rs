//! What channels are given, held against the limits and schemas that their makers publish.

use serde_json::Value;

use super::{hostile, over, plain, wide, worded};
use crate::config::alert::HubFormat;
use crate::domain::alert::{Message, Severity};
use crate::domain::text::Untrusted;
use crate::notify::{azure_hub, pagerduty, slack, teams, webhook};
use crate::secret::Secret;

fn all() -> [Message; 5] {
    [plain(), over(), hostile(), wide(), Message::test("ops", 0)]
}

/// Block Kit as docs.slack.dev/reference/block-kit/blocks has it: header, section, context, of plain text alone.
#[test]
fn slack_takes_every_message() {
    let plain_text = |text: &Value, most: usize| {
        assert_eq!((&text["type"], &text["emoji"]), (&"plain_text".into(), &false.into()), "{text}");
        let length = text["text"].as_str().expect("a text").chars().count();
        assert!((1..=most).contains(&length), "{length} of {most}");
    };
    for message in all() {
        let payload = slack::payload(&worded(&message));
        let blocks = payload["blocks"].as_array().expect("blocks");
        assert!((1..=50).contains(&blocks.len()));
        for block in blocks {
            match block["type"].as_str().expect("a type") {
                "header" => plain_text(&block["text"], 150),
                "section" => {
                    assert!(block.get("text").is_some() != block.get("fields").is_some());
                    block.get("text").into_iter().for_each(|text| plain_text(text, 3_000));
                    let fields = block.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
                    assert!(fields.len() <= 10);
                    fields.iter().for_each(|field| plain_text(field, 2_000));
                }
                "context" => {
                    let elements = block["elements"].as_array().expect("elements");
                    assert!((1..=10).contains(&elements.len()));
                    elements.iter().for_each(|element| plain_text(element, 2_000));
                }
                other => panic!("{other}"),
            }
        }
        let text = payload["text"].as_str().expect("what notifications show");
        assert!(!text.contains('<') && !text.contains('>'), "it calls nobody: {text}");
    }
}

/// The schema of adaptive cards (adaptivecards.io/schemas/adaptive-card.json), as far as cards of ours go.
#[test]
fn adaptive_cards_are_what_their_schema_says() {
    let one_of = |value: &Value, allowed: &[&str]| {
        assert!(value.is_null() || allowed.contains(&value.as_str().expect("a word")), "{value} of {allowed:?}");
    };
    let only = |value: &Value, allowed: &[&str]| {
        value.as_object().expect("an object").keys().for_each(|key| assert!(allowed.contains(&key.as_str()), "{key}"));
    };
    for message in all() {
        let payload = teams::payload(&worded(&message));
        assert_eq!(payload["type"], "message");
        let attachment = &payload["attachments"][0];
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        let card = &attachment["content"];
        only(card, &["$schema", "type", "version", "fallbackText", "body", "msteams"]);
        assert_eq!((&card["type"], &card["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
        for block in card["body"].as_array().expect("a body") {
            only(block, &["type", "inlines", "spacing"]);
            assert_eq!(block["type"], "RichTextBlock");
            one_of(&block["spacing"], &["default", "none", "small", "medium", "large", "extraLarge", "padding"]);
            let inlines = block["inlines"].as_array().expect("runs");
            assert!(!inlines.is_empty());
            for run in inlines {
                only(run, &["type", "text", "size", "weight", "color", "isSubtle"]);
                assert_eq!(run["type"], "TextRun");
                assert!(run["text"].is_string());
                one_of(&run["size"], &["default", "small", "medium", "large", "extraLarge"]);
                one_of(&run["weight"], &["default", "lighter", "bolder"]);
                one_of(&run["color"], &["default", "dark", "light", "accent", "good", "warning", "attention"]);
            }
        }
        assert!(payload.to_string().len() < 28 << 10, "{} bytes", payload.to_string().len());
    }
    let many = teams::payload(&worded(&hostile())).to_string();
    assert!(
        many.contains("\"and 16 more\"") && many.contains("\"and 2 more\""),
        "what has no place is counted: {many}"
    );
    // A storm's list says itself how many it leaves out.
    let mut lines: Vec<Untrusted> = (0..20).map(|at| Untrusted::new(format!("alert {at}"))).collect();
    lines.push("and 101 more: `spendtop alert log`".into());
    let storm = teams::payload(&worded(&Message { lines, ..plain() })).to_string();
    assert!(storm.contains("alert 19") && storm.contains("and 101 more: ") && !storm.contains("and 9 more"), "{storm}");
}

/// developer.pagerduty.com/docs/send-alert-event
#[test]
fn pagerduty_takes_every_message() {
    let key = Secret::from("0123456789abcdef0123456789abcdef".to_owned());
    for message in all() {
        let event = pagerduty::payload(&key, &worded(&message), message.severity);
        let action = event["event_action"].as_str().expect("an action");
        assert!(["trigger", "resolve"].contains(&action));
        assert!((1..=255).contains(&event["dedup_key"].as_str().expect("a key").chars().count()));
        if action == "trigger" {
            let payload = &event["payload"];
            assert!((1..=1_024).contains(&payload["summary"].as_str().expect("a summary").chars().count()));
            assert!(["critical", "error", "warning", "info"].contains(&payload["severity"].as_str().expect("a word")));
            assert!(payload["source"].is_string() && payload["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')));
        }
        assert!(event.to_string().len() < 512 << 10);
    }
    for (severity, theirs) in
        [(Severity::Warning, "warning"), (Severity::High, "error"), (Severity::Critical, "critical")]
    {
        assert_eq!(pagerduty::payload(&key, &worded(&plain()), severity)["payload"]["severity"], theirs);
    }
}

#[test]
fn pushes_stay_below_four_kilobytes() {
    for message in all() {
        for format in [HubFormat::Template, HubFormat::Fcm, HubFormat::Apple] {
            let payload = azure_hub::payload(format, &worded(&message));
            assert!(payload.len() < 4 << 10, "{} bytes", payload.len());
            assert!(serde_json::from_str::<Value>(&payload).is_ok());
        }
    }
}

#[test]
fn a_signature_is_what_anybody_makes_of_the_secret() {
    // printf 1700000000.hi | openssl dgst -sha256 -hmac k
    let want = "t=1700000000,v1=9cf77ceadb8b805f18e57c9d23fe531f70f59b33330d48f4be8cc38d24621e1f";
    assert_eq!(webhook::signature(&Secret::from("k".to_owned()), 1_700_000_000, "hi"), want);
}

#[test]
fn templates_are_filled_in_and_bounded() {
    let worded = worded(&plain());
    let filled = |template: &str| webhook::body(&worded, Some(template));
    assert_eq!(
        filled("{\"text\": {{ headline|tojson }}, \"n\": {{ figures|length }}}").expect("sound"),
        "{\"text\": \"medium: Amazon EC2 costs 300.00 USD more\", \"n\": 1}"
    );
    assert_eq!(
        filled("{% for figure in figures %}{{ figure.name }}={{ figure.value }};{% endfor %}").expect("sound"),
        "Per day=300.00 USD;"
    );
    for (template, said) in [
        ("{{ headlin }}", "the template has `headlin`, and a message has key, subject, "),
        ("{{ titel|tojson }}", "the template has `titel`"),
        ("{% for f in figures %}{{ f.nam }}{% endfor %}", "undefined"),
        ("{{ title", "syntax error"),
        ("{% if %}", "syntax error"),
        ("{% for i in range(9999) %}{% for j in range(9999) %}{{ i }}{% endfor %}{% endfor %}", "fuel"),
        ("{% include \"/etc/passwd\" %}", ""),
    ] {
        let failure = filled(template).expect_err(template);
        assert!(failure.why.contains(said), "{template}: {failure:?}");
    }
    let named: Vec<String> =
        serde_json::to_value(&worded).expect("JSON").as_object().expect("an object").keys().cloned().collect();
    assert!(named.len() == webhook::NAMES.len() && named.iter().all(|name| webhook::NAMES.contains(&name.as_str())));
    for sound in ["{{ command|default('none')|tojson }} {{ range(2)|length }}", "{% set a = title %}{{ a }}"] {
        assert_eq!(webhook::check(sound), Ok(()), "{sound}");
    }
    assert!(webhook::check("{{ lines[0] }}").is_err(), "an end may have no lines");
    for (template, is_sound) in [
        (r#"{"text":"{{ title }}"}"#, false),
        (r#"{"text": {{ title }} }"#, false),
        (r#"{% if state == "raised" %}{"text":"{{ headline }}"}{% else %}{}{% endif %}"#, false),
        (r#"{"text": {{ title|tojson }}, "all": {{ lines|join("; ")|tojson }}}"#, true),
        ("{{ title }}", true),
        ("", false),
        ("{# of nothing #} ", false),
        (r#"{% if state == "raised" %}{{ title }}{% endif %}"#, true),
        ("[cost] {{ title }}", true),
    ] {
        assert_eq!(webhook::check(template).is_ok(), is_sound, "{template}");
    }
    // What a message says cannot break out of JSON.
    let evil = super::worded(&hostile());
    let body = webhook::body(&evil, Some("{\"text\": {{ headline|tojson }}}")).expect("sound");
    assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON")["text"], evil.headline.as_str());
}
