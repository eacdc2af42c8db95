//! What Azure's refusals mean: bodies of errors, and the waits in their headers. Pure.
//!
//! A status alone does not tell: Cost Management answers a missing role with 401 or 403, and a subscription
//! that it does not cover with 400, 404, 422 or 424. The code decides, then the words, then the status.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::scope::ScopePath;
use crate::provider::remote::fault::words;
use crate::provider::remote::http::Answered;
use crate::provider::remote::{Fault, FaultKind};

/// The permission that a query needs.
pub const QUERY_PERMISSION: &str = "Microsoft.CostManagement/query/read";

/// The built-in role *Cost Management Reader*.
pub const READER_ROLE: &str = "72fafb9e-0641-4937-9268-a91bfd8191a3";

/// What a query's wait headers are called; `Retry-After` is read besides them.
const WAITS: [&str; 6] = [
    "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after",
    "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after",
    "x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after",
    "x-ms-ratelimit-microsoft.costmanagement-client-retry-after",
    "x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after",
    "x-ms-ratelimit-microsoft.consumption-retry-after",
];

/// Seconds that clocks may differ before that is told.
pub const SKEW_MAX: i64 = 300;

/// An error's code and words, in any of the shapes that Azure's front doors send.
#[derive(Default)]
pub struct Said {
    /// The code, as `AuthorizationFailed`.
    pub code: String,
    /// The words.
    pub message: String,
}

#[derive(Deserialize)]
struct Body {
    error: Option<Detail>,
    #[serde(flatten)]
    itself: Detail,
}

#[derive(Deserialize, Default)]
struct Detail {
    #[serde(default, alias = "Code")]
    code: Option<String>,
    #[serde(default, alias = "Message")]
    message: Option<String>,
}

impl Said {
    /// Reads an error's body; nothing where it is no error of Azure's.
    #[must_use]
    pub fn read(body: &[u8]) -> Said {
        let Ok(Body { error, itself }) = serde_json::from_slice(body) else { return Said::default() };
        let detail = error.unwrap_or(itself);
        Said { code: detail.code.unwrap_or_default(), message: detail.message.unwrap_or_default() }
    }
}

/// How long a refusal says to wait: the longest of what it names, and at least `floor`.
#[must_use]
pub fn wait(answered: &Answered, floor: Duration) -> Duration {
    let named = WAITS.iter().filter_map(|name| seconds(&answered.headers, name));
    named.chain(answered.retry_after()).max().unwrap_or_default().max(floor)
}

/// Whether only the scope is to be left alone for a while, and not the whole tenant.
#[must_use]
pub fn is_of_scope(headers: &HeaderMap) -> bool {
    let has = |name: &str| seconds(headers, name).is_some();
    has(WAITS[1]) && !WAITS.iter().enumerate().any(|(at, name)| at != 1 && has(name))
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// What was asked for when it was refused.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The permission that it takes.
    pub permission: &'static str,
    /// The scope.
    pub scope: &'a ScopePath,
    /// The tenant, where it is configured.
    pub tenant: Option<&'a str>,
    /// The least wait after a 429.
    pub floor: Duration,
    /// This machine's time, seconds since 1970.
    pub now: i64,
}

