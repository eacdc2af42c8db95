//! Small answers for tests.

use std::collections::BTreeMap;

use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::engine::answer::{
    BreakdownAnswer, BreakdownRow, Composition, Coverage, CurrencyDetail, DetailAnswer, Difference, Figure, Misspelt,
    Share, TagKey, TagsAnswer,
};

/// A row's name, its cost and its previous cost, in whole units.
type Row<'a> = (&'a str, Option<i64>, Option<i64>);

pub fn amount(units: i64) -> Amount {
    units.to_string().parse().expect("amount")
}

/// What is made of services of these costs, and of so many others.
pub fn detail(services: &[(&str, i64)], others: u64) -> DetailAnswer {
    let answer = answer(&[]);
    let whole = services.iter().map(|(_, cost)| *cost).sum::<i64>() + others as i64 * 5;
    let values = services.iter().map(|(name, cost)| Share {
        value: (*name).into(),
        name: None,
        cost: Some(amount(*cost)),
        share: Some(*cost as f64 / whole as f64),
    });
    let made = Composition {
        dimension: Dimension::Service,
        values: values.collect(),
        others,
        others_cost: Some(amount(others as i64 * 5)),
    };
    let currency = CurrencyDetail {
        metric: answer.metric,
        currency: answer.currency,
        rows: services.len() as u64 + others,
        figure: Figure { amount: Some(amount(whole)), previous: None },
        starts: vec![],
        trend: vec![],
        composition: vec![made],
        tags: vec![],
        driver: None,
        coverage: Coverage { usage: None, pricing: vec![], commitments: vec![], unused: None },
    };
    DetailAnswer {
        period: answer.period,
        previous_period: answer.previous_period,
        currencies: vec![currency],
        notices: vec![],
    }
}

/// Two tag keys, one of which has a misspelt value, and a third that is one of them misspelt.
pub fn tags() -> TagsAnswer {
    let share =
        |value: &str, cost, of| Share { value: value.into(), name: None, cost: Some(amount(cost)), share: Some(of) };
    let odd = |value: &str, meant: &str, difference, cost| Misspelt {
        value: value.into(),
        meant: meant.into(),
        difference,
        cost: Some(amount(cost)),
        rows: 12,
    };
    let team = TagKey {
        key: "team".into(),
        configured: true,
        twin: None,
        tagged: Some(amount(18_204)),
        untagged: Some(amount(6_191)),
        unknown: None,
        coverage: Some(0.746),
        values: 3,
        top: vec![share("payments", 12_000, 0.49), share("ml", 5_392, 0.22), share("paymnets", 812, 0.03)],
        misspelt: vec![odd("paymnets", "payments", Difference::Letters, 812)],
        misspelt_cost: amount(812),
        untagged_by: vec![share("Amazon EC2", 4_000, 0.65), share("Amazon S3", 2_191, 0.35)],
    };
    let env = TagKey {
        key: "env".into(),
        tagged: Some(amount(24_395)),
        untagged: Some(Amount::ZERO),
        unknown: None,
        coverage: Some(1.0),
        values: 1,
        top: vec![share("prod", 24_395, 1.0)],
        misspelt: vec![],
        misspelt_cost: Amount::ZERO,
        untagged_by: vec![],
        ..team.clone()
    };
    TagsAnswer {
        metric: Metric::Effective,
        currency: "USD".into(),
        period: answer(&[]).period,
        total: Some(amount(24_395)),
        keys: vec![team, env],
        keys_total: 2,
        misspelt_keys: vec![odd("Team", "team", Difference::Case, 310)],
    }
}

/// An answer by service.
pub fn answer(rows: &[Row<'_>]) -> BreakdownAnswer {
    let from = Day::from_ymd(2024, 11, 1).expect("date");
    let rows: Vec<BreakdownRow> = rows
        .iter()
        .map(|(name, now, before)| BreakdownRow {
            key: vec![(*name).into()],
            names: BTreeMap::new(),
            shared: None,
            through: None,
            figure: Figure { amount: now.map(amount), previous: before.map(amount) },
            trend: (0..3).map(|day| now.map(|n| amount(n + day))).collect(),
        })
        .collect();
    BreakdownAnswer {
        metric: Metric::Effective,
        currency: "USD".into(),
        period: Period { from, to: from.plus(3) },
        previous_period: Some(Period { from: from.plus(-3), to: from }),
        by: vec![Dimension::Service],
        total: Figure {
            amount: rows.iter().filter_map(|r| r.figure.amount).reduce(|a, b| a + b),
            previous: rows.iter().filter_map(|r| r.figure.previous).reduce(|a, b| a + b),
        },
        groups: rows.len() as u64,
        rows,
        freshness: Vec::new(),
        settled_through: None,
        pending: None,
        previous_pending: None,
        notices: vec![],
        unknown_rows: 0,
        granularity: Granularity::Day,
        starts: (0..3).map(|day| from.plus(day).seconds()).collect(),
    }
}
