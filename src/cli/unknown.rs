//! What rules ask for that the store does not have: nobody would ever be told of it.
//!
//! Notes, no errors: an account or a service may come later. Knows no screen.

use std::collections::BTreeMap;

use super::run::Context;
use crate::domain::alert::Rule;
use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::filter::admit::{matches, spellings};
use crate::domain::filter::{Clause, Pattern, nearest};
use crate::domain::lens::Lens;
use crate::domain::period::PeriodSpec;
use crate::domain::text::SafeText;
use crate::engine::answer::Value;
use crate::engine::{Answer, Cancel, Engine, Question};
use crate::error::Result;

/// The dimensions that are looked up: each has a rollup of its own.
const CHECKED: [Dimension; 4] =
    [Dimension::Provider, Dimension::BillingAccount, Dimension::SubAccount, Dimension::Service];

/// Says what of the rules' filters the store does not have. Where that cannot be found out nothing is said: what was
/// found before is brought all the same.
///
/// # Errors
/// Where the answer before it cannot be written.
pub fn say(context: &mut Context<'_, '_>, engine: &dyn Engine) -> Result<()> {
    for note in notes(&context.config.alerts.plan.rules, engine).unwrap_or_default() {
        context.streams.note(&note, &[])?;
    }
    Ok(())
}

/// Whether any rule asks for what can be looked up.
#[must_use]
pub fn asks(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| asked(rule).next().is_some())
}

/// A value that a rule asks for.
struct Asked<'r> {
    dimension: &'r Dimension,
    pattern: &'r Pattern,
    /// Free text behind it: a name with spaces that was not put in quotes ends there.
    rest: Vec<&'r str>,
}

fn asked(rule: &Rule) -> impl Iterator<Item = Asked<'_>> {
    let clauses = &rule.scope.clauses;
    clauses.iter().enumerate().filter(|(_, clause)| !clause.negated).flat_map(|(at, clause)| {
        let dimension = clause.dimension.as_ref().filter(|of| CHECKED.contains(of));
        let rest: Vec<&str> = clauses[at + 1..].iter().map_while(free_text).collect();
        dimension.into_iter().flat_map(move |dimension| {
            let values = clause.patterns.iter().filter(|one| !matches!(one, Pattern::Missing | Pattern::Untold));
            let rest = rest.clone();
            values.map(move |pattern| Asked { dimension, pattern, rest: rest.clone() })
        })
    })
}

/// A clause's word, where it is one of free text.
fn free_text(clause: &Clause) -> Option<&str> {
    match (&clause.dimension, &clause.patterns[..]) {
        (None, [Pattern::Is(word) | Pattern::Exactly(word) | Pattern::Like(word)]) if !clause.negated => {
            Some(word.trim_matches('*'))
        }
        _ => None,
    }
}

fn notes(rules: &[Rule], engine: &dyn Engine) -> Result<Vec<String>> {
    let (mut notes, mut known) = (Vec::new(), BTreeMap::new());
    let Some((first, last)) = engine.extent()?.days.filter(|_| asks(rules)) else { return Ok(notes) };
    let lens = Lens { period: PeriodSpec::Range(Period { from: first, to: last.plus(1) }), ..Lens::default() };
    for rule in rules {
        for asked in asked(rule) {
            let Asked { dimension, pattern, .. } = asked;
            if !known.contains_key(dimension) {
                let (dimension, lens) = (dimension.clone(), lens.clone());
                let question = Question::Values { dimension: dimension.clone(), lens, limit: usize::MAX };
                let values = match engine.ask(&question, last, &Cancel::default())? {
                    Answer::Values(answer) => answer.values,
                    _ => Vec::new(),
                };
                known.insert(dimension, values);
            }
            let values = &known[dimension];
            let one = std::slice::from_ref(pattern);
            let has = |value: &Value| matches(dimension, one, value.value.raw(), name(value).unwrap_or_default());
            if values.is_empty() || values.iter().any(has) {
                continue;
            }
            let near = near(&asked, values);
            let near = near.map_or_else(String::new, |near| format!("; nearest: {}", written(dimension, near)));
            let asked = written(dimension, pattern.clone());
            notes.push(format!("`alerts.{}.where`: nothing in the store has {asked} yet{near}", rule.name));
        }
    }
    Ok(notes)
}

fn name(value: &Value) -> Option<&str> {
    value.name.as_ref().map(|name| name.raw())
}

/// A value as a filter asks for it.
fn written(dimension: &Dimension, pattern: Pattern) -> String {
    let clause = Clause { negated: false, dimension: Some(dimension.clone()), patterns: vec![pattern] };
    format!("`{}`", SafeText::from_outside(&clause.to_string()))
}

/// What may have been meant: the name that goes on in the text behind it, else the spelling that is nearest.
fn near(asked: &Asked<'_>, values: &[Value]) -> Option<Pattern> {
    let (Pattern::Is(word) | Pattern::Exactly(word)) = asked.pattern else { return None };
    let of = |value: &Value| spellings(asked.dimension, value.value.raw(), name(value));
    let spelled: Vec<String> = values.iter().flat_map(of).collect();
    let texts: Vec<&str> = spelled.iter().map(String::as_str).collect();
    let whole = [&[word.as_str()], &asked.rest[..]].concat().join(" ");
    let near = nearest(&whole, &texts).or_else(|| nearest(word, &texts))?;
    // As the bill writes it, not in the small letters that are compared.
    let mut all = values.iter().flat_map(|value| [Some(value.value.raw()), name(value)]).flatten();
    Some(Pattern::Is(all.find(|text| text.to_lowercase() == near).unwrap_or(near).to_owned()))
}
