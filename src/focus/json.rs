//! JSON texts looked through in place: numbers stay the text that they are, and nothing is built.
//!
//! Also reads what Python prints of lists and dictionaries (`[{'key': 'team', 'value': None}]`), since
//! tables that were flattened with its tools hold that. Knows no format of a bill.

use std::borrow::Cow;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value<'a> {
    /// None.
    Null,
    /// A text, unescaped.
    Text(Cow<'a, str>),
    /// A number or a truth, as it is written.
    Word(&'a str),
    /// A list, as it is written.
    List(&'a str),
    /// An object, as it is written.
    Object(&'a str),
}

impl Value<'_> {
    /// A single value as text; nothing for the others.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Word(word) => Some(word),
            Value::Null | Value::List(_) | Value::Object(_) => None,
        }
    }
}

/// What is left to look through.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn takes(&mut self, mark: char) -> bool {
        self.0 = self.0.trim_start();
        self.0.strip_prefix(mark).map(|rest| self.0 = rest).is_some()
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.0 = self.0.trim_start();
        match self.0.as_bytes().first()? {
            b'"' | b'\'' => self.text().map(Value::Text),
            b'[' => self.nested().map(Value::List),
            b'{' => self.nested().map(Value::Object),
            _ => {
                let end = self.0.find([',', ']', '}', ':']).unwrap_or(self.0.len());
                let (word, rest) = self.0.split_at(end);
                self.0 = rest;
                match word.trim_end() {
                    "" => None,
                    "null" | "None" => Some(Value::Null),
                    word => Some(Value::Word(word)),
                }
            }
        }
    }

    /// The place after the text that starts here, quotes and all.
    fn text_end(text: &str) -> Option<usize> {
        let quote = *text.as_bytes().first()?;
        let mut escaped = false;
        let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
            let ends = *byte == quote && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        end.map(|(at, _)| at + 1)
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let (quoted, rest) = self.0.split_at(Self::text_end(self.0)?);
        self.0 = rest;
        let inner = &quoted[1..quoted.len() - 1];
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        let json = if quoted.starts_with('"') {
            Cow::Borrowed(quoted)
        } else {
            Cow::Owned(format!("\"{}\"", inner.replace("\\'", "'").replace('"', "\\\"")))
        };
        serde_json::from_str(&json).ok().map(Cow::Owned)
    }

    /// A list or an object, up to the mark that closes it.
    fn nested(&mut self) -> Option<&'a str> {
        let (whole, bytes) = (self.0, self.0.as_bytes());
        let (mut depth, mut at) = (0u32, 0);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' | b'\'' => {
                    at += Self::text_end(&whole[at..])?;
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.0 = &whole[at..];
                return Some(&whole[..at]);
            }
        }
        None
    }
}

/// Calls `visit` for each member of an object; false where it is none, or broken.
pub fn members<'a>(object: &'a str, visit: &mut dyn FnMut(&str, Value<'a>)) -> bool {
    let mut rest = Rest(object);
    if !rest.takes('{') {
        return false;
    }
    if rest.takes('}') {
        return rest.0.trim().is_empty();
    }
    loop {
        rest.0 = rest.0.trim_start();
        let Some(name) = rest.0.starts_with(['"', '\'']).then(|| rest.text()).flatten() else { return false };
        if !rest.takes(':') {
            return false;
        }
        let Some(value) = rest.value() else { return false };
        visit(&name, value);
        if !rest.takes(',') {
            return rest.takes('}') && rest.0.trim().is_empty();
        }
    }
}

/// Calls `visit` for each item of a list; false where it is none, or broken.
pub fn items<'a>(list: &'a str, visit: &mut dyn FnMut(Value<'a>)) -> bool {
    let mut rest = Rest(list);
    if !rest.takes('[') {
        return false;
    }
    if rest.takes(']') {
        return rest.0.trim().is_empty();
    }
    loop {
        let Some(value) = rest.value() else { return false };
        visit(value);
        if !rest.takes(',') {
            return rest.takes(']') && rest.0.trim().is_empty();
        }
    }
}

/// Appends a text as a JSON string.
pub fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(object: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        members(object, &mut |name, value| found.push(format!("{name}={value:?}"))).then_some(found)
    }

    #[test]
    fn numbers_stay_text_and_nested_values_whole() {
        let text = r#" {"a":0.10,"b" : -1E-7 , "c":"x\"]y","d":[{"k":"}"}],"e":{"f":null},"g":null,"h":true} "#;
        let want = [
            "a=Word(\"0.10\")",
            "b=Word(\"-1E-7\")",
            "c=Text(\"x\\\"]y\")",
            "d=List(\"[{\\\"k\\\":\\\"}\\\"}]\")",
            "e=Object(\"{\\\"f\\\":null}\")",
            "g=Null",
            "h=Word(\"true\")",
        ];
        assert_eq!(shown(text).expect("sound"), want);
        for broken in ["", "[", "{", "{\"a\":1", "{\"a\":1}}", "{a:1}", "{\"a\" 1}", "{\"a\":\"x}", "{\"a\":}"] {
            assert_eq!(shown(broken), None, "{broken}");
        }
        assert_eq!(shown("{}"), Some(Vec::new()));
    }

    #[test]
    fn what_python_prints_is_read_as_well() {
        let mut found = Vec::new();
        let text = r#"[{'key': 'it\'s', 'value': None}, {'key': "a'b", 'value': 'x\\y'}]"#;
        let sound = items(text, &mut |item| {
            let Value::Object(object) = item else { return };
            members(object, &mut |_, value| found.push(format!("{:?}", value.scalar())));
        });
        assert!(sound);
        assert_eq!(found, ["Some(\"it's\")", "None", "Some(\"a'b\")", "Some(\"x\\\\y\")"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_what_is_quoted_is_read_back(text in "\\PC{0,20}[\\x00-\\x1f\"\\\\{}\\[\\],:']{0,8}") {
            members(&text, &mut |_, _| {});
            items(&text, &mut |_| {});
            let mut out = b"[".to_vec();
            quote(&text, &mut out);
            out.push(b']');
            let (json, mut back) = (String::from_utf8(out).expect("text"), None);
            prop_assert!(items(&json, &mut |value| back = value.scalar().map(str::to_owned)));
            prop_assert_eq!(back, Some(text));
        }
    }
}
