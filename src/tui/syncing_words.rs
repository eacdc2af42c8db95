//! What the screen says of syncing outside of its own overlay: a line on what is under way and what fails,
//! and what belongs beside the providers' freshness.
//!
//! Pure: a snapshot in, words out.

use super::syncing::Snapshot;
use super::tab::short_day;
use super::theme::Role;
use crate::domain::calendar::{Day, format_timestamp};
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::MeterUnit;
use crate::engine::overview::{FaultKind, MeterOverview, Overview, ScopeOverview, Trouble, Until, WISHED, Word};
use crate::report;

/// Scopes of which the line tells what they are at, and how many fail; the others are counted.
const TOLD: usize = 2;

/// A text and what it is.
pub type Said = (String, Role);

/// What fails and what is under way, what matters most first, without gaps between; `log` is the key that
/// shows the log. Empty where all is quiet.
#[must_use]
pub fn line(snapshot: &Snapshot, log: &str) -> Vec<Said> {
    let overview = match &snapshot.overview {
        Ok(overview) => overview,
        Err(error) => return vec![(format!("not syncing: {}", safe(&error.message)), Role::Error)],
    };
    let mut said: Vec<Said> = troubles(overview);
    if !said.is_empty() {
        said.push((format!("{log} log"), Role::Muted));
    }
    let busy: Vec<&ScopeOverview> = overview.scopes.iter().filter(|scope| scope.doing.is_some()).collect();
    said.extend(busy.iter().take(TOLD).filter_map(|scope| Some((progress(scope, snapshot.at)?, progress_role(scope)))));
    if busy.len() > TOLD {
        said.push((format!("{} more syncing", busy.len() - TOLD), Role::Muted));
    }
    said
}

fn troubles(overview: &Overview) -> Vec<Said> {
    let wrong = overview.wrong.iter().map(|(name, trouble)| (name, Word::Blocked, trouble));
    let fails = |scope: &&ScopeOverview| matches!(scope.word, Word::Failing | Word::Blocked);
    let failing = overview.scopes.iter().filter(fails);
    let failing = failing.filter_map(|scope| Some((&scope.source, scope.word, scope.trouble.as_ref()?)));
    let mut all: Vec<_> = failing.chain(wrong).collect();
    all.sort_by_key(|(_, word, _)| *word != Word::Blocked);
    let one = |(name, word, trouble): &(&String, Word, &Trouble)| {
        // Who must log in is told how; what is allowed to nobody is told first, its policy has no room here.
        let login = matches!(trouble.kind, FaultKind::Expired | FaultKind::NoCredentials);
        let what = trouble.hints.first().filter(|_| login).unwrap_or(&trouble.message);
        let role = if *word == Word::Blocked { Role::Error } else { Role::Unsure };
        (format!("{} {}: {}", safe(name), word.name(), safe(what)), role)
    };
    let mut said: Vec<Said> = all.iter().take(1).map(one).collect();
    if all.len() > 1 {
        said.push((format!("{} more fail", all.len() - 1), Role::Unsure));
    }
    said
}

