//! Answers [`super::Question::Spend`]: the figures, the chart and the movers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::alike::{Before, Lacking};
use super::answer::{Figure, Freshness, Key, Mover, Series, SpendAnswer};
use super::local::LocalEngine;
use super::matcher::admits;
use super::query::{names, pieces, request, sums_by_currency};
use super::reach::{Reach, known as known_by};
use super::spend_alike::{self, Alike, ThoseIn};
use super::spend_cards::{self, Days};
use super::table::{Ids, Table};
use super::{Cancel, Card, command, concerned, held, notices, pending, untold};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::Untrusted;
use crate::error::Result;

/// Layers that a chart shows before the rest is summed as "other".
const SERIES_MAX: usize = 7;
/// Movers that an answer lists at most.
const MOVERS_MAX: usize = 40;
/// What movers are grouped by.
const MOVERS_BY: [Dimension; 2] = [Dimension::Service, Dimension::SubAccount];

/// What the figures of a lens are made of.
struct Ground {
    /// Over the lens's days, by its first dimension or by none.
    layers: Table,
    /// Over the days that they are held against.
    previous: Table,
    /// The days that they are held against, where anything is known of them.
    against: Option<Period>,
    /// The days that the cards are about.
    cards: Table,
    freshness: Vec<Freshness>,
    /// The first day of the data; the day that is asked about where there is none.
    oldest: Day,
    /// The last day that those who are looked at have delivered.
    last: Option<Day>,
    /// From the oldest day to that.
    data: Period,
    /// Whether the layers and what they are held against are by the hour.
    by_hour: bool,
}

impl Ground {
    fn new(engine: &LocalEngine, lens: &Lens, by: &[Dimension], as_of: Day, cancel: &Cancel) -> Result<Ground> {
        let (period, against) = lens.days(as_of);
        let granularity = Some(lens.granularity);
        let layers = engine.aggregate(&request(lens, period, by, granularity), cancel)?;
        let previous = match against {
            Some(p) => engine.aggregate(&request(lens, p, &[], granularity.map(held::added_up_by)), cancel)?,
            None => Table::new(0),
        };
        let days = cards_of(as_of);
        let cards = engine.aggregate(&request(lens, days, &[], Some(Granularity::Day)), cancel)?;
        let freshness = admitted(engine.freshness(as_of), lens);
        let oldest = engine.data_days().map_or(as_of, |data| data.from);
        let last = Reach::new(&freshness, by).any();
        let data = through(oldest, last);
        let against = against.filter(|days| days.intersect(data).days() > 0 || !previous.is_empty());
        let by_hour = lens.granularity == Granularity::Hour;
        Ok(Ground { layers, previous, against, cards, freshness, oldest, last, data, by_hour })
    }

    fn currencies(&self) -> Vec<String> {
        currencies([&self.layers, &self.cards, &self.previous])
    }

    /// The same and those of which a filter left nothing but what is told of it.
    fn currencies_with<'t>(&self, told: impl Iterator<Item = &'t String>) -> Vec<String> {
        let mut all = self.currencies();
        let more: Vec<String> = told.filter(|currency| !all.contains(currency)).cloned().collect();
        all.extend(more);
        all
    }

    /// The days that a currency's pieces are held against, where anything is known of them.
    fn against(&self, currency: &str) -> Option<Period> {
        // Charges of at most an hour are the only ones by the hour: where days have none, what lies in
        // their hours is unknown.
        let known = !self.by_hour || total_of(&self.previous, currency).rows() > 0;
        self.against.filter(|_| known)
    }

    /// By the hour, where there are charges that lie in none: the day before which every charge does, so
    /// that nothing is known of its hours.
    fn first_hour(&self, currency: &str) -> Option<Day> {
        self.layers.left_out(currency).filter(|_| self.by_hour)?;
        self.layers.groups_in(currency).map(|(key, _)| Day::of_seconds(key.start)).min()
    }

    fn total(&self, currency: &str, period: Period) -> Figure {
        let before = self.against(currency).map(|_| total_of(&self.previous, currency));
        let total = total_of(&self.layers, currency);
        let known = total.rows() > 0 || period.to > self.oldest;
        let amount = known_by(total.value(), period.from, self.last).filter(|_| known);
        Figure { amount, previous: before.and_then(|t| t.value()) }
    }
}

/// The cards reach back to the first of the month before the last.
fn cards_of(as_of: Day) -> Period {
    Period { from: as_of.month().plus(-2).first(), to: as_of.plus(1) }
}

