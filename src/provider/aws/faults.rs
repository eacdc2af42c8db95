//! What the SDK reports, as [`Fault`]s: by AWS's error code where there is one, else by the status.
//!
//! | code (without `Exception`) | kind |
//! |---|---|
//! | `LimitExceeded`, `Throttling`, `TooManyRequests` ... | throttled |
//! | `DataUnavailable`, `BillExpiration`, `ResourceNotFound`, `BillingViewHealthStatus` | not there |
//! | `ExpiredToken`, `UnrecognizedClient`, `InvalidSignature` ... | expired |
//! | `AccessDenied`, `UnauthorizedOperation` ... | denied, with the action by name |
//! | `InvalidNextToken`, `RequestChanged` | refused: the chain of pages is begun again |
//! | `Validation` and other 4xx | refused |
//! | `InternalServer`, `ServiceUnavailable`, 5xx | unavailable |
//! | no code: a web page, a redirect | garbled |
//!
//! Knows no request but its name. What AWS says reaches a message without the credentials that were
//! used, and not at all where it may repeat the signed request.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};

use super::super::remote::fault::{innermost, way, words};
use super::super::remote::{Fault, FaultKind, http};
use super::access::Access;
use super::policy;

/// A request that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// What it means.
    pub fault: Fault,
    /// AWS's error code without `Exception`; empty where there is none.
    pub code: String,
    /// AWS's own words, safe to show.
    pub said: String,
    /// Whether AWS charges nothing for it: it said no, or never got it.
    pub free: bool,
}

const CODES: &[(FaultKind, &[&str])] = &[
    (
        FaultKind::Throttled,
        &[
            "LimitExceeded",
            "Throttling",
            "Throttled",
            "ThrottledRequest",
            "RequestThrottled",
            "TooManyRequests",
            "RequestLimitExceeded",
            "SlowDown",
            "PriorRequestNotComplete",
        ],
    ),
    (
        FaultKind::NotThere,
        &[
            "DataUnavailable",
            "BillExpiration",
            "ResourceNotFound",
            "BillingViewHealthStatus",
            "AWSOrganizationsNotInUse",
        ],
    ),
    (
        FaultKind::Expired,
        &[
            "ExpiredToken",
            "ExpiredTokenId",
            "RequestExpired",
            "TokenRefreshRequired",
            "UnrecognizedClient",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidSignature",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "AuthFailure",
            "RequestTimeTooSkewed",
            "InvalidToken",
        ],
    ),
    (
        FaultKind::Denied,
        &["AccessDenied", "UnauthorizedOperation", "Unauthorized", "NotAuthorized", "OptInRequired", "Forbidden"],
    ),
    (
        FaultKind::Unavailable,
        &["InternalFailure", "InternalServer", "InternalError", "ServiceUnavailable", "RequestTimeout"],
    ),
    (FaultKind::Refused, &["InvalidNextToken", "RequestChanged", "Validation", "InvalidParameterValue"]),
];

/// By how many seconds this machine's clock may be off before AWS refuses signatures for it.
const SKEW_MAX: i64 = 4 * 60;

