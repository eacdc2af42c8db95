//! HTTP to webhooks: never redirected, bounded, and only to where it is meant to go.
//!
//! A webhook's address is a secret: no error has more of it than its host. Names are resolved once, every
//! address that is not on the internet is refused, and the connection goes to what was checked: neither a name
//! that leads inwards nor an answer that points there reaches a cloud's metadata or the company's network.
//! Hosts of `allow_private` are let through, and may be spoken with unencrypted. Proxies of the environment are
//! not used: through one, nobody could tell where a name leads.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Request, StatusCode, Url};
use serde_json::Value;

use super::outgoing::{Failure, without_echo};
use crate::domain::text::SafeText;
use crate::secret::Secret;

/// How long a connection may take, and all of it.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ALL_WITHIN: Duration = Duration::from_secs(20);
/// How long what an answer says after its head may take: whether it was taken is known by then.
const BODY_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const BODY_MAX: usize = 16 << 10;

/// The way to a channel's hosts.
pub struct Net {
    client: Client,
    allowed: Arc<Vec<String>>,
}

/// What was answered.
pub struct Answered {
    host: String,
    status: StatusCode,
    headers: HeaderMap,
    /// The beginning of the body.
    pub body: String,
    /// What it was sent.
    sent: String,
}

impl Net {
    /// A client that speaks with hosts of the internet and with those of `allowed`.
    ///
    /// # Errors
    /// Where the certificate is none.
    pub fn new(allowed: &[String], certificate: Option<&Path>) -> Result<Net, Failure> {
        Net::made(allowed, certificate, ALL_WITHIN)
    }

    /// One that waits no longer than that.
    #[cfg(test)]
    pub fn within(allowed: &[String], most: Duration) -> Result<Net, Failure> {
        Net::made(allowed, None, most)
    }

    fn made(allowed: &[String], certificate: Option<&Path>, most: Duration) -> Result<Net, Failure> {
        let allowed = Arc::new(allowed.iter().map(|host| named(host)).collect::<Vec<_>>());
        let mut client = Client::builder()
            .user_agent(concat!("spendtop/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(most)
            .dns_resolver(Arc::new(Guarded(Arc::clone(&allowed))));
        if let Some(path) = certificate {
            let shown = SafeText::path(path);
            let wrong = |why: &dyn std::fmt::Display| Failure::new(format!("the certificate `{shown}`: {why}"));
            let pem = std::fs::read(path).map_err(|e| wrong(&e))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| wrong(&e))? {
                client = client.add_root_certificate(certificate);
            }
        }
        let client = client.build().map_err(|e| failed("this machine", e))?;
        Ok(Net { client, allowed })
    }

    /// Sends JSON to an address of a service once, which must take it. A success that is none in the words of any
    /// service is told as a failure, and so is one that is none in its own: `refuses` says so by the body. `secrets`
    /// are struck out of what it answers.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn post_json(
        &self,
        url: &Secret,
        body: &Value,
        (refuses, secrets): (impl Fn(&str) -> bool, &[&str]),
    ) -> Result<(), Failure> {
        let headers = [("content-type", "application/json".to_owned())];
        let answered = self.asked(url, &headers, body.to_string().into_bytes(), true).await?;
        answered.success(secrets)?;
        answered.taken(refuses, secrets)
    }

    /// Sends a body to an address once.
    ///
    /// # Errors
    /// Where the address may not be spoken with, or nothing is answered.
    pub async fn post(&self, url: &Secret, headers: &[(&str, String)], body: Vec<u8>) -> Result<Answered, Failure> {
        self.asked(url, headers, body, false).await
    }

