//! The watch over small stores, on a fixed clock.

mod digests;
mod late;
mod later;
mod places;
mod silent;
mod weekdays;

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::alerts::{self, Try};
use super::super::{Answer, Command, Engine, Outcome, Question};
use super::*;
use crate::config::Config;
use crate::domain::alert::{DESKTOP, Every, Fate, Hours, Kind as Of, Rule, Severity};
use crate::domain::budget::{Budget, Cycle, Rollover, Thresholds};
use crate::domain::calendar::DAY_SECONDS;
use crate::domain::charge::Metric;
use crate::domain::filter::Filter;
use crate::domain::percent::Percent;
use crate::engine::bills;
use crate::engine::budgets::BudgetCommand;
use crate::store::Store;

const TODAY: i32 = 20_700;
/// When bills were taken in: a week ago.
const TAKEN_AT: i64 = (TODAY as i64 - 7) * DAY_SECONDS;

const COLUMNS: &str = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
                       ServiceName,ChargeCategory\n";

/// A charge of a day.
fn charge(text: &mut String, day: i32, (provider, service, category): (&str, &str, &str), cost: i64) {
    let (from, to) = (Day(day), Day(day + 1));
    writeln!(text, "{cost},{cost},{from}T00:00:00Z,{to}T00:00:00Z,USD,{provider},{service},{category}").expect("text");
}

/// Days of two services; the last one costs `last` in the first of them.
fn bill(days: std::ops::Range<i32>, last: i64) -> String {
    let mut text = String::from(COLUMNS);
    for day in days.clone() {
        let cost = if day + 1 == days.end { last } else { 100 };
        charge(&mut text, day, ("AWS", "Amazon EC2", "Usage"), cost);
        charge(&mut text, day, ("AWS", "Amazon\u{1b} S3", "Usage"), 20);
    }
    text
}

fn import(store: &Store, days: std::ops::Range<i32>, last: i64) {
    bills::import(store, "bill", &bill(days, last), TAKEN_AT);
}

fn engine(store: Arc<Store>, rules: Vec<Rule>) -> LocalEngine {
    let plan = Plan { rules, local_hours: false, ..Plan::default() };
    LocalEngine::new(store, Config::default().settle, false).with_plan(plan)
}

fn rule(kind: Of) -> Rule {
    Rule { to: vec!["ops".to_owned()], ..Rule::new(kind.name(), kind) }
}

fn at(hour: i64) -> Moment {
    Moment { at: Day(TODAY).seconds() + hour * 3_600, offset: 0 }
}

fn look(engine: &LocalEngine, moment: Moment) -> bool {
    match engine.command(&Command::Watch(moment)).expect("looked") {
        Outcome::Watched(news) => news,
        other => panic!("{other:?}"),
    }
}

fn stand(engine: &LocalEngine) -> alerts::AlertsAnswer {
    match engine.ask(&Question::Alerts, Day(TODAY), &Cancel::default()).expect("answer") {
        Answer::Alerts(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn told(engine: &LocalEngine) -> Vec<String> {
    stand(engine).outbox.values().map(|letter| letter.message.headline().raw().to_owned()).collect()
}

#[test]
fn a_spike_is_on_its_way_once_whoever_looks_and_however_often() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 40..TODAY, 400);
    let scope = |text: &str| Filter::parse(text, &[]).expect("filter");
    let only_s3 = Rule { name: "s3".into(), scope: scope("service:s3"), ..rule(Of::Spike) };
    let engine = engine(store, vec![rule(Of::Spike), only_s3]);
    assert!(look(&engine, at(9)));
    let day = Day(TODAY - 1);
    assert_eq!(told(&engine), [format!("critical: spend on {day} is 420.00 USD so far, usually 120.00 USD")]);
    let letter = stand(&engine).outbox.into_values().next().expect("one");
    assert_eq!(
        letter.message.lines.iter().map(|line| line.raw()).collect::<Vec<_>>(),
        ["Amazon Elastic Compute Cloud: +300.00 USD"]
    );
    assert_eq!(stand(&engine).watched.map(|watched| watched.day), Some(Day(TODAY)));
    assert!(!look(&engine, at(9)), "nothing is written");
    assert!(!look(&engine, at(12)));
    let next = Moment { at: at(9).at + DAY_SECONDS, offset: 0 };
    assert!(look(&engine, next), "another day is looked at");
    assert_eq!(told(&engine).len(), 1);
}

#[test]
fn a_provider_that_tells_nothing_new_is_late_until_it_does() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 40..TODAY - 6, 100);
    let engine = engine(Arc::clone(&store), vec![rule(Of::Stale)]);
    assert!(look(&engine, Moment { at: TAKEN_AT + 3_600, offset: 0 }));
    assert_eq!(told(&engine), [] as [&str; 0], "what was taken in an hour ago is not late yet");
    assert!(look(&engine, at(0)));
    let late = told(&engine);
    assert!(late.len() == 1 && late[0].starts_with("warning: AWS is 4 days late: charges up to "), "{late:?}");
    import(&store, TODAY - 40..TODAY, 100);
    assert!(look(&engine, at(1)));
    let headlines = told(&engine);
    assert!(headlines.len() == 2 && headlines.iter().any(|told| told.starts_with("resolved: AWS")), "{headlines:?}");
}

