//! What whoever is told later is told.

use super::*;

/// The channels with news on their way, and whether each has a field.
fn have(engine: &LocalEngine, field: &str) -> Vec<(String, bool)> {
    let has = |letter: &crate::domain::alert::Letter| letter.message.figures.iter().any(|(name, _)| name == field);
    stand(engine).outbox.values().map(|letter| (letter.channel.clone(), has(letter))).collect()
}

fn with(engine: LocalEngine, kind: Of, to: &[&str]) -> LocalEngine {
    let to = to.iter().map(|to| (*to).to_owned()).collect();
    engine.with_plan(Plan { rules: vec![Rule { to, ..rule(kind) }], local_hours: false, ..Plan::default() })
}

#[test]
fn a_channel_that_is_made_later_is_told_why_all_the_same() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 4_000);
    let engine = engine(store, vec![rule(Of::Anomaly)]);
    look(&engine, at(9));
    assert_eq!(have(&engine, "Why"), [("ops".to_owned(), true)]);
    let engine = with(engine, Of::Anomaly, &["ops", "chat"]);
    look(&engine, at(10));
    assert_eq!(have(&engine, "Why"), [("chat".to_owned(), true), ("ops".to_owned(), true)]);
}

#[test]
fn and_who_spends_a_budget() {
    let store = Arc::new(Store::in_memory(&[]));
    import(&store, TODAY - 80..TODAY, 100);
    let engine = with(engine(store, Vec::new()), Of::Budget, &["ops"]);
    keep(&engine, "100");
    look(&engine, at(9));
    let engine = with(engine, Of::Budget, &["ops", "chat"]);
    look(&engine, at(10));
    assert_eq!(have(&engine, "Who spends it"), [("chat".to_owned(), true), ("ops".to_owned(), true)]);
}
