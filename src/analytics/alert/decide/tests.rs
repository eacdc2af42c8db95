//! What is told, of facts on a fixed clock: by table, and over many days of made-up facts.

mod below;
mod lapsed;
mod silent;

use proptest::prelude::*;

use super::super::{AnomalyFact, BudgetFact, DigestFact, SpendFact, SyncFact, Taken, samples};
use super::*;
use crate::domain::alert::{Hours, Rule};
use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;

const NOW: i64 = 20_700 * DAY_SECONDS + 12 * HOUR;
const HOUR: i64 = 3_600;

fn rule(kind: Kind, to: &[&str]) -> Rule {
    Rule { to: to.iter().map(|to| (*to).to_owned()).collect(), ..Rule::new(kind.name(), kind) }
}

fn plan(rules: Vec<Rule>) -> Plan {
    Plan { rules, ..Plan::default() }
}

fn anomaly(id: &str, severity: Severity, taken: Taken) -> AnomalyFact {
    AnomalyFact {
        what: id.into(),
        severity,
        start: Day::of_seconds(NOW),
        last: Day::of_seconds(NOW),
        taken,
        ..samples::anomaly(id)
    }
}

fn budget(spent: i64, reached: Option<u32>, foreseen: Option<u32>) -> BudgetFact {
    BudgetFact {
        period: Day::of_seconds(NOW).month().period(),
        spent: Amount::whole(spent),
        forecast: Some(Amount::whole(spent * 2)),
        exceeds_on: foreseen.map(|_| Day::of_seconds(NOW).plus(3)),
        as_of: Day::of_seconds(NOW),
        since: reached.map(|_| Day::of_seconds(NOW)),
        reached,
        foreseen,
        ..samples::budget()
    }
}

fn facts(anomalies: Vec<AnomalyFact>) -> Facts {
    Facts { now: NOW, anomalies: Some(anomalies), ..Facts::default() }
}

/// Looks, and remembers as the journal would.
fn look(plan: &Plan, facts: &Facts, memory: &mut Memory) -> Vec<Letter> {
    let decision = decide(plan, facts, memory, &BTreeMap::new());
    for (subject, remembered) in decision.memory {
        match remembered {
            Some(remembered) => memory.insert(subject, remembered),
            None => memory.remove(&subject),
        };
    }
    decision.letters
}

fn told(letters: &[Letter]) -> Vec<(&str, String)> {
    letters.iter().map(|letter| (letter.channel.as_str(), letter.message.headline().raw().to_owned())).collect()
}

#[test]
fn a_trouble_is_told_once_again_where_it_gets_worse_and_when_it_is_over() {
    let plan = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let mut memory = Memory::new();
    let open = |severity| facts(vec![anomaly("a1", severity, Taken::Open)]);
    assert!(look(&plan, &open(Severity::Info), &mut memory).is_empty(), "below the rule's severity");
    let first = look(&plan, &open(Severity::Warning), &mut memory);
    assert_eq!(told(&first), [("ops", "medium: a1 in Prod, us-east-1 costs 1,180 USD a day, expected 310".to_owned())]);
    assert!(look(&plan, &open(Severity::Warning), &mut memory).is_empty());
    let high = look(&plan, &open(Severity::High), &mut memory);
    assert_eq!(told(&high), [("ops", "high: a1 in Prod, us-east-1 costs 1,180 USD a day, expected 310".to_owned())]);
    let worse = look(&plan, &open(Severity::Critical), &mut memory);
    assert_eq!(
        told(&worse),
        [("ops", "critical: a1 in Prod, us-east-1 costs 1,180 USD a day, expected 310".to_owned())]
    );
    assert_eq!(worse[0].message.subject, first[0].message.subject);
    assert_ne!(worse[0].message.key, first[0].message.key);
    for severity in [Severity::Warning, Severity::Critical] {
        assert!(look(&plan, &open(severity), &mut memory).is_empty(), "as bad as it was");
    }
    let unknown = Facts { now: NOW + HOUR, ..Facts::default() };
    assert!(look(&plan, &unknown, &mut memory).is_empty(), "what could not be looked at is not over");
    let over = Facts { now: NOW + HOUR, ..facts(Vec::new()) };
    assert_eq!(
        told(&look(&plan, &over, &mut memory)),
        [("ops", "resolved: it is so no longer: a1 in Prod, us-east-1 costs 1,180 USD a day, expected 310".to_owned())]
    );
    assert!(look(&plan, &over, &mut memory).is_empty());
}

