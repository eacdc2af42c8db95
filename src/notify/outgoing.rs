//! Brings a message to one of the config's channels, and says what became of it.
//!
//! One try, bounded in time. No error has a secret or a webhook's address, which is one.

#[cfg(feature = "net")]
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use super::command;
use super::worded::{Worded, cut};
#[cfg(feature = "net")]
use super::{azure_hub, email, http::Net, pagerduty, slack, teams, webhook};
use crate::config::alert::{Channel, Via};
use crate::domain::alert::{Fate, Message, Turn};
use crate::domain::text::SafeText;
use crate::secret::{Reference, Secret};

/// How long a try may take, where nothing else is said.
const LIMIT: Duration = Duration::from_secs(45);
/// Characters of somebody else's words that are kept: a line of a list, whatever they quote.
const WORDS_MAX: usize = 120;
/// Characters from which on a part of an address is one that nobody else has.
const PART_LEAST: usize = 8;

/// What bringing needs besides the channel.
#[derive(Clone, Debug)]
pub struct Means {
    /// Certificates (PEM) that are trusted besides the system's.
    pub certificate: Option<PathBuf>,
    /// The time, seconds since 1970.
    pub now: i64,
    /// Readers of the channel that it is not brought to any more.
    pub settled: Vec<String>,
    /// How long a try may take, whatever it waits for.
    pub limit: Duration,
}

impl Default for Means {
    fn default() -> Means {
        Means { certificate: None, now: 0, settled: Vec::new(), limit: LIMIT }
    }
}

/// Why a try failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Why; safe to show, without any secret.
    pub why: String,
    /// Seconds that are to be waited, where that was said.
    pub wait: Option<i64>,
    /// Whether it may be there all the same: it was sent, and nothing was answered.
    pub unsure: bool,
}

impl Failure {
    /// A failure in our own words.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), wait: None, unsure: false }
    }

    /// A failure with somebody else's words, from which secrets are struck out.
    #[must_use]
    pub fn said(why: &str, said: &str, secrets: &[&str]) -> Failure {
        let said = clean(said, secrets);
        Failure::new(if said.is_empty() { why.to_owned() } else { format!("{why}: {said}") })
    }
}

/// Somebody else's words as a short line, from which secrets are struck out.
pub fn clean(said: &str, secrets: &[&str]) -> String {
    let mut said = said.to_owned();
    for secret in secrets {
        // Of an address what follows its host is the secret, whatever it is repeated with, and so is each long
        // part of that.
        let path = secret.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
        let parts = path.unwrap_or_default().split(['/', '?', '&', '=']).filter(|part| part.len() >= PART_LEAST);
        for secret in [Some(*secret), path].into_iter().flatten().chain(parts).filter(|secret| secret.len() > 3) {
            said = said.replace(secret, "***");
        }
    }
    let line: Vec<&str> = said.split_whitespace().collect();
    cut(&SafeText::from_outside(&line.join(" ")), WORDS_MAX)
}

/// Characters that what is repeated of a message has at least.
#[cfg(feature = "net")]
const ECHO_LEAST: usize = 12;

/// Somebody else's words without what they repeat of what was sent, however it is quoted: why it was refused is told
/// by the rest.
#[cfg(feature = "net")]
#[must_use]
pub fn without_echo(said: &str, sent: &str) -> String {
    // Quoting and spaces may differ.
    let plain = |text: &str| -> Vec<(usize, char)> {
        text.char_indices().filter(|(_, c)| !c.is_whitespace() && *c != '\\').collect()
    };
    let (ours, theirs) = (plain(sent), plain(said));
    let piece = |of: &[(usize, char)]| of.iter().map(|(_, c)| *c).collect::<String>();
    let known: HashSet<String> = ours.windows(ECHO_LEAST).map(piece).collect();
    let mut is_echo = vec![false; theirs.len()];
    for (at, window) in theirs.windows(ECHO_LEAST).enumerate() {
        if known.contains(&piece(window)) {
            is_echo[at..at + ECHO_LEAST].fill(true);
        }
    }
    let (mut rest, mut from) = (String::new(), 0);
    for run in (0..theirs.len()).collect::<Vec<_>>().chunk_by(|a, b| is_echo[*a] == is_echo[*b]) {
        let (first, last) = (run[0], run[run.len() - 1]);
        let next = theirs.get(last + 1).map_or(said.len(), |(at, _)| *at);
        let (at, c) = theirs[last];
        let end = if is_echo[first] { at + c.len_utf8() } else { next };
        rest.push_str(if is_echo[first] { "..." } else { &said[from..end] });
        from = end;
    }
    rest
}

/// Gets a secret.
///
/// # Errors
/// Why it is not to be had.
pub async fn secret(reference: &str) -> Result<Secret, Failure> {
    let reference = Reference::parse(reference).map_err(Failure::new)?;
    let found = reference.resolve(|name| std::env::var(name).ok()).await;
    found.map_err(|missing| Failure::new(format!("{}; {}", missing.message, missing.hint)))
}

/// Whether a channel's settings hold as far as can be told without bringing anything.
///
/// # Errors
/// Why nothing could be brought.
pub fn check(channel: &Channel) -> Result<(), Failure> {
    meant(channel)?;
    match &channel.via {
        #[cfg(feature = "net")]
        Via::Webhook { template: Some(template), .. } => webhook::check(template),
        #[cfg(feature = "net")]
        Via::Email(to) => email::check(to),
        _ => Ok(()),
    }
}