/// The days from the first to the last that was delivered; none where none was.
fn through(oldest: Day, last: Option<Day>) -> Period {
    Period { from: oldest, to: last.map_or(oldest, |day| day.plus(1)) }
}

/// A figure in each of its currencies.
type Figures = Vec<(String, Figure)>;

/// One of the figures that [`answer`] has, in each of its currencies, held against the same days alone, and what of
/// those before is left out for that.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn figures(
    engine: &LocalEngine,
    lens: &Lens,
    card: Card,
    as_of: Day,
    cancel: &Cancel,
) -> Result<(Figures, Vec<Lacking>)> {
    // By the hour what is longer than one is left out: a figure is explained whole, whatever it is drawn by.
    let lens = &Lens { granularity: Granularity::Day, ..lens.clone() };
    let ground = Ground::new(engine, lens, &[], as_of, cancel)?;
    let (period, against) = match card {
        Card::Total | Card::LastHour => (lens.days(as_of).0, ground.against),
        card => spend_cards::days_of(card, as_of),
    };
    let arrivals = concerned::arrivals(engine, lens, (&ground.freshness, as_of), (period, against), cancel)?;
    let lacking = arrivals.lacking(period, against);
    let add_up = |days| Before::new(&request(lens, days, &[], None), &lacking, |asked| engine.aggregate(asked, cancel));
    let before = against.filter(|_| !lacking.is_empty()).map(add_up).transpose()?;
    let figure = |currency: String| {
        let days = Days::new(&ground.cards, &currency, ground.data);
        let mut figure = match card {
            Card::Total | Card::LastHour => ground.total(&currency, period),
            card => spend_cards::figure(card, &days, as_of),
        };
        if let Some(before) = &before {
            let left = total_of(&before.table, &currency);
            // Where there was nothing, nothing is left out.
            let known = figure.previous.filter(|was| !left.is_nothing() || was.is_zero()).and_then(|_| left.value());
            figure.previous = if card == Card::Yesterday { known.map(spend_cards::mean) } else { known };
        }
        (currency, figure)
    };
    Ok((ground.currencies().into_iter().map(figure).collect(), lacking))
}

/// Answers the Spend tab.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<Vec<SpendAnswer>> {
    let by = &lens.by[..lens.by.len().min(1)];
    let ground = Ground::new(engine, lens, by, as_of, cancel)?;
    let (period, _) = lens.days(as_of);
    let untold = untold::notices(engine.store(), lens, (period, by), cancel)?;
    // The cards have days of their own.
    let days = (period, Some(cards_of(as_of)));
    let arrivals = concerned::arrivals(engine, lens, (&ground.freshness, as_of), days, cancel)?;
    let lacking = arrivals.lacking(period, ground.against);
    let movers = movers(engine, lens, (period, ground.against, &lacking), cancel)?;
    let alike = Alike::new(engine, lens, as_of, &arrivals, cancel)?;
    let those_in = ThoseIn::new(engine, lens, (period, ground.against), as_of, &arrivals, cancel)?;
    let left = spend_alike::previous(engine, lens, ground.against, &lacking, cancel)?;
    let (come, come_before) = arrivals.both(period, ground.against);
    let not_in = pending::notices(come.as_ref(), come_before.as_ref(), (period, ground.against), &lacking);
    let settled_through = pending::settled(&ground.freshness, as_of);
    let (granularity, starts) = (lens.granularity, pieces(period, lens.granularity));
    let Ground { layers, previous, cards, freshness, oldest, data, .. } = &ground;
    let currencies = ground.currencies_with(untold.keys());
    let notes = command::notes(engine, Some(period));
    let answer = |currency: String| {
        let days = Days::new(cards, &currency, *data);
        // What a provider has not delivered yet is unknown, even where others have.
        let hours = ground.first_hour(&currency);
        let since = |data: Period| Period { from: hours.map_or(data.from, |hours| data.from.max(hours)), ..data };
        let reach = Reach::new(freshness, &lens.by);
        let data_of =
            |value: Option<&str>| since(through(*oldest, reach.of(&value.map(Untrusted::from).into_iter().collect())));
        let (total, lens_total) = (total_of(layers, &currency), ground.total(&currency, period));
        let against = ground.against(&currency);
        let held = against.map(|against| held::against(period, against, granularity));
        let before = |table, known| Some(held_line(table, &currency, &starts, held.as_ref()?, known));
        // Where nobody is in, there is nothing to hold a piece against.
        let of_those_in = |table| before(table, Period { to: data.from, ..*data });
        let sum = |days| alike.as_ref()?.sum(&currency, days);
        let mut pending = spend_cards::pending(&arrivals, &days, as_of, (period, against), sum);
        those_in.fill(&mut pending, &currency, |card| match card {
            Card::Total => lens_total.amount,
            card => spend_cards::figure(card, &days, as_of).amount,
        });
        SpendAnswer {
            metric: lens.metric,
            as_of,
            period,
            previous_period: lens.days(as_of).1,
            total: lens_total,
            month_to_date: spend_cards::figure(Card::MonthToDate, &days, as_of),
            yesterday: spend_cards::figure(Card::Yesterday, &days, as_of),
            last_week: spend_cards::figure(Card::LastWeek, &days, as_of),
            last_month: spend_cards::figure(Card::LastMonth, &days, as_of),
            series: series(layers, &currency, &starts, data_of),
            totals: line(layers, &currency, &starts, since(*data)),
            starts: starts.clone(),
            granularity,
            previous_series: before(previous, *data).unwrap_or_default(),
            those_in_series: left.as_ref().and_then(of_those_in).unwrap_or_default(),
            movers: movers.get(&currency).cloned().unwrap_or_default(),
            movers_by: MOVERS_BY.to_vec(),
            freshness: freshness.clone(),
            settled_through,
            pending,
            settled_days: settled_through.map_or(0, |day| (day.plus(1).0 - oldest.0).max(0) as u32),
            notices: {
                let told = untold.get(&currency).into_iter().flatten().chain(&not_in).cloned().collect();
                notices::of(engine, (lens, as_of), freshness, (total.unknown, layers.left_out(&currency)), told)
            },
            notes: notes.clone(),
            unknown_rows: total.unknown,
            rows: total.rows(),
            currency,
        }
    };
    Ok(currencies.into_iter().map(answer).collect())
}

