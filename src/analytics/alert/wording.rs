//! What is said of budgets, anomalies, late providers and connections that fail: a line with what, where, how much and against what, and the fields below
//! it; and how a trouble that is over is told of.
//!
//! Money comes before anything that a channel may cut. Pure: words over facts.

use super::{AnomalyFact, BudgetFact, Facts, ProviderFact, SyncFact, Taken, brief, rough};
use crate::analytics::budget::State;
use crate::domain::alert::{Kind, Lapse, Remembered, Severity};
use crate::domain::calendar::{Day, format_timestamp};
use crate::domain::money::Amount;
use crate::domain::text::{SafeText, Untrusted};
use crate::domain::words::{counted, hours_or_days};

/// Characters of what, of each part of where, and of a budget's name in a line.
const WHAT_MAX: usize = 40;
const WHERE_MAX: usize = 24;

/// Fields, each with what it is called.
pub type Fields = Vec<(String, Untrusted)>;

fn field(fields: &mut Fields, name: &str, value: impl Into<String>) {
    let value = value.into();
    if !value.is_empty() {
        fields.push((name.to_owned(), Untrusted::new(value)));
    }
}

/// A text of so many characters at most.
fn clipped(text: &str, most: usize) -> String {
    let safe = SafeText::from_outside(text);
    if safe.chars().count() <= most {
        return safe.into_string();
    }
    safe.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
}

/// A day as a line has it: `Nov 18`.
fn short(day: Day) -> String {
    format!("{} {}", &day.month().name()[..3], day.number())
}

/// `7,204.71 of 5,000 USD`.
fn of_limit(amount: Amount, fact: &BudgetFact) -> String {
    format!("{} of {}", brief(amount, &fact.currency), with(&brief(fact.limit, &fact.currency), &fact.currency))
}

/// ` (144 %)`; what is below a limit is not told as 100 %, nor what is above it.
fn share(amount: Amount, fact: &BudgetFact) -> String {
    let share = amount.ratio(fact.limit).filter(|_| fact.limit > Amount::ZERO);
    let least = if amount > fact.limit { 101.0 } else { 0.0 };
    share.map_or_else(String::new, |share| format!(" ({:.0} %)", (share * 100.0).floor().max(least)))
}

fn with(amount: &str, currency: &str) -> String {
    format!("{amount} {}", SafeText::from_outside(currency))
}

fn called(fact: &BudgetFact) -> String {
    format!("budget {}", clipped(fact.name.raw(), WHAT_MAX))
}

/// What a budget has reached.
#[must_use]
pub fn budget(fact: &BudgetFact, reached: u32) -> String {
    let is = if fact.spent > fact.limit { "is over".to_owned() } else { format!("has reached {reached} %") };
    let since = fact.since.map_or_else(String::new, |day| format!(", since {}", short(day)));
    format!("{} {is}: {}{}{since}", called(fact), of_limit(fact.spent, fact), share(fact.spent, fact))
}

/// What a budget is forecast to reach.
#[must_use]
pub fn forecast(fact: &BudgetFact, foreseen: u32) -> String {
    let will = match fact.exceeds_on {
        // Its charges are late: what is foretold of that day has happened by now.
        Some(on) if (State::WillExceed { on }).is_likely_over(fact.as_of) => {
            let through = fact.through.map(|through| format!(" (charges up to {})", short(through)));
            format!("was likely over on {}{}", short(on), through.unwrap_or_default())
        }
        Some(day) => format!("will be over on {}", short(day)),
        None => format!("is forecast to reach {foreseen} %"),
    };
    let end = fact.forecast.map(|end| format!(": {}{} is forecast", of_limit(end, fact), share(end, fact)));
    format!("{} {will}{}", called(fact), end.unwrap_or_default())
}

/// The fields of a budget.
#[must_use]
pub fn of_budget(fact: &BudgetFact) -> Fields {
    let mut fields = Fields::new();
    let money = |amount: Amount| with(&brief(amount, &fact.currency), &fact.currency);
    field(&mut fields, "Scope", fact.scope.as_str());
    field(&mut fields, "Limit", money(fact.limit));
    field(&mut fields, "Spent", money(fact.spent) + &share(fact.spent, fact));
    if let Some(end) = fact.forecast {
        field(&mut fields, "Forecast", money(end) + &share(end, fact));
    }
    field(&mut fields, "Since", fact.since.map(|day| day.to_string()).unwrap_or_default());
    field(&mut fields, "Who spends it", fact.spenders.join(", "));
    field(&mut fields, "Period", fact.period.words());
    field(&mut fields, "Owner", fact.owner.as_ref().map(Untrusted::raw).unwrap_or_default());
    field(&mut fields, "Note", fact.note.as_ref().map(Untrusted::raw).unwrap_or_default());
    fields
}

