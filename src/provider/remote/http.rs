//! HTTP as all providers' clients use it: bounded, never redirected, and silent about URLs.
//!
//! A URL may hold a signature, so that no message and no error has one; messages name the host.
//! Plain HTTP is only spoken with this machine, as with an emulator or a forwarded port.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url};

use super::fault::{Fault, FaultKind, innermost, way, words};
use crate::domain::text::SafeText;

/// Bytes of an answer at most.
pub const BODY_MAX: usize = 64 << 20;

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long an answer may pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A client for one provider.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
}

/// What was answered, whole.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The host that answered.
    pub host: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// A client; `authority` is a file of further certificates (PEM) to trust, as a company's proxy needs.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where the file is no certificate.
    pub fn new(authority: Option<&Path>) -> Result<Http, Fault> {
        let client = Client::builder()
            .user_agent(concat!("spendtop/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(PAUSE_MAX);
        let pem = authority.map(certificates).transpose()?.unwrap_or_default();
        let client = trusting(client, &pem).map_err(|e| failed("this machine", e))?;
        Ok(Http { client })
    }

    /// The client, to build requests with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request once and reads the answer, whatever its status.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`] where nothing comes, [`FaultKind::Refused`] where the URL is not one
    /// to speak with, [`FaultKind::Garbled`] where the answer is too long.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answered, Fault> {
        let request = request.build().map_err(|e| failed("the request", e))?;
        let host = speakable(request.url())?;
        let mut response = self.client.execute(request).await.map_err(|e| failed(&host, e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| failed(&host, e))? {
            if body.len() + piece.len() > BODY_MAX {
                let most = BODY_MAX >> 20;
                return Err(Fault::new(FaultKind::Garbled, format!("{host} answered with more than {most} MiB")));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answered { host, status, headers, body })
    }
}

/// A file of certificates (PEM) to trust besides the system's, known to hold such.
///
/// # Errors
/// [`FaultKind::Refused`] where it does not.
pub fn certificates(path: &Path) -> Result<Vec<u8>, Fault> {
    let shown = SafeText::path(path);
    let wrong = |why: &str| Fault::new(FaultKind::Refused, format!("cannot use the certificate `{shown}`: {why}"));
    let pem = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    if memchr::memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_none() {
        return Err(wrong("it holds no `BEGIN CERTIFICATE`"));
    }
    trusting(Client::builder(), &pem).map_err(|error| wrong(&innermost(&error)))?;
    Ok(pem)
}

/// A client that trusts these certificates (PEM) besides the system's.
fn trusting(client: reqwest::ClientBuilder, pem: &[u8]) -> reqwest::Result<Client> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem)?;
    certificates.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate).build()
}

/// The host of a URL that may be spoken with.
///
/// # Errors
/// [`FaultKind::Refused`] where it would be spoken with unencrypted.
pub fn speakable(url: &Url) -> Result<String, Fault> {
    let host = url.host_str().unwrap_or_default();
    let shown = SafeText::from_outside(host).into_string();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = address.map_or(host == "localhost", |address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(shown),
        "http" if is_here => Ok(shown),
        _ => Err(Fault::new(FaultKind::Refused, format!("`{shown}` would be spoken with unencrypted"))
            .hint("use https; http is only for this machine")),
    }
}

/// How long a `Retry-After` says to wait, in seconds or as a date held against the answer's own `Date`.
#[must_use]
pub fn wait(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let (then, now) = (seconds_of(text)?, date.and_then(seconds_of)?);
    u64::try_from(then - now).ok().map(Duration::from_secs)
}

/// By how many seconds the clock that wrote an HTTP date is ahead of `now`.
#[must_use]
pub fn ahead(date: &str, now: i64) -> Option<i64> {
    Some(seconds_of(date)? - now)
}

/// An HTTP date (RFC 9110, 5.6.7), in seconds since 1970.
fn seconds_of(date: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc2822(date).ok().map(|date| date.timestamp())
}

