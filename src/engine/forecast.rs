//! Answers [`super::Question::Forecast`]: this month's end and the next 90 days.
//!
//! What will come is worked out in [`super::foretell`]; here it is put in words and exact decimals.

use super::Cancel;
use super::answer::{Ahead, DayAhead, ForecastAnswer, LeftAside, PieceAhead, Range, Told};
use super::concerned;
use super::foretell::{Aside, DAYS, Foretold, foretell};
use super::local::LocalEngine;
use super::query::{pieces, request};
use super::spend::{admitted, currencies};
use super::table::Table;
use crate::analytics::forecast::{Band, State};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::currency::written;
use crate::domain::lens::Lens;
use crate::domain::money::{Amount, Decimal};
use crate::domain::numbers::Total;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::error::Result;

/// The lens of a question: of all that a lens looks at only the charges, the cost and the currency matter.
#[must_use]
pub fn of(lens: &Lens) -> Lens {
    let mut filter = lens.filter.clone();
    // Bounds are about groups, and this is one figure.
    filter.bounds.clear();
    Lens { filter, metric: lens.metric, currency: lens.currency.clone(), ..blank() }
}

fn blank() -> Lens {
    Lens {
        period: PeriodSpec::ThisMonth,
        comparison: Comparison::None,
        by: Vec::new(),
        granularity: Granularity::Day,
        ..Lens::default()
    }
}

/// Answers what will come, one a currency, those first that cost most.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<Vec<ForecastAnswer>> {
    let lens = of(lens);
    let before = Period { from: as_of.plus(-days_ahead()), to: as_of };
    let known = Period { from: before.from.min(as_of.month().plus(-2).first()), to: as_of.plus(1) };
    let table = engine.aggregate(&request(&lens, known, &[], Some(Granularity::Day)), cancel)?;
    let month_before = as_of.month().plus(-1).period();
    let freshness = admitted(engine.freshness(as_of), &lens);
    let arrivals = concerned::arrivals(engine, &lens, (&freshness, as_of), (month_before, Some(before)), cancel)?;
    let answer = |currency: String| {
        let told = foretell(engine, &lens.filter, (lens.metric, &currency), as_of, DAYS, cancel)?;
        // Of days that began before the charges do, what they cost is not known.
        let is_known =
            |days: Period| engine.data_days().is_some_and(|data| data.from <= days.from && data.to > days.from);
        let cost = |days: Period| {
            let lacks = arrivals.missing(days).filter(|_| told.first() < days.to);
            match lacks.and_then(|lacks| lacks.words()) {
                // What has not come would all be a rise: it is foretold, as the days that it is held against are.
                Some(words) => (told.sum(days).map(|band| range(band).forecast), Some(words)),
                None => (cost(&table, &currency, days), None),
            }
        };
        let cost = |days: Period| Some(cost(days)).filter(|_| is_known(days)).unwrap_or_default();
        Ok(in_words(&told, &lens, currency.clone(), (cost(month_before), cost(before))))
    };
    currencies([&table]).into_iter().map(answer).collect()
}

fn days_ahead() -> i32 {
    i32::try_from(DAYS).unwrap_or_default()
}

/// What earlier days cost, and what of them has not come and is foretold.
type Before = (Option<Amount>, Option<String>);

/// What a currency's days cost; nothing where all of it is unknown.
fn cost(table: &Table, currency: &str, days: Period) -> Option<Amount> {
    let mut sum = Total::default();
    let found = table.groups_in(currency).filter(|(key, _)| days.contains(Day::of_seconds(key.start)));
    found.for_each(|(_, total)| sum.merge(total));
    sum.value()
}

fn in_words(
    told: &Foretold,
    lens: &Lens,
    currency: String,
    (month_before, days_before): (Before, Before),
) -> ForecastAnswer {
    let as_of = told.as_of;
    let (month, next) = (as_of.month().period(), next_days(as_of));
    let ahead = |period: Period, (previous, previous_lacks): Before| {
        let (settled, put_back) = (told.came(period), told.put_back(period));
        Some(Ahead { period, range: range(told.sum(period)?), settled, put_back, previous, previous_lacks })
    };
    let days = Period { from: told.first(), to: told.end().min(next.to) };
    let day = |day: Day| Some(DayAhead { day, range: range(told.day(day)?) });
    ForecastAnswer {
        metric: lens.metric,
        currency,
        as_of,
        settled_through: told.settled_through,
        month: ahead(month, month_before).filter(|_| !told.is_stale),
        next_90_days: ahead(next, days_before),
        days: days.iter().filter_map(day).collect(),
        weeks: whole(told, days, Granularity::Week),
        months: whole(told, days, Granularity::Month),
        words: told.words(),
        odd: told.state().words(),
        few_days: match (told.model(), told.state()) {
            (None, State::Short { days } | State::New { days }) => u32::try_from(days).ok(),
            _ => None,
        },
        model: told.model().zip(told.measured()).map(|(name, measured)| Told {
            name: name.to_owned(),
            wape: measured.wape,
            naive_wape: measured.naive_wape,
            sum_wape: measured.sum_wape,
            sum_days: measured.sum_days as u32,
            coverage_80: measured.coverage80,
            coverage_95: measured.coverage95,
            over_days: measured.over_days as u32,
            beats_naive: measured.beats_naive,
        }),
        aside: aside(told, month, next),
    }
}

