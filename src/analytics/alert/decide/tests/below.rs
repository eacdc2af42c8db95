//! What is told of a budget that was over and is brought under its limit, where it has lower thresholds.

use super::*;

fn spent(hours: i64, spent: i64, reached: Option<u32>) -> Facts {
    Facts { now: NOW + hours * HOUR, budgets: Some(vec![budget(spent, reached, None)]), ..Facts::default() }
}

#[test]
fn a_budget_that_is_no_longer_over_is_told_so_though_it_has_reached_a_lower_threshold() {
    let plan = plan(vec![rule(Kind::Budget, &["ops"])]);
    let mut memory = Memory::new();
    for (hours, of, reached, want) in [
        (0, 1_010, Some(100), "critical: budget platform is over: 1,010 of 1,000 EUR (101 %)"),
        (1, 940, Some(80), "resolved: budget platform is no longer over: 940 of 1,000 EUR (94 %)"),
        (2, 940, Some(80), ""),
        (30, 950, Some(80), ""),
        (31, 1_020, Some(100), "critical: budget platform is over: 1,020 of 1,000 EUR (102 %)"),
        (32, 1_300, Some(120), "critical: budget platform is over: 1,300 of 1,000 EUR (130 %)"),
        (33, 1_100, Some(100), ""),
        (34, 990, Some(80), "resolved: budget platform is no longer over: 990 of 1,000 EUR (99 %)"),
        (35, 700, None, "resolved: budget platform is below 80 % again: 700 of 1,000 EUR (70 %)"),
        (36, 700, None, ""),
    ] {
        let letters = look(&plan, &spent(hours, of, reached), &mut memory);
        let told = told(&letters);
        let heads: Vec<&str> =
            told.iter().map(|(_, head)| head.split_once(", since").map_or(head.as_str(), |(head, _)| head)).collect();
        let want: Vec<&str> = Some(want).filter(|want| !want.is_empty()).into_iter().collect();
        assert_eq!(heads, want, "{hours} h: {of}");
    }
}

#[test]
fn whoever_has_not_heard_that_it_was_over_is_told_what_it_has_reached() {
    let both = plan(vec![rule(Kind::Budget, &["ops", "pager"])]);
    let mut memory = Memory::new();
    let first = look(&both, &spent(0, 1_010, Some(100)), &mut memory);
    // One channel is down: its letter still waits.
    let waits = first.into_iter().filter(|letter| letter.channel == "pager").map(|letter| ("1".to_owned(), letter));
    let below = decide(&both, &spent(1, 940, Some(80)), &memory, &waits.collect());
    let mut heads: Vec<(String, Turn, Severity, bool)> =
        below.letters.iter().map(|of| (of.channel.clone(), of.message.turn, of.message.severity, of.follows)).collect();
    heads.sort_by(|a, b| a.0.cmp(&b.0));
    let raised = ("pager".to_owned(), Turn::Raised, Severity::Warning, false);
    assert_eq!(heads, [("ops".to_owned(), Turn::Resolved, Severity::Info, true), raised]);
    // Whoever is told of what is critical alone hears no more of it.
    let grave = Rule { name: "grave".into(), severity: Severity::Critical, ..rule(Kind::Budget, &["boss"]) };
    let plan = plan(vec![rule(Kind::Budget, &["ops"]), grave]);
    let mut memory = Memory::new();
    let to = |letters: Vec<Letter>| letters.into_iter().map(|letter| letter.channel).collect::<Vec<_>>();
    assert_eq!(to(look(&plan, &spent(0, 1_010, Some(100)), &mut memory)), ["boss", "ops"]);
    assert_eq!(to(look(&plan, &spent(1, 940, Some(80)), &mut memory)), ["boss", "ops"]);
    assert_eq!(to(look(&plan, &spent(2, 700, None), &mut memory)), ["ops"]);
}