/// What is out of the ordinary, and where: `Amazon EC2 in Prod, us-east-1`, or `Prod (mostly Amazon EC2), us-east-1`
/// where that has nearly all of it and others have part.
fn spot(fact: &AnomalyFact) -> String {
    let clipped_all = |parts: &[Untrusted]| parts.iter().map(|part| clipped(part.raw(), WHERE_MAX)).collect::<Vec<_>>();
    let (mostly, within) = (clipped_all(&fact.mostly).join(", "), clipped_all(&fact.within).join(", "));
    match (mostly.as_str(), within.as_str()) {
        ("", "") => clipped(fact.what.raw(), WHAT_MAX),
        ("", within) => format!("{} in {within}", clipped(fact.what.raw(), WHAT_MAX)),
        (mostly, "") => format!("{} (mostly {mostly})", clipped(fact.what.raw(), WHERE_MAX)),
        (mostly, within) => format!("{} (mostly {mostly}), {within}", clipped(fact.what.raw(), WHERE_MAX)),
    }
}

/// What an anomaly costs, against what was expected.
#[must_use]
pub fn anomaly(fact: &AnomalyFact) -> String {
    let actual = with(&rough(fact.actual, &fact.currency), &fact.currency);
    let (what, expected) = (spot(fact), rough(fact.expected, &fact.currency));
    if fact.taken != Taken::Late {
        return format!("{what} costs {actual} a day, expected {expected}");
    }
    let (start, last) = (short(fact.start), short(fact.last));
    let when = if start == last { format!("on {start}") } else { format!("a day from {start} to {last}") };
    format!("{what} cost {actual} {when}, expected {expected}; it is over")
}

/// The fields of an anomaly.
#[must_use]
pub fn of_anomaly(fact: &AnomalyFact) -> Fields {
    let mut fields = Fields::new();
    let money = |amount: Amount| with(&rough(amount, &fact.currency), &fact.currency);
    let signed = |amount: Amount| format!("{}{}", if amount.units() > 0 { "+" } else { "" }, money(amount));
    field(&mut fields, "Where", fact.place_words.raw());
    field(&mut fields, "What", fact.kind);
    field(&mut fields, "A day costs", money(fact.actual));
    field(&mut fields, "Expected", money(fact.expected));
    field(&mut fields, "Cost so far", format!("{} beyond that", signed(fact.impact)));
    if matches!(fact.taken, Taken::Open | Taken::Known) && !fact.per_day.is_zero() {
        field(&mut fields, "If it goes on", format!("{} a day", signed(fact.per_day)));
    }
    field(&mut fields, "Why", fact.why.as_ref().map(Untrusted::raw).unwrap_or_default());
    field(&mut fields, "Who", fact.who.join(", "));
    field(&mut fields, "Since", fact.since.as_str());
    field(&mut fields, "Known up to", fact.silence.as_deref().unwrap_or_default());
    fields
}

/// A moment as fields have it: `2026-11-18 14:00 UTC`.
fn moment(seconds: i64) -> String {
    let text = format_timestamp(seconds);
    format!("{} {} UTC", &text[..10], &text[11..16])
}

/// How far a provider's charges go, and how far they should.
#[must_use]
pub fn stale(fact: &ProviderFact) -> String {
    let late = counted(u64::try_from(fact.expected.0 - fact.last_day.0).unwrap_or(0), "day", "days");
    let name = clipped(fact.provider.raw(), WHAT_MAX);
    format!("{name} is {late} late: charges up to {}, expected up to {}", short(fact.last_day), short(fact.expected))
}

/// The fields of a provider that is late.
#[must_use]
pub fn of_stale(fact: &ProviderFact) -> Fields {
    let mut fields = Fields::new();
    field(&mut fields, "Charges up to", fact.last_day.to_string());
    field(&mut fields, "Expected up to", fact.expected.to_string());
    field(&mut fields, "Nothing new since", moment(fact.since));
    let by: Vec<String> = fact.by.iter().map(|by| clipped(by.raw(), WHAT_MAX)).collect();
    field(&mut fields, "Comes by", by.join(", "));
    field(&mut fields, "It said", fact.said.as_ref().map(Untrusted::raw).unwrap_or_default());
    let next = match (&fact.said, &fact.connection) {
        (Some(_), _) => "mend what it said; it is asked again by itself",
        (None, Some(_)) => "nothing fails here: look whether the provider still writes its export",
        (None, None) => "import a newer file: spendtop import FILE",
    };
    field(&mut fields, "Next", next);
    fields
}

/// The connection that a scope is of.
#[must_use]
pub fn connection(source: &str) -> &str {
    source.split_once('/').map_or(source, |(connection, _)| connection)
}

/// What fails to sync, for how long and by what.
#[must_use]
pub fn sync(fact: &SyncFact, now: i64) -> String {
    let (source, long) = (clipped(&fact.source, WHAT_MAX), hours_or_days(now - fact.since));
    if fact.expired {
        return format!("the login of {source} has expired: not synced for {long}");
    }
    format!("{source} has not synced for {long}: {}", fact.brief)
}

