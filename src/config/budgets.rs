//! Budgets as a file to keep in git: text to budgets and back, and what a file would change.
//!
//! ```toml
//! [budgets.platform]
//! where = "team=platform"
//! amount = 50000
//! currency = "USD"
//! every = "month"
//! ```
//!
//! All mistakes are named, each with its place. Knows no store: what is kept already is handed in.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, error, shown, syntax};
use crate::domain::budget::{self, Budget, Cycle, Rollover, Thresholds};
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::percent::Percent;
use crate::domain::text::{SafeText, Untrusted};
use crate::error::Result;

/// The keys of a budget.
const KEYS: [&str; 13] = [
    "where", "metric", "currency", "amount", "every", "from", "growth", "rollover", "actual", "forecast", "owner",
    "note", "archived",
];

/// What a file is read beside.
pub struct Beside<'a> {
    /// The company's own dimensions, which filters may name by their bare names.
    pub own: &'a [Dimension],
    /// The budgets that are kept: one without `from` begins when it did.
    pub kept: &'a [Budget],
    /// Today: a new one without `from` begins with the period that holds it.
    pub as_of: Day,
}

/// Reads a file's budgets.
///
/// # Errors
/// Kind `Usage` with all mistakes and their places.
pub fn parse(text: &str, file: &str, beside: &Beside<'_>) -> Result<Vec<Budget>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = syntax(errors).collect();
    let mut budgets = Vec::new();
    if mistakes.is_empty() {
        for (name, value) in table.get_ref().iter() {
            match value.get_ref() {
                DeValue::Table(entries) if name.get_ref() == "budgets" => {
                    for (name, value) in entries.iter() {
                        budgets.extend(one(name, value, beside, &mut mistakes));
                    }
                }
                _ => {
                    let written = shown(name.get_ref());
                    let message = format!("unknown `{written}`: a budget is written as `[budgets.NAME]`");
                    mistakes.push(Mistake::new(name.span().start, message).meant(&written, &["budgets"]));
                }
            }
        }
    }
    if mistakes.is_empty() {
        return Ok(budgets);
    }
    Err(error("the file", text, file, mistakes).hint("`spendtop budget export` prints what is kept as such a file"))
}