/// What it comes to that all connections are asked now, where not all of them are: what keeps which from it, or
/// that nothing newer is to be had. `None` where all are asked.
#[must_use]
pub fn asked(overview: &Overview, now: i64) -> Option<String> {
    let is_of = |scope: &ScopeOverview, name: &str| {
        scope.source == name || scope.source.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut said = Vec::new();
    let mut rest: Vec<&ScopeOverview> = overview.scopes.iter().collect();
    for meter in &overview.meters {
        let Some(why) = kept_back(meter, now) else { continue };
        said.push(format!("{}: {why}", safe(&meter.connection)));
        rest.retain(|scope| !is_of(scope, &meter.connection));
    }
    let (held, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|scope| is_left_alone(scope, now));
    said.extend(held.iter().map(|scope| {
        format!("{} is left alone until {}, as its provider wants", safe(&scope.source), moment(scope.due_at, now))
    }));
    let is_new = |scope: &ScopeOverview| {
        scope.doing.is_none()
            && scope.trouble.is_none()
            && scope.good_at.is_some_and(|at| (0..WISHED).contains(&(now - at)))
    };
    let all = if said.is_empty() { "all" } else { "all else" };
    if let Some(oldest) = rest.iter().filter_map(|scope| scope.good_at).min().filter(|_| rest.iter().all(|s| is_new(s)))
    {
        let ago = report::ago(oldest, now).replace("now", "just now");
        // What is paid for is not asked again so soon; all else is.
        let paid = |scope: &&ScopeOverview| {
            let of = |meter: &&MeterOverview| is_of(scope, &meter.connection);
            overview.meters.iter().filter(of).any(|meter| meter.unit == MeterUnit::PaidRequests)
        };
        let looks = if rest.iter().all(paid) { "" } else { ", and looked at again" };
        said.push(format!("{all} up to date, asked {ago}{looks}"));
    } else if !said.is_empty() && !rest.is_empty() {
        said.push("all else is asked".to_owned());
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// Whether a scope is not asked whoever wishes for it, since its provider wants that.
#[must_use]
pub fn is_left_alone(scope: &ScopeOverview, now: i64) -> bool {
    let kind = scope.trouble.as_ref().map(|trouble| trouble.kind);
    matches!(kind, Some(FaultKind::Throttled | FaultKind::QuotaSpent)) && scope.due_at > now
}

/// Why nothing of a connection is asked today.
fn kept_back(meter: &MeterOverview, now: i64) -> Option<String> {
    let cap = |cap: Option<u64>| report::spent_words(meter.unit, cap.unwrap_or(0)).replace(" paid", "");
    if meter.cap_failed.is_some_and(|cap| meter.failed >= cap) {
        return Some(format!("{} requests have failed today, next at 00:00 UTC", meter.failed));
    }
    match meter.at_cap()? {
        Until::Day => Some(format!("cap of {} reached, next at 00:00 UTC", cap(meter.cap_today))),
        Until::Month => {
            let next = Day::of_seconds(now).month().plus(1).first();
            Some(format!("cap of {} a month reached, next on {next}", cap(meter.cap_month)))
        }
    }
}

/// What a scope is at; `None` where it is at nothing.
#[must_use]
pub fn progress(scope: &ScopeOverview, now: i64) -> Option<String> {
    let doing = scope.doing.as_ref()?;
    let name = safe(&scope.source);
    if let Some((why, until)) = &doing.waits {
        return Some(format!("{name} waits {}: {}", report::span(until - now), safe(why)));
    }
    if let Some(since) = doing.silent_since {
        let what = if doing.what.is_empty() { String::new() } else { format!(" {}", safe(&doing.what)) };
        return Some(
            format!("{name} no answer for {}:{what}", report::span(now - since)).trim_end_matches(':').to_owned(),
        );
    }
    let left = doing.seconds_left.map_or_else(String::new, |seconds| {
        format!(", about {} left", report::span(i64::try_from(seconds).unwrap_or(i64::MAX)))
    });
    let (come, wanted) = scope.history;
    if come < wanted {
        // A month that has come in part has not come.
        let months = (come * 12 / 365, (wanted * 24 + 365) / 730);
        let of = if months.1 > 1 {
            format!("{} of {} months", months.0, months.1)
        } else {
            format!("{come} of {wanted} days")
        };
        return Some(format!("{name} history {of}{left}"));
    }
    let pieces = match doing.pieces {
        (_, 0) => String::new(),
        (come, all) => format!(", {come} of {all}"),
    };
    let what = if doing.what.is_empty() { "is looked at".to_owned() } else { safe(&doing.what) };
    Some(format!("{name} {what}{pieces}{left}"))
}

/// Why there are no costs although something is connected.
#[must_use]
pub fn none_yet(snapshot: &Snapshot) -> &'static str {
    const FAILS: &str = "No costs yet: what is connected cannot be synced.";
    let Ok(overview) = &snapshot.overview else { return FAILS };
    let comes = |scope: &ScopeOverview| matches!(scope.word, Word::Never | Word::Syncing | Word::Due);
    if overview.scopes.iter().any(comes) {
        return "No costs yet: the first ones are on their way.";
    }
    let fails = |scope: &ScopeOverview| matches!(scope.word, Word::Failing | Word::Blocked);
    if overview.scopes.iter().any(fails) || !overview.wrong.is_empty() {
        return FAILS;
    }
    "No costs yet: all that is connected was asked, and has none."
}

/// How what a scope is at is shown: one that waits is not as one that goes on.
#[must_use]
pub fn progress_role(scope: &ScopeOverview) -> Role {
    let waits = scope.doing.as_ref().is_some_and(|doing| doing.waits.is_some() || doing.silent_since.is_some());
    if waits { Role::Unsure } else { Role::Muted }
}

/// The meter whose cap is nearest, where one is near: `10 of 12 requests`.
#[must_use]
pub fn near(snapshot: &Snapshot) -> Option<String> {
    let overview = snapshot.overview.as_ref().ok()?;
    let share =
        |spent: u64, cap: Option<u64>| cap.filter(|cap| *cap > 0).map_or(0, |cap| spent.saturating_mul(1_000) / cap);
    let used = |meter: &&MeterOverview| share(meter.today, meter.cap_today).max(share(meter.month, meter.cap_month));
    let meter = overview.meters.iter().filter(|meter| meter.is_near()).max_by_key(used)?;
    let by_day = share(meter.today, meter.cap_today) >= share(meter.month, meter.cap_month);
    let (spent, cap) = if by_day { (meter.today, meter.cap_today) } else { (meter.month, meter.cap_month) };
    let all = report::spent_words(meter.unit, cap?);
    let spent = report::spent_words(meter.unit, spent);
    let words = format!("{} of {all}", spent.split(' ').next().unwrap_or_default());
    Some(if meter.unit == MeterUnit::PaidRequests { words.replace(" paid", "") } else { words })
}

/// A provider some of whose scopes fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fails {
    /// Since when, in words.
    pub since: String,
    /// How old what had come of the one that is furthest behind is; `None` where nothing ever came of it.
    pub age: Option<String>,
}

/// How a provider fails; `None` where none of its scopes does.
#[must_use]
pub fn fails(snapshot: &Snapshot, provider: &str) -> Option<Fails> {
    let overview = snapshot.overview.as_ref().ok()?;
    let provider = services::canonical_provider(provider);
    let of = |scope: &&ScopeOverview| {
        let kind = scope.source.split(['.', '/']).next().unwrap_or_default();
        services::provider_named(kind) == Some(provider) && matches!(scope.word, Word::Failing | Word::Blocked)
    };
    let failing = || overview.scopes.iter().filter(of);
    let since = failing().filter_map(|scope| scope.failing_since).min()?;
    let come = failing().map(|scope| scope.good_at.or(scope.stored_at)).min().flatten();
    let age = come.map(|at| format!("{} old", report::span(snapshot.at - at)));
    Some(Fails { since: moment(since, snapshot.at), age })
}

/// A moment of the same day by its minute, an earlier one by its day; UTC.
#[must_use]
pub fn moment(at: i64, now: i64) -> String {
    let day = Day::of_seconds(at);
    if day == Day::of_seconds(now) {
        let stamp = format_timestamp(at);
        return format!("{} UTC", stamp.get(11..16).unwrap_or(&stamp));
    }
    short_day(day)
}

pub(super) fn safe(text: &str) -> String {
    SafeText::from_outside(text).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::tui::tests::fake::syncing;

    fn said(snapshot: &Snapshot) -> Vec<String> {
        line(snapshot, "!").into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn who_asks_is_told_what_is_not_asked_and_why() {
        let fresh = syncing::fresh();
        let at = fresh.at;
        let mut overview = fresh.overview.expect("it stands somehow");
        assert_eq!(asked(&overview, at), None, "all are asked");
        overview.scopes.iter_mut().for_each(|scope| scope.good_at = Some(at - 150));
        let told = |overview: &Overview| asked(overview, at).unwrap_or_default();
        assert_eq!(told(&overview), "all up to date, asked 2 min ago, and looked at again");
        overview.meters[0].today = 12;
        let capped = "aws.prod: cap of 12 requests reached, next at 00:00 UTC";
        assert_eq!(told(&overview), format!("{capped}; all else up to date, asked 2 min ago, and looked at again"));
        overview.scopes[1].good_at = Some(at - 1_500);
        assert_eq!(told(&overview), format!("{capped}; all else is asked"));
        let trouble = Trouble { kind: FaultKind::Throttled, message: "429".to_owned(), hints: vec![] };
        (overview.scopes[1].trouble, overview.scopes[1].due_at) = (Some(trouble), at + 600);
        let held = "azure.main is left alone until 09:40 UTC, as its provider wants";
        assert!(told(&overview).contains(held), "{}", told(&overview));
        overview.scopes.truncate(1);
        assert_eq!(told(&overview), capped);
        (overview.meters[0].today, overview.meters[0].failed) = (6, 500);
        assert_eq!(told(&overview), "aws.prod: 500 requests have failed today, next at 00:00 UTC");
        overview.meters[0].failed = 499;
        assert_eq!(told(&overview), "all up to date, asked 2 min ago");
    }

    #[test]
    fn what_fails_comes_before_what_is_under_way() {
        assert_eq!(said(&syncing::fresh()), Vec::<String>::new());
        assert_eq!(
            said(&syncing::under_way()),
            ["aws.prod history 3 of 13 months, about 12 min left", "azure.main waits 40 s: too many requests"]
        );
        assert_eq!(
            said(&syncing::silent()),
            ["aws.prod no answer for 12 s: 2024-07", "azure.main no answer for 12 s: 2024-07"]
        );
        assert_eq!(
            said(&syncing::failing()),
            ["aws.prod blocked: `aws sso login --profile billing`", "2 more fail", "! log"]
        );
        let broken = Snapshot { at: 0, overview: Err(Error::store("the disk is full")) };
        assert_eq!(said(&broken), ["not syncing: the disk is full"]);
    }

    #[test]
    fn caps_that_are_near_and_providers_that_fail() {
        assert_eq!(near(&syncing::fresh()), None);
        assert_eq!(near(&syncing::failing()).as_deref(), Some("10 of 12 requests"));
        let fails = |provider| fails(&syncing::failing(), provider).map(|fails| (fails.since, fails.age));
        let of = |since: &str, age: &str| Some((since.to_owned(), Some(age.to_owned())));
        assert_eq!(fails("AWS"), of("06:12 UTC", "3 h old"));
        assert_eq!(fails("Microsoft"), of("Nov 18", "2 days old"));
        assert_eq!(fails("Google Cloud"), None);
    }
}
