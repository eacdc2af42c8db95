//! Answers [`super::Question::Pivot`]: costs of groups with a column for each piece of time.
//!
//! [`super::query`] with a granularity has the same figures as rows; here they stand side by side, with
//! totals of rows and columns over everything, whatever is shown.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::Cancel;
use super::answer::{PivotAnswer, PivotRow};
use super::local::LocalEngine;
use super::query::{names, pieces, request};
use super::spend::currencies;
use super::table::{Ids, Table};
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::Lens;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Columns at most: of more pieces of time the latest are shown.
pub const COLUMNS_MAX: usize = 200;

/// Answers a pivot in the lens's granularity, one a currency; `limit` rows at most.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(
    engine: &LocalEngine,
    lens: &Lens,
    limit: Option<usize>,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<PivotAnswer>> {
    let (period, _) = lens.days(as_of);
    let table = engine.aggregate(&request(lens, period, &lens.by, Some(lens.granularity)), cancel)?;
    let mut starts = pieces(period, lens.granularity);
    let earlier = starts.len().saturating_sub(COLUMNS_MAX);
    starts.drain(..earlier);
    let data = engine.data_days();
    let answers = currencies([&table]).into_iter().map(|currency| {
        let mut answer = PivotAnswer {
            metric: lens.metric,
            period,
            by: lens.by.clone(),
            granularity: lens.granularity,
            starts: starts.clone(),
            earlier: earlier as u64,
            rows: Vec::new(),
            columns: Vec::new(),
            total: None,
            groups: 0,
            left_out: table.left_out(&currency),
            currency,
        };
        fill(&mut answer, lens, &table, limit, data);
        answer
    });
    Ok(answers.collect())
}

/// A group: what it costs in each column, and in all.
struct Group {
    ids: Ids,
    costs: Vec<Total>,
    whole: Total,
}

fn fill(answer: &mut PivotAnswer, lens: &Lens, table: &Table, limit: Option<usize>, data: Option<Period>) {
    let place: HashMap<i64, usize> = answer.starts.iter().enumerate().map(|(at, start)| (*start, at)).collect();
    let mut groups: HashMap<Ids, Group> = HashMap::new();
    for (key, total) in table.groups_in(&answer.currency) {
        let none = || Group { ids: key.values, costs: vec![Total::default(); place.len()], whole: Total::default() };
        let group = groups.entry(key.values).or_insert_with(none);
        group.whole.merge(total);
        if let Some(at) = place.get(&key.start) {
            group.costs[*at].merge(total);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().filter(|g| lens.filter.admits(g.whole.value())).collect();
    let texts = |group: &Group| table.texts(&group.ids).map(Untrusted::from).collect::<Vec<_>>();
    groups
        .sort_by(|a, b| Reverse(a.whole.value()).cmp(&Reverse(b.whole.value())).then_with(|| texts(a).cmp(&texts(b))));
    let (mut columns, mut whole) = (vec![Total::default(); place.len()], Total::default());
    for group in &groups {
        whole.merge(&group.whole);
        columns.iter_mut().zip(&group.costs).for_each(|(column, cost)| column.merge(cost));
    }
    // A piece of which no charge can be known is unknown, not free.
    let ends = answer.starts.iter().skip(1).map(|start| Day::of_seconds(start - 1).plus(1)).chain([answer.period.to]);
    let days = answer.starts.iter().zip(ends).map(|(start, to)| Period { from: Day::of_seconds(*start), to });
    let has_data: Vec<bool> = days.map(|days| data.is_some_and(|data| days.intersect(data).days() > 0)).collect();
    let known = |(total, has_data): (&Total, &bool)| total.value().filter(|_| total.rows() > 0 || *has_data);
    answer.groups = groups.len() as u64;
    answer.total = whole.value().filter(|_| whole.rows() > 0);
    answer.columns = columns.iter().zip(&has_data).map(known).collect();
    groups.truncate(limit.unwrap_or(usize::MAX));
    let row = |group: &Group| PivotRow {
        key: texts(group),
        names: names(table, &group.ids),
        costs: group.costs.iter().zip(&has_data).map(known).collect(),
        total: group.whole.value(),
    };
    answer.rows = groups.iter().map(row).collect();
}
