//! What is so now: facts held against one rule after the other.

use super::{AnomalyFact, BudgetFact, Facts, Place, ProviderFact, SpendFact, SyncFact, Taken, money, wording};
use crate::domain::alert::{Kind, Remembered, Rule, Severity};
use crate::domain::anomaly::NEWS_DAYS;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::filter::admit::{matches, mentions};
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::Untrusted;

/// Something that is so.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// The rule that says so.
    pub rule: String,
    /// What it is about.
    pub kind: Kind,
    /// What tells the trouble from others.
    pub subject: String,
    /// How far it has come: more is news.
    pub stage: u32,
    /// How much it presses.
    pub severity: Severity,
    /// Whether nobody is told of it anew: a person knows already, or it is old.
    pub known: bool,
    /// Since when it has been so, seconds since 1970, where that is known.
    pub since: Option<i64>,
    /// After this day it is forgotten without a word.
    pub until: Option<Day>,
    /// What is the matter, in a line.
    pub title: Untrusted,
    /// What is known of it.
    pub lines: Vec<Untrusted>,
    /// Its figures.
    pub figures: Vec<(String, Untrusted)>,
    /// The command that shows more.
    pub command: Option<String>,
}

impl Condition {
    fn new(rule: &Rule, subject: String, severity: Severity, title: impl Into<String>) -> Condition {
        Condition {
            rule: rule.name.clone(),
            kind: rule.kind,
            subject: format!("{}/{subject}", rule.kind.name()),
            stage: 0,
            severity,
            known: false,
            since: None,
            until: None,
            title: Untrusted::new(title),
            lines: Vec::new(),
            figures: Vec::new(),
            command: None,
        }
    }

    fn figure(mut self, what: &str, value: impl Into<String>) -> Condition {
        self.figures.push((what.to_owned(), Untrusted::new(value)));
        self
    }

    fn line(mut self, line: impl Into<String>) -> Condition {
        self.lines.push(Untrusted::new(line));
        self
    }
}

/// What is so by a rule; `None` where it could not be found out.
#[must_use]
pub fn of(rule: &Rule, facts: &Facts) -> Option<Vec<Condition>> {
    let found: Vec<Condition> = match rule.kind {
        Kind::Budget => each(facts.budgets.as_ref()?, |fact| budget(rule, fact)),
        Kind::Forecast => each(facts.budgets.as_ref()?, |fact| forecast(rule, fact)),
        Kind::Anomaly => each(facts.anomalies.as_ref()?, |fact| anomaly(rule, fact, facts.now)),
        Kind::Spike => each(facts.spends.as_ref()?, |fact| spike(rule, fact)),
        Kind::Stale => each(facts.providers.as_ref()?, |fact| stale(rule, fact)),
        Kind::Sync => each(facts.syncs.as_ref()?, |fact| sync(rule, fact, facts.now)),
        Kind::Digest => each(facts.digests.as_ref()?, |fact| {
            let mut told =
                Condition::new(rule, format!("{}/{}", rule.name, fact.period), Severity::Info, fact.title.raw());
            (told.lines, told.figures) = (fact.lines.clone(), fact.figures.clone());
            told.command = Some(format!("spendtop spend --period {}", fact.period));
            (fact.rule == rule.name).then_some(told)
        }),
        Kind::Test => Vec::new(),
    };
    Some(found.into_iter().filter(|condition| condition.severity >= rule.severity).collect())
}

/// Whether a rule would find what was remembered of a trouble, were it not for what the rule leaves out by now: it
/// is so all the same.
#[must_use]
pub fn would_find(rule: &Rule, facts: &Facts, subject: &str, was: &Remembered) -> bool {
    let scope = Filter::default();
    let wide = match rule.kind {
        // What has become less grave is so.
        Kind::Anomaly => Rule { scope, severity: Severity::Info, ..rule.clone() },
        // Whatever still fails does not sync again.
        Kind::Sync => Rule { scope, severity: Severity::Info, after: i64::MIN, ..rule.clone() },
        // Nothing has come since that was told.
        Kind::Stale if is_as_late(facts, subject, was) => Rule { scope, after: 1, ..rule.clone() },
        _ => Rule { scope, ..rule.clone() },
    };
    finds(&wide, facts, subject)
}

/// Whether a rule finds a trouble.
#[must_use]
pub fn finds(rule: &Rule, facts: &Facts, subject: &str) -> bool {
    let is_it = |condition: &Condition| condition.severity >= rule.severity && condition.subject == subject;
    if rule.kind == Kind::Anomaly {
        // Of many: those of another name are not put into words.
        let named = |fact: &&AnomalyFact| subject.split_once('/').is_some_and(|(_, of)| of == fact.id);
        let mut of_it = facts.anomalies.iter().flatten().filter(named);
        return of_it.any(|fact| anomaly(rule, fact, facts.now).is_some_and(|told| is_it(&told)));
    }
    of(rule, facts).is_some_and(|found| found.iter().any(is_it))
}

/// Whether a provider has told nothing since it was told to be late.
fn is_as_late(facts: &Facts, subject: &str, was: &Remembered) -> bool {
    let of = |fact: &&ProviderFact| subject.split_once('/').is_some_and(|(_, of)| of == fact.provider.raw());
    facts.providers.iter().flatten().find(of).is_some_and(|fact| fact.since <= was.at)
}

fn each<F>(facts: &[F], of: impl Fn(&F) -> Option<Condition>) -> Vec<Condition> {
    facts.iter().filter_map(of).collect()
}

