//! Budgets over the demo: spend is the query's total to the last decimal, limits and forecasts follow from it.

use std::sync::{Arc, OnceLock};

use spendtop::analytics::budget::State;
use spendtop::cli::fill_with_demo_days;
use spendtop::config::Config;
use spendtop::domain::budget::{Budget, Cycle, Rollover, Thresholds};
use spendtop::domain::calendar::{Day, Period};
use spendtop::domain::charge::Metric;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::percent::Percent;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{BudgetAnswer, BudgetDetail, BudgetsAnswer, Simulation};
use spendtop::engine::budgets::{Asked, BudgetCommand, standings};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Command, Engine, Query, Question, Sort};
use spendtop::error::Result;
use spendtop::store::Store;

use crate::support::tag_keys;

fn as_of() -> Day {
    Day::parse("2026-11-21").expect("day")
}

fn budget(name: &str, amount: i64, scope: &str) -> Budget {
    Budget {
        name: name.into(),
        scope: Filter::parse(scope, &[]).expect(scope),
        metric: Metric::Effective,
        currency: "USD".to_owned(),
        amount: Amount::whole(amount),
        every: Cycle::Month,
        from: Day::parse("2026-09-01").expect("day"),
        growth: Percent::ZERO,
        rollover: Rollover::None,
        thresholds: Thresholds::default(),
        owner: Default::default(),
        note: Default::default(),
        archived: false,
    }
}

/// The demo's last hundred days, with budgets.
fn demo() -> &'static LocalEngine {
    static DEMO: OnceLock<LocalEngine> = OnceLock::new();
    DEMO.get_or_init(|| {
        let store = Store::in_memory(&tag_keys());
        fill_with_demo_days(&store, 1, as_of(), 100).expect("demo");
        let engine = LocalEngine::new(Arc::new(store), Config::default().settle, true);
        // Up to the end of a month: what comes with November's invoice is dated the first of that.
        let days = Period { from: Day::parse("2026-10-10").expect("day"), to: Day::parse("2026-11-01").expect("day") };
        let next = Period { from: as_of().plus(25), to: as_of().plus(41) };
        let far = Period { from: as_of().plus(91), to: as_of().plus(99) };
        let keep = vec![
            budget("all", 1_000_000, ""),
            budget("none", 1, "provider:aws"),
            Budget { currency: "EUR".to_owned(), ..budget("euro", 10_000, "") },
            Budget { every: Cycle::Days(days), ..budget("launch", 1_000_000, "service:*ec2*|*compute*") },
            Budget { every: Cycle::Quarter, rollover: Rollover::Balance, ..budget("quarter", 100_000, "tag:team=web") },
            Budget { rollover: Rollover::Balance, ..budget("carried", 10_000, "tag:team=web") },
            budget("typo", 10, "tag:team=wbe"),
            Budget { every: Cycle::Days(next), ..budget("next", 100, "") },
            Budget { every: Cycle::Days(far), ..budget("far", 100, "") },
        ];
        let command = Command::Budget(BudgetCommand::Apply { keep, remove: vec![] });
        engine.command(&command).expect("kept");
        engine
    })
}

fn standing(name: &str) -> BudgetAnswer {
    let all = standings(demo(), as_of(), &Cancel::default()).expect("standings");
    all.into_iter().find(|one| one.budget.name.raw() == name).expect(name)
}

fn ask(asked: Asked) -> Result<BudgetsAnswer> {
    match demo().ask(&Question::Budgets(asked), as_of(), &Cancel::default())? {
        Answer::Budgets(answer) => Ok(*answer),
        other => panic!("{other:?}"),
    }
}

fn detail(name: &str) -> BudgetDetail {
    match ask(Asked::Detail { name: name.to_owned() }) {
        Ok(BudgetsAnswer::Detail(detail)) => *detail,
        other => panic!("{other:?}"),
    }
}