fn one(
    name: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    beside: &Beside<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Budget> {
    let (called, at) = (name.get_ref().as_ref(), name.span().start);
    let DeValue::Table(entries) = value.get_ref() else {
        let message = format!("`budgets.{}` must be a table: write `[budgets.NAME]`, its keys below", shown(called));
        mistakes.push(Mistake::new(at, message));
        return None;
    };
    let mut reader = Reader { name: called, entries, beside, mistakes: Vec::new() };
    let budget = reader.budget(called);
    let mut found = reader.mistakes;
    let checked = match budget.filter(|_| found.is_empty()).map(Budget::checked) {
        Some(Err(why)) => {
            found.push(Mistake::new(at, format!("`budgets.{}`: {why}", shown(called))));
            None
        }
        Some(Ok(budget)) => Some(budget),
        None => None,
    };
    mistakes.extend(found);
    checked
}

struct Reader<'a> {
    name: &'a str,
    entries: &'a DeTable<'a>,
    beside: &'a Beside<'a>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn budget(&mut self, name: &str) -> Option<Budget> {
        for (key, _) in self.entries.iter() {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                let message = format!("unknown key `{}`; keys are {}", self.key(key.get_ref()), KEYS.join(", "));
                self.mistakes.push(Mistake::new(key.span().start, message).meant(key.get_ref(), &KEYS));
            }
        }
        let own = self.beside.own;
        let scope = self.read("where", |text| {
            Filter::parse(text, own).map_err(|e| {
                let meant = e.suggestion.map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
                format!("{}{meant}", e.message)
            })
        });
        let metric = self.read("metric", |text| {
            let found = Metric::ALL.into_iter().find(|metric| metric.name() == text);
            found.ok_or_else(|| "a metric is effective, billed, list or contracted".to_owned())
        });
        let every = self.read("every", str::parse::<Cycle>).unwrap_or(Cycle::Month);
        let from = self.read("from", |text| Day::parse(text).ok_or_else(|| "a day is like 2026-09-01".to_owned()));
        let amount = self.needed("amount", budget::amount);
        let currency = self.needed("currency", budget::currency);
        let growth = self.read("growth", budget::parse_growth).unwrap_or_default();
        let rollover = self.read("rollover", str::parse::<Rollover>).unwrap_or_default();
        let usual = Thresholds::default();
        let thresholds = Thresholds {
            actual: self.list("actual").unwrap_or(usual.actual),
            forecast: self.list("forecast").unwrap_or(usual.forecast),
        };
        let mut text = |key: &str| self.read(key, |text| Ok(Untrusted::from(text))).unwrap_or_default();
        let (owner, note) = (text("owner"), text("note"));
        let archived = self.flag("archived");
        let known = self.beside.kept.iter().find(|budget| budget.name.raw() == name);
        let begins = || every.period_of(self.beside.as_of).map_or(self.beside.as_of, |period| period.from);
        Some(Budget {
            name: name.into(),
            scope: scope.unwrap_or_default(),
            metric: metric.unwrap_or_default(),
            currency: currency?,
            amount: amount?,
            every,
            from: from.or(known.map(|budget| budget.from)).unwrap_or_else(begins),
            growth,
            rollover,
            thresholds,
            owner,
            note,
            archived,
        })
    }

    fn key(&self, key: &str) -> String {
        format!("budgets.{}.{}", shown(self.name), shown(key))
    }

    fn find(&self, key: &str) -> Option<&Spanned<DeValue<'_>>> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn wrong(&mut self, key: &str, at: usize, why: &str) {
        let message = format!("`{}`: {why}", self.key(key));
        self.mistakes.push(Mistake::new(at, message));
    }

    /// Reads a text or a number.
    fn read<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.find(key)?;
        let at = value.span().start;
        let read = match written(value.get_ref()) {
            Some(text) => read(&text),
            None => Err("expected a text in quotes, or a number".to_owned()),
        };
        read.map_err(|why| self.wrong(key, at, &why)).ok()
    }

    /// The same of a key that must be there.
    fn needed<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if self.find(key).is_none() {
            let at = self.entries.iter().map(|(name, _)| name.span().start).min().unwrap_or_default();
            let message = format!("`budgets.{}` needs the key `{key}`", shown(self.name));
            self.mistakes.push(Mistake::new(at, message));
            return None;
        }
        self.read(key, read)
    }

    fn list(&mut self, key: &str) -> Option<Vec<Percent>> {
        let value = self.find(key)?;
        let at = value.span().start;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, at, "expected a list of percentages like [80, 100]");
            return None;
        };
        let read = |item: &Spanned<DeValue<'_>>| {
            written(item.get_ref()).ok_or_else(|| "a percentage is written like 80".to_owned())?.parse::<Percent>()
        };
        let list: Result<Vec<Percent>, String> = items.iter().map(read).collect();
        list.and_then(|list| budget::thresholds(&list)).map_err(|why| self.wrong(key, at, &why)).ok()
    }

    fn flag(&mut self, key: &str) -> bool {
        let Some(value) = self.find(key) else { return false };
        let at = value.span().start;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        self.wrong(key, at, "expected `true` or `false`");
        false
    }
}

/// A text, or a number letter by letter: no float takes part.
fn written(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Datetime(day) => Some(day.to_string()),
        _ => None,
    }
}

