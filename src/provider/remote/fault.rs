//! What goes wrong between spendtop and a provider, in kinds that decide what is done about it.
//!
//! A [`Fault`] never holds a secret or a URL with one: whoever makes it says in its own words what
//! the provider answered, and outside text only as [`SafeText`].

use std::time::Duration;

use crate::domain::text::SafeText;
use crate::error::{Error, Kind};

/// Characters of a provider's own words that are kept.
const WORDS_MAX: usize = 300;

/// What sort of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// No credentials were found.
    NoCredentials,
    /// Credentials were found and are no longer good: someone must log in again.
    Expired,
    /// The credentials are good and may not do this.
    Denied,
    /// The provider wants fewer requests.
    Throttled,
    /// A quota is used up until it is renewed; asking again soon is of no use.
    QuotaSpent,
    /// The provider, or the way to it, does not work now.
    Unavailable,
    /// What was to be read is not there (yet): a table, a bucket, days that are not computed.
    NotThere,
    /// The provider takes the request for wrong: asking again is of no use.
    Refused,
    /// The answer cannot be understood.
    Garbled,
    /// This machine's own cap on paid requests, bytes or quota is reached.
    Capped,
    /// It was given up.
    Cancelled,
    /// On this machine: its disk, its store, or a bug.
    Here,
}

impl FaultKind {
    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, FaultKind::Throttled | FaultKind::Unavailable | FaultKind::Garbled)
    }

    /// Whether a person must do something before it can succeed.
    #[must_use]
    pub fn needs_a_person(self) -> bool {
        matches!(self, FaultKind::NoCredentials | FaultKind::Expired | FaultKind::Denied | FaultKind::Refused)
    }
}

/// Something that went wrong between spendtop and a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What sort.
    pub kind: FaultKind,
    /// What is wrong and where, in lower case, without a full stop; safe to show.
    pub message: String,
    /// What to do about it, most useful first.
    pub hints: Vec<String>,
    /// How long the provider says to wait before asking again.
    pub wait: Option<Duration>,
    /// Whether the provider may charge for the try that failed so: it is not tried as often.
    pub charged: bool,
}

impl Fault {
    /// A fault of a kind. Outside text goes into the message only through [`words`].
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Fault { kind, message: message.into(), hints: Vec::new(), wait: None, charged: false }
    }

    /// That it was given up.
    #[must_use]
    pub fn cancelled() -> Self {
        Fault::new(FaultKind::Cancelled, "stopped")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Notes how long to wait; of several waits the longest counts.
    #[must_use]
    pub fn wait(mut self, wait: Option<Duration>) -> Self {
        self.wait = self.wait.max(wait);
        self
    }
}

/// A provider's own words, safe to show and cut to a sentence or two. What looks like a key or a token is
/// struck out: answers are logged, and some repeat what they were sent.
#[must_use]
pub fn words(text: &str) -> String {
    let safe = concealed(&SafeText::from_outside(text).into_string());
    match safe.char_indices().nth(WORDS_MAX) {
        Some((end, _)) => format!("{}...", &safe[..end]),
        None => safe,
    }
}

/// A text without what looks like a key or a token. Names, paths, ARNs, UUIDs and tables of billing exports
/// do not: their pieces are short, or of one case.
fn concealed(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "_+/=.~-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_token) {
        let end = rest[start..].find(|c| !is_of_token(c)).map_or(rest.len(), |length| start + length);
        let run = &rest[start..end];
        out.push_str(&rest[..start]);
        out.push_str(if run.split(['_', '/', '.', '~', '-']).any(is_random) { "***" } else { run });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Whether nobody would name something so: upper and lower case and digits mixed at length, or an AWS key's id.
fn is_random(piece: &str) -> bool {
    let has = |is: fn(&u8) -> bool| piece.bytes().any(|byte| is(&byte));
    let is_key_id = piece.len() == 20 && ["AKIA", "ASIA"].iter().any(|begins| piece.starts_with(begins));
    is_key_id
        || piece.len() >= 20 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// What the cause that began it says, without the words of the libraries around it: refused, no such name,
/// a certificate. Not safe to show but through [`words`].
#[must_use]
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |&cause| cause.source()).last().map(ToString::to_string).unwrap_or_default()
}

