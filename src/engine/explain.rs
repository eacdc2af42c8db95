//! Answers [`super::Question::Explain`]: what a figure is, and what it rests on.
//!
//! The figures are those of [`super::spend`] and [`super::spend_details`]; only their words are made here.

use std::collections::BTreeSet;

use super::answer::{ExplainAnswer, Explained, Figure, QueryAnswer, SpendAnswer};
use super::charges::{self, ItemOrder};
use super::local::LocalEngine;
use super::spend_details::Hours;
use super::{Cancel, Card, Query, Sort, query, sharing, spend, twin};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::error::Result;
use crate::store::manifest::{Group, Manifest};

/// Parts of a figure that an explanation has at most.
const PARTS_MAX: usize = 20;
/// Files of an import that it names.
const FILES_NAMED: usize = 3;

/// Explains a figure of what a lens looks at.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(
    engine: &LocalEngine,
    lens: &Lens,
    card: Card,
    items: (usize, usize),
    as_of: Day,
    cancel: &Cancel,
) -> Result<ExplainAnswer> {
    let mut own = Lens { period: period_of(card, lens, as_of), comparison: against(card, lens), ..lens.clone() };
    let mut figures = Vec::new();
    if card == Card::LastHour {
        let hours = Hours::new(engine, lens, as_of, cancel)?;
        let found = hours.currencies().filter_map(|currency| Some((currency.to_owned(), hours.last(currency)?)));
        let found: Vec<_> = found.collect();
        if let Some((_, hour)) = found.first() {
            let day = Day::of_seconds(hour.start);
            own.period = PeriodSpec::Range(Period { from: day, to: day.plus(1) });
        }
        figures.extend(found.into_iter().map(|(currency, hour)| explained(currency, hour.figure, Some(hour.start))));
    } else {
        let answers = spend::answer(engine, lens, as_of, cancel)?;
        figures.extend(answers.into_iter().map(|a| explained(a.currency.clone(), figure(card, &a), None)));
    }
    let (period, previous_period) = own.days(as_of);
    let parts = parts(engine, &own, card, as_of, cancel)?;
    let (_held, manifest) = engine.store().read();
    let groups = charges::groups_of(&manifest, period);
    let order = ItemOrder::Cost(lens.metric);
    let (items_total, items) =
        charges::items(engine.store(), &groups, period, &lens.filter.clauses, order, items, cancel)?;
    let mut lines = definition(&own, card, as_of);
    lines.extend(sharing::notices(&own, engine.store()).into_iter().map(|notice| format!("{}.", notice.text)));
    Ok(ExplainAnswer {
        card,
        period,
        previous_period,
        figures,
        definition: lines,
        parts,
        items,
        items_total,
        freshness: engine.freshness(as_of),
        imports: imports(&manifest, &groups),
        command: twin::query(&own, None, as_of),
    })
}

fn explained(currency: String, figure: Figure, hour: Option<i64>) -> Explained {
    Explained { currency, figure, hour }
}

fn figure(card: Card, answer: &SpendAnswer) -> Figure {
    match card {
        Card::Total | Card::LastHour => answer.total,
        Card::MonthToDate => answer.month_to_date,
        Card::Yesterday => answer.yesterday,
        Card::LastWeek => answer.last_week,
        Card::LastMonth => answer.last_month,
    }
}

/// The days of a figure.
#[must_use]
pub fn period_of(card: Card, lens: &Lens, as_of: Day) -> PeriodSpec {
    let days = |from: i32| PeriodSpec::Range(Period { from: as_of.plus(from), to: as_of });
    match card {
        Card::Total => lens.period,
        Card::MonthToDate => PeriodSpec::ThisMonth,
        Card::Yesterday | Card::LastHour => days(-1),
        Card::LastWeek => days(-7),
        Card::LastMonth => PeriodSpec::Month(as_of.month().plus(-1)),
    }
}

fn against(card: Card, lens: &Lens) -> Comparison {
    match card {
        Card::Total => lens.comparison,
        Card::MonthToDate => Comparison::MonthBefore,
        Card::Yesterday | Card::LastHour => Comparison::None,
        Card::LastWeek | Card::LastMonth => Comparison::Previous,
    }
}

