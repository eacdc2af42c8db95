//! Brings a person who does not look what they are to know.
//!
//! Only delivers: what is worth telling is decided where it is found ([`crate::engine::Alarm`],
//! [`crate::engine::watch`]), and whoever calls remembers what was told. The terminal is none of its channels:
//! the app, who owns it, tells it itself. [`outgoing`] brings a message to one of the config's channels, each of
//! which is a file here.

#[cfg(feature = "net")]
pub mod azure_hub;
pub mod command;
pub mod desktop;
#[cfg(feature = "net")]
pub mod email;
#[cfg(feature = "net")]
pub mod http;
pub mod outgoing;
#[cfg(feature = "net")]
pub mod pagerduty;
#[cfg(feature = "net")]
pub mod slack;
#[cfg(feature = "aws")]
pub mod sns;
#[cfg(feature = "net")]
pub mod teams;
#[cfg(feature = "net")]
pub mod webhook;
pub mod worded;

#[cfg(feature = "net")]
#[cfg(test)]
mod tests;

use std::fmt;

use crate::domain::alert::{Message, Severity};
use crate::domain::text::SafeText;
use crate::domain::words::hours_or_days;
use crate::engine::Alarm;
use crate::engine::overview::FaultKind;

/// What a person is told, in words; safe to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What is the matter, in a line.
    pub title: SafeText,
    /// Why, and what to do about it.
    pub body: SafeText,
    /// How much it presses; of what is over, that it is to be known.
    pub severity: Severity,
}

impl Notice {
    /// Puts an alarm into words.
    #[must_use]
    pub fn of(alarm: &Alarm) -> Notice {
        let Alarm { connection, source, trouble, .. } = alarm;
        let title = if trouble.kind == FaultKind::Expired {
            format!("spendtop: the login of {connection} has expired")
        } else {
            format!("spendtop: {source} has not synced for {}", hours_or_days(alarm.at - alarm.since))
        };
        let body = match trouble.hints.first() {
            Some(hint) => format!("{}; {hint}", trouble.message),
            None => trouble.message.clone(),
        };
        // What may pass by itself is to be looked at; what goes on until a person does something is more.
        let severity = if trouble.kind.needs_a_person() { Severity::Critical } else { Severity::Warning };
        Notice { title: SafeText::from_outside(&title), body: SafeText::from_outside(&body), severity }
    }
}

impl From<&Message> for Notice {
    fn from(message: &Message) -> Notice {
        let worded = worded::Worded::of(message);
        let figures = worded.figures.iter().map(|figure| format!("{}: {}", figure.name, figure.value));
        let body: Vec<String> = worded.lines.iter().cloned().chain(figures).collect();
        let severity = if worded.is_resolved() { Severity::Info } else { message.severity };
        let title = SafeText::from_outside(&format!("spendtop: {}", worded.headline));
        Notice { title, body: SafeText::from_outside(&body.join("; ")), severity }
    }
}

/// Why somebody was not told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Undelivered(pub String);

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod alarms {
    use super::*;
    use crate::domain::calendar::HOUR_SECONDS;
    use crate::engine::overview::Trouble;

    fn notice(kind: FaultKind, hours: i64, message: &str, hints: &[&str]) -> Notice {
        let hints = hints.iter().map(|hint| (*hint).to_owned()).collect();
        let trouble = Trouble { kind, message: message.into(), hints };
        let (connection, source) = ("aws.prod".to_owned(), "aws.prod/111122223333".to_owned());
        Notice::of(&Alarm { connection, source, since: 0, at: hours * HOUR_SECONDS + 59, trouble, is_known: false })
    }

    #[test]
    fn troubles_have_their_words() {
        use FaultKind::{Denied, Expired, Unavailable};
        use Severity::{Critical, Warning};
        let login = "`aws sso login --profile billing`";
        for (kind, hours, hints, title, body, severity) in [
            (
                Expired,
                1,
                &[login, "or wait"][..],
                "the login of aws.prod has expired",
                "no; `aws sso login --profile billing`",
                Critical,
            ),
            (Unavailable, 26, &[], "aws.prod/111122223333 has not synced for 26 h", "no", Warning),
            (Denied, 71, &["ask"], "aws.prod/111122223333 has not synced for 71 h", "no; ask", Critical),
            (Unavailable, 72, &[], "aws.prod/111122223333 has not synced for 3 days", "no", Warning),
            (Unavailable, 24 * 400, &[], "aws.prod/111122223333 has not synced for 400 days", "no", Warning),
        ] {
            let notice = notice(kind, hours, "no", hints);
            let told = (notice.title.as_str(), notice.body.as_str(), notice.severity);
            assert_eq!(told, (format!("spendtop: {title}").as_str(), body, severity));
        }
    }

    #[test]
    fn a_message_presses_as_it_says_and_what_is_over_is_to_be_known() {
        use crate::domain::alert::{Kind, Turn};
        let test = Message::test("desk", 0);
        let of = |kind, severity, turn| Notice::from(&Message { kind, severity, turn, ..test.clone() }).severity;
        for severity in Severity::ALL {
            assert_eq!(of(Kind::Anomaly, severity, Turn::Raised), severity);
            assert_eq!(of(Kind::Anomaly, severity, Turn::Resolved), Severity::Info);
        }
        assert_eq!(Notice::from(&test).severity, Severity::Info);
    }

    #[test]
    fn what_a_provider_says_moves_no_cursor_and_has_an_end() {
        let body = notice(FaultKind::Denied, 30, &format!("a\x1b]0;b\x07\n\u{202e}{}", "c".repeat(900)), &[]).body;
        assert!(!body.chars().any(char::is_control) && !body.contains('\u{202e}'), "{body}");
        assert!(body.chars().count() < 600);
    }
}