/// Whether a rule's scope holds a place: each of its dimensions must be told of there. Free text is in what is told
/// of it, as it was billed or as screens have it, or it is not.
fn holds(scope: &Filter, place: &Place) -> bool {
    scope.clauses.iter().all(|clause| {
        let Some(asked) = &clause.dimension else {
            let texts = place.iter().flat_map(|(of, value)| [value.raw(), services::called(of, value.raw())]);
            return texts.into_iter().any(|text| mentions(&clause.patterns, text)) != clause.negated;
        };
        let mut told = place.iter().filter(|(of, ..)| of == asked).peekable();
        let is_told = told.peek().is_some();
        let admits =
            |(of, value): &(Dimension, Untrusted)| matches(of, &clause.patterns, value.raw(), "") != clause.negated;
        if clause.negated { is_told && told.all(admits) } else { told.any(admits) }
    })
}

fn budget(rule: &Rule, fact: &BudgetFact) -> Option<Condition> {
    let reached = fact.reached.filter(|_| holds(&rule.scope, &fact.place))?;
    let severity = if fact.spent >= fact.limit { Severity::Critical } else { Severity::Warning };
    let mut told = about(rule, fact, severity, wording::budget(fact, reached));
    told.stage = reached;
    Some(told)
}

fn forecast(rule: &Rule, fact: &BudgetFact) -> Option<Condition> {
    let foreseen = fact.foreseen.filter(|_| holds(&rule.scope, &fact.place))?;
    let mut told = about(rule, fact, Severity::Warning, wording::forecast(fact, foreseen));
    told.stage = foreseen;
    // What has come is told as what it is.
    told.known = fact.spent >= fact.limit;
    Some(told)
}

fn about(rule: &Rule, fact: &BudgetFact, severity: Severity, title: String) -> Condition {
    let mut told = Condition::new(rule, fact.subject(), severity, title);
    told.figures = wording::of_budget(fact);
    told.until = Some(fact.period.to);
    told.command = Some(fact.command.clone());
    told
}

fn anomaly(rule: &Rule, fact: &AnomalyFact, now: i64) -> Option<Condition> {
    let is_news = Day::of_seconds(now).0 - fact.last.0 <= NEWS_DAYS;
    let is_ours = rule.scope.clauses.is_empty() || fact.rules.contains(&rule.name);
    if matches!(fact.taken, Taken::Over(_)) || !is_ours {
        return None;
    }
    let mut told = Condition::new(rule, fact.id.clone(), fact.severity, wording::anomaly(fact));
    told.figures = wording::of_anomaly(fact);
    told.known = fact.taken == Taken::Known || !is_news;
    // What is told as over has no end that is told.
    told.until = (fact.taken == Taken::Late).then(|| fact.last.plus(NEWS_DAYS + 1));
    told.command = Some(fact.command.clone());
    Some(told)
}

fn spike(rule: &Rule, fact: &SpendFact) -> Option<Condition> {
    let above = fact.amount - fact.usual;
    let least = fact.usual.abs().scale_by(i64::from(rule.percent), 100);
    let is_spike = |above: Amount| above >= rule.above && above >= least && above.units().is_positive();
    if fact.rule != rule.name || !is_spike(above) {
        return None;
    }
    // What was bought that day, or taxed, is told as that: nobody used more.
    let aside: Amount = fact.aside.iter().map(|(_, above)| *above).sum();
    let is_aside = !aside.is_zero() && !is_spike(above - aside);
    let (amount, usual) = (money(fact.amount, &fact.currency), money(fact.usual, &fact.currency));
    let of = if rule.scope.is_empty() { String::new() } else { format!(" of {}", rule.scope) };
    let so_far = if fact.settled { "" } else { " so far" };
    let severity = match above.units() / 2 >= fact.usual.abs().units() {
        _ if is_aside => Severity::Info,
        true => Severity::Critical,
        false => Severity::Warning,
    };
    let mut title = format!("spend{of} on {} is {amount}{so_far}, usually {usual}", fact.day);
    if is_aside {
        let kinds: Vec<&str> = fact.aside.iter().map(|(kind, _)| *kind).collect();
        title.push_str(&format!(": {} of it {}", money(aside, &fact.currency), kinds.join(" and ")));
    }
    let mut told = Condition::new(rule, format!("{}/{}/{}", rule.name, fact.currency, fact.day), severity, title)
        .figure("Spent", amount)
        .figure("Usually", usual)
        .figure("Above that", money(above, &fact.currency));
    told.lines.clone_from(&fact.lines);
    told.command = Some(format!("spendtop spend --period {}..{}", fact.day, fact.day.plus(1)));
    Some(told)
}

fn stale(rule: &Rule, fact: &ProviderFact) -> Option<Condition> {
    let place = vec![(Dimension::Provider, fact.provider.clone())];
    if fact.late < rule.after || !holds(&rule.scope, &place) {
        return None;
    }
    let mut told = Condition::new(rule, fact.provider.raw().to_owned(), Severity::Warning, wording::stale(fact))
        .line("Figures of later days are missing, not zero; budgets and anomalies of them are not looked at.");
    told.figures = wording::of_stale(fact);
    told.command = Some(match &fact.connection {
        Some(connection) => format!("spendtop doctor {connection}"),
        None => "spendtop imports list".to_owned(),
    });
    Some(told)
}

fn sync(rule: &Rule, fact: &SyncFact, now: i64) -> Option<Condition> {
    let long = now - fact.since >= rule.after;
    if !(long || fact.expired) {
        return None;
    }
    let severity = if fact.needs_a_person { Severity::Critical } else { Severity::Warning };
    let mut told = Condition::new(rule, fact.source.clone(), severity, wording::sync(fact, now))
        .line("What is stored stays; newer days are missing until it syncs again, not zero.");
    told.since = Some(fact.since);
    told.figures = wording::of_sync(fact, now);
    told.command = Some(format!("spendtop doctor {}", wording::connection(&fact.source)));
    Some(told)
}
