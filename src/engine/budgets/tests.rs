//! Budgets over a store of made-up days.

use std::sync::Arc;

use super::*;
use crate::analytics::budget::State;
use crate::config::Config;
use crate::domain::budget::{Budget, Cycle};
use crate::domain::charge::Metric;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetDetail, Simulation};
use crate::engine::{Answer, Command, Engine, Outcome, Question, bills};
use crate::store::Store;

fn engine() -> LocalEngine {
    LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false)
}

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn budget(name: &str, amount: i64) -> Budget {
    Budget::plain(name, Amount::whole(amount), "USD", Cycle::Month, day("2026-11-01"))
}

fn keep(engine: &LocalEngine, budget: Budget, was: Was) -> Result<BudgetOutcome> {
    let command = Command::Budget(BudgetCommand::Keep { budget: Box::new(budget), was });
    engine.command(&command).map(|outcome| match outcome {
        Outcome::Budget(outcome) => outcome,
        other => panic!("{other:?}"),
    })
}

fn names(engine: &LocalEngine, archived: bool) -> Vec<String> {
    let question = Question::Budgets(Asked::List { archived });
    match engine.ask(&question, day("2026-11-21"), &Cancel::default()).expect("answer") {
        Answer::Budgets(answer) => match *answer {
            BudgetsAnswer::List(list) => list.iter().map(|one| one.budget.name.raw().to_owned()).collect(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn budgets_are_made_changed_renamed_archived_and_removed() {
    let engine = engine();
    assert!(matches!(keep(&engine, budget(" a ", 100), Was::New), Ok(BudgetOutcome::Kept { before: None, .. })));
    keep(&engine, budget("b", 200), Was::New).expect("kept");
    let twice = keep(&engine, budget("a", 5), Was::New).expect_err("taken");
    assert!(twice.message.contains("there is a budget `a` already"), "{}", twice.message);
    assert!(keep(&engine, budget("b", 5), Was::Seen(Box::new(budget("a", 100)))).is_err());
    let renamed = keep(&engine, budget("c", 300), Was::Seen(Box::new(budget("a", 100)))).expect("kept");
    assert!(matches!(renamed, BudgetOutcome::Kept { before: Some(before), .. } if before.amount == Amount::whole(100)));
    assert_eq!(names(&engine, false), ["b", "c"]);
    keep(&engine, Budget { archived: true, ..budget("b", 200) }, Was::Seen(Box::new(budget("b", 200))))
        .expect("archived");
    assert_eq!((names(&engine, false), names(&engine, true)), (vec!["c".into()], vec!["c".into(), "b".into()]));
    let remove = |name: &str| engine.command(&Command::Budget(BudgetCommand::Remove { name: name.into() }));
    assert!(remove("c").is_ok());
    assert!(remove("c").is_err_and(|e| e.message == "there is no budget `c`"));
    let asked = Question::Budgets(Asked::Detail { name: "bb".into() });
    let error = engine.ask(&asked, day("2026-11-21"), &Cancel::default()).expect_err("unknown");
    assert_eq!(error.hints[0], "did you mean `b`?");
}

#[test]
fn many_are_applied_or_none() {
    let engine = engine();
    keep(&engine, budget("old", 1), Was::New).expect("kept");
    let apply = |keep: Vec<Budget>, remove: &[&str]| {
        let remove = remove.iter().map(|name| (*name).to_owned()).collect();
        engine.command(&Command::Budget(BudgetCommand::Apply { keep, remove }))
    };
    assert!(apply(vec![budget("a", 1), budget("b", 0)], &[]).is_err());
    assert!(apply(vec![budget("a", 1)], &["none"]).is_err());
    assert_eq!(names(&engine, true), ["old"]);
    let done = apply(vec![budget("a", 1), budget("b", 2)], &["old"]).expect("applied");
    assert_eq!(done, Outcome::Budget(BudgetOutcome::Applied { kept: 2, removed: 1 }));
    assert_eq!(names(&engine, true), ["a", "b"]);
}

#[test]
fn without_data_nothing_is_made_up() {
    let engine = engine();
    keep(&engine, budget("a", 100), Was::New).expect("kept");
    let list = standings(&engine, day("2026-11-21"), &Cancel::default()).expect("standings");
    let BudgetAnswer { spent, forecast, state, pace, .. } = &list[0];
    assert_eq!((spent, forecast, state, pace), (&None, &None, &State::Unknown, &None));
    let asked = Question::Budgets(Asked::Suggest);
    let answer = engine.ask(&asked, day("2026-11-21"), &Cancel::default()).expect("answer");
    assert_eq!(answer, Answer::Budgets(Box::new(BudgetsAnswer::Suggested(vec![]))));
}

#[test]
fn one_whose_filter_means_nothing_any_more_hides_no_other() {
    let engine = engine();
    let scope = Filter::parse("virtual:squad=a", &[]).expect("filter");
    keep(&engine, Budget { scope, ..budget("a", 100) }, Was::New).expect("kept");
    keep(&engine, budget("b", 100), Was::New).expect("kept");
    let list = standings(&engine, day("2026-11-21"), &Cancel::default()).expect("standings");
    let broken = list.iter().find(|one| one.budget.name.raw() == "a").expect("listed");
    assert!(broken.remarks[0].contains("no virtual dimension `squad`"), "{:?}", broken.remarks);
    assert_eq!((list.len(), broken.limit.total), (2, Amount::whole(100)));
}

/// Days of several resources, the last of which cost more.
fn import(engine: &LocalEngine, days: i32) {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         RegionId,ResourceId,ResourceName,ChargeCategory\n",
    );
    let first = day("2026-06-01");
    for at in (0..days).map(|n| first.plus(n)) {
        for n in 0..6 {
            let (cost, currency) = (10 + n * 3 + at.0 % 7, if n == 5 { "EUR" } else { "USD" });
            let (service, region) = (["vm", "db"][n as usize % 2], ["north", "south"][n as usize % 3 % 2]);
            let (to, category) = (at.plus(1), if at.number() == 1 && n == 0 { "Tax" } else { "Usage" });
            text.push_str(&format!(
                "{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,{currency},AWS,{service},{region},r-{n},box {n},{category}\n"
            ));
        }
    }
    bills::import(engine.store(), "bill", &text, 0);
}

#[test]
fn budgets_that_no_rollup_answers_stand_together_as_alone_and_are_looked_at_once() {
    let scopes =
        ["", "service:vm", "resource:r-1", "resource:r-2", "box", "service:db region:south resource:r-1", "-r-3"];
    let engine = engine();
    import(&engine, 170);
    for (at, scope) in scopes.into_iter().enumerate() {
        let scope = Filter::parse(scope, &[]).expect(scope);
        for (metric, every) in [(Metric::Effective, Cycle::Month), (Metric::Billed, Cycle::Year)] {
            let name = format!("{at} {}", metric.name());
            keep(&engine, Budget { scope: scope.clone(), metric, every, ..budget(&name, 900) }, Was::New)
                .expect("kept");
        }
    }
    let as_of = day("2026-11-21");
    let list = |engine: &LocalEngine| standings(engine, as_of, &Cancel::default()).expect("standings");
    let together = list(&engine);
    assert_eq!(together.len(), 2 * scopes.len());
    for one in &together {
        assert!(one.spent.is_some_and(|spent| spent > Amount::ZERO) && one.forecast.is_some(), "{one:?}");
        // Nobody remembers anything of it.
        let alone = LocalEngine::new(Arc::clone(engine.shared_store()), Config::default().settle, false);
        let asked = Question::Budgets(Asked::Detail { name: one.budget.name.raw().to_owned() });
        let Answer::Budgets(answer) = alone.ask(&asked, as_of, &Cancel::default()).expect("answer") else { panic!() };
        let BudgetsAnswer::Detail(detail) = *answer else { panic!() };
        assert_eq!(detail.standing, *one);
    }
    let generation = engine.store().manifest().generation;
    let known = |generation: u64| {
        let memory = &engine.remembered().budgets;
        together.iter().filter(|one| memory.find(&one.budget, generation, as_of).is_some()).count()
    };
    assert_eq!((known(generation), known(generation + 1)), (together.len(), 0));
    assert_eq!(list(&engine), together);
    import(&engine, 172);
    assert_ne!(list(&engine), together, "what came counts");
    assert_eq!(known(generation), 0);
}

#[test]
fn services_of_a_period_that_begins_long_after_today_are_those_of_the_last_days() {
    let engine = engine();
    import(&engine, 170);
    for from in ["2026-11-01", "2026-12-20", "2026-12-24", "2027-01-01", "2027-02-01"] {
        let every = Cycle::Quarter;
        keep(&engine, Budget { every, from: day(from), ..budget(from, 40_000) }, Was::New).expect("kept");
        let changes = vec!["growth +10% of vm".parse().expect("change")];
        let asked = Question::Budgets(Asked::Simulate { name: from.to_owned(), changes });
        let Answer::Budgets(answer) = engine.ask(&asked, day("2026-11-21"), &Cancel::default()).expect(from) else {
            panic!("{from}");
        };
        let BudgetsAnswer::Simulated(simulation) = *answer else { panic!("{from}") };
        assert!(simulation.changes[0].1 > Amount::ZERO, "{from}: {simulation:?}");
        assert_eq!(simulation.services, ["vm", "db"], "{from}");
    }
}

#[test]
fn answers_are_the_same_after_a_wire() {
    let standing = {
        let engine = engine();
        keep(&engine, budget("a", 100), Was::New).expect("kept");
        standings(&engine, day("2026-11-21"), &Cancel::default()).expect("standings").remove(0)
    };
    let today = BudgetDetail { standing, days: vec![None], path: vec![], spenders: vec![] };
    let band = crate::analytics::forecast::Band { mid: 1.006, lo80: 0.5, hi80: 2.0, lo95: 0.0, hi95: 3.0 };
    let simulation = Simulation {
        today,
        changes: vec![("growth +10%".parse().expect("change"), Amount::whole(3))],
        remarks: vec![None],
        end: (&band).into(),
        state: State::WillExceed { on: day("2026-11-25") },
        path: vec![(day("2026-11-25"), (&band).into())],
        services: vec!["EC2".to_owned()],
    };
    let answer = Answer::Budgets(Box::new(BudgetsAnswer::Simulated(Box::new(simulation))));
    let json = serde_json::to_string(&answer).expect("json");
    assert!(json.contains("\"mid\":\"1.01\""), "{json}");
    assert_eq!(serde_json::from_str::<Answer>(&json).expect("read"), answer);
}