#[test]
fn a_digest_is_brought_when_it_is_due() {
    let engine = || {
        let store = Arc::new(Store::in_memory(&[]));
        import(&store, TODAY - 40..TODAY, 160);
        let weekly = Rule { name: "weekly".into(), every: Every::Week, ..rule(Of::Digest) };
        engine(store, vec![rule(Of::Digest), weekly])
    };
    let at_night = engine();
    look(&at_night, at(7));
    assert_eq!(told(&at_night), [] as [&str; 0], "its hour is yet to come");
    look(&at_night, Moment { at: at(7).at + DAY_SECONDS, offset: 0 });
    let newest = format!("spend, {}: 180.00 USD", Day(TODAY - 1));
    assert!(told(&at_night).contains(&newest), "whoever looks at night only is told: {:?}", told(&at_night));
    let engine = engine();
    look(&engine, at(8));
    let letters = stand(&engine).outbox;
    let daily = letters.values().find(|letter| letter.message.key.starts_with("digest/digest/")).expect("daily");
    assert_eq!(daily.message.title.raw(), newest);
    let lines: Vec<&str> = daily.message.lines.iter().map(|line| line.raw()).collect();
    assert_eq!(lines[..2], ["Amazon Elastic Compute Cloud: 160.00 USD (+60.00)", "Amazon\\x1b S3: 20.00 USD (+0.00)"]);
    assert!(lines[2].contains("settled") && letters.len() == 2, "{lines:?}");
    assert_eq!(daily.message.figures[0].1.raw(), "180.00 USD (+50.0 % on the day before)");
}

/// Has a budget of all spend be of so much.
fn keep(engine: &LocalEngine, amount: &str) {
    let budget = Budget {
        name: "all".into(),
        scope: Filter::default(),
        metric: Metric::Effective,
        currency: "USD".to_owned(),
        amount: amount.parse().expect("an amount"),
        every: Cycle::Month,
        from: Day(TODAY).month().first(),
        growth: Percent::default(),
        rollover: Rollover::default(),
        thresholds: Thresholds::default(),
        owner: "on-call".into(),
        note: "".into(),
        archived: false,
    };
    let apply = BudgetCommand::Apply { keep: vec![budget], remove: Vec::new() };
    engine.command(&Command::Budget(apply)).expect("kept");
}

#[test]
fn a_budget_that_is_exceeded_is_told_once_and_as_resolved_when_it_is_raised() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 100);
    let engine = engine(store, vec![rule(Of::Budget)]);
    keep(&engine, "100");
    assert!(look(&engine, at(9)));
    let headlines = told(&engine);
    assert!(
        headlines.len() == 1
            && headlines[0].starts_with("critical: budget all is over: ")
            && headlines[0].contains(" of 100 USD ("),
        "{headlines:?}"
    );
    look(&engine, at(12));
    assert_eq!(told(&engine), headlines);
    keep(&engine, "100000");
    look(&engine, at(13));
    let headlines = told(&engine);
    let over = |told: &String| {
        told.starts_with("resolved: budget all is no longer over: ") && told.contains(" of 100,000 USD")
    };
    assert!(headlines.iter().any(over), "{headlines:?}");
    let letters = stand(&engine).outbox;
    let raised = letters.values().find(|letter| letter.message.severity == Severity::Critical).expect("raised");
    let figure = |name: &str| raised.message.figures.iter().find(|(of, _)| of == name).map(|(_, value)| value.raw());
    assert_eq!(
        (figure("Scope"), figure("Limit"), figure("Owner")),
        (Some("all spend"), Some("100 USD"), Some("on-call"))
    );
    assert!(figure("Who spends it").is_some_and(|who| who.contains("EC2 8") && who.contains("S3 1")), "{raised:?}");
    assert_eq!(raised.message.command.as_deref(), Some("spendtop budget show all"));
}

