//! Tags: the key-value pairs of a charge, kept as the JSON text that the export held.
//!
//! Reads a value by key without building a map, since a question may look at millions of tag
//! texts. Knows no particular key.

use std::borrow::Cow;

/// Whether a text looks like a JSON object: from others no tag can be read.
#[must_use]
pub fn is_object(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('{') && text.ends_with('}')
}

/// The value of `key` in a JSON object text, as text: strings unescaped, other scalars as they
/// are written. `None` where the key is absent, null, or the text is no object.
#[must_use]
pub fn value_of<'a>(json: &'a str, key: &str) -> Option<Cow<'a, str>> {
    // Most texts that lack the key lack its bytes as well; escapes make the rest decide.
    if !json.contains(key) && !json.contains('\\') {
        return None;
    }
    let mut found = None;
    each(json, |k, v| {
        if k == key {
            found = v;
            return false;
        }
        true
    });
    found
}

/// Calls `visit(key, value)` for each pair in turn while it returns true; `None` values are nulls.
/// A text that is not a JSON object has no pairs.
pub fn each<'a>(json: &'a str, mut visit: impl FnMut(&str, Option<Cow<'a, str>>) -> bool) {
    let mut rest = json.trim_start();
    if !rest.starts_with('{') {
        return;
    }
    rest = rest[1..].trim_start();
    while rest.starts_with('"') {
        let Some((key, after)) = string(rest) else { return };
        let Some(after) = after.trim_start().strip_prefix(':') else { return };
        let Some((value, after)) = scalar(after.trim_start()) else { return };
        if !visit(&key, value) {
            return;
        }
        match after.trim_start().strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return,
        }
    }
}

/// A JSON string at the start of `text`, and what follows it.
fn string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let body = text.strip_prefix('"')?;
    let end = body.find(['"', '\\'])?;
    if body.as_bytes()[end] == b'"' {
        return Some((Cow::Borrowed(&body[..end]), &body[end + 1..]));
    }
    let mut escaped = false;
    for (i, b) in body.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let value: String = serde_json::from_str(&text[..i + 2]).ok()?;
                return Some((Cow::Owned(value), &body[i + 1..]));
            }
            _ => {}
        }
    }
    None
}

type Scalar<'a> = (Option<Cow<'a, str>>, &'a str);

/// A JSON value at the start of `text`: nested values are given as their own text.
fn scalar(text: &str) -> Option<Scalar<'_>> {
    if text.starts_with('"') {
        return string(text).map(|(value, rest)| (Some(value), rest));
    }
    if text.starts_with(['{', '[']) {
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
        stream.next()?.ok()?;
        let end = stream.byte_offset();
        return Some((Some(Cow::Borrowed(&text[..end])), &text[end..]));
    }
    let end = text.find([',', '}']).unwrap_or(text.len());
    let word = text[..end].trim_end();
    let value = (word != "null" && !word.is_empty()).then_some(Cow::Borrowed(word));
    Some((value, &text[end..]))
}

/// Writes pairs as a JSON object text, in the given order.
#[must_use]
pub fn to_json<'a>(pairs: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let map: serde_json::Map<String, serde_json::Value> =
        pairs.map(|(k, v)| (k.to_owned(), v.map_or(serde_json::Value::Null, Into::into))).collect();
    if map.is_empty() { String::new() } else { serde_json::Value::Object(map).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_by_key() {
        let json = r#"{"application": "Next \"Brain\" Hub", "env":"dev","n": 4, "off":null, "list":[1,"a,}"], "k8s:namespace":"web","u":"\u00e9"}"#;
        for (key, want) in [
            ("application", Some("Next \"Brain\" Hub")),
            ("env", Some("dev")),
            ("n", Some("4")),
            ("off", None),
            ("list", Some(r#"[1,"a,}"]"#)),
            ("k8s:namespace", Some("web")),
            ("u", Some("é")),
            ("dev", None),
            ("missing", None),
        ] {
            assert_eq!(value_of(json, key).as_deref(), want, "{key}");
        }
    }

    #[test]
    fn bad_json_has_no_pairs_and_no_panic() {
        for json in
            ["", "{", "{\"a", "{\"a\"", "{\"a\":", "[1]", "null", "{\"a\":\"x", "{\"a\":{\"b\"", "{\"a\" \"b\"}"]
        {
            assert_eq!(value_of(json, "a"), None, "{json}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let json = to_json([("b", Some("x\"y")), ("a", None)].into_iter());
        assert_eq!(json, r#"{"b":"x\"y","a":null}"#);
        assert_eq!(value_of(&json, "b").as_deref(), Some("x\"y"));
    }
}
