//! What is told of troubles whose rule has gone, or is about something else by now.

use super::*;

#[test]
fn what_is_open_of_a_rule_that_is_gone_is_told_to_be_over_once() {
    let mut memory = Memory::new();
    let one = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let there = facts(vec![anomaly("a", Severity::Critical, Taken::Open)]);
    look(&one, &there, &mut memory);
    assert_eq!(memory.len(), 1);
    let renamed = plan(vec![Rule { name: "odd".into(), ..rule(Kind::Anomaly, &["ops"]) }]);
    assert!(look(&renamed, &there, &mut memory).is_empty(), "another rule finds it");
    let over = look(&plan(Vec::new()), &there, &mut memory);
    assert_eq!(
        told(&over),
        [(
            "ops",
            "resolved: its rule is no longer in the config: a in Prod, us-east-1 costs 1,180 USD a day, expected 310"
                .to_owned()
        )]
    );
    assert_eq!(over[0].message.figures, [("Rule".to_owned(), "odd".into())]);
    assert!(look(&plan(Vec::new()), &there, &mut memory).is_empty(), "once");
    assert_eq!(memory["anomaly/a"].turn, Turn::Resolved);
    let much_later = Facts { now: NOW + 61 * DAY_SECONDS, ..facts(Vec::new()) };
    look(&plan(Vec::new()), &much_later, &mut memory);
    assert!(memory.is_empty(), "what is over is forgotten some day");
}

#[test]
fn what_a_rule_no_longer_covers_is_not_told_as_what_got_better() {
    let scoped = |kind, scope: &str| Rule { scope: Filter::parse(scope, &[]).expect(scope), ..rule(kind, &["ops"]) };
    let spent = |percent: u32| vec![budget(i64::from(percent) * 10, Some(percent).filter(|p| *p >= 80), None)];
    let budgets = |percent| Facts { now: NOW, budgets: Some(spent(percent)), ..Facts::default() };
    let late = |hours: i64, days: i64| {
        let provider = samples::provider(NOW + hours * HOUR, days * DAY_SECONDS);
        Facts { now: NOW + hours * HOUR, providers: Some(vec![provider]), ..Facts::default() }
    };
    let patient = |days: i64| Rule { after: days * DAY_SECONDS, ..rule(Kind::Stale, &["ops"]) };
    let fails = |fails: bool| {
        let sync = fails.then(|| samples::sync(NOW - 26 * HOUR));
        Facts { now: NOW, syncs: Some(sync.into_iter().collect()), ..Facts::default() }
    };
    let found = |list: Vec<AnomalyFact>| facts(list);
    let open = |severity| found(vec![anomaly("a", severity, Taken::Open)]);
    let not_covered = "resolved: its rule no longer covers it: ";
    for (before, was, after, is, want) in [
        (scoped(Kind::Budget, ""), budgets(101), scoped(Kind::Budget, "provider=azure"), budgets(101), not_covered),
        (
            scoped(Kind::Budget, ""),
            budgets(101),
            scoped(Kind::Budget, "provider=azure"),
            budgets(20),
            "resolved: budget platform is no longer over: ",
        ),
        (
            scoped(Kind::Anomaly, ""),
            open(Severity::Critical),
            scoped(Kind::Anomaly, "service=s3"),
            open(Severity::Critical),
            not_covered,
        ),
        (patient(3), late(0, 4), patient(5), late(0, 4), not_covered),
        (patient(3), late(0, 4), patient(3), late(100, 1), "resolved: AWS is no longer late: "),
        (
            rule(Kind::Sync, &["ops"]),
            fails(true),
            Rule { after: 48 * HOUR, ..rule(Kind::Sync, &["ops"]) },
            fails(true),
            not_covered,
        ),
        (
            rule(Kind::Sync, &["ops"]),
            fails(true),
            rule(Kind::Sync, &["ops"]),
            fails(false),
            "resolved: aws.prod/1111 syncs again",
        ),
    ] {
        let mut memory = Memory::new();
        assert_eq!(look(&plan(vec![before]), &was, &mut memory).len(), 1, "{want}");
        let over = look(&plan(vec![after]), &is, &mut memory);
        assert!(over.len() == 1 && over[0].message.headline().raw().starts_with(want), "{want}: {over:?}");
        assert_eq!(over[0].lapse.is_some(), want == not_covered);
    }
}

#[test]
fn what_was_told_and_became_less_grave_goes_on_until_it_is_over() {
    let grave = plan(vec![Rule { severity: Severity::Critical, ..rule(Kind::Anomaly, &["ops"]) }]);
    let is = |severity, taken| facts(vec![anomaly("a", severity, taken)]);
    let mut memory = Memory::new();
    assert_eq!(look(&grave, &is(Severity::Critical, Taken::Open), &mut memory).len(), 1);
    for severity in [Severity::High, Severity::Critical, Severity::Warning] {
        assert!(look(&grave, &is(severity, Taken::Open), &mut memory).is_empty(), "{severity:?}");
    }
    let over = look(&grave, &is(Severity::Warning, Taken::Over("over".to_owned())), &mut memory);
    assert!(told(&over)[0].1.starts_with("resolved: "), "{over:?}");
}

#[test]
fn what_a_rule_had_found_that_the_config_cannot_mean_by_now_stays_as_it_was_told() {
    let sound = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let there = facts(vec![anomaly("a", Severity::Critical, Taken::Open)]);
    let mut memory = Memory::new();
    look(&sound, &there, &mut memory);
    let over = facts(vec![anomaly("a", Severity::Critical, Taken::Over("it is back".to_owned()))]);
    // It has a mistake, or its name has.
    for name in ["anomaly", "anomly"] {
        let stopped = Plan { stopped: [name.to_owned()].into(), ..plan(Vec::new()) };
        assert!(look(&stopped, &there, &mut memory).is_empty(), "{name}");
        assert_eq!(memory["anomaly/a"].turn, Turn::Raised, "{name}");
    }
    assert!(look(&sound, &there, &mut memory).is_empty(), "it is known");
    assert_eq!(look(&sound, &over, &mut memory).len(), 1);
}
