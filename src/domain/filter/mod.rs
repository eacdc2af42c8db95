//! The filter language: which charges, and which of the answer's groups, a question is about.
//!
//! `service:ec2 region:us-* env=prod -team:data service:ec2|rds tag:"k8s:namespace"=web cost>100 "free text"`
//!
//! Terms are joined by "and"; values of one term by `|`. `:` and `=` mean the same. Values are
//! compared without case; `*` and `?` are wild outside of quotes; an empty value (`team=""`) or
//! `(none)` means "has no value", `team:*` "has any"; `(unknown)` is cost of which the source did not tell the
//! value, and which no other value and no negation admits; `env==Prod` compares the value alone and letter
//! by letter. `cost>` filters the answer's groups,
//! everything else charges. Knows nothing of how charges are stored.

pub mod admit;
mod parse;
pub mod spot;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dimension::Dimension;
use super::money::Amount;
use super::text::UNTOLD;
pub use super::words::nearest;
use super::words::{pointed, write_value};

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
    /// The value or its name, without case.
    Is(String),
    /// The value and nothing else, letter by letter.
    Exactly(String),
    /// A shape with `*` (any text) and `?` (any one character), without case.
    Like(String),
    /// No value at all.
    Missing,
    /// What the source did not tell the value of ([`UNTOLD`]).
    Untold,
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

impl Clause {
    /// Whether it admits charges of which the source did not tell the value: only where it asks for them.
    #[must_use]
    pub fn admits_untold(&self) -> bool {
        !self.negated && self.patterns.contains(&Pattern::Untold)
    }
}

impl Pattern {
    /// What matches this value and no other; empty is none.
    #[must_use]
    pub fn only(value: &str) -> Pattern {
        match value {
            "" => Pattern::Missing,
            UNTOLD => Pattern::Untold,
            value => Pattern::Exactly(value.to_owned()),
        }
    }

    /// Whether `value` (empty: none) matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        match self {
            Pattern::Missing => value.is_empty(),
            Pattern::Untold => value == UNTOLD,
            Pattern::Is(text) => eq_folded(text, value),
            Pattern::Exactly(text) => text == value,
            Pattern::Like(shape) => !value.is_empty() && value != UNTOLD && like(shape, value),
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
        pointed(f, &self.text, self.at, &self.message)
    }
}
impl std::error::Error for FilterError {}

impl Filter {
    /// Reads a filter. `own` are tags and virtual dimensions that may be written by their bare names.
    ///
    /// # Errors
    /// The place and reason of the first mistake, with a suggestion where one is near.
    pub fn parse(text: &str, own: &[Dimension]) -> Result<Filter, FilterError> {
        parse::Parser { text, at: 0, own }.filter()
    }

    /// Whether it asks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.bounds.is_empty()
    }

    /// This filter and one more demand: the dimension has this value (empty: none) and none of the
    /// `others`, which may differ from it in case only or have it as their name.
    #[must_use]
    pub fn and<'o>(&self, dimension: Dimension, value: &str, mut others: impl Iterator<Item = &'o str>) -> Filter {
        let mut filter = self.clone();
        let pattern = match value {
            "" => Pattern::Missing,
            UNTOLD => Pattern::Untold,
            value if others.any(|other| eq_folded(other, value)) => Pattern::Exactly(value.to_owned()),
            value => Pattern::Is(value.to_owned()),
        };
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
            Some(Dimension::Tag(key)) => write!(f, "tag:{}=", spot::key_text(key))?,
            Some(dimension @ Dimension::Virtual(_)) => write!(f, "{dimension}=")?,
            Some(dimension) => write!(f, "{dimension}:")?,
            None => {
                let words: Vec<String> = self
                    .patterns
                    .iter()
                    .map(|p| match p {
                        Pattern::Like(shape) | Pattern::Is(shape) | Pattern::Exactly(shape) => {
                            shape.trim_matches('*').replace('\\', "\\\\").replace('"', "\\\"")
                        }
                        Pattern::Missing | Pattern::Untold => String::new(),
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
                Pattern::Untold => write_value(f, UNTOLD, false)?,
                Pattern::Is(text) => write_value(f, text, false)?,
                Pattern::Exactly(text) => {
                    f.write_str("=")?;
                    write_value(f, text, true)?;
                }
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

    fn keys() -> Vec<Dimension> {
        let project = crate::domain::virtuals::Virtual::named("project");
        ["team", "env"].map(|key| Dimension::Tag(key.into())).into_iter().chain([Dimension::Virtual(project)]).collect()
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
            ("project:x|\"\" -project=y", "virtual:project=x|\"\" -virtual:project=y"),
            ("virtual:team=a -virtual:team:b tag:project=c", "virtual:team=a -virtual:team=b tag:project=c"),
            ("env==Prod|=\"a b\"|test", "tag:env==Prod|=\"a b\"|test"),
            ("region:(unknown)|us-* env:\"(unknown)\"", "region:(unknown)|us-* tag:env=\"(unknown)\""),
            ("resource:=i-0*", "resource:=i-0*"),
            ("env=\"=odd\"", "tag:env=\"=odd\""),
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
            ("virtual:team", 12, "compared with `=`", "virtual:team=value"),
            ("virtual:Team=x", 0, "no name of a virtual dimension", "virtual:team=value"),
            ("projet=x", 0, "unknown dimension `projet`", "project=..."),
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
