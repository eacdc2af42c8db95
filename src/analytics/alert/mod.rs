//! Alert rules: facts held against rules are conditions, and conditions held against what is remembered are
//! messages.
//!
//! Pure and repeatable: the same facts, memory and moment make the same messages with the same keys, so that
//! looking twice tells once. Knows nobody who gathers facts, and nobody who brings messages.
//!
//! * [`conditions`]: what is so now, by rule.
//! * [`decide`]: what of it is news, whom it goes to and when.
//! * [`wording`]: what is said of it.
//! * [`bring`]: letters that are due, bundled; what follows from how a try went.

pub mod bring;
pub mod conditions;
pub mod decide;
#[cfg(test)]
mod samples;
pub mod wording;

use std::collections::BTreeSet;

use crate::domain::alert::Severity;
use crate::domain::calendar::{Day, Period};
use crate::domain::currency::written;
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
    /// The same in words.
    pub scope: String,
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
    /// The day that it stands so on.
    pub as_of: Day,
    /// The last day whose charges have come, where later ones of the period have not.
    pub through: Option<Day>,
    /// The highest threshold that what was spent has reached, in percent.
    pub reached: Option<u32>,
    /// Since when.
    pub since: Option<Day>,
    /// The highest threshold that the forecast reaches, in percent.
    pub foreseen: Option<u32>,
    /// Who spends most of it, each with a share; told of what is news alone.
    pub spenders: Vec<String>,
    /// Whose it is.
    pub owner: Option<Untrusted>,
    /// What else is to be known of it.
    pub note: Option<Untrusted>,
    /// The command that shows it.
    pub command: String,
}

impl BudgetFact {
    /// What tells it in this period from others.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}/{}", self.name.raw(), self.period)
    }
}

/// How a person has taken an anomaly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Nobody has.
    Open,
    /// Somebody knows of it, or wants to hear of it later.
    Known,
    /// Nobody could: it was over before its charges came.
    Late,
    /// It is over, or somebody expects it: why.
    Over(String),
}

/// Something out of the ordinary, or that was.
#[derive(Clone, Debug)]
pub struct AnomalyFact {
    /// What tells it from others, for good.
    pub id: String,
    /// What it is: a service, where there is one; else whose it is, where `mostly` says what.
    pub what: Untrusted,
    /// Who has nearly all of it, a service first, where it is no service's own.
    pub mostly: Vec<Untrusted>,
    /// Within which account, region or other, the largest first.
    pub within: Vec<Untrusted>,
    /// All of that in words.
    pub place_words: Untrusted,
    /// The rules whose scope it is within, by name; those without a scope need not be among them.
    pub rules: BTreeSet<String>,
    /// What kind it is, in words.
    pub kind: &'static str,
    /// How much it presses.
    pub severity: Severity,
    /// Its first day.
    pub start: Day,
    /// The same in words, with the hour where that is known.
    pub since: String,
    /// The last day that it was seen.
    pub last: Day,
    /// The same, and since when nothing has come from whom, where nothing is heard of it.
    pub silence: Option<String>,
    /// What a day of it costs.
    pub actual: Amount,
    /// And what was expected.
    pub expected: Amount,
    /// What it cost beyond what was expected, so far.
    pub impact: Amount,
    /// And each further day, if it goes on.
    pub per_day: Amount,
    /// Its currency.
    pub currency: String,
    /// Who contributes most, each with a share.
    pub who: Vec<String>,
    /// By price or by quantity; told of what is news alone.
    pub why: Option<Untrusted>,
    /// How a person has taken it.
    pub taken: Taken,
    /// The command that shows it.
    pub command: String,
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
    /// The day that it should have come to by now.
    pub expected: Day,
    /// Seconds by which that is later than it should be.
    pub late: i64,
    /// Whether it has told nothing for so long that it is not waited for any more.
    pub is_gone: bool,
    /// When its last day came, seconds since 1970.
    pub since: i64,
    /// By what its charges come: connections' scopes, files.
    pub by: Vec<Untrusted>,
    /// The connection that they come by, where there is one.
    pub connection: Option<String>,
    /// Of it what was last said, where that fails.
    pub said: Option<Untrusted>,
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
    /// When all of it had last come, seconds since 1970; 0 for never.
    pub good_at: i64,
    /// The last day that it has brought charges of.
    pub last_day: Option<Day>,
    /// What is the matter, in a few words.
    pub brief: &'static str,
    /// Why, as the provider says it.
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
    format!("{} {currency}", written(amount, currency))
}

/// An amount as a line has it: cents only where there are any.
#[must_use]
pub fn brief(amount: Amount, currency: &str) -> String {
    let text = written(amount, currency);
    let whole = text.split_once('.').filter(|(_, cents)| cents.bytes().all(|digit| digit == b'0'));
    whole.map_or(text.clone(), |(whole, _)| whole.to_owned())
}

/// An estimate as a line has it: whole from a hundred on.
#[must_use]
pub fn rough(amount: Amount, currency: &str) -> String {
    if amount.abs() >= Amount::whole(100) { amount.grouped(0) } else { brief(amount, currency) }
}
