//! What the log tells of what became of an ask. Pure.

use crate::domain::text::SafeText;
use crate::domain::words::{count, counted};
use crate::store::segment::GroupKey;
use crate::sync::groups::Fate;
use crate::sync::ingest::Outcome;

/// Account periods that are named at most.
const NAMED_MAX: usize = 3;

/// Account periods of which a delivery is an older version than what is stored.
pub fn older(outcome: &Outcome) -> Option<String> {
    let older = outcome.groups.iter().filter(|(_, fate, _)| *fate == Fate::Older);
    let all: Vec<String> = older.map(|(key, ..)| SafeText::from_outside(&key.name()).into_string()).collect();
    let more = all.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
    let named = all[..all.len().min(NAMED_MAX)].join("; ");
    (!all.is_empty()).then(|| format!("older than what is stored, which stays: {named}{more}"))
}

/// Charges of a delivery that were not stored, since they are older than what is or held back.
pub fn left_charges(outcome: &Outcome) -> u64 {
    outcome.groups.iter().filter(|(_, fate, _)| fate.leaves()).map(|(.., rows)| rows).sum()
}

/// Account periods that have fewer charges than before, where a delivery took their place.
pub fn shrunk(outcome: &Outcome) -> Option<String> {
    let fewer = |(key, fate, _): &(GroupKey, Fate, u64)| match fate {
        Fate::Replaces { before, now, .. } if now < before => Some((key.clone(), *before, *now)),
        _ => None,
    };
    let gone = outcome.gone.iter().map(|(key, before)| (key.clone(), *before, 0));
    let all: Vec<(GroupKey, u64, u64)> = outcome.groups.iter().filter_map(fewer).chain(gone).collect();
    let name = |(key, before, now): &(GroupKey, u64, u64)| {
        format!(
            "{} had {}, has {}",
            SafeText::from_outside(&key.name()),
            counted(*before, "charge", "charges"),
            count(*now)
        )
    };
    let named: Vec<String> = all.iter().take(NAMED_MAX).map(name).collect();
    let more = all.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
    (!named.is_empty()).then(|| format!("fewer charges than before: {}{more}", named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;

    #[test]
    fn what_has_fewer_charges_than_before_is_told() {
        let key = |account: &str| GroupKey {
            provider: "AWS".into(),
            account: account.into(),
            billing_period: Day::parse("2026-10-01").expect("a day"),
        };
        let replaces = |before, now| Fate::Replaces { stored: 1, before, now };
        let groups =
            vec![(key("1"), replaces(3_000, 2_000), 2_000), (key("2"), replaces(5, 5), 5), (key("3"), Fate::New, 1)];
        let outcome = Outcome { groups, gone: vec![(key("4"), 1)], ..Outcome::default() };
        let want = format!(
            "fewer charges than before: {} had 3,000 charges, has 2,000; {} had 1 charge, has 0",
            key("1").name(),
            key("4").name()
        );
        assert_eq!(shrunk(&outcome), Some(want));
        assert_eq!(shrunk(&Outcome::default()), None);
        let older =
            Outcome { groups: vec![(key("5"), Fate::Older, 3), (key("6"), Fate::New, 1)], ..Outcome::default() };
        assert_eq!(super::older(&older), Some(format!("older than what is stored, which stays: {}", key("5").name())));
        assert_eq!(super::older(&Outcome::default()), None);
        let many = Outcome { gone: ["a", "b", "c", "d"].map(|account| (key(account), 2)).into(), ..Outcome::default() };
        assert!(shrunk(&many).is_some_and(|told| told.ends_with("has 0 and 1 more")));
    }
}
