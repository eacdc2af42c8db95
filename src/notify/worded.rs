//! A message in words that are safe to show, as every channel begins with them.

use serde::Serialize;

use crate::domain::alert::{Kind, Message, Turn};
use crate::domain::calendar::format_timestamp;
use crate::domain::text::{SafeText, Untrusted};

/// Characters of a changed text that tells news apart.
const APART_MAX: usize = 200;

/// A message in words. Each is one line without control characters; how a channel quotes them is its own
/// business.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Worded {
    /// What tells the news from others.
    pub key: String,
    /// What all news of one trouble share.
    pub subject: String,
    /// What it is about: `budget`, `anomaly` ...
    pub kind: &'static str,
    /// `info`, `warning`, `high` or `critical`.
    pub severity: &'static str,
    /// `raised` or `resolved`.
    pub state: &'static str,
    /// What is the matter, in a line.
    pub title: String,
    /// The same, with how much it presses.
    pub headline: String,
    /// What is known of it.
    pub lines: Vec<String>,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// The command that shows more.
    pub command: Option<String>,
    /// When it was found, like `2026-11-22T10:00:00Z`.
    pub found_at: String,
}

/// A figure, with what it is called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Figure {
    /// What it is called.
    pub name: String,
    /// The figure.
    pub value: String,
}

impl Worded {
    /// Puts a message into words.
    #[must_use]
    pub fn of(message: &Message) -> Worded {
        let safe = |text: &str| SafeText::from_outside(text).into_string();
        let raised = message.turn == Turn::Raised;
        // Some channels refuse a headline that says nothing.
        let headline = Some(safe(message.headline().raw())).filter(|headline| !headline.trim().is_empty());
        Worded {
            key: apart(&message.key),
            subject: apart(&message.subject),
            kind: message.kind.name(),
            severity: message.severity.name(),
            state: if raised { "raised" } else { "resolved" },
            title: safe(message.title.raw()),
            headline: headline.unwrap_or_else(|| message.kind.name().to_owned()),
            lines: message.lines.iter().map(Untrusted::safe).map(SafeText::into_string).collect(),
            figures: message
                .figures
                .iter()
                .map(|(name, value)| Figure { name: safe(name), value: value.safe().into_string() })
                .collect(),
            command: message.command.as_deref().map(safe),
            found_at: format_timestamp(message.at),
        }
    }

    /// All of it as lines of plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.headline);
        if !self.lines.is_empty() {
            text.push('\n');
        }
        self.lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        if !self.figures.is_empty() {
            text.push('\n');
        }
        self.figures.iter().for_each(|figure| text.push_str(&format!("{}: {}\n", figure.name, figure.value)));
        if let Some(command) = &self.command {
            text.push_str(&format!("\nMore: {command}\n"));
        }
        text.push_str(&format!("Found {}\n", self.found_at));
        text
    }

    /// Whether it ends a trouble.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.state == "resolved"
    }

    /// Whether somebody only tries a channel.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.kind == Kind::Test.name()
    }
}

/// A text that tells news apart, safe to send: where what made it safe took something away, its end says what.
fn apart(text: &str) -> String {
    let safe = SafeText::from_outside(text).into_string();
    if safe == text { safe } else { format!("{}~{}", cut(&safe, APART_MAX), name_of(text)) }
}

/// What is made with the first of several sizes that keeps it to so many bytes; with the last where none does.
pub fn fitting<T: ToString>(bytes: usize, sizes: &[usize], make: impl Fn(usize) -> T) -> T {
    let (last, larger) = sizes.split_last().map_or((0, sizes), |(last, larger)| (*last, larger));
    larger.iter().map(|size| make(*size)).find(|made| made.to_string().len() <= bytes).unwrap_or_else(|| make(last))
}

/// A text of so many characters at most.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
}

/// A short name for a text, the same for the same text: 32 hexadecimal digits.
#[must_use]
pub fn name_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}