#[test]
fn what_is_out_of_the_ordinary_is_told_until_somebody_knows_of_it() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 4_000);
    // The place is the service: who has it there is as `query` has it.
    let scoped = |(to, scope): (&str, &str)| Rule {
        name: to.to_owned(),
        to: vec![to.to_owned()],
        scope: Filter::parse(scope, &[]).expect(scope),
        ..rule(Of::Anomaly)
    };
    let scopes =
        [("a", "service:ec2"), ("b", "provider:aws"), ("c", "env=prod"), ("d", "provider:azure"), ("e", "service:s3")];
    let engine = engine(store, scopes.map(scoped).to_vec());
    assert!(look(&engine, at(9)));
    let to: Vec<String> = stand(&engine).outbox.into_values().map(|letter| letter.channel).collect();
    assert_eq!(to, ["a", "b"], "no charge says its env");
    let mut headlines = told(&engine);
    headlines.dedup();
    assert_eq!(headlines, ["critical: Amazon EC2 costs 4,000 USD a day, expected 100"]);
    let letter = stand(&engine).outbox.into_values().next().expect("one");
    let figure = |name: &str| letter.message.figures.iter().find(|(of, _)| of == name).map(|(_, value)| value.raw());
    assert_eq!((figure("Expected"), figure("What")), (Some("100 USD"), Some("spike")), "{letter:?}");
    assert!(letter.message.command.is_some_and(|command| command.starts_with("spendtop anomalies show ")));
    look(&engine, at(12));
    assert_eq!(told(&engine).len(), 2, "once");
}

#[test]
fn what_was_over_unheard_is_news_when_it_is_back_and_so_is_what_was_given_up() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 100);
    let engine = engine(store, vec![rule(Of::Budget)]);
    let names = || stand(&engine).outbox.into_keys().collect::<Vec<_>>();
    let tried = |letters: Vec<String>, moot: bool, fate: Fate, at: i64| {
        let (channel, beside, incident) = ("ops".to_owned(), None, None);
        let of = Try { channel, letters, beside, incident, moot, fate, at, jitter: 0 };
        engine.command(&Command::Tried(of)).expect("noted");
    };
    let (morning, day) = (at(9).at, DAY_SECONDS);
    keep(&engine, "100");
    look(&engine, at(9));
    keep(&engine, "900000");
    look(&engine, at(10));
    let moot = stand(&engine).moot().remove("ops").expect("it was over before anybody was told");
    assert_eq!((moot.len(), names().len()), (2, 2));
    tried(moot, true, Fate::Delivered, morning + 3_600);
    let log = stand(&engine).log;
    let said = log.iter().map(|entry| (entry.state(), entry.why.as_deref())).collect::<Vec<_>>();
    assert_eq!(said, [("not told", Some("it was over before it could be told"))]);
    keep(&engine, "100");
    look(&engine, at(11));
    assert_eq!(names().len(), 1, "nobody has heard of it: there is no cooldown");

    let failed = || Fate::Failed { why: "dead".into(), wait: None, unsure: false };
    for days in 0..8 {
        assert_eq!(names().len(), 1, "after {days} days");
        tried(names(), false, failed(), morning + days * day);
    }
    assert!(names().is_empty(), "given up");
    look(&engine, at(12));
    let again = stand(&engine).outbox.into_values().next().expect("it still is so");
    assert_eq!((again.tries, again.message.turn, again.follows), (0, crate::domain::alert::Turn::Raised, false));
    // What failed has no reason to wait once something gets through.
    tried(names(), false, failed(), morning);
    engine
        .command(&Command::Tried(Try {
            channel: "ops".into(),
            letters: Vec::new(),
            beside: Some(crate::domain::alert::Message::test("ops", morning)),
            incident: None,
            moot: false,
            fate: Fate::Delivered,
            at: morning + 1,
            jitter: 0,
        }))
        .expect("noted");
    assert_eq!(stand(&engine).next(), Some(morning + 1));
    tried(names(), false, Fate::Delivered, morning + 2);
    look(&engine, at(13));
    assert!(names().is_empty(), "told once");
}

#[test]
fn generated_charges_alarm_nobody() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 40..TODAY, 9_000);
    let demo = LocalEngine::new(store, Config::default().settle, true)
        .with_plan(Plan { rules: vec![rule(Of::Spike)], ..Plan::default() });
    assert!(!look(&demo, at(9)) && told(&demo).is_empty());
}

