//! Budgets: how much some charges may cost in a period, and who is to know when they cost more.
//!
//! Knows neither what they did cost nor where budgets are kept.

mod cycle;
mod meanwhile;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::cycle::{Cycle, Span, words as period_words};
pub use self::meanwhile::{Merged, merged};
use super::calendar::Day;
use super::charge::Metric;
use super::filter::Filter;
use super::money::Amount;
use super::percent::Percent;
use super::text::{Untrusted, is_hidden};

/// Characters of a budget's name or owner at most.
pub const NAME_MAX: usize = 40;
/// Characters of a budget's note at most: it stands on one line.
pub const NOTE_MAX: usize = 200;
/// Thresholds of a kind at most.
const THRESHOLDS_MAX: usize = 8;
/// The largest limit: it can grow for years and stay exact.
const LIMIT_MAX: i64 = 1_000_000_000_000;
/// The years in which a budget can begin.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

/// A limit for what some charges cost in a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Budget {
    /// What it is called; no two budgets are called the same.
    pub name: Untrusted,
    /// Which charges count.
    pub scope: Filter,
    /// Which of their costs.
    pub metric: Metric,
    /// In which currency; charges in another do not count.
    pub currency: String,
    /// The limit of the first whole period.
    pub amount: Amount,
    /// How long a period is.
    pub every: Cycle,
    /// The first day that counts.
    pub from: Day,
    /// By how much each period's limit is larger than that of the one before.
    #[serde(default, skip_serializing_if = "is_fixed")]
    pub growth: Percent,
    /// What of a period goes over to the next.
    #[serde(default, skip_serializing_if = "Rollover::is_none")]
    pub rollover: Rollover,
    /// At what shares of the limit somebody is to know.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// Who answers for it; empty where nobody is named.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub owner: Untrusted,
    /// What else is to be known of it; may be empty.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub note: Untrusted,
    /// Whether it is only kept to be looked up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

fn is_fixed(growth: &Percent) -> bool {
    growth.is_zero()
}

fn is_empty(text: &Untrusted) -> bool {
    text.raw().is_empty()
}

/// What of a period goes over to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rollover {
    /// Nothing: each period has its own limit.
    #[default]
    None,
    /// What was not spent.
    Unspent,
    /// What was not spent, or was spent beyond the limit.
    Balance,
}

impl Rollover {
    /// All.
    pub const ALL: [Rollover; 3] = [Rollover::None, Rollover::Unspent, Rollover::Balance];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Rollover::None => "none",
            Rollover::Unspent => "unspent",
            Rollover::Balance => "balance",
        }
    }

    fn is_none(&self) -> bool {
        *self == Rollover::None
    }

    /// What goes over of what is left; below zero where more was spent than the limit.
    #[must_use]
    pub fn carries(self, left: Amount) -> Amount {
        match self {
            Rollover::None => Amount::ZERO,
            Rollover::Unspent => left.max(Amount::ZERO),
            Rollover::Balance => left,
        }
    }
}

impl FromStr for Rollover {
    type Err = String;
    fn from_str(text: &str) -> Result<Rollover, String> {
        let word = text.trim();
        let found = Rollover::ALL.into_iter().find(|rollover| rollover.name() == word);
        found.ok_or_else(|| "what goes over is none, unspent or balance".to_owned())
    }
}

/// Shares of the limit at which somebody is to know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Thresholds {
    /// Of what was spent.
    pub actual: Vec<Percent>,
    /// Of what is foretold for the period's end.
    pub forecast: Vec<Percent>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { actual: vec![Percent::whole(80), Percent::whole(100)], forecast: vec![Percent::whole(100)] }
    }
}

/// Some thresholds, in order and each once.
///
/// # Errors
/// What is wrong with one of them.
pub fn thresholds(list: &[Percent]) -> Result<Vec<Percent>, String> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    if let Some(percent) = list.iter().find(|percent| **percent <= Percent::ZERO) {
        return Err(format!("{percent} % is no threshold: shares of the limit are more than 0, like 80,100"));
    }
    if list.len() > THRESHOLDS_MAX {
        return Err(format!("there are at most {THRESHOLDS_MAX} thresholds of a kind"));
    }
    Ok(list)
}

/// Thresholds as people write them: `80,100`; `none` is none.
///
/// # Errors
/// What is wrong with them.
pub fn parse_thresholds(text: &str) -> Result<Vec<Percent>, String> {
    if matches!(text.trim(), "" | "none") {
        return Ok(Vec::new());
    }
    let list: Vec<Percent> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
    thresholds(&list)
}

/// By how much a limit grows, as people write it: `3%`; `none` is not at all.
///
/// # Errors
/// Where it is no percentage.
pub fn parse_growth(text: &str) -> Result<Percent, String> {
    if matches!(text.trim(), "" | "none") { Ok(Percent::ZERO) } else { text.parse() }
}

/// Thresholds as [`parse_thresholds`] reads them.
#[must_use]
pub fn thresholds_line(list: &[Percent]) -> String {
    let texts: Vec<String> = list.iter().map(Percent::to_string).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(",") }
}