/// What a failed call of `action` (`ce:GetCostAndUsage`) means.
pub fn failed<E>(error: &SdkError<E>, action: &str, access: &Access) -> Failed
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let says = |kind, what: String, free| {
        let what = access.without_secrets(&what);
        Failed {
            fault: Fault::new(kind, format!("`{action}`: {what}")),
            code: String::new(),
            said: String::new(),
            free,
        }
    };
    if let Some(credentials) = find::<CredentialsError>(error) {
        let fault = of_credentials(credentials, access);
        return Failed { fault, code: String::new(), said: String::new(), free: true };
    }
    match error {
        // A success that the SDK cannot read is an error of the service to some of its clients.
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
            let (kind, why) = unreadable(answer.raw().body().bytes(), error);
            says(kind, why, false)
        }
        SdkError::ServiceError(answer) => {
            let raw = answer.raw();
            let headers = |name: &str| raw.headers().get(name).map(str::to_owned);
            let code = access.without_secrets(answer.err().code().map(plain).unwrap_or_default());
            let answer = Answer {
                status: raw.status().as_u16(),
                // The token service writes XML, which looks alike: with a code, as no web page does.
                is_page: code.is_empty() && is_page(raw.body().bytes()),
                code,
                said: access.without_secrets(answer.err().message().unwrap_or_default()),
                wait: wait(&headers),
                ahead: headers("date").and_then(|date| http::ahead(&date, crate::clock::now_seconds())),
            };
            let fault = answer.fault(action, access);
            Failed { fault, code: answer.code, said: words(&answer.said), free: true }
        }
        SdkError::TimeoutError(_) => says(FaultKind::Unavailable, "no answer in time".to_owned(), false),
        SdkError::DispatchFailure(_) => {
            let why = words(&innermost(error));
            let mut failed = says(FaultKind::Unavailable, why.clone(), never_connected(error));
            failed.fault = way(&why).map_or(failed.fault.clone(), |hint| failed.fault.hint(hint));
            failed
        }
        SdkError::ResponseError(answer) => {
            let (kind, why) = unreadable(answer.raw().body().bytes(), error);
            says(kind, why, false)
        }
        _ => says(FaultKind::Refused, format!("the request cannot be made: {}", words(&innermost(error))), true),
    }
}

/// An answer that is no success.
struct Answer {
    status: u16,
    code: String,
    said: String,
    /// Whether it is a web page.
    is_page: bool,
    wait: Option<Duration>,
    /// Seconds that its clock is ahead of this machine's.
    ahead: Option<i64>,
}

impl Answer {
    fn kind(&self) -> FaultKind {
        if let Some((kind, _)) = CODES.iter().find(|(_, codes)| codes.contains(&self.code.as_str())) {
            return *kind;
        }
        match self.status {
            408 | 500..=599 => FaultKind::Unavailable,
            300..=399 => FaultKind::Garbled,
            429 => FaultKind::Throttled,
            // Not AWS: a proxy, or a portal that wants a login.
            _ if self.is_page => FaultKind::Garbled,
            401 => FaultKind::Expired,
            403 => FaultKind::Denied,
            404 | 410 => FaultKind::NotThere,
            _ => FaultKind::Refused,
        }
    }

    fn fault(&self, action: &str, access: &Access) -> Fault {
        let kind = self.kind();
        let skew = self.ahead.filter(|ahead| kind == FaultKind::Expired && ahead.abs() > SKEW_MAX);
        if let Some(ahead) = skew {
            let (minutes, side) = (ahead.abs() / 60, if ahead > 0 { "behind" } else { "ahead of" });
            // The SDK has measured it, and signs the next try with AWS's time.
            let message = format!("`{action}`: this machine's clock is {minutes} minutes {side} AWS's");
            return Fault::new(FaultKind::Unavailable, message)
                .hint("set the clock, as with `timedatectl set-ntp true`");
        }
        let what = if self.code.is_empty() { self.status.to_string() } else { self.code.clone() };
        // Words about a signature may repeat the request that was signed.
        let said = match (kind, self.is_page) {
            (FaultKind::Expired, _) => String::new(),
            (_, true) => ": a web page, not AWS".to_owned(),
            _ if self.said.is_empty() => String::new(),
            _ => format!(": {}", words(&self.said)),
        };
        let message = denied(&self.said)
            .filter(|_| kind == FaultKind::Denied)
            .unwrap_or_else(|| format!("`{action}`: AWS answered {}{said}", words(&what)));
        let fault = Fault::new(kind, message).wait(self.wait);
        hints(kind, &self.code, &self.said, action, access).into_iter().fold(fault, Fault::hint)
    }
}