#[test]
fn what_was_found_is_on_its_way_after_the_store_is_opened_again_and_what_was_brought_is_not() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let open = || engine(Arc::new(Store::open(&place, &[]).expect("store")), vec![rule(Of::Spike)]);
    let first = open();
    import(first.store(), TODAY - 40..TODAY, 400);
    look(&first, at(9));
    drop(first);
    let again = open();
    let (name, letter) = stand(&again).outbox.into_iter().next().expect("on its way");
    let attempt = |fate: Fate, at: i64| Try {
        channel: "ops".into(),
        letters: vec![name.clone()],
        beside: None,
        incident: None,
        moot: false,
        fate,
        at,
        jitter: 1_000,
    };
    let tried = |engine: &LocalEngine, fate, at| {
        engine.command(&Command::Tried(attempt(fate, at))).expect("noted");
        stand(engine)
    };
    let failed = tried(&again, Fate::Failed { why: "no".into(), wait: None, unsure: false }, letter.not_before);
    assert_eq!(failed.outbox[&name].not_before - letter.not_before, 20);
    assert_eq!((failed.channels["ops"].failures, failed.log.len()), (1, 0));
    drop(again);
    let again = open();
    let done = tried(&again, Fate::Delivered, letter.not_before + 30);
    assert!(done.outbox.is_empty());
    assert_eq!((done.log.len(), done.log[0].tries, done.channels["ops"].failures), (1, 2, 0));
    // The same word twice, as of a process that was slow to hear: nothing is logged twice.
    let same = tried(&again, Fate::Delivered, letter.not_before + 31);
    assert_eq!(same.log.len(), 1);
    drop(again);
    let again = open();
    assert!(!look(&again, at(9)), "it was told");
    assert_eq!(stand(&again).log.len(), 1);
}

#[test]
fn a_crash_while_it_is_written_down_tells_it_once_all_the_same() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let open = || engine(Arc::new(Store::open(&place, &[]).expect("store")), vec![rule(Of::Spike), rule(Of::Digest)]);
    let first = open();
    import(first.store(), TODAY - 40..TODAY, 400);
    drop(first);
    let journal = place.join("journal.jsonl");
    let before = std::fs::read(&journal).unwrap_or_default();
    let first = open();
    look(&first, at(9));
    let want = stand(&first);
    assert_eq!(want.outbox.len(), 2);
    drop(first);
    let whole = std::fs::read(&journal).expect("journal");
    let ends: Vec<usize> = (before.len()..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    assert!(ends.len() >= 5, "letters, what is remembered, and the mark");
    for end in ends.into_iter().flat_map(|end| [end - 3, end + 1]) {
        std::fs::write(&journal, &whole[..end]).expect("as a crash leaves it");
        let again = open();
        look(&again, Moment { at: at(9).at + 60, offset: 0 });
        let stands = stand(&again);
        assert_eq!(stands.outbox.keys().collect::<Vec<_>>(), want.outbox.keys().collect::<Vec<_>>(), "cut at {end}");
        assert_eq!(stands.watched, want.watched);
    }
}

#[test]
fn quiet_hours_hold_back_what_does_not_press() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 40..TODAY - 6, 100);
    let plan = Plan {
        rules: vec![Rule { to: vec!["ops".into(), DESKTOP.into()], ..rule(Of::Stale) }],
        quiet: Hours::parse("22:00-07:00"),
        urgent: Severity::Critical,
        local_hours: false,
        ..Plan::default()
    };
    let engine = LocalEngine::new(store, Config::default().settle, false).with_plan(plan);
    look(&engine, at(3));
    let held: Vec<i64> = stand(&engine).outbox.values().map(|letter| letter.not_before).collect();
    assert_eq!(held, [at(7).at, at(7).at]);
}

#[test]
fn what_is_bought_is_told_as_what_it_is() {
    let store = Arc::new(Store::in_memory(&[]));
    let mut text = bill(TODAY - 40..TODAY, 100);
    charge(&mut text, TODAY - 1, ("AWS", "Amazon EC2", "Purchase"), 5_000);
    bills::import(&store, "bill", &text, TAKEN_AT);
    let engine = engine(store, vec![rule(Of::Spike)]);
    assert!(look(&engine, at(9)));
    let day = Day(TODAY - 1);
    let headline =
        format!("info: spend on {day} is 5,120.00 USD so far, usually 120.00 USD: 5,000.00 USD of it purchases");
    assert_eq!(told(&engine), [headline]);
}

#[test]
fn a_provider_that_is_gone_leaves_nothing_unsettled() {
    let store = Arc::new(Store::in_memory(&[]));
    bills::import(&store, "bill", &bill(TODAY - 40..TODAY, 100), TAKEN_AT);
    let mut old = String::from(COLUMNS);
    (TODAY - 200..TODAY - 150).for_each(|day| charge(&mut old, day, ("Oracle", "OCI", "Usage"), 10));
    bills::import(&store, "old", &old, TAKEN_AT);
    let engine = engine(store, vec![rule(Of::Spike)]);
    let facts = spikes::of(&engine, &rule(Of::Spike), Day(TODAY + 20), &Cancel::default()).expect("facts");
    assert!(!facts.is_empty() && facts.iter().all(|fact| fact.settled), "{facts:?}");
}