/// A failure to send or to read; its URL is left out.
fn failed(host: &str, error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let why = words(&innermost(&error));
    let kind = if error.is_builder() { FaultKind::Refused } else { FaultKind::Unavailable };
    let fault = Fault::new(kind, format!("{host}: {why}"));
    match way(&why) {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

impl Answered {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`FaultKind::Garbled`]: an HTML page, a cut answer, another shape.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let begins: String = String::from_utf8_lossy(&self.body).chars().take(40).collect();
            let (host, begins) = (&self.host, words(&begins));
            Fault::new(FaultKind::Garbled, format!("{host} answered what cannot be read ({error}): `{begins}`"))
        })
    }

    /// How long `Retry-After` says to wait, in seconds or as a date held against the answer's own.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        wait(self.header(RETRY_AFTER)?, self.header(DATE))
    }

    /// By how many seconds the answer's own clock is ahead of `now`; `None` where it has none.
    #[must_use]
    pub fn clock_ahead(&self, now: i64) -> Option<i64> {
        ahead(self.header(DATE)?, now)
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The fault that a status means where the provider says no more; `said` are its own words. Never
    /// of a success.
    #[must_use]
    pub fn fault(&self, said: &str) -> Fault {
        let kind = match self.status.as_u16() {
            401 => FaultKind::Expired,
            403 => FaultKind::Denied,
            404 | 410 => FaultKind::NotThere,
            408 | 425 | 429 => FaultKind::Throttled,
            500..=599 => FaultKind::Unavailable,
            // A proxy's login page, or somebody who moved: never followed.
            300..=399 => FaultKind::Garbled,
            _ => FaultKind::Refused,
        };
        let said = if said.is_empty() { String::new() } else { format!(": {}", words(said)) };
        Fault::new(kind, format!("{} answered {}{said}", self.host, self.status.as_u16())).wait(self.retry_after())
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answered(template: ResponseTemplate) -> Result<Answered, Fault> {
        let server = MockServer::start().await;
        Mock::given(path("/secret-signature")).respond_with(template).mount(&server).await;
        let http = Http::new(None).expect("client");
        http.send(http.client().get(format!("{}/secret-signature", server.uri()))).await
    }

    #[tokio::test]
    async fn an_answer_is_read_whole_and_never_followed() {
        let moved = ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/");
        let answer = answered(moved).await.expect("answered");
        let fault = answer.fault("");
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Garbled, "127.0.0.1 answered 302"));
        let page = answered(ResponseTemplate::new(200).set_body_string("<html>\u{1b}[0m")).await.expect("answered");
        let fault = page.json::<serde_json::Value>().expect_err("no JSON");
        assert!(fault.kind == FaultKind::Garbled && fault.message.contains("<html>"), "{fault}");
        assert!(!fault.message.contains('\u{1b}') && !fault.message.contains("signature"), "{fault}");
    }

    #[tokio::test]
    async fn what_to_wait_is_read_as_seconds_or_as_a_date() {
        let later = ResponseTemplate::new(429)
            .insert_header("retry-after", "Sun, 22 Nov 2026 10:00:30 GMT")
            .insert_header("date", "Sun, 22 Nov 2026 10:00:00 GMT");
        for (template, wait) in [
            (ResponseTemplate::new(503).insert_header("retry-after", "7"), Some(7)),
            (later, Some(30)),
            (ResponseTemplate::new(429).insert_header("retry-after", "soon"), None),
        ] {
            let fault = answered(template).await.expect("answered").fault("slow down");
            assert_eq!(fault.wait, wait.map(Duration::from_secs));
            assert!(fault.kind.is_passing() && fault.message.ends_with(": slow down"), "{fault}");
        }
    }

    #[test]
    fn a_file_that_is_no_certificate_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ca.pem");
        for (text, why) in [
            ("nothing of the sort", "no `BEGIN CERTIFICATE`"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ""),
            ("-----BEGIN CERTIFICATE-----\nAAAA", ""),
        ] {
            std::fs::write(&path, text).expect("written");
            let fault = Http::new(Some(&path)).expect_err(text);
            assert!(fault.kind == FaultKind::Refused && fault.message.contains(why), "{text}: {fault}");
            assert!(fault.message.starts_with("cannot use the certificate"), "{text}: {fault}");
        }
    }

    #[tokio::test]
    async fn nobody_is_spoken_with_unencrypted_but_this_machine() {
        let http = Http::new(None).expect("client");
        for url in ["http://ce.example/secret", "ftp://127.0.0.1/", "http://127.0.0.1.example/"] {
            let fault = http.send(http.client().get(url)).await.expect_err("refused");
            assert!(fault.kind == FaultKind::Refused && !fault.message.contains("secret"), "{fault}");
        }
        let nobody = http.send(http.client().get("http://127.0.0.1:1/secret")).await.expect_err("nobody");
        assert!(nobody.kind == FaultKind::Unavailable && !nobody.message.contains("secret"), "{nobody}");
    }
}