/// What to do where there was no way to a host, by what the system says of it; `None` where it says nothing
/// that anybody could act on.
#[must_use]
pub fn way(why: &str) -> Option<&'static str> {
    let why = why.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["lookup address", "dns error", "name or service not known", "name resolution", "nodename nor servname"]) {
        return Some(
            "the name is not known here: is this machine online (VPN, DNS, proxy), and the name in the config right?",
        );
    }
    if has(&["connection refused"]) {
        return Some("nothing listens there: is it running, and are host and port in the config right?");
    }
    if has(&["network is unreachable", "no route to host", "timed out"]) {
        return Some("no way leads there: is this machine online (VPN, firewall, proxy)?");
    }
    if has(&["certificate"]) {
        return Some("behind a company's proxy, name its certificate: `certificate = \"/path.pem\"` in [sync]");
    }
    None
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let kind = if fault.kind == FaultKind::Cancelled { Kind::Interrupted } else { Kind::Provider };
        fault.hints.into_iter().fold(Error::new(kind, fault.message), Error::hint)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_waits_the_longest_counts() {
        let seconds = |s| Some(Duration::from_secs(s));
        let fault =
            Fault::new(FaultKind::Throttled, "x").wait(seconds(3)).wait(None).wait(seconds(45)).wait(seconds(1));
        assert_eq!(fault.wait, seconds(45));
    }

    #[test]
    fn what_looks_like_a_secret_is_struck_out_and_names_stay() {
        for (text, want) in [
            ("the key AKIAIOSFODNN7EXAMPLE is not valid", "the key *** is not valid"),
            ("bad token wJalrXUtnFEMIK7MDENGbPx/RfiCYEXAMPLEKEY0, try again", "bad token ***, try again"),
            ("eyJhbGciOiJSUzI1NiIsIng1dCI6Ik.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQ", "***"),
            ("CANARYSECRETbodyXYZ123", "***"),
        ] {
            assert_eq!(words(text), want);
        }
        for text in [
            "User: arn:aws:iam::111122223333:role/SpendtopReadOnlyRole is not authorized: ce:GetCostAndUsage",
            "/subscriptions/0b1F6471-1bf0-4dda-aec3-111122223333/resourceGroups/Production-Shared-Services",
            "project.dataset.gcp_billing_export_resource_v1_01AB23_45CD67_89EF01",
            "s3://bucket/prefix/2026-10/manifest-00001.csv.gz (etag d41d8cd98f00b204e9800998ecf8427e)",
            "Production_Shared_Services_Of_The_Company_2026 \u{e9}t\u{e9}",
        ] {
            assert_eq!(words(text), text);
        }
    }

    #[test]
    fn whoever_has_no_way_is_told_what_to_look_at() {
        for (why, want) in [
            ("failed to lookup address information: Name or service not known", Some("the name is not known here")),
            ("Connection refused (os error 111)", Some("nothing listens there")),
            ("Network is unreachable (os error 101)", Some("no way leads there")),
            ("invalid peer certificate: UnknownIssuer", Some("behind a company's proxy")),
            ("broken pipe", None),
        ] {
            let told = way(why);
            assert_eq!(told.is_some(), want.is_some(), "{why}: {told:?}");
            assert!(told.zip(want).is_none_or(|(told, want)| told.starts_with(want)), "{why}: {told:?}");
        }
    }

    #[test]
    fn words_of_a_provider_are_safe_and_short() {
        assert!(!words("a\u{1b}[31mb").contains('\u{1b}'));
        assert_eq!(words(&"x".repeat(1_000)).len(), WORDS_MAX + 3);
    }
}