    /// The same; what a success says is read where that matters.
    async fn asked(
        &self,
        url: &Secret,
        headers: &[(&str, String)],
        body: Vec<u8>,
        reads: bool,
    ) -> Result<Answered, Failure> {
        let url = Url::parse(url.reveal())
            .map_err(|_| Failure::new("what its secret holds is no address: it begins with https://"))?;
        let host = self.speakable(&url)?;
        let mut request = Request::new(Method::POST, url);
        for (name, value) in headers {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes());
            let mut value = reqwest::header::HeaderValue::from_str(value)
                .map_err(|_| Failure::new("a header cannot be sent: it has characters that none may have"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(name.map_err(|_| Failure::new("a header has no name"))?, value);
        }
        let sent = String::from_utf8_lossy(&body).into_owned();
        *request.body_mut() = Some(body.into());
        let mut response = self.client.execute(request).await.map_err(|e| failed(&host, e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        // What is said is said at its beginning, however long it goes on.
        if reads || !status.is_success() {
            let read = async {
                while body.len() < BODY_MAX {
                    let Ok(Some(piece)) = response.chunk().await else { break };
                    body.extend_from_slice(&piece[..piece.len().min(BODY_MAX - body.len())]);
                }
            };
            // What it has said by then is what it says.
            tokio::time::timeout(BODY_WITHIN, read).await.unwrap_or(());
        }
        Ok(Answered { host, status, headers, body: String::from_utf8_lossy(&body).into_owned(), sent })
    }

    /// The host of an address that may be spoken with.
    fn speakable(&self, url: &Url) -> Result<String, Failure> {
        let host = named(url.host_str().unwrap_or_default());
        let shown = SafeText::from_outside(&host).into_string();
        let is_allowed = self.allowed.contains(&host);
        if host.is_empty() {
            return Err(Failure::new("what its secret holds names no host: it begins with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::new(format!("the address of `{shown}` has a user before its host")));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_allowed => {}
            _ => {
                return Err(Failure::new(format!(
                    "`{shown}` would be spoken with unencrypted: use https, or name it in allow_private"
                )));
            }
        }
        match host.parse::<IpAddr>() {
            Ok(address) if !is_allowed && !is_public(address) => Err(inwards(&shown)),
            _ => Ok(shown),
        }
    }
}

/// A host by one name, however it is written.
fn named(host: &str) -> String {
    host.trim().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

fn inwards(host: &str) -> Failure {
    Failure::new(format!("`{host}` is not on the internet: name it in allow_private where that is meant"))
}

impl Answered {
    /// Whether it is a success; else why not, with the answer's own words, from which `secrets` are struck out.
    ///
    /// # Errors
    /// Where it is none.
    pub fn success(&self, secrets: &[&str]) -> Result<(), Failure> {
        if self.status.is_success() {
            return Ok(());
        }
        let status = self.status.as_u16();
        let why = match status {
            300..=399 => format!("{} answered {status}: it has moved, which is not followed", self.host),
            401 | 403 => format!("{} answered {status}: it does not know the secret", self.host),
            404 | 410 => format!("{} answered {status}: the address is not there any more", self.host),
            _ => format!("{} answered {status}", self.host),
        };
        let said = if self.is_page() { "" } else { self.body.as_str() };
        let said = &without_echo(said, &self.sent);
        // A gateway does not know what became of it.
        let unsure = status == 504;
        Err(Failure { wait: self.wait(), unsure, ..Failure::said(&why, said, secrets) })
    }

    /// Whether a success says no otherwise. Of one that breaks off its beginning tells.
    fn taken(&self, refuses: impl Fn(&str) -> bool, secrets: &[&str]) -> Result<(), Failure> {
        // What counts its bytes may break off, too.
        let said = closed(self.body.trim());
        if !self.is_page() && !names_error(&said) && !refuses(&said) {
            return Ok(());
        }
        let why = format!("{} answered {}, but has not taken it", self.host, self.status.as_u16());
        let echoless = without_echo(&self.body, &self.sent);
        let said = if self.is_page() { "a web page, as of a login" } else { &echoless };
        // Somebody has it.
        Err(Failure { unsure: true, ..Failure::said(&why, said, secrets) })
    }

    fn is_page(&self) -> bool {
        self.body.trim_start().starts_with('<')
    }

    /// Seconds that the answer says to wait.
    fn wait(&self) -> Option<i64> {
        let header = |name| self.headers.get(name)?.to_str().ok();
        let text = header(RETRY_AFTER)?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return seconds.is_finite().then_some(seconds.ceil() as i64);
        }
        let seconds = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok().map(|at| at.timestamp());
        Some((seconds(text)? - header(DATE).and_then(seconds)?).max(0))
    }
}

/// What went wrong on the way, without the address.
fn failed(host: &str, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let unsure = !error.is_connect() && !error.is_builder();
    if error.is_timeout() {
        return Failure { unsure, ..Failure::new(format!("{host} did not answer in time")) };
    }
    Failure { unsure, ..Failure::said(host, &innermost.to_string(), &[]) }
}

/// Resolves names to addresses that may be spoken with.
struct Guarded(Arc<Vec<String>>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let is_allowed = allowed.contains(&named(host));
            let public: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_allowed || is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(inwards(&SafeText::from_outside(host)).why.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_reserved = a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || (a == 198 && (b == 18 || b == 19));
            let is_own = v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared;
            !(is_own || is_reserved || v4.is_documentation() || v4.is_multicast() || v4.is_broadcast())
        }
        IpAddr::V6(v6) => match within(v6) {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => {
                // Of all that there is, only this is given out (iana.org/assignments/ipv6-unicast-address-assignments);
                // of it not to hosts: protocols' own, as Teredo, and documentation's.
                let [first, second, ..] = v6.segments();
                let is_protocols = first == 0x2001 && second < 0x0200;
                let is_documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
                first & 0xe000 == 0x2000 && !is_protocols && !is_documentation
            }
        },
    }
}

/// The address of version 4 that one of version 6 stands for.
fn within(v6: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let segments = v6.segments();
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(std::net::Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Mapped, and compatible.
        [0, 0, 0, 0, 0, 0xffff, high, low] => from(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => from(high, low),
        // NAT64, and 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => from(high, low),
        [0x2002, high, low, ..] => from(high, low),
        _ => None,
    }
}

/// The beginning of a JSON object as one that ends where it breaks off, or before; anything else as it is.
fn closed(begun: &str) -> Cow<'_, str> {
    if names(begun).is_some() || !begun.starts_with('{') {
        return Cow::Borrowed(begun);
    }
    const ENDS: [&str; 10] = ["}", "\"}", "]}", "\"]}", "}}", "\"}}", "}]}", "\"}]}", "]}}", "\"]}}"];
    let whole = |part: &str, end: &str| Some(format!("{part}{end}")).filter(|all| names(all).is_some());
    let closed = |part: &str| ENDS.iter().find_map(|end| whole(part, end));
    let before = begun.rfind(',').map(|comma| &begun[..comma]);
    let object = [Some(begun), before].into_iter().flatten().find_map(closed);
    object.map_or(Cow::Borrowed(begun), Cow::Owned)
}

/// What a JSON object says.
fn names(body: &str) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_str(body).ok()
}

/// Whether JSON names an error, or says that something is not so.
fn names_error(body: &str) -> bool {
    let Some(said) = names(body) else { return false };
    let is_error = |name: &str| match said.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    ["error", "errors"].into_iter().any(is_error)
        || ["ok", "success"].into_iter().any(|name| said.get(name) == Some(&Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for inner in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "::",
            "fd00:ec2::254",
            "fe80::1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "ff02::1",
            "64:ff9b:1::a00:1",
            "100::1",
            "5f00::1",
            "2001::7f00:1",
            "2001:db8::1",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!is_public(inner.parse().expect("an address")), "{inner}");
        }
        for outer in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(outer.parse().expect("an address")), "{outer}");
        }
    }