/// Budgets as [`parse`] reads them.
#[must_use]
pub fn print(budgets: &[Budget]) -> String {
    let mut out = String::new();
    for budget in budgets {
        let line = |key: &str, value: toml_edit::Value| out_line(key, &value);
        let mut lines = vec![format!("[budgets.{}]\n", toml_edit::Key::new(budget.name.raw()))];
        if !budget.scope.is_empty() {
            lines.push(line("where", budget.scope.to_string().into()));
        }
        if budget.metric != Metric::default() {
            lines.push(line("metric", budget.metric.name().into()));
        }
        lines.push(line("amount", budget.amount.to_string().into()));
        lines.push(line("currency", budget.currency.as_str().into()));
        lines.push(line("every", budget.every.name().into()));
        if budget.every.days().is_none() {
            lines.push(line("from", budget.from.to_string().into()));
        }
        if !budget.growth.is_zero() {
            lines.push(line("growth", budget.growth.to_string().into()));
        }
        if budget.rollover != Rollover::None {
            lines.push(line("rollover", budget.rollover.name().into()));
        }
        let list = |list: &[Percent]| list.iter().map(Percent::to_string).collect::<toml_edit::Array>().into();
        lines.push(line("actual", list(&budget.thresholds.actual)));
        lines.push(line("forecast", list(&budget.thresholds.forecast)));
        for (key, text) in [("owner", &budget.owner), ("note", &budget.note)] {
            if !text.raw().is_empty() {
                lines.push(line(key, text.raw().into()));
            }
        }
        if budget.archived {
            lines.push(line("archived", true.into()));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.extend(lines);
    }
    out
}

fn out_line(key: &str, value: &toml_edit::Value) -> String {
    format!("{key} = {}\n", value.to_string().trim())
}

/// What a file would change.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Difference {
    /// New ones.
    pub added: Vec<Budget>,
    /// Others than they are kept: as they are kept, and as they are written.
    pub changed: Vec<(Budget, Budget)>,
    /// Kept, and not in the file.
    pub missing: Vec<Budget>,
    /// The same as they are kept.
    pub same: usize,
}

impl Difference {
    /// Between what is kept and what a file has.
    #[must_use]
    pub fn of(kept: &[Budget], written: &[Budget]) -> Difference {
        let by_name: BTreeMap<&str, &Budget> = kept.iter().map(|budget| (budget.name.raw(), budget)).collect();
        let mut difference = Difference::default();
        for budget in written {
            match by_name.get(budget.name.raw()) {
                None => difference.added.push(budget.clone()),
                Some(before) if *before == budget => difference.same += 1,
                Some(before) => difference.changed.push(((*before).clone(), budget.clone())),
            }
        }
        let is_written = |budget: &&Budget| written.iter().any(|written| written.name == budget.name);
        difference.missing = kept.iter().filter(|budget| !is_written(budget)).cloned().collect();
        difference
    }
}

/// What differs between two budgets, each as `key: before -> after`.
#[must_use]
pub fn changes(before: &Budget, after: &Budget) -> Vec<String> {
    let text = |budget: &Budget| -> [(&'static str, String); 13] {
        let safe = |text: &Untrusted| text.safe().into_string();
        let amount = |amount: Amount| amount.to_string();
        [
            ("where", SafeText::from_outside(&budget.scope.to_string()).into_string()),
            ("metric", budget.metric.name().to_owned()),
            ("currency", budget.currency.clone()),
            ("amount", amount(budget.amount)),
            ("every", budget.every.name()),
            ("from", budget.from.to_string()),
            ("growth", budget.growth.signed()),
            ("rollover", budget.rollover.name().to_owned()),
            ("actual", budget::thresholds_line(&budget.thresholds.actual)),
            ("forecast", budget::thresholds_line(&budget.thresholds.forecast)),
            ("owner", safe(&budget.owner)),
            ("note", safe(&budget.note)),
            ("archived", budget.archived.to_string()),
        ]
    };
    let said = |value: &str| if value.is_empty() { "(none)".to_owned() } else { value.to_owned() };
    let pairs = text(before).into_iter().zip(text(after));
    let differ = pairs.filter(|((_, a), (_, b))| a != b);
    differ.map(|((key, a), (_, b))| format!("{key}: {} -> {}", said(&a), said(&b))).collect()
}

#[cfg(test)]
mod tests;