/// All currencies of some tables, by the first table's sums, then the next's.
pub(super) fn currencies<'t>(tables: impl IntoIterator<Item = &'t Table>) -> Vec<String> {
    let mut currencies: Vec<String> = Vec::new();
    for (currency, _) in tables.into_iter().flat_map(sums_by_currency) {
        if !currencies.contains(&currency) {
            currencies.push(currency);
        }
    }
    currencies
}

pub(super) fn total_of(table: &Table, currency: &str) -> Total {
    let mut sum = Total::default();
    table.groups_in(currency).for_each(|(_, t)| sum.merge(t));
    sum
}

/// One currency's costs piece by piece; nothing is known of pieces outside of `data`.
fn line(table: &Table, currency: &str, starts: &[i64], data: Period) -> Vec<Option<Amount>> {
    let mut totals: HashMap<i64, Total> = HashMap::new();
    table.groups_in(currency).for_each(|(key, total)| totals.entry(key.start).or_default().merge(total));
    let cost = |start: &i64| totals.get(start).copied().unwrap_or_default();
    starts.iter().map(|start| known(&cost(start), *start, data)).collect()
}

/// What each piece is held against: one currency's costs of the pieces that `held` gives it.
fn held_line(
    table: &Table,
    currency: &str,
    starts: &[i64],
    held: &HashMap<i64, i64>,
    data: Period,
) -> Vec<Option<Amount>> {
    let mut found: HashMap<i64, (Total, bool)> = HashMap::new();
    for (earlier, start) in held {
        found.entry(*start).or_default().1 |= data.contains(Day::of_seconds(*earlier));
    }
    for (key, total) in table.groups_in(currency) {
        if let Some((sum, _)) = held.get(&key.start).and_then(|start| found.get_mut(start)) {
            sum.merge(total);
        }
    }
    let cost = |(total, known): &(Total, bool)| total.value().filter(|_| total.rows() > 0 || *known);
    starts.iter().map(|start| found.get(start).and_then(cost)).collect()
}

/// What a piece of time costs: nothing, where no charge lies in it and it is among the days of
/// `data`; unknown where it is before or after them.
fn known(total: &Total, start: i64, data: Period) -> Option<Amount> {
    total.value().filter(|_| total.rows() > 0 || data.contains(Day::of_seconds(start)))
}