#[test]
fn what_is_back_before_its_end_was_brought_was_never_over() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 100);
    let engine = engine(store, vec![rule(Of::Budget)]);
    let names = || stand(&engine).outbox.into_keys().collect::<Vec<_>>();
    let tried = |letters: Vec<String>, fate: Fate, at: i64| {
        let (channel, beside) = ("ops".to_owned(), None);
        let of = Try { channel, letters, beside, incident: None, moot: false, fate, at, jitter: 0 };
        engine.command(&Command::Tried(of)).expect("noted");
    };
    let failed = || Fate::Failed { why: "500".into(), wait: None, unsure: false };
    keep(&engine, "100");
    look(&engine, at(9));
    tried(names(), Fate::Delivered, at(9).at);
    keep(&engine, "900000");
    look(&engine, at(10));
    tried(names(), failed(), at(10).at);
    let end = names();
    assert_eq!((end.len(), told(&engine)[0].starts_with("resolved: ")), (1, true));
    keep(&engine, "100");
    look(&engine, at(11));
    assert_eq!(names(), [] as [&str; 0], "it was never closed there, and goes on");
    look(&engine, at(20));
    assert_eq!(names(), [] as [&str; 0], "nor is it told twice");

    // Whoever was bringing it just then has told its end: it is told again that it goes on, and once.
    tried(end, Fate::Delivered, at(11).at + 1);
    look(&engine, at(21));
    assert!(told(&engine).len() == 1 && told(&engine)[0].starts_with("critical: budget all is over"), "{:?}", names());
    tried(names(), Fate::Delivered, at(21).at);
    keep(&engine, "900000");
    look(&engine, at(22));
    assert!(told(&engine).len() == 1 && told(&engine)[0].starts_with("resolved: "), "{:?}", names());
}

#[test]
fn a_weeks_digest_waits_for_its_last_day_and_then_holds_the_same_days_against_each_other() {
    // The week before the one that TODAY lies in, of which five days have come.
    let monday = Day(TODAY).week_start();
    let store = Arc::new(Store::in_memory(&[]));
    let come = |store: &Store, to: i32| bills::import(store, "bill", &bill(monday.0 - 40..to, 100), monday.seconds());
    come(&store, monday.0 - 2);
    let engine = engine(store, vec![Rule { every: Every::Week, ..rule(Of::Digest) }]);
    let at = |days: i32| Moment { at: monday.plus(days).seconds() + 9 * 3_600, offset: 0 };
    for days in 0..3 {
        look(&engine, at(days));
        assert_eq!(told(&engine), [] as [&str; 0], "it waits: {days}");
    }
    look(&engine, at(3));
    let letter = stand(&engine).outbox.into_values().next().expect("told of what has come");
    let message = letter.message;
    assert!(message.title.raw().ends_with(", 5 of 7 days in: 600.00 USD"), "{message:?}");
    let lines: Vec<&str> = message.lines.iter().map(|line| line.raw()).collect();
    assert_eq!(lines[0], "Amazon Elastic Compute Cloud: 500.00 USD (+0.00)");
    assert!(lines.iter().any(|line| line.starts_with("2 of 7 days not in yet: AWS ")), "{lines:?}");
    assert_eq!(message.figures[0].1.raw(), "600.00 USD (+0.0 % on the same days of the week before)");
    come(engine.store(), monday.0);
    look(&engine, at(4));
    assert_eq!(told(&engine).len(), 1, "once");
}

#[test]
fn a_weeks_digest_comes_with_its_last_day() {
    let monday = Day(TODAY).week_start();
    let store = Arc::new(Store::in_memory(&[]));
    let at = |hours: i64| Moment { at: monday.seconds() + hours * 3_600, offset: 0 };
    // What comes minutes after a day's end is not all of it.
    let come =
        |store: &Store, to: i32, when: Moment| bills::import(store, "bill", &bill(monday.0 - 40..to, 100), when.at);
    come(&store, monday.0 - 2, at(0));
    let engine = engine(store, vec![Rule { every: Every::Week, ..rule(Of::Digest) }]);
    look(&engine, at(9));
    assert_eq!(told(&engine), [] as [&str; 0]);
    come(engine.store(), monday.0, at(26));
    look(&engine, at(34));
    assert!(told(&engine)[0].ends_with(": 840.00 USD"), "{:?}", told(&engine));
}
