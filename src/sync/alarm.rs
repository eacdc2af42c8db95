//! What a person is to be told of syncing who does not look: a login that has expired, a scope that fails for
//! long.
//!
//! Pure: knows when, not in which words, and nobody who brings it.

use std::collections::BTreeMap;

use super::state::{Standing, Trouble};
use crate::provider::remote::FaultKind;

/// Seconds that a scope fails before that is worth telling.
const LONG: i64 = 24 * 3_600;
/// Seconds within which scopes of a connection that fail alike are one trouble: each is tried at least once
/// an hour.
const AT_ONCE: i64 = 2 * 3_600;

/// Something that a person is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// The connection, as `aws.prod`.
    pub connection: String,
    /// The scope of it that fails, by its source.
    pub source: String,
    /// When all that was due had last come, or since when it fails where that is not known; seconds since 1970.
    pub since: i64,
    /// When this was found, seconds since 1970.
    pub at: i64,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Whether a person was just told the same of another scope of the connection.
    pub is_known: bool,
}

/// Whether a fault is worth telling a person who is not looking, and was not told yet. What somebody gave up is
/// none, and a cap is no failure.
#[must_use]
pub fn tells_a_person(standing: &Standing, now: i64) -> bool {
    let Some(trouble) = &standing.trouble else { return false };
    let long = standing.failing_since > 0 && now - standing.failing_since >= LONG;
    let worth = match trouble.kind {
        FaultKind::Expired => true,
        FaultKind::Capped | FaultKind::Cancelled => false,
        _ => long,
    };
    standing.told_at == 0 && worth
}

/// What a person is to be told of a scope; `others` are the sources of its connection.
#[must_use]
pub fn of(
    connection: &str,
    source: &str,
    others: &[&str],
    scopes: &BTreeMap<String, Standing>,
    now: i64,
) -> Option<Alarm> {
    let standing = scopes.get(source).filter(|standing| tells_a_person(standing, now))?;
    let trouble = standing.trouble.clone()?;
    let is_known = others.iter().filter_map(|other| scopes.get(*other)).any(|other| {
        let alike = other.trouble.as_ref().is_some_and(|theirs| theirs.kind == trouble.kind);
        alike && other.told_at > 0 && (now - other.told_at).abs() < AT_ONCE
    });
    // A moment after that is of a clock that was put back.
    let was_good = standing.good_at > 0 && standing.good_at <= standing.failing_since;
    let since = if was_good { standing.good_at } else { standing.failing_since };
    Some(Alarm { connection: connection.to_owned(), source: source.to_owned(), since, at: now, trouble, is_known })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;
    const HOUR: i64 = 3_600;

    /// Fails so since so many hours.
    fn failing(kind: FaultKind, hours: i64) -> Standing {
        let trouble = Some(Trouble { kind, message: "made up".into(), hints: vec![] });
        Standing { trouble, failing_since: NOW - hours * HOUR, ..Standing::default() }
    }

    #[test]
    fn long_failures_and_expired_logins_are_told_once_and_nothing_else_is() {
        use FaultKind::{Cancelled, Capped, Denied, Expired, NoCredentials, QuotaSpent, Throttled, Unavailable};
        for (standing, told) in [
            (Standing::default(), false),
            (failing(Unavailable, 23), false),
            (failing(Unavailable, 24), true),
            (failing(Denied, 1), false),
            (failing(Denied, 30), true),
            (failing(NoCredentials, 24), true),
            (failing(Throttled, 25), true),
            (failing(QuotaSpent, 25), true),
            (failing(Expired, 0), true),
            (failing(Capped, 72), false),
            (failing(Cancelled, 72), false),
            (Standing { told_at: NOW - HOUR, ..failing(Expired, 3) }, false),
            (Standing { told_at: NOW - HOUR, ..failing(Unavailable, 90) }, false),
            // A clock that was put back, and one that does not know since when.
            (failing(Unavailable, -48), false),
            (Standing { failing_since: 0, ..failing(Unavailable, 0) }, false),
        ] {
            assert_eq!(tells_a_person(&standing, NOW), told, "{standing:?}");
        }
    }

    #[test]
    fn it_counts_from_when_all_had_last_come() {
        for (good_at, since) in [(0, 30), (NOW - 38 * HOUR, 38), (NOW + HOUR, 30)] {
            let standing = Standing { good_at, ..failing(FaultKind::Unavailable, 30) };
            let scopes = BTreeMap::from([("aws.prod".to_owned(), standing)]);
            let alarm = of("aws.prod", "aws.prod", &["aws.prod"], &scopes, NOW).expect("told");
            assert_eq!((NOW - alarm.since) / HOUR, since);
        }
    }

    #[test]
    fn scopes_of_a_connection_that_fail_alike_at_once_are_one_trouble() {
        use FaultKind::{Denied, Expired};
        let others = ["azure.main/a", "azure.main/b"];
        for (kind, told_before, is_known) in
            [(Expired, HOUR, true), (Expired, 0, true), (Expired, 3 * HOUR, false), (Denied, HOUR, false)]
        {
            let told = Standing { told_at: NOW - told_before, ..failing(kind, 30) };
            let ours = failing(Expired, 1);
            let scopes = BTreeMap::from([(others[0].to_owned(), told), (others[1].to_owned(), ours)]);
            let alarm = of("azure.main", others[1], &others, &scopes, NOW).expect("to be told");
            assert_eq!(alarm.is_known, is_known, "{kind:?} {told_before}");
            assert_eq!(of("azure.main", others[0], &others, &scopes, NOW), None, "once");
        }
    }
}