#[test]
fn one_that_comes_and_goes_is_told_again_only_after_the_cooldown() {
    let plan = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let mut memory = Memory::new();
    let at = |hours: i64, there: bool| {
        let list = if there { vec![anomaly("a1", Severity::Warning, Taken::Open)] } else { Vec::new() };
        Facts { now: NOW + hours * HOUR, ..facts(list) }
    };
    let mut keys = BTreeSet::new();
    for (hours, there, news) in
        [(0, true, 1), (1, false, 1), (2, true, 0), (3, false, 0), (4, true, 0), (7, true, 1), (8, false, 1)]
    {
        let letters = look(&plan, &at(hours, there), &mut memory);
        assert_eq!(letters.len(), news, "after {hours} h");
        assert!(letters.iter().all(|letter| keys.insert(letter.name())), "each news has a key of its own");
    }
}

#[test]
fn the_cooldown_is_of_what_is_no_graver_and_was_heard_of_and_by_the_clock_as_it_is() {
    let plan = plan(vec![rule(Kind::Budget, &["ops"])]);
    let at = |hours: i64, fact: Option<BudgetFact>| Facts {
        now: NOW + hours * HOUR,
        budgets: Some(fact.into_iter().collect()),
        ..Facts::default()
    };
    let reached = |percent: u32| Some(budget(i64::from(percent) * 10, Some(percent), None));
    // How it was told before, how many hours after its end, and how it is then.
    for (before, later, then, news) in [
        (100, 1, 100, false),
        (100, 1, 80, false),
        (80, 1, 90, true),
        (80, 1, 100, true),
        (100, 7, 100, true),
        // The clock was put back.
        (100, -96, 100, true),
    ] {
        let mut memory = Memory::new();
        assert_eq!(look(&plan, &at(0, reached(before)), &mut memory).len(), 1);
        assert_eq!(look(&plan, &at(0, None), &mut memory).len(), 1, "over");
        let told = look(&plan, &at(later, reached(then)), &mut memory);
        assert_eq!(!told.is_empty(), news, "{before} {later} {then}");
    }
    let mut memory = Memory::new();
    look(&plan, &at(0, reached(100)), &mut memory);
    look(&plan, &at(0, None), &mut memory);
    memory.values_mut().for_each(|was| was.told.clear());
    let again = look(&plan, &at(1, reached(100)), &mut memory);
    assert_eq!((again.len(), again[0].follows), (1, false), "nobody has heard of it");
}

#[test]
fn routes_are_by_rule_scope_severity_and_hours() {
    let of = |to: &str, scope: &str, severity, hours: &str| Rule {
        name: to.to_owned(),
        scope: Filter::parse(scope, &[]).expect("a filter"),
        severity,
        hours: Hours::parse(hours),
        ..rule(Kind::Anomaly, &[to])
    };
    let plan = plan(vec![
        of("all", "", Severity::Info, ""),
        of("ec2", "service:ec2 region:us-*", Severity::Info, ""),
        of("another", "provider=azure", Severity::Info, ""),
        of("grave", "", Severity::Critical, ""),
        of("night", "", Severity::Info, "22:00-07:00"),
    ]);
    let mut memory = Memory::new();
    let rules = ["ec2".to_owned()].into();
    let warned = facts(vec![AnomalyFact { rules, ..anomaly("a1", Severity::Warning, Taken::Open) }]);
    let to = |letters: &[Letter]| letters.iter().map(|letter| letter.channel.clone()).collect::<Vec<_>>();
    assert_eq!(to(&look(&plan, &warned, &mut memory)), ["all", "ec2"]);
    let night = Facts { now: NOW + 11 * HOUR, ..warned.clone() };
    assert_eq!(to(&look(&plan, &night, &mut memory)), ["night"], "it is still so when its hours begin");
    let over = Facts { now: NOW + 20 * HOUR, ..facts(Vec::new()) };
    let mut resolved = to(&look(&plan, &over, &mut memory));
    resolved.sort();
    assert_eq!(resolved, ["all", "ec2", "night"], "all who were told that it began");
}

