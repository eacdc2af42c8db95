//! Facts that tests begin with.

use std::collections::BTreeSet;

use super::{AnomalyFact, BudgetFact, ProviderFact, SyncFact, Taken};
use crate::domain::alert::Severity;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;

/// A service in an account and a region that costs more than expected.
pub fn anomaly(id: &str) -> AnomalyFact {
    let start = Day::parse("2026-11-18").expect("date");
    AnomalyFact {
        id: id.to_owned(),
        what: "Amazon EC2".into(),
        mostly: Vec::new(),
        within: vec!["Prod".into(), "us-east-1".into()],
        place_words: "Amazon EC2 | Prod | us-east-1".into(),
        rules: BTreeSet::new(),
        kind: "step up",
        severity: Severity::Critical,
        start,
        since: "2026-11-18 14:00 UTC".to_owned(),
        last: start.plus(2),
        silence: None,
        actual: "1179.70".parse().expect("amount"),
        expected: Amount::whole(310),
        impact: Amount::whole(2_609),
        per_day: Amount::whole(870),
        currency: "USD".into(),
        who: vec!["i-0abc 62 %".to_owned()],
        why: Some("usage +280 % (+2,609.10) in 3 days".into()),
        taken: Taken::Open,
        command: format!("spendtop anomalies show {id}"),
    }
}

/// A budget of which a part was spent.
pub fn budget() -> BudgetFact {
    BudgetFact {
        name: "platform".into(),
        place: vec![(Dimension::Provider, "AWS".into())],
        scope: "provider=AWS".to_owned(),
        period: Day::parse("2026-11-18").expect("date").month().period(),
        currency: "EUR".into(),
        limit: Amount::whole(1_000),
        spent: Amount::whole(300),
        forecast: None,
        exceeds_on: None,
        as_of: Day::parse("2026-11-18").expect("date"),
        through: None,
        reached: None,
        since: None,
        foreseen: None,
        spenders: vec!["Prod 62 %".to_owned(), "Dev 20 %".to_owned()],
        owner: Some("ana".into()),
        note: Some("https://wiki.example/runbook".into()),
        command: "spendtop budget show platform".to_owned(),
    }
}

/// A provider whose charges are late by so many seconds at a moment.
pub fn provider(now: i64, late: i64) -> ProviderFact {
    let today = Day::of_seconds(now);
    ProviderFact {
        provider: "AWS".into(),
        last_day: today.plus(-6),
        expected: today.plus(-3),
        late,
        is_gone: false,
        since: now - late,
        by: vec!["aws.prod/1111".into()],
        connection: Some("aws.prod".to_owned()),
        said: None,
    }
}

/// A connection that fails since a moment.
pub fn sync(since: i64) -> SyncFact {
    SyncFact {
        source: "aws.prod/1111".into(),
        needs_a_person: false,
        expired: false,
        since,
        good_at: since - 3_600,
        last_day: Day::parse("2026-11-18"),
        brief: "access is denied",
        message: "AccessDenied: not authorized to perform s3:ListBucket".into(),
        hint: Some("let it list the bucket".into()),
    }
}