/// The fault that an answer without success means.
#[must_use]
pub fn fault(answered: &Answered, asked: Asked<'_>) -> Fault {
    let Asked { scope, tenant, floor, now, .. } = asked;
    let said = Said::read(&answered.body);
    let text = if said.code.is_empty() { said.message.clone() } else { format!("{}: {}", said.code, said.message) };
    let plain = answered.fault(&text);
    let of = |kind: FaultKind| Fault { kind, ..plain.clone() };
    let is = |codes: &[&str]| codes.iter().any(|code| said.code.eq_ignore_ascii_case(code));
    let status = answered.status.as_u16();
    if status == 429 || is(&["TooManyRequests"]) {
        return of(FaultKind::Throttled).wait(Some(wait(answered, floor)));
    }
    if is_uncovered(&said.message) {
        return of(FaultKind::Refused).hint(
            "Cost Management knows Enterprise Agreements, Microsoft Customer Agreements and pay-as-you-go; sponsorships, \
             classic CSP and starter offers it does not",
        );
    }
    if is(&["IndirectCostDisabled", "AccountCostDisabled", "DepartmentCostDisabled", "CostDisabled"]) {
        return of(FaultKind::Denied)
            .hint("an EA administrator allows it: Cost Management + Billing, Policies, \"view charges\"");
    }
    let denied = ["AuthorizationFailed", "LinkedAuthorizationFailed", "RBACAccessDenied", "AccessDenied", "Forbidden"];
    if is(&denied) || status == 403 {
        return denial(of(FaultKind::Denied), asked);
    }
    if is(&["InvalidAuthenticationTokenTenant"]) {
        return of(FaultKind::Denied).hint("the scope is of another tenant: name it, `tenant = \"...\"`");
    }
    if status == 401 {
        return expiry(of(FaultKind::Expired), answered, tenant, now);
    }
    if is(&["SubscriptionNotFound", "ManagementGroupNotFound", "ResourceGroupNotFound"]) {
        return of(FaultKind::NotThere).hint(format!("check the id of the {}, and the tenant", scope.title()));
    }
    match status {
        // A dependency of theirs failed.
        424 => of(FaultKind::Unavailable),
        200..=299 => Fault::new(FaultKind::Garbled, format!("{} answered {status}, which is no answer", answered.host)),
        _ => plain,
    }
}

/// Whether a message says that the offer of a subscription is not covered.
fn is_uncovered(message: &str) -> bool {
    let message = message.to_lowercase();
    ["supports only enterprise agreement", "offer type", "offertype", "not a supported offer"]
        .iter()
        .any(|words| message.contains(words))
}

fn denial(fault: Fault, asked: Asked<'_>) -> Fault {
    let message = format!("{} is missing at the {}: {}", asked.permission, asked.scope.title(), fault.message);
    Fault { message, ..fault }.hint(role_fix(asked.scope, None))
}

/// What gives somebody the right to query a scope. `who` is an object id.
#[must_use]
pub fn role_fix(scope: &ScopePath, who: Option<&str>) -> String {
    if scope.kind().has_role_assignments() {
        let who = who.unwrap_or("WHO");
        return format!("az role assignment create --assignee {who} --role {READER_ROLE} --scope {}", scope.path());
    }
    format!(
        "give the reader role of the {} in the portal: Cost Management + Billing, Access control (an EA \
         administrator gives \"enrollment reader\" or \"department reader\")",
        scope.kind().name()
    )
}

fn expiry(fault: Fault, answered: &Answered, tenant: Option<&str>, now: i64) -> Fault {
    let fault = match answered.clock_ahead(now) {
        Some(ahead) if ahead.abs() > SKEW_MAX => fault.hint(skew(ahead)),
        _ => fault,
    };
    fault.hint(login(tenant))
}

/// That this machine's clock is wrong.
#[must_use]
pub fn skew(ahead: i64) -> String {
    let way = if ahead > 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {} minutes {way} Azure's: set it", ahead.abs() / 60)
}