impl Budget {
    /// A budget of all charges, of which nothing is said that need not be.
    #[must_use]
    pub fn plain(name: impl Into<Untrusted>, amount: Amount, currency: &str, every: Cycle, from: Day) -> Budget {
        Budget {
            name: name.into(),
            scope: Filter::default(),
            metric: Metric::default(),
            currency: currency.to_owned(),
            amount,
            every,
            from,
            growth: Percent::ZERO,
            rollover: Rollover::None,
            thresholds: Thresholds::default(),
            owner: Untrusted::default(),
            note: Untrusted::default(),
            archived: false,
        }
    }

    /// The budget with its texts cleaned.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked(mut self) -> Result<Budget, String> {
        self.name = clean_name(self.name.raw())?.into();
        self.owner = one_line(self.owner.raw(), "owner", NAME_MAX)?.into();
        self.note = one_line(self.note.raw(), "note", NOTE_MAX)?.into();
        self.currency = currency(&self.currency)?;
        if !self.scope.bounds.is_empty() {
            return Err("a budget's scope says which charges count: `cost` is compared of groups only".to_owned());
        }
        if self.amount <= Amount::ZERO {
            return Err(format!("a limit of {} is none: an amount is more than 0, like 50000 or 50k", self.amount));
        }
        if self.amount > Amount::whole(LIMIT_MAX) {
            return Err(format!("a budget's amount is at most {}", Amount::whole(LIMIT_MAX).grouped(0)));
        }
        if self.growth <= Percent::whole(-100) {
            return Err("a limit cannot shrink by 100 % or more: archive the budget instead".to_owned());
        }
        self.thresholds.actual = thresholds(&self.thresholds.actual)?;
        self.thresholds.forecast = thresholds(&self.thresholds.forecast)?;
        if let Cycle::Days(days) = self.every {
            if days.days() == 0 {
                return Err(format!("{} to {} holds no day", days.from, days.to.plus(-1)));
            }
            if !self.growth.is_zero() || self.rollover != Rollover::None {
                return Err("days of its own choice come once: no later limit can grow or be added to".to_owned());
            }
            self.from = days.from;
        }
        let years = [self.from, self.every.last().unwrap_or(self.from)].map(|day| day.month().year());
        if years.iter().any(|year| !YEARS.contains(year)) {
            return Err(format!("a budget's days are of the years {} to {}", YEARS.start(), YEARS.end()));
        }
        Ok(self)
    }

    /// The same budget with periods of another length: it begins with the one that its first day lies in.
    #[must_use]
    pub fn with_periods(self, every: Cycle) -> Budget {
        let from = every.period_of(self.from).filter(|_| every != self.every).map_or(self.from, |period| period.from);
        Budget { every, from, ..self }
    }

    /// The limit in a few words: `50000 USD a month`, `1000 USD in 2026-09-01 to 2026-09-30`.
    #[must_use]
    pub fn limit_words(&self) -> String {
        let growth = if self.growth.is_zero() { String::new() } else { format!(", {} each", self.growth.signed()) };
        match self.every {
            Cycle::Days(days) => format!("{} {} in {}", self.amount, self.currency, days.words()),
            cycle => format!("{} {} a {}{growth}", self.amount, self.currency, cycle.name()),
        }
    }
}

/// A name for a budget, without space around it.
///
/// # Errors
/// What is wrong with it.
pub fn clean_name(name: &str) -> Result<String, String> {
    let name = one_line(name, "name", NAME_MAX)?;
    if name.is_empty() {
        return Err("a budget needs a name".to_owned());
    }
    if name.chars().any(is_hidden) {
        return Err("a budget's name holds characters that nobody sees".to_owned());
    }
    Ok(name)
}

fn one_line(text: &str, what: &str, most: usize) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        n if n > most => Err(format!("a budget's {what} has at most {most} characters, this one has {n}")),
        _ if text.chars().any(char::is_control) => Err(format!("a budget's {what} holds characters that nobody sees")),
        _ => Ok(text),
    }
}

/// A currency's code.
///
/// # Errors
/// Where it is none.
pub fn currency(code: &str) -> Result<String, String> {
    let upper = code.trim().to_ascii_uppercase();
    let is_code = upper.len() == 3 && upper.bytes().all(|b| b.is_ascii_uppercase());
    if is_code { Ok(upper) } else { Err("a currency is a code of three letters like USD".to_owned()) }
}

/// An amount as people write it: `50000`, `50,000.50`, `50_000`, `50k`, `1.2M`.
///
/// # Errors
/// Where it is none.
pub fn amount(text: &str) -> Result<Amount, String> {
    let no = || "an amount is written like 50000, 1,250.50 or 50k".to_owned();
    let text = text.trim();
    if !grouped_by_thousands(text) {
        return Err(format!("a comma stands between thousands, a point before cents: {}", no()));
    }
    let text = text.replace([',', '_'], "");
    let (number, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1_000),
        Some((at, 'm' | 'M')) => (&text[..at], 1_000_000),
        _ => (text.as_str(), 1),
    };
    let amount: Amount = number.trim().parse().map_err(|_| no())?;
    Ok(amount.scale_by(factor, 1))
}

/// Whether each comma of an amount stands before three digits and none behind the point: `12,5` and `1.234,5`
/// mean something else where a comma is what the point is here.
fn grouped_by_thousands(text: &str) -> bool {
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().trim_start_matches(['-', '+']);
    let groups: Vec<&str> = groups.collect();
    let first_fits = groups.is_empty() || (1..=3).contains(&first.len());
    let is_group = |group: &&str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    first_fits && groups.iter().all(is_group) && !cents.contains(',')
}

impl fmt::Display for Rollover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
