//! Summaries of a day or a week, where one is due.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Cancel;
use super::super::answer::Behind;
use super::super::local::LocalEngine;
use super::super::matcher::admits;
use super::super::pending::{self, Arrivals};
use super::super::table::Table;
use super::{Moment, costs};
use crate::analytics::alert::{DigestFact, money};
use crate::domain::alert::{Every, Rule, moment as day_and_minute};
use crate::domain::calendar::{Day, Period};
use crate::domain::currency::signed;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::{SafeText, Untrusted};
use crate::error::Result;

/// Services that are named of each currency.
const NAMED_MAX: usize = 5;
const BY: [Dimension; 1] = [Dimension::Service];
/// Days after its last that a week's summary waits for those that have not come. A day's waits for whoever has come
/// with any of as many.
const WAITS_DAYS: i32 = 3;
/// Days that a day's summary goes back to one that has come.
const BACK_DAYS: i32 = 7;

/// The summary that a rule wants at a moment; `None` where none is due, or there is nothing to sum up.
pub fn of(
    engine: &LocalEngine,
    rule: &Rule,
    (moment, offset, seen): (Moment, i64, Option<Day>),
    cancel: &Cancel,
) -> Result<Option<DigestFact>> {
    let local = moment.at + offset;
    let Some(due) = due(rule, local, moment.day(), seen) else { return Ok(None) };
    let Some(Span { period, days, before, come, lacks }) = span(engine, rule, due, (moment, Day::of_seconds(local)))
    else {
        return Ok(None);
    };
    let (table, metric) = costs(engine, (rule, &BY), (days, None), cancel)?;
    let now = by_service(&table);
    if now.is_empty() {
        return Ok(None);
    }
    // Costs of two metrics are not held against each other.
    let then = match before.map(|before| costs(engine, (rule, &BY), (before, None), cancel)).transpose()? {
        Some((then, of_then)) if of_then == metric => by_service(&then),
        _ => Costs::new(),
    };
    let (what, earlier) = match (rule.every, come) {
        (Every::Day, None) => (period.from.to_string(), "the day before"),
        (Every::Day, Some(_)) => (format!("{}, not all in", period.from), "the day before, of the same providers"),
        (Every::Week, None) => (period.words(), "the week before"),
        (Every::Week, Some(come)) => {
            (format!("{}, {come} of {} days in", period.words(), period.days()), "the same days of the week before")
        }
    };
    let mut totals: Vec<(&String, Amount)> =
        now.iter().map(|(currency, of)| (currency, of.values().copied().sum())).collect();
    totals.sort_by_key(|(_, total)| std::cmp::Reverse(*total));
    let (mut lines, mut figures) = (Vec::new(), Vec::new());
    for (currency, total) in &totals {
        let was: Option<Amount> = then.get(*currency).map(|of| of.values().copied().sum());
        let change = was.and_then(|was| (*total - was).ratio(was.abs()));
        let change = change.map_or_else(String::new, |change| format!(" ({:+.1} % on {earlier})", change * 100.0));
        figures.push(((*currency).clone(), Untrusted::new(format!("{}{change}", money(*total, currency)))));
        lines.extend(named(&now[*currency], then.get(*currency), currency));
    }
    lines.extend(lacks.map(Untrusted::new));
    let settled = pending::settled(&engine.freshness(moment.day()), moment.day());
    if settled.is_some_and(|settled| settled < period.to.plus(-1)) {
        lines.push(Untrusted::from("Not all of it is settled: providers may still add to these days."));
    }
    let of = if rule.scope.is_empty() { String::new() } else { format!(" of {}", rule.scope) };
    let sums: Vec<String> = totals.iter().map(|(currency, total)| money(*total, currency)).collect();
    let title = Untrusted::new(format!("spend{of}, {what}: {}", sums.join(", ")));
    Ok(Some(DigestFact { rule: rule.name.clone(), period, title, lines, figures }))
}

/// The days that a summary has figures of.
struct Span {
    /// Those that it is of.
    period: Period,
    /// Of them those that are summed up.
    days: Period,
    /// Those that they are held against, where the same have come of them.
    before: Option<Period>,
    /// How many have come, where something of them has not.
    come: Option<u32>,
    /// What has not come by now, in words.
    lacks: Option<String>,
}

/// What a summary is of: it waits for days that have not come, and after a while has figures of those that have.
fn span(
    engine: &LocalEngine,
    rule: &Rule,
    (period, before): (Period, Period),
    (moment, local): (Moment, Day),
) -> Option<Span> {
    let mut freshness = engine.freshness(moment.day());
    freshness.retain(|fresh| admits(&rule.scope, &Dimension::Provider, fresh.provider.raw(), ""));
    let arrivals = Arrivals::of_those(engine, &rule.scope, &freshness, moment.day());
    match rule.every {
        Every::Day => of_a_day(&arrivals, period.from),
        Every::Week => of_a_week(&arrivals, (period, before), waits(rule, local, period)),
    }
}

