//! Budgets to draw in tests.

use crate::domain::budget::{Budget, Cycle};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::percent::Percent;
use crate::domain::scenario::{Change, Scenario};
use crate::domain::services;
use crate::engine::answer::{
    BudgetAnswer, BudgetDetail, BudgetState as Stands, BudgetsAnswer, Composition, Crossing, CrossingOf as Of,
    Foreseen, Interval, Limit, Pace, Past, Share, Simulation, Suggestion,
};
use crate::engine::budgets::Asked;

/// A budget of a name.
#[must_use]
pub fn budget(name: &str) -> Budget {
    let (scope, from) = (Filter::parse("tag:team=platform", &[]), Day::from_ymd(2024, 9, 1).unwrap_or_default());
    Budget {
        scope: scope.unwrap_or_default(),
        owner: "on-call".into(),
        ..Budget::plain(name, Amount::whole(50_000), "USD", Cycle::Month, from)
    }
}

fn november() -> Period {
    Day::from_ymd(2024, 11, 1).unwrap_or_default().month().period()
}

fn interval(mid: i64, give: i64) -> Interval {
    let [mid, give] = [mid, give].map(Amount::whole);
    Interval { mid, lo80: mid - give, hi80: mid + give, lo95: mid - give - give, hi95: mid + give + give }
}

/// How a budget stands, whatever its parts come to.
#[must_use]
pub fn answer(name: &str, spent: i64, limit: i64, state: Stands, as_of: Day) -> BudgetAnswer {
    let period = november();
    let limit_of =
        |total: i64| Limit { base: Amount::whole(total), carried: Amount::ZERO, total: Amount::whole(total) };
    let past = |months: i32, spent: i64, state| Past {
        period: period.from.month().plus(-months).period(),
        limit: Some(limit_of(limit)),
        spent: Some(Amount::whole(spent)),
        state: Some(state),
        is_part: false,
        pending: None,
        foretold: None,
    };
    let days = f64::from(as_of.0 - period.from.0) / 30.0;
    let spent_amount = Amount::whole(spent);
    BudgetAnswer {
        budget: budget(name),
        as_of,
        period,
        whole: period,
        limit: limit_of(limit),
        spent: Some(spent_amount),
        left: Some(Amount::whole(limit) - spent_amount),
        pace: Some(Pace { spent: spent_amount.ratio(Amount::whole(limit)), days }),
        forecast: Some(Foreseen {
            end: interval(spent * 30 / 19, spent / 20),
            words: "seasonal naive, ±9 % on the last 3 months".to_owned(),
        }),
        state,
        thresholds: vec![
            Crossing {
                of: Of::Actual,
                percent: Percent::whole(80),
                amount: Amount::whole(limit * 8 / 10),
                on: Some(as_of.plus(-1)),
            },
            Crossing { of: Of::Actual, percent: Percent::whole(100), amount: Amount::whole(limit), on: None },
            Crossing { of: Of::Forecast, percent: Percent::whole(100), amount: Amount::whole(limit), on: state.on() },
        ],
        history: vec![
            past(2, limit * 9 / 10, Stands::Kept),
            past(1, limit * 21 / 20, Stands::Exceeded { on: Day::from_ymd(2024, 10, 29).unwrap_or_default() }),
        ],
        pending: None,
        unknown_rows: 0,
        remarks: vec!["2 days are not settled: they may still change".to_owned()],
    }
}

/// Budgets in several states; hostile ones have a name from outside.
#[must_use]
pub fn list(as_of: Day, odd: Option<&str>) -> Vec<BudgetAnswer> {
    let day = |n: u32| Day::from_ymd(2024, 11, n).unwrap_or_default();
    let mut list = vec![
        answer("data", 21_010, 20_000, Stands::Exceeded { on: day(18) }, as_of),
        answer("platform", 41_204, 50_000, Stands::WillExceed { on: day(27) }, as_of),
        answer("web", 12_010, 20_000, Stands::AtRisk, as_of),
        answer("sandbox", 310, 1_000, Stands::OnTrack, as_of),
    ];
    if let Some(odd) = odd {
        let first = &mut list[0];
        for text in [&mut first.budget.name, &mut first.budget.owner, &mut first.budget.note] {
            *text = odd.into();
        }
        first.remarks = vec![odd.to_owned()];
    }
    list
}

