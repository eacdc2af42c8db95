//! The filter language: which charges, and which of the answer's groups, a question is about.
//!
//! `service:ec2 region:us-* env=prod -team:data service:ec2|rds tag:"k8s:namespace"=web cost>100 "free text"`
//!
//! Terms are joined by "and"; values of one term by `|`. `:` and `=` mean the same. Values are
//! compared without case; `*` and `?` are wild outside of quotes; an empty value (`team=""`) or
//! `(none)` means "has no value", `team:*` "has any". `cost>` filters the answer's groups,
//! everything else charges. Knows nothing of how charges are stored.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dimension::Dimension;
use super::money::Amount;
pub use super::words::nearest;
use super::words::write_value;

/// What a filter asks of charges and groups; all of it must hold.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Filter {
    /// What is asked of charges.
    pub clauses: Vec<Clause>,
    /// What is asked of the answer's groups.
    pub bounds: Vec<CostBound>,
}

/// One term about charges.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Clause {
    /// Whether charges that match are left out instead.
    pub negated: bool,
    /// What is compared; `None` is free text over names, ids and tags.
    pub dimension: Option<Dimension>,
    /// A charge matches when any of these does.
    pub patterns: Vec<Pattern>,
}

/// What a value is compared with.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pattern {
    /// The value, without case.
    Is(String),
    /// A shape with `*` (any text) and `?` (any one character), without case.
    Like(String),
    /// No value at all.
    Missing,
}

/// A bound on a group's cost, in the metric and currency of the answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CostBound {
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub amount: Amount,
}

/// A comparison of costs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operator {
    /// `>`
    Over,
    /// `>=`
    AtLeast,
    /// `<`
    Under,
    /// `<=`
    AtMost,
}

impl CostBound {
    /// Whether a group's cost is within the bound.
    #[must_use]
    pub fn admits(&self, cost: Amount) -> bool {
        match self.operator {
            Operator::Over => cost > self.amount,
            Operator::AtLeast => cost >= self.amount,
            Operator::Under => cost < self.amount,
            Operator::AtMost => cost <= self.amount,
        }
    }
}

impl Pattern {
    /// Whether `value` (empty: none) matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        match self {
            Pattern::Missing => value.is_empty(),
            Pattern::Is(text) => eq_folded(text, value),
            Pattern::Like(shape) => !value.is_empty() && like(shape, value),
        }
    }
}