/// A refusal in a line: which action, on what where that is not all there is, is denied to whom, and why; `None`
/// where it is not told as IAM tells it ("Access denied error messages", IAM documentation).
fn denied(said: &str) -> Option<String> {
    let (who, rest) = said.strip_prefix("User: ")?.split_once(" is not authorized to perform: ")?;
    let (action, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let name = action.split(':').next_back().unwrap_or_default();
    // Of the quoted and of the bare, the first word; one that only repeats the action says nothing.
    let on = rest.strip_prefix("on resource: ").and_then(|rest| rest.split(' ').next()).map(|on| on.trim_matches('"'));
    let on = on.filter(|on| *on != "*" && !on.ends_with(&format!("/{name}"))).unwrap_or_default();
    let why = match rest {
        _ if rest.contains("explicit deny in a service control policy") => "a service control policy denies it",
        _ if rest.contains("explicit deny in a permissions boundary") => "its permissions boundary denies it",
        _ if rest.contains("explicit deny") => "a policy denies it",
        _ if rest.contains("no permissions boundary allows") => "its permissions boundary does not allow it",
        _ if rest.contains("no service control policy allows") => "no service control policy allows it",
        _ if rest.contains("no session policy allows") => "its session's policy does not allow it",
        _ => "no policy allows it",
    };
    let on = if on.is_empty() { String::new() } else { format!(" on `{}`", words(on)) };
    Some(format!("`{}`{on} is denied to `{}`: {why}", words(action), words(who)))
}

/// What to do about it.
fn hints(kind: FaultKind, code: &str, said: &str, action: &str, access: &Access) -> Vec<String> {
    match (kind, code) {
        (FaultKind::Expired, _) => vec![login(access)],
        (FaultKind::Denied, _) if said.contains("not enabled for cost explorer") => vec![
            "the management account decides: Billing and Cost Management, Cost Management preferences, let member \
             accounts use Cost Explorer"
                .to_owned(),
        ],
        (FaultKind::Denied, _) if action == "sts:AssumeRole" => {
            vec![
                "let the role trust this identity: `spendtop doctor` prints the trust policy".to_owned(),
                "a role that wants a second factor cannot be taken on here: use a profile with `credential_process`"
                    .to_owned(),
            ]
        }
        (FaultKind::Denied, _) => vec![
            format!("allow `{action}` to this identity: {}", policy::statement(&[action])),
            "conditions on `aws:RequestedRegion` must let us-east-1 pass: Cost Explorer is served there only"
                .to_owned(),
        ],
        (FaultKind::NotThere, "DataUnavailable") => {
            vec!["open Cost Explorer once in the console; its first figures take up to 24 hours".to_owned()]
        }
        (FaultKind::NotThere, "BillExpiration") => {
            vec!["Cost Explorer goes back 13 months: ask for fewer".to_owned()]
        }
        _ => Vec::new(),
    }
}

/// How one logs in again.
fn login(access: &Access) -> String {
    match &access.settings().profile {
        Some(profile) => format!("log in again: `aws sso login --profile {}`", words(profile)),
        None => "log in again: `aws sso login`, or renew the access key".to_owned(),
    }
}

/// What it means that no credentials are to be had.
pub fn of_credentials(error: &CredentialsError, access: &Access) -> Fault {
    let why = access.without_secrets(&chain(error));
    let lower = why.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
    let role = access.settings().role.as_ref();
    match error {
        CredentialsError::ProviderTimedOut(_) => {
            Fault::new(FaultKind::Unavailable, "credentials for AWS did not come in time")
        }
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            let fault = Fault::new(FaultKind::NoCredentials, format!("no credentials for AWS: {}", words(&why)));
            match &access.settings().profile {
                Some(profile) => {
                    fault.hint(format!("set the profile up: `aws configure sso --profile {}`", words(profile)))
                }
                None => fault.hint("log in with `aws configure sso`, or name a profile in the config"),
            }
        }
        // What is asked last: neither keys nor a profile are there, and no machine of AWS's gives any.
        _ if has(&["imds is disabled"]) => {
            let fault = Fault::new(FaultKind::NoCredentials, "no credentials for AWS: no key, no profile, no role");
            fault.hint("log in with `aws configure sso`, or name a profile in the config")
        }
        _ if has(&["dispatch failure", "dns error", "timeout"]) => unavailable(&why),
        _ if has(&["expiredtoken", "expired", "sso token", "cached sso", "unauthorizedexception", "invalidgrant"]) => {
            Fault::new(FaultKind::Expired, "the credentials for AWS are no longer good").hint(login(access))
        }
        _ if has(&["invalidclienttokenid", "signaturedoesnotmatch", "unrecognizedclient"]) => {
            Fault::new(FaultKind::Expired, "AWS does not know the credentials").hint(login(access))
        }
        _ if has(&["accessdenied"]) => {
            let what = role.map_or("`sts:AssumeRole` is denied".to_owned(), |role| {
                format!("`sts:AssumeRole` of `{}` is denied", words(&role.arn))
            });
            let hints = hints(FaultKind::Denied, "", "", "sts:AssumeRole", access);
            hints.into_iter().fold(Fault::new(FaultKind::Denied, what), Fault::hint)
        }
        _ if has(&["throttl", "limitexceeded"]) => Fault::new(FaultKind::Throttled, "AWS wants fewer logins"),
        _ if has(&["validationerror"]) => {
            let what = role.map_or_else(String::new, |role| format!(" `{}`", words(&role.arn)));
            Fault::new(FaultKind::Refused, format!("AWS takes the role{what} or its session's name for wrong"))
                .hint("check the role's ARN, the session's name and the external id in the config")
        }
        _ => unavailable(&why),
    }
}

