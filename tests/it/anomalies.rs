//! Anomalies from a store to its answers: what the demo is there to show, and what people say of it.

use std::sync::Arc;

use spendtop::cli::fill_with_demo_days;
use spendtop::config::Config;
use spendtop::domain::anomaly::{Kind, Saying, State, Word};
use spendtop::domain::calendar::Day;
use spendtop::domain::filter::Filter;
use spendtop::engine::answer::{AnomaliesAnswer, AnomalyAnswer, Listed};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{AnomalyQuery, Answer, Cancel, Command, Engine, Outcome, Question};
use spendtop::store::Store;

use crate::support::{memory, tag_keys};

fn as_of() -> Day {
    Day::parse("2026-11-20").expect("day")
}

fn over(store: Store) -> LocalEngine {
    LocalEngine::new(Arc::new(store), Config::default().settle, false)
}

fn ask(engine: &dyn Engine, query: AnomalyQuery, as_of: Day) -> AnomaliesAnswer {
    match engine.ask(&Question::Anomalies(query), as_of, &Cancel::default()).expect("answer") {
        Answer::Anomalies(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn detail(engine: &dyn Engine, id: &str) -> AnomalyAnswer {
    match engine.ask(&Question::Anomaly(id.to_owned()), as_of(), &Cancel::default()).expect("answer") {
        Answer::Anomaly(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

fn say(engine: &dyn Engine, listed: &Listed, word: Word) -> Option<Saying> {
    let saying =
        Saying { word, who: "ana".into(), at: as_of().seconds(), note: " on  it ".into(), like: None, moved: None };
    let id = listed.anomaly.id.short();
    match engine.command(&Command::SayOfAnomaly { id, saying }).expect("said") {
        Outcome::OfAnomaly(said) => said.before,
        other => panic!("{other:?}"),
    }
}

fn state(engine: &dyn Engine, listed: &Listed) -> State {
    let all = ask(engine, AnomalyQuery::default(), as_of()).anomalies;
    all.iter().find(|l| l.anomaly.id == listed.anomaly.id).expect("still there").state
}

#[test]
fn the_demos_stories_are_found_explained_and_answered() {
    let store = Store::in_memory(&tag_keys());
    fill_with_demo_days(&store, 2, as_of(), 260).expect("demo");
    let engine = over(store);
    let query = AnomalyQuery { states: vec![State::Open], currency: Some("USD".to_owned()), ..AnomalyQuery::default() };
    let answer = ask(&engine, query.clone(), as_of());
    let story = |ago: i32, says: &str| -> Listed {
        let told = |l: &&Listed| {
            let near = (l.anomaly.finding.start.0 - as_of().plus(-ago).0).abs() <= 1;
            let summary = detail(&engine, &l.anomaly.id.short()).summary;
            near && summary.contains(says)
        };
        let all: Vec<String> = answer.anomalies.iter().map(|l| l.place_words.clone()).collect();
        answer.anomalies.iter().find(told).unwrap_or_else(|| panic!("{says} is not among {all:?}")).clone()
    };
    let nat = story(12, "NatGateway-Bytes");
    assert!(nat.place_words.contains("prod-ml"), "{}", nat.place_words);
    // By hours it is known when it began: at 14:00.
    assert_eq!(nat.anomaly.finding.start_hour, Some(as_of().plus(-12).seconds() + 14 * 3600));
    story(40, "us-west-2");
    story(20, "/eks/api");
    story(25, "legacy-tms");
    let plan = story(9, "compute-1y-no-upfront");
    assert_eq!((plan.anomaly.finding.kind, plan.anomaly.finding.rises), (Kind::Expired, true));
    assert!(answer.anomalies.len() <= 10, "few others: {:?}", answer.anomalies.len());

    let whole = detail(&engine, &nat.anomaly.id.to_string());
    assert!(whole.days.iter().any(|day| day.anomalous) && whole.days.iter().any(|day| !day.anomalous));
    let driver = whole.driver.expect("charges tell why");
    let effects = driver.effects.expect("compared");
    assert!(effects.quantity > effects.price, "{effects:?}");

    // What is said stays through another look at the same charges, and is taken back.
    let before = say(&engine, &nat, Word::Acknowledged);
    assert_eq!((before, state(&engine, &nat)), (None, State::Acknowledged));
    let said = say(&engine, &nat, Word::Expected).expect("acknowledged before");
    assert_eq!((said.note.raw(), state(&engine, &nat)), ("on it", State::Expected));
    let undo = Command::UnsayOfAnomaly { id: nat.anomaly.id.to_string(), to: Some(said), at: 5 };
    engine.command(&undo).expect("taken back");
    assert_eq!(state(&engine, &nat), State::Acknowledged);
    let tomorrow = ask(&engine, AnomalyQuery::default(), as_of().plus(1));
    let same = tomorrow.anomalies.iter().find(|l| l.anomaly.id == nat.anomaly.id).expect("still there");
    assert_eq!(same.state, State::Acknowledged);
    say(&engine, &nat, Word::Snoozed(as_of().plus(3)));
    assert_eq!(state(&engine, &nat), State::Snoozed);
    say(&engine, &nat, Word::Reopened);
    assert_eq!(state(&engine, &nat), State::Open);
    let filter = Filter::parse("account:prod-ml", &[]).expect("filter");
    let narrow = ask(&engine, AnomalyQuery { filter, ..query }, as_of());
    assert!(narrow.anomalies.len() < answer.anomalies.len());
}

/// Days on which something else of the demo moved beside its stories, or hid them.
#[test]
fn the_demos_stories_are_told_beside_what_else_moved() {
    for (day, days) in [("2026-11-24", 366), ("2026-12-03", 260)] {
        let as_of = Day::parse(day).expect("day");
        let store = Store::in_memory(&tag_keys());
        fill_with_demo_days(&store, 1, as_of, days).expect("demo");
        let query =
            AnomalyQuery { states: vec![State::Open], currency: Some("USD".to_owned()), ..AnomalyQuery::default() };
        let told = ask(&over(store), query, as_of).anomalies;
        let all: Vec<(Day, &str)> =
            told.iter().map(|one| (one.anomaly.finding.start, one.place_words.as_str())).collect();
        for (ago, place) in [(12, "NatGateway-Bytes"), (20, "CloudWatch"), (9, "compute-1y-no-upfront")] {
            let is_it =
                |(start, words): &&(Day, &str)| (start.0 - as_of.plus(-ago).0).abs() <= 1 && words.contains(place);
            assert_eq!(all.iter().filter(is_it).count(), 1, "{day}: {place} among {all:?}");
        }
        // Nothing of them is told again as what began lately.
        assert!(all.iter().all(|(start, words)| start.0 < as_of.0 - 3 || !words.contains("EC2")), "{day}: {all:?}");
    }
}

#[test]
fn too_few_days_and_mistakes_are_told() {
    let engine = over(memory());
    let none = ask(&engine, AnomalyQuery::default(), as_of());
    assert_eq!((none.anomalies.len(), none.days), (0, None));
    let store = Store::in_memory(&tag_keys());
    fill_with_demo_days(&store, 1, as_of(), 10).expect("demo");
    let engine = over(store);
    let few = ask(&engine, AnomalyQuery::default(), as_of());
    assert_eq!((few.series, few.anomalies.len()), (0, 0));
    assert!(few.too_few.iter().all(|(_, days)| *days < few.days_needed) && !few.too_few.is_empty());
    let error = engine.ask(&Question::Anomaly("abc".into()), as_of(), &Cancel::default()).expect_err("none");
    assert_eq!(error.message, "there is no anomaly `abc`");
}