/// The fields of a connection that fails.
#[must_use]
pub fn of_sync(fact: &SyncFact, now: i64) -> Fields {
    let mut fields = Fields::new();
    field(&mut fields, "Connection", fact.source.as_str());
    field(&mut fields, "Fails for", format!("{}, since {}", hours_or_days(now - fact.since), moment(fact.since)));
    field(&mut fields, "Last synced", if fact.good_at > 0 { moment(fact.good_at) } else { "never".to_owned() });
    field(&mut fields, "Charges up to", fact.last_day.map(|day| day.to_string()).unwrap_or_default());
    field(&mut fields, "It said", fact.message.raw());
    field(&mut fields, "Next", fact.hint.as_ref().map(Untrusted::raw).unwrap_or_default());
    fields
}

/// What is said of a trouble that is over.
#[derive(Clone, PartialEq, Debug)]
pub struct Over {
    /// In a line.
    pub title: String,
    /// In fields.
    pub fields: Fields,
    /// The command that shows more.
    pub command: Option<String>,
}

/// How a trouble stands that is so no longer.
#[must_use]
pub fn over(subject: &str, was: &Remembered, facts: &Facts) -> Over {
    let of = subject.split_once('/').map_or(subject, |(_, of)| of);
    let known = match was.kind {
        Kind::Budget | Kind::Forecast => budget_over(of, was, facts.budgets.as_deref().unwrap_or_default()),
        Kind::Anomaly => anomaly_over(of, facts.anomalies.as_deref().unwrap_or_default()),
        Kind::Stale => stale_over(of, facts.providers.as_deref().unwrap_or_default()),
        Kind::Sync => {
            let long = was.since.map(|since| format!(", after {}", hours_or_days(facts.now - since)));
            let title = format!("{} syncs again{}", SafeText::from_outside(of), long.unwrap_or_default());
            Some(plain(title, "spendtop sync --status"))
        }
        Kind::Spike | Kind::Digest | Kind::Test => None,
    };
    known.unwrap_or_else(|| plain(format!("it is so no longer: {}", was.title.safe()), ""))
}

/// How a trouble is told as over that lapsed with its rule.
#[must_use]
pub fn lapsed(lapse: Lapse, was: &Remembered) -> Over {
    let mut over = plain(format!("{}: {}", lapse.words(), was.title.safe()), "spendtop alert list");
    field(&mut over.fields, if was.rules.len() == 1 { "Rule" } else { "Rules" }, was.rules.join(", "));
    over
}

fn plain(title: String, command: &str) -> Over {
    Over { title, fields: Fields::new(), command: Some(command.to_owned()).filter(|command| !command.is_empty()) }
}

fn budget_over(of: &str, was: &Remembered, budgets: &[BudgetFact]) -> Option<Over> {
    let Some(fact) = budgets.iter().find(|fact| of == fact.subject()) else {
        let name = of.rsplit_once('/').map_or(of, |(name, _)| name);
        let title =
            format!("budget {} is no longer looked at: it was archived, removed or changed", clipped(name, WHAT_MAX));
        return Some(plain(title, "spendtop budget list --archived"));
    };
    let (is, amount) = match (was.kind, was.severity) {
        (Kind::Forecast, _) => ("is no longer forecast to be over".to_owned(), fact.forecast.unwrap_or(fact.spent)),
        (_, Severity::Critical) => ("is no longer over".to_owned(), fact.spent),
        _ => (format!("is below {} % again", was.stage), fact.spent),
    };
    let title = format!("{} {is}: {}{}", called(fact), of_limit(amount, fact), share(amount, fact));
    Some(Over { title, fields: of_budget(fact), command: Some(fact.command.clone()) })
}

fn anomaly_over(of: &str, anomalies: &[AnomalyFact]) -> Option<Over> {
    let fact = anomalies.iter().find(|fact| fact.id == of)?;
    let reason = match &fact.taken {
        Taken::Over(reason) => reason.clone(),
        Taken::Open | Taken::Known => "it is no longer looked at".to_owned(),
        Taken::Late => "it was over before its charges came".to_owned(),
    };
    let more = if fact.impact.units() < 0 { "less" } else { "more" };
    let impact = with(&rough(fact.impact.abs(), &fact.currency), &fact.currency);
    let title = format!("{} cost {impact} {more} than expected since {}; {reason}", spot(fact), short(fact.start));
    Some(Over { title, fields: of_anomaly(fact), command: Some(fact.command.clone()) })
}

fn stale_over(of: &str, providers: &[ProviderFact]) -> Option<Over> {
    let fact = providers.iter().find(|fact| fact.provider.raw() == of)?;
    let (name, last) = (fact.provider.safe(), short(fact.last_day));
    let title = if fact.is_gone {
        format!("{name} has told nothing since {last}, and is no longer waited for")
    } else {
        format!("{name} is no longer late: charges up to {last}")
    };
    Some(plain(title, "spendtop sync --status"))
}

#[cfg(test)]
mod tests;