fn eq_folded(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// Glob matching without backtracking beyond the last `*`, so that no shape is slow.
fn like(shape: &str, value: &str) -> bool {
    let shape: Vec<char> = shape.to_lowercase().chars().collect();
    let value: Vec<char> = value.to_lowercase().chars().collect();
    let (mut s, mut v, mut star) = (0, 0, None);
    while v < value.len() {
        if s < shape.len() && shape[s] == '*' {
            star = Some((s, v));
            s += 1;
        } else if s < shape.len() && (shape[s] == '?' || shape[s] == value[v]) {
            s += 1;
            v += 1;
        } else if let Some((at, from)) = star {
            s = at + 1;
            v = from + 1;
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    shape[s..].iter().all(|c| *c == '*')
}

/// What is wrong with a filter's text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    /// The filter's text.
    pub text: String,
    /// Byte position that the message is about.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = super::text::SafeText::from_outside(&self.text[..self.at]);
        let column = before.chars().count();
        let line = super::text::SafeText::from_outside(&self.text);
        write!(f, "{}\n  {}\n  {:column$}^", self.message, line, "")
    }
}
impl std::error::Error for FilterError {}

impl Filter {
    /// Reads a filter. `tag_keys` are tag keys that may be written without `tag:`.
    ///
    /// # Errors
    /// The place and reason of the first mistake, with a suggestion where one is near.
    pub fn parse(text: &str, tag_keys: &[String]) -> Result<Filter, FilterError> {
        Parser { text, at: 0, tag_keys }.filter()
    }

    /// Whether it asks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.bounds.is_empty()
    }

    /// This filter and one more demand: the dimension has exactly this value (empty: none).
    #[must_use]
    pub fn and(&self, dimension: Dimension, value: &str) -> Filter {
        let mut filter = self.clone();
        let pattern = if value.is_empty() { Pattern::Missing } else { Pattern::Is(value.to_owned()) };
        let clause = Clause { negated: false, dimension: Some(dimension), patterns: vec![pattern] };
        if !filter.clauses.contains(&clause) {
            filter.clauses.push(clause);
        }
        filter
    }

    /// Whether every bound admits a group of this cost. A group of unknown cost passes only
    /// where there are no bounds.
    #[must_use]
    pub fn admits(&self, cost: Option<Amount>) -> bool {
        self.bounds.iter().all(|b| cost.is_some_and(|c| b.admits(c)))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tag_keys: &'a [String],
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

    fn filter(mut self) -> Result<Filter, FilterError> {
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

    /// The dimension or tag that a word before `:` or `=` means.
    fn named(&self, word: &str, separator: char, at: usize) -> Result<Dimension, FilterError> {
        if let Some(dimension) = Dimension::parse(word) {
            return Ok(dimension);
        }
        if self.tag_keys.iter().any(|k| k == word) {
            return Ok(Dimension::Tag(word.to_owned()));
        }
        let known: Vec<&str> = Dimension::all_words()
            .into_iter()
            .chain(self.tag_keys.iter().map(String::as_str))
            .chain(["cost"])
            .collect();
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
            if self.peek() == Some('"') {
                let text = self.quoted()?;
                patterns.push(if text.is_empty() { Pattern::Missing } else { Pattern::Is(text) });
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
                    "(none)" | "(untagged)" => Pattern::Missing,
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

/// Prints what [`Filter::parse`] reads.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut space = |f: &mut fmt::Formatter<'_>| if std::mem::take(&mut first) { Ok(()) } else { f.write_str(" ") };
        for clause in &self.clauses {
            space(f)?;
            write!(f, "{clause}")?;
        }
        for bound in &self.bounds {
            space(f)?;
            let sign = match bound.operator {
                Operator::Over => ">",
                Operator::AtLeast => ">=",
                Operator::Under => "<",
                Operator::AtMost => "<=",
            };
            write!(f, "cost{sign}{}", bound.amount)?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        match &self.dimension {
            Some(Dimension::Tag(key))
                if key.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '\\')) =>
            {
                write!(f, "tag:\"{}\"=", key.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
            Some(dimension @ Dimension::Tag(_)) => write!(f, "{dimension}=")?,
            Some(dimension) => write!(f, "{dimension}:")?,
            None => {
                let words: Vec<String> = self
                    .patterns
                    .iter()
                    .map(|p| match p {
                        Pattern::Like(shape) | Pattern::Is(shape) => {
                            shape.trim_matches('*').replace('\\', "\\\\").replace('"', "\\\"")
                        }
                        Pattern::Missing => String::new(),
                    })
                    .collect();
                return if let [word] = words.as_slice() {
                    write!(f, "\"{word}\"")
                } else {
                    f.write_str(&words.join("|"))
                };
            }
        }
        for (i, pattern) in self.patterns.iter().enumerate() {
            if i > 0 {
                f.write_str("|")?;
            }
            match pattern {
                Pattern::Missing => f.write_str("\"\"")?,
                Pattern::Is(text) => write_value(f, text, false)?,
                Pattern::Like(shape) => write_value(f, shape, true)?,
            }
        }
        Ok(())
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Filter::parse(&text, &[]).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<String> {
        ["team", "env"].map(String::from).to_vec()
    }

    #[test]
    fn reads_the_language_and_prints_it_back() {
        for (text, want) in [
            ("service:ec2 region:us-*", "service:ec2 region:us-*"),
            ("env=prod -team:data", "tag:env=prod -tag:team=data"),
            ("service:ec2|rds", "service:ec2|rds"),
            ("tag:\"k8s:namespace\"=web", "tag:\"k8s:namespace\"=web"),
            ("tag:cost-center=cc-1", "tag:cost-center=cc-1"),
            ("cost>100 cost <= 1_000.5", "cost>100 cost<=1000.5"),
            ("\"free text\"", "\"free text\""),
            ("gateway", "\"gateway\""),
            ("team:\"\" env:* team=(none)", "tag:team=\"\" tag:env=* tag:team=\"\""),
            ("account:\"Atlas Nimbus\"", "sub_account:\"Atlas Nimbus\""),
            ("owner=me", "tag:owner=me"),
            ("-\"NAT gateway\"", "-\"NAT gateway\""),
            ("resource:arn:aws:ec2:us-east-1:1:i/1", "resource:arn:aws:ec2:us-east-1:1:i/1"),
            ("", ""),
        ] {
            let filter = Filter::parse(text, &keys()).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(filter.to_string(), want, "{text}");
            assert_eq!(Filter::parse(want, &[]).map(|f| f.to_string()).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn points_at_the_mistake_and_suggests() {
        for (text, at, message, suggestion) in [
            ("servce:ec2", 0, "unknown dimension `servce`", "service:..."),
            ("env=prod regoin=us", 9, "unknown dimension `regoin`", "region=..."),
            ("service:", 8, "a value is missing", "service:*"),
            ("\"open", 0, "never closed", "end the text"),
            ("cost>lots", 5, "expected an amount", "cost>100"),
            ("cost:5", 4, "cost is compared", "cost>100"),
            ("service>5", 7, "compares costs only", "cost>100"),
            ("-cost>5", 0, "cannot be negated", "cost<="),
            ("tag:=x", 0, "a tag key is missing", "tag:team"),
            ("tag:team", 8, "compared with `=`", "tag:team=value"),
            ("zzz:1", 0, "unknown dimension `zzz`", "tag:zzz"),
        ] {
            let error = Filter::parse(text, &keys()).expect_err(text);
            assert_eq!(error.at, at, "{text}");
            assert!(error.message.contains(message), "{text}: {}", error.message);
            assert!(
                error.suggestion.as_deref().unwrap_or_default().contains(suggestion),
                "{text}: {:?}",
                error.suggestion
            );
        }
        let shown = Filter::parse("env=prod servce:x", &keys()).expect_err("error").to_string();
        assert_eq!(shown, "unknown dimension `servce`\n  env=prod servce:x\n           ^");
    }

    #[test]
    fn matches_without_case_and_with_wildcards() {
        let like = |shape: &str, value: &str| Pattern::Like(shape.into()).matches(value);
        assert!(like("us-*", "us-east-1") && like("*", "x") && like("*east*", "US-EAST-1") && like("a?c", "abc"));
        assert!(!like("us-*", "eu-west-1") && !like("*", "") && !like("a?c", "ac"));
        assert!(like(&"*a".repeat(30), &"a".repeat(60)) && !like(&format!("{}b", "*a".repeat(30)), &"a".repeat(2000)));
        assert!(Pattern::Is("Größe".into()).matches("GRÖSSE".replace("SS", "ß").as_str()));
        assert!(Pattern::Missing.matches("") && !Pattern::Missing.matches("x"));
    }
}