fn unavailable(why: &str) -> Fault {
    let fault = Fault::new(FaultKind::Unavailable, format!("credentials for AWS cannot be had now: {}", words(why)));
    way(why).map_or(fault.clone(), |hint| fault.hint(hint))
}

/// Whether there was no connection to send anything over: no name, no way, no listener, no trust. The
/// connector says so in words only.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let why = chain(error);
    ["client error (Connect)", "dns error", "tcp connect error", "HTTP connect timeout"].iter().any(|w| why.contains(w))
}

/// Why a successful answer was not read: `body` is what came of it, none where it did not come whole.
fn unreadable(body: Option<&[u8]>, error: &(dyn Error + 'static)) -> (FaultKind, String) {
    match body {
        None => (FaultKind::Unavailable, format!("the answer broke off: {}", words(&innermost(error)))),
        Some(_) if is_page(body) => (FaultKind::Garbled, "the answer is a web page, not AWS's".to_owned()),
        Some(_) => (FaultKind::Garbled, format!("the answer cannot be read: {}", words(&innermost(error)))),
    }
}

/// Whether a body is HTML, where AWS writes JSON.
fn is_page(body: Option<&[u8]>) -> bool {
    body.is_some_and(|body| body.trim_ascii_start().starts_with(b"<"))
}

/// A code as all services of AWS write it.
fn plain(code: &str) -> &str {
    code.strip_suffix("Exception").unwrap_or(code)
}

/// How long an answer says to wait: the longer of what it says in each way.
fn wait(header: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let milliseconds = header("x-amz-retry-after").and_then(|text| text.trim().parse().ok());
    let retry_after = header("retry-after").and_then(|text| http::wait(&text, header("date").as_deref()));
    retry_after.max(milliseconds.map(Duration::from_millis))
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// What the causes say, outermost first.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;

    fn answer(status: u16, code: &str, said: &str) -> Answer {
        let (code, said) = (plain(code).to_owned(), said.to_owned());
        Answer { status, code, said, is_page: false, wait: None, ahead: None }
    }

    #[test]
    fn codes_come_before_the_status() {
        use FaultKind as K;
        for (status, code, want) in [
            (400, "LimitExceededException", K::Throttled),
            (400, "ThrottlingException", K::Throttled),
            (400, "Throttling", K::Throttled),
            (429, "", K::Throttled),
            (400, "DataUnavailableException", K::NotThere),
            (400, "BillExpirationException", K::NotThere),
            (400, "ResourceNotFoundException", K::NotThere),
            (400, "ExpiredTokenException", K::Expired),
            (403, "ExpiredToken", K::Expired),
            (400, "UnrecognizedClientException", K::Expired),
            (403, "InvalidClientTokenId", K::Expired),
            (403, "InvalidSignatureException", K::Expired),
            (403, "SignatureDoesNotMatch", K::Expired),
            (400, "AccessDeniedException", K::Denied),
            (403, "AccessDenied", K::Denied),
            (403, "", K::Denied),
            (401, "", K::Expired),
            (400, "ValidationException", K::Refused),
            (400, "RequestChangedException", K::Refused),
            (400, "InvalidNextTokenException", K::Refused),
            (400, "SomethingNew", K::Refused),
            (500, "InternalFailure", K::Unavailable),
            (500, "SomethingNew", K::Unavailable),
            (503, "", K::Unavailable),
            (408, "", K::Unavailable),
            (302, "", K::Garbled),
            (404, "", K::NotThere),
        ] {
            assert_eq!(answer(status, code, "").kind(), want, "{status} {code}");
        }
        assert_eq!(Answer { is_page: true, ..answer(403, "", "") }.kind(), K::Garbled);
        assert_eq!(Answer { is_page: true, ..answer(502, "", "") }.kind(), K::Unavailable);
    }

    #[test]
    fn a_fault_says_what_to_do() {
        let access = Access::new(Settings { profile: Some("prod".into()), ..Settings::new("aws.prod") });
        let fault = |answer: Answer| answer.fault("ce:GetCostAndUsage", &access);
        let expired = fault(answer(400, "ExpiredTokenException", "The Canonical String was 'secret'"));
        assert_eq!(expired.message, "`ce:GetCostAndUsage`: AWS answered ExpiredToken");
        assert_eq!(expired.hints, ["log in again: `aws sso login --profile prod`"]);
        let denied = fault(answer(400, "AccessDeniedException", "User: x is not authorized"));
        assert!(denied.hints[0].contains(r#""ce:GetCostAndUsage""#), "{denied:?}");
        let payer = fault(answer(400, "AccessDeniedException", "User not enabled for cost explorer access"));
        assert!(payer.hints[0].contains("management account"), "{payer:?}");
    }

    #[test]
    fn a_refusal_says_in_words_what_is_denied_to_whom() {
        let user = "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: ";
        let told = |rest: &str| denied(&format!("{user}{rest}")).unwrap_or_default();
        let to = "is denied to `arn:aws:iam::111122223333:user/ana`";
        for (rest, want) in [
            (
                "ce:GetCostAndUsage on resource: arn:aws:ce:us-east-1:111122223333:/GetCostAndUsage because no \
                 identity-based policy allows the ce:GetCostAndUsage action",
                format!("`ce:GetCostAndUsage` {to}: no policy allows it"),
            ),
            (
                "s3:ListBucket on resource: \"arn:aws:s3:::bills\" with an explicit deny in a service control policy",
                format!("`s3:ListBucket` on `arn:aws:s3:::bills` {to}: a service control policy denies it"),
            ),
            ("ce:GetTags", format!("`ce:GetTags` {to}: no policy allows it")),
        ] {
            assert_eq!(told(rest), want);
        }
        assert_eq!(denied("Access Denied"), None);
        assert_eq!(denied("User not enabled for cost explorer access"), None);
    }

    #[test]
    fn a_clock_that_is_off_is_not_taken_for_a_bad_key() {
        let access = Access::new(Settings::new("aws.prod"));
        let late = |ahead| Answer { ahead: Some(ahead), ..answer(403, "InvalidSignatureException", "") };
        let fault = late(900).fault("ce:GetCostAndUsage", &access);
        assert_eq!(fault.kind, FaultKind::Unavailable);
        assert!(fault.message.ends_with("clock is 15 minutes behind AWS's"), "{fault}");
        assert_eq!(late(10).fault("ce:GetCostAndUsage", &access).kind, FaultKind::Expired);
        assert_eq!(http::ahead("Sun, 22 Nov 2026 10:00:30 GMT", 1_795_341_630), Some(0));
    }

    #[test]
    fn the_longest_wait_counts() {
        let headers = |name: &str| match name {
            "retry-after" => Some("3".to_owned()),
            "x-amz-retry-after" => Some("4500".to_owned()),
            _ => None,
        };
        assert_eq!(wait(&headers), Some(Duration::from_millis(4_500)));
        let dates = |name: &str| match name {
            "retry-after" => Some("Sun, 22 Nov 2026 10:00:30 GMT".to_owned()),
            "date" => Some("Sun, 22 Nov 2026 10:00:00 GMT".to_owned()),
            _ => None,
        };
        assert_eq!(wait(&dates), Some(Duration::from_secs(30)));
        assert_eq!(wait(&|_| None), None);
    }
}
