//! Small answers for tests.

use std::collections::BTreeMap;

use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, Figure};

/// A row's name, its cost and its previous cost, in whole units.
type Row<'a> = (&'a str, Option<i64>, Option<i64>);

pub fn amount(units: i64) -> Amount {
    units.to_string().parse().expect("amount")
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
        notices: vec![],
        unknown_rows: 0,
        granularity: Granularity::Day,
        starts: (0..3).map(|day| from.plus(day).seconds()).collect(),
    }
}