/// Refuses a channel that the config cannot mean as it is.
fn meant(channel: &Channel) -> Result<(), Failure> {
    channel.wrong.as_ref().map_or(Ok(()), |wrong| Err(Failure::new(wrong.words())))
}

/// Brings a message to a channel, on a runtime's thread.
pub async fn bring(channel: &Channel, message: &Message, means: &Means) -> Fate {
    let worded = Worded::of(message);
    let work = async {
        check(channel)?;
        by(channel, &worded, message, means).await
    };
    let tried = tokio::time::timeout(means.limit, work).await;
    let late = || Failure { unsure: true, ..Failure::new(format!("no answer within {} s", means.limit.as_secs())) };
    match tried.unwrap_or_else(|_| Err(late())) {
        Ok(fate) => fate,
        Err(Failure { why, wait, unsure }) => Fate::Failed { why, wait, unsure },
    }
}

#[cfg(feature = "net")]
async fn by(channel: &Channel, worded: &Worded, message: &Message, means: &Means) -> Result<Fate, Failure> {
    let net = || Net::new(&channel.allow_private, means.certificate.as_deref());
    let brought = match &channel.via {
        Via::Slack(url) => slack::bring(&net()?, &secret(url).await?, worded).await,
        Via::Teams(url) => teams::bring(&net()?, &secret(url).await?, worded).await,
        Via::Webhook { url, secret: key, template } => {
            let key = match key {
                Some(key) => Some(secret(key).await?),
                None => None,
            };
            webhook::bring(&net()?, &secret(url).await?, (key.as_ref(), template.as_deref()), worded, means.now).await
        }
        // Some of its readers may have it, and some not.
        Via::Email(to) => return email::bring(to, &channel.allow_private, worded, means).await,
        Via::PagerDuty { key, endpoint } => {
            let (net, key) = (net()?, secret(key).await?);
            pagerduty::bring(&net, endpoint, &key, worded, message.severity).await?;
            if worded.is_test() {
                // Nobody is to be paged for long by a test.
                let over = Worded::of(&Message { turn: Turn::Resolved, ..message.clone() });
                pagerduty::bring(&net, endpoint, &key, &over, message.severity).await?;
            }
            Ok(())
        }
        Via::AzureHub { connection, hub, format, tags } => {
            let to =
                azure_hub::Hub { connection: &secret(connection).await?, hub, format: *format, tags: tags.as_deref() };
            azure_hub::bring(&net()?, &to, worded, means.now).await
        }
        #[cfg(feature = "aws")]
        Via::Sns { topic, profile, region, endpoint } => {
            let to = super::sns::Topic {
                arn: topic,
                profile: profile.as_deref(),
                region: region.as_deref(),
                endpoint: endpoint.as_deref(),
            };
            super::sns::bring(&to, worded).await
        }
        #[cfg(not(feature = "aws"))]
        Via::Sns { .. } => Err(Failure::new("this spendtop was built without the feature `aws`")),
        Via::Command(run) => command::bring(run, worded).await,
        Via::Unknown => Err(Failure::new("the config does not say how it is reached")),
    };
    brought.map(|()| Fate::Delivered)
}

#[cfg(not(feature = "net"))]
async fn by(channel: &Channel, worded: &Worded, _: &Message, _: &Means) -> Result<Fate, Failure> {
    match &channel.via {
        Via::Command(run) => command::bring(run, worded).await.map(|()| Fate::Delivered),
        _ => Err(Failure::new("this spendtop was built without the feature `net`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "net")]
    #[test]
    fn what_a_sink_repeats_of_what_it_was_sent_is_left_out() {
        let sent = r#"{"title":"Amazon EC2 costs 1,180 USD a day","kind":"anomaly","lines":["m5.large \"a\""]}"#;
        let quoted = sent.replace('\\', "\\\\").replace('"', "\\\"");
        let spread = sent.replace(',', ", \n").replace(':', ": ");
        for (said, want) in [
            (format!(r#"{{"error":"bad field","got":{sent}}}"#), r#"{"error":"bad field","got":..."#),
            (format!(r#"{{"error":"bad field","got":"{quoted}"}}"#), r#"{"error":"bad field","got":"..."#),
            (format!("cannot take {spread} from you"), "cannot take ... from you"),
            (sent.to_owned(), "..."),
            ("invalid_payload".to_owned(), "invalid_payload"),
            ("the title is too long".to_owned(), "the title is too long"),
            (String::new(), ""),
        ] {
            let rest = without_echo(&said, sent);
            assert!(rest.starts_with(want) && rest.len() <= want.len() + 4, "{said}: {rest}");
        }
        let small = without_echo("stra\u{df}e \u{1f4b8} is odd", "x");
        assert_eq!(small, "stra\u{df}e \u{1f4b8} is odd");
    }

    #[test]
    fn what_a_sink_says_is_a_short_line_without_secrets() {
        let quoted = format!("{{\n  \"error\": \"no\",\n\t\"got\": \"key-91ab {}\"\n}}", "EC2 costs more ".repeat(60));
        let said = clean(&quoted, &["key-91ab"]);
        assert!(said.starts_with("{ \"error\": \"no\", \"got\": \"*** EC2 costs more"), "{said}");
        assert!(said.ends_with("...") && said.chars().count() == WORDS_MAX, "{said}");
        assert_eq!(Failure::said("a.example answered 400", " \r\n", &[]).why, "a.example answered 400");
    }
}