fn series(table: &Table, currency: &str, starts: &[i64], data_of: impl Fn(Option<&str>) -> Period) -> Vec<Series> {
    let place: HashMap<i64, usize> = starts.iter().enumerate().map(|(i, s)| (*s, i)).collect();
    let mut layers: BTreeMap<u32, Vec<Total>> = BTreeMap::new();
    for (key, total) in table.groups_in(currency) {
        let costs = layers.entry(key.values.0[0]).or_insert_with(|| vec![Total::default(); starts.len()]);
        if let Some(at) = place.get(&key.start) {
            costs[*at].merge(total);
        }
    }
    let whole = |costs: &[Total]| {
        let mut sum = Total::default();
        costs.iter().for_each(|t| sum.merge(t));
        sum
    };
    let text = |value: u32| table.dimensions.first().map_or("", |d| d.text(value));
    let mut layers: Vec<(u32, Vec<Total>)> = layers.into_iter().collect();
    layers.sort_by(|a, b| {
        Reverse(whole(&a.1).sum.abs()).cmp(&Reverse(whole(&b.1).sum.abs())).then_with(|| text(a.0).cmp(text(b.0)))
    });
    let rest = layers.split_off(layers.len().min(SERIES_MAX));
    let make = |key: Option<u32>, costs: Vec<Total>| Series {
        key: key.map(|k| Untrusted::from(text(k))),
        name: key
            .and_then(|k| table.dimensions.first().map(|d| d.name(k)))
            .filter(|n| !n.is_empty())
            .map(Untrusted::from),
        total: whole(&costs).value(),
        costs: costs.iter().zip(starts).map(|(total, start)| known(total, *start, data_of(key.map(text)))).collect(),
    };
    let mut out: Vec<Series> = layers.into_iter().map(|(key, costs)| make(Some(key), costs)).collect();
    if !rest.is_empty() {
        let mut other = vec![Total::default(); starts.len()];
        rest.iter().for_each(|(_, costs)| other.iter_mut().zip(costs).for_each(|(o, c)| o.merge(c)));
        out.push(make(None, other));
    }
    out
}

fn movers(
    engine: &LocalEngine,
    lens: &Lens,
    (period, against, lacking): (Period, Option<Period>, &[Lacking]),
    cancel: &Cancel,
) -> Result<HashMap<String, Vec<Mover>>> {
    let mut lists: HashMap<String, Vec<Mover>> = HashMap::new();
    let Some(against) = against else { return Ok(lists) };
    let mut now = engine.aggregate(&request(lens, period, &MOVERS_BY, None), cancel)?;
    let before =
        Before::new(&request(lens, against, &MOVERS_BY, None), lacking, |request| engine.aggregate(request, cancel))?;
    let through = before.through(&mut now);
    let before = before.table;
    let numbers = now.adopt(&before);
    let key = |key: super::table::Key| (numbers.currency(key.currency), numbers.ids(&key.values));
    let mut earlier: HashMap<(u32, Ids), Total> = before.groups().map(|(k, total)| (key(k), *total)).collect();
    let texts = |ids: &Ids| -> Key { now.texts(ids).map(Untrusted::from).collect() };
    let order = |a: &Moved, b: &Moved| b.change.cmp(&a.change).then_with(|| texts(&a.ids).cmp(&texts(&b.ids)));
    let mut moved: HashMap<u32, Vec<Moved>> = HashMap::new();
    let mut add = |currency: u32, ids: Ids, now: Total, before: Total| {
        let figure = Figure { amount: now.value(), previous: before.value() };
        let Some(change) = figure.change().filter(|c| !c.is_zero()) else { return };
        let list = moved.entry(currency).or_default();
        list.push(Moved { change: change.abs(), ids, figure });
        // Few of many are shown: the others are let go as they come.
        if list.len() > 64 * MOVERS_MAX {
            list.select_nth_unstable_by(MOVERS_MAX, order);
            list.truncate(MOVERS_MAX);
        }
    };
    for (key, total) in now.groups() {
        let before = earlier.remove(&(key.currency, key.values));
        add(key.currency, key.values, *total, before.unwrap_or_default());
    }
    for ((currency, ids), before) in earlier {
        add(currency, ids, Total::default(), before);
    }
    for (currency, mut list) in moved {
        list.sort_unstable_by(order);
        list.truncate(MOVERS_MAX);
        let movers = list.iter().map(|m| Mover {
            key: texts(&m.ids),
            names: names(&now, &m.ids),
            figure: m.figure,
            through: through.of(Some(currency), &m.ids),
        });
        lists.insert(now.currencies.get(currency).to_owned(), movers.collect());
    }
    Ok(lists)
}

/// A group whose cost changed, while the largest changes are looked for.
struct Moved {
    /// Without its sign.
    change: Amount,
    ids: Ids,
    figure: Figure,
}

/// The providers whose charges a lens may be about: others' data may lag without any effect.
pub(super) fn admitted(mut freshness: Vec<Freshness>, lens: &Lens) -> Vec<Freshness> {
    freshness.retain(|fresh| admits(&lens.filter, &Dimension::Provider, fresh.provider.raw(), ""));
    freshness
}
