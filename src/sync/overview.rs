//! How syncing stands: one account of it for every face. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::log::OPINION;
use super::log::Run;
use super::meter::is_near;
pub use super::opinion::{Kept, Told};
pub use super::plan::WISHED;
pub use super::state::Trouble;
use super::state::{Spent, Standing, State};
use super::task::{Connection, Live, due_at};
use crate::domain::calendar::Day;
pub use crate::provider::remote::opinion::{Anomalies, Anomaly, Forecast, ForecastDay};
pub use crate::provider::remote::{FaultKind, Unit};

/// How syncing stands.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Overview {
    /// Each scope, as the config has them.
    pub scopes: Vec<ScopeOverview>,
    /// What connections spent, those that meter anything.
    pub meters: Vec<MeterOverview>,
    /// The newest runs, newest first.
    pub runs: Vec<Run>,
    /// What cannot be used, and why: connections that cannot be made, what was known of earlier syncs.
    pub wrong: Vec<(String, Trouble)>,
}

/// How a scope stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScopeOverview {
    /// Its source.
    pub source: String,
    /// What a person calls it.
    pub title: String,
    /// Whom its requests go to where that is not the provider, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// In a word.
    pub word: Word,
    /// When all had last come, seconds since 1970.
    pub good_at: Option<i64>,
    /// When a part of it had last come while all never had, seconds since 1970.
    #[serde(default)]
    pub stored_at: Option<i64>,
    /// When it is due, seconds since 1970.
    pub due_at: i64,
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// Since when it fails, seconds since 1970.
    pub failing_since: Option<i64>,
    /// What was left for later.
    pub left: Option<String>,
    /// What it is at.
    pub doing: Option<Doing>,
    /// Days of history that have come, and that are wanted.
    pub history: (u32, u32),
    /// The provider's own opinion of it, where it has one and was asked for it.
    pub opinion: Option<Kept>,
}

/// What a scope under way is at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Doing {
    /// What is asked for.
    pub what: String,
    /// Pieces that have come of it, and how many there are; 0 where that is not known.
    pub pieces: (u64, u64),
    /// Charges that have come of it.
    pub rows: u64,
    /// Why it waits, and until when.
    pub waits: Option<(String, i64)>,
    /// Since when what was asked has no answer, seconds since 1970; `None` where it is not long ago.
    #[serde(default)]
    pub silent_since: Option<i64>,
    /// Seconds that the rest of its history will take at the pace so far; `None` where that cannot be told.
    pub seconds_left: Option<u64>,
}

/// A scope's standing in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It was never asked.
    Never,
    /// Something is asked for now.
    Syncing,
    /// All that was due has come.
    Fresh,
    /// It is due.
    Due,
    /// All that may be spent today is.
    Capped,
    /// It fails, and is tried again by itself.
    Failing,
    /// It fails until a person does something.
    Blocked,
}

impl Word {
    /// As a person reads it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Word::Never => "not yet",
            Word::Syncing => "syncing",
            Word::Fresh => "fresh",
            Word::Due => "due",
            Word::Capped => "capped",
            Word::Failing => "failing",
            Word::Blocked => "blocked",
        }
    }
}

/// What a connection spent of something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeterOverview {
    /// The connection.
    pub connection: String,
    /// Of what.
    pub unit: Unit,
    /// Today (UTC).
    pub today: u64,
    /// What may be spent a day.
    pub cap_today: Option<u64>,
    /// This month.
    pub month: u64,
    /// What may be spent a month.
    pub cap_month: Option<u64>,
    /// What the month's cost so far, in millionths of a US dollar; 0 where it costs nothing.
    pub microdollars: u64,
    /// Tries of the connection that failed today, told once for all of its meters; they cost nothing.
    #[serde(default)]
    pub failed: u64,
    /// How many may fail a day.
    #[serde(default)]
    pub cap_failed: Option<u64>,
}

impl MeterOverview {
    /// Whether at least four fifths of a cap are spent.
    #[must_use]
    pub fn is_near(&self) -> bool {
        is_near(self.today, self.cap_today) || is_near(self.month, self.cap_month)
    }

    /// Whether nothing more may be spent: today, or this month.
    #[must_use]
    pub fn at_cap(&self) -> Option<Until> {
        let is_at = |spent: u64, cap: Option<u64>| cap.is_some_and(|cap| spent >= cap);
        if is_at(self.month, self.cap_month) {
            return Some(Until::Month);
        }
        is_at(self.today, self.cap_today).then_some(Until::Day)
    }
}