/// The newest day that has come of everybody who is waited for: whoever has brought nothing for longer than that is
/// named as missing instead.
fn of_a_day(arrivals: &Arrivals, newest: Day) -> Option<Span> {
    let one = |day: Day| Period { from: day, to: day.plus(1) };
    let behind = |period: Period| arrivals.missing(period).map(|pending| pending.of).unwrap_or_default();
    let name = |of: &Behind| (of.provider.clone(), of.source.clone());
    let waited = Period { from: newest.plus(-WAITS_DAYS), to: newest.plus(1) };
    let late: BTreeSet<_> = behind(waited).iter().filter(|of| of.missing == [waited]).map(name).collect();
    let lacking = |day: Day| behind(one(day)).iter().map(name).collect::<BTreeSet<_>>();
    let is_told = |day: &Day| lacking(*day).is_subset(&late) && !arrivals.is_nobody_in(*day);
    let day = (0..BACK_DAYS).map(|back| newest.plus(-back)).find(is_told)?;
    let (is_whole, is_alike) = (lacking(day).is_empty(), lacking(day) == lacking(day.plus(-1)));
    Some(Span {
        period: one(day),
        days: one(day),
        before: Some(one(day.plus(-1))).filter(|_| is_alike),
        come: (!is_whole).then_some(0),
        lacks: arrivals.missing(Period { from: day, to: newest.plus(1) }).and_then(|pending| pending.words()),
    })
}

/// Whether a week's summary waits for days that have not come: some days, where somebody is told on one of them.
fn waits(rule: &Rule, today: Day, week: Period) -> bool {
    Period { from: today.plus(1), to: week.to.plus(WAITS_DAYS + 1) }.iter().any(|day| rule.days.contains(day))
}

fn of_a_week(arrivals: &Arrivals, (period, before): (Period, Period), waits: bool) -> Option<Span> {
    let Some(missing) = arrivals.missing(period) else {
        let before = Some(before).filter(|before| arrivals.missing(*before).is_none());
        return Some(Span { period, days: period, before, come: None, lacks: None });
    };
    if waits {
        return None;
    }
    let lacks = missing.words();
    Some(match arrivals.alike(period, before) {
        Some((days, before)) => {
            Span { period, days, before: Some(before), come: Some(days.days().unsigned_abs()), lacks }
        }
        None => Span { period, days: period, before: None, come: Some(missing.come()), lacks },
    })
}

/// The days of the newest summary that is due by somebody's own clock, and those before them: from the rule's minute on
/// whenever it tells somebody, and before it where nobody looked when it was due the last time, as a nightly job never
/// does. Bills' days are UTC's: where a clock is ahead of that, only what is over there is summed up.
fn due(rule: &Rule, local: i64, utc: Day, seen: Option<Day>) -> Option<(Period, Period)> {
    let (today, minute) = day_and_minute(local);
    if !rule.applies_at(local) || (minute < rule.minute && !is_missed(rule, today, seen)) {
        return None;
    }
    let (to, days) = match rule.every {
        Every::Day => (today.min(utc), 1),
        Every::Week => (today.min(utc).week_start(), 7),
    };
    // A week's is brought on Monday, or as soon afterwards as somebody looks.
    let period = Period { from: to.plus(-days), to };
    Some((period, Period { from: to.plus(-2 * days), to: period.from }))
}

/// Whether nobody looked on the last of a rule's days before today when it was due.
fn is_missed(rule: &Rule, today: Day, seen: Option<Day>) -> bool {
    let last = (1..=7).map(|back| today.plus(-back)).find(|day| rule.days.contains(*day));
    seen.zip(last).is_some_and(|(seen, last)| seen < last)
}

/// The last day on which somebody looked when a rule's summary was due, after a look.
pub fn seen(rule: &Rule, local: i64, before: Option<Day>) -> Day {
    let (today, minute) = day_and_minute(local);
    if minute >= rule.minute && rule.applies_at(local) { today } else { before.unwrap_or(today.plus(-1)) }
}

type Costs = BTreeMap<String, BTreeMap<String, Amount>>;

/// Known costs by currency and service.
fn by_service(table: &Table) -> Costs {
    let mut costs = Costs::new();
    for currency in table.currencies.iter() {
        for (key, total) in table.groups_in(currency) {
            let Some(amount) = total.value() else { continue };
            let service = table.texts(&key.values).next().unwrap_or_default().to_owned();
            *costs.entry(currency.to_owned()).or_default().entry(service).or_default() += amount;
        }
    }
    costs
}

