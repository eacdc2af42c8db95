//! Answers [`super::Question::Explain`]: what a figure is, and what it rests on.
//!
//! The figures are those of [`super::spend`] and [`super::spend_details`]; only their words are made here.

use std::collections::BTreeSet;

use super::alike::Lacking;
use super::answer::{ExplainAnswer, Explained, ForecastAnswer, HourFigure, LineItems, QueryAnswer};
use super::charges::{self, ItemOrder};
use super::local::LocalEngine;
use super::selection::Wanted;
use super::spend::admitted;
use super::spend_details::Hours;
use super::told::{Needed, Part, Plan};
use super::{Cancel, Card, Query, Sort, forecast, query, sharing, spend, twin, untold};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
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
    let own = lens_of(card, lens, as_of);
    let foretold = if card == Card::Forecast { forecast::answer(engine, lens, as_of, cancel)? } else { Vec::new() };
    let mut left_out = Vec::new();
    let (own, figures, parts, items) = if card == Card::LastHour {
        let hours = hours(engine, own, items, as_of, cancel)?;
        (hours.lens, hours.figures, hours.parts, hours.items)
    } else {
        let explained = |(currency, figure)| Explained { currency, figure, hour: None };
        let figures = if card == Card::Forecast {
            foretold.iter().map(ForecastAnswer::figure).collect()
        } else {
            let (figures, lacking) = spend::figures(engine, lens, card, as_of, cancel)?;
            left_out = lacking;
            figures
        };
        let figures: Vec<Explained> = figures.into_iter().map(explained).collect();
        let parts = parts(engine, &own, as_of, cancel)?;
        let found = line_items(engine, &own, &Wanted::of(&own, own.days(as_of).0), items, cancel)?;
        (own, figures, parts, found)
    };
    let (period, previous_period) = own.days(as_of);
    let mut lines = match card {
        Card::Forecast => forecast::definition(&foretold, &own),
        card => definition(&own, card, &figures, as_of),
    };
    lines.extend(without(&left_out));
    let untold = untold::notices(engine.store(), &own, (period, &[]), cancel)?;
    lines.extend(untold.into_values().flatten().map(|notice| format!("{} ({}).", notice.text, notice.hint)));
    let (_held, manifest) = engine.store().read();
    let plan = Plan::new(&manifest, period, &Needed::new(&[], &own.filter.clauses, card == Card::LastHour));
    lines.extend(plan.parts.iter().filter(|part| part.has_facets).map(rests_on_facet));
    lines.extend(sharing::notices(&own, engine.store()).into_iter().map(|notice| format!("{}.", notice.text)));
    let (period, previous_period) = match card {
        Card::Forecast => (as_of.month().period(), Some(as_of.month().plus(-1).period())),
        _ => (period, previous_period),
    };
    Ok(ExplainAnswer {
        card,
        period,
        previous_period,
        figures,
        same_days: !left_out.is_empty(),
        definition: lines,
        parts,
        items,
        freshness: admitted(engine.freshness(as_of), lens),
        imports: imports(&manifest, &plan.all()),
        command: match card {
            Card::Forecast => twin::forecast(lens, as_of),
            _ => twin::query(&own, None, as_of),
        },
    })
}

/// The last hour of each currency, which may be different ones.
struct LastHours {
    /// The lens of the first one's day.
    lens: Lens,
    figures: Vec<Explained>,
    parts: Vec<QueryAnswer>,
    items: Vec<LineItems>,
}

fn hours(engine: &LocalEngine, lens: Lens, items: (usize, usize), as_of: Day, cancel: &Cancel) -> Result<LastHours> {
    let hours = Hours::new(engine, &lens, as_of, cancel)?;
    let mut all = LastHours { lens, figures: Vec::new(), parts: Vec::new(), items: Vec::new() };
    for currency in hours.currencies() {
        let Some(HourFigure { start, figure }) = hours.last(currency) else { continue };
        let day = Day::of_seconds(start);
        let period = Period { from: day, to: day.plus(1) };
        if all.figures.is_empty() {
            all.lens.period = PeriodSpec::Range(period);
        }
        let lens = Lens {
            period: PeriodSpec::Range(period),
            currency: Some(currency.to_owned()),
            by: Vec::new(),
            ..all.lens.clone()
        };
        let granularity = Some(Granularity::Hour);
        let question = Query { lens: lens.clone(), granularity, sort: Sort::Time, limit: None };
        all.parts.extend(query::answer(engine, &question, as_of, cancel)?);
        let wanted = Wanted { hour: Some(start), ..Wanted::of(&lens, period) };
        all.items.extend(line_items(engine, &lens, &wanted, items, cancel)?);
        all.figures.push(Explained { currency: currency.to_owned(), figure, hour: Some(start) });
    }
    Ok(all)
}