/// By the next finer dimension; of an hour, the hours of its day.
fn parts(engine: &LocalEngine, lens: &Lens, card: Card, as_of: Day, cancel: &Cancel) -> Result<Vec<QueryAnswer>> {
    let hourly = card == Card::LastHour;
    let by = if hourly { Vec::new() } else { vec![finer(lens)] };
    let question = Query {
        lens: Lens { by, ..lens.clone() },
        granularity: hourly.then_some(Granularity::Hour),
        sort: if hourly { Sort::Time } else { Sort::Cost },
        limit: Some(PARTS_MAX),
    };
    query::answer(engine, &question, as_of, cancel)
}

fn imports(manifest: &Manifest, groups: &[&Group]) -> Vec<String> {
    let behind: BTreeSet<u64> = groups.iter().flat_map(|g| &g.parts).map(|p| p.import).collect();
    let named = behind.into_iter().filter_map(|id| manifest.import(id)).map(|import| {
        let files = import.files.iter().take(FILES_NAMED).map(|f| SafeText::from_outside(&f.name).into_string());
        let files: Vec<String> = files.collect();
        let more = import.files.len().saturating_sub(FILES_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("import {}: {}{more}", import.id, files.join(", "))
    });
    named.collect()
}

fn definition(lens: &Lens, card: Card, as_of: Day) -> Vec<String> {
    let (period, against) = lens.days(as_of);
    let mut lines = vec![
        format!("The sum of {}.", lens.metric.definition()),
        format!(
            "Over the charges whose charge period starts from {} to {} (UTC); a charge counts whole on the day it starts.",
            period.from,
            period.to.plus(-1)
        ),
    ];
    lines.extend(which_days(card, period, as_of));
    let held = against.map(|days| format!("Held against {}.", days.words()));
    lines.extend(held.filter(|_| matches!(card, Card::Total | Card::MonthToDate | Card::LastWeek | Card::LastMonth)));
    if !lens.filter.is_empty() {
        let filter = SafeText::from_outside(&lens.filter.to_string());
        lines.push(format!("Only what the filter admits: {filter}."));
    }
    lines.push("Currencies are never added together; charges without this cost are left out and counted.".to_owned());
    lines
}

/// What a card means by its days, and what they are held against.
fn which_days(card: Card, period: Period, as_of: Day) -> Option<String> {
    let week = Period { from: period.from.plus(-7), to: period.from };
    Some(match card {
        Card::Total => return None,
        Card::MonthToDate => format!(
            "The month to date: the first of {} to {as_of}, held against the same days of the month before; days that it \
             lacks are left out.",
            as_of.month()
        ),
        Card::Yesterday => format!(
            "Yesterday: the day before {as_of}, held against the mean of the seven days before it ({}): their sum, divided by 7.",
            week.words()
        ),
        Card::LastWeek => "The last 7 days: the seven days up to yesterday, held against the seven before.".to_owned(),
        Card::LastMonth => {
            format!("The last month: all of {}, held against the whole month before.", period.from.month())
        }
        Card::LastHour => {
            "The last hour with charges that was over when they were taken in, held against the same hour of the day \
             before. Only charges of at most an hour lie in an hour; the parts are the hours of its day."
                .to_owned()
        }
    })
}

/// The next dimension that is not pinned to one value yet.
fn finer(lens: &Lens) -> Dimension {
    let pinned: Vec<&Dimension> = lens
        .filter
        .clauses
        .iter()
        .filter(|c| !c.negated && c.patterns.len() == 1)
        .filter_map(|c| c.dimension.as_ref())
        .collect();
    let order = [
        Dimension::Provider,
        Dimension::Service,
        Dimension::SubAccount,
        Dimension::Region,
        Dimension::ResourceType,
        Dimension::Resource,
    ];
    order.into_iter().find(|d| !pinned.contains(&d)).unwrap_or(Dimension::Sku)
}