/// What a query says that some days cost.
fn total(budget: &Budget, days: Period) -> Amount {
    let lens = Lens {
        period: PeriodSpec::Range(days),
        comparison: Comparison::None,
        filter: budget.scope.clone(),
        metric: budget.metric,
        by: vec![],
        currency: Some(budget.currency.clone()),
        ..Lens::default()
    };
    let question = Question::Query(Query { lens, granularity: None, sort: Sort::Cost, limit: None });
    match demo().ask(&question, as_of(), &Cancel::default()).expect("answer") {
        Answer::Query(answers) => answers[0].total.expect("known"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn spend_is_what_a_query_adds_up_and_days_add_up_to_it() {
    for name in ["all", "none", "euro", "launch", "quarter", "carried"] {
        let detail = detail(name);
        let answer = &detail.standing;
        let days = Period { to: answer.period.to.min(as_of().plus(1)), ..answer.period };
        assert_eq!(answer.spent, Some(total(&answer.budget, days)), "{name}");
        let sum: Amount = detail.days.iter().flatten().copied().sum();
        assert_eq!(Some(sum), answer.spent, "{name}");
        assert_eq!(answer.left, answer.spent.map(|spent| answer.limit.total - spent));
        for composition in &detail.spenders {
            let parts: Amount = composition.values.iter().filter_map(|share| share.cost).sum();
            assert_eq!(Some(parts + composition.others_cost.unwrap_or_default()), answer.spent, "{name}");
        }
    }
}

#[test]
fn earlier_periods_have_their_limits_and_what_went_over() {
    let answer = standing("carried");
    let limits: Vec<Option<Amount>> = answer.history.iter().map(|past| past.limit.map(|limit| limit.total)).collect();
    let spent: Vec<Amount> = answer.history.iter().filter_map(|past| past.spent).collect();
    // August is before the budget.
    assert_eq!((answer.history.len(), limits[0], answer.history[0].state), (3, None, None));
    let each = Amount::whole(10_000);
    assert_eq!(limits[1..], [Some(each), Some(each + each - spent[1])]);
    assert_eq!(answer.limit.total, each + each + each - spent[1] - spent[2]);
    assert!(answer.remarks.iter().any(|remark| remark.contains("October 2026")), "{:?}", answer.remarks);
    assert_eq!(spent[2], total(&answer.budget, answer.history[2].period));
}

#[test]
fn states_follow_from_spend_and_forecast() {
    assert_eq!(standing("none").state, State::Exceeded { on: Day::parse("2026-11-01").expect("day") });
    assert_eq!(standing("all").state, State::OnTrack);
    let over = standing("launch");
    assert_eq!((over.state, over.forecast, over.pace), (State::Kept, None, None));
    let detail = detail("all");
    let end = detail.standing.forecast.as_ref().expect("foretold").end;
    assert_eq!(
        detail.path.last().map(|(day, end)| (*day, *end)),
        Some((as_of().month().plus(1).first().plus(-1), end))
    );
    assert!(end.lo95 <= end.lo80 && end.lo80 <= end.mid && end.mid <= end.hi80 && end.hi80 <= end.hi95, "{end:?}");
    assert!(Some(end.mid) > detail.standing.spent, "days are yet to come");
    let sums: Vec<Amount> = detail.path.iter().map(|(_, interval)| interval.mid).collect();
    assert!(sums.windows(2).all(|pair| pair[0] <= pair[1]), "{sums:?}");
    let pace = detail.standing.pace.expect("runs");
    assert!(pace.days > 0.5 && pace.days < 0.7, "{pace:?}");
}

#[test]
fn a_scope_that_nothing_matches_is_told() {
    let typo = standing("typo").remarks;
    assert!(typo.iter().any(|said| said.starts_with("no charge from") && said.contains("team=wbe")), "{typo:?}");
    assert!(standing("none").remarks.iter().all(|said| !said.starts_with("no charge from")));
}

#[test]
fn a_period_to_come_is_foretold_as_far_as_screens_show_what_will_come() {
    let next = standing("next");
    let end = next.forecast.as_ref().expect("foretold").end;
    let days = detail("next").path;
    assert_eq!((days.len(), days[0].0, days.last().map(|(_, end)| *end)), (16, as_of().plus(25), Some(end)));
    assert!(Amount::ZERO < days[0].1.mid && days[0].1.mid < end.mid && end.lo80 < end.hi80, "{days:?}");
    assert_eq!(next.state, State::WillExceed { on: as_of().plus(25) });
    let crossed: Vec<_> = next.thresholds.iter().filter_map(|crossing| crossing.on).collect();
    assert_eq!((crossed, next.spent, next.pace), (vec![as_of().plus(25)], None, None));
    assert_eq!(next.remarks, Vec::<String>::new());
    let far = standing("far");
    assert_eq!((far.state, far.forecast, far.remarks), (State::NotBegun, None, Vec::new()));
}

#[test]
fn what_if_changes_days_to_come_alone() {
    let simulate = |lines: &[&str]| -> Result<Simulation> {
        let changes = lines.iter().map(|line| line.parse().expect("change")).collect();
        match ask(Asked::Simulate { name: "all".to_owned(), changes })? {
            BudgetsAnswer::Simulated(simulation) => Ok(*simulation),
            other => panic!("{other:?}"),
        }
    };
    let today = detail("all").standing.forecast.expect("foretold").end.mid;
    let bought = simulate(&["buy 1000 on 2026-11-25", "add 2 x 10 from 2026-11-29"]).expect("simulated");
    assert_eq!(bought.end.mid, today + Amount::whole(1_040));
    assert_eq!(bought.changes.iter().map(|(_, adds)| *adds).collect::<Vec<_>>(), [1_000, 40].map(Amount::whole));
    let grown = simulate(&["growth +100%"]).expect("simulated");
    let service = grown.services[0].clone();
    let of_one = simulate(&[&format!("growth +100% of \"{}\"", service.to_uppercase())]).expect("simulated");
    assert!(grown.end.mid > of_one.end.mid && of_one.end.mid > today, "{service}");
    assert_eq!(of_one.changes[0].0.service().map(|name| name.raw().to_owned()), Some(service));
    let by_short_name = simulate(&["growth +10% of \"Amazon EC2\""]).expect("as screens call it");
    assert!(by_short_name.changes[0].0.to_string().contains("Amazon Elastic Compute Cloud"));
    let unknown = simulate(&["price +5% of \"Amazon EC3\""]).expect_err("unknown");
    assert!(unknown.message.contains("no usage of a service `Amazon EC3`"), "{unknown}");
    let over = ask(Asked::Simulate { name: "launch".to_owned(), changes: vec!["growth 1%".parse().expect("change")] });
    assert!(over.is_err_and(|e| e.message.contains("nothing is foretold")));
}

#[test]
fn suggestions_leave_out_what_has_a_budget() {
    let Ok(BudgetsAnswer::Suggested(found)) = ask(Asked::Suggest) else { panic!("suggestions") };
    assert!(!found.is_empty());
    for one in &found {
        assert!(!one.budget.scope.is_empty() && one.budget.scope.to_string() != "tag:team=web", "{:?}", one.budget);
        let most = one.months.iter().max().copied().expect("months");
        assert!(one.budget.amount >= most + Percent::whole(10).of(most), "{:?}", one.budget);
        let month = as_of().month().plus(-1).period();
        assert_eq!(one.months.last().copied(), Some(total(&one.budget, month)), "{:?}", one.budget.name);
    }
}
