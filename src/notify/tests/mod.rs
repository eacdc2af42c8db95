//! Channels against sinks on this machine, some of which misbehave; and what each is given, held against what
//! its maker publishes.

mod answers;
mod email;
mod payloads;
mod sinks;

use super::worded::Worded;
use crate::domain::alert::{Kind, Message, Severity, Turn};
use crate::domain::text::Untrusted;

/// A message whose texts attack whoever shows them.
pub fn hostile() -> Message {
    let evil =
        "a\x1b]52;c;eA==\x07 <!channel> <https://evil.example|click> *b* [x](javascript:1) \u{202e}\r\nBcc: x@y.z";
    Message {
        key: format!("anomaly/{evil}/0/critical/0/raised"),
        subject: format!("anomaly/{evil}"),
        kind: Kind::Anomaly,
        severity: Severity::Critical,
        turn: Turn::Raised,
        title: Untrusted::new(format!("{evil} costs 1,234.50 USD more")),
        lines: (0..40).map(|i| Untrusted::new(format!("{i}: {}", evil.repeat(30)))).collect(),
        figures: (0..14).map(|i| (format!("Figure {i}"), Untrusted::new(evil.repeat(20)))).collect(),
        command: Some("spendtop anomalies".to_owned()),
        at: 1_800_000_000,
    }
}

/// One whose texts take four bytes a character.
pub fn wide() -> Message {
    let text = |times: usize| Untrusted::new("\u{1f680}\u{1f4b8}".repeat(times));
    Message {
        title: text(200),
        lines: (0..40).map(|_| text(250)).collect(),
        figures: (0..14).map(|i| (format!("Figure {i}"), text(250))).collect(),
        ..hostile()
    }
}

/// A message as most are.
pub fn plain() -> Message {
    Message {
        key: "anomaly/a1/0/warning/0/raised".to_owned(),
        subject: "anomaly/a1".to_owned(),
        severity: Severity::Warning,
        title: "Amazon EC2 costs 300.00 USD more".into(),
        lines: vec!["m5.large in us-east-1: +250.00 USD".into()],
        figures: vec![("Per day".to_owned(), "300.00 USD".into())],
        ..hostile()
    }
}

/// The end of the same trouble.
pub fn over() -> Message {
    Message { turn: Turn::Resolved, severity: Severity::Info, key: "anomaly/a1/0/warning/0/resolved".into(), ..plain() }
}

pub fn worded(message: &Message) -> Worded {
    Worded::of(message)
}

#[test]
fn words_have_no_control_characters_whatever_a_bill_says() {
    let worded = worded(&hostile());
    let text = serde_json::to_string(&worded).expect("JSON");
    assert!(!text.contains("\\u001b") && !text.contains('\u{202e}') && !text.contains("\\r"), "{text}");
    assert!(worded.lines.iter().all(|line| !line.contains('\n')));
    assert!(worded.headline.starts_with("critical: a\\x1b]52"), "{}", worded.headline);
}

#[test]
fn news_with_long_or_odd_names_is_told_apart_all_the_same() {
    let named = |subject: &str, end: &str| {
        let key = format!("spike/{subject}/0/warning/0/{end}");
        worded(&Message { key, subject: format!("spike/{subject}"), ..plain() })
    };
    let long = "a".repeat(600);
    let (raised, resolved) = (named(&long, "raised"), named(&long, "resolved"));
    assert_ne!(raised.key, resolved.key);
    assert_eq!(raised.subject, resolved.subject);
    assert_ne!(raised.subject, named(&format!("{long}b"), "raised").subject);
    assert_ne!(named("a\tb", "raised").key, named("a b", "raised").key);
    assert_eq!(named("EC2", "raised").key, "spike/EC2/0/warning/0/raised");
}