#[test]
fn free_text_means_the_same_of_a_budget_and_of_a_provider() {
    let place = [(Dimension::Service, "Amazon EC2"), (Dimension::SubAccount, "prod-ml")];
    let spent = BudgetFact {
        place: place.iter().map(|(dimension, value)| (dimension.clone(), (*value).into())).collect(),
        ..budget(1_010, Some(100), None)
    };
    let of_all = BudgetFact { place: Vec::new(), ..spent.clone() };
    let late = samples::provider(NOW, 9 * DAY_SECONDS);
    // Whether it is in the place, in none, and in the provider AWS.
    for (text, want) in [
        ("", [true, true, true]),
        ("zon", [true, false, false]),
        ("EC2", [true, false, false]),
        ("ML|nothing", [true, false, false]),
        ("\"amazon ec\"", [true, false, false]),
        ("aw", [false, false, true]),
        ("elastic", [false, false, false]),
        ("-prod", [false, true, true]),
        ("-aws", [true, true, false]),
    ] {
        let scope = Filter::parse(text, &[]).expect(text);
        let finds = |kind, facts: Facts| {
            let rule = Rule { scope: scope.clone(), ..rule(kind, &["ops"]) };
            !look(&plan(vec![rule]), &Facts { now: NOW, ..facts }, &mut Memory::new()).is_empty()
        };
        let over =
            |fact: &BudgetFact| finds(Kind::Budget, Facts { budgets: Some(vec![fact.clone()]), ..Facts::default() });
        let is_late = finds(Kind::Stale, Facts { providers: Some(vec![late.clone()]), ..Facts::default() });
        assert_eq!([over(&spent), over(&of_all), is_late], want, "{text}");
    }
}

#[test]
fn what_a_person_knows_is_not_told_and_what_was_taken_back_is() {
    let plan = plan(vec![rule(Kind::Anomaly, &["ops"])]);
    let mut memory = Memory::new();
    let taken = |taken, severity| facts(vec![anomaly("a1", severity, taken)]);
    assert!(look(&plan, &taken(Taken::Known, Severity::Warning), &mut memory).is_empty());
    assert_eq!(look(&plan, &taken(Taken::Open, Severity::Warning), &mut memory).len(), 1);
    assert!(look(&plan, &taken(Taken::Known, Severity::Critical), &mut memory).is_empty());
    let worse = look(&plan, &taken(Taken::Open, Severity::Critical), &mut memory);
    assert_eq!(worse.len(), 1, "it became worse while somebody knew of it, and nobody does any more");
    assert!(look(&plan, &taken(Taken::Open, Severity::Critical), &mut memory).is_empty());
    assert_eq!(look(&plan, &facts(Vec::new()), &mut memory).len(), 1, "its end is told to whom its beginning was");
}