/// The costliest services, each with its change.
fn named(now: &BTreeMap<String, Amount>, then: Option<&BTreeMap<String, Amount>>, currency: &str) -> Vec<Untrusted> {
    let mut services: Vec<(&String, Amount)> = now.iter().map(|(service, amount)| (service, *amount)).collect();
    services.sort_by_key(|(service, amount)| (std::cmp::Reverse(*amount), *service));
    let line = |(service, amount): (&String, Amount)| {
        let was = then.map(|then| then.get(service).copied().unwrap_or_default());
        let change = was.map_or_else(String::new, |was| format!(" ({})", signed(amount - was, currency)));
        let name = if service.is_empty() { SafeText::ours("(none)") } else { SafeText::from_outside(service) };
        Untrusted::new(format!("{name}: {}{change}", money(amount, currency)))
    };
    services.into_iter().take(NAMED_MAX).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Days, Kind};
    use crate::domain::calendar::DAY_SECONDS;

    #[test]
    fn a_summary_is_due_from_its_minute_on_and_before_it_where_that_was_missed() {
        // A Wednesday.
        let day = Day::parse("2026-11-25").expect("date");
        let at = |hour: i64| day.seconds() + hour * 3_600;
        let daily = Rule::new("d", Kind::Digest);
        let due = |rule: &Rule, local: i64, seen: i32| due(rule, local, Day::of_seconds(local), Some(day.plus(-seen)));
        let words =
            |due: Option<(Period, Period)>| due.map_or_else(String::new, |(now, before)| format!("{now} {before}"));
        let yesterdays = "2026-11-24..2026-11-25 2026-11-23..2026-11-24";
        assert_eq!(words(due(&daily, at(7), 1)), "", "yesterday's was looked for at its hour");
        assert_eq!(words(due(&daily, at(8), 1)), yesterdays);
        assert_eq!(words(due(&daily, at(7), 2)), yesterdays, "whoever looks at night only has it as well");
        let weekly = Rule { every: Every::Week, ..daily };
        assert_eq!(words(due(&weekly, at(9), 1)), "2026-11-16..2026-11-23 2026-11-09..2026-11-16");
        assert_eq!((due(&weekly, at(3), 1), due(&weekly, at(3), 2)), (None, due(&weekly, at(9), 1)));
        assert_eq!(due(&weekly, at(9), 1), due(&weekly, at(9) + 4 * DAY_SECONDS, 1), "one a week");
    }

    #[test]
    fn a_summary_is_due_on_its_rules_days_and_waits_no_longer_than_them() {
        let monday = Day::parse("2026-11-23").expect("date");
        let workdays = Rule { days: Days(0b001_1111), ..Rule::new("d", Kind::Digest) };
        let tuesdays = Rule { every: Every::Week, days: Days(0b10), ..workdays.clone() };
        // Somebody looks each hour of a week: each is told on its days, at its hour.
        for (rule, want) in [(&workdays, [0, 1, 2, 3, 4].as_slice()), (&tuesdays, &[1])] {
            let (mut seen_last, mut told) = (None, Vec::new());
            for hour in 0..7 * 24 {
                let local = monday.seconds() + hour * 3_600;
                let due = due(rule, local, Day::of_seconds(local), seen_last);
                seen_last = Some(seen(rule, local, seen_last));
                told.extend(due.filter(|due| !told.iter().any(|(_, known)| known == due)).map(|due| (hour, due)));
            }
            let hours: Vec<i64> = told.iter().map(|(hour, _)| *hour).collect();
            assert_eq!(hours, want.iter().map(|day| day * 24 + 8).collect::<Vec<i64>>(), "{:?}", rule.days);
        }
        // Who looks on Monday nights only has last week's then, from the second on.
        let mondays = Rule { days: Days(1), ..tuesdays.clone() };
        let at_night = |week: i32, last: Option<Day>| {
            let local = monday.plus(7 * week).seconds() + 3 * 3_600;
            (due(&mondays, local, Day::of_seconds(local), last), seen(&mondays, local, last))
        };
        let (first, last) = at_night(0, None);
        let (second, _) = at_night(1, Some(last));
        assert_eq!((first, second.map(|(period, _)| period.to)), (None, Some(monday.plus(7))));
        let week = Period { from: monday.plus(-7), to: monday };
        let weekly = Rule { days: Days::ALL, ..tuesdays.clone() };
        for (rule, want) in [(weekly, [true, true, false]), (tuesdays, [true, false, false]), (mondays, [false; 3])] {
            assert_eq!([0, 1, 3].map(|day| waits(&rule, monday.plus(day), week)), want, "{:?}", rule.days);
        }
    }

    #[test]
    fn only_days_that_are_over_where_bills_are_written_are_summed_up() {
        // Monday 08:01 in Auckland is Sunday 19:01 UTC.
        let sunday = Day::parse("2026-11-22").expect("date");
        let (utc, ahead) = (sunday.seconds() + 19 * 3_600 + 60, 13 * 3_600);
        let daily = Rule::new("d", Kind::Digest);
        let weekly = Rule { every: Every::Week, ..daily.clone() };
        let of = |rule: &Rule, at: i64| due(rule, at + ahead, Day::of_seconds(at), None).expect("due").0.to_string();
        assert_eq!(of(&daily, utc), "2026-11-21..2026-11-22");
        assert_eq!(of(&weekly, utc), "2026-11-09..2026-11-16", "the newest that is over");
        let later = sunday.plus(1).seconds();
        assert_eq!(of(&weekly, later), "2026-11-16..2026-11-23");
        // West of Greenwich days end later than bills' do: 08:00 on Monday in New York is 13:00 UTC.
        let behind = due(&daily, later + 8 * 3_600, Day::of_seconds(later + 13 * 3_600), None).expect("due");
        assert_eq!(behind.0.to_string(), "2026-11-22..2026-11-23");
    }
}
