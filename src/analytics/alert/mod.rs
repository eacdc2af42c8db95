//! Alert rules: facts held against rules are conditions, and conditions held against what is remembered are
//! messages.
//!
//! Pure and repeatable: the same facts, memory and moment make the same messages with the same keys, so that
//! looking twice tells once. Knows nobody who gathers facts, and nobody who brings messages.
//!
//! * [`conditions`]: what is so now, by rule.
//! * [`decide`]: what of it is news, whom it goes to and when.
//! * [`bring`]: letters that are due, bundled; what follows from how a try went.

pub mod bring;
pub mod conditions;
pub mod decide;

use crate::domain::alert::Severity;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;

/// All that rules are held against. What could not be found out is `None`: nothing is said of it, and nothing
/// of it counts as over.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    /// The moment, seconds since 1970.
    pub now: i64,
    /// By how many seconds the clock that hours are meant by is ahead of UTC.
    pub offset: i64,
    /// How budgets stand.
    pub budgets: Option<Vec<BudgetFact>>,
    /// What is out of the ordinary, and what was lately.
    pub anomalies: Option<Vec<AnomalyFact>>,
    /// The last days' costs, of rules that look for spikes.
    pub spends: Option<Vec<SpendFact>>,
    /// How far providers' data goes.
    pub providers: Option<Vec<ProviderFact>>,
    /// Connections that fail.
    pub syncs: Option<Vec<SyncFact>>,
    /// Summaries that are due, of rules that ask for them.
    pub digests: Option<Vec<DigestFact>>,
}

/// Values of dimensions that say where something is.
pub type Place = Vec<(Dimension, Untrusted)>;

/// A budget's standing in a period.
#[derive(Clone, Debug)]
pub struct BudgetFact {
    /// Its name.
    pub name: Untrusted,
    /// Where its charges are.
    pub place: Place,
    /// The period.
    pub period: Period,
    /// Its currency.
    pub currency: String,
    /// Its limit.
    pub limit: Amount,
    /// What was spent of it.
    pub spent: Amount,
    /// What the period is forecast to end at.
    pub forecast: Option<Amount>,
    /// The day on which the limit is forecast to be reached.
    pub exceeds_on: Option<Day>,
    /// The highest threshold that what was spent has reached, in percent.
    pub reached: Option<u32>,
    /// The highest threshold that the forecast reaches, in percent.
    pub foreseen: Option<u32>,
    /// Whose it is.
    pub owner: Option<Untrusted>,
}

/// How a person has taken an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Nobody has.
    Open,
    /// Somebody knows of it, or wants to hear of it later.
    Known,
}

/// Something out of the ordinary that has not ended.
#[derive(Clone, Debug)]
pub struct AnomalyFact {
    /// What tells it from others, for good.
    pub id: String,
    /// What it is, in a line.
    pub title: Untrusted,
    /// Where it is.
    pub place: Place,
    /// How much it presses.
    pub severity: Severity,
    /// Its first day.
    pub start: Day,
    /// The last day that it was seen.
    pub last: Day,
    /// What it cost beyond what was expected, so far.
    pub impact: Amount,
    /// And each further day, if it goes on.
    pub per_day: Amount,
    /// Its currency.
    pub currency: String,
    /// What is known of its cause, a line each.
    pub lines: Vec<Untrusted>,
    /// How a person has taken it.
    pub taken: Taken,
}

/// What a day cost, of a rule that looks for spikes.
#[derive(Clone, Debug)]
pub struct SpendFact {
    /// The rule's name.
    pub rule: String,
    /// The day.
    pub day: Day,
    /// Whether its cost is not restated any more.
    pub settled: bool,
    /// The currency.
    pub currency: String,
    /// What it cost, so far.
    pub amount: Amount,
    /// What such a day usually costs.
    pub usual: Amount,
    /// What of it does not go on by itself, as purchases, and is more than usual: its name, and how much more.
    pub aside: Vec<(&'static str, Amount)>,
    /// Its services that cost most beyond what they usually do.
    pub lines: Vec<Untrusted>,
}

/// How far a provider's data goes.
#[derive(Clone, Debug)]
pub struct ProviderFact {
    /// The provider.
    pub provider: Untrusted,
    /// The last day with charges.
    pub last_day: Day,
    /// Seconds by which that is later than it should be.
    pub late: i64,
}

/// A connection's scope that fails.
#[derive(Clone, Debug)]
pub struct SyncFact {
    /// The scope's source.
    pub source: String,
    /// Whether it waits for a person.
    pub needs_a_person: bool,
    /// Whether a login has expired.
    pub expired: bool,
    /// Since when it fails, seconds since 1970.
    pub since: i64,
    /// Why.
    pub message: Untrusted,
    /// What to do about it.
    pub hint: Option<Untrusted>,
}

/// A summary.
#[derive(Clone, Debug)]
pub struct DigestFact {
    /// The rule's name.
    pub rule: String,
    /// The days that it is of.
    pub period: Period,
    /// What it says, in a line.
    pub title: Untrusted,
    /// And in several.
    pub lines: Vec<Untrusted>,
    /// Its figures.
    pub figures: Vec<(String, Untrusted)>,
}

/// An amount as messages have it.
#[must_use]
pub fn money(amount: Amount, currency: &str) -> String {
    format!("{} {currency}", amount.grouped(2))
}