/// How somebody logs in again.
#[must_use]
pub fn login(tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => format!("az login --tenant {}", words(tenant)),
        None => "az login".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Answered {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(reqwest::header::HeaderName::try_from(*name).expect("name"), value.parse().expect("value"));
        }
        let status = StatusCode::from_u16(status).expect("status");
        Answered { host: "management.azure.com".into(), status, headers: map, body: body.as_bytes().to_vec() }
    }

    fn fault_of(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
        let scope = ScopePath::parse("/subscriptions/s1").expect("a scope");
        let floor = Duration::from_secs(45);
        let asked = Asked { permission: QUERY_PERMISSION, scope: &scope, tenant: Some("t1"), floor, now: 0 };
        fault(&answered(status, headers, body), asked)
    }

    fn error(code: &str, message: &str) -> String {
        serde_json::json!({"error": {"code": code, "message": message}}).to_string()
    }

    #[test]
    fn a_refusal_means_what_its_code_and_words_say() {
        use FaultKind as F;
        for (status, body, kind, hint) in [
            (401, error("RBACAccessDenied", "no authorization"), F::Denied, "az role assignment create"),
            (403, error("AuthorizationFailed", "x"), F::Denied, "--role 72fafb9e"),
            (403, "<html>".to_owned(), F::Denied, "--scope /subscriptions/s1"),
            (401, error("IndirectCostDisabled", "x"), F::Denied, "EA administrator"),
            (401, error("ExpiredAuthenticationToken", "expired"), F::Expired, "az login --tenant t1"),
            (401, String::new(), F::Expired, "az login"),
            (401, error("InvalidAuthenticationTokenTenant", "wrong issuer"), F::Denied, "another tenant"),
            (404, error("SubscriptionNotFound", "x"), F::NotThere, "check the id of the subscription s1"),
            (
                404,
                error("NotFound", "Given subscription x doesn't have valid WebDirect/AIRS offer type."),
                F::Refused,
                "sponsorships",
            ),
            (
                400,
                error("400", "Cost Management supports only Enterprise Agreement, Web direct and ..."),
                F::Refused,
                "starter offers",
            ),
            (422, error("422", "... is not associated with a valid offer type."), F::Refused, "classic CSP"),
            (400, error("BadRequest", "Invalid dataset grouping"), F::Refused, ""),
            (424, error("FailedDependency", "x"), F::Unavailable, ""),
            (500, String::new(), F::Unavailable, ""),
            (502, "<html>Bad Gateway</html>".to_owned(), F::Unavailable, ""),
            (302, String::new(), F::Garbled, ""),
            (202, String::new(), F::Garbled, ""),
            (404, r#"{"Message":"no such route"}"#.to_owned(), F::NotThere, ""),
        ] {
            let fault = fault_of(status, &[], &body);
            assert_eq!(fault.kind, kind, "{status} {body}: {fault}");
            assert!(fault.hints.join("; ").contains(hint), "{status} {body}: {:?}", fault.hints);
        }
        assert!(fault_of(401, &[], &error("RBACAccessDenied", "x")).message.contains(QUERY_PERMISSION));
        assert!(fault_of(404, &[], r#"{"Message":"no such route"}"#).message.contains("no such route"));
    }

    #[test]
    fn of_several_waits_the_longest_counts_and_none_is_shorter_than_the_floor() {
        let qpu = ("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "3");
        let entity = ("x-ms-ratelimit-microsoft.costmanagement-entity-retry-after", "60");
        let consumption = ("x-ms-ratelimit-microsoft.consumption-retry-after", "90");
        for (headers, want) in [
            (&[][..], 45),
            (&[qpu], 45),
            (&[qpu, entity], 60),
            (&[qpu, entity, consumption, ("retry-after", "7")], 90),
            (&[qpu, ("retry-after", "700")], 700),
            (&[("x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after", "soon")], 45),
        ] {
            let fault = fault_of(429, headers, "");
            assert_eq!((fault.kind, fault.wait), (FaultKind::Throttled, Some(Duration::from_secs(want))));
        }
        assert!(is_of_scope(&answered(429, &[entity], "").headers));
        assert!(!is_of_scope(&answered(429, &[entity, qpu], "").headers));
    }

    #[test]
    fn a_wrong_clock_is_told_where_a_token_is_refused() {
        let fault = fault_of(401, &[("date", "Thu, 01 Jan 1970 01:00:00 GMT")], "");
        assert_eq!(fault.hints[0], "this machine's clock is 60 minutes behind Azure's: set it");
    }
}