    #[tokio::test]
    async fn nobody_inside_is_spoken_with_and_no_error_has_the_address() {
        let net = Net::new(&[], None).expect("client");
        for (url, why) in [
            ("http://hooks.example/canary", "unencrypted"),
            ("https://127.0.0.1/canary", "not on the internet"),
            ("https://[::ffff:169.254.169.254]/canary", "not on the internet"),
            ("https://2130706433/canary", "not on the internet"),
            ("https://0x7f.1/canary", "not on the internet"),
            ("https://localhost/canary", "not on the internet"),
            ("https://user:canary@hooks.example/", "user before its host"),
            ("ftp://hooks.example/canary", "unencrypted"),
            ("canary", "is no address"),
            ("https://", "is no address"),
            ("file:///canary", "names no host"),
            ("mailto:canary", "names no host"),
        ] {
            let Err(failure) = net.post(&Secret::from(url.to_owned()), &[], Vec::new()).await else { panic!("{url}") };
            assert!(failure.why.contains(why) && !failure.why.contains("canary"), "{url}: {failure:?}");
        }
        let here = Net::new(&["127.0.0.1".to_owned()], None).expect("client");
        let Err(nobody) = here.post(&Secret::from("http://127.0.0.1:1/canary".to_owned()), &[], Vec::new()).await
        else {
            panic!("nobody listens there")
        };
        assert!(nobody.why.starts_with("127.0.0.1: ") && !nobody.why.contains("canary"), "{nobody:?}");
    }
}
