//! What a store answers that its library does not tell: why it refuses, in which region a bucket is, keys that
//! nobody can ask for, and a listing that is none. Pure: knows no connection.
//!
//! | code | what it means |
//! |---|---|
//! | `ExpiredToken`, `InvalidAccessKeyId`, `SignatureDoesNotMatch` ... | expired: log in again |
//! | `RequestTimeTooSkewed` | refused: this machine's clock |
//! | `InvalidObjectState`, `BlobArchived` | refused: it lies in an archive |
//! | `PermanentRedirect`, `AuthorizationHeaderMalformed` ..., with a region | refused: asked for there |
//!
//! Codes are of "Error responses" (S3 API reference) and "Blob storage error codes" (Azure).

use std::fmt;

use object_store::path::Path;

use super::super::remote::fault::words;
use super::super::remote::{Fault, FaultKind};

/// How the key of an object begins that cannot be asked for by its own, which follows in hexadecimal digits.
const ODD: &str = "\u{fffd}odd:";

/// Why a store refuses, as it says it itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its code; empty where it says a region alone.
    code: String,
    /// Where the bucket is.
    pub region: Option<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

impl std::error::Error for Told {}

/// What an answer that is no success says besides its status, where its library would not tell it; `region` is what
/// its header says of the bucket's.
#[must_use]
pub fn refusal(status: u16, region: Option<&str>, body: &[u8]) -> Option<Told> {
    let body = std::str::from_utf8(body).unwrap_or_default();
    let code = between(body, "<Code>", "</Code>").unwrap_or_default();
    let is_elsewhere = (300..400).contains(&status) || code == "AuthorizationHeaderMalformed";
    let region = region.or_else(|| between(body, "<Region>", "</Region>")).filter(|_| is_elsewhere);
    let region = region.filter(|region| is_region(region)).map(str::to_owned);
    let told = Told { code: code.to_owned(), region };
    (is_elsewhere || told.means().is_some()).then_some(told)
}

/// Whether a text may be a region's name: it becomes part of a host's.
fn is_region(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl Told {
    /// Its kind, what it means and what to do about it.
    fn means(&self) -> Option<(FaultKind, &'static str, &'static str)> {
        const LOGIN: &str = "log in again (`aws sso login`), or renew the access key";
        Some(match self.code.as_str() {
            "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" | "InvalidToken" => {
                (FaultKind::Expired, "the credentials are no longer good", LOGIN)
            }
            "InvalidAccessKeyId" => (FaultKind::Expired, "the access key is not known there", LOGIN),
            "SignatureDoesNotMatch" => (FaultKind::Expired, "the access key and its secret do not go together", LOGIN),
            "RequestTimeTooSkewed" => (
                FaultKind::Refused,
                "this machine's clock is not the store's",
                "set the clock, as with `timedatectl set-ntp true`",
            ),
            "InvalidObjectState" | "BlobArchived" => (
                FaultKind::Refused,
                "lies in an archive, where it cannot be read",
                "restore it, and keep exports out of the archive: a lifecycle rule of the bucket put it there",
            ),
            _ => return None,
        })
    }

    /// As a fault of what was asked for.
    #[must_use]
    pub fn fault(&self, name: &str) -> Fault {
        if let Some((kind, what, hint)) = self.means() {
            return Fault::new(kind, format!("{name}: {what}")).hint(hint);
        }
        match &self.region {
            Some(region) => Fault::new(FaultKind::Refused, format!("{name}: is in the region `{region}`"))
                .hint(format!("write `region = \"{region}\"` below the connection, and sync again")),
            None => Fault::new(FaultKind::Refused, format!("{name}: is somewhere else"))
                .hint("is the region right? write the bucket's as `region = \"...\"` below the connection"),
        }
    }
}

/// A page of a listing that was asked for with this query: as it came, but keys that cannot be asked for are
/// marked ([`odd_key`]).
///
/// # Errors
/// [`Fault`] where it is no listing, or would go on with itself.
pub fn page(query: &str, body: &[u8]) -> Result<Option<String>, Fault> {
    let text = String::from_utf8_lossy(body);
    if !["<ListBucketResult", "<EnumerationResults"].iter().any(|element| text.contains(element)) {
        let what = if text.trim().is_empty() { "nothing" } else { "something else" };
        let what = format!("what answers is no object store: asked for a list, it says {what}");
        return Err(Fault::new(FaultKind::Unavailable, what)
            .hint("is a proxy or a network's login page between? open any page in a browser"));
    }
    let next = between(&text, "<NextContinuationToken>", "</NextContinuationToken>")
        .or_else(|| between(&text, "<NextMarker>", "</NextMarker>"));
    let next = next.map(unescaped).filter(|next| !next.is_empty());
    if next.is_some() && next == asked_from(query) {
        return Err(Fault::new(FaultKind::Refused, "the list never ends: the same page comes again and again")
            .hint("whatever answers there does not list as its cloud does"));
    }
    Ok(marked(&text))
}

/// From where a page was asked for.
fn asked_from(query: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("http://store/?{query}")).ok()?;
    let mut pairs = url.query_pairs();
    pairs.find(|(name, _)| name == "continuation-token" || name == "marker").map(|(_, value)| value.into_owned())
}