#[test]
fn budgets_are_told_by_their_thresholds_and_forgotten_with_their_period() {
    let plan = plan(vec![rule(Kind::Budget, &["ops"]), rule(Kind::Forecast, &["ops"])]);
    let mut memory = Memory::new();
    let mut at = |now: i64, fact: BudgetFact| {
        let facts = Facts { now, budgets: Some(vec![fact]), ..Facts::default() };
        let letters = look(&plan, &facts, &mut memory);
        letters.iter().map(|letter| letter.message.headline().raw().to_owned()).collect::<Vec<_>>()
    };
    assert!(at(NOW, budget(300, None, None)).is_empty());
    assert_eq!(
        at(NOW, budget(600, None, Some(100))),
        ["warning: budget platform will be over on Sep 7: 1,200 of 1,000 EUR (120 %) is forecast"]
    );
    assert_eq!(
        at(NOW, budget(820, Some(80), Some(100))),
        ["warning: budget platform has reached 80 %: 820 of 1,000 EUR (82 %), since Sep 4"]
    );
    assert!(at(NOW, budget(850, Some(80), Some(100))).is_empty());
    assert_eq!(
        at(NOW, budget(1_010, Some(100), Some(100))),
        ["critical: budget platform is over: 1,010 of 1,000 EUR (101 %), since Sep 4"],
        "what was foreseen has come, and is not over"
    );
    let next = Day::of_seconds(NOW).month().plus(1);
    let fresh = BudgetFact { period: next.period(), ..budget(1, None, None) };
    assert!(at(next.first().seconds() + HOUR, fresh).is_empty(), "a period that is over is none that got better");
    let kept: Vec<&String> = memory.keys().filter(|subject| subject.starts_with("budget")).collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn spikes_late_providers_failing_syncs_and_digests_have_their_words() {
    let spend = |amount: i64, settled: bool| SpendFact {
        rule: "spike".into(),
        day: Day::of_seconds(NOW),
        settled,
        currency: "USD".into(),
        amount: Amount::whole(amount),
        usual: Amount::whole(200),
        aside: Vec::new(),
        lines: Vec::new(),
    };
    let provider = |late| samples::provider(NOW, late);
    let sync = |expired, hours: i64| SyncFact { needs_a_person: expired, expired, ..samples::sync(NOW - hours * HOUR) };
    let week = Period { from: Day::of_seconds(NOW).plus(-7), to: Day::of_seconds(NOW) };
    let digest = DigestFact {
        rule: "digest".into(),
        period: week,
        title: "last week cost 1,000.00 USD".into(),
        lines: Vec::new(),
        figures: Vec::new(),
    };
    let rules = Kind::RULES.map(|kind| rule(kind, &["ops"])).to_vec();
    let day = Day::of_seconds(NOW);
    for (facts, want) in [
        (Facts { spends: Some(vec![spend(299, true)]), ..Facts::default() }, None),
        (Facts { spends: Some(vec![spend(240, true)]), ..Facts::default() }, None),
        (
            Facts { spends: Some(vec![spend(300, true)]), ..Facts::default() },
            Some(format!("warning: spend on {day} is 300.00 USD, usually 200.00 USD")),
        ),
        (
            Facts { spends: Some(vec![spend(700, false)]), ..Facts::default() },
            Some(format!("critical: spend on {day} is 700.00 USD so far, usually 200.00 USD")),
        ),
        (Facts { providers: Some(vec![provider(3 * DAY_SECONDS - 1)]), ..Facts::default() }, None),
        (
            Facts { providers: Some(vec![provider(3 * DAY_SECONDS)]), ..Facts::default() },
            Some("warning: AWS is 3 days late: charges up to Aug 29, expected up to Sep 1".to_owned()),
        ),
        (Facts { syncs: Some(vec![sync(false, 23)]), ..Facts::default() }, None),
        (
            Facts { syncs: Some(vec![sync(false, 24)]), ..Facts::default() },
            Some("warning: aws.prod/1111 has not synced for 24 h: access is denied".to_owned()),
        ),
        (
            Facts { syncs: Some(vec![sync(true, 1)]), ..Facts::default() },
            Some("critical: the login of aws.prod/1111 has expired: not synced for 1 h".to_owned()),
        ),
        (Facts { digests: Some(vec![digest]), ..Facts::default() }, Some("last week cost 1,000.00 USD".to_owned())),
    ] {
        let letters =
            decide(&plan(rules.clone()), &Facts { now: NOW, ..facts }, &Memory::new(), &BTreeMap::new()).letters;
        let said: Vec<String> = letters.iter().map(|letter| letter.message.headline().raw().to_owned()).collect();
        assert_eq!(said, Vec::from_iter(want));
    }
}

#[test]
fn whoever_syncs_tells_this_machine_of_what_fails_by_itself() {
    let sync = SyncFact { needs_a_person: true, expired: true, ..samples::sync(NOW) };
    let facts = Facts { now: NOW, syncs: Some(vec![sync]), ..Facts::default() };
    let plan = plan(vec![rule(Kind::Sync, &[DESKTOP, TERMINAL, "ops"])]);
    let letters = decide(&plan, &facts, &Memory::new(), &BTreeMap::new()).letters;
    assert_eq!(letters.iter().map(|letter| letter.channel.as_str()).collect::<Vec<_>>(), ["ops"]);
}

/// Which of four anomalies are there at each of many looks, by bits, and hours between.
fn looks() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::vec((0_u8..16, 0_u8..12), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looking_twice_tells_once_and_every_beginning_has_at_most_one_end(looks in looks()) {
        let plan = plan(vec![rule(Kind::Anomaly, &["ops", "pager"])]);
        let (mut memory, mut now) = (Memory::new(), NOW);
        let mut names = BTreeSet::new();
        let mut open = BTreeSet::new();
        for (bits, hours) in looks {
            now += i64::from(hours) * HOUR;
            let there = |i: u8| bits >> i & 1 == 1;
            let list = (0..4).filter(|i| there(*i)).map(|i| anomaly(&format!("a{i}"), Severity::Critical, Taken::Open));
            let list = list.map(|fact| AnomalyFact { last: Day::of_seconds(now), ..fact }).collect();
            let facts = Facts { now, ..facts(list) };
            let none = BTreeMap::new();
            let (first, again) = (decide(&plan, &facts, &memory, &none), decide(&plan, &facts, &memory, &none));
            prop_assert_eq!(&first, &again);
            let letters = look(&plan, &facts, &mut memory);
            prop_assert_eq!(look(&plan, &facts, &mut memory), Vec::new());
            for letter in letters {
                prop_assert!(names.insert(letter.name()), "{} twice", letter.name());
                let of = (letter.channel.clone(), letter.message.subject.clone());
                match letter.message.turn {
                    Turn::Raised => prop_assert!(open.insert(of)),
                    Turn::Resolved => prop_assert!(open.remove(&of)),
                }
            }
        }
    }

    #[test]
    fn no_trouble_that_lasts_is_ever_missed(bits in 1_u8..16, before in looks()) {
        let plan = plan(vec![rule(Kind::Anomaly, &["ops"])]);
        let (mut memory, mut now) = (Memory::new(), NOW);
        let mut at = |bits: u8, now: i64| {
            let list = (0..4).filter(|i| bits >> i & 1 == 1);
            let list = list.map(|i| anomaly(&format!("a{i}"), Severity::Critical, Taken::Open));
            let list = list.map(|fact| AnomalyFact { last: Day::of_seconds(now), ..fact }).collect();
            look(&plan, &Facts { now, ..facts(list) }, &mut memory);
            memory.values().filter(|was| was.turn == Turn::Raised && was.told == ["ops"]).count()
        };
        for (bits, hours) in before {
            now += i64::from(hours) * HOUR;
            at(bits, now);
        }
        at(bits, now);
        prop_assert_eq!(at(bits, now + plan.cooldown), bits.count_ones() as usize);
    }
}

#[test]
fn what_syncs_again_says_since_when_it_failed_not_since_when_that_was_told() {
    let (plan, mut memory) = (plan(vec![rule(Kind::Sync, &["ops"])]), Memory::new());
    let at = |hours: i64, fails: bool| {
        let fact = samples::sync(NOW - 26 * HOUR);
        Facts { now: NOW + hours * HOUR, syncs: Some(fails.then_some(fact).into_iter().collect()), ..Facts::default() }
    };
    assert_eq!(look(&plan, &at(0, true), &mut memory).len(), 1);
    // What was told before that was remembered has no such figure, until it is looked at again.
    let subject = "sync/aws.prod/1111";
    let since = memory.get_mut(subject).expect("remembered").since.take();
    assert_eq!(since, Some(NOW - 26 * HOUR));
    let mut older = memory.clone();
    let over = look(&plan, &at(2, false), &mut older);
    assert_eq!(over[0].message.title.raw(), "aws.prod/1111 syncs again");
    assert!(look(&plan, &at(1, true), &mut memory).is_empty(), "it is no news");
    let over = look(&plan, &at(2, false), &mut memory);
    assert_eq!(over[0].message.title.raw(), "aws.prod/1111 syncs again, after 28 h");
}

/// A look with letters on their way; how each is told by channel, and what is taken back.
fn look_with(plan: &Plan, facts: &Facts, memory: &mut Memory, outbox: &[Letter]) -> (Vec<String>, Vec<String>) {
    let outbox = outbox.iter().map(|letter| (letter.name(), letter.clone())).collect();
    let decision = decide(plan, facts, memory, &outbox);
    for (subject, remembered) in decision.memory {
        memory.insert(subject, remembered.expect("nothing is forgotten"));
    }
    let how = |letter: &Letter| format!("{} {:?}", letter.channel, letter.message.turn);
    (decision.letters.iter().map(how).collect(), decision.taken_back)
}

#[test]
fn the_end_of_what_is_back_is_taken_back_where_nobody_has_heard_of_it() {
    let plan = plan(vec![rule(Kind::Anomaly, &["chat", "pager"])]);
    let at = |hours: i64, of: Option<(Severity, Taken)>| {
        let list = of.into_iter().map(|(severity, taken)| anomaly("a1", severity, taken)).collect();
        Facts { now: NOW + hours * HOUR, ..facts(list) }
    };
    let there = |severity| Some((severity, Taken::Open));
    let nothing: [String; 0] = [];
    for (hours, back, again, later) in [
        (2, there(Severity::Warning), &[][..], &["chat Raised"][..]),
        (2, Some((Severity::Warning, Taken::Known)), &[], &["chat Raised"]),
        (2, there(Severity::Critical), &["chat Raised", "pager Raised"], &[]),
        (8, there(Severity::Warning), &["chat Raised"], &[]),
    ] {
        let mut memory = Memory::new();
        look(&plan, &at(0, there(Severity::Warning)), &mut memory);
        let ends = look(&plan, &at(1, None), &mut memory);
        // The chat has had it; the pager refuses.
        let waits: Vec<Letter> = ends.into_iter().filter(|letter| letter.channel == "pager").collect();
        let (told, taken_back) = look_with(&plan, &at(hours, back.clone()), &mut memory, &waits);
        assert_eq!((told, taken_back), (again.iter().map(|s| (*s).to_owned()).collect(), vec![waits[0].name()]));
        let was = &memory["anomaly/a1"];
        assert!(was.turn == Turn::Raised && was.told.contains(&"pager".to_owned()), "{was:?}");
        // Nothing is on its way any more: it stays as told, and the chat hears of it after the cooldown.
        let severity = back.map_or(Severity::Warning, |(severity, _)| severity);
        let quiet = look_with(&plan, &at(hours, there(severity)), &mut memory, &[]);
        assert_eq!(quiet.0, nothing);
        let after = look_with(&plan, &at(9, there(severity)), &mut memory, &[]);
        assert_eq!(after.0, later);
        let mut over = look_with(&plan, &at(10, None), &mut memory, &[]).0;
        over.sort();
        assert_eq!(over, ["chat Resolved", "pager Resolved"]);
    }
}

#[test]
fn what_may_have_been_heard_to_be_over_is_told_again_at_once_when_it_is_back() {
    let plan = plan(vec![rule(Kind::Anomaly, &["pager"])]);
    let mut memory = Memory::new();
    let at = |hours: i64, there: bool| {
        let list = there.then(|| anomaly("a1", Severity::Warning, Taken::Open));
        Facts { now: NOW + hours * HOUR, ..facts(list.into_iter().collect()) }
    };
    let first = look(&plan, &at(0, true), &mut memory);
    let end = look(&plan, &at(1, false), &mut memory).remove(0);
    let unsure = Letter { unsure: true, tries: 1, ..end.clone() };
    let had = Letter { had: vec!["ana".into()], ..end };
    let mut of_had = memory.clone();
    assert_eq!(look_with(&plan, &at(2, true), &mut of_had, &[had]), (Vec::new(), Vec::new()), "some have heard of it");
    let (told, taken_back) = look_with(&plan, &at(2, true), &mut memory, &[unsure]);
    assert_eq!((told, taken_back), (vec!["pager Raised".to_owned()], Vec::new()));
    let again = look(&plan, &at(3, false), &mut memory).remove(0);
    assert_ne!(again.message.key, first[0].message.key);
    assert!(again.message.key.contains("/1/"), "each news has a key of its own: {}", again.message.key);
}
