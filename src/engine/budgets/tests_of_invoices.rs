//! Budgets whose invoice brings what its days do not: fees and credits of the first that come after a month's end;
//! over a store of made-up days.

use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::config::{Config, Settle};
use crate::domain::budget::{Budget, Cycle, Rollover};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::answer::{BudgetAnswer, BudgetState as State, Simulation};
use crate::engine::{Answer, Command, Engine, Question, bills};
use crate::store::Store;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn cost(at: Day) -> i64 {
    140 + i64::from(at.0 * 37 % 11)
}

fn october() -> Period {
    day("2026-10-01").month().period()
}

/// What the days of October cost.
fn of_october() -> Amount {
    Amount::whole(october().iter().map(cost).sum())
}

/// Days since June up to one, and on the first of months what an invoice brings.
fn engine(last: &str, (category, sum): (&str, i64), months: &[&str], settle: Settle) -> LocalEngine {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         ChargeCategory\n",
    );
    let mut add = |at: Day, cost: i64, category: &str| {
        let to = at.plus(1);
        writeln!(text, "{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,USD,AWS,vm,{category}").expect("text");
    };
    (Period { from: day("2026-06-01"), to: day(last).plus(1) }).iter().for_each(|at| add(at, cost(at), "Usage"));
    months.iter().for_each(|month| add(day(&format!("{month}-01")), sum, category));
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), settle, false);
    bills::import(engine.store(), "bill", &text, 0);
    engine
}

fn usual() -> Settle {
    Config::default().settle
}

fn standing(engine: &LocalEngine, budget: Budget, as_of: &str) -> BudgetAnswer {
    let budget = Box::new(budget);
    engine.command(&Command::Budget(BudgetCommand::Keep { budget, was: Was::New })).expect("kept");
    standings(engine, day(as_of), &Cancel::default()).expect("standings").remove(0)
}

fn budget(limit: Amount, every: Cycle) -> Budget {
    Budget::plain("a", limit, "USD", every, october().from)
}

#[test]
fn days_that_come_once_are_over_once_their_invoice_has_come() {
    let fee = ("Purchase", 1_000);
    let limit = of_october() + Amount::whole(500);
    let days = || budget(limit, Cycle::Days(october()));
    let bill = || engine("2026-11-05", fee, &["2026-08", "2026-09"], usual());
    let open = standing(&bill(), days(), "2026-11-05");
    let whole = of_october() + Amount::whole(1_000);
    assert_eq!((open.pending.as_ref(), open.spent), (None, Some(of_october())), "all days have come");
    assert_eq!(open.state, State::WillExceed { on: day("2026-10-31") });
    assert_eq!((open.has_ended(), open.state_words()), (false, "likely exceeded on 2026-10-31".to_owned()));
    assert_eq!(open.forecast.as_ref().map(|ahead| ahead.end.mid), Some(whole));
    let said = "its invoice has not come, and 1,000.00 USD more is foretold of it".to_owned();
    assert!(open.remarks.contains(&said), "{:?}", open.remarks);
    // The same charges by the month.
    let monthly = standing(&bill(), budget(limit, Cycle::Month), "2026-11-05");
    let past = monthly.history.last().expect("October");
    assert_eq!((past.state, past.foretold.map(|end| end.mid)), (Some(open.state), Some(whole)));
    // A limit that has room for it will be kept.
    let roomy = standing(&bill(), budget(limit + limit, Cycle::Days(october())), "2026-11-05");
    assert_eq!((roomy.has_ended(), roomy.state_words().as_str()), (false, "likely kept"));
    // It has come.
    let come = || engine("2026-11-09", fee, &["2026-08", "2026-09", "2026-10"], usual());
    let closed = standing(&come(), days(), "2026-11-09");
    assert_eq!((closed.has_ended(), closed.forecast.is_none(), closed.spent), (true, true, Some(whole)));
    assert!(matches!(closed.state, State::Exceeded { .. }) && closed.remarks.is_empty(), "{closed:?}");
    // It is late.
    let late = standing(&engine("2026-11-15", fee, &["2026-08", "2026-09"], usual()), days(), "2026-11-15");
    assert_eq!(late.state, open.state);
    let missed =
        |expected| format!("purchases of 1,000.00 USD a month have not come since those of 2026-09: {expected}");
    assert_eq!(late.remarks, [said, missed("expected still")]);
    // It does not come any more.
    let ended = standing(&engine("2026-12-04", fee, &["2026-08", "2026-09"], usual()), days(), "2026-12-04");
    assert_eq!((ended.has_ended(), ended.state), (true, State::Kept));
    assert_eq!(ended.remarks, [missed("expected no more")]);
    let before = budget(limit, Cycle::Days(Period { from: day("2026-09-01"), to: october().from }));
    let before = standing(&engine("2026-12-04", fee, &["2026-08", "2026-09"], usual()), before, "2026-12-04");
    assert!(before.remarks.is_empty(), "it had come: {:?}", before.remarks);
}

#[test]
fn an_invoice_is_foretold_on_the_last_day_of_a_month_too() {
    let at_once = Settle { aws: 0, ..usual() };
    let engine = engine("2026-10-31", ("Purchase", 1_000), &["2026-08", "2026-09"], at_once);
    let answer = standing(&engine, budget(of_october() + Amount::whole(500), Cycle::Month), "2026-10-31");
    assert_eq!(answer.state, State::WillExceed { on: day("2026-10-31") });
    assert_eq!(answer.forecast.map(|ahead| ahead.end.mid), Some(of_october() + Amount::whole(1_000)));
}

#[test]
fn what_is_known_to_come_with_an_invoice_is_no_less_sure_for_what_changes() {
    let doubled = |months: &[&str]| -> Simulation {
        let engine = engine("2026-10-20", ("Purchase", 1_000), months, usual());
        standing(&engine, budget(of_october(), Cycle::Month), "2026-10-20");
        let changes = vec!["growth +100%".parse().expect("change")];
        let asked = Question::Budgets(Asked::Simulate { name: "a".into(), changes });
        let Answer::Budgets(answer) = engine.ask(&asked, day("2026-10-20"), &Cancel::default()).expect("answer") else {
            panic!("another answer");
        };
        let BudgetsAnswer::Simulated(simulation) = *answer else { panic!("another answer") };
        *simulation
    };
    let (without, with) = (doubled(&[]), doubled(&["2026-08", "2026-09"]));
    assert_eq!(with.end.mid - without.end.mid, Amount::whole(1_000));
    assert_eq!(
        (with.end.give(), with.end.hi95 - with.end.mid),
        (without.end.give(), without.end.hi95 - without.end.mid)
    );
}

/// What is said of October in a limit that it goes over to.
fn carried(rollover: Rollover, limit: Amount) -> String {
    let engine = engine("2026-11-05", ("Credit", -100), &["2026-08", "2026-09"], usual());
    let answer = standing(&engine, Budget { rollover, ..budget(limit, Cycle::Month) }, "2026-11-05");
    let said = answer.remarks.iter().find(|remark| remark.contains("October 2026"));
    said.expect("said").clone()
}

#[test]
fn a_credit_that_an_invoice_brings_is_told_as_less() {
    assert_eq!(
        carried(Rollover::Unspent, of_october() + Amount::whole(100)),
        "100.00 USD left over from October 2026 are in the limit: its invoice has not come, and 100.00 USD less is \
         foretold of it, which counts once it has come"
    );
    assert_eq!(
        carried(Rollover::Balance, of_october() - Amount::whole(300)),
        "200.00 USD overspent in October 2026 are in the limit: its invoice has not come, and 100.00 USD less is \
         foretold of it"
    );
}