/// The text with odd keys marked; `None` where there is none.
fn marked(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    let (object, open, close) = if text.contains("<EnumerationResults") {
        ("<Blob>", "<Name>", "</Name>")
    } else {
        ("<Contents>", "<Key>", "</Key>")
    };
    while let Some(at) = rest.find(object) {
        let start = at + rest[at..].find(open)? + open.len();
        let end = start + rest[start..].find(close)?;
        let key = unescaped(&rest[start..end]);
        out.push_str(&rest[..start]);
        if is_odd(&key) {
            let digits: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
            out.push_str(&format!("{ODD}{digits}"));
        } else {
            out.push_str(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// Whether an object cannot be asked for by its key: folders without a name, `.` and `..`, control characters.
fn is_odd(key: &str) -> bool {
    Path::parse(key).map_or(true, |path| path.as_ref() != key.strip_suffix('/').unwrap_or(key))
}

/// The key that [`page`] marked, safe to show; `None` where it did not.
#[must_use]
pub fn odd_key(key: &str) -> Option<String> {
    let digits = key.strip_prefix(ODD)?;
    let byte = |at: usize| digits.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    Some(words(&String::from_utf8_lossy(&bytes?)))
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let rest = text.split_once(open)?.1;
    rest.split_once(close).map(|(inner, _)| inner)
}

/// The text of an element without what stands for characters.
fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once(';') else {
            out.push('&');
            rest = after;
            continue;
        };
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let stands_for = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match name.strip_prefix('#').map(|digits| (digits.strip_prefix(['x', 'X']), digits)) {
                Some((Some(digits), _)) => number(digits, 16),
                Some((None, digits)) => number(digits, 10),
                None => None,
            },
        };
        // What cannot be told stays no legal key.
        out.push(stands_for.unwrap_or('\0'));
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_says_of_a_refusal_is_what_is_told() {
        let error = |code: &str, more: &str| format!("<?xml?><Error><Code>{code}</Code>{more}</Error>");
        for (status, header, body, kind, want) in [
            (400, None, error("ExpiredToken", ""), FaultKind::Expired, "no longer good"),
            (403, None, error("InvalidAccessKeyId", ""), FaultKind::Expired, "not known there"),
            (403, None, error("RequestTimeTooSkewed", ""), FaultKind::Refused, "clock"),
            (403, None, error("InvalidObjectState", ""), FaultKind::Refused, "archive"),
            (301, Some("eu-west-1"), error("PermanentRedirect", ""), FaultKind::Refused, "the region `eu-west-1`"),
            (301, Some("evil.example/x"), String::new(), FaultKind::Refused, "is somewhere else"),
            (
                400,
                None,
                error("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"),
                FaultKind::Refused,
                "the region `eu-central-1`",
            ),
        ] {
            let fault = refusal(status, header, body.as_bytes()).expect("told").fault("s3://bills");
            assert_eq!(fault.kind, kind, "{body}");
            assert!(fault.message.starts_with("s3://bills: ") && fault.message.contains(want), "{fault}");
            assert!(!fault.hints.is_empty(), "{fault}");
        }
        // What is a plain refusal is one.
        assert_eq!(refusal(403, Some("eu-west-1"), error("AccessDenied", "").as_bytes()), None);
        assert_eq!(refusal(400, None, b"\xff"), None);
    }

    #[test]
    fn keys_that_cannot_be_asked_for_are_marked_and_all_else_stays() {
        let list = |keys: &[&str]| {
            let object = |key: &&str| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
            let objects: String = keys.iter().map(object).collect();
            format!("<ListBucketResult><KeyCount>1</KeyCount>{objects}</ListBucketResult>")
        };
        let good = list(&["ex/a&amp;b.csv", "ex/folder/", "ex/\u{e9} #1?.csv"]);
        assert_eq!(page("list-type=2", good.as_bytes()), Ok(None));
        for odd in ["ex//a.csv", "ex/./a.csv", "ex/../a", "/ex/a.csv", "ex/a&#x1;.csv", "ex/a\u{7}.csv", "ex/&nope;"] {
            let text = page("list-type=2", list(&["ex/a", odd, "ex/b"]).as_bytes()).expect("a page").expect("marked");
            let keys: Vec<&str> = text.split("<Key>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
            assert_eq!((keys.len(), keys[0], keys[2]), (3, "ex/a", "ex/b"));
            assert!(Path::parse(keys[1]).is_ok() && odd_key(keys[1]).is_some() && odd_key(keys[0]).is_none(), "{odd}");
        }
        assert_eq!(odd_key(&format!("{ODD}65782f2f61")).as_deref(), Some("ex//a"));
    }

    #[test]
    fn a_list_that_is_none_or_goes_on_with_itself_is_an_error() {
        for (body, want) in [("", "it says nothing"), ("<html>log in</html>", "it says something else")] {
            let fault = page("list-type=2", body.as_bytes()).expect_err("no list");
            assert!(fault.kind == FaultKind::Unavailable && fault.message.contains(want), "{fault}");
        }
        let list = "<ListBucketResult><NextContinuationToken>a&amp;b</NextContinuationToken></ListBucketResult>";
        assert_eq!(page("list-type=2&continuation-token=a", list.as_bytes()), Ok(None));
        let fault = page("continuation-token=a%26b&list-type=2", list.as_bytes()).expect_err("no end");
        assert!(fault.kind == FaultKind::Refused && fault.message.contains("never ends"), "{fault}");
        let azure = "<EnumerationResults><NextMarker>m</NextMarker></EnumerationResults>";
        assert!(page("comp=list&marker=m", azure.as_bytes()).is_err());
    }
}