/// One of them in detail.
#[must_use]
pub fn detail(standing: BudgetAnswer) -> BudgetDetail {
    let (period, as_of) = (standing.period, standing.as_of);
    let spent = standing.spent.unwrap_or_default();
    let behind = i64::from(as_of.0 - period.from.0).max(1);
    let each = spent.scale_by(1, behind);
    let per_day = i64::try_from(each.units() / Amount::whole(1).units()).unwrap_or(0);
    let ahead = (as_of.0..period.to.0).map(Day);
    let path = ahead.map(|day| {
        let days = i64::from(day.0 - as_of.0) + 1;
        (day, interval(per_day * (behind + days), per_day * days / 4))
    });
    let share = |value: &str, part: i64| Share {
        value: value.into(),
        name: None,
        cost: Some(spent.scale_by(part, 100)),
        share: Some(part as f64 / 100.0),
    };
    let of = |dimension: Dimension, values: &[(&str, i64)]| Composition {
        dimension,
        values: values.iter().map(|(value, part)| share(value, *part)).collect(),
        others: 0,
        others_cost: None,
    };
    BudgetDetail {
        days: vec![Some(each); behind as usize],
        path: path.collect(),
        spenders: vec![
            of(Dimension::SubAccount, &[("prod-core", 61), ("prod-ml", 30), ("", 9)]),
            of(Dimension::Service, &[("Amazon EC2", 48), ("Amazon S3", 32), ("CloudWatch Logs", 20)]),
        ],
        standing,
    }
}

/// The answer to what is asked about budgets.
#[must_use]
pub fn told(asked: &Asked, as_of: Day, (empty, odd): (bool, Option<&str>)) -> BudgetsAnswer {
    let all = if empty { vec![] } else { list(as_of, odd) };
    let named = |name: &str| all.iter().find(|one| one.budget.name.raw() == name).or(all.first()).cloned();
    match asked {
        Asked::List { .. } => BudgetsAnswer::List(all),
        Asked::Kept => BudgetsAnswer::Kept(all.into_iter().map(|one| one.budget).collect()),
        Asked::Detail { name } => {
            let standing = named(name).unwrap_or_else(|| answer(name, 1, 2, Stands::OnTrack, as_of));
            BudgetsAnswer::Detail(Box::new(detail(standing)))
        }
        Asked::Suggest => BudgetsAnswer::Suggested(
            ["all USD", "team web"]
                .map(|name| Suggestion {
                    budget: Budget { name: odd.unwrap_or(name).into(), ..budget(name) },
                    why: "the last 6 months cost 38,120 to 45,310 USD; the most and 10 % more".to_owned(),
                    months: vec![Amount::whole(45_310)],
                })
                .to_vec(),
        ),
        Asked::Simulate { name, changes } => {
            let standing = named(name).unwrap_or_else(|| answer(name, 1, 2, Stands::OnTrack, as_of));
            let today = detail(standing);
            let end = today.path.last().map_or(interval(0, 0), |(_, end)| *end);
            let extra = Amount::whole(2_000 * changes.len() as i64);
            let raised = |i: &Interval| Interval { mid: i.mid + extra, hi80: i.hi80 + extra, ..*i };
            BudgetsAnswer::Simulated(Box::new(Simulation {
                changes: changes.iter().map(|change: &Change| (billed(change), Amount::whole(2_000))).collect(),
                remarks: changes.iter().map(|c| c.day().map(|day| format!("does not count: {day}"))).collect(),
                end: raised(&end),
                state: Stands::WillExceed { on: as_of.plus(5) },
                path: today.path.iter().map(|(day, i)| (*day, raised(i))).collect(),
                services: vec!["Amazon EC2".to_owned()],
                today,
            }))
        }
        Asked::Scenarios => BudgetsAnswer::Scenarios(vec![Scenario {
            name: odd.unwrap_or("autumn").into(),
            changes: vec![Change::Buy { amount: Amount::whole(5), on: None }],
        }]),
    }
}

/// A change with its service as the bill has it.
fn billed(change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Growth { service: Some(service), .. } | Change::Price { service: Some(service), .. } = &mut change
        && let Some(name) = services::named(service.raw()).first()
    {
        *service = (*name).into();
    }
    change
}