/// The weeks or months that hold days that are foretold, as far as all of their days are known or foretold. Each is
/// a sum of its own: its band is not that of its days added up.
fn whole(told: &Foretold, days: Period, of: Granularity) -> Vec<PieceAhead> {
    let piece = |start: i64| {
        let period = of.days_of(start);
        let band = told.sum(period).filter(|_| period.to <= days.to)?;
        Some(PieceAhead { period, range: range(band), settled: told.came(period) })
    };
    pieces(days, of).into_iter().filter_map(piece).collect()
}

/// The days that are foretold besides this month.
#[must_use]
pub fn next_days(as_of: Day) -> Period {
    Period { from: as_of.plus(1), to: as_of.plus(1 + days_ahead()) }
}

fn aside(told: &Foretold, month: Period, next: Period) -> Vec<LeftAside> {
    let one = |kind: Aside| {
        let (month, next) = (told.put_back_of(kind, month), told.put_back_of(kind, next));
        let left_out = told.left_out.get(&kind).copied().unwrap_or_default();
        let next = next.came + next.expected;
        LeftAside { kind, left_out, month_came: month.came, month_expected: month.expected, next_90_days: next }
    };
    let is_nothing =
        |one: &LeftAside| [one.left_out, one.month_came, one.month_expected, one.next_90_days] == [Amount::ZERO; 4];
    Aside::ALL.into_iter().map(one).filter(|one| !is_nothing(one)).collect()
}

/// A band in decimals: to the cent, or of small amounts to the millionth; more would claim to be exact.
fn range(band: Band) -> Range {
    let widest = [band.mid, band.lo95, band.hi95].into_iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let places = if widest >= 10.0 { 1e2 } else { 1e6 };
    let amount = |value: f64| {
        let rounded = (value * places).round() / places;
        Decimal::from_f64(rounded, Amount::LIMIT).map(Decimal::amount).unwrap_or_default()
    };
    Range {
        forecast: amount(band.mid),
        low_80: amount(band.lo80),
        high_80: amount(band.hi80),
        low_95: amount(band.lo95),
        high_95: amount(band.hi95),
    }
}

/// What the figure of this month's end is and rests on, in sentences.
#[must_use]
pub fn definition(told: &[ForecastAnswer], lens: &Lens) -> Vec<String> {
    let mut lines: Vec<String> = told.iter().flat_map(of_currency).collect();
    lines.push(format!(
        "Fitted is usage of settled days alone, by the sum of {}. Purchases, tax, credits, adjustments, \
         corrections of earlier bills and charges longer than a day stay out and are put back.",
        lens.metric.definition()
    ));
    lines.push("The parts and line items below are of what has come so far.".to_owned());
    lines
}

/// The same of one currency alone.
fn of_currency(told: &ForecastAnswer) -> Vec<String> {
    let code = SafeText::from_outside(&told.currency);
    let mut lines = Vec::new();
    let amount = |amount: Amount| written(amount, &told.currency);
    if let Some(month) = &told.month {
        let Range { low_80, high_80, low_95, high_95, .. } = month.range;
        lines.push(format!(
            "{} at its end, {code}: four of five times between {} and {}, nineteen of twenty times between {} and {}.",
            month.period.from.month().name(),
            amount(low_80),
            amount(high_80),
            amount(low_95),
            amount(high_95)
        ));
        let settled = told.settled_through.map_or_else(String::new, |last| format!(" up to {last}"));
        lines.push(format!(
            "{} of it is settled{settled} and counts as it came; later days may still change and are foretold.",
            amount(month.settled)
        ));
    }
    if let Some(next) = &told.next_90_days {
        let Range { forecast, low_80, high_80, .. } = next.range;
        let words = format!("{}, {} to {}", amount(forecast), amount(low_80), amount(high_80));
        lines.push(format!("The next 90 days, to {}: {words}.", next.period.to.plus(-1)));
    }
    lines.extend(told.month.iter().chain(&told.next_90_days).filter_map(of_before).map(|line| line + "."));
    lines.push(format!("How: {}.", told.words));
    lines.extend(told.model.iter().flat_map(measured));
    lines.extend(told.aside.iter().map(|kind| put_back(kind, &amount)));
    lines
}

/// What of the days that some are held against has not come, and that it is foretold.
#[must_use]
pub fn of_before(ahead: &Ahead) -> Option<String> {
    let words = ahead.previous_lacks.as_ref()?;
    Some(format!("of the days before, {words}: what is missing is foretold"))
}

/// How well a model did, in sentences.
#[must_use]
pub fn measured(model: &Told) -> Vec<String> {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let mut lines = Vec::new();
    if let Some((own, naive)) = model.wape.zip(model.naive_wape) {
        let sums = model.sum_wape.map(|sum| format!("; of sums of {} days {}", model.sum_days, percent(sum)));
        let naive = model.beats_naive.then(|| format!("; each day as a week before: {}", percent(naive)));
        let more = sums.unwrap_or_default() + &naive.unwrap_or_default();
        lines.push(format!("Error of days over the last {} days: {}{more}.", model.over_days, percent(own)));
    }
    if let Some((inner, outer)) = model.coverage_80.zip(model.coverage_95) {
        let (inner, outer) = (percent(inner), percent(outer));
        lines.push(format!("Of those days {inner} came within the 80 % interval, {outer} within the 95 % one."));
    }
    lines
}

/// What of a kind stays out of the fit, and what is put back.
fn put_back(kind: &LeftAside, amount: &impl Fn(Amount) -> String) -> String {
    let mut text = format!("Left out of the fit: {}, {}", kind.kind.name(), amount(kind.left_out));
    for (words, put) in [("as it came", kind.month_came), ("as in the months before", kind.month_expected)] {
        if !put.is_zero() {
            text += &format!("; put back this month {words}: {}", amount(put));
        }
    }
    text + "."
}
