//! Syncing as it may stand, made up.

use std::collections::BTreeMap;

use super::as_of;
use crate::domain::calendar::Period;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;
use crate::engine::overview::{
    Anomalies, Anomaly, Doing, FaultKind, Forecast, ForecastDay, Kept, MeterOverview, Overview, ScopeOverview, Told,
    Trouble, Word,
};
use crate::engine::{MeterUnit, Run};
use crate::tui::syncing::Snapshot;

/// When all of it is told: 9:30 UTC.
fn now() -> i64 {
    as_of().seconds() + 9 * 3_600 + 30 * 60
}

fn scope(source: &str) -> ScopeOverview {
    ScopeOverview {
        source: source.to_owned(),
        title: format!("the bill of {source}"),
        elsewhere: None,
        word: Word::Fresh,
        good_at: Some(now() - 1_500),
        stored_at: Some(now() - 1_500),
        due_at: now() + 12_600,
        trouble: None,
        failing_since: None,
        left: None,
        doing: None,
        history: (396, 396),
        opinion: None,
    }
}

fn meter(today: u64) -> MeterOverview {
    MeterOverview {
        connection: "aws.prod".to_owned(),
        unit: MeterUnit::PaidRequests,
        today,
        cap_today: Some(12),
        month: 214,
        cap_month: None,
        microdollars: 2_140_000,
        failed: 0,
        cap_failed: Some(500),
    }
}

fn trouble(kind: FaultKind, message: &str, hints: &[&str]) -> Trouble {
    Trouble { kind, message: message.to_owned(), hints: hints.iter().map(|hint| (*hint).to_owned()).collect() }
}

fn run(before: i64, source: &str, what: &str) -> Run {
    Run {
        at: now() - before,
        took: 2_340,
        source: source.to_owned(),
        what: what.to_owned(),
        why: serde_json::from_str("\"recent\"").ok(),
        rows: 1_204,
        pages: 3,
        spent: BTreeMap::from([(MeterUnit::PaidRequests, 3)]),
        retries: 0,
        restated: BTreeMap::new(),
        trouble: None,
        notes: vec![],
    }
}

fn snapshot(overview: Overview) -> Snapshot {
    Snapshot { at: now(), overview: Ok(overview) }
}

/// All has come.
pub fn fresh() -> Snapshot {
    let restated = BTreeMap::from([("USD".to_owned(), Amount::from_units(12_400_000_000_000_000_000))]);
    let runs = vec![
        run(1_500, "aws.prod", "2024-11-17 to 2024-11-19"),
        Run { restated, why: serde_json::from_str("\"open_month\"").ok(), ..run(1_560, "azure.main", "2024-11") },
        Run { what: String::new(), why: None, rows: 0, ..run(90_000, "gcp.data", "") },
    ];
    let scopes = vec![scope("aws.prod"), scope("azure.main"), scope("gcp.data")];
    snapshot(Overview { scopes, meters: vec![meter(6)], runs, wrong: vec![] })
}

/// As AWS may think of its scope, in words of this text's where they are the provider's.
pub fn opinion(text: &str) -> Kept {
    let amount = |text: &str| text.parse::<Amount>().ok();
    let day = |n: i32| ForecastDay {
        day: as_of().plus(n),
        mean: amount("1234.5").unwrap_or_default(),
        low: amount("1200"),
        high: amount("1300.25"),
    };
    let anomaly = |impact: &str| Anomaly {
        id: Untrusted::new(text),
        from: as_of().plus(-4),
        last: None,
        watched: Untrusted::new(text),
        currency: "USD".to_owned(),
        impact: amount(impact).unwrap_or_default(),
        actual: None,
        expected: None,
        causes: Vec::new(),
    };
    let days = Period { from: as_of().plus(-30), to: as_of().plus(1) };
    let (forecast, found) = ((0..3).map(day).collect(), vec![anomaly("12"), anomaly("430.4")]);
    let mut kept = Kept::new("aws.prod", "AWS");
    let forecast = Forecast { currency: "USD".to_owned(), interval: 80, days: forecast };
    kept.forecast = Some(Told { at: now(), what: forecast });
    kept.anomalies = Some(Told { at: now(), what: Anomalies { days, found, more: false } });
    kept
}

/// History comes, and one waits.
pub fn under_way() -> Snapshot {
    let doing = |waits, seconds_left| {
        Some(Doing { what: "2024-07".to_owned(), pieces: (1, 4), rows: 4_210, waits, silent_since: None, seconds_left })
    };
    let aws = ScopeOverview {
        word: Word::Syncing,
        doing: doing(None, Some(745)),
        history: (120, 396),
        good_at: None,
        ..scope("aws.prod")
    };
    let waits = Some(("too many requests".to_owned(), now() + 40));
    let azure = ScopeOverview { word: Word::Syncing, doing: doing(waits, None), ..scope("azure.main") };
    snapshot(Overview { scopes: vec![aws, azure], meters: vec![meter(6)], ..Overview::default() })
}

/// One does not answer.
pub fn silent() -> Snapshot {
    let mut snapshot = under_way();
    for scope in snapshot.overview.iter_mut().flat_map(|overview| &mut overview.scopes) {
        let doing = scope.doing.iter_mut();
        doing.for_each(|doing| (doing.waits, doing.silent_since) = (None, Some(now() - 12)));
    }
    snapshot
}

/// Much has gone wrong.
pub fn failing() -> Snapshot {
    let login = trouble(FaultKind::Expired, "the session has expired", &["`aws sso login --profile billing`"]);
    let aws = ScopeOverview {
        word: Word::Blocked,
        trouble: Some(login.clone()),
        failing_since: Some(as_of().seconds() + 6 * 3_600 + 12 * 60),
        good_at: Some(now() - 4 * 3_600 + 600),
        ..scope("aws.prod")
    };
    let azure = ScopeOverview {
        word: Word::Failing,
        trouble: Some(trouble(FaultKind::Unavailable, "the service says 503: try again later", &[])),
        failing_since: Some(now() - 2 * 86_400),
        good_at: Some(now() - 2 * 86_400 - 600),
        ..scope("azure.main")
    };
    let wrong = trouble(FaultKind::Refused, "there is no file `~/key.json`", &["`spendtop connect gcp` makes one"]);
    let runs = vec![
        Run { trouble: Some(login), retries: 2, rows: 0, ..run(600, "aws.prod", "2024-11") },
        Run { notes: vec!["3 rows were refused".to_owned()], ..run(90_000, "azure.main", "2024-10") },
    ];
    let scopes = vec![aws, azure, scope("opencost.lab")];
    snapshot(Overview { scopes, meters: vec![meter(10)], runs, wrong: vec![("gcp.data".to_owned(), wrong)] })
}