/// What a cap is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// Makes an overview; `live` are the scopes that this process is asking, `opinions` what providers think of
/// theirs.
#[must_use]
pub fn of(
    connections: &[Connection],
    state: &State,
    live: &BTreeMap<String, Live>,
    opinions: &BTreeMap<String, Kept>,
    runs: Vec<Run>,
    now: i64,
) -> Overview {
    let mut overview = Overview { runs, ..Overview::default() };
    for connection in connections {
        for costs in &connection.scopes {
            let scope = costs.scope();
            let standing = state.scopes.get(&scope.source.name).cloned().unwrap_or_default();
            let another = state.running.as_ref().and_then(|running| running.scopes.get(&scope.source.name));
            let doing = match (live.get(&scope.source.name), another) {
                (Some(live), _) => Some(doing(live, now)),
                (None, Some(what)) => {
                    let (waits, silent_since) = (None, None);
                    Some(Doing { what: what.clone(), pieces: (0, 0), rows: 0, waits, silent_since, seconds_left: None })
                }
                (None, None) => None,
            };
            let due_at = due_at(connection, &**costs, &standing, now);
            overview.scopes.push(ScopeOverview {
                source: scope.source.name.clone(),
                title: scope.title.clone(),
                elsewhere: costs.elsewhere().map(|told| told.to_string()),
                word: word(&standing, doing.is_some(), due_at, now),
                good_at: (standing.good_at > 0).then_some(standing.good_at),
                stored_at: (standing.stored_at > 0).then_some(standing.stored_at),
                due_at,
                trouble: standing.trouble,
                failing_since: (standing.failing_since > 0).then_some(standing.failing_since),
                left: standing.left,
                doing,
                history: standing.history,
                opinion: costs.opines().and_then(|_| opinions.get(&scope.source.name)).cloned(),
            });
        }
        if let Some(spent) = state.spent.get(&connection.name) {
            overview.meters.extend(meters(connection, spent, Day::of_seconds(now)));
        }
    }
    overview
}

fn word(standing: &Standing, is_doing: bool, due_at: i64, now: i64) -> Word {
    match &standing.trouble {
        _ if is_doing => Word::Syncing,
        Some(trouble) if trouble.kind == FaultKind::Capped => Word::Capped,
        Some(trouble) if trouble.kind.needs_a_person() => Word::Blocked,
        Some(_) => Word::Failing,
        None if standing.good_at == 0 => Word::Never,
        None if due_at <= now => Word::Due,
        None => Word::Fresh,
    }
}

fn doing(live: &Live, now: i64) -> Doing {
    let (done, ahead) = live.history;
    let spent = u64::try_from(now - live.since).unwrap_or(0);
    // A few days say nothing about the pace.
    let seconds_left = (done >= 31 && ahead > 0 && spent > 0).then(|| spent * u64::from(ahead) / u64::from(done));
    Doing {
        what: live.what.clone(),
        pieces: live.pieces,
        rows: live.rows,
        waits: live.waits.clone(),
        silent_since: live.silent_since,
        seconds_left,
    }
}

fn meters(connection: &Connection, spent: &Spent, today: Day) -> Vec<MeterOverview> {
    let price = connection.scopes.iter().map(|costs| costs.scope().terms.request_microdollars).max().unwrap_or(0);
    let of = |unit: Unit| {
        let (cap_today, cap_month) = match unit {
            Unit::PaidRequests => (connection.caps.requests_a_day, None),
            Unit::BytesScanned => (connection.caps.bytes_a_day, connection.caps.bytes_a_month),
            Unit::FreeRequests | Unit::MilliQpu => (None, None),
        };
        let month = spent.in_month_of(unit, today);
        let microdollars = if unit == Unit::PaidRequests { month * u64::from(price) } else { 0 };
        let (name, today) = (connection.name.clone(), spent.on(unit, today));
        let (failed, cap_failed) = (0, None);
        MeterOverview { connection: name, unit, today, cap_today, month, cap_month, microdollars, failed, cap_failed }
    };
    let is_told = |meter: &MeterOverview| meter.month > 0 || meter.cap_today.is_some();
    let mut meters: Vec<MeterOverview> = spent.days.keys().map(|unit| of(*unit)).filter(is_told).collect();
    let failed = spent.failed_on(today);
    if failed > 0 && meters.is_empty() {
        meters.push(of(if price > 0 { Unit::PaidRequests } else { Unit::FreeRequests }));
    }
    if let Some(meter) = meters.first_mut() {
        (meter.failed, meter.cap_failed) = (failed, connection.caps.failed_a_day);
    }
    meters
}
