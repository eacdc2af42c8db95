//! Reads filters as people type them.
//!
//! Each mistake is told with its place and, where one is near, what may have been meant.

use super::{Clause, CostBound, Filter, FilterError, Operator, Pattern};
use crate::domain::dimension::Dimension;
use crate::domain::text::UNTOLD_WORD;
use crate::domain::virtuals::Virtual;
use crate::domain::words::nearest;

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) own: &'a [Dimension],
}

impl<'a> Parser<'a> {
    fn error<T>(&self, at: usize, message: impl Into<String>, suggestion: Option<String>) -> Result<T, FilterError> {
        Err(FilterError { text: self.text.to_owned(), at, message: message.into(), suggestion })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn filter(mut self) -> Result<Filter, FilterError> {
        let mut filter = Filter::default();
        loop {
            self.skip_space();
            if self.rest().is_empty() {
                return Ok(filter);
            }
            let start = self.at;
            let negated = self.rest().starts_with(['-', '!']) && self.rest().len() > 1;
            if negated {
                self.at += 1;
            }
            if let Some(bound) = self.bound()? {
                if negated {
                    return self.error(
                        start,
                        "a cost bound cannot be negated",
                        Some("turn the sign round: cost<=100".into()),
                    );
                }
                filter.bounds.push(bound);
            } else {
                filter.clauses.push(self.clause(negated)?);
            }
        }
    }

    /// `cost>100`, `cost <= 5.5`.
    fn bound(&mut self) -> Result<Option<CostBound>, FilterError> {
        let Some(rest) = self.rest().strip_prefix("cost") else { return Ok(None) };
        let rest = rest.trim_start();
        let (operator, width) = match rest.as_bytes() {
            [b'>', b'=', ..] => (Operator::AtLeast, 2),
            [b'<', b'=', ..] => (Operator::AtMost, 2),
            [b'>', ..] => (Operator::Over, 1),
            [b'<', ..] => (Operator::Under, 1),
            [b':' | b'=', ..] => {
                return self.error(
                    self.at + 4,
                    "cost is compared with `>`, `>=`, `<` or `<=`",
                    Some("cost>100".into()),
                );
            }
            _ => return Ok(None),
        };
        let rest = rest[width..].trim_start();
        let start = self.text.len() - rest.len();
        let number = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let Ok(amount) = number.replace(['_', ','], "").parse() else {
            return self.error(
                start,
                format!("expected an amount after `cost{}`", &self.text[self.at + 4..start].trim()),
                Some("cost>100".into()),
            );
        };
        self.at = start + number.len();
        Ok(Some(CostBound { operator, amount }))
    }

    fn clause(&mut self, negated: bool) -> Result<Clause, FilterError> {
        let start = self.at;
        if self.rest().starts_with("tag:") {
            self.at += 4;
            return self.tag_clause(start, negated);
        }
        if self.rest().starts_with("virtual:") {
            return self.virtual_clause(start, negated);
        }
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            return Ok(Clause { negated, dimension: None, patterns: vec![free(&text)] });
        }
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '|' | '<' | '>'))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        match rest[end..].chars().next() {
            Some(separator @ (':' | '=')) if !word.is_empty() => {
                let dimension = self.named(word, separator, start)?;
                self.at += end + 1;
                self.values(negated, dimension)
            }
            Some(sign @ ('<' | '>')) => {
                self.error(start + end, format!("`{sign}` compares costs only"), Some("cost>100".into()))
            }
            Some('|') if word.is_empty() => {
                self.error(start, "`|` joins values of one term", Some("service:ec2|rds".into()))
            }
            Some(':' | '=') => self.error(start, "a dimension is missing before the value", Some("service:ec2".into())),
            _ => {
                // A bare word, up to the next space, is free text.
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                self.at += end;
                Ok(Clause {
                    negated,
                    dimension: None,
                    patterns: rest[..end].split('|').filter(|w| !w.is_empty()).map(free).collect(),
                })
            }
        }
    }

    fn tag_clause(&mut self, start: usize, negated: bool) -> Result<Clause, FilterError> {
        let key = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let rest = self.rest();
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | ':')).unwrap_or(rest.len());
            self.at += end;
            rest[..end].to_owned()
        };
        if key.is_empty() {
            return self.error(start, "a tag key is missing after `tag:`", Some("tag:team=web".into()));
        }
        if !matches!(self.peek(), Some('=' | ':')) {
            return self.error(
                self.at,
                "a tag is compared with `=`",
                Some(format!("tag:{key}=value, or tag:{key}=* for any value")),
            );
        }
        self.at += 1;
        self.values(negated, Dimension::Tag(key))
    }

    fn virtual_clause(&mut self, start: usize, negated: bool) -> Result<Clause, FilterError> {
        let prefix = "virtual:".len();
        let name = &self.rest()[prefix..];
        let name = &name[..name.find(|c: char| c.is_whitespace() || matches!(c, '=' | ':')).unwrap_or(name.len())];
        if !Virtual::is_name(name) {
            let suggestion = Some("virtual:team=value".into());
            return self.error(start, format!("`{name}` is no name of a virtual dimension"), suggestion);
        }
        self.at += prefix + name.len();
        if !matches!(self.peek(), Some('=' | ':')) {
            let suggestion = format!("virtual:{name}=value, or virtual:{name}=* for any value");
            return self.error(self.at, "a virtual dimension is compared with `=`", Some(suggestion));
        }
        self.at += 1;
        self.values(negated, Dimension::Virtual(Virtual::named(name)))
    }

    /// The dimension or tag that a word before `:` or `=` means.
    fn named(&self, word: &str, separator: char, at: usize) -> Result<Dimension, FilterError> {
        if let Some(dimension) = Dimension::among(word, self.own) {
            return Ok(dimension);
        }
        let own: Vec<_> = self.own.iter().map(Dimension::bare).collect();
        let known: Vec<&str> =
            Dimension::all_words().into_iter().chain(own.iter().map(AsRef::as_ref)).chain(["cost"]).collect();
        match nearest(word, &known) {
            Some(near) => self.error(
                at,
                format!("unknown dimension `{word}`"),
                Some(format!("{near}{separator}...; a tag of that name is written tag:{word}=...")),
            ),
            None if separator == '=' => Ok(Dimension::Tag(word.to_owned())),
            None => self.error(
                at,
                format!("unknown dimension `{word}`"),
                Some(format!("tag:{word}=... for a tag; dimensions are {}", names())),
            ),
        }
    }

    fn values(&mut self, negated: bool, dimension: Dimension) -> Result<Clause, FilterError> {
        let mut patterns = Vec::new();
        loop {
            let exact = self.peek() == Some('=');
            self.at += usize::from(exact);
            if self.peek() == Some('"') {
                let text = self.quoted()?;
                patterns.push(match text {
                    text if text.is_empty() => Pattern::Missing,
                    text if exact => Pattern::Exactly(text),
                    text => Pattern::Is(text),
                });
            } else {
                let rest = self.rest();
                let end = rest.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(rest.len());
                if end == 0 {
                    return self.error(
                        self.at,
                        format!("a value is missing after `{}`", dimension.name()),
                        Some(format!("{}:* for any value, {}:\"\" for none", dimension.name(), dimension.name())),
                    );
                }
                let word = &rest[..end];
                self.at += end;
                patterns.push(match word {
                    w if exact => Pattern::Exactly(w.to_owned()),
                    "(none)" | "(untagged)" => Pattern::Missing,
                    UNTOLD_WORD => Pattern::Untold,
                    w if w.contains(['*', '?']) => Pattern::Like(w.to_owned()),
                    w => Pattern::Is(w.to_owned()),
                });
            }
            if self.peek() != Some('|') {
                return Ok(Clause { negated, dimension: Some(dimension), patterns });
            }
            self.at += 1;
        }
    }

    /// A text in double quotes; `\"` and `\\` inside stand for themselves.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut out = String::new();
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => {
                    out.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += i + 1;
                    return Ok(out);
                }
                c => out.push(c),
            }
        }
        self.error(start, "this quote is never closed", Some("end the text with `\"`".into()))
    }
}

fn names() -> String {
    Dimension::FIXED.iter().map(Dimension::name).collect::<Vec<_>>().join(", ")
}

/// A free text matches anywhere in a value.
fn free(text: &str) -> Pattern {
    Pattern::Like(format!("*{}*", text.trim_matches('*')))
}