fn line_items(
    engine: &LocalEngine,
    lens: &Lens,
    wanted: &Wanted<'_>,
    items: (usize, usize),
    cancel: &Cancel,
) -> Result<Vec<LineItems>> {
    let (_held, manifest) = engine.store().read();
    let needed = Needed::new(&[], wanted.clauses, wanted.hour.is_some());
    let groups = Plan::new(&manifest, wanted.period, &needed).groups();
    charges::items(engine.store(), &groups, wanted, ItemOrder::Cost(lens.metric), items, cancel)
}

/// The lens of a figure: its own days, held against its own others. Of the last hour, yesterday's: only the
/// answer knows its day.
#[must_use]
pub fn lens_of(card: Card, lens: &Lens, as_of: Day) -> Lens {
    Lens { period: period_of(card, lens, as_of), comparison: against(card, lens), ..lens.clone() }
}

fn period_of(card: Card, lens: &Lens, as_of: Day) -> PeriodSpec {
    let days = |from: i32| PeriodSpec::Range(Period { from: as_of.plus(from), to: as_of });
    match card {
        Card::Total => lens.period,
        Card::MonthToDate | Card::Forecast => PeriodSpec::ThisMonth,
        Card::Yesterday | Card::LastHour => days(-1),
        Card::LastWeek => days(-7),
        Card::LastMonth => PeriodSpec::Month(as_of.month().plus(-1)),
    }
}

fn against(card: Card, lens: &Lens) -> Comparison {
    match card {
        Card::Total => lens.comparison,
        Card::MonthToDate | Card::Forecast => Comparison::MonthBefore,
        Card::Yesterday | Card::LastHour => Comparison::None,
        Card::LastWeek | Card::LastMonth => Comparison::Previous,
    }
}

/// What is left out of the days that a figure is held against.
fn without(left_out: &[Lacking]) -> Option<String> {
    let one = |lacking: &Lacking| {
        let names: Vec<String> =
            lacking.providers.iter().map(|name| SafeText::from_outside(name).into_string()).collect();
        let some = lacking.accounts.as_ref().map_or_else(String::new, |accounts| {
            format!(" ({})", counted(accounts.len() as u64, "billing account", "billing accounts"))
        });
        let days: Vec<String> = lacking.days.iter().copied().map(Period::words).collect();
        format!("{}{some} {}", names.join(", "), days.join(" and "))
    };
    let all: Vec<String> = left_out.iter().map(one).collect();
    (!all.is_empty()).then(|| {
        format!(
            "Of the days before, these are left out, since the days that they are held against are not in: {}.",
            all.join("; ")
        )
    })
}

/// By the next finer dimension.
fn parts(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<Vec<QueryAnswer>> {
    let lens = Lens { by: vec![finer(lens)], ..lens.clone() };
    let question = Query { lens, granularity: None, sort: Sort::Cost, limit: Some(PARTS_MAX) };
    query::answer(engine, &question, as_of, cancel)
}

/// That a figure is not of the charges themselves.
fn rests_on_facet(part: &Part<'_>) -> String {
    let names: Vec<String> = part.sources.iter().map(|source| SafeText::from_outside(source).into_string()).collect();
    let told: Vec<String> = part.told.iter().map(|dimension| dimension.title().to_lowercase()).collect();
    format!(
        "The charges of {} tell {} alone: what the filter asks besides is taken from the same costs as the provider \
         splits them another way.",
        names.join(", "),
        told.join(" and ")
    )
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

fn definition(lens: &Lens, card: Card, figures: &[Explained], as_of: Day) -> Vec<String> {
    let (period, against) = lens.days(as_of);
    let hour = |figure: &Explained| Some((figure.hour?, SafeText::from_outside(&figure.currency)));
    let hours: Vec<(i64, SafeText)> = figures.iter().filter_map(hour).collect();
    let over = match hours.as_slice() {
        [] => format!(
            "Over the charges whose charge period starts from {} to {} (UTC); a charge counts whole on the day it starts.",
            period.from,
            period.to.plus(-1)
        ),
        hours => {
            let named =
                hours.iter().map(|(start, currency)| format!("{} ({currency})", Granularity::Hour.label(*start)));
            let named = named.collect::<Vec<_>>().join(", ");
            format!("Over the charges of at most an hour whose charge period starts in the hour from {named}.")
        }
    };
    let mut lines = vec![format!("The sum of {}.", lens.metric.definition()), over];
    if card == Card::Total && lens.granularity == Granularity::Hour {
        lines.push("Charges longer than an hour are in it, though a chart by the hour leaves them out.".to_owned());
    }
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
        Card::Total | Card::Forecast => return None,
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
